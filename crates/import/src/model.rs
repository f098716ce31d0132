//! A model, whichever file it came from.
//!
//! In: graph, tokenizer, shape, weights.  Out: what the compiler and the evaluator need; prompts as tokens.
//! Invariant: a prompt that `prompt` accepts has a token and leaves room for at least one more.
//! Method: plain data.

use crate::gguf::Weights;
use crate::llama::LlamaShape;
use crate::tokenizer::{EncodeError, Tokenizer};
use graph::Graph;

/// A model, ready to be compiled or evaluated.
#[derive(Clone, Debug)]
pub struct Model<S> {
    /// One decode step in f32, see `llama::decode_step`.
    pub graph: Graph,
    /// Text to tokens and back.
    pub tokenizer: Tokenizer,
    /// The sizes.
    pub shape: LlamaShape,
    /// The graph's external tensors.
    pub weights: Weights<S>,
    /// Positions the graph has room for.
    pub context: u32,
    /// What the file calls itself, if it does.
    pub name: Option<String>,
}

/// A prompt that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The vocabulary lacks a byte of it.
    #[error(transparent)]
    Unspellable(#[from] EncodeError),
    /// It has no token.
    #[error("prompt: expected at least one token, found none; type a word")]
    Empty,
    /// It fills the context.
    #[error("prompt: expected at most {most} tokens, found {found}; shorten the text, or ask for a larger context")]
    TooLong {
        /// Most tokens of a prompt.
        most: usize,
        /// Tokens of this one.
        found: usize,
    },
}

impl PromptError {
    /// The error in Traditional Chinese as written in Taiwan; `Display` is the English.
    pub fn chinese(&self) -> String {
        match self {
            PromptError::Unspellable(error) => error.chinese(),
            PromptError::Empty => "提示詞：至少應有一個 token，實際沒有。請輸入文字。".to_owned(),
            PromptError::TooLong { most, found } => {
                format!("提示詞：最多應為 {most} 個 token，實際為 {found} 個。請縮短文字，或選擇較長的上下文。")
            }
        }
    }
}

impl<S> Model<S> {
    /// The tokens of a prompt; at least one position is left for an answer.
    ///
    /// Errors: text that the vocabulary cannot spell, no token at all, or more than the context holds.
    pub fn prompt(&self, text: &str) -> Result<Vec<u32>, PromptError> {
        let tokens = self.tokenizer.encode(text)?;
        let most = self.context as usize - 1;
        match tokens.len() {
            0 => Err(PromptError::Empty),
            found if most < found => Err(PromptError::TooLong { most, found }),
            _ => Ok(tokens),
        }
    }
}
