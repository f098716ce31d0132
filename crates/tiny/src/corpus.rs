//! Splits the stories of the grammar into those the model is trained on and those it is judged by.
//!
//! In: a seed, a language.  Out: an endless sequence of stories of one side of the split.
//! Invariant: a held-back opening sentence occurs in no training story.
//! Method: the side is a hash of the first sentence, so no list of stories need be kept to tell them apart.
//! Source: ours; the hash is FNV-1a (Fowler, Noll, Vo).

use crate::grammar::{Grammar, Language};
use crate::random::Random;

/// Which stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The model sees them.
    Training,
    /// One opening in [`HELD_BACK_ONE_IN`]; the model never sees them.
    HeldBack,
}

/// The share of opening sentences that is held back.
pub const HELD_BACK_ONE_IN: u64 = 16;

/// An endless sequence of stories.
pub struct Stories {
    grammar: Grammar,
    language: Language,
    side: Side,
    random: Random,
}

impl Stories {
    /// The stories of one side in one language; another seed, another order.
    pub fn new(language: Language, side: Side, seed: u64) -> Stories {
        Stories { grammar: Grammar::of(language), language, side, random: Random::new(seed) }
    }
}

impl Iterator for Stories {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let story = self.grammar.generate(&mut self.random);
            if side(&story, self.language) == self.side {
                return Some(story);
            }
        }
    }
}

/// The opening sentence of a story, its stop included.
pub fn opening(story: &str, language: Language) -> &str {
    let stop = language.stop();
    story.find(stop).map_or(story, |at| &story[..at + stop.len_utf8()])
}

/// The side on which a story lies.
pub fn side(story: &str, language: Language) -> Side {
    if hash(opening(story, language)).is_multiple_of(HELD_BACK_ONE_IN) { Side::HeldBack } else { Side::Training }
}

fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mixed = text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step);
    mixed >> 32
}

/// The training stories in the order in which they are read: English and Chinese in turn.
pub fn training(seed: u64) -> impl Iterator<Item = String> {
    let english = Stories::new(Language::English, Side::Training, seed);
    let chinese = Stories::new(Language::Chinese, Side::Training, !seed);
    english.zip(chinese).flat_map(|(english, chinese)| [english, chinese])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_back_openings_are_rare_and_never_trained_on() {
        for language in Language::ALL {
            let everything = Grammar::of(language);
            let mut random = Random::new(5);
            let sides = (0..4_000).map(|_| side(&everything.generate(&mut random), language));
            let count = sides.filter(|side| *side == Side::HeldBack).count();
            assert!((150..350).contains(&count), "{count} of 4000");
            let held = Stories::new(language, Side::HeldBack, 1).next().unwrap();
            let start = opening(&held, language);
            assert!(everything.accepts(&held));
            assert!(Stories::new(language, Side::Training, 2).take(3_000).all(|story| !story.contains(start)));
        }
    }
}
