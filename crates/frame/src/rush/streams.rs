//! The right half: values on the streams of the LPU, and each way as a line of place against time.
//!
//! In: the ways, a moment, the axis.  Out: shapes.
//! Invariant: a value is where its cycle puts it; in the diagram a value that waited would draw a level piece.

use super::routed::{Routed, Way};
use super::{Axis, RIGHT, label};
use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Head, Kind, Layer, Shape};
use arch::Direction;

/// Length of a car, and lines of the diagram at most.
const CAR: f32 = 16.0;
const LINES: usize = 240;
/// Nanoseconds on either side of now in the diagram, and the height of the strip below it.
const AROUND: f64 = 100.0;
const STRIP: f32 = 14.0;

/// Where along the chip a value is, west 0 to east 1.
fn place(routed: &Routed, flow: Direction, delay: f64) -> f32 {
    let passed = &routed.stations[usize::from(flow == Direction::West)];
    let last = passed.len().saturating_sub(1).max(1) as f32;
    let mut along: Vec<(f32, f64)> =
        passed.iter().enumerate().map(|(place, at)| (place as f32, f64::from(*at))).collect();
    if flow == Direction::West {
        along.reverse();
    }
    let after = along.partition_point(|(_, at)| *at <= delay);
    let (Some(before), next) = (along.get(after.saturating_sub(1)), along.get(after)) else { return 0.0 };
    let part = next.map_or(0.0, |next| ((delay - before.1) / (next.1 - before.1).max(1e-9)).clamp(0.0, 1.0) as f32);
    let to = next.map_or(before.0, |next| next.0);
    (before.0 + (to - before.0) * part) / last
}

/// Delay of a value so many cycles after the start, if it is on its way.
fn delay(way: &Way, cycles: f64) -> Option<f64> {
    let after = cycles - f64::from(way.departs);
    (0.0 <= after && after <= f64::from(way.arrives - way.departs)).then_some(f64::from(way.from) + after)
}

pub(super) fn draw(routed: &Routed, ns: f64, axis: Axis, layer: &mut Layer) {
    chip(routed, layer);
    let cycles = ns * routed.facts.hertz as f64 * 1e-9;
    let rows = routed.facts.streams.max(2) as f32;
    let pitch = (RIGHT.height() - 30.0) / rows;
    // Ways lie in order of departure, and none is longer than the chip is wide.
    let longest = routed.ways.iter().map(|way| way.arrives - way.departs).max().unwrap_or(0);
    let from = routed.ways.partition_point(|way| f64::from(way.departs + longest) < cycles);
    for way in routed.ways[from..].iter().take_while(|way| f64::from(way.departs) <= cycles) {
        let Some(at) = delay(way, cycles) else { continue };
        let row = f32::from(way.stream) + if way.flow == Direction::West { rows / 2.0 } else { 0.0 };
        let (x, y) = (RIGHT.x0 + place(routed, way.flow, at) * RIGHT.width(), RIGHT.y0 + 30.0 + row * pitch);
        let (x0, x1, head) = match way.flow {
            Direction::East => (x - CAR, x, Head::Right),
            Direction::West => (x, x + CAR, Head::Left),
        };
        let car = Area::new(x0, y, x1, y + pitch.max(2.0) - 0.6);
        layer.shapes.push(Shape::still(Kind::Dash { head }, colour(way), 255, car));
    }
    if !layer.shapes.iter().any(|shape| matches!(shape.kind, Kind::Dash { .. })) {
        let nobody = if ns < routed.facts.length() {
            Text::of(
                "此刻沒有值在路上：第一批權重早就裝好，等的是前一步的結果",
                "nothing is under way now: the first weights were installed long before they are used",
            )
        } else {
            let took = routed.facts.length();
            Text::new(format!("做完了，用了 {took:.0} ns"), format!("done, after {took:.0} ns"))
        };
        let at = ((RIGHT.x0 + RIGHT.x1) / 2.0, (RIGHT.y0 + RIGHT.y1) / 2.0);
        layer.labels.push(label(nobody, at, Anchor::Middle));
    }
    diagram(routed, ns, axis, layer);
}

