//! Instructions: what a queue can issue.
//!
//! In: operands.  Out: one instruction; timing of each below, in superlane-0 cycles after dispatch at cycle t.
//! Invariant: an instruction names streams, addresses and registers, never a cycle.
//! Method: the station of the issuing queue gives the place; "samples X at t" means the value of stream X that *arrives* at that
//!     station in cycle t (`Geometry::arrive`), "drives X at t + n" one that *departs* from it then (`Geometry::depart`).
//! Source: instruction list of Abts et al., ISCA 2020, Table I; operand fields are ours. NOP and Repeat are forms of a queue's entry.

use arch::{SliceId, StreamId};
use graph::{DType, ScalarOp};
use serde::{Deserialize, Serialize};

/// Bytes of a word and of one stream register file row: 20 superlanes of 16 lanes.
pub const WORD_BYTES: usize = 320;
/// In the map of a Distribute: the lane gets no lane of the operand, but zero.
pub const LANE_ZERO: u8 = 16;
/// Superlanes of a unit at full length.
pub const SUPERLANES: u8 = 20;

/// A bijection of the lanes of a word: lane l of the result is lane `from[l]` of the operand. It has 320 lanes, each once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LaneMap {
    /// Source lane of each lane.
    pub from: Vec<u16>,
}

/// A word address in the issuing slice: `bases[base] + offset + iteration * stride`, bases being those of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Which base of the instance is added; base 0 is always 0.
    pub base: u8,
    /// Words after the base.
    pub offset: u16,
    /// Words from one iteration of a Repeat to the next.
    pub stride: i16,
}

/// How the MXM reads an activation and its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MxmFormat {
    /// One stream of int8, 320 lanes deep; weights are int8 words; the product is i32.
    I8,
    /// A pair of streams (low byte, high byte) of f16. Half h of the lanes takes part: lanes 16 s + 8 h + j of superlane s,
    /// j = 0..7; the weight of that lane is bytes 16 s + 2 j and 16 s + 2 j + 1 of the weight word. Both planes of the
    /// hemisphere work as one: plane 0 holds columns 0..159, plane 1 columns 160..319 of the result. Issued on plane 0
    /// only. Products are exact, added in f32 in the order of `graph::Order::Superlanes`.
    F16 {
        /// 0 or 1.
        half: u8,
    },
}

/// What an Accumulate does with the product that reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccumulateMode {
    /// accumulator = product.
    Set,
    /// accumulator = accumulator + product (i32 wrapping, or f32).
    Add,
}

/// Operand of an ALU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operand {
    /// The streams from this one on, as many as the operand type has bytes, least significant byte first; the number is a multiple of that.
    /// They lie in a group that the ALU's row reaches (`arch::Mesh`), and two operands not in one group from both sides.
    Stream(StreamId),
    /// The result of that ALU's instruction dispatched exactly `vxm_alu` cycles earlier; its own for running folds. It goes on in one
    /// stream group and one direction to all ALUs that take it: that of `to`, if the instruction drives a stream.
    Alu(u8),
    /// The bits of an f32 or i32, the same in all lanes.
    Immediate(u32),
    /// No operand (unary operations).
    None,
}

