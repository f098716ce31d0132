//! The messages between page and worker.
//!
//! In: requests.  Out: reports, as postcard bytes in transferred buffers.
//! Invariant: the worker speaks first, and says its [`PROTOCOL`]: its file is not hashed, so a stale one must be noticed.
//! Method: plain enums; numbers of requests tie late reports to what asked for them.

use serde::{Deserialize, Serialize};

/// Version of this file. Raise it with every change of a message.
pub const PROTOCOL: u32 = 2;

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The answer to [`Report::Hello`].
    Hello {
        /// The page's [`PROTOCOL`].
        protocol: u32,
    },
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The worker's first message.
    Hello {
        /// The worker's [`PROTOCOL`].
        protocol: u32,
    },
    /// Page and worker speak the same version; work can begin.
    Ready,
    /// The run as far as it has come; sent again as it grows.
    Run(Run),
}

/// A run of a verified program: what the time deck shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The model's own name.
    pub model: String,
    /// The simulated chip's clock.
    pub hertz: u64,
    /// How many of the tokens are the prompt.
    pub prompt_tokens: u32,
    /// Every token in order.
    pub tokens: Vec<TokenLine>,
}

/// One decode step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLine {
    /// The token's text.
    pub text: String,
    /// Cycles from its launch to the next token's launch.
    pub cycles: u64,
}

/// Encodes a message.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("these messages hold nothing that postcard cannot write")
}

/// Decodes a message; `None` for bytes of another version.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_its_bytes() {
        let message = Request::Hello { protocol: PROTOCOL };
        assert_eq!(decode::<Request>(&encode(&message)), Some(message));
        assert_eq!(decode::<Request>(&[250, 1]), None);
    }
}
