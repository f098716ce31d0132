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
    /// What these chips do at the context of the published rate, where that is another one.
    pub at_published_context: Option<Text>,
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
        let at_published_context = at_published_context(question, published.as_ref());
        let executable = fleet.executable_file();
        let (executable_bytes, waterfall) = (executable.len() as u64, fleet.waterfall()?);
        Ok(FleetAnswer {
            unknown_cycles,
            executable_bytes,
            executable,
            waterfall,
            published,
            at_published_context,
            figures,
            standings: standings(),
        })
    }
}

/// What compiling at the context of the published rate says: a rate, or why there is none.
fn at_published_context(question: &Question, published: Option<&LpuRate>) -> Option<Text> {
    let Some(LpuRate::Published { context: Some(context), .. }) = published else { return None };
    let (here, there) = (question.context, *context);
    if here == there {
        return None;
    }
    let asked = Question { context: there, ..question.clone() };
    let said = match Fleet::open(&asked).map(|fleet| fleet.figures(&asked)) {
        Ok(FleetFigures { cycles, tokens_per_second_per_user: rate, .. }) => Text::new(
            format!("上下文 {there} 需要 {cycles} 個週期，每秒 {rate:.1} 個 token。"),
            format!("at {there} it takes {cycles} cycles, {rate:.1} tokens/s"),
        ),
        Err(error) => {
            let Text { zh, en } = error.text();
            Text::new(
                format!("上下文 {there} 放不進這些晶片：{zh}"),
                format!("{there} has no room on these chips: {en}"),
            )
        }
    };
    Some(Text::new(
        format!("公開的速度是上下文 {there} 的，這裡是 {here}：條件不同。{}", said.zh),
        format!(
            "the published rate is of a context of {there}, this one of {here}: not the same conditions; {}",
            said.en
        ),
    ))
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
    let parts = ["figures", "executable_bytes", "waterfall", "at_published_context"];
    let counted = parts.map(|part| Rests::on(part, Standing::Derived, counted.clone()));
    counted.into_iter().chain([Rests::on("unknown_cycles", Standing::Derived, left)]).collect()
}

/// The rate that a case of this build has for the model.
fn published(model: &str) -> Result<Option<LpuRate>, CaseError> {
    let Some(case) = Case::all().into_iter().find(|case| case.model == model) else { return Ok(None) };
    let rate = Contest::open(case, None)?.rate_of_lpu();
    Ok(Some(rate).filter(|rate| matches!(rate, LpuRate::Published { .. })))
}
