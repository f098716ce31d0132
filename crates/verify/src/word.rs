//! Words: what 320 bytes of a stream or of SRAM stand for.
//!
//! In: terms.  Out: a byte of each lane's element, a half of f16 weights, an address map, or something unnamed.
//! Invariant: both sides of the proof (the symbolic machine and the symbolic graph) build words by these functions only.
//! Method: a kind, a small number and a name. Mixtures that are no whole element become `Opaque` with a name of their own, so
//!     that copies of a mixture are still equal to it.

use crate::term::{Mixer, Tag, Term};
use graph::DType;
use program::{LANE_ZERO, LaneMap, SUPERLANES, WORD_BYTES};

/// What kind of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Never written.
    Empty,
    /// Already reported.
    Poison,
    /// Byte `index` of each lane of the row.
    Byte,
    /// f16 weights of half `index` of the row.
    Half,
    /// f16 weights whose two halves are the same bytes.
    EitherHalf,
    /// `index` + position of the token, as an address per superlane.
    Map,
    /// A mixture.
    Opaque,
}

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) kind: Kind,
    pub(crate) index: u16,
    /// Superlanes at the end that are zero, whatever the row has there.
    cut: u8,
    pub(crate) term: Term,
}

/// One operand or result: a whole row, or bytes that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Name of the row.
    pub(crate) term: Term,
    /// The words themselves where they are not bytes 0, 1, ... of `term`.
    pub(crate) raw: Option<[Word; 4]>,
}

impl Word {
    /// Never written.
    pub(crate) const EMPTY: Word = Word { kind: Kind::Empty, index: 0, cut: 0, term: Term::POISON };
    /// Already reported.
    pub(crate) const POISON: Word = Word { kind: Kind::Poison, index: 0, cut: 0, term: Term::POISON };

    /// Byte `index` of each lane of a row.
    #[inline]
    pub(crate) fn byte(index: u8, term: Term) -> Word {
        if term.is_poison() {
            return Word::POISON;
        }
        Word { kind: Kind::Byte, index: u16::from(index), cut: 0, term }
    }

    /// An address map.
    pub(crate) fn map(base: u16) -> Word {
        Word { kind: Kind::Map, index: base, cut: 0, term: Term::POISON }
    }

    /// f16 weights of one half.
    pub(crate) fn half(half: u8, term: Term) -> Word {
        Word { kind: Kind::Half, index: u16::from(half), cut: 0, term }
    }

    /// f16 weights that serve both halves.
    pub(crate) fn either_half(term: Term) -> Word {
        Word { kind: Kind::EitherHalf, index: 0, cut: 0, term }
    }

    /// The word as a unit has it of which so many superlanes are at work.
    #[inline]
    pub(crate) fn cut(self, superlanes: u8) -> Word {
        if SUPERLANES <= superlanes || matches!(self.kind, Kind::Poison | Kind::Empty) {
            return self;
        }
        let cut = self.cut.max(SUPERLANES - superlanes);
        match self.kind {
            // Only zeros: an address of 0 in the superlanes cut off is no position.
            Kind::Map => Word { cut, ..Word::opaque(self.name(Tag::Cut, 0).finish()) },
            _ => Word { cut, ..self },
        }
    }

    /// The word with the zeros at its end taken into its name: what every operation but a movement sees.
    #[inline]
    pub(crate) fn settled(self) -> Word {
        if self.cut == 0 {
            return self;
        }
        let mut mixer = Mixer::new(Tag::Cut, u64::from(self.cut));
        mixer.absorb_term(self.term);
        Word { cut: 0, term: mixer.finish(), ..self }
    }

    /// The word for whoever looks only at its first `lanes` lanes.
    pub(crate) fn within(self, lanes: u32) -> Word {
        let whole = u32::from(SUPERLANES - self.cut) * WORD_BYTES as u32 / u32::from(SUPERLANES);
        if lanes <= whole { Word { cut: 0, ..self } } else { self }
    }

