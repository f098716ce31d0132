//! Several chips on one clock: each runs by itself, and what they send is carried over.
//!
//! In: a chip, an executable for one or more of them, its tensors; per token the inputs and the position.  Out: as `Machine`, for all.
//! Invariant: no chip is ever ahead of a vector that is on its way to it; with one chip this is `Machine` and nothing else.
//! Method: a vector needs `link_crossing` cycles. So all chips run that long, one after the other, and then everything they sent is
//!     carried over before any of it can land. Instances that use no link run as wholes.
//! Source: conservative parallel simulation with lookahead; Chandy, Misra, "Distributed simulation", 1979.

use crate::machine::{Contents, Machine};
use crate::tally::Tally;
use crate::{Checkpoint, Empty, Moment, Observer, Outcome, OutputTile, Silent, SimError};
use arch::{Chip, Topology};
use graph::{Tensor, TensorData};
use program::{CHIPS_MAX, Executable};
use std::collections::BTreeMap;
use units::Cycle;
use units::Order;

/// Chips with a program in them.
#[derive(Clone)]
pub struct System {
    machines: Vec<Machine>,
}

/// A system between two instances, kept small.
#[derive(Clone)]
pub struct SystemCheckpoint {
    machines: Vec<Checkpoint>,
}

impl System {
    /// Loads `executable` into as many chips as its topology has.
    ///
    /// Errors: as `Machine::load`; `Topology` when there is no such topology.
    pub fn load(chip: &Chip, executable: &Executable, data: &dyn TensorData) -> Result<System, SimError> {
        System::load_with(chip, executable, data, Empty::Poisons)
    }

    /// As `load`, with a choice of what a unit finds where nothing arrived.
    ///
    /// Errors: as `load`.
    pub fn load_with(
        chip: &Chip,
        executable: &Executable,
        data: &dyn TensorData,
        empty: Empty,
    ) -> Result<System, SimError> {
        System::load_all(chip, executable, Contents::Values(data), empty)
    }

    /// Loads every chip of the executable's topology.
    pub(crate) fn load_all(
        chip: &Chip,
        executable: &Executable,
        contents: Contents,
        empty: Empty,
    ) -> Result<System, SimError> {
        let topology = Topology::named(&executable.topology)?;
        if CHIPS_MAX < topology.chips {
            return Err(SimError::Crowd { chips: topology.chips });
        }
        let numbers = 0..topology.chips;
        let machines = numbers.map(|number| Machine::load_as(chip, executable, contents, empty, number));
        Ok(System { machines: machines.collect::<Result<_, SimError>>()? })
    }

    /// The same chips and the memory that they hold now, with another program in them: one that was made to lie beside this one.
    ///
    /// Errors: as `load`; `Image` where the other program expects something else in memory than was loaded for this one.
    pub fn beside(&self, executable: &Executable) -> Result<System, SimError> {
        let machines = self.machines.iter().map(|machine| machine.beside(executable));
        Ok(System { machines: machines.collect::<Result<_, SimError>>()? })
    }

    /// Goes on with the program of `other`, which lies beside this one: memory stays as it is. Between two tokens only.
    pub fn switch(&mut self, other: &System) {
        self.machines.iter_mut().zip(&other.machines).for_each(|(machine, other)| machine.switch(other));
    }

    /// Starts a token on every chip, with the same launch record. Errors: as `Machine::launch`.
    pub fn launch(&mut self, inputs: &BTreeMap<String, Tensor>, position: u16) -> Result<(), SimError> {
        self.machines.iter_mut().try_for_each(|machine| machine.launch(inputs, position))
    }

    /// Runs what is left of the token.
    pub fn run_token(&mut self) -> Outcome {
        self.watch_token(0, &mut Silent)
    }

    /// Runs what is left of the token; `observer` watches chip `watched`.
    pub fn watch_token<O: Observer>(&mut self, watched: u16, observer: &mut O) -> Outcome {
        while self.watch_instance(watched, observer).is_some() {}
        let end = self.next_instance().1;
        self.machines.iter_mut().for_each(|machine| machine.lose_before(Cycle(u64::MAX), end));
        self.outcome()
    }

    /// Runs the instance that is next on every chip; returns its number, or nothing at the end of the token.
    pub fn run_instance(&mut self) -> Option<usize> {
        self.watch_instance(0, &mut Silent)
    }

