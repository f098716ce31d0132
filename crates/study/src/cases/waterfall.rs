//! What makes it fast: from the GPU box to the LPU system, one switch at a time.
//!
//! In: a contest.  Out: time of a token after each switch, down to a bound; up again to the program that this build compiled, by name; then
//!     the difference to the published figure, which has none.
//! Invariant: times are whole nanoseconds, so that the bars add up to the whole exactly. Nothing fills the gap to what was published.
//! Method: the rival's own model runs again after each switch. Noise, gaps, ramps and barriers are thought away; then its memory gets
//! the feed of as many LPU chips; then the work is divided over all chips of the system, perfectly and without any exchange.
//! From that bound the compiled system rises: only one node works on a token at a time; its steps depend on one another; words
//! travel from node to node. `orders` has the switches in every other order, and the ramp as planning's or as the memory's.

use super::contest::{BOXES, Contest, LpuRate};
use super::error::CaseError;
use super::orders::{Orders, Range, Times};
use super::ours::Ours;
use super::sources;
use cost::{Input, Sheet};
use gpu::{Launch, Mechanism, Rival, Source};
use serde::{Deserialize, Serialize};
use units::{Formula, Standing, Text};

/// Something that is switched, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// Whatever is random.
    Noise,
    /// From one kernel to the start of the next.
    Gaps,
    /// From a kernel's start to the full stream of its data.
    Ramp,
    /// Exchanges between GPUs.
    Barriers,
    /// HBM becomes SRAM.
    Sram,
    /// One box becomes the whole system.
    Chips,
    /// Of the compiled system only one node works on a token.
    Turns,
    /// Steps of its programs depend on one another.
    Program,
    /// Words travel from node to node.
    Carries,
}

/// What is switched on the way down, before the compiled program adds what it takes.
pub const SWITCHES: [Switch; 6] =
    [Switch::Noise, Switch::Gaps, Switch::Ramp, Switch::Barriers, Switch::Sram, Switch::Chips];

/// One switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub switch: Switch,
    /// Its name.
    pub label: Text,
    /// What is changed, and by which part of the machine that is done.
    pub says: Text,
    /// What it saves after those before it, in ns; negative for what the compiled program takes beyond the bound.
    pub saves_ns: i64,
    /// Time of a token after it, in ns.
    pub left_ns: i64,
    /// What it saves in other orders; what the program adds has one order only.
    pub range: Option<Range>,
    /// How the model was changed, over ids of inputs; of the compiled program cycles over its clock.
    pub formula: String,
    /// Those inputs.
    pub inputs: Vec<Input>,
}

/// Where the other contestant stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Time of a token, in ns.
    pub ns: i64,
    /// Tokens per second.
    pub per_second: f64,
    /// How well that is known.
    pub standing: Standing,
    /// Where it is from.
    pub source: Text,
}

/// What one source of noise costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// The source.
    pub source: Source,
    /// Its name.
    pub label: Text,
    /// What a token is faster without this source alone, in ns, mean of the boxes; negative where it happens to help.
    pub alone_ns: i64,
}

/// The waterfall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// The box.
    pub box_name: Text,
    /// Time of a token on it, in ns: mean of so many boxes, the seeds from the case's on.
    pub whole_ns: i64,
    /// How many boxes.
    pub boxes: u32,
    /// Seed of the first.
    pub seed: u64,
    /// The switches in order, down to the bound; then, where there is a compiled program, what it takes longer.
    pub steps: Vec<Step>,
    /// The switches in every other order.
    pub orders: Orders,
    /// What each source of noise costs by itself; those that this box and software do not have are left out.
    pub noises: Vec<Noise>,
    /// What is left after the switches, in ns: a bound that no machine of so many chips beats.
    pub bound_ns: i64,
    /// Time of a token of the program that this build compiled, in ns.
    pub compiled_ns: Option<i64>,
    /// The system of a built-in shape that was compiled for it.
    pub ours: Option<Ours>,
    /// Why none was.
    pub absent: Option<Text>,
    /// The LPU's figure, if there is one.
    pub goal: Option<Goal>,
    /// What a published figure takes longer than the last bar, in ns, negative where it is faster; what is in it nobody has said.
    pub unknown_ns: Option<i64>,
    /// Chips of the system.
    pub chips: u32,
}

const SRAM: &str = "record.stream_bytes * record.ghz_low";

/// A bar of the compiled program: switch, time of a token after it in ns, name, what it is, how it is counted.
type Rise = (Switch, i64, Text, Text, String);

