//! The three columns as a display list.
//!
//! In: a timeline, the graphs, a cursor, a selection.  Out: a scene; what lies under a point of it.
//! Invariant: a row that is drawn carries what a click on it selects; curves lead only from the chosen part and the chosen instruction.
//! Method: rows of equal height; of the instructions a window around the chosen one.

use super::rows::{Made, ModelRow, OpRow, focus, instructions, model_rows, op_rows};
use crate::lang::{Text, grouped};
use crate::selection::{Cursor, IssueId, Selection};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use crate::timeline::{Listed, Timeline};
use std::collections::BTreeSet;
use units::gathered;

const WIDTH: f32 = 1520.0;
const HEIGHT: f32 = 660.0;
/// Left and right edge of each column.
const MODEL: (f32, f32) = (10.0, 380.0);
const OPS: (f32, f32) = (460.0, 860.0);
const CODE: (f32, f32) = (940.0, 1510.0);
/// Top of the rows, and the height of one with its gap.
const TOP: f32 = 48.0;
const PITCH: f32 = 32.0;
const GAP: f32 = 4.0;
/// Most rows of a column.
const ROWS: usize = 19;
/// Where the plate with the name of a queue begins, and its width.
const PLATE: (f32, f32) = (76.0, 128.0);
/// Most letters of an instruction, and of what an operation works on.
const LETTERS: usize = 38;
const LETTERS_OP: usize = 22;
/// Height of the letters on a plate.
const PLATE_LETTERS: f32 = 12.0;

/// Rows of one column between two edges.
struct Column<'a> {
    layer: &'a mut Layer,
    edges: (f32, f32),
}

fn row(edges: (f32, f32), number: usize) -> Area {
    let top = TOP + number as f32 * PITCH;
    Area::new(edges.0, top, edges.1, top + PITCH - GAP)
}

fn middle(area: &Area) -> f32 {
    (area.y0 + area.y1) / 2.0
}

impl Column<'_> {
    fn heading(&mut self, text: Text) {
        self.text(text, (self.edges.0, TOP - 18.0), Anchor::Start, Style::Plain, (170, None));
    }

    fn text(
        &mut self,
        text: Text,
        at: (f32, f32),
        anchor: Anchor,
        style: Style,
        (level, target): (u8, Option<Selection>),
    ) {
        let size = if style == Style::Number { 13.0 } else { 15.0 };
        let label = Label { text, colour: Colour::Ink, level, x: at.0, y: at.1, dy: 0.0, size, anchor, style, target };
        self.layer.labels.push(label);
    }

    /// The ground of a row, and its edge in the colour of its unit.
    fn ground(&mut self, area: Area, colour: Option<Colour>, is_chosen: Chosen, target: Option<Selection>) {
        let shape = |kind, colour, level, area| Shape { target, ..Shape::still(kind, colour, level, area) };
        let level = if is_chosen == Chosen::Yes { 150 } else { 70 };
        self.layer.shapes.push(shape(Kind::Block, Colour::Instructions, level, area));
        if let Some(colour) = colour {
            let edge = Area { x1: area.x0 + 5.0, ..area };
            self.layer.shapes.push(shape(Kind::Fill, colour, 255, edge));
        }
        if is_chosen == Chosen::Yes {
            self.layer.shapes.push(shape(Kind::Frame, Colour::Mark, 255, area));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chosen {
    Yes,
    No,
}

impl Chosen {
    fn when(is_chosen: bool) -> Self {
        if is_chosen { Chosen::Yes } else { Chosen::No }
    }
}

/// The compiler's three columns at a cursor.
pub fn compiler(timeline: &Timeline, made: Made, cursor: Cursor, selection: Option<Selection>) -> Scene {
    let clip = Area::new(0.0, 0.0, WIDTH, HEIGHT);
    let (mut curves, mut layer) = (Layer::new(Part::Compiler, clip), Layer::new(Part::Compiler, clip));
    if let Some(focus) = focus(timeline, cursor, selection) {
        let listing = timeline.listing(focus.instance);
        let models = model_rows(made, &focus, &listing);
        let code = instructions(&focus, listing);
        let ops = op_rows(made, &focus, &code);
        let (from, code_shown) = window(&code, focus.issue, cursor.cycle);
        let chosen_unit = code.iter().find(|listed| Some(listed.issue.id) == focus.issue).map(|listed| listed.unit());
        model_column(&mut layer, &models, &focus.part);
        op_column(&mut layer, &ops, chosen_unit);
        code_column(&mut layer, timeline, (code_shown, from, code.len()), focus.issue);
        let chosen = models.iter().position(|row| row.key == focus.part).filter(|place| *place < ROWS);
        link(&mut curves, chosen, (&ops, code_shown), focus.issue);
    }
    Scene { width: WIDTH, height: HEIGHT, layers: vec![curves, layer] }
}

/// What lies under a point: the row that was drawn there.
pub fn pick_compiler(
    timeline: &Timeline,
    made: Made,
    (cursor, selection): (Cursor, Option<Selection>),
    (x, y): (f32, f32),
) -> Option<Selection> {
    let scene = compiler(timeline, made, cursor, selection);
    let shapes = scene.layers.iter().flat_map(|layer| layer.shapes.iter());
    shapes.rev().find(|shape| shape.kind != Kind::Curve && shape.area.contains(x, y)).and_then(|shape| shape.target)
}

/// The instructions that are shown: around the chosen one, or from the first that leaves at or after the cycle.
fn window<'a, 'b>(code: &'a [Listed<'b>], chosen: Option<IssueId>, cycle: u64) -> (usize, &'a [Listed<'b>]) {
    let at = code.iter().position(|listed| Some(listed.issue.id) == chosen);
    let at = at.or_else(|| code.iter().position(|listed| cycle <= listed.issue.cycle)).unwrap_or(0);
    let from = at.saturating_sub(ROWS / 3).min(code.len().saturating_sub(ROWS));
    (from, &code[from..code.len().min(from + ROWS)])
}

