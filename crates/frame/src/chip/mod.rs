//! The chip in one cycle: floor plan, weights in the planes, values on the streams, instructions climbing, queues, bytes.
//!
//! In: a timeline, a cursor, how much to show.  Out: a scene.
//! Invariant: every moving shape is a dispatch or a value of the timeline in this cycle; superlane k shows what superlane 0 showed k
//!     cycles earlier, which is the diagonal that instructions and values draw.
//! Method: one file per layer; the spotlight dims all others to a quarter.

mod climb;
mod floor;
mod funnel;
mod planes;
mod showpiece;
mod spotlight;
mod streams;

pub(crate) use climb::queue_at;
pub use funnel::Funnel;
pub(crate) use streams::{line_of, wave_area};

use crate::damage::Damage;
use crate::die::{Die, ROW, WIDTH};
use crate::selection::{Cursor, Selection};
use crate::shape::{Area, Layer, Scene};
use crate::timeline::{Live, Timeline};
use serde::{Deserialize, Serialize};

/// Top of the die.
const TOP: f32 = 92.0;
/// Top of the die in the opening picture.
const TOP_OVERVIEW: f32 = 20.0;
/// Height of the full picture.
const HEIGHT: f32 = 930.0;
/// Below the die in the opening picture: the units' names.
const FOOT_OVERVIEW: f32 = 48.0;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Detail {
    /// The opening picture: the die, its values, one of them in the spotlight.
    Overview,
    /// Everything; values of one direction and diagonal drawn as one.
    Full,
    /// Everything, each stream in a line of its own; for a viewport that shows a few rows.
    Streams,
}

/// What is asked of the chip's picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChipView {
    /// How much is shown.
    pub detail: Detail,
    /// One thing in full colour, the rest at a quarter.
    pub spotlight: Option<Selection>,
    /// The part of the design space that is on the screen; nothing moving is drawn outside.
    pub viewport: Option<Area>,
}

/// Everything the layers ask.
pub(crate) struct Context<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) cycle: u64,
    pub(crate) view: ChipView,
    pub(crate) die: Die,
    pub(crate) live: Vec<Live>,
    pub(crate) damage: &'a Damage,
    /// Full opacity, or a quarter beside a spotlight.
    pub(crate) level: u8,
}

impl ChipView {
    /// The whole picture without a spotlight.
    pub fn full() -> Self {
        ChipView { detail: Detail::Full, spotlight: None, viewport: None }
    }

    /// The opening picture.
    pub fn overview() -> Self {
        ChipView { detail: Detail::Overview, ..ChipView::full() }
    }

    /// The same with a spotlight.
    pub fn on(self, selection: Selection) -> Self {
        ChipView { spotlight: Some(selection), ..self }
    }

    /// The plan of the die in this picture.
    pub(crate) fn die(&self, timeline: &Timeline) -> Die {
        let top = if self.detail == Detail::Overview { TOP_OVERVIEW } else { TOP };
        Die::new(timeline.chip(), timeline.geometry(), top)
    }
}

impl Context<'_> {
    /// Whether an area is on the screen.
    pub(crate) fn shows(&self, area: &Area) -> bool {
        self.view
            .viewport
            .is_none_or(|view| area.x0 < view.x1 && view.x0 < area.x1 && area.y0 < view.y1 && view.y0 < area.y1)
    }

    /// An opacity beside a spotlight.
    pub(crate) fn dim(&self, level: u8) -> u8 {
        (u16::from(level) * u16::from(self.level) / 255) as u8
    }
}

/// Everything that never changes in the chip's picture, to be painted once.
pub fn floor(timeline: &Timeline, detail: Detail) -> Scene {
    let view = ChipView { detail, ..ChipView::full() };
    let die = view.die(timeline);
    scene(&die, detail, vec![floor::floor(timeline, &die, detail)])
}

/// The chip at a cursor, above the floor.
pub fn chip(timeline: &Timeline, cursor: Cursor, view: &ChipView) -> Scene {
    chip_damaged(timeline, cursor, view, &Damage::default())
}

/// The chip of a broken program at a cursor: the same, and damaged values in the colour of what is broken.
pub fn chip_damaged(timeline: &Timeline, cursor: Cursor, view: &ChipView, damage: &Damage) -> Scene {
    let die = view.die(timeline);
    let mut view = *view;
    if view.detail == Detail::Overview && view.spotlight.is_none() {
        view.spotlight = showpiece::showpiece(timeline, cursor.cycle).map(Selection::Value);
    }
    let level = if view.spotlight.is_some() { 64 } else { 255 };
    let live = timeline.live(cursor.cycle);
    let context = Context { timeline, cycle: cursor.cycle, view, die, live, damage, level };
    let mut layers = vec![planes::planes(&context)];
    if view.detail == Detail::Overview {
        layers.push(streams::streams(&context));
    } else {
        layers.push(climb::instructions(&context));
        layers.push(streams::streams(&context));
        layers.push(climb::plates(&context));
        layers.push(climb::queues(&context));
        layers.push(funnel::layer(&context));
    }
    layers.extend(view.spotlight.map(|selection| spotlight::spotlight(&context, selection)));
    scene(&context.die, view.detail, layers)
}

/// The value that the opening picture follows in a cycle, so that a page can name and keep it.
pub fn showpiece(timeline: &Timeline, cycle: u64) -> Option<crate::ValueId> {
    showpiece::showpiece(timeline, cycle)
}

/// The cycle of a token at which the opening picture begins: a word of weights sets out on a long way.
pub fn opening(timeline: &Timeline) -> u64 {
    showpiece::opening(timeline)
}

/// The counted bytes of a cycle.
pub fn funnel(timeline: &Timeline, cycle: u64) -> Funnel {
    Funnel::new(timeline.chip(), &timeline.live(cycle), cycle)
}

fn scene(die: &Die, detail: Detail, layers: Vec<Layer>) -> Scene {
    let height = match detail {
        Detail::Overview => die.area().y1 + FOOT_OVERVIEW,
        Detail::Full | Detail::Streams => HEIGHT,
    };
    Scene { width: WIDTH, height, layers }
}

/// The strip of queues below the die.
pub(crate) fn queue_strip(die: &Die) -> Area {
    let area = die.area();
    let top = area.y1 + ROW;
    Area::new(area.x0, top, area.x1, top + climb::QUEUE_ROWS as f32 * climb::QUEUE_ROW)
}
