//! Every mutant of a hand-written program is refused, or computes the same.
//!
//! In: the hand-written programs, seeds.  Out: counts by rule; a failure names program, seed and mutation.
//! Invariant: no panic; a mutant that breaks nothing has the dataflow of the original graph, since rule 11 holds for it.
//! Method: `program::mutate` draws the mutants. The witness is stripped first, so that nothing is refused for its time alone;
//!     then a second judgement with the witness must be at least as strict.

mod hand;

use arch::Chip;
use program::{Program, Witness};
use std::collections::BTreeMap;
use verify::{Broken, Rule};

const SEEDS: u64 = 400;

#[test]
fn mutants_are_refused_or_harmless() {
    let chip = Chip::lpu_14nm();
    let mut rules: BTreeMap<Rule, u32> = BTreeMap::new();
    let mut harmless: BTreeMap<String, u32> = BTreeMap::new();
    let (mut refused, mut on_time_only) = (0, 0);
    for (name, program) in hand::all() {
        let original = verify::check(&chip, program).expect("hand-written programs verify");
        for seed in 0..SEEDS {
            let Some(mutant) = program::mutate::mutate(original.program(), seed) else { continue };
            let stripped = Program { witness: Witness::default(), ..mutant.program.clone() };
            let line = format!("{name} seed {seed} {:?}", mutant.description.operator);
            let with_witness = verify::violations(&chip, &mutant.program);
            match Broken::new(&original, stripped, line) {
                Ok(broken) => {
                    refused += 1;
                    for rule in broken.report().rules() {
                        *rules.entry(rule).or_default() += 1;
                    }
                    assert!(!with_witness.is_clean(), "{}: refused only without its witness", broken.mutation());
                }
                Err(unchanged) => {
                    on_time_only += u32::from(!with_witness.is_clean());
                    *harmless.entry(format!("{:?}", mutant.description.operator)).or_default() += 1;
                    assert!(unchanged.to_string().contains(name));
                }
            }
        }
    }
    let count: u32 = harmless.values().sum();
    println!("{refused} mutants refused, by rule {rules:?}");
    println!("{count} compute the same: {harmless:?}; {on_time_only} of them at other times than predicted");
    assert!(1000 < refused && count < refused / 4, "the judge became lenient, or mutation toothless");
    let wanted = [Rule::Collision, Rule::Driven, Rule::Lifetime, Rule::Matrix, Rule::Vector, Rule::Dataflow];
    assert!(wanted.iter().all(|rule| rules.contains_key(rule)), "{rules:?}");
}
