//! One question, one answer: both contestants, the bill, and what each figure rests on.
//!
//! In: a case, which is a readable file, and what the viewer changed.  Out: plain data for terminal and page.
//! Invariant: a contestant whose program this build has not compiled gets no figure of ours; published ones stand as such.
//! Method: `file` reads the case, `dials` takes what the viewer changed of it (`sides`: whose an input is; `moves`: whether it moves a
//!     figure), `contest` puts both on the table, one file per picture: `waterfall` (with `orders` and `ours`), `curves`, `ledger`, `jitter`
//!     (with `gates`), `plans`; `answer` joins them, and `standings` says how well each part is known; `crowd` is the rush hour inside one
//!     chip, `server` the one at the server, where `rota` is the LPU's side.

mod answer;
mod contest;
mod crowd;
mod curves;
mod dials;
mod error;
mod file;
mod gates;
mod jitter;
mod ledger;
mod moves;
mod orders;
mod ours;
mod plans;
mod problem;
mod rota;
mod server;
mod session;
mod sides;
mod sources;
mod standings;
mod waterfall;

pub use answer::{Answer, Topic, View};
pub use contest::{Compiled, Contest, LpuRate, Setting, claims};
pub use crowd::{Crowd, CrowdFacts, Lateness, Stay, operator};
pub use curves::{Curve, CurvePoint, Curves, Marker, Pin, Who};
pub use dials::{Dialed, refused};
pub use error::CaseError;
pub use file::{Case, GpuBox, LpuPrice, LpuSystem};
pub use gates::GateLine;
pub use gpu::serve::{Request, Served, ServerDoing, ServerEvent};
pub use gpu::{Act, At, Nanos, Source};
pub use jitter::{ApiMeter, FabricMeter, Jitter, LpuFabric, Rush, Spread};
pub use ledger::{Ledger, Ledgers, Must};
pub use orders::{Cause, Orders, Ramp, Range, Reading, Reason, tenths};
pub use ours::Ours;
pub use plans::{PlanLine, Plans};
pub use rota::{Entry, Held, Rota, Rotation, Why};
pub use server::{AtDoor, AtServer, Crowding, Present, ServerFacts};
pub use sources::SourceLine;
pub use standings::Rests;
pub use waterfall::{Goal, Noise, SWITCHES, Step, Switch, Waterfall};
