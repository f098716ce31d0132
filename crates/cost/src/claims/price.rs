//! Claims about joules and dollars.
//!
//! In: nothing.  Out: the rows of the story's table about what a token takes and costs.
//! Invariant: no number in "as it stands" that is not among the supports.
//! Source: story.md; facts/gpu_and_economics.md sections 3 and 4.

use super::{Case, Claim, Support};
use crate::Text;

pub(super) fn claims() -> Vec<Claim> {
    vec![a_tenth(), twenty_seven_cents()]
}

fn a_tenth() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "6", to: 1.0, formula: "e.hbm_h100 / e.sram" },
        Support::Computed { printed: "12", to: 1.0, formula: "2 * e.hbm_h100 / e.sram" },
        Support::Run { case: Case::JoulesOverUsers, printed: &["64"] },
    ];
    Claim {
        id: "a_tenth",
        minutes: "40",
        told: Text::of("只耗十分之一的焦耳。", "It takes a tenth of the joules."),
        stands: Text::of(
            "就批次大小為一時讀取權重而言成立：少 6 到 12 倍。若算全部，只有在管線填滿時才成立；批次大小 64 時，GPU 勝出。",
            "True of reading the weights at a batch of one: 6 to 12 times less. In total it is true only with a full pipeline; at a \
             batch of 64 the GPU wins.",
        ),
        supports: SUPPORTS,
    }
}

fn twenty_seven_cents() -> Claim {
    const SUPPORTS: &[Support] = &[
        Support::Computed { printed: "0.27", to: 0.01, formula: "price.mixtral" },
        Support::Computed { printed: "1,024", to: 1.0, formula: "case.context" },
        Support::Computed {
            printed: "0.23",
            to: 0.01,
            formula: "(72 * lpu.server8 * (money.crf + money.maintenance) \
                      + (record.chips * lpu.static_w + 72 * lpu.host_w) / 1000 * money.pue * money.hours_per_year * money.kwh) \
                      / (case.mixtral_users * record.lpu_mixtral * money.utilisation * money.seconds_per_year) * 1e6 \
                      + (model.mixtral.active_g * 1e9 * (8 * e.sram + e.mac_int8_14nm) \
                      + model.mixtral.kv_bytes * case.context * 8 * e.sram) * 1e-12 / 3.6e6 * money.pue * money.kwh * 1e6",
        },
        Support::Computed {
            printed: "1.04",
            to: 0.01,
            formula: "(72 * lpu.server8_list * (money.crf + money.maintenance) \
                      + (record.chips * lpu.static_w + 72 * lpu.host_w) / 1000 * money.pue * money.hours_per_year * money.kwh) \
                      / (case.mixtral_users * record.lpu_mixtral * money.utilisation * money.seconds_per_year) * 1e6 \
                      + (model.mixtral.active_g * 1e9 * (8 * e.sram + e.mac_int8_14nm) \
                      + model.mixtral.kv_bytes * case.context * 8 * e.sram) * 1e-12 / 3.6e6 * money.pue * money.kwh * 1e6",
        },
        Support::Run { case: Case::DollarsOverSpeed, printed: &[] },
    ];
    Claim {
        id: "twenty_seven_cents",
        minutes: "40-41",
        told: Text::of("Mixtral 每百萬個 token 0.27 美元。", "Mixtral at $0.27 per million tokens."),
        stands: Text::of(
            "0.27 美元要能打平，得接近物料成本、上下文短、管線填滿：上下文 1,024 個 token 時約 0.23 美元，照零售價買卡則是 1.04 美元。",
            "$0.27 is covered only near the cost of materials, with short contexts and a full pipeline: about $0.23 with contexts of \
             1,024 tokens, but $1.04 at the shop price of the cards.",
        ),
        supports: SUPPORTS,
    }
}
