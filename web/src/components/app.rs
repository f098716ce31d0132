//! The root: applies actions to the state, performs their effects, paints the chip, lays out the page.
//!
//! In: actions, files, clicks on the chip.  Out: effects performed; the page.
//! Invariant: the only place where the state changes; the chip is painted once per frame of the screen at most, and only when it differs.
//! Method: a struct component; what moves with every frame is painted, everything else follows ten times a second while time runs.

use super::deck;
use super::sheet::KeySheet;
use super::stage;
use super::topbar;
use super::tour::{Exhibit, Tour};
use crate::fleet;
use crate::paint::Projector;
use crate::protocol::{Machine, MachineReport, Report, Request, decode};
use crate::rival;
use crate::services::address::{self, Writer};
use crate::services::clock::Clock;
use crate::services::drop::Drop;
use crate::services::engine::{ENGINE, Engine, FLEET, Heard, RIVAL};
use crate::services::{keyboard::Keyboard, settings, smith::Smith};
use crate::sheet::Sheet;
use crate::source::Source;
use crate::state::{Action, Effect, State};
use gloo_events::EventListener;
use web_sys::File;
use yew::html::Scope;
use yew::{Callback, Component, Context, Html, html};

/// Milliseconds between two updates of the page's text while time runs.
const TEXT_MILLIS: f64 = 100.0;

/// The root component.
pub struct App {
    link: Scope<App>,
    state: State,
    engine: Option<Engine>,
    /// The worker for hundreds of chips, and the one for the rival and the bill, once they were needed.
    fleet: Option<Engine>,
    rival: Option<Engine>,
    /// The worker that reads machines.
    smith: Smith,
    projector: Projector,
    /// Milliseconds since the text was last brought up to date, and since the model was compiled.
    stale: f64,
    age: f64,
    /// Whether time is to stop on the first value that comes into the spotlight.
    stopping: bool,
    /// The file that the viewer gave last, and the one that is shown.
    file: Option<File>,
    file_shown: Option<File>,
    address: Writer,
    _address: EventListener,
    _keyboard: Keyboard,
    _clock: Clock,
    _drop: Drop,
}

/// What reaches the root.
pub enum Message {
    /// The state may change.
    Act(Action),
    /// The viewer gave a file.
    Open(File),
    /// The viewer clicked on the chip, at CSS pixels from the canvas's corner.
    Point((f64, f64)),
    /// The pointer is over such a point, or no longer over the chip.
    Hover(Option<(f64, f64)>),
    /// Something was heard of the worker that reads machines.
    Machine(Heard),
    /// The viewer asked for another worker, which ends what this one does.
    Restart,
    /// The viewer stopped time.
    Stop,
}

impl App {
    fn perform(&mut self, effect: &Effect) {
        match effect {
            Effect::Ask(Request::Machine(wanted)) => self.read_machine(wanted.clone()),
            Effect::Ask(request) => self.ask(request),
            Effect::Remember(theme) => settings::remember(*theme),
            Effect::StartFleet => self.start_fleet(),
            Effect::EndFleet => self.fleet = None,
            Effect::AskFleet(request) => {
                if let Some(Err(message)) = self.fleet.as_ref().map(|fleet| fleet.ask(request)) {
                    self.act(Action::Fleet(fleet::Ask::Failed(message)));
                }
            }
            Effect::StartRival => self.start_rival(),
            Effect::EndRival => self.rival = None,
            Effect::AskRival(request) => {
                if let Some(Err(message)) = self.rival.as_ref().map(|rival| rival.ask(request)) {
                    self.state.reduce(Action::Rival(rival::Heard::Failed(message)));
                }
            }
            Effect::GiveAgain => self.give(self.file_shown.clone()),
            Effect::Spotlight => self.stop(),
            Effect::Push(link) => self.address.push(link),
            Effect::Replace(link) => self.address.replace(link.clone()),
        }
    }

    /// Fetches the worker for hundreds of chips; one that is there ends.
    fn start_fleet(&mut self) {
        let link = self.link.clone();
        let heard = move |heard| {
            let ask = match heard {
                Heard::Message(bytes) => fleet::Ask::Said(decode(&bytes)),
                Heard::Failed(message) => fleet::Ask::Failed(message),
                Heard::Coming(_) => return,
            };
            link.send_message(Message::Act(Action::Fleet(ask)));
        };
        match Engine::start(FLEET, heard) {
            Ok(engine) => self.fleet = Some(engine),
            Err(message) => self.act(Action::Fleet(fleet::Ask::Failed(message))),
        }
    }

