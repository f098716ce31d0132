//! Mutants of a compiled program: each is refused by the judge, or proved harmless and then harmless in the simulator too.
//!
//! In: `tiny`, seeds.  Out: counts; a mutant that slips through fails with its seed.
//! Invariant: the mutator sees only the program, the judge only program and chip, the simulator only the executable.

use arch::Chip;
use compile::{Compiled, compile};
use graph::{Tensor, TensorData};
use program::mutate::{Operator, mutate};
use program::{Executable, Witness};
use sim::{Machine, Silent};
use std::collections::BTreeMap;
use units::{Rng, Span};

/// Mutants of one ordinary test run.
const SEEDS: u64 = 150;

struct Case {
    chip: Chip,
    compiled: Compiled,
    inputs: BTreeMap<String, Tensor>,
}

fn case() -> Case {
    let model = tests::tiny(16);
    let chip = Chip::lpu_14nm();
    let mut compiled = compile(&model.graph, &model.weights, &chip).expect("tiny fits one chip");
    // Without its witness the program must be refused for what it does, not for what was claimed of it.
    compiled.program.witness = Witness::default();
    let row = model.weights.rows(compiled.launch.embedding, Span::new(5, 1)).expect("a row per token");
    let inputs = compiled.launch.inputs(&row, 3);
    Case { chip, compiled, inputs }
}

fn outputs(case: &Case, executable: &Executable, tables: &dyn TensorData) -> (u64, Vec<Vec<u32>>) {
    let mut machine = Machine::load(&case.chip, executable, tables).expect("mutants keep their form");
    machine.launch(&case.inputs, 3).expect("the position fits");
    let outcome = machine.run_token(&mut Silent);
    (outcome.violations, machine.outputs().into_iter().map(|tile| tile.bits).collect())
}

#[test]
fn every_mutant_is_refused_or_truly_harmless() {
    let case = case();
    let original = outputs(&case, &case.compiled.program.executable, &case.compiled.tables);
    assert_eq!(original.0, 0);
    let (mut refused, mut harmless) = (0, 0);
    for seed in 0..SEEDS {
        let Some(mutant) = mutate(&case.compiled.program, seed) else { continue };
        if verify::violations(&case.chip, &mutant.program).is_clean() {
            harmless += 1;
            let changed = outputs(&case, &mutant.program.executable, &case.compiled.tables);
            assert_eq!(changed, original, "seed {seed} slipped past the judge: {:?}", mutant.description);
        } else {
            refused += 1;
        }
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(SEEDS * 3 / 4 < refused, "{refused} refused of {SEEDS}");
}

/// A few mutants of every small program; `cargo run -p tests --bin mutants` makes them by the thousand.
#[test]
fn judge_and_simulator_agree_on_mutants_of_twenty_programs() {
    let mut all = tests::Tally::default();
    for (number, trial) in (1..).zip(tests::small_trials()) {
        (0..12).for_each(|seed| all.add(&trial.mutant(number << 40 | seed, 3)));
    }
    println!("{all}");
    assert_eq!(all.survivors, Vec::<String>::new());
    assert!(
        150 < all.refused && 4 * all.same < all.broke + all.differed,
        "the judge became lenient, or too careful: {all}"
    );
}

#[test]
fn a_bug_planted_in_the_values_is_seen_in_the_outputs() {
    let case = case();
    let original = outputs(&case, &case.compiled.program.executable, &case.compiled.tables);
    let mut rng = Rng::new(1);
    let mut tables = BTreeMap::new();
    for (id, info) in case.compiled.program.lowered.tensors.iter() {
        let tensor = case.compiled.tables.load(id).expect("the table is there");
        let tensor = if info.name.ends_with("attn_v.weights") { flipped(&tensor, &mut rng) } else { tensor };
        tables.insert(id, tensor);
    }
    assert_ne!(
        outputs(&case, &case.compiled.program.executable, &tables).1,
        original.1,
        "one weight off by one went unseen"
    );
}

/// The tensor with one weight of the first row moved by one level.
fn flipped(tensor: &std::sync::Arc<Tensor>, rng: &mut Rng) -> std::sync::Arc<Tensor> {
    let graph::Elements::I8(levels) = tensor.elements() else { panic!("weights are int8") };
    let mut levels = levels.clone();
    levels[rng.below(300) as usize] ^= 1;
    std::sync::Arc::new(Tensor::new(*tensor.shape(), graph::Elements::I8(levels)))
}

/// On 1 and on 2 chips: what the judge refuses for a value reaches an output, what it calls harmless reaches none, and a seed gives the
/// same front again.
#[test]
fn the_damage_front_of_a_mutant_is_counted() {
    let (chip, model) = (Chip::lpu_14nm(), tests::tiny(16));
    for chips in [1, 2] {
        let topology = arch::Topology::of(chips).expect("so many chips are joined");
        let compiled = compile::compile_for(&model.graph, &model.weights, &chip, &topology).expect("it fits");
        let verified = study::judge_on(&chip, compiled.program).unwrap_or_else(|_| panic!("it is verified"));
        let (mut reached, mut links, mut rerouted, mut overflowed) = (0, 0, 0, 0);
        for seed in 0..40 {
            let Some(mutant) = study::judge_mutant(&verified, seed) else { continue };
            let Some(front) = &mutant.front else { continue };
            assert_eq!(front.of, 2, "the vocabulary of tiny is two tiles");
            assert_eq!(front.seed, seed + front.overflowed, "the seed that was taken, and how many were not");
            overflowed += u64::from(front.overflowed != 0);
            let operator = mutate(verified.program(), seed).map(|mutant| mutant.description.operator);
            if operator == Some(Operator::Link) && mutant.verdict.total != 0 {
                assert!(!front.damage.is_empty(), "seed {seed}: words on another link are found nowhere");
                rerouted += 1;
            }
            if mutant.verdict.total == 0 {
                assert_eq!(front.outputs, 0, "seed {seed} is harmless");
            }
            let words: u64 = front.damage.iter().map(|one| one.words).sum();
            let bytes: u64 = front.damage.iter().map(|one| one.bytes).sum();
            assert!(
                words <= bytes && bytes <= 320 * words,
                "seed {seed}: a word that differs has 1 to 320 bytes that do"
            );
            assert!(
                front.outputs == 0 || words != 0,
                "seed {seed}: an output differs of which nothing is driven otherwise"
            );
            assert!(front.damage.is_sorted_by_key(|one| one.first));
            reached += u64::from(front.outputs != 0);
            links += u64::from(front.damage.iter().any(|one| one.unit == "C2C"));
            if seed < 3 {
                assert_eq!(study::judge_mutant(&verified, seed).and_then(|mutant| mutant.front).as_ref(), Some(front));
            }
        }
        println!(
            "on {chips}: {reached} of 40 reach an output, {links} cross a link, {rerouted} take another, {overflowed} seeds overflow"
        );
        assert_eq!(chips == 1, rerouted == 0, "on {chips}: {rerouted} take another link");
        assert!(overflowed != 0, "with some seeds nothing finite comes out, so the next one is drawn");
        assert!(25 < reached && (chips == 1) == (links == 0), "on {chips}: {reached} reach an output, {links} a link");
        assert!(study::harmless_seed(&verified, 0).is_some(), "one mutation in nine is harmless");
    }
}
