//! Programs that take turns: which of them the cursor's token runs, and what a token costs at every position.
//!
//! In: the programs that the worker compiled, the cursor.  Out: the program that the views show; questions to the worker; texts.
//! Invariant: what is shown belongs to the program that the cursor's token runs; what is pointed at in another program is let go.
//! Method: one part of the address, `turns`.

use crate::i18n::{Lang, texts};
use crate::protocol::{Opened, Programs, Request};
use crate::state::{Effect, State};
use frame::{Cursor, Selection, grouped};
use std::rc::Rc;
use study::Stair;

/// The programs of the model on the chip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turns {
    /// How many are wanted.
    pub wanted: Programs,
    /// Those that are there, the one for the fewest positions first.
    pub all: Vec<Rc<Opened>>,
}

impl Turns {
    /// The program that a token runs.
    pub fn at(&self, token: u32) -> Option<&Rc<Opened>> {
        self.all.iter().find(|opened| token < opened.stair.to).or(self.all.last())
    }

    /// What a token costs at every position.
    pub fn stairs(&self) -> Vec<Stair> {
        self.all.iter().map(|opened| opened.stair).collect()
    }

    /// Whether programs take turns.
    pub fn are_several(&self) -> bool {
        1 < self.all.len()
    }
}

/// Reads the part of an address.
pub fn parse(value: &str) -> Option<Programs> {
    (value == "buckets").then_some(Programs::Buckets)
}

/// Whether it means the same in every program.
fn is_everywhere(selection: Selection) -> bool {
    !matches!(selection, Selection::Value(_) | Selection::Flight(_) | Selection::Issue(_))
}

impl State {
    /// The model gets so many programs: it is compiled anew.
    pub(crate) fn take_programs(&mut self, programs: Programs) -> Vec<Effect> {
        let before = self.link();
        let put = self.put(self.chips, programs);
        self.selection = None;
        put.into_iter().chain(self.kept(before)).collect()
    }

    /// The model goes onto so many chips as so many programs.
    pub(crate) fn put(&mut self, chips: u16, programs: Programs) -> Vec<Effect> {
        let asked = self.ask_place(chips, programs);
        self.trouble = None;
        self.source_wanted = self.source.clone();
        asked.into_iter().chain([State::ask_model(&self.source)]).collect()
    }

    /// Where the next model goes, as far as that is another place.
    pub(crate) fn ask_place(&mut self, chips: u16, programs: Programs) -> Vec<Effect> {
        let is_other = programs != self.turns.wanted;
        (self.chips, self.turns.wanted) = (chips, programs);
        let programs = is_other.then_some(Effect::Ask(Request::Programs(programs)));
        std::iter::once(Effect::Ask(Request::Chips(chips))).chain(programs).collect()
    }

    /// What was asked for cannot be: the next model goes where the one that is shown is.
    pub(crate) fn stay_in_place(&mut self) -> Vec<Effect> {
        let Some(opened) = &self.opened else { return Vec::new() };
        let is_one = opened.stair.from == 0 && opened.context <= opened.stair.to;
        let programs = if is_one { Programs::One } else { Programs::Buckets };
        let chips = opened.chips;
        if (chips, programs) == (self.chips, self.turns.wanted) { Vec::new() } else { self.ask_place(chips, programs) }
    }

    /// The cursor goes to another place, perhaps of another program.
    pub(crate) fn move_to(&mut self, cursor: Cursor) {
        self.cursor = cursor;
        if self.take_turn() {
            self.selection = self.selection.filter(|selection| is_everywhere(*selection));
        }
    }

    /// Shows the program that the cursor's token runs; whether that is another one.
    pub(crate) fn take_turn(&mut self) -> bool {
        let Some(opened) = self.turns.at(self.cursor.token) else { return false };
        let is_other = self.opened.as_ref().is_none_or(|shown| shown.stair != opened.stair);
        if is_other {
            self.opened = Some(Rc::clone(opened));
        }
        is_other
    }
}

texts! {
    title: "幾支程式輪流", "Programs that take turns";
    one: "一支程式", "one program";
    buckets: "分段，各一支", "one for each bucket";
    why: "每段一支程式，都留在記憶體；每個 token 跑裝得下它位置的最小那支，所以到下一段之前，花的週期都一樣。", "One program for each bucket, all of them in memory. A token runs the smallest that holds its position, so it costs the same until the next bucket.";
    positions: "位置", "positions";
    cycles: "週期", "cycles";
    code: "指令", "instructions";
    picture: "階梯：橫軸是位置，高度是一個 token 的週期", "Staircase: across are positions, the height is the cycles of a token";
}

/// Sentences with numbers.
impl Lang {
    /// `Position 16: 2 189 cycles, 58 more than the token before. The next bucket begins at 32.`
    pub fn step_of(self, position: usize, cycles: u64, before: Option<u64>, next: Option<u32>) -> String {
        let difference = before.map(|before| self.beside_before(cycles, before)).unwrap_or_default();
        let cycles = self.cycles(cycles);
        let next = match (self, next) {
            (_, None) => String::new(),
            (Lang::Zh, Some(next)) => format!("下一段從位置 {next} 開始。"),
            (Lang::En, Some(next)) => format!(" The next bucket begins at {next}."),
        };
        match self {
            Lang::Zh => format!("位置 {position}：{cycles}{difference}。{next}"),
            Lang::En => format!("Position {position}: {cycles}{difference}.{next}"),
        }
    }

