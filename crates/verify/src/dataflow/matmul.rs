//! Names of contractions: what the planes of the MXM make of them.
//!
//! In: blocks `a_i [.., m, k]`, `b_i [.., n, k]`.  Out: result rows, each a fold of products in block order.
//! Invariant: an array holds row n of `b_i` as column n (f16: from 160 on in plane 1), as `machine::mxm` names it.
//! Method: arrays are named once per batch and block; then one product per row, block and half.

use super::Values;
use crate::Reason;
use crate::machine::mxm;
use crate::term::Term;
use crate::word::Word;
use graph::{Node, NodeId, Order};

/// Columns of f16 in one plane.
const COLUMNS_F16: u64 = 160;
/// Lanes of a plane.
const LANES: u32 = 320;

impl Values<'_> {
    pub(super) fn matmul(&self, order: Order, node: &Node) -> Result<Vec<Word>, Reason> {
        let rank = node.shape.rank();
        let [rows, columns] = [rank - 2, rank - 1].map(|axis| node.shape.extents()[axis]);
        let too_long = |&input: &NodeId| LANES < self.graph.nodes[input].shape.lanes();
        if LANES < columns || node.inputs.iter().any(too_long) {
            return Err(Reason::Wide);
        }
        let batches = node.shape.rows() / u64::from(rows);
        let (rows, columns) = (u64::from(rows), u64::from(columns));
        let mut result = Vec::new();
        for batch in 0..batches {
            let first = batch * rows;
            let mut sums: Vec<Option<Term>> = vec![None; rows as usize];
            for block in node.inputs.chunks_exact(2) {
                self.block(order, (block[0], first), (block[1], batch * columns, columns), &mut sums)?;
            }
            result.extend(sums.into_iter().map(|sum| Word::byte(0, sum.unwrap_or(Term::POISON))));
        }
        Ok(result)
    }

    /// Adds one block's products to the sums of one batch: rows of `a` from the one given on, columns of `b` likewise.
    fn block(
        &self,
        order: Order,
        a: (NodeId, u64),
        (b, first, columns): (NodeId, u64, u64),
        sums: &mut [Option<Term>],
    ) -> Result<(), Reason> {
        let weights = self.input(b);
        let half_array = |half: u8, columns: std::ops::Range<u64>| {
            let start = columns.start;
            let word = |column: u64| self.halves.word(half, weights.row(first + column).term);
            mxm::array(columns.map(|column| ((column - start) as u16, word(column))))
        };
        let split = columns.min(COLUMNS_F16);
        match order {
            Order::Sequential => return Err(Reason::Wordless),
            Order::Exact => {
                let array = mxm::array((0..columns).map(|column| (column as u16, weights.row(first + column))));
                for (sum, row) in sums.iter_mut().zip(a.1..) {
                    self.add(sum, mxm::product_i8(array, self.operand(a.0, row)));
                }
            }
            Order::Superlanes => {
                for half in [0, 1] {
                    let (low, high) = (half_array(half, 0..split), half_array(half, split..columns));
                    for (sum, row) in sums.iter_mut().zip(a.1..) {
                        self.add(sum, mxm::product_f16(half, low, high, self.operand(a.0, row)));
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&self, sum: &mut Option<Term>, product: Term) {
        *sum = Some(self.note(sum.map_or(product, |old| mxm::accumulated(old, product))));
    }
}
