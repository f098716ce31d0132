//! Weights that the chip computes: bytes of results in the slices that feed planes.
//!
//! In: a kernel's results, a contraction whose weights are no table.  Out: writes, and the Loads that wait for them.
//! Invariant: row `16 w + k` of a byte is word w of slice k of its home; no Load begins before the last row is written.
//! Method: a row a cycle leaves the VXM; each of 16 slices writes every sixteenth. The bytes of a row go to slices eight apart, so that one
//!     set of feeders takes two of them.

use super::Scheduler;
use super::chain::{Draft, Event, Issuer};
use super::kernel::{Building, Network};
use super::mxm::{LastStep, Step};
use super::weights::{Plane, Run};
use crate::CompileError;
use crate::kernel::Striped;
use crate::place::{FEEDERS, Home};
use crate::why::{Cause, Need};
use arch::{Hemisphere, Queue};
use graph::{NodeId, Op, View};
use program::{Address, MxmFormat};

/// A byte of a node that lies as weights.
#[derive(Clone, Debug)]
pub struct Fed {
    /// Its words.
    pub home: Home,
    /// First cycle in which all of them can be read.
    pub cycle: i64,
    /// Who writes them.
    pub chain: usize,
}

/// One digit of a node's rows.
#[derive(Clone, Copy, Debug)]
pub struct Digit {
    /// The node whose bytes the digits are.
    pub source: NodeId,
    /// How many digits there are.
    count: usize,
    /// Row of all digits' rows that comes first.
    at: u32,
    /// Rows of the node.
    pub rows: u32,
}

impl Digit {
    /// Byte and row of what is `first` rows after the first one.
    pub fn row(&self, first: u32) -> (usize, u32) {
        let at = self.at + first;
        (self.count - 1 - (at / self.rows) as usize, at % self.rows)
    }
}

/// Consecutive columns of a tile that lie in one home.
pub struct Fragment {
    home: Home,
    run: Run,
    /// First cycle in which they can be read.
    cycle: i64,
}

