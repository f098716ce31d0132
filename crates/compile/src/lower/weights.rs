//! Matrices in the format in which SRAM holds them, and the tables of their tiles.
//!
//! In: a matrix, its format, which of its rows and columns each tile takes.  Out: tables, and runs of their rows for each tile.
//! Invariant: SRAM holds each group of 16 rows of a tile once; rows past the matrix are zero. An fp16 weight is the model's, times what one
//!     unit of its activation is worth (a power of two) and the tile's factor, rounded once to the nearest.
//! Method: int8 per output channel; fp16 as it is: what does not fit its range is refused by name.

use super::linear::Tile;
use super::vector::Vector;
use super::{Emitter, Hand, Lane};
use crate::share::{groups, held_groups};
use crate::tables::{GROUP, Matrix};
use crate::{CompileError, Format};
use graph::half::{f16_to_f32, f32_to_f16};
use graph::{DType, Elements, NodeId};
use units::Span;

/// Greatest f16.
pub const HALF_MAX: f64 = 65_504.0;

/// A matrix in its format.
pub enum Coded {
    /// Each row quantised once.
    Int8 {
        /// Levels of each row, unless only the shape is known.
        levels: Option<Vec<Vec<i8>>>,
        /// Value of one level, by row.
        scales: Vec<f32>,
    },
    /// As the model has it, or the sum of two.
    Fp16 {
        /// The model's weights.
        matrix: Matrix,
        /// What one unit of the activation is worth.
        unit: f64,
        /// One for each of the numbers of which a weight is the sum.
        format: Format,
    },
}

impl Coded {
    /// A matrix in a format; in fp16 for activations of which one unit is worth `unit`.
    ///
    /// Errors: `Unrecognised` for weights that are no fp16; `name` is the matrix's.
    pub fn new(matrix: Matrix, format: Format, unit: f64, name: &str) -> Result<Self, CompileError> {
        if format == Format::Int8 {
            if !matrix.is_known() {
                return Ok(Coded::Int8 { levels: None, scales: vec![0.0; matrix.rows] });
            }
            let (levels, scales) = (0..matrix.rows).map(|row| matrix.quantised(row)).unzip();
            return Ok(Coded::Int8 { levels: Some(levels), scales });
        }
        let rows = (0..matrix.rows).flat_map(|row| matrix.row(row));
        let greatest = rows.fold(0.0f32, |greatest, weight| greatest.max(weight.abs()));
        if HALF_MAX < f64::from(greatest) * unit {
            let what = format!("`{name}` with weights up to {greatest}, times {unit} to meet its activations");
            return Err(CompileError::Unrecognised { what, expected: "at most 65504 in fp16: keep it in int8".into() });
        }
        Ok(Coded::Fp16 { matrix, unit, format })
    }

    /// The format.
    pub fn format(&self) -> Format {
        match self {
            Coded::Int8 { .. } => Format::Int8,
            Coded::Fp16 { format, .. } => *format,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Coded::Int8 { scales, .. } => scales.len(),
            Coded::Fp16 { matrix, .. } => matrix.rows,
        }
    }

    /// Greatest Euclidean norm of a row after scaling each input channel by `gain`: times the input's norm it bounds the output.
    pub fn norm_greatest(&self, gain: &[f32]) -> f64 {
        let norm =
            |products: &mut dyn Iterator<Item = f64>| products.map(|product| product * product).sum::<f64>().sqrt();
        match self {
            Coded::Int8 { levels, scales } => {
                let rows = levels.iter().flatten().zip(scales);
                let of_row = |(levels, scale): (&Vec<i8>, &f32)| {
                    let mut products =
                        levels.iter().zip(gain).map(|(level, gain)| f64::from(*level) * f64::from(*gain));
                    norm(&mut products) * f64::from(*scale)
                };
                rows.map(of_row).fold(0.0, f64::max)
            }
            Coded::Fp16 { matrix, .. } => {
                let of_row = |row| {
                    let row: &[f32] = matrix.row(row);
                    norm(&mut row.iter().zip(gain).map(|(weight, gain)| f64::from(*weight) * f64::from(*gain)))
                };
                (0..matrix.rows).map(of_row).fold(0.0, f64::max)
            }
        }
    }

