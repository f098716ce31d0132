//! What the page knows, and how each event changes it.
//!
//! In: actions, one at a time.  Out: the new state and the effects to perform.
//! Invariant: names no browser; the same actions give the same state and effects.
//! Method: one `reduce`; effects are data that `services` perform.

use crate::compiling::{self, Compiling};
use crate::fleet::{self, Fleet};
use crate::i18n::Lang;
use crate::keys::Command;
use crate::link::{Link, View};
use crate::numbers::{Ask, Numbers};
use crate::play::{Motion, Playback};
use crate::protocol::{BrokenText, Done, Epoch, Offer, Opened, PROTOCOL, Programs, Report, Request, Run};
use crate::ride::{self, Ride};
use crate::rival::{self, Rival};
use crate::rush::{self, Rush};
use crate::scale::{self, Level};
use crate::sheet::{self, Sheet};
use crate::source::Source;
use crate::theme::Theme;
use crate::tour::{self, Tour};
use crate::turns::Turns;
use crate::wreck::Wreck;
use frame::{Area, Cursor, Direction, Inspection, Selection, Text, Watch};
use std::rc::Rc;
use study::Stage;

/// Chips of a node: what the traffic shows unless the viewer says otherwise.
const NODE: u16 = 8;
/// Cycles per second of the viewer at which a car is seen to move.
const TRAFFIC_RATE: u64 = 90;
/// Cycles of the opening: then the next token makes the same way.
const ROUND: u64 = 84;
/// Milliseconds between two frames of the screen in which nobody can have seen the page, however slow the machine.
const HIDDEN: f64 = 5_000.0;

/// Where the worker stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Not yet heard of, or not yet agreed on the version.
    Starting,
    /// It answers.
    Ready,
    /// It speaks another version of the protocol.
    Stale,
    /// It stopped, with this message.
    Failed(String),
}

/// What the pointer is over: all that shows it, in the picture's own units.
#[derive(Clone, Debug, PartialEq)]
pub struct Hovered {
    /// Width and height of the picture.
    pub size: (f32, f32),
    /// Where it is shown.
    pub areas: Vec<Area>,
}

/// What is at the selection, and when that was.
#[derive(Clone, PartialEq, Debug)]
pub struct Looked {
    /// When.
    pub cursor: Cursor,
    /// Where.
    pub selection: Selection,
    /// What.
    pub inspection: Inspection,
}

/// How far the worker is with what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    /// What it does.
    pub stage: Stage,
    /// Steps done.
    pub done: u32,
    /// Steps in all.
    pub of: u32,
}

/// Whether the cursor goes along with the text as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Following {
    /// The opening's first moments.
    Text,
    /// The viewer, or the address, has said where to be.
    Nothing,
}

/// Whether the end of a stretch in which nothing moves is being looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Skipping {
    No,
    Asked,
}

/// What was passed over while time ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Skipped {
    /// So many cycles in which nothing moved.
    Quiet(u64),
    /// The time in which nobody could see the page.
    Hidden,
}

