//! What a value or an instruction is, in the words of the model.
//!
//! In: an issue of the timeline.  Out: its name in both languages.
//! Invariant: a name is derived from the word that is read (image, record), or is the compiler's label; nothing is guessed.

use crate::lang::Text;
use crate::selection::ValueId;
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::Queue;
use program::Instruction;

impl Timeline {
    /// What an issue moves or makes: `row 17 of layer 3's gate weights`, `layer 3's softmax activations`.
    pub fn meaning(&self, issue: &Issue) -> Text {
        let held = match (issue.queue, self.address(issue)) {
            (Queue::MemRead(slice), Some(address)) => self.contents.find(slice, address).map(|run| (run, address)),
            _ => None,
        };
        match held {
            Some((run, address)) if run.class() != crate::Class::Scratch => run.name(address),
            _ => match issue.label {
                Some(label) => words::label(issue.layer, label),
                None => Text::new("沒有名稱的值", "a value without a name"),
            },
        }
    }

    /// What a value is, and which byte of its elements travels on this stream.
    pub fn value_name(&self, id: ValueId) -> Text {
        let Some(issue) = self.issue(id.issue) else { return Text::default() };
        self.meaning(&issue)
    }

    /// The instruction as the assembler writes it.
    pub fn instruction_text(&self, issue: &Issue) -> String {
        program::text::entry(&program::Entry::Issue(program::Burst::once(*issue.instruction())))
    }

    /// Mnemonic on the plate of a climbing instruction.
    pub(crate) fn mnemonic(issue: &Instruction) -> String {
        issue.mnemonic().to_ascii_uppercase()
    }
}
