//! Which machines can be.
//!
//! In: a chip, edited by anybody.  Out: nothing, or the field that is wrong with what would be legal.
//! Invariant: on an accepted chip what programs name can be addressed, a list names each thing once, and no figure overflows.
//! Method: field by field; latencies by themselves (`latency`).

use crate::mesh::{ALUS_MAX, GROUP_STREAMS};
use crate::{Chip, Mesh, latency};

/// Why a machine cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chip `{chip}`: {field} is {found}, expected {expected}")]
pub struct ChipError {
    /// Name of the chip.
    pub chip: String,
    /// The field that is wrong.
    pub field: &'static str,
    /// Its value.
    pub found: String,
    /// What would be legal.
    pub expected: String,
}

/// Streams that a transposer takes and gives.
const TRANSPOSED: u8 = 16;
/// Greatest clock of a machine in Hz, far above any that exists: figures per second stay below 2^64.
const CLOCK_MAX: u64 = 100_000_000_000;

impl Chip {
    /// Refuses a machine that contradicts itself or exceeds what programs can address.
    pub fn check(&self) -> Result<(), ChipError> {
        let wrong = |field, found: String, expected: &str| {
            Err(ChipError { chip: self.name.clone(), field, found, expected: expected.to_owned() })
        };
        if !(1..=CLOCK_MAX).contains(&self.clock.0) {
            return wrong("clock", format!("{} Hz", self.clock.0), "1 to 100000000000 Hz (100 GHz)");
        }
        if self.superlanes != 20 || self.lanes_per_superlane != 16 {
            let found = format!("{} x {}", self.superlanes, self.lanes_per_superlane);
            return wrong("superlanes x lanes", found, "20 x 16: words are 320 bytes in this version");
        }
        if self.streams != 32 || self.planes != 2 {
            let found = format!("{} streams, {} planes", self.streams, self.planes);
            return wrong("streams and planes", found, "32 streams per direction and 2 planes per hemisphere");
        }
        let is_whole = self.slices_per_group != 0 && self.slices.is_multiple_of(self.slices_per_group);
        if !is_whole || !(1..=16).contains(&self.groups()) {
            let found = format!("{} slices in groups of {}", self.slices, self.slices_per_group);
            return wrong("slices", found, "a whole number of groups, 1 to 16");
        }
        if self.banks == 0 || self.words == 0 || !self.words.is_multiple_of(self.banks) || 8192 < self.words {
            let found = format!("{} words in {} banks", self.words, self.banks);
            return wrong("words", found, "at most 8192 (13 address bits), a whole number per bank");
        }
        if !(1..=ALUS_MAX).contains(&usize::from(self.alus)) {
            return wrong("alus", self.alus.to_string(), "1 to 16");
        }
        if let Some(alu) = stranger(&self.alus_large, |alu| *alu < self.alus) {
            return wrong("alus_large", alu.to_string(), &format!("distinct ALUs below {}", self.alus));
        }
        self.check_mesh()?;
        self.check_switch()?;
        if let Some(slice) = stranger(&self.slices_reserved, |slice| slice.number < self.slices) {
            return wrong("slices_reserved", slice.to_string(), &format!("distinct slices below {}", self.slices));
        }
        if 8 < self.links {
            return wrong("links", self.links.to_string(), "at most 8 per half");
        }
        let brought = self.fetch_instructions();
        let is_even = self.instruction_bytes != 0 && self.fetch_bytes.is_multiple_of(self.instruction_bytes);
        if !is_even || self.fetch_bytes != 2 * self.lanes() || u64::from(self.queue_instructions) < brought {
            let found = format!(
                "{} bytes a fetch, {} an instruction, {} instructions a queue",
                self.fetch_bytes, self.instruction_bytes, self.queue_instructions
            );
            return wrong(
                "fetch_bytes, instruction_bytes and queue_instructions",
                found,
                "two words of whole instructions a fetch, and room for them in a queue",
            );
        }
        if self.clock_period == 0 {
            return wrong("clock_period", "0".to_owned(), "at least 1 cycle");
        }
        if 1_000_000 <= self.clock_ppm {
            return wrong("clock_ppm", self.clock_ppm.to_string(), "less than 1000000");
        }
        if self.accumulators == 0 || 256 < self.accumulators {
            return wrong("accumulators", self.accumulators.to_string(), "1 to 256");
        }
        latency::check(&self.latency, self.groups())
            .or_else(|(field, found, expected)| wrong(field, found.to_string(), expected))
    }

    /// Refuses more of what moves lanes than a half has streams for: a distributor takes and gives one, a transposer sixteen.
    fn check_switch(&self) -> Result<(), ChipError> {
        let wrong = |field, found: u8, expected: &str| {
            let (chip, found) = (self.name.clone(), found.to_string());
            Err(ChipError { chip, field, found, expected: expected.to_owned() })
        };
        if self.streams < self.distributors {
            return wrong("distributors", self.distributors, "at most 32 per half: each takes one of 32 streams");
        }
        if self.streams / TRANSPOSED < self.transposers {
            return wrong("transposers", self.transposers, "at most 2 per half: each takes 16 of 32 streams");
        }
        Ok(())
    }

