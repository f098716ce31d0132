//! Scales rows to unit mean square, and the gradient of that.
//!
//! In: rows of the stream, a gain.  Out: scaled rows; gradients of rows and gain.
//! Invariant: a row times a positive number gives the same result, up to the epsilon.
//! Method: y = g x / sqrt(mean(x^2) + eps); dx = (g dy - x r^2 mean(g dy x)) r with r the inverse root.
//! Source: Zhang and Sennrich 2019, "Root mean square layer normalization".

use crate::model::{EMBED, EPSILON};

fn inverse_root(row: &[f32]) -> f32 {
    let square: f32 = row.iter().map(|value| value * value).sum();
    1.0 / (square / EMBED as f32 + EPSILON).sqrt()
}

/// The scaled rows of `stream`, each 352 long.
pub fn forward(stream: &[f32], gain: &[f32]) -> Vec<f32> {
    let mut scaled = Vec::with_capacity(stream.len());
    for row in stream.chunks_exact(EMBED) {
        let inverse = inverse_root(row);
        scaled.extend(row.iter().zip(gain).map(|(value, gain)| value * inverse * gain));
    }
    scaled
}

/// Adds the gradient of the rows to `d_stream` and that of the gain to `d_gain`; `d_scaled` is that of the result.
pub fn backward(stream: &[f32], gain: &[f32], d_scaled: &[f32], d_stream: &mut [f32], d_gain: &mut [f32]) {
    let rows = stream.chunks_exact(EMBED).zip(d_scaled.chunks_exact(EMBED)).zip(d_stream.chunks_exact_mut(EMBED));
    for ((row, d_row), d_out) in rows {
        let inverse = inverse_root(row);
        let mut shared = 0.0;
        for index in 0..EMBED {
            let product = d_row[index] * row[index] * inverse;
            d_gain[index] += product;
            shared += product * gain[index];
        }
        shared *= inverse / EMBED as f32;
        for index in 0..EMBED {
            d_out[index] += (d_row[index] * gain[index] - row[index] * shared) * inverse;
        }
    }
}