fn model_column(layer: &mut Layer, rows: &[ModelRow], chosen: &str) {
    let mut column = Column { layer, edges: MODEL };
    column.heading(Text::new("模型", "model"));
    for (number, one) in rows.iter().take(ROWS).enumerate() {
        let area = row(MODEL, number);
        let target = one.first.map(Selection::Issue);
        let is_added = one.operations == 0;
        column.ground(area, None, Chosen::when(one.key == chosen), target);
        let level = if is_added { 150 } else { 255 };
        let baseline = middle(&area) + 5.0;
        column.text(one.name.clone(), (area.x0 + 14.0, baseline), Anchor::Start, Style::Plain, (level, target));
        let gives =
            if is_added { Text::new("編譯器加上的", "added by the compiler") } else { Text::same(&one.gives) };
        let style = if is_added { Style::Plain } else { Style::Number };
        column.text(gives, (area.x1 - 12.0, baseline), Anchor::End, style, (150, target));
    }
}

fn op_column(layer: &mut Layer, rows: &[OpRow], chosen: Option<arch::Unit>) {
    let mut column = Column { layer, edges: OPS };
    let count: usize = rows.iter().map(|row| row.count).sum();
    let kinds = gathered::<BTreeSet<_>, _>(rows.iter().map(|row| row.name)).len();
    column.heading(Text::new(
        format!("十種運算中的 {kinds} 種，共 {count} 個節點"),
        format!("{kinds} of the ten operations, in {count} node{}", if count == 1 { "" } else { "s" }),
    ));
    for (number, one) in rows.iter().take(ROWS).enumerate() {
        let area = row(OPS, number);
        let target = one.first.map(Selection::Issue);
        column.ground(area, Some(Colour::of(one.unit)), Chosen::when(Some(one.unit) == chosen), target);
        let baseline = middle(&area) + 5.0;
        let times = if one.count == 1 { String::new() } else { format!(" × {}", one.count) };
        let name = Text::same(format!("{}{times}", one.name));
        column.text(name, (area.x0 + 16.0, baseline), Anchor::Start, Style::Plain, (255, target));
        let detail = Text::same(shortened(&one.detail, LETTERS_OP));
        column.text(detail, (area.x0 + 128.0, baseline), Anchor::Start, Style::Number, (200, target));
        column.text(Text::same(&one.gives), (area.x1 - 10.0, baseline), Anchor::End, Style::Number, (150, target));
    }
    if ROWS < rows.len() {
        let more = rows.len() - ROWS;
        let text = Text::new(format!("還有 {more} 種"), format!("{more} more kinds"));
        column.text(text, (OPS.1 - 10.0, TOP - 18.0), Anchor::End, Style::Plain, (170, None));
    }
}

