//! A whole product in f16, of the published size: `cargo run --release -p tests --example product -- WIDTH [ROWS DEPTH]`.
//!
//! In: the result's columns; its rows and the depth of a sum, 2304 and 4096 if they are not given.  Out: the cycles, and their share of
//!     the peak, of a program that was judged and run.
//! Invariant: every bit of the result is the reference evaluator's.

use arch::Chip;
use graph::{Builder, DType, random};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;
use tests::{Met, meet_graph};
use units::Rng;

/// Lanes of a block of a sum.
const BLOCK: u32 = program::WORD_BYTES as u32;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<u32> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let (width, rows, depth) = match *words.as_slice() {
        [width] => (width, 2304, 4096),
        [width, rows, depth] => (width, rows, depth),
        _ => return Err("usage: product WIDTH [ROWS DEPTH]".into()),
    };
    let (chip, begun) = (Chip::lpu_14nm(), Instant::now());
    let mut build = Builder::new();
    let blocks: Vec<_> = (0..depth.div_ceil(BLOCK))
        .map(|block| {
            let lanes = BLOCK.min(depth - block * BLOCK);
            let x = build.input(&format!("x{block}"), DType::F16, &[rows, lanes]);
            (x, build.weight(&format!("w{block}"), DType::F16, &[width, lanes]))
        })
        .collect();
    let product = build.matmul_blocks(&blocks);
    build.output("y", product);
    let (graph, mut rng) = (build.finish(), Rng::new(1));
    let tensors = random::tensors(&mut rng, &graph);
    let inputs: BTreeMap<_, _> = random::inputs(&mut rng, &graph);
    match meet_graph(&chip, (&graph, &tensors), &[inputs])? {
        Met::Refused(error) => Err(error.to_string().into()),
        Met::Equal { cycles, .. } => {
            let operations = 2 * u64::from(rows) * u64::from(depth) * u64::from(width);
            let most = cycles as f64 * chip.peak_f16() as f64 / chip.clock.0 as f64;
            println!(
                "[{rows} x {depth}] x [{depth} x {width}]: {cycles} cycles, {:.1} % of the peak; judged, and run as evaluated, in {:.0} s",
                100.0 * operations as f64 / most,
                begun.elapsed().as_secs_f64()
            );
            Ok(())
        }
    }
}
