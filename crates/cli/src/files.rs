//! Files: a model read by range, a program, a text; and writing whole or not at all.
//!
//! In: paths.  Out: a source of byte ranges, bytes, text; or one line with the path, what was expected and what helps.
//! Invariant: a file's size is known before anything is allocated, and never more than it is allocated; only plain files are opened,
//!     so that nothing waits for a pipe or reads a device without end.
//! Method: the model stays on disk and is read by seek; a written file gets its name when all of it is there.

use crate::failure::{Advice, Failure};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use study::{Source, SourceError, StudyError};
use units::{Bytes, Span};

/// The default model, part of this program.
const TINY: &[u8] = include_bytes!("../../../static/models/tiny.gguf");
/// Its name on the command line.
pub const TINY_NAME: &str = "tiny";
/// How a model in a file begins.
const MODEL_START: [u8; 4] = *b"GGUF";
/// Greatest size of a file that is read whole.
const WHOLE_MAX: u64 = 1 << 28;

/// Bytes of a model.
pub enum ModelBytes {
    /// Part of this program.
    BuiltIn,
    /// On disk.
    File(Mutex<File>, Bytes),
}

impl Source for ModelBytes {
    fn size(&self) -> Bytes {
        match self {
            ModelBytes::BuiltIn => TINY.size(),
            ModelBytes::File(_, size) => *size,
        }
    }

    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, SourceError> {
        let ModelBytes::File(file, size) = self else { return TINY.read(span) };
        let failed = |reason: String| SourceError { span, reason };
        let is_inside = span.start.checked_add(span.len).is_some_and(|end| end <= size.0);
        let length = usize::try_from(span.len).ok().filter(|_| is_inside);
        let length = length.ok_or_else(|| failed(format!("there are {} bytes", size.0)))?;
        let mut bytes = vec![0; length];
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(span.start)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| failed(error.to_string()))?;
        Ok(Cow::Owned(bytes))
    }
}

/// The model of that name, or in that file.
pub fn model(name: &Path) -> Result<ModelBytes, Failure> {
    if name.as_os_str() == TINY_NAME {
        return Ok(ModelBytes::BuiltIn);
    }
    let (file, size) = open(name, "a .gguf file or the built-in name tiny")?;
    Ok(ModelBytes::File(Mutex::new(file), size))
}

/// Whether the file at `path` begins as a program does; false for what cannot be read.
pub fn is_program(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && study::is_program(&start)
}

/// Refuses a file that begins neither as a program nor as a model, for commands that take both.
pub fn check_is_known(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() == TINY_NAME {
        return Ok(());
    }
    let (file, _) = open(path, "a program of `greenwave compile --out`, a .gguf file or the built-in name tiny")?;
    let mut start = Vec::new();
    let is_read = file.take(MODEL_START.len() as u64).read_to_end(&mut start).is_ok();
    let is_known = is_read && (start == MODEL_START || study::is_program(&start));
    if is_known {
        return Ok(());
    }
    let advice = Advice {
        expected: "`GGUF` (a model) or `GRNW` (a program)",
        remedy: "choose a .gguf file, or a file of `greenwave compile --out`",
    };
    let found = if start.is_empty() { "an empty file".to_owned() } else { format!("`{}`", start.escape_ascii()) };
    Err(Failure::new(format!("{}: byte 0: header", path.display()), advice, found))
}

/// All bytes of the file at `path`.
pub fn bytes(path: &Path, expected: &str) -> Result<Vec<u8>, Failure> {
    let (file, Bytes(size)) = open(path, expected)?;
    if WHOLE_MAX < size {
        let expected = format!("{expected} of at most {WHOLE_MAX} bytes");
        let advice = Advice { expected: &expected, remedy: "give a smaller file" };
        return Err(Failure::new(path.display(), advice, format!("{size} bytes")));
    }
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes).map_err(|error| unreadable(path, expected, error))?;
    Ok(bytes)
}

/// The text in the file at `path`.
pub fn text(path: &Path, expected: &str) -> Result<String, Failure> {
    String::from_utf8(bytes(path, expected)?).map_err(|error| {
        let error = error.utf8_error();
        let advice = Advice { expected: "text in UTF-8", remedy: "save the text as UTF-8" };
        Failure::new(format!("{}: byte {}", path.display(), error.valid_up_to()), advice, "another encoding")
    })
}

/// Writes `bytes` to `path`: the name appears when the file is whole.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_through(path, |sink| sink.write_all(bytes))
}

/// Refuses a place where no file can be written as far as that shows before it is tried: no name, or no folder around it.
pub fn check_place(path: &Path) -> Result<(), Failure> {
    let expected = "a place for a file";
    let is_other = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_other || path.file_name().is_none() {
        let advice = Advice { expected, remedy: "give the name of a file" };
        return Err(Failure::new(path.display(), advice, "a folder or a device"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        let advice = Advice { expected, remedy: "check that the folder exists and may be written" };
        return Err(Failure::new(path.display(), advice, "no folder around it"));
    }
    Ok(())
}

/// Writes to `path` what `fill` puts into the sink, piece by piece: the name appears when the file is whole.
pub fn write_through<T>(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, Failure> {
    check_place(path)?;
    let mut part_name = path.file_name().unwrap_or_default().to_owned();
    part_name.push(".part");
    let part: PathBuf = path.with_file_name(part_name);
    let written = File::create(&part).and_then(|file| {
        let mut sink = BufWriter::new(file);
        let filled = fill(&mut sink)?;
        sink.flush()?;
        fs::rename(&part, path).map(|()| filled)
    });
    written.map_err(|error| {
        drop(fs::remove_file(&part));
        if error.kind() == ErrorKind::Interrupted {
            return Failure::of_study("", &StudyError::Cancelled);
        }
        let advice =
            Advice { expected: "a place for a file", remedy: "check that the folder exists and may be written" };
        Failure::new(path.display(), advice, error)
    })
}

/// A plain file and its size.
fn open(path: &Path, expected: &str) -> Result<(File, Bytes), Failure> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, expected, error))?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "a device or a pipe" };
        let advice = Advice { expected, remedy: "give the path of a file" };
        return Err(Failure::new(path.display(), advice, found));
    }
    let file = File::open(path).map_err(|error| unreadable(path, expected, error))?;
    Ok((file, Bytes(metadata.len())))
}

fn unreadable(path: &Path, expected: &str, error: std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => {
            Failure::new(path.display(), Advice { expected, remedy: "check the path" }, "nothing there")
        }
        _ => Failure::new(path.display(), Advice { expected, remedy: "check that the file may be read" }, error),
    }
}
