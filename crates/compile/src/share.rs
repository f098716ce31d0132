//! What each chip of a group holds of a layer and of the head: the partition.
//!
//! In: a recognised model, a number of chips.  Out: per chip its heads, its lanes of the feed-forward part, its rows of the head.
//! Invariant: every head, lane and row counts on exactly one chip; all shares have the same form, so that one program serves all chips.
//! Method: consecutive parts of equal size, rounded up. What that makes too many repeats something from the front of the model, and
//!     counts for nothing: the columns that would take it further are zero, and logits past the vocabulary are not read.
//! Source: tensor parallelism over heads and hidden lanes with two sums a layer; Shoeybi et al., "Megatron-LM", 2019.

use crate::CompileError;
use crate::heads::{HeadCounts, Heads};
use crate::tables::{GROUP, LANES};

/// A lane's place in a matrix, or nothing: zero.
pub type Lane = Option<usize>;

/// The rows of a tile in groups of 16; rows past the last one are zero.
pub fn groups(rows: &[Lane]) -> Vec<Vec<Lane>> {
    let mut rows = rows.to_vec();
    rows.resize(LANES, None);
    rows.chunks(GROUP).map(<[Lane]>::to_vec).collect()
}

/// Those groups that SRAM holds, each once, in the order in which they first come.
pub fn held_groups(rows: &[Lane]) -> Vec<Vec<Lane>> {
    let mut held: Vec<Vec<Lane>> = Vec::new();
    for group in groups(rows) {
        if !held.contains(&group) {
            held.push(group);
        }
    }
    held
}

/// `0 .. count` in tiles of 320.
pub fn straight(count: usize) -> Vec<Vec<Lane>> {
    (0..count).map(Some).collect::<Vec<_>>().chunks(LANES).map(<[Lane]>::to_vec).collect()
}

/// A part of `0 .. total`: from `first` on, `count` of them, those past the end wrapped to the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// First one.
    pub first: usize,
    /// How many, surplus included.
    pub count: usize,
    /// How many there are in the model.
    pub total: usize,
    /// How many belong together: no tile has some of two.
    pub run: usize,
    /// From one run to the next where others lie between: then their tiles take turns. Otherwise runs follow one another.
    pub apart: Option<usize>,
}

/// The hidden lanes of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Of the feed-forward part, or of one expert.
    pub width: u32,
    /// How many of these there are.
    pub experts: u32,
    /// The two of them whose weights are read where every chip has its lanes of all of them.
    pub chosen: Option<[u32; 2]>,
}

/// One chip's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Where its heads lie in tiles.
    pub heads: Heads,
    /// Its lanes of the feed-forward part.
    pub ffn: Part,
    /// Its rows of the head: whole tiles of the vocabulary where there are several chips.
    pub vocabulary: Part,
}

impl Part {
    /// Part `index` of `parts` equal ones, each a whole number of `grain`.
    pub fn new(total: usize, (index, parts): (u16, u16), grain: usize) -> Self {
        let count = total.div_ceil(usize::from(parts)).next_multiple_of(grain);
        Part { first: usize::from(index) * count, count, total, run: count, apart: None }
    }

    /// The same in runs of `run`, the hidden lanes of an expert: whole ones in every part.
    pub fn in_runs(self, run: usize) -> Self {
        Part { run, ..self }
    }

    /// Rows of the matrix in tiles of 320, surplus ones wrapped to the front of the model.
    pub fn rows(self) -> Vec<Vec<Lane>> {
        self.tiles(|index| Some(index % self.total))
    }

    /// The same places as columns: surplus ones are zero.
    pub fn columns(self) -> Vec<Vec<Lane>> {
        self.tiles(|index| (index < self.total).then_some(index))
    }

    fn tiles(self, lane: impl Fn(usize) -> Lane) -> Vec<Vec<Lane>> {
        let run = self.run.max(1);
        let tiles = |turn: usize| -> Vec<Vec<Lane>> {
            let (start, count) = (self.first + turn * self.apart.unwrap_or(run), run.min(self.count - turn * run));
            let lanes: Vec<Lane> = (start..start + count).map(&lane).collect();
            lanes.chunks(LANES).map(<[Lane]>::to_vec).collect()
        };
        let runs: Vec<Vec<Vec<Lane>>> = (0..self.count.div_ceil(run)).map(tiles).collect();
        match self.apart {
            None => runs.concat(),
            Some(_) => {
                (0..run.div_ceil(LANES)).flat_map(|tile| runs.iter().map(move |run| run[tile].clone())).collect()
            }
        }
    }
}

