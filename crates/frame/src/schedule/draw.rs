//! Queues by cycles as a display list.
//!
//! In: a timeline, the binding steps of its stages, a cursor, a selection, how near.  Out: a scene; what lies under a point of it.
//! Invariant: a cell in which anything is dispatched has colour; the cursor's line is where the cycle is; a click on a cell gives the
//!     first instruction that is dispatched in it.
//! Method: neighbouring cells of one level are one rectangle; the level is the share of the cell's cycles that dispatch.

use super::cells::{Row, Window, counts, rows, window};
use super::grid::{BOTTOM, Grid, LEFT, RIGHT, TOP};
use crate::lang::{Text, grouped};
use crate::selection::{Cursor, IssueId, Selection};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::Queue;
use study::Steps;

const WIDTH: f32 = 1520.0;
const HEIGHT: f32 = 700.0;
/// The band of stages and parts, the scale of cycles, the binding path.
const BAND: (f32, f32) = (4.0, 34.0);
const SCALE: f32 = 52.0;
const PATH: (f32, f32) = (60.0, 70.0);
/// Steps of a cell's level above nothing.
const LEVELS: u64 = 5;
/// A name needs this much room per letter, and a rectangle this much to be named at all.
const LETTER: f32 = 9.0;
const NAMED: f32 = 34.0;
/// Stages that fit into the band by name; with fewer, their parts are shown.
const STAGES: usize = 2;
/// Ticks of the scale.
const TICKS: u64 = 8;

/// What the rows are, and where.
struct Plan {
    grid: Grid,
    rows: Vec<Row>,
}

impl Plan {
    fn new(timeline: &Timeline, cycle: u64, zoom: u8) -> Self {
        let rows = rows(timeline);
        Plan { grid: Grid::new(window(timeline, cycle, zoom), rows.len()), rows }
    }

    fn row_of(&self, queue: Queue) -> Option<usize> {
        self.rows.iter().position(|row| row.queues.contains(&queue))
    }

    fn shows(&self, cycle: u64) -> bool {
        self.grid.window.from <= cycle && cycle < self.grid.window.to
    }
}

/// The schedule around a cursor.
pub fn schedule(
    timeline: &Timeline,
    steps: &Steps,
    (cursor, selection): (Cursor, Option<Selection>),
    zoom: u8,
) -> Scene {
    let plan = Plan::new(timeline, cursor.cycle, zoom);
    let mut layer = Layer::new(Part::Schedule, Area::new(0.0, 0.0, WIDTH, HEIGHT));
    band(timeline, &plan, &mut layer);
    scale(&plan, &mut layer);
    for (first, end) in path(timeline, steps, plan.grid.window) {
        let area = Area::new(plan.grid.x(first), PATH.0, plan.grid.x(end).max(plan.grid.x(first) + 1.0), PATH.1);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Ink, 220, area));
    }
    let name = Text::new("綁定路徑", "binding path");
    layer.labels.push(label(name, (LEFT - 8.0, PATH.1), Anchor::End, (12.0, Colour::Ink)));
    for (number, row) in plan.rows.iter().enumerate() {
        cells(timeline, &plan, (number, row), &mut layer);
    }
    names(timeline, &plan, &mut layer);
    let mut spotlight = Layer::new(Part::Spotlight, layer.clip);
    chosen(timeline, &plan, selection, &mut spotlight);
    let now = |cycle: u64| Area::new(plan.grid.x(cycle) - 1.0, BAND.1, plan.grid.x(cycle) + 1.0, BOTTOM);
    let line = Shape::still(Kind::Fill, Colour::Mark, 255, now(cursor.cycle)).moving(now(cursor.cycle + 1));
    spotlight.shapes.push(line);
    Scene { width: WIDTH, height: HEIGHT, layers: vec![layer, spotlight] }
}

