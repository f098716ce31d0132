//! Why a session cannot go on.
//!
//! In: errors of the crates on the way.  Out: one type, with text in both languages where the cause has it.

use import::ImportError;

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
    #[error("the judge refused the compiled program: {0}")]
    Rejected(String),
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
            StudyError::Rejected(reason) => format!("裁判否決了編譯結果，這是我們的錯：{reason}"),
            StudyError::Sim(error) => format!("模擬器無法執行：{error}"),
            StudyError::Poisoned { token } => format!("第 {token} 個詞元的結果依賴於違規的值。"),
            StudyError::Full { context } => format!("上下文的 {context} 個位置已用完。請縮短文字。"),
            StudyError::Unbreakable { tried } => format!("試了 {tried} 種遲到，文字都沒有改變。請換一個種子。"),
            StudyError::Short { found } => format!("文字：至少應有 2 個詞元，實際為 {found} 個。請給長一點的文字。"),
            StudyError::Eval(error) => format!("匯入的模型無法計算：{error}"),
            StudyError::Cancelled => "已取消。".to_owned(),
        }
    }
}
