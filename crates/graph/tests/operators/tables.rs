//! Proofs of operators whose addresses are data, of running sums and of quantisation.
//!
//! In: small tables and indices.  Out: cases; what is expected is read and written index by index.
//! Invariant: an index names a row; several indices are several operations, because each is an address of its own.

use crate::case::{Case, Make, product};
use graph::expr::immediate;
use graph::{Arg, Builder, Expr, NodeId, ScalarOp};

const X: Arg = Arg::Input(0);

/// All cases.
pub fn cases() -> Vec<Case> {
    [reads(), angles(), writes(), sums(), quantised()].into_iter().flatten().collect()
}

/// Number `at` of a list of indices, as i32 `[1]`.
fn index(build: &mut Builder, list: NodeId, at: u32) -> NodeId {
    let one = build.rows(list, at, 1);
    build.reshape(one, &[1])
}

/// The rows that two indices name.
fn two_rows(build: &mut Builder, table: NodeId, list: NodeId) -> NodeId {
    let rows = [0, 1].map(|at| {
        let index = index(build, list, at);
        build.gather(table, index)
    });
    build.copy(0, &rows)
}

fn reads() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["embedding", "index_select"] {
        let mut make = Make::default();
        let (table, numbers) = make.real(&[4, 3]);
        let list = make.whole(&[2], &[3, 1]);
        let y = two_rows(&mut make.build, table, list);
        cases.push(make.within(0.0, name, y, [&numbers[9..12], &numbers[3..6]].concat()));
    }
    // Each element of [2, 2] comes from its own row and the column named: place 2 * row + column of a flat table.
    let mut make = Make::default();
    let (table, numbers) = make.real(&[2, 2]);
    let columns = [1, 0, 0, 0];
    let list = make.whole(&[4], &columns);
    let rows = make.build.const_i32(&[4], vec![0, 0, 2, 2]);
    let places = make.build.scalar(ScalarOp::Add, &[list, rows]);
    let y = elements(&mut make.build, table, places);
    let expected = (0..4).map(|at| numbers[at / 2 * 2 + columns[at] as usize]).collect();
    cases.push(make.within(0.0, "gather", y, expected));

    // Each pair of numbers names a row and a column.
    let mut make = Make::default();
    let (table, numbers) = make.real(&[2, 2]);
    let (rows, columns) = (make.whole(&[4], &[1, 0, 1, 0]), make.whole(&[4], &[0, 0, 1, 1]));
    let mut expr = Expr::default();
    let start = expr.push(ScalarOp::Mul, &[X, Arg::Immediate(2)]);
    expr.push(ScalarOp::Add, &[start, Arg::Input(1)]);
    let places = make.build.map(expr, &[rows, columns]);
    let y = elements(&mut make.build, table, places);
    cases.push(make.within(0.0, "index", y, vec![numbers[2], numbers[0], numbers[3], numbers[1]]));
    cases
}

/// An operator and the function that it is.
type Named = (&'static str, fn(f64) -> f64);

/// Angles are positions times two frequencies; the table has a row a position.
fn angles() -> Vec<Case> {
    let functions: [Named; 2] = [("sin (of a position)", f64::sin), ("cos (of a position)", f64::cos)];
    let case = |(name, function): Named| {
        let values = |position: u32| [1.0, 0.01].map(|frequency| function(f64::from(position) * frequency));
        let mut make = Make::default();
        let position = make.whole(&[1], &[5]);
        let table = make.build.const_f32(&[8, 2], (0..8).flat_map(values).map(|value| value as f32).collect());
        let y = make.build.gather(table, position);
        make.done(name, y, values(5).to_vec())
    };
    functions.map(case).into()
}

/// The four elements of a table of four that a list of places names.
fn elements(build: &mut Builder, table: NodeId, places: NodeId) -> NodeId {
    let flat = build.reshape(table, &[4, 1]);
    let parts = [0, 1, 2, 3].map(|at| {
        let index = index(build, places, at);
        build.gather(flat, index)
    });
    build.copy(0, &parts)
}

fn writes() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["index_put", "index_copy"] {
        let mut make = Make::default();
        let ((table, numbers), (row, new)) = (make.real(&[3, 2]), make.real(&[1, 2]));
        let at = make.whole(&[1], &[1]);
        let y = make.build.scatter(table, row, at);
        cases.push(make.within(0.0, name, y, [&numbers[..2], &new, &numbers[4..]].concat()));
    }
    let mut make = Make::default();
    let ((table, numbers), (row, new)) = (make.real(&[3, 2]), make.real(&[1, 2]));
    let at = make.whole(&[1], &[2]);
    let old = make.build.gather(table, at);
    let sum = make.build.add(old, row);
    let y = make.build.scatter(table, sum, at);
    let last = [numbers[4] + new[0], numbers[5] + new[1]];
    cases.push(make.done("index_add", y, [&numbers[..4], &last].concat()));

    // Two elements go to the places named in a flat table of four.
    let mut make = Make::default();
    let ((table, numbers), (values, new)) = (make.real(&[2, 2]), make.real(&[2, 1]));
    let columns = make.whole(&[2], &[1, 0]);
    let rows = make.build.const_i32(&[2], vec![0, 2]);
    let places = make.build.scalar(ScalarOp::Add, &[columns, rows]);
    let mut flat = make.build.reshape(table, &[4, 1]);
    for at in 0..2 {
        let (value, place) = (make.build.rows(values, at, 1), index(&mut make.build, places, at));
        flat = make.build.scatter(flat, value, place);
    }
    let y = make.build.reshape(flat, &[2, 2]);
    cases.push(make.within(0.0, "scatter", y, vec![numbers[0], new[0], new[1], numbers[3]]));
    cases
}

