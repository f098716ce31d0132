//! Property tests: which way a bill, a plan or a fit goes when one input grows, with all others drawn at random.
//!
//! In: a seed.  Out: the first draw in which the direction is wrong, with both totals.
//! Invariant: more utilisation is never dearer, more power never cheaper; every input that any bill or plan of any preset rests on has its
//!     direction in the table, and every input of the book that none rests on is listed.
//! Method: the inputs are those that the bills themselves name.

use cost::presets::{Price, a100_share, h100_share, lpu_system, services};
use cost::scenario::{Plan, plan, scenarios};
use cost::{Amount, Bill, BillError, BreakEven, Hardware, Sheet, Use, break_even, tornado};
use std::collections::BTreeSet;
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

/// The direction of every input.
const DIRECTIONS: [(&str, Goes); 58] = [
    ("use.tokens_per_second", Down),
    ("use.batch", Down),
    ("use.weight_gb", Up),
    ("use.kv_bytes", Up),
    ("use.context", Up),
    ("use.macs_g", Up),
    ("use.link_bits", Up),
    ("lpu.static_w", Up),
    ("lpu.host_w", Up),
    ("h100.static_w", Up),
    ("h100.host_w", Up),
    ("e.sram", Up),
    ("e.hbm_h100", Up),
    ("e.hbm_a100", Up),
    ("e.mac_int8_14nm", Up),
    ("e.mac_fp16_4nm", Up),
    ("e.mac_fp16_7nm", Up),
    ("e.link_c2c", Up),
    ("e.link_nvlink", Up),
    ("money.utilisation", Down),
    ("money.life", Down),
    ("money.rate", Up),
    ("money.maintenance", Up),
    ("money.pue", Up),
    ("money.kwh", Up),
    ("lpu.server8", Up),
    ("lpu.host", Up),
    ("h100.dgx", Up),
    ("h100.gpu_hour", Up),
    ("service.lpu.ttft", Up),
    ("service.lpu.ttft_spread", Up),
    ("service.lpu.rate", Down),
    ("service.gpu.ttft", Up),
    ("service.gpu.ttft_spread", Up),
    ("service.gpu.rate", Down),
    ("service.chat13.ttft", Up),
    ("service.chat13.ttft_spread", Up),
    ("service.chat13.rate", Down),
    ("service.chat13.rate_spread", Up),
    ("task.chat.out", Up),
    ("task.search.rounds", Up),
    ("task.search.tool", Up),
    ("task.tot.rounds", Up),
    ("task.react.calls", Up),
    ("task.react.out", Up),
    ("task.react.tool", Up),
    ("task.coding.calls", Up),
    ("task.coding.out", Up),
    ("task.coding.tool", Up),
    ("task.debate.rounds", Up),
    ("task.debate.agents", Up),
    ("task.debate.out", Up),
    ("task.voice.hear", Up),
    ("task.voice.out", Up),
    ("task.voice.speak", Up),
    ("task.voice.network", Up),
    ("task.translate.out", Up),
    ("tail.correlation", Up),
];

/// What is varied, and no bill or plan rests on: limits, prices to be met, sizes of what fits, and the successor's factors.
const ELSEWHERE: [&str; 15] = [
    "case.context",
    "fit.cache_share",
    "lpu.wafer",
    "lpu.yield",
    "price.llama70b",
    "price.mixtral",
    "scale.bandwidth",
    "scale.clock",
    "scale.energy",
    "scale.link",
    "scale.sram",
    "scale.sram_energy",
    "scale.transistors",
    "scale.wafer",
    "shipped.sram_mb",
];

/// Holds the direction of every input that the bill names, in so many draws; returns those inputs.
fn holds(sheet: &Sheet<'_>, write: Write<'_>, rounds: u32) -> BTreeSet<String> {
    let bill = write(sheet).expect("defaults");
    let grounds = bill.inputs().into_iter().filter(|input| input.is_ground() && input.low < input.high);
    let grounds: Vec<String> = grounds.map(|input| input.id.clone()).collect();
    let mut rng = Rng::new(11);
    for id in &grounds {
        let direction = DIRECTIONS.iter().find(|(known, _)| known == id);
        let (_, goes) = direction.unwrap_or_else(|| panic!("`{id}` has no direction in the table"));
        let mut moved = 0;
        for round in 0..rounds {
            let mut drawn = sheet.clone();
            for other in &grounds {
                drawn.edit(other, draw(sheet, other, &mut rng)).expect(other);
            }
            let (a, b) = (draw(sheet, id, &mut rng), draw(sheet, id, &mut rng));
            let total = |value| write(&drawn.with(id, value).expect(id)).expect(id).total;
            let (less, more) = (total(a.min(b)), total(a.max(b)));
            let (first, second) = if *goes == Up { (less, more) } else { (more, less) };
            assert!(first <= second * (1.0 + 1e-12), "round {round}: `{id}` {a} and {b} give {less} and {more}");
            moved += u32::from(first < second);
        }
        assert!(rounds == 0 || 0 < moved, "`{id}` never moved the total");
    }
    grounds.into_iter().collect()
}