    fn beside_before(self, cycles: u64, before: u64) -> String {
        let by = grouped(cycles.abs_diff(before));
        match (self, before < cycles) {
            (Lang::Zh, _) if cycles == before => "，和前一個 token 一樣".to_owned(),
            (Lang::En, _) if cycles == before => ", as many as the token before".to_owned(),
            (Lang::Zh, true) => format!("，比前一個 token 多 {by} 個"),
            (Lang::Zh, false) => format!("，比前一個 token 少 {by} 個"),
            (Lang::En, true) => format!(", {by} more than the token before"),
            (Lang::En, false) => format!(", {by} fewer than the token before"),
        }
    }

    /// `1.2 of 23.6 MB for the instructions of all programs.`
    pub fn instruction_room(self, taken: u64, room: u64) -> String {
        let (taken, room) = (self.size(taken), self.size(room));
        match self {
            Lang::Zh => format!("所有程式的指令共 {taken}，每顆晶片為它們留了 {room}。"),
            Lang::En => format!("The instructions of all programs take {taken} of the {room} reserved on each chip."),
        }
    }

    /// `No room for the program of 1 024 positions (30.1 MB).`
    pub fn left_out(self, positions: u32, bytes: u64) -> String {
        let (positions, size) = (grouped(positions.into()), self.size(bytes));
        match self {
            Lang::Zh => format!("{positions} 個位置的那支（{size}）放不下。"),
            Lang::En => format!("There is no room for the program of {positions} positions ({size})."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Link, View};
    use crate::protocol::{Report, Run};
    use crate::state::Action;
    use crate::state::tests::{model_of, opened, run_of};

    #[test]
    fn every_text_is_there_in_both_languages() {
        crate::i18n::expect_both(PAIRS);
    }

    /// Three programs, for 2, 4 and 8 positions, and a text of six tokens.
    fn staircase() -> State {
        let mut state = opened("#v=token&t=0&c=0&turns=buckets&lang=en");
        let ready = state.reduce(Action::Reported(Some(Report::Ready)));
        assert!(ready.contains(&Effect::Ask(Request::Programs(Programs::Buckets))), "{ready:?}");
        state.reduce(Action::Reported(Some(model_of(&[(0, 2, 50), (2, 4, 70), (4, 8, 90)]))));
        state.reduce(Action::Reported(Some(Report::Run(Run { ..run_of(&[50, 50, 70, 70, 90, 90]) }))));
        state
    }

    #[test]
    fn the_program_that_is_shown_is_the_one_that_the_token_runs() {
        let mut state = staircase();
        let length = |state: &State| state.opened.as_ref().map(|opened| opened.deck.length);
        let value = frame::parse_selection("issue:0.0.0.0", &study::Options::default().chip).expect("an instruction");
        let word = frame::parse_selection("W12+200", &study::Options::default().chip).expect("a word");
        for (token, cycles, kept) in [(1, 50, true), (2, 70, false), (3, 70, true), (5, 90, false), (0, 50, false)] {
            for selection in [value, word] {
                let before = state.cursor;
                state.selection = Some(selection);
                state.reduce(Action::Jump(Cursor { token, cycle: 7 }));
                assert_eq!(length(&state), Some(cycles), "token {token}");
                assert_eq!(state.selection.is_some(), kept || selection == word, "token {token} after {before:?}");
                state.reduce(Action::Jump(before));
            }
            state.reduce(Action::Jump(Cursor { token, cycle: 7 }));
        }
        // An address names both, and both stay.
        let link = Link { cursor: Some(Cursor { token: 4, cycle: 3 }), selection: Some(value), ..state.link() };
        state.reduce(Action::Followed(link));
        assert_eq!((length(&state), state.selection), (Some(90), Some(value)));
    }

    #[test]
    fn one_program_and_several_are_asked_for_and_kept_in_the_address() {
        let mut state = staircase();
        assert_eq!(state.link().programs, Some(Programs::Buckets));
        let asked = state.reduce(Action::Programs(Programs::One));
        let expected = [Request::Chips(1), Request::Programs(Programs::One), Request::OpenOwn].map(Effect::Ask);
        assert_eq!(asked[..3], expected);
        assert_eq!(state.link().programs, None);
        // What cannot be is not claimed, and the worker hears of it.
        let text = frame::Text::same("no");
        let back = state.reduce(Action::Reported(Some(Report::Refused(text))));
        assert_eq!(back[..2], [Request::Chips(1), Request::Programs(Programs::Buckets)].map(Effect::Ask));
        // Another view keeps them; an address without them asks for one program.
        state.reduce(Action::Show(View::Chip));
        assert_eq!(state.link().programs, Some(Programs::Buckets));
        let followed = state.reduce(Action::Followed(Link::default()));
        assert_eq!(followed[..3], expected);
    }

    #[test]
    fn the_difference_from_the_token_before_is_exact() {
        let cases = [
            (Some(50), Some(4), "Position 2: 70 cycles, 20 more than the token before. The next bucket begins at 4."),
            (Some(70), None, "Position 2: 70 cycles, as many as the token before."),
            (Some(1_070), None, "Position 2: 70 cycles, 1 000 fewer than the token before."),
            (None, None, "Position 2: 70 cycles."),
        ];
        for (before, next, expected) in cases {
            let said = Lang::En.step_of(2, 70, before, next).replace([',', '\u{202f}', '\u{a0}'], " ");
            assert_eq!(said, expected.replace(',', " "));
        }
    }
}