    /// A table of these rows and columns, row after row of `lanes`; in fp16 times `factor`, or what that lost where it is the second
    /// `part` of a split one.
    pub fn table(
        &self,
        hand: &mut Hand,
        (rows, columns): (&[Lane], &[Lane]),
        lanes: usize,
        (factor, part): (f64, usize),
    ) -> NodeId {
        let blank = |hand: &mut Hand, dtype| hand.blank("weights", dtype, &[rows.len() as u32, lanes as u32]);
        match self {
            Coded::Int8 { levels: None, .. } => blank(hand, DType::I8),
            Coded::Fp16 { matrix, .. } if !matrix.is_known() => blank(hand, DType::F16),
            Coded::Int8 { levels: Some(levels), .. } => {
                let elements = elements((rows, columns), lanes, |row, column| levels[row][column]);
                hand.table("weights", lanes, Elements::I8(elements))
            }
            Coded::Fp16 { matrix, unit, .. } => {
                let half = |row: usize, column: usize| {
                    let weight = (f64::from(matrix.row(row)[column]) * unit * factor) as f32;
                    let nearest = f32_to_f16(weight);
                    if part == 0 { nearest } else { f32_to_f16(weight - f16_to_f32(nearest)) }
                };
                hand.table("weights", lanes, Elements::F16(elements((rows, columns), lanes, half)))
            }
        }
    }
}

/// Elements of a tile: row after row of `lanes`.
fn elements<T: Copy + Default>(
    (rows, columns): (&[Lane], &[Lane]),
    lanes: usize,
    element: impl Fn(usize, usize) -> T,
) -> Vec<T> {
    let mut elements = vec![T::default(); rows.len() * lanes];
    let filled = rows.iter().zip(elements.chunks_mut(lanes)).filter_map(|(row, elements)| Some(((*row)?, elements)));
    for (row, elements) in filled {
        for (to, column) in elements.iter_mut().zip(columns) {
            *to = column.map_or(T::default(), |column| element(row, column));
        }
    }
    elements
}

/// Rows of a matrix that SRAM holds, each group of 16 only once.
pub struct Weights<'a> {
    /// The matrix.
    pub matrix: &'a Coded,
    groups: Vec<Vec<Lane>>,
    /// `[rows, lanes]` per tile of the activation; of split weights, all tiles of the nearest numbers before those of the rests.
    pub tables: Vec<NodeId>,
}

impl Tile<'_> {
    /// What SRAM holds for the tile and for others made of the same groups of rows; `blocks` names, per tile of the activation, the
    /// matrix column of each lane.
    pub fn weights<'m>(
        &self,
        emitter: &mut Emitter,
        vector: &Vector,
        matrix: &'m Coded,
        blocks: &[Vec<Lane>],
    ) -> Weights<'m> {
        let groups = held_groups(self.rows);
        let rows = groups.concat();
        let mut tables = Vec::new();
        for part in 0..matrix.format().parts() {
            for (&activation, columns) in vector.tiles(matrix.format()).nodes.iter().zip(blocks) {
                let lanes = emitter.lanes(activation);
                let how = (self.factor, part);
                tables.push(emitter.once(|hand| matrix.table(hand, (&rows, columns), lanes, how)));
            }
        }
        Weights { matrix, groups, tables }
    }
}

impl Weights<'_> {
    /// The runs of rows that make `tile`.
    pub fn runs(&self, tile: &Tile) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for group in groups(tile.rows) {
            let place = self.groups.iter().position(|other| *other == group).expect("tiles are made of what is held");
            let start = (place * GROUP) as u64;
            match runs.last_mut() {
                Some(run) if run.end() == start => run.len += GROUP as u64,
                _ => runs.push(Span::new(start, GROUP as u64)),
            }
        }
        runs
    }
}
