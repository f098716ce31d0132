//! A selection read from a few letters: `E7@12`, `E7:3.4.5.6`, `W12.read`, `W12+200`, `mxmE0`.
//!
//! In: text, as [`selection`](crate::selection) prints it, and the chip.  Out: the selection, or what was expected.
//! Invariant: `parse(print(x)) == x` for everything on the chip; each selection has one text; what does not exist on the chip is an error.
//! Method: the mark tells the kind (`@` register, `:` value, `+` word, `.` queue, none plane); names of queues are read by `Queue` itself.

use crate::flight::FlightId;
use crate::print::selection as printed;
use crate::selection::{IssueId, Selection, ValueId};
use arch::{Chip, Direction, Geometry, Queue, SliceId, Station, StreamId};
use std::fmt;

/// A text that names no place of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionError {
    /// The text.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SelectionError { found, expected } = self;
        write!(f, "expected {expected}, found {found:?}; correct the place")
    }
}

impl std::error::Error for SelectionError {}

/// The selection that `text` names on `chip`.
pub fn parse_selection(text: &str, chip: &Chip) -> Result<Selection, SelectionError> {
    let wrong = |expected: String| SelectionError { found: text.to_owned(), expected };
    let read = read(text).filter(|read| printed(*read) == text);
    let selection = read.ok_or_else(|| {
        wrong(
            "a register (E7@12), a word (W12+200), a queue (W12.read), a plane (mxmE0), a value (E7:3.4.5.6), an \
             instruction (issue:3.4.5.6), a chip (chip3) or a vector between chips (chip3:4.5.6.7)"
                .to_owned(),
        )
    })?;
    match missing(selection, chip) {
        Some(expected) => Err(wrong(expected)),
        None => Ok(selection),
    }
}

fn read(text: &str) -> Option<Selection> {
    if let Some((name, place)) = text.split_once('@') {
        return Some(Selection::Stream { stream: stream(name)?, station: Station(place.parse().ok()?) });
    }
    if let Some((name, place)) = text.split_once(':') {
        let numbers: Vec<u32> = place.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let [instance, queue, entry, iteration] = numbers[..] else { return None };
        let issue = IssueId { instance, queue, entry, iteration };
        if name == "issue" {
            return Some(Selection::Issue(issue));
        }
        if let Some(from) = name.strip_prefix("chip") {
            return Some(Selection::Flight(FlightId { issue, from: from.parse().ok()? }));
        }
        return Some(Selection::Value(ValueId { issue, stream: stream(name)? }));
    }
    if let Some((name, address)) = text.split_once('+') {
        let Queue::MemRead(slice) = format!("{name}.read").parse().ok()? else { return None };
        return Some(Selection::Sram { slice, address: address.parse().ok()? });
    }
    if let Some(chip) = text.strip_prefix("chip") {
        return Some(Selection::Chip(chip.parse().ok()?));
    }
    if let Ok(Queue::MxmWeights(hemisphere, plane)) = format!("{text}.weights").parse() {
        return Some(Selection::Plane { hemisphere, plane });
    }
    text.parse().ok().map(Selection::Queue)
}

fn stream(name: &str) -> Option<StreamId> {
    let direction = Direction::BOTH.into_iter().find(|direction| name.starts_with(direction.letter()))?;
    Some(StreamId::new(direction, name[1..].parse().ok()?))
}

/// What the chip has instead, if the selection is not on it.
fn missing(selection: Selection, chip: &Chip) -> Option<String> {
    let streams = format!("a stream from 0 to {}", chip.streams.saturating_sub(1));
    let of_slice = |slice: SliceId| chip.slices <= slice.number;
    match selection {
        Selection::Stream { stream, .. } if chip.streams <= stream.number => Some(streams),
        Selection::Stream { station, .. } => {
            let stations = Geometry::new(chip).stations();
            (stations <= station.0).then(|| format!("a place from 0 to {}", stations.saturating_sub(1)))
        }
        Selection::Value(id) => (chip.streams <= id.stream.number).then_some(streams),
        Selection::Queue(queue) => {
            (!Queue::all(chip).contains(&queue)).then(|| format!("a queue that {} has", chip.name))
        }
        Selection::Sram { slice, .. } if of_slice(slice) => {
            Some(format!("a slice from 0 to {}", chip.slices.saturating_sub(1)))
        }
        Selection::Sram { address, .. } => {
            (chip.words <= address).then(|| format!("a word from 0 to {}", chip.words.saturating_sub(1)))
        }
        Selection::Plane { plane, .. } => {
            (chip.planes <= plane).then(|| format!("a plane from 0 to {}", chip.planes.saturating_sub(1)))
        }
        // How many chips and instructions there are is the program's to say.
        Selection::Flight(_) | Selection::Chip(_) | Selection::Issue(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Hemisphere;

    fn back(selection: Selection) {
        assert_eq!(parse_selection(&printed(selection), &Chip::lpu_14nm()), Ok(selection));
    }

    #[test]
    fn everything_on_the_chip_is_read_back() {
        let chip = Chip::lpu_14nm();
        for stream in Direction::BOTH.into_iter().flat_map(|way| (0..32).map(move |number| StreamId::new(way, number)))
        {
            (0..Geometry::new(&chip).stations())
                .for_each(|at| back(Selection::Stream { stream, station: Station(at) }));
            for issue in [IssueId::default(), IssueId { instance: 1, queue: 2, entry: 3, iteration: u32::MAX }] {
                back(Selection::Value(ValueId { issue, stream }));
                back(Selection::Flight(FlightId { issue, from: 7 }));
                back(Selection::Issue(issue));
            }
        }
        Queue::all(&chip).into_iter().for_each(|queue| back(Selection::Queue(queue)));
        [0, 7].into_iter().for_each(|chip| back(Selection::Chip(chip)));
        for slice in chip.slices() {
            [0, 1, 8191].into_iter().for_each(|address| back(Selection::Sram { slice, address }));
        }
        for hemisphere in Hemisphere::BOTH {
            (0..chip.planes).for_each(|plane| back(Selection::Plane { hemisphere, plane }));
        }
    }

    #[test]
    fn what_the_chip_lacks_and_what_is_no_place_is_refused() {
        let chip = Chip::lpu_14nm();
        let absent = ["E32@0", "E7@200", "W44+0", "W0+8192", "mxmE2", "alu99", "E99.read", "E40:0.0.0.0"];
        let shapeless = ["", "@", ":", "+", ".", "E", "é7@1", "E+7@1", "E07@1", "E7@1@2", "E7:1.2.3", "E7:1.2.3.4.5"];
        for text in absent.into_iter().chain(shapeless) {
            let error = parse_selection(text, &chip).expect_err("not on the chip");
            assert_eq!(error.found, text);
        }
        let error = parse_selection("W0+8192", &chip).expect_err("a slice has 8192 words");
        assert_eq!(error.to_string(), "expected a word from 0 to 8191, found \"W0+8192\"; correct the place");
    }
}
