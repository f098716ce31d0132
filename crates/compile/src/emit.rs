//! Turns plans into queues, stamps the layers, writes image, record and witness.
//!
//! In: planned bursts and homes.  Out: a `Program`, and what the scheduler noted, with where each burst went.
//! Invariant: every cycle of the plan becomes the sum of the queue's entries before it; queues of a template last equally long.
//! Method: sort each queue by cycle, fill gaps with NOPs, pad to the stage's end.

use crate::place::Region;
use crate::schedule::{Content, Piece, Planned, Planning, Scheduled};
use crate::twins::Twins;
use crate::why::Why;
use crate::{CompileError, fit};
use arch::{Chip, Queue, Topology};
use graph::{Graph, TensorId};
use program::{
    Address, Detour, Entry, Executable, Instance, Label, OutputField, Packing, Program, RecordContent, RecordField,
    Residency, Source, Template, TemplateWitness, Witness, WitnessEntry, WordSource,
};
use std::collections::BTreeMap;
use units::Order;
use units::{Arena, Cycle, Cycles, Id};

/// Place in `Template::queues` and in the queue of every burst of a plan.
pub type Places = Vec<(u32, u32)>;

/// The program of a scheduled model, and of each stage why it is as long as it is, with where its plan's bursts went.
pub fn emit(
    (chip, topology): (&Chip, &Topology),
    context: u32,
    (lowered, twins): (Graph, &Twins),
    mut scheduled: Scheduled,
) -> (Program, Vec<Why>) {
    let mut executable = Executable {
        maps: scheduled.maps.clone(),
        chip: chip.name.clone(),
        topology: topology.name.clone(),
        templates: Default::default(),
        detours: Vec::new(),
        instances: instances(&scheduled),
        image: Vec::new(),
        record: Vec::new(),
        context: context as u16,
        outputs: Vec::new(),
    };
    let mut witness = Witness::default();
    let mut whys = std::mem::take(&mut scheduled.why);
    assert_eq!(whys.len(), scheduled.stages.len(), "the scheduler says of every stage why it is as long as it is");
    for (stage, why) in scheduled.stages.iter().zip(&mut whys) {
        let (template, claims, places) = stage_template(stage);
        why.places = places;
        executable.templates.push(template);
        witness.templates.push(claims);
    }
    let placed = Placed { scheduled: &scheduled, twins, chips: topology.chips };
    for piece in &scheduled.pieces {
        placed.piece(piece, &mut executable);
    }
    // Every chip has its outputs where the first one has its own.
    for (number, (name, _)) in lowered.outputs.iter().enumerate() {
        let (chip, place) = (number / scheduled.outputs.len(), number % scheduled.outputs.len());
        let home = &scheduled.outputs[place];
        let slices = [home.slices[0], home.slices[1], home.slices[2], home.slices[3]];
        let (chip, address) = (chip as u16, home.address.offset);
        executable.outputs.push(OutputField { output: name.clone(), chip, slices, address });
    }
    let mut start = Cycle(0);
    for instance in &executable.instances {
        witness.starts.push(start);
        start += executable.templates[instance.template].length();
    }
    witness.end = start;
    (Program { executable, witness, lowered }, whys)
}

/// The program of what is scheduled for one chip and computes the same in every pass.
///
/// Errors: `Instructions` where there is no room for them.
pub fn alone(chip: &Chip, lowered: (Graph, &Twins), scheduled: Scheduled) -> Result<(Program, Vec<Why>), CompileError> {
    let (program, why) = emit((chip, &Topology::single()), 1, lowered, scheduled);
    fit::instructions(chip, &program.executable)?;
    Ok((program, why))
}

fn instances(scheduled: &Scheduled) -> Vec<Instance> {
    let plain = |template| Instance { template: Id::new(template), bases: vec![0; 4], layer: None };
    let layer = |layer: u32| {
        let base = |region: &Region| region.start + layer as u16 * region.stride;
        let bases = std::iter::once(0).chain(scheduled.regions.iter().map(base)).collect();
        Instance { template: Id::new(1), bases, layer: Some(layer) }
    };
    let others = if scheduled.layers == 0 { 1 } else { 2 };
    let others = (others..scheduled.stages.len()).map(plain);
    std::iter::once(plain(0)).chain((0..scheduled.layers).map(layer)).chain(others).collect()
}

