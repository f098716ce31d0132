//! The numbers and words of the tour's texts, read from the state.
//!
//! In: a text with `{names}` and `*terms*`, the state, the figures beside the picture.  Out: pieces to show.
//! Invariant: a number that the state does not hold yet is a gap, never a guess.
//! Method: one function per source: the machine, the model on it, the run, what is pointed at, the broken run, the figures.

use crate::i18n::Lang;
use crate::protocol::Facts;
use crate::state::State;
use frame::{Class, MemoryFacts, TrafficFacts, grouped};

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Plain words.
    Words(String),
    /// A term where it is explained.
    Term(String),
    /// A number or word of the state.
    Live(String),
    /// One that the state does not hold yet.
    Gap,
}

/// Everything a text may name.
#[cfg(test)]
pub const NAMES: [&str; 34] = [
    "vector",
    "streams",
    "rows",
    "slices",
    "chip_memory",
    "mega",
    "chips",
    "cycles",
    "micros",
    "issues",
    "part",
    "part_cycles",
    "word",
    "best",
    "best_percent",
    "cycle",
    "what",
    "sent",
    "meeting",
    "late_words",
    "late_violations",
    "late_misses",
    "weights",
    "memory",
    "cars",
    "cargo",
    "cables",
    "crossing",
    "crossing_ns",
    "spread",
    "waited",
    "busy",
    "alone",
    "verdict",
];

/// The pieces of a text.
pub fn fill(text: &str, state: &State, facts: Option<&Facts>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, part) in text.split('*').enumerate() {
        if index % 2 == 1 {
            pieces.push(Piece::Term(part.trim().to_owned()));
            continue;
        }
        for (index, part) in part.split(['{', '}']).enumerate() {
            let named = || value(part, state, facts).map_or(Piece::Gap, Piece::Live);
            match part {
                "" => {}
                _ if index % 2 == 1 => pieces.push(named()),
                words => pieces.push(Piece::Words(words.to_owned())),
            }
        }
    }
    pieces
}

/// What the state holds under a name.
pub fn value(name: &str, state: &State, facts: Option<&Facts>) -> Option<String> {
    let beside = match facts {
        Some(Facts::Memory(facts)) => of_memory(name, state.lang, facts),
        Some(Facts::Compiler(facts)) => super::crowd::compiled(name, facts),
        Some(Facts::Traffic(facts)) if facts.chips == state.chips && !state.is_inside() => {
            of_traffic(name, state.lang, facts)
        }
        Some(_) | None => None,
    };
    beside
        .or_else(|| of_machine(name, state.lang))
        .or_else(|| of_model(name, state))
        .or_else(|| of_run(name, state))
        .or_else(|| of_value(name, state))
        .or_else(|| of_broken(name, state))
        .or_else(|| super::crowd::value(name, state.rush_shown()?))
        .or_else(|| super::fall::value(name, state.lang, state.numbers.waterfall()?))
}

/// The chip that every program of the page is compiled for.
fn of_machine(name: &str, lang: Lang) -> Option<String> {
    let chip = study::Options::default().chip;
    let vector = chip.superlanes * chip.lanes_per_superlane;
    let slices = 2 * u64::from(chip.slices);
    Some(match name {
        "vector" => vector.to_string(),
        "streams" => chip.streams.to_string(),
        "rows" => chip.superlanes.to_string(),
        "slices" => slices.to_string(),
        "chip_memory" => lang.size(slices * u64::from(chip.words) * u64::from(vector)),
        "mega" => (chip.clock.0 / 1_000_000).to_string(),
        _ => return None,
    })
}

