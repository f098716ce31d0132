//! `greenwave study MODEL --chips N --routing`: the same vectors over the same cables, planned and routed as they go.
//!
//! In: a question about a fleet, a seed, a number of runs.  Out: a table for each collective, load by load.
//! Invariant: where the other network is as quick, or quicker, the table says so.
//! Method: `study::routing`.

use crate::args::Given;
use crate::failure::{Code, Failure};
use crate::output::Output;
use std::io::Write;
use study::fleet::{Fleet, Question};
use study::routing::{Adaptive, Compared, LOADS, RUNS, RoutingAnswer, Row, Spread, Tries, Verdict};

/// Most runs: beyond this the table no longer changes.
const RUNS_MAX: u32 = 1_000;

pub fn work<W: Write>(given: &Given, output: &mut Output<W>, question: &Question) -> Result<Code, Failure> {
    let tries = Tries {
        loads: LOADS.to_vec(),
        seed: given.number("seed", 0..=u64::MAX)?.unwrap_or(1),
        runs: given.number("runs", 1..=RUNS_MAX)?.unwrap_or(RUNS),
    };
    let fleet = Fleet::open(question).map_err(Failure::refused)?;
    let answer = fleet.routing(&tries).map_err(Failure::refused)?;
    super::tell(given, output, &answer, in_words)?;
    Ok(Code::Done)
}

fn in_words(answer: &RoutingAnswer) -> String {
    let RoutingAnswer { model, seed, runs, times, room, message, demands, .. } = answer;
    let mut text = format!(
        "{model}: the same vectors over the same cables, in our slots and routed as they go; {runs} runs of each load, seed {seed}\n\
         a cable takes a vector every {} cycles, a vector {} to arrive; a router between takes {} (assumed), has room for {room} vectors a \
         cable and class; others send {message} at a time to their neighbours\n",
        times.word, times.crossing, times.router
    );
    demands.iter().for_each(|demand| text += &in_table(demand));
    text + "\nties: every run within 2 % of ours; (ties): the median is; late: cycles that the others' vectors wait, mean/p99\n"
}

fn in_table(demand: &Compared) -> String {
    let Compared { name, chips, topology, words, planned, rows } = demand;
    let mut text = format!(
        "\n{} ({words} vectors; {chips} chips of {topology})\n\
         ours take {planned} cycles at any load; the others, median and most:\n\
         load | minimal               late | UGAL                  late  detours | right of way          late | ours: late\n",
        name.en
    );
    rows.iter().for_each(|row| text += &in_row(row));
    text
}

fn in_row(row: &Row) -> String {
    let late = |spread: &Spread| format!("{:.0}/{}", spread.mean, spread.p99);
    let way = |way: &Adaptive| {
        let spread = &way.makespan;
        format!("{:>5} {:>5} {:<7} {:>9}", spread.median, spread.most, word(way), late(&way.others_late))
    };
    let [minimal, ugal, first] = row.adaptive.as_slice() else { return String::new() };
    format!(
        "{:>3} % | {} | {}  {:>5.1} % | {} | {:>9}\n",
        row.load,
        way(minimal),
        way(ugal),
        100.0 * ugal.detours,
        way(first),
        late(&row.planned_others_late)
    )
}

fn word(adaptive: &Adaptive) -> &'static str {
    match adaptive.verdict {
        _ if 0 < adaptive.given_up => "no end",
        Verdict::Quicker => "quicker",
        Verdict::Ties => "ties",
        Verdict::TiesInTheMedian => "(ties)",
        Verdict::Slower => "",
    }
}
