//! A bill: rows that each show their formula, their inputs and how well they are known.
//!
//! In: a sheet and formulas.  Out: rows with values, their sum, and how much of it rests on what.
//! Invariant: the total is the sum of the rows; a row is known no better than the weakest of its inputs.
//! Method: a row may name earlier rows by id; its inputs are then theirs, too.

use crate::{Input, Sheet, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use units::Order;
use units::formula::EXPONENT_MAX;
use units::{EvaluationError, Formula, FormulaError, Standing};

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Dotted id, by which later rows name this one.
    pub id: String,
    /// What is paid for.
    pub label: Text,
    /// Arithmetic over ids of inputs and of earlier rows.
    pub formula: String,
    /// Value in the unit of the bill.
    pub value: f64,
    /// The weakest standing among the inputs.
    pub standing: Standing,
    /// Every input below the formula, also those that are computed from others; by id.
    pub inputs: Vec<Input>,
}

/// How much rests on one standing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The standing.
    pub standing: Standing,
    /// Inputs of this standing that are not computed from others.
    pub inputs: usize,
    /// Those inputs as a share of all, 0 to 1.
    pub of_inputs: f64,
    /// The rows of this standing as a share of the total, 0 to 1.
    pub of_total: f64,
}

/// Rows and their sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// What the rows are in: `J/token`, `$/million tokens`.
    pub unit: String,
    /// The items.
    pub rows: Vec<Row>,
    /// Their sum.
    pub total: f64,
    /// The weakest standing among the rows.
    pub standing: Standing,
    /// What a reader might expect on the bill and does not find.
    pub leaves_out: Text,
}

/// Why there is no bill.
#[derive(Clone, Debug, PartialEq)]
pub enum BillError {
    /// A formula of a row or of a part has no value.
    Evaluation(EvaluationError),
    /// The formula of a part cannot be read.
    Formula(FormulaError),
    /// No price of these parts is known, or nobody rents them out.
    NoPrice,
}

impl BillError {
    /// The error as the page says it.
    pub fn text(&self) -> Text {
        match self {
            BillError::Evaluation(error) => Text::new(evaluation_zh(error), error.to_string()),
            BillError::Formula(error) => {
                let FormulaError { at, found, .. } = error;
                let zh = format!("公式在第 {at} 個位元組讀不下去，遇到 {found}；請改正這個零件的公式");
                Text::new(zh, error.to_string())
            }
            BillError::NoPrice => Text::of(
                "這些零件沒有已知的這種價格；請改看另一種帳單",
                "no such price is known for these parts: ask for another bill of them",
            ),
        }
    }
}

fn evaluation_zh(error: &EvaluationError) -> String {
    match error {
        EvaluationError::Unknown { id } => format!("沒有「{id}」這個輸入；請用輸入清單上的代號"),
        EvaluationError::Circular { id } => format!("「{id}」是由它自己算出來的；請拆開這個循環"),
        EvaluationError::NotFinite { part } => format!("「{part}」除以零或數值太大；請修改其中的輸入"),
        EvaluationError::Exponent { part, value } => {
            format!("「{part}」的指數是 {value}；指數必須是整數，而且不超過 {EXPONENT_MAX}")
        }
    }
}

impl fmt::Display for BillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for BillError {}

impl From<EvaluationError> for BillError {
    fn from(error: EvaluationError) -> Self {
        BillError::Evaluation(error)
    }
}

impl From<FormulaError> for BillError {
    fn from(error: FormulaError) -> Self {
        BillError::Formula(error)
    }
}

impl Bill {
    /// Inputs of all rows, each once, by id.
    pub fn inputs(&self) -> Vec<&Input> {
        let mut inputs: Vec<&Input> = self.rows.iter().flat_map(|row| &row.inputs).collect();
        inputs.order_by(|a, b| a.id.cmp(&b.id));
        inputs.dedup_by(|a, b| a.id == b.id);
        inputs
    }

    /// The row with this id.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// How many inputs, and how much of the total, rest on each standing; the strongest first, all four always.
    pub fn shares(&self) -> [Share; 4] {
        let inputs: Vec<&Input> = self.inputs().into_iter().filter(|input| input.is_ground()).collect();
        Standing::ALL.map(|standing| {
            let count = inputs.iter().filter(|input| input.standing == standing).count();
            let rows = self.rows.iter().filter(|row| row.standing == standing);
            // The sum of no rows is 0, where `sum` would say -0.
            let value = rows.fold(0.0, |sum, row| sum + row.value);
            let ratio = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
            Share {
                standing,
                inputs: count,
                of_inputs: ratio(count as f64, inputs.len() as f64),
                of_total: ratio(value, self.total),
            }
        })
    }
}

/// Any number of the sheet as a row: its formula, its value and every input below it.
///
/// Errors: the formula cannot be read or has no value.
pub fn open(sheet: &Sheet<'_>, label: Text, formula: String) -> Result<Row, BillError> {
    let mut writer = Writer::new(sheet);
    writer.row("opened", label, formula)
}

/// Writes rows one after the other.
pub(crate) struct Writer<'s, 'b> {
    sheet: &'s Sheet<'b>,
    rows: Vec<Row>,
}

impl<'s, 'b> Writer<'s, 'b> {
    pub(crate) fn new(sheet: &'s Sheet<'b>) -> Self {
        Writer { sheet, rows: Vec::new() }
    }

    /// Adds a row, and returns it.
    pub(crate) fn row(&mut self, id: &str, label: Text, formula: String) -> Result<Row, BillError> {
        let parsed = Formula::parse(&formula)?;
        let earlier = |id: &str| self.rows.iter().find(|row| row.id == id);
        let value = parsed.evaluate(&|id| match earlier(id) {
            Some(row) => Ok(row.value),
            None => self.sheet.value(id),
        })?;
        let mut inputs = BTreeMap::new();
        for id in parsed.ids() {
            let below = match earlier(id) {
                Some(row) => row.inputs.clone(),
                None => self.sheet.inputs_below(&Formula::Id(id.to_owned()))?,
            };
            inputs.extend(below.into_iter().map(|input| (input.id.clone(), input)));
        }
        let inputs: Vec<Input> = inputs.into_values().collect();
        let standing = Standing::weakest(inputs.iter().map(|input| input.standing));
        let standing = standing.unwrap_or(Standing::Derived);
        let row = Row { id: id.to_owned(), label, formula, value, standing, inputs };
        self.rows.push(row.clone());
        Ok(row)
    }

    /// Ids of the rows so far, as a sum.
    pub(crate) fn sum_so_far(&self) -> String {
        self.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>().join(" + ")
    }

    /// Sum of the rows so far.
    pub(crate) fn total(&self) -> f64 {
        self.rows.iter().map(|row| row.value).sum()
    }

    /// Adds the rows of `other`, whose ids must be new.
    pub(crate) fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    pub(crate) fn bill(self, unit: &str, leaves_out: Text) -> Bill {
        let total = self.total();
        let standing = Standing::weakest(self.rows.iter().map(|row| row.standing)).unwrap_or(Standing::Derived);
        Bill { unit: unit.to_owned(), rows: self.rows, total, standing, leaves_out }
    }
}
