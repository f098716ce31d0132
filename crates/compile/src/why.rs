//! Why the schedule is as long as it is: for every chain what it waited for, the path that binds, and two lower bounds.
//!
//! In: what the scheduler notes as it places chains.  Out: the binding path of a stage, and how far its length is from its bounds.
//! Invariant: nothing here places anything; a bound is never above the length it bounds.
//! Method: the binding path goes back from the chain that ends last, each time to the latest of what had to come before. The critical path
//!     is the longest one over values and over what queues up before ports and planes (`queueing`), with streams and ALUs taken as free;
//!     of queues that issue the one that issues most, all ALUs counting as one of their mean, since the scheduler chooses among them.

use crate::emit::Places;
use crate::here::Block;
use crate::queueing;
use crate::schedule::Planned;
use arch::{Chip, Queue};
use program::{Executable, Instance};
use std::collections::BTreeMap;
use units::{Cycle, Cycles};

/// What a chain had to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A value that this chain of the stage writes, by place in `Why::chains`.
    Value(usize),
    /// Weights: loaded and installed once the plane was free, which this chain used before.
    Weights(Option<usize>),
    /// Words of its results, which others had that this chain was the last to use.
    Room(usize),
}

/// Something that comes before a chain, and the first origin that it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is.
    pub cause: Cause,
    /// First cycle in which the chain's origin may lie because of it.
    pub earliest: i64,
}

/// A placed chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Part of the model, the key of `graph::Origin::part`.
    pub part: String,
    /// Rows that pass through it.
    pub rows: u32,
    /// First dispatch.
    pub begin: Cycle,
    /// Cycle after the last dispatch.
    pub end: Cycle,
    /// Cycle that the needs count from.
    pub origin: i64,
    /// What had to come before.
    pub needs: Vec<Need>,
    /// Queue or resource that was busy in the cycle before its origin, if it had to wait for one.
    pub busied: Option<String>,
}

/// What the scheduler noted of one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// Name of the stage's template.
    pub stage: String,
    /// Chains in the order in which they were placed.
    pub chains: Vec<Placement>,
    /// Cycles of the stage.
    pub length: Cycles,
    /// The longest path over values and shared units.
    pub critical: Cycles,
    /// What is issued to most, and how often.
    pub busiest: Option<(Issuer, Cycles)>,
    /// All rigid chains, those of weights too.
    pub blocks: Vec<Block>,
    /// Where in the template each burst of the plan went: queue, entry.
    pub places: Places,
}

/// What issues, for the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// A queue: what it issues could go nowhere else.
    Queue(Queue),
    /// All ALUs: what one issues another could, so that none need issue more than their mean.
    Alus,
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Issuer::Queue(queue) => queue.fmt(f),
            Issuer::Alus => f.write_str("vxm"),
        }
    }
}

impl Placement {
    /// What bound it: the latest of its needs.
    pub fn binding(&self) -> Option<Need> {
        self.needs.iter().copied().max_by_key(|need| need.earliest)
    }
}

impl Why {
    /// What is known of a stage once it is placed.
    /// `plan` comes with the bursts of each chain, where they are known.
    pub fn new(
        (stage, chip): (&str, &Chip),
        chains: Vec<Placement>,
        (plan, bursts): (&[Planned], &[(usize, usize)]),
        length: Cycles,
    ) -> Self {
        let (mut issues, mut of_alus): (BTreeMap<Queue, u64>, u64) = (BTreeMap::new(), 0);
        for planned in plan {
            let issued = match planned.queue {
                Queue::Alu(_) => &mut of_alus,
                queue => issues.entry(queue).or_default(),
            };
            *issued += u64::from(planned.burst.count);
        }
        let queues = issues.into_iter().map(|(queue, issues)| (Issuer::Queue(queue), issues));
        let all = queues.chain([(Issuer::Alus, of_alus.div_ceil(u64::from(chip.alus.max(1))))]);
        let busiest = all.filter(|(_, issues)| *issues != 0).max_by_key(|(_, issues)| *issues);
        let critical = queueing::critical(&chains, (plan, bursts), &chip.latency);
        let busiest = busiest.map(|(issuer, issues)| (issuer, Cycles(issues)));
        let (stage, blocks, places) = (stage.to_owned(), Vec::new(), Vec::new());
        Why { stage, chains, length, critical, busiest, blocks, places }
    }

    /// The chains that bind the stage's length, last one first.
    pub fn path(&self) -> Vec<&Placement> {
        let mut path = Vec::new();
        let mut next = self.chains.iter().max_by_key(|chain| chain.end);
        while let Some(chain) = next {
            path.push(chain);
            next = match chain.binding() {
                Some(Need {
                    cause: Cause::Value(before) | Cause::Room(before) | Cause::Weights(Some(before)), ..
                }) => self.chains.get(before),
                _ => None,
            };
        }
        path
    }

    /// The greater of the two lower bounds of the placed chains.
    pub fn bound(&self) -> Cycles {
        self.critical.max(self.busiest.map_or(Cycles(0), |(_, issues)| issues))
    }
}

/// Cycles of a token that no schedule could beat: of each instance the greater bound of its stage.
pub fn bound(executable: &Executable, why: &[Why]) -> Cycles {
    let of = |instance: &Instance| why[instance.template.index()].bound().0;
    Cycles(executable.instances.iter().map(of).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(begin: u64, end: u64, needs: &[Need]) -> Placement {
        let (origin, needs) = (begin as i64 + 2, needs.to_vec());
        Placement { part: "p".into(), rows: 1, begin: Cycle(begin), end: Cycle(end), origin, needs, busied: None }
    }

    #[test]
    fn waiting_for_a_unit_lengthens_the_stage_but_not_its_critical_path() {
        let first = chain(0, 10, &[]);
        let value = Need { cause: Cause::Value(0), earliest: 12 };
        let weights = Need { cause: Cause::Weights(None), earliest: 40 };
        let second = chain(38, 50, &[value, weights]);
        let why = Why::new(("s", &Chip::lpu_14nm()), vec![first, second], (&[], &[]), Cycles(50));
        assert_eq!(why.critical, Cycles(22));
        assert_eq!(why.path().len(), 1, "weights bound the last chain");
        assert_eq!(why.path()[0].binding(), Some(weights));
    }
}
