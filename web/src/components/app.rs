//! The root: applies actions to the state, performs their effects, lays out the page.
//!
//! In: actions.  Out: effects performed; the page.
//! Invariant: the only place where the state changes.
//! Method: a struct component whose message is the action.

use super::deck::Deck;
use super::stage::Stage;
use super::topbar::TopBar;
use crate::services::clock::Clock;
use crate::services::engine::Engine;
use crate::services::{address, keyboard::Keyboard};
use crate::state::{Action, Effect, State};
use gloo_events::EventListener;
use yew::{Component, Context, Html, html};

/// The root component.
pub struct App {
    state: State,
    engine: Option<Engine>,
    _address: EventListener,
    _keyboard: Keyboard,
    _clock: Clock,
}

impl App {
    fn perform(&mut self, effect: &Effect) -> Result<(), String> {
        match effect {
            Effect::Ask(request) => return self.engine.as_ref().map_or(Ok(()), |engine| engine.ask(request)),
            Effect::Push(link) => address::push(link),
            Effect::Replace(link) => address::replace(link),
        }
        Ok(())
    }

    fn perform_all(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Err(message) = self.perform(effect) {
                self.state.reduce(Action::WorkerFailed(message));
            }
        }
        address::announce(&self.state);
    }
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let mut state = State::open(&address::current(), address::preferred());
        let link = ctx.link().clone();
        let engine = Engine::start(move |action| link.send_message(action));
        let engine = engine.map_err(|message| state.reduce(Action::WorkerFailed(message))).ok();
        let link = ctx.link().clone();
        let listener = address::listen(move |target| link.send_message(Action::Followed(target)));
        let link = ctx.link().clone();
        let keyboard = Keyboard::listen(move |command| link.send_message(Action::Command(command)));
        let link = ctx.link().clone();
        let clock = Clock::start(move |millis| link.send_message(Action::Tick(millis)));
        let mut app = App { state, engine, _address: listener, _keyboard: keyboard, _clock: clock };
        app.perform_all(&[]);
        app
    }

    fn update(&mut self, _ctx: &Context<Self>, action: Action) -> bool {
        let still = matches!(action, Action::Tick(_)) && !self.state.moves();
        if still {
            return false;
        }
        let effects = self.state.reduce(action);
        self.perform_all(&effects);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let send = ctx.link().callback(|action: Action| action);
        let texts = self.state.lang.texts();
        html! {
            <>
                <a class="skip" href="#main">{ texts.skip_to_main }</a>
                <TopBar lang={self.state.lang} view={self.state.view} send={send.clone()} />
                <main id="main"><Stage state={self.state.clone()} send={send.clone()} /></main>
                <Deck state={self.state.clone()} />
            </>
        }
    }
}
