//! Several users in flight: what each of them gets, and all together.
//!
//! In: a fleet's figures, a number of users.  Out: the time between tokens and the rates, or why so many cannot be served.
//! Invariant: no seat has two tokens at once, nobody has a token before the one that it follows, and every user's caches have room.
//! Method: tokens leave when the busiest seat is free again; with fewer groups of users than seats, when one has had its last ones. A group
//!     is the users whose tokens a seat takes together; more than one pays where there are more users than seats, or weights to wait for.

use super::{FleetFigures, Kind};
use crate::cases::CaseError;
use serde::Serialize;
use units::{Cycles, Hertz, Text};

/// So many users.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Served {
    /// How many.
    pub users: u64,
    /// Of these, whose tokens a seat takes together.
    pub batch: u64,
    /// Cycles from one launch to the next one, whoever has it.
    pub apart: u64,
    /// Cycles from a user's token to that user's next one.
    pub latency: u64,
    /// Tokens per second of each.
    pub tokens_per_second_per_user: f64,
    /// Tokens per second of all.
    pub tokens_per_second_total: f64,
    /// Bytes of caches that all users have on the chip with the most of them.
    pub caches: u64,
}

impl FleetFigures {
    /// What so many users get.
    ///
    /// Errors: none, or more than caches have room for, with the arithmetic.
    pub fn served(&self, users: u64) -> Result<Served, CaseError> {
        let fullest = self.kinds.iter().min_by_key(|kind| kind.holds.users).filter(|_| users != 0);
        // A launch writes caches for as many as it takes, be it that fewer are there.
        let groups = users.div_ceil(self.batch);
        let fits = |kind: &&Kind| groups.checked_mul(self.batch).is_some_and(|all| all <= kind.holds.users);
        let Some(fullest) = fullest.filter(fits) else {
            return Err(CaseError::Line(self.crowded(users)));
        };
        let apart = self.period.max(self.cycles.div_ceil(groups));
        let latency = apart * groups;
        let rate = |cycles: u64| Hertz(self.hertz).per_second(Cycles(cycles));
        Ok(Served {
            users,
            batch: self.batch,
            apart,
            latency,
            tokens_per_second_per_user: rate(latency),
            tokens_per_second_total: users as f64 / groups as f64 * rate(apart),
            caches: groups * self.batch * fullest.holds.caches,
        })
    }

    /// Why so many users cannot be served.
    fn crowded(&self, users: u64) -> Text {
        let fullest = self.kinds.iter().min_by_key(|kind| kind.holds.users);
        let [parts, each] = [
            fullest.map_or_else(String::new, |kind: &Kind| kind.parts.clone()),
            fullest.map_or(0, |kind| kind.holds.caches).to_string(),
        ];
        let (most, context) = (self.users_by_memory / self.batch * self.batch, self.context);
        Text::new(
            format!(
                "users：{users} 位使用者放不下。節點「{parts}」的每顆晶片要為每位使用者保留 {each} 位元組的快取（上下文 {context}），這些記憶體切片只夠 {most} 位。請改成 1 到 {most} 位，或縮短上下文。"
            ),
            format!(
                "users: expected 1 to {most}, found {users}: each chip of a node `{parts}` keeps {each} bytes of caches for each at context {context}, \
                 and the slices of its caches have room for {most}; ask for 1 to {most} users or a shorter context"
            ),
        )
    }
}
