//! Every constant of the rival, each with its bounds and what it rests on.
//!
//! In: nothing.  Out: constants by id, grouped by what they describe.
//! Invariant: low <= default <= high; ids are unique; no other file of this crate holds a number that describes the world.
//! Method: machines, memories, links and software, and load apart.
//!
//! How the fitted ones were found: least squares of the relative error of tokens per second over seven published points, bf16
//! decode at batch 1 on A100-80 SXM (gpt-fast README): Llama-2-7B TP1, TP2, TP8; Llama-2-70B TP2, TP8; Mixtral-8x7B TP2, TP8.
//! Four were free: `a100.hbm_eff`, `a100.gap_graph`, `gpu.ramp`, `a100.all_reduce`, on a grid inside their bounds; the best
//! leaves 1.1 % root mean square, and gap and ramp trade off against each other. The three points at TP4 were held out.
//! `examples/calibrate.rs` repeats the search (argument `fit`); `tests/rival/published.rs` holds the result. `a100.hbm_eff` is
//! what a stream gets before refresh and its slowest channel take about 5 % more, so it is below the 0.87 of streaming benchmarks.

pub mod a100;
pub mod h100;
pub mod link;
pub mod load;
pub mod memory;
pub mod net;
pub mod record;

use units::{Constant, Evidence};

/// All constants of this crate.
pub fn all() -> Vec<Constant> {
    [a100::ALL, h100::ALL, memory::ALL, link::ALL, load::ALL, net::ALL, record::ALL].concat()
}

/// Default and bounds of a constant.
#[derive(Clone, Copy)]
struct Bounds(f64, f64, f64);

/// A constant; `bounds` are low, default, high.
const fn constant(id: &'static str, bounds: Bounds, unit: &'static str, evidence: Evidence) -> Constant {
    Constant { id, default: bounds.1, low: bounds.0, high: bounds.2, unit, evidence }
}

/// A constant that nobody varies.
const fn exactly(value: f64) -> Bounds {
    Bounds(value, value, value)
}

const fn published(work: &'static str, section: &'static str) -> Evidence {
    Evidence::Published { work, section }
}

const fn derived(formula: &'static str) -> Evidence {
    Evidence::Derived { formula }
}

/// What a fit gives is a choice among figures that explain the same: assumed, with the points that it was fitted to.
const fn fitted(why: &'static str) -> Evidence {
    Evidence::Assumed { why }
}

const fn assumed(why: &'static str) -> Evidence {
    Evidence::Assumed { why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use units::{Book, Standing};

    #[test]
    fn every_constant_is_sound_and_every_derived_one_is_the_value_of_its_formula() {
        let book = Book::new(all()).unwrap_or_else(|errors| {
            panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        let derived: Vec<Constant> =
            all().into_iter().filter(|constant| constant.evidence.standing() == Standing::Derived).collect();
        assert_eq!(derived.len(), 11);
        for constant in derived {
            let value = book.value(constant.id).expect("its formula resolves");
            let off = (value / constant.default - 1.0).abs();
            assert!(off < 0.02, "{}: {value}, not {}", constant.id, constant.default);
        }
    }

    #[test]
    fn bounds_hold_their_default_and_ids_are_unique() {
        let mut ids = BTreeSet::new();
        for constant in all() {
            assert!(constant.low <= constant.default && constant.default <= constant.high, "{constant:?}");
            assert!(ids.insert(constant.id), "{} stands twice", constant.id);
        }
    }
}
