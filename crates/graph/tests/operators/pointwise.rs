//! Proofs of pointwise operators.
//!
//! In: an expression and the function it should be.  Out: cases on the same few arguments.
//! Invariant: every operator of one argument sees negative numbers, zero and positive ones, unless it is undefined there.

use crate::case::{Case, Make};
use graph::expr::immediate;
use graph::{Arg, Expr, ScalarOp};

const X: Arg = Arg::Input(0);
const Y: Arg = Arg::Input(1);

/// All cases.
pub fn cases() -> Vec<Case> {
    [arithmetic(), activations(), roots(), logarithms(), waves(), choices(), comparisons(), casts()]
        .into_iter()
        .flatten()
        .collect()
}

/// An operator of one real argument on 13 numbers from -3 to 3.
fn unary(operator: &'static str, steps: impl Fn(&mut Expr) -> Arg, function: impl Fn(f64) -> f64) -> Case {
    let numbers: Vec<f64> = (0..13).map(|index| f64::from(index) / 2.0 - 3.0).collect();
    on(operator, &numbers, steps, function)
}

fn on(
    operator: &'static str,
    numbers: &[f64],
    steps: impl Fn(&mut Expr) -> Arg,
    function: impl Fn(f64) -> f64,
) -> Case {
    let mut make = Make::default();
    let x = make.given(&[1, numbers.len() as u32], numbers);
    let mut expr = Expr::default();
    steps(&mut expr);
    let y = make.build.map(expr, &[x]);
    make.done(operator, y, numbers.iter().map(|x| function(*x)).collect())
}

/// An operator of two real arguments.
fn binary(operator: &'static str, steps: impl Fn(&mut Expr) -> Arg, function: impl Fn(f64, f64) -> f64) -> Case {
    let mut make = Make::default();
    let (x, left) = make.real(&[2, 5]);
    // The first number stands against itself, so that equality occurs.
    let right: Vec<f64> = left[..1].iter().chain(left[1..].iter().rev()).copied().collect();
    let other = make.given(&[2, 5], &right);
    let mut expr = Expr::default();
    steps(&mut expr);
    let y = make.build.map(expr, &[x, other]);
    make.done(operator, y, left.iter().zip(&right).map(|(x, y)| function(*x, *y)).collect())
}

fn arithmetic() -> Vec<Case> {
    let one = |op: ScalarOp| move |expr: &mut Expr| expr.push(op, &[X, Y]);
    vec![
        binary("add", one(ScalarOp::Add), |x, y| x + y),
        binary("sub", one(ScalarOp::Sub), |x, y| x - y),
        binary("mul", one(ScalarOp::Mul), |x, y| x * y),
        binary("minimum", one(ScalarOp::Min), f64::min),
        binary("maximum", one(ScalarOp::Max), f64::max),
        // No divisor is zero.
        binary("div", divided, |x, y| x / (y + 2.125)),
        binary("remainder", remainder, |x, y| x.rem_euclid(y + 2.125)),
        unary("neg", |e| e.push(ScalarOp::Mul, &[X, immediate(-1.0)]), |x| -x),
        unary("abs", absolute, f64::abs),
        unary("floor", |e| floor(e, X), f64::floor),
        unary("ceil", ceil, f64::ceil),
        unary("round", round, f64::round_ties_even),
        unary("clamp", |e| clamp(e, X, [-1.0, 2.0]), |x| x.clamp(-1.0, 2.0)),
        unary("sign", sign, |x| if x == 0.0 { 0.0 } else { x.signum() }),
    ]
}

fn divided(expr: &mut Expr) -> Arg {
    let divisor = expr.push(ScalarOp::Add, &[Y, immediate(2.125)]);
    expr.push(ScalarOp::Div, &[X, divisor])
}

fn remainder(expr: &mut Expr) -> Arg {
    let divisor = expr.push(ScalarOp::Add, &[Y, immediate(2.125)]);
    let share = expr.push(ScalarOp::Div, &[X, divisor]);
    let whole = floor(expr, share);
    let below = expr.push(ScalarOp::Mul, &[whole, divisor]);
    expr.push(ScalarOp::Sub, &[X, below])
}

fn absolute(expr: &mut Expr) -> Arg {
    let negative = expr.push(ScalarOp::Mul, &[X, immediate(-1.0)]);
    expr.push(ScalarOp::Max, &[X, negative])
}

