//! One model over many nodes: stretches, one program for each kind of them, carries between them.
//!
//! In: a model's graph without weights, a chip, a topology of nodes.  Out: a `System`: roles, carries, and which node runs what.
//! Invariant: nodes with equal stretches but for their layers share one role; 80 layers on 72 nodes are a handful of programs.
//! Method: what parts cost is found by compiling one of each; then the model is cut, each role compiled once, each pair of roles and
//!     kind of joint given one carry.

mod partition;

pub use partition::{Costs, Load, Room, Rooms, Shape};

use crate::lower::{Part, Stretch};
use crate::{
    CompileError, Compiled, Formats, Llama, Remedy, Resident, Rows, carry, compile_stretch, fit, passes, recognise,
};
use arch::{Chip, NODE, Topology};
use graph::Graph;
use program::{Role, Seat, System};
use units::{Steps, parallel};

/// How a model is cut over nodes.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The model.
    pub llama: Llama,
    /// What parts cost.
    pub costs: Costs,
    /// Stretches and the nodes that compute them, in order.
    pub seats: Vec<(Stretch, u16)>,
}

/// Compiles `graph` for the first `nodes` nodes of `topology`'s chain.
///
/// Errors: those of `fitted`.
pub fn pipeline(graph: &Graph, chip: &Chip, topology: &Topology, nodes: u16) -> Result<System, CompileError> {
    let wish = Wish { nodes, lost: Vec::new(), formats: Formats::default(), chosen: None, texts: 1 };
    Ok(fitted(graph, chip, topology, &wish, &mut |_| ())?.1)
}

/// Cuts `graph` over nodes of `topology`'s chain and compiles the cut; where a node's weights fill its slices too unevenly for that, cuts
/// once more with more room to spare.
///
/// Errors: `Memory` with numbers of chips that are needed and that would do, and whatever compiling a part or a stretch may say.
pub fn fitted(
    graph: &Graph,
    chip: &Chip,
    topology: &Topology,
    wish: &Wish,
    tell: &mut dyn FnMut(Steps),
) -> Result<(Cut, System), CompileError> {
    let measured = Measured::of(graph, chip, topology, wish)?;
    let tight = measured.cut(topology, wish, measured.rooms.tight)?;
    let (what, needed, available) = match build_telling(graph, chip, topology, &tight, tell) {
        Err(CompileError::Memory { what: Resident::Weights, needed, available, .. }) => {
            (Resident::Weights, needed, available)
        }
        built => return Ok((tight, built?)),
    };
    // Of a node's weights the fullest slices tell more than the sum of all.
    let of_slices = |error| match error {
        CompileError::Memory { remedy, .. } => CompileError::Memory { what, needed, available, remedy },
        error => error,
    };
    let ample = measured.cut(topology, wish, measured.rooms.ample).map_err(of_slices)?;
    let system = build_telling(graph, chip, topology, &ample, tell)?;
    Ok((ample, system))
}

/// What a cut is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Nodes at most.
    pub nodes: u16,
    /// Nodes that are not there.
    pub lost: Vec<u16>,
    /// In which formats matrices are held.
    pub formats: Formats,
    /// Of a mixture, experts that are gathered: see `Llama::chosen`.
    pub chosen: Option<[u32; 2]>,
    /// Texts whose tokens each node takes together.
    pub texts: u32,
}

/// What is known of a model before it is cut.
struct Measured {
    llama: Llama,
    shape: Shape,
    costs: Costs,
    rooms: Rooms,
}

impl Measured {
    /// Compiles a part of each kind.
    fn of(graph: &Graph, chip: &Chip, topology: &Topology, wish: &Wish) -> Result<Measured, CompileError> {
        chip.check()?;
        fit::machine(chip)?;
        fit::links(chip, topology)?;
        let (formats, chosen, rows) = (wish.formats, wish.chosen, Rows::Texts(wish.texts));
        let llama = Llama { formats, chosen, rows, ..recognise(graph)? };
        let node = Topology::of(NODE).expect("a node stands alone");
        let share = &passes::shares(&llama, (chip, &node))?[0];
        fit::attention(chip, &llama, share)?;
        let compiled = |stretch: &Stretch| compile_stretch((graph, None), (&llama, stretch), chip, &node);
        let together = llama.chosen.map_or(1, |chosen| chosen.len());
        let shape = Shape { layers: llama.layers.len(), tiles: share.ffn.rows().len(), together };
        let (rooms, words) = (fit::rooms(chip, &llama, share), fit::words(&llama, share));
        // What has no room by its words alone is refused before most is compiled, unless a layer alone has no room on any number of nodes.
        let room_alone = costs_of(words, &Cycles::default());
        let least = partition::least_nodes(shape, &room_alone, rooms.tight);
        if least.is_none_or(|least| usize::from(wish.nodes) < least) {
            least.map_or(Ok(0), |_| attention(&compiled))?;
            return Err(refused(shape, &room_alone, &rooms, wish.nodes));
        }
        let probed = shape.tiles.min((rooms.tight.words / words.tile.max(1)) as usize).clamp(1, PROBED_MAX);
        let cycles = Cycles { carry: carry_estimate(&llama, chip), ..probe((shape, probed), &compiled)? };
        let costs = costs_of(words, &cycles);
        Ok(Measured { llama, shape, costs, rooms })
    }

