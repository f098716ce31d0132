//! The account of a judged pass that takes all its rows at once: the tokens of a sequence, an image.
//!
//! In: what was compiled, its chip, what was published of it.  Out: cycles, both bounds, and the cycles resource by resource.
//! Invariant: every figure is of a verified program; what the published time is made of is unknown, and called so.

use arch::Chip;
use compile::least::LeastOfRows;
use compile::{AtOnce, CompileError};
use program::Program;
use serde::Serialize;
use units::{Cycles, Standing, Text};
use verify::Verified;

/// Why there is no pass.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// No program could be made.
    #[error("{_0}{}", remedy(_0).en)]
    Compile(#[from] CompileError),
    /// The judge refused what the compiler made: our error, not the user's.
    #[error("the judge refused the compiled program: {}", _0.en)]
    Rejected(Text),
}

/// What helps against an error of the compiler that does not say so itself.
fn remedy(error: &CompileError) -> Text {
    match error {
        CompileError::Unrecognised { .. } => Text::of("請改用較小的模型。", "; choose a smaller model"),
        CompileError::Machine { .. } => Text::of(
            "請改用別的晶片；若是編碼器，也可以改變 token 數。",
            "; choose another chip or, of an encoder, another number of tokens",
        ),
        _ => Text::default(),
    }
}

impl PassError {
    /// The same in Traditional Chinese.
    pub fn chinese(&self) -> String {
        match self {
            PassError::Compile(error) => error.chinese() + &remedy(error).zh,
            PassError::Rejected(reason) => format!("裁判否決了編譯結果，這是我們的錯：{}", reason.zh),
        }
    }
}

/// A published time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PublishedTime {
    /// Microseconds of a pass at batch 1.
    pub microseconds: f64,
    /// How well it is known.
    pub standing: Standing,
    /// Where it stands.
    pub source: &'static str,
}

/// The first bound and what it is the greatest of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirstOfRows {
    /// The bound.
    pub cycles: u64,
    /// Products at the rate of int8, all planes and ALUs at work.
    pub multiply: u64,
    /// Every weight installed once.
    pub install: u64,
    /// The chain of dependent steps of a row.
    pub chain: u64,
}

impl FirstOfRows {
    /// The parts of a bound.
    fn of(least: &LeastOfRows) -> Self {
        let [cycles, multiply, install, chain] =
            [least.cycles(), least.multiply, least.install, least.chain].map(|cycles| cycles.0);
        FirstOfRows { cycles, multiply, install, chain }
    }
}

/// What some of the cycles were spent on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spent {
    /// What it is.
    pub what: Text,
    /// Cycles; a plane of four alone counts a quarter.
    pub cycles: f64,
}

/// What is known of a pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// The model's name.
    pub model: &'static str,
    /// The machine.
    pub chip: String,
    /// The judge found nothing.
    pub verified: bool,
    /// Cycles of a pass.
    pub cycles: u64,
    /// The same in microseconds.
    pub microseconds: f64,
    /// Instructions dispatched.
    pub instructions: u64,
    /// Bytes of them.
    pub instruction_bytes: u64,
    /// Bytes of int8 weights.
    pub weight_bytes: u64,
    /// No program takes fewer cycles.
    pub first: FirstOfRows,
    /// No schedule of the lowered program takes fewer.
    pub second: u64,
    /// Shares by which the program exceeds both: 0.1 is 10 %.
    pub gaps: [f64; 2],
    /// Where the cycles go; they add up to all of them.
    pub spent: Vec<Spent>,
    /// What was published of the model on one chip, if anything was.
    pub published: Option<PublishedTime>,
}

/// The program, if the judge finds nothing.
///
/// Errors: `Rejected`.
pub(crate) fn judged(program: Program, chip: &Chip) -> Result<Verified, PassError> {
    verify::check(chip, program).map_err(|error| PassError::Rejected(error.report.text()))
}

impl Account {
    /// Judges a compiled pass and accounts for it; `spent` divides the cycles of a verified program with so many products.
    ///
    /// Errors: `Rejected` where the judge finds a violation.
    pub(crate) fn of<Model>(
        (model, published): (&'static str, Option<PublishedTime>),
        compiled: AtOnce<Model>,
        chip: &Chip,
        spent: fn(&Verified, u64) -> Vec<Spent>,
    ) -> Result<Self, PassError> {
        let (gaps, second, least) = (compiled.gaps(), compiled.bound().0, compiled.least);
        let verified = judged(compiled.program, chip)?;
        let extent = verified.extent();
        Ok(Account {
            model,
            chip: chip.name.clone(),
            verified: true,
            cycles: extent.cycles,
            microseconds: 1e6 / chip.clock.per_second(Cycles(extent.cycles)),
            instructions: extent.issues,
            instruction_bytes: extent.instruction_bytes,
            weight_bytes: least.bytes,
            first: FirstOfRows::of(&least),
            second,
            gaps: [gaps.first, gaps.second],
            spent: spent(&verified, least.products),
            published,
        })
    }

    /// Microseconds of so many cycles of its chip.
    pub fn microseconds_of(&self, cycles: f64) -> f64 {
        self.microseconds * cycles / self.cycles as f64
    }

    /// By how much it takes longer than was published, and why that cannot be divided.
    pub fn difference(&self) -> Option<(f64, Text)> {
        Some((self.microseconds - self.published?.microseconds, UNKNOWN))
    }
}

/// Why a difference from a published time cannot be divided.
const UNKNOWN: Text = Text::of(
    "公布的時間由哪些部分組成未公開：差距無法逐項對應，稱為未知。",
    "what the published time is made of is not public: how the difference divides is unknown",
);
