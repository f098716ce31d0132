//! Vectors between chips, by query: who is on which cable in a cycle.
//!
//! In: a timeline.  Out: flights with sender, receiver, departure and landing; the receiver of each.
//! Invariant: a flight is a Send of the schedule; when it lands follows from the machine, and that somebody is there was proved.
//! Method: all chips run the same instances in the same cycles, so that the Sends of one chip are those of all.

use crate::selection::IssueId;
use crate::timeline::{Issue, Timeline};
use arch::{LinkId, Port, Queue, StreamId};
use program::Instruction;
use serde::{Deserialize, Serialize};
use units::Order;

/// A vector on its way from one chip to another: the Send, and the chip that executes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlightId {
    /// The Send.
    pub issue: IssueId,
    /// The sender.
    pub from: u16,
}

/// A vector between two chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Which.
    pub id: FlightId,
    /// Link that it leaves by.
    pub link: LinkId,
    /// Where it lands.
    pub to: Port,
    /// Cycle of the Send.
    pub sent: u64,
    /// Cycle of the Receive.
    pub lands: u64,
}

impl Timeline {
    /// Links that the program sends on.
    pub fn links(&self) -> Vec<LinkId> {
        let halves = arch::Hemisphere::BOTH.into_iter();
        let all = halves.flat_map(|hemisphere| (0..self.chip.links).map(move |number| LinkId { hemisphere, number }));
        all.filter(|link| self.around(Queue::LinkSend(*link), 0).1.is_some()).collect()
    }

    /// The Sends of one chip on `link` whose vectors are on their way in some cycle of `from .. to`.
    pub(crate) fn sends(&self, link: LinkId, from: u64, to: u64) -> Vec<Issue<'_>> {
        let crossing = self.chip.latency.link_crossing().0;
        self.issues_of(Queue::LinkSend(link), from.saturating_sub(crossing), to)
    }

    /// Vectors on their way in some cycle of `from .. to`, on all cables, sender by sender.
    pub fn flights(&self, from: u64, to: u64) -> Vec<Flight> {
        let mut flights = Vec::new();
        for link in self.links() {
            for issue in self.sends(link, from, to) {
                let senders = 0..self.topology.chips;
                flights.extend(senders.filter_map(|from| self.flight_of(&issue, link, from)));
            }
        }
        flights.order_by_key(|flight| (flight.id.from, flight.sent, flight.link));
        flights
    }

    /// The flight of an id, if it is one.
    pub fn flight(&self, id: FlightId) -> Option<Flight> {
        let issue = self.issue(id.issue)?;
        let Queue::LinkSend(link) = issue.queue else { return None };
        self.flight_of(&issue, link, id.from)
    }

    fn flight_of(&self, issue: &Issue, link: LinkId, from: u16) -> Option<Flight> {
        let to = self.topology.across(Port { chip: from, link })?;
        let lands = issue.cycle + self.chip.latency.link_crossing().0;
        Some(Flight { id: FlightId { issue: issue.id, from }, link, to, sent: issue.cycle, lands })
    }

    /// Whether somebody receives the vector in the cycle in which it lands; always so in a verified program.
    pub(crate) fn is_met(&self, flight: &Flight) -> bool {
        !self.issues_of(Queue::LinkReceive(flight.to.link), flight.lands, flight.lands + 1).is_empty()
    }

    /// The stream that a Send samples.
    pub(crate) fn sent_stream(&self, flight: &Flight) -> Option<StreamId> {
        let issue = self.issue(flight.id.issue)?;
        let Instruction::Send { from } = *issue.instruction() else { return None };
        Some(StreamId::new(flight.link.hemisphere.outward(), from))
    }
}
