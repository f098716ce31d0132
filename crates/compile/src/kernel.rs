//! Kernels: groups of lowered nodes that run as one rigid chain, and where their results live.
//!
//! In: the lowering's knowledge of what belongs together.  Out: the scheduler's work list.
//! Invariant: values inside a kernel stay in ALUs; every value that enters or leaves it has a home in SRAM.

use arch::Hemisphere;
use graph::NodeId;
use units::Span;

/// Sets of memory slices with different ports, so that values needed in one cycle can be read in one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Four slices in the west, nearest to the VXM.
    WestNear,
    /// The last two slices of `WestNear`: the first one has the address maps.
    WestNearHigh,
    /// Four slices in the west that also feed planes, the nearest of these: a few rows that are written while all others are busy.
    WestOuter,
    /// The next four in the west.
    WestRim,
    /// The third four of them.
    WestThird,
    /// The last four of them.
    WestLast,
    /// Four slices in the east that also feed planes, likewise.
    EastOuter,
    /// The next four in the east.
    EastRim,
    /// The third four of them.
    EastThird,
    /// The last four of them.
    EastLast,
    /// Four slices in the east, nearest to the VXM.
    EastNear,
    /// Four slices in the east, one group further.
    EastFar,
    /// The first two slices of `EastFar`.
    EastFarLow,
    /// The last two slices of `EastFar`; in the words after those of `EastFar`, the other caches.
    EastFarHigh,
    /// Two slices in the west, one group further: every other cache.
    CacheWest,
}

impl Place {
    /// The half it lies in.
    pub fn hemisphere(self) -> Hemisphere {
        use Place::*;
        match self {
            WestNear | WestNearHigh | WestOuter | WestRim | WestThird | WestLast | CacheWest => Hemisphere::West,
            EastOuter | EastRim | EastThird | EastLast | EastNear | EastFar | EastFarLow | EastFarHigh => {
                Hemisphere::East
            }
        }
    }
}

/// A result and its home.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// The node.
    pub node: NodeId,
    /// Its slices.
    pub place: Place,
    /// Preferred bank.
    pub bank: u16,
}

/// Low bytes of a result, written so that its rows can be loaded as columns of a plane: row `16 w + k` is word w of slice k of a set.
#[derive(Clone, Copy, Debug)]
pub struct Striped {
    /// The node; its rows are a multiple of 16.
    pub node: NodeId,
    /// First byte, and one past the last.
    pub bytes: (u8, u8),
    /// The half whose planes take them.
    pub hemisphere: Hemisphere,
    /// Which of its sets of feeders.
    pub set: u8,
}

/// Nodes that run as one chain.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    /// `Map` and `Reduce` nodes, in topological order.
    pub nodes: Vec<NodeId>,
    /// Results that are written to SRAM.
    pub stored: Vec<Stored>,
    /// Results that planes will take as weights; none of them is stored as well.
    pub striped: Vec<Striped>,
    /// A `Scatter` node whose row is the last `Map`.
    pub scatter: Option<NodeId>,
}

/// A row of a table fetched by position into a home of its own.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The `Gather` node.
    pub node: NodeId,
    /// Where the table lies.
    pub table: Place,
    /// Where the row goes.
    pub home: Place,
}

/// What another chip of the group sends.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its number differs from the chip's own in these bits.
    pub distance: u16,
    /// Its part, tile by tile.
    pub received: Vec<NodeId>,
}

/// Parts of a sum, sent to all chips of the group and received from all of them.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The chip's own part, tile by tile, f32 rows of 320 lanes.
    pub sent: Vec<NodeId>,
    /// The others, by distance.
    pub peers: Vec<Peer>,
}

/// Rows whose lanes move, from a home to another one in the same half.
#[derive(Clone, Copy, Debug)]
pub struct Shuffle {
    /// The `Permute` node, its home.
    pub stored: Stored,
    /// Which of the program's lane maps says so.
    pub map: u16,
}

/// Work of a stage, in order.
#[derive(Clone, Debug)]
pub enum Work {
    /// A chain through the VXM.
    Kernel(Kernel),
    /// A fetched row.
    Fetch(Fetch),
    /// Words between chips.
    Exchange(Exchange),
    /// Rows through a permuter.
    Shuffle(Shuffle),
}

/// A stretch of program compiled once.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Name of the template.
    pub name: String,
    /// What is done, in order.
    pub work: Vec<Work>,
    /// Lowered nodes made for this stage (of its first instance).
    pub nodes: Span,
    /// External tensors made for this stage (of its first instance).
    pub tensors: Span,
}
