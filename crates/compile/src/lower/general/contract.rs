//! Contractions: by the planes where they can be, else product by product in the ALUs.
//!
//! In: blocks of values, and of the right sides that are constant their elements.  Out: the result's rows.
//! Invariant: sums are added in the order that the operation states; f16 rows that meet a plane are zero past their lanes.
//! Method: a constant right side is tiles of 320 x 320, zero past its edges; one of i8 that is computed is written to the slices that feed
//!     planes, if its rows are whole groups of 16, and zeros are loaded below it. In the ALUs lane k of a row goes to all lanes, and row k
//!     of the turned right side meets it; f16 and i8 are widened, which is exact, and so are their products.

use super::hand::{Link, Lowering, Side};
use super::obstacle::Obstacle;
use super::pointwise::{From, Step, computed};
use super::rearrange::{followed, rearranged};
use super::reserve::Tables;
use super::value::{Row, Run, Value, lanes_of, runs, stands};
use crate::place::LONG_ROWS;
use crate::tables::{GROUP, LANES, tile_of};
use arch::Hemisphere;
use graph::{DType, NodeId, Order, ScalarOp, Shape, Tensor};

/// Accumulators of a half block of f16.
const ACCUMULATORS: usize = 8;
/// Lanes of a superlane.
const SUPERLANE: usize = 16;

/// A contraction.
pub struct Contraction<'a> {
    /// Its order of additions.
    pub order: Order,
    /// Shape of the result.
    pub shape: &'a Shape,
    /// Left sides.
    pub left: Vec<Value>,
}

impl Contraction<'_> {
    /// Rows and columns of one batch.
    fn sides(&self) -> [usize; 2] {
        let rank = self.shape.rank();
        [rank - 2, rank - 1].map(|axis| self.shape.extents()[axis] as usize)
    }

    fn batches(&self) -> usize {
        self.shape.rows() as usize / self.sides()[0]
    }

    fn dtype(&self) -> DType {
        if self.order == Order::Exact { DType::I32 } else { DType::F32 }
    }
}

/// A right side that planes can take.
#[derive(Clone, Copy)]
pub enum Right<'a> {
    /// Known beforehand.
    Constant(&'a Tensor),
    /// Rows of i8.
    Computed(&'a Value),
}

/// Rows of a right side that become one tile's columns: the first one, and how many.
type Columns = (usize, usize);

impl Right<'_> {
    fn depth(self) -> usize {
        match self {
            Right::Constant(tensor) => Value::tiles_of(tensor.shape()),
            Right::Computed(value) => value.tiles.len(),
        }
    }
}

/// Columns of every tile of one batch after the other.
fn columns_of(contraction: &Contraction) -> impl Iterator<Item = Columns> {
    let [_, columns] = contraction.sides();
    let tile = move |first: usize| (first, LANES.min(columns - first % columns));
    (0..contraction.batches())
        .flat_map(move |batch| (0..columns).step_by(LANES).map(move |first| tile(batch * columns + first)))
}

/// Whether planes can take a computed right side: i8, in groups of as many rows as are loaded at once, each tile's rows in one run.
pub fn can_install(contraction: &Contraction, right: &Value) -> bool {
    let is_whole = |(first, own): Columns| {
        let one =
            |list: &Vec<Row>| runs(&[&list[first..first + own]]).len() == 1 && list[first] != list[first + own - 1];
        own.is_multiple_of(GROUP) && right.tiles.iter().all(one)
    };
    contraction.order == Order::Exact && columns_of(contraction).all(is_whole)
}

/// The tables of a contraction with constant right sides, on a chip whose planes take so many rows at once.
pub fn tables_of(node: usize, shape: &Shape, right: &[&Tensor], plane_rows: usize) -> Tables {
    let [rows, columns] = [shape.rank() - 2, shape.rank() - 1].map(|axis| u64::from(shape.extents()[axis]));
    let tiles = shape.rows() / rows * columns.div_ceil(LANES as u64);
    let words = |side: &&Tensor| (Value::tiles_of(side.shape()) * (LANES / GROUP)) as u64 * side.dtype().bytes();
    let of_tile: u64 = right.iter().map(words).sum();
    Tables {
        node,
        tiles: u32::try_from(tiles).unwrap_or(u32::MAX),
        of_tile: u32::try_from(of_tile).unwrap_or(u32::MAX),
        is_long: is_long(shape),
        is_shareable: tiles % 2 == 1 && (plane_rows as u64) < rows,
    }
}

/// Whether so many rows pass the tables of a contraction that they are on their way for long.
fn is_long(shape: &Shape) -> bool {
    LONG_ROWS <= shape.extents()[shape.rank() - 2]
}

