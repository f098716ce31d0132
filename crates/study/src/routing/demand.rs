//! What a compiled system sends, as words that anybody may carry.
//!
//! In: a judged system.  Out: three demands with their cables, our slots and the words without any slot.
//! Invariant: our slots are the Sends of judged programs; a word for the rival says where it is, where it is wanted and what it waits
//!     for, and it is there at least as early as in our plan.
//! Method: the sum over the chips of a node: all Sends until nothing is under way. A carry: its Sends; those of the second node hand on
//!     what landed before, word by word in the same order, and may do so as quickly as our program ever does.

use arch::{Chip, Hemisphere, LinkId, NODE, Port, RACK_NODES, Topology};
use gpu::net::{Cable, Ready, Word};
use program::{Executable, Sent, System, sends};
use std::collections::BTreeMap;
use units::Text;

/// Words to be brought over cables.
#[derive(Clone, Debug)]
pub struct Demand {
    /// What it is.
    pub name: Text,
    /// Name of the topology in which it takes place.
    pub topology: String,
    /// Chips of it.
    pub chips: u16,
    /// Its cables, each way for itself.
    pub cables: Vec<Cable>,
    /// Of each word, the cable and the cycle in which it leaves, from the first one on.
    pub slots: Vec<(u32, u64)>,
    /// The same words for whoever finds his own way.
    pub words: Vec<Word>,
    /// From the first Send to the last Receive.
    pub cycles: u64,
}

/// The demands of a system on `chip`: of a layer's sum in a node, of a carry in a rack, of a carry between racks; those that it has.
pub fn of(chip: &Chip, topology: &Topology, system: &System) -> Vec<Demand> {
    let crossing = chip.latency.link_crossing().0;
    let sum = system.roles.iter().find_map(|role| sum(&role.program.executable, crossing));
    let joints: Vec<(usize, u16, u16)> =
        (1..system.seats.len()).map(|seat| (seat - 1, system.seats[seat - 1].node, system.seats[seat].node)).collect();
    let is_near = |&(_, one, two): &(usize, u16, u16)| one / RACK_NODES == two / RACK_NODES;
    let carry = |joint: Option<&(usize, u16, u16)>, name: Text| {
        let &(seat, one, two) = joint?;
        let carry = &system.carries[system.seats[seat].carry? as usize];
        carried(&carry.executable, topology, (one, two), crossing, name)
    };
    let near = carry(
        joints.iter().find(|joint| is_near(joint)),
        Text::of("殘差交給同機架的下一個節點", "the residual to the next node of the rack"),
    );
    let far = carry(
        joints.iter().find(|joint| !is_near(joint)),
        Text::of("殘差交給下一個機架", "the residual to the next rack"),
    );
    [sum, near, far].into_iter().flatten().collect()
}

/// All cables of a topology, with the ports at which they start.
fn cables(topology: &Topology) -> (Vec<Cable>, BTreeMap<Port, u32>) {
    let (mut cables, mut ports) = (Vec::new(), BTreeMap::new());
    let links =
        || Hemisphere::BOTH.into_iter().flat_map(|hemisphere| (0..8).map(move |number| LinkId { hemisphere, number }));
    for port in (0..topology.chips).flat_map(|chip| links().map(move |link| Port { chip, link })) {
        if let Some(end) = topology.across(port) {
            ports.insert(port, cables.len() as u32);
            cables.push(Cable { from: port.chip, to: end.chip });
        }
    }
    (cables, ports)
}

