//! The sentences in Traditional Chinese as written in Taiwan.
//!
//! In: a rule or a violation.  Out: one whole sentence.
//! Invariant: each has its counterpart in `english`, with the same numbers.
//! Method: when and where, then what.

use crate::violation::Spread;
use crate::wording::listed;
use crate::{Fault, Phrase, Place, Rule, Violation};

/// The theorem of a rule.
pub(crate) fn theorem(rule: Rule) -> &'static str {
    match rule {
        Rule::Form => "每個佇列、項目、運算元與實例都合乎格式，而且是為這顆晶片編譯的。",
        Rule::Collision => "同一個週期、同一個地點，不會有兩道指令驅動同一條串流。",
        Rule::Driven => "每個被取樣的值，上游都確實有人送出。",
        Rule::Memory => "每次存取 SRAM 都不超出切片範圍，不搶埠、不撞記憶庫，也不碰存放指令的切片。",
        Rule::Lifetime => "每個字組都先寫後讀，常數不會被蓋掉，沒有兩樣東西共用同一個字組。",
        Rule::Matrix => "權重先載入、安裝好才使用，每個乘積都準時遇上它的累加器。",
        Rule::Vector => "每個 ALU 都在需要的那個週期、從自己那一列接得到的串流拿到運算元，也做得到被指派的運算。",
        Rule::Witness => "編譯器預測的，就是佇列實際做的，一個週期都不差。",
        Rule::Storage => "指令放得進為它保留的切片，也來得及取出。",
        Rule::Record => "對上下文中的每個位置，啟動記錄裡的每個位址都留在所屬區域內。",
        Rule::Dataflow => "晶片算的，正是它宣稱要算的那張計算圖。",
        Rule::Links => "送往別顆晶片的每個向量，都在抵達的那個週期被接收。",
        Rule::Control => "每個佇列發出的指令都已取回，放行之前都已停好，對時的時候整顆晶片都停著。",
    }
}

/// One violation.
pub(crate) fn sentence(violation: &Violation) -> String {
    let place = place(&violation.place);
    let what = what(&violation.fault);
    let chips = chips(violation.spread());
    match violation.cycle {
        Some(cycle) => format!("第 {} 週期，{chips}{place}：{what}。", cycle.0),
        None => format!("{chips}{place}：{what}。"),
    }
}

fn chips(spread: Spread) -> String {
    match spread {
        Spread::Unsaid => String::new(),
        Spread::One(chip) => format!("晶片 {chip}，"),
        Spread::Some(chips) => {
            let numbers: Vec<String> = chips.iter().map(ToString::to_string).collect();
            format!("晶片 {}，", numbers.join("、"))
        }
        Spread::All(chips) => format!("全部 {chips} 顆晶片，"),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Program => "整個程式".to_owned(),
        Place::Instance(instance) => format!("實例 {instance}"),
        Place::Queue { template, queue } => format!("模板「{template}」的佇列 {queue}"),
        Place::Entry { template, queue, entry } => format!("模板「{template}」的佇列 {queue} 項目 {entry}"),
        Place::Issue { instance, queue, entry, iteration } => {
            format!("佇列 {queue}（實例 {instance}、項目 {entry}、第 {iteration} 次重複）")
        }
        Place::Word { slice, address } => format!("切片 {slice} 的字組 {address}"),
        Place::Node(node) => format!("計算圖的節點 {node}"),
    }
}

/// A phrase behind Chinese text: with a space where it begins with a letter or a number.
fn spaced(phrase: &Phrase) -> String {
    let text = phrase.chinese();
    if text.starts_with(|first: char| first.is_ascii()) { format!(" {text}") } else { text }
}

