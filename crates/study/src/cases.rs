//! One question, one answer: both contestants, the bill, and what each figure rests on.
//!
//! In: a case, which is a readable file, and what the viewer changed.  Out: plain data for terminal and page.
//! Invariant: a contestant whose program this build has not compiled gets no figure of ours; published ones stand as such.
//! Method: `file` reads the case, `contest` puts both on the table, one file per picture: `waterfall`, `curves`, `ledger`,
//! `jitter`, `plans`; `answer` joins them; `crowd` is the rush hour inside one chip.

mod answer;
mod contest;
mod crowd;
mod curves;
mod error;
mod file;
mod jitter;
mod ledger;
mod plans;
mod session;
mod waterfall;

pub use answer::{Answer, Topic, View};
pub use contest::{Compiled, Contest, LpuRate, Setting, claims};
pub use crowd::{Crowd, CrowdFacts, Lateness, Stay, operator};
pub use curves::{Curve, CurvePoint, Curves, Marker, Pin, Who};
pub use error::CaseError;
pub use file::{Case, GpuBox, LpuPrice, LpuSystem};
pub use gpu::{Act, Source};
pub use jitter::{ApiMeter, FabricMeter, Jitter, LpuFabric, Rush, Spread};
pub use ledger::{Ledger, Ledgers, Must};
pub use plans::{PlanLine, Plans};
pub use waterfall::{Goal, Noise, Step, Switch, Waterfall};
