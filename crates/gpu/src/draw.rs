//! Draws from the distributions of the model.
//!
//! In: a stream.  Out: numbers.
//! Invariant: one draw takes a fixed number of the stream's numbers; the same bits on every machine.
//! Method: inversion, by the functions of `number`.

use crate::number::{exp, ln, normal_below, normal_quantile};
use units::Rng;

/// A uniform number in `(0, 1)`, never a border.
pub fn open_unit(rng: &mut Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
}

/// A standard normal number.
pub fn normal(rng: &mut Rng) -> f64 {
    normal_quantile(open_unit(rng))
}

/// Factor with mean 1 whose logarithm is normal with deviation `spread`.
pub fn lognormal(rng: &mut Rng, spread: f64) -> f64 {
    exp(spread * normal(rng) - 0.5 * spread * spread)
}

/// Exponential with mean 1.
pub fn exponential(rng: &mut Rng) -> f64 {
    -ln(open_unit(rng))
}

/// Gamma with shape 4 and mean 1: a sum of four exponentials.
pub fn gamma_four(rng: &mut Rng) -> f64 {
    -0.25 * ln(open_unit(rng) * open_unit(rng) * open_unit(rng) * open_unit(rng))
}

/// The greatest of `count` standard normal numbers, in one draw.
pub fn greatest_normal(rng: &mut Rng, count: u32) -> f64 {
    normal_quantile(exp(ln(open_unit(rng)) / f64::from(count)))
}

/// A standard normal number on condition that it is below `bound`.
pub fn normal_under(rng: &mut Rng, bound: f64) -> f64 {
    normal_quantile((open_unit(rng) * normal_below(bound)).max(f64::MIN_POSITIVE)).min(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(count: u32, mut draw: impl FnMut(&mut Rng) -> f64) -> f64 {
        let mut rng = Rng::new(1);
        (0..count).map(|_| draw(&mut rng)).sum::<f64>() / f64::from(count)
    }

    #[test]
    fn means_are_as_stated() {
        assert!(mean(20_000, normal).abs() < 0.02);
        assert!((mean(20_000, |rng| lognormal(rng, 0.5)) - 1.0).abs() < 0.02);
        assert!((mean(20_000, exponential) - 1.0).abs() < 0.02);
        assert!((mean(20_000, gamma_four) - 1.0).abs() < 0.02);
    }

    #[test]
    fn one_draw_of_the_greatest_is_distributed_as_the_greatest_of_many() {
        let many = mean(4000, |rng| (0..80).map(|_| normal(rng)).fold(f64::MIN, f64::max));
        let one = mean(4000, |rng| greatest_normal(rng, 80));
        assert!((many - one).abs() < 0.03 && (one - 2.427).abs() < 0.03, "{many} {one}");
    }

    #[test]
    fn a_bounded_normal_stays_below_its_bound() {
        for bound in [-3.0, 0.0, 2.5] {
            assert!(mean(1000, |rng| f64::from(u8::from(normal_under(rng, bound) <= bound))) == 1.0);
        }
    }
}
