//! The machine as data: slices, streams, queues, latencies and their standing.
//!
//! In: published and assumed constants.  Out: one `Chip` value and the geometry derived from it.
//! Invariant: a chip does not know models or programs; another chip is another value, not another code path.
//! Method: plain structs; stream time is two tables per direction (`geometry`), see there for the sheared coordinate.
//! Source: each constant in `facts` names its own.

mod chip;
mod difference;
mod facts;
mod file;
mod geometry;
mod latency;
mod mesh;
mod possible;
mod queue;
mod topology;
mod totals;

pub use chip::{Chip, Latencies, SliceId};
pub use facts::{Fact, facts};
pub use file::{ChipFileError, checksum};
pub use geometry::{Direction, Geometry, Hemisphere, Station, StreamId};
pub use mesh::{GROUP_STREAMS, Mesh, Ways};
pub use possible::ChipError;
pub use queue::{Queue, Unit};
pub use topology::{LinkId, NODE, Port, RACK_NODES, RACKS_MAX, TOPOLOGIES, Topology, TopologyError, local_link};
pub use totals::{Total, feeding, totals};