/// To the nearest whole number, one less where that is above.
fn floor(expr: &mut Expr, x: Arg) -> Arg {
    let nearest = expr.push(ScalarOp::F32ToI32, &[x]);
    let nearest = expr.push(ScalarOp::I32ToF32, &[nearest]);
    let fits = expr.push(ScalarOp::LessEqual, &[nearest, x]);
    let less = expr.push(ScalarOp::Sub, &[nearest, immediate(1.0)]);
    expr.push(ScalarOp::Select, &[fits, nearest, less])
}

fn ceil(expr: &mut Expr) -> Arg {
    let negative = expr.push(ScalarOp::Mul, &[X, immediate(-1.0)]);
    let floor = floor(expr, negative);
    expr.push(ScalarOp::Mul, &[floor, immediate(-1.0)])
}

fn round(expr: &mut Expr) -> Arg {
    let nearest = expr.push(ScalarOp::F32ToI32, &[X]);
    expr.push(ScalarOp::I32ToF32, &[nearest])
}

fn clamp(expr: &mut Expr, x: Arg, [low, high]: [f32; 2]) -> Arg {
    let above = expr.push(ScalarOp::Max, &[x, immediate(low)]);
    expr.push(ScalarOp::Min, &[above, immediate(high)])
}

fn sign(expr: &mut Expr) -> Arg {
    let at_most = expr.push(ScalarOp::LessEqual, &[X, immediate(0.0)]);
    let at_least = expr.push(ScalarOp::LessEqual, &[immediate(0.0), X]);
    let difference = expr.push(ScalarOp::Sub, &[at_least, at_most]);
    expr.push(ScalarOp::I32ToF32, &[difference])
}

fn activations() -> Vec<Case> {
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let gate = |x: f64| (x + 3.0).clamp(0.0, 6.0) / 6.0;
    vec![
        unary("relu", |e| e.push(ScalarOp::Max, &[X, immediate(0.0)]), |x| x.max(0.0)),
        unary("leaky_relu", leaky_relu, |x| x.max(0.125 * x)),
        unary("sigmoid", |e| sigmoid(e, X), sigma),
        unary("tanh", |e| e.push(ScalarOp::Tanh, &[X]), f64::tanh),
        unary("silu", times_sigmoid, |x| x * sigma(x)),
        unary("elu", elu, |x| if x < 0.0 { x.exp() - 1.0 } else { x }),
        unary("hardsigmoid", hard_sigmoid, gate),
        unary("hardswish", hard_swish, |x| x * gate(x)),
        unary("erf", |e| erf(e, X), erf_series),
        unary("gelu", gelu, |x| 0.5 * x * (1.0 + erf_series(x / 2f64.sqrt()))),
    ]
}

fn leaky_relu(expr: &mut Expr) -> Arg {
    let small = expr.push(ScalarOp::Mul, &[X, immediate(0.125)]);
    expr.push(ScalarOp::Max, &[X, small])
}

fn sigmoid(expr: &mut Expr, x: Arg) -> Arg {
    let half = expr.push(ScalarOp::Mul, &[x, immediate(0.5)]);
    let tanh = expr.push(ScalarOp::Tanh, &[half]);
    let halved = expr.push(ScalarOp::Mul, &[tanh, immediate(0.5)]);
    expr.push(ScalarOp::Add, &[halved, immediate(0.5)])
}

fn times_sigmoid(expr: &mut Expr) -> Arg {
    let share = sigmoid(expr, X);
    expr.push(ScalarOp::Mul, &[X, share])
}

fn elu(expr: &mut Expr) -> Arg {
    let power = expr.push(ScalarOp::Exp, &[X]);
    let below = expr.push(ScalarOp::Sub, &[power, immediate(1.0)]);
    let chosen = expr.push(ScalarOp::LessEqual, &[X, immediate(0.0)]);
    expr.push(ScalarOp::Select, &[chosen, below, X])
}

fn hard_sigmoid(expr: &mut Expr) -> Arg {
    let shifted = expr.push(ScalarOp::Add, &[X, immediate(3.0)]);
    let within = clamp(expr, shifted, [0.0, 6.0]);
    expr.push(ScalarOp::Mul, &[within, immediate(1.0 / 6.0)])
}

fn hard_swish(expr: &mut Expr) -> Arg {
    let share = hard_sigmoid(expr);
    expr.push(ScalarOp::Mul, &[X, share])
}

