//! Sessions: the same calls that command line and page make.
//!
//! In: the committed model.  Out: texts, moments, broken runs.
//! Invariant: the same calls give the same bytes; a moment does not depend on how it was reached.

use arch::{Queue, Topology};
use sim::WordView;
use study::{Flow, Options, Progress, Sampling, Session};
use verify::Rule;

const TINY: &[u8] = include_bytes!("../static/models/tiny.gguf");

fn tiny() -> Session<&'static [u8]> {
    let options = Options { context: 64, ..Options::default() };
    Session::open(TINY, &options, &mut go_on).expect("the committed model opens")
}

fn go_on(_: Progress) -> Flow {
    Flow::Continue
}

fn written(session: &mut Session<&'static [u8]>, count: u32) -> String {
    session.prompt("The traffic light turned green and every car", Sampling::Greedy, &mut go_on).expect("fits");
    session.generate(count, Sampling::Greedy, &mut go_on).expect("fits");
    let ids: Vec<u32> = session.tokens().iter().map(|token| token.id).collect();
    session.text(&ids)
}

#[test]
fn a_session_writes_the_same_text_twice() {
    let mut session = tiny();
    let first = written(&mut session, 12);
    assert_eq!(written(&mut session, 12), first);
    assert!(first.contains("green and every car"), "{first}");
    let cycles = session.program().witness.end.0;
    assert!(session.tokens().iter().all(|token| token.cycles == cycles), "every token takes the predicted cycles");
}

