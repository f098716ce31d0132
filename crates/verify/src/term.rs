//! Terms: 128-bit names of rows in a free algebra.
//!
//! In: operations with the names of their operands.  Out: the name of the result.
//! Invariant: equal names mean equal construction (up to a 2^-64-like chance, see Method); POISON swallows every operation, so
//!     that a reported fault is not reported again by whatever depends on it.
//! Method: two 64-bit lanes, each absorbing 64 bits by an invertible multiply-xorshift step with its own odd constants, crossed
//!     at the end. Fixed keys: the judge is deterministic; nobody who can choose programs gains from a collision but himself.
//!     Two laws are built in because they hold bit for bit: operands of commutative operations are ordered, and `Identity` is
//!     transparent (`alu::Value`).
//! Source: multiply-xorshift mixing after Steele, Lea, Flood (OOPSLA 2014) and Appleby's finaliser; constants are odd 64-bit
//!     numbers of no meaning.

use graph::{DType, ScalarOp};

/// The name of one row of up to 320 elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term {
    high: u64,
    low: u64,
}

/// Which constructor a name was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Tag {
    /// Row of an external tensor.
    Tensor = 1,
    /// Row of a state before the token.
    State,
    /// Value given by the host.
    Input,
    /// Row of a literal that is not uniform.
    Literal,
    /// The same bits in all lanes.
    Immediate,
    /// One byte of a wider row, taken as a row of i8.
    Byte,
    /// Bytes of different rows side by side.
    Join,
    /// An ALU operation.
    Operation,
    /// Lanes moved within superlanes.
    Lanes,
    /// Lanes moved over all superlanes.
    Permute,
    /// Lanes of two rows side by side.
    Shift,
    /// One row of a transposition of 16.
    Transpose,
    /// An installed array of one plane.
    Array,
    /// The arrays of both planes.
    Pair,
    /// A product of array and activation.
    Dot,
    /// Accumulator plus product.
    Accumulate,
    /// The row at the token's position.
    Gather,
    /// A row, or other data at the token's position.
    Scatter,
    /// One column of an array.
    Column,
    /// A row with zeros in its last superlanes.
    Cut,
    /// A word of which the first superlanes are those of another.
    Overwritten,
}

/// A hash in progress.
#[derive(Clone, Copy)]
pub(crate) struct Mixer {
    first: u64,
    second: u64,
}

impl Mixer {
    /// Starts with the constructor and one number.
    #[inline]
    pub(crate) fn new(tag: Tag, number: u64) -> Self {
        let mut mixer = Mixer { first: 0x6A09_E667_F3BC_C909, second: 0xBB67_AE85_84CA_A73B };
        mixer.absorb(tag as u64 ^ number << 8);
        mixer
    }

    /// Takes 64 bits.
    #[inline]
    pub(crate) fn absorb(&mut self, bits: u64) {
        let first = (self.first ^ bits).wrapping_mul(0x9FB2_1C65_1E98_DF25);
        self.first = first ^ first >> 29;
        let second = (self.second.rotate_left(23) ^ bits).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.second = second ^ second >> 32;
    }

    /// Takes a name.
    #[inline]
    pub(crate) fn absorb_term(&mut self, term: Term) {
        self.absorb(term.high);
        self.absorb(term.low);
    }

    /// Takes a text, with its length.
    pub(crate) fn absorb_text(&mut self, text: &str) {
        self.absorb(text.len() as u64);
        for chunk in text.as_bytes().chunks(8) {
            self.absorb(chunk.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte)));
        }
    }

    /// The name.
    #[inline]
    pub(crate) fn finish(mut self) -> Term {
        self.first = self.first.wrapping_add(self.second.rotate_left(31));
        self.absorb(0x510E_527F_ADE6_82D1);
        self.second ^= self.first.rotate_left(17);
        let low = self.second.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        // One lane is kept off zero, so that no name is POISON.
        Term { high: self.first | 1, low: low ^ low >> 31 }
    }
}

impl Term {
    /// The value of which a violation has already been reported.
    pub(crate) const POISON: Term = Term { high: 0, low: 0 };

    /// Whether a violation has been reported of this value.
    #[inline]
    pub(crate) fn is_poison(self) -> bool {
        self == Term::POISON
    }

