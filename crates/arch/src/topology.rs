//! Which chips there are, and which ports a cable joins.
//!
//! In: a name or a number of chips.  Out: for every port of every chip, the port at the other end of its cable.
//! Invariant: a cable joins two ports of different chips and carries vectors both ways; `across` is its own inverse.
//! Method: in a node of n = 2, 4 or 8 chips every pair has a cable. The cable between chips c and d uses the same port at both ends,
//!     that of the distance c xor d, so that no chip differs from another: one program fits all of them. Four more ports of each chip
//!     make a node a router of 32: `group-33` joins every pair of 33 nodes once. `racks-R` has 9 nodes a rack, of which every pair is joined
//!     twice by 16 of the 32 ports; the other 16 x 9 ports of a rack go round to the R - 1 others, as many to each as there are whole
//!     rounds. Seen from both ends a cable has complementary numbers (p and 31 - p, offset o and 9 - o), so that the wiring is one
//!     formula and a dragonfly of 10,440 chips takes no table. An excerpt has some nodes of a larger topology, renumbered.
//! Source: node of 8, fully connected, 7 local and 4 global links per chip; 33 nodes; racks of 9 nodes, pairs doubly connected; up to 145
//!     racks with at most 5 hops (Abts et al., ISCA 2022; HC34 slides 34-36). Which port serves which neighbour is not public; ours is
//!     assumed.

use crate::Hemisphere;
use serde::{Deserialize, Serialize};

/// A link of a chip: its half and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkId {
    /// West or east half.
    pub hemisphere: Hemisphere,
    /// Number within the half.
    pub number: u8,
}

/// A link of one chip among many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Port {
    /// The chip.
    pub chip: u16,
    /// Its link.
    pub link: LinkId,
}

/// Chips of a node.
pub const NODE: u16 = 8;
/// Nodes of a rack: eight at work and a spare one.
pub const RACK_NODES: u16 = 9;
/// Most racks: one cable to each other one.
pub const RACKS_MAX: u16 = 145;
/// Nodes of a group: one cable to each other one.
const GROUP_NODES: u16 = 33;
/// Ports of a node as a router.
const NODE_PORTS: u16 = 32;
/// Ports of a node that lead to other racks.
const OUTER_PORTS: u16 = 16;

/// Chips and cables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// Name shown and stored in program files.
    pub name: String,
    /// Number of chips, at least 1.
    pub chips: u16,
    shape: Shape,
}

/// How nodes are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Shape {
    /// They are not: there is one, of 1 to 8 chips.
    Node,
    /// Every pair by one cable.
    Group,
    /// Racks of nodes.
    Racks(u16),
    /// These nodes of a larger topology.
    Excerpt(Box<Topology>, Vec<u16>),
}

/// What there is, in words.
pub const TOPOLOGIES: &str =
    "chip, node-2, node-4, node-8, group-33, racks-1 to racks-145, and excerpts of some nodes such as racks-9:0,1";

/// A topology that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no topology `{found}`; there are {TOPOLOGIES}")]
pub struct TopologyError {
    /// What was asked for.
    pub found: String,
}

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.hemisphere.letter(), self.number)
    }
}

impl Topology {
    /// Every node that stands alone, fewest chips first.
    pub fn all() -> Vec<Topology> {
        let node = |chips: u16| Topology { name: format!("node-{chips}"), chips, shape: Shape::Node };
        std::iter::once(Topology::single()).chain([2, 4, NODE].map(node)).collect()
    }

    /// One chip and no cable.
    pub fn single() -> Self {
        Topology { name: "chip".to_owned(), chips: 1, shape: Shape::Node }
    }

    /// 33 nodes, 264 chips, every pair of nodes joined.
    pub fn group() -> Self {
        Topology { name: format!("group-{GROUP_NODES}"), chips: GROUP_NODES * NODE, shape: Shape::Group }
    }

    /// So many racks of 72 chips each, spare nodes included.
    ///
    /// Errors: for none, and for more than 145.
    pub fn racks(racks: u16) -> Result<Self, TopologyError> {
        let name = format!("racks-{racks}");
        if !(1..=RACKS_MAX).contains(&racks) {
            return Err(TopologyError { found: name });
        }
        Ok(Topology { name, chips: racks * RACK_NODES * NODE, shape: Shape::Racks(racks) })
    }

