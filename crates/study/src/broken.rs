//! *Make one car late*: a broken program, run beside the verified one.
//!
//! In: a session with a text, a seed.  Out: one mutation, what the judge says of it, how the text goes on.
//! Invariant: a broken run is a `Broken` program and says so; nothing of it is priced or kept in the session.
//! Method: one layer is singled out; in it reads that can be late, or vectors for other chips, are drawn by the seed until one changes the
//!     next words and the judge objects. Where nothing arrives the machine finds zeros, as an idle register holds, so that the damage can
//!     be watched instead of stopping everything.

use crate::judge::Verdict;
use crate::progress::{Listener, Stage, tell};
use crate::sampling::{Sampling, best, choose};
use crate::token::{Replay, Token};
use crate::{Session, StudyError};
use arch::Queue;
use import::Source;
use program::mutate::{Description, Mutant, Operator, Place, mutate_at, places, single_out};
use program::{Entry, Program};
use sim::{Empty, Moment, System};
use units::Rng;
use verify::Broken;

/// Mutations tried before giving up.
const TRIES: u32 = 400;
/// Of them, vectors for other chips: one lost vector in hundreds often changes no word.
const TRIES_VECTORS: u32 = 40;
/// Words after the prompt of which one has to change.
const WATCHED: u32 = 6;

/// What can be late in the instance that stands alone: vectors for other chips, and reads, which put trains of words on streams.
fn cars(program: &Program) -> [Vec<Place>; 2] {
    let last = program.executable.templates.iter().next_back().map(|(id, _)| id);
    let queue_of = |place: &Place| match *place {
        Place::Entry { template, queue, .. } if Some(template) == last => {
            Some(program.executable.templates[template].queues[queue].0)
        }
        _ => None,
    };
    let (mut vectors, mut reads) = (Vec::new(), Vec::new());
    for place in places(program, Operator::Late) {
        match queue_of(&place) {
            Some(Queue::LinkSend(_)) => vectors.push(place),
            Some(Queue::MemRead(_)) => reads.push(place),
            _ => {}
        }
    }
    [vectors, reads]
}

/// Where the late burst stands in the program that is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateCar {
    /// Place in `Executable::instances`.
    pub instance: u32,
    /// Place in `Template::queues`.
    pub queue: u32,
    /// Place in that queue's entries.
    pub entry: u32,
}

/// A broken program and the text it writes.
pub struct BrokenRun {
    broken: Broken,
    description: Description,
    tokens: Vec<Token>,
    replay: Replay,
    violations: u64,
}

impl BrokenRun {
    /// The program with what the judge says of it.
    pub fn broken(&self) -> &Broken {
        &self.broken
    }

    /// What the judge says of it.
    pub fn verdict(&self) -> Verdict {
        Verdict::new(self.broken.report())
    }

    /// The late burst: the entry after the pause that now stands before it.
    pub fn late_car(&self) -> Option<LateCar> {
        let Place::Entry { template, queue, entry } = self.description.place else { return None };
        let executable = &self.broken.program().executable;
        let entries = &executable.templates[template].queues.get(queue)?.1;
        let late = (entry..entries.len()).find(|&at| matches!(entries[at], Entry::Issue(_)))?;
        let instance = executable.instances.iter().position(|instance| instance.template == template)?;
        Some(LateCar { instance: instance as u32, queue: queue as u32, entry: late as u32 })
    }

    /// What was changed.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The text, token by token; tokens before the change are those of the session.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Samples that found nothing, and other rules broken, while it ran.
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// The broken system with `token` launched and not yet run; `None` when there is no such token.
    pub(crate) fn launched(&self, token: u32) -> Option<System> {
        self.replay.launched(token)
    }

    /// What is where in `cycle` of `token` on a chip.
    pub fn moment_on(&mut self, chip: u16, token: u32, cycle: u64) -> Option<Moment> {
        let starts = &self.broken.program().witness.starts;
        self.replay.moment(token, cycle, chip, starts)
    }
}

