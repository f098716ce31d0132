//! A model over nodes of a rack: judged whole, and refused when a joint is wrong.
//!
//! In: a small model of eight layers on four nodes, and Llama-2-70B's shape.  Out: the system judge's acceptance, its faults, times.
//! Invariant: what is broken is one thing at a time.
//! Method: seats, carries and places are changed in a system that is right.

use arch::{Chip, NODE, Port, Queue, Topology};
use compile::pipeline::{Pipeline, pipeline};
use import::llama::{Head, LlamaShape, decode_step};
use program::{Entry, Instruction, Program, System, SystemIndex, decode_system, encode_system};
use std::collections::{BTreeMap, BTreeSet};
use units::{Cycle, Rng};
use verify::{SystemFault, check_system};

/// Hidden lanes of a chip fill two tiles.
const SHAPE: LlamaShape = LlamaShape {
    layers: 8,
    width: 656,
    heads: 8,
    kv_heads: 8,
    head_dim: 64,
    ffn: 4_096,
    vocab: 2_000,
    rope_base: 10_000.0,
    epsilon: 1e-5,
    context_max: 64,
    head: Head::Own,
};

fn small() -> Pipeline {
    let racks = Topology::racks(1).expect("a rack");
    pipeline(&decode_step(&SHAPE, 64), &Chip::lpu_14nm(), &racks, 4).expect("there is room")
}

#[test]
fn a_pipeline_is_judged_whole_and_its_times_are_sums() {
    let Pipeline { system, roles, .. } = small();
    assert_eq!(system.seats.len(), 4);
    assert_eq!(roles.len(), system.roles.len());
    assert!(system.roles.len() < system.seats.len(), "some seats share a role");
    let shifts = system.shifts();
    assert_eq!(shifts[0].arrives, Cycle(0));
    for (place, two) in shifts.windows(2).enumerate() {
        let carry = &system.carries[system.seats[place].carry.expect("there is a next seat") as usize];
        assert_eq!((two[1].arrives, two[1].begins), (two[0].ends, two[0].leaves));
        assert_eq!(two[0].leaves.0 - two[0].ends.0, carry.witness.end.0);
    }
    assert_eq!(shifts[3].ends.0, system.length().0);
    let own = shifts.iter().map(|shift| shift.leaves.0 - shift.arrives.0).max();
    assert_eq!(own, Some(system.period().0));
    let file = encode_system(&system);
    assert_eq!(decode_system(&file).as_ref(), Ok(&system));
    let verified = check_system(&Chip::lpu_14nm(), system).expect("it is right");
    assert_eq!(verified.system().seats.len(), 4);
}

#[test]
fn every_wrong_joint_is_named() {
    let right = small().system;
    let chip = Chip::lpu_14nm();
    let refused = |change: &dyn Fn(&mut System)| {
        let mut system = right.clone();
        change(&mut system);
        check_system(&chip, system).expect_err("a joint is wrong")
    };
    let missing = |faults: &[SystemFault], place: usize| {
        assert!(matches!(faults[0], SystemFault::Missing { seat, .. } if seat == place), "{faults:?}");
    };
    missing(&refused(&|one| one.seats[2].node = one.seats[1].node), 2);
    missing(&refused(&|one| one.seats[1].node = 900), 1);
    missing(&refused(&|one| one.seats[1].role = 17), 1);
    missing(&refused(&|one| one.seats[1].carry = None), 1);
    missing(&refused(&|one| one.seats[3].carry = Some(0)), 3);
    // Another node of the rack has other cables.
    let faults = refused(&|one| one.seats[1].node = 7);
    assert!(faults.iter().any(|fault| matches!(fault, SystemFault::Joint { seat: 0, .. })), "{faults:?}");
    let faults = refused(&|one| one.roles[0].program.executable.outputs[0].address += 1);
    assert!(faults.iter().any(|fault| matches!(fault, SystemFault::Program { .. })), "the role's own judge sees it");
    // A carry that is right by itself, for tiles under each other's names.
    let faults = refused(&|one| {
        for carry in &mut one.carries {
            let [a, b] = [0, 1].map(units::Id::new);
            let names = [a, b].map(|id| carry.lowered.tensors[id].name.clone());
            let [one, two] = names;
            (carry.lowered.tensors[a].name, carry.lowered.tensors[b].name) = (two, one);
        }
    });
    assert!(faults.iter().all(|fault| matches!(fault, SystemFault::Place { .. })), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.to_string().contains("byte 0 of `embedding.0`")), "{}", faults[0]);
}

/// Every dispatch of a program on a chip, found by walking through its queues from the start.
fn flat(program: &Program, chip: u16) -> Vec<(u64, Queue, Instruction)> {
    let executable = &program.executable;
    let (mut all, mut start) = (Vec::new(), 0);
    for instance in 0..executable.instances.len() {
        let template = &executable.templates[executable.template_on(chip, instance).expect("it is there")];
        for (queue, entries) in &template.queues {
            let mut now = start;
            for entry in entries {
                match entry {
                    Entry::Nop(cycles) => now += u64::from(*cycles),
                    Entry::Issue(burst) => {
                        for turn in 0..burst.count {
                            let apart = u64::from(burst.interval);
                            all.push((now + u64::from(turn) * apart, *queue, burst.instruction));
                        }
                        now += burst.length().0;
                    }
                }
            }
        }
        start += template.length().0;
    }
    all
}