/// One ALU instruction. Samples streams at t; its result feeds ALU operands of instructions dispatched at t + `vxm_alu`
/// and drives streams at t + `vxm_entry` + `vxm_alu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AluOp {
    /// The operation, one that `alu_does`.
    pub op: ScalarOp,
    /// Type of the operands; a condition is an i32.
    pub dtype: DType,
    /// First operand.
    pub a: Operand,
    /// Second operand.
    pub b: Operand,
    /// First stream that the result drives, if any; as many streams as the result type has bytes, aligned, in a group that the row reaches.
    pub to: Option<StreamId>,
}

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Instruction {
    /// MemRead queue: drives `to` at t + `mem_read` with the word as it was before any write dispatched at t or later.
    Read {
        /// Word read.
        address: Address,
        /// Stream driven.
        to: StreamId,
    },
    /// MemWrite queue: samples `from` at t; reads dispatched at t + `mem_write` or later see it.
    Write {
        /// Word written.
        address: Address,
        /// Stream sampled.
        from: StreamId,
    },
    /// MemRead queue: samples `map` at t; drives `to` at t + `mem_gather`. Superlane s of the result is superlane s of the word
    /// at the address in bytes 16 s (low 8 bits) and 16 s + 1 (high 5 bits) of the map.
    Gather {
        /// Stream with an address per superlane.
        map: StreamId,
        /// Stream driven.
        to: StreamId,
    },
    /// MemWrite queue: samples `map` and `from` at t; superlane s is written to the address in the map as for Gather.
    Scatter {
        /// Stream with an address per superlane.
        map: StreamId,
        /// Stream sampled.
        from: StreamId,
    },
    /// MxmWeights queue: samples the 16 outward streams `from .. from + 16` at t; stream `from + i` becomes column
    /// `16 * (group + iteration) + i` of the plane's weight buffer. `from` is 0 or 16.
    Load {
        /// Group of 16 columns of the first iteration.
        group: u8,
        /// First of 16 streams.
        from: u8,
    },
    /// MxmWeights queue: the buffer becomes the array; usable by Activates from t + `mxm_install` on, unusable in between.
    /// Columns not loaded since the last Install are zero afterwards; the buffer is empty again.
    Install,
    /// MxmActivate queue: samples the outward stream (or pair, aligned) `from` at t; the product of array and activation
    /// reaches the accumulators at t + `mxm_entry` + `mxm_multiply`.
    Activate {
        /// First outward stream.
        from: u8,
        /// Element format.
        format: MxmFormat,
    },
    /// MxmAccumulate queue: takes the product of the Activate dispatched exactly `mxm_entry + mxm_multiply` cycles earlier on
    /// the same plane; with `emit`, drives the four inward streams `emit .. emit + 4` (aligned) at t + `mxm_accumulate`.
    Accumulate {
        /// Accumulator of iteration 0.
        slot: u16,
        /// Accumulators from one iteration of a Repeat to the next: iteration i uses `slot + i * step`.
        step: u16,
        /// Replace or add.
        mode: AccumulateMode,
        /// First of four inward streams driven with the new value of the accumulator.
        emit: Option<u8>,
    },
    /// Alu queue.
    Alu(AluOp),
    /// Distributor queue: samples the outward stream `from` at t; drives the inward stream `to` at t + `sxm_distribute`: lane l of
    /// each superlane is lane `map[l]` of the same superlane, or zero where the map says `LANE_ZERO`.
    Distribute {
        /// Outward stream sampled.
        from: u8,
        /// Inward stream driven.
        to: u8,
        /// Source lane of each lane, 0 to 15, or `LANE_ZERO`.
        map: [u8; 16],
    },
    /// Transposer queue: samples the 16 outward streams `from .. from + 16` at t; drives the 16 inward streams `to .. to + 16` at
    /// t + `sxm_transpose`: lane l of superlane s of stream `to + i` is lane i of superlane s of stream `from + l`. `from` and
    /// `to` are 0 or 16. The two transposers of an SXM together take and give all 32 streams.
    Transpose {
        /// First of 16 outward streams sampled.
        from: u8,
        /// First of 16 inward streams driven.
        to: u8,
    },
    /// Permuter queue: samples the outward stream `from` at t; drives the inward stream `to` at t + `sxm_permute`: lane l is lane
    /// `maps[map].from[l]` of the operand, over all 320 lanes.
    Permute {
        /// Outward stream sampled.
        from: u8,
        /// Inward stream driven.
        to: u8,
        /// Index into `Executable::maps`.
        map: u16,
    },
    /// Permuter queue: samples the outward streams `north` and `south` at t; drives the inward stream `to` at t + `sxm_permute`:
    /// lane l is lane `l - lanes` of `north` if `lanes <= l`, else lane `l + 320 - lanes` of `south`. So `north` shifted up by
    /// `lanes` and `south` shifted down by `320 - lanes`, and of the two the one that has a lane there (Select). With one
    /// stream for both it rotates; with zeros on one of them it shifts the other.
    Shift {
        /// Outward stream that moves to higher lanes.
        north: u8,
        /// Outward stream that moves to lower lanes.
        south: u8,
        /// Lanes that `north` moves, 0 to 320.
        lanes: u16,
        /// Inward stream driven.
        to: u8,
    },
    /// LinkSend queue: samples the outward stream `from` at t; the vector can be received at the other end of the link in
    /// cycle t + `link_crossing`, and in no other. Two Sends on one link lie at least `link_vector` apart.
    Send {
        /// Outward stream sampled.
        from: u8,
    },
    /// LinkReceive queue: drives the inward stream `to` at t + `link_receive` with the vector that arrives on the link at t.
    Receive {
        /// Inward stream driven.
        to: u8,
    },
    /// Transposer queue: samples the `size` outward streams `from .. from + size` at t and drives the `size * size` inward streams
    /// from `to` on at t + `sxm_rotate`: stream `to + size * row + turn` is stream `from + row` with lane l of every superlane taken
    /// from its lane `(l + turn) mod 16`. So all windows of `size` lanes of `size` rows stand side by side, as a convolution wants
    /// them. `size` is 3 or 4, `from` a multiple of 4, `to` 0 or 16.
    Rotate {
        /// First outward stream sampled.
        from: u8,
        /// First inward stream driven.
        to: u8,
        /// Rows, and turns of each.
        size: u8,
    },
    /// LinkSend queue: lets the chip wait for the appointed time of all chips. The queue takes `cycles` cycles of common time; by the
    /// chip's own clock it takes as many more or fewer as that clock was fast or slow since the Deskew before. That may be at most
    /// `cycles`, and at most `Chip::clock_period`. Every other queue has been parked on a Sync before, the queue itself issues only a
    /// Notify afterwards, and no value on a stream is used across it.
    Deskew {
        /// Cycles reserved, at least 1.
        cycles: u16,
    },
    /// Any queue: the read port of the reserved slice `slice` gives words `address` at t and `address + 1` at t + 1: 640 bytes, the
    /// next 40 instructions of this queue, which may be issued from t + `fetch` on. A queue that fetches begins its template with 40
    /// instructions and holds `Chip::queue_instructions`; one that does not is kept full by the system.
    Fetch {
        /// Slice of instructions.
        slice: SliceId,
        /// First of two words.
        address: Address,
    },
    /// Any queue, as the last entry of its template: parks until the chip's Notify releases it, `barrier` cycles after that was
    /// dispatched; then the template is over. All queues of the template but the notifying one park, and have done so before.
    Sync,
    /// Any queue: releases all parked queues at t + `barrier`. Its template has no other, and ends in that cycle.
    Notify,
    /// Any queue: superlanes from `superlanes` on rest for what the queue dispatches from t + `config` on, and it dispatches nothing
    /// before: there its unit samples zeros, drives zeros and writes nothing, and results of an ALU are zero for whoever takes
    /// them. Arrays and accumulators of an MXM are no words of superlanes but of columns, and whole: of what they take and give alone
    /// those superlanes are zero. A token starts with all 20 at work.
    Config {
        /// Superlanes at work, 0 to 20.
        superlanes: u8,
    },
}

