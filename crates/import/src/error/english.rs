//! The sentences in English.
//!
//! In: an error.  Out: one sentence.
//! Invariant: each part has its counterpart in `chinese`, with the same numbers.
//! Method: where, what it is about, expectation, finding, remedy.

use super::{Expected, Found, ImportError, Part, Remedy, Subject, ValueKind};

pub(super) fn sentence(error: &ImportError) -> String {
    let place = error.at.map(|at| format!("byte {at}: ")).unwrap_or_default();
    let subject = subject(&error.subject);
    let (expected, found) = (expected(&error.expected), found(&error.found));
    format!("{place}{subject}: expected {expected}, found {found}; {}", remedy(error.remedy))
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::File => "file".into(),
        Subject::Header => "header".into(),
        Subject::Entry(number) => format!("metadata entry {number}"),
        Subject::Key(key) => format!("metadata key {key}"),
        Subject::TensorNumber(number) => format!("tensor {number}"),
        Subject::Tensor(name) => format!("tensor {name}"),
        Subject::Tensors => "tensors".into(),
        Subject::Context => "context".into(),
    }
}

fn part(part: Part) -> &'static str {
    match part {
        Part::Magic => "the magic",
        Part::Version => "a version",
        Part::TensorCount => "a tensor count",
        Part::EntryCount => "a metadata count",
        Part::Key => "a key",
        Part::ValueType => "a value type",
        Part::Value => "a value",
        Part::Text => "a text",
        Part::ArrayLength => "an array length",
        Part::Elements => "array elements",
        Part::TensorName => "a tensor name",
        Part::Rank => "a number of dimensions",
        Part::Dimension => "a dimension",
        Part::TensorType => "a tensor type",
        Part::Offset => "an offset",
        Part::Data => "data",
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Integer => "an integer",
        ValueKind::Real => "a real number",
        ValueKind::Boolean => "a Boolean",
        ValueKind::Text => "a text",
        ValueKind::Numbers => "an array of numbers",
        ValueKind::Texts => "an array of texts",
        ValueKind::Arrays => "an array of arrays",
    }
}

fn expected(expected: &Expected) -> String {
    match expected {
        Expected::Bytes { count, part: of } => format!("{count} bytes of {}", part(*of)),
        Expected::LengthAtMost { part: of, most } => format!("{} of at most {most} bytes", part(*of)),
        Expected::CountAtMost { part: of, most, left } => {
            format!("{} of at most {most}, as the file has {left} bytes left", part(*of))
        }
        Expected::Utf8(of) => format!("{} in UTF-8", part(*of)),
        Expected::Range { low, high } => format!("{low} to {high}"),
        Expected::DepthAtMost(depth) => format!("arrays in arrays at most {depth} deep"),
        Expected::Literal(text) => text.clone(),
        Expected::Once => "it once".into(),
        Expected::KnownType => "a tensor type of the format".into(),
        Expected::NotZero => "dimensions that are not zero".into(),
        Expected::Blocks { elements, kind } => {
            format!("a first dimension that is a multiple of {elements}, the block of {kind}")
        }
        Expected::ProductFits => "dimensions whose product fits 64 bits".into(),
        Expected::PowerOfTwo => "a power of two".into(),
        Expected::MultipleOf(factor) => format!("a multiple of {factor}"),
        Expected::After(byte) => format!("a place of its own, from byte {byte} on"),
        Expected::Inside { count, offset } => format!("{count} bytes from offset {offset} on, inside the file"),
        Expected::Value => "a value".into(),
        Expected::OfKind(of) => kind(*of).into(),
        Expected::NotEmpty => "at least one element".into(),
        Expected::OnePerToken(count) => format!("{count} elements, one per token"),
        Expected::TokensFit => "tokens of less than 4 GiB together".into(),
        Expected::KnownToken => "the id of a token in the vocabulary".into(),
        Expected::MergeParts => "two tokens of the vocabulary whose union is one too".into(),
        Expected::DivisorOf(number) => format!("a divisor of {number}"),
        Expected::Even => "an even number".into(),
        Expected::Names(names) => names.join(", "),
        Expected::NamesAndMore(names) => format!("{} and more", names.join(", ")),
        Expected::OnlyFamily => "only tensors of the family".into(),
        Expected::Extents(extents) => format!("extents {extents:?}"),
    }
}

fn found(found: &Found) -> String {
    match found {
        Found::Nothing => "nothing".into(),
        Found::Number(number) => number.to_string(),
        Found::Text(text) | Found::Reason(text) => text.clone(),
        Found::Byte(byte) => format!("the byte {byte:#04x}"),
        Found::Length(length) => format!("a length of {length}"),
        Found::EndAfter(count) => format!("the end of the file after {count}"),
        Found::ShortRead(count) => format!("a short read of {count}"),
        Found::BigEndian => "a big-endian file".into(),
        Found::Deeper => "another level".into(),
        Found::Again => "it again".into(),
        Found::InsideTensor { at, name } => format!("byte {at}, inside tensor {name}"),
        Found::FileOf(size) => format!("a file of {size} bytes"),
        Found::OfKind(of) => kind(*of).into(),
        Found::Extents(extents) => format!("{extents:?}"),
        Found::AtIndex { text, index } => format!("{text} at index {index}"),
        Found::Another => "another".into(),
    }
}

fn remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::DownloadAgain => "download the file again, or convert the model again",
        Remedy::CheckFile => "check that the file is still there and may be read",
        Remedy::ChooseGguf => "choose a .gguf file; other formats are converted to GGUF with their own tools",
        Remedy::ConvertAgain => "convert the model again with a current converter",
        Remedy::ConvertLittleEndian => "convert the model again on a little-endian machine",
        Remedy::ConvertType => "convert the model to F16, Q8_0, Q4_0 or Q4_1",
        Remedy::OtherTokenizer => "choose a model with a byte-level BPE vocabulary, such as SmolLM2 or Llama 3",
        Remedy::OtherFamily => "choose a model of the plain Llama family, such as SmolLM2",
        Remedy::OtherContext => "ask for a context within the model's own",
        Remedy::SmallerModel => "choose a smaller model, or a machine with more memory",
    }
}