    /// The cut over nodes of so much room.
    fn cut(&self, topology: &Topology, wish: &Wish, room: Room) -> Result<Cut, CompileError> {
        let Measured { llama, shape, costs, rooms } = self;
        let chain = topology.chain(wish.nodes, &wish.lost);
        let stretches = chain.as_ref().and_then(|chain| partition::partition(*shape, costs, room, chain.len()));
        let (Some(stretches), Some(chain)) = (stretches, chain) else {
            return Err(refused(*shape, costs, rooms, wish.nodes));
        };
        Ok(Cut { seats: stretches.into_iter().zip(chain).collect(), llama: llama.clone(), costs: *costs })
    }
}

/// Compiles a cut: each kind of stretch once.
///
/// Errors: `CompileError` of a stretch or a carry.
pub fn build(graph: &Graph, chip: &Chip, topology: &Topology, cut: &Cut) -> Result<System, CompileError> {
    build_telling(graph, chip, topology, cut, &mut |_| ())
}

/// The same, telling how many of the programs are compiled; all that travels between nodes is the last step.
///
/// Errors: as `build`.
fn build_telling(
    graph: &Graph,
    chip: &Chip,
    topology: &Topology,
    cut: &Cut,
    tell: &mut dyn FnMut(Steps),
) -> Result<System, CompileError> {
    let node = Topology::of(NODE).expect("a node stands alone");
    let mut kinds: Vec<Stretch> = Vec::new();
    let mut seats = Vec::new();
    for (stretch, node) in &cut.seats {
        let (kind, layer) = from_zero(stretch);
        let role = kinds.iter().position(|other| *other == kind).unwrap_or(kinds.len());
        if role == kinds.len() {
            kinds.push(kind);
        }
        seats.push(Seat { node: *node, role: role as u32, layer, carry: None });
    }
    let of = kinds.len() + 1;
    tell(Steps { done: 0, of });
    // Why it takes as long as it does is a good part of what compiling leaves, and nobody asks.
    let compiled = |kind: usize| {
        let compiled = compile_stretch((graph, None), (&cut.llama, &kinds[kind]), chip, &node);
        compiled.map(|Compiled { program, .. }| Role { name: name(&kinds[kind]), program })
    };
    let roles = parallel::each(kinds.len(), compiled, &mut |done| tell(Steps { done, of }))?;
    let carries = carries(chip, topology, &roles, &mut seats)?;
    tell(Steps { done: of, of });
    Ok(System { topology: topology.name.clone(), roles, carries, seats })
}

/// A carry for each pair of roles and each way in which nodes are joined; notes in the seats which one is theirs.
fn carries(
    chip: &Chip,
    topology: &Topology,
    roles: &[Role],
    seats: &mut [Seat],
) -> Result<Vec<program::Program>, CompileError> {
    let mut known: Vec<((u32, u32), Topology)> = Vec::new();
    for place in 1..seats.len() {
        let (one, two) = (&seats[place - 1], &seats[place]);
        let (kind, nodes) = ((one.role, two.role), (one.node, two.node));
        let same = |(other, pair): &((u32, u32), Topology)| *other == kind && topology.is_joined_alike(nodes, pair);
        let carry = match known.iter().position(same) {
            Some(carry) => carry,
            None => {
                let pair = topology.excerpt(&[nodes.0, nodes.1]).map_err(|error| CompileError::Unrecognised {
                    what: error.to_string(),
                    expected: "nodes of a group or of racks".to_owned(),
                })?;
                known.push((kind, pair));
                known.len() - 1
            }
        };
        seats[place - 1].carry = Some(carry as u32);
    }
    let compiled = |carry: usize| {
        let ((one, two), pair) = &known[carry];
        let [one, two] = [one, two].map(|role| &roles[*role as usize].program.executable);
        carry::carry(chip, pair, one, two)
    };
    parallel::each(known.len(), compiled, &mut |_| ())
}

/// Tiles of hidden lanes that show what one more costs.
const PROBED_MAX: usize = 16;

/// Cycles of one part of each kind.
#[derive(Clone, Copy, Debug, Default)]
struct Cycles {
    attention: u64,
    feed_forward: u64,
    tile: u64,
    head: u64,
    carry: u64,
}

fn costs_of(words: fit::Words, cycles: &Cycles) -> Costs {
    let load = |cycles, words| Load { cycles, words };
    Costs {
        attention: load(cycles.attention, words.attention),
        feed_forward: load(cycles.feed_forward, words.feed_forward),
        tile: load(cycles.tile, words.tile),
        head: load(cycles.head, words.head),
        carry: cycles.carry,
    }
}

