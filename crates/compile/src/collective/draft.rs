//! The six collectives as hops and sums of rows, and what they claim to compute.
//!
//! In: chips and cables, a wish.  Out: plans of all chips, the graph, what lies where before and after.
//! Invariant: every row that is left somewhere is the node of the graph that its output names, however it came there.
//! Method: hop after hop, rows one after the other, chips in turn; a row takes the way on which it arrives first, given what was planned
//!     before it. Minimal ways are the shortest ones. Spread ones may be a hop longer; what goes to everybody is dealt round among
//!     neighbours, who hand it on; what is summed is summed at one chip, once. Sums over nodes are sums of the nodes' sums, which cross
//!     between nodes once each.
//! Source: Abts et al., ISCA 2022: non-minimal routes spread when compiling, all-reduce in three hops; reduce-scatter and all-gather as the
//!     two halves of an all-reduce: Thakur, Rabenseifner, Gropp, "Optimization of collective communication operations", 2005.

use super::roads::{Roads, Way};
use super::yard::{Held, Yard};
use super::{Kind, LANES, Routes, Wish};
use crate::CompileError;
use arch::{Chip, NODE, Port, Topology};
use graph::{Builder, DType, Graph, NodeId};
use program::{OutputField, Packing, Residency, WordSource};
use std::collections::BTreeMap;
use units::Order;

/// A row of the graph, and where a chip has it.
type Row = (NodeId, Held);

/// A collective in the making.
pub struct Draft<'a> {
    topology: &'a Topology,
    wish: Wish,
    roads: Roads,
    ways: BTreeMap<(u16, u16), Vec<Way>>,
    pub yard: Yard<'a>,
    build: Builder,
    pub image: Vec<Residency>,
    pub outputs: Vec<OutputField>,
}

impl<'a> Draft<'a> {
    /// Everything planned.
    ///
    /// Errors: `Unrecognised` where cables do not join all chips, or a sum is to cross between nodes without a cable; those of `Yard`.
    pub fn of(chip: &'a Chip, topology: &'a Topology, wish: Wish) -> Result<Self, CompileError> {
        let roads = Roads::new(topology);
        if roads.hops(0).contains(&None) {
            return Err(unjoined(topology, "chips that cables join, each to each over others"));
        }
        let mut build = Builder::new();
        build.set_origin(None, wish.kind.name());
        let yard = Yard::new(chip, topology, roads.ports())?;
        let ways = BTreeMap::new();
        let mut draft = Draft { topology, wish, roads, ways, yard, build, image: Vec::new(), outputs: Vec::new() };
        let mut rows = 0..wish.rows;
        match wish.kind {
            Kind::Send => rows.try_for_each(|row| draft.send(row))?,
            Kind::Broadcast => rows.try_for_each(|row| draft.broadcast(0, row))?,
            Kind::AllGather => {
                rows.try_for_each(|row| draft.chips().try_for_each(|chip| draft.broadcast(chip, row)))?;
            }
            Kind::AllToAll => rows.try_for_each(|row| draft.all_to_all(row))?,
            Kind::ReduceScatter => rows.try_for_each(|row| draft.reduce_scatter(row))?,
            Kind::AllReduce => draft.all_reduce(rows)?,
        }
        Ok(draft)
    }

    /// What it computes, and the rest.
    pub fn graph(&mut self) -> Graph {
        std::mem::take(&mut self.build).finish()
    }

    fn chips(&self) -> std::ops::Range<u16> {
        0..self.topology.chips
    }

    /// Every other chip, once for each chip: pairs in turn, so that no cable is asked for twice in a row.
    fn pairs(&self) -> Vec<(u16, u16)> {
        let count = self.topology.chips;
        let other = |chip: u16, turn: u16| {
            if count.is_power_of_two() { chip ^ turn } else { (chip + turn) % count }
        };
        (1..count).flat_map(|turn| (0..count).map(move |chip| (chip, other(chip, turn)))).collect()
    }