    /// Nodes `nodes` of this topology alone, renumbered from 0 in this order.
    ///
    /// Errors: when one is not there, or twice.
    pub fn excerpt(&self, nodes: &[u16]) -> Result<Self, TopologyError> {
        let list: Vec<String> = nodes.iter().map(u16::to_string).collect();
        let name = format!("{}:{}", self.name, list.join(","));
        let twice = nodes.iter().enumerate().any(|(place, node)| nodes[..place].contains(node));
        let whole = matches!(self.shape, Shape::Group | Shape::Racks(_));
        if !whole || twice || nodes.is_empty() || nodes.iter().any(|node| self.nodes() <= *node) {
            return Err(TopologyError { found: name });
        }
        let chips = nodes.len() as u16 * NODE;
        Ok(Topology { name, chips, shape: Shape::Excerpt(Box::new(self.clone()), nodes.to_vec()) })
    }

    /// The topology with this name.
    pub fn named(name: &str) -> Result<Self, TopologyError> {
        let unknown = || TopologyError { found: name.to_owned() };
        if let Some((whole, nodes)) = name.split_once(':') {
            let nodes: Result<Vec<u16>, _> = nodes.split(',').map(str::parse).collect();
            let excerpt = Topology::named(whole)?.excerpt(&nodes.map_err(|_| unknown())?)?;
            return if excerpt.name == name { Ok(excerpt) } else { Err(unknown()) };
        }
        let racks = name.strip_prefix("racks-").and_then(|racks| racks.parse().ok());
        let racks = racks.and_then(|racks| Topology::racks(racks).ok());
        let found = Topology::all().into_iter().chain([Topology::group()]).chain(racks);
        found.into_iter().find(|topology| topology.name == name).ok_or_else(unknown)
    }

    /// The node that stands alone with so many chips.
    pub fn of(chips: u16) -> Result<Self, TopologyError> {
        let found = Topology::all().into_iter().find(|topology| topology.chips == chips);
        found.ok_or_else(|| TopologyError { found: format!("of {chips} chips") })
    }

    /// Number of nodes.
    pub fn nodes(&self) -> u16 {
        self.chips.div_ceil(NODE)
    }

    /// The port at the other end of the cable, if one is plugged in.
    pub fn across(&self, port: Port) -> Option<Port> {
        if self.chips <= port.chip {
            return None;
        }
        let (node, own) = (port.chip / NODE, port.chip % NODE);
        match End::of(port.link) {
            End::Local(distance) => {
                let other = node * NODE + (own ^ distance);
                ((own ^ distance) < NODE && other < self.chips).then_some(Port { chip: other, link: port.link })
            }
            End::Global(number) => {
                let (node, chip, number) = self.outside(node, (own, number))?;
                Some(Port { chip: node * NODE + chip, link: global_link(number) })
            }
            End::Unused => None,
        }
    }

    /// Where the cable of a global port ends: node, chip in it, port.
    fn outside(&self, node: u16, (own, port): (u16, u16)) -> Option<(u16, u16, u16)> {
        match &self.shape {
            Shape::Node => None,
            Shape::Group => {
                let number = 4 * own + port;
                let other = NODE_PORTS - 1 - number;
                Some(((node + number + 1) % GROUP_NODES, other / 4, other % 4))
            }
            Shape::Racks(_) if port < 2 => {
                let (rack, at) = (node / RACK_NODES, node % RACK_NODES);
                let offset = (own + 4 * port) % NODE + 1;
                Some((rack * RACK_NODES + (at + offset) % RACK_NODES, NODE - 1 - own, port))
            }
            Shape::Racks(racks) => {
                let (rack, others) = (node / RACK_NODES, racks - 1);
                let number = OUTER_PORTS * (node % RACK_NODES) + 2 * own + (port - 2);
                let (round, offset) = (number.checked_div(others)?, number % others);
                if OUTER_PORTS * RACK_NODES < (round + 1) * others {
                    return None;
                }
                let other = round * others + (others - 1 - offset);
                let rack = (rack + offset + 1) % racks;
                let (node, port) = (rack * RACK_NODES + other / OUTER_PORTS, other % OUTER_PORTS);
                Some((node, port / 2, 2 + port % 2))
            }
            Shape::Excerpt(whole, nodes) => {
                let (node, chip, port) = whole.outside(nodes[usize::from(node)], (own, port))?;
                let place = nodes.iter().position(|other| *other == node)?;
                Some((place as u16, chip, port))
            }
        }
    }

