//! Root-mean-square norm, and the forms in which its result enters the MXM.
//!
//! In: residual tiles f32 `[1, 320]`, a gain, which matrices take the result.  Out: int8 digits `[4, 320]` per tile, most significant first,
//!     or f16 `[1, 320]`, or two of those, or all of these.
//! Invariant: the fixed point holds every residual up to 65,504, where the squares saturate too; a clamp keeps it from overflowing. The
//!     unit of fp16 holds the same.
//! Method: what enters is the residual times the gain; what is contracted with it is multiplied by the reciprocal root afterwards, so that
//!     the root and the contraction are computed side by side. Squares go to a pair of f16, value and rest, and are added over the lanes by
//!     a block of ones in the MXM. One f16 does not do: residuals of one model span from 0.01 to 22,000, their squares twelve decades.

use super::vector::{Ending, Tiles, Vector, half_unit, lost};
use super::{Emitter, Shared};
use crate::kernel::Place;
use crate::tables::{LANES, Matrix, padded};
use crate::{CompileError, Format, Linear};
use graph::expr::immediate;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp, TensorId};

/// Digits of the residual, which has no bound but its range: four bytes, balanced.
const RESIDUAL_DIGITS: u8 = 4;
/// The greatest f32 that four balanced digits hold: at most 127 * (2^24 + 65536 + 256 + 1).
const RESIDUAL_FIXED_MAX: f64 = 2_139_062_016.0;
/// Gains below this are not raised to one before they meet a residual in fp16: the weights would have to shrink by as much.
const HALF_UNIT_MIN: f64 = 1.0 / 64.0;
/// Greatest residual whose scaled square is an f16.
const RESIDUAL_MAX: f64 = 65_504.0;
/// Residuals are scaled by this before they are squared: f16 then holds the squares of anything up to 65,504.
const ROOT_SCALE: f32 = 1.0 / 256.0;
/// What a square loses by becoming f16 is kept in a second f16, scaled by this.
const REST_SCALE: f32 = 1024.0;

/// Norm of `residual` with the gain of tensor `gain`, for these matrices.
pub fn norm(
    emitter: &mut Emitter,
    shared: &Shared,
    residual: &[NodeId],
    (gain, takers): (TensorId, &[Linear]),
) -> Result<Vector, CompileError> {
    let root = reciprocal_root(emitter, shared, residual);
    let gain = emitter.matrix(gain)?;
    let greatest = gain.row(0).iter().fold(0.0f64, |greatest, value| greatest.max(f64::from(value.abs())));
    let mut made = |format: Format, factor: f64| {
        let is_taken = takers.iter().any(|&linear| emitter.format(linear) == format);
        is_taken.then(|| tiles(emitter, residual, &gain, (format, factor)))
    };
    let int8 = made(Format::Int8, RESIDUAL_FIXED_MAX / (RESIDUAL_MAX * greatest.clamp(1e-24, 1e24)));
    let half = 1.0 / half_unit(RESIDUAL_MAX * greatest, HALF_UNIT_MIN);
    let (fp16, split) = (made(Format::Fp16, half), made(Format::Split, half));
    let norm = f64::from(emitter.llama.width).sqrt() * 1.01;
    Ok(Vector { int8, fp16, split, digits: RESIDUAL_DIGITS, root: Some(root), norm })
}

/// The residual times the gain times `factor`, tile by tile, in a format.
fn tiles(emitter: &mut Emitter, residual: &[NodeId], gain: &Matrix, (format, factor): (Format, f64)) -> Tiles {
    let scaled: Vec<f32> = gain.row(0).iter().map(|value| (f64::from(*value) * factor) as f32).collect();
    let mut tiles = Tiles::new(1.0 / factor);
    for (tile, &input) in residual.iter().enumerate() {
        let lanes = &scaled[tile * LANES..scaled.len().min((tile + 1) * LANES)];
        let gains = emitter.table("gain", LANES, Elements::F32(padded(lanes, 1)));
        // The residual is read in the same step, from the other side.
        emitter.places.insert(gains, Place::EastNear);
        let mut expr = Expr::default();
        let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(1)]);
        if format == Format::Int8 {
            let below = expr.push(ScalarOp::Min, &[scaled, immediate(RESIDUAL_FIXED_MAX as f32)]);
            expr.push(ScalarOp::Max, &[below, immediate(-RESIDUAL_FIXED_MAX as f32)]);
        }
        // Two planes that begin at either end (`linear::Order`) read the last tile and the first in the same cycles.
        let place = if 2 * tile < residual.len() { Place::EastFar } else { Place::WestNear };
        tiles.push(emitter, (expr, vec![input, gains]), Ending { format, digits: RESIDUAL_DIGITS, place });
    }
    tiles
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
    let rest = lost(emitter, [square, value], Some(REST_SCALE));
    [square, value, rest]
}
