//! The left half: groups of multiprocessors, L2, the channels of the HBM, and what each of them does over time.
//!
//! In: a crowd, a moment, the axis.  Out: shapes.
//! Invariant: a bar is as full as its channel has delivered; a line from a group to a channel says that the group waits for that one now.

use super::{Axis, LEFT, label, number};
use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Kind, Layer, Shape};
use study::cases::{Act, Crowd, Stay};

/// Heights in the map: groups, L2, channels.
const GROUPS: (f32, f32) = (LEFT.y0 + 22.0, LEFT.y0 + 62.0);
const CACHE: (f32, f32) = (LEFT.y0 + 96.0, LEFT.y0 + 128.0);
const CHANNELS: (f32, f32) = (LEFT.y0 + 160.0, LEFT.y1);
/// Share of the diagram's height that the groups take, and that lies between them and the channels.
const ABOVE: f32 = 0.27;
const BETWEEN: f32 = 0.05;

/// The `number`th of `of` equal columns of the map.
fn column(number: u32, of: u32) -> (f32, f32) {
    let pitch = LEFT.width() / of.max(1) as f32;
    (LEFT.x0 + number as f32 * pitch, LEFT.x0 + (number + 1) as f32 * pitch)
}

fn is_now(stay: &&Stay, ns: f64) -> bool {
    stay.from <= ns && ns < stay.to
}

fn colour(act: Act) -> Colour {
    match act {
        Act::Read { .. } => Colour::Mxm,
        Act::Starve { .. } => Colour::Vxm,
        Act::Late { .. } => Colour::Broken,
        Act::Serve { .. } => Colour::Mem,
        Act::Refresh { .. } => Colour::Link,
        Act::Idle { .. } => Colour::Ink,
    }
}

pub(super) fn draw(crowd: &Crowd, ns: f64, axis: Axis, layer: &mut Layer) {
    let (groups, channels) = (crowd.facts().groups, crowd.facts().channels);
    let now = || crowd.stays().iter().filter(|stay| is_now(stay, ns));
    cache(crowd, layer);
    for channel in 0..channels {
        bar(crowd, channel, ns, layer);
    }
    for number in 0..groups {
        let (x0, x1) = column(number, groups);
        let area = Area::new(x0 + 4.0, GROUPS.0, x1 - 4.0, GROUPS.1);
        layer.shapes.push(Shape::still(Kind::Block, Colour::Instructions, 255, area));
    }
    for stay in now() {
        match stay.act {
            Act::Read { group } | Act::Late { group } => block(group, groups, stay.act, layer),
            Act::Starve { group, channel } => {
                block(group, groups, stay.act, layer);
                let ((a0, a1), (b0, b1)) = (column(group, groups), column(channel, channels));
                let line = Area::new((a0 + a1) / 2.0, GROUPS.1, (b0 + b1) / 2.0, CHANNELS.0);
                layer.shapes.push(Shape::still(Kind::Line, Colour::Vxm, 230, line));
            }
            Act::Refresh { channel } => {
                let (x0, x1) = column(channel, channels);
                layer.shapes.push(Shape::still(
                    Kind::Fill,
                    Colour::Link,
                    255,
                    Area::new(x0, CHANNELS.0, x1, CHANNELS.1),
                ));
            }
            Act::Serve { .. } | Act::Idle { .. } => {}
        }
    }
    names(crowd, layer);
    diagram(crowd, axis, layer);
}

fn block(group: u32, groups: u32, act: Act, layer: &mut Layer) {
    let (x0, x1) = column(group, groups);
    let area = Area::new(x0 + 4.0, GROUPS.0, x1 - 4.0, GROUPS.1);
    layer.shapes.push(Shape::still(Kind::Block, colour(act), 235, area));
}

