//! Arbitrary graphs of the ten operations compile, are judged legal, and run to the evaluator's bits; what has no lowering is refused by name.
//!
//! In: seeds of `tests::random_graph`, graphs written by hand.  Out: a failure prints the seed; `cargo run -p tests --bin graphs -- COUNT
//!     FIRST` tries more of them.
//! Invariant: the published chip refuses no small graph but for a division; every operation is used by graphs that ran.

use arch::Chip;
use compile::{CompileError, Obstacle};
use graph::{Arg, Builder, DType, Expr, Graph, ScalarOp, Tensor, random};
use std::collections::BTreeMap;
use tests::{Met, meet, meet_graph, operations, product as of_planes, random_graph};
use units::Rng;

/// Graphs of one ordinary test run.
const COUNT: u64 = 120;
/// Graphs that run on machines other than the published one, at least.
const OTHERS_MIN: u64 = 8;
/// Cycles until both halves are at work, and from the last row to its words.
const FILLED: u64 = 800;
/// By operation, and by unit of the lowered graph: how many of the graphs that ran use it, at least.
const USED_MIN: [(&str, u64); 13] = [
    ("const", 20),
    ("matmul", 8),
    ("map", 30),
    ("reduce", 10),
    ("broadcast", 10),
    ("permute", 8),
    ("copy", 5),
    ("window", 4),
    ("gather", 4),
    ("scatter", 4),
    ("permuter", 30),
    ("planes", 5),
    ("computed weights", 3),
];

#[test]
fn random_graphs_run_as_evaluated_or_are_refused_by_name() {
    let mut used: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut others, mut refused) = (0, 0);
    for seed in 0..COUNT {
        let (graph, chip, _) = random_graph(seed);
        let is_other = chip != Chip::lpu_14nm();
        match meet(seed) {
            Err(wrong) => panic!("seed {seed}: {wrong}"),
            Ok(Met::Refused(CompileError::Node { obstacle: Obstacle::Division, .. })) => {}
            Ok(Met::Refused(error)) => {
                assert!(is_other, "seed {seed}: a small graph fits the published chip: {error}");
                assert!(!error.chinese().is_ascii());
                refused += 1;
            }
            Ok(Met::Equal { units, .. }) => {
                others += u64::from(is_other);
                operations(&graph).into_iter().chain(units).for_each(|name| *used.entry(name).or_default() += 1);
            }
        }
    }
    println!("{used:?}; {others} ran on other machines, {refused} were refused by one");
    for (name, least) in USED_MIN {
        let found = used.get(name).copied().unwrap_or(0);
        assert!(least <= found, "{name} is used by {found} graphs that ran, expected at least {least}");
    }
    assert!(OTHERS_MIN <= others, "only {others} ran on machines other than the published one");
}

#[test]
fn the_committed_example_runs() {
    let text = tests::read("tests/graphs/softmax.graph");
    let run = study::graphs::run_graph(&text, &Chip::lpu_14nm(), &mut |_| study::Flow::Continue)
        .expect("it runs as evaluated");
    let sum: f64 = run.outputs[0].first.iter().map(|element| element.0).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{:?}", run.outputs);
}

/// A graph of one division.
fn divided() -> Graph {
    let mut build = Builder::new();
    let x = build.input("x", DType::F32, &[1, 4]);
    let quotient = build.scalar(ScalarOp::Div, &[x, x]);
    build.output("y", quotient);
    build.finish()
}

#[test]
fn what_has_no_lowering_is_refused_with_node_operation_and_remedy() {
    let refused = |graph: &Graph| {
        let nothing = BTreeMap::new();
        compile::general::compile(graph, &nothing, &Chip::lpu_14nm()).expect_err("it is refused")
    };
    let error = refused(&divided());
    assert_eq!(
        error.to_string(),
        "node %1 (map) cannot be lowered: no unit divides; expected a product with a reciprocal, such as rsqrt of the square"
    );
    assert!(error.chinese().contains("節點 %1（map）"), "{}", error.chinese());
    let mut build = Builder::new();
    build.input("x", DType::F32, &[1, 4]);
    let error = refused(&build.finish()).to_string();
    assert!(error.contains("expected an output or the update of a state"), "{error}");
    let mut build = Builder::new();
    let x = build.input("x", DType::F32, &[4096, 2048]);
    let turned = build.permute_axes(x, &[1, 0]);
    build.output("y", turned);
    let error = refused(&build.finish()).to_string();
    assert!(error.contains("8388608 elements are moved lane by lane; expected at most 4194304"), "{error}");
    let mut build = Builder::new();
    let x = build.input("x", DType::F32, &[70_000, 1]);
    let twice = build.add(x, x);
    build.output("y", twice);
    let error = refused(&build.finish()).to_string();
    assert!(error.contains("its value has 70000 words of 320 lanes; expected at most 65536"), "{error}");
    let mut build = Builder::new();
    let x = build.input("x", DType::F32, &[9000, 1]);
    let twice = build.add(x, x);
    build.output("y", twice);
    let error = refused(&build.finish()).to_string();
    let expected = "9000 rows have no room together: others, of values that are still needed, have 0 of the 8192 words";
    assert!(error.contains(expected), "{error}");
}

