//! Matrices in the format in which SRAM holds them, and the tables of their tiles.
//!
//! In: a matrix, its format, which of its rows and columns each tile takes.  Out: tables, and runs of their rows for each tile.
//! Invariant: SRAM holds each group of 16 rows of a tile once; rows past the matrix are zero. An fp16 weight is the model's, times what one
//!     unit of its activation is worth (a power of two) and the tile's factor, rounded once to the nearest.
//! Method: int8 per output channel; fp16 as it is: what does not fit its range is refused by name.

use super::linear::Tile;
use super::vector::Vector;
use super::{Emitter, Hand, Lane};
use crate::encoded::{Cut, Effort, Name, Written, find, insert};
use crate::share::{groups, held_groups};
use crate::tables::{GROUP, Matrix, rows_of};
use crate::{CompileError, Format};
use graph::half::{f16_to_f32, f32_to_f16};
use graph::{DType, Elements, NodeId, Tensor, TensorId};
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use units::Span;

/// Greatest f16.
pub const HALF_MAX: f64 = 65_504.0;

/// A matrix in its format. Its weights are read when something is asked for that no compilation before has written.
pub struct Coded {
    name: Name,
    extents: [usize; 2],
    /// Value of one level, by row; in int8 only.
    scales: Vec<f32>,
    values: OnceCell<Values>,
    norms: RefCell<Vec<(Vec<f32>, f64)>>,
    tables: RefCell<Vec<(Cut, Arc<Tensor>)>>,
    effort: Cell<Effort>,
}

/// What the elements of a matrix are made of.
enum Values {
    /// Only the shape is known.
    Blank,
    /// Levels of each row.
    Levels(Vec<Vec<i8>>),
    /// The model's weights.
    Weights(Matrix),
}

impl Coded {
    /// A matrix of the model in a format; in fp16 for activations of which one unit is worth `unit`.
    ///
    /// Errors: as `Hand::matrix`; `Unrecognised` for weights that are no fp16.
    pub fn new(
        hand: &Hand,
        (tensor, beside): (TensorId, usize),
        (format, unit): (Format, f64),
    ) -> Result<Self, CompileError> {
        let unit = if format == Format::Int8 { 1.0 } else { unit };
        let name = Name { tensor, beside, format, unit: unit.to_bits() };
        let of = |extents, scales, values| Coded {
            name,
            extents,
            scales,
            values,
            norms: RefCell::default(),
            tables: RefCell::default(),
            effort: Cell::default(),
        };
        if let Some(Written { extents, scales, .. }) = hand.written(&name) {
            return Ok(of(*extents, scales.clone(), OnceCell::new()));
        }
        let matrix = named(hand, &name)?;
        let extents = [matrix.rows, matrix.columns];
        let (values, scales) = encoded(matrix, &name, hand)?;
        let coded = of(extents, scales, OnceCell::from(values));
        coded.effort.set(Effort { matrices: 1, tables: 0 });
        Ok(coded)
    }

    /// What was written of it.
    pub fn written(&self) -> (Name, Written, Effort) {
        let (extents, scales) = (self.extents, self.scales.clone());
        let written = Written { extents, scales, norms: self.norms.take(), tables: self.tables.take() };
        (self.name, written, self.effort.get())
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.name.format
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.extents[0]
    }

    /// Value of one level, by row, where there are levels.
    pub fn scales(&self) -> Option<&[f32]> {
        (self.format() == Format::Int8).then_some(&self.scales)
    }

    /// Greatest Euclidean norm of a row after scaling each input channel by `gain`: times the input's norm it bounds the output.
    ///
    /// Errors: as `new`.
    pub fn norm_greatest(&self, hand: &Hand, gain: &[f32]) -> Result<f64, CompileError> {
        let earlier = hand.written(&self.name).and_then(|written| written.norms.iter().find(|(of, _)| of == gain));
        let norm = match earlier {
            Some((_, norm)) => *norm,
            None => norm_greatest(self.values(hand)?, &self.scales, gain),
        };
        self.norms.borrow_mut().push((gain.to_vec(), norm));
        Ok(norm)
    }

    /// A table of these rows and columns, row after row of `lanes`; in fp16 times `factor`, or what that lost where it is the second
    /// `part` of a split one.
    ///
    /// Errors: as `new`.
    pub fn table(
        &self,
        hand: &mut Hand,
        (rows, columns): (&[Lane], &[Lane]),
        lanes: usize,
        (factor, part): (f64, usize),
    ) -> Result<NodeId, CompileError> {
        let factor = if self.format() == Format::Int8 { 1.0 } else { factor };
        let cut = Cut::new((rows, columns), lanes, (factor, part));
        let earlier = hand.written(&self.name).and_then(|written| find(&written.tables, &cut).cloned());
        let table = match earlier {
            Some(table) => table,
            None => {
                let elements = match self.values(hand)? {
                    Values::Blank => {
                        let dtype = if self.format() == Format::Int8 { DType::I8 } else { DType::F16 };
                        return Ok(hand.blank("weights", dtype, &[rows.len() as u32, lanes as u32]));
                    }
                    Values::Levels(levels) => Elements::I8(cut.levels(levels)),
                    Values::Weights(matrix) => {
                        let times = (f64::from_bits(self.name.unit), factor);
                        Elements::F16(halves(matrix, (rows, columns), lanes, (times, part)))
                    }
                };
                let Effort { matrices, tables } = self.effort.get();
                self.effort.set(Effort { matrices, tables: tables + 1 });
                Arc::new(rows_of(lanes, elements))
            }
        };
        insert(&mut self.tables.borrow_mut(), cut, Arc::clone(&table));
        Ok(hand.known_table("weights", table))
    }

