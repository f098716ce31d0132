//! Where everything lives: slices by addresses, the used ones stretched, and in small all of them to scale.
//!
//! In: a timeline, a cursor; what differs from another token, if that is asked.  Out: a scene with one column per slice, and the legend
//!     with exact sizes.
//! Invariant: a column is a slice; sizes in the legend add up to the chip's SRAM; rows of the cache are filled only when they have been
//!     written at the cursor.
//! Method: runs of one class that follow one another are one rectangle; a run of few words is still one unit high. The same drawing is
//!     made for both pictures; only the places differ.

mod difference;
mod plot;

pub use difference::{Changed, Difference, memory_difference};

use plot::Plot;

use crate::contents::{Class, Content, Contents};
use crate::lang::{Text, grouped};
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
const LEFT: f32 = 84.0;
/// Room for the VXM in the middle.
const MIDDLE: f32 = 36.0;
const RIGHT: f32 = 30.0;
/// The small picture of all words, to scale.
const INSET: Area = Area { x0: 1250.0, y0: TOP + 24.0, x1: WIDTH - RIGHT, y1: TOP + 284.0 };
/// Least distance of two addresses.
const ADDRESSES: f32 = 22.0;
/// Room between both pictures.
const BETWEEN: f32 = 70.0;
/// Strength of what did not change, where differences are shown.
const SAME: u8 = 60;

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
    /// What differs from another token at the same cycle, if that was asked.
    pub difference: Option<Difference>,
}

/// The picture of the words in use.
fn stretched(timeline: &Timeline) -> Plot {
    let (chip, contents) = (timeline.chip(), timeline.contents());
    let fit = Plot::fit(chip, contents, (LEFT, INSET.x0 - BETWEEN));
    if fit.is_whole() { Plot::fit(chip, contents, (LEFT, WIDTH - RIGHT)) } else { fit }
}

/// The word under a point.
pub(crate) fn word_at(timeline: &Timeline, x: f32, y: f32) -> Option<(SliceId, u16)> {
    let (chip, main) = (timeline.chip(), stretched(timeline));
    let inset = || Plot::whole(chip, INSET).word_at(chip, x, y);
    main.word_at(chip, x, y).or_else(|| if main.is_whole() { None } else { inset() })
}

/// The memory at a cursor; `selection` gets a ring.
pub fn memory(timeline: &Timeline, cursor: Cursor, selection: Option<Selection>) -> Scene {
    let main = stretched(timeline);
    let mut layers = vec![plotted(timeline, cursor, &main)];
    frame(timeline, &main, &mut layers[0]);
    let mut spotlight = Layer::new(Part::Spotlight, layers[0].clip);
    let mut plots = vec![main];
    if !plots[0].is_whole() {
        let inset = Plot::whole(timeline.chip(), INSET);
        layers.push(plotted(timeline, cursor, &inset));
        joined(timeline, &plots[0], &inset, &mut layers[0]);
        plots.push(inset);
    }
    for plot in &plots {
        for row in written(timeline, cursor) {
            let target = Selection::Sram { slice: row.slice, address: row.address };
            for area in word_areas(plot, row.slice, row.address) {
                let area = Area { y1: area.y1.max(area.y0 + 3.0), ..area };
                spotlight.shapes.push(Shape::still(Kind::Fill, Colour::Ink, 255, area).showing(target));
            }
        }
        if let Some(Selection::Sram { slice, address }) = selection {
            for area in word_areas(plot, slice, address) {
                let area = Area::new(area.x0 - 4.0, area.y0 - 6.0, area.x1 + 4.0, area.y1 + 6.0);
                spotlight.shapes.push(Shape::still(Kind::Ring, Colour::Mark, 255, area));
            }
        }
    }
    layers.push(spotlight);
    Scene { width: WIDTH, height: HEIGHT, layers }
}

/// The memory at a cursor with what differs from another token in full strength, everything else faint.
pub fn memory_compared(
    timeline: &Timeline,
    cursor: Cursor,
    selection: Option<Selection>,
    difference: &Difference,
) -> Scene {
    let mut scene = memory(timeline, cursor, selection);
    let main = stretched(timeline);
    let inset = Plot::whole(timeline.chip(), INSET);
    let plots = if main.is_whole() { vec![main] } else { vec![main, inset] };
    for shape in scene.layers.iter_mut().filter(|layer| layer.part == Part::Memory).flat_map(|layer| &mut layer.shapes)
    {
        let ground = [Colour::Free, Colour::Ink].contains(&shape.colour);
        shape.level = if ground { shape.level } else { shape.level.min(SAME) };
    }
    let mut marks = Layer::new(Part::Spotlight, Area::new(0.0, 0.0, WIDTH, HEIGHT));
    for &(slice, address, words) in &difference.words {
        let target = Selection::Sram { slice, address };
        let words = (u32::from(address), u32::from(address) + u32::from(words));
        for area in plots.iter().flat_map(|plot| plot.areas(slice, words)) {
            marks.shapes.push(Shape::still(Kind::Fill, Colour::Mark, 255, area).showing(target));
        }
    }
    let place = scene.layers.len() - 1;
    scene.layers.insert(place, marks);
    scene
}

