//! What every chip does in every cycle of a collective: words over a cable, rows added.
//!
//! In: a row and where it goes.  Out: where it is then, and from which cycle on it can be read.
//! Invariant: a cable has a vector every `link_vector` cycles at most, a slice one access a cycle; nothing waits on its way, so a Receive
//!     stands exactly `link_crossing` after its Send.
//! Method: what comes in by a link has slices and a stream of its own, what goes out another; then only the cable, the slices' ports and
//!     the ALU are to be reserved. Each word takes the first cycle in which all of them are free. Rows are added by one ALU that takes
//!     its own result again, one row every `vxm_alu` cycles.

use super::slots::Slots;
use crate::CompileError;
use crate::schedule::Planned;
use arch::{Chip, Direction, Geometry, Hemisphere, LinkId, Mesh, Port, Queue, SliceId, StreamId, Topology};
use graph::{DType, ScalarOp};
use program::{Address, AluOp, Burst, Instruction, LabelKind, Operand};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of an element: slices of a row.
const BYTES: usize = 4;
/// Streams of what comes in by link n start here; what goes out by it has number n.
const INWARD: u8 = 8;
/// The first of the four streams of a first summand, of any other, of the sum, and of a row that moves, from the west and from the east.
const FIRST: [u8; 2] = [16, 20];
const OTHER: [u8; 2] = [24, 28];
const SUM: StreamId = StreamId { direction: Direction::East, number: 20 };
const MOVED: [u8; 2] = [28, 24];

/// A row of f32 on a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Slices of its bytes.
    pub slices: [SliceId; BYTES],
    /// Its word in all of them.
    pub address: u16,
    /// The first cycle in which each byte may be read.
    pub ready: [u64; BYTES],
    /// What the witness calls it: `GIVEN` or `MADE`.
    label: u16,
}

/// Place of the label of what a chip has at the start.
const GIVEN: u16 = 0;
/// Place of the label of what came or was made.
const MADE: u16 = 1;
/// Their kinds.
pub const LABELS: [LabelKind; 2] = [LabelKind::Constant, LabelKind::Activation];

/// Slices for rows of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Set {
    /// Beside the VXM: what a chip has of its own (west), and what it makes (east).
    Inner(Hemisphere),
    /// What comes in by a link.
    Link(LinkId),
}

/// All chips.
pub struct Yard<'a> {
    chip: &'a Chip,
    topology: &'a Topology,
    geometry: Geometry,
    /// The ALU that adds.
    adder: u8,
    sets: BTreeMap<Set, [SliceId; BYTES]>,
    filled: BTreeMap<(u16, Set), u16>,
    cables: BTreeMap<Port, Slots>,
    /// Chip, slice and cycle of every access.
    accessed: BTreeSet<(u16, SliceId, u64)>,
    /// Chip and cycle of every addition.
    added: BTreeSet<(u16, u64)>,
    plans: Vec<Vec<Planned>>,
}

impl<'a> Yard<'a> {
    /// Nothing planned. Ports are those that have a cable.
    ///
    /// Errors: `Machine` where there are too few slices, or no ALU reaches the streams.
    pub fn new(
        chip: &'a Chip,
        topology: &'a Topology,
        ports: impl Iterator<Item = Port>,
    ) -> Result<Self, CompileError> {
        let links: BTreeSet<LinkId> = ports.map(|port| port.link).collect();
        let mesh = Mesh::new(chip);
        let both =
            |numbers: [u8; 2]| [StreamId::new(Direction::East, numbers[0]), StreamId::new(Direction::West, numbers[1])];
        let streams: Vec<StreamId> = both(FIRST).into_iter().chain(both(OTHER)).chain([SUM]).collect();
        let reaches = |alu: &u8| streams.iter().all(|stream| mesh.reaches(*alu, *stream));
        let adder = (0..chip.alus).find(reaches).ok_or_else(|| CompileError::Machine {
            chip: chip.name.clone(),
            what: "alus",
            found: "none that reaches streams 16 to 31".to_owned(),
            expected: "one in a row that does".to_owned(),
        })?;
        Ok(Yard {
            chip,
            topology,
            geometry: Geometry::new(chip),
            adder,
            sets: sets(chip, &links)?,
            filled: BTreeMap::new(),
            cables: BTreeMap::new(),
            accessed: BTreeSet::new(),
            added: BTreeSet::new(),
            plans: vec![Vec::new(); usize::from(topology.chips)],
        })
    }

