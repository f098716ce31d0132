//! How long a decode step takes to compute: fast path, full path, one kernel inside, an hour of serving.
//!
//! In: nothing.  Out: milliseconds on this machine, for the budget of 50 ms a step.

use gpu::serve::{Load, serve};
use gpu::{Case, Gpu, Path, Rival, Tensor, Where};
use import::Builtin;
use std::time::Instant;

fn time(what: &str, repeats: u32, mut work: impl FnMut(u32) -> f64) {
    let start = Instant::now();
    let sum: f64 = (0..repeats).map(&mut work).sum();
    let millis = start.elapsed().as_secs_f64() * 1e3 / f64::from(repeats);
    println!("{what:44} {millis:9.3} ms  (check {sum:.3})");
}

fn main() {
    let graph = Builtin::Llama2Of70B.decode_step(128);
    let case = |gpu: Gpu, path: Path| Case { path, context: 100, ..Case::new(gpu, Tensor::Eight) };
    time("Llama-2-70B, TP8: from graph to rival", 5, |_| {
        Rival::new(&graph, case(Gpu::a100(), Path::Fast)).map_or(0.0, |rival| rival.bytes())
    });
    for gpu in [Gpu::a100(), Gpu::h100()] {
        let name = gpu.name.clone();
        let fast = Rival::new(&graph, case(gpu.clone(), Path::Fast)).expect("fits");
        let full = Rival::new(&graph, case(gpu, Path::Full)).expect("fits");
        time(&format!("{name}: step, fast path"), 50, |number| fast.step(number).duration().millis());
        time(&format!("{name}: step, full path"), 5, |number| full.step(number).duration().millis());
        let run = fast.step(0);
        time(&format!("{name}: inside one kernel"), 20, |number| {
            let inside = run.inside(Where { gpu: 0, kernel: 8 + 11 * number }, None);
            inside.map_or(0.0, |inside| (inside.to - inside.from).millis())
        });
        time(&format!("{name}: all events of a step"), 20, |_| run.events(gpu::At::START, run.end()).len() as f64);
    }
    let (load, pace) = Load::rush_hour();
    time("rush hour, 1500 requests", 5, |_| serve(&pace, &load.requests()).rate());
}
