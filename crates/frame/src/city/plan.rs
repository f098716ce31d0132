//! All racks: each node with its chips, the way of the token through them, and who has it now.
//!
//! In: a city, a cycle, a wave.  Out: racks in a grid on a sheet.
//! Invariant: a node is lit exactly if it works on a token of the wave in this cycle; a spare node is never on the way.
//! Method: nodes of a rack in three rows of three, chips in two rows of four.

use super::ruler::{self, rack_name};
use super::scene::{Place, Sheet, middle};
use super::{City, Phase, Wave, Work};
use crate::shape::{Anchor, Area, Colour, Kind};
use arch::{NODE, RACK_NODES};

/// Where the racks are drawn.
const AREA: Area = Area { x0: 20.0, y0: 36.0, x1: 860.0, y1: 620.0 };
/// Room for a rack's name.
const NAME: f32 = 20.0;
/// Half of a car's edge.
const CAR: f32 = 5.0;

/// The smallest square grid for so many.
fn columns(count: u16) -> u16 {
    (1..=count.max(1)).find(|columns| count <= columns * columns).unwrap_or(1)
}

/// Cell `number` of a grid.
pub(super) fn cell(area: Area, number: u16, columns: u16, rows: u16, gap: f32) -> Area {
    let (wide, high) = (area.width() / f32::from(columns), area.height() / f32::from(rows));
    let (x, y) = (f32::from(number % columns), f32::from(number / columns));
    let (x0, y0) = (area.x0 + x * wide, area.y0 + y * high);
    Area::new(x0, y0, x0 + wide - gap, y0 + high - gap)
}

fn rack_area(city: &City, rack: u16) -> Area {
    let columns = columns(city.racks());
    cell(AREA, rack, columns, city.racks().div_ceil(columns), 14.0)
}

fn node_area(city: &City, node: u16) -> Area {
    let rack = rack_area(city, node / RACK_NODES);
    cell(Area { x0: rack.x0 + 6.0, y0: rack.y0 + NAME, ..rack }, node % RACK_NODES, 3, 3, 6.0)
}

/// All racks.
pub(super) fn draw(city: &City, cycle: u64, wave: Wave, sheet: &mut Sheet) {
    let works = city.works(cycle, wave);
    for rack in 0..city.racks() {
        let area = rack_area(city, rack);
        sheet.shape(Kind::Frame, Colour::Instructions, 160, area);
        sheet.place(area, Place::Rack(rack));
        sheet.text(rack_name(rack), (area.x0 + 8.0, area.y0 + 15.0), 13.0, Anchor::Start);
    }
    for pair in city.seats.windows(2) {
        let ends = [pair[0].node, pair[1].node].map(|node| middle(&node_area(city, node)));
        sheet.shape(Kind::Line, Colour::Link, 90, Area::new(ends[0].0, ends[0].1, ends[1].0, ends[1].1));
    }
    for node in 0..city.nodes {
        let area = node_area(city, node);
        chips(city, node, &works, area, sheet);
        if city.seat_of(node).is_some() {
            sheet.place(area, Place::Node(node));
        }
    }
    for work in works.iter().filter(|work| work.phase == Phase::Carry) {
        car(city, work, sheet);
    }
    ruler::draw(city, 0..city.seats.len(), cycle, wave, sheet);
}

/// A node with its chips: lit if it has a token, bright if it computes; a spare one is an empty frame.
pub(super) fn chips(city: &City, node: u16, works: &[Work], area: Area, sheet: &mut Sheet) {
    let Some(seat) = city.seat_of(node) else {
        sheet.shape(Kind::Frame, Colour::Instructions, 70, area);
        return;
    };
    let mine = works.iter().find(|work| work.seat == seat && work.phase == Phase::Role);
    let hands_on = |work: &&Work| work.phase == Phase::Carry && (work.seat == seat || work.seat + 1 == seat);
    let carries = works.iter().find(hands_on).is_some();
    sheet.shape(Kind::Block, Colour::Instructions, 60, area);
    let (colour, level) = match (mine, carries) {
        (Some(_), _) => (ruler::colour(city, seat), 255),
        (None, true) => (Colour::Link, 220),
        (None, false) => (ruler::colour(city, seat), 60),
    };
    if mine.is_some() {
        sheet.shape(Kind::Frame, Colour::Mark, 255, area);
    }
    let inner = Area { x0: area.x0 + 5.0, y0: area.y0 + 5.0, x1: area.x1 - 2.0, y1: area.y1 - 2.0 };
    (0..NODE).for_each(|chip| sheet.shape(Kind::Fill, colour, level, cell(inner, chip, 4, 2, 3.0)));
}

/// What a node made, on its way to the next.
fn car(city: &City, work: &Work, sheet: &mut Sheet) {
    let (Some(here), Some(next)) = (city.seats.get(work.seat), city.seats.get(work.seat + 1)) else { return };
    let shift = city.shifts[work.seat];
    let part = work.cycle as f32 / (shift.leaves.0 - shift.ends.0).max(1) as f32;
    let (from, to) = (middle(&node_area(city, here.node)), middle(&node_area(city, next.node)));
    let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
    sheet.shape(Kind::Block, Colour::Mark, 255, Area::new(x - CAR, y - CAR, x + CAR, y + CAR));
}