impl Address {
    /// An absolute address that does not move.
    pub fn fixed(offset: u16) -> Self {
        Address { base: 0, offset, stride: 0 }
    }

    /// The word of an iteration, which may lie outside the slice.
    pub fn word(self, bases: &[u16], iteration: u32) -> Option<i64> {
        let base = bases.get(usize::from(self.base))?;
        Some(i64::from(*base) + i64::from(self.offset) + i64::from(self.stride) * i64::from(iteration))
    }
}

impl LaneMap {
    /// The map that turns the lanes by `lanes`: what `Shift` does when both its operands are one stream.
    pub fn rotation(lanes: u16) -> Self {
        let words = WORD_BYTES as u32;
        let from = |lane: u32| ((lane + words - u32::from(lanes) % words) % words) as u16;
        LaneMap { from: (0..words).map(from).collect() }
    }

    /// Whether it has 320 lanes, each once.
    pub fn is_bijection(&self) -> bool {
        let mut seen = [false; WORD_BYTES];
        let is_new = |&lane: &u16| seen.get_mut(usize::from(lane)).is_some_and(|seen| !std::mem::replace(seen, true));
        self.from.len() == WORD_BYTES && self.from.iter().all(is_new)
    }
}

impl Operand {
    /// The streams this operand samples, given the operand type.
    pub fn streams(self, dtype: DType) -> Vec<StreamId> {
        match self {
            Operand::Stream(first) => group(first, dtype),
            _ => Vec::new(),
        }
    }
}

