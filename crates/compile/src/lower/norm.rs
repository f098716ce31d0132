//! Root-mean-square norm, and the digits in which its result enters the MXM.
//!
//! In: residual tiles f32 `[1, 320]`, a gain.  Out: int8 digits `[3, 320]` per tile, most significant first, and their scale.
//! Invariant: the fixed point holds every residual up to 65,504, where the squares saturate too; a clamp keeps it from overflowing.
//! Method: the digits are those of the residual times the gain; what is contracted with them is multiplied by the reciprocal root
//!     afterwards, so that the root and the contraction are computed side by side. Squares go to a pair of f16, value and rest, and are added over the lanes by a block of ones in the MXM. One f16 does not
//!     do: residuals of one model span from 0.01 to 22,000, their squares twelve decades.

use super::{Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use crate::tables::LANES;
use graph::expr::immediate;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp, TensorId};

/// Digits of a value with a proven bound: three bytes, balanced.
pub const DIGITS: u8 = 3;
/// Digits of the residual, which has no bound but its range: four bytes, balanced.
const RESIDUAL_DIGITS: u8 = 4;
/// Greatest magnitude of three balanced digits: 127 * (65536 + 256 + 1).
const FIXED_MAX: f64 = 8_355_711.0;
/// The greatest f32 that four balanced digits hold: at most 127 * (2^24 + 65536 + 256 + 1).
const RESIDUAL_FIXED_MAX: f64 = 2_139_062_016.0;
/// Adding and then flipping these bits turns four bytes into balanced signed digits.
const BALANCE: u32 = 0x8080_8080;
/// Greatest residual whose scaled square is an f16.
const RESIDUAL_MAX: f64 = 65_504.0;
/// Residuals are scaled by this before they are squared: f16 then holds the squares of anything up to 65,504.
const ROOT_SCALE: f32 = 1.0 / 256.0;
/// What a square loses by becoming f16 is kept in a second f16, scaled by this.
const REST_SCALE: f32 = 1024.0;

/// Digits of an activation vector, one node per tile of 320 lanes, and what one unit of the fixed point is worth.
pub struct Digits {
    /// int8 `[count, lanes]` per tile.
    pub tiles: Vec<NodeId>,
    /// Digits of each.
    pub count: u8,
    /// What every contraction with them is still to be multiplied by, on all lanes.
    pub root: Option<NodeId>,
    /// Value of one unit.
    pub unit: f64,
    /// Bound of the vector's Euclidean norm, for bounds of what is computed from it.
    pub norm: f64,
}

/// Factor from a value bounded by `bound` to fixed point, with 1 % to spare for rounding on the way. Bounds that f32 could not
/// undo (of weights that are all zero, for instance) are replaced by ones that it can.
pub fn fixed_factor(bound: f64) -> f64 {
    FIXED_MAX / (bound.clamp(1e-24, 1e24) * 1.01)
}

/// Appends to `expr` the steps from a scaled f32 to balanced digits in the bytes of an i32.
pub fn to_digits(expr: &mut Expr, scaled: Arg) {
    let fixed = expr.push(ScalarOp::F32ToI32, &[scaled]);
    let raised = expr.push(ScalarOp::Add, &[fixed, Arg::Immediate(BALANCE)]);
    expr.push(ScalarOp::Xor, &[raised, Arg::Immediate(BALANCE)]);
}

