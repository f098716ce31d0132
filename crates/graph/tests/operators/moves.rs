//! Proofs of operators that move, repeat and make numbers and compute none.
//!
//! In: small tensors.  Out: cases; what is expected is written index by index.
//! Invariant: nothing is rounded: every tolerance is 0.

use crate::case::{Case, Make, Numbers};
use graph::expr::immediate;
use graph::{Arg, Builder, Expr, NodeId, ScalarOp};

/// All cases.
pub fn cases() -> Vec<Case> {
    [views(), turns(), repeats(), regions(), shifted(), made(), enlarged()].into_iter().flatten().collect()
}

/// An operator on `[3, 4]` that gives the elements at these indices.
fn picked(
    operator: &'static str,
    make_it: impl Fn(&mut Builder, NodeId) -> NodeId,
    indices: impl IntoIterator<Item = usize>,
) -> Case {
    let mut make = Make::default();
    let (x, numbers) = make.real(&[3, 4]);
    let y = make_it(&mut make.build, x);
    make.within(0.0, operator, y, indices.into_iter().map(|index| numbers[index]).collect())
}

fn views() -> Vec<Case> {
    let shapes: [(&str, &[u32]); 5] =
        [("view", &[2, 6]), ("reshape", &[4, 3]), ("flatten", &[12]), ("squeeze", &[3, 4]), ("unsqueeze", &[1, 3, 4])];
    let mut cases: Vec<Case> =
        shapes.iter().map(|(name, extents)| picked(name, |build, x| build.reshape(x, extents), 0..12)).collect();
    for name in ["dropout", "alias", "contiguous", "detach", "clone"] {
        cases.push(picked(name, |_, x| x, 0..12));
    }
    let half = |build: &mut Builder, x: NodeId| {
        let apart = build.reshape(x, &[2, 6]);
        build.rows(apart, 1, 1)
    };
    cases.push(picked("slice (halves)", half, 6..12));
    cases.push(picked("narrow", |build, x| build.rows(x, 1, 2), 4..12));
    cases
}

fn turns() -> Vec<Case> {
    let order = (0..4).flat_map(|column| (0..3).map(move |row| row * 4 + column));
    let mut cases: Vec<Case> =
        ["t", "transpose"].map(|name| picked(name, |build, x| build.permute_axes(x, &[1, 0]), order.clone())).into();
    let mut make = Make::default();
    let (x, numbers) = make.real(&[2, 2, 3]);
    let y = make.build.permute_axes(x, &[1, 2, 0]);
    let expected = (0..12).map(|at| numbers[at % 2 * 6 + at / 6 * 3 + at / 2 % 3]).collect();
    cases.push(make.within(0.0, "permute", y, expected));

    // Two channels out of eight, each the pixels of a 2 x 2 block: channel by channel, because four axes are the most.
    let mut make = Make::default();
    let (x, numbers) = make.real(&[8, 2, 3]);
    let channels = [0, 4].map(|first| {
        let block = make.build.rows(x, first, 4);
        let block = make.build.reshape(block, &[2, 2, 2, 3]);
        let block = make.build.permute_axes(block, &[2, 0, 3, 1]);
        make.build.reshape(block, &[1, 4, 6])
    });
    let y = make.build.copy(0, &channels);
    let pixel = |at: usize| {
        let (c, row, column) = (at / 24, at / 6 % 4, at % 6);
        numbers[(c * 4 + row % 2 * 2 + column % 2) * 6 + row / 2 * 3 + column / 2]
    };
    cases.push(make.within(0.0, "pixel_shuffle", y, (0..48).map(pixel).collect()));
    cases
}

fn repeats() -> Vec<Case> {
    let mut make = Make::default();
    let (x, numbers) = make.real(&[3, 1]);
    let y = make.build.broadcast(x, &[3, 4]);
    let mut cases = vec![make.within(0.0, "expand", y, (0..12).map(|at| numbers[at / 4]).collect())];
    let twice = |build: &mut Builder, x: NodeId| {
        let one = build.reshape(x, &[1, 12]);
        build.broadcast(one, &[2, 12])
    };
    for name in ["repeat", "tile"] {
        cases.push(picked(name, twice, (0..24).map(|at| at % 12)));
    }
    let each = |build: &mut Builder, x: NodeId| {
        let apart = build.reshape(x, &[3, 1, 4]);
        build.broadcast(apart, &[3, 2, 4])
    };
    cases.push(picked("repeat_interleave", each, (0..24).map(|at| at / 8 * 4 + at % 4)));
    cases
}

fn regions() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, axis) in [("cat", 1), ("stack", 0)] {
        let mut make = Make::default();
        let ((a, first), (b, second)) = (make.real(&[1, 3]), make.real(&[1, 3]));
        let y = make.build.copy(axis, &[a, b]);
        cases.push(make.within(0.0, name, y, [first, second].concat()));
    }
    for name in ["split", "chunk"] {
        // The second of three parts.
        cases.push(picked(name, |build, x| build.rows(x, 1, 1), 4..8));
    }
    // Every other row.
    cases.push(picked("slice", |build, x| build.window(x, 1, 2), (0..4).chain(8..12)));
    cases.push(picked("select", |build, x| build.rows(x, 2, 1), 8..12));
    cases
}

