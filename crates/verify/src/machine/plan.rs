//! Templates made ready to be stepped: operands as taps and drives, slices and planes as indices.
//!
//! In: a chip and well-formed templates.  Out: one `Plan` per template.
//! Invariant: nothing is computed here but places and delays; order within a cycle is the order of `queues`.
//! Method: `diagonal = cycle - delay` (arch::Geometry) is stored as one unsigned shift per operand; stations that an operand hears
//!     are a bit mask.

use arch::{Chip, Direction, Geometry, Hemisphere, LinkId, Queue, SliceId, Station, StreamId, Topology};
use graph::{DType, ScalarOp};
use program::{
    AccumulateMode, Address, Burst, Entry, Instruction, MxmFormat, Operand, Source, Template, TemplateWitness,
};
use units::Order;

/// Where streams are sampled: from `stream` on, at the stations of `reach`, on diagonal `cycle + shift`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tap {
    pub(crate) stream: StreamId,
    pub(crate) reach: u64,
    pub(crate) shift: u32,
}

/// Where streams are driven: from `stream` on, at `station`, on diagonal `cycle + shift`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drive {
    pub(crate) stream: StreamId,
    pub(crate) station: u8,
    pub(crate) shift: u32,
}

/// An ALU operand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Stream(Tap),
    Alu(u8),
    Immediate(u32),
    None,
}

/// An instruction in place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Read {
        slice: u16,
        address: Address,
        to: Drive,
    },
    Write {
        slice: u16,
        address: Address,
        from: Tap,
    },
    Gather {
        slice: u16,
        map: Tap,
        to: Drive,
    },
    Scatter {
        slice: u16,
        map: Tap,
        from: Tap,
    },
    Load {
        plane: u8,
        group: u8,
        from: Tap,
    },
    Install {
        plane: u8,
    },
    Activate {
        plane: u8,
        format: MxmFormat,
        from: Tap,
    },
    Accumulate {
        plane: u8,
        slot: u16,
        step: u16,
        mode: AccumulateMode,
        emit: Option<Drive>,
    },
    Alu {
        alu: u8,
        op: ScalarOp,
        dtype: DType,
        a: Input,
        b: Input,
        to: Option<Drive>,
    },
    Distribute {
        map: [u8; 16],
        from: Tap,
        to: Drive,
    },
    Transpose {
        from: Tap,
        to: Drive,
    },
    Permute {
        map: u16,
        from: Tap,
        to: Drive,
    },
    Shift {
        lanes: u16,
        north: Tap,
        south: Tap,
        to: Drive,
    },
    Send {
        link: LinkId,
        from: Tap,
    },
    Receive {
        link: LinkId,
        to: Drive,
    },
    Rotate {
        size: u8,
        from: Tap,
        to: Drive,
    },
    Fetch {
        slice: SliceId,
        address: Address,
    },
    Config {
        superlanes: u8,
    },
    Deskew,
    /// Parks or releases: rule 13 has read its time off the queues.
    Rest,
}

/// A burst in place.
#[derive(Clone, Debug)]
pub(crate) struct Planned<'a> {
    /// First dispatch after the template's start.
    pub(crate) start: u64,
    pub(crate) count: u32,
    pub(crate) interval: u32,
    /// Place in the template's queues.
    pub(crate) queue: u32,
    /// Place in the queue's entries.
    pub(crate) entry: u32,
    pub(crate) step: Step,
    /// Claimed drivers of the sampled streams, if any are claimed.
    pub(crate) sources: &'a [Source],
}

/// A queue in place: its bursts are `bursts[first .. last]` of the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    pub(crate) queue: Queue,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// A template in place.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    /// Queues in the order in which they act within a cycle.
    pub(crate) lanes: Vec<Lane>,
    /// Bursts, queue by queue.
    pub(crate) bursts: Vec<Planned<'a>>,
    /// Cycles of the template.
    pub(crate) length: u64,
}

/// What all plans share: the chip, how many of it there are and how they are joined.
pub(crate) struct Site<'a> {
    pub(crate) chip: &'a Chip,
    pub(crate) topology: Topology,
    geometry: Geometry,
    origin: u32,
}

impl<'a> Site<'a> {
    pub(crate) fn new(chip: &'a Chip, topology: Topology) -> Self {
        let geometry = Geometry::new(chip);
        let stations = (0..geometry.stations()).map(Station);
        let delays = stations.flat_map(|station| Direction::BOTH.map(|to| geometry.depart(to, station)));
        let origin = delays.max().unwrap_or(0);
        Site { chip, topology, geometry, origin }
    }

    /// Number of stations.
    pub(crate) fn stations(&self) -> u8 {
        self.geometry.stations()
    }

