//! The display list: what a painter draws, in a fixed design space, without colour values.
//!
//! In: shapes pushed by the scenes.  Out: a `Scene` of layers, and the hash of its bytes.
//! Invariant: the same program and cursor give the same bytes and the same hash, native and wasm: coordinates come from additions,
//!     multiplications and divisions of f32 only.
//! Method: each shape may say where it is one cycle later; a painter shows any fraction of a cycle by a straight mix of the two
//!     areas, clipped to the layer, so that motion is a function of (cycle, fraction) and never of what was drawn before.

use crate::lang::Text;
use crate::selection::Selection;
use arch::Unit;
use serde::{Deserialize, Serialize};

/// A colour by meaning; the page's theme gives it a value and a second cue (pattern, dash, letter).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Colour {
    /// Memory.
    Mem,
    /// Vector unit.
    Vxm,
    /// Matrix unit.
    Mxm,
    /// Switch unit.
    Sxm,
    /// Links to other chips.
    Link,
    /// Instruction control.
    Control,
    /// A stream flowing east.
    East,
    /// A stream flowing west.
    West,
    /// The one value in the spotlight, the cursor, what is verified.
    Mark,
    /// What depends on a broken rule.
    Broken,
    /// Text.
    Ink,
    /// Embedding and head.
    Embedding,
    /// Weights of the attention part.
    Attention,
    /// Weights of the feed-forward part.
    FeedForward,
    /// Norms, scales, rotary tables, masks, ones.
    Constant,
    /// Rows of the KV cache.
    Cache,
    /// Rows of the KV cache not written yet.
    CacheNext,
    /// Activations on their way from one kernel to the next.
    Scratch,
    /// Words that the host writes before each token.
    Record,
    /// Slices that hold instructions.
    Instructions,
    /// Words that nobody uses.
    Free,
}

/// What a painter draws in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A filled rectangle.
    Fill,
    /// A rounded, filled rectangle.
    Block,
    /// A thin outline.
    Frame,
    /// Equal cells, each drawn half a unit narrower left and right, and three units lower above and below.
    Grid {
        /// Columns of cells.
        columns: u16,
        /// Rows of cells.
        rows: u16,
    },
    /// Thin vertical stripes: columns of a weight array.
    Columns {
        /// Number of stripes.
        count: u16,
    },
    /// A piece of a stream with its head at the right (`East`) or left (`West`) end and a tail that fades.
    Dash {
        /// Whether the head is at the right end.
        head: Head,
    },
    /// A straight line from the area's first corner to its opposite one.
    Line,
    /// A curve from the area's first corner to its opposite one, level at both ends.
    Curve,
    /// An ellipse around the area.
    Ring,
}

/// Which end of a dash leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Head {
    /// The right one.
    Right,
    /// The left one.
    Left,
}

/// A rectangle in design units; `x1` may lie left of `x0` for lines only.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Area {
    /// Left.
    pub x0: f32,
    /// Top.
    pub y0: f32,
    /// Right.
    pub x1: f32,
    /// Bottom.
    pub y1: f32,
}

/// One shape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// What is drawn.
    pub kind: Kind,
    /// In which colour.
    pub colour: Colour,
    /// Opacity, 0 to 255.
    pub level: u8,
    /// Where, in this cycle.
    pub area: Area,
    /// Where, one cycle later; `None` for what rests.
    pub next: Option<Area>,
    /// What it shows, for hover and click.
    pub target: Option<Selection>,
}

/// Where a label's point lies in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// A piece of text in the picture; the point is on the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Text.
    pub text: Text,
    /// Colour.
    pub colour: Colour,
    /// Opacity, 0 to 255.
    pub level: u8,
    /// Where, in this cycle.
    pub x: f32,
    /// Where, in this cycle.
    pub y: f32,
    /// Change of `y` until the next cycle.
    pub dy: f32,
    /// Height of the letters in design units.
    pub size: f32,
    /// Which end is at the point.
    pub anchor: Anchor,
    /// Whether the label is a mnemonic (monospaced, on a dark plate).
    pub style: Style,
    /// What it names, for hover and click.
    pub target: Option<Selection>,
}

