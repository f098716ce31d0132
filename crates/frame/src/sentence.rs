//! This moment in one sentence, in both languages.
//!
//! In: a timeline and a cycle.  Out: typed pieces: text, and what a piece names, so that a page can link it.
//! Invariant: every number is counted in this cycle; the same facts stand in both languages.
//! Method: the most telling dispatch of the cycle, how many streams carry, what of another kind begins next.

use crate::chip::funnel;
use crate::lang::{Lang, Text, zh};
use crate::selection::Selection;
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::{Queue, Unit};
use program::{Instruction, LabelKind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Beginnings looked at for one of another kind.
const BEGINNINGS: u32 = 24;

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

/// Who does it: one queue, or so many of its kind.
struct Subject {
    name: Text,
    target: Selection,
    is_plural: bool,
}

impl Sentence {
    /// The whole sentence in one language.
    pub fn text(&self, lang: Lang) -> String {
        self.pieces.iter().map(|piece| piece.text.get(lang)).collect()
    }

    fn say(&mut self, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) {
        self.push(Text::new(zh, en), None);
    }

    /// Adds a piece; in Chinese with the space that stands between letters and characters.
    fn push(&mut self, mut text: Text, target: Option<Selection>) {
        let before = self.pieces.last().map_or("", |piece| piece.text.zh.as_ref());
        text.zh = zh(&[before, &text.zh])[before.len()..].to_owned().into();
        self.pieces.push(Piece { text, target });
    }

    fn clause(&mut self, subject: Subject, predicate: &Text) {
        self.push(subject.name, Some(subject.target));
        self.say(predicate.zh.clone(), format!(" {}", predicate.en));
    }
}

/// What happens in `cycle`.
pub fn sentence(timeline: &Timeline, cycle: u64) -> Sentence {
    let mut sentence = Sentence::default();
    let dispatched = timeline.dispatched(cycle);
    let main = dispatched.iter().min_by_key(|issue| (rank(issue.instruction()), issue.queue));
    match main {
        Some(issue) => {
            let subject = subject(&dispatched, issue);
            let predicate = predicate(issue, subject.is_plural);
            sentence.clause(subject, &predicate);
        }
        None => sentence.say("沒有指令發出", "no instruction leaves its queue"),
    }
    let bytes = funnel(timeline, cycle);
    let (carrying, of) = (bytes.carrying, bytes.of);
    sentence.say(format!("；{of} 條串流中有 {carrying} 條載著資料"), format!("; {carrying} of {of} streams carry"));
    if let Some((issue, after)) = timeline.next_beginning(cycle, main) {
        let unit = if after == 1 { "cycle" } else { "cycles" };
        sentence.say(format!("；{after} 個週期後，"), format!("; in {after} {unit}, "));
        sentence.clause(subject(&[], &issue), &predicate(&issue, false));
    }
    sentence.say("。", ".");
    sentence
}

/// Who issues, together with all that issue the same in this cycle.
fn subject(dispatched: &[Issue], issue: &Issue) -> Subject {
    let same = |other: &&Issue| {
        other.queue.unit() == issue.queue.unit() && other.instruction().mnemonic() == issue.instruction().mnemonic()
    };
    let count = dispatched.iter().filter(same).count();
    let target = match issue.queue {
        Queue::MxmWeights(hemisphere, plane)
        | Queue::MxmActivate(hemisphere, plane)
        | Queue::MxmAccumulate(hemisphere, plane) => Selection::Plane { hemisphere, plane },
        queue => Selection::Queue(queue),
    };
    let is_plural = issue.queue.unit() == Unit::Mem && 1 < count;
    let name = match issue.queue.unit() {
        Unit::Vxm => Text::new("向量單元", "the vector unit"),
        Unit::Mem if is_plural => Text::new(format!("{count} 個切片"), format!("{count} slices")),
        _ => words::queue(issue.queue),
    };
    Subject { name, target, is_plural }
}

/// How telling an instruction is; the least is told.
fn rank(instruction: &Instruction) -> u8 {
    match instruction {
        Instruction::Receive { .. } => 0,
        Instruction::Send { .. } | Instruction::Deskew { .. } | Instruction::Notify => 0,
        Instruction::Install => 0,
        Instruction::Load { .. } => 1,
        Instruction::Scatter { .. } => 2,
        Instruction::Accumulate { .. } => 3,
        Instruction::Activate { .. } => 4,
        Instruction::Alu(_) => 5,
        Instruction::Distribute { .. } | Instruction::Transpose { .. } | Instruction::Rotate { .. } => 6,
        Instruction::Permute { .. } | Instruction::Shift { .. } => 6,
        Instruction::Gather { .. } => 7,
        Instruction::Write { .. } => 8,
        Instruction::Read { .. } => 9,
        Instruction::Fetch { .. } | Instruction::Sync | Instruction::Config { .. } => 10,
    }
}

/// What is done, and for which part of the model.
fn predicate(issue: &Issue, is_plural: bool) -> Text {
    let part = match issue.label {
        Some(label) => words::part_of(issue.layer, &label.part),
        None => Text::new("一個沒有名稱的部分", "a part without a name"),
    };
    let (name, en) = (part.zh.as_ref(), part.en);
    let of = |before: &str, after: &str| zh(&[before, name, after]);
    let kind = issue.label.map_or(LabelKind::Activation, |label| label.kind);
    let ends = if is_plural { "" } else { "s" };
    match *issue.instruction() {
        Instruction::Install => Text::new(of("換上", "的權重"), format!("install{ends} the weights of {en}")),
        Instruction::Load { group, .. } => {
            let group = u32::from(group) + issue.id.iteration;
            Text::new(of("收下", &format!("的第 {group} 組權重")), format!("take{ends} group {group} of {en}"))
        }
        Instruction::Scatter { .. } => {
            let layer = issue.layer.map_or_else(Text::default, words::layer);
            Text::new(
                zh(&["在", &layer.zh, "的 KV 快取添上一列"]),
                format!("append{ends} a row to the KV cache of {}", layer.en),
            )
        }
        Instruction::Accumulate { .. } => Text::new(of("累加", "的乘積"), format!("add{ends} up products of {en}")),
        Instruction::Activate { .. } => {
            let verb = if is_plural { "multiply" } else { "multiplies" };
            Text::new(of("為", "做乘法"), format!("{verb} for {en}"))
        }
        Instruction::Alu(alu) => {
            let what = words::operation(alu.op);
            Text::new(zh(&["為", name, &what.zh]), format!("{} for {en}", what.en))
        }
        Instruction::Distribute { .. } => Text::new(of("重排", "的各道"), format!("rearrange{ends} lanes for {en}")),
        Instruction::Transpose { .. } => {
            Text::new(of("轉置", "的 16 個位元組串流"), format!("transpose{ends} 16 streams of {en}"))
        }
        Instruction::Permute { .. } => {
            Text::new(of("在整個向量裡重排", "的各道"), format!("permute{ends} all lanes for {en}"))
        }
        Instruction::Rotate { .. } => Text::new(of("輪轉", "的各列"), format!("turn{ends} rows of {en}")),
        Instruction::Deskew { .. } => Text::new("讓晶片對時", format!("let{ends} the chip align its clock")),
        Instruction::Fetch { .. } => {
            Text::new("取回接下來的指令", format!("fetch{} its next instructions", if is_plural { "" } else { "es" }))
        }
        Instruction::Sync => Text::new("停下來等大家到齊", format!("wait{ends} for all queues")),
        Instruction::Notify => Text::new("放行所有停等的佇列", format!("release{ends} all queues that wait")),
        Instruction::Config { superlanes } => Text::new(
            format!("改用 {superlanes} 條超通道"),
            format!("work{ends} with {superlanes} superlanes from now on"),
        ),
        Instruction::Shift { .. } => Text::new(of("平移", "的各道"), format!("shift{ends} lanes for {en}")),
        Instruction::Send { .. } => {
            Text::new(of("把", "的一個向量送往別顆晶片"), format!("send{ends} a vector of {en} to another chip"))
        }
        Instruction::Receive { .. } => {
            Text::new(of("接到別顆晶片送來的", "向量"), format!("receive{ends} a vector of {en} from another chip"))
        }
        Instruction::Gather { .. } => Text::new(of("查出", "的一列"), format!("look{ends} up a row for {en}")),
        Instruction::Write { .. } => Text::new(of("寫下", "的值"), format!("write{ends} values of {en}")),
        Instruction::Read { .. } => {
            let (what, what_en) = words::read(kind);
            Text::new(zh(&["讀出", name, "的", what]), format!("read{ends} {what_en} of {en}"))
        }
    }
}

impl Timeline {
    /// The first burst after `cycle` that begins something else than `main` does: another unit, or another part of the model.
    fn next_beginning(&self, cycle: u64, main: Option<&Issue>) -> Option<(Issue<'_>, u64)> {
        let other = |issue: &&Issue| {
            let is_same = |main: &Issue| {
                main.queue.unit() == issue.queue.unit()
                    && main.label.map(|label| &label.part) == issue.label.map(|label| &label.part)
            };
            issue.id.iteration == 0 && !main.is_some_and(is_same)
        };
        let mut begins = cycle;
        for _ in 0..BEGINNINGS {
            begins = self.next_start(begins)?;
            let issues = self.dispatched(begins);
            if let Some(issue) =
                issues.iter().filter(other).min_by_key(|issue| (rank(issue.instruction()), issue.queue))
            {
                return Some((*issue, begins - cycle));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_in_both_languages() {
        let mut sentence = Sentence::default();
        let name = Text::new("甲", "A");
        sentence.clause(
            Subject { name, target: Selection::Queue(Queue::Alu(0)), is_plural: false },
            &Text::new("讀出乙", "reads B"),
        );
        sentence.say("。", ".");
        assert_eq!(sentence.text(Lang::English), "A reads B.");
        assert_eq!(sentence.text(Lang::Chinese), "甲讀出乙。");
    }
}
