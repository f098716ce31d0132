//! The keys of the page: one table that the listener, the key sheet and the tests share.
//!
//! In: a key press.  Out: the command it stands for.
//! Invariant: no two keys of the table are pressed the same way; a key with Ctrl, Alt or Meta stays the browser's.
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

/// The shift key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    /// Not held.
    Up,
    /// Held.
    Down,
}

/// One row of the table.
pub struct Key {
    /// The key's place, as `KeyboardEvent.code` names it.
    pub code: &'static str,
    /// The shift key with it.
    pub shift: Shift,
    /// How the key sheet shows it.
    pub shown: &'static str,
    /// What it asks for.
    pub command: Command,
}

const fn key(code: &'static str, shift: Shift, shown: &'static str, command: Command) -> Key {
    Key { code, shift, shown, command }
}

/// Every key of the page.
pub const KEYS: [Key; 32] = [
    key("Digit1", Shift::Up, "1", Command::Tab(0)),
    key("Digit2", Shift::Up, "2", Command::Tab(1)),
    key("Digit3", Shift::Up, "3", Command::Tab(2)),
    key("Digit4", Shift::Up, "4", Command::Tab(3)),
    key("Digit5", Shift::Up, "5", Command::Tab(4)),
    key("Digit6", Shift::Up, "6", Command::Tab(5)),
    key("Digit7", Shift::Up, "7", Command::Tab(6)),
    key("KeyW", Shift::Up, "W", Command::Nearer),
    key("KeyS", Shift::Up, "S", Command::Farther),
    key("Space", Shift::Up, "Space", Command::Space),
    key("Comma", Shift::Up, ",", Command::CycleBack),
    key("Period", Shift::Up, ".", Command::CycleOn),
    key("BracketLeft", Shift::Up, "[", Command::EventBack),
    key("BracketRight", Shift::Up, "]", Command::EventOn),
    key("ArrowLeft", Shift::Up, "←", Command::Back),
    key("ArrowRight", Shift::Up, "→", Command::On),
    key("Escape", Shift::Up, "Esc", Command::Release),
    key("ArrowLeft", Shift::Down, "Shift ←", Command::TokenBack),
    key("ArrowRight", Shift::Down, "Shift →", Command::TokenOn),
    key("Comma", Shift::Down, "<", Command::Slower),
    key("Period", Shift::Down, ">", Command::Faster),
    key("Home", Shift::Up, "Home", Command::First),
    key("End", Shift::Up, "End", Command::Last),
    key("KeyR", Shift::Up, "R", Command::Ride),
    key("KeyZ", Shift::Up, "Z", Command::Scale),
    key("KeyT", Shift::Up, "T", Command::Tour),
    key("KeyA", Shift::Up, "A", Command::Answer(0)),
    key("KeyB", Shift::Up, "B", Command::Answer(1)),
    key("KeyC", Shift::Up, "C", Command::Answer(2)),
    key("KeyD", Shift::Up, "D", Command::Answer(3)),
    key("Slash", Shift::Down, "?", Command::Sheet),
    key("Slash", Shift::Up, "/", Command::Sheet),
];

/// The command of a key press, if it has one.
pub fn command(code: &str, shift: Shift) -> Option<Command> {
    KEYS.iter().find(|key| key.code == code && key.shift == shift).map(|key| key.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_pressed_in_its_own_way() {
        for key in &KEYS {
            assert_eq!(command(key.code, key.shift), Some(key.command), "{}", key.shown);
        }
        assert_eq!(command("KeyQ", Shift::Up), None);
    }
}
