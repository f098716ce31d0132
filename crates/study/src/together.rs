//! Several rows at once: texts that advance together, or one text whose prompt is taken in blocks.
//!
//! In: a model's source and options, prompts.  Out: how each text goes on, and what every launch cost.
//! Invariant: every program was verified before it ran; a text becomes what it would have become alone.
//! Method: texts have one position. A text whose prompt is longer than another's is still reading while the other writes; one that has
//!     ended is fed its last token until the others have. A block takes tokens of a prompt but never its last, whose logits are wanted.

use crate::StudyError;
use crate::buckets::judge_beside;
use crate::build::{Built, build_block, build_texts};
use crate::figures::Figures;
use crate::progress::{Listener, Stage, tell};
use crate::sampling::{Sampling, best, choose};
use crate::session::{Options, Sizes, results};
use compile::Launch;
use import::{Model, Source};
use program::Program;
use sim::System;
use units::Span;
use verify::Verified;

/// A verified program, loaded and launched as its record wants it.
struct Loaded {
    verified: Verified,
    launch: Launch,
    system: System,
}

/// A model on a chip, with a program for several rows.
pub struct Together<S> {
    model: Model<S>,
    /// One token of each text.
    step: Loaded,
    /// Several tokens of the one text's prompt, in the same memory.
    block: Option<Loaded>,
}

/// How a text went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Tokens of its prompt.
    pub prompt: usize,
    /// Tokens that were written, without the one that ended it.
    pub written: Vec<u32>,
    /// Whether it came to its end.
    pub is_ended: bool,
}

/// One launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Position of its first row.
    pub position: u32,
    /// Positions that it took each text on.
    pub positions: u32,
    /// Cycles, as simulated.
    pub cycles: u64,
    /// Likewise as compiled.
    pub predicted_cycles: u64,
    /// Rules that the simulator found broken.
    pub violations: u64,
}

/// A text while it is read and written.
struct Writing {
    given: Vec<u32>,
    written: Vec<u32>,
    /// Tokens that it may still write.
    left: u32,
    is_ended: bool,
}

impl Writing {
    fn is_done(&self) -> bool {
        self.is_ended || self.left == 0
    }

    /// The token at a position that was reached.
    fn token(&self, position: u32) -> u32 {
        let position = position as usize;
        let written = || self.written.get(position - self.given.len()).or(self.written.last());
        self.given.get(position).or_else(written).or(self.given.last()).copied().unwrap_or(0)
    }
}

impl<S: Source> Together<S> {
    /// Imports, compiles, judges and loads the model in `source` for so many texts.
    ///
    /// Errors: as `Session::open`.
    pub fn open_texts(source: S, options: &Options, texts: u32, listener: Listener) -> Result<Self, StudyError> {
        let built = build_texts(source, options, texts, listener)?;
        Together::judged(built, listener)
    }

    /// The same for one text, with a program for `tokens` tokens of its prompt.
    ///
    /// Errors: as `Session::open`.
    pub fn open_block(source: S, options: &Options, tokens: u32, listener: Listener) -> Result<Self, StudyError> {
        let built = build_block(source, options, tokens, listener)?;
        Together::judged(built, listener)
    }

    fn judged(built: Built<S>, listener: Listener) -> Result<Self, StudyError> {
        let Built { model, chip, program, tables, launch, smaller, .. } = built;
        tell(listener, Stage::Verify, 0, 1)?;
        let (mut programs, launches): (Vec<Program>, Vec<Launch>) =
            smaller.into_iter().map(|beside| (beside.program, beside.launch)).unzip();
        programs.push(program);
        let mut judged = judge_beside(&chip, programs).map_err(StudyError::Rejected)?;
        let verified = judged.pop().expect("as many come back as went in");
        tell(listener, Stage::Load, 0, 1)?;
        let system = System::load(&chip, &verified.program().executable, &tables)?;
        let mut block = None;
        for (verified, launch) in judged.into_iter().zip(launches) {
            let system = system.beside(&verified.program().executable)?;
            block = Some(Loaded { verified, launch, system });
        }
        Ok(Together { model, step: Loaded { verified, launch, system }, block })
    }

