//! The corpus of wrong programs: every rule is broken alone, in every way it can be.
//!
//! In: hand-written programs with one edit.  Out: violations of exactly one rule, the expected fault among them.
//! Invariant: every fault that `verify` can name occurs here, with a sentence in both languages.
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
use program::{Program, Witness};
use verify::{Fault, Lang, Report, Rule};

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
        assert!(!violation.expected().is_empty() && !violation.found().is_empty());
    }
}
