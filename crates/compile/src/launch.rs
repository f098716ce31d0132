//! What the host sends with each token.
//!
//! In: the token's embedding row and its position.  Out: the inputs of the lowered graph.
//! Invariant: the same values for the evaluator and for the chip's launch record.
//! Method: the row in tiles of 320 lanes; position + 1/2 on all lanes (the mask compares rows with it); the position itself.
//! Source: that the host sends the embedding row is one of the two ways left open by decisions.md 14.

use crate::lower::of_row;
use crate::model::{Llama, Rows};
use crate::tables::LANES;
use graph::{Elements, Shape, Tensor, TensorId};
use std::collections::BTreeMap;

/// Makes launch inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Embedding table of the imported graph, `[vocabulary, width]`.
    pub embedding: TensorId,
    /// Positions are below it; those of a block's first row.
    pub context: u32,
    /// Entries of the logits.
    pub vocabulary: u32,
    /// Rows that are computed at once.
    pub rows: Rows,
}

impl Launch {
    /// Launches of a recognised model.
    pub fn new(llama: &Llama) -> Self {
        Launch { embedding: llama.embedding, context: llama.launched(), vocabulary: llama.vocabulary, rows: llama.rows }
    }

    /// Inputs for a token whose embedding is `row`, at `position`.
    pub fn inputs(&self, row: &[f32], position: u32) -> BTreeMap<String, Tensor> {
        self.inputs_of(&[row], position)
    }

    /// Inputs for rows with these embeddings: one of each text, all of them at `position`; or those of a text from `position` on.
    pub fn inputs_of(&self, rows: &[&[f32]], position: u32) -> BTreeMap<String, Tensor> {
        assert_eq!(rows.len(), self.rows.count() as usize, "an embedding for each row");
        let mut inputs = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            for (tile, lanes) in row.chunks(LANES).enumerate() {
                let name = of_row(format!("embedding.{tile}"), number);
                inputs.insert(name, vector(crate::tables::padded(lanes, 1)));
            }
        }
        for row in 0..self.rows.positions() {
            let horizon = vector(vec![(position + row) as f32 + 0.5; LANES]);
            inputs.insert(of_row("horizon".to_owned(), row as usize), horizon);
        }
        let scalar = Shape::new(&[1]).expect("one element");
        inputs.insert("position".to_owned(), Tensor::new(scalar, Elements::I32(vec![position as i32])));
        inputs
    }

    /// Logits of all tokens from the tiles named `logits.0`, `logits.1`, ...
    pub fn logits(&self, outputs: &BTreeMap<String, Tensor>) -> Vec<f32> {
        self.logits_of(0, outputs)
    }

    /// The same of a text.
    pub fn logits_of(&self, text: usize, outputs: &BTreeMap<String, Tensor>) -> Vec<f32> {
        let mut logits = Vec::new();
        for tile in 0.. {
            match outputs.get(&of_row(format!("logits.{tile}"), text)).map(Tensor::elements) {
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
