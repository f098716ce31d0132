//! Continues a text greedily, one token at a time.
//!
//! In: weights as read from a file, a prompt.  Out: the most likely next token, again and again.
//! Invariant: the logits of a position are those of the training pass, up to the order of sums.
//! Method: keys and values of earlier positions are kept; one row at a time through every matrix.
//! Source: as `pass`; ties between logits go to the lower id.

use crate::attention::{Rotations, Turn, read_head};
use crate::bpe::{BEGIN, END, Tokenizer};
use crate::model::{CONTEXT, EMBED, HEAD, HEADS, KEY, LAYERS, QUERY, Tensor, Weights};
use crate::norm;
use crate::pass::swiglu;

/// A text in the making.
pub struct Decoder<'a> {
    weights: &'a Weights,
    rotations: Rotations,
    keys: [Vec<f32>; LAYERS],
    values: [Vec<f32>; LAYERS],
    position: usize,
}

fn times(row: &[f32], weight: &Tensor) -> Vec<f32> {
    let line = |line: &[f32]| {
        let mut sums = [0.0; 16];
        for (a, b) in row.as_chunks::<16>().0.iter().zip(line.as_chunks::<16>().0) {
            for lane in 0..16 {
                sums[lane] += a[lane] * b[lane];
            }
        }
        sums.iter().sum()
    };
    weight.data.chunks_exact(weight.columns).map(line).collect()
}

fn add(stream: &mut [f32], change: &[f32]) {
    stream.iter_mut().zip(change).for_each(|(value, change)| *value += change);
}

impl<'a> Decoder<'a> {
    /// Before the first token.
    pub fn new(weights: &'a Weights) -> Decoder<'a> {
        Decoder {
            weights,
            rotations: Rotations::new(),
            keys: [(); LAYERS].map(|()| Vec::new()),
            values: [(); LAYERS].map(|()| Vec::new()),
            position: 0,
        }
    }

    /// Takes one token and returns the logits of the next; at most 256 times.
    pub fn next(&mut self, token: u32) -> Vec<f32> {
        let weights = self.weights;
        let mut stream = weights.token_embd.data[token as usize * EMBED..][..EMBED].to_vec();
        for (index, layer) in weights.layers.iter().enumerate() {
            let scaled = norm::forward(&stream, &layer.attn_norm.data);
            let mut query = times(&scaled, &layer.attn_q);
            let mut key = times(&scaled, &layer.attn_k);
            self.rotations.turn(&mut query, self.position, Turn::Forward);
            self.rotations.turn(&mut key, self.position, Turn::Forward);
            self.keys[index].extend(key);
            self.values[index].extend(times(&scaled, &layer.attn_v));
            add(&mut stream, &times(&self.read(index, &query), &layer.attn_output));
            let scaled = norm::forward(&stream, &layer.ffn_norm.data);
            let hidden = swiglu(&times(&scaled, &layer.ffn_gate), &times(&scaled, &layer.ffn_up));
            add(&mut stream, &times(&hidden, &layer.ffn_down));
        }
        self.position += 1;
        times(&norm::forward(&stream, &weights.output_norm.data), &weights.token_embd)
    }

    fn read(&self, layer: usize, query: &[f32]) -> Vec<f32> {
        let (keys, values) = (&self.keys[layer], &self.values[layer]);
        let mut shares = vec![0.0; keys.len() / KEY];
        let heads = query.as_chunks::<HEAD>().0.iter().enumerate();
        let mut mixed = Vec::with_capacity(QUERY);
        for (head, query) in heads.take(HEADS) {
            mixed.extend(read_head(query, keys, values, head, &mut shares));
        }
        mixed
    }
}

fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if logits[best] < *logit {
            best = index;
        }
    }
    best as u32
}

/// What the model writes after `prompt`, until it ends the story or the context is full.
pub fn continuation(weights: &Weights, tokenizer: &Tokenizer, prompt: &str) -> String {
    let mut decoder = Decoder::new(weights);
    let mut logits = decoder.next(BEGIN);
    for token in tokenizer.encode(prompt).into_iter().take(CONTEXT - 1) {
        logits = decoder.next(token);
    }
    let mut tokens = Vec::new();
    while decoder.position < CONTEXT {
        let token = likeliest(&logits);
        if token == END {
            break;
        }
        tokens.push(token);
        logits = decoder.next(token);
    }
    tokenizer.decode(&tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::pass::there_and_back;

    #[test]
    fn one_at_a_time_gives_the_loss_of_the_whole_pass() {
        let weights = Weights::random(21);
        let tokens = [7, 300, 12, 12, 90, 411];
        let mut batch = Batch::default();
        batch.push(&tokens);
        let whole = there_and_back(&weights, &batch, &Rotations::new(), 1.0, &mut Weights::zeros());
        let mut decoder = Decoder::new(&weights);
        let mut sum = 0.0;
        for (input, target) in batch.inputs.iter().zip(&batch.targets) {
            let mut logits = decoder.next(*input);
            crate::attention::softmax(&mut logits);
            sum -= f64::from(logits[*target as usize]).ln();
        }
        assert!((whole - sum).abs() < 1e-4, "{whole} {sum}");
    }
}
