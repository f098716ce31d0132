//! Hundreds of chips: what is looked at, what the worker of its own has compiled, and the steps through one token.
//!
//! In: what the viewer asks, what that worker says.  Out: the state of the scene; messages to the worker.
//! Invariant: nothing is drawn that was not compiled and judged in this browser; an answer names what was asked, so that a late one is
//!     known. The model in the other views stays as it is.
//! Method: the worker is fetched when somebody asks for a fleet and ended when nobody does, which also cancels what it does. Five parts of
//!     the address: `fleet`, `at`, `fc`, `fu`, `fb`.

use crate::keys::Command;
use crate::link::View;
use crate::protocol::PROTOCOL;
use crate::routing::Row;
use crate::state::{Effect, State};
use frame::{CityFacts, CityScene, Direction, Picked, Place, Text};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::Progress;

/// Models that can be asked for.
pub const MODELS: [&str; 2] = ["llama-2-7b", "llama-2-70b"];
/// Numbers of chips that can be chosen.
pub const CHIPS: [u32; 9] = [64, 128, 192, 256, 320, 384, 448, 512, 576];

/// Tokens under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Users {
    /// One user's.
    #[default]
    One,
    /// Those of as many users as can be served at once.
    All,
}

/// What stands beside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beside {
    /// What each kind of chip holds.
    #[default]
    Holds,
    /// The same vectors on a network that decides as it goes.
    Routing,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The model.
    pub model: String,
    /// On how many chips.
    pub chips: u32,
    /// Where.
    pub place: Place,
    /// When, in cycles of the token.
    pub cycle: u64,
    /// How many tokens.
    pub users: Users,
    /// What stands beside it.
    pub beside: Beside,
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// A picture; what it needs is compiled first, unless it is.
    Show(Wanted),
    /// The next event from there.
    Step(Wanted, Direction),
    /// Its vectors routed as they go, while others ask for so many per cent of each cable.
    Route(Wanted, u32),
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// Its first message.
    Hello {
        /// Its [`PROTOCOL`].
        protocol: u32,
    },
    /// What it does, and how far it is.
    Progress(Progress),
    /// Compiled and judged.
    Opened(Box<Note>),
    /// A picture.
    Shown(Box<Shown>),
    /// What was found at one load.
    Routed(Box<Row>),
    /// Where the next event is.
    Stepped(Wanted, Option<u64>),
    /// It cannot be; everything stays as it was.
    Refused(Text),
}

/// A kind of node and what each of its chips holds, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its parts in short.
    pub parts: String,
    /// Nodes of this kind.
    pub nodes: u32,
    /// Weights.
    pub weights: u64,
    /// Rows of one user's caches.
    pub caches: u64,
    /// Instructions.
    pub instructions: u64,
    /// Everything else that is taken.
    pub other: u64,
    /// Free.
    pub free: u64,
}

/// What was compiled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The model.
    pub model: String,
    /// Chips at work.
    pub chips: u32,
    /// Rows of the caches.
    pub context: u32,
    /// Formats of its matrices.
    pub formats: String,
    /// Programs that were judged, and instructions in them.
    pub judged: (u32, u64),
    /// Tokens per second of one user.
    pub per_second: f64,
    /// Users served at once, and tokens per second of all of them.
    pub users: u64,
    /// Tokens per second of all of them.
    pub per_second_all: f64,
    /// Milliseconds in this browser: compiling, judging.
    pub millis: (f64, f64),
    /// Kinds of nodes.
    pub kinds: Vec<Kind>,
}

/// A picture and what stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What was wanted.
    pub wanted: Wanted,
    /// The picture.
    pub scene: CityScene,
    /// What stands beside it.
    pub facts: CityFacts,
}

/// Where the worker stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stand {
    /// There is none.
    #[default]
    Absent,
    /// On its way.
    Coming,
    /// It answers; what it does, if it is at work.
    Ready(Option<Progress>),
    /// It did not come, or stopped, or is of another version.
    Failed(String),
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    /// What is looked at; nothing while the traffic is that of the model on the chip.
    pub wanted: Option<Wanted>,
    /// Where the worker stands.
    pub stand: Stand,
    /// What it compiled.
    pub note: Option<Rc<Note>>,
    /// The picture that came last.
    pub shown: Option<Rc<Shown>>,
    /// What was found at one load after the other.
    pub(crate) rows: Vec<Row>,
    /// What was asked for and has not come.
    asked: Option<Wanted>,
    /// The load that is being tried.
    trying: Option<u32>,
}

/// What the viewer asks, and what is heard of the worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A model on so many chips; nothing for the model on the chip.
    Open(Option<(String, u32)>),
    /// Another place.
    Look(Place),
    /// Another cycle.
    Cycle(u64),
    /// One token, or those of all users.
    Users(Users),
    /// What stands beside the picture.
    Beside(Beside),
    /// The worker said something; `None` for bytes of another version.
    Said(Option<Report>),
    /// The worker did not come, or stopped.
    Failed(String),
}

impl Wanted {
    /// A model on so many chips, seen as a whole at its first cycle.
    pub fn whole(model: String, chips: u32) -> Self {
        Wanted { model, chips, place: Place::All, cycle: 0, users: Users::One, beside: Beside::Holds }
    }

