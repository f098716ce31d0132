//! A plan: what one template computes, without queues, cycles and streams.
//!
//! In: nothing.  Out: plain data: operations on slots of lanes and of words, in an order in which each finds its operands made.
//! Invariant: an operation's result lies in another slot than its operands.

use crate::mxm::Kind;
use arch::{StreamId, Ways};
use graph::{DType, ScalarOp};
use std::collections::BTreeSet;

/// Place of a value among the scratch lanes or the scratch words.
pub(super) type Slot = u32;

/// A word of SRAM, up to the bases of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Index of the slice.
    pub(super) slice: u16,
    /// Which base of the instance is added.
    pub(super) base: u8,
    /// Words after the base.
    pub(super) offset: i32,
    /// Cycle after the template's start in which it is read or written.
    pub(super) cycle: u32,
}

/// 320 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A word of SRAM, as it is when the operation is executed.
    Sram(Place),
    /// Byte number `byte` of each of the lanes.
    Lanes {
        /// The lanes.
        slot: Slot,
        /// Which byte, least significant first.
        byte: u8,
    },
    /// A scratch word.
    Word(Slot),
}

/// What kind of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bank {
    Lanes,
    Words,
}

/// Whether a slot is read or filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Use,
    Make,
}

/// One activation of a batch.
#[derive(Clone, Debug)]
pub(super) enum Activation {
    /// Int8.
    I8(Part),
    /// Half `half` of f16 lanes.
    F16 {
        /// The lanes.
        slot: Slot,
        /// 0 or 1.
        half: u8,
    },
}

/// Activations that are multiplied by the same arrays.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// Which half of the chip, 0 or 1.
    pub(super) hemisphere: usize,
    /// Place in `Plan::arrays`: the plane's array, twice, or for f16 those of both planes.
    pub(super) arrays: [u32; 2],
    /// Activations, and where their products go.
    pub(super) products: Vec<(Activation, Slot)>,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Lanes made of the bytes of one, two or four words.
    Join {
        /// The words; those past `count` repeat the first.
        parts: [Part; 4],
        /// How many.
        count: u8,
        to: Slot,
    },
    Unary {
        op: ScalarOp,
        dtype: DType,
        a: Slot,
        to: Slot,
    },
    Binary {
        op: ScalarOp,
        dtype: DType,
        a: Slot,
        b: Slot,
        to: Slot,
    },
    Write {
        to: Place,
        part: Part,
    },
    Gather {
        slice: u16,
        map: Part,
        to: Slot,
    },
    Scatter {
        slice: u16,
        map: Part,
        part: Part,
    },
    /// Keeps a word that is overwritten before its reader is done with it.
    Keep {
        from: Place,
        to: Slot,
    },
    Distribute {
        from: Part,
        /// Lane of the superlane, for each of its lanes.
        map: Box<[u8; 16]>,
        to: Slot,
    },
    Multiply(Box<Batch>),
}

/// Columns of an array that lie in words at equal distances of one slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// First column, and columns from one to the next.
    pub(super) column: u16,
    pub(super) step: u16,
    pub(super) count: u16,
    /// The first word, and words of SRAM from one to the next.
    pub(super) part: Part,
    pub(super) stride: i32,
}

/// An array that is installed.
#[derive(Clone, Debug, Default)]
pub(super) struct Array {
    /// The plane that has it from before the template, if it is such a one; then `ready` is the cycle of its first use.
    pub(super) held: Option<Held>,
    /// Cycle after the template's start from which it may be used.
    pub(super) ready: u64,
    /// Words by column.
    pub(super) columns: Vec<Option<Part>>,
    /// The same, column after column where they lie together.
    pub(super) runs: Vec<Run>,
}

/// An array from before the template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// Place of the plane among those of the chip.
    pub(super) plane: usize,
    /// Columns from here on must be absent.
    pub(super) columns: usize,
}

/// A value that may still be under way when the template ends.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    pub(super) stream: StreamId,
    /// After the template's start.
    pub(super) diagonal: i64,
    pub(super) rank: u8,
    /// Queue, entry and iteration that drove it.
    pub(super) site: [u32; 3],
    pub(super) part: Part,
}

/// What an ALU computed last.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) alu: u8,
    pub(super) cycle: u64,
    pub(super) dtype: DType,
    pub(super) value: Slot,
    /// On which the result may go on.
    pub(super) ways: Ways,
}

/// State of a plane at the end of the template.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaneEnd {
    /// Columns loaded and not installed.
    pub(super) buffer: Vec<(u16, Part)>,
    /// Place in `Plan::arrays` of what was installed last.
    pub(super) array: Option<u32>,
    pub(super) accumulators: Vec<(u16, Kind, Slot)>,
}

