//! A step that was run: who did what from when to when, by query.
//!
//! In: spans of every GPU.  Out: the duration, the waits, and the events of any stretch of time.
//! Invariant: the events of a GPU tile its time without gap or overlap, from the start of the step to its end.
//! Method: spans in order, found by binary search.
//!
//! For whoever draws it: `events(from, to)` gives, GPU by GPU and in order of time, what each does in that stretch; an event that
//! reaches beyond the stretch is given whole. `Launch` is the gap before a kernel (nothing runs), `Kernel` the kernel itself,
//! `Wait` a GPU standing at the barrier for the slowest, `Exchange` the all-reduce, `Done` the rest until the slowest GPU ends.
//! What happens inside a kernel is asked of [`Run::inside`].

use crate::inside::{Inside, Late};
use crate::kernel::Kind;
use crate::price::Priced;
use crate::rival::Rival;
use crate::source::Place;
use crate::step::{Parts, parts};
use crate::time::{At, Nanos};
use serde::Serialize;

/// One kernel of one GPU.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// When the GPU was free for it.
    pub free: At,
    /// When it started.
    pub from: At,
    /// When it ended.
    pub to: At,
}

/// What a GPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Doing {
    /// Nothing yet: the next kernel is being launched.
    Launch,
    /// A kernel runs.
    Kernel,
    /// It stands at the barrier.
    Wait,
    /// All exchange their parts.
    Exchange,
    /// It is through; others are not.
    Done,
}

/// A stretch of one GPU's time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Which GPU.
    pub gpu: u32,
    /// What it does.
    pub doing: Doing,
    /// Number of the kernel in the step: the one running, being launched, or waited at.
    pub kernel: u32,
    /// Which kernel that is.
    pub kind: Kind,
    /// Its layer, if it belongs to one.
    pub layer: Option<u32>,
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
}

/// A kernel of a GPU, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Where {
    /// Which GPU.
    pub gpu: u32,
    /// Number of the kernel in the step.
    pub kernel: u32,
}

/// A kernel held up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Delay {
    /// Which kernel of which GPU.
    pub place: Where,
    /// By how much.
    pub by: Nanos,
}

/// A step that was run.
#[derive(Clone, Debug)]
pub struct Run {
    rival: Rival,
    number: u32,
    paces: Vec<f64>,
    lanes: Vec<Vec<Span>>,
}

impl Run {
    pub(crate) fn new(rival: Rival, number: u32, paces: Vec<f64>, lanes: Vec<Vec<Span>>) -> Self {
        Run { rival, number, paces, lanes }
    }

    /// The box it ran on.
    pub fn rival(&self) -> &Rival {
        &self.rival
    }

    /// Number of the step.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// By which factor each GPU is slower than the mean.
    pub fn paces(&self) -> &[f64] {
        &self.paces
    }

    /// Spans of all kernels, per GPU.
    pub fn lanes(&self) -> &[Vec<Span>] {
        &self.lanes
    }

    /// Spans of one GPU; none where there is no such GPU.
    fn lane(&self, gpu: u32) -> &[Span] {
        self.lanes.get(gpu as usize).map_or(&[], Vec::as_slice)
    }

    /// When the last GPU is through.
    pub fn end(&self) -> At {
        let ends = self.lanes.iter().filter_map(|lane| lane.last());
        ends.fold(At::START, |latest, span| latest.latest(span.to))
    }

    /// From the start to the end.
    pub fn duration(&self) -> Nanos {
        self.end() - At::START
    }

    /// How long `gpu` stood at barriers for slower ones: its red lights.
    pub fn waited(&self, gpu: u32) -> Nanos {
        let sums = self.lane(gpu).iter().zip(self.rival.kernels().iter());
        sums.filter(|(_, kernel)| kernel.kind.is_sum()).map(|(span, _)| span.from - span.free).sum()
    }

    /// Times of all kernels of one kind on all GPUs, from start to end.
    pub fn times(&self, kind: Kind) -> Vec<Nanos> {
        let spans = self.lanes.iter().flat_map(|lane| lane.iter().zip(self.rival.kernels().iter()));
        spans.filter(|(_, kernel)| kernel.kind == kind).map(|(span, _)| span.to - span.from).collect()
    }

    /// What happens from `from` to `to`, GPU by GPU, in order of time.
    pub fn events(&self, from: At, to: At) -> Vec<Event> {
        (0..self.lanes.len() as u32).flat_map(|gpu| self.events_of(gpu, from, to)).collect()
    }

    /// The same of one GPU.
    pub fn events_of(&self, gpu: u32, from: At, to: At) -> Vec<Event> {
        let lane = self.lane(gpu);
        let first = lane.partition_point(|span| span.to <= from);
        let mut events = Vec::new();
        for (index, span) in lane.iter().enumerate().skip(first).take_while(|(_, span)| span.free < to) {
            let kernel = &self.rival.kernels()[index];
            let (before, during) =
                if kernel.kind.is_sum() { (Doing::Wait, Doing::Exchange) } else { (Doing::Launch, Doing::Kernel) };
            for (doing, start, end) in [(before, span.free, span.from), (during, span.from, span.to)] {
                events.push(event(Where { gpu, kernel: index as u32 }, doing, kernel, start, end));
            }
        }
        if let (Some(last), Some(kernel)) = (lane.last(), self.rival.kernels().last()) {
            let place = Where { gpu, kernel: lane.len() as u32 - 1 };
            events.push(event(place, Doing::Done, kernel, last.to, self.end()));
        }
        events.retain(|event| event.from < event.to && event.from < to && from < event.to);
        events
    }

    /// The kernel that runs on `gpu` at `at`, or is being launched.
    pub fn kernel_at(&self, gpu: u32, at: At) -> Option<Where> {
        let index = self.lane(gpu).partition_point(|span| span.to <= at);
        (index < self.lane(gpu).len()).then_some(Where { gpu, kernel: index as u32 })
    }

    /// What happens inside a kernel: groups of multiprocessors on one side, channels of the HBM on the other.
    ///
    /// `None` where the kernel reads nothing from HBM. `late` makes one group start later than the others.
    pub fn inside(&self, place: Where, late: Option<Late>) -> Option<Inside> {
        let span = self.lane(place.gpu).get(place.kernel as usize)?;
        let kernel = &self.rival.kernels()[place.kernel as usize];
        (0.0 < kernel.bytes).then(|| Inside::new(self, place, *span, late))
    }

    /// The parts of the kernel at `place`, drawn again.
    pub(crate) fn parts(&self, place: Where, free: At) -> Parts {
        let kernel = &self.rival.kernels()[place.kernel as usize];
        parts(&self.rival, kernel, self.place(place), free)
    }

    pub(crate) fn place(&self, place: Where) -> Place {
        Place { step: self.number, gpu: place.gpu, kernel: place.kernel }
    }
}

fn event(place: Where, doing: Doing, kernel: &Priced, from: At, to: At) -> Event {
    Event { gpu: place.gpu, doing, kernel: place.kernel, kind: kernel.kind, layer: kernel.layer, from, to }
}
