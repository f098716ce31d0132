//! Inputs of a case: each moves a figure or is refused at its field; each belongs to one side, or to both on purpose; every figure says how
//! well it is known.
//!
//! In: every id that this build knows, the cases of this build.  Out: ids that were swallowed, figures without a standing.
//! Invariant: no list of ids is kept here: they are those of the books.
//! Method: figures with the input at another value are compared with those without, the cheapest first; answers as JSON are walked.

use serde_json::Value;
use std::collections::BTreeMap;
use study::cases::{Answer, Case, CaseError, Contest, Dialed, Ledger, Setting, Topic, View, Who, claims, refused};
use study::cost::{BreakEven, Refusal};
use units::Constant;

fn case(id: &str) -> Case {
    Case::find(id).expect("a case of this build")
}

fn setting(edits: &[(&str, String)]) -> Setting {
    Setting { users: None, edits: edits.iter().map(|(id, text)| ((*id).to_owned(), text.clone())).collect() }
}

fn answer(dialed: &Dialed) -> Answer {
    let contest = Contest::open(dialed.case.clone(), None).expect("a built-in model");
    contest.answer(&dialed.setting, None).expect("an answer")
}

/// What an answer says, without the question and without the inputs that are listed beside the figures.
fn figures(answer: &Answer) -> Value {
    let mut value = serde_json::to_value(answer).expect("plain data");
    strip(&mut value, &BESIDE);
    value
}

/// What stands beside figures.
const BESIDE: [&str; 7] = ["case", "inputs", "standings", "standing", "shares", "refused", "source"];

fn strip(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) => {
            names.iter().for_each(|name| drop(fields.remove(*name)));
            fields.values_mut().for_each(|value| strip(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| strip(value, names)),
        _ => {}
    }
}

fn says_all(refusal: &Refusal) {
    let Refusal { id, expected, remedy, .. } = refusal;
    for text in [expected, remedy] {
        assert!(!text.en.is_empty() && !text.zh.is_ascii(), "{id}: {text:?}");
    }
}

/// Another value than the default, which the field can have if any.
fn other(constant: &Constant) -> f64 {
    match constant.high {
        high if constant.default < high => high,
        _ if constant.low < constant.default => constant.low,
        _ => constant.default * 0.5,
    }
}

/// Every id of the books, and every amount of either side, each with another value.
fn all() -> BTreeMap<String, f64> {
    let constants = study::cost::inputs().into_iter().chain(gpu::constants::all());
    let mut all: BTreeMap<String, f64> = constants.map(|one| (one.id.to_owned(), other(&one))).collect();
    for who in Who::ALL {
        for amount in ["tokens_per_second", "batch", "weight_gb", "stored_gb", "kv_bytes", "macs_g", "link_bits"] {
            all.insert(who.field(&format!("use.{amount}")), 7.0);
        }
    }
    all.extend(["context", "lpu.chips", "gpu.count"].map(|id| (id.to_owned(), 4.0)));
    all
}

/// A view's figures, or why there are none.
fn seen(contest: &Contest, topic: Topic, setting: &Setting) -> Result<Value, CaseError> {
    let view: View = contest.view(topic, setting, None)?;
    let mut value = serde_json::to_value(view).expect("plain data");
    strip(&mut value, &BESIDE);
    Ok(value)
}

/// Whether a case as it was changed says anything else: a step of the rival, else the views that are written at once.
fn says_else(plain: &Contest, dialed: &Dialed) -> bool {
    let crowded = |setting: &Setting| Setting { users: Some(32), edits: setting.edits.clone() };
    let other = (dialed.case != *plain.case()).then(|| Contest::open(dialed.case.clone(), None));
    let other = match &other {
        Some(Err(_)) => return true,
        Some(Ok(other)) => other,
        None => plain,
    };
    let is_else = |topic: Topic| {
        seen(plain, topic, &crowded(&Setting::default())) != seen(other, topic, &crowded(&dialed.setting))
    };
    plain.step(0) != other.step(0) || [Topic::Plans, Topic::Node, Topic::Bill].into_iter().any(is_else)
}

/// Ids that are taken by a case and move nothing in its answer.
fn swallowed(case: &Case) -> Vec<String> {
    let plain = Contest::open(case.clone(), None).expect("a built-in model");
    let mut swallowed = Vec::new();
    for (id, value) in all() {
        // As many chips as hold the model.
        let value = if id == "lpu.chips" { 700.0 } else { value };
        let dialed = case.dialed(&setting(&[(&id, value.to_string())]));
        dialed.refused.iter().for_each(says_all);
        let is_refused = dialed.refused.iter().any(|refusal| refusal.id == id);
        let is_taken = dialed.case != *case || !dialed.setting.edits.is_empty();
        assert_ne!(is_refused, is_taken, "{id} is both or neither");
        if is_taken && !says_else(&plain, &dialed) {
            swallowed.push(id);
        }
    }
    swallowed
}

