//! State of the general lowering: nodes, homes and work so far.
//!
//! In: links of chains, maps of lanes, tables.  Out: nodes `[rows, 320]` with a home each, kernels and shuffles in order.
//! Invariant: what a kernel reads and writes lies in places of its own each, so that no two of its words want one port in one cycle.
//! Method: every result goes to the emptiest place that is still free, near ones and those that are not read meanwhile first; an operand
//!     that lies where another one does is copied first.

use super::lives::{self, Lives};
use super::obstacle::Obstacle;
use super::reserve::Reserve;
use super::value::Row;
use crate::kernel::{Kernel, Place, Shuffle, Stored, Striped, Work};
use crate::lower::hand::{Hand, Source};
use crate::tables::{GROUP, LANES};
use arch::{Chip, Hemisphere};
use graph::{Arg, DType, Elements, Expr, NodeId, ScalarOp};
use program::LaneMap;
use std::collections::{BTreeMap, BTreeSet};

/// Places of four slices each.
const PLACES: [Place; 11] = [
    Place::WestNear,
    Place::EastNear,
    Place::WestOuter,
    Place::EastFar,
    Place::WestRim,
    Place::EastOuter,
    Place::EastRim,
    Place::WestThird,
    Place::EastThird,
    Place::WestLast,
    Place::EastLast,
];
/// Those of them that are farthest from the VXM: where the others are full or busy.
const PLACES_FAR: [Place; 4] = [Place::WestThird, Place::EastThird, Place::WestLast, Place::EastLast];
/// Those of them whose slices feed no planes.
const PLACES_APART: [Place; 3] = [Place::WestNear, Place::EastNear, Place::EastFar];
/// Blocks of a contraction that pass, at either end, while its sums are stored.
const BLOCKS_MEANWHILE: usize = 3;
/// Kernels and shuffles that one graph may take.
const WORK_MAX: usize = SECONDS_MAX * WORK_PER_SECOND;
/// Beyond so many they are not counted.
const COUNTED_MAX: usize = 4 * WORK_MAX;
/// Seconds that compiling a graph may take.
const SECONDS_MAX: usize = 5;
/// Of them compiled, judged and run in a second: 7,000 of two rows and masks, measured on one of two shared cores.
const WORK_PER_SECOND: usize = 6_400;

/// An operand of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The result of the link before.
    Before,
    /// Rows from this one on.
    Rows(Row),
    /// The same row for every row of the chain.
    Row(Row),
    /// A node that has no home: a contraction.
    Node(NodeId),
    /// Bits of a literal.
    Literal(u32),
}

/// An operation of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// Which one.
    pub op: ScalarOp,
    /// Its operands.
    pub args: Vec<Side>,
    /// Whether its result is stored.
    pub is_kept: bool,
}

impl Link {
    /// An operation whose result is stored.
    pub fn kept(op: ScalarOp, args: &[Side]) -> Self {
        Link { op, args: args.to_vec(), is_kept: true }
    }

    /// One whose result only the next link takes.
    pub fn passing(op: ScalarOp, args: &[Side]) -> Self {
        Link { op, args: args.to_vec(), is_kept: false }
    }
}

/// What a home is asked for beside its rows.
#[derive(Clone, Copy, Default)]
struct Wish<'a> {
    /// Places that it must not have.
    avoid: &'a [Place],
    /// Its half of the chip, if that matters.
    half: Option<Hemisphere>,
    /// Where rows are read meanwhile.
    read: &'a [(Place, u16)],
}

