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
        /// Seconds in which so many are compiled.
        seconds: usize,
    },
    /// A place is full.
    Room {
        /// Rows of the value that would go there.
        rows: u32,
        /// Words that others have.
        used: u32,
        /// Words that there are.
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
            Obstacle::Work { most, seconds } => {
                format!(
                    "the graph takes more than {most} kernels up to here, as many as are compiled in {seconds} seconds; use smaller extents or fewer moves of lanes"
                )
            }
            Obstacle::Room { rows, used, words } => {
                format!(
                    "{rows} rows have no room together: others, of values that are still needed, have {used} of the {words} words of \
                     their place; use smaller extents, or fewer values that are needed at once"
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
            Obstacle::Work { most, seconds } => {
                format!(
                    "到這裡為止，運算圖已需要超過 {most} 個核心，這是 {seconds} 秒內編譯得完的數目；請縮小尺寸，或減少通道的搬動。"
                )
            }
            Obstacle::Room { rows, used, words } => {
                format!(
                    "{rows} 列放不進同一處：存放處的 {words} 個字組中，仍用得到的值占了 {used} 個；請縮小尺寸，或減少同時需要的值。"
                )
            }
            Obstacle::Constants { says } => format!("它的常數運算元無法事先算出：{says}"),
        }
    }
}
