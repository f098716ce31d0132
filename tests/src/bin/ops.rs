//! Writes the specification of the ten operations, `crates/graph/OPS.md`, and what is made of them, `OPERATORS.md` beside it.
//!
//! In: nothing.  Out: the files, as the test `ops` expects them.
//! Invariant: the same code gives the same bytes.

fn main() -> std::io::Result<()> {
    let folder = tests::root().join("crates/graph");
    std::fs::write(folder.join("OPS.md"), tests::ops::page(&arch::Chip::lpu_14nm()))?;
    std::fs::write(folder.join("OPERATORS.md"), tests::ops::operators_page())
}
