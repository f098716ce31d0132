//! Chapter 3: a city with one control centre: who meets whom is known before; a late car misses its meeting.
//!
//! In: nothing.  Out: the steps.
//! Invariant: every figure is read from the state; the broken program is mended before the chapter goes on.

use super::{Ask, Beside, Chapter, Cycle, Deed, Mark, Right, STEP, Step, both};
use crate::play::Motion;

/// The picture of the traffic, and the ring of chips in it.
const TRAFFIC: (f32, f32) = (1520.0, 640.0);
const RING: [f32; 4] = [20.0, 20.0, 700.0, 620.0];

const CITY: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    motion: Motion::Playing,
    text: both(
        "把 {chips} 顆晶片想成一座城市。每輛車是一個*向量*：一起上路的 {vector} 個位元組。幾時出發、走哪條路、幾時到，全在第一輛車開動之前就排好。排的人是*編譯器*，這座城市的指揮中心。",
        "Think of the {chips} chips as a city. Each car is a *vector*: {vector} bytes that travel together. When it leaves, by which road and when it lands was settled before the first car moved, by the *compiler*: the city's control centre.",
    ),
    mark: Mark::Place(TRAFFIC, RING),
    ..STEP
};

const NOBODY_WAITS: Step = Step {
    link: "#s=1&v=traffic&n=8",
    cycle: Cycle::Traffic,
    text: both(
        "這裡沒有號誌。兩輛車不會同時要同一段路，因為指揮中心事先看過每一輛。",
        "There is not a single traffic light. No two cars ever want the same stretch of road, because the control centre saw them all beforehand.",
    ),
    mark: Mark::Place(TRAFFIC, RING),
    ask: Some(Ask {
        question: both(
            "每個 token 有 {cars} 車次，幾輛要等？",
            "Each token sends {cars} cars. How many have to wait on the way?",
        ),
        answers: &[
            both("一輛也沒有", "None"),
            both("大約百分之一", "About one in a hundred"),
            both("看當時塞不塞", "It depends on the traffic"),
        ],
        right: Right::Fixed(0),
    }),
    deed: Deed::Tell,
    reveal: both(
        "等過的車：{waited}。每輛都走 {crossing} 個週期（{crossing_ns} 奈秒），最快與最慢相差 {spread}。這是從程式的佇列一輛一輛數出來的，不是我們說了算。",
        "Cars that waited: {waited}. Each takes {crossing} cycles ({crossing_ns} ns); between fastest and slowest lie {spread}. This was counted in the program's queues, car by car, not claimed.",
    ),
    ..STEP
};

const MEETING: Step = Step {
    link: "#s=1&v=opening",
    cycle: Cycle::Opening,
    motion: Motion::Playing,
    text: both(
        "現在走進一顆晶片，裡頭也是城市：值在*串流*（stream，只往一個方向流的路）上走，到某處與指令會合。亮著的那個值正要赴約。讓時間停下，問問它。",
        "Now inside one chip, a city too: values ride on *streams*, one-way roads, and meet instructions at appointed places. The bright value is on its way to one. Stop time and ask it.",
    ),
    mark: Mark::Part(".picture"),
    deed: Deed::Stop,
    reveal: both(
        "週期 {cycle}。這是{what}，由{sent}送出。{meeting}這是約會，不是碰巧：雙方都不等人，也都不帶地址。",
        "Cycle {cycle}: {what}, sent by {sent}. {meeting} That is an appointment, not luck: neither side waits, and neither carries an address.",
    ),
    beside: Beside::Drawer,
    ..STEP
};

