//! Models by name: published shapes whose graph can be built without a file, and so without weights.
//!
//! In: a name, any of its usual spellings.  Out: the shape, and the graph of one decode step for timing.
//! Invariant: the sizes are those of the published configurations; an unknown name is answered with the names there are.
//! Method: a table; spellings are compared without case and punctuation.
//! Source: Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023, table 1 and section 2.2, with the sizes of
//! `config.json` of meta-llama/Llama-2-7b-hf and Llama-2-70b-hf; Jiang et al., "Mixtral of Experts", 2024, table 1, with
//! `config.json` of mistralai/Mixtral-8x7B-v0.1 (`rope_theta` 1e6, `rms_norm_eps` 1e-5).

use crate::error::quoted;
use crate::llama::{Experts, Head, LlamaShape, decode_step, decode_step_of_experts};
use graph::Graph;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A model that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Builtin {
    /// 6.7 billion parameters, one key head per query head.
    Llama2Of7B,
    /// 69 billion parameters, eight query heads per key head.
    Llama2Of70B,
    /// 46.7 billion parameters, 12.9 of them at work on a token: two of eight experts.
    Mixtral8x7B,
}

/// A name that no model has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModel {
    /// The name asked for.
    pub name: String,
}

impl Builtin {
    /// Every model, smallest first.
    pub const ALL: [Builtin; 3] = [Builtin::Llama2Of7B, Builtin::Mixtral8x7B, Builtin::Llama2Of70B];

    /// The model called `name` in any spelling: `Llama-2-70B`, `llama2_70b`, `meta-llama/Llama-2-70b-chat-hf`.
    ///
    /// Errors: the names there are, where none is like it.
    pub fn find(name: &str) -> Result<Self, UnknownModel> {
        let wanted = plain(name);
        let known =
            |model: &Builtin| plain(model.name()) == wanted || model.aliases().iter().any(|a| plain(a) == wanted);
        Builtin::ALL.into_iter().find(known).ok_or_else(|| UnknownModel { name: name.to_owned() })
    }

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Llama2Of7B => "Llama-2-7B",
            Builtin::Llama2Of70B => "Llama-2-70B",
            Builtin::Mixtral8x7B => "Mixtral-8x7B",
        }
    }

    /// What else it is called. Fine-tuned models of the same shape count: time does not depend on weights.
    pub fn aliases(self) -> &'static [&'static str] {
        match self {
            Builtin::Llama2Of7B => &[
                "llama-7b",
                "7b",
                "llama-2-7b-hf",
                "llama-2-7b-chat",
                "llama-2-7b-chat-hf",
                "meta-llama/llama-2-7b-hf",
            ],
            Builtin::Llama2Of70B => &[
                "llama-70b",
                "70b",
                "llama-2-70b-hf",
                "llama-2-70b-chat",
                "llama-2-70b-chat-hf",
                "meta-llama/llama-2-70b-hf",
                "meta-llama/llama-2-70b-chat-hf",
            ],
            Builtin::Mixtral8x7B => &[
                "mixtral",
                "8x7b",
                "mixtral-8x7b-v0.1",
                "mixtral-8x7b-instruct",
                "mixtral-8x7b-instruct-v0.1",
                "mistralai/mixtral-8x7b-v0.1",
            ],
        }
    }

    /// Its sizes; of Mixtral the feed-forward width is that of one expert.
    pub fn shape(self) -> LlamaShape {
        let seven_billion = LlamaShape {
            layers: 32,
            width: 4096,
            heads: 32,
            kv_heads: 32,
            head_dim: 128,
            ffn: 11_008,
            vocab: 32_000,
            rope_base: 10_000.0,
            epsilon: 1e-5,
            context_max: 4096,
            head: Head::Own,
        };
        match self {
            Builtin::Llama2Of7B => seven_billion,
            Builtin::Llama2Of70B => {
                LlamaShape { layers: 80, width: 8192, heads: 64, kv_heads: 8, ffn: 28_672, ..seven_billion }
            }
            Builtin::Mixtral8x7B => {
                LlamaShape { kv_heads: 8, ffn: 14_336, rope_base: 1_000_000.0, context_max: 32_768, ..seven_billion }
            }
        }
    }

    /// Its mixture of experts, if it has one.
    pub fn experts(self) -> Option<Experts> {
        match self {
            Builtin::Llama2Of7B | Builtin::Llama2Of70B => None,
            Builtin::Mixtral8x7B => Some(Experts { count: 8 }),
        }
    }

    /// The graph of one decode step with room for `context` positions, at least one; its tensors have names and no elements.
    pub fn decode_step(self, context: u32) -> Graph {
        match self.experts() {
            None => decode_step(&self.shape(), context),
            Some(experts) => decode_step_of_experts(&self.shape(), experts, context),
        }
    }
}

/// Letters and digits, in lower case.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn names() -> String {
    Builtin::ALL.map(Builtin::name).join(", ")
}

impl UnknownModel {
    /// The same in Traditional Chinese.
    pub fn chinese(&self) -> String {
        format!(
            "沒有名為 {} 的內建模型。可用的名稱：{}；或改為提供模型檔案。",
            quoted(&self.name),
            names().replace(", ", "、")
        )
    }
}

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a built-in model ({}), found {}; name one of them, or give a model file",
            names(),
            quoted(&self.name)
        )
    }
}

impl std::error::Error for UnknownModel {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements of all tensors of the graph.
    fn parameters(model: Builtin) -> u64 {
        model.decode_step(2).tensors.iter().map(|(_, info)| info.shape.elements()).sum()
    }

    #[test]
    fn graphs_are_legal_and_have_the_published_numbers_of_parameters() {
        let expected = [6_738_415_616, 46_702_792_704, 68_976_648_192];
        for (model, expected) in Builtin::ALL.into_iter().zip(expected) {
            assert_eq!(model.shape().check(), Ok(()));
            assert_eq!(graph::check(&model.decode_step(2)), Vec::new(), "{}", model.name());
            assert_eq!(parameters(model), expected, "{}", model.name());
        }
    }

    #[test]
    fn any_spelling_finds_its_model_and_no_two_models_share_one() {
        for model in Builtin::ALL {
            for name in model.aliases().iter().chain([&model.name()]) {
                assert_eq!(Builtin::find(&name.to_uppercase().replace('-', "_")), Ok(model), "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = Builtin::find("gpt-5\n").expect_err("there is none");
        let english = "expected a built-in model (Llama-2-7B, Mixtral-8x7B, Llama-2-70B), found `gpt-5\\n`; \
                       name one of them, or give a model file";
        assert_eq!(error.to_string(), english);
        assert!(error.chinese().contains("Llama-2-7B、Mixtral-8x7B") && error.chinese().contains("`gpt-5\\n`"));
    }
}
