//! Whether an input moves any figure of an answer.
//!
//! In: a case or the claims, what else is set, an input with its bounds.  Out: yes or no.
//! Invariant: no list of ids that somebody must keep: the figures themselves are asked, at both ends of the field.
//! Method: bills, memory, plans, outlook and claims are written with the least and with the greatest value and compared. Of a run one
//!     unit of everything is enough: what a formula multiplies by nothing stays unmoved, as it would with the real amounts.

use super::contest::{Setting, scaled};
use super::curves::Who;
use super::file::{Case, LpuPrice};
use super::plans::Plans;
use super::sides::overrule;
use cost::claims::Supported;
use cost::presets::{Price, a100_share, h100_share, lpu_system};
use cost::scenario::Deadline;
use cost::{Amount, Bill, BillError, Bounds, Hardware, Sheet, Use};
use gpu::Gpu;
use std::collections::BTreeMap;
use units::{Book, Standing};

/// Whose figures.
pub(super) enum Asked<'c> {
    /// Those of a case.
    Case(&'c Case),
    /// Those of the claims.
    Claims,
}

/// Whether `input`, anywhere within its bounds, moves a figure while `set` is set.
pub(super) fn moves(book: &Book, asked: &Asked<'_>, set: &BTreeMap<String, f64>, input: (&str, Bounds)) -> bool {
    let (id, bounds) = input;
    let at = |value: f64| {
        let mut set = set.clone();
        set.insert(id.to_owned(), value);
        let edits = set.into_iter().map(|(id, value)| (id, value.to_string())).collect();
        let setting = Setting { users: None, edits };
        match asked {
            Asked::Case(case) => of_case(book, case, &setting),
            Asked::Claims => of_claims(&setting),
        }
    };
    // Figures that cannot be written at an end are not the same at both.
    match (at(bounds.least), at(bounds.most)) {
        (Some(least), Some(most)) => least != most,
        _ => true,
    }
}

fn of_claims(setting: &Setting) -> Option<Vec<f64>> {
    let judged = super::contest::claims(setting).ok()?;
    let value = |support: &Supported| match support {
        Supported::Computed { value, .. } => Some(*value),
        _ => None,
    };
    Some(judged.iter().flat_map(|claim| claim.supports.iter().filter_map(value)).collect())
}

fn of_case(book: &Book, case: &Case, setting: &Setting) -> Option<Vec<f64>> {
    let mut figures = Vec::new();
    for who in Who::ALL {
        figures.extend(of_side(book, case, who, setting)?);
    }
    for plan in Plans::of(setting).ok()?.lines.iter().flat_map(|line| &line.plans) {
        let left = match plan.deadline {
            Deadline::None => 0.0,
            Deadline::Met(seconds) => seconds,
            Deadline::Missed(seconds) => -seconds,
        };
        figures.extend([
            plan.bill.total,
            plan.model_s,
            plan.other_s,
            plan.calls,
            plan.tail.p99_s,
            plan.tail.spared,
            left,
        ]);
    }
    for one in scaled(setting).ok()? {
        figures.extend([one.today, one.shipped.unwrap_or(0.0)]);
        figures.extend(one.predicted);
    }
    Some(figures)
}

/// Figures of one side's bills and of its memory.
fn of_side(book: &Book, case: &Case, who: Who, setting: &Setting) -> Option<Vec<f64>> {
    let is_rated = who == Who::Gpu || case.lpu.rate.is_some() || case.is_compiled();
    if !is_rated {
        return Some(Vec::new());
    }
    let hardware = case.hardware(who)?;
    let mut usage = one_of_each();
    overrule(&mut usage, who, setting);
    let mut sheet = Sheet::new(book);
    hardware.put_on(&usage, &mut sheet);
    super::contest::edit(&mut sheet, setting);
    let mut figures = Vec::new();
    for write in [cost::joules, cost::owned, cost::rented] {
        figures.extend(rows(write(&sheet, &hardware))?);
    }
    figures.push(cost::fit(&sheet, &hardware).ok()?.value);
    figures.push(cost::needed(&sheet, &hardware, 1.0).ok()?.value);
    if let Some(asked) = case.lpu.asked.as_ref().filter(|_| who == Who::Lpu) {
        figures.push(sheet.value(asked).unwrap_or(0.0));
    }
    Some(figures)
}

/// The rows of a bill; none where there is no price.
fn rows(bill: Result<Bill, BillError>) -> Option<Vec<f64>> {
    match bill {
        Ok(bill) => Some(bill.rows.iter().map(|row| row.value).collect()),
        Err(BillError::NoPrice) => Some(Vec::new()),
        Err(_) => None,
    }
}

/// A run that counts one of everything, and no bit on a link, as every run of today.
fn one_of_each() -> Use {
    let amount = |value: f64| Amount::exactly(value, "", Standing::Derived, "one of each");
    Use {
        tokens_per_second: amount(1.0),
        batch: amount(1.0),
        weight_gb: amount(1.0),
        stored_gb: amount(1.0),
        kv_bytes: amount(1.0),
        context: amount(1.0),
        macs_g: amount(1.0),
        link_bits: amount(0.0),
    }
}

impl Case {
    /// The bill of parts of one side; nothing for a GPU that nobody knows.
    pub(super) fn hardware(&self, who: Who) -> Option<Hardware> {
        match who {
            Who::Gpu => {
                let gpu = Gpu::find(&self.gpu.name).ok()?;
                let share = if gpu.name.starts_with("A100") { a100_share } else { h100_share };
                Some(share(self.gpu.count))
            }
            Who::Lpu => {
                let price = match self.lpu.price {
                    LpuPrice::Materials => Price::Materials,
                    LpuPrice::List => Price::List,
                };
                Some(lpu_system(self.lpu.chips, price))
            }
        }
    }
}