fn code_column(
    layer: &mut Layer,
    timeline: &Timeline,
    (rows, from, count): (&[Listed], usize, usize),
    chosen: Option<IssueId>,
) {
    let mut column = Column { layer, edges: CODE };
    let (first, last) = (from + usize::from(!rows.is_empty()), from + rows.len());
    column.heading(Text::new(
        format!("指令，依週期：{count} 道中的第 {first}–{last} 道"),
        format!("instructions by cycle: {first}–{last} of {count}"),
    ));
    for (number, listed) in rows.iter().enumerate() {
        let (area, issue) = (row(CODE, number), &listed.issue);
        let target = Some(Selection::Issue(issue.id));
        column.ground(area, None, Chosen::when(Some(issue.id) == chosen), target);
        let baseline = middle(&area) + 5.0;
        let cycle = Text::same(grouped(issue.cycle));
        column.text(cycle, (area.x0 + PLATE.0 - 10.0, baseline), Anchor::End, Style::Number, (200, target));
        let plate = Area::new(area.x0 + PLATE.0, area.y0 + 4.0, area.x0 + PLATE.0 + PLATE.1, area.y1 - 4.0);
        let shape = Shape::still(Kind::Block, Colour::of(listed.unit()), 255, plate);
        column.layer.shapes.push(Shape { target, ..shape });
        column.layer.labels.push(Label {
            text: Text::same(issue.queue),
            colour: Colour::Free,
            level: 255,
            x: (plate.x0 + plate.x1) / 2.0,
            y: baseline - 1.0,
            dy: 0.0,
            size: PLATE_LETTERS,
            anchor: Anchor::Middle,
            style: Style::Number,
            target,
        });
        let text = Text::same(shortened(&timeline.instruction_text(issue), LETTERS));
        column.text(text, (plate.x1 + 12.0, baseline), Anchor::Start, Style::Number, (255, target));
        if 1 < issue.burst.count {
            let times = Text::same(format!("×{}", issue.burst.count));
            column.text(times, (area.x1 - 8.0, baseline), Anchor::End, Style::Number, (200, target));
        }
    }
    if rows.is_empty() {
        let text = Text::new("這個部分沒有自己的指令", "this part has no instructions of its own");
        column.text(text, (CODE.0, TOP + 20.0), Anchor::Start, Style::Plain, (170, None));
    }
}

/// Curves from the chosen part to its operations, and from each operation to the instructions that are shown of its unit.
fn link(layer: &mut Layer, chosen: Option<usize>, (ops, code): (&[OpRow], &[Listed]), issue: Option<IssueId>) {
    let curve = |from: Area, to: Area, colour, level| {
        Shape::still(Kind::Curve, colour, level, Area::new(from.x1, middle(&from), to.x0, middle(&to)))
    };
    for (number, op) in ops.iter().take(ROWS).enumerate() {
        let (area, colour) = (row(OPS, number), Colour::of(op.unit));
        layer.shapes.extend(chosen.map(|place| curve(row(MODEL, place), area, colour, 150)));
        for (place, listed) in code.iter().enumerate().filter(|(_, listed)| listed.unit() == op.unit) {
            let is_chosen = Some(listed.issue.id) == issue;
            layer.shapes.push(curve(area, row(CODE, place), colour, if is_chosen { 230 } else { 45 }));
        }
    }
}

/// At most `most` letters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::{Chip, Queue};

    /// Width of a monospaced letter by its height, rounded up.
    const LETTER: f32 = 0.61;

    #[test]
    fn the_name_of_every_queue_fits_its_plate() {
        let longest = Queue::all(&Chip::lpu_14nm()).into_iter().map(|queue| queue.to_string().len()).max();
        assert!(longest.expect("a chip has queues") as f32 * PLATE_LETTERS * LETTER + 6.0 < PLATE.1);
    }
}