/// How a label is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Style {
    /// Running text.
    Plain,
    /// Monospaced: numbers, addresses.
    Number,
    /// Monospaced on a plate: mnemonics of instructions.
    Plate,
    /// A caption in a frame: what the spotlight shows.
    Caption,
}

/// Which part of a picture a layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// The floor plan; the same in every cycle, to be painted once.
    Floor,
    /// What the planes of the matrix unit hold.
    Planes,
    /// Values on the streams.
    Streams,
    /// Instructions climbing the chip.
    Instructions,
    /// The queues' next instructions.
    Queues,
    /// Bytes per cycle.
    Funnel,
    /// What memory holds.
    Memory,
    /// How the program came about: from the model to instructions.
    Compiler,
    /// Queues by cycles.
    Schedule,
    /// The selection and its caption.
    Spotlight,
}

/// Shapes and labels that are drawn together, clipped to one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Which part of the picture.
    pub part: Part,
    /// Nothing is drawn outside.
    pub clip: Area,
    /// Shapes, back to front.
    pub shapes: Vec<Shape>,
    /// Labels, above the shapes.
    pub labels: Vec<Label>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Width of the design space.
    pub width: f32,
    /// Height of the design space.
    pub height: f32,
    /// Layers, back to front.
    pub layers: Vec<Layer>,
}

impl Colour {
    /// The colour of a unit.
    pub fn of(unit: Unit) -> Self {
        match unit {
            Unit::Mem => Colour::Mem,
            Unit::Vxm => Colour::Vxm,
            Unit::Mxm => Colour::Mxm,
            Unit::Sxm => Colour::Sxm,
            Unit::C2c => Colour::Link,
        }
    }
}

impl Area {
    /// From corner to corner.
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Area { x0, y0, x1, y1 }
    }

    /// Whether a point lies inside.
    pub fn contains(&self, x: f32, y: f32) -> bool {
        self.x0 <= x && x < self.x1 && self.y0 <= y && y < self.y1
    }

    /// Width.
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Height.
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// This area at a fraction of the way to `next`.
    pub fn mix(&self, next: &Area, fraction: f32) -> Area {
        let mix = |from: f32, to: f32| from + (to - from) * fraction;
        Area {
            x0: mix(self.x0, next.x0),
            y0: mix(self.y0, next.y0),
            x1: mix(self.x1, next.x1),
            y1: mix(self.y1, next.y1),
        }
    }
}

impl Shape {
    /// A shape that rests and cannot be pointed at.
    pub fn still(kind: Kind, colour: Colour, level: u8, area: Area) -> Self {
        Shape { kind, colour, level, area, next: None, target: None }
    }

    /// The same shape, moving.
    pub fn moving(self, next: Area) -> Self {
        Shape { next: Some(next), ..self }
    }

    /// The same shape, showing something.
    pub fn showing(self, target: Selection) -> Self {
        Shape { target: Some(target), ..self }
    }

    /// Where it is at a fraction of the cycle.
    pub fn at(&self, fraction: f32) -> Area {
        self.next.map_or(self.area, |next| self.area.mix(&next, fraction))
    }
}

impl Label {
    /// Height of the letters where no text may be lower than `least`.
    pub fn height(&self, least: f32) -> f32 {
        self.size.max(least)
    }
}

impl Layer {
    /// An empty layer.
    pub fn new(part: Part, clip: Area) -> Self {
        Layer { part, clip, shapes: Vec::new(), labels: Vec::new() }
    }
}

impl Scene {
    /// The hash of the display list: FNV-1a, 64 bits, over its postcard bytes.
    pub fn hash(&self) -> u64 {
        hash(self)
    }

