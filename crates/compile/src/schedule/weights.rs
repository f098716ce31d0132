//! Weight tiles: where their words lie, and how they get into a plane's buffer.
//!
//! In: a step of a contraction and its plane.  Out: a Load with the 16 reads that feed it.
//! Invariant: word w of feeder k is row `16 w + k` of the tile's table, or of a part of it; what a tile repeats is stored once and read again.
//! Method: the groups of 16 columns of a tile are words of a table; those that lie one after the other are a burst of each feeder. An int8
//!     table lies in one set of feeders. An fp16 table lies in two, the half of the lanes that one step takes: a pair of planes takes
//!     both parts at once. Where computed values lie in slices of a first set, tables that many rows pass fill half of the second one
//!     before, both parts of a tile.

use super::chain::{Chain, Draft, Event, Issuer};
use super::feeders::{Words, feed};
use super::mxm::Step;
use super::resident::Lasting;
use super::search::{Place, free_for, place, place_until};
use super::{Content, Piece, Scheduler};
use crate::CompileError;
use crate::place::{FEEDERS, Home, LONG_ROWS, Layered, UNEVEN_WORDS};
use arch::{Direction, Hemisphere, Queue};
use graph::{ConstSource, NodeId, Op, TensorId, View};
use program::{Address, MxmFormat, Packing};

/// Columns that one plane contributes to an f16 result.
const F16_COLUMNS: u32 = 160;
/// Groups of them.
const F16_GROUPS: u32 = F16_COLUMNS / FEEDERS as u32;

/// Groups of 16 columns of a tile whose words lie one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First group in the plane.
    pub group: u32,
    /// Number of groups.
    pub count: u32,
    /// Which of the part's homes.
    pub home: usize,
    /// Word of the first one after the home.
    pub word: u32,
    /// Words from one to the next.
    pub stride: i16,
}

impl Run {
    /// What is left of it after its first `count` groups.
    fn after(self, count: u32) -> Run {
        let (group, word) = (self.group + count, self.word + count * self.stride as u32);
        Run { group, word, count: self.count - count, ..self }
    }
}

/// A plane, and the first of the sixteen streams that load it.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// Its half.
    pub hemisphere: Hemisphere,
    /// Its number.
    pub plane: u8,
    /// 0 or 16.
    pub from: u8,
}

/// What of a table lies in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// All of it.
    Whole,
    /// What one plane takes of weights that serve both halves of the lanes.
    Plane(u8),
    /// One half of the lanes, first groups or last.
    Half(u8, u8),
}

/// A table and what of it lies in one place.
struct Extract {
    section: Section,
    packing: Packing,
    /// Its row 0 in the table; nothing for a table of one row that is every row.
    first: Option<u32>,
    words: u32,
}

/// What a plane's part of a tile is made of.
struct Part {
    /// The constant that holds its rows.
    source: NodeId,
    extracts: Vec<Extract>,
    runs: Vec<Run>,
}

