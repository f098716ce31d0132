//! Which operators of PyTorch (ATen) and ONNX are made of which of the ten.
//!
//! In: nothing.  Out: one row per operator, marked implemented or planned.
//! Invariant: implemented means proved: `crates/graph/tests/operators` builds each such operator from the ten, evaluates it against
//!     plain loops, and finds exactly the operations that the row names; no proof without a row, no row without a proof.
//! Method: a table by families. An operator whose arguments only partly work is planned, and says what is there.
//! Source: names of ATen by its `native_functions.yaml`, names of ONNX by its operator list up to opset 24.

mod rows;

use crate::spec::Primitive;
use serde::{Deserialize, Serialize};

/// How far an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A graph of the ten computes it, and a test proves it.
    Implemented,
    /// The decomposition is known and not built, or a scalar operation lacks.
    Planned,
}

/// An operator of a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// What kind of work it is.
    pub family: &'static str,
    /// Its name in ATen without `aten::`, or what people call it where ATen has no such operator.
    pub aten: &'static str,
    /// Its name in ONNX; empty where ONNX has none.
    pub onnx: &'static str,
    /// The operations it is made of, in the order of [`Primitive`]; none where it moves nothing.
    pub made_of: &'static [Primitive],
    /// Whether it is proved.
    pub standing: Standing,
    /// How it is made, or what lacks.
    pub how: &'static str,
}

/// All operators.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    rows::FAMILIES.iter().flat_map(|family| family.iter())
}

/// The operator of that name in ATen.
pub fn operator(aten: &str) -> Option<&'static Operator> {
    operators().find(|operator| operator.aten == aten)
}
