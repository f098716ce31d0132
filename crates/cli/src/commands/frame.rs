//! `greenwave frame`: what is visible in one cycle of one token, or what is at one place.
//!
//! In: a model or a program, a cursor, a view, perhaps a place.  Out: the scene or the inspection, as text or as `frame`'s own JSON.
//! Invariant: the same calls of `frame` as the page's, so the same bytes; what this build does not draw is refused, not left out.
//! Method: a scene of a program needs no run; tokens and bytes need one, which is written by the model up to the token asked for.

use super::frame_text;
use super::{COMPILER, CONTEXT_MAX, JSON, judged, opened, options};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files::{self, ModelBytes};
use crate::output::Output;
use crate::progress::Ticker;
use frame::{ChipView, Cursor, Detail, Lang, Selection, Timeline};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::{Chip, EXAMPLE, Progress, Sampling, Session, Topology, Verified};

pub static USAGE: Usage = Usage {
    name: "frame",
    operand: "MODEL|P.gw",
    says: "What is visible in one cycle of one token, or what is at one place.",
    flags: &[
        COMPILER,
        &[
            Flag { name: "token", value: Some("T"), says: "Token of the text, from 0." },
            Flag { name: "cycle", value: Some("C"), says: "Cycle since the token's launch, from 0." },
            Flag {
                name: "view",
                value: Some("VIEW"),
                says: "token, chip, memory, traffic, compiler or schedule; chip unless given.",
            },
            Flag {
                name: "zoom",
                value: Some("N"),
                says: "Of the schedule: the token's cycles halved N times; 0 unless given.",
            },
            Flag { name: "on", value: Some("N"), says: "Which of several chips is shown, from 0; 0 unless given." },
            Flag {
                name: "detail",
                value: Some("DETAIL"),
                says: "Of the chip: overview, full or streams; full unless given.",
            },
            Flag {
                name: "at",
                value: Some("PLACE"),
                says: "What is there: E7@12 (stream@place), W12+200, W12.read, mxmE0, E7:3.4.5.6.",
            },
            Flag {
                name: "batch",
                value: Some("FILE"),
                says: "Lines of `TOKEN CYCLE PLACE`; one line of JSON for each.",
            },
            Flag {
                name: "prompt",
                value: Some("TEXT"),
                says: "The text that the model continues; the page's first example unless given.",
            },
        ],
        JSON,
        &[
            Flag { name: "svg", value: None, says: "Not in this build." },
            Flag { name: "png", value: Some("FILE"), says: "Not in this build." },
        ],
    ],
};

/// What is looked at.
struct Question {
    cursor: Cursor,
    selection: Option<Selection>,
}

/// What pictures can be made of.
enum Subject {
    Program(Box<Verified>),
    Model(Box<Session<ModelBytes>>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Token,
    Chip,
    Memory,
    Traffic,
    Compiler,
    Schedule(u8),
}

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    if let Some(format) = ["svg", "png"].into_iter().find(|format| given.has(format)) {
        let advice = Advice { expected: "--json, or text", remedy: "this build draws no picture files: leave it out" };
        return Err(Failure::new("frame", advice, format!("--{format}")));
    }
    let name = given.operand()?;
    let (view, detail) = (view(given)?, detail(given)?);
    let questions = questions(given, &options(given)?.chip)?;
    let prompt = super::prompt(given)?.unwrap_or(EXAMPLE);
    let mut subject = subject(name, given)?;
    let on = given.number("on", 0..=subject.chips() - 1)?.unwrap_or(0);
    let timeline = subject.timeline(on);
    for question in &questions {
        check(question.cursor, &timeline)?;
    }
    if view == View::Token || questions.iter().any(|question| question.selection.is_some()) {
        let last = questions.iter().map(|question| question.cursor.token).max().unwrap_or(0);
        subject.write_until(name, last, prompt)?;
    }
    for question in questions {
        if output.is_closed() {
            break;
        }
        let shown = Shown { timeline: &timeline, on, cursor: question.cursor, form: Form::of(given) };
        match question.selection {
            selection if matches!(view, View::Compiler | View::Schedule(_)) => {
                shown.made((&subject, name), view, selection, output)?;
            }
            Some(selection) => shown.inspection(&mut subject, selection, output)?,
            None => shown.scene(&subject, (view, detail), output)?,
        }
    }
    Ok(Code::Done)
}

