//! A scene as text: one line per shape and label.
//!
//! In: a scene.  Out: lines for people, tests and the command line.
//! Invariant: everything that the hash covers is in the text, coordinates to a tenth of a unit.

use crate::flight::FlightId;
use crate::lang::Lang;
use crate::selection::{IssueId, Selection};
use crate::shape::{Area, Kind, Label, Scene, Shape};
use std::fmt::Write;

/// The scene as lines.
pub fn print(scene: &Scene, lang: Lang) -> String {
    let mut text = format!("scene {:.0} x {:.0}\n", scene.width, scene.height);
    for layer in &scene.layers {
        let line = format!("layer {:?} {}", layer.part, area(&layer.clip));
        push(&mut text, &line);
        layer.shapes.iter().for_each(|shape| push(&mut text, &shape_line(shape)));
        layer.labels.iter().for_each(|label| push(&mut text, &label_line(label, lang)));
    }
    text
}

fn push(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes every text");
}

fn area(area: &Area) -> String {
    format!("({:.1} {:.1})-({:.1} {:.1})", area.x0, area.y0, area.x1, area.y1)
}

fn shape_line(shape: &Shape) -> String {
    let kind = match shape.kind {
        Kind::Grid { columns, rows } => format!("grid {columns} x {rows}"),
        Kind::Columns { count } => format!("columns {count}"),
        Kind::Dash { .. } => "dash".to_owned(),
        kind => format!("{kind:?}").to_ascii_lowercase(),
    };
    let next = shape.next.map_or(String::new(), |next| format!(" -> {}", area(&next)));
    let target = shape.target.map_or(String::new(), |target| format!(" = {}", selection(target)));
    format!("  {kind} {:?} {} {}{next}{target}", shape.colour, shape.level, area(&shape.area))
}

fn label_line(label: &Label, lang: Lang) -> String {
    let target = label.target.map_or(String::new(), |target| format!(" = {}", selection(target)));
    let (x, y, text) = (label.x, label.y, label.text.get(lang));
    format!("  {:?} {:?} {} ({x:.1} {y:.1}) \"{text}\"{target}", label.style, label.colour, label.level).to_owned()
}

/// A selection in a few letters.
pub fn selection(selection: Selection) -> String {
    match selection {
        Selection::Stream { stream, station } => format!("{stream}@{}", station.0),
        Selection::Value(id) => {
            let issue = id.issue;
            format!("{}:{}.{}.{}.{}", id.stream, issue.instance, issue.queue, issue.entry, issue.iteration)
        }
        Selection::Queue(queue) => queue.to_string(),
        Selection::Sram { slice, address } => format!("{slice}+{address}"),
        Selection::Plane { hemisphere, plane } => format!("mxm{}{plane}", hemisphere.letter()),
        Selection::Flight(FlightId { issue, from }) => {
            format!("chip{from}:{}.{}.{}.{}", issue.instance, issue.queue, issue.entry, issue.iteration)
        }
        Selection::Chip(chip) => format!("chip{chip}"),
        Selection::Issue(IssueId { instance, queue, entry, iteration }) => {
            format!("issue:{instance}.{queue}.{entry}.{iteration}")
        }
    }
}
