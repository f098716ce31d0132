//! Turns tokens into text as they come.
//!
//! In: the bytes of one token after another, cut anywhere.  Out: the characters that are complete.
//! Invariant: the outputs' concatenation is the lossy UTF-8 reading of all bytes so far, but for an unfinished last character.
//! Method: keeps at most three bytes back.

/// Bytes that await the rest of their character.
#[derive(Clone, Debug, Default)]
pub struct TextStream {
    pending: Vec<u8>,
}

impl TextStream {
    /// Takes the next bytes and gives the text that they complete; what can never be a character becomes U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.pending.clear();
                    return text;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.pending[..valid]));
                    let bad = error.error_len();
                    self.pending.drain(..valid + bad.unwrap_or(0));
                    if bad.is_none() {
                        return text;
                    }
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_appear_when_they_are_complete() {
        let mut stream = TextStream::default();
        let bytes = "a好🚗".as_bytes();
        let parts: Vec<String> = bytes.iter().map(|&byte| stream.push(&[byte])).collect();
        assert_eq!(parts, ["a", "", "", "好", "", "", "", "🚗"]);
        assert_eq!(stream.push(b"\xff\xe5b\xe5\xa5"), "\u{fffd}\u{fffd}b");
        assert_eq!(stream.push(b"\xbd"), "好");
    }
}
