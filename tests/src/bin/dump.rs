//! What the simulator has at given places, and what a text's fingerprint is: the native side of the page's tests.
//!
//! In: the page's own model and first example; on standard input lines of `TOKEN CYCLE PLACE`, or the words `fingerprint`,
//!     `fingerprint buckets` or `numbers`.
//! Out: per line 640 hexadecimal digits, `empty`, `poisoned`, or `other` for a place that is no single word.
//! Invariant: the bytes come from a machine that ran each token from its launch on, without checkpoints; no frame is asked but for reading
//!     the letters of a place.

use frame::{IssueId, Selection, Timeline};
use sim::{Moment, WordView};
use std::io::{Read, stdin};
use study::cases::{Case, Compiled, Contest, Setting, Topic};
use study::{EXAMPLE, Flow, Listener, Options, Sampling, Session, StudyError};
use tests::{Alone, Tokens};
use units::Cycle;

const TINY: &[u8] = include_bytes!("../../../static/models/tiny.gguf");
/// Tokens that the page writes after a prompt.
const WRITTEN: usize = 24;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    match asked.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fingerprint"] => return fingerprints(Session::open),
        ["fingerprint", "buckets"] => return fingerprints(Session::open_in_buckets),
        ["numbers"] => return numbers(),
        _ => {}
    }
    let alone = Alone::new(TINY, EXAMPLE, Tokens::Written(WRITTEN), Options::default().context);
    let mut questions = String::new();
    stdin().read_to_string(&mut questions).expect("the questions are text");
    for question in questions.lines() {
        let words: Vec<&str> = question.split_whitespace().collect();
        let [token, cycle, place] = words[..] else { panic!("expected TOKEN CYCLE PLACE, found {question:?}") };
        let (token, cycle) = (token.parse().expect("a token"), cycle.parse().expect("a cycle"));
        let selection = frame::parse_selection(place, alone.chip()).expect("a place");
        println!("{}", held(&alone.moment(token, Cycle(cycle)), selection));
    }
}

type Open = fn(&'static [u8], &Options, Listener) -> Result<Session<&'static [u8]>, StudyError>;

/// Fingerprints come from a session: the page's are compared with them as numbers, not as bytes of places.
fn fingerprints(open: Open) {
    let mut go_on = |_| Flow::Continue;
    let mut session = open(TINY, &Options::default(), &mut go_on).expect("the committed model opens");
    session.prompt(EXAMPLE, Sampling::Greedy, &mut go_on).expect("the example is short");
    session.generate(WRITTEN as u32, Sampling::Greedy, &mut go_on).expect("there is room");
    for token in session.compared() {
        let print = session.fingerprint(token).expect("the token was run");
        let timeline = Timeline::new(session.chip(), session.verified_at(token).program());
        let pictures = frame::digest(&timeline, token);
        println!("{token} {print} {pictures:016x}");
    }
}

/// Every view of every case's answer, as a hash of its bytes; views that are about inputs alone once.
fn numbers() {
    let mut is_first = true;
    for case in Case::all() {
        let compiled = if case.is_compiled() { contestant() } else { None };
        let contest = Contest::open(case, compiled).expect("a built-in model, or the committed one");
        let is_asked = |topic: &Topic| is_first || !matches!(topic, Topic::Plans | Topic::Node | Topic::Claims);
        for topic in Topic::ALL.into_iter().filter(is_asked) {
            let view = contest.view(topic, &Setting::default(), None).expect("the case has an answer");
            println!("{} {topic:?} {:016x}", contest.case().id, frame::hash(&view.of_case()));
        }
        is_first = false;
    }
}

/// The committed model on one chip, as the page has it when its first text is written.
fn contestant() -> Option<Compiled> {
    let mut go_on = |_| Flow::Continue;
    let mut session = Session::open(TINY, &Options::default(), &mut go_on).expect("the committed model opens");
    session.prompt(EXAMPLE, Sampling::Greedy, &mut go_on).expect("the example is short");
    session.contestant()
}

fn held(moment: &Moment, selection: Selection) -> String {
    let word = match selection {
        Selection::Stream { stream, station } => moment.stream(stream, station).map(|live| live.word),
        Selection::Sram { slice, address } => moment.sram(slice, address),
        Selection::Value(id) => {
            let live = moment.live();
            let word = live.iter().find(|live| live.stream == id.stream && IssueId::from(live.producer) == id.issue);
            return word.map_or("other".to_owned(), |live| spelled(live.word));
        }
        Selection::Queue(_)
        | Selection::Plane { .. }
        | Selection::Flight(_)
        | Selection::Chip(_)
        | Selection::Issue(_) => {
            return "other".to_owned();
        }
    };
    word.map_or("empty".to_owned(), spelled)
}

fn spelled(word: WordView) -> String {
    match word {
        WordView::Poisoned(_) => "poisoned".to_owned(),
        WordView::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