/// The aligned group of streams that carries one value of `dtype`, least significant byte first.
pub fn group(first: StreamId, dtype: DType) -> Vec<StreamId> {
    (0..dtype.bytes() as u8).map(|byte| StreamId::new(first.direction, first.number.wrapping_add(byte))).collect()
}

/// Whether the ALUs do `op` on operands of `dtype`: all that a `Map` may, but no division, and no `Select`, which has three operands.
///
/// Source: operation list of the VXM, Abts et al., ISCA 2020: types int8, int16, int32, fp16, fp32; unary, binary (saturating and
/// modulo forms, compare, mask, shift), conversion, tanh, exp, rsqrt. Which operation has which type is ours.
pub fn alu_does(op: ScalarOp, dtype: DType) -> bool {
    !matches!(op, ScalarOp::Div | ScalarOp::Select) && op.operands().contains(&dtype)
}

impl AluOp {
    /// Type of the result.
    pub fn result(&self) -> DType {
        self.op.result(self.dtype)
    }

    /// Both operands with the type that each is taken as.
    pub fn inputs(&self) -> [(Operand, DType); 2] {
        [(self.a, self.op.operand(0, self.dtype)), (self.b, self.op.operand(1, self.dtype))]
    }
}

impl Instruction {
    /// Mnemonic in the text form.
    pub fn mnemonic(&self) -> &'static str {
        match self {
            Instruction::Read { .. } => "read",
            Instruction::Write { .. } => "write",
            Instruction::Gather { .. } => "gather",
            Instruction::Scatter { .. } => "scatter",
            Instruction::Load { .. } => "load",
            Instruction::Install => "install",
            Instruction::Activate { .. } => "activate",
            Instruction::Accumulate { .. } => "accumulate",
            Instruction::Alu(alu) => alu.op.name(),
            Instruction::Distribute { .. } => "distribute",
            Instruction::Transpose { .. } => "transpose",
            Instruction::Permute { .. } => "permute",
            Instruction::Shift { .. } => "shift",
            Instruction::Send { .. } => "send",
            Instruction::Receive { .. } => "receive",
            Instruction::Rotate { .. } => "rotate",
            Instruction::Deskew { .. } => "deskew",
            Instruction::Fetch { .. } => "fetch",
            Instruction::Sync => "sync",
            Instruction::Notify => "notify",
            Instruction::Config { .. } => "config",
        }
    }

    /// Cycles of its queue that one issue takes.
    pub fn cycles(&self) -> u64 {
        match self {
            Instruction::Deskew { cycles } => u64::from(*cycles).max(1),
            _ => 1,
        }
    }

    /// Whether any queue may issue it: it is about the queue itself.
    pub fn is_control(&self) -> bool {
        matches!(self, Instruction::Fetch { .. } | Instruction::Sync | Instruction::Notify | Instruction::Config { .. })
    }

    /// The word address in it, if there is one.
    pub fn address(&self) -> Option<Address> {
        match self {
            Instruction::Read { address, .. }
            | Instruction::Write { address, .. }
            | Instruction::Fetch { address, .. } => Some(*address),
            _ => None,
        }
    }

    /// The same with another word address, where it has one.
    pub fn with_address(self, address: Address) -> Self {
        match self {
            Instruction::Read { to, .. } => Instruction::Read { address, to },
            Instruction::Write { from, .. } => Instruction::Write { address, from },
            Instruction::Fetch { slice, .. } => Instruction::Fetch { slice, address },
            other => other,
        }
    }
}
