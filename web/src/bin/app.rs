//! The page's entry: mounts the root component.
//!
//! In: a document.  Out: the running page.
//! Invariant: holds no logic; on a native target it is empty, so that the workspace builds as one.

fn main() {
    #[cfg(target_arch = "wasm32")]
    web::components::mount();
}
