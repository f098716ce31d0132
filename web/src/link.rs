//! The state of the page as the fragment of its address.
//!
//! In: a fragment.  Out: a [`Link`]; and back.
//! Invariant: `parse(print(x)) == x`; an unknown or broken part is left out and named, never an error.
//! Method: `key=value` pairs with short keys, `s` naming the version of the form.

use crate::compiling;
use crate::fleet;
use crate::i18n::{Lang, Texts};
use crate::numbers::{self, Wanted};
use crate::protocol::Programs;
use crate::ride;
use crate::rush;
use crate::scale::{self, Level};
use crate::tour::Place;
use crate::turns;
use frame::{Cursor, Selection};

const VERSION: &str = "1";

/// A view of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The first ten seconds: one sentence, one chip, one button.
    Opening,
    /// What word comes next and what it cost.
    Token,
    /// The floor plan with what every register holds.
    Chip,
    /// Slices by addresses: where everything lives.
    Memory,
    /// Between the chips: who travels where.
    Traffic,
    /// From the model to instructions.
    Compiler,
    /// Every queue by cycles.
    Schedule,
    /// The rival and the bill.
    Numbers,
}

impl View {
    /// The views that have a tab, in the order of their number keys.
    pub const TABS: [View; 7] =
        [View::Token, View::Chip, View::Memory, View::Traffic, View::Compiler, View::Schedule, View::Numbers];

    /// What its tab says.
    pub fn name(self, texts: &'static Texts) -> &'static str {
        match self {
            View::Opening => texts.story,
            View::Token => texts.view_token,
            View::Chip => texts.view_chip,
            View::Memory => texts.view_memory,
            View::Traffic => texts.view_traffic,
            View::Compiler => texts.view_compiler,
            View::Schedule => texts.view_schedule,
            View::Numbers => texts.view_numbers,
        }
    }

    fn word(self) -> &'static str {
        match self {
            View::Opening => "opening",
            View::Token => "token",
            View::Chip => "chip",
            View::Memory => "memory",
            View::Traffic => "traffic",
            View::Compiler => "compiler",
            View::Schedule => "schedule",
            View::Numbers => "numbers",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        std::iter::once(View::Opening).chain(View::TABS).find(|view| view.word() == word)
    }
}

/// What an address says. Without a place, text and model stay as they are, too; of the rest, what it leaves out is as the page opens.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Which view is shown.
    pub view: Option<View>,
    /// Where in the run.
    pub cursor: Option<Cursor>,
    /// File of the model that lies beside the page, unless it is the page's own.
    pub model: Option<String>,
    /// What is pointed at.
    pub selection: Option<Selection>,
    /// The text that was typed, unless it is the page's own.
    pub prompt: Option<String>,
    /// Seed that tokens are drawn with, unless the most probable ones are taken.
    pub seed: Option<u64>,
    /// Seed of the car that is late.
    pub late: Option<u64>,
    /// How many chips the model is on, unless it is one.
    pub chips: Option<u16>,
    /// How many programs the model gets, unless it is one.
    pub programs: Option<Programs>,
    /// What differs between the machine and the published one.
    pub machine: Option<String>,
    /// Which of them is shown, unless it is the first.
    pub on: Option<u16>,
    /// The byte that the viewer rides along with, and where on its way.
    pub ride: Option<ride::Wanted>,
    /// The level between a second of all chips and one byte, if the viewer walks them.
    pub scale: Option<Level>,
    /// Which step of the tour, if the viewer is in it.
    pub tour: Option<Place>,
    /// Whether the traffic is shown inside a chip, and at which moment.
    pub inside: Option<rush::Wanted>,
    /// What the numbers are about.
    pub numbers: Option<Wanted>,
    /// The token whose memory is compared with that of the present one.
    pub versus: Option<u32>,
    /// What is looked at in compiler and schedule.
    pub compiling: Option<compiling::Wanted>,
    /// Hundreds of chips, if the traffic shows them.
    pub fleet: Option<fleet::Wanted>,
    /// Which language.
    pub lang: Option<Lang>,
    /// Parts of the address that mean nothing; not printed.
    pub unread: Vec<String>,
}

