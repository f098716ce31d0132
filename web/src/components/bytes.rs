//! 320 bytes as 20 rows of 16.
//!
//! In: the bytes of a word.  Out: a grid, one cell per byte, coloured by its value, readable as text.
//! Invariant: the cell's text is the byte's value in the reading chosen; colour only repeats it.
//! Method: seventeen classes of colour, blue below zero, orange above; the bytes stand in an attribute too, for tests and tools.

use yew::{Html, Properties, function_component, html, use_state};

/// How a byte is read.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Int8,
    Hex,
}

/// What the grid shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The bytes, superlane by superlane.
    pub bytes: Vec<u8>,
}

const LANES: usize = 16;
/// Classes on each side of zero.
const SHADES: i32 = 8;

/// Class of a value: `n8` to `p8`, `z` for zero.
fn shade(byte: u8) -> String {
    let value = i32::from(byte as i8);
    let step = (value.abs() * SHADES + 127) / 128;
    match value {
        0 => "z".to_owned(),
        ..0 => format!("n{step}"),
        _ => format!("p{step}"),
    }
}

/// The grid.
#[function_component]
pub fn Bytes(props: &Props) -> Html {
    let reading = use_state(|| Reading::Int8);
    let tab = |name: &'static str, value: Reading| {
        let chosen = (*reading == value).then_some("true");
        let set = reading.clone();
        html! { <button class="reading" aria-pressed={chosen} onclick={move |_| set.set(value)}>{ name }</button> }
    };
    let cell = |byte: &u8| {
        let text = match *reading {
            Reading::Int8 => (*byte as i8).to_string(),
            Reading::Hex => format!("{byte:02x}"),
        };
        html! { <i class={shade(*byte)}>{ text }</i> }
    };
    // Superlane 19 is the top row on the chip, so it is here.
    let rows =
        props.bytes.chunks(LANES).rev().map(|row| html! { <div class="lane-row">{ for row.iter().map(cell) }</div> });
    let all: String = props.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    html! {
        <>
            <div class="bytes" data-bytes={all}>{ for rows }</div>
            <p class="readings">{ tab("int8", Reading::Int8) }{ tab("hex", Reading::Hex) }</p>
        </>
    }
}
