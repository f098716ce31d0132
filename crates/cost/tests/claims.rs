//! The claims table: every number accounted for, every computed one equal to its formula, both languages alike.
//!
//! In: all claims on the defaults, and on a changed sheet.  Out: numbers without support, or that their formula does not give.
//! Invariant: nothing is said that is not computed, cited, run, or marked as unknown.

use cost::Sheet;
use cost::claims::{Agreement, Case, Judged, OUTSIDE, Support, Supported, claims, judge};
use std::collections::BTreeSet;

/// Numbers of a text that stand by themselves: neither part of a name (`A100`, `fp16`, `Llama-2-70B`) nor of a unit.
fn numbers(text: &str) -> BTreeSet<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (BTreeSet::new(), 0);
    while at < chars.len() {
        let start = at;
        let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
        while digit(at) || (start < at && matches!(chars.get(at), Some('.' | ',')) && digit(at + 1)) {
            at += 1;
        }
        let in_name = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '-');
        let before = start.checked_sub(1).and_then(|before| chars.get(before));
        if start < at && !in_name(before) && !in_name(chars.get(at)) {
            found.insert(chars[start..at].iter().collect());
        }
        at = at.max(start + 1);
    }
    found
}

fn owned(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn numbers_are_told_from_names() {
    assert_eq!(
        numbers("$0.27 on 10,600 A100 at fp16, Llama-2-70B: 0.2 %, 20."),
        owned(&["0.27", "10,600", "0.2", "20"])
    );
    assert_eq!(numbers("佔 0.2 %。八張 A100 每秒 62.5 個"), owned(&["0.2", "62.5"]));
}

#[test]
fn every_number_is_accounted_for() {
    for claim in claims() {
        let mut printed = BTreeSet::new();
        for support in claim.supports {
            match support {
                Support::Computed { printed: number, .. } => printed.extend([(*number).to_owned()]),
                Support::Run { printed: numbers, .. } => printed.extend(owned(numbers)),
                Support::Cited { .. } | Support::NobodyKnows { .. } => {}
            }
        }
        for text in [&claim.stands.en, &claim.stands.zh] {
            assert_eq!(numbers(text), printed, "`{}`: numbers of the text, and supports; {text}", claim.id);
        }
        assert!(!claim.supports.is_empty(), "`{}` rests on nothing", claim.id);
    }
}

fn differing(judged: &[Judged]) -> Vec<String> {
    let mut lines = Vec::new();
    for claim in judged {
        for support in &claim.supports {
            if let Supported::Computed { printed, formula, value, agreement: Agreement::Differs, .. } = support {
                lines.push(format!("{}: printed {printed}, {formula} = {value}", claim.id));
            }
        }
    }
    lines
}

#[test]
fn every_computed_number_is_what_its_formula_gives() {
    let book = cost::book();
    let judged = judge(&Sheet::new(&book)).expect("all inputs have values");
    assert_eq!(differing(&judged), [""; 0]);
    let computed = judged.iter().flat_map(|claim| &claim.supports);
    let computed = computed.filter(|support| matches!(support, Supported::Computed { .. })).count();
    assert_eq!((judged.len(), computed), (18, 44));
}

#[test]
fn an_edit_topples_the_sentences_that_rest_on_it() {
    let book = cost::book();
    let sheet = Sheet::new(&book).with("lpu.server8", 70_000.0).expect("accepted");
    let lines = differing(&judge(&sheet).expect("all inputs have values"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("twenty_seven_cents: printed 0.23, "), "{lines:?}");
}

#[test]
fn evidence_names_its_place_and_every_text_has_both_languages() {
    let mut ids = BTreeSet::new();
    for claim in claims() {
        assert!(ids.insert(claim.id), "`{}` stands twice", claim.id);
        assert!(claim.minutes.starts_with(|c: char| c.is_ascii_digit()), "`{}`: {}", claim.id, claim.minutes);
        let mut texts = vec![claim.told, claim.stands];
        for support in claim.supports {
            match support {
                Support::Cited { work, section } => assert!(!work.is_empty() && !section.is_empty(), "{}", claim.id),
                Support::NobodyKnows { what } => texts.push((*what).clone()),
                Support::Computed { .. } | Support::Run { .. } => {}
            }
        }
        for text in texts.iter().chain(&OUTSIDE) {
            let has_han = text.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            let en_has_han = text.en.chars().any(|c| ('\u{2e80}'..='\u{ffef}').contains(&c));
            assert!(has_han && !text.en.is_empty() && !en_has_han, "`{}`: {text:?}", claim.id);
        }
    }
}

#[test]
fn every_case_is_asked_for() {
    let claims = claims();
    let asked = |case: Case| {
        let supports = claims.iter().flat_map(|claim| claim.supports);
        supports.into_iter().any(|support| matches!(support, Support::Run { case: other, .. } if *other == case))
    };
    for case in Case::ALL {
        assert!(asked(case), "{case:?} is shown by no claim");
    }
}

#[test]
fn judged_claims_reach_the_page_unchanged() {
    let book = cost::book();
    let judged = judge(&Sheet::new(&book)).expect("all inputs have values");
    let bytes = postcard::to_stdvec(&judged).expect("plain data");
    assert!(postcard::from_bytes::<Vec<Judged>>(&bytes).expect("its own bytes") == judged);
    assert!(serde_json::to_string(&judged).expect("plain data").contains("twenty_seven_cents"));
}
