//! The specification of the ten operations and the table of operators made of them, as Markdown.
//!
//! In: `graph::{spec, operators}`, `compile::ops`, the facts of a chip.  Out: the texts of `crates/graph/{OPS,OPERATORS}.md`.
//! Invariant: nothing is written here that is a statement about an operation; the rows say it, or the code is asked.
//! Method: a section per operation.

use arch::Chip;
use compile::ops::{Cost, mechanism};
use graph::operators::{Standing, operators};
use graph::spec::{Example, Primitive};
use graph::{DType, ScalarOp};
use std::fmt::Write;

/// The whole file.
pub fn page(chip: &Chip) -> String {
    let mut text = String::from(HEAD);
    text += "\n| operation | unit | does |\n|---|---|---|\n";
    for primitive in Primitive::ALL {
        let (name, spec) = (primitive.name(), primitive.spec());
        line(
            &mut text,
            format_args!("| [{name}](#{}) | {} | {} |", name.to_lowercase(), mechanism(primitive).unit, spec.does),
        );
    }
    text += "\nBeside them stand three that are no work: `input` (the host gives it), `state` (it lives on between tokens) and `view` \
             (another shape, some rows, the bytes of an integer: no lane moves).\n";
    for primitive in Primitive::ALL {
        section(&mut text, chip, primitive);
    }
    text += "\n## Scalar operations of a Map\n\n| operation | operands | types |\n|---|---|---|\n";
    for op in ScalarOp::ALL {
        line(&mut text, format_args!("| `{}` | {} | {} |", op.name(), op.arity(), scalar_types(op)));
    }
    text
}

/// The table of operators.
pub fn operators_page() -> String {
    let planned = operators().filter(|row| row.standing == Standing::Planned).count();
    let all = operators().count();
    let mut text = format!(
        "# Operators of PyTorch and ONNX\n\nMade from the code by `cargo run -p tests --bin ops`; a test holds it. {all} operators, {} of them \
         implemented: a graph of the [ten](OPS.md) is evaluated against plain loops, and holds exactly the operations named here \
         (`cargo test -p graph --test operators`). {planned} are planned. ONNX is named up to opset 24; an empty cell means that it has \
         no such operator. Implemented says that the ten suffice, not that an importer reads it: this build imports GGUF files of the Llama \
         family.\n",
        all - planned
    );
    let mut family = "";
    for row in operators() {
        if row.family != family {
            family = row.family;
            line(&mut text, format_args!("\n## {}{}\n", family[..1].to_uppercase(), &family[1..]));
            text += "| ATen | ONNX | made of | standing | how |\n|---|---|---|---|---|\n";
        }
        let made_of: Vec<&str> = row.made_of.iter().map(|primitive| primitive.name()).collect();
        let made_of = if made_of.is_empty() { "nothing: a view".to_owned() } else { made_of.join(" + ") };
        let standing = match row.standing {
            Standing::Implemented => "implemented",
            Standing::Planned => "**planned**",
        };
        line(&mut text, format_args!("| {} | {} | {made_of} | {standing} | {} |", row.aten, row.onnx, row.how));
    }
    text
}

const HEAD: &str = "# The ten operations\n\nMade from the code by `cargo run -p tests --bin ops`; a test holds it. Every model is decomposed to \
    these ten, and to nothing else. An operation is among them for a mechanism or an index structure that the others lack; communication \
    between chips is not among them, the partitioner inserts it. What an operation means is here, in [spec](src/spec/rows.rs), and as code \
    in the [evaluator](src/eval); what a chip makes of it is in [compile::ops](../compile/src/ops.rs). Costs are formulas over the \
    constants of the published chip (their standing: `greenwave chip`), counted from the issue of the first read to that of the write; \
    where a program of the [library](../program/library) is named, a test measures the formula's cycles on it. Which operators of PyTorch \
    and ONNX are made of them stands in [OPERATORS.md](OPERATORS.md).\n";

fn section(text: &mut String, chip: &Chip, primitive: Primitive) {
    let (spec, chip_side) = (primitive.spec(), mechanism(primitive));
    line(text, format_args!("\n## {}\n\n{} {}\n", primitive.name(), spec.does, spec.earns));
    let formats: Vec<String> = primitive.formats().iter().map(|(from, to)| format(from, *to)).collect();
    let lowering = match chip_side.lowered_in {
        Some(file) => format!("{} ([{file}](../compile/src/{file}))", chip_side.lowering),
        None => format!("{}; no model of this build needs an instruction for it", chip_side.lowering),
    };
    let (general, file) = chip_side.general;
    let general = format!("{general} ([{file}](../compile/src/lower/general/{file}))");
    let evaluator = format!("[eval/{0}](src/eval/{0})", spec.evaluator);
    let rows = [
        ("shapes", spec.shapes),
        ("formats", &formats.join(", ")),
        ("rounding", spec.rounding),
        ("order of additions", spec.order),
        ("reference", &evaluator),
        ("unit", chip_side.unit),
        ("lowering", &lowering),
        ("lowering in any other graph", &general),
    ];
    for (what, says) in rows {
        line(text, format_args!("- **{what}**: {says}"));
    }
    for cost in chip_side.costs {
        line(text, format_args!("- **cost**, {}", cost_text(chip, cost)));
    }
    example(text, &spec.example);
}

fn cost_text(chip: &Chip, cost: &Cost) -> String {
    let cycles = cost.cycles(chip).expect("a test evaluates every formula");
    let sizes: Vec<String> = cost.sizes.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let with = if sizes.is_empty() { String::new() } else { format!(" with {}", sizes.join(", ")) };
    let shown = cost.shown.map_or(String::new(), |shown| format!(", measured on `{}`", shown.program));
    format!("{}: `{}` = {cycles}{with}{shown}", cost.what, cost.formula)
}

fn example(text: &mut String, example: &Example) {
    let numbers = |values: &[f64]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let inputs = example.inputs.iter().map(|(name, values)| format!("{name} = {}", numbers(values)));
    let inputs: Vec<String> = inputs.chain([format!("y = {}", numbers(example.result))]).collect();
    line(text, format_args!("\n```text\n{}# {}\n```", example.graph, inputs.join("; ")));
}

fn format(from: &[DType], to: DType) -> String {
    let from: Vec<&str> = from.iter().map(|dtype| dtype.name()).collect();
    if from.is_empty() { to.name().to_owned() } else { format!("{} -> {}", from.join(" x "), to.name()) }
}

/// The types of a scalar operation's operands and of its result, asked of the type rules.
fn scalar_types(op: ScalarOp) -> String {
    let mut found = Vec::new();
    for dtype in DType::ALL {
        let operands: Vec<DType> = (0..op.arity()).map(|position| op.operand(position, dtype)).collect();
        let args: Vec<graph::Arg> = (0..operands.len() as u8).map(graph::Arg::Input).collect();
        let expr = graph::Expr::single(op, &args);
        if let Ok(types) = expr.types(&operands) {
            found.push(format(&operands, types[0].result));
        }
    }
    found.join(", ")
}

fn line(text: &mut String, arguments: std::fmt::Arguments) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}
