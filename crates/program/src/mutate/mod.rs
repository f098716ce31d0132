//! Breaks a program in one seeded, named place.
//!
//! In: a program and a seed.  Out: the program with one mutation, and what was changed in words.
//! Invariant: a mutant differs from its origin, has good form, and all its queues last as long as before; the witness's claims
//!     stay what they were, only the places they speak of follow the entries they name.
//! Method: an operator is drawn (each group of `GROUPS` alike), then one of the places where it applies, then a variation. Edits
//!     of time are splices of one queue: what a NOP gives another NOP takes.
//! Source: mutation operators follow what a schedule can get wrong: time, place, order, operand, state, base. The list is ours.

mod change;
mod field;
mod sentence;
mod timing;

pub use sentence::Sentence;

use crate::text;
use crate::{Entry, Program, Template, TemplateId};
use arch::Queue;
use change::Change;
use units::Rng;

/// A way to break a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// A burst one cycle later: the NOP before it grows, the next NOP shrinks (what stands between moves along).
    Late,
    /// A burst one cycle earlier.
    Early,
    /// A burst becomes a NOP.
    Drop,
    /// A burst is issued again at once, in the time of the NOP after it.
    Duplicate,
    /// Two neighbouring bursts of a queue change places.
    Swap,
    /// Another word is read or written.
    Address,
    /// Another stream number.
    Stream,
    /// A stream of the other direction.
    Direction,
    /// The same word of the other bank.
    Bank,
    /// One issue more or fewer.
    Count,
    /// Another stride, step or interval of a repeated instruction.
    Stride,
    /// Another operation, type, operand or constant of an ALU.
    Alu,
    /// A burst moves to the queue of the other plane.
    Plane,
    /// A Send or Receive moves to the neighbouring link.
    Link,
    /// An Install changes places with its neighbour.
    InstallOrder,
    /// A template's address refers to another base.
    TemplateBase,
    /// An instance has another base.
    InstanceBase,
    /// A lane of a Distribute comes from another lane, a Permute takes another map, a Shift moves otherwise.
    LaneMap,
    /// Another accumulator, mode or emission.
    Accumulate,
    /// A Sync for a Notify or the reverse, another reserve of a Deskew, length of a Config, slice of a Fetch.
    Control,
}

/// Operators by group; every group is drawn equally often.
pub const GROUPS: [&[Operator]; 19] = [
    &[Operator::Late, Operator::Early],
    &[Operator::Drop],
    &[Operator::Duplicate],
    &[Operator::Swap],
    &[Operator::Address],
    &[Operator::Stream],
    &[Operator::Direction],
    &[Operator::Bank],
    &[Operator::Count],
    &[Operator::Stride],
    &[Operator::Alu],
    &[Operator::Plane],
    &[Operator::Link],
    &[Operator::InstallOrder],
    &[Operator::TemplateBase],
    &[Operator::InstanceBase],
    &[Operator::LaneMap],
    &[Operator::Accumulate],
    &[Operator::Control],
];

/// Groups drawn before giving up: a program in which so many do not apply is too small to break.
const DRAWS_MAX: usize = 256;

/// Where a mutation applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An entry of a template's queue.
    Entry {
        /// The template.
        template: TemplateId,
        /// Place in `Template::queues`.
        queue: usize,
        /// Place in that queue.
        entry: usize,
    },
    /// A base of an instance.
    Base {
        /// Place in `Executable::instances`.
        instance: usize,
        /// Place in `Instance::bases`, never 0.
        base: usize,
    },
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How.
    pub operator: Operator,
    /// Where, in the original program.
    pub place: Place,
    /// Name of the template.
    pub template: String,
    /// The queue, unless a base of an instance changed.
    pub queue: Option<Queue>,
    /// What the witness calls the thing that the burst moves or makes.
    pub label: Option<String>,
    /// The entries concerned, as text.
    pub before: String,
    /// The entries that stand there now.
    pub after: String,
}

/// A broken program.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// The program with the mutation.
    pub program: Program,
    /// What was changed.
    pub description: Description,
}

/// The mutant of `seed`, or `None` when hardly any operator applies to the program.
pub fn mutate(program: &Program, seed: u64) -> Option<Mutant> {
    let mut rng = Rng::new(seed);
    (0..DRAWS_MAX).find_map(|_| {
        let group = *pick(&mut rng, &GROUPS)?;
        let operator = *pick(&mut rng, group)?;
        draw(program, operator, &mut rng)
    })
}

/// A mutant by `operator`, or `None` when it applies nowhere.
pub fn mutate_with(program: &Program, operator: Operator, seed: u64) -> Option<Mutant> {
    draw(program, operator, &mut Rng::new(seed))
}

/// The mutant by `operator` at `place`, or `None` when it does not apply there. The page's *make one car late* is `Late` here.
pub fn mutate_at(program: &Program, operator: Operator, place: Place, seed: u64) -> Option<Mutant> {
    apply(program, operator, place, &mut Rng::new(seed))
}

