//! The numbers: what is wanted of the rival and the bill, what the second worker answers, and how numbers are written.
//!
//! In: what the viewer asks; what was made of the model on the chip, where a case is about it.  Out: views of `study::cases`.
//! Invariant: the page computes no figure; what is shown names what was wanted, so that a late answer is known.
//! Method: one contest is kept at a time; an edit writes the bill anew, the rival runs only when the case changes.

use crate::i18n::{Lang, counted, texts};
use crate::link::{hex, unhex};
use crate::protocol::OWN;
use crate::rival::Line;
use frame::Text;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use study::cases::{Case, CaseError, Contest, Reason, Setting, Topic, View, Waterfall, refused, tenths};
use study::cost::Refusal;
use units::gathered;

/// Steps that are timed.
const STEPS: u32 = 8;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Name of the case, or the text of its file.
    pub case: String,
    /// Which view of its answer.
    pub topic: Topic,
    /// What the viewer changed.
    pub setting: Setting,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted { case: "llama-2-70b".to_owned(), topic: Topic::Waterfall, setting: Setting::default() }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// To what.
    pub wanted: Wanted,
    /// Names and questions of all cases.
    pub cases: Vec<(String, Text)>,
    /// Users at once that the case asks for.
    pub users: u32,
    /// The case as it is asked, as the text of its file.
    pub file: String,
    /// What was refused of the changes that concern the rival's model.
    pub refused: Vec<Refusal>,
    /// Hash of the view's bytes, for whoever computes the same elsewhere.
    pub hash: u64,
    /// Milliseconds that one decode step of the box took to compute here; asked with the meters.
    pub step_millis: Option<f64>,
    /// The view, or why there is none.
    pub view: Result<View, Text>,
}

/// What the viewer asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Another view.
    Topic(Topic),
    /// Another case.
    Case(String),
    /// Another number of users.
    Users(u32),
    /// Another value of an input.
    Edit(String, String),
    /// The inputs as they were.
    Reset,
}

/// The page's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// What is wanted.
    pub wanted: Wanted,
    /// What came last.
    pub shown: Option<Rc<Shown>>,
}

impl Numbers {
    /// Applies what the viewer asks.
    pub fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Topic(topic) => self.wanted.topic = topic,
            Ask::Case(case) => {
                self.wanted.setting.users = None;
                // A file says all that is asked.
                if is_file(&case) {
                    self.wanted.setting.edits.clear();
                }
                self.wanted.case = case;
            }
            Ask::Users(users) => self.wanted.setting.users = Some(users),
            Ask::Edit(id, text) => drop(self.wanted.setting.edits.insert(id, text)),
            Ask::Reset => self.wanted.setting = Setting::default(),
        }
    }

    /// The waterfall that is wanted, once it is there.
    pub fn waterfall(&self) -> Option<&Waterfall> {
        match &self.shown.as_ref().filter(|shown| shown.wanted == self.wanted)?.view {
            Ok(View::Waterfall(fall)) => Some(fall),
            _ => None,
        }
    }

    /// Whether what is wanted is not there.
    pub fn is_due(&self) -> bool {
        self.shown.as_ref().is_none_or(|shown| shown.wanted != self.wanted)
    }
}

/// The second worker's side.
#[derive(Default)]
pub struct Ledger {
    contest: Option<Contest>,
    line: Option<Line>,
}

impl Ledger {
    /// What the first worker made of its model; a contest about another one is over.
    pub fn learn(&mut self, line: Line) {
        if self.contest.as_ref().is_some_and(|contest| contest.case().model == OWN) {
            self.contest = None;
        }
        self.line = Some(line);
    }

