//! A machine loaded for its time alone does what the one with values does, in the same cycles, and breaks the same rules.
//!
//! In: the library, legal programs and mutants of both, `tiny` on one chip and on two.  Out: a failure names program and seed.
//! Invariant: every dispatch and every arrival of chip 0 is compared, and every violation with its place; outputs are not computed.
//! Method: two recorders side by side. A mutant may compute an address; then its values decide where it goes, and it is left out.

use arch::{Chip, Topology};
use graph::{Tensor, TensorData};
use program::Executable;
use program::mutate::mutate;
use sim::{Cause, Defect, Outcome, Recorder, System};
use std::collections::BTreeMap;
use tests::library::{POSITION, SAYS, Stored, stored};

/// Mutants of each program.
const MUTANTS: u64 = 25;

type Inputs = BTreeMap<String, Tensor>;

/// One token with a recorder on chip 0.
fn recorded(system: &mut System, inputs: &Inputs, position: u16) -> (Recorder, Outcome) {
    system.launch(inputs, position).expect("its record is there");
    let mut recorder = Recorder::default();
    let outcome = system.watch_token(0, &mut recorder);
    (recorder, outcome)
}

/// Whether the two could be compared, and whether a rule was broken.
fn compare(name: &str, executable: &Executable, tables: &dyn TensorData, (inputs, at): (&Inputs, u16)) -> Option<bool> {
    let chip = Chip::lpu_14nm();
    let mut whole = System::load(&chip, executable, tables).ok()?;
    let mut bare = System::load_timing(&chip, executable).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (watched, outcome) = recorded(&mut whole, inputs, at);
    let depends = |cause: &Cause| matches!(cause, Cause::MapRange { .. } | Cause::MapPoisoned);
    if outcome.poison.iter().any(|poison| depends(&poison.cause)) {
        return None;
    }
    let (found, timed) = recorded(&mut bare, &Inputs::new(), at);
    assert!(found.dispatches == watched.dispatches, "{name}: other dispatches");
    assert!(found.arrivals == watched.arrivals, "{name}: other arrivals");
    assert_eq!(timed, outcome, "{name}");
    let defects = bare.outputs().into_iter().filter_map(|tile| tile.defect);
    let defects: Vec<Defect> = defects.collect();
    assert_eq!(defects.len(), whole.outputs().len(), "{name}: an output of a machine without values");
    Some(outcome.violations != 0)
}

/// Whether a change may let something else than a word of the record end up as a map.
fn has_maps(executable: &Executable) -> bool {
    let entries = executable.templates.iter().flat_map(|(_, one)| one.queues.iter().flat_map(|(_, entries)| entries));
    entries.into_iter().any(|entry| match entry {
        program::Entry::Issue(burst) => matches!(burst.instruction.mnemonic(), "gather" | "scatter"),
        program::Entry::Nop(_) => false,
    })
}

#[test]
fn without_values_time_and_rules_are_the_same() {
    let chip = Chip::lpu_14nm();
    let (mut broken, mut clean) = (0, 0);
    let mut count = |name: &str, program: &program::Program, tables: &dyn TensorData, token: (&Inputs, u16)| {
        for seed in 0..=MUTANTS {
            let mutant = if seed == 0 || has_maps(&program.executable) { None } else { mutate(program, seed) };
            let executable = mutant.map_or_else(|| program.executable.clone(), |mutant| mutant.program.executable);
            match compare(&format!("{name} seed {seed}"), &executable, tables, token) {
                Some(true) => broken += 1,
                Some(false) => clean += 1,
                None => {}
            }
        }
    };
    for (name, _) in SAYS {
        let Stored { program, tables, inputs } = stored(name);
        count(name, &program, &tables, (&inputs, POSITION));
    }
    for seed in 0..20 {
        let case = tests::legal(&chip, seed);
        count(&format!("legal {seed}"), &case.program, &case.tables, (&case.inputs, case.position));
    }
    println!("{broken} with violations, {clean} without: the same times and violations with values and without");
    assert!(200 < broken && 100 < clean, "{broken} broken, {clean} clean");
}

#[test]
fn tiny_takes_the_same_cycles_without_its_weights() {
    let (chip, model) = (Chip::lpu_14nm(), tests::tiny(16));
    for chips in [1, 2] {
        let topology = Topology::of(chips).expect("so many chips are joined");
        let compiled = compile::compile_for(&model.graph, &model.weights, &chip, &topology).expect("it fits");
        let executable = &compiled.program.executable;
        let inputs = tests::launch(&model, &compiled, 5, 3);
        let mut whole = System::load(&chip, executable, &compiled.tables).expect("it is well formed");
        let mut bare = System::load_timing(&chip, executable).expect("it needs no tensors");
        let (watched, outcome) = recorded(&mut whole, &inputs, 3);
        let (found, timed) = recorded(&mut bare, &Inputs::new(), 3);
        assert!(found.dispatches == watched.dispatches && found.arrivals == watched.arrivals, "on {chips}");
        assert_eq!(timed, outcome, "on {chips}");
        assert_eq!((outcome.violations, outcome.cycles), (0, executable.length()));
        assert!(bare.outputs().iter().all(|tile| tile.defect == Some(Defect::NotComputed)));
    }
}
