//! Takes times.
//!
//! In: work.  Out: what it made, and the seconds of each run.

use std::time::Instant;

/// Seconds, one per run.
pub type Times = Vec<f64>;

/// Runs `work` and gives its seconds.
pub fn seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed().as_secs_f64())
}

/// Runs `work` `runs` times, at least once; what the last run made, and all times.
pub fn timed<T>(runs: u32, mut work: impl FnMut() -> T) -> (T, Times) {
    let (mut made, first) = seconds(&mut work);
    let mut times = vec![first];
    for _ in 1..runs {
        let (again, time) = seconds(&mut work);
        times.push(time);
        made = again;
    }
    (made, times)
}

/// The time below which `share` of all lie.
pub fn quantile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}
