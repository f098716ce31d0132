//! Chapter 4: the chip: its floor plan, memory beside the arithmetic, streams, climbing instructions; one value followed.
//!
//! In: nothing.  Out: the steps.
//! Invariant: sizes and counts are those of the chip the program was compiled for.
//! Source: H100: 80 GB, 3.35 TB/s (NVIDIA); 230 MB of SRAM (Groq).

use super::{Ask, Beside, Chapter, Cycle, Deed, Mark, Right, STEP, Step, both};
use crate::play::Motion;

const FLOOR: Step = Step {
    link: "#s=1&v=chip",
    cycle: Cycle::Weights,
    motion: Motion::Playing,
    text: both(
        "從上面看這顆晶片。正中是*向量單元*（VXM），兩旁是記憶體，再過去是*交換單元*（SXM），最外側是*矩陣單元*（MXM）。每種單元是一整條由南到北的*切片*（slice）。資料東西向走，指令南北向走。",
        "The chip from above. In the middle the *vector unit* (VXM), beside it memory, then the *switch units* (SXM), at both edges the *matrix units* (MXM). Each unit is a *slice* from south to north. Data travels east and west, instructions travel north.",
    ),
    mark: Mark::Part(".picture"),
    ..STEP
};

const SRAM: Step = Step {
    link: "#s=1&v=memory",
    text: both(
        "這是它全部的記憶體：{memory}，分成 {slices} 個切片，每個值住在哪裡由編譯器指定。",
        "This is all the memory it has: {memory} in {slices} slices. The compiler decided where every value lives.",
    ),
    mark: Mark::Part(".picture"),
    ask: Some(Ask {
        question: both("記憶體和算術單元之間，隔著什麼？", "What stands between this memory and the arithmetic?"),
        answers: &[
            both("L1、L2 兩層快取", "Two caches, L1 and L2"),
            both("旁邊疊起來的 HBM", "Stacks of HBM beside the chip"),
            both("什麼都沒有", "Nothing"),
        ],
        right: Right::Fixed(2),
    }),
    deed: Deed::Tell,
    reveal: both(
        "什麼都沒有。只有 *SRAM*，就在算術單元旁邊。沒有快取，就沒有「沒命中」。代價是小：一顆 H100 有 80 GB，是它的 348 倍，模型得分給很多顆晶片。",
        "Nothing. There is only *SRAM*, next to the arithmetic: without a cache nothing can miss it. The price is size: an H100 has 80 GB, 348 times as much, so a model must be spread over many chips.",
    ),
    source: both(
        "H100 80 GB：NVIDIA；LPU 230 MB：Groq；80 GB ÷ 230 MB = 348",
        "H100 80 GB: NVIDIA; LPU 230 MB: Groq; 80 GB / 230 MB = 348",
    ),
    ..STEP
};

const STREAMS: Step = Step {
    link: "#s=1&v=chip",
    cycle: Cycle::Weights,
    motion: Motion::Playing,
    text: both(
        "一道道斜波是*串流*：{streams} 條向東，{streams} 條向西，每個週期往前一格，沒有東西擋得住。斜，是因為 {rows} 列（*超級通道*）做同樣的事，一列比一列晚一個週期。",
        "The slanted waves are *streams*: {streams} run east, {streams} west, one place further each cycle, and nothing can stop them. They slant because the {rows} rows, called *superlanes*, do the same thing, each one cycle after the row below.",
    ),
    mark: Mark::Part(".picture"),
    ..STEP
};

const CLIMB: Step = Step {
    link: "#s=1&v=chip",
    cycle: Cycle::Weights,
    text: both(
        "*指令*（instruction）從南邊進來，每個週期往上爬一列，爬到哪一列，那一列就動手。按一次空白鍵，就是一個週期。",
        "An *instruction* enters at the south edge and climbs one row per cycle; whichever row it reaches does its part. Press Space for exactly one cycle.",
    ),
    mark: Mark::Part("[data-action=cycle-on]"),
    deed: Deed::Cycle,
    reveal: both(
        "一個週期後：指令高了一列，值往前一格。每個 token 發出 {issues} 道指令，沒有一道要看路況，沒有一道要問地址。還想看，就按「.」或「,」。",
        "One cycle later every instruction is one row higher and every value one place further. A token takes {issues} instructions, and none of them looks at the traffic. Press . and , to go on and back.",
    ),
    ..STEP
};

const ONE_BYTE: Step = Step {
    link: "#s=1&v=opening",
    cycle: Cycle::Opening,
    motion: Motion::Playing,
    text: both(
        "跟著一個值走一段。它正在路上，身上沒有地址，只認得出它在哪條串流、哪個週期。讓時間停下，看它的 {vector} 個位元組。",
        "Follow one value for a while. It is on its way and carries no address: all that marks it is its stream and its cycle. Stop time and look at its {vector} bytes.",
    ),
    mark: Mark::Part(".picture"),
    deed: Deed::Stop,
    reveal: both(
        "右邊每一格是一個位元組。這是{what}，由{sent}送出。{meeting}",
        "Each cell on the right is a byte: {what}, sent by {sent}. {meeting}",
    ),
    beside: Beside::Drawer,
    ..STEP
};

const NEXT_MEETING: Step = Step {
    link: "#s=1&v=opening",
    token: super::Token::Same,
    cycle: Cycle::Same,
    text: both(
        "按空白鍵，跳到它的下一次會面；「]」可以一直往下走，「[」往回。",
        "Press Space to jump to its next meeting; ] goes on from there, [ goes back.",
    ),
    mark: Mark::Part("[data-action=event-on]"),
    deed: Deed::Event,
    reveal: both(
        "週期 {cycle}，它到了，分秒不差。每個值都是這樣：準時出門，準時用上；下一個 token，同樣的路再走一遍。",
        "Cycle {cycle}: it is there, when the plan said. So it goes with every value: it leaves on time, is used on time, and for the next token the same way is taken again.",
    ),
    beside: Beside::Drawer,
    ..STEP
};

const LOGIT: Step = Step {
    cycle: Cycle::Share(990),
    text: both(
        "最後一站，*輸出頭*把這一切變成每個 token 的分數（logit），最高的是「{best}」，機率 {best_percent}%。它接上去，下一個 token 就出發。從頭到尾 {cycles} 個週期，{micros} 微秒，沒有一次等待。",
        "At the last stage the *head* turns all this into a score for every token, a logit. The highest is “{best}”, with {best_percent} %. It joins the text and the next token sets out. From start to end {cycles} cycles, {micros} µs at {mega} MHz, and nothing waited.",
    ),
    mark: Mark::Part(".next"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: both("這顆晶片", "The chip"),
    steps: &[FLOOR, SRAM, STREAMS, CLIMB, ONE_BYTE, NEXT_MEETING, LOGIT],
};
