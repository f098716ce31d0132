//! Compiles, judges and runs arbitrary graphs by the thousand: `graphs [COUNT [FIRST]]`.
//!
//! In: how many seeds, and the first.  Out: counts, or every seed whose program is wrong, with what is wrong.
//! Invariant: the same seeds give the same graphs as in the test.

use std::collections::BTreeMap;
use std::process::ExitCode;
use tests::{Met, meet};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Ok(count), Ok(first)) = (numbers.next().unwrap_or(Ok(1000)), numbers.next().unwrap_or(Ok(1000))) else {
        eprintln!("graphs: expected two numbers, COUNT and the FIRST seed");
        return ExitCode::from(2);
    };
    let chip = arch::Chip::lpu_14nm();
    let (mut equal, mut cycles, mut wrong) = (0, 0, 0);
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first.saturating_add(count) {
        match meet(&chip, seed) {
            Ok(Met::Equal { cycles: own }) => (equal, cycles) = (equal + 1, cycles + own),
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
