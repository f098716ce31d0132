//! The tour: the story as a list of steps, each a state of the page as a link, and where the viewer is in it.
//!
//! In: steps as data, one chapter per file.  Out: places, and what follows what.
//! Invariant: every place that is printed is parsed back; a step never needs the one before it; leaving keeps the place.
//! Method: a step says which state it shows, what it says, what Space does there; `conduct` turns that into the viewer's own actions.
//! Source: the story's chapters 1 to 5, 7 and 8; a number in a text is either read from the state or stands beside its source.

mod chip;
mod city;
mod compiler;
mod conduct;
mod crowd;
mod fall;
pub mod fill;
mod node;
pub mod race;
mod rush;
mod speed;
#[cfg(test)]
pub(crate) mod tests;
mod token;
pub mod words;

use crate::i18n::Lang;
use crate::link::{self, Link, View};
use crate::play::Motion;
use crate::protocol::Programs;

pub use conduct::Act;

/// A text in both languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Both {
    /// Traditional Chinese as written in Taiwan.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Both {
    /// The text in a language.
    pub fn of(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// Chinese first, as everywhere on the page.
pub(crate) const fn both(zh: &'static str, en: &'static str) -> Both {
    Both { zh, en }
}

const NOTHING: Both = both("", "");

/// At which token a step stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// Where the viewer is.
    Same,
    /// The last one of the prompt, whose step makes the first new word.
    Fresh,
}

/// At which cycle a step stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// Where the viewer is.
    Same,
    /// Where the opening has something to see.
    Opening,
    /// Where the first layer's weights are on their way.
    Weights,
    /// Where vectors travel between the chips.
    Traffic,
    /// So many thousandths of a token.
    Share(u64),
}

/// What Space does in a step, unless the viewer has done it already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It goes on.
    Nothing,
    /// It shows the answer.
    Tell,
    /// One more token.
    Token,
    /// One more cycle.
    Cycle,
    /// The next event of what is pointed at.
    Event,
    /// Time stops on the value in the spotlight; if it stands already, the value's next event.
    Stop,
    /// Another moment of the schedule.
    Ahead,
    /// One car is late.
    Break,
    /// The verified program is back.
    Undo,
    /// A group of the GPU is late.
    Crowd,
    /// The model goes onto so many chips.
    Chips(u16),
    /// The race begins.
    Race,
}

/// What a step points at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mark {
    /// Nothing.
    Nothing,
    /// The first element that matches.
    Part(&'static str),
    /// A rectangle of the picture, in its own units: its size, then left, top, right, bottom.
    Place((f32, f32), [f32; 4]),
}

/// What stands beside or over the view in a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The drawer with the bytes.
    Drawer,
    /// The race, over the view.
    Race,
}

/// A question to predict before the answer is shown.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The question.
    pub question: Both,
    /// Two to four answers.
    pub answers: &'static [Both],
    /// Which one is right.
    pub right: Right,
}

/// Which answer is right.
#[derive(Clone, Copy, Debug)]
pub enum Right {
    /// Always this one.
    Fixed(usize),
    /// Of an eighth, a half, no gain: the one that the cycles of one and of eight chips say.
    Ratio,
    /// Of the predictions about the waterfall: the one that saves most in every order of the switches; none where that depends.
    Saving,
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The state it shows; what the link leaves out stays as the viewer has it.
    pub link: &'static str,
    /// At which token.
    pub token: Token,
    /// At which cycle.
    pub cycle: Cycle,
    /// Whether time runs.
    pub motion: Motion,
    /// What it says.
    pub text: Both,
    /// What it points at.
    pub mark: Mark,
    /// What it asks.
    pub ask: Option<Ask>,
    /// What Space does.
    pub deed: Deed,
    /// What it says after that.
    pub reveal: Both,
    /// Where its numbers come from, if not from the state.
    pub source: Both,
    /// What stands beside it.
    pub beside: Beside,
}

/// A step without anything of its own.
const STEP: Step = Step {
    link: "#s=1&v=token",
    token: Token::Fresh,
    cycle: Cycle::Share(300),
    motion: Motion::Stopped,
    text: NOTHING,
    mark: Mark::Nothing,
    ask: None,
    deed: Deed::Nothing,
    reveal: NOTHING,
    source: NOTHING,
    beside: Beside::Nothing,
};

impl Step {
    /// The state it shows.
    pub fn target(&self) -> Link {
        link::parse(self.link)
    }

    /// Whether it shows the model as programs that take turns.
    pub fn is_in_turns(&self) -> bool {
        self.target().programs == Some(Programs::Buckets)
    }

