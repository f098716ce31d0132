//! The damage front: which units, links and chips drive other bytes, from which cycle on, as a table and as a picture.
//!
//! In: the state with a broken run.  Out: a panel; a click on the picture as a jump.
//! Invariant: what is counted so far is said to be so; a chip that was not counted yet is not called whole.
//! Method: a canvas of its own, painted when another piece of the front has come.

use crate::i18n::Lang;
use crate::paint::{Painter, Picture, place};
use crate::protocol::Request;
use crate::state::{Action, State};
use crate::wreck::Front;
use frame::{Cursor, FrontLine, Scene, grouped};
use std::rc::Rc;
use web_sys::{HtmlCanvasElement, MouseEvent};
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref};

/// What is shown.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// Receives what the viewer asks for.
    pub send: Callback<Action>,
}

/// The panel.
pub fn view(props: &Props) -> Html {
    let Props { state, send } = props;
    let texts = state.lang.texts();
    if state.broken.is_none() {
        return Html::default();
    }
    let Some(front) = state.wreck.front.clone() else {
        return html! { <div class="front"><h3>{ texts.front_title }</h3><p class="where">{ texts.front_working }</p></div> };
    };
    let heads = [texts.schedule_unit, texts.front_chips, texts.front_words, texts.front_bytes, texts.front_first];
    html! {
        <div class="front" data-counted={front.counted.to_string()} data-chips={front.chips.to_string()}>
            <h3>{ texts.front_title }</h3>
            <p class="where">{ state.lang.front_reach(&front) }</p>
            <table class="compared">
                <thead><tr>{ for heads.map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                <tbody>{ for front.lines().iter().map(|line| row(state.lang, line)) }</tbody>
            </table>
            <FrontPicture front={front.clone()} lang={state.lang} send={send.clone()} />
            { harmless(state, send) }
        </div>
    }
}

fn row(lang: Lang, line: &FrontLine) -> Html {
    let chips = if line.links == 0 { line.chips.to_string() } else { lang.links(line.links) };
    html! {
        <tr>
            <th scope="row">{ lang.pick(&line.name) }</th>
            <td>{ chips }</td>
            <td>{ grouped(line.words) }</td>
            <td>{ grouped(line.bytes) }</td>
            <td>{ grouped(line.first) }</td>
        </tr>
    }
}

fn harmless(state: &State, send: &Callback<Action>) -> Html {
    let texts = state.lang.texts();
    match &state.wreck.harmless {
        None => {
            let ask = send.reform(|_| Action::Send(Request::Harmless));
            html! { <button type="button" class="plain" data-action="harmless" onclick={ask}>{ texts.harmless_ask }</button> }
        }
        Some(None) => html! { <p class="where">{ texts.harmless_none }</p> },
        Some(Some(found)) => html! {
            <p class="where harmless">
                { state.lang.harmless_seed(found.seed) }{ " " }<code>{ state.lang.pick(&found.change) }</code>{ " " }
                <span class="good">{ texts.harmless_proved }</span>
            </p>
        },
    }
}

/// What the picture shows.
#[derive(Properties, PartialEq)]
struct PictureProps {
    front: Rc<Front>,
    lang: Lang,
    send: Callback<Action>,
}

#[function_component]
fn FrontPicture(PictureProps { front, lang, send }: &PictureProps) -> Html {
    let canvas = use_node_ref();
    let scene = Rc::new(frame::front(&front.damage, front.chips, front.length));
    let (painted, shown, lang) = (canvas.clone(), Rc::clone(&scene), *lang);
    use_effect_with((Rc::clone(front), lang), move |_| {
        if let Some(canvas) = painted.cast::<HtmlCanvasElement>() {
            let picture = Picture { floor: None, scene: &shown, fraction: 0.0, lang: lang.of_frame(), look: None };
            Painter::new().paint(&canvas, &picture);
        }
    });
    let (pointed, length) = (canvas.clone(), front.length);
    // The page's policy forbids styles in elements: the sheet knows the proportions by the number of chips.
    let shape = format!("front-{}", front.chips);
    let jump = {
        let send = send.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(cycle) = cycle_at(pointed.cast(), &scene, length, &event) {
                send.emit(Action::Jump(Cursor { token: 0, cycle }));
            }
        })
    };
    html! { <canvas class={yew::classes!("front-picture", shape)} ref={canvas} role="img" aria-label={lang.texts().front_picture} onclick={jump} /> }
}

fn cycle_at(canvas: Option<HtmlCanvasElement>, scene: &Scene, length: u64, event: &MouseEvent) -> Option<u64> {
    let (x, _) = place(&canvas?, scene, None, (f64::from(event.offset_x()), f64::from(event.offset_y())))?;
    frame::front_cycle(length, x)
}
