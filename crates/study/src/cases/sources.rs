//! Names of what is random, in both languages, each with its distribution and seed.
//!
//! In: a source of the rival's model.  Out: a line for whoever shows its result.
//! Invariant: a result that chance has touched stands beside the name and the seed of that chance.
//! Method: the rows of `gpu::Source`; here they get words.

use gpu::Source;
use serde::{Deserialize, Serialize};
use units::{Standing, Text};

/// A source of randomness, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Which.
    pub source: Source,
    /// Its name.
    pub label: Text,
    /// How it is distributed.
    pub distribution: Text,
    /// Id of its parameter.
    pub parameter: String,
    /// The parameter's value.
    pub value: f64,
    /// Its unit; empty where it has none.
    pub unit: String,
    /// How well that is known.
    pub standing: Standing,
    /// Seed.
    pub seed: u64,
}

/// The line of `source` in a run of `seed`.
pub(super) fn line(source: Source, seed: u64) -> SourceLine {
    let parameter = source.row().parameter;
    SourceLine {
        source,
        label: label(source),
        distribution: distribution(source),
        parameter: parameter.id.to_owned(),
        value: parameter.default,
        unit: parameter.unit.to_owned(),
        standing: parameter.evidence.standing(),
        seed,
    }
}

/// What a source is called.
pub(super) fn label(source: Source) -> Text {
    match source {
        Source::Imbalance => Text::of("HBM 通道忙閒不均", "unequal loads of the HBM's channels"),
        Source::Refresh => Text::of("HBM 重新整理", "refresh of the HBM"),
        Source::L2Side => Text::of("L2 在近側或遠側", "the near or the far side of L2"),
        Source::GapGraph => Text::of("CUDA graph 裡的空檔長短不一", "gaps inside a CUDA graph"),
        Source::GapEager => Text::of("逐一啟動的空檔長短不一", "gaps between launches one by one"),
        Source::Spike => Text::of("主機偶爾去忙別的", "the host does something else"),
        Source::AllReduce => Text::of("GPU 之間交換的快慢", "exchanges between GPUs"),
        Source::Silicon => Text::of("GPU 本身快慢不同", "GPUs that are not equally fast"),
        Source::Throttle => Text::of("功率上限下的降頻", "the clock under a power cap"),
        Source::Arrivals => Text::of("使用者什麼時候來", "when users come"),
        Source::Prompt => Text::of("提示詞的長短", "how long prompts are"),
        Source::Output => Text::of("回答的長短", "how long answers are"),
        Source::Network => Text::of("到使用者那裡的網路", "the network to the user"),
    }
}

fn distribution(source: Source) -> Text {
    match source {
        Source::Imbalance => Text::of("常態分布，取最慢的通道", "normal, the slowest channel counts"),
        Source::Refresh => Text::of("固定週期，相位均勻分布", "fixed period, uniform phase"),
        Source::L2Side => Text::of("兩側各半", "one half each"),
        Source::GapGraph | Source::GapEager | Source::AllReduce | Source::Prompt | Source::Output => {
            Text::of("對數常態分布", "lognormal")
        }
        Source::Spike => Text::of("罕見，指數分布", "rare, exponential"),
        Source::Silicon => Text::of("常態分布，每張 GPU 一次", "normal, once per GPU"),
        Source::Throttle => Text::of("兩種狀態", "two states"),
        Source::Arrivals => Text::of("卜瓦松過程", "Poisson"),
        Source::Network => Text::of("伽瑪分布，k = 4", "gamma, k = 4"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_a_name_of_its_own_in_both_languages() {
        let mut names: Vec<Text> = Source::ALL.into_iter().map(|source| line(source, 7).label).collect();
        assert!(names.iter().all(|name| !name.zh.is_ascii() && name.en.is_ascii()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Source::ALL.len());
    }
}
