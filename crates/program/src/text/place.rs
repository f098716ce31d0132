//! Addresses, streams, slices and operands as words.
//!
//! In: values of the vocabulary, or words.  Out: words, or values.
//! Invariant: one value has one word, and each word stands for one value.

use super::error::TextError;
use super::words::Words;
use crate::{Address, Operand};
use arch::{Direction, Hemisphere, SliceId, StreamId};

pub(super) fn address_word(address: Address) -> String {
    let Address { base, offset, stride } = address;
    if stride == 0 { format!("b{base}+{offset}") } else { format!("b{base}+{offset}:{stride}") }
}

pub(super) fn address(words: &mut Words) -> Result<Address, TextError> {
    let expected = "an address such as b1+40 or b1+40:1 (base, words, words per iteration)";
    let word = words.word(expected)?;
    let parts = word.strip_prefix('b').and_then(|rest| rest.split_once('+'));
    let (base, rest) = parts.ok_or_else(|| words.wrong(&word, expected))?;
    let (offset, stride) = rest.split_once(':').unwrap_or((rest, "0"));
    let base = words.convert(base, "a base from 0 to 255")?;
    let offset = words.convert(offset, "words from 0 to 65535")?;
    let stride = words.convert(stride, "words per iteration from -32768 to 32767")?;
    Ok(Address { base, offset, stride })
}

fn letter_and_number(word: &str) -> Option<(char, &str)> {
    let mut letters = word.chars();
    letters.next().map(|letter| (letter, letters.as_str()))
}

pub(super) fn stream(words: &mut Words) -> Result<StreamId, TextError> {
    let expected = "a stream such as E3 or W31";
    let word = words.word(expected)?;
    stream_of(words, &word, expected)
}

fn stream_of(words: &Words, word: &str, expected: &str) -> Result<StreamId, TextError> {
    let (direction, number) = match letter_and_number(word) {
        Some(('E', number)) => (Direction::East, number),
        Some(('W', number)) => (Direction::West, number),
        _ => return Err(words.wrong(word, expected)),
    };
    Ok(StreamId::new(direction, words.convert(number, expected)?))
}

pub(super) fn slice(words: &mut Words) -> Result<SliceId, TextError> {
    let expected = "a slice such as E12";
    let word = words.word(expected)?;
    slice_of(words, &word, expected)
}

fn slice_of(words: &Words, word: &str, expected: &str) -> Result<SliceId, TextError> {
    let (hemisphere, number) = match letter_and_number(word) {
        Some(('E', number)) => (Hemisphere::East, number),
        Some(('W', number)) => (Hemisphere::West, number),
        _ => return Err(words.wrong(word, expected)),
    };
    Ok(SliceId { hemisphere, number: words.convert(number, expected)? })
}

/// A word of SRAM such as `E12+200`.
pub(super) fn home(words: &mut Words) -> Result<(SliceId, u16), TextError> {
    let expected = "a word of SRAM such as E12+200";
    let word = words.word(expected)?;
    let (slice, address) = word.split_once('+').ok_or_else(|| words.wrong(&word, expected))?;
    Ok((slice_of(words, slice, expected)?, words.convert(address, expected)?))
}

pub(super) fn operand_word(operand: Operand) -> String {
    match operand {
        Operand::Stream(stream) => stream.to_string(),
        Operand::Alu(alu) => format!("alu{alu}"),
        Operand::Immediate(bits) => format!("#{bits:08x}"),
        Operand::None => "-".to_owned(),
    }
}

pub(super) fn operand(words: &mut Words) -> Result<Operand, TextError> {
    let expected = "an operand: a stream (E3), an ALU (alu2), bits (#3f800000) or -";
    let word = words.word(expected)?;
    if word == "-" {
        return Ok(Operand::None);
    }
    if let Some(alu) = word.strip_prefix("alu") {
        return Ok(Operand::Alu(words.convert(alu, "an ALU from alu0 to alu255")?));
    }
    let Some(digits) = word.strip_prefix('#') else {
        return stream_of(words, &word, expected).map(Operand::Stream);
    };
    let is_hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let bits = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 8 && digits.chars().all(is_hexadecimal));
    bits.map(Operand::Immediate).ok_or_else(|| words.wrong(&word, "# and eight hexadecimal digits"))
}
