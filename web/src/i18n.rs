//! Every text of the page in both languages, side by side.
//!
//! In: a language.  Out: the table of its texts.
//! Invariant: a text missing in one language does not compile; an empty or untranslated one fails the test.
//! Method: one macro line per text makes a field and both values; sentences with numbers are functions below.

use crate::state::Skipped;

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Traditional Chinese as written in Taiwan.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag for the document and for the address.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-Hant-TW",
            Lang::En => "en",
        }
    }

    /// The language of an address or a browser setting: Chinese for any tag that starts so, otherwise English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// The same language, as `frame` names it.
    pub fn of_frame(self) -> frame::Lang {
        match self {
            Lang::Zh => frame::Lang::Chinese,
            Lang::En => frame::Lang::English,
        }
    }

    /// A text of the worker in this language.
    pub fn pick(self, text: &frame::Text) -> String {
        text.get(self.of_frame()).to_owned()
    }

    /// The texts in this language.
    pub fn texts(self) -> &'static Texts {
        words(self)
    }
}

macro_rules! texts {
    ($($name:ident: $zh:literal, $en:literal;)+) => {
        /// The texts of one language.
        pub struct Texts {
            $(#[doc = $en] pub $name: &'static str,)+
        }
        const ZH: Texts = Texts { $($name: $zh,)+ };
        const EN: Texts = Texts { $($name: $en,)+ };
        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en),)+];

        /// These texts in a language.
        pub fn words(lang: $crate::i18n::Lang) -> &'static Texts {
            match lang {
                $crate::i18n::Lang::Zh => &ZH,
                $crate::i18n::Lang::En => &EN,
            }
        }
    };
}

pub(crate) use texts;

