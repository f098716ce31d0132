//! The VXM: an expression as a chain of ALUs, and rows of pixels joined.
//!
//! In: a `Map` node, what its inputs are, the cycle of its first ALUs.  Out: events of ALUs, the flows that they sample.
//! Invariant: an operand comes from the ALU one step before, from a stream, or is a literal; a test of the judge would say otherwise.
//! Method: every step as late as its users allow, so that nothing waits in an ALU.

use super::Scheduler;
use super::drawn::{Drawn, Sampled};
use crate::CompileError;
use crate::convolution::image::Piece;
use crate::convolution::lower::Shifted;
use crate::schedule::chain::{Draft, DraftOperand, Event, EventIndex, FlowIndex, Issuer};
use arch::{Hemisphere, SliceId};
use graph::{Arg, Expr, NodeId, Op};
use program::LabelKind;
use units::Order;

/// What the inputs of a `Map` are: sums of a plane, rows of pixels and of tables.
pub struct Leaves {
    /// The half whose slices bring tables, and whose copies are read.
    pub half: Hemisphere,
    /// Sums on their way: the first input. Tables come after them, pixels after these.
    pub sums: Option<FlowIndex>,
    /// Rows that are the same for all pixels, and the slices that hold them.
    pub tables: Vec<(NodeId, Vec<SliceId>)>,
    /// Rows of pixels, a piece each, and the slice whose word of zeros goes with it; without sums they come before tables.
    pub pieces: Vec<(Piece, SliceId)>,
    /// Lanes of each.
    pub lanes: u32,
}

/// An input of a `Map`.
enum Leaf {
    Sums(FlowIndex),
    Table(usize),
    Pixels(usize),
}

impl Leaves {
    fn of(&self, input: usize) -> Leaf {
        match self.sums {
            Some(sums) if input == 0 => Leaf::Sums(sums),
            Some(_) if input <= self.tables.len() => Leaf::Table(input - 1),
            Some(_) => Leaf::Pixels(input - 1 - self.tables.len()),
            None if input < self.pieces.len() => Leaf::Pixels(input),
            None => Leaf::Table(input - self.pieces.len()),
        }
    }
}

impl Scheduler<'_> {
    /// ALUs for the expression of `map`, the first ones in cycle `start`; returns all in the order of its steps, and when the results of
    /// the last one depart.
    pub fn alus(
        &mut self,
        drawn: &mut Drawn,
        map: NodeId,
        leaves: &Leaves,
        (start, rows, label): (i64, u32, u16),
    ) -> Result<(Vec<EventIndex>, i64), CompileError> {
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
        Ok((events, last + i64::from(latency.vxm_entry + latency.vxm_alu)))
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
        match leaves.of(input) {
            Leaf::Sums(flow) => Ok(flow),
            Leaf::Table(number) => {
                let (table, slices) = &leaves.tables[number];
                if let Some(&flow) = drawn.rows.get(&(*table, cycle)) {
                    return Ok(flow);
                }
                let home = self.row_home(*table, slices)?;
                let label = self.label(*table, LabelKind::Constant);
                let sampled = Sampled { direction: leaves.half.inward(), to, cycle };
                let (flow, _) = self.read(drawn, &home, (rows, label), sampled);
                drawn.rows.insert((*table, cycle), flow);
                Ok(flow)
            }
            Leaf::Pixels(number) => {
                let (piece, beside) = leaves.pieces[number];
                let half = match piece {
                    Piece::Pixels { band, .. } => self.lowered.bands[band].half,
                    Piece::Zeros(_) => beside.hemisphere,
                };
                let reader = if leaves.sums.is_some() { leaves.half.index() } else { number };
                let sampled = Sampled { direction: half.inward(), to, cycle };
                self.read_piece(drawn, (&piece, leaves.lanes), (reader, beside), sampled)
            }
        }
    }

    /// Places three rows of pixels joined, in stretches in which each of the three is one piece: they go through the same ALUs.
    pub fn shifted(&mut self, shifted: &Shifted) -> Result<(), CompileError> {
        let lowered = self.lowered;
        let band = &lowered.bands[shifted.band];
        let shape = &lowered.graph.nodes[shifted.result].shape;
        let (rows, lanes) = (shape.extents()[0], shape.lanes());
        let label = self.label(shifted.result, LabelKind::Activation);
        let (slices, homes) = (self.band_slices(shifted.band), self.band_homes(shifted.band, rows)?);
        // Where a tap meets zeros alone, they are read where its pixels would be.
        let beside = |tap: usize| {
            let own = shifted.inputs[tap].iter().chain(shifted.inputs.iter().flatten());
            self.beside(own, tap).expect("some tap meets a pixel")
        };
        let besides: Vec<SliceId> = (0..shifted.inputs.len()).map(beside).collect();
        let of_masks = self.slices.masks(band.half, band.plane).into_iter().map(|slice| vec![slice]);
        let tables: Vec<(NodeId, Vec<SliceId>)> = shifted.masks.iter().copied().zip(of_masks).collect();
        let mut drawn = Drawn::default();
        let mut first_alus: Option<Vec<EventIndex>> = None;
        for (first, pieces) in stretches(&shifted.inputs) {
            let count = pieces[0].count();
            let pieces = pieces.into_iter().zip(besides.iter().copied()).collect();
            let leaves = Leaves { half: band.half, sums: None, tables: tables.clone(), pieces, lanes };
            let (alus, departs) = self.alus(&mut drawn, shifted.result, &leaves, (first.into(), count, label))?;
            let result = *alus.last().expect("an expression has a step");
            let flow = self.result_flow(&mut drawn, (result, departs), 1, &slices);
            self.write_band(&mut drawn, (flow, 0), (shifted.band, &homes, first), (count, label));
            for (&alu, &same) in alus.iter().zip(first_alus.iter().flatten()) {
                drawn.chain.events[alu].issuer = Issuer::SameAlu(same);
            }
            first_alus.get_or_insert(alus);
        }
        self.placed(drawn, (shifted.result, rows))?;
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
    ends.order();
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
