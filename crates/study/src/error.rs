//! Why a session cannot go on.
//!
//! In: errors of the crates on the way.  Out: one type, with text in both languages where the cause has it.

use crate::progress::Cancelled;
use arch::TopologyError;
use import::ImportError;
use units::Text;

/// An error of a session.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The model file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The prompt.
    #[error(transparent)]
    Prompt(#[from] import::PromptError),
    /// No program could be made.
    #[error("{_0}{}", remedy(_0).0)]
    Compile(#[from] compile::CompileError),
    /// The judge refused what the compiler made: our error, not the user's.
    #[error("the judge refused the compiled program: {}", _0.en)]
    Rejected(Text),
    /// The simulator refused the program or a launch.
    #[error(transparent)]
    Sim(#[from] sim::SimError),
    /// A value of the run means nothing.
    #[error("token {token}: the logits are poisoned")]
    Poisoned {
        /// Position.
        token: u32,
    },
    /// The context is full.
    #[error("the context of {context} positions is full; open the model with a larger context")]
    Full {
        /// Positions.
        context: u32,
    },
    /// No mutation with the wanted effect was found.
    #[error("no mutation among {tried} changed the words; try another seed")]
    Unbreakable {
        /// How many were tried.
        tried: u32,
    },
    /// A car cannot be late in several programs at once.
    #[error("{programs} programs take turns here, and a car is late in one only; choose one program for all positions")]
    TakeTurns {
        /// How many programs there are.
        programs: usize,
    },
    /// A text in which there is nothing to predict.
    #[error("text: expected at least 2 tokens, found {found}; give a longer text")]
    Short {
        /// Tokens.
        found: u32,
    },
    /// The imported graph could not be evaluated.
    #[error(transparent)]
    Eval(#[from] graph::EvalError),
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for StudyError {
    fn from(_: Cancelled) -> Self {
        StudyError::Cancelled
    }
}

/// What helps against an error of the compiler that does not say so itself, in English and in Chinese.
fn remedy(error: &compile::CompileError) -> (&'static str, &'static str) {
    match error {
        compile::CompileError::Unrecognised { .. } => {
            ("; choose another model of the Llama family", "請改用其他 Llama 系列的模型。")
        }
        _ => ("", ""),
    }
}

impl StudyError {
    /// The same in Traditional Chinese.
    pub fn chinese(&self) -> String {
        match self {
            StudyError::Import(error) => error.chinese(),
            StudyError::Prompt(error) => error.chinese(),
            StudyError::Compile(error) => error.chinese() + remedy(error).1,
            StudyError::Rejected(reason) => format!("裁判否決了編譯結果，這是我們的錯：{}", reason.zh),
            StudyError::Sim(error) => sim_chinese(error),
            StudyError::Poisoned { token } => format!("第 {token} 個 token 的結果依賴於違規的值。"),
            StudyError::Full { context } => format!("上下文的 {context} 個位置已用完。請縮短文字。"),
            StudyError::Unbreakable { tried } => format!("試了 {tried} 種遲到，文字都沒有改變。請換一個種子。"),
            StudyError::TakeTurns { programs } => {
                format!("這裡有 {programs} 支程式輪流執行，一輛車只會在其中一支遲到。請先改成一支程式管所有位置。")
            }
            StudyError::Short { found } => format!("文字：至少應有 2 個 token，實際為 {found} 個。請給長一點的文字。"),
            StudyError::Eval(error) => eval_chinese("匯入的模型", error),
            StudyError::Cancelled => "已取消。".to_owned(),
        }
    }
}

/// The cause in Chinese; what only English describes stands in 「」.
pub(crate) fn sim_chinese(error: &sim::SimError) -> String {
    use sim::SimError;
    let cause = match error {
        SimError::OtherChip { found, expected } => {
            return format!("程式是為晶片「{found}」編譯的，這台機器是「{expected}」。請為這顆晶片重新編譯。");
        }
        SimError::Position { position, context } => {
            return format!("位置 {position} 超出程式的上下文，它只有 {context} 個位置。請用較大的上下文重新編譯。");
        }
        SimError::Topology(TopologyError { found }) => {
            return format!("沒有「{found}」這種拓撲。可用的有 chip、node-2、node-4、node-8。");
        }
        SimError::Crowd { chips } => format!("程式要用 {chips} 顆晶片，一起模擬的最多 {} 顆", program::CHIPS_MAX),
        SimError::Chips { chips } => format!("程式要用 {chips} 顆晶片，這裡只有一顆"),
        SimError::Chip(_) => "這顆晶片的規格自相矛盾".to_owned(),
        SimError::Template { template, queue, .. } => format!("模板 {template} 的第 {queue} 個佇列不合格式"),
        SimError::Instance { instance, .. } => format!("實例 {instance} 不合格式"),
        SimError::Image { residency, .. } => format!("記憶體映像的第 {residency} 項裝不進去"),
        SimError::Tensor(_) => "讀不到模型的權重".to_owned(),
        SimError::Record { field, .. } => format!("啟動記錄的第 {field} 項寫不進去"),
        SimError::Output { field, .. } => format!("第 {field} 個輸出在晶片之外"),
    };
    format!("模擬器無法執行：{cause}「{error}」。")
}

/// The same for an evaluation of the imported graph.
pub(crate) fn eval_chinese(what: &str, error: &graph::EvalError) -> String {
    use graph::EvalError;
    let cause = match error {
        EvalError::TooLarge { elements, elements_max } => {
            return format!("{what}無法計算：共有 {elements} 個數值，最多只能保留 {elements_max} 個。請把它縮小。");
        }
        EvalError::Illegal { flaws } => format!("計算圖有 {} 處錯誤", flaws.len()),
        EvalError::MissingInput { name, .. } => format!("輸入「{name}」沒有值"),
        EvalError::UnknownInput { name } => format!("計算圖沒有輸入「{name}」"),
        EvalError::IndexOutOfRange { index, rows, .. } => format!("查表的第 {index} 列不存在，只有 {rows} 列"),
        EvalError::WrongType { .. } => "有數值的型別不符計算圖的要求".to_owned(),
        EvalError::Load(_) => "讀不到權重".to_owned(),
    };
    format!("{what}無法計算：{cause}「{error}」。")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text without what is quoted in 「」.
    fn unquoted(text: &str) -> String {
        let mut depth = 0;
        let mut outside = String::new();
        for letter in text.chars() {
            match letter {
                '「' => depth += 1,
                '」' => depth -= 1,
                _ if depth == 0 => outside.push(letter),
                _ => (),
            }
        }
        outside
    }

    #[test]
    fn english_stands_in_chinese_sentences_only_as_a_quotation() {
        let problem = || "it is wrong; mend it".to_owned();
        let text = |text: &str| text.to_owned();
        let (chip, found) = (text("abacus"), text("3"));
        let machine = compile::CompileError::Machine { chip, what: "slices", found, expected: text("more") };
        let errors: [StudyError; 8] = [
            machine.into(),
            compile::CompileError::Load(graph::LoadError { tensor: graph::TensorId::new(0), reason: problem() }).into(),
            sim::SimError::OtherChip { found: "abacus".to_owned(), expected: "lpu-14nm".to_owned() }.into(),
            sim::SimError::Position { position: 9, context: 8 }.into(),
            sim::SimError::Instance { instance: 1, problem: problem() }.into(),
            sim::SimError::Record { field: 2, problem: problem() }.into(),
            graph::EvalError::TooLarge { elements: 9, elements_max: 8 }.into(),
            graph::EvalError::UnknownInput { name: "x".to_owned() }.into(),
        ];
        for error in errors {
            let text = error.chinese();
            let outside = unquoted(&text);
            assert!(text.ends_with('。') && !outside.is_empty(), "{text}");
            assert!(!outside.chars().any(|letter| letter.is_ascii_alphabetic()), "{text}");
        }
    }
}
