//! Tokens: how long the simulator takes for one, in all and per instruction.
//!
//! In: a compiled model.  Out: times of load, launch and token; ratios.
//! Invariant: the first token's outputs equal those of the graph's evaluator, bit for bit, and no token breaks a rule.
//! Method: a token that counts, then silent ones; the yardstick is timed before each.

use crate::clock::{quantile, seconds, timed};
use crate::report::Row;
use crate::{PROMPT, yardstick::Yardstick};
use arch::Chip;
use compile::{Launch, Tables};
use graph::{Evaluator, Tensor};
use import::Model;
use program::{Instruction, Program};
use sim::{Arrival, Dispatch, Machine, Observer, Silent};
use std::collections::BTreeMap;
use tests::expect_values;
use units::Span;

/// A compiled model.
pub struct Line<'a> {
    /// The machine.
    pub chip: &'a Chip,
    /// The model.
    pub model: &'a Model<&'a [u8]>,
    /// Its program.
    pub program: &'a Program,
    /// The program's tensors.
    pub tables: &'a Tables,
    /// What the host sends.
    pub launch: &'a Launch,
}

#[derive(Default)]
struct Count {
    dispatches: u64,
    arrivals: u64,
}

impl Observer for Count {
    fn dispatch(&mut self, _: &Dispatch) {
        self.dispatches += 1;
    }

    fn arrival(&mut self, _: &Arrival) {
        self.arrivals += 1;
    }
}

impl Line<'_> {
    fn inputs(&self, token: u32, position: u16) -> BTreeMap<String, Tensor> {
        let span = Span::new(u64::from(token), 1);
        let row = self.model.weights.rows(self.launch.embedding, span).expect("a row per token");
        self.launch.inputs(&row, u32::from(position))
    }

    fn count(&self, is_counted: impl Fn(&Instruction) -> bool) -> (u64, u64) {
        let executable = &self.program.executable;
        let instances = executable.instances.iter().map(|instance| &executable.templates[instance.template]);
        let bursts = instances.flat_map(|template| template.bursts().map(|(.., burst)| burst));
        bursts
            .filter(|burst| is_counted(&burst.instruction))
            .fold((0, 0), |(bursts, words), burst| (bursts + 1, words + u64::from(burst.count)))
    }

    fn check(&self, machine: &Machine, inputs: &BTreeMap<String, Tensor>) {
        let mut evaluator = Evaluator::new(&self.program.lowered, self.tables).expect("the lowered graph evaluates");
        let expected = evaluator.step(inputs).expect("all inputs are there");
        expect_values(&machine.outputs(), &expected, "the first token");
    }
}

/// Times of one model's tokens.
pub fn measure(line: &Line, loads: u32, generated: u32) -> Vec<Row> {
    let executable = &line.program.executable;
    let (mut machine, load) =
        timed(loads, || Machine::load(line.chip, executable, line.tables).expect("the program is well formed"));
    let tokens = line.model.tokenizer.encode(PROMPT).expect("plain text");
    let inputs = line.inputs(tokens[0], 0);
    machine.launch(&inputs, 0).expect("the position fits");
    let mut count = Count::default();
    let first = machine.run_token(&mut count);
    assert_eq!((first.cycles, first.violations), (executable.length(), 0));
    line.check(&machine, &inputs);
    let bursts = line.count(|_| true).0;
    let weights = 16 * line.count(|instruction| matches!(instruction, Instruction::Load { .. })).1;
    let yardstick = Yardstick::new(weights);
    let (mut launches, mut runs, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for position in 1..1 + generated as u16 {
        plain.push(yardstick.measure());
        let inputs = line.inputs(tokens[usize::from(position) % tokens.len()], position);
        let (launched, time) = seconds(|| machine.launch(&inputs, position));
        launched.expect("the position fits");
        launches.push(time);
        let (outcome, time) = seconds(|| machine.run_token(&mut Silent));
        assert_eq!((outcome.cycles, outcome.violations), (executable.length(), 0));
        runs.push(time);
    }
    let token = quantile(&runs, 0.0);
    let each = |number: u64| token * 1e9 / number as f64;
    vec![
        Row::milliseconds("load", &load),
        Row::milliseconds("launch", &launches),
        Row::milliseconds("token", &runs),
        Row::milliseconds("yardstick: its weights, plain", &plain),
        Row::figure("token / yardstick", "", token / quantile(&plain, 0.0)),
        Row::figure("wall tokens per second", "1/s", 1.0 / (token + quantile(&launches, 0.0))),
        Row::figure("cycles per token", "", executable.length().0 as f64),
        Row::figure("bursts per token", "", bursts as f64),
        Row::figure("dispatches per token", "", count.dispatches as f64),
        Row::figure("operands per token", "", count.arrivals as f64),
        Row::figure("per burst", "ns", each(bursts)),
        Row::figure("per dispatch", "ns", each(count.dispatches)),
    ]
}
