//! Rows that data names: read and replaced.
//!
//! In: a table, an index in lane 0 of a row.  Out: the row, or the table with another one.
//! Invariant: whatever the index is, no address follows from it: every row of the table is looked at.
//! Method: the index goes to all lanes; where it equals a row's number, that row stays, and all others become zero. So the index may be
//!     computed, and the time does not depend on it.

use super::hand::Lowering;
use super::obstacle::Obstacle;
use super::pointwise::{From, Step, computed};
use super::rearrange::rearranged;
use super::value::{Row, Value};
use crate::tables::LANES;
use graph::{ScalarOp, Shape};

/// The index in every lane.
fn everywhere(lowering: &mut Lowering, index: &Value) -> Result<Row, Obstacle> {
    let word = Shape::new(&[LANES as u32]).expect("a word has lanes");
    Ok(rearranged(lowering, &[index], &word, &[0; LANES])?.tiles[0][0])
}

/// Rows of the first axis: how many, and of how many rows each.
fn parts(table: &Value) -> (usize, usize) {
    let count = table.shape.extents()[0] as usize;
    (count, table.shape.rows() as usize / count)
}

/// What of `table` the index names, in the shape of one row of the first axis.
///
/// Errors: as `Lowering::chain`.
pub fn gathered(lowering: &mut Lowering, table: &Value, index: &Value, shape: &Shape) -> Result<Value, Obstacle> {
    let index = everywhere(lowering, index)?;
    let (count, rows) = parts(table);
    let mut tiles = Vec::new();
    for tile in &table.tiles {
        let mut found: Option<Vec<Row>> = None;
        for number in 0..count {
            let own = &tile[number * rows..(number + 1) * rows];
            let is_it = Step::new(ScalarOp::Equal, &[From::Row(index), From::Literal(number as u32)]);
            let kept = Step::new(ScalarOp::Mask, &[From::List(0), From::Step(0)]);
            found = Some(match &found {
                None => computed(lowering, &[own], &[is_it, kept])?,
                Some(before) => {
                    let joined = Step::new(ScalarOp::Or, &[From::Step(1), From::List(1)]);
                    computed(lowering, &[own, before], &[is_it, kept, joined])?
                }
            });
        }
        tiles.push(found.expect("a table has a row"));
    }
    Ok(Value { dtype: table.dtype, shape: *shape, tiles, clean: table.clean })
}

/// `table` with what the index names replaced by `row`.
///
/// Errors: as `Lowering::chain`.
pub fn scattered(lowering: &mut Lowering, table: &Value, row: &Value, index: &Value) -> Result<Value, Obstacle> {
    let index = everywhere(lowering, index)?;
    let (count, rows) = parts(table);
    let mut tiles = Vec::new();
    for (tile, new) in table.tiles.iter().zip(&row.tiles) {
        let mut made = Vec::new();
        for number in 0..count {
            let own = &tile[number * rows..(number + 1) * rows];
            let steps = [
                Step::new(ScalarOp::Equal, &[From::Row(index), From::Literal(number as u32)]),
                Step::new(ScalarOp::Mask, &[From::List(1), From::Step(0)]),
                Step::new(ScalarOp::Equal, &[From::Step(0), From::Literal(0)]),
                Step::new(ScalarOp::Mask, &[From::List(0), From::Step(2)]),
                Step::new(ScalarOp::Or, &[From::Step(3), From::Step(1)]),
            ];
            made.extend(computed(lowering, &[own, new], &steps)?);
        }
        tiles.push(made);
    }
    Ok(Value { tiles, clean: table.clean && row.clean, ..table.clone() })
}
