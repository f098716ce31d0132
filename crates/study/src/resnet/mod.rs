//! A published network of convolutions, compiled and judged: how long an image takes, where its cycles go, and what was published.
//!
//! In: a name, a chip.  Out: cycles, both bounds, and the cycles resource by resource.
//! Invariant: every figure is of a verified program; what the published time is made of is unknown, and called so. Nothing is tuned to it.
//! Method: import, compile without weights, judge; then the accounts (`spent`).

mod spent;

pub use spent::spent;

use crate::encoder::{FirstOfRows, PassError, PublishedTime, Spent, unknown};
use arch::Chip;
use compile::convolution::{Convolved, compile};
use import::ResNet;
use import::resnet::image;
use program::Program;
use serde::Serialize;
use units::{Cycles, Standing, Text};
use verify::Verified;

/// What is known of an image's way through a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Image {
    /// The network's name.
    pub model: &'static str,
    /// The machine.
    pub chip: String,
    /// The judge found nothing.
    pub verified: bool,
    /// Cycles of an image.
    pub cycles: u64,
    /// The same in microseconds.
    pub microseconds: f64,
    /// Instructions dispatched.
    pub instructions: u64,
    /// Bytes of them.
    pub instruction_bytes: u64,
    /// Products of an image.
    pub products: u64,
    /// Bytes of int8 weights.
    pub weight_bytes: u64,
    /// No program takes fewer cycles.
    pub first: FirstOfRows,
    /// No schedule of the lowered program takes fewer.
    pub second: u64,
    /// Shares by which the program exceeds both: 0.1 is 10 %.
    pub gaps: [f64; 2],
    /// Where the cycles go; they add up to all of them.
    pub spent: Vec<Spent>,
    /// What the host does before the first cycle.
    pub host: Text,
    /// What was published of it on one chip.
    pub published: PublishedTime,
}

/// The judged program of an image.
///
/// Errors: as `image_on`.
pub fn program(model: ResNet, chip: &Chip) -> Result<Verified, PassError> {
    judged(compile(&image(&model.shape()), None, chip)?.program, chip)
}

fn judged(program: Program, chip: &Chip) -> Result<Verified, PassError> {
    verify::check(chip, program).map_err(|error| PassError::Rejected(error.report.text()))
}

/// Compiles and judges an image.
///
/// Errors: `Compile` where the chip cannot hold it; `Rejected` where the judge finds a violation.
pub fn image_on(model: ResNet, chip: &Chip) -> Result<Image, PassError> {
    let compiled = compile(&image(&model.shape()), None, chip)?;
    let (gaps, second, least) = (compiled.gaps(), compiled.bound().0, compiled.least);
    let Convolved { program, .. } = compiled;
    let verified = judged(program, chip)?;
    Ok(Image {
        model: model.name(),
        chip: chip.name.clone(),
        verified: true,
        cycles: verified.extent().cycles,
        microseconds: 1e6 / chip.clock.per_second(Cycles(verified.extent().cycles)),
        instructions: verified.extent().issues,
        instruction_bytes: verified.extent().instruction_bytes,
        products: least.products,
        weight_bytes: least.bytes,
        first: FirstOfRows::of(&least),
        second,
        gaps: [gaps.first, gaps.second],
        spent: spent(&verified, least.products),
        host: host(),
        published: published(model),
    })
}

/// What was published of a network on one chip, one image at a time.
fn published(model: ResNet) -> PublishedTime {
    match model {
        ResNet::ResNet50 => PublishedTime {
            microseconds: 1e6 / 20_400.0,
            standing: Standing::Published,
            source: "Abts et al., ISCA 2020, abstract: 20.4 thousand images a second, one at a time",
        },
    }
}

/// What the host does with the image.
fn host() -> Text {
    Text::of(
        "第一層 7 × 7 濾波器每個位置所需的像素，由主機排成一列送入：晶片省下移動道的工作，週期數不含這段準備。",
        "for the first layer the host lays out, row by row, the pixels that its 7 x 7 filters meet: the cycles do not count that",
    )
}

impl Image {
    /// Microseconds of so many cycles of its chip.
    pub fn microseconds_of(&self, cycles: f64) -> f64 {
        self.microseconds * cycles / self.cycles as f64
    }

    /// By how much it takes longer than was published, and why that cannot be divided.
    pub fn difference(&self) -> (f64, Text) {
        (self.microseconds - self.published.microseconds, unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_judged_and_its_accounts_add_up() {
        let image = image_on(ResNet::ResNet50, &Chip::lpu_14nm()).expect("it fits");
        assert_eq!((image.products, image.weight_bytes), (4_089_184_256, 25_502_912));
        let total: f64 = image.spent.iter().map(|spent| spent.cycles).sum();
        assert!((total - image.cycles as f64).abs() < 1e-6, "{total} of {}", image.cycles);
        assert!(image.spent.iter().all(|spent| 0.0 <= spent.cycles), "{:?}", image.spent);
        // The facts' floor: 8.2 G operations at 737 T a second.
        let first = image.microseconds_of(image.first.cycles as f64);
        assert!((10.5..11.5).contains(&first), "{first}");
        assert_eq!(image.first.cycles, image.first.multiply);
        assert!(image.first.cycles < image.second && image.second < image.cycles);
        assert!(!image.host.zh.is_ascii() && !image.difference().1.zh.is_ascii());
    }

    #[test]
    fn a_chip_without_room_is_refused_in_both_languages() {
        let chip = Chip { slices: 36, slices_reserved: Vec::new(), ..Chip::lpu_14nm() };
        let error = image_on(ResNet::ResNet50, &chip).expect_err("the layout needs more slices");
        assert!(error.to_string().contains("at least 39 in each half; choose another chip"), "{error}");
        assert!(!error.chinese().is_ascii());
    }
}
