//! Where the time goes: the same cut compiled for machines that lack one cause of time after the other.
//!
//! In: a fleet.  Out: bars that sum to its token, to the cycle; then what no public source explains.
//! Invariant: each bar is the difference of two judged systems; nothing is attributed by hand. The order is stated, and another order
//!     would give other bars.
//! Method: machines are data. First a machine whose units answer at once and whose links are short and wide; then the units' real
//!     latencies, the length of the links, their width. What is published stands at the end, and the rest up to it is unknown.

use super::{Fleet, built};
use crate::cases::CaseError;
use arch::{Chip, Latencies};
use serde::Serialize;
use units::Text;

/// A machine on the way to the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Step {
    /// Memory, VXM and MXM answer in one cycle (but a sum over the superlanes climbs them, and what the SXM does takes its time), links are
    /// short and three times as wide.
    Issue,
    /// Units take as long as they do.
    Units,
    /// Links are as long as they are.
    Distance,
    /// Links are as narrow as they are: the real machine.
    Width,
}

/// All, in order.
pub const STEPS: [Step; 4] = [Step::Issue, Step::Units, Step::Distance, Step::Width];

/// Cycles between two vectors of a link that is three times as wide.
const WIDE: u32 = 8;

/// A bar of the waterfall.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What this machine has that the one before had not.
    pub step: Step,
    /// Its name.
    pub label: Text,
    /// What it is.
    pub says: Text,
    /// Cycles of a token on this machine.
    pub cycles: u64,
    /// Cycles more than on the one before; of the first, all.
    pub adds: i64,
}

impl Step {
    /// The machine of this step.
    fn machine(self, real: &Chip) -> Chip {
        let mut chip = real.clone();
        let latency = &mut chip.latency;
        if matches!(self, Step::Issue) {
            *latency = Latencies {
                mem_read: 1,
                mem_write: 1,
                mem_gather: 1,
                hop: 0,
                vxm_entry: 0,
                vxm_alu: 1,
                vxm_transit: 0,
                sxm_entry: 0,
                sxm_exit: 0,
                mxm_crossing: 0,
                mxm_entry: 0,
                mxm_multiply: 1,
                mxm_exit: 0,
                mxm_install: 1,
                ..latency.clone()
            };
        }
        if matches!(self, Step::Issue | Step::Units) {
            (latency.link_flight, latency.link_remainder) = (0, 0);
        }
        if !matches!(self, Step::Width) {
            latency.link_vector = WIDE;
        }
        chip
    }

    fn words(self) -> (Text, Text) {
        match self {
            Step::Issue => (
                Text::of("指令與權重本身", "instructions and weights alone"),
                Text::of(
                    "假想的機器：記憶體、VXM 與 MXM 一個週期就有答案（跨超級通道的加總仍要一層層往上，SXM 的轉置與排列仍照原來的時間），連線沒有長度、寬三倍。剩下的主要是把權重裝進 MXM、把指令一道道發出去。各段依這個順序疊加；換個順序，各段會不同。",
                    "An imagined machine: memory, VXM and MXM answer in one cycle (sums over superlanes still climb them, and transposes and permutations in the SXM \
                     take their time), links have no length and three times the width. What is left is mostly installing weights and issuing instructions. \
                     The bars are added in this order; another order would give other bars.",
                ),
            ),
            Step::Units => (
                Text::of("＋單元的延遲", "+ latency of the units"),
                Text::of(
                    "記憶體、向量單元、矩陣單元和串流一站一站的路程。有的數字公開，有的是量得、推得或假設的，出處逐項列在 `greenwave chip`。",
                    "Memory, vector unit, matrix unit and the way along the streams. Some of these figures are published, others measured, derived or assumed: \
                     `greenwave chip` lists each one's source.",
                ),
            ),
            Step::Distance => (
                Text::of("＋連線的長度", "+ length of the links"),
                Text::of(
                    "晶片到晶片 580 奈秒：這個總數是公開的；其中連線本身與剩下的部分怎麼分，是假設。",
                    "580 ns from chip to chip: the sum is published; how it divides into the link and a remainder is assumed.",
                ),
            ),
            Step::Width => (
                Text::of("＋連線的寬度", "+ width of the links"),
                Text::of(
                    "每 24 個週期一個向量：這就是真正的機器。",
                    "One vector every 24 cycles: this is the real machine.",
                ),
            ),
        }
    }
}

impl Fleet {
    /// The bars, each compiled and judged.
    ///
    /// Errors: a machine on the way cannot be compiled for.
    pub fn waterfall(&self) -> Result<Vec<Bar>, CaseError> {
        let mut bars: Vec<Bar> = Vec::new();
        for step in STEPS {
            let cycles = match step {
                Step::Width => self.system.system().length(),
                _ => built(&self.graph, &step.machine(&self.chip), &self.topology, &self.cut)?.system().length(),
            };
            let before = bars.last().map_or(0, |bar| bar.cycles);
            let (label, says) = step.words();
            bars.push(Bar { step, label, says, cycles: cycles.0, adds: cycles.0 as i64 - before as i64 });
        }
        Ok(bars)
    }
}
