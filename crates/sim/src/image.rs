//! What lies in SRAM before a token: the image's words and the launch record.
//!
//! In: residencies, external tensors, the inputs of a token.  Out: words of SRAM.
//! Invariant: no word is filled twice by the image, and each word's bytes are those of one row of its source.
//! Method: residencies are grouped by tensor, so that each tensor is asked for once and dropped before the next.

use crate::SimError;
use crate::machine::Contents;
use crate::sram::Sram;
use crate::step::Shared;
use crate::timing::StandIn;
use crate::word::{Word, WordBytes};
use graph::{DType, Elements, Tensor, TensorId};
use program::{Executable, Packing, RecordContent, RecordField, Residency, WORD_BYTES, WordSource};
use std::collections::{BTreeMap, BTreeSet};
use units::gathered;

const SUPERLANE_BYTES: usize = 16;

/// Fills `sram` as the executable's image says.
pub(crate) fn fill(shared: &Shared, sram: &mut Sram, contents: Contents) -> Result<(), SimError> {
    let mut by_tensor: BTreeMap<TensorId, Vec<(usize, &Residency, Packing)>> = BTreeMap::new();
    let zeros = shared.stand_in.as_ref().map_or_else(|| Word::new([0; WORD_BYTES]), StandIn::word);
    for (index, residency) in shared.executable.image.iter().enumerate() {
        check_place(shared, index, residency)?;
        if residency.chip != shared.number {
            continue;
        }
        match residency.source {
            WordSource::Tensor { tensor, packing } if shared.stand_in.is_none() => {
                by_tensor.entry(tensor).or_default().push((index, residency, packing));
            }
            WordSource::State { .. } | WordSource::Tensor { .. } => {
                for word in 0..residency.words {
                    let address = free(shared, sram, index, residency, word)?;
                    sram.set(shared.slice(residency.slice), address, zeros.clone());
                }
            }
        }
    }
    let Contents::Values(data) = contents else { return Ok(()) };
    for (tensor, residencies) in by_tensor {
        let tensor = data.load(tensor)?;
        for (index, residency, packing) in residencies {
            fill_rows(shared, sram, index, residency, packing, &tensor)?;
        }
    }
    Ok(())
}

fn wrong(residency: usize, problem: String) -> SimError {
    SimError::Image { residency, problem }
}

fn check_place(shared: &Shared, index: usize, residency: &Residency) -> Result<(), SimError> {
    let slice = residency.slice;
    if shared.topology.chips <= residency.chip {
        return Err(wrong(index, format!("chip {} is not one of {}", residency.chip, shared.topology.chips)));
    }
    if !shared.has(slice) || shared.reserved[shared.slice(slice)] {
        return Err(wrong(index, format!("slice {slice} holds no data on this chip")));
    }
    let end = u32::from(residency.address) + u32::from(residency.words);
    if u32::from(shared.chip.words) < end {
        return Err(wrong(index, format!("ends at word {end}; a slice has {}", shared.chip.words)));
    }
    Ok(())
}

/// Whether both expect the same in memory: rows of the same tensors, and of states, which bear other numbers in other graphs.
pub(crate) fn check_same(one: &Executable, other: &Executable) -> Result<(), SimError> {
    let place = |residency: &Residency| {
        let Residency { chip, slice, address, words, source, row, step } = *residency;
        let (tensor, plane) = match source {
            WordSource::Tensor { tensor, packing } => (Some((tensor, packing)), 0),
            WordSource::State { plane, .. } => (None, plane),
        };
        (chip, slice, address, words, tensor, plane, row, step)
    };
    let known: BTreeSet<_> = gathered(one.image.iter().map(place));
    let differs = |residency: &Residency| !known.contains(&place(residency));
    if let Some(residency) = other.image.iter().position(differs) {
        return Err(wrong(residency, "is not in memory for the program beside which it is loaded".to_owned()));
    }
    if one.image.len() != other.image.len() {
        let found = format!("{} residencies, {} beside it", other.image.len(), one.image.len());
        return Err(wrong(other.image.len(), found));
    }
    Ok(())
}

/// The address of word number `word` of the residency, which must be free.
fn free(shared: &Shared, sram: &Sram, index: usize, residency: &Residency, word: u16) -> Result<u16, SimError> {
    let address = residency.address + word;
    match sram.look(shared.slice(residency.slice), address) {
        None => Ok(address),
        Some(_) => Err(wrong(index, format!("word {address} of slice {} is filled already", residency.slice))),
    }
}

fn fill_rows(
    shared: &Shared,
    sram: &mut Sram,
    index: usize,
    residency: &Residency,
    packing: Packing,
    tensor: &Tensor,
) -> Result<(), SimError> {
    let lanes = tensor.shape().lanes() as usize;
    if WORD_BYTES < lanes {
        return Err(wrong(index, format!("the tensor's rows have {lanes} elements; a word has {WORD_BYTES} lanes")));
    }
    let rows = tensor.shape().rows();
    for word in 0..residency.words {
        let row = u64::from(residency.row) + u64::from(word) * u64::from(residency.step);
        if rows <= row {
            return Err(wrong(index, format!("word {word} is row {row}; the tensor has {rows}")));
        }
        let bytes = pack(tensor.elements(), row as usize * lanes, lanes, packing)
            .map_err(|problem| wrong(index, format!("row {row}: {problem}")))?;
        let address = free(shared, sram, index, residency, word)?;
        sram.fill(shared.slice(residency.slice), address, &bytes);
    }
    Ok(())
}

