//! Published figures of other software and of H100, which no constant of a decode step was fitted to.
//!
//! Two of them were used otherwise: the share of the arithmetic peak (`a100.math_eff`, `h100.math_eff`) comes from the first
//! tokens of 7B at 2048; and the overhead of 2 for the software of 2023 was chosen for the one request on a DGX.
//!
//! In: cases as published.  Out: model beside figure; a gate that is missed is listed as missed, with the reason, and the test
//! fails when it stops being missed.
//! Source: TensorRT-LLM, docs/source/performance.md, v0.5; NVIDIA blog, Dec. 2023 (Llama-2-70B on DGX H100, one request);
//! clune.org, quoting Mazurek and Gabriel (4 x H100, 2035 in, 300 out).

use crate::common::{percent, rival};
use gpu::{AllReduce, Cache, Case, Engine, Format, Gpu, Launch, Tensor};

/// Seconds from prompts of `input` tokens to the last of `output` new ones, for the batch of the case.
fn seconds(model: &str, case: Case, input: u32, output: u32) -> f64 {
    let rival = rival(model, Case { context: input + output / 2, ..case });
    rival.prefill(input).seconds() + f64::from(output - 1) * rival.mean(2).seconds()
}

fn h100(tensor: Tensor, format: Format, engine: Engine) -> Case {
    Case { format, engine, ..Case::new(Gpu::h100(), tensor) }
}

/// Prints the comparison and gives the difference in percent.
fn compare(what: &str, found: f64, expected: f64) -> f64 {
    let off = percent(found, expected);
    println!("{what}: published {expected}, model {found:.4}, {off:+.1} %");
    off
}

#[test]
fn one_request_on_a_dgx_takes_what_nvidia_published() {
    let case = h100(Tensor::Eight, Format::Fp8, Engine::of_2023());
    let off = compare("70B fp8 on 8 H100, 2048 in, 128 out, s", seconds("70B", case, 2048, 128), 1.7);
    assert!(off.abs() < 15.0, "{off:+.1} %");
}

#[test]
fn four_h100_serve_what_was_published_at_small_batches() {
    for (batch, expected) in [(1, 53.9), (2, 102.9), (4, 182.5), (8, 319.8)] {
        let case = Case { batch, ..h100(Tensor::Four, Format::Bf16, Engine::modern()) };
        let found = f64::from(batch) * 300.0 / seconds("70B", case, 2035, 300);
        let off = compare(&format!("70B bf16 on 4 H100, batch {batch}, tok/s"), found, expected);
        assert!(off.abs() < 15.0, "batch {batch}: {off:+.1} %");
    }
}

/// Graphs won 1.2 s to 1.05 s for 100 tokens of a 7B model (vLLM, pull request 1440).
#[test]
fn launching_without_graphs_costs_what_graphs_were_seen_to_win() {
    let mean = |launch: Launch| {
        let engine = Engine { launch, ..Engine::modern() };
        rival("7B", Case { engine, context: 100, ..Case::new(Gpu::a100(), Tensor::One) }).mean(8).millis()
    };
    let off = compare("7B, eager over graph", mean(Launch::Eager) / mean(Launch::Graph), 1.2 / 1.05);
    assert!(off.abs() < 10.0, "{off:+.1} %");
}

#[test]
fn first_tokens_come_when_tensorrt_llm_published_them() {
    let a100 = Engine { cache: Cache::Bf16, ..Engine::of_2023() };
    let points = [
        ("7B", Tensor::One, 128, 7.0, 16.0),
        ("7B", Tensor::One, 2048, 36.0, 133.0),
        ("70B", Tensor::Four, 128, 26.0, 47.0),
        ("70B", Tensor::Four, 2048, 109.0, 377.0),
    ];
    for (model, tensor, input, on_h100, on_a100) in points {
        let cases = [
            (h100(tensor, Format::Fp8, Engine::of_2023()), on_h100),
            (Case { engine: a100.clone(), ..Case::new(Gpu::a100(), tensor) }, on_a100),
        ];
        for (case, expected) in cases {
            let what = format!("first token, {model} on {} x {}, {input} in, ms", tensor.gpus(), case.gpu.name);
            let off = compare(&what, rival(model, case).prefill(input).millis(), expected);
            assert!(off.abs() < 25.0, "{what}: {off:+.1} %");
        }
    }
}

/// Tokens per second of a whole batch in fp8 on H100 as of v0.5, next to the figure.
fn batch_point(model: &str, tensor: Tensor, batch: u32, lengths: (u32, u32), expected: f64) -> f64 {
    let (input, output) = lengths;
    let case = Case { batch, ..h100(tensor, Format::Fp8, Engine::of_2023()) };
    let found = f64::from(batch * output) / seconds(model, case, input, output);
    compare(&format!("{model} fp8 on {} H100, batch {batch}, {input}/{output}, tok/s", tensor.gpus()), found, expected)
}

#[test]
fn large_batches_come_as_tensorrt_llm_published_them() {
    let points = [
        ("70B", Tensor::Four, 64, (128, 128), 3317.0),
        ("70B", Tensor::Four, 64, (128, 2048), 2616.0),
        ("70B", Tensor::Four, 64, (2048, 128), 843.0),
        ("7B", Tensor::One, 64, (128, 128), 9193.0),
        ("7B", Tensor::One, 64, (128, 2048), 5367.0),
        ("7B", Tensor::One, 64, (2048, 128), 2058.0),
        ("7B", Tensor::One, 32, (2048, 2048), 2230.0),
    ];
    for (model, tensor, batch, lengths, expected) in points {
        let off = batch_point(model, tensor, batch, lengths, expected);
        assert!(off.abs() < 25.0, "{model}, {lengths:?}: {off:+.1} %");
    }
}

/// vLLM of December 2023, before and after its custom all-reduce (pull request 2192): batch 64, 256 in, 256 out on 4 A100.
#[test]
fn a_batch_on_a100_takes_what_vllm_published() {
    for (all_reduce, expected) in [(AllReduce::Nccl, 16.37), (AllReduce::Custom, 14.57)] {
        let engine = Engine { all_reduce, cache: Cache::Bf16, ..Engine::of_2023() };
        let case = Case { batch: 64, engine, ..Case::new(Gpu::a100(), Tensor::Four) };
        let off = compare(&format!("70B bf16 on 4 A100, {all_reduce:?}, s"), seconds("70B", case, 256, 256), expected);
        assert!(off.abs() < 25.0, "{all_reduce:?}: {off:+.1} %");
    }
}

/// Missed: the model serves 58 % more than v0.5 did. It reads each key head's cache once for the eight query heads that share it;
/// with 7B, whose heads share nothing, the same lengths are met within 2 %. So what is missing is most likely that the software
/// of that version read the cache once per query head. Nothing was changed to meet the figure.
#[test]
fn missed_long_contexts_with_shared_heads_were_slower_in_2023() {
    let off = batch_point("70B", Tensor::Four, 64, (2048, 2048), 1583.0);
    assert!((40.0..75.0).contains(&off), "{off:+.1} %: if this is met now, move it up");
}
