//! Rule 11 broken by the claim itself: nodes of the lowered graph that no program of this chip can be a proof of.
//!
//! In: `copy`, whose graph has one node more.  Out: one case per reason.
//! Invariant: nothing but the node is named: the copies themselves are as they were.
//! Method: see the parent.

use super::check;
use crate::hand::movement;
use graph::{Builder, DType, NodeId, ReduceKind, ScalarOp};
use program::Program;
use verify::{Fault, Reason, Rule};

fn because(wanted: fn(&Reason) -> bool) -> impl Fn(&Fault) -> bool {
    move |fault| matches!(fault, Fault::Graph { reason, .. } if wanted(reason))
}

/// `copy` with a graph to which `more` adds something, given the input x of 320 lanes.
fn claiming<R>(more: impl FnOnce(&mut Builder, NodeId) -> R) -> Program {
    let mut program = movement::copy();
    let mut builder = Builder::new();
    let [x, y] = ["x", "y"].map(|name| builder.input(name, DType::F32, &[1, 320]));
    builder.output("x_copy", x);
    builder.output("y_copy", y);
    more(&mut builder, x);
    program.lowered = builder.finish();
    program
}

/// Expects that the graph is refused for a reason for which `wanted` holds.
macro_rules! refused {
    ($more:expr, $wanted:pat) => {
        check(Rule::Dataflow, claiming($more), |_| {}, |fault| because(|reason| matches!(reason, $wanted))(fault))
    };
}

#[test]
fn a_graph_that_contradicts_itself() {
    let program = claiming(|builder, x| builder.scalar(ScalarOp::Exp, &[x]));
    let itself = |program: &mut Program| {
        let last = NodeId::new(program.lowered.nodes.len() - 1);
        program.lowered.nodes[last].inputs = vec![last];
    };
    let illegal = |fault: &Fault| because(|reason| matches!(reason, Reason::Illegal { .. }))(fault);
    check(Rule::Dataflow, program.clone(), itself, illegal);
    let mistyped = |program: &mut Program| {
        let last = NodeId::new(program.lowered.nodes.len() - 1);
        program.lowered.nodes[last].dtype = DType::I8;
    };
    check(Rule::Dataflow, program, mistyped, illegal);
}

#[test]
fn more_rows_than_are_named() {
    refused!(|builder, _| builder.input("long", DType::F32, &[1 << 23, 1]), Reason::Rows { .. });
}

#[test]
fn contractions_that_no_plane_does() {
    let product = |dtype, lanes: u32| {
        move |builder: &mut Builder, _| {
            let [a, b] = [("a", 1), ("b", 16)].map(|(name, rows)| builder.weight(name, dtype, &[rows, lanes]));
            builder.matmul(a, b);
        }
    };
    refused!(product(DType::I8, 640), Reason::Wide);
    refused!(product(DType::F32, 64), Reason::Wordless);
    // Ones on both sides, also past the end of their rows.
    let surplus = |builder: &mut Builder, _| {
        let narrow = builder.input("narrow", DType::F32, &[1, 64]);
        let one = builder.scalar(ScalarOp::Exp, &[narrow]);
        let half = builder.scalar(ScalarOp::F32ToF16, &[one]);
        builder.matmul(half, half);
    };
    refused!(surplus, Reason::Surplus);
}

#[test]
fn operations_that_no_unit_does() {
    refused!(|builder, x| builder.scalar(ScalarOp::Div, &[x, x]), Reason::NoAlu { operation: ScalarOp::Div });
    refused!(|builder, x| builder.reduce(ReduceKind::Sum, x, 1), Reason::AlongLanes);
    refused!(|builder, x| builder.window(x, 1, 1), Reason::NotLowered);
}

#[test]
fn lanes_that_no_instruction_moves_so() {
    let spread = |builder: &mut Builder, _| {
        let one = builder.input("one", DType::F32, &[1, 1]);
        builder.broadcast(one, &[1, 64]);
    };
    refused!(spread, Reason::MovedLanes);
    let turned = |builder: &mut Builder, _| {
        let narrow = builder.input("narrow", DType::F32, &[1, 7]);
        builder.permute_lanes(narrow, &[1, 2, 3, 4, 5, 6, 0]);
    };
    refused!(turned, Reason::Period { lanes: 7 });
}

#[test]
fn rows_by_something_else_than_the_position_or_past_the_table() {
    let gathered = |name: &'static str, rows: u32| {
        move |builder: &mut Builder, _| {
            let index = builder.input(name, DType::I32, &[1]);
            let table = builder.weight("table", DType::F32, &[rows, 320]);
            builder.gather(table, index);
        }
    };
    refused!(gathered("order", 8), Reason::NotPosition);
    refused!(gathered("position", 7), Reason::ShortTable { rows: 7, context: 8 });
}

#[test]
fn a_state_without_a_home() {
    let program = claiming(|builder, x| {
        let state = builder.state("more", DType::F32, &[1, 320]);
        builder.update(state, x);
    });
    let missing = |fault: &Fault| matches!(fault, Fault::StateMissing { row: 0, byte: 0, .. });
    check(Rule::Dataflow, program, |_| {}, missing);
}