    fn is_of(&self, other: &Wanted) -> bool {
        (&self.model, self.chips) == (&other.model, other.chips)
    }
}

/// The level above.
pub fn above(place: Place) -> Option<Place> {
    match place {
        Place::All => None,
        Place::Rack(_) => Some(Place::All),
        Place::Node(node) => Some(Place::Rack(node / study::RACK_NODES)),
        Place::Link { node, .. } => Some(Place::Node(node)),
    }
}

impl State {
    /// Whether the traffic shows a fleet.
    pub fn shows_fleet(&self) -> bool {
        self.view == View::Traffic && self.fleet.wanted.is_some()
    }

    /// Applies what is asked or heard.
    pub(crate) fn take_fleet(&mut self, ask: Ask) -> Vec<Effect> {
        match ask {
            Ask::Open(wanted) => {
                let wanted = wanted.map(|(model, chips)| Wanted::whole(model, chips));
                return self.want_fleet(wanted, Keep::Push);
            }
            Ask::Look(place) => {
                let wanted = self.fleet.wanted.clone().map(|wanted| Wanted { place, ..wanted });
                return self.want_fleet(wanted, Keep::Push);
            }
            Ask::Cycle(cycle) => {
                let wanted = self.fleet.wanted.clone().map(|wanted| Wanted { cycle, ..wanted });
                return self.want_fleet(wanted, Keep::Replace);
            }
            Ask::Users(users) => {
                let wanted = self.fleet.wanted.clone().map(|wanted| Wanted { users, ..wanted });
                return self.want_fleet(wanted, Keep::Replace);
            }
            Ask::Beside(beside) => {
                let wanted = self.fleet.wanted.clone().map(|wanted| Wanted { beside, ..wanted });
                return self.want_fleet(wanted, Keep::Replace);
            }
            Ask::Said(report) => return self.hear_fleet(report),
            Ask::Failed(message) => self.fleet.stand = Stand::Failed(message),
        }
        Vec::new()
    }

    fn want_fleet(&mut self, wanted: Option<Wanted>, keep: Keep) -> Vec<Effect> {
        self.playback.stop();
        self.fleet.wanted = wanted;
        self.scale = self.scale.map(|_| self.level());
        let link = self.link();
        let kept = if keep == Keep::Push { Effect::Push(link) } else { Effect::Replace(link) };
        std::iter::once(kept).chain(self.ask_fleet()).collect()
    }

    /// Fetches the worker, or ends it, and asks for the picture that is wanted and not there.
    pub(crate) fn ask_fleet(&mut self) -> Vec<Effect> {
        let Some(wanted) = self.fleet.wanted.clone().filter(|_| self.view == View::Traffic) else {
            // Who walks between the levels comes back to it.
            let is_done = self.fleet.wanted.is_none() && self.scale.is_none();
            let is_there = is_done && self.fleet.stand != Stand::Absent;
            if is_there {
                self.fleet = Fleet::default();
            }
            return is_there.then_some(Effect::EndFleet).into_iter().collect();
        };
        // Another model on a worker that is at work: what it does is not wanted any longer.
        let is_other = self.fleet.asked.as_ref().is_some_and(|asked| !asked.is_of(&wanted));
        match self.fleet.stand {
            Stand::Ready(Some(_)) | Stand::Coming if is_other => self.start_fleet(),
            Stand::Absent | Stand::Failed(_) => self.start_fleet(),
            Stand::Ready(_) if self.fleet.shown.as_ref().is_some_and(|shown| shown.wanted == wanted) => {
                self.ask_routing(wanted)
            }
            Stand::Ready(_) if self.fleet.asked.is_none() || is_other => self.show_fleet(wanted),
            Stand::Ready(_) | Stand::Coming => Vec::new(),
        }
    }

    fn start_fleet(&mut self) -> Vec<Effect> {
        (self.fleet.stand, self.fleet.asked, self.fleet.trying) = (Stand::Coming, None, None);
        vec![Effect::StartFleet]
    }

    fn show_fleet(&mut self, wanted: Wanted) -> Vec<Effect> {
        self.fleet.asked = Some(wanted.clone());
        vec![Effect::AskFleet(Request::Show(wanted))]
    }

    /// Has the next load tried while somebody looks at the comparison.
    fn ask_routing(&mut self, wanted: Wanted) -> Vec<Effect> {
        let is_wanted = wanted.beside == Beside::Routing && self.fleet.trying.is_none();
        let Some(load) = self.fleet.next_load().filter(|_| is_wanted) else { return Vec::new() };
        self.fleet.trying = Some(load);
        vec![Effect::AskFleet(Request::Route(wanted, load))]
    }

