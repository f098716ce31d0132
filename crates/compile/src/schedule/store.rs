//! What a chain leaves behind: rows written to their homes, folds along time, rows appended to caches.
//!
//! In: a network of ALUs in its chain.  Out: flows from the VXM and the writes at their ends.
//! Invariant: every write is noted, so that no read comes before it.
//! Method: a fold is one ALU that takes its own result of a latency ago: as many partial results as the latency has cycles.

use super::Scheduler;
use super::chain::{ChainFlow, Draft, DraftOperand, Event, EventIndex, FlowIndex, Issuer};
use super::dag::Run;
use super::kernel::{Building, Network, Written};
use super::reserve::Banks;
use crate::CompileError;
use crate::place::Home;
use crate::why::Need;
use arch::{Queue, SliceId};
use graph::{NodeId, ScalarOp};
use program::Address;

impl Scheduler<'_> {
    /// The flow of an ALU's results towards `home`.
    pub fn result_flow(
        &self,
        building: &mut Building,
        event: EventIndex,
        bytes: usize,
        home: &Home,
        count: u32,
    ) -> FlowIndex {
        let geometry = self.table.geometry();
        let latency = &self.chip.latency;
        let direction = home.slices[0].hemisphere.outward();
        let departs = building.chain.events[event].offset + i64::from(latency.vxm_entry + latency.vxm_alu);
        let far = |slice: &&SliceId| geometry.travel(direction, geometry.vxm(), geometry.slice(**slice));
        let last = home.slices.iter().max_by_key(far).expect("homes have slices");
        let flow = building.chain.flow(ChainFlow {
            direction,
            bytes: vec![(geometry.vxm(), departs); bytes],
            drivers: vec![event; bytes],
            to: geometry.slice(*last),
            length: i64::from(count),
            among: None,
        });
        if let Draft::Alu(.., to) = &mut building.chain.events[event].draft {
            *to = Some(flow);
        }
        flow
    }

    /// Stores all rows of a node: one of what is computed once.
    pub fn store_rows(
        &mut self,
        building: &mut Building,
        network: &Network,
        alu: usize,
        (node, home): (NodeId, &Home),
    ) {
        let bytes = network.dag.result(alu).bytes() as usize;
        let rows = if network.dag.alus[alu].run == Run::Once { (0, 1) } else { building.rows };
        // What is computed once is driven as often as its ALU runs, and written the first time.
        let event = network.event(alu);
        let driven = building.chain.events[event].count;
        let flow = self.result_flow(building, event, bytes, home, driven);
        self.write(building, flow, (node, home), rows);
    }

    /// Stores all rows of a node in its second home: an ALU drives one direction, another one passes the rows on in the other.
    pub fn store_again(&mut self, building: &mut Building, network: &Network, alu: usize, node: NodeId) {
        let home = self.seconds[&node].clone();
        let (dtype, event) = (network.dag.result(alu), network.event(alu));
        let Event { offset, count, label, .. } = building.chain.events[event];
        let pass = Draft::Alu(ScalarOp::Identity, dtype, [DraftOperand::Alu(event), DraftOperand::None], None);
        let offset = offset + i64::from(self.chip.latency.vxm_alu);
        let pass = building.chain.push(Event { count, ..Event::once(Issuer::AnyAlu, offset, pass, label) });
        let flow = self.result_flow(building, pass, dtype.bytes() as usize, &home, count);
        self.write(building, flow, (node, &home), building.rows);
    }

    /// Writes of rows `rows.0 .. rows.0 + rows.1` of a node to its home.
    pub fn write(&mut self, building: &mut Building, flow: FlowIndex, (node, home): (NodeId, &Home), rows: (u32, u32)) {
        let (first, count) = rows;
        let address = Address { offset: home.address.offset + first as u16, stride: 1, ..home.address };
        let geometry = self.table.geometry().clone();
        let (direction, label) = (building.chain.flows[flow].direction, building.label);
        for (byte, &slice) in home.slices.iter().enumerate() {
            let (from, departs) = building.chain.flows[flow].bytes[byte];
            let travel = geometry.travel(direction, from, geometry.slice(slice)).expect("the flow leads past its home");
            let offset = departs + i64::from(travel);
            self.needs_room(building, home, offset);
            let draft = Draft::Write(address, (flow, byte));
            building.chain.push(Event {
                count,
                banks: self.banks(address, count),
                ..Event::once(Issuer::Queue(Queue::MemWrite(slice)), offset, draft, label)
            });
            building.written.push(Written { node, row: i64::from(first), rows: Some(count), offset });
        }
    }

    /// A running fold: the first rows pass, the middle ones are folded, the last ones are folded and written.
    pub fn fold(
        &mut self,
        building: &mut Building,
        network: &Network,
        node: NodeId,
        home: &Home,
    ) -> Result<(), CompileError> {
        let fold = network.dag.folds.iter().find(|fold| fold.node == node).expect("stored values are maps or folds");
        let start = self.cycle_of(network, fold.depth);
        let operand = self.operand(building, network, fold.operand, start)?;
        let partials = self.lowered.graph.nodes[node].shape.extents()[0];
        let (rows, dtype, label) = (building.rows.1, fold.dtype, building.label);
        let middle = rows.checked_sub(2 * partials).expect("the lowering gives every fold two rounds");
        let pass = Draft::Alu(ScalarOp::Identity, dtype, [operand, DraftOperand::None], None);
        let first = building.chain.push(Event { count: partials, ..Event::once(Issuer::AnyAlu, start, pass, label) });
        let folded = Draft::Alu(fold.op, dtype, [DraftOperand::Alu(first), operand], None);
        let event = |offset: u32, count: u32| Event {
            count,
            first_iteration: offset,
            ..Event::once(Issuer::SameAlu(first), start + i64::from(offset), folded.clone(), label)
        };
        if 0 < middle {
            building.chain.push(event(partials, middle));
        }
        let last = building.chain.push(event(partials + middle, partials));
        let flow = self.result_flow(building, last, dtype.bytes() as usize, home, partials);
        self.write(building, flow, (node, home), (0, partials));
        Ok(())
    }

    /// The last map's row goes to the cache at the token's position.
    pub fn append(
        &mut self,
        building: &mut Building,
        network: &Network,
        node: NodeId,
        scatter: NodeId,
    ) -> Result<(), CompileError> {
        let home = self.home(scatter)?;
        let alu = network.dag.results[&node];
        let bytes = network.dag.result(alu).bytes() as usize;
        let flow = self.result_flow(building, network.event(alu), bytes, &home, 1);
        let direction = building.chain.flows[flow].direction;
        let geometry = self.table.geometry().clone();
        let station = geometry.slice(home.slices[0]);
        let departs = building.chain.flows[flow].bytes[0].1;
        let sample =
            departs + i64::from(geometry.travel(direction, geometry.vxm(), station).expect("outward leads to memory"));
        let slice = self.map_slice(direction);
        let state = self.lowered.graph.nodes[scatter].inputs[0];
        // Rows of a block one after the other, as the graph has them.
        for need in self.written(state, 0) {
            building.needs(Need { earliest: need.earliest - sample, ..need });
        }
        let map_home = self.map_home(state, slice)?;
        let map = self.map_flow(building, &map_home, direction, station, sample);
        for (byte, &slice) in home.slices.iter().enumerate() {
            assert_eq!(geometry.slice(slice), station, "the slices of a cache share a group");
            let issuer = Issuer::Queue(Queue::MemWrite(slice));
            let draft = Draft::Scatter(map, (flow, byte));
            building.chain.push(Event { banks: Banks::Any, ..Event::once(issuer, sample, draft, building.label) });
            building.written.push(Written { node: scatter, row: 0, rows: None, offset: sample });
        }
        Ok(())
    }
}
