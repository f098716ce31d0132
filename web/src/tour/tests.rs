//! The tour without a browser: its steps as data, and the ways through it.
//!
//! In: every step; sequences of keys.  Out: what was expected.
//! Invariant: no step is taken on trust: links, names, lengths and languages of all of them are looked at.

use super::*;
use crate::keys::{Held, command};
use crate::numbers::{Ledger, always};
use crate::protocol::{BrokenText, Done, Epoch, Facts, Opened, PROTOCOL, Programs, Report, Request, Run, TokenLine};
use crate::rival::{self, Heard};
use crate::rush::Shown;
use crate::state::{Action, Effect, Looked, State};
use fill::{Piece, fill};
use frame::{
    Activity, Class, Cursor, Deck, Format, Holding, Inspection, Legend, Maker, Meeting, MemoryFacts, Queue, Segment,
    Selection, Text, TrafficFacts, Unit,
};
use std::rc::Rc;
use study::{Bounds, Second};

/// English words and Chinese letters of a text at most, and of a reveal.
const WORDS_MOST: usize = 60;
const LETTERS_MOST: usize = 90;

fn texts(step: &Step) -> Vec<Both> {
    let asked = step.ask.iter().flat_map(|ask| std::iter::once(&ask.question).chain(ask.answers)).copied();
    [step.text].into_iter().chain(asked).chain([step.reveal]).filter(|text| !text.en.is_empty()).collect()
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

/// The names that a text asks the state for, and the text without them.
fn names(text: &str) -> (Vec<&str>, String) {
    let parts: Vec<&str> = text.split(['{', '}']).collect();
    let words = parts.iter().step_by(2).copied().collect();
    (parts.iter().skip(1).step_by(2).copied().collect(), words)
}

#[test]
fn every_link_is_read_and_printed_back() {
    for place in Place::all() {
        let step = place.step();
        let target = step.target();
        assert_eq!(link::parse(&link::print(&target)), target, "{}", place.print());
        assert!(target.view.is_some(), "{}: {}", place.print(), step.link);
        let shown = Link { tour: Some(place), ..target };
        assert_eq!(link::parse(&link::print(&shown)), shown);
        assert_eq!(link::print(&link::parse(step.link)), step.link, "the link is written as it is printed");
    }
}

#[test]
fn every_text_is_short_and_there_in_both_languages() {
    for place in Place::all() {
        let step = place.step();
        for text in texts(step) {
            let (zh, en) = (names(text.zh).1, names(text.en).1);
            let letters = zh.chars().filter(|letter| is_chinese(*letter)).count();
            let words = en.split_whitespace().count();
            assert!(0 < letters && !en.chars().any(is_chinese), "{}: {zh} / {en}", place.print());
            assert!(letters <= LETTERS_MOST && words <= WORDS_MOST, "{}: {letters}, {words}: {en}", place.print());
            assert_eq!(text.zh.matches('*').count() % 2, 0, "{}: {zh}", place.print());
            let (mut of_zh, mut of_en) = (names(text.zh).0, names(text.en).0);
            of_zh.sort_unstable();
            of_zh.dedup();
            of_en.sort_unstable();
            of_en.dedup();
            // English may say a unit that Chinese leaves to the figure beside it.
            let missing: Vec<&&str> = of_zh.iter().filter(|name| !of_en.contains(name)).collect();
            assert!(missing.is_empty(), "{}: {missing:?} is told in Chinese only", place.print());
        }
        assert_eq!(step.source.zh.is_empty(), step.source.en.is_empty());
        assert!(step.has_deed() || (step.reveal.en.is_empty() && step.ask.is_none()), "{}", place.print());
        assert!(step.ask.is_none_or(|ask| (2..=4).contains(&ask.answers.len())));
        if let Some(Ask { right: Right::Fixed(index), answers, .. }) = step.ask {
            assert!(index < answers.len());
        }
    }
}

#[test]
fn a_number_is_the_states_or_has_a_source() {
    for place in Place::all() {
        for text in texts(place.step()) {
            let typed = |text: &str| names(text).1.replace("H100", "").replace("L1", "").replace("L2", "");
            let has_digit = [text.zh, text.en].iter().any(|text| typed(text).chars().any(|c| c.is_ascii_digit()));
            assert!(!has_digit || !place.step().source.en.is_empty(), "{}: {}", place.print(), text.en);
        }
    }
}

#[test]
fn a_step_that_changes_the_chips_does_not_name_what_changes_with_them() {
    for step in Place::all().map(Place::step).filter(|step| matches!(step.deed, Deed::Chips(_))) {
        let fixed = ["vector", "streams", "rows", "slices", "chip_memory", "mega", "alone"];
        for lang in [Lang::Zh, Lang::En] {
            let names = names(step.text.of(lang)).0;
            assert!(names.iter().all(|name| fixed.contains(name)), "{names:?}: {}", step.text.of(lang));
        }
    }
}

fn opened(chips: u16) -> Opened {
    let part = Activity {
        instance: 0,
        part: "softmax".to_owned(),
        name: Text::same("softmax"),
        unit: Unit::Vxm,
        cycles: 193,
        segments: vec![Segment { from: 0, to: 193, part: 0 }],
    };
    let length = if chips == 1 { 5_974 } else { 6_195 };
    let deck = Deck { length, hertz: 900_000_000, columns: vec![], greatest: [0; 4], spans: vec![], parts: vec![part] };
    Opened {
        epoch: Epoch(u32::from(chips)),
        model: "tiny".to_owned(),
        millis: crate::protocol::Millis::default(),
        context: 128,
        stair: study::Stair { from: 0, to: 128, cycles: length, instructions: 12_345, instruction_bytes: 320 },
        instruction_room: 3_200,
        left_out: vec![],
        deck,
        floors: vec![],
        opening: 700,
        word: None,
        chips,
        machine: crate::protocol::MachineNote::default(),
        traffic: (chips != 1).then_some(2_000),
    }
}

/// The model as one program, or as two that take turns.
fn stairs(chips: u16, programs: Programs) -> Vec<Opened> {
    let whole = opened(chips);
    let part = |from, to| Opened { stair: study::Stair { from, to, ..whole.stair }, ..whole.clone() };
    match programs {
        Programs::One => vec![part(0, 128)],
        Programs::Buckets => vec![part(0, 16), part(16, 128)],
    }
}

fn run(epoch: u32) -> Run {
    let line = |index: usize| TokenLine {
        text: format!("w{index}"),
        share: None,
        is_prompt: index < 3,
        is_special: false,
        cycles: 5_974,
        candidates: vec![study::Candidate { id: 1, text: " on".to_owned(), probability: 0.75 }],
        next: 1,
        millis: 1.0,
    };
    Run { epoch: Epoch(epoch), tokens: (0..8).map(line).collect(), next: "x".to_owned(), done: Done::Yes }
}

/// The worker answers what the effects ask of it, as far as models and texts go; the rest is returned.
fn answer(state: &mut State, effects: Vec<Effect>) -> Vec<Effect> {
    let mut chips = state.opened.as_ref().map_or(1, |opened| opened.chips);
    let mut programs = if state.turns.are_several() { Programs::Buckets } else { Programs::One };
    let mut queue = std::collections::VecDeque::from(effects);
    let mut seen = Vec::new();
    while let Some(effect) = queue.pop_front() {
        let report = match &effect {
            Effect::Ask(Request::Chips(wanted)) => {
                chips = *wanted;
                None
            }
            Effect::Ask(Request::Programs(wanted)) => {
                programs = *wanted;
                None
            }
            Effect::Ask(Request::OpenOwn) => Some(Report::Opened(stairs(chips, programs))),
            Effect::Ask(Request::Prompt(..)) => Some(Report::Run(run(u32::from(chips)))),
            Effect::Ask(Request::Break { seed }) => Some(Report::Broken(Box::new(broken(*seed)))),
            Effect::Ask(Request::Undo) => Some(Report::Mended(run(u32::from(chips)))),
            _ => None,
        };
        let heard = match &effect {
            Effect::StartRival => Some(rival::Report::Hello { protocol: PROTOCOL }),
            Effect::AskRival(rival::Request::Numbers(wanted)) => {
                Some(rival::Report::Numbers(Box::new(Ledger::default().answer(wanted.clone(), || 0.0))))
            }
            Effect::AskRival(rival::Request::Moment(wanted)) => {
                Some(rival::Report::Moment(Ok(Box::new(Shown { wanted: *wanted, ..moment() }))))
            }
            _ => None,
        };
        queue.extend(heard.into_iter().flat_map(|report| state.reduce(Action::Rival(Heard::Said(Some(report))))));
        seen.push(effect);
        if let Some(report) = report {
            queue.extend(state.reduce(Action::Reported(Some(report))));
        }
        queue.extend(state.ask_moment());
    }
    seen
}

/// A moment inside a chip, with figures of its own.
fn moment() -> Shown {
    let facts = study::cases::CrowdFacts {
        gpu: "GPU".to_owned(),
        format: "fp8".to_owned(),
        bytes: 1e6,
        seed: 3,
        seeds: 31,
        length: 900.0,
        punctual: 800.0,
        range: (700.0, 1_000.0),
        waiting: 0.1,
        refreshes: 7,
        channels: 160,
        groups: 8,
        gpus: 8,
        before: 3_700.0,
    };
    let routed = frame::RoutedFacts {
        hertz: 900_000_000,
        cycles: 500,
        ways: 10,
        unmet: 0,
        bytes: 3_200,
        streams: 64,
        busiest: 9,
    };
    let scene = frame::Scene { width: 1.0, height: 1.0, layers: vec![] };
    let served = crowd::NAMES.iter().filter(|name| name.starts_with("served_"));
    let mut values = crate::scenes::inside_values(&facts, &routed);
    values.extend(served.map(|name| ((*name).to_owned(), "5".to_owned())));
    let empty = || Text::same("x");
    let (wanted, clock, words) = (crate::rush::Wanted::default(), String::new(), [empty(), empty(), empty()]);
    Shown { wanted, scene, end: 900, clock, words, sides: vec![], note: empty(), values }
}

pub(crate) fn broken(seed: u64) -> BrokenText {
    let mut run = run(99);
    run.tokens[6].text = "y".to_owned();
    BrokenText {
        run,
        change: Text::same("late"),
        verdicts: vec![],
        total: 2,
        at: Cursor { token: 4, cycle: 9 },
        late: None,
        misses: 34,
        seed,
    }
}

/// A page that has opened its model at an address.
fn page(fragment: &str) -> State {
    let mut state = State::open(&link::parse(fragment), Lang::En);
    let effects = state.reduce(Action::Reported(Some(Report::Ready)));
    answer(&mut state, effects);
    state
}

fn press(state: &mut State, code: &str) -> Vec<Effect> {
    let command = command(code, Held::Nothing).expect("a key of the table");
    let effects = state.reduce(Action::Command(command));
    answer(state, effects)
}

fn looked(state: &State) -> Looked {
    let selection = state.selection.expect("something is pointed at");
    let who = Text::same("the matrix unit");
    let queue = Queue::MxmWeights(frame::Hemisphere::East, 0);
    Looked {
        cursor: state.cursor,
        selection,
        inspection: Inspection {
            title: Text::same("stream"),
            place: Text::same("here"),
            holding: Holding::Unknown,
            meaning: Some(Text::same("row 1")),
            format: Format::Int8,
            maker: Some(Maker {
                who: who.clone(),
                queue: None,
                instruction: String::new(),
                address: None,
                cycle: None,
            }),
            meeting: Some(Meeting { who, queue, instruction: String::new(), cycle: 9, after: 4 }),
            statistics: None,
            value: None,
            lines: vec![],
        },
    }
}

fn first_bound() -> study::First {
    let graph = study::Builtin::find("llama-2-7b").expect("a built-in shape").decode_step(64);
    study::first_bound(&graph, &study::Options::default().chip, 1).expect("a model of the family")
}

/// The figures that stand beside the step's picture.
fn facts(state: &State) -> Option<Facts> {
    match state.view {
        View::Memory => Some(Facts::Memory(MemoryFacts {
            legend: vec![Legend {
                class: Class::Attention,
                colour: frame::Colour::Mem,
                name: Text::same("x"),
                bytes: 300_000,
            }],
            bytes: 230_686_720,
            usable: 1,
            bytes_per_token: 1,
            room: 1,
            written: vec![],
            difference: None,
        })),
        View::Traffic => Some(Facts::Traffic(TrafficFacts {
            chips: state.chips,
            cables: 28,
            vectors: 1_792,
            bytes: 573_440,
            crossing: 509,
            nanoseconds: 566.0,
            spread: 0,
            waited: 0,
            cycles: 6_195,
            travelling: 1,
            busy: 0.124,
            now: 0,
        })),
        View::Compiler => Some(Facts::Compiler(Box::new(frame::CompilerFacts {
            passes: vec![],
            funnel: vec![frame::Funneled { count: 7, of: None, what: Text::same("x") }; 5],
            stage: Text::same("x"),
            part: Text::same("x"),
            bounds: Bounds {
                cycles: 5_974,
                first: first_bound(),
                second: Second { cycles: 4_000, stages: vec![] },
                first_gap: 1.0,
                second_gap: 0.5,
            },
            chosen: None,
        }))),
        _ => None,
    }
}

#[test]
fn every_name_in_a_text_is_known_and_filled() {
    let mut state = page("");
    press(&mut state, "KeyT");
    for place in Place::all() {
        assert_eq!(state.tour.here(), Some(place));
        let step = place.step();
        if step.has_deed() {
            press(&mut state, "Space");
            if state.selection.is_none() && step.beside == Beside::Drawer {
                let value = frame::parse_selection("E7:3.4.5.6", &study::Options::default().chip).expect("a value");
                state.reduce(Action::StopTime(Some(value)));
            }
        }
        state.looked = state.selection.map(|_| Rc::new(looked(&state)));
        let mut gaps = Vec::new();
        for text in texts(step) {
            for lang in [Lang::Zh, Lang::En] {
                let names = names(text.of(lang)).0;
                let lists = [&fill::NAMES[..], &fall::NAMES, &crowd::NAMES];
                let is_known = |name: &&str| lists.iter().any(|list| list.contains(name));
                assert!(names.iter().all(is_known), "{}: {names:?}", place.print());
                let gap = |piece: &Piece| *piece == Piece::Gap;
                gaps.extend(fill(text.of(lang), &state, facts(&state).as_ref()).into_iter().filter(gap));
            }
        }
        assert!(gaps.is_empty(), "{}: {} gaps", place.print(), gaps.len());
        press(&mut state, "Space");
    }
}

#[test]
fn every_step_is_reached_forwards_and_backwards() {
    let mut state = page("");
    press(&mut state, "KeyT");
    let all: Vec<Place> = Place::all().collect();
    for place in &all {
        assert_eq!(state.tour.here(), Some(*place));
        let target = place.step().target();
        assert_eq!((Some(state.view), state.chips), (target.view, target.chips.unwrap_or(1)), "{}", place.print());
        assert_eq!(state.turns.wanted, target.programs.unwrap_or_default(), "{}", place.print());
        assert!(!state.tour_waits(), "{}", place.print());
        assert_eq!(state.broken.is_some(), target.late.is_some(), "{}", place.print());
        press(&mut state, "ArrowRight");
    }
    assert_eq!((state.tour.here(), state.tour.left_at()), (None, all.last().copied()));
    press(&mut state, "KeyT");
    for place in all.iter().rev() {
        assert_eq!(state.tour.here(), Some(*place));
        press(&mut state, "ArrowLeft");
    }
    assert_eq!(state.tour.here(), all.first().copied());
}

#[test]
fn every_step_stands_alone() {
    for place in Place::all() {
        let state = page(&format!("#tour={}", place.print()));
        let target = place.step().target();
        assert_eq!(state.tour.here(), Some(place));
        assert_eq!((Some(state.view), state.chips), (target.view, target.chips.unwrap_or(1)), "{}", place.print());
        assert_eq!(state.turns.wanted, target.programs.unwrap_or_default(), "{}", place.print());
        assert!(!state.tour_waits(), "{}", place.print());
    }
}

#[test]
fn leaving_keeps_the_place_and_what_was_explored_stays_in_the_history() {
    let mut state = page("");
    press(&mut state, "KeyT");
    (0..4).for_each(|_| drop(press(&mut state, "ArrowRight")));
    let place = state.tour.here().expect("in the tour");
    press(&mut state, "Escape");
    assert_eq!((state.tour.here(), state.tour.left_at()), (None, Some(place)));
    assert_eq!(state.link().tour, None);
    press(&mut state, "Digit2");
    state.reduce(Action::Jump(Cursor { token: 5, cycle: 1_234 }));
    let explored = state.link();
    let effects = press(&mut state, "KeyT");
    assert_eq!(state.tour.here(), Some(place));
    // The entry that is left says where the viewer was; only then a new one begins.
    assert_eq!(effects[0], Effect::Replace(explored.clone()));
    let pushed = effects.iter().position(|effect| matches!(effect, Effect::Push(_)));
    let replaced = effects.iter().rposition(|effect| matches!(effect, Effect::Replace(_)));
    assert!(pushed < replaced && Some(0) < pushed, "{effects:?}");
    let effects = state.reduce(Action::Followed(explored.clone()));
    answer(&mut state, effects);
    assert_eq!((state.link(), state.tour.left_at()), (explored, Some(place)));
}

#[test]
fn space_performs_once_then_goes_on_and_the_viewer_may_do_it_himself() {
    let mut state = page("#tour=3.5");
    let place = state.tour.here();
    press(&mut state, "KeyB");
    assert_eq!((state.tour.answer(), state.tour.told()), (Some(1), Told::Asking));
    let seen = press(&mut state, "Space");
    assert!(seen.contains(&Effect::Ask(Request::Break { seed: 7 })));
    assert_eq!((state.tour.here(), state.tour.told(), state.broken.is_some()), (place, Told::All, true));
    press(&mut state, "KeyC");
    assert_eq!(state.tour.answer(), Some(1), "a prediction is not changed afterwards");
    press(&mut state, "Space");
    assert_eq!(state.tour.here().map(Place::print).as_deref(), Some("3.6"));
    // The viewer clicks Undo himself: Space then goes on.
    let effects = state.reduce(Action::Send(Request::Undo));
    answer(&mut state, effects);
    assert_eq!(state.tour.told(), Told::All);
    press(&mut state, "Space");
    assert_eq!(state.tour.here().map(Place::print).as_deref(), Some("3.7"));
    assert!(state.broken.is_none());
}

#[test]
fn a_car_that_changes_nothing_is_followed_by_another() {
    let mut state = page("#tour=3.5");
    let refused = || Action::Reported(Some(Report::Refused(Text::same("no"))));
    let effects = state.reduce(Action::Tour(Act::Perform));
    assert!(effects.contains(&Effect::Ask(Request::Break { seed: 7 })));
    assert_eq!(state.reduce(refused()), [Effect::Ask(Request::Break { seed: 4 })]);
    assert_eq!(state.trouble, None);
    let asked = (0..20).filter(|_| !state.reduce(refused()).is_empty()).count();
    assert_eq!((asked, state.trouble.is_some()), (2, true), "in the end the page says so");
}

#[test]
fn outside_the_tour_the_keys_mean_what_they_meant() {
    let mut state = page("");
    state.reduce(Action::Jump(Cursor { token: 1, cycle: 5 }));
    let asks = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Ask(Request::Event { .. })));
    assert!(asks(&press(&mut state, "ArrowRight")) && asks(&press(&mut state, "ArrowLeft")));
    assert_eq!(press(&mut state, "KeyA"), []);
    assert_eq!(state.playback.motion, Motion::Stopped);
    press(&mut state, "Space");
    assert_eq!(state.playback.motion, Motion::Playing);
    state.reduce(Action::Select(Some(Selection::Chip(0))));
    press(&mut state, "Escape");
    assert_eq!(state.selection, None);
}

