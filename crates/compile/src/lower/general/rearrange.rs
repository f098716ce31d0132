//! Elements in other places: what moves whole rows is no work, what moves lanes goes through the permuters.
//!
//! In: values, and for each element of the result the element that it is.  Out: the result's rows.
//! Invariant: every bit is kept, whatever the type; a row made of several has zeros where it has no lane.
//! Method: rows with the same pattern of lanes go together. Of each row that a result takes from, one bijection brings all lanes to where
//!     they are wanted, and masks join them. A lane wanted several times is copied by doubling. Where many rows give few lanes each, as in a
//!     transposition, each row is turned once for all results, and the result is turned back. Which element goes where says the
//!     reference evaluator, asked with numbers.

use super::hand::{Link, Lowering, Side};
use super::obstacle::Obstacle;
use super::value::{Row, Run, Value, lanes_of, runs, stands};
use crate::tables::LANES;
use graph::{Builder, Elements, Evaluator, Node, ScalarOp, Shape};
use std::collections::BTreeMap;

/// Most elements that are followed one by one.
pub const ELEMENTS_MAX: u64 = 1 << 22;
/// From how many rows on a result's rows are turned for all results at once.
const TURNED_MIN: usize = 4;

/// Lanes of a row: by lane which row it comes from, and from which lane of it.
type Pattern = Vec<(usize, usize)>;

/// Refuses what has too many elements to be followed.
pub fn followed(elements: u64) -> Result<(), Obstacle> {
    if ELEMENTS_MAX < elements { Err(Obstacle::Elements { found: elements, most: ELEMENTS_MAX }) } else { Ok(()) }
}

/// For each element of the node's result the element of its operands, one after the other, that it is.
pub fn origins(node: &Node, operands: &[&Shape]) -> Result<Vec<usize>, Obstacle> {
    followed(node.shape.elements().max(operands.iter().map(|shape| shape.elements()).sum()))?;
    let (mut build, mut first) = (Builder::new(), 0i32);
    let mut inputs = Vec::new();
    for shape in operands {
        let end = first + shape.elements() as i32;
        inputs.push(build.const_i32(shape.extents(), (first..end).collect()));
        first = end;
    }
    let wanted = graph::TensorType { dtype: graph::DType::I32, shape: node.shape };
    let moved = build.node(node.op.clone(), &inputs, &wanted);
    build.output("moved", moved);
    let (graph, nothing) = (build.finish(), BTreeMap::new());
    let mut evaluator = Evaluator::new(&graph, &nothing).expect("the operation was legal for another type");
    let mut outputs = evaluator.step(&BTreeMap::new()).expect("it has literals only");
    match outputs.remove("moved").map(graph::Tensor::into_elements) {
        Some(Elements::I32(numbers)) => Ok(numbers.into_iter().map(|number| number as usize).collect()),
        other => panic!("moved numbers are numbers, found {other:?}"),
    }
}

/// The value of this shape whose elements are those of `values`, one after the other, at `origins`.
///
/// Errors: as `Lowering::chain`.
pub fn rearranged(
    lowering: &mut Lowering,
    values: &[&Value],
    shape: &Shape,
    origins: &[usize],
) -> Result<Value, Obstacle> {
    let (rows, lanes) = (shape.rows() as usize, shape.lanes() as usize);
    let mut starts = vec![0];
    starts.extend(values.iter().scan(0, |end, value| {
        *end += value.shape.elements() as usize;
        Some(*end)
    }));
    let locate = |index: usize| {
        let value = starts.partition_point(|&start| start <= index) - 1;
        values[value].element(index - starts[value])
    };
    let (mut tiles, mut is_clean) = (Vec::new(), true);
    for tile in 0..Value::tiles_of(shape) {
        let own = lanes_of(shape, tile);
        let of_row = |row: usize| {
            let mut sources: Vec<Row> = Vec::new();
            let mut pattern = Pattern::new();
            for lane in 0..own {
                let (source, from) = locate(origins[row * lanes + tile * LANES + lane]);
                let number = sources.iter().position(|known| *known == source).unwrap_or(sources.len());
                if number == sources.len() {
                    sources.push(source);
                }
                pattern.push((number, from));
            }
            (pattern, sources)
        };
        let all: Vec<(Pattern, Vec<Row>)> = (0..rows).map(of_row).collect();
        let (made, clean) = tile_rows(lowering, &all)?;
        // A row taken as it is may hold more lanes than the result has.
        let is_narrower = values.iter().any(|value| !value.clean || own < lanes_of(&value.shape, 0));
        is_clean &= clean || !is_narrower;
        tiles.push(made);
    }
    Ok(Value { dtype: values[0].dtype, shape: *shape, tiles, clean: is_clean })
}

