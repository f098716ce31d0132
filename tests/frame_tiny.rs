//! Pictures, sentences and inspections of `tiny` while it writes a text.
//!
//! In: a session.  Out: what every view says of it, held against the session's own bytes and counts.
//! Invariant: nothing shown is invented: names are checked against the tables, bytes against the moment, counts against the judge's.

use arch::{Chip, SliceId};
use frame::{ChipView, Class, Content, Cursor, Detail, Holding, Lang, Part, Selection, Timeline};
use graph::{Elements, TensorData};
use sim::WordView;
use study::{Flow, Options, Sampling, Session};
use units::Cycle;

type Tiny = Session<&'static [u8]>;

fn tiny() -> &'static [u8] {
    include_bytes!("../static/models/tiny.gguf")
}

fn session() -> Tiny {
    let options = Options { context: 256, ..Options::default() };
    let mut session = Session::open(tiny(), &options, &mut |_| Flow::Continue).expect("tiny opens");
    session.prompt("The light", Sampling::Greedy, &mut |_| Flow::Continue).expect("a prompt of known words");
    session
}

fn timeline(session: &Tiny) -> Timeline {
    Timeline::new(session.chip(), session.program())
}

#[test]
fn every_cycle_has_a_sentence_and_a_picture_of_bounded_size() {
    let session = session();
    let timeline = timeline(&session);
    let is_chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    for cycle in (0..timeline.length()).step_by(29) {
        let sentence = frame::sentence(&timeline, cycle);
        let (zh, en) = (sentence.text(Lang::Chinese), sentence.text(Lang::English));
        assert!(is_chinese(&zh) && zh.ends_with('。'), "{zh}");
        assert!(!is_chinese(&en) && en.ends_with('.') && !en.contains("without a name"), "{en}");
        let cursor = Cursor { token: 1, cycle };
        let full = frame::chip(&timeline, cursor, &ChipView::full());
        let overview = frame::chip(&timeline, cursor, &ChipView::overview());
        assert!(full.primitives() <= 2_500, "{} primitives in cycle {cycle}", full.primitives());
        assert!(overview.primitives() <= 1_300, "{} primitives in cycle {cycle}", overview.primitives());
        for label in full.layers.iter().chain(&overview.layers).flat_map(|layer| &layer.labels) {
            assert!(!label.text.zh.is_empty() && !label.text.en.is_empty());
        }
    }
}

#[test]
fn two_timelines_of_one_program_draw_the_same_bytes() {
    let session = session();
    let (a, b) = (timeline(&session), timeline(&session));
    for cycle in [0, 300, 1_000, 5_000] {
        let cursor = Cursor { token: 0, cycle };
        for detail in [Detail::Overview, Detail::Full, Detail::Streams] {
            let view = ChipView { detail, ..ChipView::full() };
            assert_eq!(frame::chip(&a, cursor, &view).hash(), frame::chip(&b, cursor, &view).hash());
        }
    }
    let hash = |cycle| frame::chip(&a, Cursor { token: 0, cycle }, &ChipView::full()).hash();
    assert_ne!(hash(300), hash(301), "something moves");
}

#[test]
fn values_are_inspected_as_the_simulator_has_them() {
    let mut session = session();
    let timeline = timeline(&session);
    let mut seen = 0;
    for cycle in (20..timeline.length()).step_by(373) {
        let cursor = Cursor { token: 2, cycle };
        let moment = session.moment(2, cycle).expect("the prompt has three tokens");
        for live in timeline.live(cycle).iter().step_by(5) {
            let found = frame::inspect(&timeline, Some(&moment), Selection::Value(live.id), cursor);
            assert!(found.maker.is_some() && found.meaning.is_some());
            if live.delay(cycle, 0).is_none() {
                continue;
            }
            let cells = moment.live();
            let cell = cells.iter().find(|cell| cell.stream == live.id.stream && cell.diagonal == live.diagonal);
            let Some(WordView::Bytes(bytes)) = cell.map(|cell| cell.word) else { panic!("{live:?} is on the chip") };
            assert_eq!(found.holding, Holding::Bytes(bytes.to_vec()));
            seen += 1;
        }
    }
    assert!(50 < seen, "{seen} values inspected");
}

