//! A session: one model, its verified program or programs, one text.
//!
//! In: a model's source and options.  Out: tokens, moments, sizes.
//! Invariant: every program was verified before it ran; predicted and simulated cycles are both kept, never one for the other.
//! Method: where there are several programs, each token runs the smallest that holds its position: between two tokens the chip goes on
//!     with another program in the memory that the one before left.

use crate::StudyError;
use crate::bounds::Bounds;
use crate::buckets::{Staircase, holding, holds, judge_buckets};
use crate::build::{Built, build, build_buckets};
use crate::figures::Figures;
use crate::progress::{Listener, Stage, tell};
use crate::sampling::{Candidate, Sampling, best, choose};
use crate::token::{Replay, Token};
use arch::{Chip, Topology};
use compile::{Formats, Launch, LeftOut, Tables, Why};
use graph::Tensor;
use import::{Model, Source};
use program::Program;
use sim::{Moment, Observer, System};
use std::collections::BTreeMap;
use units::{Bytes, Span};
use verify::Verified;

/// The English text that page and command line go on from unless another is given.
pub const EXAMPLE: &str = "The traffic light turned green and every car";

/// What the user chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Positions to keep room for.
    pub context: u32,
    /// The machine.
    pub chip: Chip,
    /// How many of them, and how they are joined.
    pub topology: Topology,
    /// In which formats its matrices are held.
    pub formats: Formats,
}

impl Default for Options {
    /// Room for 128 positions on one published machine, weights in int8.
    fn default() -> Self {
        let (chip, topology) = (Chip::lpu_14nm(), Topology::single());
        Options { context: 128, chip, topology, formats: Formats::default() }
    }
}

/// Sizes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Instructions dispatched per token, on all chips.
    pub issues: u64,
    /// Bytes of the expanded instructions, on each chip.
    pub instructions: Bytes,
    /// Bytes from host to each chip per token.
    pub record: Bytes,
    /// Bytes from all chips to the host per token.
    pub results: Bytes,
}

impl Sizes {
    /// Those of a program.
    pub(crate) fn of(verified: &Verified) -> Self {
        let extent = verified.extent();
        let word = program::WORD_BYTES as u64;
        let executable = &verified.program().executable;
        Sizes {
            issues: extent.issues,
            instructions: Bytes(extent.instruction_bytes),
            record: Bytes(executable.record.len() as u64 * word),
            results: Bytes(executable.outputs.len() as u64 * 4 * word),
        }
    }
}

/// Where a token comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// The prompt, whose next token may be given too.
    Prompt {
        /// The token after it.
        next: Option<u32>,
    },
    /// The model.
    Chosen,
}

/// A program for fewer positions, and what the compiler noted of it.
pub(crate) struct Smaller {
    pub(crate) verified: Verified,
    pub(crate) why: Vec<Why>,
    bounds: Bounds,
}

/// A model on a chip.
pub struct Session<S> {
    pub(crate) model: Model<S>,
    pub(crate) formats: Formats,
    pub(crate) verified: Verified,
    pub(crate) tables: Tables,
    pub(crate) launch: Launch,
    pub(crate) why: Vec<Why>,
    /// Programs for fewer positions, the smallest first.
    pub(crate) smaller: Vec<Smaller>,
    left_out: Vec<LeftOut>,
    /// Loaded and never launched; a clone of it is a clean start.
    empty: System,
    system: System,
    tokens: Vec<Token>,
    pub(crate) replay: Replay,
    violations: u64,
    bounds: Bounds,
}

impl<S: Source> Session<S> {
    /// Imports, compiles, judges and loads the model in `source`.
    ///
    /// Errors: whatever a stage reports; `Cancelled` when the listener asks for it.
    pub fn open(source: S, options: &Options, listener: Listener) -> Result<Self, StudyError> {
        let built = build(source, options, listener)?;
        let judge = |chip: &Chip, programs: Vec<Program>| {
            let judged = programs.into_iter().map(|program| verify::check(chip, program));
            judged.collect::<Result<Vec<_>, _>>().map_err(|error| StudyError::Rejected(error.report.text()))
        };
        Session::judged(built, judge, listener)
    }

    /// The same with programs for fewer positions beside the one for all: a token runs the smallest that holds its position.
    ///
    /// Errors: as `open`.
    pub fn open_in_buckets(source: S, options: &Options, listener: Listener) -> Result<Self, StudyError> {
        let built = build_buckets(source, options, listener)?;
        let judge = |chip: &Chip, programs| judge_buckets(chip, programs).map_err(StudyError::Rejected);
        Session::judged(built, judge, listener)
    }

