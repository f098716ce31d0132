//! What the inputs rest on, and what the calculators may know.
//!
//! In: all inputs, the bills of the presets, the sources of this crate.  Out: inputs without evidence, weak shares, leaked names.
//! Invariant: standing has teeth: it passes to rows and totals, and an edit weakens it.

use cost::presets::{Price, a100_share, h100_share, lpu_system};
use cost::{Amount, Bill, BillError, Sheet, Supplier, Text, Use};
use std::fs;
use std::path::Path;
use units::{Book, Evidence, Standing};

fn amount(value: f64) -> Amount {
    Amount::exactly(value, "", Standing::Measured, "a run")
}

fn usage() -> Use {
    Use {
        tokens_per_second: amount(276e3),
        batch: amount(1.0),
        weight_gb: amount(12.9),
        stored_gb: amount(46.7),
        kv_bytes: amount(131_072.0),
        context: amount(1024.0),
        macs_g: amount(12.9),
        link_bits: amount(0.0),
    }
}

#[test]
fn every_input_is_sound() {
    if let Err(errors) = Book::new(cost::inputs()) {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
    let counts = Standing::ALL
        .map(|standing| cost::inputs().iter().filter(|input| input.evidence.standing() == standing).count());
    assert!(counts.iter().all(|count| 0 < *count), "published, measured, derived, assumed: {counts:?}");
}

/// Each measured input says what was run and when; without either the book is refused.
#[test]
fn every_measured_input_has_its_command_and_its_date() {
    let measured: Vec<_> =
        cost::inputs().into_iter().filter(|input| input.evidence.standing() == Standing::Measured).collect();
    assert!(5 < measured.len(), "{} inputs", measured.len());
    for input in measured {
        assert_eq!(input.faults(), [""; 0], "{}", input.id);
        let Evidence::Measured { command, date } = input.evidence else { panic!("{input:?}") };
        for (evidence, fault) in [
            (Evidence::Measured { command: "", date }, "measured evidence must say its command"),
            (Evidence::Measured { command, date: "" }, "a date is written as 2026, 2026-11 or 2026-11-26"),
        ] {
            let errors = Book::new([units::Constant { evidence, ..input }]).expect_err("half an evidence");
            assert_eq!(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(), [fault], "{}", input.id);
        }
    }
}

#[test]
fn what_is_only_remembered_is_not_called_published() {
    for input in cost::inputs() {
        if let Evidence::Published { work, section } = input.evidence {
            assert!(!work.contains("recalled") && !section.contains("recalled"), "{}", input.id);
        }
    }
}

#[test]
fn no_two_inputs_share_an_id() {
    let mut twice = cost::inputs();
    twice.push(twice[0]);
    let errors = Book::new(twice).expect_err("the first id stands twice");
    assert!(errors[0].message.contains("two constants"), "{}", errors[0]);
}

#[test]
fn a_row_is_as_weak_as_its_weakest_input() {
    let (book, hardware) = (cost::book(), h100_share(8));
    let mut sheet = Sheet::new(&book);
    hardware.put_on(&usage(), &mut sheet);
    let bill = cost::joules(&sheet, &hardware).expect("positive inputs");
    let row = bill.row("joules.static").expect("there is one");
    let ids: Vec<&str> = row.inputs.iter().map(|input| input.id.as_str()).collect();
    assert_eq!(ids, ["h100.static_w", "hardware.chips", "use.tokens_per_second"]);
    assert_eq!((row.standing, bill.standing), (Standing::Assumed, Standing::Assumed));
    // A derived input is opened down to its ground: the annuity to interest and life.
    let bill = cost::owned(&sheet, &hardware).expect("positive inputs");
    let capital: Vec<&str> = bill.rows[0].inputs.iter().map(|input| input.id.as_str()).collect();
    assert!(["money.crf", "money.rate", "money.life"].iter().all(|id| capital.contains(id)), "{capital:?}");
    let ground = |id: &str| sheet.input(id).expect(id).is_ground();
    assert!(ground("money.rate") && !ground("money.crf") && ground("money.seconds_per_year"));
    assert_eq!(sheet.standing("money.crf"), Some(Standing::Assumed), "it is computed from assumed inputs");
    assert_eq!(
        sheet.standing("model.mixtral.kv_bytes"),
        Some(Standing::Derived),
        "it is arithmetic of the shape alone"
    );
}

#[test]
fn the_weakest_decides_wherever_it_stands() {
    let book = cost::book();
    let sheet = Sheet::new(&book);
    let opened =
        |formula: &str| cost::open(&sheet, Text::of("測試", "test"), formula.to_owned()).expect(formula).standing;
    assert_eq!(opened("lpu.card + record.chips"), Standing::Published);
    assert_eq!(opened("lpu.card + record.decode_groq"), Standing::Measured);
    assert_eq!(opened("lpu.card + record.decode_groq + record.link_gb_s"), Standing::Derived);
    assert_eq!(opened("lpu.card + money.rate + record.chips"), Standing::Assumed);
}

#[test]
fn shares_add_up_to_the_whole_bill() {
    let book = cost::book();
    for hardware in [lpu_system(576, Price::Materials), lpu_system(576, Price::List), h100_share(2)] {
        let mut sheet = Sheet::new(&book);
        hardware.put_on(&usage(), &mut sheet);
        for bill in [cost::joules(&sheet, &hardware), cost::owned(&sheet, &hardware)] {
            let bill = bill.expect("positive inputs");
            let shares = bill.shares();
            assert_eq!(shares.map(|share| share.standing), Standing::ALL);
            let ground = bill.inputs().into_iter().filter(|input| input.is_ground()).count();
            assert_eq!(shares.iter().map(|share| share.inputs).sum::<usize>(), ground);
            let sum = |of: fn(&cost::Share) -> f64| shares.iter().map(of).sum::<f64>();
            assert!(
                (sum(|share| share.of_inputs) - 1.0).abs() < 1e-12 && (sum(|share| share.of_total) - 1.0).abs() < 1e-12
            );
        }
    }
}

#[test]
fn an_edit_is_seen_and_is_an_assumption() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let mut sheet = Sheet::new(&book);
    hardware.put_on(&usage(), &mut sheet);
    let before = cost::owned(&sheet, &hardware).expect("positive inputs").total;
    let capital = |sheet: &Sheet<'_>| cost::owned(sheet, &hardware).expect("positive inputs").rows[0].value;
    let dear = capital(&sheet);
    sheet.edit_text("use.tokens_per_second", " 138000 ").expect("a number");
    let bill = cost::owned(&sheet, &hardware).expect("positive inputs");
    assert!((capital(&sheet) / dear - 2.0).abs() < 1e-12, "half the rate, twice the capital of a token");
    assert!(1.9 * before < bill.total && bill.total < 2.0 * before, "but the work on a token is the same");
    let input = sheet.input("use.tokens_per_second").expect("known");
    assert_eq!((input.supplier, input.standing), (Supplier::Viewer, Standing::Assumed));
    // An edit of an input of the annuity reaches the bill through the annuity's formula.
    let longer = cost::owned(&sheet.with("money.life", 8.0).expect("accepted"), &hardware).expect("positive inputs");
    assert!(longer.total < bill.total);
    sheet.undo("use.tokens_per_second");
    assert_eq!(cost::owned(&sheet, &hardware).expect("positive inputs").total, before);
}

