//! What lies under a point of a picture.
//!
//! In: a picture's view, a point in its design space, a cursor.  Out: a selection, or nothing.
//! Invariant: the plan is the one that the picture was drawn from, so that what is seen is what is picked; the same on page and
//!     command line.
//! Method: from small to large: a value under the point, a stream register in the gap between groups, a column of its unit.

use crate::chip::{ChipView, line_of, queue_at, wave_area};
use crate::die::Die;
use crate::memory;
use crate::selection::{Cursor, Selection};
use crate::timeline::{Live, Timeline};
use arch::{Direction, Hemisphere, Queue, SliceId, Station, StreamId};

/// How far beside a value a point still means it.
const REACH: f32 = 6.0;
/// How far beside a register a point still means it.
const REGISTER_REACH: f32 = 4.0;

/// What lies under a point of the chip's picture.
pub fn pick_chip(timeline: &Timeline, cursor: Cursor, view: &ChipView, x: f32, y: f32) -> Option<Selection> {
    let die = view.die(timeline);
    if let Some(superlane) = die.superlane(y) {
        let point = Point { timeline, die: &die, view, superlane, x, y };
        return point.value(cursor.cycle).or_else(|| point.register()).or_else(|| point.column(cursor));
    }
    queue_at(timeline, &die, x, y).map(Selection::Queue)
}

/// What lies under a point of the memory's picture.
pub fn pick_memory(timeline: &Timeline, x: f32, y: f32) -> Option<Selection> {
    let (slice, address) = memory::word_at(timeline, x, y)?;
    Some(Selection::Sram { slice, address })
}

struct Point<'a> {
    timeline: &'a Timeline,
    die: &'a Die,
    view: &'a ChipView,
    superlane: u32,
    x: f32,
    y: f32,
}

impl Point<'_> {
    /// The value nearest to the point, those that are still wanted first.
    fn value(&self, cycle: u64) -> Option<Selection> {
        let near = |live: &Live| {
            let direction = live.id.stream.direction;
            let line = line_of(self.die, self.view, live, self.superlane);
            if self.y < line.0 || line.1 <= self.y {
                return None;
            }
            let delay = live.delay(cycle, self.superlane)?;
            let is_spent = live.wanted.is_none_or(|wanted| wanted < delay);
            let area = wave_area(self.die, direction, live.driver, delay, line);
            let off = (area.x0 - self.x).max(self.x - area.x1).max(0.0);
            (off <= REACH).then_some((is_spent, off, live.id))
        };
        let found = self.timeline.live(cycle);
        let found = found.iter().filter_map(near);
        let nearest = found.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)))?;
        Some(Selection::Value(nearest.2))
    }

    /// The stream register in the gap between two groups: east above, west below, streams from top to bottom.
    fn register(&self) -> Option<Selection> {
        let geometry = self.timeline.geometry();
        let (top, bottom) = self.die.row(i64::from(self.superlane));
        let middle = (top + bottom) / 2.0;
        let (direction, from, to) =
            if self.y < middle { (Direction::East, top, middle) } else { (Direction::West, middle, bottom) };
        let station = (0..geometry.stations())
            .map(Station)
            .filter(|station| *station != geometry.vxm())
            .find(|station| (self.die.register(geometry, direction, *station) - self.x).abs() <= REGISTER_REACH)?;
        let streams = self.timeline.chip().streams;
        let part = ((self.y - from) / (to - from)).clamp(0.0, 0.999);
        let stream = StreamId::new(direction, (part * f32::from(streams)) as u8);
        Some(Selection::Stream { stream, station })
    }

    /// The unit whose column the point lies in.
    fn column(&self, cursor: Cursor) -> Option<Selection> {
        let inside = |(x0, x1): (f32, f32)| x0 - 1.0 <= self.x && self.x < x1 + 1.0;
        let chip = self.timeline.chip();
        if let Some(slice) = chip.slices().find(|slice| inside(self.die.slice(*slice))) {
            return Some(self.slice(slice, cursor));
        }
        if let Some(alu) = (0..chip.alus).map(Queue::Alu).find(|queue| inside(self.die.column(*queue))) {
            return Some(Selection::Queue(alu));
        }
        for hemisphere in Hemisphere::BOTH {
            if let Some(plane) = (0..chip.planes).find(|plane| inside(self.die.plane(hemisphere, *plane))) {
                return Some(Selection::Plane { hemisphere, plane });
            }
            let mut distributors = (0..chip.distributors).map(|number| Queue::Distributor(hemisphere, number));
            if let Some(queue) = distributors.find(|queue| inside(self.die.column(*queue))) {
                return Some(Selection::Queue(queue));
            }
        }
        None
    }

    /// The word of the slice that its last instruction touched, or the next one will.
    fn slice(&self, slice: SliceId, cursor: Cursor) -> Selection {
        let touched = |queue, is_past| {
            let (last, next) = self.timeline.around(queue, cursor.cycle + u64::from(is_past));
            let issue = if is_past { last } else { next }?;
            Some((issue.cycle, self.timeline.word_of(&issue, cursor.token)?))
        };
        let queues = [Queue::MemRead(slice), Queue::MemWrite(slice)];
        let past = queues.into_iter().filter_map(|queue| touched(queue, true)).max_by_key(|(cycle, _)| *cycle);
        let next = || queues.into_iter().filter_map(|queue| touched(queue, false)).min_by_key(|(cycle, _)| *cycle);
        let address = past.or_else(next).map_or(0, |(_, address)| address);
        Selection::Sram { slice, address }
    }
}
