//! A server with continuous batching: between two steps one newcomer's prompt may be read, and everybody else waits for it.
//!
//! In: a pace and requests.  Out: the server's log, and when each token left it.
//! Invariant: first come, first served; no more sequences than the pace allows; never idle while somebody waits.
//! Method: a loop over decisions: a waiting newcomer with a free place is prefilled, else a step is made, else time passes to the
//! next arrival. A newcomer's first token comes with its prefill.
//!
//! For whoever draws it: `events(from, to)` gives what the server does in that stretch, `waiting(at)` who stands in the queue.

use super::load::Request;
use super::pace::Pace;
use crate::time::At;
use serde::Serialize;
use std::collections::VecDeque;

/// What the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ServerDoing {
    /// Reads the prompt of a newcomer; all others wait.
    Prefill {
        /// Whose.
        request: u32,
    },
    /// Makes a token for each of so many.
    Step {
        /// How many.
        batch: u32,
    },
    /// Nobody is there.
    Idle,
}

/// A stretch of the server's time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerEvent {
    /// What it does.
    pub doing: ServerDoing,
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
}

/// A load that was served.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Served {
    /// The requests.
    pub requests: Vec<Request>,
    /// For each request, when its tokens left the server.
    pub tokens: Vec<Vec<At>>,
    /// What the server did, in order, without a gap.
    pub log: Vec<ServerEvent>,
}

/// Serves `requests`, which are in order of arrival.
pub fn serve(pace: &Pace, requests: &[Request]) -> Served {
    let mut tokens: Vec<Vec<At>> = requests.iter().map(|request| Vec::with_capacity(request.output as usize)).collect();
    let mut coming = (0..requests.len()).collect::<VecDeque<usize>>();
    let mut active: Vec<usize> = Vec::new();
    let mut log = Vec::new();
    let mut now = At::START;
    // A prefill gives way to one step, so that a crowd of newcomers does not stop everybody.
    let mut is_newcomers_turn = true;
    while !(coming.is_empty() && active.is_empty()) {
        let newcomer =
            coming.front().copied().filter(|&next| requests[next].at <= now && active.len() < pace.batch_max());
        let (doing, to) = match newcomer {
            Some(next) if is_newcomers_turn || active.is_empty() => {
                coming.pop_front();
                let to = now + pace.prefill(requests[next].prompt);
                active.push(next);
                tokens[next].push(to);
                (ServerDoing::Prefill { request: next as u32 }, to)
            }
            _ if !active.is_empty() => {
                let to = now + pace.step(active.len());
                active.iter().for_each(|&request| tokens[request].push(to));
                (ServerDoing::Step { batch: active.len() as u32 }, to)
            }
            _ => (ServerDoing::Idle, requests[*coming.front().expect("somebody is still to come")].at.latest(now)),
        };
        is_newcomers_turn = !matches!(doing, ServerDoing::Prefill { .. });
        active.retain(|&request| tokens[request].len() < requests[request].output as usize);
        log.push(ServerEvent { doing, from: now, to });
        now = to;
    }
    Served { requests: requests.to_vec(), tokens, log }
}

impl Served {
    /// When the last token left.
    pub fn end(&self) -> At {
        self.log.last().map_or(At::START, |event| event.to)
    }

    /// What the server does from `from` to `to`, whole stretches.
    pub fn events(&self, from: At, to: At) -> &[ServerEvent] {
        let first = self.log.partition_point(|event| event.to <= from);
        let last = self.log.partition_point(|event| event.from < to);
        &self.log[first..last.max(first)]
    }

    /// Numbers of the requests that have come and have no token yet.
    pub fn waiting(&self, at: At) -> Vec<u32> {
        let come = self.requests.partition_point(|request| request.at <= at);
        (0..come).filter(|&request| at < self.tokens[request][0]).map(|request| request as u32).collect()
    }

    /// Numbers of the requests that have a token and expect more.
    pub fn decoding(&self, at: At) -> Vec<u32> {
        let come = self.requests.partition_point(|request| request.at <= at);
        let is_between = |tokens: &[At]| tokens[0] <= at && tokens.last().is_some_and(|&last| at < last);
        (0..come).filter(|&request| is_between(&self.tokens[request])).map(|request| request as u32).collect()
    }

    /// Tokens per second of the whole server, over its whole time.
    pub fn rate(&self) -> f64 {
        let tokens: usize = self.tokens.iter().map(Vec::len).sum();
        let seconds = (self.end() - At::START).seconds();
        if 0.0 < seconds { tokens as f64 / seconds } else { 0.0 }
    }

    /// Fingerprint of all token times.
    pub fn fingerprint(&self) -> u64 {
        crate::fingerprint::hash(self.tokens.iter().flatten().map(|at| at.0))
    }
}
