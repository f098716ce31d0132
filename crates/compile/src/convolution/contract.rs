//! One contraction of the whole chip: which plane takes which rows and channels, and the nodes of each.
//!
//! In: images with the taps that meet them, filters, what becomes of the sums.  Out: rounds of work, bands of the image that they make.
//! Invariant: the planes of a half have the same weights at every step; each band is written where two readers find it at once.
//! Method: one tile of channels: the four planes share the rows. More: the halves share the tiles, the planes of a half the rows. A half
//!     takes first what it made itself, so that the halves do not read the same slices.

use super::filters::{Ending, Filters, ZERO};
use super::homes::Homes;
use super::image::{Band, Image, Piece, Run, Tap, Tile, split};
use super::lower::{Contract, Kept, Lowering, Round, Step, Sums, Work, quarters};
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

impl Input<'_> {
    /// Elements of a filter that meet the lanes of a tile at a tap: copies side by side are pixels side by side.
    fn runs(&self, tile: &Tile, tap: Tap) -> impl Iterator<Item = Run> {
        let reach = (self.size / 2) as i32;
        let middle = (tile.copies / 2) as i32;
        tile.runs().zip(-middle..).map(move |(run, beside)| {
            let place = (tap.down + reach) * self.size as i32 + tap.across + beside + reach;
            Run { first: place as u32 * self.channels + run.first, ..run }
        })
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
        (filters, mut tiles): (&Filters, Vec<Tile>),
        (rows, columns): (u32, u32),
        (ending, residual): (Ending, Option<&Image>),
        homes: Homes,
    ) -> Result<Image, CompileError> {
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
        Ok(Image { rows, columns, tiles, unit, zero: ZERO, homes })
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
        let weights = *common.weights.entry((n, number, k, tap)).or_insert_with(|| {
            let runs: Vec<Run> = input.runs(from, tap).collect();
            filters.tile(&mut self.hand, tile, number, (&runs, from.lanes))
        });
        (Step { pieces, lanes: from.lanes, weights, overlaps: 1 < input.size }, activation)
    }

    fn tables(&mut self, common: &mut Common, (n, tile): (usize, &Tile)) -> [NodeId; 2] {
        let (filters, ending) = (common.filters, common.ending);
        let fresh = || filters.ending(&mut self.hand, tile, ending);
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
            let runs: Vec<Run> = from.runs().collect();
            let weights = filters.tile(&mut self.hand, tile, 0, (&runs, from.lanes));
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
        let tables = filters.ending(&mut self.hand, tile, Ending::Mean { of: x.rows * x.columns });
        let inputs = self.scaling_inputs(product, tables);
        let result = self.hand.build.map(scaled().0, &inputs);
        let (kept, residual) = (Kept::Output, None);
        let contract = Contract { plane, steps, sums: Sums::AllRows, result, tables, residual, kept };
        self.work.push(Work::Round(Round { half, members: vec![contract] }));
        result
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
