//! Builds graphs in few lines: every method infers the result's type.
//!
//! In: operations in order.  Out: a graph that `check` finds legal.
//! Invariant: every node is legal when it is added; a wrong call panics with what was expected and found.
//! Method: a graph, the current origin, and [`infer`] for every node.

mod composite;

pub use composite::{GELU_CUBIC, GELU_SLOPE};

use crate::infer::infer;
use crate::tensor::legal;
use crate::{
    Arg, ConstSource, DType, Expr, Graph, Node, NodeId, Op, Order, Origin, Permutation, ReduceKind, ScalarOp, Shape,
    TensorId, TensorInfo, TensorType, View,
};

/// A graph under construction. Methods panic on illegal operands: whoever builds from a file checks its sizes before.
#[derive(Debug, Default)]
pub struct Builder {
    graph: Graph,
    origin: Origin,
}

impl Builder {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// From here on nodes come from this part of the model.
    pub fn set_origin(&mut self, layer: Option<u32>, part: &str) {
        self.origin = Origin { layer, part: part.to_string() };
    }

    /// The graph so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Ends the construction.
    pub fn finish(self) -> Graph {
        self.graph
    }

    /// Extents of a node's result.
    pub fn shape(&self, node: NodeId) -> &Shape {
        &self.graph.nodes[node].shape
    }

    /// Element type of a node's result.
    pub fn dtype(&self, node: NodeId) -> DType {
        self.graph.nodes[node].dtype
    }

    /// Adds `op`. `wanted` decides what the operands leave open, see [`infer`]; elsewhere it is ignored.
    pub fn node(&mut self, op: Op, inputs: &[NodeId], wanted: &TensorType) -> NodeId {
        let operands: Vec<TensorType> = inputs.iter().map(|&input| self.graph.nodes[input].result_type()).collect();
        let operands: Vec<&TensorType> = operands.iter().collect();
        let result = infer(&op, &operands, wanted, &self.graph.tensors)
            .unwrap_or_else(|mismatch| panic!("{} in {:?}: {mismatch}", op.name(), self.origin));
        let TensorType { dtype, shape } = result;
        self.graph.nodes.push(Node { op, inputs: inputs.to_vec(), dtype, shape, origin: self.origin.clone() })
    }

    /// A node whose type follows from its operands alone.
    fn determined(&mut self, op: Op, inputs: &[NodeId]) -> NodeId {
        self.node(op, inputs, &TensorType { dtype: DType::F32, shape: legal(&[]) })
    }

    /// A node that keeps its operand's element type and has the extents given.
    fn reshaped(&mut self, op: Op, input: NodeId, extents: &[u32]) -> NodeId {
        let wanted = TensorType { dtype: self.dtype(input), shape: legal(extents) };
        self.node(op, &[input], &wanted)
    }

    /// A value the caller gives for each token.
    pub fn input(&mut self, name: &str, dtype: DType, extents: &[u32]) -> NodeId {
        self.node(Op::Input { name: name.to_string() }, &[], &TensorType { dtype, shape: legal(extents) })
    }

    /// A value that lives on between tokens and starts as zeros.
    pub fn state(&mut self, name: &str, dtype: DType, extents: &[u32]) -> NodeId {
        self.node(Op::State { name: name.to_string() }, &[], &TensorType { dtype, shape: legal(extents) })
    }

    /// Declares an external tensor; no node yet.
    pub fn tensor(&mut self, name: &str, dtype: DType, extents: &[u32]) -> TensorId {
        self.graph.tensors.push(TensorInfo { name: name.to_string(), dtype, shape: legal(extents) })
    }

    /// The elements of an external tensor.
    pub fn constant(&mut self, tensor: TensorId) -> NodeId {
        self.determined(Op::Const(ConstSource::Tensor(tensor)), &[])
    }

    /// Declares an external tensor and takes its elements: [`Builder::tensor`] and [`Builder::constant`].
    pub fn weight(&mut self, name: &str, dtype: DType, extents: &[u32]) -> NodeId {
        let tensor = self.tensor(name, dtype, extents);
        self.constant(tensor)
    }

    /// Literal f32 elements in row-major order.
    pub fn const_f32(&mut self, extents: &[u32], values: Vec<f32>) -> NodeId {
        let wanted = TensorType { dtype: DType::F32, shape: legal(extents) };
        self.node(Op::Const(ConstSource::F32(values)), &[], &wanted)
    }

    /// Literal i32 elements in row-major order.
    pub fn const_i32(&mut self, extents: &[u32], values: Vec<i32>) -> NodeId {
        let wanted = TensorType { dtype: DType::I32, shape: legal(extents) };
        self.node(Op::Const(ConstSource::I32(values)), &[], &wanted)
    }

