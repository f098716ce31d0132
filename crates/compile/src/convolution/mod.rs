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

use crate::lower::{Source, of_row};
use crate::tables::GROUP;
use crate::twins::Twins;
use crate::{AtOnce, CompileError, fit};
use arch::Chip;
use filters::SIGNED_UNITS;
use graph::{Elements, Graph, Shape, Tensor, TensorData};
use lower::TAPS;
use ranges::IMAGE;
use recognise::{COLOURS, FIRST_FILTER};
use std::collections::BTreeMap;

/// A network, and in which units the program takes pixels.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// What it computes.
    pub network: Network,
    /// Value of one unit of a pixel.
    pub unit: f32,
}

/// What compiling a network yields. It has one stage.
pub type Convolved = AtOnce<Scaled>;

impl Convolved {
    /// What the host sends of an image `[pixels, pixels, 3]`: for each place of the first filter a row of all that it meets, in units.
    pub fn inputs(&self, pixels: &[f32]) -> BTreeMap<String, Tensor> {
        let side = self.model.network.pixels as usize;
        assert_eq!(pixels.len(), side * side * COLOURS as usize, "a pixel has three channels");
        let units = |value: f32| (value / self.model.unit).round_ties_even().clamp(-SIGNED_UNITS, SIGNED_UNITS) as i8;
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
    let lowered = lower::lower(Source::new(graph, data), ranges, &network, chip)?;
    let scheduled = schedule::schedule(chip, &lowered, "image")?;
    let model = Scaled { network, unit: ranges.map_or(1.0, |ranges| ranges.unit(IMAGE, SIGNED_UNITS)) };
    AtOnce::of((graph, model), chip, (lowered.graph, &Twins::default(), lowered.tables), scheduled)
}
