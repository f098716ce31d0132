//! Files that lie: truncated at every byte, mutated by seed, and one crafted lie per rule.
//!
//! In: a small valid file.  Out: an error for each lie, never a panic, never a read beyond what the file's size justifies.
//! Invariant: what parses after a mutation still obeys every layout rule.
//! Method: a source that counts what is asked of it stands in for the allocator.

use super::writer::Writer;
use super::{Header, Value};
use crate::error::{ImportError, Kind, check_languages};
use crate::source::{Source, SourceError};
use std::borrow::Cow;
use std::cell::Cell;
use units::{Bytes, Rng, Span};

fn small() -> Writer {
    let mut writer = Writer::default();
    writer.text("general.architecture", "llama").u32("llama.block_count", 2).f32("llama.eps", 1e-5);
    writer.bool("flag", true).texts("tokens", &["a", "bc", "", "好"]).i32s("types", &[1, -2, 3]);
    writer.f32_tensor("first", &[4, 2], &[1.0; 8]).tensor("second", &[32], 2, &[7; 18]);
    writer
}

/// A source that refuses, as a failed test, any request beyond the file.
struct Counted {
    bytes: Vec<u8>,
    asked_max: Cell<u64>,
}

impl Source for Counted {
    fn size(&self) -> Bytes {
        self.bytes.size()
    }

    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError> {
        assert!(span.end() <= self.bytes.len() as u64, "asked for {span:?} of {}", self.bytes.len());
        self.asked_max.set(self.asked_max.get().max(span.len));
        self.bytes.read(span)
    }
}

fn parse(bytes: &[u8]) -> Result<Header, ImportError> {
    let source = Counted { bytes: bytes.to_vec(), asked_max: Cell::new(0) };
    let header = Header::parse(&source);
    assert!(source.asked_max.get() <= bytes.len() as u64);
    header
}

#[test]
fn a_valid_file_is_read_whole() {
    let file = small().file();
    let header = parse(&file).unwrap();
    assert_eq!(header.version, 3);
    assert_eq!(header.optional_u32("llama.block_count"), Ok(Some(2)));
    assert_eq!(header.optional_bool("flag"), Ok(Some(true)));
    assert_eq!(header.optional_f32("llama.eps"), Ok(Some(1e-5)));
    let tokens: Vec<&str> = header.optional_texts("tokens").unwrap().unwrap().iter().collect();
    assert_eq!(tokens, ["a", "bc", "", "好"]);
    let first = header.tensor("first").unwrap();
    assert_eq!((first.extents.as_slice(), first.kind.name), ([2, 4].as_slice(), "F32"));
    assert_eq!(file.read(first.span).unwrap()[..4], 1f32.to_le_bytes());
    let second = header.tensor("second").unwrap();
    assert_eq!(file.read(second.span).unwrap().as_ref(), [7; 18]);
}

#[test]
fn every_truncation_is_an_error_with_a_position() {
    let file = small().file();
    let needed = parse(&file).unwrap().tensor("second").unwrap().span.end() as usize;
    for length in 0..needed {
        let error = parse(&file[..length]).unwrap_err();
        assert!(error.at.is_some_and(|at| at <= length as u64), "{length}: {error}");
        assert!([Kind::Truncated, Kind::Malformed].contains(&error.kind), "{length}: {error}");
    }
    parse(&file[..needed]).unwrap();
}

#[test]
fn mutated_files_never_panic_and_what_parses_obeys_the_layout() {
    let file = small().file();
    let mut accepted = 0;
    for seed in 0..20_000 {
        let mut rng = Rng::new(seed);
        let mut bytes = file.clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(bytes.len() as u64) as usize;
            bytes[at] = match rng.below(3) {
                0 => bytes[at] ^ (1 << rng.below(8)),
                1 => 0xff,
                _ => rng.next_u64() as u8,
            };
        }
        let Ok(header) = parse(&bytes) else { continue };
        accepted += 1;
        let mut spans: Vec<Span> = header.tensors().map(|tensor| tensor.span).collect();
        spans.sort();
        assert!(spans.iter().all(|span| span.end() <= bytes.len() as u64), "seed {seed}");
        assert!(spans.windows(2).all(|pair| !pair[0].overlaps(pair[1])), "seed {seed}");
    }
    assert!((2_000..18_000).contains(&accepted), "{accepted} of 20000 mutants parse: the mutations test nothing");
}