    /// By chip.
    pub fn plans(self) -> Vec<Vec<Planned>> {
        self.plans
    }

    /// A row that a chip has before the start.
    ///
    /// Errors: as `home`.
    pub fn own(&mut self, chip: u16) -> Result<Held, CompileError> {
        let (slices, address) = self.home(chip, Set::Inner(Hemisphere::West))?;
        Ok(Held { slices, address, ready: [0; BYTES], label: GIVEN })
    }

    /// Vectors that leave by a port so far.
    pub fn load(&self, port: Port) -> usize {
        self.cables.get(&port).map_or(0, Slots::count)
    }

    /// The cycle from which on a row's last byte could be read at the end of a way, if only cables were in demand.
    pub fn arrival(&self, held: &Held, way: &[Port]) -> u64 {
        let (mut slice, mut ready) = (held.slices[BYTES - 1], held.ready[BYTES - 1]);
        for port in way {
            let earliest = ready + self.lead(slice, port.link.hemisphere.outward(), self.edge(port.link));
            let sent = self.cables.get(port).map_or(earliest, |slots| slots.free(earliest, self.apart()));
            let end = self.end(*port);
            slice = self.sets[&Set::Link(end.link)][BYTES - 1];
            ready = sent + self.way(end.link, slice) + u64::from(self.chip.latency.mem_write);
        }
        ready
    }

    /// Takes a row over a cable.
    ///
    /// Errors: as `home`.
    pub fn hop(&mut self, held: &Held, port: Port) -> Result<Held, CompileError> {
        let end = self.end(port);
        let (slices, address) = self.home(end.chip, Set::Link(end.link))?;
        let ready = [0, 1, 2, 3].map(|byte| self.word((held, byte), (port, end), (slices[byte], address)));
        Ok(Held { slices, address, ready, label: MADE })
    }

    /// Adds rows of a chip, in this order.
    ///
    /// Errors: as `home`.
    pub fn sum(&mut self, chip: u16, parts: &[Held]) -> Result<Held, CompileError> {
        let mut parts = parts.to_vec();
        // The first two meet in one cycle, and a slice gives one word in a cycle.
        if parts[0].slices == parts[1].slices {
            parts[1] = self.moved(chip, &parts[1])?;
        }
        let (slices, address) = self.home(chip, Set::Inner(Hemisphere::East))?;
        let turn = u64::from(self.chip.latency.vxm_alu);
        let since = |part: usize| part.saturating_sub(1) as u64 * turn;
        let vxm = self.geometry.vxm();
        let lead = |yard: &Self, slice: SliceId| yard.lead(slice, slice.hemisphere.inward(), vxm);
        let earliest = |(place, part): (usize, &Held)| -> u64 {
            let bytes = part.slices.iter().zip(part.ready).map(|(&slice, ready)| ready + lead(self, slice));
            bytes.max().unwrap_or(0).saturating_sub(since(place))
        };
        let mut start = parts.iter().enumerate().map(earliest).max().unwrap_or(0);
        let last = since(parts.len() - 1);
        let made = last + u64::from(self.chip.latency.vxm_entry + self.chip.latency.vxm_alu);
        let writes = slices.map(|slice| made + self.travel(SUM.direction, vxm, self.geometry.slice(slice)));
        let reads: Vec<(SliceId, u64, u64)> = parts
            .iter()
            .enumerate()
            .flat_map(|(place, part)| part.slices.map(|slice| (slice, since(place), lead(self, slice))))
            .collect();
        let is_free = |yard: &Self, start: u64| {
            (0..parts.len() - 1).all(|step| !yard.added.contains(&(chip, start + step as u64 * turn)))
                && reads.iter().all(|&(slice, since, lead)| yard.is_free(chip, slice, start + since - lead))
                && slices.iter().zip(writes).all(|(&slice, write)| yard.is_free(chip, slice, start + write))
        };
        while !is_free(self, start) {
            start += 1;
        }
        let drivers: Vec<Vec<usize>> = parts
            .iter()
            .enumerate()
            .map(|(place, part)| self.bring(chip, part, (start + since(place), if place == 0 { FIRST } else { OTHER })))
            .collect();
        let added = self.add(chip, start, &parts, &drivers);
        let mut ready = [0; BYTES];
        for (byte, (slice, write)) in slices.into_iter().zip(writes).enumerate() {
            let from = StreamId { number: SUM.number + byte as u8, ..SUM };
            ready[byte] = self.write(chip, (slice, address), (start + write, from), added);
        }
        Ok(Held { slices, address, ready, label: MADE })
    }