texts! {
    title: "Greenwave：一路綠燈的晶片", "Greenwave: a chip on which nothing waits";
    skip_to_main: "跳到主要內容", "Skip to the main part";
    views: "檢視", "Views";
    view_token: "token（詞元）", "Token";
    view_chip: "晶片", "Chip";
    view_memory: "記憶體", "Memory";
    view_traffic: "交通", "Traffic";
    view_numbers: "數字", "Numbers";
    traffic_title: "一座由指揮中心排好路線的城市", "A city whose control centre planned every route";
    traffic_where: "每輛車是一個 320 位元組的向量，何時出發、走哪條路、何時抵達，都在執行前決定。沒有號誌，沒有排隊，沒有重送。", "Each car is a vector of 320 bytes. When it leaves, by which road, and when it lands was decided before anything ran: no lights, no queue, no retry.";
    traffic_picture: "晶片圍成一圈，連線上有行進中的向量；右邊是位置對時間的圖", "Chips in a ring with vectors travelling on their cables; on the right place against time";
    traffic_hint: "點一輛車，看它載的 320 位元組、誰送的、誰會在哪個週期接它；點一顆晶片，換看它的連線與記憶體。", "Click a car for its 320 bytes, who sent it and who will meet it in which cycle; click a chip to see its cables and its memory.";
    traffic_alone: "一顆晶片沒有連線可走。換成 2、4 或 8 顆，模型會重新編譯。", "One chip has no cables. Choose 2, 4 or 8: the model is compiled anew.";
    traffic_now: "此刻在路上", "on the road now";
    traffic_crossing: "每輛車的路程", "each car's way";
    traffic_spread: "最快與最慢相差", "fastest to slowest";
    traffic_waited: "在路上等過的車", "cars that waited";
    traffic_vectors: "每個 token 的車次", "cars per token";
    traffic_token: "每個 token", "per token";
    traffic_on_one: "同一個模型在一顆晶片上", "the same model on one chip";
    traffic_slower: "這個模型小到一顆晶片就放得下：跨晶片加總一次，比整層自己的計算還久。更多晶片帶來的是空間，不是速度；放不進一顆晶片的模型才需要它們。", "This model fits one chip: a sum over chips takes longer than a layer's own work. More chips bring room here, not speed; models that do not fit one chip need them.";
    traffic_travelling: "有車在路上的時間", "of that, some car travels";
    traffic_busy: "每條連線送出位元的時間", "of that, each cable sends bits";
    which_chip: "看哪一顆晶片", "Which chip is shown";
    how_many_chips: "幾顆晶片", "How many chips";
    memory_title: "每樣東西住在哪裡", "Where everything lives";
    view_compiler: "編譯器", "Compiler";
    view_schedule: "排程", "Schedule";
    compiler_title: "從模型到指令", "From the model to instructions";
    compiler_picture: "三欄：模型的部分、十種運算、指令。點一列，看它從哪裡來、到哪裡去", "Three columns: parts of the model, the ten operations, instructions. Click a row to see where it comes from and goes to";
    compiler_passes: "編譯的步驟", "Passes of the compiler";
    compiler_columns: "成品", "the program";
    compiler_after: "這一步之後的狀態", "The state after this pass";
    compiler_bounds: "離下限多遠", "How far from its bounds";
    compiler_cycles: "每個 token 的週期", "cycles per token";
    compiler_first: "任何程式的下限", "no program takes fewer than";
    compiler_second: "這些運算的任何排程的下限", "no schedule of these operations takes fewer than";
    compiler_chain: "由相依步驟鏈決定", "bound by the chain of dependent steps";
    compiler_install: "由裝入權重決定", "bound by installing the weights";
    compiler_busiest: "最忙的佇列", "busiest queue";
    compiler_longest: "最長的值鏈", "longest chain of values";
    compiler_why: "為什麼在這裡？", "Why here?";
    compiler_pick: "點一道指令，看它為什麼不能早一個週期。", "Click an instruction to see why it cannot be one cycle earlier.";
    compiler_change: "改一個選項：權重沿用，重新編譯並驗證", "Change one option: weights kept, compiled and verified";
    compiler_now: "現在", "now";
    compiler_then: "改了之後", "then";
    compiler_issues: "每個 token 發出的指令", "dispatched per token";
    compiler_code: "每顆晶片的指令位元組", "instruction bytes on each chip";
    compiler_working: "編譯中…", "compiling…";
    schedule_title: "每一條佇列，每一個週期", "Every queue, every cycle";
    schedule_picture: "每一橫列是一條佇列，橫軸是週期；愈亮愈忙", "Each row is a queue, across are cycles; brighter is busier";
    schedule_nearer: "近一點（W）", "nearer (W)";
    schedule_farther: "遠一點（S）", "farther (S)";
    schedule_busy: "這一段有多忙", "How busy in this stretch";
    schedule_unit: "單元", "unit";
    schedule_queues: "佇列", "queues";
    schedule_dispatched: "發出", "dispatched";
    schedule_share: "有事做的時間", "time at work";
    schedule_path: "綁定路徑上的週期：", "cycles on the binding path: ";
    schedule_hint: "點一格，選出其中的第一道指令；曲線通往取用它的值的指令。", "Click a cell for its first instruction; curves lead to those that take its value.";
    machine_tab: "你的機器…", "your machine…";
    machine_file: "機器檔", "machine file";
    machine_hint: "這是 greenwave chip --machine 寫出的檔。改一個值、取一個自己的名字，模型就為那台機器重新編譯、重新驗證。", "This is the file that greenwave chip --machine writes. Change a value, give it a name of its own, and the model is compiled and judged anew for that machine.";
    machine_now: "現在的機器：", "machine now:";
    machine_differs: "與公開的機器不同之處：", "what differs from the published machine:";
    machine_compile: "為這台機器編譯", "Compile for this machine";
    machine_published: "回到公開的機器", "Back to the published machine";
    machine_name: "名字後面的八位數是所有常數的校驗碼。不可能的機器會被拒絕，並指出欄位。", "The eight digits after the name are a checksum of all constants. A machine that cannot be is refused, and the field is named.";
    front_title: "損害的前緣：第一個 token", "The damage front: the first token";
    front_working: "計算中…", "counting…";
    front_chips: "晶片", "chips";
    front_words: "不同的字組", "words differ";
    front_bytes: "位元組", "bytes";
    front_first: "從週期", "from cycle";
    front_picture: "每一列是一顆晶片的一種單元，橫軸是這個 token 的週期；亮處的位元組與原本不同", "A row for each unit of each chip, across are the cycles of the token; where it is bright, bytes differ";
    harmless_ask: "也有無害的改動嗎？", "Is there a harmless change, too?";
    harmless_none: "試過的種子裡沒有無害的改動。", "None of the seeds tried is harmless.";
    harmless_proved: "裁判：不變。每條規則仍然成立，算的還是同一張圖。", "The judge: unchanged. Every rule still holds, and it computes the same graph.";
    fleet_title: "數百顆晶片，一個時鐘：一個 token 走過每一個節點", "Hundreds of chips on one clock: a token passes node after node";
    fleet_choose: "更多晶片…", "more chips…";
    fleet_close: "◂ 回到晶片上的模型", "◂ the model on the chip";
    fleet_way: "所在層級", "Where you are";
    fleet_coming: "正在取得編譯器…", "Fetching the compiler…";
    fleet_picture: "機架、節點與晶片；右邊是每個節點何時握有 token", "Racks, nodes and chips; on the right when each node has the token";
    fleet_what: "編譯與驗證在這個瀏覽器裡進行，需要數秒；完成之前不畫任何東西。", "Compiling and judging happen in this browser and take seconds; nothing is drawn before.";
    fleet_busy: "握有 token 的節點", "nodes with a token";
    fleet_sent: "已送出的向量", "vectors sent so far";
    fleet_here: "其中由這裡送出", "of these from here";
    fleet_rides: "此刻從哪裡到哪裡，為了什麼", "From where to where, and why";
    fleet_holds: "每顆晶片裝了什麼（MB）", "What each chip holds (MB)";
    fleet_parts: "節點做的部分", "parts of the node";
    fleet_nodes: "節點", "nodes";
    fleet_weights: "權重", "weights";
    fleet_cache: "KV 快取", "KV of a user";
    fleet_code: "指令", "code";
    fleet_other: "常數與值", "constants and values";
    fleet_free: "空閒", "free";
    fleet_shapes: "A 是注意力，F n 是前饋的 n 塊，head 是輸出頭。只由形狀編譯：畫的是時間與路線，不是數值。", "A is attention, F n is n tiles of the feed-forward part, head the head. Compiled from shapes alone: times and routes, no values.";
    memory_picture: "記憶體的圖：每一直行是一個切片，高度是位址", "Picture of the memory: each column is a slice, its height the address";
    memory_hint: "沒有快取，沒有逐出：每個字組的位置由編譯器決定。點任何一處，看那 320 個位元組。", "No cache, no eviction: the compiler gave every word its place. Click anywhere for its 320 bytes.";
    written_now: "這個 token 到此刻寫入的快取列：", "Cache rows this token has written so far: ";
    none_written: "還沒有寫入任何一列。", "None yet.";
    per_token: "每個 token 增加", "added by each token";
    room_left: "還放得下", "room for";
    usable: "可用", "usable";
    fingerprint: "指紋", "Fingerprint";
    fingerprint_hint: "前三個 token 的所有事件、結果、串流與畫面的雜湊：在任何機器、任何瀏覽器上都相同", "Hashes of all events, results, streams and pictures of the first three tokens: the same on every machine and in every browser";
    cost_note: "每個 token 花的週期都一樣：排程在執行前就定好了。", "Every token takes the same number of cycles: the schedule was fixed before anything ran.";
    explore: "自由探索", "explore freely";
    story: "回到開場", "back to the opening";
    switch_language: "EN", "中";
    switch_language_hint: "Switch to English", "切換成中文";
    switch_theme: "換一種外觀：深色、淺色、投影", "Another look: dark, light, projector";
    theme_dark: "深色", "dark";
    theme_light: "淺色", "light";
    theme_projector: "投影", "projector";
    verified: "✓ 已驗證", "✓ verified";
    not_verified: "✗ 已弄壞", "✗ broken";
    watermark: "已弄壞 · 未經驗證", "BROKEN · NOT VERIFIED";
    deck: "時間軸", "Time deck";
    worker_starting: "正在啟動瀏覽器裡的編譯器…", "Starting the compiler in your browser…";
    worker_stale: "頁面與背景程式的版本不同。請重新載入頁面。", "The page and its worker are of different versions. Please reload.";
    worker_failed: "背景程式停止了。可以重新啟動；若再發生，請回報這則訊息：", "The worker stopped. Start it again; if it stops again, report this message:";
    worker_again: "重新啟動", "Start it again";
    small: "視窗太小，擠不下整個畫面：請放大視窗、轉成橫向，或捲動頁面。", "This window is too small for the whole page: enlarge it, turn it sideways, or scroll.";
    nothing_yet: "還沒有編譯任何模型。", "No model has been compiled yet.";
    stage_import: "正在讀取模型", "Reading the model";
    stage_compile: "正在編譯：每個運算得到位置與週期", "Compiling: every operation gets a place and a cycle";
    stage_verify: "正在驗證：沒有任何東西會相撞或遲到", "Verifying: nothing collides, nothing is late";
    stage_load: "正在裝入模擬的 SRAM", "Filling the simulated SRAM";
    stage_run: "正在執行提示詞", "Running the prompt";
    stage_break: "正在找一輛會改變文字的遲到車", "Looking for a late car that changes the words";
    cancel: "取消", "Cancel";
    stop_time: "讓時間停下", "Stop time";
    go_on: "讓時間繼續", "Let time go on";
    event_back: "上一個事件", "previous event";
    event_on: "下一個事件", "next event";
    cycle_back: "退一個週期", "one cycle back";
    cycle_on: "進一個週期", "one cycle on";
    make_late: "讓一輛車遲到", "Make one car late";
    another_late: "換一輛車遲到", "Another car";
    undo: "復原", "Undo";
    without: "原本的文字", "the words as they were";
    with_late: "遲到之後的文字", "the words with one late car";
    judge_says: "裁判說", "The judge says";
    slower: "放慢", "slower";
    faster: "加快", "faster";
    this_value: "這個值", "This value";
    nothing_selected: "點一下晶片上的任何東西，這裡會顯示它是什麼、有哪些位元組。", "Click anything on the chip: what it is and its bytes appear here.";
    looking: "正在查看…", "Looking…";
    is: "是", "is";
    made_by: "由誰送出", "sent by";
    meets: "將遇見", "will meet";
    range: "最小 · 平均 · 最大", "min · mean · max";
    bytes_320: "320 個位元組 · 20 條超級通道 × 16 條通道", "320 bytes · 20 superlanes × 16 lanes";
    holds_nothing: "這裡此刻沒有資料。", "Nothing is here at this moment.";
    holds_unknown: "這裡不是單一的字組。", "This place is not a single word.";
    holds_poison: "這個值依賴於被破壞的規則：", "This value depends on a broken rule:";
    queue_lines: "佇列前後的指令", "instructions of the queue around now";
    close: "關閉", "Close";
    chip_now: "此刻的晶片", "The chip, now";
    chip_picture: "晶片此刻的圖；內容以文字寫在時間軸上", "Picture of the chip now; what happens is written in the time deck";
    comes_next: "接下來是哪個 token", "What comes next";
    draw: "依機率抽", "Draw by chance";
    take_first: "選最高的", "Most probable";
    cost_title: "每個 token 花了多少週期", "Cycles of each token";
    where_went: "這個 token 的週期用在哪裡", "Where this token's cycles went";
    from_prompt: "提示詞", "prompt";
    byte_alone: "兩個十六進位數字加「…」是一個位元組：一個字的一部分，其餘在別的 token 裡。", "Two hexadecimal digits and … are one byte, a part of a character; other tokens hold the rest.";
    units: "顏色是單元", "Colours are units";
    made_here: "在此寫出", "written here";
    wit: "晶片決定速度，模型決定文采。", "The chip sets the speed, the model sets the wit.";
    type_here: "輸入一段文字", "Type a text";
    run_it: "執行", "Run";
    or_try: "或試試", "or try";
    open_file: "開啟 .gguf 檔…", "Open a .gguf file…";
    own_model: "回到內建的 tiny", "Back to tiny";
    ride: "跟著一個位元組走", "Ride along";
    ride_way: "從記憶體到 logit 的路", "The way from memory to the logit";
    ride_on: "下一次相遇", "next meeting";
    ride_back: "上一次", "back";
    ride_leave: "下車", "get off";
    scale: "十的次方", "Powers of ten";
    scale_nearer: "近一級", "a level nearer";
    scale_farther: "遠一級", "a level farther";
    scale_lane: "超級通道 0，通道 0", "superlane 0, lane 0";
    drop_here: "把 .gguf 檔放在這裡", "Drop a .gguf file here";
    refused: "做不到，畫面保持原樣：", "That cannot be done; what you see stays as it was:";
}

