//! Makespans and both gaps, held to the record.
//!
//! In: `tiny` at several contexts and in several formats, shapes with and without weights, SmolLM2 where `models/` holds it.  Out: one line
//!     each, compared.
//! Invariant: a schedule that is longer than recorded, or further from a bound, fails; one that is shorter asks to be recorded.
//! Method: `GREENWAVE_RECORD=1` writes `tests/makespans.txt` anew. Bounds of shapes without weights are pure arithmetic and must be equal.

use arch::{Chip, Topology};
use compile::least::{Binding, least};
use compile::{
    Compiled, Format, Formats, Gaps, Linear, compile, compile_block, compile_buckets, compile_in, compile_texts,
    recognise,
};
use graph::{Graph, Tensor, TensorData, TensorId};
use import::gguf::{LoadOptions, load};
use import::llama::{Head, LlamaShape, decode_step};
use import::{Model, Source};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use units::Rng;

/// Slack of a recorded gap for the digits that the record leaves out.
const ROUNDING: f64 = 0.06;

/// What is recorded of a program: cycles, first gap in per cent, second gap in per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    cycles: u64,
    first: f64,
    second: f64,
}

impl Record {
    fn of(compiled: &Compiled) -> Self {
        Record::new(compiled.cycles().0, compiled.gaps())
    }

    fn new(cycles: u64, gaps: Gaps) -> Self {
        Record { cycles, first: 100.0 * gaps.first, second: 100.0 * gaps.second }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let cycles = words.next()?.parse().ok()?;
        Some(Record { cycles, first: words.next()?.parse().ok()?, second: words.next()?.parse().ok()? })
    }
}

fn path() -> PathBuf {
    tests::root().join("tests/makespans.txt")
}

fn recorded() -> BTreeMap<String, Record> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    lines.filter_map(|(name, rest)| Some((name.to_owned(), Record::parse(rest)?))).collect()
}

fn shape(width: u32, heads: u32, head_dim: u32, ffn: u32) -> LlamaShape {
    LlamaShape {
        layers: 2,
        width,
        heads,
        kv_heads: heads,
        head_dim,
        ffn,
        vocab: 1000,
        rope_base: 10_000.0,
        epsilon: 1e-5,
        context_max: 1 << 20,
        head: Head::Tied,
    }
}

fn weights(graph: &Graph) -> BTreeMap<TensorId, Arc<Tensor>> {
    let mut rng = Rng::new(1);
    let mut tensors = BTreeMap::new();
    for (id, info) in graph.tensors.iter() {
        let values = (0..info.shape.elements()).map(|_| (rng.unit() - 0.5) as f32).collect();
        tensors.insert(id, Arc::new(Tensor::f32(info.shape.extents(), values)));
    }
    tensors
}

/// Every program that is recorded.
fn programs() -> Vec<(String, Compiled)> {
    let chip = Chip::lpu_14nm();
    let mut programs = Vec::new();
    for context in [32, 64, 128, 256] {
        let model = tests::tiny(context);
        let compiled = compile(&model.graph, &model.weights, &chip).expect("it fits");
        programs.push((format!("tiny, context {context}"), compiled));
    }
    for (width, heads, head_dim, ffn) in [(64, 2, 32, 64), (320, 5, 64, 700), (641, 12, 64, 321)] {
        let graph = decode_step(&shape(width, heads, head_dim, ffn), 130);
        let compiled = compile(&graph, &weights(&graph), &chip).expect("it fits");
        programs.push((format!("width {width}, {heads} heads of {head_dim}, context 130"), compiled));
    }
    let model = tests::tiny(128);
    programs.extend(other_formats("tiny", (&model.graph, &model.weights), 1));
    programs.extend(in_buckets("tiny", (&model.graph, &model.weights)));
    programs.push(of_block("tiny", &model));
    programs.push(on_a_crossbar("tiny", (&model.graph, &model.weights)));
    programs.extend(of_texts("tiny", &tests::tiny(64), &[2, 4, 8, 16]));
    programs.extend(of_texts("tiny", &tests::tiny(32), &[16, 32, 64]));
    if let Some(bytes) = tests::real_model() {
        let model = load(bytes.clone(), LoadOptions { context: 128 }).expect("the model loads");
        let compiled = compile(&model.graph, &model.weights, &chip).expect("it fits");
        programs.push(("SmolLM2-135M, context 128".into(), compiled));
        programs.extend(other_formats("SmolLM2-135M", (&model.graph, &model.weights), 2));
        programs.extend(in_buckets("SmolLM2-135M", (&model.graph, &model.weights)));
        programs.push(on_a_crossbar("SmolLM2-135M", (&model.graph, &model.weights)));
        let model = load(bytes.clone(), LoadOptions { context: 64 }).expect("the model loads");
        programs.push(of_block("SmolLM2-135M", &model));
        let model = load(bytes, LoadOptions { context: 32 }).expect("the model loads");
        programs.extend(of_texts("SmolLM2-135M", &model, &[1, 2, 4]));
    }
    programs
}

