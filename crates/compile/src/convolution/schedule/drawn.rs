//! A rigid chain in the making: reads of pieces, writes of bands, what has to come before.
//!
//! In: pieces of bands and where they are sampled.  Out: flows and events; when placed, from when on its results can be read.
//! Invariant: every burst that samples a flow takes all its rows from one burst that drives it.
//! Method: cycles count from the first sample of the chain; the geometry gives every dispatch.

use super::{Binding, Copied, Scheduler};
use crate::CompileError;
use crate::convolution::image::{BandId, Piece};
use crate::error::Resident;
use crate::place::Home;
use crate::schedule::Planned;
use crate::schedule::chain::{Chain, ChainFlow, Draft, Event, EventIndex, FlowIndex, Issuer};
use crate::schedule::reserve::{Banks, Busy};
use crate::why::{Cause, Need, Placement};
use arch::{Direction, Queue, SliceId, Station};
use graph::NodeId;
use program::{Address, Instruction, LabelKind};
use std::collections::BTreeMap;
use units::Cycle;

/// A chain, what has to come before, what it writes.
#[derive(Default)]
pub struct Drawn {
    /// The chain.
    pub chain: Chain,
    needs: Vec<Need>,
    bindings: Vec<Binding>,
    /// Rows of tables that flow already: by table and the cycle in which they are sampled.
    pub rows: BTreeMap<(NodeId, i64), FlowIndex>,
    /// Copies of bands with the dispatch of their first write.
    written: Vec<(BandId, Home, i64)>,
}

/// Who samples a flow, and when: its first row, one a cycle.
#[derive(Clone, Copy)]
pub struct Sampled {
    /// Direction of flow.
    pub direction: Direction,
    /// Who samples.
    pub to: Station,
    /// When.
    pub cycle: i64,
}

/// Words that one burst reads.
struct Reads {
    slice: SliceId,
    address: Address,
    count: u32,
    label: u16,
    /// The first cycle in which it may be dispatched, and the chain that made what it reads.
    need: Option<(Binding, usize)>,
}

impl Drawn {
    /// Whether two of its bursts would issue from one queue at once: then it has no place.
    pub fn clashes(&self) -> bool {
        let mut issued: Vec<(Queue, Busy)> = Vec::new();
        self.chain.events.iter().any(|event| {
            let Issuer::Queue(queue) = event.issuer else { return false };
            let busy = event.busy(0);
            let clashes = issued.iter().any(|(other, taken)| *other == queue && taken.overlaps(busy));
            issued.push((queue, busy));
            clashes
        })
    }

    /// Notes what has to come before, the latest of each cause.
    pub fn needs(&mut self, cause: Cause, binding: Binding) {
        let earliest = binding.0;
        match self.needs.iter_mut().find(|other| other.cause == cause) {
            Some(known) => known.earliest = known.earliest.max(earliest),
            None => self.needs.push(Need { cause, earliest }),
        }
        self.bindings.push(binding);
    }
}

