//! Paints display lists onto a canvas.
//!
//! In: a floor and a scene of `frame`, a fraction of a cycle, a language.  Out: pixels.
//! Invariant: a picture is a function of (scene, fraction, size); nothing depends on what was painted before.
//! Method: the floor is painted once per size onto a canvas of its own; styles change only when they differ from the last.

mod label;
mod palette;
mod pen;
mod projector;
mod strip;
mod surface;

use frame::{Area, Lang, Layer, Scene};
use label::Lettering;
pub use palette::Palette;
use pen::Pen;
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
    /// The part of the scene that is looked at, if not all of it.
    pub look: Option<Area>,
}

impl Picture<'_> {
    /// How much smaller letters are, in the scene's units, than the scene means them: those of a close-up grow less than its shapes.
    fn letters(&self) -> f32 {
        self.look.map_or(1.0, |look| (look.width() / self.scene.width.max(1.0)).powf(0.6))
    }
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
        let fit = surface.fit(picture.scene, picture.look);
        surface.clear();
        if let (Some((floor, overview)), None) = (picture.floor, picture.look) {
            self.floor(FloorKey { overview, lang: picture.lang, fit }, floor, &surface);
        }
        let pen = Pen::new(surface.context(), &self.palette);
        fit.apply(surface.context());
        let mut lettering = self.letters(picture.lang, fit, picture.letters());
        // The floor of a close-up moves with every frame: it is not kept.
        let floor = picture.floor.filter(|_| picture.look.is_some());
        for layer in floor.iter().flat_map(|(floor, _)| &floor.layers) {
            paint_layer(&pen, layer, 0.0, &mut lettering);
        }
        for layer in &picture.scene.layers {
            paint_layer(&pen, layer, picture.fraction, &mut lettering);
        }
        fit.reset(surface.context());
    }

    fn letters(&self, lang: Lang, fit: Fit, scale: f32) -> Lettering {
        Lettering::new(lang, fit.units(self.palette.least), self.palette.faintest, scale)
    }

    fn floor(&mut self, key: FloorKey, floor: &Scene, onto: &Surface) {
        if self.floor.as_ref().is_none_or(|(known, _)| *known != key) {
            let Some(surface) = onto.like() else { return };
            let pen = Pen::new(surface.context(), &self.palette);
            key.fit.apply(surface.context());
            let mut lettering = self.letters(key.lang, key.fit, 1.0);
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
        lettering.labels(pen, layer, fraction);
    });
}

/// Where a point of the screen, in CSS pixels from the canvas's corner, lies in the scene's own units.
pub fn place(canvas: &HtmlCanvasElement, scene: &Scene, look: Option<Area>, (x, y): (f64, f64)) -> Option<(f32, f32)> {
    Some(Surface::of(canvas)?.fit(scene, look).invert(x, y))
}
