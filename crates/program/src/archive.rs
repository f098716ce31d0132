//! The system file: bytes of a pipeline and back, what its programs have in common written once.
//!
//! In: a system, or bytes from anywhere.  Out: bytes, or a system, or one error with a position and what to do.
//! Invariant: as of a program file: reading never panics nor allocates what the file's own size does not justify, and what it accepts
//!     `encode_system` writes back byte for byte.
//! Method: serde's postcard, packed, of what repeats as it is put here. Residencies are written as differences to the one before: the eight
//!     chips of a node, tile after tile, are then the same numbers again and again. Of a queue two lists are written: which entry of a
//!     table of all that differ, addresses left out; and from address to address the difference.
//!
//! ```text
//! 0  "GRNS"   4 version u16   6 checksum of the rest u64   14 packed body; integers are little endian
//! ```

use crate::binary::FileError;
use crate::pack::{pack, unpack};
use crate::{Address, Burst, Entry, Executable, Packing, Residency, System, WordSource, check_form};
use arch::{Hemisphere, SliceId, checksum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::Id;

/// First bytes of every system file.
pub const SYSTEM_MAGIC: [u8; 4] = *b"GRNS";
/// Version written and read by this build.
pub const SYSTEM_VERSION: u16 = 1;

const HEADER_BYTES: usize = 14;
const REMEDY: &str = "give a file of `greenwave study --chips N --out FILE`, or write it again";

/// Numbers of a residency.
type Row = [i64; 9];

/// What the body holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Without images, and without entries in queues.
    system: System,
    /// Images of roles, then of carries.
    images: Vec<Vec<Row>>,
    /// All entries that differ but for the word that they name, in order.
    entries: Vec<Entry>,
    /// By queue.
    queues: Vec<Listed>,
}

/// A queue.
#[derive(Serialize, Deserialize)]
struct Listed {
    /// Which entries.
    numbers: Vec<u32>,
    /// Of those that name a word: its distance from the one before.
    words: Vec<i32>,
}

/// The file of `system`.
pub fn encode_system(system: &System) -> Vec<u8> {
    let mut system = system.clone();
    let images = executables(&mut system).map(|it| differences(&std::mem::take(&mut it.image))).collect();
    let mut entries: BTreeMap<Entry, u32> = BTreeMap::new();
    for entry in executables(&mut system).flat_map(queues).flat_map(|queue| queue.iter()) {
        entries.insert(placed(*entry, |_| 0), 0);
    }
    entries.values_mut().zip(0..).for_each(|(number, place)| *number = place);
    let queues =
        executables(&mut system).flat_map(queues).map(|queue| listed(&std::mem::take(queue), &entries)).collect();
    let stored = Stored { system, images, entries: entries.into_keys().collect(), queues };
    let plain = postcard::to_allocvec(&stored).expect("every sequence knows its length");
    let body = pack(&plain);
    [SYSTEM_MAGIC.as_slice(), &SYSTEM_VERSION.to_le_bytes(), &checksum(&body).to_le_bytes(), &body].concat()
}

/// The system in `file`.
///
/// Errors: any byte sequence that `encode_system` does not write, with the position of the first fault.
pub fn decode_system(file: &[u8]) -> Result<System, FileError> {
    let wrong = |offset: usize, found: &str, expected: &str| FileError {
        offset,
        found: found.to_owned(),
        expected: expected.to_owned(),
        remedy: REMEDY,
    };
    let header =
        file.get(..HEADER_BYTES).ok_or_else(|| wrong(file.len(), "the end of the file", "at least 14 bytes"))?;
    if header[..4] != SYSTEM_MAGIC {
        return Err(wrong(0, "other bytes", "`GRNS`, the mark of a system file"));
    }
    if header[4..6] != SYSTEM_VERSION.to_le_bytes() {
        return Err(wrong(4, "another version", "version 1"));
    }
    let body = &file[HEADER_BYTES..];
    if header[6..] != checksum(body).to_le_bytes() {
        return Err(wrong(6, "another checksum", "the checksum of the body"));
    }
    let plain = unpack(body)
        .map_err(|error| wrong(HEADER_BYTES + error.offset, "a step that leads nowhere", "bytes that were packed"))?;
    let stored: Stored = postcard::from_bytes(&plain).map_err(|_| wrong(HEADER_BYTES, "something else", "a system"))?;
    let system = whole(stored).ok_or_else(|| {
        wrong(HEADER_BYTES, "an image, a queue or an entry too many or too few", "those of the programs")
    })?;
    let programs = system.roles.iter().map(|role| &role.program).chain(&system.carries);
    for program in programs {
        check_form(&program.executable)
            .map_err(|fault| wrong(HEADER_BYTES, &fault.to_string(), "executables of good form"))?;
    }
    let again = encode_system(&system);
    if again != file {
        let offset = again.iter().zip(file).take_while(|(a, b)| a == b).count();
        return Err(wrong(offset, "a value not in its shortest form", "the bytes that `encode_system` writes"));
    }
    Ok(system)
}

