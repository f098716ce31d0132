//! Hundreds of chips as pictures: what is drawn is what the judged system does, and counts hold from all racks to one link.
//!
//! In: Llama-2-7B on 64 chips.  Out: counts that add up, rides that depart and are met, places that a click finds.
//! Invariant: expectations come from `program::SystemIndex`, which the pictures do not use.

use arch::{NODE, Queue, RACK_NODES};
use frame::{City, Direction, Phase, Picked, Place, Scope, Wave};
use program::{System, SystemIndex};
use std::sync::OnceLock;
use study::Chip;
use study::fleet::{Fleet, Question};
use units::{Cycle, Rng};

const ONE: Wave = Wave { users: 1, apart: 0 };

struct Case {
    fleet: Fleet,
    city: City,
    index: SystemIndex,
}

impl Case {
    fn system(&self) -> &System {
        self.fleet.system().system()
    }

    /// Links on which a chip sends, or takes a vector, in a cycle: from the flat index.
    fn flat(&self, place: (u16, u16), cycle: u64) -> (Vec<arch::LinkId>, Vec<arch::LinkId>) {
        let (mut sends, mut receives) = (Vec::new(), Vec::new());
        let found = self.index.at(self.system(), place, Cycle(cycle));
        for dispatch in found.into_iter().flat_map(|(_, dispatches)| dispatches) {
            match dispatch.queue {
                Queue::LinkSend(link) => sends.push(link),
                Queue::LinkReceive(link) => receives.push(link),
                _ => {}
            }
        }
        (sends, receives)
    }
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let fleet = Fleet::open(&Question::of("llama-2-7b", 64, 128)).expect("7B in int8 fits 64 chips");
        let city = City::new(&Chip::lpu_14nm(), fleet.system().system());
        let index = SystemIndex::new(fleet.system().system());
        Case { fleet, city, index }
    })
}

#[test]
fn counts_hold_from_all_racks_to_one_link() {
    let case = case();
    let (city, length) = (&case.city, case.city.length());
    assert_eq!(length, case.system().length().0);
    let mut rng = Rng::new(1);
    let mut counted = 0;
    for turn in 0..12 {
        let from = rng.below(length);
        let to = if turn == 0 { length } else { (from + rng.below(length / 6)).min(length) };
        let all = city.load(Scope::All, from, to);
        let racks = (0..city.racks()).map(|rack| city.load(Scope::Rack(rack), from, to)).sum::<u64>();
        let nodes = (0..city.racks() * RACK_NODES).map(|node| city.load(Scope::Node(node), from, to)).sum::<u64>();
        let mut links: Vec<_> = city.rides(from, to).map(|ride| (ride.from, ride.link)).collect();
        links.sort();
        links.dedup();
        let of_link = |((node, chip), link)| city.load(Scope::Link(node, chip, link), from, to);
        let by_link = links.into_iter().map(of_link).sum::<u64>();
        let chips: u64 = (0..city.racks() * RACK_NODES)
            .flat_map(|node| (0..NODE).map(move |chip| Scope::Chip(node, chip)))
            .map(|scope| city.load(scope, from, to))
            .sum();
        assert_eq!([racks, nodes, chips, by_link], [all; 4], "cycles {from} to {to}");
        counted += all;
    }
    assert!(10_000 < counted, "{counted} vectors");
}

#[test]
fn every_ride_is_a_send_that_somebody_meets() {
    let case = case();
    let mut rng = Rng::new(2);
    let mut met = 0;
    while met < 120 {
        let cycle = rng.below(case.city.length());
        for ride in case.city.rides(cycle, cycle + 200).take(5) {
            assert!(case.flat(ride.from, ride.sent).0.contains(&ride.link), "{ride:?} leaves");
            let (_, receives) = case.flat(ride.to, ride.lands);
            assert!(!receives.is_empty(), "nobody meets {ride:?}");
            met += 1;
        }
    }
}

#[test]
fn no_send_is_missing() {
    let case = case();
    let mut rng = Rng::new(3);
    let mut seen = 0;
    for _ in 0..16 {
        // A cycle in which something is sent, and one beside it.
        let from = rng.below(case.city.length());
        let Some(at) = case.city.next_event(from, Direction::Forward) else { continue };
        for cycle in [at, at + 1] {
            for seat in &case.system().seats {
                for chip in 0..NODE {
                    let flat = case.flat((seat.node, chip), cycle).0.len() as u64;
                    assert_eq!(case.city.load(Scope::Chip(seat.node, chip), cycle, cycle + 1), flat, "cycle {cycle}");
                    seen += flat;
                }
            }
        }
    }
    assert!(16 < seen, "{seen} sends");
}

#[test]
fn what_is_drawn_is_what_a_click_gives() {
    let case = case();
    let length = case.city.length();
    let node = case.system().seats[2].node;
    let begun = case.city.work(length / 2).expect("somebody has it").begun;
    let ride = case.city.rides(begun, length).next().expect("somebody sends");
    let link = Place::Link { node: ride.from.0, chip: ride.from.1, link: ride.link };
    let mut kinds = 0;
    for place in [Place::All, Place::Rack(0), Place::Node(node), Place::Node(ride.from.0), link] {
        for cycle in [0, ride.sent, length - 1] {
            let scene = frame::city(&case.city, place, cycle, ONE);
            for ((x, y), target) in scene.places() {
                let picked = scene.pick(x, y);
                // A rack's middle is a node of it.
                let is_inside = matches!((picked, target), (Some(Picked::Place(Place::Node(node))), Place::Rack(rack)) if node / RACK_NODES == rack);
                assert!(is_inside || picked == Some(Picked::Place(target)), "{target:?} gives {picked:?}");
                kinds += 1;
            }
            // From left to right through the ruler time never goes back.
            let cycles: Vec<u64> = (0..1500)
                .filter_map(|x| match scene.pick(x as f32, 140.0) {
                    Some(Picked::Cycle(cycle)) => Some(cycle),
                    _ => None,
                })
                .collect();
            assert!(cycles.len() > 100 && cycles.is_sorted() && cycles.iter().all(|cycle| *cycle < length));
        }
    }
    assert!(30 < kinds, "{kinds} places");
}

#[test]
fn a_full_pipeline_keeps_as_many_nodes_busy_as_there_are_users() {
    let case = case();
    let asked_users = case.system().seats.len() as u64;
    let apart = case.system().period().0;
    let wave = Wave { users: asked_users, apart };
    let mut rng = Rng::new(4);
    for _ in 0..50 {
        let cycle = rng.below(apart);
        let works = case.city.works(cycle, wave);
        let mut seats: Vec<usize> = works
            .iter()
            .flat_map(|work| match work.phase {
                Phase::Role => vec![work.seat],
                Phase::Carry => vec![work.seat, work.seat + 1],
            })
            .collect();
        let all = seats.len();
        seats.sort_unstable();
        seats.dedup();
        assert_eq!(seats.len(), all, "no node has two tokens");
        assert!(1 < works.len(), "several tokens are under way");
    }
    assert_eq!(case.city.works(0, ONE).len(), 1);
}