fn sums() -> Vec<Case> {
    let mut make = Make::default();
    let (x, numbers) = make.real(&[2, 4]);
    let ones: Vec<f32> = (0..16).map(|at| if at % 4 <= at / 4 { 1.0 } else { 0.0 }).collect();
    let triangle = make.build.const_f32(&[4, 4], ones);
    let y = make.build.matmul(x, triangle);
    let expected = (0..8).map(|at| numbers[at / 4 * 4..=at].iter().sum()).collect();
    vec![make.done("cumsum", y, expected)]
}

/// A number in steps of a quarter, rounded and kept within i8.
fn rounded(expr: &mut Expr) -> Arg {
    let scaled = expr.push(ScalarOp::Mul, &[X, immediate(4.0)]);
    let nearest = expr.push(ScalarOp::F32ToI32, &[scaled]);
    let above = expr.push(ScalarOp::Max, &[nearest, Arg::Immediate(-128i32 as u32)]);
    expr.push(ScalarOp::Min, &[above, Arg::Immediate(127)])
}

fn quantised() -> Vec<Case> {
    let mut make = Make::default();
    let x = make.given(&[1, 5], &[0.3, -1.5, 0.125, 900.0, -900.0]);
    let mut expr = Expr::default();
    rounded(&mut expr);
    let whole = make.build.map(expr, &[x]);
    let y = make.build.digits(whole, 1);
    let mut cases = vec![make.within(0.0, "quantize_per_tensor", y, vec![1.0, -6.0, 0.0, 127.0, -128.0])];

    let mut make = Make::default();
    let x = make.bytes(&[1, 3], &[-128, 5, 127]);
    let mut expr = Expr::default();
    let whole = expr.push(ScalarOp::I8ToI32, &[X]);
    let real = expr.push(ScalarOp::I32ToF32, &[whole]);
    expr.push(ScalarOp::Mul, &[real, immediate(0.25)]);
    let y = make.build.map(expr, &[x]);
    cases.push(make.within(0.0, "dequantize", y, vec![-32.0, 1.25, 31.75]));

    // An f32 row is quantised, contracted with int8 weights in i32, and scaled back.
    let mut make = Make::default();
    let (x, numbers) = make.real(&[1, 3]);
    let weights = [3i8, -7, 100, 0, 1, -128];
    let w = make.bytes(&[2, 3], &weights);
    let mut expr = Expr::default();
    rounded(&mut expr);
    let whole = make.build.map(expr, &[x]);
    let bytes = make.build.digits(whole, 1);
    let sums = make.build.matmul(bytes, w);
    let mut expr = Expr::default();
    let real = expr.push(ScalarOp::I32ToF32, &[X]);
    expr.push(ScalarOp::Mul, &[real, immediate(0.25 * 0.5)]);
    let y = make.build.map(expr, &[sums]);
    // Quarters are what the inputs come in: quantising loses nothing.
    let weights: Vec<f64> = weights.iter().map(|weight| f64::from(*weight) * 0.5).collect();
    cases.push(make.within(0.0, "quantized linear", y, product(&numbers, &weights, 3)));
    cases
}
