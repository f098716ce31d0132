//! Chapter 5: the compiler came first: few operations, plain arithmetic, no derivatives; then each gets a place and a cycle.
//!
//! In: nothing.  Out: the steps.
//! Invariant: counts are those of the model on the chip, as the compiler's view shows them; what is only told says so.
//! Source: the podcast (minutes 35 to 37) for the thousand operations, and for what was finished first.

use super::{Ask, Chapter, Cycle, Mark, Right, STEP, Step, both};

const TEN: Step = Step {
    link: "#s=1&v=compiler",
    cycle: Cycle::Weights,
    text: both(
        "節目裡說，PyTorch 的上千種運算，最後只剩十種。這裡算給你看：匯入的模型有 {imported} 個運算，全部由 {kinds} 種基本運算組成；拆成晶片的大小，是 {sized} 個。",
        "The podcast tells of a thousand PyTorch operations that become ten. Here it is counted: the imported model has {imported} operations, made of {kinds} primitive kinds; cut to the chip's size they are {sized}.",
    ),
    mark: Mark::Part(".funnel"),
    source: both(
        "「上千種、十種」：podcast 第 35 到 37 分鐘所述；Groq 沒有公開清單，這裡的十種是我們自己的",
        "“a thousand”, “ten”: told in the podcast, minutes 35 to 37; no list of Groq's is public, these ten are ours",
    ),
    ..STEP
};

const PLAIN: Step = Step {
    link: "#s=1&v=compiler",
    cycle: Cycle::Weights,
    text: both(
        "名字聽起來都很厲害：*注意力*、正規化、softmax。左欄是模型的說法，中欄是拆開以後。",
        "The names sound grand: *attention*, normalisation, softmax. The left column speaks like the model; the middle one has taken it apart.",
    ),
    mark: Mark::Part(".picture"),
    ask: Some(Ask {
        question: both("softmax 拆開來是什麼？", "What is softmax, taken apart?"),
        answers: &[
            both("一種特製的電路", "A circuit of its own"),
            both("最大值、減、指數、加、除", "Maximum, minus, exponential, plus, divide"),
            both("一張很大的對照表", "A very large table"),
        ],
        right: Right::Fixed(1),
    }),
    deed: super::Deed::Tell,
    reveal: both(
        "都是普通的算術：取最大值、相減、取指數、加總、相除。注意力是矩陣相乘，正規化是平方、平均、開根號。沒有一樣需要特別的電路。",
        "Plain arithmetic: take the maximum, subtract, exponentiate, add up, divide. Attention is products of matrices, normalisation squares, a mean and a root. None of it needs a circuit of its own.",
    ),
    ..STEP
};

const FORWARD: Step = Step {
    link: "#s=1&v=compiler",
    cycle: Cycle::Weights,
    text: both(
        "而且*推論*（inference）不必算導數。*訓練*要倒著再走一遍，還得留住每一步的中間結果；寫字只要往前。要做的事這麼少，編譯器才排得完每一個週期。",
        "And *inference* needs no derivatives. *Training* walks back through every step and must keep what each one gave; writing only goes forward. With so little to do, a compiler can plan every cycle.",
    ),
    mark: Mark::Part(".picture"),
    ..STEP
};

const PLACE: Step = Step {
    link: "#s=1&v=compiler",
    cycle: Cycle::Weights,
    text: both(
        "接著，每個運算得到一個位置、一個週期，成為右欄的指令：寫下 {written} 道，各層共用，每個 token 發出 {issued} 道。排出來是 {cycles} 個週期；不論怎麼寫都少不了 {first_bound}，照這樣拆就少不了 {second_bound}。",
        "Then every operation gets a place and a cycle and becomes instructions, the right column: {written} are written, layers share them, and {issued} are dispatched per token. The schedule takes {cycles} cycles; no program at all takes fewer than {first_bound}, none cut like this fewer than {second_bound}.",
    ),
    mark: Mark::Part(".picture"),
    ..STEP
};

const FIRST: Step = Step {
    link: "#s=1&v=schedule",
    cycle: Cycle::Share(300),
    text: both(
        "這就是整張時刻表：一列是一條佇列，橫的是週期。晶片執行時什麼都不決定，全照這張表走。",
        "This is the whole timetable: a row is a queue, cycles run to the right. The chip decides nothing while it runs; it follows this table.",
    ),
    mark: Mark::Part(".picture"),
    ask: Some(Ask {
        question: both("晶片和編譯器，哪一個先完成？", "Chip and compiler: which was finished first?"),
        answers: &[both("晶片", "The chip"), both("編譯器", "The compiler"), both("同時", "Both together")],
        right: Right::Fixed(1),
    }),
    deed: super::Deed::Tell,
    reveal: both(
        "編譯器。一般是先做好晶片，再想辦法寫程式；他們說自己反過來做。這也不得不然：沒有人排時刻表，這顆晶片一步也動不了。",
        "The compiler. Usually a chip is built and then somebody must program it; they say they did it the other way round. It had to be so: without a timetable this chip cannot take a single step.",
    ),
    source: both("節目所述；沒有別的公開佐證", "as told in the podcast; nothing else public confirms it"),
    ..STEP
};

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: both("先有編譯器", "The compiler came first"),
    steps: &[TEN, PLAIN, FORWARD, PLACE, FIRST],
};
