//! The simulator alone: a machine launched token by token and run from each launch on, without checkpoints.
//!
//! In: a model's bytes, a prompt, how many tokens.  Out: what is where in any cycle of any token.
//! Invariant: no `study::Session` and no replay take part; the next token is this file's own greatest logit.

use crate::greatest;
use arch::Chip;
use sim::{Machine, Moment, Silent};
use std::collections::BTreeMap;
use study::{Built, Flow, Options};
use units::{Cycle, Span};

/// A machine that ran a text's tokens one after another.
pub struct Alone {
    built: Built<&'static [u8]>,
    launched: Vec<Machine>,
}

impl Alone {
    /// Runs `prompt` and what the model writes after it, at most `tokens` in all, with room for `context` positions.
    pub fn new(model: &'static [u8], prompt: &str, tokens: Tokens, context: u32) -> Self {
        let options = Options { context, ..Options::default() };
        let built = study::build(model, &options, &mut |_| Flow::Continue).expect("the committed model compiles");
        let executable = &built.program.executable;
        let mut machine = Machine::load(&built.chip, executable, &built.tables).expect("it is well formed");
        let prompt = built.model.prompt(prompt).expect("the prompt is plain text");
        let count = match tokens {
            Tokens::InAll(count) => count,
            Tokens::Written(count) => prompt.len() + count,
        };
        let (mut launched, mut next) = (Vec::new(), 0);
        for position in 0..count {
            let id = prompt.get(position).copied().unwrap_or(next);
            if prompt.len() <= position && built.model.tokenizer.is_end(id) {
                break;
            }
            let rows = Span::new(u64::from(id), 1);
            let row = built.model.weights.rows(built.launch.embedding, rows).expect("a row per token");
            machine.launch(&built.launch.inputs(&row, position as u32), position as u16).expect("the position fits");
            launched.push(machine.clone());
            machine.run_token(&mut Silent);
            next = next_token(&machine, built.launch.vocabulary);
        }
        Alone { built, launched }
    }

    /// What is where in `cycle` of `token`.
    pub fn moment(&self, token: u32, cycle: Cycle) -> Moment {
        self.launched[token as usize].at(cycle)
    }

    /// What ran.
    pub fn program(&self) -> &program::Program {
        &self.built.program
    }

    /// What it ran on.
    pub fn chip(&self) -> &Chip {
        &self.built.chip
    }
}

/// How long a text is.
#[derive(Clone, Copy, Debug)]
pub enum Tokens {
    /// Tokens with the prompt's.
    InAll(usize),
    /// Tokens after the prompt's.
    Written(usize),
}

/// The token that comes next.
fn next_token(machine: &Machine, vocabulary: u32) -> u32 {
    let tiles: BTreeMap<String, Vec<u32>> =
        machine.outputs().into_iter().map(|tile| (tile.output, tile.bits)).collect();
    let in_order = (0..tiles.len()).flat_map(|tile| &tiles[&format!("logits.{tile}")]);
    let logits: Vec<f32> = in_order.take(vocabulary as usize).map(|bits| f32::from_bits(*bits)).collect();
    greatest(&logits)
}
