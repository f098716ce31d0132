//! The machine: loads an executable and runs it token by token, instance by instance, or up to a cycle.
//!
//! In: a chip, an executable, its tensors; per token the inputs and the position.  Out: cycles, outputs, violations.
//! Invariant: a dispatch's cycle follows from its queue alone: the instance's start plus the lengths of the entries before it. A clone
//!     of the machine is a checkpoint and shares all memory that neither of the two writes afterwards.
//! Method: an instance that nobody watches runs by its template's plan, if there is one (`fused`). Otherwise, word by word, every queue
//!     has a cursor and its next dispatch; each cycle with a dispatch is visited once, in order, and within it the
//!     queues in the order of `Prepared::tracks`.

use crate::Empty;
use crate::c2c::{Parcel, Ports};
use crate::fused::Scratch;
use crate::icu::{self, Icu};
use crate::mem;
use crate::moment::Moment;
use crate::mxm::Plane;
use crate::observe::{Told, Watched};
use crate::poison::Ledger;
use crate::prepare::{Prepared, Track, prepare};
use crate::sram::Sram;
use crate::step::{Shared, State, Step};
use crate::stream::{Streams, departures};
use crate::timing::StandIn;
use crate::vxm::Alu;
use crate::wheel::Wheel;
use crate::{Cause, Dispatch, Observer, Poison, PoisonId, Silent, SimError, Site, execute, image, outputs};
use arch::{Chip, Geometry, Hemisphere, Mesh, Queue, SliceId, Topology};
use graph::{Tensor, TensorData};
use program::{Executable, Instruction, SUPERLANES};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};
use units::{Cycle, Cycles};

/// A chip with a program in it.
#[derive(Clone)]
pub struct Machine {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
    pub(crate) progress: Progress,
    /// Number of violations before this token.
    pub(crate) violations_before: u64,
    pub(crate) scratch: Scratch,
    /// Instances of this token that ran by a plan.
    pub(crate) planned: u64,
}

#[derive(Clone, Default)]
struct Cursor {
    issue: usize,
    iteration: u32,
}

/// How far the token is.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    pub(crate) instance: usize,
    /// Start of the instance.
    pub(crate) start: u64,
    /// Whether nothing of the instance has run.
    pub(crate) is_fresh: bool,
    cursors: Vec<Cursor>,
    wheel: Wheel,
}

/// What came of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Cycles from the start of the first instance to the end of the last.
    pub cycles: Cycles,
    /// The first violations of this token; none means that the run obeyed every rule of the machine.
    pub poison: Vec<Poison>,
    /// How many violations there were, kept or not.
    pub violations: u64,
}

/// What a machine is loaded with.
#[derive(Clone, Copy)]
pub(crate) enum Contents<'a> {
    /// The tensors that the image names.
    Values(&'a dyn TensorData),
    /// Nothing: only time is wanted.
    Time,
}

impl Machine {
    /// Loads `executable` into `chip`, its tensors from `data`.
    ///
    /// Errors: `SimError` when chip, executable or tensors are not well formed; see there.
    pub fn load(chip: &Chip, executable: &Executable, data: &dyn TensorData) -> Result<Machine, SimError> {
        Machine::load_with(chip, executable, data, Empty::Poisons)
    }

    /// As `load`, with a choice of what a unit finds where nothing arrived.
    ///
    /// Errors: as `load`.
    pub fn load_with(
        chip: &Chip,
        executable: &Executable,
        data: &dyn TensorData,
        empty: Empty,
    ) -> Result<Machine, SimError> {
        let chips = Topology::named(&executable.topology)?.chips;
        if chips != 1 {
            return Err(SimError::Chips { chips });
        }
        Machine::load_as(chip, executable, Contents::Values(data), empty, 0)
    }

    /// Loads what chip `number` of the executable's topology holds.
    pub(crate) fn load_as(
        chip: &Chip,
        executable: &Executable,
        contents: Contents,
        empty: Empty,
        number: u16,
    ) -> Result<Machine, SimError> {
        let shared = shared(chip, executable, (matches!(contents, Contents::Time), empty), number)?;
        let mut sram = Sram::new(2 * usize::from(chip.slices), chip.words);
        image::fill(&shared, &mut sram, contents)?;
        let state = fresh(&shared, sram, Ledger::of(number));
        let (shared, progress, scratch) = (Arc::new(shared), Progress::default(), Scratch::default());
        Ok(Machine { shared, state, progress, violations_before: 0, scratch, planned: 0 })
    }