impl Texts {
    /// The name of a theme.
    pub fn theme(&self, theme: crate::theme::Theme) -> &'static str {
        match theme {
            crate::theme::Theme::Dark => self.theme_dark,
            crate::theme::Theme::Light => self.theme_light,
            crate::theme::Theme::Projector => self.theme_projector,
        }
    }

    /// The page's own texts to go on from, the first one the default.
    pub fn prompts(&self) -> &'static [&'static str; 3] {
        if std::ptr::eq(self, &ZH) { &PROMPTS_ZH } else { &PROMPTS_EN }
    }
}

const PROMPTS_ZH: [&str; 3] = ["綠燈亮了，每一輛車", "天黑後，下雨了，", "行控中心裡，工程師"];
const PROMPTS_EN: [&str; 3] = [study::EXAMPLE, "Late at night the rain stopped, and", "First came a bus with"];

/// Sentences with numbers, in one language.
impl Lang {
    /// `cycles 1,024 to 2,048`
    pub fn stretch(self, from: u64, to: u64) -> String {
        let (from, to) = (frame::grouped(from), frame::grouped(to));
        match self {
            Lang::Zh => format!("週期 {from} 到 {to}"),
            Lang::En => format!("cycles {from} to {to}"),
        }
    }

    /// `Its cycles are counted from the start of the stage, cycle 1 024 of the token.`
    pub fn counted_from(self, start: u64) -> String {
        let start = frame::grouped(start);
        match self {
            Lang::Zh => format!("這句話裡的週期從這一段的開頭算起，也就是 token 的週期 {start}。"),
            Lang::En => format!("Its cycles are counted from the start of the stage, cycle {start} of the token."),
        }
    }

