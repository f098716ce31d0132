//! The switches of the waterfall in every order: what each saves first, last, and at least and at most.
//!
//! In: the time of a token with every choice of switches.  Out: a range for each switch and for each cause; in how many orders a cause
//!     saves most.
//! Invariant: no cause is named the answer unless it saves most in every order, whoever the ramp of the kernels is counted to; the savings of
//!     one order add up to the whole.
//! Method: all 2^6 choices are computed once, then all 720 orders are differences of them. Planning is two switches, gaps and barriers. The
//!     ramp of each kernel, until its data flow at full speed, is counted to planning once and to the memory once: published runs fit
//!     alike with more gap and less ramp (`calibrate -- fit` of crate gpu: 1.4 to 1.8 us within 0.01 % root mean square), and say of neither who could save it.

use super::waterfall::{SWITCHES, Switch};
use serde::{Deserialize, Serialize};
use units::{Order, Text};

/// Number of switches.
const COUNT: usize = SWITCHES.len();

/// What something saves, depending on what was switched before it; ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// As the first switch: alone.
    pub first_ns: i64,
    /// As the last one, after all others.
    pub last_ns: i64,
    /// The least of all orders.
    pub least_ns: i64,
    /// The most of all orders.
    pub most_ns: i64,
}

/// What can have made it fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing is random.
    Determinism,
    /// No gaps and no barriers: every cycle is planned.
    Planning,
    /// The bandwidth of SRAM.
    Sram,
    /// The number of chips.
    Chips,
}

impl Reason {
    /// All, in the order of the switches.
    pub const ALL: [Reason; 4] = [Reason::Determinism, Reason::Planning, Reason::Sram, Reason::Chips];

    /// The switches that are meant.
    pub fn switches(self, ramp: Ramp) -> &'static [Switch] {
        match (self, ramp) {
            (Reason::Determinism, _) => &[Switch::Noise],
            (Reason::Planning, Ramp::Planning) => &[Switch::Gaps, Switch::Ramp, Switch::Barriers],
            (Reason::Planning, Ramp::Memory) => &[Switch::Gaps, Switch::Barriers],
            (Reason::Sram, Ramp::Planning) => &[Switch::Sram],
            (Reason::Sram, Ramp::Memory) => &[Switch::Ramp, Switch::Sram],
            (Reason::Chips, _) => &[Switch::Chips],
        }
    }

    fn name(self) -> Text {
        match self {
            Reason::Determinism => Text::of("確定性", "determinism"),
            Reason::Planning => Text::of("排程", "planning"),
            Reason::Sram => Text::of("SRAM", "SRAM"),
            Reason::Chips => Text::of("晶片數量", "the number of chips"),
        }
    }

    fn label(self, ramp: Ramp) -> Text {
        match (self, ramp) {
            (Reason::Determinism, _) => Text::of("確定性（關掉雜訊）", "determinism (noise off)"),
            (Reason::Planning, Ramp::Planning) => {
                Text::of("排好時程（沒有空檔、起步、互等）", "planning (no gaps, ramps, barriers)")
            }
            (Reason::Planning, Ramp::Memory) => {
                Text::of("排好時程（沒有空檔、互等）", "planning (no gaps, no barriers)")
            }
            (Reason::Sram, Ramp::Planning) => Text::of("SRAM 的頻寬", "the bandwidth of SRAM"),
            (Reason::Sram, Ramp::Memory) => Text::of("SRAM 的頻寬與延遲", "bandwidth and latency of SRAM"),
            (Reason::Chips, _) => Text::of("晶片數量", "the number of chips"),
        }
    }
}

/// To which cause the ramp of the kernels is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ramp {
    /// A compiler that reads ahead hides it.
    Planning,
    /// A memory that answers at once has none.
    Memory,
}

impl Ramp {
    /// Both.
    pub const ALL: [Ramp; 2] = [Ramp::Planning, Ramp::Memory];
}

