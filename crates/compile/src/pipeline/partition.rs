//! Which node computes what: the parts of all layers, in order, cut into as many stretches as there are nodes.
//!
//! In: what each part costs, how much a node holds, how many nodes.  Out: stretches, the busiest as short as can be.
//! Invariant: every part is computed once, in order; no node holds more than it has room for.
//! Method: first the least limit of a node's cycles: filling node after node up to it needs no more nodes than there are (greedy is
//!     optimal for consecutive parts). Coarser grains of the hidden lanes make fewer different stretches; the coarsest within `SLACK` of
//!     the best is taken. Then, of all cuts within that limit, the one that takes one token least time, by dynamic programming: a part
//!     cut in two is begun twice, and twice as much is carried.
//! Source: the linear partitioning problem; decisions.md 21: 80 layers do not go into 72 nodes whole.

use crate::lower::{Part, Stretch};

/// By how much the busiest node may be longer for the sake of fewer different stretches: one in so many.
const SLACK: u64 = 50;

/// What parts cost in cycles, and what they fill in words of a weight slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The attention part of a layer.
    pub attention: Load,
    /// Feed-forward part, however little of it.
    pub feed_forward: Load,
    /// Each tile of its hidden lanes.
    pub tile: Load,
    /// Last norm and head.
    pub head: Load,
    /// Cycles that take the residual to the next node; twice that where a part is cut.
    pub carry: u64,
}

/// What a part takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Cycles.
    pub cycles: u64,
    /// Words of each slice that holds weights.
    pub words: u64,
}

/// How much a node can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Words of each slice that holds weights.
    pub words: u64,
    /// Layers for whose caches there is room.
    pub attentions: usize,
}

/// What a node holds, for a cut that is tried first and for one that is tried when slices are filled too unevenly for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rooms {
    /// As much as a node may be able to hold.
    pub tight: Room,
    /// As much as a node was never seen not to hold.
    pub ample: Room,
}

/// The model to be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Layers.
    pub layers: usize,
    /// Tiles of a chip's hidden lanes.
    pub tiles: usize,
    /// Tiles that are not cut apart: whoever has one has the weights of all experts there.
    pub together: usize,
}

impl Load {
    fn and(self, other: Load) -> Load {
        Load { cycles: self.cycles + other.cycles, words: self.words + other.words }
    }

    fn times(self, count: usize) -> Load {
        Load { cycles: self.cycles * count as u64, words: self.words * count as u64 }
    }
}

/// Stretches for at most `nodes` nodes, or nothing where they have no room for it.
pub fn partition(shape: Shape, costs: &Costs, room: Room, nodes: usize) -> Option<Vec<Stretch>> {
    let is_grain = |grain: &usize| shape.tiles.is_multiple_of(*grain) && grain.is_multiple_of(shape.together);
    let grains = (1..=shape.tiles).filter(is_grain).rev();
    let limits: Vec<(u64, usize)> =
        grains.filter_map(|grain| Some((limit(shape, costs, room, (nodes, grain))?, grain))).collect();
    let least = limits.iter().map(|(limit, _)| *limit).min()?;
    let (limit, grain) = limits.into_iter().find(|(limit, _)| *limit <= least + least / SLACK)?;
    Some(quickest(&units(shape, grain), costs, room, (limit, nodes)))
}

/// The fewest nodes that hold the model.
pub fn least_nodes(shape: Shape, costs: &Costs, room: Room) -> Option<usize> {
    Some(fill(&units(shape, shape.together), costs, room, u64::MAX)?.len())
}

/// Parts in order.
fn units(shape: Shape, grain: usize) -> Vec<Part> {
    let of = shape.tiles;
    let hidden = |layer| {
        (0..of / grain).map(move |turn| Part::FeedForward { layer, hidden: turn * grain..(turn + 1) * grain, of })
    };
    (0..shape.layers).flat_map(|layer| std::iter::once(Part::Attention { layer }).chain(hidden(layer))).collect()
}

/// The least limit of a node's cycles that serves.
fn limit(shape: Shape, costs: &Costs, room: Room, (nodes, grain): (usize, usize)) -> Option<u64> {
    let units = units(shape, grain);
    let filled = |limit| fill(&units, costs, room, limit).filter(|cut| cut.len() <= nodes);
    filled(u64::MAX)?;
    let (mut below, mut enough) = (0, costs.head.cycles + total(&units, costs).cycles);
    while 1 < enough - below {
        let middle = below + (enough - below) / 2;
        if filled(middle).is_some() { enough = middle } else { below = middle }
    }
    Some(enough)
}

