//! One byte from memory to the logit, meeting by meeting.
//!
//! In: `tiny`, and its sessions on one and on two chips.  Out: the way of many bytes, held against the bytes that the simulator has.
//! Invariant: a byte that is only moved keeps its value from meeting to meeting; every way ends in a word that the host reads.

use frame::{Class, Selection, Stop, Timeline};
use sim::WordView;
use study::{Flow, Options, Sampling, Session, Topology};

/// The token that is looked at.
const TOKEN: u32 = 1;

type Tiny = Session<&'static [u8]>;

fn session(chips: u16) -> Tiny {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    let topology = Topology::of(chips).expect("a node has so many chips");
    let options = Options { topology, ..Options::default() };
    let mut session = Session::open(bytes, &options, &mut |_| Flow::Continue).expect("tiny opens");
    session.prompt("The light", Sampling::Greedy, &mut |_| Flow::Continue).expect("a prompt of known words");
    session
}

/// Words of weights of all layers, a few per class.
fn words(timeline: &Timeline) -> Vec<Selection> {
    let classes = [Class::Embedding, Class::Attention, Class::FeedForward, Class::Constant, Class::Record];
    let of = |class: Class| {
        let runs = timeline.contents().runs.iter().filter(move |run| run.class() == class);
        runs.step_by(37).take(1).map(|run| Selection::Sram { slice: run.slice, address: run.address + run.words / 2 })
    };
    classes.into_iter().flat_map(of).collect()
}

/// The byte that is carried to a stop, as the simulator has it in that cycle.
fn byte(session: &mut Tiny, timeline: &Timeline, stop: &Stop) -> Option<u8> {
    let moment = session.moment_on(stop.on, TOKEN, stop.cycle)?;
    let lane = usize::from(stop.lane);
    let bytes = |word: WordView| if let WordView::Bytes(bytes) = word { Some(bytes[lane]) } else { None };
    match stop.carrier {
        Selection::Sram { slice, address } => moment.sram(slice, address).and_then(bytes),
        Selection::Value(id) => {
            let live = timeline.value(id)?;
            let cells = moment.live();
            let cell = cells.iter().find(|cell| cell.stream == id.stream && cell.diagonal == live.diagonal)?;
            bytes(cell.word)
        }
        _ => None,
    }
}

/// The ways of two bytes of each word, until they end in a word that the host reads, and how many moves kept their value.
fn ridden(session: &mut Tiny, timeline: &Timeline, starts: &[Selection]) -> (usize, usize) {
    let (mut ways, mut moves) = (0, 0);
    for (number, start) in starts.iter().enumerate() {
        for lane in [0, (number as u16 * 29) % 320] {
            let stops = frame::ride(timeline, TOKEN, *start, lane);
            let Some(last) = stops.last() else { continue };
            assert!(stops.windows(2).all(|pair| pair[0].cycle < pair[1].cycle), "time runs on");
            assert!(last.says.en.starts_with("Arrives"), "{last:?}");
            ways += 1;
            let bytes: Vec<Option<u8>> = stops.iter().map(|stop| byte(session, timeline, stop)).collect();
            for (pair, values) in stops.windows(2).zip(bytes.windows(2)) {
                let kinds = ["Sets out", "Rests", "Changes lanes", "Turns round", "Lands", "Leaves"];
                let is_moved = kinds.iter().any(|kind| pair[0].says.en.starts_with(kind));
                if let (true, [Some(from), Some(to)]) = (is_moved, values) {
                    assert_eq!(from, to, "{pair:?}");
                    moves += 1;
                }
            }
        }
    }
    (ways, moves)
}

#[test]
fn every_weight_reaches_a_logit_and_keeps_its_value_while_it_is_only_moved() {
    for chips in [1, 2] {
        let mut session = session(chips);
        let timeline = Timeline::new(session.chip(), session.program());
        let starts = words(&timeline);
        let (ways, moves) = ridden(&mut session, &timeline, &starts);
        println!("{chips} chips: {ways} of {} ways, {moves} moves", 2 * starts.len());
        assert!(6 < ways && 30 < moves, "{chips} chips: {ways} ways, {moves} moves");
    }
}

#[test]
fn a_way_begins_where_it_is_asked_to_and_reads_like_one() {
    let session = session(1);
    let timeline = Timeline::new(session.chip(), session.program());
    let start = frame::showpiece(&timeline, frame::opening(&timeline)).expect("a word of weights");
    let stops = frame::ride(&timeline, TOKEN, Selection::Value(start), 0);
    stops.iter().for_each(|stop| println!("{:>6} {:>3} {}", stop.cycle, stop.lane, stop.says.en));
    let first: Vec<&str> = stops.iter().take(4).filter_map(|stop| stop.says.en.split(':').next()).collect();
    assert_eq!(first, ["Sets out", "Loads", "Takes its place", "Meets"]);
    assert!(frame::ride(&timeline, TOKEN, Selection::Value(start), 320).is_empty(), "no such lane");
    assert!(frame::ride(&timeline, TOKEN, Selection::Chip(0), 0).is_empty(), "a chip is no byte");
}
