//! Chapter 7, as far as a node of eight: place against time, small messages, and what more chips are for.
//!
//! In: nothing.  Out: the steps.
//! Invariant: whether eight chips are faster is said by the two figures of the state, never by the text.
//! Source: links: Linley 2020 (16 x 30 GB/s), NVIDIA (900 GB/s); 69 GB in 230 MB is arithmetic; 576 chips: Next Platform, 2023.

use super::{Ask, Chapter, Cycle, Deed, Mark, Right, STEP, Step, both};
use crate::play::Motion;

/// The picture of the traffic, the ring of chips and the diagram in it.
const TRAFFIC: (f32, f32) = (1520.0, 640.0);
const RING: [f32; 4] = [20.0, 20.0, 700.0, 620.0];
const DIAGRAM: [f32; 4] = [740.0, 40.0, 1510.0, 625.0];

const FASTER: Step = Step {
    link: "#s=1&v=traffic&n=1",
    text: both(
        "一顆晶片上，這個模型每個 token 要 {alone} 個週期。把它切開，放到 8 顆晶片上一起算。",
        "On one chip this model takes {alone} cycles per token. Now cut it up, and let 8 chips work on it together.",
    ),
    mark: Mark::Part("[data-action=chips-8]"),
    ask: Some(Ask {
        question: both("8 顆會快多少？", "How much faster are 8?"),
        answers: &[
            both("快將近 8 倍", "Almost 8 times"),
            both("快一些，遠不到 8 倍", "Faster, far from 8 times"),
            both("沒有比較快", "Not at all"),
        ],
        right: Right::Ratio,
    }),
    deed: Deed::Chips(8),
    reveal: both(
        "一顆：{alone} 個週期；{chips} 顆：{cycles}。{verdict}",
        "One chip: {alone} cycles. {chips} chips: {cycles}. {verdict}",
    ),
    source: both(
        "8：按鈕選的晶片數；兩個週期數由編譯後的程式數出",
        "8: the number chosen; both cycle counts are counted in the compiled programs",
    ),
    ..STEP
};

const NODE: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    motion: Motion::Playing,
    text: both(
        "{chips} 顆晶片是一個*節點*：每兩顆之間都有直達的線，共 {cables} 條*連線*（link）。路由器和處理器是同一顆晶片，中間沒有交換器。更大的系統把節點再兩兩相連，叫*蜻蜓拓撲*（dragonfly）。",
        "{chips} chips make a *node*: every two are joined directly, by {cables} *links* in all. Router and processor are one chip, there is no switch box. Larger systems join the nodes in the same way; that is called a *dragonfly*.",
    ),
    mark: Mark::Place(TRAFFIC, RING),
    ..STEP
};

const DIAGONAL: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    text: both(
        "右圖橫軸是時間、直軸是位置：一輛車從上方出發，到下方抵達。所有斜線都平行，因為每輛都走 {crossing} 個週期。要是有車等過，它的線會變平，再陡下去。",
        "In the right half time runs to the right and place runs down: a car leaves at the top and lands at the bottom. All lines are parallel, because each takes {crossing} cycles. A car that waited would draw a flat piece.",
    ),
    mark: Mark::Place(TRAFFIC, DIAGRAM),
    ask: Some(Ask {
        question: both("到了下班尖峰，斜線會變成怎樣？", "What would these lines look like at rush hour?"),
        answers: &[both("彎彎曲曲", "Bent"), both("一模一樣", "Exactly the same")],
        right: Right::Fixed(1),
    }),
    deed: Deed::Tell,
    reveal: both(
        "一模一樣。這裡沒有尖峰：路上有哪些車，編譯時就全知道。{chips} 顆晶片共用一個時鐘，等過的車是 {waited} 輛。",
        "Exactly the same. There is no rush hour: which cars are on the road was known when the program was compiled. {chips} chips share one clock, and {waited} cars waited.",
    ),
    ..STEP
};

const SMALL: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    text: both(
        "每個 token {cars} 車次，一共才 {cargo}，都是小包裹。約好了時間，就不必先打招呼、附地址、等回音，{vector} 個位元組可以自己上路。線其實不快：每顆晶片合計 480 GB/s，NVLink 是 900；這裡贏的是不用等。",
        "{cars} cars per token carry only {cargo}: small messages. With an appointment there is no greeting, no address and no reply, so {vector} bytes can travel alone. The links themselves are slower, 480 GB/s per chip where NVLink has 900; what is won is the waiting.",
    ),
    mark: Mark::Part(".figures"),
    source: both(
        "480：16 條連線 × 30 GB/s（Linley 2020）；900：H100 的 NVLink（NVIDIA），都是雙向合計",
        "480: 16 links of 30 GB/s (Linley, 2020); 900: NVLink of an H100 (NVIDIA); both count both directions",
    ),
    ..STEP
};

const ROOM: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    motion: Motion::Playing,
    text: both(
        "那為什麼要幾百顆？先是為了放得下：Llama-2-70B 用 8 位元是 69 GB，一顆只有 {chip_memory}，光放權重就要 300 顆。再來才是快：層切開後，每顆只讀自己那份權重，大家同時讀。模型越大，越划算。",
        "Then why hundreds of chips? First for room: Llama-2-70B in 8 bits is 69 GB, a chip holds {chip_memory}, so the weights alone take 300 chips. Then for speed: with layers cut up, all chips read their own share of the weights at once. The larger the model, the more that pays.",
    ),
    mark: Mark::Part(".chooser"),
    source: both(
        "69 GB ÷ 230 MB ≈ 300；公開的系統用 576 顆（Next Platform 2023）",
        "69 GB / 230 MB ≈ 300; the published system had 576 chips (Next Platform, 2023)",
    ),
    ..STEP
};

const GPU_WINS: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    text: both(
        "GPU 在哪裡贏？權重讀一次、給很多人一起用，也就是大*批次*，還有*訓練*：等得起的工作，GPU 每顆晶片做得更多。這裡一位使用者只讓連線忙 {busy}。它快，是因為什麼都不等，不是因為滿載。",
        "Where does the GPU win? Where a weight, once read, serves many users at a time: in large *batches*, and in *training*. For work that can wait it does more per chip. Here one user keeps a link busy {busy} of the time. It is fast because it waits for nothing, not because it is full.",
    ),
    mark: Mark::Part(".figures"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: both("許多晶片，一個時鐘", "Many chips, one clock"),
    steps: &[FASTER, NODE, DIAGONAL, SMALL, ROOM, GPU_WINS],
};
