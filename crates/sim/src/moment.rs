//! One cycle of a running program: what is where.
//!
//! In: a machine and a cycle it has not passed.  Out: every word on every stream, in every SRAM word and in every plane, and the
//!     instructions dispatched in that cycle.
//! Invariant: what is shown is the state of the machine itself; nothing is computed for the picture.
//! Method: a clone of the machine (cheap: shared memory) is run up to and including the cycle.

use crate::machine::Machine;
use crate::mxm::{self, Kind};
use crate::sram::Held;
use crate::stream::{Driver, Place};
use crate::word::{Value, Word};
use crate::{Dispatch, Observer, Poison, Silent, Site, WordBytes};
use arch::{Direction, Hemisphere, SliceId, Station, StreamId};
use units::Cycle;
use units::Order;

/// One cycle.
#[derive(Clone)]
pub struct Moment {
    machine: Machine,
    cycle: Cycle,
    dispatched: Vec<Dispatch>,
}

/// What a register or an SRAM word holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordView<'a> {
    /// 320 bytes.
    Bytes(&'a WordBytes),
    /// A value that depends on a violation, given if it is among the first.
    Poisoned(Option<&'a Poison>),
}

/// A word under way on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveWord<'a> {
    /// The stream.
    pub stream: StreamId,
    /// `cycle - delay`, constant along its way.
    pub diagonal: i64,
    /// How far it is: the delay that a station has which it reaches in this cycle; compare with `Geometry::arrive`.
    pub delay: u32,
    /// Station that drove it.
    pub driver: Station,
    /// Dispatch that drove it.
    pub producer: Site,
    /// Cycle in which it left that station.
    pub departed: Cycle,
    /// What it is.
    pub word: WordView<'a>,
}

/// The installed array of a plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayView<'a> {
    /// First cycle in which it may be used.
    pub ready: Cycle,
    /// Weight words by column; nothing where none was loaded.
    pub columns: Vec<Option<WordView<'a>>>,
}