    /// Diagonals that can be alive at once.
    pub(crate) fn diagonals(&self) -> usize {
        let latency = &self.chip.latency;
        let result = [
            latency.mem_read,
            latency.mem_gather,
            latency.mxm_accumulate,
            latency.sxm_distribute,
            latency.sxm_transpose,
            latency.sxm_rotate,
            latency.sxm_permute,
            latency.link_receive,
            latency.vxm_entry + latency.vxm_alu,
        ];
        let ahead = result.into_iter().max().unwrap_or(0);
        (self.origin + ahead + 1).next_power_of_two() as usize
    }

    /// Index of a slice: west half first.
    pub(crate) fn slice(&self, slice: SliceId) -> u16 {
        slice.hemisphere.index() as u16 * u16::from(self.chip.slices) + u16::from(slice.number)
    }

    fn plane(&self, hemisphere: Hemisphere, plane: u8) -> u8 {
        hemisphere.index() as u8 * self.chip.planes + plane
    }

    fn tap(&self, stream: StreamId, station: Station) -> Tap {
        let hears = |from: Station| self.geometry.travel(stream.direction, from, station).is_some();
        let reach = (0..self.stations()).filter(|&from| hears(Station(from))).fold(0, |mask, from| mask | 1 << from);
        Tap { stream, reach, shift: self.origin - self.geometry.arrive(stream.direction, station) }
    }

    fn drive(&self, stream: StreamId, station: Station, latency: u32) -> Drive {
        let shift = self.origin + latency - self.geometry.depart(stream.direction, station);
        Drive { stream, station: station.0, shift }
    }

