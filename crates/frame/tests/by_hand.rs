//! Pictures, sentences and inspections of one small program, compared with their text.
//!
//! In: a program of six instructions.  Out: what the frame says of it, letter by letter.
//! Invariant: every line below follows from the program by hand: a read at W1 passes a write at E5 and an ALU on its way east.

use arch::{Chip, Direction, Hemisphere, Queue, SliceId, StreamId};
use frame::{ChipView, Cursor, Detail, Holding, Lang, Part, Selection, Timeline, ValueId, Watch};
use graph::{LoadError, Tensor, TensorData, TensorId};
use program::{Label, LabelKind, Program, TemplateWitness, Witness, WitnessEntry};
use sim::Machine;
use std::collections::BTreeMap;
use std::sync::Arc;
use units::Cycle;

const TEXT: &str = "program lpu-14nm on chip context 1
template only
  queue W1.read
    nop 5
    read b0+3 -> E8 x3/2
    nop 60
  queue E5.write
    nop 11
    write E8 -> b0+9
    nop 58
  queue alu3
    nop 10
    identity i8 E8 -> E8
    nop 59
instance only bases 0 layer 2
image chip 0 W1+3 words 1 row 0 step 1 state 0 plane 0
";

struct Nothing;

impl TensorData for Nothing {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        panic!("tensor {id} is not asked for")
    }
}

fn program() -> Program {
    let executable = program::text::parse(TEXT).expect("written well");
    let label = |part: &str, kind| Label { part: part.to_owned(), kind, tile: 0, block: 0 };
    let claim = |queue, entry, cycle, label| WitnessEntry { queue, entry, cycle, label, sources: Vec::new() };
    // Queues stand in the order of the executable: W1.read, E5.write, alu3.
    let entries = vec![claim(0, 1, 5, 0), claim(1, 1, 11, 1), claim(2, 1, 10, 1)];
    let labels = vec![label("ffn_gate", LabelKind::Weights), label("silu", LabelKind::Activation)];
    let templates = vec![TemplateWitness { labels, entries }];
    let witness = Witness { templates, starts: vec![Cycle(0)], end: Cycle(70) };
    Program { executable, witness, lowered: graph::Graph::default() }
}

fn timeline() -> Timeline {
    Timeline::new(&Chip::lpu_14nm(), &program())
}

fn moment(cycle: u64) -> sim::Moment {
    let mut machine = Machine::load(&Chip::lpu_14nm(), &program().executable, &Nothing).expect("well formed");
    machine.launch(&BTreeMap::new(), 0).expect("position 0 is legal");
    machine.at(Cycle(cycle))
}

fn slice(hemisphere: Hemisphere, number: u8) -> SliceId {
    SliceId { hemisphere, number }
}

/// The layer of a scene as text.
fn layer(scene: &frame::Scene, part: Part) -> String {
    let layers = scene.layers.iter().filter(|layer| layer.part == part).cloned().collect();
    frame::print(&frame::Scene { layers, ..scene.clone() }, Lang::English)
}

#[test]
fn the_first_cycle_of_a_value_is_one_dash_at_its_group() {
    // Dispatched at 5, on the stream at 6: superlane 0 only, with nothing ahead but the VXM at x = 714.
    let scene = frame::chip(&timeline(), Cursor { token: 0, cycle: 6 }, &ChipView::full());
    assert_eq!(
        layer(&scene, Part::Streams),
        "scene 1520 x 930
layer Streams (40.0 92.0)-(1480.0 732.0)
  dash East 230 (700.2 708.3)-(714.0 710.7) -> (723.2 708.3)-(737.0 710.7) = E8:0.0.1.0
"
    );
}

