//! Programs for few positions beside the one for all: a token runs the smallest that holds its position.
//!
//! In: a decoding step, its weights, formats, a machine.  Out: one program per bucket, the smallest first, the last one for all positions.
//! Invariant: all of them find the same words of weights, tables and caches in the same places, so that the host may start another one
//!     with any token; each is a program by itself, to be judged by itself. Their instructions have room together.
//! Method: geometric sizes. The program for all positions is scheduled first; the others take over its homes and are scheduled around
//!     them. Where there is no room for the instructions of all, those stay with which a token takes least, on average over all positions.
//! Source: decisions.md 17.

use crate::lower::Source;
use crate::model::Rows;
use crate::passes::Wanted;
use crate::{CompileError, Compiled, Formats, fit, passes, recognise};
use arch::{Chip, Topology};
use graph::{Graph, TensorData};

/// Positions of the smallest bucket: below that attention is no longer what a token takes its time for.
const FIRST: u32 = 16;

/// Programs that lie in memory together.
#[derive(Clone, Debug)]
pub struct Buckets {
    /// The smallest first, the last one for all positions. Their tables are the same.
    pub programs: Vec<Compiled>,
    /// Those for which there was no room.
    pub left_out: Vec<LeftOut>,
    /// Bytes of the instructions of all programs that stayed, on each chip.
    pub needed: u64,
    /// Bytes of the slices reserved for instructions.
    pub available: u64,
}

/// A program for which there was no room beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its positions.
    pub positions: u32,
    /// Cycles of a token.
    pub cycles: u64,
    /// Bytes of its instructions on each chip.
    pub bytes: u64,
}

/// Positions of each bucket up to a context, the smallest first: 16, 32, 64 and so on, and the context itself.
pub fn buckets(context: u32) -> Vec<u32> {
    let doubled = std::iter::successors(Some(FIRST), |size| size.checked_mul(2));
    doubled.take_while(|size| *size < context).chain([context]).collect()
}

/// Compiles one decoding step with a program for each bucket for which there is room.
///
/// Errors: see [`CompileError`].
pub fn compile_buckets(
    (graph, data): (&Graph, &dyn TensorData),
    formats: Formats,
    chip: &Chip,
    topology: &Topology,
) -> Result<Buckets, CompileError> {
    let mut smaller = buckets(recognise(graph)?.context);
    smaller.pop();
    smaller.reverse();
    let others: Vec<(u32, Rows)> = smaller.into_iter().map(|positions| (positions, Rows::Texts(1))).collect();
    let source = Source::new(graph, Some(data));
    let mut all = passes::compiled(source, Wanted { formats, others: &others, ..Wanted::default() }, (chip, topology))?;
    all.reverse();
    let form = |compiled: &Compiled| LeftOut {
        positions: compiled.launch.context,
        cycles: compiled.cycles().0,
        bytes: fit::instruction_bytes(chip, &compiled.program.executable),
    };
    let forms: Vec<LeftOut> = all.iter().map(form).collect();
    let is_fetched = |compiled: &Compiled| fit::instructions(chip, &compiled.program.executable).is_ok();
    let possible: Vec<bool> = all.iter().map(is_fetched).collect();
    let available = fit::instruction_room(chip);
    let mut stays = chosen(&forms, &possible, available).into_iter();
    let needed = forms.iter().zip(stays.clone()).filter(|(_, stays)| *stays).map(|(form, _)| form.bytes).sum();
    let left_out = forms.iter().zip(stays.clone()).filter(|(_, stays)| !*stays).map(|(form, _)| *form).collect();
    all.retain(|_| stays.next().expect("one for each"));
    Ok(Buckets { programs: all, left_out, needed, available })
}

/// Which programs stay: of all sets with room, the last one included, the one whose token takes least, on average over all positions.
fn chosen(forms: &[LeftOut], possible: &[bool], available: u64) -> Vec<bool> {
    let last = forms.len() - 1;
    let has = |set: u32, place: usize| place == last || set >> place & 1 == 1;
    let members = |set: u32| forms.iter().enumerate().filter(move |(place, _)| has(set, *place));
    let fits = |set: &u32| {
        let bytes: u64 = members(*set).map(|(_, form)| form.bytes).sum();
        bytes <= available && members(*set).all(|(place, _)| place == last || possible[place])
    };
    let cycles = |set: &u32| {
        let step = |(sum, from): (u64, u32), form: &LeftOut| {
            (sum + form.cycles * u64::from(form.positions - from), form.positions)
        };
        members(*set).map(|(_, form)| form).fold((0, 0), step).0
    };
    let best = (0..1u32 << last).filter(fits).min_by_key(cycles).unwrap_or(0);
    (0..forms.len()).map(|place| has(best, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_up_to_the_context() {
        assert_eq!(buckets(128), [16, 32, 64, 128]);
        assert_eq!(buckets(100), [16, 32, 64, 100]);
        assert_eq!(buckets(17), [16, 17]);
        assert_eq!(buckets(16), [16]);
        assert_eq!(buckets(1), [1]);
    }

    #[test]
    fn those_stay_with_which_an_average_token_takes_least() {
        let form = |positions, cycles| LeftOut { positions, cycles, bytes: 10 };
        let forms = [form(16, 100), form(32, 110), form(64, 150), form(128, 160)];
        let all = [true; 4];
        assert_eq!(chosen(&forms, &all, 40), all);
        // 32 * 110 + 96 * 160 = 18,880; with 64 it would be 64 * 150 + 64 * 160 = 19,840.
        assert_eq!(chosen(&forms, &all, 25), [false, true, false, true]);
        assert_eq!(chosen(&forms, &[true, false, true, true], 25), [true, false, false, true]);
        assert_eq!(chosen(&forms, &all, 5), [false, false, false, true]);
    }
}
