//! Proofs of folds: reductions, arg-maxima, norms, softmax.
//!
//! In: small matrices.  Out: cases; what is expected is folded row by row.
//! Invariant: arg-maxima take the first of equal elements, as ONNX does.

use crate::case::{Case, Make, Numbers};
use crate::pointwise::logarithm;
use graph::expr::immediate;
use graph::{Arg, Builder, Expr, NodeId, ReduceKind, ScalarOp};

const X: Arg = Arg::Input(0);
const Y: Arg = Arg::Input(1);

/// All cases.
pub fn cases() -> Vec<Case> {
    [plain(), others(), scaled(), truths(), indices(), norms(), shares()].into_iter().flatten().collect()
}

/// A fold of each row of `[3, 5]`.
fn by_row(
    operator: &'static str,
    make_it: impl Fn(&mut Builder, NodeId) -> NodeId,
    function: impl Fn(&[f64]) -> Numbers,
) -> Case {
    let mut make = Make::default();
    let (x, numbers) = make.real(&[3, 5]);
    let y = make_it(&mut make.build, x);
    make.done(operator, y, numbers.chunks(5).flat_map(function).collect())
}

fn sum(row: &[f64]) -> f64 {
    row.iter().sum()
}

fn mean(row: &[f64]) -> f64 {
    sum(row) / row.len() as f64
}

fn variance(row: &[f64]) -> f64 {
    let mean = mean(row);
    row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / row.len() as f64
}

fn greatest(row: &[f64]) -> f64 {
    row.iter().copied().fold(f64::MIN, f64::max)
}

fn plain() -> Vec<Case> {
    let fold = |kind| move |build: &mut Builder, x| build.reduce(kind, x, 1);
    vec![
        by_row("sum", fold(ReduceKind::Sum), |row| vec![sum(row)]),
        by_row("amax", fold(ReduceKind::Max), |row| vec![greatest(row)]),
        by_row("amin", fold(ReduceKind::Min), |row| vec![row.iter().copied().fold(f64::MAX, f64::min)]),
    ]
}

/// What no fold does: products, and an order.
fn others() -> Vec<Case> {
    // A tree of products over four rows.
    let mut make = Make::default();
    let (x, numbers) = make.real(&[4, 3]);
    let rows = [0, 1, 2, 3].map(|row| make.build.rows(x, row, 1));
    let mut expr = Expr::default();
    let left = expr.push(ScalarOp::Mul, &[X, Y]);
    let right = expr.push(ScalarOp::Mul, &[Arg::Input(2), Arg::Input(3)]);
    expr.push(ScalarOp::Mul, &[left, right]);
    let y = make.build.map(expr, &rows);
    let product = make.done("prod", y, (0..3).map(|at| numbers.iter().skip(at).step_by(3).product()).collect());

    // Odd-even exchange: in every round each lane meets a neighbour and keeps the less or the greater of the two.
    let sorted = |build: &mut Builder, x: NodeId| {
        let rounds: [([u16; 5], [i32; 5]); 2] =
            [([1, 0, 3, 2, 4], [1, 0, 1, 0, 1]), ([0, 2, 1, 4, 3], [1, 1, 0, 1, 0])];
        (0..5).fold(x, |x, round| {
            let (neighbours, keeps_less) = &rounds[round % 2];
            let other = build.permute_lanes(x, neighbours);
            let keeps_less = build.const_i32(&[3, 5], [keeps_less; 3].into_iter().flatten().copied().collect());
            let mut expr = Expr::default();
            let less = expr.push(ScalarOp::Min, &[X, Y]);
            let greater = expr.push(ScalarOp::Max, &[X, Y]);
            expr.push(ScalarOp::Select, &[Arg::Input(2), less, greater]);
            build.map(expr, &[x, other, keeps_less])
        })
    };
    let ascending = |row: &[f64]| {
        let mut row = row.to_vec();
        row.sort_by(f64::total_cmp);
        row
    };
    vec![product, by_row("sort", sorted, ascending)]
}

/// `x` less the mean of its row, `[3, 5]`.
fn centred(build: &mut Builder, x: NodeId) -> NodeId {
    let extents = build.shape(x).extents().to_vec();
    let total = build.reduce(ReduceKind::Sum, x, 1);
    let mean = build.scale(total, 1.0 / extents[1] as f32);
    let mean = build.broadcast(mean, &extents);
    build.sub(x, mean)
}

