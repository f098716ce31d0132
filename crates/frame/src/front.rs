//! The damage front: where and when a broken run drives other bytes than the verified one.
//!
//! In: damage by chip, unit and link over equal parts of a token.  Out: a scene with a row for each chip and unit, and a table by unit.
//! Invariant: a part of the token is drawn in a row exactly if bytes differ there; the table's bytes are the sum of all damage.
//! Method: links of one chip share a row; brightness is the root of the share of the row's greatest part, so that a single byte is seen.

use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Scene, Shape, Style};
use crate::words;
use arch::Unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use study::{Damage, FRONT_COLUMNS};
use units::gathered;

const WIDTH: f32 = 400.0;
/// Left and right edge of the rows, and the top of the first.
const ROWS: (f32, f32) = (104.0, 392.0);
const TOP: f32 = 26.0;
/// Height of a row, where there is one chip and where there are several.
const PITCH: (f32, f32) = (26.0, 12.0);
/// Least and most brightness of what differs.
const LEVELS: (f32, f32) = (70.0, 255.0);
const UNITS: [Unit; 5] = [Unit::Mem, Unit::Vxm, Unit::Mxm, Unit::Sxm, Unit::C2c];

/// Damage of one kind of unit on all chips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontLine {
    /// The unit.
    pub name: Text,
    /// Chips on which it drives other bytes.
    pub chips: u32,
    /// Links that carry other bytes; none for other units.
    pub links: u32,
    /// Words that differ.
    pub words: u64,
    /// Bytes that differ.
    pub bytes: u64,
    /// Cycle of the first of them.
    pub first: u64,
}

fn is_of(damage: &Damage, unit: Unit) -> bool {
    damage.unit == words::letters(unit)
}

/// The damage by unit, over all chips.
pub fn front_lines(damage: &[Damage]) -> Vec<FrontLine> {
    let line = |unit| {
        let of_unit = || damage.iter().filter(|one| is_of(one, unit));
        let chips: BTreeSet<u16> = gathered(of_unit().map(|one| one.chip));
        Some(FrontLine {
            name: words::unit(unit),
            chips: chips.len() as u32,
            links: of_unit().filter(|one| one.link.is_some()).count() as u32,
            words: of_unit().map(|one| one.words).sum(),
            bytes: of_unit().map(|one| one.bytes).sum(),
            first: of_unit().map(|one| one.first).min()?,
        })
    };
    UNITS.into_iter().filter_map(line).collect()
}

/// The front in a token of `length` cycles on `chips` chips.
pub fn front(damage: &[Damage], chips: u16, length: u64) -> Scene {
    let units = if chips == 1 { &UNITS[..4] } else { &UNITS[..] };
    let pitch = if chips == 1 { PITCH.0 } else { PITCH.1 };
    let rows = usize::from(chips) * units.len();
    let height = TOP + rows as f32 * pitch + 26.0;
    let mut layer = Layer::new(Part::Schedule, Area::new(0.0, 0.0, WIDTH, height));
    for chip in 0..chips {
        for (place, &unit) in units.iter().enumerate() {
            let top = TOP + (usize::from(chip) * units.len() + place) as f32 * pitch;
            let area = Area::new(ROWS.0, top, ROWS.1, top + pitch - 2.0);
            row(&mut layer, damage.iter().filter(|one| one.chip == chip && is_of(one, unit)), unit, area, length);
            let name = Text::same(words::letters(unit));
            layer.labels.push(label(name, (ROWS.0 - 8.0, area.y1 - 1.0), Anchor::End));
            if place == 0 && 1 < chips {
                layer.labels.push(label(crate::traffic::chip_name(chip), (4.0, area.y1 + 2.0), Anchor::Start));
            }
        }
    }
    let ends = Text::new(format!("週期 0 到 {}", grouped(length)), format!("cycles 0 to {}", grouped(length)));
    layer.labels.push(label(ends, (ROWS.1, height - 8.0), Anchor::End));
    if let Some(cycle) = damage.iter().map(|one| one.first).min() {
        let x = place_of(cycle, length);
        let mark = Area::new(x - 1.0, TOP - 8.0, x + 1.0, height - 22.0);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Broken, 255, mark));
        let text = Text::new(format!("從週期 {} 開始", grouped(cycle)), format!("from cycle {}", grouped(cycle)));
        layer.labels.push(label(text, (x + 6.0, TOP - 10.0), if x < 250.0 { Anchor::Start } else { Anchor::End }));
    }
    Scene { width: WIDTH, height, layers: vec![layer] }
}

