//! One question, one answer: runs the whole line on a case.
//!
//! In: a question: a model's bytes and a prompt, a case, the name of a published shape, a graph, a collective; a chip.  Out: a session (a
//!     verified program, its tokens, and any moment of any of them), or figures as plain data.
//! Invariant: only a `Verified` program is run here, or a `Broken` one that says so; nothing is recorded that could be computed again but
//!     what a test computes again (`cases::ours`).
//! Method: import -> compile -> verify -> load -> run, with progress told at each step. One file or folder for each kind of question:
//!     `session`, `cases`, `fleet`, `routing`, `collectives`, `encoder`, `resnet`, `graphs`, `funnel`.

pub mod account;
mod bounds;
mod broken;
mod buckets;
mod build;
pub mod cases;
pub mod collectives;
mod compilation;
pub mod encoder;
mod error;
mod evaluation;
mod figures;
mod files;
mod fingerprint;
pub mod fleet;
mod front;
mod funnel;
pub mod graphs;
mod harmless;
mod host;
mod judge;
mod machine;
mod progress;
pub mod resnet;
pub mod routing;
mod sampling;
mod session;
mod together;
mod token;
mod trace;

pub use bounds::{Bounds, First, Second, StageBound, Step, first_bound};
pub use broken::{BrokenRun, LateCar};
pub use buckets::{Stair, Staircase, holding, judge_beside, judge_buckets};
pub use build::{Built, BuiltBucket, build, build_block, build_buckets, build_texts};
pub use compilation::{AfterPass, Change, Noted, Pass, Steps, UnknownPass, pass_named, passes, state_after};
pub use error::StudyError;
pub use evaluation::{Evaluation, Score};
pub use figures::Figures;
pub use files::{
    ReadBack, Seal, UnknownChip, assembly, assembly_of_system, chip_named, is_program, read_back, read_back_all,
    read_program, read_with_weights, write_program, write_with_weights,
};
pub use fingerprint::Fingerprint;
pub use front::{Damage, FRONT_COLUMNS, Front};
pub use funnel::{Called, Funnel, Issued, Used, funnel};
pub use harmless::harmless_seed;
pub use host::{HOST_LINK, HostLink, facts};
pub use judge::{
    JudgeError, MutantVerdict, Verdict, ViolationLine, judge, judge_claim, judge_form, judge_mutant, judge_on, mutation,
};
pub use machine::{machine, machine_that_differs};
pub use progress::{Flow, Listener, Progress, Stage};
pub use sampling::{Candidate, Sampling};
pub use session::{EXAMPLE, Options, Session, Sizes};
pub use together::{Advance, Line, Together};
pub use token::{Replay, Token};
pub use trace::{TraceSize, trace};

pub use arch::{Chip, Fact, Hemisphere, LinkId, NODE, RACK_NODES, Topology};
pub use compile::{Format, Formats, Linear, Tables};
pub use cost;
pub use graph::Graph;
pub use import::{Builtin, Encoder, ResNet, Source, SourceError};
pub use units::Standing;
pub use verify::{Verified, WeightFault, check_weights};
