//! Property tests: which way a bill, a plan or a fit goes when one input grows, with all others drawn at random.
//!
//! In: a seed.  Out: the first draw in which the direction is wrong, with both totals.
//! Invariant: more utilisation is never dearer, more power never cheaper; every input of a bill has its direction in the table.

use cost::presets::{Price, h100_share, lpu_system};
use cost::scenario::{Service, plan, scenarios};
use cost::{Amount, Bill, BillError, BreakEven, Hardware, Sheet, Text, Use, break_even, tornado};
use units::{Rng, Standing};

/// What a bill does when the input grows.
#[derive(Clone, Copy, PartialEq)]
enum Goes {
    Up,
    Down,
}
use Goes::{Down, Up};

fn ranged(value: f64, unit: &str) -> Amount {
    Amount { low: value / 10.0, high: value * 10.0, ..Amount::exactly(value, unit, Standing::Derived, "drawn") }
}

fn usage() -> Use {
    Use {
        tokens_per_second: ranged(5000.0, "tokens/s"),
        batch: ranged(64.0, ""),
        weight_gb: ranged(70.0, "GB"),
        stored_gb: ranged(46.7, "GB"),
        kv_bytes: ranged(327_680.0, "B"),
        context: ranged(1024.0, "positions"),
        macs_g: ranged(70.0, ""),
        link_bits: ranged(1e8, "bit"),
    }
}

/// A value within the sensible range of `id`; whole where only whole ones are accepted.
fn draw(sheet: &Sheet<'_>, id: &str, rng: &mut Rng) -> f64 {
    let input = sheet.input(id).expect(id);
    let value = input.low + rng.unit() * (input.high - input.low);
    if input.bounds.kind == cost::Kind::Whole { value.round() } else { value }
}

type Write<'w> = &'w dyn Fn(&Sheet<'_>) -> Result<Bill, BillError>;

/// Holds each direction of `table` in 200 draws, and that the table has every input of the bill.
fn holds(sheet: &Sheet<'_>, write: Write<'_>, table: &[(&str, Goes)]) {
    let bill = write(sheet).expect("defaults");
    for input in bill.inputs().iter().filter(|input| input.is_ground() && input.low < input.high) {
        assert!(table.iter().any(|(id, _)| *id == input.id), "`{}` has no direction in the table", input.id);
    }
    let mut rng = Rng::new(11);
    for (id, goes) in table {
        let mut moved = 0;
        for round in 0..200 {
            let mut drawn = sheet.clone();
            for (other, _) in table {
                drawn.edit(other, draw(sheet, other, &mut rng)).expect(other);
            }
            let (a, b) = (draw(sheet, id, &mut rng), draw(sheet, id, &mut rng));
            let total = |value| write(&drawn.with(id, value).expect(id)).expect(id).total;
            let (less, more) = (total(a.min(b)), total(a.max(b)));
            let (first, second) = if *goes == Up { (less, more) } else { (more, less) };
            assert!(first <= second * (1.0 + 1e-12), "round {round}: `{id}` {a} and {b} give {less} and {more}");
            moved += u32::from(first < second);
        }
        assert!(0 < moved, "`{id}` never moved the total");
    }
}

fn with<'b>(book: &'b units::Book, hardware: &Hardware) -> Sheet<'b> {
    let mut sheet = Sheet::new(book);
    hardware.put_on(&usage(), &mut sheet);
    sheet
}

#[test]
fn joules_go_the_right_way() {
    let (book, hardware) = (cost::book(), h100_share(8));
    let table = [
        ("use.tokens_per_second", Down),
        ("use.batch", Down),
        ("use.weight_gb", Up),
        ("use.kv_bytes", Up),
        ("use.context", Up),
        ("use.macs_g", Up),
        ("use.link_bits", Up),
        ("h100.static_w", Up),
        ("h100.host_w", Up),
        ("e.hbm_h100", Up),
        ("e.mac_fp16_4nm", Up),
        ("e.link_nvlink", Up),
        ("money.pue", Up),
    ];
    holds(&with(&book, &hardware), &|sheet| cost::joules(sheet, &hardware), &table);
}

