//! Quantities of a program of which the judge looks at so many and no more.
//!
//! In: nothing; this is vocabulary.  Out: one variant per quantity, with its name in both languages and the most that are judged.
//! Invariant: each is counted before the work starts that it stands for, from what the file states, with sums that do not overflow.
//! Method: powers of two, far above what the programs of this project need.

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Quantity {
    /// Cycles of a token.
    Cycles,
    /// Dispatches of a token, on all chips.
    Dispatches,
    /// Chips.
    Chips,
    /// Words of SRAM that gathers and scatters of a token may name, on all chips: each one word per position of the context.
    MappedWords,
    /// Words that residencies claim, on all chips.
    ImageWords,
    /// Names of values on the way through the graph: one per row and step of an expression, row of a reduction, product of a contraction.
    Names,
    /// Columns of the arrays that contractions of the graph fill.
    Columns,
}

impl Quantity {
    /// Most that are judged.
    pub const fn most(self) -> u64 {
        match self {
            Quantity::Cycles => 1 << 40,
            Quantity::Dispatches | Quantity::MappedWords | Quantity::ImageWords | Quantity::Columns => 1 << 26,
            Quantity::Names => 1 << 24,
            Quantity::Chips => program::CHIPS_MAX as u64,
        }
    }

    /// For the middle of a sentence in English, after a number.
    pub(crate) fn english(self) -> &'static str {
        match self {
            Quantity::Cycles => "cycles",
            Quantity::Dispatches => "dispatches",
            Quantity::Chips => "chips",
            Quantity::MappedWords => "words that gathers and scatters may name",
            Quantity::ImageWords => "words of residencies",
            Quantity::Names => "names of values of the graph",
            Quantity::Columns => "columns of the graph's contractions",
        }
    }

    /// The same in Traditional Chinese, with the measure word that follows the number.
    pub(crate) fn chinese(self) -> (&'static str, &'static str) {
        match self {
            Quantity::Cycles => ("週期", "個"),
            Quantity::Dispatches => ("發出的指令", "道"),
            Quantity::Chips => ("晶片", "顆"),
            Quantity::MappedWords => ("依位置存取可能碰到的字組", "個"),
            Quantity::ImageWords => ("映像宣告的字組", "個"),
            Quantity::Names => ("計算圖要命名的中間值", "個"),
            Quantity::Columns => ("計算圖的矩陣乘法要裝填的欄", "個"),
        }
    }
}
