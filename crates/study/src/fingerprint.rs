//! One number over everything a token does, to compare two machines that ran it: native and wasm, today and yesterday.
//!
//! In: a token of a session.  Out: hashes of its events, of its results, and of the words on all streams at spread-out cycles.
//! Invariant: the same program, model and prompt give the same numbers everywhere.
//! Method: FNV-1a, 64 bits, over a fixed byte order.
//! Source: Fowler, Noll, Vo, IETF draft-eastlake-fnv.

use crate::Session;
use import::Source;
use serde::{Deserialize, Serialize};
use sim::{Arrival, Dispatch, Observer, WordView};
use std::fmt;

/// Cycles between two looks at the streams; a prime, so that no period of the program hides behind it.
const STRIDE: u64 = 97;
/// Tokens at the start of a text that are compared.
const FEW: u32 = 3;

/// Hashes of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Every dispatch with its cycle, every arrival with its producer.
    pub events: u64,
    /// Bits of all logits.
    pub logits: u64,
    /// All words under way at every 97th cycle.
    pub streams: u64,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x} {:016x} {:016x}", self.events, self.logits, self.streams)
    }
}

struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Fnv(0xCBF2_9CE4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }
}

impl Observer for Fnv {
    fn dispatch(&mut self, event: &Dispatch) {
        self.number(event.cycle.0);
        self.site(event.site);
    }

    fn arrival(&mut self, event: &Arrival) {
        self.number(event.sampled.0);
        self.number(event.stream.index() as u64);
        if let Some((site, departed)) = event.producer {
            self.number(departed.0);
            self.site(site);
        }
    }
}

impl Fnv {
    fn site(&mut self, site: sim::Site) {
        for part in [site.instance, site.queue, site.entry, site.iteration] {
            self.bytes(&part.to_le_bytes());
        }
    }
}

impl<S: Source> Session<S> {
    /// The tokens whose fingerprints are compared: the first few, and the first that each of the other programs runs, as far as they were
    /// run.
    pub fn compared(&self) -> Vec<u32> {
        let tokens = self.tokens().len() as u32;
        let is_first = |token: &u32| *token < FEW || self.turn(*token - 1) != self.turn(*token);
        (0..tokens).filter(is_first).collect()
    }

    /// Hashes of `token`; `None` when there is no such token.
    pub fn fingerprint(&mut self, token: u32) -> Option<Fingerprint> {
        let mut events = Fnv::new();
        let mut system = self.watch(token, 0, &mut events)?;
        for chip in 1..self.chips() {
            system = self.watch(token, chip, &mut events)?;
        }
        let mut logits = Fnv::new();
        for tile in system.outputs() {
            tile.bits.iter().for_each(|bits| logits.bytes(&bits.to_le_bytes()));
        }
        let mut streams = Fnv::new();
        let end = self.verified_at(token).program().witness.end.0;
        for cycle in (0..end).step_by(STRIDE as usize) {
            for chip in 0..self.chips() {
                for live in self.moment_on(chip, token, cycle)?.live() {
                    streams.number(live.stream.index() as u64);
                    streams.number(live.diagonal as u64);
                    if let WordView::Bytes(bytes) = live.word {
                        streams.bytes(bytes);
                    }
                }
            }
        }
        Some(Fingerprint { events: events.0, logits: logits.0, streams: streams.0 })
    }
}
