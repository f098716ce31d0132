//! A program on the simulator beside its lowered graph in the evaluator.
//!
//! In: a compiled model, launches.  Out: a panic at the first bit or cycle that differs.
//! Invariant: the program was judged before it runs, and takes the cycles that were predicted.

use crate::expect_all_values;
use arch::Chip;
use compile::Compiled;
use graph::{Evaluator, Tensor};
use sim::System;
use std::collections::BTreeMap;

/// Both.
pub struct Pair<'a> {
    /// The simulator.
    pub system: System,
    /// The evaluator.
    pub lowered: Evaluator<'a>,
    compiled: &'a Compiled,
}

impl<'a> Pair<'a> {
    /// Judges and loads a program.
    pub fn new(chip: &Chip, compiled: &'a Compiled) -> Self {
        let report = verify::violations(chip, &compiled.program);
        assert_eq!(report.total, 0, "{report:?}");
        let executable = &compiled.program.executable;
        let system = System::load(chip, executable, &compiled.tables).expect("the program is well formed");
        let lowered = Evaluator::new(&compiled.program.lowered, &compiled.tables).expect("it evaluates");
        Pair { system, lowered, compiled }
    }

    /// One token on both; the logits' tiles by name.
    pub fn step(&mut self, inputs: &BTreeMap<String, Tensor>, position: u32) -> BTreeMap<String, Tensor> {
        self.system.launch(inputs, position as u16).expect("the position fits");
        let outcome = self.system.run_token();
        assert_eq!((outcome.cycles, outcome.violations), (self.compiled.cycles(), 0));
        let expected = self.lowered.step(inputs).expect("all inputs are there");
        expect_all_values(&self.system, &expected, position);
        expected
    }
}