#[test]
fn every_input_of_a_case_moves_a_figure_or_is_refused() {
    assert_eq!(swallowed(&case("llama-2-70b")), Vec::<String>::new());
}

#[test]
fn on_the_older_machine_too() {
    assert_eq!(swallowed(&case("llama-2-70b-on-a100")), Vec::<String>::new());
}

#[test]
fn every_input_of_a_claim_moves_a_figure_or_is_refused() {
    let judged = |setting: &Setting| {
        let mut value = serde_json::to_value(claims(setting).expect("judged")).expect("plain data");
        strip(&mut value, &["inputs", "standing", "source"]);
        value
    };
    let plain = judged(&Setting::default());
    let mut taken = 0;
    for (id, value) in all() {
        let setting = setting(&[(&id, value.to_string())]);
        let refused = refused(&setting);
        refused.iter().for_each(says_all);
        if refused.is_empty() {
            taken += 1;
            assert_ne!(judged(&setting), plain, "{id}");
        }
    }
    assert!(30 < taken, "{taken}");
}

#[test]
fn what_is_quoted_from_a_record_is_refused_with_its_place_expectation_and_remedy() {
    let dialed = case("llama-2-70b").dialed(&setting(&[
        ("record.lpu_llama70b", "500".to_owned()),
        ("case.context", "2048".to_owned()),
        ("use.batch", "8".to_owned()),
        ("hardware.chips", "800".to_owned()),
        ("h100.hbm_peak", "3350".to_owned()),
        ("e.link_nvlink", "6".to_owned()),
    ]));
    let said: BTreeMap<&str, String> =
        dialed.refused.iter().map(|refusal| (refusal.id.as_str(), refusal.to_string())).collect();
    for (id, part) in [
        ("record.lpu_llama70b", "only the claims quote this figure"),
        ("case.context", "change `context`"),
        ("use.batch", "write `gpu.use.batch` or `lpu.use.batch`"),
        ("hardware.chips", "change `gpu.count`, which is 8, or `lpu.chips`, which is 576"),
        ("h100.hbm_peak", "has one value"),
        ("e.link_nvlink", "an input that this case depends on"),
    ] {
        assert!(said.get(id).is_some_and(|said| said.contains(part)), "{id}: {said:?}");
    }
    let other = case("llama-2-70b").dialed(&setting(&[("h100.hbm_peak", "2000".to_owned())]));
    assert!(
        other.refused[0].to_string().contains("has one value"),
        "a range of one value is none: {:?}",
        other.refused
    );
    let beside = [("e.link_nvlink", "6".to_owned()), ("gpu.use.link_bits", "1e9".to_owned())];
    assert_eq!(case("llama-2-70b").dialed(&setting(&beside)).refused, [], "with bits on the links their energy counts");
}

#[test]
fn an_input_of_one_side_moves_that_side_alone() {
    let bill = |dialed: &Dialed| {
        let contest = Contest::open(dialed.case.clone(), None).expect("a built-in model");
        contest.ledgers(&dialed.setting).expect("a bill")
    };
    let plain = bill(&case("mixtral-8x7b").dialed(&Setting::default()));
    let moved = |id: &str, value: &str| {
        let dialed = case("mixtral-8x7b").dialed(&setting(&[(id, value.to_owned())]));
        assert_eq!(dialed.refused, [], "{id}");
        let other = bill(&dialed);
        // What is counted on the rival's kernels differs in its last bits with the number of GPUs.
        let figures = |ledger: &Ledger| {
            let owned = ledger.owned.as_ref().map_or(0.0, |bill| bill.total);
            [ledger.joules.total, owned, ledger.most.value, ledger.needed.value]
        };
        let is_other = |(before, after): (f64, f64)| 1e-9 * before.abs() < (before - after).abs();
        let sides = plain.ledgers.iter().zip(&other.ledgers);
        sides
            .map(|(before, after)| figures(before).into_iter().zip(figures(after)).any(is_other))
            .collect::<Vec<bool>>()
    };
    for (id, value, expected) in [
        ("gpu.use.tokens_per_second", "5000", [true, false]),
        ("lpu.use.tokens_per_second", "250000", [false, true]),
        ("lpu.use.kv_bytes", "65536", [false, true]),
        ("gpu.use.batch", "4", [true, false]),
        ("lpu.chips", "640", [false, true]),
        ("gpu.count", "4", [true, false]),
        ("lpu.server8", "50000", [false, true]),
        ("h100.dgx", "300000", [true, false]),
        ("money.kwh", "0.1", [true, true]),
        ("money.pue", "1.2", [true, true]),
        ("context", "512", [true, true]),
    ] {
        assert_eq!(moved(id, value), expected, "{id}");
    }
}