fn scaled() -> Vec<Case> {
    let average = |build: &mut Builder, x| {
        let total = build.reduce(ReduceKind::Sum, x, 1);
        build.scale(total, 0.2)
    };
    let spread = |build: &mut Builder, x| {
        let centred = centred(build, x);
        let squares = build.mul(centred, centred);
        let total = build.reduce(ReduceKind::Sum, squares, 1);
        build.scale(total, 0.25)
    };
    let length = |build: &mut Builder, x| {
        let squares = build.mul(x, x);
        let total = build.reduce(ReduceKind::Sum, squares, 1);
        let mut expr = Expr::default();
        let root = expr.push(ScalarOp::Rsqrt, &[X]);
        expr.push(ScalarOp::Mul, &[X, root]);
        build.map(expr, &[total])
    };
    vec![
        by_row("mean", average, |row| vec![mean(row)]),
        // ATen's default divides by one less than there are.
        by_row("var", spread, |row| vec![variance(row) * 5.0 / 4.0]),
        by_row("linalg_vector_norm", length, |row| vec![row.iter().map(|x| x * x).sum::<f64>().sqrt()]),
    ]
}

fn truths() -> Vec<Case> {
    let cases = [("any", ReduceKind::Max), ("all", ReduceKind::Min)];
    let case = |(operator, kind): (&'static str, ReduceKind)| {
        let rows = [[0, 0, 0], [0, 1, 0], [1, 1, 1]];
        let mut make = Make::default();
        let x = make.whole(&[3, 3], rows.as_flattened());
        let y = make.build.reduce(kind, x, 1);
        let fold = |row: &[i32; 3]| if kind == ReduceKind::Max { row.contains(&1) } else { !row.contains(&0) };
        make.done(operator, y, rows.iter().map(|row| f64::from(u8::from(fold(row)))).collect())
    };
    cases.map(case).into_iter().collect()
}

/// The first place of the greatest number of each row, `[rows, 1]` i32, with that number.
pub fn first_greatest(build: &mut Builder, x: NodeId) -> (NodeId, NodeId) {
    let extents = build.shape(x).extents().to_vec();
    let found = build.reduce(ReduceKind::Max, x, 1);
    let everywhere = build.broadcast(found, &extents);
    let places = build.const_i32(&[1, extents[1]], (0..extents[1] as i32).collect());
    let places = build.broadcast(places, &extents);
    let mut expr = Expr::default();
    let reached = expr.push(ScalarOp::LessEqual, &[Y, X]);
    expr.push(ScalarOp::Select, &[reached, Arg::Input(2), Arg::Immediate(i32::MAX as u32)]);
    let candidates = build.map(expr, &[x, everywhere, places]);
    (build.reduce(ReduceKind::Min, candidates, 1), found)
}

fn indices() -> Vec<Case> {
    let place = |row: &[f64]| row.iter().position(|x| *x == greatest(row)).expect("it is there") as f64;
    let first = |build: &mut Builder, x| first_greatest(build, x).0;
    let two = |build: &mut Builder, x| {
        let (place, value) = first_greatest(build, x);
        let extents = build.shape(x).extents().to_vec();
        let place = build.broadcast(place, &extents);
        let places = build.const_i32(&[1, 5], (0..5).collect());
        let places = build.broadcast(places, &extents);
        let mut expr = Expr::default();
        let difference = expr.push(ScalarOp::Xor, &[Y, Arg::Input(2)]);
        expr.push(ScalarOp::Select, &[difference, X, immediate(f32::NEG_INFINITY)]);
        let rest = build.map(expr, &[x, place, places]);
        let second = build.reduce(ReduceKind::Max, rest, 1);
        build.copy(1, &[value, second])
    };
    let best = |row: &[f64]| {
        let mut row = row.to_vec();
        row.sort_by(|x, y| y.total_cmp(x));
        row[..2].to_vec()
    };
    vec![by_row("argmax", first, |row| vec![place(row)]), by_row("topk", two, best)]
}