fn shifted() -> Vec<Case> {
    let border = |build: &mut Builder, x: NodeId| {
        let line = build.const_f32(&[1, 4], vec![0.5; 4]);
        build.copy(0, &[line, x, line])
    };
    let mut make = Make::default();
    let (x, numbers) = make.real(&[3, 4]);
    let y = border(&mut make.build, x);
    let expected: Numbers = [vec![0.5; 4], numbers, vec![0.5; 4]].concat();
    let mut cases = vec![make.within(0.0, "pad", y, expected)];
    let rolled = |build: &mut Builder, x: NodeId| {
        let (low, high) = (build.rows(x, 0, 2), build.rows(x, 2, 1));
        build.copy(0, &[high, low])
    };
    cases.push(picked("roll", rolled, (8..12).chain(0..8)));
    let flipped = (0..12).map(|at| at / 4 * 4 + 3 - at % 4);
    cases.push(picked("flip", |build, x| build.permute_lanes(x, &[3, 2, 1, 0]), flipped));
    cases
}

/// `x` where the mask is 1, else 0.
fn masked(build: &mut Builder, x: NodeId, mask: Vec<i32>) -> NodeId {
    let mask = build.const_i32(&[3, 4], mask);
    build.map(Expr::single(ScalarOp::Select, &[Arg::Input(0), Arg::Input(1), immediate(0.0)]), &[mask, x])
}

fn made() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, is_kept) in
        [("tril", (|row, column| column <= row) as fn(usize, usize) -> bool), ("triu", |row, column| row <= column)]
    {
        let mut make = Make::default();
        let (x, numbers) = make.real(&[3, 4]);
        let mask: Vec<i32> = (0..12).map(|at| i32::from(is_kept(at / 4, at % 4))).collect();
        let y = masked(&mut make.build, x, mask);
        let expected =
            numbers.iter().enumerate().map(|(at, x)| if is_kept(at / 4, at % 4) { *x } else { 0.0 }).collect();
        cases.push(make.within(0.0, name, y, expected));
    }
    for (name, start, step) in [("arange", 0.0, 1.0), ("full", 2.5, 0.0), ("zeros", 0.0, 0.0), ("ones", 1.0, 0.0)] {
        let mut make = Make::default();
        let values: Numbers = (0..6).map(|at| start + step * f64::from(at)).collect();
        let y = make.build.const_f32(&[1, 6], values.iter().map(|value| *value as f32).collect());
        cases.push(make.within(0.0, name, y, values));
    }
    let mut make = Make::default();
    let x = make.whole(&[3, 1], &[2, 0, 1]);
    let x = make.build.broadcast(x, &[3, 4]);
    let places = make.build.const_i32(&[3, 4], (0..12).map(|at| at % 4).collect());
    let mut expr = Expr::default();
    let low = expr.push(ScalarOp::LessEqual, &[Arg::Input(0), Arg::Input(1)]);
    let high = expr.push(ScalarOp::LessEqual, &[Arg::Input(1), Arg::Input(0)]);
    expr.push(ScalarOp::Min, &[low, high]);
    let y = make.build.map(expr, &[x, places]);
    cases.push(make.within(0.0, "one_hot", y, vec![0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]));
    cases
}

fn enlarged() -> Vec<Case> {
    let doubled = |build: &mut Builder, x: NodeId| {
        let apart = build.reshape(x, &[3, 1, 4, 1]);
        build.broadcast(apart, &[3, 2, 4, 2])
    };
    let nearest = picked("upsample_nearest2d", doubled, (0..48).map(|at| at / 16 * 4 + at % 8 / 2));
    // Corners aligned, [2, 2] to [3, 3]: a matrix from the left and the same from the right.
    let mut make = Make::default();
    let (x, numbers) = make.real(&[2, 2]);
    let mix = make.build.const_f32(&[3, 2], vec![1.0, 0.0, 0.5, 0.5, 0.0, 1.0]);
    let columns = make.build.matmul(x, mix);
    let columns = make.build.permute_axes(columns, &[1, 0]);
    let turned = make.build.matmul(columns, mix);
    let y = make.build.permute_axes(turned, &[1, 0]);
    let shares = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]];
    let pixel = |row: usize, column: usize| -> f64 {
        (0..4).map(|at| shares[row][at / 2] * shares[column][at % 2] * numbers[at]).sum()
    };
    let expected: Numbers = (0..9).map(|at| pixel(at / 3, at % 3)).collect();
    vec![nearest, make.within(0.0, "upsample_bilinear2d", y, expected)]
}
