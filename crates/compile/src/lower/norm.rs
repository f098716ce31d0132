//! Root-mean-square norm, and the digits in which its result enters the MXM.
//!
//! In: residual tiles f32 `[1, 320]`, a gain.  Out: int8 digits `[3, 320]` per tile, most significant first, and their scale.
//! Invariant: `|x * rs * gain| <= sqrt(width) * max |gain|`, so the fixed point never overflows; a clamp holds it all the same
//!     when squares saturate (|x| over 65,504).
//! Method: squares go to a pair of f16, value and rest, and are added over the lanes by a block of ones in the MXM. One f16 does not
//!     do: residuals of one model span from 0.01 to 22,000, their squares twelve decades.

use super::{Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use crate::tables::LANES;
use graph::expr::immediate;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp, TensorId};

/// Digits of the fixed point: three bytes, balanced.
pub const DIGITS: u8 = 3;
/// Greatest magnitude of three balanced digits: 127 * (65536 + 256 + 1).
const FIXED_MAX: f64 = 8_355_711.0;
/// Adding and then flipping these bits turns the low three bytes into balanced signed digits.
const BALANCE: u32 = 0x0080_8080;
/// Residuals are scaled by this before they are squared: f16 then holds the squares of anything up to 65,504.
const ROOT_SCALE: f32 = 1.0 / 256.0;
/// What a square loses by becoming f16 is kept in a second f16, scaled by this.
const REST_SCALE: f32 = 1024.0;

/// Digits of an activation vector, one node per tile of 320 lanes, and what one unit of the fixed point is worth.
pub struct Digits {
    /// int8 `[3, lanes]` per tile.
    pub tiles: Vec<NodeId>,
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

/// Appends to `expr` the steps from a scaled f32 to balanced digits in the low three bytes of an i32.
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
    let norm = f64::from(width).sqrt();
    let factor = fixed_factor(norm * greatest);
    let scaled: Vec<f32> = gain.row(0).iter().map(|value| (f64::from(*value) * factor) as f32).collect();
    let mut tiles = Vec::new();
    for (tile, &input) in residual.iter().enumerate() {
        let lanes = &scaled[tile * LANES..scaled.len().min((tile + 1) * LANES)];
        let gains = emitter.table("gain", LANES, Elements::F32(crate::tables::padded(lanes, 1)));
        // The residual is read in the same step, from the other side.
        emitter.places.insert(gains, Place::EastNear);
        let mut expr = Expr::default();
        let weighted = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(2)]);
        let scaled = expr.push(ScalarOp::Mul, &[weighted, Arg::Input(1)]);
        let below = expr.push(ScalarOp::Min, &[scaled, immediate(FIXED_MAX as f32)]);
        let within = expr.push(ScalarOp::Max, &[below, immediate(-FIXED_MAX as f32)]);
        to_digits(&mut expr, within);
        let fixed = emitter.build.map(expr, &[input, root, gains]);
        emitter.kernel(&[fixed], &[(fixed, Place::EastFar, 0)]);
        tiles.push(emitter.build.digits(fixed, DIGITS));
    }
    Ok(Digits { tiles, unit: 1.0 / factor, norm: norm * 1.01 })
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
    let value = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(mean)]);
    let rest = expr.push(ScalarOp::Mul, &[Arg::Input(1), immediate(mean / REST_SCALE)]);
    let sum = expr.push(ScalarOp::Add, &[value, rest]);
    let shifted = expr.push(ScalarOp::Add, &[sum, immediate(emitter.llama.epsilon)]);
    expr.push(ScalarOp::Rsqrt, &[shifted]);
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
