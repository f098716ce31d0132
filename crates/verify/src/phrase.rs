//! Short phrases inside sentences: what is meant, what was expected, what was found.
//!
//! In: nothing; this is vocabulary.  Out: `Field`, `Noun` and `Phrase`, each in both languages.
//! Invariant: the two texts of a phrase carry the same numbers; `Name` and `Phrase::Name` hold identifiers only, which have no language.
//! Method: one match per language.

use graph::{DType, ScalarOp};
use program::LabelKind;
use serde::{Deserialize, Serialize};

/// What there are many of.
#[expect(missing_docs, reason = "the variants are the names of the field")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Noun {
    Stream,
    Alu,
    LaneMap,
    Chip,
    Slice,
    Instance,
    Lane,
    Row,
    Superlane,
    Cycle,
    Base,
    Byte,
    Tile,
    Block,
    Tensor,
    Node,
}

/// What a fault is about.
#[expect(missing_docs, reason = "the variants are the names of the field")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Field {
    /// An operand, by the name that it has in the text of a program.
    Name(String),
    /// A lane map, by number.
    LaneMap(u32),
    Operation,
    Count,
    Interval,
    NopCycles,
    Sync,
    Detour,
    Chip,
    Instance,
    Slice,
    Words,
    Source,
    Lanes,
    Row,
    Packing,
    Input,
    Plane,
    Templates,
    Starts,
    /// Predictions of entries.
    Entries,
    Labels,
    Sources,
    Part,
    Kind,
    Tile,
    Block,
}

/// What was expected, or found.
#[expect(missing_docs, reason = "`english` says each in words")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phrase {
    /// A name, a type or a shape.
    Name(String),
    Number(u64),
    Count(u64, Noun),
    /// One of many, by number.
    One(Noun, u64),
    Below(Noun, u64),
    AtLeast(u64, Noun),
    AtMost(u64, Noun),
    Either(u64, u64),
    StreamGroup {
        size: u8,
        below: u8,
    },
    EachLaneOnce,
    NoBijection,
    LastEntry,
    EntryOf {
        place: u64,
        entries: u64,
    },
    RisingOrder,
    Once,
    AluOperation,
    OperationOn(ScalarOp, DType),
    WideImmediate,
    ImmediateOf(DType),
    SomeOperand,
    NoOperand,
    LaneOrZero(u8),
    BaseIs(u64),
    NoBase,
    WordsBelow(u64),
    WordsFrom {
        words: u64,
        address: u64,
    },
    TensorOrState,
    GraphInput,
    InputRow,
    HalfOfF16,
    HalfOf(u8, DType),
    EitherHalfOf(DType),
    /// Who drove a stream; the queue by its place in the template.
    Driver {
        queue: u32,
        entry: u32,
        iteration: u32,
    },
    GraphPart,
    NoPart,
    Parts(Vec<String>),
    Kinds(Vec<LabelKind>),
}

impl Noun {
    /// Singular and plural.
    fn english(self) -> (&'static str, &'static str) {
        match self {
            Noun::Stream => ("stream", "streams"),
            Noun::Alu => ("ALU", "ALUs"),
            Noun::LaneMap => ("lane map", "lane maps"),
            Noun::Chip => ("chip", "chips"),
            Noun::Slice => ("slice", "slices"),
            Noun::Instance => ("instance", "instances"),
            Noun::Lane => ("lane", "lanes"),
            Noun::Row => ("row", "rows"),
            Noun::Superlane => ("superlane", "superlanes"),
            Noun::Cycle => ("cycle", "cycles"),
            Noun::Base => ("base", "bases"),
            Noun::Byte => ("byte", "bytes"),
            Noun::Tile => ("tile", "tiles"),
            Noun::Block => ("block", "blocks"),
            Noun::Tensor => ("tensor", "tensors"),
            Noun::Node => ("node", "nodes"),
        }
    }

    /// Name and measure word.
    fn chinese(self) -> (&'static str, &'static str) {
        match self {
            Noun::Stream => ("串流", "條"),
            Noun::Alu => (" ALU ", "個"),
            Noun::LaneMap => ("通道對照表", "張"),
            Noun::Chip => ("晶片", "顆"),
            Noun::Slice => ("切片", "個"),
            Noun::Instance => ("實例", "個"),
            Noun::Lane => ("通道", "個"),
            Noun::Row => ("列", "列"),
            Noun::Superlane => ("超通道", "個"),
            Noun::Cycle => ("週期", "個"),
            Noun::Base => ("基底", "個"),
            Noun::Byte => ("位元組", "個"),
            Noun::Tile => ("圖塊", "個"),
            Noun::Block => ("區塊", "個"),
            Noun::Tensor => ("張量", "個"),
            Noun::Node => ("節點", "個"),
        }
    }
}

impl Field {
    pub(crate) fn name(name: &str) -> Self {
        Field::Name(name.to_owned())
    }

