//! A mutation that changes nothing, found without judging every one.
//!
//! In: a verified program, a seed.  Out: a seed after it whose mutation the judge finds harmless.
//! Invariant: the judge decides, on the whole program; what is seen here only says which mutants it is asked about.
//! Method: the place that changed is looked at by itself. A read issued once more drives its stream once more, which often nobody hears;
//!     the operands of a sum exchanged change nothing: of such mutants the first few are judged. The last resort is a base that no
//!     address uses.

use graph::ScalarOp;
use program::mutate::{Mutant, Operator, Place, mutate};
use program::{AluOp, Entry, Executable, Instruction, Program, Template, Witness};
use verify::Verified;

/// Seeds that are looked at; of forty one changes a base that nobody uses, two repeat a read.
const SEEDS: u64 = 200;
/// Mutants of which the judge is asked before the last resort; one in three is harmless.
const JUDGED: usize = 5;

/// What the place that changed promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Promise {
    /// Nothing is seen that could differ, and something is done otherwise.
    Fair,
    /// Nothing is done otherwise.
    Idle,
    None,
}

/// A seed after `seed` whose mutation is proved harmless, if one of the next few hundred is found to be.
pub fn harmless_seed(verified: &Verified, seed: u64) -> Option<u64> {
    // What was claimed of the origin and what it computes are no matter to a mutation, and cost more to copy than the rest.
    let executable = verified.program().executable.clone();
    let bare = Program { executable, witness: Witness::default(), lowered: Default::default() };
    let (mut judged, mut idle) = (0, None);
    for seed in (1..=SEEDS).filter_map(|step| seed.checked_add(step)) {
        let Some(mutant) = mutate(&bare, seed) else { continue };
        match promise(&bare.executable, &mutant) {
            Promise::Fair if judged < JUDGED => {
                judged += 1;
                if is_harmless(verified, mutant) {
                    return Some(seed);
                }
            }
            Promise::Idle => idle = idle.or(Some((seed, mutant))),
            Promise::Fair | Promise::None => {}
        }
        if judged == JUDGED && idle.is_some() {
            break;
        }
    }
    let (seed, mutant) = idle?;
    is_harmless(verified, mutant).then_some(seed)
}

fn is_harmless(verified: &Verified, mutant: Mutant) -> bool {
    let program = Program { lowered: verified.program().lowered.clone(), ..mutant.program };
    verify::violations(verified.chip(), &program).is_clean()
}

fn promise(origin: &Executable, mutant: &Mutant) -> Promise {
    match (mutant.description.operator, mutant.description.place) {
        (Operator::InstanceBase, Place::Base { instance, base }) => {
            let is_used = templates(origin, instance).any(|template| uses(template, base));
            if is_used { Promise::None } else { Promise::Idle }
        }
        (Operator::Alu, Place::Entry { template, queue, entry }) => {
            let alu = |executable: &Executable| alu_at(&executable.templates[template], queue, entry);
            let pair = alu(origin).zip(alu(&mutant.program.executable));
            if pair.is_some_and(|(old, new)| is_exchanged(old, new)) { Promise::Fair } else { Promise::None }
        }
        (Operator::Duplicate | Operator::Count, Place::Entry { template, queue, entry }) => {
            let entries = origin.templates[template].queues.get(queue).map(|(_, entries)| entries.as_slice());
            match entries.and_then(|entries| entries.get(entry)) {
                Some(Entry::Issue(burst)) if matches!(burst.instruction, Instruction::Read { .. }) => Promise::Fair,
                _ => Promise::None,
            }
        }
        _ => Promise::None,
    }
}

/// What the chips run in an instance.
fn templates(executable: &Executable, instance: usize) -> impl Iterator<Item = &Template> {
    let detours = executable.detours.iter().filter(move |detour| detour.instance as usize == instance);
    let common = executable.instances.get(instance).map(|instance| instance.template);
    common.into_iter().chain(detours.map(|detour| detour.template)).map(|id| &executable.templates[id])
}

fn uses(template: &Template, base: usize) -> bool {
    let mut addresses = template.bursts().filter_map(|(.., burst)| burst.instruction.address());
    addresses.any(|address| usize::from(address.base) == base)
}

fn alu_at(template: &Template, queue: usize, entry: usize) -> Option<AluOp> {
    match template.queues.get(queue)?.1.get(entry)? {
        Entry::Issue(burst) => match burst.instruction {
            Instruction::Alu(alu) => Some(alu),
            _ => None,
        },
        Entry::Nop(_) => None,
    }
}

/// Whether two operands changed places that may.
fn is_exchanged(old: AluOp, new: AluOp) -> bool {
    let commutes = matches!(old.op, ScalarOp::Add | ScalarOp::Mul | ScalarOp::Max | ScalarOp::Min | ScalarOp::Xor);
    commutes && new == AluOp { a: old.b, b: old.a, ..old }
}
