//! How the page's state answers actions.
//!
//! In: sequences of actions.  Out: the state and the effects that were expected.
//! Invariant: no browser is needed.

use super::*;
use crate::protocol::{Machine, MachineNote, TokenLine};
use crate::tour::tests::broken;
use study::Candidate;
use study::Sampling;

/// A page at an address.
pub(crate) fn opened(fragment: &str) -> State {
    State::open(&crate::link::parse(fragment), Lang::En)
}

#[test]
fn the_worker_is_ready_only_when_it_speaks_our_version() {
    let cases = [
        (vec![Some(Report::Hello { protocol: PROTOCOL })], Engine::Starting),
        (vec![Some(Report::Hello { protocol: PROTOCOL }), Some(Report::Ready)], Engine::Ready),
        (vec![Some(Report::Hello { protocol: PROTOCOL + 1 })], Engine::Stale),
        (vec![None], Engine::Stale),
    ];
    for (reports, expected) in cases {
        let mut state = opened("");
        for report in reports {
            state.reduce(Action::Reported(report));
        }
        assert_eq!(state.engine, expected);
    }
}

#[test]
fn a_view_enters_the_history_once() {
    let mut state = opened("");
    assert_eq!(state.view, View::Opening);
    assert_eq!(state.reduce(Action::Show(View::Chip)), [Effect::Push(state.link())]);
    assert_eq!(state.reduce(Action::Show(View::Chip)), []);
}

#[test]
fn an_address_overrides_the_browser_setting() {
    let state = opened("#v=chip&t=2&c=9&lang=zh");
    assert_eq!((state.view, state.lang), (View::Chip, Lang::Zh));
    assert_eq!(state.playback.motion, Motion::Stopped);
    assert_eq!(state.cursor, Cursor { token: 2, cycle: 9 });
    assert_eq!(opened("").lang, Lang::En);
}

pub(crate) fn run_of(lengths: &[u64]) -> Run {
    let line = |cycles: &u64| TokenLine {
        text: "x".to_owned(),
        share: None,
        is_prompt: true,
        is_special: false,
        cycles: *cycles,
        candidates: vec![Candidate { id: 1, text: "y".to_owned(), probability: 1.0 }],
        next: 1,
        millis: 0.0,
    };
    Run { epoch: Epoch(1), tokens: lengths.iter().map(line).collect(), next: "y".to_owned(), done: Done::No }
}

fn running() -> State {
    let mut state = opened("");
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[5, 7])))));
    state.cursor = Cursor::default();
    state
}

#[test]
fn steps_cross_tokens_and_stop_time() {
    let mut state = running();
    assert_eq!(state.playback.motion, Motion::Playing);
    for _ in 0..5 {
        state.reduce(Action::Command(Command::CycleOn));
    }
    assert_eq!(state.playback.motion, Motion::Stopped);
    assert_eq!(state.cursor, Cursor { token: 1, cycle: 0 });
    state.reduce(Action::Command(Command::CycleBack));
    assert_eq!(state.cursor, Cursor { token: 0, cycle: 4 });
    state.reduce(Action::Command(Command::Last));
    state.reduce(Action::Command(Command::TokenOn));
    assert_eq!(state.cursor, Cursor { token: 1, cycle: 0 });
}

#[test]
fn the_address_rests_while_time_runs() {
    let mut state = running();
    assert_eq!(state.reduce(Action::Tick(16.0)), []);
    assert_eq!(state.reduce(Action::Command(Command::TogglePlay)), [Effect::Replace(state.link())]);
}

/// A model on one chip.
pub(crate) fn model(opening: u64) -> Report {
    model_on(1, opening)
}

fn model_on(chips: u16, opening: u64) -> Report {
    Report::Opened(vec![program_on(chips, opening, (0, 8, 500))])
}

