//! The rotary angles as tables.
//!
//! In: base, lanes per head, number of positions.  Out: cosines and signed sines, `[positions, head_dim]`, f32.
//! Invariant: each value is within 0.500001 units in the last place of the true one, the same bits on every machine.
//! Method: no library function. The frequency ratio is a root, by bisection and Newton; one step's cosine and sine are Taylor
//! series; positions follow by multiplying unit complex numbers, in pairs of f64 so that 10^6 steps lose nothing an f32 shows.
//! Source: Su et al., "RoFormer", 2021, eq. 15; adjacent lanes pair up, as in the published Llama weights in GGUF.

use super::double::Double;

/// Cosines and sines, row-major `[positions, head_dim]`; both lanes of a pair hold the pair's angle.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// Cosines.
    pub cos: Vec<f32>,
    /// Sines, negative in even lanes: `x * cos + swap(x) * sin` is the rotation, where `swap` exchanges a pair's lanes.
    pub sin: Vec<f32>,
}

#[derive(Clone, Copy)]
struct Unit {
    cos: Double,
    sin: Double,
}

/// Tables for positions `0 .. positions`; `base` is at least 1 and `head_dim` even.
pub fn tables(base: f32, head_dim: u32, positions: u32) -> Tables {
    let pairs = head_dim / 2;
    let steps: Vec<Unit> = frequencies(base, pairs).into_iter().map(turn).collect();
    let mut angles = vec![Unit { cos: Double::ONE, sin: Double::ZERO }; steps.len()];
    let mut tables = Tables { cos: Vec::new(), sin: Vec::new() };
    for _ in 0..positions {
        for (angle, step) in angles.iter_mut().zip(&steps) {
            let (cos, sin) = (angle.cos.to_f64() as f32, angle.sin.to_f64() as f32);
            tables.cos.extend([cos, cos]);
            tables.sin.extend([-sin, sin]);
            *angle = Unit {
                cos: angle.cos * step.cos - angle.sin * step.sin,
                sin: angle.sin * step.cos + angle.cos * step.sin,
            };
        }
    }
    tables
}

/// `base^(-i / pairs)` for each pair `i`: radians per position, in `(0, 1]`.
fn frequencies(base: f32, pairs: u32) -> Vec<Double> {
    let ratio = root_of_inverse(f64::from(base), pairs);
    let next = |frequency: &Double| Some(*frequency * ratio);
    std::iter::successors(Some(Double::ONE), next).take(pairs as usize).collect()
}

/// The `x` in `(0, 1]` with `base * x^degree = 1`.
fn root_of_inverse(base: f64, degree: u32) -> Double {
    let excess = |x: Double| Double::new(base) * x.power(degree) - Double::ONE;
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if 0.0 < excess(Double::new(middle)).to_f64() { high = middle } else { low = middle }
    }
    // Newton doubles the 50 good bits of the bisection, twice to be sure.
    let newton = |x: Double| x - x * excess(x).over(f64::from(degree));
    newton(newton(Double::new(high)))
}

/// Cosine and sine of an angle in `(0, 1]`.
fn turn(angle: Double) -> Unit {
    const TERMS: u32 = 30; // 1 / 30! is below 2^-107
    let mut unit = Unit { cos: Double::ONE, sin: Double::ZERO };
    let mut term = Double::ONE;
    for power in 1..TERMS {
        term = (term * angle).over(f64::from(power));
        match power % 4 {
            0 => unit.cos = unit.cos + term,
            1 => unit.sin = unit.sin + term,
            2 => unit.cos = unit.cos - term,
            _ => unit.sin = unit.sin - term,
        }
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units in the last place of an f32 near `value`.
    fn ulp(value: f64) -> f64 {
        let near = (value.abs() as f32).max(f32::MIN_POSITIVE);
        f64::from(f32::from_bits(near.to_bits() + 1)) - f64::from(near)
    }

    #[test]
    fn tables_agree_with_the_library_functions() {
        let cases = [(10_000.0, 8, 64), (100_000.0, 64, 8192), (500_000.0, 128, 512), (1.0, 4, 10), (10_000.0, 2, 9)];
        for (base, head_dim, positions) in cases {
            let tables = tables(base, head_dim, positions);
            assert_eq!(tables.cos.len(), (head_dim * positions) as usize);
            for (index, (&cos, &sin)) in tables.cos.iter().zip(&tables.sin).enumerate() {
                let (position, lane) = (index as u32 / head_dim, index as u32 % head_dim);
                let frequency = f64::from(base).powf(-f64::from(lane / 2 * 2) / f64::from(head_dim));
                let angle = f64::from(position) * frequency;
                let sign = if lane % 2 == 0 { -1.0 } else { 1.0 };
                // The library's angle is off by 2^-50 of itself, which matters near zeros: hence the absolute allowance.
                let allowed = |value: f64| 0.500_001 * ulp(value) + 1e-14 * angle;
                let (true_cos, true_sin) = (angle.cos(), sign * angle.sin());
                let place = format!("base {base}, position {position}, lane {lane}");
                assert!((f64::from(cos) - true_cos).abs() <= allowed(true_cos), "cos at {place}: {cos} {true_cos}");
                assert!((f64::from(sin) - true_sin).abs() <= allowed(true_sin), "sin at {place}: {sin} {true_sin}");
            }
        }
    }

    #[test]
    fn bits_are_pinned() {
        let tables = tables(100_000.0, 64, 200);
        let fold = |hash: u64, value: &f32| (hash ^ u64::from(value.to_bits())).wrapping_mul(0x100_0000_01b3);
        let hash = tables.cos.iter().chain(&tables.sin).fold(0xcbf2_9ce4_8422_2325, fold);
        assert_eq!(hash, 0x7fc0_d53d_2e65_2599, "a table that differs between machines would make all values differ");
    }
}
