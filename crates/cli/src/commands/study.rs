//! `greenwave study`: one question, one answer, with the standing of every input.
//!
//! In: the name of a case, or the path of its file; `claims` for the table of the story, `collectives` for sums and the like over many
//!     chips.  Out: both contestants, joules, dollars.
//! Invariant: what this build has not compiled is said so; a published figure stands as published.
//! Method: `study::cases`; for the small model the line runs first. All that can be checked is checked before.

use super::{JSON, opened, study_text};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files::{self, TINY_NAME};
use crate::output::Output;
use std::io::Write;
use std::path::Path;
use study::cases::{Case, CaseError, Compiled, Contest, Dialed, LpuFabric, Setting, claims};
use study::cost::Refusal;
use study::{EXAMPLE, Flow, Options, Progress, Sampling, StudyError, Topology};

/// Tokens that are written to see whether each takes the same time.
const TOKENS: u32 = 16;

pub static USAGE: Usage = Usage {
    name: "study",
    operand: "CASE",
    says: "Both contestants, joules, dollars; CASE is a name, a .json file, `claims` or `collectives`.",
    flags: &[
        &[
            Flag { name: "list", value: None, says: "The cases of this build." },
            Flag { name: "file", value: None, says: "The case as the text of its file, with --users and --set in it." },
            Flag { name: "users", value: Some("N"), says: "Users at once; those of the case unless given." },
            Flag {
                name: "set",
                value: Some("ID=VALUE,.."),
                says: "Inputs that differ: money.kwh, hbm.imbalance, lpu.use.batch, lpu.chips, ..; see --json for all.",
            },
        ],
        super::fleet::FLAGS,
        super::collectives::FLAGS,
        JSON,
    ],
};

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    if given.has("list") {
        let advice = Advice { expected: "--list alone, or with --json", remedy: "leave the rest out" };
        given.only(&["list", "json"], advice)?;
        given.no_operand(advice)?;
        super::tell(given, output, &Case::all(), |cases| listed(cases))?;
        return Ok(Code::Done);
    }
    let name = given.operand()?;
    if name.as_os_str() == super::collectives::NAME {
        return super::collectives::work(given, output);
    }
    if given.has("chips") {
        return super::fleet::work(given, output, name);
    }
    if name.as_os_str() == "claims" {
        return of_claims(given, output);
    }
    let expected = "--users, --set, --file or --json beside a case";
    let remedy = "leave it out; with --chips N, CASE names a shape and is compiled for so many chips";
    given.only(&["users", "set", "file", "json"], Advice { expected, remedy })?;
    let dialed = read(name)?.dialed(&setting(given)?);
    accepted(dialed.refused.first())?;
    if given.has("file") {
        output.text(&(dialed.whole().text() + "\n"))?;
        return Ok(Code::Done);
    }
    let Dialed { case, setting, .. } = dialed;
    let (compiled, fabric) = if case.is_compiled() { compiled(&case)? } else { (None, None) };
    let contest = Contest::open(case, compiled).map_err(refused)?;
    let answer = contest.answer(&setting, fabric).map_err(refused)?;
    super::tell(given, output, &answer, study_text::in_words)?;
    Ok(Code::Done)
}

/// The claims, which are about inputs alone.
fn of_claims<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    let remedy = "leave it out: the claims are about inputs, and have neither users nor a file";
    given.only(&["set", "json"], Advice { expected: "--set or --json beside `claims`", remedy })?;
    let setting = setting(given)?;
    accepted(study::cases::refused(&setting).first())?;
    super::tell(given, output, &claims(&setting).map_err(refused)?, |claims| study_text::in_claims(claims))?;
    Ok(Code::Done)
}

/// Nothing that was set is refused.
fn accepted(refusal: Option<&Refusal>) -> Result<(), Failure> {
    let Some(refusal) = refusal else { return Ok(()) };
    let advice = Advice { expected: &refusal.expected.en, remedy: &refusal.remedy.en };
    Err(Failure::new(format!("--set: `{}`", refusal.id), advice, &refusal.found))
}

fn refused(error: CaseError) -> Failure {
    Failure::refused(error)
}

/// The case of that name, or in that file.
fn read(name: &Path) -> Result<Case, Failure> {
    let is_file = name.extension().is_some_and(|extension| extension == "json");
    if is_file {
        let bytes = files::bytes(name, "a case of `greenwave study --list`, changed")?;
        return Case::parse(&bytes).map_err(|error| Failure::about(name, error));
    }
    Case::find(&name.to_string_lossy()).map_err(refused)
}

fn setting(given: &Given) -> Result<Setting, Failure> {
    let mut setting = Setting { users: given.number("users", 1..=4096)?, ..Setting::default() };
    for pair in given.text("set")?.into_iter().flat_map(|pairs| pairs.split(',')) {
        let (id, value) = pair.split_once('=').ok_or_else(|| {
            let advice = Advice { expected: "ID=VALUE", remedy: "write it as money.kwh=0.1" };
            Failure::new("--set", advice, format!("{pair:?}"))
        })?;
        if setting.edits.insert(id.trim().to_owned(), value.to_owned()).is_some() {
            let advice = Advice { expected: "it once", remedy: "leave one of them out" };
            return Err(Failure::new(format!("--set: `{}`", id.trim()), advice, "it again"));
        }
    }
    Ok(setting)
}

/// The small model on the chips of the case: compiled, verified, and run to see whether its tokens differ.
fn compiled(case: &Case) -> Result<(Option<Compiled>, Option<LpuFabric>), Failure> {
    let topology = u16::try_from(case.lpu.chips).ok().and_then(|chips| Topology::of(chips).ok()).ok_or_else(|| {
        let remedy = "choose one of these: the small model runs on chips of one node";
        Failure::new("lpu.chips", Advice { expected: "1, 2, 4 or 8", remedy }, case.lpu.chips)
    })?;
    let options = Options { context: case.context, topology, ..Options::default() };
    let mut session = opened(Path::new(TINY_NAME), &options)?;
    let mut go_on = |_: Progress| Flow::Continue;
    let of_study = |error| match error {
        StudyError::Prompt(_) | StudyError::Full { .. } => {
            let expected = format!("room for the example and {TOKENS} tokens more");
            let advice = Advice { expected: &expected, remedy: "give a larger context" };
            Failure::new("context", advice, format!("{} positions", case.context))
        }
        error => Failure::of_study(TINY_NAME, &error),
    };
    session.prompt(EXAMPLE, Sampling::Greedy, &mut go_on).map_err(of_study)?;
    session.generate(TOKENS, Sampling::Greedy, &mut go_on).map_err(of_study)?;
    Ok((session.contestant(), session.fabric()))
}

fn listed(cases: &[Case]) -> String {
    cases.iter().map(|case| format!("  {:<26} {}\n", case.id, case.question.en)).collect()
}
