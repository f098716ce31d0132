//! Names of rows, operation by operation (contractions apart).
//!
//! In: a checked node and its operands' rows.  Out: its rows, or why they have no name on this chip.
//! Invariant: as many rows as the node's shape says.
//! Method: row indices are row-major over all axes but the last; lanes move as the SXM moves them: by a bijection of a word, or 16 rows of
//!     16 transposed.

use super::{Value, Values};
use crate::Reason;
use crate::term::Term;
use crate::word::Word;
use graph::{Arg, ConstSource, Expr, Mismatch, Node, NodeId, Op, Permutation, ReduceKind, ScalarOp, Shape, View};
use program::{LaneMap, alu_does};

impl Values<'_> {
    /// Placement of a table is a table.
    pub(super) fn view_of_table(&self, node: &Node) -> Option<Value> {
        let Op::View(view) = &node.op else { return None };
        let input = *node.inputs.first()?;
        let Value::Table { tensor, first, .. } = *self.input(input) else { return None };
        let from = &self.graph.nodes[input].shape;
        let rows = node.shape.rows();
        match view {
            View::Rows { first: skipped } => {
                let per_first = from.rows() / u64::from(from.extents().first().copied().unwrap_or(1).max(1));
                let first = first + u64::from(*skipped) * per_first;
                (from.rank() != 1).then_some(Value::Table { tensor, first, rows })
            }
            View::Reshape if from.lanes() == node.shape.lanes() => Some(Value::Table { tensor, first, rows }),
            View::Reshape | View::Digits { .. } => None,
        }
    }

    pub(super) fn rows(&self, id: NodeId, node: &Node) -> Result<Vec<Word>, Reason> {
        let rows = node.shape.rows();
        let whole = |term: &dyn Fn(u64) -> Term| (0..rows).map(|row| Word::byte(0, term(row))).collect();
        match &node.op {
            Op::Input { name } => Ok(whole(&|row| Term::input(name, row))),
            Op::State { .. } => Ok(whole(&|row| Term::state(id.index(), row))),
            Op::Const(source) => Ok(whole(&|row| literal(id, source, row, u64::from(node.shape.lanes())))),
            Op::Map(expr) => self.map(expr, node),
            Op::Reduce { kind, axis, .. } => self.reduce(*kind, usize::from(*axis), node),
            Op::Broadcast => self.broadcast(node),
            Op::Permute(Permutation::Lanes(map)) => self.lanes(map, node),
            Op::Permute(Permutation::Axes(axes)) => self.axes(axes, node),
            Op::Gather => self.gather(node),
            Op::Scatter => self.scatter(node),
            Op::View(view) => self.view(view, node),
            Op::Copy { axis } if usize::from(*axis) == 0 && 1 < node.shape.rank() => {
                Ok(node.inputs.iter().flat_map(|&input| self.all(input)).collect())
            }
            Op::Copy { axis } if usize::from(*axis) + 1 == node.shape.rank() && is_pair(node) => {
                Ok(self.side_by_side(node))
            }
            Op::Copy { .. } | Op::Window { .. } | Op::MatMul { .. } => Err(Reason::NotLowered),
        }
    }

    /// Rows of two nodes joined along the lanes, as the permuter joins them: the first turned to the top of its word, then both shifted
    /// up by as many lanes as it has.
    fn side_by_side(&self, node: &Node) -> Vec<Word> {
        let (first, second) = (node.inputs[0], node.inputs[1]);
        let lanes = self.graph.nodes[first].shape.lanes().min(320) as u16;
        let turned = LaneMap::rotation(320 - lanes);
        let pairs = self.all(first).into_iter().zip(self.all(second));
        pairs.map(|(first, second)| Word::shifted(second, first.permuted(&turned.from), lanes)).collect()
    }

    fn all(&self, node: NodeId) -> Vec<Word> {
        let value = self.input(node);
        (0..value.rows()).map(|row| value.row(row)).collect()
    }

    fn map(&self, expr: &Expr, node: &Node) -> Result<Vec<Word>, Reason> {
        let dtypes: Vec<_> = node.inputs.iter().map(|&input| self.graph.nodes[input].dtype).collect();
        let illegal = |mismatch: Mismatch| Reason::Illegal { expected: mismatch.expected, found: mismatch.found };
        let types = expr.types(&dtypes).map_err(illegal)?;
        if let Some((step, _)) = expr.steps.iter().zip(&types).find(|(step, kind)| !alu_does(step.op, kind.operand)) {
            return Err(Reason::NoAlu { operation: step.op });
        }
        let mut rows = Vec::new();
        let mut terms: Vec<Term> = Vec::new();
        for row in 0..node.shape.rows() {
            terms.clear();
            for (step, kind) in expr.steps.iter().zip(&types) {
                let term = |arg: &Arg| match *arg {
                    Arg::Input(input) => self.operand(node.inputs[usize::from(input)], row),
                    Arg::Step(step) => terms[usize::from(step)],
                    Arg::Immediate(bits) => Term::immediate(bits),
                };
                let first = term(&step.args[0]);
                terms.push(match step.op {
                    ScalarOp::Identity => first,
                    op => self.note(Term::operation(op, kind.operand, first, step.args.get(1).map(term))),
                });
            }
            rows.push(Word::byte(0, terms.last().copied().unwrap_or(Term::POISON)));
        }
        Ok(rows)
    }

    fn reduce(&self, kind: ReduceKind, axis: usize, node: &Node) -> Result<Vec<Word>, Reason> {
        let op = match kind {
            ReduceKind::Sum => ScalarOp::Add,
            ReduceKind::Max => ScalarOp::Max,
            ReduceKind::Min => ScalarOp::Min,
        };
        let input = node.inputs[0];
        let from = self.graph.nodes[input].shape.extents();
        if axis + 1 == from.len() {
            return Err(Reason::AlongLanes);
        }
        let inner: u64 = from[axis + 1..from.len() - 1].iter().map(|&extent| u64::from(extent)).product();
        let (extent, partials) = (u64::from(from[axis]), u64::from(node.shape.extents()[axis]));
        let fold = |row: u64| {
            let (outer, partial, rest) = (row / inner / partials, row / inner % partials, row % inner);
            // Rows congruent to extent - partials + partial, the least of them first.
            let first = (extent - partials + partial) % partials;
            let mut steps = (first..extent).step_by(partials as usize);
            let operand = |step: u64| self.operand(input, (outer * extent + step) * inner + rest);
            let start = steps.next().map_or(Term::POISON, operand);
            steps.fold(start, |sum, step| self.note(Term::operation(op, node.dtype, sum, Some(operand(step)))))
        };
        Ok((0..node.shape.rows()).map(|row| Word::byte(0, fold(row))).collect())
    }

    fn broadcast(&self, node: &Node) -> Result<Vec<Word>, Reason> {
        let input = node.inputs[0];
        let from = &self.graph.nodes[input].shape;
        // One lane of a literal is the same bits in all lanes of its row.
        if from.lanes() != node.shape.lanes() && !is_literal(&self.graph.nodes[input]) {
            return Err(Reason::MovedLanes);
        }
        let mut rows = Vec::new();
        for row in 0..node.shape.rows() {
            let source = places(&node.shape, row)
                .zip(from.extents())
                .fold(0, |index, (place, &extent)| index * u64::from(extent) + if extent == 1 { 0 } else { place });
            rows.push(self.input(input).row(source));
        }
        Ok(rows)
    }

    fn lanes(&self, map: &[u16], node: &Node) -> Result<Vec<Word>, Reason> {
        let period = map.len();
        if period == 0 || 320 % period != 0 {
            return Err(Reason::Period { lanes: period as u64 });
        }
        let tiled: Vec<u16> = (0..320).map(|lane| (lane / period * period) as u16 + map[lane % period]).collect();
        Ok(self.all(node.inputs[0]).into_iter().map(|word| word.permuted(&tiled)).collect())
    }

    fn axes(&self, axes: &[u8], node: &Node) -> Result<Vec<Word>, Reason> {
        let last = axes.len().saturating_sub(1);
        if axes == [1, 0] && node.shape.extents() == [16, 16] {
            let words = self.all(node.inputs[0]);
            return Ok((0..16).map(|row| Word::transposed(&words, row)).collect());
        }
        if axes.last().is_some_and(|&axis| usize::from(axis) != last) {
            return Err(Reason::AlongLanes);
        }
        let input = node.inputs[0];
        let from = self.graph.nodes[input].shape.extents();
        let source = |row: u64| {
            let mut index = [0; Shape::RANK_MAX];
            for (place, &axis) in places(&node.shape, row).zip(axes) {
                index[usize::from(axis)] = place;
            }
            let rows = from.iter().take(last).zip(index);
            rows.fold(0, |source, (&extent, place)| source * u64::from(extent) + place)
        };
        Ok((0..node.shape.rows()).map(|row| self.input(input).row(source(row))).collect())
    }

    fn gather(&self, node: &Node) -> Result<Vec<Word>, Reason> {
        let [table, index] = node.inputs[..] else { return Err(Reason::NotLowered) };
        let context = self.positions(table, index)?;
        let rows: Vec<Word> = (0..context).map(|row| self.input(table).row(row)).collect();
        Ok(vec![Word::gather(&rows)])
    }

    fn scatter(&self, node: &Node) -> Result<Vec<Word>, Reason> {
        let [table, row, index] = node.inputs[..] else { return Err(Reason::NotLowered) };
        let context = self.positions(table, index)?;
        let data = self.input(row).row(0);
        let mut rows = self.all(table);
        for (row, word) in rows.iter_mut().take(context as usize).enumerate() {
            *word = word.scatter(row as u16, data);
        }
        Ok(rows)
    }

    /// Rows of `table` that the token's position can name.
    fn positions(&self, table: NodeId, index: NodeId) -> Result<u64, Reason> {
        let is_position = matches!(&self.graph.nodes[index].op, Op::Input { name } if name == "position");
        if !is_position {
            return Err(Reason::NotPosition);
        }
        let context = u64::from(self.context);
        let shape = &self.graph.nodes[table].shape;
        if shape.rank() != 2 || shape.rows() < context {
            return Err(Reason::ShortTable { rows: shape.rows(), context });
        }
        Ok(context)
    }

    fn view(&self, view: &View, node: &Node) -> Result<Vec<Word>, Reason> {
        let input = node.inputs[0];
        let from = &self.graph.nodes[input].shape;
        match view {
            View::Reshape if from.lanes() == node.shape.lanes() => Ok(self.all(input)),
            View::Reshape => Err(Reason::MovedLanes),
            View::Rows { .. } if from.rank() == 1 => Err(Reason::MovedLanes),
            View::Rows { first } => {
                let skipped = u64::from(*first) * (from.rows() / u64::from(from.extents()[0]));
                Ok((0..node.shape.rows()).map(|row| self.input(input).row(skipped + row)).collect())
            }
            View::Digits { count } => {
                let rows = 0..from.rows();
                let digit = |byte| rows.clone().map(move |row| Word::byte(byte, self.operand(input, row)));
                Ok((0..*count).rev().flat_map(digit).collect())
            }
        }
    }
}

