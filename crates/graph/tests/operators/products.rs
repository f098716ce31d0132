//! Proofs of contractions, convolutions and pools.
//!
//! In: small matrices and images.  Out: cases; what is expected comes from loops over output positions.
//! Invariant: images are `[.., height, width, channels]`, the order in which a chip holds them; weights `[out, kernel.., in]`.
//! Method: a convolution takes windows along the width, then along the height, and contracts.

use crate::case::{Case, Make, Numbers, product, turned};
use graph::expr::immediate;
use graph::{Arg, Builder, Expr, NodeId, ReduceKind, ScalarOp};

/// All cases.
pub fn cases() -> Vec<Case> {
    [contractions(), batched(), convolutions(), special_convolutions(), pools()].into_iter().flatten().collect()
}

fn contractions() -> Vec<Case> {
    let mut cases = Vec::new();
    for operator in ["mm", "matmul"] {
        let mut make = Make::default();
        let ((a, left), (b, right)) = (make.real(&[2, 3]), make.real(&[3, 4]));
        let b = make.build.permute_axes(b, &[1, 0]);
        let y = make.build.matmul(a, b);
        cases.push(make.done(operator, y, product(&left, &turned(&right, 4), 3)));
    }
    let mut make = Make::default();
    let ((x, left), (w, right)) = (make.real(&[2, 3]), make.real(&[4, 3]));
    let (bias, added) = make.real(&[1, 4]);
    let y = biased(&mut make.build, (x, w), bias);
    let expected = product(&left, &right, 3).iter().enumerate().map(|(at, sum)| sum + added[at % 4]).collect();
    cases.push(make.done("linear", y, expected));

    let mut make = Make::default();
    let ((c, addend), (a, left), (b, right)) = (make.real(&[2, 4]), make.real(&[2, 3]), make.real(&[3, 4]));
    let b = make.build.permute_axes(b, &[1, 0]);
    let sum = make.build.matmul(a, b);
    let mut expr = Expr::default();
    let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(0), immediate(0.5)]);
    let twice = expr.push(ScalarOp::Mul, &[Arg::Input(1), immediate(2.0)]);
    expr.push(ScalarOp::Add, &[scaled, twice]);
    let y = make.build.map(expr, &[c, sum]);
    let sums = product(&left, &turned(&right, 4), 3);
    cases.push(make.done("addmm", y, addend.iter().zip(&sums).map(|(c, sum)| 0.5 * c + 2.0 * sum).collect()));
    cases
}

fn biased(build: &mut Builder, (x, w): (NodeId, NodeId), bias: NodeId) -> NodeId {
    let sum = build.matmul(x, w);
    let extents = build.shape(sum).extents().to_vec();
    let bias = build.broadcast(bias, &extents);
    build.add(sum, bias)
}

fn batched() -> Vec<Case> {
    let batches = |left: &[f64], right: &[f64]| -> Numbers {
        (0..2).flat_map(|n| product(&left[6 * n..6 * n + 6], &turned(&right[12 * n..12 * n + 12], 4), 3)).collect()
    };
    let mut make = Make::default();
    let ((a, left), (b, right)) = (make.real(&[2, 2, 3]), make.real(&[2, 3, 4]));
    let b = make.build.permute_axes(b, &[0, 2, 1]);
    let y = make.build.matmul(a, b);
    let mut cases = vec![make.done("bmm", y, batches(&left, &right))];

    let mut make = Make::default();
    let ((c, addend), (a, left), (b, right)) = (make.real(&[2, 2, 4]), make.real(&[2, 2, 3]), make.real(&[2, 3, 4]));
    let b = make.build.permute_axes(b, &[0, 2, 1]);
    let sum = make.build.matmul(a, b);
    let y = make.build.add(c, sum);
    let expected = addend.iter().zip(batches(&left, &right)).map(|(c, sum)| c + sum).collect();
    cases.push(make.done("baddbmm", y, expected));

    // bhid, bjhd -> bhij: scores of two heads whose keys lie position by position.
    let mut make = Make::default();
    let ((q, query), (k, key)) = (make.real(&[1, 2, 2, 3]), make.real(&[1, 3, 2, 3]));
    let k = make.build.permute_axes(k, &[0, 2, 1, 3]);
    let y = make.build.matmul(q, k);
    let mut expected = Vec::new();
    for head in 0..2 {
        for i in 0..2 {
            for j in 0..3 {
                expected.push((0..3).map(|d| query[head * 6 + i * 3 + d] * key[j * 6 + head * 3 + d]).sum());
            }
        }
    }
    cases.push(make.done("einsum", y, expected));
    cases
}

/// `[h, w, c]` to `[h', w', kernel * kernel * c]`, the windows of a square kernel; stride 1.
fn windows(build: &mut Builder, x: NodeId, kernel: u32) -> NodeId {
    let along_width = build.window(x, kernel, 1);
    let turned = build.permute_axes(along_width, &[1, 0, 2]);
    let along_height = build.window(turned, kernel, 1);
    build.permute_axes(along_height, &[1, 0, 2])
}