#[test]
fn impossible_edits_are_refused_at_their_field() {
    let book = cost::book();
    let mut sheet = Sheet::new(&book);
    for (id, text) in [
        ("money.luck", "1"),
        ("money.utilisation", "0"),
        ("money.utilisation", "1.2"),
        ("money.pue", "0.9"),
        ("money.life", "3.5"),
        ("money.life", "0"),
        ("lpu.server8", "-5"),
        ("lpu.server8", "1e12"),
        ("lpu.server8", "NaN"),
        ("lpu.server8", "inf"),
        ("lpu.server8", "cheap"),
        ("task.coding.calls", "2.5"),
    ] {
        let refusal = sheet.edit_text(id, text).expect_err(text);
        assert_eq!(refusal.id, id);
        assert!(!refusal.expected.zh.is_empty() && !refusal.remedy.zh.is_empty() && !refusal.remedy.en.is_empty());
    }
    assert!(sheet.edits().is_empty());
    for (id, value) in [("money.kwh", 0.0), ("money.maintenance", 0.0), ("money.utilisation", 1.0), ("money.pue", 1.0)]
    {
        assert!(sheet.edit(id, value).is_ok(), "{id} may be {value}");
    }
}

#[test]
fn bills_reach_the_page_unchanged() {
    let (book, hardware) = (cost::book(), h100_share(8));
    let mut sheet = Sheet::new(&book);
    hardware.put_on(&usage(), &mut sheet);
    let bill = cost::rented(&sheet, &hardware).expect("positive inputs");
    let bytes = postcard::to_stdvec(&bill).expect("plain data");
    assert_eq!(postcard::from_bytes::<Bill>(&bytes).expect("its own bytes"), bill);
    let text = serde_json::to_string(&bill).expect("plain data");
    assert!(text.contains("hardware.chips * (h100.gpu_hour) / 3600"), "{text}");
}

