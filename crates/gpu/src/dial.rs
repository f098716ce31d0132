//! A case with another value of one of the model's constants.
//!
//! In: the id of a constant, a number.  Out: the case with it, or that nothing in this case depends on it.
//! Invariant: a value lies between the low and the high of its constant; an id that changes nothing is never taken silently.
//! Method: inputs by their table; constants of the machine by the field that holds them. What box, format and software of a case never
//!     ask for is idle, however it is set.

use crate::case::Case;
use crate::constants;
use crate::engine::{AllReduce, Launch};
use crate::error::GpuError;
use crate::format::Format;
use crate::inputs::Input;
use crate::machine::{Gpu, Tensor};
use crate::time::Nanos;

/// Whether an id means something to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// It does, and has the value.
    Set,
    /// It is a constant of this crate, and nothing in this case depends on it.
    Idle,
    /// It is no constant of this crate.
    Foreign,
}

impl Case {
    /// Takes `value` for the constant `id`.
    ///
    /// Errors: a value outside the bounds of the constant.
    pub fn dial(&mut self, id: &str, value: f64) -> Result<Dialled, GpuError> {
        if let Some(input) = Input::find(id) {
            if !self.asks_for(input) {
                return Ok(Dialled::Idle);
            }
            return self.inputs.set(input, value).map(|()| Dialled::Set);
        }
        let Some(constant) = constants::all().into_iter().find(|constant| constant.id == id) else {
            return Ok(Dialled::Foreign);
        };
        let mut gpu = self.gpu.clone();
        if !self.reaches(id) || !turn(&mut gpu, id, value) {
            return Ok(Dialled::Idle);
        }
        if !(constant.low..=constant.high).contains(&value) {
            return Err(GpuError::Bounds { constant, found: value });
        }
        self.gpu = gpu;
        Ok(Dialled::Set)
    }

    /// Whether a step of this case asks for `input`.
    fn asks_for(&self, input: Input) -> bool {
        let is_shared = self.tensor != Tensor::One;
        let is_eager = self.engine.launch == Launch::Eager;
        let is_nccl = is_shared && self.engine.all_reduce == AllReduce::Nccl;
        match input {
            Input::RefreshTime
            | Input::RefreshPeriod
            | Input::RefreshHidden
            | Input::Imbalance
            | Input::Tile
            | Input::Overlap
            | Input::Silicon => true,
            Input::Int8Rate => self.format == Format::Int8,
            Input::Int4Rate => self.format == Format::Int4,
            Input::GapSpread => !is_eager,
            Input::GapEager | Input::EagerSpread | Input::SpikeChance | Input::SpikeMean => is_eager,
            Input::AllReduceSpread | Input::Message => is_shared,
            Input::NcclGraph => is_nccl && !is_eager,
            Input::NcclEager => is_nccl && is_eager,
            Input::Throttle => self.power_cap.is_some(),
        }
    }

    /// Whether a step of this case asks for what the constant `id` says of its machine.
    fn reaches(&self, id: &str) -> bool {
        let is_custom = self.engine.all_reduce == AllReduce::Custom;
        match id.split_once('.').map_or(id, |(_, key)| key) {
            "all_reduce" => is_custom && self.tensor != Tensor::One,
            "all_reduce_tp2" => is_custom && self.tensor == Tensor::Two,
            "all_reduce_tp4" => is_custom && self.tensor == Tensor::Four,
            "all_reduce_tp8" => is_custom && self.tensor == Tensor::Eight,
            "link_rate" => self.tensor != Tensor::One,
            "gap_graph" => self.engine.launch == Launch::Graph,
            "power_decode" => self.power_cap.is_some(),
            _ => true,
        }
    }
}

