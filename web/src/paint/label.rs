//! Draws the texts of a layer.
//!
//! In: labels in design units.  Out: calls on a canvas context.
//! Invariant: lines of one caption stand in one box; a plate never hides the text of its own label; a text that begins in its layer's
//!     place ends in it too, however large its letters, and so does a caption with its box.
//! Method: captions with the same x are taken together; all else is drawn one by one. Letters that are higher than the scene meant them
//!     are drawn narrower, so that they keep the scene's room.

use super::pen::Pen;
use frame::{Anchor, Colour, Label, Lang, Layer, Style};

const SANS: &str =
    "system-ui, \"Noto Sans TC\", \"Noto Sans CJK TC\", \"PingFang TC\", \"Microsoft JhengHei\", sans-serif";
const MONO: &str = "ui-monospace, \"DejaVu Sans Mono\", \"Noto Sans Mono CJK TC\", monospace";
/// Space around the text of a plate and of a caption.
const PLATE_MARGIN: (f64, f64) = (5.0, 3.0);
const CAPTION_MARGIN: (f64, f64) = (14.0, 9.0);
const PLATE_LEVEL: u8 = 225;
/// How far letters reach above and below their line, as parts of their height.
const ASCENT: f64 = 0.72;
const DESCENT: f64 = 0.16;

/// How narrow letters become at most, as a part of their own width.
const NARROWEST: f64 = 0.72;

/// How the labels of a picture are drawn.
pub struct Lettering {
    lang: Lang,
    /// Least height of letters, in the scene's units.
    least: f32,
    /// Least strength of letters.
    faintest: u8,
    /// Size of letters, as a part of what the scene means.
    scale: f32,
    /// Where something was written already, if letters may be higher than the scene has room for.
    taken: Vec<[f64; 4]>,
    /// From where to where the present layer can be seen.
    room: (f64, f64),
}

fn font(label: &Label, size: f32) -> String {
    match label.style {
        Style::Number => format!("{size}px {MONO}"),
        Style::Plate => format!("600 {size}px {MONO}"),
        Style::Caption if label.colour != Colour::Ink => format!("600 {size}px {SANS}"),
        Style::Caption | Style::Plain => format!("{size}px {SANS}"),
    }
}

impl Lettering {
    /// Letters in a language, `scale` times as high as the scene means them, none lower than `least` nor fainter than `faintest`.
    pub fn new(lang: Lang, least: f64, faintest: u8, scale: f32) -> Self {
        Lettering { lang, least: least as f32, faintest, scale, taken: Vec::new(), room: (f64::MIN, f64::MAX) }
    }

    fn height(&self, label: &Label) -> f32 {
        label.height(self.least / self.scale) * self.scale
    }

    /// Draws the labels of a layer above its shapes.
    pub fn labels(&mut self, pen: &Pen, layer: &Layer, fraction: f32) {
        self.room = (f64::from(layer.clip.x0), f64::from(layer.clip.x1));
        let mut rest = &layer.labels[..];
        while let Some(first) = rest.first() {
            let together = match first.style {
                Style::Caption => {
                    rest.iter().take_while(|label| label.style == Style::Caption && label.x == first.x).count()
                }
                _ => 1,
            };
            let (now, later) = rest.split_at(together);
            match first.style {
                Style::Caption => self.caption(pen, now),
                Style::Plate => self.plate(pen, first, fraction),
                Style::Plain | Style::Number => self.text(pen, first, fraction),
            }
            rest = later;
        }
    }

    /// Sets the font; returns the width that the text is to be drawn with.
    fn set(&self, pen: &Pen, label: &Label) -> f64 {
        let height = self.height(label);
        pen.context.set_font(&font(label, height));
        pen.context.set_text_align("left");
        let width = pen.context.measure_text(label.text.get(self.lang)).map_or(0.0, |metrics| metrics.width());
        let meant = f64::from(label.size * self.scale / height);
        let (from, to) = self.room;
        (width * meant.clamp(NARROWEST, 1.0)).min(to - from)
    }

