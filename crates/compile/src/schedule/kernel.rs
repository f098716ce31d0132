//! A kernel as one rigid chain: leaves flow to the VXM, through its ALUs, and on to their homes.
//!
//! In: a kernel.  Out: its bursts in the plan, its results' homes and when they can be read.
//! Invariant: the chain's origin is the cycle in which the ALUs at depth 0 sample their first row; every other cycle is computed
//!     from it by the geometry.
//! Method: ALUs in order of depth, each asking for its operands (`leaf`); then what is stored, folded or appended (`store`).

use super::chain::{Chain, Draft, DraftOperand, Event, EventIndex, FlowIndex, Issuer};
use super::dag::{Alu, Dag, Leaf, Operand, Run};
use super::mxm::LastStep;
use super::reserve::Banks;
use super::search::{Busied, Place, place};
use super::{Ready, Scheduler};
use crate::CompileError;
use crate::here::Block;
use crate::kernel::{self, Kernel};
use crate::place::Home;
use crate::why::{Cause, Need, Placement};
use arch::{Hemisphere, Queue};
use graph::{NodeId, ScalarOp};
use program::LabelKind;
use std::collections::BTreeMap;
use units::Cycle;
use units::Order;

/// A chain in the making.
#[derive(Default)]
pub struct Building {
    pub(super) chain: Chain,
    /// First row and number of rows.
    pub(super) rows: (u32, u32),
    pub(super) label: u16,
    /// Flows by what they bring and the cycle in which it is sampled.
    pub(super) flows: BTreeMap<(Leaf, i64), FlowIndex>,
    /// Flows of activations to the MXM: of which node, from which row, to which half, sampled when.
    pub(super) activations: BTreeMap<(NodeId, u32, Hemisphere, i64), FlowIndex>,
    /// Last activations of contractions, with their dispatch.
    pub(super) last_steps: Vec<(LastStep, i64)>,
    /// What has to come before, the latest need of each cause.
    needs: Vec<Need>,
    /// Of each plane that it uses: the first origin that weights and earlier activations leave, and the burst that has to come before.
    pub(super) weights: Vec<(i64, usize)>,
    /// All writes of results.
    pub(super) written: Vec<Written>,
    /// Bytes of nodes that it writes as weights, and the dispatch of the last write of each.
    pub(super) fed: Vec<((NodeId, u8), i64)>,
}

/// A write of rows, one per cycle.
#[derive(Clone, Copy)]
pub struct Written {
    /// Whose rows.
    pub(super) node: NodeId,
    /// The first one.
    pub(super) row: i64,
    /// How many; nothing where data says which.
    pub(super) rows: Option<u32>,
    /// Dispatch of the first one in the chain.
    pub(super) offset: i64,
}

/// ALUs of a network that have been given an event.
pub struct Network<'d> {
    pub(super) dag: &'d Dag,
    /// Cycle of the ALUs at depth 0.
    base: i64,
    events: Vec<Option<EventIndex>>,
}

impl Building {
    /// An empty chain for `rows.1` rows from `rows.0` on.
    pub fn new(rows: (u32, u32), label: u16) -> Self {
        Building { rows, label, ..Building::default() }
    }

    /// Notes what has to come before.
    pub fn needs(&mut self, need: Need) {
        match self.needs.iter_mut().find(|other| other.cause == need.cause) {
            Some(known) => known.earliest = known.earliest.max(need.earliest),
            None => self.needs.push(need),
        }
    }
}

impl Network<'_> {
    /// The event of an ALU.
    pub fn event(&self, alu: usize) -> EventIndex {
        self.events[alu].expect("operands lie at lesser depths")
    }
}

impl Event {
    /// An event issued once.
    pub fn once(issuer: Issuer, offset: i64, draft: Draft, label: u16) -> Self {
        Event {
            issuer,
            offset,
            count: 1,
            interval: 1,
            takes: 1,
            draft,
            banks: Banks::Mask(0),
            label,
            first_iteration: 0,
        }
    }
}

