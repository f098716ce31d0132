//! The program file `.gw`: bytes of a program and back.
//!
//! In: a program, or bytes from anywhere.  Out: bytes, or a program, or one error with a position and what to do.
//! Invariant: decoding never panics and never allocates what the file's own size does not justify; what it accepts, `encode`
//!     writes back byte for byte; the executable's bytes are the same with and without a witness.
//! Method: a table of sections, each with length and checksum, all judged before a body is read; bodies are serde's postcard.
//!     FNV-1a misses no change of a single byte, each of its steps being a bijection. A program that reads well but would be
//!     written otherwise (an overlong number, say) is refused, so that equal programs are equal files.
//! Source: Fowler, Noll, Vo: FNV-1a, 64 bits. The layout is ours:
//!
//! ```text
//! 0  "GRNW"   4 version u16   6 sections u16   then per section: tag 4, length u64, checksum u64   then the bodies in order
//! tags: EXEC executable, WITN witness (may be missing), GRPH lowered graph, WGHT hashes of weights (may be missing); integers are little endian
//! ```

pub use arch::checksum;

use crate::{FormError, Program, WeightRange, Witness, check_form};
use serde::de::DeserializeOwned;

/// First bytes of every program file.
pub const MAGIC: [u8; 4] = *b"GRNW";
/// Version written and read by this build.
pub const VERSION: u16 = 5;

const EXECUTABLE: [u8; 4] = *b"EXEC";
const WITNESS: [u8; 4] = *b"WITN";
const GRAPH: [u8; 4] = *b"GRPH";
const WEIGHTS: [u8; 4] = *b"WGHT";
/// All sections in their order, and whether each must be there.
const ORDER: [([u8; 4], bool); 4] = [(EXECUTABLE, true), (WITNESS, false), (GRAPH, true), (WEIGHTS, false)];
const HEADER_BYTES: usize = 8;
const SECTION_BYTES: usize = 20;

/// Why bytes are no program file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("program file, byte {offset}: {found}; expected {expected}; {remedy}")]
pub struct FileError {
    /// Position in the file.
    pub offset: usize,
    /// What is there.
    pub found: String,
    /// What would be right.
    pub expected: String,
    /// What to do.
    pub remedy: &'static str,
}

const REMEDY_OTHER: &str = "give a file written by `greenwave compile --out`";
const REMEDY_AGAIN: &str = "compile the model again, or copy the file again";

/// One section in a file.
struct Section<'a> {
    tag: [u8; 4],
    /// Position of the body.
    offset: usize,
    body: &'a [u8],
}

/// The file of `program`. An empty witness is not written.
pub fn encode(program: &Program) -> Vec<u8> {
    encode_with(program, &[])
}

/// The file of `program` with the hashes of its weights. Without any, that section is not written.
pub fn encode_with(program: &Program, weights: &[WeightRange]) -> Vec<u8> {
    let mut sections = vec![(EXECUTABLE, bytes(&program.executable))];
    if program.witness != Witness::default() {
        sections.push((WITNESS, bytes(&program.witness)));
    }
    sections.push((GRAPH, bytes(&program.lowered)));
    if !weights.is_empty() {
        sections.push((WEIGHTS, bytes(&weights)));
    }
    let sections: Vec<([u8; 4], &[u8])> = sections.iter().map(|(tag, body)| (*tag, body.as_slice())).collect();
    assemble(&sections)
}

/// The program in `file`.
///
/// Errors: any byte sequence that `encode` does not write, with the position of the first fault.
pub fn decode(file: &[u8]) -> Result<Program, FileError> {
    decode_with(file).map(|(program, _)| program)
}

