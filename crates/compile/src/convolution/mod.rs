//! Compiles a network of convolutions of the ResNet family: one image at a time, on one chip.
//!
//! In: an imported graph, its weights and ranges if values are wanted, a chip.  Out: a program, its tables, why it is as long as it is.
//! Invariant: as of decoding steps: what is claimed is in the witness for the judge and the simulator to refute.
//! Method: a lowering and a list of work of their own; chains, reservations, search and emitter are those of all models. Weights have one
//!     scale per channel, activations one per tensor and a single digit, whose least level is zero.

mod contract;
mod filters;
mod homes;
mod image;
mod lower;
mod ranges;
mod recognise;
mod schedule;
mod shifted;
mod slices;

pub use ranges::Ranges;
pub use recognise::{Network, recognise};

use crate::emit::emit;
use crate::least::LeastOfRows;
use crate::lower::{Source, of_row};
use crate::tables::GROUP;
use crate::twins::Twins;
use crate::{CompileError, Gaps, Tables, Why, fit, least};
use arch::{Chip, Topology};
use filters::SIGNED_UNITS;
use graph::{Elements, Graph, Shape, Tensor, TensorData};
use lower::TAPS;
use program::Program;
use ranges::IMAGE;
use recognise::{COLOURS, FIRST_FILTER};
use std::collections::BTreeMap;
use units::Cycles;

/// What compiling a network yields.
#[derive(Clone, Debug)]
pub struct Convolved {
    /// The program: one image is what a token is elsewhere.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// What it computes.
    pub network: Network,
    /// Value of one unit of a pixel.
    pub unit: f32,
    /// Why it is as long as it is.
    pub why: Vec<Why>,
    /// The first bound: of the model and the machine, however it is lowered.
    pub least: LeastOfRows,
}

impl Convolved {
    /// Cycles of an image.
    pub fn cycles(&self) -> Cycles {
        self.program.executable.length()
    }

    /// The second bound: cycles that no schedule of the lowered program could beat.
    pub fn bound(&self) -> Cycles {
        crate::why::bound(&self.program.executable, &self.why)
    }

    /// How far the image is from both bounds.
    pub fn gaps(&self) -> Gaps {
        Gaps::over(self.cycles(), [self.least.cycles(), self.bound()])
    }

    /// What the host sends of an image `[pixels, pixels, 3]`: for each place of the first filter a row of all that it meets, in units.
    pub fn inputs(&self, pixels: &[f32]) -> BTreeMap<String, Tensor> {
        let side = self.network.pixels as usize;
        assert_eq!(pixels.len(), side * side * COLOURS as usize, "a pixel has three channels");
        let units = |value: f32| (value / self.unit).round_ties_even().clamp(-SIGNED_UNITS, SIGNED_UNITS) as i8;
        let (filter, colours) = (FIRST_FILTER as usize, COLOURS as usize);
        let lanes = (filter * filter * colours).next_multiple_of(GROUP);
        let place = |at: usize| {
            let (top, left) = (2 * (at / (side / 2)), 2 * (at % (side / 2)));
            let mut row = vec![0; lanes];
            for (lane, value) in row[..filter * filter * colours].iter_mut().enumerate() {
                let (tap, colour) = (lane / colours, lane % colours);
                let y = (top + tap / filter).checked_sub(filter / 2).filter(|y| *y < side);
                let x = (left + tap % filter).checked_sub(filter / 2).filter(|x| *x < side);
                if let (Some(y), Some(x)) = (y, x) {
                    *value = units(pixels[(y * side + x) * colours + colour]);
                }
            }
            let shape = Shape::new(&[1, lanes as u32]).expect("a row has lanes");
            (of_row(TAPS.to_owned(), at), Tensor::new(shape, Elements::I8(row)))
        };
        (0..side / 2 * (side / 2)).map(place).collect()
    }
}

/// Compiles an image in int8 for one chip. Without weights the program has shapes and times, and nothing to compute with.
///
/// Errors: see [`CompileError`].
pub fn compile(
    graph: &Graph,
    data: Option<(&dyn TensorData, &Ranges)>,
    chip: &Chip,
) -> Result<Convolved, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    let network = recognise(graph)?;
    let (data, ranges) = data.unzip();
    let lowered = lower::lower(Source { graph, data }, ranges, &network, chip)?;
    let scheduled = schedule::schedule(chip, &lowered, "image")?;
    let (topology, tables) = (Topology::single(), lowered.tables.clone());
    let (program, why) = emit((chip, &topology), 1, (lowered.graph, &Twins::default()), scheduled);
    fit::instructions(chip, &program.executable)?;
    let least = least::least_of_rows(graph, chip);
    let unit = ranges.map_or(1.0, |ranges| ranges.unit(IMAGE, SIGNED_UNITS));
    Ok(Convolved { program, tables, network, unit, why, least })
}
