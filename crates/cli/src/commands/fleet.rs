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
use study::fleet::{Bar, Busy, Fleet, FleetAnswer, FleetFigures, Gathered, Kind, Lost, Question, Replanned, Served};
use study::{Hemisphere, LinkId};

/// Rows of the caches unless asked otherwise.
const CONTEXT: u32 = 512;

pub const FLAGS: &[Flag] = &[
    Flag {
        name: "lost",
        value: Some("N,.."),
        says: "With --chips: nodes N, chips cN or cables cN:W4 that failed; spare nodes take their place, and what it costs.",
    },
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
    Flag {
        name: "gathered",
        value: None,
        says: "With --chips: a mixture's two experts read from all chips, by an assumed latch, beside the scheme without.",
    },
    Flag {
        name: "out",
        value: Some("FILE"),
        says: "With --chips: writes what all chips execute to this file; no command reads it back.",
    },
    Flag { name: "seed", value: Some("N"), says: "With --routing: of everything random, 1 unless given." },
    Flag { name: "runs", value: Some("N"), says: "With --routing: runs of each load, 6 unless given." },
    Flag { name: "context", value: Some("N"), says: "With --chips: rows of the caches, 512 unless given." },
    Flag {
        name: "batch",
        value: Some("N"),
        says: "With --chips and --users: users whose tokens a node takes together.",
    },
    Flag { name: "weights", value: Some("FORMAT"), says: "With --chips: int8, or fp16." },
    Flag { name: "keep-fp16", value: Some("NAME,.."), says: "With --chips: matrices that stay in fp16." },
];