/// `x * rsqrt(scale * sum of squares + 1e-5)` by row.
fn normal(build: &mut Builder, x: NodeId) -> NodeId {
    let extents = build.shape(x).extents().to_vec();
    let squares = build.mul(x, x);
    let total = build.reduce(ReduceKind::Sum, squares, 1);
    let mut expr = Expr::default();
    let mean = expr.push(ScalarOp::Mul, &[X, immediate(1.0 / extents[1] as f32)]);
    let positive = expr.push(ScalarOp::Add, &[mean, immediate(1e-5)]);
    expr.push(ScalarOp::Rsqrt, &[positive]);
    let factor = build.map(expr, &[total]);
    let factor = build.broadcast(factor, &extents);
    build.mul(x, factor)
}

fn norms() -> Vec<Case> {
    let standard =
        |row: &[f64]| -> Numbers { row.iter().map(|x| (x - mean(row)) / (variance(row) + 1e-5).sqrt()).collect() };
    let whole = |build: &mut Builder, x| {
        let centred = centred(build, x);
        normal(build, centred)
    };
    let mut cases = vec![by_row("layer_norm", whole, standard)];

    // Two groups of two channels with three elements each; gain and shift per channel.
    let mut make = Make::default();
    let (x, numbers) = make.real(&[4, 3]);
    let ((gain, factors), (shift, added)) = (make.real(&[4, 1]), make.real(&[4, 1]));
    let groups = make.build.reshape(x, &[2, 6]);
    let groups = whole(&mut make.build, groups);
    let y = make.build.reshape(groups, &[4, 3]);
    let [gain, shift] = [gain, shift].map(|node| make.build.broadcast(node, &[4, 3]));
    let y = make.build.mul(y, gain);
    let y = make.build.add(y, shift);
    let expected = numbers.chunks(6).flat_map(standard).enumerate().map(|(at, x)| x * factors[at / 3] + added[at / 3]);
    cases.push(make.done("group_norm", y, expected.collect()));

    let mut make = Make::default();
    let ((x, numbers), (gain, factors)) = (make.real(&[3, 5]), make.real(&[5]));
    let y = make.build.rms_norm(x, gain, 1e-5);
    let root = |row: &[f64]| -> Numbers {
        let root = (row.iter().map(|x| x * x).sum::<f64>() / 5.0 + 1e-5).sqrt();
        row.iter().zip(&factors).map(|(x, gain)| x / root * gain).collect()
    };
    cases.push(make.done("rms_norm", y, numbers.chunks(5).flat_map(root).collect()));

    // In inference mean and variance are numbers: gain and shift per channel remain.
    let mut make = Make::default();
    let ((x, numbers), (gain, factors), (shift, added)) = (make.real(&[3, 5]), make.real(&[1, 5]), make.real(&[1, 5]));
    let [gain, shift] = [gain, shift].map(|node| make.build.broadcast(node, &[3, 5]));
    let y = make.build.mul(x, gain);
    let y = make.build.add(y, shift);
    let expected = numbers.iter().enumerate().map(|(at, x)| x * factors[at % 5] + added[at % 5]).collect();
    cases.push(make.done("batch_norm", y, expected));
    cases
}

fn shares() -> Vec<Case> {
    let softmax = |row: &[f64]| -> Numbers {
        let powers: Numbers = row.iter().map(|x| (x - greatest(row)).exp()).collect();
        powers.iter().map(|power| power / sum(&powers)).collect()
    };
    let logarithms = |build: &mut Builder, x: NodeId| {
        let extents = build.shape(x).extents().to_vec();
        let greatest = build.reduce(ReduceKind::Max, x, 1);
        let greatest = build.broadcast(greatest, &extents);
        let below = build.sub(x, greatest);
        let powers = build.scalar(ScalarOp::Exp, &[below]);
        let total = build.reduce(ReduceKind::Sum, powers, 1);
        let mut expr = Expr::default();
        logarithm(&mut expr, X);
        let total = build.map(expr, &[total]);
        let total = build.broadcast(total, &extents);
        build.sub(below, total)
    };
    let of_shares = move |row: &[f64]| softmax(row).iter().map(|share| share.ln()).collect();
    vec![by_row("softmax", |build, x| build.softmax(x), softmax), by_row("log_softmax", logarithms, of_shares)]
}
