//! The city as a display list at the level that is looked at, and what lies under a point of it.
//!
//! In: a city, a place, a cycle, a wave.  Out: shapes, places to go to, and the ruler of time.
//! Invariant: what is drawn as a place is what a click there gives; a point on the ruler is the cycle drawn there.
//! Method: one file per level; on the right of each the same ruler, of the time that the level is about.

use super::{City, Wave, node, plan, rack, slots};
use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use arch::LinkId;
use serde::{Deserialize, Serialize};

pub(super) const WIDTH: f32 = 1520.0;
pub(super) const HEIGHT: f32 = 640.0;

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// All racks.
    #[default]
    All,
    /// One of them.
    Rack(u16),
    /// A node, by its number in the topology.
    Node(u16),
    /// A link of a chip of a node.
    Link {
        /// The node.
        node: u16,
        /// The chip in it.
        chip: u16,
        /// The link.
        link: LinkId,
    },
}

/// What lies under a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Somewhere to look at.
    Place(Place),
    /// A cycle of the token.
    Cycle(u64),
}

/// Where time is drawn from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ruler {
    pub(super) area: Area,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A picture and its places.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CityScene {
    /// The picture.
    pub scene: Scene,
    /// Where to go to, the last on top.
    pub(super) places: Vec<(Area, Place)>,
    /// Time.
    pub(super) ruler: Option<Ruler>,
}

/// The city at a place in a cycle.
pub fn city(city: &City, place: Place, cycle: u64, wave: Wave) -> CityScene {
    let mut sheet = Sheet::new();
    match place {
        Place::All => plan::draw(city, cycle, wave, &mut sheet),
        Place::Rack(rack) => rack::draw(city, rack, cycle, wave, &mut sheet),
        Place::Node(node) => node::draw(city, node, cycle, &mut sheet),
        Place::Link { node, chip, link } => slots::draw(city, (node, chip, link), cycle, &mut sheet),
    }
    let scene = Scene { width: WIDTH, height: HEIGHT, layers: vec![sheet.layer] };
    CityScene { scene, places: sheet.places, ruler: sheet.ruler }
}

impl CityScene {
    /// What lies under a point.
    pub fn pick(&self, x: f32, y: f32) -> Option<Picked> {
        let place = self.places.iter().rev().find(|(area, _)| area.contains(x, y));
        if let Some((_, place)) = place {
            return Some(Picked::Place(*place));
        }
        let ruler = self.ruler.filter(|ruler| ruler.area.contains(x, y))?;
        Some(Picked::Cycle(ruler.cycle(x)))
    }

    /// Every place with the middle of its area.
    pub fn places(&self) -> impl Iterator<Item = ((f32, f32), Place)> {
        self.places.iter().map(|(area, place)| (middle(area), *place))
    }
}

impl Ruler {
    pub(super) fn x(&self, cycle: u64) -> f32 {
        let part = (cycle.clamp(self.from, self.to) - self.from) as f64 / (self.to - self.from).max(1) as f64;
        self.area.x0 + self.area.width() * part as f32
    }

    fn cycle(&self, x: f32) -> u64 {
        let part = f64::from((x - self.area.x0) / self.area.width());
        (self.from + ((self.to - self.from) as f64 * part) as u64).min(self.to.saturating_sub(1))
    }
}

pub(super) fn middle(area: &Area) -> (f32, f32) {
    ((area.x0 + area.x1) / 2.0, (area.y0 + area.y1) / 2.0)
}

/// What is drawn on.
pub(super) struct Sheet {
    pub(super) layer: Layer,
    pub(super) places: Vec<(Area, Place)>,
    pub(super) ruler: Option<Ruler>,
}

impl Sheet {
    fn new() -> Self {
        let layer = Layer::new(Part::Queues, Area::new(0.0, 0.0, WIDTH, HEIGHT));
        Sheet { layer, places: Vec::new(), ruler: None }
    }

    pub(super) fn shape(&mut self, kind: Kind, colour: Colour, level: u8, area: Area) {
        self.layer.shapes.push(Shape::still(kind, colour, level, area));
    }

    pub(super) fn place(&mut self, area: Area, place: Place) {
        self.places.push((area, place));
    }

    pub(super) fn text(&mut self, text: Text, (x, y): (f32, f32), size: f32, anchor: Anchor) {
        let style = if text.zh == text.en { Style::Number } else { Style::Plain };
        let colour = Colour::Ink;
        self.layer.labels.push(Label { text, colour, level: 235, x, y, dy: 0.0, size, anchor, style, target: None });
    }
}
