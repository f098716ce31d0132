//! A network that routes as it goes: what queues must do, and what adaptive routes are for.
//!
//! In: small networks, words, loads.  Out: times that closed forms give, and orders that theory demands.
//! Invariant: a test fails when a word is lost, a cable carries two at once, or a detour is taken for nothing.
//! Method: `gpu::net`, nothing of ours beside it.

use gpu::net::{Cable, Chance, Chances, Load, Network, Outcome, Precedence, Ready, Routing, Times, Trial, Word};

/// Times of a made-up cable.
const TIMES: Times = Times { word: 24, crossing: 250, credit: 217, router: 90 };

/// Everybody joined to everybody.
fn full(routers: u16) -> Network {
    let pairs = (0..routers).flat_map(|from| (0..routers).map(move |to| Cable { from, to }));
    Network::new(routers, pairs.filter(|cable| cable.from != cable.to).collect()).expect("all are joined")
}

/// A ring, both ways.
fn ring(routers: u16) -> Network {
    let both = |from| [1, routers - 1].map(|step| Cable { from, to: (from + step) % routers });
    Network::new(routers, (0..routers).flat_map(both).collect()).expect("a ring reaches everybody")
}

fn trial<'a>(network: &'a Network, words: &'a [Word], routing: Routing, share: f64) -> Trial<'a> {
    let load = Load { share, words: 16 };
    let before = if share == 0.0 { 0 } else { 6_000 };
    let chances = Chances::all();
    let precedence = Precedence::None;
    Trial { network, words, routing, precedence, times: TIMES, room: 64, load, before, window: 1_000, chances, seed: 1 }
}

fn ended(trial: &Trial, run: u32) -> Outcome {
    trial.run(run).expect("it comes to an end")
}

fn many(count: u32, from: u16, to: u16) -> Vec<Word> {
    (0..count).map(|_| Word { from, to, ready: Ready::At(0) }).collect()
}

/// So many words from each of eight to each other.
fn everybody(count: u32) -> Vec<Word> {
    let pairs = (0..8).flat_map(|from| (0..8).map(move |to| (from, to))).filter(|(from, to)| from != to);
    (0..count).flat_map(|_| pairs.clone().flat_map(|(from, to)| many(1, from, to))).collect()
}

#[test]
fn an_empty_network_takes_what_the_closed_form_says() {
    let (node, round) = (full(8), ring(9));
    for count in [1, 2, 100] {
        let words = many(count, 0, 5);
        let straight = 24 * u64::from(count - 1) + 250;
        assert_eq!(ended(&trial(&node, &words, Routing::Minimal, 0.0), 0).makespan.0, straight);
        // Four hops and three routers between; every cable takes its words as they come.
        let words = many(count, 2, 6);
        let far = 24 * u64::from(count - 1) + 4 * 250 + 3 * 90;
        assert_eq!(ended(&trial(&round, &words, Routing::Minimal, 0.0), 0).makespan.0, far);
    }
}

#[test]
fn a_word_that_is_handed_on_waits_for_the_one_that_it_is() {
    let node = full(3);
    let words = [
        Word { from: 0, to: 1, ready: Ready::At(7) },
        Word { from: 1, to: 2, ready: Ready::After(0, 40) },
        Word { from: 2, to: 0, ready: Ready::After(1, 0) },
    ];
    assert_eq!(ended(&trial(&node, &words, Routing::Minimal, 0.0), 0).makespan.0, 7 + 250 + 40 + 250 + 250);
}

#[test]
fn little_room_slows_a_cable_to_its_round_trip() {
    let round = ring(9);
    let words = many(200, 0, 3);
    let with = |room| ended(&Trial { room, ..trial(&round, &words, Routing::Minimal, 0.0) }, 0).makespan.0;
    let (ample, scarce) = (with(64), with(2));
    assert_eq!(ample, 24 * 199 + 3 * 250 + 2 * 90);
    // Two words for each crossing, router and credit there and back.
    let slowest = 200 / 2 * (250 + 90 + 217);
    assert!(9 * slowest / 10 < scarce && scarce < 11 * slowest / 10, "{scarce}");
}

