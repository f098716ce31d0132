//! Encoded weights of a compilation, for the next one of the same model with another option: it writes only what differs.
//!
//! In: what a lowering wrote of each matrix.  Out: scales, norms and tables of a later lowering that asks for the same.
//! Invariant: a key names all that the values depend on beside the model's weights, so that a program made with it is the program made
//!     without, byte for byte (tests/recompile.rs); of a model with other tensors nothing is taken.
//! Method: a matrix's key is its tensor, format and unit; a table's key which rows and columns it takes, in runs. The tables are shared
//!     with the program's, not copied. Levels that are cut anew are put together from the tables.
//!     Why weights and not the state after each pass: of 1.19 s that SmolLM2 took (int8, context 128, a loaded machine) `check` and
//!     `recognise` took 0.1 ms, `schedule` 225, `emit` 15, `lower` 949, and of those reading, encoding and cutting weights 905. Context,
//!     chips and formats change what `recognise` finds, so every later pass has another input; only a machine of equal accumulators
//!     and ALU latency leaves `lower` its input, and that would save the other 44 ms for the 21,807 nodes to be kept.

use crate::Format;
use crate::share::Lane;
use graph::{Elements, Graph, Tensor, TensorId, TensorInfo};
use std::sync::Arc;

/// What the encoding of a matrix depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The model's tensor.
    pub tensor: TensorId,
    /// Matrices that it has one under the other and that are taken side by side; 1 where it is taken as it is.
    pub beside: usize,
    /// The format.
    pub format: Format,
    /// What one unit of the activation is worth, as bits of an f64; that of 1 in int8, where it has no influence.
    pub unit: u64,
}

/// What a table of a matrix depends on beside its encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    rows: Vec<Run>,
    columns: Vec<Run>,
    lanes: usize,
    /// What the weights are multiplied by, as bits of an f64.
    factor: u64,
    /// Which of the numbers of which a weight is the sum.
    part: usize,
}

/// Lanes that follow one another, or that are empty: the first, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Of a matrix's rows or columns.
    pub first: Lane,
    /// How many.
    pub count: usize,
}

/// What was written of a matrix.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Rows and columns of the matrix.
    pub extents: [usize; 2],
    /// Value of one level, by row; in int8 only.
    pub scales: Vec<f32>,
    /// Greatest norms of its rows, each with the gains of its columns.
    pub norms: Vec<(Vec<f32>, f64)>,
    /// Its tables.
    pub tables: Vec<(Cut, Arc<Tensor>)>,
}

/// How much a lowering had to do itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Matrices that it read from the model and encoded.
    pub matrices: usize,
    /// Tables that it cut.
    pub tables: usize,
}

/// What was written of all matrices of a model.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    model: Vec<TensorInfo>,
    matrices: Vec<(Name, Written)>,
    /// What that took.
    pub effort: Effort,
}

impl Encoded {
    /// Nothing of this model so far.
    pub fn of(graph: &Graph) -> Self {
        Encoded { model: tensors(graph), ..Encoded::default() }
    }

    /// Whether it is of a model with these tensors.
    pub fn is_of(&self, graph: &Graph) -> bool {
        self.model == tensors(graph)
    }

    /// What was written of a matrix.
    pub fn get(&self, name: &Name) -> Option<&Written> {
        find(&self.matrices, name)
    }

    /// Adds a matrix.
    pub fn insert(&mut self, name: Name, written: Written, effort: Effort) {
        insert(&mut self.matrices, name, written);
        self.effort.matrices += effort.matrices;
        self.effort.tables += effort.tables;
    }
}

/// What belongs to a key. There are some hundred of a matrix or a model: a list is as quick as a map, and smaller code.
pub fn find<'a, K: PartialEq, V>(list: &'a [(K, V)], key: &K) -> Option<&'a V> {
    list.iter().find(|(other, _)| other == key).map(|(_, value)| value)
}

/// Notes what belongs to a key, instead of what did before.
pub fn insert<K: PartialEq, V>(list: &mut Vec<(K, V)>, key: K, value: V) {
    match list.iter_mut().find(|(other, _)| *other == key) {
        Some((_, before)) => *before = value,
        None => list.push((key, value)),
    }
}

fn tensors(graph: &Graph) -> Vec<TensorInfo> {
    graph.tensors.iter().map(|(_, info)| info.clone()).collect()
}

impl Cut {
    /// These rows and columns, row after row of `lanes`, times a factor, of one of the parts of a weight.
    pub fn new((rows, columns): (&[Lane], &[Lane]), lanes: usize, (factor, part): (f64, usize)) -> Self {
        Cut { rows: runs(rows), columns: runs(columns), lanes, factor: factor.to_bits(), part }
    }