impl Share {
    /// The shares of `chips` chips.
    ///
    /// Errors: as `Heads::new`; `Unrecognised` where the chips cannot have the same number of experts each.
    pub fn all(counts: HeadCounts, hidden: Hidden, vocabulary: u32, chips: u16) -> Result<Vec<Share>, CompileError> {
        let grain = if chips == 1 { 1 } else { LANES };
        let Hidden { width, experts, chosen } = hidden;
        if chosen.is_none() && 1 < experts && !experts.is_multiple_of(u32::from(chips)) {
            let what = format!("{experts} experts for {chips} chips");
            return Err(CompileError::Unrecognised { what, expected: "as many on each chip: take fewer chips".into() });
        }
        let share = |chip: u16| {
            let ffn = Part::new((width * experts) as usize, (chip, chips), 1);
            let ffn = match chosen {
                Some(chosen) => gathered(hidden, chosen, (chip, chips))?,
                None if 1 < experts => ffn.in_runs(width as usize),
                None => ffn,
            };
            Ok(Share {
                heads: Heads::part(counts, (chip, chips))?,
                ffn,
                vocabulary: Part::new(vocabulary as usize, (chip, chips), grain),
            })
        };
        (0..chips).map(share).collect()
    }

    /// The same share with every head spread over two tiles, if that makes fewer tiles of scores.
    pub fn halved(&self) -> Option<Share> {
        Some(Share { heads: self.heads.halved()?, ..self.clone() })
    }

    /// The same share with every key head in one cache only, if that is another layout.
    pub fn frugal(&self) -> Option<Share> {
        Some(Share { heads: self.heads.frugal()?, ..self.clone() })
    }
}

/// A chip's lanes of two experts, tile by tile in turns: however a layer is cut, both lie in the same part of their experts.
///
/// Errors: `Unrecognised` where lanes do not divide, or the two are none of the experts in rising order.
fn gathered(hidden: Hidden, [one, two]: [u32; 2], (chip, chips): (u16, u16)) -> Result<Part, CompileError> {
    let Hidden { width, experts, .. } = hidden;
    if !width.is_multiple_of(u32::from(chips)) || two <= one || experts <= two {
        let what = format!("experts {one} and {two} of {experts}, {width} lanes each, gathered on {chips} chips");
        let expected = "two experts in rising order, as many lanes of each on every chip".to_owned();
        return Err(CompileError::Unrecognised { what, expected });
    }
    let (width, run) = (width as usize, width as usize / usize::from(chips));
    Ok(Part {
        first: one as usize * width + usize::from(chip) * run,
        count: 2 * run,
        total: width * experts as usize,
        run,
        apart: Some((two - one) as usize * width),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_counts_once_and_all_parts_have_one_form() {
        for (total, parts, grain) in [(1536, 8, 1), (100, 8, 1), (496, 8, 320), (49_152, 4, 320), (7, 2, 1)] {
            let all: Vec<Part> = (0..parts).map(|index| Part::new(total, (index, parts), grain)).collect();
            let mut counted: Vec<usize> = all.iter().flat_map(|part| part.columns().concat()).flatten().collect();
            counted.sort_unstable();
            assert_eq!(counted, (0..total).collect::<Vec<_>>());
            let form = |part: &Part| part.rows().iter().map(Vec::len).collect::<Vec<_>>();
            assert!(all.iter().all(|part| form(part) == form(&all[0])));
            assert!(all.iter().all(|part| part.rows().concat().iter().all(|lane| lane.is_some_and(|at| at < total))));
        }
    }

    #[test]
    fn no_tile_has_lanes_of_two_experts() {
        let parts = [0, 1].map(|index| Part::new(4 * 400, (index, 2), 1).in_runs(400));
        let lengths = |part: &Part| part.rows().iter().map(Vec::len).collect::<Vec<_>>();
        assert!(parts.iter().all(|part| lengths(part) == [320, 80, 320, 80]));
        let counted: Vec<usize> = parts.iter().flat_map(|part| part.columns().concat()).flatten().collect();
        assert_eq!(counted, (0..1600).collect::<Vec<_>>());
        let counts = HeadCounts { keys: 8, repeats: 1, dim: 64 };
        let refused = Share::all(counts, Hidden { width: 400, experts: 6, chosen: None }, 1000, 4)
            .expect_err("one and a half each");
        assert!(refused.to_string().contains("6 experts for 4 chips"), "{refused}");
    }

    #[test]
    fn two_gathered_experts_have_the_same_lanes_by_turns() {
        let hidden = Hidden { width: 800, experts: 6, chosen: Some([1, 4]) };
        let part = gathered(hidden, [1, 4], (1, 2)).expect("400 lanes each");
        let rows = part.rows();
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [320, 320, 80, 80]);
        assert_eq!([rows[0][0], rows[1][0], rows[2][0], rows[3][79]], [1200, 3600, 1520, 3999].map(Some));
        assert_eq!(part.rows(), part.columns());
        for (chosen, chips) in [([4, 1], 2), ([1, 6], 2), ([1, 4], 3)] {
            let refused = gathered(hidden, chosen, (0, chips)).expect_err("no such choice");
            assert!(refused.to_string().contains("rising order"), "{refused}");
        }
    }

    #[test]
    fn one_chip_has_everything_in_place() {
        let counts = HeadCounts { keys: 3, repeats: 3, dim: 64 };
        let hidden = Hidden { width: 1536, experts: 1, chosen: None };
        let [share] = Share::all(counts, hidden, 49_152, 1).expect("heads of 64").try_into().expect("one chip");
        assert_eq!(share.heads, Heads::new(counts).expect("heads of 64"));
        assert_eq!((share.ffn.rows(), share.vocabulary.count), (share.ffn.columns(), 49_152));
    }
}