/// Every dispatch of a chip from launch to logits: its carries and its own program, moved to where the lengths before them put them.
fn flat_on(system: &System, seat: usize, chip: u16) -> Vec<(u64, Queue, Instruction)> {
    let mut start = 0;
    let mut all = Vec::new();
    let mut append = |program: &Program, chip: u16, start: u64| {
        all.extend(flat(program, chip).into_iter().map(|(cycle, queue, what)| (start + cycle, queue, what)));
    };
    for (place, other) in system.seats.iter().enumerate() {
        let role = &system.roles[other.role as usize].program;
        if place == seat {
            append(role, chip, start);
        }
        start += role.executable.length().0;
        let Some(carry) = other.carry.map(|carry| &system.carries[carry as usize]) else { continue };
        if place == seat || place + 1 == seat {
            append(carry, if place == seat { chip } else { chip + NODE }, start);
        }
        start += carry.executable.length().0;
    }
    all
}

#[test]
fn any_chip_at_any_cycle_is_what_a_walk_finds() {
    let system = small().system;
    let index = SystemIndex::new(&system);
    let walks: Vec<Vec<_>> =
        (0..system.seats.len()).map(|seat| (0..NODE).map(|chip| flat_on(&system, seat, chip)).collect()).collect();
    let mut rng = Rng::new(3);
    let mut busy = 0;
    for _ in 0..1_000 {
        let (seat, chip) = (rng.below(4) as usize, rng.below(8) as u16);
        let walk = &walks[seat][usize::from(chip)];
        // Half of the cycles at random, half where the chip does something.
        let somewhere = walk[rng.below(walk.len() as u64) as usize].0;
        let cycle = if rng.below(2) == 0 { rng.below(system.length().0 + 100) } else { somewhere };
        let mut expected: Vec<(Queue, Instruction)> =
            walk.iter().filter(|(at, ..)| *at == cycle).map(|(_, queue, what)| (*queue, *what)).collect();
        expected.sort_unstable();
        let found = index.at(&system, (system.seats[seat].node, chip), Cycle(cycle));
        let mut found: Vec<(Queue, Instruction)> = found
            .iter()
            .flat_map(|(_, dispatches)| dispatches.iter().map(|one| (one.queue, one.instruction)))
            .collect();
        found.sort_unstable();
        busy += usize::from(!expected.is_empty());
        assert_eq!(found, expected, "seat {seat}, chip {chip}, cycle {cycle}");
    }
    assert!(500 <= busy, "only {busy} cycles with something in them");
    assert_eq!(index.at(&system, (8, 0), Cycle(5)), None, "the spare node does nothing");
}

#[test]
fn every_slot_of_every_link_is_met_on_time_and_never_double() {
    let system = small().system;
    let chip = Chip::lpu_14nm();
    let racks = Topology::named(&system.topology).expect("a rack");
    let (mut sends, mut receives) = (BTreeMap::new(), BTreeSet::new());
    for (seat, own) in (0..system.seats.len()).flat_map(|seat| (0..NODE).map(move |own| (seat, own))) {
        let number = system.seats[seat].node * NODE + own;
        for (cycle, queue, _) in flat_on(&system, seat, own) {
            match queue {
                Queue::LinkSend(link) => {
                    let to = racks.across(Port { chip: number, link }).expect("a cable");
                    sends.entry((number, link)).or_insert_with(Vec::new).push((cycle, to));
                }
                Queue::LinkReceive(link) => assert!(receives.insert((number, link, cycle)), "one word at a time"),
                _ => {}
            }
        }
    }
    let mut met = 0;
    for ((number, link), slots) in &mut sends {
        slots.sort_unstable();
        let apart = u64::from(chip.latency.link_vector);
        assert!(slots.windows(2).all(|two| two[0].0 + apart <= two[1].0), "{link} of chip {number}");
        for (cycle, to) in slots {
            let landing = *cycle + chip.latency.link_crossing().0;
            assert!(receives.contains(&(to.chip, to.link, landing)), "{link} of chip {number}, cycle {cycle}");
            met += 1;
        }
    }
    assert_eq!(met, receives.len(), "nobody receives what was not sent");
    assert!(10_000 < met, "{met} slots");
}

#[test]
fn a_model_that_no_number_of_seats_holds_is_refused_with_the_least_that_would() {
    let racks = Topology::racks(9).expect("nine racks");
    let graph = import::Builtin::Llama2Of70B.decode_step(128);
    let error = pipeline(&graph, &Chip::lpu_14nm(), &racks, 40).expect_err("70 GB on 320 chips");
    let text = error.to_string();
    assert!(text.contains("of 80") && text.contains("chips"), "{text}");
}
