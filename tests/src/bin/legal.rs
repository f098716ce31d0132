//! Judges and runs legal programs by the thousand: `legal [COUNT [FIRST]]`.
//!
//! In: how many seeds, and the first.  Out: a count, or the first seed whose program is refused or computes something else.
//! Invariant: the same seeds give the same programs as in the test.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Ok(count), Ok(first)) = (numbers.next().unwrap_or(Ok(10_000)), numbers.next().unwrap_or(Ok(1000))) else {
        eprintln!("legal: expected two numbers, COUNT and the FIRST seed");
        return ExitCode::from(2);
    };
    let chip = arch::Chip::lpu_14nm();
    let mut dispatches = 0;
    for seed in first..first.saturating_add(count) {
        let case = tests::legal(&chip, seed);
        if let Some(wrong) = case.fault(&chip) {
            println!("seed {seed}: {wrong}");
            return ExitCode::FAILURE;
        }
        dispatches += case.program.executable.templates.iter().map(|(_, one)| one.bursts().count()).sum::<usize>();
    }
    println!("{count} programs from seed {first} on are legal and compute what they must; {dispatches} bursts in all");
    ExitCode::SUCCESS
}
