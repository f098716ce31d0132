//! The specification of the ten operations, made from the code, and its costs measured on programs that the judge accepts.
//!
//! In: `graph::spec`, `compile::ops`, the library of programs, the default model.  Out: `crates/graph/{OPS,OPERATORS}.md` must be what is
//!     printed here; on a difference the test writes nothing and says how to: `cargo run -p tests --bin ops`.
//! Invariant: a cost with a program is that program's to the cycle; an operation is called lowered if and only if a lowered model has it.

use arch::Chip;
use compile::ops::{Shown, mechanism};
use graph::spec::Primitive;
use std::collections::BTreeSet;
use tests::library::stored;
use tests::ops;

#[test]
fn the_pages_are_what_the_code_says() {
    let pages = [("OPS.md", ops::page(&Chip::lpu_14nm())), ("OPERATORS.md", ops::operators_page())];
    for (name, page) in pages {
        let path = format!("crates/graph/{name}");
        assert_eq!(tests::read(&path), page, "{path} is stale: `cargo run -p tests --bin ops` writes it");
    }
}

/// The cycle in which the entry of that number in that queue issues, in a program of one template.
fn issued(program: &program::Program, (queue, number): (&str, usize)) -> u64 {
    let (_, template) = program.executable.templates.iter().next().expect("it has a template");
    let place = template.queues.iter().position(|(known, _)| known.to_string() == queue);
    let place = place.unwrap_or_else(|| panic!("no queue {queue}"));
    let mut bursts = template.bursts().filter(|burst| burst.0 == place);
    bursts.nth(number).unwrap_or_else(|| panic!("{queue} has no burst {number}")).2
}

#[test]
fn costs_are_those_of_programs_that_the_judge_accepts() {
    let chip = Chip::lpu_14nm();
    let mut measured = 0;
    for primitive in Primitive::ALL {
        for cost in mechanism(primitive).costs {
            let cycles = cost.cycles(&chip).unwrap_or_else(|error| panic!("{}: {error}", cost.formula));
            let Some(Shown { program, from, to }) = cost.shown else { continue };
            let program = stored(program).program;
            assert!(verify::violations(&chip, &program).is_clean());
            let found = issued(&program, to) - issued(&program, from);
            assert_eq!(found as f64, cycles, "{}, {}: {}", primitive.name(), cost.what, cost.formula);
            measured += 1;
        }
    }
    assert_eq!(measured, 11, "costs that are measured");
}

#[test]
fn lowered_is_what_a_lowered_model_holds() {
    let model = tests::tiny(32);
    let compiled = compile::compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("it fits");
    let nodes = compiled.program.lowered.nodes.iter();
    let held: BTreeSet<Primitive> = nodes.filter_map(|(_, node)| node.op.primitive()).collect();
    for primitive in Primitive::ALL {
        let file = mechanism(primitive).lowered_in;
        assert_eq!(file.is_some(), held.contains(&primitive), "{}", primitive.name());
        let general = format!("lower/general/{}", mechanism(primitive).general.1);
        for file in file.into_iter().chain([general.as_str()]) {
            assert!(tests::root().join("crates/compile/src").join(file).is_file(), "{file}");
        }
    }
}
