//! The names of things in both languages: one table.
//!
//! In: keys of parts, kinds, units, places.  Out: their names as the story uses them.
//! Invariant: a key that is not in the table is shown as it is, so that a new part is visible and never hidden.
//! Source: the words of the page's story and glossary; parts are the keys of `graph::Origin::part`.

use crate::lang::{Text, zh};
use arch::{GROUP_STREAMS, Hemisphere, Mesh, Queue, SliceId, StreamId, Unit};
use graph::ScalarOp;
use program::{Label, LabelKind, RecordContent};

/// Key, Traditional Chinese, English.
const PARTS: [(&str, &str, &str); 26] = [
    ("embed", "詞嵌入", "embedding"),
    ("attn_norm", "注意力前正規化", "norm before attention"),
    ("attn_q", "查詢投影", "queries"),
    ("attn_k", "鍵投影", "keys"),
    ("attn_v", "值投影", "values"),
    ("rope", "旋轉位置", "rotary position"),
    ("kv_append", "KV 快取", "KV cache"),
    ("attn_scores", "注意力分數", "attention scores"),
    ("softmax", "softmax", "softmax"),
    ("attn_values", "加權值總和", "weighted values"),
    ("attn_output", "注意力輸出", "attention output"),
    ("residual", "殘差相加", "residual"),
    ("all_reduce", "跨晶片加總", "sum over chips"),
    ("ffn_norm", "前饋前正規化", "norm before feed-forward"),
    ("ffn_gate", "閘門", "gate"),
    ("ffn_up", "上投影", "up"),
    ("silu", "SiLU", "SiLU"),
    ("ffn_down", "下投影", "down"),
    ("output_norm", "最後正規化", "last norm"),
    ("head", "輸出頭", "head"),
    ("mask", "遮罩", "mask"),
    ("ones", "全一矩陣", "ones"),
    ("argmax", "取最大", "arg-max"),
    ("token", "啟動", "launch"),
    ("map", "位址表", "address map"),
    ("carry", "交給下一個節點", "on to the next node"),
];

/// Name of a part of the model.
pub fn part(key: &str) -> Text {
    match PARTS.iter().find(|(name, ..)| *name == key) {
        Some((_, zh, en)) => Text::new(*zh, *en),
        None => Text::same(key),
    }
}

/// `layer 3`.
pub fn layer(layer: u32) -> Text {
    Text::new(format!("第 {layer} 層"), format!("layer {layer}"))
}

/// Name of a stage that is no layer.
pub fn stage(template: &str) -> Text {
    match template {
        "token" => Text::new("準備", "start"),
        "layer" => Text::new("層", "layer"),
        "head" => Text::new("輸出頭", "head"),
        other => Text::same(other),
    }
}

/// `layer 3 · gate`, or the part alone.
pub fn part_of(layer_number: Option<u32>, key: &str) -> Text {
    match layer_number {
        Some(number) => layer(number).then(&Text::same(" · ")).then(&part(key)),
        None => part(key),
    }
}

/// `layer 3's gate`.
pub fn part_possessive(layer_number: Option<u32>, key: &str) -> Text {
    let part = part(key);
    match layer_number {
        Some(number) => Text::new(zh(&[&layer(number).zh, &part.zh]), format!("layer {number}'s {}", part.en)),
        None => part,
    }
}

/// What kind of thing moves.
pub fn kind(kind: LabelKind) -> Text {
    match kind {
        LabelKind::Weights => Text::new("權重", "weights"),
        LabelKind::Activation => Text::new("值", "values"),
        LabelKind::Constant => Text::new("常數", "constants"),
        LabelKind::Cache => Text::new("KV 快取", "KV cache"),
        LabelKind::Record => Text::new("啟動紀錄", "launch record"),
        LabelKind::Map => Text::new("位址表", "address map"),
    }
}

/// What an ALU does, third person: `computes exp`, `converts formats`.
pub(crate) fn operation(op: ScalarOp) -> Text {
    match op {
        op if op.is_conversion() => Text::new("轉換數值格式", "converts number formats"),
        ScalarOp::Identity => Text::new("傳遞數值", "passes values on"),
        op => Text::new(zh(&["計算", op.name()]), format!("computes {}", op.name())),
    }
}

