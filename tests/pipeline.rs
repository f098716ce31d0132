//! A model over nodes of a rack: judged whole, and refused when a joint is wrong.
//!
//! In: a small model of eight layers on four nodes, and Llama-2-70B's shape.  Out: the system judge's acceptance, its faults, times.
//! Invariant: what is broken is one thing at a time.
//! Method: seats, carries and places are changed in a system that is right.

use arch::{Chip, Topology};
use compile::pipeline::{Pipeline, pipeline};
use import::llama::{Head, LlamaShape, decode_step};
use program::{Spot, System};
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

#[test]
fn any_chip_is_found_at_any_cycle() {
    let system = small().system;
    let shifts = system.shifts();
    let mut rng = Rng::new(3);
    for _ in 0..1_000 {
        let (seat, chip) = (rng.below(4) as usize, rng.below(8) as u16);
        let cycle = Cycle(rng.below(system.length().0 + 100));
        let (node, shift) = (system.seats[seat].node, shifts[seat]);
        // The plain answer: walk through all that the node does, in order.
        let mut expected = None;
        for at in shift.arrives.0..shift.leaves.0 {
            if at == cycle.0 {
                expected = Some(if at < shift.begins.0 {
                    Spot::Carry { seat: seat - 1, chip: chip + 8, cycle: Cycle(at - shift.arrives.0) }
                } else if at < shift.ends.0 {
                    Spot::Role { seat, chip, cycle: Cycle(at - shift.begins.0) }
                } else {
                    Spot::Carry { seat, chip, cycle: Cycle(at - shift.ends.0) }
                });
            }
        }
        assert_eq!(system.at((node, chip), cycle), expected);
    }
    assert_eq!(system.at((8, 0), Cycle(5)), None, "the spare node does nothing");
}

#[test]
fn a_model_that_no_number_of_seats_holds_is_refused_with_the_least_that_would() {
    let racks = Topology::racks(9).expect("nine racks");
    let graph = import::Builtin::Llama2Of70B.decode_step(128);
    let error = pipeline(&graph, &Chip::lpu_14nm(), &racks, 40).expect_err("70 GB on 320 chips");
    let text = error.to_string();
    assert!(text.contains("of 80") && text.contains("chips"), "{text}");
}