fn refused(file: &[u8], at: u64, words: &str) {
    let error = parse(file).unwrap_err();
    assert_eq!(error.at, Some(at), "{error}");
    check_languages(&error);
    assert!(error.to_string().contains(words), "`{error}` lacks `{words}`");
}

fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = small().file();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// Position of `name` in the small file.
fn position(name: &str) -> usize {
    small().file().windows(name.len()).position(|window| window == name.as_bytes()).unwrap()
}

#[test]
fn magic_version_and_byte_order() {
    refused(b"PK\x03\x04....", 0, "expected `GGUF`, found `PK\\u{3}\\u{4}`");
    refused(&patched(4, &1u32.to_le_bytes()), 4, "expected GGUF 2, GGUF 3, found 1");
    refused(&patched(4, &3u32.to_be_bytes()), 4, "big-endian");
    refused(b"", 0, "the end of the file after 0");
}

#[test]
fn lying_counts_and_lengths() {
    refused(&patched(8, &u64::MAX.to_le_bytes()), 8, "a tensor count of at most");
    refused(&patched(16, &(1u64 << 40).to_le_bytes()), 16, "a metadata count of at most");
    refused(&patched(24, &(1u64 << 62).to_le_bytes()), 24, "a key of at most 65535 bytes");
    refused(&patched(24, &60_000u64.to_le_bytes()), 32, "expected 60000 bytes of a key");
}

#[test]
fn lying_tensors() {
    let name = position("first");
    let entry = name as u64 - 8;
    let (rank, extents, code, offset) = (name + 5, name + 9, name + 25, name + 29);
    refused(&patched(rank, &9u32.to_le_bytes()), rank as u64, "expected 1 to 4, found 9");
    refused(&patched(extents, &0u64.to_le_bytes()), extents as u64, "not zero");
    refused(&patched(extents, &(1u64 << 63).to_le_bytes()), extents as u64, "fits 64 bits");
    refused(&patched(extents, &(1u64 << 40).to_le_bytes()), entry, "inside the file");
    refused(&patched(code, &77u32.to_le_bytes()), code as u64, "found 77");
    refused(&patched(code, &12u32.to_le_bytes()), extents as u64, "a multiple of 256, the block of Q4_K");
    refused(&patched(offset, &8u64.to_le_bytes()), entry, "a multiple of 32");
    refused(&patched(offset, &(u64::MAX - 31).to_le_bytes()), entry, "inside the file");
    refused(&patched(offset, &32u64.to_le_bytes()), position("second") as u64 - 8, "inside tensor `first`");
}

#[test]
fn names_occur_once() {
    let mut writer = small();
    writer.u32("flag", 1);
    assert!(parse(&writer.file()).unwrap_err().to_string().contains("expected it once"));
    let mut writer = small();
    writer.f32_tensor("first", &[1], &[0.0]);
    assert!(parse(&writer.file()).unwrap_err().to_string().contains("expected it once"));
}

#[test]
fn alignment_is_a_power_of_two_and_is_obeyed() {
    let mut writer = small();
    writer.u32("general.alignment", 48);
    assert!(parse(&writer.file()).unwrap_err().to_string().contains("a power of two"));
    let mut writer = Writer::default();
    writer.u32("general.alignment", 1 << 31).f32_tensor("x", &[1], &[0.0]);
    assert!(parse(&writer.file()).unwrap_err().to_string().contains("inside the file"));
}

#[test]
fn texts_are_utf8_and_booleans_are_bits() {
    let mut file = small().file();
    let at = position("llama");
    file[at + 1] = 0xff;
    refused(&file, at as u64 + 1, "the byte 0xff");
    let mut file = small().file();
    let at = position("flag") + 8;
    file[at] = 2;
    refused(&file, at as u64, "expected 0 to 1, found 2");
}

#[test]
fn a_value_of_another_type_is_named() {
    let header = parse(&small().file()).unwrap();
    let error = header.optional_u32("llama.eps").unwrap_err();
    assert!(error.to_string().contains("`llama.eps`: expected 0 to 4294967295"), "{error}");
    assert!(matches!(header.entry("types").unwrap().value, Value::Numbers(_)));
}
