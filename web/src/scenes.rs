//! The second worker's side of the scenes with the rival: it compiles and judges the system once, and draws any moment of either scene.
//!
//! In: the moment that is wanted.  Out: the picture, the figures and words beside it, what the tour may name.
//! Invariant: both halves of a picture are of the same model and the same work; the words are those of the moment that is drawn.
//! Method: one system for both scenes: the ways of one operator on a chip of its first node, and its cycles for the slots at the server.

use crate::i18n::Lang;
use crate::numbers::digits;
use crate::rush::{Set, Shown, Side, Wanted};
use frame::{Routed, RoutedFacts, Text, Timeline, grouped};
use study::Builtin;
use study::cases::{
    At, AtDoor, AtServer, Crowd, CrowdFacts, Crowding, Lateness, Rota, ServerFacts, SourceLine, operator,
};
use study::fleet::{Fleet, Question};

/// The system that both sides are a part of.
const MODEL: &str = "llama-2-70b";
const CHIPS: u32 = 576;
const CONTEXT: u32 = 512;

/// What is kept between moments.
#[derive(Default)]
pub struct Stage {
    system: Option<(Routed, Rota)>,
    crowd: Option<(Lateness, Crowd)>,
    server: Option<(Crowding, AtServer)>,
}

impl Stage {
    /// A moment; the first one takes some seconds.
    pub fn moment(&mut self, wanted: Wanted) -> Result<Shown, Text> {
        match wanted.set {
            Set::Inside(lateness) => self.inside(wanted, lateness),
            Set::Server(crowding) => self.at_server(wanted, crowding),
        }
    }

    /// The slots of the system, which is compiled first unless it is at hand.
    fn system(&mut self) -> Result<Rota, Text> {
        if self.system.is_none() {
            self.system = Some(compiled()?);
        }
        Ok(self.system.as_ref().expect("it was made above, or kept").1)
    }

    fn inside(&mut self, wanted: Wanted, lateness: Lateness) -> Result<Shown, Text> {
        self.system()?;
        if self.crowd.as_ref().is_none_or(|(of, _)| *of != lateness) {
            self.crowd = Some((lateness, Crowd::of(&graph()?, 0, lateness).map_err(|error| error.text())?));
        }
        let both = self.crowd.as_ref().zip(self.system.as_ref());
        let ((_, crowd), (routed, _)) = both.expect("both were made above, or kept");
        let ns = f64::from(wanted.at);
        let (facts, ways) = (crowd.facts(), &routed.facts);
        Ok(Shown {
            wanted,
            scene: frame::rush(crowd, routed, ns),
            end: facts.length.max(ways.length()).ceil() as u32,
            clock: in_ns(ns),
            words: inside_words(),
            sides: vec![inside_gpu(facts, lateness), inside_lpu(ways)],
            note: INSIDE_NOTE,
            values: inside_values(facts, ways),
        })
    }

    fn at_server(&mut self, wanted: Wanted, crowding: Crowding) -> Result<Shown, Text> {
        let rota = self.system()?;
        if self.server.as_ref().is_none_or(|(of, _)| *of != crowding) {
            let both = AtServer::of(&graph()?, rota, CONTEXT, crowding).map_err(|error| error.text())?;
            self.server = Some((crowding, both));
        }
        let (_, both) = self.server.as_ref().expect("it was made above, or kept");
        Ok(server_shown(wanted, both))
    }
}

/// A moment at the server, with all that stands beside it.
fn server_shown(wanted: Wanted, both: &AtServer) -> Shown {
    let ns = f64::from(wanted.at) * 1e3;
    let (facts, at) = (both.facts(), At(ns));
    let now = [both.at_gpu(at), both.at_lpu(at)].map(|present| {
        let parts = [present.waiting.len(), present.writing.len()].map(|count| count.to_string());
        (NOW, Text::same(parts.join(" / ")))
    });
    let [at_gpu, at_lpu] = now;
    Shown {
        wanted,
        scene: frame::counter(both, ns),
        end: (both.end().0 * 1e-3).ceil() as u32,
        clock: format!("{:.1} ms", ns * 1e-6),
        words: server_words(facts),
        sides: vec![server_gpu(facts, at_gpu), server_lpu(facts, at_lpu), chance(&facts.sources)],
        note: server_note(facts),
        values: server_values(facts),
    }
}

