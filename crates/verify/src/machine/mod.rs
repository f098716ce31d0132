//! The symbolic machine: steps a whole token, every queue at most one instruction per cycle, on words that are names.
//!
//! In: a well-formed executable and what lies in SRAM before the token.  Out: violations of rules 2 to 8, 10, 12 and 13 as they happen,
//!     and the SRAM after the token (rule 11 compares it).
//! Invariant: shares nothing with the simulator or the compiler but `arch` and `program`; one pass, memory independent of length.
//! Method: per cycle that has a dispatch, one walk over the queues in the order of `plan::phase`. Chips meet on links alone, so each runs a
//!     stretch of cycles before the next one does. A fault is reported once, where it happens; its value goes on as POISON, which reports
//!     nothing.

mod control;
mod issue;
mod links;
pub(crate) mod mxm;
pub(crate) mod plan;
mod sram;
mod streams;
mod vxm;

pub(crate) use issue::samples;
pub(crate) use sram::{Region, Rows, Sram};

use crate::term::Term;
use crate::{Fault, Place, Report, Violation};
use arch::Queue;
use control::Control;
use links::{Flight, Links};
use mxm::Mxm;
use plan::{Lane, Plan, Site};
use program::{Executable, LaneMap, SUPERLANES, Witness};
use streams::{Origin, Streams};
use vxm::Vxm;

const NEVER: u64 = u64::MAX;
/// Most cycles of one chip before the next chip's turn: with fewer, chips push one another's words out of the caches.
const STRETCH_MAX: u64 = 256;

/// State of one chip, symbolically.
struct Core {
    sram: Sram,
    streams: Streams,
    mxm: Mxm,
    vxm: Vxm,
    control: Control,
}

/// State of all chips, symbolically. They run the same instances in the same cycles, most of them the same instructions, each on its own
/// words.
pub(crate) struct Machine<'a> {
    site: &'a Site<'a>,
    plans: Vec<Plan<'a>>,
    maps: &'a [LaneMap],
    cores: Vec<Core>,
    /// The chip at work.
    at: usize,
    links: Links<'a>,
    /// Cycles that a chip may run ahead of the others: no longer than a vector is under way, so that it has set out before it is looked for.
    stretch: u64,
    /// Superlanes at work for what is being dispatched.
    superlanes: u8,
    report: &'a mut Report,
    names: Option<&'a [Term]>,
}

/// What is being dispatched: enough to name the place of a fault.
#[derive(Clone, Copy)]
struct Issue<'b> {
    cycle: u64,
    origin: Origin,
    plan: usize,
    queue: Queue,
    bases: &'b [u16],
}

/// Where a queue stands.
#[derive(Clone, Copy)]
struct Cursor {
    burst: u32,
    iteration: u32,
}

/// Chips that run the same template in an instance, and how far they are in it.
struct Party {
    plan: usize,
    chips: Vec<usize>,
    cursors: Vec<Cursor>,
    /// By lane: the cycle of the next dispatch.
    next: Vec<u64>,
}

impl Party {
    fn new(of: &Plan, (plan, start): (usize, u64), chip: usize) -> Self {
        let cursors = of.lanes.iter().map(|lane| Cursor { burst: lane.first, iteration: 0 }).collect();
        let next = of.lanes.iter().map(|lane| start + of.bursts[lane.first as usize].start).collect();
        Party { plan, chips: vec![chip], cursors, next }
    }

    /// The cycle of its next dispatch, if there is one.
    fn soonest(&self) -> Option<u64> {
        self.next.iter().copied().min().filter(|cycle| *cycle != NEVER)
    }
}

impl<'a> Machine<'a> {
    /// A machine with `srams`, chip by chip, as they are before the token. `witness` is `None` when the program claims nothing.
    pub(crate) fn new(
        site: &'a Site<'a>,
        srams: Vec<Sram>,
        executable: &'a Executable,
        witness: Option<&'a Witness>,
        report: &'a mut Report,
    ) -> Self {
        let claims = |index: usize| witness.and_then(|witness| witness.templates.get(index));
        let plan = |(index, template)| site.plan(template, claims(index));
        let templates = executable.templates.iter().map(|(id, template)| (id.index(), template));
        let plans = templates.map(plan).collect();
        let core = |sram| Core {
            sram,
            streams: Streams::new(site.diagonals(), site.stations()),
            mxm: Mxm::new(site.chip),
            vxm: Vxm::new(site.chip),
            control: Control::default(),
        };
        let cores = srams.into_iter().map(core).collect();
        let links = Links::new(site.chip, &site.topology);
        let maps = executable.maps.as_slice();
        let stretch = site.chip.latency.link_crossing().0.clamp(1, STRETCH_MAX);
        Machine { site, plans, maps, cores, at: 0, links, stretch, superlanes: SUPERLANES, report, names: None }
    }

