//! Powers of ten: one way from a second of 576 chips down to one byte in one cycle.
//!
//! In: the state, a level.  Out: the state of the page at that level; how long and how wide it is, with where that is from.
//! Invariant: each level is a state of a view that exists without it; what is compiled from shapes alone is said to be times and routes.
//! Method: the upper levels are those of the fleet, the lower ones those of the model on the chip, whose bytes are there; a level's time is
//!     read from the state, and is missing as long as that does not hold it.

use crate::fleet::{Users, Wanted};
use crate::i18n::Lang;
use crate::keys::Command;
use crate::link::View;
use crate::state::{Effect, Following, State};
use crate::tour::{Both, both};
use frame::{Cursor, Place, Selection};

/// The model and the chips of the upper levels.
const MODEL: &str = "llama-2-70b";
const CHIPS: u32 = 576;
/// How many times nearer the camera is.
const UNIT: f32 = 2.5;
const SLICE: f32 = 12.0;

/// A level, from far to near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A second of all chips.
    Second,
    /// All chips, one token.
    City,
    /// A rack.
    Rack,
    /// A node.
    Node,
    /// Eight chips with values.
    Chips,
    /// One of them.
    Chip,
    /// A memory half.
    Unit,
    /// A slice.
    Slice,
    /// A word of it.
    Word,
    /// A byte of that.
    Byte,
}

/// What the viewer asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To this level.
    Go(Level),
    /// Look around freely from here.
    Leave,
}

/// What a level is called, how wide it is, and where that is from.
pub struct Card {
    /// Its name.
    pub name: Both,
    /// Its width.
    pub length: Both,
    /// Standing and source of that.
    pub from: Both,
    /// What there is to see.
    pub says: Both,
}

const SHAPES: Both =
    both("由形狀編譯：畫的是時間與路線，沒有數值。", "Compiled from its shape: times and routes are drawn, no values.");
const CABINETS: Both = both("假定：機櫃 60 公分寬、2 公尺高", "assumed: a cabinet 60 cm wide and 2 m high");
const DIE: Both = both("公開：晶粒 25 × 29 公釐（ISCA 2020）", "published: die 25 x 29 mm (ISCA 2020)");
const PLAN: Both =
    both("假定：公開的晶粒尺寸，照這張平面圖的比例", "assumed: the published die, in the proportions of this plan");

impl Level {
    /// All, from far to near.
    pub const ALL: [Level; 10] = [
        Level::Second,
        Level::City,
        Level::Rack,
        Level::Node,
        Level::Chips,
        Level::Chip,
        Level::Unit,
        Level::Slice,
        Level::Word,
        Level::Byte,
    ];

