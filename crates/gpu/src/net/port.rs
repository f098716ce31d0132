//! The end of a cable at which words wait: one queue for each class, and what room there is at the other end.
//!
//! In: words as they come, credits on their way.  Out: the next word to set out, or when to ask again.
//! Invariant: a class is sent in the order of coming, and never beyond the room of that class at the other end.
//! Method: of the heads for which there is room the one that came first. Credits are counted when somebody asks, so that they are no events.

use std::collections::VecDeque;

/// Words that wait for one cable.
#[derive(Clone, Debug)]
pub(super) struct Port {
    /// Cycle from which the cable takes a word.
    free: u64,
    classes: Vec<Class>,
    waiting: u32,
    /// When somebody asks next.
    asks: Option<u64>,
}

#[derive(Clone, Debug)]
struct Class {
    /// Order of coming, and packet.
    queue: VecDeque<(u64, u32)>,
    /// Words for which there is room at the other end.
    room: u32,
    /// When credits come, in order.
    credits: VecDeque<u64>,
}

impl Port {
    pub(super) fn new(classes: usize, room: u32) -> Self {
        let class = Class { queue: VecDeque::new(), room, credits: VecDeque::new() };
        Port { free: 0, classes: vec![class; classes], waiting: 0, asks: None }
    }

    /// A packet joins the queue of its class.
    pub(super) fn push(&mut self, class: u8, order: u64, packet: u32) {
        self.classes[usize::from(class)].queue.push_back((order, packet));
        self.waiting += 1;
    }

    /// Takes the packet that sets out in cycle `now`, if one does; the next can `word` cycles later.
    pub(super) fn pop(&mut self, now: u64, word: u64) -> Option<u32> {
        if now < self.free || self.waiting == 0 {
            return None;
        }
        let mut first: Option<(u64, usize)> = None;
        for (number, class) in self.classes.iter_mut().enumerate() {
            let Some(&(order, _)) = class.queue.front() else { continue };
            while class.credits.pop_front_if(|at| *at <= now).is_some() {
                class.room += 1;
            }
            if 0 < class.room && first.is_none_or(|(other, _)| order < other) {
                first = Some((order, number));
            }
        }
        let class = &mut self.classes[first?.1];
        class.room -= 1;
        self.waiting -= 1;
        self.free = now + word;
        class.queue.pop_front().map(|(_, packet)| packet)
    }

    /// There will be room for one more of a class from cycle `at` on; credits of a class come in order.
    pub(super) fn credit(&mut self, class: u8, at: u64) {
        self.classes[usize::from(class)].credits.push_back(at);
    }

    /// When it is worth asking again, after `now`, unless somebody does so already; notes that somebody does.
    pub(super) fn ask(&mut self, now: u64) -> Option<u64> {
        if self.waiting == 0 {
            return None;
        }
        let room = |class: &Class| if 0 < class.room { Some(0) } else { class.credits.front().copied() };
        let waiting = self.classes.iter().filter(|class| !class.queue.is_empty());
        let at = waiting.filter_map(room).min()?.max(self.free).max(now + 1);
        if self.asks.is_some_and(|asks| now < asks && asks <= at) {
            return None;
        }
        self.asks = Some(at);
        Some(at)
    }

    /// Words that wait.
    pub(super) fn waiting(&self) -> u32 {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_goes_first_unless_there_is_no_room() {
        let mut port = Port::new(2, 1);
        let words = [(1, 5, 50), (0, 6, 60), (1, 7, 70)];
        words.into_iter().for_each(|(class, order, packet)| port.push(class, order, packet));
        assert_eq!((port.pop(0, 24), port.pop(23, 24), port.ask(23)), (Some(50), None, Some(24)));
        assert_eq!((port.pop(24, 24), port.pop(48, 24), port.ask(48), port.waiting()), (Some(60), None, None, 1));
        port.credit(0, 50);
        assert_eq!((port.pop(60, 24), port.ask(60)), (None, None));
        port.credit(1, 100);
        assert_eq!((port.ask(60), port.ask(60), port.pop(99, 24)), (Some(100), None, None));
        assert_eq!((port.pop(100, 24), port.waiting()), (Some(70), 0));
    }
}
