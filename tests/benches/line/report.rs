//! Figures as a table and as JSON.
//!
//! In: named figures.  Out: aligned lines, or one object per model.

use crate::clock::quantile;
use serde_json::{Map, Value, json};
use std::fmt;

/// One figure, or the spread of several runs.
pub struct Row {
    name: &'static str,
    unit: &'static str,
    /// The fastest run, or the figure itself.
    best: f64,
    /// Median and 95th percentile.
    spread: Option<[f64; 2]>,
}

/// All figures of a model.
pub struct Report {
    /// The model.
    pub name: &'static str,
    /// Its figures.
    pub rows: Vec<Row>,
}

impl Row {
    /// Times of several runs, given in seconds.
    pub fn milliseconds(name: &'static str, seconds: &[f64]) -> Row {
        let at = |share| 1e3 * quantile(seconds, share);
        Row { name, unit: "ms", best: at(0.0), spread: Some([at(0.5), at(0.95)]) }
    }

    /// A figure.
    pub fn figure(name: &'static str, unit: &'static str, value: f64) -> Row {
        Row { name, unit, best: value, spread: None }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32} {:>12} {:>12} {:>12}", self.name, "fastest", "median", "p95")?;
        for Row { name, unit, best, spread } in &self.rows {
            write!(f, "  {name:<30} {best:>12.3}")?;
            match spread {
                Some([median, high]) => write!(f, " {median:>12.3} {high:>12.3}")?,
                None => write!(f, " {:>12} {:>12}", "", "")?,
            }
            writeln!(f, "  {unit}")?;
        }
        Ok(())
    }
}

/// All reports as one object: model -> figure -> its numbers.
pub fn json(reports: &[Report]) -> Value {
    let figure = |row: &Row| match row.spread {
        Some([median, high]) => json!({ "unit": row.unit, "fastest": row.best, "median": median, "p95": high }),
        None => json!({ "unit": row.unit, "value": row.best }),
    };
    let figures = |report: &Report| report.rows.iter().map(|row| (row.name.to_owned(), figure(row))).collect();
    let models: Map<String, Value> =
        reports.iter().map(|report| (report.name.to_owned(), Value::Object(figures(report)))).collect();
    Value::Object(models)
}
