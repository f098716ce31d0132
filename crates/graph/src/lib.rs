//! Hardware-free tensor IR, its text form, and the slow, obviously right reference evaluator.
//!
//! In: nodes of the ten operations.  Out: a checked, printable, evaluable graph.
//! Invariant: nothing here can name a slice, a stream or a cycle; a chip stands to the right of this crate.
//! Method: an arena of nodes in topological order; every node carries its own shape and element type.

pub mod build;
pub mod check;
pub mod dtype;
pub mod eval;
pub mod expr;
mod expr_type;
pub mod half;
pub mod infer;
pub mod node;
pub mod operators;
pub mod random;
pub mod spec;
pub mod tensor;
pub mod text;

pub use build::{Builder, GELU_CUBIC, GELU_SLOPE};
pub use check::{Flaw, Place, check};
pub use dtype::{DType, Shape, TensorType};
pub use eval::{EvalError, Evaluator};
pub use expr::{Arg, Expr, ScalarOp, Step};
pub use expr_type::StepType;
pub use infer::Mismatch;
pub use node::{
    ConstSource, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, TensorId, TensorInfo, View,
};
pub use tensor::{Elements, LoadError, Tensor, TensorData};
