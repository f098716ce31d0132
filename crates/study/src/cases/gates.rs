//! How far the rival's model is from what was published: every gate, met or missed, for whoever reads its figures.
//!
//! In: `gpu::gates` and the built-in shapes.  Out: a line for each gate.
//! Invariant: a gate that is missed stands in the same table as those that are met, with its reason.
//! Method: the cases as published, whatever the viewer's case is; the graph of a model is made once.

use super::error::CaseError;
use gpu::gates::{Allowed, Reading, gates, load_readings};
use graph::Graph;
use import::Builtin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Standing, Text};

/// A gate and what the model gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateLine {
    /// Its letter in section 6.5 of the facts; empty for figures beyond them.
    pub letter: String,
    /// What was measured, where.
    pub what: Text,
    /// Unit of both figures.
    pub unit: String,
    /// The published figure.
    pub published: f64,
    /// The model's.
    pub found: f64,
    /// How far the model is off, in percent.
    pub off: f64,
    /// What is allowed: percent of the published figure, or an amount in its unit.
    pub allowed: String,
    /// Whether it is within that.
    pub is_met: bool,
    /// How well the figure is known.
    pub standing: Standing,
    /// Where it is from.
    pub source: String,
    /// Why it is missed, if it is.
    pub missed: Option<Text>,
}

/// All gates.
///
/// Errors: a model of a gate is no built-in shape, or does not fit its box.
pub(super) fn lines() -> Result<Vec<GateLine>, CaseError> {
    let mut graphs: BTreeMap<&str, Graph> = BTreeMap::new();
    let mut lines = Vec::new();
    for gate in gates() {
        if !graphs.contains_key(gate.model) {
            graphs.insert(gate.model, Builtin::find(gate.model)?.decode_step(1));
        }
        lines.push(line(gate.read(&graphs[gate.model])?, Standing::Published));
    }
    // Medians and spreads were computed from raw files of requests that somebody timed.
    lines.extend(load_readings().into_iter().map(|reading| line(reading, Standing::Measured)));
    Ok(lines)
}

fn line(reading: Reading, standing: Standing) -> GateLine {
    let (off, is_met) = (reading.off(), reading.is_met());
    let Reading { letter, what, unit, published, found, allowed, source, missed } = reading;
    let allowed = match allowed {
        Allowed::Percent(percent) => format!("±{percent} %"),
        Allowed::Amount(amount) => format!("±{amount}"),
    };
    GateLine {
        letter: letter.to_owned(),
        what,
        unit: unit.to_owned(),
        published,
        found,
        off,
        allowed,
        is_met,
        standing,
        source: source.to_owned(),
        missed,
    }
}
