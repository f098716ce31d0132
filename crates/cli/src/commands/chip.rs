//! `greenwave chip`: every constant that the figures rest on, and how well each is known.
//!
//! In: the name of a machine or its file, or nothing.  Out: a table of name, value, unit, standing and source; the link to the host included.
//! Invariant: no row is left out; how many stand how well is counted below the table.
//! Method: the rows are `study::facts`, in its order.

use super::{CHIP, JSON};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::output::Output;
use serde::Serialize;
use std::io::Write;
use study::{Fact, Standing};

pub static USAGE: Usage = Usage {
    name: "chip",
    operand: "[NAME|FILE]",
    says: "Lists every constant of the machine, how well it is known, and from where.",
    flags: &[
        JSON,
        &[Flag { name: "machine", value: None, says: "The machine itself as JSON, to be edited for `--chip FILE`." }],
    ],
};

#[derive(Serialize)]
struct Answer {
    chip: String,
    constants: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    value: String,
    unit: &'static str,
    standing: String,
    source: &'static str,
}

impl From<Fact> for Row {
    fn from(Fact { name, value, unit, standing, source }: Fact) -> Self {
        Row { name, value, unit, standing: standing.to_string(), source }
    }
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = if given.has_operand() { given.operand()?.to_str() } else { Some(CHIP) };
    let name = name.ok_or_else(|| {
        let advice = Advice { expected: "a name in UTF-8", remedy: "type it again" };
        Failure::new("chip", advice, "other bytes")
    })?;
    let chip = super::machine(name, "")?;
    if given.has("machine") {
        return output.text(&chip.to_json()).map(|()| Code::Done);
    }
    let constants = study::facts(&chip).into_iter().map(Row::from).collect();
    let answer = Answer { chip: chip.name, constants };
    super::tell(given, output, &answer, text)?;
    Ok(Code::Done)
}

fn text(Answer { chip, constants }: &Answer) -> String {
    let mut text = format!("{chip}\n");
    for Row { name, value, unit, standing, source } in constants {
        let value = format!("{value} {unit}");
        text += &format!("  {name:<22} {:<42} {standing:<10} {source}\n", value.trim_end());
    }
    let count = |standing: Standing| {
        let standing = standing.to_string();
        format!("{} {standing}", constants.iter().filter(|row| row.standing == standing).count())
    };
    let standings = [Standing::Published, Standing::Measured, Standing::Derived, Standing::Assumed];
    text + &format!("{} constants: {}\n", constants.len(), standings.map(count).join(", "))
}
