//! Two chips that send each other a word.
//!
//! In: a program for `node-2`, cycles as literals.  Out: whose word is where, and what comes of a Send or Receive out of step.
//! Invariant: both chips run the same instructions; chip c holds row c of the table.
//! Method: W0 is 15 cycles before the link (34 - 19), the link 13 before W8; a vector crosses in 24 + 217 + 268 = 509.

use crate::assembler::{Program, slice};
use crate::programs::{read, write};
use arch::{Chip, Direction, StreamId};
use graph::{Tensor, TensorId};
use program::{Executable, Instruction, Packing, Residency, WordSource};
use sim::{Cause, Outcome, Recorder, System, WordView};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Cycle, Id};

const SENT: u64 = 16;
const LANDS: u64 = SENT + 509;
const WRITTEN: u64 = LANDS + 1 + 13;

/// Read at 0, departs at 1, is sent at 16, lands at 525, departs at 526 and is written at 539; `edit` sees cycles of Send and Receive.
fn exchange(sends: &[u64], received: u64) -> Executable {
    let mut program = Program::new(WRITTEN + 100);
    let (out, into) = (StreamId::new(Direction::West, 3), StreamId::new(Direction::East, 7));
    for &sent in sends {
        program.at(sent - SENT, "W0.read", read(0, out));
        program.at(sent, "c2cW0.send", Instruction::Send { from: 3 });
    }
    program.at(received, "c2cW0.receive", Instruction::Receive { to: 7 });
    program.at(received + 14, "W8.write", write(5, into));
    let mut executable = program.executable(&Chip::lpu_14nm());
    executable.topology = "node-2".to_owned();
    let source = WordSource::Tensor { tensor: Id::new(0), packing: Packing::Plane(0) };
    let resident =
        |chip| Residency { chip, slice: slice("W0"), address: 0, words: 1, source, row: u32::from(chip), step: 1 };
    executable.image = [0, 1].map(resident).to_vec();
    executable
}

fn table() -> BTreeMap<TensorId, Arc<Tensor>> {
    let rows = [vec![11i8; 320], vec![22; 320]].concat();
    BTreeMap::from([(TensorId::new(0), Arc::new(Tensor::i8(&[2, 320], rows)))])
}

/// Rules broken when two chips of the kind of `chip` exchange words in the cycles of the published one.
pub fn violations(chip: &Chip) -> u64 {
    run_on(chip, &exchange(&[SENT], LANDS)).2.violations
}

fn run(executable: &Executable) -> (System, System, Outcome) {
    run_on(&Chip::lpu_14nm(), executable)
}

fn run_on(chip: &Chip, executable: &Executable) -> (System, System, Outcome) {
    let mut system = System::load(chip, executable, &table()).expect("it is well formed");
    system.launch(&BTreeMap::new(), 0).expect("there is no record");
    let launched = system.clone();
    let outcome = system.run_token();
    (launched, system, outcome)
}

/// First byte of word 5 of W8 of a chip in a cycle.
fn held(launched: &System, chip: u16, cycle: u64) -> Option<u8> {
    let moment = launched.at(chip, Cycle(cycle)).expect("the chip is there");
    match moment.sram(slice("W8"), 5)? {
        WordView::Bytes(bytes) => Some(bytes[319]),
        WordView::Poisoned(_) => None,
    }
}

#[test]
fn each_holds_the_others_word_afterwards_and_not_a_cycle_earlier() {
    let (launched, system, outcome) = run(&exchange(&[SENT], LANDS));
    assert_eq!((outcome.violations, system.chips()), (0, 2));
    for (chip, byte) in [(0, 22), (1, 11)] {
        assert_eq!((held(&launched, chip, WRITTEN), held(&launched, chip, WRITTEN + 1)), (None, Some(byte)));
    }
    assert!(launched.at(2, Cycle(0)).is_none());
}

#[test]
fn what_is_seen_of_one_chip_does_not_depend_on_the_way_there() {
    let executable = exchange(&[SENT], LANDS);
    let (launched, ..) = run(&executable);
    let mut whole = Recorder::default();
    launched.clone().watch_token(1, &mut whole);
    let receive =
        whole.dispatches.iter().find(|event| event.queue.to_string() == "c2cW0.receive").expect("it receives");
    assert_eq!(receive.cycle, Cycle(LANDS));
    let arrival = whole.arrivals.iter().find(|arrival| arrival.sampled == Cycle(WRITTEN)).expect("the write samples");
    assert_eq!(arrival.producer, Some((receive.site, Cycle(LANDS + 1))));
    let resumed = launched.checkpoint().resume();
    for cycle in [0, 300, LANDS, LANDS + 2, WRITTEN + 1] {
        let live = |system: &System| format!("{:?}", system.at(1, Cycle(cycle)).expect("chip 1 is there").live());
        assert_eq!(live(&launched), live(&resumed), "cycle {cycle}");
    }
}

#[test]
fn one_cycle_late_and_the_word_is_gone() {
    for (sent, received) in [(SENT, LANDS + 1), (SENT + 1, LANDS)] {
        let (launched, _, outcome) = run(&exchange(&[sent], received));
        let causes: Vec<Cause> = outcome.poison.iter().map(|poison| poison.cause).collect();
        let of = |wanted: fn(&Cause) -> bool| causes.iter().filter(|cause| wanted(cause)).count();
        assert_eq!(of(|cause| matches!(cause, Cause::NothingLands)), 2, "{causes:?}");
        assert_eq!(of(|cause| matches!(cause, Cause::NotReceived)), 2, "{causes:?}");
        assert_eq!(held(&launched, 0, WRITTEN + 2), None);
    }
}

#[test]
fn a_link_takes_a_vector_every_24_cycles() {
    let busy = |outcome: &Outcome| outcome.poison.iter().any(|poison| matches!(poison.cause, Cause::LinkBusy { .. }));
    assert!(busy(&run(&exchange(&[SENT, SENT + 23], LANDS)).2));
    let (.., enough) = run(&exchange(&[SENT, SENT + 24], LANDS));
    assert!(!busy(&enough));
    assert_eq!(enough.violations, 2, "nobody receives the second vector, on either chip");
}

#[test]
fn one_chip_has_no_cable_and_a_machine_is_one_chip() {
    let pair = exchange(&[SENT], LANDS);
    let error = sim::Machine::load(&Chip::lpu_14nm(), &pair, &table()).map(|_| ()).expect_err("two chips are not one");
    assert!(error.to_string().contains("2 chips"), "{error}");
    let mut alone = pair.clone();
    alone.topology = "chip".to_owned();
    assert!(System::load(&Chip::lpu_14nm(), &alone, &table()).is_err(), "there is no chip 1 to hold row 1");
    alone.image.pop();
    let (.., outcome) = run(&alone);
    assert!(outcome.poison.iter().any(|poison| poison.cause == Cause::NoCable));
    alone.topology = "ring".to_owned();
    let error = System::load(&Chip::lpu_14nm(), &alone, &table()).map(|_| ()).expect_err("there is no ring");
    assert!(error.to_string().contains("node-8"), "{error}");
}
