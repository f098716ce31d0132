//! Templates without time: what an instance computes, when nobody watches.
//!
//! In: a machine at the start of an instance.  Out: the machine at its end, as the plain way, word by word, leaves it.
//! Invariant: every state that can be seen at the end of an instance equals that of the plain way, bit for bit; tests compare them. The
//!     plain way remains the only one for whoever watches, for parts of instances, and wherever a rule is broken.
//! Method: when a template first runs, its dispatches and the origins of their operands are recorded. If no rule was broken they hold for
//!     every instance, but for addresses, which are checked, and data, which is looked at as the plan is executed. From them follows a
//!     plan: operations on lanes, in which a value on a stream is a name, weights are multiplied where they lie in SRAM, and neither
//!     queues nor streams nor cycles are left.
//! Source: recording what runs and compiling it follows trace compilers; Bala, Duesterwald, Banerjia, "Dynamo", PLDI 2000.

mod alias;
mod build;
mod end;
mod multiply;
mod plan;
mod planes;
mod run;
mod slots;
mod trace;

pub(crate) use plan::Plan;
pub(crate) use run::Scratch;

use crate::machine::Machine;
use crate::step::{Shared, State};
use crate::stream::delay_max;
use end::{Instance, Registers};
use run::Run;
use std::sync::Arc;
use trace::Trace;

/// Dispatches of the longest template that is recorded: 40 MB of events.
const DISPATCHES_MAX: u64 = 1 << 20;

impl Machine {
    /// Runs the instance that is next by the plan of its template, or records it for one; `false` if it is left to the plain way, and
    /// then nothing has changed.
    pub(crate) fn run_planned(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        let (number, start) = (self.progress.instance, self.progress.start);
        let Some(instance) = shared.executable.instances.get(number) else { return false };
        if !self.progress.is_fresh || !self.state.icu.is_whole() || !is_idle(&self.state, start) {
            return false;
        }
        let Some(template) = shared.template_number(number) else { return false };
        let Some(plan) = shared.plans[template].get() else {
            self.record(&shared, template);
            return true;
        };
        let Some(plan) = plan else { return false };
        let fits = plan.instances.contains(&number)
            && follows_its_predecessor(&shared, number, plan)
            && plan.finds_its_arrays(&self.state, start);
        if !fits {
            return false;
        }
        let State { sram, streams, pending, alus, planes, .. } = &mut self.state;
        let words = shared.chip.words;
        let mut run = Run { plan, bases: &instance.bases, words, sram, planes, scratch: &mut self.scratch };
        if run.execute().is_err() {
            return false;
        }
        let registers = Registers { streams, pending, alus };
        if end::leave(&mut run, registers, Instance { number: number as u32, start }).is_err() {
            run.undo();
            return false;
        }
        run.settle();
        self.planned += 1;
        true
    }

    /// Runs the instance the plain way and makes a plan of what happened.
    fn record(&mut self, shared: &Shared, template: usize) {
        let prepared = &shared.templates[template];
        let (start, violations) = (self.progress.start, self.state.ledger.total());
        let is_small = prepared.dispatches() <= DISPATCHES_MAX;
        let mut trace = Trace::default();
        if is_small {
            self.dispatch_for(start + prepared.length, &mut trace);
        } else {
            self.dispatch_for(start + prepared.length, &mut crate::Silent);
        }
        let is_clean = is_small && self.state.ledger.total() == violations;
        let plan = if is_clean { build::build(shared, template, start, &trace) } else { None };
        // Another clone of the machine may have been first; its plan is the same.
        let _ = shared.plans[template].set(plan.map(Box::new));
    }
}

/// Whether nothing is left in the registers that an instance could find there, streams aside.
fn is_idle(state: &State, cycle: u64) -> bool {
    state.pending.is_empty() && state.planes.iter().all(|plane| plane.is_idle(cycle))
}

/// Whether no value of the instance before reaches anything of this one.
fn follows_its_predecessor(shared: &Shared, number: usize, plan: &Plan) -> bool {
    let Some(before) = number.checked_sub(1) else { return true };
    let Some(template) = shared.template_number(before) else { return false };
    let Some(Some(before)) = shared.plans[template].get() else { return false };
    // What left an instance still earlier is off the chip.
    let is_long = u64::from(2 * delay_max(&shared.geometry)) <= before.length;
    is_long && !before.end.tails.iter().any(|tail| plan.is_touched(tail, before.length))
}

impl Plan {
    /// Whether the arrays from before that it multiplies by are there, ready, and have no column that would break a rule.
    fn finds_its_arrays(&self, state: &State, start: u64) -> bool {
        self.arrays.iter().filter_map(|array| Some((array, array.held?))).all(|(array, held)| {
            let found = state.planes[held.plane].array.as_ref();
            found.is_some_and(|found| {
                let is_ready = found.ready <= start + array.ready;
                is_ready && found.columns.iter().skip(held.columns).all(Option::is_none)
            })
        })
    }

    /// Whether something of this plan would hear, or collide with, a value of an instance of `length` cycles just before.
    fn is_touched(&self, tail: &plan::Tail, length: u64) -> bool {
        let cell = (tail.stream.index(), tail.diagonal - length as i64);
        let first = self.early.partition_point(|touch| touch.cell < cell);
        let touches = self.early[first..].iter().take_while(|touch| touch.cell == cell);
        touches.into_iter().any(|touch| touch.low <= tail.rank && tail.rank < touch.high)
    }
}