    /// `room for 256 positions`
    pub fn room_for(self, positions: u32) -> String {
        match self {
            Lang::Zh => format!("{positions} 個位置"),
            Lang::En => format!("room for {positions}"),
        }
    }

    /// `Compiled in your browser 0.3 s ago, in 24 ms.`
    pub fn compiled(self, millis: f64, ago: f64) -> String {
        let ago = ago / 1000.0;
        match self {
            Lang::Zh => {
                format!("{ago:.1} 秒前在你的瀏覽器裡編譯完成，用了 {millis:.0} 毫秒。這顆晶片上沒有任何東西需要等待。")
            }
            Lang::En => {
                format!("Compiled in your browser {ago:.1} s ago, in {millis:.0} ms. Nothing on this chip ever waits.")
            }
        }
    }

    /// `1 second here is 40 ns on the chip: 25 million times slower`
    pub fn slowdown(self, slowdown: crate::play::Slowdown) -> String {
        let nanos = slowdown.nanos_per_second;
        let (zh_span, en_span) = match nanos {
            _ if nanos < 1e3 => (format!("{nanos:.0} 奈秒"), format!("{nanos:.0} ns")),
            _ if nanos < 1e6 => (format!("{:.0} 微秒", nanos / 1e3), format!("{:.0} µs", nanos / 1e3)),
            _ => (format!("{:.0} 毫秒", nanos / 1e6), format!("{:.0} ms", nanos / 1e6)),
        };
        let factor = slowdown.factor;
        let (zh_factor, en_factor) = match factor {
            _ if 1e6 <= factor => (format!("{:.0} 萬", factor / 1e4), format!("{:.0} million", factor / 1e6)),
            _ if 1e4 <= factor => (format!("{:.0} 萬", factor / 1e4), format!("{:.0} thousand", factor / 1e3)),
            _ => (format!("{factor:.0} "), format!("{factor:.0}")),
        };
        match self {
            Lang::Zh => format!("這裡 1 秒 = 晶片上 {zh_span}：放慢 {zh_factor}倍"),
            Lang::En => format!("1 second here is {en_span} on the chip: {en_factor} times slower"),
        }
    }

