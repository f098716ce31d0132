//! Between the chips: the node from above, and the same cables as place against time.
//!
//! In: a timeline, a cursor, the chip whose cables are shown in full.  Out: a scene, and figures.
//! Invariant: every car is a Send of the schedule at the place between its chips that the cycle gives it; figures of
//!     waiting are counted from the queues' Sends and Receives, not asserted.
//! Method: chips in a ring, a lane for each way beside each cable. Below, a band for each cable of the chip: out at the top,
//!     landed at the bottom, so that every vector is the same slanted line.

use crate::flight::Flight;
use crate::lang::{Text, grouped};
use crate::selection::{Cursor, Selection};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use crate::timeline::Timeline;
use arch::{Port, Queue};
use serde::{Deserialize, Serialize};
use units::Order;

const WIDTH: f32 = 1520.0;
const HEIGHT: f32 = 640.0;
/// Strength of a chip's block: its name on it has at least 4.5:1 in every theme.
pub const CHIP_LEVEL: u8 = 110;
/// Middle of the ring, and its half width and half height.
const RING: (f32, f32) = (360.0, 320.0);
const RADII: (f32, f32) = (280.0, 250.0);
/// Half width and half height of a chip.
const CHIP: (f32, f32) = (46.0, 30.0);
/// Half width of a car.
const CAR: f32 = 5.0;
/// Distance of a lane from the middle of its cable.
const LANE: f32 = 6.0;
/// Left, top, right and bottom of the diagram.
const DIAGRAM: Area = Area { x0: 800.0, y0: 70.0, x1: 1490.0, y1: 590.0 };

/// Directions of up to eight chips from the middle of the ring: right, down, as cosines and sines of eighths of a turn from the top.
const EIGHTHS: [(f32, f32); 8] = [
    (0.0, -1.0),
    (0.707_106_77, -0.707_106_77),
    (1.0, 0.0),
    (0.707_106_77, 0.707_106_77),
    (0.0, 1.0),
    (-0.707_106_77, 0.707_106_77),
    (-1.0, 0.0),
    (-0.707_106_77, -0.707_106_77),
];

/// Where the chip of a node stands on the ring: right and down, of its radii.
pub(crate) fn eighth(chip: u16) -> (f32, f32) {
    EIGHTHS[usize::from(chip) % 8]
}

/// What the picture of the traffic says beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficFacts {
    /// Chips.
    pub chips: u16,
    /// Cables between them.
    pub cables: u32,
    /// Vectors sent in a token, by all chips.
    pub vectors: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Cycles from Send to Receive, the same for every vector.
    pub crossing: u64,
    /// The same in nanoseconds.
    pub nanoseconds: f64,
    /// Cycles between the fastest and the slowest vector of a token.
    pub spread: u64,
    /// Vectors that waited anywhere on their way.
    pub waited: u64,
    /// Cycles of a token.
    pub cycles: u64,
    /// Cycles of a token in which a vector is on some cable.
    pub travelling: u64,
    /// Share of a token in which a cable takes in bits, 0 to 1.
    pub busy: f64,
    /// Vectors on their way now.
    pub now: u32,
}

/// Middle of a chip in the picture.
fn middle(chips: u16, chip: u16) -> (f32, f32) {
    if chips <= 1 {
        return RING;
    }
    let (right, down) = EIGHTHS[usize::from(chip * (8 / chips.min(8))) % 8];
    (RING.0 + right * RADII.0, RING.1 + down * RADII.1)
}

fn chip_area(chips: u16, chip: u16) -> Area {
    let (x, y) = middle(chips, chip);
    Area::new(x - CHIP.0, y - CHIP.1, x + CHIP.0, y + CHIP.1)
}

/// Both ends of the lane from one chip to another: beside the cable, on the right of who travels.
fn lane(chips: u16, from: u16, to: u16) -> ((f32, f32), (f32, f32)) {
    let (a, b) = (middle(chips, from), middle(chips, to));
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (right, down) = (-dy / length * LANE, dx / length * LANE);
    ((a.0 + right, a.1 + down), (b.0 + right, b.1 + down))
}

