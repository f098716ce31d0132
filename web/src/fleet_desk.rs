//! What the worker for hundreds of chips keeps and answers: one system, compiled and judged, and its Sends listed.
//!
//! In: requests.  Out: reports.
//! Invariant: names no browser; time is asked from a clock that is handed in; a refused request changes nothing.

use crate::fleet::{Kind, Note, Report, Request, Shown, Users, Wanted};
use crate::routing::{self, Row};
use frame::{City, Text, Wave};
use study::fleet::{Fleet, FleetFigures, Question};
use study::routing::{Demand, compared};
use study::{Chip, Progress, Stage};

/// Rows of the caches.
const CONTEXT: u32 = 512;

/// A system that was compiled.
struct Open {
    model: String,
    chips: u32,
    city: City,
    wave: Wave,
    /// What its vectors are as words that anybody may carry.
    demands: Vec<Demand>,
}

/// The worker's state.
#[derive(Default)]
pub struct FleetDesk {
    open: Option<Open>,
}

impl FleetDesk {
    /// Answers one request; `tell` gets what comes before the answer.
    pub fn answer(&mut self, request: Request, clock: fn() -> f64, tell: &mut dyn FnMut(Report)) -> Report {
        match request {
            Request::Show(wanted) => match self.city(&wanted, clock, tell) {
                Ok(open) => Report::Shown(Box::new(shown(open, wanted))),
                Err(text) => Report::Refused(text),
            },
            Request::Step(wanted, direction) => {
                let found = self.city(&wanted, clock, tell).map(|open| open.city.next_event(wanted.cycle, direction));
                found.map_or_else(Report::Refused, |found| Report::Stepped(wanted, found))
            }
            Request::Route(wanted, load) => {
                let routed = self.city(&wanted, clock, tell).and_then(|open| routed(open, load));
                routed.map_or_else(Report::Refused, |row| Report::Routed(Box::new(row)))
            }
        }
    }

    /// The system that is wanted, compiled first unless it is the one at hand.
    fn city(&mut self, wanted: &Wanted, clock: fn() -> f64, tell: &mut dyn FnMut(Report)) -> Result<&Open, Text> {
        let is_here = self.open.as_ref().is_some_and(|open| (&open.model, open.chips) == (&wanted.model, wanted.chips));
        if !is_here {
            let question = Question::of(&wanted.model, wanted.chips, CONTEXT);
            let (fleet, millis) = compiled(&question, clock, tell)?;
            let figures = fleet.figures(&question);
            let wave =
                Wave { users: figures.users, apart: figures.period.max(figures.cycles.div_ceil(figures.users.max(1))) };
            let demands = fleet.demands();
            let city = City::new(&Chip::lpu_14nm(), fleet.system().system());
            tell(Report::Opened(Box::new(note(&figures, millis))));
            self.open = Some(Open { model: wanted.model.clone(), chips: wanted.chips, city, wave, demands });
        }
        Ok(self.open.as_ref().expect("it was just opened, or is there"))
    }
}

fn compiled(
    question: &Question,
    clock: fn() -> f64,
    tell: &mut dyn FnMut(Report),
) -> Result<(Fleet, (f64, f64)), Text> {
    let mut marks = Vec::new();
    let fleet = Fleet::open_telling(question, &mut |progress: Progress| {
        marks.push((progress.stage, clock()));
        tell(Report::Progress(progress));
    });
    let end = clock();
    let begun = |stage: Stage| marks.iter().find(|mark| mark.0 == stage).map_or(end, |mark| mark.1);
    let millis = (begun(Stage::Verify) - begun(Stage::Import), end - begun(Stage::Verify));
    fleet.map(|fleet| (fleet, millis)).map_err(|error| error.text())
}

fn shown(open: &Open, wanted: Wanted) -> Shown {
    let one = Wave { users: 1, apart: 0 };
    let wave = if wanted.users == Users::All { open.wave } else { one };
    let cycle = wanted.cycle.min(open.city.length().saturating_sub(1));
    Shown {
        scene: frame::city(&open.city, wanted.place, cycle, wave),
        facts: frame::city_facts(&open.city, wanted.place, cycle, wave),
        wanted,
    }
}

/// The fleet's demands at one load.
fn routed(open: &Open, load: u32) -> Result<Row, Text> {
    let chip = Chip::lpu_14nm();
    let found = |demand: &Demand| compared(&chip, demand, &routing::tries(load)).map_err(|error| error.text());
    let demands = open.demands.iter().map(found).collect::<Result<Vec<_>, Text>>()?;
    Ok(Row {
        of: (open.model.clone(), open.chips),
        load,
        demands: demands.iter().filter_map(routing::Demand::of).collect(),
    })
}

fn note(figures: &FleetFigures, millis: (f64, f64)) -> Note {
    let kind = |kind: &study::fleet::Kind| Kind {
        parts: kind.parts.clone(),
        nodes: kind.nodes as u32,
        weights: kind.holds.weights,
        caches: kind.holds.caches,
        instructions: kind.holds.instructions,
        other: kind.holds.constants + kind.holds.values,
        free: kind.holds.free,
    };
    Note {
        model: figures.model.clone(),
        chips: figures.chips_at_work,
        context: figures.context,
        formats: figures.formats.clone(),
        judged: (figures.judged.0 as u32, figures.judged.1),
        per_second: figures.tokens_per_second_per_user,
        users: figures.users,
        per_second_all: figures.tokens_per_second_total,
        millis,
        kinds: figures.kinds.iter().map(kind).collect(),
    }
}