impl Scheduler<'_> {
    /// What a node shows of another's digits, if it does.
    pub fn digit(&self, id: NodeId) -> Option<Digit> {
        let node = &self.lowered.graph.nodes[id];
        match node.op {
            Op::View(View::Rows { first }) => {
                let digit = self.digit(node.inputs[0])?;
                Some(Digit { at: digit.at + first, ..digit })
            }
            Op::View(View::Digits { count }) => {
                let rows = self.lowered.graph.nodes[node.inputs[0]].shape.extents()[0];
                Some(Digit { source: node.inputs[0], count: usize::from(count), at: 0, rows })
            }
            _ => None,
        }
    }

    /// Whether rows of int8 pass the step's tile one after the other, rather than the digits of one row.
    pub fn is_of_many_rows(&self, step: &Step) -> bool {
        let is_single = |digit: Digit| digit.rows == 1;
        step.format == MxmFormat::I8 && !self.digit(step.activation).is_some_and(is_single)
    }

    /// Whether two steps read rows of the same digit.
    pub fn is_same_digit(&self, one: &Step, other: &Step) -> bool {
        let byte = |step: &Step| self.digit(step.activation).map(|digit| digit.row(0).0);
        self.is_of_many_rows(one) && self.is_of_many_rows(other) && byte(one) == byte(other)
    }

    /// Writes the low bytes of a node as weights.
    pub fn stripe(&mut self, building: &mut Building, network: &Network, striped: &Striped) {
        let node = striped.node;
        let alu = network.dag.results[&node];
        let rows = self.lowered.graph.nodes[node].shape.extents()[0];
        let words = rows.div_ceil(FEEDERS as u32);
        let written = striped.bytes.0..striped.bytes.1;
        let homes: Vec<(u8, Home)> = written.map(|byte| (byte, self.fed_home(striped, byte, words))).collect();
        let bytes = network.dag.result(alu).bytes() as usize;
        let flow = self.result_flow(building, network.event(alu), bytes, &homes[0].1, rows);
        let (geometry, label) = (self.table.geometry().clone(), building.label);
        let direction = building.chain.flows[flow].direction;
        for (byte, home) in homes {
            let byte = usize::from(byte);
            let mut last = i64::MIN;
            for row in 0..rows {
                let slice = home.slices[row as usize % FEEDERS];
                let travel = geometry.travel(direction, geometry.vxm(), geometry.slice(slice));
                let travel = i64::from(travel.expect("outward leads to memory"));
                let offset = building.chain.flows[flow].bytes[byte].1 + travel + i64::from(row);
                let word = home.address.offset + (row / FEEDERS as u32) as u16;
                let address = Address { offset: word, ..home.address };
                self.needs_room(building, &home, offset);
                let draft = Draft::Write(address, (flow, byte));
                let banks = self.banks(address, 1);
                let issuer = Issuer::Queue(Queue::MemWrite(slice));
                building.chain.push(Event { banks, first_iteration: row, ..Event::once(issuer, offset, draft, label) });
                last = last.max(offset);
            }
            building.fed.push(((node, byte as u8), last));
        }
    }

    /// A home for a byte, its slices turned by eight for every byte before it.
    fn fed_home(&mut self, striped: &Striped, byte: u8, words: u32) -> Home {
        let mut home = self.store.fed(striped.hemisphere, striped.set, words);
        home.slices.rotate_left(FEEDERS / 2 * usize::from(byte) % FEEDERS);
        let fed = Fed { home: home.clone(), cycle: 0, chain: 0 };
        self.fed.insert((striped.node, byte), fed);
        home
    }

    /// The computed byte that weights are, and their first row of it.
    fn computed(&self, weights: NodeId) -> Option<(&Fed, u32)> {
        let Some(digit) = self.digit(weights) else { return self.fed.get(&(weights, 0)).map(|fed| (fed, 0)) };
        let (byte, row) = digit.row(0);
        Some((self.fed.get(&(digit.source, byte as u8))?, row))
    }

    /// What a tile of weights is made of, if any of it is computed: parts one under the other, tables of one word among them.
    pub fn fragments(&mut self, weights: NodeId, hemisphere: Hemisphere) -> Option<Vec<Fragment>> {
        let node = &self.lowered.graph.nodes[weights];
        let parts = match node.op {
            Op::Copy { .. } => node.inputs.clone(),
            _ => vec![weights],
        };
        parts.iter().find_map(|&part| self.computed(part))?;
        let mut fragments: Vec<Fragment> = Vec::new();
        let mut group = 0;
        for part in parts {
            let count = self.lowered.graph.nodes[part].shape.extents()[0].div_ceil(FEEDERS as u32);
            let computed = self.computed(part).map(|(fed, row)| (fed.home.clone(), fed.cycle, row / FEEDERS as u32));
            let (home, cycle, word, stride) = match computed {
                Some((home, cycle, word)) => (home, cycle, word, 1),
                None => (self.word_home(part, hemisphere), 0, 0, 0),
            };
            match fragments.last_mut() {
                Some(last) if stride == 0 && last.run.stride == 0 => last.run.count += count,
                _ => fragments.push(Fragment { home, run: Run { group, count, home: 0, word, stride }, cycle }),
            }
            group += count;
        }
        Some(fragments)
    }

    /// Places the Loads of computed weights; as `load`.
    pub fn load_fragments(
        &mut self,
        fragments: &[Fragment],
        to: Plane,
        (free, after): (i64, Option<usize>),
        label: u16,
    ) -> Result<(i64, Option<usize>), CompileError> {
        let geometry = self.table.geometry().clone();
        let (direction, station) = (to.hemisphere.outward(), geometry.mxm(to.hemisphere));
        let mut loaded = (free, after);
        for Fragment { home, run, cycle } in fragments {
            let travel = |slice| geometry.travel(direction, geometry.slice(slice), station);
            let travel = home.slices.iter().filter_map(|&slice| travel(slice)).max().unwrap_or(0);
            let readable = cycle + i64::from(travel + self.chip.latency.mem_read);
            if loaded.0 < readable {
                loaded = (readable, None);
            }
            loaded = self.load_run(home, *run, to, loaded, label)?;
        }
        Ok(loaded)
    }

    /// The half that has computed weights.
    pub fn half_fed(&self, weights: NodeId) -> Option<Hemisphere> {
        let node = &self.lowered.graph.nodes[weights];
        let of_part = |part: &NodeId| self.computed(*part).map(|(fed, _)| fed.home.slices[0].hemisphere);
        match node.op {
            Op::Copy { .. } => node.inputs.iter().find_map(of_part),
            _ => of_part(&weights),
        }
    }

    /// Notes that computed weights have to be written, read and installed before a step's Activate in cycle `dispatch` of the chain.
    pub fn needs_fed(&self, building: &mut Building, last: &LastStep, dispatch: i64) {
        let weights = last.step.weights;
        let node = &self.lowered.graph.nodes[weights];
        let parts = if let Op::Copy { .. } = node.op { node.inputs.as_slice() } else { std::slice::from_ref(&weights) };
        let latency = &self.chip.latency;
        let least = i64::from(latency.mem_read + latency.mxm_crossing + latency.mxm_install);
        for (fed, _) in parts.iter().filter_map(|&part| self.computed(part)) {
            building.needs(Need { cause: Cause::Value(fed.chain), earliest: fed.cycle + least - dispatch });
        }
    }
}
