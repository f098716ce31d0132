//! A graph that somebody wrote: compiled, judged, run, and compared with the reference evaluator.
//!
//! In: the text of a graph, a chip.  Out: cycles and instructions, what the outputs are, and that every bit is the evaluator's.
//! Invariant: only a verified program runs; what differs from the evaluator is an error and no answer.
//! Method: inputs and tensors are drawn from a seed that is part of the answer: reals from -2 to 2, integers below 10, so that an index
//!     that the graph limits by itself is legal. A graph with states runs several passes, so that what it keeps is seen. JSON has no number
//!     for NaN and the infinities: an element that is one is the string "NaN", "inf" or "-inf", as in words.

use crate::error::{eval_chinese, sim_chinese};
use crate::judge::Verdict;
use crate::progress::{Cancelled, Listener, Stage, tell};
use arch::Chip;
use compile::general::compile;
use compile::{CompileError, Tables};
use graph::text::ParseError;
use graph::{DType, Elements, EvalError, Evaluator, Graph, Op, Tensor, TensorId, TensorType};
use program::Program;
use serde::Serialize;
use sim::{Machine, Silent, SimError};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Cycles, Rng};

/// The seed of inputs and tensors.
const SEED: u64 = 1;
/// Most elements of all values together.
const ELEMENTS_MAX: u64 = 1 << 24;
/// Passes of a graph that keeps something from one to the next.
const PASSES: u32 = 3;
/// Elements of an output that are told.
const TOLD: usize = 6;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The text is no graph.
    #[error(transparent)]
    Text(#[from] ParseError),
    /// Its values together have too many elements.
    #[error("the graph's values have {elements} elements; expected at most {ELEMENTS_MAX}: use smaller extents")]
    Large {
        /// How many, as far as they were counted.
        elements: u64,
    },
    /// Nothing that it computes could be seen.
    #[error("the graph has no output; expected at least one: name a value in a line such as `output \"y\" %1`")]
    Silent,
    /// No program could be made.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The judge refused what the compiler made: our error, not the user's.
    #[error("the judge refused the compiled program: {}", _0.violations.first().map_or("", |first| &first.english))]
    Rejected(Verdict),
    /// It cannot be evaluated, for instance because an index leaves its table.
    #[error(transparent)]
    Evaluate(#[from] EvalError),
    /// It cannot be run: our error too.
    #[error(transparent)]
    Run(#[from] SimError),
    /// The chip computes something else: our error again.
    #[error("output {output:?} differs from what the evaluator computes, first in element {element}")]
    Differs {
        /// Name of the output.
        output: String,
        /// Its first element that differs.
        element: usize,
    },
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for GraphError {
    fn from(_: Cancelled) -> Self {
        GraphError::Cancelled
    }
}

/// An output of the graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Element type and extents.
    pub stated: String,
    /// Its first elements.
    pub first: Vec<Element>,
}

/// An element of an output: in JSON a number, or a string where it is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Element(pub f64);

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

/// What came of a graph.
#[derive(Clone, Debug, Serialize)]
pub struct GraphRun {
    /// The machine.
    pub chip: String,
    /// Operations of the graph, by name, and how many of each.
    pub operations: BTreeMap<&'static str, u64>,
    /// Cycles of a pass.
    pub cycles: u64,
    /// The same in microseconds.
    pub microseconds: f64,
    /// Instructions dispatched.
    pub instructions: u64,
    /// Bytes of them.
    pub instruction_bytes: u64,
    /// The seed of inputs and tensors.
    pub seed: u64,
    /// Passes that were run, all with these inputs.
    pub passes: u32,
    /// What was computed in the last one. Of all, every bit is what the evaluator computes.
    pub outputs: Vec<Told>,
    /// The program.
    #[serde(skip)]
    pub program: Program,
    /// What its image is filled from: constants of the graph, tensors drawn from the seed.
    #[serde(skip)]
    pub tables: Tables,
}

impl GraphError {
    /// The error in Traditional Chinese as written in Taiwan; `Display` is the English. What only English describes stands in 「」.
    pub fn chinese(&self) -> String {
        match self {
            GraphError::Text(error) => {
                format!("第 {} 行第 {} 字不合運算圖的寫法：「{error}」。", error.line, error.column)
            }
            GraphError::Large { elements } => {
                format!("運算圖的值共有 {elements} 個元素，最多只能 {ELEMENTS_MAX} 個。請縮小尺寸。")
            }
            GraphError::Silent => "運算圖沒有輸出，至少要有一個。請加上「output \"y\" %1」這樣的一行。".to_owned(),
            GraphError::Compile(error) => error.chinese(),
            GraphError::Rejected(verdict) => {
                let first = verdict.violations.first().map_or("", |first| &first.chinese);
                format!("裁判否決了編譯結果，這是我們的錯：{first}")
            }
            GraphError::Evaluate(error) => eval_chinese("這個運算圖", error),
            GraphError::Run(error) => sim_chinese(error),
            GraphError::Differs { output, element } => {
                format!("輸出「{output}」與參考求值器不同，從第 {element} 個元素開始，這是我們的錯。")
            }
            GraphError::Cancelled => "已取消。".to_owned(),
        }
    }
}

/// The graph of a text.
///
/// Errors: where the text is none.
pub fn parse_graph(text: &str) -> Result<Graph, ParseError> {
    graph::text::parse(text)
}

/// What the image of the graph's program is filled from; nothing is scheduled, judged or run.
///
/// Errors: `Text`, `Large`, `Silent`; `Compile` where the graph cannot be lowered.
pub fn graph_tables(text: &str, chip: &Chip) -> Result<Tables, GraphError> {
    let Case { graph, tensors, .. } = Case::new(text)?;
    Ok(compile::general::tables(&graph, &tensors, chip)?)
}

/// A graph, its tensors, and from where its inputs are drawn.
struct Case {
    graph: Graph,
    tensors: BTreeMap<TensorId, Arc<Tensor>>,
    rng: Rng,
}

impl Case {
    fn new(text: &str) -> Result<Self, GraphError> {
        let graph = graph::text::parse(text)?;
        let counts =
            graph.nodes.iter().map(|(_, node)| &node.shape).chain(graph.tensors.iter().map(|(_, info)| &info.shape));
        let elements = counts.fold(0u64, |sum, shape| sum.saturating_add(shape.elements()));
        if ELEMENTS_MAX < elements {
            return Err(GraphError::Large { elements });
        }
        if graph.outputs.is_empty() {
            return Err(GraphError::Silent);
        }
        let mut rng = Rng::new(SEED);
        let stated = |id: TensorId| TensorType { dtype: graph.tensors[id].dtype, shape: graph.tensors[id].shape };
        let tensors: BTreeMap<TensorId, Arc<Tensor>> =
            graph.tensors.iter().map(|(id, _)| (id, Arc::new(drawn(&mut rng, &stated(id))))).collect();
        Ok(Case { graph, tensors, rng })
    }
}

/// Compiles, judges and runs the graph of a text.
///
/// Errors: see [`GraphError`].
pub fn run_graph(text: &str, chip: &Chip, listener: Listener) -> Result<GraphRun, GraphError> {
    tell(listener, Stage::Import, 0, 1)?;
    let Case { graph, tensors, mut rng } = Case::new(text)?;
    let inputs = inputs(&mut rng, &graph);
    tell(listener, Stage::Compile, 0, 1)?;
    let compiled = compile(&graph, &tensors, chip)?;
    tell(listener, Stage::Verify, 0, 1)?;
    let verified = verify::check(chip, compiled.program.clone());
    let verified = verified.map_err(|rejected| GraphError::Rejected(Verdict::new(&rejected.report)))?;
    tell(listener, Stage::Load, 0, 1)?;
    let mut machine = Machine::load(chip, &compiled.program.executable, &compiled.tables)?;
    let mut evaluator = Evaluator::new(&graph, &tensors)?;
    let passes = if graph.updates.is_empty() { 1 } else { PASSES };
    let mut outputs = Vec::new();
    for pass in 0..passes {
        tell(listener, Stage::Run, pass, passes)?;
        machine.launch(&compiled.sent(&inputs), 0)?;
        machine.run_token(&mut Silent);
        let words = machine.outputs().into_iter().map(|tile| (tile.output, tile.bits)).collect();
        outputs = compared(&compiled.read(&words), &evaluator.step(&inputs)?)?;
    }
    let mut operations = BTreeMap::new();
    graph.nodes.iter().for_each(|(_, node)| *operations.entry(node.op.name()).or_default() += 1);
    let extent = verified.extent();
    Ok(GraphRun {
        chip: chip.name.clone(),
        operations,
        cycles: extent.cycles,
        microseconds: 1e6 / chip.clock.per_second(Cycles(extent.cycles)),
        instructions: extent.issues,
        instruction_bytes: extent.instruction_bytes,
        seed: SEED,
        passes,
        outputs,
        program: compiled.program,
        tables: compiled.tables,
    })
}

/// The first elements of each output, all of which equal the evaluator's.
fn compared(found: &BTreeMap<String, Tensor>, expected: &BTreeMap<String, Tensor>) -> Result<Vec<Told>, GraphError> {
    let told = |(name, expected): (&String, &Tensor)| {
        let tensor = &found[name];
        if let Some(element) = tensor.first_difference(expected) {
            return Err(GraphError::Differs { output: name.clone(), element });
        }
        let stated = TensorType { dtype: tensor.dtype(), shape: *tensor.shape() }.to_string();
        let first = (0..tensor.elements().len().min(TOLD)).map(|element| Element(tensor.real(element))).collect();
        Ok(Told { name: name.clone(), stated, first })
    };
    expected.iter().map(told).collect()
}

fn inputs(rng: &mut Rng, graph: &Graph) -> BTreeMap<String, Tensor> {
    let mut inputs = BTreeMap::new();
    for (_, node) in graph.nodes.iter() {
        if let Op::Input { name } = &node.op {
            inputs.insert(name.clone(), drawn(rng, &node.result_type()));
        }
    }
    inputs
}

fn drawn(rng: &mut Rng, stated: &TensorType) -> Tensor {
    let count = stated.shape.elements();
    let real = |rng: &mut Rng| (rng.unit() * 4.0 - 2.0) as f32;
    let elements = match stated.dtype {
        DType::F32 => Elements::F32((0..count).map(|_| real(rng)).collect()),
        DType::F16 => Elements::F16((0..count).map(|_| graph::half::f32_to_f16(real(rng))).collect()),
        DType::I32 => Elements::I32((0..count).map(|_| rng.below(10) as i32).collect()),
        DType::I8 => Elements::I8((0..count).map(|_| rng.below(10) as i8).collect()),
        DType::I16 => Elements::I16((0..count).map(|_| rng.below(10) as i16).collect()),
        DType::U8 => Elements::U8((0..count).map(|_| rng.below(10) as u8).collect()),
    };
    Tensor::new(stated.shape, elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flow;
    use graph::TensorData;

    /// Runs on the published chip, and nobody asks to stop.
    fn run(text: &str) -> Result<GraphRun, GraphError> {
        run_graph(text, &Chip::lpu_14nm(), &mut |_| Flow::Continue)
    }

    fn errors() -> Vec<GraphError> {
        let chip = Chip::lpu_14nm();
        let refused = |text: &str| run(text).expect_err("it is wrong");
        let zero = "graph 1\n%0 = input \"x\" : f32 [1]\n";
        vec![
            refused("graph 2"),
            refused("graph 1\n%0 = input \"x\" : f32 [65536,65536]\noutput \"y\" %0"),
            refused(zero),
            refused(&format!("{zero}%1 = map {{ s0 = div in0 in0 }} %0 : f32 [1]\noutput \"y\" %1")),
            GraphError::Rejected(Verdict::default()),
            EvalError::UnknownInput { name: "x".to_owned() }.into(),
            SimError::Chips { chips: 2 }.into(),
            GraphError::Differs { output: "y".to_owned(), element: 3 },
            run_graph(zero, &chip, &mut |_| Flow::Cancel).expect_err("it was to stop"),
        ]
    }

    #[test]
    fn each_error_is_told_in_both_languages() {
        let mut kinds: Vec<_> = Vec::new();
        for error in errors() {
            let (english, chinese) = (error.to_string(), error.chinese());
            assert!(!english.is_empty() && english.is_ascii(), "{english}");
            assert!(chinese.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)), "{chinese}");
            let kind = std::mem::discriminant(&error);
            assert!(!kinds.contains(&kind), "{english}: its kind came before");
            kinds.push(kind);
        }
        // `chinese` has no arm for the rest: this is how many kinds there are.
        assert_eq!(kinds.len(), 9);
    }

    #[test]
    fn an_element_that_json_has_no_number_for_comes_back_from_its_string() {
        for real in [1.5, -0.0, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Element(real)).expect("an element has a form");
            let back: f64 = text.trim_matches('"').parse().expect("and comes back");
            assert!(back.to_bits() == real.to_bits() || back.is_nan() && real.is_nan(), "{text}");
            assert_eq!(text.starts_with('"'), !real.is_finite(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Element(f64::NEG_INFINITY)).ok().as_deref(), Some("\"-inf\""));
    }

    #[test]
    fn each_stage_is_told_and_can_be_the_last() {
        let text = "graph 1\n%0 = input \"x\" : f32 [1]\n%1 = map { s0 = add in0 in0 } %0 : f32 [1]\noutput \"y\" %1\n";
        let stages = [Stage::Import, Stage::Compile, Stage::Verify, Stage::Load, Stage::Run];
        for last in 1..=stages.len() {
            let mut told = Vec::new();
            let stopped = run_graph(text, &Chip::lpu_14nm(), &mut |progress| {
                told.push(progress.stage);
                if told.len() == last { Flow::Cancel } else { Flow::Continue }
            });
            assert!(matches!(stopped, Err(GraphError::Cancelled)));
            assert_eq!(told, stages[..last]);
        }
    }

    #[test]
    fn tables_are_those_of_the_program_without_a_run() {
        let text = |most: u32| {
            format!(
                "graph 1\n%0 = input \"x\" : i32 [1]\n%1 = const f32 (1.0 2.0 3.0 4.0) : f32 [4,1]\n\
                 %2 = map {{ s0 = min in0 {most} }} %0 : i32 [1]\n%3 = gather %1 %2 : f32 [1,1]\noutput \"y\" %3\n"
            )
        };
        let chip = Chip::lpu_14nm();
        let made = run(&text(3)).expect("its index stays in the table");
        let tables = graph_tables(&text(3), &chip).expect("it is lowered");
        let count = made.program.lowered.tensors.len();
        assert!(0 < count);
        for (id, _) in made.program.lowered.tensors.iter() {
            assert_eq!(tables.load(id).expect("it is there"), made.tables.load(id).expect("it is there"));
        }
        assert!(matches!(run(&text(9)), Err(GraphError::Evaluate(_))), "its index leaves the table when it is run");
        assert!(graph_tables(&text(9), &chip).is_ok(), "and nothing is run");
    }

    /// Values one after the other, of so many rows that the chip's eleven places of computed values hold 22 of them.
    fn chain(nodes: usize) -> String {
        let mut text = "graph 1\n%0 = input \"x\" : i32 [4096,2]\n".to_owned();
        for node in 1..=nodes {
            text += &format!("%{node} = map {{ s0 = add in0 in0 }} %{} : i32 [4096,2]\n", node - 1);
        }
        text
    }

    #[test]
    fn a_chain_of_any_length_needs_bounded_room() {
        let chip = Chip::lpu_14nm();
        let nodes = 28;
        assert!(11 * u32::from(chip.words) < nodes as u32 * 4096, "all values together have no room");
        let text = chain(nodes) + &format!("output \"y\" %{nodes}\n");
        let made = run(&text).expect("values leave their words to others");
        assert_eq!(made.operations["map"], nodes as u64);
        // The same values, each of them needed once more when the last one is there.
        let mut text = chain(nodes);
        for node in 1..=nodes {
            let (next, before) = (nodes + node, nodes + node - 1);
            text += &format!("%{next} = map {{ s0 = add in0 in1 }} %{before} %{node} : i32 [4096,2]\n");
        }
        text += &format!("output \"y\" %{}\n", 2 * nodes);
        let all = run(&text).err().expect("all are needed at once");
        assert!(matches!(all, GraphError::Compile(CompileError::Node { .. })), "{all}");
        assert!(all.to_string().contains("have no room together"), "{all}");
    }
}
