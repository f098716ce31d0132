//! The judge's answers on programs and their mutants, as plain lines.
//!
//! In: a program, or a verified one and a seed.  Out: `Verified`, or every violation as a line; for a mutant also what was changed.
//! Invariant: a mutant is judged for what it does, not for what was claimed of its origin: its witness is left out.
//! Method: calls of `verify` and `program::mutate`; nothing is decided here.

use crate::files::{UnknownChip, chip_named};
use crate::front::{Front, front};
use arch::Chip;
use graph::Graph;
use program::mutate::{Sentence, mutate};
use program::{Executable, Program, Witness};
use serde::Serialize;
use verify::{Lang, Report, Verified, Violation};

/// One violation, ready for a terminal, a table or JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViolationLine {
    /// Number of the rule, from 1.
    pub number: u32,
    /// Name of the rule.
    pub rule: &'static str,
    /// What the rule demands, in English.
    pub theorem_english: &'static str,
    /// What the rule demands, in Traditional Chinese.
    pub theorem_chinese: &'static str,
    /// The chip, the least of `chips`.
    pub chip: u32,
    /// Every chip on which it happens in this cycle.
    pub chips: Vec<u32>,
    /// Cycle of the token, for what has a time.
    pub cycle: Option<u64>,
    /// Functional unit, for what has one.
    pub unit: Option<String>,
    /// Where in the program.
    pub place: String,
    /// What would have been legal.
    pub expected: String,
    /// What is there instead.
    pub found: String,
    /// The whole as a sentence in English.
    pub english: String,
    /// The whole as a sentence in Traditional Chinese.
    pub chinese: String,
}

/// Everything that the judge found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The first violations, in order of time.
    pub violations: Vec<ViolationLine>,
    /// How many there are in truth.
    pub total: u64,
}

/// A mutant and what the judge says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutantVerdict {
    /// What was changed.
    pub change: Sentence,
    /// What it breaks; empty when it is proved harmless.
    pub verdict: Verdict,
    /// How far the damage comes, where the mutant can be run here.
    pub front: Option<Front>,
}

/// Why there is no certificate.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JudgeError {
    /// The program is for a machine that this build does not know.
    #[error(transparent)]
    Chip(#[from] UnknownChip),
    /// The program breaks rules.
    #[error("{}", verify::counted(_0.total))]
    Rejected(Verdict),
}

/// Judges `program` on the machine that it names.
pub fn judge(program: Program) -> Result<Verified, JudgeError> {
    let chip = chip_named(&program.executable.chip)?;
    judge_on(&chip, program)
}

/// Judges `program` on `chip`; one for another machine breaks the first rule.
pub fn judge_on(chip: &Chip, program: Program) -> Result<Verified, JudgeError> {
    verify::check(chip, program).map_err(|rejected| JudgeError::Rejected(Verdict::new(&rejected.report)))
}

/// Judges an executable that claims to compute a graph, on `chip` or else on the machine that it names. It comes without a witness, which
/// says nothing then.
pub fn judge_claim(chip: Option<&Chip>, executable: Executable, lowered: Graph) -> Result<Verified, JudgeError> {
    let program = Program { executable, witness: Witness::default(), lowered };
    match chip {
        Some(chip) => judge_on(chip, program),
        None => judge(program),
    }
}

/// What the first rule says of an executable alone, on `chip` or else on the machine that it names.
///
/// Errors: a machine that this build does not know.
pub fn judge_form(chip: Option<&Chip>, executable: &Executable) -> Result<Verdict, UnknownChip> {
    let named = if chip.is_none() { Some(chip_named(&executable.chip)?) } else { None };
    let chip = chip.or(named.as_ref()).expect("one of both is there");
    Ok(Verdict::new(&verify::form(chip, executable)))
}

/// What the mutation of `seed` changes; `None` when hardly any applies.
pub fn mutation(verified: &Verified, seed: u64) -> Option<Sentence> {
    Some(mutate(verified.program(), seed)?.description.sentence())
}

/// Breaks a verified program in the place that `seed` draws, and judges the mutant; `None` when hardly any mutation applies.
pub fn judge_mutant(verified: &Verified, seed: u64) -> Option<MutantVerdict> {
    let mutant = mutate(verified.program(), seed)?;
    let program = Program { witness: Witness::default(), ..mutant.program };
    let report = verify::violations(verified.chip(), &program);
    let front = front(verified.chip(), verified.program(), &program, seed);
    Some(MutantVerdict { change: mutant.description.sentence(), verdict: Verdict::new(&report), front })
}

impl Verdict {
    /// How many violations there are, with the noun, in English.
    pub fn count(&self) -> String {
        verify::counted(self.total)
    }

    /// The lines of a report.
    pub fn new(report: &Report) -> Self {
        Verdict { violations: report.violations.iter().map(ViolationLine::new).collect(), total: report.total }
    }
}

impl ViolationLine {
    fn new(violation: &Violation) -> Self {
        ViolationLine {
            number: violation.rule.number(),
            rule: violation.rule.name(),
            theorem_english: violation.rule.theorem(Lang::English),
            theorem_chinese: violation.rule.theorem(Lang::Chinese),
            chip: violation.chip,
            chips: violation.on.clone(),
            cycle: violation.cycle.map(|cycle| cycle.0),
            unit: violation.unit().map(|unit| format!("{unit:?}").to_ascii_uppercase()),
            place: violation.place.to_string(),
            expected: violation.expected(),
            found: violation.found(),
            english: violation.sentence(Lang::English),
            chinese: violation.sentence(Lang::Chinese),
        }
    }
}