/// Everything the page knows.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// The language of all texts.
    pub lang: Lang,
    /// How the page looks.
    pub theme: Theme,
    /// The view shown.
    pub view: View,
    /// The place in the run that every view shows.
    pub cursor: Cursor,
    /// What is pointed at.
    pub selection: Option<Selection>,
    /// What the pointer is over, while nothing else happens.
    pub hovered: Option<Hovered>,
    /// Where the worker stands.
    pub engine: Engine,
    /// What it is busy with.
    pub work: Option<Work>,
    /// The model on the chip, as the program that the cursor's token runs.
    pub opened: Option<Rc<Opened>>,
    /// All its programs.
    pub turns: Turns,
    /// The run of the verified program.
    pub run: Option<Rc<Run>>,
    /// The broken program beside it.
    pub broken: Option<Rc<BrokenText>>,
    /// What it wrecks.
    pub wreck: Wreck,
    /// Which of them is shown.
    pub epoch: Epoch,
    /// What is at the selection.
    pub looked: Option<Rc<Looked>>,
    /// What could not be done.
    pub trouble: Option<Text>,
    /// The text that was typed, unless it is the page's own.
    pub prompt: Option<String>,
    /// Seed that its tokens are drawn with, unless the most probable ones are taken.
    pub seed: Option<u64>,
    /// Text and seed of the run that is shown.
    pub(crate) written: (Option<String>, Option<u64>),
    /// Whether and how fast time runs.
    pub playback: Playback,
    /// Whether the cursor goes along with the text.
    pub following: Following,
    /// Models that lie beside the page.
    pub offers: Rc<Vec<Offer>>,
    /// Where the model that is shown comes from.
    pub source: Source,
    /// Where the one comes from that was asked for last.
    pub source_wanted: Source,
    /// Chips that the model is put on.
    pub chips: u16,
    /// What differs between the machine and the published one; nothing for the published one.
    pub machine: String,
    /// The file of the published machine, once it was looked at.
    pub published: Option<Rc<str>>,
    /// The chip that is shown.
    pub on: u16,
    /// Cycles of a token of this model on one chip, once that was seen.
    pub alone: Option<u64>,
    /// Clicks on a picture that were answered.
    pub picks: u32,
    /// Hashes of the text's first tokens, once they were asked for.
    pub fingerprint: Option<Rc<Vec<String>>>,
    /// The rival and the bill.
    pub numbers: Numbers,
    /// The second worker, which computes them.
    pub rival: Rival,
    /// The scene inside a chip.
    pub rush: Rush,
    /// What was passed over, and where time went on.
    pub skipped: Option<(Skipped, Cursor)>,
    /// How the program came about.
    pub compiling: Compiling,
    /// Hundreds of chips, if the traffic shows them.
    pub fleet: Fleet,
    /// The byte that the viewer rides along with.
    pub ride: Ride,
    /// The level between a second of all chips and one byte, if the viewer walks them.
    pub scale: Option<Level>,
    /// The token whose memory is compared with that of the present one.
    pub versus: Option<u32>,
    /// Whether the sheet of keys lies over the page.
    pub sheet: Sheet,
    /// Where the viewer is in the story.
    pub tour: Tour,
    /// Whether the end of such a stretch is being looked for.
    pub(crate) skipping: Skipping,
    /// Seed of the car that the address wants late.
    pub(crate) wanted_late: Option<u64>,
    /// The place that the address names, until the text there is known.
    pub(crate) wanted_place: Option<Cursor>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// The worker said something; `None` for bytes that are no message of this version.
    Reported(Option<Report>),
    /// The worker stopped.
    WorkerFailed(String),
    /// Something was heard of the second worker.
    Rival(rival::Heard),
    /// The viewer asked for a view.
    Show(View),
    /// The viewer pressed a key of the table, or the button that stands for it.
    Command(Command),
    /// The viewer asked something of the tour.
    Tour(tour::Act),
    /// The viewer stopped time; this value was in the spotlight.
    StopTime(Option<Selection>),
    /// A frame of the screen came, this many milliseconds after the last.
    Tick(f64),
    /// Nothing moves in the moment that is shown while time runs.
    Quiet,
    /// The viewer jumped to a place in the run.
    Jump(Cursor),
    /// The viewer pointed at something, or let go.
    Select(Option<Selection>),
    /// The viewer typed a text.
    Prompt(String),
    /// The viewer wants tokens drawn with this seed, or the most probable ones.
    Draw(Option<u64>),
    /// The viewer wants another model; a file of his own is on its way already.
    Model(Source),
    /// The viewer wants the model on so many chips.
    Chips(u16),
    /// The viewer wants so many programs of it.
    Programs(Programs),
    /// The viewer asked something of the scene inside a chip.
    Rush(rush::Ask),
    /// The viewer asked something about the rival and the bill.
    Numbers(Ask),
    /// The viewer asked something of the compiler or the schedule.
    Compiling(compiling::Ask),
    /// Something about hundreds of chips was asked, or heard.
    Fleet(fleet::Ask),
    /// The viewer walks from level to level.
    Scale(scale::Ask),
    /// The viewer asked something of the ride.
    Ride(ride::Ask),
    /// The viewer opened or closed the sheet of keys, or chose something on it.
    Sheet(sheet::Ask),
    /// The viewer compares the memory with that of another token, or no longer.
    Versus(Option<u32>),
    /// The viewer wants one car late.
    Break(u64),
    /// The viewer wants this of the worker, and nothing changes before it answers.
    Send(Request),
    /// The viewer has read what could not be done.
    Dismiss,
    /// The viewer asked for the next theme.
    SwitchTheme,
    /// The viewer asked for the other language.
    SwitchLanguage,
    /// The address changed under the page: Back, Forward, or typed.
    Followed(Link),
}

