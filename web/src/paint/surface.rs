//! A canvas, its resolution, and how a scene fits into it.
//!
//! In: a canvas element.  Out: a context in device pixels and the transform of a scene.
//! Invariant: the canvas has as many pixels as the screen shows of it, at most twice its CSS size.
//! Method: the size is read before each picture; setting it clears the canvas, so it is set only when it changed.

use crate::services::address::window;
use frame::{Area, Scene};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const DENSITY_MOST: f64 = 2.0;

/// A canvas with its context.
pub struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

/// Scale and offset of a scene, in device pixels; `density` is device pixels per CSS pixel.
#[derive(Clone, Copy, PartialEq)]
pub struct Fit {
    scale: f64,
    left: f64,
    top: f64,
    density: f64,
}

fn density() -> f64 {
    window().device_pixel_ratio().clamp(1.0, DENSITY_MOST)
}

impl Surface {
    /// The surface of a canvas; `None` where the browser gives no context.
    pub fn of(canvas: &HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Surface { canvas: canvas.clone(), context })
    }

    /// Another surface of the same size, not on the page.
    pub fn like(&self) -> Option<Self> {
        let canvas: HtmlCanvasElement = window().document()?.create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width(self.canvas.width());
        canvas.set_height(self.canvas.height());
        Surface::of(&canvas)
    }

    /// Gives the canvas the resolution of the screen.
    pub fn settle(&self) {
        let wanted = |length: i32| (f64::from(length.max(1)) * density()).round() as u32;
        let (width, height) = (wanted(self.canvas.client_width()), wanted(self.canvas.client_height()));
        if self.canvas.width() != width {
            self.canvas.set_width(width);
        }
        if self.canvas.height() != height {
            self.canvas.set_height(height);
        }
    }

    /// The context.
    pub fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }

    /// How `scene` fits, or the part of it that is looked at.
    pub fn fit(&self, scene: &Scene, look: Option<Area>) -> Fit {
        let density = density();
        let width = f64::from(self.canvas.client_width()) * density;
        let height = f64::from(self.canvas.client_height()) * density;
        let look = look.unwrap_or(Area::new(0.0, 0.0, scene.width, scene.height));
        let (wide, high) = (f64::from(look.width().max(1.0)), f64::from(look.height().max(1.0)));
        let scale = (width / wide).min(height / high);
        let left = (width - wide * scale) / 2.0 - f64::from(look.x0) * scale;
        let top = (height - high * scale) / 2.0 - f64::from(look.y0) * scale;
        Fit { scale, left: left.round(), top: top.round(), density }
    }

    /// Wipes everything.
    pub fn clear(&self) {
        self.context.clear_rect(0.0, 0.0, f64::from(self.canvas.width()), f64::from(self.canvas.height()));
    }

    /// Copies another surface onto this one.
    pub fn stamp(&self, other: &Surface) {
        // A canvas without pixels cannot be copied, and has nothing to show.
        let _ = self.context.draw_image_with_html_canvas_element(&other.canvas, 0.0, 0.0);
    }
}

impl Fit {
    /// Draw in the scene's units from now on.
    pub fn apply(&self, context: &CanvasRenderingContext2d) {
        // Six finite numbers are always a transform.
        let _ = context.set_transform(self.scale, 0.0, 0.0, self.scale, self.left, self.top);
    }

    /// Draw in pixels again.
    pub fn reset(&self, context: &CanvasRenderingContext2d) {
        let _ = context.reset_transform();
    }

    /// A length in CSS pixels, in the scene's units.
    pub fn units(&self, pixels: f64) -> f64 {
        pixels * self.density / self.scale.max(1e-6)
    }

    /// A point in CSS pixels, in the scene's units.
    pub fn invert(&self, x: f64, y: f64) -> (f32, f32) {
        let back = |at: f64, offset: f64| ((at * self.density - offset) / self.scale) as f32;
        (back(x, self.left), back(y, self.top))
    }
}
