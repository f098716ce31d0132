//! The VXM: an expression as a chain of ALUs, and maxima of shifted rows.
//!
//! In: a `Map` node, what its inputs are, the cycle of its first ALUs.  Out: events of ALUs, the flows that they sample.
//! Invariant: an operand comes from the ALU one step before, from a stream, or is a literal; a test of the judge would say otherwise.
//! Method: every step as late as its users allow, so that nothing waits in an ALU.

use super::Scheduler;
use super::drawn::{Drawn, Sampled};
use crate::CompileError;
use crate::convolution::image::Piece;
use crate::convolution::lower::Pool;
use crate::schedule::chain::{Draft, DraftOperand, Event, EventIndex, FlowIndex, Issuer};
use arch::{Hemisphere, SliceId};
use graph::{Arg, Expr, NodeId, Op};
use program::LabelKind;

/// What the inputs of a `Map` are, in order: sums of a plane, rows of tables, pieces.
pub struct Leaves<'l> {
    /// The half whose slices bring tables, and whose copies are read.
    pub half: Hemisphere,
    /// Sums on their way.
    pub sums: Option<FlowIndex>,
    /// Rows that are the same for all pixels.
    pub tables: &'l [NodeId],
    /// Rows of pixels, a piece each, and the slice whose word of zeros goes with it.
    pub pieces: Vec<(Piece, SliceId)>,
    /// Lanes of each.
    pub lanes: u32,
}

impl Scheduler<'_> {
    /// ALUs for the expression of `map`, the first ones in cycle `start`; returns the last one and when its results depart.
    pub fn alus(
        &mut self,
        drawn: &mut Drawn,
        map: NodeId,
        leaves: &Leaves,
        (start, rows, label): (i64, u32, u16),
    ) -> Result<(EventIndex, i64), CompileError> {
        let lowered = self.lowered;
        let node = &lowered.graph.nodes[map];
        let Op::Map(expr) = &node.op else { panic!("node {map} is no map") };
        let dtypes: Vec<_> = node.inputs.iter().map(|&input| lowered.graph.nodes[input].dtype).collect();
        let types = expr.types(&dtypes).expect("the lowering makes typed expressions");
        let depths = depths(expr);
        let step = i64::from(self.chip.latency.vxm_alu);
        let mut events: Vec<EventIndex> = Vec::new();
        for ((one, kind), depth) in expr.steps.iter().zip(types).zip(&depths) {
            let cycle = start + depth * step;
            let mut operands = [DraftOperand::None; 2];
            for (operand, arg) in operands.iter_mut().zip(&one.args) {
                *operand = match *arg {
                    Arg::Immediate(bits) => DraftOperand::Immediate(bits),
                    Arg::Step(step) => DraftOperand::Alu(events[usize::from(step)]),
                    Arg::Input(input) => {
                        DraftOperand::Flow(self.leaf(drawn, leaves, usize::from(input), (cycle, rows))?)
                    }
                };
            }
            let draft = Draft::Alu(one.op, kind.operand, operands, None);
            events.push(drawn.chain.push(Event { count: rows, ..Event::once(Issuer::AnyAlu, cycle, draft, label) }));
        }
        let latency = &self.chip.latency;
        let last = start + depths.last().expect("an expression has a step") * step;
        let departs = last + i64::from(latency.vxm_entry + latency.vxm_alu);
        Ok((*events.last().expect("an expression has a step"), departs))
    }

    /// The flow that brings an input to the VXM in a cycle.
    fn leaf(
        &mut self,
        drawn: &mut Drawn,
        leaves: &Leaves,
        input: usize,
        (cycle, rows): (i64, u32),
    ) -> Result<FlowIndex, CompileError> {
        let to = self.table.geometry().vxm();
        let Some(input) = input.checked_sub(usize::from(leaves.sums.is_some())) else {
            return Ok(leaves.sums.expect("the first input is the sums"));
        };
        if let Some(&table) = leaves.tables.get(input) {
            if let Some(&flow) = drawn.rows.get(&(table, cycle)) {
                return Ok(flow);
            }
            let slices = self.slices.tables(leaves.half);
            let home = self.row_home(table, leaves.half, &slices[input])?;
            let label = self.label(table, LabelKind::Constant);
            let sampled = Sampled { direction: leaves.half.inward(), to, cycle };
            let (flow, _) = self.read(drawn, &home, (rows, label), sampled);
            drawn.rows.insert((table, cycle), flow);
            return Ok(flow);
        }
        let (piece, beside) = leaves.pieces[input - leaves.tables.len()];
        let half = match piece {
            Piece::Pixels { band, .. } => self.lowered.bands[band].half,
            Piece::Zeros(_) => beside.hemisphere,
        };
        let reader = if leaves.sums.is_some() { leaves.half.index() } else { input };
        let sampled = Sampled { direction: half.inward(), to, cycle };
        self.read_piece(drawn, (&piece, leaves.lanes), (reader, beside), sampled)
    }

    /// Places maxima of three rows each: stretches in which each of the three is one piece have ALUs of their own.
    pub fn pool(&mut self, pool: &Pool) -> Result<(), CompileError> {
        let lowered = self.lowered;
        let band = &lowered.bands[pool.band];
        let shape = &lowered.graph.nodes[pool.result].shape;
        let (rows, lanes) = (shape.extents()[0], shape.lanes());
        let label = self.label(pool.result, LabelKind::Activation);
        let (slices, homes) = (self.band_slices(pool.band), self.band_homes(pool.band, rows)?);
        // Where a tap meets zeros alone, they are read where its pixels would be.
        let all = || pool.inputs.iter().flatten();
        let besides: Vec<SliceId> = pool
            .inputs
            .iter()
            .enumerate()
            .map(|(tap, own)| self.beside(own.iter().chain(all()), tap).expect("some tap meets a pixel"))
            .collect();
        let mut drawn = Drawn::default();
        for (first, pieces) in stretches(&pool.inputs) {
            let count = pieces[0].count();
            let pieces = pieces.into_iter().zip(besides.iter().copied()).collect();
            let leaves = Leaves { half: band.half, sums: None, tables: &[], pieces, lanes };
            let result = self.alus(&mut drawn, pool.result, &leaves, (first.into(), count, label))?;
            let flow = self.result_flow(&mut drawn, result, 1, &slices);
            self.write_band(&mut drawn, (flow, 0), (pool.band, &homes, first), (count, label));
        }
        self.placed(drawn, (pool.result, rows))?;
        Ok(())
    }
}

