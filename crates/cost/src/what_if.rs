//! What a smaller process would make of the chip, and what the successor that shipped became.
//!
//! In: a sheet.  Out: for each quantity today's value, the factor, the prediction, the shipped figure and a verdict.
//! Invariant: a factor that was fitted to the successor is never counted as a prediction that came true.
//! Method: value times factor, also at both ends of the factor's range; a hit is a shipped figure inside that range.

use crate::{Sheet, Text};
use serde::{Deserialize, Serialize};
use units::EvaluationError;

/// Whether a factor could have been written down before the successor was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// From cells, clocks and energies of the process.
    Process,
    /// Read off the successor: its agreement proves nothing.
    Successor,
}

/// How a prediction compares with what shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The shipped figure lies in the predicted range.
    Hit,
    /// The shipped figure is lower than the whole range.
    TooHigh,
    /// The shipped figure is higher than the whole range.
    TooLow,
    /// It agrees because the factor was fitted to it.
    Fitted,
    /// No figure is public.
    Open,
}

/// One quantity before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// What it is.
    pub label: Text,
    /// Its unit.
    pub unit: String,
    /// Today's value.
    pub today: f64,
    /// Id of the factor.
    pub factor_id: String,
    /// Today times factor: default, low, high.
    pub predicted: [f64; 3],
    /// What the successor has.
    pub shipped: Option<f64>,
    /// Where the factor is from.
    pub origin: Origin,
    /// The comparison.
    pub verdict: Verdict,
}

/// Label, unit, id of today's value, id of the factor, id of the shipped figure, origin.
type Question = (Text, &'static str, &'static str, &'static str, Option<&'static str>, Origin);

static QUESTIONS: [Question; 11] = [
    (
        Text::of("SRAM 容量，由位元格面積推算", "SRAM, from the area of a cell"),
        "MB",
        "lpu.sram_mb",
        "scale.bitcell",
        Some("shipped.sram_mb"),
        Origin::Process,
    ),
    (Text::of("SRAM 容量", "SRAM"), "MB", "lpu.sram_mb", "scale.sram", Some("shipped.sram_mb"), Origin::Successor),
    (
        Text::of("SRAM 頻寬，由時脈推算", "SRAM bandwidth, from the clock"),
        "TB/s",
        "node14.sram_tb_s",
        "scale.clock",
        Some("shipped.sram_tb_s"),
        Origin::Process,
    ),
    (
        Text::of("SRAM 頻寬", "SRAM bandwidth"),
        "TB/s",
        "node14.sram_tb_s",
        "scale.bandwidth",
        Some("shipped.sram_tb_s"),
        Origin::Successor,
    ),
    (
        Text::of("電晶體", "transistors"),
        "thousand million",
        "node14.transistors_g",
        "scale.transistors",
        Some("shipped.transistors_g"),
        Origin::Successor,
    ),
    (
        Text::of("晶片間連線", "links of a chip"),
        "TB/s",
        "node14.link_tb_s",
        "scale.link",
        Some("shipped.link_tb_s"),
        Origin::Successor,
    ),
    (
        Text::of("8 位元運算，由時脈推算", "8-bit operations, from the clock"),
        "TOPS",
        "node14.int8_tops",
        "scale.clock",
        Some("shipped.fp8_tflops"),
        Origin::Process,
    ),
    (
        Text::of("放下 100 GB 所需的晶片", "chips that hold 100 GB"),
        "chips",
        "node14.chips_100gb",
        "scale.chips",
        Some("shipped.chips_100gb"),
        Origin::Successor,
    ),
    (
        Text::of("一次八位元乘加的能量", "energy of an 8-bit multiplication"),
        "pJ",
        "e.mac_int8_14nm",
        "scale.energy",
        None,
        Origin::Process,
    ),
    (
        Text::of("讀一個 SRAM 位元的能量", "energy of reading a bit of SRAM"),
        "pJ/bit",
        "e.sram",
        "scale.sram_energy",
        None,
        Origin::Process,
    ),
    (Text::of("一顆裸晶的成本", "cost of a die"), "$", "lpu.die_cost", "scale.wafer", None, Origin::Process),
];

/// Every quantity at 14 nm, as predicted for 4 nm, and as shipped.
///
/// Errors: an input has no value on this sheet.
pub fn what_if(sheet: &Sheet<'_>) -> Result<Vec<Scaled>, EvaluationError> {
    let answers = QUESTIONS.iter().map(|(label, unit, today, factor, shipped, origin)| {
        let today = sheet.value(today)?;
        let factor = sheet.input(factor)?;
        let shipped = shipped.map(|id| sheet.input(id)).transpose()?;
        let predicted = [factor.value, factor.low, factor.high].map(|factor| today * factor);
        let verdict = match &shipped {
            None => Verdict::Open,
            Some(_) if *origin == Origin::Successor => Verdict::Fitted,
            Some(shipped) if shipped.high < predicted[1] => Verdict::TooHigh,
            Some(shipped) if predicted[2] < shipped.low => Verdict::TooLow,
            Some(_) => Verdict::Hit,
        };
        let shipped = shipped.map(|input| input.value);
        let (label, unit, factor_id) = (label.clone(), (*unit).to_owned(), factor.id);
        Ok(Scaled { label, unit, today, factor_id, predicted, shipped, origin: *origin, verdict })
    });
    answers.collect()
}

/// Predictions that could fail: how many came true, of how many.
pub fn score(answers: &[Scaled]) -> (usize, usize) {
    let tested = answers.iter().filter(|answer| answer.origin == Origin::Process && answer.shipped.is_some());
    let hits = tested.clone().filter(|answer| answer.verdict == Verdict::Hit).count();
    (hits, tested.count())
}
