//! Merges the bytes of a piece into tokens.
//!
//! In: bytes.  Out: token ids.
//! Invariant: of all possible merges the most urgent is done first, the leftmost among equals.
//! Method: a linked list of symbols and a heap of candidates, O(n log n); a candidate is checked again when it is taken.
//! Source: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016.

use super::bytes::byte_of;
use super::vocabulary::Vocabulary;
use super::{List, SpecError};
use crate::error::{Expected, Found, quoted};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use units::Order;

/// No symbol: past either end of the list, or merged away.
const NONE: u32 = u32::MAX;

/// The merges of a vocabulary.
#[derive(Clone, Debug)]
pub struct Merges {
    /// Sorted by the two parts.
    pairs: Vec<Pair>,
    /// The token of each byte, by byte.
    bytes: Vec<Option<u32>>,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    parts: (u32, u32),
    rank: u32,
    merged: u32,
}

/// A merge that may be done: rank, position of the left part, the parts, the result.
type Candidate = Reverse<(u32, u32, (u32, u32), u32)>;

/// A doubly linked list of symbols; positions are indices.
struct Symbols {
    ids: Vec<u32>,
    previous: Vec<u32>,
    next: Vec<u32>,
}

impl Merges {
    /// Looks up the parts and results of all merges, most urgent first.
    pub fn new(merges: &[&str], vocabulary: &Vocabulary) -> Result<Self, SpecError> {
        let mut pairs = Vec::new();
        for (index, merge) in merges.iter().enumerate() {
            let (parts, merged) = resolve(merge, vocabulary).ok_or_else(|| {
                let found = Found::AtIndex { text: quoted(merge).into(), index: index as u64 };
                SpecError { list: List::Merges, expected: Expected::MergeParts, found }
            })?;
            pairs.push(Pair { parts, rank: index as u32, merged });
        }
        pairs.order_by_key(|pair| (pair.parts, pair.rank));
        pairs.dedup_by_key(|pair| pair.parts);
        let bytes = (0..=255u8).map(|byte| vocabulary.ordinary(&[byte])).collect();
        Ok(Merges { pairs, bytes })
    }

    /// Appends the tokens of `piece`, or gives the offset of a byte that has no token.
    pub fn apply(&self, piece: &[u8], ids: &mut Vec<u32>) -> Result<(), usize> {
        let mut symbols = Symbols::of(piece, &self.bytes)?;
        let mut heap: BinaryHeap<Candidate> = BinaryHeap::new();
        (0..piece.len() as u32).for_each(|at| self.consider(&symbols, at, &mut heap));
        while let Some(Reverse((_, at, parts, merged))) = heap.pop() {
            if symbols.parts_at(at) == Some(parts) {
                symbols.merge(at, merged);
                self.consider(&symbols, at, &mut heap);
                self.consider(&symbols, symbols.previous[at as usize], &mut heap);
            }
        }
        ids.extend(symbols.ids.iter().filter(|&&id| id != NONE));
        Ok(())
    }

    /// Adds the merge of the symbol at `at` with the one after it, if there is one.
    fn consider(&self, symbols: &Symbols, at: u32, heap: &mut BinaryHeap<Candidate>) {
        let Some(parts) = symbols.parts_at(at) else { return };
        if let Ok(index) = self.pairs.binary_search_by_key(&parts, |pair| pair.parts) {
            let pair = self.pairs[index];
            heap.push(Reverse((pair.rank, at, parts, pair.merged)));
        }
    }
}

impl Symbols {
    fn of(piece: &[u8], tokens: &[Option<u32>]) -> Result<Self, usize> {
        let symbol = |(offset, &byte): (usize, &u8)| tokens[usize::from(byte)].ok_or(offset);
        let ids = piece.iter().enumerate().map(symbol).collect::<Result<Vec<u32>, usize>>()?;
        let count = ids.len() as u32;
        let previous = (0..count).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        let next = (1..=count).map(|at| if at < count { at } else { NONE }).collect();
        Ok(Symbols { ids, previous, next })
    }

    /// The symbol at `at` and the one after it, if both are there.
    fn parts_at(&self, at: u32) -> Option<(u32, u32)> {
        let left = *self.ids.get(at as usize)?;
        let right = *self.ids.get(self.next[at as usize] as usize)?;
        (left != NONE).then_some((left, right))
    }

    /// Replaces the symbol at `at` and the one after it by `merged`.
    fn merge(&mut self, at: u32, merged: u32) {
        let right = self.next[at as usize] as usize;
        let after = self.next[right];
        self.ids[at as usize] = merged;
        self.ids[right] = NONE;
        self.next[at as usize] = after;
        if let Some(previous) = self.previous.get_mut(after as usize) {
            *previous = at;
        }
    }
}

/// The two parts and the result of a merge as ids.
fn resolve(merge: &str, vocabulary: &Vocabulary) -> Option<((u32, u32), u32)> {
    let (left, right) = merge.split_once(' ')?;
    let bytes_of = |text: &str| text.chars().map(byte_of).collect::<Option<Vec<u8>>>();
    let (left, right) = (bytes_of(left)?, bytes_of(right)?);
    let parts = (vocabulary.ordinary(&left)?, vocabulary.ordinary(&right)?);
    Some((parts, vocabulary.ordinary(&[left, right].concat())?))
}