/// The program in `file`, and the hashes of its weights, if they are named.
///
/// Errors: any byte sequence that `encode_with` does not write, with the position of the first fault.
pub fn decode_with(file: &[u8]) -> Result<(Program, Vec<WeightRange>), FileError> {
    let sections = sections(file)?;
    let found = |tag| sections.iter().find(|section| section.tag == tag);
    let there = |tag| found(tag).expect("`sections` asks for it");
    let executable = there(EXECUTABLE);
    let program = Program {
        executable: read(executable)?,
        witness: found(WITNESS).map_or(Ok(Witness::default()), read)?,
        lowered: read(there(GRAPH))?,
    };
    let weights: Vec<WeightRange> = found(WEIGHTS).map_or(Ok(Vec::new()), read)?;
    check_form(&program.executable).map_err(|fault| bad_form(executable.offset, &fault))?;
    let again = encode_with(&program, &weights);
    if again != file {
        let offset = again.iter().zip(file).take_while(|(a, b)| a == b).count();
        let (found, expected) =
            ("a value not in its shortest form".to_owned(), "the bytes that `encode` writes".to_owned());
        return Err(FileError { offset, found, expected, remedy: REMEDY_OTHER });
    }
    Ok((program, weights))
}

/// The same file without its witness; the executable's bytes are untouched.
pub fn strip_witness(file: &[u8]) -> Result<Vec<u8>, FileError> {
    let sections = sections(file)?;
    let kept = sections.iter().filter(|section| section.tag != WITNESS);
    let kept: Vec<([u8; 4], &[u8])> = kept.map(|section| (section.tag, section.body)).collect();
    Ok(assemble(&kept))
}

fn bytes(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("every sequence of the vocabulary knows its length")
}

fn assemble(sections: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let count = u16::try_from(sections.len()).expect("there are at most four sections");
    let mut file = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &count.to_le_bytes()].concat();
    for (tag, body) in sections {
        file.extend(tag);
        file.extend((body.len() as u64).to_le_bytes());
        file.extend(checksum(body).to_le_bytes());
    }
    for (_, body) in sections {
        file.extend(*body);
    }
    file
}

/// The two to four sections of `file` in their order, their lengths and checksums proved.
fn sections(file: &[u8]) -> Result<Vec<Section<'_>>, FileError> {
    let [m0, m1, m2, m3, v0, v1, c0, c1, ..] = *file else {
        return Err(too_short(file.len(), HEADER_BYTES));
    };
    let wrong = |offset, found: String, expected: String, remedy| Err(FileError { offset, found, expected, remedy });
    if [m0, m1, m2, m3] != MAGIC {
        return wrong(
            0,
            format!("{:02x?}", [m0, m1, m2, m3]),
            "`GRNW`, the mark of a program file".to_owned(),
            REMEDY_OTHER,
        );
    }
    let version = u16::from_le_bytes([v0, v1]);
    if version != VERSION {
        let remedy = "compile the model again with this build";
        return wrong(4, format!("version {version}"), format!("version {VERSION}"), remedy);
    }
    let count = usize::from(u16::from_le_bytes([c0, c1]));
    if !(2..=ORDER.len()).contains(&count) {
        return wrong(6, format!("{count} sections"), "2 to 4 sections".to_owned(), REMEDY_AGAIN);
    }
    let mut offset = HEADER_BYTES + count * SECTION_BYTES;
    let table = file.get(HEADER_BYTES..offset).ok_or_else(|| too_short(file.len(), offset))?;
    let mut sections = Vec::new();
    let mut order = ORDER.as_slice();
    for (index, row) in table.chunks_exact(SECTION_BYTES).enumerate() {
        let at = HEADER_BYTES + index * SECTION_BYTES;
        let section = section(file, row, at, offset)?;
        order = after(section.tag, order).map_err(|expected| FileError {
            offset: at,
            found: format!("section `{}`", section.tag.escape_ascii()),
            expected,
            remedy: REMEDY_AGAIN,
        })?;
        offset += section.body.len();
        sections.push(section);
    }
    if let Some((tag, _)) = order.iter().find(|(_, is_needed)| *is_needed) {
        let expected = format!("section `{}`", tag.escape_ascii());
        return wrong(HEADER_BYTES, format!("{count} sections without it"), expected, REMEDY_AGAIN);
    }
    if offset != file.len() {
        return wrong(offset, format!("{} bytes more", file.len() - offset), "the end".to_owned(), REMEDY_AGAIN);
    }
    Ok(sections)
}