#[test]
fn a_bill_without_a_price_is_refused() {
    let (book, hardware) = (cost::book(), a100_share(8));
    let mut sheet = Sheet::new(&book);
    hardware.put_on(&usage(), &mut sheet);
    assert_eq!(cost::owned(&sheet, &hardware), Err(BillError::NoPrice));
    assert_eq!(cost::rented(&sheet, &hardware), Err(BillError::NoPrice));
}

#[test]
fn what_is_left_out_stands_on_the_bill() {
    let (book, hardware) = (cost::book(), h100_share(8));
    let mut sheet = Sheet::new(&book);
    hardware.put_on(&usage(), &mut sheet);
    let said = cost::owned(&sheet, &hardware).expect("positive inputs").leaves_out;
    assert!(["NRE", "staff", "margin"].iter().all(|word| said.en.contains(word)), "{}", said.en);
    assert!(["NRE", "人事", "毛利"].iter().all(|word| said.zh.contains(word)), "{}", said.zh);
}

/// Every source of this crate below `folder`: name of the file or of its folder in `src`, and text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the crate has sources") {
        let path = entry.expect("readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if path.is_dir() {
            found.extend(sources(&path).into_iter().map(|(_, text)| (name.clone(), text)));
        } else {
            found.push((name, fs::read_to_string(&path).expect("readable")));
        }
    }
    found.sort();
    found
}

fn source() -> Vec<(String, String)> {
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

/// Files that hold data about named machines; all others calculate and may not name one.
const DATA: [&str; 4] = ["inputs", "claims", "presets.rs", "what_if.rs"];

#[test]
fn the_calculators_do_not_know_whose_bill_they_write() {
    let found: Vec<_> = source().into_iter().filter(|(name, _)| !DATA.contains(&name.as_str())).collect();
    assert!(10 <= found.len(), "{} files", found.len());
    for (name, text) in found {
        let text = text.to_lowercase().replace("facts/gpu_and_economics.md", "");
        for word in ["lpu", "gpu", "h100", "a100", "groq", "nvidia", "tsp"] {
            assert!(!text.contains(word), "{name} names `{word}`: a calculator works with roles");
        }
    }
}

/// Inputs that nothing here uses: a caller puts them into a role, an amount or a target, or asks a
/// published rate for the context that belongs to it.
const FOR_CALLERS: [&str; 2] = ["model.llama70b.kv_bytes", "record.lpu_llama70b_context"];

#[test]
fn no_input_is_idle() {
    let all: String = source().into_iter().map(|(_, text)| text).collect();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let words: Vec<&str> = all.split(|c: char| !is_word(c)).collect();
    let mentions = |id: &str| words.iter().filter(|word| **word == id).count();
    let inputs = cost::inputs();
    let mut idle: Vec<&str> = inputs.iter().map(|input| input.id).filter(|id| mentions(id) == 1).collect();
    idle.sort_unstable();
    assert_eq!(idle, FOR_CALLERS, "an input that is only defined answers nobody: use it or take it out");
}
