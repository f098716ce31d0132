//! What makes it fast: from the GPU box to the LPU system, one switch at a time.
//!
//! In: a contest.  Out: time of a token after each switch, what each saved, and what no public source explains.
//! Invariant: times are whole nanoseconds, so that the bars and what is left add up to the whole exactly.
//! Method: the rival's own model runs again after each switch. Noise, gaps and barriers are thought away; then its memory gets
//! the feed of as many LPU chips; then the work is divided over all chips of the system, perfectly and without any exchange.
//! What a published rate takes longer than that bound is drawn, and has no name.

use super::contest::{BOXES, Contest, LpuRate};
use super::error::CaseError;
use super::sources::label;
use cost::{Input, Sheet};
use gpu::{Mechanism, Rival, Source};
use serde::{Deserialize, Serialize};
use units::{Formula, Standing, Text};

/// Something that is switched, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// Whatever is random.
    Noise,
    /// From one kernel to the full stream of the next.
    Gaps,
    /// Exchanges between GPUs.
    Barriers,
    /// HBM becomes SRAM.
    Sram,
    /// One box becomes the whole system.
    Chips,
}

/// One switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub switch: Switch,
    /// Its name.
    pub label: Text,
    /// What is changed, and by which part of the machine that is done.
    pub says: Text,
    /// What it saves after those before it, in ns.
    pub saves_ns: i64,
    /// Time of a token after it, in ns.
    pub left_ns: i64,
    /// What it saves if it is the only one, in ns; of the last two, with the box as it is otherwise.
    pub alone_ns: i64,
    /// How the model was changed, over ids of inputs.
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
    /// The switches in order.
    pub steps: Vec<Step>,
    /// What each source of noise costs by itself; those that this box and software do not have are left out.
    pub noises: Vec<Noise>,
    /// What is left after all of them, in ns: a bound that no machine of so many chips beats.
    pub bound_ns: i64,
    /// The LPU's figure, if there is one.
    pub goal: Option<Goal>,
    /// What that takes longer than the bound, in ns; its parts are unknown unless the program was compiled here.
    pub unknown_ns: Option<i64>,
    /// Chips of the system.
    pub chips: u32,
}

const GAPS: &str = "gpu.ramp";
const SRAM: &str = "record.stream_bytes * record.ghz_low";

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
        let ratio = f64::from(self.case.lpu.chips) / f64::from(self.case.gpu.count);
        let box_ns = whole(&self.rival, Random::On);
        let mut case = self.rival.case().clone();
        let (mut before, mut steps) = (box_ns, Vec::new());
        for switch in [Switch::Noise, Switch::Gaps, Switch::Barriers, Switch::Sram, Switch::Chips] {
            apply(&mut case, switch, feed, ratio);
            let left_ns = whole(&self.rival.with(case.clone())?, Random::Off);
            let mut alone = self.rival.case().clone();
            apply(&mut alone, switch, feed, ratio);
            let noise = if switch == Switch::Noise { Random::Off } else { Random::On };
            let alone_ns = box_ns - whole(&self.rival.with(alone)?, noise);
            let formula = self.formula(switch);
            let inputs = sheet.below(&Formula::parse(&formula).expect("a formula of this file"));
            let inputs = inputs.iter().map(|id| sheet.input(id)).collect::<Result<_, _>>()?;
            let (label, says) = words(switch);
            steps.push(Step { switch, label, says, saves_ns: before - left_ns, left_ns, alone_ns, formula, inputs });
            before = left_ns;
        }
        let goal = self.goal();
        let gpus = self.case.gpu.count;
        let name = &self.rival.case().gpu.name;
        Ok(Waterfall {
            box_name: Text::same(format!("{gpus} × {name} · {} · {}", self.case.gpu.format, self.case.gpu.engine)),
            whole_ns: box_ns,
            boxes: BOXES,
            seed: self.case.seed,
            noises: self.noises(box_ns)?,
            steps,
            bound_ns: before,
            unknown_ns: goal.as_ref().map(|goal| goal.ns - before),
            goal,
            chips: self.case.lpu.chips,
        })
    }

    /// Each source switched off by itself.
    fn noises(&self, box_ns: i64) -> Result<Vec<Noise>, CaseError> {
        let mut noises = Vec::new();
        for source in Source::ALL.into_iter().filter(|source| *source < Source::Arrivals) {
            let mut case = self.rival.case().clone();
            case.sources = case.sources.without(source);
            let alone_ns = box_ns - whole(&self.rival.with(case)?, Random::On);
            if alone_ns != 0 {
                noises.push(Noise { source, label: label(source), alone_ns });
            }
        }
        Ok(noises)
    }

    fn goal(&self) -> Option<Goal> {
        let per_second = self.lpu.per_second()?;
        let (standing, source) = match &self.lpu {
            LpuRate::Published { standing, source, .. } => (*standing, Text::same(source)),
            _ => (
                Standing::Derived,
                Text::of("由這個版本編譯、驗證、模擬", "compiled, verified and simulated by this build"),
            ),
        };
        Some(Goal { ns: (1e9 / per_second).round() as i64, per_second, standing, source })
    }

    /// What a switch rests on.
    fn formula(&self, switch: Switch) -> String {
        let gpu = if self.rival.case().gpu.name.starts_with("A100") { "a100" } else { "h100" };
        let all_reduce = match (gpu, self.case.gpu.count) {
            ("a100", _) => "a100.all_reduce".to_owned(),
            (_, count) => format!("h100.all_reduce_tp{}", count.max(2)),
        };
        match switch {
            Switch::Noise => "hbm.imbalance + hbm.trfc / hbm.trefi * (1 - hbm.refresh_hidden) + gpu.gap_spread \
                              + gpu.all_reduce_spread + gpu.speed_spread"
                .to_owned(),
            Switch::Gaps => format!("{gpu}.gap_graph + {GAPS}"),
            Switch::Barriers => all_reduce,
            Switch::Sram => format!("{gpu}.hbm_peak * {gpu}.hbm_eff / ({SRAM})"),
            Switch::Chips => format!("{} / {}", self.case.gpu.count, self.case.lpu.chips),
        }
    }
}