/// The state.
pub struct Lowering<'a> {
    /// Nodes and tables.
    pub hand: Hand<'a>,
    /// Most rows that one pass through a plane has.
    pub plane_rows: usize,
    /// Where nodes lie.
    pub places: BTreeMap<NodeId, Place>,
    /// The bank asked for, by node with a place.
    banks_of: BTreeMap<NodeId, u16>,
    /// Maps of lanes so far.
    pub maps: Vec<LaneMap>,
    work: Vec<Work>,
    /// By work: the graph's node that asked for it.
    asked: Vec<(usize, &'static str)>,
    /// The graph's node that is lowered.
    asking: (usize, &'static str),
    /// By node that is summed lane after lane: how much work each of them takes.
    lanes: BTreeMap<usize, BTreeMap<usize, usize>>,
    banks: u16,
    /// Words of a place.
    words: u32,
    /// The first table for which there was no room.
    full: Option<Obstacle>,
    /// Words that are needed to the end, by place.
    kept: BTreeMap<Place, u32>,
    /// Room of weights in the slices that feed planes.
    pub reserve: Reserve,
    /// Tables of weights that many rows pass.
    long: BTreeSet<NodeId>,
    /// Rows of zeros below computed weights.
    zeros: Option<NodeId>,
    /// Words in use, by place and bank.
    filled: BTreeMap<(Place, u16), u32>,
    views: BTreeMap<(Row, usize), NodeId>,
    spread: BTreeMap<(Row, usize), NodeId>,
    shuffled: BTreeMap<(Row, usize, u16), Row>,
    rows: BTreeMap<(DType, Vec<u32>), Row>,
}

impl<'a> Lowering<'a> {
    /// Nothing emitted.
    pub fn new(source: Source<'a>, chip: &Chip) -> Self {
        Lowering {
            hand: Hand::new(source, chip),
            plane_rows: usize::from(chip.accumulators),
            places: BTreeMap::new(),
            banks_of: BTreeMap::new(),
            maps: Vec::new(),
            work: Vec::new(),
            asked: Vec::new(),
            asking: (0, "graph"),
            lanes: BTreeMap::new(),
            banks: chip.banks,
            words: chip.words.into(),
            full: None,
            kept: BTreeMap::new(),
            reserve: Reserve::new(chip.words.into()),
            long: BTreeSet::new(),
            zeros: None,
            filled: BTreeMap::new(),
            views: BTreeMap::new(),
            spread: BTreeMap::new(),
            shuffled: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    /// What follows is asked for by this node of the graph.
    pub fn asks(&mut self, node: usize, operation: &'static str) {
        self.asking = (node, operation);
    }

    /// How long the values of all work are needed; `homes` are those that lie where states do.
    pub fn lives(&mut self, works: &[&Work], homes: &[(NodeId, NodeId)]) -> Lives {
        let graph = self.hand.build.graph();
        let outputs = graph.outputs.iter().map(|(_, node)| *node);
        let kept: Vec<NodeId> = outputs.chain(homes.iter().map(|(node, _)| *node)).collect();
        let ends = lives::ends(graph, works, &kept);
        Lives {
            ends,
            asked: std::mem::take(&mut self.asked),
            banks: std::mem::take(&mut self.banks_of),
            kept: std::mem::take(&mut self.kept),
            long: std::mem::take(&mut self.long),
            weights: self.reserve.of_sets(),
        }
    }

    /// The work so far; what follows is of another stage.
    pub fn finish(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.work)
    }

    fn push(&mut self, work: Work) -> Result<(), Obstacle> {
        self.work.push(work);
        self.asked.push(self.asking);
        match &self.full {
            Some(full) => Err(full.clone()),
            None if COUNTED_MAX < self.asked.len() => Err(self.overworked(self.asking.0)),
            None => Ok(()),
        }
    }

    /// How much work there is.
    pub fn worked(&self) -> usize {
        self.asked.len()
    }

    /// A lane of the sums of the node that asks was added, since there was so much work.
    pub fn lane_added(&mut self, lane: usize, before: usize) {
        let cost = self.worked() - before;
        self.lanes.entry(self.asking.0).or_default().insert(lane, cost);
    }

    /// The node that takes most, where all take too much, and why.
    pub fn most_asked(&self) -> Option<(usize, Obstacle)> {
        if self.asked.len() <= WORK_MAX {
            return None;
        }
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        self.asked.iter().for_each(|(node, _)| *counts.entry(*node).or_default() += 1);
        let (node, _) = counts.into_iter().max_by_key(|&(_, count)| count)?;
        Some((node, self.overworked(node)))
    }

    /// What is too much, told of a node.
    fn overworked(&self, node: usize) -> Obstacle {
        let found = self.asked.len();
        let own = self.asked.iter().filter(|(other, _)| *other == node).count();
        // Sums that are not finished say nothing of what the rest takes.
        let is_all = found <= COUNTED_MAX;
        let costs = self.lanes.get(&node).filter(|_| is_all);
        let lanes = costs.and_then(|costs| {
            let saved = costs.values().rev().scan(0, |saved, cost| {
                *saved += cost;
                Some(*saved)
            });
            let left_out = 1 + saved.take_while(|saved| WORK_MAX + saved < found).count();
            (left_out < costs.len()).then(|| (costs.len() - left_out, costs.len()))
        });
        Obstacle::Work { found, is_all, own, most: WORK_MAX, seconds: SECONDS_MAX, lanes }
    }

    /// A home for a node of so many rows: the emptiest place and bank that do as is wished, and where there is room elsewhere in no bank
    /// that is read meanwhile.
    fn homed(&mut self, (node, rows): (NodeId, usize), wish: Wish) -> (Place, u16) {
        let (rows, of_bank) = (words_of(rows), self.bank_words());
        let fits =
            |place: &Place| !wish.avoid.contains(place) && wish.half.is_none_or(|half| place.hemisphere() == half);
        let all = (0..self.banks).flat_map(|bank| PLACES.into_iter().filter(fits).map(move |place| (place, bank)));
        let emptiest = all.min_by_key(|key| {
            let (filled, room) = (self.filled.get(key).copied().unwrap_or(0), self.room(*key));
            let is_quiet = !wish.read.contains(key) && filled.saturating_add(rows) <= room;
            let is_far = PLACES_FAR.contains(&key.0);
            // Words are used again: what counts is how often all of them are taken.
            let taken = u64::from(filled.saturating_add(rows)) * u64::from(of_bank);
            let turns = taken.checked_div(room.into()).unwrap_or(u64::MAX);
            (!is_quiet, is_quiet && is_far, room < rows, turns, filled)
        });
        let (place, bank) = emptiest.expect("chains have fewer operands and results than there are places");
        let filled = self.filled.entry((place, bank)).or_default();
        *filled = filled.saturating_add(rows);
        self.places.insert(node, place);
        self.banks_of.insert(node, bank);
        (place, bank)
    }

    fn bank_words(&self) -> u32 {
        self.words / u32::from(self.banks)
    }

    /// Words of a place that weights, tables and states leave, from word 0 on.
    fn left(&self, place: Place) -> u32 {
        let weights = if PLACES_APART.contains(&place) { 0 } else { self.reserve.of_sets()[0] };
        let kept = self.kept.get(&place).copied().unwrap_or(0);
        self.words.saturating_sub(weights).saturating_sub(kept)
    }

    /// Those of a bank.
    fn room(&self, (place, bank): (Place, u16)) -> u32 {
        let of_bank = self.bank_words();
        self.left(place).saturating_sub(u32::from(bank) * of_bank).min(of_bank)
    }

    /// A home for what the host sends: words like those of computed values.
    pub fn sent(&mut self, node: NodeId, rows: usize) {
        self.homed((node, rows), Wish::default());
    }

    /// A home for a table or a state, which have words of their own, from the end of a place down: where most words are left, those of
    /// values so far as well.
    pub fn lasting(&mut self, node: NodeId, rows: usize) {
        let rows = words_of(rows);
        let free = |place: &Place| {
            let values = (0..self.banks).filter_map(|bank| self.filled.get(&(*place, bank)));
            let left = self.left(*place);
            (rows <= left, left.saturating_sub(values.copied().fold(0, u32::saturating_add)), left)
        };
        // Of equal ones the first.
        let place = PLACES.into_iter().rev().max_by_key(free).expect("a chip has places");
        let kept = self.kept.entry(place).or_default();
        let used = *kept;
        *kept = used.saturating_add(rows);
        let first = self.words.saturating_sub(*kept);
        if self.words < *kept {
            self.full.get_or_insert(Obstacle::Room { rows, used, words: self.words });
        }
        self.places.insert(node, place);
        self.banks_of.insert(node, (first / self.bank_words()) as u16);
    }

    /// A table of weights for the planes, of rows in whole groups; many rows pass it, or few.
    pub fn weights(&mut self, elements: Elements, is_long: bool) -> NodeId {
        let table = self.hand.table("weights", LANES, elements);
        if is_long {
            self.long.insert(table);
        }
        table
    }

    /// Whether the last tile of the contraction that asks lies in both halves.
    pub fn is_shared(&self) -> bool {
        self.reserve.is_shared(self.asking.0)
    }

    /// Rows of zeros that lie below computed weights: one word of each half.
    pub fn zeros(&mut self) -> NodeId {
        *self.zeros.get_or_insert_with(|| {
            self.reserve.take(2, false);
            self.hand.table("zeros", LANES, Elements::I8(vec![0; GROUP * LANES]))
        })
    }

    /// A table of whole words, with a home.
    pub fn table(&mut self, what: &str, elements: Elements) -> NodeId {
        let rows = elements.len() / LANES;
        let node = self.hand.table(what, LANES, elements);
        self.lasting(node, rows);
        node
    }

    /// A row of these bits, i32 or f32.
    fn row(&mut self, dtype: DType, bits: Vec<u32>) -> Row {
        if let Some(&row) = self.rows.get(&(dtype, bits.clone())) {
            return row;
        }
        let elements = match dtype {
            DType::F32 => Elements::F32(bits.iter().map(|&bits| f32::from_bits(bits)).collect()),
            DType::F16 => Elements::F16(bits.iter().map(|&bits| bits as u16).collect()),
            _ => Elements::I32(bits.iter().map(|&bits| bits as i32).collect()),
        };
        let row = Row { node: self.table("row", elements), row: 0 };
        self.rows.insert((dtype, bits), row);
        row
    }

    /// A row of the same bits in every lane.
    pub fn uniform(&mut self, dtype: DType, bits: u32) -> Row {
        self.row(dtype, vec![bits; LANES])
    }

    /// i32: 1 in the lanes for which `holds` is true, else 0.
    pub fn mask(&mut self, holds: impl Fn(usize) -> bool) -> Row {
        self.row(DType::I32, (0..LANES).map(|lane| u32::from(holds(lane))).collect())
    }

    /// Rows of a node, as a node.
    pub fn view(&mut self, row: Row, count: usize) -> NodeId {
        let whole = self.hand.build.shape(row.node).extents()[0] as usize;
        if whole == count {
            return row.node;
        }
        if let Some(&view) = self.views.get(&(row, count)) {
            return view;
        }
        let view = self.hand.build.rows(row.node, row.row, count as u32);
        self.views.insert((row, count), view);
        view
    }

    /// The same row `count` times, as a node.
    fn spread(&mut self, row: Row, count: usize) -> NodeId {
        let one = self.view(row, 1);
        if count == 1 {
            return one;
        }
        if let Some(&spread) = self.spread.get(&(row, count)) {
            return spread;
        }
        let spread = self.hand.broadcast(one, count as u32);
        self.spread.insert((row, count), spread);
        spread
    }

    /// Emits links as one kernel of `count` rows; the results that are kept, in order.
    ///
    /// Errors: `Work` past the most that a graph may take; `Room` where a table so far had none.
    pub fn chain(&mut self, links: &[Link], count: usize) -> Result<Vec<Row>, Obstacle> {
        let (links, mut taken) = self.apart(links, count)?;
        let read = self.read_meanwhile(&links);
        let (mut nodes, mut stored, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for link in &links {
            let node = self.link(link, nodes.last().copied(), count);
            nodes.push(node);
            if link.is_kept {
                let (place, bank) = self.homed((node, count), Wish { avoid: &taken, read: &read, ..Wish::default() });
                taken.push(place);
                stored.push(Stored { node, place, bank });
                kept.push(Row { node, row: 0 });
            }
        }
        self.push(Work::Kernel(Kernel { nodes, stored, ..Kernel::default() }))?;
        Ok(kept)
    }

    /// The one result of links of which the last is kept.
    pub fn result(&mut self, links: &[Link], count: usize) -> Result<Row, Obstacle> {
        Ok(self.chain(links, count)?.pop().expect("the last link is kept"))
    }

    fn link(&mut self, link: &Link, before: Option<NodeId>, count: usize) -> NodeId {
        let mut inputs: Vec<NodeId> = Vec::new();
        let mut args = Vec::new();
        for side in &link.args {
            let node = match *side {
                Side::Literal(bits) => {
                    args.push(Arg::Immediate(bits));
                    continue;
                }
                Side::Before => before.expect("the first link has none before it"),
                Side::Rows(row) => self.view(row, count),
                Side::Row(row) => self.spread(row, count),
                Side::Node(node) => node,
            };
            let place = inputs.iter().position(|&input| input == node).unwrap_or(inputs.len());
            if place == inputs.len() {
                inputs.push(node);
            }
            args.push(Arg::Input(place as u8));
        }
        self.hand.build.map(Expr::single(link.op, &args), &inputs)
    }

    /// The links with every operand in a place of its own, and those places.
    fn apart(&mut self, links: &[Link], count: usize) -> Result<(Vec<Link>, Vec<Place>), Obstacle> {
        let of = |lowering: &Self, side: &Side| match side {
            Side::Rows(row) | Side::Row(row) => lowering.places.get(&row.node).copied(),
            Side::Node(product) => lowering.met(*product).last().map(|(place, _)| *place),
            _ => None,
        };
        let all: Vec<Place> = links.iter().flat_map(|link| &link.args).filter_map(|side| of(self, side)).collect();
        let (mut apart, mut taken) = (links.to_vec(), Vec::new());
        for link in &mut apart {
            let mut own: Vec<(Side, Side)> = Vec::new();
            for side in &mut link.args {
                let (Some(place), before) = (of(self, side), *side) else { continue };
                if let Some((_, known)) = own.iter().find(|(known, _)| *known == before) {
                    *side = *known;
                    continue;
                }
                if taken.contains(&place) {
                    let avoid: Vec<Place> = all.iter().chain(&taken).copied().collect();
                    *side = match before {
                        Side::Rows(row) => Side::Rows(self.copied(Side::Rows(row), count, &avoid)?),
                        Side::Row(row) => Side::Row(self.copied(Side::Row(row), 1, &avoid)?),
                        other => other,
                    };
                }
                taken.extend(of(self, side));
                own.push((before, *side));
            }
        }
        Ok((apart, taken))
    }

    /// Where the rows lie that a contraction meets, block after block.
    fn met(&self, product: NodeId) -> Vec<(Place, u16)> {
        let nodes = &self.hand.build.graph().nodes;
        let home = |mut node: NodeId| {
            while !self.places.contains_key(&node) {
                node = *nodes[node].inputs.first()?;
            }
            Some((self.places[&node], self.banks_of.get(&node).copied().unwrap_or(0)))
        };
        nodes[product].inputs.iter().step_by(2).filter_map(|&activation| home(activation)).collect()
    }

    /// Where rows are read while sums of a link are stored: the last blocks, also by the other half, which is not quite as far or has
    /// begun with the next sums.
    fn read_meanwhile(&self, links: &[Link]) -> Vec<(Place, u16)> {
        let sums = |side: &Side| match side {
            Side::Node(product) => self.met(*product),
            _ => Vec::new(),
        };
        let ends = |met: Vec<(Place, u16)>| {
            let early = met.len().saturating_sub(BLOCKS_MEANWHILE);
            [&met[..BLOCKS_MEANWHILE.min(met.len())], &met[early..]].concat()
        };
        links.iter().flat_map(|link| &link.args).flat_map(|side| ends(sums(side))).collect()
    }

    /// The same rows elsewhere.
    pub fn copied(&mut self, side: Side, count: usize, avoid: &[Place]) -> Result<Row, Obstacle> {
        let (Side::Rows(row) | Side::Row(row)) = side else { panic!("only rows are copied") };
        let mut avoid = avoid.to_vec();
        avoid.extend(self.places.get(&row.node));
        let node = self.link(&Link::kept(ScalarOp::Identity, &[side]), None, count);
        let (place, bank) = self.homed((node, count), Wish { avoid: &avoid, ..Wish::default() });
        let stored = vec![Stored { node, place, bank }];
        self.push(Work::Kernel(Kernel { nodes: vec![node], stored, ..Kernel::default() }))?;
        Ok(Row { node, row: 0 })
    }

    /// Rows written where those of a state lie; they must lie elsewhere.
    pub fn overwritten(&mut self, side: Side, count: usize, place: Place) -> Result<NodeId, Obstacle> {
        let node = self.link(&Link::kept(ScalarOp::Identity, &[side]), None, count);
        self.places.insert(node, place);
        let stored = vec![Stored { node, place, bank: 0 }];
        self.push(Work::Kernel(Kernel { nodes: vec![node], stored, ..Kernel::default() }))?;
        Ok(node)
    }

    /// The result of a link, written so that planes of a half can take its bytes as weights.
    ///
    /// Errors: as `chain`.
    pub fn striped(&mut self, link: &Link, count: usize, hemisphere: Hemisphere) -> Result<NodeId, Obstacle> {
        let (links, _) = self.apart(std::slice::from_ref(link), count)?;
        let node = self.link(&links[0], None, count);
        // The second set shares no slice with any place.
        let striped = vec![Striped { node, bytes: (0, 1), hemisphere, set: 1 }];
        self.push(Work::Kernel(Kernel { nodes: vec![node], striped, ..Kernel::default() }))?;
        Ok(node)
    }

    /// Rows with their lanes moved: lane l of each is lane `from[l]` of what it was.
    ///
    /// Errors: as `chain`.
    pub fn shuffled(&mut self, row: Row, count: usize, from: Vec<u16>) -> Result<Row, Obstacle> {
        if from.iter().enumerate().all(|(lane, &from)| lane == usize::from(from)) {
            return Ok(row);
        }
        let map = LaneMap { from };
        let number = self.maps.iter().position(|known| *known == map).unwrap_or(self.maps.len());
        if number == self.maps.len() {
            self.maps.push(map.clone());
        }
        let number = u16::try_from(number).expect("there are fewer maps than work");
        if let Some(&known) = self.shuffled.get(&(row, count, number)) {
            return Ok(known);
        }
        let view = self.view(row, count);
        let node = self.hand.build.permute_lanes(view, &map.from);
        let here = self.places[&row.node];
        let (place, bank) =
            self.homed((node, count), Wish { avoid: &[here], half: Some(here.hemisphere()), ..Wish::default() });
        self.push(Work::Shuffle(Shuffle { stored: Stored { node, place, bank }, map: number }))?;
        let moved = Row { node, row: 0 };
        self.shuffled.insert((row, count, number), moved);
        Ok(moved)
    }
}

/// Words of so many rows.
fn words_of(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
