//! Linear layers: digits times quantised weights, tile by tile.
//!
//! In: digits of an activation, a matrix, and which of its rows and columns each tile takes.  Out: one f32 tile `[1, rows]`.
//! Invariant: a tile has at most 320 rows (a multiple of 16, zero rows past the matrix); its blocks follow the activation's tiles.
//! Method: per tile one exact int8 contraction of three digit rows; then ((hi * 256 + mid) * 256 + lo) * scale in f32.

use super::norm::{DIGITS, Digits};
use super::{Addend, Emitter};
use crate::kernel::Place;
pub use crate::share::Lane;
use crate::tables::{GROUP, LANES, Matrix};
use graph::expr::immediate;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp};
use units::Span;

/// A matrix with each row quantised once.
pub struct Quantised {
    levels: Vec<Vec<i8>>,
    scales: Vec<f32>,
}

impl Quantised {
    /// Quantises all rows.
    pub fn new(matrix: &Matrix) -> Self {
        let (levels, scales) = (0..matrix.rows).map(|row| matrix.quantised(row)).unzip();
        Quantised { levels, scales }
    }

    /// Greatest Euclidean norm of a row after scaling each input channel by `gain`: times the input's norm it bounds the output.
    pub fn norm_greatest(&self, gain: &[f32]) -> f64 {
        let norm = |(levels, scale): (&Vec<i8>, &f32)| -> f64 {
            let products = levels.iter().zip(gain).map(|(level, gain)| f64::from(*level) * f64::from(*gain));
            products.map(|product| product * product).sum::<f64>().sqrt() * f64::from(*scale)
        };
        self.levels.iter().zip(&self.scales).map(norm).fold(0.0, f64::max)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.levels.len()
    }
}

/// The contiguous ranges of `count` rows or columns in tiles of 320.
pub fn straight(count: usize) -> Vec<Vec<Lane>> {
    (0..count).map(Some).collect::<Vec<_>>().chunks(LANES).map(<[Lane]>::to_vec).collect()
}

/// One tile before its last `Map`: the contraction and the expression that turns it into f32.
pub struct Product {
    /// Steps so far; the last one is the f32 result.
    pub expr: Expr,
    /// Inputs of the steps.
    pub inputs: Vec<NodeId>,
    /// The f32 result.
    pub value: Arg,
}

/// Which rows of a matrix make a tile.
pub struct Tile<'a> {
    /// Lane i of the result is matrix row `rows[i]`.
    pub rows: &'a [Lane],
    /// Lanes of the result; those past `rows` are zero.
    pub lanes: usize,
    /// What the result is multiplied by.
    pub factor: f64,
}

impl<'a> Tile<'a> {
    /// The tile of `rows` with no more lanes than whole superlanes need.
    pub fn narrow(rows: &'a [Lane]) -> Self {
        Tile { rows, lanes: rows.len().next_multiple_of(GROUP), factor: 1.0 }
    }
}

/// A tile of `matrix` times the activation; `blocks` names, per tile of the activation, the matrix column of each lane.
pub fn product(
    emitter: &mut Emitter,
    digits: &Digits,
    matrix: &Quantised,
    tile: &Tile,
    blocks: &[Vec<Lane>],
) -> Product {
    let (rows, count) = (tile.rows, tile.lanes);
    let (distinct, runs) = distinct_groups(tile);
    let mut pairs = Vec::new();
    for (&activation, columns) in digits.tiles.iter().zip(blocks) {
        let lanes = emitter.lanes(activation);
        let mut elements = vec![0i8; distinct.len() * lanes];
        let filled =
            distinct.iter().zip(elements.chunks_mut(lanes)).filter_map(|(row, elements)| Some(((*row)?, elements)));
        for (row, elements) in filled {
            for (element, column) in elements.iter_mut().zip(columns) {
                *element = column.map_or(0, |column| matrix.levels[row][column]);
            }
        }
        let table = emitter.table("weights", lanes, Elements::I8(elements));
        pairs.push((activation, emitter.repeated(table, &runs)));
    }
    let sums = emitter.build.matmul_blocks(&pairs);
    let scale = |row: usize| (f64::from(matrix.scales[row]) * digits.unit * tile.factor) as f32;
    let mut scales: Vec<f32> = rows.iter().map(|row| row.map_or(0.0, scale)).collect();
    scales.resize(count, 0.0);
    let scale = emitter.table("scale", count, Elements::F32(scales));
    let mut inputs: Vec<NodeId> = (0..u32::from(DIGITS)).map(|row| emitter.build.rows(sums, row, 1)).collect();
    inputs.push(scale);
    let mut expr = Expr::default();
    let mut total = expr.push(ScalarOp::I32ToF32, &[Arg::Input(0)]);
    for digit in 1..DIGITS {
        let raised = expr.push(ScalarOp::Mul, &[total, immediate(256.0)]);
        let next = expr.push(ScalarOp::I32ToF32, &[Arg::Input(digit)]);
        total = expr.push(ScalarOp::Add, &[raised, next]);
    }
    let value = expr.push(ScalarOp::Mul, &[total, Arg::Input(DIGITS)]);
    Product { expr, inputs, value }
}

/// The rows of a tile, each group of 16 only once, and the runs of those rows that make the tile.
fn distinct_groups(tile: &Tile) -> (Vec<Lane>, Vec<Span>) {
    let mut padded = tile.rows.to_vec();
    padded.resize(tile.lanes, None);
    let mut groups: Vec<&[Lane]> = Vec::new();
    let mut runs: Vec<Span> = Vec::new();
    for group in padded.chunks(GROUP) {
        let place = groups.iter().position(|other| *other == group).unwrap_or(groups.len());
        if place == groups.len() {
            groups.push(group);
        }
        let start = (place * GROUP) as u64;
        match runs.last_mut() {
            Some(run) if run.end() == start => run.len += GROUP as u64,
            _ => runs.push(Span::new(start, GROUP as u64)),
        }
    }
    (groups.concat(), runs)
}

/// Products of an addend with all rows of its matrix: added to the residual where it is given, as a part to be sent where not.
pub fn project(emitter: &mut Emitter, addend: &Addend, residual: Option<&[NodeId]>, bank: u16) -> Vec<NodeId> {
    let Addend { digits, matrix, blocks } = addend;
    let mut sums = Vec::new();
    for (tile, rows) in straight(matrix.rows()).iter().enumerate() {
        let mut sum = product(emitter, digits, matrix, &Tile { rows, lanes: LANES, factor: 1.0 }, blocks);
        if let Some(before) = residual {
            sum.add(before[tile]);
        }
        let sum = sum.finish(emitter);
        // A part is added to what lands in the west.
        let place = if residual.is_some() { Place::WestNear } else { Place::EastNear };
        emitter.kernel(&[sum], &[(sum, place, bank)]);
        sums.push(sum);
    }
    sums
}

impl Product {
    /// Adds an f32 input to the result.
    pub fn add(&mut self, other: NodeId) {
        let input = self.inputs.len() as u8;
        self.inputs.push(other);
        self.value = self.expr.push(ScalarOp::Add, &[self.value, Arg::Input(input)]);
    }

    /// The tile's node.
    pub fn finish(self, emitter: &mut Emitter) -> NodeId {
        emitter.build.map(self.expr, &self.inputs)
    }
}
