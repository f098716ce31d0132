//! Places the work of a network in time and space.
//!
//! In: lowered work in order.  Out: bursts, homes of everything in SRAM, why it is as long as it is.
//! Invariant: a word is read after it was written; weights, activations and sums of a plane follow one another in order.
//! Method: list scheduling: each rigid chain goes to the first cycle at which its inputs are there and everything it needs is free.
//!     Chains, reservations and search are those of all models.

mod contract;
mod drawn;
mod load;
mod vector;

use super::image::BandId;
use super::lower::{Lowered, Work};
use super::slices::Slices;
use crate::CompileError;
use crate::error::Resident;
use crate::here::Block;
use crate::place::Home;
use crate::schedule::chain::Chain;
use crate::schedule::search::{Place, place};
use crate::schedule::{Content, Piece, Planned, Planning, Scheduled, done, reserve::Reservations};
use crate::why::{Placement, Why};
use arch::{Chip, Hemisphere, SliceId};
use graph::{ConstSource, NodeId, Op, TensorId};
use load::Plane;
use program::{Label, LabelKind, Packing};
use std::collections::BTreeMap;
use units::{Cycles, Order};

/// The first origin that a burst of the plan leaves to a chain, and that burst.
type Binding = (i64, usize);

/// A copy of a band.
#[derive(Clone, Debug)]
struct Copied {
    home: Home,
    /// First cycle in which its first row can be read, each further row a cycle later.
    ready: i64,
}

/// Copies of a band, and the chain that wrote them.
#[derive(Clone, Debug, Default)]
struct Made {
    copies: Vec<Copied>,
    chain: Option<usize>,
}

/// State of the scheduler.
struct Scheduler<'a> {
    chip: &'a Chip,
    lowered: &'a Lowered,
    table: Reservations,
    plan: Vec<Planned>,
    slices: Slices,
    made: BTreeMap<BandId, Made>,
    weights: BTreeMap<(NodeId, Hemisphere), Home>,
    tables: BTreeMap<(NodeId, SliceId), Home>,
    zeros: BTreeMap<(u32, SliceId), Home>,
    planes: BTreeMap<(Hemisphere, u8), Plane>,
    pieces: Vec<Piece>,
    labels: BTreeMap<Label, u16>,
    chains: Vec<Placement>,
    /// Bursts of the plan by chain: the first, and one past the last.
    bursts: Vec<(usize, usize)>,
    /// All rigid chains, those of weights too.
    blocks: Vec<Block>,
    outputs: Vec<Home>,
}

/// Places all work as one stage of this name.
///
/// Errors: `Machine`, `Memory` and `Infeasible`.
pub fn schedule(chip: &Chip, lowered: &Lowered, name: &str) -> Result<Scheduled, CompileError> {
    let mut scheduler = Scheduler {
        chip,
        lowered,
        table: Reservations::new(chip),
        plan: Vec::new(),
        slices: Slices::new(chip)?,
        made: BTreeMap::new(),
        weights: BTreeMap::new(),
        tables: BTreeMap::new(),
        zeros: BTreeMap::new(),
        planes: BTreeMap::new(),
        pieces: Vec::new(),
        labels: BTreeMap::new(),
        chains: Vec::new(),
        bursts: Vec::new(),
        blocks: Vec::new(),
        outputs: Vec::new(),
    };
    scheduler.sent()?;
    for work in &lowered.work {
        match work {
            Work::Round(round) => scheduler.round(round)?,
            Work::Shifted(shifted) => scheduler.shifted(shifted)?,
        }
    }
    Ok(scheduler.finished(name))
}

