//! The same vectors, planned and routed as they go: what is compared is the same, and both sides get their due.
//!
//! In: Llama-2-7B on 64 chips, its sum in a node and its carry in a rack.  Out: closed forms, ties where nothing else is on the cables,
//!     and who waits for whom where something is.
//! Invariant: no figure of the rival is asked to be bad: only that queues are queues.
//! Method: `study::routing` at three loads.

use study::fleet::{Fleet, Question};
use study::routing::{Compared, Demand, Tries, Verdict};

/// Cycles between two vectors of a cable, and from a Send to its Receive.
const VECTOR: u64 = 24;
const CROSSING: u64 = 509;

fn fleet() -> Fleet {
    Fleet::open(&Question::of("llama-2-7b", 64, 128)).expect("7B in int8 fits 64 chips")
}

/// Most vectors of a cable; fails where two of them are too near.
fn busiest(demand: &Demand) -> u64 {
    let mut by_cable = vec![Vec::new(); demand.cables.len()];
    demand.slots.iter().for_each(|&(cable, at)| by_cable[cable as usize].push(at));
    for slots in &mut by_cable {
        slots.sort_unstable();
        assert!(slots.windows(2).all(|two| two[0] + VECTOR <= two[1]), "two vectors on one cable");
    }
    by_cable.iter().map(|slots| slots.len() as u64).max().expect("there are cables")
}

#[test]
fn demands_are_those_of_the_programs_and_take_what_the_closed_form_says() {
    let demands = fleet().demands();
    let [sum, carry] = demands.as_slice() else { panic!("{} demands in one rack", demands.len()) };
    // 4,096 lanes are 13 tiles of four bytes; each chip sends them to seven.
    assert_eq!((sum.words.len(), sum.cables.len(), busiest(sum)), (8 * 7 * 52, 56, 52));
    let least = VECTOR * 51 + CROSSING;
    assert!((least..least + 16).contains(&sum.cycles), "{} cycles, {least} at least", sum.cycles);
    // Over two cables, 26 vectors on each, then to seven chips; the nodes are two of nine of a rack.
    assert_eq!((carry.words.len(), carry.chips, busiest(carry)), (52 + 7 * 52, 72, 26));
    let least = VECTOR * 25 + 2 * CROSSING;
    assert!((least..least + 100).contains(&carry.cycles), "{} cycles, {least} at least", carry.cycles);
}

/// Whether the others are late by about as much as there.
fn is_alike(one: f64, other: f64) -> bool {
    one <= 1.05 * other && other <= 1.05 * one
}

fn gets_their_due(compared: &Compared) {
    let [calm, half, full] = compared.rows.as_slice() else { panic!("three loads") };
    for way in &calm.adaptive {
        assert_eq!((way.verdict, way.makespan.least), (Verdict::Ties, way.makespan.most), "nothing is in the way");
        assert_eq!((way.given_up, way.others_late.most), (0, 0));
        // Its words are there at once, so it may even be a little quicker than ours.
        assert!(way.makespan.most <= compared.planned);
    }
    for row in [half, full] {
        let [minimal, ugal, first] = row.adaptive.as_slice() else { panic!("three ways") };
        assert_eq!(
            (minimal.verdict, ugal.verdict),
            (Verdict::Slower, Verdict::Slower),
            "{}: {} %",
            compared.name.en,
            row.load
        );
        assert!(minimal.makespan.least < minimal.makespan.most, "runs differ");
        assert_eq!((minimal.detours, minimal.given_up), (0.0, 0));
        // With the right of way a dynamic network ties with ours, and the others pay the same as where all is planned.
        assert_eq!(first.verdict, Verdict::Ties, "{}: {:?}", row.load, first.makespan);
        assert!(is_alike(first.others_late.mean, row.planned_others_late.mean), "{row:?}");
        // Where ours queue like everybody, the others wait no longer than behind ours.
        assert!(minimal.others_late.mean <= 1.05 * row.planned_others_late.mean, "{row:?}");
    }
    assert!(half.planned_others_late.mean < full.planned_others_late.mean);
}

#[test]
fn an_empty_network_ties_a_busy_one_queues_and_the_right_of_way_ties_again() {
    let tries = Tries { loads: vec![0, 40, 80], seed: 1, runs: 4 };
    let fleet = fleet();
    let answer = fleet.routing(&tries).expect("all chips of a rack are joined");
    assert_eq!(answer.demands.len(), 2);
    answer.demands.iter().for_each(gets_their_due);
    assert_eq!(fleet.routing(&tries).expect("as before"), answer);
    let other = fleet.routing(&Tries { seed: 2, ..tries }).expect("as before");
    assert!(other != answer);
    for (one, two) in answer.demands.iter().zip(&other.demands) {
        assert_eq!(
            (one.planned, &one.rows[0].adaptive),
            (two.planned, &two.rows[0].adaptive),
            "no chance, no difference"
        );
    }
}
