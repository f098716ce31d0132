//! Hardware-free tensor IR, its text form, and the slow, obviously right reference evaluator.
//!
//! In: nodes of the ten operations.  Out: a checked, printable, evaluable graph.
//! Invariant: nothing here can name a slice, a stream or a cycle; a chip stands to the right of this crate.
//! Method: an arena of nodes in topological order; every node carries its own shape and element type.

pub mod dtype;
pub mod expr;
pub mod node;

pub use dtype::{DType, Shape};
pub use expr::{Arg, Expr, ScalarOp, Step};
pub use node::{
    ConstSource, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, TensorId, TensorInfo, View,
};