/// The word of the `lanes` elements from `first` on.
fn pack(elements: &Elements, first: usize, lanes: usize, packing: Packing) -> Result<WordBytes, String> {
    match packing {
        Packing::Plane(plane) => pack_plane(elements, first, lanes, plane),
        Packing::Half(half @ 0..=1) => pack_half(elements, first, lanes, half),
        Packing::Half(half) => Err(format!("there is no half {half}; halves are 0 and 1")),
        Packing::EitherHalf => {
            let word = pack_half(elements, first, lanes, 0)?;
            let other = pack_half(elements, first, lanes, 1)?;
            match word.iter().zip(&other).position(|(a, b)| a != b) {
                None => Ok(word),
                Some(byte) => Err(format!("byte {byte} differs between the halves; a word for both needs them equal")),
            }
        }
    }
}

fn pack_plane(elements: &Elements, first: usize, lanes: usize, plane: u8) -> Result<WordBytes, String> {
    let dtype = elements.dtype();
    if dtype.bytes() <= u64::from(plane) {
        return Err(format!("{} elements have no byte {plane}", dtype.name()));
    }
    let mut bytes = [0; WORD_BYTES];
    if let Elements::I8(values) = elements {
        bytes.iter_mut().zip(&values[first..first + lanes]).for_each(|(byte, value)| *byte = *value as u8);
    } else {
        for (lane, byte) in bytes.iter_mut().enumerate().take(lanes) {
            *byte = (elements.bits(first + lane) >> (8 * u32::from(plane))) as u8;
        }
    }
    Ok(bytes)
}

fn pack_half(elements: &Elements, first: usize, lanes: usize, half: u8) -> Result<WordBytes, String> {
    if elements.dtype() != DType::F16 {
        return Err(format!("halves are of f16, the tensor is {}", elements.dtype().name()));
    }
    let mut bytes = [0; WORD_BYTES];
    for (index, pair) in bytes.chunks_exact_mut(2).enumerate() {
        let (superlane, lane) = (index / 8, index % 8);
        let lane = SUPERLANE_BYTES * superlane + 8 * usize::from(half) + lane;
        if lane < lanes {
            pair.copy_from_slice(&(elements.bits(first + lane) as u16).to_le_bytes());
        }
    }
    Ok(bytes)
}

/// Writes the launch record of a token at `position` into `sram`.
pub(crate) fn record(
    shared: &Shared,
    sram: &mut Sram,
    inputs: &BTreeMap<String, Tensor>,
    position: u16,
) -> Result<(), SimError> {
    for (index, field) in shared.executable.record.iter().enumerate() {
        let wrong = |problem: String| SimError::Record { field: index, problem };
        check_field(shared, field).map_err(wrong)?;
        let bytes = match &field.content {
            RecordContent::Map { base } => map_bytes(shared.chip.words, *base, position).map_err(wrong)?,
            RecordContent::Input { .. } if shared.stand_in.is_some() => [0; WORD_BYTES],
            RecordContent::Input { name, plane } => {
                let Some(tensor) = inputs.get(name) else {
                    return Err(wrong(format!("input `{name}` is missing from the {} given", inputs.len())));
                };
                input_bytes(name, tensor, *plane).map_err(wrong)?
            }
        };
        sram.set(shared.slice(field.slice), field.address, Word::new(bytes));
    }
    Ok(())
}

fn check_field(shared: &Shared, field: &RecordField) -> Result<(), String> {
    let slice = field.slice;
    if !shared.has(slice) || shared.reserved[shared.slice(slice)] || shared.chip.words <= field.address {
        return Err(format!("word {} of slice {slice} holds no data on this chip", field.address));
    }
    Ok(())
}

fn map_bytes(words: u16, base: u16, position: u16) -> Result<WordBytes, String> {
    let address = u16::try_from(u32::from(base) + u32::from(position)).ok().filter(|&address| address < words);
    let Some(address) = address else {
        return Err(format!("a map of word {base} and position {position} leaves the slice of {words} words"));
    };
    let mut bytes = [u8::MAX; WORD_BYTES];
    bytes
        .chunks_exact_mut(SUPERLANE_BYTES)
        .for_each(|superlane| superlane[..2].copy_from_slice(&address.to_le_bytes()));
    Ok(bytes)
}

fn input_bytes(name: &str, tensor: &Tensor, plane: u8) -> Result<WordBytes, String> {
    let (rows, lanes) = (tensor.shape().rows(), tensor.shape().lanes() as usize);
    if rows != 1 || WORD_BYTES < lanes {
        return Err(format!("input `{name}` is {}; expected one row of at most {WORD_BYTES} lanes", tensor.shape()));
    }
    pack_plane(tensor.elements(), 0, lanes, plane).map_err(|problem| format!("input `{name}`: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_takes_its_eight_lanes_of_each_superlane() {
        let elements = Elements::F16((0..320).map(|lane| lane as u16 * 3).collect());
        let word = pack(&elements, 0, 320, Packing::Half(1)).expect("f16 has halves");
        assert_eq!(u16::from_le_bytes([word[16 * 2 + 6], word[16 * 2 + 7]]), (16 * 2 + 8 + 3) * 3);
    }

    #[test]
    fn a_word_for_either_half_needs_equal_lanes() {
        let equal = Elements::F16((0..320).map(|lane| (lane % 8) as u16).collect());
        assert!(pack(&equal, 0, 320, Packing::EitherHalf).is_ok());
        let different = Elements::F16((0..320).collect());
        assert!(pack(&different, 0, 320, Packing::EitherHalf).is_err());
    }

    #[test]
    fn a_map_holds_one_address_per_superlane() {
        let map = map_bytes(8192, 8000, 100).expect("the sum lies inside");
        assert_eq!((map[0], map[1], map[2], map[16 * 19], map[16 * 19 + 1]), (164, 31, 255, 164, 31));
        assert!(map_bytes(8192, 8000, 192).is_err());
    }
}
