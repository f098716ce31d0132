//! The commands, and what they share: options of the compiler, opening a model, the word for a subject.
//!
//! In: a command's words.  Out: its work done.
//! Invariant: one table lists all commands; `greenwave --help` prints it.
//! Method: one file per command, each a table of options and one function.

mod asm;
mod beside;
mod bounds_text;
mod chip;
mod collectives;
mod compile;
mod encoder;
mod eval;
mod fleet;
mod frame;
mod frame_text;
mod graphs;
mod resnet;
mod routing;
mod run;
mod shape;
mod study;
mod study_text;
mod together;
mod trace;
mod verify;

use crate::args::{Asked, Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files::{self, ModelBytes};
use crate::output::Output;
use crate::progress::Ticker;
use ::frame::Lang;
use ::study::{self as line, Built, Chip, Format, Formats, Linear, Options, Progress, Session, Topology, Verified};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// The launch record names a position in 16 bits.
const CONTEXT_MAX: u32 = 65_535;
/// The machine that a program is compiled for unless asked otherwise.
const CHIP: &str = "lpu-14nm";

/// Options that choose what is compiled.
const COMPILER: &[Flag] = &[
    Flag { name: "chips", value: Some("N"), says: "Chips to compile for: 1, 2, 4 or 8; 1 unless given." },
    Flag {
        name: "weights",
        value: Some("FORMAT"),
        says: "Format of the weights: int8, fp16 or split (each the sum of two fp16); int8 unless given.",
    },
    Flag {
        name: "keep-fp16",
        value: Some("NAMES"),
        says: "Matrices that stay in fp16 in every layer: query, key, value, output, gate, up, down, head; with commas.",
    },
    Flag {
        name: "context",
        value: Some("N"),
        says: "Positions to keep room for, or tokens of an encoder; 128 unless given.",
    },
    Flag {
        name: "chip",
        value: Some("NAME|FILE"),
        says: "The machine, or a .json of `chip --machine`; lpu-14nm unless given.",
    },
];

/// The switch that most commands have.
const JSON: &[Flag] = &[Flag { name: "json", value: None, says: "The answer as one line of JSON." }];

/// The language of what is said.
const LANG: &[Flag] = &[Flag {
    name: "lang",
    value: Some("en|zh"),
    says: "Language of what is wrong with a model, a graph or its text: English, or Traditional Chinese; en unless given.",
}];

/// The text of a language.
fn said<'t>(lang: Lang, english: &'t str, chinese: &'t str) -> &'t str {
    match lang {
        Lang::English => english,
        Lang::Chinese => chinese,
    }
}

/// The language that is asked for.
fn lang(given: &Given) -> Result<Lang, Failure> {
    match given.text("lang")? {
        None | Some("en") => Ok(Lang::English),
        Some("zh") => Ok(Lang::Chinese),
        Some(other) => {
            let advice = Advice { expected: "en or zh", remedy: "choose one of these" };
            Err(Failure::new("--lang", advice, format!("{other:?}")))
        }
    }
}

struct Command<W: Write> {
    usage: &'static Usage,
    work: fn(&Given, &mut Output<W>) -> Result<Code, Failure>,
}

fn commands<W: Write>() -> [Command<W>; 9] {
    [
        Command { usage: &compile::USAGE, work: compile::work },
        Command { usage: &verify::USAGE, work: verify::work },
        Command { usage: &run::USAGE, work: run::work },
        Command { usage: &asm::USAGE, work: asm::work },
        Command { usage: &frame::USAGE, work: frame::work },
        Command { usage: &trace::USAGE, work: trace::work },
        Command { usage: &eval::USAGE, work: eval::work },
        Command { usage: &chip::USAGE, work: chip::work },
        Command { usage: &study::USAGE, work: study::work },
    ]
}

/// Does what the words say.
pub fn dispatch<W: Write>(words: &[OsString], output: &mut Output<W>) -> Result<Code, Failure> {
    let Some((first, rest)) = words.split_first() else {
        let advice = Advice { expected: "a command", remedy: "see `greenwave --help`" };
        return Err(Failure::new("command line", advice, "nothing"));
    };
    if first == "--help" || first == "-h" || first == "help" {
        return output.text(&help()).map(|()| Code::Done);
    }
    if first == "--version" || first == "-V" {
        return output.text(&format!("greenwave {}\n", env!("CARGO_PKG_VERSION"))).map(|()| Code::Done);
    }
    let commands = commands();
    let Some(command) = commands.iter().find(|command| first == command.usage.name) else {
        let names = commands.map(|command| command.usage.name).join(", ");
        let advice = Advice { expected: &names, remedy: "see `greenwave --help`" };
        return Err(Failure::new("command", advice, format!("{first:?}")));
    };
    match command.usage.read(rest)? {
        Asked::Help => output.text(&command.usage.help()).map(|()| Code::Done),
        Asked::Work(given) => (command.work)(&given, output),
    }
}

fn help() -> String {
    let mut text =
        "greenwave COMMAND ...: compiles a language model for a chip on which nothing ever waits.\n\n".to_owned();
    for Command { usage, .. } in commands::<Vec<u8>>() {
        let left = format!("{} {}", usage.name, usage.operand);
        text.push_str(&format!("  {left:<20} {}\n", usage.says));
    }
    text + "\nMODEL is the path of a .gguf file or the built-in name `tiny`; P.gw is a file of `greenwave compile --out`.\n\
            Exit codes: 0 done, 1 violations found, 2 input or command line not usable, 130 interrupted.\n\
            `greenwave COMMAND --help` lists the options.\n"
}

/// What the compiler's options choose.
fn options(given: &Given) -> Result<Options, Failure> {
    let chips = given.number("chips", 1..=u16::MAX)?.unwrap_or(1);
    let topology = Topology::of(chips).map_err(|_| {
        let remedy = "choose one of these: a node has 8 chips, and this build joins no nodes yet";
        Failure::new("--chips", Advice { expected: "1, 2, 4 or 8", remedy }, chips)
    })?;
    let formats = formats(given)?;
    let context = given.number("context", 1..=CONTEXT_MAX)?.unwrap_or(Options::default().context);
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    Ok(Options { context, chip, topology, formats })
}

/// The formats of the matrices: one for all, fp16 for those named.
fn formats(given: &Given) -> Result<Formats, Failure> {
    let name = given.text("weights")?.unwrap_or(Format::Int8.name());
    let format = Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
        let advice = Advice { expected: "int8, fp16 or split", remedy: "choose one of these" };
        Failure::new("--weights", advice, format!("{name:?}"))
    })?;
    let mut formats = Formats::all(format);
    for name in given.text("keep-fp16")?.into_iter().flat_map(|names| names.split(',')) {
        let linear = Linear::ALL.into_iter().find(|linear| linear.name() == name.trim()).ok_or_else(|| {
            let names = Linear::ALL.map(Linear::name).join(", ");
            let advice = Advice { expected: &names, remedy: "name some of these, with commas between them" };
            Failure::new("--keep-fp16", advice, format!("{name:?}"))
        })?;
        formats = formats.with(linear, Format::Fp16);
    }
    Ok(formats)
}

