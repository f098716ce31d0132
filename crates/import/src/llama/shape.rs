//! The sizes of a Llama model.
//!
//! In: sizes as a file states them.  Out: the same, checked against one another.
//! Invariant (`check`): heads share the key heads evenly, lanes pair up for the rotation, and every tensor's size is legal.
//! Method: one list of conditions, each with the field it judges.

use crate::error::{Expected, Found};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// Which size.
    pub field: Field,
    /// What it should be.
    pub expected: Expected,
    /// What it is.
    pub found: Found,
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
                let expected = Expected::Range { low: 1, high: EXTENT_MAX.into() };
                return Err(ShapeError { field, expected, found: Found::Number(extent.into()) });
            }
        }
        self.check_relations()
    }

    /// Conditions on more than one size, and on the real numbers.
    fn check_relations(&self) -> Result<(), ShapeError> {
        let wrong = |field, expected, found| Err(ShapeError { field, expected, found });
        let number = |number: u32| Found::Number(number.into());
        if !self.heads.is_multiple_of(self.kv_heads) {
            return wrong(Field::KvHeads, Expected::DivisorOf(self.heads.into()), number(self.kv_heads));
        }
        if !self.head_dim.is_multiple_of(2) {
            return wrong(Field::HeadDim, Expected::Even, number(self.head_dim));
        }
        let most = EXTENT_MAX / self.head_dim;
        if most < self.heads {
            return wrong(Field::Heads, Expected::Range { low: 1, high: most.into() }, number(self.heads));
        }
        let real = |value: f32| Found::Text(value.to_string());
        if !(1.0..=1e12).contains(&self.rope_base) {
            return wrong(Field::RopeBase, Expected::Range { low: 1, high: 1_000_000_000_000 }, real(self.rope_base));
        }
        if !(0.0..=1.0).contains(&self.epsilon) {
            return wrong(Field::Epsilon, Expected::Range { low: 0, high: 1 }, real(self.epsilon));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&mut LlamaShape), field: Field, found: &str) {
        let mut shape = crate::llama::small();
        change(&mut shape);
        let error = shape.check().expect_err(found);
        let text = match error.found {
            Found::Number(number) => number.to_string(),
            Found::Text(text) => text,
            other => format!("{other:?}"),
        };
        assert_eq!((error.field, text.as_str()), (field, found));
    }

    #[test]
    fn each_condition_names_its_field() {
        assert_eq!(crate::llama::small().check(), Ok(()));
        check(|shape| shape.layers = 0, Field::Layers, "0");
        check(|shape| shape.vocab = u32::MAX, Field::Vocab, "4294967295");
        check(|shape| shape.kv_heads = 3, Field::KvHeads, "3");
        check(|shape| shape.head_dim = 3, Field::HeadDim, "3");
        check(|shape| shape.head_dim = 1 << 23, Field::Heads, "4");
        check(|shape| shape.rope_base = 0.5, Field::RopeBase, "0.5");
        check(|shape| shape.epsilon = f32::NAN, Field::Epsilon, "NaN");
    }
}
