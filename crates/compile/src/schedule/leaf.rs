//! What flows into a chain: rows of SRAM, sums of the MXM.
//!
//! In: a leaf and the cycle in which the VXM samples it; an activation and its dispatch.  Out: flows and the events that drive them.
//! Invariant: departures follow from the geometry; a chain's earliest origin is raised to when the words read have been written.
//! Method: an activation that has a home is read from it. One that has none is computed on the way: its ALUs become part of the
//!     chain and their results flow from the VXM straight to the MXM.

use super::Scheduler;
use super::chain::{ChainFlow, Draft, Event, FlowIndex, Issuer};
use super::dag::{Dag, Leaf};
use super::kernel::Building;
use super::mxm::LastStep;
use super::reserve::Banks;
use crate::CompileError;
use crate::kernel::Place;
use crate::place::{FEEDERS, Home};
use crate::why::{Cause, Need};
use arch::{Direction, Hemisphere, Queue, SliceId, Station};
use graph::{NodeId, Op};
use program::{Address, LabelKind, MxmFormat};

/// Words that are read one byte per slice, and where they are wanted.
pub struct Reads<'a> {
    pub(super) slices: &'a [SliceId],
    /// Word of the first row, and its stride.
    pub(super) address: Address,
    pub(super) count: u32,
    pub(super) direction: Direction,
    /// Who samples them, and when.
    pub(super) to: Station,
    pub(super) sample: i64,
    pub(super) label: u16,
}

