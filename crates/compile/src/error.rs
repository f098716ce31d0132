//! Why there is no program: one error, in both languages of the page.
//!
//! In: what a pass found.  Out: a sentence that names what was found, what is possible, and the smallest change that fits.
//! Invariant: no graph, no weights and no machine make the compiler panic; they make one of these.
//! Method: one variant per kind of reason; quantities stay numbers until a language is chosen.

use crate::lower::general::Obstacle;
use crate::schedule::Busied;
use arch::ChipError;
use graph::LoadError;
use std::fmt;

/// Why there is no program.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompileError {
    /// The graph is none that the lowering knows.
    #[error("this graph cannot be lowered: found {what}; expected {expected}")]
    Unrecognised {
        /// What was found.
        what: String,
        /// What was expected.
        expected: String,
    },
    /// A node of an arbitrary graph has no lowering.
    #[error("node %{node} ({operation}) cannot be lowered: {}", .obstacle.english())]
    Node {
        /// Which one.
        node: usize,
        /// Its operation.
        operation: &'static str,
        /// Why not, and what would do.
        obstacle: Obstacle,
    },
    /// The weights' source failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The machine is impossible.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// The machine is possible, but not one that the compiler can lay a model out on.
    #[error("chip `{chip}` cannot be compiled for: {what} is {found}, expected {expected}")]
    Machine {
        /// Name of the chip.
        chip: String,
        /// Which property.
        what: &'static str,
        /// Its value.
        found: String,
        /// What would do.
        expected: String,
    },
    /// Something does not fit into SRAM.
    #[error("no room for {what}: {needed} words of each slice are needed, {available} are free; {remedy}")]
    Memory {
        /// What was being placed.
        what: Resident,
        /// Words needed per slice.
        needed: u64,
        /// Words free per slice.
        available: u64,
        /// The smallest change that fits.
        remedy: Remedy,
    },
    /// The instructions do not fit into the slices reserved for them.
    #[error(
        "no room for the instructions: {needed} bytes are needed, the reserved slices hold {available}; reserve {slices} slices"
    )]
    Instructions {
        /// Bytes of all instructions of a token.
        needed: u64,
        /// Bytes of the reserved slices.
        available: u64,
        /// Reserved slices that would do.
        slices: u64,
    },
    /// A chain found no place in time.
    #[error(
        "no place within {cycles} cycles for the chain that starts with {first}: chip `{chip}` never has {lacking} free; give it more"
    )]
    Infeasible {
        /// Name of the chip.
        chip: String,
        /// Where the chain's first instruction is issued.
        first: Busied,
        /// What was busy.
        lacking: Busied,
        /// How far was searched.
        cycles: u64,
    },
}

/// What lies in SRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resident {
    /// Weights of all layers and the head.
    Weights,
    /// Scales and gains of all layers.
    Constants,
    /// Keys and values.
    Caches,
    /// Tables that all layers share.
    Tables,
    /// Values on their way from one unit to another.
    Scratch,
}

/// The smallest change that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Positions for which there is room.
    Context(u32),
    /// How many layers fit, and how many chips hold all.
    Chips {
        /// Layers that fit.
        layers: u32,
        /// Layers there are.
        of: u32,
        /// Chips that hold them all.
        chips: u64,
    },
    /// More nodes.
    Nodes {
        /// Layers for which these have room.
        layers: u32,
        /// Layers of the model.
        of: u32,
        /// Chips of so many nodes as its weights and caches alone take: with fewer there is no cut.
        chips: u64,
        /// Chips of so many nodes that there is room for what lies beside them too.
        enough: u64,
    },
    /// Entries of the vocabulary for which there is room.
    Vocabulary(u32),
    /// Not one layer fits.
    SmallerModel,
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resident::Weights => "the weights",
            Resident::Constants => "the scales and gains of all layers",
            Resident::Caches => "the key and value caches",
            Resident::Tables => "the tables that all layers share",
            Resident::Scratch => "the values on their way",
        })
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::Context(0) => f.write_str("no context is short enough: use a model with fewer layers"),
            Remedy::Context(most) => write!(f, "use a context of at most {most}"),
            Remedy::Chips { layers, of, chips } => {
                write!(f, "{layers} of {of} layers fit on this chip: use {chips} chips or a smaller model")
            }
            Remedy::Nodes { layers, of, chips, enough } => write!(
                f,
                "{layers} of {of} layers fit on these chips: its weights and caches alone take {chips} chips, and {enough} have room for what \
                 lies beside them too; use {enough} chips or a smaller model"
            ),
            Remedy::Vocabulary(most) => write!(f, "use a vocabulary of at most {most} entries"),
            Remedy::SmallerModel => f.write_str("use a smaller model"),
        }
    }
}