/// A model on one chip as programs with these positions and cycles.
pub(crate) fn model_of(stairs: &[(u32, u32, u64)]) -> Report {
    Report::Opened(stairs.iter().map(|stair| program_on(1, 40, *stair)).collect())
}

fn program_on(chips: u16, opening: u64, (from, to, cycles): (u32, u32, u64)) -> Opened {
    let deck =
        frame::Deck { length: cycles, hertz: 1, columns: vec![], greatest: [0; 4], spans: vec![], parts: vec![] };
    Opened {
        epoch: Epoch(1),
        model: "x".to_owned(),
        millis: crate::protocol::Millis::default(),
        context: 8,
        stair: study::Stair { from, to, cycles, instructions: 1, instruction_bytes: 320 },
        instruction_room: 3_200,
        left_out: vec![],
        deck,
        floors: vec![],
        opening,
        word: None,
        chips,
        machine: MachineNote::default(),
        traffic: (chips != 1).then_some(300),
    }
}

/// Two layers, with two and three operations.
#[test]
fn layers_and_operations_are_stepped_by_across_tokens() {
    let mut state = running();
    let span = |from, to| frame::DeckSpan { from, to, name: Text::default(), layer: None };
    let part = |instance, segments: &[(u64, u64)]| frame::Activity {
        instance,
        part: String::new(),
        name: Text::default(),
        unit: frame::Unit::Mem,
        cycles: 0,
        segments: segments.iter().map(|&(from, to)| frame::Segment { from, to, part: 0 }).collect(),
    };
    let mut program = program_on(1, 0, (0, 8, 5));
    program.deck.spans = vec![span(0, 2), span(2, 5)];
    program.deck.parts = vec![part(0, &[(0, 1), (1, 2)]), part(1, &[(2, 3), (4, 5)]), part(1, &[(3, 4)])];
    state.opened = Some(Rc::new(program));
    let mut places = |command, times: usize| -> Vec<(u32, u64)> {
        let press = |_| {
            state.reduce(Action::Command(command));
            (state.cursor.token, state.cursor.cycle)
        };
        (0..times).map(press).collect()
    };
    assert_eq!(places(Command::LayerOn, 4), [(0, 2), (1, 0), (1, 2), (1, 2)], "there is no third token");
    assert_eq!(places(Command::LayerBack, 4), [(1, 0), (0, 2), (0, 0), (0, 0)]);
    assert_eq!(places(Command::OpOn, 6), [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1)]);
    assert_eq!(places(Command::OpBack, 3), [(1, 0), (0, 4), (0, 3)]);
}

#[test]
fn the_traffic_is_shown_on_a_node_unless_the_viewer_says_otherwise() {
    let mut state = opened("");
    state.reduce(Action::Reported(Some(model(40))));
    let effects = state.reduce(Action::Show(View::Traffic));
    assert!(effects.contains(&Effect::Ask(Request::Chips(8))) && effects.contains(&Effect::Ask(Request::OpenOwn)));
    state.reduce(Action::Reported(Some(model_on(8, 40))));
    assert_eq!((state.chips, state.cursor.cycle), (8, 300));
    state.reduce(Action::Show(View::Token));
    assert_eq!(
        state
            .reduce(Action::Show(View::Traffic))
            .iter()
            .filter(|one| matches!(one, Effect::Ask(Request::Chips(_))))
            .count(),
        0
    );
    state.reduce(Action::Select(Some(Selection::Chip(5))));
    assert_eq!((state.on, state.link().on, state.link().chips), (5, Some(5), Some(8)));
    state.reduce(Action::Chips(2));
    state.reduce(Action::Reported(Some(model_on(2, 40))));
    assert_eq!((state.chips, state.on), (2, 0));
}

#[test]
fn time_rests_while_the_page_is_hidden() {
    let mut state = running();
    let (cursor, motion) = (state.cursor, state.playback.motion);
    assert_eq!(state.reduce(Action::Tick(600_000.0)), []);
    assert_eq!((state.cursor, state.playback.motion, state.skipped), (cursor, motion, Some((Skipped::Hidden, cursor))));
    state.reduce(Action::Tick(1_000.0));
    assert!(cursor < state.cursor, "a slow frame is none of a hidden page");
}