    /// Chip 0 to a chip that is as far away as any.
    fn send(&mut self, row: u16) -> Result<(), CompileError> {
        let hops = self.roads.hops(0);
        let most = hops.iter().max().copied().flatten();
        let to = self.chips().find(|&chip| hops[usize::from(chip)] == most).expect("there are chips");
        let (node, held) = self.own(0, &format!("row.{row}"))?;
        let held = self.carried(&held, 0, to)?;
        self.leave(&format!("row.{row}"), to, (node, &held));
        Ok(())
    }

    /// One chip's row to all others.
    fn broadcast(&mut self, from: u16, row: u16) -> Result<(), CompileError> {
        let name = format!("row.{from}.{row}");
        let (node, held) = self.own(from, &name)?;
        let mut holders = BTreeMap::from([(from, held)]);
        let mut root = from;
        if self.wish.routes == Routes::Spread && self.wish.kind == Kind::Broadcast {
            let neighbours = self.roads.from(from);
            let (port, relay) = neighbours[usize::from(row) % neighbours.len()];
            holders.insert(relay, self.yard.hop(&held, port)?);
            root = relay;
        }
        self.hand_round(root, &mut holders)?;
        for (chip, held) in holders.iter().filter(|(chip, _)| **chip != from) {
            self.leave(&name, *chip, (node, held));
        }
        Ok(())
    }

    /// Every chip's own row to every other one.
    fn all_to_all(&mut self, row: u16) -> Result<(), CompileError> {
        for (from, to) in self.pairs() {
            let name = format!("row.{from}.{to}.{row}");
            let (node, held) = self.own(from, &name)?;
            let held = self.carried(&held, from, to)?;
            self.leave(&name, to, (node, &held));
        }
        Ok(())
    }

    /// The sum of all chips' rows for each chip, at that chip.
    fn reduce_scatter(&mut self, row: u16) -> Result<(), CompileError> {
        for owner in self.chips() {
            let parts = self.parts(&format!("row.{owner}.{row}"))?;
            let (node, held) = self.sum_at(owner, &parts)?;
            self.leave(&format!("sum.{owner}.{row}"), owner, (node, &held));
        }
        Ok(())
    }

    /// The sums of all chips' rows, at every chip. All rows take their first hop before any takes its next: what is on its way to be added
    /// goes before what has been.
    fn all_reduce(&mut self, rows: std::ops::Range<u16>) -> Result<(), CompileError> {
        let parts: Vec<Vec<Row>> =
            rows.map(|row| self.parts(&format!("row.{row}"))).collect::<Result<_, CompileError>>()?;
        if self.wish.routes == Routes::Spread {
            let owners: Vec<u16> = self.chips().cycle().take(parts.len()).collect();
            let sums = owners.iter().zip(&parts).map(|(&owner, parts)| self.sum_at(owner, parts));
            let sums = sums.collect::<Result<Vec<Row>, CompileError>>()?;
            for (row, (&owner, (node, held))) in owners.iter().zip(sums).enumerate() {
                let mut holders = BTreeMap::from([(owner, held)]);
                self.hand_round(owner, &mut holders)?;
                holders.iter().for_each(|(chip, held)| self.leave(&format!("sum.{row}"), *chip, (node, held)));
            }
            return Ok(());
        }
        let sums = parts.iter().map(|parts| self.node_sums(parts)).collect::<Result<Vec<_>, CompileError>>()?;
        for (row, sums) in sums.into_iter().enumerate() {
            for (chip, (node, held)) in self.over_nodes(sums)? {
                self.leave(&format!("sum.{row}"), chip, (node, &held));
            }
        }
        Ok(())
    }

    /// A row of every chip's own.
    fn parts(&mut self, name: &str) -> Result<Vec<Row>, CompileError> {
        self.chips().map(|chip| self.own(chip, &format!("{name}@{chip}"))).collect()
    }

