//! Layer norm of all tokens.
//!
//! In: f32 tiles of sums, gain and shift.  Out: normed f32 tiles, and their digits.
//! Invariant: `|x - mean| <= sqrt(width) * deviation`, so that gain and shift bound what comes out.
//! Method: tiles and their squares are added lane by lane, rounded once to f16, and added over the lanes by ones in the MXM, in one half
//!     each. The variance is the mean square less the squared mean. Squares saturate beyond 65,504: at magnitudes of 147 and more in all
//!     tiles at once.

use super::hand::Lowering;
use super::linear::{Digits, factor};
use super::{BOTH_SIDES, Hidden};
use crate::CompileError;
use crate::encoder::{Pair, TILES_MAX};
use crate::kernel::Place;
use crate::lower::vector::to_digits;
use crate::tables::{LANES, padded};
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};

/// Where the tiles of a sum lie: they are read at once.
pub const SUMS: [Place; TILES_MAX] = [Place::WestNear, Place::EastNear, Place::WestOuter];
/// Where normed tiles lie, and in which bank: in the other one where they share slices with a sum.
const NORMED: [(Place, u16); TILES_MAX] = [(Place::WestNear, 1), (Place::EastNear, 1), (Place::EastRim, 0)];
/// Where gain and shift lie: beside the sum that is read.
const CONSTANTS: [Place; TILES_MAX] = [Place::EastNear, Place::WestNear, Place::EastNear];

/// The norm of `sums`.
///
/// Errors: as the weights' source.
pub fn norm(lowering: &mut Lowering, sums: &[NodeId], pair: Pair) -> Result<Hidden, CompileError> {
    let [mean, factor_of_row] = statistics(lowering, sums);
    let [gain, shift] = [lowering.hand.matrix(pair.weight)?, lowering.hand.matrix(pair.bias)?];
    let units = factor(lowering.bounds.hidden);
    let (mut tiles, mut sources) = (Vec::new(), Vec::new());
    for (tile, &sum) in sums.iter().enumerate() {
        let lanes = tile * LANES..lowering.encoder.width.min((tile + 1) * LANES);
        let mut row =
            |what: &str, values: &[f32]| lowering.row(what, CONSTANTS[tile], padded(&values[lanes.clone()], 1));
        let rows = [row("gain", gain.row(0)), row("shift", shift.row(0))];
        let mut expr = Expr::default();
        let centred = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
        let normal = expr.push(ScalarOp::Mul, &[centred, Arg::Input(2)]);
        let scaled = expr.push(ScalarOp::Mul, &[normal, Arg::Input(3)]);
        expr.push(ScalarOp::Add, &[scaled, Arg::Input(4)]);
        let normed = lowering.hand.build.map(expr, &[sum, mean, factor_of_row, rows[0], rows[1]]);
        let mut expr = Expr::default();
        let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(units as f32)]);
        to_digits(&mut expr, scaled);
        let fixed = lowering.hand.build.map(expr, &[normed]);
        let (place, bank) = NORMED[tile];
        let [west, east] = BOTH_SIDES;
        lowering.kernel(&[normed, fixed], &[(normed, place, bank), (fixed, west, 0), (fixed, east, 0)]);
        tiles.push(normed);
        sources.push(fixed);
    }
    let digits = Digits::new(&mut lowering.hand, sources, 1.0 / units);
    Ok(Hidden { tiles, digits })
}

/// Mean of each row, and the reciprocal root of its variance, on all lanes.
fn statistics(lowering: &mut Lowering, sums: &[NodeId]) -> [NodeId; 2] {
    let (hand, ones) = (&mut lowering.hand, lowering.shared.ones);
    let terms: [fn(&mut Expr, Arg) -> Arg; 2] = [|_, x| x, |expr, x| expr.push(ScalarOp::Mul, &[x, x])];
    let both = terms.map(|term| {
        let mut expr = Expr::default();
        let all: Vec<Arg> = (0..sums.len() as u8).map(|tile| term(&mut expr, Arg::Input(tile))).collect();
        let sum = all.into_iter().reduce(|sum, next| expr.push(ScalarOp::Add, &[sum, next]));
        expr.push(ScalarOp::F32ToF16, &[sum.expect("a row has a tile")]);
        hand.build.map(expr, sums)
    });
    let [sum, squares] = both.map(|rows| lowering.hand.build.matmul_blocks(&[(rows, ones)]));
    lowering.kernel(&both, &[(both[0], Place::CacheWest, 1), (both[1], Place::EastFarHigh, 0)]);
    let share = immediate(1.0 / lowering.encoder.width as f32);
    let mean = lowering.hand.build.map(Expr::single(ScalarOp::Mul, &[Arg::Input(0), share]), &[sum]);
    let mut expr = Expr::default();
    let square = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(0)]);
    let squares_mean = expr.push(ScalarOp::Mul, &[Arg::Input(1), share]);
    let variance = expr.push(ScalarOp::Sub, &[squares_mean, square]);
    let variance = expr.push(ScalarOp::Max, &[variance, immediate(0.0)]);
    let kept_off_zero = expr.push(ScalarOp::Add, &[variance, immediate(lowering.encoder.epsilon)]);
    expr.push(ScalarOp::Rsqrt, &[kept_off_zero]);
    let factor = lowering.hand.build.map(expr, &[mean, squares]);
    lowering.kernel(&[mean, factor], &[(mean, Place::EastOuter, 0), (factor, Place::WestRim, 0)]);
    [mean, factor]
}