/// The rows of a tile, and whether all have zeros past their lanes, whatever their sources have there.
fn tile_rows(lowering: &mut Lowering, all: &[(Pattern, Vec<Row>)]) -> Result<(Vec<Row>, bool), Obstacle> {
    let (mut made, mut clean, mut first) = (Vec::new(), true, 0);
    while first < all.len() {
        let (pattern, sources) = &all[first];
        let end = (first..all.len()).find(|&row| all[row].0 != *pattern).unwrap_or(all.len());
        let lists: Vec<Vec<Row>> =
            (0..sources.len()).map(|source| all[first..end].iter().map(|(_, rows)| rows[source]).collect()).collect();
        if pattern.iter().enumerate().all(|(lane, from)| *from == (0, lane)) {
            made.extend_from_slice(&lists[0]);
            clean = false;
        } else {
            let borrowed: Vec<&[Row]> = lists.iter().map(Vec::as_slice).collect();
            for run in runs(&borrowed) {
                let count = if run.is_steady { 1 } else { run.count };
                let (row, is_clean) = moved(lowering, (&borrowed, pattern), (run, count))?;
                clean &= is_clean;
                made.extend((0..run.count).map(|place| if run.is_steady { row } else { row.after(place) }));
            }
        }
        first = end;
    }
    Ok((made, clean))
}

/// Rows of a run, and whether they have zeros past their lanes.
fn moved(
    lowering: &mut Lowering,
    (lists, pattern): (&[&[Row]], &Pattern),
    (run, count): (Run, usize),
) -> Result<(Row, bool), Obstacle> {
    // Lanes that no lane before is the same as.
    let is_first = |lane: &usize| !pattern[..*lane].contains(&pattern[*lane]);
    let firsts: Vec<usize> = (0..pattern.len()).filter(is_first).collect();
    let is_repeated = firsts.len() < pattern.len();
    let turn = turns(pattern, &firsts, lists.len());
    let mut joined: Option<Row> = None;
    for (source, list) in lists.iter().enumerate() {
        let own: Vec<(usize, usize)> =
            firsts.iter().filter(|&&lane| pattern[lane].0 == source).map(|&lane| (lane, pattern[lane].1)).collect();
        let back = turn.unwrap_or(0);
        let own: Vec<(usize, usize)> = own.iter().map(|&(lane, from)| ((lane + LANES - back) % LANES, from)).collect();
        let is_one = 1 < count && stands(list, run);
        let map = if turn.is_some() { rotation(own[0]) } else { completed(&own) };
        let row = lowering.shuffled(list[run.first], if is_one { 1 } else { count }, map)?;
        if lists.len() == 1 && !is_repeated {
            return Ok((spread(lowering, row, (is_one, count))?, false));
        }
        let mask = lowering.mask(|lane| own.iter().any(|(to, _)| *to == lane));
        let row = if is_one { Side::Row(row) } else { Side::Rows(row) };
        let masked = [row, Side::Row(mask)];
        joined = Some(match joined {
            None => lowering.result(&[Link::kept(ScalarOp::Mask, &masked)], count)?,
            Some(before) => {
                let or = Link::kept(ScalarOp::Or, &[Side::Before, Side::Rows(before)]);
                lowering.result(&[Link::passing(ScalarOp::Mask, &masked), or], count)?
            }
        });
    }
    let mut row = joined.expect("a row comes from somewhere");
    if let Some(back) = turn {
        row = lowering.shuffled(row, count, rotation((back, 0)))?;
    }
    Ok((repeated(lowering, row, (pattern, firsts), count)?, true))
}

