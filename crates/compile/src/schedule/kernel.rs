//! A kernel as one rigid chain: leaves flow to the VXM, through its ALUs, and on to their homes.
//!
//! In: a kernel.  Out: its bursts in the plan, its results' homes and when they can be read.
//! Invariant: the chain's origin is the cycle in which the ALUs at depth 0 sample their first row; every other cycle is computed
//!     from it by the geometry.

use super::chain::{Chain, ChainFlow, Draft, DraftOperand, Event, EventIndex, FlowIndex, Issuer, place};
use super::dag::{Dag, Leaf, Operand};
use super::mxm::LastStep;
use super::reserve::Banks;
use super::{Ready, Scheduler};
use crate::CompileError;
use crate::kernel::Kernel;
use crate::place::Home;
use arch::{Direction, Queue, SliceId};
use graph::{NodeId, Op, ScalarOp, View};
use program::{Address, LabelKind, MxmFormat};
use std::collections::BTreeMap;

/// A kernel being turned into a chain.
pub struct Building {
    pub(super) chain: Chain,
    rows: (u32, u32),
    label: u16,
    flows: BTreeMap<(Leaf, i64), FlowIndex>,
    alus: Vec<Option<EventIndex>>,
    last_steps: Vec<(LastStep, i64, i64)>,
    earliest: i64,
    written: Vec<(NodeId, i64, i64)>,
}

impl Event {
    /// An event issued once.
    pub fn once(issuer: Issuer, offset: i64, draft: Draft, label: u16) -> Self {
        Event { issuer, offset, count: 1, interval: 1, draft, banks: Banks::Mask(0), label, first_iteration: 0 }
    }
}