/// What must be true, put in by the name that is printed, makes the bill the price that is asked.
#[test]
fn what_must_be_true_can_be_set_by_its_name() {
    let dialed = case("mixtral-8x7b").dialed(&Setting { users: Some(64), ..Setting::default() });
    let plain = answer(&dialed);
    let ledger = plain.bill.ledgers.iter().find(|ledger| ledger.who == Who::Lpu).expect("a published rate");
    let must = ledger.must.iter().find(|must| must.id == "lpu.use.tokens_per_second").expect("one of the questions");
    let BreakEven::At(rate) = must.must else { panic!("{must:?}") };
    let edits = setting(&[(&must.id, rate.to_string())]).edits;
    let other = answer(&case("mixtral-8x7b").dialed(&Setting { users: Some(64), edits }));
    let ledger = other.bill.ledgers.iter().find(|ledger| ledger.who == Who::Lpu).expect("a published rate");
    let owned = ledger.owned.as_ref().expect("a price is known").total;
    assert!((owned - ledger.asked.expect("a price is asked")).abs() < 1e-6, "{owned}");
    assert!((ledger.per_user * ledger.users - rate).abs() < 1e-6 * rate, "{} users", ledger.users);
    assert_eq!(other.curves.curves, plain.curves.curves, "each point of a curve has a rate of its own");
}

#[test]
fn inputs_of_a_file_are_worth_as_much_as_those_that_are_set() {
    let edits = [("task.coding.calls", "50"), ("scale.clock", "1.5"), ("lpu.use.batch", "2"), ("money.kwh", "0.1")];
    let dialed = case("llama-2-70b").dialed(&setting(&edits.map(|(id, text)| (id, text.to_owned()))));
    assert_eq!(dialed.refused, []);
    let of_file = Case::parse(dialed.whole().text().as_bytes()).expect("it is read back");
    assert_eq!(figures(&answer(&of_file.dialed(&Setting::default()))), figures(&answer(&dialed)));
    let swallowed = Case { inputs: [("record.chips".to_owned(), 500.0)].into(), ..case("llama-2-70b") };
    let refused = Contest::open(swallowed, None).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|said| said.contains("`record.chips`: found 500")), "{refused:?}");
}

/// Paths of numbers for which nobody says how well they are known, and from what.
fn bare(value: &Value, path: &str, is_said: bool, lines: &[(String, String)], found: &mut Vec<String>) {
    match value {
        Value::Number(_) => {
            let has_line = lines.iter().any(|(of, _)| path == of || path.starts_with(&format!("{of}.")));
            if !is_said && !has_line {
                found.push(path.to_owned());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| bare(value, path, is_said, lines, found)),
        Value::Object(fields) => {
            let names = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
            let is_said = is_said || (fields.contains_key("standing") && names(&["source", "formula", "basis"]));
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                bare(value, &path, is_said, lines, found);
            }
        }
        _ => {}
    }
}

fn check_standings(answer: &Value, name: &str) {
    let lines: Vec<(String, String)> = answer["standings"].as_array().map_or(Vec::new(), |lines| {
        let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
        lines.iter().map(|line| (text(line, "of"), text(line, "standing"))).collect()
    });
    for (of, standing) in &lines {
        let place = of.split('.').fold(answer, |place, field| &place[field]);
        assert!(!place.is_null() && !standing.is_empty(), "{name}: a line about nothing: {of}");
    }
    let mut found = Vec::new();
    bare(answer, "", false, &lines, &mut found);
    assert_eq!(found, Vec::<String>::new(), "{name}");
}

#[test]
fn every_number_of_an_answer_says_how_well_it_is_known_and_from_what() {
    for case in Case::all().into_iter().filter(|case| !case.is_compiled()) {
        let value = serde_json::to_value(answer(&case.dialed(&Setting::default()))).expect("plain data");
        check_standings(&value, &case.id);
    }
    check_standings(&serde_json::to_value(claims(&Setting::default()).expect("judged")).expect("plain data"), "claims");
    let bare = serde_json::json!({ "standings": [{ "of": "bill", "standing": "Assumed" }], "bill": { "total": 1 }, "loose": 2 });
    assert!(std::panic::catch_unwind(|| check_standings(&bare, "spoiled")).is_err(), "a loose number is found");
}
