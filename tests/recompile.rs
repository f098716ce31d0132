//! One option changed: what is made with an earlier compilation's weights is what is made without, and costs what it should.
//!
//! In: the committed model, a model with experts.  Out: equal programs and tables; how many matrices were encoded and tables cut.
//! Invariant: every option of a session is changed alone, and each way of writing weights is met.
//! Method: efforts are counted, not timed. Which tables another number of chips needs follows from a fresh compilation's: those whose rows
//!     and columns the earlier one had not.

use arch::{Chip, Topology};
use compile::{Compiled, Effort, Format, Formats, Linear, compile_in, recompile};
use graph::{Graph, TensorData};
use import::llama::{Experts, Head, LlamaShape, decode_step, decode_step_of_experts};
use study::{Change, Options, Session};
use tests::random::weights;
use tests::{Tiny, tiny};
use units::Rng;

const CONTEXT: u32 = 64;
const NOTHING: Effort = Effort { matrices: 0, tables: 0 };

fn options() -> Options {
    Options { context: CONTEXT, ..Options::default() }
}

fn fresh(model: &Tiny, graph: &Graph, Options { chip, topology, formats, .. }: &Options) -> Compiled {
    compile_in((graph, &model.weights), *formats, chip, topology).expect("tiny fits")
}

/// With `from` compiled before: equal to what is made without. What it took, and what it takes afresh.
fn changed(from: &Options, to: &Options) -> [Effort; 2] {
    let model = tiny(from.context);
    let earlier = fresh(&model, &model.graph, from).tables;
    let graph = decode_step(&model.shape, to.context);
    let expected = fresh(&model, &graph, to);
    let Options { chip, topology, formats, context: _ } = to;
    let again = recompile((&graph, &model.weights, &earlier), *formats, chip, topology).expect("it fits as before");
    equal(&again, &expected);
    [again.tables.effort(), expected.tables.effort()]
}

fn equal(one: &Compiled, other: &Compiled) {
    assert!(one.program == other.program, "the programs, their witnesses and lowered graphs");
    for (id, info) in other.program.lowered.tensors.iter() {
        let [one, other] = [one, other].map(|compiled| compiled.tables.load(id).expect("it has its tables"));
        assert!(one == other, "table {}", info.name);
    }
    assert_eq!(one.gaps(), other.gaps());
}

#[test]
fn room_for_other_positions_and_another_machine_leave_all_weights_as_they_are() {
    let mut chip = Chip::lpu_14nm();
    chip.latency.mem_read += 3;
    let slower = Options { chip, ..options() };
    let mut chip = Chip::lpu_14nm();
    chip.latency.vxm_alu += 1;
    let later = Options { chip, ..options() };
    for to in [options(), Options { context: 32, ..options() }, Options { context: 256, ..options() }, slower, later] {
        for formats in Format::ALL.map(Formats::all) {
            let [again, fresh] = changed(&Options { formats, ..options() }, &Options { formats, ..to.clone() });
            assert_eq!(again, NOTHING);
            assert!(0 < fresh.matrices && fresh.matrices < fresh.tables, "{fresh:?}");
        }
    }
}

#[test]
fn other_formats_are_written_for_the_matrices_that_have_them() {
    let layers = tiny(CONTEXT).shape.layers as usize;
    let with = |formats| Options { formats, ..options() };
    for format in [Format::Fp16, Format::Split] {
        let [again, _] = changed(&options(), &with(Formats::default().with(Linear::Down, format)));
        assert_eq!(again.matrices, layers, "the down projections");
        let [again, fresh] = changed(&options(), &with(Formats::all(format)));
        assert_eq!(again, fresh, "no int8 serves for fp16");
        let [again, _] = changed(&with(Formats::default().with(Linear::Down, format)), &options());
        assert_eq!(again.matrices, layers, "nor the other way");
    }
}

#[test]
fn other_chips_cut_int8_anew_without_reading_the_model() {
    let chips = |chips| Options { topology: Topology::of(chips).expect("a group"), ..options() };
    for (from, to) in [(1, 2), (1, 8), (8, 1), (4, 8)] {
        let [again, fresh] = changed(&chips(from), &chips(to));
        assert_eq!(again.matrices, 0, "from {from} to {to}");
        assert!(again.tables <= fresh.tables && 0 < again.tables, "{again:?} of {fresh:?}");
        // In fp16 a table tells no weight, as it holds what that was multiplied by.
        let formats = Formats::all(Format::Fp16);
        let [again, fresh] = changed(&Options { formats, ..chips(from) }, &Options { formats, ..chips(to) });
        assert!(0 < again.matrices && again.matrices <= fresh.matrices, "{again:?} of {fresh:?}");
    }
}

#[test]
fn a_mixture_s_experts_serve_again_too() {
    let shape = LlamaShape {
        layers: 2,
        width: 400,
        heads: 8,
        kv_heads: 8,
        head_dim: 32,
        ffn: 160,
        vocab: 640,
        rope_base: 10_000.0,
        epsilon: 1e-5,
        context_max: 64,
        head: Head::Own,
    };
    let [before, after] = [32, 48].map(|context| decode_step_of_experts(&shape, Experts { count: 8 }, context));
    let weights = weights(&mut Rng::new(7), &before);
    let (chip, formats) = (Chip::lpu_14nm(), Formats::default());
    let compiled = |graph, chips| {
        let topology = Topology::of(chips).expect("a group");
        compile_in((graph, &weights), formats, &chip, &topology).expect("it fits")
    };
    let earlier = compiled(&before, 1).tables;
    for (graph, chips) in [(&after, 1), (&before, 2)] {
        let topology = Topology::of(chips).expect("a group");
        let again = recompile((graph, &weights, &earlier), formats, &chip, &topology).expect("it fits as before");
        equal(&again, &compiled(graph, chips));
        assert_eq!(again.tables.effort().matrices, 0, "routers are in fp16, and every chip has all of them");
        assert_eq!(again.tables.effort().tables == 0, chips == 1);
    }
}

#[test]
fn nothing_is_taken_from_a_model_with_other_tensors() {
    let model = tiny(CONTEXT);
    let mut shape = model.shape.clone();
    shape.layers -= 1;
    let graph = decode_step(&shape, CONTEXT);
    let earlier = fresh(&model, &model.graph, &options()).tables;
    let weights = weights(&mut Rng::new(7), &graph);
    let Options { chip, topology, formats, .. } = options();
    let expected = compile_in((&graph, &weights), formats, &chip, &topology).expect("it fits");
    let again = recompile((&graph, &weights, &earlier), formats, &chip, &topology).expect("it fits as before");
    equal(&again, &expected);
    assert_eq!(again.tables.effort(), expected.tables.effort());
}

#[test]
fn a_session_answers_in_its_own_formats() {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    let open = |options: &Options| Session::open(bytes, options, &mut |_| study::Flow::Continue).expect("tiny opens");
    let fp16 = Options { formats: Formats::all(Format::Fp16), ..options() };
    for own in [options(), fp16] {
        let session = open(&own);
        let two = Options { topology: Topology::of(2).expect("a pair"), ..own.clone() };
        let shorter = Options { context: 32, ..own.clone() };
        for (change, to) in [(Change::Chips(1), own), (Change::Chips(2), two), (Change::Context(32), shorter)] {
            let (noted, other) = (session.changed(change).expect("it is judged"), open(&to));
            assert_eq!(&noted.bounds, other.bounds_at(0));
            assert_eq!(noted.issues, other.sizes().issues);
            assert_eq!(noted.instruction_bytes, other.sizes().instructions.0);
        }
    }
}
