//! Executes a program: values bit for bit, cycle for cycle.
//!
//! In: a chip, the executable part of a program, its tensors, and per token a launch record.  Out: outputs, cycles, violations, and
//!     what is where in any cycle.
//! Invariant: the witness is never opened: every cycle found here follows from the queues and the chip alone. Whatever is well formed
//!     runs to its end without a panic; breaking a rule of the machine poisons the values concerned, with provenance.
//! Method: an interpreter of dispatches in order of cycles; streams are cells (stream, diagonal), words are shared and never copied.
//!     Whole instances that nobody watches run by plans made from it, to the same bits.
//! Source: semantics of `program::Instruction` and `graph::ScalarOp`; delays of `arch::Geometry`.

mod c2c;
mod checkpoint;
mod dot;
mod double;
mod error;
mod execute;
mod functions;
mod fused;
mod icu;
mod image;
mod lanes;
mod machine;
mod mem;
mod moment;
mod mxm;
mod observe;
mod outputs;
mod poison;
mod prepare;
mod sram;
mod step;
mod stream;
mod sxm;
mod system;
mod tally;
mod timing;
mod vector;
mod vxm;
mod wheel;
mod word;

pub use checkpoint::Checkpoint;
pub use error::SimError;
pub use functions::exp;
pub use machine::{Machine, Outcome};
pub use moment::{AccumulatorView, ArrayView, LiveWord, Moment, WordView};
pub use observe::{Arrival, Dispatch, Driven, Observer, Recorder, Silent, Site};
pub use outputs::{Defect, OutputTile};
use poison::PoisonId;
pub use poison::{Cause, KEPT_MAX, Poison};
pub use prepare::CYCLES_MAX;
pub use step::Empty;
pub use system::{System, SystemCheckpoint};
pub use tally::Tally;
pub use word::WordBytes;
