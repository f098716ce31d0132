//! What the viewer changed, divided: what the rival's model depends on goes into the case, the rest stays for the bill.
//!
//! In: a case, a setting.  Out: the case as it is asked now, what is left of the setting, and what was refused at its field.
//! Invariant: a change that would alter nothing is refused, never taken in silence.
//! Method: the rival's own table of constants says which ids are its own; `gpu::Case::dial` tries each.

use super::contest::{Setting, book, edit, gpu_case};
use super::file::Case;
use cost::{Refusal, Sheet};
use gpu::{Dialled, GpuError};
use units::{Constant, Text};

/// A case with the viewer's changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialed {
    /// The case as it is asked now.
    pub case: Case,
    /// Changes that concern the bill.
    pub setting: Setting,
    /// What was not taken.
    pub refused: Vec<Refusal>,
}

/// The rival's constant called `id`.
pub(super) fn of_rival(id: &str) -> Option<Constant> {
    gpu::constants::all().into_iter().find(|constant| constant.id == id)
}

/// What of a setting is refused where there is no case: of the claims.
pub fn refused(setting: &Setting) -> Vec<Refusal> {
    let book = book();
    edit(&mut Sheet::new(&book), setting)
}

impl Case {
    /// The case with the changes of `setting` that concern the rival's model.
    pub fn dialed(&self, setting: &Setting) -> Dialed {
        let mut dialed = Dialed { case: self.clone(), setting: setting.clone(), refused: Vec::new() };
        dialed.setting.edits.retain(|id, text| {
            let Some(constant) = of_rival(id) else { return true };
            match tried(&dialed.case, &constant, text) {
                Ok(value) => drop(dialed.case.inputs.insert(id.clone(), value)),
                Err(refusal) => dialed.refused.push(*refusal),
            }
            false
        });
        dialed
    }
}

impl Dialed {
    /// The whole question as one case: the changes that concern the bill are inputs of it, too.
    pub fn whole(&self) -> Case {
        let book = book();
        let mut sheet = Sheet::new(&book);
        edit(&mut sheet, &self.setting);
        let mut case = self.case.clone();
        case.inputs.extend(sheet.edits().clone());
        case.users = self.setting.users.unwrap_or(case.users);
        case
    }
}

/// The number in `text`, if the case can have it for `constant`.
fn tried(case: &Case, constant: &Constant, text: &str) -> Result<f64, Box<Refusal>> {
    let refuse = |expected: Text, remedy: Text| {
        Box::new(Refusal { id: constant.id.to_owned(), found: text.trim().to_owned(), expected, remedy })
    };
    let bounds = || {
        let (low, high) = (constant.low, constant.high);
        refuse(
            Text::new(format!(" {low} 到 {high} 之間的數"), format!("a number from {low} to {high}")),
            Text::of("請輸入這之間的數", "type a number between them"),
        )
    };
    let value: f64 = text.trim().parse().map_err(|_| bounds())?;
    // A case that cannot be opened is told apart, with its own reason.
    let Ok(mut rival) = gpu_case(case) else { return Ok(value) };
    match rival.dial(constant.id, value) {
        Ok(Dialled::Set) => Ok(value),
        Err(GpuError::Bounds { .. }) => Err(bounds()),
        Ok(Dialled::Idle | Dialled::Foreign) | Err(_) => Err(refuse(
            Text::of("這個題目會用到的輸入", "an input that this case depends on"),
            Text::of("請改別的輸入，或換一種 GPU", "choose another input, or another GPU"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialed(edits: &[(&str, &str)]) -> Dialed {
        let edits = edits.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect();
        Case::find("llama-2-70b").expect("a case of this build").dialed(&Setting { users: None, edits })
    }

    #[test]
    fn changes_of_the_rival_go_into_the_case_and_those_of_the_bill_stay() {
        let dialed = dialed(&[("h100.hbm_eff", " 0.9 "), ("money.kwh", "0.1"), ("hbm.imbalance", "0.2")]);
        let inputs: Vec<(&str, f64)> = dialed.case.inputs.iter().map(|(id, value)| (id.as_str(), *value)).collect();
        assert_eq!(inputs, [("h100.hbm_eff", 0.9), ("hbm.imbalance", 0.2)]);
        assert_eq!(dialed.setting.edits.keys().collect::<Vec<_>>(), ["money.kwh"]);
        assert!(dialed.refused.is_empty());
    }

    #[test]
    fn what_is_absurd_or_changes_nothing_is_refused_at_its_field() {
        let dialed = dialed(&[
            ("h100.hbm_eff", "7"),
            ("a100.hbm_eff", "0.85"),
            ("gpu.speed_spread", "NaN"),
            ("load.rush_step", "10"),
            ("hbm.trfc", "much"),
        ]);
        let fields: Vec<&str> = dialed.refused.iter().map(|refusal| refusal.id.as_str()).collect();
        assert_eq!(fields, ["a100.hbm_eff", "gpu.speed_spread", "h100.hbm_eff", "hbm.trfc", "load.rush_step"]);
        assert!(dialed.case.inputs.is_empty() && dialed.setting.edits.is_empty());
        let said = dialed.refused[2].to_string();
        assert_eq!(said, "`h100.hbm_eff`: found 7, expected a number from 0.82 to 0.95: type a number between them");
    }

    #[test]
    fn the_whole_question_is_a_case_that_is_read_back() {
        let mut dialed = dialed(&[("h100.hbm_eff", "0.9"), ("money.kwh", "0.1"), ("money.life", "0")]);
        dialed.setting.users = Some(8);
        let whole = dialed.whole();
        assert_eq!(
            whole.inputs.keys().collect::<Vec<_>>(),
            ["h100.hbm_eff", "money.kwh"],
            "what is refused is not in it"
        );
        assert_eq!((whole.users, Case::parse(whole.text().as_bytes())), (8, Ok(whole.clone())));
    }

    #[test]
    fn claims_refuse_what_they_do_not_know() {
        let edits = [("nothing".to_owned(), "1".to_owned()), ("record.chips".to_owned(), "NaN".to_owned())];
        assert_eq!(refused(&Setting { users: None, edits: edits.into() }).len(), 2);
        assert!(refused(&Setting::default()).is_empty());
    }
}
