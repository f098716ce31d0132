//! Lowers a network to contractions over taps, maps of their sums, and maxima of shifted rows.
//!
//! In: a recognised network, its weights and ranges if values are wanted.  Out: the lowered graph, its tables, and the work in order.
//! Invariant: every value is int8 rows of pixels; a contraction has as many rows as a plane has accumulators at most.
//! Method: a filter's tap is one K block per tile of channels. Where a block's input has a convolution of its own, both are one contraction
//!     over the channels of both; elsewhere what came in is added to the sums, in units that the whole stage shares. The mean of all
//!     pixels and the last matrix are one contraction too: every pixel is multiplied, all in one accumulator.

use super::contract::Input;
use super::filters::{Ending, Filters, Operand, SIGNED_UNITS, UNITS};
use super::homes::Homes;
use super::image::{Band, BandId, Image, Piece, Tap, Tile, split, taps, tiles};
use super::ranges::{IMAGE, Ranges};
use super::recognise::{Bottleneck, COLOURS, Convolution, FIRST_FILTER, MIDDLE_FILTER, Network};
use crate::CompileError;
use crate::lower::{Hand, Source, of_row};
use crate::tables::{GROUP, LANES, Tables};
use arch::{Chip, Hemisphere};
use graph::{DType, Graph, NodeId};
use std::collections::BTreeMap;
use units::Order;

/// Name of the rows of taps that the host sends.
pub const TAPS: &str = "taps";
/// Name of the tiles of results.
pub const LOGITS: &str = "logits";

/// One activation of a contraction: rows of pixels through one tile of weights.
pub struct Step {
    /// What the rows are made of.
    pub pieces: Vec<Piece>,
    /// Lanes of each.
    pub lanes: u32,
    /// int8 `[rows, lanes]`.
    pub weights: NodeId,
    /// Whether planes side by side read rows of one another.
    pub overlaps: bool,
}

impl Step {
    /// Rows of its activation.
    pub fn rows(&self) -> u32 {
        self.pieces.iter().map(Piece::count).sum()
    }

    /// Its first `rows` rows, and the others; of one band.
    pub fn cut(self, rows: u32) -> Vec<Step> {
        let [Piece::Pixels { band, first, stride: 1, count }] = self.pieces[..] else {
            panic!("what is cut is one stretch of a band");
        };
        let parts = [(first, rows), (first + rows, count - rows)].into_iter().filter(|(_, count)| *count != 0);
        let part = |(first, count)| Step {
            pieces: vec![Piece::Pixels { band, first, stride: 1, count }],
            lanes: self.lanes,
            weights: self.weights,
            overlaps: self.overlaps,
        };
        parts.map(part).collect()
    }
}

/// Where the sums of a contraction go.
pub enum Kept {
    /// Into a band, as the last bytes of the i32 results.
    Band(BandId),
    /// To where the host reads them, f32.
    Output,
}

/// A contraction in one plane with what becomes of its sums.
pub struct Contract {
    /// The plane of its half.
    pub plane: u8,
    /// Its activations; the sums of the last one leave the plane.
    pub steps: Vec<Step>,
    /// Whether each row has an accumulator of its own, or all have one.
    pub sums: Sums,
    /// The `Map` of the sums.
    pub result: NodeId,
    /// Factor and addend of each channel.
    pub tables: [NodeId; 2],
    /// What is added, if anything is.
    pub residual: Option<Vec<Piece>>,
    /// Where the results go.
    pub kept: Kept,
}

/// Accumulators of a contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// One for each row.
    EachRow,
    /// One for all rows.
    AllRows,
}

/// Contractions that go through the planes of a half side by side: step by step they have the same weights.
pub struct Round {
    /// The half.
    pub half: Hemisphere,
    /// One per plane at most.
    pub members: Vec<Contract>,
}

