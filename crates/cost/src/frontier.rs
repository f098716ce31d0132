//! Dollars and joules against speed: what a token costs when it comes at so many per second.
//!
//! In: a sheet, hardware, a curve of speed over users.  Out: a point per load, and where two machines' curves cross.
//! Invariant: a point comes from a bill that can be opened; no more users than the memory has caches for.
//! Method: every load is a bill of its own; between points a curve is straight.

use crate::bill::BillError;
use crate::{Hardware, QuestionError, Sheet, dollars, joules};
use serde::{Deserialize, Serialize};
use units::Formula;

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

/// A place where two curves meet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Where, on the common axis.
    pub x: f64,
    /// The value that both have there.
    pub y: f64,
}

/// The users whose caches fit beside the weights, as a formula over the sheet: `model_gb` and `chip_mb` are ids or formulas.
///
/// The whole part of its value is the number of users.
pub fn users_that_fit(chip_mb: &str, model_gb: &str) -> String {
    format!(
        "fit.cache_share * (hardware.chips * ({chip_mb}) * 1e6 - ({model_gb}) * 1e9) / (use.kv_bytes * use.context)"
    )
}

/// The number of users whose caches fit: the whole part of `users_that_fit`, and none if not even the weights fit.
///
/// Errors: a formula cannot be read or has no value.
pub fn concurrency(sheet: &Sheet<'_>, chip_mb: &str, model_gb: &str) -> Result<f64, BillError> {
    let users = sheet.evaluate(&Formula::parse(&users_that_fit(chip_mb, model_gb))?)?;
    Ok(users.floor().max(0.0))
}

/// A point for each load of `curve` with at most `users_most` users, on a sheet that has the hardware and its use.
///
/// Errors: the curve is empty or not rising in users, or a bill cannot be written.
pub fn frontier(
    sheet: &Sheet<'_>,
    hardware: &Hardware,
    curve: &RateCurve,
    users_most: f64,
) -> Result<Vec<Point>, QuestionError> {
    let is_sound = |load: &Load| 0.0 < load.users && 0.0 < load.per_user;
    let is_rising = curve.points.windows(2).all(|pair| pair[0].users < pair[1].users);
    if curve.points.is_empty() || !is_rising || !curve.points.iter().all(is_sound) {
        let message = "a curve needs points with more and more users, each served at more than 0 tokens per second";
        return Err(QuestionError::Curve(message.to_owned()));
    }
    let loads = curve.points.iter().filter(|load| load.users <= users_most);
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

/// Where two curves of (x, y), each rising in x, meet; between their points they are straight.
///
/// A stretch in which they lie on one another counts once, at its beginning.
pub fn crossings(first: &[(f64, f64)], second: &[(f64, f64)]) -> Vec<Crossing> {
    let mut stops: Vec<f64> = first.iter().chain(second).map(|(x, _)| *x).collect();
    stops.sort_by(f64::total_cmp);
    stops.dedup();
    let gap = |x: f64| Some((height(first, x)?, height(second, x)?));
    let mut found: Vec<Crossing> = Vec::new();
    let mut before: Option<(f64, f64, f64)> = None;
    for x in stops {
        let Some((y, other)) = gap(x) else { continue };
        let difference = y - other;
        let crossing = match before {
            _ if difference == 0.0 => Some(Crossing { x, y }),
            Some((x0, y0, d0)) if d0 * difference < 0.0 => {
                let part = d0 / (d0 - difference);
                Some(Crossing { x: x0 + part * (x - x0), y: y0 + part * (y - y0) })
            }
            _ => None,
        };
        let goes_on = before.is_some_and(|(_, _, d0)| d0 == 0.0) && difference == 0.0;
        found.extend(crossing.filter(|_| !goes_on));
        before = Some((x, y, difference));
    }
    found
}

/// The height of a curve at `x`; `None` outside of it.
fn height(curve: &[(f64, f64)], x: f64) -> Option<f64> {
    let after = curve.iter().position(|(at, _)| x <= *at)?;
    let (x1, y1) = curve[after];
    if x1 == x {
        return Some(y1);
    }
    let (x0, y0) = curve[after.checked_sub(1)?];
    Some(y0 + (x - x0) / (x1 - x0) * (y1 - y0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_cross_where_they_change_places() {
        let rising = [(1.0, 1.0), (3.0, 5.0)];
        let falling = [(0.0, 5.0), (5.0, 0.0)];
        assert_eq!(crossings(&rising, &falling), [Crossing { x: 2.0, y: 3.0 }]);
        assert_eq!(crossings(&rising, &[(0.0, 9.0), (5.0, 9.0)]), []);
        assert_eq!(crossings(&rising, &[(4.0, 0.0), (5.0, 9.0)]), [], "they share no x");
    }

    #[test]
    fn touching_counts_once() {
        let flat = [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 2.0)];
        assert_eq!(crossings(&flat, &[(0.0, 1.0), (2.0, 1.0), (3.0, 0.0)]), [Crossing { x: 0.0, y: 1.0 }]);
        assert_eq!(crossings(&flat, &[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]), [Crossing { x: 1.0, y: 1.0 }]);
    }
}
