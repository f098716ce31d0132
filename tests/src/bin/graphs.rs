//! Compiles, judges and runs arbitrary graphs by the thousand: `graphs [COUNT [FIRST]]`.
//!
//! In: how many seeds, and the first.  Out: counts, or every seed whose program is wrong, with what is wrong.
//! Invariant: the same seeds give the same graphs, machines and values as in the test; the least seed that fails is a small case.

use std::collections::BTreeMap;
use std::process::ExitCode;
use tests::{Met, meet};

/// After so many seeds it says how far it is.
const TOLD: u64 = 100;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Ok(count), Ok(first)) = (numbers.next().unwrap_or(Ok(1000)), numbers.next().unwrap_or(Ok(1000))) else {
        eprintln!("graphs: expected two numbers, COUNT and the FIRST seed");
        return ExitCode::from(2);
    };
    let (mut equal, mut cycles, mut wrong) = (0, 0, 0);
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first.saturating_add(count) {
        if first < seed && (seed - first).is_multiple_of(TOLD) {
            println!("{} graphs from seed {first} on: {wrong} wrong", seed - first);
        }
        match meet(seed) {
            Ok(Met::Equal { cycles: own, .. }) => (equal, cycles) = (equal + 1, cycles + own),
            Ok(Met::Refused(error)) => *refusals.entry(error.to_string()).or_default() += 1,
            Err(what) => {
                wrong += 1;
                println!("seed {seed}: {what}");
            }
        }
    }
    println!(
        "{count} graphs from seed {first} on: {equal} ran as evaluated, {cycles} cycles in all, {wrong} wrong; refused:"
    );
    refusals.iter().for_each(|(error, count)| println!("{count:6} {error}"));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