/// A tile of a right side as weights, for the planes of one half.
fn weights(
    lowering: &mut Lowering,
    (right, half, is_long): (Right, Hemisphere, bool),
    depth: usize,
    (first, own): Columns,
) -> Result<NodeId, Obstacle> {
    let value = match right {
        Right::Constant(tensor) => {
            return Ok(lowering.weights(tile_of(tensor, (first, own), depth, LANES), is_long));
        }
        Right::Computed(value) => value,
    };
    let lanes = lanes_of(&value.shape, depth);
    let mask = lowering.mask(|lane| lane < lanes);
    let rows = Side::Rows(value.tiles[depth][first]);
    let installed = lowering.striped(&Link::kept(ScalarOp::Mask, &[rows, Side::Row(mask)]), own, half)?;
    let mut parts = vec![installed];
    if own < LANES {
        let zeros = lowering.zeros();
        parts.extend(vec![zeros; (LANES - own) / GROUP]);
    }
    Ok(if own < LANES { lowering.hand.build.copy(0, &parts) } else { installed })
}

/// The tiles that make some columns of all right sides, for the planes of one half.
fn installed(
    lowering: &mut Lowering,
    (right, half, is_long): (&[Right], Hemisphere, bool),
    own: Columns,
) -> Result<Vec<NodeId>, Obstacle> {
    let mut all = Vec::new();
    for &right in right {
        for depth in 0..right.depth() {
            all.push(weights(lowering, (right, half, is_long), depth, own)?);
        }
    }
    Ok(all)
}

/// By the planes, with these right sides.
///
/// Errors: as `Lowering::chain`.
pub fn by_planes(lowering: &mut Lowering, contraction: &Contraction, right: &[Right]) -> Result<Value, Obstacle> {
    let ([rows, columns], is_long) = (contraction.sides(), is_long(contraction.shape));
    // Tiles of the left sides, block after block.
    let mut left: Vec<Vec<Row>> = Vec::new();
    for value in &contraction.left {
        for (tile, list) in value.tiles.iter().enumerate() {
            left.push(if value.dtype == DType::F16 && !value.clean {
                let own = lanes_of(&value.shape, tile);
                let mask = lowering.mask(|lane| lane < own);
                computed(lowering, &[list], &[Step::new(ScalarOp::Mask, &[From::List(0), From::Row(mask)])])?
            } else {
                list.clone()
            });
        }
    }
    let count = columns.div_ceil(LANES);
    let mut tiles = vec![Vec::new(); count];
    let all = columns_of(contraction).count();
    for (number, own) in columns_of(contraction).enumerate() {
        let (batch, half) = (number / count, Hemisphere::BOTH[number % 2]);
        let lists: Vec<&[Row]> = left.iter().map(|list| &list[batch * rows..(batch + 1) * rows]).collect();
        let runs = runs(&lists);
        // The rows of a last tile that has no other one beside it are shared by the halves.
        let is_single = number + 1 == all && all % 2 == 1 && runs.iter().any(|run| lowering.plane_rows < rows_of(*run));
        let mut sides = vec![installed(lowering, (right, half, is_long), own)?];
        if is_single && lowering.is_shared() {
            sides.push(installed(lowering, (right, half, is_long), own)?);
        }
        for run in runs {
            tiles[number % count].extend(through(lowering, &lists, &sides, run)?);
        }
    }
    let clean = contraction.order == Order::Exact;
    Ok(Value { dtype: contraction.dtype(), shape: *contraction.shape, tiles, clean })
}

/// Rows of a run that are computed.
fn rows_of(run: Run) -> usize {
    if run.is_steady { 1 } else { run.count }
}

/// Rows of one pass, of a run that tiles which lie so many times share: equal ones, no more than a plane has accumulators for.
fn pass_rows(lowering: &Lowering, run: Run, copies: usize) -> usize {
    let all = rows_of(run);
    let passes = all.div_ceil(lowering.plane_rows);
    all.div_ceil(if 1 < passes { passes.next_multiple_of(copies) } else { 1 })
}

/// Rows of a run past their tiles of weights, pass after pass; each copy of them takes its part of the passes.
fn through(lowering: &mut Lowering, lists: &[&[Row]], sides: &[Vec<NodeId>], run: Run) -> Result<Vec<Row>, Obstacle> {
    let (all, most) = (rows_of(run), pass_rows(lowering, run, sides.len()));
    let mut made = Vec::new();
    for first in (0..all).step_by(most) {
        let count = most.min(all - first);
        let weights = &sides[first * sides.len() / all];
        let mut blocks = Vec::new();
        for (list, &weights) in lists.iter().zip(weights) {
            let row = if 1 < all && stands(list, run) {
                lowering.copied(Side::Row(list[run.first]), count, &[])?
            } else {
                list[run.first + first]
            };
            blocks.push((lowering.view(row, count), weights));
        }
        let product = lowering.hand.build.matmul_blocks(&blocks);
        let row = lowering.result(&[Link::kept(ScalarOp::Identity, &[Side::Node(product)])], count)?;
        made.extend((0..count).map(|place| row.after(place)));
    }
    if run.is_steady {
        made = vec![made[0]; run.count];
    }
    Ok(made)
}

