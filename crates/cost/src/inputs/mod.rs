//! The inputs: every number that a bill, a plan or a claim starts from, with its range and its evidence.
//!
//! In: nothing.  Out: constants for a book.
//! Invariant: what was read names work and section; what is only remembered stands as assumed and says so.
//! Source: facts/gpu_and_economics.md sections 2 to 5 and 7, facts/hardware.md sections 2 to 6.

mod energy;
mod models;
mod money;
mod power;
mod record;
mod scale;
mod scenarios;

use units::{Book, Constant, Evidence};

/// All inputs of this crate.
pub fn inputs() -> Vec<Constant> {
    [energy::INPUTS, models::INPUTS, money::INPUTS, power::INPUTS, record::INPUTS, scale::INPUTS, scenarios::INPUTS]
        .concat()
}

/// All inputs of this crate as a book.
pub fn book() -> Book {
    Book::new(inputs()).expect("a test builds the book and shows every fault")
}

/// A constant: id, default with low and high, unit, evidence.
const fn input(id: &'static str, value: [f64; 3], unit: &'static str, evidence: Evidence) -> Constant {
    let [default, low, high] = value;
    Constant { id, default, low, high, unit, evidence }
}

/// A constant that is not varied.
const fn fixed(id: &'static str, value: f64, unit: &'static str, evidence: Evidence) -> Constant {
    input(id, [value, value, value], unit, evidence)
}

const fn read(work: &'static str, section: &'static str) -> Evidence {
    Evidence::Published { work, section }
}

const fn measured(command: &'static str, date: &'static str) -> Evidence {
    Evidence::Measured { command, date }
}

const fn derived(formula: &'static str) -> Evidence {
    Evidence::Derived { formula }
}

const fn assumed(why: &'static str) -> Evidence {
    Evidence::Assumed { why }
}
