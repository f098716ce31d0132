//! A whole product in f16, block after block of the sum, as a chip's planes take it.
//!
//! In: rows, depth of the sum and width of the result.  Out: the graph; the fewest cycles in which planes could make it.
//! Invariant: blocks are as deep as a word is long, but the last.

use graph::{Builder, DType, Graph};

/// Lanes of a block of a sum.
const BLOCK: u32 = program::WORD_BYTES as u32;
/// Lanes of a block that a tile of f16 takes, and its columns; two halves of the chip take one each.
const TILE: [u32; 2] = [160, 320];

/// `[rows, depth] x [depth, width]`, the left side sent and the right one constant.
pub fn graph((rows, depth, width): (u32, u32, u32)) -> Graph {
    let mut build = Builder::new();
    let blocks: Vec<_> = (0..depth.div_ceil(BLOCK))
        .map(|block| {
            let lanes = BLOCK.min(depth - block * BLOCK);
            let x = build.input(&format!("x{block}"), DType::F16, &[rows, lanes]);
            (x, build.weight(&format!("w{block}"), DType::F16, &[width, lanes]))
        })
        .collect();
    let product = build.matmul_blocks(&blocks);
    build.output("y", product);
    build.finish()
}

/// Cycles that every row takes in every tile of two halves, if nothing else took time: `ceil(K / 160) ceil(N / 320) M / 2`.
pub fn least_cycles((rows, depth, width): (u32, u32, u32)) -> u64 {
    let tiles = u64::from(depth.div_ceil(TILE[0])) * u64::from(width.div_ceil(TILE[1]));
    tiles * u64::from(rows) / 2
}
