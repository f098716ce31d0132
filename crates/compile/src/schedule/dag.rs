//! A kernel as a network of ALUs, each operation at its depth.
//!
//! In: the kernel's `Map` and `Reduce` nodes.  Out: ALU operations with depths, leaves with the depths at which they are needed.
//! Invariant: an operand of an ALU at depth d is a leaf, a literal, or an ALU at depth d - 1; pass-through ALUs fill gaps.
//! Method: as late as possible below the earliest depth of the results, so that conversions sit next to their use and a value
//!     waits in pass-throughs only when it is used twice at different depths.

use graph::{Arg, DType, Graph, NodeId, Op, ReduceKind, ScalarOp, View};
use std::collections::BTreeMap;

/// Where a value enters a kernel from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leaf {
    /// Rows of a stored node from this one on.
    Rows(NodeId, u32),
    /// One row of a stored node for what is computed once.
    Once(NodeId, u32),
    /// One row of a contraction.
    ProductRow(NodeId, u32),
    /// All rows of a contraction.
    ProductRows(NodeId),
}

/// Operand of an ALU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand {
    /// A leaf.
    Leaf(Leaf),
    /// Another ALU of the kernel.
    Alu(usize),
    /// A literal.
    Immediate(u32),
}

/// One ALU operation.
#[derive(Clone, Debug)]
pub struct Alu {
    /// Operation.
    pub op: ScalarOp,
    /// Type of the operands.
    pub dtype: DType,
    /// One or two operands.
    pub operands: Vec<Operand>,
    /// Steps after the kernel's first ALU.
    pub depth: i64,
    /// For which rows it runs.
    pub run: Run,
}

/// For which rows of the kernel an ALU runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// For each.
    Rows,
    /// For the first ones, as many as an ALU takes cycles, all alike: a value of one row in a kernel of many.
    Once,
    /// For each, passing on what was computed once: after the first rows an ALU feeds itself.
    Hold,
}

/// A running fold over the kernel's rows.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The `Reduce` node.
    pub node: NodeId,
    /// Its operation.
    pub op: ScalarOp,
    /// Type of the elements.
    pub dtype: DType,
    /// What is folded.
    pub operand: Operand,
    /// Steps after the kernel's first ALU.
    pub depth: i64,
}

/// The network.
#[derive(Clone, Debug, Default)]
pub struct Dag {
    /// Operations; operands refer to earlier or later ones by index.
    pub alus: Vec<Alu>,
    /// Folds.
    pub folds: Vec<Fold>,
    /// The ALU that computes each `Map` node, or holds a broadcast of one.
    pub results: BTreeMap<NodeId, usize>,
    /// Rows that pass through.
    pub rows: u32,
}

impl Dag {
    /// Network of the kernel's `nodes`.
    pub fn new(graph: &Graph, nodes: &[NodeId]) -> Self {
        let mut dag = Dag::default();
        let rows = |id: &NodeId| match &graph.nodes[*id] {
            node if matches!(node.op, Op::Reduce { .. }) => graph.nodes[node.inputs[0]].shape.extents()[0],
            node => node.shape.extents()[0],
        };
        dag.rows = nodes.iter().map(rows).max().unwrap_or(0);
        for &id in nodes {
            let node = &graph.nodes[id];
            match &node.op {
                Op::Map(expr) => dag.map(graph, id, expr),
                Op::Reduce { kind, .. } => {
                    let operand = dag.operand(graph, node.inputs[0], Run::Rows);
                    let op = match kind {
                        ReduceKind::Sum => ScalarOp::Add,
                        ReduceKind::Max => ScalarOp::Max,
                        ReduceKind::Min => ScalarOp::Min,
                    };
                    dag.folds.push(Fold { node: id, op, dtype: node.dtype, operand, depth: 0 });
                }
                other => panic!("a kernel holds maps and folds, found {other:?}"),
            }
        }
        dag.assign_depths();
        dag.fill_gaps();
        dag
    }

    fn map(&mut self, graph: &Graph, id: NodeId, expr: &graph::Expr) {
        let inputs = &graph.nodes[id].inputs;
        let run = if graph.nodes[id].shape.extents()[0] < self.rows { Run::Once } else { Run::Rows };
        for &input in inputs.iter().filter(|&&input| matches!(graph.nodes[input].op, Op::Broadcast)) {
            self.hold(graph, graph.nodes[input].inputs[0], input);
        }
        let first = self.alus.len();
        for step in &expr.steps {
            let operand = |arg: &Arg| match *arg {
                Arg::Input(input) => self.operand(graph, inputs[usize::from(input)], run),
                Arg::Step(step) => Operand::Alu(first + usize::from(step)),
                Arg::Immediate(bits) => Operand::Immediate(bits),
            };
            let operands: Vec<Operand> = step.args.iter().map(operand).collect();
            let typed = |arg: &Arg| match *arg {
                Arg::Input(input) => Some(graph.nodes[inputs[usize::from(input)]].dtype),
                Arg::Step(step) => Some(self.result(first + usize::from(step))),
                Arg::Immediate(_) => None,
            };
            let dtype = step.args.iter().find_map(typed).expect("no step of literals only");
            self.alus.push(Alu { op: step.op, dtype, operands, depth: 0, run });
        }
        self.results.insert(id, self.alus.len() - 1);
    }

