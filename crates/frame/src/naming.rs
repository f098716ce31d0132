//! What a value, an instruction or a place is, in words.
//!
//! In: an issue or a value of the timeline, a place.  Out: its name in both languages.
//! Invariant: a name is derived from the word that is read (image, record), or is the compiler's label; nothing is guessed.

use crate::lang::Text;
use crate::selection::ValueId;
use crate::timeline::{Issue, Timeline};
use crate::words;
use arch::{Hemisphere, Queue, Station};
use program::Instruction;

impl Timeline {
    /// What an issue moves or makes: `row 17 of layer 3's gate weights`, `layer 3's softmax activations`.
    pub fn meaning(&self, issue: &Issue) -> Text {
        let held = match (issue.queue, self.address(issue)) {
            (Queue::MemRead(slice), Some(address)) => self.contents.find(slice, address).map(|run| (run, address)),
            _ => None,
        };
        match held {
            Some((run, address)) if run.class() != crate::Class::Scratch => run.name(address),
            _ => match issue.label {
                Some(label) => words::label(issue.layer, label),
                None => Text::new("沒有名稱的值", "a value without a name"),
            },
        }
    }

    /// What a value is, and which byte of its elements travels on this stream.
    pub fn value_name(&self, id: ValueId) -> Text {
        let Some(issue) = self.issue(id.issue) else { return Text::default() };
        self.meaning(&issue)
    }

    /// The instruction as the assembler writes it.
    pub fn instruction_text(&self, issue: &Issue) -> String {
        program::text::entry(&program::Entry::Issue(program::Burst::once(*issue.instruction())))
    }

    /// Mnemonic on the plate of a climbing instruction.
    pub(crate) fn mnemonic(issue: &Instruction) -> String {
        issue.mnemonic().to_ascii_uppercase()
    }

    /// Name of a place on the streams: `memory group 6 east`, `the vector unit`.
    pub fn station_name(&self, station: Station) -> Text {
        let geometry = self.geometry();
        let vxm = geometry.vxm();
        for half in Hemisphere::BOTH {
            let side = words::half(half);
            for (place, unit) in [(geometry.mxm(half), "MXM"), (geometry.sxm(half), "SXM")] {
                if station == place {
                    return Text::new(format!("{} {unit}", side.zh), format!("{unit} {}", side.en));
                }
            }
        }
        if station == vxm {
            return Text::same("VXM");
        }
        let half = if station < vxm { Hemisphere::West } else { Hemisphere::East };
        let side = words::half(half);
        let group = vxm.0.abs_diff(station.0) - 1;
        Text::new(format!("{}記憶體第 {group} 組", side.zh), format!("memory group {group} {}", side.en))
    }
}