    /// The answer; `clock` tells milliseconds.
    pub fn answer(&mut self, wanted: Wanted, clock: fn() -> f64) -> Shown {
        let cases = Case::all().into_iter().map(|case| (case.id, case.question)).collect();
        let blank = |file, view| Shown {
            wanted: wanted.clone(),
            cases,
            users: 1,
            file,
            refused: vec![],
            hash: 0,
            step_millis: None,
            view,
        };
        let case = match read(&wanted.case) {
            Ok(case) => case,
            Err(error) => return blank(wanted.case.clone(), Err(error.text())),
        };
        let mut dialed = case.dialed(&wanted.setting);
        let mut shown = blank(dialed.whole().text(), Err(Text::default()));
        shown.users = dialed.case.users;
        if wanted.topic == Topic::Claims {
            // They are about no case: everything that was typed is asked of them.
            dialed.refused = refused(&wanted.setting);
            dialed.setting = wanted.setting.clone();
        }
        let view = self.view(dialed.case, wanted.topic, &dialed.setting).map(|view| view.refusing(&dialed.refused));
        shown.hash = view.as_ref().map_or(0, |view| frame::hash(&view.clone().of_case()));
        if let (Ok(View::Jitter(_)), Some(contest)) = (&view, &self.contest) {
            let started = clock();
            for number in 0..STEPS {
                std::hint::black_box(contest.step(number));
            }
            shown.step_millis = Some((clock() - started) / f64::from(STEPS));
        }
        Shown { refused: dialed.refused, view: view.map_err(|error| error.text()), ..shown }
    }

    fn view(&mut self, case: Case, topic: Topic, setting: &Setting) -> Result<View, CaseError> {
        if self.contest.as_ref().is_none_or(|contest| *contest.case() != case) {
            let compiled = self.line.as_ref().and_then(|line| line.contestant.clone()).filter(|_| case.model == OWN);
            self.contest = Some(Contest::open(case, compiled)?);
        }
        let contest = self.contest.as_ref().expect("it was opened above, or kept");
        let fabric = self.line.as_ref().map(|line| line.fabric.clone());
        contest.view(topic, setting, fabric)
    }
}

/// Whether a case is said by the text of a file rather than by its name.
pub fn is_file(case: &str) -> bool {
    case.trim_start().starts_with('{')
}

/// A case by its name, or in the text of a file.
fn read(case: &str) -> Result<Case, CaseError> {
    if is_file(case) { Case::parse(case.as_bytes()) } else { Case::find(case) }
}

/// What can be predicted of the waterfall: its causes, in the order of [`Reason::ALL`].
pub struct Guess {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// All predictions.
pub const GUESSES: [Guess; Reason::ALL.len()] = [
    Guess { zh: ZH.guess_noise, en: EN.guess_noise },
    Guess { zh: ZH.guess_plan, en: EN.guess_plan },
    Guess { zh: ZH.guess_sram, en: EN.guess_sram },
    Guess { zh: ZH.guess_chips, en: EN.guess_chips },
];

/// The prediction that saves most in every order of the switches, whoever the ramp is counted to, if there is one.
pub fn always(fall: &Waterfall) -> Option<usize> {
    let reason = fall.orders.always()?;
    Reason::ALL.into_iter().position(|other| other == reason)
}

/// Nanoseconds as a share of the whole: `30.1 %`.
pub fn percent(fall: &Waterfall, ns: i64) -> String {
    format!("{} %", tenths(ns, fall.whole_ns))
}

/// The least and the most that a prediction saves, over all orders and readings: `30.1 – 42.0 %`.
pub fn between(fall: &Waterfall, guess: usize) -> String {
    let ranges = fall.orders.readings.each_ref().map(|reading| reading.causes[guess].range);
    let (least, most) =
        (ranges.iter().map(|range| range.least_ns).min(), ranges.iter().map(|range| range.most_ns).max());
    span(fall, least.unwrap_or(0), most.unwrap_or(0))
}

/// Two shares of the whole: `30.1 – 42.0 %`.
pub fn span(fall: &Waterfall, least_ns: i64, most_ns: i64) -> String {
    let [least, most] = [least_ns, most_ns].map(|ns| tenths(ns, fall.whole_ns));
    if least == most { format!("{least} %") } else { format!("{least} – {most} %") }
}

/// So many inputs, in words.
pub fn inputs(lang: Lang, count: usize) -> String {
    match lang {
        Lang::Zh => format!("{count} 個輸入"),
        Lang::En => counted(count as u64, "input"),
    }
}

/// So many users, in words.
pub fn people(lang: Lang, users: f64) -> String {
    let number = digits(users);
    match lang {
        Lang::Zh => format!("同時 {number} 位使用者"),
        Lang::En if users == 1.0 => format!("{number} user at once"),
        Lang::En => format!("{number} users at once"),
    }
}

/// Word of a topic in the address.
pub fn word(topic: Topic) -> &'static str {
    match topic {
        Topic::Waterfall => "waterfall",
        Topic::Frontier => "frontier",
        Topic::Bill => "bill",
        Topic::Joules => "joules",
        Topic::Jitter => "jitter",
        Topic::Plans => "plans",
        Topic::Node => "node",
        Topic::Claims => "claims",
    }
}

