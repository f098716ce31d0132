//! Constants of launches, all-reduces and other sources of unevenness.
//!
//! In: nothing.  Out: constants with their evidence.

use super::{Bounds, assumed, constant, published};
use units::Constant;

const COLLECTIVES: &str = "nccl-collectives-bench, repository";

/// Spread of the gap in a graph, of its logarithm.
pub const GAP_SPREAD: Constant =
    constant("gpu.gap_spread", Bounds(0.0, 0.25, 0.5), "", assumed("drain times differ; only the mean is fitted"));
/// From the end of a kernel to the start of the next without a graph.
pub const GAP_EAGER: Constant = constant(
    "gpu.gap_eager",
    Bounds(2.5, 6.0, 20.0),
    "us",
    published("susun-blog and others on cudaLaunchKernel", "4 to 6 us a launch"),
);
/// Spread of the same, of its logarithm.
pub const EAGER_SPREAD: Constant =
    constant("gpu.eager_spread", Bounds(0.0, 0.5, 1.0), "", assumed("the host is shared"));
/// Probability that a launch is held up by the host.
pub const SPIKE_CHANCE: Constant =
    constant("gpu.spike_chance", Bounds(0.0, 0.002, 0.01), "", assumed("spikes are rare in quiet-box data"));
/// How long it is held up then, in the mean.
pub const SPIKE_MEAN: Constant =
    constant("gpu.spike_mean", Bounds(0.0, 60.0, 82.0), "us", published(COLLECTIVES, "48 to 82 us seen in eager data"));
/// Spread of an all-reduce, of its logarithm.
pub const ALL_REDUCE_SPREAD: Constant =
    constant("gpu.all_reduce_spread", Bounds(0.0, 0.2, 0.5), "", assumed("protocol on the links"));
/// NCCL all-reduce of 16 KB in a graph, four GPUs.
pub const NCCL_GRAPH: Constant =
    constant("gpu.nccl_graph", Bounds(12.0, 13.7, 20.0), "us", published(COLLECTIVES, "in a CUDA graph, 4 GPUs"));
/// NCCL all-reduce of 16 KB without a graph, four GPUs.
pub const NCCL_EAGER: Constant =
    constant("gpu.nccl_eager", Bounds(20.0, 23.0, 37.0), "us", published(COLLECTIVES, "eager, 4 GPUs"));
/// Message for which the all-reduce times hold.
pub const MESSAGE: Constant = constant(
    "gpu.all_reduce_message",
    Bounds(4096.0, 16384.0, 32768.0),
    "B",
    published("sglang, pull request 2904, 2025", "flat from 4 to 32 KB"),
);
/// Spread of speed between GPUs of one box.
pub const SILICON: Constant = constant(
    "gpu.speed_spread",
    Bounds(0.0, 0.015, 0.03),
    "",
    assumed("8 % over a cluster (arXiv 2208.11035); less inside a box"),
);
/// Clock when power is capped, relative.
pub const THROTTLE: Constant = constant("gpu.throttle", Bounds(0.8, 0.93, 1.0), "", assumed("two states"));
/// What multiplies launches and all-reduces in the software of 2023.
pub const SOFTWARE_2023: Constant = constant(
    "gpu.software_2023",
    Bounds(1.0, 2.0, 5.0),
    "",
    assumed("TensorRT-LLM v0.5 needs 1.7 s for 2048 in, 128 out (NVIDIA, Dec. 2023)"),
);

/// All of them.
pub const ALL: &[Constant] = &[
    GAP_SPREAD,
    GAP_EAGER,
    EAGER_SPREAD,
    SPIKE_CHANCE,
    SPIKE_MEAN,
    ALL_REDUCE_SPREAD,
    NCCL_GRAPH,
    NCCL_EAGER,
    MESSAGE,
    SILICON,
    THROTTLE,
    SOFTWARE_2023,
];
