//! The sizes of a Llama model.
//!
//! In: sizes as a file states them.  Out: the same, checked against one another.
//! Invariant (`check`): heads share the key heads evenly, lanes pair up for the rotation, and every tensor's size is legal.
//! Method: one list of conditions, each with the field it judges.

use serde::{Deserialize, Serialize};

/// Which matrix makes the logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// The token embedding, used twice.
    Tied,
    /// A matrix of its own.
    Own,
}

/// Sizes of a Llama model; all of them positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LlamaShape {
    /// Transformer layers.
    pub layers: u32,
    /// Lanes of the residual stream.
    pub width: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads, each shared by `heads / kv_heads` query heads.
    pub kv_heads: u32,
    /// Lanes of a head.
    pub head_dim: u32,
    /// Lanes between up and down projection.
    pub ffn: u32,
    /// Tokens in the vocabulary.
    pub vocab: u32,
    /// Base of the rotary frequencies: pair `i` of a head turns by `base^(-2 i / head_dim)` per position.
    pub rope_base: f32,
    /// Added to the mean square before the root.
    pub epsilon: f32,
    /// Most positions the model was trained for.
    pub context_max: u32,
    /// Which matrix makes the logits.
    pub head: Head,
}

/// A size that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field}: expected {expected}, found {found}")]
pub struct ShapeError {
    /// Which size.
    pub field: Field,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

/// A size of the model, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "as in LlamaShape")]
pub enum Field {
    Layers,
    Width,
    Heads,
    KvHeads,
    HeadDim,
    Ffn,
    Vocab,
    RopeBase,
    Epsilon,
    ContextMax,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Field::Layers => "layers",
            Field::Width => "width",
            Field::Heads => "heads",
            Field::KvHeads => "key heads",
            Field::HeadDim => "lanes per head",
            Field::Ffn => "feed-forward width",
            Field::Vocab => "vocabulary",
            Field::RopeBase => "rotary base",
            Field::Epsilon => "epsilon",
            Field::ContextMax => "context",
        })
    }
}

/// Greatest extent of one axis: far above any model, far below where products of three overflow.
const EXTENT_MAX: u32 = 1 << 24;

impl LlamaShape {
    /// Lanes of all query heads together.
    pub fn query_width(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Lanes of all key heads together, and of all value heads.
    pub fn kv_width(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// Whether the sizes fit one another.
    pub fn check(&self) -> Result<(), ShapeError> {
        let extents = [
            (Field::Layers, self.layers),
            (Field::Width, self.width),
            (Field::Heads, self.heads),
            (Field::KvHeads, self.kv_heads),
            (Field::HeadDim, self.head_dim),
            (Field::Ffn, self.ffn),
            (Field::Vocab, self.vocab),
            (Field::ContextMax, self.context_max),
        ];
        for (field, extent) in extents {
            if extent == 0 || EXTENT_MAX < extent {
                return Err(wrong(field, format!("1 to {EXTENT_MAX}"), extent));
            }
        }
        let lanes = u64::from(self.heads) * u64::from(self.head_dim);
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(wrong(Field::KvHeads, format!("a divisor of the {} heads", self.heads), self.kv_heads));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(wrong(Field::HeadDim, "an even number", self.head_dim));
        }
        if u64::from(EXTENT_MAX) < lanes {
            return Err(wrong(Field::Heads, format!("at most {EXTENT_MAX} lanes together"), lanes));
        }
        if !(1.0..=1e12).contains(&self.rope_base) {
            return Err(wrong(Field::RopeBase, "1 to 1e12", self.rope_base));
        }
        if !(0.0..=1.0).contains(&self.epsilon) {
            return Err(wrong(Field::Epsilon, "0 to 1", self.epsilon));
        }
        Ok(())
    }
}

fn wrong(field: Field, expected: impl Into<String>, found: impl std::fmt::Display) -> ShapeError {
    ShapeError { field, expected: expected.into(), found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&mut LlamaShape), expected: &str) {
        let mut shape = crate::llama::small();
        change(&mut shape);
        let text = shape.check().map_err(|error| error.to_string()).err().unwrap_or_default();
        assert_eq!(text, expected);
    }

    #[test]
    fn each_condition_names_its_field() {
        check(|_| (), "");
        check(|shape| shape.layers = 0, "layers: expected 1 to 16777216, found 0");
        check(|shape| shape.vocab = u32::MAX, "vocabulary: expected 1 to 16777216, found 4294967295");
        check(|shape| shape.kv_heads = 3, "key heads: expected a divisor of the 4 heads, found 3");
        check(|shape| shape.head_dim = 3, "lanes per head: expected an even number, found 3");
        check(|shape| shape.head_dim = 1 << 23, "heads: expected at most 16777216 lanes together, found 33554432");
        check(|shape| shape.rope_base = 0.5, "rotary base: expected 1 to 1e12, found 0.5");
        check(|shape| shape.epsilon = f32::NAN, "epsilon: expected 0 to 1, found NaN");
    }
}
