//! A published encoder, compiled and judged: how long a pass takes, where its cycles go, and what was published.
//!
//! In: a name, a number of tokens, a chip.  Out: cycles, both bounds, and the cycles resource by resource.
//! Invariant: every figure is of a verified program; what the published time is made of is unknown, and called so. Nothing is tuned to it.
//! Method: import, compile without weights, judge; then the accounts (`spent`).

pub(crate) mod spent;

pub use spent::{Spent, spent};

use arch::Chip;
use compile::CompileError;
use compile::encoder::{Encoded, compile};
use compile::least::LeastOfRows;
use import::Encoder;
use import::bert::encode;
use program::Program;
use serde::Serialize;
use units::{Cycles, Standing, Text};
use verify::Verified;

/// Tokens of the sequence unless asked otherwise: the length of the rows that one plane accumulates at once. With how many the published
/// time was taken is not known to us.
pub const TOKENS: u32 = 128;

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
    pub fn of(least: &LeastOfRows) -> Self {
        let [cycles, multiply, install, chain] =
            [least.cycles(), least.multiply, least.install, least.chain].map(|cycles| cycles.0);
        FirstOfRows { cycles, multiply, install, chain }
    }
}

/// What is known of an encoder's pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pass {
    /// Its name.
    pub model: &'static str,
    /// The machine.
    pub chip: String,
    /// Tokens of the sequence.
    pub tokens: u32,
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

/// What was published of a model on one chip at batch 1.
pub fn published(model: Encoder) -> Option<PublishedTime> {
    match model {
        Encoder::BertBase => Some(PublishedTime {
            microseconds: 130.0,
            standing: Standing::Published,
            source: "abstract of arXiv 2206.11062, 2022, on BERT on the Tensor Streaming Processor; with how many tokens we do not know",
        }),
        Encoder::BertLarge => None,
    }
}

/// The program of a pass.
///
/// Errors: as `pass`.
pub fn program(model: Encoder, tokens: u32, chip: &Chip) -> Result<Verified, PassError> {
    judged(encoded(model, tokens, chip)?.program, chip)
}

fn judged(program: Program, chip: &Chip) -> Result<Verified, PassError> {
    verify::check(chip, program).map_err(|error| PassError::Rejected(error.report.text()))
}

fn encoded(model: Encoder, tokens: u32, chip: &Chip) -> Result<Encoded, PassError> {
    let shape = model.shape();
    if shape.positions < tokens || tokens == 0 {
        let error = CompileError::Unrecognised {
            what: format!("{tokens} tokens"),
            expected: format!("1 to {}: so many positions have an embedding", shape.positions),
        };
        return Err(error.into());
    }
    Ok(compile(&encode(&shape, tokens), None, chip)?)
}

/// Compiles and judges a pass.
///
/// Errors: `Compile` where the chip cannot hold it; `Rejected` where the judge finds a violation.
pub fn pass(model: Encoder, tokens: u32, chip: &Chip) -> Result<Pass, PassError> {
    let encoded = encoded(model, tokens, chip)?;
    let (gaps, second, least) = (encoded.gaps(), encoded.bound().0, encoded.least);
    let Encoded { program, .. } = encoded;
    let verified = judged(program, chip)?;
    Ok(Pass {
        model: model.name(),
        chip: chip.name.clone(),
        tokens,
        verified: true,
        cycles: verified.extent().cycles,
        microseconds: 1e6 / chip.clock.per_second(Cycles(verified.extent().cycles)),
        instructions: verified.extent().issues,
        instruction_bytes: verified.extent().instruction_bytes,
        weight_bytes: least.bytes,
        first: FirstOfRows::of(&least),
        second,
        gaps: [gaps.first, gaps.second],
        spent: spent(&verified, least.products),
        published: published(model),
    })
}

impl Pass {
    /// Microseconds of so many cycles of its chip.
    pub fn microseconds_of(&self, cycles: f64) -> f64 {
        self.microseconds * cycles / self.cycles as f64
    }

    /// By how much it takes longer than was published, and why that cannot be divided.
    pub fn difference(&self) -> Option<(f64, Text)> {
        Some((self.microseconds - self.published?.microseconds, unknown()))
    }
}

/// Why a difference from a published time cannot be divided.
pub(crate) fn unknown() -> Text {
    Text::of(
        "公布的時間由哪些部分組成未公開：差距無法逐項對應，稱為未知。",
        "what the published time is made of is not public: how the difference divides is unknown",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_judged_and_its_accounts_add_up() {
        let pass = pass(Encoder::BertBase, 16, &Chip::lpu_14nm()).expect("it fits");
        let total: f64 = pass.spent.iter().map(|spent| spent.cycles).sum();
        assert!((total - pass.cycles as f64).abs() < 1e-6, "{total} of {}", pass.cycles);
        assert!(pass.spent.iter().all(|spent| 0.0 <= spent.cycles), "{:?}", pass.spent);
        assert!(pass.first.cycles < pass.second && pass.second < pass.cycles);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |model: Encoder, tokens: u32| {
            let error = pass(model, tokens, &Chip::lpu_14nm()).expect_err("there is no room");
            assert!(!error.chinese().is_ascii());
            error.to_string()
        };
        assert!(refused(Encoder::BertLarge, 128).contains("at most 960 lanes"));
        assert!(refused(Encoder::BertBase, 144).contains("accumulators"));
        assert!(refused(Encoder::BertBase, 600).contains("1 to 512"));
    }
}
