//! ALUs and streams of a chain, chosen together: which seat in the mesh each event takes, on which stream each flow runs.
//!
//! In: a chain; at an origin the ALUs and streams that are free.  Out: an ALU for every event that needs one, a number for every flow.
//! Invariant: what is chosen obeys `arch::Mesh`: rows reach their streams, no ALU hears one group from both sides, and of every result
//!     there is one way to all that take it. What is not free is not chosen.
//! Method: a constraint problem on bit masks. What the parts of a chain demand of one another does not depend on the origin and is
//!     gathered once. Then depth first, seats before flows, lowest first; a choice strikes out what it forbids, and what is left with one
//!     choice is chosen at once. The search gives up when it took back `ERRORS_MAX` choices.
//! Source: forward checking with unit propagation, as in Haralick and Elliott, Artificial Intelligence 14, 1980.

use super::chain::{Chain, ChainFlow, Draft, DraftOperand, EventIndex, FlowIndex, Issuer};
use super::reserve::{Flow, Reservations};
use arch::{Chip, Direction, GROUP_STREAMS, Mesh, StreamId, Ways};

/// Choices taken back after which a search gives up: what can be done is mostly done without any.
const ERRORS_MAX: u32 = 400;
/// The same where everything is free, before a chain is called impossible.
const POSSIBLE_ERRORS_MAX: u32 = 100 * ERRORS_MAX;

/// A set of ALUs, or of first streams, a bit each.
pub type Mask = u32;

/// An event that needs an ALU, with those that follow on the same one.
#[derive(Clone, Debug)]
pub struct Seat {
    /// All events of the seat.
    pub events: Vec<EventIndex>,
    /// ALUs that can do it.
    pub able: Mask,
    /// Seats whose results it takes.
    givers: Vec<usize>,
    /// Seats that take its results.
    takers: Vec<usize>,
    /// Flows that it samples or drives.
    flows: Vec<FlowIndex>,
    /// Flow that it drives.
    drives: Option<FlowIndex>,
    /// Seats that are taken in the same cycle.
    rivals: Vec<usize>,
}

/// What a flow demands.
#[derive(Clone, Debug)]
struct Road {
    /// Seats that sample or drive it.
    seats: Vec<usize>,
    /// Seats whose results some seat takes beside it.
    beside: Vec<usize>,
    /// The seat that drives it.
    driver: Option<usize>,
    /// Flows from the other side into a seat that samples it.
    opposite: Vec<FlowIndex>,
    /// Flows with a cell in common, if their first streams lie so far apart.
    rivals: Vec<(FlowIndex, i8)>,
    direction: Direction,
    /// Streams on which its first byte may run.
    able: Mask,
}

/// The mesh of a chip as masks.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    mesh: Mesh,
    all: Mask,
    large: Mask,
    /// By ALU: the streams that it reaches.
    reached: [Mask; 32],
    /// By stream: the ALUs that reach it.
    reaching: [Mask; 32],
}

/// What the parts of a chain demand of one another.
pub struct Wiring {
    /// Seats, those that need a large ALU first.
    pub seats: Vec<Seat>,
    roads: Vec<Road>,
    reach: Reach,
}

/// What is still possible.
#[derive(Clone)]
struct State {
    /// By seat and then by flow.
    choices: Vec<Mask>,
    /// By seat: the ways that are left to its result.
    ways: Vec<Ways>,
}

/// Whose turn it is to choose.
#[derive(Clone, Copy)]
enum Turn {
    /// Seats, then flows, by number.
    AsTheyCome,
    /// The part with the fewest choices.
    FewestFirst,
}

/// An ALU for each seat, a first stream for each flow.
pub struct Choice {
    /// By seat.
    pub alus: Vec<u8>,
    /// By flow.
    pub streams: Vec<u8>,
}

impl Seat {
    fn new(event: EventIndex, able: Mask) -> Self {
        Seat {
            events: vec![event],
            able,
            givers: Vec::new(),
            takers: Vec::new(),
            flows: Vec::new(),
            drives: None,
            rivals: Vec::new(),
        }
    }
}

impl Road {
    fn new(flow: &ChainFlow) -> Self {
        Road {
            seats: Vec::new(),
            beside: Vec::new(),
            driver: None,
            opposite: Vec::new(),
            rivals: Vec::new(),
            direction: flow.direction,
            able: set(flow.candidates()),
        }
    }
}

