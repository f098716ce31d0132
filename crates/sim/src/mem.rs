//! Memory slices: Read, Write, Gather and Scatter.
//!
//! In: dispatches of a slice's read and write side.  Out: words on streams, words on their way into SRAM.
//! Invariant: a read dispatched at t sees the writes dispatched at t - `mem_write` or earlier and no other.
//! Method: writes wait in a queue until they are visible; the write side of a cycle is executed before the read side, which then checks
//!     that the two use different banks. A conflict spoils both: the word read and the words written.

use crate::sram::Held;
use crate::step::{BanksTouched, PendingWrite, State, Step};
use crate::word::Word;
use crate::{Cause, Observer, PoisonId};
use arch::{SliceId, StreamId};
use program::{Address, SUPERLANES, WORD_BYTES};

/// Bytes of one superlane of a word.
pub(crate) const SUPERLANE_BYTES: usize = 16;

/// Executes a Read.
pub(crate) fn read<O: Observer>(step: &mut Step<O>, slice: SliceId, word: Result<u16, PoisonId>, to: StreamId) {
    let after = step.shared.chip.latency.mem_read;
    let index = step.shared.slice(slice);
    let value = match word {
        Ok(address) => read_word(step, index, address),
        Err(id) => Word::Poison(id),
    };
    step.drive(to, after, value);
}

#[inline]
fn read_word<O: Observer>(step: &mut Step<O>, index: usize, address: u16) -> Word {
    if let Some(id) = conflict(step, index, address) {
        return Word::Poison(id);
    }
    match step.state.sram.get(index, address) {
        Some(word) => word,
        None => Word::Poison(step.violation(Cause::Unwritten { address })),
    }
}

/// Executes a Write.
pub(crate) fn write<O: Observer>(step: &mut Step<O>, slice: SliceId, word: Result<u16, PoisonId>, from: StreamId) {
    let value = step.sample(from);
    let Ok(address) = word else { return };
    let index = step.shared.slice(slice);
    put(step, index, address, value);
}

/// Lets a word show after `mem_write`: whole, or in the superlanes that are at work.
fn put<O: Observer>(step: &mut Step<O>, slice: usize, address: u16, word: Word) {
    touch(step, slice, address);
    let dispatched = step.cycle;
    let mut put = |word, superlane| {
        step.state.pending.push_back(PendingWrite { dispatched, slice, address, word, superlane });
    };
    if step.superlanes == SUPERLANES {
        return put(word, None);
    }
    (0..step.superlanes).for_each(|superlane| put(word.clone(), Some(superlane)));
}

/// Executes a Gather.
pub(crate) fn gather<O: Observer>(step: &mut Step<O>, slice: SliceId, map: StreamId, to: StreamId) {
    let after = step.shared.chip.latency.mem_gather;
    let index = step.shared.slice(slice);
    let value = match step.sample(map) {
        Word::Poison(id) => Err(id),
        Word::Bytes(map) => addresses(step, index, &map).and_then(|addresses| gather_word(step, index, &addresses)),
    };
    step.drive(to, after, value.unwrap_or_else(Word::Poison));
}

fn gather_word<O: Observer>(
    step: &mut Step<O>,
    index: usize,
    addresses: &[u16; SUPERLANES as usize],
) -> Result<Word, PoisonId> {
    if let Some(address) = same_for_all(addresses) {
        let word = read_word(step, index, address);
        return word.poison().map_or(Ok(word), Err);
    }
    let mut bytes = [0; WORD_BYTES];
    for (superlane, &address) in addresses.iter().enumerate() {
        if let Some(id) = conflict(step, index, address) {
            return Err(id);
        }
        let span = superlane * SUPERLANE_BYTES..(superlane + 1) * SUPERLANE_BYTES;
        match step.state.sram.look(index, address) {
            Some(Held::Bytes(word)) => bytes[span.clone()].copy_from_slice(&word[span]),
            Some(Held::Poison(id)) => return Err(id),
            None => return Err(step.violation(Cause::Unwritten { address })),
        }
    }
    Ok(Word::new(bytes))
}

/// Executes a Scatter.
pub(crate) fn scatter<O: Observer>(step: &mut Step<O>, slice: SliceId, map: StreamId, from: StreamId) {
    let index = step.shared.slice(slice);
    let map = step.sample(map);
    let value = step.sample(from);
    let Word::Bytes(map) = map else {
        step.violation(Cause::MapPoisoned);
        return;
    };
    let Ok(addresses) = addresses(step, index, &map) else { return };
    let dispatched = step.cycle;
    if let Some(address) = same_for_all(&addresses) {
        put(step, index, address, value);
        return;
    }
    for (superlane, &address) in addresses.iter().enumerate().take(usize::from(step.superlanes)) {
        touch(step, index, address);
        let superlane = Some(superlane as u8);
        step.state.pending.push_back(PendingWrite {
            dispatched,
            slice: index,
            address,
            word: value.clone(),
            superlane,
        });
    }
}

