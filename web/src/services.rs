//! All IO of the page: the workers, the address, the document's own attributes.
//!
//! In: effects.  Out: actions.
//! Invariant: no other module touches a browser object, except components for the element they draw on.
//! Method: one file per neighbour.

pub mod address;
pub mod clock;
pub mod drop;
pub mod engine;
pub mod fleet;
pub mod keyboard;
pub mod machine;
mod port;
pub mod rival;
pub mod settings;
pub mod smith;
pub mod worker;
