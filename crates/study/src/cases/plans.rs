//! The scenario planner: tasks of many calls in a row, with each service.
//!
//! In: what the viewer changed.  Out: for every task and service the seconds with their bill, the tail, and how much faster it can get at all.
//! Invariant: a task's shape is an input like any other; no machine is modelled here, services are as published.
//! Method: `cost::scenario` on the sheet.

use super::contest::{Setting, book, edit};
use super::error::CaseError;
use cost::presets::services;
use cost::scenario::{Plan, plan, scenarios};
use cost::{BillError, Input, Refusal, Sheet};
use serde::{Deserialize, Serialize};
use units::Text;

/// A task with every service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanLine {
    /// Short id.
    pub id: String,
    /// The task.
    pub name: Text,
    /// One plan per service, in the order of `Plans::services`.
    pub plans: Vec<Plan>,
}

/// All tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plans {
    /// The services.
    pub services: Vec<Text>,
    /// The tasks, from the shortest to those of many parts.
    pub lines: Vec<PlanLine>,
    /// What the tails assume: the quantile's deviations, and how calls of a task are slow.
    pub assumes: Vec<Input>,
    /// What was refused of what the viewer typed.
    pub refused: Vec<Refusal>,
}

impl Plans {
    /// Plans every task.
    ///
    /// Errors: a formula has no value with these inputs.
    pub fn of(setting: &Setting) -> Result<Self, CaseError> {
        let book = book();
        let mut sheet = Sheet::new(&book);
        let refused = edit(&mut sheet, setting);
        let services = services();
        let line = |scenario: cost::scenario::Scenario| {
            let plans = services.iter().map(|service| plan(&sheet, service, &scenario));
            Ok(PlanLine { plans: plans.collect::<Result<_, BillError>>()?, id: scenario.id, name: scenario.name })
        };
        let lines = scenarios().into_iter().map(line).collect::<Result<_, BillError>>()?;
        let assumes = ["tail.share", "tail.deviations", "tail.correlation"].into_iter().map(|id| sheet.input(id));
        let assumes = assumes.collect::<Result<_, _>>()?;
        Ok(Plans { services: services.map(|service| service.name).to_vec(), lines, assumes, refused })
    }
}
