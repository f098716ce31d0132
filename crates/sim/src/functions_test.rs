//! Whether exp, tanh and rsqrt are correctly rounded.
//!
//! In: results of 400-bit arithmetic (mpmath 1.3), half of them the hardest of 30,000 random arguments.  Out: equality of bits.
//! Invariant: the f64 path, where it answers, and the double-double path agree; no rsqrt is wrong, for any significand.

use super::*;

const EXP: [(u32, u32); 24] = [
    (0x42ad150d, 0x7de71c36),
    (0xc2c7dba9, 0x0000001d),
    (0x421a5a14, 0x5b4bc071),
    (0xc0b5d2ee, 0x3b5f43af),
    (0xc299b507, 0x080b767d),
    (0x3f1f210d, 0x3fee52c6),
    (0x4298c92d, 0x76943ac1),
    (0x428a89ba, 0x71748f1b),
    (0xc29c705a, 0x070e5746),
    (0x421bdf30, 0x5b94f850),
    (0xb2ffe992, 0x3f800000),
    (0x4280701c, 0x6dc8a0d0),
    (0xc2cee923, 0x00000001),
    (0xc2cef05a, 0x00000001),
    (0xc2cef1a3, 0x00000001),
    (0xc2cef3d9, 0x00000001),
    (0xc2cef4e2, 0x00000001),
    (0xc2cef7a7, 0x00000001),
    (0xc2ceff02, 0x00000001),
    (0xc2cf0464, 0x00000001),
    (0xc2cf130a, 0x00000001),
    (0xc2cf1362, 0x00000001),
    (0xc2cf14b4, 0x00000001),
    (0xc2cf2199, 0x00000001),
];

const TANH: [(u32, u32); 24] = [
    (0x407c983c, 0x3f7fcf1c),
    (0x39b89c0b, 0x39b89c0a),
    (0xbbfd850c, 0xbbfd83c0),
    (0xbd66b23e, 0xbd6673e0),
    (0x3ae1157b, 0x3ae1156c),
    (0xbf2fc0b0, 0xbf18831f),
    (0x3c44d37a, 0x3c44d10e),
    (0xbec69705, 0xbebd322a),
    (0x3e68c5cd, 0x3e64d82f),
    (0xbb1f2494, 0xbb1f247f),
    (0x3a8c240a, 0x3a8c2407),
    (0x3cab00ff, 0x3caafaa3),
    (0xc10be9f1, 0xbf7fffff),
    (0xc10c3bf9, 0xbf7fffff),
    (0xc10c61dc, 0xbf7fffff),
    (0xc10c69fb, 0xbf7fffff),
    (0xc10c6f5b, 0xbf7fffff),
    (0xc10c770f, 0xbf7fffff),
    (0xc10c9fb0, 0xbf7fffff),
    (0xc10ca2bf, 0xbf7fffff),
    (0xc10ca992, 0xbf7fffff),
    (0xc10cdd82, 0xbf7fffff),
    (0xc10cdf00, 0xbf7fffff),
    (0xc10cecbf, 0xbf7fffff),
];

const RSQRT: [(u32, u32); 24] = [
    (0x57389850, 0x3396bcb0),
    (0x27b490ba, 0x4b578a39),
    (0x2bb603e4, 0x4956ae05),
    (0x7b20a106, 0x21a1975f),
    (0x5742186d, 0x3393006e),
    (0x39bc8fab, 0x4252eba6),
    (0x000002d9, 0x62568a9b),
    (0x77d8bb62, 0x2344bc5f),
    (0x1a684897, 0x5206602d),
    (0x3768deb9, 0x438634d6),
    (0x444967c4, 0x3d104f31),
    (0x456556c2, 0x3c873c52),
    (0x7f51576c, 0x1f8d8c2b),
    (0x7f5799fa, 0x1f8b7a3c),
    (0x7f5a43ff, 0x1f8a9fa7),
    (0x7f5c198b, 0x1f8a0b7a),
    (0x7f5c267a, 0x1f8a076c),
    (0x7f5e0c95, 0x1f897003),
    (0x7f5ec4fc, 0x1f893715),
    (0x7f64dd32, 0x1f876037),
    (0x7f67ad9f, 0x1f868d17),
    (0x7f69c30b, 0x1f85f33b),
    (0x7f6a4019, 0x1f85cf75),
    (0x7f6e4f0b, 0x1f84aa85),
];

