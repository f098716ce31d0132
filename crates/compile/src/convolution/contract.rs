//! One contraction of the whole chip: which plane takes which rows and channels, and the nodes of each.
//!
//! In: images with the taps that meet them, filters, what becomes of the sums.  Out: rounds of work, bands of the image that they make.
//! Invariant: the planes of a half have the same weights at every step; each band is written where two readers find it at once.
//! Method: one tile of channels: the four planes share the rows. More: the halves share the tiles, the planes of a half the rows. A half
//!     takes first what it made itself, so that the halves do not read the same slices.

use super::filters::{Ending, Filters, ZERO};
use super::image::{Band, Image, Piece, Tap, Tile, split, tiles};
use super::lower::{Contract, Kept, Lowering, Pool, Round, Step, Sums, Work, quarters};
use crate::CompileError;
use arch::Hemisphere;
use graph::{Arg, Elements, Expr, NodeId, ScalarOp};
use std::collections::BTreeMap;

/// Bytes of an i32.
const BYTES: u8 = 4;
/// Places by which an int8 is raised to the last byte of an i32.
const RAISED: u32 = 24;

/// An image and the taps that meet it.
pub struct Input<'i> {
    /// The image.
    pub image: &'i Image,
    /// Taps of a filter, in the order in which they are taken.
    pub taps: Vec<Tap>,
    /// Rows and columns of the filter.
    pub size: u32,
    /// Channels that it meets at each tap.
    pub channels: u32,
}

/// Which of a half's slices for pixels an image lies in.
#[derive(Clone, Copy, Debug)]
pub enum Homes {
    /// Four of them in turn, two for each plane: a copy for the readers of either half.
    Turn(usize),
    /// Three for each plane from this one on: a copy for each of three taps.
    Thrice(usize),
}

/// Slices for pixels that a half needs.
pub const PIXEL_SLICES: usize = 16;

impl Homes {
    /// Of the turn before the one that slice `number` belongs to.
    pub fn before(number: usize) -> Self {
        Homes::Turn(number / 4 + PIXEL_SLICES / 4 - 1)
    }

    /// Slices of what a plane makes.
    pub fn slices(self, plane: u8) -> Vec<usize> {
        let (first, copies) = match self {
            Homes::Turn(turn) => (4 * (turn % (PIXEL_SLICES / 4)), 2),
            Homes::Thrice(first) => (first, 3),
        };
        let first = first + copies * usize::from(plane);
        (first..first + copies).collect()
    }
}

/// What one half does: a tile of channels, rows by plane.
struct Job {
    half: Hemisphere,
    tile: usize,
    /// By plane: chunks of rows.
    planes: Vec<Vec<(u32, u32)>>,
}

/// What all jobs of a contraction have in common.
struct Common<'c> {
    inputs: &'c [Input<'c>],
    filters: &'c Filters,
    columns: u32,
    ending: Ending,
    residual: Option<&'c Image>,
    homes: Homes,
    /// Nodes of activations, by input, tile, tap and rows: several tiles of results take them.
    activations: BTreeMap<(usize, usize, Tap, u32, u32), NodeId>,
    /// Tables of weights, by tile of results, input, tile and tap.
    weights: BTreeMap<(usize, usize, usize, Tap), NodeId>,
    /// Factor and addend by tile.
    tables: BTreeMap<usize, [NodeId; 2]>,
}