/// An accumulator of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccumulatorView<'a> {
    /// i32 of each column.
    I32(&'a [u32]),
    /// f32 bits of each column.
    F32(&'a [u32]),
    /// Depends on a violation, given if it is among the first.
    Poisoned(Option<&'a Poison>),
}

struct OneCycle {
    cycle: Cycle,
    dispatched: Vec<Dispatch>,
}

impl Observer for OneCycle {
    fn dispatch(&mut self, event: &Dispatch) {
        if event.cycle == self.cycle {
            self.dispatched.push(*event);
        }
    }
}

impl Moment {
    pub(crate) fn new(mut machine: Machine, cycle: Cycle) -> Self {
        let mut observer = OneCycle { cycle, dispatched: Vec::new() };
        machine.run_before(cycle, &mut Silent);
        machine.run_before(Cycle(cycle.0.saturating_add(1)), &mut observer);
        Moment { machine, cycle, dispatched: observer.dispatched }
    }

    /// The cycle.
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }

    /// Instructions dispatched in this cycle, in the order of their execution.
    pub fn dispatched(&self) -> &[Dispatch] {
        &self.dispatched
    }

    /// Every word on a stream between the station that drove it and the edge of the chip, sorted by stream and diagonal.
    pub fn live(&self) -> Vec<LiveWord<'_>> {
        let mut live: Vec<LiveWord<'_>> = Vec::new();
        for (index, diagonal, drivers) in self.machine.state.streams.cells() {
            let stream = stream(index);
            let Some(delay) = (self.cycle.0 as i64).checked_sub(diagonal).and_then(|delay| u32::try_from(delay).ok())
            else {
                continue;
            };
            if self.edge(stream.direction) < delay {
                continue;
            }
            let present = drivers.filter(|driver| self.depart(stream.direction, driver) <= delay);
            if let Some(driver) = present.max_by_key(|driver| driver.rank) {
                live.push(self.live_word(stream, diagonal, delay, driver));
            }
        }
        live.order_by_key(|word| (word.stream, word.diagonal));
        live
    }

    /// The word that a unit at `station` would sample from `stream` in this cycle.
    pub fn stream(&self, stream: StreamId, station: Station) -> Option<LiveWord<'_>> {
        let geometry = self.machine.geometry();
        if self.machine.shared.chip.streams <= stream.number || geometry.stations() <= station.0 {
            return None;
        }
        let place = Place::new(geometry, station);
        let direction = stream.direction.index();
        let diagonal = self.cycle.0 as i64 - place.arrive[direction];
        let driver = self.machine.state.streams.nearest(stream, diagonal, place.heard_below[direction])?;
        Some(self.live_word(stream, diagonal, place.arrive[direction] as u32, driver))
    }

    /// The word of a slice that a Read dispatched in this cycle would see.
    pub fn sram(&self, slice: SliceId, address: u16) -> Option<WordView<'_>> {
        let shared = &self.machine.shared;
        if !shared.has(slice) {
            return None;
        }
        self.machine.state.sram.look(shared.slice(slice), address).map(|held| match held {
            Held::Bytes(bytes) => WordView::Bytes(bytes),
            Held::Poison(id) => WordView::Poisoned(self.machine.provenance(id)),
        })
    }

    /// The weight buffer of a plane, by column; empty for a plane that does not exist.
    pub fn buffer(&self, hemisphere: Hemisphere, plane: u8) -> Vec<Option<WordView<'_>>> {
        self.plane(hemisphere, plane).map_or_else(Vec::new, |plane| self.columns(&plane.buffer))
    }

    /// The array of a plane, if one was installed.
    pub fn array(&self, hemisphere: Hemisphere, plane: u8) -> Option<ArrayView<'_>> {
        let array = self.plane(hemisphere, plane)?.array.as_ref()?;
        Some(ArrayView { ready: Cycle(array.ready), columns: self.columns(&array.columns) })
    }

    /// An accumulator of a plane, if it was set.
    pub fn accumulator(&self, hemisphere: Hemisphere, plane: u8, slot: u16) -> Option<AccumulatorView<'_>> {
        let (kind, value) = self.plane(hemisphere, plane)?.accumulators.get(usize::from(slot))?.as_ref()?;
        Some(match (kind, value) {
            (_, Value::Poison(id)) => AccumulatorView::Poisoned(self.machine.provenance(*id)),
            (Kind::I32, Value::Lanes(lanes)) => AccumulatorView::I32(&lanes[..]),
            (Kind::F32, Value::Lanes(lanes)) => AccumulatorView::F32(&lanes[..]),
        })
    }

    fn plane(&self, hemisphere: Hemisphere, plane: u8) -> Option<&mxm::Plane> {
        let planes = self.machine.shared.chip.planes;
        if planes <= plane {
            return None;
        }
        self.machine.state.planes.get(mxm::index(hemisphere, plane, planes))
    }

    fn columns<'a>(&'a self, columns: &'a [Option<Word>]) -> Vec<Option<WordView<'a>>> {
        columns.iter().map(|word| word.as_ref().map(|word| self.view(word))).collect()
    }

    fn view<'a>(&'a self, word: &'a Word) -> WordView<'a> {
        match word {
            Word::Bytes(bytes) => WordView::Bytes(bytes),
            Word::Poison(id) => WordView::Poisoned(self.machine.provenance(*id)),
        }
    }

    fn live_word<'a>(&'a self, stream: StreamId, diagonal: i64, delay: u32, driver: &'a Driver) -> LiveWord<'a> {
        let departed = diagonal + i64::from(self.depart(stream.direction, driver));
        LiveWord {
            stream,
            diagonal,
            delay,
            driver: self.station(stream.direction, driver.rank),
            producer: driver.site,
            departed: Cycle(departed as u64),
            word: self.view(&driver.word),
        }
    }

    fn depart(&self, direction: Direction, driver: &Driver) -> u32 {
        self.machine.shared.departure(direction.index(), driver.rank) as u32
    }

    fn station(&self, direction: Direction, rank: u8) -> Station {
        match direction {
            Direction::East => Station(rank),
            Direction::West => Station(self.machine.geometry().stations() - 1 - rank),
        }
    }

    /// Delay of the last station along the flow.
    fn edge(&self, direction: Direction) -> u32 {
        let geometry = self.machine.geometry();
        match direction {
            Direction::East => geometry.arrive(direction, geometry.mxm(Hemisphere::East)),
            Direction::West => geometry.arrive(direction, geometry.mxm(Hemisphere::West)),
        }
    }
}

fn stream(index: usize) -> StreamId {
    let direction = if index < 32 { Direction::East } else { Direction::West };
    StreamId::new(direction, (index % 32) as u8)
}
