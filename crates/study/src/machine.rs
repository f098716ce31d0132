//! Machines that a user describes, with refusals in both languages.
//!
//! In: a machine file, or what differs from the published machine.  Out: a machine that can be, or the field that cannot.
//! Invariant: nothing is decided here: `arch` reads, checks and names.

use arch::{Chip, ChipFileError};
use units::Text;

/// The machine of a file.
///
/// Errors: the place in the text, or the field with its value and what would be legal.
pub fn machine(text: &str) -> Result<Chip, Text> {
    Chip::from_json(text).map_err(|error| refusal(&error))
}

/// The published machine with differences, as `Chip::differences` writes them.
///
/// Errors: as `machine`.
pub fn machine_that_differs(differences: &str) -> Result<Chip, Text> {
    Chip::from_differences(differences).map_err(|error| refusal(&error))
}

fn refusal(error: &ChipFileError) -> Text {
    let chinese = match error {
        ChipFileError::Text { line, column, reason } => {
            format!("機器檔第 {line} 行第 {column} 欄讀不懂：{reason}。請對照現有欄位修改。")
        }
        ChipFileError::Name { found, expected } => {
            format!("機器檔的 name 是「{found}」，應為：{expected}。請換一個名字。")
        }
        ChipFileError::Impossible(error) => {
            format!("不可能的機器：{} 是 {}，應為 {}。請改這個欄位。", error.field, error.found, error.expected)
        }
    };
    Text::new(chinese, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field_in_both_languages() {
        let wrong =
            Chip::lpu_14nm().to_json().replace("lpu-14nm", "mine").replace("\"words\": 8192", "\"words\": 9000");
        let text = machine(&wrong).expect_err("13 address bits are too few");
        assert!(text.en.contains("words is 9000") && text.zh.contains("words 是 9000"), "{text:?}");
        let text = machine("{").expect_err("no machine");
        assert!(text.zh.contains("第 1 行") && text.en.contains("line 1"), "{text:?}");
        let text = machine_that_differs("name=\"mine\"\nlatency.hop=x").expect_err("no number");
        assert!(text.en.contains("latency.hop"), "{text:?}");
    }
}
