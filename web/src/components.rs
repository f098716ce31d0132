//! What the viewer sees: one component per file, each a function of the state.
//!
//! In: the state.  Out: the page's elements; clicks and keys as actions.
//! Invariant: no component holds state of its own that another would need.
//! Method: the root applies actions and performs effects; everything below it only draws.

mod app;
mod bytes;
mod chip;
mod compiler;
mod cost;
mod deck;
mod drawer;
mod fleet;
mod fleet_side;
mod front;
mod late;
mod machine;
mod memory;
mod numbers;
mod opening;
mod picture;
mod prompt;
mod ride;
mod routing;
mod rush;
mod scale;
mod schedule;
mod sentence;
mod sheet;
mod spans;
mod stage;
mod stepper;
mod strip;
mod token;
mod tokens;
mod topbar;
mod tour;
mod traffic;
mod waiting;
mod which;

/// What holds the whole state is shown anew with each picture of the root: to compare states takes 4 kB with brotli, and they seldom are the same.
macro_rules! always_new {
    ($($properties:ty),*) => {
        $(impl PartialEq for $properties {
            fn eq(&self, _: &Self) -> bool {
                false
            }
        })*
    };
}

always_new!(machine::Props, prompt::Props, sheet::Props, tokens::Props, tour::Props, tour::race::Props);

/// Starts the page.
pub fn mount() {
    yew::Renderer::<app::App>::new().render();
}
