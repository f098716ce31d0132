//! The recorded figures of systems that cases are about are what compiling gives.
//!
//! In: `crates/study/cases/compiled.json`.  Out: a record that differs from the system compiled, judged and counted now.
//! Invariant: no case shows a figure of ours that this build does not make.
//! Method: every record is made anew. GREENWAVE_RECORD with the day, as 2026-11-27, writes what was found.

use std::fs;
use std::path::Path;
use study::cases::{Case, Ours};

#[test]
fn every_record_is_what_its_command_gives() {
    let records = Ours::all();
    let day = std::env::var("GREENWAVE_RECORD").ok().filter(|day| day.len() == "2026-11-27".len());
    let again = |record: &Ours| {
        let now = record.again().expect("it was compiled before");
        match &day {
            Some(day) if now != *record => Ours { date: day.clone(), ..now },
            _ => now,
        }
    };
    let now: Vec<Ours> = records.iter().map(again).collect();
    if day.is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/study/cases/compiled.json");
        let text = serde_json::to_string_pretty(&now).expect("plain data") + "\n";
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    assert_eq!(records, now, "record it with GREENWAVE_RECORD=<the day> if it is better");
}

/// Each is asked for by a case, and every case about hundreds of chips has one, or a context for which there is no room.
#[test]
fn records_are_those_of_the_cases() {
    let records = Ours::all();
    let is_of = |record: &Ours, case: &Case| {
        (&record.model, record.chips, record.context) == (&case.model, case.lpu.chips, case.context)
    };
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.model != "tiny").collect();
    assert!(records.iter().all(|record| cases.iter().any(|case| is_of(record, case))));
    let without: Vec<&Case> = cases.iter().filter(|case| !records.iter().any(|record| is_of(record, case))).collect();
    assert_eq!(without.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["llama-2-70b-2023-software"]);
}
