//! Linear layers: a vector times weights, tile by tile.
//!
//! In: a vector, a matrix, and which of its rows and columns each tile takes.  Out: one f32 tile `[1, rows]`.
//! Invariant: a tile has 320 rows (zero rows past the matrix, which SRAM holds once); its blocks follow the vector's tiles.
//! Method: int8: per tile one exact contraction of the digit rows; then ((hi * 256 + mid) * 256 + lo) * scale in f32. fp16: one contraction,
//!     in f32, of weights that are scaled already; split: of both parts of the activation with the nearest weights, and of its nearest with
//!     what those lost. Last the factor that the vector came without (`Vector::root`), because it is known last.

use super::vector::{Vector, combined};
use super::weights::Weights;
use super::{Addend, Emitter, Hand, Lane};
use crate::CompileError;
use crate::kernel::Place;
use crate::share::straight;
use crate::tables::LANES;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp};

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
    /// A tile of a matrix times the vector, but for [`Vector::root`].
    pub fn contract(&mut self, emitter: &mut Emitter, vector: &Vector, weights: &Weights, tile: &Tile) -> Arg {
        let runs = weights.runs(tile);
        let tiles = vector.tiles(weights.matrix.format());
        let tables: Vec<NodeId> = weights.tables.iter().map(|&table| emitter.repeated(table, &runs)).collect();
        let (nearest, rests) = tables.split_at(tiles.nodes.len());
        let mut pairs = Vec::new();
        for (tile, (&activation, &table)) in tiles.nodes.iter().zip(nearest).enumerate() {
            pairs.push((activation, table));
            if let (Some(&rest), Some(&table_rest)) = (tiles.rests.get(tile), rests.get(tile)) {
                // What is installed already is used again at once.
                pairs.extend([(rest, table), (activation, table_rest)]);
            }
        }
        if tile.order == Order::Last {
            pairs.reverse();
        }
        let sums = emitter.build.matmul_blocks(&pairs);
        let Some(scales) = weights.matrix.scales() else { return self.input(sums) };
        let scale = |row: usize| (f64::from(scales[row]) * tiles.unit * tile.factor) as f32;
        let mut scales: Vec<f32> = tile.rows.iter().map(|row| row.map_or(0.0, scale)).collect();
        scales.resize(LANES, 0.0);
        let scale = emitter.table("scale", LANES, Elements::F32(scales));
        if let Some(place) = tile.scales {
            emitter.places.insert(scale, place);
        }
        let first = self.inputs.len() as u8;
        self.inputs.extend((0..u32::from(vector.digits)).map(|row| emitter.build.rows(sums, row, 1)));
        let total = combined(&mut self.expr, first, vector.digits);
        let scale = self.input(scale);
        self.expr.push(ScalarOp::Mul, &[total, scale])
    }

    /// An f32 input of the expression.
    pub fn input(&mut self, node: NodeId) -> Arg {
        self.inputs.push(node);
        Arg::Input((self.inputs.len() - 1) as u8)
    }

    /// The value times what `vector` came without.
    pub fn rooted(&mut self, value: Arg, vector: &Vector) -> Arg {
        let Some(root) = vector.root else { return value };
        let root = self.input(root);
        self.expr.push(ScalarOp::Mul, &[value, root])
    }

    /// The last step's value as f16.
    pub fn narrow(&mut self) {
        let last = self.expr.steps.len() - 1;
        self.expr.push(ScalarOp::F32ToF16, &[Arg::Step(last as u8)]);
    }

    /// The node of the last step; a sum to which nothing is done passes one ALU on its way to SRAM.
    pub fn finish(mut self, hand: &mut Hand) -> NodeId {
        if self.expr.steps.is_empty() {
            self.expr.push(ScalarOp::Identity, &[Arg::Input(0)]);
        }
        hand.build.map(self.expr, &self.inputs)
    }
}

/// Products of an addend with all rows of its matrix: added to the residual where it is given, as a part to be sent where not.
///
/// Errors: as `Coded::new`.
pub fn project(
    emitter: &mut Emitter,
    addend: &Addend,
    residual: Option<&[NodeId]>,
    bank: u16,
) -> Result<Vec<NodeId>, CompileError> {
    let Addend { vector, matrix, blocks } = addend;
    let mut sums = Vec::new();
    for (number, rows) in straight(matrix.rows()).iter().enumerate() {
        let mut sum = Product::default();
        let tile = Tile::new(rows);
        let weights = tile.weights(emitter, vector, matrix, blocks)?;
        let value = sum.contract(emitter, vector, &weights, &tile);
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
    Ok(sums)
}