fn graph() -> Result<study::Graph, Text> {
    let model = Builtin::find(MODEL).map_err(|error| Text::new(error.chinese(), error.to_string()))?;
    Ok(model.decode_step(CONTEXT))
}

/// The ways of the operator on a chip of the first node, and the slots, of a system that was compiled and judged.
fn compiled() -> Result<(Routed, Rota), Text> {
    let question = Question::of(MODEL, CHIPS, CONTEXT);
    let fleet = Fleet::open(&question).map_err(|error| error.text())?;
    let (system, chip) = (fleet.system().system(), fleet.system().chip());
    let role = system.seats.first().map(|seat| &system.roles[seat.role as usize]);
    let routed = role.and_then(|role| frame::routed(&Timeline::new(chip, &role.program), operator()));
    let routed = routed.ok_or_else(|| {
        Text::of(
            "第一個節點的程式裡沒有這個運算。請重新載入頁面；若再發生，請回報。",
            "the first node's program has no such operator; reload the page, and report it if it happens again",
        )
    })?;
    Ok((routed, Rota::of(&fleet.figures(&question))))
}

fn in_ns(value: f64) -> String {
    format!("{} ns", digits(value))
}

fn in_ms(value: f64) -> String {
    format!("{} ms", digits(value))
}

/// A figure whose value reads the same in both languages.
fn figure(zh: &'static str, en: &'static str, value: impl ToString) -> (Text, Text) {
    (Text::of(zh, en), Text::same(value))
}

fn side(key: &str, title: Text, figures: Vec<(Text, Text)>) -> Side {
    Side { key: key.to_owned(), title, figures, verdict: None }
}

fn inside_words() -> [Text; 3] {
    [
        Text::of("下班尖峰，和一路綠燈的城市", "Rush hour, and a city without lights"),
        Text::of(
            "同一件工作：Llama-2-70B 第一層 gate 與 up 矩陣的八分之一。左邊是八張 GPU 裡的一張，右邊是八顆 LPU 裡的一顆，下面是同一把奈秒的尺。",
            "The same work: an eighth of gate and up of the first layer of Llama-2-70B. Left one GPU of eight, right one LPU of a node of eight, below the same nanoseconds.",
        ),
        Text::of(
            "左邊：GPU 的運算核心、L2 與 HBM 通道；右邊：LPU 的串流；下面是位置對時間。",
            "Left: cores, L2 and HBM channels of a GPU; right: streams of the LPU; below both, place against time.",
        ),
    ]
}

const INSIDE_NOTE: Text = Text::of(
    "時間從資料開始流動算起。GPU 是帶種子的模型，用公開量測校準；LPU 是 576 顆的程式，由這一頁編譯、驗證，量時間不算數值。",
    "Time counts from the moment data flow. The GPU is a seeded model, calibrated on published measurements; the LPU is the program for 576 chips, compiled and verified in this page for its timing, without values.",
);

fn inside_gpu(crowd: &CrowdFacts, lateness: Lateness) -> Side {
    let mut figures = vec![figure("全部到齊", "all arrived after", in_ns(crowd.length))];
    if lateness == Lateness::One {
        figures.push(figure("比準時多", "later than on time", format!("+{}", in_ns(crowd.length - crowd.punctual))));
    }
    let others = format!("{} – {} ({})", digits(crowd.range.0), in_ns(crowd.range.1), crowd.seeds);
    figures.extend([
        figure("在等的時間", "time spent waiting", format!("{:.0} %", 100.0 * crowd.waiting)),
        figure("遇到重新整理", "refreshes met", crowd.refreshes),
        figure("換別的種子", "with other seeds", others),
        figure("種子（中位數）", "seed (the median one)", crowd.seed),
        figure("讀取", "reads", Lang::En.size(crowd.bytes as u64)),
        figure("出發前：啟動與暖車", "before that: launch and ramp", in_ns(crowd.before)),
    ]);
    let title = Text::same(format!("GPU · 1 / {} × {} · {}", crowd.gpus, crowd.gpu, crowd.format));
    let right = Text::of("結果：照樣正確，只是晚", "result: still right, only late");
    Side { verdict: (lateness == Lateness::One).then_some(right), ..side("gpu", title, figures) }
}