fn view(given: &Given) -> Result<View, Failure> {
    match given.text("view")?.unwrap_or("chip") {
        "token" => Ok(View::Token),
        "chip" => Ok(View::Chip),
        "memory" => Ok(View::Memory),
        "traffic" => Ok(View::Traffic),
        "compiler" => Ok(View::Compiler),
        "schedule" => Ok(View::Schedule(given.number("zoom", 0..=u8::MAX)?.unwrap_or(0))),
        other => {
            let expected = "token, chip, memory, traffic, compiler or schedule";
            let advice = Advice { expected, remedy: "choose one of these" };
            Err(Failure::new("--view", advice, format!("{other:?}")))
        }
    }
}

fn detail(given: &Given) -> Result<Detail, Failure> {
    match given.text("detail")?.unwrap_or("full") {
        "overview" => Ok(Detail::Overview),
        "full" => Ok(Detail::Full),
        "streams" => Ok(Detail::Streams),
        other => {
            let advice = Advice { expected: "overview, full or streams", remedy: "choose one of these" };
            Err(Failure::new("--detail", advice, format!("{other:?}")))
        }
    }
}

/// One question from the options, or those of a file.
fn questions(given: &Given, chip: &Chip) -> Result<Vec<Question>, Failure> {
    if let Some(path) = given.path("batch") {
        for name in ["token", "cycle", "at"] {
            given.at_most_one(["batch", name])?;
        }
        let text = files::text(&path, "lines of `TOKEN CYCLE PLACE`")?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(index, line)| {
                question(line, chip)
                    .map_err(|error| Failure::refused(format!("{}: line {}: {error}", path.display(), index + 1)))
            })
            .collect();
    }
    let token = given.number("token", 0..=CONTEXT_MAX)?.ok_or_else(|| given.missing("token"))?;
    let cycle = given.number("cycle", 0..=u64::MAX)?.ok_or_else(|| given.missing("cycle"))?;
    let selection = given.text("at")?.map(|text| frame::parse_selection(text, chip)).transpose();
    let selection = selection.map_err(|error| Failure::refused(format!("--at: {error}")))?;
    Ok(vec![Question { cursor: Cursor { token, cycle }, selection }])
}

fn question(line: &str, chip: &Chip) -> Result<Question, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [token, cycle, place] = words[..] else {
        return Err(format!("expected TOKEN CYCLE PLACE, found {} words; write three", words.len()));
    };
    let wrong =
        |what: &str, word: &str| format!("expected {what} as a whole number, found {word:?}; correct the number");
    let token = token.parse().map_err(|_| wrong("a token", token))?;
    let cycle = cycle.parse().map_err(|_| wrong("a cycle", cycle))?;
    let selection = frame::parse_selection(place, chip).map_err(|error| error.to_string())?;
    Ok(Question { cursor: Cursor { token, cycle }, selection: Some(selection) })
}

fn subject(name: &Path, given: &Given) -> Result<Subject, Failure> {
    if !files::is_program(name) {
        return Ok(Subject::Model(Box::new(opened(name, &options(given)?)?)));
    }
    let verified = judged(name, given)?.map_err(|verdict| {
        let advice = Advice { expected: "a verified program", remedy: "see `greenwave verify`" };
        Failure::new(name.display(), advice, verdict.count())
    })?;
    Ok(Subject::Program(Box::new(verified)))
}

fn check(cursor: Cursor, timeline: &Timeline) -> Result<(), Failure> {
    let context = u64::from(timeline.executable().context);
    for (what, found, length) in
        [("token", u64::from(cursor.token), context), ("cycle", cursor.cycle, timeline.length())]
    {
        if length <= found {
            let expected = format!("one from 0 to {}", length.saturating_sub(1));
            return Err(Failure::new(what, Advice { expected: &expected, remedy: "give such a number" }, found));
        }
    }
    Ok(())
}

impl Subject {
    /// Has the model called `name` write until token `last` was run.
    fn write_until(&mut self, name: &Path, last: u32, prompt: &str) -> Result<(), Failure> {
        let Subject::Model(session) = self else {
            let remedy = "give the .gguf file or `tiny`: a program holds no text and no weights";
            return Err(Failure::new(name.display(), Advice { expected: "a model", remedy }, "a program"));
        };
        let mut ticker = Ticker::new();
        let mut listener = |progress: Progress| ticker.tell(progress);
        let mut written = session.prompt(prompt, Sampling::Greedy, &mut listener);
        if let (Ok(()), Some(more)) = (&written, (last + 1).checked_sub(session.tokens().len() as u32)) {
            written = session.generate(more, Sampling::Greedy, &mut listener).map(|_| ());
        }
        written.map_err(|error| Failure::of_study(&name.display().to_string(), &error))?;
        let tokens = session.tokens().len();
        if tokens <= last as usize {
            let expected = format!("one from 0 to {}", tokens.saturating_sub(1));
            let advice = Advice { expected: &expected, remedy: "the text ends there: give another --prompt" };
            return Err(Failure::new("token", advice, last));
        }
        Ok(())
    }