    /// Stops time on the value in the spotlight; before the picture is there, on the first that it shows.
    fn stop(&mut self) {
        let value = self.projector.spotlight(&self.state);
        self.stopping = value.is_none();
        if value.is_some() {
            self.act(Action::StopTime(value));
        }
    }

    fn give(&mut self, file: Option<File>) {
        let Some(file) = file else { return };
        if let Some(Err(message)) = self.engine.as_ref().map(|engine| engine.give(&file)) {
            self.state.reduce(Action::WorkerFailed(message));
        }
        self.file = Some(file);
    }

    fn ask(&mut self, request: &Request) {
        if let Some(Err(message)) = self.engine.as_ref().map(|engine| engine.ask(request)) {
            self.state.reduce(Action::WorkerFailed(message));
        }
    }

    fn act(&mut self, action: Action) {
        let effects = self.state.reduce(action);
        self.project();
        for effect in &effects {
            self.perform(effect);
        }
        let theme = self.state.theme;
        address::announce(&self.state);
        self.projector.wear(theme);
    }

    /// Paints the chip, and asks for the moments that come next.
    fn project(&mut self) {
        if let Some(wanted) = self.projector.show(&self.state) {
            self.ask(&wanted);
        }
        if let Some(moment) = self.state.ask_moment() {
            self.perform(&moment);
        }
    }

    fn tick(&mut self, millis: f64) -> bool {
        self.stale += millis;
        self.age += millis;
        self.address.pass(millis);
        if !self.state.moves() {
            self.project();
            return false;
        }
        let token = self.state.cursor.token;
        self.act(Action::Tick(millis));
        if self.projector.is_quiet(&self.state) {
            self.act(Action::Quiet);
        }
        let due = TEXT_MILLIS < self.stale || token != self.state.cursor.token || !self.state.moves();
        if due {
            self.stale = 0.0;
        }
        due
    }

    fn report(&mut self, report: Option<Report>) -> bool {
        match report {
            Some(Report::Shots { epoch, wanted, shots }) => {
                // What was asked ahead changes nothing that is shown.
                let came = self.projector.put(epoch, wanted, shots, self.state.cursor.cycle);
                self.project();
                if self.stopping {
                    self.stop();
                    return true;
                }
                return came && !self.state.moves();
            }
            Some(Report::Plan(shot)) => {
                self.projector.put_plan(*shot);
                self.state.hovered = None;
                self.project();
                return !self.state.moves();
            }
            Some(Report::Opened(opened)) => {
                self.age = 0.0;
                self.file_shown = self.file.clone().filter(|_| self.state.source_wanted == Source::Given);
                self.act(Action::Reported(Some(Report::Opened(opened))));
            }
            report => self.act(Action::Reported(report)),
        }
        true
    }

    /// Has a machine read by the worker for that.
    fn read_machine(&mut self, wanted: Machine) {
        let link = self.link.clone();
        let heard = move |heard| link.send_message(Message::Machine(heard));
        if let Err(message) = self.smith.ask(wanted, heard) {
            self.heard_machine(Heard::Failed(message));
        }
    }

    /// A machine that can be goes on to the compiler; why one cannot be is told like any refusal.
    fn heard_machine(&mut self, heard: Heard) {
        let stale = self.state.lang.texts().worker_stale;
        match self.smith.hear(heard) {
            Ok(Some(MachineReport::Read(Ok(read)))) => self.ask(&Request::Take(read)),
            Ok(Some(MachineReport::Read(Err(text)))) => self.act(Action::Reported(Some(Report::Refused(text)))),
            Ok(Some(MachineReport::Published(file))) => self.act(Action::Reported(Some(Report::MachineFile(file)))),
            Ok(_) => {}
            Err(message) => {
                let text = frame::Text::same(format!("{stale} {message}"));
                self.act(Action::Reported(Some(Report::Refused(text))));
            }
        }
    }

    /// Ends the worker and starts another, which opens again what is shown.
    fn restart(&mut self) {
        self.engine = None;
        match start(&self.link) {
            Ok(engine) => self.engine = Some(engine),
            Err(message) => self.act(Action::WorkerFailed(message)),
        }
        self.state.restarting();
        self.address.replace(self.state.link());
    }