    /// The same under the eyes of `observer`, on chip `watched`.
    pub fn watch_instance<O: Observer>(&mut self, watched: u16, observer: &mut O) -> Option<usize> {
        let (start, end) = self.machines[0].instance_span()?;
        let window = self.machines[0].link_crossing();
        let mut until = start.0;
        while self.uses_links() && until + window < end.0 {
            until += window;
            self.each(
                watched,
                observer,
                |machine| machine.run_before(Cycle(until), &mut Silent),
                |machine, observer| {
                    machine.run_before(Cycle(until), observer);
                },
            );
            self.carry_over();
        }
        let mut number = None;
        self.each(
            watched,
            observer,
            |machine| {
                machine.run_instance(&mut Silent);
            },
            |machine, observer| number = machine.run_instance(observer),
        );
        self.carry_over();
        number
    }

    /// What is where in `cycle` on chip `number`, by running a clone up to it. The system must not have passed that cycle.
    pub fn at(&self, number: u16, cycle: Cycle) -> Option<Moment> {
        let mut clone = self.clone();
        while let Some((start, end)) = clone.machines[0].instance_span() {
            if cycle < end {
                clone.run_inside(start, cycle);
                break;
            }
            clone.run_instance();
        }
        Some(clone.machines.get(usize::from(number))?.at(cycle))
    }

    /// Runs whole windows of the instance that began at `start`, as long as they end before `cycle`.
    fn run_inside(&mut self, start: Cycle, cycle: Cycle) {
        let window = self.machines[0].link_crossing();
        let mut until = start.0;
        while self.uses_links() && until + window < cycle.0 {
            until += window;
            self.machines.iter_mut().for_each(|machine| machine.run_before(Cycle(until), &mut Silent));
            self.carry_over();
        }
    }

    /// Whether any chip sends or receives in the instance that is next or under way.
    fn uses_links(&self) -> bool {
        self.machines.iter().any(Machine::uses_links)
    }

    /// Lets every chip run, the watched one under the eyes of `observer`.
    fn each<O: Observer>(
        &mut self,
        watched: u16,
        observer: &mut O,
        mut unseen: impl FnMut(&mut Machine),
        mut seen: impl FnMut(&mut Machine, &mut O),
    ) {
        for (number, machine) in self.machines.iter_mut().enumerate() {
            if number == usize::from(watched) { seen(machine, observer) } else { unseen(machine) }
        }
    }

    /// Hands every vector that was sent to the chip at which it lands.
    fn carry_over(&mut self) {
        if self.machines.len() == 1 {
            return;
        }
        for from in 0..self.machines.len() {
            for parcel in self.machines[from].take_parcels() {
                self.machines[usize::from(parcel.to.chip)].expect(parcel);
            }
        }
    }

    /// Number of chips.
    pub fn chips(&self) -> u16 {
        self.machines.len() as u16
    }

    /// One of the chips.
    pub fn machine(&self, number: u16) -> Option<&Machine> {
        self.machines.get(usize::from(number))
    }

    /// Instance that runs next, and the cycle in which it starts or started.
    pub fn next_instance(&self) -> (usize, Cycle) {
        self.machines[0].next_instance()
    }

    /// What came of the token so far: violations of all chips, in order of chips.
    pub fn outcome(&self) -> Outcome {
        let mut outcomes = self.machines.iter().map(Machine::outcome);
        let first = outcomes.next().expect("a topology has at least one chip");
        outcomes.fold(first, |mut sum, one| {
            sum.poison.extend(one.poison);
            sum.violations += one.violations;
            sum
        })
    }

    /// The output fields, in the executable's order.
    pub fn outputs(&self) -> Vec<OutputTile> {
        let mut tiles: Vec<(usize, OutputTile)> = self.machines.iter().flat_map(Machine::numbered_outputs).collect();
        tiles.order_by_key(|(field, _)| *field);
        tiles.into_iter().map(|(_, tile)| tile).collect()
    }

    /// Adds what it holds.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        self.machines.iter().for_each(|machine| machine.state.weigh(tally));
    }

    /// The system as it is, in some ten kilobytes per chip beside the memory that it shares with this one.
    pub fn checkpoint(&self) -> SystemCheckpoint {
        SystemCheckpoint { machines: self.machines.iter().map(Machine::checkpoint).collect() }
    }
}

impl SystemCheckpoint {
    /// Adds what it holds.
    pub(crate) fn weigh(&self, tally: &mut Tally) {
        self.machines.iter().for_each(|machine| machine.weigh(tally));
    }

    /// The system as it was.
    pub fn resume(&self) -> System {
        System { machines: self.machines.iter().map(Checkpoint::resume).collect() }
    }
}
