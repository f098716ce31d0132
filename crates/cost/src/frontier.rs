//! Dollars and joules against speed: what a token costs when it comes at so many per second.
//!
//! In: a sheet, hardware, a curve of speed over users.  Out: a point per load, and where two machines' curves cross.
//! Invariant: a point comes from a bill that can be opened; no more users than the memory has caches for.
//! Method: every load is a bill of its own; between points a curve is straight.

use crate::bill::{self, BillError, Row};
use crate::{Hardware, QuestionError, Sheet, Text, dollars, joules};
use serde::{Deserialize, Serialize};
use units::Order;

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

/// A place on a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Along the common axis.
    pub x: f64,
    /// What both curves tell of.
    pub y: f64,
}

/// The users whose caches fit beside the weights, with the formula and its inputs; the whole part of its value counts.
///
/// Errors: the role of the memory cannot be read, or the formula has no value.
pub fn fit(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Row, BillError> {
    let memory_mb = &hardware.memory_mb;
    let free = format!("hardware.chips * ({memory_mb}) * 1e6 - use.stored_gb * 1e9");
    let formula = format!("fit.cache_share * ({free}) / (use.kv_bytes * use.context)");
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
    let memory_mb = &hardware.memory_mb;
    let caches = format!("{users} * use.kv_bytes * use.context / fit.cache_share");
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

/// Where two curves, each rising in x, meet; between their places they are straight.
///
/// A stretch in which they lie on one another counts once, at its beginning.
pub fn crossings(first: &[Place], second: &[Place]) -> Vec<Place> {
    let mut stops: Vec<f64> = first.iter().chain(second).map(|place| place.x).collect();
    stops.order_by(f64::total_cmp);
    stops.dedup();
    let mut found: Vec<Place> = Vec::new();
    let mut before: Option<(Place, f64)> = None;
    for x in stops {
        let (Some(y), Some(other)) = (height(first, x), height(second, x)) else { continue };
        let gap = y - other;
        match before {
            Some((_, earlier)) if earlier == 0.0 && gap == 0.0 => {}
            _ if gap == 0.0 => found.push(Place { x, y }),
            Some((from, earlier)) if earlier * gap < 0.0 => {
                let part = earlier / (earlier - gap);
                found.push(Place { x: from.x + part * (x - from.x), y: from.y + part * (y - from.y) });
            }
            _ => {}
        }
        before = Some((Place { x, y }, gap));
    }
    found
}

/// The height of a curve at `x`; `None` outside of it.
fn height(curve: &[Place], x: f64) -> Option<f64> {
    let after = curve.iter().position(|place| x <= place.x)?;
    let right = curve[after];
    if right.x == x {
        return Some(right.y);
    }
    let left = curve[after.checked_sub(1)?];
    Some(left.y + (x - left.x) / (right.x - left.x) * (right.y - left.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(places: &[(f64, f64)]) -> Vec<Place> {
        places.iter().map(|(x, y)| Place { x: *x, y: *y }).collect()
    }

    #[test]
    fn curves_cross_where_they_change_places() {
        let rising = curve(&[(1.0, 1.0), (3.0, 5.0)]);
        assert_eq!(crossings(&rising, &curve(&[(0.0, 5.0), (5.0, 0.0)])), curve(&[(2.0, 3.0)]));
        assert_eq!(crossings(&rising, &curve(&[(0.0, 9.0), (5.0, 9.0)])), []);
        assert_eq!(crossings(&rising, &curve(&[(4.0, 0.0), (5.0, 9.0)])), [], "they share no x");
    }

    #[test]
    fn touching_counts_once() {
        let flat = curve(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 2.0)]);
        let long = curve(&[(0.0, 1.0), (2.0, 1.0), (3.0, 0.0)]);
        assert_eq!(crossings(&flat, &long), curve(&[(0.0, 1.0)]));
        assert_eq!(crossings(&flat, &curve(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)])), curve(&[(1.0, 1.0)]));
    }
}
