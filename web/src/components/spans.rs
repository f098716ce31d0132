//! Where a token's cycles went: layers on one line, the parts of the present layer below.
//!
//! In: the deck, the cursor.  Out: two rows of blocks; jumps as actions.
//! Invariant: a block is as wide as its share of the cycles; the stretches of a layer fill it.
//! Method: SVG, because the page's policy allows no style attributes.

use crate::i18n::Lang;
use crate::protocol::Opened;
use crate::spelling;
use crate::state::Action;
use crate::theme::Theme;
use frame::{Activity, Cursor, Segment};
use std::rc::Rc;
use web_sys::KeyboardEvent;
use yew::{Callback, Html, html};

/// Width of a row, in the picture's own units.
const WIDTH: f64 = 1400.0;
/// Width that a name takes, per letter; on a projector all letters are larger.
const LETTER: f64 = 9.0;
const LETTER_LARGE: f64 = 11.6;
/// Room that a block keeps beside its name.
const MARGIN: f64 = 10.0;

/// What the rows show.
pub struct Props {
    /// The model on the chip.
    pub opened: Rc<Opened>,
    /// The language of names.
    pub lang: Lang,
    /// How large they are.
    pub theme: Theme,
    /// The cursor.
    pub cursor: Cursor,
    /// Receives jumps.
    pub send: Callback<Action>,
}

/// One block of a row.
struct Block {
    class: &'static str,
    x: f64,
    width: f64,
    name: String,
    cycles: u64,
    from: u64,
    current: bool,
}

/// The rows.
pub fn view(props: &Props) -> Html {
    let deck = &props.opened.deck;
    let cycle = props.cursor.cycle;
    let scale = WIDTH / deck.length.max(1) as f64;
    let layers = deck.spans.iter().map(|span| Block {
        class: "layer",
        x: span.from as f64 * scale,
        width: (span.to - span.from) as f64 * scale,
        name: props.lang.pick(&span.name),
        cycles: span.to - span.from,
        from: span.from,
        current: (span.from..span.to).contains(&cycle),
    });
    let now = deck.spans.iter().position(|span| (span.from..span.to).contains(&cycle)).unwrap_or(0);
    let parts: Vec<&Activity> = deck.parts.iter().filter(|part| part.instance as usize == now).collect();
    html! {
        <svg class="spans" viewBox="0 0 1400 150">
            { for layers.map(|layer| block(props, &layer, 0.0, 44.0)) }
            { for row(props, now, &parts).iter().map(|part| block(props, part, 70.0, 62.0)) }
        </svg>
    }
}

/// The stretches of the present instance, in order of time, each in the colour of its part's unit.
fn row(props: &Props, now: usize, parts: &[&Activity]) -> Vec<Block> {
    let Some(span) = props.opened.deck.spans.get(now) else { return Vec::new() };
    let scale = WIDTH / (span.to - span.from).max(1) as f64;
    let block = |part: &Activity, segment: &Segment| Block {
        class: match frame::Colour::of(part.unit) {
            frame::Colour::Vxm => "part vxm",
            frame::Colour::Mxm => "part mxm",
            frame::Colour::Sxm => "part sxm",
            _ => "part mem",
        },
        x: segment.from.saturating_sub(span.from) as f64 * scale,
        width: (segment.to - segment.from) as f64 * scale,
        name: props.lang.pick(&part.name),
        cycles: segment.to - segment.from,
        from: segment.from,
        current: (segment.from..segment.to).contains(&props.cursor.cycle),
    };
    parts.iter().flat_map(|part| part.segments.iter().map(|segment| block(part, segment))).collect()
}

fn block(props: &Props, block: &Block, y: f64, height: f64) -> Html {
    let (token, cycle) = (props.cursor.token, block.from);
    let jump: Callback<()> = props.send.reform(move |()| Action::Jump(Cursor { token, cycle }));
    let letter = if props.theme == Theme::Projector { LETTER_LARGE } else { LETTER };
    let name = spelling::cut(&block.name, (block.width - MARGIN) / letter);
    let class = yew::classes!(block.class, block.current.then_some("current"));
    let text = |value: String, class: &'static str, down: f64| {
        // The title says it whole, where the picture may cut it.
        html! { <text {class} aria-hidden="true" x={(block.x + 8.0).to_string()} y={(y + down).to_string()}>{ value }</text> }
    };
    let (pressed, label) = (jump.clone(), format!("{} · {}", block.name, frame::grouped(block.cycles)));
    let press = Callback::from(move |event: KeyboardEvent| {
        if ["Enter", "NumpadEnter", "Space"].contains(&event.code().as_str()) {
            event.prevent_default();
            pressed.emit(());
        }
    });
    html! {
        <g {class} role="button" tabindex="0" onclick={move |_| jump.emit(())} onkeydown={press}>
            <title>{ label }</title>
            <rect x={(block.x + 1.0).to_string()} y={y.to_string()} width={(block.width - 2.0).max(1.0).to_string()} height={height.to_string()} rx="4" />
            if let Some(name) = name {
                { text(name, "name", 26.0) }
                if 50.0 < height { { text(frame::grouped(block.cycles), "number", 48.0) } }
            }
        </g>
    }
}
