//! The ends of the links: Send and Receive.
//!
//! In: dispatches of link queues; vectors from other chips.  Out: vectors for other chips; on streams, what lands in this cycle.
//! Invariant: nothing waits at a link: a vector is received in the cycle in which it lands, or it is lost.
//! Method: a chip puts what it sends into a tray with the cycle of landing; whoever runs several chips (`system`) carries it over.

use crate::step::Step;
use crate::word::Word;
use crate::{Cause, Empty, Observer};
use arch::{Chip, Hemisphere, LinkId, Port, StreamId};
use std::collections::VecDeque;

/// A vector on its way to another chip.
#[derive(Clone)]
pub(crate) struct Parcel {
    /// Where it lands.
    pub(crate) to: Port,
    pub(crate) lands: u64,
    pub(crate) word: Word,
}

/// The links of one chip.
#[derive(Clone, Default)]
pub(crate) struct Ports {
    per_half: usize,
    /// By link: the dispatch of the last Send.
    sent: Vec<Option<u64>>,
    /// What waits to be carried over.
    pub(crate) tray: Vec<Parcel>,
    /// By link: what lands, and when, in order.
    landing: Vec<VecDeque<(u64, Word)>>,
}

impl Ports {
    /// Links on which nothing moves.
    pub(crate) fn new(chip: &Chip) -> Self {
        let per_half = usize::from(chip.links);
        let landing = vec![VecDeque::new(); 2 * per_half];
        Ports { per_half, sent: vec![None; 2 * per_half], tray: Vec::new(), landing }
    }

    fn index(&self, link: LinkId) -> Option<usize> {
        let number = usize::from(link.number);
        (number < self.per_half).then(|| link.hemisphere.index() * self.per_half + number)
    }

    /// Takes a vector that will land here. Vectors of one link come in the order in which they land.
    pub(crate) fn expect(&mut self, parcel: Parcel) {
        if let Some(index) = self.index(parcel.to.link) {
            self.landing[index].push_back((parcel.lands, parcel.word));
        }
    }

    /// Loses what landed before `cycle`; returns the link of each such vector.
    pub(crate) fn lose(&mut self, cycle: u64) -> Vec<LinkId> {
        let links = Hemisphere::BOTH
            .into_iter()
            .flat_map(|hemisphere| (0..self.per_half).map(move |number| LinkId { hemisphere, number: number as u8 }));
        let lost = links.zip(&mut self.landing).flat_map(|(link, landing)| vec![link; lose(landing, cycle)]);
        lost.collect()
    }
}

/// Loses what landed before `cycle`; returns how much that was.
fn lose(landing: &mut VecDeque<(u64, Word)>, cycle: u64) -> usize {
    let late = landing.iter().take_while(|(lands, _)| *lands < cycle).count();
    landing.drain(..late);
    late
}

/// Executes a Send.
pub(crate) fn send<O: Observer>(step: &mut Step<O>, link: LinkId, from: u8) {
    let word = step.sample(StreamId::new(link.hemisphere.outward(), from));
    let port = Port { chip: step.shared.number, link };
    let (Some(to), Some(index)) = (step.shared.topology.across(port), step.state.ports.index(link)) else {
        step.violation(Cause::NoCable);
        return;
    };
    let latency = &step.shared.chip.latency;
    let free = step.state.ports.sent[index].map_or(0, |sent| sent + u64::from(latency.link_vector));
    let lands = step.cycle + latency.link_crossing().0;
    step.state.ports.sent[index] = Some(step.cycle);
    // Two vectors on top of one another: neither means anything, unless damage is to be watched going on.
    let busy = (step.cycle < free).then(|| step.violation(Cause::LinkBusy { free }));
    let word = busy.filter(|_| step.shared.empty == Empty::Poisons).map_or(word, Word::Poison);
    step.state.ports.tray.push(Parcel { to, lands, word });
}

/// Executes a Receive.
pub(crate) fn receive<O: Observer>(step: &mut Step<O>, link: LinkId, to: u8) {
    let cycle = step.cycle;
    let index = step.state.ports.index(link);
    let lost = index.map_or(0, |index| lose(&mut step.state.ports.landing[index], cycle));
    for _ in 0..lost {
        step.violation(Cause::NotReceived);
    }
    let landed = index.and_then(|index| step.state.ports.landing[index].pop_front_if(|(lands, _)| *lands == cycle));
    let word = landed.map(|(_, word)| word).unwrap_or_else(|| step.nothing(Cause::NothingLands));
    step.drive(StreamId::new(link.hemisphere.inward(), to), step.shared.chip.latency.link_receive, word);
}
