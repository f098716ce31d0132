//! Says in one sentence what a mutation changed, for the page and the terminal.
//!
//! In: a description.  Out: the sentence in English and in Traditional Chinese (Taiwan).
//! Invariant: both say the same; texts of entries are quoted as the assembler prints them, untranslated.

use super::{Description, Operator, Place};

/// One sentence in both languages of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// English.
    pub english: String,
    /// Traditional Chinese (Taiwan).
    pub chinese: String,
}

impl Operator {
    /// What the operator does, in English and in Traditional Chinese.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Operator::Late => ("one cycle late", "晚一個週期"),
            Operator::Early => ("one cycle early", "早一個週期"),
            Operator::Drop => ("an instruction is left out", "漏掉一道指令"),
            Operator::Duplicate => ("an instruction is issued twice", "同一道指令發了兩次"),
            Operator::Swap => ("two neighbouring instructions change places", "相鄰兩道指令對調"),
            Operator::Address => ("another memory word", "換了記憶體位址"),
            Operator::Stream => ("another stream", "換了串流"),
            Operator::Direction => ("a stream of the other direction", "串流方向相反"),
            Operator::Bank => ("the other memory bank", "換到另一個記憶庫"),
            Operator::Count => ("one repetition more or fewer", "重複次數多一或少一"),
            Operator::Stride => ("another stride or interval", "換了步距或間隔"),
            Operator::Alu => ("another operation, type or operand", "換了運算、型別或運算元"),
            Operator::Plane => ("on the other matrix plane", "發到另一個矩陣平面"),
            Operator::Link => ("on another link", "改走另一條晶片間連線"),
            Operator::InstallOrder => ("weights are installed out of order", "權重安裝的順序錯了"),
            Operator::TemplateBase => ("an address relative to another base", "位址改用另一個基底"),
            Operator::InstanceBase => ("another base address for a layer", "某一層換了基底位址"),
            Operator::LaneMap => ("a lane comes from another lane", "一條通道的來源錯了"),
            Operator::Accumulate => ("another accumulator, mode or output", "換了累加器、模式或輸出"),
            Operator::Control => ("another order to the queue itself", "給佇列本身的命令變了"),
        }
    }
}

impl Description {
    /// The sentence.
    pub fn sentence(&self) -> Sentence {
        let (english, chinese) = self.operator.names();
        let Description { template, before, after, .. } = self;
        let queue = self.queue.map_or(String::new(), |queue| queue.to_string());
        let label = self.label.as_ref();
        let (of, about) = (
            label.map_or(String::new(), |label| format!(" ({label})")),
            label.map_or(String::new(), |label| format!("（{label}）")),
        );
        match self.place {
            Place::Base { instance, base } => Sentence {
                english: format!("Instance {instance} of {template}, base {base}: {english}; {before} became {after}."),
                chinese: format!("{template} 的第 {instance} 個實例，基底 {base}：{chinese}；{before} 變成 {after}。"),
            },
            Place::Entry { entry, .. } => Sentence {
                english: format!(
                    "{template}, queue {queue}, entry {entry}{of}: {english}; `{before}` became `{after}`."
                ),
                chinese: format!(
                    "{template} 的佇列 {queue} 第 {entry} 項{about}：{chinese}；「{before}」變成「{after}」。"
                ),
            },
        }
    }
}