/// Reads one pair of the address; one that means nothing changes nothing.
pub fn parse(wanted: &mut Option<Wanted>, key: &str, value: &str) {
    let text = || unhex(value).and_then(|bytes| String::from_utf8(bytes).ok());
    match key {
        "num" => {
            if let Some(topic) = Topic::ALL.into_iter().find(|topic| word(*topic) == value) {
                wanted.get_or_insert_default().topic = topic;
            }
        }
        "users" => {
            if let Ok(users) = value.parse() {
                wanted.get_or_insert_default().setting.users = Some(users);
            }
        }
        "case" => {
            if let Some(case) = text() {
                wanted.get_or_insert_default().case = case;
            }
        }
        "set" => {
            if let Some(pairs) = text() {
                let pairs = pairs.split('\n').filter_map(|pair| pair.split_once('='));
                let edits = gathered(pairs.map(|(id, text)| (id.to_owned(), text.to_owned())));
                wanted.get_or_insert_default().setting.edits = edits;
            }
        }
        _ => {}
    }
}

/// The pairs of the address.
pub fn print(wanted: &Wanted) -> Vec<String> {
    let mut pairs = vec![format!("num={}", word(wanted.topic))];
    if wanted.case != Wanted::default().case {
        pairs.push(format!("case={}", hex(wanted.case.as_bytes())));
    }
    pairs.extend(wanted.setting.users.map(|users| format!("users={users}")));
    if !wanted.setting.edits.is_empty() {
        let edits: Vec<String> = wanted.setting.edits.iter().map(|(id, text)| format!("{id}={text}")).collect();
        pairs.push(format!("set={}", hex(edits.join("\n").as_bytes())));
    }
    pairs
}

/// A state of which every part is set, for tests of the address.
pub fn example() -> Wanted {
    let edits = [("money.kwh", "0.1"), ("money.life", "5")].map(|(id, text)| (id.to_owned(), text.to_owned()));
    let setting = Setting { users: Some(64), edits: edits.into() };
    Wanted { case: "mixtral-8x7b".to_owned(), topic: Topic::Bill, setting }
}

