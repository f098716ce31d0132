//! The tensors of a model as views of its file, decoded when asked for.
//!
//! In: a source, and for each external tensor of the graph where it lies.  Out: f32 elements, whole or by rows.
//! Invariant: a tensor is read in pieces of at most 1 MiB; nothing decoded is kept here.
//! Method: rows are whole blocks, so that a range of rows is a range of bytes.

use super::header::Tensor as Place;
use crate::blocks::Encoding;
use crate::error::{Expected, Found, ImportError, Part, Remedy, Subject, quoted};
use crate::source::Source;
use graph::{LoadError, Tensor, TensorData, TensorId, TensorInfo};
use std::sync::Arc;
use units::{Arena, Span};

/// Greatest number of bytes read at once.
const PIECE: u64 = 1 << 20;

/// Weights of a graph, read from `source` by range.
#[derive(Clone, Debug)]
pub struct Weights<S> {
    source: S,
    /// By tensor id.
    views: Vec<View>,
}

/// Where a tensor lies and how it is stored.
#[derive(Clone, Debug)]
struct View {
    span: Span,
    encoding: Encoding,
    /// Elements of a row, the innermost extent.
    lanes: u64,
    extents: Vec<u32>,
}

impl<S: Source> Weights<S> {
    /// Pairs each tensor of a graph with its place in the file.
    ///
    /// Errors: a tensor that the file lacks, or in a type that is not decoded.
    pub fn new<'h>(
        source: S,
        tensors: &Arena<TensorInfo>,
        place: impl Fn(&str) -> Option<&'h Place>,
    ) -> Result<Self, ImportError> {
        let view = |info: &TensorInfo| {
            let found = place(&info.name).and_then(|place| Some((place.span, place.kind.encoding?)));
            let (span, encoding) = found.ok_or_else(|| {
                let subject = Subject::Tensor(quoted(&info.name));
                ImportError::missing(subject, Expected::Value, Remedy::DownloadAgain)
            })?;
            let lanes = u64::from(info.shape.lanes());
            Ok(View { span, encoding, lanes, extents: info.shape.extents().to_vec() })
        };
        let views = tensors.iter().map(|(_, info)| view(info)).collect::<Result<_, ImportError>>()?;
        Ok(Weights { source, views })
    }

    /// How the tensor is stored, or nothing for an id of another graph.
    pub fn encoding(&self, id: TensorId) -> Option<Encoding> {
        self.views.get(id.index()).map(|view| view.encoding)
    }

    /// Where the tensor's bytes lie in the file, or nothing for an id of another graph.
    pub fn span(&self, id: TensorId) -> Option<Span> {
        self.views.get(id.index()).map(|view| view.span)
    }

    /// Elements of rows `rows.start .. rows.end()` in row-major order; a row is the innermost extent.
    ///
    /// Errors: a source that fails, or more elements than this machine can address. Panics on rows outside the tensor.
    pub fn rows(&self, id: TensorId, rows: Span) -> Result<Vec<f32>, ImportError> {
        let view = &self.views[id.index()];
        let row_bytes = view.lanes / view.encoding.elements() * view.encoding.bytes();
        let bytes = Span::new(view.span.start + rows.start * row_bytes, rows.len * row_bytes);
        assert!(
            bytes.end() <= view.span.end(),
            "rows {rows:?} of tensor {id}, which has {}",
            view.span.len / row_bytes
        );
        self.decode(view.encoding, bytes)
    }

    fn decode(&self, encoding: Encoding, bytes: Span) -> Result<Vec<f32>, ImportError> {
        let piece = PIECE / encoding.bytes() * encoding.bytes();
        let mut values = Vec::with_capacity(addressable(bytes.len / encoding.bytes() * encoding.elements())?);
        let mut start = bytes.start;
        while start < bytes.end() {
            let span = Span::new(start, piece.min(bytes.end() - start));
            let read = self.source.read(span).map_err(|error| ImportError::unreadable(&error))?;
            if read.len() as u64 != span.len {
                let expected = Expected::Bytes { count: span.len, part: Part::Data };
                let found = Found::ShortRead(read.len() as u64);
                return Err(ImportError::malformed(span.start, Subject::File, expected, found));
            }
            encoding.decode(&read, &mut values);
            start = span.end();
        }
        Ok(values)
    }
}

/// The number of f32 elements, if this machine's memory can be addressed so far (a browser's ends at 4 GiB).
fn addressable(elements: u64) -> Result<usize, ImportError> {
    const ELEMENTS_MAX: usize = isize::MAX as usize / size_of::<f32>();
    usize::try_from(elements).ok().filter(|&elements| elements <= ELEMENTS_MAX).ok_or_else(|| {
        let expected = Expected::Range { low: 1, high: ELEMENTS_MAX as u64 };
        ImportError::option(Subject::Tensors, expected, Found::Number(elements), Remedy::SmallerModel)
    })
}

impl<S: Source> TensorData for Weights<S> {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        let failed = |reason: String| LoadError { tensor: id, reason };
        let missing = || failed(format!("the file's model has {} others", self.views.len()));
        let view = self.views.get(id.index()).ok_or_else(missing)?;
        let values = self.decode(view.encoding, view.span).map_err(|error| failed(error.to_string()))?;
        Ok(Arc::new(Tensor::f32(&view.extents, values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_address_reaches_is_refused_before_it_is_allocated() {
        assert_eq!(addressable(12).ok(), Some(12));
        let error = addressable(1 << 62).expect_err("no machine has 16 EiB");
        assert_eq!(error.remedy, Remedy::SmallerModel);
    }
}
