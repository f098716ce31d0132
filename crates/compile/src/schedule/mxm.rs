//! Weight tiles and activations of the MXM.
//!
//! In: a contraction.  Out: all of its tiles loaded and installed, all products but the last accumulated; the last one's needs.
//! Invariant: per plane, Load, Install, Activate and Accumulate of one tile come before those of the next; a tile that is already
//!     installed is not loaded again.
//! Method: the plane that is free first takes the contraction. Steps are (block) for int8 and (block, half) for f16.

use super::Scheduler;
use super::chain::{Chain, ChainFlow, Draft, Event, Issuer, place};
use super::{Content, Piece};
use crate::CompileError;
use crate::place::{FEEDERS, Home, Layered};
use arch::{Hemisphere, Queue, SliceId};
use graph::{ConstSource, NodeId, Op, Order};
use program::{AccumulateMode, Address, LabelKind, MxmFormat, Packing};

/// Columns that one plane contributes to an f16 result.
const F16_COLUMNS: u32 = 160;

/// What loading and installing a tile costs when it is not there yet: travel, ten groups, install.
const LOAD_CYCLES: i64 = 40;

/// What a plane holds and from when on it is free.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    buffer_free: i64,
    next_activate: i64,
    array: Option<NodeId>,
    array_ready: i64,
}

/// One activation of a contraction.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The activation.
    pub activation: NodeId,
    /// The weights.
    pub weights: NodeId,
    /// Which block.
    pub block: u16,
    /// Format and half.
    pub format: MxmFormat,
}

/// The last step of a contraction, to be fused with what consumes it.
#[derive(Clone, Copy, Debug)]
pub struct LastStep {
    /// Half of the chip.
    pub hemisphere: Hemisphere,
    /// Plane (0 for f16).
    pub plane: u8,
    /// What is activated.
    pub step: Step,
    /// Replace or add.
    pub mode: AccumulateMode,
    /// First cycle in which its Activate may be dispatched.
    pub ready: i64,
    /// Accumulator of the first row.
    pub slot: u16,
}

