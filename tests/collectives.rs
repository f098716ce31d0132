//! What `study` says of collectives: closed forms, bounds, the gain of longer ways, what is published.
//!
//! In: six collectives on a node of 8 and all-reduce on a rack.  Out: a failure names collective and rows.
//! Invariant: no time is below what arithmetic allows, and longer ways gain only where cables would rest.
//! Method: `study::collectives`; that the programs compute what they should is `compile`'s own test.

use study::collectives::{Line, collectives};

/// By collective: 1 row, then 64.
fn on_a_node() -> Vec<[Line; 2]> {
    let lines = collectives(8, &[1, 64]).expect("a node").lines;
    lines.chunks(2).map(|two| [two[0].clone(), two[1].clone()]).collect()
}

#[test]
fn times_are_near_the_closed_forms_and_never_below_a_bound() {
    for line in on_a_node().iter().flatten() {
        for way in [line.minimal, line.spread] {
            let closed = way.closed_form.expect("a node has one");
            assert!(way.cables_allow <= way.cycles && closed <= way.cycles, "{line:?}");
            // What the closed form leaves out is the way between a slice and the links or the VXM: up to half of the chip, twice a hop.
            assert!(way.cycles <= closed + closed / 10 + 150, "{} of {} rows: {way:?}", line.name, line.rows);
        }
    }
}

#[test]
fn longer_ways_pay_where_cables_would_rest_and_only_there() {
    let gains = on_a_node();
    let gain = |name: &str, size: usize| {
        let lines = gains.iter().find(|lines| lines[0].name == name).expect("every collective is there");
        lines[size].gain
    };
    // Of 7 cables of a chip one is used otherwise; of 8 chips one sends.
    assert!(3.0 < gain("send", 1) && 3.0 < gain("broadcast", 1), "{} {}", gain("send", 1), gain("broadcast", 1));
    assert!(2.5 < gain("all_reduce", 1), "each sum is made once instead of eight times");
    assert!(gain("broadcast", 0) < 1.0 && gain("all_reduce", 0) < 1.0, "a second hop costs what it costs");
    assert_eq!(gain("send", 0), 1.0, "a few vectors go the shortest way");
    for name in ["all_gather", "all_to_all", "reduce_scatter"] {
        assert!(gain(name, 1) <= 1.0, "{name}: every cable is equally busy already");
    }
}

#[test]
fn numbers_that_mean_nothing_are_refused() {
    assert!(collectives(9, &[1]).expect_err("no whole node").to_string().contains("whole nodes of 8"));
    assert!(collectives(80, &[1]).is_err() && collectives(8, &[0]).is_err());
}