/// What lies under a point: the first instruction dispatched in the cell.
pub fn pick_schedule(timeline: &Timeline, cursor: Cursor, zoom: u8, at: (f32, f32)) -> Option<Selection> {
    let plan = Plan::new(timeline, cursor.cycle, zoom);
    let (row, from, to) = plan.grid.cell(at)?;
    let issues = plan.rows[row].queues.iter().filter_map(|&queue| timeline.issues_of(queue, from, to).first().map(key));
    issues.min().map(|(_, _, id)| Selection::Issue(id))
}

fn key(issue: &Issue) -> (u64, Queue, IssueId) {
    (issue.cycle, issue.queue, issue.id)
}

/// First cycle and end of the binding chains in a stretch; where chains overlap, the later one takes over.
pub(super) fn path(timeline: &Timeline, steps: &Steps, window: Window) -> Vec<(u64, u64)> {
    let mut path: Vec<(u64, u64)> = Vec::new();
    for stretch in timeline.stretches().iter().filter(|one| one.start < window.to && window.from < one.end) {
        for &(first, end) in steps.of(stretch.template) {
            let (first, end) = ((stretch.start + first).max(window.from), (stretch.start + end).min(window.to));
            let first = path.last().map_or(first, |last| first.max(last.1));
            if first < end {
                path.push((first, end));
            }
        }
    }
    path
}

fn label(text: Text, (x, y): (f32, f32), anchor: Anchor, (size, colour): (f32, Colour)) -> Label {
    Label { text, colour, level: 230, x, y, dy: 0.0, size, anchor, style: Style::Plain, target: None }
}

/// Stages, or the parts of the stages where only a few are shown.
fn band(timeline: &Timeline, plan: &Plan, layer: &mut Layer) {
    let Window { from, to, .. } = plan.grid.window;
    let shown = timeline.stretches().iter().enumerate().filter(|(_, one)| one.start < to && from < one.end);
    let shown: Vec<_> = shown.collect();
    let mut blocks: Vec<(u64, u64, Text, Colour)> = Vec::new();
    for &(instance, stretch) in &shown {
        if STAGES < shown.len() {
            blocks.push((stretch.start, stretch.end, timeline.stretch_name(stretch), Colour::Control));
            continue;
        }
        for part in timeline.parts_of(instance) {
            let colour = Colour::of(part.unit);
            blocks.extend(part.segments.iter().map(|one| (one.from, one.to, part.name.clone(), colour)));
        }
    }
    for (first, end, name, colour) in blocks.into_iter().filter(|one| one.0 < to && from < one.1) {
        let area = Area::new(plan.grid.x(first) + 0.5, BAND.0, plan.grid.x(end) - 0.5, BAND.1);
        layer.shapes.push(Shape::still(Kind::Block, colour, 90, area));
        let letters = name.en.chars().count().max(2 * name.zh.chars().count());
        if NAMED.max(letters as f32 * LETTER) < area.width() {
            let at = ((area.x0 + area.x1) / 2.0, BAND.1 - 10.0);
            layer.labels.push(label(name, at, Anchor::Middle, (14.0, Colour::Ink)));
        }
    }
}

fn scale(plan: &Plan, layer: &mut Layer) {
    let Window { from, to, .. } = plan.grid.window;
    for tick in 0..=TICKS {
        let cycle = from + (to - from) * tick / TICKS;
        let x = plan.grid.x(cycle);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Control, 60, Area::new(x, SCALE, x + 1.0, BOTTOM)));
        let anchor = match tick {
            0 => Anchor::Start,
            TICKS => Anchor::End,
            _ => Anchor::Middle,
        };
        let text = Text::same(grouped(cycle));
        layer.labels.push(Label { style: Style::Number, ..label(text, (x, SCALE), anchor, (12.0, Colour::Ink)) });
    }
}

