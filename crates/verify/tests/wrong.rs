//! The corpus of wrong programs: every rule is broken alone, in every way it can be.
//!
//! In: hand-written programs with one edit.  Out: violations of exactly one rule, the expected fault among them.
//! Invariant: every fault that `verify` can name occurs here, with a sentence in both languages, the Chinese one without English words.
//! Method: `check(rule, program, edit, fault)`; the witness is stripped unless it is the point.

mod edit;
mod hand;
mod language;

#[path = "wrong/amounts.rs"]
mod amounts;
#[path = "wrong/control.rs"]
mod control;
#[path = "wrong/form.rs"]
mod form;
#[path = "wrong/graph.rs"]
mod graph_rules;
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
use language::foreign;
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

/// Names of an enum's variants, read off its source.
fn variants(source: &str, name: &str) -> Vec<String> {
    let path = format!("{}/src/{source}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let body = text.split(&format!("pub enum {name} {{\n")).nth(1).unwrap_or_else(|| panic!("{path} has no {name}"));
    let lines = body.lines().take_while(|line| *line != "}");
    let names = lines.filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase)));
    let plain = |line: &str| line.chars().take_while(|letter| letter.is_alphanumeric()).collect::<String>();
    names.map(plain).collect()
}

/// The corpus as text: cases of rules here, those of joints, of programs in memory together and of weights where they are compiled.
fn corpus() -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let cases = std::fs::read_dir(format!("{root}/tests/wrong")).expect("the cases have a folder");
    let mut paths: Vec<_> = cases.map(|entry| entry.expect("a file of the folder").path()).collect();
    paths.sort();
    let others = ["tests/wrong.rs", "tests/weights.rs", "../../tests/pipeline.rs", "../../tests/buckets.rs"];
    paths.extend(others.map(|path| format!("{root}/{path}").into()));
    paths.iter().map(|path| std::fs::read_to_string(path).expect("cases are text")).collect()
}

/// Whoever adds a way to be wrong adds a case in which it alone is found: `expect` refuses a second rule.
#[test]
fn every_rule_and_every_way_to_break_it_has_a_case() {
    let corpus = corpus();
    let vocabulary = [
        ("fault.rs", "Fault"),
        ("violation.rs", "Rule"),
        ("order.rs", "Order"),
        ("quantity.rs", "Quantity"),
        ("reason.rs", "Reason"),
        ("system/fault.rs", "SystemFault"),
        ("system/fault.rs", "Missing"),
        ("buckets.rs", "BucketFault"),
        ("weights.rs", "WeightFault"),
    ];
    let mut without = Vec::new();
    for (source, name) in vocabulary {
        let variants = variants(source, name);
        assert!(3 < variants.len(), "{source}: {variants:?}");
        let is_without = |variant: &&String| {
            let case = format!("{name}::{variant}");
            !corpus.match_indices(&case).any(|(at, _)| !corpus[at + case.len()..].starts_with(char::is_alphanumeric))
        };
        without.extend(variants.iter().filter(is_without).map(|variant| format!("{name}::{variant}")));
    }
    assert_eq!(without, Vec::<String>::new(), "no case names these");
    assert_eq!(variants("violation.rs", "Rule").len(), Rule::ALL.len());
}
