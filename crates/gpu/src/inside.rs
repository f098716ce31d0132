//! Inside one kernel: groups of multiprocessors ask the channels of the HBM, through L2, and wait for the slowest.
//!
//! In: a run and one of its kernels.  Out: who is served by which channel when, who waits for which, when channels refresh.
//! Invariant: with nobody late, the stream ends exactly when the run says that it ends; without noise all channels end together.
//! Method: each group reads an equal part of every channel's load. Links are channels (as fast as their load and refreshes make
//! them), partitions of L2, and ports of groups; `share` divides them. Groups that start together are alike, so that they are
//! one flow with their number as its weight, and their ports one link. A late group is only late: nothing else changes.
//!
//! For whoever draws it: times are of the run's own axis. `Read` is a group's stretch with data on the way; `Starve` the group
//! waiting, from when all but its slowest channel have delivered, for the `channel` named; `Late` its delay. `Serve` is a channel
//! at work, `Refresh` a channel that is held up, `Idle` a channel through before the others. `served(channel, at)` is the part
//! of its load that a channel has delivered.

use crate::case::Path;
use crate::channel::{Channel, Stream};
use crate::run::{Run, Span, Where};
use crate::share::{Drained, Flow, drain};
use crate::source::{Source, Sources};
use crate::step::chance;
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// One group starts later than the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Late {
    /// Which group.
    pub group: u32,
    /// By how much.
    pub by: Nanos,
}

/// Who acts, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Act {
    /// A group's data is on the way.
    Read {
        /// Which group.
        group: u32,
    },
    /// A group waits for a last channel.
    Starve {
        /// Which group.
        group: u32,
        /// For which channel.
        channel: u32,
    },
    /// A group has not started.
    Late {
        /// Which group.
        group: u32,
    },
    /// A channel is at work.
    Serve {
        /// Which channel.
        channel: u32,
    },
    /// A channel is held up.
    Refresh {
        /// Which channel.
        channel: u32,
    },
    /// A channel is through.
    Idle {
        /// Which channel.
        channel: u32,
    },
}

/// A stretch of a group's or a channel's time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Who acts, and how.
    pub act: Act,
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
}

/// Groups that start together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Punctual,
    Late,
}

/// A kernel's traffic, solved.
#[derive(Clone, Debug)]
pub struct Inside {
    /// When its stream starts.
    pub from: At,
    /// When its last byte is there.
    pub to: At,
    /// Bytes of each channel.
    pub bytes: Vec<f64>,
    stream: Stream,
    channels: Vec<Channel>,
    groups: u32,
    partitions: u32,
    late: Option<Late>,
    pace: f64,
    is_refreshed: bool,
    drained: Drained,
}

impl Inside {
    pub(crate) fn new(run: &Run, place: Where, span: Span, late: Option<Late>) -> Self {
        let rival = run.rival();
        let (case, kernel) = (rival.case(), &rival.kernels()[place.kernel as usize]);
        let pace = run.paces()[place.gpu as usize];
        let parts = run.parts(place, span.free);
        let from = span.from + parts.ramp * pace;
        let channels = channels(run, place, span.free + parts.gap + parts.ramp, parts.transfer);
        let mean = kernel.bytes / f64::from(case.gpu.channels);
        let total: f64 = channels.iter().map(|channel| channel.load).sum();
        let scale = f64::from(case.gpu.channels) / total;
        let bytes: Vec<f64> = channels.iter().map(|channel| mean * channel.load * scale).collect();
        let mut inside = Inside {
            from,
            to: from,
            bytes,
            stream: Stream::new(case, kernel),
            channels,
            groups: case.gpu.groups,
            partitions: case.gpu.partitions,
            late,
            pace,
            is_refreshed: case.active().has(Source::Refresh),
            drained: Drained { ends: Vec::new(), epochs: Vec::new() },
        };
        inside.drained = drain(&inside.capacities(case.gpu.l2_rate), &inside.flows());
        inside.to = inside.drained.ends.iter().fold(from, |latest, &end| latest.latest(end));
        inside
    }

    /// Number of groups.
    pub fn groups(&self) -> u32 {
        self.groups
    }

    /// Number of channels.
    pub fn channels(&self) -> u32 {
        self.channels.len() as u32
    }

    /// The L2 partition behind which `channel` lies.
    pub fn partition(&self, channel: u32) -> u32 {
        channel * self.partitions / self.channels()
    }

    /// The channel that is through last, and so decides when the kernel ends.
    pub fn slowest(&self) -> u32 {
        let later = |best: u32, channel: u32| if self.end(best) < self.end(channel) { channel } else { best };
        (0..self.channels()).fold(0, later)
    }

    /// When `channel` has delivered everything.
    pub fn end(&self, channel: u32) -> At {
        let classes = self.classes().into_iter().map(|class| self.drained.ends[self.flow(class, channel)]);
        classes.fold(self.from, At::latest)
    }

    /// The part of its load that `channel` has delivered at `at`, 0 to 1.
    pub fn served(&self, channel: u32, at: At) -> f64 {
        let carried = self.drained.epochs.iter().map(|epoch| {
            let length = (epoch.to.earliest(at) - epoch.from).0.max(0.0);
            epoch.loads[channel as usize] * length
        });
        let load = self.bytes[channel as usize];
        if 0.0 < load { (carried.sum::<f64>() / load).min(1.0) } else { 1.0 }
    }

