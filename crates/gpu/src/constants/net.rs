//! Constants of a network that routes as it goes.
//!
//! In: nothing.  Out: constants with their evidence.

use super::{Bounds, assumed, constant, published};
use units::Constant;

/// From the arrival of a word at a router between its ends to the queue of its next cable.
pub const ROUTER: Constant = constant(
    "net.router",
    Bounds(0.0, 100.0, 350.0),
    "ns",
    assumed(
        "a switch of 2019 takes 350 ns (net.switch); a chip of these cables with nothing but a router on it is given less",
    ),
);
/// A switch that is built.
pub const SWITCH: Constant = constant(
    "net.switch",
    Bounds(300.0, 350.0, 500.0),
    "ns",
    published("De Sensi et al., An in-depth analysis of the Slingshot interconnect, SC 2020", "latency of one switch"),
);
/// Words for which a router has room, for each cable that ends there and each number of hops made.
pub const BUFFER: Constant = constant(
    "net.buffer",
    Bounds(8.0, 64.0, 256.0),
    "word",
    assumed("a cable's length there and back holds about 22 words; three times that never starves a cable"),
);
/// Words of a message of the others, on average.
pub const MESSAGE: Constant = constant(
    "net.message",
    Bounds(1.0, 16.0, 128.0),
    "word",
    assumed("a tile of keys or of a residual; traffic of single words queues less, long messages more"),
);

/// All of them.
pub const ALL: &[Constant] = &[ROUTER, SWITCH, BUFFER, MESSAGE];