fn what(fault: &Fault) -> String {
    match fault {
        Fault::OtherChip { expected, found } => format!("程式是為「{found}」編譯的，不是「{expected}」"),
        Fault::ImpossibleChip { field, .. } => {
            format!("這顆晶片無法審查：欄位「{field}」的值不在合理範圍內")
        }
        Fault::UnknownQueue => "晶片沒有這個佇列".to_owned(),
        Fault::QueueOrder => "佇列必須由小到大排列，而且各出現一次".to_owned(),
        Fault::QueueLength { expected, found } => format!("它長 {found} 個週期，其他佇列是 {expected} 個"),
        Fault::EmptyEntry { field } => format!("{}是 0，至少要是 1", field.chinese()),
        Fault::Misplaced { instruction } => format!("這個佇列不能發出「{instruction}」"),
        Fault::Operand { operand: field, expected, found } | Fault::Residency { field, expected, found } => {
            format!("{}是{}，應為{}", field.chinese(), spaced(found), spaced(expected))
        }
        Fault::UnknownTemplate { templates, found } => format!("模板 {found} 不存在，總共只有 {templates} 個"),
        Fault::Base { expected, found } => format!("基底位址：{}，應為{}", found.chinese(), spaced(expected)),
        Fault::TooLong { what, limit, found } => {
            let (what, measure) = what.chinese();
            format!("{what}共 {found} {measure}，超過審查上限 {limit} {measure}")
        }
        Fault::NoContext => "上下文長度是 0".to_owned(),
        Fault::Collision { stream } => format!("串流 {stream} 在這裡已有人驅動：兩輛車擠在同一個位置"),
        Fault::Undriven { stream } => format!("取樣時，串流 {stream} 上沒有任何東西"),
        Fault::BankConflict { read, write } => format!("讀記憶庫 {read} 的同時寫記憶庫 {write}"),
        Fault::ReservedSlice => "這個切片存放指令，不存資料".to_owned(),
        Fault::AddressRange { words, first, last } => {
            format!("位址 {first} 到 {last} 超出切片的 {words} 個字組")
        }
        Fault::Unwritten { address } => format!("讀了字組 {address}，但那裡從沒寫過東西"),
        Fault::ConstantWritten { address } => format!("字組 {address} 是常數，卻被蓋掉"),
        Fault::Overlap => "兩樣東西佔用同一個字組".to_owned(),
        Fault::LoadGroup { group } => format!("第 {group} 組直行不存在，只有 20 組"),
        Fault::NoArray { plane, usable: Some(cycle) } => format!("平面 {plane} 的權重要到第 {cycle} 週期才能用"),
        Fault::NoArray { plane, usable: None } => format!("平面 {plane} 還沒有安裝權重"),
        Fault::ColumnRange { plane, column } => {
            format!("f16 只用平面 {plane} 的 160 個直行，卻載入了直行 {column}")
        }
        Fault::PlanePair => "f16 佔用兩個平面，只能在平面 0 發出，而且平面 1 必須閒著".to_owned(),
        Fault::NoProduct { activate } => format!("第 {activate} 週期沒有送入活化值，所以沒有乘積可收"),
        Fault::SlotRange { slots, slot } => format!("累加器 {slot} 不存在，只有 {slots} 個"),
        Fault::SlotUnset { slot } => format!("累加器 {slot} 還沒設定就先加"),
        Fault::SlotFormat { slot } => format!("累加器 {slot} 裡是另一種數值格式"),
        Fault::NoResult { .. } | Fault::ResultType { .. } | Fault::SmallAlu { .. } => vector(fault),
        Fault::OutOfWindow { .. } | Fault::BothSides { .. } | Fault::NotHeard { .. } => vector(fault),
        Fault::WitnessShape { .. } | Fault::WitnessCycle { .. } => witness(fault),
        Fault::WitnessLabel { .. } | Fault::WitnessSource { .. } => witness(fault),
        Fault::StorageFull { capacity, found } => format!("指令共 {found} 位元組，超過容量 {capacity} 位元組"),
        Fault::FetchRate { capacity, found } => {
            format!("每 1,000 週期要取 {found} 位元組的指令，切片只供得出 {capacity} 位元組")
        }
        Fault::MapRange { base, last } => format!("位址 {base} 到 {last} 超出所屬區域"),
        Fault::MapUnknown => "這個位址不是來自啟動記錄".to_owned(),
        Fault::Graph { operation, reason } => format!("「{operation}」：{}", reason.chinese()),
        Fault::OutputMissing { output } => format!("輸出「{output}」必須恰好有一個存放位置"),
        Fault::OutputValue { output, byte } => format!("輸出「{output}」的位元組 {byte} 不是計算圖算出的值"),
        Fault::StateMissing { state, row, byte } => {
            format!("「{state}」第 {row} 列的位元組 {byte} 沒有存放位置，留不到下一個 token")
        }
        Fault::StateValue { state, row, byte } => {
            format!("「{state}」第 {row} 列的位元組 {byte} 不是計算圖留給下一個 token 的值")
        }
        Fault::UnknownTopology { found } => format!("沒有「{found}」這種拓撲"),
        Fault::NoCable | Fault::LinkBusy { .. } | Fault::NotReceived { .. } | Fault::NothingLands => links(fault),
        Fault::Control(order) => order.chinese(),
        Fault::Foreign => "這是第一個計算圖裡沒有的結果".to_owned(),
    }
}

