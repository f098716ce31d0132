//! Rows through a permuter: out to the edge of their half, back with their lanes in another order.
//!
//! In: a `Permute` node whose operand has a home.  Out: reads, permutes and writes, byte after byte.
//! Invariant: the new home lies in the same half, in other slices: what comes back never meets what goes out.
//! Method: every byte of an element is a word of its own and a chain of its own; a permuter takes one word a cycle.

use super::Scheduler;
use super::chain::{ChainFlow, Draft, Event, Issuer};
use super::kernel::Building;
use super::leaf::Reads;
use crate::CompileError;
use crate::kernel::Shuffle;
use crate::place::Home;
use arch::Queue;
use program::Address;

impl Scheduler<'_> {
    /// Places the way of all rows of a node through the permuter of its half.
    pub fn shuffle(&mut self, shuffle: &Shuffle) -> Result<(), CompileError> {
        let (stored, graph) = (shuffle.stored, &self.lowered.graph);
        let (node, source) = (&graph.nodes[stored.node], graph.nodes[stored.node].inputs[0]);
        let (rows, bytes) = (node.shape.extents()[0], node.dtype.bytes() as usize);
        let from = self.home(source)?;
        let home = self.store.scratch(stored.place, bytes, rows, stored.bank);
        self.homes.insert(stored.node, home.clone());
        for byte in 0..bytes {
            let here = |home: &Home| Home { slices: vec![home.slices[byte]], ..home.clone() };
            self.shuffle_byte(shuffle, (&here(&from), &here(&home)), rows)?;
        }
        Ok(())
    }

    fn shuffle_byte(&mut self, shuffle: &Shuffle, (from, to): (&Home, &Home), rows: u32) -> Result<(), CompileError> {
        let node = shuffle.stored.node;
        let source = self.lowered.graph.nodes[node].inputs[0];
        let label = self.leaf_label(source);
        let mut building = Building::new((0, rows), self.leaf_label(node));
        let half = from.slices[0].hemisphere;
        let geometry = self.table.geometry();
        let (sxm, station) = (geometry.sxm(half), geometry.slice(to.slices[0]));
        let reads = Reads {
            slices: &from.slices,
            address: Address { stride: 1, ..from.address },
            count: rows,
            direction: half.outward(),
            to: sxm,
            sample: 0,
            label,
        };
        let ready = self.written(source, 0);
        let out = self.read(&mut building, &reads, &ready);
        let back = building.chain.flow(ChainFlow {
            direction: half.inward(),
            bytes: vec![(sxm, i64::from(self.chip.latency.sxm_permute))],
            drivers: vec![building.chain.events.len()],
            to: station,
            length: i64::from(rows),
            among: None,
        });
        let draft = Draft::Permute(out, (back, 0), shuffle.map);
        let permute = Event::once(Issuer::Queue(Queue::Permuter(half)), 0, draft, building.label);
        building.chain.push(Event { count: rows, ..permute });
        self.write(&mut building, back, (node, to), (0, rows));
        self.finish(building)?;
        Ok(())
    }
}
