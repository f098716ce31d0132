//! Weights on their way into the planes of a half.
//!
//! In: the weights of a step and the planes that need them.  Out: reads, Loads and Installs.
//! Invariant: a plane's buffer is loaded after its last Install, and becomes its array after its last Activate.
//! Method: word w of feeder k is row `16 w + k` of the table, as of all models. Sixteen streams are heard by both planes: one burst of reads
//!     fills both buffers.

use super::{Binding, Scheduler};
use crate::CompileError;
use crate::error::Resident;
use crate::place::{FEEDERS, Home};
use crate::schedule::chain::{Chain, Draft, Event, Issuer};
use crate::schedule::feeders::{Words, feed};
use crate::schedule::{Content, Piece};
use arch::{Hemisphere, Queue};
use graph::NodeId;
use program::{Address, LabelKind, Packing};

/// The first of the streams that both planes of a half hear.
const SHARED_FROM: u8 = FEEDERS as u8;

/// What a plane holds and from when on it is free.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    /// The Install after which the buffer is loaded, and from when on.
    installed: Option<Binding>,
    array: Option<NodeId>,
    /// The Install of the array, and from when on it can be activated.
    pub ready: Option<Binding>,
    /// The last Activate, and the first cycle after it.
    pub activated: Option<Binding>,
    /// The chain that activated it last.
    pub user: Option<usize>,
}

impl Scheduler<'_> {
    /// Loads and installs `weights` in those of the planes that do not have them.
    pub fn tile(&mut self, weights: NodeId, half: Hemisphere, planes: &[u8]) -> Result<(), CompileError> {
        let state = |plane: &u8| self.planes.get(&(half, *plane)).cloned().unwrap_or_default();
        let lacking: Vec<u8> = planes.iter().copied().filter(|plane| state(plane).array != Some(weights)).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let free: Vec<Binding> = lacking.iter().filter_map(|plane| state(plane).installed).collect();
        let home = self.tile_home(weights, half)?;
        let label = self.label(weights, LabelKind::Weights);
        let count = self.groups(weights);
        let chain = self.load_chain(&home, (half, &lacking), (count, label));
        let start = self.plan.len();
        let loaded = self.block(&chain, &free)?.origin + i64::from(count);
        for plane in lacking {
            let mut chain = Chain::default();
            chain.push(Event::once(Issuer::Queue(Queue::MxmWeights(half, plane)), 0, Draft::Install, label));
            let load = self.burst_of(Queue::MxmWeights(half, plane), start);
            let activated = self.planes.get(&(half, plane)).and_then(|plane| plane.activated);
            let needs: Vec<Binding> = activated.into_iter().chain([(loaded, load)]).collect();
            let (install, origin) = (self.plan.len(), self.block(&chain, &needs)?.origin);
            let state = self.planes.entry((half, plane)).or_default();
            state.installed = Some((origin + 1, install));
            state.array = Some(weights);
            state.ready = Some((origin + i64::from(self.chip.latency.mxm_install), install));
        }
        Ok(())
    }

    /// Groups of 16 columns of a tile.
    fn groups(&self, weights: NodeId) -> u32 {
        self.lowered.graph.nodes[weights].shape.extents()[0].div_ceil(FEEDERS as u32)
    }

    fn tile_home(&mut self, weights: NodeId, half: Hemisphere) -> Result<Home, CompileError> {
        if let Some(home) = self.weights.get(&(weights, half)) {
            return Ok(home.clone());
        }
        let words = self.groups(weights);
        let home = self.slices.take(&self.slices.feeders(half), words, Resident::Weights)?;
        let content = Content::Striped(self.tensor(weights), 0, Packing::Plane(0));
        self.pieces.push(Piece { content, home: home.clone(), words });
        self.weights.insert((weights, half), home.clone());
        Ok(home)
    }

    /// Reads of 16 feeders, heard by all these planes: the first Load lies in cycle 0.
    fn load_chain(&self, home: &Home, (half, planes): (Hemisphere, &[u8]), (count, label): (u32, u16)) -> Chain {
        let address = Address { stride: 1, ..home.address };
        let words = Words { slices: &home.slices, address, count };
        let mut chain = Chain::default();
        let flows = feed(&mut chain, (self.chip, &self.table), words, (half, SHARED_FROM), label);
        for &plane in planes {
            let issuer = Issuer::Queue(Queue::MxmWeights(half, plane));
            chain.push(Event { count, ..Event::once(issuer, 0, Draft::Load(0, flows.clone()), label) });
        }
        chain
    }
}
