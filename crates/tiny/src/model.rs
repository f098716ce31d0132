//! Holds the weights of the model and says how large everything is.
//!
//! In: a seed.  Out: named tensors, in the order in which they are trained and written.
//! Invariant: every matrix row is a whole number of Q4_0 blocks; names and order are those of GGUF's Llama.
//! Method: plain structs; gradients and optimizer moments have the same type as the weights.
//! Source: shape chosen for the chip: 352 = 320 + 32 shows the tiling of a 320-wide plane.

use crate::q4::BLOCK;
use crate::random::Random;

/// Width of the residual stream.
pub const EMBED: usize = 352;
/// Number of layers.
pub const LAYERS: usize = 2;
/// Query heads.
pub const HEADS: usize = 8;
/// Key and value heads; each serves `HEADS / KV_HEADS` query heads.
pub const KV_HEADS: usize = 2;
/// Width of a head.
pub const HEAD: usize = 16;
/// Width of all queries.
pub const QUERY: usize = HEADS * HEAD;
/// Width of all keys, and of all values.
pub const KEY: usize = KV_HEADS * HEAD;
/// Width inside the feed-forward network.
pub const FFN: usize = 128;
/// Number of tokens in the vocabulary.
pub const VOCAB: usize = 496;
/// Longest sequence.
pub const CONTEXT: usize = 256;
/// Added to the mean square before its root is taken.
pub const EPSILON: f32 = 1e-5;
/// Base of the rotary angles.
pub const ROPE_BASE: f64 = 10_000.0;

const _: () = assert!(EMBED.is_multiple_of(BLOCK) && QUERY.is_multiple_of(BLOCK) && FFN.is_multiple_of(BLOCK));

/// A matrix stored row by row, or a vector (one row).
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Outputs; 1 for a vector.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// `rows * columns` values.
    pub data: Vec<f32>,
}

impl Tensor {
    fn zeros(rows: usize, columns: usize) -> Tensor {
        Tensor { rows, columns, data: vec![0.0; rows * columns] }
    }

    /// Whether it is written in Q4_0 blocks; vectors stay f32.
    pub fn is_matrix(&self) -> bool {
        self.rows != 1
    }
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Gain before attention, [352].
    pub attn_norm: Tensor,
    /// Queries, [128 x 352].
    pub attn_q: Tensor,
    /// Keys, [32 x 352].
    pub attn_k: Tensor,
    /// Values, [32 x 352].
    pub attn_v: Tensor,
    /// From heads back to the stream, [352 x 128].
    pub attn_output: Tensor,
    /// Gain before the feed-forward network, [352].
    pub ffn_norm: Tensor,
    /// Gate, [128 x 352].
    pub ffn_gate: Tensor,
    /// Up, [128 x 352].
    pub ffn_up: Tensor,
    /// Down, [352 x 128].
    pub ffn_down: Tensor,
}

/// All weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Embedding and, transposed, the head: [496 x 352].
    pub token_embd: Tensor,
    /// The layers, in order.
    pub layers: Vec<Layer>,
    /// Gain before the head, [352].
    pub output_norm: Tensor,
}

impl Layer {
    fn zeros() -> Layer {
        Layer {
            attn_norm: Tensor::zeros(1, EMBED),
            attn_q: Tensor::zeros(QUERY, EMBED),
            attn_k: Tensor::zeros(KEY, EMBED),
            attn_v: Tensor::zeros(KEY, EMBED),
            attn_output: Tensor::zeros(EMBED, QUERY),
            ffn_norm: Tensor::zeros(1, EMBED),
            ffn_gate: Tensor::zeros(FFN, EMBED),
            ffn_up: Tensor::zeros(FFN, EMBED),
            ffn_down: Tensor::zeros(EMBED, FFN),
        }
    }

    fn named(&self) -> [(&'static str, &Tensor); 9] {
        [
            ("attn_norm", &self.attn_norm),
            ("attn_q", &self.attn_q),
            ("attn_k", &self.attn_k),
            ("attn_v", &self.attn_v),
            ("attn_output", &self.attn_output),
            ("ffn_norm", &self.ffn_norm),
            ("ffn_gate", &self.ffn_gate),
            ("ffn_up", &self.ffn_up),
            ("ffn_down", &self.ffn_down),
        ]
    }

    fn tensors_mut(&mut self) -> [&mut Tensor; 9] {
        [
            &mut self.attn_norm,
            &mut self.attn_q,
            &mut self.attn_k,
            &mut self.attn_v,
            &mut self.attn_output,
            &mut self.ffn_norm,
            &mut self.ffn_gate,
            &mut self.ffn_up,
            &mut self.ffn_down,
        ]
    }
}

impl Weights {
    /// All zero: the start of a gradient or a moment.
    pub fn zeros() -> Weights {
        let layers = (0..LAYERS).map(|_| Layer::zeros()).collect();
        Weights { token_embd: Tensor::zeros(VOCAB, EMBED), layers, output_norm: Tensor::zeros(1, EMBED) }
    }

    /// The start of training: gains 1, matrices normal with variance 1 / inputs, smaller where they write to the stream.
    pub fn random(seed: u64) -> Weights {
        let mut random = Random::new(seed);
        let mut weights = Weights::zeros();
        for tensor in weights.tensors_mut() {
            let deviation = match (tensor.rows, tensor.columns) {
                (VOCAB, _) => 0.02,
                (EMBED, inputs) => 0.5 / (inputs as f32).sqrt(),
                (_, inputs) => 1.0 / (inputs as f32).sqrt(),
            };
            let matrix = tensor.is_matrix();
            tensor.data.fill_with(|| if matrix { random.normal() * deviation } else { 1.0 });
        }
        weights
    }

    /// Every tensor with its name in GGUF, in the order of the file.
    pub fn named(&self) -> Vec<(String, &Tensor)> {
        let mut all = vec![("token_embd.weight".to_string(), &self.token_embd)];
        for (index, layer) in self.layers.iter().enumerate() {
            let names = layer.named().into_iter();
            all.extend(names.map(|(name, tensor)| (format!("blk.{index}.{name}.weight"), tensor)));
        }
        all.push(("output_norm.weight".to_string(), &self.output_norm));
        all
    }

    /// Every tensor, in the order of `named`.
    pub fn tensors_mut(&mut self) -> Vec<&mut Tensor> {
        let mut all = vec![&mut self.token_embd];
        all.extend(self.layers.iter_mut().flat_map(Layer::tensors_mut));
        all.push(&mut self.output_norm);
        all
    }

    /// Writes to `rounded` what a file of these weights would hold: matrices through Q4_0, vectors as they are.
    pub fn round_to_file(&self, rounded: &mut Weights) {
        for ((_, from), to) in self.named().into_iter().zip(rounded.tensors_mut()) {
            if from.is_matrix() {
                crate::q4::round(&from.data, &mut to.data);
            } else {
                to.data.copy_from_slice(&from.data);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_walks_meet_the_same_tensors() {
        let mut weights = Weights::random(1);
        let lengths: Vec<usize> = weights.named().iter().map(|(_, tensor)| tensor.data.len()).collect();
        let again: Vec<usize> = weights.tensors_mut().iter().map(|tensor| tensor.data.len()).collect();
        assert_eq!(lengths, again);
        assert_eq!(lengths.iter().sum::<usize>(), 671_968);
    }
}
