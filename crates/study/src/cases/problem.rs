//! What the JSON reader says of a case file, in Traditional Chinese.
//!
//! In: the reader's sentence without its place.  Out: the same in Chinese; names that the file itself wrote stay as they are.
//! Invariant: nothing is lost: a sentence that is not known stands there as a quotation.
//! Method: the reader's few forms by how they begin; what stands between backquotes is a name.

/// `problem` in Chinese.
pub(super) fn chinese(problem: &str) -> String {
    let name = problem.split('`').nth(1).unwrap_or_default();
    let known = [
        ("unknown field", format!("沒有名為「{name}」的欄位")),
        ("missing field", format!("缺少欄位「{name}」")),
        ("duplicate field", format!("欄位「{name}」出現兩次")),
        ("unknown variant", format!("「{name}」不在可選的名稱之中")),
        ("input `", format!("輸入「{name}」出現兩次")),
        ("EOF", "檔案還沒寫完就結束了".to_owned()),
        ("trailing", "題目寫完之後還有多餘的字".to_owned()),
        ("recursion limit", "括號太多層".to_owned()),
        ("expected", "這裡不是合法的 JSON".to_owned()),
        ("key must be", "欄位名稱要放在引號裡".to_owned()),
    ];
    let of_value = || {
        let (found, expected) = problem.split_once(": ")?.1.rsplit_once(", expected ")?;
        problem.starts_with("invalid").then(|| format!("值「{found}」不合，應為「{expected}」"))
    };
    let of_form = || known.iter().find(|(begins, _)| problem.starts_with(begins)).map(|(_, says)| says.clone());
    of_value().or_else(of_form).unwrap_or_else(|| format!("讀取時說「{problem}」"))
}

#[cfg(test)]
mod tests {
    use super::super::file::Case;
    use super::chinese;

    /// The reader itself is asked, so that another wording of its next release is seen.
    #[test]
    fn what_the_reader_says_is_told_in_chinese() {
        let text = Case::all()[0].text();
        let says = |from: &str, to: &str| {
            let spoiled = text.replacen(from, to, 1);
            assert_ne!(spoiled, text, "{from}");
            Case::parse(spoiled.as_bytes()).expect_err("a spoiled case").text().zh.to_string()
        };
        for (from, to, part) in [
            ("\"users\"", "\"people\"", "沒有名為「people」的欄位"),
            ("\"users\": 1,", "", "缺少欄位「users」"),
            ("\"users\": 1", "\"users\": 1, \"users\": 2", "欄位「users」出現兩次"),
            ("\"materials\"", "\"gold\"", "「gold」不在可選的名稱之中"),
            ("\"chips\": 576", "\"chips\": \"many\"", "值「string \"many\"」不合，應為「u32」"),
            ("\"seed\": 1", "\"seed\": -1", "值「integer `-1`」不合，應為「u64」"),
            ("{}", "{\"money.kwh\": 0.1, \"money.kwh\": 0.2}", "輸入「money.kwh」出現兩次"),
            ("\"users\": 1", "\"users\": one", "這裡不是合法的 JSON"),
            ("\"users\": 1", "users: 1", "欄位名稱要放在引號裡"),
        ] {
            assert!(says(from, to).contains(part), "{from} to {to}: {}", says(from, to));
        }
        let cut = Case::parse(&text.as_bytes()[..40]).expect_err("cut off").text().zh;
        assert!(cut.contains("檔案還沒寫完就結束了"), "{cut}");
        let more = Case::parse(format!("{text} x").as_bytes()).expect_err("more").text().zh;
        assert!(more.contains("還有多餘的字"), "{more}");
        let deep = Case::parse("[".repeat(400).as_bytes()).expect_err("deep").text().zh;
        assert!(deep.contains("讀取時說") || deep.contains("不合") || deep.contains("括號太多層"), "{deep}");
        assert_eq!(chinese("nothing known"), "讀取時說「nothing known」");
    }
}