/// What a slice reads, in a sentence: Chinese, English.
pub(crate) fn read(kind: LabelKind) -> (&'static str, &'static str) {
    match kind {
        LabelKind::Weights => ("權重", "weights"),
        LabelKind::Activation => ("值", "values"),
        LabelKind::Constant => ("常數", "constants"),
        LabelKind::Cache => ("各列", "rows"),
        LabelKind::Record => ("啟動紀錄", "the launch record"),
        LabelKind::Map => ("位址表", "the address map"),
    }
}

/// What a burst moves or makes: `layer 3's gate weights`, `values of layer 3's softmax`.
pub fn label(layer_number: Option<u32>, label: &Label) -> Text {
    let part = part_possessive(layer_number, &label.part);
    if label.part == "kv_append" && label.kind == LabelKind::Cache {
        return part;
    }
    let kind = kind(label.kind);
    let en = match label.kind {
        LabelKind::Weights => format!("{} {}", part.en, kind.en),
        _ => format!("{} of {}", kind.en, part.en),
    };
    Text::new(zh(&[&part.zh, "的", &kind.zh]), en)
}

/// What of a part a table holds.
const TABLES: [(&str, &str, &str); 10] = [
    ("weights", "權重", "weights"),
    ("scale", "縮放係數", "scales"),
    ("gain", "增益", "gains"),
    ("factor", "倍數", "factors"),
    ("cos", "餘弦表", "cosines"),
    ("sin", "正弦表", "sines"),
    ("iota", "位置編號", "positions"),
    ("row", "", ""),
    ("blocks", "區塊", "blocks"),
    ("matrix", "矩陣", "matrix"),
];

/// A table of the model: `layer 3's gate weights`.
pub fn table(layer_number: Option<u32>, part: &str, what: &str) -> Text {
    let owner = part_possessive(layer_number, part);
    let what = match TABLES.iter().find(|(key, ..)| *key == what) {
        Some((_, zh, en)) => Text::new(*zh, *en),
        None => Text::same(what),
    };
    if what.en.is_empty() {
        return owner;
    }
    Text::new(zh(&[&owner.zh, &what.zh]), format!("{} {}", owner.en, what.en))
}

/// A row of a cache: `position 5 of layer 3's key cache`.
pub fn cache_row(layer_number: Option<u32>, which: &str, position: u32) -> Text {
    let (name, en) = match which {
        "k" => ("鍵快取", "key cache"),
        "v" => ("值快取", "value cache"),
        "" => ("快取", "cache"),
        other => (other, other),
    };
    let (name, en) = match layer_number {
        Some(number) => (zh(&[&layer(number).zh, name]), format!("layer {number}'s {en}")),
        None => (name.to_owned(), en.to_owned()),
    };
    Text::new(zh(&[&name, &format!("的位置 {position}")]), format!("position {position} of {en}"))
}

/// A word of the launch record.
pub fn record(content: &RecordContent) -> Text {
    match content {
        RecordContent::Input { name, .. } => match name.split('.').next().unwrap_or("") {
            "embedding" => Text::new("這個 token 的詞嵌入", "this token's embedding"),
            "horizon" => Text::new("這個 token 的位置界線", "this token's position bound"),
            _ => Text::new(format!("啟動紀錄 {name}"), format!("launch record {name}")),
        },
        RecordContent::Map { .. } => Text::new("這個位置的位址表", "the address map of this position"),
    }
}

/// Name of a unit.
pub fn unit(unit: Unit) -> Text {
    match unit {
        Unit::Mem => Text::new("記憶體", "memory"),
        Unit::Vxm => Text::new("向量單元", "vector unit"),
        Unit::Mxm => Text::new("矩陣單元", "matrix unit"),
        Unit::Sxm => Text::new("交換單元", "switch unit"),
        Unit::C2c => Text::new("晶片間連線", "links"),
    }
}

/// The letters of a unit.
pub fn letters(unit: Unit) -> &'static str {
    match unit {
        Unit::Mem => "MEM",
        Unit::Vxm => "VXM",
        Unit::Mxm => "MXM",
        Unit::Sxm => "SXM",
        Unit::C2c => "C2C",
    }
}

/// West or east.
pub fn half(hemisphere: Hemisphere) -> Text {
    match hemisphere {
        Hemisphere::West => Text::new("西側", "west"),
        Hemisphere::East => Text::new("東側", "east"),
    }
}