    /// The cables from node `from` to node `to`, as ports of the former and of the latter.
    pub fn cables(&self, from: u16, to: u16) -> Vec<(Port, Port)> {
        self.cables_of(from).filter(|(_, end)| end.chip / NODE == to).collect()
    }

    /// The cables from node `from` to other nodes.
    fn cables_of(&self, from: u16) -> impl Iterator<Item = (Port, Port)> {
        let ports = (from * NODE..(from + 1) * NODE).flat_map(|chip| GLOBAL.map(|link| Port { chip, link }));
        ports.filter_map(|port| Some((port, self.across(port)?)))
    }

    /// Whether two nodes, in this order, are joined as the two nodes of `pair` are: a program for the latter is one for the former.
    pub fn is_joined_alike(&self, (from, to): (u16, u16), pair: &Topology) -> bool {
        let inside = |ports: Vec<(Port, Port)>| -> Vec<_> {
            let port = |port: Port| (port.chip % NODE, port.link);
            ports.into_iter().map(|(one, two)| (port(one), port(two))).collect()
        };
        inside(self.cables(from, to)) == inside(pair.cables(0, 1))
    }

    /// `count` nodes in an order in which each has a cable to the next, `lost` ones left out: rack after rack, there and back, eight nodes
    /// of each, so that a rack takes its spare node for a lost one. Nothing where there are not as many, or where two racks, or two nodes
    /// of an excerpt in its order, have no cable left between them.
    pub fn chain(&self, count: u16, lost: &[u16]) -> Option<Vec<u16>> {
        let is_here = |node: u16| node < self.nodes() && !lost.contains(&node);
        let nodes = match &self.shape {
            Shape::Racks(racks) => {
                let alive = |rack: u16| (0..RACK_NODES).filter(move |at| is_here(rack * RACK_NODES + at)).collect();
                self.way(&(0..*racks).map(alive).collect::<Vec<_>>(), usize::from(count))?
            }
            _ => (0..self.nodes()).filter(|node| is_here(*node)).collect(),
        };
        let nodes = nodes.get(..usize::from(count))?;
        nodes.windows(2).all(|two| !self.cables(two[0], two[1]).is_empty()).then(|| nodes.to_vec())
    }

    /// A way through eight nodes of each rack, or as many as are alive, until it has `count`: rack after rack.
    fn way(&self, racks: &[Vec<u16>], count: usize) -> Option<Vec<u16>> {
        let at_work = usize::from(RACK_NODES - 1);
        let mut held = 0;
        let is_needed = |rack: &&Vec<u16>| {
            let is_needed = held < count;
            held += rack.len().min(at_work);
            is_needed
        };
        let racks: Vec<&Vec<u16>> = racks.iter().take_while(is_needed).collect();
        let joints = self.joints(&racks)?;
        let mut all: Vec<u16> = Vec::new();
        let mut entry = None;
        for (rack, alive) in (0u16..).zip(racks) {
            let mut way: Vec<u16> = alive.iter().copied().take(at_work).collect();
            if let Some(entry) = entry {
                // What an entry in the latter half begins goes down.
                if way.iter().position(|at| *at == entry).is_some_and(|place| way.len() <= 2 * place) {
                    way.reverse();
                }
                way.retain(|at| *at != entry);
                way.insert(0, entry);
            }
            let chosen = joints.get(usize::from(rack)).map(|joint| preferred(joint, entry, &way));
            if let Some((exit, _)) = chosen {
                way.retain(|at| *at != exit || entry == Some(exit));
                way.truncate(at_work - usize::from(entry != Some(exit)));
                way.extend((entry != Some(exit)).then_some(exit));
            }
            way.truncate(at_work);
            entry = chosen.map(|(_, entry)| entry);
            all.extend(way.into_iter().map(|at| rack * RACK_NODES + at));
        }
        Some(all)
    }

