//! Programs to be broken, and what judge and simulator say of a mutant.
//!
//! In: nothing; models and programs of the repository.  Out: trials, and tallies of mutants.
//! Invariant: a mutant that the judge accepts must end like its origin, in outputs and without a violation, for two tokens.
//! Method: tokens 3 and 4 of a model, so that what the first leaves in the caches shows in the second.

use arch::{Chip, Topology};
use graph::{Tensor, TensorData};
use import::bert::{BertShape, encode};
use import::gguf::{LoadOptions, load};
use program::mutate::mutate;
use program::{Executable, Program, Witness};
use sim::System;
use std::collections::BTreeMap;
use std::process::ExitCode;
use units::{Rng, Span};

/// What the host gives for a token, and its position.
type Token = (BTreeMap<String, Tensor>, u16);

/// A program that is broken again and again.
pub struct Trial {
    /// What it is.
    pub name: String,
    /// Whether one judgement takes long.
    pub is_large: bool,
    chip: Chip,
    program: Program,
    tables: Box<dyn TensorData>,
    tokens: Vec<Token>,
    original: Vec<Vec<u32>>,
}

/// What became of mutants.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Refused by the judge.
    pub refused: u64,
    /// Accepted: the same graph on a legal schedule.
    pub harmless: u64,
    /// Refused ones that were run and broke a rule of the machine.
    pub broke: u64,
    /// Refused ones that were run, broke no rule and computed something else.
    pub differed: u64,
    /// Refused ones that were run and ended like the original.
    pub same: u64,
    /// Accepted ones that ended otherwise.
    pub survivors: Vec<String>,
    /// Operator of the only mutant, if there is one.
    pub operator: Option<String>,
}

/// Every program that is tried: those below, and SmolLM2 where `models/` holds it.
pub fn trials() -> Vec<Trial> {
    let mut trials = small_trials();
    trials.extend(crate::real_model().map(|bytes| Trial::model("SmolLM2 on 1", bytes, (128, 1))));
    trials
}

/// `tiny` on 1, 2 and 8 chips, the library, some legal programs, an encoder.
pub fn small_trials() -> Vec<Trial> {
    let tiny: &[u8] = include_bytes!("../../static/models/tiny.gguf");
    let mut trials: Vec<Trial> =
        [1, 2, 8].map(|chips| Trial::model(&format!("tiny on {chips}"), tiny.to_vec(), (16, chips))).into();
    for (name, _) in crate::library::SAYS {
        let crate::library::Stored { program, tables, inputs } = crate::library::stored(name);
        let tokens = vec![(inputs, crate::library::POSITION)];
        trials.push(Trial::new((name.to_owned(), false), program, Box::new(tables), tokens));
    }
    let chip = Chip::lpu_14nm();
    for seed in 0..4 {
        let case = crate::legal(&chip, seed);
        let tokens = vec![(case.inputs, case.position)];
        let name = format!("legal {seed} on {}", case.program.executable.topology);
        trials.push(Trial::new((name, false), case.program, Box::new(case.tables), tokens));
    }
    trials.push(Trial::encoder(16));
    trials
}

impl Trial {
    fn model(name: &str, bytes: Vec<u8>, (context, chips): (u32, u16)) -> Self {
        let model = load(bytes, LoadOptions { context }).expect("the model loads");
        let topology = Topology::of(chips).expect("so many chips are joined");
        let compiled =
            compile::compile_for(&model.graph, &model.weights, &Chip::lpu_14nm(), &topology).expect("it fits");
        let token = |position: u16| {
            let row = model.weights.rows(compiled.launch.embedding, Span::new(2 + u64::from(position), 1));
            (compiled.launch.inputs(&row.expect("a row per token"), u32::from(position)), position)
        };
        let tokens = vec![token(3), token(4)];
        Trial::new((name.to_owned(), context == 128), compiled.program, Box::new(compiled.tables), tokens)
    }