    /// In every node everybody's row to everybody, and their sum: by chip.
    fn node_sums(&mut self, parts: &[Row]) -> Result<Vec<Row>, CompileError> {
        let size = self.topology.chips.min(NODE);
        let mut landed: Vec<BTreeMap<u16, Row>> =
            self.chips().map(|chip| BTreeMap::from([(chip, parts[usize::from(chip)])])).collect();
        for distance in 1..size {
            for from in self.chips() {
                let (to, (node, held)) = (from ^ distance, parts[usize::from(from)]);
                landed[usize::from(to)].insert(from, (node, self.neighbour(&held, from, to)?));
            }
        }
        let mut names = BTreeMap::new();
        let sums = self.chips().zip(landed).map(|(chip, landed)| {
            let rows: Vec<Row> = landed.into_values().collect();
            self.sum(chip, &rows, names.entry(chip / NODE).or_default())
        });
        sums.collect()
    }

    /// Of the nodes' sums, which all chips of a node have, the sum at every chip.
    fn over_nodes(&mut self, sums: Vec<Row>) -> Result<Vec<(u16, Row)>, CompileError> {
        let nodes = self.topology.nodes();
        if nodes == 1 {
            return Ok(self.chips().zip(sums).collect());
        }
        let mut landed: Vec<BTreeMap<u16, Row>> =
            self.chips().map(|chip| BTreeMap::from([(chip / NODE, sums[usize::from(chip)])])).collect();
        for to in 0..nodes {
            let mut landings: BTreeMap<u16, usize> = BTreeMap::new();
            for from in (0..nodes).filter(|from| *from != to) {
                let landing = |end: &Port| landings.get(&end.chip).copied().unwrap_or(0);
                let (port, end) = self.cable(from, to, |(_, end)| landing(end))?;
                *landings.entry(end.chip).or_default() += 1;
                let (node, held) = sums[usize::from(port.chip)];
                let held = self.yard.hop(&held, port)?;
                landed[usize::from(end.chip)].insert(from, (node, held));
                for chip in (to * NODE..(to + 1) * NODE).filter(|chip| *chip != end.chip) {
                    let held = self.neighbour(&held, end.chip, chip)?;
                    landed[usize::from(chip)].insert(from, (node, held));
                }
            }
        }
        let mut name = None;
        let all = self.chips().zip(landed).map(|(chip, landed)| {
            let rows: Vec<Row> = landed.into_values().collect();
            Ok((chip, self.sum(chip, &rows, &mut name)?))
        });
        all.collect()
    }

    /// The sum of all chips' rows at one chip: first that of each node, at one of its chips.
    fn sum_at(&mut self, owner: u16, parts: &[Row]) -> Result<Row, CompileError> {
        let mut sums = Vec::new();
        for node in 0..self.topology.nodes() {
            let cable = match owner / NODE {
                own if own == node => None,
                own => Some(self.cable(node, own, |_| 0)?),
            };
            let at = cable.map_or(owner, |(port, _)| port.chip);
            let mut rows = Vec::new();
            for from in self.chips().filter(|chip| chip / NODE == node) {
                let (name, held) = parts[usize::from(from)];
                rows.push((name, if from == at { held } else { self.neighbour(&held, from, at)? }));
            }
            let (name, mut held) = self.sum(at, &rows, &mut None)?;
            if let Some((port, end)) = cable {
                held = self.yard.hop(&held, port)?;
                if end.chip != owner {
                    held = self.neighbour(&held, end.chip, owner)?;
                }
            }
            sums.push((name, held));
        }
        if sums.len() == 1 { Ok(sums[0]) } else { self.sum(owner, &sums, &mut None) }
    }

