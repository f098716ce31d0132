//! A tiny arithmetic language: how one number follows from others, in words that can be shown and computed.
//!
//! In: text as `money.rate * (1 + money.rate)^money.life`.  Out: a tree that prints itself, names its ids and has a value.
//! Invariant: the text of a tree reads back as the same tree; evaluation is a total function to a finite number or an error.
//! Method: numbers, dotted ids, `+ - * /`, parentheses, whole powers by repeated squaring; no functions, so no libm.

mod parse;

use std::collections::BTreeSet;
use std::fmt;

pub use parse::FormulaError;
pub(crate) use parse::is_id;

/// The largest exponent, in magnitude, that a formula may ask for.
pub const EXPONENT_MAX: f64 = 512.0;

/// An operation of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient.
    Divide,
    /// Power with a whole exponent; groups from the right.
    Power,
}

/// An arithmetic expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A finite number that is not negative: a minus is an operation.
    Number(f64),
    /// A dotted id, looked up at evaluation.
    Id(String),
    /// The negative of the operand.
    Negate(Box<Formula>),
    /// Two operands and what is done with them.
    Binary(Operator, Box<Formula>, Box<Formula>),
}

/// Why a formula has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum EvaluationError {
    /// Nobody knows this id.
    Unknown {
        /// The id.
        id: String,
    },
    /// The value of this id is computed from itself.
    Circular {
        /// The id.
        id: String,
    },
    /// This part divides by zero or leaves the range of numbers.
    NotFinite {
        /// The part, printed.
        part: String,
    },
    /// The exponent of this part is no whole number within [`EXPONENT_MAX`].
    Exponent {
        /// The part, printed.
        part: String,
        /// Value of the exponent.
        value: f64,
    },
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluationError::Unknown { id } => write!(f, "`{id}` is not known: use the id of an input"),
            EvaluationError::Circular { id } => write!(f, "`{id}` is computed from itself: break the circle"),
            EvaluationError::NotFinite { part } => {
                write!(f, "`{part}` divides by zero or is too large: change the inputs it names")
            }
            EvaluationError::Exponent { part, value } => {
                write!(f, "the exponent of `{part}` is {value}: it must be whole and at most {EXPONENT_MAX}")
            }
        }
    }
}

impl std::error::Error for EvaluationError {}

impl Formula {
    /// The tree that `text` writes down.
    ///
    /// Errors: the byte at which something else was expected, and what.
    pub fn parse(text: &str) -> Result<Formula, FormulaError> {
        parse::parse(text)
    }

    /// The value, with each id looked up by `resolve`.
    pub fn evaluate(&self, resolve: &dyn Fn(&str) -> Result<f64, EvaluationError>) -> Result<f64, EvaluationError> {
        let value = match self {
            Formula::Number(number) => *number,
            Formula::Id(id) => resolve(id)?,
            Formula::Negate(operand) => -operand.evaluate(resolve)?,
            Formula::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(resolve)?, right.evaluate(resolve)?);
                match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                    Operator::Power => power(left, self.exponent(right)?),
                }
            }
        };
        if value.is_finite() { Ok(value) } else { Err(EvaluationError::NotFinite { part: self.to_string() }) }
    }

    /// The ids that the formula names, each once, in alphabetical order.
    pub fn ids(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        self.collect_ids(&mut ids);
        ids
    }

    fn collect_ids<'f>(&'f self, ids: &mut BTreeSet<&'f str>) {
        match self {
            Formula::Number(_) => {}
            Formula::Id(id) => {
                ids.insert(id);
            }
            Formula::Negate(operand) => operand.collect_ids(ids),
            Formula::Binary(_, left, right) => {
                left.collect_ids(ids);
                right.collect_ids(ids);
            }
        }
    }

    fn exponent(&self, value: f64) -> Result<i32, EvaluationError> {
        let is_whole = value.fract() == 0.0 && value.abs() <= EXPONENT_MAX;
        if is_whole { Ok(value as i32) } else { Err(EvaluationError::Exponent { part: self.to_string(), value }) }
    }

    /// How tightly the outermost operation binds; a part that binds less than its place asks for gets parentheses.
    fn binding(&self) -> u8 {
        match self {
            Formula::Binary(Operator::Add | Operator::Subtract, ..) => SUM,
            Formula::Binary(Operator::Multiply | Operator::Divide, ..) => PRODUCT,
            Formula::Negate(_) => NEGATION,
            Formula::Binary(Operator::Power, ..) => POWER,
            Formula::Number(_) | Formula::Id(_) => ATOM,
        }
    }
}

