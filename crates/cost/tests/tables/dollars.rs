//! Section 4: dollars per million tokens.
//!
//! In: the table of six 576-LPU cases, six GPU cases, and four rents, as printed.  Out: 15 of 16 prices; the joules column apart.
//! Invariant: users are the whole part of what fits, and a rate is users times the published rate of one.

use crate::{LPU_WORK, digits, printed, sheet, usage, with_printed_power};
use cost::presets::{Price, h100_share, lpu_system};
use cost::{Hardware, Use};

/// Model, weights GB, cache B per position, positions, tokens/s per user; then users, tokens/s, $ at materials and at list, J.
type Case = (&'static str, [f64; 4], [&'static str; 5]);

const LPU: [Case; 6] = [
    ("Mixtral int8 1k", [46.7, 131_072.0, 1024.0, 480.0], ["575", "276", "0.25", "1.06", "1.2"]),
    ("Mixtral int8 4k", [46.7, 131_072.0, 4096.0, 480.0], ["143", "69", "0.99", "4.27", "2.3"]),
    ("Mixtral fp16 1k", [93.4, 131_072.0, 1024.0, 480.0], ["262", "126", "0.54", "2.33", "1.7"]),
    ("Mixtral fp16 4k", [93.4, 131_072.0, 4096.0, 480.0], ["65", "31", "2.17", "9.39", "3.9"]),
    ("70B int8 1k", [69.0, 327_680.0, 1024.0, 280.0], ["170", "48", "1.42", "6.15", "2.9"]),
    ("70B int8 4k", [69.0, 327_680.0, 4096.0, 280.0], ["42", "12", "5.75", "24.9", "8.9"]),
];

fn cached(rate: f64, kv_bytes: f64, context: f64) -> Use {
    Use { kv_bytes: printed(kv_bytes), context: printed(context), ..usage(rate) }
}

fn price(hardware: &Hardware, usage: &Use) -> (f64, String) {
    let book = cost::book();
    let sheet = with_printed_power(&sheet(&book, hardware, usage));
    let bill = cost::owned(&sheet, hardware).expect("all inputs are positive");
    let rows = bill.rows.iter().map(|row| format!("{} = {} = {:.4}", row.id, row.formula, row.value));
    (bill.total, rows.collect::<Vec<_>>().join("\n"))
}

#[test]
fn six_cases_of_576_lpus() {
    let book = cost::book();
    for (name, [weights, kv_bytes, context, per_user], [users, kilo_rate, materials, list, _]) in LPU {
        let hardware = lpu_system(576, Price::Materials);
        let stored = Use { stored_gb: printed(weights), ..cached(1.0, kv_bytes, context) };
        let sheet = sheet(&book, &hardware, &stored);
        let fitting = cost::users_most(&sheet, &hardware).expect("all inputs are positive");
        assert_eq!(digits(fitting, 0), users, "{name}: 0.9 * (576 * 230e6 - {weights}e9) / ({kv_bytes} * {context})");
        let rate = fitting * per_user;
        assert_eq!(digits(rate / 1000.0, 0), kilo_rate, "{name}: {fitting} * {per_user}");
        let (dollars, rows) = price(&hardware, &usage(rate));
        assert_eq!(digits(dollars, 2), materials, "{name}\n{rows}");
        let (dollars, rows) = price(&lpu_system(576, Price::List), &usage(rate));
        assert_eq!(digits(dollars, list.len() - 1 - list.find('.').expect("a decimal point")), list, "{name}\n{rows}");
    }
}