/// The program of a model on the chip: all that it takes beyond the bound.
fn alone(cycles: u64, per_second: f64) -> Rise {
    (
        Switch::Program,
        (1e9 / per_second).round() as i64,
        label(Switch::Program),
        says(Switch::Program),
        format!("{cycles} / {}", cycles as f64 * per_second),
    )
}

/// Nanoseconds, whole.
fn whole(rival: &Rival, random: Random) -> i64 {
    let time = match random {
        Random::On => rival.mean_of_boxes(BOXES),
        Random::Off => rival.mean(1),
    };
    time.0.round() as i64
}

#[derive(Clone, Copy)]
enum Random {
    On,
    Off,
}

impl Contest {
    /// The waterfall.
    ///
    /// Errors: an input of the last two switches has no value.
    pub fn waterfall(&self) -> Result<Waterfall, CaseError> {
        let mut sheet = Sheet::new(&self.book);
        self.put_inputs(&mut sheet);
        let feed = sheet.evaluate(&Formula::parse(SRAM).expect("a formula of this file"))?;
        let times = self.times(feed)?;
        let (mut before, mut done, mut steps) = (times.0[0], 0, Vec::new());
        for (index, switch) in SWITCHES.into_iter().enumerate() {
            done |= 1 << index;
            let left_ns = times.0[done];
            let formula = self.formula(switch);
            let inputs = sheet.below(&Formula::parse(&formula).expect("a formula of this file"));
            let inputs = inputs.iter().map(|id| sheet.input(id)).collect::<Result<_, _>>()?;
            let (label, says) = (label(switch), says(switch));
            let range = Some(times.range(&[switch]));
            steps.push(Step { switch, label, says, saves_ns: before - left_ns, left_ns, range, formula, inputs });
            before = left_ns;
        }
        let bound_ns = before;
        let (rise, ours, absent) = match &self.lpu {
            LpuRate::Compiled { cycles, per_second } => (vec![alone(*cycles, *per_second)], None, None),
            LpuRate::Published { .. } | LpuRate::Unknown => match Ours::of(&self.case) {
                Ok(ours) => (self.rise(&ours, feed)?, Some(ours), None),
                Err(why) => (Vec::new(), None, Some(why)),
            },
        };
        for (switch, left_ns, label, says, formula) in rise {
            let (saves_ns, inputs) = (before - left_ns, Vec::new());
            steps.push(Step { switch, label, says, saves_ns, left_ns, range: None, formula, inputs });
            before = left_ns;
        }
        let goal = self.goal();
        let gpus = self.case.gpu.count;
        let name = &self.rival.case().gpu.name;
        let is_compiled = matches!(self.lpu, LpuRate::Compiled { .. });
        Ok(Waterfall {
            box_name: Text::same(format!("{gpus} × {name} · {} · {}", self.case.gpu.format, self.case.gpu.engine)),
            whole_ns: times.0[0],
            boxes: BOXES,
            seed: self.case.seed,
            noises: self.noises(times.0[0])?,
            orders: times.orders(),
            bound_ns,
            compiled_ns: (is_compiled || ours.is_some()).then_some(before),
            steps,
            ours,
            absent,
            unknown_ns: goal.as_ref().filter(|_| !is_compiled).map(|goal| goal.ns - before),
            goal,
            chips: self.case.lpu.chips,
        })
    }

    /// The time of a token with every choice of switches; which come first makes no difference to the model that runs.
    fn times(&self, feed: f64) -> Result<Times, CaseError> {
        let ratio = f64::from(self.case.lpu.chips) / f64::from(self.case.gpu.count);
        let mut times = [0; 1 << SWITCHES.len()];
        for (choice, time) in times.iter_mut().enumerate() {
            let mut case = self.rival.case().clone();
            let chosen = (0..SWITCHES.len()).filter(|index| choice & 1 << index != 0).map(|index| SWITCHES[index]);
            chosen.clone().for_each(|switch| apply(&mut case, switch, feed, ratio));
            let random = if chosen.clone().any(|switch| switch == Switch::Noise) { Random::Off } else { Random::On };
            *time = whole(&self.rival.with(case)?, random);
        }
        Ok(Times(times))
    }

