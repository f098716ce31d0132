//! The second worker's entry: the rival and the bill, fetched when somebody looks at them.
//!
//! In: a worker's global scope.  Out: a report for every request.
//! Invariant: holds no logic; on a native target it is empty, so that the workspace builds as one.

fn main() {
    #[cfg(target_arch = "wasm32")]
    web::services::rival::serve();
}
