//! Collectives: planned, judged, simulated bit for bit, and refused when one slot is wrong.
//!
//! In: six collectives over minimal and spread ways on 2, 4 and 8 chips, on a rack of 72, on nine nodes of a group.  Out: a failure names
//!     collective, ways and chips.
//! Invariant: what must come out is added here by plain loops over whole numbers, in any order.
//! Method: rows hold whole numbers that follow from their names, so that sums of f32 are exact.

use arch::{Chip, NODE, Topology};
use compile::carry::cargo;
use compile::collective::{Kind, Routes, Wish, collective};
use graph::{Elements, Evaluator};
use program::{Entry, Executable, Instruction, Program, sends};
use sim::System;
use std::collections::{BTreeMap, BTreeSet};
use units::Cycle;
use verify::Rule;

const LANES: usize = 320;

fn program(topology: &Topology, kind: Kind, routes: Routes, rows: u16) -> Program {
    let wish = Wish { kind, routes, rows };
    collective(&Chip::lpu_14nm(), topology, wish).unwrap_or_else(|error| panic!("{wish:?}: {error}"))
}

fn judged(topology: &Topology, kind: Kind, routes: Routes, rows: u16) -> Program {
    let program = program(topology, kind, routes, rows);
    let report = verify::violations(&Chip::lpu_14nm(), &program);
    assert_eq!(report.total, 0, "{kind:?} {routes:?} on {}: {report:?}", topology.name);
    program
}

/// The number of a row in a lane: small and whole.
fn number(name: &str, lane: usize) -> i32 {
    let name = name.bytes().fold(7usize, |sum, byte| (sum * 31 + usize::from(byte)) % 1_009);
    (name * 13 + lane * 7) as i32 % 101 - 50
}

fn row(name: &str) -> Vec<f32> {
    (0..LANES).map(|lane| number(name, lane) as f32).collect()
}

/// What an output must be: the row of its name, or for a sum that of all chips' rows.
fn worked(output: &str, chips: u16) -> Vec<f32> {
    let (name, _) = output.split_once('@').expect("outputs name their chip");
    let Some(index) = name.strip_prefix("sum.") else { return row(name) };
    let names: Vec<String> = (0..chips).map(|chip| format!("row.{index}@{chip}")).collect();
    (0..LANES).map(|lane| names.iter().map(|name| number(name, lane)).sum::<i32>() as f32).collect()
}

/// Simulated values are the evaluator's and those worked out here, in the cycles that were predicted.
fn computes(program: &Program, chips: u16) {
    let rows = program.lowered.tensors.iter().map(|(_, info)| (info.name.clone(), row(&info.name))).collect();
    let tables = cargo(program, &rows);
    let mut system = System::load(&Chip::lpu_14nm(), &program.executable, &tables).expect("well formed");
    system.launch(&BTreeMap::new(), 0).expect("there is nothing to launch");
    let outcome = system.run_token();
    assert_eq!((outcome.violations, Cycle(outcome.cycles.0)), (0, program.witness.end));
    let evaluated =
        Evaluator::new(&program.lowered, &tables).and_then(|mut evaluator| evaluator.step(&BTreeMap::new()));
    let evaluated = evaluated.expect("it evaluates");
    let tiles = system.outputs();
    assert_eq!(tiles.len(), evaluated.len());
    for tile in tiles {
        let Elements::F32(values) = evaluated[&tile.output].elements() else { panic!("rows are f32") };
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
        assert_eq!(tile.bits, bits(values), "{}", tile.output);
        assert_eq!(*values, worked(&tile.output, chips), "{}", tile.output);
    }
}

/// How many outputs there must be.
fn wanted(kind: Kind, chips: usize, rows: usize) -> usize {
    rows * match kind {
        Kind::Send => 1,
        Kind::Broadcast => chips - 1,
        Kind::AllGather | Kind::AllToAll => chips * (chips - 1),
        Kind::ReduceScatter | Kind::AllReduce => chips,
    }
}

const BOTH: [Routes; 2] = [Routes::Minimal, Routes::Spread];

#[test]
fn on_a_node_every_row_is_where_it_is_wanted_bit_for_bit() {
    for chips in [2, 4, 8] {
        let topology = Topology::of(chips).expect("a node");
        for (kind, routes) in Kind::ALL.into_iter().flat_map(|kind| BOTH.map(|routes| (kind, routes))) {
            let program = judged(&topology, kind, routes, 3);
            assert_eq!(program.executable.outputs.len(), wanted(kind, chips.into(), 3), "{kind:?} on {chips}");
            computes(&program, chips);
        }
    }
}

#[test]
fn on_a_rack_of_72_chips_too() {
    let rack = Topology::racks(1).expect("a rack");
    for (kind, routes) in Kind::ALL.into_iter().flat_map(|kind| BOTH.map(|routes| (kind, routes))) {
        let program = judged(&rack, kind, routes, 1);
        assert_eq!(program.executable.outputs.len(), wanted(kind, 72, 1), "{kind:?}");
        computes(&program, 72);
    }
}

