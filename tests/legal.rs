//! Programs that no compiler made are accepted by the judge and run by the simulator to the values that were worked out beside them.
//!
//! In: seeds of `tests::legal`.  Out: a failure prints the seed; `cargo run -p tests --bin legal -- COUNT FIRST` tries more of them.
//! Invariant: generator, judge and simulator share the vocabulary only.

use arch::Chip;
use program::{Entry, Instruction, MxmFormat, text};
use tests::legal;

/// Programs of one ordinary test run.
const COUNT: u64 = 1000;

#[test]
fn a_thousand_legal_programs_are_accepted_and_compute_what_they_must() {
    let chip = Chip::lpu_14nm();
    for seed in 0..COUNT {
        if let Some(wrong) = legal(&chip, seed).fault(&chip) {
            panic!("seed {seed}: {wrong}");
        }
    }
}

/// The mnemonic, and whether it is one of two kinds that one mnemonic has.
fn kind(instruction: Instruction) -> &'static str {
    match instruction {
        Instruction::Activate { format: MxmFormat::F16 { .. }, .. } => "activate f16",
        Instruction::Shift { north, south, .. } if north != south => "shift beside",
        other => other.mnemonic(),
    }
}

#[test]
fn they_use_every_kind_of_instruction_that_the_generator_knows() {
    let chip = Chip::lpu_14nm();
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let executable = legal(&chip, seed).program.executable;
        assert_eq!(text::parse(&text::print(&executable)), Ok(executable.clone()), "seed {seed}");
        let entries = executable.templates.iter().flat_map(|(_, one)| one.queues.iter().flat_map(|(_, each)| each));
        found.extend(entries.filter_map(|entry| match entry {
            Entry::Issue(burst) => Some(kind(burst.instruction)),
            Entry::Nop(_) => None,
        }));
    }
    let expected = ["accumulate", "activate", "distribute", "gather", "i32_to_f32", "install", "load", "max", "mul"];
    let rest = ["permute", "read", "receive", "send", "shift", "write", "xor", "add", "sub", "min"];
    let rest = rest.into_iter().chain(["transpose", "rotate", "scatter", "f32_to_f16", "activate f16", "shift beside"]);
    for name in expected.into_iter().chain(rest) {
        assert!(found.contains(name), "no seed below 100 uses {name}: {found:?}");
    }
}

#[test]
fn a_cycle_less_anywhere_would_be_noticed() {
    let chip = Chip::lpu_14nm();
    let wrong = [
        |chip: &mut Chip| chip.latency.mem_read += 1,
        |chip: &mut Chip| chip.latency.vxm_alu += 1,
        |chip: &mut Chip| chip.latency.sxm_permute -= 1,
        |chip: &mut Chip| chip.latency.link_flight += 1,
        |chip: &mut Chip| chip.latency.mxm_multiply -= 1,
    ];
    for change in wrong {
        let mut other = chip.clone();
        change(&mut other);
        let refused = (0..60).filter(|&seed| legal(&chip, seed).fault(&other).is_some()).count();
        assert!(4 < refused, "only {refused} of 60 programs are refused by another machine");
    }
}
