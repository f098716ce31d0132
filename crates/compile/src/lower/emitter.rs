//! Emits lowered nodes and collects kernels.
//!
//! In: calls of the lowering.  Out: nodes with shapes and types, and the stage's work list.
//! Invariant: every value is `[rows, lanes]` with at most 320 lanes; kernels of the first layer only are kept.

use crate::CompileError;
use crate::kernel::{Fetch, Kernel, Place, Stage, Stored, Work};
use crate::model::Llama;
use crate::tables::{Matrix, Tables};
use graph::{
    ConstSource, DType, Elements, Expr, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, Shape,
    TensorData, TensorId, View,
};
use units::Span;

/// State of the lowering.
pub struct Emitter<'a> {
    /// The lowered graph so far.
    pub graph: Graph,
    /// Its tables so far.
    pub tables: Tables,
    /// The recognised model.
    pub llama: &'a Llama,
    /// Layer being emitted.
    pub layer: Option<u32>,
    source: &'a Graph,
    data: &'a dyn TensorData,
    part: String,
    stage: Stage,
}

impl<'a> Emitter<'a> {
    /// Nothing emitted.
    pub fn new(source: &'a Graph, data: &'a dyn TensorData, llama: &'a Llama) -> Self {
        Emitter {
            graph: Graph::default(),
            tables: Tables::default(),
            llama,
            layer: None,
            source,
            data,
            part: String::new(),
            stage: Stage::default(),
        }
    }

    /// Begins a stage.
    pub fn start(&mut self, name: &str) {
        self.stage = Stage {
            name: name.to_owned(),
            work: Vec::new(),
            nodes: Span::new(self.graph.nodes.len() as u64, 0),
            tensors: Span::new(self.graph.tensors.len() as u64, 0),
        };
    }

    /// Ends the stage.
    pub fn finish(&mut self) -> Stage {
        let mut stage = std::mem::take(&mut self.stage);
        stage.nodes.len = self.graph.nodes.len() as u64 - stage.nodes.start;
        stage.tensors.len = self.graph.tensors.len() as u64 - stage.tensors.start;
        stage
    }

    /// Names the part of the model that the next nodes belong to.
    pub fn part(&mut self, part: &str) {
        part.clone_into(&mut self.part);
    }

    /// Loads a matrix of the imported model.
    pub fn matrix(&self, id: TensorId) -> Result<Matrix, CompileError> {
        Matrix::load(self.source, self.data, id)
    }

    /// Adds a kernel whose results are `stored`.
    pub fn kernel(&mut self, nodes: &[NodeId], stored: &[(NodeId, Place, u16)]) {
        let stored = stored.iter().map(|&(node, place, bank)| Stored { node, place, bank }).collect();
        self.stage.work.push(Work::Kernel(Kernel { nodes: nodes.to_vec(), stored, scatter: None }));
    }

    /// Adds a kernel whose last node is appended to a cache.
    pub fn appending_kernel(&mut self, nodes: &[NodeId], scatter: NodeId) {
        self.stage.work.push(Work::Kernel(Kernel {
            nodes: nodes.to_vec(),
            stored: Vec::new(),
            scatter: Some(scatter),
        }));
    }

    /// Adds a fetch of a table's row.
    pub fn fetch(&mut self, node: NodeId, table: Place, home: Place) {
        self.stage.work.push(Work::Fetch(Fetch { node, table, home }));
    }

    fn push(&mut self, op: Op, inputs: Vec<NodeId>, dtype: DType, extents: &[u32]) -> NodeId {
        let shape = Shape::new(extents).expect("lowered shapes are small and not empty");
        let origin = Origin { layer: self.layer, part: self.part.clone() };
        self.graph.nodes.push(Node { op, inputs, dtype, shape, origin })
    }

    fn rows(&self, node: NodeId) -> u32 {
        self.graph.nodes[node].shape.extents()[0]
    }

    fn lanes(&self, node: NodeId) -> u32 {
        self.graph.nodes[node].shape.lanes()
    }

    /// An f32 input `[1, lanes]` that the host sends with each token.
    pub fn input(&mut self, name: &str, lanes: usize) -> NodeId {
        self.push(Op::Input { name: name.to_owned() }, Vec::new(), DType::F32, &[1, lanes as u32])
    }

    /// The i32 input `position`.
    pub fn position(&mut self) -> NodeId {
        self.push(Op::Input { name: "position".to_owned() }, Vec::new(), DType::I32, &[1])
    }

    /// A state `[context, lanes]` of f16.
    pub fn state(&mut self, name: &str, lanes: u32) -> NodeId {
        let extents = [self.llama.context, lanes];
        self.push(Op::State { name: name.to_owned() }, Vec::new(), DType::F16, &extents)
    }