/// What may follow a section of this tag, of what may stand in its place; else which could have stood there.
fn after(tag: [u8; 4], order: &[([u8; 4], bool)]) -> Result<&[([u8; 4], bool)], String> {
    let needed = order.iter().position(|(_, is_needed)| *is_needed).map_or(order.len(), |place| place + 1);
    let place = order[..needed].iter().position(|(other, _)| *other == tag);
    place.map(|place| &order[place + 1..]).ok_or_else(|| {
        let tags: Vec<String> = order[..needed].iter().map(|(tag, _)| format!("`{}`", tag.escape_ascii())).collect();
        if tags.is_empty() { "no more sections".to_owned() } else { format!("section {}", tags.join(" or ")) }
    })
}

/// The section whose table row stands at byte `at` and whose body starts at `offset`.
fn section<'a>(file: &'a [u8], row: &[u8], at: usize, offset: usize) -> Result<Section<'a>, FileError> {
    let number =
        |from: usize| row[from..from + 8].iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    let tag = [row[0], row[1], row[2], row[3]];
    let left = file.len() - offset;
    let length = usize::try_from(number(4)).ok().filter(|&length| length <= left).ok_or_else(|| FileError {
        offset: at + 4,
        found: format!("a section of {} bytes", number(4)),
        expected: format!("at most the {left} bytes that are left"),
        remedy: REMEDY_AGAIN,
    })?;
    let body = &file[offset..offset + length];
    if checksum(body) != number(12) {
        let found = format!("checksum {:016x}", checksum(body));
        let expected = format!("checksum {:016x}, as the table says", number(12));
        return Err(FileError { offset, found, expected, remedy: REMEDY_AGAIN });
    }
    Ok(Section { tag, offset, body })
}

fn read<T: DeserializeOwned>(section: &Section<'_>) -> Result<T, FileError> {
    let mut reader = postcard::Deserializer::from_bytes(section.body);
    let value = T::deserialize(&mut reader);
    let left = reader.finalize().map_or(0, <[u8]>::len);
    let offset = section.offset + section.body.len() - left;
    let wrong = |found: String, expected: &str| FileError {
        offset,
        found,
        expected: expected.to_owned(),
        remedy: REMEDY_AGAIN,
    };
    let value = value.map_err(|error| wrong(in_words(&error).to_owned(), "the next value of the section"))?;
    if left != 0 {
        return Err(wrong(format!("{left} bytes more"), "the end of the section"));
    }
    Ok(value)
}

/// What the reader of bodies found.
fn in_words(error: &postcard::Error) -> &'static str {
    match error {
        postcard::Error::DeserializeUnexpectedEnd => "the end of the section",
        postcard::Error::DeserializeBadVarint => "a number that is too large for its field",
        postcard::Error::DeserializeBadBool => "a byte that is neither 0 nor 1",
        postcard::Error::DeserializeBadOption => "a byte that says neither `nothing` nor `something`",
        postcard::Error::DeserializeBadEnum => "a number for which nothing stands",
        postcard::Error::DeserializeBadUtf8 | postcard::Error::DeserializeBadChar => "text that is not UTF-8",
        _ => "a value that its field cannot have",
    }
}

fn too_short(length: usize, needed: usize) -> FileError {
    let (found, expected) = ("the end of the file".to_owned(), format!("at least {needed} bytes"));
    FileError { offset: length, found, expected, remedy: REMEDY_AGAIN }
}