/// A system with its images and queues.
fn whole(stored: Stored) -> Option<System> {
    let Stored { mut system, images, entries, queues: lists } = stored;
    let (mut images, mut lists) = (images.iter(), lists.iter());
    for executable in executables(&mut system) {
        executable.image = residencies(images.next()?)?;
        for queue in queues(executable) {
            *queue = entered(lists.next()?, &entries)?;
        }
    }
    (images.next().is_none() && lists.next().is_none()).then_some(system)
}

/// Executables of roles, then of carries.
fn executables(system: &mut System) -> impl Iterator<Item = &mut Executable> {
    let roles = system.roles.iter_mut().map(|role| &mut role.program);
    roles.chain(&mut system.carries).map(|program| &mut program.executable)
}

/// Entries of all queues of all templates.
fn queues(executable: &mut Executable) -> impl Iterator<Item = &mut Vec<Entry>> {
    executable.templates.iter_mut().flat_map(|template| template.queues.iter_mut().map(|(_, entries)| entries))
}

/// The entry with another word, if it names one.
fn placed(entry: Entry, word: impl FnOnce(u16) -> u16) -> Entry {
    let Entry::Issue(burst) = entry else { return entry };
    let Some(address) = burst.instruction.address() else { return entry };
    let address = Address { offset: word(address.offset), ..address };
    Entry::Issue(Burst { instruction: burst.instruction.with_address(address), ..burst })
}

fn listed(queue: &[Entry], entries: &BTreeMap<Entry, u32>) -> Listed {
    let (mut numbers, mut words, mut before) = (Vec::new(), Vec::new(), 0);
    for entry in queue {
        let bare = placed(*entry, |word| {
            words.push(i32::from(word) - before);
            before = i32::from(word);
            0
        });
        numbers.push(entries[&bare]);
    }
    Listed { numbers, words }
}

fn entered(listed: &Listed, entries: &[Entry]) -> Option<Vec<Entry>> {
    let (mut words, mut now, mut is_whole) = (listed.words.iter(), 0i32, true);
    let mut entry = |number: &u32| {
        let bare = *entries.get(*number as usize)?;
        let entry = placed(bare, |_| {
            let word = words.next().and_then(|word| now.checked_add(*word)).filter(|word| u16::try_from(*word).is_ok());
            is_whole &= word.is_some();
            now = word.unwrap_or(0);
            now as u16
        });
        Some(entry)
    };
    let queue: Option<Vec<Entry>> = listed.numbers.iter().map(&mut entry).collect();
    queue.filter(|_| is_whole && words.next().is_none())
}

fn numbers(residency: &Residency) -> Row {
    let Residency { chip, slice, address, words, source, row, step } = *residency;
    let (kind, id) = match source {
        WordSource::State { node, plane } => (i64::from(plane) << 2, node.index()),
        WordSource::Tensor { tensor, packing: Packing::Plane(plane) } => (i64::from(plane) << 2 | 1, tensor.index()),
        WordSource::Tensor { tensor, packing: Packing::Half(half) } => (i64::from(half) << 2 | 2, tensor.index()),
        WordSource::Tensor { tensor, packing: Packing::EitherHalf } => (3, tensor.index()),
    };
    let half = slice.hemisphere.index() as i64;
    let place = [chip.into(), half, slice.number.into(), address.into(), words.into()];
    let [a, b, c, d, e] = place;
    [a, b, c, d, e, kind, id as i64, row.into(), step.into()]
}