    /// `Cycle 41 208`
    pub fn cycle(self, cycle: u64) -> String {
        let cycle = frame::grouped(cycle);
        match self {
            Lang::Zh => format!("週期 {cycle}"),
            Lang::En => format!("Cycle {cycle}"),
        }
    }

    /// `skipped 214 cycles in which nothing moves · `
    pub fn skipped(self, skipped: Skipped) -> String {
        match (self, skipped) {
            (Lang::Zh, Skipped::Quiet(cycles)) => format!("略過 {} 個沒有動靜的週期 · ", frame::grouped(cycles)),
            (Lang::En, Skipped::Quiet(cycles)) => {
                format!("skipped {} cycles in which nothing moves · ", frame::grouped(cycles))
            }
            (Lang::Zh, Skipped::Hidden) => "沒人看得到頁面時，時間停著 · ".to_owned(),
            (Lang::En, Skipped::Hidden) => "time rested while the page was hidden · ".to_owned(),
        }
    }

    /// `8 chips`.
    pub fn chips(self, chips: u16) -> String {
        match self {
            Lang::Zh => format!("{chips} 顆晶片"),
            Lang::En if chips == 1 => "1 chip".to_owned(),
            Lang::En => format!("{chips} chips"),
        }
    }

    /// `chip 3`.
    pub fn chip_number(self, chip: u16) -> String {
        match self {
            Lang::Zh => format!("晶片 {chip}"),
            Lang::En => format!("chip {chip}"),
        }
    }

