//! Programs for few positions, for several texts, for a block of a prompt: which are wanted, and those that lie beside one another.
//!
//! In: a command's words, a model.  Out: the model compiled, and all its programs judged.
//! Invariant: programs that lie beside one another are judged together.
//! Method: one kind at a time; the options exclude one another.

use super::built_with;
use super::together::ROWS_MAX;
use crate::args::{Flag, Given};
use crate::failure::Failure;
use crate::files::ModelBytes;
use frame::Lang;
use serde::Serialize;
use std::path::Path;
use study::{Built, JudgeError, Options, Staircase, StudyError, Verified};

/// The switch of commands that know programs for fewer positions.
pub const BUCKETS: &[Flag] = &[Flag {
    name: "buckets",
    value: None,
    says: "Programs for 16, 32, 64 and more positions beside the one for all: a token runs the smallest that holds its position.",
}];

/// Options for several rows at once.
pub const ROWS: &[Flag] = &[
    Flag {
        name: "texts",
        value: Some("N"),
        says: "Texts that advance together, each with its caches; 1 unless given.",
    },
    Flag {
        name: "block",
        value: Some("N"),
        says: "A program for N tokens of a prompt at once, beside the one for single tokens.",
    },
];

/// Which programs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One for all positions.
    Whole,
    /// One for each bucket.
    Buckets,
    /// One for so many texts.
    Texts(u32),
    /// One for so many tokens of a prompt, beside the one for single tokens.
    Block(u32),
}

/// What a block of a prompt costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Block {
    /// Tokens at once.
    pub tokens: u32,
    /// Cycles of all of them.
    pub cycles: u64,
    /// Bytes of its instructions.
    pub instruction_bytes: u64,
}

/// A model compiled and judged.
pub struct Judged {
    /// The model and what binds its program.
    pub built: Built<ModelBytes>,
    /// Its program: of several the one for all positions.
    pub verified: Verified,
    /// All programs, where they are buckets.
    pub staircase: Option<Staircase>,
    /// The program beside it, where it is for a block.
    pub block: Option<Block>,
}

impl Kind {
    /// What the words ask for.
    pub fn of(given: &Given) -> Result<Kind, Failure> {
        for pair in [["buckets", "texts"], ["buckets", "block"], ["texts", "block"]] {
            given.at_most_one(pair)?;
        }
        let texts = given.number("texts", 1..=ROWS_MAX)?.map(Kind::Texts);
        let block = given.number("block", 1..=ROWS_MAX)?.map(Kind::Block);
        let buckets = given.has("buckets").then_some(Kind::Buckets);
        Ok(texts.or(block).or(buckets).unwrap_or(Kind::Whole))
    }

    /// Whether programs lie beside one another.
    pub fn is_several(self) -> bool {
        matches!(self, Kind::Buckets | Kind::Block(_))
    }
}

/// Compiles the model called `name`, and judges what comes of it; `Ok(Err)` where the judge rejects a program that is alone.
pub fn judged(name: &Path, options: &Options, kind: Kind, lang: Lang) -> Result<Result<Judged, JudgeError>, Failure> {
    let mut built = built_with(name, options, lang, |source, options, listener| match kind {
        Kind::Whole => study::build(source, options, listener),
        Kind::Buckets => study::build_buckets(source, options, listener),
        Kind::Texts(texts) => study::build_texts(source, options, texts, listener),
        Kind::Block(tokens) => study::build_block(source, options, tokens, listener),
    })?;
    if !kind.is_several() {
        let verified = study::judge_on(&built.chip, built.program.clone());
        return Ok(verified.map(|verified| Judged { built, verified, staircase: None, block: None }));
    }
    let others = std::mem::take(&mut built.smaller).into_iter().map(|bucket| bucket.program);
    let programs = others.chain([built.program.clone()]).collect();
    let judged = match kind {
        Kind::Buckets => study::judge_buckets(&built.chip, programs),
        _ => study::judge_beside(&built.chip, programs),
    };
    let refused = |reason| Failure::of_study_in(lang, &name.display().to_string(), &StudyError::Rejected(reason));
    let mut programs = judged.map_err(refused)?;
    let staircase = (kind == Kind::Buckets).then(|| Staircase::of(&programs, &built.left_out, &built.chip));
    let verified = programs.pop().expect("as many come back as went in");
    let block = |tokens: u32| {
        let extent = programs.last().map(Verified::extent)?;
        Some(Block { tokens, cycles: extent.cycles, instruction_bytes: extent.instruction_bytes })
    };
    let block = if let Kind::Block(tokens) = kind { block(tokens) } else { None };
    Ok(Ok(Judged { built, verified, staircase, block }))
}

/// All programs of the model called `name`, one for each bucket.
pub fn in_buckets(name: &Path, options: &Options) -> Result<Vec<Verified>, Failure> {
    let mut built = built_with(name, options, Lang::English, study::build_buckets)?;
    let smaller = std::mem::take(&mut built.smaller).into_iter().map(|bucket| bucket.program);
    let judged = study::judge_buckets(&built.chip, smaller.chain([built.program]).collect());
    judged.map_err(|reason| Failure::of_study(&name.display().to_string(), &StudyError::Rejected(reason)))
}
