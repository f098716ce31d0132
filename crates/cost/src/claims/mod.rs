//! The claims of the story: as told, as they stand, and what each rests on.
//!
//! In: a sheet.  Out: every claim with its supports evaluated, so that an edit shows which sentence it topples.
//! Invariant: every number in "as it stands" is computed, cited or the result of a run; a test finds one that is not.
//! Method: a computed number is a formula over inputs and the unit to which its text is rounded.
//! Source: story.md, the claims table; minutes are those of the podcast.

mod chip;
mod outside;
mod price;
mod product;
mod speed;

use crate::bill::BillError;
use crate::{Input, Sheet, Text};
use serde::{Deserialize, Serialize};
use units::{Formula, Standing};

pub use outside::OUTSIDE;

/// A claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Short id: `sram`.
    pub id: &'static str,
    /// Minutes of the podcast.
    pub minutes: &'static str,
    /// As told.
    pub told: Text,
    /// As it stands.
    pub stands: Text,
    /// What "as it stands" rests on.
    pub supports: &'static [Support],
}

/// What part of a claim rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Support {
    /// A number that follows from inputs.
    Computed {
        /// As it stands in the text: `10,600`.
        printed: &'static str,
        /// Unit of its last digit that counts: 100.
        to: f64,
        /// Arithmetic over ids of inputs.
        formula: &'static str,
    },
    /// A source says so.
    Cited {
        /// Author, title or publisher, year.
        work: &'static str,
        /// Where in it.
        section: &'static str,
    },
    /// A study case shows it.
    Run {
        /// One of `CASES`.
        case: Case,
        /// Numbers of the text that are its result.
        printed: &'static [&'static str],
    },
    /// Nobody outside knows.
    NobodyKnows {
        /// What is not known.
        what: &'static Text,
    },
}

/// A question that a study answers for a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Case {
    /// The same program on the fabric with 1,000 seeds: the spread of its cycles.
    FabricJitter,
    /// A quiet box of the rival with graphs, 1,000 seeds: the spread of its steps.
    QuietBox,
    /// The same box under load: newcomers' prefill, batches, queues.
    RushHour,
    /// Joules of both against users at once.
    JoulesOverUsers,
    /// Dollars of both against speed.
    DollarsOverSpeed,
    /// Tokens of a text over its words and characters, with the tokenizer that is loaded.
    TokensPerCharacter,
    /// Weights, caches, activations and instructions in the memory of the chips.
    WhatFits,
    /// Share of stream width and of matrix cycles that one user keeps busy.
    Utilisation,
    /// The same words from the chip and from the reference.
    SameWords,
    /// A framework's operations as compositions of the ten.
    TenOperations,
}

impl Case {
    /// All cases.
    pub const ALL: [Case; 10] = [
        Case::FabricJitter,
        Case::QuietBox,
        Case::RushHour,
        Case::JoulesOverUsers,
        Case::DollarsOverSpeed,
        Case::TokensPerCharacter,
        Case::WhatFits,
        Case::Utilisation,
        Case::SameWords,
        Case::TenOperations,
    ];
}

/// Whether a number still is what its text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Agreement {
    /// Rounded, it is the printed one.
    Holds,
    /// With these inputs it is another.
    Differs,
}

/// A support, evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Supported {
    /// A number, its formula, and everything below it.
    Computed {
        /// As it stands in the text.
        printed: String,
        /// Arithmetic over ids of inputs.
        formula: String,
        /// Its value with the inputs of the sheet.
        value: f64,
        /// Whether the text still holds.
        agreement: Agreement,
        /// The weakest among the inputs.
        standing: Standing,
        /// Every input below the formula.
        inputs: Vec<Input>,
    },
    /// A source.
    Cited {
        /// Author, title or publisher, year.
        work: String,
        /// Where in it.
        section: String,
    },
    /// A study case.
    Run {
        /// Which.
        case: Case,
    },
    /// Nobody outside knows.
    NobodyKnows {
        /// What.
        what: Text,
    },
}

/// A claim with its supports evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Short id.
    pub id: String,
    /// Minutes of the podcast.
    pub minutes: String,
    /// As told.
    pub told: Text,
    /// As it stands.
    pub stands: Text,
    /// What it rests on.
    pub supports: Vec<Supported>,
}

/// All claims in the order of the story's table.
pub fn claims() -> Vec<Claim> {
    [chip::claims(), speed::claims(), price::claims(), product::claims()].concat()
}

/// All claims with their supports evaluated on `sheet`.
///
/// Errors: a formula has no value with these inputs.
pub fn judge(sheet: &Sheet<'_>) -> Result<Vec<Judged>, BillError> {
    let judged = claims().into_iter().map(|claim| {
        let supports = claim.supports.iter().map(|support| evaluate(sheet, support));
        Ok(Judged {
            id: claim.id.to_owned(),
            minutes: claim.minutes.to_owned(),
            supports: supports.collect::<Result<_, BillError>>()?,
            told: claim.told,
            stands: claim.stands,
        })
    });
    judged.collect()
}

fn evaluate(sheet: &Sheet<'_>, support: &Support) -> Result<Supported, BillError> {
    Ok(match *support {
        Support::Computed { printed, to, formula } => {
            let parsed = Formula::parse(formula)?;
            let value = sheet.evaluate(&parsed)?;
            let inputs = sheet.inputs_below(&parsed)?;
            let standing = Standing::weakest(inputs.iter().map(|input| input.standing)).unwrap_or(Standing::Derived);
            let agreement = if is_printed(value, printed, to) { Agreement::Holds } else { Agreement::Differs };
            let (printed, formula) = (printed.to_owned(), formula.to_owned());
            Supported::Computed { printed, formula, value, agreement, standing, inputs }
        }
        Support::Cited { work, section } => Supported::Cited { work: work.to_owned(), section: section.to_owned() },
        Support::Run { case, .. } => Supported::Run { case },
        Support::NobodyKnows { what } => Supported::NobodyKnows { what: what.clone() },
    })
}

/// Whether `value`, rounded to a multiple of `to`, is the number written as `printed`.
fn is_printed(value: f64, printed: &str, to: f64) -> bool {
    let number: f64 = printed.replace(',', "").parse().expect("a test reads every printed number");
    (value - number).abs() <= to / 2.0 * (1.0 + 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_number_holds_within_half_its_last_digit() {
        assert!(
            is_printed(10_617.0, "10,600", 100.0) && is_printed(0.195, "0.2", 0.1) && is_printed(347.8, "348", 1.0)
        );
        assert!(!is_printed(10_651.0, "10,600", 100.0) && !is_printed(346.9, "348", 1.0));
    }
}