fn check(function: fn(f32) -> f32, table: &[(u32, u32)]) {
    for &(argument, expected) in table {
        assert_eq!(function(f32::from_bits(argument)).to_bits(), expected, "argument {argument:#010x}");
    }
}

#[test]
fn results_are_those_of_400_bit_arithmetic() {
    check(exp, &EXP);
    check(tanh, &TANH);
    check(rsqrt, &RSQRT);
}

#[test]
fn the_ends_of_the_number_line_are_right() {
    let nan = f32::from_bits(0xffc0_0001);
    assert_eq!(
        [exp(nan), tanh(nan), rsqrt(nan), rsqrt(-1.0), rsqrt(f32::NEG_INFINITY)].map(f32::to_bits),
        [NAN_F32; 5]
    );
    assert_eq!([exp(f32::NEG_INFINITY), exp(-104.1), rsqrt(f32::INFINITY)].map(f32::to_bits), [0; 3]);
    assert_eq!([exp(f32::INFINITY), exp(88.73), rsqrt(0.0), rsqrt(-0.0)], [f32::INFINITY; 4]);
    assert_eq!([tanh(f32::INFINITY), tanh(-40.0), exp(-0.0)], [1.0, -1.0, 1.0]);
    assert_eq!([tanh(-0.0), tanh(f32::from_bits(1))].map(f32::to_bits), [0x8000_0000, 1]);
}

#[test]
fn both_paths_agree_wherever_the_quick_one_answers() {
    let mut answered = 0;
    for step in 0..200_000u32 {
        let x = f32::from_bits(0x3300_0000 + step.wrapping_mul(0x9e37_79b1) % 0x0f80_0000);
        for x in [x, -x] {
            if (EXP_MIN..=EXP_MAX).contains(&x) {
                assert_eq!(exp(x).to_bits(), exp_exact(f64::from(x)).to_f32().to_bits(), "exp {x:e}");
                answered += u32::from(rounded(exp_near(f64::from(x)), ERROR_EXP).is_some());
            }
        }
        if f32::EPSILON < x && x < TANH_ONE {
            assert_eq!(tanh(x).to_bits(), tanh_exact(f64::from(x)).to_f32().to_bits(), "tanh {x:e}");
        }
    }
    assert!(200_000 < answered, "the quick path answers almost always: {answered}");
}

#[test]
fn the_slow_path_decides_where_the_quick_one_cannot() {
    let wide = rounded(exp_near(0.5), 1e-7);
    assert_eq!(wide, None, "an interval as wide as an ulp of f32 holds a middle");
    assert_eq!(exp_exact(0.5).to_f32(), exp(0.5));
}

/// Exact: with r the result and h half its ulp, (r - h)^2 x <= 1 <= (r + h)^2 x in integers.
#[test]
fn rsqrt_is_right_for_every_significand() {
    for bits in 1f32.to_bits()..4f32.to_bits() {
        let result = rsqrt(f32::from_bits(bits)).to_bits();
        let significand = u128::from((bits & 0x7f_ffff) | 0x80_0000) << ((bits >> 23) - 127);
        let scale = (result >> 23) - 125;
        let middle = |twice: u32| u128::from((((result & 0x7f_ffff) | 0x80_0000) * 2).wrapping_add(twice)) << scale;
        // Arguments count 2^-23, results 2^-26: their product of squares counts 2^-75.
        let (below, above) = (middle(u32::MAX), middle(1));
        assert!(below * below * significand <= 1 << 75 && 1 << 75 <= above * above * significand, "{bits:#x}");
    }
}
