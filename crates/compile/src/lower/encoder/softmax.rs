//! Scores and softmax of a head.
//!
//! In: queries and keys as digits.  Out: the share of every position, by token, as digits.
//! Invariant: every exponent is taken of a score minus the greatest of its token: never above 0; shares are at most 1.
//! Method: scores have positions on rows and tokens on lanes: greatest, exponentials, total and shares run along time, three passes. The
//!     shares are then turned: tokens on rows, positions on lanes.

use super::BOTH_SIDES;
use super::attention::{Head, copied, striped};
use super::hand::Lowering;
use super::linear::{PRODUCT_UNIT, PRODUCTS, digits, factor, joined};
use crate::kernel::{Place, Striped};
use crate::lower::linear::Product;
use crate::lower::softmax::{join, rows};
use crate::lower::vector::{balanced, to_digits};
use arch::Hemisphere;
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ReduceKind, ScalarOp};

/// Units of a share: of two digits, less what rounding may add.
pub const SHARE_UNITS: f64 = 32_639.0 / 1.01;

/// Exponentials of a head's scores, and their totals by token.
pub struct Scored {
    /// f32 `[tokens, tokens]`.
    weights: NodeId,
    /// f32 `[partials, tokens]`.
    totals: NodeId,
}

/// Scores of a head, f32 `[positions, tokens]`, and the greatest by token.
pub fn scores(lowering: &mut Lowering, head: Head, query: NodeId, keys: [NodeId; 2]) -> [NodeId; 2] {
    lowering.hand.part("attn_q");
    let dim = lowering.encoder.head_dim();
    let mask = lowering.shared.masks[head.lane / dim];
    let mask = lowering.hand.broadcast(mask, lowering.encoder.tokens);
    // Of all heads of the tile only one keeps its lanes.
    let own = lowering.hand.build.mul(query, mask);
    let again = copied(lowering, own);
    let set = (head.number % 2) as u8;
    let high = Striped { node: own, bytes: (1, 2), hemisphere: Hemisphere::West, set };
    let low = Striped { node: again, bytes: (0, 1), hemisphere: Hemisphere::East, set };
    lowering.striping_kernel(&[own, again], &[], &[high, low]);
    lowering.hand.part("attn_scores");
    let hand = &mut lowering.hand;
    let queries = [digits(hand, own)[0], digits(hand, again)[1]];
    let mut product = Product::default();
    for (key, query) in PRODUCTS {
        let sum = hand.build.matmul_blocks(&[(keys[key], queries[query])]);
        product.input(sum);
    }
    let value = joined(&mut product.expr);
    let bounds = lowering.bounds;
    let unit = PRODUCT_UNIT / (factor(bounds.query) * factor(bounds.key) * (dim as f64).sqrt());
    product.expr.push(ScalarOp::Mul, &[value, immediate(unit as f32)]);
    let scores = product.finish(hand);
    hand.part("softmax");
    let maxima = hand.fold(ReduceKind::Max, scores);
    let bank = head.number as u16 % 2;
    lowering.kernel(&[scores, maxima], &[(scores, Place::WestNear, bank), (maxima, Place::EastOuter, 0)]);
    [scores, maxima]
}

/// Exponentials of the scores, relative to the greatest.
pub fn weights(lowering: &mut Lowering, head: Head, [scores, maxima]: [NodeId; 2]) -> Scored {
    lowering.hand.part("softmax");
    let hand = &mut lowering.hand;
    let inputs = rows(hand, maxima);
    let mut expr = Expr::default();
    join(&mut expr, ScalarOp::Max, 0..inputs.len() as u8);
    let greatest = hand.build.map(expr, &inputs);
    let everywhere = hand.broadcast(greatest, lowering.encoder.tokens);
    let mut expr = Expr::default();
    let below = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
    expr.push(ScalarOp::Exp, &[below]);
    let weights = hand.build.map(expr, &[scores, everywhere]);
    let totals = hand.fold(ReduceKind::Sum, weights);
    let bank = head.number as u16 % 2;
    let stored = [(weights, Place::EastNear, bank), (totals, Place::EastOuter, 0)];
    lowering.kernel(&[greatest, weights, totals], &stored);
    Scored { weights, totals }
}

/// Shares in fixed point, i32 `[positions, tokens]`, for the planes of one half.
pub fn shares(lowering: &mut Lowering, head: Head, scored: &Scored) -> NodeId {
    lowering.hand.part("softmax");
    let hand = &mut lowering.hand;
    let inputs = rows(hand, scored.totals);
    let mut expr = Expr::default();
    let total = join(&mut expr, ScalarOp::Add, 0..inputs.len() as u8);
    // 1/x = rsqrt(x)^2.
    let root = expr.push(ScalarOp::Rsqrt, &[total]);
    let inverse = expr.push(ScalarOp::Mul, &[root, root]);
    expr.push(ScalarOp::Mul, &[inverse, immediate(SHARE_UNITS as f32)]);
    let inverse = hand.build.map(expr, &inputs);
    let everywhere = hand.broadcast(inverse, lowering.encoder.tokens);
    let mut expr = Expr::default();
    let share = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(1)]);
    to_digits(&mut expr, share);
    let shares = hand.build.map(expr, &[scored.weights, everywhere]);
    lowering.striping_kernel(&[inverse, shares], &[], &[striped(shares, (0, 2), head.number)]);
    shares
}

/// The digits of the shares, tokens on rows and positions on lanes.
pub fn transposed(lowering: &mut Lowering, shares: NodeId) -> [NodeId; 2] {
    lowering.hand.part("attn_values");
    let (hand, diagonal) = (&mut lowering.hand, lowering.shared.tokens_diagonal);
    let mut product = Product::default();
    for digit in digits(hand, shares) {
        let sum = hand.build.matmul_blocks(&[(diagonal, digit)]);
        product.input(sum);
    }
    let raised = product.expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Immediate(256)]);
    // Both digits are shown the same rows: they arrive together.
    let low = product.expr.push(ScalarOp::Identity, &[Arg::Input(1)]);
    let whole = product.expr.push(ScalarOp::Add, &[raised, low]);
    balanced(&mut product.expr, whole);
    let turned = product.finish(hand);
    let [west, east] = BOTH_SIDES;
    // What is mixed of them is written in the other bank.
    lowering.kernel(&[turned], &[(turned, west, 0), (turned, east, 0)]);
    digits(&mut lowering.hand, turned)
}
