//! The API's meter: gaps between tokens, time per token of a request, time to first token.
//!
//! In: what a client saw.  Out: three spreads of the API.
//! Invariant: time per token is decoding only: from first to last token over their number less one.
//! Method: as recomputed from LLMPerf's raw files, whose own field includes the time to first token and is not used.

use super::client::Client;
use crate::meter::{Api, Spread};
use crate::time::Nanos;
use serde::Serialize;

/// Jitter as users see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApiJitter {
    /// From each token to the next.
    pub token_gap: Spread<Api>,
    /// Mean time per token of each request, after its first.
    pub per_request: Spread<Api>,
    /// From asking to the first token.
    pub first_token: Spread<Api>,
}

impl ApiJitter {
    /// Reads the meter.
    pub fn read(client: &Client) -> Self {
        let gaps =
            |tokens: &Vec<_>| tokens.windows(2).map(|pair: &[crate::At]| pair[1] - pair[0]).collect::<Vec<Nanos>>();
        let token_gap: Vec<Nanos> = client.tokens.iter().flat_map(gaps).collect();
        let mean = |tokens: &Vec<crate::At>| {
            let (first, last) = (tokens.first()?, tokens.last()?);
            (1 < tokens.len()).then(|| (*last - *first) / (tokens.len() - 1) as f64)
        };
        let per_request: Vec<Nanos> = client.tokens.iter().filter_map(mean).collect();
        let first =
            client.asked.iter().zip(&client.tokens).filter_map(|(asked, tokens)| Some(*tokens.first()? - *asked));
        let first_token: Vec<Nanos> = first.collect();
        ApiJitter {
            token_gap: Spread::of(&token_gap),
            per_request: Spread::of(&per_request),
            first_token: Spread::of(&first_token),
        }
    }
}
