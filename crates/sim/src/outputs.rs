//! What the host reads after a token.
//!
//! In: a machine, the output fields of its executable.  Out: the bits of each, or why they mean nothing.
//! Invariant: a tile with a defect is all zeros.
//! Method: byte p of each lane lies in the field's p-th slice.

use crate::sram::Held;
use crate::step::Shared;
use crate::{Machine, Poison, SimError};
use program::{OutputField, WORD_BYTES};

/// One output field after a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputTile {
    /// Name of the output.
    pub output: String,
    /// Bits of the f32 or i32 of each of 320 lanes; zeros when poisoned or never written.
    pub bits: Vec<u32>,
    /// Why the bits mean nothing, if so.
    pub defect: Option<Defect>,
}

/// Why an output means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A byte of it was never written.
    Unwritten,
    /// It depends on a violation, given if it is among the first.
    Poisoned(Option<Poison>),
    /// The machine was loaded for its time alone.
    NotComputed,
}

impl Machine {
    /// The output fields of this chip, in the executable's order.
    pub fn outputs(&self) -> Vec<OutputTile> {
        self.numbered_outputs().map(|(_, tile)| tile).collect()
    }

    /// The output fields of this chip with their places in the executable.
    pub(crate) fn numbered_outputs(&self) -> impl Iterator<Item = (usize, OutputTile)> {
        let fields = self.shared.executable.outputs.iter().enumerate();
        let own = fields.filter(|(_, field)| field.chip == self.shared.number);
        own.map(|(number, field)| (number, self.output(field)))
    }

    fn output(&self, field: &OutputField) -> OutputTile {
        let mut bits = vec![0; WORD_BYTES];
        let mut defect = None;
        for (plane, slice) in field.slices.iter().enumerate() {
            match self.state.sram.look(self.shared.slice(*slice), field.address) {
                Some(Held::Bytes(_)) if self.shared.stand_in.is_some() => defect = Some(Defect::NotComputed),
                Some(Held::Bytes(bytes)) => {
                    let shifted = bytes.iter().map(|byte| u32::from(*byte) << (8 * plane));
                    bits.iter_mut().zip(shifted).for_each(|(bits, byte)| *bits |= byte);
                }
                Some(Held::Poison(id)) => defect = Some(Defect::Poisoned(self.provenance(id).copied())),
                None => defect = Some(Defect::Unwritten),
            }
        }
        if defect.is_some() {
            bits.fill(0);
        }
        OutputTile { output: field.output.clone(), bits, defect }
    }
}

/// Refuses an output that lies nowhere on its chip.
pub fn check(shared: &Shared) -> Result<(), SimError> {
    for (field, output) in shared.executable.outputs.iter().enumerate() {
        if shared.topology.chips <= output.chip {
            let problem = format!("chip {} is not one of {}", output.chip, shared.topology.chips);
            return Err(SimError::Output { field, problem });
        }
        let outside = output.slices.iter().find(|slice| !shared.has(**slice));
        if let Some(slice) = outside {
            return Err(SimError::Output { field, problem: format!("slice {slice} is not on this chip") });
        }
        if shared.chip.words <= output.address {
            let problem = format!("word {} lies outside a slice of {} words", output.address, shared.chip.words);
            return Err(SimError::Output { field, problem });
        }
    }
    Ok(())
}