/// Abramowitz and Stegun, 7.1.26: at most 1.5e-7 beside erf.
fn erf(expr: &mut Expr, x: Arg) -> Arg {
    let negative = expr.push(ScalarOp::Mul, &[x, immediate(-1.0)]);
    let size = expr.push(ScalarOp::Max, &[x, negative]);
    let scaled = expr.push(ScalarOp::Mul, &[size, immediate(0.327_591_1)]);
    let raised = expr.push(ScalarOp::Add, &[scaled, immediate(1.0)]);
    let t = expr.push(ScalarOp::Div, &[immediate(1.0), raised]);
    let mut sum = expr.push(ScalarOp::Mul, &[t, immediate(1.061_405_4)]);
    for coefficient in [-1.453_152_1, 1.421_413_8, -0.284_496_73, 0.254_829_6] {
        let next = expr.push(ScalarOp::Add, &[sum, immediate(coefficient)]);
        sum = expr.push(ScalarOp::Mul, &[next, t]);
    }
    let square = expr.push(ScalarOp::Mul, &[size, size]);
    let square = expr.push(ScalarOp::Mul, &[square, immediate(-1.0)]);
    let power = expr.push(ScalarOp::Exp, &[square]);
    let tail = expr.push(ScalarOp::Mul, &[sum, power]);
    let above = expr.push(ScalarOp::Sub, &[immediate(1.0), tail]);
    let below = expr.push(ScalarOp::Sub, &[tail, immediate(1.0)]);
    let is_positive = expr.push(ScalarOp::LessEqual, &[immediate(0.0), x]);
    expr.push(ScalarOp::Select, &[is_positive, above, below])
}

fn gelu(expr: &mut Expr) -> Arg {
    let scaled = expr.push(ScalarOp::Mul, &[X, immediate(std::f32::consts::FRAC_1_SQRT_2)]);
    let erf = erf(expr, scaled);
    let share = expr.push(ScalarOp::Add, &[erf, immediate(1.0)]);
    let halved = expr.push(ScalarOp::Mul, &[share, immediate(0.5)]);
    expr.push(ScalarOp::Mul, &[X, halved])
}

/// `2 / sqrt(pi)` times the Taylor series, which converges everywhere.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn roots() -> Vec<Case> {
    let positive: Vec<f64> = (1..=9).map(|index| f64::from(index) * f64::from(index) / 8.0).collect();
    let with_zero: Vec<f64> = std::iter::once(0.0).chain(positive.iter().copied()).collect();
    vec![
        unary("exp", |e| e.push(ScalarOp::Exp, &[X]), f64::exp),
        on("rsqrt", &positive, |e| e.push(ScalarOp::Rsqrt, &[X]), |x| 1.0 / x.sqrt()),
        on("reciprocal", &positive, |e| e.push(ScalarOp::Div, &[immediate(1.0), X]), |x| 1.0 / x),
        unary("pow (whole)", cube, |x| x * x * x),
        on("sqrt", &with_zero, square_root, f64::sqrt),
    ]
}

fn cube(expr: &mut Expr) -> Arg {
    let square = expr.push(ScalarOp::Mul, &[X, X]);
    expr.push(ScalarOp::Mul, &[square, X])
}

/// `x * rsqrt(x)`, and zero for zero.
fn square_root(expr: &mut Expr) -> Arg {
    let root = expr.push(ScalarOp::Rsqrt, &[X]);
    let product = expr.push(ScalarOp::Mul, &[X, root]);
    let is_zero = expr.push(ScalarOp::LessEqual, &[X, immediate(0.0)]);
    expr.push(ScalarOp::Select, &[is_zero, immediate(0.0), product])
}

/// The natural logarithm of a positive normal number: powers of two are taken out by comparison, then the series of artanh.
pub fn logarithm(expr: &mut Expr, x: Arg) -> Arg {
    let (mut rest, mut power) = (x, immediate(0.0));
    for half in [64, 32, 16, 8, 4, 2, 1] {
        let (step, size) = (2f32.powi(half), half as f32);
        for (low, high, factor, change) in
            [(immediate(step), rest, 1.0 / step, size), (rest, immediate(1.0 / step), step, -size)]
        {
            let beyond = expr.push(ScalarOp::LessEqual, &[low, high]);
            let nearer = expr.push(ScalarOp::Mul, &[rest, immediate(factor)]);
            rest = expr.push(ScalarOp::Select, &[beyond, nearer, rest]);
            let counted = expr.push(ScalarOp::Add, &[power, immediate(change)]);
            power = expr.push(ScalarOp::Select, &[beyond, counted, power]);
        }
    }
    // Between a half and two: ratio is at most a third.
    let below = expr.push(ScalarOp::Sub, &[rest, immediate(1.0)]);
    let above = expr.push(ScalarOp::Add, &[rest, immediate(1.0)]);
    let ratio = expr.push(ScalarOp::Div, &[below, above]);
    let square = expr.push(ScalarOp::Mul, &[ratio, ratio]);
    let mut sum = immediate(2.0 / 15.0);
    for odd in [13, 11, 9, 7, 5, 3, 1] {
        let next = expr.push(ScalarOp::Mul, &[sum, square]);
        sum = expr.push(ScalarOp::Add, &[next, immediate(2.0 / odd as f32)]);
    }
    let fraction = expr.push(ScalarOp::Mul, &[sum, ratio]);
    let whole = expr.push(ScalarOp::Mul, &[power, immediate(std::f32::consts::LN_2)]);
    expr.push(ScalarOp::Add, &[whole, fraction])
}

