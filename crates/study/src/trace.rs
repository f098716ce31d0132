//! A verified program as a trace that Chrome and Perfetto open: one track per instruction queue and per link.
//!
//! In: a verified program, or several that take turns, how many tokens.  Out: JSON, piece by piece, and what was counted on the way.
//! Invariant: one slice per burst and instance, in the cycles that the program itself says; one microsecond of the trace is one cycle.
//!     Only one piece is in memory at a time, whatever the program and the number of tokens.
//! Method: tokens, instances, queues, bursts, chips, in that order. A vector between chips is a slice on its link for the cycles that
//!     the link is busy with it, and an arrow from there to the Receive that takes it. Tokens follow one another without the host.
//! Source: "Trace Event Format", Google, 2016: complete events, metadata, flows.

use crate::buckets::holding;
use arch::{Chip, LinkId, Port, Queue, Topology, Unit};
use program::text::entry;
use program::{Burst, Entry, Instance, Label, LabelKind, Template};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use verify::Verified;

/// What a trace holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TraceSize {
    /// Chips.
    pub chips: u16,
    /// Tokens.
    pub tokens: u32,
    /// Cycles of all tokens.
    pub cycles: u64,
    /// Tracks of queues and links, on all chips.
    pub tracks: u64,
    /// Slices of queues: bursts as issued.
    pub slices: u64,
    /// Instructions in them.
    pub instructions: u64,
    /// Vectors between chips.
    pub vectors: u64,
}

#[derive(Serialize)]
struct Slice<'a> {
    name: &'a str,
    cat: &'static str,
    ph: &'static str,
    ts: u64,
    dur: u64,
    pid: u16,
    tid: usize,
    args: Arguments<'a>,
}

/// What a click on a slice shows.
#[derive(Serialize)]
struct Arguments<'a> {
    instruction: &'a str,
    token: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tile: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<u16>,
    count: u32,
    every: u32,
}

#[derive(Serialize)]
struct Vector<'a> {
    name: &'a str,
    cat: &'static str,
    ph: &'static str,
    ts: u64,
    dur: u64,
    pid: u16,
    tid: usize,
    args: Flight,
}

#[derive(Serialize)]
struct Flight {
    to_chip: u16,
    lands: u64,
}

#[derive(Serialize)]
struct Arrow {
    name: &'static str,
    cat: &'static str,
    ph: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    id: u64,
    ts: u64,
    pid: u16,
    tid: usize,
}

/// Writes the trace of `tokens` tokens into `sink`, piece by piece: each of the smallest of the programs, in order, that holds its position.
///
/// Errors: those of `sink`, at once.
pub fn trace<E>(
    programs: &[&Verified],
    tokens: u32,
    sink: &mut dyn FnMut(&str) -> Result<(), E>,
) -> Result<TraceSize, E> {
    let first = holding(programs, 0);
    let topology =
        Topology::named(&first.program().executable.topology).expect("a verified program runs on a topology there is");
    let size = TraceSize { chips: topology.chips, tokens, ..TraceSize::default() };
    let mut writer = Writer { chip: first.chip(), topology, tracks: tracks(programs), sink, size };
    writer.head()?;
    let mut start = 0;
    for token in 0..tokens {
        let verified = holding(programs, token);
        let executable = &verified.program().executable;
        for instance in &executable.instances {
            let template = &executable.templates[instance.template];
            let labels = labels(verified, instance, template);
            writer.instance(token, start, (instance, template), &labels)?;
            start += template.length().0;
        }
    }
    (writer.sink)("\n]}\n")?;
    Ok(TraceSize { cycles: start, ..writer.size })
}

/// Number of the track of each queue that issues anything, and of each link that something is sent on: its queue's, shifted.
struct Tracks {
    queues: BTreeMap<Queue, usize>,
    links: BTreeMap<LinkId, usize>,
}

fn tracks(programs: &[&Verified]) -> Tracks {
    let all = Queue::all(holding(programs, 0).chip());
    let templates = programs.iter().flat_map(|verified| verified.program().executable.templates.iter());
    let issuing: BTreeSet<Queue> = templates
        .flat_map(|(_, template)| template.bursts().map(|(place, ..)| template.queues[place].0).collect::<Vec<_>>())
        .collect();
    let numbered = (1..).zip(&all).filter(|(_, queue)| issuing.contains(queue));
    let queues: BTreeMap<Queue, usize> = numbered.map(|(number, queue)| (*queue, number)).collect();
    let link = |(queue, number): (&Queue, &usize)| match queue {
        Queue::LinkSend(link) => Some((*link, all.len() + number)),
        _ => None,
    };
    let links = queues.iter().filter_map(link).collect();
    Tracks { queues, links }
}

/// Labels of the bursts of an instance's template, in the order of `Template::bursts`; none where the program came without a witness.
fn labels<'v>(verified: &'v Verified, instance: &Instance, template: &Template) -> Vec<Option<&'v Label>> {
    let witness = verified.program().witness.templates.get(instance.template.index());
    let label = |(queue, index, ..): (usize, usize, u64, &Burst)| {
        let (witness, place) = (witness?, (queue as u32, index as u32));
        let found = witness.entries.binary_search_by_key(&place, |claim| (claim.queue, claim.entry)).ok()?;
        witness.labels.get(usize::from(witness.entries[found].label))
    };
    template.bursts().map(label).collect()
}