/// Longest part of an address that is repeated to the viewer, in letters.
const PART: usize = 40;

/// The link in a fragment, with or without its `#`.
pub fn parse(fragment: &str) -> Link {
    let mut link = Link::default();
    for pair in fragment.trim_start_matches('#').split('&').filter(|pair| !pair.is_empty()) {
        let before = link.clone();
        if let Some((key, value)) = pair.split_once('=') {
            read(&mut link, key, value);
        }
        let is_said = || print(&link).trim_start_matches('#').split('&').any(|part| part == pair);
        if link == before && !is_said() {
            link.unread.push(pair.chars().take(PART).collect());
        }
    }
    link
}

/// Whether a fragment is one of ours; others, such as the name of a place on the page, say nothing about the state.
pub fn is_link(fragment: &str) -> bool {
    let fragment = fragment.trim_start_matches('#');
    fragment.is_empty() || fragment.contains('=')
}

/// Reads one part; what it cannot read leaves the link as it is.
fn read(link: &mut Link, key: &str, value: &str) {
    let cursor = link.cursor.unwrap_or_default();
    let text = || unhex(value).and_then(|bytes| String::from_utf8(bytes).ok());
    match key {
        "v" => link.view = View::from_word(value),
        "t" => link.cursor = value.parse().ok().map(|token| Cursor { token, ..cursor }).or(link.cursor),
        "c" => link.cursor = value.parse().ok().map(|cycle| Cursor { cycle, ..cursor }).or(link.cursor),
        "sel" => link.selection = frame::parse_selection(value, &study::Options::default().chip).ok(),
        "p" => link.prompt = text(),
        "m" => link.model = text(),
        "chip" => link.machine = text(),
        "turns" => link.programs = turns::parse(value),
        "n" => link.chips = value.parse().ok(),
        "on" => link.on = value.parse().ok(),
        "tour" => link.tour = Place::parse(value),
        "ten" => link.scale = scale::parse(value),
        "ride" => link.ride = ride::parse(value),
        "in" => link.inside = rush::parse(value),
        "vs" => link.versus = value.parse().ok(),
        "seed" => link.seed = value.parse().ok(),
        "late" => link.late = value.parse().ok(),
        "num" | "case" | "users" | "set" => numbers::parse(&mut link.numbers, key, value),
        "pass" | "ab" | "z" => compiling::parse(&mut link.compiling, key, value),
        "fleet" | "at" | "fc" | "fu" | "fb" => fleet::parse(&mut link.fleet, key, value),
        "lang" => link.lang = Some(Lang::from_tag(value)),
        _ => {}
    }
}