/// `MXM east, plane 1`.
pub fn plane(hemisphere: Hemisphere, plane: u8) -> Text {
    let half = half(hemisphere);
    Text::new(format!("{} MXM 平面 {plane}", half.zh), format!("MXM {}, plane {plane}", half.en))
}

/// `east slice 26`.
pub fn slice(slice: SliceId) -> Text {
    let half = half(slice.hemisphere);
    Text::new(format!("{}切片 {}", half.zh, slice.number), format!("{} slice {}", half.en, slice.number))
}

/// `stream E7`.
pub fn stream(stream: StreamId) -> Text {
    Text::new(format!("串流 {stream}"), format!("stream {stream}"))
}

/// Where an ALU stands in the mesh, and the streams that it reaches: `row 3, column 1, streams 24 to 31 and 0 to 7`.
pub fn seat(mesh: &Mesh, alu: u8) -> Text {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for group in mesh.window(mesh.row(alu)) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == group => *last = group,
            _ => runs.push((group, group)),
        }
    }
    let streams = |to: &str, and: &str| {
        let run = |(first, last): &(u8, u8)| {
            format!("{}{to}{}", first * GROUP_STREAMS, last * GROUP_STREAMS + GROUP_STREAMS - 1)
        };
        runs.iter().map(run).collect::<Vec<String>>().join(and)
    };
    let (row, column) = (mesh.row(alu), mesh.column(alu));
    Text::new(
        format!("第 {row} 列第 {column} 行，接得到串流 {}", streams(" 到 ", " 與 ")),
        format!("row {row}, column {column}, streams {}", streams(" to ", " and ")),
    )
}

/// Who issues: `east slice 26`, `ALU 3`, `MXM east, plane 1`, `SXM west, distributor 2`.
pub fn queue(queue: Queue) -> Text {
    match queue {
        Queue::MemRead(id) | Queue::MemWrite(id) => slice(id),
        Queue::Alu(number) => Text::new(format!("VXM 的 ALU {number}"), format!("VXM ALU {number}")),
        Queue::MxmWeights(half, number) | Queue::MxmActivate(half, number) | Queue::MxmAccumulate(half, number) => {
            plane(half, number)
        }
        Queue::LinkSend(link) => Text::new(format!("連線 {link} 送出端"), format!("link {link}, sending side")),
        Queue::LinkReceive(link) => Text::new(format!("連線 {link} 接收端"), format!("link {link}, receiving side")),
        Queue::Transposer(hemisphere, number) => {
            let half = half(hemisphere);
            Text::new(format!("{} SXM 轉置器 {number}", half.zh), format!("SXM {}, transposer {number}", half.en))
        }
        Queue::Permuter(hemisphere) => {
            let half = half(hemisphere);
            Text::new(format!("{} SXM 置換器", half.zh), format!("SXM {}, permuter", half.en))
        }
        Queue::Distributor(hemisphere, number) => {
            let half = half(hemisphere);
            Text::new(format!("{} SXM 分配器 {number}", half.zh), format!("SXM {}, distributor {number}", half.en))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_the_story_writes_it() {
        let gate = Label { part: "ffn_gate".to_owned(), kind: LabelKind::Weights, tile: 0, block: 0 };
        assert_eq!(label(Some(3), &gate).en, "layer 3's gate weights");
        assert_eq!(label(Some(3), &gate).zh, "第 3 層閘門的權重");
        assert_eq!(part_of(Some(3), "ffn_gate").en, "layer 3 · gate");
        assert_eq!(part("unheard_of").zh, "unheard_of");
    }

    #[test]
    fn a_seat_says_which_streams_it_reaches() {
        let mesh = Mesh::new(&arch::Chip::lpu_14nm());
        assert_eq!(seat(&mesh, 5).en, "row 1, column 1, streams 8 to 23");
        assert_eq!(seat(&mesh, 12).en, "row 3, column 0, streams 24 to 31 and 0 to 7");
        assert_eq!(seat(&mesh, 12).zh, "第 3 列第 0 行，接得到串流 24 到 31 與 0 到 7");
    }

    #[test]
    fn every_part_has_two_names_and_stands_once() {
        for (index, (key, zh, en)) in PARTS.iter().enumerate() {
            assert!(!zh.is_empty() && !en.is_empty());
            assert!(PARTS.iter().skip(index + 1).all(|(other, ..)| other != key));
        }
    }
}