    /// A template in place. Instructions that do not belong to their queue are refused by rule 1 and left out here.
    pub(crate) fn plan(&self, template: &'a Template, witness: Option<&'a TemplateWitness>) -> Plan<'a> {
        let mut order: Vec<usize> = (0..template.queues.len()).collect();
        order.order_by_key(|&index| (phase(template.queues[index].0), index));
        let mut plan = Plan { lanes: Vec::new(), bursts: Vec::new(), length: template.length().0 };
        for index in order {
            let (queue, entries) = &template.queues[index];
            let first = plan.bursts.len() as u32;
            let mut start = 0;
            for (entry, item) in entries.iter().enumerate() {
                if let Entry::Issue(burst) = item
                    && let Some(step) = self.step(*queue, burst)
                {
                    let (queue, entry) = (index as u32, entry as u32);
                    let sources = witness.map_or(&[][..], |witness| sources(witness, queue, entry));
                    let Burst { count, interval, .. } = *burst;
                    plan.bursts.push(Planned { start, count, interval, queue, entry, step, sources });
                }
                start += item.length().0;
            }
            let last = plan.bursts.len() as u32;
            if first < last {
                plan.lanes.push(Lane { queue: *queue, first, last });
            }
        }
        plan
    }

    fn step(&self, queue: Queue, burst: &Burst) -> Option<Step> {
        let latency = &self.chip.latency;
        match (queue, burst.instruction) {
            (_, Instruction::Fetch { slice, address }) => Some(Step::Fetch { slice, address }),
            (_, Instruction::Config { superlanes }) => Some(Step::Config { superlanes }),
            (_, Instruction::Sync | Instruction::Notify) => Some(Step::Rest),
            (Queue::LinkSend(_), Instruction::Deskew { .. }) => Some(Step::Deskew),
            (Queue::MemRead(slice), Instruction::Read { address, to }) => {
                let to = self.drive(to, self.geometry.slice(slice), latency.mem_read);
                Some(Step::Read { slice: self.slice(slice), address, to })
            }
            (Queue::MemRead(slice), Instruction::Gather { map, to }) => {
                let station = self.geometry.slice(slice);
                let to = self.drive(to, station, latency.mem_gather);
                Some(Step::Gather { slice: self.slice(slice), map: self.tap(map, station), to })
            }
            (Queue::MemWrite(slice), Instruction::Write { address, from }) => {
                let from = self.tap(from, self.geometry.slice(slice));
                Some(Step::Write { slice: self.slice(slice), address, from })
            }
            (Queue::MemWrite(slice), Instruction::Scatter { map, from }) => {
                let station = self.geometry.slice(slice);
                let (map, from) = (self.tap(map, station), self.tap(from, station));
                Some(Step::Scatter { slice: self.slice(slice), map, from })
            }
            (Queue::Alu(alu), Instruction::Alu(alu_op)) => {
                let station = self.geometry.vxm();
                let input = |operand| match operand {
                    Operand::Stream(stream) => Input::Stream(self.tap(stream, station)),
                    Operand::Alu(alu) => Input::Alu(alu),
                    Operand::Immediate(bits) => Input::Immediate(bits),
                    Operand::None => Input::None,
                };
                let (a, b) = (input(alu_op.a), input(alu_op.b));
                let to = alu_op.to.map(|stream| self.drive(stream, station, latency.vxm_entry + latency.vxm_alu));
                Some(Step::Alu { alu, op: alu_op.op, dtype: alu_op.dtype, a, b, to })
            }
            (Queue::Distributor(hemisphere, _), Instruction::Distribute { from, to, map }) => {
                let station = self.geometry.sxm(hemisphere);
                let from = self.tap(StreamId::new(hemisphere.outward(), from), station);
                let to = self.drive(StreamId::new(hemisphere.inward(), to), station, latency.sxm_distribute);
                Some(Step::Distribute { map, from, to })
            }
            (Queue::Transposer(half, _) | Queue::Permuter(half), instruction) => self.switch_step(half, instruction),
            (Queue::LinkSend(link), Instruction::Send { from }) => {
                let outward = StreamId::new(link.hemisphere.outward(), from);
                Some(Step::Send { link, from: self.tap(outward, self.geometry.sxm(link.hemisphere)) })
            }
            (Queue::LinkReceive(link), Instruction::Receive { to }) => {
                let inward = StreamId::new(link.hemisphere.inward(), to);
                let station = self.geometry.sxm(link.hemisphere);
                Some(Step::Receive { link, to: self.drive(inward, station, latency.link_receive) })
            }
            (queue, instruction) => self.matrix_step(queue, instruction),
        }
    }

    fn switch_step(&self, half: Hemisphere, instruction: Instruction) -> Option<Step> {
        let (station, latency) = (self.geometry.sxm(half), &self.chip.latency);
        let from = |number| self.tap(StreamId::new(half.outward(), number), station);
        let to = |number, latency| self.drive(StreamId::new(half.inward(), number), station, latency);
        match instruction {
            Instruction::Transpose { from: first, to: goal } => {
                Some(Step::Transpose { from: from(first), to: to(goal, latency.sxm_transpose) })
            }
            Instruction::Rotate { from: first, to: goal, size } => {
                Some(Step::Rotate { size, from: from(first), to: to(goal, latency.sxm_rotate) })
            }
            Instruction::Permute { from: first, to: goal, map } => {
                Some(Step::Permute { map, from: from(first), to: to(goal, latency.sxm_permute) })
            }
            Instruction::Shift { north, south, lanes, to: goal } => {
                let to = to(goal, latency.sxm_permute);
                Some(Step::Shift { lanes, north: from(north), south: from(south), to })
            }
            _ => None,
        }
    }

    fn matrix_step(&self, queue: Queue, instruction: Instruction) -> Option<Step> {
        let outward = |hemisphere: Hemisphere, number| {
            self.tap(StreamId::new(hemisphere.outward(), number), self.geometry.mxm(hemisphere))
        };
        match (queue, instruction) {
            (Queue::MxmWeights(hemisphere, plane), Instruction::Load { group, from }) => {
                Some(Step::Load { plane: self.plane(hemisphere, plane), group, from: outward(hemisphere, from) })
            }
            (Queue::MxmWeights(hemisphere, plane), Instruction::Install) => {
                Some(Step::Install { plane: self.plane(hemisphere, plane) })
            }
            (Queue::MxmActivate(hemisphere, plane), Instruction::Activate { from, format }) => {
                Some(Step::Activate { plane: self.plane(hemisphere, plane), format, from: outward(hemisphere, from) })
            }
            (Queue::MxmAccumulate(hemisphere, plane), Instruction::Accumulate { slot, step, mode, emit }) => {
                let emit = emit.map(|number| {
                    let stream = StreamId::new(hemisphere.inward(), number);
                    self.drive(stream, self.geometry.mxm(hemisphere), self.chip.latency.mxm_accumulate)
                });
                Some(Step::Accumulate { plane: self.plane(hemisphere, plane), slot, step, mode, emit })
            }
            _ => None,
        }
    }
}

/// Reads before weights before the rest before writes: a write is seen from the next cycle on at the earliest, and weights
/// installed now are not usable now.
fn phase(queue: Queue) -> u8 {
    match queue {
        Queue::MemRead(_) => 0,
        Queue::MxmWeights(..) => 1,
        Queue::Alu(_) | Queue::MxmActivate(..) | Queue::MxmAccumulate(..) => 2,
        Queue::Distributor(..) | Queue::Transposer(..) | Queue::Permuter(_) => 2,
        Queue::LinkSend(_) | Queue::LinkReceive(_) => 2,
        Queue::MemWrite(_) => 3,
    }
}

/// Claimed drivers of a burst, none if the witness has no entry for it (rule 8 reports that).
fn sources(witness: &TemplateWitness, queue: u32, entry: u32) -> &[Source] {
    let found = witness.entries.binary_search_by_key(&(queue, entry), |claim| (claim.queue, claim.entry));
    found.map_or(&[], |index| &witness.entries[index].sources)
}