    /// What the compiled system takes beyond the bound: switch, time left, name, what it is, and how it is counted.
    fn rise(&self, ours: &Ours, feed: f64) -> Result<Vec<Rise>, CaseError> {
        let mut case = self.rival.case().clone();
        // The program's weights take a byte each, whatever the box's take.
        let ratio = f64::from(Ours::at_once()) / f64::from(self.case.gpu.count) * case.format.bytes();
        SWITCHES.into_iter().for_each(|switch| apply(&mut case, switch, feed, ratio));
        let turns = whole(&self.rival.with(case)?, Random::Off);
        let Ours { nodes, cycles, carry_cycles, hertz, .. } = ours;
        let [zh, en] = [says(Switch::Turns).zh, says(Switch::Turns).en];
        let in_turns = Text::new(zh.replace("{nodes}", &nodes.to_string()), en.replace("{nodes}", &nodes.to_string()));
        let counted =
            |switch: Switch, left: u64, formula: String| (switch, ours.ns(left), label(switch), says(switch), formula);
        let inside = cycles - carry_cycles;
        Ok(vec![
            (Switch::Turns, turns, label(Switch::Turns), in_turns, self.formula(Switch::Turns)),
            counted(Switch::Program, inside, format!("({cycles} - {carry_cycles}) / {hertz}")),
            counted(Switch::Carries, *cycles, format!("{cycles} / {hertz}")),
        ])
    }

    /// Each source switched off by itself.
    fn noises(&self, box_ns: i64) -> Result<Vec<Noise>, CaseError> {
        let mut noises = Vec::new();
        for source in Source::ALL.into_iter().filter(|source| *source < Source::Arrivals) {
            let mut case = self.rival.case().clone();
            case.sources = case.sources.without(source);
            let alone_ns = box_ns - whole(&self.rival.with(case)?, Random::On);
            if alone_ns != 0 {
                noises.push(Noise { source, label: sources::label(source), alone_ns });
            }
        }
        Ok(noises)
    }

    fn goal(&self) -> Option<Goal> {
        let per_second = self.lpu.per_second()?;
        let (standing, source) = match &self.lpu {
            LpuRate::Published { standing, source, context, .. } => (*standing, self.conditions(source, *context)),
            _ => (
                Standing::Derived,
                Text::of("由這個版本編譯、驗證、模擬", "compiled, verified and simulated by this build"),
            ),
        };
        Some(Goal { ns: (1e9 / per_second).round() as i64, per_second, standing, source })
    }

    /// Where the published rate stands, and that it is of another context where it is.
    fn conditions(&self, source: &str, context: Option<u32>) -> Text {
        let here = self.case.context;
        match context.filter(|context| *context != here) {
            None => Text::same(source),
            Some(there) => Text::new(
                format!("{source}；公開的是上下文 {there}，這裡全都是 {here}：條件不同"),
                format!("{source}; it is of a context of {there}, all else here of {here}: not the same conditions"),
            ),
        }
    }

    /// What a switch rests on.
    pub(super) fn formula(&self, switch: Switch) -> String {
        let gpu = if self.rival.case().gpu.name.starts_with("A100") { "a100" } else { "h100" };
        let all_reduce = match (gpu, self.case.gpu.count) {
            ("a100", _) => "a100.all_reduce".to_owned(),
            (_, count) => format!("h100.all_reduce_tp{}", count.max(2)),
        };
        match switch {
            Switch::Noise => "hbm.imbalance + hbm.trfc / hbm.trefi * (1 - hbm.refresh_hidden) + gpu.gap_spread \
                              + gpu.all_reduce_spread + gpu.speed_spread"
                .to_owned(),
            Switch::Gaps if self.rival.case().engine.launch == Launch::Eager => "gpu.gap_eager".to_owned(),
            Switch::Gaps => format!("{gpu}.gap_graph"),
            Switch::Ramp if gpu == "h100" => "gpu.ramp * h100.dram / a100.dram".to_owned(),
            Switch::Ramp => "gpu.ramp".to_owned(),
            Switch::Barriers => all_reduce,
            Switch::Sram => format!("{gpu}.hbm_peak * {gpu}.hbm_eff / ({SRAM})"),
            Switch::Chips => format!("{} / {}", self.case.gpu.count, self.case.lpu.chips),
            // Of the compiled program: what is left of all the chips.
            Switch::Turns | Switch::Program | Switch::Carries => {
                format!("{} / {}", self.case.lpu.chips, Ours::at_once())
            }
        }
    }
}

