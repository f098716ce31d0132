//! `greenwave trace`: the schedule of a verified program as a file for Chrome or Perfetto.
//!
//! In: a model or a program, how many tokens, a file.  Out: the trace, and what it holds.
//! Invariant: a program that the judge rejects leaves no file; the trace goes to disk event by event.
//! Method: a token's cycles depend on its position alone, so that no text is needed.

use super::beside::{BUCKETS, in_buckets};
use super::{COMPILER, CONTEXT_MAX, JSON, judged, options};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Code, Failure};
use crate::files;
use crate::output::Output;
use crate::progress::is_interrupted;
use serde::Serialize;
use std::io::Write;
use study::{TraceSize, Verified};

pub static USAGE: Usage = Usage {
    name: "trace",
    operand: "MODEL|P.gw",
    says: "Writes what every queue issues and every link carries, cycle by cycle, for ui.perfetto.dev or chrome://tracing.",
    flags: &[
        COMPILER,
        BUCKETS,
        &[
            Flag { name: "tokens", value: Some("N"), says: "How many tokens, one after the other; 1 unless given." },
            Flag { name: "out", value: Some("TRACE.json"), says: "The file to write." },
        ],
        JSON,
    ],
};

#[derive(Serialize)]
struct Answer {
    out: String,
    clock_hz: u64,
    #[serde(flatten)]
    size: TraceSize,
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let name = given.operand()?;
    let path = given.path("out").ok_or_else(|| given.missing("out"))?;
    let tokens = given.number("tokens", 1..=CONTEXT_MAX)?.unwrap_or(1);
    let programs = if given.has("buckets") {
        in_buckets(name, &options(given)?)?
    } else {
        match judged(name, given)? {
            Ok(verified) => vec![verified],
            Err(verdict) => return super::verify::print(&verdict, output).map(|()| Code::Violated),
        }
    };
    let programs: Vec<&Verified> = programs.iter().collect();
    let size = files::write_through(&path, |sink| {
        study::trace(&programs, tokens, &mut |piece| {
            if is_interrupted() {
                Err(std::io::ErrorKind::Interrupted.into())
            } else {
                sink.write_all(piece.as_bytes())
            }
        })
    })?;
    let answer = Answer { out: path.display().to_string(), clock_hz: programs[0].chip().clock.0, size };
    super::tell(given, output, &answer, text)?;
    Ok(Code::Done)
}

fn text(answer: &Answer) -> String {
    let TraceSize { tokens, cycles, tracks, slices, instructions, vectors, .. } = answer.size;
    let number = frame::grouped;
    format!(
        "{}: {} tokens in {} cycles, 1 us of the trace is 1 cycle\n  {} instructions in {} slices on {} tracks, {} vectors between chips\n",
        answer.out,
        number(tokens.into()),
        number(cycles),
        number(instructions),
        number(slices),
        number(tracks),
        number(vectors)
    )
}