    /// The part of the picture around what is in the spotlight, so many times nearer, at a fraction of the cycle; all of it where nothing is.
    pub fn close_up(&self, nearer: f32, fraction: f32) -> Option<Area> {
        let of_spotlight = self.layers.iter().filter(|layer| layer.part == Part::Spotlight);
        let shapes = of_spotlight.flat_map(|layer| &layer.shapes);
        let areas =
            shapes.filter(|shape| matches!(shape.kind, Kind::Dash { .. } | Kind::Frame)).map(|one| one.at(fraction));
        let (mut count, mut x, mut y) = (0.0, 0.0, 0.0);
        for area in areas {
            (count, x, y) = (count + 1.0, x + area.x0 + area.x1, y + area.y0 + area.y1);
        }
        if count == 0.0 {
            return None;
        }
        let (width, height) = (self.width / nearer.max(1.0), self.height / nearer.max(1.0));
        let left = (x / count / 2.0 - width / 2.0).clamp(0.0, self.width - width);
        let top = (y / count / 2.0 - height / 2.0).clamp(0.0, self.height - height);
        Some(Area::new(left, top, left + width, top + height))
    }

    /// Shapes and labels of all layers.
    pub fn primitives(&self) -> usize {
        self.layers.iter().map(|layer| layer.shapes.len() + layer.labels.len()).sum()
    }
}

/// FNV-1a, 64 bits, over the postcard bytes of `value`.
pub fn hash<T: Serialize>(value: &T) -> u64 {
    let bytes = postcard::to_allocvec(value).expect("plain data has postcard bytes");
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv() {
        assert_eq!(hash(&()), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(&b'a'), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn letters_are_as_high_as_they_must_be() {
        let (text, colour, anchor, style) = (Text::default(), Colour::Ink, Anchor::Start, Style::Plain);
        let label =
            Label { text, colour, level: 255, x: 0.0, y: 0.0, dy: 0.0, size: 13.0, anchor, style, target: None };
        assert_eq!([0.0, 13.0, 25.0].map(|least| label.height(least)), [13.0, 13.0, 25.0]);
    }

    #[test]
    fn a_close_up_follows_the_spotlight_and_stays_in_the_picture() {
        let mut layer = Layer::new(Part::Spotlight, Area::new(0.0, 0.0, 100.0, 50.0));
        let scene = |layer: &Layer| Scene { width: 100.0, height: 50.0, layers: vec![layer.clone()] };
        assert_eq!(scene(&layer).close_up(2.0, 0.0), None);
        let dash = Shape::still(Kind::Dash { head: Head::Left }, Colour::Mark, 255, Area::new(40.0, 20.0, 44.0, 24.0));
        layer.shapes.push(dash.moving(Area::new(60.0, 20.0, 64.0, 24.0)));
        assert_eq!(scene(&layer).close_up(2.0, 0.0), Some(Area::new(17.0, 9.5, 67.0, 34.5)));
        assert_eq!(scene(&layer).close_up(2.0, 0.5), Some(Area::new(27.0, 9.5, 77.0, 34.5)));
        assert_eq!(scene(&layer).close_up(1.0, 0.5), Some(Area::new(0.0, 0.0, 100.0, 50.0)));
        layer.shapes = vec![Shape::still(Kind::Frame, Colour::Mark, 255, Area::new(98.0, 0.0, 100.0, 2.0))];
        assert_eq!(scene(&layer).close_up(4.0, 0.0), Some(Area::new(75.0, 0.0, 100.0, 12.5)), "at the edge");
    }

    #[test]
    fn half_a_cycle_is_half_way() {
        let shape = Shape::still(Kind::Fill, Colour::Mem, 255, Area::new(0.0, 0.0, 2.0, 2.0));
        let moved = shape.moving(Area::new(4.0, 0.0, 6.0, 2.0));
        assert_eq!(moved.at(0.5), Area::new(2.0, 0.0, 4.0, 2.0));
        assert_eq!(shape.at(0.5), shape.area);
    }
}
