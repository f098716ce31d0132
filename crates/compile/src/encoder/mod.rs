//! Compiles a pass of an encoder of the BERT family: all tokens of a sequence at once, on one chip.
//!
//! In: an imported graph, its weights if values are wanted, a chip.  Out: a program, its tables, why it is as long as it is.
//! Invariant: as of decoding steps: what is claimed is in the witness for the judge and the simulator to refute.
//! Method: the same schedule and the same emitter; only what is recognised and how it is lowered differ.

mod recognise;

pub use crate::lower::encoder::{DIGIT_PRODUCTS, DIGITS};
pub use recognise::{Encoder, EncoderLayer, Pair, TILES_MAX, fits, recognise};

use crate::lower::{Source, encoder::lower, of_row};
use crate::schedule::schedule;
use crate::tables::{LANES, padded};
use crate::{AtOnce, CompileError, fit};
use arch::Chip;
use graph::{Graph, Tensor, TensorData};
use program::EMBEDDING;
use std::collections::BTreeMap;

/// What compiling an encoder yields. Its stages: embedding, layer.
pub type Encoded = AtOnce<Encoder>;

impl Encoded {
    /// What the host sends: of each token the row of the embedding, in tiles of 320 lanes.
    pub fn inputs(&self, rows: &[&[f32]]) -> BTreeMap<String, Tensor> {
        assert_eq!(rows.len(), self.model.tokens as usize, "a row for each token");
        let mut inputs = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            for (tile, lanes) in row.chunks(LANES).enumerate() {
                let name = of_row(format!("{EMBEDDING}.{tile}"), number);
                inputs.insert(name, Tensor::f32(&[1, LANES as u32], padded(lanes, 1)));
            }
        }
        inputs
    }
}

/// Compiles a pass in int8 for one chip. Without weights the program has shapes and times, and nothing to compute with.
///
/// Errors: see [`CompileError`].
pub fn compile(graph: &Graph, data: Option<&dyn TensorData>, chip: &Chip) -> Result<Encoded, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    let encoder = recognise(graph)?;
    fits(&encoder, chip)?;
    let lowered = lower(Source::new(graph, data), &encoder, chip)?;
    let scheduled = schedule(chip, std::slice::from_ref(&lowered))?.pop().expect("one program was asked for");
    AtOnce::of((graph, encoder), chip, (lowered.graph, &lowered.twins, lowered.tables), scheduled)
}