/// The program where every ALU hears every stream and every other ALU: what it takes less is what the mesh costs.
fn on_a_crossbar(name: &str, source: (&Graph, &dyn TensorData)) -> (String, Compiled) {
    let chip = Chip { name: "crossbar".to_owned(), alu_window: 8, ..Chip::lpu_14nm() };
    let compiled = compile(source.0, source.1, &chip).expect("it fits");
    (format!("{name}, context 128, all ALUs in reach"), compiled)
}

/// The programs for fewer positions that lie beside the one for 128.
fn in_buckets(name: &str, source: (&Graph, &dyn TensorData)) -> Vec<(String, Compiled)> {
    let all = compile_buckets(source, Formats::default(), &Chip::lpu_14nm(), &Topology::single()).expect("they fit");
    let named = |compiled: Compiled| (format!("{name}, context 128, bucket of {}", compiled.launch.context), compiled);
    all.programs.into_iter().map(named).collect()
}

/// Passes of BERT-base, an image of ResNet-50.
fn without_tokens() -> Vec<(String, Record)> {
    let pass = |tokens: u32| {
        let graph = import::bert::encode(&import::Encoder::BertBase.shape(), tokens);
        let pass = compile::encoder::compile(&graph, None, &Chip::lpu_14nm()).expect("it fits");
        (format!("BERT-base, {tokens} tokens"), Record::new(pass.cycles().0, pass.gaps()))
    };
    let graph = import::resnet::image(&import::ResNet::ResNet50.shape());
    let image = compile::convolution::compile(&graph, None, &Chip::lpu_14nm()).expect("it fits");
    let image = ("ResNet-50".to_owned(), Record::new(image.cycles().0, image.gaps()));
    [32, 64, 128].map(pass).into_iter().chain([image]).collect()
}

/// Programs for several texts that advance together.
fn of_texts<S: Source>(name: &str, model: &Model<S>, counts: &[u32]) -> Vec<(String, Compiled)> {
    let program = |&texts: &u32| {
        let source = (&model.graph, &model.weights as _);
        let compiled = compile_texts(source, (Formats::default(), texts), &Chip::lpu_14nm(), &Topology::single())
            .expect("it fits");
        (format!("{name}, context {}, {texts} at once", model.context), compiled)
    };
    counts.iter().map(program).collect()
}

/// The program for four tokens of a prompt at once.
fn of_block<S: Source>(name: &str, model: &Model<S>) -> (String, Compiled) {
    let (source, chip) = ((&model.graph, &model.weights as _), Chip::lpu_14nm());
    let both = compile_block(source, (Formats::default(), 4), &chip, &Topology::single()).expect("they fit");
    let [_, block] = both;
    (format!("{name}, context {}, block of 4", model.context), block)
}

/// int8, int8 with one and two exceptions, and fp16 at context 128, on as many chips as fp16 needs and on a node; split on a node.
fn other_formats(name: &str, source: (&Graph, &dyn TensorData), chips: u16) -> Vec<(String, Compiled)> {
    let int8 = Formats::default();
    let down = int8.with(Linear::Down, Format::Fp16);
    let all = [int8, down, down.with(Linear::Head, Format::Fp16), Formats::all(Format::Fp16)];
    let on = |chips: u16| all.map(|formats| (formats, chips));
    let asked = on(chips).into_iter().chain(on(8)).filter(|asked| *asked != (int8, 1));
    let asked = asked.chain([(Formats::all(Format::Split), 8)]);
    let compiled = |(formats, chips): (Formats, u16)| {
        let topology = Topology::of(chips).expect("a node");
        let compiled = compile_in(source, formats, &Chip::lpu_14nm(), &topology).expect("it fits");
        let on = if chips == 1 { String::new() } else { format!(" on {chips} chips") };
        (format!("{name}, context 128, {formats}{on}"), compiled)
    };
    asked.map(compiled).collect()
}

