//! A plot with two axes of amounts: lines, dots with names, a table behind it.
//!
//! In: a chart as plain data.  Out: a canvas, or the same numbers as a table; a button between the two.
//! Invariant: whatever is plotted stands in the table; colours are the page's, and dashes tell lines apart without them.
//! Method: `plotters` on the canvas; a logarithmic axis is a straight one of exponents, so that one plot serves all.

use super::Desk;
use crate::numbers::{csv, digits};
use crate::paint::{Palette, Surface};
use crate::services::address::window;
use frame::Colour;
use gloo_events::EventListener;
use plotters::prelude::{
    ChartBuilder, Circle, DashedLineSeries, DrawingAreaErrorKind, IntoDrawingArea, IntoFont, LineSeries, RGBColor,
};
use plotters::style::{Color, ShapeStyle, TextStyle};
use plotters_canvas::CanvasBackend;
use web_sys::HtmlCanvasElement;
use yew::{Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref, use_state};

type Failed = DrawingAreaErrorKind<<CanvasBackend as plotters::prelude::DrawingBackend>::ErrorType>;

/// Height of a text in CSS pixels.
const TEXT: f64 = 13.0;

/// How lines are told apart.
#[derive(Clone, Copy, PartialEq)]
pub enum Ink {
    /// The rival.
    Gpu,
    /// Ours, as far as it is ours.
    Lpu,
    /// Where the viewer is.
    Viewer,
    /// A claim.
    Claim,
}

/// A line.
#[derive(Clone, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub ink: Ink,
    /// Its places.
    pub places: Vec<(f64, f64)>,
}

/// A dot with its name.
#[derive(Clone, PartialEq)]
pub struct Dot {
    /// Its name.
    pub name: String,
    /// What it tells of.
    pub ink: Ink,
    /// Where.
    pub at: (f64, f64),
}

/// A chart; both axes are logarithmic.
#[derive(Clone, PartialEq)]
pub struct Chart {
    /// Name of the axis to the right.
    pub x: String,
    /// Name of the axis upwards.
    pub y: String,
    /// Lines.
    pub lines: Vec<Line>,
    /// Dots.
    pub dots: Vec<Dot>,
}

/// What is shown.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Language and actions.
    pub desk: Desk,
    /// The chart.
    pub chart: Chart,
    /// What it shows, for those who cannot see it.
    pub label: String,
}

/// The chart or its table.
#[function_component]
pub fn Plot(props: &Props) -> Html {
    let canvas = use_node_ref();
    let is_table = use_state(|| false);
    let resized = use_state(|| 0u32);
    let words = props.desk.words();
    let count = resized.clone();
    use_effect_with(*resized, move |seen| {
        let next = seen + 1;
        let listener = EventListener::once(&window(), "resize", move |_| count.set(next));
        move || drop(listener)
    });
    let painted = canvas.clone();
    let size = canvas.cast::<HtmlCanvasElement>().map(|canvas| (canvas.client_width(), canvas.client_height()));
    use_effect_with((props.chart.clone(), *is_table, size, *resized), move |(chart, ..)| {
        if let Some(canvas) = painted.cast::<HtmlCanvasElement>() {
            paint(&canvas, chart);
        }
    });
    let turn = {
        let is_table = is_table.clone();
        Callback::from(move |_| is_table.set(!*is_table))
    };
    let name = if *is_table { words.as_plot } else { words.as_table };
    html! {
        <div class="chart">
            <button class="plain" data-action="as-table" aria-pressed={is_table.to_string()} onclick={turn}>{ name }</button>
            { export(props) }
            <div class="plot" hidden={*is_table}><canvas ref={canvas} role="img" aria-label={props.label.clone()} /></div>
            <div class={if *is_table { "behind" } else { "unseen" }}>{ table(&props.chart) }</div>
        </div>
    }
}

/// The numbers behind the plot, in the order of the table.
fn rows(chart: &Chart) -> Vec<(String, f64, f64)> {
    let lines = chart.lines.iter().flat_map(|line| line.places.iter().map(|(x, y)| (line.name.clone(), *x, *y)));
    lines.chain(chart.dots.iter().map(|dot| (dot.name.clone(), dot.at.0, dot.at.1))).collect()
}

/// A link that saves the table as a file; nothing leaves the page.
fn export(props: &Props) -> Html {
    let chart = &props.chart;
    let file = csv(["", &chart.x, &chart.y], &rows(chart));
    let address = format!("data:text/csv;charset=utf-8,{}", js_sys::encode_uri_component(&file));
    html! { <a class="plain" data-action="as-csv" download="greenwave.csv" href={address}>{ props.desk.words().as_file }</a> }
}

fn table(chart: &Chart) -> Html {
    let row = |(name, x, y): (String, f64, f64)| {
        html! { <tr><td>{ name }</td><td class="amount">{ digits(x) }</td><td class="amount">{ digits(y) }</td></tr> }
    };
    html! {
        <table>
            <thead><tr><th></th><th>{ &chart.x }</th><th>{ &chart.y }</th></tr></thead>
            <tbody>{ for rows(chart).into_iter().map(row) }</tbody>
        </table>
    }
}

/// Exponents of a place; amounts are positive.
fn exponents((x, y): (f64, f64)) -> (f64, f64) {
    (x.max(1e-9).log10(), y.max(1e-9).log10())
}

