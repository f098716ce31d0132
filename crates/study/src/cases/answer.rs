//! The whole answer to a case, and single views of it for the page.
//!
//! In: a contest, what the viewer changed.  Out: plain data, both languages, written to JSON with formulas and standings.
//! Invariant: a view of the page is the same data as the answer of the command line.

use super::contest::{Contest, LpuRate, Setting, claims, scaled};
use super::curves::Curves;
use super::error::CaseError;
use super::file::Case;
use super::jitter::{Jitter, LpuFabric};
use super::ledger::Ledgers;
use super::plans::Plans;
use super::standings::{self, Rests};
use super::waterfall::Waterfall;
use cost::Refusal;
use cost::claims::Judged;
use cost::what_if::Scaled;
use serde::{Deserialize, Serialize};

/// A view of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// What makes it fast.
    Waterfall,
    /// Dollars against speed.
    Frontier,
    /// The bill.
    Bill,
    /// Joules against users.
    Joules,
    /// Both meters.
    Jitter,
    /// Calls in a row.
    Plans,
    /// 14 nm, 4 nm, and what shipped.
    Node,
    /// The claims table.
    Claims,
}

impl Topic {
    /// All views, in the order of the story.
    pub const ALL: [Topic; 8] = [
        Topic::Waterfall,
        Topic::Frontier,
        Topic::Bill,
        Topic::Joules,
        Topic::Jitter,
        Topic::Plans,
        Topic::Node,
        Topic::Claims,
    ];
}

/// What a view shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum View {
    /// What makes it fast.
    Waterfall(Waterfall),
    /// Dollars and joules, for two views.
    Curves(Curves),
    /// The bill.
    Bill(Ledgers),
    /// Both meters.
    Jitter(Jitter),
    /// Calls in a row.
    Plans(Plans),
    /// 14 nm, 4 nm, and what shipped.
    Node(Vec<Scaled>),
    /// The claims table.
    Claims(Vec<Judged>),
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub case: Case,
    /// The LPU's rate, or that there is none.
    pub lpu: LpuRate,
    /// What makes it fast.
    pub waterfall: Waterfall,
    /// Dollars against speed, joules against users.
    pub curves: Curves,
    /// The bill.
    pub bill: Ledgers,
    /// Both meters.
    pub jitter: Jitter,
    /// Calls in a row.
    pub plans: Plans,
    /// 14 nm, 4 nm, and what shipped.
    pub node: Vec<Scaled>,
    /// How well the figures above are known, where they do not say so themselves.
    pub standings: Vec<Rests>,
}

impl View {
    /// The view without what was read of the model on the chip: what any machine computes from the case alone.
    pub fn of_case(self) -> View {
        match self {
            View::Jitter(jitter) => View::Jitter(Jitter { lpu: None, ..jitter }),
            view => view,
        }
    }

    /// The view with what was refused of what the viewer typed, for its fields.
    pub fn refusing(self, refused: &[Refusal]) -> View {
        let refused = refused.to_vec();
        match self {
            View::Curves(curves) => View::Curves(Curves { refused, ..curves }),
            View::Bill(bill) => View::Bill(Ledgers { refused, ..bill }),
            View::Plans(plans) => View::Plans(Plans { refused, ..plans }),
            view => view,
        }
    }
}

impl Contest {
    /// Time of decode step `number` of the case's box in ms, computed anew.
    pub fn step(&self, number: u32) -> f64 {
        self.rival.step(number).duration().millis()
    }

    /// One view.
    ///
    /// Errors: as the view.
    pub fn view(&self, topic: Topic, setting: &Setting, fabric: Option<LpuFabric>) -> Result<View, CaseError> {
        let setting = &self.case.beneath(setting);
        Ok(match topic {
            Topic::Waterfall => View::Waterfall(self.waterfall()?),
            Topic::Frontier | Topic::Joules => View::Curves(self.curves(setting)?),
            Topic::Bill => View::Bill(self.ledgers(setting)?),
            Topic::Jitter => View::Jitter(self.jitter(fabric)?),
            Topic::Plans => View::Plans(Plans::of(setting)?),
            Topic::Node => View::Node(scaled(setting)?),
            Topic::Claims => View::Claims(claims(setting)?),
        })
    }

    /// Everything.
    ///
    /// Errors: as the views.
    pub fn answer(&self, setting: &Setting, fabric: Option<LpuFabric>) -> Result<Answer, CaseError> {
        let setting = &self.case.beneath(setting);
        let mut answer = Answer {
            case: self.case.clone(),
            lpu: self.lpu.clone(),
            waterfall: self.waterfall()?,
            curves: self.curves(setting)?,
            bill: self.ledgers(setting)?,
            jitter: self.jitter(fabric)?,
            plans: Plans::of(setting)?,
            node: scaled(setting)?,
            standings: Vec::new(),
        };
        answer.standings = standings::of(&answer);
        Ok(answer)
    }
}