    /// This chip and its memory with another program.
    ///
    /// Errors: as `load`; `Image` where it expects something else in memory.
    pub(crate) fn beside(&self, executable: &Executable) -> Result<Machine, SimError> {
        let before = &self.shared;
        let shared = shared(&before.chip, executable, (before.stand_in.is_some(), before.empty), before.number)?;
        image::check_same(&before.executable, executable)?;
        let mut machine = Machine { scratch: Scratch::default(), ..self.clone() };
        machine.run_next(Arc::new(shared));
        Ok(machine)
    }

    /// Goes on with the program of `other`, which lies beside this one.
    pub(crate) fn switch(&mut self, other: &Machine) {
        self.run_next(Arc::clone(&other.shared));
        self.scratch = Scratch::default();
    }

    /// The next token is for another program; until it is launched nothing is left to run.
    fn run_next(&mut self, shared: Arc<Shared>) {
        let (sram, ledger) = (self.state.sram.clone(), self.state.ledger.clone());
        self.state = fresh(&shared, sram, ledger);
        (self.shared, self.progress, self.planned) = (shared, Progress::default(), 0);
    }

    /// Starts a token: writes its launch record and puts everything but SRAM into the state of a chip that has done nothing.
    ///
    /// `inputs`: per input of the lowered graph a tensor `[1, lanes]`. Errors: `Position` past the context, `Record` for an input that
    /// is missing or does not fit, or a map that leaves its slice.
    pub fn launch(&mut self, inputs: &BTreeMap<String, Tensor>, position: u16) -> Result<(), SimError> {
        let context = self.shared.executable.context;
        if context <= position {
            return Err(SimError::Position { position, context });
        }
        let mut sram = self.state.sram.clone();
        image::record(&self.shared, &mut sram, inputs, position)?;
        self.state = fresh(&self.shared, sram, self.state.ledger.clone());
        self.violations_before = self.state.ledger.total();
        self.progress = Progress::default();
        self.planned = 0;
        self.enter();
        Ok(())
    }

    /// Runs what is left of the token.
    pub fn run_token<O: Observer>(&mut self, observer: &mut O) -> Outcome {
        while self.run_instance(observer).is_some() {}
        self.outcome()
    }

    /// Runs the instance that is next, or what is left of it; returns its number, or nothing at the end of the token.
    pub fn run_instance<O: Observer>(&mut self, observer: &mut O) -> Option<usize> {
        let length = self.template()?.length;
        let instance = self.progress.instance;
        let end = self.progress.start + length;
        if O::WATCHES || self.shared.stand_in.is_some() || !self.run_planned() {
            self.dispatch_for(end, observer);
        }
        self.part(end);
        self.progress = Progress { instance: instance + 1, start: end, ..Progress::default() };
        self.enter();
        // After the last instance the host reads, at leisure.
        let visible = if self.template().is_some() { end } else { u64::MAX };
        mem::settle(&mut self.state, visible, self.shared.chip.latency.mem_write);
        Some(instance)
    }

    /// Runs every dispatch before `cycle` that has not run yet.
    pub fn run_before<O: Observer>(&mut self, cycle: Cycle, observer: &mut O) {
        while let Some(template) = self.template() {
            let end = self.progress.start + template.length;
            if cycle.0 < end {
                self.dispatch_for(cycle.0, observer);
                return;
            }
            self.run_instance(observer);
        }
    }

    /// What is where in `cycle`, by running a clone up to it. The machine must not have passed that cycle: start from a checkpoint
    /// of its instance. Cycles past the end of the token show the chip at rest.
    pub fn at(&self, cycle: Cycle) -> Moment {
        Moment::new(self.clone(), cycle)
    }

    /// Instance that runs next, and the cycle in which it starts or started.
    pub fn next_instance(&self) -> (usize, Cycle) {
        (self.progress.instance, Cycle(self.progress.start))
    }

    /// How many instances of the token ran by a plan, not word by word; it makes no difference but in time.
    pub fn instances_planned(&self) -> u64 {
        self.planned
    }

