//! The compiler view: the passes, the funnel, the three columns, both bounds, one option changed, and why an instruction is where it is.
//!
//! In: the state, the facts beside the picture.  Out: the view; clicks on passes and options.
//! Invariant: what another option gives stands beside what is shown, and is said to be compiled and verified only when it was.

use super::app::Message;
use super::machine::MachineEditor;
use super::picture;
use crate::compiling::{Ask, MACHINE};
use crate::protocol::Programs;
use crate::state::{Action, State};
use crate::turns;
use frame::{CompilerFacts, grouped};
use study::{Bounds, Change, StageBound, Stair};
use yew::{Callback, Html, NodeRef, html};

/// What the view shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// The canvas of the picture.
    pub canvas: NodeRef,
    /// What stands beside the picture.
    pub facts: Option<CompilerFacts>,
    /// Receives what only the root can do.
    pub tell: Callback<Message>,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// Options that can be changed.
const CHIPS: [u16; 4] = [1, 2, 4, 8];
const CONTEXTS: [u32; 3] = [64, 128, 256];

/// The view.
pub fn view(props: &Props) -> Html {
    let Props { state, canvas, facts, tell, .. } = props;
    let texts = state.lang.texts();
    let main = match &state.compiling.wanted.pass {
        Some(pass) if pass == MACHINE => html! { <MachineEditor state={state.clone()} send={props.send.clone()} /> },
        Some(_) => after(state),
        None => picture::view(&picture::Props {
            state: state.clone(),
            canvas: canvas.clone(),
            label: texts.compiler_picture.into(),
            tell: tell.clone(),
        }),
    };
    html! {
        <section key="compiler" class={yew::classes!("compiler-view", state.broken.as_ref().map(|_| "broken"))}>
            <div class="scene">
                <h2>{ texts.compiler_title }</h2>
                { for facts.iter().map(|facts| passes(props, facts)) }
                { for facts.iter().map(|facts| funnel(state, facts)) }
                { main }
            </div>
            <div class="side">{ for facts.iter().map(|facts| side(props, facts)) }</div>
        </section>
    }
}

fn passes(props: &Props, facts: &CompilerFacts) -> Html {
    let (state, texts) = (&props.state, props.state.lang.texts());
    let wanted = state.compiling.wanted.pass.as_deref();
    let button = |name: Option<&str>, shown: &str| {
        let owned = name.map(str::to_owned);
        let ask = props.send.reform(move |_| Action::Compiling(Ask::Pass(owned.clone())));
        let action = format!("pass-{}", name.unwrap_or("none"));
        html! {
            <li><button type="button" class="pass" data-action={action} aria-pressed={(wanted == name).to_string()} onclick={ask}>{ shown.to_owned() }</button></li>
        }
    };
    let says = facts.passes.iter().find(|pass| Some(pass.name.as_str()) == wanted);
    html! {
        <>
            <ol class="passes" aria-label={texts.compiler_passes}>
                { for facts.passes.iter().map(|pass| button(Some(&pass.name), &state.lang.pick(&pass.title))) }
                { button(None, texts.compiler_columns) }
                { button(Some(MACHINE), texts.machine_tab) }
            </ol>
            { for says.map(|pass| html! { <p class="where">{ state.lang.pick(&pass.says) }</p> }) }
        </>
    }
}

fn funnel(state: &State, facts: &CompilerFacts) -> Html {
    let step = |step: &frame::Funneled| {
        let count = match step.of {
            Some(of) => format!("{} / {of}", step.count),
            None => grouped(step.count),
        };
        html! { <div><dt>{ state.lang.pick(&step.what) }</dt><dd>{ count }</dd></div> }
    };
    html! { <dl class="funnel">{ for facts.funnel.iter().map(step) }</dl> }
}

