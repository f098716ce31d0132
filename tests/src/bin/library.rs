//! Writes the library of small programs: `crates/program/library`.
//!
//! In: the programs written by hand for the judge's tests.  Out: an assembler text and a graph for each, as the test `library` expects.
//! Invariant: the same code gives the same bytes.

#[path = "../../../crates/verify/tests/hand/mod.rs"]
mod hand;

use tests::library::{FOLDER, SAYS, texts};

fn main() -> std::io::Result<()> {
    let folder = tests::root().join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    for (name, program) in hand::all() {
        let Some((_, says)) = SAYS.iter().find(|(known, _)| *known == name) else { continue };
        let (text, graph) = texts(says, &program);
        std::fs::write(folder.join(format!("{name}.asm")), text)?;
        std::fs::write(folder.join(format!("{name}.graph")), graph)?;
    }
    Ok(())
}