/// A cause in every order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Which.
    pub reason: Reason,
    /// Its name.
    pub label: Text,
    /// What it saves in the order that is drawn; ns.
    pub in_turn_ns: i64,
    /// What it saves in others.
    pub range: Range,
    /// In how many orders no other cause saves more.
    pub wins: u32,
}

/// All orders, the ramp counted in one of two ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// To whom the ramp is counted.
    pub ramp: Ramp,
    /// The causes, as in `Reason::ALL`.
    pub causes: Vec<Cause>,
    /// What saves most.
    pub says: Text,
}

/// All orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// How many there are.
    pub count: u32,
    /// The ramp counted in both ways, as in `Ramp::ALL`.
    pub readings: [Reading; 2],
    /// Whether one answer holds for all orders and both ways, or on what it hangs.
    pub lead: Text,
    /// That, and whether it was determinism, SRAM or the number of chips, in words that hold for all orders and both ways.
    pub verdict: Text,
}

/// Time of a token with every choice of switches, in ns: bit `n` of the index is switch `n` of `SWITCHES`.
pub(super) struct Times(pub [i64; 1 << COUNT]);

impl Times {
    fn all() -> usize {
        (1 << COUNT) - 1
    }

    fn mask(switches: &[Switch]) -> usize {
        let is_in = |index: &usize| switches.contains(&SWITCHES[*index]);
        (0..COUNT).filter(is_in).map(|index| 1 << index).sum()
    }

    /// What each switch saves in `order`, by its index.
    fn saved(&self, order: &[usize]) -> [i64; COUNT] {
        let (mut saved, mut mask) = ([0; COUNT], 0);
        for &switch in order {
            let after = mask | 1 << switch;
            saved[switch] = self.0[mask] - self.0[after];
            mask = after;
        }
        saved
    }

    /// What `switches` save together, in every order.
    pub fn range(&self, switches: &[Switch]) -> Range {
        let mask = Times::mask(switches);
        let all = orders().into_iter().map(|order| sum(&self.saved(&order), switches));
        let (least_ns, most_ns) = all.fold((i64::MAX, i64::MIN), |(least, most), ns| (least.min(ns), most.max(ns)));
        let last_ns = self.0[Times::all() & !mask] - self.0[Times::all()];
        Range { first_ns: self.0[0] - self.0[mask], last_ns, least_ns, most_ns }
    }

    /// The causes in every order, the ramp counted in both ways.
    pub fn orders(&self) -> Orders {
        let all = orders();
        let count = all.len() as u32;
        let readings = Ramp::ALL.map(|ramp| self.reading(ramp, &all));
        let lead = lead(readings.each_ref().map(|reading| reading.always(count)));
        let verdict = verdict(&lead, &readings, self.0[0]);
        Orders { count, readings, lead, verdict }
    }

    fn reading(&self, ramp: Ramp, all: &[Vec<usize>]) -> Reading {
        let of = |order: &[usize]| {
            let saved = self.saved(order);
            Reason::ALL.map(|reason| sum(&saved, reason.switches(ramp)))
        };
        let in_turn = of(&std::array::from_fn::<usize, COUNT, _>(|index| index));
        let mut wins = [0; Reason::ALL.len()];
        for order in all {
            let saved = of(order);
            let most = saved.iter().copied().max().unwrap_or(0);
            wins.iter_mut().zip(saved).for_each(|(wins, ns)| *wins += u32::from(ns == most));
        }
        let cause = |(index, reason): (usize, Reason)| {
            let range = self.range(reason.switches(ramp));
            Cause { reason, label: reason.label(ramp), in_turn_ns: in_turn[index], range, wins: wins[index] }
        };
        let causes: Vec<Cause> = Reason::ALL.into_iter().enumerate().map(cause).collect();
        let says = says(&causes, all.len() as u32, self.0[0]);
        Reading { ramp, causes, says }
    }
}