    fn word(self) -> &'static str {
        match self {
            Level::Second => "second",
            Level::City => "city",
            Level::Rack => "rack",
            Level::Node => "node",
            Level::Chips => "chips",
            Level::Chip => "chip",
            Level::Unit => "unit",
            Level::Slice => "slice",
            Level::Word => "word",
            Level::Byte => "byte",
        }
    }

    /// Its place among all.
    pub fn number(self) -> usize {
        self as usize
    }

    /// Whether it is one of the fleet's.
    fn is_far(self) -> bool {
        self <= Level::Node
    }

    /// What stands on it.
    pub fn card(self) -> Card {
        let card = |name, length, from, says| Card { name, length, from, says };
        match self {
            Level::Second => {
                card(both("576 顆晶片的一秒", "A second of 576 chips"), both("5 公尺", "5 m"), CABINETS, SHAPES)
            }
            Level::City => {
                card(both("576 顆晶片的一個 token", "A token of 576 chips"), both("5 公尺", "5 m"), CABINETS, SHAPES)
            }
            Level::Rack => card(both("一座機架", "A rack"), both("60 公分", "60 cm"), CABINETS, SHAPES),
            Level::Node => card(
                both("一個節點", "A node"),
                both("45 公分", "45 cm"),
                both("假定：放得進 19 吋機架的機箱", "assumed: a box that fits a 19-inch rack"),
                SHAPES,
            ),
            Level::Chips => card(
                both("八顆有數值的晶片", "Eight chips with values"),
                both("45 公分", "45 cm"),
                both("假定：同上，一個節點", "assumed: as before, a node"),
                both(
                    "同樣的節點，換一個模型：70B 的權重沒有載入，這個模型的有。從這裡往下，每個位元組都有值。",
                    "The same kind of node with another model: the 70B's weights are not loaded, this one's are. From here down every byte has its value.",
                ),
            ),
            Level::Chip => card(
                both("一顆晶片", "A chip"),
                both("29 公釐", "29 mm"),
                DIE,
                both(
                    "中間是向量單元，兩側是記憶體，外側是矩陣單元。",
                    "The vector unit in the middle, memory on both sides, the matrix units outside.",
                ),
            ),
            Level::Unit => card(
                both("半邊記憶體", "A half of the memory"),
                both("10 公釐", "10 mm"),
                PLAN,
                both("44 個切片並排，資料從它們旁邊流過。", "44 slices side by side; data flows past them."),
            ),
            Level::Slice => card(
                both("一個切片", "A slice"),
                both("0.2 公釐", "0.2 mm"),
                PLAN,
                both(
                    "指令從下往上爬，每個週期一條超級通道。",
                    "Instructions climb it from below, one superlane per cycle.",
                ),
            ),
            Level::Word => card(
                both("一個字組", "A word"),
                both("25 公釐高", "25 mm high"),
                both(
                    "公開的晶粒高度：一個字組橫跨全部 20 條超級通道",
                    "the published die's height: a word is spread over all 20 superlanes",
                ),
                both("320 個位元組，20 條超級通道 × 16 條通道。", "320 bytes: 20 superlanes of 16 lanes."),
            ),
            Level::Byte => card(
                both("一個位元組", "A byte"),
                both("最多 1.8 微米", "1.8 µm at most"),
                both("推導：725 mm² 除以 230.7 MB，再開根號", "derived: 725 mm² over 230.7 MB, and the root of that"),
                both("八個位元，一個數：這個模型的一小片。", "Eight bits, one number: a small piece of the model."),
            ),
        }
    }
}

impl State {
    /// Applies what the viewer asks.
    pub(crate) fn take_scale(&mut self, ask: Ask) -> Vec<Effect> {
        match ask {
            Ask::Leave => {
                self.scale = None;
                std::iter::once(Effect::Push(self.link())).chain(self.ask_fleet()).collect()
            }
            Ask::Go(level) => self.stand_at(level),
        }
    }

    /// What a key means on the way; nothing if it means something else.
    pub(crate) fn scale_key(&self, command: Command) -> Option<Ask> {
        let place = |step: isize| {
            let to = self.scale?.number().checked_add_signed(step)?.min(Level::ALL.len() - 1);
            Some(Ask::Go(Level::ALL[to]))
        };
        match command {
            Command::Scale if self.scale.is_some() => Some(Ask::Leave),
            Command::Scale => Some(Ask::Go(self.level())),
            Command::Nearer => place(1),
            Command::Farther => place(-1),
            Command::Release if self.scale.is_some() => Some(Ask::Leave),
            _ => None,
        }
    }

    /// The level that the present view is nearest to.
    pub(crate) fn level(&self) -> Level {
        match (self.view, self.fleet.wanted.as_ref().map(|wanted| wanted.place)) {
            (View::Traffic, Some(Place::All)) => Level::City,
            (View::Traffic, Some(Place::Rack(_))) => Level::Rack,
            (View::Traffic, Some(_)) => Level::Node,
            (View::Traffic, None) => Level::Chips,
            _ => Level::Chip,
        }
    }

    fn stand_at(&mut self, level: Level) -> Vec<Effect> {
        let Some(opened) = self.opened.clone() else { return Vec::new() };
        // Where the viewer was is kept as it is now.
        let here = Effect::Replace(self.link());
        self.tour.leave();
        self.playback.stop();
        (self.following, self.scale) = (Following::Nothing, Some(level));
        (self.ride, self.rush.inside) = (crate::ride::Ride::default(), None);
        let mut effects = vec![here];
        if level.is_far() {
            self.view = View::Traffic;
            let known = self.fleet.wanted.take().filter(|wanted| wanted.chips == CHIPS);
            let wanted = known.unwrap_or_else(|| Wanted::whole(MODEL.to_owned(), CHIPS));
            self.fleet.wanted =
                Some(Wanted { place: self.far_place(level, wanted.place), users: users(level), ..wanted });
            effects.push(Effect::Push(self.link()));
            effects.extend(self.ask_fleet());
            return effects;
        }
        self.fleet.wanted = None;
        if level == Level::Chips {
            (self.view, self.selection) = (View::Traffic, None);
            effects.push(Effect::Push(self.link()));
            effects.extend(self.arrive_at_traffic());
            return effects;
        }
        let is_word = |one: &Selection| matches!(one, Selection::Sram { .. });
        let word = self.selection.filter(is_word).or(opened.word);
        (self.view, self.selection) = (View::Chip, word.filter(|_| level != Level::Chip));
        self.cursor = Cursor { cycle: opened.opening, ..self.cursor };
        effects.push(Effect::Push(self.link()));
        effects.extend(self.look());
        effects
    }

