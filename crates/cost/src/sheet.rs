//! The inputs of a calculation: constants of a book, amounts of a run, and what the viewer changed.
//!
//! In: a book, amounts, edits.  Out: the value and the standing of any id; each input as the page shows it.
//! Invariant: an edit reaches every formula that names its id, and no value outside its hard bounds gets in.
//! Method: edits go before amounts, amounts before the book; derived constants are computed anew at each question.

use crate::refusal::{self, Bounds, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use units::{Book, EvaluationError, Evidence, Formula, Standing};

/// A number that a run or a model of a machine supplies, with how well it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// The number.
    pub value: f64,
    /// Least sensible value.
    pub low: f64,
    /// Greatest sensible value.
    pub high: f64,
    /// Unit of the three.
    pub unit: String,
    /// How well it is known.
    pub standing: Standing,
    /// What it was read off, computed by or taken from.
    pub source: String,
}

impl Amount {
    /// A number known without a range.
    pub fn exactly(value: f64, unit: &str, standing: Standing, source: &str) -> Amount {
        Amount { value, low: value, high: value, unit: unit.to_owned(), standing, source: source.to_owned() }
    }
}

/// Who supplied the value of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Supplier {
    /// The book: its default, or arithmetic over numbers alone.
    Default,
    /// A formula of the book over other inputs.
    Formula,
    /// The run that is paid for.
    Run,
    /// The viewer.
    Viewer,
}

/// An input as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Dotted id; the name of its field.
    pub id: String,
    /// Value in use.
    pub value: f64,
    /// Least sensible value.
    pub low: f64,
    /// Greatest sensible value.
    pub high: f64,
    /// What the field accepts at all.
    pub bounds: Bounds,
    /// Unit.
    pub unit: String,
    /// How well the value is known; a formula is as weak as what it names, a viewer's value is assumed.
    pub standing: Standing,
    /// Who supplied the value.
    pub supplier: Supplier,
    /// Work and section, command and date, formula, or reason.
    pub source: String,
}

impl Input {
    /// Whether the value is not computed from other inputs: what can be varied by itself.
    pub fn is_ground(&self) -> bool {
        self.supplier != Supplier::Formula
    }
}

/// Values by id.
#[derive(Clone, Debug)]
pub struct Sheet<'b> {
    book: &'b Book,
    amounts: BTreeMap<String, Amount>,
    edits: BTreeMap<String, f64>,
}

impl<'b> Sheet<'b> {
    /// The defaults of `book`.
    pub fn new(book: &'b Book) -> Sheet<'b> {
        Sheet { book, amounts: BTreeMap::new(), edits: BTreeMap::new() }
    }

    /// The book behind the sheet.
    pub fn book(&self) -> &'b Book {
        self.book
    }

    /// Puts the amount of a run under `id`, before what was there.
    pub fn supply(&mut self, id: &str, amount: Amount) {
        assert!(self.book.get(id).is_none(), "`{id}` is a constant of the book: amounts have ids of their own");
        self.amounts.insert(id.to_owned(), amount);
    }

    /// Changes one input.
    ///
    /// Errors: the id is unknown, or the value is not one that this input can have.
    pub fn edit(&mut self, id: &str, value: f64) -> Result<(), Box<Refusal>> {
        let bounds = self.bounds(id).ok_or_else(|| refusal::unknown(id))?;
        bounds.check(id, value)?;
        self.edits.insert(id.to_owned(), value);
        Ok(())
    }

    /// Changes one input to a value that may be a fraction even if the input counts things, as a search passes through them.
    pub(crate) fn edit_within(&mut self, id: &str, value: f64) {
        self.edits.insert(id.to_owned(), value);
    }

    /// Changes one input to what was typed into its field.
    ///
    /// Errors: as `edit`, and if the text is no number.
    pub fn edit_text(&mut self, id: &str, text: &str) -> Result<(), Box<Refusal>> {
        let bounds = self.bounds(id).ok_or_else(|| refusal::unknown(id))?;
        self.edit(id, bounds.read(id, text)?)
    }