/// The word that an address names in this iteration, if the slice has it.
pub(crate) fn resolve<O: Observer>(
    step: &mut Step<O>,
    slice: SliceId,
    address: Address,
    bases: &[u16],
) -> Result<u16, PoisonId> {
    let Some(word) = address.word(bases, step.site.iteration) else {
        return Err(step.violation(Cause::AddressBase { base: address.base }));
    };
    let inside = u16::try_from(word).ok().filter(|&word| word < step.shared.chip.words);
    let Some(word) = inside else {
        return Err(step.violation(Cause::AddressRange { address: word }));
    };
    if step.shared.reserved[step.shared.slice(slice)] {
        return Err(step.violation(Cause::Reserved));
    }
    Ok(word)
}

/// The addresses of a map: per superlane 13 bits, least significant byte first.
fn addresses<O: Observer>(
    step: &mut Step<O>,
    index: usize,
    map: &[u8; WORD_BYTES],
) -> Result<[u16; SUPERLANES as usize], PoisonId> {
    if step.shared.reserved[index] {
        return Err(step.violation(Cause::Reserved));
    }
    let addresses = map_addresses(map);
    let words = step.shared.chip.words;
    match addresses.iter().position(|&address| words <= address) {
        None => Ok(addresses),
        Some(superlane) => {
            let address = addresses[superlane];
            Err(step.violation(Cause::MapRange { superlane: superlane as u8, address }))
        }
    }
}

/// The addresses in a map, wherever they lead.
pub(crate) fn map_addresses(map: &[u8; WORD_BYTES]) -> [u16; SUPERLANES as usize] {
    std::array::from_fn(|superlane| {
        u16::from_le_bytes([map[superlane * SUPERLANE_BYTES], map[superlane * SUPERLANE_BYTES + 1]])
    })
}

/// The address of all superlanes, if it is one.
pub(crate) fn same_for_all(addresses: &[u16; SUPERLANES as usize]) -> Option<u16> {
    addresses.iter().all(|&address| address == addresses[0]).then_some(addresses[0])
}

/// Notes the bank that the write side uses in this cycle.
fn touch<O: Observer>(step: &mut Step<O>, index: usize, address: u16) {
    let bank = step.shared.chip.bank(address);
    let cycle = step.cycle;
    let touched: &mut BanksTouched = &mut step.state.banks[index];
    if touched.cycle != cycle {
        touched.cycle = cycle;
        touched.banks.clear();
    }
    touched.banks.push(bank);
}

/// A violation if the write side uses the bank of `address` in this cycle; what it writes is spoiled.
fn conflict<O: Observer>(step: &mut Step<O>, index: usize, address: u16) -> Option<PoisonId> {
    let touched = &step.state.banks[index];
    let bank = step.shared.chip.bank(address);
    if touched.cycle != step.cycle || !touched.banks.contains(&bank) {
        return None;
    }
    let id = step.violation(Cause::Bank { bank });
    let cycle = step.cycle;
    let now = step.state.pending.iter_mut().rev().take_while(|write| write.dispatched == cycle);
    now.filter(|write| write.slice == index).for_each(|write| write.word = Word::Poison(id));
    Some(id)
}

/// Puts into SRAM what reads dispatched at `cycle` see.
pub(crate) fn settle(state: &mut State, cycle: u64, mem_write: u32) {
    while let Some(write) = state.pending.front() {
        if cycle < write.dispatched + u64::from(mem_write) {
            return;
        }
        if let Some(write) = state.pending.pop_front() {
            land(state, write);
        }
    }
}

fn land(state: &mut State, write: PendingWrite) {
    let (Some(superlane), Word::Bytes(new)) = (write.superlane, &write.word) else {
        state.sram.set(write.slice, write.address, write.word);
        return;
    };
    // A superlane written into a word that nobody wrote before leaves the other superlanes unknown, hence the word unwritten.
    let Some(Held::Bytes(old)) = state.sram.look(write.slice, write.address) else { return };
    let mut bytes = *old;
    let span = usize::from(superlane) * SUPERLANE_BYTES..(usize::from(superlane) + 1) * SUPERLANE_BYTES;
    bytes[span.clone()].copy_from_slice(&new[span]);
    state.sram.set(write.slice, write.address, Word::new(bytes));
}
