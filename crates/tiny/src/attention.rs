//! Turns queries and keys by their position, and lets each position read from those before it.
//!
//! In: queries [t x 128], keys and values [t x 32] of one story.  Out: [t x 128]; their gradients.
//! Invariant: position p reads positions 0..=p of its own story only.
//! Method: softmax over scaled dot products, all weights kept for the way back; adjacent pairs are rotated.
//! Source: Vaswani et al. 2017; rotary positions of Su et al. 2021 in ggml's "norm" order: pairs (2i, 2i + 1).

use crate::math::{exp, sin_cos};
use crate::model::{CONTEXT, HEAD, HEADS, KEY, KV_HEADS, QUERY, ROPE_BASE};

const PAIRS: usize = HEAD / 2;
const GROUP: usize = HEADS / KV_HEADS;
const SCALE: f32 = 0.25;
const _: () = assert!(HEAD == 16, "the scale is 1 / sqrt(16)");

/// Sine and cosine for each position and pair.
#[derive(Clone, Debug)]
pub struct Rotations(Vec<[(f32, f32); PAIRS]>);

/// Which way to turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// By the position's angle.
    Forward,
    /// Back: the gradient's way.
    Backward,
}

impl Rotations {
    /// The table for every position of the context.
    pub fn new() -> Rotations {
        let step = ROPE_BASE.sqrt().sqrt().sqrt(); // base^(2/16), by correctly rounded roots
        let table = (0..CONTEXT).map(|position| {
            let mut angle = position as f64;
            [(); PAIRS].map(|()| {
                let (sine, cosine) = sin_cos(angle);
                angle /= step;
                (sine as f32, cosine as f32)
            })
        });
        Rotations(table.collect())
    }

    /// Turns one row of heads at `position`, in place.
    pub fn turn(&self, row: &mut [f32], position: usize, turn: Turn) {
        let table = &self.0[position];
        for head in row.as_chunks_mut::<HEAD>().0 {
            for (pair, (sine, cosine)) in head.as_chunks_mut::<2>().0.iter_mut().zip(table) {
                let sine = if turn == Turn::Forward { *sine } else { -sine };
                *pair = [pair[0] * cosine - pair[1] * sine, pair[0] * sine + pair[1] * cosine];
            }
        }
    }

    /// Turns the rows of a story that starts at position 0.
    pub fn turn_story(&self, rows: &mut [f32], width: usize, turn: Turn) {
        for (position, row) in rows.chunks_exact_mut(width).enumerate() {
            self.turn(row, position, turn);
        }
    }
}

impl Default for Rotations {
    fn default() -> Rotations {
        Rotations::new()
    }
}

fn head_of(rows: &[f32], width: usize, position: usize, head: usize) -> &[f32; HEAD] {
    rows[position * width + head * HEAD..].first_chunk().expect("a row holds whole heads")
}

fn head_of_mut(rows: &mut [f32], width: usize, position: usize, head: usize) -> &mut [f32; HEAD] {
    rows[position * width + head * HEAD..].first_chunk_mut().expect("a row holds whole heads")
}

fn dot(a: &[f32; HEAD], b: &[f32; HEAD]) -> f32 {
    let mut sums = [0.0; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

fn add_scaled(sum: &mut [f32; HEAD], factor: f32, values: &[f32; HEAD]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

/// Softmax in place.
pub fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
}

/// Reads for one position and one head: the mix of `values` rows 0..=position, and the weights in `shares`.
pub fn read_head(query: &[f32; HEAD], keys: &[f32], values: &[f32], head: usize, shares: &mut [f32]) -> [f32; HEAD] {
    let group = head / GROUP;
    for (position, share) in shares.iter_mut().enumerate() {
        *share = dot(query, head_of(keys, KEY, position, group)) * SCALE;
    }
    softmax(shares);
    let mut mixed = [0.0; HEAD];
    for (position, share) in shares.iter().enumerate() {
        add_scaled(&mut mixed, *share, head_of(values, KEY, position, group));
    }
    mixed
}

/// Reads for a whole story; returns the mix [t x 128] and the weights, triangle by triangle, head by head.
pub fn forward(queries: &[f32], keys: &[f32], values: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let length = queries.len() / QUERY;
    let mut mixed = vec![0.0; queries.len()];
    let mut shares = vec![0.0; HEADS * length * (length + 1) / 2];
    let mut rest = shares.as_mut_slice();
    for head in 0..HEADS {
        for position in 0..length {
            let (here, after) = rest.split_at_mut(position + 1);
            rest = after;
            let read = read_head(head_of(queries, QUERY, position, head), keys, values, head, here);
            *head_of_mut(&mut mixed, QUERY, position, head) = read;
        }
    }
    (mixed, shares)
}

/// The operands of a story's attention.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    /// Turned queries, [t x 128].
    pub queries: &'a [f32],
    /// Turned keys, [t x 32].
    pub keys: &'a [f32],
    /// Values, [t x 32].
    pub values: &'a [f32],
    /// The weights that `forward` returned.
    pub shares: &'a [f32],
}

/// Adds to the gradients of queries, keys and values; `d_mixed` is that of the mix.
pub fn backward(at: Operands<'_>, d_mixed: &[f32], d_queries: &mut [f32], d_keys: &mut [f32], d_values: &mut [f32]) {
    let length = at.queries.len() / QUERY;
    let mut rest = at.shares;
    let mut d_shares = vec![0.0; length];
    for head in 0..HEADS {
        let group = head / GROUP;
        for position in 0..length {
            let (shares, after) = rest.split_at(position + 1);
            rest = after;
            let d_read = head_of(d_mixed, QUERY, position, head);
            let mut mean = 0.0;
            for (other, share) in shares.iter().enumerate() {
                d_shares[other] = dot(d_read, head_of(at.values, KEY, other, group));
                mean += share * d_shares[other];
                add_scaled(head_of_mut(d_values, KEY, other, group), *share, d_read);
            }
            let query = head_of(at.queries, QUERY, position, head);
            let d_query = head_of_mut(d_queries, QUERY, position, head);
            for (other, share) in shares.iter().enumerate() {
                let d_score = share * (d_shares[other] - mean) * SCALE;
                add_scaled(d_query, d_score, head_of(at.keys, KEY, other, group));
                add_scaled(head_of_mut(d_keys, KEY, other, group), d_score, query);
            }
        }
    }
}
