//! The screen's own clock.
//!
//! In: the browser's animation frames.  Out: milliseconds since the last one.
//! Invariant: one frame is asked for at a time; dropping the clock ends it.
//! Method: each frame asks for the next.

use gloo_render::{AnimationFrame, request_animation_frame};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A running clock.
pub struct Clock {
    pending: Rc<RefCell<Option<AnimationFrame>>>,
}

struct Beat<F> {
    pending: Rc<RefCell<Option<AnimationFrame>>>,
    last: Cell<Option<f64>>,
    call: F,
}

impl Clock {
    /// Calls back once per frame of the screen with the milliseconds that passed.
    pub fn start(call: impl Fn(f64) + 'static) -> Self {
        let pending = Rc::new(RefCell::new(None));
        ask(Rc::new(Beat { pending: Rc::clone(&pending), last: Cell::new(None), call }));
        Clock { pending }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.pending.borrow_mut().take();
    }
}

fn ask<F: Fn(f64) + 'static>(beat: Rc<Beat<F>>) {
    let pending = Rc::clone(&beat.pending);
    let frame = request_animation_frame(move |now| {
        let passed = beat.last.replace(Some(now)).map_or(0.0, |last| now - last);
        (beat.call)(passed);
        ask(Rc::clone(&beat));
    });
    *pending.borrow_mut() = Some(frame);
}