#[test]
fn what_an_address_or_a_setting_does_not_mean_is_named() {
    let mut state = opened("#v=chip&t=x&nonsense=7");
    let named = |state: &State| state.trouble.as_ref().map(|text| (text.zh.clone(), text.en.clone()));
    let (zh, en) = named(&state).expect("two parts mean nothing");
    assert!(zh.contains("t=x、nonsense=7") && en.contains("t=x, nonsense=7"), "{zh} {en}");
    assert_eq!(state.view, View::Chip, "the rest is followed");
    state.reduce(Action::Dismiss);
    state.take_theme("light");
    assert_eq!((state.theme, named(&state)), (crate::theme::Theme::Light, None));
    state.take_theme("mauve");
    let (zh, en) = named(&state).expect("no such theme");
    assert!(zh.contains("mauve") && en.contains("mauve"), "{zh} {en}");
    assert_eq!(state.theme, crate::theme::Theme::Dark);
}

#[test]
fn an_address_with_chips_asks_for_them_first() {
    let mut state = opened("#v=traffic&n=4&on=3");
    let effects = state.reduce(Action::Reported(Some(Report::Ready)));
    assert_eq!(effects, [Effect::Ask(Request::Chips(4)), Effect::Ask(Request::OpenOwn)]);
    state.reduce(Action::Reported(Some(model_on(4, 40))));
    assert_eq!(state.on, 3);
}

#[test]
fn the_opening_goes_along_with_the_text_until_the_viewer_moves() {
    let mut state = opened("");
    state.reduce(Action::Reported(Some(model(40))));
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[500, 500])))));
    assert_eq!(state.cursor, Cursor { token: 1, cycle: 40 });
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[500, 500, 500])))));
    for _ in 0..30 {
        state.reduce(Action::Tick(100.0));
    }
    assert_eq!(state.cursor.token, 2);
    state.reduce(Action::Command(Command::CycleBack));
    let there = state.cursor;
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[500, 500, 500, 500])))));
    assert_eq!(state.cursor, there);
}

#[test]
fn an_event_that_comes_late_moves_nothing() {
    let mut state = running();
    let asked = state.cursor;
    state.reduce(Action::Jump(Cursor { token: 1, cycle: 3 }));
    let late = Report::Event { cursor: asked, direction: Direction::Forward, found: Some(4) };
    state.reduce(Action::Reported(Some(late)));
    assert_eq!(state.cursor, Cursor { token: 1, cycle: 3 });
}

#[test]
fn a_stretch_in_which_nothing_moves_is_passed_over_once() {
    let mut state = opened("");
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[500])))));
    state.cursor = Cursor { token: 0, cycle: 100 };
    let asked = state.cursor;
    assert_eq!(state.reduce(Action::Quiet).len(), 1);
    assert_eq!(state.reduce(Action::Quiet), []);
    state.cursor.cycle += 3;
    let event = Report::Event { cursor: asked, direction: Direction::Forward, found: Some(180) };
    state.reduce(Action::Reported(Some(event)));
    assert_eq!(state.cursor.cycle, 178);
    assert_eq!(state.skipped, Some((Skipped::Quiet(75), state.cursor)));
    assert_eq!(state.playback.motion, Motion::Playing);
}

