//! The sheet of keys: what every key does, and whatever else can be gone to by typing its name.
//!
//! In: the table of keys, the state, what is typed.  Out: lines; the actions of the one that is chosen.
//! Invariant: every row of the table stands on the sheet with the key that it is pressed by; a line does what the viewer's own clicks would.
//!     While the sheet lies over the page, no key moves what is below it.
//! Method: a line is found when each typed word is part of it in either language, so that a name can be typed without changing the language.

use crate::fleet;
use crate::i18n::{Lang, texts};
use crate::keys::{Command, KEYS, Key};
use crate::link::View;
use crate::source::Source;
use crate::state::{Action, Effect, State};
use crate::tour::{Act, Both, CHAPTERS, Place, both};
use frame::{Queue, Selection, Text};

/// Most lines that are listed of what is found.
pub const MOST: usize = 12;
/// Chips of one node that a model can be put on.
const CHIPS: [u16; 4] = [1, 2, 4, 8];

texts! {
    title: "按鍵與捷徑", "Keys and shortcuts";
    open: "按鍵與搜尋（?）", "Keys and search (?)";
    typing: "輸入指令、模型、章節或單元的名稱", "Type a command, a model, a chapter or a unit";
    nothing: "沒有符合的項目。", "Nothing of that name.";
    more: "還有更多，請再多打幾個字。", "There is more: type on.";
}

/// Whether the sheet lies over the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sheet {
    /// It does not.
    #[default]
    Away,
    /// It does.
    Open,
}

/// What the viewer asks of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Put it over the page.
    Open,
    /// Take it away.
    Close,
    /// Take it away and do this.
    Do(Goal),
}

/// What a line is there for. A type of its own: copying and comparing all that can happen to the page would be in the first load.
#[derive(Clone, PartialEq, Debug)]
pub enum Goal {
    /// What a key does.
    Command(Command),
    /// Another model.
    Model(Source),
    /// So many chips of one node.
    Chips(u16),
    /// A model on hundreds of chips.
    Fleet(&'static str, u32),
    /// The first step of a chapter.
    Chapter(Place),
    /// A queue on the floor plan.
    Unit(Queue),
}

/// Parts of the sheet, in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Which view.
    View,
    /// When.
    Time,
    /// What is looked at, and how near.
    Look,
    /// The tour.
    Tour,
    /// Models and how many chips they are on.
    Model,
    /// Chapters of the tour.
    Chapter,
    /// Instruction queues, which are the chip's units.
    Unit,
}

impl Group {
    /// Those that have keys.
    pub const OF_KEYS: [Group; 4] = [Group::View, Group::Time, Group::Look, Group::Tour];

    /// Its heading.
    pub fn name(self) -> Both {
        match self {
            Group::View => both("檢視", "Views"),
            Group::Time => both("時間", "Time"),
            Group::Look => both("看什麼", "What is looked at"),
            Group::Tour => both("導覽", "Tour"),
            Group::Model => both("模型", "Model"),
            Group::Chapter => both("章節", "Chapter"),
            Group::Unit => both("單元", "Unit"),
        }
    }
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Where it belongs.
    pub group: Group,
    /// What it is called.
    pub name: Text,
    /// The keys that do the same, if there are any.
    pub keys: Vec<&'static str>,
    /// What it does.
    pub goal: Goal,
}

