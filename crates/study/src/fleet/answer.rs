//! The whole answer about a fleet.
//!
//! In: a question.  Out: figures, bars, what is published, and the rest.
//! Invariant: bars sum to the token's cycles; bars and rest sum to the published time.

use super::{Bar, Fleet, FleetFigures, Question};
use crate::cases::{Case, CaseError, Contest, LpuRate, Rests};
use serde::Serialize;
use units::{Standing, Text};

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FleetAnswer {
    /// What is counted.
    pub figures: FleetFigures,
    /// Bytes of the system's file without its witness and lowered graphs: what all chips execute, what repeats written once.
    pub executable_bytes: u64,
    /// That file.
    #[serde(skip)]
    pub executable: Vec<u8>,
    /// Where the cycles go.
    pub waterfall: Vec<Bar>,
    /// What is published of the model, if anything is.
    pub published: Option<LpuRate>,
    /// Cycles that a token at the published rate takes beyond ours; negative where ours takes longer. Nobody outside knows what is in them.
    pub unknown_cycles: Option<i64>,
    /// How well the figures above are known, where they do not say so themselves.
    pub standings: Vec<Rests>,
}

impl FleetAnswer {
    /// Compiles, judges, counts, and compiles again for the bars.
    ///
    /// Errors: as `Fleet::open` and `Fleet::waterfall`.
    pub fn of(question: &Question) -> Result<FleetAnswer, CaseError> {
        let fleet = Fleet::open(question)?;
        let figures = fleet.figures(question);
        let published = published(&figures.model)?;
        let rate = published.as_ref().and_then(LpuRate::per_second);
        let unknown = |rate: f64| (figures.hertz as f64 / rate).round() as i64 - figures.cycles as i64;
        let unknown_cycles = rate.map(unknown);
        let executable = fleet.executable_file();
        let (executable_bytes, waterfall) = (executable.len() as u64, fleet.waterfall()?);
        Ok(FleetAnswer {
            unknown_cycles,
            executable_bytes,
            executable,
            waterfall,
            published,
            figures,
            standings: standings(),
        })
    }
}

/// What the figures rest on.
fn standings() -> Vec<Rests> {
    let counted = Text::of(
        "由這個版本編譯、裁判逐條檢查、在程式上數出來；晶片的延遲與其出處見 `greenwave chip`",
        "compiled and judged by this build, and counted on its programs; latencies and their sources: `greenwave chip`",
    );
    let left = Text::of(
        "我們的週期數與公開速度之差；沒有人知道差在哪裡",
        "our cycles less those of the published rate; nobody outside knows what is in it",
    );
    let parts = ["figures", "executable_bytes", "waterfall"];
    let counted = parts.map(|part| Rests::on(part, Standing::Derived, counted.clone()));
    counted.into_iter().chain([Rests::on("unknown_cycles", Standing::Derived, left)]).collect()
}

/// The rate that a case of this build has for the model.
fn published(model: &str) -> Result<Option<LpuRate>, CaseError> {
    let Some(case) = Case::all().into_iter().find(|case| case.model == model) else { return Ok(None) };
    let rate = Contest::open(case, None)?.rate_of_lpu();
    Ok(Some(rate).filter(|rate| matches!(rate, LpuRate::Published { .. })))
}