#[test]
fn a_cancelled_or_refused_model_leaves_the_one_that_is_shown() {
    let mut state = running();
    state.reduce(Action::Reported(Some(model(40))));
    for give_up in [None, Some(Report::Refused(Text::same("no")))] {
        let asked = state.reduce(Action::Model(Source::Offered("big.gguf".to_owned())));
        assert_eq!(asked[0], Effect::Ask(Request::OpenOffered("big.gguf".to_owned())));
        assert_eq!(state.link().model.as_deref(), Some("big.gguf"));
        match give_up {
            None => state.restarting(),
            report => drop(state.reduce(Action::Reported(report))),
        }
        assert_eq!((state.link().model, &state.source), (None, &Source::Own));
    }
    assert_eq!(state.reduce(Action::Model(Source::Given)), [Effect::Replace(state.link())]);
    state.reduce(Action::Reported(Some(model(40))));
    state.restarting();
    assert_eq!(state.reduce(Action::Reported(Some(Report::Hello { protocol: PROTOCOL }))).len(), 1);
    assert_eq!(state.reduce(Action::Reported(Some(Report::Ready))), [Effect::GiveAgain]);
}

#[test]
fn after_the_last_event_of_a_token_comes_the_next_token() {
    let mut state = running();
    state.reduce(Action::Command(Command::EventOn));
    for (direction, expected) in
        [(Direction::Forward, Cursor { token: 1, cycle: 0 }), (Direction::Backward, Cursor { token: 0, cycle: 4 })]
    {
        let none = Report::Event { cursor: state.cursor, direction, found: None };
        state.reduce(Action::Reported(Some(none)));
        assert_eq!(state.cursor, expected);
    }
}

#[test]
fn a_refusal_leaves_everything_as_it_was() {
    let mut state = running();
    let before = state.clone();
    state.reduce(Action::Reported(Some(Report::Refused(Text::same("no")))));
    assert!(state.trouble.is_some());
    state.reduce(Action::Dismiss);
    assert_eq!(state, before);
}

#[test]
fn switching_the_language_twice_changes_nothing() {
    let mut state = opened("");
    let before = state.clone();
    state.reduce(Action::SwitchLanguage);
    assert_ne!(state, before);
    state.reduce(Action::SwitchLanguage);
    assert_eq!(state, before);
}

#[test]
fn another_machine_is_compiled_for_once_it_is_possible() {
    let mut state = running();
    state.reduce(Action::Reported(Some(model(0))));
    let wanted = Machine::File("{}".to_owned());
    assert_eq!(state.reduce(Action::Send(Request::Machine(wanted.clone()))), [Effect::Ask(Request::Machine(wanted))]);
    // What is refused changes neither machine nor address.
    let text = Text::same("no");
    state.reduce(Action::Reported(Some(Report::Refused(text.clone()))));
    assert_eq!((state.machine.as_str(), state.trouble.clone()), ("", Some(text)));
    let differences = "latency.hop=2\nname=\"mine\"".to_owned();
    let note = MachineNote { differences: differences.clone(), ..MachineNote::default() };
    let effects = state.reduce(Action::Reported(Some(Report::Machine(note))));
    assert_eq!(state.link().machine, Some(differences));
    assert_eq!(effects, [Effect::Push(state.link()), Effect::Ask(Request::OpenOwn)]);
    // Back: the published machine again.
    let back = Link { machine: None, ..state.link() };
    let published = Request::Machine(Machine::Differences(String::new()));
    assert!(state.reduce(Action::Followed(back)).contains(&Effect::Ask(published)));
}