/// The fragment of a link, with its `#`.
pub fn print(link: &Link) -> String {
    let mut parts = vec![format!("s={VERSION}")];
    if let Some(view) = link.view {
        parts.push(format!("v={}", view.word()));
    }
    if let Some(Cursor { token, cycle }) = link.cursor {
        parts.push(format!("t={token}&c={cycle}"));
    }
    if let Some(selection) = link.selection {
        parts.push(format!("sel={}", frame::selection(selection)));
    }
    if let Some(prompt) = &link.prompt {
        parts.push(format!("p={}", hex(prompt.as_bytes())));
    }
    if let Some(model) = &link.model {
        parts.push(format!("m={}", hex(model.as_bytes())));
    }
    if let Some(seed) = link.seed {
        parts.push(format!("seed={seed}"));
    }
    if let Some(seed) = link.late {
        parts.push(format!("late={seed}"));
    }
    if let Some(chips) = link.chips {
        parts.push(format!("n={chips}"));
    }
    if link.programs == Some(Programs::Buckets) {
        parts.push("turns=buckets".to_owned());
    }
    if let Some(machine) = &link.machine {
        parts.push(format!("chip={}", hex(machine.as_bytes())));
    }
    if let Some(on) = link.on {
        parts.push(format!("on={on}"));
    }
    parts.extend(link.scale.map(|level| format!("ten={}", scale::print(level))));
    parts.extend(link.ride.map(|wanted| format!("ride={}", ride::print(wanted))));
    parts.extend(link.inside.map(|wanted| format!("in={}", rush::print(wanted))));
    parts.extend(link.versus.map(|token| format!("vs={token}")));
    if let Some(place) = link.tour {
        parts.push(format!("tour={}", place.print()));
    }
    if let Some(wanted) = &link.numbers {
        parts.extend(numbers::print(wanted));
    }
    if let Some(wanted) = &link.compiling {
        parts.extend(compiling::print(wanted));
    }
    if let Some(wanted) = &link.fleet {
        parts.extend(fleet::print(wanted));
    }
    if let Some(lang) = link.lang {
        parts.push(format!("lang={}", lang.tag()));
    }
    format!("#{}", parts.join("&"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_and_parsing_are_inverse() {
        for view in [None, Some(View::Opening), Some(View::Token), Some(View::Chip), Some(View::Traffic)] {
            for cursor in [None, Some(Cursor { token: 12, cycle: 41_208 })] {
                for lang in [None, Some(Lang::Zh), Some(Lang::En)] {
                    let word = frame::parse_selection("W12+200", &study::Options::default().chip).expect("a word");
                    for selection in [None, Some(word)] {
                        let prompt = selection.map(|_| "綠燈 & #".to_owned());
                        let (late, model) = (cursor.map(|cursor| cursor.cycle), lang.map(|_| "a b.gguf".to_owned()));
                        let (chips, on) = (lang.map(|_| 8), view.map(|_| 3));
                        let tour = lang.and_then(|_| Place::all().last());
                        let numbers = lang.map(|_| numbers::example());
                        let zoom = compiling::Wanted { zoom: 3, ..compiling::Wanted::default() };
                        let compiling = selection.map(|_| zoom);
                        let link = Link {
                            view,
                            cursor,
                            model,
                            selection,
                            prompt,
                            seed: late,
                            late,
                            chips,
                            programs: view.map(|_| Programs::Buckets),
                            machine: lang.map(|_| "latency.hop=2\nname=\"mine\"".to_owned()),
                            on,
                            ride: selection.map(|start| ride::Wanted { start, lane: 7, stop: 3 }),
                            scale: lang.map(|_| Level::Word),
                            tour,
                            inside: view.map(|_| rush::Wanted { at: 7, ..rush::Wanted::default() }),
                            numbers,
                            versus: view.map(|_| 5),
                            compiling,
                            fleet: view.map(|_| fleet::Wanted::whole("llama-2-7b".to_owned(), 64)),
                            lang,
                            unread: vec![],
                        };
                        assert_eq!(parse(&print(&link)), link);
                    }
                }
            }
        }
    }

    #[test]
    fn a_place_on_the_page_is_no_link() {
        assert!(is_link("") && is_link("#") && is_link("#v=chip") && !is_link("#main"));
    }

    #[test]
    fn broken_parts_are_left_out_and_named() {
        assert_eq!(parse(""), Link::default());
        let broken = "v=nowhere&t=-1&c=x&=&q&sel=zz&p=f&late=-&tour=9.9&n=many&ab=x8&z=-1&num=x&case=zz&users=-&set=0&fleet=gpt-9.64&in=up&ten=galaxy&new=1";
        let unread = broken.split('&').map(str::to_owned).collect();
        assert_eq!(parse(&format!("#{broken}")), Link { unread, ..Link::default() });
        let all = parse("#s=1&lang=zh&v=chip&t=0&c=0&n=1&z=0&turns=buckets&num=bill&fc=1");
        assert_eq!(all.unread, ["fc=1"], "a cycle of no fleet");
        let long = parse(&format!("#v={}", "綠".repeat(99)));
        assert_eq!(long.unread.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [PART]);
        assert_eq!(parse("c=7").cursor, Some(Cursor { token: 0, cycle: 7 }));
    }
}