fn logarithms() -> Vec<Case> {
    let wide = [1e-30, 3e-5, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 10.0, 12345.0, 1e30];
    let positive = [0.25, 0.5, 1.0, 1.75, 3.0];
    vec![
        on("log", &wide, |e| logarithm(e, X), f64::ln),
        on("pow", &positive, power, |x| x.powf(2.5)),
        unary("softplus", softplus, |x| (1.0 + x.exp()).ln()),
    ]
}

/// Sine or cosine: `quarters` of a turn are added first. Half pi is taken off in three parts, so that arguments up to about 8,000 keep
/// their digits; then one of two series, and a sign.
fn wave(expr: &mut Expr, quarters: f32) -> Arg {
    let turns = expr.push(ScalarOp::Mul, &[X, immediate(std::f32::consts::FRAC_2_PI)]);
    let nearest = expr.push(ScalarOp::F32ToI32, &[turns]);
    let nearest = expr.push(ScalarOp::I32ToF32, &[nearest]);
    let mut rest = X;
    // The first two have at most 11 bits: their products with whole numbers below 2^13 are exact.
    for part in [1.570_312_5, 4.837_513e-4, 7.549_79e-8] {
        let taken = expr.push(ScalarOp::Mul, &[nearest, immediate(part)]);
        rest = expr.push(ScalarOp::Sub, &[rest, taken]);
    }
    let square = expr.push(ScalarOp::Mul, &[rest, rest]);
    let odd = series(expr, square, [2.755_731_9e-6, -1.984_127e-4, 8.333_333e-3, -0.166_666_67, 1.0]);
    let odd = expr.push(ScalarOp::Mul, &[odd, rest]);
    let even = series(expr, square, [2.480_158_7e-5, -1.388_888_9e-3, 4.166_666_6e-2, -0.5, 1.0]);
    let quarter = expr.push(ScalarOp::Add, &[nearest, immediate(quarters)]);
    let half_turn = modulo(expr, quarter, 2.0);
    let turn = modulo(expr, quarter, 4.0);
    let is_first = expr.push(ScalarOp::LessEqual, &[half_turn, immediate(0.5)]);
    let size = expr.push(ScalarOp::Select, &[is_first, odd, even]);
    let negative = expr.push(ScalarOp::Mul, &[size, immediate(-1.0)]);
    let is_upper = expr.push(ScalarOp::LessEqual, &[turn, immediate(1.5)]);
    expr.push(ScalarOp::Select, &[is_upper, size, negative])
}

/// A polynomial of `x`, highest power first.
fn series(expr: &mut Expr, x: Arg, [first, rest @ ..]: [f32; 5]) -> Arg {
    rest.into_iter().fold(immediate(first), |sum, coefficient| {
        let raised = expr.push(ScalarOp::Mul, &[sum, x]);
        expr.push(ScalarOp::Add, &[raised, immediate(coefficient)])
    })
}

/// `x` modulo a power of two.
fn modulo(expr: &mut Expr, x: Arg, period: f32) -> Arg {
    let share = expr.push(ScalarOp::Mul, &[x, immediate(1.0 / period)]);
    let whole = floor(expr, share);
    let below = expr.push(ScalarOp::Mul, &[whole, immediate(period)]);
    expr.push(ScalarOp::Sub, &[x, below])
}

fn waves() -> Vec<Case> {
    let angles = [-8000.0, -100.0, -3.5, -1.0, 0.0, 0.5, 0.8125, 1.5, 2.5, 3.25, 4.75, 6.0, 1000.0, 7777.0];
    vec![on("sin", &angles, |e| wave(e, 0.0), f64::sin), on("cos", &angles, |e| wave(e, 1.0), f64::cos)]
}

fn power(expr: &mut Expr) -> Arg {
    let logarithm = logarithm(expr, X);
    let scaled = expr.push(ScalarOp::Mul, &[logarithm, immediate(2.5)]);
    expr.push(ScalarOp::Exp, &[scaled])
}

