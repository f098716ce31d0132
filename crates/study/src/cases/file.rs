//! A case: one question, as a file that can be read and changed.
//!
//! In: JSON, or the name of a case of this build.  Out: the case, its fields checked for what can be checked without a model.
//! Invariant: no field is skipped, and none said twice: both are refused by name, with line and column.
//! Method: the cases of this build are files, part of the program. Where the reader of JSON names no field, it is the last one before the
//!     place where it stopped.

use super::CaseError;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use units::Text;

/// Longest case file in bytes: a case is a page of text.
const BYTES_MAX: usize = 1 << 16;
/// Most users at once that a case may ask for.
const USERS_MAX: u32 = 4096;
/// Most chips of the system beside the box.
pub(super) const CHIPS_MAX: u32 = 100_000;
/// Most positions that a token may look back at.
pub(super) const CONTEXT_MAX: u32 = 1 << 20;
/// Model of the cases whose program the line makes itself.
const OWN: &str = "tiny";

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
    #[serde(deserialize_with = "each_once")]
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
            return Err(CaseError::Long { found: bytes.len(), most: BYTES_MAX });
        }
        let case: Case = serde_json::from_slice(bytes).map_err(|error| CaseError::Json {
            line: error.line(),
            column: error.column(),
            field: field_before(bytes, error.line(), error.column()),
            problem: problem(&error),
        })?;
        let within = |field, found: u32, most: u32, unit| {
            let is_within = 0 < found && found <= most;
            if is_within { Ok(()) } else { Err(CaseError::field(field, found as usize, (1, most as usize), unit)) }
        };
        within("users", case.users, USERS_MAX, "users")?;
        within("context", case.context, CONTEXT_MAX, "positions")?;
        within("lpu.chips", case.lpu.chips, CHIPS_MAX, "chips")?;
        Ok(case)
    }
}

impl Case {
    /// Whether the line itself compiles, judges and runs the model.
    pub fn is_compiled(&self) -> bool {
        self.model == OWN
    }

    /// The case as the text of its file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data")
    }
}

/// Inputs of which none is said twice.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    struct Inputs;

    impl<'de> Visitor<'de> for Inputs {
        type Value = BTreeMap<String, f64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("ids of inputs with their numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut inputs = BTreeMap::new();
            while let Some((id, value)) = map.next_entry::<String, f64>()? {
                if inputs.contains_key(&id) {
                    return Err(A::Error::custom(format!("input `{}` a second time", id.escape_debug())));
                }
                inputs.insert(id, value);
            }
            Ok(inputs)
        }
    }

    deserializer.deserialize_map(Inputs)
}

/// The name before the last colon of JSON that stands before a place; the reader counts columns in bytes.
fn field_before(bytes: &[u8], line: usize, column: usize) -> Option<String> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1));
    let place = (lines.map(<[u8]>::len).sum::<usize>() + column).min(bytes.len());
    let before = String::from_utf8_lossy(&bytes[..place]);
    let (names, _) = before.rsplit_once("\":")?;
    names.rsplit_once('"').map(|(_, name)| name.to_owned())
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
    fn a_file_that_no_case_fills_is_refused_by_its_length() {
        let long = Case::parse(&vec![b' '; BYTES_MAX + 1]).expect_err("too long").to_string();
        assert_eq!(long, "case: expected at most 65536 bytes, found 65537; take out what belongs to no case");
        let deep = Case::parse("[".repeat(BYTES_MAX).as_bytes()).expect_err("too deep").to_string();
        assert!(deep.starts_with("line 1, column "), "{deep}");
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
        let many = refused("\"chips\": 576", "\"chips\": \"many\"");
        assert!(many.contains("line 15, column") && many.contains("field `chips`"), "{many}");
        let twice = refused("{}", "{\"money.kwh\": 0.1, \"money.kwh\": 0.2}");
        assert!(twice.contains("input `money.kwh` a second time") && twice.contains("field `money.kwh`"), "{twice}");
        assert!(refused("\"users\": 1", "\"users\": 1, \"users\": 2").contains("duplicate field `users`"));
        assert!(refused("\"seed\": 1", "\"seed\": -1").contains("field `seed`: expected a case, found invalid value"));
        assert!(Case::find("nonsense").expect_err("no such case").to_string().contains("llama-2-70b"));
    }
}
