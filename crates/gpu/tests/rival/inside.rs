//! Inside a kernel: what the channels do agrees with the step, and a late group is only late.
//!
//! In: kernels of runs.  Out: numbers that disagree.

use crate::common::rival;
use gpu::{Act, At, Case, Gpu, Inside, Kind, Late, Nanos, Path, Run, Source, Sources, Tensor, Where};

fn run(path: Path, sources: Sources) -> Run {
    rival("70B", Case { path, sources, context: 300, ..Case::new(Gpu::h100(), Tensor::Eight) }).step(5)
}

/// Kernels of layer 40 that read from HBM, on GPU 3.
fn reading(run: &Run) -> Vec<Where> {
    let kinds = [Kind::Qkv, Kind::Attention, Kind::Output, Kind::GateUp, Kind::Down];
    let kernel = |kind| run.rival().kernel(Some(40), kind).expect("every layer has it");
    kinds.map(|kind| Where { gpu: 3, kernel: kernel(kind) }).to_vec()
}

#[test]
fn what_reads_nothing_has_no_inside() {
    let run = run(Path::Fast, Sources::all());
    let inside =
        |kind| run.rival().kernel(Some(40), kind).and_then(|kernel| run.inside(Where { gpu: 3, kernel }, None));
    assert!(inside(Kind::Rope).is_none() && inside(Kind::FfnSum).is_none() && inside(Kind::Down).is_some());
}

#[test]
fn the_last_byte_comes_when_the_step_says_on_both_paths() {
    for path in [Path::Fast, Path::Full] {
        let run = run(path, Sources::all());
        for place in reading(&run) {
            let inside = run.inside(place, None).expect("it reads");
            let (kernel, span) = (&run.rival().kernels()[place.kernel as usize], run.lanes()[3][place.kernel as usize]);
            let unhidden = kernel.math.0 * 0.5 * run.paces()[3];
            let off = (span.to - inside.to).0 - unhidden;
            assert!(off.abs() < 1e-6, "{:?}, {path:?}: {off} ns between the last byte and the end", kernel.kind);
            let sum: f64 = inside.bytes.iter().sum();
            assert!((sum / kernel.bytes - 1.0).abs() < 1e-12, "{sum} of {} bytes", kernel.bytes);
        }
    }
}

#[test]
fn without_noise_all_channels_end_together_and_nobody_starves() {
    let run = run(Path::Fast, Sources::none());
    for place in reading(&run) {
        let inside = run.inside(place, None).expect("it reads");
        for channel in 0..inside.channels() {
            assert!((inside.to - inside.end(channel)).0.abs() < 1e-6);
        }
        let starving: f64 = starved(&inside);
        assert!(starving < 1e-3, "{starving} ns");
    }
}

fn starved(inside: &Inside) -> f64 {
    let moments = inside.moments(inside.from, inside.to);
    moments
        .iter()
        .filter(|moment| matches!(moment.act, Act::Starve { .. }))
        .map(|moment| (moment.to - moment.from).0)
        .sum()
}

#[test]
fn groups_starve_for_the_slowest_channel_and_channels_tile_their_time() {
    let run = run(Path::Fast, Sources::all());
    let place = reading(&run)[3];
    assert_eq!(run.rival().kernels()[place.kernel as usize].kind, Kind::GateUp);
    let inside = run.inside(place, None).expect("it reads");
    assert!(1.0 < starved(&inside), "{} ns", starved(&inside));
    let moments = inside.moments(inside.from, inside.to);
    let refreshes = moments.iter().filter(|moment| matches!(moment.act, Act::Refresh { .. })).count();
    assert!(100 < refreshes, "{refreshes}");
    for wanted in 0..inside.channels() {
        let of_channel = moments.iter().filter(|moment| {
            matches!(moment.act, Act::Serve { channel } | Act::Refresh { channel } | Act::Idle { channel } if channel == wanted)
        });
        let sum: f64 = of_channel.map(|moment| (moment.to - moment.from).0).sum();
        assert!((sum - (inside.to - inside.from).0).abs() < 1e-6, "channel {wanted}: {sum}");
        assert!(inside.served(wanted, inside.from) == 0.0 && 1.0 - 1e-9 < inside.served(wanted, inside.to));
        assert!(inside.served(wanted, inside.from + Nanos(500.0)) <= inside.served(wanted, inside.from + Nanos(900.0)));
    }
    assert_eq!(inside.end(inside.slowest()), inside.to);
}

#[test]
fn a_group_is_late_then_reads_then_starves_without_a_gap() {
    let run = run(Path::Fast, Sources::all());
    let late = Late { group: 1, by: Nanos(700.0) };
    let inside = run.inside(reading(&run)[0], Some(late)).expect("it reads");
    let moments = inside.moments(inside.from, inside.to);
    for wanted in 0..inside.groups() {
        let is_of = |act: Act| match act {
            Act::Late { group } | Act::Read { group } | Act::Starve { group, .. } => group == wanted,
            _ => false,
        };
        let of_group: Vec<_> = moments.iter().filter(|moment| is_of(moment.act)).collect();
        assert_eq!(of_group.len(), if wanted == 1 { 3 } else { 2 });
        assert_eq!(of_group[0].from, inside.from);
        assert!(of_group.windows(2).all(|pair| pair[0].to == pair[1].from), "{of_group:?}");
    }
}

#[test]
fn a_channel_is_refreshed_on_one_grid_through_all_kernels() {
    let run = run(Path::Full, Sources::none().with(Source::Refresh));
    let mut grid: Option<f64> = None;
    for place in reading(&run) {
        let inside = run.inside(place, None).expect("it reads");
        let moments = inside.moments(inside.from, inside.to);
        for refresh in moments.iter().filter(|moment| moment.act == Act::Refresh { channel: 5 }) {
            let first = *grid.get_or_insert(refresh.from.0);
            let periods = (refresh.from.0 - first) / 3900.0;
            assert!((periods - periods.round()).abs() < 1e-6, "{periods} periods apart");
        }
    }
    assert!(grid.is_some());
}

#[test]
fn a_late_group_is_only_late() {
    let run = run(Path::Fast, Sources::all());
    let place = reading(&run)[3];
    let usual = run.inside(place, None).expect("it reads").to;
    let mut before = usual;
    for by in [0.0, 2_000.0, 10_000.0, 100_000.0] {
        let late = Late { group: 2, by: Nanos(by) };
        let inside = run.inside(place, Some(late)).expect("it reads");
        let later = (inside.to - usual).0;
        println!("late by {by} ns: the kernel ends {later} ns later");
        assert!(-1e-6 <= later && later <= by + 1e-6, "late by {by}: {later}");
        assert!(before.0 <= inside.to.0 + 1e-6, "more delay never helps");
        before = inside.to;
        let acts = inside.moments(inside.from, At(inside.from.0 + 1.0));
        assert_eq!(acts.iter().any(|moment| moment.act == Act::Late { group: 2 }), 0.0 < by);
    }
    assert!(50_000.0 < (before - usual).0, "channels cannot make up for so much");
}