/// Place against time around the moment; below it, on the common axis, how long the whole takes.
fn diagram(routed: &Routed, ns: f64, axis: Axis, layer: &mut Layer) {
    let near = (ns - AROUND, ns + AROUND);
    let area = Area { y1: axis.area.y1 - STRIP * 2.0, ..axis.area };
    let time = |cycle: u32| routed.facts.ns(f64::from(cycle));
    let x = |ns: f64| area.x0 + ((ns - near.0) / (near.1 - near.0)) as f32 * area.width();
    let y = |flow: Direction, delay: u32| area.y0 + place(routed, flow, f64::from(delay)) * area.height();
    let is_whole = |way: &&Way| near.0 <= time(way.departs) && time(way.arrives) <= near.1;
    let shown: Vec<&Way> = routed.ways.iter().filter(is_whole).collect();
    let thin = shown.len().div_ceil(LINES).max(1);
    for way in shown.into_iter().step_by(thin) {
        let (from, to) = (y(way.flow, way.from), y(way.flow, way.to));
        let line = Area::new(x(time(way.departs)), from, x(time(way.arrives)), to);
        layer.shapes.push(Shape::still(Kind::Line, colour(way), 170, line));
    }
    let now = Area::new(x(ns) - 1.0, area.y0, x(ns) + 1.0, area.y1);
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Mark, 140, now));
    let whole = Area { x1: axis.x(routed.facts.length()), y0: axis.area.y1 - STRIP, ..axis.area };
    layer.shapes.push(Shape::still(Kind::Fill, Colour::West, 170, whole));
    let every = if thin == 1 {
        Text::of("每個值", "each value")
    } else {
        Text::new(format!("每 {thin} 個值"), format!("1 value in {thin}"))
    };
    let name = Text::new(
        format!("現在前後各 {AROUND:.0} ns，{}畫一條；停下來等的會是平的。最下面：全程", every.zh),
        format!("{AROUND:.0} ns around now, {}: a waiting one would be level. Below: the whole", every.en),
    );
    layer.labels.push(label(name, (axis.area.x0, axis.area.y0 - 14.0), Anchor::Start));
}

fn colour(way: &Way) -> Colour {
    match way.flow {
        Direction::East => Colour::East,
        Direction::West => Colour::West,
    }
}

/// The units behind the streams, west to east.
fn chip(routed: &Routed, layer: &mut Layer) {
    let stations = routed.stations[0].len();
    let middle = stations / 2;
    let unit = |place: usize| match place {
        _ if place == 0 || place + 1 == stations => Colour::Mxm,
        _ if place == 1 || place + 2 == stations => Colour::Sxm,
        _ if place == middle => Colour::Vxm,
        _ => Colour::Mem,
    };
    let pitch = RIGHT.width() / stations.saturating_sub(1).max(1) as f32;
    for place in 0..stations {
        let x = RIGHT.x0 + place as f32 * pitch;
        let area = Area::new(x - pitch * 0.4, RIGHT.y0 + 26.0, x + pitch * 0.4, RIGHT.y1);
        layer.shapes.push(Shape::still(Kind::Fill, unit(place), 34, area));
    }
    for (place, name) in [(0, "MXM"), (middle, "VXM"), (stations - 1, "MXM")] {
        let at = (RIGHT.x0 + place as f32 * pitch, RIGHT.y0 + 16.0);
        layer.labels.push(label(Text::same(name), at, Anchor::Middle));
    }
    let memory = Text::of("記憶體", "memory");
    for place in [middle / 2, middle + middle / 2 + 1] {
        let at = (RIGHT.x0 + place as f32 * pitch, RIGHT.y0 + 16.0);
        layer.labels.push(label(memory.clone(), at, Anchor::Middle));
    }
}
