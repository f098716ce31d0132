//! A proof of an operator: its graph, what goes in, what plain loops make of it.
//!
//! In: inputs made one after the other, the graph's last node, expected numbers.  Out: a case.
//! Invariant: inputs are small numbers that are exact in f32 and differ from one another within an input of up to 17 elements.

use graph::{Builder, Elements, Graph, NodeId, Tensor};
use std::collections::BTreeMap;

/// Numbers in row-major order.
pub type Numbers = Vec<f64>;

/// A proof.
pub struct Case {
    /// Name in ATen.
    pub operator: &'static str,
    /// A graph with the output `y`.
    pub graph: Graph,
    /// What goes in.
    pub inputs: BTreeMap<String, Tensor>,
    /// What must come out.
    pub expected: Numbers,
    /// Greatest difference, relative above 1.
    pub tolerance: f64,
}

/// Sums and products of a few f32.
const ROUNDING: f64 = 2e-6;

/// A case under construction.
#[derive(Default)]
pub struct Make {
    /// The graph.
    pub build: Builder,
    inputs: BTreeMap<String, Tensor>,
}

impl Make {
    /// Numbers from -2 to 2 in steps of a quarter, in another order for every input.
    pub fn real(&mut self, extents: &[u32]) -> (NodeId, Numbers) {
        let seed = 3 + 5 * self.inputs.len();
        let count = extents.iter().product::<u32>() as usize;
        let numbers: Numbers = (0..count).map(|index| ((seed + 7 * index) % 17) as f64 / 4.0 - 2.0).collect();
        (self.given(extents, &numbers), numbers)
    }

    /// These numbers as f32.
    pub fn given(&mut self, extents: &[u32], numbers: &[f64]) -> NodeId {
        let values = numbers.iter().map(|number| *number as f32).collect();
        self.input(extents, Elements::F32(values))
    }

    /// These numbers as i32.
    pub fn whole(&mut self, extents: &[u32], numbers: &[i32]) -> NodeId {
        self.input(extents, Elements::I32(numbers.to_vec()))
    }

    /// These numbers as i8.
    pub fn bytes(&mut self, extents: &[u32], numbers: &[i8]) -> NodeId {
        self.input(extents, Elements::I8(numbers.to_vec()))
    }

    fn input(&mut self, extents: &[u32], elements: Elements) -> NodeId {
        let name = format!("x{}", self.inputs.len());
        let node = self.build.input(&name, elements.dtype(), extents);
        let shape = *self.build.shape(node);
        self.inputs.insert(name, Tensor::new(shape, elements));
        node
    }

    /// The case whose result is `y`.
    pub fn done(self, operator: &'static str, y: NodeId, expected: Numbers) -> Case {
        self.within(ROUNDING, operator, y, expected)
    }

    /// The same with its own tolerance.
    pub fn within(mut self, tolerance: f64, operator: &'static str, y: NodeId, expected: Numbers) -> Case {
        self.build.output("y", y);
        Case { operator, graph: self.build.finish(), inputs: self.inputs, expected, tolerance }
    }
}

/// `[m, k]` by `[n, k]`, as a plain loop.
pub fn product(a: &[f64], b: &[f64], k: usize) -> Numbers {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    a.chunks(k).flat_map(|row| b.chunks(k).map(move |column| dot(row, column))).collect()
}

/// `[rows, columns]` to `[columns, rows]`, as a plain loop.
pub fn turned(x: &[f64], columns: usize) -> Numbers {
    (0..columns).flat_map(|column| x.chunks(columns).map(move |row| row[column])).collect()
}