    fn judged(
        built: Built<S>,
        judge: fn(&Chip, Vec<Program>) -> Result<Vec<Verified>, StudyError>,
        listener: Listener,
    ) -> Result<Self, StudyError> {
        let Built { model, chip, formats, program, tables, launch, bounds, why, smaller, left_out } = built;
        tell(listener, Stage::Verify, 0, 1)?;
        let (programs, notes): (Vec<_>, Vec<_>) =
            smaller.into_iter().map(|bucket| (bucket.program, (bucket.why, bucket.bounds))).unzip();
        let mut programs = judge(&chip, programs.into_iter().chain([program]).collect())?;
        let verified = programs.pop().expect("as many come back as went in");
        tell(listener, Stage::Load, 0, 1)?;
        let empty = System::load(&chip, &verified.program().executable, &tables)?;
        let beside = |program: &Verified| empty.beside(&program.program().executable);
        let mut systems = programs.iter().map(beside).collect::<Result<Vec<_>, _>>()?;
        systems.push(empty.clone());
        let noted = |(verified, (why, bounds))| Smaller { verified, why, bounds };
        Ok(Session {
            smaller: programs.into_iter().zip(notes).map(noted).collect(),
            system: empty.clone(),
            tokens: Vec::new(),
            replay: Replay::of(systems),
            violations: 0,
            model,
            formats,
            verified,
            tables,
            launch,
            why,
            left_out,
            empty,
            bounds,
        })
    }

    /// Starts a new text: runs every token of the prompt, the last one's choice included.
    ///
    /// Errors: `Prompt`; `Cancelled` leaves no text.
    pub fn prompt(&mut self, text: &str, sampling: Sampling, listener: Listener) -> Result<(), StudyError> {
        let ids = self.model.prompt(text)?;
        self.restart();
        for (index, &id) in ids.iter().enumerate() {
            if let Err(stop) = tell(listener, Stage::Run, index as u32, ids.len() as u32) {
                self.restart();
                return Err(stop.into());
            }
            self.step(id, Origin::Prompt { next: ids.get(index + 1).copied() }, sampling)?;
        }
        Ok(())
    }

    /// Writes up to `count` more tokens; stops at an end token or when the context is full. Returns how many were run.
    ///
    /// Errors: `Cancelled` keeps the tokens that were run.
    pub fn generate(&mut self, count: u32, sampling: Sampling, listener: Listener) -> Result<u32, StudyError> {
        for done in 0..count {
            let Some(next) = self.tokens.last().map(|token| token.next) else { return Ok(done) };
            if self.model.tokenizer.is_end(next) || self.launch.context as usize <= self.tokens.len() {
                return Ok(done);
            }
            tell(listener, Stage::Run, done, count)?;
            self.step(next, Origin::Chosen, sampling)?;
        }
        Ok(count)
    }

    /// Clears the text and the caches.
    fn restart(&mut self) {
        self.system = self.empty.clone();
        self.tokens.clear();
        self.replay.clear();
        self.violations = 0;
    }

    fn step(&mut self, id: u32, origin: Origin, sampling: Sampling) -> Result<(), StudyError> {
        let position = self.tokens.len() as u32;
        if self.launch.context <= position {
            return Err(StudyError::Full { context: self.launch.context });
        }
        let inputs = self.inputs(id, position)?;
        let program = self.turn(position);
        let system = &mut self.system;
        system.switch(self.replay.program(program));
        system.launch(&inputs, position as u16)?;
        let launched = system.checkpoint();
        let outcome = system.run_token();
        let cycles = outcome.cycles.0;
        self.violations += outcome.violations;
        let logits = self.logits(&self.system).ok_or(StudyError::Poisoned { token: position })?;
        let best = best(&logits);
        let (is_prompt, given) = match origin {
            Origin::Prompt { next } => (true, next),
            Origin::Chosen => (false, None),
        };
        let next = given.unwrap_or_else(|| choose(sampling, &best, position));
        let candidates = best.iter().map(|&(id, probability)| self.candidate(id, probability)).collect();
        let text = self.model.tokenizer.label(id);
        self.tokens.push(Token { id, text, is_prompt, cycles, candidates, next });
        self.replay.push(program, inputs, launched);
        Ok(())
    }

    pub(crate) fn candidate(&self, id: u32, probability: f32) -> Candidate {
        Candidate { id, text: self.model.tokenizer.label(id), probability }
    }

    /// Launch inputs of a token.
    pub fn inputs(&self, id: u32, position: u32) -> Result<BTreeMap<String, Tensor>, StudyError> {
        let row = self.model.weights.rows(self.launch.embedding, Span::new(u64::from(id), 1))?;
        Ok(self.launch.inputs(&row, position))
    }