    /// What its elements are made of.
    fn values(&self, hand: &Hand) -> Result<&Values, CompileError> {
        if let Some(values) = self.values.get() {
            return Ok(values);
        }
        let levels = hand.written(&self.name).filter(|_| self.format() == Format::Int8).and_then(Written::levels);
        let values = match levels {
            Some(levels) => Values::Levels(levels),
            None => {
                let Effort { matrices, tables } = self.effort.get();
                self.effort.set(Effort { matrices: matrices + 1, tables });
                encoded(named(hand, &self.name)?, &self.name, hand)?.0
            }
        };
        Ok(self.values.get_or_init(|| values))
    }
}

/// The matrix of the model that has this name.
fn named(hand: &Hand, name: &Name) -> Result<Matrix, CompileError> {
    let matrix = hand.matrix(name.tensor)?;
    Ok(if name.beside == 1 { matrix } else { matrix.side_by_side(name.beside) })
}

/// What the elements of a matrix in its format are made of, and in int8 the value of one level of each row.
fn encoded(matrix: Matrix, name: &Name, hand: &Hand) -> Result<(Values, Vec<f32>), CompileError> {
    if name.format == Format::Int8 {
        if !matrix.is_known() {
            return Ok((Values::Blank, vec![0.0; matrix.rows]));
        }
        let (levels, scales) = (0..matrix.rows).map(|row| matrix.quantised(row)).unzip();
        return Ok((Values::Levels(levels), scales));
    }
    if !matrix.is_known() {
        return Ok((Values::Blank, Vec::new()));
    }
    let rows = (0..matrix.rows).flat_map(|row| matrix.row(row));
    let greatest = rows.fold(0.0f32, |greatest, weight| greatest.max(weight.abs()));
    let unit = f64::from_bits(name.unit);
    if HALF_MAX < f64::from(greatest) * unit {
        let name = &hand.source.graph.tensors[name.tensor].name;
        let what = format!("`{name}` with weights up to {greatest}, times {unit} to meet its activations");
        return Err(CompileError::Unrecognised { what, expected: "at most 65504 in fp16: keep it in int8".into() });
    }
    Ok((Values::Weights(matrix), Vec::new()))
}

/// Greatest Euclidean norm of a row after scaling each column by `gain`.
fn norm_greatest(values: &Values, scales: &[f32], gain: &[f32]) -> f64 {
    let norm = |products: &mut dyn Iterator<Item = f64>| products.map(|product| product * product).sum::<f64>().sqrt();
    match values {
        Values::Blank => 0.0,
        Values::Levels(levels) => {
            let of_row = |(levels, scale): (&Vec<i8>, &f32)| {
                let mut products = levels.iter().zip(gain).map(|(level, gain)| f64::from(*level) * f64::from(*gain));
                norm(&mut products) * f64::from(*scale)
            };
            levels.iter().zip(scales).map(of_row).fold(0.0, f64::max)
        }
        Values::Weights(matrix) => {
            let of_row = |row| {
                let row: &[f32] = matrix.row(row);
                norm(&mut row.iter().zip(gain).map(|(weight, gain)| f64::from(*weight) * f64::from(*gain)))
            };
            (0..matrix.rows).map(of_row).fold(0.0, f64::max)
        }
    }
}

/// Weights of these rows and columns in fp16, row after row of `lanes`: times both factors, or what that lost.
fn halves(
    matrix: &Matrix,
    (rows, columns): (&[Lane], &[Lane]),
    lanes: usize,
    ((unit, factor), part): ((f64, f64), usize),
) -> Vec<u16> {
    let half = |row: usize, column: usize| {
        let weight = (f64::from(matrix.row(row)[column]) * unit * factor) as f32;
        let nearest = f32_to_f16(weight);
        if part == 0 { nearest } else { f32_to_f16(weight - f16_to_f32(nearest)) }
    };
    let mut elements = vec![0; rows.len() * lanes];
    let filled = rows.iter().zip(elements.chunks_mut(lanes)).filter_map(|(row, elements)| Some(((*row)?, elements)));
    for (row, elements) in filled {
        for (to, column) in elements.iter_mut().zip(columns) {
            *to = column.map_or(0, |column| half(row, column));
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
    ///
    /// Errors: as `Coded::new`.
    pub fn weights<'m>(
        &self,
        emitter: &mut Emitter,
        vector: &Vector,
        matrix: &'m Coded,
        blocks: &[Vec<Lane>],
    ) -> Result<Weights<'m>, CompileError> {
        let groups = held_groups(self.rows);
        let rows = groups.concat();
        let mut tables = Vec::new();
        for part in 0..matrix.format().parts() {
            for (&activation, columns) in vector.tiles(matrix.format()).nodes.iter().zip(blocks) {
                let lanes = emitter.lanes(activation);
                let how = (self.factor, part);
                tables.push(emitter.once_tried(|hand| matrix.table(hand, (&rows, columns), lanes, how))?);
            }
        }
        Ok(Weights { matrix, groups, tables })
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