fn word_areas(plot: &Plot, slice: SliceId, address: u16) -> impl Iterator<Item = Area> {
    plot.areas(slice, (u32::from(address), u32::from(address) + 1))
}

/// All slices in one picture.
fn plotted(timeline: &Timeline, cursor: Cursor, plot: &Plot) -> Layer {
    let mut layer = Layer::new(Part::Memory, Area::new(0.0, 0.0, WIDTH, HEIGHT));
    for slice in timeline.chip().slices() {
        column_of(timeline, cursor, slice, plot, &mut layer);
    }
    let (x0, x1) = plot.vxm();
    for band in &plot.bands {
        let area = Area::new(x0 + plot.middle / 9.0, band.y.0, x1 - plot.middle / 9.0, band.y.1);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Vxm, 50, area));
    }
    layer
}

/// One slice: free ground, then its runs, neighbours of one class together.
fn column_of(timeline: &Timeline, cursor: Cursor, slice: SliceId, plot: &Plot, layer: &mut Layer) {
    let chip = timeline.chip();
    let (colour, level) = if chip.is_reserved(slice) { (Colour::Instructions, 120) } else { (Colour::Free, 255) };
    for ground in plot.areas(slice, (0, u32::from(chip.words))) {
        layer.shapes.push(Shape::still(Kind::Fill, colour, level, ground));
    }
    let mut open: Option<(Colour, u16, u16)> = None;
    let close = |layer: &mut Layer, open: Option<(Colour, u16, u16)>| {
        let Some((colour, address, words)) = open else { return };
        let kind = if colour == Colour::CacheNext { Kind::Frame } else { Kind::Fill };
        let target = Selection::Sram { slice, address };
        for area in plot.areas(slice, (u32::from(address), u32::from(address) + u32::from(words))) {
            layer.shapes.push(Shape::still(kind, colour, 255, area).showing(target));
        }
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

fn label(text: Text, (x, y): (f32, f32), anchor: Anchor, style: Style) -> Label {
    Label { text, colour: Colour::Ink, level: 255, x, y, dy: 0.0, size: 14.0, anchor, style, target: None }
}

/// Names of the halves, addresses where a band begins, and how much each fold leaves out.
fn frame(timeline: &Timeline, plot: &Plot, layer: &mut Layer) {
    let chip = timeline.chip();
    let (vxm, _) = plot.vxm();
    let name = label(Text::same("VXM"), (vxm + plot.middle / 2.0, TOP - 12.0), Anchor::Middle, Style::Plain);
    layer.labels.push(name);
    for half in Hemisphere::BOTH {
        let (x0, x1) = plot.column(SliceId { hemisphere: half, number: chip.slices - 1 });
        let number = Text::same(format!(" {}", chip.slices - 1));
        let name = words::half(half).then(&number);
        let (x, anchor) = if half == Hemisphere::West { (x0, Anchor::Start) } else { (x1, Anchor::End) };
        layer.labels.push(label(name, (x, TOP - 12.0), anchor, Style::Plain));
    }
    let mut last = TOP - ADDRESSES;
    for band in &plot.bands {
        let (first, end) = band.words;
        for quarter in 0..=4 {
            let address = (first + (end - first) * quarter / 4).min(end - 1);
            let y = plot.height(band, address) + 5.0;
            // Where there is no room an address would lie on the one before.
            if last + ADDRESSES <= y {
                last = y;
                let text = Text::same(format!("0x{address:04X}"));
                layer.labels.push(label(text, (LEFT - 8.0, y), Anchor::End, Style::Number));
            }
        }
    }
    for ((from, to), y) in &plot.folds {
        let count = grouped(u64::from(to - from));
        let text =
            Text::new(format!("⋯ 每個切片 {count} 個空閒字組 ⋯"), format!("⋯ {count} free words of every slice ⋯"));
        layer.labels.push(label(text, (LEFT + (plot.right() - LEFT) / 4.0, y + 5.0), Anchor::Middle, Style::Plain));
    }
}

/// Which part of the small picture each band is.
fn joined(timeline: &Timeline, main: &Plot, inset: &Plot, layer: &mut Layer) {
    let x = main.right();
    for band in &main.bands {
        let ends = [(band.words.0, band.y.0), (band.words.1, band.y.1)];
        for (address, y) in ends {
            let there = inset.height(&inset.bands[0], address);
            layer.shapes.push(Shape::still(Kind::Line, Colour::Ink, 70, Area::new(x + 4.0, y, INSET.x0 - 6.0, there)));
        }
    }
    let megabytes = format!("{:.1} MB", bytes_of(timeline) as f64 / 1e6);
    let text = Text::new(format!("全部 {megabytes}，按比例"), format!("all {megabytes}, to scale"));
    layer.labels.push(label(text, (INSET.x1, INSET.y0 - 10.0), Anchor::End, Style::Plain));
}

/// Bytes of the chip's SRAM.
fn bytes_of(timeline: &Timeline) -> u64 {
    let chip = timeline.chip();
    2 * u64::from(chip.slices) * u64::from(chip.words) * u64::from(chip.lanes())
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
    let bytes = bytes_of(timeline);
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
        difference: None,
    }
}
