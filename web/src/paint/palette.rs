//! The values of colours, read from the page's style sheet.
//!
//! In: the custom properties of the root element.  Out: a CSS colour per colour of `frame`, and the sprites of dashes.
//! Invariant: no colour value stands in code; a theme is a style sheet.
//! Method: one property name per colour; a dash is a strip painted once, stretched where it is needed.

use crate::services::address::window;
use frame::{Colour, Head};
use std::cell::RefCell;
use std::collections::BTreeMap;
use units::gathered;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Pixels of a dash's sprite.
const SPRITE: (u32, u32) = (64, 8);
/// Part of a dash that is head.
const HEAD_FROM: f32 = 0.82;

/// The page's colours.
pub struct Palette {
    colours: BTreeMap<Colour, String>,
    /// Background of plates.
    pub ground: String,
    /// Least height of letters on the screen, in CSS pixels.
    pub least: f64,
    /// Least strength of letters, 0 to 255.
    pub faintest: u8,
    sprites: RefCell<BTreeMap<(Colour, Head), HtmlCanvasElement>>,
}

/// Colours and the custom properties that hold them.
const NAMES: [(Colour, &str); 20] = [
    (Colour::Mem, "--mem"),
    (Colour::Vxm, "--vxm"),
    (Colour::Mxm, "--mxm"),
    (Colour::Sxm, "--sxm"),
    (Colour::Link, "--c2c"),
    (Colour::Control, "--control"),
    (Colour::East, "--east"),
    (Colour::West, "--west"),
    (Colour::Mark, "--brand"),
    (Colour::Broken, "--warn"),
    (Colour::Ink, "--ink"),
    (Colour::Embedding, "--embedding"),
    (Colour::Attention, "--attention"),
    (Colour::FeedForward, "--feed-forward"),
    (Colour::Constant, "--constant"),
    (Colour::Cache, "--cache"),
    (Colour::CacheNext, "--cache-next"),
    (Colour::Scratch, "--scratch"),
    (Colour::Record, "--record"),
    (Colour::Instructions, "--instructions"),
];

impl Palette {
    /// The colours of the page as it is now.
    pub fn of_page() -> Self {
        let root = window().document().and_then(|document| document.document_element());
        let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
        let read = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
            value.trim().to_owned()
        };
        let colours = gathered(NAMES.into_iter().map(|(colour, name)| (colour, read(name))));
        let least = read("--least").trim_end_matches("px").parse::<u16>().map_or(0.0, f64::from);
        let faintest = read("--faintest").parse().unwrap_or_default();
        Palette { colours, ground: read("--ground"), least, faintest, sprites: RefCell::default() }
    }

    /// The value of a colour; `Free` is the ground.
    pub fn css(&self, colour: Colour) -> &str {
        self.colours.get(&colour).unwrap_or(&self.ground)
    }

    /// The strip of a dash.
    pub fn dash(&self, colour: Colour, head: Head) -> Option<HtmlCanvasElement> {
        if let Some(known) = self.sprites.borrow().get(&(colour, head)) {
            return Some(known.clone());
        }
        let canvas = sprite(self.css(colour), head)?;
        self.sprites.borrow_mut().insert((colour, head), canvas.clone());
        Some(canvas)
    }
}

/// One column of pixels at a time: faint tail, full head.
fn sprite(css: &str, head: Head) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = window().document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    let (width, height) = SPRITE;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_fill_style_str(css);
    for column in 0..width {
        let along = (column as f32 + 0.5) / width as f32;
        let alpha = if HEAD_FROM < along { 1.0 } else { 0.75 * (along / HEAD_FROM) * (along / HEAD_FROM) };
        context.set_global_alpha(f64::from(alpha));
        let x = if head == Head::Right { column } else { width - 1 - column };
        context.fill_rect(f64::from(x), 0.0, 1.0, f64::from(height));
    }
    Some(canvas)
}
