//! Why there is no program: one error, in both languages of the page.
//!
//! In: what a pass found.  Out: a sentence that names what was found, what is possible, and the smallest change that fits.
//! Invariant: no graph, no weights and no machine make the compiler panic; they make one of these.
//! Method: one variant per kind of reason; quantities stay numbers until a language is chosen.

use crate::lower::general::Obstacle;
use crate::schedule::Busied;
use arch::{Chip, ChipError};
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
        "no place within {cycles} cycles for the chain that starts with {first}, not even alone on chip `{chip}`: {}", .lack.english()
    )]
    Infeasible {
        /// Name of the chip.
        chip: String,
        /// Where the chain's first instruction is issued.
        first: Busied,
        /// What there is too little of.
        lack: Lack,
        /// How far was searched.
        cycles: u64,
    },
}

/// What a chain lacks on a chip on which nothing else is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// With more of this alone it has a place.
    More {
        /// Of what.
        what: VxmPart,
        /// What there is.
        available: u8,
        /// The least with which it has one.
        needed: u8,
        /// What a chip must have at least for this chain and, as far as that was looked at, for those after it.
        enough: Vec<(VxmPart, u8)>,
    },
    /// No more of any one part of the VXM makes one.
    Other(Busied),
}

/// Of what a chip's VXM may have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VxmPart {
    /// ALUs.
    Alus,
    /// ALUs that can do transcendental functions.
    LargeAlus,
    /// Groups of streams that a row of ALUs reaches.
    Window,
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

impl Lack {
    fn english(&self) -> String {
        match self {
            Lack::More { what, available, needed, enough } => {
                let enough: Vec<String> = enough.iter().map(|(what, count)| what.english(*count)).collect();
                let (needed, enough) = (what.english(*needed), enough.join(" and "));
                format!("it needs {needed}, found {available}; use a chip with at least {enough}")
            }
            Lack::Other(busied) => format!(
                "it lacks {busied}, and more ALUs, more large ones or a wider reach alone would not do; use another chip or number format"
            ),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Lack::More { what, available, needed, enough } => {
                let enough: Vec<String> = enough.iter().map(|(what, count)| what.chinese(*count)).collect();
                let (needed, enough) = (what.chinese(*needed), enough.join("、"));
                format!("它需要 {needed}，這裡只有 {available}。請使用至少有 {enough} 的晶片。")
            }
            Lack::Other(busied) => format!(
                "它缺少「{}」，只增加 ALU、大型 ALU 或每列連得到的資料流都不夠。請改用其他晶片或數字格式。",
                busied.chinese()
            ),
        }
    }
}

impl VxmPart {
    fn english(self, count: u8) -> String {
        match self {
            VxmPart::Alus => format!("{count} ALUs"),
            VxmPart::LargeAlus => format!("{count} large ALUs"),
            VxmPart::Window => format!("{count} groups of streams in reach of each row of ALUs"),
        }
    }

    fn chinese(self, count: u8) -> String {
        match self {
            VxmPart::Alus => format!("{count} 個 ALU"),
            VxmPart::LargeAlus => format!("{count} 個大型 ALU"),
            VxmPart::Window => format!("{count} 組每列 ALU 都連得到的資料流"),
        }
    }

    /// How many a chip has.
    pub fn of(self, chip: &Chip) -> u8 {
        match self {
            VxmPart::Alus => chip.alus,
            VxmPart::LargeAlus => chip.alus_large.len() as u8,
            VxmPart::Window => chip.alu_window,
        }
    }

    /// The chip with so many; nothing where there are not so many small ALUs to be made large.
    pub fn raised(self, chip: &Chip, count: u8) -> Option<Chip> {
        let mut raised = chip.clone();
        match self {
            VxmPart::Alus => raised.alus = count,
            VxmPart::Window => raised.alu_window = count,
            VxmPart::LargeAlus => {
                let small: Vec<u8> = (0..chip.alus).filter(|alu| !chip.alus_large.contains(alu)).collect();
                raised.alus_large.extend(small.get(..usize::from(count).checked_sub(chip.alus_large.len())?)?);
            }
        }
        Some(raised)
    }
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

    /// The same, with what the rest of the model needs too where the VXM has too little of something; `refused` says why there is still no
    /// program on a chip with what is known to be needed, if there is none.
    pub fn with_rest(mut self, chip: &Chip, refused: impl FnOnce(&Chip) -> Option<Self>) -> Self {
        let CompileError::Infeasible { lack: Lack::More { what, needed, enough, .. }, .. } = &mut self else {
            return self;
        };
        let Some(CompileError::Infeasible { lack, .. }) = what.raised(chip, *needed).and_then(|chip| refused(&chip))
        else {
            return self;
        };
        if let Lack::More { enough: rest, .. } = lack {
            let others = rest.iter().all(|(other, _)| other != what).then_some((*what, *needed));
            *enough = others.into_iter().chain(rest).collect();
        }
        self
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
            CompileError::Infeasible { chip, first, lack, cycles } => {
                let (first, lack) = (first.chinese(), lack.chinese());
                format!("從「{first}」開始的指令鏈，即使獨占晶片「{chip}」，在 {cycles} 個週期內也找不到位置：{lack}")
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
