//! Joules per token from first principles.
//!
//! In: a sheet with hardware and use on it.  Out: what waiting, hosts, reads, arithmetic, links and cooling take of a token.
//! Invariant: each row is one term of one formula; nothing is counted twice.
//! Method: power over rate for what runs anyway; bits times energy per bit for what moves; the overhead of the building last.
//! Source: facts/gpu_and_economics.md section 3.

use crate::bill::{Bill, BillError, Writer};
use crate::{Hardware, Sheet, Text};

const LEAVES_OUT: Text = Text::of(
    "只算解碼；不含預填、機器閒置時段、製造晶片與網路設備所耗的能量。",
    "Decoding only: no prefill, no hours without users, nothing for making the chips, nothing for the network outside.",
);

/// The bill of one token, in joules.
///
/// Errors: a formula has no value with these inputs, or a role of `hardware` cannot be read.
pub fn joules(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Bill, BillError> {
    let Hardware { static_w, host_w, memory_pj, mac_pj, link_pj, .. } = hardware;
    let mut writer = Writer::new(sheet);
    writer.row(
        "joules.static",
        Text::of("晶片：開著就要的功率", "chips: power for being on"),
        format!("hardware.chips * ({static_w}) / use.tokens_per_second"),
    )?;
    writer.row(
        "joules.hosts",
        Text::of("伺服器的其餘部分", "the rest of the servers"),
        format!("hardware.servers * ({host_w}) / use.tokens_per_second"),
    )?;
    writer.row(
        "joules.weights",
        Text::of("讀權重", "reading weights"),
        format!("use.weight_gb * 1e9 * 8 * ({memory_pj}) * 1e-12 / use.batch"),
    )?;
    writer.row(
        "joules.cache",
        Text::of("讀 KV 快取", "reading the KV cache"),
        format!("use.kv_bytes * use.context * 8 * ({memory_pj}) * 1e-12"),
    )?;
    writer.row("joules.macs", Text::of("乘加運算", "arithmetic"), format!("use.macs_g * 1e9 * ({mac_pj}) * 1e-12"))?;
    writer.row("joules.links", Text::of("晶片間連線", "links"), format!("use.link_bits * ({link_pj}) * 1e-12"))?;
    let so_far = writer.sum_so_far();
    writer.row(
        "joules.building",
        Text::of("機房：散熱與供電", "the building: cooling and power supply"),
        format!("(money.pue - 1) * ({so_far})"),
    )?;
    Ok(writer.bill("J/token", LEAVES_OUT))
}
