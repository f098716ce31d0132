//! Whole models run by plans as they run word by word, instance by instance.
//!
//! In: the committed model, and the real one where `models/` holds it.  Out: agreement on everything that can be seen at each boundary.
//! Invariant: one machine is watched, which is the plain way; of the other every instance but the first of each template runs by a plan.

use arch::{Chip, Hemisphere, SliceId};
use compile::compile;
use import::gguf::{LoadOptions, load};
use sim::{Machine, Moment, Observer, Silent};
use units::{Cycle, Span};

struct Watcher;

impl Observer for Watcher {}

fn compare(found: &Moment, expected: &Moment, words: &[(SliceId, u16)]) {
    assert_eq!(found.live(), expected.live());
    for half in Hemisphere::BOTH {
        for plane in 0..2 {
            assert!(found.buffer(half, plane) == expected.buffer(half, plane));
            assert!(found.array(half, plane) == expected.array(half, plane));
            for slot in 0..128 {
                let accumulators = [found, expected].map(|moment| moment.accumulator(half, plane, slot));
                assert!(accumulators[0] == accumulators[1], "accumulator {slot}");
            }
        }
    }
    for (slice, address) in words {
        assert_eq!(found.sram(*slice, *address), expected.sram(*slice, *address), "{slice} {address}");
    }
}

/// Runs `tokens` tokens both ways.
fn agree(bytes: &[u8], tokens: u16) {
    let model = load(bytes, LoadOptions { context: 128 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let compiled = compile(&model.graph, &model.weights, &chip).expect("it fits one chip");
    let executable = &compiled.program.executable;
    let templates = executable.templates.iter().count() as u64;
    let load = || Machine::load(&chip, executable, &compiled.tables).expect("the program is well formed");
    let (mut machine, mut plain) = (load(), load());
    // A third of all words at the end of a token, fewer between.
    let words: Vec<(SliceId, u16)> =
        chip.slices().flat_map(|slice| (0..chip.words).step_by(3).map(move |address| (slice, address))).collect();
    for position in 0..tokens {
        let span = Span::new(u64::from(position) * 37 % 500, 1);
        let row = model.weights.rows(compiled.launch.embedding, span).expect("a row per token");
        let inputs = compiled.launch.inputs(&row, u32::from(position));
        machine.launch(&inputs, position).expect("the position fits");
        plain.launch(&inputs, position).expect("the position fits");
        while let Some(instance) = machine.run_instance(&mut Silent) {
            assert_eq!(plain.run_instance(&mut Watcher), Some(instance));
            let (_, start) = plain.next_instance();
            let is_last = machine.next_instance().0 == executable.instances.len();
            let step = if is_last { 1 } else { 50 };
            let words: Vec<(SliceId, u16)> = words.iter().step_by(step).copied().collect();
            compare(&machine.at(start), &plain.at(start), &words);
            let later = Cycle(start.0 + 9);
            compare(&machine.at(later), &plain.at(later), &[]);
        }
        assert_eq!(machine.outcome(), plain.outcome());
        assert_eq!(machine.outputs(), plain.outputs());
        let recorded = if position == 0 { templates } else { 0 };
        assert_eq!(machine.instances_planned(), executable.instances.len() as u64 - recorded, "position {position}");
    }
}

#[test]
fn tiny_runs_by_plans_as_word_by_word() {
    agree(include_bytes!("../static/models/tiny.gguf"), 4);
}

#[test]
fn smollm2_runs_by_plans_as_word_by_word() {
    if let Some(bytes) = tests::real_model_or_say() {
        agree(&bytes, 2);
    }
}