#[test]
fn tabs_appear_as_the_story_uses_them() {
    let shown = |text: &str| {
        let place = Place::parse(text).expect("a place");
        View::TABS.into_iter().filter(|view| place.has_shown(*view)).collect::<Vec<_>>()
    };
    assert_eq!(shown("1.1"), []);
    assert_eq!(shown("1.2"), [View::Token]);
    assert_eq!(shown("3.1"), [View::Token, View::Memory, View::Traffic]);
    assert_eq!(shown("4.1"), [View::Token, View::Chip, View::Memory, View::Traffic]);
    assert_eq!(shown("8.1"), View::TABS);
}

#[test]
fn the_right_answer_about_eight_chips_follows_the_cycles() {
    assert_eq!([words::gain(5_974, 6_195), words::gain(6_000, 3_000), words::gain(8_000, 1_100)], [2, 1, 0]);
    assert_eq!(words::gain(5_974, 5_974), 2);
}

#[test]
fn the_bars_come_with_the_answer_and_the_answer_from_the_waterfall() {
    let mut state = page("#tour=8.1");
    let fall = state.numbers.waterfall().expect("it is shown").clone();
    for reading in &fall.orders.readings {
        let all: i64 = reading.causes.iter().map(|cause| cause.in_turn_ns).sum();
        assert_eq!(all, fall.whole_ns - fall.bound_ns, "every switch is one prediction's");
    }
    assert_eq!(always(&fall), None, "what hangs on whose the ramp is has no right answer");
    let mut other = fall.clone();
    other.orders.readings[1] = other.orders.readings[0].clone();
    assert_eq!(always(&other), Some(1), "planning would save most in every order");
    assert_eq!(fall::value("fall_verdict", Lang::En, &fall), Some(fall.orders.verdict.en.to_string()));
    assert_eq!(state.tour.told(), Told::Asking);
    press(&mut state, "Space");
    assert_eq!(state.tour.told(), Told::All);
}

#[test]
fn the_race_keeps_its_rates_apart() {
    let tokens = 33;
    assert_eq!(race::LANES.map(|lane| lane.rate), [13, 65, 185, 280, 480]);
    let fastest = race::LANES[4].seconds(tokens) * 1000.0 * race::SLOWER;
    let written = race::LANES.map(|lane| lane.written(fastest + 1.0, tokens));
    assert_eq!((written[4], written[0]), (tokens, 0));
    assert!(written.is_sorted() && !race::is_over(fastest, tokens) && race::is_over(f64::MAX, tokens));
    assert!(!race::is_over(0.0, tokens) && race::is_over(0.0, 0));
    assert!(race::LANES.iter().all(|lane| !lane.source.zh.is_empty() && !lane.source.en.is_empty()));
}
