//! An edit of one template, and what it does to the places that the witness speaks of.
//!
//! In: splices of queues.  Out: the template edited, the witness's places moved along.
//! Invariant: claims are neither added nor dropped nor altered; only (queue, entry) follows the entry it named.
//! Method: a splice replaces a run of entries; entries inside it follow an explicit list, entries behind it shift.

use crate::{Entry, Template, TemplateWitness, text};
use arch::Queue;
use units::Order;

/// Entries in a description before it is shortened.
const SHOWN_MAX: usize = 5;

/// A run of entries replaced by others.
#[derive(Clone, Debug)]
pub(super) struct Splice {
    /// Place in `Template::queues`, after `Change::queue_added`.
    pub queue: usize,
    /// First entry replaced.
    pub start: usize,
    /// Entries replaced.
    pub len: usize,
    /// What stands there afterwards.
    pub with: Vec<Entry>,
    /// Where entries of the run have gone, as (before, after) from `start` on; others keep their place.
    pub moves: Vec<(usize, usize)>,
}

/// An edit of one template.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// A queue that is inserted first, issuing nothing.
    pub queue_added: Option<(usize, Queue, Vec<Entry>)>,
    /// Splices, at most one per queue; the first one is what descriptions show.
    pub splices: Vec<Splice>,
    /// A burst that went to another queue: its place before the change and after it.
    pub moved: Option<((usize, usize), (usize, usize))>,
}

impl Splice {
    fn place(&self, entry: usize) -> usize {
        if entry < self.start {
            return entry;
        }
        if self.start + self.len <= entry {
            return entry + self.with.len() - self.len;
        }
        let inside = entry - self.start;
        let moved = self.moves.iter().find(|(before, _)| *before == inside);
        self.start + moved.map_or(inside, |(_, after)| *after)
    }
}

impl Change {
    /// Replaces the entry at `place` by `with`.
    pub fn replace(place: (usize, usize), with: Vec<Entry>) -> Self {
        Change::splice(Splice { queue: place.0, start: place.1, len: 1, with, moves: Vec::new() })
    }

    /// One splice.
    pub fn splice(splice: Splice) -> Self {
        Change { queue_added: None, splices: vec![splice], moved: None }
    }

    /// The entries concerned, before and after.
    pub fn texts(&self, template: &Template) -> (String, String) {
        let Some(splice) = self.splices.first() else {
            return Default::default();
        };
        let before = template.queues.get(splice.queue).map_or(&[][..], |(_, entries)| entries);
        let before = before.get(splice.start..splice.start + splice.len).unwrap_or(&[]);
        (list(before), list(&splice.with))
    }

    /// Edits `template` and moves the places of `claims` along.
    pub fn apply(&self, template: &mut Template, claims: Option<&mut TemplateWitness>) {
        if let Some((at, queue, entries)) = &self.queue_added {
            template.queues.insert(*at, (*queue, entries.clone()));
        }
        for splice in &self.splices {
            let entries = &mut template.queues[splice.queue].1;
            entries.splice(splice.start..splice.start + splice.len, splice.with.iter().copied());
        }
        let Some(claims) = claims else {
            return;
        };
        let place = |queue: u32, entry: u32| {
            let (queue, entry) = self.place((queue as usize, entry as usize));
            (queue as u32, entry as u32)
        };
        for claim in &mut claims.entries {
            (claim.queue, claim.entry) = place(claim.queue, claim.entry);
            for source in &mut claim.sources {
                (source.queue, source.entry) = place(source.queue, source.entry);
            }
        }
        claims.entries.order_by_key(|claim| (claim.queue, claim.entry));
    }

    /// Where the entry at (queue, entry) has gone.
    fn place(&self, before: (usize, usize)) -> (usize, usize) {
        if let Some((_, after)) = self.moved.filter(|(origin, _)| *origin == before) {
            return after;
        }
        let (mut queue, entry) = before;
        if let Some((at, ..)) = &self.queue_added
            && *at <= queue
        {
            queue += 1;
        }
        let splice = self.splices.iter().find(|splice| splice.queue == queue);
        (queue, splice.map_or(entry, |splice| splice.place(entry)))
    }
}

/// Entries as one line of text, the middle of long runs left out.
fn list(entries: &[Entry]) -> String {
    let words: Vec<String> = entries.iter().map(text::entry).collect();
    match words.as_slice() {
        [first, second, .., last] if SHOWN_MAX < words.len() => format!("{first} | {second} | ... | {last}"),
        _ => words.join(" | "),
    }
}
