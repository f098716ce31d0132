//! A published encoder, compiled and judged: how long a pass takes, where its cycles go, and what was published.
//!
//! In: a name, a number of tokens, a chip.  Out: cycles, both bounds, and the cycles resource by resource.
//! Invariant: every figure is of a verified program; what the published time is made of is unknown, and called so. Nothing is tuned to it.
//! Method: import, compile without weights; judged and accounted for as any pass of its kind is (`account`), its cycles divided by `spent`.

pub(crate) mod spent;

pub use spent::spent;

use crate::account::{Account, PassError, PublishedTime, judged};
use arch::Chip;
use compile::CompileError;
use compile::encoder::{Encoded, compile};
use import::Encoder;
use import::bert::encode;
use serde::Serialize;
use units::Standing;
use verify::Verified;

/// Tokens of the sequence unless asked otherwise: the length of the rows that one plane accumulates at once. With how many the published
/// time was taken is not known to us.
pub const TOKENS: u32 = 128;

/// What is known of an encoder's pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pass {
    /// Tokens of the sequence.
    pub tokens: u32,
    /// What is known of any pass.
    #[serde(flatten)]
    pub account: Account,
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
    let (encoded, published) = (encoded(model, tokens, chip)?, published(model));
    Ok(Pass { tokens, account: Account::of((model.name(), published), encoded, chip, spent)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_judged_and_its_accounts_add_up() {
        let pass = pass(Encoder::BertBase, 16, &Chip::lpu_14nm()).expect("it fits");
        let pass = pass.account;
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