/// The partitions of L2 over their channels.
fn cache(crowd: &Crowd, layer: &mut Layer) {
    let channels = crowd.facts().channels;
    let mut from = 0;
    for channel in 1..=channels {
        if channel == channels || crowd.partition(channel) != crowd.partition(from) {
            let area =
                Area::new(column(from, channels).0 + 4.0, CACHE.0, column(channel - 1, channels).1 - 4.0, CACHE.1);
            layer.shapes.push(Shape::still(Kind::Frame, Colour::Ink, 130, area));
            let at = ((area.x0 + area.x1) / 2.0, (CACHE.0 + CACHE.1) / 2.0 + 6.0);
            layer.labels.push(label(Text::same(format!("L2 · {}", crowd.partition(from) + 1)), at, Anchor::Middle));
            from = channel;
        }
    }
}

/// A channel: as full as it has delivered.
fn bar(crowd: &Crowd, channel: u32, ns: f64, layer: &mut Layer) {
    let (x0, x1) = column(channel, crowd.facts().channels);
    let top = CHANNELS.1 - crowd.served(channel, ns) as f32 * (CHANNELS.1 - CHANNELS.0);
    let whole = Area::new(x0 + 0.5, CHANNELS.0, x1 - 0.5, CHANNELS.1);
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 160, whole));
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Mem, 200, Area { y0: top, ..whole }));
    if channel == crowd.slowest() {
        let ring = Area::new(x0 - 3.0, CHANNELS.0 - 3.0, x1 + 3.0, CHANNELS.1 + 3.0);
        layer.shapes.push(Shape::still(Kind::Frame, Colour::Vxm, 255, ring));
    }
}

fn names(crowd: &Crowd, layer: &mut Layer) {
    let facts = crowd.facts();
    let groups = Text::new(
        format!("{} 群運算核心（GPC）", facts.groups),
        format!("{} groups of multiprocessors (GPCs)", facts.groups),
    );
    layer.labels.push(label(groups, (LEFT.x0 + 4.0, LEFT.y0 + 14.0), Anchor::Start));
    let channels =
        Text::new(format!("HBM 的 {} 個通道", facts.channels), format!("{} channels of the HBM", facts.channels));
    layer.labels.push(label(channels, (LEFT.x0 + 4.0, CHANNELS.0 - 8.0), Anchor::Start));
    let slowest = Text::new(format!("最慢：通道 {}", crowd.slowest()), format!("slowest: channel {}", crowd.slowest()));
    layer.labels.push(number(slowest, (LEFT.x1 - 4.0, CHANNELS.0 - 8.0), Anchor::End));
}

/// Groups above, channels below, over time; a channel is one bar under its refreshes.
fn diagram(crowd: &Crowd, axis: Axis, layer: &mut Layer) {
    let (groups, channels) = (crowd.facts().groups, crowd.facts().channels);
    let height = axis.area.height();
    let above = axis.area.y0 + height * ABOVE;
    let below = above + height * BETWEEN;
    let rows = |row: u32, of: u32, (from, to): (f32, f32)| {
        let pitch = (to - from) / of.max(1) as f32;
        (from + row as f32 * pitch, pitch * 0.85)
    };
    let mut bar = |act: Act, (from, to): (f64, f64), (y, thick): (f32, f32)| {
        let area = Area::new(axis.x(from), y, axis.x(to), y + thick);
        layer.shapes.push(Shape::still(Kind::Fill, colour(act), 170, area));
    };
    for channel in 0..channels {
        let end = crowd.end(channel);
        bar(Act::Serve { channel }, (0.0, end), rows(channel, channels, (below, axis.area.y1)));
    }
    for stay in crowd.stays() {
        match stay.act {
            Act::Read { group } | Act::Starve { group, .. } | Act::Late { group } => {
                bar(stay.act, (stay.from, stay.to), rows(group, groups, (axis.area.y0, above)));
            }
            Act::Refresh { channel } => {
                bar(stay.act, (stay.from, stay.to), rows(channel, channels, (below, axis.area.y1)));
            }
            Act::Serve { .. } | Act::Idle { .. } => {}
        }
    }
    let name = Text::of(
        "上：每一群，黃色是在等；下：每個通道，紫色在重新整理",
        "above each group, yellow waits; below each channel, purple refreshes",
    );
    layer.labels.push(label(name, (axis.area.x0, axis.area.y0 - 14.0), Anchor::Start));
}
