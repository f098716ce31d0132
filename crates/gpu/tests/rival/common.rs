//! What several claims need: rivals by name, and means.
//!
//! In: names.  Out: rivals.

use gpu::{Case, Gpu, Rival, Tensor};
use graph::Graph;
use import::Builtin;

/// A decode step of a built-in model.
pub fn graph(model: &str) -> Graph {
    Builtin::find(model).expect("built in").decode_step(8)
}

/// The rival of a built-in model, with room for what `case` looks back at.
pub fn rival(model: &str, case: Case) -> Rival {
    Rival::new(&graph(model), case).unwrap_or_else(|error| panic!("{model}: {error}"))
}

/// Llama-2-70B on eight A100, the best software, everything random.
pub fn seventy_on_eight() -> Rival {
    rival("70B", Case { context: 100, ..Case::new(Gpu::a100(), Tensor::Eight) })
}

/// `found` over `expected`, less one, in percent.
pub fn percent(found: f64, expected: f64) -> f64 {
    100.0 * (found / expected - 1.0)
}
