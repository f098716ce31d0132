//! Paints display lists onto a canvas.
//!
//! In: a floor and a scene of `frame`, a fraction of a cycle, a language.  Out: pixels.
//! Invariant: a picture is a function of (scene, fraction, size); nothing depends on what was painted before.
//! Method: the floor is painted once per size onto a canvas of its own; styles change only when they differ from the last.

mod label;
mod palette;
mod pen;
mod plot;
mod projector;
mod strip;
mod surface;

use frame::{Lang, Layer, Scene};
use label::Lettering;
pub use palette::Palette;
use pen::Pen;
pub use plot::{colour, plot_cycles};
pub use projector::Projector;
pub use strip::paint_strip;
use surface::Fit;
pub use surface::Surface;
use web_sys::HtmlCanvasElement;

/// What tells one painted floor from another.
#[derive(Clone, Copy, PartialEq)]
struct FloorKey {
    /// Which floor of the same chip.
    overview: bool,
    lang: Lang,
    fit: Fit,
}

/// Paints; keeps the colours and the painted floor.
pub struct Painter {
    palette: Palette,
    floor: Option<(FloorKey, Surface)>,
}

/// A moment to paint.
pub struct Picture<'a> {
    /// What never changes, and whether it is that of the opening.
    pub floor: Option<(&'a Scene, bool)>,
    /// The scene of the cycle.
    pub scene: &'a Scene,
    /// How far the moment lies between this cycle and the next, 0 to 1.
    pub fraction: f32,
    /// Language of the labels.
    pub lang: Lang,
}

impl Painter {
    /// A painter with the page's colours.
    pub fn new() -> Self {
        Painter { palette: Palette::of_page(), floor: None }
    }

    /// Paints a moment, filling the canvas as far as its proportions allow.
    pub fn paint(&mut self, canvas: &HtmlCanvasElement, picture: &Picture) {
        let Some(surface) = Surface::of(canvas) else { return };
        surface.settle();
        let fit = surface.fit(picture.scene);
        surface.clear();
        if let Some((floor, overview)) = picture.floor {
            self.floor(FloorKey { overview, lang: picture.lang, fit }, floor, &surface);
        }
        let pen = Pen::new(surface.context(), &self.palette);
        fit.apply(surface.context());
        let mut lettering = Lettering::new(picture.lang, fit.units(self.palette.least));
        for layer in &picture.scene.layers {
            paint_layer(&pen, layer, picture.fraction, &mut lettering);
        }
        fit.reset(surface.context());
    }

    fn floor(&mut self, key: FloorKey, floor: &Scene, onto: &Surface) {
        if self.floor.as_ref().is_none_or(|(known, _)| *known != key) {
            let Some(surface) = onto.like() else { return };
            let pen = Pen::new(surface.context(), &self.palette);
            key.fit.apply(surface.context());
            let mut lettering = Lettering::new(key.lang, key.fit.units(self.palette.least));
            for layer in &floor.layers {
                paint_layer(&pen, layer, 0.0, &mut lettering);
            }
            self.floor = Some((key, surface));
        }
        if let Some((_, surface)) = &self.floor {
            onto.stamp(surface);
        }
    }
}

fn paint_layer(pen: &Pen, layer: &Layer, fraction: f32, lettering: &mut Lettering) {
    pen.clipped(&layer.clip, || {
        for shape in &layer.shapes {
            pen.shape(shape, fraction);
        }
        lettering.labels(pen, &layer.labels, fraction);
    });
}

/// Where a point of the screen, in CSS pixels from the canvas's corner, lies in the scene's own units.
pub fn place(canvas: &HtmlCanvasElement, scene: &Scene, x: f64, y: f64) -> Option<(f32, f32)> {
    Some(Surface::of(canvas)?.fit(scene).invert(x, y))
}