fn inside_lpu(routed: &RoutedFacts) -> Side {
    let kept = format!("{} / {}", grouped(routed.ways - routed.unmet), grouped(routed.ways));
    let seeds =
        (Text::of("換別的種子", "with other seeds"), Text::of("沒有種子：每次都一樣", "no seed: the same every time"));
    let figures = vec![
        figure("全部到齊", "all arrived after", in_ns(routed.length())),
        figure("赴約的值", "appointments kept", kept),
        seeds,
        figure("同時有車的串流", "streams in use at most", format!("{} / {}", routed.busiest, routed.streams)),
        figure("搬運", "carries", Lang::En.size(routed.bytes)),
    ];
    side("lpu", Text::same(format!("LPU · 1 / {} · int8", study::NODE)), figures)
}

/// What the tour may name of the scene inside a chip.
pub fn inside_values(crowd: &CrowdFacts, routed: &RoutedFacts) -> Vec<(String, String)> {
    let values = [
        ("crowd_groups", crowd.groups.to_string()),
        ("crowd_channels", crowd.channels.to_string()),
        ("crowd_waits", format!("{:.0} %", 100.0 * crowd.waiting)),
        ("crowd_time", in_ns(crowd.length)),
        ("crowd_fast", in_ns(crowd.range.0)),
        ("crowd_slow", in_ns(crowd.range.1)),
        ("crowd_refreshes", crowd.refreshes.to_string()),
        ("crowd_later", in_ns(crowd.length - crowd.punctual)),
        ("crowd_before", in_ns(crowd.before)),
        ("routed_time", in_ns(routed.length())),
    ];
    values.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn server_words(facts: &ServerFacts) -> [Text; 3] {
    let ServerFacts { rate, requests, prompt, output, cut, .. } = facts;
    [
        Text::of("伺服器門口：一班公車，和一條輸送帶", "At the server: a bus, and a belt with fixed places"),
        Text::new(
            format!(
                "同樣的 {requests} 個請求，每秒 {rate} 個：提示詞平均 {prompt} 個 token（{cut} 個太長，截到快取放得下的長度），各要 {output} 個 token 的回答。左邊八張 GPU 批次處理，右邊 576 顆 LPU。"
            ),
            format!(
                "The same {requests} requests, {rate} a second: prompts of {prompt} tokens in the mean ({cut} were cut to what the caches hold), {output} tokens of answer each. Left eight GPUs with batches, right 576 LPUs."
            ),
        ),
        Text::of(
            "上面：此刻誰在讀、誰在寫、誰在等；下面：每個請求一列，位置對時間。",
            "Above: who is read, who writes and who waits now; below a row for each request, against time.",
        ),
    ]
}

const NOW: Text = Text::of("此刻：等第一個 token／正在寫", "now: wait for the first token / write");

/// Figures of a side's door.
fn door(door: &AtDoor) -> [(Text, Text); 4] {
    [
        figure("從一個 token 到下一個", "from token to token", in_ms(door.gap.p50)),
        figure(
            "99 % 以內／最久",
            "99 % within / the longest",
            format!("{} / {}", digits(door.gap.p99), in_ms(door.gap_most)),
        ),
        figure(
            "第一個 token：中位數／p99",
            "first token: median / p99",
            format!("{} / {}", digits(door.first_token.p50), in_ms(door.first_token.p99)),
        ),
        figure("全部寫完", "all written after", in_ms(door.length)),
    ]
}

fn server_gpu(facts: &ServerFacts, now: (Text, Text)) -> Side {
    let mut figures = vec![now];
    figures.extend(door(&facts.at_gpu));
    figures.push(figure("插進別人兩步之間的提示詞", "prompts read between others' steps", facts.inserted));
    let title = Text::same(format!("GPU · {} × {} · {} · {}", facts.gpus, facts.gpu, facts.format, facts.engine));
    side("gpu", title, figures)
}

fn server_lpu(facts: &ServerFacts, now: (Text, Text)) -> Side {
    let rota = &facts.rota;
    let mut figures = vec![now];
    figures.extend(door(&facts.at_lpu));
    let slots = format!("{} · {} µs", rota.slots, digits(rota.ns(rota.apart) * 1e-3));
    figures.push(figure("每輪的格子，每格相隔", "slots of a round, each after", slots));
    figures.push(figure("快取放得下幾位使用者", "users whose caches fit", rota.users));
    side("lpu", Text::same(format!("LPU · {CHIPS} · int8")), figures)
}

/// Everything random in the scene.
fn chance(sources: &[SourceLine]) -> Side {
    let line = |line: &SourceLine| {
        let seed = line.seed;
        let value = |distribution: &str, word: &str| format!("{distribution} · {word} {seed}");
        (line.label.clone(), Text::new(value(&line.distribution.zh, "種子"), value(&line.distribution.en, "seed")))
    };
    side("chance", Text::of("哪些是隨機的", "What is random"), sources.iter().map(line).collect())
}

fn server_note(facts: &ServerFacts) -> Text {
    let users = facts.rota.users;
    Text::new(
        format!(
            "這是 API 的錶，量在門口，不含網路。LPU 的週期來自這一頁編譯、驗證的程式；格子怎麼分配是我們的假設，沒有公開資料。提示詞在 LPU 上一個 token 接一個 token 走。這個版本的擺法，快取只放得下 {users} 位；還有空的記憶體，換個擺法可以更多。超載時，GPU 讓大家早點開始，LPU 讓大家排在門口。"
        ),
        format!(
            "This is the API's meter, read at the door, without the network. The LPU's cycles are those of the program compiled and verified in this page; how slots are given out is our assumption, nothing is published. On the LPU a prompt goes token by token. In this build's layout the caches of {users} users fit; memory is left that another layout could use. With too many users the GPU lets everybody begin sooner, and the LPU lets them queue."
        ),
    )
}

/// What the tour may name of the scene at the server.
pub fn server_values(facts: &ServerFacts) -> Vec<(String, String)> {
    let values = [
        ("served_requests", facts.requests.to_string()),
        ("served_inserted", facts.inserted.to_string()),
        ("served_gap", in_ms(facts.at_gpu.gap.p50)),
        ("served_most", in_ms(facts.at_gpu.gap_most)),
        ("served_frame", in_ms(facts.at_lpu.gap_most)),
        ("served_users", facts.rota.users.to_string()),
    ];
    values.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{decode, encode};
    use crate::rival::Report;

    const ROTA: Rota = Rota { cycles: 1_741_891, apart: 33_498, slots: 52, users: 5, seats: 72, hertz: 900_000_000 };

    #[test]
    fn a_moment_at_the_server_says_all_of_itself_in_both_languages() {
        for crowding in Crowding::ALL {
            let graph = graph().expect("a built-in shape");
            let both = AtServer::of(&graph, ROTA, CONTEXT, crowding).expect("eight H100 hold it");
            let wanted = Wanted { set: Set::Server(crowding), at: 400_000 };
            let shown = server_shown(wanted, &both);
            let names = shown.sides.iter().flat_map(|side| side.figures.iter().map(|(name, _)| name));
            for text in names.chain(&shown.words).chain([&shown.note]) {
                assert!(!text.zh.is_ascii() && text.en != text.zh, "{text:?}");
            }
            assert_eq!(shown.sides.iter().map(|side| side.key.as_str()).collect::<Vec<_>>(), ["gpu", "lpu", "chance"]);
            assert!(wanted.at < shown.end && shown.clock == "400.0 ms");
            let report = Report::Moment(Ok(Box::new(shown)));
            assert_eq!(decode::<Report>(&encode(&report)), Some(report));
        }
    }
}
