//! What is drawn: events tile each GPU's time, meet at exchanges, and any window shows the same.
//!
//! In: runs.  Out: the first event that does not fit.

use crate::common::{rival, seventy_on_eight};
use gpu::{At, Case, Delay, Doing, Event, Gpu, Kind, Mechanism, Nanos, Run, Tensor, Where, ablation};

fn all(run: &Run) -> Vec<Event> {
    run.events(At::START, run.end())
}

#[test]
fn events_tile_the_time_of_every_gpu() {
    let run = seventy_on_eight().step(0);
    for gpu in 0..8 {
        let events = run.events_of(gpu, At::START, run.end());
        assert_eq!((events[0].from, events.last().map(|event| event.to)), (At::START, Some(run.end())));
        for pair in events.windows(2) {
            assert_eq!(pair[0].to, pair[1].from, "GPU {gpu}: {pair:?}");
        }
    }
}

#[test]
fn all_gpus_meet_at_every_exchange_and_somebody_never_waits() {
    let run = seventy_on_eight().step(1);
    let exchanges: Vec<Event> = all(&run).into_iter().filter(|event| event.doing == Doing::Exchange).collect();
    assert_eq!(exchanges.len(), 8 * 160);
    for kernel in 0..run.rival().kernels().len() as u32 {
        let here: Vec<&Event> = exchanges.iter().filter(|event| event.kernel == kernel).collect();
        assert!(here.iter().all(|event| (event.from, event.to) == (here[0].from, here[0].to)));
        let waits = all(&run).iter().filter(|event| event.kernel == kernel && event.doing == Doing::Wait).count();
        assert!(here.is_empty() || waits < 8, "the last to come waits for nobody");
        if 20 < kernel {
            break;
        }
    }
}

#[test]
fn any_window_shows_what_the_whole_shows_there() {
    let run = rival("Mixtral", Case::new(Gpu::h100(), Tensor::Four)).step(2);
    let whole = all(&run);
    for part in 0..50 {
        let from = At(run.end().0 * f64::from(part) / 50.0);
        let to = from + Nanos(20_000.0);
        let expected: Vec<Event> = whole.iter().filter(|event| event.from < to && from < event.to).copied().collect();
        assert_eq!(run.events(from, to), expected);
        let at = run.kernel_at(3, from).expect("before the end");
        assert!(expected.iter().any(|event| event.gpu == 3 && event.kernel == at.kernel));
    }
}

#[test]
fn events_carry_the_parts_of_the_graph() {
    let run = seventy_on_eight().step(0);
    let mut of_layer: Vec<Kind> = run
        .events_of(2, At::START, run.end())
        .into_iter()
        .filter(|event| event.layer == Some(41) && matches!(event.doing, Doing::Kernel | Doing::Exchange))
        .map(|event| event.kind)
        .collect();
    assert_eq!(of_layer.len(), 11);
    of_layer.dedup();
    assert_eq!(of_layer.first().zip(of_layer.last()), Some((&Kind::Norm, &Kind::FfnSum)));
}

/// The same accident as on the chip: here everybody is late, and nothing is wrong.
#[test]
fn one_late_kernel_makes_all_gpus_late_and_changes_nothing_else() {
    let rival = seventy_on_eight();
    let (plain, by) = (rival.step(0), Nanos(50_000.0));
    let place = Where { gpu: 5, kernel: 300 };
    let late = rival.delayed(0, Delay { place, by });
    let later = late.end() - plain.end();
    assert!(0.0 < later.0 && later.0 <= by.0 + 1e-6, "{later:?}");
    for gpu in (0..8).filter(|&gpu| gpu != 5) {
        let more = late.waited(gpu) - plain.waited(gpu);
        assert!((more - later).0.abs() < 1e-6, "GPU {gpu} waits {more:?} more, the step takes {later:?} more");
    }
    assert!(late.waited(5) <= plain.waited(5));
}

#[test]
fn bars_of_the_ablation_add_up_to_the_step() {
    let bill = ablation(&seventy_on_eight(), 4);
    let sum: Nanos = bill.bars.iter().map(|bar| bar.in_turn).sum();
    let off = (sum + bill.rest - bill.whole).0.abs();
    println!("{bill:#?}");
    assert!(off <= 1e-9 * bill.whole.0, "{off} ns of {:?}", bill.whole);
    assert_eq!(bill.bars.iter().map(|bar| bar.mechanism).collect::<Vec<_>>(), Mechanism::ALL);
    for bar in &bill.bars {
        assert!(0.0 < bar.in_turn.0 && 0.0 < bar.alone.0, "{bar:?}");
    }
    let noise = bill.bars[0].in_turn.0 / bill.whole.0;
    assert!((0.01..0.15).contains(&noise), "noise costs {noise} of a step");
    assert!(bill.rest.0 < 0.8 * bill.whole.0, "launches and barriers are a large part of a step on eight GPUs");
}
