//! Instructions: climbing the die one superlane per cycle, and waiting in their queues below it.
//!
//! In: what the queues issue around a cycle.  Out: per burst one shape where it issues in every cycle, one per issue otherwise.
//! Invariant: superlane k holds the instruction that was dispatched k cycles ago; line j of a queue holds the one that will be
//!     dispatched in j cycles.
//! Method: rows of a burst are an interval that moves by one row per cycle; both edges are followed to the next cycle.

use super::{Context, queue_strip};
use crate::die::{Die, ROW_GAP};
use crate::lang::Text;
use crate::selection::Selection;
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Shape, Style};
use crate::timeline::{BurstRun, Timeline};
use arch::{Queue, Unit};
use units::Order;

/// Cycles shown of each queue.
pub(crate) const QUEUE_ROWS: u32 = 8;
/// Height of a cycle in a queue.
pub(crate) const QUEUE_ROW: f32 = 7.0;
/// Opacity of instructions that are issued cycle after cycle.
const STEADY: u8 = 150;
/// Opacity of the rows that an instruction has just left.
const TRAIL: [u8; 3] = [120, 70, 35];
/// Plates at the most.
const PLATES_MAX: usize = 14;
/// Width of a letter on a plate, for keeping plates apart.
const LETTER: f32 = 8.0;
const PLATE_SIZE: f32 = 12.0;

/// Instructions on the die.
pub(crate) fn instructions(context: &Context) -> Layer {
    let mut layer = Layer::new(Part::Instructions, context.die.area());
    let top = i64::from(context.timeline.chip().superlanes);
    let now = context.cycle as i64;
    for run in context.timeline.runs(context.cycle.saturating_sub(top as u64 - 1), context.cycle + 2) {
        let (x0, x1) = context.die.column(run.queue);
        let colour = Colour::of(run.queue.unit());
        let rows = |from: i64, to: i64| {
            let (bottom, top) = (context.die.row(from).1, context.die.row(to).0);
            Area::new(x0, top, x1, bottom)
        };
        let target = Selection::Queue(run.queue);
        let rungs_area = |from: i64, to: i64| {
            let area = rows(from, to);
            Area { y0: area.y0 - ROW_GAP / 2.0, y1: area.y1 + ROW_GAP / 2.0, ..area }
        };
        let push = |layer: &mut Layer, kind, level, here: Area, next: Area| {
            if context.shows(&here) || context.shows(&next) {
                let shape = Shape::still(kind, colour, context.dim(level), here).moving(next).showing(target);
                layer.shapes.push(shape);
            }
        };
        if run.interval == 1 && run.first != run.last {
            let (low, high) = ((now - run.last as i64).max(-1), (now - run.first as i64).min(top));
            let rungs = Kind::Grid { columns: 1, rows: (high - low + 1) as u16 };
            push(&mut layer, rungs, STEADY, rungs_area(low, high), rungs_area(low + 1, high + 1));
            continue;
        }
        for cycle in run.cycles() {
            let row = now - cycle as i64;
            push(&mut layer, Kind::Block, 255, rows(row, row), rows(row + 1, row + 1));
            if run.is_last_of_queue(cycle) {
                for (below, &level) in (1..).zip(&TRAIL).take_while(|(below, _)| *below <= row) {
                    let (here, next) = (row - below, row + 1 - below);
                    push(&mut layer, Kind::Block, level, rows(here, here), rows(next, next));
                }
            }
        }
    }
    layer
}