impl Reading {
    /// The cause that saves most in every one of `count` orders, if there is one.
    fn always(&self, count: u32) -> Option<Reason> {
        self.causes.iter().find(|cause| cause.wins == count).map(|cause| cause.reason)
    }
}

impl Orders {
    /// The cause that saves most in every order, whoever the ramp is counted to, if there is one.
    pub fn always(&self) -> Option<Reason> {
        let [planning, memory] = self.readings.each_ref().map(|reading| reading.always(self.count));
        planning.filter(|_| planning == memory)
    }

    /// The causes, with the ramp counted to `ramp`.
    pub fn causes(&self, ramp: Ramp) -> &[Cause] {
        &self.readings[ramp as usize].causes
    }
}

fn sum(saved: &[i64; COUNT], switches: &[Switch]) -> i64 {
    SWITCHES.iter().zip(saved).filter(|(switch, _)| switches.contains(switch)).map(|(_, ns)| ns).sum()
}

/// Every order of the switches.
fn orders() -> Vec<Vec<usize>> {
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for switch in 0..COUNT {
        let longer = |order: &Vec<usize>| {
            (0..=order.len()).map(|at| [&order[..at], &[switch], &order[at..]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}

/// Nanoseconds in percent of the whole, with one decimal: `30.1`, `−6.3`.
pub fn tenths(ns: i64, whole_ns: i64) -> String {
    let share = ns as f64 / whole_ns.max(1) as f64;
    // Rounded first, and 0 added, so that a little less than nothing is not written as -0.0.
    let percent = (1000.0 * share).round() / 10.0 + 0.0;
    format!("{percent:.1}").replace('-', "−")
}

/// The least and the most that a cause saves: `30.1–42.0 %`.
fn between(cause: &Cause, whole_ns: i64) -> String {
    let [least, most] = [cause.range.least_ns, cause.range.most_ns].map(|ns| tenths(ns, whole_ns));
    if least == most { format!("{least} %") } else { format!("{least}–{most} %") }
}

/// What saves most, how much, and in how many of `count` orders.
fn says(causes: &[Cause], count: u32, whole_ns: i64) -> Text {
    let mut by_wins: Vec<&Cause> = causes.iter().filter(|cause| 0 < cause.wins).collect();
    by_wins.order_by(|a, b| b.wins.cmp(&a.wins));
    let part = |cause: &&Cause| {
        let (name, saves) = (cause.reason.name(), between(cause, whole_ns));
        let wins = cause.wins;
        let (zh, en) = if wins == count {
            (format!("{count} 種順序都領先"), format!("ahead in all {count} orders"))
        } else {
            (format!("{count} 種順序裡 {wins} 種領先"), format!("ahead in {wins} of {count} orders"))
        };
        (format!("{}（{saves}，{zh}）", name.zh), format!("{} ({saves}, {en})", name.en))
    };
    let (zh, en): (Vec<String>, Vec<String>) = by_wins.iter().map(part).unzip();
    Text::new(zh.join("或"), en.join(" or "))
}

/// Whether what saves most in every order of both readings is the same, or on what it hangs.
fn lead(always: [Option<Reason>; 2]) -> Text {
    match always {
        [Some(one), Some(other)] if one == other => Text::of(
            "不論開關照哪種順序按，也不論起步算誰的，答案都一樣。",
            "In every order, and whosever the ramp is, it is the same.",
        ),
        [None, None] => Text::of("要看開關的順序。", "It depends on the order of the switches."),
        _ => Text::of(
            "要看核心的起步算誰的，公布的量測分不出來。",
            "It depends on whose the kernels' ramp is, and no published run tells.",
        ),
    }
}

/// What can be said of all orders and both readings.
fn verdict(lead: &Text, readings: &[Reading; 2], whole_ns: i64) -> Text {
    let [planning, memory] = readings.each_ref().map(|reading| &reading.says);
    let noise = between(&readings[0].causes[Reason::Determinism as usize], whole_ns);
    Text::new(
        format!(
            "{}省最多的：起步算排程的，是{}；算記憶體的，是{}。確定性本身：{noise}。",
            lead.zh, planning.zh, memory.zh
        ),
        format!(
            "{} Most is saved, if the ramp is planning's, by {}; if the memory's, by {}. Determinism by itself: {noise}.",
            lead.en, planning.en, memory.en
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Savings that do not depend on what else is switched.
    fn apart(saves: [i64; COUNT]) -> Times {
        Times(std::array::from_fn(|mask| {
            1000 - (0..COUNT).filter(|index| mask & 1 << index != 0).map(|index| saves[index]).sum::<i64>()
        }))
    }

    #[test]
    fn there_are_as_many_orders_as_there_should_be_and_each_has_every_switch() {
        let mut all = orders();
        all.order();
        all.dedup();
        assert_eq!(all.len(), 720);
        for mut order in all {
            order.order();
            assert_eq!(order, [0, 1, 2, 3, 4, 5]);
        }
    }

    #[test]
    fn what_saves_most_in_every_order_and_both_readings_is_the_answer() {
        let orders = apart([1, 200, 10, 300, 400, 50]).orders();
        for (ramp, saves) in [(Ramp::Planning, 510), (Ramp::Memory, 500)] {
            let planning = &orders.causes(ramp)[1];
            let range = Range { first_ns: saves, last_ns: saves, least_ns: saves, most_ns: saves };
            assert_eq!((planning.range, planning.wins, planning.in_turn_ns), (range, 720, saves));
            assert_eq!(orders.causes(ramp).iter().map(|cause| cause.in_turn_ns).sum::<i64>(), 961);
        }
        assert_eq!(orders.always(), Some(Reason::Planning));
        let says = &orders.verdict.en;
        assert!(says.starts_with("In every order, and whosever the ramp is, it is the same."), "{says}");
        assert!(
            says.contains("by planning (51.0 %, ahead in all 720 orders); if the memory's, by planning (50.0 %, ahead in all 720 orders)"),
            "{says}"
        );
    }

    /// The ramp decides: with it planning saves most in every order, without it SRAM does.
    #[test]
    fn what_hangs_on_the_ramp_has_no_answer_and_says_so() {
        let orders = apart([1, 200, 150, 150, 400, 50]).orders();
        let wins = |ramp: Ramp| orders.causes(ramp).iter().map(|cause| cause.wins).collect::<Vec<_>>();
        assert_eq!((wins(Ramp::Planning), wins(Ramp::Memory)), (vec![0, 720, 0, 0], vec![0, 0, 720, 0]));
        assert_eq!(orders.always(), None);
        assert!(orders.verdict.en.starts_with("It depends on whose the kernels' ramp"), "{}", orders.verdict.en);
        assert!(orders.verdict.zh.starts_with("要看核心的起步算誰的"), "{}", orders.verdict.zh);
    }

    /// Either of the last two saves all that both can: whichever comes first has it.
    #[test]
    fn what_two_take_from_one_another_depends_on_the_order_and_says_so() {
        let times = Times(std::array::from_fn(|mask| if mask & 0b110000 == 0 { 1000 } else { 100 }));
        let orders = times.orders();
        let [sram, chips] = [2, 3].map(|index| &orders.causes(Ramp::Planning)[index]);
        assert_eq!(sram.range, Range { first_ns: 900, last_ns: 0, least_ns: 0, most_ns: 900 });
        assert_eq!((sram.range, sram.wins, chips.wins, orders.always()), (chips.range, 360, 360, None));
        assert!(orders.verdict.en.starts_with("It depends on the order"), "{}", orders.verdict.en);
        assert!(orders.verdict.zh.starts_with("要看開關的順序"), "{}", orders.verdict.zh);
    }
}
