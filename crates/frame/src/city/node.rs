//! One node: its chips and the cars between them; while it hands on, the next node beside it. On the right the links of one stage.
//!
//! In: a city, a node, a cycle.  Out: chips, cars and bands on a sheet.
//! Invariant: every car is a ride under way in this cycle at the place that the cycle gives it; a line of a band is one ride.
//! Method: chips in a ring, as in the view of one node; two nodes as two columns. A band for each link of the node that carries anything.

use super::ruler::cursor;
use super::scene::{Place, Ruler, Sheet, middle};
use super::{City, Phase, Ride, Work, ruler};
use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind};
use crate::traffic::{CHIP_LEVEL, chip_name, eighth};
use crate::words;
use arch::{LinkId, NODE};
use units::Order;

const RING: (f32, f32) = (430.0, 340.0);
const RADII: (f32, f32) = (330.0, 240.0);
const COLUMNS: [f32; 2] = [150.0, 710.0];
const CHIP: (f32, f32) = (46.0, 24.0);
const CAR: f32 = 4.0;
/// Most bands that can be told apart.
const BANDS: usize = 16;

/// One node.
pub(super) fn draw(city: &City, node: u16, cycle: u64, sheet: &mut Sheet) {
    let title = Text::new(format!("節點 {node} 的 8 顆晶片"), format!("the 8 chips of node {node}"));
    sheet.text(title, (20.0, 30.0), 18.0, Anchor::Start);
    let Some(seat) = city.seat_of(node) else {
        let spare = Text::new("備援節點：沒有程式。", "a spare node: no program");
        return sheet.text(spare, RING, 16.0, Anchor::Middle);
    };
    let work = city.work(cycle);
    let has = |work: &Work| work.seat == seat || (work.phase == Phase::Carry && work.seat + 1 == seat);
    let mine = work.filter(has);
    let pair = mine.filter(|work| work.phase == Phase::Carry).map(|work| {
        let next = (work.seat + 1).min(city.seats.len() - 1);
        [city.seats[work.seat].node, city.seats[next].node]
    });
    let at = |(other, chip): (u16, u16)| -> Option<(f32, f32)> {
        match pair {
            None => (other == node).then(|| {
                let (right, down) = eighth(chip);
                (RING.0 + right * RADII.0, RING.1 + down * RADII.1)
            }),
            Some(nodes) => {
                let column = nodes.iter().position(|one| *one == other)?;
                Some((COLUMNS[column], 90.0 + 68.0 * f32::from(chip)))
            }
        }
    };
    let nodes: Vec<u16> = pair.map_or(vec![node], |nodes| nodes.to_vec());
    if let (None, None) = (pair, mine) {
        roads(node, &at, sheet);
    }
    if mine.is_some() {
        if pair.is_none() {
            roads(node, &at, sheet);
        }
        city.under_way(cycle).iter().for_each(|ride| car(ride, cycle, &at, sheet));
    }
    for &one in &nodes {
        (0..NODE).for_each(|chip| block(one, chip, one == node, &at, sheet));
        if pair.is_some() {
            let name = Text::new(format!("節點 {one}"), format!("node {one}"));
            let x = at((one, 0)).map_or(0.0, |(x, _)| x);
            sheet.text(name, (x, 58.0), 15.0, Anchor::Middle);
        }
    }
    state(city, seat, mine, cycle, sheet);
    bands(city, (node, seat), mine, cycle, sheet);
}

fn roads(node: u16, at: &dyn Fn((u16, u16)) -> Option<(f32, f32)>, sheet: &mut Sheet) {
    for from in 0..NODE {
        for to in from + 1..NODE {
            if let (Some(a), Some(b)) = (at((node, from)), at((node, to))) {
                sheet.shape(Kind::Line, Colour::Ink, 36, Area::new(a.0, a.1, b.0, b.1));
            }
        }
    }
}

fn car(ride: &Ride, cycle: u64, at: &dyn Fn((u16, u16)) -> Option<(f32, f32)>, sheet: &mut Sheet) {
    let (Some(from), Some(to)) = (at(ride.from), at(ride.to)) else { return };
    let part = (cycle - ride.sent) as f32 / (ride.lands - ride.sent).max(1) as f32;
    // Beside the road, on the right of who travels.
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (x, y) = (from.0 + dx * part - dy / length * 6.0, from.1 + dy * part + dx / length * 6.0);
    sheet.shape(Kind::Block, Colour::Link, 255, Area::new(x - CAR, y - CAR, x + CAR, y + CAR));
}

