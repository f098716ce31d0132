//! Linear layers: digits times quantised weights, tile by tile.
//!
//! In: digits of an activation, a matrix, and which of its rows and columns each tile takes.  Out: one f32 tile `[1, rows]`.
//! Invariant: a tile has 320 rows (zero rows past the matrix, which SRAM holds once); its blocks follow the activation's tiles.
//! Method: per tile one exact int8 contraction of the digit rows; then ((hi * 256 + mid) * 256 + lo) * scale in f32, and last the
//!     factor that the digits came without (`Digits::root`), because it is known last.

use super::norm::Digits;
use super::{Addend, Emitter};
use crate::kernel::Place;
pub use crate::share::Lane;
use crate::tables::{GROUP, LANES, Matrix};
use graph::expr::immediate;
use graph::{Arg, DType, Elements, Expr, NodeId, ScalarOp};
use units::Span;

/// A matrix with each row quantised once.
pub struct Quantised {
    /// Levels of each row, unless only the shape is known.
    levels: Option<Vec<Vec<i8>>>,
    scales: Vec<f32>,
}

impl Quantised {
    /// Quantises all rows.
    pub fn new(matrix: &Matrix) -> Self {
        if !matrix.is_known() {
            return Quantised { levels: None, scales: vec![0.0; matrix.rows] };
        }
        let (levels, scales) = (0..matrix.rows).map(|row| matrix.quantised(row)).unzip();
        Quantised { levels: Some(levels), scales }
    }

    /// Greatest Euclidean norm of a row after scaling each input channel by `gain`: times the input's norm it bounds the output.
    pub fn norm_greatest(&self, gain: &[f32]) -> f64 {
        let norm = |(levels, scale): (&Vec<i8>, &f32)| -> f64 {
            let products = levels.iter().zip(gain).map(|(level, gain)| f64::from(*level) * f64::from(*gain));
            products.map(|product| product * product).sum::<f64>().sqrt() * f64::from(*scale)
        };
        self.levels.iter().flatten().zip(&self.scales).map(norm).fold(0.0, f64::max)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }
}

/// The contiguous ranges of `count` rows or columns in tiles of 320.
pub fn straight(count: usize) -> Vec<Vec<Lane>> {
    (0..count).map(Some).collect::<Vec<_>>().chunks(LANES).map(<[Lane]>::to_vec).collect()
}

/// Contractions before their common `Map`: its expression so far.
#[derive(Default)]
pub struct Product {
    /// Steps so far.
    pub expr: Expr,
    /// Inputs of the steps.
    pub inputs: Vec<NodeId>,
}

/// Which rows of a matrix make a tile.
pub struct Tile<'a> {
    /// Lane i of the result is matrix row `rows[i]`; those past the last one are zero.
    pub rows: &'a [Lane],
    /// What the result is multiplied by.
    pub factor: f64,
    /// Where its scales lie, if not where constants of layers usually do.
    pub scales: Option<Place>,
    /// Which tile of the activation comes first.
    pub order: Order,
}

/// Order in which the tiles of an activation are contracted. Two planes that take the same weights take them in opposite order, so
/// that they do not wait for each other's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first tile first.
    First,
    /// The last tile first.
    Last,
}

impl<'a> Tile<'a> {
    /// The tile of `rows`.
    pub fn new(rows: &'a [Lane]) -> Self {
        Tile { rows, factor: 1.0, scales: None, order: Order::First }
    }
}

impl Product {
    /// A tile of a matrix times the activation, but for [`Digits::root`].
    pub fn contract(&mut self, emitter: &mut Emitter, digits: &Digits, weights: &Weights, tile: &Tile) -> Arg {
        let runs = weights.runs(tile);
        let tables = digits.tiles.iter().zip(&weights.tables);
        let mut pairs: Vec<(NodeId, NodeId)> =
            tables.map(|(&activation, &table)| (activation, emitter.repeated(table, &runs))).collect();
        if tile.order == Order::Last {
            pairs.reverse();
        }
        let sums = emitter.build.matmul_blocks(&pairs);
        let scale = |row: usize| (f64::from(weights.matrix.scales[row]) * digits.unit * tile.factor) as f32;
        let mut scales: Vec<f32> = tile.rows.iter().map(|row| row.map_or(0.0, scale)).collect();
        scales.resize(LANES, 0.0);
        let scale = emitter.table("scale", LANES, Elements::F32(scales));
        if let Some(place) = tile.scales {
            emitter.places.insert(scale, place);
        }
        let first = self.inputs.len() as u8;
        self.inputs.extend((0..u32::from(digits.count)).map(|row| emitter.build.rows(sums, row, 1)));
        let total = combined(&mut self.expr, first, digits.count);
        let scale = self.input(scale);
        self.expr.push(ScalarOp::Mul, &[total, scale])
    }

    /// An f32 input of the expression.
    pub fn input(&mut self, node: NodeId) -> Arg {
        self.inputs.push(node);
        Arg::Input((self.inputs.len() - 1) as u8)
    }

