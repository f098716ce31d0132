//! Draws one shape.
//!
//! In: shapes in design units.  Out: calls on a canvas context.
//! Invariant: colour and opacity are set only when they change: strings that cross into the browser are the cost.
//! Method: one arm per kind.

use super::palette::Palette;
use frame::{Area, Colour, Head, Kind, Shape};
use std::cell::Cell;
use std::f64::consts::TAU;
use web_sys::CanvasRenderingContext2d;

/// Grid cells leave this much free left and right, and above and below.
const CELL_MARGIN: (f64, f64) = (0.5, 3.0);
/// Cells and blocks are rounded this much.
const ROUND: f64 = 3.0;
/// Share of a stripe that is painted.
const STRIPE: f64 = 0.7;

/// A context and what it is set to.
pub struct Pen<'a> {
    /// The context.
    pub context: &'a CanvasRenderingContext2d,
    /// The colours.
    pub palette: &'a Palette,
    fill: Cell<Option<Colour>>,
    level: Cell<Option<u8>>,
}

impl<'a> Pen<'a> {
    /// A pen that knows nothing of what the context is set to.
    pub fn new(context: &'a CanvasRenderingContext2d, palette: &'a Palette) -> Self {
        Pen { context, palette, fill: Cell::new(None), level: Cell::new(None) }
    }

    /// Draws nothing outside `clip`.
    pub fn clipped(&self, clip: &Area, draw: impl FnOnce()) {
        self.context.save();
        self.context.begin_path();
        let (x, y, width, height) = corners(clip);
        self.context.rect(x, y, width, height);
        self.context.clip();
        self.forget();
        draw();
        self.context.restore();
        self.forget();
    }

    fn forget(&self) {
        self.fill.set(None);
        self.level.set(None);
    }

    /// Fills in this colour and opacity from now on.
    pub fn ink(&self, colour: Colour, level: u8) {
        if self.fill.replace(Some(colour)) != Some(colour) {
            self.context.set_fill_style_str(self.palette.css(colour));
        }
        if self.level.replace(Some(level)) != Some(level) {
            self.context.set_global_alpha(f64::from(level) / 255.0);
        }
    }

    /// Draws a shape at a fraction of its cycle.
    pub fn shape(&self, shape: &Shape, fraction: f32) {
        let area = shape.at(fraction);
        let (x, y, width, height) = corners(&area);
        self.ink(shape.colour, shape.level);
        match shape.kind {
            Kind::Fill => self.context.fill_rect(x, y, width, height),
            Kind::Block => self.rounded(x, y, width, height, ROUND),
            Kind::Frame => self.stroke(shape.colour, 2.0, || self.context.rect(x, y, width, height)),
            Kind::Grid { columns, rows } => self.grid((x, y, width, height), columns, rows),
            Kind::Columns { count } => {
                let pitch = width / f64::from(count.max(1));
                for column in 0..count {
                    self.context.fill_rect(x + f64::from(column) * pitch, y, pitch * STRIPE, height);
                }
            }
            Kind::Dash { head } => self.dash(shape.colour, head, (x, y, width, height)),
            Kind::Line => self.stroke(shape.colour, 1.5, || {
                self.context.move_to(f64::from(area.x0), f64::from(area.y0));
                self.context.line_to(f64::from(area.x1), f64::from(area.y1));
            }),
            Kind::Curve => self.stroke(shape.colour, 2.0, || {
                let (x0, y0, x1, y1) = (f64::from(area.x0), f64::from(area.y0), f64::from(area.x1), f64::from(area.y1));
                let middle = (x0 + x1) / 2.0;
                self.context.move_to(x0, y0);
                self.context.bezier_curve_to(middle, y0, middle, y1, x1, y1);
            }),
            Kind::Ring => self.stroke(shape.colour, 2.5, || {
                let (centre_x, centre_y) = (x + width / 2.0, y + height / 2.0);
                // The radii are not negative, which is all that can go wrong.
                let _ = self.context.ellipse(centre_x, centre_y, width / 2.0, height / 2.0, 0.0, 0.0, TAU);
            }),
        }
    }

    /// Fills a rounded rectangle.
    pub fn rounded(&self, x: f64, y: f64, width: f64, height: f64, radius: f64) {
        self.context.begin_path();
        self.path_rounded(x, y, width, height, radius);
        self.context.fill();
    }

    /// Adds a rounded rectangle to the path.
    pub fn path_rounded(&self, x: f64, y: f64, width: f64, height: f64, radius: f64) {
        let radius = radius.min(width / 2.0).min(height / 2.0).max(0.0);
        // The radius is not negative, which is all that can go wrong.
        let _ = self.context.round_rect_with_f64(x, y, width, height, radius);
    }

    fn grid(&self, (x, y, width, height): (f64, f64, f64, f64), columns: u16, rows: u16) {
        let (pitch_x, pitch_y) = (width / f64::from(columns.max(1)), height / f64::from(rows.max(1)));
        let (margin_x, margin_y) = CELL_MARGIN;
        self.context.begin_path();
        for row in 0..rows {
            for column in 0..columns {
                let left = x + f64::from(column) * pitch_x + margin_x;
                let top = y + f64::from(row) * pitch_y + margin_y;
                self.context.rect(left, top, (pitch_x - 2.0 * margin_x).max(0.5), (pitch_y - 2.0 * margin_y).max(0.5));
            }
        }
        self.context.fill();
    }

    fn dash(&self, colour: Colour, head: Head, (x, y, width, height): (f64, f64, f64, f64)) {
        if let Some(sprite) = self.palette.dash(colour, head) {
            // The sprite has pixels, which is all that can go wrong.
            let _ = self.context.draw_image_with_html_canvas_element_and_dw_and_dh(
                &sprite,
                x,
                y,
                width.max(0.1),
                height.max(0.1),
            );
        }
    }

    fn stroke(&self, colour: Colour, width: f64, path: impl FnOnce()) {
        self.context.set_stroke_style_str(self.palette.css(colour));
        self.context.set_line_width(width);
        self.context.begin_path();
        path();
        self.context.stroke();
    }
}

fn corners(area: &Area) -> (f64, f64, f64, f64) {
    let (x0, x1) = (area.x0.min(area.x1), area.x0.max(area.x1));
    let (y0, y1) = (area.y0.min(area.y1), area.y0.max(area.y1));
    (f64::from(x0), f64::from(y0), f64::from(x1 - x0), f64::from(y1 - y0))
}
