//! A published network of convolutions, compiled and judged: how long an image takes, where its cycles go, and what was published.
//!
//! In: a name, a chip.  Out: cycles, both bounds, and the cycles resource by resource.
//! Invariant: every figure is of a verified program; what the published time is made of is unknown, and called so. Nothing is tuned to it.
//! Method: import, compile without weights; judged and accounted for as any pass of its kind is (`account`), its cycles divided by `spent`.

mod spent;

pub use spent::spent;

use crate::account::{Account, PassError, PublishedTime, judged};
use arch::Chip;
use compile::convolution::compile;
use import::ResNet;
use import::resnet::image;
use serde::Serialize;
use units::{Standing, Text};
use verify::Verified;

/// What is known of an image's way through a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Image {
    /// What is known of any pass.
    #[serde(flatten)]
    pub account: Account,
    /// Products of an image.
    pub products: u64,
    /// What the host does before the first cycle.
    pub host: Text,
}

/// The judged program of an image.
///
/// Errors: as `image_on`.
pub fn program(model: ResNet, chip: &Chip) -> Result<Verified, PassError> {
    judged(compile(&image(&model.shape()), None, chip)?.program, chip)
}

/// Compiles and judges an image.
///
/// Errors: `Compile` where the chip cannot hold it; `Rejected` where the judge finds a violation.
pub fn image_on(model: ResNet, chip: &Chip) -> Result<Image, PassError> {
    let compiled = compile(&image(&model.shape()), None, chip)?;
    let products = compiled.least.products;
    let account = Account::of((model.name(), Some(published(model))), compiled, chip, spent)?;
    Ok(Image { account, products, host: host() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_judged_and_its_accounts_add_up() {
        let Image { account: image, products, host } = image_on(ResNet::ResNet50, &Chip::lpu_14nm()).expect("it fits");
        assert_eq!((products, image.weight_bytes), (4_089_184_256, 25_502_912));
        let total: f64 = image.spent.iter().map(|spent| spent.cycles).sum();
        assert!((total - image.cycles as f64).abs() < 1e-6, "{total} of {}", image.cycles);
        assert!(image.spent.iter().all(|spent| 0.0 <= spent.cycles), "{:?}", image.spent);
        // The facts' floor: 8.2 G operations at 737 T a second.
        let first = image.microseconds_of(image.first.cycles as f64);
        assert!((10.5..11.5).contains(&first), "{first}");
        assert_eq!(image.first.cycles, image.first.multiply);
        assert!(image.first.cycles < image.second && image.second < image.cycles);
        let (_, unknown) = image.difference().expect("a time was published");
        assert!(!host.zh.is_ascii() && !unknown.zh.is_ascii());
    }

    #[test]
    fn a_chip_without_room_is_refused_in_both_languages() {
        let chip = Chip { slices: 36, slices_reserved: Vec::new(), ..Chip::lpu_14nm() };
        let error = image_on(ResNet::ResNet50, &chip).expect_err("the layout needs more slices");
        assert!(error.to_string().contains("at least 39 in each half; choose another chip"), "{error}");
        assert!(!error.chinese().is_ascii());
    }
}