/// Three rows of pixels joined.
pub struct Shifted {
    /// The three, by tap.
    pub inputs: Vec<Vec<Piece>>,
    /// Masks of each, if only some lanes are kept.
    pub masks: Vec<NodeId>,
    /// The `Map`.
    pub result: NodeId,
    /// Where it goes.
    pub band: BandId,
}

/// What is done, in order.
pub enum Work {
    /// Contractions.
    Round(Round),
    /// Rows joined.
    Shifted(Shifted),
}

/// A lowered network.
pub struct Lowered {
    /// The lowered graph.
    pub graph: Graph,
    /// Its tables.
    pub tables: Tables,
    /// All bands.
    pub bands: Vec<Band>,
    /// Those that the host sends, with their rows.
    pub sent: Vec<(BandId, Vec<NodeId>)>,
    /// Rows of the level of zero by their lanes.
    pub zeros: BTreeMap<u32, NodeId>,
    /// What is done.
    pub work: Vec<Work>,
}

/// State of the lowering.
pub struct Lowering<'a> {
    pub(super) hand: Hand<'a>,
    pub(super) bands: Vec<Band>,
    pub(super) work: Vec<Work>,
    pub(super) zeros: BTreeMap<u32, NodeId>,
    /// Accumulators of a plane.
    pub(super) accumulators: u32,
    sent: Vec<(BandId, Vec<NodeId>)>,
    ranges: Option<&'a Ranges>,
}

/// Lowers `network`.
///
/// Errors: as the weights' source; `Unrecognised` for images too wide for a plane.
pub fn lower(source: Source, ranges: Option<&Ranges>, network: &Network, chip: &Chip) -> Result<Lowered, CompileError> {
    let mut lowering = Lowering {
        hand: Hand::new(source, chip),
        bands: Vec::new(),
        work: Vec::new(),
        zeros: BTreeMap::new(),
        accumulators: chip.accumulators.into(),
        sent: Vec::new(),
        ranges,
    };
    let first = lowering.first(network)?;
    lowering.hand.part("maxpool");
    let mut image = lowering.greatest(&first);
    for (stage, blocks) in network.stages.iter().enumerate() {
        for (number, block) in blocks.iter().enumerate() {
            image = lowering.block(&format!("layer{}.{number}", stage + 1), block, &image)?;
        }
    }
    lowering.classes(network, &image)?;
    let Lowering { hand, bands, work, zeros, sent, .. } = lowering;
    Ok(Lowered { graph: hand.build.finish(), tables: hand.tables, bands, sent, zeros, work })
}

