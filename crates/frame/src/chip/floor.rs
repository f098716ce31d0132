//! The floor plan: units, groups, slices and rows, with their names.
//!
//! In: the die.  Out: the layer that is painted once.
//! Invariant: columns and rows are the chip's: the same places are used by everything that moves.

use super::{Detail, queue_strip};
use crate::die::Die;
use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Shape, Style};
use crate::timeline::Timeline;
use crate::words;
use arch::{Hemisphere, Unit};

const SIZE: f32 = 18.0;

pub(crate) fn floor(timeline: &Timeline, die: &Die, detail: Detail) -> Layer {
    let mut layer = Layer::new(Part::Floor, Area::new(0.0, 0.0, crate::die::WIDTH, 2000.0));
    let rows = timeline.chip().superlanes as u16;
    let whole = die.area();
    let grid = |columns, (x0, x1): (f32, f32), colour, level| {
        let area = Area::new(x0, whole.y0, x1, whole.y1);
        Shape::still(Kind::Grid { columns, rows }, colour, level, area)
    };
    let per_group = u16::from(timeline.chip().slices_per_group);
    for half in Hemisphere::BOTH {
        layer.shapes.push(grid(1, die.mxm(half), Colour::Mxm, 28));
        layer.shapes.push(grid(1, die.sxm(half), Colour::Sxm, 28));
        for group in 0..timeline.chip().groups() {
            layer.shapes.push(grid(per_group, die.group(half, group), Colour::Mem, 40));
        }
    }
    layer.shapes.push(grid(1, die.vxm(), Colour::Vxm, 36));
    names(timeline, die, detail, &mut layer);
    if detail != Detail::Overview {
        gutter(timeline, die, &mut layer);
    }
    layer
}

/// Names of the units: above the die, or in plain words below it.
fn names(timeline: &Timeline, die: &Die, detail: Detail, layer: &mut Layer) {
    let whole = die.area();
    let outermost = timeline.chip().groups() - 1;
    let memory = |half| {
        let (near, far) = (die.group(half, 0), die.group(half, outermost));
        (near.0.min(far.0), near.1.max(far.1))
    };
    let mut spans = vec![(die.vxm(), Unit::Vxm, None)];
    for half in Hemisphere::BOTH {
        spans.push((die.mxm(half), Unit::Mxm, None));
        spans.push((die.sxm(half), Unit::Sxm, None));
        spans.push((memory(half), Unit::Mem, Some(half)));
    }
    for ((x0, x1), unit, half) in spans {
        if detail == Detail::Overview && unit == Unit::Sxm {
            continue;
        }
        let text = match (detail, half) {
            (Detail::Overview, _) => words::unit(unit),
            (_, Some(half)) => memory_name(timeline, half),
            (_, None) => Text::same(words::letters(unit)),
        };
        let y = if detail == Detail::Overview { whole.y1 + 30.0 } else { whole.y0 - 24.0 };
        let x = (x0 + x1) / 2.0;
        let colour = Colour::of(unit);
        layer.labels.push(label(text, colour, x, y, SIZE, Anchor::Middle));
        if detail != Detail::Overview {
            let line = Area::new(x0, whole.y0 - 14.0, x1, whole.y0 - 14.0);
            layer.shapes.push(Shape::still(Kind::Line, colour, 160, line));
        }
    }
}

fn memory_name(timeline: &Timeline, half: Hemisphere) -> Text {
    let slices = timeline.chip().slices;
    let side = words::half(half);
    Text::new(format!("記憶體 · {} · {slices} 個切片", side.zh), format!("Memory · {} · {slices} slices", side.en))
}

/// What the rows are, and where the queues are.
fn gutter(timeline: &Timeline, die: &Die, layer: &mut Layer) {
    let top = timeline.chip().superlanes - 1;
    for superlane in [0, top] {
        let (y0, y1) = die.row(i64::from(superlane));
        let text = Text::same(superlane);
        layer.labels.push(label(text, Colour::Ink, die.area().x0 - 8.0, (y0 + y1) / 2.0 + 5.0, 13.0, Anchor::End));
    }
    let above = die.row(i64::from(top)).0 - 6.0;
    let name = Text::new("超級通道", "superlane");
    layer.labels.push(label(name, Colour::Ink, 4.0, above, 13.0, Anchor::Start));
    let strip = queue_strip(die);
    let name = Text::new("指令佇列：接下來 8 個週期", "instruction queues: the next 8 cycles");
    layer.labels.push(label(name, Colour::Ink, strip.x0, strip.y0 - 8.0, 13.0, Anchor::Start));
}

pub(crate) fn label(text: Text, colour: Colour, x: f32, y: f32, size: f32, anchor: Anchor) -> Label {
    Label { text, colour, level: 255, x, y, dy: 0.0, size, anchor, style: Style::Plain, target: None }
}
