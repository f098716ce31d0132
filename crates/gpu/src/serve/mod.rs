//! Users in front of a box: continuous batching, newcomers between steps, the same for both contestants.
//!
//! In: a [`Pace`] (how long a step and a prefill take) and a [`Load`] (who comes when and asks what).  Out: when every token of
//! every request left the server, and what the client saw of it.
//! Invariant: the server does one thing at a time and is never idle while somebody waits; tokens of a request are in order.
//! Method: `load` draws requests, `server` runs them, `client` adds the network, `jitter` reads the API's meter.

mod client;
mod jitter;
mod load;
mod pace;
mod server;

pub use client::{Client, Network};
pub use jitter::ApiJitter;
pub use load::{Load, OutputLength, Request};
pub use pace::{Each, Pace, Prefill};
pub use server::{Served, ServerDoing, ServerEvent, serve};
