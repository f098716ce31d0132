//! The scene inside a chip: the same operator on a GPU and on the LPU, moment by moment on one clock.
//!
//! In: what the viewer asks, the screen's clock, moments from the second worker.  Out: questions to it; the address; texts.
//! Invariant: a moment names what was wanted; both halves are of the same model, and of the same share of the same operator.
//! Method: the second worker compiles and judges the system once, solves the crowd once, and draws any moment of both. The scene has a clock
//!     of its own, because its model is not the one on the chip; after the slower side is through, time begins anew.

use crate::i18n::{Lang, texts};
use crate::link::View;
use crate::play::Motion;
use crate::rival::{self, Stand};
use crate::state::{Effect, State};
use frame::{Routed, RoutedFacts, Scene, Text, Timeline};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::cases::{Crowd, CrowdFacts, Lateness, operator};
use study::fleet::{Fleet, Question};
use study::{Builtin, Format, Formats};

/// Seconds of the viewer that the slower side takes.
const SECONDS: f64 = 14.0;
/// The system that both sides are a part of.
const MODEL: &str = "llama-2-70b";
const CHIPS: u32 = 576;
const CONTEXT: u32 = 512;

/// The scene, as the address says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Whether a group of the GPU is late.
    pub lateness: Lateness,
    /// Nanoseconds since data began to flow.
    pub ns: u32,
}

/// A moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Which.
    pub wanted: Wanted,
    /// The picture.
    pub scene: Scene,
    /// Figures of the GPU.
    pub crowd: CrowdFacts,
    /// Figures of the LPU.
    pub routed: RoutedFacts,
}

impl Shown {
    /// Nanoseconds until both sides are through.
    pub fn end(&self) -> u32 {
        self.crowd.length.max(self.routed.length()).ceil() as u32
    }
}

/// What the viewer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The scene between the chips.
    Between,
    /// The scene inside a chip, with a group of the GPU late or none.
    Inside(Lateness),
    /// This moment of it.
    At(u32),
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rush {
    /// The moment of the scene, if it is chosen.
    pub inside: Option<Wanted>,
    /// The moment that came last, or why none can.
    pub shown: Option<Result<Rc<Shown>, Text>>,
    /// The moment that is on its way.
    asked: Option<Wanted>,
    /// Part of a nanosecond that has passed.
    part: f64,
}

/// Reads the scene from the address: `rush`, `late`, and a moment behind a dot.
pub fn parse(value: &str) -> Option<Wanted> {
    let (word, ns) = value.split_once('.').unwrap_or((value, "0"));
    let lateness = match word {
        "rush" => Lateness::Nobody,
        "late" => Lateness::One,
        _ => return None,
    };
    Some(Wanted { lateness, ns: ns.parse().unwrap_or(0) })
}

/// The scene for the address.
pub fn print(wanted: Wanted) -> String {
    let word = match wanted.lateness {
        Lateness::Nobody => "rush",
        Lateness::One => "late",
    };
    if wanted.ns == 0 { word.to_owned() } else { format!("{word}.{}", wanted.ns) }
}

impl State {
    /// Whether the scene inside a chip is what is shown.
    pub fn is_inside(&self) -> bool {
        self.view == View::Traffic && self.rush.inside.is_some()
    }

    pub(crate) fn take_rush(&mut self, ask: Ask) -> Vec<Effect> {
        let ns = self.rush.inside.map_or(0, |wanted| wanted.ns);
        let was_inside = self.is_inside();
        match ask {
            Ask::Between => self.rush.inside = None,
            Ask::Inside(lateness) => self.rush.inside = Some(Wanted { lateness, ns }),
            Ask::At(ns) => {
                self.playback.stop();
                self.rush.inside = self.rush.inside.map(|wanted| Wanted { ns, ..wanted });
            }
        }
        if was_inside && ask == Ask::Between {
            return std::iter::once(Effect::Replace(self.link())).chain(self.arrive_at_traffic()).collect();
        }
        if !was_inside && self.playback.motion == Motion::Stopped {
            self.playback.toggle();
        }
        self.ask_rival().into_iter().chain([Effect::Replace(self.link())]).collect()
    }