#[test]
fn back_brings_the_text_the_seed_and_the_model_of_the_entry() {
    let mut state = running();
    state.reduce(Action::Reported(Some(model(0))));
    let first = state.link();
    let own = Effect::Ask(Request::Prompt(state.lang.texts().prompts()[0].to_owned(), Sampling::Greedy));
    // Each is an entry of its own; the same again is none.
    for (action, sampling, is_new) in [
        (Action::Prompt("A".to_owned()), Sampling::Greedy, true),
        (Action::Draw(Some(7)), Sampling::Seeded { seed: 7 }, true),
        (Action::Draw(None), Sampling::Greedy, true),
        (Action::Prompt("A".to_owned()), Sampling::Greedy, false),
    ] {
        let before = state.link();
        let effects = state.reduce(action);
        let push = Effect::Push(state.link());
        let kept = if is_new { vec![Effect::Replace(before), push] } else { vec![Effect::Replace(before)] };
        let asked = Effect::Ask(Request::Prompt("A".to_owned(), sampling));
        assert_eq!(effects, [kept, vec![asked]].concat());
    }
    let typed = state.link();
    let asked = state.reduce(Action::Followed(first.clone()));
    assert_eq!((asked.first(), state.link()), (Some(&own), first.clone()));
    // The same text is not written again.
    assert!(!state.reduce(Action::Followed(first.clone())).contains(&own));
    let offered = Effect::Ask(Request::OpenOffered("big.gguf".to_owned()));
    let asked = state.reduce(Action::Model(Source::Offered("big.gguf".to_owned())));
    assert_eq!(asked, [offered.clone(), Effect::Replace(first.clone()), Effect::Push(state.link())]);
    let big = state.link();
    assert!(state.reduce(Action::Followed(first)).contains(&Effect::Ask(Request::OpenOwn)));
    assert!(state.reduce(Action::Followed(big.clone())).contains(&offered));
    // What an entry asks for is asked once: the model, which then writes the entry's text.
    let both = Link { prompt: typed.prompt, ..big };
    state.reduce(Action::Followed(both.clone()));
    assert_eq!(state.link(), both);
    // An address without a place is of somebody else: model and text stay.
    state.reduce(Action::Followed(Link { view: Some(View::Memory), ..Link::default() }));
    assert_eq!((state.link().model, state.link().prompt), (both.model, both.prompt));
}

#[test]
fn a_late_car_stays_with_the_text_in_which_it_was_late() {
    let mut state = running();
    state.reduce(Action::Reported(Some(model(0))));
    state.broken = Some(Rc::new(broken(7)));
    let late = state.link();
    assert_eq!(late.late, Some(7));
    let effects = state.reduce(Action::Prompt("A".to_owned()));
    assert_eq!(effects[..2], [Effect::Replace(late.clone()), Effect::Push(Link { late: None, ..state.link() })]);
    // Until another text is there the broken one stays: the new one may be refused.
    assert!(state.broken.is_some());
    state.reduce(Action::Reported(Some(Report::Run(Run { epoch: Epoch(100), ..run_of(&[90]) }))));
    assert_eq!((state.broken.clone(), state.link().late), (None, None));
    // Back: the text is written again, and then the car is late again.
    state.reduce(Action::Followed(late));
    assert_eq!(state.wanted_late, Some(7));
    // Chips on which nothing was late yet have no late car in their address.
    state.broken = Some(Rc::new(broken(7)));
    let effects = state.reduce(Action::Chips(8));
    assert!(effects.contains(&Effect::Push(Link { late: None, ..state.link() })), "{effects:?}");
}

#[test]
fn a_text_that_is_refused_gives_way_to_the_one_that_is_shown() {
    let mut state = running();
    state.reduce(Action::Reported(Some(model(0))));
    state.reduce(Action::Prompt("A".to_owned()));
    state.reduce(Action::Reported(Some(Report::Run(run_of(&[90, 90])))));
    state.reduce(Action::Prompt("too long".to_owned()));
    state.reduce(Action::Reported(Some(Report::Refused(Text::same("no")))));
    assert_eq!((state.link().prompt.as_deref(), state.trouble.is_some()), (Some("A"), true));
    // What was refused is not said of another entry.
    state.reduce(Action::Followed(Link { prompt: None, ..state.link() }));
    assert_eq!(state.trouble, None);
}

