//! Compiler and schedule as pictures: held against the program, the graphs and each other.
//!
//! In: `tiny` on one chip.  Out: every dispatch is in one cell at every distance; what is drawn is what a click gives; every row counts.
//! Invariant: expectations are counted here from the executable and the graphs, never taken from the picture.

use arch::Unit;
use frame::{Colour, Cursor, Kind, Made, Selection, Timeline};
use program::Entry;
use std::collections::BTreeSet;
use study::{Change, Flow, Options, Session};

type Tiny = Session<&'static [u8]>;

fn session() -> Tiny {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    Session::open(bytes, &Options::default(), &mut |_| Flow::Continue).expect("tiny opens")
}

fn made(session: &Tiny) -> Made<'_> {
    Made { imported: &session.model().graph, lowered: &session.program().lowered }
}

fn at(cycle: u64) -> Cursor {
    Cursor { token: 0, cycle }
}

#[test]
fn every_dispatch_is_counted_once_at_every_distance() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let executable = &session.program().executable;
    let of_template = |id| -> u64 {
        let entries = executable.templates[id].queues.iter().flat_map(|(_, entries)| entries);
        entries.map(|entry| if let Entry::Issue(burst) = entry { u64::from(burst.count) } else { 0 }).sum()
    };
    let total: u64 = executable.instances.iter().map(|instance| of_template(instance.template)).sum();
    let steps = session.steps_at(0);
    for zoom in 0..=frame::zoom_most(&timeline) {
        // Stretches that cover the token without a gap, wherever the cursor lands.
        let (mut cycle, mut counted) = (0, 0);
        while cycle < timeline.length() {
            let facts = frame::schedule_facts(&timeline, &steps, (at(cycle), None), zoom);
            assert!(facts.from <= cycle && cycle < facts.to, "the cursor is in its stretch");
            assert!(facts.busy.iter().all(|busy| busy.share <= 1.0));
            let of_stretch: u64 = facts.busy.iter().map(|busy| busy.dispatches).sum();
            let issues =
                |cycles: std::ops::Range<u64>| cycles.map(|c| timeline.dispatched(c).len() as u64).sum::<u64>();
            assert_eq!(of_stretch, issues(facts.from..facts.to), "zoom {zoom}, cycles {} to {}", facts.from, facts.to);
            counted += issues(cycle..facts.to);
            cycle = facts.to;
        }
        assert_eq!(counted, total);
    }
}

#[test]
fn what_the_schedule_draws_is_what_a_click_gives() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let most = frame::zoom_most(&timeline);
    let mut met = 0;
    for cycle in (0..timeline.length()).step_by(61) {
        let window = frame::schedule_window(&timeline, cycle, most);
        for (x, y) in (0..40).flat_map(|x| (0..30).map(move |y| (135.0 + 34.0 * x as f32, 85.0 + 20.0 * y as f32))) {
            let Some(picked) = frame::pick_schedule(&timeline, at(cycle), most, (x, y)) else { continue };
            let Selection::Issue(id) = picked else { panic!("an instruction is picked, not {picked:?}") };
            let issue = timeline.issue(id).expect("what is picked exists");
            assert!(window.from <= issue.cycle && issue.cycle < window.to);
            // A cell of the nearest picture is one cycle wide.
            let part = f64::from((x - 130.0) / 1380.0) * (window.to - window.from) as f64;
            assert_eq!(issue.cycle, window.from + part as u64);
            met += 1;
        }
    }
    assert!(1_000 < met, "{met} cells met");
}

#[test]
fn a_cell_has_colour_exactly_where_something_is_dispatched() {
    let session = session();
    let (timeline, steps) = (Timeline::new(session.chip(), session.program()), session.steps_at(0));
    let units = [Unit::Mem, Unit::Vxm, Unit::Mxm, Unit::Sxm].map(Colour::of);
    let mut met = [0; 2];
    for zoom in 0..=frame::zoom_most(&timeline) {
        for cycle in (0..timeline.length()).step_by(577) {
            let scene = frame::schedule(&timeline, &steps, (at(cycle), None), zoom);
            let shapes = scene.layers.iter().flat_map(|layer| &layer.shapes);
            let cells = shapes.filter(|shape| shape.kind == Kind::Fill && units.contains(&shape.colour));
            let cells: Vec<_> = cells.map(|shape| shape.area).collect();
            // Odd steps, so that points are not on the borders of cells; the gap below a row's cells belongs to no row.
            for (column, row) in (0..59).flat_map(|column| (0..41).map(move |row| (column, row))) {
                let (x, y) = (131.3 + 23.37 * column as f32, 81.1 + 14.9 * row as f32);
                let is_drawn = cells.iter().any(|area| area.contains(x, y));
                let in_row = cells.iter().any(|area| area.y0 <= y && y < area.y1);
                let picked = frame::pick_schedule(&timeline, at(cycle), zoom, (x, y));
                if in_row {
                    assert_eq!(is_drawn, picked.is_some(), "zoom {zoom}, cycle {cycle}, at {x}, {y}");
                    met[usize::from(is_drawn)] += 1;
                }
            }
        }
    }
    assert!(met.iter().all(|&count| 2_000 < count), "{met:?} points without and with colour");
}

