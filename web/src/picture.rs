//! Which picture of which moment a state shows, as the questions that the worker answers.
//!
//! In: the state.  Out: how much of the chip, or which plan; the question for either.
//! Invariant: a picture hangs on nothing that the address does not say: a state read back from its address asks the same.
//! Method: pure functions of the state; who paints them keeps what was answered.

use crate::link::View;
use crate::play::Motion;
use crate::protocol::{Plan, PlanWanted};
use crate::state::State;
use frame::{ChipView, Selection};

/// How the chip is shown in the state's view.
pub fn view_of(state: &State) -> ChipView {
    match state.view {
        View::Opening | View::Token => ChipView { spotlight: stopped_selection(state), ..ChipView::overview() },
        _ => ChipView { spotlight: state.selection, ..ChipView::full() },
    }
}

/// While time runs the overview follows what happens, not what was selected.
fn stopped_selection(state: &State) -> Option<Selection> {
    state.selection.filter(|_| state.playback.motion == Motion::Stopped)
}

/// Which plan the state's view shows, if it shows one.
pub fn plan_of(state: &State) -> Option<Plan> {
    match state.view {
        View::Memory => Some(Plan::Memory),
        View::Traffic => Some(Plan::Traffic),
        View::Compiler => Some(Plan::Compiler),
        View::Schedule => Some(Plan::Schedule),
        View::Opening | View::Token | View::Chip | View::Numbers => None,
    }
}

/// The plan at the state's moment.
pub fn plan_wanted(state: &State, plan: Plan) -> PlanWanted {
    let State { epoch, on, cursor, selection, .. } = *state;
    let zoom = if plan == Plan::Schedule { state.compiling.wanted.zoom } else { 0 };
    let versus = state.versus.filter(|_| plan == Plan::Memory);
    PlanWanted { epoch, plan, on, cursor, selection, zoom, versus }
}

