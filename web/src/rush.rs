//! The scenes with the rival in the traffic: inside a chip and at the server, moment by moment on one clock.
//!
//! In: what the viewer asks, the screen's clock, moments from the second worker.  Out: questions to it; the address; texts.
//! Invariant: a moment names what was wanted; figures and words beside the picture come with it, so that nothing is said of another one.
//! Method: `scenes` on the second worker's side draws any moment. A scene has a clock of its own, because its model is not the one on the
//!     chip; after the slower side is through, time begins anew.

use crate::i18n::texts;
use crate::link::View;
use crate::play::Motion;
use crate::rival::{self, Stand};
use crate::state::{Effect, State};
use frame::{Scene, Text};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::cases::{Crowding, Lateness};

/// Which scene, and how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Set {
    /// The same operator inside one GPU and inside one LPU; a group of the GPU may be late.
    Inside(Lateness),
    /// The same requests at both servers.
    Server(Crowding),
}

/// The scene, as the address says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Which.
    pub set: Set,
    /// Since it began: nanoseconds inside a chip, microseconds at the server.
    pub at: u32,
}

impl Wanted {
    /// A scene as it opens.
    pub fn opening(set: Set) -> Self {
        Wanted { set, at: set.opening() }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted::opening(Set::Inside(Lateness::Nobody))
    }
}

/// What stands on one side of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Whose: `gpu`, `lpu`, or what belongs to both.
    pub key: String,
    /// Above its figures.
    pub title: Text,
    /// Names and values.
    pub figures: Vec<(Text, Text)>,
    /// What is to be said of it in a sentence.
    pub verdict: Option<Text>,
}

/// A moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Which.
    pub wanted: Wanted,
    /// The picture.
    pub scene: Scene,
    /// When both sides are through, in the unit of `wanted.at`.
    pub end: u32,
    /// The time, as it is written.
    pub clock: String,
    /// The scene's name, the work that both sides do, and what the picture shows for those who cannot see it.
    pub words: [Text; 3],
    /// Figures.
    pub sides: Vec<Side>,
    /// What all of it rests on.
    pub note: Text,
    /// What a text of the tour may name.
    pub values: Vec<(String, String)>,
}

/// What the viewer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The scene between the chips.
    Between,
    /// A scene with the rival.
    Show(Set),
    /// This moment of it.
    At(u32),
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rush {
    /// The moment of a scene with the rival, if one is chosen.
    pub inside: Option<Wanted>,
    /// The moment that came last, or why none can.
    pub shown: Option<Result<Rc<Shown>, Text>>,
    /// The moment that is on its way.
    asked: Option<Wanted>,
    /// Part of a unit of the scene's time that has passed.
    part: f64,
}

impl Set {
    /// Its word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Set::Inside(Lateness::Nobody) => "rush",
            Set::Inside(Lateness::One) => "late",
            Set::Server(Crowding::Quiet) => "quiet",
            Set::Server(Crowding::Busy) => "busy",
            Set::Server(Crowding::Full) => "full",
        }
    }

    fn all() -> impl Iterator<Item = Set> {
        let inside = [Lateness::Nobody, Lateness::One].map(Set::Inside);
        inside.into_iter().chain(Crowding::ALL.map(Set::Server))
    }

    /// The moment at which it opens, and begins anew: inside a chip both sides are at work from here on, whose first weights
    /// were installed long before they are used.
    pub fn opening(self) -> u32 {
        match self {
            Set::Inside(_) => 3_000,
            Set::Server(_) => 0,
        }
    }

    /// Whether another setting is one of the same scene.
    pub fn is_like(self, other: Set) -> bool {
        matches!(self, Set::Inside(_)) == matches!(other, Set::Inside(_))
    }

    /// Seconds of the viewer that the slower side takes.
    fn seconds(self) -> f64 {
        match self {
            Set::Inside(_) => 14.0,
            Set::Server(_) => 40.0,
        }
    }
}

/// Reads the scene from the address: its word, and a moment behind a dot.
pub fn parse(value: &str) -> Option<Wanted> {
    let (word, at) = value.split_once('.').unwrap_or((value, ""));
    let set = Set::all().find(|set| set.word() == word)?;
    Some(at.parse().map_or(Wanted::opening(set), |at| Wanted { set, at }))
}

