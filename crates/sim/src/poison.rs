//! Violations of the machine's rules, found while a program runs.
//!
//! In: a rule that was broken, and where.  Out: a list with provenance, and an id that travels with every value that depends on it.
//! Invariant: running never stops at a violation; every value computed from one carries its id, and the list never grows past a cap.
//! Method: the ledger keeps the first `KEPT_MAX` violations and counts the others.

use crate::Site;
use arch::{Queue, SliceId, StreamId};
use units::Cycle;

/// Violations kept with their provenance; later ones are counted.
pub const KEPT_MAX: usize = 256;

/// Which rule was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Cause {
    /// The queue's unit does not execute this instruction.
    #[error("this queue does not execute this instruction")]
    WrongQueue,
    /// No such stream on the chip.
    #[error("stream number {number} does not exist")]
    StreamRange {
        /// The number.
        number: u8,
    },
    /// A value of several bytes on streams that do not form an aligned group.
    #[error("stream {first} does not begin an aligned group of {count}")]
    StreamGroup {
        /// First stream.
        first: StreamId,
        /// Streams in the group.
        count: u8,
    },
    /// A stream was sampled that nobody drove.
    #[error("nobody drove stream {stream}")]
    Undriven {
        /// The stream.
        stream: StreamId,
    },
    /// Two instructions drove one stream at one station in one cycle.
    #[error("stream {stream} is driven twice at this station in this cycle")]
    Collision {
        /// The stream.
        stream: StreamId,
    },
    /// The address names a base that the instance does not have.
    #[error("the instance has no base {base}")]
    AddressBase {
        /// The base.
        base: u8,
    },
    /// A word outside the slice.
    #[error("word {address} lies outside the slice")]
    AddressRange {
        /// The word.
        address: i64,
    },
    /// The slice holds instructions and no data.
    #[error("the slice is reserved for instructions")]
    Reserved,
    /// A word was read that neither the host nor the program ever wrote.
    #[error("word {address} was never written")]
    Unwritten {
        /// The word.
        address: u16,
    },
    /// A read and a write of one slice touch one bank in one cycle.
    #[error("read and write meet in bank {bank}")]
    Bank {
        /// The bank.
        bank: u16,
    },
    /// An address of a map lies outside the slice, or its high byte above 31.
    #[error("the map's address {address:#06x} of superlane {superlane} lies outside the slice")]
    MapRange {
        /// The superlane.
        superlane: u8,
        /// Both bytes as one number.
        address: u16,
    },
    /// A scatter's map is itself poisoned: nobody knows what is overwritten, and nothing is.
    #[error("the map of a scatter is poisoned")]
    MapPoisoned,
    /// A weight group past the last column, or not from stream 0 or 16.
    #[error("there is no column group {group}")]
    Column {
        /// The group of 16 columns.
        group: u64,
    },
    /// Weights are loaded from a stream other than 0 or 16.
    #[error("weights are loaded from stream 0 or 16, not {from}")]
    LoadFrom {
        /// First stream.
        from: u8,
    },
    /// An activation meets no installed array (none yet, or within `mxm_install` of the last Install).
    #[error("the array of plane {plane} is not installed in this cycle")]
    ArrayAbsent {
        /// The plane.
        plane: u8,
    },
    /// An f16 activation not on plane 0, with a half other than 0 or 1, or over columns past 159 of a plane.
    #[error("an f16 product needs plane 0, half 0 or 1, and arrays of at most 160 columns")]
    HalfShape,
    /// No Activate was dispatched at the one cycle that this Accumulate pairs with.
    #[error("no product reaches the accumulators in this cycle")]
    ProductAbsent,
    /// No such accumulator.
    #[error("accumulator {slot} does not exist")]
    SlotRange {
        /// The accumulator.
        slot: u64,
    },
    /// An Add into an accumulator that was never set, or set in the other format.
    #[error("accumulator {slot} holds nothing of this format to add to")]
    SlotEmpty {
        /// The accumulator.
        slot: u64,
    },
    /// No ALU does this operation on this type.
    #[error("no ALU does this operation on this type")]
    Operation,
    /// exp, tanh and rsqrt run on large ALUs only.
    #[error("this ALU is too small for this operation")]
    SmallAlu,
    /// A stream that the ALU's row does not reach.
    #[error("the row of this ALU does not reach stream {stream}")]
    Window {
        /// The stream.
        stream: StreamId,
    },
    /// Two streams of one group into one ALU, one from each side.
    #[error("stream {stream} has the group of the other operand, which comes from the other side")]
    BothSides {
        /// The second of them.
        stream: StreamId,
    },
    /// No way through the mesh leads from the ALU named as operand to this one, and to all others that take its result.
    #[error("this ALU does not hear ALU {alu}")]
    NotHeard {
        /// The ALU.
        alu: u8,
    },
    /// An operand is missing, superfluous or of a kind the operation does not take.
    #[error("operand {operand} does not fit the operation")]
    Operand {
        /// 0 or 1.
        operand: u8,
    },
    /// The ALU named as operand dispatched nothing exactly `vxm_alu` cycles ago, or a result of another type.
    #[error("ALU {alu} has no result of this type for this cycle")]
    AluAbsent {
        /// The ALU.
        alu: u8,
    },
    /// No cable leads from the link to another chip.
    #[error("no cable leads from this link to another chip")]
    NoCable,
    /// The vector before is still on its way out.
    #[error("the link is free from cycle {free} on")]
    LinkBusy {
        /// First cycle in which the link is free.
        free: u64,
    },
    /// A vector landed on the link and nobody received it.
    #[error("a vector landed on this link and was not received")]
    NotReceived,
    /// Nothing lands on the link in this cycle.
    #[error("nothing lands on this link in this cycle")]
    NothingLands,
    /// A Permute names a map that is not there, or that is no bijection of 320 lanes.
    #[error("map {map} is not there, or does not hold each of 320 lanes once")]
    PermuteMap {
        /// The map.
        map: u16,
    },
    /// A Shift by more than a whole word.
    #[error("a shift by {lanes} lanes is more than a word")]
    ShiftRange {
        /// The lanes.
        lanes: u16,
    },
    /// A Rotate of another number of rows than 3 or 4.
    #[error("a rotation takes 3 or 4 rows, not {size}")]
    RotateSize {
        /// The number.
        size: u8,
    },
    /// An entry starts before its instruction was fetched.
    #[error("instruction {needed} of the queue is due, but only {fetched} were fetched")]
    Starved {
        /// Instructions that have started, this one among them.
        needed: u64,
        /// Instructions fetched so far.
        fetched: u64,
    },
    /// More was fetched than the queue holds.
    #[error("the queue would hold {held} instructions")]
    QueueFull {
        /// Instructions in it when the fetched ones come.
        held: u64,
    },
    /// Instructions fetched from a slice of data, or from none.
    #[error("slice {slice} holds no instructions")]
    FetchSlice {
        /// The slice.
        slice: SliceId,
    },
    /// Two fetches have the port of a slice in one cycle.
    #[error("the port of slice {slice} is taken by the fetch before")]
    FetchPort {
        /// The slice.
        slice: SliceId,
    },
    /// Queues are not parked when they should be, or released in another cycle than that in which the template ends, or never.
    #[error("the template ends in cycle {end}, its queues are released in {release:?}")]
    Release {
        /// Cycle of the release, if there is one.
        release: Option<u64>,
        /// Cycle in which the template is over.
        end: u64,
    },
    /// A second Notify in one template.
    #[error("a Notify before has released the queues already")]
    NotifiedTwice,
    /// A Deskew while others work.
    #[error("the chip does not rest while its clock is aligned")]
    Restless,
    /// A Deskew that reserves less than the clocks may have come apart, or more than a period.
    #[error("the clocks may be {drift} cycles apart")]
    Reserve {
        /// By how much.
        drift: u64,
    },
    /// A value from before a Deskew is used after it.
    #[error("stream {stream} carries a value from before the clocks were aligned")]
    AcrossDeskew {
        /// The stream.
        stream: StreamId,
    },
    /// A dispatch while the unit changes its length.
    #[error("the unit has its new length only from cycle {from} on")]
    Unsettled {
        /// First cycle in which the queue may dispatch.
        from: u64,
    },
    /// A Config to more superlanes than there are.
    #[error("{superlanes} superlanes are more than there are")]
    Superlanes {
        /// The number.
        superlanes: u8,
    },
    /// A lane map refers past lane 15.
    #[error("the lane map refers to lane {lane} of 16")]
    LaneMap {
        /// The lane.
        lane: u8,
    },
}