/// Something to do outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Send this to the worker.
    Ask(Request),
    /// Keep this theme for the next visit.
    Remember(Theme),
    /// Fetch the worker for hundreds of chips, in place of one that is there.
    StartFleet,
    /// End it.
    EndFleet,
    /// Send this to it.
    AskFleet(fleet::Request),
    /// Start the second worker, in place of one there may be.
    StartRival,
    /// End it, with what it is at.
    EndRival,
    /// Send this to the second worker.
    AskRival(rival::Request),
    /// Hand the worker the viewer's file that is shown.
    GiveAgain,
    /// Stop time on the value in the spotlight, as the button does.
    Spotlight,
    /// Put this link into the address as a new entry of the history.
    Push(Link),
    /// Put this link into the address in place of the present entry.
    Replace(Link),
}

impl State {
    /// The state of a page opened at `link` in a browser set to `lang`.
    pub fn open(link: &Link, lang: Lang) -> Self {
        let link = &tour::complete(link);
        let mut state = State {
            lang,
            theme: Theme::default(),
            view: View::Opening,
            cursor: Cursor::default(),
            selection: None,
            hovered: None,
            engine: Engine::Starting,
            work: None,
            opened: None,
            turns: Turns { wanted: link.programs.unwrap_or_default(), all: Vec::new() },
            run: None,
            broken: None,
            wreck: Wreck::default(),
            epoch: Epoch::default(),
            looked: None,
            trouble: None,
            prompt: link.prompt.clone(),
            seed: link.seed,
            written: (None, None),
            playback: Playback::default(),
            following: Following::Text,
            offers: Rc::default(),
            source: Source::Own,
            source_wanted: Source::of_link(link.model.clone()),
            chips: link.chips.unwrap_or(1),
            machine: link.machine.clone().unwrap_or_default(),
            published: None,
            on: link.on.unwrap_or(0),
            alone: None,
            picks: 0,
            fingerprint: None,
            numbers: Numbers::default(),
            rival: Rival::default(),
            rush: Rush::default(),
            compiling: Compiling::default(),
            fleet: Fleet::default(),
            ride: Ride::default(),
            scale: None,
            skipped: None,
            versus: None,
            sheet: Sheet::default(),
            tour: Tour::of(link),
            skipping: Skipping::No,
            wanted_late: link.late,
            wanted_place: None,
        };
        state.follow(link);
        state
    }