#[test]
fn the_joules_column_is_not_what_160_kilowatts_give() {
    // 160 kW over the rate, without and with the building's 1.3, against the printed column: no single rule gives all six.
    let printed: Vec<&str> = LPU.iter().map(|(_, _, printed)| printed[4]).collect();
    assert_eq!(printed, ["1.2", "2.3", "1.7", "3.9", "2.9", "8.9"]);
    let rates = [276_000.0, 68_640.0, 125_760.0, 31_200.0, 47_600.0, 11_760.0];
    let plain: Vec<String> = rates.iter().map(|rate| digits(160e3 / rate, 1)).collect();
    assert_eq!(plain, ["0.6", "2.3", "1.3", "5.1", "3.4", "13.6"]);
    let built: Vec<String> = rates.iter().map(|rate| digits(1.3 * 160e3 / rate, 1)).collect();
    assert_eq!(built, ["0.8", "3.0", "1.7", "6.7", "4.4", "17.7"]);
    // What does fit all six is (576 * 120 W + 72 * 350 W) / rate and the same work of a token as in section 3.
    let fitted =
        LPU.iter().zip(rates).filter(|((_, _, printed), rate)| digits(94.32e3 / rate + LPU_WORK, 1) == printed[4]);
    assert_eq!(fitted.count(), 6);
}

#[test]
fn a_die_is_the_cheapest_part() {
    let book = cost::book();
    let cost = |wafer: f64, yields: f64| {
        let sheet = cost::Sheet::new(&book).with("lpu.wafer", wafer).expect("accepted");
        sheet.with("lpu.yield", yields).expect("accepted").value("lpu.die_cost").expect("positive inputs")
    };
    // Printed: $118 at 6,000 and 70 %, $61 at 4,000 and 90 %, $172 at 6,000 and 48 %; 72.7 dies on a wafer.
    assert_eq!([cost(6e3, 0.7), cost(4e3, 0.9), cost(6e3, 0.48)].map(|cost| digits(cost, 0)), ["118", "61", "172"]);
}

/// Name, GPUs, printed rate with half a unit of its last digit, printed price.
const GPU: [(&str, u32, [f64; 2], &str); 6] = [
    ("2 H100, Mixtral, interactive", 2, [1900.0, 50.0], "0.86"),
    ("2 H100, Mixtral", 2, [4000.0, 500.0], "0.42"),
    ("2 H100, Mixtral, offline", 2, [20_000.0, 500.0], "0.08"),
    ("8 H100, 70B, batch 1", 8, [78.0, 0.5], "84"),
    ("8 H100, 70B, batch 64", 8, [5200.0, 50.0], "1.27"),
    ("8 H100, 70B, offline", 8, [22_000.0, 500.0], "0.31"),
];

#[test]
fn gpu_cases_from_rates_that_print_alike() {
    let mut differing = Vec::new();
    for (name, gpus, [rate, half], expected) in GPU {
        let decimals = expected.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let at = |rate: f64| price(&h100_share(gpus), &usage(rate)).0;
        let (dearest, cheapest) = (at(rate - half), at(rate + half));
        let expected_number: f64 = expected.parse().expect("a number");
        let unit = 0.5 / 10f64.powi(decimals as i32);
        if dearest < expected_number - unit || expected_number + unit < cheapest {
            differing.push(format!("{name}: printed {expected}, its inputs give {cheapest:.2} to {dearest:.2}"));
        }
    }
    assert_eq!(differing, ["8 H100, 70B, batch 1: printed 84, its inputs give 84.60 to 85.69"]);
    let plain: Vec<String> =
        GPU.iter().map(|(_, gpus, [rate, _], _)| digits(price(&h100_share(*gpus), &usage(*rate)).0, 2)).collect();
    assert_eq!(plain, ["0.87", "0.42", "0.08", "85.14", "1.28", "0.30"], "at the rates as they are printed");
}

#[test]
fn rents_from_a_rate_that_prints_alike() {
    // 5.2k tokens/s as printed gives the second list; 5,230 prints as 5.2k, too, and gives the table.
    let book = cost::book();
    for (rate, expected) in [(5230.0, ["1.70", "2.12", "3.61", "6.80"]), (5200.0, ["1.71", "2.14", "3.63", "6.84"])] {
        let hardware = h100_share(8);
        let totals = [2.0, 2.5, 4.25, 8.0].map(|hour| {
            let sheet = sheet(&book, &hardware, &usage(rate)).with("h100.gpu_hour", hour).expect("accepted");
            digits(cost::rented(&sheet, &hardware).expect("rented").total, 2)
        });
        assert_eq!(totals, expected, "8 * $ / 3600 / ({rate} * 0.5) * 1e6");
    }
}
