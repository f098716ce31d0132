//! Writes the specification of the ten operations: `crates/graph/OPS.md`.
//!
//! In: nothing.  Out: the file, as the test `ops` expects it.
//! Invariant: the same code gives the same bytes.

fn main() -> std::io::Result<()> {
    std::fs::write(tests::root().join("crates/graph/OPS.md"), tests::ops::page(&arch::Chip::lpu_14nm()))
}