/// The state after a pass, as text.
fn after(state: &State) -> Html {
    let texts = state.lang.texts();
    let Some(after) = state.compiling.shown() else { return html! { <p class="where">{ texts.compiler_working }</p> } };
    let left = after.lines.saturating_sub(after.head.len() as u32);
    html! {
        <>
            <pre class="state" tabindex="0" data-pass={after.name.clone()} aria-label={texts.compiler_after}>{ after.head.join("\n") }</pre>
            if 0 < left { <p class="where">{ format!("… +{}", grouped(left.into())) }</p> }
        </>
    }
}

fn side(props: &Props, facts: &CompilerFacts) -> Html {
    let (state, texts) = (&props.state, props.state.lang.texts());
    let place = format!("{} · {}", state.lang.pick(&facts.stage), state.lang.pick(&facts.part));
    let chosen = facts.chosen.as_ref().map(|chosen| {
        let why = chosen.why.as_ref().map(|why| state.lang.pick(why)).unwrap_or_default();
        html! {
            <div class="here" data-cycle={chosen.cycle.to_string()}>
                <p><b>{ format!("{} · {}", state.lang.cycle(chosen.cycle), state.lang.pick(&chosen.who)) }</b></p>
                <p><code>{ chosen.instruction.clone() }</code></p>
                <p class="where">{ state.lang.pick(&chosen.meaning) }</p>
                <h4>{ texts.compiler_why }</h4>
                <p class="why">{ why }</p>
                <p class="where">{ state.lang.counted_from(chosen.stage) }</p>
            </div>
        }
    });
    html! {
        <>
            <h3>{ place }</h3>
            { chosen.unwrap_or_else(|| html! { <p class="where">{ texts.compiler_pick }</p> }) }
            <h3>{ texts.compiler_bounds }</h3>
            { bounds(state, &facts.bounds) }
            <h3>{ texts.compiler_change }</h3>
            { options(props) }
            { for state.compiling.compared().map(|noted| compared(state, facts, noted)) }
            { programs(props) }
        </>
    }
}

/// How many programs the model gets, and what each of them takes.
fn programs(props: &Props) -> Html {
    let (state, texts) = (&props.state, turns::words(props.state.lang));
    let button = |programs: Programs, action: &'static str, label: &'static str| {
        let put = props.send.reform(move |_| Action::Programs(programs));
        let pressed = (state.turns.wanted == programs).to_string();
        html! { <button type="button" class="plain" data-action={action} aria-pressed={pressed} onclick={put}>{ label }</button> }
    };
    html! {
        <>
            <h3>{ texts.title }</h3>
            <p class="chooser" role="group" aria-label={texts.title}>
                { button(Programs::One, "programs-one", texts.one) }
                { button(Programs::Buckets, "programs-buckets", texts.buckets) }
            </p>
            if state.turns.are_several() { { staircase(state) } } else { <p class="where">{ texts.why }</p> }
        </>
    }
}