    /// Levels of the rows and columns that it takes.
    pub fn levels(&self, levels: &[Vec<i8>]) -> Vec<i8> {
        let count = self.rows.iter().map(|run| run.count).sum::<usize>();
        let mut elements = vec![0; count * self.lanes];
        for (row, elements) in self.rows().zip(elements.chunks_mut(self.lanes)) {
            let Some(row) = row else { continue };
            for (first, span) in self.columns() {
                elements[span.clone()].copy_from_slice(&levels[row][first..first + span.len()]);
            }
        }
        elements
    }

    /// Puts the levels of a table back where they came from.
    fn restore(&self, elements: &[i8], levels: &mut [Vec<i8>]) {
        for (row, elements) in self.rows().zip(elements.chunks(self.lanes)) {
            let Some(row) = row else { continue };
            for (first, span) in self.columns() {
                levels[row][first..first + span.len()].copy_from_slice(&elements[span]);
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = Lane> {
        self.rows.iter().flat_map(|run| (0..run.count).map(|place| run.first.map(|first| first + place)))
    }

    /// First column of each run that is not empty, and which lanes it has.
    fn columns(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let ends = self.columns.iter().scan(0, |end, run| {
            *end += run.count;
            Some((run, *end))
        });
        ends.filter_map(|(run, end)| {
            let (start, end) = ((end - run.count).min(self.lanes), end.min(self.lanes));
            Some((run.first?, start..end))
        })
    }
}

impl Written {
    /// The levels of an int8 matrix, put together from its tables; nothing where these do not have all of them.
    pub fn levels(&self) -> Option<Vec<Vec<i8>>> {
        let [rows, columns] = self.extents;
        // No level is as small as that.
        let mut levels = vec![vec![i8::MIN; columns]; rows];
        for (cut, table) in &self.tables {
            let Elements::I8(elements) = table.elements() else { return None };
            cut.restore(elements, &mut levels);
        }
        levels.iter().all(|row| !row.contains(&i8::MIN)).then_some(levels)
    }
}

/// Lanes in runs.
fn runs(lanes: &[Lane]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &lane in lanes {
        match runs.last_mut() {
            Some(run) if lane == run.first.map(|first| first + run.count) => run.count += 1,
            _ => runs.push(Run { first: lane, count: 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six rows of five columns, each level another one.
    fn levels() -> Vec<Vec<i8>> {
        (0..6).map(|row| (0..5).map(|column| row * 5 + column - 9).collect()).collect()
    }

    fn written(cuts: &[(&[Lane], &[Lane])]) -> Written {
        let table = |&(rows, columns): &(&[Lane], &[Lane])| {
            let cut = Cut::new((rows, columns), 4, (1.0, 0));
            let elements = Elements::I8(cut.levels(&levels()));
            let shape = graph::Shape::new(&[rows.len() as u32, 4]).expect("there are rows");
            (cut, Arc::new(Tensor::new(shape, elements)))
        };
        Written { extents: [6, 5], tables: cuts.iter().map(table).collect(), ..Written::default() }
    }

    #[test]
    fn a_cut_takes_its_rows_and_columns_and_leaves_the_rest_zero() {
        let cut = Cut::new((&[Some(5), None, Some(1)], &[Some(2), Some(3), None, Some(0)]), 4, (1.0, 0));
        assert_eq!(cut.levels(&levels()), [18, 19, 0, 16, 0, 0, 0, 0, -2, -1, 0, -4]);
        let longer = Cut::new((&[Some(0)], &[Some(0), Some(1), Some(2), Some(3), Some(4)]), 4, (1.0, 0));
        assert_eq!(longer.levels(&levels()), [-9, -8, -7, -6]);
    }

    #[test]
    fn levels_come_back_from_tables_that_have_them_all() {
        let all: Vec<Lane> = (0..6).map(Some).collect();
        let turned: Vec<Lane> = (0..6).rev().map(Some).collect();
        let columns: Vec<Lane> = (0..5).map(Some).collect();
        let both = [(all.as_slice(), &columns[..4]), (turned.as_slice(), &[None, Some(4)])];
        assert_eq!(written(&both).levels(), Some(levels()));
        assert_eq!(written(&both[..1]).levels(), None, "column 4 is in no table");
    }

    #[test]
    fn runs_end_where_lanes_do_not_follow() {
        let lanes = [Some(3), Some(4), None, None, Some(4), Some(6)];
        let run = |first, count| Run { first, count };
        assert_eq!(runs(&lanes), [run(Some(3), 2), run(None, 2), run(Some(4), 1), run(Some(6), 1)]);
    }
}
