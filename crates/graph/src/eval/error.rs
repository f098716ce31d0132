//! Why a step could not be evaluated.
//!
//! In: a graph, inputs and tensors that do not fit together.  Out: one error that names the place, expectation and remedy.
//! Invariant: everything the caller can get wrong ends here, never in a panic.

use crate::check::Flaw;
use crate::{LoadError, Node, NodeId, Tensor, TensorType};

/// The caller's graph, inputs or tensors are wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The graph breaks rules.
    #[error("the graph has {} flaws, the first: {}; mend the graph", flaws.len(), flaws[0])]
    Illegal {
        /// All of them, at least one.
        flaws: Vec<Flaw>,
    },
    /// The graph's values together have too many elements.
    #[error(
        "the graph's values have {elements} elements, at most {elements_max} can be kept; evaluate a smaller model"
    )]
    TooLarge {
        /// How many there are.
        elements: u64,
        /// How many there may be.
        elements_max: u64,
    },
    /// The caller gave no value for an input.
    #[error("input {name:?} has no value; give a tensor {expected}")]
    MissingInput {
        /// The input's name.
        name: String,
        /// Its type.
        expected: TensorType,
    },
    /// The caller gave a value for something that is no input.
    #[error("the graph has no input {name:?}; leave it out")]
    UnknownInput {
        /// The name given.
        name: String,
    },
    /// An input or an external tensor has another type than the graph states.
    #[error("{what} is expected to be {expected}; found {found}; give a tensor of the stated type")]
    WrongType {
        /// Which value.
        what: String,
        /// The type that the graph states.
        expected: TensorType,
        /// The type of the value given.
        found: TensorType,
    },
    /// An external tensor could not be had.
    #[error(transparent)]
    Load(LoadError),
    /// A gather or scatter addresses a row that the table lacks.
    #[error("node {node}: row {index} of a table of {rows}; give an index from 0 to {}", rows - 1)]
    IndexOutOfRange {
        /// The gather or scatter.
        node: NodeId,
        /// The index found.
        index: i32,
        /// How many rows there are.
        rows: u32,
    },
}

impl EvalError {
    pub(super) fn missing_input(name: &str, node: &Node) -> Self {
        EvalError::MissingInput { name: name.to_string(), expected: node.result_type() }
    }

    /// `WrongType` unless `tensor` has the type that `node` states.
    pub(super) fn expect_type(what: &str, node: &Node, tensor: &Tensor) -> Result<(), Self> {
        let found = TensorType { dtype: tensor.dtype(), shape: *tensor.shape() };
        let expected = node.result_type();
        if found == expected {
            return Ok(());
        }
        Err(EvalError::WrongType { what: what.to_string(), expected, found })
    }
}
