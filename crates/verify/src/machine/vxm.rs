//! The VXM, symbolically: results of ALUs and when they can be used (rule 7).
//!
//! In: results in order of dispatch.  Out: the result of an ALU dispatched exactly `vxm_alu` cycles before, or the fault.
//! Invariant: a result can be used in one cycle only, as many times as there are ALUs.
//! Method: a ring per ALU as wide as the latency.

use crate::Fault;
use crate::word::Value;
use arch::Chip;
use graph::DType;

#[derive(Clone, Copy, Debug)]
struct Made {
    cycle: u64,
    dtype: DType,
    value: Value,
}

/// All ALUs of a chip.
pub(crate) struct Vxm {
    results: Vec<Option<Made>>,
    latency: u64,
    ring: usize,
}

impl Vxm {
    /// ALUs that have done nothing yet.
    pub(crate) fn new(chip: &Chip) -> Self {
        let latency = u64::from(chip.latency.vxm_alu);
        let ring = (latency + 1).next_power_of_two() as usize;
        Vxm { results: vec![None; ring * usize::from(chip.alus)], latency, ring }
    }

    /// Keeps what `alu`, dispatched at `cycle`, makes.
    #[inline]
    pub(crate) fn keep(&mut self, alu: u8, cycle: u64, dtype: DType, value: Value) {
        let index = self.index(alu, cycle);
        self.results[index] = Some(Made { cycle, dtype, value });
    }

    /// The operand that `alu` provides at `cycle`, of type `dtype`.
    #[inline]
    pub(crate) fn operand(&self, alu: u8, cycle: u64, dtype: DType) -> Result<Value, Fault> {
        let dispatched = cycle.saturating_sub(self.latency);
        let index = self.index(alu, dispatched);
        match &self.results[index] {
            Some(made) if made.cycle + self.latency == cycle => {
                if made.dtype == dtype {
                    return Ok(made.value);
                }
                let (expected, found) = (dtype.name().to_owned(), made.dtype.name().to_owned());
                Err(Fault::ResultType { alu, expected, found })
            }
            _ => Err(Fault::NoResult { alu, dispatched }),
        }
    }

    fn index(&self, alu: u8, cycle: u64) -> usize {
        usize::from(alu) * self.ring + (cycle as usize & (self.ring - 1))
    }
}