    /// A new table of rows of `lanes` elements, as a constant.
    pub fn table(&mut self, what: &str, lanes: usize, elements: Elements) -> NodeId {
        let name = match self.layer {
            Some(layer) => format!("blk.{layer}.{}.{what}", self.part),
            None => format!("{}.{what}", self.part),
        };
        let dtype = elements.dtype();
        let extents = [(elements.len() / lanes) as u32, lanes as u32];
        let id = self.tables.add(&mut self.graph, name, lanes, elements);
        self.push(Op::Const(ConstSource::Tensor(id)), Vec::new(), dtype, &extents)
    }

    /// A row of `lanes` equal elements: what differs by layer cannot be a literal of the template's instructions.
    pub fn uniform(&mut self, what: &str, lanes: usize, value: f64) -> NodeId {
        self.table(what, lanes, Elements::F32(vec![value as f32; lanes]))
    }

    /// A pointwise expression; the result has the inputs' shape.
    pub fn map(&mut self, expr: Expr, inputs: &[NodeId]) -> NodeId {
        let operand = |arg: graph::Arg, types: &[DType]| match arg {
            graph::Arg::Input(input) => Some(self.graph.nodes[inputs[usize::from(input)]].dtype),
            graph::Arg::Step(step) => Some(types[usize::from(step)]),
            graph::Arg::Immediate(_) => None,
        };
        let mut types: Vec<DType> = Vec::new();
        for step in &expr.steps {
            let dtype = step.args.iter().find_map(|&arg| operand(arg, &types)).expect("no step of literals only");
            types.push(step.op.result(dtype));
        }
        let dtype = *types.last().expect("expressions are not empty");
        let extents = [self.rows(inputs[0]), self.lanes(inputs[0])];
        self.push(Op::Map(expr), inputs.to_vec(), dtype, &extents)
    }

    /// Contraction of blocks `(a, b)`.
    pub fn matmul(&mut self, order: Order, blocks: &[(NodeId, NodeId)]) -> NodeId {
        let extents = [self.rows(blocks[0].0), self.rows(blocks[0].1)];
        let dtype = if order == Order::Exact { DType::I32 } else { DType::F32 };
        let inputs = blocks.iter().flat_map(|&(a, b)| [a, b]).collect();
        self.push(Op::MatMul { order }, inputs, dtype, &extents)
    }

    /// Row fold with three interleaved partial results.
    pub fn fold(&mut self, kind: ReduceKind, input: NodeId) -> NodeId {
        let extents = [PARTIALS, self.lanes(input)];
        let dtype = self.graph.nodes[input].dtype;
        self.push(Op::Reduce { kind, axis: 0, partials: PARTIALS as u8 }, vec![input], dtype, &extents)
    }

    /// The same row `rows` times.
    pub fn broadcast(&mut self, input: NodeId, rows: u32) -> NodeId {
        let extents = [rows, self.lanes(input)];
        let dtype = self.graph.nodes[input].dtype;
        self.push(Op::Broadcast, vec![input], dtype, &extents)
    }

    /// Rows `first .. first + rows`.
    pub fn take_rows(&mut self, input: NodeId, first: u32, rows: u32) -> NodeId {
        let extents = [rows, self.lanes(input)];
        let dtype = self.graph.nodes[input].dtype;
        self.push(Op::View(View::Rows { first }), vec![input], dtype, &extents)
    }

    /// The bytes of an i32 row as digits, most significant first.
    pub fn digits(&mut self, input: NodeId, count: u8) -> NodeId {
        let extents = [u32::from(count), self.lanes(input)];
        self.push(Op::View(View::Digits { count }), vec![input], DType::I8, &extents)
    }

    /// Neighbouring lanes exchanged.
    pub fn swap_pairs(&mut self, input: NodeId) -> NodeId {
        let extents = [self.rows(input), self.lanes(input)];
        let dtype = self.graph.nodes[input].dtype;
        self.push(Op::Permute(Permutation::Lanes(vec![1, 0])), vec![input], dtype, &extents)
    }

    /// Row of a table at `index`.
    pub fn gather(&mut self, table: NodeId, index: NodeId) -> NodeId {
        let extents = [1, self.lanes(table)];
        let dtype = self.graph.nodes[table].dtype;
        self.push(Op::Gather, vec![table, index], dtype, &extents)
    }

    /// A state with the row at `index` replaced; remembered as the state's next value.
    pub fn append(&mut self, state: NodeId, row: NodeId, index: NodeId) -> NodeId {
        let extents = [self.rows(state), self.lanes(state)];
        let dtype = self.graph.nodes[state].dtype;
        let next = self.push(Op::Scatter, vec![state, row, index], dtype, &extents);
        self.graph.updates.push((state, next));
        next
    }

    /// Names a result.
    pub fn output(&mut self, name: String, node: NodeId) {
        self.graph.outputs.push((name, node));
    }
}

/// Interleaved partial results of a fold along time: the latency of an ALU at one row per cycle.
pub const PARTIALS: u32 = 3;
