//! Several chips: the whole line on `tiny` cut into 2, 4 and 8 shares.
//!
//! In: the committed model.  Out: agreement of judge, simulator and evaluator on every chip, bit for bit and cycle for cycle.
//! Invariant: nothing here is told which chip holds what, but by the program.
//! Method: as `decode`; each chip is watched in turn.

use arch::{Chip, Queue, Topology};
use compile::{Compiled, compile, compile_for};
use graph::{Elements, Evaluator};
use program::{Burst, Entry, Executable, Instance, Instruction, Program, Template, Witness, WordSource};
use sim::{System, WordView};
use std::collections::BTreeSet;
use tests::{Claims, Pair, Tiny, greatest, launch, tiny};
use units::{Cycle, Cycles};

const CONTEXT: u32 = 64;
const PROMPT: &str = "The traffic light turned green";
/// Tokens that are run after the prompt.
const WRITTEN: usize = 4;

fn group(model: &Tiny, chips: u16) -> Compiled {
    let topology = Topology::of(chips).expect("a node");
    compile_for(&model.graph, &model.weights, &Chip::lpu_14nm(), &topology).expect("tiny fits any group")
}

#[test]
fn the_judge_accepts_groups_and_every_link_is_used() {
    let model = tiny(CONTEXT);
    for chips in [2, 4, 8] {
        let program = group(&model, chips).program;
        let report = verify::violations(&Chip::lpu_14nm(), &program);
        assert_eq!(report.total, 0, "{chips} chips: {report:?}");
        let bursts = program.executable.templates.iter().flat_map(|(_, template)| {
            template.bursts().map(|(queue, _, _, burst)| (template.queues[queue].0, burst.instruction))
        });
        let sends: BTreeSet<_> =
            bursts.filter(|(_, one)| matches!(one, Instruction::Send { .. })).map(|(queue, _)| queue).collect();
        assert_eq!(sends.len(), usize::from(chips) - 1, "a link to every other chip");
        let held: BTreeSet<u16> = program.executable.image.iter().map(|residency| residency.chip).collect();
        assert_eq!(held.len(), usize::from(chips));
    }
}

#[test]
fn chips_and_evaluator_agree_bit_for_bit() {
    let model = tiny(CONTEXT);
    for chips in [2, 4, 8] {
        let compiled = group(&model, chips);
        let mut pair = Pair::new(&Chip::lpu_14nm(), &compiled);
        let tokens = model.tokenizer.encode(PROMPT).expect("plain text");
        let mut token = tokens[0];
        for position in 0..tokens.len() + WRITTEN {
            token = tokens.get(position).copied().unwrap_or(token);
            let expected = pair.step(&launch(&model, &compiled, token, position as u32), position as u32);
            caches_agree(&pair.system, &compiled, &pair.lowered, position);
            token = greatest(&compiled.launch.logits(&expected));
        }
    }
}

