//! What the browser remembers of the viewer's choices.
//!
//! In: a theme.  Out: the same at the next visit.
//! Invariant: a browser that remembers nothing changes nothing else.

use super::address::window;
use crate::theme::Theme;

const THEME: &str = "greenwave.theme";

/// The word of the last visit's theme, if one was kept.
pub fn theme() -> Option<String> {
    window().local_storage().ok().flatten().and_then(|kept| kept.get_item(THEME).ok().flatten())
}

/// Remembers the theme.
pub fn remember(theme: Theme) {
    if let Ok(Some(kept)) = window().local_storage() {
        // A full or forbidden store refuses; the page looks as asked until it is left.
        let _ = kept.set_item(THEME, theme.word());
    }
}