#[test]
fn a_long_message_between_two_of_eight_spreads_over_other_ways_and_a_short_one_does_not() {
    let node = full(8);
    let (short, long) = (many(4, 0, 5), many(400, 0, 5));
    let makespan = |words: &[Word], routing| ended(&trial(&node, words, routing, 0.0), 0);
    let few = makespan(&short, Routing::Ugal);
    assert!(few.makespan.0 <= makespan(&short, Routing::Minimal).makespan.0);
    let (minimal, ugal) = (makespan(&long, Routing::Minimal), makespan(&long, Routing::Ugal));
    assert_eq!((minimal.makespan.0, minimal.detours), (24 * 399 + 250, 0));
    // One straight way and six of two hops: at best seven times as wide.
    let best = 24 * 399 / 7 + 2 * 250 + 90;
    assert!(best < ugal.makespan.0 && 2 * ugal.makespan.0 < minimal.makespan.0, "{ugal:?}");
    assert!(200 < ugal.detours);
}

#[test]
fn everybody_to_everybody_gains_nothing_from_detours() {
    let node = full(8);
    let words = everybody(32);
    let minimal = ended(&trial(&node, &words, Routing::Minimal, 0.0), 0).makespan.0;
    assert_eq!(minimal, 24 * 31 + 250);
    assert!(minimal <= ended(&trial(&node, &words, Routing::Ugal, 0.0), 0).makespan.0);
}

#[test]
fn others_make_ours_later_and_each_other_as_theory_says() {
    let node = full(8);
    let words = everybody(1);
    let at = |share: f64| -> (f64, f64) {
        let outcomes: Vec<Outcome> =
            (0..40).map(|run| ended(&trial(&node, &words, Routing::Minimal, share), run)).collect();
        let late: Vec<u32> = outcomes.iter().flat_map(|outcome| outcome.late.clone()).collect();
        let mean = |sum: u64, count: usize| sum as f64 / count.max(1) as f64;
        let makespan = mean(outcomes.iter().map(|outcome| outcome.makespan.0).sum(), outcomes.len());
        (makespan, mean(late.iter().map(|late| u64::from(*late)).sum(), late.len()))
    };
    let calm = at(0.0);
    assert_eq!(calm, (250.0, 0.0));
    let (low, high) = (at(0.2), at(0.7));
    assert!(calm.0 < low.0 && low.0 < high.0, "{calm:?} {low:?} {high:?}");
    // Messages of 1 to 31 words, uniform: 16 words and 336 squares on average. A word of a message waits for the work before its
    // message (Pollaczek-Khinchine) and for the words before it in the message.
    for (share, (_, late)) in [(0.2, low), (0.7, high)] {
        let work = share * 24.0 * (336.0 / 16.0) / (2.0 * (1.0 - share));
        let inside = 24.0 * (336.0 / 16.0 - 1.0) / 2.0;
        assert!((late / (work + inside) - 1.0).abs() < 0.25, "{share}: {late}, not {}", work + inside);
    }
}

#[test]
fn with_the_right_of_way_ours_wait_for_one_word_at_most_and_the_others_hardly_longer() {
    let (node, words) = (full(8), many(32, 0, 5));
    let calm = 24 * 31 + 250;
    for (share, run) in [(0.3, 0), (0.6, 1), (0.9, 2)] {
        let fair = Trial { window: 20_000, ..trial(&node, &words, Routing::Minimal, share) };
        let first = ended(&Trial { precedence: Precedence::Ours, ..fair }, run);
        assert!((calm..calm + 24).contains(&first.makespan.0), "{share}: {}", first.makespan.0);
        let mean = |late: &[u32]| late.iter().map(|late| f64::from(*late)).sum::<f64>() / late.len() as f64;
        let (yielding, waiting) = (mean(&first.late), mean(&ended(&fair, run).late));
        assert!(waiting <= yielding && yielding < 1.3 * waiting, "{share}: {yielding} and {waiting}");
    }
}

#[test]
fn the_same_seed_is_the_same_run_and_without_chance_every_run_is_the_same() {
    let round = ring(8);
    let words = [many(80, 0, 4), many(200, 1, 3)].concat();
    let one = trial(&round, &words, Routing::Ugal, 0.4);
    assert_eq!(ended(&one, 3), ended(&one, 3));
    assert!(ended(&one, 3) != ended(&one, 4) && ended(&one, 3) != ended(&Trial { seed: 2, ..one }, 3));
    let even = Trial { chances: Chances::none(), ..one };
    assert_eq!(ended(&even, 3), ended(&even, 4));
    for chance in Chance::ALL {
        let only = Trial { chances: Chances::none().with(chance), ..one };
        assert!(ended(&only, 3) != ended(&even, 3), "{chance:?} is drawn");
    }
}

#[test]
fn what_asks_for_more_than_the_cables_carry_is_given_up() {
    let round = ring(32);
    let words: Vec<Word> = (0..32).flat_map(|from| many(1_000, from, (from + 15) % 32)).collect();
    assert_eq!(trial(&round, &words, Routing::Minimal, 0.9).run(0), None);
}
