//! The LPU's side of serving: slots of the pipeline, whose cycles are known before anybody asks.
//!
//! In: cycles of a token, users whose caches fit, requests.  Out: who enters when and why, by query; when every token leaves.
//! Invariant: a slot comes every `apart` cycles and a user's own slot once a frame, whoever else is there: from one token to the next it
//!     is always exactly one frame.
//! Method: as many slots as tokens fit into the time of one. Who comes gets one of them, first come, first served, as long as there is room
//!     for his caches. A prompt goes token by token through its own slot and through those that nobody has; its last token waits for its
//!     own. That tokens of one prompt follow each other seat by seat is what the compiled programs allow; how a real service divides its
//!     slots nobody has published.

use crate::fleet::FleetFigures;
use gpu::At;
use gpu::serve::Request;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A pipeline and its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rota {
    /// Cycles from a token's start to its end.
    pub cycles: u64,
    /// Cycles from one slot to the next.
    pub apart: u64,
    /// Slots of a frame.
    pub slots: u32,
    /// Users whose caches fit, of the slots at most.
    pub users: u32,
    /// Seats of the pipeline.
    pub seats: u32,
    /// Clock in Hz.
    pub hertz: u64,
}

/// Why a token enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Why {
    /// It is one of the prompt's.
    Prompt,
    /// It is the last one made, and the next is wanted.
    Token,
}

/// A token that enters the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Cycle in which it starts.
    pub cycle: u64,
    /// Whose it is.
    pub request: u32,
    /// Why.
    pub why: Why,
}

/// A stretch for which a request has a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The slot.
    pub slot: u32,
    /// Whose.
    pub request: u32,
    /// From this cycle.
    pub from: u64,
    /// To this cycle.
    pub to: u64,
}

/// Requests that went through the slots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rotation {
    rota: Rota,
    /// In order of their cycles.
    entries: Vec<Entry>,
    /// Each request's once.
    held: Vec<Held>,
    /// For each request, when its tokens left.
    pub tokens: Vec<Vec<At>>,
}

impl Rota {
    /// The slots of a system that was compiled and judged.
    pub fn of(figures: &FleetFigures) -> Self {
        let slots = (figures.cycles / figures.period.max(1)).max(1);
        let apart = figures.cycles.div_ceil(slots).max(figures.period);
        Rota {
            cycles: figures.cycles,
            apart,
            slots: slots as u32,
            users: figures.users.clamp(1, slots) as u32,
            seats: figures.seats as u32,
            hertz: figures.hertz.max(1),
        }
    }

    /// Cycles from a slot to the same one of the next frame: from token to token of every user.
    pub fn frame(&self) -> u64 {
        self.apart * u64::from(self.slots)
    }

    /// Nanoseconds of so many cycles.
    pub fn ns(&self, cycles: u64) -> f64 {
        cycles as f64 * 1e9 / self.hertz as f64
    }

    /// The first cycle that does not lie before `at`.
    fn cycle(&self, at: At) -> u64 {
        (at.0 * self.hertz as f64 / 1e9).ceil() as u64
    }

    /// Serves `requests`, which are in order of arrival.
    pub fn serve(&self, requests: &[Request]) -> Rotation {
        let mut desk = Desk::new(*self, requests);
        let mut number = 0;
        while desk.is_open() {
            number = desk.next(number);
            desk.seat(number);
            desk.enter(number);
            number += 1;
        }
        desk.rotation
    }
}

/// What is left to be done while requests are served.
struct Desk<'r> {
    rotation: Rotation,
    requests: &'r [Request],
    /// Who has not been seated, in order.
    coming: VecDeque<usize>,
    /// Prompt tokens and answer tokens that have not entered, by request.
    left: Vec<(u64, u32)>,
    /// Who is in each slot.
    seated: Vec<Option<Held>>,
    /// Whose prompt has not entered, in order of arrival.
    reading: Vec<usize>,
}

impl<'r> Desk<'r> {
    fn new(rota: Rota, requests: &'r [Request]) -> Self {
        let left = |request: &Request| (request.prompt.round().max(1.0) as u64, request.output.saturating_sub(1));
        let tokens = requests.iter().map(|request| Vec::with_capacity(request.output as usize)).collect();
        Desk {
            rotation: Rotation { rota, entries: Vec::new(), held: Vec::new(), tokens },
            requests,
            coming: (0..requests.len()).collect(),
            left: requests.iter().map(left).collect(),
            seated: vec![None; rota.slots as usize],
            reading: Vec::new(),
        }
    }

