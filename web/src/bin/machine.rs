//! The entry of the worker that reads machines, fetched when somebody looks at one.
//!
//! In: a worker's global scope.  Out: a report for every request.
//! Invariant: holds no logic; on a native target it is empty, so that the workspace builds as one.

fn main() {
    #[cfg(target_arch = "wasm32")]
    web::services::machine::serve();
}