    /// Whether something comes before going on.
    pub fn has_deed(&self) -> bool {
        self.deed != Deed::Nothing
    }
}

/// One chapter.
pub struct Chapter {
    /// Its number in the story.
    pub number: u8,
    /// Its name.
    pub name: Both,
    /// Its steps.
    pub steps: &'static [Step],
}

/// The chapters that are told.
pub const CHAPTERS: [&Chapter; 7] = [
    &token::CHAPTER,
    &rush::CHAPTER,
    &city::CHAPTER,
    &chip::CHAPTER,
    &compiler::CHAPTER,
    &node::CHAPTER,
    &speed::CHAPTER,
];

/// A step of a chapter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    chapter: usize,
    step: usize,
}

impl Place {
    /// Every place, in the order of the story.
    pub fn all() -> impl Iterator<Item = Place> {
        let steps = |(chapter, one): (usize, &&Chapter)| (0..one.steps.len()).map(move |step| Place { chapter, step });
        CHAPTERS.iter().enumerate().flat_map(steps)
    }

    /// `3.2`: the chapter's number in the story, the step's in the chapter.
    pub fn print(self) -> String {
        format!("{}.{}", self.chapter().number, self.step + 1)
    }

    /// The place in a text, if the tour has it.
    pub fn parse(text: &str) -> Option<Place> {
        Place::all().find(|place| place.print() == text)
    }

    /// Its chapter.
    pub fn chapter(self) -> &'static Chapter {
        CHAPTERS[self.chapter]
    }

    /// Its step.
    pub fn step(self) -> &'static Step {
        &self.chapter().steps[self.step]
    }

    /// Its number among the steps of its chapter, from one, and how many there are.
    pub fn count(self) -> (usize, usize) {
        (self.step + 1, self.chapter().steps.len())
    }

    /// The place after it.
    pub fn next(self) -> Option<Place> {
        Place::all().find(|place| self < *place)
    }

    /// The place before it.
    pub fn back(self) -> Option<Place> {
        Place::all().take_while(|place| *place < self).last()
    }

    /// Whether the story has used a view by now.
    pub fn has_shown(self, view: View) -> bool {
        Place::all().take_while(|place| *place <= self).any(|place| place.step().target().view == Some(view))
    }
}

/// A link that names a step and nothing else shows what the step shows; a late car comes once the step has been reached.
pub fn complete(link: &Link) -> Link {
    match link.tour {
        Some(place) if link.view.is_none() => {
            let Link { tour, lang, prompt, seed, model, .. } = link.clone();
            Link { tour, lang, prompt, seed, model, late: None, ..place.step().target() }
        }
        _ => link.clone(),
    }
}

/// Whether the viewer is in the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Standing {
    /// Looks around freely.
    #[default]
    Away,
    /// Is told the story.
    Touring,
}

/// Whether a step has said everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Told {
    /// Something is still to be done.
    #[default]
    Asking,
    /// It has.
    All,
}

/// Whether the page has come to the step's place in the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Landing {
    /// The model it needs is not there yet.
    #[default]
    Pending,
    /// It has.
    There,
}

/// Where the viewer is in the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tour {
    standing: Standing,
    place: Option<Place>,
    told: Told,
    answer: Option<usize>,
    landing: Landing,
    /// Cars that were tried and changed nothing.
    tried: usize,
}

impl Tour {
    /// The tour of a page opened at a link.
    pub fn of(link: &Link) -> Self {
        let mut tour = Tour::default();
        tour.follow(link);
        tour
    }

    /// The address says where in the tour, or that the viewer is not in it. A link with a cursor has arrived already.
    pub fn follow(&mut self, link: &Link) {
        let Some(place) = link.tour else {
            self.standing = Standing::Away;
            return;
        };
        let landing = if link.cursor.is_some() { Landing::There } else { Landing::Pending };
        *self = Tour { standing: Standing::Touring, place: Some(place), landing, ..Tour::default() };
    }

    /// Where the viewer is, unless he looks around freely.
    pub fn here(&self) -> Option<Place> {
        self.place.filter(|_| self.standing == Standing::Touring)
    }

    /// Where the viewer left, if he did.
    pub fn left_at(&self) -> Option<Place> {
        self.place.filter(|_| self.standing == Standing::Away)
    }

    /// The viewer looks around freely from here.
    pub fn leave(&mut self) {
        self.standing = Standing::Away;
    }

    /// Whether the present step has said everything.
    pub fn told(&self) -> Told {
        self.told
    }

    /// What the viewer predicted.
    pub fn answer(&self) -> Option<usize> {
        self.answer
    }
}
