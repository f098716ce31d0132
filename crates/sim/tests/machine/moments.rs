//! What a picture of one cycle shows.

use crate::assembler::{east, slice, west};
use crate::programs::{self, noise};
use arch::{Chip, Geometry, Hemisphere};
use sim::{AccumulatorView, Silent, WordView};
use units::Cycle;

#[test]
fn a_word_is_seen_at_every_station_of_its_way_and_nowhere_else() {
    let chip = Chip::lpu_14nm();
    let geometry = Geometry::new(&chip);
    let machine = programs::copy().launched(&chip).unwrap();
    let groups: Vec<_> = (0..11u8).map(|group| geometry.slice(slice(&format!("E{}", 4 * group)))).collect();
    for cycle in 0..20u64 {
        let moment = machine.at(Cycle(cycle));
        for (group, station) in groups.iter().enumerate() {
            let seen = moment.stream(east(0), *station);
            assert_eq!(seen.is_some(), cycle == 1 + group as u64, "cycle {cycle} group {group}");
            if let Some(word) = seen {
                assert_eq!(word.word, WordView::Bytes(&noise(1)));
                assert_eq!((word.departed, word.driver), (Cycle(1), groups[0]));
            }
        }
        let live = moment.live();
        assert_eq!(live.len(), usize::from((1..=20).contains(&cycle)));
        assert!(live.iter().all(|word| u64::from(word.delay) == cycle - 1 + 19));
    }
}

#[test]
fn a_moment_names_what_is_dispatched_in_it() {
    let chip = Chip::lpu_14nm();
    let machine = programs::copy().launched(&chip).unwrap();
    let names = |cycle| -> Vec<String> {
        machine.at(Cycle(cycle)).dispatched().iter().map(|event| event.queue.to_string()).collect()
    };
    assert_eq!(names(0), ["E0.read"]);
    assert_eq!(names(1), [""; 0]);
    assert_eq!(names(11), ["E41.write"]);
    let sram = |cycle| machine.at(Cycle(cycle)).sram(slice("E41"), 5).is_some();
    assert!(!sram(11) && sram(12));
}

#[test]
fn a_plane_is_seen_filling_installed_and_accumulating() {
    let chip = Chip::lpu_14nm();
    let machine = programs::matmul().launched(&chip).unwrap();
    let half = Hemisphere::East;
    let loaded = |cycle| machine.at(Cycle(cycle)).buffer(half, 1).iter().flatten().count();
    assert_eq!([loaded(19), loaded(20), loaded(39), loaded(40), loaded(41)], [0, 16, 320, 0, 16]);
    let moment = machine.at(Cycle(41));
    let array = moment.array(half, 1).unwrap();
    assert_eq!((array.ready, array.columns[17]), (Cycle(43), Some(WordView::Bytes(&programs::weight(0, 17)))));
    assert!(moment.accumulator(half, 1, 3).is_none());
    let moment = machine.at(Cycle(57));
    let Some(AccumulatorView::I32(lanes)) = moment.accumulator(half, 1, 3) else { panic!("slot 3 was set at 57") };
    let pairs = programs::activation(0).into_iter().zip(programs::weight(0, 200));
    assert_eq!(lanes[200] as i32, pairs.map(|(a, w)| i32::from(a as i8) * i32::from(w as i8)).sum::<i32>());
}

#[test]
fn running_in_steps_or_from_a_checkpoint_changes_nothing() {
    let chip = Chip::lpu_14nm();
    for (name, program) in programs::all() {
        let whole = program.run(&chip);
        let mut stepped = program.launched(&chip).unwrap();
        let mut recorder = sim::Recorder::default();
        for cycle in 0..whole.outcome.cycles.0 + 5 {
            stepped.run_before(Cycle(cycle), &mut recorder);
            stepped = if cycle % 2 == 0 { stepped.clone() } else { stepped.checkpoint().resume() };
        }
        assert_eq!(recorder.dispatches, whole.recorder.dispatches, "{name}");
        assert_eq!(recorder.arrivals, whole.recorder.arrivals, "{name}");
        assert_eq!(stepped.run_token(&mut Silent), whole.outcome, "{name}");
    }
}

#[test]
fn a_checkpoint_between_instances_gives_the_same_pictures() {
    let chip = Chip::lpu_14nm();
    let program = programs::matmul();
    let mut executable = program.executable(&chip);
    executable.instances.push(executable.instances[0].clone());
    let mut machine = sim::Machine::load(&chip, &executable, &program.tensors).unwrap();
    machine.launch(&program.inputs, 0).unwrap();
    machine.run_instance(&mut Silent);
    let checkpoint = machine.checkpoint();
    assert_eq!(checkpoint.next_instance(), (1, Cycle(160)));
    for cycle in 160..330 {
        let (here, there) = (machine.at(Cycle(cycle)), checkpoint.resume().at(Cycle(cycle)));
        assert_eq!(here.live(), there.live(), "cycle {cycle}");
        assert_eq!(here.dispatched(), there.dispatched(), "cycle {cycle}");
    }
}

#[test]
fn a_poisoned_word_is_seen_with_its_provenance() {
    let mut program = programs::copy();
    program.image.clear();
    let moment = program.launched(&Chip::lpu_14nm()).unwrap().at(Cycle(5));
    let word = moment.live()[0].word;
    let WordView::Poisoned(Some(poison)) = word else { panic!("nobody wrote the word: {word:?}") };
    assert_eq!((poison.cause, poison.cycle), (sim::Cause::Unwritten { address: 0 }, Cycle(0)));
}

#[test]
fn what_does_not_exist_is_not_shown() {
    let chip = Chip::lpu_14nm();
    let moment = programs::copy().launched(&chip).unwrap().at(Cycle(3));
    assert!(moment.stream(east(32), arch::Station(3)).is_none());
    assert!(moment.stream(west(0), arch::Station(200)).is_none());
    assert!(moment.sram(slice("E44"), 0).is_none() && moment.sram(slice("E0"), 9000).is_none());
    assert!(moment.array(Hemisphere::West, 2).is_none() && moment.buffer(Hemisphere::West, 2).is_empty());
    assert!(moment.accumulator(Hemisphere::West, 0, 500).is_none());
}