/// The queues of a stage, what is claimed of them, and where its bursts went.
pub fn stage_template(stage: &Planning) -> (Template, TemplateWitness, Places) {
    let mut by_queue: BTreeMap<Queue, Vec<(i64, usize)>> = BTreeMap::new();
    for (index, planned) in stage.plan.iter().enumerate() {
        by_queue.entry(planned.queue).or_default().push((planned.cycle, index));
    }
    let end = |planned: &Planned| planned.cycle as u64 + planned.burst.length().0;
    let length = stage.length.0;
    let mut queues = Vec::new();
    let mut places = vec![(0, 0); stage.plan.len()];
    for (queue, mut indices) in by_queue {
        indices.order();
        let mut entries = Vec::new();
        let mut now = 0;
        for (_, index) in indices {
            let planned = &stage.plan[index];
            push_gap(&mut entries, planned.cycle as u64 - now);
            places[index] = (queues.len() as u32, entries.len() as u32);
            entries.push(Entry::Issue(planned.burst));
            now = end(planned);
        }
        push_gap(&mut entries, length - now);
        entries.shrink_to_fit();
        queues.push((queue, entries));
    }
    let claim = |(index, planned): (usize, &Planned)| WitnessEntry {
        queue: places[index].0,
        entry: places[index].1,
        cycle: planned.cycle as u32,
        label: planned.label,
        sources: planned
            .sources
            .iter()
            .map(|&(driver, iteration)| Source { queue: places[driver].0, entry: places[driver].1, iteration })
            .collect(),
    };
    let mut entries: Vec<WitnessEntry> = stage.plan.iter().enumerate().map(claim).collect();
    entries.order_by_key(|entry| (entry.queue, entry.entry));
    let template = Template { name: stage.name.clone(), queues };
    (template, TemplateWitness { labels: stage.labels.clone(), entries }, places)
}

/// Chips that run once, each what is planned for it.
pub struct Plans {
    /// By chip; a chip without any rests.
    pub plans: Vec<Vec<Planned>>,
    /// Names.
    pub labels: Vec<Label>,
    /// How long it takes.
    pub length: Cycles,
}

/// What chips that run once hold, and what they compute.
pub struct Contents {
    /// What is computed.
    pub lowered: Graph,
    /// What lies in SRAM before the first cycle.
    pub image: Vec<Residency>,
    /// Where the results lie after the last one.
    pub outputs: Vec<OutputField>,
    /// Positions of the model for which it runs; 1 where there is none.
    pub context: u16,
}

/// The program of plans of one length: one instance. Chips with equal plans share a template, named after the first of them; those that
/// do not run what resting chips run, or the first one if none rests, take a detour.
pub fn apart(
    (chip, topology): (&Chip, &Topology),
    name: &str,
    Plans { plans, labels, length }: Plans,
    Contents { lowered, image, outputs, context }: Contents,
) -> Program {
    let mut templates: Arena<Template> = Arena::new();
    let mut witness = Witness { starts: vec![Cycle(0)], end: Cycle(length.0), ..Witness::default() };
    let mut add = |template: Template, claims: TemplateWitness| {
        let is_it = |(id, other): &(Id<Template>, &Template)| {
            other.queues == template.queues && witness.templates[id.index()] == claims
        };
        let known = templates.iter().find(is_it).map(|(id, _)| id);
        known.unwrap_or_else(|| {
            witness.templates.push(claims);
            templates.push(template)
        })
    };
    let rests = plans.iter().any(Vec::is_empty);
    let common = rests.then(|| add(idle(chip, name, length), TemplateWitness::default()));
    let mut runs = Vec::new();
    for (number, plan) in plans.into_iter().enumerate().filter(|(_, plan)| !plan.is_empty()) {
        let stage = Planning { name: format!("{name}.{number}"), plan, length, labels: labels.clone() };
        let (template, claims, _) = stage_template(&stage);
        runs.push((number as u16, add(template, claims)));
    }
    let common = common.unwrap_or_else(|| runs[0].1);
    let others = runs.into_iter().filter(|(_, template)| *template != common);
    let detours = others.map(|(chip, template)| Detour { instance: 0, chip, template }).collect();
    let executable = Executable {
        chip: chip.name.clone(),
        topology: topology.name.clone(),
        maps: Vec::new(),
        templates,
        instances: vec![Instance { template: common, bases: vec![0], layer: None }],
        detours,
        image,
        record: Vec::new(),
        context,
        outputs,
    };
    Program { executable, witness, lowered }
}