    /// Refuses a mesh of ALUs that leaves a stream group to nobody.
    fn check_mesh(&self) -> Result<(), ChipError> {
        let wrong = |field, found: u8, expected: String| {
            Err(ChipError { chip: self.name.clone(), field, found: found.to_string(), expected })
        };
        if self.alu_columns == 0 || 16 < self.alu_columns {
            return wrong("alu_columns", self.alu_columns, "1 to 16 ALUs in a row".to_owned());
        }
        let groups = self.streams / GROUP_STREAMS;
        let least = groups.div_ceil(Mesh::new(self).rows().max(1));
        if self.alu_window < least || groups < self.alu_window {
            let expected = format!("{least} to {groups} groups, so that each is reached by some row");
            return wrong("alu_window", self.alu_window, expected);
        }
        Ok(())
    }
}

/// The first of a list that is not there on the chip, or was named before: a list's length counts resources.
fn stranger<T: PartialEq>(list: &[T], is_there: impl Fn(&T) -> bool) -> Option<&T> {
    let mut numbered = list.iter().enumerate();
    numbered.find(|(number, one)| !is_there(one) || list[..*number].contains(one)).map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Hertz;

    #[test]
    fn every_stream_group_is_reached_by_a_row() {
        let said = |(alus, columns, window): (u8, u8, u8)| {
            let mut chip = Chip::lpu_14nm();
            (chip.alus, chip.alu_columns, chip.alu_window) = (alus, columns, window);
            chip.alus_large.retain(|&alu| alu < alus);
            chip.check().map_err(|error| error.to_string())
        };
        for possible in [(16, 4, 2), (16, 4, 8), (8, 4, 4), (9, 4, 3), (16, 16, 8), (16, 1, 1)] {
            assert_eq!(said(possible), Ok(()), "{possible:?}");
        }
        let window = |(found, least): (u8, u8)| {
            let expected = format!("{least} to 8 groups, so that each is reached by some row");
            Err(format!("chip `lpu-14nm`: alu_window is {found}, expected {expected}"))
        };
        assert_eq!(said((16, 4, 1)), window((1, 2)));
        assert_eq!(said((16, 4, 9)), window((9, 2)));
        assert_eq!(said((4, 4, 4)), window((4, 8)));
        assert!(said((16, 0, 4)).is_err_and(|error| error.contains("alu_columns is 0, expected 1 to 16")));
    }

    #[test]
    fn what_is_counted_by_a_list_stands_there_once() {
        let said = |change: fn(&mut Chip)| {
            let mut chip = Chip::lpu_14nm();
            change(&mut chip);
            chip.check().expect_err("no such list").to_string()
        };
        let said_twice = said(|chip| chip.slices_reserved.push(chip.slices_reserved[1]));
        assert_eq!(said_twice, "chip `lpu-14nm`: slices_reserved is W20, expected distinct slices below 44");
        let said_twice = said(|chip| chip.alus_large.push(7));
        assert_eq!(said_twice, "chip `lpu-14nm`: alus_large is 7, expected distinct ALUs below 16");
        let beyond = said(|chip| chip.alus_large = vec![99]);
        assert_eq!(beyond, "chip `lpu-14nm`: alus_large is 99, expected distinct ALUs below 16");
        assert_eq!(said(|chip| chip.alus = 17), "chip `lpu-14nm`: alus is 17, expected 1 to 16");
    }

    #[test]
    fn a_half_has_no_more_of_a_unit_than_it_has_streams_for() {
        let said = |change: fn(&mut Chip)| {
            let mut chip = Chip::lpu_14nm();
            change(&mut chip);
            chip.check().map_err(|error| error.to_string())
        };
        assert_eq!(said(|chip| (chip.distributors, chip.transposers) = (32, 2)), Ok(()));
        assert_eq!(said(|chip| (chip.distributors, chip.transposers) = (0, 0)), Ok(()));
        let wrong = |text: &str| Err(format!("chip `lpu-14nm`: {text}"));
        for distributors in [33, 255] {
            let mut chip = Chip::lpu_14nm();
            chip.distributors = distributors;
            let text =
                format!("distributors is {distributors}, expected at most 32 per half: each takes one of 32 streams");
            assert_eq!(chip.check().map_err(|error| error.to_string()), wrong(&text));
        }
        let expected = "transposers is 3, expected at most 2 per half: each takes 16 of 32 streams";
        assert_eq!(said(|chip| chip.transposers = 3), wrong(expected));
        let bare = |chip: &mut Chip| {
            (chip.alus, chip.alu_window) = (0, 8);
            chip.alus_large.clear();
        };
        assert_eq!(said(bare), wrong("alus is 0, expected 1 to 16"));
        let empty = |chip: &mut Chip| {
            chip.slices = 0;
            chip.slices_reserved.clear();
        };
        assert_eq!(said(empty), wrong("slices is 0 slices in groups of 4, expected a whole number of groups, 1 to 16"));
    }

    /// A clock so fast that no figure made of it overflows.
    #[test]
    fn a_clock_has_a_greatest_frequency() {
        let mut chip = Chip::lpu_14nm();
        chip.clock = Hertz(CLOCK_MAX);
        assert!(chip.check().is_ok() && chip.peak_int8() == 81_920_000_000_000_000);
        for clock in [0, CLOCK_MAX + 1, u64::MAX] {
            chip.clock = Hertz(clock);
            let said = chip.check().expect_err("no such clock").to_string();
            assert_eq!(said, format!("chip `lpu-14nm`: clock is {clock} Hz, expected 1 to 100000000000 Hz (100 GHz)"));
        }
    }

    #[test]
    fn a_chip_without_words_is_refused() {
        let mut chip = Chip::lpu_14nm();
        chip.words = 0;
        let error = chip.check().expect_err("no words, no chip");
        assert_eq!(error.field, "words");
    }
}
