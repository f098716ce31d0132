//! Runs the transformer over a batch and back.
//!
//! In: weights, a batch.  Out: the summed loss; gradients added to what is there.
//! Invariant: gradients equal the slope of the loss (a test compares finite differences).
//! Method: every intermediate is kept; each block below mirrors the one above it in reverse order.
//! Source: Llama (Touvron et al. 2023): RMS norm first, grouped queries, SwiGLU (Shazeer 2020), tied head.

use crate::attention::{self, Operands, Rotations, Turn};
use crate::batch::Batch;
use crate::gemm::{View, multiply_add};
use crate::math::exp;
use crate::model::{EMBED, FFN, KEY, Layer, QUERY, Tensor, VOCAB, Weights};
use crate::norm;

/// What the forward pass of a layer leaves for the way back.
struct Kept {
    stream: Vec<f32>,
    scaled: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    shares: Vec<Vec<f32>>,
    mixed: Vec<f32>,
    middle: Vec<f32>,
    scaled_middle: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    hidden: Vec<f32>,
}

/// Rows times the transpose of a weight matrix.
fn project(rows: &[f32], weight: &Tensor) -> Vec<f32> {
    let mut out = vec![0.0; rows.len() / weight.columns * weight.rows];
    project_onto(rows, weight, &mut out);
    out
}

fn project_onto(rows: &[f32], weight: &Tensor, out: &mut [f32]) {
    multiply_add(View::new(rows, weight.columns), View::new(&weight.data, weight.columns).transposed(), out);
}

