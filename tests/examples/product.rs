//! A whole product in f16, of the published size: `cargo run --release -p tests --example product -- WIDTH [ROWS DEPTH]`.
//!
//! In: the result's columns; its rows and the depth of a sum, 2304 and 4096 if they are not given.  Out: the cycles, and their share of
//!     the peak and the excess over the closed form, of a program that was judged and run.
//! Invariant: every bit of the result is the reference evaluator's.

use arch::Chip;
use graph::random;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;
use tests::{Met, meet_graph, product};
use units::Rng;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<u32> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let (width, rows, depth) = match *words.as_slice() {
        [width] => (width, 2304, 4096),
        [width, rows, depth] => (width, rows, depth),
        _ => return Err("usage: product WIDTH [ROWS DEPTH]".into()),
    };
    let (chip, begun) = (Chip::lpu_14nm(), Instant::now());
    let (graph, mut rng) = (product::graph((rows, depth, width)), Rng::new(1));
    let tensors = random::tensors(&mut rng, &graph);
    let inputs: BTreeMap<_, _> = random::inputs(&mut rng, &graph);
    match meet_graph(&chip, (&graph, &tensors), &[inputs])? {
        Met::Refused(error) => Err(error.to_string().into()),
        Met::Equal { cycles, .. } => {
            let operations = 2 * u64::from(rows) * u64::from(depth) * u64::from(width);
            let most = cycles as f64 * chip.peak_f16() as f64 / chip.clock.0 as f64;
            println!(
                "[{rows} x {depth}] x [{depth} x {width}]: {cycles} cycles, {:.1} % of the peak, {:.1} % over the closed form; judged, and run as evaluated, in {:.0} s",
                100.0 * operations as f64 / most,
                100.0 * cycles as f64 / product::least_cycles((rows, depth, width)) as f64 - 100.0,
                begun.elapsed().as_secs_f64()
            );
            Ok(())
        }
    }
}
