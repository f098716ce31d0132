//! What a contestant is built of and what one token of it needs, without saying who the contestant is.
//!
//! In: counts, and for each role the formula over input ids that prices it.  Out: amounts on a sheet, formulas for rows.
//! Invariant: the calculators see roles and amounts only; whose parts they are stands in data. Joules and dollars share one power:
//!     both take it from the formulas of this file.

use crate::{Amount, Sheet, Text};
use serde::{Deserialize, Serialize};
use units::Standing;

/// A bill of hardware: how much of it there is, and what each role costs as a formula over ids of inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hardware {
    /// Name for captions.
    pub name: Text,
    /// Chips that compute.
    pub chips: f64,
    /// Servers that are bought and that have a host.
    pub servers: f64,
    /// Memory of a chip for weights and caches; MB.
    pub memory_mb: String,
    /// Of that, where weights leave it free, what caches may fill; a share.
    pub cache_share: String,
    /// Power of a chip that waits or works, apart from the energy of reads, arithmetic and links; W.
    pub static_w: String,
    /// Power of the rest of a server; W.
    pub host_w: String,
    /// Energy of reading weights and cache; pJ per bit.
    pub memory_pj: String,
    /// Energy of a multiplication with its addition; pJ.
    pub mac_pj: String,
    /// Energy of moving a bit to another chip; pJ.
    pub link_pj: String,
    /// Price of a server; $. `None` if no price is known.
    pub server_price: Option<String>,
    /// Price of renting a chip; $ per hour. `None` if nobody offers it.
    pub rent: Option<String>,
}

/// What decoding uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// Tokens per second of all users together.
    pub tokens_per_second: Amount,
    /// Tokens that share one reading of the weights.
    pub batch: Amount,
    /// Weights read for one step; GB.
    pub weight_gb: Amount,
    /// Weights that lie in memory, read or not; GB.
    pub stored_gb: Amount,
    /// Cache per position of the context; bytes.
    pub kv_bytes: Amount,
    /// Positions of the context that a token attends to.
    pub context: Amount,
    /// Multiplications of a token; thousand million.
    pub macs_g: Amount,
    /// Bits that cross a link for a token.
    pub link_bits: Amount,
}

impl Hardware {
    /// Power of all chips for being on; W.
    pub(crate) fn chips_w(&self) -> String {
        format!("hardware.chips * ({})", self.static_w)
    }

    /// Power of the rest of all servers; W.
    pub(crate) fn hosts_w(&self) -> String {
        format!("hardware.servers * ({})", self.host_w)
    }

    /// What the work on one token takes beside the power for being on; id of the row, what it is, J.
    pub(crate) fn work_j(&self) -> [(&'static str, Text, String); 4] {
        let Hardware { memory_pj, mac_pj, link_pj, .. } = self;
        [
            (
                "joules.weights",
                Text::of("讀權重", "reading weights"),
                format!("use.weight_gb * 1e9 * 8 * ({memory_pj}) * 1e-12 / use.batch"),
            ),
            (
                "joules.cache",
                Text::of("讀 KV 快取", "reading the KV cache"),
                format!("use.kv_bytes * use.context * 8 * ({memory_pj}) * 1e-12"),
            ),
            ("joules.macs", Text::of("乘加運算", "arithmetic"), format!("use.macs_g * 1e9 * ({mac_pj}) * 1e-12")),
            ("joules.links", Text::of("晶片間連線", "links"), format!("use.link_bits * ({link_pj}) * 1e-12")),
        ]
    }

    /// The same as one sum; J.
    pub(crate) fn work_sum_j(&self) -> String {
        self.work_j().map(|(_, _, formula)| formula).join(" + ")
    }

    /// Puts the counts of this hardware and what it is used for on `sheet`.
    pub fn put_on(&self, usage: &Use, sheet: &mut Sheet<'_>) {
        let count = |value, unit| Amount::exactly(value, unit, Standing::Derived, "the system that is paid for");
        sheet.supply("hardware.chips", count(self.chips, "chips"));
        sheet.supply("hardware.servers", count(self.servers, ""));
        let Use { tokens_per_second, batch, weight_gb, stored_gb, kv_bytes, context, macs_g, link_bits } = usage;
        for (id, amount) in [
            ("use.tokens_per_second", tokens_per_second),
            ("use.batch", batch),
            ("use.weight_gb", weight_gb),
            ("use.stored_gb", stored_gb),
            ("use.kv_bytes", kv_bytes),
            ("use.context", context),
            ("use.macs_g", macs_g),
            ("use.link_bits", link_bits),
        ] {
            sheet.supply(id, amount.clone());
        }
    }
}