/// Of all cuts within `limit` the one that takes a token least time; there is one.
fn quickest(units: &[Part], costs: &Costs, room: Room, (limit, nodes): (u64, usize)) -> Vec<Stretch> {
    /// Cycles up to a border, and the border before it.
    type Best = Option<(u64, usize)>;
    let mut rows: Vec<Vec<Best>> = vec![vec![None; units.len() + 1]];
    rows[0][0] = Some((0, 0));
    let spans = spans(units, costs, room, limit);
    for _ in 0..nodes {
        let before = &rows[rows.len() - 1];
        let mut row: Vec<Best> = vec![None; units.len() + 1];
        for &(start, end, cycles) in &spans {
            let Some((so_far, _)) = before[start] else { continue };
            if row[end].is_none_or(|(best, _)| so_far + cycles < best) {
                row[end] = Some((so_far + cycles, start));
            }
        }
        rows.push(row);
    }
    let whole = |count: &usize| rows[*count][units.len()].map_or(u64::MAX, |(cycles, _)| cycles);
    let count = (1..=nodes).min_by_key(whole).expect("there is at least one node");
    let (mut cut, mut end) = (Vec::new(), units.len());
    for row in rows[1..=count].iter().rev() {
        let (_, start) = row[end].expect("the greedy cut is within the limit");
        let parts = units[start..end].iter().fold(Vec::new(), |parts, unit| joined(&parts, unit));
        cut.push(Stretch { bodies: vec![parts], head: end == units.len() });
        end = start;
    }
    cut.reverse();
    cut
}

/// Runs of units that a node can hold, and what each takes, its carry included.
fn spans(units: &[Part], costs: &Costs, room: Room, limit: u64) -> Vec<(usize, usize, u64)> {
    let mut spans = Vec::new();
    for start in 0..units.len() {
        let mut parts = Vec::new();
        for end in start + 1..=units.len() {
            parts = joined(&parts, &units[end - 1]);
            let is_last = end == units.len();
            let head = if is_last { costs.head } else { Load::default() };
            if !fits(&parts, costs, room, limit, head) {
                break;
            }
            let is_cut = units.get(end).is_some_and(Part::is_continued);
            let carry = costs.carry * if is_last { 0 } else { 1 + u64::from(is_cut) };
            spans.push((start, end, total(&parts, costs).cycles + carry));
        }
    }
    spans
}

/// Whether a node can hold parts and `head`.
fn fits(parts: &[Part], costs: &Costs, room: Room, limit: u64, head: Load) -> bool {
    let load = total(parts, costs).and(head);
    let attentions = parts.iter().filter(|part| matches!(part, Part::Attention { .. })).count();
    load.cycles <= limit && load.words <= room.words && attentions <= room.attentions
}

fn total(parts: &[Part], costs: &Costs) -> Load {
    let load = |part: &Part| match part {
        Part::Attention { .. } => costs.attention,
        Part::FeedForward { hidden, .. } => costs.feed_forward.and(costs.tile.times(hidden.len())),
    };
    parts.iter().map(load).fold(Load::default(), Load::and)
}

/// Node after node filled up to `limit` cycles and its room; nothing if one part alone is too much.
fn fill(units: &[Part], costs: &Costs, room: Room, limit: u64) -> Option<Vec<Stretch>> {
    let parts = |units: &[Part]| units.iter().fold(Vec::new(), |parts, unit| joined(&parts, unit));
    let fits = |units: &[Part], head: Load| fits(&parts(units), costs, room, limit, head);
    let stretch = |units: &[Part], head| Stretch { bodies: vec![parts(units)], head };
    let (mut cut, mut start) = (Vec::new(), 0);
    for end in 0..units.len() {
        if !fits(&units[start..=end], Load::default()) {
            if start == end {
                return None;
            }
            cut.push(stretch(&units[start..end], false));
            start = end;
        }
    }
    // The head goes with the last parts; if there is no room for it, the very last goes with the head.
    let last = units.len() - 1;
    if !fits(&units[start..], costs.head) {
        if start == last || !fits(&units[last..], costs.head) {
            return None;
        }
        cut.push(stretch(&units[start..last], false));
        start = last;
    }
    cut.push(stretch(&units[start..], true));
    Some(cut)
}

