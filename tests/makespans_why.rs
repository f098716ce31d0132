//! Passes stopped one by one, and "why here?" held against the judge.
//!
//! In: `tiny`, a small network of convolutions.  Out: each pass changes the state as its sentence says; an instruction moved one cycle
//!     earlier is refused.
//! Invariant: what binds an instruction is not believed: its whole chain is moved, and the judge decides.
//! Method: queues become lists of (cycle, burst) and back; a queue without a free cycle in front refuses by itself.

use arch::Chip;
use compile::here::{Here, Reason, Spot, why_in};
use compile::{PASSES, Pass, Why, compile, convolution, stop_after};
use import::resnet::{ResNetShape, image};
use program::{Burst, Entry, Program};
use tests::tiny;

const CONTEXT: u32 = 32;

fn state(pass: Pass) -> String {
    let model = tiny(CONTEXT);
    stop_after(pass, &model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny compiles")
}

#[test]
fn the_table_names_every_pass_once_and_in_order() {
    assert!(PASSES.windows(2).all(|pair| pair[0].pass < pair[1].pass));
    for pass in &PASSES {
        assert!(pass.english.ends_with('.') && pass.chinese.ends_with('。'), "{pass:?}");
        assert_eq!(state(pass.pass), state(pass.pass), "{} prints the same twice", pass.name);
    }
}

#[test]
fn check_leaves_the_machine() {
    assert!(state(Pass::Check).contains("lpu-14nm"));
}

#[test]
fn recognise_finds_the_shape_that_check_does_not_know() {
    let after = state(Pass::Recognise);
    assert!(!state(Pass::Check).contains("layers 2"));
    assert!(after.contains("layers 2") && after.contains("width 352") && after.contains("queries 0:"), "{after}");
}

#[test]
fn lower_turns_one_norm_into_operations_of_the_chip() {
    let (before, after) = (state(Pass::Recognise), state(Pass::Lower));
    assert!(!before.contains("digits"));
    assert!(after.contains("digits 4") && after.contains("stage layer") && after.contains("Kernel {"));
    assert!(!after.contains(".read:"), "no queue has been chosen yet");
}

#[test]
fn schedule_gives_cycles_and_emit_takes_them_away() {
    let (schedule, emit) = (state(Pass::Schedule), state(Pass::Emit));
    let cycles = |text: &str| text.lines().filter(|line| line.starts_with("     ")).count();
    assert!(schedule.contains("stage layer:") && 1000 < cycles(&schedule));
    let program = program::text::parse(&emit).expect("the program's own text");
    let model = tiny(CONTEXT);
    let compiled = compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny compiles");
    assert_eq!(program, compiled.program.executable);
}

/// The program with these instructions one cycle earlier; nothing if a queue has no free cycle in front of one of them.
fn earlier(program: &Program, chain: &[Spot]) -> Option<Program> {
    let mut program = program.clone();
    let template = &mut program.executable.templates[chain[0].template];
    let length = template.length().0;
    for (place, (_, entries)) in template.queues.iter_mut().enumerate() {
        let (mut cycle, mut bursts): (u64, Vec<(u64, Burst)>) = (0, Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            if let Entry::Issue(burst) = entry {
                let moved = chain.iter().any(|spot| (spot.queue, spot.entry) == (place as u32, index as u32));
                bursts.push((cycle.checked_sub(u64::from(moved))?, *burst));
            }
            cycle += entry.length().0;
        }
        let (mut now, mut rebuilt) = (0, Vec::new());
        for (start, burst) in bursts {
            gap(&mut rebuilt, start.checked_sub(now)?);
            rebuilt.push(Entry::Issue(burst));
            now = start + burst.length().0;
        }
        gap(&mut rebuilt, length.checked_sub(now)?);
        *entries = rebuilt;
    }
    Some(program)
}

fn gap(entries: &mut Vec<Entry>, cycles: u64) {
    if 0 < cycles {
        entries.push(Entry::Nop(cycles as u32));
    }
}

/// Violations of a program of which the predictions are not judged: those of the schedule before would be refused in any case.
fn violations(program: &Program) -> u64 {
    let mut program = program.clone();
    program.witness.templates.clear();
    verify::violations(&Chip::lpu_14nm(), &program).total
}

fn refused(program: &Program, chain: &[Spot]) -> bool {
    earlier(program, chain).is_none_or(|moved| violations(program) < violations(&moved))
}

fn sample(program: &Program, why: &[Why], step: usize) -> Vec<Here> {
    let mut sample = Vec::new();
    for (template, stage) in program.executable.templates.iter() {
        for (queue, entry, ..) in stage.bursts().step_by(step) {
            let spot = Spot { template, queue: queue as u32, entry: entry as u32 };
            sample.push(why_in((program, why), &Chip::lpu_14nm(), spot).expect("every instruction has a reason"));
        }
    }
    sample
}

/// The chain of every `step`th instruction of a template is refused one cycle earlier; returns what was said of them.
fn expect_bound(program: &Program, why: &[Why], step: usize) -> Vec<Here> {
    let sample = sample(program, why, step);
    let mut kinds = [0; 4];
    let mut loose = Vec::new();
    for here in &sample {
        kinds[match here.reason {
            Reason::First => 0,
            Reason::After(_) => 1,
            Reason::Queue(..) => 2,
            Reason::Taken(_) => 3,
        }] += 1;
        assert!(here.to_string().ends_with('.') && here.chinese().ends_with('。'));
        if !refused(program, &here.chain) {
            loose.push(here.to_string());
        }
    }
    println!("{} instructions: first, after, queue, taken = {kinds:?}; loose {}", sample.len(), loose.len());
    assert!(100 < sample.len() && 0 < kinds[1] && 0 < kinds[2], "{} of kinds {kinds:?}", sample.len());
    assert!(loose.is_empty(), "{loose:#?}");
    sample
}

#[test]
fn an_instruction_and_its_chain_cannot_be_one_cycle_earlier() {
    let model = tiny(CONTEXT);
    let compiled = compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny compiles");
    for here in expect_bound(&compiled.program, &compiled.why, 41) {
        assert!(refused(&compiled.program, &[here.spot]), "alone: {here}");
        let english = ["ALUs", "streams"].iter().any(|word| here.chinese().contains(word));
        assert!(!english, "{}", here.chinese());
    }
}

#[test]
fn nor_can_a_chain_of_an_image() {
    // A stride, an identity. Alone a write of one stretch of pixels can be earlier: it takes the row before, which no structure forbids.
    let shape = ResNetShape { pixels: 32, channels: 8, blocks: vec![2, 1], classes: 10 };
    let compiled = convolution::compile(&image(&shape), None, &Chip::lpu_14nm()).expect("it fits one chip");
    expect_bound(&compiled.program, &compiled.why, 17);
}