impl Reach {
    /// The mesh of `chip`.
    pub fn new(chip: &Chip) -> Self {
        let mesh = Mesh::new(chip);
        let reaches = |alu: usize, stream: usize| mesh.reaches(alu as u8, StreamId::new(Direction::East, stream as u8));
        Reach {
            mesh,
            all: set(0..chip.alus),
            large: set(chip.alus_large.iter().copied()),
            reached: std::array::from_fn(|alu| set((0..32).filter(|&stream| reaches(alu, usize::from(stream))))),
            reaching: std::array::from_fn(|stream| set((0..32).filter(|&alu| reaches(usize::from(alu), stream)))),
        }
    }
}

impl Wiring {
    /// What `chain` demands; `cells` are the ways of each flow's bytes at some origin.
    pub fn new(table: &Reservations, chain: &Chain, cells: &[Vec<Flow>]) -> Self {
        let (reach, roads) = (*table.reach(), chain.flows.iter().map(Road::new).collect());
        let mut wiring = Wiring { seats: Vec::new(), roads, reach };
        let mut seat_of = vec![None; chain.events.len()];
        for (wanted, able) in [(Issuer::LargeAlu, reach.large), (Issuer::AnyAlu, reach.all)] {
            for (index, _) in chain.events.iter().enumerate().filter(|(_, event)| event.issuer == wanted) {
                seat_of[index] = Some(wiring.seats.len());
                wiring.seats.push(Seat::new(index, able));
            }
        }
        for (index, event) in chain.events.iter().enumerate() {
            if let Issuer::SameAlu(first) = event.issuer {
                seat_of[index] = seat_of[first];
                wiring.seats[seat_of[first].expect("it follows an ALU's event")].events.push(index);
            }
        }
        wiring.join(chain, &seat_of);
        wiring.keep_apart(table, chain, cells);
        wiring
    }

    /// Who takes what from whom.
    fn join(&mut self, chain: &Chain, seat_of: &[Option<usize>]) {
        for (index, event) in chain.events.iter().enumerate() {
            let (Draft::Alu(_, _, operands, to), Some(seat)) = (&event.draft, seat_of[index]) else { continue };
            let (mut sampled, mut taken) = (Vec::new(), Vec::new());
            for operand in operands {
                match *operand {
                    DraftOperand::Flow(flow) => sampled.push(flow),
                    DraftOperand::Alu(giver) => {
                        let giver = seat_of[giver].expect("an ALU's event has a seat");
                        if giver != seat {
                            taken.push(giver);
                        }
                        if giver != seat && !self.seats[seat].givers.contains(&giver) {
                            self.seats[seat].givers.push(giver);
                            self.seats[giver].takers.push(seat);
                        }
                    }
                    DraftOperand::Immediate(_) | DraftOperand::None => {}
                }
            }
            for &flow in sampled.iter().chain(to) {
                if !self.seats[seat].flows.contains(&flow) {
                    self.seats[seat].flows.push(flow);
                    self.roads[flow].seats.push(seat);
                }
            }
            sampled.iter().for_each(|&flow| self.roads[flow].beside.extend(&taken));
            if let Some(flow) = *to {
                self.seats[seat].drives = Some(flow);
                self.roads[flow].driver = Some(seat);
            }
            if let [a, b] = sampled[..]
                && self.roads[a].direction != self.roads[b].direction
                && !self.reach.mesh.is_crossbar()
            {
                self.roads[a].opposite.push(b);
                self.roads[b].opposite.push(a);
            }
        }
    }

