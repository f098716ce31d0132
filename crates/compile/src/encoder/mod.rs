//! Compiles a pass of an encoder of the BERT family: all tokens of a sequence at once, on one chip.
//!
//! In: an imported graph, its weights if values are wanted, a chip.  Out: a program, its tables, why it is as long as it is.
//! Invariant: as of decoding steps: what is claimed is in the witness for the judge and the simulator to refute.
//! Method: the same schedule and the same emitter; only what is recognised and how it is lowered differ.

mod recognise;

pub use crate::lower::encoder::{DIGIT_PRODUCTS, DIGITS};
pub use recognise::{Encoder, EncoderLayer, Pair, TILES_MAX, fits, recognise};

use crate::emit::emit;
use crate::least::LeastOfRows;
use crate::lower::{Source, encoder::lower, of_row};
use crate::schedule::schedule;
use crate::tables::{LANES, padded};
use crate::{CompileError, Gaps, Tables, Why, fit, least};
use arch::{Chip, Topology};
use graph::{Graph, Tensor, TensorData};
use program::{EMBEDDING, Program};
use std::collections::BTreeMap;
use units::Cycles;

/// What compiling an encoder yields.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The program: one pass is what a token is elsewhere.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// What it computes.
    pub encoder: Encoder,
    /// Why each stage is as long as it is: embedding, layer.
    pub why: Vec<Why>,
    /// The first bound: of the model and the machine, however it is lowered.
    pub least: LeastOfRows,
}

impl Encoded {
    /// Cycles of a pass.
    pub fn cycles(&self) -> Cycles {
        self.program.executable.length()
    }

    /// The second bound: cycles that no schedule of the lowered program could beat.
    pub fn bound(&self) -> Cycles {
        crate::why::bound(&self.program.executable, &self.why)
    }

    /// How far the pass is from both bounds.
    pub fn gaps(&self) -> Gaps {
        Gaps::over(self.cycles(), [self.least.cycles(), self.bound()])
    }

    /// What the host sends: of each token the row of the embedding, in tiles of 320 lanes.
    pub fn inputs(&self, rows: &[&[f32]]) -> BTreeMap<String, Tensor> {
        assert_eq!(rows.len(), self.encoder.tokens as usize, "a row for each token");
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
    let lowered = lower(Source { graph, data }, &encoder, chip)?;
    let scheduled = schedule(chip, std::slice::from_ref(&lowered))?.pop().expect("one program was asked for");
    let (topology, tables) = (Topology::single(), lowered.tables.clone());
    let (program, why) = emit((chip, &topology), 1, (lowered.graph, &lowered.twins), scheduled);
    fit::instructions(chip, &program.executable)?;
    let least = least::least_of_rows(graph, chip);
    Ok(Encoded { program, tables, encoder, why, least })
}
