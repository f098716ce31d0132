//! Sixteen feeders on their way to the planes of a half.
//!
//! In: slices, the words that each of them reads, the first stream.  Out: reads and their flows, as events of a chain.
//! Invariant: word n of every feeder is at the planes in cycle n of the chain, feeder k on the k-th stream.
//! Method: the nearer a feeder lies, the later it reads.

use super::chain::{Chain, ChainFlow, Draft, Event, FlowIndex, Issuer};
use super::reserve::{Banks, Reservations};
use arch::{Chip, Hemisphere, Queue, SliceId};
use program::Address;

/// Words of 16 feeders, the same of each.
pub struct Words<'a> {
    /// The feeders.
    pub slices: &'a [SliceId],
    /// The first word, and how far it is to the next.
    pub address: Address,
    /// Words of each.
    pub count: u32,
}

/// Appends the reads of 16 feeders and their flows to the planes of a half, from this stream on.
pub fn feed(
    chain: &mut Chain,
    (chip, table): (&Chip, &Reservations),
    Words { slices, address, count }: Words,
    (half, first): (Hemisphere, u8),
    label: u16,
) -> Vec<FlowIndex> {
    let geometry = table.geometry();
    let (direction, station) = (half.outward(), geometry.mxm(half));
    let feeder = |(index, &slice): (usize, &SliceId)| {
        let from = geometry.slice(slice);
        let travel = geometry.travel(direction, from, station).expect("feeders lie before their plane");
        let departs = -i64::from(travel);
        let flow = chain.flow(ChainFlow {
            direction,
            bytes: vec![(from, departs)],
            drivers: vec![chain.events.len()],
            to: station,
            length: i64::from(count),
            among: Some((first + index as u8, 1)),
        });
        let dispatch = departs - i64::from(chip.latency.mem_read);
        chain.push(Event {
            count,
            banks: Banks::of(chip, address, count),
            ..Event::once(Issuer::Queue(Queue::MemRead(slice)), dispatch, Draft::Read(address, (flow, 0)), label)
        });
        flow
    };
    slices.iter().enumerate().map(feeder).collect()
}