impl Scheduler<'_> {
    /// Places everything of contraction `id` but its last step, for rows `rows.0 .. rows.0 + rows.1` of its activations, in the
    /// accumulators from `slot` on.
    pub fn contract(&mut self, id: NodeId, rows: (u32, u32), slot: u16) -> Result<LastStep, CompileError> {
        let steps = self.steps(id);
        let (hemisphere, plane) = self.choose(&steps);
        let mut mode = AccumulateMode::Set;
        let (last, before) = steps.split_last().expect("a contraction has a block");
        for step in before {
            let ready = self.tile(step, hemisphere, plane)?;
            let ready = ready.max(self.next_activate(hemisphere, plane));
            self.activate(&LastStep { hemisphere, plane, step: *step, mode, ready, slot }, rows)?;
            mode = AccumulateMode::Add;
        }
        let ready = self.tile(last, hemisphere, plane)?.max(self.next_activate(hemisphere, plane));
        Ok(LastStep { hemisphere, plane, step: *last, mode, ready, slot })
    }

    /// Notes that the last step's Activates occupy the plane until `end`.
    pub fn activated(&mut self, last: &LastStep, end: i64) {
        for plane in self.planes_of(&last.step, last.plane) {
            let state = self.planes.entry((last.hemisphere, plane)).or_default();
            state.next_activate = state.next_activate.max(end);
        }
    }

    fn next_activate(&self, hemisphere: Hemisphere, plane: u8) -> i64 {
        self.planes.get(&(hemisphere, plane)).map_or(0, |state| state.next_activate)
    }

    fn steps(&self, id: NodeId) -> Vec<Step> {
        let node = &self.lowered.graph.nodes[id];
        let formats = match node.op {
            Op::MatMul { order: Order::Exact } => vec![MxmFormat::I8],
            Op::MatMul { order: Order::Superlanes } => vec![MxmFormat::F16 { half: 0 }, MxmFormat::F16 { half: 1 }],
            ref other => panic!("node {id} is no contraction of the chip: {other:?}"),
        };
        let blocks = node.inputs.chunks(2).enumerate();
        blocks
            .flat_map(|(block, pair)| {
                let (activation, weights) = (pair[0], pair[1]);
                formats.iter().map(move |&format| Step { activation, weights, block: block as u16, format })
            })
            .collect()
    }

    fn planes_of(&self, step: &Step, plane: u8) -> Vec<u8> {
        match step.format {
            MxmFormat::I8 => vec![plane],
            MxmFormat::F16 { .. } => vec![0, 1],
        }
    }

    /// int8: the hemisphere with fewer words of weights, and its plane that is free first. f16: the pair that holds the tile or is
    /// free first.
    fn choose(&self, steps: &[Step]) -> (Hemisphere, u8) {
        let first = &steps[0];
        let state = |hemisphere, plane| self.planes.get(&(hemisphere, plane)).cloned().unwrap_or_default();
        let free = |plane: &Plane| plane.buffer_free.max(plane.next_activate);
        match first.format {
            MxmFormat::I8 => {
                let east_first = Hemisphere::BOTH.into_iter().rev();
                let words = |hemisphere: &Hemisphere| {
                    (0..2).map(|set| self.filled(first.weights, *hemisphere, set)).sum::<u32>()
                };
                let hemisphere = east_first.min_by_key(words).expect("a chip has two halves");
                let plane = (0..self.chip.planes).min_by_key(|&plane| free(&state(hemisphere, plane)));
                (hemisphere, plane.expect("a half has planes"))
            }
            MxmFormat::F16 { .. } => {
                let cost = |hemisphere: &Hemisphere| {
                    let pair = [state(*hemisphere, 0), state(*hemisphere, 1)];
                    let installed = pair.iter().all(|plane| plane.array == Some(first.weights));
                    let busy = pair.iter().map(free).max().unwrap_or(0);
                    if installed { pair[0].next_activate } else { busy + LOAD_CYCLES }
                };
                (Hemisphere::BOTH.into_iter().min_by_key(cost).expect("a chip has two halves"), 0)
            }
        }
    }

    /// Words of a feeder set that compete with the tile for space.
    fn filled(&self, weights: NodeId, hemisphere: Hemisphere, set: u8) -> u32 {
        let (layered, shared) = self.store.filled(hemisphere, set);
        if self.is_layered(weights) { layered } else { shared }
    }

    /// The slices that will hold a tile: for int8 the emptier set of the hemisphere, for f16 each plane's own, since both load at once.
    fn feeders(&self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Vec<SliceId> {
        let set = match step.format {
            MxmFormat::I8 => (0..2).min_by_key(|&set| (self.filled(step.weights, hemisphere, set), set != plane)),
            MxmFormat::F16 { .. } => Some(plane),
        };
        self.store.feeders(hemisphere, set.expect("there are two sets"))
    }

    /// Loads and installs the step's weights unless they are installed; returns when they can be used.
    fn tile(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Result<i64, CompileError> {
        let mut ready = 0;
        for plane in self.planes_of(step, plane) {
            let state = self.planes.entry((hemisphere, plane)).or_default().clone();
            if state.array == Some(step.weights) {
                ready = ready.max(state.array_ready);
                continue;
            }
            let label = self.label(step.weights, LabelKind::Weights, 0, step.block);
            let loaded = self.load(step, hemisphere, plane, state.buffer_free, label)?;
            let mut chain = Chain::default();
            let issuer = Issuer::Queue(Queue::MxmWeights(hemisphere, plane));
            chain.push(Event::once(issuer, 0, Draft::Install, label));
            let install = place(self.chip, &mut self.table, &mut self.plan, &chain, loaded.max(state.next_activate))?;
            let array_ready = install + i64::from(self.chip.latency.mxm_install);
            let state = self.planes.entry((hemisphere, plane)).or_default();
            *state = Plane { buffer_free: install + 1, array: Some(step.weights), array_ready, ..*state };
            ready = ready.max(array_ready);
        }
        Ok(ready)
    }

    /// Places the Load of a plane's part of the tile; returns the first cycle after its last dispatch.
    fn load(
        &mut self,
        step: &Step,
        hemisphere: Hemisphere,
        plane: u8,
        free: i64,
        label: u16,
    ) -> Result<i64, CompileError> {
        let (home, groups, stride) = self.tile_home(step, hemisphere, plane)?;
        if groups == 0 {
            return Ok(free);
        }
        let geometry = self.table.geometry().clone();
        let (direction, station) = (hemisphere.outward(), geometry.mxm(hemisphere));
        let mut chain = Chain::default();
        let mut flows = Vec::new();
        for (index, &slice) in home.slices.iter().enumerate() {
            let from = geometry.slice(slice);
            let departs =
                -i64::from(geometry.travel(direction, from, station).expect("feeders lie before their plane"));
            let flow = chain.flow(ChainFlow {
                direction,
                bytes: vec![(from, departs)],
                drivers: vec![index],
                to: station,
                length: i64::from(groups),
                exactly: Some(plane * FEEDERS as u8 + index as u8),
            });
            let address = Address { stride, ..home.address };
            chain.push(Event {
                count: groups,
                banks: self.banks(address, groups),
                ..Event::once(
                    Issuer::Queue(Queue::MemRead(slice)),
                    departs - i64::from(self.chip.latency.mem_read),
                    Draft::Read(address, (flow, 0)),
                    label,
                )
            });
            flows.push(flow);
        }
        let issuer = Issuer::Queue(Queue::MxmWeights(hemisphere, plane));
        chain.push(Event { count: groups, ..Event::once(issuer, 0, Draft::Load(0, flows), label) });
        let start = place(self.chip, &mut self.table, &mut self.plan, &chain, free)?;
        Ok(start + i64::from(groups))
    }

    /// Home of a plane's part of a tile, its groups of 16 columns, and the words from one group to the next.
    fn tile_home(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Result<(Home, u32, i16), CompileError> {
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
        let is_one_row = matches!(node.op, Op::Broadcast);
        let (source, words) = if is_one_row { (node.inputs[0], 1) } else { (step.weights, groups) };
        let stride = i16::from(!is_one_row);
        if let Some(home) = self.tiles.get(&(step.weights, hemisphere, plane)) {
            return Ok((home.clone(), groups, stride));
        }
        let Op::Const(ConstSource::Tensor(tensor)) = self.lowered.graph.nodes[source].op else {
            panic!("weights of node {} are no table", step.weights);
        };
        let packing = if step.format == MxmFormat::I8 { Packing::Plane(0) } else { Packing::EitherHalf };
        let feeders = self.feeders(step, hemisphere, plane);
        let home = if self.is_layered(source) {
            self.store.layered(Layered::Weights, &feeders, words)
        } else {
            self.store.shared(&feeders, words)
        };
        let content =
            if is_one_row { Content::Same(tensor, packing) } else { Content::Striped(tensor, first, packing) };
        if 0 < words {
            self.pieces.push(Piece { content, home: home.clone(), words });
        }
        self.tiles.insert((step.weights, hemisphere, plane), home.clone());
        Ok((home, groups, stride))
    }

    /// Places a step whose sums stay in the accumulators.
    fn activate(&mut self, step: &LastStep, rows: (u32, u32)) -> Result<(), CompileError> {
        let mut chain = Chain::default();
        let mut earliest = step.ready;
        let mut length = 1;
        match step.step.format {
            MxmFormat::I8 => {
                for digit in 0..self.digits(step.step.activation) {
                    earliest = earliest.max(self.activation(&mut chain, step, (digit, 1), i64::from(digit), None)?);
                    length = i64::from(digit) + 1;
                }
            }
            MxmFormat::F16 { .. } => {
                earliest = earliest.max(self.activation(&mut chain, step, rows, 0, None)?);
                length = i64::from(rows.1);
            }
        }
        let start = place(self.chip, &mut self.table, &mut self.plan, &chain, earliest)?;
        self.activated(step, start + length);
        Ok(())
    }

    fn digits(&self, activation: NodeId) -> u32 {
        self.lowered.graph.nodes[activation].shape.extents()[0]
    }
}
