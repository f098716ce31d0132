//! Chapter 2: rush hour: inside one GPU many ask one memory, and who waits for whom is not known before; rain; one late driver; the bus at
//!     the server.
//!
//! In: nothing.  Out: the steps.
//! Invariant: every figure is read from the moment that is shown; the GPU's are of a seeded model whose seed stands beside them.

use super::{Ask, Chapter, Deed, Mark, Right, STEP, Step, both};
use crate::play::Motion;

/// The picture and its halves.
const PICTURE: (f32, f32) = (1520.0, 640.0);
const LEFT: [f32; 4] = [8.0, 36.0, 752.0, 330.0];
const CHANNELS: [f32; 4] = [8.0, 190.0, 752.0, 330.0];
const BELOW: [f32; 4] = [8.0, 336.0, 1512.0, 632.0];
const LINK: &str = "#s=1&v=traffic&in=rush";

const CITY: Step = Step {
    link: LINK,
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    motion: Motion::Playing,
    text: both(
        "下班時間的城市。左邊是一張 GPU：{crowd_groups} 群運算核心同時向同一個記憶體要資料，中間隔著 L2 *快取*（cache）和 {crowd_channels} 個 *HBM* 通道。右邊是一顆 LPU，做同一件工作：Llama-2-70B 一層裡兩個矩陣的八分之一。",
        "A city at rush hour. Left is a GPU: {crowd_groups} groups of cores ask one memory at the same time, through a *cache* (L2) and {crowd_channels} channels of *HBM*. Right is an LPU at the same work: an eighth of two matrices of Llama-2-70B.",
    ),
    mark: Mark::Place(PICTURE, LEFT),
    source: both(
        "Llama-2-70B：GPU 是帶種子的模型，用公開量測校準；LPU 是這一頁編譯、驗證的 576 顆的程式",
        "Llama-2-70B: the GPU is a seeded model, calibrated on published measurements; the LPU the program for 576 chips, compiled and verified in this page",
    ),
    ..STEP
};

const WHO_WAITS: Step = Step {
    link: LINK,
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    motion: Motion::Playing,
    text: both(
        "每個通道分到的車不一樣多，也不一樣快。一群核心要等所有通道都送到，才算收齊；黃色的，就是還在等最慢的那一個。",
        "The channels do not get equally much, nor are they equally fast. A group has everything only when every channel has delivered; the yellow ones are waiting for the slowest.",
    ),
    mark: Mark::Place(PICTURE, CHANNELS),
    ask: Some(Ask {
        question: both("誰要等誰，開車之前知道嗎？", "Is it known beforehand who will wait for whom?"),
        answers: &[
            both("知道，程式裡寫好了", "Yes, it is written in the program"),
            both("不知道，到了才曉得", "No, only when it happens"),
            both("只有快取知道", "Only the cache knows"),
        ],
        right: Right::Fixed(1),
    }),
    deed: Deed::Tell,
    reveal: both(
        "不知道。這個種子下，各群有 {crowd_waits} 的時間在等，{crowd_time} 才到齊；換別的種子，快的 {crowd_fast}，慢的 {crowd_slow}。右邊沒有種子：每次都是 {routed_time}，分秒不差。",
        "No. With this seed the groups spend {crowd_waits} of the time waiting, and all have arrived after {crowd_time}; other seeds give {crowd_fast} to {crowd_slow}. On the right there is no seed: {routed_time}, every time.",
    ),
    ..STEP
};

const RAIN: Step = Step {
    link: LINK,
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    motion: Motion::Playing,
    text: both(
        "偶爾還下雨。HBM 每隔一陣子要*重新整理*（refresh），那個通道就停下來，圖裡是紫色。這一次遇到 {crowd_refreshes} 次。通道一停，每一群都跟著等。LPU 只有 SRAM，不會下雨。",
        "And sometimes it rains. From time to time HBM must be *refreshed*, and the channel stops: purple in the picture. It happened {crowd_refreshes} times here. When a channel stops, every group waits. The LPU has only SRAM, where it never rains.",
    ),
    mark: Mark::Place(PICTURE, BELOW),
    ..STEP
};

