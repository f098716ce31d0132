//! Tasks of more than one call: how long until the answer, and what a faster machine makes of it.
//!
//! In: a sheet, a service, a scenario.  Out: the time as a bill of seconds, its part that no machine speeds up, the tail.
//! Invariant: calls that depend on one another add up; calls side by side take as long as the slowest.
//! Method: a call is first token + tokens / rate + tool; `tail` adds up how calls vary.
//! Source: facts/gpu_and_economics.md section 5.

mod catalogue;
mod tail;

use crate::bill::{Bill, BillError, Writer};
use crate::{Sheet, Text};
use serde::{Deserialize, Serialize};
use units::Formula;

pub use catalogue::scenarios;
pub use tail::Tail;

/// How fast a service answers: formulas over ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Name for captions.
    pub name: Text,
    /// Seconds until the first token.
    pub ttft: String,
    /// Deviation of those over their mean.
    pub ttft_spread: String,
    /// Tokens per second from then on.
    pub rate: String,
    /// Deviation over mean of the time that a request's tokens take after its first.
    pub rate_spread: String,
}

/// Part of a task; all fields are formulas over ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Calls one after the other, each with its tool.
    Calls {
        /// How many.
        times: String,
        /// Tokens written by each.
        out: String,
        /// Seconds of the tool after each.
        tool: String,
    },
    /// Something else than a model takes time.
    Wait {
        /// Seconds.
        seconds: String,
    },
    /// Branches side by side, all to be awaited.
    Together(Vec<Branch>),
}

/// Copies of a sequence of steps that run side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// How many copies; a formula.
    pub copies: String,
    /// What each does.
    pub steps: Vec<Step>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Short id: `coding`.
    pub id: String,
    /// Name for captions.
    pub name: Text,
    /// One after the other.
    pub steps: Vec<Step>,
    /// Seconds within which the answer is of use; a formula.
    pub deadline: Option<String>,
}

/// Whether the answer comes in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deadline {
    /// None is set.
    None,
    /// With so many seconds left.
    Met(f64),
    /// By so many seconds.
    Missed(f64),
}

/// How long a task takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The seconds, item by item; of branches side by side the slowest.
    pub bill: Bill,
    /// Seconds in which a model works.
    pub model_s: f64,
    /// Seconds that no faster model shortens.
    pub other_s: f64,
    /// Calls, those of all branches counted.
    pub calls: f64,
    /// How late the task may be.
    pub tail: Tail,
    /// Whether it is in time.
    pub deadline: Deadline,
}

impl Plan {
    /// How often this plan fits into the time of `other`.
    pub fn times_faster_than(&self, other: &Plan) -> f64 {
        other.bill.total / self.bill.total
    }

    /// How many times faster the task can become at all when the model takes no time; `None` if without end.
    pub fn speedup_most(&self) -> Option<f64> {
        (0.0 < self.other_s).then(|| self.bill.total / self.other_s)
    }
}

const LEAVES_OUT: Text = Text::of(
    "首個 token 的時間取自 550 個輸入 token 的量測；更長的輸入會更久。",
    "The time to first token was measured with 550 input tokens; longer inputs take longer.",
);

/// How long `scenario` takes with `service`.
///
/// Errors: a formula cannot be read or has no value on this sheet.
pub fn plan(sheet: &Sheet<'_>, service: &Service, scenario: &Scenario) -> Result<Plan, BillError> {
    let mut planner = Planner::new(sheet, service, "plan".to_owned());
    planner.steps(&scenario.steps)?;
    let Planner { calls, varies, .. } = &planner;
    let (calls, varies) = (*calls, varies.clone());
    let bill = planner.writer.bill("s", LEAVES_OUT);
    let model_s = bill.rows.iter().filter(|row| row.id.ends_with(MODEL)).map(|row| row.value).sum();
    let other_s = bill.rows.iter().filter(|row| !row.id.ends_with(MODEL)).map(|row| row.value).sum();
    let tail = Tail::of(sheet, bill.total, calls, &varies)?;
    let deadline = match &scenario.deadline {
        None => Deadline::None,
        Some(budget) => {
            let left = sheet.evaluate(&Formula::parse(budget)?)? - bill.total;
            if 0.0 <= left { Deadline::Met(left) } else { Deadline::Missed(-left) }
        }
    };
    Ok(Plan { bill, model_s, other_s, calls, tail, deadline })
}

/// End of the id of a row in which a model works.
const MODEL: &str = ".model";

struct Planner<'p, 'b> {
    sheet: &'p Sheet<'b>,
    service: &'p Service,
    writer: Writer<'p, 'b>,
    prefix: String,
    calls: f64,
    /// Calls that vary alike, for the tail; of branches side by side those of the slowest.
    varies: Vec<tail::Alike>,
}

impl<'p, 'b> Planner<'p, 'b> {
    fn new(sheet: &'p Sheet<'b>, service: &'p Service, prefix: String) -> Self {
        Planner { sheet, service, writer: Writer::new(sheet), prefix, calls: 0.0, varies: Vec::new() }
    }

    fn value(&self, formula: &str) -> Result<f64, BillError> {
        Ok(self.sheet.evaluate(&Formula::parse(formula)?)?)
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), BillError> {
        for (index, step) in steps.iter().enumerate() {
            let place = format!("{}.step{}", self.prefix, index + 1);
            match step {
                Step::Calls { times, out, tool } => self.calls(&place, times, out, tool)?,
                Step::Wait { seconds } => {
                    let label = Text::of("等待別的環節", "waiting for something else");
                    self.writer.row(&place, label, seconds.clone())?;
                }
                Step::Together(branches) => self.together(&place, branches)?,
            }
        }
        Ok(())
    }

    fn calls(&mut self, place: &str, times: &str, out: &str, tool: &str) -> Result<(), BillError> {
        let Service { ttft, ttft_spread, rate, rate_spread, .. } = self.service;
        let label = Text::of("模型：首個 token 與其後的文字", "the model: first token and the text after it");
        let formula = format!("({times}) * ({ttft} + ({out}) / ({rate}))");
        self.writer.row(&format!("{place}{MODEL}"), label, formula)?;
        if self.value(tool)? != 0.0 {
            let label = Text::of("工具", "tools");
            self.writer.row(&format!("{place}.tools"), label, format!("({times}) * ({tool})"))?;
        }
        let variance = format!("(({ttft}) * {ttft_spread})^2 + (({out}) / ({rate}) * {rate_spread})^2");
        self.varies.push(tail::Alike { times: times.to_owned(), variance });
        self.calls += self.value(times)?;
        Ok(())
    }

    fn together(&mut self, place: &str, branches: &[Branch]) -> Result<(), BillError> {
        let mut slowest: Option<(f64, Self)> = None;
        for (index, branch) in branches.iter().enumerate() {
            let prefix = format!("{place}.branch{}", index + 1);
            let mut planner = Planner::new(self.sheet, self.service, prefix);
            planner.steps(&branch.steps)?;
            self.calls += self.value(&branch.copies)? * planner.calls;
            let seconds = planner.writer.total();
            if slowest.as_ref().is_none_or(|(most, _)| *most < seconds) {
                slowest = Some((seconds, planner));
            }
        }
        if let Some((_, planner)) = slowest {
            self.writer.append(planner.writer);
            self.varies.extend(planner.varies);
        }
        Ok(())
    }
}