    /// Row of an external tensor.
    #[inline]
    pub(crate) fn tensor(tensor: usize, row: u64) -> Term {
        let mut mixer = Mixer::new(Tag::Tensor, tensor as u64);
        mixer.absorb(row);
        mixer.finish()
    }

    /// Row of a state node before the token.
    pub(crate) fn state(node: usize, row: u64) -> Term {
        let mut mixer = Mixer::new(Tag::State, node as u64);
        mixer.absorb(row);
        mixer.finish()
    }

    /// Row of an input of the graph.
    pub(crate) fn input(name: &str, row: u64) -> Term {
        let mut mixer = Mixer::new(Tag::Input, row);
        mixer.absorb_text(name);
        mixer.finish()
    }

    /// Row of a literal whose lanes differ.
    pub(crate) fn literal(node: usize, row: u64) -> Term {
        let mut mixer = Mixer::new(Tag::Literal, node as u64);
        mixer.absorb(row);
        mixer.finish()
    }

    /// The same 32 bits in all lanes.
    #[inline]
    pub(crate) fn immediate(bits: u32) -> Term {
        Mixer::new(Tag::Immediate, u64::from(bits)).finish()
    }

    /// An operation on one or two rows of `dtype`; `Identity` does not come here.
    #[inline]
    pub(crate) fn operation(op: ScalarOp, dtype: DType, a: Term, b: Option<Term>) -> Term {
        if a.is_poison() || b.is_some_and(Term::is_poison) {
            return Term::POISON;
        }
        let (first, second) = match b {
            Some(b) if commutes(op) && b < a => (b, Some(a)),
            second => (a, second),
        };
        let mut mixer = Mixer::new(Tag::Operation, op as u64 * 8 + dtype as u64);
        mixer.absorb_term(first);
        if let Some(second) = second {
            mixer.absorb_term(second);
        }
        mixer.finish()
    }

    /// A name made of names, in order; `number` tells apart what the tag leaves open.
    #[inline]
    pub(crate) fn of(tag: Tag, number: u64, parts: &[Term]) -> Term {
        let mut mixer = Mixer::new(tag, number);
        for &part in parts {
            if part.is_poison() {
                return Term::POISON;
            }
            mixer.absorb_term(part);
        }
        mixer.finish()
    }

    /// The sum of names, in which order and grouping do not show.
    #[inline]
    pub(crate) fn plus(self, other: Term) -> Term {
        Term { high: self.high.wrapping_add(other.high), low: self.low.wrapping_add(other.low) }
    }

    /// The sum without one of its parts.
    #[inline]
    pub(crate) fn minus(self, other: Term) -> Term {
        Term { high: self.high.wrapping_sub(other.high), low: self.low.wrapping_sub(other.low) }
    }
}

/// Whether the operands may change places, bit for bit.
fn commutes(op: ScalarOp) -> bool {
    let of_numbers = matches!(
        op,
        ScalarOp::Add | ScalarOp::AddSat | ScalarOp::Mul | ScalarOp::MulSat | ScalarOp::Max | ScalarOp::Min
    );
    of_numbers || matches!(op, ScalarOp::And | ScalarOp::Or | ScalarOp::Xor | ScalarOp::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_neighbours_differ_in_both_halves() {
        let mut halves: Vec<u64> = Vec::new();
        for tensor in 0..64 {
            for row in 0..1024 {
                let term = Term::tensor(tensor, row);
                halves.extend([term.high, term.low]);
            }
        }
        let count = halves.len();
        halves.sort_unstable();
        halves.dedup();
        assert_eq!(halves.len(), count);
    }

    #[test]
    fn sums_commute_and_subtraction_does_not() {
        let (a, b) = (Term::tensor(0, 0), Term::tensor(0, 1));
        let name = |op, a, b| Term::operation(op, DType::F32, a, Some(b));
        assert_eq!(name(ScalarOp::Add, a, b), name(ScalarOp::Add, b, a));
        assert_ne!(name(ScalarOp::Sub, a, b), name(ScalarOp::Sub, b, a));
        assert_eq!(name(ScalarOp::Add, a, Term::POISON), Term::POISON);
    }
}
