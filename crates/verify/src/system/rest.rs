//! What a program leaves behind on a chip besides memory (S7): nothing that the next one could meet.
//!
//! In: a chip, an executable that its judge accepted.  Out: the first thing on a chip that is not at rest when the program ends.
//! Invariant: looks at what is dispatched, not at values; a program is judged as if it began on a chip at rest, so this is what makes it so.
//! Method: per chip one walk over its bursts, in order of instances. A value matters if it departs from its driver after the end: what
//!     departed before passes in front of everything that the next program drives.

use arch::{Chip, Latencies, Queue, Topology};
use program::{Executable, Instruction, SUPERLANES};
use std::collections::BTreeMap;
use units::Text;

/// What is not at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrest {
    /// A value or a word that is still on its way out of a unit, for so many cycles.
    UnderWay {
        /// Who makes it.
        queue: Queue,
        /// Cycles after the end.
        cycles: u64,
    },
    /// Columns that were loaded behind the last Install.
    Loaded {
        /// Who loaded them.
        queue: Queue,
    },
    /// A unit of which not all superlanes work.
    Short {
        /// Whose unit.
        queue: Queue,
        /// Superlanes at work.
        superlanes: u8,
    },
}

impl Unrest {
    pub(super) fn text(self) -> Text {
        match self {
            Unrest::UnderWay { queue, cycles } => Text::new(
                format!("佇列 {queue} 送出的東西在程式結束後 {cycles} 個週期才到位"),
                format!("what queue {queue} makes is under way for {cycles} cycles after the end"),
            ),
            Unrest::Loaded { queue } => Text::new(
                format!("佇列 {queue} 載入的直行到程式結束都沒有安裝"),
                format!("columns that queue {queue} loaded are not installed at the end"),
            ),
            Unrest::Short { queue, superlanes } => Text::new(
                format!("佇列 {queue} 的單元在程式結束時只有 {superlanes} 個超級通道在工作"),
                format!("the unit of queue {queue} ends with {superlanes} superlanes at work"),
            ),
        }
    }
}

/// The first chip that is not at rest when the program ends, and why.
pub(super) fn check(chip: &Chip, executable: &Executable) -> Option<(u16, Unrest)> {
    let chips = Topology::named(&executable.topology).map_or(0, |topology| topology.chips);
    (0..chips).find_map(|number| Some((number, of_chip(chip, executable, number)?)))
}

fn of_chip(chip: &Chip, executable: &Executable, number: u16) -> Option<Unrest> {
    let (mut start, end) = (0, executable.length().0);
    let mut loaded: BTreeMap<Queue, bool> = BTreeMap::new();
    let mut short: BTreeMap<Queue, u8> = BTreeMap::new();
    for instance in 0..executable.instances.len() {
        let template = &executable.templates[executable.template_on(number, instance)?];
        for (queue, _, first, burst) in template.bursts() {
            let queue = template.queues[queue].0;
            let last = start + first + u64::from(burst.count - 1) * u64::from(burst.interval);
            let over = last + under_way(&chip.latency, &burst.instruction);
            if end < over {
                return Some(Unrest::UnderWay { queue, cycles: over - end });
            }
            match burst.instruction {
                Instruction::Load { .. } => drop(loaded.insert(queue, true)),
                Instruction::Install => drop(loaded.insert(queue, false)),
                Instruction::Config { superlanes } => drop(short.insert(queue, superlanes)),
                _ => {}
            }
        }
        start += template.length().0;
    }
    let full = loaded.into_iter().find(|(_, is_loaded)| *is_loaded);
    let full = full.map(|(queue, _)| Unrest::Loaded { queue });
    let cut = short.into_iter().find(|(_, superlanes)| *superlanes != SUPERLANES);
    full.or_else(|| cut.map(|(queue, superlanes)| Unrest::Short { queue, superlanes }))
}

/// Cycles from a dispatch until what it makes departs on its stream, or shows in memory.
fn under_way(l: &Latencies, instruction: &Instruction) -> u64 {
    let cycles = match instruction {
        Instruction::Read { .. } => l.mem_read,
        Instruction::Write { .. } | Instruction::Scatter { .. } => l.mem_write,
        Instruction::Gather { .. } => l.mem_gather,
        Instruction::Alu(alu) if alu.to.is_some() => l.vxm_entry + l.vxm_alu,
        Instruction::Accumulate { emit: Some(_), .. } => l.mxm_accumulate,
        Instruction::Distribute { .. } => l.sxm_distribute,
        Instruction::Transpose { .. } => l.sxm_transpose,
        Instruction::Rotate { .. } => l.sxm_rotate,
        Instruction::Permute { .. } | Instruction::Shift { .. } => l.sxm_permute,
        Instruction::Receive { .. } => l.link_receive,
        _ => 0,
    };
    u64::from(cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left behind by these queues of a template that lasts 20 cycles.
    fn left(queues: &str) -> Option<(u16, Unrest)> {
        let text = format!("program lpu-14nm on chip context 1\ntemplate only\n{queues}instance only bases 0\n");
        check(&Chip::lpu_14nm(), &program::text::parse(&text).expect("written well"))
    }

    #[test]
    fn what_departs_or_shows_after_the_end_is_found() {
        let read = |wait: u32| left(&format!("queue E0.read\nnop {wait}\nread b0+0 -> E4\nnop {}\n", 20 - wait));
        assert_eq!(read(19), None, "it departs in the cycle in which the next program begins");
        let permute = |wait: u32| {
            let rest = 50 - wait;
            left(&format!("queue sxmE0.permute\nnop {wait}\nshift s0 s0 by 1 -> s8 x2/3\nnop {rest}\n"))
        };
        let queue = Queue::Permuter(arch::Hemisphere::East);
        assert_eq!(permute(15), None);
        assert_eq!(permute(16), Some((0, Unrest::UnderWay { queue, cycles: 1 })));
    }

    #[test]
    fn columns_and_lengths_are_looked_at_in_the_end() {
        let weights = |orders: &str| left(&format!("queue mxmE0.weights\n{orders}nop 9\n"));
        let queue = Queue::MxmWeights(arch::Hemisphere::East, 0);
        assert_eq!(weights("load g0 s0\ninstall\n"), None);
        assert_eq!(weights("load g0 s0\ninstall\nload g1 s0\n"), Some((0, Unrest::Loaded { queue })));
        assert_eq!(weights("config 3\nnop 1\nconfig 20\n"), None);
        assert_eq!(weights("config 3\n"), Some((0, Unrest::Short { queue, superlanes: 3 })));
    }
}
