//! The tensor types of the format: their names, their blocks, and which of them are decoded here.
//!
//! In: the type code in a file.  Out: elements and bytes per block.
//! Invariant: a type's size is known even where its values cannot be decoded, so that every file's layout is checked.
//! Method: a table.
//! Source: ggml's type list (ids, block sizes), read in its public documentation of GGUF.

use crate::blocks::Encoding;

/// A tensor type.
#[derive(Debug, PartialEq, Eq)]
pub struct TensorType {
    /// Its code in the file.
    pub code: u32,
    /// Its name.
    pub name: &'static str,
    /// Elements per block.
    pub elements: u64,
    /// Bytes per block.
    pub bytes: u64,
    /// How it is decoded, if it is.
    pub encoding: Option<Encoding>,
}

const fn decoded(code: u32, name: &'static str, encoding: Encoding) -> TensorType {
    TensorType { code, name, elements: encoding.elements(), bytes: encoding.bytes(), encoding: Some(encoding) }
}

const fn sized(code: u32, name: &'static str, elements: u64, bytes: u64) -> TensorType {
    TensorType { code, name, elements, bytes, encoding: None }
}

static TYPES: [TensorType; 32] = [
    decoded(0, "F32", Encoding::F32),
    decoded(1, "F16", Encoding::F16),
    decoded(2, "Q4_0", Encoding::Q4_0),
    decoded(3, "Q4_1", Encoding::Q4_1),
    sized(6, "Q5_0", 32, 22),
    sized(7, "Q5_1", 32, 24),
    decoded(8, "Q8_0", Encoding::Q8_0),
    sized(9, "Q8_1", 32, 36),
    sized(10, "Q2_K", 256, 84),
    sized(11, "Q3_K", 256, 110),
    sized(12, "Q4_K", 256, 144),
    sized(13, "Q5_K", 256, 176),
    sized(14, "Q6_K", 256, 210),
    sized(15, "Q8_K", 256, 292),
    sized(16, "IQ2_XXS", 256, 66),
    sized(17, "IQ2_XS", 256, 74),
    sized(18, "IQ3_XXS", 256, 98),
    sized(19, "IQ1_S", 256, 50),
    sized(20, "IQ4_NL", 32, 18),
    sized(21, "IQ3_S", 256, 110),
    sized(22, "IQ2_S", 256, 82),
    sized(23, "IQ4_XS", 256, 136),
    sized(24, "I8", 1, 1),
    sized(25, "I16", 1, 2),
    sized(26, "I32", 1, 4),
    sized(27, "I64", 1, 8),
    sized(28, "F64", 1, 8),
    sized(29, "IQ1_M", 256, 56),
    decoded(30, "BF16", Encoding::Bf16),
    sized(34, "TQ1_0", 256, 54),
    sized(35, "TQ2_0", 256, 66),
    sized(39, "MXFP4", 32, 17),
];

impl TensorType {
    /// The type with this code.
    pub fn of(code: u32) -> Option<&'static TensorType> {
        TYPES.iter().find(|kind| kind.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_increase_and_the_six_decoded_types_keep_their_blocks() {
        assert!(TYPES.windows(2).all(|pair| pair[0].code < pair[1].code));
        let decoded: Vec<_> = TYPES.iter().filter(|kind| kind.encoding.is_some()).collect();
        let blocks: Vec<_> = decoded.iter().map(|kind| (kind.name, kind.elements, kind.bytes)).collect();
        let expected =
            [("F32", 1, 4), ("F16", 1, 2), ("Q4_0", 32, 18), ("Q4_1", 32, 20), ("Q8_0", 32, 34), ("BF16", 1, 2)];
        assert_eq!(blocks, expected);
    }
}
