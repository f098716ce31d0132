//! `greenwave study`: one question, one answer, with the standing of every input.
//!
//! In: the name of a case, or the path of its file; `claims` for the table of the story.  Out: both contestants, joules, dollars.
//! Invariant: what this build has not compiled is said so; a published figure stands as published.
//! Method: `study::cases`; for a model from a file the line runs first.

use super::{JSON, opened, options};
use crate::args::{Flag, Given, Usage};
use crate::failure::{Advice, Code, Failure};
use crate::files::{self, TINY_NAME};
use crate::output::Output;
use std::io::Write;
use std::path::Path;
use study::cases::{
    Answer, Case, CaseError, Compiled, Contest, Dialed, Ledger, LpuFabric, LpuRate, Setting, Who, claims,
};
use study::cost::Refusal;
use study::cost::claims::{Agreement, Judged, Supported};
use study::{EXAMPLE, Flow, Progress, Sampling};

/// Tokens that are written to see whether each takes the same time.
const TOKENS: u32 = 16;

pub static USAGE: Usage = Usage {
    name: "study",
    operand: "CASE",
    says: "Both contestants, joules, dollars; CASE is a name, a .json file, or `claims`.",
    flags: &[
        &[
            Flag { name: "list", value: None, says: "The cases of this build." },
            Flag { name: "file", value: None, says: "The case as the text of its file, with --users and --set in it." },
            Flag { name: "users", value: Some("N"), says: "Users at once; those of the case unless given." },
            Flag {
                name: "set",
                value: Some("ID=VALUE,.."),
                says: "Inputs of the bill that differ from their defaults.",
            },
        ],
        super::fleet::FLAGS,
        JSON,
    ],
};

pub fn work<W: Write>(given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    if given.has("list") {
        super::tell(given, output, &Case::all(), |cases| listed(cases))?;
        return Ok(Code::Done);
    }
    let name = given.operand()?;
    if given.has("chips") {
        return super::fleet::work(given, output, name);
    }
    let setting = setting(given)?;
    if name.as_os_str() == "claims" {
        accepted(study::cases::refused(&setting).first())?;
        super::tell(given, output, &claims(&setting).map_err(refused)?, |claims| in_claims(claims))?;
        return Ok(Code::Done);
    }
    let dialed = read(name)?.dialed(&setting);
    accepted(dialed.refused.first())?;
    if given.has("file") {
        output.text(&(dialed.whole().text() + "\n"))?;
        return Ok(Code::Done);
    }
    let Dialed { case, setting, .. } = dialed;
    let (compiled, fabric) = if case.model == TINY_NAME { compiled(given)? } else { (None, None) };
    let contest = Contest::open(case, compiled).map_err(refused)?;
    let answer = contest.answer(&setting, fabric).map_err(refused)?;
    accepted(answer.curves.refused.first())?;
    super::tell(given, output, &answer, in_words)?;
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
    for pair in given.text("set")?.unwrap_or_default().split(',').filter(|pair| !pair.is_empty()) {
        let (id, value) = pair.split_once('=').ok_or_else(|| {
            let advice = Advice { expected: "ID=VALUE", remedy: "write it as money.kwh=0.1" };
            Failure::new("--set", advice, format!("{pair:?}"))
        })?;
        setting.edits.insert(id.to_owned(), value.to_owned());
    }
    Ok(setting)
}

/// The small model on one chip: compiled, verified, and run to see whether its tokens differ.
fn compiled(given: &Given) -> Result<(Option<Compiled>, Option<LpuFabric>), Failure> {
    let mut session = opened(Path::new(TINY_NAME), &options(given)?)?;
    let mut go_on = |_: Progress| Flow::Continue;
    let of_study = |error| Failure::of_study(TINY_NAME, &error);
    session.prompt(EXAMPLE, Sampling::Greedy, &mut go_on).map_err(of_study)?;
    session.generate(TOKENS, Sampling::Greedy, &mut go_on).map_err(of_study)?;
    Ok((session.contestant(), session.fabric()))
}

fn listed(cases: &[Case]) -> String {
    cases.iter().map(|case| format!("  {:<26} {}\n", case.id, case.question.en)).collect()
}

/// A number with three digits that count.
fn digits(value: f64) -> String {
    let decimals = (0..9).find(|decimals| 100.0 <= value.abs() * 10f64.powi(*decimals)).unwrap_or(9);
    format!("{value:.*}", decimals as usize)
}

