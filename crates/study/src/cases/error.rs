//! Why a case has no answer, in both languages.
//!
//! In: errors of the crates on the way.  Out: one type; its text names the field, what was expected and what helps.
//! Invariant: wrong input is told at its field; nothing here is a panic.

use super::problem::chinese;
use crate::StudyError;
use cost::{BillError, QuestionError, Refusal};
use gpu::{GpuError, Named};
use import::UnknownModel;
use std::fmt;
use units::Text;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseError {
    /// Nothing has this name.
    Unknown {
        /// Field.
        field: &'static str,
        /// The name.
        found: String,
        /// Names there are.
        names: Vec<String>,
    },
    /// The file cannot be read as a case.
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The field at which the reader stood, if it had come to one.
        field: Option<String>,
        /// What the reader says.
        problem: String,
    },
    /// The file is longer than any case.
    Long {
        /// Bytes.
        found: usize,
        /// Bytes that a case has at most.
        most: usize,
    },
    /// A number outside its bounds.
    Number {
        /// Field.
        field: &'static str,
        /// The number.
        found: usize,
        /// Least and greatest.
        bounds: (usize, usize),
        /// What is counted.
        unit: &'static str,
    },
    /// An input of the rival's model that this case does not depend on.
    Idle {
        /// Its id.
        id: String,
    },
    /// No model has this name.
    Model(UnknownModel),
    /// The rival's box cannot run it.
    Gpu(GpuError),
    /// The LPU's chips do not hold it, with the caches of one user.
    LpuFit {
        /// Chips there are.
        chips: f64,
        /// Chips it takes.
        needed: f64,
    },
    /// The model was compiled for another number of chips than the case bills.
    OtherChips {
        /// Chips of the case.
        found: u32,
        /// Chips of the program.
        compiled: u32,
    },
    /// An input of the bill.
    Refused(Box<Refusal>),
    /// A bill cannot be written.
    Bill(BillError),
    /// A curve or a question about a bill.
    Question(QuestionError),
    /// The model of the case must be compiled first, and was not.
    NotCompiled,
    /// The line did not come to its end.
    Line(Text),
}

impl CaseError {
    pub(super) fn field(field: &'static str, found: usize, bounds: (usize, usize), unit: &'static str) -> Self {
        CaseError::Number { field, found, bounds, unit }
    }

    /// The error as the page says it.
    pub fn text(&self) -> Text {
        match self {
            CaseError::Unknown { field, found, names } => Text::new(
                format!("{field}：沒有名為「{}」的項目。可用的名稱：{}。", found.escape_debug(), names.join("、")),
                format!(
                    "{field}: expected one of {}, found `{}`; name one of them",
                    names.join(", "),
                    found.escape_debug()
                ),
            ),
            CaseError::Json { line, column, field, problem } => json(*line, *column, field.as_deref(), problem),
            CaseError::Long { found, most } => Text::new(
                format!("題目檔最多 {most} 個位元組，實際為 {found}。請刪去不屬於題目的內容。"),
                format!("case: expected at most {most} bytes, found {found}; take out what belongs to no case"),
            ),
            CaseError::Number { field, found, bounds: (least, most), unit } => Text::new(
                format!("{field} 應在 {least} 與 {most} 之間，實際為 {found}。請改用範圍內的數值。"),
                format!("{field}: expected {least} to {most} {unit}, found {found}; choose a number between them"),
            ),
            CaseError::Idle { id } => Text::new(
                format!("inputs：這個題目用不到「{}」。請拿掉它，或換一種 GPU。", id.escape_debug()),
                format!(
                    "inputs: expected inputs that this case depends on, found `{}`; take it out, or choose another GPU",
                    id.escape_debug()
                ),
            ),
            CaseError::Model(error) => Text::new(error.chinese(), format!("model: {error}")),
            CaseError::Gpu(error) => {
                let field = field_of(error);
                Text::new(format!("{field}：{}", error.chinese()), format!("{field}: {error}"))
            }
            CaseError::LpuFit { chips, needed } => Text::new(
                format!(
                    "lpu.chips：模型與一位使用者的快取需要 {needed} 顆晶片，這裡有 {chips} 顆。請增加晶片，或縮短 context。"
                ),
                format!(
                    "lpu.chips: expected at least {needed} chips, which model and caches of one user take, found {chips}; give so many, or a \
                     shorter context"
                ),
            ),
            CaseError::OtherChips { found, compiled } => Text::new(
                format!(
                    "lpu.chips：程式是為 {compiled} 顆晶片編譯的，題目裡是 {found}。請改成 {compiled}，或先把模型放到 {found} 顆晶片上。"
                ),
                format!(
                    "lpu.chips: expected {compiled}, for which the model is compiled, found {found}; change the case, or put the model on so \
                     many chips"
                ),
            ),
            CaseError::Refused(refusal) => refusal.text(),
            CaseError::Bill(error) => error.text(),
            CaseError::Question(error) => error.text(),
            CaseError::NotCompiled => Text::of(
                "這個題目要先把模型編譯到晶片上。請先開啟內建的 tiny。",
                "model: expected a compiled model, found none; open the built-in tiny first",
            ),
            CaseError::Line(text) => text.clone(),
        }
    }
}

/// The field of the case that an error of the rival is about.
fn field_of(error: &GpuError) -> &'static str {
    match error {
        GpuError::Unknown { what: Named::Gpu, .. } => "gpu.name",
        GpuError::Unknown { what: Named::Format, .. } | GpuError::Format { .. } => "gpu.format",
        GpuError::Unknown { what: Named::Engine, .. } => "gpu.engine",
        GpuError::Degree { .. } | GpuError::Indivisible { .. } => "gpu.count",
        GpuError::Bounds { .. } => "inputs",
        GpuError::Empty { .. } => "users",
        GpuError::Unrecognised { .. } => "model",
        GpuError::Memory(shortage) if 0 < shortage.most => "users",
        GpuError::Memory(_) => "gpu.count",
        GpuError::Severed { .. } => "gpu",
    }
}

fn json(line: usize, column: usize, field: Option<&str>, problem: &str) -> Text {
    let [zh, en] = match field.map(str::escape_debug) {
        Some(field) => [format!("的欄位「{field}」"), format!(", field `{field}`")],
        None => [String::new(), String::new()],
    };
    Text::new(
        format!("題目檔第 {line} 行第 {column} 欄{zh}讀不下去：{}。請對照內建的題目檔改正。", chinese(problem)),
        format!(
            "line {line}, column {column}{en}: expected a case, found {problem}; compare it with a case of `greenwave study --list`"
        ),
    )
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for CaseError {}

impl From<UnknownModel> for CaseError {
    fn from(error: UnknownModel) -> Self {
        CaseError::Model(error)
    }
}

impl From<GpuError> for CaseError {
    fn from(error: GpuError) -> Self {
        CaseError::Gpu(error)
    }
}

impl From<BillError> for CaseError {
    fn from(error: BillError) -> Self {
        CaseError::Bill(error)
    }
}

impl From<units::EvaluationError> for CaseError {
    fn from(error: units::EvaluationError) -> Self {
        CaseError::Bill(error.into())
    }
}

impl From<QuestionError> for CaseError {
    fn from(error: QuestionError) -> Self {
        CaseError::Question(error)
    }
}

impl From<Box<Refusal>> for CaseError {
    fn from(refusal: Box<Refusal>) -> Self {
        CaseError::Refused(refusal)
    }
}

impl From<StudyError> for CaseError {
    fn from(error: StudyError) -> Self {
        CaseError::Line(Text::new(error.chinese(), error.to_string()))
    }
}