impl Scheduler<'_> {
    /// Places `kernel`, in pieces when its contraction has more rows than a plane has accumulators.
    pub fn kernel(&mut self, kernel: &Kernel) -> Result<(), CompileError> {
        let dag = Dag::new(&self.lowered.graph, &kernel.nodes);
        let in_pieces = dag
            .alus
            .iter()
            .flat_map(|alu| &alu.operands)
            .any(|operand| matches!(operand, Operand::Leaf(Leaf::ProductRows(_))));
        for stored in &kernel.stored {
            if !self.homes.contains_key(&stored.node) {
                let node = &self.lowered.graph.nodes[stored.node];
                let (bytes, rows) = (self.bytes_used(stored.node), node.shape.extents()[0]);
                let home = self.store.scratch(stored.place, bytes, rows, stored.bank);
                self.homes.insert(stored.node, home);
            }
        }
        let step = if in_pieces { u32::from(self.chip.accumulators) } else { dag.rows };
        for first in (0..dag.rows).step_by(step as usize) {
            self.piece(kernel, &dag, (first, step.min(dag.rows - first)))?;
        }
        Ok(())
    }

    /// Bytes of each element that anything reads: three where only digits are taken.
    fn bytes_used(&self, id: NodeId) -> usize {
        let graph = &self.lowered.graph;
        let digits = graph.nodes.iter().skip(id.index()).find_map(|(_, node)| match node.op {
            Op::View(View::Digits { count }) if node.inputs[0] == id => Some(usize::from(count)),
            _ => None,
        });
        digits.unwrap_or(graph.nodes[id].dtype.bytes() as usize)
    }

    fn piece(&mut self, kernel: &Kernel, dag: &Dag, rows: (u32, u32)) -> Result<(), CompileError> {
        let node = *kernel.nodes.last().expect("a kernel has nodes");
        let mut building = Building {
            chain: Chain::default(),
            rows,
            label: self.label(node, LabelKind::Activation, 0, 0),
            flows: BTreeMap::new(),
            alus: vec![None; dag.alus.len()],
            last_steps: Vec::new(),
            earliest: 0,
            written: Vec::new(),
        };
        let mut order: Vec<usize> = (0..dag.alus.len()).collect();
        order.sort_by_key(|&alu| (dag.alus[alu].depth, alu));
        for index in order {
            self.alu(&mut building, dag, index)?;
        }
        for stored in &kernel.stored {
            let home = self.homes[&stored.node].clone();
            match dag.results.get(&stored.node) {
                Some(&alu) => self.store_rows(&mut building, dag, alu, stored.node, &home),
                None => self.fold(&mut building, dag, stored.node, &home)?,
            }
        }
        if let Some(scatter) = kernel.scatter {
            self.append(&mut building, dag, node, scatter)?;
        }
        let origin = place(self.chip, &mut self.table, &mut self.plan, &building.chain, building.earliest)?;
        for (last, offset, length) in &building.last_steps {
            self.activated(last, origin + offset + length);
        }
        for (node, row, offset) in building.written {
            let cycle = origin + offset + i64::from(self.chip.latency.mem_write);
            self.ready.entry(node).or_default().push(Ready { row, cycle });
        }
        Ok(())
    }

    fn alu(&mut self, building: &mut Building, dag: &Dag, index: usize) -> Result<(), CompileError> {
        let alu = &dag.alus[index];
        let mut operands = [DraftOperand::None; 2];
        for (slot, operand) in alu.operands.iter().enumerate() {
            operands[slot] = self.operand(building, *operand, alu.depth)?;
        }
        let event = Event {
            count: building.rows.1,
            ..Event::once(
                issuer(alu.op),
                alu.depth * i64::from(self.chip.latency.vxm_alu),
                Draft::Alu(alu.op, alu.dtype, operands, None),
                building.label,
            )
        };
        building.alus[index] = Some(building.chain.push(event));
        Ok(())
    }

    fn operand(&mut self, building: &mut Building, operand: Operand, depth: i64) -> Result<DraftOperand, CompileError> {
        Ok(match operand {
            Operand::Immediate(bits) => DraftOperand::Immediate(bits),
            Operand::Alu(alu) => DraftOperand::Alu(building.alus[alu].expect("operands lie one depth before")),
            Operand::Leaf(leaf) => {
                let known = building.flows.get(&(leaf, depth)).copied();
                let flow = match known {
                    Some(flow) => flow,
                    None => self.leaf(building, leaf, depth * i64::from(self.chip.latency.vxm_alu))?,
                };
                building.flows.insert((leaf, depth), flow);
                DraftOperand::Flow(flow)
            }
        })
    }

    /// The flow that brings `leaf` to the VXM in cycle `sample` of the chain.
    fn leaf(&mut self, building: &mut Building, leaf: Leaf, sample: i64) -> Result<FlowIndex, CompileError> {
        match leaf {
            Leaf::Rows(node, first) => self.rows_leaf(building, node, first + building.rows.0, 1, sample),
            Leaf::Repeated(node) => self.rows_leaf(building, node, 0, 0, sample),
            Leaf::Swapped(node) => self.swapped_leaf(building, node, sample),
            Leaf::ProductRow(node, row) => self.product_leaf(building, node, (row, 1), sample),
            Leaf::ProductRows(node) => self.product_leaf(building, node, building.rows, sample),
        }
    }

    fn rows_leaf(
        &mut self,
        building: &mut Building,
        node: NodeId,
        first: u32,
        stride: i16,
        sample: i64,
    ) -> Result<FlowIndex, CompileError> {
        let home = self.home(node)?;
        let geometry = self.table.geometry().clone();
        let (direction, vxm) = (home.slices[0].hemisphere.inward(), geometry.vxm());
        let label = self.leaf_label(node);
        let reads: Vec<(SliceId, i64)> = home
            .slices
            .iter()
            .map(|&slice| {
                let travel = geometry.travel(direction, geometry.slice(slice), vxm).expect("inward leads to the VXM");
                (slice, sample - i64::from(travel))
            })
            .collect();
        let address = Address { offset: home.address.offset + first as u16, stride, ..home.address };
        let flow = self.read_flow(building, direction, &reads, address, label);
        let earliest = self.earliest_read(node, first);
        for (_, departs) in &reads {
            building.earliest = building.earliest.max(earliest - (departs - i64::from(self.chip.latency.mem_read)));
        }
        building.chain.flows[flow].to = vxm;
        Ok(flow)
    }

    /// A flow driven by reads of the same word of several slices, one byte each; the caller sets its end.
    fn read_flow(
        &self,
        building: &mut Building,
        direction: Direction,
        reads: &[(SliceId, i64)],
        address: Address,
        label: u16,
    ) -> FlowIndex {
        let geometry = self.table.geometry();
        let first_event = building.chain.events.len();
        let flow = building.chain.flow(ChainFlow {
            direction,
            bytes: reads.iter().map(|&(slice, departs)| (geometry.slice(slice), departs)).collect(),
            drivers: (first_event..first_event + reads.len()).collect(),
            to: geometry.vxm(),
            length: i64::from(building.rows.1),
            exactly: None,
        });
        for (byte, &(slice, departs)) in reads.iter().enumerate() {
            building.chain.push(Event {
                count: building.rows.1,
                banks: self.banks(address, building.rows.1),
                ..Event::once(
                    Issuer::Queue(Queue::MemRead(slice)),
                    departs - i64::from(self.chip.latency.mem_read),
                    Draft::Read(address, (flow, byte)),
                    label,
                )
            });
        }
        flow
    }

    /// Out to the SXM, through its distributors, and back in.
    fn swapped_leaf(&mut self, building: &mut Building, node: NodeId, sample: i64) -> Result<FlowIndex, CompileError> {
        let home = self.home(node)?;
        let geometry = self.table.geometry().clone();
        let hemisphere = home.slices[0].hemisphere;
        let sxm = geometry.sxm(hemisphere);
        let back = geometry.travel(hemisphere.inward(), sxm, geometry.vxm()).expect("inward leads to the VXM");
        let leaves = sample - i64::from(back);
        let dispatch = leaves - i64::from(self.chip.latency.sxm_distribute);
        let label = self.leaf_label(node);
        let travel = |slice| {
            geometry.travel(hemisphere.outward(), geometry.slice(slice), sxm).expect("outward leads to the SXM")
        };
        let reads: Vec<(SliceId, i64)> =
            home.slices.iter().map(|&slice| (slice, dispatch - i64::from(travel(slice)))).collect();
        let outward = self.read_flow(building, hemisphere.outward(), &reads, home.address, label);
        building.chain.flows[outward].to = sxm;
        let earliest = self.earliest_read(node, 0);
        for (_, departs) in &reads {
            building.earliest = building.earliest.max(earliest - (departs - i64::from(self.chip.latency.mem_read)));
        }
        let first_event = building.chain.events.len();
        let inward = building.chain.flow(ChainFlow {
            direction: hemisphere.inward(),
            bytes: vec![(sxm, leaves); home.slices.len()],
            drivers: (first_event..first_event + home.slices.len()).collect(),
            to: geometry.vxm(),
            length: i64::from(building.rows.1),
            exactly: None,
        });
        for byte in 0..home.slices.len() {
            let issuer = Issuer::Queue(Queue::Distributor(hemisphere, byte as u8));
            let draft = Draft::Distribute((outward, byte), (inward, byte), SWAP);
            building.chain.push(Event { count: building.rows.1, ..Event::once(issuer, dispatch, draft, label) });
        }
        Ok(inward)
    }

    /// The last activation of a contraction and its sums on their way to the VXM.
    fn product_leaf(
        &mut self,
        building: &mut Building,
        node: NodeId,
        rows: (u32, u32),
        sample: i64,
    ) -> Result<FlowIndex, CompileError> {
        let known = building.last_steps.iter().find(|(last, ..)| self.contracts(node, last)).map(|(last, ..)| *last);
        let last = match known {
            Some(last) => last,
            None => {
                let slot = if building.last_steps.is_empty() { 0 } else { self.chip.accumulators / 2 };
                self.contract(node, building.rows, slot)?
            }
        };
        let geometry = self.table.geometry().clone();
        let mxm = geometry.mxm(last.hemisphere);
        let travel = geometry.travel(last.hemisphere.inward(), mxm, geometry.vxm()).expect("inward leads to the VXM");
        let departs = sample - i64::from(travel);
        let latency = &self.chip.latency;
        let dispatch = departs - i64::from(latency.mxm_accumulate) - latency.mxm_product().0 as i64;
        let flow = building.chain.flow(ChainFlow {
            direction: last.hemisphere.inward(),
            bytes: vec![(mxm, departs); 4],
            drivers: Vec::new(),
            to: geometry.vxm(),
            length: i64::from(rows.1),
            exactly: None,
        });
        let mut chain = std::mem::take(&mut building.chain);
        let earliest = self.activation(&mut chain, &last, rows, dispatch, Some(flow))?;
        building.chain = chain;
        building.earliest = building.earliest.max(earliest).max(last.ready - dispatch);
        building.last_steps.push((last, dispatch, i64::from(rows.1)));
        Ok(flow)
    }

    fn contracts(&self, node: NodeId, last: &LastStep) -> bool {
        self.lowered.graph.nodes[node].inputs.contains(&last.step.weights)
            && self.lowered.graph.nodes[node].inputs.contains(&last.step.activation)
    }

    /// Appends the Activate (rows `rows.0 ..`, for int8 one digit) and Accumulate at `dispatch`; returns the chain's earliest origin.
    pub fn activation(
        &mut self,
        chain: &mut Chain,
        last: &LastStep,
        rows: (u32, u32),
        dispatch: i64,
        emit: Option<FlowIndex>,
    ) -> Result<i64, CompileError> {
        let (first, count) = rows;
        let geometry = self.table.geometry().clone();
        let (direction, mxm) = (last.hemisphere.outward(), geometry.mxm(last.hemisphere));
        let (source, home, address) = self.activation_source(last, first)?;
        let label = self.label(source, LabelKind::Activation, 0, last.step.block);
        let mut building = Building::around(std::mem::take(chain), count, label);
        let travel =
            |slice| geometry.travel(direction, geometry.slice(slice), mxm).expect("activations lie before the planes");
        let reads: Vec<(SliceId, i64)> =
            home.iter().map(|&slice| (slice, dispatch - i64::from(travel(slice)))).collect();
        let flow = self.read_flow(&mut building, direction, &reads, address, label);
        building.chain.flows[flow].to = mxm;
        let row = if last.step.format == MxmFormat::I8 { 0 } else { first };
        let ready = self.earliest_read(source, row);
        let read = i64::from(self.chip.latency.mem_read);
        let earliest = reads.iter().map(|(_, departs)| ready - (departs - read)).max().unwrap_or(0);
        let slot = last.slot + if last.step.format == MxmFormat::I8 { first as u16 } else { 0 };
        let activate = Issuer::Queue(Queue::MxmActivate(last.hemisphere, last.plane));
        building
            .chain
            .push(Event { count, ..Event::once(activate, dispatch, Draft::Activate(flow, last.step.format), label) });
        let accumulate = Issuer::Queue(Queue::MxmAccumulate(last.hemisphere, last.plane));
        let offset = dispatch + self.chip.latency.mxm_product().0 as i64;
        let draft = Draft::Accumulate(slot, 1, last.mode, emit);
        let event = building.chain.push(Event { count, ..Event::once(accumulate, offset, draft, label) });
        if let Some(flow) = emit {
            building.chain.flows[flow].drivers = vec![event; 4];
        }
        *chain = building.chain;
        Ok(earliest)
    }

    /// The stored value behind an activation, the slices that hold it and the word of its first row.
    fn activation_source(
        &mut self,
        last: &LastStep,
        first: u32,
    ) -> Result<(NodeId, Vec<SliceId>, Address), CompileError> {
        let node = &self.lowered.graph.nodes[last.step.activation];
        match node.op {
            Op::View(View::Digits { count }) => {
                let source = node.inputs[0];
                let home = self.home(source)?;
                let byte = usize::from(count) - 1 - first as usize;
                Ok((source, vec![home.slices[byte]], home.address))
            }
            _ => {
                let home = self.home(last.step.activation)?;
                let address = Address { offset: home.address.offset + first as u16, stride: 1, ..home.address };
                Ok((last.step.activation, home.slices, address))
            }
        }
    }

    /// The flow of an ALU's results towards `home`, and when they pass the VXM.
    fn result_flow(
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
            exactly: None,
        });
        if let Draft::Alu(.., to) = &mut building.chain.events[event].draft {
            *to = Some(flow);
        }
        flow
    }

    fn store_rows(&mut self, building: &mut Building, dag: &Dag, alu: usize, node: NodeId, home: &Home) {
        let event = building.alus[alu].expect("all ALUs are placed");
        let bytes = dag.result(alu).bytes() as usize;
        let (first, count) = building.rows;
        let flow = self.result_flow(building, event, bytes, home, count);
        self.write(building, flow, (node, home), (first, count));
    }

    /// Writes of rows `rows.0 .. rows.0 + rows.1` of a node to its home.
    fn write(&mut self, building: &mut Building, flow: FlowIndex, (node, home): (NodeId, &Home), rows: (u32, u32)) {
        let (first, count) = rows;
        let address = Address { offset: home.address.offset + first as u16, stride: 1, ..home.address };
        let geometry = self.table.geometry().clone();
        let (direction, label) = (building.chain.flows[flow].direction, building.label);
        for (byte, &slice) in home.slices.iter().enumerate() {
            let departs = building.chain.flows[flow].bytes[byte].1;
            let travel =
                geometry.travel(direction, geometry.vxm(), geometry.slice(slice)).expect("outward leads to memory");
            let offset = departs + i64::from(travel);
            let draft = Draft::Write(address, (flow, byte));
            building.chain.push(Event {
                count,
                banks: self.banks(address, count),
                ..Event::once(Issuer::Queue(Queue::MemWrite(slice)), offset, draft, label)
            });
            building.written.push((node, i64::from(first), offset));
        }
    }

    /// A running fold: the first rows pass, the middle ones are folded, the last ones are folded and written.
    fn fold(&mut self, building: &mut Building, dag: &Dag, node: NodeId, home: &Home) -> Result<(), CompileError> {
        let fold = dag.folds.iter().find(|fold| fold.node == node).expect("stored values are maps or folds");
        let operand = self.operand(building, fold.operand, fold.depth)?;
        let partials = self.lowered.graph.nodes[node].shape.extents()[0];
        let (rows, dtype, label) = (building.rows.1, fold.dtype, building.label);
        let start = fold.depth * i64::from(self.chip.latency.vxm_alu);
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
    fn append(
        &mut self,
        building: &mut Building,
        dag: &Dag,
        node: NodeId,
        scatter: NodeId,
    ) -> Result<(), CompileError> {
        let home = self.home(scatter)?;
        let alu = dag.results[&node];
        let event = building.alus[alu].expect("all ALUs are placed");
        let flow = self.result_flow(building, event, dag.result(alu).bytes() as usize, &home, 1);
        let direction = building.chain.flows[flow].direction;
        let geometry = self.table.geometry().clone();
        let station = geometry.slice(home.slices[0]);
        let departs = building.chain.flows[flow].bytes[0].1;
        let sample =
            departs + i64::from(geometry.travel(direction, geometry.vxm(), station).expect("outward leads to memory"));
        let slice = self.map_slice(direction);
        let state = self.lowered.graph.nodes[scatter].inputs[0];
        let map_home = self.map_home(state, slice)?;
        let map = self.map_flow(building, &map_home, direction, station, sample);
        for (byte, &slice) in home.slices.iter().enumerate() {
            assert_eq!(geometry.slice(slice), station, "the slices of a cache share a group");
            let issuer = Issuer::Queue(Queue::MemWrite(slice));
            let draft = Draft::Scatter(map, (flow, byte));
            building.chain.push(Event { banks: Banks::Any, ..Event::once(issuer, sample, draft, building.label) });
            building.written.push((scatter, 0, sample));
        }
        Ok(())
    }

    /// Banks that a burst touches.
    pub fn banks(&self, address: Address, count: u32) -> Banks {
        if address.base != 0 {
            return Banks::Any;
        }
        let last = i64::from(address.offset) + i64::from(address.stride) * i64::from(count - 1);
        let (first, last) =
            (self.chip.bank(address.offset), self.chip.bank(last.clamp(0, i64::from(self.chip.words) - 1) as u16));
        Banks::Mask((first.min(last)..=first.max(last)).fold(0, |mask, bank| mask | 1 << bank))
    }

    fn leaf_label(&mut self, node: NodeId) -> u16 {
        let kind = match self.lowered.graph.nodes[node].op {
            Op::Const(_) => LabelKind::Constant,
            Op::State { .. } | Op::Scatter => LabelKind::Cache,
            Op::Input { .. } => LabelKind::Record,
            _ => LabelKind::Activation,
        };
        self.label(node, kind, 0, 0)
    }
}

impl Building {
    /// Wraps a chain so that flows of `count` rows can be added to it.
    pub fn around(chain: Chain, count: u32, label: u16) -> Self {
        Building {
            chain,
            rows: (0, count),
            label,
            flows: BTreeMap::new(),
            alus: Vec::new(),
            last_steps: Vec::new(),
            earliest: 0,
            written: Vec::new(),
        }
    }
}

/// Each lane takes its neighbour of the pair.
const SWAP: [u8; 16] = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14];

fn issuer(op: ScalarOp) -> Issuer {
    match op {
        ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt => Issuer::LargeAlu,
        _ => Issuer::AnyAlu,
    }
}
