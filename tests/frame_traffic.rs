//! The traffic between chips: what the picture says, held against the program and the simulator.
//!
//! In: `tiny` on eight chips.  Out: every car is a Send, carries what its sender sampled, and is what its receiver writes.
//! Invariant: figures of the picture are counts over the program; nothing is typed in.

use arch::{Port, Queue, Topology};
use frame::{Cursor, Holding, Selection, Timeline};
use program::{Entry, Instruction};
use sim::WordView;
use std::collections::BTreeSet;
use study::{Flow, Options, Sampling, Session};

type Tiny = Session<&'static [u8]>;

const CHIPS: u16 = 8;

fn session() -> Tiny {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    let options = Options { context: 64, topology: Topology::of(CHIPS).expect("a node"), ..Options::default() };
    let mut session = Session::open(bytes, &options, &mut |_| Flow::Continue).expect("tiny opens");
    session.prompt("The light", Sampling::Greedy, &mut |_| Flow::Continue).expect("a prompt of known words");
    session
}

/// Dispatches of Send in a token of one chip, from the executable itself.
fn sends(session: &Tiny) -> u64 {
    let executable = &session.program().executable;
    let of_queue = |(queue, entries): &(Queue, Vec<Entry>)| -> u64 {
        let count = |entry: &Entry| match entry {
            Entry::Issue(burst) if matches!(burst.instruction, Instruction::Send { .. }) => u64::from(burst.count),
            _ => 0,
        };
        if matches!(queue, Queue::LinkSend(_)) { entries.iter().map(count).sum() } else { 0 }
    };
    let of_instance = |instance: &program::Instance| -> u64 {
        executable.templates[instance.template].queues.iter().map(of_queue).sum()
    };
    executable.instances.iter().map(of_instance).sum()
}

#[test]
fn every_car_is_a_send_and_no_send_is_missing() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let flights = timeline.flights(0, timeline.length());
    let per_chip = sends(&session);
    assert_eq!(flights.len() as u64, per_chip * u64::from(CHIPS));
    let facts = frame::traffic_facts(&timeline, Cursor::default());
    assert_eq!((facts.vectors, facts.bytes), (flights.len() as u64, flights.len() as u64 * 320));
    assert_eq!((facts.spread, facts.waited, facts.cables), (0, 0, 28));
    let ways: BTreeSet<(u16, u16)> = flights.iter().map(|flight| (flight.id.from, flight.to.chip)).collect();
    assert_eq!(ways.len(), 56, "everybody to everybody");
    let crossing = session.chip().latency.link_crossing().0;
    for cycle in (0..timeline.length()).step_by(97) {
        let expected = flights.iter().filter(|flight| flight.sent <= cycle && cycle <= flight.sent + crossing).count();
        let cursor = Cursor { token: 1, cycle };
        assert_eq!(frame::traffic_facts(&timeline, cursor).now as usize, expected, "cycle {cycle}");
        let scene = frame::traffic(&timeline, cursor, 0, None);
        let is_car = |shape: &&frame::Shape| shape.next.is_some() && matches!(shape.target, Some(Selection::Flight(_)));
        assert_eq!(scene.layers.iter().flat_map(|layer| &layer.shapes).filter(is_car).count(), expected);
    }
}

