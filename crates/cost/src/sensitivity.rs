//! Which input moves a result most: a tornado.
//!
//! In: a sheet, a bill.  Out: for each input the result at its low and at its high, the widest first.
//! Invariant: inputs are varied one at a time from the values in use; what has no range, or follows from others, has no bar.
//! Method: the whole bill is written anew for each end of each range.

use crate::bill::{Bill, BillError};
use crate::{Refusal, Sheet, Text};
use serde::{Deserialize, Serialize};
use std::fmt;
use units::Order;

/// The result at both ends of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// The input.
    pub id: String,
    /// Low end of its range.
    pub low: f64,
    /// High end of its range.
    pub high: f64,
    /// Total of the bill at the low end.
    pub at_low: f64,
    /// Total of the bill at the high end.
    pub at_high: f64,
}

impl Bar {
    /// How far apart the two totals are.
    pub fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// Why a question about a bill has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionError {
    /// The bill cannot be written.
    Bill(BillError),
    /// A value is none that the input can have.
    Refused(Box<Refusal>),
    /// A curve has no points, or one at which nobody is served, or runs backwards.
    Curve,
}

impl QuestionError {
    /// The error as the page says it.
    pub fn text(&self) -> Text {
        match self {
            QuestionError::Bill(error) => error.text(),
            QuestionError::Refused(refusal) => refusal.text(),
            QuestionError::Curve => Text::of(
                "曲線上的使用者人數必須遞增，而且每人每秒的 token 數必須大於 0",
                "a curve needs points with more and more users, each served at more than 0 tokens per second",
            ),
        }
    }
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for QuestionError {}

impl From<BillError> for QuestionError {
    fn from(error: BillError) -> Self {
        QuestionError::Bill(error)
    }
}

impl From<units::EvaluationError> for QuestionError {
    fn from(error: units::EvaluationError) -> Self {
        QuestionError::Bill(error.into())
    }
}

impl From<Box<Refusal>> for QuestionError {
    fn from(refusal: Box<Refusal>) -> Self {
        QuestionError::Refused(refusal)
    }
}

/// The total of `write` at both ends of every input of its bill, the widest bar first, equal ones by id.
///
/// Errors: a bill cannot be written at one of the ends.
pub fn tornado(
    sheet: &Sheet<'_>,
    write: &dyn Fn(&Sheet<'_>) -> Result<Bill, BillError>,
) -> Result<Vec<Bar>, QuestionError> {
    let bill = write(sheet)?;
    let mut bars = Vec::new();
    for input in bill.inputs().into_iter().filter(|input| input.is_ground() && input.low < input.high) {
        let at_low = write(&sheet.with(&input.id, input.low)?)?.total;
        let at_high = write(&sheet.with(&input.id, input.high)?)?.total;
        bars.push(Bar { id: input.id.clone(), low: input.low, high: input.high, at_low, at_high });
    }
    bars.order_by(|a, b| b.width().total_cmp(&a.width()).then_with(|| a.id.cmp(&b.id)));
    Ok(bars)
}