#[test]
fn no_schedule_is_longer_than_recorded() {
    let mut known = recorded();
    let is_recording = std::env::var_os("GREENWAVE_RECORD").is_some();
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    let decoders = programs().into_iter().map(|(name, compiled)| (name, Record::of(&compiled)));
    for (name, now) in decoders.chain(without_tokens()) {
        println!("{name}: {} {:.1} {:.1}", now.cycles, now.first, now.second);
        assert!(0.0 <= now.first && 0.0 <= now.second, "{name} beats a bound: {now:?}");
        match known.insert(name.clone(), now) {
            _ if is_recording => {}
            None => worse.push(format!("{name} is not recorded")),
            Some(was) if was.cycles < now.cycles => {
                worse.push(format!("{name}: {} cycles, not {}", now.cycles, was.cycles))
            }
            Some(was) if was.first + ROUNDING < now.first || was.second + ROUNDING < now.second => {
                worse.push(format!("{name}: further from a bound: {now:?}, not {was:?}"));
            }
            Some(was) if now.cycles < was.cycles => better.push(name),
            Some(_) => {}
        }
    }
    if is_recording {
        let line = |(name, record): (&String, &Record)| {
            format!("{name}: {} {:.1} {:.1}\n", record.cycles, record.first, record.second)
        };
        let head = "# cycles a token, per cent over the model's bound, per cent over the lowered program's bound\n";
        let text: String = known.iter().map(line).collect();
        std::fs::write(path(), format!("{head}{text}")).expect("the tree can be written");
    }
    assert!(worse.is_empty(), "{worse:#?}");
    assert!(better.is_empty(), "shorter than recorded, please record (GREENWAVE_RECORD=1): {better:#?}");
}

/// A shape of which nobody has the weights here.
fn published(name: &str) -> LlamaShape {
    let plain = LlamaShape { vocab: 32_000, head_dim: 128, head: Head::Own, ..shape(4096, 32, 128, 11_008) };
    match name {
        "Llama-2-7B" => LlamaShape { layers: 32, ..plain },
        _ => LlamaShape { layers: 80, width: 8192, heads: 64, kv_heads: 8, ffn: 28_672, ..plain },
    }
}

#[test]
fn what_binds_differs_by_model_and_by_number_of_chips() {
    let chip = Chip::lpu_14nm();
    let bound = |name: &str, chips| {
        let llama = recognise(&decode_step(&published(name), 128)).expect("a Llama");
        let least = least(&llama, &chip, chips);
        println!("{name} on {chips} chips: {} cycles, {:?}", least.cycles().0, least.binding());
        least
    };
    for name in ["Llama-2-7B", "Llama-2-70B"] {
        let all: Vec<_> = [1, 8, 64, 576].map(|chips| bound(name, chips)).into_iter().collect();
        assert!(all.windows(2).all(|pair| pair[1].cycles() <= pair[0].cycles()), "{name} gets slower with more chips");
        assert_eq!(all[0].binding(), Binding::Install, "{name} on one chip");
        assert_eq!(all[3].binding(), Binding::Chain, "{name} on 576 chips");
        assert_eq!(all[0].chain().0 % u64::from(all[0].layers), all[0].head.latency.0 % u64::from(all[0].layers));
    }
    // 69 G weights in int8, 20,480 B a cycle, 20 of 21 cycles: 3.5 M cycles (peers_and_crates: 69.0 G parameters).
    let seventy = bound("Llama-2-70B", 1);
    assert!((68_000_000_000..70_000_000_000).contains(&seventy.bytes), "{} bytes", seventy.bytes);
    assert_eq!(seventy.install.0, (seventy.bytes * 21).div_ceil(20_480 * 20));
}

#[test]
fn the_closed_form_estimate_holds_for_other_shapes_than_tiny() {
    let chip = Chip::lpu_14nm();
    for (width, heads, head_dim, ffn) in [(64, 2, 32, 64), (320, 5, 64, 700), (641, 12, 64, 321)] {
        let graph = decode_step(&shape(width, heads, head_dim, ffn), 130);
        let compiled = compile(&graph, &weights(&graph), &chip).expect("it fits");
        within(&compiled, &recognise(&graph).expect("a Llama"), &format!("width {width}"));
    }
    let Some(bytes) = tests::real_model() else { return };
    let model = load(bytes, LoadOptions { context: 128 }).expect("the model loads");
    let compiled = compile(&model.graph, &model.weights, &chip).expect("it fits");
    within(&compiled, &recognise(&model.graph).expect("a Llama"), "SmolLM2");
}

fn within(compiled: &Compiled, llama: &compile::Llama, name: &str) {
    let estimate = compile::estimate::estimate(llama, &Chip::lpu_14nm());
    let share = compiled.cycles().0 as f64 / estimate.token.0 as f64;
    println!("{name}: {} cycles, {} estimated, share {share:.2}", compiled.cycles().0, estimate.token.0);
    assert!((0.75..1.25).contains(&share), "{name}: {share:.2} of the estimate");
}
