//! Programs as files and as text, for whoever stores them or reads them.
//!
//! In: programs, or bytes and text from anywhere.  Out: bytes, text, or a program; else one error with a position.
//! Invariant: what was printed is read back to an executable of the same bytes; the printed text says which bytes those are.
//! Method: `program`'s own formats; the text ends with a comment that holds length and checksum of the executable's bytes.

use arch::Chip;
use graph::{Graph, LoadError, TensorData};
use program::binary::{FileError, MAGIC, checksum, decode, decode_with, encode, encode_with};
use program::text::{TextError, parse, print, print_with_labels};
use program::{Executable, Program, Seat, System, WeightRange, Witness, weight_ranges};

/// What introduces the seal in a printed program.
const SEAL: &str = "; executable of";

/// A machine that this build does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chip `{name}`: expected {}; choose one of these", known().join(" or "))]
pub struct UnknownChip {
    /// The name.
    pub name: String,
}

/// Length and checksum of an executable's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Bytes of a program file with this executable alone.
    pub bytes: usize,
    /// FNV-1a of them.
    pub checksum: u64,
}

/// What reading a text back has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// The executable that the text describes.
    pub executable: Executable,
    /// Its seal.
    pub seal: Seal,
    /// The one that its last line names, if it does.
    pub claimed: Option<Seal>,
}

/// Names of the machines of this build.
fn known() -> Vec<String> {
    vec![Chip::lpu_14nm().name]
}

/// The machine of that name.
pub fn chip_named(name: &str) -> Result<Chip, UnknownChip> {
    let chip = Chip::lpu_14nm();
    if chip.name == name { Ok(chip) } else { Err(UnknownChip { name: name.to_owned() }) }
}

/// Whether a file says that it is a program.
pub fn is_program(file: &[u8]) -> bool {
    file.starts_with(&MAGIC)
}

/// The program in a file.
pub fn read_program(file: &[u8]) -> Result<Program, FileError> {
    decode(file)
}

/// The program in a file, and the hashes of the weights that it was compiled for, if the file names them.
pub fn read_with_weights(file: &[u8]) -> Result<(Program, Vec<WeightRange>), FileError> {
    decode_with(file)
}

/// The file of a program.
pub fn write_program(program: &Program) -> Vec<u8> {
    encode(program)
}

/// The file of a program, which names the hashes of the weights that `tables` has for it.
///
/// Errors: a tensor that is missing there.
pub fn write_with_weights(program: &Program, tables: &dyn TensorData) -> Result<Vec<u8>, LoadError> {
    let ranges = weight_ranges(&program.executable, &program.lowered, tables)?;
    Ok(encode_with(program, &ranges))
}

/// The program as text, with cycles and names as comments; its last line is its seal.
pub fn assembly(program: &Program) -> String {
    let text = print_with_labels(&program.executable, &program.witness);
    let Seal { bytes, checksum } = seal(&program.executable);
    format!("{text}{SEAL} {bytes} bytes, checksum {checksum:016x}\n")
}

/// Reads a text, prints what was read and reads that again.
///
/// Errors: the first line that is none of the text's form.
pub fn read_back(text: &str) -> Result<ReadBack, TextError> {
    let executable = parse(text)?;
    let again = parse(&print(&executable)).expect("what is printed can be read");
    assert_eq!(seal(&again), seal(&executable), "printing and reading must not change an executable");
    Ok(ReadBack { seal: seal(&executable), claimed: text.lines().rev().find_map(claim), executable })
}

/// All programs of a system as texts, one behind the other, each with its seal; who runs which stands as comments before them.
pub fn assembly_of_system(system: &System) -> String {
    let mut text = format!("; {} seats of {}\n", system.seats.len(), system.topology);
    for (number, Seat { node, role, layer, carry }) in system.seats.iter().enumerate() {
        let carry = carry.map_or(String::new(), |carry| format!(", then carry {carry}"));
        text += &format!("; seat {number}: node {node} runs role {role} from layer {layer} on{carry}\n");
    }
    for (number, role) in system.roles.iter().enumerate() {
        text += &format!("; role {number}: {}\n{}", role.name.escape_debug(), assembly(&role.program));
    }
    for (number, carry) in system.carries.iter().enumerate() {
        text += &format!("; carry {number}\n{}", assembly(carry));
    }
    text
}

/// Reads a text with one program or more, each as `read_back` does.
///
/// Errors: the first line that is none of the text's form.
pub fn read_back_all(text: &str) -> Result<Vec<ReadBack>, TextError> {
    let mut pieces: Vec<(usize, &str)> = Vec::new();
    let (mut line, mut start, mut at) = (0, (0, 0), 0);
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let is_program = whole.split_whitespace().next() == Some("program");
        if is_program && line != 0 {
            pieces.push((start.0, &text[start.1..at]));
            start = (number, at);
        }
        line += usize::from(is_program);
        at += whole.len();
    }
    pieces.push((start.0, &text[start.1..]));
    let read = |(before, piece): (usize, &str)| {
        read_back(piece).map_err(|error| TextError { line: before + error.line, ..error })
    };
    pieces.into_iter().map(read).collect()
}

fn seal(executable: &Executable) -> Seal {
    let alone = Program { executable: executable.clone(), witness: Witness::default(), lowered: Graph::default() };
    let file = encode(&alone);
    Seal { bytes: file.len(), checksum: checksum(&file) }
}

/// The seal that a line holds.
fn claim(line: &str) -> Option<Seal> {
    let (bytes, checksum) = line.strip_prefix(SEAL)?.trim().split_once(" bytes, checksum ")?;
    Some(Seal { bytes: bytes.parse().ok()?, checksum: u64::from_str_radix(checksum, 16).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "program lpu-14nm on chip context 1\ntemplate only\n  queue W1.read\n    nop 5\n    read b0+3 -> E8\n";

    fn program(text: &str) -> Program {
        let executable = parse(text).expect("written well");
        Program { executable, witness: Witness::default(), lowered: Graph::default() }
    }

    #[test]
    fn a_printed_program_names_its_own_bytes() {
        let found = read_back(&assembly(&program(TEXT))).expect("what is printed can be read");
        assert_eq!(found.claimed, Some(found.seal));
    }

    #[test]
    fn a_changed_text_is_another_executable() {
        let changed = assembly(&program(TEXT)).replace("nop 5", "nop 6");
        let found = read_back(&changed).expect("of the right form");
        assert_ne!(found.claimed, Some(found.seal));
        assert_eq!(read_back(TEXT).expect("of the right form").claimed, None);
    }

    #[test]
    fn programs_one_behind_the_other_are_read_back_each_by_itself() {
        let other = TEXT.replace("nop 5", "nop 7");
        let both = format!("; first\n{}; second\n{}", assembly(&program(TEXT)), assembly(&program(&other)));
        let found = read_back_all(&both).expect("both are of the right form");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|one| one.claimed == Some(one.seal)), "{found:?}");
        assert_ne!(found[0].seal, found[1].seal);
        let wrong = both.replace("nop 7", "nop x");
        let line = wrong.lines().position(|line| line.contains("nop x")).expect("it is there") + 1;
        assert_eq!(read_back_all(&wrong).expect_err("x is no number").line, line);
        assert_eq!(read_back_all("").expect_err("nothing is no program").line, 1);
    }

    #[test]
    fn an_unknown_chip_is_named_beside_those_that_are() {
        let error = chip_named("abacus").expect_err("no such chip");
        assert_eq!(error.to_string(), "chip `abacus`: expected lpu-14nm; choose one of these");
    }
}