/// Several cables of such a group end at one chip, so that it adds rows which came by one link.
#[test]
fn nine_nodes_of_a_group_add_in_the_same_order_everywhere() {
    let nodes: Vec<u16> = (0..9).collect();
    let group = Topology::group().excerpt(&nodes).expect("nine nodes");
    let program = judged(&group, Kind::AllReduce, Routes::Minimal, 1);
    computes(&program, 72);
    let sums: BTreeSet<_> = program.lowered.outputs.iter().map(|(_, node)| *node).collect();
    assert_eq!(sums.len(), 1, "one sum, the same bits on all chips");
}

#[test]
fn an_all_reduce_is_one_hop_on_a_node_and_three_on_a_rack() {
    let cycles = |topology: &Topology| program(topology, Kind::AllReduce, Routes::Minimal, 1).witness.end.0;
    let node = cycles(&Topology::of(8).expect("a node"));
    assert!((522..2 * 522).contains(&node), "{node} cycles");
    // 2.1 us are published for 3 hops, 1.6 for a rack: 1,440 to 1,890 cycles; a quarter more is allowed for.
    let rack = cycles(&Topology::racks(1).expect("a rack"));
    assert!((3 * 522..1_890 * 5 / 4).contains(&rack), "{rack} cycles");
}

#[test]
fn chips_that_do_the_same_share_a_template() {
    let node = Topology::of(8).expect("a node");
    let gathered = program(&node, Kind::AllGather, Routes::Minimal, 4);
    assert_eq!(gathered.executable.templates.len(), 1, "a cable has one port at both ends");
    assert!(gathered.executable.detours.is_empty());
    let sent = program(&node, Kind::Send, Routes::Minimal, 4);
    assert_eq!((sent.executable.templates.len(), sent.executable.detours.len()), (3, 2), "six chips rest");
}

#[test]
fn a_slot_that_is_missed_is_seen() {
    let node = Topology::of(8).expect("a node");
    let right = program(&node, Kind::AllReduce, Routes::Spread, 2);
    let refused = |change: &dyn Fn(&mut Executable)| {
        let mut broken = right.clone();
        change(&mut broken.executable);
        let report = verify::violations(&Chip::lpu_14nm(), &broken);
        report.violations.iter().map(|violation| violation.fault.rule()).collect::<Vec<Rule>>()
    };
    let of_send = |executable: &mut Executable, change: &dyn Fn(&mut Vec<Entry>, usize)| {
        let sent = sends(executable)[0];
        let (queue, place) = sent.place;
        change(&mut executable.templates[sent.template].queues[queue as usize].1, place as usize);
    };
    let later = |entries: &mut Vec<Entry>, place: usize| {
        let mut shift = |place: usize, by: i64| match &mut entries[place] {
            Entry::Nop(cycles) => *cycles = (i64::from(*cycles) + by) as u32,
            Entry::Issue(burst) => panic!("{burst:?} stands beside a Send"),
        };
        shift(place - 1, 1);
        shift(place + 1, -1);
    };
    assert!(refused(&|one| of_send(one, &later)).contains(&Rule::Links));
    let dropped = |entries: &mut Vec<Entry>, place: usize| entries[place] = Entry::Nop(1);
    assert!(refused(&|one| of_send(one, &dropped)).contains(&Rule::Links));
    let other = |entries: &mut Vec<Entry>, place: usize| {
        let Entry::Issue(burst) = &mut entries[place] else { panic!("a Send is issued") };
        burst.instruction = Instruction::Send { from: 31 };
    };
    assert!(!refused(&|one| of_send(one, &other)).is_empty());
}

#[test]
fn what_cannot_be_planned_is_refused_with_what_could() {
    let chip = Chip::lpu_14nm();
    let wish = Wish { kind: Kind::AllReduce, routes: Routes::Minimal, rows: 1 };
    let refused =
        |topology: &Topology, wish| collective(&chip, topology, wish).map(drop).expect_err("it is refused").to_string();
    let node = Topology::of(NODE).expect("a node");
    assert!(refused(&Topology::single(), wish).contains("2 to 72"));
    assert!(refused(&Topology::group(), wish).contains("2 to 72"));
    assert!(refused(&node, Wish { rows: 0, ..wish }).contains("1 to 4096"));
    let full = refused(&node, Wish { kind: Kind::AllToAll, rows: 4_000, ..wish });
    assert!(full.contains("words is 8192, expected at least 28000") && full.contains("fewer rows"), "{full}");
    // Racks 0 and 1 of 145 share one cable: two nodes that do not have it.
    let apart = Topology::racks(145).and_then(|racks| racks.excerpt(&[0, 10])).expect("two nodes");
    assert!(refused(&apart, wish).contains("cables join"), "{}", refused(&apart, wish));
}
