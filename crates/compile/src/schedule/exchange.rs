//! Words between chips: each chip sends its part of a sum to every other one and receives theirs.
//!
//! In: the parts, tile by tile, and what the others send.  Out: reads, sends, receives and writes as one rigid chain per half.
//! Invariant: every chip runs this chain in the same cycles, and a cable has the same port at both ends; so what a chip does at its
//!     end is what the other end needs: a Receive stands exactly `link_crossing` after the Send.
//! Method: one read serves all links of a half, each link one cycle after the one before, so that what lands needs no two writes of a
//!     slice in one cycle. The next word follows when the links are free.
//! Source: all-reduce among the fully connected chips of a node; one hop, everybody to everybody (Abts et al., ISCA 2022).

use super::Scheduler;
use super::chain::{ChainFlow, Draft, Event, FlowIndex, Issuer};
use super::kernel::{Building, Written};
use crate::CompileError;
use crate::kernel::{Exchange, Peer, Place};
use crate::place::Home;
use crate::why::Need;
use arch::{Hemisphere, Queue, local_link};
use graph::NodeId;
use program::{Address, LabelKind};

/// A word on its way out: whose, which byte, and the cycle in which the first link samples it.
struct Outgoing<'a> {
    node: NodeId,
    home: &'a Home,
    byte: usize,
    start: i64,
}

impl Scheduler<'_> {
    /// Places an exchange, half by half.
    pub fn exchange(&mut self, exchange: &Exchange) -> Result<(), CompileError> {
        for (hemisphere, place) in [(Hemisphere::West, Place::WestNear), (Hemisphere::East, Place::EastNear)] {
            let is_here = |peer: &&Peer| local_link(peer.distance).hemisphere == hemisphere;
            let peers: Vec<&Peer> = exchange.peers.iter().filter(is_here).collect();
            for &node in peers.iter().flat_map(|peer| &peer.received) {
                let bytes = self.lowered.graph.nodes[node].dtype.bytes() as usize;
                let home = self.store.scratch(place, bytes, 1, 0);
                self.homes.insert(node, home);
            }
            if !peers.is_empty() {
                self.half(exchange, hemisphere, &peers)?;
            }
        }
        Ok(())
    }

    fn half(&mut self, exchange: &Exchange, hemisphere: Hemisphere, peers: &[&Peer]) -> Result<(), CompileError> {
        let label = self.label(exchange.sent[0], LabelKind::Activation, 0, 0);
        let mut building = Building::new((0, 1), label);
        let mut start = 0;
        for (tile, &node) in exchange.sent.iter().enumerate() {
            let home = self.home(node)?;
            for byte in 0..home.slices.len() {
                let outgoing = Outgoing { node, home: &home, byte, start };
                let flow = self.outward(&mut building, hemisphere, &outgoing, peers.len() as u32);
                for (turn, peer) in peers.iter().enumerate() {
                    let sent = start + turn as i64;
                    let issuer = Issuer::Queue(Queue::LinkSend(local_link(peer.distance)));
                    let send = Event::once(issuer, sent, Draft::Send((flow, 0)), label);
                    building.chain.push(Event {
                        takes: self.chip.latency.link_vector,
                        first_iteration: turn as u32,
                        ..send
                    });
                    let landed = sent + self.chip.latency.link_crossing().0 as i64;
                    self.inward(&mut building, peer, (peer.received[tile], byte), landed);
                }
                start += i64::from(self.chip.latency.link_vector);
            }
        }
        self.finish(building)?;
        Ok(())
    }

    /// A word, as often as there are links, one cycle after the other, on its way to them.
    fn outward(
        &mut self,
        building: &mut Building,
        hemisphere: Hemisphere,
        outgoing: &Outgoing,
        links: u32,
    ) -> FlowIndex {
        let geometry = self.table.geometry().clone();
        let Outgoing { node, home, byte, start } = *outgoing;
        let (slice, sxm) = (home.slices[byte], geometry.sxm(hemisphere));
        let from = geometry.slice(slice);
        let travel = geometry.travel(hemisphere.outward(), from, sxm).expect("outward leads to the links");
        let departs = start - i64::from(travel);
        let driver = building.chain.events.len();
        let flow = building.chain.flow(ChainFlow {
            direction: hemisphere.outward(),
            bytes: vec![(from, departs)],
            drivers: vec![driver],
            to: sxm,
            length: i64::from(links),
            among: None,
        });
        let dispatch = departs - i64::from(self.chip.latency.mem_read);
        for need in self.written(node, 0) {
            building.needs(Need { earliest: need.earliest - dispatch, ..need });
        }
        let address = Address { stride: 0, ..home.address };
        let read = Event::once(
            Issuer::Queue(Queue::MemRead(slice)),
            dispatch,
            Draft::Read(address, (flow, 0)),
            building.label,
        );
        building.chain.push(Event { count: links, banks: self.banks(address, links), ..read });
        flow
    }

    /// What lands from a peer, on its way to its home: byte `byte` of the node.
    fn inward(&mut self, building: &mut Building, peer: &Peer, (node, byte): (NodeId, usize), landed: i64) {
        let geometry = self.table.geometry().clone();
        let link = local_link(peer.distance);
        let home = self.homes[&node].clone();
        let (slice, sxm) = (home.slices[byte], geometry.sxm(link.hemisphere));
        let to = geometry.slice(slice);
        let departs = landed + i64::from(self.chip.latency.link_receive);
        let driver = building.chain.events.len();
        let flow = building.chain.flow(ChainFlow {
            direction: link.hemisphere.inward(),
            bytes: vec![(sxm, departs)],
            drivers: vec![driver],
            to,
            length: 1,
            among: None,
        });
        let label = building.label;
        let receive = Issuer::Queue(Queue::LinkReceive(link));
        building.chain.push(Event::once(receive, landed, Draft::Receive((flow, 0)), label));
        let travel = geometry.travel(link.hemisphere.inward(), sxm, to).expect("inward leads to memory");
        let written = departs + i64::from(travel);
        let address = Address { stride: 0, ..home.address };
        let write =
            Event::once(Issuer::Queue(Queue::MemWrite(slice)), written, Draft::Write(address, (flow, 0)), label);
        building.chain.push(Event { banks: self.banks(address, 1), ..write });
        building.written.push(Written { node, row: 0, rows: Some(1), offset: written });
    }
}
