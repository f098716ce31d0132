//! Vectors on their way into planes: as digits for int8 weights, as fp16 for fp16 weights, as two fp16 for split ones.
//!
//! In: scaled f32 steps of an expression.  Out: one node per tile of 320 lanes, or two, in each format that a matrix asks for.
//! Invariant: digits hold what they are made of exactly up to their last place; fp16 never overflows: its unit is a power of two that a
//!     proven bound asks for, and the weights are multiplied by it.
//! Method: balanced bytes of an i32, most significant first; or one rounding to fp16, and one more of what it lost.

use super::Emitter;
use super::weights::HALF_MAX;
use crate::Format;
use crate::kernel::Place;
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};

/// Digits of a value with a proven bound: three bytes, balanced.
pub const DIGITS: u8 = 3;
/// Greatest magnitude of three balanced digits: 127 * (65536 + 256 + 1).
const FIXED_MAX: f64 = 8_355_711.0;
/// Adding and then flipping these bits turns four bytes into balanced signed digits.
const BALANCE: u32 = 0x8080_8080;
/// What a bound has to spare for rounding on the way.
const SPARE: f64 = 1.01;
/// Greatest unit of fp16: weights beyond it are refused long before.
const UNIT_MAX: f64 = 1_099_511_627_776.0;

/// A vector in one format.
pub struct Tiles {
    /// int8 `[digits, lanes]` or f16 `[1, lanes]` per tile.
    pub nodes: Vec<NodeId>,
    /// Of split tiles, what each lost by becoming f16: f16 again.
    pub rests: Vec<NodeId>,
    /// Value of one unit.
    pub unit: f64,
}

/// A vector that matrices take.
pub struct Vector {
    /// As digits, where a matrix takes them.
    pub int8: Option<Tiles>,
    /// In fp16, where a matrix takes it.
    pub fp16: Option<Tiles>,
    /// As two fp16, where a matrix takes it.
    pub split: Option<Tiles>,
    /// Digits of each int8 tile.
    pub digits: u8,
    /// What every contraction with it is still to be multiplied by, on all lanes.
    pub root: Option<NodeId>,
    /// Bound of its Euclidean norm, for bounds of what is computed from it.
    pub norm: f64,
}

/// How a tile's last step in f32 becomes what planes take.
#[derive(Clone, Copy)]
pub struct Ending {
    /// In which format.
    pub format: Format,
    /// Digits, in int8.
    pub digits: u8,
    /// Where it lies.
    pub place: Place,
}

impl Tiles {
    /// No tiles yet.
    pub fn new(unit: f64) -> Self {
        Tiles { nodes: Vec::new(), rests: Vec::new(), unit }
    }

    /// Adds a tile: what the last step of `expr` gives, scaled already.
    pub fn push(&mut self, emitter: &mut Emitter, (mut expr, inputs): (Expr, Vec<NodeId>), ending: Ending) {
        let Ending { format, digits, place } = ending;
        let last = Arg::Step((expr.steps.len() - 1) as u8);
        match format {
            Format::Int8 => to_digits(&mut expr, last),
            Format::Fp16 => _ = expr.push(ScalarOp::F32ToF16, &[last]),
            Format::Split => {}
        }
        let made = emitter.build.map(expr, &inputs);
        if format == Format::Split {
            let value = emitter.build.map(Expr::single(ScalarOp::F32ToF16, &[Arg::Input(0)]), &[made]);
            let rest = lost(emitter, [made, value], None);
            emitter.kernel(&[made, value, rest], &[(value, place, 0), (rest, place, 0)]);
            self.nodes.push(value);
            self.rests.push(rest);
            return;
        }
        emitter.kernel(&[made], &[(made, place, 0)]);
        self.nodes.push(if format == Format::Int8 { emitter.build.digits(made, digits) } else { made });
    }
}

/// What `whole` lost by becoming the f16 `value`, times `scale`, as f16.
pub fn lost(emitter: &mut Emitter, [whole, value]: [NodeId; 2], scale: Option<f32>) -> NodeId {
    let mut expr = Expr::default();
    let kept = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    let mut lost = expr.push(ScalarOp::Sub, &[Arg::Input(0), kept]);
    if let Some(scale) = scale {
        lost = expr.push(ScalarOp::Mul, &[lost, immediate(scale)]);
    }
    expr.push(ScalarOp::F32ToF16, &[lost]);
    emitter.build.map(expr, &[whole, value])
}

