//! Inside a chip: the ways of an operator over the streams and the crowd of the GPU, held against the schedule and the rival.
//!
//! In: Llama-2-70B on 576 chips, its first node; a GPU of eight.  Out: every read of the operator's weights is a way, on time; both sides
//!     read the same share; the picture is a function of the moment.
//! Invariant: expectations are counted here from the executable's queues and the model's shape, never taken from the picture.

use arch::Queue;
use frame::{Colour, Kind, Routed, Scene, Shape, Timeline};
use program::Instruction;
use std::sync::OnceLock;
use study::cases::{Act, Crowd, Lateness, Stay, operator};
use study::fleet::{Fleet, Question};
use study::{Builtin, Format, Formats};

const MODEL: &str = "llama-2-70b";
/// Gate and up of a layer: hidden 8,192 by 28,672, twice, over eight chips.
const SHARE: f64 = 8_192.0 * 28_672.0 * 2.0 / 8.0;

fn timeline() -> &'static Timeline {
    static TIMELINE: OnceLock<Timeline> = OnceLock::new();
    TIMELINE.get_or_init(|| {
        let formats = Formats::all(Format::Int8);
        let asked = Question { model: MODEL.to_owned(), chips: 576, context: 512, formats, lost: Vec::new() };
        let fleet = Fleet::open(&asked).expect("70B in int8 fits 576 chips");
        let (system, chip) = (fleet.system().system(), fleet.system().chip());
        Timeline::new(chip, &system.roles[system.seats[0].role as usize].program)
    })
}

fn ways() -> &'static Routed {
    static WAYS: OnceLock<Routed> = OnceLock::new();
    WAYS.get_or_init(|| frame::routed(timeline(), operator()).expect("a Llama has the operator"))
}

fn crowd(lateness: Lateness) -> Crowd {
    let graph = Builtin::find(MODEL).expect("a built-in shape").decode_step(512);
    Crowd::of(&graph, 0, lateness).expect("the rival reads the model")
}

fn ns(cycle: u32) -> f64 {
    ways().facts.ns(f64::from(cycle))
}

fn shapes(scene: &Scene) -> impl Iterator<Item = &Shape> {
    scene.layers.iter().flat_map(|layer| &layer.shapes)
}

#[test]
fn every_read_of_the_operator_is_a_way_and_every_way_is_met_on_time() {
    let (timeline, routed) = (timeline(), ways());
    let mut reads = Vec::new();
    for stretch in timeline.stretches() {
        let mut count = 0;
        for run in timeline.runs(stretch.start, stretch.end) {
            let label = timeline.issue(run.id).and_then(|issue| issue.label);
            let is_ours = label.is_some_and(|label| operator().contains(&label.part.as_str()));
            let is_read = matches!(run.queue, Queue::MemRead(_)) && matches!(run.instruction, Instruction::Read { .. });
            count += if is_ours && is_read { run.cycles().count() } else { 0 };
        }
        reads.push(count);
    }
    let first = reads.into_iter().find(|count| *count != 0).expect("a stretch has the operator");
    assert!(1_000 < first && first <= routed.ways.len(), "{first} reads, {} ways", routed.ways.len());
    assert_eq!((routed.facts.unmet, routed.facts.ways), (0, routed.ways.len() as u64));
    for way in &routed.ways {
        assert_eq!(way.arrives - way.departs, way.to - way.from, "{way:?} waited");
    }
    assert_eq!(routed.ways.iter().map(|way| way.departs).min(), Some(0));
    assert!(routed.facts.busiest <= routed.facts.streams);
}

#[test]
fn both_sides_read_the_same_share() {
    let gpu = crowd(Lateness::Nobody).facts().bytes;
    assert!((gpu / SHARE - 1.0).abs() < 0.01, "{gpu} of {SHARE}");
    // Tiles are filled up, and activations and results travel too.
    let lpu = ways().facts.bytes as f64;
    assert!((1.0..1.25).contains(&(lpu / SHARE)), "{lpu} of {SHARE}");
}

#[test]
fn a_value_is_drawn_exactly_while_it_is_on_its_way() {
    let (routed, crowd) = (ways(), crowd(Lateness::Nobody));
    let last = routed.facts.cycles as u32;
    for cycle in (0..last).step_by(last as usize / 7) {
        // Half a cycle on, so that no rounding decides.
        let moment = ns(cycle) + ns(1) / 2.0;
        let scene = frame::rush(&crowd, routed, moment);
        let cars = shapes(&scene).filter(|shape| matches!(shape.kind, Kind::Dash { .. })).count();
        let expected = routed.ways.iter().filter(|way| way.departs <= cycle && cycle < way.arrives).count();
        assert_eq!(cars, expected, "cycle {cycle}");
        assert_eq!(scene.hash(), frame::rush(&crowd, routed, moment).hash());
    }
}

#[test]
fn who_waits_is_yellow_who_is_late_is_marked_and_in_the_end_every_channel_is_full() {
    for lateness in [Lateness::Nobody, Lateness::One] {
        let crowd = crowd(lateness);
        let facts = crowd.facts();
        let starving =
            crowd.stays().iter().find(|stay| matches!(stay.act, Act::Starve { .. })).expect("somebody waits");
        let at = |moment: f64| frame::rush(&crowd, ways(), moment);
        let middle = (starving.from + starving.to) / 2.0;
        let waits = |stay: &&Stay| matches!(stay.act, Act::Starve { .. }) && stay.from <= middle && middle < stay.to;
        let blocks = |moment: f64, colour: Colour| {
            shapes(&at(moment)).filter(|shape| shape.kind == Kind::Block && shape.colour == colour).count()
        };
        assert_eq!(blocks(middle, Colour::Vxm), crowd.stays().iter().filter(waits).count());
        assert_eq!(blocks(1.0, Colour::Broken), usize::from(lateness == Lateness::One));
        let height = |moment: f64| -> f32 {
            let is_bar = |shape: &&Shape| shape.colour == Colour::Mem && shape.level == 200;
            shapes(&at(moment)).filter(is_bar).map(|bar| bar.area.height()).sum()
        };
        assert!(height(0.0) < 1e-3 && height(facts.length / 2.0) < height(facts.length));
        assert_eq!(height(facts.length), height(2.0 * facts.length));
    }
}
