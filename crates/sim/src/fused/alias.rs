//! When a word may be read at leisure.
//!
//! In: the words that a plan reads and writes, and when.  Out: words that must be kept because they are overwritten before their last
//!     reader; instances whose addresses lie outside or whose banks meet.
//! Invariant: a reader that looks at SRAM when it is executed finds what the read found that was dispatched earlier.
//! Method: a read at r sees the writes until r - `mem_write`. A write after that and before the reader is done is harmless only if its
//!     word is another one, for the bases of every instance.

use super::build::Key;
use super::plan::{Op, Part, Place, Plan};
use crate::step::Shared;
use std::collections::BTreeMap;
use units::{Order, gathered};

/// A Gather or a Scatter: any word of the slice.
#[derive(Clone, Copy)]
pub(super) struct Scattered {
    pub(super) slice: usize,
    pub(super) cycle: u64,
}

/// All accesses to SRAM.
#[derive(Default)]
pub(super) struct Accesses {
    /// In order of cycles, as all of these.
    pub(super) read: Vec<Place>,
    pub(super) written: Vec<Place>,
    pub(super) scattered: Vec<Scattered>,
    pub(super) gathered: Vec<Scattered>,
}

/// Writes of one slice.
#[derive(Default)]
struct Slice {
    /// In order of cycles.
    writes: Vec<Place>,
    scatters: Vec<u64>,
}

struct Bases {
    /// Instances with their bases.
    instances: Vec<(usize, Vec<u16>)>,
    /// By pair of bases: their differences in all instances.
    differences: BTreeMap<(u8, u8), Vec<i32>>,
}

/// Makes every read of the plan legal for all its instances that are left, or gives nothing.
pub(super) fn settle(
    shared: &Shared,
    template: usize,
    accesses: &Accesses,
    ops: &mut Vec<(Key, Op)>,
    plan: &mut Plan,
) -> Option<()> {
    let heard = heard(ops, plan);
    let mut bases = Bases::new(shared, template);
    let places = accesses.read.iter().chain(&accesses.written);
    bases.retain(|bases| places.clone().all(|place| address(place, bases).is_some_and(|at| at < shared.chip.words)));
    let slices = slices(accesses);
    let visible = u64::from(shared.chip.latency.mem_write);
    check_gathers(accesses, &slices, visible)?;
    check_banks(shared, &accesses.read, &slices, &mut bases)?;
    // A word that nobody hears is read too: that it was never written must not go unnoticed.
    let is_heard = |place: &Place| heard.binary_search_by_key(place, |(place, _)| *place).is_ok();
    let unheard = accesses.read.iter().copied().filter(|place| !is_heard(place));
    let overwritten = heard.iter().filter(|(place, until)| {
        let slice = slices.get(&usize::from(place.slice));
        slice.is_some_and(|slice| slice.touches(place, *until, visible, &mut bases))
    });
    let kept: BTreeMap<Place, u32> =
        gathered(unheard.chain(overwritten.map(|(place, _)| *place)).zip(plan.words as u32..));
    plan.words += kept.len();
    keep(&kept, visible, ops, plan);
    plan.instances = gathered(bases.instances.iter().map(|(instance, _)| *instance));
    Some(())
}

fn slices(accesses: &Accesses) -> BTreeMap<usize, Slice> {
    let mut slices: BTreeMap<usize, Slice> = BTreeMap::new();
    for place in &accesses.written {
        slices.entry(usize::from(place.slice)).or_default().writes.push(*place);
    }
    for Scattered { slice, cycle } in &accesses.scattered {
        slices.entry(*slice).or_default().scatters.push(*cycle);
    }
    slices
}

/// Nothing if a Gather is executed while something is on its way into its slice.
fn check_gathers(accesses: &Accesses, slices: &BTreeMap<usize, Slice>, visible: u64) -> Option<()> {
    let is_clear = |gathered: &Scattered| {
        let is_near = |cycle: u64| cycle <= gathered.cycle && gathered.cycle < cycle + visible;
        slices.get(&gathered.slice).is_none_or(|slice| {
            let writes = slice.writes.iter().map(|place| u64::from(place.cycle));
            !writes.chain(slice.scatters.iter().copied()).any(is_near)
        })
    };
    accesses.gathered.iter().all(is_clear).then_some(())
}

