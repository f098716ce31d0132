//! Reads numbers and texts one after the other from a source, through a window that follows.
//!
//! In: a source.  Out: little-endian values, or an error that names the position.
//! Invariant: nothing is read or allocated beyond the end of the file: lengths are compared with what is left first.
//! Method: a window of 256 KiB slides over the header, so that a file of any size costs the header only.

use crate::error::{Expected, Found, ImportError, Kind, Part, Remedy, Subject};
use crate::source::Source;
use std::borrow::Cow;
use units::Span;

const WINDOW: u64 = 256 * 1024;

/// A position in a source, moving forwards.
pub struct Cursor<'s, S: ?Sized> {
    source: &'s S,
    size: u64,
    at: u64,
    window: Cow<'s, [u8]>,
    window_start: u64,
    /// What is being read, for messages: the caller keeps it up to date.
    pub subject: Subject,
}

impl<'s, S: Source + ?Sized> Cursor<'s, S> {
    /// A cursor at the first byte.
    pub fn new(source: &'s S) -> Self {
        let window = Cow::Borrowed(&[] as &[u8]);
        Cursor { source, size: source.size().0, at: 0, window, window_start: 0, subject: Subject::Header }
    }

    /// Position of the next byte.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Bytes between here and the end of the file.
    pub fn left(&self) -> u64 {
        self.size - self.at
    }

    /// The next `count` bytes, which are of `part`.
    pub fn take(&mut self, count: u64, part: Part) -> Result<&[u8], ImportError> {
        if self.left() < count {
            return Err(self.truncated(count, part));
        }
        let window_end = self.window_start + self.window.len() as u64;
        if self.at < self.window_start || window_end < self.at + count {
            let span = Span::new(self.at, count.max(WINDOW).min(self.left()));
            self.window = self.source.read(span).map_err(|error| ImportError::unreadable(&error))?;
            self.window_start = self.at;
        }
        let start = (self.at - self.window_start) as usize;
        self.at += count;
        let have = self.window.len() as u64;
        self.window.get(start..start + count as usize).ok_or_else(|| ImportError {
            kind: Kind::Unreadable,
            at: Some(self.at),
            subject: self.subject.clone(),
            expected: Expected::Bytes { count, part },
            found: Found::ShortRead(have),
            remedy: Remedy::CheckFile,
        })
    }

    /// Unsigned 32 bits.
    pub fn u32(&mut self, part: Part) -> Result<u32, ImportError> {
        Ok(u32::from_le_bytes(self.array(part)?))
    }

    /// Unsigned 64 bits.
    pub fn u64(&mut self, part: Part) -> Result<u64, ImportError> {
        Ok(u64::from_le_bytes(self.array(part)?))
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, part: Part) -> Result<[u8; N], ImportError> {
        let bytes = self.take(N as u64, part)?;
        Ok(bytes.try_into().expect("take gives exactly the bytes asked for"))
    }

    /// A text with its 64-bit length in front, of at most `longest` bytes.
    pub fn text(&mut self, longest: u64, part: Part) -> Result<&str, ImportError> {
        let at = self.at;
        let length = self.u64(part)?;
        if longest < length {
            let expected = Expected::LengthAtMost { part, most: longest };
            return Err(ImportError::malformed(at, self.subject.clone(), expected, Found::Length(length)));
        }
        let subject = self.subject.clone();
        let bytes = self.take(length, part)?;
        std::str::from_utf8(bytes).map_err(|error| {
            let bad = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let at = at + 8 + error.valid_up_to() as u64;
            ImportError::malformed(at, subject, Expected::Utf8(part), Found::Byte(bad))
        })
    }

    /// A 64-bit count of things of at least `bytes_min` bytes each: refused when they cannot fit in what is left.
    pub fn count(&mut self, bytes_min: u64, part: Part) -> Result<u64, ImportError> {
        let at = self.at;
        let count = self.u64(part)?;
        let most = self.left() / bytes_min;
        if most < count {
            let expected = Expected::CountAtMost { part, most, left: self.left() };
            return Err(ImportError::malformed(at, self.subject.clone(), expected, Found::Number(count)));
        }
        Ok(count)
    }

    fn truncated(&self, count: u64, part: Part) -> ImportError {
        ImportError {
            kind: Kind::Truncated,
            at: Some(self.at),
            subject: self.subject.clone(),
            expected: Expected::Bytes { count, part },
            found: Found::EndAfter(self.left()),
            remedy: Remedy::DownloadAgain,
        }
    }
}
