//! Draws the texts of a layer.
//!
//! In: labels in design units.  Out: calls on a canvas context.
//! Invariant: lines of one caption stand in one box; a plate never hides the text of its own label.
//! Method: captions with the same x are taken together; all else is drawn one by one.

use super::pen::Pen;
use frame::{Anchor, Colour, Label, Lang, Style};

const SANS: &str =
    "system-ui, \"Noto Sans TC\", \"Noto Sans CJK TC\", \"PingFang TC\", \"Microsoft JhengHei\", sans-serif";
const MONO: &str = "ui-monospace, \"DejaVu Sans Mono\", \"Noto Sans Mono CJK TC\", monospace";
/// Space around the text of a plate and of a caption.
const PLATE_MARGIN: (f64, f64) = (5.0, 3.0);
const CAPTION_MARGIN: (f64, f64) = (14.0, 9.0);
const PLATE_LEVEL: u8 = 225;

/// Draws labels above the shapes of their layer.
pub fn labels(pen: &Pen, labels: &[Label], fraction: f32, lang: Lang) {
    let mut rest = labels;
    while let Some(first) = rest.first() {
        let together = match first.style {
            Style::Caption => {
                rest.iter().take_while(|label| label.style == Style::Caption && label.x == first.x).count()
            }
            _ => 1,
        };
        let (now, later) = rest.split_at(together);
        match first.style {
            Style::Caption => caption(pen, now, lang),
            Style::Plate => plate(pen, first, fraction, lang),
            Style::Plain | Style::Number => text(pen, first, fraction, lang),
        }
        rest = later;
    }
}

fn font(label: &Label) -> String {
    let size = label.size;
    match label.style {
        Style::Number => format!("{size}px {MONO}"),
        Style::Plate => format!("600 {size}px {MONO}"),
        Style::Caption if label.colour != Colour::Ink => format!("600 {size}px {SANS}"),
        Style::Caption | Style::Plain => format!("{size}px {SANS}"),
    }
}

/// Sets font and anchor; returns the width of the text.
fn set(pen: &Pen, label: &Label, lang: Lang) -> f64 {
    pen.context.set_font(&font(label));
    pen.context.set_text_align(match label.anchor {
        Anchor::Start => "left",
        Anchor::Middle => "center",
        Anchor::End => "right",
    });
    pen.context.measure_text(label.text.get(lang)).map_or(0.0, |metrics| metrics.width())
}

fn left(label: &Label, width: f64) -> f64 {
    match label.anchor {
        Anchor::Start => f64::from(label.x),
        Anchor::Middle => f64::from(label.x) - width / 2.0,
        Anchor::End => f64::from(label.x) - width,
    }
}

fn write(pen: &Pen, label: &Label, y: f64, lang: Lang) {
    pen.ink(label.colour, label.level);
    // A font that is missing is replaced by the browser; there is no error to expect.
    let _ = pen.context.fill_text(label.text.get(lang), f64::from(label.x), y);
}

fn text(pen: &Pen, label: &Label, fraction: f32, lang: Lang) {
    set(pen, label, lang);
    write(pen, label, f64::from(label.y + label.dy * fraction), lang);
}

fn plate(pen: &Pen, label: &Label, fraction: f32, lang: Lang) {
    let width = set(pen, label, lang);
    let y = f64::from(label.y + label.dy * fraction);
    let (margin_x, margin_y) = PLATE_MARGIN;
    let height = f64::from(label.size);
    pen.ink(Colour::Free, u8::min(label.level, PLATE_LEVEL));
    pen.rounded(
        left(label, width) - margin_x,
        y - height * 0.85 - margin_y,
        width + 2.0 * margin_x,
        height + 2.0 * margin_y,
        4.0,
    );
    write(pen, label, y, lang);
}

fn caption(pen: &Pen, lines: &[Label], lang: Lang) {
    let widths: Vec<f64> = lines.iter().map(|line| set(pen, line, lang)).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
    let x0 = lines.iter().zip(&widths).map(|(line, width)| left(line, *width)).fold(f64::MAX, f64::min);
    let width = widths.iter().copied().fold(0.0, f64::max);
    let (margin_x, margin_y) = CAPTION_MARGIN;
    let top = f64::from(first.y) - f64::from(first.size) - margin_y;
    let bottom = f64::from(last.y) + f64::from(last.size) * 0.3 + margin_y;
    pen.ink(Colour::Free, 240);
    pen.rounded(x0 - margin_x, top, width + 2.0 * margin_x, bottom - top, 8.0);
    pen.context.set_stroke_style_str(pen.palette.css(Colour::Mark));
    pen.context.set_line_width(1.5);
    pen.context.begin_path();
    pen.path_rounded(x0 - margin_x, top, width + 2.0 * margin_x, bottom - top, 8.0);
    pen.context.stroke();
    for line in lines {
        set(pen, line, lang);
        write(pen, line, f64::from(line.y), lang);
    }
}