impl Lowering<'_> {
    /// Most rows of so many pixels for which a plane has accumulators.
    pub(super) fn chunk_rows(&self, columns: u32) -> Result<u32, CompileError> {
        match self.accumulators / columns.max(1) {
            0 => Err(CompileError::Unrecognised {
                what: format!("rows of {columns} pixels"),
                expected: format!("at most {}: so many accumulators a plane has", self.accumulators),
            }),
            rows => Ok(rows),
        }
    }

    /// A contraction with results of so many rows and columns.
    pub(super) fn contract(
        &mut self,
        inputs: &[Input],
        (filters, channels): (&Filters, u32),
        (rows, columns): (u32, u32),
        (ending, residual): (Ending, Option<&Image>),
        homes: Homes,
    ) -> Result<Image, CompileError> {
        let mut tiles = tiles(channels);
        let jobs = jobs(tiles.len(), rows, self.chunk_rows(columns)?);
        let (activations, weights, tables) = Default::default();
        let mut common = Common { inputs, filters, columns, ending, residual, homes, activations, weights, tables };
        if 1 < tiles.len() {
            jobs.iter().for_each(|job| tiles[job.tile].half = Some(job.half));
        }
        for pair in jobs.chunks(Hemisphere::BOTH.len()) {
            let chunks = pair.iter().flat_map(|job| &job.planes).map(Vec::len).max().unwrap_or(0);
            for (chunk, job) in (0..chunks).flat_map(|chunk| pair.iter().map(move |job| (chunk, job))) {
                let mut members = Vec::new();
                for (plane, chunks) in (0..).zip(&job.planes) {
                    if let Some(&rows) = chunks.get(chunk) {
                        let (contract, band) = self.member(&mut common, (job, plane), &tiles[job.tile], rows);
                        tiles[job.tile].bands.push(band);
                        members.push(contract);
                    }
                }
                if !members.is_empty() {
                    self.work.push(Work::Round(Round { half: job.half, members }));
                }
            }
        }
        let unit = if let Ending::Level { unit } | Ending::Added { unit } = ending { unit } else { 1.0 };
        Ok(Image { rows, columns, tiles, unit, zero: ZERO })
    }

    /// The contraction of some rows in one plane, and the band that it makes.
    fn member(
        &mut self,
        common: &mut Common,
        (job, plane): (&Job, u8),
        tile: &Tile,
        (top, rows): (u32, u32),
    ) -> (Contract, usize) {
        let (mut steps, mut blocks) = (Vec::new(), Vec::new());
        for (number, input) in common.inputs.iter().enumerate() {
            for &tap in &input.taps {
                for k in own_first(&input.image.tiles, job.half) {
                    let (step, activation) = self.step(common, (number, k, tap), (job.tile, tile), (top, rows));
                    blocks.push((activation, step.weights));
                    steps.push(step);
                }
            }
        }
        let product = self.hand.build.matmul_blocks(&blocks);
        let tables = self.tables(common, (job.tile, tile));
        let residual = common.residual.map(|image| {
            let tap = Tap { down: 0, across: 0, step_down: 1, step_across: 1 };
            tap.pieces(&self.bands, (image.columns, &image.tiles[job.tile]), (top, rows), common.columns)
        });
        let added = residual.as_ref().map(|pieces| self.activation(pieces, tile.lanes));
        let result = self.ending(product, tables, added);
        let count = rows * common.columns;
        let bytes = self.hand.build.digits(result, BYTES);
        let node = self.hand.build.rows(bytes, 0, count);
        let slices = common.homes.slices(plane);
        let band = self.bands.len();
        self.bands.push(Band { node, parted: None, top, rows, half: job.half, plane, slices });
        let contract = Contract { plane, steps, sums: Sums::EachRow, result, tables, residual, kept: Kept::Band(band) };
        (contract, band)
    }

    /// One tap on one tile of an input, and the node of its activation.
    fn step(
        &mut self,
        common: &mut Common,
        (number, k, tap): (usize, usize, Tap),
        (n, tile): (usize, &Tile),
        (top, rows): (u32, u32),
    ) -> (Step, NodeId) {
        let (inputs, filters) = (common.inputs, common.filters);
        let input = &inputs[number];
        let from = &input.image.tiles[k];
        let pieces = tap.pieces(&self.bands, (input.image.columns, from), (top, rows), common.columns);
        let key = (number, k, tap, top, rows);
        let activation = match common.activations.get(&key) {
            Some(&known) => known,
            None => self.activation(&pieces, from.lanes),
        };
        common.activations.insert(key, activation);
        let reach = (input.size / 2) as i32;
        let place = ((tap.down + reach) as u32 * input.size + (tap.across + reach) as u32) * input.channels;
        let weights = *common.weights.entry((n, number, k, tap)).or_insert_with(|| {
            let column = place + from.channels.0;
            let lanes = (from.channels.1, from.lanes);
            filters.tile(&mut self.hand, (tile.channels, tile.lanes), (number, column), lanes)
        });
        (Step { pieces, lanes: from.lanes, weights, overlaps: 1 < input.size }, activation)
    }

    fn tables(&mut self, common: &mut Common, (n, tile): (usize, &Tile)) -> [NodeId; 2] {
        let (filters, ending) = (common.filters, common.ending);
        let fresh = || filters.ending(&mut self.hand, tile.channels, tile.lanes, ending);
        *common.tables.entry(n).or_insert_with(fresh)
    }

    /// The node that holds these rows.
    pub(super) fn activation(&mut self, pieces: &[Piece], lanes: u32) -> NodeId {
        let parts: Vec<NodeId> = pieces.iter().map(|piece| self.piece(piece, lanes)).collect();
        if let [part] = parts[..] { part } else { self.hand.build.copy(0, &parts) }
    }

    fn piece(&mut self, piece: &Piece, lanes: u32) -> NodeId {
        match *piece {
            Piece::Zeros(count) => {
                let table = || self.hand.table("zeros", lanes as usize, Elements::I8(vec![ZERO; lanes as usize]));
                let zeros = *self.zeros.entry(lanes).or_insert_with(table);
                self.hand.broadcast(zeros, count)
            }
            Piece::Pixels { band, first, stride: 1, count } => {
                self.hand.build.rows(self.bands[band].node, first, count)
            }
            Piece::Pixels { band, first, count, .. } => {
                let half = self.hand.build.shape(self.bands[band].node).extents()[0] / 2;
                let parted = self.parted(band, half);
                self.hand.build.rows(parted, first % 2 * half + first / 2, count)
            }
        }
    }

    /// A band with pixels of even columns first, `half` of all.
    fn parted(&mut self, band: usize, half: u32) -> NodeId {
        if let Some(parted) = self.bands[band].parted {
            return parted;
        }
        let (node, build) = (self.bands[band].node, &mut self.hand.build);
        let lanes = build.shape(node).lanes();
        let pairs = build.reshape(node, &[half, 2, lanes]);
        let turned = build.permute_axes(pairs, &[1, 0, 2]);
        let parted = build.reshape(turned, &[2 * half, lanes]);
        self.bands[band].parted = Some(parted);
        parted
    }

    /// Sums times a factor, plus an addend, plus what came in, if anything is added. The result is the last byte of an i32, which
    /// saturates where nothing less than zero and nothing more than the greatest level is kept.
    fn ending(&mut self, product: NodeId, tables: [NodeId; 2], added: Option<NodeId>) -> NodeId {
        let (mut expr, mut value) = scaled();
        let mut inputs = self.scaling_inputs(product, tables);
        if let Some(added) = added {
            inputs.push(added);
            let before = expr.push(ScalarOp::I8ToI32, &[Arg::Input(3)]);
            let before = expr.push(ScalarOp::ShiftLeft, &[before, Arg::Immediate(RAISED)]);
            let before = expr.push(ScalarOp::I32ToF32, &[before]);
            value = expr.push(ScalarOp::Add, &[value, before]);
        }
        expr.push(ScalarOp::F32ToI32, &[value]);
        self.hand.build.map(expr, &inputs)
    }

    fn scaling_inputs(&mut self, product: NodeId, tables: [NodeId; 2]) -> Vec<NodeId> {
        let rows = self.hand.build.shape(product).extents()[0];
        let [scale, bias] = tables.map(|table| self.hand.broadcast(table, rows));
        vec![product, scale, bias]
    }

    /// All pixels times the filters of a tile, added up in one accumulator of a plane: f32 `[1, lanes]`.
    pub(super) fn mean(
        &mut self,
        x: &Image,
        filters: &Filters,
        tile: &Tile,
        (half, plane): (Hemisphere, u8),
    ) -> NodeId {
        let (mut steps, mut blocks) = (Vec::new(), Vec::new());
        for from in own_first(&x.tiles, half).into_iter().map(|k| &x.tiles[k]) {
            let (results, column) = ((tile.channels, tile.lanes), (0, from.channels.0));
            let weights = filters.tile(&mut self.hand, results, column, (from.channels.1, from.lanes));
            for &band in &from.bands {
                let count = self.bands[band].rows * x.columns;
                for row in 0..count {
                    blocks.push((self.hand.build.rows(self.bands[band].node, row, 1), weights));
                }
                let pieces = vec![Piece::Pixels { band, first: 0, stride: 1, count }];
                steps.push(Step { pieces, lanes: from.lanes, weights, overlaps: false });
            }
        }
        apart(&mut steps);
        let product = self.hand.build.matmul_blocks(&blocks);
        let tables = filters.ending(&mut self.hand, tile.channels, tile.lanes, Ending::Mean { of: x.rows * x.columns });
        let inputs = self.scaling_inputs(product, tables);
        let result = self.hand.build.map(scaled().0, &inputs);
        let (kept, residual) = (Kept::Output, None);
        let contract = Contract { plane, steps, sums: Sums::AllRows, result, tables, residual, kept };
        self.work.push(Work::Round(Round { half, members: vec![contract] }));
        result
    }

    /// The greatest of what three taps meet, for results of so many rows and columns.
    pub(super) fn maxima(&mut self, x: &Image, taps: [Tap; 3], (rows, columns): (u32, u32), homes: Homes) -> Image {
        let mut made = Image { rows, columns, tiles: Vec::new(), unit: x.unit, zero: x.zero };
        for tile in &x.tiles {
            let mut bands = Vec::new();
            for (half, plane, top, rows) in quarters(rows) {
                for row in top..top + rows {
                    let inputs: Vec<Vec<Piece>> =
                        taps.iter().map(|tap| tap.pieces(&self.bands, (x.columns, tile), (row, 1), columns)).collect();
                    let nodes: Vec<NodeId> = inputs.iter().map(|pieces| self.activation(pieces, tile.lanes)).collect();
                    let mut expr = Expr::default();
                    let pair = expr.push(ScalarOp::Max, &[Arg::Input(0), Arg::Input(1)]);
                    expr.push(ScalarOp::Max, &[pair, Arg::Input(2)]);
                    let result = self.hand.build.map(expr, &nodes);
                    let band = self.bands.len();
                    let slices = homes.slices(plane);
                    self.bands.push(Band { node: result, parted: None, top: row, rows: 1, half, plane, slices });
                    self.work.push(Work::Pool(Pool { inputs, result, band }));
                    bands.push(band);
                }
            }
            made.tiles.push(Tile { half: None, bands, ..*tile });
        }
        made
    }
}