/// One row for all of a run that does not stand as a whole is written once for each.
fn spread(lowering: &mut Lowering, row: Row, (is_one, count): (bool, usize)) -> Result<Row, Obstacle> {
    if is_one { lowering.copied(Side::Row(row), count, &[]) } else { Ok(row) }
}

/// By how much a result is turned at the end where every row gives lanes by one turn, and there are many.
fn turns(pattern: &Pattern, firsts: &[usize], sources: usize) -> Option<usize> {
    let turn = |lane: usize| (lane + LANES - pattern[lane].1) % LANES;
    let mut by_source: Vec<Option<usize>> = vec![None; sources];
    for &lane in firsts {
        let known = by_source[pattern[lane].0].get_or_insert(turn(lane));
        if *known != turn(lane) {
            return None;
        }
    }
    by_source[0].filter(|_| TURNED_MIN <= sources)
}

/// Lanes copied within a row until all are there.
fn repeated(
    lowering: &mut Lowering,
    mut row: Row,
    (pattern, mut filled): (&Pattern, Vec<usize>),
    count: usize,
) -> Result<Row, Obstacle> {
    while filled.len() < pattern.len() {
        let (mut free, mut steps) = (filled.clone(), Vec::new());
        for lane in (0..pattern.len()).filter(|lane| !filled.contains(lane)) {
            if let Some(place) = free.iter().position(|&from| pattern[from] == pattern[lane]) {
                steps.push((lane, free.swap_remove(place)));
            }
        }
        let shuffled = lowering.shuffled(row, count, completed(&steps))?;
        let mask = lowering.mask(|lane| steps.iter().any(|(to, _)| *to == lane));
        let masked = Link::passing(ScalarOp::Mask, &[Side::Rows(shuffled), Side::Row(mask)]);
        let or = Link::kept(ScalarOp::Or, &[Side::Before, Side::Rows(row)]);
        row = lowering.result(&[masked, or], count)?;
        filled.extend(steps.iter().map(|(to, _)| *to));
    }
    Ok(row)
}

/// The turn that brings a lane to another.
fn rotation((to, from): (usize, usize)) -> Vec<u16> {
    (0..LANES).map(|lane| ((lane + from + LANES - to) % LANES) as u16).collect()
}

/// A bijection with these lanes, target and source, all others anywhere.
pub fn completed(lanes: &[(usize, usize)]) -> Vec<u16> {
    let (mut map, mut used) = (vec![None; LANES], [false; LANES]);
    for &(to, from) in lanes {
        map[to] = Some(from as u16);
        used[from] = true;
    }
    let mut left = (0..LANES).filter(|&lane| !used[lane]).map(|lane| lane as u16);
    map.into_iter().map(|from| from.or_else(|| left.next()).expect("as many lanes are left as places")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completed_map_is_a_bijection_with_the_lanes_that_were_asked_for() {
        let map = completed(&[(3, 7), (0, 3), (319, 0)]);
        assert_eq!((map[3], map[0], map[319]), (7, 3, 0));
        assert!(program::LaneMap { from: map }.is_bijection());
        assert_eq!(rotation((5, 2))[5], 2);
    }

    #[test]
    fn rows_of_a_transposition_are_turned() {
        // Lane l of the result is lane 2 of row l.
        let pattern: Pattern = (0..6).map(|row| (row, 2)).collect();
        let firsts: Vec<usize> = (0..6).collect();
        assert_eq!(turns(&pattern, &firsts, 6), Some(LANES - 2));
        assert_eq!(turns(&pattern[..3].to_vec(), &firsts[..3], 3), None, "few rows are joined as they are");
    }
}
