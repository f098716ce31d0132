//! Joules per token from first principles.
//!
//! In: a sheet with hardware and use on it.  Out: what waiting, hosts, reads, arithmetic, links and cooling take of a token.
//! Invariant: each row is one term of one formula; nothing is counted twice.
//! Method: power over rate for what runs anyway; bits times energy per bit for what moves; the overhead of the building last.
//! Source: facts/gpu_and_economics.md section 3.

use crate::bill::{self, Bill, BillError, Row, Writer};
use crate::{Hardware, Sheet, Text};

const LEAVES_OUT: Text = Text::of(
    "只算解碼；不含預填、機器閒置時段、製造晶片與網路設備所耗的能量。",
    "Decoding only: no prefill, no hours without users, nothing for making the chips, nothing for the network outside.",
);

/// The power of everything at work at this rate, without the building, with its formula and inputs; kW.
///
/// Errors: as `joules`.
pub fn power(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Row, BillError> {
    let on = format!("{} + {}", hardware.chips_w(), hardware.hosts_w());
    let formula = format!("({on} + use.tokens_per_second * ({})) / 1000", hardware.work_sum_j());
    bill::open(sheet, Text::of("運轉時的功率（kW）", "power at work (kW)"), formula)
}

/// The bill of one token, in joules.
///
/// Errors: a formula has no value with these inputs, or a role of `hardware` cannot be read.
pub fn joules(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Bill, BillError> {
    let mut writer = Writer::new(sheet);
    let per_token = |watts: String| format!("{watts} / use.tokens_per_second");
    let on = Text::of("晶片：開著就要的功率", "chips: power for being on");
    writer.row("joules.static", on, per_token(hardware.chips_w()))?;
    let hosts = Text::of("伺服器的其餘部分", "the rest of the servers");
    writer.row("joules.hosts", hosts, per_token(hardware.hosts_w()))?;
    for (id, label, formula) in hardware.work_j() {
        writer.row(id, label, formula)?;
    }
    let so_far = writer.sum_so_far();
    writer.row(
        "joules.building",
        Text::of("機房：散熱與供電", "the building: cooling and power supply"),
        format!("(money.pue - 1) * ({so_far})"),
    )?;
    Ok(writer.bill("J/token", LEAVES_OUT))
}
