//! Rules 8, 9 and 11 broken: witness, storage, dataflow.
//!
//! In: hand-written programs.  Out: one case per fault; and the certificate's own manners.
//! Invariant: nothing but the rule of the case is named.
//! Method: see the parent.

use super::{check, check_chip, check_witness};
use crate::edit::{burst, issue, lengthen};
use crate::hand::{E, arithmetic, east, movement};
use arch::{Chip, StreamId};
use graph::{Order, Origin, Shape};
use program::{Address, Entry, Instruction, Label, LabelKind, Program, RecordContent, RecordField, Source};
use units::{Cycle, Id};
use verify::{Broken, Fault, Rule};

#[test]
fn a_prediction_that_does_not_come_true() {
    let cycle = |fault: &Fault| matches!(fault, Fault::WitnessCycle { .. });
    check_witness(movement::copy(), |program| program.witness.templates[0].entries[3].cycle += 1, cycle);
    check_witness(movement::copy(), |program| program.witness.starts[1] = Cycle(1), cycle);
    check_witness(movement::copy(), |program| program.witness.end = Cycle(1), cycle);
}

#[test]
fn a_prediction_of_something_else() {
    let shape = |fault: &Fault| matches!(fault, Fault::WitnessShape { .. });
    check_witness(movement::copy(), |program| program.witness.starts.clear(), shape);
    check_witness(movement::copy(), |program| drop(program.witness.templates.pop()), shape);
    check_witness(movement::copy(), |program| drop(program.witness.templates[0].entries.pop()), shape);
    check_witness(movement::copy(), |program| program.witness.templates[0].entries[0].label = 6, shape);
    check_witness(movement::copy(), |program| program.witness.templates[0].entries[0].sources = vec![SOURCE], shape);
}

#[test]
fn a_name_of_something_else() {
    let label = |fault: &Fault| matches!(fault, Fault::WitnessLabel { .. });
    let name = |program: &mut Program, change: fn(&mut Label)| {
        let claims = &mut program.witness.templates[0];
        let first = usize::from(claims.entries[0].label);
        change(&mut claims.labels[first]);
    };
    check_witness(movement::copy(), |program| name(program, |label| label.part = "attn_q".to_owned()), label);
    check_witness(movement::copy(), |program| name(program, |label| label.kind = LabelKind::Map), label);
    check_witness(movement::copy(), |program| name(program, |label| label.tile = 99), label);
    check_witness(movement::copy(), |program| name(program, |label| label.block = 1), label);
    // Also a name that is given to nothing.
    check_witness(movement::copy(), |program| program.witness.templates[0].labels[5].tile = 99, label);
}

/// `copy` reads x in its first instance: by the name of x it may be called, by that of y it may not.
#[test]
fn what_is_read_is_called_by_a_part_that_has_it() {
    let named = |part: &str| {
        let mut program = movement::copy();
        for (index, part) in ["attn_q", "attn_k"].into_iter().enumerate() {
            program.lowered.nodes[Id::new(index)].origin.part = part.to_owned();
        }
        program.witness.templates[0].labels.iter_mut().for_each(|label| label.part = part.to_owned());
        verify::violations(&Chip::lpu_14nm(), &program)
    };
    assert!(named("attn_q").is_clean() && named("").is_clean());
    let wrong = named("attn_k");
    assert_eq!(wrong.total, 4, "the four reads: {:?}", wrong.violations);
    let expected = wrong.violations.iter().map(|one| one.expected());
    assert!(expected.into_iter().all(|one| one == "part: attn_q"));
}

const SOURCE: Source = Source { queue: 0, entry: 0, iteration: 0 };

#[test]
fn a_driver_that_is_not_the_one_predicted() {
    // Queues of `copy`: reads of slices 0..3, then writes of slices 8..11.
    let claim = |program: &mut Program, queue: u32| {
        let entries = &mut program.witness.templates[0].entries;
        let entry = entries.iter_mut().find(|entry| entry.queue == 5).expect("the write of slice 9");
        entry.sources = vec![Source { queue, ..SOURCE }];
    };
    check_witness(movement::copy(), |program| claim(program, 0), |fault| matches!(fault, Fault::WitnessSource { .. }));
    let mut right = movement::copy();
    claim(&mut right, 1);
    assert!(verify::check(&Chip::lpu_14nm(), right).is_ok());
}

