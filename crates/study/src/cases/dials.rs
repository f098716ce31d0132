//! What the viewer changed, divided: what the rival's model depends on goes into the case, the rest stays for the bill.
//!
//! In: a case, a setting.  Out: the case as it is asked now, what is left of the setting, and what was refused at its field.
//! Invariant: a change that would alter nothing is refused, never taken in silence.
//! Method: fields of the case by their names; the rival's own table of constants says which ids are its own, and `gpu::Case::dial` tries
//!     each; amounts of one side by `sides`; everything else must move a figure (`moves`).

use super::contest::{Setting, book, gpu_case};
use super::error::CaseError;
use super::file::{CHIPS_MAX, CONTEXT_MAX, Case};
use super::moves::{Asked, moves};
use super::sides;
use cost::{Refusal, Sheet};
use gpu::{Dialled, GpuError, Tensor};
use std::collections::BTreeMap;
use units::{Book, Constant, Order, Text};

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
    let (_, refused) = Desk::new(Asked::Claims).sorted(&setting.edits);
    refused
}

impl Case {
    /// The case with the changes of `setting` that concern its fields and the rival's model.
    pub fn dialed(&self, setting: &Setting) -> Dialed {
        let mut dialed = Dialed { case: self.clone(), setting: setting.clone(), refused: Vec::new() };
        let mut other = BTreeMap::new();
        for (id, text) in &setting.edits {
            let taken = match (field(&mut dialed.case, id, text), of_rival(id)) {
                (Some(taken), _) => taken,
                (None, Some(constant)) => tried(&dialed.case, &constant, text).map(|value| {
                    dialed.case.inputs.insert(id.clone(), value);
                }),
                (None, None) => {
                    other.insert(id.clone(), text.clone());
                    Ok(())
                }
            };
            dialed.refused.extend(taken.err().map(|refusal| *refusal));
        }
        let (edits, refused) = Desk::new(Asked::Case(&dialed.case)).sorted(&other);
        dialed.setting.edits = edits.into_iter().map(|(id, value)| (id, value.to_string())).collect();
        dialed.refused.extend(refused);
        dialed
    }

    /// Checks the inputs of the case that are not the rival's.
    ///
    /// Errors: the first that nothing depends on, or that has a value which it cannot have.
    pub(super) fn check_inputs(&self) -> Result<(), CaseError> {
        let own = self.inputs.iter().filter(|(id, _)| of_rival(id).is_none());
        let texts = own.map(|(id, value)| (id.clone(), value.to_string())).collect();
        let bare = Case { inputs: BTreeMap::new(), ..self.clone() };
        let (_, refused) = Desk::new(Asked::Case(&bare)).sorted(&texts);
        refused.into_iter().next().map_or(Ok(()), |refusal| Err(Box::new(refusal).into()))
    }

    /// `setting` with the inputs of the case that are not the rival's beneath it.
    pub(super) fn beneath(&self, setting: &Setting) -> Setting {
        let own = self.inputs.iter().filter(|(id, _)| of_rival(id).is_none());
        let mut edits: BTreeMap<String, String> = own.map(|(id, value)| (id.clone(), value.to_string())).collect();
        edits.extend(setting.edits.clone());
        Setting { users: setting.users, edits }
    }
}

impl Dialed {
    /// The whole question as one case: the changes that concern the bill are inputs of it, too.
    pub fn whole(&self) -> Case {
        let mut case = self.case.clone();
        let number = |(id, text): (&String, &String)| Some((id.clone(), text.parse().ok()?));
        case.inputs.extend(self.setting.edits.iter().filter_map(number));
        case.users = self.setting.users.unwrap_or(case.users);
        case
    }
}

/// Judges changes that are not the rival's.
struct Desk<'c> {
    book: Book,
    asked: Asked<'c>,
}

impl<'c> Desk<'c> {
    fn new(asked: Asked<'c>) -> Self {
        Desk { book: book(), asked }
    }

    /// What is taken of `edits`, and what is refused.
    fn sorted(&self, edits: &BTreeMap<String, String>) -> (BTreeMap<String, f64>, Vec<Refusal>) {
        let (mut taken, mut refused) = (BTreeMap::new(), Vec::new());
        for (id, text) in edits {
            match self.value(id, text) {
                Ok(value) => drop(taken.insert(id.clone(), value)),
                Err(refusal) => refused.push(*refusal),
            }
        }
        // Whether an input moves a figure may depend on the others: energy per bit of a link on the bits that cross it.
        let idle: Vec<String> = taken.keys().filter(|id| !self.moves(id, &taken)).cloned().collect();
        for id in idle {
            taken.remove(&id);
            let found = edits.get(&id).map_or("", |text| text.trim());
            refused.push(self.idle(&id, found));
        }
        refused.order_by(|a, b| a.id.cmp(&b.id));
        (taken, refused)
    }

    fn value(&self, id: &str, text: &str) -> Result<f64, Box<Refusal>> {
        if let (Some(bounds), Asked::Case(_)) = (sides::bounds(id), &self.asked) {
            return bounds.read(id, text);
        }
        match Sheet::new(&self.book).bounds(id) {
            Some(bounds) => bounds.read(id, text),
            None => Err(Box::new(self.idle(id, text.trim()))),
        }
    }

