//! What happens at a meeting, as a sentence in both languages.
//!
//! In: a byte, the dispatch that it meets, what that does with it.  Out: one sentence.
//! Invariant: every number in it is of this dispatch; both languages say the same.

use super::follow::{Byte, Deed, Step};
use crate::lang::{Text, zh};
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::{Queue, SliceId};
use program::Instruction;

/// What `issue` does with the byte.
pub(super) fn sentence(timeline: &Timeline, before: &Byte, issue: &Issue, deed: Deed) -> Text {
    let who = words::queue(issue.queue);
    let (name, en) = (who.zh.as_ref(), who.en.as_ref());
    let what = named(timeline, before, issue);
    match deed {
        Deed::SetOut => {
            let on = timeline.driven(issue.id).map(|id| words::stream(id.stream)).unwrap_or_default();
            two(
                &["出發：", name, "把", &what.zh, "放上", &on.zh, "。"],
                format!("Sets out: {en} puts {} on {}.", what.en, on.en),
            )
        }
        Deed::Write => two(
            &["停下：", name, "把它寫進記憶體，成為", &what.zh, "。"],
            format!("Rests: {en} writes it to memory, for {}.", what.en),
        ),
        Deed::Load { row, column } => two(
            &["裝入：", name, &format!("把它收進權重緩衝，第 {row} 列、第 {column} 行。")],
            format!("Loads: {en} takes it into its weight buffer, row {row} of column {column}."),
        ),
        Deed::Install => two(
            &["就位：", name, "的緩衝整片換成陣列；從現在起，它等著被乘。"],
            format!("Takes its place: the buffer of {en} becomes the array, and it waits to be multiplied."),
        ),
        Deed::Weigh { row, column } => two(
            &[
                "相遇：",
                &format!("第 {row} 條通道的輸入經過"),
                name,
                &format!("，和它相乘；乘積加進第 {column} 行的和。"),
            ],
            format!(
                "Meets: lane {row} of an activation passes {en} and is multiplied by it; the product joins the sum of column {column}."
            ),
        ),
        Deed::Spread { row, column } => spreads(&weights(timeline, issue), row, column),
        Deed::Add { slot } => two(
            &["累加：", name, &format!("的累加器 {slot} 把這一份收進和裡。")],
            format!("Adds up: accumulator {slot} of {en} takes it into its sum."),
        ),
        Deed::Emit => {
            let on = timeline.driven(issue.id).map(|id| words::stream(id.stream)).unwrap_or_default();
            two(
                &["得出：", name, "的和完成了，從", &on.zh, "起的四條串流離開。"],
                format!("Sums up: the sum of {en} is complete and leaves on four streams from {} on.", on.en),
            )
        }
        // Told by `computes`, which knows the whole chain.
        Deed::Compute => Text::default(),
        Deed::Move { from, to } if from == to => two(
            &["折返：", name, &format!("在同一條通道（{to}）把它送回去。")],
            format!("Turns round: {en} sends it back in the same lane, {to}."),
        ),
        Deed::Move { from, to } => two(
            &["換位：", name, &format!("把它從通道 {from} 換到通道 {to}。")],
            format!("Changes lanes: {en} moves it from lane {from} to lane {to}."),
        ),
        Deed::Send => {
            two(&["上路：", name, "把它送往另一顆晶片。"], format!("Leaves the chip: {en} sends it to another one."))
        }
        Deed::Receive => two(&["抵達：", name, "準時接住它。"], format!("Lands: {en} is there in the very cycle.")),
    }
}

/// The last sentence: the byte lies where the host reads it.
pub(super) fn arrival(timeline: &Timeline, byte: &Byte, slice: SliceId, address: u16) -> Text {
    let who = words::slice(slice);
    let fields = &timeline.executable().outputs;
    let place = fields.iter().position(|field| field.address == address && field.slices.contains(&slice));
    let (tile, tiles) = (place.map_or(0, |place| place + 1), fields.len());
    two(
        &[
            "終點：",
            &who.zh,
            &format!(
                "寫下它，成為第 {tile} / {tiles} 組 logit 的通道 {}；主機讀走全部，最高的就是下一個 token。",
                byte.lane
            ),
        ],
        format!(
            "Arrives: {} writes it, lane {} of tile {tile} of {tiles} of the logits; the host reads them all, and the highest is the next token.",
            who.en, byte.lane
        ),
    )
}

fn two(zh_parts: &[&str], en: String) -> Text {
    Text::new(zh(zh_parts), en)
}

/// What the dispatch moves or makes; of another chip's words only the part is known here.
fn named(timeline: &Timeline, before: &Byte, issue: &Issue) -> Text {
    match issue.label {
        Some(label) if before.on != 0 => words::label(issue.layer, label),
        _ => timeline.meaning(issue),
    }
}

/// As an activation it meets a whole row of weights.
fn spreads(weights: &Text, row: u16, column: u16) -> Text {
    two(
        &[
            "相遇：",
            &format!("同一刻遇見第 {row} 列的所有權重（"),
            &weights.zh,
            &format!("）；我們跟著第 {column} 行的和走。"),
        ],
        format!("Meets row {row} of {} at once; we go on with the sum of column {column}.", weights.en),
    )
}

/// What a plane holds when an activation passes.
fn weights(timeline: &Timeline, issue: &Issue) -> Text {
    let Queue::MxmActivate(half, plane) = issue.queue else { return Text::default() };
    let fill = timeline.plane(half, plane, issue.cycle).unwrap_or_default();
    fill.holding.map_or_else(|| words::plane(half, plane), |(label, layer)| words::label(layer, label))
}

/// What the ALUs do with it, one after the other, and what comes of that.
pub(super) fn computes(steps: &[Step]) -> Text {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Text::default() };
    let (mut chinese, mut english) = (Vec::new(), Vec::new());
    for step in steps {
        let Instruction::Alu(alu) = step.issue.instruction() else { continue };
        let does = words::operation(alu.op);
        // Several ALUs that only pass a value on are one thing to say.
        if english.last() != Some(&does.en) {
            chinese.push(does.zh);
            english.push(does.en);
        }
    }
    let what = last.issue.label.map_or_else(Text::default, |label| words::label(last.issue.layer, label));
    let who = words::queue(first.issue.queue);
    two(
        &["運算：", &who.zh, &chinese.join("，再"), "；得到", &what.zh, "。"],
        format!("Computes: {} {}; that makes {}.", who.en, english.join(", then "), what.en),
    )
}
