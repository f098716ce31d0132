//! `greenwave asm`: a program as text, and the proof that the text says all of it.
//!
//! In: a program file, a model, a published shape, or with `--check` a text.  Out: the text, for a shape on many nodes that of all their
//!     programs; or length and checksum of each executable that a text describes, and what the judge's first rule says of its form.
//! Invariant: a text whose last line names other bytes than the text describes is found out, and so is one that no machine can hold.

use super::{COMPILER, CONTEXT_MAX, encoder, judged, machine, resnet, shape};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files;
use crate::output::Output;
use std::io::Write;
use std::path::Path;
use study::encoder::TOKENS;
use study::fleet::{Fleet, Question};
use study::{Builtin, Chip, Encoder, Options, ReadBack, ResNet, Seal};

pub static USAGE: Usage = Usage {
    name: "asm",
    operand: "MODEL|P.gw",
    says: "Prints a program as text, of a shape such as Llama-2-7B all programs of its nodes; with --check, reads such a text back.",
    flags: &[
        COMPILER,
        &[Flag { name: "check", value: Some("FILE"), says: "Reads this text back to the bytes that it names." }],
    ],
};

/// Chips that are tried for a shape unless a number is given: a node, a rack, and those that ran Llama-2-70B.
const CHIPS: [u32; 3] = [8, 64, 576];

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let Some(path) = given.path("check") else {
        let name = given.operand()?;
        if let Some(model) = shape::of(name) {
            return output.text(&of_shape(model, given)?).map(|()| Code::Done);
        }
        if let Some(model) = encoder::of(name) {
            return output.text(&of_encoder(model, given)?).map(|()| Code::Done);
        }
        if let Some(model) = resnet::of(name) {
            return output.text(&of_convolutions(model, given)?).map(|()| Code::Done);
        }
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

/// All programs of a shape on its nodes.
fn of_shape(model: Builtin, given: &Given) -> Result<String, Failure> {
    if given.has("chip") {
        let advice = Advice { expected: "the published machine", remedy: "leave it out: nodes are of lpu-14nm" };
        return Err(Failure::new("--chip", advice, "another"));
    }
    let context = given.number("context", 1..=CONTEXT_MAX)?.unwrap_or(Options::default().context);
    let formats = super::formats(given)?;
    let open = |chips| Fleet::open(&Question { formats, ..Question::of(model.name(), chips, context) });
    let chips = given.number("chips", 1..=u32::MAX)?.map_or(CHIPS.to_vec(), |chips| vec![chips]);
    let (last, smaller) = chips.split_last().expect("a number of chips is tried");
    let fleet = smaller.iter().find_map(|chips| open(*chips).ok());
    let fleet = fleet.map_or_else(|| open(*last), Ok).map_err(Failure::refused)?;
    Ok(study::assembly_of_system(fleet.system().system()))
}

/// The program of an encoder's pass.
fn of_encoder(model: Encoder, given: &Given) -> Result<String, Failure> {
    encoder::alone(model.name(), given, &[])?;
    let chip = machine(given.text("chip")?.unwrap_or(super::CHIP), "--chip: ")?;
    let tokens = given.number("context", 1..=CONTEXT_MAX)?.unwrap_or(TOKENS);
    let verified = study::encoder::program(model, tokens, &chip);
    let verified = verified.map_err(|error| Failure::refused(format!("{}: {error}", model.name())))?;
    Ok(study::assembly(verified.program()))
}

/// The program of an image.
fn of_convolutions(model: ResNet, given: &Given) -> Result<String, Failure> {
    encoder::alone(model.name(), given, &["context"])?;
    let chip = machine(given.text("chip")?.unwrap_or(super::CHIP), "--chip: ")?;
    let verified = study::resnet::program(model, &chip);
    let verified = verified.map_err(|error| Failure::refused(format!("{}: {error}", model.name())))?;
    Ok(study::assembly(verified.program()))
}

/// Reads every program of a text back; the worst verdict is the answer.
fn check<W: Write>(path: &Path, chip: Option<&Chip>, output: &mut Output<W>) -> Result<Code, Failure> {
    let text = files::text(path, "a text of `greenwave asm`")?;
    let found = study::read_back_all(&text).map_err(|error| Failure::about(path, error))?;
    let mut worst = Code::Done;
    for program in &found {
        if check_one(path, program, chip, output)? == Code::Violated {
            worst = Code::Violated;
        }
    }
    Ok(worst)
}

fn check_one<W: Write>(
    path: &Path,
    found: &ReadBack,
    chip: Option<&Chip>,
    output: &mut Output<W>,
) -> Result<Code, Failure> {
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