    pub(crate) fn english(&self) -> String {
        let text = match self {
            Field::Name(name) => return format!("`{name}`"),
            Field::LaneMap(number) => return format!("lane map {number}"),
            Field::Operation => "the operation",
            Field::Count => "the count",
            Field::Interval => "the interval",
            Field::NopCycles => "the length of the NOP",
            Field::Sync => "the Sync",
            Field::Detour => "the detour",
            Field::Chip => "the chip",
            Field::Instance => "the instance",
            Field::Slice => "the slice",
            Field::Words => "the run of words",
            Field::Source => "the source",
            Field::Lanes => "the width",
            Field::Row => "the last row",
            Field::Packing => "the packing",
            Field::Input => "the input",
            Field::Plane => "the byte",
            Field::Templates => "templates",
            Field::Starts => "starts of instances",
            Field::Entries => "entries in the order of the template",
            Field::Labels => "names",
            Field::Sources => "sources",
            Field::Part => "part",
            Field::Kind => "kind",
            Field::Tile => "tile",
            Field::Block => "block",
        };
        text.to_owned()
    }

    pub(crate) fn chinese(&self) -> String {
        let text = match self {
            Field::Name(name) => return format!("運算元「{name}」"),
            Field::LaneMap(number) => return format!("通道對照表 {number} "),
            Field::Operation => "運算",
            Field::Count => "次數",
            Field::Interval => "間隔",
            Field::NopCycles => "NOP 的長度",
            Field::Sync => "Sync ",
            Field::Detour => "繞道",
            Field::Chip => "晶片",
            Field::Instance => "實例",
            Field::Slice => "切片",
            Field::Words => "字組範圍",
            Field::Source => "來源",
            Field::Lanes => "寬度",
            Field::Row => "最後一列",
            Field::Packing => "排列方式",
            Field::Input => "輸入",
            Field::Plane => "位元組",
            Field::Templates => "模板",
            Field::Starts => "實例起點",
            Field::Entries => "依模板順序排列的項目",
            Field::Labels => "名稱",
            Field::Sources => "來源",
            Field::Part => "部位",
            Field::Kind => "種類",
            Field::Tile => "圖塊",
            Field::Block => "區塊",
        };
        text.to_owned()
    }
}

impl Phrase {
    pub(crate) fn name(name: impl ToString) -> Self {
        Phrase::Name(name.to_string())
    }

    pub(crate) fn english(&self) -> String {
        let count = |number: u64, noun: Noun| {
            let (one, many) = noun.english();
            format!("{number} {}", if number == 1 { one } else { many })
        };
        match self {
            Phrase::Name(name) => name.clone(),
            Phrase::Number(number) => number.to_string(),
            Phrase::Count(number, noun) => count(*number, *noun),
            Phrase::One(noun, number) => format!("{} {number}", noun.english().0),
            Phrase::Below(noun, limit) => format!("a number of {} below {limit}", article(noun.english().0)),
            Phrase::AtLeast(number, noun) => format!("at least {}", count(*number, *noun)),
            Phrase::AtMost(number, noun) => format!("at most {}", count(*number, *noun)),
            Phrase::Either(one, other) => format!("{one} or {other}"),
            Phrase::StreamGroup { size: 1, below } => format!("a stream below {below}"),
            Phrase::StreamGroup { size, below } => {
                format!("a multiple of {size}, with all {size} streams below {below}")
            }
            Phrase::EachLaneOnce => "320 lanes, each once".to_owned(),
            Phrase::NoBijection => "one that names a lane twice or not at all".to_owned(),
            Phrase::LastEntry => "the last entry of its queue".to_owned(),
            Phrase::EntryOf { place, entries } => format!("entry {place} of {entries}"),
            Phrase::RisingOrder => "a later chip or instance than the detour before".to_owned(),
            Phrase::Once => "1, because the instruction cannot be repeated".to_owned(),
            Phrase::AluOperation => "an operation that ALUs have for this type".to_owned(),
            Phrase::OperationOn(op, dtype) => format!("{} of {}", op.name(), dtype.name()),
            Phrase::WideImmediate => "an immediate of f32 or i32".to_owned(),
            Phrase::ImmediateOf(dtype) => format!("an immediate of {}", dtype.name()),
            Phrase::SomeOperand => "an operand".to_owned(),
            Phrase::NoOperand => "no operand".to_owned(),
            Phrase::LaneOrZero(zero) => format!("lanes below 16, or {zero} for zero"),
            Phrase::BaseIs(address) => format!("base 0 at address {address}"),
            Phrase::NoBase => "no base".to_owned(),
            Phrase::WordsBelow(limit) => format!("at least 1 word, all below {limit}"),
            Phrase::WordsFrom { words, address } => format!("{words} from word {address} on"),
            Phrase::TensorOrState => "a tensor or a state of the graph".to_owned(),
            Phrase::GraphInput => "an input of the graph".to_owned(),
            Phrase::InputRow => "one row of at most 320 lanes".to_owned(),
            Phrase::HalfOfF16 => "half 0 or 1 of f16".to_owned(),
            Phrase::HalfOf(half, dtype) => format!("half {half} of {}", dtype.name()),
            Phrase::EitherHalfOf(dtype) => format!("equal halves of {}", dtype.name()),
            Phrase::Driver { queue, entry, iteration } => {
                format!("entry {entry} of the template's queue number {queue}, iteration {iteration}")
            }
            Phrase::GraphPart => "a part of the lowered graph".to_owned(),
            Phrase::NoPart => "no part".to_owned(),
            Phrase::Parts(parts) => parts.join(" or "),
            Phrase::Kinds(kinds) => kinds.iter().map(|kind| kind_of(*kind).0).collect::<Vec<_>>().join(" or "),
        }
    }

