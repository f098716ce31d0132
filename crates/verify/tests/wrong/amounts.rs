//! Rule 1 broken: more than the judge looks at, in files of a few hundred bytes.
//!
//! In: `copy` and `cache`.  Out: one case per quantity that a short file can make large.
//! Invariant: each is refused before the work starts, which would take minutes or gigabytes.
//! Method: see the parent.

use super::check;
use crate::edit::{burst, lengthen, queue};
use crate::hand::movement;
use graph::{Builder, DType, Graph, ScalarOp};
use program::{Burst, Entry, Program};
use verify::{Fault, Quantity, Rule};

#[track_caller]
fn too_many(program: Program, edit: impl FnOnce(&mut Program), fault: fn(&Fault) -> bool) {
    check(Rule::Form, program, edit, fault);
}

fn claims(program: Program, graph: Graph, fault: fn(&Fault) -> bool) {
    too_many(program, |program| program.lowered = graph, fault);
}

#[test]
fn scatters_to_all_positions() {
    let often = |program: &mut Program| {
        let instruction = burst(program, "E8.write", 0).instruction;
        let count = 1 << 20;
        lengthen(program, Entry::Nop(count));
        let entries = queue(program, "E8.write");
        *entries.last_mut().expect("just added") = Entry::Issue(Burst { instruction, count, interval: 1 });
        program.executable.context = 1000;
    };
    too_many(movement::cache(), often, |fault| matches!(fault, Fault::TooLong { what: Quantity::MappedWords, .. }));
}

#[test]
fn words_many_times_over() {
    let again = |program: &mut Program| {
        let mut residency = program.executable.image[0];
        residency.words = u16::MAX;
        program.executable.image.resize(1100, residency);
    };
    too_many(movement::cache(), again, |fault| matches!(fault, Fault::TooLong { what: Quantity::ImageWords, .. }));
}

#[test]
fn rows_of_an_expression_and_of_a_sum() {
    let names = |fault: &Fault| matches!(fault, Fault::TooLong { what: Quantity::Names, .. });
    let mut builder = Builder::new();
    let x = builder.input("x", DType::F32, &[1 << 25, 1]);
    builder.scalar(ScalarOp::Exp, &[x]);
    claims(movement::copy(), builder.finish(), names);
    let mut builder = Builder::new();
    let x = builder.weight("x", DType::F32, &[1 << 25, 1]);
    builder.reduce(graph::ReduceKind::Sum, x, 0);
    claims(movement::copy(), builder.finish(), names);
}

#[test]
fn arrays_of_many_batches() {
    let mut builder = Builder::new();
    let a = builder.weight("a", DType::I8, &[1 << 18, 1, 320]);
    let b = builder.weight("b", DType::I8, &[1 << 18, 320, 320]);
    builder.matmul(a, b);
    let columns = |fault: &Fault| matches!(fault, Fault::TooLong { what: Quantity::Columns, .. });
    claims(movement::copy(), builder.finish(), columns);
}
