//! How busy a system is: what one token moves, over what could have been moved.
//!
//! In: a judged system, the number of chips, cycles from token to token.  Out: shares, for one user and for all that are served at once.
//! Invariant: both shares count the same instructions; only the time differs.
//! Method: iterations of all bursts, by queue, over all chips.
//! Source: widths of `facts/hardware.md` sections 2 and 3; that one user keeps 0.2 % busy is a claim of the story.

use arch::{Chip, NODE, Queue};
use program::{Executable, Instruction, Seat};
use serde::Serialize;
use units::{Cycles, Text};
use verify::VerifiedSystem;

/// A resource and how busy it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Busy {
    /// Which.
    pub what: Text,
    /// What one launch takes of it, on all chips: words, rows or vectors of one token, or of a token of each user of a batch.
    pub token: u64,
    /// What all chips have of it in a cycle.
    pub per_cycle: f64,
    /// Share with one launch at a time: with one user, or with the users of one batch.
    pub one_user: f64,
    /// Share with all users that are served at once.
    pub full: f64,
}

/// Iterations of one token on the chips of some nodes.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// Words read from SRAM.
    reads: u64,
    /// Words written.
    writes: u64,
    /// Vectors multiplied.
    multiplied: u64,
    /// Vectors sent.
    sent: u64,
}

/// Shares of the system's resources.
pub fn of(verified: &VerifiedSystem, chips: u32, apart: Cycles) -> Vec<Busy> {
    let (system, chip) = (verified.system(), verified.chip());
    let mut all = Counted::default();
    let seats = |is_it: &dyn Fn(&Seat) -> bool| system.seats.iter().filter(|seat| is_it(seat)).count() as u64;
    for (number, role) in (0..).zip(&system.roles) {
        all.add(&role.program.executable, 0..NODE, seats(&|seat| seat.role == number));
    }
    for (number, carry) in (0..).zip(&system.carries) {
        all.add(&carry.executable, 0..2 * NODE, seats(&|seat| seat.carry == Some(number)));
    }
    let (length, apart) = (system.length().0 as f64, apart.0 as f64);
    let chips = f64::from(chips);
    let busy = |what: Text, token: u64, per_cycle: f64| {
        let share = |cycles: f64| token as f64 / (per_cycle * cycles);
        Busy { what, token, per_cycle, one_user: share(length), full: share(apart) }
    };
    let Chip { slices, streams, planes, latency, .. } = chip;
    let ports = 2.0 * 2.0 * f64::from(*slices) * chips;
    let links = f64::from(7 + 4) / f64::from(latency.link_vector) * chips;
    vec![
        busy(Text::of("SRAM 讀寫埠", "SRAM ports"), all.reads + all.writes, ports),
        busy(
            Text::of("串流寬度（讀出的資料）", "width of the streams, words read"),
            all.reads,
            2.0 * f64::from(*streams) * chips,
        ),
        busy(Text::of("MXM 平面", "MXM planes"), all.multiplied, 2.0 * f64::from(*planes) * chips),
        busy(Text::of("晶片間連線（每顆 11 條）", "links, 11 a chip"), all.sent, links),
    ]
}

impl Counted {
    /// With what these chips do in a program that so many seats run.
    fn add(&mut self, executable: &Executable, chips: std::ops::Range<u16>, seats: u64) {
        for chip in chips {
            let templates =
                (0..executable.instances.len()).filter_map(|instance| executable.template_on(chip, instance));
            for template in templates.map(|template| &executable.templates[template]) {
                for (queue, _, _, burst) in template.bursts() {
                    let count = seats * u64::from(burst.count);
                    match (template.queues[queue].0, burst.instruction) {
                        (Queue::MemRead(_), _) => self.reads += count,
                        (Queue::MemWrite(_), _) => self.writes += count,
                        (_, Instruction::Activate { .. }) => self.multiplied += count,
                        (Queue::LinkSend(_), _) => self.sent += count,
                        _ => {}
                    }
                }
            }
        }
    }
}
