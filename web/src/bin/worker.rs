//! The worker's entry: answers the page's requests off its thread.
//!
//! In: a worker's global scope.  Out: a report for every request.
//! Invariant: holds no logic; on a native target it is empty, so that the workspace builds as one.

fn main() {
    #[cfg(target_arch = "wasm32")]
    web::services::worker::serve();
}
