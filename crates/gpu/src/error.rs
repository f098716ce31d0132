//! Why the rival cannot run a case, in both languages of the page.
//!
//! In: what was asked and what there is.  Out: a sentence with the arithmetic and the remedy.
//! Invariant: no graph and no case make this crate panic; they make one of these.
//! Method: one variant per reason; quantities stay numbers until a language is chosen.

use crate::engine::Engine;
use crate::format::Format;
use crate::machine::{Gpu, Tensor};
use std::fmt;
use units::Constant;

/// Why there is no step.
#[derive(Clone, Debug, PartialEq)]
pub enum GpuError {
    /// Nothing has this name.
    Unknown {
        /// What was asked for.
        what: Named,
        /// The name.
        name: String,
    },
    /// An input outside its bounds.
    Bounds {
        /// The constant with the bounds.
        constant: Constant,
        /// The value asked for.
        found: f64,
    },
    /// GPUs share layers in powers of two up to eight.
    Degree {
        /// The number asked for.
        found: u32,
    },
    /// The batch or the context is zero.
    Empty {
        /// Which of them.
        what: &'static str,
    },
    /// The machine has no units for the format.
    Format {
        /// Name of the machine.
        gpu: String,
        /// The format asked for.
        format: Format,
    },
    /// The key heads, or the lanes between them, do not divide.
    Indivisible {
        /// Lanes of the keys of a layer.
        lanes: u64,
        /// The degree asked for.
        tensor: Tensor,
    },
    /// The graph has a part whose kernel is not known.
    Unrecognised {
        /// Key of the part.
        part: String,
    },
    /// Weights and cache are larger than memory.
    Memory(Shortage),
    /// No way leads from a router of a network to another.
    Severed {
        /// The one.
        from: u16,
        /// The other.
        to: u16,
    },
}

/// What has names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Machines.
    Gpu,
    /// Formats of weights.
    Format,
    /// Software.
    Engine,
}

impl Named {
    /// The names there are.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            Named::Gpu => Gpu::NAMES.to_vec(),
            Named::Format => Format::ALL.map(Format::name).to_vec(),
            Named::Engine => Engine::NAMES.to_vec(),
        }
    }

    fn english(self) -> &'static str {
        match self {
            Named::Gpu => "a GPU",
            Named::Format => "a format of weights",
            Named::Engine => "an engine",
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Named::Gpu => "GPU",
            Named::Format => "權重格式",
            Named::Engine => "推論軟體",
        }
    }
}

/// The arithmetic of a model that does not fit, in bytes per GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortage {
    /// Name of the machine.
    pub gpu: String,
    /// The degree asked for.
    pub tensor: Tensor,
    /// Weights.
    pub weights: f64,
    /// Keys and values.
    pub cache: f64,
    /// Programs and workspaces.
    pub reserved: f64,
    /// What there is.
    pub memory: f64,
    /// The least degree that fits, if one does.
    pub fits: Option<Tensor>,
    /// Sequences at once that fit as many GPUs as were asked for.
    pub most: u32,
}

impl Shortage {
    /// GB of weights, cache, programs, their sum, and memory.
    fn gigabytes(&self) -> [f64; 5] {
        let sum = self.weights + self.cache + self.reserved;
        [self.weights, self.cache, self.reserved, sum, self.memory].map(|bytes| bytes * 1e-9)
    }
}

