//! What can be pointed at, and the place in a run that every view shows.
//!
//! In: nothing; vocabulary.  Out: one `Selection` for all views, one `Cursor`.
//! Invariant: plain values; equal selections mean the same thing in every view and in every address of the page.

use crate::flight::FlightId;
use arch::{Hemisphere, Queue, SliceId, Station, StreamId};
use serde::{Deserialize, Serialize};

/// A place in a run: a token and a cycle since that token's launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// Token of the run, counted from 0; it is also the token's position.
    pub token: u32,
    /// Cycle since its launch, in superlane-0 time.
    pub cycle: u64,
}

/// One dispatch: the iteration of an entry of a queue of an instance's template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssueId {
    /// Place in `Executable::instances`.
    pub instance: u32,
    /// Place in `Template::queues`.
    pub queue: u32,
    /// Place in that queue's entries.
    pub entry: u32,
    /// Iteration of the burst.
    pub iteration: u32,
}

/// One value on its way: the dispatch that put it on a stream, and the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ValueId {
    /// The dispatch that made it.
    pub issue: IssueId,
    /// The stream it was put on.
    pub stream: StreamId,
}

/// What is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Selection {
    /// A stream register: whatever passes it in superlane 0.
    Stream {
        /// The stream.
        stream: StreamId,
        /// The place.
        station: Station,
    },
    /// One value, wherever it is.
    Value(ValueId),
    /// An instruction queue.
    Queue(Queue),
    /// A word of memory.
    Sram {
        /// The slice.
        slice: SliceId,
        /// The word.
        address: u16,
    },
    /// A plane of the matrix unit.
    Plane {
        /// West or east.
        hemisphere: Hemisphere,
        /// Number of the plane.
        plane: u8,
    },
    /// A vector between two chips.
    Flight(FlightId),
    /// A chip as a whole.
    Chip(u16),
    /// One dispatch of an instruction.
    Issue(IssueId),
}

impl From<sim::Site> for IssueId {
    fn from(site: sim::Site) -> Self {
        let sim::Site { instance, queue, entry, iteration } = site;
        IssueId { instance, queue, entry, iteration }
    }
}
