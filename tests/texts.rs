//! Several texts that advance together: each tile of weights is installed once and meets a row of each.
//!
//! In: `tiny`, SmolLM2 where `models/` holds it.  Out: judge, simulator and evaluator agree on every logit of every text; cycles per row.
//! Invariant: a text among others is computed bit for bit as alone.
//! Method: prompts of one length side by side; each text goes on with its own words.

use arch::{Chip, Topology};
use compile::{CompileError, Compiled, Formats, compile, compile_texts};
use graph::Evaluator;
use import::gguf::{LoadOptions, load};
use tests::{Pair, Tiny, greatest, tiny};
use units::Span;

const CONTEXT: u32 = 64;
const PROMPTS: [&str; 4] = [
    "The traffic light turned green and every car",
    "The little bus waited at the red light and then",
    "Every morning the old tram goes down the hill",
    "A green wave is a road on which every light",
];

fn compiled(model: &Tiny, texts: u32) -> Compiled {
    let source = (&model.graph, &model.weights as _);
    compile_texts(source, (Formats::default(), texts), &Chip::lpu_14nm(), &Topology::single()).expect("tiny fits")
}

fn row(model: &Tiny, compiled: &Compiled, token: u32) -> Vec<f32> {
    model.weights.rows(compiled.launch.embedding, Span::new(u64::from(token), 1)).expect("a row per token")
}

#[test]
fn texts_that_advance_together_are_computed_as_each_alone() {
    let model = tiny(CONTEXT);
    let (alone, together) =
        (compile(&model.graph, &model.weights, &Chip::lpu_14nm()).expect("fits"), compiled(&model, 4));
    let chip = Chip::lpu_14nm();
    let mut pair = Pair::new(&chip, &together);
    let evaluator = || Evaluator::new(&alone.program.lowered, &alone.tables).expect("it evaluates");
    let mut others: Vec<Evaluator> = PROMPTS.iter().map(|_| evaluator()).collect();
    let prompts: Vec<Vec<u32>> = PROMPTS.map(|text| model.tokenizer.encode(text).expect("plain text")).to_vec();
    let mut tokens: Vec<u32> = prompts.iter().map(|prompt| prompt[0]).collect();
    let mut written = vec![Vec::new(); PROMPTS.len()];
    for position in 0..16 {
        for (prompt, token) in prompts.iter().zip(&mut tokens) {
            *token = prompt.get(position).copied().unwrap_or(*token);
        }
        let rows: Vec<Vec<f32>> = tokens.iter().map(|&token| row(&model, &together, token)).collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let outputs = pair.step(&together.launch.inputs_of(&rows, position as u32), position as u32);
        for (text, evaluator) in others.iter_mut().enumerate() {
            let expected = evaluator.step(&alone.launch.inputs(rows[text], position as u32)).expect("it steps");
            let bits = |logits: Vec<f32>| logits.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let found = together.launch.logits_of(text, &outputs);
            tokens[text] = greatest(&found);
            assert_eq!(bits(found), bits(alone.launch.logits(&expected)), "text {text}, token {position}");
            written[text].push(tokens[text]);
        }
    }
    assert!(written.windows(2).all(|pair| pair[0] != pair[1]), "each writes words of its own");
}

#[test]
fn more_texts_take_less_each() {
    let model = tiny(CONTEXT);
    let mut before = f64::INFINITY;
    for texts in [1, 2, 4, 8, 16] {
        let compiled = compiled(&model, texts);
        let report = verify::violations(&Chip::lpu_14nm(), &compiled.program);
        assert_eq!(report.total, 0, "{texts} texts: {report:?}");
        let each = compiled.cycles().0 as f64 / f64::from(texts);
        println!("{texts} texts: {} cycles, {each:.0} each", compiled.cycles().0);
        assert!(each < before, "{texts} texts");
        before = each;
    }
}

#[test]
fn no_text_and_more_than_a_batch_are_refused() {
    let model = tiny(16);
    let source = (&model.graph, &model.weights as _);
    for (texts, chips) in [(0, 1), (65, 1), (65, 2)] {
        let topology = Topology::of(chips).expect("a node");
        let refused = compile_texts(source, (Formats::default(), texts), &Chip::lpu_14nm(), &topology);
        let refused = refused.expect_err("none, or too many");
        assert!(
            matches!(refused, CompileError::Machine { .. }) && refused.to_string().contains("1 to 64"),
            "{refused}"
        );
    }
}

#[test]
fn smollm2_with_four_texts_equals_its_evaluator() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    // Caches of four texts of 32 positions take as much room as those of one text of 128.
    let model = load(bytes, LoadOptions { context: 32 }).expect("the model loads");
    let chip = Chip::lpu_14nm();
    let source = (&model.graph, &model.weights as _);
    for texts in [1, 2, 4] {
        let compiled =
            compile_texts(source, (Formats::default(), texts), &chip, &Topology::single()).expect("SmolLM2 fits");
        println!("{texts} texts: {} cycles, {} each", compiled.cycles().0, compiled.cycles().0 / u64::from(texts));
        if texts != 4 {
            continue;
        }
        let token = |token: u32| model.weights.rows(compiled.launch.embedding, Span::new(u64::from(token), 1));
        let rows: Vec<Vec<f32>> = (0..4).map(|text| token(1000 * text + 7).expect("a row per token")).collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        Pair::new(&chip, &compiled).step(&compiled.launch.inputs_of(&rows, 0), 0);
    }
}