impl Scheduler<'_> {
    /// Places `kernel`.
    pub fn kernel(&mut self, kernel: &Kernel) -> Result<(), CompileError> {
        let dag = Dag::new(&self.lowered.graph, &kernel.nodes);
        let is_second = |index: usize| kernel.stored[..index].iter().any(|it| it.node == kernel.stored[index].node);
        for (index, stored) in kernel.stored.iter().enumerate() {
            let homes = if is_second(index) { &self.seconds } else { &self.homes };
            if !homes.contains_key(&stored.node) {
                let node = &self.lowered.graph.nodes[stored.node];
                let (bytes, rows) = (self.bytes_used(stored.node), node.shape.extents()[0]);
                let home = self.scratch(stored.node, (stored.place, stored.bank), (bytes, rows));
                let homes = if is_second(index) { &mut self.seconds } else { &mut self.homes };
                homes.insert(stored.node, home);
            }
        }
        let node = *kernel.nodes.last().expect("a kernel has nodes");
        let label = self.label(node, LabelKind::Activation, 0, 0);
        let mut building = Building::new((0, dag.rows), label);
        let network = self.network(&mut building, &dag, 0)?;
        for (index, stored) in kernel.stored.iter().enumerate() {
            let home = self.homes[&stored.node].clone();
            match dag.results.get(&stored.node) {
                Some(&alu) if is_second(index) => self.store_again(&mut building, &network, alu, stored.node),
                Some(&alu) => self.store_rows(&mut building, &network, alu, (stored.node, &home)),
                None => self.fold(&mut building, &network, stored.node, &home)?,
            }
        }
        for striped in &kernel.striped {
            self.stripe(&mut building, &network, striped);
        }
        if let Some(scatter) = kernel.scatter {
            self.append(&mut building, &network, node, scatter)?;
        }
        self.finish(building)?;
        Ok(())
    }

    /// A home for what is computed; in a later attention of a body, that of what the first one is done with.
    pub fn scratch(&mut self, node: NodeId, (place, bank): (kernel::Place, u16), (bytes, rows): (usize, u32)) -> Home {
        let earlier = self.lowered.earlier(node).and_then(|earlier| self.homes.get(&earlier));
        // A contraction may have gone to the other half this time.
        let there = earlier.filter(|home| home.slices == self.store.slices(place)[..bytes]).cloned();
        there.unwrap_or_else(|| self.store.scratch(place, bytes, rows, bank))
    }

    /// Places a chain, and notes from when on planes are free and values can be read.
    pub fn finish(&mut self, building: Building) -> Result<i64, CompileError> {
        let earliest = building.needs.iter().map(|need| need.earliest).fold(building.chain.earliest(), i64::max);
        let start = self.plan.len();
        let found = place(self.chip, &mut self.table, &mut self.plan, &building.chain, earliest)?;
        let Place { origin, busied } = found;
        let after = self.binding_burst(&building).filter(|_| building.chain.earliest() < origin);
        let after = after.filter(|&(need, _)| need == origin).map(|(_, burst)| burst);
        self.block(start, after, &found);
        self.bursts.push((start, self.plan.len()));
        let chain = self.note(&building, origin, busied);
        for (last, offset) in &building.last_steps {
            self.activated(last, origin + offset + i64::from(building.rows.1));
        }
        for (byte, offset) in building.fed {
            let fed = self.fed.get_mut(&byte).expect("its home was made with its writes");
            (fed.cycle, fed.chain) = (origin + offset + i64::from(self.chip.latency.mem_write), chain);
        }
        for Written { node, row, rows, offset } in building.written {
            let cycle = origin + offset + i64::from(self.chip.latency.mem_write);
            self.ready.entry(node).or_default().push(Ready { row, rows, cycle, chain });
        }
        Ok(origin)
    }

    /// Notes the bursts placed since `start` as a rigid chain.
    pub fn block(&mut self, start: usize, after: Option<usize>, found: &Place) {
        self.blocks.push(Block { bursts: (start, self.plan.len()), after, busied: found.busied });
    }

    /// The last write of a chain.
    fn last_write(&self, chain: usize) -> Option<usize> {
        let (start, end) = self.bursts[chain];
        let writes = (start..end).filter(|&burst| matches!(self.plan[burst].queue, Queue::MemWrite(_)));
        writes.max_by_key(|&burst| self.plan[burst].cycle)
    }

    /// The burst that the latest of a chain's needs is about.
    fn binding_burst(&self, building: &Building) -> Option<(i64, usize)> {
        let values = building.needs.iter().filter_map(|need| match need.cause {
            Cause::Value(chain) => Some((need.earliest, self.last_write(chain)?)),
            Cause::Weights(_) | Cause::Room(_) => None,
        });
        values.chain(building.weights.iter().copied()).max()
    }

    /// Remembers why a chain lies where it does; returns its place among the stage's chains.
    fn note(&mut self, building: &Building, origin: i64, busied: Option<Busied>) -> usize {
        let cycle = |offset: i64| Cycle((origin + offset).max(0) as u64);
        let events = || building.chain.events.iter();
        let end = |event: &Event| event.offset + i64::from(event.count - 1) * i64::from(event.interval) + 1;
        self.chains.push(Placement {
            part: self.labels[usize::from(building.label)].part.clone(),
            rows: building.rows.1,
            begin: cycle(events().map(|event| event.offset).min().unwrap_or(0)),
            end: cycle(events().map(end).max().unwrap_or(0)),
            origin,
            needs: building.needs.clone(),
            busied: busied.map(|busied| busied.to_string()),
        });
        self.chains.len() - 1
    }

    /// Bytes of each element that anything reads: three where only digits are taken.
    fn bytes_used(&self, id: NodeId) -> usize {
        self.digits.get(&id).copied().unwrap_or(self.lowered.graph.nodes[id].dtype.bytes() as usize)
    }

    /// Gives every ALU of `dag` its events, those at depth 0 in cycle `base` of the chain.
    pub fn network<'d>(
        &mut self,
        building: &mut Building,
        dag: &'d Dag,
        base: i64,
    ) -> Result<Network<'d>, CompileError> {
        let mut network = Network { dag, base, events: vec![None; dag.alus.len()] };
        let mut order: Vec<usize> = (0..dag.alus.len()).collect();
        order.order_by_key(|&alu| (dag.alus[alu].depth, alu));
        for index in order {
            let event = self.alu(building, &network, &dag.alus[index])?;
            network.events[index] = Some(event);
        }
        Ok(network)
    }

    /// Cycle of the chain in which the ALUs of a depth sample.
    pub fn cycle_of(&self, network: &Network, depth: i64) -> i64 {
        network.base + depth * i64::from(self.chip.latency.vxm_alu)
    }

    fn alu(&mut self, building: &mut Building, network: &Network, alu: &Alu) -> Result<EventIndex, CompileError> {
        let start = self.cycle_of(network, alu.depth);
        let mut operands = [DraftOperand::None; 2];
        for (slot, operand) in alu.operands.iter().enumerate() {
            operands[slot] = self.operand(building, network, *operand, start)?;
        }
        let (rows, once, label) = (building.rows.1, self.chip.latency.vxm_alu, building.label);
        let count = if alu.run == Run::Rows { rows } else { once };
        let draft = Draft::Alu(alu.op, alu.dtype, operands, None);
        let event = building.chain.push(Event { count, ..Event::once(issuer(alu.op), start, draft, label) });
        if alu.run == Run::Hold && once < rows {
            let draft = Draft::Alu(alu.op, alu.dtype, [DraftOperand::Alu(event), DraftOperand::None], None);
            let offset = start + i64::from(once);
            building
                .chain
                .push(Event { count: rows - once, ..Event::once(Issuer::SameAlu(event), offset, draft, label) });
        }
        Ok(event)
    }

    /// An operand that is sampled in cycle `sample` of the chain.
    pub fn operand(
        &mut self,
        building: &mut Building,
        network: &Network,
        operand: Operand,
        sample: i64,
    ) -> Result<DraftOperand, CompileError> {
        Ok(match operand {
            Operand::Immediate(bits) => DraftOperand::Immediate(bits),
            Operand::Alu(alu) => DraftOperand::Alu(network.event(alu)),
            Operand::Leaf(leaf) => {
                let known = building.flows.get(&(leaf, sample)).copied();
                let flow = match known {
                    Some(flow) => flow,
                    None => self.leaf(building, leaf, sample)?,
                };
                building.flows.insert((leaf, sample), flow);
                DraftOperand::Flow(flow)
            }
        })
    }
}

fn issuer(op: ScalarOp) -> Issuer {
    match op {
        ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt => Issuer::LargeAlu,
        _ => Issuer::AnyAlu,
    }
}
