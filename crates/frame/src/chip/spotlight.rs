//! The selection in full colour: one value with its way, its maker and its next listener, or a frame around a place.
//!
//! In: a selection.  Out: the top layer with a caption.
//! Invariant: the caption's cycles are those of the schedule.

use super::Context;
use super::streams::{half_row, wave_area};
use crate::lang::{Text, zh};
use crate::selection::{Selection, ValueId};
use crate::shape::{Anchor, Area, Colour, Head, Kind, Label, Layer, Part, Shape, Style};
use crate::timeline::Live;
use crate::words;
use arch::{Direction, Queue, Station, StreamId};

/// Height of a dash in the spotlight.
const THICK: f32 = 6.0;
const CAPTION_SIZE: f32 = 16.0;
/// Width of a Latin letter, and half that of a Chinese one, in parts of its height.
const HALF_LETTER: f32 = 0.55;

pub(crate) fn spotlight(context: &Context, selection: Selection) -> Layer {
    // Captions, rings and columns of queues may reach beyond the die.
    let clip = Area::new(0.0, 0.0, crate::die::WIDTH, super::queue_strip(&context.die).y1);
    let mut layer = Layer::new(Part::Spotlight, clip);
    match selection {
        Selection::Value(id) => value(context, &mut layer, id),
        Selection::Stream { stream, station } => register(context, &mut layer, stream, station),
        Selection::Queue(queue) => frame(context, &mut layer, context.die.column(queue), words::queue(queue)),
        Selection::Sram { slice, address } => {
            let name = words::slice(slice).then(&Text::same(format!(" · {address:#06x}")));
            frame(context, &mut layer, context.die.slice(slice), name);
        }
        Selection::Plane { hemisphere, plane } => {
            frame(context, &mut layer, context.die.plane(hemisphere, plane), words::plane(hemisphere, plane));
        }
        Selection::Flight(id) => {
            if let Some(flight) = context.timeline.flight(id) {
                let queue = arch::Queue::LinkSend(flight.link);
                frame(context, &mut layer, context.die.column(queue), words::queue(queue));
            }
        }
        Selection::Issue(id) => {
            if let Some(issue) = context.timeline.issue(id) {
                frame(context, &mut layer, context.die.column(issue.queue), words::queue(issue.queue));
            }
        }
        Selection::Chip(_) => {}
    }
    layer
}

fn value(context: &Context, layer: &mut Layer, id: ValueId) {
    let Some(live) = context.timeline.value(id) else { return };
    driver(context, layer, id);
    let direction = id.stream.direction;
    let head = if direction == Direction::East { Head::Right } else { Head::Left };
    let mut lowest: Option<Area> = None;
    for superlane in 0..context.timeline.chip().superlanes {
        let Some(delay) = live.delay(context.cycle, superlane) else { continue };
        if live.wanted.is_some_and(|wanted| wanted < delay) {
            continue;
        }
        let (top, bottom) = half_row(&context.die, direction, superlane);
        let middle = (top + bottom) / 2.0;
        let lane = (middle - THICK / 2.0, middle + THICK / 2.0);
        let area = |delay| wave_area(&context.die, direction, live.driver, delay, lane);
        let shape = Shape::still(Kind::Dash { head }, Colour::Mark, 255, area(delay)).moving(area(delay + 1));
        layer.shapes.push(shape.showing(Selection::Value(id)));
        lowest = lowest.or(Some(area(delay)));
    }
    caption(context, layer, &live, lowest);
}

/// The instruction that made it, where it climbs.
fn driver(context: &Context, layer: &mut Layer, id: ValueId) {
    let Some(issue) = context.timeline.issue(id.issue) else { return };
    let Some(row) = context.cycle.checked_sub(issue.cycle) else { return };
    let superlanes = i64::from(context.timeline.chip().superlanes);
    let (x0, x1) = context.die.column(issue.queue);
    for (below, level) in [(0, 255), (1, 150), (2, 80)] {
        let row = row as i64 - below;
        if (0..superlanes).contains(&row) {
            let area = |row| {
                let (top, bottom) = context.die.row(row);
                Area::new(x0, top, x1, bottom)
            };
            let colour = Colour::of(issue.queue.unit());
            layer.shapes.push(Shape::still(Kind::Block, colour, level, area(row)).moving(area(row + 1)));
        }
    }
}

