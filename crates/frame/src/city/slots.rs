//! One link: every slot of a stretch, who travels in it and why.
//!
//! In: a city, a link of a chip of a node, a cycle.  Out: slots, lines and a list on a sheet.
//! Invariant: a filled slot is a Send; two never overlap; every vector is as long under way as any other.

use super::node::window;
use super::ruler::cursor;
use super::scene::{HEIGHT, Ruler, Sheet};
use super::{City, Phase, Ride, Work};
use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind};
use crate::words;
use arch::LinkId;

const BAND: Area = Area { x0: 40.0, y0: 80.0, x1: 1480.0, y1: 220.0 };
/// Rows of the list.
const ROWS: usize = 13;

/// One link.
pub(super) fn draw(city: &City, (node, chip, link): (u16, u16, LinkId), cycle: u64, sheet: &mut Sheet) {
    let Some(seat) = city.seat_of(node) else { return };
    let has = |work: &Work| work.seat == seat || (work.phase == Phase::Carry && work.seat + 1 == seat);
    let (from, to) = window(city, seat, city.work(cycle).filter(has));
    let is_mine = |ride: &Ride| ride.from == (node, chip) && ride.link == link;
    let rides: Vec<Ride> = city.rides(from, to).filter(is_mine).collect();
    let ruler = Ruler { area: BAND, from, to: to.max(from + 1) };
    sheet.shape(Kind::Fill, Colour::Instructions, 90, BAND);
    for ride in &rides {
        let (x0, x1) = (ruler.x(ride.sent), ruler.x(ride.sent + city.slot));
        let slot = Area { x0, x1: x1.max(x0 + 1.0), y1: BAND.y0 + 26.0, ..BAND };
        sheet.shape(Kind::Fill, Colour::Link, 255, slot);
        let line = Area { x0, x1: ruler.x(ride.lands), y0: slot.y1, y1: BAND.y1 };
        sheet.shape(Kind::Line, Colour::Link, 200, line);
    }
    title(node, chip, link, &rides, sheet);
    cursor(&ruler, cycle, BAND.y1, sheet);
    sheet.ruler = Some(ruler);
    list(&rides, cycle, sheet);
}

fn title(node: u16, chip: u16, link: LinkId, rides: &[Ride], sheet: &mut Sheet) {
    let to = rides.first().map(|ride| ride.to);
    let (zh, en) = match to {
        Some((other, number)) if other == node => (format!("晶片 {number}"), format!("chip {number}")),
        Some((other, number)) => (format!("節點 {other} 的晶片 {number}"), format!("chip {number} of node {other}")),
        None => ("（這一段沒有向量）".to_owned(), "(no vector in this stretch)".to_owned()),
    };
    let count = grouped(rides.len() as u64);
    let text = Text::new(
        format!("節點 {node} 晶片 {chip} 的連線 {link} → {zh}：這一段 {count} 個向量"),
        format!("link {link} of chip {chip} of node {node} → {en}: {count} vectors in this stretch"),
    );
    sheet.text(text, (BAND.x0, 34.0), 18.0, Anchor::Start);
    let says = Text::new(
        "上緣是送出的時槽，斜線是路程，下緣是抵達",
        "above the slots in which they leave, then their way, below where they land",
    );
    sheet.text(says, (BAND.x0, 60.0), 14.0, Anchor::Start);
}

/// The rides around the cursor, in words.
fn list(rides: &[Ride], cycle: u64, sheet: &mut Sheet) {
    let at = rides.partition_point(|ride| ride.lands <= cycle);
    let first = at.saturating_sub(ROWS / 3).min(rides.len().saturating_sub(ROWS));
    for (row, ride) in rides.iter().skip(first).take(ROWS).enumerate() {
        let y = BAND.y1 + 64.0 + row as f32 * 25.0;
        if ride.sent <= cycle && cycle < ride.lands {
            sheet.shape(
                Kind::Block,
                Colour::Link,
                60,
                Area::new(BAND.x0 - 8.0, y - 18.0, 1100.0, (y + 6.0).min(HEIGHT)),
            );
        }
        let cycles = format!("{} → {}", grouped(ride.sent), grouped(ride.lands));
        sheet.text(Text::same(cycles), (BAND.x0, y), 14.0, Anchor::Start);
        sheet.text(words::part_of(ride.layer, ride.part), (BAND.x0 + 300.0, y), 15.0, Anchor::Start);
    }
}
