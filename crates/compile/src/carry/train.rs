//! Cycles of a carry: what each of the sixteen chips does with every word.
//!
//! In: words in order, cables.  Out: per chip its bursts, and the cycles that it all takes.
//! Invariant: two words of one cable are `link_vector` cycles apart, at every place that they pass.
//! Method: every event of a word follows from the cycle in which it leaves by sums of latencies. Streams are given by role, so that
//!     no two chains of a chip share one: what comes in by a link has a number of its own, what goes out of a half another.

use crate::emit::Plans;
use crate::schedule::{self, Planned};
use arch::{Chip, Geometry, Hemisphere, LinkId, NODE, Port, Queue, SliceId, StreamId, Topology};
use program::{Address, Burst, Instruction, Label, LabelKind};

/// Stream of words on their way to the links of a half; those that come in by link n of a half have number 2 n + half.
const OUTWARD: u8 = 24;

/// A word: whose tile, where it lies, where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    /// Number of the tile.
    pub tile: u16,
    /// Slice and word on the first node.
    pub from: (SliceId, u16),
    /// Slice and word on the second.
    pub to: (SliceId, u16),
}

/// A node's words on their way to the next.
pub struct Train<'a> {
    chip: &'a Chip,
    topology: &'a Topology,
    geometry: Geometry,
    cables: &'a [(Port, Port)],
    plans: Vec<Vec<Planned>>,
}

impl<'a> Train<'a> {
    /// Nothing planned; `cables` lead from the first node of `topology` to the second.
    pub fn new(chip: &'a Chip, topology: &'a Topology, cables: &'a [(Port, Port)]) -> Self {
        let plans = vec![Vec::new(); usize::from(topology.chips)];
        Train { chip, topology, geometry: Geometry::new(chip), cables, plans }
    }

    /// Plans all parcels.
    pub fn run(mut self, parcels: &[Parcel]) -> Plans {
        let mut labels: Vec<Label> = Vec::new();
        let apart = i64::from(self.chip.latency.link_vector);
        for (number, parcel) in parcels.iter().enumerate() {
            let (turn, cable) = (number / self.cables.len(), self.cables[number % self.cables.len()]);
            while labels.len() <= usize::from(parcel.tile) {
                let tile = labels.len() as u16;
                labels.push(Label { part: "carry".to_owned(), kind: LabelKind::Activation, tile, block: 0 });
            }
            self.parcel(parcel, cable, turn as i64 * apart);
        }
        // Nothing is dispatched before the start.
        let first = self.plans.iter().flatten().map(|planned| planned.cycle).min().unwrap_or(0);
        self.plans.iter_mut().flatten().for_each(|planned| planned.cycle -= first);
        let length = schedule::length(&self.plans, &self.chip.latency);
        Plans { plans: self.plans, labels, length }
    }

    /// One word: sent in cycle `sent`, on every chip of the second node some time later.
    fn parcel(&mut self, parcel: &Parcel, (out, landing): (Port, Port), sent: i64) {
        let departed = self.leaves(parcel, parcel.from, (out.chip, out.link.hemisphere), (sent, 1));
        self.sends(parcel, (out, departed), (sent, 0));
        let written = self.lands(parcel, landing, sent);
        let mut free = written + i64::from(self.chip.latency.mem_write);
        for half in Hemisphere::BOTH {
            let chips = (landing.chip / NODE * NODE..).take(usize::from(NODE));
            let links: Vec<(LinkId, u16)> =
                chips.filter_map(|chip| Some((self.topology.link(landing.chip, chip)?, chip))).collect();
            let links: Vec<_> = links.into_iter().filter(|(link, _)| link.hemisphere == half).collect();
            let sent = free + i64::from(self.chip.latency.mem_read) + self.to_links(parcel.to.0, half);
            let departed = self.leaves(parcel, parcel.to, (landing.chip, half), (sent, links.len() as u32));
            for (turn, &(link, chip)) in (0i64..).zip(&links) {
                let port = Port { chip: landing.chip, link };
                self.sends(parcel, (port, departed), (sent + turn, turn as u32));
                self.lands(parcel, Port { chip, link }, sent + turn);
            }
            free += links.len() as i64;
        }
    }

    /// Cycles from a slice to the links of a half.
    fn to_links(&self, slice: SliceId, half: Hemisphere) -> i64 {
        let (from, to) = (self.geometry.slice(slice), self.geometry.sxm(half));
        i64::from(self.geometry.travel(half.outward(), from, to).expect("outward leads to the links"))
    }

    /// Reads a word `count` times so that it is at the links of a half from cycle `at` on; returns the burst's place in the plan.
    fn leaves(
        &mut self,
        parcel: &Parcel,
        (slice, word): (SliceId, u16),
        (chip, half): (u16, Hemisphere),
        (at, count): (i64, u32),
    ) -> usize {
        let cycle = at - self.to_links(slice, half) - i64::from(self.chip.latency.mem_read);
        let to = StreamId::new(half.outward(), OUTWARD + half.index() as u8);
        let instruction = Instruction::Read { address: Address::fixed(word), to };
        let burst = Burst { count, ..Burst::once(instruction) };
        self.push(chip, Planned { queue: Queue::MemRead(slice), cycle, burst, label: parcel.tile, sources: Vec::new() })
    }

    /// Sends iteration `iteration` of what was read.
    fn sends(&mut self, parcel: &Parcel, (port, read): (Port, usize), (cycle, iteration): (i64, u32)) {
        let from = OUTWARD + port.link.hemisphere.index() as u8;
        let burst = Burst::once(Instruction::Send { from });
        let sources = vec![(read, iteration)];
        self.push(port.chip, Planned { queue: Queue::LinkSend(port.link), cycle, burst, label: parcel.tile, sources });
    }

    /// Receives a word that was sent in cycle `sent` and writes it; returns the cycle of the write.
    fn lands(&mut self, parcel: &Parcel, port: Port, sent: i64) -> i64 {
        let latency = &self.chip.latency;
        let Port { chip, link } = port;
        let half = link.hemisphere;
        let landed = sent + latency.link_crossing().0 as i64;
        let stream = StreamId::new(half.inward(), 2 * link.number + half.index() as u8);
        let (from, to) = (self.geometry.sxm(half), self.geometry.slice(parcel.to.0));
        let travel = self.geometry.travel(half.inward(), from, to).expect("inward leads to memory");
        let cycle = landed + i64::from(latency.link_receive) + i64::from(travel);
        let label = parcel.tile;
        let burst = Burst::once(Instruction::Receive { to: stream.number });
        let receive = Planned { queue: Queue::LinkReceive(link), cycle: landed, burst, label, sources: Vec::new() };
        let received = self.push(chip, receive);
        let burst = Burst::once(Instruction::Write { address: Address::fixed(parcel.to.1), from: stream });
        let sources = vec![(received, 0)];
        self.push(chip, Planned { queue: Queue::MemWrite(parcel.to.0), cycle, burst, label, sources });
        cycle
    }

    fn push(&mut self, chip: u16, planned: Planned) -> usize {
        let plan = &mut self.plans[usize::from(chip)];
        plan.push(planned);
        plan.len() - 1
    }
}
