//! Dollars per million tokens: for an owner, and for a tenant.
//!
//! In: a sheet with hardware and use on it.  Out: capital, maintenance and energy, or rent, over the tokens of the hours in use.
//! Invariant: what is left out is said on the bill itself.
//! Method: the price is spread over its life as an annuity; every row divides by the same tokens. Energy is that of the joules: power for
//!     being on in all hours, sold or not, and the work of what is sold.
//! Source: facts/gpu_and_economics.md section 4.

use crate::bill::{Bill, BillError, Writer};
use crate::{Hardware, Sheet, Text};

const UNIT: &str = "$/million tokens";

const OWNER_LEAVES_OUT: Text = Text::of(
    "不含晶片與軟體的研發費用（NRE）、人事、毛利、機房租金、網路費用；輸入 token 不另計價。",
    "No design costs of chip or software (NRE), no staff, no margin, no rent of the building, no network; input tokens are not \
     priced apart.",
);
const TENANT_LEAVES_OUT: Text = Text::of(
    "租金已含屋主的一切成本與毛利；不含自己的人事、毛利與軟體費用。",
    "The rent contains all costs and the margin of the owner; no staff, margin or software of the tenant.",
);

const TOKENS_A_YEAR: &str = "(use.tokens_per_second * money.utilisation * money.seconds_per_year)";

/// The owner's bill.
///
/// Errors: a formula has no value with these inputs, a role of `hardware` cannot be read, or no price is known.
pub fn owned(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Bill, BillError> {
    let server_price = hardware.server_price.as_ref().ok_or(BillError::NoPrice)?;
    let on_kw = format!("({} + {}) / 1000", hardware.chips_w(), hardware.hosts_w());
    let work_kwh = format!("({}) / 3.6e6", hardware.work_sum_j());
    let mut writer = Writer::new(sheet);
    writer.row(
        "dollars.capital",
        Text::of("購置：攤提與利息", "the purchase: repayment and interest"),
        format!("hardware.servers * ({server_price}) * money.crf / {TOKENS_A_YEAR} * 1e6"),
    )?;
    writer.row(
        "dollars.maintenance",
        Text::of("維護", "maintenance"),
        format!("hardware.servers * ({server_price}) * money.maintenance / {TOKENS_A_YEAR} * 1e6"),
    )?;
    writer.row(
        "dollars.energy",
        Text::of(
            "電費，含散熱：整年開著，再加上每個 token 的工作",
            "energy, with cooling: on all year, and the work on each token",
        ),
        format!("({on_kw} * money.hours_per_year / {TOKENS_A_YEAR} + {work_kwh}) * money.pue * money.kwh * 1e6"),
    )?;
    Ok(writer.bill(UNIT, OWNER_LEAVES_OUT))
}

/// The tenant's bill.
///
/// Errors: as `owned`, and if the hardware is not offered for rent.
pub fn rented(sheet: &Sheet<'_>, hardware: &Hardware) -> Result<Bill, BillError> {
    let rent = hardware.rent.as_ref().ok_or(BillError::NoPrice)?;
    let mut writer = Writer::new(sheet);
    writer.row(
        "dollars.rent",
        Text::of("租金", "rent"),
        format!("hardware.chips * ({rent}) / 3600 / (use.tokens_per_second * money.utilisation) * 1e6"),
    )?;
    Ok(writer.bill(UNIT, TENANT_LEAVES_OUT))
}
