//! `greenwave study collectives`: six collectives on a node or a rack, every vector in its slot.
//!
//! In: chips, numbers of rows.  Out: both programs' times, what cables allow, what is published.
//! Invariant: where longer ways gain nothing, or lose, the table says so.
//! Method: `study::collectives`.

use crate::args::{Flag, Given};
use crate::failure::{Advice, Code, Failure};
use crate::output::Output;
use std::io::Write;
use study::collectives::{CollectivesAnswer, Line, Way, collectives};

/// The word that asks for it.
pub const NAME: &str = "collectives";
/// Rows unless asked otherwise.
const ROWS: [u16; 3] = [1, 8, 64];

pub const FLAGS: &[Flag] = &[Flag {
    name: "rows",
    value: Some("N,.."),
    says: "With `collectives`: rows of 320 f32 that each chip has; 1,8,64 unless given.",
}];

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let remedy = "leave it out: what is sent and to whom follows from the collective";
    given.only(
        &["chips", "rows", "json"],
        Advice { expected: "--chips, --rows or --json beside `collectives`", remedy },
    )?;
    let chips = given.number("chips", 1..=u32::MAX)?.unwrap_or(u32::from(study::NODE));
    let answer = collectives(chips, &rows(given)?).map_err(Failure::refused)?;
    super::tell(given, output, &answer, in_words)?;
    Ok(Code::Done)
}

fn rows(given: &Given) -> Result<Vec<u16>, Failure> {
    let Some(text) = given.text("rows")? else { return Ok(ROWS.to_vec()) };
    let number = |word: &str| {
        let advice = Advice { expected: "numbers of rows such as 1,64", remedy: "a row is 1,280 bytes" };
        word.parse().map_err(|_| Failure::new("--rows", advice, format!("{word:?}")))
    };
    text.split(',').map(number).collect()
}

fn in_words(answer: &CollectivesAnswer) -> String {
    let CollectivesAnswer { topology, chips, hop, judged, lines, published } = answer;
    let mut text = format!(
        "collectives on {chips} chips ({topology}): {} programs judged, {} violations; a hop is {hop} cycles from SRAM to SRAM\n\
         cycles over the shortest ways and over longer ones too; in brackets what the busiest cable alone would take, then the closed form\n\n\
         {:<15} {:>5} {:>9}  {:<30} {:<30} {:>6} {:>9}\n",
        judged.0, judged.1, "", "rows", "bytes", "shortest", "spread", "gain", "us"
    );
    lines.iter().for_each(|line| text += &in_line(line));
    let fewest = lines.iter().map(|line| line.rows).min().unwrap_or(0);
    for time in published {
        text += &format!(
            "\npublished: {}, {} us ({}); ours, {} at {fewest} x 320 f32: {:.2} us",
            time.what.en, time.microseconds, time.source, time.name, time.ours
        );
    }
    text + "\n"
}

fn in_line(line: &Line) -> String {
    let way = |way: &Way| {
        let closed = way.closed_form.map_or(String::new(), |cycles| format!(", {cycles}"));
        format!("{} ({}{closed})", way.cycles, way.cables_allow)
    };
    format!(
        "{:<15} {:>5} {:>9}  {:<30} {:<30} {:>6.2} {:>9.2}\n",
        line.name,
        line.rows,
        line.bytes,
        way(&line.minimal),
        way(&line.spread),
        line.gain,
        line.microseconds
    )
}