/// Parts with one more; runs of hidden tiles that meet become one.
fn joined(parts: &[Part], unit: &Part) -> Vec<Part> {
    let mut parts = parts.to_vec();
    if let (Some(Part::FeedForward { layer, hidden, .. }), Part::FeedForward { layer: of, hidden: more, .. }) =
        (parts.last_mut(), unit)
        && layer == of
        && hidden.end == more.start
    {
        hidden.end = more.end;
        return parts;
    }
    parts.push(unit.clone());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> Costs {
        let load = |cycles, words| Load { cycles, words };
        Costs {
            attention: load(7_700, 1_300),
            feed_forward: load(3_500, 0),
            tile: load(490, 390),
            head: load(2_700, 1_625),
            carry: 2_300,
        }
    }

    const SHAPE: Shape = Shape { layers: 80, tiles: 12, together: 1 };
    const ROOM: Room = Room { words: 8_192, attentions: 4 };

    /// Every tile of every layer once, in order.
    fn covers(cut: &[Stretch], shape: Shape) {
        let mut expected = units(shape, 1).into_iter();
        for (place, stretch) in cut.iter().enumerate() {
            assert_eq!(stretch.head, place + 1 == cut.len());
            for part in &stretch.bodies[0] {
                match part {
                    Part::Attention { .. } => assert_eq!(expected.next().as_ref(), Some(part)),
                    Part::FeedForward { layer, hidden, of } => hidden.clone().for_each(|tile| {
                        let one = Part::FeedForward { layer: *layer, hidden: tile..tile + 1, of: *of };
                        assert_eq!(expected.next(), Some(one));
                    }),
                }
            }
        }
        assert_eq!(expected.next(), None);
    }

    #[test]
    fn nodes_hold_what_they_have_room_for_and_all_of_it() {
        for nodes in [66, 72, 80, 100] {
            let cut = partition(SHAPE, &costs(), ROOM, nodes).expect("there is room");
            covers(&cut, SHAPE);
            assert!(cut.len() <= nodes);
            let words = |stretch: &Stretch| total(&stretch.bodies[0], &costs()).words;
            assert!(cut.iter().all(|stretch| words(stretch) <= ROOM.words));
        }
        assert_eq!(partition(SHAPE, &costs(), ROOM, 50), None);
        let least = least_nodes(SHAPE, &costs(), ROOM).expect("parts are smaller than nodes");
        assert!(
            partition(SHAPE, &costs(), ROOM, least).is_some() && partition(SHAPE, &costs(), ROOM, least - 1).is_none()
        );
    }

    #[test]
    fn more_nodes_never_make_the_busiest_longer_but_by_the_slack() {
        let busiest = |nodes| {
            let cut = partition(SHAPE, &costs(), ROOM, nodes).expect("there is room");
            cut.iter().map(|stretch| total(&stretch.bodies[0], &costs()).cycles).max().expect("there are nodes")
        };
        let limits: Vec<u64> = [66, 72, 90, 160].map(busiest).to_vec();
        assert!(limits.windows(2).all(|two| two[1] <= two[0] + two[0] / SLACK), "{limits:?}");
        assert!(limits[3] < limits[0]);
    }

    #[test]
    fn tiles_that_belong_together_are_in_one_node() {
        let cut = partition(Shape { together: 2, ..SHAPE }, &costs(), ROOM, 100).expect("there is room");
        covers(&cut, SHAPE);
        let is_even = |part: &Part| match part {
            Part::Attention { .. } => true,
            Part::FeedForward { hidden, .. } => hidden.start.is_multiple_of(2) && hidden.end.is_multiple_of(2),
        };
        assert!(cut.iter().flat_map(|stretch| &stretch.bodies[0]).all(is_even));
    }

    #[test]
    fn a_part_that_fits_no_node_is_refused() {
        let small = Room { words: 1_000, attentions: 4 };
        assert_eq!(partition(SHAPE, &costs(), small, 1_000), None);
        assert_eq!(least_nodes(SHAPE, &costs(), Room { attentions: 0, ..ROOM }), None);
    }
}
