//! Everything random in the model, one row each: what it stands for, how it is distributed, and its switch.
//!
//! In: a seed and a place.  Out: a stream of numbers that belongs to that source at that place alone.
//! Invariant: with all sources off nothing is random; switching one off changes no number that another draws.
//! Method: the stream of (seed, source, step, GPU, kernel) is a generator seeded by a hash of them, so that any moment of any
//! step is drawn without the moments before it.

use crate::constants::{link, load, memory};
use serde::{Deserialize, Serialize};
use units::{Constant, Rng};

/// A source of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// Channels of the HBM get unequal loads.
    Imbalance,
    /// Channels are refreshed at moments of their own.
    Refresh,
    /// The L2 partition on this side or the other.
    L2Side,
    /// Gaps between kernels of a graph.
    GapGraph,
    /// Gaps between kernels launched one by one.
    GapEager,
    /// The host does something else.
    Spike,
    /// Exchanges between GPUs.
    AllReduce,
    /// GPUs of one box are not equally fast.
    Silicon,
    /// The clock under a power cap.
    Throttle,
    /// When requests come.
    Arrivals,
    /// How long prompts are.
    Prompt,
    /// How long answers are.
    Output,
    /// The way to the client.
    Network,
}

/// What is known about a source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Which one.
    pub source: Source,
    /// Key for labels.
    pub name: &'static str,
    /// How it is distributed.
    pub distribution: &'static str,
    /// What it is without the source.
    pub off: &'static str,
    /// Its parameter, with default and bounds.
    pub parameter: Constant,
    /// What it stands for.
    pub stands_for: &'static str,
}

/// Which sources are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sources(u16);

/// Where in a run a number is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the decode step, or of the request.
    pub step: u32,
    /// Number of the GPU.
    pub gpu: u32,
    /// Number of the kernel, channel or token.
    pub kernel: u32,
}

impl Source {
    /// All sources, in the order of the table.
    pub const ALL: [Source; 13] = [
        Source::Imbalance,
        Source::Refresh,
        Source::L2Side,
        Source::GapGraph,
        Source::GapEager,
        Source::Spike,
        Source::AllReduce,
        Source::Silicon,
        Source::Throttle,
        Source::Arrivals,
        Source::Prompt,
        Source::Output,
        Source::Network,
    ];

    /// Its stream at `place` in the run of `seed`.
    pub fn stream(self, seed: u64, place: Place) -> Rng {
        let parts = [self as u64 + 1, u64::from(place.step), u64::from(place.gpu) << 32 | u64::from(place.kernel)];
        stream(seed, parts)
    }

    /// Its row of the table.
    pub fn row(self) -> Row {
        let (name, distribution, off, parameter, stands_for) = match self {
            Source::Imbalance => (
                "imbalance",
                "normal, sigma / sqrt(tiles of a channel); the slowest channel counts",
                "equal loads",
                memory::IMBALANCE,
                "address hash, bank and row conflicts",
            ),
            Source::Refresh => (
                "refresh",
                "fixed period, uniform phase of each channel",
                "no refresh",
                memory::REFRESH_TIME,
                "refresh of the HBM, the part other banks do not hide",
            ),
            Source::L2Side => ("l2_side", "one half each", "the mean", memory::RAMP, "near and far partition of L2"),
            Source::GapGraph => {
                ("gap_graph", "lognormal", "the mean", link::GAP_SPREAD, "drain and launch inside a graph")
            }
            Source::GapEager => ("gap_eager", "lognormal", "the mean", link::EAGER_SPREAD, "launches by the host"),
            Source::Spike => {
                ("spike", "rare, exponential", "never", link::SPIKE_CHANCE, "the host does something else, eager only")
            }
            Source::AllReduce => {
                ("all_reduce", "lognormal", "the mean", link::ALL_REDUCE_SPREAD, "protocol on the links")
            }
            Source::Silicon => (
                "silicon",
                "normal, once per GPU",
                "all equal",
                link::SILICON,
                "no two chips are equal; the slowest sets the pace",
            ),
            Source::Throttle => {
                ("throttle", "two states", "full clock", link::THROTTLE, "clock under a power cap, if one is set")
            }
            Source::Arrivals => ("arrivals", "Poisson", "evenly spaced", load::ARRIVALS, "users come when they like"),
            Source::Prompt => ("prompt", "lognormal", "the mean", load::PROMPT_SPREAD, "users ask short and long"),
            Source::Output => {
                ("output", "lognormal if varied", "the mean", load::OUTPUT_SPREAD, "answers end when they end")
            }
            Source::Network => {
                ("network", "gamma, k = 4", "the mean", load::NETWORK_JITTER, "the way between client and server")
            }
        };
        Row { source: self, name, distribution, off, parameter, stands_for }
    }
}

/// The stream that belongs to these numbers in the run of `seed`.
pub(crate) fn stream(seed: u64, parts: [u64; 3]) -> Rng {
    let mixed = |hash: u64, part: u64| Rng::new(hash ^ part.wrapping_mul(0x9FB2_1C65_1E98_DF25)).next_u64();
    Rng::new(parts.into_iter().fold(seed, mixed))
}

impl Sources {
    /// Everything random.
    pub const fn all() -> Self {
        Sources((1 << Source::ALL.len()) - 1)
    }

    /// Nothing random.
    pub const fn none() -> Self {
        Sources(0)
    }

    /// The same with `source` off.
    pub fn without(self, source: Source) -> Self {
        Sources(self.0 & !(1 << source as u16))
    }

    /// The same with `source` on.
    pub fn with(self, source: Source) -> Self {
        Sources(self.0 | 1 << source as u16)
    }

    /// Whether `source` is on.
    pub fn has(self, source: Source) -> bool {
        self.0 >> source as u16 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_row_and_its_switch() {
        for (index, source) in Source::ALL.into_iter().enumerate() {
            assert_eq!((source as usize, source.row().source), (index, source));
            assert!(Sources::all().has(source) && !Sources::all().without(source).has(source));
            assert!(!Sources::none().has(source) && Sources::none().with(source).has(source));
            for other in Source::ALL.into_iter().filter(|&other| other != source) {
                assert!(Sources::all().without(source).has(other) && !Sources::none().with(source).has(other));
            }
        }
    }

    #[test]
    fn streams_of_different_places_differ() {
        let mut first: Vec<u64> = Vec::new();
        for source in Source::ALL {
            for (step, gpu, kernel) in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)] {
                first.push(source.stream(7, Place { step, gpu, kernel }).next_u64());
            }
        }
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), count);
    }
}
