//! Prints an executable, one line per entry.
//!
//! In: an executable, and the witness when its labels are wanted.  Out: text as `text` describes it.
//! Invariant: two executables that differ print differently; comments never hold a line break.

use super::instruction::instruction_words;
use super::words::quote;
use crate::{
    Detour, Entry, Executable, Label, LabelKind, OutputField, Packing, RecordContent, RecordField, Residency, Template,
    TemplateWitness, Witness, WitnessEntry, WordSource,
};
use std::fmt::Write;

/// Column at which comments start, where the line is not longer.
const COMMENT_COLUMN: usize = 56;

/// The text of `executable`.
pub fn print(executable: &Executable) -> String {
    print_with_labels(executable, &Witness::default())
}

/// The text of `executable`; each burst that the witness names carries its predicted cycle and its label as a comment.
pub fn print_with_labels(executable: &Executable, witness: &Witness) -> String {
    let Executable { chip, topology, context, .. } = executable;
    let mut text = format!("program {} on {} context {context}\n", quote(chip), quote(topology));
    for (number, map) in executable.maps.iter().enumerate() {
        push(&mut text, &format!("map {number} lanes {}", runs(&map.from)), None);
    }
    for (id, template) in executable.templates.iter() {
        let claims = witness.templates.get(id.index());
        print_template(&mut text, template, claims);
    }
    for instance in &executable.instances {
        let name = executable.templates.get(instance.template).map_or("", |template| &template.name);
        let bases: String = instance.bases.iter().map(|base| format!(" {base}")).collect();
        let layer = instance.layer.map_or(String::new(), |layer| format!(" layer {layer}"));
        push(&mut text, &format!("instance {} bases{bases}{layer}", quote(name)), None);
    }
    for Detour { instance, chip, template } in &executable.detours {
        let name = executable.templates.get(*template).map_or("", |template| &template.name);
        push(&mut text, &format!("detour {instance} chip {chip} {}", quote(name)), None);
    }
    for residency in &executable.image {
        push(&mut text, &image_line(residency), None);
    }
    for field in &executable.record {
        push(&mut text, &record_line(field), None);
    }
    for output in &executable.outputs {
        push(&mut text, &output_line(output), None);
    }
    text
}

/// Lanes as runs that rise or fall by 1: `0..15,319..304`, a lone lane as itself.
fn runs(lanes: &[u16]) -> String {
    let mut runs: Vec<String> = Vec::new();
    let mut rest = lanes;
    while let [first, ..] = *rest {
        let length = |step: i32| {
            let next = |&(index, lane): &(usize, &u16)| i32::from(*lane) == i32::from(first) + step * index as i32;
            rest.iter().enumerate().take_while(next).count()
        };
        let (rising, falling) = (length(1), length(-1));
        let count = rising.max(falling);
        let last = rest[count - 1];
        runs.push(if count < 2 { first.to_string() } else { format!("{first}..{last}") });
        rest = &rest[count..];
    }
    runs.join(",")
}

/// One entry of a queue, without indentation or comment.
pub fn entry(entry: &Entry) -> String {
    match entry {
        Entry::Nop(cycles) => format!("nop {cycles}"),
        Entry::Issue(burst) => {
            let words = instruction_words(&burst.instruction);
            match (burst.count, burst.interval) {
                (1, 1) => words,
                (count, interval) => format!("{words} x{count}/{interval}"),
            }
        }
    }
}

/// A label in words, for instance `ffn_gate weights tile 0 block 1`.
pub fn label(label: &Label) -> String {
    let kind = match label.kind {
        LabelKind::Weights => "weights",
        LabelKind::Activation => "activation",
        LabelKind::Constant => "constant",
        LabelKind::Cache => "cache",
        LabelKind::Record => "record",
        LabelKind::Map => "map",
    };
    format!("{} {kind} tile {} block {}", quote(&label.part), label.tile, label.block)
}

fn print_template(text: &mut String, template: &Template, claims: Option<&TemplateWitness>) {
    let length = format!("{} cycles", template.length().0);
    push(text, &format!("template {}", quote(&template.name)), Some(&length));
    for (place, (queue, entries)) in template.queues.iter().enumerate() {
        push(text, &format!("  queue {queue}"), None);
        for (index, one) in entries.iter().enumerate() {
            let comment = claims.and_then(|claims| comment(claims, place, index));
            push(text, &format!("    {}", entry(one)), comment.as_deref());
        }
    }
}

/// What the witness says of one entry.
fn comment(claims: &TemplateWitness, queue: usize, entry: usize) -> Option<String> {
    let key = |claim: &WitnessEntry| (claim.queue as usize, claim.entry as usize);
    let found = claims.entries.binary_search_by(|claim| key(claim).cmp(&(queue, entry))).ok()?;
    let claim = &claims.entries[found];
    let name = claims.labels.get(usize::from(claim.label)).map_or("no label".to_owned(), label);
    Some(format!("@{} {name}", claim.cycle))
}

fn push(text: &mut String, line: &str, comment: Option<&str>) {
    match comment {
        None => text.push_str(line),
        Some(comment) => {
            write!(text, "{line:<COMMENT_COLUMN$}; {comment}").expect("a String takes every text");
        }
    }
    text.push('\n');
}

fn image_line(residency: &Residency) -> String {
    let Residency { chip, slice, address, words, source, row, step } = residency;
    let source = match source {
        WordSource::State { node, plane } => format!("state {node} plane {plane}"),
        WordSource::Tensor { tensor, packing } => {
            let packing = match packing {
                Packing::Plane(plane) => format!("plane {plane}"),
                Packing::Half(half) => format!("half {half}"),
                Packing::EitherHalf => "either-half".to_owned(),
            };
            format!("tensor {tensor} {packing}")
        }
    };
    format!("image chip {chip} {slice}+{address} words {words} row {row} step {step} {source}")
}

fn record_line(field: &RecordField) -> String {
    let content = match &field.content {
        RecordContent::Input { name, plane } => format!("input {} plane {plane}", quote(name)),
        RecordContent::Map { base } => format!("map {base}"),
    };
    format!("record {}+{} {content}", field.slice, field.address)
}

fn output_line(output: &OutputField) -> String {
    let slices: String = output.slices.iter().map(|slice| format!(" {slice}")).collect();
    format!("output {} chip {}{slices} address {}", quote(&output.output), output.chip, output.address)
}