/// What a chip runs that has no part in it.
fn idle(chip: &Chip, name: &str, length: Cycles) -> Template {
    let queue = *Queue::all(chip).iter().min().expect("a chip has queues");
    let wait = u32::try_from(length.0).expect("stages are shorter than 2^32 cycles");
    Template { name: format!("{name}.idle"), queues: vec![(queue, vec![Entry::Nop(wait)])] }
}

fn push_gap(entries: &mut Vec<Entry>, cycles: u64) {
    if cycles != 0 {
        entries.push(Entry::Nop(u32::try_from(cycles).expect("stages are shorter than 2^32 cycles")));
    }
}

struct Placed<'a> {
    scheduled: &'a Scheduled,
    twins: &'a Twins,
    chips: u16,
}

impl Placed<'_> {
    /// The word at `address` in `layer`.
    fn word(&self, address: Address, layer: u32) -> u16 {
        match address.base {
            0 => address.offset,
            base => {
                let region = self.scheduled.regions[usize::from(base) - 1];
                region.start + layer as u16 * region.stride + address.offset
            }
        }
    }

    fn piece(&self, piece: &Piece, executable: &mut Executable) {
        let layers = if piece.home.address.base == 0 { 1 } else { self.scheduled.layers };
        for layer in 0..layers {
            let address = self.word(piece.home.address, layer);
            for (index, &slice) in piece.home.slices.iter().enumerate() {
                for chip in 0..self.chips {
                    match self.source(piece, index, (layer, chip)) {
                        Held::Image(source, row, step) => {
                            let words = piece.words as u16;
                            executable.image.push(Residency { chip, slice, address, words, source, row, step });
                        }
                        // The host writes the same record into every chip.
                        Held::Record(content) if chip == 0 => {
                            executable.record.push(RecordField { slice, address, content });
                        }
                        Held::Record(_) => {}
                    }
                }
            }
        }
    }

    fn source(&self, piece: &Piece, index: usize, (layer, chip): (u32, u16)) -> Held {
        let tensor = |tensor: TensorId| self.twins.tensor(tensor, layer, chip);
        match &piece.content {
            Content::Planes(id) => {
                Held::Image(WordSource::Tensor { tensor: tensor(*id), packing: Packing::Plane(index as u8) }, 0, 1)
            }
            Content::Striped(id, first, packing) => {
                let source = WordSource::Tensor { tensor: tensor(*id), packing: *packing };
                Held::Image(source, first + index as u32, 16)
            }
            Content::Same(id, packing) => {
                Held::Image(WordSource::Tensor { tensor: tensor(*id), packing: *packing }, 0, 1)
            }
            Content::State(node) => {
                let node = self.twins.node(*node, layer, chip);
                Held::Image(WordSource::State { node, plane: index as u8 }, 0, 1)
            }
            Content::Input(name) => Held::Record(RecordContent::Input { name: name.clone(), plane: index as u8 }),
            Content::Map(rows) => Held::Record(RecordContent::Map { base: self.word(*rows, layer) }),
        }
    }
}

/// Image or record.
enum Held {
    Image(WordSource, u32, u32),
    Record(RecordContent),
}