    /// Who may not have the same ALU, or the same stream.
    fn keep_apart(&mut self, table: &Reservations, chain: &Chain, cells: &[Vec<Flow>]) {
        let meet = |a: &Seat, b: &Seat| {
            let spans = |seat: &Seat| seat.events.iter().map(|&event| chain.events[event].busy(0)).collect::<Vec<_>>();
            spans(a).into_iter().any(|span| spans(b).into_iter().any(|other| span.overlaps(other)))
        };
        for (a, b) in pairs(self.seats.len()) {
            if meet(&self.seats[a], &self.seats[b]) {
                self.seats[a].rivals.push(b);
                self.seats[b].rivals.push(a);
            }
        }
        for (a, b) in pairs(cells.len()) {
            let (one, other) = (&self.roads[a], &self.roads[b]);
            // Two flows of one byte each that have different streams as it is.
            let is_settled = cells[a].len() == 1 && cells[b].len() == 1 && one.able & other.able == 0;
            let is_parallel = one.direction == other.direction && !is_settled;
            for (i, j) in (0..cells[a].len()).flat_map(|i| (0..cells[b].len()).map(move |j| (i, j))) {
                if is_parallel && table.meet(&cells[a][i], &cells[b][j]) {
                    let apart = i as i8 - j as i8;
                    self.roads[a].rivals.push((b, apart));
                    self.roads[b].rivals.push((a, -apart));
                }
            }
        }
    }

    /// Whether there is a choice where everything is free.
    pub fn is_possible(&self) -> bool {
        let alus: Vec<Mask> = self.seats.iter().map(|seat| seat.able).collect();
        let streams: Vec<Mask> = self.roads.iter().map(|road| road.able).collect();
        self.find(&alus, &streams, POSSIBLE_ERRORS_MAX).is_some()
    }

    /// A choice among what is free: ALUs by seat, first streams by flow.
    pub fn choose(&self, alus: &[Mask], streams: &[Mask]) -> Option<Choice> {
        self.find(alus, streams, ERRORS_MAX)
    }

    fn find(&self, alus: &[Mask], streams: &[Mask], errors_max: u32) -> Option<Choice> {
        let mut state =
            State { choices: alus.iter().chain(streams).copied().collect(), ways: vec![Ways::NONE; self.seats.len()] };
        for (seat, part) in self.seats.iter().enumerate() {
            state.ways[seat] =
                members(state.choices[seat]).fold(Ways::NONE, |ways, alu| ways.or(self.reach.mesh.ways(alu)));
            for &flow in &part.flows {
                let (flow, alus) = (self.seats.len() + flow, state.choices[seat]);
                state.choices[flow] &= members(alus).fold(0, |mask, alu| mask | self.reach.reached[usize::from(alu)]);
            }
        }
        for (flow, road) in self.roads.iter().enumerate() {
            let numbers = state.choices[self.seats.len() + flow];
            let alus = members(numbers).fold(0, |mask, number| mask | self.reach.reaching[usize::from(number)]);
            road.seats.iter().for_each(|&seat| state.choices[seat] &= alus);
        }
        let single = (0..state.choices.len()).filter(|&part| state.choices[part].is_power_of_two()).collect();
        self.settle(&mut state, single)?;
        // The plain order packs best; where it loses its way, the part that is hardest to please is asked first.
        let mut errors = errors_max;
        let found = self.search(state.clone(), Turn::AsTheyCome, &mut errors).or_else(|| {
            let mut again = if errors == 0 { errors_max } else { 0 };
            self.search(state, Turn::FewestFirst, &mut again)
        })?;
        let chosen: Vec<u8> = found.choices.iter().map(|mask| mask.trailing_zeros() as u8).collect();
        let (alus, streams) = chosen.split_at(self.seats.len());
        Some(Choice { alus: alus.to_vec(), streams: streams.to_vec() })
    }

    /// Depth first: one part that has several choices after the other takes them in order.
    fn search(&self, state: State, turn: Turn, errors: &mut u32) -> Option<State> {
        let mut open = (0..state.choices.len()).filter(|&part| !state.choices[part].is_power_of_two());
        let next = match turn {
            Turn::AsTheyCome => open.next(),
            Turn::FewestFirst => open.min_by_key(|&part| state.choices[part].count_ones()),
        };
        let Some(part) = next else { return Some(state) };
        for choice in self.in_order(part, state.choices[part]) {
            let mut tried = state.clone();
            tried.choices[part] = 1 << choice;
            if self.settle(&mut tried, vec![part]).is_some()
                && let Some(found) = self.search(tried, turn, errors)
            {
                return Some(found);
            }
            *errors = errors.checked_sub(1)?;
        }
        None
    }

    /// Choices of a part, the best first: whoever needs no large ALU takes a small one.
    fn in_order(&self, part: usize, choices: Mask) -> impl Iterator<Item = u8> {
        let preferred = if part < self.seats.len() { choices & !self.reach.large } else { choices };
        members(preferred).chain(members(choices & !preferred))
    }