/// The car of a flight `after` cycles after its Send.
fn car(timeline: &Timeline, flight: &Flight, after: u64) -> Area {
    let chips = timeline.topology().chips;
    let ((x0, y0), (x1, y1)) = lane(chips, flight.id.from, flight.to.chip);
    let part = after.min(flight.lands - flight.sent) as f32 / (flight.lands - flight.sent) as f32;
    let (x, y) = (x0 + (x1 - x0) * part, y0 + (y1 - y0) * part);
    Area::new(x - CAR, y - CAR, x + CAR, y + CAR)
}

/// The traffic at a cursor; the cables of chip `on` are shown as place against time.
pub fn traffic(timeline: &Timeline, cursor: Cursor, on: u16, selection: Option<Selection>) -> Scene {
    let clip = Area::new(0.0, 0.0, WIDTH, HEIGHT);
    let chips = timeline.topology().chips;
    let mut roads = Layer::new(Part::Floor, clip);
    for from in 0..chips {
        for to in from + 1..chips {
            let (a, b) = (middle(chips, from), middle(chips, to));
            let level = if from == on || to == on { 90 } else { 36 };
            let area = Area::new(a.0, a.1, b.0, b.1);
            roads.shapes.push(Shape::still(Kind::Line, Colour::Ink, level, area));
        }
    }
    let mut cars = Layer::new(Part::Streams, clip);
    for flight in timeline.flights(cursor.cycle, cursor.cycle + 1) {
        let after = cursor.cycle - flight.sent;
        let target = Selection::Flight(flight.id);
        let marked = selection == Some(target);
        let colour = colour(timeline, &flight, selection);
        let level = if marked || flight.id.from == on { 255 } else { 150 };
        let shape = Shape::still(Kind::Block, colour, level, car(timeline, &flight, after));
        cars.shapes.push(shape.moving(car(timeline, &flight, after + 1)).showing(target));
    }
    let mut blocks = Layer::new(Part::Memory, clip);
    (0..chips).for_each(|chip| block(chips, chip, on, &mut blocks));
    let mut diagram = Layer::new(Part::Queues, clip);
    bands(timeline, cursor, on, selection, &mut diagram);
    Scene { width: WIDTH, height: HEIGHT, layers: vec![roads, cars, blocks, diagram] }
}

/// Whoever lands where nobody is, is lost; the selected one is marked.
fn colour(timeline: &Timeline, flight: &Flight, selection: Option<Selection>) -> Colour {
    if !timeline.is_met(flight) {
        return Colour::Broken;
    }
    if selection == Some(Selection::Flight(flight.id)) { Colour::Mark } else { Colour::Link }
}

fn block(chips: u16, chip: u16, on: u16, layer: &mut Layer) {
    let area = chip_area(chips, chip);
    let target = Selection::Chip(chip);
    // The roads end under the block, not under its name.
    layer.shapes.push(Shape::still(Kind::Block, Colour::Free, 255, area));
    layer.shapes.push(Shape::still(Kind::Block, Colour::Instructions, CHIP_LEVEL, area).showing(target));
    let colour = if chip == on { Colour::Mark } else { Colour::Link };
    layer.shapes.push(Shape::still(Kind::Frame, colour, 220, area));
    let (x, y) = middle(chips, chip);
    layer.labels.push(Label { target: Some(target), ..label(chip_name(chip), (x, y + 6.0), Anchor::Middle) });
}

/// `chip 3`.
pub(crate) fn chip_name(chip: u16) -> Text {
    Text::new(format!("晶片 {chip}"), format!("chip {chip}"))
}

fn label(text: Text, (x, y): (f32, f32), anchor: Anchor) -> Label {
    Label {
        text,
        colour: Colour::Ink,
        level: 255,
        x,
        y,
        dy: 0.0,
        size: 16.0,
        anchor,
        style: Style::Plain,
        target: None,
    }
}

/// The stretch of time that the diagram shows: the instance that runs.
fn window(timeline: &Timeline, cycle: u64) -> (u64, u64) {
    let stretch = timeline.instance_at(cycle).map(|instance| timeline.stretches()[instance]);
    stretch.map_or((0, 1), |stretch| (stretch.start, stretch.end.max(stretch.start + 1)))
}