#[test]
fn an_address_with_an_impossible_machine_opens_on_the_published_one() {
    let link = Link { machine: Some("words=9000".to_owned()), ..Link::default() };
    let mut state = State::open(&link, Lang::En);
    let effects = state.reduce(Action::Reported(Some(Report::Hello { protocol: PROTOCOL })));
    assert_eq!(effects, [Effect::Ask(Request::Hello { protocol: PROTOCOL })]);
    let asked = state.reduce(Action::Reported(Some(Report::Ready)));
    assert_eq!(asked, [Effect::Ask(Request::Machine(Machine::Differences("words=9000".to_owned())))]);
    let text = Text::same("words is 9000");
    assert_eq!(state.reduce(Action::Reported(Some(Report::Refused(text.clone())))), [Effect::Ask(Request::OpenOwn)]);
    state.reduce(Action::Reported(Some(model(0))));
    assert_eq!((state.machine.as_str(), state.trouble.clone()), ("", Some(text)));
}

#[test]
fn an_address_that_cannot_be_opened_gives_way_to_the_page_as_it_is_for_everybody() {
    let refused = || Action::Reported(Some(Report::Refused(Text::same("no"))));
    let own = |first: &[Request]| {
        let all = first.iter().cloned().chain([Request::OpenOwn]);
        all.map(Effect::Ask).collect::<Vec<_>>()
    };
    let cases = [
        ("#n=3", own(&[Request::Chips(1)])),
        ("#m=6e6f&turns=buckets", own(&[Request::Chips(1), Request::Programs(Programs::One)])),
        ("", Vec::new()),
    ];
    for (address, expected) in cases {
        let mut state = opened(address);
        assert_eq!(state.reduce(refused()), expected, "{address}");
        assert_eq!(state.reduce(refused()), [], "{address}: once");
        assert!(state.trouble.is_some() && state.link() == State::open(&Link::default(), state.lang).link());
    }
    // The machine goes first, the model of the address stays.
    let mut state = opened("#m=6e6f&chip=78");
    let model = Effect::Ask(Request::OpenOffered("no".to_owned()));
    assert_eq!(state.reduce(refused()), [model]);
    // A text that has no room gives way to the page's own.
    let mut state = opened("#p=41");
    state.reduce(Action::Reported(Some(model_of(&[(0, 8, 90)]))));
    let own = state.lang.texts().prompts()[0].to_owned();
    assert_eq!(state.reduce(refused()), [Effect::Ask(Request::Prompt(own, Sampling::Greedy))]);
    assert_eq!(state.link().prompt, None);
}

#[test]
fn a_place_that_is_not_there_gives_way_to_the_nearest_and_is_named() {
    let whole = || Run { done: Done::Yes, ..run_of(&[90, 90, 90]) };
    let cases = [
        ("#t=1&c=89", (1, 89), 0, false),
        ("#t=1&c=90", (1, 89), 0, true),
        ("#t=99&c=5", (2, 5), 0, true),
        ("#t=99&c=999", (2, 89), 0, true),
        ("#t=0&c=0&on=7", (0, 0), 0, true),
    ];
    for (address, (token, cycle), on, is_named) in cases {
        let mut state = opened(address);
        state.reduce(Action::Reported(Some(model_of(&[(0, 8, 90)]))));
        state.reduce(Action::Reported(Some(Report::Run(whole()))));
        assert_eq!((state.cursor, state.on), (Cursor { token, cycle }, on), "{address}");
        assert_eq!(state.trouble.is_some(), is_named, "{address}");
        // The same of an address that is typed into a page that is there.
        let mut state = opened("");
        state.reduce(Action::Reported(Some(model_of(&[(0, 8, 90)]))));
        state.reduce(Action::Reported(Some(Report::Run(whole()))));
        state.reduce(Action::Followed(crate::link::parse(address)));
        assert_eq!(state.cursor, Cursor { token, cycle }, "{address}, typed");
    }
}

#[test]
fn an_address_in_the_traffic_keeps_its_cycle() {
    let mut state = opened("#v=traffic&t=1&c=7&n=8");
    state.reduce(Action::Reported(Some(model(40))));
    assert_eq!(state.cursor, Cursor { token: 1, cycle: 7 });
}
