//! Instruction queues: who issues what.
//!
//! In: a chip.  Out: a dense, stable numbering of the places that issue instructions.
//! Invariant: the published chip has 144 hardware queues; a memory slice's queue issues a read and a write side in one cycle (its 16-byte
//!     instruction holds both), so those two sides are numbered apart here.
//! Source: counts 44 / 16 / 6 / 14 per hemisphere, facts/hardware.md section 3. The split of the 6 MXM queues into weights,
//!     activations and accumulators of 2 planes, and of the 14 into one per unit of the SXM and the rest for links, is assumed; links stand
//!     where the SXM stands.

use crate::{Chip, Hemisphere, LinkId, SliceId};
use serde::{Deserialize, Serialize};

/// A place that issues at most one instruction per cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Queue {
    /// Read side of a slice: Read, Gather.
    MemRead(SliceId),
    /// Write side of a slice: Write, Scatter.
    MemWrite(SliceId),
    /// One ALU of the VXM.
    Alu(u8),
    /// Weights of an MXM plane: Load, Install.
    MxmWeights(Hemisphere, u8),
    /// Activations of an MXM plane: Activate.
    MxmActivate(Hemisphere, u8),
    /// Accumulators of an MXM plane: Accumulate.
    MxmAccumulate(Hemisphere, u8),
    /// One distributor of an SXM: Distribute.
    Distributor(Hemisphere, u8),
    /// One transposer of an SXM: Transpose.
    Transposer(Hemisphere, u8),
    /// The permuter of an SXM: Permute, Shift.
    Permuter(Hemisphere),
    /// Outgoing side of a link: Send.
    LinkSend(LinkId),
    /// Incoming side of a link: Receive.
    LinkReceive(LinkId),
}

/// Functional unit, the grain of colour and statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Memory.
    Mem,
    /// Vector unit.
    Vxm,
    /// Matrix unit.
    Mxm,
    /// Switch unit.
    Sxm,
    /// Links to other chips.
    C2c,
}

/// Instruction queues of one half for its links: what the published 14 of SXM and links leave after 4 distributors, 2 transposers and a
/// permuter. A link has one; how 7 serve the eight links of a half is not public.
const QUEUES_LINKS: u8 = 7;
/// Permuters of an SXM.
const PERMUTERS: u32 = 1;
/// Instruction queues of one MXM plane: weights, activations, accumulators.
const QUEUES_PLANE: u32 = 3;

impl Chip {
    /// Instruction queues of the hardware, each of which takes one instruction a cycle at most; a slice's read and write side are one, and
    /// so are both sides of a link.
    pub fn hardware_queues(&self) -> u32 {
        let switch = u32::from(self.distributors) + u32::from(self.transposers) + PERMUTERS;
        let links = u32::from(self.links.min(QUEUES_LINKS));
        let half = u32::from(self.slices) + QUEUES_PLANE * u32::from(self.planes) + switch + links;
        2 * half + u32::from(self.alus)
    }
}

impl Queue {
    /// Every queue of a chip in die order: memory west to east (read and write side of each), ALUs, MXM, SXM, links.
    pub fn all(chip: &Chip) -> Vec<Queue> {
        let mut queues: Vec<Queue> =
            chip.slices().flat_map(|slice| [Queue::MemRead(slice), Queue::MemWrite(slice)]).collect();
        queues.extend((0..chip.alus).map(Queue::Alu));
        for hemisphere in Hemisphere::BOTH {
            for plane in 0..chip.planes {
                queues.push(Queue::MxmWeights(hemisphere, plane));
                queues.push(Queue::MxmActivate(hemisphere, plane));
                queues.push(Queue::MxmAccumulate(hemisphere, plane));
            }
            queues.extend((0..chip.distributors).map(|index| Queue::Distributor(hemisphere, index)));
            queues.extend((0..chip.transposers).map(|index| Queue::Transposer(hemisphere, index)));
            queues.push(Queue::Permuter(hemisphere));
            let links = (0..chip.links).map(|number| LinkId { hemisphere, number });
            queues.extend(links.flat_map(|link| [Queue::LinkSend(link), Queue::LinkReceive(link)]));
        }
        queues
    }

    /// The unit it belongs to.
    pub fn unit(self) -> Unit {
        match self {
            Queue::MemRead(_) | Queue::MemWrite(_) => Unit::Mem,
            Queue::Alu(_) => Unit::Vxm,
            Queue::MxmWeights(..) | Queue::MxmActivate(..) | Queue::MxmAccumulate(..) => Unit::Mxm,
            Queue::Distributor(..) | Queue::Transposer(..) | Queue::Permuter(_) => Unit::Sxm,
            Queue::LinkSend(_) | Queue::LinkReceive(_) => Unit::C2c,
        }
    }
}