#[test]
fn a_moment_is_the_same_forwards_and_backwards() {
    let mut session = tiny();
    written(&mut session, 2);
    let bytes = |session: &mut Session<&'static [u8]>, token, cycle| -> Vec<(u16, Option<Vec<u8>>)> {
        let moment = session.moment(token, cycle).expect("the token was run");
        let live = moment.live();
        let content = |word: WordView| if let WordView::Bytes(bytes) = word { Some(bytes.to_vec()) } else { None };
        live.iter().map(|live| (live.stream.index() as u16, content(live.word))).collect()
    };
    let forwards: Vec<_> = [10, 900, 901, 2500].map(|cycle| bytes(&mut session, 3, cycle)).to_vec();
    assert!(forwards.iter().any(|live| !live.is_empty()), "something moves");
    let backwards: Vec<_> = [2500, 901, 900, 10].map(|cycle| bytes(&mut session, 3, cycle)).to_vec();
    assert_eq!(forwards, backwards.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn one_late_car_changes_the_next_words_and_the_judge_objects() {
    let mut session = tiny();
    let whole = written(&mut session, 8);
    let broken = session.break_one(1, 8, &mut go_on).expect("some lateness changes the words");
    assert!(!broken.broken().report().is_clean());
    let prompt = session.tokens().iter().filter(|token| token.is_prompt).count();
    let chosen = |tokens: &[study::Token]| tokens[prompt - 1..].iter().map(|token| token.next).collect::<Vec<_>>();
    assert_ne!(chosen(broken.tokens()), chosen(session.tokens()));
    let ids: Vec<u32> = broken.tokens().iter().map(|token| token.id).collect();
    println!("{whole}\n{}\n{:?}", session.text(&ids), broken.description());
    println!("{} samples found nothing", broken.violations());
    for violation in broken.broken().report().violations.iter().take(4) {
        println!("{violation}");
    }
}

#[test]
fn a_late_vector_between_chips_misses_its_meeting_and_changes_the_words() {
    let topology = Topology::of(4).expect("a node");
    let options = Options { context: 64, topology, ..Options::default() };
    let mut session = Session::open(TINY, &options, &mut go_on).expect("tiny opens");
    written(&mut session, 6);
    let mut broken = session.break_one(1, 6, &mut go_on).expect("a lost vector changes the words");
    let late = broken.late_car().expect("an instruction is late");
    let template = broken.broken().program().executable.instances[late.instance as usize].template;
    let queue = broken.broken().program().executable.templates[template].queues[late.queue as usize].0;
    assert!(matches!(queue, Queue::LinkSend(_)), "{queue} is late");
    let rules = broken.broken().report().rules();
    assert!(rules.contains(&Rule::Links), "{rules:?}");
    let timeline = frame::Timeline::new(session.chip(), broken.broken().program());
    let issue = frame::IssueId { instance: late.instance, queue: late.queue, entry: late.entry, iteration: 0 };
    let flight = timeline.flight(frame::FlightId { issue, from: 2 }).expect("a vector");
    let drawn = |program: &frame::Timeline| {
        let scene = frame::traffic(program, frame::Cursor { token: 0, cycle: flight.sent + 200 }, 0, None);
        let shapes = scene.layers.iter().flat_map(|layer| layer.shapes.clone()).collect::<Vec<_>>();
        shapes.iter().filter(|shape| shape.next.is_some() && shape.colour == frame::Colour::Broken).count()
    };
    assert_eq!(drawn(&timeline), 4, "each chip loses one, and it is drawn so");
    assert_eq!(drawn(&frame::Timeline::new(session.chip(), session.program())), 0);
    assert!(broken.moment_on(3, 0, flight.lands).is_some() && broken.moment_on(4, 0, 0).is_none());
}

#[test]
fn a_cancelled_prompt_leaves_no_text() {
    let mut session = tiny();
    let mut calls = 0;
    let mut stop_at_third = |_: Progress| {
        calls += 1;
        if calls == 3 { Flow::Cancel } else { Flow::Continue }
    };
    assert!(session.prompt("The traffic light turned green", Sampling::Greedy, &mut stop_at_third).is_err());
    assert!(session.tokens().is_empty());
}

#[test]
fn a_fingerprint_tells_runs_apart_and_repeats() {
    let (mut one, mut other) = (tiny(), tiny());
    written(&mut one, 1);
    written(&mut other, 1);
    let first = one.fingerprint(0).expect("the token was run");
    assert_eq!(other.fingerprint(0), Some(first));
    let second = one.fingerprint(1).expect("the token was run");
    assert_eq!(second.events, first.events, "every token takes the same instructions in the same cycles");
    assert_ne!(second.logits, first.logits);
    assert_ne!(second.streams, first.streams);
}

#[test]
fn a_session_in_buckets_runs_each_token_with_the_smallest_program_that_holds_it() {
    let options = Options { context: 64, ..Options::default() };
    let mut session = Session::open_in_buckets(TINY, &options, &mut go_on).expect("the committed model opens");
    let text = written(&mut session, 26);
    let stairs = session.staircase().stairs;
    assert_eq!(stairs.iter().map(|stair| (stair.from, stair.to)).collect::<Vec<_>>(), [(0, 16), (16, 32), (32, 64)]);
    assert!(34 < session.tokens().len(), "{text}: every program has its turn");
    for (position, token) in (0..).zip(session.tokens()) {
        let stair = stairs.iter().find(|stair| position < stair.to).expect("it is below the context");
        assert_eq!(token.cycles, stair.cycles, "token {position}");
    }
    assert_eq!(session.violations(), 0);
    assert_eq!(written(&mut session, 26), text, "a new text begins with the smallest program");
    let mut whole = tiny();
    assert_eq!(written(&mut whole, 26), text, "another order of additions changes no word of this text");
    assert_eq!((whole.compared(), session.compared()), (vec![0, 1, 2], vec![0, 1, 2, 16, 32]));
    assert_eq!((session.turn(15), session.turn(16), whole.turn(16)), (0, 1, 0));
    let broken = session.break_one(1, 6, &mut go_on).err().map(|error| (error.to_string(), error.chinese()));
    let (english, chinese) = broken.expect("programs take turns");
    assert!(english.contains("3 programs take turns") && chinese.contains("3 支程式"), "{english} {chinese}");
    let [first, second] = [15, 16].map(|token| session.fingerprint(token).expect("the token was run"));
    assert_ne!(first.events, second.events, "another program runs");
    let end = session.verified_at(16).extent().cycles;
    assert!((0..end).rev().any(|cycle| session.moment(16, cycle).is_some_and(|moment| !moment.live().is_empty())));
    assert!(session.break_one(1, 4, &mut go_on).is_err(), "one program is broken, not several");
}
