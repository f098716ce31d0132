//! The memory of two tokens beside each other: which token the present one is compared with.
//!
//! In: what the viewer asks, the address.  Out: the state; texts.
//! Invariant: both are looked at in the same cycle; a token that was not run is compared with nothing.
//! Method: one part of the address, `vs`; the worker compares the two simulated memories word by word.

use crate::i18n::{Lang, counted, texts};
use crate::state::{Effect, State};
use frame::{Changed, grouped};

texts! {
    choose: "與另一個 token 比較…", "compare with another token…";
    with: "比較對象", "Compared with";
    what: "哪些記憶體不同", "What differs in memory";
    class: "種類", "class";
    words: "不同的字組", "words that differ";
    bytes: "不同的位元組", "bytes that differ";
    same: "同一個週期，兩個 token 的記憶體逐字組比較；亮處不同，暗處相同。", "The memory of both tokens in the same cycle, word by word: bright where they differ, faint where they are the same.";
}

impl Lang {
    /// `8 of 1 024`
    pub fn words_of(self, line: &Changed) -> String {
        let (words, of) = (grouped(line.words), grouped(line.of));
        match self {
            Lang::Zh => format!("{words} / {of}"),
            Lang::En => format!("{words} of {of}"),
        }
    }

    /// `token 5 · turned`
    pub fn token_named(self, number: usize, text: &str) -> String {
        format!("token {number} · {text}")
    }

    /// `2 560 bytes`
    pub fn bytes_counted(self, bytes: u64) -> String {
        match self {
            Lang::Zh => format!("{} 位元組", grouped(bytes)),
            Lang::En => counted(bytes, "byte"),
        }
    }
}

impl State {
    /// The memory is compared with that of another token, or no longer.
    pub(crate) fn take_versus(&mut self, token: Option<u32>) -> Vec<Effect> {
        self.playback.stop();
        self.versus = token;
        vec![Effect::Replace(self.link())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::Motion;
    use crate::state::{Action, tests::opened};

    #[test]
    fn the_token_compared_with_stands_in_the_address_and_leaves_it() {
        crate::i18n::expect_both(PAIRS);
        let mut state = opened("#v=memory&t=6&c=2500&vs=5");
        assert_eq!(state.versus, Some(5));
        assert_eq!(state.link().versus, Some(5));
        state.reduce(Action::Versus(None));
        assert_eq!((state.versus, state.link().versus), (None, None));
        let effects = state.reduce(Action::Versus(Some(2)));
        assert_eq!(effects, [Effect::Replace(state.link())]);
        assert_eq!(state.playback.motion, Motion::Stopped);
        let elsewhere = opened("#v=chip&vs=5");
        assert_eq!(elsewhere.link().versus, None, "only the memory is compared");
    }

    #[test]
    fn a_count_of_words_says_of_how_many() {
        let of = |class: frame::Class| frame::Changed {
            class,
            colour: class.colour(),
            name: class.name(),
            words: 8,
            of: 1024,
            bytes: 1,
        };
        assert_eq!(Lang::En.words_of(&of(frame::Class::Cache)), "8 of 1\u{202f}024");
        assert_eq!(Lang::En.bytes_counted(1), "1 byte");
        assert_eq!(Lang::Zh.bytes_counted(2560), "2\u{202f}560 位元組");
    }
}
