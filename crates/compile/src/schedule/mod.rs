//! Places every kernel in time and space, stage by stage.
//!
//! In: a lowered model, for one number of positions or for several, the greatest first.  Out: planned bursts per stage, homes of everything in SRAM.
//! Invariant: a read of a word comes after its write; a plane's tiles, activations and accumulators follow one another in order. What
//!     lies in SRAM between tokens has one home, whichever program runs; scratch of one program lies where that of another does.
//! Method: list scheduling in the order of the work list: each kernel is a rigid chain placed at the first cycle at which its inputs
//!     are there and everything it needs is free. Weights go ahead of need because a plane's buffer is free long before.

pub mod chain;
mod dag;
mod exchange;
mod fed;
pub mod feeders;
mod fetch;
mod kernel;
mod leaf;
mod leave;
mod mxm;
pub mod reserve;
mod resident;
pub mod search;
mod shuffle;
mod store;
mod weights;
mod wiring;

pub use chain::Planned;
pub use search::Busied;

use crate::CompileError;
use crate::here::Block;
use crate::kernel::{Place, Stage, Work};
use crate::lower::Lowered;
use crate::place::{Home, Layered, Region, Store};
use crate::why::{Cause, Need, Placement, Why};
use arch::{Chip, Hemisphere, Latencies, Queue, SliceId};
use fed::Fed;
use graph::{ConstSource, DType, NodeId, Op, TensorId, View};
use leave::Past;
use mxm::{LastStep, Plane};
use program::{Address, Label, LabelKind, LaneMap, Packing};
use reserve::Reservations;
use resident::{Lasting, Resident};
use std::collections::BTreeMap;
use units::Cycles;

/// A table or state and its home; per-layer ones stand for all layers.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What lies there.
    pub content: Content,
    /// Slices with the word of row 0 of each.
    pub home: Home,
    /// Words per slice.
    pub words: u32,
}

/// What a piece holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Byte k of each element in slice k.
    Planes(TensorId),
    /// Row `first + 16 w + k` in word w of slice k.
    Striped(TensorId, u32, Packing),
    /// Row 0 in every slice.
    Same(TensorId, Packing),
    /// Byte k of each element of a state in slice k.
    State(NodeId),
    /// Byte k of each element of an input in slice k, written by the host.
    Input(String),
    /// The address map of rows from this word on, written by the host.
    Map(Address),
}

/// A stage with its bursts.
pub struct Planning {
    /// Name of the template.
    pub name: String,
    /// Bursts.
    pub plan: Vec<Planned>,
    /// Cycles from its start to that of the next one.
    pub length: Cycles,
    /// Names.
    pub labels: Vec<Label>,
}

/// The whole model, placed.
pub struct Scheduled {
    /// Token, layer if there is one, and head if there is one.
    pub stages: Vec<Planning>,
    /// What its permuters do with lanes.
    pub maps: Vec<LaneMap>,
    /// Why each is as long as it is.
    pub why: Vec<Why>,
    /// Contents of SRAM.
    pub pieces: Vec<Piece>,
    /// Per-layer regions of weights, constants, caches.
    pub regions: [Region; 3],
    /// Homes of the first chip's outputs.
    pub outputs: Vec<Home>,
    /// Number of layers.
    pub layers: u32,
}

/// An end of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// Rows of a value and the first cycle in which a read of the first of them may be dispatched, one more per row.
#[derive(Clone, Copy, Debug)]
struct Ready {
    row: i64,
    /// How many; nothing where data says which row.
    rows: Option<u32>,
    cycle: i64,
    /// Who writes it.
    chain: usize,
}

/// When what a burst does is done: its queue is free, and what it wrote can be read by the next stage's first cycle.
pub fn done(planned: &Planned, latency: &Latencies) -> Cycles {
    let end = planned.cycle as u64 + planned.burst.length().0;
    Cycles(match planned.queue {
        Queue::MemWrite(_) => end - 1 + u64::from(latency.mem_write),
        _ => end,
    })
}

/// Cycles until all that is planned is done, at least 1.
pub fn length(plans: &[Vec<Planned>], latency: &Latencies) -> Cycles {
    plans.iter().flatten().map(|planned| done(planned, latency)).max().unwrap_or(Cycles(1))
}

