//! Standard output that may be closed at any time, as `| head` does.
//!
//! In: text.  Out: the same on standard output, as long as somebody reads it.
//! Invariant: a closed pipe is the reader's wish and no error; any other failure to write is one.
//! Method: after the first broken pipe everything is dropped.

use crate::failure::Failure;
use serde::Serialize;
use std::io::{BufWriter, ErrorKind, Result, Write};

/// Where answers go.
pub struct Output<W: Write> {
    sink: Option<BufWriter<W>>,
}

impl<W: Write> Output<W> {
    /// Answers go to `sink`.
    pub fn new(sink: W) -> Self {
        Output { sink: Some(BufWriter::new(sink)) }
    }

    /// Writes `text` as it is.
    pub fn text(&mut self, text: &str) -> std::result::Result<(), Failure> {
        self.attempt(|sink| sink.write_all(text.as_bytes()))
    }

    /// Writes `value` as one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> std::result::Result<(), Failure> {
        let mut line = serde_json::to_string(value).map_err(Failure::refused)?;
        line.push('\n');
        self.text(&line)
    }

    /// Writes what is still held back.
    pub fn finish(&mut self) -> std::result::Result<(), Failure> {
        self.attempt(BufWriter::flush)
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.sink.is_none()
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<W>) -> Result<()>) -> std::result::Result<(), Failure> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        let Err(error) = write(sink) else { return Ok(()) };
        // What is buffered would be written once more on drop.
        if let Some(sink) = self.sink.take() {
            drop(sink.into_parts());
        }
        match error.kind() {
            ErrorKind::BrokenPipe => Ok(()),
            _ => Err(Failure::refused(format!(
                "standard output: {error}; make room for the answer, or send it elsewhere"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
        let mut output = Output::new(Broken(ErrorKind::BrokenPipe));
        assert_eq!(output.text("text"), Ok(()));
        assert_eq!(output.finish(), Ok(()));
        assert!(output.is_closed());
        let mut output = Output::new(Broken(ErrorKind::StorageFull));
        assert_eq!(output.text("text"), Ok(()));
        assert!(output.finish().is_err_and(|failure| failure.message.starts_with("standard output: ")));
    }

    #[test]
    fn json_is_one_line() {
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes);
        assert_eq!(output.json(&["a\nb"]).and_then(|()| output.finish()), Ok(()));
        drop(output);
        assert_eq!(bytes, b"[\"a\\nb\"]\n");
    }
}
