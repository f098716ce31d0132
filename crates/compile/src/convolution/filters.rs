//! Filters in int8, tap by tap, and what their sums are multiplied by.
//!
//! In: matrices whose rows are filters, what one unit of each input is worth.  Out: tables of tiles, scales and biases of their channels.
//! Invariant: a channel has one scale, over all inputs of its contraction; lanes and rows past the filters are zero.
//! Method: an element is first multiplied by the unit of the input that it meets, then quantised with all others of its channel: sums over
//!     several inputs need no rescaling between them.

use super::image::{Run, Tile};
use crate::lower::Hand;
use crate::tables::{Matrix, quantised};
use graph::{DType, Elements, NodeId};

/// What one unit of a result is in the i32 whose last byte it is.
const UNIT: f32 = 16_777_216.0;
/// The level that stands for zero in results: the least, where an i32 saturates, so that nothing less than zero is kept.
pub const ZERO: i8 = i8::MIN;
/// Units of the greatest result: levels above that of zero.
pub const UNITS: f32 = 255.0;
/// Units of the greatest magnitude of what has either sign.
pub const SIGNED_UNITS: f32 = 127.0;

/// An input of a contraction: its filters, and what one unit of it is worth.
pub struct Operand {
    /// `[channels, taps x channels in]`.
    pub matrix: Matrix,
    /// Value of one unit.
    pub unit: f32,
    /// The level that stands for zero.
    pub zero: i8,
}

/// The filters of a contraction.
pub struct Filters {
    /// Per channel the levels of all inputs one after the other, unless only shapes are known.
    levels: Option<Vec<Vec<i8>>>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// Where the levels of each input start.
    starts: Vec<usize>,
}

impl Filters {
    /// Filters of these inputs with one bias for each channel.
    pub fn new(operands: &[Operand], bias: Vec<f32>) -> Self {
        let starts = operands.iter().scan(0, |start, operand| {
            let own = *start;
            *start += operand.matrix.columns;
            Some(own)
        });
        let starts: Vec<usize> = starts.collect();
        let channels = operands.first().map_or(0, |operand| operand.matrix.rows);
        if operands.iter().any(|operand| !operand.matrix.is_known()) {
            return Filters { levels: None, scales: vec![0.0; channels], bias, starts };
        }
        let worth = |channel: usize| -> Vec<f32> {
            let of = |operand: &Operand| {
                let unit = operand.unit;
                operand.matrix.row(channel).iter().map(move |weight| weight * unit).collect::<Vec<f32>>()
            };
            operands.iter().flat_map(of).collect()
        };
        let (levels, scales): (Vec<Vec<i8>>, Vec<f32>) =
            (0..channels).map(|channel| quantised(&worth(channel))).unzip();
        // What the level of zero adds to every sum is taken away.
        let surplus = |levels: &[i8]| -> i64 {
            let of = |(operand, &start): (&Operand, &usize)| {
                let own = &levels[start..start + operand.matrix.columns];
                own.iter().map(|&level| i64::from(level)).sum::<i64>() * i64::from(operand.zero)
            };
            operands.iter().zip(&starts).map(of).sum()
        };
        let all = bias.into_iter().zip(levels.iter().zip(&scales));
        let bias =
            all.map(|(bias, (levels, scale))| bias - (surplus(levels) as f64 * f64::from(*scale)) as f32).collect();
        Filters { levels: Some(levels), scales, bias, starts }
    }

    /// The table of a tile, int8 `[results.lanes, lanes]`: a row for each lane of the results, whose lanes are these runs of the filter of
    /// input `input`.
    pub fn tile(&self, hand: &mut Hand, results: &Tile, input: usize, (runs, lanes): (&[Run], u32)) -> NodeId {
        let Some(levels) = &self.levels else { return hand.blank("weights", DType::I8, &[results.lanes, lanes]) };
        let mut elements = vec![0; results.lanes as usize * lanes as usize];
        for own in results.runs() {
            for channel in 0..own.count {
                let row = &mut elements[(own.lane + channel) as usize * lanes as usize..][..lanes as usize];
                let filter = &levels[(own.first + channel) as usize][self.starts[input]..];
                for run in runs {
                    let (first, count) = (run.first as usize, run.count as usize);
                    row[run.lane as usize..][..count].copy_from_slice(&filter[first..first + count]);
                }
            }
        }
        hand.table("weights", lanes as usize, Elements::I8(elements))
    }

    /// Rows `[1, lanes]` of what the sums of a tile are multiplied by, and of what is then added.
    pub fn ending(&self, hand: &mut Hand, results: &Tile, ending: Ending) -> [NodeId; 2] {
        let (factor, bias_factor, more) = match ending {
            Ending::Level { unit } => (UNIT / unit, UNIT / unit, UNIT * (f32::from(ZERO) + 0.5)),
            Ending::Added { unit } => (UNIT / unit, UNIT / unit, UNIT * 0.5),
            Ending::Mean { of } => (1.0 / of as f32, 1.0, 0.0),
        };
        let mut rows = [("scale", Vec::new()), ("bias", Vec::new())];
        rows.iter_mut().for_each(|(_, row)| row.resize(results.lanes as usize, 0.0));
        for run in results.runs() {
            for channel in 0..run.count {
                let (lane, channel) = ((run.lane + channel) as usize, (run.first + channel) as usize);
                rows[0].1[lane] = self.scales[channel] * factor;
                rows[1].1[lane] = self.bias[channel] * bias_factor + more;
            }
        }
        rows.map(|(what, row)| match self.levels {
            Some(_) => hand.table(what, row.len(), Elements::F32(row)),
            None => hand.blank(what, DType::F32, &[1, results.lanes]),
        })
    }
}

/// What becomes of the sums of a contraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    /// The nearest level of which one unit is worth so much.
    Level {
        /// Value of one unit.
        unit: f32,
    },
    /// What is added to a level of the same unit, and then becomes one.
    Added {
        /// Value of one unit.
        unit: f32,
    },
    /// Their mean over so many pixels, as f32.
    Mean {
        /// Pixels added up.
        of: u32,
    },
}