impl std::fmt::Display for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Queue::MemRead(slice) => write!(f, "{slice}.read"),
            Queue::MemWrite(slice) => write!(f, "{slice}.write"),
            Queue::Alu(alu) => write!(f, "alu{alu}"),
            Queue::MxmWeights(hemisphere, plane) => write!(f, "mxm{}{plane}.weights", hemisphere.letter()),
            Queue::MxmActivate(hemisphere, plane) => write!(f, "mxm{}{plane}.activate", hemisphere.letter()),
            Queue::MxmAccumulate(hemisphere, plane) => write!(f, "mxm{}{plane}.accumulate", hemisphere.letter()),
            Queue::Distributor(hemisphere, index) => write!(f, "sxm{}{index}.distribute", hemisphere.letter()),
            Queue::Transposer(hemisphere, index) => write!(f, "sxm{}{index}.transpose", hemisphere.letter()),
            Queue::Permuter(hemisphere) => write!(f, "sxm{}0.permute", hemisphere.letter()),
            Queue::LinkSend(link) => write!(f, "c2c{link}.send"),
            Queue::LinkReceive(link) => write!(f, "c2c{link}.receive"),
        }
    }
}

impl std::str::FromStr for Queue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` names no queue; expected for instance W12.read, alu3, mxmE0.weights, sxmW1.distribute, c2cE2.send"
            )
        };
        let hemisphere = |letter: Option<char>| match letter {
            Some('W') => Ok(Hemisphere::West),
            Some('E') => Ok(Hemisphere::East),
            _ => Err(wrong()),
        };
        let number = |digits: &str| digits.parse::<u8>().map_err(|_| wrong());
        if let Some(digits) = text.strip_prefix("alu") {
            return Ok(Queue::Alu(number(digits)?));
        }
        let (place, side) = text.split_once('.').ok_or_else(wrong)?;
        let unit = ["mxm", "sxm", "c2c"].into_iter().find(|unit| place.starts_with(unit)).unwrap_or("");
        let mut rest = place[unit.len()..].chars();
        let half = hemisphere(rest.next())?;
        let index = number(rest.as_str())?;
        let slice = SliceId { hemisphere: half, number: index };
        let link = LinkId { hemisphere: half, number: index };
        match (unit, side) {
            ("", "read") => Ok(Queue::MemRead(slice)),
            ("", "write") => Ok(Queue::MemWrite(slice)),
            ("mxm", "weights") => Ok(Queue::MxmWeights(half, index)),
            ("mxm", "activate") => Ok(Queue::MxmActivate(half, index)),
            ("mxm", "accumulate") => Ok(Queue::MxmAccumulate(half, index)),
            ("sxm", "distribute") => Ok(Queue::Distributor(half, index)),
            ("sxm", "transpose") => Ok(Queue::Transposer(half, index)),
            ("sxm", "permute") if index == 0 => Ok(Queue::Permuter(half)),
            ("c2c", "send") => Ok(Queue::LinkSend(link)),
            ("c2c", "receive") => Ok(Queue::LinkReceive(link)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_queues_follow_from_the_units_of_the_machine() {
        let published = Chip::lpu_14nm();
        assert_eq!(published.hardware_queues(), 2 * (44 + 6 + 14) + 16);
        let with = |change: fn(&mut Chip)| {
            let mut chip = published.clone();
            change(&mut chip);
            chip.hardware_queues() as i64 - 144
        };
        assert_eq!(with(|chip| chip.distributors += 3), 6);
        assert_eq!(with(|chip| chip.transposers -= 1), -2);
        assert_eq!(with(|chip| chip.links = 0), -14);
        assert_eq!(with(|chip| chip.slices -= 4), -8);
        assert_eq!(with(|chip| chip.alus -= 1), -1);
    }

    #[test]
    fn every_queue_is_read_back_from_its_name() {
        for queue in Queue::all(&Chip::lpu_14nm()) {
            assert_eq!(queue.to_string().parse(), Ok(queue));
        }
        assert!("mxmX0.weights".parse::<Queue>().is_err());
        assert!("sxmE1.permute".parse::<Queue>().is_err(), "an SXM has one permuter");
        assert!("".parse::<Queue>().is_err());
    }
}