    /// Applies one action.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        self.tour.witness(&action);
        self.hovered = None;
        match action {
            Action::Reported(report) => {
                let effects = self.report(report);
                return effects.into_iter().chain(self.arrived()).collect();
            }
            Action::Tour(act) => return self.conduct(act),
            Action::WorkerFailed(message) => self.engine = Engine::Failed(message),
            Action::Rival(heard) => return self.hear(heard),
            Action::Show(view) if view == self.view => {}
            Action::Show(view) => {
                (self.view, self.scale) = (view, None);
                return std::iter::once(Effect::Push(self.link()))
                    .chain(self.arrive_at_traffic())
                    .chain(self.arrive_at_numbers())
                    .chain(self.ask_compiling())
                    .chain(self.ask_fleet())
                    .collect();
            }
            Action::Chips(chips) => {
                let before = self.link();
                return self.put_on(chips).into_iter().chain(self.kept(before)).collect();
            }
            Action::Programs(programs) => return self.take_programs(programs),
            Action::Command(command) => return self.obey(command),
            Action::StopTime(selection) => return self.stop_time(selection),
            // The screen asks for no frame of a page that is hidden: time rests as long.
            Action::Tick(millis) if HIDDEN < millis => self.skipped = Some((Skipped::Hidden, self.cursor)),
            Action::Tick(millis) if self.is_inside() => self.rush_on(millis),
            Action::Tick(millis) => return self.go_on(millis),
            Action::Quiet if self.playback.motion == Motion::Playing && self.skipping == Skipping::No => {
                self.skipping = Skipping::Asked;
                return vec![self.ask_event(Watch::Everything, Direction::Forward)];
            }
            Action::Quiet => {}
            Action::Jump(cursor) => return self.jump(cursor),
            Action::Select(Some(Selection::Chip(chip))) => {
                (self.on, self.selection) = (chip, None);
                return vec![Effect::Replace(self.link())];
            }
            Action::Select(selection) => {
                self.selection = selection;
                return self.settle();
            }
            Action::Prompt(text) => return self.write(Some(text), self.seed),
            Action::Draw(seed) => return self.write(self.prompt.clone(), seed),
            Action::Model(source) => return self.take_model(source),
            Action::Rush(ask) => return self.take_rush(ask),
            Action::Numbers(ask) => return self.take_numbers(ask),
            Action::Compiling(ask) => return self.take_compiling(ask),
            Action::Fleet(ask) => return self.take_fleet(ask),
            Action::Scale(ask) => return self.take_scale(ask),
            Action::Ride(ask) => return self.take_ride(ask),
            Action::Sheet(ask) => return self.take_sheet(ask),
            Action::Versus(token) => return self.take_versus(token),
            Action::Break(seed) => return vec![Effect::Ask(Request::Break { seed })],
            Action::Send(request) => return vec![Effect::Ask(request)],
            Action::Dismiss => self.trouble = None,
            Action::SwitchTheme => return self.switch_theme(),
            Action::SwitchLanguage => {
                self.lang = self.lang.other();
                return vec![Effect::Replace(self.link())];
            }
            Action::Followed(link) => return self.followed(&link),
        }
        Vec::new()
    }

    fn stop_time(&mut self, selection: Option<Selection>) -> Vec<Effect> {
        self.playback.stop();
        self.following = Following::Nothing;
        self.reduce(Action::Select(selection))
    }

    /// Another worker takes the place of the one that was ended, and opens again what is shown.
    pub fn restarting(&mut self) {
        self.source_wanted = self.source.clone();
        self.engine = Engine::Starting;
        self.work = None;
    }

    /// Whether a frame of the screen would change anything.
    pub fn moves(&self) -> bool {
        self.playback.motion == Motion::Playing && self.shown_run().is_some()
    }

    /// The run of the program that is shown.
    pub fn shown_run(&self) -> Option<&Run> {
        self.broken.as_ref().map(|broken| &broken.run).or(self.run.as_deref())
    }

    /// Cycles of each token of the shown run; none before there is one.
    pub fn lengths(&self) -> Vec<u64> {
        self.shown_run().iter().flat_map(|run| run.tokens.iter().map(|token| token.cycles)).collect()
    }

    /// Moves the cursor and stops time there.
    pub(crate) fn jump(&mut self, cursor: Cursor) -> Vec<Effect> {
        self.playback.stop();
        self.following = Following::Nothing;
        self.move_to(cursor);
        self.settle()
    }

    /// Puts the place into the address, and looks at the selection, once time stands still.
    pub(crate) fn settle(&self) -> Vec<Effect> {
        match self.playback.motion {
            Motion::Playing => Vec::new(),
            Motion::Stopped => std::iter::once(Effect::Replace(self.link())).chain(self.look()).collect(),
        }
    }

    pub(crate) fn look(&self) -> Vec<Effect> {
        let there = self.shown_run().is_some_and(|run| (self.cursor.token as usize) < run.tokens.len());
        let look = |selection| Effect::Ask(Request::Look { on: self.on, cursor: self.cursor, selection });
        self.selection.filter(|_| there).map(look).into_iter().collect()
    }

    /// The model goes onto so many chips: it is compiled anew.
    fn put_on(&mut self, chips: u16) -> Vec<Effect> {
        (self.on, self.selection) = (0, None);
        self.put(chips, self.turns.wanted)
    }

    /// The traffic is shown where there is some: on a whole node, if the model was on one chip, and while vectors travel.
    pub(crate) fn arrive_at_traffic(&mut self) -> Vec<Effect> {
        if self.is_inside() {
            return self.ask_rival();
        }
        let is_here = self.view == View::Traffic && self.fleet.wanted.is_none();
        let Some(opened) = self.opened.clone().filter(|_| is_here) else { return Vec::new() };
        self.playback.at_least(TRAFFIC_RATE);
        self.following = Following::Nothing;
        match opened.traffic {
            None => self.put_on(NODE).into_iter().chain([Effect::Replace(self.link())]).collect(),
            Some(cycle) => {
                self.cursor.cycle = cycle;
                self.settle()
            }
        }
    }

    fn report(&mut self, report: Option<Report>) -> Vec<Effect> {
        match report {
            Some(Report::Hello { protocol: PROTOCOL }) if self.engine == Engine::Starting => {
                return vec![Effect::Ask(Request::Hello { protocol: PROTOCOL })];
            }
            Some(Report::Hello { .. }) | None => self.engine = Engine::Stale,
            Some(Report::Ready) => {
                self.engine = Engine::Ready;
                let chips = (self.chips != 1).then_some(Effect::Ask(Request::Chips(self.chips)));
                let programs = self.turns.wanted;
                let programs = (programs != Programs::One).then_some(Effect::Ask(Request::Programs(programs)));
                let numbers = self.arrive_at_numbers();
                let first = self.first_machine();
                let fleet = self.ask_fleet();
                return chips.into_iter().chain(programs).chain(numbers).chain([first]).chain(fleet).collect();
            }
            Some(Report::Progress { stage, done, of }) => self.work = Some(Work { stage, done, of }),
            Some(Report::Opened(all)) => return self.opened(all),
            Some(Report::Run(run)) => return self.ran(run),
            Some(Report::Offers(offers)) => self.offers = Rc::new(offers),
            Some(Report::Line(line)) => return self.told_line(line.map(|line| *line)),
            Some(Report::Shots { .. } | Report::Plan(_)) => {}
            Some(Report::Look { cursor, selection, inspection }) => {
                if Some(selection) == self.selection {
                    self.looked = Some(Rc::new(Looked { cursor, selection, inspection: *inspection }));
                }
            }
            Some(Report::After(outcome)) => match outcome {
                Ok(after) => self.compiling.after = Some(Rc::new(after)),
                Err(text) => self.trouble = Some(text),
            },
            Some(Report::Changed(outcome)) => self.compared(outcome),
            Some(Report::Ride(way)) => return self.found_way(*way),
            Some(Report::Picked { selection, cycle }) => {
                self.picks += 1;
                if let Some(cycle) = cycle {
                    self.playback.stop();
                    self.cursor.cycle = cycle;
                }
                return self.reduce(Action::Select(selection));
            }
            Some(Report::Event { cursor, direction, found }) => return self.arrive(cursor, direction, found),
            Some(Report::Fingerprint(lines)) => self.fingerprint = Some(Rc::new(lines)),
            Some(Report::Broken(broken)) => return self.broke(*broken),
            Some(Report::Front(front)) => self.wreck.front = Some(Rc::new(*front)),
            Some(Report::Harmless(found)) => self.wreck.harmless = Some(found.map(Rc::new)),
            Some(Report::Machine(note)) => return self.took_machine(note),
            Some(Report::MachineFile(file)) => self.published = Some(file.into()),
            Some(Report::Mended(run)) => {
                self.broken = None;
                return self.ran(run).into_iter().chain(self.settle()).collect();
            }
            Some(Report::Refused(text)) => {
                self.work = None;
                self.trouble = Some(text);
                return self.refused();
            }
        }
        Vec::new()
    }

    /// A car is late: the page goes where it sets out.
    fn broke(&mut self, broken: BrokenText) -> Vec<Effect> {
        self.work = None;
        self.epoch = broken.run.epoch;
        self.cursor = broken.at;
        self.selection = broken.late.or(self.selection);
        self.wreck = Wreck::default();
        (self.ride, self.scale) = (Ride::default(), None);
        self.broken = Some(Rc::new(broken));
        self.playback.stop();
        self.settle()
    }

    fn opened(&mut self, all: Vec<Opened>) -> Vec<Effect> {
        self.turns.all = all.into_iter().map(Rc::new).collect();
        let (Some(opened), Some(whole)) = (self.turns.at(self.cursor.token).cloned(), self.turns.all.last().cloned())
        else {
            return Vec::new();
        };
        if self.source != self.source_wanted {
            self.alone = None;
        }
        if opened.chips == 1 {
            self.alone = Some(whole.deck.length);
        }
        self.source = self.source_wanted.clone();
        self.epoch = opened.epoch;
        if self.following == Following::Text {
            self.cursor.cycle = opened.opening;
        }
        let goes_to_traffic = self.view == View::Traffic && self.selection.is_none() && self.wanted_place.is_none();
        if let Some(cycle) = opened.traffic.filter(|_| goes_to_traffic) {
            self.cursor.cycle = cycle;
        }
        // What the worker could not do is not claimed.
        self.chips = opened.chips;
        self.machine = opened.machine.differences.clone();
        (self.run, self.broken, self.looked) = (None, None, None);
        self.wreck = Wreck::default();
        self.trouble = self.trouble.take().filter(|_| self.opened.is_none());
        self.stay_on_chips(opened.chips);
        self.opened = Some(opened);
        self.compiling.forget();
        std::iter::once(self.ask_text()).chain(self.ask_compiling()).chain(self.ask_ride()).collect()
    }

    fn ran(&mut self, run: Run) -> Vec<Effect> {
        self.work = None;
        self.epoch = run.epoch;
        let is_first = self.run.as_ref().is_none_or(|known| known.epoch != run.epoch);
        if is_first {
            // In what is written anew no car is late yet.
            (self.broken, self.wreck) = (None, Wreck::default());
            (self.fingerprint, self.written) = (None, self.wish());
        }
        if self.following == Following::Text && is_first {
            self.cursor.token = run.tokens.len().saturating_sub(1) as u32;
        }
        let is_there = (self.cursor.token as usize) < run.tokens.len();
        if run.done == Done::Yes && !is_there {
            self.cursor = Cursor { token: run.tokens.len().saturating_sub(1) as u32, cycle: self.cursor.cycle };
        }
        self.take_turn();
        let is_new = run.tokens.len().saturating_sub(1) == self.cursor.token as usize;
        self.run = Some(Rc::new(run));
        self.stay_in_text();
        self.name_the_word();
        let mut effects = if is_first || is_new { self.look() } else { Vec::new() };
        effects.extend(self.wanted_late.take().map(|seed| Effect::Ask(Request::Break { seed })));
        effects.extend(self.ran_for_rival());
        effects
    }

    /// A frame of the screen came: time goes on.
    fn go_on(&mut self, millis: f64) -> Vec<Effect> {
        let cursor = self.playback.advance(self.cursor, millis, &self.lengths());
        self.move_to(cursor);
        self.go_round();
        self.ride_along()
    }

    /// In the opening, a stretch of the schedule is shown again with each next token.
    fn go_round(&mut self) {
        let Some(opened) = self.opened.as_ref().filter(|_| self.following == Following::Text) else { return };
        let next = self.cursor.token + 1;
        let is_written = self.run.as_ref().is_some_and(|run| (next as usize) < run.tokens.len());
        if is_written && opened.opening + ROUND <= self.cursor.cycle {
            let opening = self.turns.at(next).map_or(opened.opening, |opened| opened.opening);
            self.move_to(Cursor { token: next, cycle: opening });
        }
    }
}

#[cfg(test)]
#[path = "state_test.rs"]
pub(crate) mod tests;
