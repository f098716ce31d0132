//! One rack: its nodes with what they hold of the model, and what their chips send in a token.
//!
//! In: a city, a rack, a cycle, a wave.  Out: nine nodes on a sheet.
//! Invariant: a chip's bar is its share of what the busiest chip of the rack sends in the whole token.

use super::plan::{cell, chips};
use super::ruler::{self, rack_name};
use super::scene::{Place, Sheet};
use super::{City, Wave};
use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind};
use arch::{NODE, RACK_NODES};

const AREA: Area = Area { x0: 20.0, y0: 44.0, x1: 860.0, y1: 620.0 };

/// One rack.
pub(super) fn draw(city: &City, rack: u16, cycle: u64, wave: Wave, sheet: &mut Sheet) {
    let works = city.works(cycle, wave);
    let nodes = rack * RACK_NODES..((rack + 1) * RACK_NODES).min(city.nodes);
    let sent = &city.totals[usize::from(nodes.start.min(nodes.end))..usize::from(nodes.end)];
    let most = sent.iter().flatten().copied().max().unwrap_or(0).max(1);
    sheet.text(rack_name(rack), (AREA.x0, AREA.y0 - 14.0), 18.0, Anchor::Start);
    for (place, node) in nodes.clone().enumerate() {
        let area = cell(AREA, place as u16, 3, 3, 16.0);
        chips(city, node, &works, Area { y0: area.y0 + 50.0, y1: area.y1 - 46.0, ..area }, sheet);
        names(city, node, area, sheet);
        for (number, count) in sent[place].iter().copied().enumerate().filter(|(_, count)| *count != 0) {
            let column = cell(Area { y0: area.y1 - 40.0, y1: area.y1 - 4.0, ..area }, number as u16, NODE, 1, 3.0);
            let top = column.y1 - column.height() * count as f32 / most as f32;
            sheet.shape(Kind::Fill, Colour::Link, 200, Area { y0: top, ..column });
        }
        if city.seat_of(node).is_some() {
            sheet.place(area, Place::Node(node));
        }
    }
    let seats = || (0..city.seats.len()).filter(|&seat| nodes.contains(&city.seats[seat].node));
    if let (Some(first), Some(last)) = (seats().min(), seats().max()) {
        ruler::draw(city, first..last + 1, cycle, wave, sheet);
    }
}

/// Number, parts, layers, and what it sends.
fn names(city: &City, node: u16, area: Area, sheet: &mut Sheet) {
    let name = Text::new(format!("節點 {node}"), format!("node {node}"));
    sheet.text(name, (area.x0, area.y0 + 16.0), 16.0, Anchor::Start);
    let Some(seat) = city.seat_of(node) else {
        return sheet.text(Text::new("備援", "spare"), (area.x1, area.y0 + 16.0), 15.0, Anchor::End);
    };
    let (parts, _) = &city.roles[city.seats[seat].role as usize];
    sheet.text(Text::same(parts), (area.x1, area.y0 + 16.0), 14.0, Anchor::End);
    let layer = city.seats[seat].layer;
    let sent = city.totals[usize::from(node)].iter().sum();
    let text = Text::new(
        format!("從第 {layer} 層起 · 送出 {} 個向量", grouped(sent)),
        format!("from layer {layer} on · sends {} vectors", grouped(sent)),
    );
    sheet.text(text, (area.x0, area.y0 + 38.0), 14.0, Anchor::Start);
}