/// The first sum over the chips of a node: everybody to everybody.
fn sum(executable: &Executable, crossing: u64) -> Option<Demand> {
    let topology = Topology::named(&executable.topology).ok()?;
    let all = sends(executable);
    let first = all.first()?.cycle.0;
    let mut end = first + crossing;
    let sent: Vec<&Sent> = all
        .iter()
        .take_while(|sent| {
            let is_part = sent.cycle.0 < end;
            end = end.max(if is_part { sent.cycle.0 + crossing } else { end });
            is_part
        })
        .collect();
    let (cables, ports) = cables(&topology);
    let slots: Vec<(u32, u64)> = sent.iter().map(|sent| (ports[&sent.port], sent.cycle.0 - first)).collect();
    let word = |&(cable, _): &(u32, u64)| {
        let Cable { from, to } = cables[cable as usize];
        Word { from, to, ready: Ready::At(0) }
    };
    Some(Demand {
        name: Text::of(
            "一層的加總：節點內八顆晶片互傳",
            "the sum of a layer: eight chips of a node, everybody to everybody",
        ),
        topology: topology.name.clone(),
        chips: topology.chips,
        words: slots.iter().map(word).collect(),
        slots,
        cables,
        cycles: end - first,
    })
}

/// A carry from node `one` to node `two`, among all nodes of their racks.
fn carried(
    executable: &Executable,
    whole: &Topology,
    (one, two): (u16, u16),
    crossing: u64,
    name: Text,
) -> Option<Demand> {
    let racks: Vec<u16> = [one, two].map(|node| node / RACK_NODES).into();
    let nodes: Vec<u16> = (0..whole.nodes()).filter(|node| racks.contains(&(node / RACK_NODES))).collect();
    let topology = whole.excerpt(&nodes).ok()?;
    let place = |node: u16| nodes.iter().position(|other| *other == node).map(|place| place as u16);
    let nodes = [place(one)?, place(two)?];
    let (cables, ports) = cables(&topology);
    let all = sends(executable);
    let first = all.first()?.cycle.0;
    let slot = |sent: &Sent| {
        let Port { chip, link } = sent.port;
        let port = Port { chip: nodes[usize::from(chip / NODE)] * NODE + chip % NODE, link };
        Some((*ports.get(&port)?, sent.cycle.0 - first))
    };
    let slots: Vec<(u32, u64)> = all.iter().map(slot).collect::<Option<_>>()?;
    let words = words(&slots, &cables, nodes[1], crossing)?;
    let end = slots.iter().map(|(_, sent)| sent + crossing).max()?;
    Some(Demand { name, topology: topology.name.clone(), chips: topology.chips, cables, slots, words, cycles: end })
}

/// The words of a carry: those that leave node `to` hand on what landed there, in the order of landing, on each cable anew.
fn words(slots: &[(u32, u64)], cables: &[Cable], to: u16, crossing: u64) -> Option<Vec<Word>> {
    let is_inside = |cable: Cable| cable.from / NODE == to;
    let mut landed: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (number, &(cable, _)) in (0u32..).zip(slots) {
        let cable = cables[cable as usize];
        if !is_inside(cable) {
            landed.entry(cable.to).or_default().push(number);
        }
    }
    let mut handed: BTreeMap<u32, usize> = BTreeMap::new();
    let mut before: Vec<Option<u32>> = Vec::new();
    for &(cable, _) in slots {
        let end = cables[cable as usize];
        before.push(if is_inside(end) {
            let turn = handed.entry(cable).or_default();
            let word = *landed.get(&end.from)?.get(*turn)?;
            *turn += 1;
            Some(word)
        } else {
            None
        });
    }
    let waits = |(slot, before): (&(u32, u64), &Option<u32>)| -> Option<i64> {
        let landed = slots[(*before)? as usize].1 + crossing;
        Some(slot.1 as i64 - landed as i64)
    };
    let turn = slots.iter().zip(&before).filter_map(waits).min().unwrap_or(0);
    let turn = u64::try_from(turn).ok()?;
    let word = |(slot, before): (&(u32, u64), &Option<u32>)| {
        let Cable { from, to } = cables[slot.0 as usize];
        Word { from, to, ready: before.map_or(Ready::At(0), |word| Ready::After(word, turn)) }
    };
    Some(slots.iter().zip(&before).map(word).collect())
}
