//! The lowering's hand: nodes by the graph's builder, tables beside them, whatever the model.
//!
//! In: calls of a lowering.  Out: nodes with their tables, named by layer and part.
//! Invariant: every value is `[rows, lanes]` with at most 320 lanes.
//! Method: the builder, the tables so far, and where in the model we are.

use crate::CompileError;
use crate::encoded::{Encoded, Name, Written};
use crate::tables::{Matrix, Tables, rows_of};
use arch::Chip;
use graph::{Builder, DType, Elements, Graph, NodeId, ReduceKind, Tensor, TensorData, TensorId};
use std::sync::Arc;

/// What is lowered.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The imported graph.
    pub graph: &'a Graph,
    /// Its weights; without them the lowered graph has shapes and no values.
    pub data: Option<&'a dyn TensorData>,
    /// What an earlier compilation wrote of these weights.
    pub earlier: Option<&'a Encoded>,
}

impl<'a> Source<'a> {
    /// A graph with its weights, if values are wanted, compiled for the first time.
    pub fn new(graph: &'a Graph, data: Option<&'a dyn TensorData>) -> Self {
        Source { graph, data, earlier: None }
    }
}

/// A graph in the making.
pub struct Hand<'a> {
    /// The lowered graph so far.
    pub build: Builder,
    /// Its tables so far.
    pub tables: Tables,
    /// Interleaved partial results of a fold along time: the latency of an ALU at one row per cycle.
    pub partials: u8,
    /// What is lowered.
    pub source: Source<'a>,
    /// The layer that the next nodes belong to.
    pub layer: Option<u32>,
    part: String,
    earlier: Option<&'a Encoded>,
}

impl<'a> Hand<'a> {
    /// Nothing emitted.
    pub fn new(source: Source<'a>, chip: &Chip) -> Self {
        Hand {
            build: Builder::new(),
            tables: Tables::default(),
            partials: chip.latency.vxm_alu as u8,
            source,
            layer: None,
            part: String::new(),
            earlier: source.earlier.filter(|earlier| source.data.is_some() && earlier.is_of(source.graph)),
        }
    }

    /// Fewest rows that can be folded: two rounds of the partial results.
    pub fn rows_least(&self) -> u32 {
        2 * u32::from(self.partials)
    }

    /// Names the part of the model that the next nodes belong to.
    pub fn part(&mut self, part: &str) {
        part.clone_into(&mut self.part);
        self.build.set_origin(self.layer, part);
    }

    /// Loads a matrix of the imported model.
    pub fn matrix(&self, id: TensorId) -> Result<Matrix, CompileError> {
        match self.source.data {
            Some(data) => Matrix::load(self.source.graph, data, id),
            None => Matrix::blank(self.source.graph, id),
        }
    }

    /// Lanes of a node's rows.
    pub fn lanes(&self, node: NodeId) -> usize {
        self.build.shape(node).lanes() as usize
    }

    fn table_name(&self, what: &str) -> String {
        match self.layer {
            Some(layer) => format!("blk.{layer}.{}.{what}", self.part),
            None => format!("{}.{what}", self.part),
        }
    }

    /// A table without elements: only its shape is known.
    pub fn blank(&mut self, what: &str, dtype: DType, extents: &[u32]) -> NodeId {
        let tensor = self.build.tensor(&self.table_name(what), dtype, extents);
        self.build.constant(tensor)
    }

    /// A new table of rows of `lanes` elements, as a constant.
    pub fn table(&mut self, what: &str, lanes: usize, elements: Elements) -> NodeId {
        self.known_table(what, Arc::new(rows_of(lanes, elements)))
    }

    /// A table that there is already, as a constant.
    pub fn known_table(&mut self, what: &str, table: Arc<Tensor>) -> NodeId {
        let tensor = self.build.tensor(&self.table_name(what), table.elements().dtype(), table.shape().extents());
        self.tables.insert(tensor, table);
        self.build.constant(tensor)
    }

    /// What an earlier compilation wrote of a matrix of this model.
    pub fn written(&self, name: &Name) -> Option<&'a Written> {
        self.earlier?.get(name)
    }

    /// Fold along the rows with interleaved partial results.
    pub fn fold(&mut self, kind: ReduceKind, input: NodeId) -> NodeId {
        self.build.reduce_partials(kind, input, 0, self.partials)
    }

    /// The same row `rows` times.
    pub fn broadcast(&mut self, input: NodeId, rows: u32) -> NodeId {
        let lanes = self.build.shape(input).lanes();
        self.build.broadcast(input, &[rows, lanes])
    }
}
