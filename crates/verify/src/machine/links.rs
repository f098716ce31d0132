//! The links between chips, symbolically: what flies, where it lands, and who must be there (rule 12).
//!
//! In: sends and receives in order of cycles.  Out: the word that lands in a cycle, or the fault.
//! Invariant: a vector sent at t is at the other end of its cable in cycle `t + link_crossing` and in no other; nothing waits there.
//! Method: per landing port a queue of flights. Flights of one cable land in the order in which they left, as all take equally long.

use super::Issue;
use crate::Fault;
use crate::word::Word;
use arch::{Chip, LinkId, Port, Topology};
use std::collections::VecDeque;

/// A vector between two chips.
#[derive(Clone)]
pub(super) struct Flight<'b> {
    pub(super) lands: u64,
    pub(super) word: Word,
    /// Who sent it: the chip, and the dispatch there.
    pub(super) sender: usize,
    pub(super) issue: Issue<'b>,
}

/// Both directions of every cable.
pub(super) struct Links<'b> {
    topology: Topology,
    crossing: u64,
    apart: u64,
    per_half: usize,
    /// By chip and link: the dispatch of the last Send.
    sent: Vec<Option<u64>>,
    /// By chip and link: what is on its way to that port.
    flights: Vec<VecDeque<Flight<'b>>>,
}

impl<'b> Links<'b> {
    /// Empty cables.
    pub(super) fn new(chip: &Chip, topology: &Topology) -> Self {
        let per_half = usize::from(chip.links);
        let ports = usize::from(topology.chips) * 2 * per_half;
        Links {
            topology: topology.clone(),
            crossing: chip.latency.link_crossing().0,
            apart: u64::from(chip.latency.link_vector),
            per_half,
            sent: vec![None; ports],
            flights: vec![VecDeque::new(); ports],
        }
    }

    fn index(&self, chip: usize, link: LinkId) -> usize {
        (chip * 2 + link.hemisphere.index()) * self.per_half + usize::from(link.number)
    }

    /// Puts a word on a link of `chip`; the fault says why it does not leave, or that it leaves too early after the one before.
    pub(super) fn send(&mut self, chip: usize, link: LinkId, word: Word, issue: Issue<'b>) -> Result<(), Fault> {
        let from = Port { chip: chip as u16, link };
        let Some(to) = self.topology.across(from).filter(|to| usize::from(to.link.number) < self.per_half) else {
            return Err(Fault::NoCable);
        };
        let index = self.index(chip, link);
        let before = self.sent[index].replace(issue.cycle);
        let lands = issue.cycle + self.crossing;
        let place = self.index(usize::from(to.chip), to.link);
        self.flights[place].push_back(Flight { lands, word, sender: chip, issue });
        match before.map(|before| before + self.apart).filter(|free| issue.cycle < *free) {
            Some(free) => Err(Fault::LinkBusy { free }),
            None => Ok(()),
        }
    }

    /// What lands on a link of `chip` in `cycle`, and the flights that landed before and met nobody.
    pub(super) fn receive(&mut self, chip: usize, link: LinkId, cycle: u64) -> (Option<Flight<'b>>, Vec<Flight<'b>>) {
        let index = self.index(chip, link);
        let flights = &mut self.flights[index];
        let late = flights.iter().take_while(|flight| flight.lands < cycle).count();
        let missed = flights.drain(..late).collect();
        let landed = flights.pop_front_if(|flight| flight.lands == cycle);
        (landed, missed)
    }

    /// All flights that nobody will take any more, in order of ports.
    pub(super) fn left(&mut self) -> Vec<Flight<'b>> {
        self.flights.iter_mut().flat_map(std::mem::take).collect()
    }
}
