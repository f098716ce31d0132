//! The corpus of wrong programs: every rule is broken alone, in every way it can be.
//!
//! In: hand-written programs with one edit.  Out: violations of exactly one rule, the expected fault among them.
//! Invariant: every fault that `verify` can name occurs here, with a sentence in both languages, the Chinese one without English words.
//! Method: `check(rule, program, edit, fault)`; the witness is stripped unless it is the point.

mod edit;
mod hand;

#[path = "wrong/amounts.rs"]
mod amounts;
#[path = "wrong/control.rs"]
mod control;
#[path = "wrong/form.rs"]
mod form;
#[path = "wrong/links.rs"]
mod links;
#[path = "wrong/memory.rs"]
mod memory;
#[path = "wrong/switch.rs"]
mod switch;
#[path = "wrong/units.rs"]
mod units_rules;
#[path = "wrong/whole.rs"]
mod whole;

use arch::Chip;
use graph::ScalarOp;
use program::{Program, Witness};
use verify::{Fault, Field, Lang, Report, Rule};

/// Judges `program` after `edit` on the published chip: exactly `rule` is broken, and `fault` is among what is found.
fn check(rule: Rule, mut program: Program, edit: impl FnOnce(&mut Program), fault: fn(&Fault) -> bool) {
    program.witness = Witness::default();
    edit(&mut program);
    expect(&verify::violations(&Chip::lpu_14nm(), &program), rule, fault);
}

/// Like `check`, on an edited chip.
fn check_chip(rule: Rule, mut program: Program, edit: impl FnOnce(&mut Chip), fault: fn(&Fault) -> bool) {
    program.witness = Witness::default();
    let mut chip = Chip::lpu_14nm();
    edit(&mut chip);
    expect(&verify::violations(&chip, &program), rule, fault);
}

/// Like `check`, the witness included.
fn check_witness(program: Program, edit: impl FnOnce(&mut Program), fault: fn(&Fault) -> bool) {
    let mut program = program;
    edit(&mut program);
    expect(&verify::violations(&Chip::lpu_14nm(), &program), Rule::Witness, fault);
}

#[track_caller]
fn expect(report: &Report, rule: Rule, fault: fn(&Fault) -> bool) {
    let lines: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
    assert_eq!(report.rules(), [rule], "{}", lines.join("\n"));
    assert!(report.violations.iter().any(|violation| fault(&violation.fault)), "{}", lines.join("\n"));
    for violation in &report.violations {
        for lang in [Lang::English, Lang::Chinese] {
            let sentence = violation.sentence(lang);
            assert!(!sentence.contains(": .") && !sentence.contains("：。"), "no words for {:?}", violation.fault);
        }
        let chinese = violation.sentence(Lang::Chinese);
        assert_eq!(foreign(&chinese), Vec::<&str>::new(), "English in: {chinese}");
        assert!(!violation.expected().is_empty() && !violation.found().is_empty());
    }
}

/// Whether an operand is called `name` in the text of a program.
fn is_named(operand: &Field, name: &str) -> bool {
    *operand == Field::Name(name.to_owned())
}

/// Words of a Chinese sentence that a reader of Chinese must not be given: lower-case ones outside quotes, beside types and places.
fn foreign(sentence: &str) -> Vec<&str> {
    let outside = sentence.split(['「', '」']).enumerate().filter(|(part, _)| part % 2 == 0).map(|(_, text)| text);
    let words = outside.flat_map(|text| text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.'));
    words.filter(|word| !is_term(word)).collect()
}

/// Whether a word is the same in both languages: a number, a unit in capitals, an order, a type, a queue, a stream, an ALU, a token.
fn is_term(word: &str) -> bool {
    const ORDERS: [&str; 8] = ["Sync", "Notify", "Deskew", "Fetch", "Config", "Send", "Receive", "NOP"];
    const TYPES: [&str; 6] = ["f32", "f16", "i32", "i16", "i8", "u8"];
    let is_place = word.contains(|letter: char| letter.is_ascii_digit());
    let is_unit = word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '.');
    is_place
        || is_unit
        || word == "token"
        || ORDERS.contains(&word)
        || TYPES.contains(&word)
        || ScalarOp::ALL.iter().any(|op| op.name() == word)
}
