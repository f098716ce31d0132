//! The token view's data: the text, what may come next, where the cycles went.
//!
//! In: a timeline, the tokens of a run, a cursor.  Out: plain data.
//! Invariant: candidates are those of the run; cycles are exact and add up to the token's length.

use crate::deck::DeckSpan;
use crate::lang::Text;
use crate::selection::Cursor;
use crate::timeline::{Activity, Timeline};
use serde::{Deserialize, Serialize};
use study::{Candidate, Token};
use units::Cycles;

/// A token of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Its text.
    pub text: String,
    /// Whether it belongs to the prompt.
    pub is_prompt: bool,
}

/// The token view at a cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenScene {
    /// The text so far, the cursor's token last.
    pub text: Vec<Word>,
    /// The most probable next tokens, greatest first.
    pub candidates: Vec<Candidate>,
    /// Which of them was taken, if it is among them.
    pub taken: Option<u32>,
    /// Cycles of the token.
    pub cycles: u64,
    /// The same on the simulated chip's clock.
    pub nanoseconds: f64,
    /// Positions for which a token costs the same.
    pub context: u32,
    /// Instances in order of time.
    pub spans: Vec<DeckSpan>,
    /// The instance at the cursor, a place in `spans`.
    pub current: u32,
    /// Where the cycles of that instance went.
    pub parts: Vec<Activity>,
    /// The part of the model at work at the cursor.
    pub part: Option<Text>,
}

/// The token view at `cursor`; `tokens` are those of the run.
pub fn token(timeline: &Timeline, tokens: &[Token], cursor: Cursor) -> TokenScene {
    let until = (cursor.token as usize + 1).min(tokens.len());
    let word = |token: &Token| Word { text: token.text.clone(), is_prompt: token.is_prompt };
    let candidates = tokens.get(cursor.token as usize).map_or_else(Vec::new, |token| token.candidates.clone());
    let next = tokens.get(cursor.token as usize).map(|token| token.next);
    let taken = candidates.iter().position(|candidate| Some(candidate.id) == next).map(|place| place as u32);
    let current = timeline.instance_at(cursor.cycle).unwrap_or(0);
    let parts = timeline.parts_of(current);
    let now = |part: &&Activity| part.segments.iter().any(|one| one.from <= cursor.cycle && cursor.cycle < one.to);
    let part = parts.iter().find(now).map(|part| part.name.clone());
    TokenScene {
        text: tokens[..until].iter().map(word).collect(),
        candidates,
        taken,
        cycles: timeline.length(),
        nanoseconds: timeline.chip().clock.nanoseconds(Cycles(timeline.length())),
        context: u32::from(timeline.executable().context),
        spans: crate::deck::spans(timeline),
        current: current as u32,
        parts,
        part,
    }
}
