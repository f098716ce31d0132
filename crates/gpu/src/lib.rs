//! The rival: a decode step and serving load of a GPU, computed from the graph alone.
//!
//! In: a graph of one decode step and a [`Case`].  Out: a [`Rival`] whose steps, events, insides and bills of time are queried.
//! Invariant: it never sees our chip, program or schedule; same graph, case and seed, same bytes, native and wasm.
//! Method: `recipe` reads kernels off the graph, `price` times them, `step` draws and runs them, `run` and `inside` answer what
//! happened when, `ablation` thinks mechanisms away, `serve` puts users in front, `gates` holds it all against published figures, `meter` tells jitter of the fabric from
//! jitter at the API. `net` stands for itself: any words over any cables, routed as they go.

mod ablation;
mod case;
mod channel;
pub mod constants;
mod dial;
mod draw;
mod engine;
mod error;
mod fingerprint;
mod fit;
mod format;
pub mod gates;
mod inputs;
mod inside;
mod kernel;
mod machine;
mod meter;
pub mod net;
mod number;
mod price;
pub mod published;
mod recipe;
mod rival;
mod run;
pub mod serve;
pub mod share;
mod source;
mod step;
mod time;

pub use ablation::{Ablation, Bar, ablation};
pub use case::{Case, Mechanism, Path};
pub use dial::Dialled;
pub use engine::{AllReduce, Cache, Engine, HeadPlace, Launch};
pub use error::{GpuError, Named, Shortage};
pub use fingerprint::fingerprint;
pub use fit::Room;
pub use format::Format;
pub use inputs::{Input, Inputs};
pub use inside::{Act, Inside, Late, Moment};
pub use kernel::Kind;
pub use machine::{Gpu, Ladder, Tensor};
pub use meter::{Api, Fabric, FabricJitter, Over, Spread};
pub use price::Priced;
pub use rival::Rival;
pub use run::{Delay, Doing, Event, Run, Span, Where};
pub use source::{Row, Source, Sources};
pub use time::{At, Nanos};