pub fn work<W: Write>(given: &Given, output: &mut Output<W>, name: &Path) -> Result<Code, Failure> {
    check_options(given)?;
    let chips = given.number("chips", 1..=u32::MAX)?.unwrap_or(u32::from(study::NODE));
    let question = Question {
        model: name.to_string_lossy().into_owned(),
        chips,
        context: given.number("context", 1..=65_535)?.unwrap_or(CONTEXT),
        formats: super::formats(given)?,
        lost: lost(given, chips)?,
        batch: given.number("batch", 1..=super::together::ROWS_MAX)?.unwrap_or(1),
    };
    if given.has("routing") {
        return super::routing::work(given, output, &question);
    }
    if given.has("gathered") {
        super::tell(given, output, &Gathered::of(&question).map_err(Failure::refused)?, both_in_words)?;
        return Ok(Code::Done);
    }
    if !question.lost.is_empty() {
        super::tell(given, output, &Replanned::of(&question).map_err(Failure::refused)?, without_in_words)?;
        return Ok(Code::Done);
    }
    if let Some(users) = given.number("users", 0..=u64::from(u32::MAX))? {
        let figures = Fleet::open(&question).map_err(Failure::refused)?.figures(&question);
        let served = figures.served(users).map_err(Failure::refused)?;
        super::tell(given, output, &served, |served| served_in_words(&figures, served))?;
        return Ok(Code::Done);
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
    let shared = ["chips", "context", "weights", "keep-fp16", "json"];
    if given.has("routing") {
        let remedy = "leave it out: routes are compared, and no program is written or billed";
        let expected = "--lost, --context, --weights, --keep-fp16, --seed, --runs or --json beside --routing";
        return given.only(&[&shared[..], &["routing", "lost", "seed", "runs"]].concat(), Advice { expected, remedy });
    }
    // Each of these is an answer of its own.
    let (own, remedy): (&[&str], _) = if given.has("gathered") {
        (&["gathered"], "ask for the schemes of a mixture alone")
    } else if given.has("lost") {
        (&["lost"], "ask for what a loss costs alone")
    } else if given.has("users") {
        (&["users", "batch"], "ask for users alone: what moves a bill is asked of a case")
    } else {
        (
            &["out"],
            "leave it out: inputs are those of a case, seed and runs those of --routing, a batch that of --users",
        )
    };
    let names: Vec<String> = own.iter().map(|name| format!("--{name}")).collect();
    let expected = format!("--context, --weights, --keep-fp16, --json or {} beside --chips", names.join(", "));
    given.only(&[&shared[..], own].concat(), Advice { expected: &expected, remedy })?;
    given.path("out").map_or(Ok(()), |path| files::check_place(&path))
}

/// The nodes that are out of use for what has failed, each once.
fn lost(given: &Given, chips: u32) -> Result<Vec<u16>, Failure> {
    let mut nodes = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for word in given.text("lost")?.into_iter().flat_map(|words| words.split(',')) {
        let advice = Advice {
            expected: "nodes, chips or cables that are there, such as 3, c17 or c17:W4, each once",
            remedy: "nodes count from 0, nine a rack, chips eight a node; cables are at W0 to W5 and E0 to E4, where these have one",
        };
        let lost = failed(word).filter(|lost| !words.contains(&word) && lost.is_there(chips));
        let lost = lost.ok_or_else(|| Failure::new("--lost", advice, format!("{word:?}")))?;
        words.push(word);
        if !nodes.contains(&lost.node()) {
            nodes.push(lost.node());
        }
    }
    Ok(nodes)
}

/// What a word names: `3` a node, `c17` a chip, `c17:W4` the cable at a chip's link.
fn failed(word: &str) -> Option<Lost> {
    let Some(chip) = word.strip_prefix('c') else { return word.parse().ok().map(Lost::Node) };
    let Some((chip, link)) = chip.split_once(':') else { return chip.parse().ok().map(Lost::Chip) };
    let of_half =
        |half: Hemisphere| Some(LinkId { hemisphere: half, number: link.strip_prefix(half.letter())?.parse().ok()? });
    let link = Hemisphere::BOTH.into_iter().find_map(of_half).filter(|link| link.number < LINKS)?;
    Some(Lost::Link(chip.parse().ok()?, link))
}

/// Links of a half.
const LINKS: u8 = 8;

fn without_in_words(without: &Replanned) -> String {
    let Replanned { lost, spares, whole, costs, changed, figures } = without;
    format!(
        "{} on {} chips without nodes {lost:?}: nodes {spares:?} take their place; {changed} of {} seats are on other nodes or hand on to others\n\
         {} cycles a token, {whole} with all nodes: {costs:+}; {} programs judged anew, {} violations\n",
        figures.model, figures.chips, figures.seats, figures.cycles, figures.judged.0, figures.violations
    )
}

fn served_in_words(figures: &FleetFigures, served: &Served) -> String {
    format!(
        "{} on {} chips, {} users, {} at a time: a token of each every {} cycles, {:.1} tokens/s; a launch every {} cycles, {:.0} tokens/s in all\n\
         caches of all: {:.2} MB a chip; there is room for {} users, and {} seats\n",
        figures.model,
        figures.chips,
        served.users,
        served.batch,
        served.latency,
        served.tokens_per_second_per_user,
        served.apart,
        served.tokens_per_second_total,
        served.caches as f64 / 1e6,
        figures.users_by_memory,
        figures.seats
    )
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
    if let Some(said) = &answer.at_published_context {
        text += &format!("  {}\n", said.en);
    }
    text
}

fn both_in_words(both: &Gathered) -> String {
    let Gathered { assumed, standing, gathered, apart, saves, .. } = both;
    let line = |name: &str, figures: &FleetFigures| {
        format!(
            "  {name:<30} {:>9} cycles a token, {:>7.1} tokens/s for one user, {} programs judged, {} violations\n",
            figures.cycles, figures.tokens_per_second_per_user, figures.judged.0, figures.violations
        )
    };
    let mut text = format!("{}, {}, context {}\n", apart.model, apart.formats, apart.context);
    text += &line("experts on chips of their own", apart);
    text += &line("two experts gathered", gathered);
    text += &format!(
        "  gathering saves {saves} cycles ({standing})\n{}\n\nkinds of nodes, gathered (MB a chip)\n",
        assumed.en
    );
    gathered.kinds.iter().for_each(|kind| text += &in_line(kind));
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
