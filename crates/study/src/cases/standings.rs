//! How well the figures of an answer are known that do not say so themselves.
//!
//! In: an answer.  Out: a line for each of its parts: which, how well known, and what that rests on, in both languages.
//! Invariant: a part is known no better than the weakest figure that it is computed from.
//! Method: the weakest standing among the inputs of the part; what was compiled here is derived.

use super::answer::Answer;
use super::contest::{LpuRate, book};
use cost::{Bill, Sheet};
use serde::{Deserialize, Serialize};
use units::{Standing, Text};

/// What the figures below a path of the answer rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rests {
    /// Path in the answer, by names of fields: `jitter.lpu`. A longer path goes before a shorter one.
    pub of: String,
    /// How well they are known.
    pub standing: Standing,
    /// What they are computed from.
    pub source: Text,
}

impl Rests {
    pub(crate) fn on(of: &str, standing: Standing, source: Text) -> Self {
        Rests { of: of.to_owned(), standing, source }
    }
}

const COMPILED: Text = Text::of("由這個版本編譯、驗證、模擬", "compiled, verified and simulated by this build");

/// The lines of `answer`.
pub(super) fn of(answer: &Answer) -> Vec<Rests> {
    let Answer { lpu, waterfall, bill, jitter, plans, node, .. } = answer;
    let ledgers = &bill.ledgers;
    let bills = ledgers.iter().flat_map(|ledger| [Some(&ledger.joules), ledger.owned.as_ref(), ledger.rented.as_ref()]);
    let paid = weakest_of_bills(bills.flatten());
    let steps = waterfall.steps.iter().flat_map(|step| &step.inputs);
    let modelled = weakest(steps.map(|input| input.standing));
    let planned = weakest_of_bills(plans.lines.iter().flat_map(|line| &line.plans).map(|plan| &plan.bill));
    let book = book();
    let sheet = Sheet::new(&book);
    let scaled = weakest(node.iter().filter_map(|one| sheet.standing(&one.factor_id)));
    let mut lines = vec![
        Rests::on("case", Standing::Assumed, Text::of("所問的題目", "the question that is asked")),
        Rests::on("waterfall", modelled, modelled_source(waterfall.boxes, waterfall.seed)),
        Rests::on(
            "curves",
            paid,
            Text::of(
                "每一點都是一張帳單，算法同 bill；速度依各曲線的 basis",
                "each point is a bill as in `bill`, at the rates that the curve's `basis` names",
            ),
        ),
        Rests::on("bill", paid, Text::of("各列的公式與輸入", "formulas and inputs of the rows")),
        Rests::on("jitter", modelled, modelled_source(1, jitter.gpu.seed)),
        Rests::on("plans", planned, Text::of("各列的公式與輸入", "formulas and inputs of the rows")),
        Rests::on(
            "node",
            scaled,
            Text::of(
                "現在的值乘以 factor_id 這個係數；後繼晶片的數字依公開資料",
                "today's value times the factor `factor_id`; what shipped, as published",
            ),
        ),
    ];
    if matches!(lpu, LpuRate::Compiled { .. }) {
        lines.push(Rests::on("lpu", Standing::Derived, COMPILED));
    }
    if jitter.lpu.is_some() {
        lines.push(Rests::on("jitter.lpu", Standing::Derived, COMPILED));
    }
    lines
}

/// What the rival's figures rest on.
fn modelled_source(boxes: u32, seed: u64) -> Text {
    Text::new(
        format!("GPU 模型：{boxes} 台的平均，種子從 {seed} 起；常數依公開量測校準，輸入見各步驟"),
        format!(
            "the GPU model, mean of {boxes} from seed {seed}; constants fitted to published points, inputs at each step"
        ),
    )
}

fn weakest(standings: impl Iterator<Item = Standing>) -> Standing {
    Standing::weakest(standings).unwrap_or(Standing::Assumed)
}

fn weakest_of_bills<'b>(bills: impl Iterator<Item = &'b Bill>) -> Standing {
    weakest(bills.flat_map(|bill| &bill.rows).map(|row| row.standing))
}
