//! How late a task of many calls may be: the spread of the sum of its calls.
//!
//! In: calls that vary alike, with the variance of one; the seconds in the mean.  Out: the seconds within which 99 of 100 tasks end.
//! Invariant: what is assumed has an id and a standing: `tail.correlation` says whether calls are slow independently or together.
//! Method: variances of independent calls add up; deviations of calls that are slow together do. Between the two, n calls of
//!     deviation s have the variance (1 - c) sum(n s^2) + c (sum(n s))^2. The sum is taken for normal: p99 lies `tail.deviations`
//!     deviations beyond the mean. First token and flow of one call, and tools, vary independently or not at all.
//! Source: deviations as recorded by LLMPerf, request by request; facts/gpu_and_economics.md sections 2.1 and 5.

use crate::bill::{self, BillError, Row};
use crate::{Sheet, Text};
use serde::{Deserialize, Serialize};
use units::Formula;
use units::formula::power;

/// Calls that vary alike.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    /// How many; a formula.
    pub times: String,
    /// Variance of the seconds of one; a formula.
    pub variance: String,
}

/// How late a task may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// 99 of 100 such tasks end within so many seconds, with the correlation of the sheet; of equal branches side by side one counts.
    pub p99_s: f64,
    /// The same if calls are slow independently of one another.
    pub p99_independent_s: f64,
    /// The same if all calls of a task are slow together.
    pub p99_together_s: f64,
    /// Variance of the sum of independent calls in square seconds, with its formula and inputs.
    pub variance: Row,
    /// Probability that none of the calls is among the slowest hundredth, if calls are slow independently of one another.
    pub spared: f64,
}

impl Tail {
    /// The tail of a task of `calls` calls that takes `seconds` in the mean.
    ///
    /// Errors: a formula cannot be read or has no value on this sheet.
    pub(super) fn of(sheet: &Sheet<'_>, seconds: f64, calls: f64, varies: &[Alike]) -> Result<Tail, BillError> {
        let value = |formula: &str| -> Result<f64, BillError> { Ok(sheet.evaluate(&Formula::parse(formula)?)?) };
        let term = |alike: &Alike| format!("({}) * ({})", alike.times, alike.variance);
        let terms: Vec<String> = varies.iter().map(term).collect();
        let sum = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
        let label = Text::of("各次呼叫變異數的總和（平方秒）", "sum of the variances of the calls (square seconds)");
        let variance = bill::open(sheet, label, sum)?;
        let mut together = 0.0;
        for alike in varies {
            together += value(&alike.times)? * value(&alike.variance)?.sqrt();
        }
        let (deviations, correlation) = (value("tail.deviations")?, value("tail.correlation")?);
        let between = (1.0 - correlation) * variance.value + correlation * together * together;
        Ok(Tail {
            p99_s: seconds + deviations * between.sqrt(),
            p99_independent_s: seconds + deviations * variance.value.sqrt(),
            p99_together_s: seconds + deviations * together,
            variance,
            // No formula: an exponent there ends at 512, a task may have more calls.
            spared: power(value("tail.share")?, calls as i32),
        })
    }
}