    /// An address may name a word's level and leave out which word.
    pub(crate) fn name_the_word(&mut self) {
        if self.selection.is_none() && matches!(self.scale, Some(Level::Word | Level::Byte)) {
            self.selection = self.opened.as_ref().and_then(|opened| opened.word);
        }
    }

    /// Where a level of the fleet is: where the viewer is already, or else where the token is.
    fn far_place(&self, level: Level, now: Place) -> Place {
        let working = self.fleet.shown.as_ref().and_then(|shown| shown.facts.working.as_ref());
        let node = working.map_or(0, |working| working.1);
        match (level, now) {
            (Level::Rack, Place::Rack(rack)) => Place::Rack(rack),
            (Level::Rack, Place::Node(node) | Place::Link { node, .. }) => Place::Rack(node / study::RACK_NODES),
            (Level::Rack, Place::All) => Place::Rack(node / study::RACK_NODES),
            (Level::Node, Place::Node(node) | Place::Link { node, .. }) => Place::Node(node),
            (Level::Node, Place::Rack(rack)) if node / study::RACK_NODES != rack => {
                Place::Node(rack * study::RACK_NODES)
            }
            (Level::Node, _) => Place::Node(node),
            _ => Place::All,
        }
    }

    /// The level's time: seconds, and what they are of; nothing while the state does not hold it.
    pub fn level_time(&self) -> Option<(f64, Both)> {
        let level = self.scale?;
        let facts = self.fleet.shown.as_ref().map(|shown| &shown.facts);
        let far = |parts: u64, of| {
            let facts = facts?;
            Some((facts.cycles as f64 / facts.hertz as f64 / parts as f64, of))
        };
        let opened = self.opened.as_ref()?;
        let deck = &opened.deck;
        let near = |cycles: u64, of| Some((cycles as f64 / deck.hertz.max(1) as f64, of));
        let now = |from: u64, to: u64| (from..to).contains(&self.cursor.cycle);
        match level {
            Level::Second => Some((1.0, both("一秒", "one second"))),
            Level::City => far(1, both("一個 token 走完全程", "a token's whole way")),
            Level::Rack => far(facts?.racks.into(), both("每座機架平均", "its share in a rack, on average")),
            Level::Node => far(facts?.seats.into(), both("每個節點平均", "its share in a node, on average")),
            Level::Chips => near(deck.length, both("這個模型的一個 token", "a token of this model")),
            Level::Chip => {
                let span = deck.spans.iter().find(|span| now(span.from, span.to))?;
                near(span.to - span.from, both("此刻的這一層", "the layer at this moment"))
            }
            Level::Unit => {
                let segments = deck.parts.iter().flat_map(|part| &part.segments);
                let now = segments.filter(|one| now(one.from, one.to)).map(|one| one.to - one.from).min()?;
                near(now, both("此刻的這一步", "the step at this moment"))
            }
            Level::Slice => near(
                study::Options::default().chip.superlanes.into(),
                both("一道指令爬完切片", "an instruction climbs the slice"),
            ),
            Level::Word => {
                let read = self.looked.as_ref().filter(|looked| Some(looked.selection) == self.selection)?;
                near(read.inspection.meeting.as_ref()?.after.max(1), both("到下一次被讀取", "until it is read next"))
            }
            Level::Byte => near(1, both("一個週期", "one cycle")),
        }
    }