/// What of the template outlives it, other than what it wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    pub(super) planes: Vec<PlaneEnd>,
    pub(super) alus: Vec<Computed>,
    pub(super) tails: Vec<Tail>,
    /// Writes that become visible after it.
    pub(super) writes: Vec<(Place, Part)>,
}

/// Who samples or drives a diagonal early in a template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    /// Index of the stream, and the diagonal after the template's start.
    pub(super) cell: (usize, i64),
    /// Drivers with a rank in `low .. high` would be heard instead of the one that is, or collide.
    pub(super) low: u8,
    pub(super) high: u8,
}

/// A template without its time.
pub(crate) struct Plan {
    pub(super) ops: Vec<Op>,
    pub(super) arrays: Vec<Array>,
    /// Slots that hold one value in all lanes, and its bits.
    pub(super) constants: Vec<(Slot, u32)>,
    /// Number of slots.
    pub(super) lanes: usize,
    pub(super) words: usize,
    pub(super) end: End,
    /// Sorted by cell.
    pub(super) early: Vec<Touch>,
    pub(super) length: u64,
    /// Instances whose bases the plan fits.
    pub(super) instances: BTreeSet<usize>,
}

impl Part {
    /// Its slot, if it lies in one.
    pub(super) fn slot(&mut self) -> Option<(Bank, &mut Slot)> {
        match self {
            Part::Sram(_) => None,
            Part::Lanes { slot, .. } => Some((Bank::Lanes, slot)),
            Part::Word(slot) => Some((Bank::Words, slot)),
        }
    }
}

impl Op {
    /// All words it reads, those of arrays aside.
    pub(super) fn parts(&mut self) -> Vec<&mut Part> {
        match self {
            Op::Join { parts, count, .. } => parts.iter_mut().take(usize::from(*count)).collect(),
            Op::Write { part, .. } | Op::Distribute { from: part, .. } | Op::Gather { map: part, .. } => vec![part],
            Op::Scatter { map, part, .. } => vec![map, part],
            Op::Multiply(batch) => {
                let word = |activation| match activation {
                    &mut Activation::I8(ref mut part) => Some(part),
                    _ => None,
                };
                batch.products.iter_mut().filter_map(|(activation, _)| word(activation)).collect()
            }
            Op::Unary { .. } | Op::Binary { .. } | Op::Keep { .. } => Vec::new(),
        }
    }

    /// All slots it reads or fills, those of its parts included.
    pub(super) fn slots(&mut self) -> Vec<(Bank, Access, &mut Slot)> {
        let used = |slot| (Bank::Lanes, Access::Use, slot);
        let made = |slot| (Bank::Lanes, Access::Make, slot);
        match self {
            Op::Unary { a, to, .. } => vec![used(a), made(to)],
            Op::Binary { a, b, to, .. } => vec![used(a), used(b), made(to)],
            Op::Join { parts, to, .. } => parts.iter_mut().filter_map(in_slot).chain([made(to)]).collect(),
            Op::Write { part, .. } => in_slot(part).into_iter().collect(),
            Op::Scatter { map, part, .. } => [map, part].into_iter().filter_map(in_slot).collect(),
            Op::Gather { map: part, to, .. } | Op::Distribute { from: part, to, .. } => {
                in_slot(part).into_iter().chain([(Bank::Words, Access::Make, to)]).collect()
            }
            Op::Keep { to, .. } => vec![(Bank::Words, Access::Make, to)],
            Op::Multiply(batch) => {
                let products = batch.products.iter_mut();
                products
                    .flat_map(|(activation, to)| {
                        let from = match activation {
                            Activation::I8(part) => in_slot(part),
                            Activation::F16 { slot, .. } => Some(used(slot)),
                        };
                        from.into_iter().chain([made(to)])
                    })
                    .collect()
            }
        }
    }
}

impl End {
    /// All words it needs.
    pub(super) fn parts(&mut self) -> Vec<&mut Part> {
        let buffers = self.planes.iter_mut().flat_map(|plane| plane.buffer.iter_mut().map(|(_, part)| part));
        let tails = self.tails.iter_mut().map(|tail| &mut tail.part);
        buffers.chain(tails).chain(self.writes.iter_mut().map(|(_, part)| part)).collect()
    }

    /// All lanes it needs, those of its words aside.
    pub(super) fn lanes(&mut self) -> Vec<&mut Slot> {
        let planes = self.planes.iter_mut();
        let accumulators = planes.flat_map(|plane| plane.accumulators.iter_mut().map(|(.., slot)| slot));
        accumulators.chain(self.alus.iter_mut().map(|computed| &mut computed.value)).collect()
    }
}

fn in_slot(part: &mut Part) -> Option<(Bank, Access, &mut Slot)> {
    part.slot().map(|(bank, slot)| (bank, Access::Use, slot))
}
