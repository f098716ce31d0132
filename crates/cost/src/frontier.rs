//! Dollars and joules against speed: what a token costs when it comes at so many per second.
//!
//! In: a sheet, hardware, a curve of speed over users.  Out: a point per load; how many users fit, and what so many need.
//! Invariant: a point comes from a bill that can be opened; no more users than the memory has caches for.
//! Method: every load is a bill of its own.

use crate::bill::{self, BillError, Row};
use crate::{Hardware, QuestionError, Sheet, Text, dollars, joules};
use serde::{Deserialize, Serialize};

/// Speed of one user's text against the number of users served at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateCurve {
    /// Users at once, rising, and tokens per second of each.
    pub points: Vec<Load>,
    /// How a reading of the weights is shared.
    pub reading: Reading,
}

/// One load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Users at once.
    pub users: f64,
    /// Tokens per second of each.
    pub per_user: f64,
}

/// How many tokens share one reading of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// All users of a moment: a batch.
    Shared,
    /// One: users follow one another through a pipeline.
    Single,
}

/// What a token costs at one load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The load.
    pub load: Load,
    /// Tokens per second of all users.
    pub tokens_per_second: f64,
    /// Dollars per million tokens; `None` if no price of the hardware is known.
    pub dollars: Option<f64>,
    /// Joules per token.
    pub joules: f64,
}

/// The users whose caches fit beside the weights, with the formula and its inputs; the whole part of its value counts.
///
/// Errors: the role of the memory cannot be read, or the formula has no value.
pub fn fit(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Row, BillError> {
    let Hardware { memory_mb, cache_share, .. } = hardware;
    let free = format!("hardware.chips * ({memory_mb}) * 1e6 - use.stored_gb * 1e9");
    let formula = format!("{cache_share} * ({free}) / (use.kv_bytes * use.context)");
    bill::open(sheet, Text::of("快取放得下的使用者", "users whose caches fit"), formula)
}

/// The number of users whose caches fit; none if not even the weights fit.
///
/// Errors: as `fit`.
pub fn users_most(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<f64, BillError> {
    Ok(fit(sheet, hardware)?.value.floor().max(0.0))
}

/// The chips that weights and the caches of `users` need, with the formula and its inputs; a fraction counts as one more.
///
/// Errors: as `fit`.
pub fn needed(sheet: &Sheet<'_>, hardware: &Hardware, users: f64) -> Result<Row, BillError> {
    let Hardware { memory_mb, cache_share, .. } = hardware;
    let caches = format!("{users} * use.kv_bytes * use.context / {cache_share}");
    let formula = format!("(use.stored_gb * 1e9 + {caches}) / (({memory_mb}) * 1e6)");
    bill::open(sheet, Text::of("這麼多人需要的晶片", "chips that so many users need"), formula)
}

/// A point for each load of `curve` that memory allows, on a sheet that has the hardware and its use.
///
/// Errors: the curve is empty or not rising in users, or a bill cannot be written.
pub fn frontier(sheet: &Sheet<'_>, hardware: &Hardware, curve: &RateCurve) -> Result<Vec<Point>, QuestionError> {
    let is_sound = |load: &Load| 0.0 < load.users && 0.0 < load.per_user;
    let is_rising = curve.points.windows(2).all(|pair| pair[0].users < pair[1].users);
    if curve.points.is_empty() || !is_rising || !curve.points.iter().all(is_sound) {
        return Err(QuestionError::Curve);
    }
    let most = users_most(sheet, hardware)?;
    let loads = curve.points.iter().filter(|load| load.users <= most);
    loads.map(|load| point(sheet, hardware, *load, curve.reading)).collect()
}

fn point(sheet: &Sheet<'_>, hardware: &Hardware, load: Load, reading: Reading) -> Result<Point, QuestionError> {
    let tokens_per_second = load.users * load.per_user;
    let mut loaded = sheet.clone();
    loaded.edit_within("use.tokens_per_second", tokens_per_second);
    if reading == Reading::Shared {
        loaded.edit_within("use.batch", load.users);
    }
    let dollars = match dollars::owned(&loaded, hardware) {
        Ok(bill) => Some(bill.total),
        Err(BillError::NoPrice) => None,
        Err(error) => return Err(error.into()),
    };
    let joules = joules::joules(&loaded, hardware)?.total;
    Ok(Point { load, tokens_per_second, dollars, joules })
}
