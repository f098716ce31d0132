//! Weight tiles and activations of the MXM.
//!
//! In: a contraction.  Out: all of its tiles loaded and installed, all products but the last accumulated; the last one's needs.
//! Invariant: per plane, Load, Install, Activate and Accumulate of one tile come before those of the next; a tile that is already
//!     installed is not loaded again.
//! Method: the plane that is free first takes the contraction. Steps are (block) for int8 and (block, half) for f16.

use super::Scheduler;
use super::chain::{Chain, Draft, Event, Issuer};
use super::kernel::Building;
use super::search::place;
use crate::CompileError;
use crate::fit;
use crate::place::UNEVEN_HALVES;
use crate::why::{Cause, Need};
use arch::{Hemisphere, Queue};
use graph::{Node, NodeId, Op, Order};
use program::{AccumulateMode, LabelKind, MxmFormat};

/// The half whose planes add up squares, so that those of the other are free for weights from the first cycle on.
const NORM_HALF: Hemisphere = Hemisphere::West;

/// Installed weights: whose, and which half of the lanes they meet, if not either.
pub type Held = (NodeId, Option<u8>);

/// What a plane holds and from when on it is free.
#[derive(Clone, Debug, Default)]
pub struct Plane {
    buffer_free: i64,
    next_activate: i64,
    array: Option<Held>,
    array_ready: i64,
    /// The chain that activated it last.
    user: Option<usize>,
    /// The burst that installed the array, and the last one that activated it.
    installed: Option<usize>,
    activated: Option<usize>,
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
    /// The chain that used the plane before.
    pub after: Option<usize>,
    /// The burst that keeps the Activate from being dispatched before `ready`.
    pub before: Option<usize>,
    /// Accumulator of the first row.
    pub slot: u16,
}