/// State of the scheduler.
struct Scheduler<'a> {
    chip: &'a Chip,
    lowered: &'a Lowered,
    table: Reservations,
    plan: Vec<Planned>,
    store: Store,
    homes: BTreeMap<NodeId, Home>,
    /// Second homes, in the other half.
    seconds: BTreeMap<NodeId, Home>,
    ready: BTreeMap<NodeId, Vec<Ready>>,
    /// Bytes of nodes that lie as weights.
    fed: BTreeMap<(NodeId, u8), Fed>,
    planes: BTreeMap<(Hemisphere, u8), Plane>,
    /// Contractions that wait for the last step of each: others with the same weights have been given theirs.
    prepared: BTreeMap<NodeId, LastStep>,
    /// Contractions of many rows so far.
    turns: u32,
    resident: Resident,
    /// Bytes of nodes of which only digits are taken.
    digits: BTreeMap<NodeId, usize>,
    maps: BTreeMap<NodeId, Home>,
    pieces: Vec<Piece>,
    labels: Vec<Label>,
    chains: Vec<Placement>,
    /// Bursts of each chain.
    bursts: Vec<(usize, usize)>,
    blocks: Vec<Block>,
    why: Vec<Why>,
    past: Past,
}

/// Places everything: for each program its plan, and for all of them together what lies in SRAM.
///
/// Errors: `Memory` and `Infeasible`.
pub fn schedule(chip: &Chip, programs: &[Lowered]) -> Result<Vec<Scheduled>, CompileError> {
    let widest = programs.first().expect("there is a program");
    let (mut store, mut resident) = (Store::new(chip, widest.cached)?, Resident::default());
    widest.lives.iter().for_each(|lives| store.use_again(&lives.kept, lives.weights));
    let mut all = Vec::new();
    for lowered in programs {
        let mut scheduler = Scheduler::new(chip, lowered, store, resident);
        all.push(scheduler.program()?);
        (store, resident) = (scheduler.store, scheduler.resident);
        store.next_program();
    }
    let regions = store.regions(widest.layers)?;
    for scheduled in &mut all {
        scheduled.regions = regions;
        scheduled.pieces.extend(resident.pieces.iter().cloned());
    }
    Ok(all)
}

impl<'a> Scheduler<'a> {
    fn new(chip: &'a Chip, lowered: &'a Lowered, store: Store, resident: Resident) -> Self {
        Scheduler {
            chip,
            lowered,
            table: Reservations::new(chip),
            plan: Vec::new(),
            store,
            homes: BTreeMap::new(),
            seconds: BTreeMap::new(),
            ready: BTreeMap::new(),
            fed: BTreeMap::new(),
            planes: BTreeMap::new(),
            prepared: BTreeMap::new(),
            turns: 0,
            resident,
            digits: digits(lowered),
            maps: BTreeMap::new(),
            pieces: Vec::new(),
            labels: Vec::new(),
            chains: Vec::new(),
            bursts: Vec::new(),
            blocks: Vec::new(),
            why: Vec::new(),
            past: Past::default(),
        }
    }

    /// One program; its regions and the tables of all programs are known later.
    fn program(&mut self) -> Result<Scheduled, CompileError> {
        let lowered = self.lowered;
        let (sent, computed): (Vec<_>, Vec<_>) =
            lowered.homes.iter().copied().partition(|&(_, other)| self.is_sent(other));
        self.receive()?;
        self.residual_homes(&sent)?;
        let token = self.stage(&lowered.token, &[Edge::End])?;
        self.residual_homes(&computed)?;
        let edges: &[Edge] = if lowered.head.is_some() { &[Edge::Start, Edge::End] } else { &[Edge::Start] };
        let layer = (0 < lowered.layers).then(|| self.stage(&lowered.layer, edges)).transpose()?;
        let head = lowered.head.as_ref().map(|head| self.stage(head, &[Edge::Start])).transpose()?;
        let own = lowered.graph.outputs.len() / lowered.twins.layers.first().map_or(1, Vec::len);
        let outputs = lowered.graph.outputs[..own].iter().map(|(_, id)| self.home(*id)).collect::<Result<_, _>>()?;
        Ok(Scheduled {
            stages: [token].into_iter().chain(layer).chain(head).collect(),
            maps: lowered.maps.clone(),
            regions: Default::default(),
            why: std::mem::take(&mut self.why),
            pieces: std::mem::take(&mut self.pieces),
            outputs,
            layers: lowered.layers,
        })
    }
}

/// Nodes that are taken as digits, and how many.
fn digits(lowered: &Lowered) -> BTreeMap<NodeId, usize> {
    let views = lowered.graph.nodes.iter().filter_map(|(_, node)| match node.op {
        Op::View(View::Digits { count }) => Some((node.inputs[0], usize::from(count))),
        _ => None,
    });
    // Of several views of a node the first one counts.
    views.rev().collect()
}