/// Compiles an attention part, a feed-forward part of one tile, one of `most`, and the head.
fn probe(
    (shape, most): (Shape, usize),
    compiled: &(impl Fn(&Stretch) -> Result<Compiled, CompileError> + Sync),
) -> Result<Cycles, CompileError> {
    let of = shape.tiles;
    let stretches = [
        alone(Part::Attention { layer: 0 }),
        Stretch { head: true, ..alone(Part::FeedForward { layer: 0, hidden: of - 1..of, of }) },
        alone(Part::FeedForward { layer: 0, hidden: 0..most, of }),
    ];
    // One tile alone is the most where no more have room.
    let count = if 1 < most { stretches.len() } else { stretches.len() - 1 };
    let cycles = |number: usize| lengths(&stretches[number], compiled);
    let cycles = parallel::each(count, cycles, &mut |_| ())?;
    let (one, all) = (&cycles[1], cycles.last().map_or(0, |stages| stages[1]));
    let tile = all.saturating_sub(one[1]) / (most as u64 - 1).max(1);
    Ok(Cycles { attention: cycles[0][1], feed_forward: one[1].saturating_sub(tile), tile, head: one[2], carry: 0 })
}

/// Cycles of an attention part.
fn attention(compiled: &impl Fn(&Stretch) -> Result<Compiled, CompileError>) -> Result<u64, CompileError> {
    Ok(lengths(&alone(Part::Attention { layer: 0 }), compiled)?[1])
}

fn alone(part: Part) -> Stretch {
    Stretch { bodies: vec![vec![part]], head: false }
}

/// Cycles of the stages of a stretch.
fn lengths(
    stretch: &Stretch,
    compiled: &impl Fn(&Stretch) -> Result<Compiled, CompileError>,
) -> Result<Vec<u64>, CompileError> {
    let program = compiled(stretch)?.program;
    Ok(program.executable.templates.iter().map(|(_, template)| template.length().0).collect())
}

/// Cycles of a carry of the residual over two cables, estimated: to choose between cuts.
fn carry_estimate(llama: &Llama, chip: &Chip) -> u64 {
    let words = 4 * u64::from(llama.width).div_ceil(crate::tables::LANES as u64) * u64::from(llama.rows.texts());
    2 * chip.latency.link_crossing().0 + words / 2 * u64::from(chip.latency.link_vector)
}

/// The same stretch with its layers counted from 0, and the first layer that was.
fn from_zero(stretch: &Stretch) -> (Stretch, u32) {
    let layer_of = |part: &Part| match part {
        Part::Attention { layer } | Part::FeedForward { layer, .. } => *layer,
    };
    let first = stretch.bodies.iter().flatten().map(layer_of).min().unwrap_or(0);
    let lowered = |part: &Part| match part.clone() {
        Part::Attention { layer } => Part::Attention { layer: layer - first },
        Part::FeedForward { layer, hidden, of } => Part::FeedForward { layer: layer - first, hidden, of },
    };
    let bodies = stretch.bodies.iter().map(|parts| parts.iter().map(lowered).collect()).collect();
    (Stretch { bodies, head: stretch.head }, first as u32)
}

/// Its parts in short: `A F12`, `F10 A F7`, `F5 A F12 head`.
fn name(stretch: &Stretch) -> String {
    let part = |part: &Part| match part {
        Part::Attention { .. } => "A".to_owned(),
        Part::FeedForward { hidden, .. } => format!("F{}", hidden.len()),
    };
    let head = stretch.head.then(|| "head".to_owned());
    stretch.bodies.iter().flatten().map(part).chain(head).collect::<Vec<_>>().join(" ")
}

/// Why there is no cut, how many chips weights and caches alone would take, and how many have room for the rest too: of caches too long for
/// two layers on a node each layer has a node of its own, however much room its weights leave.
fn refused(shape: Shape, costs: &Costs, rooms: &Rooms, nodes: u16) -> CompileError {
    let room = rooms.tight;
    let layer = costs.attention.words + costs.feed_forward.words + costs.tile.words * shape.tiles as u64;
    let least = |room| partition::least_nodes(shape, costs, room);
    let by_words = least(Room { attentions: shape.layers, ..room });
    let caches = least(room).filter(|_| by_words.is_some_and(|least| least <= usize::from(nodes)));
    let (what, needed) = match caches {
        Some(least) => (Resident::Caches, least as u64 * room.words),
        None => (Resident::Weights, layer * shape.layers as u64 + costs.head.words),
    };
    let by_caches = u64::from(nodes) * room.attentions as u64;
    let fitting = by_caches.min((u64::from(nodes) * room.words).saturating_sub(costs.head.words) / layer.max(1));
    let chips = |nodes: usize| nodes as u64 * u64::from(NODE);
    let remedy = match (least(room), least(rooms.ample)) {
        (Some(least), Some(enough)) => Remedy::Nodes {
            layers: fitting.min((shape.layers as u64).saturating_sub(1)) as u32,
            of: shape.layers as u32,
            chips: chips(least),
            enough: chips(enough),
        },
        _ => Remedy::SmallerModel,
    };
    CompileError::Memory { what, needed, available: room.words * u64::from(nodes), remedy }
}