fn apply(case: &mut gpu::Case, switch: Switch, feed: f64, ratio: f64) {
    match switch {
        Switch::Noise => case.removed.push(Mechanism::Noise),
        Switch::Gaps => case.removed.push(Mechanism::Gaps),
        Switch::Barriers => case.removed.push(Mechanism::Barriers),
        Switch::Sram => (case.gpu.hbm_peak, case.gpu.hbm_share) = (feed, 1.0),
        Switch::Chips => {
            let fp8 = case.gpu.math_fp8;
            for rate in [&mut case.gpu.hbm_peak, &mut case.gpu.l2_rate, &mut case.gpu.math_bf16] {
                *rate *= ratio;
            }
            case.gpu.math_fp8 = fp8.map(|rate| rate * ratio);
        }
    }
}

fn words(switch: Switch) -> (Text, Text) {
    match switch {
        Switch::Noise => (
            Text::of("關掉所有雜訊", "noise off"),
            Text::of(
                "記憶體重新整理、通道不均、晶片快慢、啟動時間的起伏全部拿掉：這就是「讓 GPU 變得確定」能得到的全部。",
                "Refresh, uneven channels, unequal chips, spread of launches: all gone. This is all that making the GPU deterministic \
                 can gain.",
            ),
        ),
        Switch::Gaps => (
            Text::of("核心之間不留空檔", "launch gaps off"),
            Text::of(
                "一個運算接著一個運算，中間不必停下來再起步：編譯器排好時程才做得到。",
                "One operation follows the other without stopping and starting again: it takes a compiler that plans every cycle.",
            ),
        ),
        Switch::Barriers => (
            Text::of("不必互相等待", "barriers off"),
            Text::of(
                "每一層兩次、所有 GPU 交換結果並等最慢的那一個：拿掉等待，也拿掉交換的時間。",
                "Twice a layer all GPUs exchange results and wait for the slowest: without the waiting, and without the exchange.",
            ),
        ),
        Switch::Sram => (
            Text::of("HBM 換成 SRAM", "HBM becomes SRAM"),
            Text::of(
                "同一個 GPU 模型，記憶體換成同樣數量的 LPU 晶片的串流頻寬；容量先當作夠用。",
                "The same model of the GPU with the stream feed of as many LPU chips; its capacity is left as it is.",
            ),
        ),
        Switch::Chips => (
            Text::of("一台變成數百顆", "one box becomes hundreds of chips"),
            Text::of(
                "每顆晶片要讀的權重變少：工作完美均分，晶片之間的傳輸當作不花時間。沒有機器能比這條線更快。",
                "Each chip has less to read: the work is divided perfectly, and traffic between chips takes no time. No machine beats \
                 this line.",
            ),
        ),
    }
}
