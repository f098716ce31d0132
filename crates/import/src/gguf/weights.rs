//! The tensors of a model as views of its file, decoded when asked for.
//!
//! In: a source, and for each external tensor of the graph where it lies.  Out: f32 elements, whole or by rows.
//! Invariant: a tensor is read in pieces of at most 1 MiB; nothing decoded is kept here.
//! Method: rows are whole blocks, so that a range of rows is a range of bytes.

use super::header::Tensor as Place;
use crate::blocks::Encoding;
use crate::error::{ImportError, Kind};
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
                ImportError::missing(&info.name, "a tensor of a decoded type", crate::error::DOWNLOAD_AGAIN)
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
    /// Errors: rows outside the tensor, or a source that fails.
    pub fn rows(&self, id: TensorId, rows: Span) -> Result<Vec<f32>, ImportError> {
        let Some(view) = self.views.get(id.index()) else {
            return Err(outside(format!("a tensor below {}", self.views.len()), id.to_string()));
        };
        let row_bytes = view.lanes / view.encoding.elements() * view.encoding.bytes();
        let count = view.span.len / row_bytes;
        let end = rows.start.checked_add(rows.len).filter(|&end| end <= count);
        let Some(end) = end else {
            return Err(outside(format!("rows below {count}"), format!("{} from {} on", rows.len, rows.start)));
        };
        let bytes = Span::new(view.span.start + rows.start * row_bytes, (end - rows.start) * row_bytes);
        self.decode(view.encoding, bytes)
    }

    fn decode(&self, encoding: Encoding, bytes: Span) -> Result<Vec<f32>, ImportError> {
        let piece = PIECE / encoding.bytes() * encoding.bytes();
        let mut values = Vec::with_capacity((bytes.len / encoding.bytes() * encoding.elements()) as usize);
        let mut start = bytes.start;
        while start < bytes.end() {
            let span = Span::new(start, piece.min(bytes.end() - start));
            let read = self.source.read(span).map_err(|error| ImportError::unreadable(&error))?;
            encoding.decode(&read, &mut values);
            start = span.end();
        }
        let expected = bytes.len / encoding.bytes() * encoding.elements();
        if values.len() as u64 != expected {
            return Err(outside(format!("{expected} elements"), format!("a short read of {}", values.len())));
        }
        Ok(values)
    }
}

fn outside(expected: String, found: String) -> ImportError {
    let (subject, remedy) = ("weights".into(), "ask for what the graph declares");
    ImportError { kind: Kind::Option, at: None, subject, expected, found, remedy }
}

impl<S: Source> TensorData for Weights<S> {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        let failed = |error: ImportError| LoadError { tensor: id, reason: error.to_string() };
        let missing = || failed(outside(format!("a tensor below {}", self.views.len()), id.to_string()));
        let view = self.views.get(id.index()).ok_or_else(missing)?;
        let values = self.decode(view.encoding, view.span).map_err(failed)?;
        Ok(Arc::new(Tensor::f32(&view.extents, values)))
    }
}
