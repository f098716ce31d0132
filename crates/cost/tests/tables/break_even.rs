//! Section 4: what must be true for $0.27 a million.
//!
//! In: the printed break-even rates.  Out: the rates to the thousand, by search and by hand; capital and utilisation likewise.
//! Invariant: the answer put back gives the price asked for.

use crate::{sheet, usage, with_printed_power};
use cost::presets::{Price, lpu_system};
use cost::{Bill, BillError, BreakEven, Hardware, Sheet, break_even};

const TARGET: f64 = 0.27;

fn needed(price: Price, utilisation: f64) -> f64 {
    let (book, hardware) = (cost::book(), lpu_system(576, price));
    let sheet = with_printed_power(&sheet(&book, &hardware, &usage(276e3)))
        .with("money.utilisation", utilisation)
        .expect("accepted");
    at(&sheet, &hardware, "use.tokens_per_second")
}

fn at(sheet: &Sheet<'_>, hardware: &Hardware, id: &str) -> f64 {
    let write = |sheet: &Sheet<'_>| -> Result<Bill, BillError> { cost::owned(sheet, hardware) };
    match break_even(sheet, id, TARGET, &write).expect("the bill can be written") {
        BreakEven::At(value) => {
            let again = write(&sheet.with(id, value).expect("accepted")).expect("written").total;
            assert!((again - TARGET).abs() < 1e-9, "{id} = {value} gives {again}");
            value
        }
        BreakEven::Never { at_least, at_most } => panic!("{id}: only {at_least} to {at_most}"),
    }
}

#[test]
fn rates_that_cover_twenty_seven_cents() {
    // Printed 156k, 250k and 417k: the thousands cut off, not rounded (157, 251, 418).
    for (utilisation, thousands) in [(0.8, 156.0), (0.5, 250.0), (0.3, 417.0)] {
        let rate = needed(Price::Materials, utilisation);
        assert_eq!((rate / 1000.0).floor(), thousands, "{rate}");
        // By hand: dollars a year over dollars a token sold.
        let annuity = 0.1 * 1.1f64.powi(4) / (1.1f64.powi(4) - 1.0);
        let year = 72.0 * 35e3 * (annuity + 0.05) + 160.0 * 1.3 * 8760.0 * 0.08;
        let by_hand = year / (TARGET * 1e-6 * utilisation * 365.0 * 86_400.0);
        assert!((rate / by_hand - 1.0).abs() < 1e-9, "{rate} by search, {by_hand} by hand");
    }
    let ratio = needed(Price::List, 0.5) / needed(Price::Materials, 0.5);
    assert_eq!(format!("{ratio:.1}"), "4.3");
    // Three input tokens sold at the same price with each output token: a quarter of the output rate; printed as about 62k.
    assert_eq!((needed(Price::Materials, 0.5) / 4.0 / 1000.0).floor(), 62.0);
}

#[test]
fn other_inputs_can_be_asked_for() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let sheet = with_printed_power(&sheet(&book, &hardware, &usage(276e3)));
    let utilisation = at(&sheet, &hardware, "money.utilisation");
    assert_eq!(format!("{utilisation:.2}"), "0.45");
    let server = at(&sheet, &hardware, "lpu.server8");
    // (0.27e-6 * 276e3 * 0.5 * 31.536e6 - 160 * 1.3 * 8760 * 0.08) / (0.31547 + 0.05) / 72
    assert_eq!(format!("{server:.0}"), "39115");
}

#[test]
fn list_price_is_a_loss_in_every_corner() {
    let (book, hardware) = (cost::book(), lpu_system(576, Price::List));
    let sheet = with_printed_power(&sheet(&book, &hardware, &usage(276e3)));
    let write = |sheet: &Sheet<'_>| cost::owned(sheet, &hardware);
    let answer = break_even(&sheet, "money.utilisation", TARGET, &write).expect("the bill can be written");
    let BreakEven::Never { at_most, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(format!("{at_most:.2}"), "0.53", "sold out day and night, a million tokens still cost twice the price");
}