    /// The value times what `digits` came without.
    pub fn rooted(&mut self, value: Arg, digits: &Digits) -> Arg {
        let Some(root) = digits.root else { return value };
        let root = self.input(root);
        self.expr.push(ScalarOp::Mul, &[value, root])
    }

    /// The last step's value as f16.
    pub fn narrow(&mut self) {
        let last = self.expr.steps.len() - 1;
        self.expr.push(ScalarOp::F32ToF16, &[Arg::Step(last as u8)]);
    }

    /// The node of the last step.
    pub fn finish(self, emitter: &mut Emitter) -> NodeId {
        emitter.build.map(self.expr, &self.inputs)
    }
}

/// Products of an addend with all rows of its matrix: added to the residual where it is given, as a part to be sent where not.
pub fn project(emitter: &mut Emitter, addend: &Addend, residual: Option<&[NodeId]>, bank: u16) -> Vec<NodeId> {
    let Addend { digits, matrix, blocks } = addend;
    let mut sums = Vec::new();
    for (number, rows) in straight(matrix.rows()).iter().enumerate() {
        let mut sum = Product::default();
        let tile = Tile::new(rows);
        let weights = tile.weights(emitter, digits, matrix, blocks);
        let value = sum.contract(emitter, digits, &weights, &tile);
        if let Some(before) = residual {
            let before = sum.input(before[number]);
            sum.expr.push(ScalarOp::Add, &[value, before]);
        }
        let sum = sum.finish(emitter);
        // A part is added to what lands in the west.
        let place = if residual.is_some() { Place::WestNear } else { Place::EastNear };
        emitter.kernel(&[sum], &[(sum, place, bank)]);
        sums.push(sum);
    }
    sums
}

/// Elements of a tile of weights: row after row of `lanes`.
fn levels(levels: &[Vec<i8>], rows: &[Lane], columns: &[Lane], lanes: usize) -> Vec<i8> {
    let mut elements = vec![0i8; rows.len() * lanes];
    let filled = rows.iter().zip(elements.chunks_mut(lanes)).filter_map(|(row, elements)| Some(((*row)?, elements)));
    for (row, elements) in filled {
        for (element, column) in elements.iter_mut().zip(columns) {
            *element = column.map_or(0, |column| levels[row][column]);
        }
    }
    elements
}

/// The value of `count` sums of digits, inputs `first ..`, most significant first. Four are joined in pairs: one step less deep.
fn combined(expr: &mut Expr, first: u8, count: u8) -> Arg {
    let split = if 3 < count { first + 2 } else { first + count };
    let high = raised(expr, first..split);
    if split == first + count {
        return high;
    }
    let high = expr.push(ScalarOp::Mul, &[high, immediate(65_536.0)]);
    // A plane sends one sum a cycle: the step of waiting keeps the second digit and the third apart.
    let high = expr.push(ScalarOp::Identity, &[high]);
    let low = raised(expr, split..first + count);
    expr.push(ScalarOp::Add, &[high, low])
}

/// Each digit 256 times the next.
fn raised(expr: &mut Expr, mut digits: std::ops::Range<u8>) -> Arg {
    let first = digits.next().expect("an activation has a digit");
    let first = expr.push(ScalarOp::I32ToF32, &[Arg::Input(first)]);
    digits.fold(first, |total, digit| {
        let raised = expr.push(ScalarOp::Mul, &[total, immediate(256.0)]);
        let next = expr.push(ScalarOp::I32ToF32, &[Arg::Input(digit)]);
        expr.push(ScalarOp::Add, &[raised, next])
    })
}

/// Rows of a matrix that SRAM holds, each group of 16 only once.
pub struct Weights<'a> {
    matrix: &'a Quantised,
    groups: Vec<Vec<Lane>>,
    /// int8 `[rows, lanes]` per tile of the activation.
    tables: Vec<NodeId>,
}

impl<'a> Tile<'a> {
    /// What SRAM holds for the tile and for others made of the same groups of rows; `blocks` names, per tile of the activation, the
    /// matrix column of each lane.
    pub fn weights<'m>(
        &self,
        emitter: &mut Emitter,
        digits: &Digits,
        matrix: &'m Quantised,
        blocks: &[Vec<Lane>],
    ) -> Weights<'m> {
        let mut groups: Vec<Vec<Lane>> = Vec::new();
        for group in self.groups() {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        let rows = groups.concat();
        let mut tables = Vec::new();
        for (&activation, columns) in digits.tiles.iter().zip(blocks) {
            let lanes = emitter.lanes(activation);
            tables.push(match &matrix.levels {
                Some(known) => emitter.table("weights", lanes, Elements::I8(levels(known, &rows, columns, lanes))),
                None => emitter.blank("weights", DType::I8, &[rows.len() as u32, lanes as u32]),
            });
        }
        Weights { matrix, groups, tables }
    }

    /// Its rows in groups of 16.
    fn groups(&self) -> Vec<Vec<Lane>> {
        let mut rows = self.rows.to_vec();
        rows.resize(LANES, None);
        rows.chunks(GROUP).map(<[Lane]>::to_vec).collect()
    }
}

impl Weights<'_> {
    /// The runs of rows that make `tile`.
    fn runs(&self, tile: &Tile) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for group in tile.groups() {
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