impl Scheduler<'_> {
    /// The flow that brings `leaf` to the VXM in cycle `sample` of the chain.
    pub fn leaf(&mut self, building: &mut Building, leaf: Leaf, sample: i64) -> Result<FlowIndex, CompileError> {
        let (start, count) = building.rows;
        let once = self.chip.latency.vxm_alu;
        match leaf {
            Leaf::Rows(node, first) => self.rows_leaf(building, (node, first + start), (1, count), sample),
            Leaf::Once(node, row) => self.rows_leaf(building, (node, row), (0, once), sample),
            Leaf::ProductRow(node, row) => self.product_leaf(building, node, (row, 1), sample),
            Leaf::ProductRows(node) => self.product_leaf(building, node, building.rows, sample),
        }
    }

    fn rows_leaf(
        &mut self,
        building: &mut Building,
        (node, row): (NodeId, u32),
        (stride, count): (i16, u32),
        sample: i64,
    ) -> Result<FlowIndex, CompileError> {
        let home = self.home(node)?;
        let reads = Reads {
            slices: &home.slices,
            address: Address { offset: home.address.offset + row as u16, stride, ..home.address },
            count,
            direction: home.slices[0].hemisphere.inward(),
            to: self.table.geometry().vxm(),
            sample,
            label: self.leaf_label(node),
        };
        let ready = self.written(node, row);
        Ok(self.read(building, &reads, &ready))
    }

    /// A flow driven by reads of the same word of several slices, one byte each; from when on the words can be read, says `ready`.
    pub fn read(&self, building: &mut Building, reads: &Reads, ready: &[Need]) -> FlowIndex {
        let geometry = self.table.geometry();
        let travel = |slice: SliceId| {
            let travel = geometry.travel(reads.direction, geometry.slice(slice), reads.to);
            i64::from(travel.expect("slices lie upstream of whom they feed"))
        };
        let first_event = building.chain.events.len();
        let flow = building.chain.flow(ChainFlow {
            direction: reads.direction,
            bytes: reads.slices.iter().map(|&slice| (geometry.slice(slice), reads.sample - travel(slice))).collect(),
            drivers: (first_event..first_event + reads.slices.len()).collect(),
            to: reads.to,
            length: i64::from(reads.count),
            among: None,
        });
        for (byte, &slice) in reads.slices.iter().enumerate() {
            let dispatch = reads.sample - travel(slice) - i64::from(self.chip.latency.mem_read);
            for need in ready {
                building.needs(Need { earliest: need.earliest - dispatch, ..*need });
            }
            let draft = Draft::Read(reads.address, (flow, byte));
            building.chain.push(Event {
                count: reads.count,
                banks: self.banks(reads.address, reads.count),
                ..Event::once(Issuer::Queue(Queue::MemRead(slice)), dispatch, draft, reads.label)
            });
        }
        flow
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
                let taken: Vec<LastStep> = building.last_steps.iter().map(|(last, _)| *last).collect();
                self.contract(node, building.rows, &taken)?
            }
        };
        let geometry = self.table.geometry();
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
            among: None,
        });
        self.activation(building, &last, rows, dispatch, Some(flow))?;
        building.needs(Need { cause: Cause::Weights(last.after), earliest: last.ready - dispatch });
        self.needs_fed(building, &last, dispatch);
        building.weights.extend(last.before.map(|burst| (last.ready - dispatch, burst)));
        building.last_steps.push((last, dispatch));
        Ok(flow)
    }

    fn contracts(&self, node: NodeId, last: &LastStep) -> bool {
        let inputs = &self.lowered.graph.nodes[node].inputs;
        inputs.chunks(2).any(|pair| pair == [last.step.activation, last.step.weights])
    }

    /// Appends the Activate (rows `rows.0 ..`, for int8 one digit) and Accumulate at `dispatch`.
    pub fn activation(
        &mut self,
        building: &mut Building,
        last: &LastStep,
        rows: (u32, u32),
        dispatch: i64,
        emit: Option<FlowIndex>,
    ) -> Result<(), CompileError> {
        let (first, count) = rows;
        let label = self.label(last.step.activation, LabelKind::Activation, 0, last.step.block);
        let is_computed = matches!(self.lowered.graph.nodes[last.step.activation].op, Op::Map(_))
            && !self.homes.contains_key(&last.step.activation);
        let key = (last.step.activation, first, last.hemisphere, dispatch);
        let flow = match building.activations.get(&key) {
            Some(&flow) => flow,
            None if is_computed => self.computed_activation(building, last, rows, dispatch)?,
            None => self.stored_activation(building, last, rows, dispatch)?,
        };
        building.activations.insert(key, flow);
        let slot = last.slot + if last.step.format == MxmFormat::I8 { first as u16 } else { 0 };
        let activate = Issuer::Queue(Queue::MxmActivate(last.hemisphere, last.plane));
        let draft = Draft::Activate(flow, last.step.format);
        building.chain.push(Event { count, ..Event::once(activate, dispatch, draft, label) });
        let accumulate = Issuer::Queue(Queue::MxmAccumulate(last.hemisphere, last.plane));
        let offset = dispatch + self.chip.latency.mxm_product().0 as i64;
        let draft = Draft::Accumulate(slot, 1, last.mode, emit);
        let event = building.chain.push(Event { count, ..Event::once(accumulate, offset, draft, label) });
        if let Some(flow) = emit {
            building.chain.flows[flow].drivers = vec![event; 4];
        }
        Ok(())
    }

    /// Rows of SRAM on their way to the MXM, which samples them in cycle `dispatch`.
    fn stored_activation(
        &mut self,
        building: &mut Building,
        last: &LastStep,
        (first, count): (u32, u32),
        dispatch: i64,
    ) -> Result<FlowIndex, CompileError> {
        let (source, slices, address, row) = match self.digit(last.step.activation) {
            Some(digit) => {
                let home = self.home_for(digit.source, last.hemisphere)?;
                let (byte, row) = digit.row(first);
                let address = Address { offset: home.address.offset + row as u16, stride: 1, ..home.address };
                let address = if digit.rows == 1 { home.address } else { address };
                (digit.source, vec![home.slices[byte]], address, row)
            }
            None => {
                let home = self.home(last.step.activation)?;
                let address = Address { offset: home.address.offset + first as u16, stride: 1, ..home.address };
                (last.step.activation, home.slices, address, first)
            }
        };
        let reads = Reads {
            slices: &slices,
            address,
            count,
            direction: last.hemisphere.outward(),
            to: self.table.geometry().mxm(last.hemisphere),
            sample: dispatch,
            label: self.label(source, self.kind(source), 0, last.step.block),
        };
        let ready = self.written(source, row);
        let flow = self.read(building, &reads, &ready);
        // The other plane's loads are not held up. Several rows share each tile: their programs are bound by other things, and have no
        // room for the instructions of loads in more pieces.
        if self.lowered.rows == 1 && last.step.format == MxmFormat::I8 && !self.is_of_many_rows(&last.step) {
            building.chain.flows[flow].among = Some((self.side(&last.step, last.plane), FEEDERS as u8));
        }
        Ok(flow)
    }

    /// The home of a value that is nearer to a half, where it has two.
    fn home_for(&mut self, id: NodeId, hemisphere: Hemisphere) -> Result<Home, CompileError> {
        match self.seconds.get(&id) {
            Some(second) if second.slices[0].hemisphere == hemisphere => Ok(second.clone()),
            _ => self.home(id),
        }
    }

    /// Results of ALUs on their way to the MXM, which samples them in cycle `dispatch`. Slices on the way write them down for the
    /// steps that come after.
    fn computed_activation(
        &mut self,
        building: &mut Building,
        last: &LastStep,
        rows: (u32, u32),
        dispatch: i64,
    ) -> Result<FlowIndex, CompileError> {
        let id = last.step.activation;
        let dag = Dag::new(&self.lowered.graph, &[id]);
        let alu = dag.results[&id];
        let geometry = self.table.geometry();
        let (direction, mxm) = (last.hemisphere.outward(), geometry.mxm(last.hemisphere));
        let travel = geometry.travel(direction, geometry.vxm(), mxm).expect("outward leads to the MXM");
        let latency = &self.chip.latency;
        let departs = dispatch - i64::from(travel);
        let sampled = departs - i64::from(latency.vxm_entry + latency.vxm_alu);
        let base = sampled - dag.alus[alu].depth * i64::from(latency.vxm_alu);
        let network = self.network(building, &dag, base)?;
        let event = network.event(alu);
        let bytes = dag.result(alu).bytes() as usize;
        let flow = building.chain.flow(ChainFlow {
            direction,
            bytes: vec![(self.table.geometry().vxm(), departs); bytes],
            drivers: vec![event; bytes],
            to: mxm,
            length: i64::from(building.rows.1),
            among: None,
        });
        if let Draft::Alu(.., to) = &mut building.chain.events[event].draft {
            *to = Some(flow);
        }
        let (place, bank) = match last.hemisphere {
            Hemisphere::West => (Place::WestNearHigh, 0),
            Hemisphere::East => (Place::EastNear, 1),
        };
        let home = self.scratch(id, (place, bank), (bytes, self.lowered.graph.nodes[id].shape.extents()[0]));
        self.homes.insert(id, home.clone());
        self.write(building, flow, (id, &home), rows);
        Ok(flow)
    }

    /// Banks that a burst touches.
    pub fn banks(&self, address: Address, count: u32) -> Banks {
        Banks::of(self.chip, address, count)
    }

    /// How a read of a node's rows is called.
    pub fn leaf_label(&mut self, node: NodeId) -> u16 {
        self.label(node, self.kind(node), 0, 0)
    }

    /// What is called that lies in the home of `node`.
    fn kind(&self, mut node: NodeId) -> LabelKind {
        loop {
            let leaf = &self.lowered.graph.nodes[node];
            match leaf.op {
                // What a view or a joint cache shows lies where its first operand does.
                Op::View(_) | Op::Copy { .. } => node = leaf.inputs[0],
                Op::Const(_) => return LabelKind::Constant,
                Op::State { .. } | Op::Scatter => return LabelKind::Cache,
                Op::Input { .. } => return LabelKind::Record,
                _ => return LabelKind::Activation,
            }
        }
    }
}