/// By the ALUs.
///
/// Errors: as `Lowering::chain`; `Elements` where too many products would be followed.
pub fn by_alus(lowering: &mut Lowering, contraction: &Contraction, right: &[Value]) -> Result<Value, Obstacle> {
    let mut running: Option<Vec<Vec<Row>>> = None;
    let mut end = 0;
    for (a, b) in contraction.left.iter().zip(right) {
        let depth = a.shape.lanes() as usize;
        let first = end;
        end += depth;
        followed(contraction.shape.elements().saturating_mul(depth as u64))?;
        let (a, b) = (widened(lowering, a)?, widened(lowering, b)?);
        if contraction.order != Order::Superlanes {
            for k in 0..depth {
                running = Some(added(lowering, contraction, (&a, &b, k, first), running)?);
            }
            continue;
        }
        for half in 0..2 {
            let mut sums: Vec<Option<Vec<Vec<Row>>>> = vec![None; ACCUMULATORS];
            for (place, sum) in sums.iter_mut().enumerate() {
                for k in (half * ACCUMULATORS + place..depth).step_by(SUPERLANE) {
                    *sum = Some(added(lowering, contraction, (&a, &b, k, first), sum.take())?);
                }
            }
            // What nothing was added to is zero, and adding it changes nothing: no sum is a negative zero.
            while 1 < sums.len() {
                let mut pairs = Vec::new();
                for pair in sums.chunks(2) {
                    pairs.push(both(lowering, pair[0].clone(), pair[1].clone())?);
                }
                sums = pairs;
            }
            running = both(lowering, running, sums.pop().flatten())?;
        }
    }
    let tiles = running.expect("a block has a lane");
    Ok(Value { dtype: contraction.dtype(), shape: *contraction.shape, tiles, clean: false })
}

/// The sum of both, or the one that there is.
fn both(
    lowering: &mut Lowering,
    one: Option<Vec<Vec<Row>>>,
    other: Option<Vec<Vec<Row>>>,
) -> Result<Option<Vec<Vec<Row>>>, Obstacle> {
    let (Some(one), Some(other)) = (&one, &other) else { return Ok(one.or(other)) };
    let add = [Step::new(ScalarOp::Add, &[From::List(0), From::List(1)])];
    one.iter()
        .zip(other)
        .map(|(one, other)| computed(lowering, &[one, other], &add))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// `sums` with the products of lane k of the rows of `a` and of `b` added, from +0.0 on in f32; so many lanes are of blocks before.
fn added(
    lowering: &mut Lowering,
    contraction: &Contraction,
    (a, b, k, lanes_before): (&Value, &Value, usize, usize),
    sums: Option<Vec<Vec<Row>>>,
) -> Result<Vec<Vec<Row>>, Obstacle> {
    let ([rows, columns], depth) = (contraction.sides(), a.shape.lanes() as usize);
    let before = lowering.worked();
    let places = || (0..contraction.batches()).flat_map(|batch| (0..rows).map(move |row| (batch, row)));
    let of_a = |(batch, row): (usize, usize)| std::iter::repeat_n((batch * rows + row) * depth + k, columns);
    let of_b = |(batch, _): (usize, usize)| (0..columns).map(move |column| (batch * columns + column) * depth + k);
    let origins: Vec<usize> = places().flat_map(of_a).collect();
    let left = rearranged(lowering, &[a], contraction.shape, &origins)?;
    let origins: Vec<usize> = places().flat_map(of_b).collect();
    let right = rearranged(lowering, &[b], contraction.shape, &origins)?;
    let product = Step::new(ScalarOp::Mul, &[From::List(0), From::List(1)]);
    let mut tiles = Vec::new();
    for (tile, (left, right)) in left.tiles.iter().zip(&right.tiles).enumerate() {
        let add = |other: From| Step::new(ScalarOp::Add, &[From::Step(0), other]);
        tiles.push(match &sums {
            Some(sums) => computed(lowering, &[left, right, &sums[tile]], &[product.clone(), add(From::List(2))])?,
            None => computed(lowering, &[left, right], &[product.clone(), add(From::Literal(0))])?,
        });
    }
    lowering.lane_added(lanes_before + k, before);
    Ok(tiles)
}

/// The value in f32 or i32.
fn widened(lowering: &mut Lowering, value: &Value) -> Result<Value, Obstacle> {
    let (op, dtype) = match value.dtype {
        DType::F16 => (ScalarOp::F16ToF32, DType::F32),
        DType::I8 => (ScalarOp::I8ToI32, DType::I32),
        _ => return Ok(value.clone()),
    };
    let steps = [Step::new(op, &[From::List(0)])];
    let tiles = value.tiles.iter().map(|list| computed(lowering, &[list], &steps)).collect::<Result<_, _>>()?;
    Ok(Value { dtype, tiles, ..value.clone() })
}
