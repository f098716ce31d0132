//! The router of a mixture of experts: which two of them count for this token, and how much.
//!
//! In: the normalised residual, the router's matrix, which experts are asked about.  Out: the share of each, a row of equal lanes: two
//!     shares add up to one, the others are zero.
//! Invariant: which experts count is data, so that one program of fixed length serves every token; the same two on every chip, ties
//!     included, because what is compared are whole numbers of which no two are equal.
//! Method: an expert's score stands on all lanes when every row of its tile is the router's row for it. In fixed point by a proven bound,
//!     times the number of experts, plus a number that is less the later the expert: a key. The two greatest keys are a chain of maxima and
//!     minima; an expert's key that reaches them counts. Their difference, back in f32, gives the shares by a softmax over the two, which
//!     is the published softmax over all, renormalised. A chip's own experts come first among its keys: the order is no matter.
//! Source: Jiang et al., "Mixtral of Experts", 2024, section 2.1. All experts compute on chips of their own, and a share of zero takes
//!     them out of the sum: the scheme that asks no address of the data (decisions.md 14). Where two are gathered they compute alone; a
//!     share of zero says that others were chosen than those whose weights were read.

use super::Emitter;
use super::linear::{Product, Tile};
use super::vector::Vector;
use super::weights::Coded;
use crate::kernel::Place;
use crate::share::straight;
use crate::tables::LANES;
use crate::{CompileError, Linear};
use graph::expr::immediate;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp, TensorId};
use units::Order;

/// Keys lie below this, so that the difference of two is an i32.
const KEY_MAX: f64 = 1_073_741_824.0;
/// What a bound has to spare for rounding on the way.
const SPARE: f64 = 1.01;

/// What all experts' keys give: on all lanes.
struct Chosen {
    /// The two greatest keys.
    keys: [NodeId; 2],
    /// The shares of their experts.
    shares: [NodeId; 2],
}

/// The shares of these of the chip's experts, counted from its first one; `gain` is the norm's before the router.
pub fn shares(
    emitter: &mut Emitter,
    input: &Vector,
    (router, gain): (TensorId, &[f32]),
    asked: &[usize],
) -> Result<Vec<NodeId>, CompileError> {
    emitter.part("router");
    let matrix = emitter.coded(router, Linear::Router, input)?;
    let count = matrix.rows();
    let bound = matrix.norm_greatest(&emitter.hand, gain)? * input.norm;
    let levels = (KEY_MAX / count as f64 - 1.0) / (bound.clamp(1e-24, 1e24) * SPARE);
    let experts = order(emitter);
    let keys = (0..count).map(|turn| key(emitter, input, &matrix, (experts[turn], turn), levels));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    emitter.part("top_two");
    let chosen = chosen(emitter, &keys, -1.0 / (levels * count as f64));
    Ok(asked.iter().map(|&turn| share(emitter, keys[turn], &chosen)).collect())
}

/// The experts, those first whose weights the chip reads.
pub fn order(emitter: &Emitter) -> Vec<usize> {
    let (count, first) = (emitter.llama.experts as usize, emitter.share().ffn.first / emitter.llama.ffn as usize);
    let mut experts: Vec<usize> = (0..count).map(|turn| (first + turn) % count).collect();
    if let Some(chosen) = emitter.llama.chosen {
        experts.order_by_key(|expert| !chosen.contains(&(*expert as u32)));
    }
    experts
}

/// The key of an expert, whose turn it is: i32 on all lanes.
fn key(
    emitter: &mut Emitter,
    input: &Vector,
    matrix: &Coded,
    (expert, turn): (usize, usize),
    levels: f64,
) -> Result<NodeId, CompileError> {
    let count = matrix.rows();
    let rows = vec![Some(expert); LANES];
    let tile = Tile::new(&rows);
    let weights = tile.weights(emitter, input, matrix, &straight(emitter.llama.width as usize))?;
    let mut key = Product::default();
    let score = key.contract(emitter, input, &weights, &tile);
    let score = key.rooted(score, input);
    let levels = emitter.uniform("levels", levels);
    let levels = key.input(levels);
    let scaled = key.expr.push(ScalarOp::Mul, &[score, levels]);
    let fixed = key.expr.push(ScalarOp::F32ToI32, &[scaled]);
    let raised = key.expr.push(ScalarOp::Mul, &[fixed, Arg::Immediate(count as u32)]);
    let later = emitter.table("later", LANES, Elements::I32(vec![(count - 1 - expert) as i32; LANES]));
    let later = key.input(later);
    key.expr.push(ScalarOp::Add, &[raised, later]);
    let key = key.finish(emitter);
    emitter.kernel(&[key], &[(key, SIDES[turn % SIDES.len()], 0)]);
    Ok(key)
}