    /// Of the cables from node to node the one that `busy` says least of, and among these the one with the fewest vectors so far.
    fn cable(&self, from: u16, to: u16, busy: impl Fn(&(Port, Port)) -> usize) -> Result<(Port, Port), CompileError> {
        let cables = self.topology.cables(from, to);
        let least = cables.into_iter().min_by_key(|cable| (busy(cable), self.yard.load(cable.0)));
        least.ok_or_else(|| unjoined(self.topology, "a cable between every two nodes"))
    }

    /// Rows added at a chip. Other chips that add the same rows find in `name` what the sum is called.
    fn sum(&mut self, chip: u16, rows: &[Row], name: &mut Option<NodeId>) -> Result<Row, CompileError> {
        let parts: Vec<Held> = rows.iter().map(|(_, held)| *held).collect();
        let held = self.yard.sum(chip, &parts)?;
        let build = &mut self.build;
        let mut added = || rows[1..].iter().fold(rows[0].0, |sum, (node, _)| build.add(sum, *node));
        let node = *name.get_or_insert_with(&mut added);
        Ok((node, held))
    }

    /// From where `holders` have a row to all chips: each takes it from a chip that is nearer to `root`, from whom it comes first.
    fn hand_round(&mut self, root: u16, holders: &mut BTreeMap<u16, Held>) -> Result<(), CompileError> {
        let hops = self.roads.hops(root);
        let mut order: Vec<u16> = self.chips().collect();
        // Cables lead both ways and join each pair of a node alike; going round from the root, chips of a node do the same.
        order.order_by_key(|chip| (hops[usize::from(*chip)], chip ^ root));
        for chip in order {
            if holders.contains_key(&chip) {
                continue;
            }
            let nearer = |(port, next): &(Port, u16)| {
                let held = holders.get(next).filter(|_| hops[usize::from(*next)] < hops[usize::from(chip)])?;
                let out = self.topology.across(*port)?;
                Some((self.yard.arrival(held, &[out]), out, *held))
            };
            let all = self.roads.from(chip).iter().filter_map(nearer);
            let (_, port, held) = all.min_by_key(|(arrival, ..)| *arrival).expect("all chips are joined");
            holders.insert(chip, self.yard.hop(&held, port)?);
        }
        Ok(())
    }

    /// A row to another chip on the way on which it arrives first.
    fn carried(&mut self, held: &Held, from: u16, to: u16) -> Result<Held, CompileError> {
        let longer = u32::from(self.wish.routes == Routes::Spread);
        let roads = &self.roads;
        let ways = self.ways.entry((from, to)).or_insert_with(|| roads.ways(from, to, longer));
        let way = ways.iter().min_by_key(|way| self.yard.arrival(held, way)).expect("all chips are joined");
        way.iter().try_fold(*held, |held, port| self.yard.hop(&held, *port))
    }

    /// A row to a chip of the same node.
    fn neighbour(&mut self, held: &Held, from: u16, to: u16) -> Result<Held, CompileError> {
        let link = self.topology.link(from, to).expect("chips of a node are joined");
        self.yard.hop(held, Port { chip: from, link })
    }

    /// A row that a chip has at the start.
    fn own(&mut self, chip: u16, name: &str) -> Result<Row, CompileError> {
        let tensor = self.build.tensor(name, DType::F32, &[1, LANES]);
        let held = self.yard.own(chip)?;
        for (plane, slice) in (0..).zip(held.slices) {
            let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane) };
            let address = held.address;
            self.image.push(Residency { chip, slice, address, words: 1, source, row: 0, step: 1 });
        }
        Ok((self.build.constant(tensor), held))
    }

    /// A row that is wanted at a chip.
    fn leave(&mut self, name: &str, chip: u16, (node, held): (NodeId, &Held)) {
        let output = format!("{name}@{chip}");
        self.build.output(&output, node);
        self.outputs.push(OutputField { output, chip, slices: held.slices, address: held.address });
    }
}

fn unjoined(topology: &Topology, expected: &str) -> CompileError {
    let what = format!("topology `{}`", topology.name);
    CompileError::Unrecognised { what, expected: expected.to_owned() }
}