/// A product in f16 of two inputs, summed over so many lanes: planes take no right side of f16 that is computed.
fn product(lanes: u32) -> Graph {
    let mut build = Builder::new();
    let [x, y] = [("x", 64), ("y", 100)].map(|(name, rows)| build.input(name, DType::F16, &[rows, lanes]));
    let product = build.matmul(x, y);
    build.output("z", product);
    build.finish()
}

#[test]
fn what_takes_too_many_kernels_is_told_how_many_and_what_would_fit() {
    let chip = Chip::lpu_14nm();
    let lowered = |lanes: u32| compile::general::tables(&product(lanes), &BTreeMap::new(), &chip);
    let error = lowered(256).expect_err("it takes too long");
    let CompileError::Node { obstacle: Obstacle::Work { found, own, most, lanes: Some((fits, of)), .. }, .. } = error
    else {
        panic!("{error}");
    };
    assert_eq!((own, of), (found, 256));
    assert!(most < found && 2 < fits && fits < of, "{error}");
    let over = found - most;
    for text in [error.to_string(), error.chinese()] {
        assert!([found, most, over, fits, of].iter().all(|number| text.contains(&number.to_string())), "{text}");
    }
    assert!(lowered(fits as u32).is_ok(), "{fits} lanes fit");
    // What a lane costs depends on where its rows come to lie, so that the number is told to within two per cent.
    let over = fits + (fits / 50).max(1);
    assert!(lowered(over as u32).is_err(), "{over} lanes do not fit");
    // Of what is too long to be counted no remedy is known to fit.
    let text =
        compile::general::tables(&tall(), &BTreeMap::new(), &chip).expect_err("it takes far too long").to_string();
    for part in ["takes at least 12", "use smaller extents or fewer moves of lanes"] {
        assert!(text.contains(part), "{text}");
    }
}

/// A product of which every lane takes very many kernels.
fn tall() -> Graph {
    let mut build = Builder::new();
    let [x, y] = [("x", 8), ("y", 320)].map(|(name, rows)| build.input(name, DType::F32, &[rows, 320]));
    let product = build.matmul(x, y);
    let again = build.matmul(product, y);
    build.output("z", again);
    build.finish()
}

#[test]
fn what_the_host_forgets_to_send_is_named() {
    let mut build = Builder::new();
    let x = build.input("x", DType::F32, &[2, 400]);
    let twice = build.add(x, x);
    build.output("y", twice);
    let graph = build.finish();
    let wrong = meet_graph(&Chip::lpu_14nm(), (&graph, &BTreeMap::new()), &[BTreeMap::new()]);
    assert!(wrong.expect_err("nothing was sent").contains("x.0/0"));
    let sent = BTreeMap::from([("x".to_owned(), Tensor::f32(&[2, 400], vec![0.5; 800]))]);
    assert!(matches!(meet_graph(&Chip::lpu_14nm(), (&graph, &BTreeMap::new()), &[sent]), Ok(Met::Equal { .. })));
}

/// Cycles of a graph, judged and run as evaluated.
fn cycles_of(graph: &Graph, chip: &Chip) -> u64 {
    let mut rng = Rng::new(1);
    let tensors = random::tensors(&mut rng, graph);
    let inputs = random::inputs(&mut rng, graph);
    match meet_graph(chip, (graph, &tensors), &[inputs]).unwrap_or_else(|wrong| panic!("{wrong}")) {
        Met::Equal { cycles, .. } => cycles,
        Met::Refused(error) => panic!("{error}"),
    }
}

/// The published shape's depth, fewer rows: whole it is `--example product`, 80.1 % of the peak or more from 1376 to 3500 columns.
#[test]
fn a_product_in_f16_takes_little_more_than_its_closed_form() {
    // Tiles of both halves; one more, whose rows the halves share; the same with hardly any column in it.
    for size in [(512, 4096, 640), (512, 4096, 960), (512, 4096, 641)] {
        let (cycles, least) = (cycles_of(&of_planes::graph(size), &Chip::lpu_14nm()), of_planes::least_cycles(size));
        println!("{cycles} of {least}");
        assert!(least <= cycles && cycles <= least * 103 / 100 + FILLED, "{size:?}: {cycles}, at least {least}");
    }
}