    fn verified(&self) -> &Verified {
        match self {
            Subject::Program(verified) => verified,
            Subject::Model(session) => session.verified(),
        }
    }

    /// Number of chips.
    fn chips(&self) -> u16 {
        Topology::named(&self.verified().program().executable.topology).map_or(1, |topology| topology.chips)
    }

    /// The schedule as chip `on` sees it.
    fn timeline(&self, on: u16) -> Timeline {
        Timeline::on(self.verified().chip(), self.verified().program(), on)
    }
}

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Text,
}

impl Form {
    /// JSON where it is asked for; a batch is always JSON.
    fn of(given: &Given) -> Self {
        if given.has("json") || given.has("batch") { Form::Json } else { Form::Text }
    }
}

/// One cursor of a schedule.
struct Shown<'a> {
    timeline: &'a Timeline,
    /// The chip shown.
    on: u16,
    cursor: Cursor,
    form: Form,
}

impl Shown<'_> {
    fn inspection<W: Write>(
        &self,
        subject: &mut Subject,
        selection: Selection,
        output: &mut Output<W>,
    ) -> Result<(), Failure> {
        let (chip, cycle) = frame::moment_of(self.timeline, selection, self.cursor, self.on);
        let moment = match subject {
            Subject::Model(session) => session.moment_on(chip, self.cursor.token, cycle),
            Subject::Program(_) => None,
        };
        let inspection = frame::inspect(self.timeline, moment.as_ref(), selection, self.cursor);
        match self.form {
            Form::Json => output.json(&inspection),
            Form::Text => output.text(&frame_text::inspection(&inspection)),
        }
    }

    /// How the program came about, or when it does what: both with what stands beside the picture.
    fn made<W: Write>(
        &self,
        (subject, name): (&Subject, &Path),
        view: View,
        selection: Option<Selection>,
        output: &mut Output<W>,
    ) -> Result<(), Failure> {
        let Subject::Model(session) = subject else {
            let remedy = "give the .gguf file or `tiny`: a program does not hold the model it came from";
            return Err(Failure::new(name.display(), Advice { expected: "a model", remedy }, "a program"));
        };
        let at = (self.cursor, selection);
        if let View::Schedule(zoom) = view {
            let steps = session.steps_at(self.cursor.token);
            let facts = frame::schedule_facts(self.timeline, &steps, at, zoom);
            return self.beside(&frame::schedule(self.timeline, &steps, at, zoom), &facts, output);
        }
        let made = frame::Made { imported: &session.model().graph, lowered: &session.program().lowered };
        let facts = frame::compiler_facts(self.timeline, session, self.cursor, selection);
        self.beside(&frame::compiler(self.timeline, made, self.cursor, selection), &facts, output)
    }

    fn beside<W: Write>(
        &self,
        scene: &frame::Scene,
        facts: &impl Serialize,
        output: &mut Output<W>,
    ) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Answer<'a, F: Serialize> {
            scene: &'a frame::Scene,
            facts: &'a F,
        }
        match self.form {
            Form::Json => output.json(&Answer { scene, facts }),
            Form::Text => output.text(&frame::print(scene, Lang::English)),
        }
    }

    fn scene<W: Write>(&self, subject: &Subject, view: (View, Detail), output: &mut Output<W>) -> Result<(), Failure> {
        let scene = match (view, subject) {
            ((View::Token, _), Subject::Model(session)) => {
                let scene = frame::token(self.timeline, session.tokens(), self.cursor);
                return match self.form {
                    Form::Json => output.json(&scene),
                    Form::Text => output.text(&frame_text::token(&scene)),
                };
            }
            ((View::Memory, _), _) => frame::memory(self.timeline, self.cursor, None),
            ((View::Traffic, _), _) => frame::traffic(self.timeline, self.cursor, self.on, None),
            ((_, detail), _) => frame::chip(self.timeline, self.cursor, &ChipView { detail, ..ChipView::full() }),
        };
        match self.form {
            Form::Json => output.json(&scene),
            Form::Text => output.text(&frame::print(&scene, Lang::English)),
        }
    }
}
