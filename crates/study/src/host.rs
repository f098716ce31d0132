//! The host's share of a token: the launch record down, the logits up.
//!
//! In: bytes each way.  Out: seconds; and the standing of every constant, the chip's and the link's.
//! Invariant: both constants have a standing, see `facts`.
//! Source: Groq's own estimator (groqflow, groqmodel.py): bytes / 24 GB/s + 10 us, each way; published.

use arch::{Chip, Fact};
use units::{Bytes, Standing};

/// Transfer time between host and chip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostLink {
    /// Bytes per second.
    pub bytes_per_second: f64,
    /// Seconds before the first byte, each way.
    pub seconds_fixed: f64,
}

/// PCIe as Groq's estimator models it.
pub const HOST_LINK: HostLink = HostLink { bytes_per_second: 24e9, seconds_fixed: 10e-6 };

impl HostLink {
    /// Seconds for one transfer.
    pub fn seconds(&self, bytes: Bytes) -> f64 {
        self.seconds_fixed + bytes.0 as f64 / self.bytes_per_second
    }
}

/// Every constant that a figure rests on, with its standing: those of `chip`, then those of the link to its host.
pub fn facts(chip: &Chip) -> Vec<Fact> {
    let mut rows = arch::facts(chip);
    rows.extend(link_facts());
    rows
}

fn link_facts() -> [Fact; 2] {
    let source = "groqflow, groqmodel.py: bytes / 24 GB/s + 10 us, each way";
    let row =
        |name, value: f64, unit| Fact { name, value: value.to_string(), unit, standing: Standing::Published, source };
    [
        row("host_bytes_per_second", HOST_LINK.bytes_per_second, "B/s"),
        row("host_seconds_fixed", HOST_LINK.seconds_fixed, "s each way"),
    ]
}