/// The scene for the address.
pub fn print(wanted: Wanted) -> String {
    let word = wanted.set.word();
    if wanted == Wanted::opening(wanted.set) { word.to_owned() } else { format!("{word}.{}", wanted.at) }
}

impl State {
    /// Whether a scene with the rival is what is shown.
    pub fn is_inside(&self) -> bool {
        self.view == View::Traffic && self.rush.inside.is_some()
    }

    pub(crate) fn take_rush(&mut self, ask: Ask) -> Vec<Effect> {
        let was_inside = self.is_inside();
        match ask {
            Ask::Between => self.rush.inside = None,
            Ask::Show(set) => {
                // Another setting of the same scene is seen at the same moment.
                let same = self.rush.inside.filter(|wanted| wanted.set.is_like(set));
                self.rush.inside = Some(same.map_or(Wanted::opening(set), |wanted| Wanted { set, ..wanted }));
            }
            Ask::At(at) => {
                self.playback.stop();
                self.rush.inside = self.rush.inside.map(|wanted| Wanted { at, ..wanted });
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
        let Some(end) = self.rush_shown().map(|shown| f64::from(shown.end)) else { return };
        let Some(wanted) = &mut self.rush.inside else { return };
        if self.playback.motion == Motion::Stopped {
            return;
        }
        let at = f64::from(wanted.at) + self.rush.part + millis * 1e-3 * end / wanted.set.seconds();
        self.rush.part = at.fract();
        wanted.at = if end < at { wanted.set.opening() } else { at as u32 };
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

    /// The moment that is shown; that of another setting is not.
    pub fn rush_shown(&self) -> Option<&Rc<Shown>> {
        let wanted = self.rush.inside.filter(|_| self.is_inside())?;
        let shown = self.rush.shown.as_ref()?.as_ref().ok()?;
        (shown.wanted.set == wanted.set).then_some(shown)
    }
}

texts! {
    scenes: "哪一個場景", "Which scene";
    between: "晶片之間", "between chips";
    inside: "晶片裡面", "inside a chip";
    server: "伺服器門口", "at the server";
    make_late: "讓 GPU 的一輛車遲到", "Make one car of the GPU late";
    punctual: "讓它準時", "On time again";
    quiet: "離峰", "few users";
    busy: "尖峰", "rush hour";
    full: "超載", "too many";
    compiling: "正在你的瀏覽器裡，把 Llama-2-70B 編譯到 576 顆 LPU 並驗證（要幾秒鐘）…", "Compiling Llama-2-70B for 576 LPUs in your browser, and verifying it (it takes some seconds)…";
    clock: "場景的時間", "time of the scene";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::state::Action;

    #[test]
    fn every_word_is_there_in_both_languages() {
        crate::i18n::expect_both(PAIRS);
    }

    #[test]
    fn the_scene_and_its_moment_are_in_the_address() {
        for set in Set::all() {
            for at in [0, 1_234] {
                assert_eq!(parse(&print(Wanted { set, at })), Some(Wanted { set, at }));
            }
        }
        assert_eq!(parse("nowhere"), None);
        let mut state = State::open(&crate::link::parse("#v=traffic&in=late.70"), Lang::En);
        assert!(state.is_inside());
        state.reduce(Action::Rush(Ask::At(99)));
        assert_eq!(crate::link::parse(&crate::link::print(&state.link())).inside, state.rush.inside);
        assert_eq!(state.rush.inside, Some(Wanted { set: Set::Inside(Lateness::One), at: 99 }));
        state.reduce(Action::Rush(Ask::Show(Set::Inside(Lateness::Nobody))));
        assert_eq!(state.rush.inside, Some(Wanted { set: Set::Inside(Lateness::Nobody), at: 99 }), "the same moment");
        state.reduce(Action::Rush(Ask::Show(Set::Server(Crowding::Full))));
        assert_eq!(state.rush.inside, Some(Wanted { set: Set::Server(Crowding::Full), at: 0 }), "another clock");
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