#[test]
fn a_car_carries_what_its_receiver_writes_down() {
    let mut session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let flights = timeline.flights(0, timeline.length());
    let mut seen = 0;
    for flight in flights.iter().step_by(37) {
        let cursor = Cursor { token: 2, cycle: flight.sent + 100 };
        let selection = Selection::Flight(flight.id);
        let (chip, cycle) = frame::moment_of(&timeline, selection, cursor, 0);
        assert_eq!((chip, cycle), (flight.id.from, flight.sent));
        let moment = session.moment_on(chip, cursor.token, cycle).expect("the prompt has three tokens");
        let inspection = frame::inspect(&timeline, Some(&moment), selection, cursor);
        let Holding::Bytes(bytes) = &inspection.holding else { panic!("{selection:?} holds {:?}", inspection.holding) };
        let meeting = inspection.meeting.expect("somebody is there");
        assert_eq!((meeting.queue, meeting.cycle), (Queue::LinkReceive(flight.to.link), flight.lands));
        // The receiver drives it inward; the write that takes it stands in the schedule.
        let received = timeline.issues_of(Queue::LinkReceive(flight.to.link), flight.lands, flight.lands + 1);
        let value = timeline.driven(received[0].id).expect("a Receive drives a stream");
        let live = timeline.value(value).expect("it is on its way");
        let write = timeline.listeners(&live).first().map(|listener| listener.issue.cycle).expect("it is written");
        let after = session.moment_on(flight.to.chip, cursor.token, write + 1).expect("the chip is there");
        let Queue::MemWrite(slice) = timeline.listeners(&live)[0].issue.queue else { panic!("written to memory") };
        let address = timeline.address(&timeline.listeners(&live)[0].issue).expect("a Write names a word");
        let Some(WordView::Bytes(word)) = after.sram(slice, address) else { panic!("nothing was written") };
        assert_eq!(&word[..], &bytes[..], "{selection:?}");
        seen += 1;
    }
    assert!(40 < seen, "{seen} cars");
}

#[test]
fn what_is_drawn_is_what_is_picked() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let cursor = Cursor { token: 0, cycle: frame::traffic_opening(&timeline).expect("eight chips have traffic") };
    let scene = frame::traffic(&timeline, cursor, 3, None);
    let mut cars = 0;
    for shape in scene.layers.iter().flat_map(|layer| &layer.shapes).filter(|shape| shape.next.is_some()) {
        let Some(Selection::Flight(id)) = shape.target else { continue };
        let (x, y) = ((shape.area.x0 + shape.area.x1) / 2.0, (shape.area.y0 + shape.area.y1) / 2.0);
        let picked = frame::pick_traffic(&timeline, cursor, 3, x, y);
        match picked {
            Some(Selection::Flight(other)) => {
                let (one, two) = (timeline.flight(id).expect("drawn"), timeline.flight(other).expect("picked"));
                let apart = one.sent.abs_diff(two.sent);
                assert!(apart <= 24, "{id:?} is drawn where {other:?} is picked");
            }
            Some(Selection::Chip(_)) => {}
            other => panic!("{id:?} is drawn where {other:?} is picked"),
        }
        cars += 1;
    }
    assert!(50 < cars, "{cars} cars");
    for chip in 0..CHIPS {
        let block = scene
            .layers
            .iter()
            .flat_map(|layer| &layer.shapes)
            .find(|shape| shape.target == Some(Selection::Chip(chip)));
        let area = block.expect("a block for each chip").area;
        let picked = frame::pick_traffic(&timeline, cursor, 3, (area.x0 + area.x1) / 2.0, (area.y0 + area.y1) / 2.0);
        assert_eq!(picked, Some(Selection::Chip(chip)));
    }
    let ports = |link| timeline.topology().across(Port { chip: 3, link }).is_some();
    assert!(timeline.links().into_iter().all(ports));
}

#[test]
fn each_chip_sees_its_own_memory() {
    let session = session();
    let timelines: Vec<Timeline> =
        (0..CHIPS).map(|chip| Timeline::on(session.chip(), session.program(), chip)).collect();
    let sizes = |timeline: &Timeline| {
        frame::memory_facts(timeline, Cursor::default()).legend.iter().map(|line| line.bytes).collect::<Vec<_>>()
    };
    assert!(timelines.iter().all(|timeline| sizes(timeline) == sizes(&timelines[0])), "all shares have one form");
    for (chip, timeline) in (0u16..).zip(&timelines) {
        let image = &session.program().executable.image;
        let residency = image.iter().find(|residency| residency.chip == chip).expect("each chip holds something");
        assert!(timeline.contents().find(residency.slice, residency.address).is_some());
    }
}