/// A band for each cable of chip `on`, and the cursor through all of them.
fn bands(timeline: &Timeline, cursor: Cursor, on: u16, selection: Option<Selection>, layer: &mut Layer) {
    let (start, end) = window(timeline, cursor.cycle);
    let x = |cycle: u64| {
        let part = (cycle.max(start) - start) as f32 / (end - start) as f32;
        DIAGRAM.x0 + part.min(1.0) * (DIAGRAM.x1 - DIAGRAM.x0)
    };
    let topology = timeline.topology();
    let mut links = timeline.links();
    links.order_by_key(|&link| topology.across(Port { chip: on, link }).map(|port| port.chip));
    let pitch = (DIAGRAM.y1 - DIAGRAM.y0) / links.len().max(1) as f32;
    for (number, &link) in links.iter().enumerate() {
        let Some(to) = topology.across(Port { chip: on, link }) else { continue };
        let top = DIAGRAM.y0 + number as f32 * pitch;
        let bottom = top + pitch * 0.72;
        layer.shapes.push(Shape::still(
            Kind::Fill,
            Colour::Instructions,
            90,
            Area::new(DIAGRAM.x0, top, DIAGRAM.x1, bottom),
        ));
        let name = Text::same(format!("{on} → {}", to.chip));
        layer.labels.push(label(name, (DIAGRAM.x0 - 12.0, (top + bottom) / 2.0 + 6.0), Anchor::End));
        for flight in
            timeline.flights(start, end).into_iter().filter(|flight| flight.id.from == on && flight.link == link)
        {
            let target = Selection::Flight(flight.id);
            let colour = colour(timeline, &flight, selection);
            let area = Area::new(x(flight.sent), top, x(flight.lands), bottom);
            layer.shapes.push(Shape::still(Kind::Line, colour, 230, area).showing(target));
        }
    }
    if !links.is_empty() {
        let now = Area::new(x(cursor.cycle) - 1.0, DIAGRAM.y0 - 8.0, x(cursor.cycle) + 1.0, DIAGRAM.y1);
        let next = Area::new(x(cursor.cycle + 1) - 1.0, now.y0, x(cursor.cycle + 1) + 1.0, now.y1);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Mark, 255, now).moving(next));
    }
    captions(timeline, (start, end), cursor, layer);
}

fn captions(timeline: &Timeline, (start, end): (u64, u64), cursor: Cursor, layer: &mut Layer) {
    let chips = timeline.topology().chips;
    if chips == 1 {
        let text =
            Text::new("只有一顆晶片:沒有連線。請選 2、4 或 8 顆。", "one chip alone: no cable; choose 2, 4 or 8");
        layer.labels.push(label(text, ((DIAGRAM.x0 + DIAGRAM.x1) / 2.0, RING.1), Anchor::Middle));
        return;
    }
    let title =
        timeline.instance_at(cursor.cycle).map(|instance| timeline.stretch_name(&timeline.stretches()[instance]));
    let title = title.unwrap_or_default().then(&Text::new("：位置對時間", ": place against time"));
    layer.labels.push(label(title, (DIAGRAM.x0, DIAGRAM.y0 - 30.0), Anchor::Start));
    let from = Text::new(format!("週期 {}", grouped(start)), format!("cycle {}", grouped(start)));
    layer.labels.push(Label { style: Style::Number, ..label(from, (DIAGRAM.x0, DIAGRAM.y1 + 24.0), Anchor::Start) });
    let to = Text::same(grouped(end));
    layer.labels.push(Label { style: Style::Number, ..label(to, (DIAGRAM.x1, DIAGRAM.y1 + 24.0), Anchor::End) });
}

/// A cycle in which vectors travel, in the middle of the token; `None` where there is no traffic.
pub fn traffic_opening(timeline: &Timeline) -> Option<u64> {
    let flights = timeline.flights(timeline.length() / 2, timeline.length());
    let all = || timeline.flights(0, timeline.length());
    let first = flights.iter().map(|flight| flight.sent).min().or_else(|| all().iter().map(|flight| flight.sent).min());
    first.map(|sent| sent + timeline.chip().latency.link_crossing().0 / 4)
}