/// What is wrong with a prediction.
fn witness(fault: &Fault) -> String {
    match fault {
        Fault::WitnessShape { field, expected, found } => {
            format!("預測表寫了 {found} 個{}，應為 {expected} 個", field.chinese())
        }
        Fault::WitnessCycle { expected, found } => format!("預測在第 {found} 週期，實際在第 {expected} 週期"),
        Fault::WitnessLabel { field, expected, found } => {
            format!("預測表把{}叫做{}，應為{}", field.chinese(), spaced(found), spaced(expected))
        }
        Fault::WitnessSource { stream, expected, found } => {
            format!("預測串流 {stream} 來自{}，實際來自{}", spaced(found), spaced(expected))
        }
        _ => unreachable!("`what` sends the faults of witnesses only"),
    }
}

/// What is wrong with a link.
fn links(fault: &Fault) -> String {
    match fault {
        Fault::NoCable => "這條連線沒有接到別的晶片".to_owned(),
        Fault::LinkBusy { free } => format!("前一個向量還在送出：連線到第 {free} 週期才有空"),
        Fault::NotReceived { lands } => format!("向量在第 {lands} 週期抵達，卻沒有人接收：對方已經開走了"),
        Fault::NothingLands => "這個週期沒有向量從這條連線抵達".to_owned(),
        _ => unreachable!("`what` sends the faults of links only"),
    }
}

/// What is wrong with an ALU's operands.
fn vector(fault: &Fault) -> String {
    match fault {
        Fault::NoResult { alu, dispatched } => format!("alu{alu} 在第 {dispatched} 週期沒有發出指令，現在沒有結果可用"),
        Fault::ResultType { alu, expected, found } => {
            format!("alu{alu} 給的是 {}，需要的是 {}", found.name(), expected.name())
        }
        Fault::SmallAlu { operation } => format!("「{operation}」只有大型 ALU 做得到"),
        Fault::OutOfWindow { stream, row, groups } => {
            let group = stream.number / arch::GROUP_STREAMS;
            format!("串流 {stream} 屬於第 {group} 組，但第 {row} 列的 ALU 只接得到第 {} 組", listed(groups, "、"))
        }
        Fault::BothSides { east, west } => {
            format!("從西邊取 {east}，又從東邊取 {west}：兩條都屬於第 {} 組", east.number / arch::GROUP_STREAMS)
        }
        Fault::NotHeard { alu } => format!("alu{alu} 的結果只走一組串流、一個方向，到不了這裡"),
        _ => unreachable!("`what` sends the faults of ALUs only"),
    }
}
