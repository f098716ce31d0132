//! What this build itself compiles of a case's model on the case's LPU chips, as recorded.
//!
//! In: a case about a built-in shape.  Out: cycles of a token on the compiled and judged system, divided; or how to get them.
//! Invariant: every record is what the command beside it gives: a test compiles, judges and counts each again (`tests/compiled.rs`).
//! Method: compiling hundreds of chips takes a page many seconds, so a case looks the figures up; weights take a byte each.

use super::error::CaseError;
use super::file::Case;
use crate::fleet::{Fleet, FleetFigures, Question};
use arch::NODE;
use import::Builtin;
use serde::{Deserialize, Serialize};
use units::Text;

/// The records of this build.
const RECORDS: &str = include_str!("../../cases/compiled.json");

/// A system that was compiled and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ours {
    /// Name of the model.
    pub model: String,
    /// Its chips.
    pub chips: u32,
    /// Rows of its caches.
    pub context: u32,
    /// Nodes of 8 chips that the layers lie on.
    pub nodes: u64,
    /// Cycles of a token.
    pub cycles: u64,
    /// Of those, what the words take from node to node.
    pub carry_cycles: u64,
    /// The clock in Hz.
    pub hertz: u64,
    /// Users for whose caches its own layout has room.
    pub users: u64,
    /// What was run.
    pub command: String,
    /// When.
    pub date: String,
}

impl Ours {
    /// All records.
    pub fn all() -> Vec<Ours> {
        serde_json::from_str(RECORDS).expect("a test reads every record of this build")
    }

    /// The system of `case`, if it is recorded.
    ///
    /// Errors: how to have it compiled, where it is not.
    pub(super) fn of(case: &Case) -> Result<Ours, Text> {
        let model = Builtin::find(&case.model).map_or(case.model.as_str(), |builtin| builtin.name());
        let (chips, context) = (case.lpu.chips, case.context);
        let is_it = |ours: &Ours| (ours.model.as_str(), ours.chips, ours.context) == (model, chips, context);
        let command = command(model, chips, context);
        Ours::all().into_iter().find(is_it).ok_or_else(|| {
            Text::new(
                format!("沒有記錄這個系統的數字；用 {command} 編譯。"),
                format!("no figure of this system is recorded; compile it with {command}"),
            )
        })
    }

    /// Compiled, judged and counted anew, with the date of this record.
    ///
    /// Errors: as `Fleet::open`.
    pub fn again(&self) -> Result<Ours, CaseError> {
        let question = Question::of(&self.model.to_ascii_lowercase(), self.chips, self.context);
        let figures = Fleet::open(&question)?.figures(&question);
        let FleetFigures { model, chips, context, seats, cycles, carry_cycles, hertz, users_by_memory, .. } = figures;
        let command = command(&model, chips, context);
        let (nodes, users, date) = (seats, users_by_memory, self.date.clone());
        Ok(Ours { model, chips, context, nodes, cycles, carry_cycles, hertz, users, command, date })
    }

    /// Tokens per second of one user.
    pub fn per_second(&self) -> f64 {
        self.hertz as f64 / self.cycles.max(1) as f64
    }

    /// Chips that work on a token at a time.
    pub(super) fn at_once() -> u32 {
        u32::from(NODE)
    }

    /// Nanoseconds of so many of its cycles.
    pub(super) fn ns(&self, cycles: u64) -> i64 {
        (cycles as f64 * 1e9 / self.hertz.max(1) as f64).round() as i64
    }
}

fn command(model: &str, chips: u32, context: u32) -> String {
    format!("greenwave study {} --chips {chips} --context {context}", model.to_ascii_lowercase())
}