/// Every word of SRAM that is looked at, and the last cycle in which it is.
fn heard(ops: &mut [(Key, Op)], plan: &mut Plan) -> Vec<(Place, u64)> {
    let mut reads: Vec<(Place, u64)> = Vec::new();
    let mut multiplied: Vec<Option<u64>> = vec![None; plan.arrays.len()];
    for ((cycle, ..), op) in ops {
        let cycle = *cycle as u64;
        reads.extend(op.parts().into_iter().filter_map(|part| Some((in_sram(part)?, cycle))));
        if let Op::Multiply(batch) = op {
            batch.arrays.iter().for_each(|array| multiplied[*array as usize] = Some(cycle));
        }
    }
    for array in plan.end.planes.iter().filter_map(|plane| plane.array) {
        multiplied[array as usize] = Some(plan.length);
    }
    for (array, until) in plan.arrays.iter().zip(multiplied) {
        let Some(until) = until else { continue };
        reads.extend(array.columns.iter().flatten().filter_map(|part| Some((in_sram(part)?, until))));
    }
    let length = plan.length;
    reads.extend(plan.end.parts().into_iter().filter_map(|part| Some((in_sram(part)?, length))));
    reads.order();
    reads.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1 = later.1;
        }
        is_same
    });
    reads
}

fn in_sram(part: &Part) -> Option<Place> {
    match part {
        Part::Sram(place) => Some(*place),
        _ => None,
    }
}

/// The address of a place in an instance.
pub(super) fn address(place: &Place, bases: &[u16]) -> Option<u16> {
    let base = bases.get(usize::from(place.base))?;
    u16::try_from(i32::from(*base) + place.offset).ok()
}

impl Bases {
    fn new(shared: &Shared, template: usize) -> Self {
        let instances = shared.executable.instances.iter().enumerate();
        let instances = instances.filter(|(number, _)| shared.template_number(*number) == Some(template));
        let instances = instances.map(|(number, instance)| (number, instance.bases.clone())).collect();
        Bases { instances, differences: BTreeMap::new() }
    }

    fn retain(&mut self, is_legal: impl Fn(&[u16]) -> bool) {
        self.instances.retain(|(_, bases)| is_legal(bases));
        self.differences.clear();
    }

    /// Whether two places are one word in some instance.
    fn meet(&mut self, a: &Place, b: &Place) -> bool {
        if a.base == b.base {
            return a.offset == b.offset;
        }
        let instances = &self.instances;
        let differences = self.differences.entry((a.base, b.base)).or_insert_with(|| {
            let base = |bases: &[u16], base: u8| bases.get(usize::from(base)).map_or(0, |base| i32::from(*base));
            let mut all: Vec<i32> =
                instances.iter().map(|(_, bases)| base(bases, a.base) - base(bases, b.base)).collect();
            all.order();
            all.dedup();
            all
        });
        differences.binary_search(&(b.offset - a.offset)).is_ok()
    }
}

impl Slice {
    /// Whether something is written to the word after the read and before its reader is done.
    fn touches(&self, place: &Place, until: u64, visible: u64, bases: &mut Bases) -> bool {
        let read = u64::from(place.cycle);
        let is_between = |cycle: u64| read < cycle + visible && cycle <= until;
        if self.scatters.iter().any(|cycle| is_between(*cycle)) {
            return true;
        }
        let first = self.writes.partition_point(|write| u64::from(write.cycle) + visible <= read);
        let mut between = self.writes[first..].iter().take_while(|write| u64::from(write.cycle) <= until);
        between.any(|write| bases.meet(place, write))
    }
}

/// Drops the instances in which a read and a write of one cycle meet in a bank; nothing if a map decides whether they do.
fn check_banks(shared: &Shared, reads: &[Place], slices: &BTreeMap<usize, Slice>, bases: &mut Bases) -> Option<()> {
    let mut pairs: Vec<(Place, Place)> = Vec::new();
    for read in reads {
        let Some(slice) = slices.get(&usize::from(read.slice)) else { continue };
        if slice.scatters.contains(&u64::from(read.cycle)) {
            return None;
        }
        let write = slice.writes.binary_search_by_key(&read.cycle, |write| write.cycle);
        pairs.extend(write.ok().map(|write| (*read, slice.writes[write])));
    }
    let bank = |place: &Place, bases: &[u16]| address(place, bases).map(|address| shared.chip.bank(address));
    bases.retain(|bases| pairs.iter().all(|(read, write)| bank(read, bases) != bank(write, bases)));
    Some(())
}

/// Reads the words of `kept` in time, and lets their readers look there.
fn keep(kept: &BTreeMap<Place, u32>, visible: u64, ops: &mut Vec<(Key, Op)>, plan: &mut Plan) {
    let replace = |part: &mut Part| {
        if let Some(slot) = in_sram(part).and_then(|place| kept.get(&place)) {
            *part = Part::Word(*slot);
        }
    };
    ops.iter_mut().flat_map(|(_, op)| op.parts()).for_each(replace);
    plan.arrays.iter_mut().flat_map(|array| array.columns.iter_mut().flatten()).for_each(replace);
    plan.end.parts().into_iter().for_each(replace);
    let number = ops.len() as u32;
    for ((from, to), number) in kept.iter().zip(number..) {
        let cycle = i64::from(from.cycle) - visible as i64;
        ops.push(((cycle, 1, number), Op::Keep { from: *from, to: *to }));
    }
}
