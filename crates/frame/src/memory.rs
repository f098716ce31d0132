//! Where everything lives: slices by addresses, to scale.
//!
//! In: a timeline, a cursor.  Out: a scene with one column per slice, and the legend with exact sizes.
//! Invariant: a column is a slice, its height the slice's words; sizes in the legend add up to the chip's SRAM; rows of the cache are
//!     filled only when they have been written at the cursor.
//! Method: runs of one class that follow one another are one rectangle; a run of few words is still one unit high.

use crate::contents::{Class, Content};
use crate::lang::Text;
use crate::selection::{Cursor, Selection};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use crate::timeline::Timeline;
use crate::words;
use arch::{Hemisphere, Queue, SliceId};
use program::Instruction;
use serde::{Deserialize, Serialize};
use units::Order;

const WIDTH: f32 = 1520.0;
const HEIGHT: f32 = 640.0;
/// Top and bottom of the columns.
const TOP: f32 = 60.0;
const BOTTOM: f32 = 600.0;
/// Left edge of the first column.
const LEFT: f32 = 70.0;
/// Room for the VXM in the middle.
const MIDDLE: f32 = 36.0;
const RIGHT: f32 = 30.0;
/// Least height of anything drawn.
const LEAST: f32 = 1.0;

/// A line of the legend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legend {
    /// Class of contents.
    pub class: Class,
    /// Its colour.
    pub colour: Colour,
    /// Its name.
    pub name: Text,
    /// Its bytes on the chip.
    pub bytes: u64,
}

/// A row of the cache, written in this token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowWritten {
    /// The slice.
    pub slice: SliceId,
    /// The word.
    pub address: u16,
    /// Cycle in which it was dispatched.
    pub cycle: u64,
    /// What it is.
    pub name: Text,
}

/// What the memory's picture says beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryFacts {
    /// Sizes by class, all classes in order.
    pub legend: Vec<Legend>,
    /// All bytes.
    pub bytes: u64,
    /// Bytes of the slices that may hold data.
    pub usable: u64,
    /// Bytes of cache that a token adds.
    pub bytes_per_token: u64,
    /// Positions that still fit into the cache.
    pub room: u32,
    /// Rows written in this token until the cursor, in order of cycles.
    pub written: Vec<RowWritten>,
}

/// Left and right of a slice's column.
fn column(timeline: &Timeline, slice: SliceId) -> (f32, f32) {
    let slices = timeline.chip().slices;
    let width = (WIDTH - LEFT - RIGHT - MIDDLE) / (2.0 * f32::from(slices));
    let x = match slice.hemisphere {
        Hemisphere::West => LEFT + f32::from(slices - 1 - slice.number) * width,
        Hemisphere::East => LEFT + MIDDLE + f32::from(slices + slice.number) * width,
    };
    (x + 0.75, x + width - 0.75)
}

/// Height at which a word begins.
fn height(timeline: &Timeline, address: u32) -> f32 {
    TOP + (BOTTOM - TOP) * address as f32 / f32::from(timeline.chip().words)
}

/// The word under a point.
pub(crate) fn word_at(timeline: &Timeline, x: f32, y: f32) -> Option<(SliceId, u16)> {
    let inside = |slice: &SliceId| {
        let (x0, x1) = column(timeline, *slice);
        x0 - 0.75 <= x && x < x1 + 0.75
    };
    let part = (y - TOP) / (BOTTOM - TOP);
    let slice = timeline.chip().slices().find(inside).filter(|_| (0.0..1.0).contains(&part))?;
    Some((slice, (part * f32::from(timeline.chip().words)) as u16))
}

/// The memory at a cursor; `selection` gets a ring.
pub fn memory(timeline: &Timeline, cursor: Cursor, selection: Option<Selection>) -> Scene {
    let mut layer = Layer::new(Part::Memory, Area::new(0.0, 0.0, WIDTH, HEIGHT));
    for slice in timeline.chip().slices() {
        column_of(timeline, cursor, slice, &mut layer);
    }
    frame(timeline, &mut layer);
    let mut spotlight = Layer::new(Part::Spotlight, layer.clip);
    for row in written(timeline, cursor) {
        let target = Selection::Sram { slice: row.slice, address: row.address };
        let area = words_area(timeline, row.slice, row.address, 1);
        let area = Area { y1: area.y1.max(area.y0 + 3.0), ..area };
        spotlight.shapes.push(Shape::still(Kind::Fill, Colour::Ink, 255, area).showing(target));
    }
    if let Some(Selection::Sram { slice, address }) = selection {
        let area = words_area(timeline, slice, address, 1);
        let area = Area::new(area.x0 - 4.0, area.y0 - 6.0, area.x1 + 4.0, area.y1 + 6.0);
        spotlight.shapes.push(Shape::still(Kind::Ring, Colour::Mark, 255, area));
    }
    Scene { width: WIDTH, height: HEIGHT, layers: vec![layer, spotlight] }
}

fn words_area(timeline: &Timeline, slice: SliceId, address: u16, words: u16) -> Area {
    let (x0, x1) = column(timeline, slice);
    let (y0, y1) = (height(timeline, u32::from(address)), height(timeline, u32::from(address) + u32::from(words)));
    Area::new(x0, y0, x1, y1.max(y0 + LEAST))
}