    /// Fetches the second worker, in place of one that did not come.
    fn start_rival(&mut self) {
        let link = self.link.clone();
        let heard = |heard| match heard {
            Heard::Message(bytes) => rival::Heard::Said(decode(&bytes)),
            Heard::Coming(bytes) => rival::Heard::Coming(bytes),
            Heard::Failed(message) => rival::Heard::Failed(message),
        };
        match Engine::start(RIVAL, move |said| link.send_message(Message::Act(Action::Rival(heard(said))))) {
            Ok(rival) => self.rival = Some(rival),
            Err(message) => drop(self.state.reduce(Action::Rival(rival::Heard::Failed(message)))),
        }
    }
}

fn start(link: &Scope<App>) -> Result<Engine, String> {
    let link = link.clone();
    Engine::start(ENGINE, move |heard| {
        let action = match heard {
            Heard::Message(bytes) => Action::Reported(decode(&bytes)),
            Heard::Failed(message) => Action::WorkerFailed(message),
            Heard::Coming(_) => return,
        };
        link.send_message(Message::Act(action));
    })
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let mut state = State::open(&address::current(), address::preferred());
        if let Some(word) = settings::theme() {
            state.take_theme(&word);
        }
        let engine = start(ctx.link()).map_err(|message| state.reduce(Action::WorkerFailed(message))).ok();
        let link = ctx.link().clone();
        let listener = address::listen(move |target| link.send_message(Message::Act(Action::Followed(target))));
        let link = ctx.link().clone();
        let keyboard = Keyboard::listen(move |command| link.send_message(Message::Act(Action::Command(command))));
        let link = ctx.link().clone();
        let clock = Clock::start(move |millis| link.send_message(Message::Act(Action::Tick(millis))));
        let link = ctx.link().clone();
        let drop = Drop::listen(move |file| link.send_message(Message::Open(file)));
        address::announce(&state);
        App {
            link: ctx.link().clone(),
            state,
            engine,
            fleet: None,
            rival: None,
            smith: Smith::default(),
            projector: Projector::new(),
            stale: 0.0,
            age: 0.0,
            stopping: false,
            file: None,
            file_shown: None,
            address: Writer::new(),
            _address: listener,
            _keyboard: keyboard,
            _clock: clock,
            _drop: drop,
        }
    }

    fn update(&mut self, _ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Act(Action::Tick(millis)) => return self.tick(millis),
            Message::Act(Action::Reported(report)) => return self.report(report),
            Message::Act(action) => {
                if matches!(action, Action::Followed(_)) {
                    self.address.forget();
                }
                self.act(action);
            }
            Message::Open(file) => {
                self.act(Action::Model(Source::Given));
                self.give(Some(file));
            }
            Message::Hover(at) => {
                let hovered = at.and_then(|at| self.projector.hover(&self.state, at));
                let is_new = hovered != self.state.hovered;
                self.state.hovered = hovered;
                return is_new;
            }
            Message::Point(at) => {
                if let Some(request) = self.projector.pick(&self.state, at) {
                    self.ask(&request);
                }
            }
            Message::Machine(heard) => self.heard_machine(heard),
            Message::Restart => self.restart(),
            Message::Stop => self.stop(),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let send = ctx.link().callback(Message::Act);
        let tell: Callback<Message> = ctx.link().callback(|message: Message| message);
        let texts = self.state.lang.texts();
        let state = &self.state;
        let sentence = self.projector.sentence(state).cloned();
        let facts = self.projector.plan().map(|shot| shot.facts.clone());
        html! {
            <>
                <a class="skip" href="#main">{ texts.skip_to_main }</a>
                { topbar::view(&topbar::Props { state: state.clone(), send: send.clone() }) }
                // Canvases are painted anew in the colours of another theme.
                <main id="main" key={state.theme.word()}>
                    { stage::view(&stage::Props { state: state.clone(), age: self.age, canvas: self.projector.canvas(), facts: facts.clone(), tell, send: send.clone() }) }
                    <Exhibit state={state.clone()} />
                </main>
                <Tour state={state.clone()} {facts} send={send.clone()} />
                { deck::view(&deck::Props { state: state.clone(), sentence, send: send.clone() }) }
                if state.sheet == Sheet::Open { <KeySheet state={state.clone()} {send} /> }
            </>
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        self.project();
    }
}