    /// A small encoder with weights at random, two passes.
    fn encoder(tokens: u32) -> Self {
        let shape = BertShape { layers: 1, width: 64, heads: 2, ffn: 96, vocab: 9, positions: tokens, epsilon: 1e-12 };
        let (graph, mut rng) = (encode(&shape, tokens), Rng::new(1));
        let weights = crate::random::weights(&mut rng, &graph);
        let compiled = compile::encoder::compile(&graph, Some(&weights), &Chip::lpu_14nm()).expect("a small one fits");
        let mut pass = || {
            let mut row = |_| (0..shape.width).map(|_| (rng.unit() - 0.5) as f32).collect::<Vec<f32>>();
            let rows: Vec<Vec<f32>> = (0..tokens).map(&mut row).collect();
            (compiled.inputs(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>()), 0)
        };
        let passes = vec![pass(), pass()];
        let name = format!("encoder of {tokens} tokens");
        Trial::new((name, false), compiled.program, Box::new(compiled.tables), passes)
    }

    fn new(
        (name, is_large): (String, bool),
        program: Program,
        tables: Box<dyn TensorData>,
        tokens: Vec<Token>,
    ) -> Self {
        let program = Program { witness: Witness::default(), ..program };
        let chip = Chip::lpu_14nm();
        let mut trial = Trial { name, is_large, chip, program, tables, tokens, original: Vec::new() };
        assert!(verify::violations(&trial.chip, &trial.program).is_clean(), "{} is not legal", trial.name);
        trial.original = trial.outputs(&trial.program.executable).expect("a legal program breaks no rule");
        trial
    }

    /// Outputs of all tokens, or nothing when a rule is broken.
    fn outputs(&self, executable: &Executable) -> Option<Vec<Vec<u32>>> {
        let mut system = System::load(&self.chip, executable, self.tables.as_ref()).ok()?;
        let mut outputs = Vec::new();
        for (inputs, position) in &self.tokens {
            system.launch(inputs, *position).ok()?;
            if system.run_token().violations != 0 {
                return None;
            }
            outputs.extend(system.outputs().into_iter().map(|tile| tile.bits));
        }
        Some(outputs)
    }

    /// Judges the mutant of `seed`, and runs it if it is accepted, or refused and one of `every`; an empty tally if there is none.
    pub fn mutant(&self, seed: u64, every: u64) -> Tally {
        let mut tally = Tally::default();
        let Some(mutant) = mutate(&self.program, seed) else { return tally };
        tally.operator = Some(format!("{:?}", mutant.description.operator));
        let mutated = Program { lowered: self.program.lowered.clone(), ..mutant.program };
        let is_clean = verify::violations(&self.chip, &mutated).is_clean();
        if !is_clean {
            tally.refused = 1;
            let every = if self.is_large { 4 * every } else { every };
            if 0 < Rng::new(!seed).below(every) {
                return tally;
            }
        }
        let ended = self.outputs(&mutated.executable);
        match (is_clean, ended) {
            (true, ended) => {
                tally.harmless = 1;
                if ended.as_ref() != Some(&self.original) {
                    tally.survivors.push(format!("{} seed {seed}: {:?}", self.name, mutant.description));
                }
            }
            (false, None) => tally.broke = 1,
            (false, Some(outputs)) if outputs == self.original => tally.same = 1,
            (false, Some(_)) => tally.differed = 1,
        }
        tally
    }

    /// Success when nothing slipped past the judge.
    pub fn verdict(all: &Tally) -> ExitCode {
        if all.survivors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Tally {
    /// Mutants counted.
    pub fn mutants(&self) -> u64 {
        self.refused + self.harmless
    }

    /// Adds what became of others.
    pub fn add(&mut self, other: &Tally) {
        self.refused += other.refused;
        self.harmless += other.harmless;
        self.broke += other.broke;
        self.differed += other.differed;
        self.same += other.same;
        self.survivors.extend(other.survivors.iter().cloned());
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { refused, harmless, broke, differed, same, survivors, .. } = self;
        let run = broke + differed + same;
        write!(
            f,
            "{:>6} mutants: {refused:>6} refused, {harmless:>5} harmless, {} survived; ",
            self.mutants(),
            survivors.len()
        )?;
        write!(f, "of {run} refused and run {broke} broke a rule, {differed} computed otherwise, {same} the same")
    }
}