/// Of few rows the loads decide: 40 tiles, each of two parts that its two planes take at once in 10 cycles, are 20 loads in each half.
#[test]
fn few_rows_pass_as_soon_as_their_tiles_are_loaded() {
    for (rows, most) in [(1, 335), (8, 481), (12, 596), (20, 617)] {
        let cycles = cycles_of(&of_planes::graph((rows, 640, 3200)), &Chip::lpu_14nm());
        assert!(200 <= cycles && cycles <= most, "{rows} rows: {cycles} cycles, at most {most}");
    }
    let halves = cycles_of(&of_planes::graph((129, 640, 320)), &Chip::lpu_14nm());
    assert!(halves <= 512, "129 rows, 65 of them in one half: {halves} cycles");
}

/// Tiles that take 59, 78, 92, 98 and twice 99 % of what the sets of feeders have.
#[test]
fn weights_may_take_nearly_all_that_feeds_planes() {
    let chip = Chip { words: 1024, ..Chip::lpu_14nm() };
    let sizes = [(40, 640, 9600), (40, 640, 12_800), (40, 640, 15_040), (16, 1600, 6400), (4, 320, 32_320)];
    for size in sizes.into_iter().chain([(12, 320, 32_320)]) {
        cycles_of(&of_planes::graph(size), &chip);
    }
}

/// All blocks of one sum lie in one half, or of a sum that the halves share in both.
#[test]
fn the_tables_of_one_deep_sum_fit() {
    for size in [(4, 65_280, 320), (128, 57_600, 320), (430, 32_000, 320)] {
        let graph = of_planes::graph(size);
        let tensors = random::tensors(&mut Rng::new(1), &graph);
        let compiled = compile::general::compile(&graph, &tensors, &Chip::lpu_14nm());
        let compiled = compiled.unwrap_or_else(|error| panic!("{size:?}: {error}"));
        let (cycles, least) = (compiled.cycles().0, of_planes::least_cycles(size));
        println!("{size:?}: {cycles} cycles, at least {least}");
        assert!(least <= cycles);
    }
}

/// Products of i8 whose right side the chip computes, beside tables of i8 in the same slices; their zeros are one word of each half.
#[test]
fn computed_right_sides_lie_beside_many_tables() {
    let chip = |words, banks| Chip { words, banks, ..Chip::lpu_14nm() };
    for (chip, rows, columns, tiles) in
        [(chip(1024, 2), 12, 64, 160), (chip(1024, 2), 4, 64, 160), (chip(512, 1), 1, 304, 60)]
    {
        let mut build = Builder::new();
        let x = build.input("x", DType::I8, &[rows, 320]);
        let weights = build.weight("w", DType::I8, &[tiles * 320, 320]);
        let wide = build.matmul(x, weights);
        build.output("wide", wide);
        for name in ["y", "z"] {
            let y = build.input(name, DType::I8, &[columns, 320]);
            let narrow = build.matmul(x, y);
            build.output(&format!("of {name}"), narrow);
        }
        cycles_of(&build.finish(), &chip);
    }
}

/// An f16 product of so many rows, tables of rows, sums of them with inputs of so many rows.
fn beside(tables: &[u32], (rows, tiles): (u32, u32), sums: &[u32]) -> Graph {
    let mut build = Builder::new();
    if 0 < tiles {
        let x = build.input("x", DType::F16, &[rows, 320]);
        let weights = build.weight("w", DType::F16, &[tiles * 320, 320]);
        let wide = build.matmul(x, weights);
        build.output("wide", wide);
    }
    let add = Expr::single(ScalarOp::Add, &[Arg::Input(0), Arg::Input(1)]);
    for (number, &all) in tables.iter().enumerate() {
        let table = build.weight(&format!("table {number}"), DType::F32, &[all, 320]);
        let rows = sums[number % sums.len()];
        let y = build.input(&format!("y{number}"), DType::F32, &[rows, 320]);
        let part = build.rows(table, 0, rows);
        let sum = build.map(add.clone(), &[part, y]);
        build.output(&format!("sum {number}"), sum);
    }
    build.finish()
}

/// Tables longer than a bank, many of them, and of weights so many that they share slices.
#[test]
fn tables_of_rows_lie_beside_values_and_weights() {
    let chip = |words, banks| Chip { words, banks, ..Chip::lpu_14nm() };
    let cases = [
        (chip(8192, 2), beside(&[4500], (0, 0), &[3900])),
        (chip(1024, 2), beside(&[600], (0, 0), &[450])),
        (chip(1024, 2), beside(&[500; 12], (0, 0), &[30])),
        (chip(1024, 2), beside(&[400; 7], (4, 30), &[1])),
        (chip(1024, 2), beside(&[600], (4, 80), &[1])),
        (chip(1024, 1), beside(&[300; 6], (4, 16), &[40])),
        (chip(1024, 2), beside(&[400; 6], (4, 30), &[1])),
        (chip(1024, 2), beside(&[200; 8], (40, 20), &[20, 1])),
    ];
    for (number, (chip, graph)) in cases.iter().enumerate() {
        println!("{number}: {}", cycles_of(graph, chip));
    }
}
