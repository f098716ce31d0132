//! Weight tiles: where their words lie, and how they get into a plane's buffer.
//!
//! In: a step of a contraction and its plane.  Out: a Load with the 16 reads that feed it.
//! Invariant: word w of feeder k is row `16 w + k` of the tile's table; what a tile repeats is stored once and read again.
//! Method: the rows of a tile are runs of a table; every run is a burst of each feeder, one right after the other.

use super::chain::{Chain, ChainFlow, Draft, Event, FlowIndex, Issuer};
use super::mxm::Step;
use super::search::{Place, place, place_until};
use super::{Content, Piece, Scheduler};
use crate::CompileError;
use crate::place::{FEEDERS, Home, Layered};
use arch::{Hemisphere, Queue, SliceId};
use graph::{ConstSource, NodeId, Op, View};
use program::{Address, MxmFormat, Packing};

/// Columns that one plane contributes to an f16 result.
const F16_COLUMNS: u32 = 160;

/// Groups of 16 columns of a tile whose words lie one after the other.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// First group in the plane.
    group: u32,
    /// Number of groups.
    count: u32,
    /// Word of the first one after the tile's home, and words from one to the next.
    word: u32,
    stride: i16,
}

impl Run {
    /// What is left of it after its first `count` groups.
    fn after(self, count: u32) -> Run {
        let (group, word) = (self.group + count, self.word + count * self.stride as u32);
        Run { group, word, count: self.count - count, ..self }
    }
}

/// How many words a plane's feeders may hold more than those of the plane beside it.
const UNEVEN_WORDS: u32 = 20;

/// What a plane's part of a tile is made of.
struct Part {
    /// The constant that holds its rows.
    source: NodeId,
    packing: Packing,
    /// Its row 0 in the source; nothing for a source of one row that is every row.
    first: Option<u32>,
    words: u32,
    runs: Vec<Run>,
}

