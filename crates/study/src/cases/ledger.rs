//! The bill: every row of joules and dollars of either contestant, and what must be true for the price that is asked.
//!
//! In: a contest, what the viewer changed.  Out: bills with their inputs, the widest sensitivities, break-evens.
//! Invariant: every number carries formula, inputs and standing; nothing is priced at a rate that nobody knows; a bill for fewer users
//!     than were asked for says so, and one at a published rate says what this build's own program does.
//! Method: the calculators of `cost` on the sheet of either side.

use super::contest::{Contest, LpuRate, Setting};
use super::curves::Who;
use super::error::CaseError;
use super::ours::Ours;
use cost::{Bar, Bill, BillError, BreakEven, Refusal, Row, Share, Sheet, break_even, tornado};
use serde::{Deserialize, Serialize};
use units::Text;

/// Widest bars that are shown.
const BARS: usize = 6;
/// Inputs of which it is asked what must be true.
const QUESTIONS: [&str; 4] = ["use.tokens_per_second", "money.utilisation", "lpu.server8", "money.life"];

/// What must be true of one input for the asked price to be covered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Must {
    /// The input.
    pub id: String,
    /// Its value now.
    pub now: f64,
    /// Its unit.
    pub unit: String,
    /// What it must be.
    pub must: BreakEven,
}

/// The bills of one contestant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Whose.
    pub who: Who,
    /// Its machine.
    pub name: Text,
    /// What the rate is.
    pub basis: Text,
    /// Users at once.
    pub users: f64,
    /// Tokens per second of each.
    pub per_user: f64,
    /// Joules per token.
    pub joules: Bill,
    /// Dollars per million tokens for an owner, if a price is known.
    pub owned: Option<Bill>,
    /// The same for a tenant, if somebody rents it out.
    pub rented: Option<Bill>,
    /// How much rests on what, of the owner's dollars, or of the joules where there are none.
    pub shares: Vec<Share>,
    /// Power of everything at work, in kW, from which joules and dollars alike are written.
    pub power: Row,
    /// Users whose caches fit.
    pub most: Row,
    /// Chips that these users need.
    pub needed: Row,
    /// What the numbers above do not say of themselves: who was left out, what this build compiled.
    pub notes: Vec<Text>,
    /// What moves the owner's bill, or the joules where there is none, most.
    pub bars: Vec<Bar>,
    /// The price that is asked per million tokens, and what must be true for it.
    pub asked: Option<f64>,
    /// The answers.
    pub must: Vec<Must>,
}

/// Both bills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledgers {
    /// The rival's, and ours where a rate is known.
    pub ledgers: Vec<Ledger>,
    /// What was refused of what the viewer typed.
    pub refused: Vec<Refusal>,
}

/// A bill that some hardware has none of.
fn optional(bill: Result<Bill, BillError>) -> Result<Option<Bill>, BillError> {
    match bill {
        Ok(bill) => Ok(Some(bill)),
        Err(BillError::NoPrice) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Contest {
    /// The bills at the viewer's number of users.
    ///
    /// Errors: the rival cannot serve so many, the model fits the LPU's chips for no user, or a bill cannot be written.
    pub fn ledgers(&self, setting: &Setting) -> Result<Ledgers, CaseError> {
        let rate = self.rate(self.users(setting))?;
        let (sheet, refused) = self.gpu_sheet(&rate, setting);
        let users = f64::from(rate.users);
        let mut ledgers = vec![ledger(&sheet, &self.gpu_hardware(), (Who::Gpu, users), self.gpu_basis(), None)?];
        if let Some(per_user) = self.lpu.per_second() {
            let hardware = self.lpu_hardware();
            let most = self.lpu_most(per_user, setting)?;
            let served = users.min(most);
            let sheet = self.lpu_sheet(served, per_user, setting);
            let asked = self.case.lpu.asked.as_ref().map(|id| sheet.value(id)).transpose()?;
            let mut of_lpu = ledger(&sheet, &hardware, (Who::Lpu, served), self.lpu_basis(), asked)?;
            of_lpu.notes.extend((served < users).then(|| left_out(users, served)));
            of_lpu.notes.extend(self.own_note(served));
            ledgers.push(of_lpu);
        }
        Ok(Ledgers { ledgers, refused })
    }

    /// What the program that this build compiled for the system does, where the bill is written at a published rate for `users`.
    fn own_note(&self, users: f64) -> Option<Text> {
        if matches!(self.lpu, LpuRate::Compiled { .. }) {
            return None;
        }
        let ours = Ours::of(&self.case).ok()?;
        let Ours { cycles, users: held, .. } = ours;
        let rate = ours.per_second();
        let (zh, en) = if (held as f64) < users {
            (
                format!("它的配置只放得下 {held} 人的快取，所以這裡的 {users} 人是把所有空位加起來算的，沒有編譯過。"),
                format!(
                    "Its layout has room for the caches of {held}: the {users} of this bill are counted over all free memory, and no program \
                     of this build serves so many."
                ),
            )
        } else {
            (format!("它的配置放得下 {held} 人的快取。"), format!("Its layout has room for the caches of {held}."))
        };
        Some(Text::new(
            format!("這個版本自己編譯、裁判過的程式：一個 token {cycles} 個週期，一位使用者每秒 {rate:.0} 個。{zh}"),
            format!(
                "This build's own program, compiled and judged: {cycles} cycles a token, {rate:.0} tokens/s for one user. {en}"
            ),
        ))
    }
}

/// Caches of `served` users fit where `asked` were asked for.
fn left_out(asked: f64, served: f64) -> Text {
    Text::new(
        format!("問的是 {asked} 人，快取只放得下 {served} 人：這張帳單是 {served} 人的。"),
        format!("{asked} users were asked for, caches of {served} fit: this is the bill of {served}."),
    )
}

fn ledger(
    sheet: &Sheet<'_>,
    hardware: &cost::Hardware,
    (who, users): (Who, f64),
    basis: Text,
    asked: Option<f64>,
) -> Result<Ledger, CaseError> {
    let joules = cost::joules(sheet, hardware)?;
    let owned = optional(cost::owned(sheet, hardware))?;
    let rented = optional(cost::rented(sheet, hardware))?;
    let write = |sheet: &Sheet<'_>| match owned {
        Some(_) => cost::owned(sheet, hardware),
        None => cost::joules(sheet, hardware),
    };
    let mut bars = tornado(sheet, &write)?;
    bars.truncate(BARS);
    let mut must = Vec::new();
    if let (Some(asked), Some(_)) = (asked, &owned) {
        for id in QUESTIONS {
            let input = sheet.input(id)?;
            let even = break_even(sheet, id, asked, &|sheet| cost::owned(sheet, hardware))?;
            must.push(Must { id: who.field(&input.id), now: input.value, unit: input.unit, must: even });
        }
    }
    let per_user = sheet.value("use.tokens_per_second")? / users;
    Ok(Ledger {
        who,
        name: hardware.name.clone(),
        basis,
        users,
        per_user,
        shares: owned.as_ref().unwrap_or(&joules).shares().to_vec(),
        joules,
        owned,
        rented,
        power: cost::power(sheet, hardware)?,
        most: cost::fit(sheet, hardware)?,
        needed: cost::needed(sheet, hardware, users)?,
        notes: Vec::new(),
        bars,
        asked,
        must,
    })
}
