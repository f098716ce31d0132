//! The judge of weights: whether the bytes that somebody gives are those that a program was compiled for.
//!
//! In: a program, the hashes in its file, tensors from anywhere.  Out: nothing, or every fault with its tensor and rows.
//! Invariant: consults nobody: rows are hashed again. No tensor is asked for that the image does not name, none twice.
//! Method: ranges by tensor, then one pass over its rows.
//!
//! # The theorems
//! W1. *Named.* Ranges stand in the order of tensors and rows, do not overlap, and lie in tensors of the lowered graph; every row of a
//!     tensor that the image of some chip holds lies in one of them.
//! W2. *Same.* Each tensor has the type and shape that the graph states, and the rows of each range have its hash.
//! W3. *Halves.* A row that lies in memory as the weights of either half (`Packing::EitherHalf`) has equal halves: elements
//!     `16 s + j` and `16 s + 8 + j` are the same bits for all s and j < 8, those past its end being zero. Rule 11 takes this as given, as it
//!     sees no bytes; who loads a program refuses a row without it, and here it is shown.

use graph::{LoadError, Tensor, TensorData, TensorId, TensorInfo};
use program::{Digest, Packing, Program, WeightRange, WordSource};
use std::collections::BTreeMap;
use units::{Span, Text};

/// What is wrong with weights.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightFault {
    /// W1: the file names no hash of a row.
    Unnamed {
        /// Name of the tensor.
        tensor: String,
        /// The row.
        row: u64,
    },
    /// W1: a range that does not follow the one before, or leaves its tensor.
    Range {
        /// Its place in the file.
        place: usize,
    },
    /// W2: the tensor cannot be had.
    Missing(LoadError),
    /// W2: the tensor has another type or shape.
    Other {
        /// Name of the tensor.
        tensor: String,
        /// Type and shape in the graph.
        expected: String,
        /// Type and shape of what was given.
        found: String,
    },
    /// W2: bytes of some rows are not those that the program was compiled for.
    Changed {
        /// Name of the tensor.
        tensor: String,
        /// The rows.
        rows: Span,
        /// The hash in the file.
        expected: Digest,
        /// The hash of what was given.
        found: Digest,
    },
    /// W3: a row that is to serve both halves, and cannot.
    Halves {
        /// Name of the tensor.
        tensor: String,
        /// The row.
        row: u64,
        /// The first lane that differs from the lane eight further on.
        lane: u32,
    },
}

impl WeightFault {
    /// The fault as a sentence: place, what was expected and found, and what helps.
    pub fn text(&self) -> Text {
        match self {
            WeightFault::Unnamed { tensor, row } => Text::new(
                format!("張量「{tensor}」第 {row} 列：程式檔沒有寫下它的雜湊值，無法比對。請連同權重重新編譯"),
                format!(
                    "tensor `{tensor}`, row {row}: expected its hash in the program file, found none; compile again with the weights"
                ),
            ),
            WeightFault::Range { place } => Text::new(
                format!(
                    "程式檔的第 {place} 段權重：應依張量和列的順序排列、互不重疊，並在計算圖的張量之內。請重新編譯"
                ),
                format!(
                    "range {place} of the program file: expected ranges in the order of tensors and rows, inside tensors of the graph, found another; compile again"
                ),
            ),
            WeightFault::Missing(error) => Text::new(
                format!("讀不到編號 {} 的張量。請給編譯時用的模型", error.tensor),
                format!("{error}; give the model that the program was compiled from"),
            ),
            WeightFault::Other { tensor, expected, found } => Text::new(
                format!("張量「{tensor}」應為 {expected}，實際是 {found}。請給編譯時用的模型，並選同樣的格式"),
                format!(
                    "tensor `{tensor}`: expected {expected}, found {found}; give the model that the program was compiled from, in the same formats"
                ),
            ),
            WeightFault::Changed { tensor, rows, expected, found } => {
                let (first, last) = (rows.start, rows.end().saturating_sub(1));
                Text::new(
                    format!(
                        "張量「{tensor}」第 {first} 到 {last} 列：應有的雜湊值是 {expected}，實際是 {found}。請給編譯時用的模型，或重新編譯"
                    ),
                    format!(
                        "tensor `{tensor}`, rows {first} to {last}: expected hash {expected}, found {found}; give the model that the program was compiled from, or compile again"
                    ),
                )
            }
            WeightFault::Halves { tensor, row, lane } => Text::new(
                format!(
                    "張量「{tensor}」第 {row} 列要給兩半共用，通道 {lane} 和 {} 應相同，實際不同。請重新編譯",
                    lane + 8
                ),
                format!(
                    "tensor `{tensor}`, row {row}, which is to serve both halves: expected lanes {lane} and {} to be equal, found two values; compile again",
                    lane + 8
                ),
            ),
        }
    }
}

impl std::fmt::Display for WeightFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().en)
    }
}

