//! Address maps, and rows fetched by position.
//!
//! In: a table and the slice of its address map.  Out: a Gather or Scatter that meets its map on the stream.
//! Invariant: a map travels in the direction of the data it steers and passes all slices of one group in one cycle.

use super::Scheduler;
use super::chain::{ChainFlow, Draft, Event, FlowIndex, Issuer};
use super::kernel::{Building, Written};
use super::reserve::Banks;
use crate::CompileError;
use crate::kernel::{Fetch, Place};
use crate::place::Home;
use arch::{Direction, Queue, SliceId, Station};
use program::{Address, LabelKind};

impl Scheduler<'_> {
    /// The slice upstream of everything near the VXM, for flow in `direction`.
    pub fn map_slice(&self, direction: Direction) -> SliceId {
        let place = match direction {
            Direction::West => Place::EastFar,
            Direction::East => Place::WestNear,
        };
        self.store.slices(place)[0]
    }

    /// The flow of the map at `home` that arrives at `station` in cycle `sample`.
    pub fn map_flow(
        &mut self,
        building: &mut Building,
        home: &Home,
        direction: Direction,
        station: Station,
        sample: i64,
    ) -> FlowIndex {
        let geometry = self.table.geometry();
        let slice = home.slices[0];
        let from = geometry.slice(slice);
        let departs = sample - i64::from(geometry.travel(direction, from, station).expect("maps start upstream"));
        let driver = building.chain.events.len();
        let flow = building.chain.flow(ChainFlow {
            direction,
            bytes: vec![(from, departs)],
            drivers: vec![driver],
            to: station,
            length: 1,
            among: None,
        });
        let label = self.labels.len() as u16;
        self.labels.push(program::Label { part: "map".into(), kind: LabelKind::Map, tile: 0, block: 0 });
        building.chain.push(Event {
            banks: self.banks(home.address, 1),
            ..Event::once(
                Issuer::Queue(Queue::MemRead(slice)),
                departs - i64::from(self.chip.latency.mem_read),
                Draft::Read(home.address, (flow, 0)),
                label,
            )
        });
        flow
    }

    /// Places a fetch: map, gathers, writes.
    pub fn fetch(&mut self, fetch: &Fetch) -> Result<(), CompileError> {
        let table = self.lowered.graph.nodes[fetch.node].inputs[0];
        let bytes = self.lowered.graph.nodes[fetch.node].dtype.bytes() as usize;
        let source = self.fetch_table(table, fetch.table)?;
        let home = self.store.scratch(fetch.home, bytes, 1, 0);
        self.homes.insert(fetch.node, home.clone());
        let geometry = self.table.geometry().clone();
        let (from, to) = (geometry.slice(source.slices[0]), geometry.slice(home.slices[0]));
        let direction = if geometry.reaches(Direction::East, from, to) { Direction::East } else { Direction::West };
        let map_home = self.map_home(table, self.map_slice(direction))?;
        let label = self.label(fetch.node, LabelKind::Constant, 0, 0);
        let mut building = Building::new((0, 1), label);
        let map = self.map_flow(&mut building, &map_home, direction, from, 0);
        let departs = i64::from(self.chip.latency.mem_gather);
        let first = building.chain.events.len();
        let row = building.chain.flow(ChainFlow {
            direction,
            bytes: vec![(from, departs); bytes],
            drivers: (first..first + bytes).collect(),
            to,
            length: 1,
            among: None,
        });
        for (byte, &slice) in source.slices.iter().enumerate() {
            let issuer = Issuer::Queue(Queue::MemRead(slice));
            let draft = Draft::Gather(map, (row, byte));
            building.chain.push(Event { banks: Banks::Any, ..Event::once(issuer, 0, draft, label) });
        }
        let arrives = departs + i64::from(geometry.travel(direction, from, to).expect("chosen to lead there"));
        for (byte, &slice) in home.slices.iter().enumerate() {
            let issuer = Issuer::Queue(Queue::MemWrite(slice));
            let draft = Draft::Write(Address { stride: 0, ..home.address }, (row, byte));
            building
                .chain
                .push(Event { banks: self.banks(home.address, 1), ..Event::once(issuer, arrives, draft, label) });
            building.written.push(Written { node: fetch.node, row: 0, rows: Some(1), offset: arrives });
        }
        self.finish(building)?;
        Ok(())
    }
}