    /// `6 195 cycles`.
    pub fn cycles(self, cycles: u64) -> String {
        let number = frame::grouped(cycles);
        match self {
            Lang::Zh => format!("{number} 週期"),
            Lang::En => format!("{number} cycles"),
        }
    }

    /// `509 cycles (566 ns)`.
    pub fn crossing(self, cycles: u64, nanoseconds: f64) -> String {
        match self {
            Lang::Zh => format!("{}（{nanoseconds:.0} 奈秒）", self.cycles(cycles)),
            Lang::En => format!("{} ({nanoseconds:.0} ns)", self.cycles(cycles)),
        }
    }

    /// `1 792, 573 kB`.
    pub fn vectors(self, vectors: u64, bytes: u64) -> String {
        let separator = if self == Lang::Zh { "，" } else { ", " };
        format!("{}{separator}{}", frame::grouped(vectors), self.size(bytes))
    }

    /// `all 230.7 MB: a column is a slice, a word is 320 bytes; addresses that no slice uses are folded away`
    pub fn memory_size(self, bytes: u64) -> String {
        let megabytes = bytes as f64 / 1e6;
        match self {
            Lang::Zh => {
                format!(
                    "整顆晶片的 {megabytes:.1} MB；一直行是一個切片，一個字組 320 位元組；沒有切片使用的位址摺疊起來"
                )
            }
            Lang::En => {
                format!(
                    "all {megabytes:.1} MB: a column is a slice, a word is 320 bytes; addresses that no slice uses are folded away"
                )
            }
        }
    }