/// Rows of a tensor that lie in memory one after the other.
struct Run {
    first: u64,
    step: u64,
    words: u64,
    /// Whether they serve both halves.
    is_for_both: bool,
}

impl Run {
    fn rows(&self) -> impl Iterator<Item = u64> {
        let (first, step) = (self.first, self.step);
        (0..self.words).map(move |word| first + word * step)
    }
}

/// Judges the weights that `data` gives for `program`, whose file names `ranges`; empty when all of W1 to W3 hold.
pub fn check_weights(program: &Program, ranges: &[WeightRange], data: &dyn TensorData) -> Vec<WeightFault> {
    let graph = &program.lowered;
    let mut faults = Vec::new();
    let mut named: BTreeMap<TensorId, Vec<&WeightRange>> = BTreeMap::new();
    let mut before: Option<(TensorId, u64)> = None;
    for (place, range) in ranges.iter().enumerate() {
        let (first, end) = (u64::from(range.first), u64::from(range.first) + u64::from(range.rows));
        let is_next = before.is_none_or(|before| before <= (range.tensor, first));
        let rows = graph.tensors.get(range.tensor).map_or(0, |info| info.shape.rows());
        if is_next && range.rows != 0 && end <= rows {
            named.entry(range.tensor).or_default().push(range);
        } else {
            faults.push(WeightFault::Range { place });
        }
        before = before.max(Some((range.tensor, end)));
    }
    for (tensor, held) in held(program) {
        let info = &graph.tensors[tensor];
        let ranges = named.remove(&tensor).unwrap_or_default();
        faults.extend(unnamed(&held, &ranges).map(|row| WeightFault::Unnamed { tensor: info.name.clone(), row }));
        match data.load(tensor) {
            Ok(loaded) => check_tensor(info, &loaded, (&held, &ranges), &mut faults),
            Err(error) => faults.push(WeightFault::Missing(error)),
        }
    }
    faults
}

/// What lies in memory, by tensor.
fn held(program: &Program) -> BTreeMap<TensorId, Vec<Run>> {
    let mut held: BTreeMap<TensorId, Vec<Run>> = BTreeMap::new();
    for residency in &program.executable.image {
        let WordSource::Tensor { tensor, packing } = residency.source else { continue };
        if program.lowered.tensors.get(tensor).is_some() {
            let (first, step, words) = (residency.row.into(), residency.step.into(), residency.words.into());
            let is_for_both = packing == Packing::EitherHalf;
            held.entry(tensor).or_default().push(Run { first, step, words, is_for_both });
        }
    }
    held
}

/// The first row in memory that lies in no range, which are in order.
fn unnamed(held: &[Run], ranges: &[&WeightRange]) -> Option<u64> {
    let is_named = |row: &u64| {
        let after = ranges.partition_point(|range| u64::from(range.first) <= *row);
        after.checked_sub(1).is_some_and(|place| {
            let range = ranges[place];
            *row < u64::from(range.first) + u64::from(range.rows)
        })
    };
    held.iter().flat_map(Run::rows).filter(|row| !is_named(row)).min()
}

/// W2 and W3 of one tensor.
fn check_tensor(
    info: &TensorInfo,
    loaded: &Tensor,
    (held, ranges): (&[Run], &[&WeightRange]),
    faults: &mut Vec<WeightFault>,
) {
    let (dtype, shape) = (loaded.elements().dtype(), loaded.shape());
    if (dtype, shape) != (info.dtype, &info.shape) {
        let expected = format!("{} {}", info.dtype.name(), info.shape);
        let found = format!("{} {shape}", dtype.name());
        faults.push(WeightFault::Other { tensor: info.name.clone(), expected, found });
        return;
    }
    for range in ranges {
        let rows = Span::new(range.first.into(), range.rows.into());
        let found = Digest::of(loaded, rows).expect("W1 was checked");
        if found != range.digest {
            let expected = range.digest;
            faults.push(WeightFault::Changed { tensor: info.name.clone(), rows, expected, found });
        }
    }
    let rows = held.iter().filter(|run| run.is_for_both).flat_map(Run::rows);
    let uneven = rows.filter(|row| *row < shape.rows()).find_map(|row| Some((row, uneven(loaded, row)?)));
    faults.extend(uneven.map(|(row, lane)| WeightFault::Halves { tensor: info.name.clone(), row, lane }));
}

/// The first lane of a row, in the first half of its superlane, whose element is not that of the lane eight further on.
fn uneven(tensor: &Tensor, row: u64) -> Option<u32> {
    let lanes = tensor.shape().lanes();
    let element = |lane: u32| {
        let index = row * u64::from(lanes) + u64::from(lane);
        if lane < lanes { tensor.elements().bits(usize::try_from(index).unwrap_or(usize::MAX)) } else { 0 }
    };
    (0..lanes).filter(|lane| lane % 16 < 8).find(|&lane| element(lane) != element(lane + 8))
}
