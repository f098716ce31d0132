//! Folds along rows, and across lanes.
//!
//! In: a `Reduce` node, its operand.  Out: the result's rows.
//! Invariant: a sum in f32 adds in the order of the operation; where order does not show, half of the lanes at a time.
//! Method: along rows one step after the other, for all results at once. Across lanes every step brings its lanes to those of the results.

use super::hand::{Link, Lowering, Side};
use super::obstacle::Obstacle;
use super::pointwise::{From, Step, computed};
use super::rearrange::completed;
use super::value::{Row, Value, lanes_of, runs, stands};
use crate::tables::LANES;
use graph::{DType, ReduceKind, ScalarOp, Shape};

/// What is folded, and how.
pub struct Fold<'a> {
    /// Which fold.
    pub kind: ReduceKind,
    /// Along which axis.
    pub axis: usize,
    /// Shape of the result.
    pub shape: &'a Shape,
}

/// The fold of `value`.
///
/// Errors: as `Lowering::chain`.
pub fn folded(lowering: &mut Lowering, value: &Value, fold: &Fold) -> Result<Value, Obstacle> {
    let op = match fold.kind {
        ReduceKind::Sum => ScalarOp::Add,
        ReduceKind::Max => ScalarOp::Max,
        ReduceKind::Min => ScalarOp::Min,
    };
    let extents = value.shape.extents();
    let (extent, partials) = (extents[fold.axis] as usize, fold.shape.extents()[fold.axis] as usize);
    let shape = *fold.shape;
    if extent == partials {
        return Ok(Value { shape, ..value.clone() });
    }
    if fold.axis + 1 == extents.len() {
        let order_shows = fold.kind == ReduceKind::Sum && value.dtype == DType::F32;
        let tiles = if order_shows || 1 < partials {
            along_lanes(lowering, value, op, (extent, partials))?
        } else {
            by_halves(lowering, value, op)?
        };
        return Ok(Value { dtype: value.dtype, shape, tiles: vec![tiles], clean: false });
    }
    let inner: usize = extents[fold.axis + 1..extents.len() - 1].iter().map(|&extent| extent as usize).product();
    let rows = shape.rows() as usize;
    // Step by step the row that each result takes, if it takes another.
    let taken = |row: usize, step: usize| {
        let (outer, partial, rest) = (row / inner / partials, row / inner % partials, row % inner);
        let place = extent % partials + partial;
        let at = place % partials + step * partials;
        (at < extent).then_some((outer * extent + at) * inner + rest)
    };
    let mut tiles = Vec::new();
    for tile in &value.tiles {
        let from = |row: usize| tile[taken(row, 0).expect("a fold has a first row")];
        let mut sums: Vec<Row> = (0..rows).map(from).collect();
        for step in 1..extent.div_ceil(partials) {
            let own: Vec<usize> = (0..rows).filter(|&row| taken(row, step).is_some()).collect();
            let before: Vec<Row> = own.iter().map(|&row| sums[row]).collect();
            let next: Vec<Row> = own.iter().filter_map(|&row| taken(row, step)).map(|row| tile[row]).collect();
            let after = computed(lowering, &[&before, &next], &[Step::new(op, &[From::List(0), From::List(1)])])?;
            own.iter().zip(after).for_each(|(&row, after)| sums[row] = after);
        }
        tiles.push(sums);
    }
    Ok(Value { dtype: value.dtype, shape, tiles, clean: false })
}