    /// Logits that a system holds after a token; `None` when they are poisoned.
    pub(crate) fn logits(&self, system: &System) -> Option<Vec<f32>> {
        results(system).map(|results| self.launch.logits(&results))
    }

    /// What is where in `cycle` of `token` on the first chip; `None` when there is no such token.
    pub fn moment(&mut self, token: u32, cycle: u64) -> Option<Moment> {
        self.moment_on(0, token, cycle)
    }

    /// What is where in `cycle` of `token` on a chip; `None` when there is no such chip or token.
    pub fn moment_on(&mut self, chip: u16, token: u32, cycle: u64) -> Option<Moment> {
        let programs = programs(&self.smaller, &self.verified);
        self.replay.moment(token, cycle, chip, &holding(&programs, token).program().witness.starts)
    }

    /// Runs `token` again, `chip` under the eyes of `observer`; the system at its end, or `None` when there is no such token.
    pub fn watch<O: Observer>(&self, token: u32, chip: u16, observer: &mut O) -> Option<System> {
        let mut system = self.replay.launched(token)?;
        system.watch_token(chip, observer);
        Some(system)
    }

    /// The system with `token` launched and not yet run; `None` when there is no such token.
    pub(crate) fn launched(&self, token: u32) -> Option<System> {
        self.replay.launched(token)
    }

    /// Number of chips.
    pub fn chips(&self) -> u16 {
        self.empty.chips()
    }

    /// A system with the program in it that has not run.
    pub(crate) fn fresh(&self) -> System {
        self.empty.clone()
    }

    /// The tokens that were run.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Rules that the simulator found broken while it ran the text; none, as the program is verified.
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// What a token costs when it runs the program for all positions.
    pub fn figures(&self) -> Figures {
        Figures::new(self.chip(), self.chips(), self.program().witness.end.0, &self.sizes())
    }

    /// What a token costs on average over those that were run; while none was, as `figures`.
    pub fn figures_on_average(&self) -> Figures {
        let all = || (0..self.tokens.len() as u32).map(|token| self.verified_at(token).extent().cycles);
        let count = self.tokens.len() as u64;
        let cycles = if count == 0 { self.program().witness.end.0 } else { all().sum::<u64>().div_ceil(count) };
        Figures::new(self.chip(), self.chips(), cycles, &self.sizes())
    }

    /// What binds a token.
    pub fn bounds_at(&self, token: u32) -> &Bounds {
        self.smaller.get(self.turn(token)).map_or(&self.bounds, |smaller| &smaller.bounds)
    }

    /// Which of the programs a token runs, counted from the smallest.
    pub fn turn(&self, token: u32) -> usize {
        self.smaller.iter().position(|smaller| holds(&smaller.verified, token)).unwrap_or(self.smaller.len())
    }

    /// All programs, the smallest first.
    pub fn programs(&self) -> Vec<&Verified> {
        programs(&self.smaller, &self.verified)
    }

    /// What a token costs at every position.
    pub fn staircase(&self) -> Staircase {
        Staircase::of(self.programs(), &self.left_out, self.chip())
    }

    /// The program that a token runs.
    pub fn verified_at(&self, token: u32) -> &Verified {
        holding(&self.programs(), token)
    }

    /// The program for all positions.
    pub fn program(&self) -> &Program {
        self.verified.program()
    }

    /// The proof that it obeys the rules.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// The machine it runs on.
    pub fn chip(&self) -> &Chip {
        self.verified.chip()
    }

    /// The model.
    pub fn model(&self) -> &Model<S> {
        &self.model
    }

    /// Text of token ids, as far as it is whole.
    pub fn text(&self, ids: &[u32]) -> String {
        String::from_utf8_lossy(&self.model.tokenizer.decode(ids)).into_owned()
    }

    /// Its sizes.
    pub fn sizes(&self) -> Sizes {
        Sizes::of(&self.verified)
    }
}

/// What a system has to give after a token, by name; `None` where something of it is poisoned.
pub(crate) fn results(system: &System) -> Option<BTreeMap<String, Tensor>> {
    let mut results = BTreeMap::new();
    for tile in system.outputs() {
        if tile.defect.is_some() {
            return None;
        }
        let values: Vec<f32> = tile.bits.iter().map(|bits| f32::from_bits(*bits)).collect();
        results.insert(tile.output, Tensor::f32(&[1, values.len() as u32], values));
    }
    Some(results)
}

/// All programs, the smallest first.
fn programs<'p>(smaller: &'p [Smaller], whole: &'p Verified) -> Vec<&'p Verified> {
    smaller.iter().map(|smaller| &smaller.verified).chain([whole]).collect()
}