#[test]
fn four_cycles_later_it_is_a_slanted_wave_and_the_next_value_follows() {
    let scene = frame::chip(&timeline(), Cursor { token: 0, cycle: 10 }, &ChipView::full());
    let text = layer(&scene, Part::Streams);
    let heads: Vec<f32> = scene
        .layers
        .iter()
        .filter(|layer| layer.part == Part::Streams)
        .flat_map(|layer| layer.shapes.iter().map(|shape| shape.area.x1))
        .collect();
    // Superlanes 4 .. 0 of the first value, 2 .. 0 of the second, 0 of the third, each one step behind the one below it.
    assert_eq!(heads, [806.0, 783.0, 760.0, 737.0, 714.0, 760.0, 737.0, 714.0, 714.0], "{text}");
}

#[test]
fn an_instruction_climbs_one_row_per_cycle() {
    let scene = frame::chip(&timeline(), Cursor { token: 0, cycle: 11 }, &ChipView::full());
    assert_eq!(
        layer(&scene, Part::Instructions),
        "scene 1520 x 930
layer Instructions (40.0 92.0)-(1480.0 732.0)
  block Mem 255 (692.5 511.0)-(700.5 537.0) -> (692.5 479.0)-(700.5 505.0) = W1.read
  block Mem 255 (692.5 575.0)-(700.5 601.0) -> (692.5 543.0)-(700.5 569.0) = W1.read
  block Mem 255 (692.5 639.0)-(700.5 665.0) -> (692.5 607.0)-(700.5 633.0) = W1.read
  block Mem 120 (692.5 671.0)-(700.5 697.0) -> (692.5 639.0)-(700.5 665.0) = W1.read
  block Mem 70 (692.5 703.0)-(700.5 729.0) -> (692.5 671.0)-(700.5 697.0) = W1.read
  block Mem 255 (863.5 703.0)-(871.5 729.0) -> (863.5 671.0)-(871.5 697.0) = E5.write
  block Vxm 255 (779.5 671.0)-(783.2 697.0) -> (779.5 639.0)-(783.2 665.0) = alu3
  block Vxm 120 (779.5 703.0)-(783.2 729.0) -> (779.5 671.0)-(783.2 697.0) = alu3
layer Instructions (40.0 0.0)-(1480.0 732.0)
  Plate Mem 255 (867.5 699.0) \"WRITE\" = E5.write
  Plate Vxm 255 (781.4 667.0) \"IDENTITY\" = alu3
  Plate Mem 255 (696.5 635.0) \"READ\" = W1.read
"
    );
}

#[test]
fn this_moment_is_said_in_both_languages() {
    let timeline = timeline();
    let said = |cycle, lang| frame::sentence(&timeline, cycle).text(lang);
    assert_eq!(
        said(5, Lang::English),
        "west slice 1 reads weights of layer 2 · gate; 0 of 64 streams carry; in 5 cycles, the vector unit passes values on for layer 2 · SiLU."
    );
    assert_eq!(
        said(5, Lang::Chinese),
        "西側切片 1 讀出第 2 層 · 閘門的權重；64 條串流中有 0 條載著資料；5 個週期後，向量單元為第 2 層 · SiLU 傳遞數值。"
    );
    assert_eq!(
        said(6, Lang::English),
        "no instruction leaves its queue; 1 of 64 streams carry; in 4 cycles, the vector unit passes values on for layer 2 · SiLU."
    );
    assert_eq!(said(60, Lang::Chinese), "沒有指令發出；64 條串流中有 0 條載著資料。");
}

#[test]
fn a_register_says_what_it_holds_and_whom_it_meets() {
    let timeline = timeline();
    let stream = StreamId::new(Direction::East, 8);
    let station = timeline.geometry().vxm();
    let cursor = Cursor { token: 0, cycle: 10 };
    let found = frame::inspect(&timeline, Some(&moment(10)), Selection::Stream { stream, station }, cursor);
    assert_eq!(found.title.en, "stream E8");
    assert_eq!(found.place.en, "at VXM · cycle 10");
    assert_eq!(found.holding, Holding::Bytes(vec![0; 320]));
    assert_eq!(found.meaning.expect("the image knows the word").en, "position 0 of cache");
    let maker = found.maker.expect("a read made it");
    assert_eq!((&*maker.who.en, maker.address, maker.cycle), ("west slice 1", Some(3), Some(9)));
    let meeting = found.meeting.expect("the ALU samples it");
    assert_eq!((meeting.queue, meeting.cycle, meeting.after), (Queue::Alu(3), 10, 0));
    let empty = frame::inspect(
        &timeline,
        Some(&moment(11)),
        Selection::Stream { stream, station },
        Cursor { token: 0, cycle: 11 },
    );
    assert_eq!((empty.holding, empty.value), (Holding::Empty, None));
}