    /// Strikes out what the parts with one choice forbid; nothing if some part is left without any.
    fn settle(&self, state: &mut State, mut single: Vec<usize>) -> Option<()> {
        (!state.choices.contains(&0)).then_some(())?;
        while let Some(part) = single.pop() {
            let choice = state.choices[part].trailing_zeros() as u8;
            match part.checked_sub(self.seats.len()) {
                None => self.seated(state, &mut single, (part, choice))?,
                Some(flow) => self.on_stream(state, &mut single, (flow, choice))?,
            }
        }
        Some(())
    }

    /// Seat `seat` takes an ALU.
    fn seated(&self, state: &mut State, single: &mut Vec<usize>, (seat, alu): (usize, u8)) -> Option<()> {
        let part = &self.seats[seat];
        for &rival in &part.rivals {
            strike(state, single, rival, !(1 << alu))?;
        }
        for &flow in &part.flows {
            strike(state, single, self.seats.len() + flow, self.reach.reached[usize::from(alu)])?;
        }
        state.ways[seat] = state.ways[seat].and(self.reach.mesh.ways(alu));
        for taker in part.takers.iter().map(|&taker| state.choices[taker]).filter(|alus| alus.is_power_of_two()) {
            state.ways[seat] = state.ways[seat].and(self.reach.mesh.between(alu, taker.trailing_zeros() as u8));
        }
        self.heard(state, single, (seat, alu))?;
        for &giver in &part.givers {
            let givers = state.choices[giver];
            if givers.is_power_of_two() {
                let from = givers.trailing_zeros() as u8;
                state.ways[giver] = state.ways[giver].and(self.reach.mesh.between(from, alu));
                self.heard(state, single, (giver, from))?;
            } else {
                let ways = state.ways[giver];
                let hears = |from: &u8| !self.reach.mesh.between(*from, alu).and(ways).is_empty();
                strike(state, single, giver, set(members(givers).filter(hears)))?;
            }
        }
        Some(())
    }

    /// The result of `seat`, which has this ALU, is heard by all that take it, on the ways that are left to it.
    fn heard(&self, state: &mut State, single: &mut Vec<usize>, (seat, alu): (usize, u8)) -> Option<()> {
        let ways = state.ways[seat];
        (!ways.is_empty()).then_some(())?;
        for &taker in &self.seats[seat].takers {
            let hears = |to: &u8| !self.reach.mesh.between(alu, *to).and(ways).is_empty();
            let hearing = set(members(state.choices[taker]).filter(hears));
            strike(state, single, taker, hearing)?;
        }
        if let Some(flow) = self.seats[seat].drives {
            let groups = ways.groups(self.roads[flow].direction);
            let on_way = set((0..32).filter(|stream| groups >> (stream / GROUP_STREAMS) & 1 == 1));
            strike(state, single, self.seats.len() + flow, on_way)?;
        }
        Some(())
    }

    /// Flow `flow` runs on the streams from `number` on.
    fn on_stream(&self, state: &mut State, single: &mut Vec<usize>, (flow, number): (FlowIndex, u8)) -> Option<()> {
        let road = &self.roads[flow];
        for &(rival, apart) in &road.rivals {
            let other = i16::from(number) + i16::from(apart);
            if (0..32).contains(&other) {
                strike(state, single, self.seats.len() + rival, !(1 << other))?;
            }
        }
        for &seat in &road.seats {
            strike(state, single, seat, self.reach.reaching[usize::from(number)])?;
        }
        for &other in &road.opposite {
            let group = 0xf << (number / GROUP_STREAMS * GROUP_STREAMS);
            strike(state, single, self.seats.len() + other, !group)?;
        }
        let stream = StreamId::new(road.direction, number);
        let open = self.reach.mesh.beside(stream);
        let narrowed =
            road.beside.iter().map(|&giver| (giver, open)).chain(road.driver.map(|seat| (seat, Ways::of(stream))));
        for (seat, ways) in narrowed {
            state.ways[seat] = state.ways[seat].and(ways);
            if state.choices[seat].is_power_of_two() {
                self.heard(state, single, (seat, state.choices[seat].trailing_zeros() as u8))?;
            }
        }
        Some(())
    }
}

