//! What is at the selection: its bytes, what it is, who sent it, whom it will meet and when.
//!
//! In: the state.  Out: a panel beside the chip.
//! Invariant: shows only what was looked up for the present cursor; before that it says so.

use super::bytes::Bytes;
use crate::i18n::Lang;
use crate::state::{Looked, State};
use frame::{Holding, Inspection, QueueLine};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::Write;
use std::rc::Rc;
use yew::{Html, Properties, function_component, html};

/// What the panel shows.
pub struct Props {
    /// The whole state.
    pub state: State,
    /// What stands there while nothing is selected, unless it is the usual hint.
    pub hint: Option<&'static str>,
}

/// The panel.
pub fn view(props: &Props) -> Html {
    let state = &props.state;
    let texts = state.lang.texts();
    let content = match (state.selection, &state.looked) {
        (None, _) => html! { <p class="hint">{ props.hint.unwrap_or(texts.nothing_selected) }</p> },
        (Some(selection), Some(looked)) if looked.selection == selection => {
            let fresh = if looked.cursor == state.cursor { "fresh" } else { "stale" };
            html! { <Seen {fresh} looked={looked.clone()} lang={state.lang} /> }
        }
        _ => html! { <p class="hint">{ texts.looking }</p> },
    };
    html! { <aside class="drawer" aria-label={texts.this_value}>{ content }</aside> }
}

/// What the panel shows of one look.
#[derive(Properties, PartialEq)]
struct SeenProps {
    looked: Rc<Looked>,
    fresh: &'static str,
    lang: Lang,
}

/// A component of its own, so that it is laid out anew only when another look has come, not with every text of the page.
#[function_component]
fn Seen(SeenProps { looked, fresh, lang }: &SeenProps) -> Html {
    let place = frame::selection(looked.selection);
    html! {
        <div class={*fresh} data-cycle={looked.cursor.cycle.to_string()} data-place={place} data-inspection={json(&looked.inspection)}>
            { inspection(*lang, &looked.inspection) }
        </div>
    }
}

/// Floats as the library that is there already writes them; the format library's own writer has ten kilobytes of tables.
struct Plain;

impl Formatter for Plain {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> std::io::Result<()> {
        write!(writer, "{value:?}")
    }
}

/// The same as the command line prints, for tests and tools.
fn json(inspection: &Inspection) -> String {
    let mut text = Vec::new();
    inspection.serialize(&mut Serializer::with_formatter(&mut text, Plain)).expect("plain data is JSON");
    String::from_utf8(text).expect("JSON is text")
}

fn inspection(lang: Lang, seen: &Inspection) -> Html {
    let texts = lang.texts();
    let row = |name: &'static str, value: String, more: String| {
        html! { <div class="fact"><dt>{ name }</dt><dd>{ value }if !more.is_empty() {<small>{ more }</small>}</dd></div> }
    };
    let meaning = seen.meaning.as_ref().map(|text| lang.pick(text));
    let maker = seen.maker.as_ref().map(|maker| {
        let at = maker.cycle.map(|cycle| lang.cycle(cycle)).unwrap_or_default();
        row(texts.made_by, lang.pick(&maker.who), join(&maker.instruction, &at))
    });
    let meeting = seen.meeting.as_ref().map(|meeting| {
        let when = lang.after(meeting.after, meeting.cycle);
        row(texts.meets, lang.pick(&meeting.who), join(&meeting.instruction, &when))
    });
    let range =
        seen.statistics.map(|of| row(texts.range, format!("{} · {:.1} · {}", of.min, of.mean, of.max), String::new()));
    html! {
        <>
            <h2>{ meaning.clone().unwrap_or_else(|| lang.pick(&seen.title)) }</h2>
            <p class="where">{ format!("{} · {}", lang.pick(&seen.title), lang.pick(&seen.place)) }</p>
            { holding(lang, &seen.holding) }
            <dl>{ for maker }{ for meeting }{ for range }</dl>
            { lines(lang, &seen.lines) }
        </>
    }
}

fn join(a: &str, b: &str) -> String {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => format!("{a} · {b}"),
        _ => format!("{a}{b}"),
    }
}

fn holding(lang: Lang, holding: &Holding) -> Html {
    let texts = lang.texts();
    match holding {
        Holding::Bytes(bytes) => html! { <><Bytes bytes={bytes.clone()} /><p class="where">{ texts.bytes_320 }</p></> },
        Holding::Empty => html! { <p class="hint">{ texts.holds_nothing }</p> },
        Holding::Poisoned(rule) => html! { <p class="hint bad">{ texts.holds_poison }{ " " }{ rule }</p> },
        Holding::Unknown => html! { <p class="hint">{ texts.holds_unknown }</p> },
    }
}

fn lines(lang: Lang, lines: &[QueueLine]) -> Html {
    if lines.is_empty() {
        return Html::default();
    }
    let line = |line: &QueueLine| {
        html! { <tr><td>{ frame::grouped(line.cycle) }</td><td><code>{ &line.instruction }</code></td><td>{ lang.pick(&line.meaning) }</td></tr> }
    };
    html! { <table class="lines"><caption>{ lang.texts().queue_lines }</caption><tbody>{ for lines.iter().map(line) }</tbody></table> }
}