    /// The word after the first `superlanes` of `new` were written over it.
    pub(crate) fn overwritten(self, new: Word, superlanes: u8) -> Word {
        match self.kind {
            _ if SUPERLANES <= superlanes || self == new => new,
            Kind::Empty | Kind::Poison => self,
            _ if superlanes == 0 => self,
            _ if new.is_poison() => new,
            _ => {
                let mut mixer = Mixer::new(Tag::Overwritten, u64::from(superlanes));
                for word in [self.settled(), new.settled()] {
                    mixer.absorb(word.kind as u64 ^ u64::from(word.index) << 8);
                    mixer.absorb_term(word.term);
                }
                Word::opaque(mixer.finish())
            }
        }
    }

    /// Whether a violation has been reported of it.
    #[inline]
    pub(crate) fn is_poison(self) -> bool {
        self.kind == Kind::Poison
    }

    /// A name for the word itself, whatever it stands for.
    #[inline]
    fn name(self, tag: Tag, number: u64) -> Mixer {
        let mut mixer = Mixer::new(tag, number);
        mixer.absorb(self.kind as u64 ^ u64::from(self.index) << 8);
        mixer.absorb_term(self.term);
        mixer
    }

    /// The word's share of an array, as weights of one column.
    #[inline]
    pub(crate) fn column(self, column: u16) -> Term {
        self.settled().name(Tag::Column, u64::from(column)).finish()
    }

    /// The word taken as a row of i8.
    #[inline]
    pub(crate) fn as_i8(self) -> Term {
        match self.kind {
            _ if self.cut != 0 => self.settled().as_i8(),
            Kind::Poison => Term::POISON,
            Kind::Byte if self.index == 0 => self.term,
            _ => self.name(Tag::Byte, 0).finish(),
        }
    }

    /// The word with the lanes of each superlane rearranged; the identity changes nothing.
    pub(crate) fn lanes(self, map: &[u8; 16]) -> Word {
        if self.is_poison() || map.iter().enumerate().all(|(lane, &from)| lane == usize::from(from)) {
            return self;
        }
        let packed = map.iter().fold(0, |bits, &from| bits << 4 | u64::from(from & 15));
        let zeros = map.iter().fold(0, |bits, &from| bits << 1 | u64::from(from == LANE_ZERO));
        match self.kind {
            _ if self.cut != 0 => self.settled().lanes(map),
            Kind::Byte => {
                let mut mixer = Mixer::new(Tag::Lanes, zeros << 1);
                mixer.absorb(packed);
                mixer.absorb_term(self.term);
                Word { term: mixer.finish(), ..self }
            }
            _ => {
                let mut mixer = self.name(Tag::Lanes, zeros << 1 | 1);
                mixer.absorb(packed);
                Word::opaque(mixer.finish())
            }
        }
    }

    /// The word with all its lanes rearranged by a bijection; one that repeats in every superlane is named by `lanes`.
    pub(crate) fn permuted(self, map: &[u16]) -> Word {
        let inside: [u8; 16] = std::array::from_fn(|lane| map.get(lane).map_or(0, |&from| from.min(255) as u8));
        let is_local =
            |(lane, &from): (usize, &u16)| usize::from(from) == lane / 16 * 16 + usize::from(inside[lane % 16]);
        if self.is_poison() || (inside.iter().all(|&lane| lane < 16) && map.iter().enumerate().all(is_local)) {
            return self.lanes(&inside);
        }
        if self.cut != 0 {
            return self.settled().permuted(map);
        }
        let number = if self.kind == Kind::Byte { 0 } else { 1 };
        let mut mixer = if number == 0 { Mixer::new(Tag::Permute, number) } else { self.name(Tag::Permute, number) };
        map.chunks(4).for_each(|four| mixer.absorb(four.iter().fold(0, |bits, &from| bits << 16 | u64::from(from))));
        if number == 1 {
            return Word::opaque(mixer.finish());
        }
        mixer.absorb_term(self.term);
        Word { term: mixer.finish(), ..self }
    }

    /// `north` moved up by `lanes`, `south` below it; a word beside itself is permuted.
    pub(crate) fn shifted(north: Word, south: Word, lanes: u16) -> Word {
        match lanes {
            0 => return north,
            320 => return south,
            _ if north == south => return north.permuted(&LaneMap::rotation(lanes).from),
            _ => {}
        }
        Word::together(Tag::Shift, u64::from(lanes), &[north, south])
    }

    /// Row `row` of the transposition of 16 words.
    pub(crate) fn transposed(words: &[Word], row: u8) -> Word {
        Word::together(Tag::Transpose, u64::from(row), words)
    }

