//! Values on the streams as slanted waves.
//!
//! In: the values that are on the chip.  Out: dashes, one per superlane that a value is in, with their place one cycle later.
//! Invariant: a dash stands for at least one value of the timeline at that place in that superlane; its thickness tells how many
//!     streams of the direction carry there, its opacity whether somebody still listens.
//! Method: values of one direction, diagonal and way are one wave in `Full`; in `Streams` each has a line of its own.

use super::{ChipView, Context, Detail};
use crate::die::Die;
use crate::selection::Selection;
use crate::shape::{Area, Colour, Head, Kind, Layer, Part, Shape};
use crate::timeline::Live;
use arch::{Direction, Station};
use std::collections::BTreeMap;

/// Opacity of values that somebody will still sample.
const WANTED: u8 = 230;
/// Opacity of values that flow on unheard.
const SPENT: u8 = 70;
/// Part of the last step that a dash covers: consecutive values stay apart.
const LENGTH: f32 = 0.6;
/// Streams of a direction.
const STREAMS: f32 = 32.0;

/// Values that are drawn as one: direction, diagonal, and x of the driver where the ways differ.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct WaveKey {
    direction: usize,
    diagonal: i64,
    inward: Option<Station>,
}

#[derive(Default)]
struct Wave {
    /// Streams that carry, per superlane; those that somebody still listens to.
    carry: Vec<(u8, u8)>,
    driver: Option<Station>,
    /// The value that hover and click mean: the first one that is still wanted.
    first: Option<(bool, Live)>,
    is_damaged: bool,
}

/// How a dash looks and what it means.
struct Look {
    colour: Colour,
    level: u8,
    target: Option<Selection>,
}

pub(crate) fn streams(context: &Context) -> Layer {
    let mut layer = Layer::new(Part::Streams, context.die.area());
    match context.view.detail {
        Detail::Streams => each(context, &mut layer),
        Detail::Full | Detail::Overview => together(context, &mut layer),
    }
    layer
}

fn together(context: &Context, layer: &mut Layer) {
    let superlanes = context.timeline.chip().superlanes;
    for (key, wave) in waves(context) {
        let direction = Direction::BOTH[key.direction];
        let Some(driver) = wave.driver else { continue };
        for superlane in 0..superlanes {
            let (carry, wanted) = wave.carry[superlane as usize];
            let is_faint = context.view.detail == Detail::Overview && wanted == 0;
            if carry == 0 || is_faint {
                continue;
            }
            let delay = (context.cycle as i64 - key.diagonal - i64::from(superlane)) as u32;
            let (top, bottom) = half_row(&context.die, direction, superlane);
            let thick = 2.0 + f32::from(carry.min(32)) / STREAMS * (bottom - top - 3.0);
            let middle = (top + bottom) / 2.0;
            let lane = (middle - thick / 2.0, middle + thick / 2.0);
            let target = wave.first.as_ref().map(|(_, live)| Selection::Value(live.id));
            let look = look(direction, wave.is_damaged, 0 < wanted, target);
            dash(context, layer, (direction, driver), delay, lane, look);
        }
    }
}

fn waves(context: &Context) -> BTreeMap<WaveKey, Wave> {
    let superlanes = context.timeline.chip().superlanes;
    let geometry = context.timeline.geometry();
    let mut waves: BTreeMap<WaveKey, Wave> = BTreeMap::new();
    for live in &context.live {
        let direction = live.id.stream.direction;
        // Only ways that begin outside the memory differ from the common one.
        let outside = [0, 1, geometry.stations() - 2, geometry.stations() - 1];
        let inward = outside.contains(&live.driver.0).then_some(live.driver);
        let key = WaveKey { direction: direction.index(), diagonal: live.diagonal, inward };
        let wave = waves.entry(key).or_default();
        wave.carry.resize(superlanes as usize, (0, 0));
        wave.driver = Some(wave.driver.map_or(live.driver, |driver| upstream(direction, driver, live.driver)));
        for superlane in 0..superlanes {
            if let Some(delay) = live.delay(context.cycle, superlane) {
                let carry = &mut wave.carry[superlane as usize];
                carry.0 += 1;
                carry.1 += u8::from(live.wanted.is_some_and(|wanted| delay <= wanted));
            }
        }
        wave.is_damaged |= context.damage.hits(live.id.stream, live.diagonal);
        let is_wanted = live.wanted.is_some();
        if wave.first.is_none_or(|(wanted, _)| is_wanted && !wanted) {
            wave.first = Some((is_wanted, *live));
        }
    }
    waves
}