fn caption(context: &Context, layer: &mut Layer, live: &Live, at: Option<Area>) {
    let name = context.timeline.value_name(live.id);
    let (x, y) = match at {
        Some(area) => ((area.x0 + area.x1) / 2.0, area.y0),
        None => (context.die.x(live.id.stream.direction, live.driver, live.from), context.die.area().y1),
    };
    let anchor_y = context.die.row(i64::from(context.timeline.chip().superlanes) - 2).0;
    let line = Area::new(x, anchor_y + 44.0, x, y);
    layer.shapes.push(Shape::still(Kind::Line, Colour::Mark, 160, line));
    let is_damaged = context.damage.hits(live.id.stream, live.diagonal);
    let comment = match (is_damaged, context.damage.is_empty()) {
        (true, _) => Text::new("，已經出錯", ", damaged"),
        (false, true) => Text::new("，一如計畫", ", as planned"),
        (false, false) => Text::default(),
    };
    let fate = context.timeline.fate(live, context.cycle, &comment);
    let middle = inside(x, if letters(&fate) < letters(&name) { &name } else { &fate });
    let label = |text: Text, y, colour| Label {
        x: middle,
        text,
        colour,
        level: 255,
        y,
        dy: 0.0,
        size: CAPTION_SIZE,
        anchor: Anchor::Middle,
        style: Style::Caption,
        target: Some(Selection::Value(live.id)),
    };
    layer.labels.push(label(name, anchor_y + 18.0, Colour::Mark));
    layer.labels.push(label(fate, anchor_y + 38.0, Colour::Ink));
}

/// Width of a text in Latin letters, whichever language is wider.
fn letters(text: &Text) -> usize {
    text.en.chars().count().max(2 * text.zh.chars().count())
}

/// `x` moved so far that a text around it stays in the picture.
fn inside(x: f32, text: &Text) -> f32 {
    let half = letters(text) as f32 * CAPTION_SIZE * HALF_LETTER / 2.0 + 8.0;
    x.clamp(half, crate::die::WIDTH - half)
}

fn register(context: &Context, layer: &mut Layer, stream: StreamId, station: Station) {
    let geometry = context.timeline.geometry();
    if let Some(live) = context.timeline.value_at(stream, station, context.cycle) {
        value(context, layer, live.id);
    }
    let x = context.die.register(geometry, stream.direction, station);
    let (top, bottom) = half_row(&context.die, stream.direction, 0);
    let y = (top + bottom) / 2.0;
    let ring = Area::new(x - 12.0, y - 12.0, x + 12.0, y + 12.0);
    let target = Selection::Stream { stream, station };
    layer.shapes.push(Shape::still(Kind::Ring, Colour::Mark, 255, ring).showing(target));
}

fn frame(context: &Context, layer: &mut Layer, (x0, x1): (f32, f32), name: Text) {
    let die = context.die.area();
    let bottom = super::queue_strip(&context.die).y1;
    let area = Area::new(x0 - 2.0, die.y0, x1 + 2.0, bottom);
    layer.shapes.push(Shape::still(Kind::Frame, Colour::Mark, 255, area));
    let x = inside((x0 + x1) / 2.0, &name);
    let label = super::floor::label(name, Colour::Mark, x, die.y0 + 18.0, CAPTION_SIZE, Anchor::Middle);
    layer.labels.push(Label { style: Style::Caption, ..label });
}

impl crate::Timeline {
    /// What awaits a value after `cycle`, and a comment on it: `meets the matrix unit in 9 cycles, as planned`.
    fn fate(&self, live: &Live, cycle: u64, comment: &Text) -> Text {
        let listeners = self.listeners(live);
        match listeners.iter().find(|listener| cycle <= listener.issue.cycle) {
            Some(listener) => {
                let cycles = listener.issue.cycle - cycle;
                let who = listener_name(listener.issue.queue);
                match cycles {
                    0 => Text::new(
                        zh(&["此刻抵達", &who.zh, &comment.zh]),
                        format!("reaches {} now{}", who.en, comment.en),
                    ),
                    1 => Text::new(
                        zh(&["1 個週期後抵達", &who.zh, &comment.zh]),
                        format!("reaches {} in 1 cycle{}", who.en, comment.en),
                    ),
                    _ => Text::new(
                        zh(&[&format!("{cycles} 個週期後抵達"), &who.zh, &comment.zh]),
                        format!("reaches {} in {cycles} cycles{}", who.en, comment.en),
                    ),
                }
            }
            None => match listeners.last() {
                None => Text::new("沒有單元取用它", "nobody samples it"),
                Some(last) => {
                    let (cycles, who) = (cycle - last.issue.cycle, listener_name(last.issue.queue));
                    let unit = if cycles == 1 { "cycle" } else { "cycles" };
                    Text::new(
                        zh(&[&format!("{cycles} 個週期前抵達"), &who.zh, &comment.zh]),
                        format!("reached {} {cycles} {unit} ago{}", who.en, comment.en),
                    )
                }
            },
        }
    }
}

/// Who samples, in a sentence.
fn listener_name(queue: Queue) -> Text {
    match queue {
        Queue::MemRead(slice) | Queue::MemWrite(slice) => words::slice(slice),
        queue => {
            let unit = words::unit(queue.unit());
            Text::new(unit.zh, format!("the {}", unit.en))
        }
    }
}
