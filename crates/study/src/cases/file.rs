//! A case: one question, as a file that can be read and changed.
//!
//! In: JSON, or the name of a case of this build.  Out: the case, its fields checked for what can be checked without a model.
//! Invariant: no field is skipped: an unknown one is refused by name, with line and column.
//! Method: the cases of this build are files, part of the program.

use super::CaseError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::Text;

/// Longest case file in bytes: a case is a page of text.
const BYTES_MAX: usize = 1 << 16;
/// Most users at once that a case may ask for.
const USERS_MAX: u32 = 4096;
/// Most chips of the system beside the box.
const CHIPS_MAX: u32 = 100_000;

/// The cases of this build.
const FILES: [&str; 6] = [
    include_str!("../../cases/llama-2-70b.json"),
    include_str!("../../cases/mixtral-8x7b.json"),
    include_str!("../../cases/gpu-wins-at-64-users.json"),
    include_str!("../../cases/llama-2-70b-2023-software.json"),
    include_str!("../../cases/llama-2-70b-on-a100.json"),
    include_str!("../../cases/tiny.json"),
];

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Short name.
    pub id: String,
    /// The question.
    pub question: Text,
    /// Built-in name of the model, or `tiny`.
    pub model: String,
    /// The rival's box.
    pub gpu: GpuBox,
    /// The system beside it.
    pub lpu: LpuSystem,
    /// Users at once.
    pub users: u32,
    /// Positions that a token looks back at.
    pub context: u32,
    /// Seed of everything random on the rival's side.
    pub seed: u64,
    /// Inputs of model and bill that differ from their defaults, by id.
    pub inputs: BTreeMap<String, f64>,
}

/// A box of GPUs with its software.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuBox {
    /// Name of the GPU.
    pub name: String,
    /// How many of them share each layer.
    pub count: u32,
    /// Format of the weights.
    pub format: String,
    /// Software.
    pub engine: String,
}

/// A system of LPUs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LpuSystem {
    /// Chips.
    pub chips: u32,
    /// What its servers are paid at.
    pub price: LpuPrice,
    /// Id of the published rate of one user, where this build does not compile the model.
    pub rate: Option<String>,
    /// Id of the price that is asked per million tokens, if one is known.
    pub asked: Option<String>,
}

/// What a server of LPUs is paid at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LpuPrice {
    /// The parts.
    Materials,
    /// One card at a time in a shop.
    List,
}

impl Case {
    /// All cases of this build.
    pub fn all() -> Vec<Case> {
        FILES.iter().map(|text| Case::parse(text.as_bytes()).expect("a test reads every case of this build")).collect()
    }

    /// The case of this build called `id`.
    ///
    /// Errors: the names there are.
    pub fn find(id: &str) -> Result<Case, CaseError> {
        let all = Case::all();
        let names = || all.iter().map(|case| case.id.clone()).collect();
        all.iter().find(|case| case.id == id).cloned().ok_or_else(|| CaseError::Unknown {
            field: "case",
            found: id.to_owned(),
            names: names(),
        })
    }

    /// The case in the bytes of a file.
    ///
    /// Errors: where it is no JSON, lacks a field, has one too many, or asks for none or too much of something.
    pub fn parse(bytes: &[u8]) -> Result<Case, CaseError> {
        if BYTES_MAX < bytes.len() {
            return Err(CaseError::field("case", bytes.len(), (1, BYTES_MAX), "bytes"));
        }
        let case: Case = serde_json::from_slice(bytes).map_err(|error| CaseError::Json {
            line: error.line(),
            column: error.column(),
            problem: problem(&error),
        })?;
        let within = |field, found: u32, most: u32, unit| {
            let is_within = 0 < found && found <= most;
            if is_within { Ok(()) } else { Err(CaseError::field(field, found as usize, (1, most as usize), unit)) }
        };
        within("users", case.users, USERS_MAX, "users")?;
        within("context", case.context, 1 << 20, "positions")?;
        within("lpu.chips", case.lpu.chips, CHIPS_MAX, "chips")?;
        Ok(case)
    }
}

impl Case {
    /// The case as the text of its file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data")
    }
}

/// What is wrong, without the place, which is told apart.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_this_build_is_read_and_written_back() {
        for case in Case::all() {
            assert_eq!(Case::parse(case.text().as_bytes()), Ok(case.clone()));
            assert_eq!(Case::find(&case.id), Ok(case));
        }
    }

    #[test]
    fn what_is_wrong_is_named_at_its_field() {
        let refused = |from: &str, to: &str| {
            let text = FILES[0].replace(from, to);
            Case::parse(text.as_bytes()).expect_err("a spoiled case").to_string()
        };
        let unknown = refused("\"users\"", "\"people\"");
        assert!(unknown.contains("unknown field `people`") && unknown.contains("line"), "{unknown}");
        let none = refused("\"users\": 1", "\"users\": 0");
        assert_eq!(none, "users: expected 1 to 4096 users, found 0; choose a number between them");
        assert!(refused("576", "\"many\"").contains("line"));
        assert!(Case::find("nonsense").expect_err("no such case").to_string().contains("llama-2-70b"));
    }
}