/// Leaves a part those of its choices that are in `mask`; nothing if none is.
fn strike(state: &mut State, single: &mut Vec<usize>, part: usize, mask: Mask) -> Option<()> {
    let (before, after) = (state.choices[part], state.choices[part] & mask);
    state.choices[part] = after;
    if before != after && after.is_power_of_two() {
        single.push(part);
    }
    (after != 0).then_some(())
}

fn members(mask: Mask) -> impl Iterator<Item = u8> {
    let mut left = mask;
    std::iter::from_fn(move || {
        let first = (left != 0).then(|| left.trailing_zeros() as u8)?;
        left &= left - 1;
        Some(first)
    })
}

fn set(members: impl Iterator<Item = u8>) -> Mask {
    members.fold(0, |mask, member| mask | 1 << member)
}

/// Pairs of different numbers below `count`, the smaller first.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::chain::Event;
    use arch::Hemisphere;
    use graph::{DType, ScalarOp};

    fn groups(groups: &[u8]) -> Mask {
        set(groups.iter().map(|group| group * GROUP_STREAMS))
    }

    /// A value from the west through so many ALUs in a row, each three cycles after the one before, and on to the east.
    fn row_of(alus: usize) -> Chain {
        let geometry = arch::Geometry::new(&Chip::lpu_14nm());
        let [west, east] = Hemisphere::BOTH.map(|hemisphere| geometry.slice(arch::SliceId { hemisphere, number: 0 }));
        let mut chain = Chain::default();
        for (from, to, departs) in [(west, geometry.vxm(), 0), (geometry.vxm(), east, 3 * alus as i64)] {
            let bytes = vec![(from, departs); 4];
            let drivers = vec![0; 4];
            chain.flow(ChainFlow { direction: Direction::East, bytes, drivers, to, length: 1, among: None });
        }
        for alu in 0..alus {
            let from = if alu == 0 { DraftOperand::Flow(0) } else { DraftOperand::Alu(alu - 1) };
            let to = (alu + 1 == alus).then_some(1);
            let draft = Draft::Alu(ScalarOp::Identity, DType::F32, [from, DraftOperand::None], to);
            chain.push(Event::once(Issuer::AnyAlu, 3 * alu as i64, draft, 0));
        }
        chain
    }

    /// What is chosen for `row_of(alus)` where these groups are free for what comes in and what goes out.
    fn chosen(alus: usize, free: [&[u8]; 2]) -> Option<(Vec<u8>, Vec<u8>)> {
        let (chain, table) = (row_of(alus), Reservations::new(&Chip::lpu_14nm()));
        let wiring = Wiring::new(&table, &chain, &[Vec::new(), Vec::new()]);
        assert!(wiring.is_possible());
        let able: Vec<Mask> = wiring.seats.iter().map(|seat| seat.able).collect();
        let choice = wiring.choose(&able, &free.map(groups))?;
        Some((choice.alus, choice.streams))
    }

    #[test]
    fn one_alu_takes_and_gives_what_its_row_reaches() {
        assert_eq!(chosen(1, [&[0], &[4]]), None, "no row reaches groups 0 and 4");
        assert_eq!(
            chosen(1, [&[0, 5], &[4]]),
            Some((vec![4], vec![20, 16])),
            "row 1 reaches 5 and 4; alu4 is its first small one"
        );
    }

    #[test]
    fn two_alus_lead_from_row_to_row_and_three_to_the_farthest_group() {
        let mesh = Mesh::new(&Chip::lpu_14nm());
        for (alus, from, to) in [(2, 0, 4), (3, 1, 5), (3, 7, 3), (4, 0, 0)] {
            let (seats, streams) = chosen(alus, [&[from], &[to]]).expect("there is a way");
            assert_eq!(streams, [4 * from, 4 * to]);
            let last = seats.len() - 1;
            assert!(mesh.reaches(seats[0], StreamId::new(Direction::East, streams[0])));
            assert!(mesh.reaches(seats[last], StreamId::new(Direction::East, streams[1])));
            assert!(seats.windows(2).all(|pair| !mesh.between(pair[0], pair[1]).is_empty()), "{seats:?}");
        }
    }
}
