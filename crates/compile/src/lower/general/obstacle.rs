//! Why an operation of an arbitrary graph cannot be lowered, with what would do.
//!
//! In: what the lowering found.  Out: the reason in both languages.
//! Invariant: the two texts of a reason carry the same numbers.

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A division, which no unit does.
    Division,
    /// A value with too many elements to be moved one by one.
    Elements {
        /// How many.
        found: u64,
        /// How many may be.
        most: u64,
    },
    /// A value with too many words.
    Words {
        /// How many.
        found: u64,
        /// How many may be.
        most: u64,
    },
    /// The graph takes too many steps.
    Work {
        /// How many it may take.
        most: usize,
    },
    /// All places are full.
    Room {
        /// Words of the fullest that one needs.
        needed: u32,
        /// Words that one has.
        words: u32,
    },
    /// Constants that cannot be computed beforehand.
    Constants {
        /// What the evaluator says.
        says: String,
    },
}

impl Obstacle {
    /// What is wrong and what to do, in English.
    pub fn english(&self) -> String {
        match self {
            Obstacle::Division => {
                "no unit divides; expected a product with a reciprocal, such as rsqrt of the square".to_owned()
            }
            Obstacle::Elements { found, most } => {
                format!("{found} elements are moved lane by lane; expected at most {most}: use smaller extents")
            }
            Obstacle::Words { found, most } => {
                format!("its value has {found} words of 320 lanes; expected at most {most}: use smaller extents")
            }
            Obstacle::Work { most } => {
                format!(
                    "the graph takes more than {most} kernels up to here; use smaller extents or fewer moves of lanes"
                )
            }
            Obstacle::Room { needed, words } => {
                format!(
                    "up to here all rows need {needed} words of every place, which has {words}, as none is used again; use \
                     smaller extents or fewer operations"
                )
            }
            Obstacle::Constants { says } => format!("its constant operand cannot be computed beforehand: {says}"),
        }
    }

    /// The same in Traditional Chinese as written in Taiwan.
    pub fn chinese(&self) -> String {
        match self {
            Obstacle::Division => "沒有單元會做除法；請改成乘以倒數，例如對平方取 rsqrt。".to_owned(),
            Obstacle::Elements { found, most } => {
                format!("有 {found} 個元素要逐道搬動，最多只能 {most} 個；請縮小尺寸。")
            }
            Obstacle::Words { found, most } => {
                format!("它的值有 {found} 個 320 道的字組，最多只能 {most} 個；請縮小尺寸。")
            }
            Obstacle::Work { most } => {
                format!("到這裡為止，運算圖已需要超過 {most} 個核心；請縮小尺寸，或減少通道的搬動。")
            }
            Obstacle::Room { needed, words } => {
                format!(
                    "到這裡為止，每個存放處都需要 {needed} 個字組才放得下所有的列，但只有 {words} 個（位置不重複使用）；請縮小尺寸，\
                     或減少運算。"
                )
            }
            Obstacle::Constants { says } => format!("它的常數運算元無法事先算出：{says}"),
        }
    }
}
