//! Bytes with whatever repeats written once.
//!
//! In: bytes, or what `pack` made of some.  Out: fewer bytes, or those bytes again, or the place where they cannot be right.
//! Invariant: `unpack(pack(x)) = x`; unpacking allocates at most `EXPANSION` times what it is given.
//! Method: a list of steps: so many bytes as they stand, then so many bytes from so far back. Where the next eight bytes have stood before
//!     is looked up in a table of a few places for each hash of them; the longest that goes on alike is taken. Distances are not limited:
//!     what two programs have in common lies megabytes apart.
//! Source: Ziv, Lempel, "A universal algorithm for sequential data compression", IEEE Trans. Inf. Theory 1977.

/// Bytes that must repeat for it to be worth a step.
const LEAST: usize = 8;
/// Most bytes of a step that repeats: a file can only grow as fast as it is long.
const MOST: usize = 1 << 12;
/// How many times as long as it is anything can become: the shortest step is three bytes.
pub const EXPANSION: usize = MOST / 3 + 1;
/// Places that are remembered for each hash.
const WAYS: usize = 4;
const HASH_BITS: u32 = 18;

/// Why bytes were not packed by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpackable {
    /// Position in the packed bytes.
    pub offset: usize,
}

/// Places where eight bytes have stood, the latest first in turn.
struct Places {
    places: Vec<[u32; WAYS]>,
    turns: Vec<u8>,
}

const NOWHERE: u32 = u32::MAX;

impl Places {
    fn new() -> Self {
        Places { places: vec![[NOWHERE; WAYS]; 1 << HASH_BITS], turns: vec![0; 1 << HASH_BITS] }
    }

    fn hash(bytes: &[u8]) -> usize {
        let word = bytes[..LEAST].iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        (word.wrapping_mul(0x9FB2_1C65_1E98_DF25) >> (u64::BITS - HASH_BITS)) as usize
    }

    fn note(&mut self, bytes: &[u8], at: usize) {
        if at + LEAST <= bytes.len() {
            let hash = Places::hash(&bytes[at..]);
            let turn = usize::from(self.turns[hash]);
            self.places[hash][turn] = at as u32;
            self.turns[hash] = ((turn + 1) % WAYS) as u8;
        }
    }

    /// Where the bytes from `at` on stand before, and how many of them; the nearest of equally long ones.
    fn longest(&self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let rest = bytes.get(at..).filter(|rest| LEAST <= rest.len())?;
        let places = self.places[Places::hash(rest)].iter().filter(|place| **place != NOWHERE);
        let alike = |place: usize| rest.iter().zip(&bytes[place..]).take(MOST).take_while(|(a, b)| a == b).count();
        let found = places.map(|place| (alike(*place as usize), *place as usize)).max()?;
        (LEAST <= found.0).then_some((found.1, found.0))
    }
}

/// `bytes`, fewer than 2^32 of them, in as few as this finds.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    assert!(u32::try_from(bytes.len()).is_ok_and(|length| length != NOWHERE), "places are numbers of 32 bits");
    let mut places = Places::new();
    let mut packed = Vec::new();
    let (mut at, mut plain) = (0, 0);
    while at < bytes.len() {
        match places.longest(bytes, at) {
            Some((place, length)) => {
                step(&mut packed, &bytes[plain..at], (length, at - place));
                (at..at + length).for_each(|at| places.note(bytes, at));
                at += length;
                plain = at;
            }
            None => {
                places.note(bytes, at);
                at += 1;
            }
        }
    }
    step(&mut packed, &bytes[plain..], (0, 0));
    packed
}

fn step(packed: &mut Vec<u8>, plain: &[u8], (length, back): (usize, usize)) {
    number(packed, plain.len());
    packed.extend(plain);
    number(packed, length);
    if 0 < length {
        number(packed, back);
    }
}

/// Seven bits a byte, the least first.
fn number(packed: &mut Vec<u8>, mut number: usize) {
    while 127 < number {
        packed.push(number as u8 | 128);
        number >>= 7;
    }
    packed.push(number as u8);
}

/// The bytes that were packed.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, Unpackable> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < packed.len() {
        let start = at;
        let wrong = Unpackable { offset: start };
        let plain = take(packed, &mut at).ok_or(wrong)?;
        let end = at.checked_add(plain).filter(|end| *end <= packed.len()).ok_or(wrong)?;
        bytes.extend(&packed[at..end]);
        at = end;
        let length = take(packed, &mut at).filter(|length| *length <= MOST).ok_or(wrong)?;
        if length == 0 {
            continue;
        }
        let back = take(packed, &mut at).filter(|back| 0 < *back && *back <= bytes.len()).ok_or(wrong)?;
        // What repeats may run into itself.
        for _ in 0..length {
            bytes.push(bytes[bytes.len() - back]);
        }
    }
    Ok(bytes)
}

fn take(packed: &[u8], at: &mut usize) -> Option<usize> {
    let mut number = 0usize;
    for shift in (0..usize::BITS.min(35)).step_by(7) {
        let byte = *packed.get(*at)?;
        *at += 1;
        number |= usize::from(byte & 127).checked_shl(shift)?;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    #[test]
    fn what_is_packed_is_unpacked_and_what_repeats_costs_little() {
        let mut rng = Rng::new(5);
        for length in [0, 1, 7, 8, 9, 300, 5_000, 70_000] {
            let noise: Vec<u8> = (0..length).map(|_| rng.next_u64() as u8).collect();
            let packed = pack(&noise);
            assert_eq!(unpack(&packed).as_ref(), Ok(&noise));
            assert!(packed.len() <= noise.len() + 8);
            let twice = [noise.clone(), noise.clone()].concat();
            let packed = pack(&twice);
            assert_eq!(unpack(&packed), Ok(twice));
            assert!(packed.len() <= noise.len() + 16 + 8 * noise.len() / MOST + 8, "{length}: {}", packed.len());
        }
        let zeros = vec![0; 1 << 20];
        let packed = pack(&zeros);
        assert!(packed.len() < 2_000 && zeros.len() <= EXPANSION * packed.len());
        assert_eq!(unpack(&packed), Ok(zeros));
    }

    #[test]
    fn no_bytes_are_unpacked_to_more_than_they_justify() {
        let mut rng = Rng::new(6);
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..rng.below(40)).map(|_| (rng.next_u64() >> rng.below(60)) as u8).collect();
            match unpack(&bytes) {
                Ok(unpacked) => assert!(unpacked.len() <= EXPANSION * bytes.len()),
                Err(Unpackable { offset }) => assert!(offset < bytes.len()),
            }
        }
    }
}
