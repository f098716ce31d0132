//! Same seed, same bytes; nothing random, nothing changes; each source has its own effect and its own stream.
//!
//! In: runs.  Out: fingerprints.
//! Invariant: the pinned numbers are the same in wasm; a change of any constant or draw changes them, on purpose.

use crate::common::{rival, seventy_on_eight};
use gpu::serve::{Load, serve};
use gpu::{
    Case, Engine, FabricJitter, Format, Gpu, Input, Launch, Over, Path, Rival, Source, Sources, Tensor, fingerprint,
};

fn of_step(rival: &Rival, number: u32) -> u64 {
    fingerprint(&rival.step(number))
}

#[test]
fn fingerprints_are_pinned() {
    let seventy = seventy_on_eight();
    let full = rival("Mixtral", Case { path: Path::Full, context: 7, ..Case::new(Gpu::h100(), Tensor::Two) });
    let eager = rival("7B", Case { engine: Engine::eager(), ..Case::new(Gpu::a100(), Tensor::Two) });
    let (load, pace) = Load::rush_hour();
    let served = serve(&pace, &load.requests()).fingerprint();
    let found = [of_step(&seventy, 3), of_step(&full, 0), of_step(&eager, 1), served];
    assert_eq!(
        found.map(|hash| format!("{hash:016x}")),
        ["a01bcf8272a61a8e", "e85486586a5e8ab6", "97bccf2bef237504", "0eb3849bdd6e1c8e"]
    );
}

#[test]
fn any_step_is_the_same_whenever_it_is_asked_for() {
    let rival = seventy_on_eight();
    let first = of_step(&rival, 9);
    of_step(&rival, 2);
    assert_eq!(of_step(&rival, 9), first);
    assert!(of_step(&rival, 9) != of_step(&rival, 10));
}

#[test]
fn the_median_seed_is_neither_lucky_nor_unlucky() {
    let rival = rival("7B", Case { context: 100, ..Case::new(Gpu::a100(), Tensor::Two) });
    let median = rival.median_seed(21);
    let offset = u32::try_from(median - rival.case().seed).expect("small");
    let time = |offset: u32| rival.another_box(offset).step(0).duration();
    let faster = (0..21).filter(|&other| time(other) < time(offset)).count();
    assert_eq!((faster, rival.boxes(5).len()), (10, 5));
}

#[test]
fn with_all_sources_off_the_box_is_deterministic_too() {
    let case = Case { sources: Sources::none(), context: 100, ..Case::new(Gpu::a100(), Tensor::Eight) };
    let other = Case { seed: 99, path: Path::Full, ..case.clone() };
    let (rival, other) = (rival("70B", case), rival("70B", other));
    assert_eq!(of_step(&rival, 0), of_step(&rival, 5));
    assert_eq!(of_step(&rival, 0), of_step(&other, 7));
    let jitter = FabricJitter::read(&rival, Over::Steps(5));
    assert!(jitter.step.variation < 1e-12 && jitter.waiting < 1e-12, "{jitter:?}");
}

/// Which sources can act on a step of this box.
fn acts(source: Source, is_eager: bool) -> bool {
    match source {
        Source::GapGraph => !is_eager,
        Source::GapEager | Source::Spike => is_eager,
        Source::Throttle | Source::Arrivals | Source::Prompt | Source::Output | Source::Network => false,
        _ => true,
    }
}

#[test]
fn every_source_acts_alone_and_leaves_the_others_alone() {
    for engine in [Engine::modern(), Engine::eager()] {
        let is_eager = engine == Engine::eager();
        let case = Case { engine, context: 100, ..Case::new(Gpu::a100(), Tensor::Eight) };
        let everything = rival("70B", case.clone());
        let quiet = everything.with(Case { sources: Sources::none(), ..case.clone() }).expect("fits");
        for source in Source::ALL {
            let alone = Case { sources: Sources::none().with(source), ..case.clone() };
            let alone = everything.with(alone).expect("fits");
            let changed = of_step(&alone, 1) != of_step(&quiet, 1);
            assert_eq!(changed, acts(source, is_eager), "{source:?}, eager {is_eager}");
        }
        let silicon = Case { sources: Sources::none().with(Source::Silicon), ..case.clone() };
        let silicon = everything.with(silicon).expect("fits");
        assert_eq!(silicon.step(4).paces(), everything.step(4).paces(), "the others changed nothing of it");
    }
}

