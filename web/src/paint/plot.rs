//! Plots numbers with axes.
//!
//! In: a canvas, numbers.  Out: pixels.
//! Invariant: the axis of amounts starts at zero; colours are the page's.
//! Method: `plotters` on the canvas; the page's colours are read from its style sheet.

use super::palette::Palette;
use super::surface::Surface;
use crate::i18n::Lang;
use frame::Colour;
use plotters::prelude::{ChartBuilder, DrawingAreaErrorKind, IntoDrawingArea, IntoFont, RGBColor, Rectangle};
use plotters::style::{Color, TextStyle};
use plotters_canvas::CanvasBackend;
use web_sys::HtmlCanvasElement;

type Failed = DrawingAreaErrorKind<<CanvasBackend as plotters::prelude::DrawingBackend>::ErrorType>;

/// Height of a text on the axes, in CSS pixels.
const TEXT: f64 = 13.0;

/// Cycles of each token, the present one marked.
pub fn plot_cycles(canvas: &HtmlCanvasElement, cycles: &[u64], present: usize, lang: Lang) {
    // Where it is not laid out, plotters would measure texts with style attributes, which the policy forbids.
    if canvas.client_width() == 0 {
        return;
    }
    let Some(surface) = Surface::of(canvas) else { return };
    surface.settle();
    surface.clear();
    // A canvas that is not laid out has no room for axes; it is plotted when it is.
    let _ = bars(canvas, cycles, present, lang);
}

fn bars(canvas: &HtmlCanvasElement, cycles: &[u64], present: usize, lang: Lang) -> Result<(), Failed> {
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return Ok(()) };
    let density = f64::from(canvas.width()) / f64::from(canvas.client_width().max(1));
    let palette = Palette::of_page();
    let (bar, mark, ink) =
        (colour(&palette, Colour::Mem), colour(&palette, Colour::Mark), colour(&palette, Colour::Ink));
    let most = cycles.iter().copied().max().unwrap_or(1).max(1);
    let area = backend.into_drawing_area();
    let pixels = |css: f64| (css * density).round() as i32;
    let mut chart = ChartBuilder::on(&area)
        .x_label_area_size(pixels(34.0))
        .y_label_area_size(pixels(64.0))
        .margin_top(pixels(8.0))
        .margin_right(pixels(12.0))
        .build_cartesian_2d(0..cycles.len().max(1), 0..most + most / 8)?;
    let style = TextStyle::from(("sans-serif", TEXT * density).into_font()).color(&ink);
    let token = match lang {
        Lang::Zh => "第幾個 token",
        Lang::En => "token",
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(ink.mix(0.16))
        .light_line_style(ink.mix(0.0))
        .axis_style(ink.mix(0.4))
        .label_style(style)
        .x_desc(token)
        .y_labels(5)
        .y_label_formatter(&|count| frame::grouped(*count))
        .draw()?;
    chart.draw_series(cycles.iter().enumerate().map(|(index, cycles)| {
        let shade = if index == present { mark.filled() } else { bar.mix(0.75).filled() };
        let mut rectangle = Rectangle::new([(index, 0), (index + 1, *cycles)], shade);
        rectangle.set_margin(0, 0, pixels(1.0).unsigned_abs(), pixels(1.0).unsigned_abs());
        rectangle
    }))?;
    area.present()
}

/// A colour of the page; the style sheet writes them as `#rrggbb`.
pub fn colour(palette: &Palette, colour: Colour) -> RGBColor {
    let digits = palette.css(colour).trim_start_matches('#');
    let value = u32::from_str_radix(digits, 16).unwrap_or(0x00ff_ffff);
    RGBColor((value >> 16) as u8, (value >> 8) as u8, value as u8)
}