impl Scheduler<'_> {
    /// A flow of a piece, rows of so many lanes, of the copy that is for reader `reader`; zeros are read in slice `beside`.
    pub fn read_piece(
        &mut self,
        drawn: &mut Drawn,
        (piece, lanes): (&Piece, u32),
        (reader, beside): (usize, SliceId),
        sampled: Sampled,
    ) -> Result<FlowIndex, CompileError> {
        let Reads { slice, address, count, label, need } = self.reads(piece, lanes, reader, beside)?;
        let home = Home { slices: vec![slice], address };
        let (flow, dispatch) = self.read(drawn, &home, (count, label), sampled);
        if let Some(((earliest, burst), chain)) = need {
            drawn.needs(Cause::Value(chain), (earliest - dispatch, burst));
        }
        Ok(flow)
    }

    /// The slice of the first pixels among pieces: its word of zeros goes with them.
    pub fn beside<'p>(&self, pieces: impl IntoIterator<Item = &'p Piece>, reader: usize) -> Option<SliceId> {
        pieces.into_iter().find_map(|piece| match piece {
            Piece::Pixels { band, .. } => Some(self.copy(*band, reader).home.slices[0]),
            Piece::Zeros(_) => None,
        })
    }

    fn copy(&self, band: BandId, reader: usize) -> &Copied {
        let copies = &self.made.get(&band).expect("bands are made before they are read").copies;
        &copies[reader.min(copies.len() - 1)]
    }

    fn reads(&mut self, piece: &Piece, lanes: u32, reader: usize, beside: SliceId) -> Result<Reads, CompileError> {
        match *piece {
            Piece::Zeros(count) => {
                let home = self.zeros_home(lanes, beside)?;
                let label = self.label(self.lowered.zeros[&lanes], LabelKind::Constant);
                Ok(Reads { slice: beside, address: home.address, count, label, need: None })
            }
            Piece::Pixels { band, first, stride, count } => {
                let Copied { home, ready } = self.copy(band, reader).clone();
                let offset = home.address.offset + first as u16;
                let address = Address { offset, stride: stride as i16, ..home.address };
                // Rows are written one a cycle: of every second one the last is the one to wait for.
                let ready = ready + i64::from(first + (count - 1) * (stride - 1));
                let chain = self.made[&band].chain;
                let kind = if chain.is_some() { LabelKind::Activation } else { LabelKind::Record };
                let label = self.label(self.lowered.bands[band].node, kind);
                let last = home.address.offset + (first + (count - 1) * stride) as u16;
                let need = chain.map(|chain| ((ready, self.writer(chain, home.slices[0], last)), chain));
                Ok(Reads { slice: home.slices[0], address, count, label, need })
            }
        }
    }

    /// The burst of a chain that writes this word.
    fn writer(&self, chain: usize, slice: SliceId, word: u16) -> usize {
        let (start, end) = self.bursts[chain];
        let writes = |planned: &Planned| {
            let Instruction::Write { address, .. } = planned.burst.instruction else { return false };
            let words = address.offset..address.offset + planned.burst.count as u16;
            planned.queue == Queue::MemWrite(slice) && words.contains(&word)
        };
        let place = self.plan[start..end].iter().position(writes);
        start + place.expect("a chain writes all rows of its band")
    }

    /// The last burst of the plan of this queue, of those from `start` on.
    pub fn burst_of(&self, queue: Queue, start: usize) -> usize {
        let place = self.plan[start..].iter().rposition(|planned| planned.queue == queue);
        start + place.expect("a chain was placed that issues there")
    }

    /// A flow read from all slices of a home, a byte each; returns the first dispatch too.
    pub fn read(
        &mut self,
        drawn: &mut Drawn,
        home: &Home,
        (count, label): (u32, u16),
        sampled: Sampled,
    ) -> (FlowIndex, i64) {
        let geometry = self.table.geometry();
        let first = drawn.chain.events.len();
        let departs = |slice: &SliceId| {
            let station = geometry.slice(*slice);
            let travel = geometry.travel(sampled.direction, station, sampled.to);
            (station, sampled.cycle - i64::from(travel.expect("slices lie upstream of whom they feed")))
        };
        let bytes: Vec<(Station, i64)> = home.slices.iter().map(departs).collect();
        let flow = drawn.chain.flow(ChainFlow {
            direction: sampled.direction,
            bytes: bytes.clone(),
            drivers: (first..first + bytes.len()).collect(),
            to: sampled.to,
            length: i64::from(count),
            among: None,
        });
        let dispatch = |departs: i64| departs - i64::from(self.chip.latency.mem_read);
        for (byte, (&slice, &(_, departs))) in home.slices.iter().zip(&bytes).enumerate() {
            let (issuer, draft) = (Issuer::Queue(Queue::MemRead(slice)), Draft::Read(home.address, (flow, byte)));
            let banks = Banks::of(self.chip, home.address, count);
            drawn.chain.push(Event { count, banks, ..Event::once(issuer, dispatch(departs), draft, label) });
        }
        let first = bytes.iter().map(|&(_, departs)| dispatch(departs)).min();
        (flow, first.expect("a home has a slice"))
    }

    /// Writes one byte of a flow from the VXM to a home.
    pub fn write(
        &mut self,
        drawn: &mut Drawn,
        (flow, byte): (FlowIndex, usize),
        (home, slice): (&Home, SliceId),
        (count, label): (u32, u16),
    ) -> i64 {
        let geometry = self.table.geometry();
        let ChainFlow { direction, bytes, .. } = &drawn.chain.flows[flow];
        let (station, departs) = bytes[byte];
        let travel = geometry.travel(*direction, station, geometry.slice(slice)).expect("outward leads to memory");
        let offset = departs + i64::from(travel);
        let address = Address { stride: 1, ..home.address };
        drawn.chain.push(Event {
            count,
            banks: Banks::of(self.chip, address, count),
            ..Event::once(Issuer::Queue(Queue::MemWrite(slice)), offset, Draft::Write(address, (flow, byte)), label)
        });
        offset
    }

    /// Homes for all copies of a band of so many rows.
    pub fn band_homes(&mut self, band: BandId, rows: u32) -> Result<Vec<Home>, CompileError> {
        let slices = self.band_slices(band);
        slices.iter().map(|&slice| self.slices.take(&[slice], rows, Resident::Scratch)).collect()
    }

    /// Writes a result, byte `byte` of its flow, to all copies of a band, from row `first` on.
    pub fn write_band(
        &mut self,
        drawn: &mut Drawn,
        (flow, byte): (FlowIndex, usize),
        (band, homes, first): (BandId, &[Home], u32),
        (count, label): (u32, u16),
    ) {
        for home in homes {
            let offset = home.address.offset + first as u16;
            let rows = Home { address: Address { offset, ..home.address }, ..home.clone() };
            let offset = self.write(drawn, (flow, byte), (&rows, home.slices[0]), (count, label));
            if first == 0 {
                drawn.written.push((band, home.clone(), offset));
            }
        }
    }

    /// The flow of an ALU's results, which leave in cycle `departs`, as far as the last of these slices.
    pub fn result_flow(
        &self,
        drawn: &mut Drawn,
        (event, departs): (EventIndex, i64),
        bytes: usize,
        slices: &[SliceId],
    ) -> FlowIndex {
        let geometry = self.table.geometry();
        let direction = slices[0].hemisphere.outward();
        let far = |slice: &&SliceId| geometry.travel(direction, geometry.vxm(), geometry.slice(**slice));
        let last = slices.iter().max_by_key(far).expect("a result has a home");
        let flow = drawn.chain.flow(ChainFlow {
            direction,
            bytes: vec![(geometry.vxm(), departs); bytes],
            drivers: vec![event; bytes],
            to: geometry.slice(*last),
            length: i64::from(drawn.chain.events[event].count),
            among: None,
        });
        if let Draft::Alu(.., to) = &mut drawn.chain.events[event].draft {
            *to = Some(flow);
        }
        flow
    }

    /// Places a chain, and notes from when on what it writes can be read; returns its origin.
    pub fn placed(&mut self, drawn: Drawn, (node, rows): (NodeId, u32)) -> Result<i64, CompileError> {
        let Drawn { chain, needs, bindings, written, .. } = drawn;
        let start = self.plan.len();
        let found = self.block(&chain, &bindings)?;
        self.bursts.push((start, self.plan.len()));
        let cycle = |offset: i64| Cycle((found.origin + offset).max(0) as u64);
        let begin = chain.events.iter().map(|event| event.offset).min().unwrap_or(0);
        let end = chain.events.iter().map(|event| event.busy(0).end).max().unwrap_or(0);
        self.chains.push(Placement {
            part: self.lowered.graph.nodes[node].origin.part.clone(),
            rows,
            begin: cycle(begin),
            end: cycle(end),
            origin: found.origin,
            needs,
            busied: found.busied.map(|busied| busied.to_string()),
        });
        let number = self.chains.len() - 1;
        for (band, home, offset) in written {
            let ready = found.origin + offset + i64::from(self.chip.latency.mem_write);
            let made = self.made.entry(band).or_default();
            made.copies.push(Copied { home, ready });
            made.chain = Some(number);
        }
        Ok(found.origin)
    }
}