    /// Continues one prompt for each text by up to `count` tokens, on clean caches.
    ///
    /// Errors: `Prompt`, `Cancelled`.
    pub fn write(
        &self,
        prompts: &[&str],
        (count, sampling): (u32, Sampling),
        listener: Listener,
    ) -> Result<(Vec<Line>, Vec<Advance>), StudyError> {
        assert_eq!(prompts.len() as u32, self.step.launch.rows.texts(), "a prompt for each text");
        let begun = |prompt: &&str| {
            let given = self.model.prompt(prompt)?;
            Ok(Writing { given, written: Vec::new(), left: count, is_ended: false })
        };
        let mut texts = prompts.iter().map(begun).collect::<Result<Vec<_>, StudyError>>()?;
        let mut system = self.step.system.clone();
        let (mut position, mut advances) = (0, Vec::new());
        let longest = texts.iter().map(|text| text.given.len()).max().unwrap_or(0) as u32;
        while position < self.step.launch.context && !texts.iter().all(Writing::is_done) {
            tell(listener, Stage::Run, position, (longest + count).min(self.step.launch.context))?;
            let fits =
                |block: &&Loaded| position + block.launch.rows.positions() < longest && position < block.launch.context;
            let loaded = self.block.as_ref().filter(fits).unwrap_or(&self.step);
            let advance = self.launch(loaded, &mut system, position, &texts)?;
            position += advance.positions;
            advances.push(advance);
            self.go_on(&mut texts, &system, position - 1, sampling)?;
        }
        let line = |text: Writing| Line { prompt: text.given.len(), written: text.written, is_ended: text.is_ended };
        Ok((texts.into_iter().map(line).collect(), advances))
    }

    fn launch(
        &self,
        loaded: &Loaded,
        system: &mut System,
        position: u32,
        texts: &[Writing],
    ) -> Result<Advance, StudyError> {
        let Loaded { verified, launch, system: program } = loaded;
        let positions = launch.rows.positions();
        let mut rows = Vec::new();
        for text in texts {
            for row in 0..positions {
                let token = Span::new(u64::from(text.token(position + row)), 1);
                rows.push(self.model.weights.rows(launch.embedding, token)?);
            }
        }
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        system.switch(program);
        system.launch(&launch.inputs_of(&rows, position), position as u16)?;
        let outcome = system.run_token();
        let (cycles, violations) = (outcome.cycles.0, outcome.violations);
        Ok(Advance { position, positions, cycles, predicted_cycles: verified.extent().cycles, violations })
    }

    /// Chooses the next token of every text whose last one so far was at `position`.
    fn go_on(
        &self,
        texts: &mut [Writing],
        system: &System,
        position: u32,
        sampling: Sampling,
    ) -> Result<(), StudyError> {
        let writes = |text: &Writing| !text.is_done() && text.given.len() <= position as usize + 1;
        if !texts.iter().any(writes) {
            return Ok(());
        }
        let results = results(system).ok_or(StudyError::Poisoned { token: position })?;
        for (number, text) in texts.iter_mut().enumerate().filter(|(_, text)| writes(text)) {
            let logits = self.step.launch.logits_of(number, &results);
            let next = choose(sampling, &best(&logits), position);
            text.is_ended = self.model.tokenizer.is_end(next);
            if !text.is_ended {
                text.written.push(next);
                text.left -= 1;
            }
        }
        Ok(())
    }

    /// What a step costs, every text's token together.
    pub fn figures(&self) -> Figures {
        let Loaded { verified, system, .. } = &self.step;
        Figures::new(verified.chip(), system.chips(), verified.extent().cycles, &Sizes::of(verified))
    }

    /// Tokens of a prompt at once, and the cycles of all of them.
    pub fn block(&self) -> Option<(u32, u64)> {
        self.block.as_ref().map(|block| (block.launch.rows.positions(), block.verified.extent().cycles))
    }

    /// Positions that each text has.
    pub fn context(&self) -> u32 {
        self.step.launch.context
    }

    /// The model.
    pub fn model(&self) -> &Model<S> {
        &self.model
    }
}
