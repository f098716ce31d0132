//! The vocabulary of errors: subjects, expectations, findings, remedies.
//!
//! In: numbers and quoted text.  Out: values that both languages put in words.
//! Invariant: every variant is in use; text from a file enters only through [`quoted`](super::quoted).
//! Method: enumerations, one per part of the sentence.

#![allow(missing_docs, reason = "a variant's line says what its fields are")]

/// What an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The file as a whole.
    File,
    /// The header's fixed fields.
    Header,
    /// The metadata entry with this number, whose key is not known yet.
    Entry(u64),
    /// The metadata entry with this key, quoted.
    Key(String),
    /// The tensor with this number, whose name is not known yet.
    TensorNumber(u64),
    /// The tensor with this name, quoted.
    Tensor(String),
    /// The tensors together.
    Tensors,
    /// The positions that the caller asks room for.
    Context,
}

/// A field of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The four bytes in front.
    Magic,
    /// The format's version.
    Version,
    /// How many tensors there are.
    TensorCount,
    /// How many metadata entries there are.
    EntryCount,
    /// A metadata key.
    Key,
    /// The type of a metadata value.
    ValueType,
    /// A metadata value.
    Value,
    /// A text value.
    Text,
    /// The length of an array.
    ArrayLength,
    /// The elements of an array.
    Elements,
    /// A tensor's name.
    TensorName,
    /// A tensor's number of dimensions.
    Rank,
    /// One dimension of a tensor.
    Dimension,
    /// A tensor's type.
    TensorType,
    /// A tensor's offset.
    Offset,
    /// Anything.
    Data,
}

/// The type of a metadata value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// An integer.
    Integer,
    /// A real number.
    Real,
    /// True or false.
    Boolean,
    /// A text.
    Text,
    /// An array of numbers.
    Numbers,
    /// An array of texts.
    Texts,
    /// An array of arrays.
    Arrays,
}

/// What should have been there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// So many bytes of a field.
    Bytes { count: u64, part: Part },
    /// A field of at most so many bytes.
    LengthAtMost { part: Part, most: u64 },
    /// A count that fits the bytes left.
    CountAtMost { part: Part, most: u64, left: u64 },
    /// A field in UTF-8.
    Utf8(Part),
    /// A number in this range, ends included.
    Range { low: u64, high: u64 },
    /// Arrays in arrays, at most so deep.
    DepthAtMost(u32),
    /// Exactly this, or one of these.
    Literal(String),
    /// Something that occurs once.
    Once,
    /// A tensor type that the format knows.
    KnownType,
    /// Dimensions above zero.
    NotZero,
    /// A first dimension made of whole blocks of a type.
    Blocks { elements: u64, kind: &'static str },
    /// Dimensions whose product can be a size.
    ProductFits,
    /// A power of two.
    PowerOfTwo,
    /// A multiple of this.
    MultipleOf(u64),
    /// A place after this byte.
    After(u64),
    /// So many bytes from this offset on, inside the file.
    Inside { count: u64, offset: u64 },
    /// Any value.
    Value,
    /// A value of this type.
    OfKind(ValueKind),
    /// An array with elements.
    NotEmpty,
    /// An array with this many elements, one per token.
    OnePerToken(u64),
    /// Tokens that fit 32-bit positions.
    TokensFit,
    /// The id of a token.
    KnownToken,
    /// Two tokens whose union is one too.
    MergeParts,
    /// A divisor of this.
    DivisorOf(u64),
    /// An even number.
    Even,
    /// Tensors with these names, quoted.
    Names(Vec<String>),
    /// Tensors with these names, quoted, and others.
    NamesAndMore(Vec<String>),
    /// No tensor but those of the family.
    OnlyFamily,
    /// These extents.
    Extents(Vec<u64>),
}

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A number.
    Number(u64),
    /// Text from the file, quoted, or a number in words of its own.
    Text(String),
    /// A byte.
    Byte(u8),
    /// A length.
    Length(u64),
    /// The end of the file after so many bytes.
    EndAfter(u64),
    /// Fewer bytes than the source promised.
    ShortRead(u64),
    /// A file in the other byte order.
    BigEndian,
    /// Another level of nesting.
    Deeper,
    /// The same again.
    Again,
    /// A place inside another tensor, whose name is quoted.
    InsideTensor { at: u64, name: Box<str> },
    /// A file of so many bytes.
    FileOf(u64),
    /// A value of this type.
    OfKind(ValueKind),
    /// These extents.
    Extents(Vec<u64>),
    /// An element of an array.
    AtIndex { text: Box<str>, index: u64 },
    /// A tensor of another kind.
    Another,
    /// What the medium said.
    Reason(String),
}

/// What the person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The file contradicts itself or ends early.
    DownloadAgain,
    /// The file cannot be read.
    CheckFile,
    /// The file is in another format.
    ChooseGguf,
    /// The file is from an old or careless converter.
    ConvertAgain,
    /// The file is in the other byte order.
    ConvertLittleEndian,
    /// The tensors are of a type that is not decoded.
    ConvertType,
    /// The vocabulary is of another kind.
    OtherTokenizer,
    /// The model is of another family.
    OtherFamily,
    /// The context is too long or empty.
    OtherContext,
    /// The tensor is too large for this machine.
    SmallerModel,
}