impl Scheduler<'_> {
    /// Places everything of contraction `id` but its last step, for rows `rows.0 .. rows.0 + rows.1` of its activations, beside
    /// the contractions that its kernel has already. Those of other rows with the same weights come along: each tile is installed once.
    pub fn contract(&mut self, id: NodeId, rows: (u32, u32), taken: &[LastStep]) -> Result<LastStep, CompileError> {
        if let Some(last) = self.prepared.remove(&id) {
            return self.last(&last);
        }
        let steps = self.steps(id);
        let (hemisphere, plane) = self.choose(&steps, rows.1, taken);
        self.turns += u32::from(1 < rows.1);
        let shares = taken.iter().any(|last| last.hemisphere == hemisphere && last.plane == plane);
        let slot = if shares { self.chip.accumulators / 2 } else { 0 };
        let group = self.group(id, &steps[0]);
        let all: Vec<Vec<Step>> = group.iter().map(|&member| self.steps(member)).collect();
        let width = self.digits(steps[0].activation) as u16;
        let step_of = |number: usize, member: usize| LastStep {
            hemisphere,
            plane,
            step: all[member][number],
            mode: if number == 0 { AccumulateMode::Set } else { AccumulateMode::Add },
            ready: 0,
            after: None,
            before: None,
            slot: slot + width * member as u16,
        };
        let last = steps.len() - 1;
        for number in 0..last {
            for member in 0..group.len() {
                let step = self.last(&step_of(number, member))?;
                self.activate(&step, rows)?;
            }
        }
        self.prepared.extend((1..group.len()).map(|member| (group[member], step_of(last, member))));
        self.last(&step_of(last, 0))
    }

    /// A step with what it has to wait for; its tile is installed if it is not.
    fn last(&mut self, step: &LastStep) -> Result<LastStep, CompileError> {
        let (ready, before) = self.usable(&step.step, step.hemisphere, step.plane)?;
        let after = self.user(step.hemisphere, step.plane);
        Ok(LastStep { ready, before, after, ..*step })
    }

    /// The contraction and those of rows after it with the same int8 weights, as many as a plane has accumulators for; block by block.
    fn group(&self, id: NodeId, first: &Step) -> Vec<NodeId> {
        let graph = &self.lowered.graph;
        if self.lowered.rows == 1 || first.format != MxmFormat::I8 {
            return vec![id];
        }
        let weights = |node: &Node| node.inputs.chunks(2).map(|pair| pair[1]).collect::<Vec<_>>();
        let own = weights(&graph.nodes[id]);
        let is_one = |node: &Node| matches!(node.op, Op::MatMul { .. }) && weights(node) == own;
        let all = graph.nodes.iter().filter(|(_, node)| is_one(node)).map(|(id, _)| id);
        all.skip_while(|&other| other != id).take(fit::rows_at_once(self.chip) as usize).collect()
    }

    /// The stage before has left these f16 weights installed in one half, in its last cycle at the latest.
    pub fn found_installed(&mut self, weights: NodeId) {
        let array_ready = i64::from(self.chip.latency.mxm_install) - 1;
        for plane in 0..self.chip.planes {
            let found = Plane { array: Some((weights, None)), array_ready, ..Plane::default() };
            self.planes.insert((NORM_HALF, plane), found);
        }
    }

    /// Installs f16 weights in one half for the stage that comes next.
    pub fn leave_installed(&mut self, weights: NodeId) -> Result<(), CompileError> {
        let step = Step { activation: weights, weights, block: 0, format: MxmFormat::F16 { half: 0 } };
        self.tile(&step, NORM_HALF, 0)?;
        Ok(())
    }

    /// Notes that the last step's Activates occupy the plane until `end`.
    pub fn activated(&mut self, last: &LastStep, end: i64) {
        let queue = Queue::MxmActivate(last.hemisphere, last.plane);
        let activated = self.plan.iter().rposition(|planned| planned.queue == queue);
        for plane in self.planes_of(&last.step, last.plane) {
            let state = self.planes.entry((last.hemisphere, plane)).or_default();
            state.next_activate = state.next_activate.max(end);
            (state.user, state.activated) = (self.chains.len().checked_sub(1), activated);
        }
    }

    /// From when on a step can be activated, and the burst that decides it.
    fn usable(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Result<(i64, Option<usize>), CompileError> {
        let ready = self.tile(step, hemisphere, plane)?;
        let next = self.next_activate(hemisphere, plane);
        let states =
            || self.planes_of(step, plane).into_iter().filter_map(|plane| self.planes.get(&(hemisphere, plane)));
        let before = if ready < next {
            states().find(|state| state.next_activate == next).and_then(|state| state.activated)
        } else {
            states().find(|state| state.array_ready == ready).and_then(|state| state.installed)
        };
        Ok((ready.max(next), before))
    }

    fn user(&self, hemisphere: Hemisphere, plane: u8) -> Option<usize> {
        self.planes.get(&(hemisphere, plane)).and_then(|state| state.user)
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

    /// What the planes hold once the step's weights are installed.
    pub fn held(&self, step: &Step) -> Held {
        match step.format {
            MxmFormat::F16 { half } if !self.lowered.either_half.contains(&step.weights) => (step.weights, Some(half)),
            _ => (step.weights, None),
        }
    }

    /// Weights: the half that has them, else the one with fewer words of them. int8: its plane that is free first. Sums of a norm: one
    /// half. Scores: the halves in turn.
    fn choose(&self, steps: &[Step], rows: u32, taken: &[LastStep]) -> (Hemisphere, u8) {
        let first = &steps[0];
        let hemisphere = match (self.held(first), first.format) {
            // Single rows follow one another through one pair.
            ((_, None), MxmFormat::F16 { .. }) if rows == 1 => NORM_HALF,
            // Chunk after chunk from half to half, first the one that has no norm to add up.
            ((_, None), MxmFormat::F16 { .. }) if self.turns.is_multiple_of(2) => Hemisphere::East,
            ((_, None), MxmFormat::F16 { .. }) => NORM_HALF,
            _ => self.half_fed(first.weights).unwrap_or_else(|| self.half_of(first, taken)),
        };
        let plane = if first.format == MxmFormat::I8 { self.soonest(hemisphere, taken).1 } else { 0 };
        (hemisphere, plane)
    }

    /// The half for a contraction with weights, beside those that its kernel has already.
    fn half_of(&self, step: &Step, taken: &[LastStep]) -> Hemisphere {
        // Contractions of one kernel read the same digits: of one half, they can share them.
        if let Some(last) = taken.iter().find(|last| self.is_same_digit(&last.step, step)) {
            // Rows of the same slices: each half has its own.
            return Hemisphere::BOTH[1 - last.hemisphere.index()];
        }
        if let Some(last) = taken.first() {
            return last.hemisphere;
        }
        if let Some(half) = self.half_with(step) {
            return half;
        }
        let words =
            |hemisphere| (0..2).map(|set| self.filled(step.weights, hemisphere, set)).sum::<u32>() / self.uneven(step);
        let cost = |hemisphere: &Hemisphere| (words(*hemisphere), self.soonest(*hemisphere, taken));
        let east_first = Hemisphere::BOTH.into_iter().rev();
        east_first.min_by_key(cost).expect("a chip has two halves")
    }

    /// When a plane of a half is free, and which one is first; planes that are taken count last.
    fn soonest(&self, hemisphere: Hemisphere, taken: &[LastStep]) -> (i64, u8) {
        let free = |plane: u8| {
            let state = self.planes.get(&(hemisphere, plane)).cloned().unwrap_or_default();
            state.buffer_free.max(state.next_activate)
        };
        let is_taken = |plane| taken.iter().any(|last| last.hemisphere == hemisphere && last.plane == plane);
        let plane = (0..self.chip.planes).min_by_key(|&plane| (is_taken(plane), free(plane)));
        let plane = plane.expect("a half has planes");
        (free(plane), plane)
    }

    /// Words by which the halves may differ where that saves time.
    fn uneven(&self, step: &Step) -> u32 {
        if self.is_layered(step.weights) { 16 } else { UNEVEN_HALVES }
    }

    /// Loads and installs the step's weights unless they are installed; returns when they can be used.
    fn tile(&mut self, step: &Step, hemisphere: Hemisphere, plane: u8) -> Result<i64, CompileError> {
        let (mut ready, held) = (0, self.held(step));
        for plane in self.planes_of(step, plane) {
            let state = self.planes.entry((hemisphere, plane)).or_default().clone();
            if state.array == Some(held) {
                ready = ready.max(state.array_ready);
                continue;
            }
            let label = self.label(step.weights, LabelKind::Weights, 0, step.block);
            let (loaded, last_load) =
                self.load(step, (hemisphere, plane), (state.buffer_free, state.installed), label)?;
            let mut chain = Chain::default();
            let issuer = Issuer::Queue(Queue::MxmWeights(hemisphere, plane));
            chain.push(Event::once(issuer, 0, Draft::Install, label));
            let earliest = loaded.max(state.next_activate);
            let found = place(self.chip, &mut self.table, &mut self.plan, &chain, earliest)?;
            let installed = self.plan.len() - 1;
            let after = if loaded < state.next_activate { state.activated } else { last_load };
            self.block(installed, after, &found);
            let array_ready = found.origin + i64::from(self.chip.latency.mxm_install);
            let state = self.planes.entry((hemisphere, plane)).or_default();
            let (buffer_free, array, installed) = (found.origin + 1, Some(held), Some(installed));
            *state = Plane { buffer_free, array, array_ready, installed, ..*state };
            ready = ready.max(array_ready);
        }
        Ok(ready)
    }

    /// Places a step whose sums stay in the accumulators.
    fn activate(&mut self, step: &LastStep, rows: (u32, u32)) -> Result<(), CompileError> {
        let label = self.label(step.step.activation, LabelKind::Activation, 0, step.step.block);
        let by_digit = step.step.format == MxmFormat::I8 && !self.is_of_many_rows(&step.step);
        let (count, length) =
            if by_digit { (1, i64::from(self.digits(step.step.activation))) } else { (rows.1, i64::from(rows.1)) };
        let mut building = Building::new((rows.0, count), label);
        building.needs(Need { cause: Cause::Weights(step.after), earliest: step.ready });
        self.needs_fed(&mut building, step, 0);
        if by_digit {
            for digit in 0..self.digits(step.step.activation) {
                self.activation(&mut building, step, (digit, 1), i64::from(digit), None)?;
            }
        } else {
            self.activation(&mut building, step, rows, 0, None)?;
        }
        let start = self.finish(building)?;
        self.activated(step, start + length);
        Ok(())
    }

    fn digits(&self, activation: NodeId) -> u32 {
        self.lowered.graph.nodes[activation].shape.extents()[0]
    }
}
