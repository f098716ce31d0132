//! Any Llama-shaped model: it compiles, is judged, and runs as evaluated and as predicted; or is refused with a remedy.
//!
//! In: seeds.  Out: per seed a random shape, random weights, random machine, in int8, fp16 and a mixture; every claim of the line held
//!     against them.
//! Invariant: no seed makes anything panic; a failure prints its seed. `GREENWAVE_SHAPES=N` runs seeds 0 .. N instead of the few.
//! Method: shapes are drawn where the layout changes: one lane before and after a superlane, a tile, an accumulator bank, a head.

use arch::{Chip, Hemisphere, SliceId, Topology};
use compile::{
    CompileError, Compiled, Format, Formats, Lack, Linear, Remedy, Resident, VxmPart, compile, compile_in, recognise,
};
use graph::Evaluator;
use import::llama::{Head, LlamaShape, decode_step};
use sim::Machine;
use tests::random::{Weights, launch, weights};
use tests::{Claims, expect_values};
use units::Rng;

/// Seeds of one ordinary test run.
const SEEDS: u64 = 20;

fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("GREENWAVE_SHAPES").ok().and_then(|text| text.parse().ok());
    0..asked.unwrap_or(SEEDS)
}

/// A legal shape with few weights.
fn shape(rng: &mut Rng) -> LlamaShape {
    let head_dim = rng.pick(&[2, 6, 14, 16, 18, 32, 48, 64, 64, 80, 128, 160, 162, 320]);
    let kv_heads = rng.pick(&[1, 1, 2, 3, 4, 5, 6, 11]).min(1 + 640 / head_dim);
    let repeats = rng.pick(&[1, 1, 2, 3, 4, 7]).min(1 + 640 / head_dim);
    LlamaShape {
        layers: rng.pick(&[1, 1, 2, 3, 5]),
        width: rng.pick(&[1, 8, 15, 17, 64, 304, 320, 321, 576, 641]),
        heads: kv_heads * repeats,
        kv_heads,
        head_dim,
        ffn: rng.pick(&[1, 5, 16, 96, 320, 321, 700]),
        vocab: rng.pick(&[1, 2, 16, 319, 320, 321, 1000]),
        rope_base: 10_000.0,
        epsilon: rng.pick(&[1e-5, 1e-6, 0.0]),
        context_max: 1 << 20,
        head: rng.pick(&[Head::Tied, Head::Own]),
    }
}

/// The published machine, or one with other latencies, slices or sizes.
fn chip(rng: &mut Rng) -> Chip {
    let mut chip = Chip::lpu_14nm();
    for _ in 0..rng.pick(&[0, 0, 1, 3]) {
        let latency = &mut chip.latency;
        let cycles = 1 + rng.below(9) as u32;
        match rng.below(12) {
            0 => latency.mem_read = cycles,
            1 => latency.mem_write = cycles,
            2 => latency.vxm_alu = cycles,
            3 => latency.vxm_entry = cycles - 1,
            4 => latency.mxm_accumulate = 5 * cycles,
            5 => latency.hop = cycles / 2,
            6 => latency.sxm_distribute = cycles,
            7 => chip.accumulators = 8 << rng.below(5),
            8 => chip.banks = 1 << rng.below(4),
            9 => chip.words = 1024 << rng.below(4),
            10 => chip.alus = 8 + rng.below(9) as u8,
            _ => chip.slices_reserved = vec![SliceId { hemisphere: Hemisphere::East, number: rng.below(44) as u8 }],
        }
        chip.alus_large.retain(|&alu| alu < chip.alus);
    }
    chip
}

/// int8 for every matrix, fp16 for every matrix, and a draw for each kind.
fn formats(rng: &mut Rng) -> [Formats; 3] {
    let drawn = |formats: Formats, linear| formats.with(linear, rng.pick(&Format::ALL));
    [Formats::default(), Formats::all(Format::Fp16), Linear::ALL.into_iter().fold(Formats::default(), drawn)]
}

/// Judge, simulator, evaluator and witness on one program.
fn agree(chip: &Chip, compiled: &Compiled, weights: &Weights, rng: &mut Rng) {
    let report = verify::violations(chip, &compiled.program);
    assert_eq!(report.total, 0, "{report:?}");
    let mut machine = Machine::load(chip, &compiled.program.executable, &compiled.tables).expect("well formed");
    let mut lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("evaluates");
    let mut claims = Claims::new(&compiled.program);
    for position in 0..compiled.launch.context.min(3) {
        let token = rng.below(u64::from(compiled.launch.vocabulary)) as u32;
        let inputs = launch(compiled, weights, token, position);
        machine.launch(&inputs, position as u16).expect("the position fits");
        let outcome = machine.run_token(&mut claims);
        assert_eq!((outcome.cycles.0, outcome.violations), (compiled.program.witness.end.0, 0));
        let expected = lowered.step(&inputs).expect("all inputs are there");
        expect_values(&machine.outputs(), &expected, format_args!("token {position}"));
    }
    assert!(0 < claims.dispatches && 0 < claims.arrivals);
}

