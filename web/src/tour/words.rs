//! The tour's own labels in both languages.
//!
//! In: what a step is there for.  Out: what the button says.
//! Invariant: a label says what Space will do, in the viewer's words.

use super::{Both, Deed, both};

/// The tour, as a region of the page.
pub const TOUR: Both = both("導覽", "Tour");
/// The button of the opening.
pub const TAKE: Both = both("跟著導覽走", "Take the tour");
/// Back to where it was left.
pub const RESUME: Both = both("回到導覽", "Resume the tour");
/// Look around freely.
pub const LEAVE: Both = both("自由探索", "Explore freely");
/// The step before.
pub const BACK: Both = both("上一步", "Back");
/// The next step.
pub const ON: Both = both("下一步", "Next");
/// After the last step.
pub const END: Both = both("結束，自由探索", "Finish and explore");
/// While a program is compiled or the text begins.
pub const BUSY: Both = both("正在為這一步編譯並執行模型…", "Compiling and running the model for this step…");
/// While a late car is looked for.
pub const BREAKING: Both = both("正在找一輛會改變文字的遲到車…", "Looking for a late car that changes the words…");
/// Before an answer is chosen.
pub const PREDICT: Both =
    both("先猜：按字母鍵，再按空白鍵看答案", "Predict: press a letter, then Space for the answer");
/// The right answer.
pub const RIGHT: Both = both("正確答案", "right");
/// The viewer's answer.
pub const YOURS: Both = both("你的答案", "your answer");
/// Before the source.
pub const SOURCE: Both = both("出處：", "Source: ");
/// The bar of all steps.
pub const STEPS: Both = both("導覽的所有步驟", "All steps of the tour");
/// The race's heading.
pub const RACE: Both = both("照引用的速率重播", "A playback at cited rates");
/// Tokens per second for one user.
pub const PER_SECOND: Both = both("token／秒", "tokens/s");
/// More chips are no faster.
const NO_GAIN: Both = both(
    "沒有比較快：模型太小，每層的計算比跨晶片加總一次還短。更多晶片在這裡買到的是空間。",
    "Not faster: a layer of this small model takes less time than a sum over all chips. Here more chips buy room.",
);
const SOME_GAIN: Both = both(
    "快了，但離 8 倍很遠：每層都要跨晶片加總，路程不會變短。",
    "Faster, but far from 8 times: each layer needs sums over all chips, and their way does not get shorter.",
);
const GREAT_GAIN: Both = both(
    "幾乎照晶片數變快：每顆只讀自己那份權重，路程只占一點點。",
    "Almost in proportion: each chip reads only its share of the weights, and the way between them is short beside that.",
);

/// What Space does in a step.
pub fn label(deed: Deed) -> Both {
    match deed {
        Deed::Nothing => ON,
        Deed::Tell => both("看答案", "Show the answer"),
        Deed::Token => both("再寫一個 token", "Make one more token"),
        Deed::Cycle => both("走一個週期", "One cycle on"),
        Deed::Event => both("到下一次會面", "To the next meeting"),
        Deed::Stop => both("讓時間停下", "Stop time"),
        Deed::Ahead => both("挑一個未來的週期", "Pick a future cycle"),
        Deed::Break => both("讓一輛車遲到", "Make one car late"),
        Deed::Crowd => both("讓 GPU 的一輛車遲到", "Make one car of the GPU late"),
        Deed::Undo => both("復原", "Undo"),
        Deed::Chips(_) => both("放到更多晶片上", "Put it on more chips"),
        Deed::Race => both("開始", "Start"),
    }
}

/// Which of the three answers the cycles of one and of eight chips give.
pub fn gain(alone: u64, together: u64) -> usize {
    match together {
        _ if together * 5 <= alone => 0,
        _ if together * 20 < alone * 19 => 1,
        _ => 2,
    }
}

/// The same as a sentence.
pub fn verdict(alone: u64, together: u64) -> Both {
    [GREAT_GAIN, SOME_GAIN, NO_GAIN][gain(alone, together)]
}

/// The race's first line.
pub fn slowed(lang: crate::i18n::Lang) -> String {
    let factor = super::race::SLOWER;
    match lang {
        crate::i18n::Lang::Zh => {
            format!("各家公布的速率，一位使用者；放慢 {factor:.0} 倍。這個網頁沒有量過其中任何一個。")
        }
        crate::i18n::Lang::En => {
            format!("Published rates, one user, slowed {factor:.0} times. None of them was measured by this page.")
        }
    }
}

/// Who sent a value that was there from the start.
pub const SOMEBODY: Both = both("先前的指令", "an earlier instruction");
/// A value that is on its way to the edge.
pub const NO_MEETING: Both = both("它該見的都見過了。", "It has met everybody it had to meet.");

/// Whom a value meets, and when.
pub fn meeting(lang: crate::i18n::Lang, who: &str, after: u64) -> String {
    match lang {
        crate::i18n::Lang::Zh if after == 0 => format!("此刻它正遇見{who}。"),
        crate::i18n::Lang::Zh => format!("{after} 個週期後，它遇見{who}。"),
        crate::i18n::Lang::En if after == 0 => format!("Right now it meets {who}."),
        crate::i18n::Lang::En if after == 1 => format!("In 1 cycle it meets {who}."),
        crate::i18n::Lang::En => format!("In {after} cycles it meets {who}."),
    }
}

/// `0.07 s`, not slowed.
pub fn finish(lang: crate::i18n::Lang, seconds: f64) -> String {
    match lang {
        crate::i18n::Lang::Zh => format!("{seconds:.2} 秒"),
        crate::i18n::Lang::En => format!("{seconds:.2} s"),
    }
}