/// Puts `value` into the field that holds the constant `id`, if this machine has one.
fn turn(gpu: &mut Gpu, id: &str, value: f64) -> bool {
    let of = if gpu.name.starts_with("A100") { "a100" } else { "h100" };
    let Some((prefix, key)) = id.split_once('.').filter(|(prefix, _)| [of, "gpu", "hbm"].contains(prefix)) else {
        return false;
    };
    match (prefix == of, key) {
        (true, "hbm_peak") => gpu.hbm_peak = value,
        (true, "hbm_eff") => gpu.hbm_share = value,
        (true, "l2_read_bw") => gpu.l2_rate = value,
        (true, "l2_near") => gpu.latency.l2_near = Nanos(value),
        (true, "l2_far") => gpu.latency.l2_far = Nanos(value),
        (true, "math_eff") => gpu.math_share = value,
        (true, "gap_graph") => gpu.gap_graph = Nanos::from_micros(value),
        (true, "all_reduce") => gpu.all_reduce = [Nanos::from_micros(value); 3],
        (true, "all_reduce_tp2") => gpu.all_reduce[0] = Nanos::from_micros(value),
        (true, "all_reduce_tp4") => gpu.all_reduce[1] = Nanos::from_micros(value),
        (true, "all_reduce_tp8") => gpu.all_reduce[2] = Nanos::from_micros(value),
        (true, "link_rate") => gpu.link_rate = value,
        (true, "power_decode") => gpu.power = value,
        (false, "memory_reserved") => gpu.reserved = 1e9 * value,
        // The ramp was fitted on an A100 and is scaled to this memory's latency.
        (true, "dram") if of == "h100" => gpu.ramp = gpu.ramp * (value / constants::h100::DRAM.default),
        (false, "ramp") => gpu.ramp = gpu.ramp * (value / constants::memory::RAMP.default),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    fn case(gpu: Gpu) -> Case {
        Case::new(gpu, Tensor::Eight)
    }

    #[test]
    fn every_constant_that_is_named_here_is_one_of_the_crate_and_turns_its_field() {
        let mut turned = Vec::new();
        for gpu in [Gpu::a100(), Gpu::h100()] {
            for constant in constants::all() {
                let mut other = case(gpu.clone());
                let value = if constant.default < constant.high { constant.high } else { constant.low };
                if other.dial(constant.id, value) == Ok(Dialled::Set) && other.gpu != gpu {
                    turned.push(constant.id);
                }
            }
        }
        for id in [
            "a100.hbm_eff",
            "h100.hbm_eff",
            "h100.all_reduce_tp8",
            "a100.all_reduce",
            "gpu.ramp",
            "h100.dram",
            "h100.gap_graph",
        ] {
            assert!(turned.contains(&id), "{id} turned nothing: {turned:?}");
        }
    }

    #[test]
    fn what_the_software_never_asks_for_is_idle() {
        let mut of = case(Gpu::h100());
        let idle = ["gpu.gap_eager", "gpu.spike_chance", "gpu.nccl_graph", "gpu.int4_rate", "gpu.throttle"];
        for id in idle.into_iter().chain(["h100.all_reduce_tp4", "h100.power_decode"]) {
            assert_eq!(of.dial(id, 12.0), Ok(Dialled::Idle), "{id}");
        }
        of.engine = Engine::eager();
        assert_eq!(of.dial("gpu.gap_eager", 7.0), Ok(Dialled::Set));
        assert_eq!(of.dial("h100.gap_graph", 3.0), Ok(Dialled::Idle), "launches come one by one");
        of.tensor = Tensor::One;
        assert_eq!(of.dial("h100.link_rate", 400.0), Ok(Dialled::Idle), "one GPU has no links");
    }

    #[test]
    fn what_changes_nothing_says_so_and_what_is_absurd_is_refused() {
        let mut of = case(Gpu::h100());
        let before = of.clone();
        assert_eq!(of.dial("a100.hbm_eff", 0.85), Ok(Dialled::Idle), "the box has other GPUs");
        assert_eq!(of.dial("money.kwh", 0.1), Ok(Dialled::Foreign));
        assert!(of.dial("h100.hbm_eff", f64::NAN).is_err() && of.dial("h100.hbm_eff", 2.0).is_err());
        assert_eq!(of, before);
        assert_eq!(of.dial("hbm.imbalance", 0.2), Ok(Dialled::Set));
    }
}
