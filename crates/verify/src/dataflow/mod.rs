//! Rule 11: the lowered graph in the same algebra as the machine, and the comparison.
//!
//! In: the lowered graph.  Out: for each node the names of its rows; at the end a violation for every word that differs.
//! Invariant: rows are named by the constructors of `term`, `word` and `mxm` only; nothing of the program is looked at here but
//!     the words after the token.
//! Method: nodes in order. A value is a list of rows, or a range of rows of an external tensor that is named on demand, so that
//!     weights cost nothing until a contraction reads them. A row is its byte 0 (for i8: the word that carries it).
//! Lanes: rows are named as wholes; that contractions over fewer than 320 lanes meet zeros past the end is `padding`'s.

mod finish;
mod matmul;
mod padding;
mod rows;
pub(crate) mod work;

pub(crate) use finish::{Outcome, check};

use crate::Reason;
use crate::rules::image::Halves;
use crate::term::Term;
use crate::word::Word;
use graph::{DType, Graph, Node, NodeId, Op};
use std::cell::RefCell;
use units::Order;

/// Most rows that are named one by one.
const ROWS_MAX: u64 = 1 << 22;

/// The rows of a node.
#[derive(Clone, Debug)]
enum Value {
    /// Row r is row `first + r` of an external tensor.
    Table { tensor: usize, first: u64, rows: u64 },
    /// Row by row.
    Rows(Vec<Word>),
    /// Already reported.
    Unknown,
}

/// The graph's values in the order of its nodes.
pub(crate) struct Values<'a> {
    graph: &'a Graph,
    halves: &'a Halves,
    context: u16,
    values: Vec<Value>,
    named: u64,
    /// Every name made on the way, results of nodes or not.
    made: RefCell<Vec<Term>>,
}

impl Value {
    fn row(&self, row: u64) -> Word {
        match self {
            Value::Table { tensor, first, .. } => Word::byte(0, Term::tensor(*tensor, first + row)),
            Value::Rows(rows) => {
                usize::try_from(row).ok().and_then(|row| rows.get(row)).copied().unwrap_or(Word::POISON)
            }
            Value::Unknown => Word::POISON,
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Value::Table { rows, .. } => *rows,
            Value::Rows(rows) => rows.len() as u64,
            Value::Unknown => 0,
        }
    }
}

impl<'a> Values<'a> {
    /// Names the rows of every node of a checked graph; `Err` holds the first nodes that have no name, with the reason.
    pub(crate) fn of(graph: &'a Graph, halves: &'a Halves, context: u16) -> (Self, Vec<(NodeId, Reason)>) {
        let mut values = Values {
            graph,
            halves,
            context,
            values: Vec::with_capacity(graph.nodes.len()),
            named: 0,
            made: RefCell::default(),
        };
        let mut unnamed = Vec::new();
        for (id, node) in graph.nodes.iter() {
            let value = values.value(id, node).unwrap_or_else(|reason| {
                unnamed.push((id, reason));
                Value::Unknown
            });
            values.named += match &value {
                Value::Rows(rows) => {
                    values.made.borrow_mut().extend(rows.iter().map(|row| row.term));
                    rows.len() as u64
                }
                Value::Table { .. } | Value::Unknown => 0,
            };
            values.values.push(value);
        }
        (values, unnamed)
    }

    /// Byte `byte` of row `row` of a node, as a word would hold it.
    pub(crate) fn word(&self, node: NodeId, row: u64, byte: u8) -> Word {
        let word = self.input(node).row(row);
        match self.graph.nodes[node].dtype {
            DType::I8 => word,
            _ => Word::byte(byte, word.term),
        }
    }

    /// Every name that the graph makes, sorted.
    pub(crate) fn into_names(self) -> Vec<Term> {
        let mut names = self.made.into_inner();
        names.order();
        names.dedup();
        names
    }

    /// Remembers a name made on the way to a row.
    fn note(&self, term: Term) -> Term {
        self.made.borrow_mut().push(term);
        term
    }

    fn input(&self, node: NodeId) -> &Value {
        self.values.get(node.index()).unwrap_or(&Value::Unknown)
    }

    /// The name of a row as an operand.
    fn operand(&self, node: NodeId, row: u64) -> Term {
        let word = self.input(node).row(row);
        match self.graph.nodes[node].dtype {
            DType::I8 => word.as_i8(),
            _ => word.term,
        }
    }

    fn value(&self, id: NodeId, node: &Node) -> Result<Value, Reason> {
        if node.inputs.iter().any(|input| matches!(self.input(*input), Value::Unknown)) {
            return Ok(Value::Unknown);
        }
        if let Op::Const(graph::ConstSource::Tensor(tensor)) = &node.op {
            return Ok(Value::Table { tensor: tensor.index(), first: 0, rows: node.shape.rows() });
        }
        if let Some(value) = self.view_of_table(node) {
            return Ok(value);
        }
        let rows = node.shape.rows();
        if ROWS_MAX < self.named + rows {
            return Err(Reason::Rows { most: ROWS_MAX });
        }
        let rows = match &node.op {
            Op::MatMul { order } => self.matmul(*order, node)?,
            _ => self.rows(id, node)?,
        };
        Ok(Value::Rows(rows))
    }
}