impl GpuError {
    /// The whole in Traditional Chinese.
    pub fn chinese(&self) -> String {
        match self {
            GpuError::Unknown { what, name } => {
                format!(
                    "沒有名為「{}」的{}。可用的名稱：{}。",
                    name.escape_debug(),
                    what.chinese(),
                    what.names().join("、")
                )
            }
            GpuError::Bounds { constant: Constant { id, low, high, unit, .. }, found } => {
                format!("{id} 應在 {low} 與 {high}{} 之間，實際為 {found}。請改用範圍內的數值。", spaced(unit))
            }
            GpuError::Degree { found } => format!("GPU 數量應為 1、2、4 或 8，實際為 {found}。請選擇其中之一。"),
            GpuError::Empty { what } => format!("{} 至少應為 1，實際為 0。請改用較大的數字。", chinese_word(what)),
            GpuError::Format { gpu, format } => {
                format!("{gpu} 沒有 {} 運算單元。請改用 bf16 或 int8，或改用 H100 SXM。", format.name())
            }
            GpuError::Indivisible { lanes, tensor } => {
                format!("每層的鍵有 {lanes} 道，無法平分給 {} 張 GPU。請改用較少的 GPU。", tensor.gpus())
            }
            GpuError::Unrecognised { part } => {
                format!(
                    "計算圖中的「{}」沒有對應的 GPU 核心。請改用 Llama 系列或 Mixtral 的模型。",
                    part.escape_debug()
                )
            }
            GpuError::Memory(shortage) => {
                let [weights, cache, reserved, sum, memory] = shortage.gigabytes();
                let remedy = match (shortage.most, shortage.fits) {
                    (0, Some(tensor)) => format!("請用 {} 張 GPU。", tensor.gpus()),
                    (0, None) => "8 張也不夠；請縮短上下文，或用較少位元的權重。".to_owned(),
                    (most, Some(tensor)) => format!("請減到同時 {most} 人，或用 {} 張 GPU。", tensor.gpus()),
                    (most, None) => format!("請減到同時 {most} 人，或縮短上下文。"),
                };
                format!(
                    "{} × {} 放不下：每張需要權重 {weights:.1} GB＋快取 {cache:.1} GB＋程式 {reserved:.1} GB＝{sum:.1} GB，\
                     但只有 {memory:.1} GB。{remedy}",
                    shortage.tensor.gpus(),
                    shortage.gpu
                )
            }
            GpuError::Severed { from, to } => {
                format!("從路由器 {from} 到路由器 {to} 沒有路可走。請補上一條纜線，或少用一個路由器。")
            }
        }
    }
}

/// A unit after its number.
fn spaced(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" {unit}") }
}

fn chinese_word(what: &str) -> &'static str {
    if what == "batch" { "批次大小" } else { "上下文長度" }
}

impl fmt::Display for GpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GpuError::Unknown { what, name } => {
                let (expected, names) = (what.english(), what.names().join(", "));
                write!(f, "expected {expected} ({names}), found `{}`; name one of them", name.escape_debug())
            }
            GpuError::Bounds { constant: Constant { id, low, high, unit, .. }, found } => {
                write!(f, "{id}: expected {low} to {high}{}, found {found}; choose a value between them", spaced(unit))
            }
            GpuError::Degree { found } => {
                write!(f, "expected 1, 2, 4 or 8 GPUs, found {found}; choose one of these numbers")
            }
            GpuError::Empty { what } => write!(f, "{what}: expected at least 1, found 0; choose a larger number"),
            GpuError::Format { gpu, format } => write!(
                f,
                "{gpu} has no units for {}: expected a format it computes in; choose bf16 or int8, or the H100 SXM",
                format.name()
            ),
            GpuError::Indivisible { lanes, tensor } => write!(
                f,
                "the {lanes} key lanes of a layer cannot be divided among {} GPUs; choose fewer GPUs",
                tensor.gpus()
            ),
            GpuError::Unrecognised { part } => write!(
                f,
                "the graph's part `{}` has no kernel here: expected a model of the Llama family or Mixtral; choose another model",
                part.escape_debug()
            ),
            GpuError::Memory(shortage) => {
                let [weights, cache, reserved, sum, memory] = shortage.gigabytes();
                write!(
                    f,
                    "{} x {} do not hold the model: each needs {weights:.1} GB of weights + {cache:.1} GB of cache + \
                     {reserved:.1} GB of programs = {sum:.1} GB, and has {memory:.1} GB; ",
                    shortage.tensor.gpus(),
                    shortage.gpu
                )?;
                match (shortage.most, shortage.fits) {
                    (0, Some(tensor)) => write!(f, "use {} GPUs", tensor.gpus()),
                    (0, None) => write!(f, "not even 8 do: shorten the context, or the weights' format"),
                    (most, Some(tensor)) => write!(f, "take at most {most} users at once, or {} GPUs", tensor.gpus()),
                    (most, None) => write!(f, "take at most {most} users at once, or a shorter context"),
                }
            }
            GpuError::Severed { from, to } => write!(
                f,
                "expected a way from router {from} to router {to}, found none; add a cable or leave a router out"
            ),
        }
    }
}

impl std::error::Error for GpuError {}
