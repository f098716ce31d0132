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
    /// The graph takes too many steps, most of them for this node.
    Work {
        /// How many it takes, as far as they were counted.
        found: usize,
        /// Whether all were counted.
        is_all: bool,
        /// Of them for this node.
        own: usize,
        /// How many it may take.
        most: usize,
        /// Seconds in which so many are compiled.
        seconds: usize,
        /// Lanes over which the node's sums may go so that the graph fits, and over which they go.
        lanes: Option<(usize, usize)>,
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
            Obstacle::Work { found, is_all, own, most, seconds, lanes } => {
                let least = if *is_all { "" } else { "at least " };
                let remedy = match lanes {
                    Some((fits, of)) => format!(
                        "with sums over {fits} of its {of} lanes it fits, or with a right side that planes take: i8 in whole groups of 16 rows, \
                         or a constant"
                    ),
                    None => "use smaller extents or fewer moves of lanes".to_owned(),
                };
                format!(
                    "the graph takes {least}{found} kernels, {own} of them for this node; expected at most {most}, as many as are compiled in \
                     {seconds} seconds: {least}{} too many; {remedy}",
                    found - most
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
            Obstacle::Work { found, is_all, own, most, seconds, lanes } => {
                let least = if *is_all { "" } else { "至少" };
                let remedy = match lanes {
                    Some((fits, of)) => format!(
                        "它的總和若只取 {of} 道中的 {fits} 道就放得下；右側改成整組 16 列的 i8 或常數，由平面來乘，也可以。"
                    ),
                    None => "請縮小尺寸，或減少通道的搬動。".to_owned(),
                };
                let over = found - most;
                format!(
                    "運算圖{least}需要 {found} 個核心，其中 {own} 個用在這個節點；{seconds} 秒內編譯得完的是 {most} 個，{least}多了 {over} 個。{remedy}"
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