    /// Whether there is room for letters that are higher than the scene meant them; where there is none, the first text stands.
    fn takes(&mut self, label: &Label, width: f64, y: f64) -> bool {
        if self.height(label) <= label.size {
            return true;
        }
        let (x, height) = (self.left(label, width), f64::from(self.height(label)));
        let own = [x, y - ASCENT * height, x + width, y + DESCENT * height];
        let meets = |other: &[f64; 4]| own[0] < other[2] && other[0] < own[2] && own[1] < other[3] && other[1] < own[3];
        let is_free = !self.taken.iter().any(meets);
        if is_free {
            self.taken.push(own);
        }
        is_free
    }

    fn write(&self, pen: &Pen, label: &Label, width: f64, y: f64) {
        pen.ink(label.colour, label.level.max(self.faintest));
        let text = label.text.get(self.lang);
        // A font that is missing is replaced by the browser; there is no error to expect.
        let _ = pen.context.fill_text_with_max_width(text, self.left(label, width), y, width);
    }

    fn text(&mut self, pen: &Pen, label: &Label, fraction: f32) {
        let width = self.set(pen, label);
        let y = f64::from(label.y + label.dy * fraction);
        if self.takes(label, width, y) {
            self.write(pen, label, width, y);
        }
    }

    fn plate(&mut self, pen: &Pen, label: &Label, fraction: f32) {
        let width = self.set(pen, label);
        let y = f64::from(label.y + label.dy * fraction);
        if !self.takes(label, width, y) {
            return;
        }
        let (margin_x, margin_y) = PLATE_MARGIN;
        let height = f64::from(self.height(label));
        pen.ink(Colour::Free, u8::min(label.level, PLATE_LEVEL));
        pen.rounded(
            self.left(label, width) - margin_x,
            y - height * 0.85 - margin_y,
            width + 2.0 * margin_x,
            height + 2.0 * margin_y,
            4.0,
        );
        self.write(pen, label, width, y);
    }

    fn caption(&mut self, pen: &Pen, lines: &[Label]) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        let (margin_x, margin_y) = CAPTION_MARGIN;
        let (from, to) = self.room;
        self.room = (from + margin_x, to - margin_x);
        let widths: Vec<f64> = lines.iter().map(|line| self.set(pen, line)).collect();
        let x0 = lines.iter().zip(&widths).map(|(line, width)| self.left(line, *width)).fold(f64::MAX, f64::min);
        let width = widths.iter().copied().fold(0.0, f64::max);
        let height = |line: &Label| f64::from(self.height(line));
        // Lines that are higher than the scene meant them stand further apart.
        let more = |number: usize| number as f64 * (height(first) - f64::from(first.size)) * 1.2;
        let y = |number: usize| f64::from(lines[number].y) + more(number);
        let top = y(0) - height(first) - margin_y;
        let bottom = y(lines.len() - 1) + height(last) * 0.3 + margin_y;
        pen.ink(Colour::Free, 240);
        pen.rounded(x0 - margin_x, top, width + 2.0 * margin_x, bottom - top, 8.0);
        pen.context.set_stroke_style_str(pen.palette.css(Colour::Mark));
        pen.context.set_line_width(1.5);
        pen.context.begin_path();
        pen.path_rounded(x0 - margin_x, top, width + 2.0 * margin_x, bottom - top, 8.0);
        pen.context.stroke();
        for (number, line) in lines.iter().enumerate() {
            let width = self.set(pen, line);
            self.write(pen, line, width, y(number));
        }
        self.room = (from, to);
    }

    /// Where a text begins.
    fn left(&self, label: &Label, width: f64) -> f64 {
        let x = f64::from(label.x);
        let left = match label.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let (from, to) = self.room;
        if (from..=to).contains(&x) { left.min(to - width).max(from) } else { left }
    }
}
