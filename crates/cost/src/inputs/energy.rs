//! Energy of reading a bit, of multiplying, and of sending a bit to another chip.
//!
//! In: nothing.  Out: constants in pJ.
//! Invariant: no energy of a real chip was measured for this; ranges are wide and say so.
//! Source: facts/gpu_and_economics.md section 3.

use super::{assumed, input};
use units::Constant;

const BIT: &str = "pJ/bit";
const MAC: &str = "pJ/MAC";

pub(super) const INPUTS: &[Constant] = &[
    input(
        "e.hbm_h100",
        [6.5, 4.5, 9.0],
        BIT,
        assumed("recalled: 3.9 pJ/bit in an HBM2 device and its PHY (FGDRAM, MICRO 2017), and 2.6 from L2 to a core"),
    ),
    input(
        "e.hbm_a100",
        [7.5, 4.5, 9.0],
        BIT,
        assumed("as e.hbm_h100 with the older HBM2e and the longer path of 7 nm"),
    ),
    input(
        "e.sram",
        [1.1, 0.5, 2.0],
        BIT,
        assumed(
            "recalled: 0.5 pJ/bit in a 14 nm array (Horowitz, TPUv4i, scaled) and 0.08 pJ/bit/mm of stream over about 8 mm",
        ),
    ),
    input(
        "e.mac_int8_14nm",
        [0.15, 0.1, 0.43],
        MAC,
        assumed("between Horowitz scaled and the 0.30-0.43 pJ of an 8-bit operation at 16/14/12 nm (Stillwater esim)"),
    ),
    input("e.mac_fp16_7nm", [0.34, 0.21, 0.6], MAC, assumed("recalled: TPUv4i table, fp16 multiplication at 7 nm")),
    input("e.mac_fp16_4nm", [0.2, 0.1, 0.4], MAC, assumed("Horowitz scaled to the 4N process")),
    input(
        "e.link_nvlink",
        [5.0, 1.3, 10.0],
        BIT,
        assumed("recalled: 1.3 pJ/bit of a PHY at both ends, and the switch between them"),
    ),
    input(
        "e.link_c2c",
        [8.0, 5.0, 12.0],
        BIT,
        assumed("recalled class value of 28-30 Gb/s SerDes at 14 nm: 6-10 pJ/bit"),
    ),
];
