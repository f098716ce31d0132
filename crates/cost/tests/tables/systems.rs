//! Section 4 beside its tables: dies and capital, what fits, bandwidths, and the factors from 14 to 4 nm.
//!
//! In: the printed figures.  Out: each from its inputs.
//! Invariant: arithmetic over inputs of the book where it has them; over printed figures where it has not.

use crate::digits;
use cost::{Sheet, Text, open};

/// The value of a formula over inputs, as it is printed with `decimals`.
fn computed(formula: &str, decimals: usize) -> String {
    let book = cost::book();
    let row = open(&Sheet::new(&book), Text::same(formula), formula.to_owned()).expect(formula);
    digits(row.value, decimals)
}

#[test]
fn dies_of_a_wafer() {
    assert_eq!(computed("lpu.gross_dies", 1), "72.7");
    // 814 square mm of an H100: pi 150^2 / 814 - pi 300 / sqrt(2 * 814).
    let gross = std::f64::consts::PI * (150.0f64.powi(2) / 814.0 - 300.0 / (2.0 * 814.0f64).sqrt());
    assert_eq!(digits(gross, 1), "63.5");
}

#[test]
fn capital_of_576_chips() {
    assert_eq!([computed("72 * lpu.server8 / 1e6", 1), computed("72 * lpu.server8_list / 1e6", 1)], ["2.5", "12.2"]);
    assert_eq!(computed("lpu.server8_list", 0), "170000");
}

#[test]
fn what_fits_576_chips() {
    assert_eq!(computed("record.chips * lpu.sram_mb / 1000", 0), "132");
    // 140 GB of fp16 take at least 610 chips (printed: at least 610; 609 hold 140.07 GB, without a single cache).
    assert_eq!(computed("140e9 / (lpu.sram_mb * 1e6)", 1), "608.7");
}

#[test]
fn two_h100_beside_576_chips() {
    assert_eq!(computed("record.chips * node14.sram_tb_s / 1000", 0), "46");
    assert_eq!(computed("2 * record.h100_hbm_tb_s", 1), "6.7");
    assert_eq!(computed("record.chips * node14.sram_tb_s / (2 * record.h100_hbm_tb_s) / 100", 0), "69");
    // One user of Mixtral: 12.9 GB a token, 480 times a second, of 46 PB/s.
    let share = computed(
        "100 * model.mixtral.active_g * 1e9 * record.lpu_mixtral / (record.chips * node14.sram_tb_s * 1e12)",
        3,
    );
    assert_eq!(share, "0.013");
}

/// Printed factor, and the figures that it is made of.
#[test]
fn factors_from_14_to_4_nm() {
    for (printed, decimals, formula) in [
        ("2.2", 1, "shipped.sram_mb / lpu.sram_mb"),
        ("1.9", 1, "shipped.sram_tb_s / node14.sram_tb_s"),
        ("3.7", 1, "shipped.transistors_g / node14.transistors_g"),
        ("1.64", 2, "shipped.fp8_tflops / node14.int8_tops"),
        ("6.5", 1, "shipped.fp8_tflops / 188"),
        ("5.2", 1, "shipped.link_tb_s / node14.link_tb_s"),
        ("2.46", 2, "process.bitcell_14 / process.bitcell_4"),
        ("3.5", 1, "14000 / 3984"),
        ("4.3", 1, "17000 / 3984"),
        ("435", 0, "node14.chips_100gb"),
        ("200", 0, "shipped.chips_100gb"),
    ] {
        assert_eq!(computed(formula, decimals), printed, "{formula}");
    }
}
