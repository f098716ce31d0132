//! `greenwave asm`: a program as text, and the proof that the text says all of it.
//!
//! In: a program file, a model, or with `--check` a text.  Out: the text; or length and checksum of the executable that it describes, and
//!     what the judge's first rule says of its form.
//! Invariant: a text whose last line names other bytes than the text describes is found out, and so is one that no machine can hold.

use super::{COMPILER, judged};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files;
use crate::output::Output;
use std::io::Write;
use std::path::Path;
use study::{Chip, Seal};

pub static USAGE: Usage = Usage {
    name: "asm",
    operand: "MODEL|P.gw",
    says: "Prints a program as text; with --check, reads such a text back.",
    flags: &[
        COMPILER,
        &[Flag { name: "check", value: Some("FILE"), says: "Reads this text back to the bytes that it names." }],
    ],
};

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let Some(path) = given.path("check") else {
        let name = given.operand()?;
        return match judged(name, given)? {
            Ok(verified) => output.text(&study::assembly(verified.program())).map(|()| Code::Done),
            Err(verdict) => super::verify::print(&verdict, output).map(|()| Code::Violated),
        };
    };
    if given.has_operand() {
        let advice = Advice { expected: "a text alone", remedy: "leave the model out" };
        return Err(Failure::new("--check", advice, "a model too"));
    }
    super::uncompiled(&path, given)?;
    check(&path, super::chip_given(given)?.as_ref(), output)
}

fn check<W: Write>(path: &Path, chip: Option<&Chip>, output: &mut Output<W>) -> Result<Code, Failure> {
    let text = files::text(path, "a text of `greenwave asm`")?;
    let found = study::read_back(&text).map_err(|error| Failure::about(path, error))?;
    let name = path.display();
    let Seal { bytes, checksum } = found.seal;
    let (verdict, code) = match found.claimed {
        Some(claimed) if claimed == found.seal => ("the same bytes".to_owned(), Code::Done),
        Some(Seal { bytes, checksum }) => {
            (format!("other bytes: its last line names {bytes} bytes, checksum {checksum:016x}"), Code::Violated)
        }
        None => ("it has no last line that names its bytes, so nothing was compared".to_owned(), Code::Done),
    };
    output.text(&format!("{name}: {bytes} bytes, checksum {checksum:016x}: {verdict}\n"))?;
    let form = study::judge_form(chip, &found.executable).map_err(|error| super::machine_missing(path, error))?;
    if form.total == 0 {
        return Ok(code);
    }
    super::verify::print(&form, output)?;
    Ok(Code::Violated)
}
