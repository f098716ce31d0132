//! What the frames say is on the streams is what the simulator has there, cell by cell, on `tiny` and on a program made by hand.
//!
//! In: a program.  Out: agreement of `frame::Timeline` and `sim::Moment` on every cell, empty ones included.
//! Invariant: the frame's answer comes from the queues alone, the moment's from execution: two ways to one picture.

use arch::{Chip, Direction, Geometry, Hemisphere, Station, StreamId};
use frame::{IssueId, Timeline};
use graph::{Elements, TensorData};
use sim::{Machine, Moment, Silent};
use std::collections::BTreeMap;
use units::Cycle;

struct Run {
    timeline: Timeline,
    machine: Machine,
}

fn tiny() -> Run {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    let options = import::gguf::LoadOptions { context: 256 };
    let model = import::gguf::load(bytes, options).expect("the committed model loads");
    let chip = Chip::lpu_14nm();
    let compiled = compile::compile(&model.graph, &model.weights, &chip).expect("tiny fits one chip");
    let timeline = Timeline::new(&chip, &compiled.program);
    let mut machine = Machine::load(&chip, &compiled.program.executable, &compiled.tables).expect("it is well formed");
    let embedding = model.weights.load(compiled.launch.embedding).expect("the embedding is in the file");
    let width = embedding.shape().lanes() as usize;
    let Elements::F32(values) = embedding.elements() else { panic!("weights are f32 after import") };
    let inputs = compiled.launch.inputs(&values[7 * width..8 * width], 0);
    machine.launch(&inputs, 0).expect("position 0 is legal");
    Run { timeline, machine }
}

/// A read that passes everybody, a write that taps it, an ALU that overwrites it.
fn by_hand() -> Run {
    let text = "program lpu-14nm on chip context 1
template only
  queue W1.read
    nop 5
    read b0+3 -> E8 x3/2
    nop 60
  queue W9.read
    nop 3
    read b0+3 -> E8
    nop 66
  queue E5.write
    nop 27
    write E8 -> b0+9
    nop 42
  queue alu3
    nop 12
    identity i8 E8 -> E8
    nop 57
instance only bases 0
image chip 0 W1+3 words 1 row 0 step 1 state 0 plane 0
image chip 0 W9+3 words 1 row 0 step 1 state 0 plane 0
";
    let executable = program::text::parse(text).expect("written well");
    let chip = Chip::lpu_14nm();
    let program =
        program::Program { executable, witness: program::Witness::default(), lowered: graph::Graph::default() };
    let timeline = Timeline::new(&chip, &program);
    let mut machine = Machine::load(&chip, &program.executable, &Nothing).expect("well formed");
    machine.launch(&BTreeMap::new(), 0).expect("position 0 is legal");
    Run { timeline, machine }
}

struct Nothing;

impl TensorData for Nothing {
    fn load(&self, id: graph::TensorId) -> Result<std::sync::Arc<graph::Tensor>, graph::LoadError> {
        panic!("tensor {id} is not asked for")
    }
}

/// Every cell at every station, and every value under way, in one cycle.
fn check(timeline: &Timeline, moment: &Moment, cycle: u64) {
    let geometry = Geometry::new(&Chip::lpu_14nm());
    for direction in Direction::BOTH {
        for stream in (0..32).map(|number| StreamId::new(direction, number)) {
            for station in (0..geometry.stations()).map(Station) {
                let sim = moment.stream(stream, station);
                let sim = sim.map(|word| (IssueId::from(word.producer), word.driver, word.departed.0 as i64));
                let frame = timeline.value_at(stream, station, cycle);
                let frame = frame.map(|live| (live.id.issue, live.driver, live.departed()));
                assert_eq!(frame, sim, "{stream} at station {} in cycle {cycle}", station.0);
            }
        }
    }
    let sim: Vec<_> =
        moment.live().iter().map(|word| (word.stream, word.diagonal, word.delay, word.producer.into())).collect();
    let here = timeline.live(cycle);
    let here = here.iter().filter_map(|live| Some((live, live.delay(cycle, 0)?)));
    let frame: Vec<(StreamId, i64, u32, IssueId)> =
        here.map(|(live, delay)| (live.id.stream, live.diagonal, delay, live.id.issue)).collect();
    assert_eq!(frame, sim, "in cycle {cycle}");
}

#[test]
fn every_cell_of_a_program_made_by_hand_agrees() {
    let Run { timeline, machine } = by_hand();
    let mut values = 0;
    for cycle in 0..timeline.length() {
        check(&timeline, &machine.at(Cycle(cycle)), cycle);
        values += timeline.live(cycle).len();
    }
    assert!(100 < values, "{values} values seen: the program does something");
}

#[test]
fn cells_of_tiny_agree() {
    let Run { timeline, mut machine } = tiny();
    for instance in 0..timeline.stretches().len() {
        let stretch = timeline.stretches()[instance];
        let step = (stretch.end - stretch.start) / 9;
        for cycle in (0..9).map(|index| stretch.start + index * step + index * index) {
            let cycle = cycle.min(stretch.end - 1);
            check(&timeline, &machine.at(Cycle(cycle)), cycle);
        }
        machine.run_instance(&mut Silent);
    }
}

#[test]
fn dispatches_of_tiny_agree() {
    let Run { timeline, machine } = tiny();
    for cycle in (100..600).step_by(7) {
        let moment = machine.at(Cycle(cycle));
        let mut sim: Vec<(arch::Queue, IssueId)> =
            moment.dispatched().iter().map(|event| (event.queue, event.site.into())).collect();
        sim.sort();
        let frame: Vec<_> = timeline.dispatched(cycle).iter().map(|issue| (issue.queue, issue.id)).collect();
        assert_eq!(frame, sim);
    }
}

#[test]
fn planes_of_tiny_agree() {
    let Run { timeline, mut machine } = tiny();
    machine.run_instance(&mut Silent);
    for cycle in (300..timeline.stretches()[1].end).step_by(31) {
        let moment = machine.at(Cycle(cycle));
        for half in Hemisphere::BOTH {
            for plane in 0..2 {
                let fill = timeline.plane(half, plane, cycle).expect("the plane exists");
                let buffer: Vec<bool> = moment.buffer(half, plane).iter().map(Option::is_some).collect();
                let array: Vec<bool> = match moment.array(half, plane) {
                    Some(view) => view.columns.iter().map(Option::is_some).collect(),
                    None => vec![false; 320],
                };
                let bits = |bits: u32| -> Vec<bool> { (0..320).map(|column| bits >> (column / 16) & 1 == 1).collect() };
                assert_eq!(bits(fill.loaded), buffer, "buffer of {half:?} {plane} in {cycle}");
                assert_eq!(bits(fill.installed), array, "array of {half:?} {plane} in {cycle}");
            }
        }
    }
}
