//! What a token costs, on the chip alone and with its host.
//!
//! In: a verified program's cycles, clock and transfers.  Out: seconds and tokens per second.
//! Invariant: made from a session only, and so from nothing but a verified program.
//! Method: cycles / clock; with the host, the launch record goes down before and the logits come up after each token, nothing
//!     overlaps.

use crate::host::HOST_LINK;
use crate::session::Sizes;
use arch::Chip;
use serde::Serialize;
use units::{Cycles, Hertz};

/// Times of a token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Chips at work.
    pub chips: u32,
    /// Cycles that the compiler predicted.
    pub predicted_cycles: u64,
    /// Seconds on the chip.
    pub chip_seconds: f64,
    /// Seconds of both transfers.
    pub host_seconds: f64,
    /// Tokens per second of the chip alone.
    pub chip_tokens_per_second: f64,
    /// Tokens per second with both transfers.
    pub with_host_tokens_per_second: f64,
}

impl Figures {
    pub(crate) fn new(chip: &Chip, chips: u16, cycles: u64, sizes: &Sizes) -> Self {
        let Hertz(clock) = chip.clock;
        let chip_seconds = cycles as f64 / clock as f64;
        let host_seconds = HOST_LINK.seconds(sizes.record) + HOST_LINK.seconds(sizes.results);
        Figures {
            chips: u32::from(chips),
            predicted_cycles: cycles,
            chip_seconds,
            host_seconds,
            chip_tokens_per_second: chip.clock.per_second(Cycles(cycles)),
            with_host_tokens_per_second: 1.0 / (chip_seconds + host_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Bytes;

    #[test]
    fn the_host_adds_ten_microseconds_each_way_and_its_bytes() {
        let chip = Chip::lpu_14nm();
        let sizes = Sizes { issues: 0, instructions: Bytes(0), record: Bytes(24_000), results: Bytes(48_000) };
        let figures = Figures::new(&chip, 1, 9_000, &sizes);
        assert!((figures.chip_seconds - 10e-6).abs() < 1e-12);
        assert!((figures.host_seconds - 23e-6).abs() < 1e-12);
        assert!((figures.with_host_tokens_per_second - 1e6 / 33.0).abs() < 1e-3);
        assert!((figures.chip_tokens_per_second - 1e5).abs() < 1e-6);
    }
}
