//! Programs of several buckets in memory together: a token runs the smallest that holds its position.
//!
//! In: `tiny` at context 128 on one chip and on two, SmolLM2 where `models/` holds it.  Out: judge, simulator and evaluator agree across
//!     every switch.
//! Invariant: the chip goes on from the memory that the program before left; the evaluator from the states that the graph before left.
//! Method: decoding past every switch; with SmolLM2 a few tokens on either side of one, after caches of zeros. What must be refused is made
//!     by breaking one of the programs.

use arch::{Chip, Topology};
use compile::{Compiled, Formats, buckets, compile, compile_block, compile_buckets};
use graph::Evaluator;
use import::gguf::{LoadOptions, load};
use program::Program;
use sim::{SimError, System};
use std::ops::Range;
use tests::{expect_all_values, greatest, tiny};
use units::{Id, Span};
use verify::{BucketFault, Shared, check_beside, check_buckets, violations};

fn all(context: u32, chips: u16) -> (tests::Tiny, Vec<Compiled>) {
    let model = tiny(context);
    let (chip, topology) = (Chip::lpu_14nm(), Topology::of(chips).expect("a node"));
    let source = (&model.graph, &model.weights as _);
    let all = compile_buckets(source, Formats::default(), &chip, &topology).expect("tiny fits");
    assert!(all.left_out.is_empty() && all.needed <= all.available);
    (model, all.programs)
}

fn programs(all: &[Compiled]) -> Vec<Program> {
    all.iter().map(|compiled| compiled.program.clone()).collect()
}

/// Decodes tokens that follow one another, some given, at these positions, and compares every logit of every token.
fn decode(all: &[Compiled], given: &[u32], positions: Range<u32>, row: impl Fn(u32) -> Vec<f32>) {
    let chip = Chip::lpu_14nm();
    let loaded = System::load(&chip, &all[0].program.executable, &all[0].tables).expect("well formed");
    let beside = |compiled: &Compiled| loaded.beside(&compiled.program.executable).expect("made to lie beside it");
    let systems: Vec<System> = all.iter().map(beside).collect();
    let evaluator = |compiled| -> Evaluator { evaluator(compiled) };
    let (mut system, mut lowered, mut bucket) = (systems[0].clone(), evaluator(&all[0]), 0);
    let mut token = given[0];
    for (number, position) in positions.enumerate() {
        if all[bucket].launch.context <= position {
            bucket += 1;
            system.switch(&systems[bucket]);
            let mut next = evaluator(&all[bucket]);
            next.go_on_from(&lowered).expect("states have the same form");
            lowered = next;
        }
        token = given.get(number).copied().unwrap_or(token);
        let inputs = all[bucket].launch.inputs(&row(token), position);
        system.launch(&inputs, position as u16).expect("the position fits");
        let outcome = system.run_token();
        assert_eq!((outcome.cycles, outcome.violations), (all[bucket].cycles(), 0), "token {position}");
        let expected = lowered.step(&inputs).expect("all inputs are there");
        expect_all_values(&system, &expected, position);
        token = greatest(&all[bucket].launch.logits(&expected));
    }
    assert_eq!(bucket + 1, all.len(), "every program had its turn");
}

fn evaluator(compiled: &Compiled) -> Evaluator<'_> {
    Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates")
}

#[test]
fn chip_and_evaluator_agree_across_every_switch() {
    for chips in [1, 2] {
        let (model, all) = all(128, chips);
        let verified = check_buckets(&Chip::lpu_14nm(), programs(&all)).expect("every bucket is legal");
        let contexts = verified.programs().iter().map(|one| u32::from(one.program().executable.context));
        assert_eq!(contexts.collect::<Vec<_>>(), buckets(128));
        let cycles: Vec<u64> = all.iter().map(|compiled| compiled.cycles().0).collect();
        println!("{chips} chips: {cycles:?}");
        assert!(cycles.is_sorted() && cycles[0] < cycles[3], "{cycles:?}");
        let given = model.tokenizer.encode("The traffic light turned green and every car").expect("plain text");
        let embedding = all[0].launch.embedding;
        let row = |token| model.weights.rows(embedding, Span::new(u64::from(token), 1)).expect("a row per token");
        decode(&all, &given, 0..66, row);
    }
}