    /// `C[.., m, n] = sum of a[.., m, k] * b[.., n, k]`; the element type decides the order of additions.
    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.matmul_blocks(&[(a, b)])
    }

    /// A contraction over several K blocks, in order; the element type decides the order of additions.
    pub fn matmul_blocks(&mut self, blocks: &[(NodeId, NodeId)]) -> NodeId {
        let first = blocks.first().expect("a contraction has at least one block");
        let order = match self.dtype(first.0) {
            DType::F32 => Order::Sequential,
            DType::F16 => Order::Superlanes,
            DType::I8 => Order::Exact,
            other => panic!("contractions are of f32, f16 or i8; found {} in {:?}", other.name(), self.origin),
        };
        let inputs: Vec<NodeId> = blocks.iter().flat_map(|&(a, b)| [a, b]).collect();
        self.determined(Op::MatMul { order }, &inputs)
    }

    /// A pointwise expression of inputs of one shape.
    pub fn map(&mut self, expr: Expr, inputs: &[NodeId]) -> NodeId {
        self.determined(Op::Map(expr), inputs)
    }

    /// One scalar operation on all its operands.
    pub fn scalar(&mut self, op: ScalarOp, inputs: &[NodeId]) -> NodeId {
        let args: Vec<Arg> = (0u8..).zip(inputs).map(|(index, _)| Arg::Input(index)).collect();
        self.map(Expr::single(op, &args), inputs)
    }

    /// Folds `axis` to extent 1.
    pub fn reduce(&mut self, kind: ReduceKind, input: NodeId, axis: u8) -> NodeId {
        self.reduce_partials(kind, input, axis, 1)
    }

    /// Folds `axis` to `partials` interleaved results, see [`Op::Reduce`].
    pub fn reduce_partials(&mut self, kind: ReduceKind, input: NodeId, axis: u8, partials: u8) -> NodeId {
        self.determined(Op::Reduce { kind, axis, partials }, &[input])
    }

    /// Replicates along the axes on which the operand's extent is 1 and `extents` has more.
    pub fn broadcast(&mut self, input: NodeId, extents: &[u32]) -> NodeId {
        self.reshaped(Op::Broadcast, input, extents)
    }

    /// Axis `i` of the result is axis `axes[i]` of the operand.
    pub fn permute_axes(&mut self, input: NodeId, axes: &[u8]) -> NodeId {
        self.determined(Op::Permute(Permutation::Axes(axes.to_vec())), &[input])
    }

    /// In each group of `map.len()` lanes, lane `i` of the result is lane `map[i]` of the operand.
    pub fn permute_lanes(&mut self, input: NodeId, map: &[u16]) -> NodeId {
        self.determined(Op::Permute(Permutation::Lanes(map.to_vec())), &[input])
    }

    /// Concatenation along `axis`.
    pub fn copy(&mut self, axis: u8, inputs: &[NodeId]) -> NodeId {
        self.determined(Op::Copy { axis }, inputs)
    }

    /// Sliding windows over the last but one axis, see [`Op::Window`].
    pub fn window(&mut self, input: NodeId, size: u32, stride: u32) -> NodeId {
        self.determined(Op::Window { size, stride }, &[input])
    }

    /// Row `index` (i32 `[1]`) of `table`, first extent 1.
    pub fn gather(&mut self, table: NodeId, index: NodeId) -> NodeId {
        self.determined(Op::Gather, &[table, index])
    }

    /// `table` with row `index` (i32 `[1]`) replaced by `row`, first extent 1.
    pub fn scatter(&mut self, table: NodeId, row: NodeId, index: NodeId) -> NodeId {
        self.determined(Op::Scatter, &[table, row, index])
    }

    /// The same elements in row-major order under other extents.
    pub fn reshape(&mut self, input: NodeId, extents: &[u32]) -> NodeId {
        self.reshaped(Op::View(View::Reshape), input, extents)
    }

    /// Rows `first .. first + count` of the first axis.
    pub fn rows(&mut self, input: NodeId, first: u32, count: u32) -> NodeId {
        let found = *self.shape(input);
        let shape = found.with_extent(0, count);
        let shape = shape.unwrap_or_else(|| panic!("expected rows of {found}; found {count} from {first}"));
        self.reshaped(Op::View(View::Rows { first }), input, shape.extents())
    }

    /// The `count` low bytes of each i32 of `[n, k]` as rows of i8, most significant of all rows first, see [`View::Digits`].
    pub fn digits(&mut self, input: NodeId, count: u8) -> NodeId {
        self.determined(Op::View(View::Digits { count }), &[input])
    }

    /// Asks for a node's value under a name.
    pub fn output(&mut self, name: &str, node: NodeId) {
        let taken = self.graph.outputs.iter().any(|(other, _)| other == name);
        assert!(!taken, "expected a new output name; found {name} again");
        self.graph.outputs.push((name.to_string(), node));
    }

    /// `next` is the value of `state` for the next token.
    pub fn update(&mut self, state: NodeId, next: NodeId) {
        let (from, to) = (&self.graph.nodes[state], &self.graph.nodes[next]);
        assert!(matches!(from.op, Op::State { .. }), "expected a state to update; found {}", from.op.name());
        assert_eq!(from.result_type(), to.result_type(), "a state keeps its type");
        assert!(!self.graph.updates.iter().any(|update| update.0 == state), "state {state} is updated once");
        self.graph.updates.push((state, next));
    }
}