#[test]
fn the_columns_count_every_operation_and_every_instruction() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    for stretch in 0..timeline.stretches().len() {
        let listing = timeline.listing(stretch);
        let template =
            &session.program().executable.templates[session.program().executable.instances[stretch].template];
        let bursts = template.queues.iter().flat_map(|(_, entries)| entries);
        assert_eq!(listing.len(), bursts.filter(|entry| matches!(entry, Entry::Issue(_))).count());
        assert!(listing.windows(2).all(|pair| pair[0].issue.cycle <= pair[1].issue.cycle));
        let parts: BTreeSet<&str> = listing.iter().filter_map(|listed| listed.part()).collect();
        for part in parts {
            let first = listing.iter().find(|listed| listed.part() == Some(part)).expect("it has one").issue;
            let selection = Some(Selection::Issue(first.id));
            let scene = frame::compiler(&timeline, made(&session), at(first.cycle), selection);
            let shapes: Vec<_> = scene.layers.iter().flat_map(|layer| &layer.shapes).collect();
            let blocks = || shapes.iter().filter(|shape| shape.kind == Kind::Block && shape.target.is_some());
            for shape in blocks().filter(|shape| 940.0 <= shape.area.x0) {
                let Some(Selection::Issue(id)) = shape.target else { panic!("a row is an instruction") };
                let label = timeline.issue(id).expect("it exists").label.expect("it has a name");
                assert_eq!(label.part, part, "rows on the right are of the chosen part");
                let middle = ((shape.area.x0 + shape.area.x1) / 2.0, (shape.area.y0 + shape.area.y1) / 2.0);
                let picked = frame::pick_compiler(&timeline, made(&session), (at(first.cycle), selection), middle);
                assert_eq!(picked, shape.target);
            }
            let of_part = listing.iter().filter(|listed| listed.part() == Some(part));
            let all: Vec<_> = of_part.map(|listed| Some(Selection::Issue(listed.issue.id))).collect();
            let mut shown: Vec<_> = blocks().filter(|shape| 940.0 <= shape.area.x0).map(|shape| shape.target).collect();
            // A row is a ground and a plate.
            let rows = shown.len() / 2;
            shown.dedup();
            assert_eq!(shown.len(), rows, "every row leads to its own instruction");
            assert!(all.windows(rows).any(|run| run == shown), "rows follow each other by cycle");
            let facts = frame::compiler_facts(&timeline, &session, at(first.cycle), selection);
            let chosen = facts.chosen.expect("one is selected");
            assert_eq!(chosen.cycle, first.cycle);
            assert!(chosen.why.is_some(), "every instruction has its reason");
        }
    }
}

#[test]
fn the_funnel_and_the_bounds_are_those_of_the_program() {
    let session = session();
    let timeline = Timeline::new(session.chip(), session.program());
    let facts = frame::compiler_facts(&timeline, &session, at(0), None);
    let counts: Vec<u64> = facts.funnel.iter().map(|step| step.count).collect();
    assert_eq!(counts[4], session.sizes().issues);
    assert!(counts[0] < counts[2] && counts[1] <= 10 && counts[3] < counts[4], "{counts:?}");
    let bounds = &facts.bounds;
    assert_eq!(bounds.cycles, timeline.length());
    let (first, second) = (bounds.first.cycles, bounds.second.cycles);
    assert!(first <= second && second <= bounds.cycles);
    let same = session.changed(Change::Chips(1)).expect("the same again");
    assert_eq!(same.bounds, *bounds);
    assert_eq!(same.issues, session.sizes().issues);
    let other = session.changed(Change::Chips(2)).expect("two chips");
    assert_ne!(other.bounds.cycles, bounds.cycles);
    let path = frame::schedule_facts(&timeline, &session.steps_at(0), (at(0), None), 0).on_path;
    assert!(0 < path && path <= timeline.length());
}

#[test]
fn every_part_of_a_program_has_a_name_in_both_languages() {
    let session = session();
    let templates = session.program().witness.templates.iter().flat_map(|template| &template.labels);
    let parts: BTreeSet<&str> = templates.map(|label| label.part.as_str()).collect();
    assert!(parts.contains("map") && 10 < parts.len(), "{parts:?}");
    // These two are called so in every language.
    for part in parts.into_iter().filter(|part| !["silu", "softmax"].contains(part)) {
        let name = frame::words::part(part);
        assert_ne!(name.zh, name.en, "{part}");
    }
}