/// What lies under a point of the picture: a car, a line of the diagram, a chip.
pub fn pick_traffic(timeline: &Timeline, cursor: Cursor, on: u16, x: f32, y: f32) -> Option<Selection> {
    let chips = timeline.topology().chips;
    if let Some(chip) = (0..chips).find(|&chip| chip_area(chips, chip).contains(x, y)) {
        return Some(Selection::Chip(chip));
    }
    let scene = traffic(timeline, cursor, on, None);
    let targets = || scene.layers.iter().flat_map(|layer| &layer.shapes).filter(|shape| shape.target.is_some());
    let off = |shape: &Shape| match shape.kind {
        Kind::Line => line_distance(&shape.area, x, y),
        _ => (shape.area.x0 - x).max(x - shape.area.x1).max(shape.area.y0 - y).max(y - shape.area.y1).max(0.0),
    };
    let nearest = targets().map(|shape| (off(shape), shape)).min_by(|a, b| a.0.total_cmp(&b.0));
    nearest.filter(|(off, _)| *off <= CAR).and_then(|(_, shape)| shape.target)
}

/// Distance of a point from a line between the corners of an area.
fn line_distance(area: &Area, x: f32, y: f32) -> f32 {
    let (dx, dy) = (area.x1 - area.x0, area.y1 - area.y0);
    let length = (dx * dx + dy * dy).max(1e-6);
    let part = (((x - area.x0) * dx + (y - area.y0) * dy) / length).clamp(0.0, 1.0);
    let (px, py) = (area.x0 + part * dx - x, area.y0 + part * dy - y);
    (px * px + py * py).sqrt()
}

/// The figures of the traffic at a cursor.
pub fn traffic_facts(timeline: &Timeline, cursor: Cursor) -> TrafficFacts {
    let chips = timeline.topology().chips;
    let flights = timeline.flights(0, timeline.length());
    let crossing = timeline.chip().latency.link_crossing();
    let took = durations(timeline);
    let (least, most) = (took.iter().min().copied().unwrap_or(0), took.iter().max().copied().unwrap_or(0));
    let cables = u32::from(chips) * u32::from(chips.saturating_sub(1)) / 2;
    let taken = flights.len() as f64 * f64::from(timeline.chip().latency.link_vector);
    let lanes = f64::from((2 * cables).max(1));
    TrafficFacts {
        chips,
        cables,
        vectors: flights.len() as u64,
        bytes: flights.len() as u64 * u64::from(timeline.chip().lanes()),
        crossing: crossing.0,
        nanoseconds: timeline.chip().clock.nanoseconds(crossing),
        spread: most - least,
        waited: took.iter().filter(|took| **took != crossing.0).count() as u64 * u64::from(chips),
        cycles: timeline.length(),
        travelling: covered(&flights),
        busy: taken / lanes / timeline.length().max(1) as f64,
        now: timeline.flights(cursor.cycle, cursor.cycle + 1).len() as u32,
    }
}

/// Cycles from each Send to the Receive that takes its vector, as the queues have them: first sent, first received.
fn durations(timeline: &Timeline) -> Vec<u64> {
    let cycles = |queue| timeline.issues_of(queue, 0, timeline.length()).into_iter().map(|issue| issue.cycle);
    let of_link = |link| cycles(Queue::LinkSend(link)).zip(cycles(Queue::LinkReceive(link)));
    timeline.links().into_iter().flat_map(of_link).map(|(sent, received)| received.saturating_sub(sent)).collect()
}

/// Cycles in which at least one of the flights is under way.
fn covered(flights: &[Flight]) -> u64 {
    let mut spans: Vec<(u64, u64)> = flights.iter().map(|flight| (flight.sent, flight.lands)).collect();
    spans.order();
    let (mut total, mut end) = (0, 0);
    for (sent, lands) in spans {
        total += lands.saturating_sub(sent.max(end));
        end = end.max(lands);
    }
    total
}