    /// For each rack but the last, from which of its nodes to which of the next a cable leads, such that the way goes on to the end: a
    /// rack is left from another node than it was entered at, unless it has one only.
    fn joints(&self, racks: &[&Vec<u16>]) -> Option<Vec<Vec<(u16, u16)>>> {
        let mut joints: Vec<Vec<(u16, u16)>> = Vec::new();
        let numbered: Vec<(u16, &[&Vec<u16>])> = (0u16..).zip(racks.windows(2)).collect();
        for (rack, two) in numbered.into_iter().rev() {
            let after = joints.last();
            let goes_on = |entry: u16| {
                after.is_none_or(|after| two[1].len() == 1 || after.iter().any(|(exit, _)| *exit != entry))
            };
            let joint = two[0].iter().flat_map(|exit| {
                let ends = self.cables_of(rack * RACK_NODES + exit).map(|(_, end)| end.chip / NODE);
                let next = ends.filter(|end| end / RACK_NODES == rack + 1).map(|end| end % RACK_NODES);
                next.filter(|entry| two[1].contains(entry) && goes_on(*entry)).map(|entry| (*exit, entry))
            });
            let joint: Vec<(u16, u16)> = joint.collect();
            if joint.is_empty() {
                return None;
            }
            joints.push(joint);
        }
        joints.reverse();
        Some(joints)
    }

    /// The local link of `from` whose cable ends at `to`, if they are in one node.
    pub fn link(&self, from: u16, to: u16) -> Option<LinkId> {
        let joined = from != to && from / NODE == to / NODE && from < self.chips && to < self.chips;
        joined.then(|| local_link(from ^ to))
    }
}

/// Of the cables to the next rack the one to take: spare nodes stay spare, nodes that the way meets late are left from, and the next rack
/// is entered at a node of the same number, if that can be.
fn preferred(joint: &[(u16, u16)], entry: Option<u16>, way: &[u16]) -> (u16, u16) {
    let is_spare = |at: u16| at == RACK_NODES - 1;
    let cost = |&(exit, next): &(u16, u16)| {
        let from_end = way.iter().rev().position(|at| *at == exit).unwrap_or(way.len());
        let spares = u8::from(is_spare(exit)) + u8::from(is_spare(next));
        (Some(exit) == entry, spares, from_end, exit != next, next)
    };
    joint.iter().copied().min_by_key(cost).expect("`joints` leaves none empty")
}

/// The link that leads to the chip whose number differs in the bits of `distance`, which is at least 1.
pub fn local_link(distance: u16) -> LinkId {
    let hemisphere = if distance.is_multiple_of(2) { Hemisphere::East } else { Hemisphere::West };
    LinkId { hemisphere, number: ((distance - 1) / 2) as u8 }
}

/// The global links of a chip.
const GLOBAL: [LinkId; 4] = [
    LinkId { hemisphere: Hemisphere::West, number: 4 },
    LinkId { hemisphere: Hemisphere::West, number: 5 },
    LinkId { hemisphere: Hemisphere::East, number: 3 },
    LinkId { hemisphere: Hemisphere::East, number: 4 },
];

/// Global link `number`, which is below 4.
fn global_link(number: u16) -> LinkId {
    GLOBAL[usize::from(number)]
}

/// What a link leads to.
enum End {
    /// The chip of the node at this distance, 1 to 7.
    Local(u16),
    /// Other nodes; its number among such links.
    Global(u16),
    /// Nothing: five of the sixteen have no cable.
    Unused,
}

