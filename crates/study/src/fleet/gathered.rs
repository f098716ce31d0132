//! A mixture with its experts gathered: every chip has its lanes of all of them and reads those of the two that were chosen.
//!
//! In: a question about a mixture.  Out: figures of that and of the scheme that asks no address of the data, and how far they are apart.
//! Invariant: a variant beside the answer and never the answer: it needs a latch that no public source shows. The cycles are those of a
//!     judged program, with the two experts at places that are known beforehand, and its expert weights are read only when their place can
//!     have been told.
//! Method: `compile::Llama::chosen`. Whichever two are chosen, the instructions are the same and only words differ, as where another instance
//!     has another base; so one choice stands for all (a test compares them).
//! Source: decisions.md 14.

use super::{Fleet, FleetFigures, Question};
use crate::cases::CaseError;
use serde::Serialize;
use units::{Standing, Text};

/// The choice that is compiled and judged.
const CHOSEN: [u32; 2] = [0, 1];

/// Both ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gathered {
    /// What the machine must be able to do.
    pub assumed: Text,
    /// How that is known.
    pub standing: Standing,
    /// The experts that the judged program reads.
    pub chosen: [u32; 2],
    /// With two experts gathered.
    pub gathered: FleetFigures,
    /// With experts on chips of their own, all of which compute.
    pub apart: FleetFigures,
    /// Cycles of a token that gathering saves.
    pub saves: i64,
}

impl Gathered {
    /// Compiles, judges and counts both ways.
    ///
    /// Errors: as `Fleet::open`; a model without experts.
    pub fn of(question: &Question) -> Result<Gathered, CaseError> {
        let apart = Fleet::open(question)?;
        if apart.cut.llama.mixture().is_none() {
            return Err(CaseError::Line(Text::new(
                format!("gathered：{} 沒有專家可選；請改用 Mixtral-8x7B。", apart.model()),
                format!("gathered: expected a mixture of experts, found {}; ask for Mixtral-8x7B", apart.model()),
            )));
        }
        let apart = apart.figures(question);
        let gathered = Fleet::open_for(question, Some(CHOSEN), &mut |_| ())?.figures(question);
        Ok(Gathered {
            assumed: Text::of(
                "假設：記憶體切片能把路由結果鎖存成基底位址，之後的讀取都用「基底加固定位移」。公開資料沒有提到這種鎖存器。",
                "Assumed: a slice can latch a base address that follows from the router's choice, and later reads add fixed offsets to it. No public \
                 source shows such a latch.",
            ),
            standing: Standing::Assumed,
            chosen: CHOSEN,
            saves: apart.cycles as i64 - gathered.cycles as i64,
            gathered,
            apart,
        })
    }
}