fn staircase(state: &State) -> Html {
    let (lang, texts) = (state.lang, turns::words(state.lang));
    let stairs = state.turns.stairs();
    let row = |stair: &Stair| {
        let is_here = (stair.from..stair.to).contains(&state.cursor.token);
        html! {
            <tr aria-current={is_here.then_some("step")}>
                <th scope="row">{ format!("{}–{}", stair.from, stair.to - 1) }</th>
                <td>{ grouped(stair.cycles) }</td>
                <td>{ lang.size(stair.instruction_bytes) }</td>
            </tr>
        }
    };
    let taken = stairs.iter().map(|stair| stair.instruction_bytes).sum();
    let opened = state.opened.as_ref();
    html! {
        <>
            <table class="compared turns">
                <thead><tr>{ for [texts.positions, texts.cycles, texts.code].map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                <tbody>{ for stairs.iter().map(row) }</tbody>
            </table>
            <p class="where">
                { for opened.map(|opened| lang.instruction_room(taken, opened.instruction_room)) }
                { for opened.iter().flat_map(|opened| &opened.left_out).map(|(positions, bytes)| lang.left_out(*positions, *bytes)) }
            </p>
        </>
    }
}

/// A share as people say it: `+175 %`.
fn over(share: f64) -> String {
    format!("+{:.0} %", 100.0 * share)
}

fn bounds(state: &State, bounds: &Bounds) -> Html {
    let (lang, texts, colon) = (state.lang, state.lang.texts(), state.lang.colon());
    let figure = |name: &str, value: String| html! { <div><dt>{ name.to_owned() }</dt><dd>{ value }</dd></div> };
    let stage = |one: &StageBound| {
        let (what, cycles) = if one.critical < one.busy {
            (format!("{}{colon}{}", texts.compiler_busiest, one.busiest), one.busy)
        } else {
            (texts.compiler_longest.to_owned(), one.critical)
        };
        let name = lang.pick(&frame::words::stage(&one.stage));
        html! { <li>{ format!("{name} × {}{colon}{} · {what} {}", one.times, grouped(one.cycles), grouped(cycles)) }</li> }
    };
    let binds = if bounds.first.binds == "chain" { texts.compiler_chain } else { texts.compiler_install };
    html! {
        <>
            <dl class="figures">
                { figure(texts.compiler_cycles, grouped(bounds.cycles)) }
                { figure(texts.compiler_first, format!("{} ({})", grouped(bounds.first.cycles), over(bounds.first_gap))) }
                { figure(texts.compiler_second, format!("{} ({})", grouped(bounds.second.cycles), over(bounds.second_gap))) }
            </dl>
            <p class="where">{ binds }</p>
            <ul class="stages">{ for bounds.second.stages.iter().map(stage) }</ul>
        </>
    }
}

fn options(props: &Props) -> Html {
    let state = &props.state;
    let button = |change: Change, label: String| {
        let pressed = state.compiling.wanted.change == Some(change);
        let wanted = (!pressed).then_some(change);
        let ask = props.send.reform(move |_| Action::Compiling(Ask::Change(wanted)));
        let action = match change {
            Change::Chips(chips) => format!("change-n{chips}"),
            Change::Context(context) => format!("change-c{context}"),
        };
        html! { <button type="button" class="plain" data-action={action} aria-pressed={pressed.to_string()} onclick={ask}>{ label }</button> }
    };
    let room = state.opened.as_ref().map_or(0, |opened| opened.context);
    let chips = CHIPS.into_iter().filter(|chips| *chips != state.chips);
    let contexts = CONTEXTS.into_iter().filter(|context| *context != room);
    html! {
        <p class="chooser" role="group" aria-label={state.lang.texts().compiler_change}>
            { for chips.map(|chips| button(Change::Chips(chips), state.lang.chips(chips))) }
            { for contexts.map(|context| button(Change::Context(context), state.lang.room_for(context))) }
        </p>
    }
}

fn compared(state: &State, facts: &CompilerFacts, noted: &study::Noted) -> Html {
    let texts = state.lang.texts();
    let issues = facts.funnel.last().map_or(0, |step| step.count);
    let row = |name: &str, now: String, then: String| html! { <tr><th scope="row">{ name.to_owned() }</th><td>{ now }</td><td>{ then }</td></tr> };
    let (now, then) = (&facts.bounds, &noted.bounds);
    html! {
        <table class="compared" data-cycles={then.cycles.to_string()}>
            <thead><tr><th></th><th scope="col">{ texts.compiler_now }</th><th scope="col">{ texts.compiler_then }</th></tr></thead>
            <tbody>
                { row(texts.compiler_cycles, grouped(now.cycles), grouped(then.cycles)) }
                { row(texts.compiler_first, grouped(now.first.cycles), grouped(then.first.cycles)) }
                { row(texts.compiler_second, grouped(now.second.cycles), grouped(then.second.cycles)) }
                { row(texts.compiler_issues, grouped(issues), grouped(noted.issues)) }
                { row(texts.compiler_code, String::new(), state.lang.size(noted.instruction_bytes)) }
            </tbody>
        </table>
    }
}