#[test]
fn instructions_that_do_not_fit_or_come_too_fast() {
    let long = |program: &mut _| lengthen(program, Entry::Nop(u32::MAX));
    check(Rule::Storage, movement::copy(), long, |fault| matches!(fault, Fault::StorageFull { .. }));
    check_chip(
        Rule::Storage,
        movement::copy(),
        |chip| chip.instruction_bytes = 640,
        |fault| matches!(fault, Fault::FetchRate { .. }),
    );
}

#[test]
fn another_row_is_another_value() {
    let same_row = |program: &mut _| {
        let Instruction::Read { address, .. } = &mut burst(program, "E2.read", 0).instruction else { return };
        address.stride = 0;
    };
    check(Rule::Dataflow, arithmetic::running_max(), same_row, |fault| matches!(fault, Fault::OutputValue { .. }));
    // The first maximum of byte 2 of another row is named as the place where it went wrong.
    check(Rule::Dataflow, arithmetic::running_max(), same_row, |fault| matches!(fault, Fault::Foreign));
}

#[test]
fn another_byte_is_another_state() {
    let other_byte = |program: &mut _| {
        let Instruction::Scatter { from, .. } = &mut burst(program, "E8.write", 0).instruction else { return };
        from.number = 1;
    };
    check(Rule::Dataflow, movement::cache(), other_byte, |fault| matches!(fault, Fault::StateValue { .. }));
}

#[test]
fn an_output_without_a_place() {
    let missing = |fault: &Fault| matches!(fault, Fault::OutputMissing { .. });
    check(Rule::Dataflow, movement::copy(), |program| drop(program.executable.outputs.pop()), missing);
    check(Rule::Dataflow, movement::copy(), |program| program.executable.outputs[0].output = "z".to_owned(), missing);
}

#[test]
fn a_graph_that_is_no_claim() {
    let graph = |fault: &Fault| matches!(fault, Fault::Graph { .. });
    check(Rule::Dataflow, movement::copy(), |program| program.lowered.outputs[0].1 = Id::new(9), graph);
    let f32_contraction = |program: &mut Program| {
        program.lowered.nodes.push(graph::Node {
            op: graph::Op::MatMul { order: Order::Sequential },
            inputs: vec![Id::new(0), Id::new(0)],
            dtype: graph::DType::F32,
            shape: Shape::new(&[1, 1]).expect("a legal shape"),
            origin: Origin::default(),
        });
    };
    check(Rule::Dataflow, movement::copy(), f32_contraction, graph);
}

#[test]
fn a_broken_program_is_not_a_verified_one() {
    let chip = Chip::lpu_14nm();
    let verified = verify::check(&chip, movement::copy()).expect("a legal program");
    let mut mutant = verified.program().clone();
    let Instruction::Read { to, .. } = &mut burst(&mut mutant, "E0.read", 0).instruction else { panic!() };
    *to = StreamId::new(to.direction, 20);
    let broken = Broken::new(&verified, mutant, "another stream").expect("nobody drives stream 4 any more");
    assert_eq!(broken.report().rules(), [Rule::Driven]);
    assert_eq!(broken.mutation(), "another stream");
    let harmless = Broken::new(&verified, verified.program().clone(), "nothing").expect_err("nothing changed");
    assert_eq!(harmless.mutation, "nothing");
}

#[test]
fn a_later_station_overrides_what_passes() {
    let stream = StreamId::new(E, 4);
    let beside = |program: &mut Program, cycle, slice: u8| {
        let content = RecordContent::Input { name: "y".to_owned(), plane: 1 };
        program.executable.record.push(RecordField { slice: east(slice), address: 50, content });
        let read = Instruction::Read { address: Address::fixed(50), to: stream };
        issue(program, cycle, &format!("E{slice}.read"), read);
    };
    // Slice 0 drives the stream in cycle 1; it passes the group of slice 4 in cycle 2 and is written by slice 8 in cycle 3.
    check(
        Rule::Dataflow,
        movement::copy(),
        |program| beside(program, 1, 4),
        |fault| matches!(fault, Fault::OutputValue { byte: 0, .. }),
    );
    for (cycle, slice) in [(0, 4), (2, 4), (3, 12), (1, 12)] {
        let mut program = movement::copy();
        program.witness = Default::default();
        beside(&mut program, cycle, slice);
        let report = verify::violations(&Chip::lpu_14nm(), &program);
        assert!(report.is_clean(), "in front, behind or further down: {cycle} {slice}");
    }
}