fn with<'b>(book: &'b units::Book, hardware: &Hardware) -> Sheet<'b> {
    let mut sheet = Sheet::new(book);
    hardware.put_on(&usage(), &mut sheet);
    sheet
}

/// Holds that the bill can be written with each input at either end of what its field accepts, and that nothing on it is less than nothing.
fn is_answered(sheet: &Sheet<'_>, write: Write<'_>) {
    let bill = write(sheet).expect("defaults");
    for input in bill.inputs().into_iter().filter(|input| input.is_ground()) {
        let cost::Bounds { least, most, .. } = input.bounds;
        for value in [least, most] {
            let id = &input.id;
            let other =
                write(&sheet.with(id, value).expect(id)).unwrap_or_else(|error| panic!("{id} = {value}: {error}"));
            let values = other.rows.iter().map(|row| row.value).chain([other.total]);
            let odd = values.filter(|value| !value.is_finite() || *value < 0.0).count();
            assert_eq!(odd, 0, "{id} = {value}: {other:?}");
        }
    }
}

/// Every bill of every preset.
fn bills(rounds: u32) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    each_bill(&mut |sheet, write| seen.extend(holds(sheet, write, rounds)));
    seen
}

fn each_bill(visit: &mut dyn FnMut(&Sheet<'_>, Write<'_>)) {
    let book = cost::book();
    for hardware in [lpu_system(576, Price::Materials), lpu_system(576, Price::List), h100_share(8), a100_share(8)] {
        let sheet = with(&book, &hardware);
        for write in [cost::joules, cost::owned, cost::rented] {
            if write(&sheet, &hardware) != Err(BillError::NoPrice) {
                visit(&sheet, &|sheet| write(sheet, &hardware));
            }
        }
    }
}

/// Every task with every service: its seconds, and how late it may be.
fn plans(rounds: u32) -> BTreeSet<String> {
    let book = cost::book();
    let sheet = Sheet::new(&book);
    let mut seen = BTreeSet::new();
    for scenario in scenarios() {
        for service in services() {
            seen.extend(holds(&sheet, &|sheet| plan(sheet, &service, &scenario).map(|plan| plan.bill), rounds));
            let late = |sheet: &Sheet<'_>| plan(sheet, &service, &scenario).map(lateness);
            // The same tokens of a tree in more rounds vary less: how late it is may fall while its mean rises.
            if scenario.id != "tree" {
                seen.extend(holds(&sheet, &late, rounds));
            }
        }
    }
    seen
}

/// A plan's tail in the form of a bill.
fn lateness(plan: Plan) -> Bill {
    Bill { rows: vec![plan.tail.variance], total: plan.tail.p99_s, ..plan.bill }
}

#[test]
fn whatever_a_field_accepts_is_answered() {
    each_bill(&mut |sheet, write| is_answered(sheet, write));
    let book = cost::book();
    for scenario in scenarios() {
        for service in services() {
            is_answered(&Sheet::new(&book), &|sheet| plan(sheet, &service, &scenario).map(|plan| plan.bill));
            is_answered(&Sheet::new(&book), &|sheet| plan(sheet, &service, &scenario).map(lateness));
        }
    }
}

#[test]
fn bills_go_the_right_way() {
    bills(100);
}

#[test]
fn plans_go_the_right_way() {
    plans(20);
}

/// Calls that are slow together are later than calls that are not; the input stands in no formula of a row.
#[test]
fn a_task_is_later_the_more_its_calls_are_slow_together() {
    let book = cost::book();
    let (scenarios, services) = (scenarios(), services());
    let mut rng = Rng::new(3);
    for scenario in &scenarios {
        for _ in 0..20 {
            let (a, b) = (rng.unit(), rng.unit());
            let late = |value: f64| {
                let sheet = Sheet::new(&book).with("tail.correlation", value).expect("accepted");
                plan(&sheet, &services[1], scenario).expect("positive inputs").tail.p99_s
            };
            assert!(late(a.min(b)) <= late(a.max(b)), "{}: {a} and {b}", scenario.id);
        }
    }
}

/// The table has no more inputs than the bills and plans name, and all inputs of the book that are varied are either there or listed.
#[test]
fn every_input_that_is_varied_has_a_direction_or_stands_elsewhere() {
    let mut seen = bills(0);
    seen.extend(plans(0));
    seen.insert("tail.correlation".to_owned());
    let table: BTreeSet<String> = DIRECTIONS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(seen, table);
    let book = cost::book();
    let sheet = Sheet::new(&book);
    let varied = cost::inputs().into_iter().filter(|input| input.low < input.high).map(|input| input.id);
    let ground = varied.filter(|id| sheet.input(id).is_ok_and(|input| input.is_ground()));
    let rest: BTreeSet<&str> = ground.filter(|id| !seen.contains(*id)).collect();
    // These go into limits and comparisons: `fewer_users_fit_...`, `deadlines_...` and the table of the successor hold them.
    let deadlines = ["task.translate.budget", "task.voice.budget"];
    assert_eq!(rest, ELSEWHERE.into_iter().chain(deadlines).collect());
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
    assert_eq!(bars.len(), 19, "{bars:?}");
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
    for id in ["use.tokens_per_second", "money.utilisation", "lpu.server8", "lpu.host_w", "money.kwh", "money.rate"] {
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
