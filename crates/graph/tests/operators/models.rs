//! Proofs of what models are made of: attention, rotary angles, experts, recurrent cells.
//!
//! In: small tensors.  Out: cases; what is expected follows the published equations in f64.
//! Invariant: a composite is made of the operators proved beside it.

use crate::case::{Case, Make, Numbers, product, turned};
use crate::folds::first_greatest;
use graph::expr::immediate;
use graph::{Arg, Builder, Expr, NodeId, ScalarOp};

/// All cases.
pub fn cases() -> Vec<Case> {
    vec![attention(), rotary(), experts(), lstm(), gru()]
}

fn softmax(row: &[f64]) -> Numbers {
    let powers: Numbers = row.iter().map(|x| x.exp()).collect();
    powers.iter().map(|power| power / powers.iter().sum::<f64>()).collect()
}

/// Two queries, three positions, the first query may not see the last position.
fn attention() -> Case {
    let mut make = Make::default();
    let ((q, query), (k, key), (v, value)) = (make.real(&[2, 4]), make.real(&[3, 4]), make.real(&[3, 4]));
    let mask = make.build.const_i32(&[2, 3], vec![1, 1, 0, 1, 1, 1]);
    let scores = make.build.matmul(q, k);
    let mut expr = Expr::default();
    let scaled = expr.push(ScalarOp::Mul, &[Arg::Input(1), immediate(0.5)]);
    expr.push(ScalarOp::Select, &[Arg::Input(0), scaled, immediate(-1e30)]);
    let scores = make.build.map(expr, &[mask, scores]);
    let shares = make.build.softmax(scores);
    let v = make.build.permute_axes(v, &[1, 0]);
    let y = make.build.matmul(shares, v);
    let scores: Numbers = product(&query, &key, 4).iter().map(|score| score / 2.0).collect();
    let shares = [softmax(&scores[..2]), vec![0.0], softmax(&scores[3..])].concat();
    make.done("scaled_dot_product_attention", y, product(&shares, &turned(&value, 4), 3))
}

/// Halves are rotated: `[a, b]` becomes `[a cos - b sin, b cos + a sin]`, with the angles of a table.
fn rotary() -> Case {
    let mut make = Make::default();
    let (x, numbers) = make.real(&[1, 4]);
    let position = make.whole(&[1], &[2]);
    let angles: Vec<[f64; 2]> = (0..3).map(|at| [f64::from(at), f64::from(at) / 8.0]).collect();
    let table =
        |function: fn(f64) -> f64| angles.iter().flat_map(|row| row.map(|angle| function(angle) as f32)).collect();
    let (cos, sin) = (make.build.const_f32(&[3, 2], table(f64::cos)), make.build.const_f32(&[3, 2], table(f64::sin)));
    let [cos, sin] = [cos, sin].map(|table| make.build.gather(table, position));
    let halves = make.build.reshape(x, &[2, 2]);
    let [a, b] = [0, 1].map(|half| make.build.rows(halves, half, 1));
    let turn = |build: &mut Builder, op: ScalarOp, [x, y]: [NodeId; 2]| {
        let mut expr = Expr::default();
        let along = expr.push(ScalarOp::Mul, &[Arg::Input(0), Arg::Input(2)]);
        let across = expr.push(ScalarOp::Mul, &[Arg::Input(1), Arg::Input(3)]);
        expr.push(op, &[along, across]);
        build.map(expr, &[x, y, cos, sin])
    };
    let parts = [turn(&mut make.build, ScalarOp::Sub, [a, b]), turn(&mut make.build, ScalarOp::Add, [b, a])];
    let y = make.build.copy(1, &parts);
    let [first, second] = angles[2];
    let rotated = |x: f64, y: f64, angle: f64| [x * angle.cos() - y * angle.sin(), y * angle.cos() + x * angle.sin()];
    let ([a, c], [b, d]) = (rotated(numbers[0], numbers[2], first), rotated(numbers[1], numbers[3], second));
    make.done("rotary embedding", y, vec![a, b, c, d])
}

