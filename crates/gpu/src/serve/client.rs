//! What a client sees: the server's tokens after the way through the network, for either contestant.
//!
//! In: when tokens left a server, whichever.  Out: when they reached the client, counted from when it asked.
//! Invariant: order is kept: a token never overtakes the one before it.
//! Method: half a round trip there, half and a gamma-distributed delay back for every token.

use super::server::Served;
use crate::constants::load;
use crate::draw::gamma_four;
use crate::source::{Place, Source, Sources};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// The way between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// There and back.
    pub round_trip: Nanos,
    /// What each packet takes longer, in the mean.
    pub jitter: Nanos,
    /// What is random.
    pub sources: Sources,
    /// Seed.
    pub seed: u64,
}

/// What a client saw of each request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Client {
    /// When each request was sent.
    pub asked: Vec<At>,
    /// When its tokens came.
    pub tokens: Vec<Vec<At>>,
}

impl Network {
    /// The usual way, with `seed`.
    pub fn usual(seed: u64) -> Self {
        Network {
            round_trip: Nanos::from_millis(load::ROUND_TRIP.default),
            jitter: Nanos::from_millis(load::NETWORK_JITTER.default),
            sources: Sources::all(),
            seed,
        }
    }
}

impl Client {
    /// The client at the server's door: no network.
    pub fn at_door(served: &Served) -> Self {
        Client { asked: served.requests.iter().map(|request| request.at).collect(), tokens: served.tokens.clone() }
    }

    /// The client behind `network`.
    pub fn behind(network: &Network, served: &Served) -> Self {
        let half = network.round_trip * 0.5;
        let asked = served.requests.iter().map(|request| request.at + (Nanos::ZERO - half)).collect();
        let one = |(request, tokens): (u32, &Vec<At>)| {
            let mut last = At(f64::NEG_INFINITY);
            let come = (0u32..).zip(tokens).map(|(kernel, &left)| {
                let place = Place { step: request, gpu: 0, kernel };
                let is_random = network.sources.has(Source::Network);
                let factor = if is_random { gamma_four(&mut Source::Network.stream(network.seed, place)) } else { 1.0 };
                last = last.latest(left + half + network.jitter * factor);
                last
            });
            come.collect()
        };
        Client { asked, tokens: (0u32..).zip(&served.tokens).map(one).collect() }
    }
}