/// The queues' next instructions, moving up into the die.
pub(crate) fn queues(context: &Context) -> Layer {
    let strip = queue_strip(&context.die);
    let mut layer = Layer::new(Part::Queues, strip);
    let now = context.cycle as i64;
    for run in context.timeline.runs(context.cycle, context.cycle + u64::from(QUEUE_ROWS) + 1) {
        let (x0, x1) = context.die.column(run.queue);
        let colour = Colour::of(run.queue.unit());
        let lines = |first: i64, last: i64| {
            let y = |line: i64| strip.y0 + line as f32 * QUEUE_ROW;
            Area::new(x0, y(first) + 0.5, x1, y(last + 1) - 0.5)
        };
        let mut push = |first: i64, last: i64| {
            let (here, next) = (lines(first, last), lines((first - 1).max(-1), last - 1));
            let shape = Shape::still(Kind::Fill, colour, context.dim(220), here).moving(next);
            if context.shows(&here) {
                layer.shapes.push(shape.showing(Selection::Queue(run.queue)));
            }
        };
        if run.interval == 1 {
            let last = (run.last as i64 - now).min(i64::from(QUEUE_ROWS));
            push((run.first as i64 - now).max(0), last);
        } else {
            run.cycles().for_each(|cycle| push(cycle as i64 - now, cycle as i64 - now));
        }
    }
    layer
}

/// The queue whose column and strip a point lies in.
pub(crate) fn queue_at(timeline: &Timeline, die: &Die, x: f32, y: f32) -> Option<Queue> {
    if !queue_strip(die).contains(x, y) {
        return None;
    }
    let inside = |queue: &Queue| {
        let (x0, x1) = die.column(*queue);
        x0 - 0.5 <= x && x < x1 + 0.5
    };
    Queue::all(timeline.chip()).into_iter().find(inside)
}

/// A mnemonic at the head of a climbing instruction.
struct Plate {
    queue: Queue,
    text: String,
    row: i64,
    x: f32,
}

impl Plate {
    fn new(run: &BurstRun, row: i64, x0: f32, x1: f32) -> Self {
        Plate { queue: run.queue, text: Timeline::mnemonic(&run.instruction), row, x: (x0 + x1) / 2.0 }
    }
}

/// Mnemonics above the streams: one plate per unit, half and mnemonic, at the head that started last; none over another.
pub(crate) fn plates(context: &Context) -> Layer {
    let mut layer = Layer::new(Part::Instructions, Area { y0: 0.0, ..context.die.area() });
    let top = i64::from(context.timeline.chip().superlanes) - 1;
    let now = context.cycle as i64;
    let mut heads: Vec<Plate> = Vec::new();
    for run in context.timeline.runs(context.cycle.saturating_sub(top as u64), context.cycle + 1) {
        let (x0, x1) = context.die.column(run.queue);
        let starts = if run.interval == 1 { Some(run.first) } else { run.cycles().last() };
        heads.extend(starts.map(|start| Plate::new(&run, now - start as i64, x0, x1)));
    }
    heads.retain(|head| (0..top).contains(&head.row));
    heads.order_by_key(|head| (head.row, head.queue));
    let middle = crate::die::WIDTH / 2.0;
    let mut kept: Vec<&Plate> = Vec::new();
    for head in &heads {
        let side = |plate: &Plate| (plate.queue.unit() != Unit::Vxm, plate.x < middle);
        let same = |plate: &&&Plate| plate.text == head.text && side(plate) == side(head);
        let width = (head.text.len() as f32 + 2.0) * LETTER;
        let covers = |plate: &&&Plate| plate.row == head.row && (plate.x - head.x).abs() < width;
        if kept.len() < PLATES_MAX && kept.iter().find(same).is_none() && kept.iter().find(covers).is_none() {
            kept.push(head);
        }
    }
    let label = |plate: &Plate| {
        let row = |row| context.die.row(row).0 - 4.0;
        Label {
            text: Text::same(&plate.text),
            colour: Colour::of(plate.queue.unit()),
            level: context.dim(255),
            x: plate.x,
            y: row(plate.row),
            dy: row(plate.row + 1) - row(plate.row),
            size: PLATE_SIZE,
            anchor: Anchor::Middle,
            style: Style::Plate,
            target: Some(Selection::Queue(plate.queue)),
        }
    };
    layer.labels = kept.into_iter().map(label).collect();
    layer
}
