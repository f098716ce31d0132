//! A set of constants that may be computed from one another.
//!
//! In: constants with their evidence.  Out: the set, with every value, or everything that is wrong with it.
//! Invariant: ids are unique, evidence is complete, formulas resolve without a circle, and a derived default is the value of
//! its formula to the digits in which the default is written.
//! Method: all checks run, so that one build shows all faults; values of derived constants always come from the formula.

use crate::formula::{EvaluationError, Formula};
use crate::{Constant, Evidence, Standing};
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with a constant of a book.
#[derive(Clone, Debug, PartialEq)]
pub struct BookError {
    /// The constant.
    pub id: &'static str,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.id, self.message)
    }
}

impl std::error::Error for BookError {}

#[derive(Clone, Debug)]
struct Entry {
    constant: Constant,
    /// Present if the constant is derived.
    formula: Option<Formula>,
}

/// Constants by id.
#[derive(Clone, Debug)]
pub struct Book {
    entries: BTreeMap<&'static str, Entry>,
}

impl Book {
    /// The set of `constants`.
    ///
    /// Errors: every constant that breaks the invariant of the book, with what would be right.
    pub fn new(constants: impl IntoIterator<Item = Constant>) -> Result<Book, Vec<BookError>> {
        let mut book = Book { entries: BTreeMap::new() };
        let mut errors = Vec::new();
        for constant in constants {
            let id = constant.id;
            errors.extend(constant.faults().into_iter().map(|message| BookError { id, message }));
            let formula = match constant.evidence {
                Evidence::Derived { formula } => Formula::parse(formula).ok(),
                _ => None,
            };
            if book.entries.insert(id, Entry { constant, formula }).is_some() {
                errors.push(BookError { id, message: "two constants have this id: rename one".to_owned() });
            }
        }
        if errors.is_empty() {
            errors.extend(book.entries.values().filter_map(|entry| book.misderived(entry)));
        }
        if errors.is_empty() { Ok(book) } else { Err(errors) }
    }

    /// Why the default of a derived constant is not the value of its formula.
    fn misderived(&self, entry: &Entry) -> Option<BookError> {
        entry.formula.as_ref()?;
        let (id, default) = (entry.constant.id, entry.constant.default);
        let message = match self.value(id) {
            Err(error) => error.to_string(),
            Ok(value) if is_rounding_of(default, value) => return None,
            Ok(value) => {
                format!("the default is {default}, its formula gives {value}: write the formula's value, rounded")
            }
        };
        Some(BookError { id, message })
    }

    /// The constant with this id.
    pub fn get(&self, id: &str) -> Option<&Constant> {
        self.entries.get(id).map(|entry| &entry.constant)
    }

    /// The formula of a derived constant.
    pub fn formula(&self, id: &str) -> Option<&Formula> {
        self.entries.get(id)?.formula.as_ref()
    }

    /// All constants, by id.
    pub fn constants(&self) -> impl Iterator<Item = &Constant> {
        self.entries.values().map(|entry| &entry.constant)
    }

    /// The default of a constant, or the value of its formula.
    pub fn value(&self, id: &str) -> Result<f64, EvaluationError> {
        self.value_with(id, &|_| None)
    }

    /// The value of a constant where `replaced` values go before those of the book, also inside formulas.
    pub fn value_with(&self, id: &str, replaced: &dyn Fn(&str) -> Option<f64>) -> Result<f64, EvaluationError> {
        self.value_below(id, replaced, self.entries.len() + 1)
    }

    /// `levels`: how many formulas may still stand inside one another; more than there are constants is a circle.
    fn value_below(
        &self,
        id: &str,
        replaced: &dyn Fn(&str) -> Option<f64>,
        levels: usize,
    ) -> Result<f64, EvaluationError> {
        if let Some(value) = replaced(id) {
            return Ok(value);
        }
        let unknown = || EvaluationError::Unknown { id: id.to_owned() };
        let entry = self.entries.get(id).ok_or_else(unknown)?;
        match &entry.formula {
            None => Ok(entry.constant.default),
            Some(_) if levels == 0 => Err(EvaluationError::Circular { id: id.to_owned() }),
            Some(formula) => formula.evaluate(&|id| self.value_below(id, replaced, levels - 1)),
        }
    }

    /// The weakest standing among what the constant rests on, down to inputs that are no formulas.
    pub fn standing(&self, id: &str) -> Option<Standing> {
        let entry = self.entries.get(id)?;
        let Some(formula) = &entry.formula else { return Some(entry.constant.evidence.standing()) };
        let below = formula.ids().into_iter().filter_map(|id| self.standing(id));
        Some(Standing::weakest(below).map_or(Standing::Derived, |weakest| weakest.max(Standing::Derived)))
    }
}

/// Whether `printed` is `value` rounded to the decimals in which `printed` is written: 0.32 is a rounding of 0.3155, 0.31 is not.
pub fn is_rounding_of(printed: f64, value: f64) -> bool {
    let text = printed.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 / crate::formula::power(10.0, decimals as i32);
    (printed - value).abs() <= half * (1.0 + 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assumed(id: &'static str, default: f64) -> Constant {
        Constant { id, default, low: default, high: default, unit: "", evidence: Evidence::Assumed { why: "a test" } }
    }

    fn derived(id: &'static str, default: f64, formula: &'static str) -> Constant {
        Constant { evidence: Evidence::Derived { formula }, ..assumed(id, default) }
    }

    fn errors(constants: &[Constant]) -> Vec<String> {
        Book::new(constants.iter().copied())
            .map_or_else(|errors| errors.iter().map(ToString::to_string).collect(), |_| Vec::new())
    }

    #[test]
    fn a_sound_set_knows_its_values() {
        let constants = [assumed("a.x", 3.0), derived("b", 0.33, "1 / a.x"), derived("c", 1.0, "b * a.x")];
        let book = Book::new(constants).expect("sound");
        assert_eq!((book.value("c"), book.standing("c")), (Ok(1.0), Some(Standing::Assumed)));
        let doubled = |id: &str| (id == "a.x").then_some(6.0);
        assert_eq!(book.value_with("b", &doubled), Ok(1.0 / 6.0));
        assert_eq!(book.constants().map(|constant| constant.id).collect::<Vec<_>>(), ["a.x", "b", "c"]);
    }

    #[test]
    fn every_kind_of_unsoundness_is_named() {
        let x = assumed("a.x", 3.0);
        assert_eq!(errors(&[x, x]), ["`a.x`: two constants have this id: rename one"]);
        assert_eq!(errors(&[derived("b", 1.0, "a.x")]), ["`b`: `a.x` is not known: use the id of an input"]);
        let off = "`b`: the default is 0.34, its formula gives 0.3333333333333333: write the formula's value, rounded";
        assert_eq!(errors(&[x, derived("b", 0.34, "1 / a.x")]), [off]);
        let circle = [derived("a", 1.0, "b"), derived("b", 1.0, "a")];
        assert!(errors(&circle).iter().all(|error| error.contains("computed from itself")), "{:?}", errors(&circle));
        assert_eq!(errors(&circle).len(), 2);
    }

    #[test]
    fn a_rounding_keeps_to_the_digits_written() {
        assert!(is_rounding_of(0.25, 0.2451) && is_rounding_of(84.0, 83.6) && is_rounding_of(1.5, 1.45));
        assert!(!is_rounding_of(0.25, 0.2449) && !is_rounding_of(84.0, 85.1) && !is_rounding_of(0.32, 0.31));
    }
}