/// The model on the chip; nothing while another one is on its way.
fn of_model(name: &str, state: &State) -> Option<String> {
    let opened = state.opened.as_ref().filter(|opened| opened.chips == state.chips)?;
    let deck = &opened.deck;
    Some(match name {
        "chips" => opened.chips.to_string(),
        "cycles" => grouped(deck.length),
        "micros" => format!("{:.1}", deck.length as f64 * 1e6 / deck.hertz.max(1) as f64),
        "issues" => grouped(opened.stair.instructions),
        "alone" => grouped(state.alone?),
        "verdict" => super::words::verdict(state.alone?, deck.length).of(state.lang).to_owned(),
        "part" | "part_cycles" => {
            let (part, cycles) = longest(state)?;
            if name == "part" { part } else { grouped(cycles) }
        }
        _ => return None,
    })
}

/// The part of which a token has most cycles, over all layers.
fn longest(state: &State) -> Option<(String, u64)> {
    let parts = &state.opened.as_ref()?.deck.parts;
    let sum = |name: &str| parts.iter().filter(|part| part.name.en == name).map(|part| part.cycles).sum::<u64>();
    let part = parts.iter().max_by_key(|part| sum(&part.name.en))?;
    Some((state.lang.pick(&part.name), sum(&part.name.en)))
}

fn of_run(name: &str, state: &State) -> Option<String> {
    let run = state.shown_run()?;
    let token = run.tokens.get(state.cursor.token as usize)?;
    let best = token.candidates.iter().max_by(|a, b| a.probability.total_cmp(&b.probability));
    Some(match name {
        "word" => token.label().trim().to_owned(),
        "best" => best?.text.trim().to_owned(),
        "best_percent" => format!("{:.1}", f64::from(best?.probability) * 100.0),
        "cycle" => grouped(state.cursor.cycle),
        _ => return None,
    })
}

/// What is pointed at, once it was looked up.
fn of_value(name: &str, state: &State) -> Option<String> {
    let looked = state.looked.as_ref()?;
    let seen = (Some(looked.selection) == state.selection).then_some(&looked.inspection)?;
    Some(match name {
        "what" => state.lang.pick(seen.meaning.as_ref().unwrap_or(&seen.title)),
        "sent" => match &seen.maker {
            Some(maker) => state.lang.pick(&maker.who),
            None => super::words::SOMEBODY.of(state.lang).to_owned(),
        },
        "meeting" => match &seen.meeting {
            Some(meeting) => super::words::meeting(state.lang, &state.lang.pick(&meeting.who), meeting.after),
            None => super::words::NO_MEETING.of(state.lang).to_owned(),
        },
        _ => return None,
    })
}

fn of_broken(name: &str, state: &State) -> Option<String> {
    let broken = state.broken.as_ref()?;
    let whole = state.run.as_ref()?;
    let text = |run: &crate::protocol::Run, index: usize| run.tokens.get(index).map(|token| token.text.clone());
    let length = whole.tokens.len().max(broken.run.tokens.len());
    let words = (0..length).filter(|&index| text(whole, index) != text(&broken.run, index)).count();
    Some(match name {
        "late_words" => words.to_string(),
        "late_violations" => grouped(broken.total),
        "late_misses" => grouped(broken.misses),
        _ => return None,
    })
}

fn of_memory(name: &str, lang: Lang, facts: &MemoryFacts) -> Option<String> {
    let is_weight = |class: Class| matches!(class, Class::Embedding | Class::Attention | Class::FeedForward);
    let weights = facts.legend.iter().filter(|line| is_weight(line.class)).map(|line| line.bytes).sum();
    match name {
        "weights" => Some(lang.size(weights)),
        "memory" => Some(lang.size(facts.bytes)),
        _ => None,
    }
}

fn of_traffic(name: &str, lang: Lang, facts: &TrafficFacts) -> Option<String> {
    Some(match name {
        "cars" => grouped(facts.vectors),
        "cargo" => lang.size(facts.bytes),
        "cables" => facts.cables.to_string(),
        "crossing" => grouped(facts.crossing),
        "crossing_ns" => format!("{:.0}", facts.nanoseconds),
        "spread" => lang.cycles(facts.spread),
        "waited" => grouped(facts.waited),
        "busy" => format!("{:.1} %", 100.0 * facts.busy),
        _ => return None,
    })
}