/// The way back of `project`: adds to the gradient of the weight and to that of the rows.
fn project_back(rows: &[f32], weight: &Tensor, d_out: &[f32], d_weight: &mut Tensor, d_rows: &mut [f32]) {
    let d_view = View::new(d_out, weight.rows);
    multiply_add(d_view.transposed(), View::new(rows, weight.columns), &mut d_weight.data);
    multiply_add(d_view, View::new(&weight.data, weight.columns), d_rows);
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The feed-forward network's middle: silu(gate) * up.
pub fn swiglu(gate: &[f32], up: &[f32]) -> Vec<f32> {
    gate.iter().zip(up).map(|(gate, up)| gate * sigmoid(*gate) * up).collect()
}

fn swiglu_back(kept: &Kept, d_hidden: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut d_gate = Vec::with_capacity(d_hidden.len());
    let mut d_up = Vec::with_capacity(d_hidden.len());
    for ((&gate, &up), &d) in kept.gate.iter().zip(&kept.up).zip(d_hidden) {
        let open = sigmoid(gate);
        d_up.push(d * gate * open);
        d_gate.push(d * up * open * (1.0 + gate * (1.0 - open)));
    }
    (d_gate, d_up)
}

fn layer_forward(layer: &Layer, stream: Vec<f32>, batch: &Batch, rotations: &Rotations) -> (Vec<f32>, Kept) {
    let scaled = norm::forward(&stream, &layer.attn_norm.data);
    let mut queries = project(&scaled, &layer.attn_q);
    let mut keys = project(&scaled, &layer.attn_k);
    let values = project(&scaled, &layer.attn_v);
    let mut mixed = Vec::with_capacity(queries.len());
    let mut shares = Vec::with_capacity(batch.stories.len());
    for story in &batch.stories {
        let (wide, narrow) = (span(story, QUERY), span(story, KEY));
        rotations.turn_story(&mut queries[wide.clone()], QUERY, Turn::Forward);
        rotations.turn_story(&mut keys[narrow.clone()], KEY, Turn::Forward);
        let (read, weights) = attention::forward(&queries[wide], &keys[narrow.clone()], &values[narrow]);
        mixed.extend(read);
        shares.push(weights);
    }
    let mut middle = stream.clone();
    project_onto(&mixed, &layer.attn_output, &mut middle);
    let scaled_middle = norm::forward(&middle, &layer.ffn_norm.data);
    let gate = project(&scaled_middle, &layer.ffn_gate);
    let up = project(&scaled_middle, &layer.ffn_up);
    let hidden = swiglu(&gate, &up);
    let mut out = middle.clone();
    project_onto(&hidden, &layer.ffn_down, &mut out);
    let kept = Kept { stream, scaled, queries, keys, values, shares, mixed, middle, scaled_middle, gate, up, hidden };
    (out, kept)
}

fn span(story: &std::ops::Range<usize>, width: usize) -> std::ops::Range<usize> {
    story.start * width..story.end * width
}

fn ffn_backward(layer: &Layer, kept: &Kept, d_stream: &mut [f32], gradient: &mut Layer) {
    let rows = d_stream.len() / EMBED;
    let mut d_hidden = vec![0.0; rows * FFN];
    project_back(&kept.hidden, &layer.ffn_down, d_stream, &mut gradient.ffn_down, &mut d_hidden);
    let (d_gate, d_up) = swiglu_back(kept, &d_hidden);
    let mut d_scaled = vec![0.0; d_stream.len()];
    project_back(&kept.scaled_middle, &layer.ffn_gate, &d_gate, &mut gradient.ffn_gate, &mut d_scaled);
    project_back(&kept.scaled_middle, &layer.ffn_up, &d_up, &mut gradient.ffn_up, &mut d_scaled);
    norm::backward(&kept.middle, &layer.ffn_norm.data, &d_scaled, d_stream, &mut gradient.ffn_norm.data);
}

fn attention_backward(
    layer: &Layer,
    kept: &Kept,
    context: (&Batch, &Rotations),
    d_stream: &mut [f32],
    gradient: &mut Layer,
) {
    let (batch, rotations) = context;
    let rows = d_stream.len() / EMBED;
    let mut d_mixed = vec![0.0; rows * QUERY];
    project_back(&kept.mixed, &layer.attn_output, d_stream, &mut gradient.attn_output, &mut d_mixed);
    let (mut d_queries, mut d_keys, mut d_values) =
        (vec![0.0; rows * QUERY], vec![0.0; rows * KEY], vec![0.0; rows * KEY]);
    for (story, shares) in batch.stories.iter().zip(&kept.shares) {
        let (wide, narrow) = (span(story, QUERY), span(story, KEY));
        let at = Operands {
            queries: &kept.queries[wide.clone()],
            keys: &kept.keys[narrow.clone()],
            values: &kept.values[narrow.clone()],
            shares,
        };
        let (d_query, d_key) = (&mut d_queries[wide.clone()], &mut d_keys[narrow.clone()]);
        attention::backward(at, &d_mixed[wide], d_query, d_key, &mut d_values[narrow]);
        rotations.turn_story(d_query, QUERY, Turn::Backward);
        rotations.turn_story(d_key, KEY, Turn::Backward);
    }
    let mut d_scaled = vec![0.0; d_stream.len()];
    project_back(&kept.scaled, &layer.attn_q, &d_queries, &mut gradient.attn_q, &mut d_scaled);
    project_back(&kept.scaled, &layer.attn_k, &d_keys, &mut gradient.attn_k, &mut d_scaled);
    project_back(&kept.scaled, &layer.attn_v, &d_values, &mut gradient.attn_v, &mut d_scaled);
    norm::backward(&kept.stream, &layer.attn_norm.data, &d_scaled, d_stream, &mut gradient.attn_norm.data);
}

/// Turns logits into the gradient of the summed cross entropy times `factor`, and returns that sum without the factor.
fn cross_entropy(logits: &mut [f32], targets: &[u32], factor: f32) -> f64 {
    let mut loss = 0.0;
    for (row, target) in logits.chunks_exact_mut(VOCAB).zip(targets) {
        attention::softmax(row);
        loss -= f64::from(row[*target as usize].max(1e-30)).ln();
        row[*target as usize] -= 1.0;
        row.iter_mut().for_each(|value| *value *= factor);
    }
    loss
}

/// One pass there and back: adds `factor` times the gradient of the summed loss to `gradient`, returns the summed loss.
pub fn there_and_back(
    weights: &Weights,
    batch: &Batch,
    rotations: &Rotations,
    factor: f32,
    gradient: &mut Weights,
) -> f64 {
    let embedding = &weights.token_embd;
    let row = |token: &u32| &embedding.data[*token as usize * EMBED..][..EMBED];
    let mut stream: Vec<f32> = batch.inputs.iter().flat_map(row).copied().collect();
    let mut all_kept = Vec::new();
    for layer in &weights.layers {
        let (out, kept) = layer_forward(layer, stream, batch, rotations);
        stream = out;
        all_kept.push(kept);
    }
    let scaled = norm::forward(&stream, &weights.output_norm.data);
    let mut logits = project(&scaled, embedding);
    let loss = cross_entropy(&mut logits, &batch.targets, factor);

    let mut d_scaled = vec![0.0; scaled.len()];
    project_back(&scaled, embedding, &logits, &mut gradient.token_embd, &mut d_scaled);
    let mut d_stream = vec![0.0; stream.len()];
    let d_gain = &mut gradient.output_norm.data;
    norm::backward(&stream, &weights.output_norm.data, &d_scaled, &mut d_stream, d_gain);
    let layers = weights.layers.iter().zip(&mut gradient.layers).zip(&all_kept).rev();
    for ((layer, gradient), kept) in layers {
        ffn_backward(layer, kept, &mut d_stream, gradient);
        attention_backward(layer, kept, (batch, rotations), &mut d_stream, gradient);
    }
    for (token, d_row) in batch.inputs.iter().zip(d_stream.chunks_exact(EMBED)) {
        let sum = &mut gradient.token_embd.data[*token as usize * EMBED..][..EMBED];
        sum.iter_mut().zip(d_row).for_each(|(sum, d)| *sum += d);
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn gradients_are_the_slope_of_the_loss() {
        let mut weights = Weights::random(11);
        let mut random = Random::new(12);
        for tensor in weights.tensors_mut() {
            let matrix = tensor.is_matrix();
            tensor
                .data
                .iter_mut()
                .for_each(|value| *value = *value * if matrix { 2.0 } else { 1.0 } + 0.05 * random.normal());
        }
        let mut batch = Batch::default();
        batch.push(&[4, 9, 200, 9, 31]);
        batch.push(&[300, 4]);
        let rotations = Rotations::new();
        let loss = |weights: &Weights| there_and_back(weights, &batch, &rotations, 1.0, &mut Weights::zeros());
        let mut gradient = Weights::zeros();
        there_and_back(&weights, &batch, &rotations, 1.0, &mut gradient);
        let names: Vec<String> = weights.named().into_iter().map(|(name, _)| name).collect();
        for (index, name) in names.iter().enumerate() {
            // Along a random direction of +-1, so that every entry of the tensor takes part.
            let signs: Vec<f32> = gradient.tensors_mut()[index]
                .data
                .iter()
                .map(|_| if random.below(2) == 0 { 1.0 } else { -1.0 })
                .collect();
            let slope: f64 = gradient.tensors_mut()[index].data.iter().zip(&signs).map(|(g, s)| f64::from(g * s)).sum();
            let step = 2e-4;
            let moved = |distance: f32| {
                let mut other = weights.clone();
                let data = &mut other.tensors_mut()[index].data;
                data.iter_mut().zip(&signs).for_each(|(value, sign)| *value += distance * sign);
                loss(&other)
            };
            let measured = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let size: f64 = gradient.tensors_mut()[index].data.iter().map(|g| f64::from(g * g)).sum::<f64>().sqrt();
            assert!((slope - measured).abs() < 0.02 * size + 0.02, "{name}: {slope} {measured} of {size}");
        }
    }
}