/// One row: its name, its ground, neighbouring cells of one level together.
fn cells(timeline: &Timeline, plan: &Plan, (number, row): (usize, &Row), layer: &mut Layer) {
    let (top, bottom) = plan.grid.row(number);
    let ground = Area::new(LEFT, top, RIGHT, bottom);
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 40, ground));
    let size = (plan.grid.pitch * 0.9).min(13.0);
    let at = (LEFT - 8.0, bottom - (bottom - top - size * 0.7).max(0.0) / 2.0);
    layer.labels.push(label(row.name.clone(), at, Anchor::End, (size, Colour::of(row.unit))));
    let borders = plan.grid.window.borders();
    let counts = counts(timeline, row, &borders);
    let queues = row.queues.len() as u64;
    let level = |cell: usize| {
        let room = (borders[cell + 1] - borders[cell]) * queues;
        (counts[cell] * LEVELS).div_ceil(room.max(1)).min(LEVELS)
    };
    let mut cell = 0;
    while cell < counts.len() {
        let (first, shade) = (cell, level(cell));
        while cell < counts.len() && level(cell) == shade {
            cell += 1;
        }
        if 0 < shade {
            let area = Area::new(plan.grid.x(borders[first]), top, plan.grid.x(borders[cell]), bottom);
            let opacity = 70 + (185 * shade / LEVELS) as u8;
            layer.shapes.push(Shape::still(Kind::Fill, Colour::of(row.unit), opacity, area));
        }
    }
}

/// Mnemonics where a burst is wide enough; rows of several slices have none.
fn names(timeline: &Timeline, plan: &Plan, layer: &mut Layer) {
    let Window { from, to, cell } = plan.grid.window;
    if cell != 1 {
        return;
    }
    for run in timeline.runs(from, to) {
        let Some(number) = plan.row_of(run.queue).filter(|&row| plan.rows[row].queues.len() <= 3) else { continue };
        let text = Timeline::mnemonic(&run.instruction);
        let (x0, x1) = (plan.grid.x(run.first), plan.grid.x(run.last + 1));
        if (text.chars().count() as f32) * LETTER < x1 - x0 && 12.0 < plan.grid.pitch {
            let (_, bottom) = plan.grid.row(number);
            let label = label(Text::same(text), (x0 + 3.0, bottom - 4.0), Anchor::Start, (11.0, Colour::Free));
            layer.labels.push(Label { style: Style::Number, level: 255, ..label });
        }
    }
}

/// A ring around the chosen instruction, and curves to those that take its value.
fn chosen(timeline: &Timeline, plan: &Plan, selection: Option<Selection>, layer: &mut Layer) {
    let id = match selection {
        Some(Selection::Issue(id)) => id,
        Some(Selection::Value(value)) => value.issue,
        _ => return,
    };
    let Some(issue) = timeline.issue(id) else { return };
    let place = |issue: &Issue| {
        let (top, bottom) = plan.grid.row(plan.row_of(issue.queue)?);
        let (x0, x1) = (plan.grid.x(issue.cycle), plan.grid.x(issue.cycle + 1));
        plan.shows(issue.cycle).then(|| Area::new(x0, top, x1.max(x0 + 2.0), bottom))
    };
    let Some(own) = place(&issue) else { return };
    let live = timeline.driven(id).and_then(|value| timeline.value(value));
    for listener in live.iter().flat_map(|live| timeline.listeners(live)) {
        let Some(other) = place(&listener.issue) else { continue };
        let middle = |area: &Area| (area.y0 + area.y1) / 2.0;
        let curve = Area::new(own.x1, middle(&own), other.x0, middle(&other));
        layer.shapes.push(Shape::still(Kind::Curve, Colour::Ink, 220, curve));
        layer.shapes.push(Shape::still(Kind::Frame, Colour::Ink, 255, other));
    }
    let ring = Area::new(own.x0 - 3.0, own.y0 - 3.0, own.x1 + 3.0, own.y1 + 3.0);
    layer.shapes.push(Shape::still(Kind::Frame, Colour::Mark, 255, ring));
    let name = words::queue(issue.queue).then(&Text::same(format!(" · {}", Timeline::mnemonic(issue.instruction()))));
    let at = (own.x0.clamp(LEFT + 60.0, RIGHT - 160.0), (own.y0 - 8.0).max(TOP + 10.0));
    layer.labels.push(Label { style: Style::Caption, ..label(name, at, Anchor::Start, (14.0, Colour::Ink)) });
}