fn is_literal(node: &Node) -> bool {
    matches!(node.op, Op::Const(ConstSource::F32(_) | ConstSource::I32(_)))
}

/// Index along each axis but the last of a row.
fn places(shape: &Shape, row: u64) -> impl Iterator<Item = u64> {
    let rank = shape.rank().saturating_sub(1);
    let extents = &shape.extents()[..rank];
    let mut places = vec![0; rank];
    let mut rest = row;
    for axis in (0..rank).rev() {
        places[axis] = rest % u64::from(extents[axis]);
        rest /= u64::from(extents[axis]);
    }
    places.into_iter()
}

/// A literal row: an immediate if all its lanes are equal.
fn literal(node: NodeId, source: &ConstSource, row: u64, lanes: u64) -> Term {
    let (start, end) = ((row * lanes) as usize, ((row + 1) * lanes) as usize);
    let bits: Vec<u32> = match source {
        ConstSource::F32(values) => values[start..end].iter().map(|value| value.to_bits()).collect(),
        ConstSource::I32(values) => values[start..end].iter().map(|&value| value as u32).collect(),
        ConstSource::Tensor(_) => return Term::POISON,
    };
    match bits.split_first() {
        Some((first, others)) if others.iter().all(|bits| bits == first) => Term::immediate(*first),
        _ => Term::literal(node.index(), row),
    }
}

/// Whether two inputs fit into one word.
fn is_pair(node: &Node) -> bool {
    node.inputs.len() == 2 && node.shape.lanes() <= 320
}