/// One violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Poison {
    /// The rule.
    pub cause: Cause,
    /// Queue whose instruction broke it.
    pub queue: Queue,
    /// Which dispatch.
    pub site: Site,
    /// Its cycle.
    pub cycle: Cycle,
}

impl std::fmt::Display for Poison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}: {}", self.cycle, self.queue, self.site, self.cause)
    }
}

/// Which violation a value depends on; the id of one past the cap, or of another chip, leads to no provenance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PoisonId {
    pub(crate) chip: u16,
    pub(crate) number: u32,
}

/// All violations since the machine was loaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    chip: u16,
    kept: Vec<Poison>,
    total: u64,
}

impl Ledger {
    /// The empty ledger of a chip.
    pub(crate) fn of(chip: u16) -> Self {
        Ledger { chip, ..Ledger::default() }
    }

    pub(crate) fn record(&mut self, poison: Poison) -> PoisonId {
        let id = PoisonId { chip: self.chip, number: u32::try_from(self.total).unwrap_or(u32::MAX) };
        self.total += 1;
        if self.kept.len() < KEPT_MAX {
            self.kept.push(poison);
        }
        id
    }

    pub(crate) fn get(&self, id: PoisonId) -> Option<&Poison> {
        self.kept.get(id.number as usize).filter(|_| id.chip == self.chip)
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The kept violations from number `first` on.
    pub(crate) fn since(&self, first: u64) -> &[Poison] {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        self.kept.get(first..).unwrap_or(&[])
    }
}
