//! One run: words and others' messages through the network, event by event.
//!
//! In: a trial, the number of the run.  Out: when ours had all arrived, and how late the others' words were.
//! Invariant: what happens in one cycle happens in the order in which it was caused.
//! Method: a heap of events. Others have been at it for a while when ours start, so that queues have their usual lengths, and go on until
//!     the end. Watched are those of their words that want to go within the first `window` cycles of ours, on cables by which ours may
//!     come on their fewest hops; the run ends when ours and those have arrived. Where nobody goes round, the other cables are left idle:
//!     what happens there concerns nobody who is looked at.

use super::cables::Network;
use super::chance::{Chance, Chances};
use super::others::{Load, Others};
use super::port::Port;
use super::route::{Pilot, Precedence, Routing};
use super::words::{Ready, Times, Word};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use units::Cycles;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Where.
    pub network: &'a Network,
    /// What is to be brought.
    pub words: &'a [Word],
    /// How it finds its way.
    pub routing: Routing,
    /// Whether it goes before the others.
    pub precedence: Precedence,
    /// How long things take.
    pub times: Times,
    /// Words for which a router has room, for each cable that ends there and each class.
    pub room: u32,
    /// What others ask for.
    pub load: Load,
    /// Cycles during which others have been at it when ours start.
    pub before: u64,
    /// Cycles from the start during which others' words are watched.
    pub window: u64,
    /// What is random.
    pub chances: Chances,
    /// Seed of it.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// From the start to the last arrival of ours.
    pub makespan: Cycles,
    /// Words of ours that went by another router.
    pub detours: u32,
    /// Of each watched word of the others: cycles beyond what its cable takes when it is free.
    pub late: Vec<u32>,
}

/// Cycles after the start at which a run is given up: the network is asked for more than it can carry.
const PATIENCE: u64 = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The next message of others on a cable.
    Message(u32),
    /// A word of ours is ready.
    Ready(u32),
    /// A packet chooses its next cable.
    Turns(u32),
    /// A cable may take a word.
    Free(u32),
    /// A packet arrives by a cable.
    Lands(u32, u32),
}

/// A word under way.
#[derive(Clone, Copy, Debug)]
struct Packet {
    what: What,
    at: u16,
    to: u16,
    /// Router by which it goes first.
    by: Option<u16>,
    /// One more with each hop.
    class: u8,
    /// The cable at whose end it takes room, with the class.
    holds: Option<(u32, u8)>,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Ours(u32),
    /// When it wanted to go, if it is watched.
    Theirs(Option<u64>),
}

/// What is added to the order of coming of others where ours go first.
const LATER: u64 = 1 << 63;

struct Run<'a> {
    trial: &'a Trial<'a>,
    /// Classes of ours, of which there is one for each hop of the longest way; where ours go first the others have as many of their own.
    classes: u8,
    pilot: Pilot<'a>,
    ports: Vec<Port>,
    others: Vec<Option<Others>>,
    /// By cable: whether its others are watched.
    watches: Vec<bool>,
    /// Words that the next message of each cable has.
    next_words: Vec<u32>,
    packets: Vec<Packet>,
    unused: Vec<u32>,
    /// By word of ours: words that wait for it.
    waiting: Vec<Vec<u32>>,
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    caused: u64,
    now: u64,
    missing: usize,
    watched: usize,
    outcome: Outcome,
}

impl Trial<'_> {
    /// Run number `run`; nothing when it does not come to an end.
    ///
    /// Panics when a word waits for one that is not before it.
    pub fn run(&self, run: u32) -> Option<Outcome> {
        let mut run = Run::new(self, run);
        let is_seen = |run: &Run| self.before + self.window <= run.now && run.missing + run.watched == 0;
        while !is_seen(&run) {
            let Some(Reverse((now, _, event))) = run.heap.pop() else { break };
            if self.before + PATIENCE < now {
                return None;
            }
            run.now = now;
            run.happens(event);
        }
        (run.missing + run.watched == 0).then_some(run.outcome)
    }
}

impl<'a> Run<'a> {
    fn new(trial: &'a Trial<'a>, number: u32) -> Self {
        let Trial { network, words, chances, seed, .. } = *trial;
        let cables = network.cables().len();
        let classes = network.diameter().saturating_mul(2).max(1);
        let lanes = if trial.precedence == Precedence::Ours { 2 } else { 1 };
        let dice = |chance: Chance| chances.has(chance).then(|| chance.stream(seed, number, 0));
        let pilot = Pilot {
            network,
            routing: trial.routing,
            times: trial.times,
            ties: dice(Chance::Ties),
            detours: dice(Chance::Detours),
            turn: 0,
        };
        let random = (chances, seed, number);
        let watches = network.straight(words);
        let is_busy = |cable: u32| trial.routing != Routing::Minimal || watches[cable as usize];
        let on = |cable| Others::on(cable, trial.load, trial.times.word, random);
        let others = (0..cables as u32).map(|cable| is_busy(cable).then(|| on(cable))?).collect();
        let mut run = Run {
            trial,
            classes,
            pilot,
            ports: vec![Port::new(lanes * usize::from(classes), trial.room); cables],
            others,
            watches,
            next_words: vec![0; cables],
            packets: Vec::new(),
            unused: Vec::new(),
            waiting: vec![Vec::new(); words.len()],
            heap: BinaryHeap::new(),
            caused: 0,
            now: 0,
            missing: words.len(),
            watched: 0,
            outcome: Outcome { makespan: Cycles(0), detours: 0, late: Vec::new() },
        };
        for (number, word) in (0u32..).zip(words) {
            match word.ready {
                Ready::At(cycle) => run.later(trial.before + cycle, Event::Ready(number)),
                Ready::After(other, _) => {
                    assert!(other < number, "a word waits for one before it");
                    run.waiting[other as usize].push(number);
                }
            }
        }
        (0..cables as u32).for_each(|cable| run.invite(cable));
        run
    }

