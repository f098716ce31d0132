//! The keys of the page: one table that the listener, the key sheet and the tests share.
//!
//! In: a key press.  Out: the command it stands for.
//! Invariant: no two keys of the table are pressed the same way; a key with Alt, or with Ctrl or Meta unless the table has it, stays the
//!     browser's.
//! Method: letters and digits by place on the keyboard (`code`), so that a Zhuyin or Cangjie input method does not disable them.
//! Source: the tables of llm-viz, Perfetto, Ripes and rerun, as chosen in the interaction spec.

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Show the tab with this index.
    Tab(usize),
    /// Stop or start time.
    TogglePlay,
    /// What the present step of the tour is there for; else stop or start time.
    Space,
    /// To the previous step of the tour; else to the previous event.
    Back,
    /// To the next step of the tour; else to the next event.
    On,
    /// Predict this answer.
    Answer(usize),
    /// Begin the tour, come back to it, or leave it.
    Tour,
    /// To the previous event.
    EventBack,
    /// To the next event.
    EventOn,
    /// Let go of the selection.
    Release,
    /// One cycle back.
    CycleBack,
    /// One cycle on.
    CycleOn,
    /// To where the previous layer begins.
    LayerBack,
    /// To where the next layer begins.
    LayerOn,
    /// To where the previous operation begins.
    OpBack,
    /// To where the next operation begins.
    OpOn,
    /// To the previous token.
    TokenBack,
    /// To the next token.
    TokenOn,
    /// Ride along with one byte, or get off.
    Ride,
    /// Walk from level to level, or stop that.
    Scale,
    /// Fewer cycles of the schedule.
    Nearer,
    /// More of them.
    Farther,
    /// Slower playback.
    Slower,
    /// Faster playback.
    Faster,
    /// To the first token of the run.
    First,
    /// To the last token of the run.
    Last,
    /// Open the sheet of all keys, on which anything is found by typing, or close it.
    Sheet,
}

/// What is held while a key is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// The shift key.
    Shift,
    /// Ctrl, or the command key of a Mac.
    Control,
}

/// One row of the table.
pub struct Key {
    /// The key's place, as `KeyboardEvent.code` names it.
    pub code: &'static str,
    /// What is held with it.
    pub held: Held,
    /// How the key sheet shows it.
    pub shown: &'static str,
    /// What it asks for.
    pub command: Command,
}

const fn key(code: &'static str, held: Held, shown: &'static str, command: Command) -> Key {
    Key { code, held, shown, command }
}

/// Every key of the page.
pub const KEYS: [Key; 37] = [
    key("Digit1", Held::Nothing, "1", Command::Tab(0)),
    key("Digit2", Held::Nothing, "2", Command::Tab(1)),
    key("Digit3", Held::Nothing, "3", Command::Tab(2)),
    key("Digit4", Held::Nothing, "4", Command::Tab(3)),
    key("Digit5", Held::Nothing, "5", Command::Tab(4)),
    key("Digit6", Held::Nothing, "6", Command::Tab(5)),
    key("Digit7", Held::Nothing, "7", Command::Tab(6)),
    key("KeyW", Held::Nothing, "W", Command::Nearer),
    key("KeyS", Held::Nothing, "S", Command::Farther),
    key("Space", Held::Nothing, "Space", Command::Space),
    key("Comma", Held::Nothing, ",", Command::CycleBack),
    key("Period", Held::Nothing, ".", Command::CycleOn),
    key("BracketLeft", Held::Nothing, "[", Command::EventBack),
    key("BracketRight", Held::Nothing, "]", Command::EventOn),
    key("ArrowLeft", Held::Nothing, "←", Command::Back),
    key("ArrowRight", Held::Nothing, "→", Command::On),
    key("Escape", Held::Nothing, "Esc", Command::Release),
    key("KeyO", Held::Shift, "Shift O", Command::OpBack),
    key("KeyO", Held::Nothing, "O", Command::OpOn),
    key("KeyL", Held::Shift, "Shift L", Command::LayerBack),
    key("KeyL", Held::Nothing, "L", Command::LayerOn),
    key("ArrowLeft", Held::Shift, "Shift ←", Command::TokenBack),
    key("ArrowRight", Held::Shift, "Shift →", Command::TokenOn),
    key("Comma", Held::Shift, "<", Command::Slower),
    key("Period", Held::Shift, ">", Command::Faster),
    key("Home", Held::Nothing, "Home", Command::First),
    key("End", Held::Nothing, "End", Command::Last),
    key("KeyR", Held::Nothing, "R", Command::Ride),
    key("KeyZ", Held::Nothing, "Z", Command::Scale),
    key("KeyT", Held::Nothing, "T", Command::Tour),
    key("KeyA", Held::Nothing, "A", Command::Answer(0)),
    key("KeyB", Held::Nothing, "B", Command::Answer(1)),
    key("KeyC", Held::Nothing, "C", Command::Answer(2)),
    key("KeyD", Held::Nothing, "D", Command::Answer(3)),
    key("Slash", Held::Shift, "?", Command::Sheet),
    key("Slash", Held::Nothing, "/", Command::Sheet),
    key("KeyK", Held::Control, "Ctrl K", Command::Sheet),
];

/// The command of a key press, if it has one.
pub fn command(code: &str, held: Held) -> Option<Command> {
    KEYS.iter().find(|key| key.code == code && key.held == held).map(|key| key.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_pressed_in_its_own_way() {
        for key in &KEYS {
            assert_eq!(command(key.code, key.held), Some(key.command), "{}", key.shown);
        }
        assert_eq!(command("KeyQ", Held::Nothing), None);
        assert_eq!(command("KeyW", Held::Control), None, "the browser closes the tab");
    }
}
