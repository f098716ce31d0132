//! Judges where the tensors of a file lie.
//!
//! In: directory entries with offsets from the start of the data.  Out: the tensors by name, with positions in the file.
//! Invariant: every tensor is aligned, inside the file, and shares no byte with another; names are unique.
//! Method: sort by position, compare neighbours.

use super::header::Tensor;
use crate::error::{Expected, Found, ImportError, Kind, Remedy, Subject, quoted};
use std::collections::BTreeMap;
use units::Order;
use units::{Bytes, Span};

/// Checks all of `directory`; the header ends at `header`, and the file at `file`.
pub fn check(
    mut directory: Vec<Tensor>,
    header: Bytes,
    alignment: u64,
    file: Bytes,
) -> Result<BTreeMap<String, Tensor>, ImportError> {
    let data_start = header.0.checked_next_multiple_of(alignment);
    for tensor in &mut directory {
        tensor.span = placed(tensor, data_start, alignment, file)?;
    }
    directory.order_by_key(|tensor| tensor.span.start);
    for pair in directory.windows(2) {
        if pair[1].span.start < pair[0].span.end() {
            let expected = Expected::After(pair[0].span.end());
            let found = Found::InsideTensor { at: pair[1].span.start, name: quoted(&pair[0].name).into() };
            return Err(ImportError::malformed(pair[1].at, subject(&pair[1]), expected, found));
        }
    }
    let mut tensors = BTreeMap::new();
    for tensor in directory {
        let at = tensor.at;
        if let Some(first) = tensors.insert(tensor.name.clone(), tensor) {
            return Err(ImportError::malformed(at, subject(&first), Expected::Once, Found::Again));
        }
    }
    Ok(tensors)
}

/// The tensor's span in the file.
fn placed(tensor: &Tensor, data_start: Option<u64>, alignment: u64, file: Bytes) -> Result<Span, ImportError> {
    let offset = tensor.span.start;
    if !offset.is_multiple_of(alignment) {
        let expected = Expected::MultipleOf(alignment);
        return Err(ImportError::malformed(tensor.at, subject(tensor), expected, Found::Number(offset)));
    }
    let start = data_start.and_then(|start| start.checked_add(offset));
    let span = start.map(|start| Span::new(start, tensor.span.len));
    let end = span.and_then(|span| span.start.checked_add(span.len));
    match (span, end) {
        (Some(span), Some(end)) if end <= file.0 => Ok(span),
        _ => Err(ImportError {
            kind: Kind::Truncated,
            at: Some(tensor.at),
            subject: subject(tensor),
            expected: Expected::Inside { count: tensor.span.len, offset },
            found: Found::FileOf(file.0),
            remedy: Remedy::DownloadAgain,
        }),
    }
}

fn subject(tensor: &Tensor) -> Subject {
    Subject::Tensor(quoted(&tensor.name))
}
