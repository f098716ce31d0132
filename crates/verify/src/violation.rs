//! What the judge says: the rule that was broken, where, when, what was expected and what was found.
//!
//! In: a fault and its place.  Out: `Violation`, and `Report`, the capped list with the true count.
//! Invariant: a violation's rule follows from its fault, so that no fault can be filed under two rules.
//! Method: plain serialisable data; words are made on demand (`wording`, `english`, `chinese`).

use crate::{Fault, Quantity, chinese, english, wording};
use arch::{Queue, SliceId, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Cycle, Order, Text};

/// The theorems, in the order of the crate's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// 1: queues, entries, operands and instances are well formed, for this chip.
    Form,
    /// 2: a stream cell has at most one driver per station.
    Collision,
    /// 3: every sampled stream cell is driven.
    Driven,
    /// 4: ports, banks, reserved slices and address ranges of the SRAM.
    Memory,
    /// 5: words are written before they are read, constants stay, residencies keep apart.
    Lifetime,
    /// 6: buffers, arrays, products and accumulators of the MXM.
    Matrix,
    /// 7: operands and abilities of the ALUs.
    Vector,
    /// 8: the witness says what the queues do.
    Witness,
    /// 9: instructions fit their slices and can be fetched in time.
    Storage,
    /// 10: every address of the launch record stays inside its region.
    Record,
    /// 11: the chips compute the lowered graph.
    Dataflow,
    /// 12: every vector sent is received where and when it lands, and links have room.
    Links,
    /// 13: queues have what they issue, park and are released, and the chip rests while clocks are aligned.
    Control,
}

/// Language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// English.
    English,
    /// Traditional Chinese as written in Taiwan.
    Chinese,
}

/// Where a rule was broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The program as a whole.
    Program,
    /// An instance, by its place in time.
    Instance(u32),
    /// An instruction queue of a template, without an entry.
    Queue {
        /// Name of the template.
        template: String,
        /// The queue.
        queue: Queue,
    },
    /// An entry of a queue of a template, before time is known.
    Entry {
        /// Name of the template.
        template: String,
        /// The queue.
        queue: Queue,
        /// Place in the queue's entries.
        entry: u32,
    },
    /// An instruction that was dispatched.
    Issue {
        /// Instance.
        instance: u32,
        /// The queue.
        queue: Queue,
        /// Place in the queue's entries.
        entry: u32,
        /// Iteration of the burst.
        iteration: u32,
    },
    /// A word of SRAM.
    Word {
        /// The slice.
        slice: SliceId,
        /// Word address.
        address: u16,
    },
    /// A node of the lowered graph, by index.
    Node(u32),
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Violation {
    /// When, in superlane-0 cycles of the token; `None` for what has no time. Violations sort by time.
    pub cycle: Option<Cycle>,
    /// The rule.
    pub rule: Rule,
    /// Chip number, the least of `on`; 0 for what concerns the program.
    pub chip: u32,
    /// Where.
    pub place: Place,
    /// What was expected and found, typed.
    pub fault: Fault,
    /// Every chip on which this happens in this cycle, least first.
    pub on: Vec<u32>,
    /// Chips that the program runs on.
    pub of: u32,
}

/// On which chips something happens, as far as a sentence has to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread<'a> {
    /// There is one chip, or the program itself is meant.
    Unsaid,
    /// On this chip of several.
    One(u32),
    /// On these.
    Some(&'a [u32]),
    /// On all of so many.
    All(u32),
}

/// All violations, or the first [`Report::KEPT`] of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// At most [`Report::KEPT`], sorted by time, rule, place; what several chips have in common stands once.
    pub violations: Vec<Violation>,
    /// How many there are in truth, each chip counted.
    pub total: u64,
}

impl Rule {
    /// All, in the order of the header.
    pub const ALL: [Rule; 13] = [
        Rule::Form,
        Rule::Collision,
        Rule::Driven,
        Rule::Memory,
        Rule::Lifetime,
        Rule::Matrix,
        Rule::Vector,
        Rule::Witness,
        Rule::Storage,
        Rule::Record,
        Rule::Dataflow,
        Rule::Links,
        Rule::Control,
    ];

    /// Its number in the header, from 1.
    pub fn number(self) -> u32 {
        self as u32 + 1
    }

    /// A stable lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Form => "form",
            Rule::Collision => "collision",
            Rule::Driven => "driven",
            Rule::Memory => "memory",
            Rule::Lifetime => "lifetime",
            Rule::Matrix => "matrix",
            Rule::Vector => "vector",
            Rule::Witness => "witness",
            Rule::Storage => "storage",
            Rule::Record => "record",
            Rule::Dataflow => "dataflow",
            Rule::Links => "links",
            Rule::Control => "control",
        }
    }

    /// The theorem as one sentence.
    pub fn theorem(self, lang: Lang) -> &'static str {
        match lang {
            Lang::English => english::theorem(self),
            Lang::Chinese => chinese::theorem(self),
        }
    }
}