    /// The additions, the first in cycle `start`; the last one's place in the plan.
    fn add(&mut self, chip: u16, start: u64, parts: &[Held], drivers: &[Vec<usize>]) -> usize {
        let operand = |part: &Held, numbers: [u8; 2]| Operand::Stream(inward(part, numbers, 0));
        let turn = u64::from(self.chip.latency.vxm_alu);
        let mut place = 0;
        for (step, part) in parts[1..].iter().enumerate() {
            let a = if step == 0 { operand(&parts[0], FIRST) } else { Operand::Alu(self.adder) };
            let to = (step + 2 == parts.len()).then_some(SUM);
            let op = AluOp { op: ScalarOp::Add, dtype: DType::F32, a, b: operand(part, OTHER), to };
            let first = if step == 0 { drivers[0].as_slice() } else { &[] };
            let sources = first.iter().chain(&drivers[step + 1]).map(|&driver| (driver, 0)).collect();
            let cycle = start + step as u64 * turn;
            self.added.insert((chip, cycle));
            place = self.push(chip, Queue::Alu(self.adder), cycle, (Instruction::Alu(op), sources));
        }
        place
    }

    /// Reads a row so that it is at the VXM in a cycle; its bursts' places.
    fn bring(&mut self, chip: u16, part: &Held, (at, numbers): (u64, [u8; 2])) -> Vec<usize> {
        let vxm = self.geometry.vxm();
        let read = |byte: usize| {
            let slice = part.slices[byte];
            let cycle = at - self.lead(slice, slice.hemisphere.inward(), vxm);
            self.read(chip, (part, byte), (cycle, inward(part, numbers, byte)))
        };
        (0..BYTES).map(read).collect()
    }

    /// Copies a row to the slices beside the VXM, in the same half.
    fn moved(&mut self, chip: u16, held: &Held) -> Result<Held, CompileError> {
        let half = held.slices[0].hemisphere;
        let (slices, address) = self.home(chip, Set::Inner(half))?;
        let mut ready = [0; BYTES];
        for byte in 0..BYTES {
            let (from, to) = (held.slices[byte], slices[byte]);
            let way = self.lead(from, half.inward(), self.geometry.slice(to));
            let mut cycle = held.ready[byte];
            while !self.is_free(chip, from, cycle) || !self.is_free(chip, to, cycle + way) {
                cycle += 1;
            }
            let stream = inward(held, MOVED, byte);
            let driver = self.read(chip, (held, byte), (cycle, stream));
            ready[byte] = self.write(chip, (to, address), (cycle + way, stream), driver);
        }
        Ok(Held { slices, address, ready, label: MADE })
    }

    /// A word over a cable, as early as can be; the cycle from which on it can be read.
    fn word(&mut self, (held, byte): (&Held, usize), (port, end): (Port, Port), (to, home): (SliceId, u16)) -> u64 {
        let (half, from) = (port.link.hemisphere, held.slices[byte]);
        let lead = self.lead(from, half.outward(), self.edge(port.link));
        let (way, apart) = (self.way(end.link, to), self.apart());
        let mut sent = held.ready[byte] + lead;
        loop {
            sent = self.cables.entry(port).or_default().free(sent, apart);
            if self.is_free(port.chip, from, sent - lead) && self.is_free(end.chip, to, sent + way) {
                break;
            }
            sent += 1;
        }
        self.cables.entry(port).or_default().take(sent);
        let out = StreamId::new(half.outward(), port.link.number);
        let driver = self.read(port.chip, (held, byte), (sent - lead, out));
        let send = Instruction::Send { from: out.number };
        self.push(port.chip, Queue::LinkSend(port.link), sent, (send, vec![(driver, 0)]));
        let landed = StreamId::new(end.link.hemisphere.inward(), INWARD + end.link.number);
        let receive = (Instruction::Receive { to: landed.number }, Vec::new());
        let crossing = self.chip.latency.link_crossing().0;
        let driver = self.push(end.chip, Queue::LinkReceive(end.link), sent + crossing, receive);
        self.write(end.chip, (to, home), (sent + way, landed), driver)
    }

    fn read(&mut self, chip: u16, (held, byte): (&Held, usize), (cycle, to): (u64, StreamId)) -> usize {
        let slice = held.slices[byte];
        self.accessed.insert((chip, slice, cycle));
        let read = Instruction::Read { address: Address::fixed(held.address), to };
        let place = self.push(chip, Queue::MemRead(slice), cycle, (read, Vec::new()));
        self.plans[usize::from(chip)][place].label = held.label;
        place
    }

