//! Rule 8, the part without operands: the witness's cycles are the queues'.
//!
//! In: a well-formed executable and its witness.  Out: violations.
//! Invariant: a witness without any content claims nothing and breaks nothing; one with content is complete.
//! Method: cycles of bursts, starts of instances and the end are derived again from the queues. Sources are compared by the
//!     symbolic machine, which knows who drove what.

use crate::machine::samples;
use crate::{Fault, Field, Place, Report, Violation};
use program::{Executable, Program, Template, TemplateWitness, Witness, WitnessEntry};

/// The witness, if it claims anything.
pub(crate) fn claimed(program: &Program) -> Option<&Witness> {
    (program.witness != Witness::default()).then_some(&program.witness)
}

/// Judges every cycle that `witness` predicts.
pub(crate) fn check(executable: &Executable, witness: &Witness, report: &mut Report) {
    let parallel = [
        (Field::Templates, executable.templates.len(), witness.templates.len()),
        (Field::Starts, executable.instances.len(), witness.starts.len()),
    ];
    for (field, expected, found) in parallel {
        if expected != found {
            report.push(Violation::new(None, Place::Program, shape(field, expected, found)));
        }
    }
    for ((_, template), claims) in executable.templates.iter().zip(&witness.templates) {
        check_template(template, claims, report);
    }
    let mut start = 0;
    for (number, instance) in executable.instances.iter().enumerate() {
        if let Some(found) = witness.starts.get(number)
            && found.0 != start
        {
            let fault = Fault::WitnessCycle { expected: start, found: found.0 };
            report.push(Violation::new(Some(start), Place::Instance(number as u32), fault));
        }
        start += executable.templates[instance.template].length().0;
    }
    if witness.end.0 != start {
        let fault = Fault::WitnessCycle { expected: start, found: witness.end.0 };
        report.push(Violation::new(Some(start), Place::Program, fault));
    }
}

fn check_template(template: &Template, claims: &TemplateWitness, report: &mut Report) {
    let mut entries = claims.entries.iter();
    let mut bursts = 0;
    for (queue, entry, start, burst) in template.bursts() {
        bursts += 1;
        let place =
            || Place::Entry { template: template.name.clone(), queue: template.queues[queue].0, entry: entry as u32 };
        let mut fault = |fault| report.push(Violation::new(None, place(), fault));
        let Some(claim) = entries.next().filter(|claim| is_for(claim, queue, entry)) else {
            fault(shape(Field::Entries, bursts, bursts - 1));
            return;
        };
        if u64::from(claim.cycle) != start {
            fault(Fault::WitnessCycle { expected: start, found: u64::from(claim.cycle) });
        }
        if claims.labels.len() <= usize::from(claim.label) {
            fault(shape(Field::Labels, usize::from(claim.label) + 1, claims.labels.len()));
        }
        let sampled = samples(&burst.instruction);
        if !claim.sources.is_empty() && claim.sources.len() != sampled {
            fault(shape(Field::Sources, sampled, claim.sources.len()));
        }
    }
    if entries.next().is_some() {
        let fault = shape(Field::Entries, bursts, claims.entries.len());
        report.push(Violation::new(None, Place::Program, fault));
    }
}

fn is_for(claim: &WitnessEntry, queue: usize, entry: usize) -> bool {
    (claim.queue as usize, claim.entry as usize) == (queue, entry)
}

fn shape(field: Field, expected: usize, found: usize) -> Fault {
    Fault::WitnessShape { field, expected: expected as u64, found: found as u64 }
}