impl Lowering<'_> {
    /// What one unit of a result is worth.
    fn unit(&self, part: &str) -> f32 {
        self.ranges.map_or(1.0, |ranges| ranges.unit(part, UNITS))
    }

    /// The emptiest of these slices for an image that is made while these are read.
    fn next_homes(&self, candidates: impl Iterator<Item = Homes>, read: &[&Image]) -> Homes {
        let read: Vec<Homes> = read.iter().map(|image| image.homes).collect();
        let mut candidates: Vec<Homes> = candidates.collect();
        let filled = |slice: usize| -> u32 {
            let held = self.bands.iter().filter(|band| band.slices.contains(&slice));
            held.map(|band| self.hand.build.shape(band.node).extents()[0]).sum()
        };
        candidates.order_by_key(|homes| homes.all().map(filled).max());
        Homes::apart(candidates.into_iter(), &read)
    }

    /// Filters of one convolution that meet an image.
    fn operand(&self, convolution: &Convolution, x: &Image) -> Result<Operand, CompileError> {
        Ok(Operand { matrix: self.hand.matrix(convolution.weight)?, unit: x.unit, zero: x.zero })
    }

    fn bias(&self, convolution: &Convolution) -> Result<Vec<f32>, CompileError> {
        Ok(self.hand.matrix(convolution.bias)?.row(0).to_vec())
    }

    /// The first convolution, of rows of taps: the host sends for each place of the filter all that it meets.
    fn first(&mut self, network: &Network) -> Result<Image, CompileError> {
        let convolution = &network.first;
        self.hand.part(&convolution.name);
        let side = network.pixels / 2;
        let taps_image = self.sent_taps(side)?;
        let filters = Filters::new(&[self.operand(convolution, &taps_image)?], self.bias(convolution)?);
        let channels = FIRST_FILTER * FIRST_FILTER * COLOURS;
        let input = Input { image: &taps_image, taps: taps(1, 1), size: 1, channels };
        let ending = Ending::Level { unit: self.unit(&convolution.name) };
        self.contract(&[input], (&filters, tiles(convolution.channels)), (side, side), (ending, None), Homes::Thrice(0))
    }

    /// The image as rows of taps, cut as the planes take it.
    fn sent_taps(&mut self, side: u32) -> Result<Image, CompileError> {
        let count = FIRST_FILTER * FIRST_FILTER * COLOURS;
        let lanes = count.next_multiple_of(GROUP as u32);
        let mut tile = Tile { channels: (0, count), copies: 1, lanes, half: None, bands: Vec::new() };
        let chunk = self.chunk_rows(side)?;
        for (half, plane, top, rows) in quarters(side) {
            for (first, rows) in split(rows, rows.div_ceil(chunk)) {
                let row = |row: u32| of_row(TAPS.to_owned(), row as usize);
                let pixels = (top + first) * side..(top + first + rows) * side;
                let sent: Vec<NodeId> =
                    pixels.map(|at| self.hand.build.input(&row(at), DType::I8, &[1, lanes])).collect();
                let node = self.hand.build.copy(0, &sent);
                let slices = vec![Homes::Turn(3).slices(plane)[0]];
                let band = Band { node, parted: None, top: top + first, rows, half, plane, slices };
                tile.bands.push(self.bands.len());
                self.sent.push((self.bands.len(), sent));
                self.bands.push(band);
            }
        }
        let unit = self.ranges.map_or(1.0, |ranges| ranges.unit(IMAGE, SIGNED_UNITS));
        Ok(Image { rows: side, columns: side, tiles: vec![tile], unit, zero: 0, homes: Homes::Turn(3) })
    }

    /// The greatest of each 3 x 3 pixels, every second one: along rows, then along columns.
    fn greatest(&mut self, x: &Image) -> Image {
        let across = [0, -1, 1].map(|across| Tap { down: 0, across, step_down: 1, step_across: 2 });
        let narrow = self.maxima(x, across, (x.rows, x.columns / 2), Homes::Thrice(6));
        let down = [0, -1, 1].map(|down| Tap { down, across: 0, step_down: 2, step_across: 1 });
        self.maxima(&narrow, down, (x.rows / 2, x.columns / 2), Homes::Turn(3))
    }

    fn block(&mut self, name: &str, block: &Bottleneck, x: &Image) -> Result<Image, CompileError> {
        let [one, two, three] = &block.convolutions;
        let middle = self.middle((one, two), block.stride, x)?;
        self.hand.part(&three.name);
        let unit = self.unit(&format!("{name}.residual"));
        let mut operands = vec![self.operand(three, &middle)?];
        let mut bias = self.bias(three)?;
        let single = |image, stride, channels| Input { image, taps: taps(1, stride), size: 1, channels };
        let mut inputs = vec![single(&middle, 1, two.channels)];
        let (mut ending, mut residual) = (Ending::Added { unit }, Some(x));
        if let Some(beside) = &block.beside {
            operands.push(self.operand(beside, x)?);
            bias.iter_mut().zip(self.bias(beside)?).for_each(|(bias, more)| *bias += more);
            inputs.push(single(x, block.stride, x.channels()));
            (ending, residual) = (Ending::Level { unit }, None);
        }
        let filters = (&Filters::new(&operands, bias), tiles(three.channels));
        let homes = self.next_homes(Homes::all_turns(), &[x, &middle]);
        self.contract(&inputs, filters, (middle.rows, middle.columns), (ending, residual), homes)
    }

    /// The first two convolutions of a block. Where three times the channels of the first one fit a row of lanes, three taps of the second
    /// one are one: the first one makes its channels three times, and of pixels side by side each gives one copy.
    fn middle(
        &mut self,
        (one, two): (&Convolution, &Convolution),
        stride: u32,
        x: &Image,
    ) -> Result<Image, CompileError> {
        let plain = tiles(one.channels);
        let fits = stride == 1 && plain.len() == 1 && MIDDLE_FILTER * plain[0].lanes <= LANES as u32;
        if !fits {
            let homes = self.next_homes(Homes::all_turns(), &[x]);
            let narrow = self.plain((one, plain), x, (taps(1, 1), 1, 1), homes)?;
            let homes = self.next_homes(Homes::all_turns(), &[x, &narrow]);
            let tiles = tiles(two.channels);
            return self.plain((two, tiles), &narrow, (taps(MIDDLE_FILTER, stride), MIDDLE_FILTER, stride), homes);
        }
        let homes = self.next_homes(Homes::all_thrice(), &[x]);
        let copied = vec![plain[0].copied(MIDDLE_FILTER)];
        let narrow = self.plain((one, copied), x, (taps(1, 1), 1, 1), homes)?;
        self.hand.part(&two.name);
        let homes = self.next_homes(Homes::all_turns(), &[x, &narrow]);
        let wide = self.side_by_side(&narrow, homes);
        let homes = self.next_homes(Homes::all_turns(), &[x, &wide]);
        let rows = taps(MIDDLE_FILTER, 1).into_iter().filter(|tap| tap.across == 0).collect();
        self.plain((two, tiles(two.channels)), &wide, (rows, MIDDLE_FILTER, 1), homes)
    }

    /// A convolution of one image with what is greater than zero kept.
    fn plain(
        &mut self,
        (convolution, tiles): (&Convolution, Vec<Tile>),
        x: &Image,
        (taps, size, stride): (Vec<Tap>, u32, u32),
        homes: Homes,
    ) -> Result<Image, CompileError> {
        self.hand.part(&convolution.name);
        let filters = Filters::new(&[self.operand(convolution, x)?], self.bias(convolution)?);
        let input = Input { image: x, taps, size, channels: x.channels() };
        let ending = Ending::Level { unit: self.unit(&convolution.name) };
        let extents = (x.rows / stride, x.columns / stride);
        self.contract(&[input], (&filters, tiles), extents, (ending, None), homes)
    }

    /// The mean of all pixels times the last matrix.
    fn classes(&mut self, network: &Network, x: &Image) -> Result<(), CompileError> {
        let convolution = &network.classes;
        self.hand.part(&convolution.name);
        let filters = Filters::new(&[self.operand(convolution, x)?], self.bias(convolution)?);
        for (number, tile) in tiles(convolution.channels).into_iter().enumerate() {
            let half = Hemisphere::BOTH[number % 2];
            let plane = (number / 2 % 2) as u8;
            let result = self.mean(x, &filters, &tile, (half, plane));
            self.hand.build.output(&format!("{LOGITS}.{number}"), result);
        }
        Ok(())
    }
}

/// Rows of an image as the four planes share them: half, plane, first row, how many.
pub fn quarters(rows: u32) -> Vec<(Hemisphere, u8, u32, u32)> {
    let planes = Hemisphere::BOTH.into_iter().flat_map(|half| [(half, 0), (half, 1)]);
    planes.zip(split(rows, 4)).map(|((half, plane), (top, rows))| (half, plane, top, rows)).collect()
}

impl Image {
    /// Channels of a pixel.
    pub fn channels(&self) -> u32 {
        self.tiles.iter().map(|tile| tile.channels.1).sum()
    }
}