/// What a command does, in words, and where it belongs.
fn told(command: Command) -> (Group, Text) {
    let of = |group, zh: &'static str, en: &'static str| (group, Text::new(zh, en));
    match command {
        Command::Tab(index) => (Group::View, view_name(index)),
        Command::TogglePlay => of(Group::Time, "時間停下或繼續", "stop time, or let it go on"),
        Command::Space => of(
            Group::Time,
            "時間停下或繼續；導覽中：做這一步要做的事",
            "stop time or let it go on; in the tour: do the step",
        ),
        Command::Back => of(Group::Time, "上一個事件；導覽中：上一步", "previous event; in the tour: the step before"),
        Command::On => of(Group::Time, "下一個事件；導覽中：下一步", "next event; in the tour: the next step"),
        Command::EventBack => of(Group::Time, "上一個事件", "previous event"),
        Command::EventOn => of(Group::Time, "下一個事件", "next event"),
        Command::CycleBack => of(Group::Time, "退一個週期", "one cycle back"),
        Command::CycleOn => of(Group::Time, "進一個週期", "one cycle on"),
        Command::OpBack => of(Group::Time, "上一個運算", "previous operation"),
        Command::OpOn => of(Group::Time, "下一個運算", "next operation"),
        Command::LayerBack => of(Group::Time, "上一層", "previous layer"),
        Command::LayerOn => of(Group::Time, "下一層", "next layer"),
        Command::TokenBack => of(Group::Time, "上一個 token", "previous token"),
        Command::TokenOn => of(Group::Time, "下一個 token", "next token"),
        Command::First => of(Group::Time, "第一個 token", "first token"),
        Command::Last => of(Group::Time, "最後一個 token", "last token"),
        Command::Slower => of(Group::Time, "放慢", "slower"),
        Command::Faster => of(Group::Time, "加快", "faster"),
        Command::Release => {
            of(Group::Look, "放開所選；離開導覽、乘車或層級", "let go of what is selected; leave tour, ride or levels")
        }
        Command::Nearer => of(Group::Look, "近一點：排程或十的次方", "nearer, in the schedule or the powers of ten"),
        Command::Farther => of(Group::Look, "遠一點：排程或十的次方", "farther, in the schedule or the powers of ten"),
        Command::Ride => of(Group::Look, "跟著一個位元組走，或下車", "ride along with one byte, or get off"),
        Command::Scale => of(Group::Look, "十的次方，或離開", "powers of ten, or leave them"),
        Command::Sheet => of(Group::Look, "這張表", "this sheet"),
        Command::Tour => of(Group::Tour, "開始、回到或離開導覽", "begin the tour, come back to it, or leave it"),
        Command::Answer(index) => {
            let letter = char::from(b'A' + index as u8);
            (Group::Tour, Text::new(format!("預測答案 {letter}"), format!("predict answer {letter}")))
        }
    }
}

fn view_name(index: usize) -> Text {
    let name = |lang: Lang| View::TABS.get(index).map_or("", |view| view.name(lang.texts()));
    Text::new(name(Lang::Zh), name(Lang::En))
}

/// Every command of the table, with all keys that ask for it.
pub fn commands() -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for Key { shown, command, .. } in &KEYS {
        let goal = Goal::Command(*command);
        match lines.iter_mut().find(|line| line.goal == goal) {
            Some(line) => line.keys.push(shown),
            None => {
                let (group, name) = told(*command);
                lines.push(Line { group, name, keys: vec![shown], goal });
            }
        }
    }
    lines
}

/// The same text in each language, made by one function.
fn twice(of: impl Fn(Lang) -> String) -> Text {
    Text::new(of(Lang::Zh), of(Lang::En))
}

fn line(group: Group, name: Text, goal: Goal) -> Line {
    Line { group, name, keys: Vec::new(), goal }
}

/// What has a name but no key.
fn named(state: &State) -> Vec<Line> {
    let own = line(Group::Model, Text::same("tiny"), Goal::Model(Source::Own));
    let offers = state.offers.iter().map(|offer| {
        let name = twice(|lang| lang.offer(&offer.name, offer.bytes));
        line(Group::Model, name, Goal::Model(Source::Offered(offer.name.clone())))
    });
    let chips = CHIPS.map(|chips| line(Group::Model, twice(|lang| lang.chips(chips)), Goal::Chips(chips)));
    let fleet = |(model, chips): (&'static str, u32)| {
        line(Group::Model, twice(|lang| lang.fleet(model, chips)), Goal::Fleet(model, chips))
    };
    let fleets = fleet::MODELS.into_iter().flat_map(|model| fleet::CHIPS.map(|chips| (model, chips))).map(fleet);
    let chapters = CHAPTERS.iter().filter_map(|chapter| {
        let place = Place::parse(&format!("{}.1", chapter.number))?;
        let name = Text::new(chapter.name.zh, chapter.name.en);
        Some(line(Group::Chapter, name, Goal::Chapter(place)))
    });
    let unit = |queue: Queue| {
        let name = frame::words::queue(queue).then(&Text::same(format!(" · {queue}")));
        line(Group::Unit, name, Goal::Unit(queue))
    };
    let units = Queue::all(&study::Options::default().chip).into_iter().map(unit);
    std::iter::once(own).chain(offers).chain(chips).chain(fleets).chain(chapters).chain(units).collect()
}

/// The lines that hold every typed word: first those whose name holds them as typed, and of these those of keys.
pub fn found(state: &State, typed: &str) -> Vec<Line> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_ascii_lowercase).collect();
    let holds = |line: &Line| {
        let Both { zh, en } = line.group.name();
        let text = format!("{zh} {en} {} {}", line.name.zh, line.name.en).to_ascii_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let whole = typed.trim().to_ascii_lowercase();
    let as_typed =
        |line: &Line| [&line.name.zh, &line.name.en].iter().any(|name| name.to_ascii_lowercase().contains(&whole));
    let (mut first, rest): (Vec<Line>, Vec<Line>) =
        commands().into_iter().chain(named(state)).filter(holds).partition(as_typed);
    first.extend(rest);
    first
}

