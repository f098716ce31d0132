//! Paints the deck's strip: dispatches of each unit over the cycles of a token.
//!
//! In: the deck of a program.  Out: four bands of columns on a canvas.
//! Invariant: a column's height is its share of the greatest column of its unit; nothing that was dispatched has no height.
//! Method: one rectangle per column and unit, sorted by unit.

use super::palette::Palette;
use super::pen::Pen;
use super::surface::Surface;
use frame::{Colour, Deck};
use web_sys::HtmlCanvasElement;

const BANDS: [Colour; 4] = [Colour::Mem, Colour::Vxm, Colour::Mxm, Colour::Sxm];
/// Least height of a column in which something is dispatched, as a share of its band.
const LEAST: f64 = 0.12;
/// Free part of a band.
const GAP: f64 = 0.18;

/// Paints the strip of `deck`.
pub fn paint_strip(canvas: &HtmlCanvasElement, deck: &Deck) {
    let Some(surface) = Surface::of(canvas) else { return };
    surface.settle();
    surface.clear();
    let palette = Palette::of_page();
    let pen = Pen::new(surface.context(), &palette);
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    let band = height / BANDS.len() as f64;
    let x = |cycle: u64| width * cycle as f64 / deck.length.max(1) as f64;
    for (unit, colour) in BANDS.into_iter().enumerate() {
        pen.ink(colour, 215);
        let bottom = band * (unit + 1) as f64;
        for column in deck.columns.iter().filter(|column| column.dispatches[unit] != 0) {
            let share = f64::from(column.dispatches[unit]) / f64::from(deck.greatest[unit].max(1));
            let tall = band * (1.0 - GAP) * share.max(LEAST);
            surface.context().fill_rect(x(column.from), bottom - tall, (x(column.to) - x(column.from)).max(1.0), tall);
        }
    }
}
