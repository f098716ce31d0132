//! One number for a run, to compare native with wasm and today with tomorrow.
//!
//! In: a run.  Out: a hash of every span's bits.
//! Invariant: equal runs have equal fingerprints; a single bit of a single time changes it.
//! Method: FNV-1a over the bits of all times, GPU by GPU.
//! Source: Fowler, Noll, Vo, the FNV hash, 64 bits.

use crate::run::Run;

/// The fingerprint of a run.
pub fn fingerprint(run: &Run) -> u64 {
    let spans = run.lanes().iter().flatten();
    hash(spans.flat_map(|span| [span.free, span.from, span.to]).map(|at| at.0))
}

/// The same of any times.
pub(crate) fn hash(times: impl Iterator<Item = f64>) -> u64 {
    times
        .flat_map(|time| time.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