    fn hear_fleet(&mut self, report: Option<Report>) -> Vec<Effect> {
        match report {
            Some(Report::Hello { protocol: PROTOCOL }) => {
                self.fleet.stand = Stand::Ready(None);
                return self.ask_fleet();
            }
            Some(Report::Hello { .. }) | None => {
                self.fleet.stand = Stand::Failed(self.lang.texts().worker_stale.to_owned());
            }
            Some(Report::Progress(progress)) => self.fleet.stand = Stand::Ready(Some(progress)),
            Some(Report::Opened(note)) => {
                (self.fleet.stand, self.fleet.note) = (Stand::Ready(None), Some(Rc::new(*note)));
            }
            Some(Report::Shown(shown)) => {
                (self.fleet.asked, self.fleet.shown) = (None, Some(Rc::new(*shown)));
                return self.ask_fleet();
            }
            Some(Report::Routed(row)) => {
                self.fleet.trying = None;
                if self.fleet.wanted.as_ref().is_some_and(|wanted| row.is_of(wanted)) {
                    self.fleet.rows = [self.fleet.rows().to_vec(), vec![*row]].concat();
                }
                return self.ask_fleet();
            }
            Some(Report::Stepped(from, found)) => {
                if self.fleet.wanted == Some(from)
                    && let Some(cycle) = found
                {
                    return self.take_fleet(Ask::Cycle(cycle));
                }
            }
            Some(Report::Refused(text)) => {
                (self.fleet.stand, self.fleet.asked, self.fleet.trying) = (Stand::Ready(None), None, None);
                // Back to what is shown, or to the model on the chip.
                self.fleet.wanted = self.fleet.shown.as_ref().map(|shown| shown.wanted.clone());
                self.trouble = Some(text);
                return vec![Effect::Replace(self.link())];
            }
        }
        Vec::new()
    }

    /// What a key means to the fleet; nothing if it means something else.
    pub(crate) fn fleet_key(&mut self, command: Command) -> Option<Vec<Effect>> {
        let wanted = self.fleet.wanted.clone().filter(|_| self.view == View::Traffic)?;
        let last = self.fleet.shown.as_ref().map_or(0, |shown| shown.facts.cycles.saturating_sub(1));
        let step = |direction| vec![Effect::AskFleet(Request::Step(wanted.clone(), direction))];
        let cycle = match command {
            Command::On | Command::EventOn => return Some(step(Direction::Forward)),
            Command::Back | Command::EventBack => return Some(step(Direction::Backward)),
            Command::Release => {
                return Some(above(wanted.place).map_or(Vec::new(), |place| self.take_fleet(Ask::Look(place))));
            }
            Command::CycleOn => (wanted.cycle + 1).min(last),
            Command::CycleBack => wanted.cycle.saturating_sub(1),
            Command::First | Command::TokenBack => 0,
            Command::Last | Command::TokenOn => last,
            Command::Space | Command::TogglePlay => return Some(Vec::new()),
            _ => return None,
        };
        Some(self.take_fleet(Ask::Cycle(cycle)))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Push,
    Replace,
}

impl Shown {
    /// What a click asks for.
    pub fn click(&self, x: f32, y: f32) -> Option<Ask> {
        Some(match self.scene.pick(x, y)? {
            Picked::Place(place) => Ask::Look(place),
            Picked::Cycle(cycle) => Ask::Cycle(cycle),
        })
    }
}

/// Reads one part of an address.
pub fn parse(known: &mut Option<Wanted>, key: &str, value: &str) {
    if key == "fleet" {
        let Some((model, chips)) = value.rsplit_once('.') else { return };
        let Ok(chips) = chips.parse() else { return };
        if MODELS.contains(&model) {
            *known = Some(Wanted::whole(model.to_owned(), chips));
        }
        return;
    }
    let Some(wanted) = known else { return };
    match key {
        "at" => wanted.place = place(value).unwrap_or(wanted.place),
        "fb" if value == "routing" => wanted.beside = Beside::Routing,
        "fc" => wanted.cycle = value.parse().unwrap_or(wanted.cycle),
        "fu" if value == "all" => wanted.users = Users::All,
        _ => {}
    }
}

fn place(value: &str) -> Option<Place> {
    let (kind, rest) = value.split_at_checked(1)?;
    match kind {
        "r" => Some(Place::Rack(rest.parse().ok()?)),
        "n" => Some(Place::Node(rest.parse().ok()?)),
        "l" => {
            let mut parts = rest.splitn(3, '.');
            let (node, chip) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            match format!("c2c{}.send", parts.next()?).parse() {
                Ok(frame::Queue::LinkSend(link)) => Some(Place::Link { node, chip, link }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The parts of an address.
pub fn print(wanted: &Wanted) -> Vec<String> {
    let mut parts = vec![format!("fleet={}.{}", wanted.model, wanted.chips)];
    match wanted.place {
        Place::All => {}
        Place::Rack(rack) => parts.push(format!("at=r{rack}")),
        Place::Node(node) => parts.push(format!("at=n{node}")),
        Place::Link { node, chip, link } => parts.push(format!("at=l{node}.{chip}.{link}")),
    }
    parts.push(format!("fc={}", wanted.cycle));
    if wanted.users == Users::All {
        parts.push("fu=all".to_owned());
    }
    if wanted.beside == Beside::Routing {
        parts.push("fb=routing".to_owned());
    }
    parts
}

#[cfg(test)]
#[path = "fleet_test.rs"]
pub(crate) mod tests;
