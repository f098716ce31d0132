//! Where values lie while a plan is executed.
//!
//! In: operations on numbered values.  Out: the same on slots, as few as there are values alive at once.
//! Invariant: a slot is given anew only after the last reader of its value; a result never lies where an operand of its operation does.
//! Method: one walk for the last readers, one that gives slots and takes them back.
//! Source: linear scan, Poletto and Sarkar, ACM TOPLAS 21, 1999, without spilling.

use super::build::Key;
use super::plan::{Access, Array, Bank, Op, Part, Plan, Run, Slot};
use crate::mxm::GROUP_COLUMNS;
use units::Order;

/// Values of one bank.
struct Values {
    /// By value: the number of its last reader; later than all for what outlives the plan.
    last: Vec<usize>,
    slot: Vec<Slot>,
    free: Vec<Slot>,
    count: Slot,
}

impl Values {
    fn new(values: usize) -> Self {
        Values { last: vec![0; values], slot: vec![Slot::MAX; values], free: Vec::new(), count: 0 }
    }

    fn give(&mut self, value: Slot) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.slot[value as usize] = slot;
    }

    fn take_back(&mut self, value: Slot) {
        self.free.push(self.slot[value as usize]);
    }
}

/// Orders the operations, gives slots to their values, and puts them into the plan.
pub(super) fn assign(mut ops: Vec<(Key, Op)>, plan: &mut Plan) {
    ops.order_by_key(|(key, _)| *key);
    let mut ops: Vec<Op> = ops.into_iter().map(|(_, op)| op).collect();
    let mut banks = [Values::new(plan.lanes), Values::new(plan.words)];
    find_last(&mut ops, plan, &mut banks);
    for (value, _) in &plan.constants {
        banks[Bank::Lanes as usize].give(*value);
    }
    for (number, op) in ops.iter_mut().enumerate() {
        let mut accesses: Vec<(usize, Slot)> = Vec::new();
        for (bank, access, value) in accesses_of(op, &mut plan.arrays) {
            if access == Access::Make {
                banks[bank as usize].give(*value);
            }
            accesses.push((bank as usize, *value));
        }
        accesses.order();
        accesses.dedup();
        accesses.retain(|(bank, value)| banks[*bank].last[*value as usize] <= number);
        accesses.into_iter().for_each(|(bank, value)| banks[bank].take_back(value));
    }
    rename(&mut ops, plan, &banks);
    for array in &mut plan.arrays {
        array.runs = runs(&array.columns);
    }
    plan.ops = ops;
    plan.lanes = banks[Bank::Lanes as usize].count as usize;
    plan.words = banks[Bank::Words as usize].count as usize;
}

/// All slots of an operation and of the arrays that it multiplies by.
fn accesses_of<'a>(op: &'a mut Op, arrays: &'a mut [Array]) -> Vec<(Bank, Access, &'a mut Slot)> {
    let Op::Multiply(batch) = op else { return op.slots() };
    let wanted = batch.arrays;
    let mut all = op.slots();
    let arrays = arrays.iter_mut().zip(0u32..).filter(|(_, number)| wanted.contains(number));
    let parts = arrays.flat_map(|(array, _)| array.columns.iter_mut().flatten());
    all.extend(parts.filter_map(|part| part.slot().map(|(bank, slot)| (bank, Access::Use, slot))));
    all
}

fn find_last(ops: &mut [Op], plan: &mut Plan, banks: &mut [Values; 2]) {
    for (number, op) in ops.iter_mut().enumerate() {
        for (bank, _, value) in accesses_of(op, &mut plan.arrays) {
            banks[bank as usize].last[*value as usize] = number;
        }
    }
    let mut outlive = |bank: Bank, value: Slot| banks[bank as usize].last[value as usize] = usize::MAX;
    plan.constants.iter().for_each(|(value, _)| outlive(Bank::Lanes, *value));
    plan.end.lanes().into_iter().for_each(|value| outlive(Bank::Lanes, *value));
    plan.end.parts().into_iter().filter_map(Part::slot).for_each(|(bank, value)| outlive(bank, *value));
    for array in plan.end.planes.iter().filter_map(|plane| plane.array) {
        let columns = plan.arrays[array as usize].columns.iter_mut().flatten();
        columns.filter_map(Part::slot).for_each(|(bank, value)| outlive(bank, *value));
    }
}

fn rename(ops: &mut [Op], plan: &mut Plan, banks: &[Values; 2]) {
    let rename = |bank: Bank, slot: &mut Slot| *slot = banks[bank as usize].slot[*slot as usize];
    ops.iter_mut().flat_map(Op::slots).for_each(|(bank, _, slot)| rename(bank, slot));
    let columns = plan.arrays.iter_mut().flat_map(|array| array.columns.iter_mut().flatten());
    columns.filter_map(Part::slot).for_each(|(bank, slot)| rename(bank, slot));
    plan.end.lanes().into_iter().for_each(|slot| rename(Bank::Lanes, slot));
    plan.end.parts().into_iter().filter_map(Part::slot).for_each(|(bank, slot)| rename(bank, slot));
    plan.constants.iter_mut().for_each(|(slot, _)| rename(Bank::Lanes, slot));
}

/// Columns of one slice, 16 apart, as far as their words lie at equal distances.
fn runs(columns: &[Option<Part>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for first in 0..GROUP_COLUMNS {
        let mut current: Option<Run> = None;
        for (column, part) in columns.iter().enumerate().skip(first).step_by(GROUP_COLUMNS) {
            let longer = current.and_then(|run| extended(run, column, (*part)?));
            if longer.is_none() {
                runs.extend(current);
            }
            let begun = |part| {
                let (column, step) = (column as u16, GROUP_COLUMNS as u16);
                Run { column, step, count: 1, part, stride: 0 }
            };
            current = longer.or(part.map(begun));
        }
        runs.extend(current);
    }
    runs
}

/// The run with one more column, if that one continues it.
fn extended(run: Run, column: usize, part: Part) -> Option<Run> {
    let (Part::Sram(first), Part::Sram(next)) = (run.part, part) else { return None };
    let expected = usize::from(run.column) + usize::from(run.step) * usize::from(run.count);
    let distance = next.offset - first.offset;
    let stride = if run.count == 1 { distance } else { run.stride };
    let continues = (first.slice, first.base, expected) == (next.slice, next.base, column)
        && distance == stride * i32::from(run.count);
    continues.then_some(Run { count: run.count + 1, stride, ..run })
}