#[test]
fn random_shapes_in_all_formats_on_random_chips_run_as_predicted_or_are_refused() {
    let mut refused = 0;
    for seed in seeds() {
        let mut rng = Rng::new(seed);
        let (shape, chip) = (shape(&mut rng), chip(&mut rng));
        let context = rng.pick(&[1, 2, 3, 7, 16, 33, 130, 260]);
        println!("seed {seed}: context {context}, {shape:?}, {chip:?}");
        let graph = decode_step(&shape, context);
        let weights = weights(&mut rng, &graph);
        for formats in formats(&mut rng) {
            match compile_in((&graph, &weights), formats, &chip, &Topology::single()) {
                Ok(compiled) => agree(&chip, &compiled, &weights, &mut rng),
                Err(error) => {
                    refused += 1;
                    println!("{formats} refused: {error}\n{}", error.chinese());
                    let is_long = matches!(error, CompileError::Memory { what: Resident::Caches, .. });
                    assert!(is_long || chip != Chip::lpu_14nm(), "a small model fits the published chip: {error}");
                }
            }
        }
    }
    println!("{refused} refused");
    assert!(refused < seeds().end, "{refused} of three times as many refused");
}

/// Every latency by itself at 80 cycles, which is longer than any that is published: a program waits for what is under way.
#[test]
fn one_long_latency_is_waited_for_or_refused() {
    let model = tests::tiny(16);
    let published = Chip::lpu_14nm().to_json();
    let latencies: serde_json::Value = serde_json::from_str(&published).expect("a machine is JSON");
    let names: Vec<&String> = latencies["latency"].as_object().expect("latencies have names").keys().collect();
    let mut refused = Vec::new();
    for name in names {
        let mut edited = latencies.clone();
        (edited["name"], edited["latency"][name]) = ("edited".into(), 80.into());
        let Ok(chip) = Chip::from_json(&edited.to_string()) else {
            refused.push(name.as_str());
            continue;
        };
        match compile(&model.graph, &model.weights, &chip) {
            Ok(compiled) => {
                let report = verify::violations(&chip, &compiled.program);
                assert_eq!(report.total, 0, "{name}: {report:?}");
            }
            Err(CompileError::Machine { .. }) => refused.push(name.as_str()),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert_eq!(
        refused,
        ["hop", "vxm_alu"],
        "80 cycles a hop are too many for the streams, a result of an ALU is kept for 16"
    );
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let mut rng = Rng::new(7);
    let graph = decode_step(&shape(&mut rng), 16);
    let weights = weights(&mut rng, &graph);
    let bytes = || {
        let compiled = compile(&graph, &weights, &Chip::lpu_14nm()).expect("small");
        program::binary::encode(&compiled.program)
    };
    assert_eq!(bytes(), bytes());
}

/// A shape in which a head is a head and nothing else is at its limit.
fn plain() -> LlamaShape {
    LlamaShape {
        layers: 2,
        width: 64,
        heads: 2,
        kv_heads: 1,
        head_dim: 32,
        ffn: 64,
        vocab: 64,
        rope_base: 10_000.0,
        epsilon: 1e-5,
        context_max: 1 << 20,
        head: Head::Tied,
    }
}

fn refusal(shape: &LlamaShape, context: u32, chip: &Chip) -> CompileError {
    let graph = decode_step(shape, context);
    // Weights that nobody may ask for: what does not fit is refused before they are read.
    match compile(&graph, &Weights::new(), chip) {
        Err(error) => error,
        Ok(_) => panic!("{shape:?} with context {context} was compiled without weights"),
    }
}

#[test]
fn a_model_that_does_not_fit_is_refused_before_its_weights_are_read() {
    let chip = Chip::lpu_14nm();
    let seven_billion =
        LlamaShape { layers: 32, width: 4096, heads: 32, kv_heads: 32, head_dim: 128, ffn: 11008, ..plain() };
    let text = refusal(&seven_billion, 16, &chip).to_string();
    assert!(text.contains("of 32 layers fit") && text.contains("chips"), "{text}");
    let text = refusal(&plain(), 4097, &chip).to_string();
    assert!(text.contains("use a context of at most"), "{text}");
    let wide_heads = LlamaShape { head_dim: 322, ..plain() };
    let text = refusal(&wide_heads, 16, &chip).to_string();
    assert!(text.contains("322") && text.contains("at most 320"), "{text}");
}

#[test]
fn the_context_that_a_refusal_names_fits() {
    let (chip, mut rng) = (Chip::lpu_14nm(), Rng::new(3));
    let shape = LlamaShape { layers: 1, heads: 5, ..plain() };
    let graph = decode_step(&shape, 6000);
    let tensors = weights(&mut rng, &graph);
    let Err(CompileError::Memory { remedy: Remedy::Context(most), .. }) = compile(&graph, &tensors, &chip) else {
        panic!("a mask of 6000 rows fits nowhere");
    };
    assert!((500..6000).contains(&most), "{most}");
    let graph = decode_step(&shape, most);
    let compiled = compile(&graph, &weights(&mut rng, &graph), &chip).expect("the remedy is one");
    assert_eq!(compiled.launch.context, most);
}

/// What a chip lacks afterwards, and how it comes to lack it.
type Change = (&'static str, fn(&mut Chip));

#[test]
fn chips_without_the_layouts_needs_are_named() {
    let lacking: [Change; 7] = [
        ("accumulators", |chip| chip.accumulators = 4),
        ("alus_large", |chip| chip.alus_large.clear()),
        ("vxm_alu", |chip| chip.latency.vxm_alu = 0),
        ("mem_write", |chip| chip.latency.mem_write = 0),
        ("data slices", |chip| {
            chip.slices = 36;
            chip.slices_reserved.retain(|slice| slice.number < 36);
        }),
        ("group", |chip| chip.slices_per_group = 2),
        ("banks", |chip| chip.banks = 8192),
    ];
    for (name, change) in lacking {
        let mut chip = Chip::lpu_14nm();
        change(&mut chip);
        let graph = decode_step(&plain(), 16);
        let weights = weights(&mut Rng::new(1), &graph);
        let error = compile(&graph, &weights, &chip).expect_err(name);
        assert!(error.to_string().contains(name), "{name}: {error}");
        assert!(!error.chinese().is_ascii());
    }
}

#[test]
fn a_vector_unit_that_is_too_small_is_refused_with_the_least_that_does() {
    let graph = decode_step(&plain(), 16);
    let weights = weights(&mut Rng::new(1), &graph);
    let (mut several, mut later) = (0, 0);
    for (alus, window) in [(1, 8), (4, 8), (5, 4), (6, 4), (8, 4)] {
        let mut chip = Chip::lpu_14nm();
        (chip.alus, chip.alu_window) = (alus, window);
        chip.alus_large.retain(|&alu| alu < alus);
        for formats in Format::ALL.map(Formats::all) {
            let compiled = |chip: &Chip| compile_in((&graph, &weights), formats, chip, &Topology::single());
            let Err(error) = compiled(&chip) else { continue };
            println!("{alus} ALUs, window {window}, {formats}: {error}\n{}", error.chinese());
            let CompileError::Infeasible { lack: Lack::More { what, available, needed, enough }, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!(*available, what.of(&chip));
            let raised = |chip: Chip, (what, count): &(VxmPart, u8)| what.raised(&chip, *count).expect("there can be");
            let wider = enough.iter().fold(chip.clone(), raised);
            let made = compiled(&wider).expect("the remedy is one");
            assert_eq!(verify::violations(&wider, &made.program).total, 0);
            for &(what, count) in enough {
                let less = what.raised(&wider, count - 1).expect("fewer are no matter");
                assert!(compiled(&less).is_err(), "{count} {what:?} are the least: {error}");
            }
            several += usize::from(1 < enough.len());
            later += usize::from(!enough.contains(&(*what, *needed)));
        }
    }
    assert!(0 < several && 0 < later, "{several} that lack two things, {later} of which a later chain needs more");
}

#[test]
fn a_node_needs_as_many_links_as_its_cables() {
    let (graph, mut chip) = (decode_step(&plain(), 16), Chip::lpu_14nm());
    let weights = weights(&mut Rng::new(1), &graph);
    for (chips, links) in [(2, 1), (4, 2), (8, 4)] {
        let topology = arch::Topology::of(chips).expect("so many chips are joined");
        chip.links = links - 1;
        let error = compile::compile_for(&graph, &weights, &chip, &topology).expect_err("a cable has no link");
        let expected = format!("links is {}, expected at least {links} per half: node-{chips} needs them", links - 1);
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
    chip.links = 1;
    let pair = arch::Topology::of(2).expect("a pair");
    let compiled = compile::compile_for(&graph, &weights, &chip, &pair).expect("one link is enough for two");
    assert_eq!(verify::violations(&chip, &compiled.program).total, 0);
    chip.links = 0;
    compile(&graph, &weights, &chip).expect("a chip alone needs none");
}

#[test]
fn layers_of_different_sizes_are_refused_by_name() {
    let graph = decode_step(&plain(), 16);
    let mut changed = graph.clone();
    let (id, _) = graph.tensors.iter().find(|(_, info)| info.name == "blk.1.ffn_up.weight").expect("declared");
    changed.tensors[id].shape = graph::Shape::new(&[80, 64]).expect("legal");
    let text = recognise(&changed).expect_err("layers differ").to_string();
    assert!(text.contains("blk.1.ffn_up.weight") && text.contains("[64, 64]"), "{text}");
}