    /// `12.3 MB`, `480 kB` or `320 B`
    pub fn size(self, bytes: u64) -> String {
        match bytes {
            0..10_000 => format!("{} B", frame::grouped(bytes)),
            10_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
            _ => format!("{:.1} MB", bytes as f64 / 1e6),
        }
    }

    /// `126 more tokens`
    pub fn more_tokens(self, tokens: u32) -> String {
        match self {
            Lang::Zh => format!("再 {tokens} 個 token"),
            Lang::En => counted(tokens.into(), "more token"),
        }
    }

    /// `Open SmolLM2-135M-Instruct.Q4_1.gguf (98 MB)`
    pub fn offer(self, name: &str, bytes: u64) -> String {
        let size = self.size(bytes);
        match self {
            Lang::Zh => format!("開啟 {name}（{size}）"),
            Lang::En => format!("Open {name} ({size})"),
        }
    }

    /// `in 9 cycles, at cycle 4 031`
    pub fn after(self, after: u64, cycle: u64) -> String {
        let cycle = frame::grouped(cycle);
        match self {
            Lang::Zh => format!("{after} 個週期後，在週期 {cycle}"),
            Lang::En if after == 1 => format!("in 1 cycle, at cycle {cycle}"),
            Lang::En => format!("in {after} cycles, at cycle {cycle}"),
        }
    }

    /// `3 tokens differ`
    pub fn damage(self, damage: &Damage) -> String {
        let Damage { words, violations, misses } = *damage;
        match self {
            Lang::Zh => {
                let (violations, misses) = (frame::grouped(violations), frame::grouped(misses));
                format!("{words} 個 token 變了 · 裁判指出 {violations} 處違規 · 執行時有 {misses} 次取到別的東西")
            }
            Lang::En => {
                let tokens = counted(words as u64, "token");
                let (violations, samples) = (counted(violations, "violation"), counted(misses, "sample"));
                format!(
                    "{tokens} changed · {violations} named by the judge · {samples} found something else while it ran"
                )
            }
        }
    }

    /// `56 links`
    pub fn links(self, links: u32) -> String {
        match self {
            Lang::Zh => format!("{links} 條連線"),
            Lang::En => counted(links.into(), "link"),
        }
    }

    /// `Both runs begin alike; from cycle 312 on other bytes reach 8 of 8 chips.`
    pub fn front_reach(self, front: &crate::wreck::Front) -> String {
        let Some(first) = front.damage.iter().map(|one| one.first).min() else {
            return match self {
                Lang::Zh => format!("已計算 {} / {} 顆晶片，還沒有不同的位元組。", front.counted, front.chips),
                Lang::En => format!("{} of {} chips counted: no byte differs so far.", front.counted, front.chips),
            };
        };
        let (first, hit) = (frame::grouped(first), front.chips_hit());
        let so_far = !front.is_whole();
        match self {
            Lang::Zh => {
                let counted = if so_far { format!("（已計算 {} 顆）", front.counted) } else { String::new() };
                format!(
                    "兩次執行從同樣的狀態開始；從週期 {first} 起，{} 顆晶片中有 {hit} 顆送出不同的位元組{counted}。點圖可跳到那個週期。",
                    front.chips
                )
            }
            Lang::En => {
                let counted = if so_far { format!(" ({} counted so far)", front.counted) } else { String::new() };
                format!(
                    "Both runs begin alike; from cycle {first} on, {hit} of {} send other bytes{counted}. Click the picture to go there.",
                    self.chips(front.chips)
                )
            }
        }
    }