impl Scheduler<'_> {
    /// Homes of what the host sends.
    fn sent(&mut self) -> Result<(), CompileError> {
        let lowered = self.lowered;
        for (band, rows) in &lowered.sent {
            let slices = self.band_slices(*band);
            let home = self.slices.take(&slices, rows.len() as u32, Resident::Scratch)?;
            for (row, &input) in (0..).zip(rows) {
                let Op::Input { name } = &lowered.graph.nodes[input].op else { panic!("row {row} is not sent") };
                let mut own = home.clone();
                own.address.offset += row;
                self.pieces.push(Piece { content: Content::Input(name.clone()), home: own, words: 1 });
            }
            self.made.insert(*band, Made { copies: vec![Copied { home, ready: 0 }], chain: None });
        }
        Ok(())
    }

    fn band_slices(&self, band: BandId) -> Vec<SliceId> {
        let band = &self.lowered.bands[band];
        self.slices.pixels(band.half, &band.slices)
    }

    /// The label of what is called after the part of `node`.
    fn label(&mut self, node: NodeId, kind: LabelKind) -> u16 {
        let part = self.lowered.graph.nodes[node].origin.part.clone();
        let next = self.labels.len() as u16;
        *self.labels.entry(Label { part, kind, tile: 0, block: 0 }).or_insert(next)
    }

    /// The table that a constant is.
    fn tensor(&self, node: NodeId) -> TensorId {
        match self.lowered.graph.nodes[node].op {
            Op::Const(ConstSource::Tensor(tensor)) => tensor,
            ref other => panic!("node {node} ({other:?}) is no table"),
        }
    }

    /// The word of zeros of a slice, for rows of so many lanes.
    fn zeros_home(&mut self, lanes: u32, slice: SliceId) -> Result<Home, CompileError> {
        if let Some(home) = self.zeros.get(&(lanes, slice)) {
            return Ok(home.clone());
        }
        let home = self.slices.take(&[slice], 1, Resident::Tables)?;
        let content = Content::Same(self.tensor(self.lowered.zeros[&lanes]), Packing::Plane(0));
        self.pieces.push(Piece { content, home: home.clone(), words: 1 });
        self.zeros.insert((lanes, slice), home.clone());
        Ok(home)
    }

    /// The home of a row of a table in these slices.
    fn row_home(&mut self, table: NodeId, slices: &[SliceId]) -> Result<Home, CompileError> {
        if let Some(home) = self.tables.get(&(table, slices[0])) {
            return Ok(home.clone());
        }
        let home = self.slices.take(slices, 1, Resident::Constants)?;
        self.pieces.push(Piece { content: Content::Planes(self.tensor(table)), home: home.clone(), words: 1 });
        self.tables.insert((table, slices[0]), home.clone());
        Ok(home)
    }

    /// Places a rigid chain that needs each of these bursts of the plan, and from that origin on; notes what binds it.
    fn block(&mut self, chain: &Chain, needs: &[Binding]) -> Result<Place, CompileError> {
        let latest = needs.iter().copied().max();
        let earliest = latest.map_or(chain.earliest(), |(origin, _)| origin.max(chain.earliest()));
        let start = self.plan.len();
        let found = place(self.chip, &mut self.table, &mut self.plan, chain, earliest)?;
        let after =
            latest.filter(|&(origin, _)| origin == found.origin && chain.earliest() < origin).map(|(_, burst)| burst);
        self.blocks.push(Block { bursts: (start, self.plan.len()), after, busied: found.busied });
        Ok(found)
    }

    fn finished(self, name: &str) -> Scheduled {
        let latency = &self.chip.latency;
        let length = self.plan.iter().map(|planned| done(planned, latency)).max().unwrap_or(Cycles(1));
        let mut why = Why::new((name, self.chip), self.chains, (&self.plan, &self.bursts), length);
        why.blocks = self.blocks;
        let mut labels: Vec<(u16, Label)> = self.labels.into_iter().map(|(label, number)| (number, label)).collect();
        labels.order();
        let labels = labels.into_iter().map(|(_, label)| label).collect();
        Scheduled {
            stages: vec![Planning { name: name.to_owned(), plan: self.plan, length, labels }],
            why: vec![why],
            pieces: self.pieces,
            regions: Default::default(),
            maps: Vec::new(),
            outputs: self.outputs,
            layers: 0,
        }
    }
}