#[test]
fn inputs_that_a_case_can_change_change_its_steps() {
    let acts = |input: Input, engine: Engine, format: Format| {
        let case = Case {
            engine,
            format,
            batch: 4,
            context: 100,
            power_cap: Some(200.0),
            ..Case::new(Gpu::a100(), Tensor::Eight)
        };
        let usual = rival("7B", case.clone());
        let Case { mut inputs, .. } = case;
        let constant = input.constant();
        let other = if constant.default < constant.high { constant.high } else { constant.low };
        inputs.set(input, other).expect("inside its bounds");
        of_step(&usual, 0) != of_step(&usual.with(Case { inputs, ..case }).expect("fits"), 0)
    };
    for input in Input::ALL {
        let engines = [Engine::modern(), Engine::eager(), Engine { launch: Launch::Graph, ..Engine::eager() }];
        let formats = [Format::Bf16, Format::Int8, Format::Int4];
        let pairs = engines.iter().flat_map(|engine| formats.map(|format| (engine.clone(), format)));
        assert!(pairs.into_iter().any(|(engine, format)| acts(input, engine, format)), "{input:?} changes nothing");
    }
}

#[test]
fn a_slower_gpu_is_slower_in_everything_it_does() {
    let case = Case { sources: Sources::none().with(Source::Silicon), ..Case::new(Gpu::h100(), Tensor::One) };
    let rival = rival("7B", case);
    for offset in 0..5 {
        let run = rival.another_box(offset).step(0);
        let expected = rival.quiet().0 * run.paces()[0];
        assert!((run.duration().0 / expected - 1.0).abs() < 1e-12, "{:?}, {expected} ns", run.duration());
    }
}

#[test]
fn a_power_cap_throttles_and_its_absence_does_not() {
    let case = Case { context: 100, ..Case::new(Gpu::a100(), Tensor::Eight) };
    let free = rival("70B", case.clone());
    let mean = |cap: f64| free.with(Case { power_cap: Some(cap), ..case.clone() }).expect("fits").mean(8).millis();
    let (free, published, low) = (free.mean(8).millis(), mean(330.0), mean(200.0));
    assert_eq!(free, published, "decoding draws less than the cap of the published points");
    assert!(free * 1.04 < low, "{free} ms, capped {low} ms");
}

#[test]
fn a_quiet_box_jitters_by_about_a_percent_and_not_by_fifty() {
    for (model, tensor) in [("7B", Tensor::One), ("70B", Tensor::Eight), ("Mixtral", Tensor::Two)] {
        let rival = rival(model, Case { context: 100, ..Case::new(Gpu::a100(), tensor) });
        let jitter = FabricJitter::read(&rival, Over::Steps(50));
        let boxes = FabricJitter::read(&rival, Over::Boxes(50)).step.variation;
        let (variation, tail) = (100.0 * jitter.step.variation, jitter.step.tail());
        println!("{model} TP{}: step CV {variation:.2} %, p99/p50 {tail:.3}", tensor.gpus());
        println!(
            "    waiting {:.4}, kernel CV {:.4}, between boxes CV {boxes:.4}",
            jitter.waiting, jitter.kernel.variation
        );
        assert!((0.05..1.5).contains(&variation), "{model}: {variation} %");
        assert!((0.002..0.02).contains(&boxes), "{model}: {boxes} between boxes");
        assert!(jitter.step.variation < jitter.kernel.variation, "a step averages over its kernels");
    }
}
