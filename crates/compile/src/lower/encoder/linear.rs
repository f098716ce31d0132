//! Rows times weights, tile by tile, and rows as two digits.
//!
//! In: rows as digits, a matrix with its bias, which of its rows and columns each tile takes.  Out: f32 steps of an expression.
//! Invariant: both digits are exact up to the last place: `high * 256 + low` is the value in units, below 2^15 in magnitude.
//! Method: per tile one exact contraction for each digit, side by side in the planes of a half; then `(high * 256 + low) * scale + bias`. The
//!     last of an odd number of tiles is cut in two by its blocks, so that both halves work on it.

use super::hand::Lowering;
use crate::CompileError;
use crate::Format;
use crate::encoder::Pair;
use crate::kernel::Place;
use crate::lower::hand::Hand;
use crate::lower::linear::Product;
use crate::lower::vector::combined;
use crate::lower::weights::Coded;
use crate::share::Lane;
use crate::tables::LANES;
use graph::expr::immediate;
use graph::{Arg, Expr, NodeId, ScalarOp};

/// Greatest magnitude of two balanced digits: 127 * (256 + 1).
const FIXED_MAX: f64 = 32_639.0;
/// What a bound has to spare for rounding on the way.
const SPARE: f64 = 1.01;

/// Rows in fixed point.
pub struct Digits {
    /// The i32 tiles whose low bytes they are.
    pub sources: Vec<NodeId>,
    /// int8 `[tokens, lanes]` by tile: high, low.
    pub tiles: Vec<[NodeId; 2]>,
    /// Value of one unit.
    pub unit: f64,
}

/// A matrix and its bias.
pub struct Linear {
    coded: Coded,
    bias: Vec<f32>,
}

/// Which rows and columns of a matrix make a tile, and the factor of the result.
pub struct Tile<'t> {
    /// Lane i of the result is this row.
    pub rows: &'t [Lane],
    /// Lane k of tile b of the activation is this column.
    pub columns: &'t [Vec<Lane>],
    /// What the result is multiplied by.
    pub factor: f64,
    /// Whether both halves share the work.
    pub halves: Halves,
}

/// Which halves of the chip work on a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halves {
    /// One of them.
    One,
    /// Each on some of the blocks.
    Both,
}

impl Halves {
    /// Of tile `tile` of `count`: the last of an odd number is shared.
    pub fn of(tile: usize, count: usize) -> Self {
        if tile + 1 == count && count % 2 == 1 { Halves::Both } else { Halves::One }
    }
}

impl Digits {
    /// The low two bytes of these tiles, of which one unit is worth `unit`.
    pub fn new(hand: &mut Hand, sources: Vec<NodeId>, unit: f64) -> Self {
        let tiles = sources.iter().map(|&source| digits(hand, source)).collect();
        Digits { sources, tiles, unit }
    }
}

/// High and low digits of the rows of an i32 node.
pub fn digits(hand: &mut Hand, source: NodeId) -> [NodeId; 2] {
    let rows = hand.build.shape(source).extents()[0];
    let both = hand.build.digits(source, 2);
    [0, rows].map(|first| hand.build.rows(both, first, rows))
}

/// Factor from a value bounded by `bound` to two digits; of bounds that are unknown or no use one that f32 can undo.
pub fn factor(bound: f64) -> f64 {
    FIXED_MAX / (bound.clamp(1e-12, 1e12) * SPARE)
}

/// Bound of what a matrix and its bias make of rows of this Euclidean length.
pub fn bound(hand: &Hand, pair: Pair, length: f64) -> Result<f64, CompileError> {
    let linear = Linear::load(hand, pair)?;
    let ones = vec![1.0; hand.matrix(pair.weight)?.columns];
    let bias = linear.bias.iter().fold(0.0f64, |most, value| most.max(f64::from(value.abs())));
    Ok(linear.coded.norm_greatest(hand, &ones)? * length + bias)
}

impl Linear {
    /// The matrix in int8, and its bias.
    pub fn load(hand: &Hand, pair: Pair) -> Result<Self, CompileError> {
        let coded = Coded::new(hand, (pair.weight, 1), (Format::Int8, 1.0))?;
        Ok(Linear { coded, bias: hand.matrix(pair.bias)?.row(0).to_vec() })
    }