const LATE: Step = Step {
    link: LINK,
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    motion: Motion::Playing,
    text: both(
        "現在讓一個駕駛遲到：GPU 的一群核心晚一點才出發，晚的時間就跟整件事本來要花的一樣長。",
        "Now one slow driver: a group of the GPU sets out late, by as much as the whole work would take.",
    ),
    mark: Mark::Part("[data-action=crowd-late]"),
    ask: Some(Ask {
        question: both("結果會怎樣？", "What becomes of the result?"),
        answers: &[
            both("整件事晚完成，結果還是對的", "It is late, and still right"),
            both("結果錯了", "It is wrong"),
            both("別群會替它讀完", "Other groups read its part"),
        ],
        right: Right::Fixed(0),
    }),
    deed: Deed::Crowd,
    reveal: both(
        "晚了 {crowd_later}，而且照樣正確：每個值都帶著地址，什麼時候來都能用，大家等它就好。LPU 正好相反，誰也不等，所以一拍都不能錯。那是下一章。",
        "It was {crowd_later} late, and still right: every value carries its address and is used whenever it comes; everybody just waits. The LPU is the opposite: nobody waits, so not one cycle may be wrong. That is the next chapter.",
    ),
    ..STEP
};

const RULER: Step = Step {
    link: "#s=1&v=traffic&in=rush.5000",
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    text: both(
        "左下是全程：參差不齊，最慢的說了算。右下放大現在前後一小段：斜線條條平行，沒有一段是平的；最底下那條用左邊的尺，LPU 到這裡就做完了。GPU 在這之前還花了 {crowd_before} 啟動和暖車，圖裡沒有畫。",
        "Below left the whole: ragged ends, and the slowest decides. Right, a little before and after now: parallel lines without a level piece; the strip at its foot, on the left's ruler, ends where the LPU is done. Before that the GPU took {crowd_before} to launch and get up to speed, not drawn.",
    ),
    mark: Mark::Place(PICTURE, BELOW),
    ..STEP
};

const SERVER: Step = Step {
    link: "#s=1&v=traffic&in=busy",
    token: super::Token::Same,
    cycle: super::Cycle::Same,
    motion: Motion::Playing,
    text: both(
        "真正的尖峰在門口：同樣的 {served_requests} 個請求來到兩邊。GPU 像公車，大家一起走，一步一個 token。LPU 像輸送帶，格子固定，坐得下 {served_users} 位。",
        "The real rush hour is at the door, the same {served_requests} requests for both. GPUs are a bus: all ride together, a token a step. LPUs are a belt with fixed places, for {served_users} users.",
    ),
    mark: Mark::Place(PICTURE, BELOW),
    ask: Some(Ask {
        question: both("有人新來。誰要等？", "Somebody new comes. Who waits?"),
        answers: &[
            both("GPU 上大家等，LPU 上沒人等", "On the GPUs everybody, on the LPUs nobody"),
            both("兩邊都是大家等", "Everybody, on both"),
            both("誰也不等", "Nobody"),
        ],
        right: Right::Fixed(0),
    }),
    deed: Deed::Tell,
    reveal: both(
        "左邊有 {served_inserted} 份提示詞插進別人的 token 之間，黃色就是在等：平常 {served_gap}，最久 {served_most}。右邊永遠是 {served_frame}，代價是門口要排隊：按「超載」看看。",
        "Left, {served_inserted} prompts came between others' tokens, who wait where it is yellow: {served_gap} as a rule, up to {served_most}. Right: {served_frame}, always. The price is a queue at the door: try “too many”.",
    ),
    source: both("帶種子的模型；LPU 的格子是我們的假設", "a seeded model; the LPU's slots are our assumption"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter =
    Chapter {
        number: 2, name: both("下班尖峰", "Rush hour"), steps: &[CITY, WHO_WAITS, RAIN, LATE, RULER, SERVER]
    };