/// Stretches of rows in which every input is one piece: first row, and the pieces.
fn stretches(inputs: &[Vec<Piece>]) -> Vec<(u32, Vec<Piece>)> {
    let borders = |pieces: &Vec<Piece>| {
        let ends = pieces.iter().scan(0, |end, piece| {
            *end += piece.count();
            Some(*end)
        });
        ends.collect::<Vec<u32>>()
    };
    let mut ends: Vec<u32> = inputs.iter().flat_map(borders).collect();
    ends.sort_unstable();
    ends.dedup();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let part = |first: u32, end: u32| inputs.iter().map(|pieces| Piece::part(pieces, first, end - first)).collect();
    starts.zip(&ends).map(|(first, &end)| (first, part(first, end))).collect()
}

/// Steps after the first ALUs in which each step of an expression is done, as late as its users allow.
fn depths(expr: &Expr) -> Vec<i64> {
    let operands = |step: usize| {
        expr.steps[step]
            .args
            .iter()
            .filter_map(|arg| if let Arg::Step(of) = arg { Some(usize::from(*of)) } else { None })
    };
    let mut early: Vec<i64> = Vec::new();
    for step in 0..expr.steps.len() {
        early.push(operands(step).map(|of| early[of] + 1).max().unwrap_or(0));
    }
    let mut late: Vec<Option<i64>> = vec![None; expr.steps.len()];
    for step in (0..expr.steps.len()).rev() {
        let depth = *late[step].get_or_insert(early[step]);
        for of in operands(step) {
            late[of] = Some(late[of].map_or(depth - 1, |known| known.min(depth - 1)));
        }
    }
    late.into_iter().map(|depth| depth.expect("every step was given one")).collect()
}