/// Interleaved folds of the lanes, in order. There are at most 255, so that all begin in the first tile.
fn along_lanes(
    lowering: &mut Lowering,
    value: &Value,
    op: ScalarOp,
    (extent, partials): (usize, usize),
) -> Result<Vec<Row>, Obstacle> {
    let lists: Vec<&[Row]> = value.tiles.iter().map(Vec::as_slice).collect();
    let mut rows = Vec::new();
    for run in runs(&lists) {
        let count = if run.is_steady { 1 } else { run.count };
        let mut sum: Option<Row> = None;
        for step in 0..extent.div_ceil(partials) {
            let lane_of = |result: usize| (extent % partials + result) % partials + step * partials;
            let lanes = (0..partials).map(|result| (result, lane_of(result)));
            let lanes: Vec<(usize, usize)> = lanes.filter(|(_, lane)| *lane < extent).collect();
            for (source, list) in lists.iter().enumerate() {
                let own = lanes.iter().filter(|(_, lane)| lane / LANES == source);
                let own: Vec<(usize, usize)> = own.map(|&(to, lane)| (to, lane % LANES)).collect();
                if !own.is_empty() {
                    let (start, is_one) = (list[run.first], 1 < count && stands(list, run));
                    let row = lowering.shuffled(start, if is_one { 1 } else { count }, completed(&own))?;
                    let row = if is_one { lowering.copied(Side::Row(row), count, &[])? } else { row };
                    sum = Some(folded_in(lowering, op, (sum, row), (&own, partials, count))?);
                }
            }
        }
        let row = sum.expect("a fold has a lane");
        rows.extend((0..run.count).map(|place| if run.is_steady { row } else { row.after(place) }));
    }
    Ok(rows)
}

/// `sum` with `row` folded into these of `results` lanes; what stands in a lane first is taken as it is.
fn folded_in(
    lowering: &mut Lowering,
    op: ScalarOp,
    (sum, row): (Option<Row>, Row),
    (own, results, count): (&[(usize, usize)], usize, usize),
) -> Result<Row, Obstacle> {
    let Some(sum) = sum else { return Ok(row) };
    let both = [Side::Rows(sum), Side::Rows(row)];
    if own.len() == results {
        return lowering.result(&[Link::kept(op, &both)], count);
    }
    let mask = lowering.mask(|lane| own.iter().any(|(to, _)| *to == lane));
    let others = lowering.mask(|lane| own.iter().all(|(to, _)| *to != lane));
    let folded = [Link::passing(op, &both), Link::kept(ScalarOp::Mask, &[Side::Before, Side::Row(mask)])];
    let folded = lowering.result(&folded, count)?;
    let kept = Link::passing(ScalarOp::Mask, &[Side::Rows(sum), Side::Row(others)]);
    lowering.result(&[kept, Link::kept(ScalarOp::Or, &[Side::Before, Side::Rows(folded)])], count)
}

/// The fold of all lanes to one, half of them at a time.
fn by_halves(lowering: &mut Lowering, value: &Value, op: ScalarOp) -> Result<Vec<Row>, Obstacle> {
    let mut sums: Option<Vec<Row>> = None;
    for (number, tile) in value.tiles.iter().enumerate() {
        let mut rows = Vec::new();
        for run in runs(&[tile]) {
            let count = if run.is_steady { 1 } else { run.count };
            let (mut row, mut lanes) = (tile[run.first], lanes_of(&value.shape, number));
            while 1 < lanes {
                let half = lanes.div_ceil(2);
                // The upper half comes down: a sum counts the lane in the middle once, a maximum may count it twice.
                let (from, own) = if op == ScalarOp::Add { (half, lanes - half) } else { (lanes - half, half) };
                let upper: Vec<(usize, usize)> = (0..own).map(|lane| (lane, lane + from)).collect();
                let upper = lowering.shuffled(row, count, completed(&upper))?;
                let folded = Link::kept(op, &[Side::Rows(row), Side::Rows(upper)]);
                row = if own == half {
                    lowering.result(&[folded], count)?
                } else {
                    let mask = lowering.mask(|lane| lane < own);
                    let masked = Link::passing(ScalarOp::Mask, &[Side::Rows(upper), Side::Row(mask)]);
                    lowering.result(&[masked, Link::kept(op, &[Side::Before, Side::Rows(row)])], count)?
                };
                lanes = half;
            }
            rows.extend((0..run.count).map(|place| if run.is_steady { row } else { row.after(place) }));
        }
        sums = Some(match sums {
            None => rows,
            Some(before) => computed(lowering, &[&before, &rows], &[Step::new(op, &[From::List(0), From::List(1)])])?,
        });
    }
    Ok(sums.expect("a value has a tile"))
}
