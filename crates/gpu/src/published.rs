//! Published decode rates, against which the model is held.
//!
//! In: nothing.  Out: points with their source, and whether the fit has seen them.
//! Invariant: a point held out of the fit is marked so.
//! Method: a table; models by the names of the importer's built-in shapes.
//! Source: gpt-fast, README, "Benchmarks" and `mixtral-moe/README.md`: 8 x A100-80 SXM, power limited to 330 W, prompt of 5 tokens.

use crate::engine::Engine;
use crate::format::Format;
use crate::machine::{Gpu, Tensor};
use crate::{Case, Path};

/// What the fit has done with a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Constants were fitted to it.
    Fitted,
    /// Held out: a prediction.
    HeldOut,
    /// Only a rate of its format was derived from it, or nothing; reported.
    Reported,
}

/// A published point: batch 1, tokens per second of one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Name of the model.
    pub model: &'static str,
    /// How many GPUs.
    pub tensor: Tensor,
    /// Format of the weights.
    pub format: Format,
    /// Tokens per second.
    pub rate: f64,
    /// What the fit has done with it.
    pub role: Role,
}

const fn point(model: &'static str, tensor: Tensor, format: Format, rate: f64, role: Role) -> Point {
    Point { model, tensor, format, rate, role }
}

const SEVEN: &str = "Llama-2-7B";
const SEVENTY: &str = "Llama-2-70B";
const MIXTRAL: &str = "Mixtral-8x7B";

/// gpt-fast on A100-80 SXM.
pub const GPT_FAST: [Point; 18] = [
    point(SEVEN, Tensor::One, Format::Bf16, 104.9, Role::Fitted),
    point(SEVEN, Tensor::Two, Format::Bf16, 168.84, Role::Fitted),
    point(SEVEN, Tensor::Four, Format::Bf16, 254.02, Role::HeldOut),
    point(SEVEN, Tensor::Eight, Format::Bf16, 328.43, Role::Fitted),
    point(SEVENTY, Tensor::Two, Format::Bf16, 21.32, Role::Fitted),
    point(SEVENTY, Tensor::Four, Format::Bf16, 38.01, Role::HeldOut),
    point(SEVENTY, Tensor::Eight, Format::Bf16, 62.50, Role::Fitted),
    point(MIXTRAL, Tensor::Two, Format::Bf16, 96.67, Role::Fitted),
    point(MIXTRAL, Tensor::Four, Format::Bf16, 155.35, Role::HeldOut),
    point(MIXTRAL, Tensor::Eight, Format::Bf16, 227.82, Role::Fitted),
    point(SEVENTY, Tensor::One, Format::Int8, 19.13, Role::Reported),
    point(SEVENTY, Tensor::Eight, Format::Int8, 80.44, Role::Reported),
    point(SEVENTY, Tensor::One, Format::Int4, 25.25, Role::Reported),
    point(SEVENTY, Tensor::Eight, Format::Int4, 90.77, Role::Reported),
    point(MIXTRAL, Tensor::One, Format::Int8, 97.92, Role::Reported),
    point(MIXTRAL, Tensor::Two, Format::Int8, 155.03, Role::Reported),
    point(MIXTRAL, Tensor::Four, Format::Int8, 216.87, Role::Reported),
    point(MIXTRAL, Tensor::Eight, Format::Int8, 279.35, Role::Reported),
];

impl Point {
    /// The case that was measured, to be run along `path`: 5 tokens of prompt and some 200 more, the middle of which is taken.
    pub fn case(&self, path: Path) -> Case {
        let case = Case::new(Gpu::a100(), self.tensor);
        Case { format: self.format, engine: Engine::gpt_fast(), context: 100, path, ..case }
    }
}