const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const NEGATION: u8 = 3;
const POWER: u8 = 4;
const ATOM: u8 = 5;

/// A part as it stands in a place that asks for at least the binding beside it.
struct Placed<'f>(&'f Formula, u8);

impl fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.binding() < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Formula::Number(number) => write!(f, "{number}"),
            Formula::Id(id) => f.write_str(id),
            Formula::Negate(operand) => write!(f, "-{}", Placed(operand, NEGATION)),
            Formula::Binary(operator, left, right) => {
                let (before, sign, after) = match operator {
                    Operator::Add => (SUM, " + ", PRODUCT),
                    Operator::Subtract => (SUM, " - ", PRODUCT),
                    Operator::Multiply => (PRODUCT, " * ", NEGATION),
                    Operator::Divide => (PRODUCT, " / ", NEGATION),
                    Operator::Power => (ATOM, "^", NEGATION),
                };
                write!(f, "{}{sign}{}", Placed(left, before), Placed(right, after))
            }
        }
    }
}

/// `base` to a whole power by repeated squaring: the same bits on every machine.
pub fn power(base: f64, exponent: i32) -> f64 {
    let (mut square, mut left, mut product) = (base, exponent.unsigned_abs(), 1.0);
    while left != 0 {
        if left % 2 == 1 {
            product *= square;
        }
        square *= square;
        left /= 2;
    }
    if exponent < 0 { 1.0 / product } else { product }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    fn value(text: &str) -> Result<f64, EvaluationError> {
        let resolve = |id: &str| match id {
            "a.rate" => Ok(0.1),
            "a.life" => Ok(4.0),
            _ => Err(EvaluationError::Unknown { id: id.to_owned() }),
        };
        Formula::parse(text).expect(text).evaluate(&resolve)
    }

    /// A tree of at most `depth` operations on a path, with every kind of part.
    fn tree(rng: &mut Rng, depth: u64) -> Formula {
        let operators = [Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Divide, Operator::Power];
        match if depth == 0 { rng.below(3) } else { rng.below(9) } {
            0 => Formula::Number(rng.below(1000) as f64),
            1 => Formula::Number(rng.unit() * power(10.0, rng.below(40) as i32 - 20)),
            2 => Formula::Id(["a.rate", "pue", "x_1.y2.z"][rng.below(3) as usize].to_owned()),
            3 => Formula::Negate(Box::new(tree(rng, depth - 1))),
            _ => {
                let operator = operators[rng.below(5) as usize];
                Formula::Binary(operator, Box::new(tree(rng, depth - 1)), Box::new(tree(rng, depth - 1)))
            }
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_itself() {
        let mut rng = Rng::new(8);
        for round in 0..5000 {
            let formula = tree(&mut rng, 6);
            let text = formula.to_string();
            assert_eq!(Formula::parse(&text).as_ref(), Ok(&formula), "round {round}: {text}");
        }
    }

    #[test]
    fn operations_group_as_in_school() {
        for (text, expected) in [
            ("2 + 3*4 - 5", 9.0),
            ("2 - 3 - 4", -5.0),
            ("24/4/2", 3.0),
            ("-2^2", -4.0),
            ("2^3^2", 512.0),
            ("(2^3)^2", 64.0),
            ("2^-1", 0.5),
            ("2 * -3", -6.0),
            ("1.5e3 + .5", 1500.5),
            ("0^0", 1.0),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
        let annuity = value("a.rate*(1+a.rate)^a.life/((1+a.rate)^a.life-1)").expect("finite");
        assert!((annuity - 0.315_470_8).abs() < 1e-7, "{annuity}");
    }

    #[test]
    fn what_has_no_value_says_which_part() {
        assert_eq!(value("1 + b.c"), Err(EvaluationError::Unknown { id: "b.c".to_owned() }));
        assert_eq!(
            value("1 + 1/(a.life - 4)"),
            Err(EvaluationError::NotFinite { part: "1 / (a.life - 4)".to_owned() })
        );
        assert_eq!(value("2^a.rate"), Err(EvaluationError::Exponent { part: "2^a.rate".to_owned(), value: 0.1 }));
        assert_eq!(value("1^600"), Err(EvaluationError::Exponent { part: "1^600".to_owned(), value: 600.0 }));
    }

    #[test]
    fn ids_are_listed_once() {
        let formula = Formula::parse("b.x * a + b.x / -c.d^2").expect("parses");
        assert_eq!(formula.ids().into_iter().collect::<Vec<_>>(), ["a", "b.x", "c.d"]);
    }
}
