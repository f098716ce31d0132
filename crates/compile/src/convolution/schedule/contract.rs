//! Contractions: activations of the planes, and what becomes of their sums on the way back to SRAM.
//!
//! In: rounds of contractions.  Out: chains of reads, Activates and Accumulates; the last one of each with its ALUs and writes.
//! Invariant: the chain's origin is the cycle in which the plane samples the first row.
//! Method: the planes of a half step by step; a plane's sums wait in its accumulators until the ALUs are free for them.

use super::Scheduler;
use super::drawn::{Drawn, Sampled};
use super::vector::Leaves;
use crate::CompileError;
use crate::convolution::lower::{Contract, Kept, Round, Sums};
use crate::error::Resident;
use crate::schedule::chain::{ChainFlow, Draft, Event, FlowIndex, Issuer};
use crate::why::{Cause, Need};
use arch::{Hemisphere, Queue};
use program::{AccumulateMode, LabelKind, MxmFormat};

impl Scheduler<'_> {
    /// Places a round, step by step.
    pub fn round(&mut self, round: &Round) -> Result<(), CompileError> {
        let planes: Vec<u8> = round.members.iter().map(|member| member.plane).collect();
        for step in 0..round.members[0].steps.len() {
            self.tile(round.members[0].steps[step].weights, round.half, &planes)?;
            for member in &round.members {
                self.step(round.half, member, step)?;
            }
        }
        Ok(())
    }

    /// Places one step of a contraction; the last one with all that follows.
    fn step(&mut self, half: Hemisphere, contract: &Contract, number: usize) -> Result<(), CompileError> {
        let step = &contract.steps[number];
        let (rows, label) = (step.rows(), self.label(contract.result, LabelKind::Activation));
        let mut drawn = Drawn::default();
        let sampled = Sampled { direction: half.outward(), to: self.table.geometry().mxm(half), cycle: 0 };
        let (reader, mut row) = (half.index(), 0);
        let beside = self.beside(&step.pieces, reader).unwrap_or_else(|| self.slices.pixels(half, &[0])[0]);
        for piece in &step.pieces {
            let here = Sampled { cycle: row, ..sampled };
            let flow = self.read_piece(&mut drawn, (piece, step.lanes), (reader, beside), here)?;
            let activate = Issuer::Queue(Queue::MxmActivate(half, contract.plane));
            let draft = Draft::Activate(flow, MxmFormat::I8);
            drawn.chain.push(Event { count: piece.count(), ..Event::once(activate, row, draft, label) });
            row += i64::from(piece.count());
        }
        let product = self.chip.latency.mxm_product().0 as i64;
        let is_last = number + 1 == contract.steps.len();
        let sums = is_last.then(|| self.sums_flow(&mut drawn, half, rows));
        let mode = if number == 0 { AccumulateMode::Set } else { AccumulateMode::Add };
        let apart = if contract.sums == Sums::EachRow { 1 } else { 0 };
        let accumulate = Issuer::Queue(Queue::MxmAccumulate(half, contract.plane));
        let draft = Draft::Accumulate(0, apart, mode, sums);
        let event = drawn.chain.push(Event { count: rows, ..Event::once(accumulate, product, draft, label) });
        if let Some(sums) = sums {
            drawn.chain.flows[sums].drivers = vec![event; 4];
            self.ending(&mut drawn, (half, contract), (sums, rows, label))?;
        }
        let plane = self.planes.entry((half, contract.plane)).or_default();
        let earliest = plane.ready.max(plane.next_activate);
        drawn.needs(Need { cause: Cause::Weights(plane.user), earliest });
        let origin = self.placed(drawn, (contract.result, rows))?;
        let user = self.chains.len() - 1;
        let plane = self.planes.entry((half, contract.plane)).or_default();
        (plane.next_activate, plane.user) = (origin + i64::from(rows), Some(user));
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
            exactly: None,
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
        let mut leaves = Leaves { half, sums: Some(sums), tables: &contract.tables, pieces: Vec::new(), lanes };
        // What came in was made by the same plane, row for row.
        for &piece in contract.residual.iter().flatten() {
            let beside = self.beside([&piece], half.index()).expect("what came in has pixels");
            leaves.pieces.push((piece, beside));
        }
        let result = self.alus(drawn, contract.result, &leaves, (start, rows, label))?;
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
