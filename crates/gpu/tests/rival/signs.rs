//! Which way a step goes when one constant of the model grows, with all others drawn at random.
//!
//! In: a seed; boxes of either machine with each software, format and degree.  Out: the first draw in which the direction is wrong.
//! Invariant: every constant that a case lets somebody change has its direction in the table and moves a step, or is listed with what
//!     it does instead.
//! Method: the same boxes with a value from the lower third and one from the upper third, in the mean; both draw from the same streams.

use crate::common::rival;
use gpu::{AllReduce, Case, Dialled, Engine, Format, Gpu, Launch, Rival, Tensor, constants};
use std::collections::BTreeSet;
use units::{Constant, Rng};

/// What a step does when the constant grows.
#[derive(Clone, Copy, PartialEq)]
enum Goes {
    Slower,
    Faster,
}
use Goes::{Faster, Slower};

/// The direction of every constant that changes the mean of a step.
const DIRECTIONS: [(&str, Goes); 35] = [
    ("a100.hbm_eff", Faster),
    ("a100.math_eff", Faster),
    ("a100.gap_graph", Slower),
    ("a100.all_reduce", Slower),
    ("a100.link_rate", Faster),
    ("a100.power_decode", Slower),
    ("h100.hbm_eff", Faster),
    ("h100.l2_read_bw", Faster),
    ("h100.math_eff", Faster),
    ("h100.dram", Slower),
    ("h100.gap_graph", Slower),
    ("h100.all_reduce_tp2", Slower),
    ("h100.all_reduce_tp4", Slower),
    ("h100.all_reduce_tp8", Slower),
    ("h100.link_rate", Faster),
    ("h100.power_decode", Slower),
    ("hbm.trfc", Slower),
    ("hbm.trefi", Faster),
    ("hbm.refresh_hidden", Faster),
    ("hbm.imbalance", Slower),
    // Larger tiles are fewer to a channel, and chance evens out less.
    ("hbm.tile", Slower),
    ("gpu.ramp", Slower),
    ("gpu.overlap", Faster),
    ("gpu.int8_rate", Faster),
    ("gpu.int4_rate", Faster),
    ("gpu.gap_spread", Slower),
    ("gpu.gap_eager", Slower),
    ("gpu.eager_spread", Slower),
    ("gpu.spike_chance", Slower),
    ("gpu.spike_mean", Slower),
    ("gpu.nccl_graph", Slower),
    ("gpu.nccl_eager", Slower),
    ("gpu.all_reduce_message", Faster),
    ("gpu.speed_spread", Slower),
    ("gpu.throttle", Faster),
];

/// What changes no mean: a kernel is as often on the near side of L2 as on the far one; an all-reduce has its mean however it is spread,
/// because all wait for the same one; memory that is set aside decides what fits.
const ELSEWHERE: [&str; 4] = ["a100.l2_far", "h100.l2_far", "gpu.all_reduce_spread", "gpu.memory_reserved"];

/// Draws of all other constants for each constant of a case.
const ROUNDS: u32 = 2;
/// Boxes whose mean is taken.
const BOXES: u32 = 8;

/// Boxes that between them ask for every constant.
fn cases() -> Vec<Case> {
    let library = |launch| Engine { launch, all_reduce: AllReduce::Nccl, ..Engine::modern() };
    let case = |gpu: Gpu, tensor, engine, format, cap| Case {
        engine,
        format,
        batch: 48,
        context: 100,
        power_cap: Some(cap),
        ..Case::new(gpu, tensor)
    };
    vec![
        case(Gpu::a100(), Tensor::Four, Engine::modern(), Format::Bf16, 240.0),
        case(Gpu::a100(), Tensor::Eight, library(Launch::Graph), Format::Int8, 240.0),
        case(Gpu::a100(), Tensor::Eight, library(Launch::Eager), Format::Int4, 240.0),
        case(Gpu::h100(), Tensor::Two, Engine::modern(), Format::Fp8, 450.0),
        case(Gpu::h100(), Tensor::Four, Engine::modern(), Format::Bf16, 450.0),
        case(Gpu::h100(), Tensor::Eight, Engine::modern(), Format::Fp8, 450.0),
    ]
}

/// The constants that can be changed in `case`.
fn dials(case: &Case) -> Vec<Constant> {
    let varied = constants::all().into_iter().filter(|constant| constant.low < constant.high);
    varied.filter(|constant| case.clone().dial(constant.id, constant.default) == Ok(Dialled::Set)).collect()
}

fn within(constant: &Constant, share: f64) -> f64 {
    constant.low + share * (constant.high - constant.low)
}

/// The case with all of `dials` drawn.
fn drawn(case: &Case, dials: &[Constant], rng: &mut Rng) -> Case {
    let mut case = case.clone();
    for constant in dials {
        assert_eq!(case.dial(constant.id, within(constant, rng.unit())), Ok(Dialled::Set), "{}", constant.id);
    }
    case
}

fn mean(base: &Rival, case: &Case, constant: &Constant, value: f64) -> f64 {
    let mut case = case.clone();
    assert_eq!(case.dial(constant.id, value), Ok(Dialled::Set), "{}", constant.id);
    base.with(case).expect("fits").mean_of_boxes(BOXES).0
}

#[test]
fn a_step_goes_the_right_way_with_every_constant() {
    let mut rng = Rng::new(5);
    let (mut seen, mut moved) = (BTreeSet::new(), BTreeSet::new());
    for case in cases() {
        let base = rival("7B", case.clone());
        let dials = dials(&case);
        for constant in dials.iter().filter(|constant| !ELSEWHERE.contains(&constant.id)) {
            let direction = DIRECTIONS.iter().find(|(id, _)| *id == constant.id);
            let (_, goes) = direction.unwrap_or_else(|| panic!("`{}` has no direction in the table", constant.id));
            seen.insert(constant.id);
            for _ in 0..ROUNDS {
                let case = drawn(&case, &dials, &mut rng);
                let [less, more] = [rng.unit() / 3.0, 1.0 - rng.unit() / 3.0].map(|share| within(constant, share));
                let [at_less, at_more] = [less, more].map(|value| mean(&base, &case, constant, value));
                let (first, second) = if *goes == Slower { (at_less, at_more) } else { (at_more, at_less) };
                assert!(
                    first <= second * (1.0 + 1e-12),
                    "`{}`: {less} and {more} take {at_less} and {at_more} ns in {case:?}",
                    constant.id
                );
                if first < second {
                    moved.insert(constant.id);
                }
            }
        }
    }
    let table: BTreeSet<&str> = DIRECTIONS.iter().map(|(id, _)| *id).collect();
    assert_eq!((&seen, &moved), (&table, &table));
}