const FUTURE: Step = Step {
    link: "#s=1&v=chip",
    cycle: Cycle::Share(250),
    text: both(
        "整張時刻表叫*排程*（schedule），在第一個 token 之前就寫完了。所以可以問未來：在下面的時間軸隨便點一個還沒播到的週期，或按空白鍵替你挑一個。",
        "The whole timetable is called a *schedule*, and it was complete before the first token ran. So you can ask the future: click any cycle on the strip below that has not been played yet, or let Space pick one.",
    ),
    mark: Mark::Part(".strip"),
    deed: Deed::Ahead,
    reveal: both(
        "週期 {cycle} 有誰在哪裡，寫在時間軸上方那句話裡：讀的是時刻表，不是等它發生。再跑一千次，同一個週期還是同一批人會面。這就叫*確定性*（deterministic）。",
        "Who is where in cycle {cycle} stands above the strip, read from the timetable, without waiting for it to happen. Run it a thousand times: the same parties meet in the same cycle. That is what *deterministic* means.",
    ),
    source: both(
        "一千次是說法；可按 token 頁的「指紋」核對",
        "“a thousand” is a manner of speaking; check it with Fingerprint in the Token view",
    ),
    ..STEP
};

const LATE: Step = Step {
    link: "#s=1&v=chip",
    cycle: Cycle::Share(450),
    text: both(
        "那麼來搞破壞：讓其中一輛車只晚一個週期出發，其他都不動。",
        "So let us break it: one single car sets out one cycle late, and nothing else is changed.",
    ),
    mark: Mark::Part(".damage-report, [data-action=break]"),
    ask: Some(Ask {
        question: both("會怎樣？先猜猜看。", "What will happen? Guess first."),
        answers: &[
            both("它排隊，晚一點到", "It queues and arrives a little later"),
            both("後面的車都跟著晚", "Everyone behind it is late too"),
            both("它錯過約會，對方照樣離開", "It misses its meeting; the other party leaves without it"),
            both("晶片發現後重送", "The chip notices and sends it again"),
        ],
        right: Right::Fixed(2),
    }),
    deed: Deed::Break,
    reveal: both(
        "沒有人等它：對方在約定的週期拿走路上的東西，不管那是什麼。執行時 {late_misses} 次取到別的東西，文字有 {late_words} 個 token 變了（畫線處）。裁判指出 {late_violations} 處違規。",
        "Nobody waited: at the appointed cycle the other party took whatever was on the road. {late_misses} samples found something else, and {late_words} tokens of the text changed (underlined). The judge names {late_violations} violations.",
    ),
    ..STEP
};

const JUDGE: Step = Step {
    link: "#s=1&v=chip&late=7",
    token: super::Token::Same,
    cycle: Cycle::Same,
    text: both(
        "*裁判*（verify）從沒看過時刻表怎麼排的，只拿程式和晶片的規則逐條重算，指出哪裡違規。通過的程式才會拿來執行、計價、作畫；這個沒過，所以畫面上蓋了章。",
        "The *judge* never saw how the timetable was made. It derives every rule again from the program and the chip alone, and names what is broken. Only programs that pass are studied and priced; this one did not, hence the stamp across the picture.",
    ),
    mark: Mark::Part(".verdict"),
    deed: Deed::Undo,
    reveal: both(
        "復原了。同樣的 token、同樣的週期，一切如前。",
        "Mended. The same tokens in the same cycles, as before.",
    ),
    ..STEP
};

const PRICE: Step = Step {
    link: "#s=1&v=opening",
    cycle: Cycle::Opening,
    motion: Motion::Playing,
    text: both(
        "同樣晚一拍，GPU 的車會排隊：結果晚到，但還是對的。這座城市從不等人，代價是一拍都不能錯。所以每個程式在執行之前，都要先證明。",
        "On a GPU the same late car would queue: the result comes late, and is still right. This city never waits for anybody, and pays for it: not one cycle may be wrong. That is why every program is proved before it runs.",
    ),
    mark: Mark::Part(".model strong"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: both("只有一個指揮中心的城市", "A city with one control centre"),
    steps: &[CITY, NOBODY_WAITS, MEETING, FUTURE, LATE, JUDGE, PRICE],
};