#[test]
fn smollm2_goes_on_across_a_switch() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    let model = load(bytes, LoadOptions { context: 128 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let source = (&model.graph, &model.weights as _);
    let all = compile_buckets(source, Formats::default(), &chip, &Topology::single()).expect("SmolLM2 fits");
    let programs_of = |all: &[Compiled]| all.iter().map(|one| (one.launch.context, one.cycles().0)).collect::<Vec<_>>();
    println!(
        "{:?}, left out {:?}, {} of {} bytes",
        programs_of(&all.programs),
        all.left_out,
        all.needed,
        all.available
    );
    // The instructions of one take more than a third of the room.
    assert_eq!((all.programs.len(), all.left_out.len()), (2, 2));
    let all = all.programs;
    assert!(all[0].cycles() < all[1].cycles());
    check_buckets(&chip, programs(&all)).expect("every bucket is legal");
    let given = model.tokenizer.encode("The capital of France is").expect("plain text");
    let embedding = all[0].launch.embedding;
    let row = |token| model.weights.rows(embedding, Span::new(u64::from(token), 1)).expect("a row per token");
    let switch = all[0].launch.context;
    decode(&all, &given, switch - 2..switch + 2, row);
}

#[test]
fn programs_that_cannot_take_turns_are_refused() {
    let (_, all) = all(128, 1);
    let chip = Chip::lpu_14nm();
    let what = |programs: Vec<Program>| -> Vec<&'static str> {
        let faults = check_buckets(&chip, programs).expect_err("something is wrong");
        let what = |fault: &BucketFault| match fault {
            BucketFault::Topology { .. } => "topology",
            BucketFault::Context { .. } => "context",
            BucketFault::Differs { what: Shared::Record, .. } => "launch record",
            BucketFault::Differs { what: Shared::Image, .. } => "image",
            _ => "",
        };
        faults.iter().map(what).collect()
    };
    assert_eq!(check_buckets(&chip, Vec::new()).err(), Some(vec![BucketFault::None]));
    let mut turned = programs(&all[..2]);
    turned.reverse();
    assert_eq!(what(turned), ["context"]);
    let (model, alone) = (tiny(64), Chip::lpu_14nm());
    let alone = compile(&model.graph, &model.weights, &alone).expect("tiny fits").program;
    let other = vec![alone, all[3].program.clone()];
    assert_eq!(what(other), ["image"]);
    let model = tiny(128);
    let source = (&model.graph, &model.weights as _);
    let both = compile_block(source, (Formats::default(), 2), &chip, &Topology::single()).expect("tiny fits");
    let both = both.map(|one| one.program);
    assert!(check_beside(&chip, both.to_vec()).is_ok());
    assert_eq!(what(both.into_iter().rev().collect()), ["launch record"]);
    let mut renamed = programs(&all[2..]);
    renamed[0].lowered.tensors[Id::new(0)].name.push('x');
    assert_eq!(what(renamed), ["image"]);
    let mut broken = programs(&all);
    broken[1].executable.image.pop();
    let faults = check_buckets(&chip, broken).expect_err("a word is missing");
    assert!(matches!(faults[..], [BucketFault::Program { bucket: 1, .. }]), "{faults:?}");
    let loaded = System::load(&chip, &all[0].program.executable, &all[0].tables).expect("well formed");
    let model = tiny(64);
    let alone = compile(&model.graph, &model.weights, &chip).expect("tiny fits");
    assert!(matches!(loaded.beside(&alone.program.executable), Err(SimError::Image { .. })));
}

#[test]
fn instructions_of_all_programs_are_counted_together() {
    let model = tiny(256);
    let mut chip = Chip { words: 6144, ..Chip::lpu_14nm() };
    let source = (&model.graph, &model.weights as _);
    let all = compile_buckets(source, Formats::default(), &chip, &Topology::single()).expect("tiny fits").programs;
    let count = all.len();
    // So long that two are a whole fetch: all programs but one can just be fetched.
    chip.instruction_bytes = chip.lanes();
    let all: Vec<_> = all.into_iter().filter(|it| violations(&chip, &it.program).total == 0).collect();
    assert_eq!(count, all.len() + 1);
    let faults = check_buckets(&chip, programs(&all)).expect_err("together they are too long");
    assert!(matches!(faults[..], [BucketFault::Storage { capacity, found }] if capacity < found), "{faults:?}");
    let some = compile_buckets(source, Formats::default(), &chip, &Topology::single()).expect("some have room");
    assert!(some.needed <= some.available && !some.left_out.is_empty(), "{:?}", some.left_out);
    assert_eq!(some.programs.len() + some.left_out.len(), count);
    check_buckets(&chip, programs(&some.programs)).expect("these have");
}

#[test]
fn the_program_for_all_positions_is_as_long_as_alone() {
    let (model, all) = all(128, 1);
    let alone = compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny fits");
    assert_eq!(all[3].cycles(), alone.cycles());
    for (compiled, context) in all.iter().zip([16, 32, 64, 128]) {
        let model = tiny(context);
        let alone = compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny fits");
        println!("{context} positions: {} cycles, {} alone", compiled.cycles().0, alone.cycles().0);
    }
}