    /// A byte of a row made of the same byte of other rows, or a mixture.
    fn together(tag: Tag, number: u64, words: &[Word]) -> Word {
        let Some(&first) = words.first() else { return Word::POISON };
        let whole = words.iter().all(|word| word.kind == Kind::Byte && word.index == first.index);
        let mut mixer = Mixer::new(tag, number * 2 + u64::from(!whole));
        for word in words {
            let word = word.settled();
            if word.is_poison() {
                return Word::POISON;
            }
            if !whole {
                mixer.absorb(word.kind as u64 ^ u64::from(word.index) << 8);
            }
            mixer.absorb_term(word.term);
        }
        if whole { Word { term: mixer.finish(), cut: 0, ..first } } else { Word::opaque(mixer.finish()) }
    }

    /// Of `rows`, the one at the token's position.
    pub(crate) fn gather(rows: &[Word]) -> Word {
        Word::together(Tag::Gather, 0, rows)
    }

    /// Row `row` of a region after `data` was scattered to the row at the token's position.
    pub(crate) fn scatter(self, row: u16, data: Word) -> Word {
        if self.is_poison() || data.is_poison() {
            return Word::POISON;
        }
        let (cut, data) = (self.cut, data.settled());
        if cut != 0 {
            return self.settled().scatter(row, data);
        }
        let whole = self.kind == Kind::Byte && data.kind == Kind::Byte && self.index == data.index;
        let mut mixer = Mixer::new(Tag::Scatter, u64::from(row) * 2 + u64::from(!whole));
        mixer.absorb_term(self.term);
        mixer.absorb_term(data.term);
        if whole {
            return Word { term: mixer.finish(), ..self };
        }
        mixer.absorb(self.kind as u64 ^ u64::from(self.index) << 8);
        mixer.absorb(data.kind as u64 ^ u64::from(data.index) << 8);
        Word::opaque(mixer.finish())
    }

    fn opaque(term: Term) -> Word {
        Word { kind: Kind::Opaque, index: 0, cut: 0, term }
    }
}

impl Value {
    /// A value already reported.
    pub(crate) const POISON: Value = Value { term: Term::POISON, raw: None };

    /// A whole row.
    #[inline]
    pub(crate) fn whole(term: Term) -> Value {
        Value { term, raw: None }
    }

    /// The operand that words, least significant byte first, make together.
    #[inline]
    pub(crate) fn join(words: &[Word]) -> Value {
        if words.iter().any(|word| word.cut != 0) {
            let mut settled = [Word::POISON; 4];
            settled.iter_mut().zip(words).for_each(|(to, word)| *to = word.settled());
            return Value::join(&settled[..words.len()]);
        }
        let term = words[0].term;
        let is_part = |(index, word): (usize, &Word)| {
            word.kind == Kind::Byte && usize::from(word.index) == index && word.term == term
        };
        if words.iter().enumerate().all(is_part) {
            return Value::whole(term);
        }
        if words.iter().any(|word| word.is_poison()) {
            return Value::POISON;
        }
        let mut raw = [Word::POISON; 4];
        raw[..words.len()].copy_from_slice(words);
        if let [word] = words {
            return Value { term: word.as_i8(), raw: Some(raw) };
        }
        let mut mixer = Mixer::new(Tag::Join, words.len() as u64);
        for word in words {
            mixer.absorb(word.kind as u64 ^ u64::from(word.index) << 8);
            mixer.absorb_term(word.term);
        }
        Value { term: mixer.finish(), raw: Some(raw) }
    }

    /// The value with zeros where an ALU rests of which so many superlanes are at work.
    pub(crate) fn cut(&self, superlanes: u8, dtype: DType) -> Value {
        let words: [Word; 4] = std::array::from_fn(|index| self.word(index as u8).cut(superlanes));
        Value::join(&words[..usize::from(Value::bytes(dtype))])
    }

    /// Word `index` of the value.
    #[inline]
    pub(crate) fn word(&self, index: u8) -> Word {
        match &self.raw {
            Some(words) => words[usize::from(index)],
            None => Word::byte(index, self.term),
        }
    }

    /// Bytes that a value of `dtype` has.
    #[inline]
    pub(crate) fn bytes(dtype: DType) -> u8 {
        dtype.bytes() as u8
    }
}