/// The machine of that name, or in that .json file; `from` stands before a complaint about a name.
fn machine(name: &str, from: &str) -> Result<Chip, Failure> {
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "json") {
        let text = files::text(path, "a machine of `greenwave chip --machine`")?;
        return Chip::from_json(&text).map_err(|error| Failure::about(path, error));
    }
    line::chip_named(name).map_err(|error| Failure::refused(format!("{from}{error}, or give a .json file")))
}

/// Writes an answer: as JSON where that is asked for, else in words.
fn tell<A: Serialize>(
    given: &Given,
    output: &mut Output<impl Write>,
    answer: &A,
    words: impl Fn(&A) -> String,
) -> Result<(), Failure> {
    if given.has("json") { output.json(answer) } else { output.text(&words(answer)) }
}

/// The text to continue; models with a start token would take an empty one, but there is nothing to continue.
fn prompt(given: &Given) -> Result<Option<&str>, Failure> {
    let prompt = given.text("prompt")?;
    if prompt == Some("") {
        let advice = Advice { expected: "a text to continue", remedy: "type a word" };
        return Err(Failure::new("--prompt", advice, "an empty one"));
    }
    Ok(prompt)
}

/// The bytes of a model, for commands to which a program is not enough.
fn model_bytes(name: &Path) -> Result<ModelBytes, Failure> {
    if files::is_program(name) {
        let advice =
            Advice { expected: "a model", remedy: "give the .gguf file or `tiny`: a program holds no weights" };
        return Err(Failure::new(name.display(), advice, "a program"));
    }
    files::model(name)
}

