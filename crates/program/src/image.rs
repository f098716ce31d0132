//! What lies in SRAM before a token starts: constants and states of the image, and the launch record.
//!
//! In: tensors of the lowered graph.  Out: for each word of SRAM that is not computed, where its 320 bytes come from.
//! Invariant: the image names tensors and rows; it never holds weight bytes itself.
//! Method: a residency is a run of consecutive words of one slice of one chip; a step lets 16 slices share a tensor's rows.

use arch::SliceId;
use graph::{NodeId, TensorId};
use serde::{Deserialize, Serialize};

/// How a row of up to 320 elements becomes the bytes of a word. Lanes past the row are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Packing {
    /// Byte `0`, `1`, ... (least significant first) of each lane's element.
    Plane(u8),
    /// f16 weights of half h: bytes 16 s + 2 j and 16 s + 2 j + 1 are element 16 s + 8 h + j (see `MxmFormat::F16`).
    Half(u8),
    /// f16 weights that serve both halves: lanes 16 s + j and 16 s + 8 + j are equal for j < 8 (blocks of ones, for instance), so
    /// that `Half(0)` and `Half(1)` are the same bytes. Filling a word whose lanes differ is an error.
    EitherHalf,
}

/// Where a residency's bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WordSource {
    /// Rows of an external tensor of the lowered graph; constant.
    Tensor {
        /// The tensor; its last axis is at most 320 long.
        tensor: TensorId,
        /// How elements become bytes.
        packing: Packing,
    },
    /// Rows of a state node of the lowered graph; zeros before the first token, then whatever the chip wrote.
    State {
        /// The `State` node.
        node: NodeId,
        /// Byte of each lane's element.
        plane: u8,
    },
}

/// A run of words: word `address + i` of the slice is row `row + i * step` of the source, for i below `words`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Residency {
    /// The chip.
    pub chip: u16,
    /// The slice.
    pub slice: SliceId,
    /// First word.
    pub address: u16,
    /// Number of words.
    pub words: u16,
    /// Where the bytes come from.
    pub source: WordSource,
    /// First row.
    pub row: u32,
    /// Rows from one word to the next.
    pub step: u32,
}

/// What the host writes into one word before each token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordContent {
    /// Byte `plane` of each lane of the lowered graph's input `name`, a tensor `[1, lanes]` of at most 320 lanes.
    Input {
        /// Name of the input.
        name: String,
        /// Byte of each element, least significant first.
        plane: u8,
    },
    /// An address per superlane, all equal to `base` + position of the token (see `Instruction::Gather`).
    Map {
        /// Word of position 0.
        base: u16,
    },
}

/// One word of the launch record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordField {
    /// The slice.
    pub slice: SliceId,
    /// The word.
    pub address: u16,
    /// What is written.
    pub content: RecordContent,
}