    /// What came of the token so far.
    pub fn outcome(&self) -> Outcome {
        Outcome {
            cycles: Cycles(self.progress.start),
            poison: self.state.ledger.since(self.violations_before).to_vec(),
            violations: self.state.ledger.total() - self.violations_before,
        }
    }

    /// The provenance of a poisoned word, if it was among the first violations.
    pub(crate) fn provenance(&self, id: PoisonId) -> Option<&Poison> {
        self.state.ledger.get(id)
    }

    /// The chip's geometry.
    pub fn geometry(&self) -> &Geometry {
        &self.shared.geometry
    }

    /// First cycle of the instance that is next or under way, and the cycle after its last; nothing at the end of the token.
    pub(crate) fn instance_span(&self) -> Option<(Cycle, Cycle)> {
        let start = self.progress.start;
        Some((Cycle(start), Cycle(start + self.template()?.length)))
    }

    /// Whether that instance sends or receives.
    pub(crate) fn uses_links(&self) -> bool {
        self.template().is_some_and(|template| template.uses_links)
    }

    /// Cycles from a Send to its landing.
    pub(crate) fn link_crossing(&self) -> u64 {
        self.shared.chip.latency.link_crossing().0
    }

    /// What was sent since the last time.
    pub(crate) fn take_parcels(&mut self) -> Vec<Parcel> {
        std::mem::take(&mut self.state.ports.tray)
    }

    /// Takes what another chip sent.
    pub(crate) fn expect(&mut self, parcel: Parcel) {
        self.state.ports.expect(parcel);
    }

    /// Notes a violation for each vector that landed before `cycle` and that nobody received, as of cycle `now`.
    pub(crate) fn lose_before(&mut self, cycle: Cycle, now: Cycle) {
        let site = Site { instance: self.progress.instance as u32, ..Site::default() };
        for link in self.state.ports.lose(cycle.0) {
            let queue = Queue::LinkReceive(link);
            self.state.ledger.record(Poison { cause: Cause::NotReceived, queue, site, cycle: now });
        }
    }

    /// Notes what is wrong with the end of the instance, in cycle `end`.
    fn part(&mut self, end: u64) {
        let shared = Arc::clone(&self.shared);
        let Some(template) = self.template() else { return };
        if let Some(cause) = self.state.icu.end(template, end, &shared.chip) {
            let queue = template.tracks.first().map_or(Queue::Alu(0), |track| track.queue);
            let site = Site { instance: self.progress.instance as u32, ..Site::default() };
            self.state.ledger.record(Poison { cause, queue, site, cycle: Cycle(end) });
        }
        self.state.icu.enter();
    }

    fn template(&self) -> Option<&Prepared> {
        self.shared.template(self.progress.instance)
    }

    /// Sets the cursors to the beginning of the next instance.
    fn enter(&mut self) {
        let start = self.progress.start;
        let Some(template) = self.template() else { return };
        let mut wheel = Wheel::new(template.tracks.len(), start);
        for (number, track) in template.tracks.iter().enumerate() {
            if let Some(issue) = track.issues.first() {
                wheel.push(number as u32, start + issue.start);
            }
        }
        self.progress.cursors = vec![Cursor::default(); template.tracks.len()];
        self.progress.is_fresh = true;
        self.progress.wheel = wheel;
    }

    /// Executes the dispatches of the current instance whose cycle is below `end`.
    pub(crate) fn dispatch_for<O: Observer>(&mut self, end: u64, observer: &mut O) {
        if O::WATCHES {
            self.dispatch_watched(end, &mut |told| told.to(observer))
        } else {
            self.dispatch_unwatched(end)
        }
    }