    /// The scene's own clock goes on.
    pub(crate) fn rush_on(&mut self, millis: f64) {
        let Some(end) = self.rush_shown().map(|shown| shown.end()) else { return };
        let Some(wanted) = &mut self.rush.inside else { return };
        if self.playback.motion == Motion::Stopped {
            return;
        }
        let ns = f64::from(wanted.ns) + self.rush.part + millis * 1e-3 * f64::from(end) / SECONDS;
        self.rush.part = ns.fract();
        wanted.ns = if f64::from(end) < ns { 0 } else { ns as u32 };
    }

    /// The moment that is to be shown, unless it is there or on its way.
    pub fn ask_moment(&mut self) -> Option<Effect> {
        let wanted = self.rush.inside.filter(|_| self.is_inside() && self.rival.stand == Stand::Ready)?;
        let is_there = match &self.rush.shown {
            Some(Ok(shown)) => shown.wanted == wanted,
            Some(Err(_)) => true,
            None => false,
        };
        if is_there || self.rush.asked.is_some() {
            return None;
        }
        self.rush.asked = Some(wanted);
        Some(Effect::AskRival(rival::Request::Moment(wanted)))
    }

    /// A moment came.
    pub(crate) fn show_moment(&mut self, shown: Result<Shown, Text>) {
        self.rush.asked = None;
        self.rush.shown = Some(shown.map(Rc::new));
    }

    /// Another second worker comes: what was asked of the one before is forgotten.
    pub(crate) fn forget_moment(&mut self) {
        (self.rush.asked, self.rush.shown) = (None, None);
    }

    /// The moment that is shown; that of another lateness is not.
    pub fn rush_shown(&self) -> Option<&Rc<Shown>> {
        let wanted = self.rush.inside.filter(|_| self.is_inside())?;
        let shown = self.rush.shown.as_ref()?.as_ref().ok()?;
        (shown.wanted.lateness == wanted.lateness).then_some(shown)
    }
}

/// The second worker's side.
#[derive(Default)]
pub struct Stage {
    routed: Option<Routed>,
    crowd: Option<(Lateness, Crowd)>,
}

impl Stage {
    /// A moment; the first one takes some seconds.
    pub fn moment(&mut self, wanted: Wanted) -> Result<Shown, Text> {
        if self.routed.is_none() {
            self.routed = Some(compiled()?);
        }
        if self.crowd.as_ref().is_none_or(|(lateness, _)| *lateness != wanted.lateness) {
            let graph = Builtin::find(MODEL).map_err(|error| Text::new(error.chinese(), error.to_string()))?;
            let crowd = Crowd::of(&graph.decode_step(CONTEXT), 0, wanted.lateness).map_err(|error| error.text())?;
            self.crowd = Some((wanted.lateness, crowd));
        }
        let (routed, (_, crowd)) =
            self.routed.as_ref().zip(self.crowd.as_ref()).expect("both were made above, or kept");
        let scene = frame::rush(crowd, routed, f64::from(wanted.ns));
        Ok(Shown { wanted, scene, crowd: crowd.facts().clone(), routed: routed.facts.clone() })
    }
}

/// The ways of the operator on a chip of the first node, of a system that was compiled and judged.
fn compiled() -> Result<Routed, Text> {
    let formats = Formats::all(Format::Int8);
    let question = Question { model: MODEL.to_owned(), chips: CHIPS, context: CONTEXT, formats, lost: Vec::new() };
    let fleet = Fleet::open(&question).map_err(|error| error.text())?;
    let (system, chip) = (fleet.system().system(), fleet.system().chip());
    let role = system.seats.first().map(|seat| &system.roles[seat.role as usize]);
    let routed = role.and_then(|role| frame::routed(&Timeline::new(chip, &role.program), operator()));
    routed.ok_or_else(|| {
        Text::of(
            "第一個節點的程式裡沒有這個運算。請重新載入頁面；若再發生，請回報。",
            "the first node's program has no such operator; reload the page, and report it if it happens again",
        )
    })
}