    /// What groups and channels do from `from` to `to`: groups first, each in order of time, then channels.
    pub fn moments(&self, from: At, to: At) -> Vec<Moment> {
        let groups = (0..self.groups).flat_map(|group| self.group_moments(group));
        let mut moments: Vec<Moment> = groups.collect();
        for channel in 0..self.channels() {
            self.channel_moments(channel, &mut moments);
        }
        moments.retain(|moment| moment.from < moment.to && moment.from < to && from < moment.to);
        moments
    }

    fn group_moments(&self, group: u32) -> Vec<Moment> {
        let start = self.start(group);
        let slower = |best: u32, channel: u32| {
            if self.flow_end(group, best) < self.flow_end(group, channel) { channel } else { best }
        };
        let last = (0..self.channels()).fold(0, slower);
        let others = (0..self.channels()).filter(|&channel| channel != last);
        let fed = others.fold(start, |latest, channel| latest.latest(self.flow_end(group, channel)));
        let end = self.flow_end(group, last);
        vec![
            Moment { act: Act::Late { group }, from: self.from, to: start },
            Moment { act: Act::Read { group }, from: start, to: fed },
            Moment { act: Act::Starve { group, channel: last }, from: fed, to: end },
        ]
    }

    fn channel_moments(&self, channel: u32, moments: &mut Vec<Moment>) {
        let end = self.end(channel);
        let mut now = self.from;
        let period = self.stream.period * self.pace;
        let mut refresh = self.from + self.channels[channel as usize].phase * self.pace;
        while self.is_refreshed && refresh < end {
            let over = (refresh + self.stream.stall * self.pace).earliest(end);
            moments.push(Moment { act: Act::Serve { channel }, from: now, to: refresh });
            moments.push(Moment { act: Act::Refresh { channel }, from: refresh, to: over });
            now = over;
            refresh += period;
        }
        moments.push(Moment { act: Act::Serve { channel }, from: now, to: end });
        moments.push(Moment { act: Act::Idle { channel }, from: end, to: self.to });
    }

    fn start(&self, group: u32) -> At {
        match self.late {
            Some(late) if late.group == group => self.from + late.by,
            _ => self.from,
        }
    }

    fn flow_end(&self, group: u32, channel: u32) -> At {
        let is_late = self.late.is_some_and(|late| late.group == group);
        self.drained.ends[self.flow(if is_late { Class::Late } else { Class::Punctual }, channel)]
    }

    /// The classes that have groups.
    fn classes(&self) -> Vec<Class> {
        let classes = [Class::Punctual, Class::Late];
        classes.into_iter().filter(|&class| self.members(class) != 0).collect()
    }

    /// How many groups a class has.
    fn members(&self, class: Class) -> u32 {
        let late = u32::from(self.late.is_some_and(|late| late.group < self.groups));
        match class {
            Class::Punctual => self.groups - late,
            Class::Late => late,
        }
    }

    /// Number of the flow from `channel` to `class`.
    fn flow(&self, class: Class, channel: u32) -> usize {
        (class as u32 * self.channels() + channel) as usize
    }

    /// Channels, then partitions, then ports. A channel's refreshes are spread over its time.
    fn capacities(&self, l2_rate: f64) -> Vec<f64> {
        let channel = |(channel, bytes): (&Channel, &f64)| {
            let busy = (channel.busy * self.pace).0;
            if 0.0 < busy { bytes / busy } else { 1.0 }
        };
        let mut capacities: Vec<f64> = self.channels.iter().zip(&self.bytes).map(channel).collect();
        capacities.extend((0..self.partitions).map(|_| l2_rate / f64::from(self.partitions)));
        let port = l2_rate / f64::from(self.groups);
        capacities.extend(self.classes().into_iter().map(|class| port * f64::from(self.members(class))));
        capacities
    }

    /// From every channel to every class of groups, one class after the other.
    fn flows(&self) -> Vec<Flow> {
        let mut flows = Vec::new();
        for class in self.classes() {
            let weight = self.members(class);
            let from = match (class, self.late) {
                (Class::Late, Some(late)) => self.start(late.group),
                _ => self.from,
            };
            let port = self.channels() + self.partitions + class as u32;
            for (channel, bytes) in (0u32..).zip(&self.bytes) {
                let partition = self.channels() + self.partition(channel);
                let way = vec![channel as usize, partition as usize, port as usize];
                flows.push(Flow { size: bytes * f64::from(weight) / f64::from(self.groups), way, from, weight });
            }
        }
        flows
    }
}

/// The channels under the kernel at `place`, as its path draws them.
fn channels(run: &Run, place: Where, at: At, transfer: Nanos) -> Vec<Channel> {
    let case = run.rival().case();
    let stream = Stream::new(case, &run.rival().kernels()[place.kernel as usize]);
    let chance = chance(case, run.place(place));
    match case.path {
        Path::Fast if case.active() != Sources::none() => stream.refined(chance, at, transfer),
        Path::Fast | Path::Full => stream.full(chance, at),
    }
}