#[test]
fn an_owners_dollars_go_the_right_way() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let table = [
        ("use.tokens_per_second", Down),
        ("money.utilisation", Down),
        ("money.life", Down),
        ("money.rate", Up),
        ("money.maintenance", Up),
        ("money.pue", Up),
        ("money.kwh", Up),
        ("lpu.server8", Up),
        ("lpu.system_kw", Up),
    ];
    holds(&with(&book, &hardware), &|sheet| cost::owned(sheet, &hardware), &table);
}

#[test]
fn a_tenants_dollars_go_the_right_way() {
    let (book, hardware) = (cost::book(), h100_share(8));
    let table = [("use.tokens_per_second", Down), ("money.utilisation", Down), ("h100.gpu_hour", Up)];
    holds(&with(&book, &hardware), &|sheet| cost::rented(sheet, &hardware), &table);
}

#[test]
fn plans_go_the_right_way() {
    let book = cost::book();
    let service = Service {
        name: Text::of("服務", "service"),
        ttft: "service.gpu.ttft".to_owned(),
        rate: "service.gpu.rate".to_owned(),
    };
    let scenarios = scenarios();
    let coding = scenarios.iter().find(|scenario| scenario.id == "coding").expect("in the catalogue");
    let table = [
        ("service.gpu.ttft", Up),
        ("service.gpu.rate", Down),
        ("task.coding.calls", Up),
        ("task.coding.out", Up),
        ("task.coding.tool", Up),
    ];
    holds(&Sheet::new(&book), &|sheet| plan(sheet, &service, coding).map(|plan| plan.bill), &table);
}

#[test]
fn fewer_users_fit_with_longer_contexts_and_fewer_chips() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let sheet = with(&book, &hardware);
    let fit = |id: &str, value: f64| cost::users_most(&sheet.with(id, value).expect(id), &hardware).expect(id);
    let mut rng = Rng::new(5);
    for (id, least, most, goes) in [("use.context", 103, 10_240, Down), ("hardware.chips", 1, 2000, Up)] {
        for _ in 0..500 {
            let mut whole = || (least + rng.below(most - least)) as f64;
            let (a, b) = (whole(), whole());
            let (less, more) = (fit(id, a.min(b)), fit(id, a.max(b)));
            let (first, second) = if goes == Up { (less, more) } else { (more, less) };
            assert!(first <= second, "`{id}` {a} and {b} fit {less} and {more}");
        }
    }
    assert_eq!(fit("hardware.chips", 100.0), 0.0, "23 GB hold no 46.7 GB");
}

#[test]
fn a_tornado_is_sorted_and_says_what_the_bill_says() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let sheet = with(&book, &hardware);
    let write = |sheet: &Sheet<'_>| cost::owned(sheet, &hardware);
    let bars = tornado(&sheet, &write).expect("all ends are accepted");
    assert!(bars.windows(2).all(|pair| pair[1].width() <= pair[0].width()));
    assert_eq!(bars.len(), 9, "{bars:?}");
    for bar in &bars {
        let total = |value| write(&sheet.with(&bar.id, value).expect("accepted")).expect("written").total;
        assert_eq!((bar.at_low, bar.at_high), (total(bar.low), total(bar.high)), "{}", bar.id);
    }
    let ids: Vec<&str> = bars.iter().map(|bar| bar.id.as_str()).collect();
    assert_eq!(ids[..3], ["use.tokens_per_second", "lpu.server8", "money.utilisation"]);
}

#[test]
fn break_even_inverts_the_bill() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let sheet = with(&book, &hardware);
    let write = |sheet: &Sheet<'_>| cost::owned(sheet, &hardware);
    let mut rng = Rng::new(21);
    for id in ["use.tokens_per_second", "money.utilisation", "lpu.server8", "lpu.system_kw", "money.kwh", "money.rate"]
    {
        for _ in 0..20 {
            let value = draw(&sheet, id, &mut rng);
            let target = write(&sheet.with(id, value).expect(id)).expect(id).total;
            let answer = break_even(&sheet, id, target, &write).expect(id);
            let BreakEven::At(found) = answer else { panic!("{id} at {value}: {answer:?}") };
            assert!((found / value - 1.0).abs() < 1e-6, "{id}: {value} was put in, {found} came out");
        }
    }
    let refused = break_even(&sheet, "money.luck", 1.0, &write).expect_err("no such input").to_string();
    assert!(refused.contains("`money.luck`") && refused.contains("choose one"), "{refused}");
}
