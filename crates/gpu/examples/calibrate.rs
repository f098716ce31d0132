//! Repeats the fit of the A100's constants, and prints every published point beside the model.
//!
//! In: nothing, or `fit`.  Out: a table; with `fit` the best constants on the grid, by the points the fit may see.
//! Method: relative errors of tokens per second, mean of 16 boxes; least squares over a grid inside the constants' bounds.

use gpu::published::{GPT_FAST, Point, Role};
use gpu::{Case, Gpu, Nanos, Path, Rival};
use import::Builtin;

const BOXES: u32 = 16;

fn rivals(roles: &[Role]) -> Vec<(Point, Rival)> {
    let points = GPT_FAST.into_iter().filter(|point| roles.contains(&point.role));
    let rival = |point: Point| {
        let graph = Builtin::find(point.model).expect("built in").decode_step(128);
        (point, Rival::new(&graph, point.case(Path::Fast)).expect("it fitted when it was measured"))
    };
    points.map(rival).collect()
}

fn error(point: &Point, rival: &Rival) -> f64 {
    1.0 / rival.mean_of_boxes(BOXES).seconds() / point.rate - 1.0
}

fn table() {
    for (point, rival) in rivals(&[Role::Fitted, Role::HeldOut, Role::Reported]) {
        let found = 1.0 / rival.mean_of_boxes(BOXES).seconds();
        let percent = 100.0 * (found / point.rate - 1.0);
        let (gpus, format) = (point.tensor.gpus(), point.format.name());
        println!(
            "{:13} {format} TP{gpus}: {:7.2} tok/s, model {found:7.2}, {percent:+5.1} % {:?}",
            point.model, point.rate, point.role
        );
    }
}

fn fit() {
    let rivals = rivals(&[Role::Fitted]);
    let mut best: Vec<(f64, [f64; 4])> = Vec::new();
    for hbm in [0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88] {
        for gap in [2.2, 2.4, 2.6, 2.8, 3.0] {
            for reduce in [5.5, 6.0, 6.5, 7.0, 7.5] {
                for ramp in [1.4, 1.6, 1.8] {
                    let gpu = |gpu: &Gpu| Gpu {
                        hbm_share: hbm,
                        gap_graph: Nanos::from_micros(gap),
                        all_reduce: [Nanos::from_micros(reduce); 3],
                        ramp: Nanos::from_micros(ramp),
                        ..gpu.clone()
                    };
                    let square = |(point, rival): &(Point, Rival)| {
                        let case = Case { gpu: gpu(&rival.case().gpu), ..rival.case().clone() };
                        let error = error(point, &rival.with(case).expect("the same size"));
                        error * error
                    };
                    best.push((rivals.iter().map(square).sum::<f64>(), [hbm, gap, reduce, ramp]));
                }
            }
        }
    }
    best.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (sum, [hbm, gap, reduce, ramp]) in best.iter().take(8) {
        let root = 100.0 * (sum / rivals.len() as f64).sqrt();
        println!(
            "hbm_eff {hbm:.2}, gap {gap} us, all-reduce {reduce} us, ramp {ramp} us: {root:.2} % root mean square"
        );
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "fit") { fit() } else { table() }
}