impl CompileError {
    /// Of two lacks of memory the one that lacks less.
    pub fn nearer(self, other: Self) -> Self {
        let lack = |error: &Self| match error {
            CompileError::Memory { needed, available, .. } => needed.saturating_sub(*available),
            _ => u64::MAX,
        };
        if lack(&other) < lack(&self) { other } else { self }
    }

    /// The same, with the number of chips that would do, where more chips are the remedy and the number is known.
    pub fn with_chips(self, enough: Option<u16>) -> Self {
        match (self, enough) {
            (
                CompileError::Memory { what, needed, available, remedy: Remedy::Chips { layers, of, .. } },
                Some(enough),
            ) => {
                let remedy = Remedy::Chips { layers, of, chips: enough.into() };
                CompileError::Memory { what, needed, available, remedy }
            }
            (error, _) => error,
        }
    }

    /// The error in Traditional Chinese as written in Taiwan; `Display` is the English.
    pub fn chinese(&self) -> String {
        match self {
            CompileError::Unrecognised { what, expected } => {
                format!("無法轉換這個運算圖：找到的是「{what}」，應為「{expected}」。")
            }
            CompileError::Node { node, operation, obstacle } => {
                format!("無法轉換節點 %{node}（{operation}）：{}", obstacle.chinese())
            }
            CompileError::Load(error) => format!("無法讀取權重：「{error}」。"),
            CompileError::Chip(error) => format!("這顆晶片不可能存在：「{error}」。"),
            CompileError::Machine { chip, what, found, expected } => {
                format!("無法為晶片「{chip}」編譯：「{what}」是「{found}」，應為「{expected}」。")
            }
            CompileError::Memory { what, needed, available, remedy } => {
                let (what, remedy) = (what.chinese(), remedy.chinese());
                format!("{what}放不下：每個記憶體切片需要 {needed} 個字組，只剩 {available} 個。{remedy}")
            }
            CompileError::Instructions { needed, available, slices } => {
                format!("指令放不下：需要 {needed} 位元組，保留的切片只有 {available} 位元組。請保留 {slices} 個切片。")
            }
            CompileError::Infeasible { chip, first, lacking, cycles } => {
                let (first, lacking) = (first.chinese(), lacking.chinese());
                format!(
                    "從「{first}」開始的指令鏈在 {cycles} 個週期內找不到位置：晶片「{chip}」的「{lacking}」一直沒有空，請增加。"
                )
            }
        }
    }
}

impl Resident {
    fn chinese(self) -> &'static str {
        match self {
            Resident::Weights => "權重",
            Resident::Constants => "各層的縮放係數與增益",
            Resident::Caches => "鍵與值的快取",
            Resident::Tables => "各層共用的表",
            Resident::Scratch => "傳送途中的值",
        }
    }
}

impl Remedy {
    fn chinese(self) -> String {
        match self {
            Remedy::Context(0) => "再短的上下文也放不下，請改用層數較少的模型。".to_owned(),
            Remedy::Context(most) => format!("上下文請設為 {most} 以下。"),
            Remedy::Chips { layers, of, chips } => {
                format!("這顆晶片放得下 {of} 層中的 {layers} 層，請使用 {chips} 顆晶片或較小的模型。")
            }
            Remedy::Nodes { layers, of, chips, enough } => format!(
                "這些晶片放得下 {of} 層中的 {layers} 層：光是權重與快取就要 {chips} 顆晶片，連同旁邊的資料則 {enough} 顆放得下；請使用 {enough} 顆晶片或較小的模型。"
            ),
            Remedy::Vocabulary(most) => format!("請使用詞彙不超過 {most} 個的模型。"),
            Remedy::SmallerModel => "請使用較小的模型。".to_owned(),
        }
    }
}
