//! The switches of the waterfall in every order: what each saves first, last, and at least and at most.
//!
//! In: the time of a token with every choice of switches.  Out: a range for each switch and for each cause; in how many orders a cause
//!     saves most.
//! Invariant: no cause is named the answer unless it saves most in every order; the savings of one order add up to the whole.
//! Method: all 2^5 choices are computed once, then all 120 orders are differences of them. Planning is two switches, gaps and barriers.

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
    pub fn switches(self) -> &'static [Switch] {
        match self {
            Reason::Determinism => &[Switch::Noise],
            Reason::Planning => &[Switch::Gaps, Switch::Barriers],
            Reason::Sram => &[Switch::Sram],
            Reason::Chips => &[Switch::Chips],
        }
    }

    fn label(self) -> (&'static str, &'static str) {
        match self {
            Reason::Determinism => ("確定性（關掉雜訊）", "determinism (noise off)"),
            Reason::Planning => ("排好時程（沒有空檔，也不互等）", "planning (no gaps, no barriers)"),
            Reason::Sram => ("SRAM 的頻寬", "the bandwidth of SRAM"),
            Reason::Chips => ("晶片數量", "the number of chips"),
        }
    }
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

/// All orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// How many there are.
    pub count: u32,
    /// The causes, as in `Reason::ALL`.
    pub causes: Vec<Cause>,
    /// Whether it was determinism, SRAM or the number of chips, in a sentence that holds for all orders.
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

    /// The causes in every order.
    pub fn orders(&self) -> Orders {
        let all = orders();
        let of = |order: &[usize]| {
            let saved = self.saved(order);
            Reason::ALL.map(|reason| sum(&saved, reason.switches()))
        };
        let in_turn = of(&std::array::from_fn::<usize, COUNT, _>(|index| index));
        let mut wins = [0; Reason::ALL.len()];
        for order in &all {
            let saved = of(order);
            let most = saved.iter().copied().max().unwrap_or(0);
            wins.iter_mut().zip(saved).for_each(|(wins, ns)| *wins += u32::from(ns == most));
        }
        let cause = |(index, reason): (usize, Reason)| {
            let (zh, en) = reason.label();
            let range = self.range(reason.switches());
            Cause { reason, label: Text::of(zh, en), in_turn_ns: in_turn[index], range, wins: wins[index] }
        };
        let causes: Vec<Cause> = Reason::ALL.into_iter().enumerate().map(cause).collect();
        let verdict = verdict(&causes, all.len() as u32, self.0[0]);
        Orders { count: all.len() as u32, causes, verdict }
    }
}

impl Orders {
    /// The cause that saves most in every order, if there is one.
    pub fn always(&self) -> Option<Reason> {
        self.causes.iter().find(|cause| cause.wins == self.count).map(|cause| cause.reason)
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

/// What can be said of all orders.
fn verdict(causes: &[Cause], count: u32, whole_ns: i64) -> Text {
    let share = |ns: i64| format!("{} %", tenths(ns, whole_ns));
    let between =
        |cause: &Cause, to: &str| format!("{}{to}{}", share(cause.range.least_ns), share(cause.range.most_ns));
    let mut by_wins: Vec<&Cause> = causes.iter().filter(|cause| 0 < cause.wins).collect();
    by_wins.order_by(|a, b| b.wins.cmp(&a.wins));
    let rest: Vec<&Cause> = causes.iter().filter(|cause| cause.wins < count).collect();
    let zh_rest: Vec<String> =
        rest.iter().map(|cause| format!("{} {}", cause.label.zh, between(cause, " 到 "))).collect();
    let en_rest: Vec<String> =
        rest.iter().map(|cause| format!("{} {}", cause.label.en, between(cause, " to "))).collect();
    let (zh_rest, en_rest) = (zh_rest.join("，"), en_rest.join(", "));
    match by_wins.first() {
        Some(first) if first.wins == count => Text::new(
            format!(
                "開關不論照哪種順序按（共 {count} 種），省最多的都是{}：{}。其餘看順序：{zh_rest}。",
                first.label.zh,
                between(first, " 到 ")
            ),
            format!(
                "In each of the {count} orders of the switches {} saves most: {}. The others depend on the order: {en_rest}.",
                first.label.en,
                between(first, " to ")
            ),
        ),
        _ => {
            let zh: Vec<String> = by_wins.iter().map(|cause| format!("{} {} 種", cause.label.zh, cause.wins)).collect();
            let en: Vec<String> = by_wins.iter().map(|cause| format!("{} in {}", cause.label.en, cause.wins)).collect();
            Text::new(
                format!("要看順序。{count} 種順序裡，省最多的是：{}。各自省：{zh_rest}。", zh.join("，")),
                format!(
                    "It depends on the order. Of {count} orders, most is saved by {}. Each saves: {en_rest}.",
                    en.join(", ")
                ),
            )
        }
    }
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
        assert_eq!(all.len(), 120);
        for mut order in all {
            order.order();
            assert_eq!(order, [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn what_saves_the_same_in_every_order_is_the_answer() {
        let orders = apart([1, 200, 300, 400, 50]).orders();
        let planning = &orders.causes[1];
        assert_eq!(planning.range, Range { first_ns: 500, last_ns: 500, least_ns: 500, most_ns: 500 });
        assert_eq!((orders.always(), planning.wins, planning.in_turn_ns), (Some(Reason::Planning), 120, 500));
        assert!(orders.verdict.en.starts_with("In each of the 120 orders"), "{}", orders.verdict.en);
        assert_eq!(orders.causes.iter().map(|cause| cause.in_turn_ns).sum::<i64>(), 951);
    }

    /// Either of the last two saves all that both can: whichever comes first has it.
    #[test]
    fn what_two_take_from_one_another_depends_on_the_order_and_says_so() {
        let times = Times(std::array::from_fn(|mask| if mask & 0b11000 == 0 { 1000 } else { 100 }));
        let orders = times.orders();
        let [sram, chips] = [&orders.causes[2], &orders.causes[3]];
        assert_eq!(sram.range, Range { first_ns: 900, last_ns: 0, least_ns: 0, most_ns: 900 });
        assert_eq!((sram.range, sram.wins, chips.wins, orders.always()), (chips.range, 60, 60, None));
        assert!(orders.verdict.en.starts_with("It depends on the order."), "{}", orders.verdict.en);
        assert!(orders.verdict.zh.starts_with("要看順序"), "{}", orders.verdict.zh);
    }
}