impl Scheduler<'_> {
    /// Words of a feeder set that compete with the tile for space.
    pub fn filled(&self, weights: NodeId, hemisphere: Hemisphere, set: u8) -> u32 {
        let (layered, shared) = self.store.filled(hemisphere, set);
        if self.is_layered(weights) { layered } else { shared }
    }

    /// The slices that will hold a tile: both planes of a half are loaded at once, from different slices for every second tile, unless the
    /// other ones are much emptier.
    fn feeders(&self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Vec<SliceId> {
        let preferred = if step.format == MxmFormat::I8 { (plane + step.block as u8) % 2 } else { plane };
        let [own, other] = [preferred, 1 - preferred].map(|set| self.filled(step.weights, hemisphere, set));
        let is_int8 = step.format == MxmFormat::I8;
        let set = if is_int8 && other + UNEVEN_WORDS < own { 1 - preferred } else { preferred };
        self.store.feeders(hemisphere, set)
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
        let part = self.part(step, plane);
        if part.runs.is_empty() {
            return Ok((free, after));
        }
        let home = self.tile_home(step, hemisphere, plane, &part);
        let (mut free, mut after) = (free, after);
        for run in &part.runs {
            let mut rest = *run;
            while 0 < rest.count {
                let placed = self.plan.len();
                let (found, count) = self.load_some(&home, rest, (hemisphere, plane), (free, label))?;
                self.block(placed, after.filter(|_| found.origin == free), &found);
                (free, after) = (found.origin + i64::from(count), Some(self.plan.len() - 1));
                rest = rest.after(count);
            }
        }
        Ok((free, after))
    }

    /// Places as many groups of a run as can go at once, from the first cycle on in which one can: activations on their way hold up
    /// single groups, not whole tiles. Returns when, and how many.
    fn load_some(
        &mut self,
        home: &Home,
        run: Run,
        plane: (Hemisphere, u8),
        (free, label): (i64, u16),
    ) -> Result<(Place, u32), CompileError> {
        for count in (2..=run.count).rev() {
            let chain = self.load_chain(home, Run { count, ..run }, plane, label);
            if let Ok(found) = place_until(self.chip, &mut self.table, &mut self.plan, &chain, (free, free)) {
                return Ok((found, count));
            }
        }
        let chain = self.load_chain(home, Run { count: 1, ..run }, plane, label);
        Ok((place(self.chip, &mut self.table, &mut self.plan, &chain, free)?, 1))
    }

    fn load_chain(&self, home: &Home, run: Run, (hemisphere, plane): (Hemisphere, u8), label: u16) -> Chain {
        let mut chain = Chain::default();
        let flows = self.feed(&mut chain, home, &run, (hemisphere, plane), label);
        let issuer = Issuer::Queue(Queue::MxmWeights(hemisphere, plane));
        let draft = Draft::Load(run.group as u8, flows);
        chain.push(Event { count: run.count, ..Event::once(issuer, 0, draft, label) });
        chain
    }

    /// Reads of 16 feeders and their flows to the plane, for the groups of a run: the first one arrives in cycle 0 of the chain.
    fn feed(
        &self,
        chain: &mut Chain,
        home: &Home,
        run: &Run,
        (hemisphere, plane): (Hemisphere, u8),
        label: u16,
    ) -> Vec<FlowIndex> {
        let geometry = self.table.geometry();
        let (direction, station) = (hemisphere.outward(), geometry.mxm(hemisphere));
        let address = Address { offset: home.address.offset + run.word as u16, stride: run.stride, ..home.address };
        let feeder = |(index, &slice): (usize, &SliceId)| {
            let from = geometry.slice(slice);
            let travel = geometry.travel(direction, from, station).expect("feeders lie before their plane");
            let departs = -i64::from(travel);
            let flow = chain.flow(ChainFlow {
                direction,
                bytes: vec![(from, departs)],
                drivers: vec![chain.events.len()],
                to: station,
                length: i64::from(run.count),
                exactly: Some(plane * FEEDERS as u8 + index as u8),
            });
            let dispatch = departs - i64::from(self.chip.latency.mem_read);
            chain.push(Event {
                count: run.count,
                banks: self.banks(address, run.count),
                ..Event::once(Issuer::Queue(Queue::MemRead(slice)), dispatch, Draft::Read(address, (flow, 0)), label)
            });
            flow
        };
        home.slices.iter().enumerate().map(feeder).collect()
    }

    fn part(&self, step: &Step, plane: u8) -> Part {
        let node = &self.lowered.graph.nodes[step.weights];
        let rows = node.shape.extents()[0];
        let (first, count) = match step.format {
            MxmFormat::I8 => (0, rows),
            MxmFormat::F16 { .. } => {
                let first = u32::from(plane) * F16_COLUMNS;
                (first, rows.saturating_sub(first).min(F16_COLUMNS))
            }
        };
        let groups = count.div_ceil(FEEDERS as u32);
        let packing = if step.format == MxmFormat::I8 { Packing::Plane(0) } else { Packing::EitherHalf };
        let whole = |stride| Run { group: 0, count: groups, word: 0, stride };
        let (source, first, words, mut runs) = match node.op {
            Op::Broadcast => (node.inputs[0], None, 1, vec![whole(0)]),
            Op::Copy { .. } => {
                let runs = self.copied_runs(&node.inputs);
                let source = self.lowered.graph.nodes[node.inputs[0]].inputs[0];
                let rows = self.lowered.graph.nodes[source].shape.extents()[0];
                (source, Some(0), rows.div_ceil(FEEDERS as u32), runs)
            }
            _ => (step.weights, Some(first), groups, vec![whole(1)]),
        };
        runs.retain(|run| 0 < run.count);
        Part { source, packing, first, words, runs }
    }

    /// Runs of an int8 tile that repeats rows of its table.
    fn copied_runs(&self, parts: &[NodeId]) -> Vec<Run> {
        let mut group = 0;
        let run = |&part: &NodeId| {
            let node = &self.lowered.graph.nodes[part];
            let Op::View(View::Rows { first }) = node.op else { panic!("part {part} of a tile is no run of rows") };
            let count = node.shape.extents()[0] / FEEDERS as u32;
            let run = Run { group, count, word: first / FEEDERS as u32, stride: 1 };
            group += count;
            run
        };
        parts.iter().map(run).collect()
    }

    /// Home of a plane's part of a tile.
    fn tile_home(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8, part: &Part) -> Home {
        // An int8 tile is the same for both planes of a half, and so are tiles made of the same rows.
        let key = match step.format {
            MxmFormat::I8 => (part.source, hemisphere, 0),
            MxmFormat::F16 { .. } => (step.weights, hemisphere, plane),
        };
        if let Some(home) = self.tiles.get(&key) {
            return home.clone();
        }
        let Op::Const(ConstSource::Tensor(tensor)) = self.lowered.graph.nodes[part.source].op else {
            panic!("weights of node {} are no table", step.weights);
        };
        let feeders = self.feeders(step, hemisphere, plane);
        let home = if self.is_layered(part.source) {
            self.store.layered(Layered::Weights, &feeders, part.words)
        } else {
            self.store.shared(&feeders, part.words)
        };
        let content = match part.first {
            Some(first) => Content::Striped(tensor, first, part.packing),
            None => Content::Same(tensor, part.packing),
        };
        self.pieces.push(Piece { content, home: home.clone(), words: part.words });
        self.tiles.insert(key, home.clone());
        home
    }
}
