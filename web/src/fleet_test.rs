//! How the page answers for hundreds of chips.
//!
//! In: sequences of actions.  Out: the state and the effects that were expected.
//! Invariant: no browser is needed; a worker that is not wanted is ended.

use super::*;
use crate::i18n::Lang;
use crate::state::Action;

const MODEL: &str = "llama-2-70b";

/// An empty picture of what is wanted.
pub(crate) fn shown(wanted: &Wanted) -> Shown {
    Shown { wanted: wanted.clone(), scene: CityScene::default(), facts: CityFacts::default() }
}

fn asked(chips: u32) -> Ask {
    Ask::Open(Some((MODEL.to_owned(), chips)))
}

fn hello() -> Action {
    Action::Fleet(Ask::Said(Some(Report::Hello { protocol: PROTOCOL })))
}

fn page() -> State {
    State::open(&crate::link::parse("#v=traffic"), Lang::En)
}

#[test]
fn what_is_looked_at_survives_the_address() {
    let link = frame::Queue::all(&study::Chip::lpu_14nm())
        .into_iter()
        .find_map(|queue| if let frame::Queue::LinkSend(link) = queue { Some(link) } else { None })
        .expect("a chip has links");
    for place in [Place::All, Place::Rack(8), Place::Node(71), Place::Link { node: 3, chip: 7, link }] {
        for (cycle, users, beside) in [(0, Users::One, Beside::Holds), (1_749_226, Users::All, Beside::Routing)] {
            let wanted = Wanted { place, cycle, users, beside, ..Wanted::whole(MODEL.to_owned(), 576) };
            let mut read = None;
            for part in print(&wanted) {
                let (key, value) = part.split_once('=').expect("a pair");
                parse(&mut read, key, value);
            }
            assert_eq!(read, Some(wanted));
        }
    }
    for broken in ["fleet=llama-2-70b", "fleet=gpt-9.64", "fleet=llama-2-7b.x"] {
        let mut read = None;
        let (key, value) = broken.split_once('=').expect("a pair");
        parse(&mut read, key, value);
        assert_eq!(read, None, "{broken}");
    }
    let mut read = Some(Wanted::whole(MODEL.to_owned(), 576));
    for value in ["", "x1", "l1.2", "l1.2.Q9", "r-1"] {
        parse(&mut read, "at", value);
        assert_eq!(read.as_ref().map(|wanted| wanted.place), Some(Place::All), "{value}");
    }
}

#[test]
fn the_worker_comes_when_it_is_wanted_and_ends_when_it_is_not() {
    let mut state = page();
    let effects = state.reduce(Action::Fleet(asked(576)));
    assert_eq!(effects, [Effect::Push(state.link()), Effect::StartFleet]);
    let wanted = Wanted::whole(MODEL.to_owned(), 576);
    assert_eq!(state.reduce(hello()), [Effect::AskFleet(Request::Show(wanted))]);
    let progress = Progress { stage: study::Stage::Compile, done: 3, of: 20 };
    state.reduce(Action::Fleet(Ask::Said(Some(Report::Progress(progress)))));
    assert_eq!(state.fleet.stand, Stand::Ready(Some(progress)));
    // Another number of chips while it compiles: it starts anew.
    assert!(state.reduce(Action::Fleet(asked(512))).contains(&Effect::StartFleet));
    assert!(state.reduce(Action::Fleet(Ask::Open(None))).contains(&Effect::EndFleet));
    assert_eq!(state.fleet, Fleet::default());
}

#[test]
fn a_refusal_leaves_what_was_there() {
    let mut state = page();
    state.reduce(Action::Fleet(asked(320)));
    state.reduce(hello());
    let text = Text::same("too few");
    let effects = state.reduce(Action::Fleet(Ask::Said(Some(Report::Refused(text.clone())))));
    assert_eq!((state.fleet.wanted.clone(), state.trouble.clone()), (None, Some(text)));
    assert_eq!(effects, [Effect::Replace(state.link())]);
}

#[test]
fn keys_step_through_its_token_and_leave_the_other_cursor_alone() {
    let mut state = page();
    state.reduce(Action::Fleet(asked(576)));
    state.reduce(hello());
    let cursor = state.cursor;
    let wanted = state.fleet.wanted.clone().expect("it is wanted");
    let step = Effect::AskFleet(Request::Step(wanted.clone(), Direction::Forward));
    assert_eq!(state.reduce(Action::Command(Command::EventOn)), [step]);
    state.reduce(Action::Fleet(Ask::Said(Some(Report::Stepped(wanted, Some(4_242))))));
    assert_eq!(state.fleet.wanted.as_ref().map(|wanted| wanted.cycle), Some(4_242));
    state.reduce(Action::Fleet(Ask::Look(Place::Node(10))));
    state.reduce(Action::Command(Command::Release));
    assert_eq!(state.fleet.wanted.as_ref().map(|wanted| wanted.place), Some(Place::Rack(1)));
    assert_eq!(state.cursor, cursor);
}