impl<S: Source> Session<S> {
    /// Makes one burst late so that the words after the prompt change.
    ///
    /// Errors: `Unbreakable` when no mutation among those tried does; `TakeTurns` where the text was written by several programs;
    /// `Cancelled`.
    pub fn break_one(&self, seed: u64, count: u32, listener: Listener) -> Result<BrokenRun, StudyError> {
        if !self.smaller.is_empty() {
            return Err(StudyError::TakeTurns { programs: self.programs().len() });
        }
        let prompt: Vec<u32> = self.tokens().iter().filter(|token| token.is_prompt).map(|token| token.id).collect();
        let mut rng = Rng::new(seed);
        let layers: Vec<usize> = self.layer_instances();
        let instance = layers.get(rng.below(layers.len() as u64) as usize).copied();
        let program = instance.and_then(|instance| single_out(self.program(), instance));
        let program = program.ok_or(StudyError::Unbreakable { tried: 0 })?;
        let [vectors, reads] = cars(&program);
        let mut tried = 0;
        let whole = self.first_logits(prompt.first().copied())?;
        for (all, most) in [(vectors, TRIES_VECTORS), (reads, TRIES)] {
            for _ in 0..most.min(all.len() as u32) {
                tell(listener, Stage::Break, tried, TRIES)?;
                tried += 1;
                let place = all[rng.below(all.len() as u64) as usize];
                let Some(mutant) = mutate_at(&program, Operator::Late, place, rng.next_u64()) else { continue };
                if let Some(run) = self.try_mutant(mutant, &prompt, count, &whole)? {
                    return Ok(run);
                }
            }
        }
        Err(StudyError::Unbreakable { tried })
    }

    fn layer_instances(&self) -> Vec<usize> {
        let instances = self.program().executable.instances.iter().enumerate();
        instances.filter(|(_, instance)| instance.layer.is_some()).map(|(index, _)| index).collect()
    }

    /// Logits of the first token under the verified program: a mutant with the same ones is not worth the rest of the prompt.
    fn first_logits(&self, id: Option<u32>) -> Result<Vec<f32>, StudyError> {
        let mut system = self.fresh();
        system.launch(&self.inputs(id.unwrap_or(0), 0)?, 0)?;
        system.run_token();
        self.logits(&system).ok_or(StudyError::Poisoned { token: 0 })
    }

    /// The mutant's run, if the words change and the judge objects.
    fn try_mutant(
        &self,
        mutant: Mutant,
        prompt: &[u32],
        count: u32,
        whole: &[f32],
    ) -> Result<Option<BrokenRun>, StudyError> {
        let executable = &mutant.program.executable;
        let mut system = System::load_with(self.chip(), executable, &self.tables, Empty::ReadsZero)?;
        let mut tokens = Vec::new();
        let mut replay = Replay::of(vec![system.clone()]);
        let mut violations = 0;
        let mut is_changed = false;
        let last_watched = prompt.len() as u32 + WATCHED.min(count).max(1) - 2;
        let mut next = prompt.first().copied();
        for position in 0..(prompt.len() as u32 + count).min(self.launch.context) {
            let Some(id) = next else { break };
            let inputs = self.inputs(id, position)?;
            system.launch(&inputs, position as u16)?;
            replay.push(0, inputs, system.checkpoint());
            let outcome = system.run_token();
            violations += outcome.violations;
            let Some(logits) = self.logits(&system) else { return Ok(None) };
            if position == 0 && logits == whole {
                return Ok(None);
            }
            let best = best(&logits);
            let given = prompt.get(position as usize + 1).copied();
            let chosen = given.unwrap_or_else(|| choose(Sampling::Greedy, &best, position));
            tokens.push(Token {
                id,
                text: self.model.tokenizer.label(id),
                is_prompt: (position as usize) < prompt.len(),
                cycles: outcome.cycles.0,
                candidates: best.iter().map(|&(id, probability)| self.candidate(id, probability)).collect(),
                next: chosen,
            });
            is_changed |= self.tokens().get(position as usize).is_some_and(|own| own.next != chosen);
            if last_watched <= position && !is_changed {
                return Ok(None);
            }
            next = (!self.model.tokenizer.is_end(chosen)).then_some(chosen);
        }
        if !is_changed {
            return Ok(None);
        }
        let name = mutant.description.sentence().english;
        let Ok(broken) = Broken::new(&self.verified, mutant.program, name) else { return Ok(None) };
        Ok(Some(BrokenRun { broken, description: mutant.description, tokens, replay, violations }))
    }
}
