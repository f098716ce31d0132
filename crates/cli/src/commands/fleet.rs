//! `greenwave study MODEL --chips N`: a shape compiled for many nodes.
//!
//! In: the name of a shape, chips, a context.  Out: rates, memory, use, and where the cycles go.
//! Invariant: bars sum to the token, to the cycle; what lies between that and a published rate is called unknown.
//! Method: `study::fleet`.

use crate::args::{Flag, Given};
use crate::failure::{Advice, Code, Failure};
use crate::files;
use crate::output::Output;
use std::io::Write;
use std::path::Path;
use study::cases::LpuRate;
use study::fleet::{Bar, Busy, FleetAnswer, FleetFigures, Kind, Question};

/// Rows of the caches unless asked otherwise.
const CONTEXT: u32 = 512;

pub const FLAGS: &[Flag] = &[
    Flag { name: "lost", value: Some("N,.."), says: "With --chips: nodes that failed; spare ones take their place." },
    Flag {
        name: "chips",
        value: Some("N"),
        says: "Compile the shape CASE names (llama-2-70b, ..) for N chips in nodes of 8.",
    },
    Flag {
        name: "routing",
        value: None,
        says: "With --chips: the same vectors by adaptive routes, beside ours, at loads of others up to 90 %.",
    },
    Flag { name: "out", value: Some("FILE"), says: "With --chips: writes what all chips execute to this file." },
    Flag { name: "seed", value: Some("N"), says: "With --routing: of everything random, 1 unless given." },
    Flag { name: "runs", value: Some("N"), says: "With --routing: runs of each load, 6 unless given." },
    Flag { name: "context", value: Some("N"), says: "With --chips: rows of the caches, 512 unless given." },
    Flag { name: "weights", value: Some("FORMAT"), says: "With --chips: int8, or fp16." },
    Flag { name: "keep-fp16", value: Some("NAME,.."), says: "With --chips: matrices that stay in fp16." },
];

pub fn work<W: Write>(given: &Given, output: &mut Output<W>, name: &Path) -> Result<Code, Failure> {
    check_options(given)?;
    let question = Question {
        model: name.to_string_lossy().into_owned(),
        chips: given.number("chips", 1..=u32::MAX)?.unwrap_or(u32::from(study::NODE)),
        context: given.number("context", 1..=65_535)?.unwrap_or(CONTEXT),
        formats: super::formats(given)?,
        lost: lost(given)?,
    };
    if given.has("routing") {
        return super::routing::work(given, output, &question);
    }
    let answer = FleetAnswer::of(&question).map_err(Failure::refused)?;
    if let Some(path) = given.path("out") {
        files::write(&path, &answer.executable)?;
    }
    super::tell(given, output, &answer, in_words)?;
    Ok(Code::Done)
}

/// Refuses what this use of the command would pass over, and a file that cannot be written, before anything is compiled.
fn check_options(given: &Given) -> Result<(), Failure> {
    let shared = ["chips", "lost", "context", "weights", "keep-fp16", "json"];
    if given.has("routing") {
        let remedy = "leave it out: routes are compared, and no program is written or billed";
        let expected = "--lost, --context, --weights, --keep-fp16, --seed, --runs or --json beside --routing";
        return given.only(&[&shared[..], &["routing", "seed", "runs"]].concat(), Advice { expected, remedy });
    }
    let expected = "--lost, --context, --weights, --keep-fp16, --routing, --out or --json beside --chips";
    let remedy = "leave it out: users and inputs are those of a case, seed and runs those of --routing";
    given.only(&[&shared[..], &["out"]].concat(), Advice { expected, remedy })?;
    given.path("out").map_or(Ok(()), |path| files::check_place(&path))
}

/// The numbers of nodes that have failed.
fn lost(given: &Given) -> Result<Vec<u16>, Failure> {
    let mut lost = Vec::new();
    for word in given.text("lost")?.into_iter().flat_map(|words| words.split(',')) {
        let number = word.parse().ok().filter(|node| !lost.contains(node)).ok_or_else(|| {
            let expected = "numbers of nodes such as 3,17, each once";
            Failure::new("--lost", Advice { expected, remedy: "nodes count from 0, nine a rack" }, format!("{word:?}"))
        })?;
        lost.push(number);
    }
    Ok(lost)
}

fn in_words(answer: &FleetAnswer) -> String {
    let FleetFigures { model, formats, chips, chips_at_work, topology, context, cycles, period, .. } = &answer.figures;
    let figures = &answer.figures;
    let mut text = format!(
        "{model}, {formats}, context {context}, on {chips} chips ({chips_at_work} at work, {topology}): {} programs judged, {} violations\n",
        figures.judged.0, figures.violations
    );
    text += &format!(
        "one user: {cycles} cycles a token, {:.1} tokens/s, {:.2} us a layer\n",
        figures.tokens_per_second_per_user, figures.microseconds_per_layer
    );
    text += &format!(
        "{} users at once ({} seats, caches have room for {}): {:.0} tokens/s in all; a seat has one every {period} cycles at most\n",
        figures.users, figures.seats, figures.users_by_memory, figures.tokens_per_second_total
    );
    text += &format!("from node to node: {} cycles of these\n\nkinds of nodes (MB a chip)\n", figures.carry_cycles);
    figures.kinds.iter().for_each(|kind| text += &in_line(kind));
    let expanded: u64 = figures.kinds.iter().map(|kind| kind.holds.instructions * kind.nodes as u64).sum();
    let nodes: usize = figures.kinds.iter().map(|kind| kind.nodes).sum();
    text += &format!(
        "programs: {:.1} kB a chip as written, what repeats once; {:.1} MB a chip expanded\n",
        answer.executable_bytes as f64 / 1e3 / f64::from(figures.chips_at_work),
        expanded as f64 / 1e6 / nodes.max(1) as f64
    );
    text += &format!("\nbusy                                    one user   {} users\n", figures.users);
    for Busy { what, one_user, full, .. } in &figures.busy {
        text += &format!("  {:<36} {:>7.3} %  {:>7.3} %\n", what.en, 100.0 * one_user, 100.0 * full);
    }
    text += "\nwhere the cycles go\n";
    for Bar { label, cycles, adds, .. } in &answer.waterfall {
        text += &format!("  {:<36} {adds:>10}   stands at {cycles}\n", label.en);
    }
    if let (Some(LpuRate::Published { per_second, source, .. }), Some(unknown)) =
        (&answer.published, answer.unknown_cycles)
    {
        text += &format!("  {:<36} {unknown:>10}   published: {per_second} tokens/s ({source})\n", "unknown");
    }
    text
}

fn in_line(kind: &Kind) -> String {
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let holds = &kind.holds;
    format!(
        "  {:<14} x {:>2} {:>7} cycles  weights {:.1}  constants {:.1}  caches of a user {:.2}  values {:.2}  instructions {:.1}  free {:.1}\n",
        kind.parts,
        kind.nodes,
        kind.cycles,
        mb(holds.weights),
        mb(holds.constants),
        mb(holds.caches),
        mb(holds.values),
        mb(holds.instructions),
        mb(holds.free)
    )
}