impl Scheduler<'_> {
    /// Whether the host sends a value.
    fn is_sent(&self, node: NodeId) -> bool {
        matches!(self.lowered.graph.nodes[node].op, Op::Input { .. })
    }

    /// The residual's tiles keep their homes from layer to layer.
    fn residual_homes(&mut self, homes: &[(NodeId, NodeId)]) -> Result<(), CompileError> {
        for &(node, other) in homes {
            let home = self.home(other)?;
            self.homes.insert(node, home);
            if let Some(second) = self.seconds.get(&other) {
                self.seconds.insert(node, second.clone());
            }
        }
        Ok(())
    }

    /// Places a stage that finds or leaves the ones of the norm installed at these of its edges.
    fn stage(&mut self, stage: &Stage, installed: &[Edge]) -> Result<Planning, CompileError> {
        self.table = Reservations::new(self.chip);
        self.ready.clear();
        self.planes.clear();
        self.turns = 0;
        self.past.begin();
        self.store.begin();
        let ones = |edge: Edge| self.lowered.ones.filter(|_| installed.contains(&edge));
        if let Some(ones) = ones(Edge::Start) {
            self.found_installed(ones);
        }
        for work in &stage.work {
            let start = self.plan.len();
            match work {
                Work::Kernel(kernel) => self.kernel(kernel)?,
                Work::Fetch(fetch) => self.fetch(fetch)?,
                Work::Exchange(exchange) => self.exchange(exchange)?,
                Work::Shuffle(shuffle) => self.shuffle(shuffle)?,
            }
            self.leave(start)?;
        }
        if let Some(ones) = ones(Edge::End) {
            self.leave_installed(ones)?;
        }
        let plan = std::mem::take(&mut self.plan);
        let done = |planned: &Planned| done(planned, &self.chip.latency);
        let length = plan.iter().map(done).max().unwrap_or(Cycles(1));
        let bursts = std::mem::take(&mut self.bursts);
        let chains = std::mem::take(&mut self.chains);
        let mut why = Why::new((&stage.name, self.chip), chains, (&plan, &bursts), length);
        why.blocks = std::mem::take(&mut self.blocks);
        self.why.push(why);
        Ok(Planning { name: stage.name.clone(), plan, length, labels: std::mem::take(&mut self.labels) })
    }

    /// Whether a node belongs to the first layer and so stands for one of every layer.
    fn is_layered(&self, node: NodeId) -> bool {
        self.lowered.layer.nodes.contains(node.index() as u64)
    }

    /// The home of a value that exists before the stage: constant, input or state; or that an earlier kernel stored.
    fn home(&mut self, id: NodeId) -> Result<Home, CompileError> {
        if let Some(home) = self.homes.get(&id) {
            return Ok(home.clone());
        }
        let node = &self.lowered.graph.nodes[id];
        let rows = node.shape.extents()[0];
        let bytes = node.dtype.bytes() as usize;
        let home = match &node.op {
            Op::Const(ConstSource::Tensor(tensor)) => self.table_home((id, *tensor), node.dtype, rows),
            Op::Input { name } => {
                let place = self.lowered.places.get(&id).copied().unwrap_or(Place::WestNear);
                let home = self.store.scratch(place, bytes, rows, self.bank_asked(id));
                self.pieces.push(Piece { content: Content::Input(name.clone()), home: home.clone(), words: rows });
                home
            }
            Op::State { name } => {
                let place = self.lowered.places.get(&id).copied().unwrap_or(Place::CacheWest);
                let slices = self.store.slices(place)[..bytes].to_vec();
                // Without layers there is no base that differs from one to the next.
                let fresh = || match self.lowered.layers {
                    0 => self.store.shared(&slices, rows),
                    _ => self.store.layered(Layered::Caches, &slices, rows),
                };
                let home = self.resident.home(Lasting::State(name.clone()), fresh);
                self.pieces.push(Piece { content: Content::State(id), home: home.clone(), words: rows });
                home
            }
            Op::Copy { .. } if self.is_sent(node.inputs[0]) => self.sent_rows(id, &node.inputs),
            // A cache is changed where it lies, row after row.
            Op::Scatter | Op::Copy { .. } => return self.home(node.inputs[0]),
            Op::View(View::Rows { first }) => {
                let (rows, home) = (*first as u16, self.home(node.inputs[0])?);
                return Ok(Home { address: Address { offset: home.address.offset + rows, ..home.address }, ..home });
            }
            other => panic!("node {id} ({other:?}) is read before a kernel stores it"),
        };
        self.homes.insert(id, home.clone());
        Ok(home)
    }

    /// The bank in which what is sent should lie.
    fn bank_asked(&self, id: NodeId) -> u16 {
        self.lowered.lives.as_ref().and_then(|lives| lives.banks.get(&id)).copied().unwrap_or(0)
    }

    /// The home of rows that the host sends one by one.
    fn sent_rows(&mut self, id: NodeId, rows: &[NodeId]) -> Home {
        let place = self.lowered.places.get(&id).copied().unwrap_or(Place::WestNear);
        let bytes = self.lowered.graph.nodes[id].dtype.bytes() as usize;
        let home = self.store.scratch(place, bytes, rows.len() as u32, self.bank_asked(id));
        for (row, &input) in rows.iter().enumerate() {
            let Op::Input { name } = &self.lowered.graph.nodes[input].op else { panic!("row {row} is not sent") };
            let address = Address { offset: home.address.offset + row as u16, ..home.address };
            let home = Home { address, ..home.clone() };
            self.pieces.push(Piece { content: Content::Input(name.clone()), home: home.clone(), words: 1 });
            self.homes.insert(input, home);
        }
        home
    }

    /// The home of a table whose rows are read whole.
    fn table_home(&mut self, (id, tensor): (NodeId, TensorId), dtype: DType, rows: u32) -> Home {
        let is_layered = self.is_layered(id);
        let usual = if is_layered { Place::WestNear } else { Place::EastNear };
        let place = self.lowered.places.get(&id).copied().unwrap_or(usual);
        let slices = self.store.slices(place)[..dtype.bytes() as usize].to_vec();
        self.resident.table(tensor, rows, || {
            if is_layered {
                self.store.layered(Layered::Constants, &slices, rows)
            } else {
                self.store.shared(&slices, rows)
            }
        })
    }

    /// The word that holds the address map of `table`, in `slice`.
    fn map_home(&mut self, table: NodeId, slice: SliceId) -> Result<Home, CompileError> {
        if let Some(home) = self.maps.get(&table) {
            return Ok(home.clone());
        }
        let target = self.home(table)?;
        let rows = target.address;
        let is_layered = self.is_layered(table);
        let home = self.resident.home(Lasting::Map(target, slice), || {
            if is_layered {
                self.store.layered(Layered::Constants, &[slice], 1)
            } else {
                self.store.shared(&[slice], 1)
            }
        });
        self.pieces.push(Piece { content: Content::Map(rows), home: home.clone(), words: 1 });
        self.maps.insert(table, home.clone());
        Ok(home)
    }

    /// From when on a burst that reads rows `first ..`, one per cycle, may be dispatched, one need for each chain that writes them.
    fn written(&self, id: NodeId, first: u32) -> Vec<Need> {
        let need = |ready: &Ready| {
            let after = i64::from(first) - ready.row;
            let after = match ready.rows {
                Some(rows) if i64::from(rows) <= after => return None,
                Some(_) => after,
                None => after.min(0),
            };
            Some(Need { cause: Cause::Value(ready.chain), earliest: ready.cycle + after })
        };
        let own = self.ready.get(&id).into_iter().flatten().filter_map(need);
        let node = &self.lowered.graph.nodes[id];
        match node.op {
            Op::Scatter => own.chain(self.written(node.inputs[0], first)).collect(),
            Op::View(View::Rows { first: skipped }) => {
                own.chain(self.written(node.inputs[0], skipped + first)).collect()
            }
            Op::Copy { .. } => {
                let is_scatter = |input: &&NodeId| matches!(self.lowered.graph.nodes[**input].op, Op::Scatter);
                let scatters = node.inputs.iter().filter(is_scatter);
                own.chain(scatters.flat_map(|&scatter| self.written(scatter, first))).collect()
            }
            _ => own.collect(),
        }
    }

    fn label(&mut self, node: NodeId, kind: LabelKind, tile: u16, block: u16) -> u16 {
        let part = self.lowered.graph.nodes[node].origin.part.clone();
        let label = Label { part, kind, tile, block };
        let place = self.labels.iter().position(|other| *other == label);
        place.unwrap_or_else(|| {
            self.labels.push(label);
            self.labels.len() - 1
        }) as u16
    }
}

impl Scheduler<'_> {
    /// Home of a table from which rows are fetched by position.
    fn fetch_table(&mut self, table: NodeId, place: Place) -> Result<Home, CompileError> {
        let node = &self.lowered.graph.nodes[table];
        if let Op::View(View::Rows { .. }) = node.op {
            self.fetch_table(node.inputs[0], place)?;
            return self.home(table);
        }
        let Op::Const(ConstSource::Tensor(tensor)) = node.op else { panic!("node {table} is no table") };
        let rows = node.shape.extents()[0];
        let slices = self.store.slices(place)[..node.dtype.bytes() as usize].to_vec();
        let home = self.resident.table(tensor, rows, || self.store.shared(&slices, rows));
        self.homes.insert(table, home.clone());
        Ok(home)
    }
}