    /// Appends a tile of the matrix times `rows`, plus its bias.
    ///
    /// Errors: as `Coded::new`.
    pub fn tile(
        &self,
        lowering: &mut Lowering,
        product: &mut Product,
        rows: &Digits,
        tile: &Tile,
    ) -> Result<Arg, CompileError> {
        let mut lanes = tile.rows.to_vec();
        lanes.resize(LANES, None);
        let mut tables = Vec::new();
        for columns in tile.columns {
            let mut columns = columns.clone();
            columns.resize(LANES, None);
            tables.push(self.coded.table(&mut lowering.hand, (&lanes, &columns), LANES, (1.0, 0))?);
        }
        let cut = match tile.halves {
            Halves::Both if 1 < tables.len() => tables.len().div_ceil(2),
            _ => tables.len(),
        };
        let value = sums(&mut lowering.hand, product, (&rows.tiles, &tables), cut);
        let scales = self.coded.scales().expect("an encoder's matrices are int8");
        let of_lanes = |of_row: &dyn Fn(usize) -> f64| -> Vec<f32> {
            lanes.iter().map(|lane| lane.map_or(0.0, |row| (of_row(row) * tile.factor) as f32)).collect()
        };
        let scale = of_lanes(&|row| f64::from(scales[row]) * rows.unit);
        let scale = lowering.row("scale", Place::WestNear, scale);
        // Read a step after the scale.
        let bias = of_lanes(&|row| f64::from(self.bias[row]));
        let bias = lowering.row("bias", Place::EastNear, bias);
        let [scale, bias] = [scale, bias].map(|row| product.input(row));
        let scaled = product.expr.push(ScalarOp::Mul, &[value, scale]);
        Ok(product.expr.push(ScalarOp::Add, &[scaled, bias]))
    }
}

/// Appends the contraction of digits with tables, in units of both: the first `cut` blocks in one half, the others in the other.
fn sums(hand: &mut Hand, product: &mut Product, (rows, tables): (&[[NodeId; 2]], &[NodeId]), cut: usize) -> Arg {
    let mut contract = |digit: usize, blocks: std::ops::Range<usize>| {
        let pairs: Vec<_> = blocks.map(|block| (rows[block][digit], tables[block])).collect();
        hand.build.matmul_blocks(&pairs)
    };
    let first = product.inputs.len() as u8;
    if cut == tables.len() {
        product.inputs.extend([contract(0, 0..cut), contract(1, 0..cut)]);
        return combined(&mut product.expr, first, 2);
    }
    let parts = [0..cut, cut..tables.len()];
    product.inputs.extend(
        parts
            .iter()
            .flat_map(|part| [0, 1].map(|digit| (digit, part.clone())))
            .map(|(digit, part)| contract(digit, part)),
    );
    let expr = &mut product.expr;
    let [high, low] = [0, 1].map(|digit| {
        let sum = expr.push(ScalarOp::Add, &[Arg::Input(first + digit), Arg::Input(first + 2 + digit)]);
        expr.push(ScalarOp::I32ToF32, &[sum])
    });
    let raised = expr.push(ScalarOp::Mul, &[high, immediate(256.0)]);
    expr.push(ScalarOp::Add, &[raised, low])
}

/// Digits of one operand and of another whose products count: high with high, low with high, high with low. What low digits make together
/// is no more than what rounding to two digits has left out.
pub const PRODUCTS: [(usize, usize); 3] = [(0, 0), (1, 0), (0, 1)];
/// What a unit of these products is worth, in units of both operands.
pub const PRODUCT_UNIT: f64 = 256.0;

/// Appends the sum of the products of digits with digits, inputs `0 ..` in the order of `PRODUCTS`.
pub fn joined(expr: &mut Expr) -> Arg {
    let middle = expr.push(ScalarOp::Add, &[Arg::Input(1), Arg::Input(2)]);
    let high = expr.push(ScalarOp::I32ToF32, &[Arg::Input(0)]);
    let raised = expr.push(ScalarOp::Mul, &[high, immediate(256.0)]);
    let middle = expr.push(ScalarOp::I32ToF32, &[middle]);
    expr.push(ScalarOp::Add, &[raised, middle])
}
