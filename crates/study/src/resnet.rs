//! A published network of convolutions: what no program for it can beat, and what was published.
//!
//! In: a name, a chip.  Out: the first bound, part by part, beside the published time.
//! Invariant: nothing is compiled, and that is said: no figure here is a program's.
//! Method: `compile::least` on the imported graph.

use crate::encoder::{FirstOfRows, PublishedTime};
use arch::Chip;
use compile::least::least_of_rows;
use import::ResNet;
use import::resnet::image;
use serde::Serialize;
use units::{Cycles, Standing};

/// What is known of a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Image {
    /// Its name.
    pub model: &'static str,
    /// The machine.
    pub chip: String,
    /// Whether there is a program: this build has no lowering of convolutions.
    pub compiled: bool,
    /// Products of an image.
    pub products: u64,
    /// Bytes of int8 weights.
    pub weight_bytes: u64,
    /// No program takes fewer cycles.
    pub first: FirstOfRows,
    /// The same in microseconds.
    pub first_microseconds: f64,
    /// What was published of it on one chip.
    pub published: PublishedTime,
}

/// The bound of an image on one chip.
pub fn image_bound(model: ResNet, chip: &Chip) -> Image {
    let least = least_of_rows(&image(&model.shape()), chip);
    let published = match model {
        ResNet::ResNet50 => PublishedTime {
            microseconds: 1e6 / 20_400.0,
            standing: Standing::Published,
            source: "Abts et al., ISCA 2020, abstract: 20.4 thousand images a second, one at a time",
        },
    };
    Image {
        model: model.name(),
        chip: chip.name.clone(),
        compiled: false,
        products: least.products,
        weight_bytes: least.bytes,
        first: FirstOfRows::of(&least),
        first_microseconds: 1e6 / chip.clock.per_second(Cycles(least.cycles().0)),
        published,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_time_is_above_the_bound() {
        let bound = image_bound(ResNet::ResNet50, &Chip::lpu_14nm());
        assert_eq!((bound.products, bound.weight_bytes), (4_089_184_256, 25_502_912));
        // The facts' floor: 8.2 G operations at 737 T a second.
        assert!((10.5..11.5).contains(&bound.first_microseconds), "{}", bound.first_microseconds);
        assert!(bound.first_microseconds < bound.published.microseconds);
        assert_eq!(bound.first.cycles, bound.first.multiply);
    }
}
