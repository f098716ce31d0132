//! The sizes of an encoder of the BERT family, and the published ones by name.
//!
//! In: a name, any of its usual spellings.  Out: its sizes.
//! Invariant: the sizes are those of the published configurations.
//! Method: a table; spellings are compared without case and punctuation.

use crate::builtin::plain;
use serde::{Deserialize, Serialize};

/// Sizes of an encoder; all of them positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BertShape {
    /// Transformer layers.
    pub layers: u32,
    /// Lanes of the residual stream.
    pub width: u32,
    /// Attention heads.
    pub heads: u32,
    /// Lanes between up and down projection.
    pub ffn: u32,
    /// Tokens in the vocabulary.
    pub vocab: u32,
    /// Positions that have an embedding.
    pub positions: u32,
    /// Added to the variance before the root.
    pub epsilon: f32,
}

/// An encoder that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Encoder {
    /// 12 layers of 768 lanes.
    BertBase,
    /// 24 layers of 1,024 lanes.
    BertLarge,
}

impl BertShape {
    /// Lanes of a head.
    pub fn head_dim(&self) -> u32 {
        self.width / self.heads
    }
}

impl Encoder {
    /// Every one, smallest first.
    pub const ALL: [Encoder; 2] = [Encoder::BertBase, Encoder::BertLarge];

    /// The encoder called `name` in any spelling: `BERT-base`, `bert_base`.
    pub fn find(name: &str) -> Option<Self> {
        let wanted = plain(name);
        Encoder::ALL.into_iter().find(|model| plain(model.name()) == wanted || plain(model.alias()) == wanted)
    }

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Encoder::BertBase => "BERT-base",
            Encoder::BertLarge => "BERT-large",
        }
    }

    /// What else it is called: letters of either case have the same time.
    fn alias(self) -> &'static str {
        match self {
            Encoder::BertBase => "bert-base-uncased",
            Encoder::BertLarge => "bert-large-uncased",
        }
    }

    /// Its sizes.
    pub fn shape(self) -> BertShape {
        let base =
            BertShape { layers: 12, width: 768, heads: 12, ffn: 3072, vocab: 30_522, positions: 512, epsilon: 1e-12 };
        match self {
            Encoder::BertBase => base,
            Encoder::BertLarge => BertShape { layers: 24, width: 1024, heads: 16, ffn: 4096, ..base },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bert::encode;

    #[test]
    fn graphs_are_legal_and_have_the_published_numbers_of_parameters() {
        // 110 M and 340 M in the paper, pooler (width squared and width) and one of two segments' rows included.
        for (model, expected) in Encoder::ALL.into_iter().zip([109_482_240u64, 335_141_888]) {
            let (shape, graph) = (model.shape(), encode(&model.shape(), 16));
            assert_eq!(graph::check(&graph), Vec::new(), "{}", model.name());
            let own: u64 = graph.tensors.iter().map(|(_, info)| info.shape.elements()).sum();
            let width = u64::from(shape.width);
            assert_eq!(own + width * (width + 1), expected, "{}", model.name());
        }
    }

    #[test]
    fn any_spelling_finds_its_model() {
        for name in ["bert-base", "BERT_base", "bert-base-uncased"] {
            assert_eq!(Encoder::find(name), Some(Encoder::BertBase), "{name}");
        }
        assert_eq!(Encoder::find("bert"), None);
    }
}