/// Of which token the chip is shown: all tokens of a program look alike while it is whole.
pub fn token_of(state: &State) -> u32 {
    let of_program = state.opened.as_ref().map_or(0, |opened| opened.stair.from);
    state.broken.as_ref().map_or(of_program, |_| state.cursor.token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Desk, published};
    use crate::i18n::Lang;
    use crate::link;
    use crate::protocol::{Done, Epoch, PROTOCOL, Picture, Programs, Report, ShotsWanted, encode};
    use crate::state::Action;
    use frame::Cursor;
    use std::collections::BTreeSet;
    use units::Rng;

    const TINY: &[u8] = include_bytes!("../../static/models/tiny.gguf");
    /// Addresses, and the seed by which they are drawn.
    const ADDRESSES: u32 = 1_000;
    const SEED: u64 = 20_240_301;
    const VIEWS: [View; 6] = [View::Token, View::Chip, View::Memory, View::Traffic, View::Compiler, View::Schedule];

    /// The worker's half with a text that is written, and all that it told.
    fn desk(chips: u16) -> (Desk, Vec<Report>) {
        let mut told = vec![Report::Hello { protocol: PROTOCOL }, Report::Ready];
        let place = (published(), chips, Programs::One);
        let open = Desk::open(TINY.to_vec(), place, Epoch(1), || 0.0, &mut |report| told.push(report));
        let mut desk = open.unwrap_or_else(|text| panic!("{}", text.en));
        desk.prompt((study::EXAMPLE, study::Sampling::Greedy), &mut |_| {})
            .unwrap_or_else(|text| panic!("{}", text.en));
        while desk.write().unwrap_or_else(|text| panic!("{}", text.en)) == Done::No {}
        told.push(Report::Run(desk.run(Done::Yes)));
        (desk, told)
    }

    #[test]
    fn the_word_that_is_looked_at_is_one_of_the_model_and_can_be_ridden() {
        // On eight chips a block has few rows of the model, and many that fill it up.
        let (mut desk, told) = desk(8);
        let word = page("", &told).opened.and_then(|opened| opened.word).expect("a word of weights");
        let Report::Look { inspection, .. } = desk.look(0, Cursor::default(), word) else { panic!("another report") };
        let frame::Holding::Bytes(bytes) = inspection.holding else { panic!("no bytes") };
        assert!(bytes.iter().any(|byte| *byte != 0), "a row that only fills up its block");
        let Ok(Report::Ride(way)) = desk.ride(0, None, 0) else { panic!("another report") };
        assert_eq!(way.start, word);
        assert!(1 < way.stops.len());
        // An address of its level may leave it out.
        assert_eq!(page("#v=chip&t=0&c=0&ten=word", &told).selection, Some(word));
        assert_eq!(page("#v=chip&t=0&c=0&ten=chip", &told).selection, None);
    }

    /// A page that opens at an address and hears what the worker tells.
    fn page(address: &str, told: &[Report]) -> State {
        let mut state = State::open(&link::parse(address), Lang::En);
        told.iter().for_each(|report| drop(state.reduce(Action::Reported(Some(report.clone())))));
        state
    }

    /// The display list that the worker answers to what the state asks.
    fn drawn(desk: &mut Desk, state: &State) -> Vec<u8> {
        let report = match plan_of(state) {
            Some(plan) => desk.plan(plan_wanted(state, plan)),
            None => {
                let (view, token, from) = (view_of(state), token_of(state), state.cursor.cycle);
                desk.shots(ShotsWanted { on: state.on, token, view, from, count: 1 })
            }
        };
        encode(&report)
    }

    /// What lies under a point of the state's picture.
    fn picked(desk: &mut Desk, state: &State, point: (f32, f32)) -> Option<Selection> {
        let picture = match plan_of(state) {
            None => Picture::Chip(view_of(state)),
            Some(Plan::Memory) => Picture::Memory,
            Some(Plan::Traffic) => Picture::Traffic,
            Some(Plan::Compiler) => Picture::Compiler(state.selection),
            Some(Plan::Schedule) => Picture::Schedule(state.compiling.wanted.zoom),
        };
        match desk.pick(state.on, state.cursor, &picture, point) {
            Report::Picked { selection, .. } => selection,
            other => panic!("{other:?}"),
        }
    }

    /// A thousand states are reached by hand, written as addresses and read back: the same display list, to the byte.
    #[test]
    fn an_address_shows_the_picture_of_the_state_that_wrote_it() {
        let (mut desk, told) = desk(1);
        let start = page("#s=1&v=token&t=0&c=0", &told);
        let run = start.run.clone().expect("a text is written");
        let mut rng = Rng::new(SEED);
        let (mut pictures, mut selected, mut differ) = (BTreeSet::new(), 0, Vec::new());
        for number in 0..ADDRESSES {
            let mut state = start.clone();
            state.view = rng.pick(&VIEWS);
            let token = rng.below(run.tokens.len() as u64) as u32;
            state.cursor = Cursor { token, cycle: rng.below(run.tokens[token as usize].cycles) };
            state.compiling.wanted.zoom = if state.view == View::Schedule { rng.below(3) as u8 } else { 0 };
            let point = (rng.below(1_000) as f32, rng.below(700) as f32);
            state.selection = picked(&mut desk, &state, point);
            selected += u32::from(state.selection.is_some());
            let address = link::print(&state.link());
            let back = page(&address, &told);
            let (before, after) = (drawn(&mut desk, &state), drawn(&mut desk, &back));
            if before != after {
                differ.push(format!("{number}: {address}"));
            }
            pictures.insert(before);
        }
        assert!(differ.is_empty(), "{} of {ADDRESSES} differ: {:?}", differ.len(), &differ[..differ.len().min(5)]);
        assert!(ADDRESSES as usize / 2 < pictures.len(), "{} pictures only", pictures.len());
        assert!(ADDRESSES / 4 < selected, "{selected} points had something under them");
    }
}
