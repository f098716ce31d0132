//! The sum of all chips' parts, on every chip.
//!
//! In: parts of a sum and the residual, by chip and tile.  Out: the residual after it, by chip and tile.
//! Invariant: all chips get the same bits although each adds its own part first: part c meets part c xor 1, pairs meet pairs and
//!     fours meet fours, and an addition does not care which of two comes first.
//! Method: everybody sends to everybody; then one kernel per tile. Pass-throughs between the additions let operands that lie in the same
//!     slices be read in steps of their own.

use super::Emitter;
use crate::kernel::{Exchange, Peer, Place};
use graph::{Arg, Expr, NodeId, ScalarOp};

/// Emits the exchange and the sums; `bank` is where the residual goes.
pub fn combine(emitter: &mut Emitter, parts: &[Vec<NodeId>], residual: &[Vec<NodeId>], bank: u16) -> Vec<Vec<NodeId>> {
    let mut after = Vec::new();
    for chip in 0..parts.len() {
        emitter.turn(chip);
        emitter.part("all_reduce");
        let peers = (1..parts.len())
            .map(|distance| Peer { distance: distance as u16, received: parts[chip ^ distance].clone() });
        emitter.exchange(Exchange { sent: parts[chip].clone(), peers: peers.collect() });
        let mut tiles = Vec::new();
        for (tile, &before) in residual[chip].iter().enumerate() {
            let mut inputs: Vec<NodeId> = (0..parts.len()).map(|distance| parts[chip ^ distance][tile]).collect();
            inputs.push(before);
            let sum = emitter.build.map(sum(parts.len() as u8), &inputs);
            emitter.kernel(&[sum], &[(sum, Place::WestNear, bank)]);
            tiles.push(sum);
        }
        after.push(tiles);
    }
    after
}

/// The sum of the first `chips` inputs in pairs of pairs, then of the input after them.
fn sum(chips: u8) -> Expr {
    let mut expr = Expr::default();
    let total = pairs(&mut expr, 0, chips);
    expr.push(ScalarOp::Add, &[total, Arg::Input(chips)]);
    expr
}

/// The sum of `count` inputs, a power of two, from `first` on.
fn pairs(expr: &mut Expr, first: u8, count: u8) -> Arg {
    if count == 2 {
        return expr.push(ScalarOp::Add, &[Arg::Input(first), Arg::Input(first + 1)]);
    }
    let mut left = pairs(expr, first, count / 2);
    let right = pairs(expr, first + count / 2, count / 2);
    for _ in 0..count / 4 {
        left = expr.push(ScalarOp::Identity, &[left]);
    }
    expr.push(ScalarOp::Add, &[left, right])
}
