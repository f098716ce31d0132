//! What can be watched while a program runs: every dispatch, every operand that arrives, every word that is driven.
//!
//! In: a machine that runs.  Out: calls on an `Observer`.
//! Invariant: watching changes nothing; the silent observer costs nothing.
//! Method: a generic parameter with empty default methods, so that the compiler removes what nobody listens to.

use crate::WordBytes;
use arch::{Queue, StreamId};
use units::Cycle;

/// One dispatch: the iteration of an entry of a queue of an instance's template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// Place in `Executable::instances`.
    pub instance: u32,
    /// Place in `Template::queues`.
    pub queue: u32,
    /// Place in that queue's entries.
    pub entry: u32,
    /// Iteration of the burst.
    pub iteration: u32,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "instance {} queue {} entry {} iteration {}", self.instance, self.queue, self.entry, self.iteration)
    }
}

/// An instruction left its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dispatch {
    /// Absolute cycle since the start of the token.
    pub cycle: Cycle,
    /// The queue.
    pub queue: Queue,
    /// Which dispatch.
    pub site: Site,
}

/// An operand was sampled from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival {
    /// Who sampled it.
    pub consumer: Site,
    /// Number among the streams that the instruction samples, in the order in which it names them.
    pub operand: u8,
    /// The stream.
    pub stream: StreamId,
    /// Who drove it, and the cycle in which the value left its station; nothing when nobody did.
    pub producer: Option<(Site, Cycle)>,
    /// Cycle of the sample.
    pub sampled: Cycle,
}

/// A word was put on a stream.
#[derive(Clone, Copy, Debug)]
pub struct Driven<'a> {
    /// Cycle of the dispatch.
    pub cycle: Cycle,
    /// The queue that dispatched.
    pub queue: Queue,
    /// The stream.
    pub stream: StreamId,
    /// The word, unless it depends on a violation.
    pub word: Option<&'a WordBytes>,
}

/// Someone who watches.
pub trait Observer {
    /// Whether it is told anything. Instances that nobody watches run faster, to the same end.
    const WATCHES: bool = true;

    /// An instruction left its queue.
    fn dispatch(&mut self, event: &Dispatch) {
        let _ = event;
    }

    /// An operand was sampled, after the dispatch of its consumer was told.
    fn arrival(&mut self, event: &Arrival) {
        let _ = event;
    }

    /// A word was put on a stream.
    fn driven(&mut self, event: &Driven) {
        let _ = event;
    }
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    const WATCHES: bool = false;
}

/// What an observer is told.
pub(crate) enum Told<'e> {
    Dispatch(&'e Dispatch),
    Arrival(&'e Arrival),
    Driven(&'e Driven<'e>),
}

impl Told<'_> {
    /// Tells it.
    pub(crate) fn to<O: Observer>(&self, observer: &mut O) {
        match self {
            Told::Dispatch(event) => observer.dispatch(event),
            Told::Arrival(event) => observer.arrival(event),
            Told::Driven(event) => observer.driven(event),
        }
    }
}

/// Whoever watches, as one type: the machine is compiled once for all of them, and once for nobody.
pub(crate) struct Watched<'o>(pub(crate) &'o mut dyn FnMut(Told<'_>));

impl Observer for Watched<'_> {
    fn dispatch(&mut self, event: &Dispatch) {
        (self.0)(Told::Dispatch(event));
    }

    fn arrival(&mut self, event: &Arrival) {
        (self.0)(Told::Arrival(event));
    }

    fn driven(&mut self, event: &Driven) {
        (self.0)(Told::Driven(event));
    }
}

/// Keeps everything, for tests and small programs.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// All dispatches in order of cycles.
    pub dispatches: Vec<Dispatch>,
    /// All arrivals in order of cycles.
    pub arrivals: Vec<Arrival>,
}

impl Observer for Recorder {
    fn dispatch(&mut self, event: &Dispatch) {
        self.dispatches.push(*event);
    }

    fn arrival(&mut self, event: &Arrival) {
        self.arrivals.push(*event);
    }
}