fn bounds(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min).floor();
    let high = values.fold(f64::NEG_INFINITY, f64::max).ceil();
    if low < high { (low, high) } else { (low, low + 1.0) }
}

fn paint(canvas: &HtmlCanvasElement, chart: &Chart) {
    // Behind its table the canvas has no size; plotters would then measure texts with style attributes, which the policy forbids.
    if canvas.client_width() == 0 {
        return;
    }
    let Some(surface) = Surface::of(canvas) else { return };
    surface.settle();
    surface.clear();
    // A canvas that is not laid out has no room for axes; it is plotted when it is.
    let _ = draw(canvas, &surface, chart);
}

fn ink_of(palette: &Palette, ink: Ink) -> RGBColor {
    colour(
        palette,
        match ink {
            Ink::Gpu => Colour::Vxm,
            Ink::Lpu => Colour::West,
            Ink::Viewer => Colour::Mark,
            Ink::Claim => Colour::Broken,
        },
    )
}

/// A colour of the page; the style sheet writes them as `#rrggbb`.
fn colour(palette: &Palette, colour: Colour) -> RGBColor {
    let digits = palette.css(colour).trim_start_matches('#');
    let value = u32::from_str_radix(digits, 16).unwrap_or(0x00ff_ffff);
    RGBColor((value >> 16) as u8, (value >> 8) as u8, value as u8)
}

fn draw(canvas: &HtmlCanvasElement, surface: &Surface, chart: &Chart) -> Result<(), Failed> {
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return Ok(()) };
    let density = f64::from(canvas.width()) / f64::from(canvas.client_width().max(1));
    let pixels = |css: f64| (css * density).round() as i32;
    let palette = Palette::of_page();
    let ink = colour(&palette, Colour::Ink);
    let places =
        chart.lines.iter().flat_map(|line| line.places.iter().copied()).chain(chart.dots.iter().map(|dot| dot.at));
    let places: Vec<(f64, f64)> = places.map(exponents).collect();
    let (x0, x1) = bounds(places.iter().map(|place| place.0));
    let (y0, y1) = bounds(places.iter().map(|place| place.1));
    let area = backend.into_drawing_area();
    let mut plot = ChartBuilder::on(&area)
        .x_label_area_size(pixels(44.0))
        .y_label_area_size(pixels(76.0))
        .margin_top(pixels(14.0))
        .margin_right(pixels(24.0))
        .build_cartesian_2d(x0..x1, y0..y1)?;
    let style = TextStyle::from(("sans-serif", TEXT * density).into_font()).color(&ink);
    let amount = |exponent: &f64| digits(10f64.powf(*exponent));
    plot.configure_mesh()
        .bold_line_style(ink.mix(0.16))
        .light_line_style(ink.mix(0.0))
        .axis_style(ink.mix(0.4))
        .label_style(style)
        .x_desc(chart.x.as_str())
        .y_desc(chart.y.as_str())
        .x_labels((x1 - x0) as usize + 1)
        .y_labels((y1 - y0) as usize + 1)
        .x_label_formatter(&amount)
        .y_label_formatter(&amount)
        .draw()?;
    for line in &chart.lines {
        let style = ShapeStyle::from(&ink_of(&palette, line.ink)).stroke_width(pixels(2.5).unsigned_abs());
        let places = line.places.iter().copied().map(exponents);
        if line.ink == Ink::Lpu {
            plot.draw_series(DashedLineSeries::new(places.clone(), pixels(8.0), pixels(5.0), style))?;
        } else {
            plot.draw_series(LineSeries::new(places.clone(), style))?;
        }
        plot.draw_series(places.map(|place| Circle::new(place, pixels(3.0), style.filled())))?;
    }
    for dot in &chart.dots {
        let ring = ShapeStyle::from(&ink_of(&palette, dot.ink)).stroke_width(pixels(3.0).unsigned_abs());
        plot.draw_series([Circle::new(exponents(dot.at), pixels(7.0), ring)])?;
    }
    area.present()?;
    // Written by the canvas itself, so that a name keeps to its side of the dot.
    for (index, dot) in chart.dots.iter().enumerate() {
        let at = exponents(dot.at);
        let (x, y) = plot.backend_coord(&at);
        let lift = if index % 2 == 0 { -14.0 } else { 14.0 };
        let is_right = (x0 + x1) / 2.0 < at.0;
        let RGBColor(red, green, blue) = ink_of(&palette, dot.ink);
        name(
            surface,
            &dot.name,
            Writing { x, y: y + pixels(lift), is_right, ink: format!("rgb({red},{green},{blue})"), density },
        );
    }
    Ok(())
}

struct Writing {
    x: i32,
    y: i32,
    is_right: bool,
    ink: String,
    density: f64,
}

/// Writes the name of a dot beside it, on the side where there is room.
fn name(surface: &Surface, text: &str, writing: Writing) {
    let context = surface.context();
    let shift = 12.0 * writing.density;
    context.set_font(&format!("{}px sans-serif", TEXT * writing.density));
    context.set_fill_style_str(&writing.ink);
    context.set_text_baseline("middle");
    context.set_text_align(if writing.is_right { "end" } else { "start" });
    let x = f64::from(writing.x) + if writing.is_right { -shift } else { shift };
    // Two finite numbers are always a place.
    let _ = context.fill_text(text, x, f64::from(writing.y));
}
