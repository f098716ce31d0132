//! The inputs of the model that no machine, software or load holds: refresh, imbalance, spreads, rates of formats.
//!
//! In: constants.  Out: their values in a case, each of which may be changed inside its bounds.
//! Invariant: a value lies between the low and the high of its constant; the default is the constant's.
//! Method: one enumeration of the constants, one array of values.

use crate::constants::{link, memory};
use crate::error::GpuError;
use serde::{Deserialize, Serialize};
use units::Constant;

/// An input that a case may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// How long a refresh takes, in ns.
    RefreshTime,
    /// From one refresh to the next, in ns.
    RefreshPeriod,
    /// Share of a refresh that other banks hide.
    RefreshHidden,
    /// Spread of a channel's load for one tile.
    Imbalance,
    /// Bytes of a tile.
    Tile,
    /// Share of the shorter of arithmetic and transfer that the longer hides.
    Overlap,
    /// Rate of int8 kernels, relative to bf16.
    Int8Rate,
    /// Rate of int4 kernels, relative to bf16.
    Int4Rate,
    /// Spread of gaps in a graph.
    GapSpread,
    /// Gap without a graph, in us.
    GapEager,
    /// Spread of gaps without a graph.
    EagerSpread,
    /// Probability of a spike.
    SpikeChance,
    /// Mean of a spike, in us.
    SpikeMean,
    /// Spread of all-reduces.
    AllReduceSpread,
    /// Library all-reduce in a graph, in us.
    NcclGraph,
    /// Library all-reduce without a graph, in us.
    NcclEager,
    /// Message for which the times of all-reduces hold, in bytes.
    Message,
    /// Spread of speed between GPUs.
    Silicon,
    /// Clock when power is capped, relative.
    Throttle,
}

/// Values of all inputs, each in the unit of its constant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs([f64; Input::ALL.len()]);

impl Input {
    /// All inputs.
    pub const ALL: [Input; 19] = [
        Input::RefreshTime,
        Input::RefreshPeriod,
        Input::RefreshHidden,
        Input::Imbalance,
        Input::Tile,
        Input::Overlap,
        Input::Int8Rate,
        Input::Int4Rate,
        Input::GapSpread,
        Input::GapEager,
        Input::EagerSpread,
        Input::SpikeChance,
        Input::SpikeMean,
        Input::AllReduceSpread,
        Input::NcclGraph,
        Input::NcclEager,
        Input::Message,
        Input::Silicon,
        Input::Throttle,
    ];

    /// The constant with default, bounds and evidence.
    pub fn constant(self) -> Constant {
        match self {
            Input::RefreshTime => memory::REFRESH_TIME,
            Input::RefreshPeriod => memory::REFRESH_PERIOD,
            Input::RefreshHidden => memory::REFRESH_HIDDEN,
            Input::Imbalance => memory::IMBALANCE,
            Input::Tile => memory::TILE,
            Input::Overlap => memory::OVERLAP,
            Input::Int8Rate => memory::INT8_RATE,
            Input::Int4Rate => memory::INT4_RATE,
            Input::GapSpread => link::GAP_SPREAD,
            Input::GapEager => link::GAP_EAGER,
            Input::EagerSpread => link::EAGER_SPREAD,
            Input::SpikeChance => link::SPIKE_CHANCE,
            Input::SpikeMean => link::SPIKE_MEAN,
            Input::AllReduceSpread => link::ALL_REDUCE_SPREAD,
            Input::NcclGraph => link::NCCL_GRAPH,
            Input::NcclEager => link::NCCL_EAGER,
            Input::Message => link::MESSAGE,
            Input::Silicon => link::SILICON,
            Input::Throttle => link::THROTTLE,
        }
    }

    /// The input whose constant is called `id`.
    pub fn find(id: &str) -> Option<Self> {
        Input::ALL.into_iter().find(|input| input.constant().id == id)
    }
}

impl Inputs {
    /// The value of `input`.
    pub fn get(&self, input: Input) -> f64 {
        self.0[input as usize]
    }

    /// Changes one input. Errors: a value outside the bounds of its constant.
    pub fn set(&mut self, input: Input, value: f64) -> Result<(), GpuError> {
        let constant = input.constant();
        if !(constant.low..=constant.high).contains(&value) {
            return Err(GpuError::Bounds { constant, found: value });
        }
        self.0[input as usize] = value;
        Ok(())
    }
}

impl Default for Inputs {
    fn default() -> Self {
        Inputs(Input::ALL.map(|input| input.constant().default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_keeps_to_its_bounds_and_to_its_place() {
        let mut inputs = Inputs::default();
        for (place, input) in Input::ALL.into_iter().enumerate() {
            let constant = input.constant();
            assert_eq!(
                (input as usize, Input::find(constant.id), inputs.get(input)),
                (place, Some(input), constant.default)
            );
            assert_eq!(inputs.set(input, constant.high), Ok(()));
            assert_eq!(inputs.get(input), constant.high);
        }
        let error = inputs.set(Input::Silicon, 0.5).expect_err("GPUs of a box are not that different");
        assert_eq!(error.to_string(), "gpu.speed_spread: expected 0 to 0.03, found 0.5; choose a value between them");
        assert!(error.chinese().contains("0.03") && inputs.set(Input::Tile, f64::NAN).is_err());
    }
}