    fn moves(&self, id: &str, taken: &BTreeMap<String, f64>) -> bool {
        let bounds = sides::bounds(id).or_else(|| Sheet::new(&self.book).bounds(id));
        bounds.is_none_or(|bounds| moves(&self.book, &self.asked, taken, (id, bounds)))
    }

    /// The refusal of what nothing depends on, or what nobody knows.
    fn idle(&self, id: &str, found: &str) -> Refusal {
        let expected = match self.asked {
            Asked::Case(_) if self.book.get(id).is_some() => {
                Text::of("這個題目會用到的輸入", "an input that this case depends on")
            }
            Asked::Case(_) => Text::of("這個題目的輸入或欄位", "the id of an input of this case"),
            Asked::Claims if self.book.get(id).is_some() => {
                Text::of("某個說法用到的輸入", "an input that a claim depends on")
            }
            Asked::Claims => Text::of("帳單上某個輸入的代號", "the id of an input of the bill"),
        };
        Refusal { id: id.to_owned(), found: found.to_owned(), expected, remedy: self.remedy(id) }
    }

    fn remedy(&self, id: &str) -> Text {
        let is_claimed = || {
            Sheet::new(&self.book)
                .bounds(id)
                .is_some_and(|bounds| moves(&self.book, &Asked::Claims, &BTreeMap::new(), (id, bounds)))
        };
        match &self.asked {
            Asked::Case(case) => sides::instead(id, case).unwrap_or_else(|| {
                if is_claimed() {
                    Text::of(
                        "這個數字只有說法查核用到：請改用 `greenwave study claims --set`",
                        "only the claims quote this figure: ask `greenwave study claims --set`",
                    )
                } else {
                    Text::of(
                        "請從帳單的輸入選一個，或換一種 GPU",
                        "choose one of the inputs of the bill, or another GPU",
                    )
                }
            }),
            Asked::Claims => Text::of("請從說法的公式選一個輸入", "choose an input of the formula of a claim"),
        }
    }
}

/// Puts a number into the field of the case called `id`; nothing if that is no field.
fn field(case: &mut Case, id: &str, text: &str) -> Option<Result<(), Box<Refusal>>> {
    let whole = |least: u32, most: u32| -> Result<u32, Box<Refusal>> {
        let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            Box::new(Refusal {
                id: id.to_owned(),
                found: text.trim().to_owned(),
                expected: Text::new(
                    format!(" {least} 到 {most} 之間的整數"),
                    format!("a whole number from {least} to {most}"),
                ),
                remedy: Text::of("請輸入這之間的整數", "type a whole number between them"),
            })
        })
    };
    Some(match id {
        "context" => whole(1, CONTEXT_MAX).map(|number| case.context = number),
        "lpu.chips" => whole(1, CHIPS_MAX).map(|number| case.lpu.chips = number),
        "gpu.count" => whole(1, 8).and_then(|number| match Tensor::of(number) {
            Ok(_) => {
                case.gpu.count = number;
                Ok(())
            }
            Err(error) => Err(Box::new(Refusal {
                id: id.to_owned(),
                found: text.trim().to_owned(),
                expected: Text::of(" 1、2、4 或 8", "1, 2, 4 or 8"),
                remedy: Text::new(error.chinese(), error.to_string()),
            })),
        }),
        _ => return None,
    })
}

/// The number in `text`, if the case can have it for `constant`.
fn tried(case: &Case, constant: &Constant, text: &str) -> Result<f64, Box<Refusal>> {
    let refuse = |expected: Text, remedy: Text| {
        Box::new(Refusal { id: constant.id.to_owned(), found: text.trim().to_owned(), expected, remedy })
    };
    let (low, high) = (constant.low, constant.high);
    let bounds = || {
        if low == high {
            return refuse(
                Text::of("有範圍可改的輸入", "an input that has a range"),
                Text::of(
                    "這是機器的規格，只有一個值：請改別的輸入，或換一種 GPU",
                    "this is what the machine is, and it has one value: choose another input, or another GPU",
                ),
            );
        }
        refuse(
            Text::new(format!(" {low} 到 {high} 之間的數"), format!("a number from {low} to {high}")),
            Text::of("請輸入這之間的數", "type a number between them"),
        )
    };
    let idle = || {
        refuse(
            Text::of("這個題目會用到的輸入", "an input that this case depends on"),
            Text::of("請改別的輸入，或換一種 GPU", "choose another input, or another GPU"),
        )
    };
    let value: f64 = text.trim().parse().map_err(|_| bounds())?;
    // A case that cannot be opened is told apart, with its own reason.
    let Ok(mut rival) = gpu_case(case) else { return Ok(value) };
    match rival.dial(constant.id, value) {
        Ok(Dialled::Set) if low == high => Err(bounds()),
        Ok(Dialled::Set) => Ok(value),
        Err(GpuError::Bounds { .. }) => Err(bounds()),
        Ok(Dialled::Idle | Dialled::Foreign) | Err(_) => Err(idle()),
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
