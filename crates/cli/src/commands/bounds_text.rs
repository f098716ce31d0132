//! Bounds and funnel in words.
//!
//! In: values of `study`.  Out: lines for a terminal.
//! Invariant: nothing is computed here but a share in per cent.

use frame::grouped;
use std::fmt::Write;
use study::{Bounds, First, Funnel, Staircase, Step};

/// Parts of a path that are named; the rest is added up.
const PARTS_MAX: usize = 5;
/// Operators and instructions that are named.
const KINDS_MAX: usize = 8;

/// Both bounds of a program.
pub fn bounds(bounds: &Bounds) -> String {
    let mut text = first(&bounds.first);
    line(&mut text, format_args!("    this program is {:.1} % over it", 100.0 * bounds.first_gap));
    let second = &bounds.second;
    line(
        &mut text,
        format_args!(
            "  bound of the lowered program {}: this schedule is {:.1} % over it",
            grouped(second.cycles),
            100.0 * bounds.second_gap
        ),
    );
    for stage in &second.stages {
        let binds = match stage.binds.as_str() {
            "chain" => format!(
                "its chain of {} binds, the busiest queue {} works {}",
                grouped(stage.critical),
                stage.busiest,
                grouped(stage.busy)
            ),
            queue => format!(
                "the queue {queue} binds, it works {}; the chain takes {}",
                grouped(stage.busy),
                grouped(stage.critical)
            ),
        };
        line(
            &mut text,
            format_args!("    {} x {}: {} cycles, {binds}", stage.stage, stage.times, grouped(stage.cycles)),
        );
        line(
            &mut text,
            format_args!(
                "      where they go: {}; waiting for weights: {}",
                parts(&stage.path),
                grouped(stage.waits_for_weights)
            ),
        );
    }
    text
}

/// What a token costs at every position.
pub fn staircase(staircase: &Staircase) -> String {
    let mut text = String::new();
    for stair in &staircase.stairs {
        let (from, last, cycles) = (stair.from, stair.to - 1, grouped(stair.cycles));
        line(&mut text, format_args!("  positions {from} to {last}: {cycles} cycles per token"));
    }
    line(
        &mut text,
        format_args!("    on average over all positions {}", grouped(staircase.average_cycles.round() as u64)),
    );
    line(
        &mut text,
        format_args!(
            "    instructions of all {} programs: {} bytes on each chip, with room for {}",
            staircase.stairs.len(),
            grouped(staircase.instruction_bytes),
            grouped(staircase.instruction_room)
        ),
    );
    for (positions, bytes) in &staircase.left_out {
        line(
            &mut text,
            format_args!("    no room beside them for one of {positions} positions, {} bytes", grouped(*bytes)),
        );
    }
    text
}

/// The bound of a model.
pub fn first(first: &First) -> String {
    let binds = match first.binds.as_str() {
        "chain" => {
            format!("the chain of dependent steps binds; installing the weights would take {}", grouped(first.install))
        }
        _ => format!("installing the weights binds; the chain of dependent steps would take {}", grouped(first.chain)),
    };
    let chips = if first.chips == 1 { "1 chip".to_owned() } else { format!("{} chips", first.chips) };
    let mut text = String::new();
    line(&mut text, format_args!("  bound of the model on {chips} {} cycles: {binds}", grouped(first.cycles)));
    let fit = if first.weights_fit { "" } else { ", which is more than it has" };
    line(&mut text, format_args!("    a layer of {}: {}", first.layers, parts(&first.layer)));
    line(&mut text, format_args!("    weights of each chip: {} bytes{fit}", grouped(first.weight_bytes)));
    text
}

fn parts(steps: &[Step]) -> String {
    let named = steps.iter().take(PARTS_MAX).map(|step| format!("{} {}", step.part, grouped(step.cycles)));
    let rest: u64 = steps.iter().skip(PARTS_MAX).map(|step| step.cycles).sum();
    let rest = (0 < rest).then(|| format!("others {}", grouped(rest)));
    named.chain(rest).collect::<Vec<_>>().join(", ")
}

/// The funnel.
pub fn funnel(funnel: &Funnel) -> String {
    let mut text = String::new();
    let operators: Vec<String> = funnel
        .operators
        .iter()
        .take(KINDS_MAX)
        .map(|called| format!("{} {}", called.operator, grouped(called.calls)))
        .collect();
    line(&mut text, format_args!("  a framework calls {} operators a token,", grouped(funnel.calls)));
    line(&mut text, format_args!("    {} distinct ones: {}, ..;", funnel.operators.len(), operators.join(", ")));
    let ten: Vec<String> =
        funnel.ten.iter().map(|used| format!("{} {}", used.primitive.name(), grouped(used.imported))).collect();
    line(&mut text, format_args!("    made of {} of the ten: {};", funnel.distinct, ten.join(", ")));
    let Some(issues) = funnel.issues else {
        text += "    no program: there are no weights to compile\n";
        return text;
    };
    let lowered: Vec<String> = funnel
        .ten
        .iter()
        .filter_map(|used| used.lowered.map(|count| format!("{} {}", used.primitive.name(), grouped(count))))
        .collect();
    line(&mut text, format_args!("    lowered to the chip's size: {};", lowered.join(", ")));
    let kinds: Vec<String> = funnel
        .instructions
        .iter()
        .take(KINDS_MAX)
        .map(|kind| format!("{} {}", kind.instruction, grouped(kind.issues)))
        .collect();
    line(&mut text, format_args!("    {} instructions a token: {}, ..", grouped(issues), kinds.join(", ")));
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}