fn row<'a>(layer: &mut Layer, damage: impl Iterator<Item = &'a Damage>, unit: Unit, area: Area, length: u64) {
    layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 60, area));
    let (mut over, mut first) = ([0u64; FRONT_COLUMNS], None::<u64>);
    for one in damage {
        over.iter_mut().zip(&one.over).for_each(|(sum, bytes)| *sum += bytes);
        first = Some(first.map_or(one.first, |known| known.min(one.first)));
    }
    let most = over.iter().copied().max().unwrap_or(0).max(1) as f32;
    let edge = |column: usize| ROWS.0 + (ROWS.1 - ROWS.0) * column as f32 / FRONT_COLUMNS as f32;
    for (column, bytes) in over.into_iter().enumerate().filter(|(_, bytes)| *bytes != 0) {
        let level = LEVELS.0 + (LEVELS.1 - LEVELS.0) * (bytes as f32 / most).sqrt();
        let cell = Area { x0: edge(column), x1: edge(column + 1) - 0.5, ..area };
        layer.shapes.push(Shape::still(Kind::Fill, Colour::of(unit), level as u8, cell));
    }
    if let Some(cycle) = first {
        let x = place_of(cycle, length);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Broken, 255, Area { x0: x - 1.5, x1: x + 1.5, ..area }));
    }
}

fn place_of(cycle: u64, length: u64) -> f32 {
    ROWS.0 + (ROWS.1 - ROWS.0) * cycle.min(length) as f32 / length.max(1) as f32
}

/// The cycle under a point of the picture; nothing beside the rows.
pub fn front_cycle(length: u64, x: f32) -> Option<u64> {
    let part = (x - ROWS.0) / (ROWS.1 - ROWS.0);
    (0.0..1.0).contains(&part).then(|| ((f64::from(part) * length as f64) as u64).min(length.saturating_sub(1)))
}

fn label(text: Text, (x, y): (f32, f32), anchor: Anchor) -> Label {
    let (colour, style, target) = (Colour::Ink, Style::Plain, None);
    Label { text, colour, level: 230, x, y, dy: 0.0, size: 11.0, anchor, style, target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    fn drawn(chips: u16, rng: &mut Rng) -> Vec<Damage> {
        let mut all = Vec::new();
        for chip in 0..chips {
            for unit in UNITS {
                let links = if unit == Unit::C2c { 3 } else { 1 };
                for link in 0..links {
                    let over: Vec<u64> = (0..FRONT_COLUMNS).map(|_| rng.below(4) * rng.below(2) * 320).collect();
                    let first = over.iter().position(|bytes| *bytes != 0).unwrap_or(0) as u64;
                    let link = (unit == Unit::C2c).then(|| format!("E{link}"));
                    let unit = words::letters(unit).to_owned();
                    let bytes = over.iter().sum();
                    all.push(Damage { chip, unit, link, words: bytes / 320, bytes, first, over });
                }
            }
        }
        all
    }

    #[test]
    fn what_differs_is_drawn_and_nothing_else() {
        let mut rng = Rng::new(3);
        for chips in [2, 8] {
            let damage = drawn(chips, &mut rng);
            let scene = front(&damage, chips, FRONT_COLUMNS as u64);
            let mut cells = 0;
            for chip in 0..chips {
                for unit in UNITS {
                    let of_row = || damage.iter().filter(|one| one.chip == chip && is_of(one, unit));
                    cells += (0..FRONT_COLUMNS).filter(|&at| of_row().any(|one| one.over[at] != 0)).count();
                }
            }
            let shapes = scene.layers.iter().flat_map(|layer| &layer.shapes);
            let is_cell = |shape: &&Shape| !matches!(shape.colour, Colour::Instructions | Colour::Broken);
            assert_eq!(shapes.filter(is_cell).count(), cells);
            let lines = front_lines(&damage);
            let all: u64 = damage.iter().map(|one| one.bytes).sum();
            assert_eq!(lines.iter().map(|line| line.bytes).sum::<u64>(), all);
            assert_eq!(lines[4].links, u32::from(chips) * 3);
        }
    }

    /// The page's style sheet gives the picture these proportions.
    #[test]
    fn the_picture_is_as_high_as_the_page_has_room_for() {
        let heights = [1, 2, 4, 8].map(|chips| front(&[], chips, 9).height);
        assert_eq!(heights, [156.0, 172.0, 292.0, 532.0]);
    }

    #[test]
    fn a_point_is_the_cycle_drawn_there() {
        for cycle in [0, 1, 700, 2_308] {
            assert_eq!(front_cycle(2_309, place_of(cycle, 2_309) + 0.01), Some(cycle));
        }
        assert_eq!((front_cycle(9, 0.0), front_cycle(9, ROWS.1)), (None, None));
    }
}
