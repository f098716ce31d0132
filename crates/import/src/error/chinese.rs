//! The sentences in Traditional Chinese as written in Taiwan.
//!
//! In: an error.  Out: two sentences: what is wrong, and what to do.
//! Invariant: each part has its counterpart in `english`, with the same numbers.
//! Method: where, what it is about, expectation, finding, remedy.

use super::{Expected, Found, ImportError, Part, Remedy, Subject, ValueKind};

pub(super) fn sentence(error: &ImportError) -> String {
    let place = error.at.map(|at| format!("位元組位置 {at}，")).unwrap_or_default();
    let subject = subject(&error.subject);
    let (expected, found) = (expected(&error.expected), found(&error.found));
    format!("{place}{subject}：{expected}，{found}。{}。", remedy(error.remedy))
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::File => "檔案".into(),
        Subject::Header => "檔頭".into(),
        Subject::Entry(number) => format!("第 {number} 筆中繼資料"),
        Subject::Key(key) => format!("中繼資料鍵 {key}"),
        Subject::TensorNumber(number) => format!("第 {number} 個張量"),
        Subject::Tensor(name) => format!("張量 {name}"),
        Subject::Tensors => "張量".into(),
        Subject::Context => "上下文長度".into(),
    }
}

fn part(part: Part) -> &'static str {
    match part {
        Part::Magic => "識別碼",
        Part::Version => "版本",
        Part::TensorCount => "張量數量",
        Part::EntryCount => "中繼資料數量",
        Part::Key => "鍵",
        Part::ValueType => "值的型別",
        Part::Value => "值",
        Part::Text => "文字",
        Part::ArrayLength => "陣列長度",
        Part::Elements => "陣列元素",
        Part::TensorName => "張量名稱",
        Part::Rank => "維數",
        Part::Dimension => "維度大小",
        Part::TensorType => "張量型別",
        Part::Offset => "位移",
        Part::Data => "資料",
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Integer => "整數",
        ValueKind::Real => "實數",
        ValueKind::Boolean => "布林值",
        ValueKind::Text => "文字",
        ValueKind::Numbers => "數字陣列",
        ValueKind::Texts => "文字陣列",
        ValueKind::Arrays => "陣列的陣列",
    }
}

fn expected(expected: &Expected) -> String {
    match expected {
        Expected::Bytes { count, part: of } => format!("應有 {count} 個位元組的{}", part(*of)),
        Expected::LengthAtMost { part: of, most } => format!("{}最多應為 {most} 個位元組", part(*of)),
        Expected::CountAtMost { part: of, most, left } => {
            format!("檔案只剩 {left} 個位元組，{}最多應為 {most}", part(*of))
        }
        Expected::Utf8(of) => format!("{}應為 UTF-8", part(*of)),
        Expected::Range { low, high } => format!("應介於 {low} 和 {high} 之間"),
        Expected::DepthAtMost(depth) => format!("陣列最多應有 {depth} 層"),
        Expected::Literal(text) => format!("應為 {text}"),
        Expected::Once => "應只出現一次".into(),
        Expected::KnownType => "應為格式中已有的張量型別".into(),
        Expected::NotZero => "各維度都不應為零".into(),
        Expected::Blocks { elements, kind } => format!("第一個維度應為 {elements}（{kind} 的區塊大小）的倍數"),
        Expected::ProductFits => "各維度的乘積應不超過 64 位元".into(),
        Expected::PowerOfTwo => "應為二的次方".into(),
        Expected::MultipleOf(factor) => format!("應為 {factor} 的倍數"),
        Expected::After(byte) => format!("應從位元組 {byte} 之後開始，不與其他張量重疊"),
        Expected::Inside { count, offset } => format!("從位移 {offset} 起的 {count} 個位元組應在檔案之內"),
        Expected::Value => "應有值".into(),
        Expected::OfKind(of) => format!("應為{}", kind(*of)),
        Expected::NotEmpty => "至少應有一個元素".into(),
        Expected::OnePerToken(count) => format!("應有 {count} 個元素，每個 token 一個"),
        Expected::TokensFit => "所有 token 合計應小於 4 GiB".into(),
        Expected::KnownToken => "應為詞彙表中 token 的編號".into(),
        Expected::MergeParts => "應為詞彙表中的兩個 token，合併後也在表中".into(),
        Expected::DivisorOf(number) => format!("應能整除 {number}"),
        Expected::Even => "應為偶數".into(),
        Expected::Names(names) => format!("應有 {}", names.join("、")),
        Expected::NamesAndMore(names) => format!("應有 {} 等", names.join("、")),
        Expected::OnlyFamily => "應只有這個模型家族的張量".into(),
        Expected::Extents(extents) => format!("大小應為 {extents:?}"),
    }
}

fn found(found: &Found) -> String {
    match found {
        Found::Nothing => "實際沒有".into(),
        Found::Number(number) => format!("實際為 {number}"),
        Found::Text(text) => format!("實際為 {text}"),
        Found::Byte(byte) => format!("實際出現位元組 {byte:#04x}"),
        Found::Length(length) => format!("實際長度為 {length}"),
        Found::EndAfter(count) => format!("檔案在 {count} 個位元組後就結束了"),
        Found::ShortRead(count) => format!("實際只讀到 {count} 個"),
        Found::BigEndian => "實際為大端序檔案".into(),
        Found::Deeper => "實際還有更深的一層".into(),
        Found::Again => "實際又出現一次".into(),
        Found::InsideTensor { at, name } => format!("實際從位元組 {at} 開始，落在張量 {name} 裡"),
        Found::FileOf(size) => format!("檔案實際只有 {size} 個位元組"),
        Found::OfKind(of) => format!("實際為{}", kind(*of)),
        Found::Extents(extents) => format!("實際為 {extents:?}"),
        Found::AtIndex { text, index } => format!("實際在索引 {index} 為 {text}"),
        Found::Another => "實際還有別的".into(),
        Found::Reason(reason) => format!("讀取失敗：{reason}"),
    }
}

fn remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::DownloadAgain => "請重新下載檔案，或重新轉換模型",
        Remedy::CheckFile => "請確認檔案還在，而且可以讀取",
        Remedy::ChooseGguf => "請選擇 .gguf 檔；其他格式請先用各自的工具轉成 GGUF",
        Remedy::ConvertAgain => "請用新版的轉換工具重新轉換模型",
        Remedy::ConvertLittleEndian => "請在小端序的機器上重新轉換模型",
        Remedy::ConvertType => "請把模型轉成 F16、Q8_0、Q4_0 或 Q4_1",
        Remedy::OtherTokenizer => "請選擇使用位元組層級 BPE 詞彙表的模型，例如 SmolLM2 或 Llama 3",
        Remedy::OtherFamily => "請選擇一般 Llama 家族的模型，例如 SmolLM2",
        Remedy::OtherContext => "請選擇不超過模型本身上限的上下文長度",
        Remedy::SmallerModel => "請選擇較小的模型，或記憶體較大的機器",
    }
}