/// Norm of `residual` with the gain of tensor `gain`.
pub fn norm(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    gain: TensorId,
) -> Result<Digits, CompileError> {
    let width = emitter.llama.width;
    let root = reciprocal_root(emitter, shared, residual);
    let gain = emitter.matrix(gain)?;
    let greatest = gain.row(0).iter().fold(0.0f64, |greatest, value| greatest.max(f64::from(value.abs())));
    let factor = RESIDUAL_FIXED_MAX / (RESIDUAL_MAX * greatest.clamp(1e-24, 1e24));
    let scaled: Vec<f32> = gain.row(0).iter().map(|value| (f64::from(*value) * factor) as f32).collect();
    let mut tiles = Vec::new();
    for (tile, &input) in residual.iter().enumerate() {
        let lanes = &scaled[tile * LANES..scaled.len().min((tile + 1) * LANES)];
        let gains = emitter.table("gain", LANES, Elements::F32(crate::tables::padded(lanes, 1)));
        // The residual is read in the same step, from the other side.
        emitter.places.insert(gains, Place::EastNear);
        let mut expr = Expr::default();
        let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(1)]);
        let below = expr.push(ScalarOp::Min, &[scaled, immediate(RESIDUAL_FIXED_MAX as f32)]);
        let within = expr.push(ScalarOp::Max, &[below, immediate(-RESIDUAL_FIXED_MAX as f32)]);
        to_digits(&mut expr, within);
        let fixed = emitter.build.map(expr, &[input, gains]);
        // Two planes that begin at either end (`linear::Order`) read the last tile and the first in the same cycles.
        let home = if 2 * tile < residual.len() { Place::EastFar } else { Place::WestNear };
        emitter.kernel(&[fixed], &[(fixed, home, 0)]);
        tiles.push(emitter.build.digits(fixed, RESIDUAL_DIGITS));
    }
    let norm = f64::from(width).sqrt() * 1.01;
    Ok(Digits { tiles, count: RESIDUAL_DIGITS, root: Some(root), unit: 1.0 / factor, norm })
}

/// `1 / sqrt(mean of squares + epsilon)` on all lanes.
fn reciprocal_root(emitter: &mut Emitter, shared: &Shared, residual: &[NodeId]) -> NodeId {
    let (mut values, mut rests) = (Vec::new(), Vec::new());
    for &input in residual {
        let [square, value, rest] = square(emitter, input);
        let stored = [(value, Place::EastFarHigh, 0), (rest, Place::EastFarLow, 0)];
        emitter.kernel(&[square, value, rest], &stored);
        values.push((value, shared.ones));
        rests.push((rest, shared.ones));
    }
    let sums = [emitter.build.matmul_blocks(&values), emitter.build.matmul_blocks(&rests)];
    let mean = 1.0 / (ROOT_SCALE * ROOT_SCALE * emitter.llama.width as f32);
    let mut expr = Expr::default();
    // One plane pair sends both sums: they are wanted one step after the other.
    let rest = expr.push(ScalarOp::Mul, &[Arg::Input(1), immediate(mean / REST_SCALE)]);
    let shifted = expr.push(ScalarOp::Add, &[rest, immediate(emitter.llama.epsilon)]);
    let value = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(mean)]);
    let sum = expr.push(ScalarOp::Add, &[value, shifted]);
    expr.push(ScalarOp::Rsqrt, &[sum]);
    let root = emitter.build.map(expr, &sums);
    emitter.kernel(&[root], &[(root, Place::EastNear, 0)]);
    root
}

/// Scaled squares of a tile: f32, their f16 value, and what that lost.
fn square(emitter: &mut Emitter, input: NodeId) -> [NodeId; 3] {
    let mut expr = Expr::default();
    let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(ROOT_SCALE)]);
    expr.push(ScalarOp::Mul, &[scaled, scaled]);
    let square = emitter.build.map(expr, &[input]);
    let value = emitter.build.map(Expr::single(ScalarOp::F32ToF16, &[Arg::Input(0)]), &[square]);
    let mut expr = Expr::default();
    let kept = expr.push(ScalarOp::F16ToF32, &[Arg::Input(1)]);
    let lost = expr.push(ScalarOp::Sub, &[Arg::Input(0), kept]);
    let raised = expr.push(ScalarOp::Mul, &[lost, immediate(REST_SCALE)]);
    expr.push(ScalarOp::F32ToF16, &[raised]);
    let rest = emitter.build.map(expr, &[square, value]);
    [square, value, rest]
}