/// A number with three digits that count; thousands are grouped.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    if 1000.0 <= size {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", frame::grouped(size.round() as u64));
    }
    let decimals = (0..9).find(|decimals| 100.0 <= size * 10f64.powi(*decimals)).unwrap_or(9);
    let text = format!("{value:.*}", decimals as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// A time in the unit that suits it.
pub fn time(ns: i64) -> String {
    let ns = ns as f64;
    match ns.abs() {
        size if size < 1e3 => format!("{} ns", digits(ns)),
        size if size < 1e6 => format!("{} µs", digits(ns * 1e-3)),
        _ => format!("{} ms", digits(ns * 1e-6)),
    }
}

/// A table as comma-separated values: what a spreadsheet opens. Numbers keep every digit.
pub fn csv(head: [&str; 3], rows: &[(String, f64, f64)]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let head = head.map(quoted).join(",");
    let line = |(name, x, y): &(String, f64, f64)| format!("{},{x},{y}\r\n", quoted(name));
    format!("{head}\r\n{}", rows.iter().map(line).collect::<String>())
}

texts! {
    title: "數字：誰快、多少錢、為什麼", "Numbers: who is fast, at what price, and why";
    topics: "哪一張", "Which view";
    waterfall: "為什麼快", "What makes it fast";
    frontier: "價格對速度", "Dollars and speed";
    bill: "帳單", "The bill";
    joules: "焦耳對人數", "Joules and users";
    jitter: "抖動", "Jitter";
    plans: "連續呼叫", "Calls in a row";
    node: "14 → 4 奈米", "14 → 4 nm";
    claims: "說法查核", "The claims";
    case: "題目", "Case";
    users: "同時使用者", "users at once";
    own_case: "你自己的題目", "a case of your own";
    file: "題目檔：可以改，離開欄位就重算", "The case as a file: change it, and leave the field to ask it";
    save: "存成檔案", "Save as a file";
    step_here: "算一步，在這個瀏覽器裡要", "one step takes this browser";
    computing: "背景程式正在計算…", "The worker is computing…";
    coming: "正在取得對手與帳單的計算程式（第一次開啟時才下載）…", "Fetching what computes the rival and the bill; it comes with the first look at them…";
    not_come: "對手與帳單的計算程式沒有載入成功。請檢查網路連線，以及伺服器是否提供這個檔案，然後再試一次。瀏覽器的訊息：", "What computes the rival and the bill could not be loaded. Check the connection, and that the server offers the file, then try again. The browser says:";
    again: "再試一次", "Try again";
    reset: "回到預設輸入", "Reset the inputs";
    as_table: "看數字表", "The numbers as a table";
    as_plot: "看圖", "The plot";
    as_file: "下載 CSV", "Download CSV";
    predict: "先猜：把這台 GPU 變成 LPU 系統，不論先做哪一步，什麼省最多時間？", "Predict first: on the way from this box to the LPU system, in whatever order, what saves most?";
    guess_noise: "確定性：關掉雜訊", "determinism: noise off";
    guess_plan: "排好時程：沒有空檔，也不互等", "planning: no gaps, no barriers";
    guess_sram: "SRAM 的頻寬", "the bandwidth of SRAM";
    guess_chips: "晶片數量", "the number of chips";
    right: "猜對了。", "You were right.";
    not_quite: "沒猜中。", "Not quite.";
    in_some: "要看情形。你猜的那一項省最多的順序（起步算排程的 · 算記憶體的）：", "That depends. Orders in which yours saves most (the ramp as planning's · as the memory's):";
    causes_plan: "每一種原因，在所有順序裡；核心的起步算排程的", "Each cause, in every order of the switches; the ramp of the kernels as planning's";
    causes_memory: "同上；核心的起步算記憶體的", "The same; the ramp of the kernels as the memory's";
    in_turn: "照圖中的順序", "as drawn";
    as_first: "第一個做", "first";
    as_last: "最後才做", "last";
    least_most: "最少到最多", "least to most";
    saves_most: "省最多的順序", "orders in which it saves most";
    per_token: "每個 token", "per token";
    whole: "GPU 一台", "the GPU box";
    saves: "省下", "saves";
    left: "剩下", "leaves";
    bound: "下限：工作完美均分", "the bound: perfectly divided";
    compiled: "這個版本編譯的 LPU 程式", "the LPU program compiled by this build";
    compiled_says: "各條加起來就是它。完整的說明用這個指令：", "The bars sum to it. All about it is told by";
    own_users: "它自己的配置放得下的使用者快取：", "users whose caches its own layout holds:";
    absent: "這個版本沒有替這些晶片編譯出程式：", "This build has no program for these chips:";
    unknown: "與公開數字的差距：沒有人公開過原因", "the difference to the published figure: nobody has said what is in it";
    unknown_says: "排隊、批次、主機、網路，還是另一種排程？外人無從得知，這裡也不替它編名字。", "Queues, batches, hosts, networks, another schedule? Nobody outside knows, and it gets no invented name here.";
    lpu_stands: "公開的 LPU 數字", "the published LPU";
    not_compiled: "這是公開的數字，不是這個版本算的。", "This figure is published, not one that this build computed.";
    no_rate: "這個版本沒有編譯它，公開資料也沒有數字。", "This build has not compiled it, and nothing is published.";
    formula: "公式", "formula";
    value: "值", "value";
    range: "合理範圍", "range";
    standing: "可信度", "standing";
    source: "來源", "source";
    input: "輸入", "input";
    inputs: "可以改的輸入", "Inputs to change";
    inputs_gpu: "只屬於 GPU 的輸入", "Inputs of the GPU alone";
    inputs_lpu: "只屬於 LPU 的輸入", "Inputs of the LPU alone";
    inputs_both: "兩邊共用的輸入：刻意相同", "Inputs of both sides, the same on purpose";
    computed_input: "由其他輸入算出", "computed from others";
    total: "合計", "total";
    gpu: "GPU", "GPU";
    lpu: "LPU", "LPU";
    joules_bill: "每個 token 的焦耳", "Joules per token";
    owned: "買下來：每百萬個 token 的美元", "Owned: dollars per million tokens";
    rented: "用租的：每百萬個 token 的美元", "Rented: dollars per million tokens";
    memory_bill: "記憶體放得下嗎", "Does it fit the memory?";
    no_price: "沒有公開的價格。", "No price is public.";
    rests_on: "金額靠什麼撐著：每一列依它最弱的輸入歸類", "What the figure rests on: each row counts as its weakest input";
    moves: "哪個輸入影響最大", "Which input moves it most";
    must: "要以這個價格打平，下列之一必須成立", "For this price to be covered, one of these must be true";
    never: "不論多少都打不平", "never, whatever its value";
    now: "現在", "now";
    published: "公開", "published";
    measured: "量測", "measured";
    derived: "推算", "derived";
    assumed: "假設", "assumed";
    speed_axis: "每位使用者每秒 token 數", "tokens/s per user";
    dollars_axis: "美元／百萬 token", "$ per million tokens";
    users_axis: "同時使用者", "users at once";
    joules_axis: "焦耳／token", "joules per token";
    tokens_second: "總計 token／秒", "tokens/s in all";
    you: "你的設定", "your setting";
    fabric: "內部的錶：晶片與晶片之間", "The fabric's meter: chips and what joins them";
    fabric_says: "同樣的輸入，同一台機器，一步一步量。", "The same input on the same machine, step by step.";
    api: "API 的錶：使用者看到的", "The API's meter: what users see";
    api_says: "排隊、批次、網路都在裡面。兩種錶不能混著比。", "Queues, batches and networks are in it. The two meters are never mixed.";
    variation: "差異", "variation";
    median: "中位數", "median";
    waiting: "等最慢的那張 GPU", "waiting for the slowest GPU";
    spread: "最慢減最快", "slowest less fastest";
    model_on_chip: "晶片上的模型", "the model on the chip";
    nothing_on_chip: "晶片上還沒有模型：打開 token 檢視，這裡就有數字。", "No model is on the chip yet: once one is, its figure stands here.";
    reported: "同類服務的公開紀錄", "recorded at such a service";
    first_token: "等第一個 token", "to the first token";
    rush: "下班尖峰：同一台 GPU，來的人變多", "Rush hour: the same box, more and more users";
    rush_says: "新來的人要先讀提示詞，插在別人的兩個 token 之間。", "A newcomer's prompt is read between two tokens of everybody else.";
    gates: "GPU 模型與公開數字的對照", "The GPU model beside what was published";
    gates_says: "每一項都照公開的條件算一遍。沒達到的也列出來，附上原因；沒有為了達到而調整常數。", "Each computed under the conditions as published. What is missed stands here too, with its reason; no constant was changed to meet it.";
    gate: "項目", "figure";
    model: "模型", "model";
    off: "相差", "off";
    allowed: "容許", "allowed";
    met: "達到", "met";
    missed: "沒達到", "missed";
    arrivals: "每秒請求數", "requests per second";
    gap: "從一個 token 到下一個", "from token to token";
    task: "任務", "task";
    calls: "呼叫次數", "calls";
    not_model: "再快的模型也省不掉", "no model can shorten";
    spared: "各次互不相關時，全部避開最慢 1 % 的機率", "chance that all miss the slowest 1 %, if calls are independent";
    tail: "100 次有 99 次在這之內", "99 of 100 end within";
    tail_apart: "各次互不相關", "calls independent";
    tail_together: "各次一起變慢", "all slow together";
    tail_says: "尾端是假設：每次呼叫的快慢照公開紀錄的標準差，總和當作常態分布；各次互不相關，除非改 tail.correlation。工具的快慢不算在內。", "Tails are assumed: each call varies as recorded, the sum is taken for normal, and calls are independent unless tail.correlation says otherwise. Tools do not vary.";
    seed: "種子", "seed";
    boxes: "台 GPU 的平均", "boxes, their mean";
    in_time: "來得及", "in time";
    too_late: "來不及", "too late";
    told: "節目裡說的", "as told";
    stands: "實際上", "as it stands";
    rests: "依據", "rests on";
    holds: "算出來一樣", "holds";
    differs: "以現在的輸入不再成立", "differs with these inputs";
    cited: "出處", "cited";
    run_it: "在這裡看", "see it here";
    each_noise: "每種雜訊單獨關掉時", "each source of noise off by itself";
    node_says: "同一顆晶片縮到 4 奈米會怎樣？左邊是今天，中間是推算，右邊是 2026 年真的出貨的後繼晶片。係數若是從後繼晶片讀來的，對上了也不算猜中。", "What would the chip be at 4 nm? Today, as predicted, and the successor that shipped in 2026. A factor that was read off the successor proves nothing by agreeing.";
    quantity: "項目", "quantity";
    today: "今天（14 奈米）", "today (14 nm)";
    predicted: "推算（4 奈米）", "predicted (4 nm)";
    shipped: "出貨的", "shipped";
    verdict: "評分", "score";
    hit: "猜中", "hit";
    too_high: "猜太高", "too high";
    too_low: "猜太低", "too low";
    fitted: "從後繼晶片讀來的，不計分", "read off it: no score";
    open: "沒有公開的數字", "nothing is public";
    score: "只用製程推算的項目，猜中", "of those predicted from the process alone, hits";
    nobody: "外人無從得知", "nobody outside knows";
    outside: "節目裡還說了，但這裡無從查核", "Also said, and nothing a page can check";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{decode, encode};
    use crate::rival::Report;
    use study::Builtin;
    use study::cases::{Compiled, LpuFabric};

    #[test]
    fn every_word_is_there_in_both_languages() {
        crate::i18n::expect_both(PAIRS);
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        let written = [0.0071, 7.532, 98.04, 284.72, 12_400.5, -2.5, 0.0, 5.0].map(digits);
        assert_eq!(written, ["0.0071", "7.53", "98", "285", "12\u{202f}401", "−2.5", "0", "5"]);
        assert_eq!([time(6_700), time(7_532_000), time(12)], ["6.7 µs", "7.53 ms", "12 ns"]);
    }

    #[test]
    fn one_user_is_no_users() {
        assert_eq!([1.0, 2.0].map(|users| people(Lang::En, users)), ["1 user at once", "2 users at once"]);
        assert_eq!(people(Lang::Zh, 1.0), "同時 1 位使用者");
    }

    #[test]
    fn a_share_a_little_below_nothing_is_nothing() {
        let shown = Ledger::default().answer(Wanted { topic: Topic::Waterfall, ..Wanted::default() }, || 0.0);
        let Ok(View::Waterfall(fall)) = shown.view else { panic!("a waterfall was asked for") };
        let written = [-1, -fall.whole_ns, fall.whole_ns].map(|ns| percent(&fall, ns));
        assert_eq!(written, ["0.0 %", "−100.0 %", "100.0 %"]);
    }

    #[test]
    fn a_table_keeps_its_digits_and_its_quotes() {
        let rows = [("GPU, \"fair\"".to_owned(), 0.1, 7_532_000.25)];
        let file = csv(["", "x", "y"], &rows);
        assert_eq!(file, "\"\",\"x\",\"y\"\r\n\"GPU, \"\"fair\"\"\",0.1,7532000.25\r\n");
    }

    #[test]
    fn each_view_survives_its_way_to_the_page() {
        let mut ledger = Ledger::default();
        for topic in Topic::ALL {
            let shown = ledger.answer(Wanted { topic, ..Wanted::default() }, || 0.0);
            assert!(shown.view.is_ok(), "{topic:?}: {shown:?}");
            let report = Report::Numbers(Box::new(shown));
            assert_eq!(decode::<Report>(&encode(&report)), Some(report));
        }
        assert!(ledger.answer(Wanted { case: "nothing".to_owned(), ..Wanted::default() }, || 0.0).view.is_err());
    }

    #[test]
    fn what_is_refused_stands_in_the_view_that_has_the_field_and_the_claims_take_what_they_quote() {
        let edits = [("money.kwh", "-3"), ("use.batch", "2"), ("record.chips", "9"), ("lpu.use.batch", "2")];
        let edits = edits.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
        let setting = Setting { users: None, edits };
        let ask =
            |topic| Ledger::default().answer(Wanted { topic, setting: setting.clone(), ..Wanted::default() }, || 0.0);
        let ids = |refused: &[Refusal]| refused.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        let shown = ask(Topic::Bill);
        let Ok(View::Bill(bill)) = &shown.view else { panic!("{shown:?}") };
        assert_eq!(ids(&bill.refused), ["money.kwh", "record.chips", "use.batch"]);
        assert_eq!(ids(&shown.refused), ids(&bill.refused));
        assert!(
            shown.file.contains("\"lpu.use.batch\": 2.0") && !shown.file.contains("record.chips"),
            "{}",
            shown.file
        );
        assert_eq!(ids(&ask(Topic::Claims).refused), ["lpu.use.batch", "money.kwh", "use.batch"]);
    }

    #[test]
    fn a_case_may_be_a_file_and_what_is_wrong_with_it_is_told_at_its_place() {
        let mut ledger = Ledger::default();
        let mut ask = |case: &str, edits: &[(&str, &str)]| {
            let edits = edits.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect();
            let setting = Setting { users: None, edits };
            ledger.answer(Wanted { case: case.to_owned(), topic: Topic::Waterfall, setting }, || 0.0)
        };
        let named = ask("llama-2-70b", &[]);
        let filed = ask(&named.file, &[]);
        assert_eq!((filed.hash, &filed.view), (named.hash, &named.view));
        let slower = ask("llama-2-70b", &[("h100.hbm_eff", "0.82")]);
        let time = |shown: &Shown| match &shown.view {
            Ok(View::Waterfall(fall)) => fall.whole_ns,
            other => panic!("{other:?}"),
        };
        assert!(time(&named) < time(&slower), "an input of the rival's model moves it");
        assert_eq!(ask(&slower.file, &[]).view, slower.view, "and its file asks the same");
        let refused = ask("llama-2-70b", &[("h100.hbm_eff", "7")]);
        assert_eq!((refused.refused.len(), time(&refused)), (1, time(&named)));
        let broken = ask("{ \"id\": 3", &[]);
        assert!(broken.view.expect_err("no case").en.contains("line 1") && broken.file.contains("\"id\": 3"));
    }

    #[test]
    fn a_case_about_the_model_on_the_chip_waits_for_it() {
        let mut ledger = Ledger::default();
        let wanted = Wanted { case: "tiny".to_owned(), ..Wanted::default() };
        assert!(ledger.answer(wanted.clone(), || 0.0).view.is_err());
        let graph = Builtin::find("llama-2-7b").expect("a built-in shape").decode_step(64);
        let fabric = LpuFabric { model: OWN.to_owned(), tokens: 3, cycles: 900, spread: 0 };
        let contestant = |cycles| Some(Compiled { graph: graph.clone(), cycles, hertz: 900_000_000, chips: 1 });
        let goal = |ledger: &mut Ledger| match ledger.answer(wanted.clone(), || 0.0).view {
            Ok(View::Waterfall(fall)) => fall.goal.map(|goal| goal.ns),
            other => panic!("{other:?}"),
        };
        for (cycles, ns) in [(900, 1_000), (1_800, 2_000)] {
            ledger.learn(Line { contestant: contestant(cycles), fabric: fabric.clone() });
            assert_eq!(goal(&mut ledger), Some(ns), "another model on the chip is another contest");
        }
    }
}