#[test]
fn a_word_of_weights_is_the_row_that_its_name_says() {
    let options = import::gguf::LoadOptions { context: 256 };
    let model = import::gguf::load(tiny(), options).expect("the committed model loads");
    let compiled = compile::compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("tiny fits one chip");
    let mut session = session();
    let timeline = timeline(&session);
    let moment = session.moment(0, 0).expect("there is a first token");
    let tensors = &compiled.program.lowered.tensors;
    let mut checked = 0;
    for run in timeline.contents().runs.iter().filter(|run| run.class() == Class::FeedForward) {
        let Content::Tensor { layer, part, what, ordinal, row, step } = &run.content else {
            panic!("weights are a tensor")
        };
        let name = format!("blk.{}.{part}.{what}", layer.expect("feed-forward parts have a layer"));
        let mut named = tensors.iter().filter(|(_, info)| info.name == name);
        let (id, _) = named.nth(ordinal.0 as usize).expect("the ordinal counts tensors of that name");
        let tensor = compiled.tables.load(id).expect("the tables hold it");
        let Elements::I8(elements) = tensor.elements() else { panic!("weights are int8") };
        let lanes = tensor.shape().lanes() as usize;
        for word in 0..run.words {
            let row = (row + u32::from(word) * step) as usize;
            let Some(WordView::Bytes(bytes)) = moment.sram(run.slice, run.address + word) else {
                panic!("it is loaded")
            };
            let expected: Vec<u8> =
                elements[row * lanes..(row + 1) * lanes].iter().map(|element| *element as u8).collect();
            assert_eq!(bytes[..lanes], expected);
            assert!(run.name(run.address + word).en.starts_with(&format!("row {row} of layer")));
            checked += 1;
        }
    }
    assert!(1_000 < checked, "{checked} words of weights");
}

#[test]
fn counts_add_up() {
    let session = session();
    let timeline = timeline(&session);
    let deck = frame::deck(&timeline, 173);
    let dispatches: u64 = deck.columns.iter().flat_map(|column| column.dispatches).map(u64::from).sum();
    assert_eq!(dispatches, session.sizes().issues);
    assert_eq!(deck.length, session.tokens()[0].cycles);
    let shared: u64 = deck.parts.iter().map(|part| part.cycles).sum();
    assert_eq!(shared, deck.length);
    for part in &deck.parts {
        assert_eq!(part.cycles, part.segments.iter().map(|segment| segment.to - segment.from).sum::<u64>());
        assert_ne!(part.name.zh, "", "{part:?}");
    }
    let facts = frame::memory_facts(&timeline, Cursor::default());
    assert_eq!(facts.legend.iter().map(|line| line.bytes).sum::<u64>(), facts.bytes);
}

#[test]
fn the_cache_fills_row_by_row() {
    let session = session();
    let timeline = timeline(&session);
    let end = timeline.length();
    let filled = |token, cycle| {
        let scene = frame::memory(&timeline, Cursor { token, cycle }, None);
        let layer = scene.layers.iter().find(|layer| layer.part == Part::Memory).expect("it is always there");
        let heights = layer.shapes.iter().filter(|shape| shape.colour == frame::Colour::Cache);
        heights.map(|shape| shape.area.height()).sum::<f32>()
    };
    assert_eq!(filled(0, 0), 0.0);
    assert!(filled(20, 0) < filled(40, 0));
    assert!(filled(40, 0) < filled(40, end), "a token adds its rows");
    let written = frame::memory_facts(&timeline, Cursor { token: 2, cycle: end }).written;
    // Two layers, keys and values, two bytes of f16.
    assert_eq!(written.len(), 8);
    assert!(written.iter().all(|row| row.name.en.starts_with("position 2 of layer ")), "{written:?}");
}

#[test]
fn the_rows_that_a_token_writes_are_those_that_the_simulator_wrote() {
    let mut session = session();
    let timeline = timeline(&session);
    let end = timeline.length();
    let (before, after) = (session.moment(2, 0).expect("it ran"), session.moment(2, end - 1).expect("it ran"));
    let written = frame::memory_facts(&timeline, Cursor { token: 2, cycle: end }).written;
    for row in &written {
        let word = |moment: &sim::Moment| match moment.sram(row.slice, row.address) {
            Some(WordView::Bytes(bytes)) => bytes.to_vec(),
            other => panic!("{row:?} holds {other:?}"),
        };
        assert_eq!(word(&before), vec![0; 320], "not written before: {row:?}");
        assert_ne!(word(&after), vec![0; 320], "written after: {row:?}");
    }
    let slices: Vec<SliceId> = written.iter().map(|row| row.slice).collect();
    assert!(slices.iter().all(|slice| !Chip::lpu_14nm().is_reserved(*slice)));
}

#[test]
fn what_was_drawn_of_the_memory_is_what_is_hit() {
    let session = session();
    let timeline = timeline(&session);
    let scene = frame::memory(&timeline, Cursor { token: 2, cycle: 900 }, None);
    let layers: Vec<_> = scene.layers.iter().filter(|layer| layer.part == Part::Memory).collect();
    assert_eq!(layers.len(), 2, "the stretched picture and the one to scale");
    let mut hits = 0;
    for shape in &layers[0].shapes {
        let Some(target) = shape.target else { continue };
        let (x, y) = ((shape.area.x0 + shape.area.x1) / 2.0, shape.area.y0 + 0.05);
        assert_eq!(frame::pick_memory(&timeline, x, y), Some(target));
        hits += 1;
    }
    assert!(300 < hits, "{hits}");
    let total = |layer: &frame::Layer| -> f32 {
        layer.shapes.iter().filter(|shape| shape.target.is_some()).map(|shape| shape.area.height()).sum()
    };
    assert!(3.0 * total(layers[1]) < total(layers[0]), "what is used is stretched");
}

