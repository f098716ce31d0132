//! One dispatch at work: what every unit may do to the machine.
//!
//! In: a dispatch.  Out: samples, drives and violations, each with the dispatch's site and cycle.
//! Invariant: a dispatch at t samples at t and drives later than t, so that dispatches need no order beyond that of their cycles.
//! Method: `Shared` never changes while a program runs; `State` is all that does, and a clone of it is a checkpoint.

use crate::c2c::Ports;
use crate::fused::Plan;
use crate::icu::{self, Icu};
use crate::mxm::Plane;
use crate::poison::Ledger;
use crate::prepare::Prepared;
use crate::sram::Sram;
use crate::stream::{Drive, Driver, Place, Streams};
use crate::tally::Tally;
use crate::timing::StandIn;
use crate::vxm::Alu;
use crate::word::Word;
use crate::{Arrival, Cause, Driven, Observer, Poison, PoisonId, Site};
use arch::{Chip, Geometry, Mesh, Queue, SliceId, StreamId, Topology};
use program::{Executable, SUPERLANES, WORD_BYTES};
use std::collections::VecDeque;
use std::sync::OnceLock;
use units::Cycle;

/// What a unit finds where nothing arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// A poisoned value: nothing that depends on it means anything.
    Poisons,
    /// Zeros, as an idle register would hold: the violation is noted and the run goes on with wrong values. For showing damage.
    ReadsZero,
}

/// What never changes, and what is found out about it only once.
pub(crate) struct Shared {
    pub(crate) chip: Chip,
    pub(crate) topology: Topology,
    /// Which of the topology's chips this is.
    pub(crate) number: u16,
    pub(crate) empty: Empty,
    /// What stands for all values, if only time is wanted.
    pub(crate) stand_in: Option<StandIn>,
    pub(crate) geometry: Geometry,
    pub(crate) mesh: Mesh,
    /// By direction and place along the flow.
    pub(crate) departures: [Vec<i64>; 2],
    pub(crate) executable: Executable,
    pub(crate) templates: Vec<Prepared>,
    /// By template: its plan, once it has run, or that there is none.
    pub(crate) plans: Vec<OnceLock<Option<Box<Plan>>>>,
    /// By slice index: whether it holds instructions.
    pub(crate) reserved: Vec<bool>,
}

/// A word or a part of one on its way into SRAM.
#[derive(Clone)]
pub(crate) struct PendingWrite {
    pub(crate) dispatched: u64,
    pub(crate) slice: usize,
    pub(crate) address: u16,
    pub(crate) word: Word,
    /// The superlane written, or the whole word.
    pub(crate) superlane: Option<u8>,
}

/// Banks touched by the write side of a slice in one cycle.
#[derive(Clone, Default)]
pub(crate) struct BanksTouched {
    pub(crate) cycle: u64,
    pub(crate) banks: Vec<u16>,
}

/// All that changes.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) sram: Sram,
    pub(crate) streams: Streams,
    /// In order of dispatch.
    pub(crate) pending: VecDeque<PendingWrite>,
    /// By slice index.
    pub(crate) banks: Vec<BanksTouched>,
    /// By number.
    pub(crate) alus: Vec<Alu>,
    /// By hemisphere and plane.
    pub(crate) planes: Vec<Plane>,
    pub(crate) ports: Ports,
    pub(crate) icu: Icu,
    pub(crate) ledger: Ledger,
}

impl State {
    /// Adds what it holds, streams aside.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        self.sram.weigh(tally);
        self.planes.iter().for_each(|plane| plane.weigh(tally));
        tally.own(self.pending.len() * size_of::<PendingWrite>());
        self.pending.iter().for_each(|write| write.word.weigh(tally));
    }

    /// A clone whose streams are those of `streams`.
    pub(crate) fn with_streams(&self, streams: Streams) -> State {
        State {
            sram: self.sram.clone(),
            streams,
            pending: self.pending.clone(),
            banks: self.banks.clone(),
            alus: self.alus.clone(),
            planes: self.planes.clone(),
            ports: self.ports.clone(),
            icu: self.icu.clone(),
            ledger: self.ledger.clone(),
        }
    }
}

/// One dispatch.
pub(crate) struct Step<'a, O> {
    pub(crate) shared: &'a Shared,
    pub(crate) state: &'a mut State,
    pub(crate) observer: &'a mut O,
    pub(crate) place: &'a Place,
    pub(crate) queue: Queue,
    pub(crate) site: Site,
    pub(crate) cycle: u64,
    /// Streams sampled so far.
    pub(crate) operands: u8,
    /// Superlanes of the unit that are at work.
    pub(crate) superlanes: u8,
}