/// A time in the unit that suits it.
fn time(ns: i64) -> String {
    let ns = ns as f64;
    match ns.abs() {
        size if size < 1e3 => format!("{ns} ns"),
        size if size < 1e6 => format!("{} µs", digits(ns * 1e-3)),
        _ => format!("{} ms", digits(ns * 1e-6)),
    }
}

fn in_words(answer: &Answer) -> String {
    let Answer { case, lpu, waterfall, curves, bill, jitter, .. } = answer;
    let mut text = format!("{}\n\n", case.question.en);
    text += &match lpu {
        LpuRate::Compiled { cycles, per_second } => {
            format!("LPU: {cycles} cycles a token, {per_second:.0} tokens/s: compiled, verified, simulated\n")
        }
        LpuRate::Published { per_second, standing, source } => {
            format!("LPU: not compiled by this build; {per_second} tokens/s is {standing} ({source})\n")
        }
        LpuRate::Unknown => "LPU: not compiled by this build, and nothing is published\n".to_owned(),
    };
    let whole = waterfall.whole_ns;
    text +=
        &format!("\n{}: {} a token ({} tokens/s)\n", waterfall.box_name.en, time(whole), digits(1e9 / whole as f64));
    for step in &waterfall.steps {
        let share = 100.0 * step.saves_ns as f64 / whole as f64;
        text += &format!(
            "  {:<36} {:>9}  {share:5.1} %   leaves {}\n",
            step.label.en,
            time(-step.saves_ns),
            time(step.left_ns)
        );
    }
    if let (Some(goal), Some(unknown)) = (&waterfall.goal, waterfall.unknown_ns) {
        let name = match lpu {
            LpuRate::Compiled { .. } => "what the compiled program takes longer",
            _ => "what no public source explains",
        };
        text += &format!("  {name:<36} {:>9}            stands at {}\n", time(unknown), time(goal.ns));
    }
    bill.ledgers.iter().for_each(|ledger| text += &in_bill(ledger));
    text += &format!("\n{}\n", curves.verdict.en);
    let step = jitter.gpu.step;
    text += &format!(
        "\nfabric: GPU steps vary by {:.2} % over {} steps of seed {}",
        100.0 * step.variation,
        step.count,
        jitter.gpu.seed
    );
    text += &match &jitter.lpu {
        Some(fabric) => format!("; LPU {} cycles over {} tokens of {}\n", fabric.spread, fabric.tokens, fabric.model),
        None => "; LPU: not compiled by this build\n".to_owned(),
    };
    for rush in &jitter.rush {
        text += &format!(
            "rush hour at {} requests/s: from token to token {} ms in the median, {} ms at p99\n",
            rush.arrivals,
            digits(rush.gap.p50),
            digits(rush.gap.p99)
        );
    }
    text
}

/// One contestant's bill, and whether it fits its memory.
fn in_bill(ledger: &Ledger) -> String {
    let who = if ledger.who == Who::Gpu { "GPU" } else { "LPU" };
    let dollars = |bill: &Option<study::cost::Bill>| {
        bill.as_ref().map_or("unknown".to_owned(), |bill| format!("${}", digits(bill.total)))
    };
    let mut text = format!(
        "\n{who}, {}, {} users at {} tokens/s each: {} J a token; {} per million owned, {} rented\n",
        ledger.name.en,
        ledger.users,
        digits(ledger.per_user),
        digits(ledger.joules.total),
        dollars(&ledger.owned),
        dollars(&ledger.rented)
    );
    text += &format!(
        "  memory: these users need {:.0} chips; caches of {:.0} users fit\n",
        ledger.needed.value.ceil(),
        ledger.most.value.floor().max(0.0)
    );
    let share = |share: &study::cost::Share| format!("{} {:.0} %", share.standing, 100.0 * share.of_inputs);
    text += &format!("  inputs: {}\n", ledger.shares.iter().map(share).collect::<Vec<_>>().join(", "));
    text
}

fn in_claims(claims: &[Judged]) -> String {
    let mut text = String::new();
    for claim in claims {
        text += &format!("[{}] {}\n  {}\n", claim.minutes, claim.told.en, claim.stands.en);
        for support in &claim.supports {
            text += &match support {
                Supported::Computed { printed, formula, value, agreement, standing, .. } => {
                    let holds = if *agreement == Agreement::Holds { "holds" } else { "differs" };
                    format!("    computed  {printed} {holds}: {formula} = {value} ({standing})\n")
                }
                Supported::Cited { work, section } => format!("    cited     {work}: {section}\n"),
                Supported::Run { case } => format!("    run       {case:?}\n"),
                Supported::NobodyKnows { what } => format!("    nobody outside knows: {}\n", what.en),
            };
        }
    }
    text
}
