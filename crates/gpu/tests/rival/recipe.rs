//! Kernels read off the graph: their number, and that every weight is read once.
//!
//! In: built-in shapes.  Out: counts and bytes beside the published ones.
//! Source: kernels of a layer, 9 and two sums, with a mixture 12 and two; gpt-fast, README: achieved bandwidth of 70B in bf16.

use crate::common::{percent, rival};
use gpu::{Case, Engine, Format, Gpu, Kind, Tensor};

#[test]
fn a_layer_has_nine_kernels_and_two_sums_a_mixture_twelve() {
    for (model, tensor, expected) in
        [("7B", Tensor::Two, 11), ("7B", Tensor::One, 9), ("70B", Tensor::Eight, 11), ("Mixtral", Tensor::Two, 14)]
    {
        let rival = rival(model, Case::new(Gpu::a100(), tensor));
        let kernels = rival.kernels();
        let of_layer = kernels.iter().filter(|kernel| kernel.layer == Some(7)).count();
        let outside: Vec<Kind> =
            kernels.iter().filter(|kernel| kernel.layer.is_none()).map(|kernel| kernel.kind).collect();
        assert_eq!(of_layer, expected, "{model}");
        assert_eq!(outside, [Kind::Embed, Kind::FinalNorm, Kind::Head, Kind::Sample]);
    }
}

#[test]
fn the_kernels_that_a_constant_is_derived_with_are_those_of_the_recipe() {
    let kernels = rival("70B", Case { format: Format::Int8, ..Case::new(Gpu::a100(), Tensor::One) }).kernels().len();
    let all = gpu::constants::all();
    let stated = all.iter().find(|constant| constant.id == "record.kernels_70b").expect("it is listed");
    assert_eq!(kernels as f64, stated.default);
}

#[test]
fn bytes_are_those_behind_the_published_bandwidths() {
    // GB/s over tokens per second; that measure counts the embedding, of which a step reads one row.
    let embedding = 2.0 * 32_000.0 * 8192.0;
    for (tensor, bandwidth, rate) in
        [(Tensor::Two, 1482.0, 21.32), (Tensor::Four, 1341.0, 38.01), (Tensor::Eight, 1135.0, 62.50)]
    {
        let case = Case { engine: Engine::gpt_fast(), ..Case::new(Gpu::a100(), tensor) };
        let found = rival("70B", case).bytes() + embedding;
        let off = percent(found, 1e9 * bandwidth / rate);
        println!("70B TP{}: {:.2} GB, {off:+.2} %", tensor.gpus(), found * 1e-9);
        assert!(off.abs() < 0.2, "TP{}: {off:+.2} %", tensor.gpus());
    }
}

#[test]
fn a_mixture_reads_two_experts_for_one_token_and_all_for_many() {
    let bytes = |batch: u32| rival("Mixtral", Case { batch, ..Case::new(Gpu::a100(), Tensor::Four) }).bytes();
    let (one, many) = (4.0 * bytes(1) * 1e-9, 4.0 * bytes(256) * 1e-9);
    // 12.88e9 parameters at work less the embedding, and all 46.70e9 less the embedding, 2 bytes each.
    assert!(percent(one, 25.5).abs() < 0.5, "{one} GB");
    assert!(percent(many, 93.2).abs() < 0.5, "{many} GB");
    assert!(bytes(1) < bytes(2) && bytes(2) < 2.0 * bytes(1));
}

#[test]
fn cache_elements_are_those_of_the_architecture() {
    for (model, expected) in [("7B", 524_288.0), ("70B", 327_680.0), ("Mixtral", 131_072.0)] {
        let rival = rival(model, Case::new(Gpu::h100(), Tensor::Four));
        assert_eq!(2.0 * rival.cache_elements(), expected, "bytes per position of {model} in 16 bits");
    }
}