impl Vector {
    /// A vector in one format only, of which nothing more is computed but one contraction.
    pub fn last(format: Format, tiles: Tiles) -> Self {
        let mut vector =
            Vector { int8: None, fp16: None, split: None, digits: DIGITS, root: None, norm: f64::INFINITY };
        *vector.of(format) = Some(tiles);
        vector
    }

    fn of(&mut self, format: Format) -> &mut Option<Tiles> {
        match format {
            Format::Int8 => &mut self.int8,
            Format::Fp16 => &mut self.fp16,
            Format::Split => &mut self.split,
        }
    }

    /// Its tiles in a format.
    pub fn tiles(&self, format: Format) -> &Tiles {
        let tiles = match format {
            Format::Int8 => &self.int8,
            Format::Fp16 => &self.fp16,
            Format::Split => &self.split,
        };
        tiles.as_ref().expect("a vector is made in every format that its matrices have")
    }
}

/// Factor from a value bounded by `bound` to fixed point, with 1 % to spare for rounding on the way. Bounds that f32 could not
/// undo (of weights that are all zero, for instance) are replaced by ones that it can.
pub fn fixed_factor(bound: f64) -> f64 {
    FIXED_MAX / (bound.clamp(1e-24, 1e24) * SPARE)
}

/// The power of two, at least `least`, by which values of up to `bound` are divided to be fp16.
pub fn half_unit(bound: f64, least: f64) -> f64 {
    let mut unit = least;
    while unit * HALF_MAX < bound * SPARE && unit < UNIT_MAX {
        unit *= 2.0;
    }
    unit
}

/// Factor from a value bounded by `bound` to the units of a format.
pub fn factor(format: Format, bound: f64) -> f64 {
    match format {
        Format::Int8 => fixed_factor(bound),
        Format::Fp16 | Format::Split => 1.0 / half_unit(bound, 1.0),
    }
}

/// Appends to `expr` the steps from a scaled f32 to balanced digits in the bytes of an i32.
pub fn to_digits(expr: &mut Expr, scaled: Arg) {
    let fixed = expr.push(ScalarOp::F32ToI32, &[scaled]);
    balanced(expr, fixed);
}

/// Appends the step that makes bytes of an i32 balanced digits.
pub fn balanced(expr: &mut Expr, fixed: Arg) -> Arg {
    let raised = expr.push(ScalarOp::Add, &[fixed, Arg::Immediate(BALANCE)]);
    expr.push(ScalarOp::Xor, &[raised, Arg::Immediate(BALANCE)])
}

/// Appends the value of `count` sums of digits, inputs `first ..`, most significant first. Four are joined in pairs: one step less deep.
pub fn combined(expr: &mut Expr, first: u8, count: u8) -> Arg {
    let split = if 3 < count { first + 2 } else { first + count };
    let high = raised(expr, first..split);
    if split == first + count {
        return high;
    }
    let high = expr.push(ScalarOp::Mul, &[high, immediate(65_536.0)]);
    // A plane sends one sum a cycle: the step of waiting keeps the second digit and the third apart.
    let high = expr.push(ScalarOp::Identity, &[high]);
    let low = raised(expr, split..first + count);
    expr.push(ScalarOp::Add, &[high, low])
}

/// Each digit 256 times the next.
fn raised(expr: &mut Expr, mut digits: std::ops::Range<u8>) -> Arg {
    let first = digits.next().expect("an activation has a digit");
    let first = expr.push(ScalarOp::I32ToF32, &[Arg::Input(first)]);
    digits.fold(first, |total, digit| {
        let raised = expr.push(ScalarOp::Mul, &[total, immediate(256.0)]);
        let next = expr.push(ScalarOp::I32ToF32, &[Arg::Input(digit)]);
        expr.push(ScalarOp::Add, &[raised, next])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_fp16_are_the_least_powers_of_two_that_hold_the_bound() {
        for (bound, unit) in [(0.0, 1.0), (60_000.0, 1.0), (65_000.0, 2.0), (1e6, 16.0), (1e7, 256.0)] {
            assert_eq!(half_unit(bound, 1.0), unit, "{bound}");
        }
        assert_eq!(half_unit(HALF_MAX * 0.3, 1.0 / 64.0), 0.5);
        assert_eq!(half_unit(f64::INFINITY, 1.0), UNIT_MAX);
    }
}