struct Writer<'w, E> {
    chip: &'w Chip,
    topology: Topology,
    tracks: Tracks,
    sink: &'w mut dyn FnMut(&str) -> Result<(), E>,
    size: TraceSize,
}

impl<E> Writer<'_, E> {
    /// Everything before the first slice: the clock, chips and tracks by name, in die order.
    fn head(&mut self) -> Result<(), E> {
        let hertz = self.chip.clock.0;
        (self.sink)(&format!(
            "{{\"otherData\":{{\"unit\":\"1 us is 1 cycle\",\"clock_hz\":{hertz}}},\"traceEvents\":[\n\
             {{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":0,\"args\":{{\"name\":\"chip 0 (1 us is 1 cycle)\"}}}}"
        ))?;
        for chip in 1..self.topology.chips {
            self.piece(&metadata("process_name", (chip, None), &format!("chip {chip}")))?;
        }
        let queues = self.tracks.queues.iter().map(|(queue, number)| (*number, queue.to_string()));
        let links = self.tracks.links.iter().map(|(link, number)| (*number, format!("link {link}")));
        let names: Vec<(usize, String)> = queues.chain(links).collect();
        for chip in 0..self.topology.chips {
            for (number, name) in &names {
                self.piece(&metadata("thread_name", (chip, Some(*number)), name))?;
                self.piece(&order((chip, *number)))?;
                self.size.tracks += 1;
            }
        }
        Ok(())
    }

    /// Everything that an instance issues.
    fn instance(
        &mut self,
        token: u32,
        start: u64,
        (instance, template): (&Instance, &Template),
        labels: &[Option<&Label>],
    ) -> Result<(), E> {
        for ((place, _, cycle, burst), label) in template.bursts().zip(labels) {
            let queue = template.queues[place].0;
            let name = match label {
                Some(label) => format!("{} {}", label.part, kind(label.kind)),
                None => burst.instruction.mnemonic().to_owned(),
            };
            let instruction = entry(&Entry::Issue(*burst));
            let first = start + cycle;
            for chip in 0..self.topology.chips {
                let (tile, block) = (label.map(|label| label.tile), label.map(|label| label.block));
                let (count, every) = (burst.count, burst.interval);
                let args =
                    Arguments { instruction: &instruction, token, layer: instance.layer, tile, block, count, every };
                let dur = u64::from(count - 1) * u64::from(every) + 1;
                let (cat, tid) = (unit(queue), self.tracks.queues[&queue]);
                self.piece(&Slice { name: &name, cat, ph: "X", ts: first, dur, pid: chip, tid, args })?;
                self.size.slices += 1;
                self.size.instructions += u64::from(count);
                if let Queue::LinkSend(link) = queue {
                    let mut times = (0..count).map(|iteration| first + u64::from(iteration) * u64::from(every));
                    times.try_for_each(|sent| self.vector(&name, Port { chip, link }, sent))?;
                }
            }
        }
        Ok(())
    }

    /// A vector on a link, and its arrow.
    fn vector(&mut self, name: &str, from: Port, sent: u64) -> Result<(), E> {
        let to = self.topology.across(from).expect("a verified program sends only where a cable is");
        let lands = sent + self.chip.latency.link_crossing().0;
        let (tid, dur) = (self.tracks.links[&from.link], u64::from(self.chip.latency.link_vector));
        let args = Flight { to_chip: to.chip, lands };
        self.piece(&Vector { name, cat: "link", ph: "X", ts: sent, dur, pid: from.chip, tid, args })?;
        let id = self.size.vectors;
        self.size.vectors += 1;
        let arrow = Arrow { name: "vector", cat: "flight", ph: "s", bp: None, id, ts: sent, pid: from.chip, tid };
        self.piece(&arrow)?;
        let tid = self.tracks.queues[&Queue::LinkReceive(to.link)];
        self.piece(&Arrow { ph: "f", bp: Some("e"), ts: lands, pid: to.chip, tid, ..arrow })
    }

    /// One more event.
    fn piece(&mut self, event: &impl Serialize) -> Result<(), E> {
        let text = serde_json::to_string(event).expect("names and numbers can be written");
        (self.sink)(",\n")?;
        (self.sink)(&text)
    }
}

fn metadata(what: &str, (chip, track): (u16, Option<usize>), name: &str) -> serde_json::Value {
    serde_json::json!({ "name": what, "ph": "M", "pid": chip, "tid": track.unwrap_or(0), "args": { "name": name } })
}

fn order((chip, track): (u16, usize)) -> serde_json::Value {
    serde_json::json!({ "name": "thread_sort_index", "ph": "M", "pid": chip, "tid": track, "args": { "sort_index": track } })
}

fn kind(kind: LabelKind) -> &'static str {
    match kind {
        LabelKind::Weights => "weights",
        LabelKind::Activation => "activation",
        LabelKind::Constant => "constant",
        LabelKind::Cache => "cache",
        LabelKind::Record => "record",
        LabelKind::Map => "map",
    }
}

fn unit(queue: Queue) -> &'static str {
    match queue.unit() {
        Unit::Mem => "mem",
        Unit::Vxm => "vxm",
        Unit::Mxm => "mxm",
        Unit::Sxm => "sxm",
        Unit::C2c => "c2c",
    }
}