/// Every place where `operator` applies, in order.
pub fn places(program: &Program, operator: Operator) -> Vec<Place> {
    let executable = &program.executable;
    if operator == Operator::InstanceBase {
        let instances = executable.instances.iter().enumerate();
        return instances
            .flat_map(|(instance, one)| (1..one.bases.len()).map(move |base| Place::Base { instance, base }))
            .collect();
    }
    let mut places = Vec::new();
    for (id, template) in executable.templates.iter() {
        let bases = bases(program, id);
        for (queue, entry, _, _) in template.bursts() {
            if change(operator, template, bases, (queue, entry), &mut Rng::new(0)).is_some() {
                places.push(Place::Entry { template: id, queue, entry });
            }
        }
    }
    places
}

/// The same program with a template of its own for one instance, so that a mutation there strikes that instance alone.
///
/// `None` when there is no such instance.
pub fn single_out(program: &Program, instance: usize) -> Option<Program> {
    let mut program = program.clone();
    let executable = &mut program.executable;
    let origin = executable.instances.get(instance)?.template;
    let mut template = executable.templates.get(origin)?.clone();
    let is_taken = |name: &str| executable.templates.iter().any(|(_, template)| template.name == name);
    let number = (instance..).find(|number| !is_taken(&format!("{}.{number}", template.name)))?;
    template.name = format!("{}.{number}", template.name);
    executable.instances[instance].template = executable.templates.push(template);
    if let Some(claims) = program.witness.templates.get(origin.index()).cloned() {
        program.witness.templates.push(claims);
    }
    Some(program)
}

fn pick<'a, T>(rng: &mut Rng, choices: &'a [T]) -> Option<&'a T> {
    if choices.is_empty() { None } else { choices.get(rng.below(choices.len() as u64) as usize) }
}

fn draw(program: &Program, operator: Operator, rng: &mut Rng) -> Option<Mutant> {
    let places = places(program, operator);
    let place = *pick(rng, &places)?;
    apply(program, operator, place, rng)
}

/// Bases that every instance of a template has.
fn bases(program: &Program, template: TemplateId) -> usize {
    let instances = program.executable.instances.iter().filter(|instance| instance.template == template);
    instances.map(|instance| instance.bases.len()).min().unwrap_or(0)
}

fn change(
    operator: Operator,
    template: &Template,
    bases: usize,
    place: (usize, usize),
    rng: &mut Rng,
) -> Option<Change> {
    timing::change(operator, template, place, rng).or_else(|| {
        let (_, entries) = template.queues.get(place.0)?;
        let Entry::Issue(burst) = entries.get(place.1)? else {
            return None;
        };
        let changed = field::change(operator, burst, bases, rng)?;
        Some(Change::replace(place, vec![Entry::Issue(changed)]))
    })
}

fn apply(program: &Program, operator: Operator, place: Place, rng: &mut Rng) -> Option<Mutant> {
    match place {
        Place::Base { instance, base } if operator == Operator::InstanceBase => rebase(program, instance, base, rng),
        Place::Base { .. } => None,
        Place::Entry { template: id, queue, entry } => {
            let template = program.executable.templates.get(id)?;
            let change = change(operator, template, bases(program, id), (queue, entry), rng)?;
            let (before, after) = change.texts(template);
            let (name, issuer) = (template.name.clone(), template.queues.get(queue)?.0);
            let mut mutant = program.clone();
            let template = &mut mutant.executable.templates[id];
            change.apply(template, mutant.witness.templates.get_mut(id.index()));
            let label = label(program, id, queue, entry);
            let description =
                Description { operator, place, template: name, queue: Some(issuer), label, before, after };
            (mutant.executable != program.executable).then_some(Mutant { program: mutant, description })
        }
    }
}

/// What the witness calls a burst.
fn label(program: &Program, template: TemplateId, queue: usize, entry: usize) -> Option<String> {
    let claims = program.witness.templates.get(template.index())?;
    let claim = claims.entries.iter().find(|claim| (claim.queue as usize, claim.entry as usize) == (queue, entry))?;
    claims.labels.get(usize::from(claim.label)).map(text::label)
}

/// Gives an instance the base that another instance has there, or a neighbouring word.
fn rebase(program: &Program, instance: usize, base: usize, rng: &mut Rng) -> Option<Mutant> {
    let one = program.executable.instances.get(instance)?;
    let old = *one.bases.get(base).filter(|_| base != 0)?;
    let siblings = program.executable.instances.iter().filter(|other| other.template == one.template);
    let mut values: Vec<u16> = siblings.filter_map(|other| other.bases.get(base).copied()).collect();
    values.extend([old.checked_add(1), old.checked_sub(1)].into_iter().flatten());
    values.retain(|value| *value != old);
    let new = *pick(rng, &values)?;
    let mut mutant = program.clone();
    mutant.executable.instances[instance].bases[base] = new;
    let place = Place::Base { instance, base };
    let template = program.executable.templates.get(one.template)?.name.clone();
    let (before, after) = (old.to_string(), new.to_string());
    let operator = Operator::InstanceBase;
    let description = Description { operator, place, template, queue: None, label: None, before, after };
    Some(Mutant { program: mutant, description })
}

#[cfg(test)]
mod mutate_test;
