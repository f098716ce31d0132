//! A network that decides as it goes: queues, credits and adaptive routes over any cables.
//!
//! In: routers and cables, words with the time or the word that they wait for, a load of others' messages, a seed.  Out: when the last
//!     word has arrived, how often words went another way, how late the others' words were.
//! Invariant: it is told cables and words as numbers and nothing of who planned what; every word arrives once; a cable carries one word
//!     at a time; no buffer holds more than it has room for; with nothing random and no load, two runs of any seed are equal.
//! Method: one event queue. Each chip is a router. A word waits in the queue of the cable that it will take, one queue for each number
//!     of hops made (virtual channels by hop number: no cycle of waiting, hence no deadlock). It sets out when the cable is free and the
//!     router at the other end has room for it in that class (credits, which come back a cable's length after the room is free). Within
//!     a router nothing blocks anything else, and words that have arrived are taken at once: both kind to the rival.
//!     *Minimal*: at every router the cable with the shortest queue among those that lead nearer. *UGAL*: at its source a word compares
//!     the time of the first hop, its queue included, times hops, straight and by a router drawn at random, and takes the less; then
//!     minimal, adaptively, in both parts. (With the queues alone, as on short cables, a word would go round for the sake of one other.)
//! Source: Singh, "Load-balanced routing in interconnection networks", thesis, Stanford 2005 (UGAL, with queues of the source only);
//!     Kim, Dally, Scott, Abts, "Technology-driven, highly-scalable dragonfly topology", ISCA 2008; Günther, "Prevention of deadlocks in
//!     packet-switched data transport systems", IEEE Trans. Comm. 1981 (classes by hops).

mod cables;
mod chance;
mod others;
mod port;
mod route;
mod run;
mod words;

pub use cables::{Cable, Network};
pub use chance::{Chance, Chances};
pub use others::{Load, Message, Others};
pub use route::{Precedence, Routing};
pub use run::{Outcome, Trial};
pub use words::{Ready, Times, Word};
