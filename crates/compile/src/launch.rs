//! What the host sends with each token.
//!
//! In: the token's embedding row and its position.  Out: the inputs of the lowered graph.
//! Invariant: the same values for the evaluator and for the chip's launch record.
//! Method: the row in tiles of 320 lanes; position + 1/2 on all lanes (the mask compares rows with it); the position itself.
//! Source: that the host sends the embedding row is one of the two ways left open by decisions.md 14.

use crate::model::Llama;
use crate::tables::LANES;
use graph::{Elements, Shape, Tensor, TensorId};
use std::collections::BTreeMap;

/// Makes launch inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Embedding table of the imported graph, `[vocabulary, width]`.
    pub embedding: TensorId,
    /// Positions are below it: rows of the caches, or of a bucket.
    pub context: u32,
    /// Entries of the logits.
    pub vocabulary: u32,
}

impl Launch {
    /// Launches of a recognised model.
    pub fn new(llama: &Llama) -> Self {
        Launch { embedding: llama.embedding, context: llama.attended, vocabulary: llama.vocabulary }
    }

    /// Inputs for a token whose embedding is `row`, at `position`.
    pub fn inputs(&self, row: &[f32], position: u32) -> BTreeMap<String, Tensor> {
        let mut inputs = BTreeMap::new();
        for (tile, lanes) in row.chunks(LANES).enumerate() {
            inputs.insert(format!("embedding.{tile}"), vector(crate::tables::padded(lanes, 1)));
        }
        inputs.insert("horizon".to_owned(), vector(vec![position as f32 + 0.5; LANES]));
        let scalar = Shape::new(&[1]).expect("one element");
        inputs.insert("position".to_owned(), Tensor::new(scalar, Elements::I32(vec![position as i32])));
        inputs
    }

    /// Logits of all tokens from the tiles named `logits.0`, `logits.1`, ...
    pub fn logits(&self, outputs: &BTreeMap<String, Tensor>) -> Vec<f32> {
        let mut logits = Vec::new();
        for tile in 0.. {
            match outputs.get(&format!("logits.{tile}")).map(Tensor::elements) {
                Some(Elements::F32(values)) => logits.extend_from_slice(values),
                _ => break,
            }
        }
        logits.truncate(self.vocabulary as usize);
        logits
    }
}

fn vector(values: Vec<f32>) -> Tensor {
    let shape = Shape::new(&[1, values.len() as u32]).expect("a vector has lanes");
    Tensor::new(shape, Elements::F32(values))
}
