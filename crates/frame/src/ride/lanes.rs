//! Where an instruction leaves one byte: which of the streams that it drives, and which lane.
//!
//! In: an instruction of the switch unit, which of its operands the byte is in, its lane.  Out: the stream's place among those driven,
//!     and the new lane; nothing where the byte is dropped.
//! Invariant: the byte that is found there has the value that it had before; what multiplies or computes is not asked here.
//! Source: the instructions' own definitions at `program::Instruction`.

use program::{Instruction, LANE_ZERO, LaneMap, WORD_BYTES};

/// Lanes of a superlane.
pub(super) const LANES: u16 = 16;
/// Lanes of a word.
const WORD: u16 = WORD_BYTES as u16;

/// Where the byte in `lane` of an operand goes: (stream after the first one driven, lane).
pub(super) fn moved(instruction: &Instruction, operand: u8, lane: u16, maps: &[LaneMap]) -> Option<(u8, u16)> {
    let (base, within) = (lane / LANES * LANES, lane % LANES);
    match *instruction {
        Instruction::Distribute { map, .. } => {
            let source = u8::try_from(within).ok().filter(|&source| source != LANE_ZERO)?;
            // Where it is copied to several lanes, its own comes first.
            let stays = map[usize::from(within)] == source;
            let to = if stays { within } else { map.iter().position(|&from| from == source)? as u16 };
            Some((0, base + to))
        }
        Instruction::Transpose { .. } => Some((within as u8, base + u16::from(operand))),
        // The first of the turns leaves every lane where it is.
        Instruction::Rotate { size, .. } => Some((size.checked_mul(operand)?, lane)),
        Instruction::Permute { map, .. } => {
            let to = maps.get(usize::from(map))?.from.iter().position(|&from| from == lane)?;
            Some((0, to as u16))
        }
        Instruction::Shift { lanes, .. } if operand == 0 => {
            Some(lane + lanes).filter(|to| *to < WORD).map(|to| (0, to))
        }
        Instruction::Shift { lanes, .. } => lane.checked_sub(WORD - lanes.min(WORD)).map(|to| (0, to)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_go_where_the_instructions_say() {
        let maps = [LaneMap::rotation(100)];
        let mut map = [LANE_ZERO; 16];
        (map[0], map[5]) = (3, 3);
        let distribute = Instruction::Distribute { from: 0, to: 4, map };
        assert_eq!(moved(&distribute, 0, 19, &maps), Some((0, 16)), "the first copy of lane 3 of superlane 1");
        assert_eq!(moved(&distribute, 0, 20, &maps), None, "dropped");
        assert_eq!(moved(&Instruction::Transpose { from: 0, to: 16 }, 7, 35, &maps), Some((3, 39)));
        assert_eq!(moved(&Instruction::Permute { from: 0, to: 0, map: 0 }, 0, 250, &maps), Some((0, 30)));
        let shift = Instruction::Shift { north: 0, south: 1, lanes: 100, to: 2 };
        assert_eq!(moved(&shift, 0, 19, &maps), Some((0, 119)));
        assert_eq!(moved(&shift, 0, 220, &maps), None, "shifted off the chip");
        assert_eq!(moved(&shift, 1, 219, &maps), None);
        assert_eq!(moved(&shift, 1, 220, &maps), Some((0, 0)));
    }
}