fn convolutions() -> Vec<Case> {
    // Five positions of two channels, kernel 3, stride 2, three channels out.
    let mut make = Make::default();
    let ((x, signal), (w, weight)) = (make.real(&[5, 2]), make.real(&[3, 6]));
    let rows = make.build.window(x, 3, 2);
    let y = make.build.matmul(rows, w);
    let at = |position: usize| product(&signal[4 * position..4 * position + 6], &weight, 6);
    let mut cases = vec![make.done("conv1d", y, [at(0), at(1)].concat())];

    let mut make = Make::default();
    let ((x, image), (w, weight)) = (make.real(&[4, 4, 2]), make.real(&[3, 8]));
    let taken = windows(&mut make.build, x, 2);
    let y = make.build.reshape(taken, &[9, 8]);
    let y = make.build.matmul(y, w);
    let mut expected = Vec::new();
    for (row, column) in (0..9).map(|at| (at / 3, at % 3)) {
        for out in 0..3 {
            let tap = |dy: usize, dx: usize, c: usize| {
                image[(row + dy) * 8 + (column + dx) * 2 + c] * weight[out * 8 + dy * 4 + dx * 2 + c]
            };
            expected.push((0..8).map(|at| tap(at / 4, at / 2 % 2, at % 2)).sum());
        }
    }
    cases.push(make.done("conv2d", y, expected));

    let mut make = Make::default();
    let ((x, cube), (w, weight)) = (make.real(&[3, 3, 3, 1]), make.real(&[2, 8]));
    let mut taken = make.build.window(x, 2, 1);
    for _ in 0..2 {
        // The next axis from the outside becomes the last but one.
        taken = make.build.permute_axes(taken, &[2, 0, 1, 3]);
        taken = make.build.window(taken, 2, 1);
    }
    let taken = make.build.permute_axes(taken, &[2, 0, 1, 3]);
    // Axes are back where they were; taps lie with the outermost axis slowest.
    let y = make.build.reshape(taken, &[8, 8]);
    let y = make.build.matmul(y, w);
    let mut expected = Vec::new();
    for [z, row, column] in (0..8).map(|at| [at / 4, at / 2 % 2, at % 2]) {
        for out in 0..2 {
            let tap = |at: usize| {
                let [dz, dy, dx] = [at / 4, at / 2 % 2, at % 2];
                cube[(z + dz) * 9 + (row + dy) * 3 + column + dx] * weight[out * 8 + at]
            };
            expected.push((0..8).map(tap).sum());
        }
    }
    cases.push(make.done("conv3d", y, expected));
    cases
}

fn special_convolutions() -> Vec<Case> {
    // Each of three channels has its own kernel of two.
    let mut make = Make::default();
    let ((x, signal), (w, weight)) = (make.real(&[4, 3]), make.real(&[1, 6]));
    let rows = make.build.window(x, 2, 1);
    let w = make.build.broadcast(w, &[3, 6]);
    let products = make.build.mul(rows, w);
    let taps = make.build.reshape(products, &[3, 2, 3]);
    let y = make.build.reduce(ReduceKind::Sum, taps, 1);
    let at =
        |position: usize, c: usize| signal[position * 3 + c] * weight[c] + signal[position * 3 + 3 + c] * weight[3 + c];
    let mut cases = vec![make.done("conv2d (depthwise)", y, (0..9).map(|n| at(n / 3, n % 3)).collect())];

    // Stride 2, kernel 2 x 2, one channel: zeros between the pixels, a border of one, the kernel the other way round.
    let mut make = Make::default();
    let ((x, image), (w, weight)) = (make.real(&[2, 2, 1]), make.real(&[1, 4]));
    let spaced = spaced(&mut make.build, x);
    let taken = windows(&mut make.build, spaced, 2);
    let taken = make.build.reshape(taken, &[16, 4]);
    let y = make.build.matmul(taken, w);
    let pixel = |row: usize, column: usize| image[row / 2 * 2 + column / 2] * weight[3 - (row % 2 * 2 + column % 2)];
    cases.push(make.done("conv_transpose2d", y, (0..16).map(|at| pixel(at / 4, at % 4)).collect()));
    cases
}

/// `[2, 2, 1]` to `[5, 5, 1]`: pixels at odd places, zeros elsewhere.
fn spaced(build: &mut Builder, x: NodeId) -> NodeId {
    let zeros = |build: &mut Builder, extents: &[u32]| {
        build.const_f32(extents, vec![0.0; extents.iter().product::<u32>() as usize])
    };
    let mut image = x;
    for _ in 0..2 {
        let extents = build.shape(image).extents().to_vec();
        let line = zeros(build, &[1, extents[1], 1]);
        let rows = [0, 1].map(|row| build.rows(image, row, 1));
        let joined = build.copy(0, &[line, rows[0], line, rows[1], line]);
        image = build.permute_axes(joined, &[1, 0, 2]);
    }
    image
}

fn pools() -> Vec<Case> {
    let mut cases = Vec::new();
    for (operator, kind) in [("max_pool2d", ReduceKind::Max), ("avg_pool2d", ReduceKind::Sum)] {
        let mut make = Make::default();
        let (x, image) = make.real(&[4, 4, 2]);
        let taken = windows(&mut make.build, x, 2);
        let taps = make.build.reshape(taken, &[9, 4, 2]);
        let mut y = make.build.reduce(kind, taps, 1);
        if kind == ReduceKind::Sum {
            y = make.build.scale(y, 0.25);
        }
        let pool = |at: usize| {
            let (row, column, c) = (at / 6, at / 2 % 3, at % 2);
            let taps = [0, 1, 4, 5].map(|step| image[(row * 4 + column + step) * 2 + c]);
            if kind == ReduceKind::Max {
                taps.into_iter().fold(f64::MIN, f64::max)
            } else {
                taps.iter().sum::<f64>() / 4.0
            }
        };
        cases.push(make.done(operator, y, (0..18).map(pool).collect()));
    }
    let mut make = Make::default();
    let (x, image) = make.real(&[4, 2]);
    let sum = make.build.reduce(ReduceKind::Sum, x, 0);
    let y = make.build.scale(sum, 0.25);
    let expected = (0..2).map(|c| (0..4).map(|at| image[at * 2 + c]).sum::<f64>() / 4.0).collect();
    cases.push(make.done("adaptive_avg_pool2d", y, expected));
    cases
}