impl State {
    pub(crate) fn take_sheet(&mut self, ask: Ask) -> Vec<Effect> {
        self.sheet = if ask == Ask::Open { Sheet::Open } else { Sheet::Away };
        match ask {
            Ask::Open | Ask::Close => Vec::new(),
            Ask::Do(goal) => self.reach(goal),
        }
    }

    /// Does what the viewer's own clicks would.
    fn reach(&mut self, goal: Goal) -> Vec<Effect> {
        match goal {
            Goal::Command(command) => self.reduce(Action::Command(command)),
            Goal::Model(source) => self.reduce(Action::Model(source)),
            Goal::Chips(chips) => self.reduce(Action::Chips(chips)),
            Goal::Chapter(place) => self.reduce(Action::Tour(Act::Go(place))),
            Goal::Fleet(model, chips) => {
                let mut effects = self.reduce(Action::Show(View::Traffic));
                let open = fleet::Ask::Open(Some((model.to_owned(), chips)));
                effects.extend(self.reduce(Action::Fleet(open)));
                effects
            }
            Goal::Unit(queue) => {
                let mut effects = self.reduce(Action::Show(View::Chip));
                effects.extend(self.reduce(Action::Select(Some(Selection::Queue(queue)))));
                effects
            }
        }
    }

    /// What a key means to the sheet; nothing if it means something else.
    pub(crate) fn sheet_key(&mut self, command: Command) -> Option<Vec<Effect>> {
        match (self.sheet, command) {
            (Sheet::Away, Command::Sheet) => Some(self.take_sheet(Ask::Open)),
            (Sheet::Away, _) => None,
            (Sheet::Open, Command::Sheet | Command::Release) => Some(self.take_sheet(Ask::Close)),
            (Sheet::Open, _) => Some(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::is_chinese;
    use crate::state::tests::opened;

    #[test]
    fn every_key_of_the_table_stands_on_the_sheet_in_both_languages() {
        let lines = commands();
        for Key { shown, command, .. } in &KEYS {
            let line = lines.iter().find(|line| line.goal == Goal::Command(*command)).expect("it has a line");
            assert!(line.keys.contains(shown), "{shown}");
            assert!(Group::OF_KEYS.contains(&line.group), "{shown}");
        }
        for line in lines.iter().chain(&named(&opened(""))) {
            assert!(!line.name.zh.is_empty() && !line.name.en.is_empty() && !is_chinese(&line.name.en), "{line:?}");
        }
        crate::i18n::expect_both(PAIRS);
        let double = |line: &Line| lines.iter().filter(|other| other.name == line.name).count();
        assert!(lines.iter().all(|line| double(line) == 1), "two commands are told alike");
    }

    #[test]
    fn a_command_a_model_a_chapter_and_a_unit_are_found_by_typing() {
        let state = opened("");
        let first = |typed: &str| found(&state, typed).into_iter().next().map(|line| (line.group, line.goal));
        assert_eq!(first("one cycle on"), Some((Group::Time, Goal::Command(Command::CycleOn))));
        assert_eq!(first("排程"), Some((Group::View, Goal::Command(Command::Tab(5)))));
        assert_eq!(first("70B 576"), Some((Group::Model, Goal::Fleet("llama-2-70b", 576))));
        let (group, goal) = first("chapter rush").expect("a chapter of that name");
        assert!(group == Group::Chapter && matches!(goal, Goal::Chapter(_)), "{goal:?}");
        let (group, goal) = first("unit permuter west").expect("a unit of that name");
        assert!(group == Group::Unit && matches!(goal, Goal::Unit(Queue::Permuter(_))), "{goal:?}");
        assert_eq!(first("no such thing"), None);
        assert!(MOST < found(&state, "").len());
    }

    #[test]
    fn the_sheet_takes_the_keys_while_it_is_there() {
        let mut state = opened("#v=token");
        state.reduce(Action::Command(Command::Sheet));
        assert_eq!(state.sheet, Sheet::Open);
        assert_eq!(state.reduce(Action::Command(Command::Tab(1))), []);
        assert_eq!(state.view, View::Token);
        state.reduce(Action::Command(Command::Release));
        assert_eq!(state.sheet, Sheet::Away);
        state.reduce(Action::Sheet(Ask::Open));
        state.reduce(Action::Sheet(Ask::Do(Goal::Command(Command::Tab(1)))));
        assert_eq!((state.sheet, state.view), (Sheet::Away, View::Chip));
        let effects = state.reduce(Action::Sheet(Ask::Do(Goal::Fleet("llama-2-70b", 576))));
        assert!(effects.contains(&Effect::StartFleet) && state.view == View::Traffic);
    }
}