    /// The sheet with one input changed.
    ///
    /// Errors: as `edit`.
    pub fn with(&self, id: &str, value: f64) -> Result<Sheet<'b>, Box<Refusal>> {
        let mut changed = self.clone();
        changed.edit(id, value)?;
        Ok(changed)
    }

    /// Takes the viewer's value of `id` back.
    pub fn undo(&mut self, id: &str) {
        self.edits.remove(id);
    }

    /// What the viewer changed.
    pub fn edits(&self) -> &BTreeMap<String, f64> {
        &self.edits
    }

    /// The value in use.
    pub fn value(&self, id: &str) -> Result<f64, EvaluationError> {
        self.book.value_with(id, &|id| self.replaced(id))
    }

    /// The value of an expression over ids.
    pub fn evaluate(&self, formula: &Formula) -> Result<f64, EvaluationError> {
        formula.evaluate(&|id| self.value(id))
    }

    fn replaced(&self, id: &str) -> Option<f64> {
        self.edits.get(id).copied().or_else(|| self.amounts.get(id).map(|amount| amount.value))
    }

    /// How well the value in use is known; `None` for an unknown id.
    pub fn standing(&self, id: &str) -> Option<Standing> {
        if self.edits.contains_key(id) {
            return Some(Standing::Assumed);
        }
        if let Some(amount) = self.amounts.get(id) {
            return Some(amount.standing);
        }
        let Some(formula) = self.book.formula(id) else { return self.book.standing(id) };
        let below = formula.ids().into_iter().filter_map(|id| self.standing(id));
        Standing::weakest(below.chain([Standing::Derived]))
    }

    /// What the field of `id` accepts; `None` for an unknown id.
    pub fn bounds(&self, id: &str) -> Option<Bounds> {
        match (self.amounts.get(id), self.book.get(id)) {
            (Some(amount), _) => Some(Bounds::of(id, &amount.unit, amount.low, amount.high)),
            (None, Some(constant)) => Some(Bounds::of(id, constant.unit, constant.low, constant.high)),
            (None, None) => None,
        }
    }

    /// The input as the page shows it.
    ///
    /// Errors: the id is unknown, or its formula has no value with these inputs.
    pub fn input(&self, id: &str) -> Result<Input, EvaluationError> {
        let unknown = || EvaluationError::Unknown { id: id.to_owned() };
        let bounds = self.bounds(id).ok_or_else(unknown)?;
        let standing = self.standing(id).ok_or_else(unknown)?;
        let value = self.value(id)?;
        let (low, high, unit, supplier, source) = match (self.amounts.get(id), self.book.get(id)) {
            (Some(amount), _) => (amount.low, amount.high, amount.unit.clone(), Supplier::Run, amount.source.clone()),
            (None, Some(constant)) => {
                let is_computed = self.book.formula(id).is_some_and(|formula| !formula.ids().is_empty());
                let supplier = if is_computed { Supplier::Formula } else { Supplier::Default };
                (constant.low, constant.high, constant.unit.to_owned(), supplier, place(&constant.evidence))
            }
            (None, None) => return Err(unknown()),
        };
        let supplier = if self.edits.contains_key(id) { Supplier::Viewer } else { supplier };
        Ok(Input { id: id.to_owned(), value, low, high, bounds, unit, standing, supplier, source })
    }

    /// Every id under a formula: those it names, and those under the formulas of these; each once, by name.
    pub fn below(&self, formula: &Formula) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for id in formula.ids() {
            ids.insert(id.to_owned());
            if let Some(formula) = self.book.formula(id).filter(|_| self.replaced(id).is_none()) {
                ids.extend(self.below(formula));
            }
        }
        ids
    }

    /// Every input under a formula as the page shows it, by id.
    ///
    /// Errors: an id is unknown, or a formula has no value with these inputs.
    pub(crate) fn inputs_below(&self, formula: &Formula) -> Result<Vec<Input>, EvaluationError> {
        self.below(formula).iter().map(|id| self.input(id)).collect()
    }
}

/// Where the evidence is to be found, in one line.
fn place(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Published { work, section } => format!("{work}: {section}"),
        Evidence::Measured { command, date } => format!("{command}, {date}"),
        Evidence::Derived { formula } => (*formula).to_owned(),
        Evidence::Assumed { why } => (*why).to_owned(),
    }
}
