//! The alphabet of byte-level vocabularies: one printable character per byte.
//!
//! In: a character of a vocabulary file.  Out: the byte it stands for.
//! Invariant: 256 characters stand for the 256 bytes, one each.
//! Method: printable Latin-1 stands for itself; the other 68 bytes are numbered from U+0100 on in increasing order.
//! Source: the GPT-2 release, function `bytes_to_unicode`.

/// The byte that `character` stands for.
pub fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    let byte = match code {
        33..=126 | 161..=172 | 174..=255 => code,
        256..=288 => code - 256,
        289..=322 => code - 289 + 127,
        323 => 173,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_one_character() {
        let mut bytes: Vec<u8> = (0..0x400).filter_map(char::from_u32).filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(byte_of('Ġ'), Some(b' '));
        assert_eq!(byte_of('Ċ'), Some(b'\n'));
        assert_eq!(byte_of('好'), None);
    }
}
