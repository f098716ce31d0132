//! Graph -> text.
//!
//! In: any graph.  Out: its text form, one statement a line.
//! Invariant: numbers are written so that reading them gives the same bits.
//! Method: tensors, nodes, outputs, updates; an origin is written where it changes.

use crate::half::NAN_F32;
use crate::{Arg, ConstSource, DType, Expr, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, View};
use std::fmt::Write;

/// The text form of `graph`.
pub fn print(graph: &Graph) -> String {
    let mut text = String::from("graph 1\n");
    for (id, tensor) in graph.tensors.iter() {
        push(&mut text, format_args!("tensor {id} {} {} {}\n", name(&tensor.name), tensor.dtype.name(), tensor.shape));
    }
    let mut origin = &Origin::default();
    for (id, node) in graph.nodes.iter() {
        if node.origin != *origin {
            origin = &node.origin;
            let layer = origin.layer.map(|layer| format!("{layer} ")).unwrap_or_default();
            push(&mut text, format_args!("origin {layer}{}\n", name(&origin.part)));
        }
        push(&mut text, format_args!("%{id} = {}", operation(graph, node)));
        for input in &node.inputs {
            push(&mut text, format_args!(" %{input}"));
        }
        push(&mut text, format_args!(" : {}\n", node.result_type()));
    }
    for (output, node) in &graph.outputs {
        push(&mut text, format_args!("output {} %{node}\n", name(output)));
    }
    for (state, next) in &graph.updates {
        push(&mut text, format_args!("update %{state} %{next}\n"));
    }
    text
}

fn push(text: &mut String, piece: std::fmt::Arguments) {
    text.write_fmt(piece).expect("writing to a string does not fail");
}

/// A node's operation with everything but its operands and type.
fn operation(graph: &Graph, node: &Node) -> String {
    let word = node.op.name();
    match &node.op {
        Op::Input { name: given } | Op::State { name: given } => format!("{word} {}", name(given)),
        Op::Const(ConstSource::Tensor(tensor)) => format!("{word} tensor {tensor}"),
        Op::Const(ConstSource::F32(values)) => format!("{word} f32 {}", list(values.iter().map(|value| real(*value)))),
        Op::Const(ConstSource::I32(values)) => format!("{word} i32 {}", list(values)),
        Op::MatMul { order } => format!("{word} {}", order_name(*order)),
        Op::Map(expr) => format!("{word} {}", steps(expr, &operand_types(graph, &node.inputs))),
        Op::Reduce { kind, axis, partials } => {
            let interleaved = if *partials == 1 { String::new() } else { format!(" partials {partials}") };
            format!("{word} {} axis {axis}{interleaved}", kind_name(*kind))
        }
        Op::Permute(Permutation::Axes(axes)) => format!("{word} axes {}", list(axes)),
        Op::Permute(Permutation::Lanes(map)) => format!("{word} lanes {}", list(map)),
        Op::Copy { axis } => format!("{word} axis {axis}"),
        Op::Window { size, stride } => format!("{word} size {size} stride {stride}"),
        Op::View(View::Reshape) => format!("{word} reshape"),
        Op::View(View::Rows { first }) => format!("{word} rows {first}"),
        Op::View(View::Digits { count }) => format!("{word} digits {count}"),
        Op::Broadcast | Op::Gather | Op::Scatter => word.to_string(),
    }
}

/// Name of an order of additions.
pub fn order_name(order: Order) -> &'static str {
    match order {
        Order::Sequential => "sequential",
        Order::Exact => "exact",
        Order::Superlanes => "superlanes",
    }
}

/// Name of a fold.
pub fn kind_name(kind: ReduceKind) -> &'static str {
    match kind {
        ReduceKind::Sum => "sum",
        ReduceKind::Max => "max",
        ReduceKind::Min => "min",
    }
}

/// Types of those operands that exist.
fn operand_types(graph: &Graph, inputs: &[NodeId]) -> Vec<DType> {
    inputs.iter().filter_map(|&input| graph.nodes.get(input)).map(|node| node.dtype).collect()
}

/// An expression; the types only decide how literals are written.
fn steps(expr: &Expr, inputs: &[DType]) -> String {
    let types = expr.types(inputs);
    let mut text = String::from("{");
    for (index, step) in expr.steps.iter().enumerate() {
        let end = if index == 0 { "" } else { ";" };
        push(&mut text, format_args!("{end} s{index} = {}", step.op.name()));
        for (position, arg) in step.args.iter().enumerate() {
            let stated = types.as_ref().ok().map(|types| step.op.operand(position, types[index].operand));
            push(&mut text, format_args!(" {}", argument(*arg, stated)));
        }
    }
    text + " }"
}

fn argument(arg: Arg, stated: Option<DType>) -> String {
    match (arg, stated) {
        (Arg::Input(index), _) => format!("in{index}"),
        (Arg::Step(index), _) => format!("s{index}"),
        (Arg::Immediate(bits), Some(DType::F32)) => real(f32::from_bits(bits)),
        (Arg::Immediate(bits), Some(DType::I32)) => (bits as i32).to_string(),
        (Arg::Immediate(bits), _) => format!("{bits:#010x}"),
    }
}

/// An f32 in the shortest form that gives the same bits.
fn real(value: f32) -> String {
    match value.to_bits() {
        NAN_F32 => "nan".to_string(),
        bits if value.is_nan() => format!("{bits:#010x}"),
        _ => format!("{value:?}"),
    }
}

/// Anything in parentheses.
fn list(values: impl IntoIterator<Item = impl ToString>) -> String {
    let words: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("({})", words.join(" "))
}

/// A name in quotes; quotes, backslashes and control characters escaped.
fn name(plain: &str) -> String {
    let mut quoted = String::from("\"");
    for character in plain.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => push(&mut quoted, format_args!("\\u{{{:x}}}", u32::from(control))),
            plain => quoted.push(plain),
        }
    }
    quoted + "\""
}
