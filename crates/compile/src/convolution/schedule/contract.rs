//! Contractions: activations of the planes, and what becomes of their sums on the way back to SRAM.
//!
//! In: rounds of contractions.  Out: chains of reads, Activates and Accumulates; the last one of each with its ALUs and writes.
//! Invariant: the chain's origin is the cycle in which the plane samples the first row.
//! Method: the planes of a half step by step; a plane's sums wait in its accumulators until the ALUs are free for them.

use super::Scheduler;
use super::drawn::{Drawn, Sampled};
use super::vector::Leaves;
use crate::CompileError;
use crate::convolution::homes::Homes;
use crate::convolution::image::Piece;
use crate::convolution::lower::{Contract, Kept, Round, Step, Sums};
use crate::error::Resident;
use crate::schedule::chain::{ChainFlow, Draft, Event, FlowIndex, Issuer};
use crate::why::Cause;
use arch::{Hemisphere, Queue, SliceId};
use program::{AccumulateMode, LabelKind, MxmFormat};
use units::Order;

impl Scheduler<'_> {
    /// Places a round, step by step. Planes whose sums meet the same rows of factors and addends end together: these are read once.
    pub fn round(&mut self, round: &Round) -> Result<(), CompileError> {
        let planes: Vec<u8> = round.members.iter().map(|member| member.plane).collect();
        let mut members: Vec<&Contract> = round.members.iter().collect();
        let last = members[0].steps.len() - 1;
        for number in 0..=last {
            self.tile(members[0].steps[number].weights, round.half, &planes)?;
            // The one with the most rows first: what it reads is enough for the others.
            members.order_by_key(|member| std::cmp::Reverse(member.steps[number].rows()));
            let ends_together = number == last && members.iter().all(|member| member.residual.is_none());
            if !(ends_together && self.step(round.half, &members, number)?) {
                for member in &members {
                    let is_placed = self.step(round.half, &[member], number)?;
                    assert!(is_placed, "one plane reads one slice at a time");
                }
            }
        }
        Ok(())
    }

    /// Places one step of contractions in a rigid chain; the last one with all that follows. Says whether there is such a chain: not where
    /// two planes would read one slice at once.
    fn step(&mut self, half: Hemisphere, members: &[&Contract], number: usize) -> Result<bool, CompileError> {
        let mut drawn = Drawn::default();
        for contract in members {
            self.activations(&mut drawn, (half, contract), &contract.steps[number])?;
        }
        if drawn.clashes() {
            return Ok(false);
        }
        for contract in members {
            self.sums(&mut drawn, (half, contract), number)?;
            let plane = self.planes.entry((half, contract.plane)).or_default();
            let usable = plane.ready.max(plane.activated).expect("its weights are installed");
            drawn.needs(Cause::Weights(plane.user), usable);
        }
        let start = self.plan.len();
        let origin = self.placed(drawn, (members[0].result, members[0].steps[number].rows()))?;
        let user = self.chains.len() - 1;
        for contract in members {
            let activate = self.burst_of(Queue::MxmActivate(half, contract.plane), start);
            let plane = self.planes.entry((half, contract.plane)).or_default();
            plane.activated = Some((origin + i64::from(contract.steps[number].rows()), activate));
            plane.user = Some(user);
        }
        Ok(true)
    }

    /// Reads and Activates of a step, piece by piece.
    fn activations(
        &mut self,
        drawn: &mut Drawn,
        (half, contract): (Hemisphere, &Contract),
        step: &Step,
    ) -> Result<(), CompileError> {
        let label = self.label(contract.result, LabelKind::Activation);
        let beside = self.zeros_slice(half, contract, step);
        let mut row = 0;
        for piece in &step.pieces {
            let reader = self.reader((half, contract.plane), step, piece);
            let sampled = Sampled { direction: half.outward(), to: self.table.geometry().mxm(half), cycle: row };
            let flow = self.read_piece(drawn, (piece, step.lanes), (reader, beside), sampled)?;
            let activate = Issuer::Queue(Queue::MxmActivate(half, contract.plane));
            let draft = Draft::Activate(flow, MxmFormat::I8);
            drawn.chain.push(Event { count: piece.count(), ..Event::once(activate, row, draft, label) });
            row += i64::from(piece.count());
        }
        Ok(())
    }

    /// Which copy a plane reads: that for its half; of what the plane beside it reads at the same time, the other one.
    fn reader(&self, (half, plane): (Hemisphere, u8), step: &Step, piece: &Piece) -> usize {
        let Piece::Pixels { band, .. } = *piece else { return half.index() };
        let band = &self.lowered.bands[band];
        let is_beside = step.overlaps && band.half == half && band.plane != plane;
        if is_beside { 1 - half.index() } else { half.index() }
    }

    /// The slice whose word of zeros a plane reads: none of those that it reads pixels from or writes to.
    fn zeros_slice(&self, half: Hemisphere, contract: &Contract, step: &Step) -> SliceId {
        let read = step.pieces.iter().filter_map(|piece| match *piece {
            Piece::Pixels { band, .. } => Some(band),
            Piece::Zeros(_) => None,
        });
        let written = if let Kept::Band(band) = contract.kept { Some(band) } else { None };
        let bands = read.chain(written).map(|band| &self.lowered.bands[band].slices);
        let taken: Vec<usize> = bands.flatten().copied().collect();
        self.slices.pixels(half, &Homes::without(&taken).slices(contract.plane))[0]
    }

    /// Accumulates of a step; of the last one the ALUs and writes too.
    fn sums(
        &mut self,
        drawn: &mut Drawn,
        (half, contract): (Hemisphere, &Contract),
        number: usize,
    ) -> Result<(), CompileError> {
        let (rows, label) = (contract.steps[number].rows(), self.label(contract.result, LabelKind::Activation));
        let is_last = number + 1 == contract.steps.len();
        let sums = is_last.then(|| self.sums_flow(drawn, half, rows));
        let mode = if number == 0 { AccumulateMode::Set } else { AccumulateMode::Add };
        let apart = if contract.sums == Sums::EachRow { 1 } else { 0 };
        let accumulate = Issuer::Queue(Queue::MxmAccumulate(half, contract.plane));
        let (draft, offset) = (Draft::Accumulate(0, apart, mode, sums), self.chip.latency.mxm_product().0 as i64);
        let event = drawn.chain.push(Event { count: rows, ..Event::once(accumulate, offset, draft, label) });
        if let Some(sums) = sums {
            drawn.chain.flows[sums].drivers = vec![event; 4];
            self.ending(drawn, (half, contract), (sums, rows, label))?;
        }
        Ok(())
    }

    /// The flow of sums to the VXM.
    fn sums_flow(&self, drawn: &mut Drawn, half: Hemisphere, rows: u32) -> FlowIndex {
        let (geometry, latency) = (self.table.geometry(), &self.chip.latency);
        let departs = latency.mxm_product().0 as i64 + i64::from(latency.mxm_accumulate);
        drawn.chain.flow(ChainFlow {
            direction: half.inward(),
            bytes: vec![(geometry.mxm(half), departs); 4],
            drivers: Vec::new(),
            to: geometry.vxm(),
            length: i64::from(rows),
            among: None,
        })
    }

    /// The ALUs that take the sums, and the writes of what they make.
    fn ending(
        &mut self,
        drawn: &mut Drawn,
        (half, contract): (Hemisphere, &Contract),
        (sums, rows, label): (FlowIndex, u32, u16),
    ) -> Result<(), CompileError> {
        let geometry = self.table.geometry();
        let travel =
            geometry.travel(half.inward(), geometry.mxm(half), geometry.vxm()).expect("inward leads to the VXM");
        let start = drawn.chain.flows[sums].bytes[0].1 + i64::from(travel);
        let lanes = self.lowered.graph.nodes[contract.result].shape.lanes();
        let slices = self.slices.tables(half).to_vec();
        let tables = contract.tables.into_iter().zip(slices).collect();
        let mut leaves = Leaves { half, sums: Some(sums), pieces: Vec::new(), tables, lanes };
        // What came in was made by the same plane, row for row.
        for &piece in contract.residual.iter().flatten() {
            let beside = self.beside([&piece], half.index()).expect("what came in has pixels");
            leaves.pieces.push((piece, beside));
        }
        let (alus, departs) = self.alus(drawn, contract.result, &leaves, (start, rows, label))?;
        let result = (*alus.last().expect("an expression has a step"), departs);
        match contract.kept {
            Kept::Band(band) => {
                let slices = self.band_slices(band);
                let flow = self.result_flow(drawn, result, 4, &slices);
                let homes = self.band_homes(band, rows)?;
                self.write_band(drawn, (flow, 3), (band, &homes, 0), (rows, label));
            }
            Kept::Output => {
                let [slices, _] = self.slices.tables(half);
                let home = self.slices.take(&slices, 1, Resident::Scratch)?;
                let flow = self.result_flow(drawn, result, 4, &slices);
                for (byte, &slice) in slices.iter().enumerate() {
                    self.write(drawn, (flow, byte), (&home, slice), (rows, label));
                }
                self.outputs.push(home);
            }
        }
        Ok(())
    }
}