    /// Writes what `driver` drives; the first cycle in which it may be read.
    fn write(
        &mut self,
        chip: u16,
        (slice, word): (SliceId, u16),
        (cycle, from): (u64, StreamId),
        driver: usize,
    ) -> u64 {
        self.accessed.insert((chip, slice, cycle));
        let write = Instruction::Write { address: Address::fixed(word), from };
        self.push(chip, Queue::MemWrite(slice), cycle, (write, vec![(driver, 0)]));
        cycle + u64::from(self.chip.latency.mem_write)
    }

    fn push(
        &mut self,
        chip: u16,
        queue: Queue,
        cycle: u64,
        (instruction, sources): (Instruction, Vec<(usize, u32)>),
    ) -> usize {
        let plan = &mut self.plans[usize::from(chip)];
        plan.push(Planned { queue, cycle: cycle as i64, burst: Burst::once(instruction), label: MADE, sources });
        plan.len() - 1
    }

    /// The next word of a set.
    ///
    /// Errors: `Machine` when its slices are full.
    fn home(&mut self, chip: u16, set: Set) -> Result<([SliceId; BYTES], u16), CompileError> {
        let next = self.filled.entry((chip, set)).or_default();
        if *next == self.chip.words {
            return Err(CompileError::Machine {
                chip: self.chip.name.clone(),
                what: "words",
                found: self.chip.words.to_string(),
                expected: "more, for all rows that land by one link; ask for fewer rows".to_owned(),
            });
        }
        *next += 1;
        Ok((self.sets[&set], *next - 1))
    }

    fn is_free(&self, chip: u16, slice: SliceId, cycle: u64) -> bool {
        !self.accessed.contains(&(chip, slice, cycle))
    }

    fn end(&self, port: Port) -> Port {
        self.topology.across(port).expect("ways follow cables")
    }

    fn edge(&self, link: LinkId) -> arch::Station {
        self.geometry.sxm(link.hemisphere)
    }

    fn apart(&self) -> u64 {
        u64::from(self.chip.latency.link_vector)
    }

    fn travel(&self, direction: Direction, from: arch::Station, to: arch::Station) -> u64 {
        u64::from(self.geometry.travel(direction, from, to).expect("streams of this direction lead there"))
    }

    /// Dispatch of a Read to the word's arrival at a station.
    fn lead(&self, slice: SliceId, direction: Direction, to: arch::Station) -> u64 {
        u64::from(self.chip.latency.mem_read) + self.travel(direction, self.geometry.slice(slice), to)
    }

    /// Dispatch of a Send to the Write at the other end.
    fn way(&self, link: LinkId, to: SliceId) -> u64 {
        let latency = &self.chip.latency;
        let inside = self.travel(link.hemisphere.inward(), self.edge(link), self.geometry.slice(to));
        latency.link_crossing().0 + u64::from(latency.link_receive) + inside
    }
}

/// The stream on which a byte of a row flows to the VXM.
fn inward(held: &Held, numbers: [u8; 2], byte: usize) -> StreamId {
    let half = held.slices[byte].hemisphere;
    StreamId::new(half.inward(), numbers[half.index()] + byte as u8)
}

/// Four slices beside the VXM in each half, and from the edge inwards four for each link.
fn sets(chip: &Chip, links: &BTreeSet<LinkId>) -> Result<BTreeMap<Set, [SliceId; BYTES]>, CompileError> {
    let mut sets = BTreeMap::new();
    for half in Hemisphere::BOTH {
        let here = || links.iter().filter(move |link| link.hemisphere == half);
        let numbers = (0..chip.slices).map(|number| SliceId { hemisphere: half, number });
        let slices: Vec<SliceId> = numbers.filter(|slice| !chip.is_reserved(*slice)).collect();
        let needed = BYTES * (1 + here().count());
        if slices.len() < needed {
            return Err(CompileError::Machine {
                chip: chip.name.clone(),
                what: "slices",
                found: format!("{} of a half that hold data", slices.len()),
                expected: format!("at least {needed}"),
            });
        }
        let four = |slices: &[SliceId]| [slices[0], slices[1], slices[2], slices[3]];
        sets.insert(Set::Inner(half), four(&slices));
        let outer = slices.rchunks_exact(BYTES).map(four);
        sets.extend(here().map(|link| Set::Link(*link)).zip(outer));
    }
    Ok(sets)
}
