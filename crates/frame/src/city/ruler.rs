//! Time from left to right, a row for each node: who has the token when.
//!
//! In: a city, the seats to show, a cycle, a wave.  Out: bars on a sheet.
//! Invariant: a bar begins and ends where its seat's shift does; a carry belongs to the rows of both its nodes.

use super::scene::{Ruler, Sheet};
use super::{City, Wave};
use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind};
use arch::RACK_NODES;
use std::ops::Range;

/// Where all levels draw it.
pub(super) const AREA: Area = Area { x0: 960.0, y0: 66.0, x1: 1500.0, y1: 590.0 };
/// Highest row.
const PITCH_MAX: f32 = 34.0;

/// Colour of a seat's own program: of its attention, or of a part of the feed-forward alone.
pub(super) fn colour(city: &City, seat: usize) -> Colour {
    let name = city.roles.get(city.seats[seat].role as usize).map_or("", |(name, _)| name);
    if name.contains('A') { Colour::Attention } else { Colour::FeedForward }
}

/// Rows for `seats`, over the time in which they have the token.
pub(super) fn draw(city: &City, seats: Range<usize>, cycle: u64, wave: Wave, sheet: &mut Sheet) {
    let (Some(first), Some(last)) = (city.shifts.get(seats.start), city.shifts[..seats.end].last()) else { return };
    let ruler = Ruler { area: AREA, from: first.arrives.0, to: last.leaves.0 };
    let pitch = (AREA.height() / seats.len().max(1) as f32).min(PITCH_MAX);
    let title = Text::new("每一列是一個節點，時間向右", "a row for each node, time goes right");
    sheet.text(title, (AREA.x0, AREA.y0 - 30.0), 16.0, Anchor::Start);
    for (row, seat) in seats.clone().enumerate() {
        let top = AREA.y0 + row as f32 * pitch;
        let line = Area::new(AREA.x0, top, AREA.x1, top + pitch - 1.0);
        sheet.shape(Kind::Fill, Colour::Instructions, 36, line);
        for user in 0..wave.users {
            bars(city, seat, user * wave.apart, (&ruler, line), sheet);
        }
        let node = city.seats[seat].node;
        let is_named = seats.len() <= 9 || row == 0 || city.seats[seat - 1].node / RACK_NODES != node / RACK_NODES;
        if is_named {
            let name = match seats.len() {
                0..=9 => Text::new(format!("節點 {node}"), format!("node {node}")),
                _ => rack_name(node / RACK_NODES),
            };
            sheet.text(name, (AREA.x0 - 8.0, line.y0 + pitch.max(9.0)), 13.0, Anchor::End);
        }
    }
    cursor(&ruler, cycle, AREA.y0 + seats.len() as f32 * pitch, sheet);
    sheet.ruler = Some(ruler);
}

fn bars(city: &City, seat: usize, ahead: u64, (ruler, row): (&Ruler, Area), sheet: &mut Sheet) {
    let shift = city.shifts[seat];
    let level = if ahead == 0 { 235 } else { 90 };
    let spans = [
        (shift.arrives.0, shift.begins.0, Colour::Link),
        (shift.begins.0, shift.ends.0, colour(city, seat)),
        (shift.ends.0, shift.leaves.0, Colour::Link),
    ];
    for (from, to, colour) in spans {
        // An older token was here so many cycles earlier.
        let (Some(from), Some(to)) = (from.checked_sub(ahead), to.checked_sub(ahead)) else { continue };
        if from < to && ruler.from < to && from < ruler.to {
            let x0 = ruler.x(from);
            sheet.shape(Kind::Fill, colour, level, Area { x0, x1: ruler.x(to).max(x0 + 0.7), ..row });
        }
    }
}

/// The cursor, and the ends of the time shown.
pub(super) fn cursor(ruler: &Ruler, cycle: u64, bottom: f32, sheet: &mut Sheet) {
    if (ruler.from..ruler.to).contains(&cycle) {
        let x = ruler.x(cycle);
        sheet.shape(Kind::Fill, Colour::Mark, 255, Area::new(x - 1.0, ruler.area.y0 - 8.0, x + 1.0, bottom + 4.0));
    }
    let from = Text::new(format!("週期 {}", grouped(ruler.from)), format!("cycle {}", grouped(ruler.from)));
    sheet.text(from, (ruler.area.x0, bottom + 22.0), 14.0, Anchor::Start);
    sheet.text(Text::same(grouped(ruler.to)), (ruler.area.x1, bottom + 22.0), 14.0, Anchor::End);
}

/// `rack 1`.
pub(super) fn rack_name(rack: u16) -> Text {
    Text::new(format!("機架 {}", rack + 1), format!("rack {}", rack + 1))
}