/// One of three experts: the router's greatest score names the weights that are read.
fn experts() -> Case {
    let mut make = Make::default();
    let ((x, numbers), (router, routes)) = (make.real(&[1, 2]), make.real(&[3, 2]));
    let (weights, matrices) = make.real(&[3, 2, 2]);
    let scores = make.build.matmul(x, router);
    let (place, _) = first_greatest(&mut make.build, scores);
    let place = make.build.reshape(place, &[1]);
    let chosen = make.build.gather(weights, place);
    let chosen = make.build.reshape(chosen, &[2, 2]);
    let y = make.build.matmul(x, chosen);
    let scores = product(&numbers, &routes, 2);
    let best = (0..3).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).expect("three experts");
    make.done("mixture of experts", y, product(&numbers, &matrices[4 * best..4 * best + 4], 2))
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn sigmoid(expr: &mut Expr, x: Arg) -> Arg {
    let half = expr.push(ScalarOp::Mul, &[x, immediate(0.5)]);
    let tanh = expr.push(ScalarOp::Tanh, &[half]);
    let halved = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
    expr.push(ScalarOp::Add, &[halved, immediate(0.5)])
}

/// Two units; gates lie as input, forget, cell, output.
fn lstm() -> Case {
    let mut make = Make::default();
    let ((x, inputs), (h, hidden), (c, cell)) = (make.real(&[1, 3]), make.real(&[1, 2]), make.real(&[1, 2]));
    let ((w, from_x), (u, from_h)) = (make.real(&[8, 3]), make.real(&[8, 2]));
    let gates = make.build.matmul_blocks(&[(x, w), (h, u)]);
    let gates = make.build.reshape(gates, &[4, 2]);
    let [input, forget, new, output] = [0, 1, 2, 3].map(|gate| make.build.rows(gates, gate, 1));
    let mut expr = Expr::default();
    let [i, f, o] = [0, 1, 3].map(|gate| sigmoid(&mut expr, Arg::Input(gate)));
    let new_value = expr.push(ScalarOp::Tanh, &[Arg::Input(2)]);
    let kept = expr.push(ScalarOp::Mul, &[f, Arg::Input(4)]);
    let added = expr.push(ScalarOp::Mul, &[i, new_value]);
    let next = expr.push(ScalarOp::Add, &[kept, added]);
    let shown = expr.push(ScalarOp::Tanh, &[next]);
    expr.push(ScalarOp::Mul, &[o, shown]);
    let y = make.build.map(expr, &[input, forget, new, output, c]);
    let (from_x, from_h) = (product(&inputs, &from_x, 3), product(&hidden, &from_h, 2));
    let gate = |gate: usize, unit: usize| from_x[gate * 2 + unit] + from_h[gate * 2 + unit];
    let next = |unit: usize| {
        let next = sigma(gate(1, unit)) * cell[unit] + sigma(gate(0, unit)) * gate(2, unit).tanh();
        sigma(gate(3, unit)) * next.tanh()
    };
    make.done("lstm_cell", y, (0..2).map(next).collect())
}

/// Two units; gates lie as reset, update, new, and the reset gate acts on the hidden side of the new one.
fn gru() -> Case {
    let mut make = Make::default();
    let ((x, inputs), (h, hidden)) = (make.real(&[1, 3]), make.real(&[1, 2]));
    let ((w, from_x), (u, from_h)) = (make.real(&[6, 3]), make.real(&[6, 2]));
    let sides = [make.build.matmul(x, w), make.build.matmul(h, u)];
    let sides = sides.map(|side| make.build.reshape(side, &[3, 2]));
    let mut inputs_of_map: Vec<NodeId> = Vec::new();
    for side in sides {
        inputs_of_map.extend([0, 1, 2].map(|gate| make.build.rows(side, gate, 1)));
    }
    inputs_of_map.push(h);
    let mut expr = Expr::default();
    let [reset, update] = [0, 1].map(|gate| {
        let sum = expr.push(ScalarOp::Add, &[Arg::Input(gate), Arg::Input(gate + 3)]);
        sigmoid(&mut expr, sum)
    });
    let remembered = expr.push(ScalarOp::Mul, &[reset, Arg::Input(5)]);
    let sum = expr.push(ScalarOp::Add, &[Arg::Input(2), remembered]);
    let new = expr.push(ScalarOp::Tanh, &[sum]);
    let change = expr.push(ScalarOp::Sub, &[Arg::Input(6), new]);
    let kept = expr.push(ScalarOp::Mul, &[update, change]);
    expr.push(ScalarOp::Add, &[new, kept]);
    let y = make.build.map(expr, &inputs_of_map);
    let (from_x, from_h) = (product(&inputs, &from_x, 3), product(&hidden, &from_h, 2));
    let next = |unit: usize| {
        let (reset, update) = (sigma(from_x[unit] + from_h[unit]), sigma(from_x[2 + unit] + from_h[2 + unit]));
        let new = (from_x[4 + unit] + reset * from_h[4 + unit]).tanh();
        (1.0 - update) * new + update * hidden[unit]
    };
    make.done("gru_cell", y, (0..2).map(next).collect())
}
