//! Where a model's bytes come from: anything that can hand out byte ranges.
//!
//! In: a span of byte positions.  Out: those bytes, borrowed where they already lie in memory.
//! Invariant: `read` gives exactly `span.len` bytes or an error; nothing here knows files, blobs or the network.
//! Method: a trait that the two ends (command line, page) implement; slices and vectors implement it here.

use std::borrow::Cow;
use units::{Bytes, Span};

/// Random access to the bytes of one file.
pub trait Source {
    /// Size of the whole file.
    fn size(&self) -> Bytes;

    /// The bytes of `span`, all of them.
    ///
    /// Errors: [`SourceError`] when the span reaches past the end or the medium fails.
    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError>;
}

/// A byte range that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bytes {} to {} could not be read: {reason}", span.start, span.start.saturating_add(span.len))]
pub struct SourceError {
    /// What was asked for.
    pub span: Span,
    /// What the medium said.
    pub reason: String,
}

impl Source for [u8] {
    fn size(&self) -> Bytes {
        Bytes(self.len() as u64)
    }

    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError> {
        let start = usize::try_from(span.start).ok();
        let end = span.start.checked_add(span.len).and_then(|end| usize::try_from(end).ok());
        let bytes = start.zip(end).and_then(|(start, end)| self.get(start..end));
        bytes.map(Cow::Borrowed).ok_or_else(|| {
            let reason = format!("there are {} bytes", self.len());
            SourceError { span, reason }
        })
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> Bytes {
        self.as_slice().size()
    }

    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError> {
        self.as_slice().read(span)
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn size(&self) -> Bytes {
        (**self).size()
    }

    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError> {
        (**self).read(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_gives_its_ranges_and_refuses_what_lies_outside() {
        let bytes = [1u8, 2, 3, 4];
        let source = bytes.as_slice();
        assert_eq!(source.read(Span::new(1, 2)).unwrap().as_ref(), &[2, 3]);
        assert_eq!(source.read(Span::new(4, 0)).unwrap().as_ref(), &[] as &[u8]);
        for span in [Span::new(3, 2), Span::new(5, 0), Span::new(u64::MAX, 2)] {
            assert_eq!(source.read(span).unwrap_err().span, span);
        }
    }
}
