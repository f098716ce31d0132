//! Reads numbers and texts one after the other from a source, through a window that follows.
//!
//! In: a source.  Out: little-endian values, or an error that names the position.
//! Invariant: nothing is read or allocated beyond the end of the file: lengths are compared with what is left first.
//! Method: a window of 256 KiB slides over the header, so that a file of any size costs the header only.

use crate::error::{DOWNLOAD_AGAIN, ImportError, Kind, quoted};
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
    pub subject: String,
}

impl<'s, S: Source + ?Sized> Cursor<'s, S> {
    /// A cursor at the first byte.
    pub fn new(source: &'s S) -> Self {
        let window = Cow::Borrowed(&[] as &[u8]);
        Cursor { source, size: source.size().0, at: 0, window, window_start: 0, subject: "header".into() }
    }

    /// Position of the next byte.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Bytes between here and the end of the file.
    pub fn left(&self) -> u64 {
        self.size - self.at
    }

    /// The next `count` bytes, which are `what`.
    pub fn take(&mut self, count: u64, what: &str) -> Result<&[u8], ImportError> {
        if self.left() < count {
            return Err(self.truncated(count, what));
        }
        let window_end = self.window_start + self.window.len() as u64;
        if self.at < self.window_start || window_end < self.at + count {
            let span = Span::new(self.at, count.max(WINDOW).min(self.left()));
            self.window = self.source.read(span).map_err(|error| ImportError::unreadable(&error))?;
            self.window_start = self.at;
        }
        let start = (self.at - self.window_start) as usize;
        self.at += count;
        let have = self.window.len();
        self.window.get(start..start + count as usize).ok_or_else(|| ImportError {
            kind: Kind::Unreadable,
            at: Some(self.at),
            subject: self.subject.clone(),
            expected: format!("{count} bytes of {what}"),
            found: format!("a short read of {have}"),
            remedy: "check that the file is still there and may be read",
        })
    }

    /// Unsigned 32 bits.
    pub fn u32(&mut self, what: &str) -> Result<u32, ImportError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// Unsigned 64 bits.
    pub fn u64(&mut self, what: &str) -> Result<u64, ImportError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], ImportError> {
        let bytes = self.take(N as u64, what)?;
        Ok(bytes.try_into().expect("take gives exactly the bytes asked for"))
    }

    /// A text with its 64-bit length in front, of at most `longest` bytes.
    pub fn text(&mut self, longest: u64, what: &str) -> Result<&str, ImportError> {
        let at = self.at;
        let length = self.u64(what)?;
        if longest < length {
            let expected = format!("{what} of at most {longest} bytes");
            return Err(ImportError::malformed(at, &self.subject, expected, format!("a length of {length}")));
        }
        let subject = self.subject.clone();
        let bytes = self.take(length, what)?;
        std::str::from_utf8(bytes).map_err(|error| {
            let bad = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let at = at + 8 + error.valid_up_to() as u64;
            ImportError::malformed(at, subject, format!("{what} in UTF-8"), format!("the byte {bad:#04x}"))
        })
    }

    /// A 64-bit count of things of at least `bytes_min` bytes each: refused when they cannot fit in what is left.
    pub fn count(&mut self, bytes_min: u64, what: &str) -> Result<u64, ImportError> {
        let at = self.at;
        let count = self.u64(what)?;
        let most = self.left() / bytes_min;
        if most < count {
            let expected = format!("{what} of at most {most}, as the file has {} bytes left", self.left());
            return Err(ImportError::malformed(at, &self.subject, expected, count.to_string()));
        }
        Ok(count)
    }

    fn truncated(&self, count: u64, what: &str) -> ImportError {
        ImportError {
            kind: Kind::Truncated,
            at: Some(self.at),
            subject: self.subject.clone(),
            expected: format!("{count} bytes of {what}"),
            found: format!("the end of the file after {}", self.left()),
            remedy: DOWNLOAD_AGAIN,
        }
    }
}

/// The subject line for a named thing in the file.
pub fn named(what: &str, name: &str) -> String {
    format!("{what} {}", quoted(name))
}
