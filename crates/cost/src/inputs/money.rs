//! Prices, and how a price becomes a cost per year.
//!
//! In: nothing.  Out: constants in dollars, shares and years.
//! Invariant: no design costs, no staff, no margin stand here; the bills say so.
//! Source: facts/gpu_and_economics.md sections 4 and 7.

use super::{assumed, derived, fixed, input, read};
use units::Constant;

pub(super) const INPUTS: &[Constant] = &[
    input("money.pue", [1.3, 1.1, 1.6], "overhead", assumed("power of the building over power of the machines")),
    input("money.kwh", [0.08, 0.04, 0.15], "$/kWh", assumed("industrial electricity in the United States")),
    input("money.life", [4.0, 3.0, 6.0], "years", assumed("years until the machine is worth nothing")),
    input("money.rate", [0.1, 0.05, 0.15], "share", assumed("cost of capital per year")),
    input("money.maintenance", [0.05, 0.02, 0.1], "share", assumed("of the price, per year")),
    input("money.utilisation", [0.5, 0.2, 0.9], "share", assumed("tokens sold over tokens possible, day and night")),
    input(
        "money.crf",
        [0.3155, 0.2, 0.45],
        "share",
        derived("money.rate * (1 + money.rate)^money.life / ((1 + money.rate)^money.life - 1)"),
    ),
    fixed("money.hours_per_year", 8760.0, "h", derived("365 * 24")),
    fixed("money.seconds_per_year", 31_536_000.0, "s/year", derived("365 * 24 * 3600")),
    input(
        "lpu.server8",
        [35_000.0, 15_000.0, 170_000.0],
        "$",
        assumed("recalled: SemiAnalysis' bill of materials of a server of 8; the article is partly behind a paywall"),
    ),
    fixed("lpu.card", 20_000.0, "$", read("BittWare and Mouser, via isopack, 2024", "price of one card, quantity 1")),
    input("lpu.host", [10_000.0, 5_000.0, 20_000.0], "$", assumed("a server with two processors, without cards")),
    input("lpu.server8_list", [170_000.0, 165_000.0, 180_000.0], "$", derived("8 * lpu.card + lpu.host")),
    input(
        "lpu.wafer",
        [6_000.0, 3_984.0, 6_500.0],
        "$",
        assumed("recalled; 3,984 $ is read for 16/12 nm in the 2020 leak"),
    ),
    input(
        "lpu.yield",
        [0.7, 0.48, 0.9],
        "share",
        assumed("between no repair at 0.1 defects a square cm and a spare superlane"),
    ),
    // Area over area, less the rim: 300 mm wafer, 25 x 29 mm die; 38.0789 is the root of 2 x 725.
    fixed("lpu.gross_dies", 72.7, "dies", derived("3.14159265 * 150^2 / 725 - 3.14159265 * 300 / 38.0789")),
    input("lpu.die_cost", [118.0, 60.0, 190.0], "$", derived("lpu.wafer / (lpu.gross_dies * lpu.yield)")),
    input(
        "h100.dgx",
        [270_000.0, 200_000.0, 317_000.0],
        "$",
        read("SemiAnalysis via Epoch AI, 2023", "DGX H100 sale price; 2024 quotes reach 317,000"),
    ),
    input(
        "h100.gpu_hour",
        [2.5, 2.0, 8.0],
        "$/h",
        assumed("2.0-2.5 is read for 2026 and over 8 for 2023; about 4.25 in February 2024 is recalled"),
    ),
    input("price.mixtral", [0.27, 0.25, 0.6], "$/million tokens", assumed("as told in the story: Groq's price")),
    input("price.llama70b", [0.75, 0.64, 1.0], "$/million tokens", assumed("recalled: 0.70 in, 0.80 out")),
];