    /// `Seed 4:`
    pub fn harmless_seed(self, seed: u64) -> String {
        match self {
            Lang::Zh => format!("種子 {seed}："),
            Lang::En => format!("Seed {seed}:"),
        }
    }

    /// `5 974 cycles · 6.6 µs on the simulated chip at 900 MHz · simulated in 58 ms in this browser`
    pub fn token_cost(self, cycles: u64, hertz: u64, millis: f64) -> String {
        let micros = cycles as f64 * 1e6 / hertz as f64;
        let (cycles, mega) = (frame::grouped(cycles), hertz / 1_000_000);
        match self {
            Lang::Zh => format!(
                "{cycles} 個週期 · 在 {mega} MHz 的模擬晶片上是 {micros:.1} 微秒 · 這個瀏覽器模擬它用了 {millis:.0} 毫秒"
            ),
            Lang::En => format!(
                "{cycles} cycles · {micros:.1} µs on the simulated chip at {mega} MHz · simulated in {millis:.0} ms in this browser"
            ),
        }
    }

    /// Between a name and its value.
    pub fn colon(self) -> &'static str {
        match self {
            Lang::Zh => "：",
            Lang::En => ": ",
        }
    }

    /// What the bars are, and which token is taken.
    pub fn chosen_of(self, count: usize, seed: Option<u64>) -> String {
        match (self, seed) {
            (Lang::Zh, None) => format!("機率最高的 {count} 個 token；選最高的那個"),
            (Lang::En, None) => format!("the {count} most probable tokens; the first is taken"),
            (Lang::Zh, Some(seed)) => format!("機率最高的 {count} 個 token；依機率抽一個，種子 {seed}"),
            (Lang::En, Some(seed)) => {
                format!("the {count} most probable tokens; one is drawn by its probability, seed {seed}")
            }
        }
    }
}

/// `1 token`, `2 048 tokens`: an English noun after its number.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", frame::grouped(number))
}

/// What a late car did.
pub struct Damage {
    /// Tokens that differ.
    pub words: usize,
    /// What the judge counts.
    pub violations: u64,
    /// What went wrong while it ran.
    pub misses: u64,
}

/// Whether there is a Chinese letter in a text.
#[cfg(test)]
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// Every word of a view is there in both languages; names of machines are the same in both.
#[cfg(test)]
pub(crate) fn expect_both(pairs: &[(&str, &str, &str)]) {
    for (name, zh, en) in pairs {
        assert!(["gpu", "lpu"].contains(name) || is_chinese(zh), "{name} is not Chinese: {zh}");
        assert!(!en.is_empty() && !is_chinese(en), "{name} is not English: {en}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        for (name, zh, en) in PAIRS {
            assert!(!zh.is_empty() && !en.is_empty(), "{name} is empty");
            // The two texts of the language switch are each in the other language, on purpose.
            if !name.starts_with("switch_language") {
                assert!(is_chinese(zh), "{name} is not Chinese: {zh}");
                assert!(!is_chinese(en), "{name} is not English: {en}");
            }
        }
    }

    #[test]
    fn one_of_a_thing_has_no_plural() {
        assert_eq!(Lang::En.more_tokens(1), "1 more token");
        assert_eq!(Lang::En.more_tokens(126), "126 more tokens");
        let damage = Lang::En.damage(&Damage { words: 1, violations: 1, misses: 2 });
        assert_eq!(
            damage,
            "1 token changed · 1 violation named by the judge · 2 samples found something else while it ran"
        );
    }

    #[test]
    fn tags_lead_back_to_their_language() {
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(Lang::from_tag(lang.tag()), lang);
            assert_eq!(lang.other().other(), lang);
        }
        assert_eq!(Lang::from_tag("zh-TW"), Lang::Zh);
        assert_eq!(Lang::from_tag("de"), Lang::En);
    }
}
