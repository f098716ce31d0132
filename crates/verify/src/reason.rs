//! Why a node of the lowered graph has no name on this chip.
//!
//! In: nothing; this is vocabulary.  Out: one variant per reason, with its words in both languages.
//! Invariant: the two texts of a variant carry the same numbers.
//! Method: one match per language. What `graph::check` says of an illegal graph is kept as it is, and told in English alone.

use graph::ScalarOp;
use serde::{Deserialize, Serialize};

/// What is wrong with a node.
#[expect(missing_docs, reason = "fields carry what the variant's line names; `english` says each in words")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The graph itself is illegal.
    Illegal { expected: String, found: String },
    /// More rows than are named one by one.
    Rows { most: u64 },
    /// A contraction wider than an array.
    Wide,
    /// A contraction that no unit does.
    Wordless,
    /// An operation that no ALU does on its type.
    NoAlu { operation: ScalarOp },
    /// An operation along the lanes that only several instructions could do.
    AlongLanes,
    /// Lanes that would have to be copied over others, picked, or moved by another shape.
    MovedLanes,
    /// A permutation whose period is no part of a word.
    Period { lanes: u64 },
    /// A gather or scatter at something else than the token's position.
    NotPosition,
    /// A table with fewer rows than the context has positions.
    ShortTable { rows: u64, context: u64 },
    /// A narrow contraction whose surplus lanes may hold something.
    Surplus,
    /// An operation that lowering should have taken apart.
    NotLowered,
}

impl Reason {
    pub(crate) fn english(&self) -> String {
        match self {
            Reason::Illegal { expected, found } => format!("the graph is illegal: expected {expected}, found {found}"),
            Reason::Rows { most } => format!("the graph has more than the {most} rows that are named"),
            Reason::Wide => "it has more than 320 lanes or columns".to_owned(),
            Reason::Wordless => "no unit contracts f32".to_owned(),
            Reason::NoAlu { operation } => format!("no ALU does {} on this type", operation.name()),
            Reason::AlongLanes => "its axis lies on the lanes of a word".to_owned(),
            Reason::MovedLanes => "it moves lanes as no instruction does".to_owned(),
            Reason::Period { lanes } => format!("its period of {lanes} lanes does not divide a word of 320"),
            Reason::NotPosition => "only the input `position` can be an index".to_owned(),
            Reason::ShortTable { rows, context } => {
                format!("its table of {rows} rows is too short for {context} positions")
            }
            Reason::Surplus => "lanes past the end of its rows may add something to the sums".to_owned(),
            Reason::NotLowered => "no chip does it in one piece".to_owned(),
        }
    }

    pub(crate) fn chinese(&self) -> String {
        match self {
            Reason::Illegal { .. } => "計算圖本身不合規則，型別、形狀或名稱對不上".to_owned(),
            Reason::Rows { most } => format!("計算圖的列數超過可以逐列命名的 {most} 列"),
            Reason::Wide => "超過 320 個通道或欄".to_owned(),
            Reason::Wordless => "沒有單元能做 f32 的矩陣乘法".to_owned(),
            Reason::NoAlu { operation } => format!("沒有 ALU 能對這種型別做 {}", operation.name()),
            Reason::AlongLanes => "它的軸落在字組的通道上".to_owned(),
            Reason::MovedLanes => "沒有指令能這樣搬動通道".to_owned(),
            Reason::Period { lanes } => format!("每 {lanes} 個通道重複一次，除不盡 320 個通道的字組"),
            Reason::NotPosition => "只有輸入「position」可以當索引".to_owned(),
            Reason::ShortTable { rows, context } => format!("表格只有 {rows} 列，不夠 {context} 個位置使用"),
            Reason::Surplus => "列尾之後的通道可能把別的值加進總和".to_owned(),
            Reason::NotLowered => "沒有晶片能一次做完".to_owned(),
        }
    }
}