    fn is_open(&self) -> bool {
        !self.coming.is_empty() || self.seated.iter().flatten().any(|held| held.to == u64::MAX)
    }

    /// The slot after `number` in which something can happen: where nobody is seated, the first after the next arrival.
    fn next(&self, number: u64) -> u64 {
        let is_idle = self.seated.iter().flatten().all(|held| held.to != u64::MAX);
        match self.coming.front().filter(|_| is_idle) {
            Some(&next) => {
                number.max(self.rotation.rota.cycle(self.requests[next].at).div_ceil(self.rotation.rota.apart))
            }
            None => number,
        }
    }

    /// Who has come takes a slot that is free, the one that comes next.
    fn seat(&mut self, number: u64) {
        let rota = self.rotation.rota;
        let now = number * rota.apart;
        while let Some(&next) = self.coming.front().filter(|&&next| rota.cycle(self.requests[next].at) <= now) {
            for slot in 0..self.seated.len() {
                if self.seated[slot].is_some_and(|held| held.to <= now) {
                    self.give_up(slot);
                }
            }
            if rota.users as usize <= self.seated.iter().flatten().count() {
                return;
            }
            let slots = u64::from(rota.slots);
            let mut turn = (number..number + slots).map(|step| (step % slots) as usize);
            let slot = turn.find(|slot| self.seated[*slot].is_none()).expect("no more users than slots");
            self.coming.pop_front();
            self.seated[slot] = Some(Held { slot: slot as u32, request: next as u32, from: now, to: u64::MAX });
            self.reading.push(next);
        }
    }

    /// What was held of a slot is over, and written down.
    fn give_up(&mut self, slot: usize) {
        self.rotation.held.extend(self.seated[slot].take());
    }

    /// Whoever's turn it is enters; in a slot that nobody has, the prompt that came first.
    fn enter(&mut self, number: u64) {
        let rota = self.rotation.rota;
        let (cycle, slot) = (number * rota.apart, (number % u64::from(rota.slots)) as usize);
        let owner = self.seated[slot].filter(|held| cycle < held.to).map(|held| held.request as usize);
        let guest = || self.reading.iter().copied().find(|&request| 1 < self.left[request].0);
        let Some(request) = owner.or_else(guest) else { return };
        let (prompt, answer) = &mut self.left[request];
        let why = if 0 < *prompt { Why::Prompt } else { Why::Token };
        match why {
            Why::Prompt => *prompt -= 1,
            Why::Token => *answer -= 1,
        }
        self.rotation.entries.push(Entry { cycle, request: request as u32, why });
        if (*prompt, why) == (0, Why::Prompt) {
            self.reading.retain(|&other| other != request);
        }
        if *prompt == 0 {
            let leaves = cycle + rota.cycles;
            let is_last = *answer == 0;
            self.rotation.tokens[request].push(At(rota.ns(leaves)));
            if let Some(held) = self.seated[slot].as_mut().filter(|_| is_last) {
                held.to = leaves;
            }
        }
        if !self.is_open() {
            (0..self.seated.len()).for_each(|slot| self.give_up(slot));
        }
    }
}

impl Rotation {
    /// The slots.
    pub fn rota(&self) -> &Rota {
        &self.rota
    }

    /// Tokens that enter from `from` to `to`.
    pub fn entries(&self, from: At, to: At) -> &[Entry] {
        let first = self.entries.partition_point(|entry| self.rota.ns(entry.cycle) < from.0);
        let last = self.entries.partition_point(|entry| self.rota.ns(entry.cycle) < to.0);
        &self.entries[first..last.max(first)]
    }

    /// Tokens under way at `at`, and how far each has come, 0 to 1.
    pub fn under_way(&self, at: At) -> Vec<(Entry, f64)> {
        let length = self.rota.ns(self.rota.cycles);
        let entries = self.entries(At(at.0 - length), At(at.0));
        let came = |entry: &Entry| (*entry, ((at.0 - self.rota.ns(entry.cycle)) / length).clamp(0.0, 1.0));
        entries.iter().map(came).collect()
    }

