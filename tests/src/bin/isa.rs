//! Writes the table of instructions: `crates/program/ISA.md`.
//!
//! In: nothing.  Out: the file, as the test `isa` expects it.
//! Invariant: the same code gives the same bytes.

fn main() -> std::io::Result<()> {
    std::fs::write(tests::root().join("crates/program/ISA.md"), tests::isa::table(&arch::Chip::lpu_14nm()))
}