/// The driver farther upstream: its way covers that of the other.
fn upstream(direction: Direction, a: Station, b: Station) -> Station {
    match direction {
        Direction::East => a.min(b),
        Direction::West => a.max(b),
    }
}

/// Every value in its own line of the row.
fn each(context: &Context, layer: &mut Layer) {
    for live in &context.live {
        let direction = live.id.stream.direction;
        for superlane in 0..context.timeline.chip().superlanes {
            let Some(delay) = live.delay(context.cycle, superlane) else { continue };
            let lane = line(&context.die, live, superlane);
            let is_damaged = context.damage.hits(live.id.stream, live.diagonal);
            let is_wanted = live.wanted.is_some_and(|wanted| delay <= wanted);
            let look = look(direction, is_damaged, is_wanted, Some(Selection::Value(live.id)));
            dash(context, layer, (direction, live.driver), delay, lane, look);
        }
    }
}

/// Top and bottom of the half of a row that a direction has: east above, west below.
pub(crate) fn half_row(die: &Die, direction: Direction, superlane: u32) -> (f32, f32) {
    let (top, bottom) = die.row(i64::from(superlane));
    let middle = (top + bottom) / 2.0;
    match direction {
        Direction::East => (top, middle),
        Direction::West => (middle, bottom),
    }
}

/// Top and bottom of a stream's own line.
fn line(die: &Die, live: &Live, superlane: u32) -> (f32, f32) {
    let (top, bottom) = half_row(die, live.id.stream.direction, superlane);
    let height = (bottom - top) / STREAMS;
    let at = top + f32::from(live.id.stream.number) * height;
    (at, at + height * 0.8)
}

/// Top and bottom of the line in which a value is seen in a view.
pub(crate) fn line_of(die: &Die, view: &ChipView, live: &Live, superlane: u32) -> (f32, f32) {
    match view.detail {
        Detail::Streams => line(die, live, superlane),
        Detail::Full | Detail::Overview => half_row(die, live.id.stream.direction, superlane),
    }
}

fn look(direction: Direction, is_damaged: bool, is_wanted: bool, target: Option<Selection>) -> Look {
    let colour = match (is_damaged, direction) {
        (true, _) => Colour::Broken,
        (false, Direction::East) => Colour::East,
        (false, Direction::West) => Colour::West,
    };
    Look { colour, level: if is_wanted { WANTED } else { SPENT }, target }
}

/// A dash with its head at `delay`.
fn dash(
    context: &Context,
    layer: &mut Layer,
    (direction, driver): (Direction, Station),
    delay: u32,
    (top, bottom): (f32, f32),
    look: Look,
) {
    let area = |delay| wave_area(&context.die, direction, driver, delay, (top, bottom));
    let (here, next) = (area(delay), area(delay + 1));
    if !context.shows(&here) && !context.shows(&next) {
        return;
    }
    let head = if direction == Direction::East { Head::Right } else { Head::Left };
    let shape = Shape::still(Kind::Dash { head }, look.colour, context.dim(look.level), here).moving(next);
    layer.shapes.push(Shape { target: look.target, ..shape });
}

/// The area of a dash whose head is at `delay`.
pub(crate) fn wave_area(
    die: &Die,
    direction: Direction,
    driver: Station,
    delay: u32,
    (top, bottom): (f32, f32),
) -> Area {
    let head = die.x(direction, driver, delay);
    let before = die.x(direction, driver, delay.saturating_sub(1));
    let after = die.x(direction, driver, delay + 1);
    // A value that has just left its driver has no step behind it.
    let step = if before == head { after - head } else { head - before };
    let tail = head - step * LENGTH;
    Area::new(tail.min(head), top, tail.max(head), bottom)
}