    /// How near the chip is looked at on this level, if not as a whole.
    pub(crate) fn scale_nearer(&self) -> Option<f32> {
        match self.scale.filter(|_| self.view == View::Chip)? {
            Level::Unit => Some(UNIT),
            Level::Slice => Some(SLICE),
            _ => None,
        }
    }
}

fn users(level: Level) -> Users {
    if level == Level::Second { Users::All } else { Users::One }
}

/// `1.94 ms`
pub fn duration(seconds: f64, lang: Lang) -> String {
    const UNITS: [(f64, &str, &str); 4] =
        [(1.0, "秒", "s"), (1e-3, "毫秒", "ms"), (1e-6, "微秒", "µs"), (1e-9, "奈秒", "ns")];
    let (size, zh, en) = UNITS.into_iter().find(|unit| unit.0 <= seconds).unwrap_or(UNITS[3]);
    let unit = if lang == Lang::Zh { zh } else { en };
    let value = seconds / size;
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    if size == 1.0 { format!("{value:.0} {unit}") } else { format!("{value:.digits$} {unit}") }
}

/// The level that an address names.
pub fn parse(text: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level.word() == text)
}

/// How an address names a level.
pub fn print(level: Level) -> String {
    level.word().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Action;
    use crate::state::tests::{model, opened};

    #[test]
    fn the_way_leads_from_all_chips_to_one_word_and_back() {
        let mut state = opened("#v=chip&t=0&c=5&sel=W12+200");
        state.reduce(Action::Reported(Some(model(40))));
        state.reduce(Action::Command(Command::Scale));
        assert_eq!(state.scale, Some(Level::Chip), "it begins where the viewer is");
        for level in [Level::Unit, Level::Slice, Level::Word, Level::Byte, Level::Byte] {
            state.reduce(Action::Command(Command::Nearer));
            assert_eq!((state.scale, state.view, state.cursor.cycle), (Some(level), View::Chip, 40));
            assert_eq!(state.link().scale, Some(level));
        }
        state.reduce(Action::Scale(Ask::Go(Level::Slice)));
        assert_eq!(state.nearer(), Some(SLICE));
        let effects = state.reduce(Action::Scale(Ask::Go(Level::Node)));
        assert!(effects.contains(&Effect::StartFleet), "{effects:?}");
        assert_eq!(
            (state.view, state.fleet.wanted.as_ref().map(|wanted| wanted.place)),
            (View::Traffic, Some(Place::Node(0)))
        );
        state.reduce(Action::Command(Command::Farther));
        assert_eq!(state.fleet.wanted.as_ref().map(|wanted| wanted.place), Some(Place::Rack(0)));
        state.reduce(Action::Scale(Ask::Go(Level::Second)));
        assert_eq!(
            state.fleet.wanted.as_ref().map(|wanted| (wanted.place, wanted.users)),
            Some((Place::All, Users::All))
        );
        let effects = state.reduce(Action::Scale(Ask::Go(Level::Chips)));
        assert!(!effects.contains(&Effect::EndFleet), "it stays for the way back: {effects:?}");
        assert!(effects.contains(&Effect::Ask(crate::protocol::Request::Chips(8))), "{effects:?}");
        assert!(state.reduce(Action::Scale(Ask::Leave)).contains(&Effect::EndFleet));
    }

    #[test]
    fn levels_are_read_back_and_each_says_its_width_in_both_languages() {
        for (number, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!((parse(&print(level)), level.number()), (Some(level), number));
            let card = level.card();
            for text in [card.name, card.length, card.from, card.says] {
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{level:?}");
            }
        }
        assert_eq!(parse("galaxy"), None);
    }

    #[test]
    fn times_are_written_in_the_unit_they_need() {
        assert_eq!(duration(1.0, Lang::En), "1 s");
        assert_eq!(duration(0.001_935_4, Lang::En), "1.94 ms");
        assert_eq!(duration(1.0 / 9e8, Lang::Zh), "1.11 奈秒");
        assert_eq!(duration(2.2e-8, Lang::En), "22.0 ns");
    }

    #[test]
    fn a_byte_is_as_wide_as_its_share_of_the_die_at_most() {
        let chip = study::Options::default().chip;
        let bytes = 2.0 * f64::from(chip.slices) * f64::from(chip.words) * 320.0;
        assert_eq!(format!("{:.1}", (725e6 / bytes).sqrt()), "1.8", "the width on the card");
    }
}