    // Neither is generic: the crates that bring an observer of their own get no copy of the machine with it.
    fn dispatch_watched(&mut self, end: u64, tell: &mut dyn FnMut(Told<'_>)) {
        self.dispatch_before(end, &mut Watched(tell));
    }

    fn dispatch_unwatched(&mut self, end: u64) {
        self.dispatch_before(end, &mut Silent);
    }

    fn dispatch_before<O: Observer>(&mut self, end: u64, observer: &mut O) {
        self.progress.is_fresh = false;
        let shared = Arc::clone(&self.shared);
        let Some(instance) = shared.executable.instances.get(self.progress.instance) else { return };
        let Some(template) = shared.template(self.progress.instance) else { return };
        let mem_write = shared.chip.latency.mem_write;
        let mut due = Vec::with_capacity(template.tracks.len());
        while let Some(cycle) = self.progress.wheel.soonest().filter(|cycle| *cycle < end) {
            mem::settle(&mut self.state, cycle, mem_write);
            due.clear();
            self.progress.wheel.take(cycle, &mut due);
            for &number in &due {
                let track = &template.tracks[number as usize];
                self.dispatch(&shared, (template, &instance.bases), number, track, cycle, observer);
            }
        }
        mem::settle(&mut self.state, end.saturating_sub(1), mem_write);
    }

    /// Executes the next dispatch of a track and moves its cursor.
    fn dispatch<O: Observer>(
        &mut self,
        shared: &Shared,
        (template, bases): (&Prepared, &[u16]),
        number: u32,
        track: &Track,
        cycle: u64,
        observer: &mut O,
    ) {
        let cursor = &mut self.progress.cursors[number as usize];
        let Some(issue) = track.issues.get(cursor.issue) else { return };
        let needs = if cursor.iteration == 0 { track.needs(cursor.issue) } else { &[] };
        let instance = self.progress.instance as u32;
        let site = Site { instance, queue: track.number, entry: issue.entry, iteration: cursor.iteration };
        cursor.iteration += 1;
        if cursor.iteration < issue.burst.count {
            self.progress.wheel.push(number, cycle + u64::from(issue.burst.interval));
        } else {
            *cursor = Cursor { issue: cursor.issue + 1, iteration: 0 };
            if let Some(following) = track.issues.get(cursor.issue) {
                self.progress.wheel.push(number, self.progress.start + following.start);
            }
        }
        observer.dispatch(&Dispatch { cycle: Cycle(cycle), queue: track.queue, site });
        let state = &mut self.state;
        let place = &track.place;
        let (queue, superlanes) = (track.queue, SUPERLANES);
        let mut step = Step { shared, state, observer, place, queue, site, cycle, operands: 0, superlanes };
        icu::before(&mut step, (track, self.progress.start), needs, &issue.burst.instruction);
        if issue.burst.instruction.is_control() || matches!(issue.burst.instruction, Instruction::Deskew { .. }) {
            execute::control(&mut step, (template, track, self.progress.start), &issue.burst.instruction, bases);
        } else {
            execute::work(&mut step, &issue.burst.instruction, bases);
        }
        icu::after(&mut step);
    }
}

/// What never changes while `executable` runs on chip `number` of its topology.
fn shared(
    chip: &Chip,
    executable: &Executable,
    (for_time, empty): (bool, Empty),
    number: u16,
) -> Result<Shared, SimError> {
    let topology = Topology::named(&executable.topology)?;
    chip.check()?;
    let geometry = Geometry::new(chip);
    let templates = prepare(chip, &geometry, executable)?;
    let numbers = || Hemisphere::BOTH.into_iter().flat_map(|half| (0..chip.slices).map(move |number| (half, number)));
    let shared = Shared {
        chip: chip.clone(),
        topology,
        number,
        empty,
        stand_in: for_time.then(StandIn::new),
        departures: departures(&geometry),
        geometry,
        mesh: Mesh::new(chip),
        executable: executable.clone(),
        plans: templates.iter().map(|_| OnceLock::new()).collect(),
        templates,
        reserved: numbers().map(|(hemisphere, number)| chip.is_reserved(SliceId { hemisphere, number })).collect(),
    };
    outputs::check(&shared)?;
    Ok(shared)
}

/// A chip that has done nothing yet but holds `sram`.
fn fresh(shared: &Shared, sram: Sram, ledger: Ledger) -> State {
    let chip = &shared.chip;
    let planes = 2 * usize::from(chip.planes);
    State {
        sram,
        streams: Streams::new(chip, &shared.geometry),
        pending: VecDeque::new(),
        banks: vec![Default::default(); shared.reserved.len()],
        alus: vec![Alu::new(chip.latency.vxm_alu); usize::from(chip.alus)],
        planes: vec![Plane::new(chip.accumulators); planes],
        ports: Ports::new(chip),
        icu: Icu::default(),
        ledger,
    }
}
