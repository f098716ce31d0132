//! The two scenes that hold a GPU beside the LPU: inside a chip, and at the server.
//!
//! In: for the one a crowd, solved, and the ways of the values of the same operator; for the other both servers, run; a time.
//! Out: a scene.
//! Invariant: whatever is drawn is a stay of the crowd, a way of the schedule or an event of a server; both halves have one axis.
//! Method: each half has its map above and place against time below; `routed` reads the ways off the schedule once; `counter` is the server.

mod counter;
mod crowd;
mod routed;
mod streams;

pub use counter::counter;
pub use routed::{Routed, RoutedFacts, Way, routed};

use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use study::cases::Crowd;

const WIDTH: f32 = 1520.0;
const HEIGHT: f32 = 640.0;
/// Maps and diagrams of both halves.
const LEFT: Area = Area { x0: 20.0, y0: 44.0, x1: 740.0, y1: 310.0 };
const RIGHT: Area = Area { x0: 800.0, y0: 44.0, x1: 1500.0, y1: 310.0 };
const DIAGRAM: (f32, f32) = (362.0, 602.0);

/// The common axis: where a time lies in a diagram.
#[derive(Clone, Copy)]
struct Axis {
    area: Area,
    end: f64,
}

impl Axis {
    fn x(&self, ns: f64) -> f32 {
        let part = (ns / self.end).clamp(0.0, 1.0) as f32;
        self.area.x0 + part * self.area.width()
    }
}

/// End of the common axis: a round number of ns that holds both sides.
fn end(crowd: &Crowd, routed: &Routed) -> f64 {
    let longest = crowd.facts().length.max(routed.facts.length()).max(1.0);
    let step = if longest < 500.0 { 50.0 } else { 500.0 };
    (longest / step).ceil() * step
}

/// The scene, so many ns after data began to flow.
pub fn rush(crowd: &Crowd, routed: &Routed, ns: f64) -> Scene {
    let end = end(crowd, routed);
    let ends = [Text::same("0 ns"), Text::same(format!("{end:.0} ns"))];
    let left = side((LEFT, Part::Memory), (ns, end), &ends, &|axis, layer| crowd::draw(crowd, ns, axis, layer));
    let right = side((RIGHT, Part::Streams), (ns, end), &ends, &|axis, layer| streams::draw(routed, ns, axis, layer));
    scene(vec![left, right])
}

fn scene(layers: Vec<Layer>) -> Scene {
    Scene { width: WIDTH, height: HEIGHT, layers }
}

/// A half: the ground of its diagram, what is drawn of it, and the cursor over both ends of the axis.
fn side((map, part): (Area, Part), (now, end): (f64, f64), ends: &[Text; 2], draw: &dyn Fn(Axis, &mut Layer)) -> Layer {
    let axis = Axis { area: Area { y0: DIAGRAM.0, y1: DIAGRAM.1, ..map }, end };
    let mut layer = Layer::new(part, Area::new(0.0, 0.0, WIDTH, HEIGHT));
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 90, axis.area));
    draw(axis, &mut layer);
    let line = Area::new(axis.x(now) - 1.0, axis.area.y0 - 6.0, axis.x(now) + 1.0, axis.area.y1);
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Mark, 255, line));
    let y = axis.area.y1 + 24.0;
    let [from, to] = ends.clone();
    layer.labels.push(number(from, (axis.area.x0, y), Anchor::Start));
    layer.labels.push(number(to, (axis.area.x1, y), Anchor::End));
    layer
}

fn label(text: Text, (x, y): (f32, f32), anchor: Anchor) -> Label {
    let style = Style::Plain;
    Label { text, colour: Colour::Ink, level: 230, x, y, dy: 0.0, size: 16.0, anchor, style, target: None }
}

fn number(text: Text, at: (f32, f32), anchor: Anchor) -> Label {
    Label { style: Style::Number, ..label(text, at, anchor) }
}
