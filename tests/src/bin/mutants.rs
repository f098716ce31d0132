//! Breaks programs by the thousand: each mutant is refused, or proved harmless and then harmless in the simulator too.
//!
//! In: `mutants [COUNT [EVERY]]`: how many mutants in all, and of how many refused ones one is run.  Out: counts by program and by
//!     operator; a mutant that slips through is named with its seed, and the exit code is 1.
//! Invariant: mutants are made by `program` alone and judged without a witness, so that none is refused for its time alone.
//! Method: the mutants of a program are shared out alike; only those count that differ from their origin. SmolLM2, where
//!     `models/` holds it, gets one in twenty. A refused mutant that is run breaks a rule there, computes something else within
//!     two tokens, or does neither: then the judge was careful (a late write that nobody waits for, a value that happens to be equal).

use std::collections::BTreeMap;
use std::process::ExitCode;
use tests::{Tally, Trial, trials};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Ok(count), Ok(every)) = (numbers.next().unwrap_or(Ok(10_000)), numbers.next().unwrap_or(Ok(10))) else {
        eprintln!("mutants: expected two numbers, COUNT and EVERY how many refused ones one is run");
        return ExitCode::from(2);
    };
    let trials = trials();
    let small = trials.iter().filter(|trial| !trial.is_large).count() as u64;
    let large = trials.len() as u64 - small;
    let each = (20 * count).div_ceil(20 * small + large);
    let (mut all, mut operators) = (Tally::default(), BTreeMap::new());
    for (number, trial) in (0..).zip(&trials) {
        let wanted = if trial.is_large { each.div_ceil(20) } else { each };
        // Seeds of their own, so that no two programs are broken by the same draws.
        let (mut seed, mut own) = (number << 32, Tally::default());
        let last = seed + 2 * wanted;
        while own.mutants() < wanted && seed < last {
            let tally = trial.mutant(seed, every.max(1));
            own.add(&tally);
            if let Some(operator) = &tally.operator {
                operators.entry(operator.clone()).or_insert_with(Tally::default).add(&tally);
            }
            seed += 1;
        }
        println!("{:<24} {own}", trial.name);
        all.add(&own);
    }
    println!();
    for (operator, tally) in &operators {
        println!("{operator:<24} {tally}");
    }
    println!("{:<24} {all}", "all");
    for line in &all.survivors {
        println!("SURVIVED {line}");
    }
    Trial::verdict(&all)
}