fn block(node: u16, chip: u16, is_own: bool, at: &dyn Fn((u16, u16)) -> Option<(f32, f32)>, sheet: &mut Sheet) {
    let Some((x, y)) = at((node, chip)) else { return };
    let area = Area::new(x - CHIP.0, y - CHIP.1, x + CHIP.0, y + CHIP.1);
    sheet.shape(Kind::Block, Colour::Free, 255, area);
    sheet.shape(Kind::Block, Colour::Instructions, CHIP_LEVEL, area);
    sheet.shape(Kind::Frame, if is_own { Colour::Mark } else { Colour::Link }, 200, area);
    sheet.text(chip_name(chip), (x, y + 5.0), 14.0, Anchor::Middle);
}

/// What the node does, in words.
fn state(city: &City, seat: usize, mine: Option<Work>, cycle: u64, sheet: &mut Sheet) {
    let shift = city.shifts[seat];
    let text = match mine {
        Some(work) => doing(city, &work),
        None if cycle < shift.arrives.0 => {
            let wait = grouped(shift.arrives.0 - cycle);
            Text::new(format!("還要 {wait} 個週期，token 才會到"), format!("the token comes in {wait} cycles"))
        }
        None => {
            let since = grouped(cycle - shift.leaves.0);
            Text::new(format!("token 在 {since} 個週期前離開"), format!("the token left {since} cycles ago"))
        }
    };
    sheet.text(text, (20.0, 624.0), 16.0, Anchor::Start);
}

/// `layer 12, cycle 3 041 of 24 012` or `hands on`.
pub(super) fn doing(city: &City, work: &Work) -> Text {
    let Some(route) = city.route(work.seat, work.phase) else { return Text::default() };
    let length = route.stages.last().map_or(0, |stage| stage.end);
    let what = match (work.phase, route.stage(work.cycle)) {
        (Phase::Carry, _) => words::part("carry"),
        (Phase::Role, Some(stage)) => match stage.layer {
            Some(layer) => words::layer(city.seats[work.seat].layer + layer),
            None => words::stage(&stage.name),
        },
        (Phase::Role, None) => Text::default(),
    };
    let (at, of) = (grouped(work.cycle), grouped(length));
    what.then(&Text::new(format!("，程式的週期 {at} / {of}"), format!(", cycle {at} of {of} of its program")))
}

/// The stretch of the token that the bands show, and whose program it is.
pub(super) fn window(city: &City, seat: usize, mine: Option<Work>) -> (u64, u64) {
    let shift = city.shifts[seat];
    let Some(work) = mine else { return (shift.begins.0, shift.ends.0) };
    let stage = city.route(work.seat, work.phase).and_then(|route| route.stage(work.cycle));
    stage.map_or((shift.begins.0, shift.ends.0), |stage| (work.begun + stage.start, work.begun + stage.end))
}

/// A band for each link that carries anything of this node in the stretch.
fn bands(city: &City, (node, seat): (u16, usize), mine: Option<Work>, cycle: u64, sheet: &mut Sheet) {
    let (from, to) = window(city, seat, mine);
    let ruler = Ruler { area: ruler::AREA, from, to: to.max(from + 1) };
    let rides: Vec<Ride> = city.rides(from, to).filter(|ride| ride.from.0 == node).collect();
    let mut links: Vec<(u16, LinkId, (u16, u16))> = Vec::new();
    for ride in &rides {
        let key = (ride.from.1, ride.link, ride.to);
        if !links.contains(&key) {
            links.push(key);
        }
    }
    // In order of chips; how many there are stands above.
    links.order();
    let shown = links.len().min(BANDS);
    let title = Text::new(
        format!("這一段裡 {} 條連線中的 {shown} 條；點名字看每一格", links.len()),
        format!("{shown} of {} links in this stretch; click a name for its slots", links.len()),
    );
    sheet.text(title, (ruler.area.x0 - 90.0, ruler.area.y0 - 30.0), 15.0, Anchor::Start);
    let pitch = ruler.area.height() / shown.max(1) as f32;
    for (row, (chip, link, to)) in links.into_iter().take(shown).enumerate() {
        let top = ruler.area.y0 + row as f32 * pitch;
        let area = Area { y0: top, y1: top + (pitch * 0.8).min(60.0), ..ruler.area };
        sheet.shape(Kind::Fill, Colour::Instructions, 90, area);
        let target = if to.0 == node { format!("{}", to.1) } else { format!("{}:{}", to.0, to.1) };
        sheet.text(Text::same(format!("{chip} → {target}")), (area.x0 - 8.0, middle(&area).1 + 5.0), 13.0, Anchor::End);
        for ride in rides.iter().filter(|ride| (ride.from.1, ride.link) == (chip, link)) {
            let line = Area { x0: ruler.x(ride.sent), x1: ruler.x(ride.lands), ..area };
            sheet.shape(Kind::Line, Colour::Link, 220, line);
        }
        // The band itself is time.
        let label = Area { x0: area.x0 - 90.0, x1: area.x0 - 2.0, ..area };
        sheet.place(label, Place::Link { node, chip, link });
    }
    cursor(&ruler, cycle, ruler.area.y1, sheet);
    sheet.ruler = Some(ruler);
}
