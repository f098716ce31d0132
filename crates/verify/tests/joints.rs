//! What is said of pipelines and of programs in memory together, in both languages.
//!
//! In: one of every kind of fault.  Out: its sentences.
//! Invariant: both languages give the same numbers; the Chinese one holds no English words.
//! Method: faults made by hand; that each is found where it should be is shown where programs are compiled.

mod hand;
mod language;

use arch::Chip;
use hand::east;
use language::foreign;
use units::Text;
use verify::{BucketFault, Carried, Missing, Report, Shared, SystemFault, Unrest};

/// Digits of a text, number by number, sorted.
fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

fn check(text: &Text) {
    assert_eq!(foreign(&text.zh), Vec::<&str>::new(), "English in: {}", text.zh);
    assert_eq!(numbers(&text.zh), numbers(&text.en), "{} / {}", text.zh, text.en);
    assert!(!text.en.is_empty() && !text.en.chars().any(|letter| '\u{4e00}' <= letter), "{}", text.en);
}

/// What the judge finds in a program whose first read names another word.
fn report() -> Report {
    let mut program = hand::movement::copy();
    program.executable.outputs.pop();
    let report = verify::violations(&Chip::lpu_14nm(), &program);
    assert!(!report.is_clean());
    report
}

#[test]
fn faults_of_pipelines_are_said_in_both_languages() {
    let name = || "A F3".to_owned();
    let (slice, address) = (east(7), 90);
    let word = Carried { chip: 3, name: "embedding.0".to_owned(), byte: 2, slice, address };
    let missing = [
        Missing::Node { node: 900, nodes: 72 },
        Missing::OwnNode { node: 4 },
        Missing::Role { role: 17, roles: 2 },
        Missing::Carry { carry: Some(5), carries: 3 },
        Missing::Carry { carry: None, carries: 3 },
    ];
    let mut faults = vec![
        SystemFault::Program { name: name(), report: report() },
        SystemFault::Elsewhere { name: name(), found: "node-2".to_owned(), topology: "racks-1".to_owned() },
        SystemFault::Context { name: name(), expected: 64, found: 63 },
        SystemFault::NoSeat,
        SystemFault::Joint { seat: 1, carry: "racks-1:0,1".to_owned() },
        SystemFault::Place { seat: 1, word },
        SystemFault::Stranger { seat: 1, chip: 6, slice, address },
        SystemFault::Overwritten { seat: 1, chip: 6, slice, address },
        SystemFault::Storage { seat: 1, capacity: 100, found: 200 },
    ];
    let queue = arch::Queue::Alu(3);
    let unrest =
        [Unrest::UnderWay { queue, cycles: 33 }, Unrest::Loaded { queue }, Unrest::Short { queue, superlanes: 5 }];
    faults.extend(unrest.map(|what| SystemFault::Restless { name: name(), chip: 6, what }));
    faults.extend(missing.map(|what| SystemFault::Missing { seat: 2, what }));
    for fault in faults {
        check(&fault.text());
        assert_eq!(fault.to_string(), fault.text().en);
    }
}

#[test]
fn faults_of_programs_in_memory_together_are_said_in_both_languages() {
    let (expected, found) = ("chip".to_owned(), "node-2".to_owned());
    let differs = |what| BucketFault::Differs { bucket: 1, what, slice: east(3), address: 77 };
    let faults = [
        BucketFault::None,
        BucketFault::Program { bucket: 1, report: report() },
        BucketFault::Topology { bucket: 1, expected, found },
        BucketFault::Context { bucket: 1, next: 64, found: 65 },
        differs(Shared::Record),
        differs(Shared::Image),
        BucketFault::Storage { capacity: 100, found: 200 },
    ];
    for fault in faults {
        check(&fault.text());
        assert_eq!(fault.to_string(), fault.text().en);
    }
}