/// `max(x, 0) + ln(1 + exp(-|x|))`, which never overflows.
fn softplus(expr: &mut Expr) -> Arg {
    let negative = expr.push(ScalarOp::Mul, &[X, immediate(-1.0)]);
    let least = expr.push(ScalarOp::Min, &[X, negative]);
    let exponential = expr.push(ScalarOp::Exp, &[least]);
    let raised = expr.push(ScalarOp::Add, &[exponential, immediate(1.0)]);
    let logarithm = logarithm(expr, raised);
    let positive = expr.push(ScalarOp::Max, &[X, immediate(0.0)]);
    expr.push(ScalarOp::Add, &[positive, logarithm])
}

fn choices() -> Vec<Case> {
    let flags = [1, 0, 0, 1, 1, 0];
    let mut make = Make::default();
    let condition = make.whole(&[1, 6], &flags);
    let ((x, left), (y, right)) = (make.real(&[1, 6]), make.real(&[1, 6]));
    let chosen = make.build.scalar(ScalarOp::Select, &[condition, x, y]);
    let expected = (0..6).map(|index| if flags[index] == 1 { left[index] } else { right[index] }).collect();
    let choice = make.done("where", chosen, expected);

    let mut make = Make::default();
    let mask = make.whole(&[1, 6], &flags);
    let (x, numbers) = make.real(&[1, 6]);
    let filled = make.build.map(Expr::single(ScalarOp::Select, &[X, immediate(-9.0), Y]), &[mask, x]);
    let expected = (0..6).map(|index| if flags[index] == 1 { -9.0 } else { numbers[index] }).collect();
    vec![choice, make.done("masked_fill", filled, expected)]
}

fn comparisons() -> Vec<Case> {
    let number = |truth: bool| f64::from(u8::from(truth));
    let not = |expr: &mut Expr, truth: Arg| expr.push(ScalarOp::Xor, &[truth, Arg::Immediate(1)]);
    let mut cases = vec![
        binary("le", |e| e.push(ScalarOp::LessEqual, &[X, Y]), move |x, y| number(x <= y)),
        binary("ge", |e| e.push(ScalarOp::LessEqual, &[Y, X]), move |x, y| number(y <= x)),
        binary("eq", |e| equal(e, X, Y), move |x, y| number(x == y)),
    ];
    let less = move |expr: &mut Expr, [x, y]: [Arg; 2]| {
        let other = expr.push(ScalarOp::LessEqual, &[y, x]);
        not(expr, other)
    };
    cases.push(binary("lt", move |e| less(e, [X, Y]), move |x, y| number(x < y)));
    cases.push(binary("gt", move |e| less(e, [Y, X]), move |x, y| number(y < x)));
    let unequal = move |expr: &mut Expr| {
        let same = equal(expr, X, Y);
        not(expr, same)
    };
    cases.push(binary("ne", unequal, move |x, y| number(x != y)));
    let truths = |operator, op: ScalarOp, function: fn(i32, i32) -> i32| {
        let ([left, right], mut make) = ([[0, 0, 1, 1], [0, 1, 0, 1]], Make::default());
        let inputs = [make.whole(&[1, 4], &left), make.whole(&[1, 4], &right)];
        let y = make.build.scalar(op, &inputs);
        let expected = left.iter().zip(&right).map(|(x, y)| f64::from(function(*x, *y))).collect();
        make.done(operator, y, expected)
    };
    cases.push(truths("logical_and", ScalarOp::Min, |x, y| x & y));
    cases.push(truths("logical_or", ScalarOp::Max, |x, y| x | y));
    let mut make = Make::default();
    let x = make.whole(&[1, 2], &[0, 1]);
    let y = make.build.map(Expr::single(ScalarOp::Xor, &[X, Arg::Immediate(1)]), &[x]);
    cases.push(make.done("logical_not", y, vec![1.0, 0.0]));
    cases
}

fn equal(expr: &mut Expr, x: Arg, y: Arg) -> Arg {
    let at_most = expr.push(ScalarOp::LessEqual, &[x, y]);
    let at_least = expr.push(ScalarOp::LessEqual, &[y, x]);
    expr.push(ScalarOp::Min, &[at_most, at_least])
}

fn casts() -> Vec<Case> {
    let mut make = Make::default();
    let x = make.given(&[1, 4], &[0.1, -1.5, 2049.0, 70000.0]);
    let half = make.build.scalar(ScalarOp::F32ToF16, &[x]);
    let back = make.build.scalar(ScalarOp::F16ToF32, &[half]);
    // 0.1 is 1638 / 16384 in 11 bits; 2049 is a tie that goes to the even 2048; the greatest f16 is 65504.
    vec![make.within(0.0, "_to_copy", back, vec![1638.0 / 16384.0, -1.5, 2048.0, 65504.0])]
}
