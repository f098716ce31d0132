//! Orders to queues, symbolically: lengths of units, ports for instructions, values and vectors across a Deskew (rule 13).
//!
//! In: dispatches in order of cycles.  Out: superlanes at work, or the fault.
//! Invariant: every chip has a state of its own, as it may run other templates than the others.
//! Method: maps with an entry per queue or slice that was ever named; without any there is nothing to look up.

use super::links::Flight;
use super::{Issue, Machine};
use crate::order::Order;
use crate::{Fault, machine::streams::Origin};
use arch::{Queue, SliceId, StreamId};
use program::{Address, SUPERLANES};
use std::collections::BTreeMap;

/// What queues were told so far.
#[derive(Default)]
pub(super) struct Control {
    /// By queue: its superlanes, and the cycle from which on they hold.
    lengths: BTreeMap<Queue, (u64, u8)>,
    /// By slice: the cycle of the last fetch.
    ports: BTreeMap<SliceId, u64>,
    /// The last two instances with a Deskew, the later one first.
    deskewed: [Option<u32>; 2],
}

impl<'a> Machine<'a> {
    /// Sets the superlanes that work for a dispatch.
    #[inline]
    pub(super) fn set_length(&mut self, issue: &Issue<'a>) {
        self.superlanes = SUPERLANES;
        let control = &self.cores[self.at].control;
        if control.lengths.is_empty() {
            return;
        }
        if let Some(&(from, superlanes)) = control.lengths.get(&issue.queue) {
            self.superlanes = superlanes;
            if issue.cycle < from {
                self.fault(issue, Fault::Control(Order::Unsettled { from }));
            }
        }
    }

    /// Carries out a Config.
    pub(super) fn config(&mut self, issue: &Issue<'a>, superlanes: u8) {
        let from = issue.cycle + u64::from(self.site.chip.latency.config);
        self.core().control.lengths.insert(issue.queue, (from, superlanes));
    }

    /// Carries out a Fetch.
    pub(super) fn fetch(&mut self, issue: &Issue<'a>, slice: SliceId, address: Address) {
        if !self.site.chip.is_reserved(slice) {
            self.fault(issue, Fault::Control(Order::FetchSlice { slice }));
            return;
        }
        let words = self.site.chip.words;
        let first = address.word(issue.bases, issue.origin.iteration).unwrap_or(-1);
        if first < 0 || i64::from(words) <= first + 1 {
            self.fault(issue, Fault::AddressRange { words, first, last: first + 1 });
        }
        let before = self.core().control.ports.insert(slice, issue.cycle);
        if let Some(taken) = before.filter(|taken| issue.cycle <= taken + 1) {
            self.fault(issue, Fault::Control(Order::FetchPort { slice, free: taken + 2 }));
        }
    }

    /// Carries out a Deskew.
    pub(super) fn deskew(&mut self, issue: &Issue<'a>) {
        let deskewed = &mut self.core().control.deskewed;
        if deskewed[0] != Some(issue.origin.instance) {
            *deskewed = [Some(issue.origin.instance), deskewed[0]];
        }
    }

    /// Refuses a value from before the last Deskew.
    #[inline]
    pub(super) fn across(&mut self, issue: &Issue<'a>, origin: Origin, stream: StreamId) {
        if self.deskewed_between(self.at, origin, issue) {
            self.fault(issue, Fault::Control(Order::AcrossDeskew { stream }));
        }
    }

    /// Refuses a vector that is received after a Deskew of either chip and was sent before it.
    pub(super) fn flown(&mut self, issue: &Issue<'a>, flight: &Flight<'a>) {
        let sent = flight.issue.origin;
        if [self.at, flight.sender].into_iter().any(|chip| self.deskewed_between(chip, sent, issue)) {
            self.fault(issue, Fault::Control(Order::FlightAcrossDeskew));
        }
    }

    /// Whether `chip` aligned its clock in an instance after that of `origin`, or in it, and before that of `issue`. Another chip may be
    /// some cycles ahead, but never an instance, so that of its Deskews all but the last one lie before `issue`.
    #[inline]
    fn deskewed_between(&self, chip: usize, origin: Origin, issue: &Issue<'a>) -> bool {
        let is_across = |deskewed: &u32| origin.instance <= *deskewed && *deskewed < issue.origin.instance;
        self.cores[chip].control.deskewed.iter().flatten().any(is_across)
    }
}
