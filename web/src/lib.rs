//! The page and its worker: what the browser shows, and the one place that talks to it.
//!
//! In: messages from the worker, keys, clicks, the address.  Out: the page.
//! Invariant: the model of the page (state, links, texts, messages) names no browser and is tested natively.
//! Method: `state::reduce` decides, `components` draw, `services` do all IO.

pub mod compiling;
pub mod desk;
pub mod fleet;
pub mod fleet_desk;
mod fleet_words;
mod here;
pub mod i18n;
pub mod keys;
pub mod link;
pub mod machine;
pub mod numbers;
mod obey;
pub mod picture;
pub mod play;
pub mod protocol;
pub mod reel;
pub mod ride;
pub mod rival;
pub mod routing;
pub mod rush;
pub mod scale;
pub mod scenes;
mod seek;
pub mod sheet;
pub mod source;
pub mod spelling;
pub mod state;
pub mod theme;
pub mod tour;
pub mod turns;
pub mod versus;
pub mod wreck;

#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
mod paint;
#[cfg(target_arch = "wasm32")]
pub mod services;
