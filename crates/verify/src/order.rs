//! Ways in which orders to the queues themselves go wrong: Fetch, Sync, Notify, Config, Deskew (rule 13).
//!
//! In: nothing; this is vocabulary.  Out: one variant per fault, with its sentences in both languages and its two short phrases.
//! Invariant: the four texts of a variant carry the same numbers.
//! Method: one match per text.

use arch::{SliceId, StreamId};
use serde::{Deserialize, Serialize};

/// What is wrong with an order.
#[expect(missing_docs, reason = "fields carry what the variant's line names; `english` says each in words")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Order {
    /// Parked queues that are released in another cycle of the template than its last, or never; or a Notify for nobody.
    Release { release: Option<u64>, length: u64 },
    /// A second Notify in one template.
    NotifiedTwice,
    /// A queue that does not park although others do.
    Unparked,
    /// An entry that starts before its instruction was fetched.
    Starved { needed: u64, fetched: u64 },
    /// More instructions fetched than the queue holds.
    QueueFull { capacity: u64, held: u64 },
    /// Instructions fetched from a slice of data.
    FetchSlice { slice: SliceId },
    /// Two fetches that need the port of a slice in one cycle.
    FetchPort { slice: SliceId, free: u64 },
    /// A Deskew while other queues are not parked, or with more behind it than a Notify.
    Restless,
    /// A Deskew that reserves less than the clocks may have come apart, or more than their counters can tell.
    Reserve { least: u64, most: u64, found: u64 },
    /// A value that was driven before a Deskew and is sampled after it.
    AcrossDeskew { stream: StreamId },
    /// A vector that was sent before a Deskew of its sender or its receiver and is received after it.
    FlightAcrossDeskew,
    /// A dispatch while the unit changes its length.
    Unsettled { from: u64 },
}

impl Order {
    /// The fault in English, for the middle of a sentence.
    pub(crate) fn english(&self) -> String {
        match self {
            Order::Release { release: Some(release), length } => {
                format!("its queues are released in cycle {release}, the template lasts {length} cycles")
            }
            Order::Release { release: None, length } => {
                format!("its queues are never released, or none is parked, in a template of {length} cycles")
            }
            Order::NotifiedTwice => "a Notify before it has released the queues already".to_owned(),
            Order::Unparked => "it does not park, although the others wait for all".to_owned(),
            Order::Starved { needed, fetched } => {
                format!("its instruction {needed} is due, but only {fetched} were fetched")
            }
            Order::QueueFull { capacity, held } => {
                format!("it would hold {held} instructions, there is room for {capacity}")
            }
            Order::FetchSlice { slice } => format!("slice {slice} holds data, not instructions"),
            Order::FetchPort { slice, free } => format!("the port of slice {slice} is taken until cycle {free}"),
            Order::Restless => "the clocks are aligned here, but the chip does not rest".to_owned(),
            Order::Reserve { least, most, found } => {
                format!("{found} cycles are reserved for clocks that may be {least} apart, and can tell {most}")
            }
            Order::AcrossDeskew { stream } => {
                format!("stream {stream} carries a value from before the clocks were aligned")
            }
            Order::FlightAcrossDeskew => "the vector that lands here set out before the clocks were aligned".to_owned(),
            Order::Unsettled { from } => format!("the unit has its new length only from cycle {from} on"),
        }
    }

    /// The same in Traditional Chinese.
    pub(crate) fn chinese(&self) -> String {
        match self {
            Order::Release { release: Some(release), length } => {
                format!("停等的佇列在第 {release} 週期放行，模板卻長 {length} 個週期")
            }
            Order::Release { release: None, length } => {
                format!("在長 {length} 個週期的模板裡，停等的佇列一直沒人放行，或者根本沒有佇列在等")
            }
            Order::NotifiedTwice => "前面已經有一道 Notify 放行過了".to_owned(),
            Order::Unparked => "別的佇列都在等全員到齊，它卻沒有停下來".to_owned(),
            Order::Starved { needed, fetched } => format!("該發第 {needed} 道指令了，但只取回 {fetched} 道"),
            Order::QueueFull { capacity, held } => format!("佇列裡會有 {held} 道指令，只放得下 {capacity} 道"),
            Order::FetchSlice { slice } => format!("切片 {slice} 存的是資料，不是指令"),
            Order::FetchPort { slice, free } => format!("切片 {slice} 的讀取埠到第 {free} 週期才有空"),
            Order::Restless => "這裡要對時，晶片卻沒有停下來".to_owned(),
            Order::Reserve { least, most, found } => {
                format!("保留了 {found} 個週期，時鐘卻可能差到 {least} 個，計數器最多只能分辨 {most} 個")
            }
            Order::AcrossDeskew { stream } => format!("串流 {stream} 上是對時之前的值"),
            Order::FlightAcrossDeskew => "在這裡抵達的向量是對時之前送出的".to_owned(),
            Order::Unsettled { from } => format!("單元到第 {from} 週期才換成新的長度"),
        }
    }

    /// What would have been legal.
    pub(crate) fn expected(&self) -> String {
        match self {
            Order::Release { length, .. } => format!("all parked and released once, in cycle {length}"),
            Order::NotifiedTwice => "one Notify".to_owned(),
            Order::Unparked => "a Sync at its end".to_owned(),
            Order::Starved { needed, .. } => format!("{needed} instructions fetched"),
            Order::QueueFull { capacity, .. } => format!("at most {capacity} instructions"),
            Order::FetchSlice { .. } => "a slice of instructions".to_owned(),
            Order::FetchPort { free, .. } => format!("a Fetch from cycle {free} on"),
            Order::Restless => "all other queues parked, a Notify behind it".to_owned(),
            Order::Reserve { least, most, .. } => format!("{least} to {most} cycles"),
            Order::AcrossDeskew { stream } => format!("a value driven on {stream} after the Deskew"),
            Order::FlightAcrossDeskew => "a vector sent after the Deskew".to_owned(),
            Order::Unsettled { from } => format!("a dispatch from cycle {from} on"),
        }
    }

    /// What is there instead.
    pub(crate) fn found(&self) -> String {
        match self {
            Order::Release { release: Some(release), .. } => format!("a release in cycle {release}"),
            Order::Release { release: None, .. } => "no release".to_owned(),
            Order::NotifiedTwice => "another".to_owned(),
            Order::Unparked => "no Sync".to_owned(),
            Order::Starved { fetched, .. } => format!("{fetched} fetched"),
            Order::QueueFull { held, .. } => format!("{held} instructions"),
            Order::FetchSlice { slice } => format!("slice {slice}"),
            Order::FetchPort { slice, .. } => format!("another Fetch from {slice}"),
            Order::Restless => "a chip at work".to_owned(),
            Order::Reserve { found, .. } => format!("{found} cycles"),
            Order::AcrossDeskew { .. } => "one from before".to_owned(),
            Order::FlightAcrossDeskew => "one from before".to_owned(),
            Order::Unsettled { .. } => "a dispatch too early".to_owned(),
        }
    }
}
