//! Chapter 8: what makes it fast: from the GPU box to the LPU system, one switch at a time, predicted first.
//!
//! In: nothing.  Out: the steps.
//! Invariant: every share and time is read off the waterfall that is shown; what no source explains keeps no name.
//! Source: the waterfall's own: a seeded model of the box, calibrated on published points; the program that this build compiled; the LPU's
//!     published rate.

use super::{Ask, Both, Chapter, Deed, Mark, Right, STEP, Step, both};
use crate::numbers::GUESSES;

const LINK: &str = "#s=1&v=numbers&num=waterfall";

const fn guess(index: usize) -> Both {
    both(GUESSES[index].zh, GUESSES[index].en)
}

const FALL: Step = Step {
    link: LINK,
    text: both(
        "一台 GPU 伺服器（{box}）跑 Llama-2-70B，每個 token {box_time}，每秒 {box_rate} 個。LPU 系統公布的是每秒 {lpu_rate} 個。現在一次動一個開關，把前者改成後者，步步重算。",
        "A GPU box ({box}) writes {box_rate} tokens/s of Llama-2-70B, {box_time} each; the LPU system, as published, {lpu_rate}. Now one turns into the other, switch by switch.",
    ),
    mark: Mark::Part(".sheet"),
    ask: Some(Ask {
        question: both("不論順序，什麼省最多時間？先猜。", "In whatever order, what saves most? Guess first."),
        answers: &[guess(0), guess(1), guess(2), guess(3)],
        right: Right::Saving,
    }),
    deed: Deed::Tell,
    reveal: both(
        "照圖中順序：雜訊 {noise_share}，規劃 {plan_share}，起步 {ramp_share}，SRAM {sram_share}，晶片數量 {many_share}。{fall_lead}",
        "As drawn: noise {noise_share}, planning {plan_share}, ramps {ramp_share}, SRAM {sram_share}, chips {many_share}. {fall_lead}",
    ),
    source: both(
        "Llama-2-70B 的 GPU 時間：帶種子的模型，用 gpt-fast 公布的量測校準；LPU：公布的速率",
        "GPUs: a seeded model, calibrated on published gpt-fast runs; LPU: published",
    ),
    ..STEP
};

const NOISE: Step = Step {
    link: LINK,
    text: both(
        "先看*確定性*本身。記憶體重新整理、通道忙閒不均、晶片快慢、啟動時間的起伏，全部關掉。如果有人能讓 GPU 變得確定，這就是他能得到的全部：{noise_range}，看順序。",
        "First *determinism* itself. Refresh, uneven channels, unequal chips, the spread of launches: all switched off. If somebody could make a GPU deterministic, this is all that it would gain: {noise_range}, depending on the order.",
    ),
    mark: Mark::Part("[data-row=Noise]"),
    ..STEP
};

const PLAN: Step = Step {
    link: LINK,
    text: both(
        "但是確定性讓別的事成為可能：*編譯器*事先排好每個週期，沒有人停下來等最慢的那個。不留空檔、不互等，合起來省 {plan_share}。每個核心的*起步*另占 {ramp_share}：資料過一會兒才全速流進來；提早讀或快的記憶體都藏得住，量測分不出該算誰的。",
        "But determinism makes something else possible: a *compiler* that plans every cycle, without gaps, without waiting for the slowest: {plan_share}. Another {ramp_share} is each kernel's *ramp*, until its data flow at full speed. Reading ahead hides it, and so does a quick memory; no measurement tells whose it is.",
    ),
    mark: Mark::Part("[data-row=Gaps]"),
    ..STEP
};

const SRAM: Step = Step {
    link: LINK,
    text: both(
        "接著把 HBM 換成 *SRAM* 的頻寬，GPU 張數不變：再省 {sram_share}。代價是容量：一顆只有 {chip_memory}，模型得分給 {system_chips} 顆，每顆要讀的又更少，這一步省 {many_share}。兩者互搶：看順序，SRAM 省 {sram_range}，晶片數量省 {many_range}。",
        "Then HBM gives way to the bandwidth of *SRAM*, with as many chips as before: {sram_share} more. The price is room: a chip holds {chip_memory}, so the model goes onto {system_chips}, each has less to read: {many_share}. The two take from one another: in other orders SRAM saves {sram_range}, chips {many_range}.",
    ),
    mark: Mark::Part("[data-row=Sram]"),
    ..STEP
};

const COMPILED: Step = Step {
    link: LINK,
    text: both(
        "全部做完，是 {bound_time}：工作完美均分，路上不花時間，沒有機器能更快。這個版本真的編譯、驗證過的程式到不了那裡：一次只有一個節點在做（{turns_time}），每一步要等上一步，結果還要送到下一個節點。加起來是 {compiled_time}，每秒 {compiled_rate} 個。",
        "After all of them {bound_time} are left: work divided perfectly, no time on the way; no machine beats that. The program that this build compiled and judged does not get there: one node works at a time ({turns_time}), each step waits for the one before, and words travel to the next node. Together {compiled_time}, {compiled_rate} tokens/s.",
    ),
    mark: Mark::Part("[data-row=compiled]"),
    ..STEP
};

const UNKNOWN: Step = Step {
    link: LINK,
    text: both(
        "公布的 LPU 是 {lpu_time}，與我們編譯的差 {unknown_time}。沒有公開資料能解釋這一段：排隊、批次、主機，還是另一種排程。這裡不替它編名字。",
        "The published LPU takes {lpu_time}; between it and the compiled program lie {unknown_time}. No public source explains them: queues, batches, hosts, or another schedule. Here they get no invented name.",
    ),
    mark: Mark::Part("[data-row=unknown]"),
    ..STEP
};

const SO: Step = Step {
    link: LINK,
    text: both(
        "所以，是確定性、SRAM，還是晶片數量？{fall_verdict}",
        "So is it determinism, SRAM, or the number of chips? {fall_verdict}",
    ),
    mark: Mark::Part(".bars"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: both("到底為什麼快？", "What makes it fast?"),
    steps: &[FALL, NOISE, PLAN, SRAM, COMPILED, UNKNOWN, SO],
};