/// One slice: free ground, then its runs, neighbours of one class together.
fn column_of(timeline: &Timeline, cursor: Cursor, slice: SliceId, layer: &mut Layer) {
    let ground = words_area(timeline, slice, 0, timeline.chip().words);
    if timeline.chip().is_reserved(slice) {
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 120, ground));
        return;
    }
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Free, 255, ground));
    let mut open: Option<(Colour, u16, u16)> = None;
    let close = |layer: &mut Layer, open: Option<(Colour, u16, u16)>| {
        let Some((colour, address, words)) = open else { return };
        let kind = if colour == Colour::CacheNext { Kind::Frame } else { Kind::Fill };
        let target = Selection::Sram { slice, address };
        let area = words_area(timeline, slice, address, words);
        layer.shapes.push(Shape::still(kind, colour, 255, area).showing(target));
    };
    for (colour, address, words) in pieces(timeline, cursor, slice) {
        match open {
            Some((other, first, length)) if other == colour && first + length == address => {
                open = Some((colour, first, length + words));
            }
            _ => {
                close(layer, open);
                open = Some((colour, address, words));
            }
        }
    }
    close(layer, open);
}

/// Runs of a slice with their colours; a run of the cache is cut where it is not written yet.
fn pieces(timeline: &Timeline, cursor: Cursor, slice: SliceId) -> Vec<(Colour, u16, u16)> {
    let mut pieces = Vec::new();
    for run in timeline.contents().of(slice) {
        let Content::Cache { row, .. } = run.content else {
            pieces.push((run.class().colour(), run.address, run.words));
            continue;
        };
        let rows = rows_written(timeline, cursor, run.slice, run.address, row);
        let filled = (rows.saturating_sub(row)).min(u32::from(run.words)) as u16;
        if filled != 0 {
            pieces.push((Colour::Cache, run.address, filled));
        }
        if filled < run.words {
            pieces.push((Colour::CacheNext, run.address + filled, run.words - filled));
        }
    }
    pieces
}

/// Rows of a run of the cache that hold something at the cursor.
fn rows_written(timeline: &Timeline, cursor: Cursor, slice: SliceId, address: u16, first: u32) -> u32 {
    let offset = cursor.token.saturating_sub(first);
    let Some(word) = u16::try_from(u32::from(address) + offset).ok() else { return cursor.token };
    let is_written = timeline.last_write(slice, word, cursor).is_some();
    cursor.token + u32::from(is_written)
}

fn frame(timeline: &Timeline, layer: &mut Layer) {
    let chip = timeline.chip();
    let vxm = LEFT + f32::from(chip.slices) * (WIDTH - LEFT - RIGHT - MIDDLE) / (2.0 * f32::from(chip.slices));
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Vxm, 50, Area::new(vxm + 4.0, TOP, vxm + MIDDLE - 4.0, BOTTOM)));
    let label = |text, x, y, anchor, style| Label {
        text,
        colour: Colour::Ink,
        level: 255,
        x,
        y,
        dy: 0.0,
        size: 14.0,
        anchor,
        style,
        target: None,
    };
    layer.labels.push(label(Text::same("VXM"), vxm + MIDDLE / 2.0, TOP - 12.0, Anchor::Middle, Style::Plain));
    for half in Hemisphere::BOTH {
        let outer = SliceId { hemisphere: half, number: chip.slices - 1 };
        let (x0, x1) = column(timeline, outer);
        let name =
            Text::new(words::half(half).zh, words::half(half).en).then(&Text::same(format!(" {}", outer.number)));
        let (x, anchor) = if half == Hemisphere::West { (x0, Anchor::Start) } else { (x1, Anchor::End) };
        layer.labels.push(label(name, x, TOP - 12.0, anchor, Style::Plain));
    }
    for quarter in 0..=4u32 {
        let address = (u32::from(chip.words) * quarter / 4).min(u32::from(chip.words) - 1);
        let y = height(timeline, address) + 5.0;
        let text = Text::same(format!("0x{address:04X}"));
        layer.labels.push(label(text, LEFT - 8.0, y, Anchor::End, Style::Number));
    }
}

/// Rows of the cache that this token has written until the cursor.
fn written(timeline: &Timeline, cursor: Cursor) -> Vec<RowWritten> {
    let mut rows: Vec<RowWritten> = Vec::new();
    for run in timeline.runs(0, cursor.cycle) {
        let (Queue::MemWrite(slice), Instruction::Scatter { .. }) = (run.queue, run.instruction) else { continue };
        let Some(issue) = timeline.issue(run.id) else { continue };
        let Some(address) = timeline.mapped(&issue, cursor.token) else { continue };
        let name = timeline.contents().find(slice, address).map(|run| run.name(address)).unwrap_or_default();
        rows.push(RowWritten { slice, address, cycle: issue.cycle, name });
    }
    rows.order_by_key(|row| (row.cycle, row.slice));
    rows
}

/// Sizes, and what this token has written.
pub fn memory_facts(timeline: &Timeline, cursor: Cursor) -> MemoryFacts {
    let chip = timeline.chip();
    let word = u64::from(chip.lanes());
    let slice_bytes = u64::from(chip.words) * word;
    let bytes = 2 * u64::from(chip.slices) * slice_bytes;
    let reserved = chip.slices_reserved.len() as u64 * slice_bytes;
    let of = |class: Class| -> u64 {
        timeline.contents().runs.iter().filter(|run| run.class() == class).map(|run| u64::from(run.words) * word).sum()
    };
    let known: u64 = timeline.contents().runs.iter().map(|run| u64::from(run.words) * word).sum();
    let size = |class| match class {
        Class::Instructions => reserved,
        Class::Free => bytes.saturating_sub(reserved + known),
        class => of(class),
    };
    let line = |class: Class| Legend { class, colour: class.colour(), name: class.name(), bytes: size(class) };
    let context = u32::from(timeline.executable().context);
    MemoryFacts {
        legend: Class::ALL.into_iter().map(line).collect(),
        bytes,
        usable: bytes - reserved,
        bytes_per_token: if context == 0 { 0 } else { of(Class::Cache) / u64::from(context) },
        room: context.saturating_sub(cursor.token + 1),
        written: written(timeline, cursor),
    }
}