impl End {
    fn of(link: LinkId) -> End {
        let distance = 2 * u16::from(link.number) + 1 + link.hemisphere.index() as u16;
        let global = GLOBAL.iter().position(|other| *other == link);
        match global {
            Some(number) => End::Global(number as u16),
            None if distance < NODE => End::Local(distance),
            None => End::Unused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_eight_has_twenty_eight_cables_between_all_pairs() {
        let node = Topology::of(8).expect("eight chips are a node");
        let mut cables = std::collections::BTreeSet::new();
        for chip in 0..8 {
            for number in 0..8 {
                for hemisphere in Hemisphere::BOTH {
                    let port = Port { chip, link: LinkId { hemisphere, number } };
                    let Some(other) = node.across(port) else { continue };
                    assert_eq!(node.across(other), Some(port));
                    assert_eq!(node.link(chip, other.chip), Some(port.link));
                    cables.insert((port.chip.min(other.chip), port.chip.max(other.chip)));
                }
            }
        }
        assert_eq!(cables.len(), 28);
    }

    #[test]
    fn chips_that_are_not_there_have_no_cable() {
        let pair = Topology::named("node-2").expect("a pair");
        let links: Vec<u16> = (0..9).filter(|&to| pair.link(1, to).is_some()).collect();
        assert_eq!(links, [0]);
        assert_eq!(pair.across(Port { chip: 0, link: local_link(2) }), None);
        assert_eq!(Topology::single().link(0, 0), None);
        let error = Topology::named("ring").expect_err("no ring");
        assert!(error.to_string().contains("node-8"));
    }

    /// Hops from chip 0 to the chip that is farthest away, and cables between nodes on the way to the node that is.
    fn farthest(topology: &Topology) -> (u32, u32) {
        let links =
            Hemisphere::BOTH.into_iter().flat_map(|hemisphere| (0..8).map(move |number| LinkId { hemisphere, number }));
        let links: Vec<LinkId> = links.collect();
        let ends = |chip: u16| links.iter().filter_map(move |&link| topology.across(Port { chip, link }));
        let chips = reached(topology.chips, |chip| ends(chip).map(|end| end.chip).collect());
        let of_node = |node: u16| (node * NODE..(node + 1) * NODE).flat_map(ends).map(|end| end.chip / NODE).collect();
        for port in (0..topology.chips.min(800)).flat_map(|chip| links.iter().map(move |&link| Port { chip, link })) {
            let Some(other) = topology.across(port) else { continue };
            assert!(other != port && topology.across(other) == Some(port), "{port:?} of {}", topology.name);
        }
        (chips, reached(topology.nodes(), of_node))
    }

    /// Steps from place 0 to the place that is farthest away.
    fn reached(places: u16, next: impl Fn(u16) -> Vec<u16>) -> u32 {
        let mut steps = vec![None; usize::from(places)];
        steps[0] = Some(0);
        let mut queue = std::collections::VecDeque::from([0u16]);
        while let Some(place) = queue.pop_front() {
            let step = steps[usize::from(place)].map(|step: u32| step + 1);
            for other in next(place) {
                if steps[usize::from(other)].is_none() {
                    steps[usize::from(other)] = step;
                    queue.push_back(other);
                }
            }
        }
        steps.into_iter().map(|steps| steps.expect("every place is reached")).max().unwrap_or(0)
    }

    /// Published: 3 hops among 264 chips, 5 among 10,440. The latter counts a node as one router, with a hop into it and one out of it;
    /// in our wiring a vector that enters a node at one chip and leaves it at another takes a hop there too, so that it may be 7.
    #[test]
    fn published_sizes_and_distances_come_out() {
        let racks = |count| Topology::racks(count).expect("there are so many");
        let sizes = [
            (Topology::group(), 264, (3, 1)),
            (racks(1), 72, (3, 1)),
            (racks(9), 648, (5, 2)),
            (racks(145), 10_440, (7, 3)),
        ];
        for (topology, chips, hops) in sizes {
            assert_eq!((topology.chips, farthest(&topology)), (chips, hops), "{}", topology.name);
            assert_eq!(Topology::named(&topology.name), Ok(topology));
        }
    }

    #[test]
    fn pairs_have_the_published_numbers_of_cables() {
        let group = Topology::group();
        assert!((1..33).all(|node| group.cables(0, node).len() == 1));
        let racks = Topology::racks(9).expect("nine racks");
        assert!((1..9).all(|node| racks.cables(0, node).len() == 2));
        let between = |racks: &Topology, one: u16, two: u16| -> usize {
            let nodes = |rack: u16| rack * 9..rack * 9 + 9;
            nodes(one)
                .flat_map(|from| nodes(two).map(move |to| (from, to)))
                .map(|(a, b)| racks.cables(a, b).len())
                .sum()
        };
        assert!((1..9).all(|rack| between(&racks, 0, rack) == 18), "144 ports to 8 racks");
        // Eight racks: 20 cables a pair, 4 ports of a rack left over.
        assert_eq!(between(&Topology::racks(8).expect("eight racks"), 2, 5), 20);
    }

    #[test]
    fn a_chain_of_nodes_has_a_cable_at_every_step() {
        let racks = Topology::racks(9).expect("nine racks");
        let chain = racks.chain(72, &[]).expect("72 nodes are at work");
        assert_eq!(chain[..10], [0, 1, 2, 3, 4, 5, 6, 7, 16, 15]);
        assert!(chain.windows(2).all(|pair| racks.cables(pair[0], pair[1]).len() == 2), "{chain:?}");
        assert!(chain.iter().all(|node| node % RACK_NODES != 8), "spare nodes are left out");
        assert_eq!(racks.chain(73, &[]), None);
        let pair = racks.excerpt(&chain[7..9]).expect("two nodes");
        assert_eq!((pair.chips, pair.cables(0, 1).len()), (16, 2));
        assert_eq!(Topology::named(&pair.name), Ok(pair));
        for wrong in
            ["racks-0", "racks-146", "racks-9:0,0", "racks-9:81", "racks-9:", "racks-09", "node-8:0", "racks-9:00"]
        {
            assert!(Topology::named(wrong).is_err(), "{wrong}");
        }
    }

    /// What a chain must be: each step a cable, each node once, none lost, eight of a rack at most.
    fn is_way(racks: &Topology, chain: &[u16], lost: &[u16]) {
        let mut once = chain.to_vec();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), chain.len(), "{}: {chain:?}", racks.name);
        assert!(chain.iter().all(|node| *node < racks.nodes() && !lost.contains(node)), "{}: {chain:?}", racks.name);
        assert!(once.chunk_by(|a, b| a / 9 == b / 9).all(|rack| rack.len() <= 8), "{}: {chain:?}", racks.name);
        for two in chain.windows(2) {
            assert!(!racks.cables(two[0], two[1]).is_empty(), "{}: {two:?} of {chain:?}", racks.name);
        }
    }

