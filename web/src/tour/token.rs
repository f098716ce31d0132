//! Chapter 1: one token: each needs every weight, one after the other; the race; where time is lost.
//!
//! In: nothing.  Out: the steps.
//! Invariant: the rates of the race are cited, and say so; everything else is read from the state.
//! Source: LLMPerf leaderboard (January 2024) for 65 and 185; published figures for 280 and 480; 13 as told in the podcast (minute 19).

use super::{Ask, Beside, Both, Chapter, Cycle, Deed, Mark, Right, STEP, Step, both};
use crate::play::Motion;

const SOURCE_RATES: Both = both(
    "13：podcast 第 19 分鐘所述；65、185：LLMPerf 2024 年 1 月，含第一個 token 的等待；280、480：Groq 公布",
    "13: told in the podcast, minute 19; 65, 185: LLMPerf, January 2024, time to first token included; 280, 480: published by Groq",
);

const WRITING: Step = Step {
    link: "#s=1&v=opening",
    cycle: Cycle::Opening,
    motion: Motion::Playing,
    text: both(
        "你的瀏覽器裡，有個語言模型正在寫這句話。它一次只寫一小塊，叫做 *token*（詞元）：英文大約是一個詞，中文常常不到一個字。框起來的這塊正在底下的晶片上算，要 {cycles} 個週期。",
        "A language model is writing this sentence in your browser. It writes one piece at a time. A piece is a *token*: in English about a word, in Chinese often less than a character. The boxed one is being made on the chip below, in {cycles} cycles.",
    ),
    mark: Mark::Part(".sentence .now"),
    ..STEP
};

const ONE_BY_ONE: Step = Step {
    text: both(
        "模型讀完目前的文字，替每個可能的下一個 token 算出機率，選最高的那個接上去，然後整件事從頭再做一遍。沒有前一個 token，就算不出下一個，誰也不能插隊。",
        "The model reads the text so far and gives every possible next token a probability. The likeliest joins the text, and all the work begins again. Without this token the next cannot be computed: nobody can jump the queue.",
    ),
    mark: Mark::Part(".next"),
    deed: Deed::Token,
    reveal: both(
        "多了一個 token「{word}」。同樣的工作又做了一遍，又是 {cycles} 個週期，一個不多、一個不少。",
        "One more token: “{word}”. The same work was done once more, in the same {cycles} cycles, not one more or less.",
    ),
    ..STEP
};

const EVERY_WEIGHT: Step = Step {
    link: "#s=1&v=memory",
    text: both(
        "模型的知識是一大堆數字，叫做*權重*（weights）。圖裡藍色與紫色的地方就是，總共 {weights}，旁邊空著的還很多。",
        "What the model knows is a heap of numbers, its *weights*: the blue and violet parts of the picture, {weights} in all. Most of this chip is still empty.",
    ),
    mark: Mark::Part(".classes"),
    ask: Some(Ask {
        question: both("寫一個 token，要讀多少權重？", "How many of them does one token need?"),
        answers: &[
            both("只讀跟這個詞有關的", "Only those about this word"),
            both("大約十分之一", "About a tenth"),
            both("全部，每個讀一次", "All of them, each once"),
        ],
        right: Right::Fixed(2),
    }),
    deed: Deed::Tell,
    reveal: both(
        "全部。這個小模型每個 token 要把 {weights} 走一遍；Llama-2-70B 用 8 位元存，每個 token 是 69 GB。所以速度先看：權重多快到得了算術單元。",
        "All of them. This small model walks through {weights} for each token; Llama-2-70B, kept in 8 bits, through 69 GB. So speed is first a question of how fast weights reach the arithmetic.",
    ),
    source: both(
        "69 GB：Llama-2-70B 的 690 億個權重，各 1 位元組",
        "69 GB: the 69 billion weights of Llama-2-70B, a byte each",
    ),
    ..STEP
};

const WHERE_IT_WENT: Step = Step {
    text: both(
        "這個 token 的 {cycles} 個*週期*（cycle，晶片時脈的一拍）花在哪裡？上排是各層，下排是這一層的步驟，寬度就是時間。各層合計，最花時間的是「{part}」，共 {part_cycles} 個。每一步都要等上一步的結果，但沒有一步在等車。",
        "Where do this token's {cycles} *cycles* go, the beats of the chip's clock? Above the layers, below the parts of one layer; width is time. Over all layers {part} takes longest, {part_cycles} cycles. Each needs the result before it; none waits for traffic.",
    ),
    mark: Mark::Part(".spans"),
    ..STEP
};

const STAIRS: Step = Step {
    link: "#s=1&v=token&turns=buckets",
    text: both(
        "每個 token 都一樣久嗎？字越多，要回頭看的也越多。所以編譯器把長度分成幾*段*（bucket），各寫一支程式，圖裡一段就是一級階梯。同一級裡，每個 token 都花 {cycles} 個週期，一個不差；到了下一級，才多花一些。",
        "Does every token take as long? The longer the text, the more there is to look back at. So the compiler writes one program for each stretch of lengths, a *bucket*: a stair in the picture. On this stair every token takes exactly {cycles} cycles; only the next one costs more.",
    ),
    mark: Mark::Part(".cost"),
    ..STEP
};

const RACE: Step = Step {
    text: both(
        "多快才算快？五條跑道用別人公布的速率，播放你這段文字。這是*照引用的速率重播*，不是這個網頁量到的；為了看得清楚，放慢了。",
        "How fast does fast feel? Five lanes write your text at rates that others published. It is a *playback at cited rates*, not measured here, and slowed down so that you can see it.",
    ),
    ask: Some(Ask {
        question: both("最快的寫完時，最慢的寫到哪裡？", "When the fastest is done, how far is the slowest?"),
        answers: &[both("一半", "Half way"), both("四分之一", "A quarter"), both("才剛開始", "It has barely begun")],
        right: Right::Fixed(2),
    }),
    deed: Deed::Race,
    reveal: both(
        "快的寫 37 個，慢的寫 1 個。但要公平：13 是大得多的模型，也沒有為速度調校；而 65 和 185 包含第一個 token 的等待，另外兩個沒有。",
        "It writes 37 tokens while the slowest writes one. In fairness: 13 is a much larger model, not tuned for speed; 65 and 185 count the wait for the first token, the other two do not.",
    ),
    mark: Mark::Part(".race"),
    source: SOURCE_RATES,
    beside: Beside::Race,
    ..STEP
};

const THREE_PLACES: Step = Step {
    link: "#s=1&v=opening",
    cycle: Cycle::Opening,
    motion: Motion::Playing,
    text: both(
        "token 只能一個接一個，要快，就不能在中間丟時間。時間會丟在三個地方：*編譯器*（誰決定什麼時候做什麼）、*晶片*（權重放多近）、*網路*（晶片之間怎麼走）。據說這種晶片原本為股票交易而生：時間算得準，就是錢；這點查無實證。",
        "Tokens come one after the other, so speed means losing no time in between. It is lost in three places: the *compiler*, which decides what happens when; the *chip*, where the weights lie; the *network* between chips. It is said that such chips began in trading, where a known cycle is money; that is unverified.",
    ),
    mark: Mark::Part(".picture"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 1,
    name: both("一個 token", "One token"),
    steps: &[WRITING, ONE_BY_ONE, EVERY_WEIGHT, WHERE_IT_WENT, STAIRS, RACE, THREE_PLACES],
};
