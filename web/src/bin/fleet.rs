//! The entry of the worker for hundreds of chips, fetched when somebody asks for them.
//!
//! In: a worker's global scope.  Out: a report for every request.
//! Invariant: holds no logic; on a native target it is empty, so that the workspace builds as one.

fn main() {
    #[cfg(target_arch = "wasm32")]
    web::services::fleet::serve();
}