impl Shared {
    /// What this chip runs in an instance.
    pub(crate) fn template(&self, instance: usize) -> Option<&Prepared> {
        self.templates.get(self.template_number(instance)?)
    }

    /// Its place among the templates.
    pub(crate) fn template_number(&self, instance: usize) -> Option<usize> {
        self.executable.template_on(self.number, instance).map(|template| template.index())
    }

    /// Index of a slice of this chip.
    pub(crate) fn slice(&self, slice: SliceId) -> usize {
        slice.hemisphere.index() * usize::from(self.chip.slices) + usize::from(slice.number)
    }

    /// Delay of the station of a rank when it drives.
    pub(crate) fn departure(&self, direction: usize, rank: u8) -> i64 {
        self.departures[direction][usize::from(rank)]
    }

    /// Whether the slice exists.
    pub(crate) fn has(&self, slice: SliceId) -> bool {
        slice.number < self.chip.slices
    }
}

impl<O: Observer> Step<'_, O> {
    /// Notes a violation of this dispatch.
    pub(crate) fn violation(&mut self, cause: Cause) -> PoisonId {
        let poison = Poison { cause, queue: self.queue, site: self.site, cycle: Cycle(self.cycle) };
        self.state.ledger.record(poison)
    }

    /// The word that arrives on `stream` in this cycle.
    #[inline]
    pub(crate) fn sample(&mut self, stream: StreamId) -> Word {
        if self.shared.chip.streams <= stream.number {
            return Word::Poison(self.violation(Cause::StreamRange { number: stream.number }));
        }
        let direction = stream.direction.index();
        let diagonal = self.cycle as i64 - self.place.arrive[direction];
        let driver = self.state.streams.nearest(stream, diagonal, self.place.heard_below[direction]);
        let producer = driver.map(|driver| {
            let departed = diagonal + self.shared.departure(direction, driver.rank);
            (driver.site, Cycle(departed as u64))
        });
        let is_across = driver.is_some_and(|driver| self.state.icu.is_across(driver.site.instance, self.site.instance));
        let word = driver.map(|driver| driver.word.clone());
        let operand = self.operands;
        self.operands += 1;
        let sampled = Cycle(self.cycle);
        self.observer.arrival(&Arrival { consumer: self.site, operand, stream, producer, sampled });
        if is_across {
            return Word::Poison(self.violation(Cause::AcrossDeskew { stream }));
        }
        let word = word.unwrap_or_else(|| self.nothing(Cause::Undriven { stream }));
        if self.superlanes < SUPERLANES { icu::cut(word, self.superlanes) } else { word }
    }

    /// What is found where nothing is, which is a violation.
    pub(crate) fn nothing(&mut self, cause: Cause) -> Word {
        let id = self.violation(cause);
        match self.shared.empty {
            Empty::Poisons => Word::Poison(id),
            Empty::ReadsZero => Word::new([0; WORD_BYTES]),
        }
    }

    /// The words on the `count` streams from `first` on; `first` must be a multiple of `count`.
    pub(crate) fn sample_group(&mut self, first: StreamId, count: u8) -> Vec<Word> {
        if !first.number.is_multiple_of(count) {
            let id = self.violation(Cause::StreamGroup { first, count });
            return vec![Word::Poison(id)];
        }
        (0..count).map(|byte| self.sample(StreamId::new(first.direction, first.number.saturating_add(byte)))).collect()
    }

    /// Puts `word` on `stream` `after` cycles from now.
    #[inline]
    pub(crate) fn drive(&mut self, stream: StreamId, after: u32, word: Word) {
        if self.shared.chip.streams <= stream.number {
            self.violation(Cause::StreamRange { number: stream.number });
            return;
        }
        let word = if self.superlanes < SUPERLANES { icu::cut(word, self.superlanes) } else { word };
        let (cycle, queue) = (Cycle(self.cycle), self.queue);
        self.observer.driven(&Driven { cycle, queue, stream, word: word.bytes() });
        let direction = stream.direction.index();
        let diagonal = self.cycle as i64 + i64::from(after) - self.place.depart[direction];
        let rank = self.place.rank[direction];
        if let Drive::Collides = self.state.streams.drive(stream, diagonal, Driver { rank, site: self.site, word }) {
            let id = self.violation(Cause::Collision { stream });
            self.state.streams.spoil(stream, diagonal, rank, id);
        }
    }

    /// Whether a value of `count` bytes may be driven from `first` on; a violation if not.
    pub(crate) fn is_group(&mut self, first: StreamId, count: u8) -> bool {
        let aligned = first.number.is_multiple_of(count);
        if !aligned {
            self.violation(Cause::StreamGroup { first, count });
        }
        aligned
    }
}