    /// A value of one row, computed by the kernel or stored, is held for all rows of `broadcast`: so its port is free after the first
    /// ones.
    fn hold(&mut self, graph: &Graph, source: NodeId, broadcast: NodeId) {
        if self.results.contains_key(&broadcast) {
            return;
        }
        let (dtype, operands) = match self.results.get(&source) {
            Some(&alu) => (self.result(alu), vec![Operand::Alu(alu)]),
            None => (graph.nodes[source].dtype, vec![Operand::Leaf(Leaf::Once(source, 0))]),
        };
        self.alus.push(Alu { op: ScalarOp::Identity, dtype, operands, depth: 0, run: Run::Hold });
        self.results.insert(broadcast, self.alus.len() - 1);
    }

    /// Type of an ALU's result.
    pub fn result(&self, alu: usize) -> DType {
        self.alus[alu].op.result(self.alus[alu].dtype)
    }

    fn operand(&self, graph: &Graph, id: NodeId, run: Run) -> Operand {
        if let Some(&alu) = self.results.get(&id) {
            return Operand::Alu(alu);
        }
        let node = &graph.nodes[id];
        let is_product = |id: NodeId| matches!(graph.nodes[id].op, Op::MatMul { .. });
        Operand::Leaf(match &node.op {
            Op::View(View::Rows { first }) if is_product(node.inputs[0]) => Leaf::ProductRow(node.inputs[0], *first),
            Op::View(View::Rows { first }) if run == Run::Once => Leaf::Once(node.inputs[0], *first),
            Op::View(View::Rows { first }) => Leaf::Rows(node.inputs[0], *first),
            Op::MatMul { .. } => Leaf::ProductRows(id),
            _ if run == Run::Once => Leaf::Once(id, 0),
            _ => Leaf::Rows(id, 0),
        })
    }

    fn assign_depths(&mut self) {
        let after =
            |depths: &[i64], operand: &Operand| if let Operand::Alu(alu) = operand { depths[*alu] + 1 } else { 0 };
        let mut early: Vec<i64> = Vec::new();
        for alu in &self.alus {
            let depth = alu.operands.iter().map(|operand| after(&early, operand)).max().unwrap_or(0);
            early.push(depth);
        }
        for fold in &mut self.folds {
            fold.depth = after(&early, &fold.operand);
        }
        let mut late: Vec<Option<i64>> = vec![None; self.alus.len()];
        let before = |late: &mut Vec<Option<i64>>, operand: &Operand, depth: i64| {
            if let Operand::Alu(alu) = operand {
                late[*alu] = Some(late[*alu].map_or(depth - 1, |other| other.min(depth - 1)));
            }
        };
        for fold in &self.folds {
            before(&mut late, &fold.operand, fold.depth);
        }
        for index in (0..self.alus.len()).rev() {
            let depth = late[index].unwrap_or(early[index]);
            self.alus[index].depth = depth;
            for operand in &self.alus[index].operands {
                before(&mut late, operand, depth);
            }
        }
    }

    /// Inserts pass-through ALUs wherever an operand is more than one step away.
    fn fill_gaps(&mut self) {
        let mut passes: BTreeMap<(usize, i64), usize> = BTreeMap::new();
        for index in 0..self.alus.len() {
            let depth = self.alus[index].depth;
            for slot in 0..self.alus[index].operands.len() {
                let operand = self.alus[index].operands[slot];
                self.alus[index].operands[slot] = self.passed(&mut passes, operand, depth);
            }
        }
        for index in 0..self.folds.len() {
            let (operand, depth) = (self.folds[index].operand, self.folds[index].depth);
            self.folds[index].operand = self.passed(&mut passes, operand, depth);
        }
    }

    fn passed(&mut self, passes: &mut BTreeMap<(usize, i64), usize>, operand: Operand, depth: i64) -> Operand {
        let Operand::Alu(source) = operand else { return operand };
        let mut current = source;
        for step in self.alus[source].depth + 1..depth {
            current = *passes.entry((source, step)).or_insert_with(|| {
                let dtype = self.alus[current].op.result(self.alus[current].dtype);
                let operands = vec![Operand::Alu(current)];
                let run = if self.alus[current].run == Run::Once { Run::Once } else { Run::Rows };
                self.alus.push(Alu { op: ScalarOp::Identity, dtype, operands, depth: step, run });
                self.alus.len() - 1
            });
        }
        Operand::Alu(current)
    }
}
