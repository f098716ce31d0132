//! Measures how fast the simulator runs, and checks what it computed before it prints a time.
//!
//! In: nothing.  Out: nanoseconds per dispatch of a token shaped like SmolLM2-135M in int8 (`tiles`), and of each unit alone (`units`).
//! Invariant: a wrong answer is a panic, not a time.
//! Method: the fastest of several runs after one that is checked.

mod queues;
mod tiles;
mod units;

fn main() {
    tiles::measure();
    units::measure();
}