    pub(crate) fn chinese(&self) -> String {
        let count = |number: u64, noun: Noun| {
            let (name, measure) = noun.chinese();
            if name == measure { format!("{number} {name}") } else { format!("{number} {measure}{name}") }
        };
        match self {
            Phrase::Name(name) => format!("「{name}」"),
            Phrase::Number(number) => number.to_string(),
            Phrase::Count(number, noun) => count(*number, *noun),
            Phrase::One(noun, number) => format!("{} {number}", noun.chinese().0.trim()),
            Phrase::Below(noun, limit) => format!("編號小於 {limit} 的{}", noun.chinese().0.trim_end()),
            Phrase::AtLeast(number, noun) => format!("至少 {}", count(*number, *noun)),
            Phrase::AtMost(number, noun) => format!("至多 {}", count(*number, *noun)),
            Phrase::Either(one, other) => format!("{one} 或 {other}"),
            Phrase::StreamGroup { size: 1, below } => format!("編號小於 {below} 的串流"),
            Phrase::StreamGroup { size, below } => format!("{size} 的倍數，而且 {size} 條串流的編號都小於 {below}"),
            Phrase::EachLaneOnce => "320 個通道各出現一次".to_owned(),
            Phrase::NoBijection => "有通道重複或漏掉的對照表".to_owned(),
            Phrase::LastEntry => "佇列的最後一個項目".to_owned(),
            Phrase::EntryOf { place, entries } => format!("{entries} 個項目中的項目 {place}"),
            Phrase::RisingOrder => "排在前一個繞道之後的晶片或實例".to_owned(),
            Phrase::Once => "1，因為這種指令不能重複".to_owned(),
            Phrase::AluOperation => "ALU 對這種型別做得到的運算".to_owned(),
            Phrase::OperationOn(op, dtype) => format!("對 {} 的 {}", dtype.name(), op.name()),
            Phrase::WideImmediate => "f32 或 i32 的立即值".to_owned(),
            Phrase::ImmediateOf(dtype) => format!("{} 的立即值", dtype.name()),
            Phrase::SomeOperand => "一個運算元".to_owned(),
            Phrase::NoOperand => "空的".to_owned(),
            Phrase::LaneOrZero(zero) => format!("小於 16 的通道，或代表零的 {zero}"),
            Phrase::BaseIs(address) => format!("位在位址 {address} 的基底 0"),
            Phrase::NoBase => "沒有任何基底".to_owned(),
            Phrase::WordsBelow(limit) => format!("至少 1 個字組，位址都小於 {limit}"),
            Phrase::WordsFrom { words, address } => format!("從位址 {address} 起的 {words} 個字組"),
            Phrase::TensorOrState => "計算圖的張量或狀態".to_owned(),
            Phrase::GraphInput => "計算圖的輸入".to_owned(),
            Phrase::InputRow => "單獨一列，至多 320 個通道".to_owned(),
            Phrase::HalfOfF16 => "f16 的半邊 0 或 1".to_owned(),
            Phrase::HalfOf(half, dtype) => format!("{} 的半邊 {half}", dtype.name()),
            Phrase::EitherHalfOf(dtype) => format!("{} 的相同兩半", dtype.name()),
            Phrase::Driver { queue, entry, iteration } => {
                format!("模板中編號 {queue} 的佇列項目 {entry} 的第 {iteration} 次重複")
            }
            Phrase::GraphPart => "計算圖裡有的部位".to_owned(),
            Phrase::NoPart => "沒有任何部位".to_owned(),
            Phrase::Parts(parts) => parts.iter().map(|part| format!("「{part}」")).collect::<Vec<_>>().join("或"),
            Phrase::Kinds(kinds) => kinds.iter().map(|kind| kind_of(*kind).1).collect::<Vec<_>>().join("或"),
        }
    }
}

/// A noun with its article.
fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['A', 'a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// A kind of thing, in English and Chinese.
fn kind_of(kind: LabelKind) -> (&'static str, &'static str) {
    match kind {
        LabelKind::Activation => ("activation", "活化值"),
        LabelKind::Cache => ("cache", "快取"),
        LabelKind::Constant => ("constant", "常數"),
        LabelKind::Map => ("map", "位址表"),
        LabelKind::Record => ("record", "啟動記錄"),
        LabelKind::Weights => ("weights", "權重"),
    }
}