impl Scheduler<'_> {
    /// Words of a feeder set that compete with the tile for space.
    pub fn filled(&self, weights: NodeId, hemisphere: Hemisphere, set: u8) -> u32 {
        let (layered, shared) = self.store.filled(hemisphere, set);
        if self.is_layered(weights) { layered } else { shared }
    }

    /// The set of feeders for words that would go to the `usual` one: the second one if values that many rows read are in the way of the
    /// first; the other one if that is much emptier, or alone has room.
    fn set(&self, source: NodeId, hemisphere: Hemisphere, (usual, words): (u8, u32)) -> u8 {
        let is_long = self.lowered.lives.as_ref().is_some_and(|lives| lives.long.contains(&source));
        if is_long && self.store.prefers_second(hemisphere, words) {
            return 1;
        }
        let [own, other] = [usual, 1 - usual].map(|set| self.filled(source, hemisphere, set));
        let set = if other + UNEVEN_WORDS < own { 1 - usual } else { usual };
        let has_room = |set| self.is_layered(source) || self.store.has_room(hemisphere, set, words);
        if !has_room(set) && has_room(1 - set) { 1 - set } else { set }
    }

    /// Whether the rows of one step are so many that they are on their way for long.
    fn passes_long(&self, step: &Step) -> bool {
        LONG_ROWS <= self.lowered.graph.nodes[step.activation].shape.extents()[0]
    }

    /// Places the Load of a plane's part of the tile into a buffer that is free from a cycle on because of a burst; returns the first
    /// cycle after its last dispatch, and the burst of that.
    pub fn load(
        &mut self,
        step: &Step,
        (hemisphere, plane): (Hemisphere, u8),
        (free, after): (i64, Option<usize>),
        label: u16,
    ) -> Result<(i64, Option<usize>), CompileError> {
        let to = Plane { hemisphere, plane, from: self.side(step, plane) };
        let (free, after) = match self.told(step.weights) {
            Some(told) if free < told => (told, None),
            _ => (free, after),
        };
        if let Some(fragments) = self.fragments(step.weights, hemisphere) {
            return self.load_fragments(&fragments, to, (free, after), label);
        }
        let part = self.part(step, plane);
        if part.runs.is_empty() {
            return Ok((free, after));
        }
        let homes = self.tile_homes(step, hemisphere, plane, &part);
        let mut loaded = (free, after);
        for run in &part.runs {
            loaded = self.load_run(&homes[run.home], *run, to, loaded, label)?;
        }
        Ok(loaded)
    }

    /// For weights of a gathered expert the first cycle in which its words can be in the buffer: their place is told when the router has
    /// chosen, by a stream to all slices as a gather's map is, and then they go to the planes; either is at most across the chip.
    fn told(&self, weights: NodeId) -> Option<i64> {
        let share = self.lowered.awaited.get(&self.source(weights))?;
        let known = self.written(*share, 0).iter().map(|need| need.earliest).max()?;
        let (geometry, latency) = (self.table.geometry(), &self.chip.latency);
        let across = geometry.travel(Direction::East, geometry.sxm(Hemisphere::West), geometry.mxm(Hemisphere::East));
        let way = i64::from(latency.mem_read) + i64::from(across.expect("eastward leads from west to east"));
        Some(known + 2 * way + i64::from(latency.mem_gather))
    }

    /// The first of the streams that a plane is loaded by: its own sixteen. Rows of activations take the first streams for long, so that
    /// beside them both planes are loaded by the others.
    pub fn side(&self, step: &Step, plane: u8) -> u8 {
        let is_long = self.held(step).1.is_some() && self.passes_long(step);
        if self.is_of_many_rows(step) || is_long { FEEDERS as u8 } else { plane * FEEDERS as u8 }
    }

    /// Places the Loads of a run; returns as `load` does.
    pub fn load_run(
        &mut self,
        home: &Home,
        run: Run,
        to: Plane,
        (mut free, mut after): (i64, Option<usize>),
        label: u16,
    ) -> Result<(i64, Option<usize>), CompileError> {
        let mut rest = run;
        while 0 < rest.count {
            let placed = self.plan.len();
            let (found, count) = self.load_some(home, rest, to, (free, label))?;
            self.block(placed, after.filter(|_| found.origin == free), &found);
            (free, after) = (found.origin + i64::from(count), Some(self.plan.len() - 1));
            rest = rest.after(count);
        }
        Ok((free, after))
    }

    /// Places as many groups of a run as can go at once, from the first cycle on in which one can: activations on their way hold up
    /// single groups, not whole tiles. Returns when, and how many.
    fn load_some(
        &mut self,
        home: &Home,
        run: Run,
        to: Plane,
        (free, label): (i64, u16),
    ) -> Result<(Place, u32), CompileError> {
        let most = self.most(home, run, to, (free, label));
        for count in (2..=most).rev() {
            let chain = self.load_chain(home, Run { count, ..run }, to, label);
            if let Ok(found) = place_until(&mut self.table, &mut self.plan, &chain, (free, free)) {
                return Ok((found, count));
            }
        }
        let chain = self.load_chain(home, Run { count: 1, ..run }, to, label);
        Ok((place(self.chip, &mut self.table, &mut self.plan, &chain, free)?, 1))
    }

    /// At most so many groups of a run can go at once.
    fn most(&self, home: &Home, run: Run, to: Plane, (free, label): (i64, u16)) -> u32 {
        let chain = self.load_chain(home, run, to, label);
        // The banks of some rows are fewer than those of all: a layer's base leaves them open anyway.
        if home.address.base == 0 {
            return run.count;
        }
        free_for(&self.table, &chain, free).clamp(0, i64::from(run.count)) as u32
    }

    fn load_chain(&self, home: &Home, run: Run, to: Plane, label: u16) -> Chain {
        let mut chain = Chain::default();
        let address = Address { offset: home.address.offset + run.word as u16, stride: run.stride, ..home.address };
        let words = Words { slices: &home.slices, address, count: run.count };
        let flows = feed(&mut chain, (self.chip, &self.table), words, (to.hemisphere, to.from), label);
        let issuer = Issuer::Queue(Queue::MxmWeights(to.hemisphere, to.plane));
        let draft = Draft::Load(run.group as u8, flows);
        chain.push(Event { count: run.count, ..Event::once(issuer, 0, draft, label) });
        chain
    }

    fn part(&self, step: &Step, plane: u8) -> Part {
        let graph = &self.lowered.graph;
        let node = &graph.nodes[step.weights];
        let groups = |rows: u32| rows.div_ceil(FEEDERS as u32);
        let rows = |node: NodeId| graph.nodes[node].shape.extents()[0];
        if let (MxmFormat::F16 { .. }, (weights, None)) = (step.format, self.held(step)) {
            let first = u32::from(plane) * F16_COLUMNS;
            let count = groups(rows(weights).saturating_sub(first).min(F16_COLUMNS));
            let (source, first, words, stride) = match node.op {
                Op::Broadcast => (node.inputs[0], None, 1, 0),
                _ => (weights, Some(first), count, 1),
            };
            let extract = Extract { section: Section::Plane(plane), packing: Packing::EitherHalf, first, words };
            let run = Run { group: 0, count, home: 0, word: 0, stride };
            let runs = Some(run).filter(|run| 0 < run.count).into_iter().collect();
            return Part { source, extracts: vec![extract], runs };
        }
        let (source, words) = match node.op {
            Op::Copy { .. } => (self.source(step.weights), self.copied_words(&node.inputs)),
            _ => (step.weights, (0..groups(rows(step.weights))).collect()),
        };
        let held = groups(rows(source));
        match step.format {
            MxmFormat::I8 => {
                let packing = Packing::Plane(0);
                let extract = Extract { section: Section::Whole, packing, first: Some(0), words: held };
                Part { source, extracts: vec![extract], runs: runs(&words, held) }
            }
            MxmFormat::F16 { half } => {
                let border = if F16_GROUPS < held { F16_GROUPS } else { held.div_ceil(2) };
                let extract = |part: u8, (first, end): (u32, u32)| Extract {
                    section: Section::Half(half, part),
                    packing: Packing::Half(half),
                    first: Some(first * FEEDERS as u32),
                    words: end - first,
                };
                let parts = [extract(0, (0, border)), extract(1, (border, held))];
                let extracts = parts.into_iter().filter(|extract| 0 < extract.words).collect();
                let own = words.chunks(F16_GROUPS as usize).nth(usize::from(plane)).unwrap_or_default();
                Part { source, extracts, runs: runs(own, border) }
            }
        }
    }

    /// Words of a table that make a tile which repeats some of them.
    fn copied_words(&self, parts: &[NodeId]) -> Vec<u32> {
        let words = |&part: &NodeId| {
            let node = &self.lowered.graph.nodes[part];
            let Op::View(View::Rows { first }) = node.op else { panic!("part {part} of a tile is no run of rows") };
            let first = first / FEEDERS as u32;
            first..first + node.shape.extents()[0] / FEEDERS as u32
        };
        parts.iter().flat_map(words).collect()
    }

    /// The half that has the weights of a step, if one has.
    pub fn half_with(&self, step: &Step) -> Option<Hemisphere> {
        let (weights, half) = self.held(step);
        let (tensor, section) =
            (self.tensor(self.source(weights)), half.map_or(Section::Whole, |half| Section::Half(half, 0)));
        let has = |half: &Hemisphere| self.resident.known(&Lasting::Tile(tensor, *half, section)).is_some();
        Hemisphere::BOTH.into_iter().find(has)
    }

    /// The constant of which a tile has rows.
    fn source(&self, weights: NodeId) -> NodeId {
        let nodes = &self.lowered.graph.nodes;
        match nodes[weights].op {
            Op::Copy { .. } => nodes[nodes[weights].inputs[0]].inputs.first().copied().unwrap_or(weights),
            _ => weights,
        }
    }

    /// The table that a constant is.
    pub fn tensor(&self, source: NodeId) -> TensorId {
        match self.lowered.graph.nodes[source].op {
            Op::Const(ConstSource::Tensor(tensor)) => tensor,
            ref other => panic!("weights of node {source} ({other:?}) are no table"),
        }
    }

    /// Homes of a plane's part of a tile.
    fn tile_homes(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8, part: &Part) -> Vec<Home> {
        let home = |extract: &Extract| self.tile_home(step, (hemisphere, plane), part.source, extract);
        part.extracts.iter().map(home).collect()
    }

    /// The home of a table of int8 that fills one word of each feeder.
    pub fn word_home(&mut self, table: NodeId, hemisphere: Hemisphere) -> Home {
        let step = Step { activation: table, weights: table, block: 0, format: MxmFormat::I8 };
        let extract = Extract { section: Section::Whole, packing: Packing::Plane(0), first: Some(0), words: 1 };
        self.tile_home(&step, (hemisphere, 0), table, &extract)
    }

    fn tile_home(
        &mut self,
        step: &Step,
        (hemisphere, plane): (Hemisphere, u8),
        source: NodeId,
        extract: &Extract,
    ) -> Home {
        let tensor = self.tensor(source);
        let what = |section| Lasting::Tile(tensor, hemisphere, section);
        if let Some(home) = self.resident.known(&what(extract.section)) {
            return home.clone();
        }
        let set = match extract.section {
            // Both planes of a half are loaded at once, from different slices for every second tile.
            Section::Whole => self.set(source, hemisphere, ((plane + step.block as u8) % 2, extract.words)),
            Section::Plane(plane) => plane,
            // Usually the first part goes where there is more room, the other one to where the first is not.
            Section::Half(half, part) => {
                let usual = if part == 0 {
                    let [first, second] = [0, 1].map(|set| self.filled(source, hemisphere, set));
                    u8::from(second < first)
                } else {
                    let first = self.resident.known(&what(Section::Half(half, 0))).expect("the first part has a home");
                    u8::from(first.slices == self.store.feeders(hemisphere, 0))
                };
                self.set(source, hemisphere, (usual, extract.words))
            }
        };
        let content = match extract.first {
            Some(first) => Content::Striped(tensor, first, extract.packing),
            None => Content::Same(tensor, extract.packing),
        };
        let is_layered = self.is_layered(source);
        self.resident.filled(what(extract.section), || {
            let home = if is_layered {
                self.store.layered(Layered::Weights, &self.store.feeders(hemisphere, set), extract.words)
            } else {
                self.store.shared_weights(hemisphere, set, extract.words)
            };
            Piece { content, home, words: extract.words }
        })
    }
}

/// Runs of a plane's groups, which lie in these words of a table whose first `border` words have the first home.
fn runs(words: &[u32], border: u32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (group, &word) in (0..).zip(words) {
        let (home, word) = if word < border { (0, word) } else { (1, word - border) };
        match runs.last_mut() {
            Some(run) if run.home == home && run.word + run.count == word => run.count += 1,
            _ => runs.push(Run { group, count: 1, home, word, stride: 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_lie_one_after_the_other_are_one_run() {
        let run = |group, count, home, word| Run { group, count, home, word, stride: 1 };
        assert_eq!(runs(&[0, 1, 2, 4, 3, 4], 5), [run(0, 3, 0, 0), run(3, 1, 0, 4), run(4, 2, 0, 3)]);
        assert_eq!(runs(&[0, 1, 2, 3], 2), [run(0, 2, 0, 0), run(2, 2, 1, 0)]);
    }
}
