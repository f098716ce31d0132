//! One decode step, event by event: every GPU launches its kernels in order and waits at every exchange for the slowest.
//!
//! In: a rival and the number of the step.  Out: when each kernel of each GPU started and ended.
//! Invariant: a GPU does one thing at a time; an exchange starts when its last GPU arrives and ends for all at once.
//! Method: streams are in order, so that a sweep over kernels is the event queue. Each number is drawn from the stream of its own
//! place; what is off is replaced by its mean.

use crate::case::{Case, Mechanism, Path};
use crate::channel::{Chance, Stream};
use crate::draw::{exponential, lognormal, normal, open_unit};
use crate::engine::Launch;
use crate::inputs::Input;
use crate::price::Priced;
use crate::rival::Rival;
use crate::run::{Delay, Run, Span, Where};
use crate::source::{Place, Source, Sources};
use crate::time::{At, Nanos};

/// Runs step `number`, with one kernel held up if `delay` says so.
pub(crate) fn run_step(rival: &Rival, number: u32, delay: Option<Delay>) -> Run {
    let case = rival.case();
    let gpus = case.tensor.gpus();
    let paces: Vec<f64> = (0..gpus).map(|gpu| pace(case, gpu, number)).collect();
    let mut now = vec![At::START; gpus as usize];
    let mut lanes: Vec<Vec<Span>> = vec![Vec::with_capacity(rival.kernels().len()); gpus as usize];
    for (index, kernel) in (0u32..).zip(rival.kernels().iter()) {
        let place = |gpu: u32| Place { step: number, gpu, kernel: index };
        if kernel.kind.is_sum() {
            exchange(rival, kernel, place(0), &mut now, &mut lanes);
            continue;
        }
        for (gpu, &pace) in (0u32..).zip(&paces) {
            let free = now[gpu as usize];
            let parts = parts(rival, kernel, place(gpu), free);
            let late =
                delay.filter(|delay| delay.place == Where { gpu, kernel: index }).map_or(Nanos::ZERO, |delay| delay.by);
            let from = free + parts.gap * pace + late;
            let to = from + (parts.ramp + parts.body) * pace;
            lanes[gpu as usize].push(Span { free, from, to });
            now[gpu as usize] = to;
        }
    }
    Run::new(rival.clone(), number, paces, lanes)
}

/// All GPUs meet: the exchange runs when the last has come.
fn exchange(rival: &Rival, kernel: &Priced, place: Place, now: &mut [At], lanes: &mut [Vec<Span>]) {
    let case = rival.case();
    if rival.removed(Mechanism::Barriers) {
        for (now, lane) in now.iter().zip(lanes) {
            lane.push(Span { free: *now, from: *now, to: *now });
        }
        return;
    }
    let factor =
        drawn(case, Source::AllReduce, place, 1.0, |rng| lognormal(rng, case.inputs.get(Input::AllReduceSpread)));
    let from = now.iter().fold(At::START, |latest, &now| latest.latest(now));
    let to = from + kernel.exchange * factor;
    for (now, lane) in now.iter_mut().zip(lanes) {
        lane.push(Span { free: *now, from, to });
        *now = to;
    }
}

/// What one kernel of one GPU consists of, before the GPU's own pace.
pub(crate) struct Parts {
    /// From the end of the kernel before to the start of this one.
    pub gap: Nanos,
    /// From its start to the full stream of data.
    pub ramp: Nanos,
    /// Its stream, arithmetic and traffic, as far as they do not hide each other.
    pub body: Nanos,
    /// Its stream alone.
    pub transfer: Nanos,
}

/// Draws the parts of `kernel` at `place` of a GPU that is free at `free`.
pub(crate) fn parts(rival: &Rival, kernel: &Priced, place: Place, free: At) -> Parts {
    let case = rival.case();
    let sources = case.active();
    let unless = |mechanism: Mechanism, time: fn(&Case, Place) -> Nanos| {
        if rival.removed(mechanism) { Nanos::ZERO } else { time(case, place) * case.engine.overhead }
    };
    let (gap, ramp) = (unless(Mechanism::Gaps, gap), unless(Mechanism::Ramp, ramp));
    let stream = Stream::new(case, kernel);
    let chance = chance(case, place);
    let transfer = match case.path {
        _ if sources == Sources::none() => kernel.stream(),
        Path::Fast => stream.fast(chance),
        Path::Full => {
            let channels = stream.full(chance, free + gap + ramp);
            channels.iter().fold(Nanos::ZERO, |longest, channel| longest.longest(channel.busy))
        }
    };
    Parts { gap, ramp, body: kernel.body(transfer, &case.inputs), transfer }
}

/// What is random about the channels at `place`.
pub(crate) fn chance(case: &Case, place: Place) -> Chance {
    Chance { seed: case.seed, sources: case.active(), place }
}

/// A draw of `source` at `place`, or `off` where it is off.
fn drawn(case: &Case, source: Source, place: Place, off: f64, draw: impl Fn(&mut units::Rng) -> f64) -> f64 {
    if case.active().has(source) { draw(&mut source.stream(case.seed, place)) } else { off }
}

fn gap(case: &Case, place: Place) -> Nanos {
    match case.engine.launch {
        Launch::Graph => {
            case.gpu.gap_graph
                * drawn(case, Source::GapGraph, place, 1.0, |rng| lognormal(rng, case.inputs.get(Input::GapSpread)))
        }
        Launch::Eager => {
            let spread = case.inputs.get(Input::EagerSpread);
            let usual = drawn(case, Source::GapEager, place, 1.0, |rng| lognormal(rng, spread));
            let spike = drawn(case, Source::Spike, place, 0.0, |rng| {
                if open_unit(rng) < case.inputs.get(Input::SpikeChance) { exponential(rng) } else { 0.0 }
            });
            Nanos::from_micros(case.inputs.get(Input::GapEager)) * usual
                + Nanos::from_micros(case.inputs.get(Input::SpikeMean)) * spike
        }
    }
}

fn ramp(case: &Case, place: Place) -> Nanos {
    let side = drawn(case, Source::L2Side, place, 0.0, |rng| if open_unit(rng) < 0.5 { -0.5 } else { 0.5 });
    case.gpu.ramp + (case.gpu.latency.l2_far - case.gpu.latency.l2_near) * side
}

/// By which factor a GPU's own times differ from the mean in this step.
fn pace(case: &Case, gpu: u32, number: u32) -> f64 {
    let chip = Place { step: 0, gpu, kernel: 0 };
    let silicon = 1.0 + case.inputs.get(Input::Silicon) * drawn(case, Source::Silicon, chip, 0.0, normal);
    let (share, slower) = case.gpu.throttled(case.power_cap, case.inputs.get(Input::Throttle));
    let step = Place { step: number, gpu, kernel: 0 };
    let is_throttled = drawn(case, Source::Throttle, step, 0.0, |rng| f64::from(u8::from(open_unit(rng) < share)));
    silicon * (1.0 + is_throttled * (slower - 1.0))
}