fn residency(numbers: Row) -> Option<Residency> {
    let [chip, half, slice, address, words, kind, id, row, step] = numbers;
    let (id, index) = (usize::try_from(id).ok().filter(|id| *id < u32::MAX as usize)?, u8::try_from(kind >> 2).ok()?);
    let source = match kind & 3 {
        0 => WordSource::State { node: Id::new(id), plane: index },
        1 => WordSource::Tensor { tensor: Id::new(id), packing: Packing::Plane(index) },
        2 => WordSource::Tensor { tensor: Id::new(id), packing: Packing::Half(index) },
        _ => WordSource::Tensor { tensor: Id::new(id), packing: Packing::EitherHalf },
    };
    let hemisphere = Hemisphere::BOTH.into_iter().find(|hemisphere| hemisphere.index() as i64 == half)?;
    Some(Residency {
        chip: u16::try_from(chip).ok()?,
        slice: SliceId { hemisphere, number: u8::try_from(slice).ok()? },
        address: u16::try_from(address).ok()?,
        words: u16::try_from(words).ok()?,
        source,
        row: u32::try_from(row).ok()?,
        step: u32::try_from(step).ok()?,
    })
}

fn differences(image: &[Residency]) -> Vec<Row> {
    let mut before: Row = [0; 9];
    let difference = |residency: &Residency| {
        let now = numbers(residency);
        let row = std::array::from_fn(|place| now[place] - before[place]);
        before = now;
        row
    };
    image.iter().map(difference).collect()
}

fn residencies(rows: &[Row]) -> Option<Vec<Residency>> {
    let mut now: Row = [0; 9];
    let sum = |row: &Row| {
        for (sum, difference) in now.iter_mut().zip(row) {
            *sum = sum.checked_add(*difference)?;
        }
        residency(now)
    };
    rows.iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::program;
    use crate::{Role, Seat};
    use units::Rng;

    fn system(seed: u64) -> System {
        let role = |number| Role { name: format!("role {number}"), program: program(seed + number) };
        let seat = |node: u16| Seat { node, role: u32::from(node % 2), layer: node.into(), carry: Some(0) };
        System {
            topology: "racks-1".to_owned(),
            roles: (0..2).map(role).collect(),
            carries: vec![program(seed + 7)],
            seats: (0..3).map(seat).collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for seed in 0..20 {
            let system = system(seed);
            let file = encode_system(&system);
            assert_eq!(decode_system(&file).as_ref(), Ok(&system), "seed {seed}");
        }
    }

    #[test]
    fn a_program_that_stands_twice_is_written_once() {
        let one = system(3);
        let mut twice = one.clone();
        twice.roles.extend(one.roles.clone());
        let (one, twice) = (encode_system(&one).len(), encode_system(&twice).len());
        assert!(twice < one + one / 10 + 64, "{one} and {twice} bytes");
    }

    #[test]
    fn spoiled_files_are_refused_and_nothing_panics() {
        let file = encode_system(&system(5));
        let mut rng = Rng::new(9);
        for _ in 0..300 {
            let mut bytes = file.clone();
            let at = rng.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << rng.below(8);
            // Half of them with a checksum that is right again.
            if rng.below(2) == 0 && HEADER_BYTES <= at {
                let sum = checksum(&bytes[HEADER_BYTES..]).to_le_bytes();
                bytes[6..HEADER_BYTES].copy_from_slice(&sum);
            }
            let error = decode_system(&bytes).err();
            assert!(error.is_none_or(|error| error.offset <= bytes.len()));
        }
        for length in 0..file.len().min(200) {
            decode_system(&file[..length]).expect_err("it ends too early");
        }
    }
}