/// Compiles the model called `name`.
fn built(name: &Path, options: &Options) -> Result<Built<ModelBytes>, Failure> {
    built_with(name, options, Lang::English, line::build)
}

fn built_with(
    name: &Path,
    options: &Options,
    lang: Lang,
    build: impl FnOnce(ModelBytes, &Options, line::Listener) -> Result<Built<ModelBytes>, line::StudyError>,
) -> Result<Built<ModelBytes>, Failure> {
    let mut ticker = Ticker::new();
    let built = build(model_bytes(name)?, options, &mut |progress: Progress| ticker.tell(progress));
    built.map_err(|error| Failure::of_study_in(lang, &name.display().to_string(), &error))
}

/// Opens the model called `name`: compiled, verified, loaded.
fn opened(name: &Path, options: &Options) -> Result<Session<ModelBytes>, Failure> {
    opened_with(name, options, Session::open)
}

type Open = fn(ModelBytes, &Options, line::Listener) -> Result<Session<ModelBytes>, line::StudyError>;

fn opened_with(name: &Path, options: &Options, open: Open) -> Result<Session<ModelBytes>, Failure> {
    let mut ticker = Ticker::new();
    let session = open(model_bytes(name)?, options, &mut |progress: Progress| ticker.tell(progress));
    session.map_err(|error| Failure::of_study(&name.display().to_string(), &error))
}

/// The machine that `--chip` names, if it is there.
fn chip_given(given: &Given) -> Result<Option<Chip>, Failure> {
    given.text("chip")?.map(|name| machine(name, "--chip: ")).transpose()
}

/// A program names a machine that this build does not know.
fn machine_missing(name: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::about(name, format!("{error}, or give its file with --chip"))
}

/// Refuses options of the compiler, but for the machine, beside a program that is compiled already.
fn uncompiled(name: &Path, given: &Given) -> Result<(), Failure> {
    let mut others = COMPILER.iter().filter(|flag| flag.name != "chip");
    let Some(flag) = others.find(|flag| given.has(flag.name)) else { return Ok(()) };
    let advice =
        Advice { expected: "no option of the compiler", remedy: "leave it out: a program is compiled already" };
    Err(Failure::new(name.display(), advice, format!("--{}", flag.name)))
}

/// What the judge says of the program at `name`, or of the model that is compiled first.
fn judged(name: &Path, given: &Given) -> Result<Result<Verified, line::Verdict>, Failure> {
    let program = if files::is_program(name) {
        uncompiled(name, given)?;
        let bytes = files::bytes(name, "a program")?;
        line::read_program(&bytes).map_err(|error| Failure::about(name, error))?
    } else {
        let options = options(given)?;
        files::check_is_known(name)?;
        built(name, &options)?.program
    };
    let verdict = match &chip_given(given)? {
        Some(chip) => line::judge_on(chip, program),
        None if files::is_program(name) => line::judge(program),
        None => line::judge_on(&options(given)?.chip, program),
    };
    match verdict {
        Ok(verified) => Ok(Ok(verified)),
        Err(line::JudgeError::Rejected(verdict)) => Ok(Err(verdict)),
        Err(error @ line::JudgeError::Chip(_)) => Err(machine_missing(name, error)),
    }
}