    /// The SRAM of every chip.
    pub(crate) fn into_srams(self) -> Vec<Sram> {
        self.cores.into_iter().map(|core| core.sram).collect()
    }

    #[inline]
    fn core(&mut self) -> &mut Core {
        &mut self.cores[self.at]
    }

    /// Lets the machine report the first result that is none of `names`, which are sorted.
    pub(crate) fn look_for_foreign(&mut self, names: &'a [Term]) {
        self.names = Some(names);
    }

    /// Runs all instances, one after the other, and lets the last writes show.
    pub(crate) fn run(&mut self, executable: &'a Executable) {
        let mut start = 0;
        for (number, instance) in executable.instances.iter().enumerate() {
            let mut parties: Vec<Party> = Vec::new();
            for chip in 0..self.cores.len() {
                let template = executable.template_on(chip as u16, number).expect("the instance is there");
                let plan = template.index();
                match parties.iter_mut().find(|party| party.plan == plan) {
                    Some(party) => party.chips.push(chip),
                    None => parties.push(Party::new(&self.plans[plan], (plan, start), chip)),
                }
            }
            self.instance(number as u32, parties, start, &instance.bases);
            start += self.plans[instance.template.index()].length;
        }
        self.cores.iter_mut().for_each(|core| core.sram.settle(NEVER));
        let left = self.links.left();
        self.missed(left);
    }

    /// Runs one instance, `stretch` cycles of one chip after those of the other.
    fn instance(&mut self, number: u32, mut parties: Vec<Party>, start: u64, bases: &'a [u16]) {
        let mut due: Vec<Issue> = Vec::new();
        while let Some(first) = parties.iter().filter_map(Party::soonest).min() {
            for party in &mut parties {
                due.clear();
                self.due(party, (first + self.stretch, start), (number, bases), &mut due);
                for &chip in &party.chips {
                    self.at = chip;
                    let mut settled = NEVER;
                    for issue in &due {
                        if issue.cycle != settled {
                            settled = issue.cycle;
                            self.core().sram.settle(settled);
                        }
                        self.dispatch(issue);
                    }
                }
            }
        }
    }

    /// Moves a party up to cycle `end`, and lists what it dispatches before: cycle by cycle, in the order in which queues act.
    fn due(
        &self,
        party: &mut Party,
        (end, start): (u64, u64),
        (instance, bases): (u32, &'a [u16]),
        due: &mut Vec<Issue<'a>>,
    ) {
        let plan = party.plan;
        while let Some(cycle) = party.soonest().filter(|cycle| *cycle < end) {
            for (index, &Lane { queue, last, .. }) in self.plans[plan].lanes.iter().enumerate() {
                if party.next[index] == cycle {
                    let Cursor { burst, iteration } = party.cursors[index];
                    due.push(Issue { cycle, origin: Origin { instance, burst, iteration }, plan, queue, bases });
                    party.next[index] = self.advance(plan, start, last, &mut party.cursors[index]);
                }
            }
        }
    }

    /// Reports vectors that landed where nobody received them.
    fn missed(&mut self, flights: Vec<Flight<'a>>) {
        for Flight { lands, sender, issue, .. } in flights {
            let at = std::mem::replace(&mut self.at, sender);
            self.fault(&issue, Fault::NotReceived { lands });
            self.at = at;
        }
    }

    /// Moves a queue to its next dispatch, and says when that is.
    #[inline]
    fn advance(&self, plan: usize, start: u64, last: u32, cursor: &mut Cursor) -> u64 {
        let bursts = &self.plans[plan].bursts;
        cursor.iteration += 1;
        if bursts[cursor.burst as usize].count <= cursor.iteration {
            *cursor = Cursor { burst: cursor.burst + 1, iteration: 0 };
            if cursor.burst == last {
                return NEVER;
            }
        }
        let burst = &bursts[cursor.burst as usize];
        start + burst.start + u64::from(cursor.iteration) * u64::from(burst.interval)
    }

    /// Looks at a result, if foreign ones are looked for.
    #[inline]
    fn made(&mut self, issue: &Issue, term: Term) {
        if let Some(names) = self.names
            && !term.is_poison()
            && names.binary_search(&term).is_err()
        {
            self.names = None;
            self.fault(issue, Fault::Foreign);
        }
    }

    #[cold]
    fn fault(&mut self, issue: &Issue, fault: Fault) {
        let entry = self.plans[issue.plan].bursts[issue.origin.burst as usize].entry;
        let Origin { instance, iteration, .. } = issue.origin;
        let place = Place::Issue { instance, queue: issue.queue, entry, iteration };
        self.report.push(Violation::new(Some(issue.cycle), place, fault).on(self.at));
    }
}