/// `sum * factor + addend`, of the inputs 0, 1 and 2.
fn scaled() -> (Expr, Arg) {
    let mut expr = Expr::default();
    let sum = expr.push(ScalarOp::I32ToF32, &[Arg::Input(0)]);
    let product = expr.push(ScalarOp::Mul, &[sum, Arg::Input(1)]);
    let value = expr.push(ScalarOp::Add, &[product, Arg::Input(2)]);
    (expr, value)
}

/// The first row of all steps, and the last one, in steps of their own: one begins the sum, the other shows it.
fn apart(steps: &mut Vec<Step>) {
    let first = steps.remove(0).cut(1);
    steps.splice(0..0, first);
    let last = steps.pop().expect("an image has a pixel");
    let rows = last.rows();
    steps.extend(last.cut(rows - 1));
}

/// Tiles in the order in which a half takes them: those that it made, those of nobody, those of the other.
fn own_first(tiles: &[Tile], half: Hemisphere) -> Vec<usize> {
    let (own, others): (Vec<usize>, Vec<usize>) =
        (0..tiles.len()).partition(|&k| tiles[k].half.is_none_or(|made_by| made_by == half));
    own.into_iter().chain(others).collect()
}

/// Who does what of a contraction with so many tiles of results.
fn jobs(tiles: usize, rows: u32, chunk: u32) -> Vec<Job> {
    let chunks = |(top, rows): (u32, u32)| -> Vec<(u32, u32)> {
        let parts = split(rows, rows.div_ceil(chunk).max(1)).into_iter().filter(|(_, rows)| *rows != 0);
        parts.map(|(first, rows)| (top + first, rows)).collect()
    };
    if tiles == 1 {
        let quarters = quarters(rows);
        let of = |half: Hemisphere| {
            let own = quarters.iter().filter(|(whose, ..)| *whose == half);
            Job { half, tile: 0, planes: own.map(|&(_, _, top, rows)| chunks((top, rows))).collect() }
        };
        return Hemisphere::BOTH.map(of).into();
    }
    let job = |tile: usize| {
        let planes = split(rows, 2).into_iter().map(chunks).collect();
        Job { half: Hemisphere::BOTH[tile % 2], tile, planes }
    };
    (0..tiles).map(job).collect()
}