fn apply(case: &mut gpu::Case, switch: Switch, feed: f64, ratio: f64) {
    match switch {
        Switch::Noise => case.removed.push(Mechanism::Noise),
        Switch::Gaps => case.removed.push(Mechanism::Gaps),
        Switch::Ramp => case.removed.push(Mechanism::Ramp),
        Switch::Barriers => case.removed.push(Mechanism::Barriers),
        Switch::Sram => (case.gpu.hbm_peak, case.gpu.hbm_share) = (feed, 1.0),
        Switch::Chips => {
            let fp8 = case.gpu.math_fp8;
            for rate in [&mut case.gpu.hbm_peak, &mut case.gpu.l2_rate, &mut case.gpu.math_bf16] {
                *rate *= ratio;
            }
            case.gpu.math_fp8 = fp8.map(|rate| rate * ratio);
        }
        // The compiled program is no change of the box.
        Switch::Turns | Switch::Program | Switch::Carries => {}
    }
}

/// Name of a switch.
fn label(switch: Switch) -> Text {
    match switch {
        Switch::Noise => Text::of("關掉所有雜訊", "noise off"),
        Switch::Gaps => Text::of("核心之間不留空檔", "launch gaps off"),
        Switch::Ramp => Text::of("核心不必起步", "ramps off"),
        Switch::Barriers => Text::of("不必互相等待", "barriers off"),
        Switch::Sram => Text::of("HBM 換成 SRAM", "HBM becomes SRAM"),
        Switch::Chips => Text::of("一台變成數百顆", "one box becomes hundreds of chips"),
        Switch::Turns => Text::of("一層接一層：一次只有一個節點在做", "layer after layer: one node at a time"),
        Switch::Program => Text::of("節點裡的步驟一個等一個", "inside a node: each step waits for the one before"),
        Switch::Carries => Text::of("從節點到節點", "from node to node"),
    }
}

/// What a switch changes, and by which part of the machine that is done.
fn says(switch: Switch) -> Text {
    match switch {
        Switch::Noise => Text::of(
            "記憶體重新整理、通道不均、晶片快慢、啟動時間的起伏全部拿掉：這就是「讓 GPU 變得確定」能得到的全部。",
            "Refresh, uneven channels, unequal chips, spread of launches: all gone. This is all that making the GPU deterministic \
                 can gain.",
        ),
        Switch::Gaps => Text::of(
            "一個運算接著一個運算，中間不必停下來再起步：編譯器排好時程才做得到。",
            "One operation follows the other without stopping and starting again: it takes a compiler that plans every cycle.",
        ),
        Switch::Ramp => Text::of(
            "核心開始之後，資料要過一會兒才全速流進來。編譯器提早去讀就藏得住，記憶體馬上回答也藏得住。公布的量測分不出空檔和起步各占多少，所以這一段算誰的，兩種都算。",
            "After a kernel's start its data need a while to flow at full speed. A compiler that reads ahead hides that, and so does a memory \
             that answers at once. Published runs fit as well with more gap and less ramp: whose it is, is counted both ways.",
        ),
        Switch::Barriers => Text::of(
            "每一層兩次、所有 GPU 交換結果並等最慢的那一個：拿掉等待，也拿掉交換的時間。",
            "Twice a layer all GPUs exchange results and wait for the slowest: without the waiting, and without the exchange.",
        ),
        Switch::Sram => Text::of(
            "同一個 GPU 模型，記憶體換成同樣數量的 LPU 晶片的串流頻寬；容量先當作夠用。",
            "The same model of the GPU with the stream feed of as many LPU chips; its capacity is left as it is.",
        ),
        Switch::Chips => Text::of(
            "每顆晶片要讀的權重變少：工作完美均分，晶片之間的傳輸當作不花時間。沒有機器能比這條線更快。",
            "Each chip has less to read: the work is divided perfectly, and traffic between chips takes no time. No machine beats \
                 this line.",
        ),
        Switch::Turns => Text::of(
            "真正的程式把各層排在 {nodes} 個節點上，每個節點 8 顆晶片。token 走到哪個節點，就只有那 8 顆在讀權重，一個權重一個位元組。對一位使用者來說，其餘的晶片帶來的是容量，不是速度。",
            "The real program lays the layers on {nodes} nodes of 8 chips. While a token is in one of them only these 8 read weights, a byte \
                 each. To one user the other chips give room, not speed.",
        ),
        Switch::Program => Text::of(
            "編譯出來、經裁判驗證的程式用掉的週期，比照最快速度讀權重多出來的部分：單元與串流的延遲、晶片之間的加總、相依的步驟。",
            "What the compiled and judged program takes beyond reading its weights at full speed: latencies of units and streams, sums over \
                 chips, steps that depend on one another.",
        ),
        Switch::Carries => Text::of(
            "殘差送到下一個節點要花的週期，在經裁判驗證的系統上數出來。",
            "The residual travels to the next node: counted on the judged system.",
        ),
    }
}