texts! {
    scenes: "哪一個場景", "Which scene";
    between: "晶片之間", "between chips";
    inside: "晶片裡面", "inside a chip";
    title: "下班尖峰，和一路綠燈的城市", "Rush hour, and a city without lights";
    same: "同一件工作：Llama-2-70B 第一層 gate 與 up 矩陣的八分之一。左邊是八張 GPU 裡的一張，右邊是八顆 LPU 裡的一顆，下面是同一把奈秒的尺。", "The same work: an eighth of gate and up of the first layer of Llama-2-70B. Left one GPU of eight, right one LPU of a node of eight, below the same nanoseconds.";
    picture: "左邊：GPU 的運算核心、L2 與 HBM 通道；右邊：LPU 的串流；下面是位置對時間。", "Left: cores, L2 and HBM channels of a GPU; right: streams of the LPU; below both, place against time.";
    make_late: "讓 GPU 的一輛車遲到", "Make one car of the GPU late";
    punctual: "讓它準時", "On time again";
    gpu: "GPU", "GPU";
    lpu: "LPU", "LPU";
    arrives: "全部到齊", "all arrived after";
    waits: "在等的時間", "time spent waiting";
    refreshes: "遇到重新整理", "refreshes met";
    others: "換別的種子", "with other seeds";
    seed: "種子（中位數）", "seed (the median one)";
    before: "出發前：啟動與暖車", "before that: launch and ramp";
    reads: "讀取", "reads";
    later: "比準時多", "later than on time";
    right: "結果：照樣正確，只是晚", "result: still right, only late";
    appointments: "赴約的值", "appointments kept";
    spread: "換別的種子", "with other seeds";
    no_seed: "沒有種子：每次都一樣", "no seed: the same every time";
    full: "同時有車的串流", "streams in use at most";
    carries: "搬運", "carries";
    note: "時間從資料開始流動算起。GPU 是帶種子的模型，用公開量測校準；LPU 是 576 顆的程式，由這一頁編譯、驗證，量時間不算數值。", "Time counts from the moment data flow. The GPU is a seeded model, calibrated on published measurements; the LPU is the program for 576 chips, compiled and verified in this page for its timing, without values.";
    compiling: "正在你的瀏覽器裡，把 Llama-2-70B 編譯到 576 顆 LPU 並驗證（要幾秒鐘）…", "Compiling Llama-2-70B for 576 LPUs in your browser, and verifying it (it takes some seconds)…";
    clock: "場景的時間", "time of the scene";
}

/// The words of this scene.
pub fn words(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Action;

    #[test]
    fn every_word_is_there_in_both_languages() {
        crate::i18n::expect_both(PAIRS);
    }

    #[test]
    fn the_scene_and_its_moment_are_in_the_address() {
        for wanted in [Wanted::default(), Wanted { lateness: Lateness::One, ns: 1_234 }] {
            assert_eq!(parse(&print(wanted)), Some(wanted));
        }
        assert_eq!(parse("nowhere"), None);
        let mut state = State::open(&crate::link::parse("#v=traffic&in=late.70"), Lang::En);
        assert!(state.is_inside());
        state.reduce(Action::Rush(Ask::At(99)));
        assert_eq!(crate::link::parse(&crate::link::print(&state.link())).inside, state.rush.inside);
        assert_eq!(state.rush.inside, Some(Wanted { lateness: Lateness::One, ns: 99 }));
        state.reduce(Action::Rush(Ask::Between));
        assert_eq!((state.is_inside(), state.link().inside), (false, None));
    }

    #[test]
    fn one_moment_is_asked_at_a_time() {
        let mut state = State::open(&crate::link::parse("#v=traffic&in=rush"), Lang::En);
        assert_eq!(state.ask_moment(), None, "nobody is there to draw it");
        state.rival.stand = Stand::Ready;
        assert!(state.ask_moment().is_some());
        assert_eq!(state.ask_moment(), None);
        state.show_moment(Err(Text::same("no")));
        assert_eq!(state.ask_moment(), None, "what cannot be drawn is not asked again");
    }
}
