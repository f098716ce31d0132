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
    #[error(transparent)]
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
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
}
