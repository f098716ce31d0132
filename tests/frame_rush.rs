//! The scenes with the rival: inside a chip the ways of an operator and the crowd of the GPU, at the server both sides' requests.
//!
//! In: Llama-2-70B on 576 chips, its first node; a GPU of eight; requests.  Out: every read of the operator's weights is a way, on time;
//!     both sides read the same share; who is drawn is who is there; the picture is a function of the moment.
//! Invariant: expectations are counted here from the executable's queues and the model's shape, never taken from the picture.

use arch::Queue;
use frame::{Colour, Kind, Routed, Scene, Shape, Timeline};
use program::Instruction;
use std::sync::OnceLock;
use study::Builtin;
use study::cases::{Act, At, AtServer, Crowd, Crowding, Lateness, Rota, ServerDoing, Stay, operator};
use study::fleet::{Fleet, Question};

const MODEL: &str = "llama-2-70b";
/// Gate and up of a layer: hidden 8,192 by 28,672, twice, over eight chips.
const SHARE: f64 = 8_192.0 * 28_672.0 * 2.0 / 8.0;

fn timeline() -> &'static Timeline {
    static TIMELINE: OnceLock<Timeline> = OnceLock::new();
    TIMELINE.get_or_init(|| {
        let fleet = Fleet::open(&Question::of(MODEL, 576, 512)).expect("70B in int8 fits 576 chips");
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
/// The page opens the scene there: weights that were installed long before lie behind it.
#[test]
fn both_sides_are_at_work_when_the_scene_opens() {
    const OPENING: f64 = 3_000.0;
    let crowd = crowd(Lateness::Nobody);
    let under_way = |ns: f64| {
        shapes(&frame::rush(&crowd, ways(), ns)).filter(|shape| matches!(shape.kind, Kind::Dash { .. })).count()
    };
    assert!(100 < under_way(OPENING), "{} values are under way", under_way(OPENING));
    let reads = |stay: &&Stay| matches!(stay.act, Act::Read { .. }) && stay.from <= OPENING && OPENING < stay.to;
    assert_eq!(crowd.stays().iter().filter(reads).count() as u32, crowd.facts().groups);
    let says = frame::rush(&crowd, ways(), 1_000.0).layers.into_iter().flat_map(|layer| layer.labels);
    assert_eq!((under_way(1_000.0), says.filter(|label| label.text.en.starts_with("nothing is")).count()), (0, 1));
}

fn both(crowding: Crowding) -> AtServer {
    let graph = Builtin::find(MODEL).expect("a built-in shape").decode_step(512);
    let rota = Rota { cycles: 1_741_891, apart: 33_498, slots: 52, users: 5, seats: 72, hertz: 900_000_000 };
    AtServer::of(&graph, rota, 512, crowding).expect("the rival reads the model")
}

/// Blocks and bars of one half in one colour.
fn of_half(scene: &Scene, half: usize, kind: Kind, colour: Colour) -> usize {
    let is_it = |shape: &&Shape| (shape.kind, shape.colour) == (kind, colour);
    scene.layers[half].shapes.iter().filter(is_it).count()
}

#[test]
fn at_the_server_everything_drawn_is_asked_of_the_servers() {
    for crowding in Crowding::ALL {
        let both = both(crowding);
        for part in 0..40 {
            let at = At(both.end().0 * f64::from(part) / 40.0);
            let scene = frame::counter(&both, at.0);
            let (gpu, lpu) = (both.at_gpu(at), both.at_lpu(at));
            let is_reading = matches!(both.gpu.events(at, At(at.0 + 1.0))[..1], [event] if matches!(event.doing, ServerDoing::Prefill { .. }));
            // A prompt that is read: the box is one block, its request another, and who writes waits.
            let (reads, waits) =
                if is_reading { (2, gpu.writing.len() + gpu.waiting.len() - 1) } else { (0, gpu.waiting.len()) };
            assert_eq!(of_half(&scene, 0, Kind::Block, Colour::Link), reads, "{crowding:?} at {at:?}");
            assert_eq!(
                of_half(&scene, 0, Kind::Block, Colour::Vxm),
                waits.min(24 + gpu.writing.len()),
                "{crowding:?} at {at:?}"
            );
            let blocks =
                [Colour::Link, Colour::Mem].map(|colour| of_half(&scene, 1, Kind::Block, colour)).iter().sum::<usize>();
            assert_eq!(blocks, both.lpu.under_way(at).len() + both.lpu.held(at).len(), "{crowding:?} at {at:?}");
            assert!(lpu.writing.len() <= both.lpu.held(at).len());
            assert_eq!(scene.hash(), frame::counter(&both, at.0).hash());
        }
    }
}

#[test]
fn at_the_server_the_late_tokens_are_yellow_on_one_side_only() {
    let both = both(Crowding::Busy);
    let usual = both.facts().at_gpu.gap.p50 * 1e6;
    let late =
        both.gpu.tokens.iter().flat_map(|tokens| tokens.windows(2)).filter(|pair| 1.5 * usual < (pair[1] - pair[0]).0);
    let scene = frame::counter(&both, 0.0);
    let marked = |half: usize| {
        scene.layers[half].shapes.iter().filter(|shape| shape.level == 255 && shape.colour == Colour::Vxm).count()
    };
    assert_eq!((marked(0), marked(1)), (late.count(), 0));
    assert!(20 < marked(0));
}
