//! Prints what a model takes on 1, 2, 4 and 8 chips.
//!
//! In: a GGUF file.  Out: per group of chips: cycles, how long compiling and judging took, dispatches per chip.
//! Invariant: every figure is of a program that was judged.

use arch::{Chip, Topology};
use import::gguf::{LoadOptions, load};
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).expect("the path of a GGUF file");
    let bytes = std::fs::read(path).expect("the file is there");
    let model = load(bytes.as_slice(), LoadOptions { context: 128 }).expect("a Llama model");
    let chip = Chip::lpu_14nm();
    for topology in Topology::all() {
        let begun = Instant::now();
        let compiled = match compile::compile_for(&model.graph, &model.weights, &chip, &topology) {
            Ok(compiled) => compiled,
            Err(error) => {
                println!("{}: {error}", topology.name);
                continue;
            }
        };
        let compiled_in = begun.elapsed();
        let begun = Instant::now();
        let verified = verify::check(&chip, compiled.program).expect("the judge accepts it");
        let witness = &verified.program().witness;
        let stages: Vec<u64> = verified.program().executable.templates.iter().map(|(_, t)| t.length().0).collect();
        println!(
            "{}: {} cycles (stages {stages:?}), compiled in {compiled_in:.1?}, judged in {:.1?}, {} dispatches",
            topology.name,
            witness.end.0,
            begun.elapsed(),
            verified.extent().issues
        );
    }
}