#[test]
fn what_is_drawn_is_what_is_picked() {
    let timeline = timeline();
    for detail in [Detail::Full, Detail::Streams] {
        let view = ChipView { detail, ..ChipView::full() };
        for cycle in 6..40 {
            let cursor = Cursor { token: 0, cycle };
            let scene = frame::chip(&timeline, cursor, &view);
            let layer = scene.layers.iter().find(|layer| layer.part == Part::Streams).expect("it is always there");
            for shape in &layer.shapes {
                let (x, y) = ((shape.area.x0 + shape.area.x1) / 2.0, (shape.area.y0 + shape.area.y1) / 2.0);
                assert_eq!(frame::pick_chip(&timeline, cursor, &view, x, y), shape.target, "cycle {cycle}: {shape:?}");
            }
        }
    }
}

#[test]
fn a_column_is_picked_where_nothing_moves() {
    let timeline = timeline();
    let pick = |x, y| frame::pick_chip(&timeline, Cursor { token: 0, cycle: 12 }, &ChipView::full(), x, y);
    let word = |hemisphere, number, address| Some(Selection::Sram { slice: slice(hemisphere, number), address });
    assert_eq!(pick(864.0, 110.0), word(Hemisphere::East, 5, 9));
    assert_eq!(pick(696.5, 110.0), word(Hemisphere::West, 1, 3));
    // ALU 3 is the first of the last column of ALUs.
    assert_eq!(pick(781.0, 110.0), Some(Selection::Queue(Queue::Alu(3))));
    assert_eq!(pick(1370.0, 110.0), Some(Selection::Plane { hemisphere: Hemisphere::East, plane: 0 }));
    assert_eq!(pick(10.0, 110.0), None);
    let first = StreamId::new(Direction::East, 0);
    let station = timeline.geometry().slice(slice(Hemisphere::East, 9));
    assert_eq!(pick(894.0, 95.2), Some(Selection::Stream { stream: first, station }));
}

#[test]
fn events_are_found_both_ways() {
    let timeline = timeline();
    let walk = |watch, direction| {
        let mut cycle = if direction == frame::Direction::Forward { 0 } else { 69 };
        let mut found = Vec::new();
        while let Some(next) = timeline.next_event(cycle, watch, direction) {
            found.push(next);
            cycle = next;
        }
        found
    };
    use frame::Direction::{Backward, Forward};
    assert_eq!(walk(Watch::Everything, Forward), [5, 7, 9, 10, 11]);
    assert_eq!(walk(Watch::Everything, Backward), [11, 10, 9, 7, 5]);
    assert_eq!(walk(Watch::Selection(Selection::Queue(Queue::Alu(3))), Forward), [10]);
    let word = Selection::Sram { slice: slice(Hemisphere::West, 1), address: 3 };
    assert_eq!(walk(Watch::Selection(word), Backward), [9, 7, 5]);
    let id = ValueId {
        issue: frame::IssueId { instance: 0, queue: 0, entry: 1, iteration: 2 },
        stream: StreamId::new(Direction::East, 8),
    };
    assert_eq!(walk(Watch::Selection(Selection::Value(id)), Forward), [9, 10]);
}

#[test]
fn a_silent_witness_changes_names_only() {
    let mut silent = program();
    silent.witness = Witness::default();
    let silent = Timeline::new(&Chip::lpu_14nm(), &silent);
    for cycle in 0..70 {
        let hash = |timeline: &Timeline| frame::chip(timeline, Cursor { token: 0, cycle }, &ChipView::full()).hash();
        assert_eq!(hash(&silent), hash(&timeline()));
    }
}
