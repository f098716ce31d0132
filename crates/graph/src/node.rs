//! Nodes of the ten operations, and the graph that holds them.
//!
//! In: operations with inputs.  Out: an arena in topological order, with named inputs, outputs and states.
//! Invariant: a node's inputs have smaller ids; shape and element type stand on the node and agree with its operation (`check`).
//! Method: the ten operations plus `Input`, `State` (what lives on between tokens) and `View` (placement, not work).

use crate::{DType, Expr, Shape, TensorType};
use serde::{Deserialize, Serialize};
use units::{Arena, Id};

/// Index of a node.
pub type NodeId = Id<Node>;
/// Index of an external tensor.
pub type TensorId = Id<TensorInfo>;

/// A tensor whose bytes live outside the graph (a range of a model file, or a table the compiler made).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorInfo {
    /// Name in its source, for instance `blk.3.ffn_gate.weight`.
    pub name: String,
    /// Element type after decoding.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Shape,
}

/// Where a constant's elements come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConstSource {
    /// An external tensor, asked of the caller's `TensorData`.
    Tensor(TensorId),
    /// Literal elements in row-major order.
    F32(Vec<f32>),
    /// Literal elements in row-major order.
    I32(Vec<i32>),
}

/// Which associative fold a `Reduce` does, on f32 or i32 (whose addition wraps).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReduceKind {
    /// Addition in the element type: [`ScalarOp::Add`](crate::ScalarOp::Add).
    Sum,
    /// The greatest element: [`ScalarOp::Max`](crate::ScalarOp::Max).
    Max,
    /// The smallest element: [`ScalarOp::Min`](crate::ScalarOp::Min).
    Min,
}

/// The order in which a `MatMul` adds its products: part of the operation, because f32 addition is not associative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Order {
    /// f32: k = 0, 1, 2, ... in one accumulator that starts at +0.0, blocks in order.
    Sequential,
    /// i8 products in i32 (wrapping): exact, so that no order shows.
    Exact,
    /// f16 products (exact in f32) as the MXM adds them. A block of K = 320 lanes is two half blocks h = 0, 1: half h
    /// holds the lanes 16 s + 8 h + j of superlane s = 0..19, j = 0..7. Per half block: accumulator j starts at +0.0 and adds
    /// the product of superlane 0, 1, ... 19 in turn; then the tree ((j0+j1)+(j2+j3))+((j4+j5)+(j6+j7)). The half blocks'
    /// sums are added in the order block 0 half 0, block 0 half 1, block 1 half 0, ...: the first is taken as it is, each
    /// later one is added to the running sum (running + new). Lanes past K count as +0.0 products.
    Superlanes,
}

/// A change of shape or an extraction that moves no lane: placement, not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// Same elements in row-major order under the node's shape.
    Reshape,
    /// Rows `first .. first + rows` of the first axis.
    Rows {
        /// First row taken.
        first: u32,
    },
    /// i32 `[n, k]` -> i8 `[count * n, k]`: row `n * j + r` is byte `count - 1 - j` of each element of row r (byte 0 is the least
    /// significant), so that each digit of all rows stands together.
    Digits {
        /// How many bytes, 1 to 4, most significant of them first.
        count: u8,
    },
}

/// How a `Permute` rearranges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permutation {
    /// Axis `i` of the result is axis `axes[i]` of the input.
    Axes(Vec<u8>),
    /// Within each consecutive group of `map.len()` lanes, lane `i` of the result is lane `map[i]` of the input; each once.
    Lanes(Vec<u16>),
}

/// What a node does. The ten operations, and three things that are no work: `Input`, `State`, `View`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A value the caller gives for each token.
    Input {
        /// Name, unique among inputs.
        name: String,
    },
    /// A value that lives on between tokens; starts as zeros.
    State {
        /// Name, unique among states.
        name: String,
    },
    /// Literal, table or weights.
    Const(ConstSource),
    /// Contraction. Inputs `a0, b0, a1, b1, ...`: `C[.., m, n] = sum over blocks i and k of a_i[.., m, k] * b_i[.., n, k]`.
    /// Element types: f32 x f32 -> f32, f16 x f16 -> f32, i8 x i8 -> i32, each with its own order. Leading (batch) axes are
    /// equal, ranks are at least 2, K may differ from block to block (at most 320 for `Superlanes`).
    MatMul {
        /// The order of additions.
        order: Order,
    },
    /// Pointwise expression; all inputs have the node's shape.
    Map(Expr),
    /// Fold along `axis`, whose extent becomes `partials`. Row `j` of the result folds, in increasing order and starting from
    /// its first element, the input rows congruent to `extent - partials + j` modulo `partials`.
    Reduce {
        /// Which fold.
        kind: ReduceKind,
        /// The axis folded.
        axis: u8,
        /// How many interleaved results; 1 is the ordinary reduction.
        partials: u8,
    },
    /// Replicates along every axis on which the input's extent is 1 and the node's is not (ranks equal).
    Broadcast,
    /// Transpose or lane permutation.
    Permute(Permutation),
    /// Concatenation of all inputs along `axis`.
    Copy {
        /// The axis joined.
        axis: u8,
    },
    /// Sliding windows over the last but one axis: `[.., n, c] -> [.., (n - size) / stride + 1, size * c]`.
    Window {
        /// Rows per window.
        size: u32,
        /// Rows from one window to the next.
        stride: u32,
    },
    /// Inputs `table [n, ..]`, `index i32 [1]`: row `index` of the table, first extent 1.
    Gather,
    /// Inputs `table [n, ..]`, `row [1, ..]`, `index i32 [1]`: the table with that row replaced.
    Scatter,
    /// No work: see [`View`].
    View(View),
}

/// Where in the model a node comes from, for labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// Layer of the model, if it belongs to one.
    pub layer: Option<u32>,
    /// Part of the model, a key such as `attn_q`, `ffn_gate`, `rope`, `softmax`.
    pub part: String,
}

/// One operation with its inputs and its result's type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// Operands; all have smaller ids.
    pub inputs: Vec<NodeId>,
    /// Element type of the result.
    pub dtype: DType,
    /// Extents of the result.
    pub shape: Shape,
    /// Where it comes from.
    pub origin: Origin,
}

/// A computation of one decoding step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Nodes in topological order.
    pub nodes: Arena<Node>,
    /// External tensors that constants refer to.
    pub tensors: Arena<TensorInfo>,
    /// Results the caller asks for, by name.
    pub outputs: Vec<(String, NodeId)>,
    /// For each state node that changes: the node that holds its value for the next token.
    pub updates: Vec<(NodeId, NodeId)>,
}

impl Op {
    /// Name of the operation in the text form and in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input { .. } => "input",
            Op::State { .. } => "state",
            Op::Const(_) => "const",
            Op::MatMul { .. } => "matmul",
            Op::Map(_) => "map",
            Op::Reduce { .. } => "reduce",
            Op::Broadcast => "broadcast",
            Op::Permute(_) => "permute",
            Op::Copy { .. } => "copy",
            Op::Window { .. } => "window",
            Op::Gather => "gather",
            Op::Scatter => "scatter",
            Op::View(_) => "view",
        }
    }
}

impl Node {
    /// Element type and extents of the result.
    pub fn result_type(&self) -> TensorType {
        TensorType { dtype: self.dtype, shape: self.shape }
    }
}
