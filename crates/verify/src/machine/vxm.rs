//! The VXM, symbolically: results of ALUs, when they can be used and where they are heard (rule 7).
//!
//! In: results in order of dispatch, and who takes them.  Out: the result of an ALU dispatched exactly `vxm_alu` cycles before, or the
//!     fault; what is wrong with the streams of an instruction.
//! Invariant: a result can be used in one cycle only, by ALUs that all hear it on one way.
//! Method: a ring per ALU as wide as the latency; with each result the ways that are left to it, fewer with every taker.

use crate::Fault;
use crate::word::Value;
use arch::{Chip, Direction, Mesh, StreamId, Ways};
use graph::DType;

#[derive(Clone, Copy, Debug)]
struct Made {
    cycle: u64,
    dtype: DType,
    value: Value,
    /// Superlanes in which it was made; in the others it is zero.
    superlanes: u8,
    /// On which it may go on.
    ways: Ways,
}

/// An ALU that takes a result.
#[derive(Clone, Copy)]
pub(crate) struct Taker {
    alu: u8,
    superlanes: u8,
    open: Ways,
}

/// All ALUs of a chip.
pub(crate) struct Vxm {
    results: Vec<Option<Made>>,
    latency: u64,
    ring: usize,
    mesh: Mesh,
}

impl Vxm {
    /// ALUs that have done nothing yet.
    pub(crate) fn new(chip: &Chip) -> Self {
        let latency = u64::from(chip.latency.vxm_alu);
        let ring = (latency + 1).next_power_of_two() as usize;
        Vxm { results: vec![None; ring * usize::from(chip.alus)], latency, ring, mesh: Mesh::new(chip) }
    }

    /// What is wrong with the streams that `alu` samples and drives.
    #[inline]
    pub(crate) fn wiring(&self, alu: u8, sampled: [Option<StreamId>; 2], to: Option<StreamId>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for stream in sampled.into_iter().chain([to]).flatten() {
            if !self.mesh.reaches(alu, stream) {
                let row = self.mesh.row(alu);
                faults.push(Fault::OutOfWindow { stream, row, groups: self.mesh.window(row).collect() });
            }
        }
        if let [Some(a), Some(b)] = sampled
            && !self.mesh.are_apart(a, b)
        {
            let [east, west] = if a.direction == Direction::East { [a, b] } else { [b, a] };
            faults.push(Fault::BothSides { east, west });
        }
        faults
    }

    /// Keeps what `alu`, dispatched at `cycle`, makes in so many superlanes and drives on `to`.
    #[inline]
    pub(crate) fn keep(
        &mut self,
        (alu, to): (u8, Option<StreamId>),
        cycle: u64,
        (dtype, value, superlanes): (DType, Value, u8),
    ) {
        let index = self.index(alu, cycle);
        let ways = to.map_or(self.mesh.ways(alu), Ways::of);
        self.results[index] = Some(Made { cycle, dtype, value, superlanes, ways });
    }

    /// An ALU with so many superlanes at work, and the ways on which it hears results beside the streams that it samples.
    #[inline]
    pub(crate) fn taker(&self, (alu, superlanes): (u8, u8), sampled: [Option<StreamId>; 2]) -> Taker {
        let open = |open: Ways, stream| open.and(self.mesh.beside(stream));
        Taker { alu, superlanes, open: sampled.into_iter().flatten().fold(self.mesh.ways(alu), open) }
    }

    /// The operand that `alu` provides to `taker` at `cycle`, of type `dtype`.
    #[inline]
    pub(crate) fn operand(&mut self, (alu, taker): (u8, Taker), cycle: u64, dtype: DType) -> Result<Value, Fault> {
        let dispatched = cycle.saturating_sub(self.latency);
        let index = self.index(alu, dispatched);
        let between = self.mesh.between(alu, taker.alu).and(taker.open);
        match &mut self.results[index] {
            Some(made) if made.cycle + self.latency == cycle && made.dtype == dtype => {
                let heard = made.ways.and(between);
                if heard.is_empty() {
                    return Err(Fault::NotHeard { alu });
                }
                made.ways = heard;
                // Where the taker rests, nobody sees what it takes.
                let is_whole = taker.superlanes <= made.superlanes;
                Ok(if is_whole { made.value } else { made.value.cut(made.superlanes, dtype) })
            }
            Some(made) if made.cycle + self.latency == cycle => {
                let (expected, found) = (dtype, made.dtype);
                Err(Fault::ResultType { alu, expected, found })
            }
            _ => Err(Fault::NoResult { alu, dispatched }),
        }
    }

    fn index(&self, alu: u8, cycle: u64) -> usize {
        usize::from(alu) * self.ring + (cycle as usize & (self.ring - 1))
    }
}