    #[test]
    fn every_number_of_racks_has_a_chain_of_eight_nodes_each() {
        for count in 1..=RACKS_MAX {
            let racks = Topology::racks(count).expect("there are so many");
            let chain = racks.chain(8 * count, &[]).unwrap_or_else(|| panic!("{count} racks have no chain"));
            assert_eq!(chain.len(), usize::from(8 * count));
            is_way(&racks, &chain, &[]);
            assert_eq!(racks.chain(8 * count + 1, &[]), None);
            // Another cable leads to the next rack, or there is none and no chain.
            for lost in [vec![chain[7]], vec![0, 17], vec![8]].iter().filter(|_| 1 < count) {
                match racks.chain(8 * count, lost) {
                    Some(chain) => is_way(&racks, &chain, lost),
                    None => assert!(lost.len() == 2 || 72 < count, "{count} racks without {lost:?}"),
                }
            }
        }
        // Where the racks next to each other were joined by one cable, and it is lost, none is made up.
        let most = Topology::racks(RACKS_MAX).expect("there are so many");
        assert_eq!(most.chain(16, &[0]), None);
        assert_eq!(Topology::named("racks-145:0,9").expect("two nodes").chain(2, &[]), None, "they have no cable");
    }

    #[test]
    fn a_lost_node_is_replaced_by_its_racks_spare_one() {
        let racks = Topology::racks(9).expect("nine racks");
        for lost in [vec![0], vec![7], vec![16], vec![7, 16], vec![9, 40, 79], vec![3, 12, 21, 30, 39, 48, 57, 66, 75]]
        {
            let chain = racks.chain(72, &lost).expect("each rack has a spare");
            assert!(chain.windows(2).all(|two| !racks.cables(two[0], two[1]).is_empty()), "{lost:?}: {chain:?}");
            assert!(
                chain.iter().enumerate().all(|(place, node)| !lost.contains(node) && !chain[..place].contains(node))
            );
            assert!(lost.iter().all(|lost| chain.contains(&(lost / 9 * 9 + 8))), "the spare is at work");
        }
        assert_eq!(racks.chain(72, &[3, 4]), None, "two of a rack are too many");
        assert_eq!(racks.chain(71, &[3, 4]).map(|chain| chain.len()), Some(71));
    }
}