fn bad_form(offset: usize, fault: &FormError) -> FileError {
    let (found, expected) = (fault.to_string(), "an executable of good form".to_owned());
    FileError { offset, found, expected, remedy: REMEDY_OTHER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::program;
    use units::Rng;

    #[test]
    fn what_is_written_is_read_back() {
        for seed in 0..200 {
            let program = program(seed);
            let file = encode(&program);
            assert_eq!(decode(&file).as_ref(), Ok(&program), "seed {seed}");
            assert_eq!(encode(&decode(&file).expect("read above")), file);
        }
    }

    #[test]
    fn a_stripped_file_holds_the_same_executable() {
        let program = program(3);
        let file = encode(&program);
        let stripped = strip_witness(&file).expect("the file is whole");
        let expected = Program { witness: Witness::default(), ..program };
        assert_eq!(decode(&stripped), Ok(expected.clone()));
        assert_eq!(encode(&expected), stripped);
        assert_eq!(strip_witness(&stripped), Ok(stripped));
    }

    #[test]
    fn hashes_of_weights_stand_behind_the_graph_and_are_read_back() {
        let range = |first| WeightRange { tensor: units::Id::new(3), first, rows: 7, digest: crate::Digest([9; 32]) };
        for (program, weights) in [(program(3), vec![range(0), range(7)]), (program(4), vec![range(1)])] {
            for program in [program.clone(), Program { witness: Witness::default(), ..program }] {
                let file = encode_with(&program, &weights);
                assert_eq!(decode_with(&file), Ok((program.clone(), weights.clone())));
                assert_eq!(decode(&file).as_ref(), Ok(&program));
                assert_ne!(file, encode(&program));
                let bare = encode_with(&Program { witness: Witness::default(), ..program }, &weights);
                assert_eq!(strip_witness(&file), Ok(bare));
            }
        }
        let sections = [(EXECUTABLE, bytes(&program(1).executable)), (WEIGHTS, bytes(&vec![range(0)]))];
        let sections: Vec<([u8; 4], &[u8])> = sections.iter().map(|(tag, body)| (*tag, body.as_slice())).collect();
        let said = decode(&assemble(&sections)).expect_err("there is no graph").to_string();
        assert!(said.starts_with("program file, byte 28: section `WGHT`; expected section `WITN` or `GRPH`"), "{said}");
        let said = decode(&assemble(&[sections[0]; 2])).expect_err("twice the same").to_string();
        assert!(said.starts_with("program file, byte 28: section `EXEC`; expected section `WITN` or `GRPH`"), "{said}");
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let file = encode(&program(5));
        for length in 0..file.len() {
            let error = decode(&file[..length]).expect_err("a piece is missing");
            assert!(error.offset <= length, "cut at {length}: {error}");
        }
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let file = encode(&program(7));
        let mut rng = Rng::new(7);
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1 + rng.below(255) as u8;
            decode(&changed).expect_err("every byte is under a check");
        }
    }

    /// Bodies changed under a right checksum: what an attacker writes, not what a disk breaks.
    #[test]
    fn hostile_bodies_never_panic_and_stay_canonical() {
        let mut accepted = 0;
        for seed in 0..20_000u64 {
            let mut rng = Rng::new(seed);
            let program = program(seed % 16);
            let mut body = bytes(&program.executable);
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(body.len() as u64) as usize;
                body[at] = if rng.below(2) == 0 { 0xff } else { rng.next_u64() as u8 };
            }
            let file = assemble(&[(EXECUTABLE, &body), (GRAPH, &bytes(&program.lowered))]);
            match decode(&file) {
                Ok(read) => {
                    accepted += 1;
                    assert_eq!(encode(&read), file, "seed {seed}");
                    assert!(read.executable.length().0 < 1 << 52);
                }
                Err(error) => {
                    let said = error.to_string();
                    assert!(["erde", "usize", "platform"].iter().all(|word| !said.contains(word)), "{said}");
                }
            }
        }
        assert!(100 < accepted, "the mutations should not all be refused at once");
    }

    #[test]
    fn errors_say_where_and_what_to_do() {
        let file = encode(&program(1));
        let check = |change: &dyn Fn(&mut Vec<u8>), expected: &str| {
            let mut changed = file.clone();
            change(&mut changed);
            let error = decode(&changed).expect_err("the file is broken").to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check(&|file| file[0] = b'P', "program file, byte 0: [50, 52, 4e, 57]; expected `GRNW`");
        check(&|file| file[4] = 9, "program file, byte 4: version 9; expected version 5; compile the model again");
        check(&|file| file[19] = 0xff, "program file, byte 12: a section of 1837468647967162");
        check(&|file| file.push(0), &format!("program file, byte {}: 1 bytes more; expected the end", file.len()));
    }
}