#[test]
fn the_memory_of_two_tokens_differs_where_the_simulator_wrote() {
    let mut session = session();
    let timeline = timeline(&session);
    let cycle = timeline.length() - 1;
    let moments = [2, 1].map(|token| session.moment(token, cycle).expect("it ran"));
    let difference = frame::memory_difference(&timeline, &moments[0], &moments[1]);
    let of = |class: Class| difference.classes.iter().find(|line| line.class == class).expect("it has words");
    // Two layers, keys and values, two bytes of f16: the rows of position 2.
    assert_eq!(of(Class::Cache).words, 8);
    for class in [Class::Attention, Class::FeedForward, Class::Embedding, Class::Constant] {
        assert_eq!((of(class).words, of(class).bytes), (0, 0), "{class:?}");
    }
    assert!(0 < of(Class::Scratch).words && 0 < of(Class::Record).words);
    // Every word of the chip, known to the contents or not.
    let chip = Chip::lpu_14nm();
    let places = chip.slices().flat_map(|slice| (0..chip.words).map(move |address| (slice, address)));
    let word = |moment: &sim::Moment, (slice, address)| match moment.sram(slice, address) {
        Some(WordView::Bytes(bytes)) => Some(*bytes),
        _ => None,
    };
    let differing = places.filter(|place| word(&moments[0], *place) != word(&moments[1], *place)).count() as u64;
    assert_eq!(difference.classes.iter().map(|line| line.words).sum::<u64>(), differing);
    let cursor = Cursor { token: 2, cycle };
    let scene = frame::memory_compared(&timeline, cursor, None, &difference);
    let marks: usize =
        scene.layers.iter().flat_map(|layer| &layer.shapes).filter(|shape| shape.colour == frame::Colour::Mark).count();
    assert!(0 < marks && marks as u64 <= 2 * differing, "{marks} marks for {differing} words in two pictures");
    let same = frame::memory_difference(&timeline, &moments[0], &moments[0]);
    assert!(same.classes.iter().all(|line| line.words == 0));
}

#[test]
fn no_name_lies_on_a_bar_of_the_funnel() {
    let session = session();
    let timeline = timeline(&session);
    let scene = frame::chip(&timeline, Cursor { token: 1, cycle: 400 }, &ChipView::full());
    let layer = scene.layers.iter().find(|layer| layer.part == Part::Funnel).expect("it is always there");
    assert_eq!((layer.shapes.len(), layer.labels.len()), (3, 4));
    for (bar, label) in layer.shapes.iter().zip(&layer.labels[1..]) {
        assert!(bar.area.x1 < label.x && bar.area.y0 < label.y, "{label:?}");
    }
}

#[test]
fn the_showpiece_is_one_value_until_it_arrives() {
    let session = session();
    let timeline = timeline(&session);
    let mut followed = 0;
    for cycle in 0..timeline.length() {
        let Some(id) = frame::showpiece(&timeline, cycle) else { continue };
        let live = timeline.value(id).expect("a showpiece is a value");
        assert!(live.wanted.is_some(), "somebody samples it");
        followed += 1;
    }
    assert!(timeline.length() / 2 < followed, "{followed} of {} cycles have a value to follow", timeline.length());
}

#[test]
fn the_token_view_shows_the_run() {
    let mut session = session();
    session.generate(2, Sampling::Greedy, &mut |_| Flow::Continue).expect("it goes on");
    let timeline = timeline(&session);
    let scene = frame::token(&timeline, session.tokens(), Cursor { token: 3, cycle: 1_500 });
    assert_eq!(scene.text.len(), 4);
    assert!(!scene.candidates.is_empty() && scene.taken == Some(0), "greedy takes the first");
    assert_eq!(scene.cycles, timeline.length());
    assert_eq!(scene.spans[scene.current as usize].layer, Some(0));
    assert!(scene.part.is_some());
}

#[test]
fn seeking_is_exact_whatever_was_seen_before() {
    let mut session = session();
    let late = session.moment(1, 4_000).expect("it ran");
    let early = session.moment(1, 900).expect("it ran");
    assert_eq!((late.cycle(), early.cycle()), (Cycle(4_000), Cycle(900)));
    let timeline = timeline(&session);
    let damage = frame::Damage::between(&late, &late);
    assert!(damage.is_empty());
    assert!(!timeline.live(900).is_empty());
}