/// The longest cable that a machine may have: compiler, judge and simulator know the same bound.
#[test]
fn a_cable_as_long_as_a_machine_may_have_is_compiled_judged_and_run() {
    let (model, mut chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    chip.name = "far".to_owned();
    (chip.latency.link_flight, chip.latency.link_remainder) = (65_535, 65_535);
    let topology = Topology::of(2).expect("a node");
    let compiled = compile_for(&model.graph, &model.weights, &chip, &topology).expect("tiny fits any group");
    assert!(131_070 < compiled.cycles().0, "every sum crosses the cable");
    let mut pair = Pair::new(&chip, &compiled);
    pair.step(&launch(&model, &compiled, 5, 0), 0);
    chip.latency.link_flight += 1;
    let refused = compile_for(&model.graph, &model.weights, &chip, &topology).map(drop).expect_err("too long");
    assert!(refused.to_string().contains("65535"), "{refused}");
    assert!(!verify::violations(&chip, &compiled.program).is_clean());
    let loaded = System::load(&chip, &compiled.program.executable, &compiled.tables).map(drop);
    assert!(loaded.expect_err("too long").to_string().contains("65535"));
}

/// The executable with an alignment of all clocks behind its last instance: one send queue issues the Deskew when all others are parked.
fn aligned(chip: &Chip, executable: &Executable) -> Executable {
    let mut made = executable.clone();
    let all: BTreeSet<Queue> =
        made.templates.iter().flat_map(|(_, template)| template.queues.iter().map(|(queue, _)| *queue)).collect();
    let sender = all.iter().find(|queue| matches!(queue, Queue::LinkSend(_))).copied().expect("there are links");
    let begins = executable.length().0 + 1;
    let cycles = u16::try_from(chip.drift(Cycles(begins)).0).expect("a token is short");
    let issue = |instruction| Entry::Issue(Burst::once(instruction));
    let entries = |queue: Queue| {
        if queue != sender {
            return vec![issue(Instruction::Sync)];
        }
        let deskew = issue(Instruction::Deskew { cycles });
        vec![Entry::Nop(1), deskew, issue(Instruction::Notify), Entry::Nop(chip.latency.barrier - 1)]
    };
    let queues = all.into_iter().map(|queue| (queue, entries(queue))).collect();
    let template = made.templates.push(Template { name: "align".to_owned(), queues });
    made.instances.push(Instance { template, bases: vec![0], layer: None });
    made
}

/// What the fact `clock_alignment` says of compiled programs.
#[test]
fn clocks_aligned_at_the_end_of_every_token_cost_a_drift_and_a_barrier() {
    let (model, chip) = (tiny(CONTEXT), Chip::lpu_14nm());
    for chips in [2, 4, 8] {
        let compiled = group(&model, chips);
        let own = &compiled.program.executable;
        let mut program = Program { executable: aligned(&chip, own), ..compiled.program.clone() };
        program.witness = Witness::default();
        let report = verify::violations(&chip, &program);
        assert_eq!(report.total, 0, "{chips} chips: {:?}", report.violations.first());
        let more = program.executable.length().0 - own.length().0;
        assert_eq!(more, 1 + chip.drift(Cycles(own.length().0 + 1)).0 + u64::from(chip.latency.barrier));
        println!("{chips} chips: {more} cycles more than {}", own.length().0);
        let load = |executable| System::load(&chip, executable, &compiled.tables).expect("it is well formed");
        let mut systems = [load(own), load(&program.executable)];
        for position in 0..2u16 {
            for system in &mut systems {
                system.launch(&launch(&model, &compiled, 5, position.into()), position).expect("it fits");
                assert_eq!(system.run_token().violations, 0, "{chips} chips");
            }
            let [before, after] = systems.each_ref().map(System::outputs);
            assert!(!before.is_empty() && before == after, "{chips} chips");
        }
        // Clocks that come apart further need a longer reserve.
        let worse = Chip { clock_ppm: 4 * chip.clock_ppm, ..chip.clone() };
        let refused = verify::violations(&worse, &program);
        assert!(0 < refused.total, "{chips} chips");
        assert!(refused.violations.iter().all(|one| one.rule == verify::Rule::Control), "{refused:?}");
    }
}

/// Every word of every cache on every chip is what the evaluator holds.
fn caches_agree(system: &System, compiled: &Compiled, lowered: &Evaluator, position: usize) {
    for chip in 0..system.chips() {
        let moment = system.at(chip, compiled.program.witness.end).expect("the chip is there");
        let mut written = 0;
        for residency in compiled.program.executable.image.iter().filter(|residency| residency.chip == chip) {
            let WordSource::State { node, plane } = residency.source else { continue };
            let tensor = lowered.state(node).expect("a step was computed");
            let Elements::F16(values) = tensor.elements() else { panic!("caches are f16") };
            let lanes = *tensor.shape().extents().last().expect("a state has lanes") as usize;
            for (row, values) in values.chunks(lanes).enumerate() {
                let expected: Vec<u8> = values.iter().map(|bits| bits.to_le_bytes()[usize::from(plane)]).collect();
                let held = moment.sram(residency.slice, residency.address + row as u16);
                let Some(WordView::Bytes(bytes)) = held else { panic!("row {row} on chip {chip} is {held:?}") };
                assert_eq!(bytes[..lanes], expected, "row {row}, byte {plane} on chip {chip} after token {position}");
                written += usize::from(expected.iter().any(|byte| *byte != 0));
            }
        }
        assert!(position < written, "chip {chip} holds {written} words after token {position}");
    }
}

#[test]
fn every_dispatch_on_every_chip_is_as_predicted() {
    let model = tiny(CONTEXT);
    for chips in [2, 8] {
        let compiled = group(&model, chips);
        let mut system = System::load(&Chip::lpu_14nm(), &compiled.program.executable, &compiled.tables)
            .expect("the program is well formed");
        for watched in 0..chips {
            let mut claims = Claims::new(&compiled.program);
            let inputs = launch(&model, &compiled, u32::from(watched) + 5, u32::from(watched));
            system.launch(&inputs, watched).expect("the position fits");
            let outcome = system.watch_token(watched, &mut claims);
            assert_eq!((Cycle(outcome.cycles.0), outcome.violations), (compiled.program.witness.end, 0));
            claims.expect_all(1);
        }
    }
}

/// Greatest difference of a logit that another order of additions may cause, as a share of the greatest logit.
const ORDER_SHARE: f32 = 1e-3;

#[test]
fn a_group_computes_what_one_chip_computes_but_for_the_order_of_sums() {
    let model = tiny(CONTEXT);
    let alone = compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny fits one chip");
    let mut reference = Evaluator::new(&alone.program.lowered, &alone.tables).expect("it evaluates");
    let groups: Vec<Compiled> = [2, 4, 8].map(|chips| group(&model, chips)).into();
    let mut evaluators: Vec<Evaluator> = groups
        .iter()
        .map(|compiled| Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates"))
        .collect();
    for (position, &token) in model.tokenizer.encode(PROMPT).expect("plain text").iter().enumerate() {
        let inputs = launch(&model, &alone, token, position as u32);
        let expected = alone.launch.logits(&reference.step(&inputs).expect("steps"));
        let span = expected.iter().fold(0.0f32, |span, value| span.max(value.abs()));
        for (compiled, evaluator) in groups.iter().zip(&mut evaluators) {
            let logits = compiled
                .launch
                .logits(&evaluator.step(&launch(&model, compiled, token, position as u32)).expect("steps"));
            assert_eq!(logits.len(), expected.len());
            let worst = logits.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < ORDER_SHARE * span, "token {position}: {worst} of {span}");
        }
    }
}