    fn later(&mut self, at: u64, event: Event) {
        self.heap.push(Reverse((at, self.caused, event)));
        self.caused += 1;
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Message(cable) => self.message(cable),
            Event::Ready(word) => {
                let Word { from, to, .. } = self.trial.words[word as usize];
                self.sets_out(What::Ours(word), from, to);
            }
            Event::Turns(packet) => self.joins(packet),
            Event::Free(cable) => self.sends(cable),
            Event::Lands(packet, cable) => self.lands(packet, cable),
        }
    }

    /// Asks for the next message of a cable.
    fn invite(&mut self, cable: u32) {
        if let Some(message) = self.others[cable as usize].as_mut().and_then(Iterator::next) {
            self.next_words[cable as usize] = message.words;
            self.later(message.at, Event::Message(cable));
        }
    }

    fn message(&mut self, cable: u32) {
        let ends = self.trial.network.cables()[cable as usize];
        let window = self.trial.before..self.trial.before + self.trial.window;
        let is_watched = self.watches[cable as usize] && window.contains(&self.now);
        for _ in 0..self.next_words[cable as usize] {
            self.watched += usize::from(is_watched);
            self.sets_out(What::Theirs(is_watched.then_some(self.now)), ends.from, ends.to);
        }
        self.invite(cable);
    }

    /// A word sets out from its source, straight or by another router.
    fn sets_out(&mut self, what: What, at: u16, to: u16) {
        if at == to {
            return self.arrives(what);
        }
        let by = self.pilot.detour(&self.ports, at, to);
        self.outcome.detours += u32::from(by.is_some() && matches!(what, What::Ours(_)));
        let yields = self.trial.precedence == Precedence::Ours && matches!(what, What::Theirs(_));
        let packet = Packet { what, at, to, by, class: if yields { self.classes } else { 0 }, holds: None };
        let number = match self.unused.pop() {
            Some(number) => {
                self.packets[number as usize] = packet;
                number
            }
            None => {
                self.packets.push(packet);
                self.packets.len() as u32 - 1
            }
        };
        self.joins(number);
    }

    /// A packet joins the queue of its next cable.
    fn joins(&mut self, number: u32) {
        let Packet { at, to, by, class, .. } = self.packets[number as usize];
        let cable = self.pilot.cable(&self.ports, at, by.unwrap_or(to));
        let order = if class < self.classes { self.caused } else { LATER + self.caused };
        self.ports[cable as usize].push(class, order, number);
        self.caused += 1;
        self.sends(cable);
    }

    /// The next word sets out on a cable, if it is free and there is room.
    fn sends(&mut self, cable: u32) {
        let Times { word, crossing, .. } = self.trial.times;
        if let Some(number) = self.ports[cable as usize].pop(self.now, word) {
            let packet = &mut self.packets[number as usize];
            let held = packet.holds.replace((cable, packet.class));
            packet.class += 1;
            self.later(self.now + crossing, Event::Lands(number, cable));
            self.leaves(held);
        }
        self.ask(cable);
    }

    /// A place at the end of a cable is free again.
    fn leaves(&mut self, held: Option<(u32, u8)>) {
        if let Some((cable, class)) = held {
            self.ports[cable as usize].credit(class, self.now + self.trial.times.credit);
            self.ask(cable);
        }
    }

    /// Sees to it that a cable is asked again when a word can set out.
    fn ask(&mut self, cable: u32) {
        if let Some(at) = self.ports[cable as usize].ask(self.now) {
            self.later(at, Event::Free(cable));
        }
    }

    fn lands(&mut self, number: u32, cable: u32) {
        let packet = &mut self.packets[number as usize];
        packet.at = self.trial.network.cables()[cable as usize].to;
        packet.by = packet.by.filter(|by| *by != packet.at);
        if packet.at != packet.to {
            return self.later(self.now + self.trial.times.router, Event::Turns(number));
        }
        let Packet { what, holds, .. } = *packet;
        self.leaves(holds);
        self.unused.push(number);
        self.arrives(what);
    }

    fn arrives(&mut self, what: What) {
        let Trial { before, times, .. } = *self.trial;
        match what {
            What::Ours(word) => {
                self.missing -= 1;
                self.outcome.makespan = Cycles(self.now - before);
                for next in std::mem::take(&mut self.waiting[word as usize]) {
                    if let Ready::After(_, cycles) = self.trial.words[next as usize].ready {
                        self.later(self.now + cycles, Event::Ready(next));
                    }
                }
            }
            What::Theirs(Some(came)) => {
                self.watched -= 1;
                self.outcome.late.push((self.now - came).saturating_sub(times.crossing) as u32);
            }
            What::Theirs(None) => {}
        }
    }
}
