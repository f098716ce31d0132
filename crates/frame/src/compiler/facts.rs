//! What stands beside the three columns: the funnel, the bounds, the chosen instruction and why it is where it is.
//!
//! In: a timeline and the session it belongs to, a cursor, a selection.  Out: plain data.
//! Invariant: the chosen instruction is the one that the columns mark; its reason is the compiler's own.

use super::rows::{Made, focus, kind_name, works};
use crate::lang::Text;
use crate::selection::{Cursor, Selection};
use crate::timeline::Timeline;
use crate::words;
use graph::Graph;
use program::Entry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use study::{Bounds, Pass, Session, Source};
use units::gathered;

/// How many operations there are.
const TEN: u64 = 10;

/// A step of the funnel from model to instructions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funneled {
    /// How many.
    pub count: u64,
    /// Of how many, where there is a whole.
    pub of: Option<u64>,
    /// What is counted.
    pub what: Text,
}

/// The chosen instruction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Who issues it.
    pub who: Text,
    /// In which cycle of the token.
    pub cycle: u64,
    /// Cycle of the token at which its stage begins.
    pub stage: u64,
    /// As the assembler writes it.
    pub instruction: String,
    /// What it moves or makes.
    pub meaning: Text,
    /// Why it is not one cycle earlier, in cycles after its stage's start.
    pub why: Option<Text>,
}

/// What stands beside the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompilerFacts {
    /// The compiler's passes in order.
    pub passes: Vec<Pass>,
    /// From the model to what is dispatched.
    pub funnel: Vec<Funneled>,
    /// The stage that is shown: a layer, or what comes before or after them.
    pub stage: Text,
    /// Its part.
    pub part: Text,
    /// The token's cycles beside both bounds.
    pub bounds: Bounds,
    /// The chosen instruction, if one is chosen.
    pub chosen: Option<Chosen>,
}

/// What stands beside the columns at a cursor.
pub fn compiler_facts<S: Source>(
    timeline: &Timeline,
    session: &Session<S>,
    cursor: Cursor,
    selection: Option<Selection>,
) -> CompilerFacts {
    let token = cursor.token;
    let program = session.verified_at(token).program();
    let made = Made { imported: &session.model().graph, lowered: &program.lowered };
    let focus = focus(timeline, cursor, selection);
    let stretch = focus.as_ref().and_then(|focus| timeline.stretches().get(focus.instance));
    let issue = focus.as_ref().and_then(|focus| timeline.issue(focus.issue?));
    let chosen = issue.map(|issue| {
        let template = program.executable.instances[issue.id.instance as usize].template;
        Chosen {
            who: words::queue(issue.queue),
            cycle: issue.cycle,
            stage: stretch.map_or(0, |stretch| stretch.start),
            instruction: timeline.instruction_text(&issue),
            meaning: timeline.meaning(&issue),
            why: session.why_here(token, template, (issue.id.queue, issue.id.entry)),
        }
    });
    CompilerFacts {
        passes: study::passes(),
        funnel: funnel(timeline, made, session.verified_at(token).extent().issues),
        stage: stretch.map(|stretch| timeline.stretch_name(stretch)).unwrap_or_default(),
        part: focus.as_ref().map(|focus| words::part(&focus.part)).unwrap_or_default(),
        bounds: session.bounds_at(token).clone(),
        chosen,
    }
}

fn funnel(timeline: &Timeline, made: Made, issues: u64) -> Vec<Funneled> {
    let working = |graph: &Graph| graph.nodes.iter().filter(|(_, node)| works(node)).count() as u64;
    let kinds = made.lowered.nodes.iter().map(|(_, node)| kind_name(&node.op)).filter(|name| !name.is_empty());
    let kinds: BTreeSet<&str> = gathered(kinds);
    let queues = timeline.executable().templates.iter().flat_map(|(_, template)| template.queues.iter());
    let bursts = queues.flat_map(|(_, entries)| entries).filter(|entry| matches!(entry, Entry::Issue(_))).count();
    let step = |count, of, zh: &'static str, en: &'static str| Funneled { count, of, what: Text::new(zh, en) };
    vec![
        step(working(made.imported), None, "匯入的運算", "operations imported"),
        step(kinds.len() as u64, Some(TEN), "種基本運算", "primitive operations"),
        step(working(made.lowered), None, "晶片大小的運算", "operations of the chip's size"),
        step(bursts as u64, None, "寫下的指令（各層共用）", "instructions written (layers share)"),
        step(issues, None, "每個 token 發出的指令", "dispatched per token"),
    ]
}
