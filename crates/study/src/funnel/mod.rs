//! The funnel: how many calls of a framework become how many of the ten operations, and how many instructions.
//!
//! In: an imported graph, and the verified program made of it where there is one.  Out: counts of every stage.
//! Invariant: counted on the graph and the program at hand; the instructions are those of a verified program, or there are none.
//! Method: the framework's calls by `framework`; everything else is a node or an issue counted once.

mod framework;

use graph::Graph;
use graph::operators::{Standing, operator};
use graph::spec::Primitive;
use serde::Serialize;
use std::collections::BTreeMap;
use verify::Verified;

/// An operator of the framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Called {
    /// Its name in ATen.
    pub operator: &'static str,
    /// How often a token calls it.
    pub calls: u64,
    /// What it is made of.
    pub made_of: Vec<Primitive>,
    /// Whether that is proved.
    pub standing: Standing,
}

/// One of the ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Which one.
    pub primitive: Primitive,
    /// Nodes of the imported graph.
    pub imported: u64,
    /// Nodes of the lowered graph; none where no program was made.
    pub lowered: Option<u64>,
}

/// Instructions of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Issued {
    /// Its mnemonic; what an ALU does is one kind.
    pub instruction: &'static str,
    /// Bursts as written, of all templates.
    pub bursts: u64,
    /// Instructions that a token issues, on all chips.
    pub issues: u64,
}

/// All stages, widest first but for the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Calls of a framework per token.
    pub calls: u64,
    /// Distinct operators called, most frequent first.
    pub operators: Vec<Called>,
    /// Parts of the graph of which no rule says what a framework would call; empty for models this build knows.
    pub unknown: Vec<String>,
    /// The ten, all of them, in their order.
    pub ten: Vec<Used>,
    /// How many of the ten the imported graph uses.
    pub distinct: u64,
    /// Instructions by kind, most frequent first; empty without a program.
    pub instructions: Vec<Issued>,
    /// Instructions of a token on all chips; none without a program.
    pub issues: Option<u64>,
}

/// The stages of `graph`, and of the program made of it.
pub fn funnel(graph: &Graph, verified: Option<&Verified>) -> Funnel {
    let (calls, unknown) = framework::calls(graph);
    let mut operators: Vec<Called> = calls.iter().map(|(name, calls)| called(name, *calls)).collect();
    operators.sort_by_key(|called| std::cmp::Reverse(called.calls));
    let imported = counted(graph);
    let lowered = verified.map(|verified| counted(&verified.program().lowered));
    let count = |counts: &BTreeMap<Primitive, u64>, primitive| counts.get(&primitive).copied().unwrap_or(0);
    let ten = Primitive::ALL.map(|primitive| Used {
        primitive,
        imported: count(&imported, primitive),
        lowered: lowered.as_ref().map(|counts| count(counts, primitive)),
    });
    Funnel {
        calls: calls.values().sum(),
        operators,
        unknown,
        ten: ten.to_vec(),
        distinct: imported.len() as u64,
        instructions: verified.map_or(Vec::new(), issued),
        issues: verified.map(|verified| verified.extent().issues),
    }
}

fn called(name: &'static str, calls: u64) -> Called {
    let row = operator(name).expect("a test finds every operator that a rule names in the table");
    Called { operator: name, calls, made_of: row.made_of.to_vec(), standing: row.standing }
}

fn counted(graph: &Graph) -> BTreeMap<Primitive, u64> {
    let mut counts = BTreeMap::new();
    for primitive in graph.nodes.iter().filter_map(|(_, node)| node.op.primitive()) {
        *counts.entry(primitive).or_insert(0) += 1;
    }
    counts
}

fn issued(verified: &Verified) -> Vec<Issued> {
    let executable = &verified.program().executable;
    let mut kinds: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for (id, template) in executable.templates.iter() {
        let stamped = executable.instances.iter().filter(|instance| instance.template == id).count() as u64;
        for (_, _, _, burst) in template.bursts() {
            let (bursts, issues) = kinds.entry(burst.instruction.mnemonic()).or_default();
            *bursts += 1;
            *issues += u64::from(burst.count) * stamped;
        }
    }
    // Every chip runs the same queues.
    let total: u64 = kinds.values().map(|(_, issues)| issues).sum();
    let chips = verified.extent().issues / total.max(1);
    let kinds = kinds.into_iter();
    let issued = kinds.map(|(instruction, (bursts, issues))| Issued { instruction, bursts, issues: issues * chips });
    let mut issued: Vec<Issued> = issued.collect();
    issued.sort_by_key(|kind| std::cmp::Reverse(kind.issues));
    issued
}