impl Violation {
    /// A violation of chip 0; its rule is the fault's.
    pub(crate) fn new(cycle: Option<u64>, place: Place, fault: Fault) -> Self {
        Violation { cycle: cycle.map(Cycle), rule: fault.rule(), chip: 0, place, fault, on: vec![0], of: 1 }
    }

    /// The same on chip `chip`.
    pub(crate) fn on(mut self, chip: usize) -> Self {
        self.chip = chip as u32;
        self.on = vec![self.chip];
        self
    }

    /// What a sentence says of the chips.
    pub(crate) fn spread(&self) -> Spread<'_> {
        match (&self.place, self.on.as_slice()) {
            (Place::Issue { .. } | Place::Word { .. }, on) if 1 < self.of => match on {
                [chip] => Spread::One(*chip),
                on if on.len() < self.of as usize => Spread::Some(on),
                _ => Spread::All(self.of),
            },
            _ => Spread::Unsaid,
        }
    }

    /// The queue concerned, if one is.
    pub fn queue(&self) -> Option<Queue> {
        match self.place {
            Place::Queue { queue, .. } | Place::Entry { queue, .. } | Place::Issue { queue, .. } => Some(queue),
            _ => None,
        }
    }

    /// The functional unit concerned, if one is.
    pub fn unit(&self) -> Option<Unit> {
        match self.place {
            Place::Word { .. } => Some(Unit::Mem),
            _ => self.queue().map(Queue::unit),
        }
    }

    /// What would have been legal, in English notation.
    pub fn expected(&self) -> String {
        wording::expected(&self.fault)
    }

    /// What is there instead, in English notation.
    pub fn found(&self) -> String {
        wording::found(&self.fault)
    }

    /// One whole sentence for the page.
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::English => english::sentence(self),
            Lang::Chinese => chinese::sentence(self),
        }
    }
}

/// A number of violations, with the noun, in English.
pub fn counted(violations: u64) -> String {
    match violations {
        1 => "1 violation".to_owned(),
        _ => format!("{violations} violations"),
    }
}

impl Report {
    /// Violations kept; the rest is only counted.
    pub const KEPT: usize = 1000;

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.total == 0
    }

    /// How many there are, with the noun, in English.
    pub fn count(&self) -> String {
        counted(self.total)
    }

    /// How many there are, and the first of them, for the end of a sentence.
    pub fn text(&self) -> Text {
        let first = |lang| self.violations.first().map(|violation| violation.sentence(lang)).unwrap_or_default();
        Text::new(
            format!("{} 處違規，第一處：{}", self.total, first(Lang::Chinese)),
            format!("{}, the first: {}", self.count(), first(Lang::English)),
        )
    }

    /// The rules broken, each once, in order.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = self.violations.iter().map(|violation| violation.rule).collect();
        rules.order();
        rules.dedup();
        rules
    }

    /// Sorts, and tells once what several of `chips` chips have in common.
    pub(crate) fn settle(&mut self, chips: u16) {
        let mut common: BTreeMap<(Option<Cycle>, Rule, Place, Fault), Vec<u32>> = BTreeMap::new();
        for Violation { cycle, rule, chip, place, fault, .. } in self.violations.drain(..) {
            common.entry((cycle, rule, place, fault)).or_default().push(chip);
        }
        let told = common.into_iter().map(|((cycle, rule, place, fault), mut on)| {
            on.order();
            on.dedup();
            let chip = on.first().copied().unwrap_or(0);
            Violation { cycle, rule, chip, place, fault, on, of: u32::from(chips) }
        });
        self.violations = told.collect();
    }

    /// Reports every quantity of which there is more than is judged, and says whether there is none.
    pub(crate) fn bound(&mut self, quantities: impl IntoIterator<Item = (Quantity, u64)>) -> bool {
        let before = self.total;
        for (what, found) in quantities.into_iter().filter(|(what, found)| what.most() < *found) {
            self.push(Violation::new(None, Place::Program, Fault::TooLong { what, limit: what.most(), found }));
        }
        self.total == before
    }

    /// Counts a violation and keeps it while there is room.
    pub(crate) fn push(&mut self, violation: Violation) {
        self.total += 1;
        if self.violations.len() < Self::KEPT {
            self.violations.push(violation);
        }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.rule.number(), self.rule.name(), self.sentence(Lang::English))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Program => write!(f, "program"),
            Place::Instance(instance) => write!(f, "instance {instance}"),
            Place::Queue { template, queue } => write!(f, "{template}/{queue}"),
            Place::Entry { template, queue, entry } => write!(f, "{template}/{queue}[{entry}]"),
            Place::Issue { instance, queue, entry, iteration } => {
                write!(f, "#{instance}/{queue}[{entry}] x{iteration}")
            }
            Place::Word { slice, address } => write!(f, "{slice}:{address}"),
            Place::Node(node) => write!(f, "node {node}"),
        }
    }
}
