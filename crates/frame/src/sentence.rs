//! This moment in one sentence, in both languages.
//!
//! In: a timeline and a cycle.  Out: typed pieces: text, and what a piece names, so that a page can link it.
//! Invariant: every number is counted in this cycle; the same facts stand in both languages.
//! Method: the most telling dispatch of the cycle, how many streams carry, what begins next.

use crate::chip::funnel;
use crate::lang::{Lang, Text};
use crate::selection::Selection;
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::{Queue, Unit};
use program::Instruction;
use serde::{Deserialize, Serialize};

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its text.
    pub text: Text,
    /// What it names.
    pub target: Option<Selection>,
}

/// A sentence in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// In reading order, in both languages.
    pub pieces: Vec<Piece>,
}

impl Sentence {
    /// The whole sentence in one language.
    pub fn text(&self, lang: Lang) -> String {
        self.pieces.iter().map(|piece| piece.text.get(lang)).collect()
    }

    fn say(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.pieces.push(Piece { text: Text::new(zh, en), target: None });
    }

    fn name(&mut self, text: Text, target: Selection) {
        self.pieces.push(Piece { text, target: Some(target) });
    }
}

/// What happens in `cycle`.
pub fn sentence(timeline: &Timeline, cycle: u64) -> Sentence {
    let mut sentence = Sentence::default();
    let dispatched = timeline.dispatched(cycle);
    match dispatched.iter().min_by_key(|issue| (rank(issue.instruction()), issue.queue)) {
        Some(issue) => happening(&mut sentence, timeline, &dispatched, issue),
        None => sentence.say("沒有指令發出", "nothing is dispatched"),
    }
    let bytes = funnel(timeline, cycle);
    let (carrying, of) = (bytes.carrying, bytes.of);
    sentence.say(format!(";{of} 條串流中有 {carrying} 條載著資料"), format!("; {carrying} of {of} streams carry"));
    if let Some((issue, after)) = timeline.next_beginning(cycle) {
        let (verb, object) = (verb(issue.instruction()), timeline.subject_matter(&issue));
        let unit = if after == 1 { "cycle" } else { "cycles" };
        sentence.say(format!(";{after} 個週期後"), "; ");
        sentence.name(words::queue(issue.queue), Selection::Queue(issue.queue));
        sentence.say(format!("{}{}", verb.zh, object.zh), format!(" {} {} in {after} {unit}", verb.en, object.en));
    }
    sentence.say("。", ".");
    sentence
}

/// The cycle's main clause.
fn happening(sentence: &mut Sentence, timeline: &Timeline, dispatched: &[Issue], issue: &Issue) {
    let (verb, object) = (verb(issue.instruction()), timeline.subject_matter(issue));
    let same = |other: &&Issue| {
        other.queue.unit() == issue.queue.unit() && other.instruction().mnemonic() == issue.instruction().mnemonic()
    };
    let others = dispatched.iter().filter(same).count() - 1;
    let target = match issue.queue {
        Queue::MxmWeights(hemisphere, plane)
        | Queue::MxmActivate(hemisphere, plane)
        | Queue::MxmAccumulate(hemisphere, plane) => Selection::Plane { hemisphere, plane },
        queue => Selection::Queue(queue),
    };
    match (issue.queue.unit(), others) {
        (Unit::Vxm, _) => sentence.name(Text::new("向量單元", "the vector unit"), target),
        (Unit::Mem, 1..) => {
            let count = others + 1;
            sentence.name(Text::new(format!("{count} 個切片"), format!("{count} slices")), target);
            let plural = plural(issue.instruction());
            sentence.say(format!("{}{}", plural.zh, object.zh), format!(" {} {}", plural.en, object.en));
            return;
        }
        _ => sentence.name(words::queue(issue.queue), target),
    }
    match *issue.instruction() {
        Instruction::Load { group, .. } => {
            let group = u32::from(group) + issue.id.iteration;
            sentence.say(format!("收下{}的第 {group} 組", object.zh), format!(" takes group {group} of {}", object.en));
        }
        _ => sentence.say(format!("{}{}", verb.zh, object.zh), format!(" {} {}", verb.en, object.en)),
    }
}

/// How telling an instruction is; the least is told.
fn rank(instruction: &Instruction) -> u8 {
    match instruction {
        Instruction::Install => 0,
        Instruction::Load { .. } => 1,
        Instruction::Scatter { .. } => 2,
        Instruction::Accumulate { .. } => 3,
        Instruction::Activate { .. } => 4,
        Instruction::Alu(_) => 5,
        Instruction::Distribute { .. } => 6,
        Instruction::Gather { .. } => 7,
        Instruction::Write { .. } => 8,
        Instruction::Read { .. } => 9,
    }
}

/// What one unit does.
fn verb(instruction: &Instruction) -> Text {
    let (zh, en) = match instruction {
        Instruction::Install => ("換上", "installs"),
        Instruction::Load { .. } => ("收下", "takes"),
        Instruction::Scatter { .. } => ("寫入", "appends"),
        Instruction::Accumulate { .. } => ("累加", "adds up"),
        Instruction::Activate { .. } => ("乘上", "multiplies by"),
        Instruction::Distribute { .. } => ("重排", "rearranges"),
        Instruction::Gather { .. } => ("查出", "looks up"),
        Instruction::Write { .. } => ("寫下", "writes"),
        Instruction::Read { .. } => ("讀出", "reads"),
        Instruction::Alu(alu) => {
            return Text::new(format!("以 {} 計算", alu.op.name()), format!("computes {} for", alu.op.name()));
        }
    };
    Text::new(zh, en)
}

/// What several slices do.
fn plural(instruction: &Instruction) -> Text {
    let (zh, en) = match instruction {
        Instruction::Read { .. } => ("讀出", "read"),
        Instruction::Write { .. } => ("寫下", "write"),
        Instruction::Gather { .. } => ("查出", "look up"),
        _ => ("寫入", "append"),
    };
    Text::new(zh, en)
}

impl Timeline {
    /// What an issue is about: the compiler's label.
    fn subject_matter(&self, issue: &Issue) -> Text {
        match issue.label {
            Some(label) => words::label(issue.layer, label),
            None => Text::new("一個值", "a value"),
        }
    }

    /// The first burst that begins after `cycle`, by the most telling one of its cycle, and cycles until then.
    fn next_beginning(&self, cycle: u64) -> Option<(Issue<'_>, u64)> {
        let begins = self.next_start(cycle)?;
        let issues = self.dispatched(begins);
        let first = |issue: &&Issue| issue.id.iteration == 0;
        let issue = issues.iter().filter(first).min_by_key(|issue| (rank(issue.instruction()), issue.queue))?;
        Some((*issue, begins - cycle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_in_both_languages() {
        let mut sentence = Sentence::default();
        sentence.name(Text::new("甲", "A"), Selection::Queue(Queue::Alu(0)));
        sentence.say("讀出乙。", " reads B.");
        assert_eq!(sentence.text(Lang::English), "A reads B.");
        assert_eq!(sentence.text(Lang::Chinese), "甲讀出乙。");
    }
}