    /// Who has which slot at `at`.
    pub fn held(&self, at: At) -> Vec<Held> {
        let is_now = |held: &&Held| self.rota.ns(held.from) <= at.0 && at.0 < self.rota.ns(held.to);
        self.held.iter().filter(is_now).copied().collect()
    }

    /// When a request got its slot.
    pub fn seated(&self, request: u32) -> At {
        let held = self.held.iter().find(|held| held.request == request);
        At(held.map_or(f64::INFINITY, |held| self.rota.ns(held.from)))
    }

    /// When the last token left.
    pub fn end(&self) -> At {
        let ends = self.tokens.iter().filter_map(|tokens| tokens.last());
        ends.fold(At::START, |latest, &end| latest.latest(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gpu::serve::{Load, OutputLength};

    const ROTA: Rota = Rota { cycles: 1_000, apart: 150, slots: 7, users: 5, seats: 9, hertz: 1_000_000_000 };

    fn requests(rate: f64) -> Vec<Request> {
        let load = Load { requests: 60, output_length: OutputLength::Varied, ..Load::llmperf(rate) };
        load.requests()
    }

    #[test]
    fn from_token_to_token_it_is_one_frame_however_many_are_there() {
        for rate in [10.0, 10_000.0, 1_000_000.0] {
            let requests = requests(rate);
            let rotation = ROTA.serve(&requests);
            for (request, tokens) in requests.iter().zip(&rotation.tokens) {
                assert_eq!(tokens.len(), request.output as usize);
                assert!(request.at < tokens[0]);
                assert!(tokens.windows(2).all(|pair| ((pair[1] - pair[0]).0 - ROTA.ns(ROTA.frame())).abs() < 1e-3));
            }
        }
    }

    #[test]
    fn no_slot_has_two_owners_and_no_two_tokens_enter_at_once() {
        let rotation = ROTA.serve(&requests(100_000.0));
        assert!(rotation.entries.windows(2).all(|pair| pair[0].cycle + ROTA.apart <= pair[1].cycle));
        assert!(rotation.entries.iter().all(|entry| entry.cycle.is_multiple_of(ROTA.apart)));
        for (index, held) in rotation.held.iter().enumerate() {
            let meets = |other: &Held| other.slot == held.slot && other.from < held.to && held.from < other.to;
            assert!(!rotation.held[index + 1..].iter().any(meets), "{held:?}");
        }
        assert_eq!(rotation.held.len(), 60, "everybody had a slot once");
    }

    #[test]
    fn everything_that_was_asked_enters_and_answers_enter_in_their_own_slot_only() {
        let requests = requests(50_000.0);
        let rotation = ROTA.serve(&requests);
        let asked: u64 = requests.iter().map(|one| one.prompt.round() as u64 + u64::from(one.output) - 1).sum();
        assert_eq!(rotation.entries.len() as u64, asked);
        for entry in rotation.entries.iter().filter(|entry| entry.why == Why::Token) {
            let slot = entry.cycle / ROTA.apart % u64::from(ROTA.slots);
            let owner = rotation.held.iter().find(|held| held.request == entry.request).expect("it had a slot");
            assert_eq!(u64::from(owner.slot), slot, "{entry:?}");
        }
    }

    #[test]
    fn who_is_there_is_found_by_query() {
        let rotation = ROTA.serve(&requests(100_000.0));
        let end = rotation.end();
        assert!(
            0.0 < end.0 && rotation.held(At(end.0 + 1.0)).is_empty() && rotation.under_way(At(end.0 + 1.0)).is_empty()
        );
        for part in 1..20 {
            let at = At(end.0 * f64::from(part) / 20.0);
            let under_way = rotation.under_way(at);
            assert!(under_way.len() <= ROTA.slots as usize && rotation.held(at).len() <= ROTA.users as usize);
            assert!(under_way.windows(2).all(|pair| pair[1].1 < pair[0].1), "no token overtakes another");
        }
        assert_eq!(rotation.entries(At::START, At(end.0 + 1.0)), &rotation.entries[..]);
        assert!(rotation.seated(0).0 < rotation.seated(59).0 && rotation.seated(99).0.is_infinite());
    }
}