/// Where keys lie: the first two are read in the same cycle.
const SIDES: [Place; 2] = [Place::EastNear, Place::WestNear];

/// The two greatest keys, and the shares of their experts; `unit` takes the difference of keys to minus that of scores.
fn chosen(emitter: &mut Emitter, keys: &[NodeId], unit: f64) -> Chosen {
    let (mut greatest, mut next) = (Expr::default(), Expr::default());
    maximum(&mut greatest, keys.len() as u8);
    second(&mut next, keys.len() as u8);
    let greatest = emitter.build.map(greatest, keys);
    let next = emitter.build.map(next, keys);
    let unit = emitter.uniform("unit", unit);
    let (x, y, z) = (Arg::Input(0), Arg::Input(1), Arg::Input(2));
    let mut expr = Expr::default();
    let apart = expr.push(ScalarOp::Sub, &[x, y]);
    let apart = expr.push(ScalarOp::I32ToF32, &[apart]);
    let below = expr.push(ScalarOp::Mul, &[apart, z]);
    expr.push(ScalarOp::Exp, &[below]);
    let power = emitter.build.map(expr, &[greatest, next, unit]);
    // 1 / (1 + power) by 1 / x = rsqrt(x)^2.
    let mut expr = Expr::default();
    let total = expr.push(ScalarOp::Add, &[x, immediate(1.0)]);
    let root = expr.push(ScalarOp::Rsqrt, &[total]);
    expr.push(ScalarOp::Mul, &[root, root]);
    let more = emitter.build.map(expr, &[power]);
    let less = emitter.build.map(Expr::single(ScalarOp::Mul, &[x, y]), &[power, more]);
    // Written a step after the other one, into the same slices.
    let kept = emitter.build.map(Expr::single(ScalarOp::Identity, &[x]), &[greatest]);
    let stored = [kept, next, more, less].map(|node| (node, Place::EastFar, 0));
    emitter.kernel(&[greatest, kept, next, power, more, less], &stored);
    Chosen { keys: [kept, next], shares: [more, less] }
}

/// The greatest of `count` inputs.
fn maximum(expr: &mut Expr, count: u8) -> Arg {
    let greatest =
        (1..count).fold(Arg::Input(0), |greatest, input| expr.push(ScalarOp::Max, &[greatest, Arg::Input(input)]));
    expr.push(ScalarOp::Identity, &[greatest])
}

/// The second greatest of `count` inputs. With a step to pass, as `maximum` has one at its end, both meet an input in the same cycle.
fn second(expr: &mut Expr, count: u8) -> Arg {
    let lesser = expr.push(ScalarOp::Min, &[Arg::Input(0), Arg::Input(1)]);
    let mut second = expr.push(ScalarOp::Identity, &[lesser]);
    let mut greatest = Arg::Input(0);
    for input in 2..count {
        greatest = expr.push(ScalarOp::Max, &[greatest, Arg::Input(input - 1)]);
        let lesser = expr.push(ScalarOp::Min, &[greatest, Arg::Input(input)]);
        second = expr.push(ScalarOp::Max, &[second, lesser]);
    }
    second
}

/// The share of the expert that has `key`: the greater one if it reaches the greatest key, the lesser if the second.
fn share(emitter: &mut Emitter, key: NodeId, chosen: &Chosen) -> NodeId {
    let [greatest, next] = chosen.keys;
    let [more, less] = chosen.shares;
    let mut expr = Expr::default();
    let mut counted = |key_chosen: u8, share: u8| {
        let reached = expr.push(ScalarOp::LessEqual, &[Arg::Input(key_chosen), Arg::Input(0)]);
        let reached = expr.push(ScalarOp::I32ToF32, &[reached]);
        expr.push(ScalarOp::Mul, &[reached, Arg::Input(share)])
    };
    let (more_or_none, less_or_none) = (counted(1, 3), counted(2, 4));
    // What is read for one of them is read a step before what is read for the other: it lies in the same slices.
    let more_or_none = expr.push(ScalarOp::Identity, &[more_or_none]);
    expr.push(ScalarOp::Max, &[more_or_none, less_or_none]);
    let share = emitter.build.map(expr, &[key, greatest, next, more, less]);
    emitter.kernel(&[share], &[(share, Place::WestNear, 1)]);
    share
}
