//! The attention part of a layer: queries, keys, values, rotation, then softmax (next file) and output.
//!
//! In: residual tiles.  Out: what is added to them, before its last projection.
//! Invariant: a lane of every vector here belongs to a slot, and in it to an element (`Heads`); query slot j meets the key head in
//!     slot j. So a query meets its key lane by lane and nothing is ever moved between heads.
//! Method: rotation is a second contraction with the rows of each pair exchanged: runs of the same weights, loaded in another order.

use super::linear::{Order, Product, Tile};
use super::norm::norm;
use super::softmax::{Attended, Chunk, scores, weighted_values};
use super::vector::{Vector, fixed_factor};
use super::weights::Coded;
use super::{Addend, Emitter, Lane, Positional, Shared, Stretch, of_row};
use crate::kernel::Place;
use crate::share::straight;
use crate::tables::LANES;
use crate::{CompileError, Format, Linear};
use graph::expr::immediate;
use graph::half::f32_to_f16;
use graph::{Arg, DType, Elements, Expr, NodeId, ScalarOp, TensorId};

/// The mask is this times (position + 1/2 - row), saturating at the ends of f16 on either side.
const MASK_SLOPE: f32 = 131_072.0;

/// Emits what all layers of a stretch share, row by row: rows of one text have positions of their own.
pub fn shared(emitter: &mut Emitter, stretch: &Stretch) -> Vec<Shared> {
    let heads = &emitter.share().heads;
    let attends = stretch.bodies.iter().flatten().any(|part| part.attention().is_some());
    let position = attends.then(|| emitter.build.input("position", DType::I32, &[1]));
    let mut rows = Vec::new();
    for row in 0..emitter.llama.rows.positions() as usize {
        emitter.of_row(row);
        rows.push(position.map(|position| positional(emitter, position)));
    }
    emitter.ask_anew();
    emitter.part("ones");
    let row = emitter.table("row", LANES, Elements::F16(vec![f32_to_f16(1.0); LANES]));
    let ones = emitter.broadcast(row, LANES as u32);
    let (lanes, slot) = (heads.lanes(), heads.slot_lanes);
    let shares = move |row: usize, lane: usize| row < lanes && lane < lanes && row / slot == lane / slot;
    let block = |row: usize| (0..LANES).map(move |lane| if shares(row, lane) { f32_to_f16(1.0) } else { 0 });
    let blocks = emitter.table("blocks", LANES, Elements::F16((0..LANES).flat_map(block).collect()));
    let shared = |positional| Shared { positional, ones, blocks };
    let shared: Vec<Shared> = rows.into_iter().map(shared).collect();
    // Texts that advance together are at the same position.
    shared.into_iter().cycle().take(emitter.llama.rows.count() as usize).collect()
}

fn positional(emitter: &mut Emitter, position: NodeId) -> Positional {
    emitter.part("rope");
    let parts = emitter.share().heads.parts;
    let (cosines, sines) = (0..parts).map(|part| rotary(emitter, part, position)).unzip();
    Positional { cosines, sines, mask: mask(emitter), position }
}

/// Tables of at most so many rows, all parts together, lie in the same slices; longer ones leave room there for what is computed.
const NEAR_ROWS: usize = 1_024;

/// Cosines and sines of the token's position, as the lanes of a part of the heads need them.
fn rotary(emitter: &mut Emitter, part: usize, position: NodeId) -> (NodeId, NodeId) {
    let (llama, heads) = (emitter.llama, &emitter.share().heads);
    let rows = emitter.cached as usize;
    let [near, far] = match part {
        _ if heads.parts * rows <= NEAR_ROWS => [Place::EastNear, Place::EastNear],
        0 => [Place::EastNear, Place::EastFar],
        _ => [Place::EastFar, Place::WestNear],
    };
    let mut row = |name: &str, table: &[f32], (place, home): (Place, Place)| {
        let spread = |row: &[f32]| heads.spread(row, part);
        let mut elements: Vec<f32> = table.chunks(llama.head_dim as usize).flat_map(spread).collect();
        elements.resize(rows * LANES, 0.0);
        let table = emitter.table(&format!("{name}.{part}"), LANES, Elements::F32(elements));
        let (number, last) = (emitter.row() as u32, emitter.llama.rows.positions() - 1);
        let reached = if last == 0 { table } else { emitter.build.rows(table, number, rows as u32 - last) };
        let row = emitter.build.gather(reached, position);
        emitter.fetch(row, place, home);
        row
    };
    // Read in the same step, from either side.
    (row("cos", &llama.cosines, (near, Place::WestNear)), row("sin", &llama.sines, (far, Place::EastFar)))
}

/// Rows of +65504 up to the token's position, -65504 after it.
fn mask(emitter: &mut Emitter) -> NodeId {
    emitter.part("mask");
    let positions = emitter.positions;
    let name = of_row("horizon".to_owned(), emitter.row());
    let horizon = emitter.build.input(&name, DType::F32, &[1, LANES as u32]);
    let rows = (0..emitter.cached).flat_map(|row| vec![row as f32; LANES]).collect();
    let iota = emitter.table("iota", LANES, Elements::F32(rows));
    let attended = if positions < emitter.cached { emitter.build.rows(iota, 0, positions) } else { iota };
    let horizon = emitter.broadcast(horizon, positions);
    let mut expr = Expr::default();
    let distance = expr.push(ScalarOp::Sub, &[Arg::Input(0), Arg::Input(1)]);
    let scaled = expr.push(ScalarOp::Mul, &[distance, immediate(MASK_SLOPE)]);
    expr.push(ScalarOp::F32ToF16, &[scaled]);
    let mask = emitter.build.map(expr, &[horizon, attended]);
    emitter.kernel(&[mask], &[(mask, Place::EastFarLow, 0)]);
    mask
}

/// The matrices that take what the norm makes.
const TAKERS: [Linear; 3] = [Linear::Query, Linear::Key, Linear::Value];

/// What a row brings to its attention.
struct Brought {
    queries: Vec<Vec<NodeId>>,
    values: Vec<NodeId>,
    /// Bound of the values' elements.
    bound: f64,
}

/// Emits the part for `layer`: of each row, from its residual, what is added to it before the last projection. All rows of a text are in
/// its caches before any attends to them.
pub fn attention(
    emitter: &mut Emitter,
    shared: &[Shared],
    residual: &[&[NodeId]],
    layer: usize,
) -> Result<Vec<Addend>, CompileError> {
    let (mut keys, mut brought) = (vec![Vec::new(); residual.len()], Vec::new());
    for (row, (shared, residual)) in shared.iter().zip(residual).enumerate() {
        emitter.of_row(row);
        let tensors = emitter.llama.layers[layer].clone();
        emitter.part("attn_norm");
        let input = norm(emitter, shared, residual, (tensors.attn_norm, &TAKERS))?;
        keys[row] = self::keys(emitter, (shared, &input), layer, before(&keys, row))?;
        let queries = queries(emitter, shared, &input, tensors.query)?;
        let (values, bound) = values(emitter, &input, layer)?;
        brought.push(Brought { queries, values, bound });
    }
    let (heads, last) = (&emitter.share().heads, keys.len() - 1);
    let is_block = 1 < emitter.llama.rows.positions();
    let mut scored = Vec::new();
    for (row, (shared, brought)) in shared.iter().zip(&brought).enumerate() {
        emitter.of_row(row);
        let keys = &keys[if is_block { last } else { row }];
        let attended = heads.queries.iter().zip(&brought.queries).map(|(tile, queries)| Attended {
            queries: queries.clone(),
            keys: keys[tile.cache * heads.parts..][..heads.parts].to_vec(),
            cache: tile.cache,
        });
        let tiles: Vec<Attended> = attended.collect();
        let scores = scores(emitter, shared, &tiles);
        scored.push((tiles, scores));
    }
    // Only now: while keys are read, nothing can be written beside them.
    let mut caches = vec![Vec::new(); residual.len()];
    for (row, (shared, brought)) in shared.iter().zip(&brought).enumerate() {
        emitter.of_row(row);
        caches[row] = append_values(emitter, shared, (layer, &brought.values), before(&caches, row));
    }
    let mut addends = Vec::new();
    for (row, ((tiles, scored), brought)) in scored.iter().zip(&brought).enumerate() {
        emitter.of_row(row);
        let values: Vec<Vec<NodeId>> =
            caches[if is_block { last } else { row }].chunks(heads.parts).map(<[NodeId]>::to_vec).collect();
        addends.push(weighted(emitter, layer, (tiles, scored), (&values, brought.bound))?);
    }
    Ok(addends)
}

/// The caches that a row finds: those that the row before it left, where both are of one text.
fn before(caches: &[Vec<NodeId>], row: usize) -> &[NodeId] {
    row.checked_sub(1).map_or(&[], |before| caches[before].as_slice())
}

/// The weighted values of a row and the matrix that takes them.
fn weighted(
    emitter: &mut Emitter,
    layer: usize,
    (tiles, scored): (&[Attended], &[Vec<Chunk>]),
    (values, bound): (&[Vec<NodeId>], f64),
) -> Result<Addend, CompileError> {
    let (heads, tensor) = (&emitter.share().heads, emitter.llama.layers[layer].output);
    let format = emitter.format(Linear::Output);
    let factor = if format == Format::Int8 { fixed_factor(bound) } else { 1.0 };
    let attended = weighted_values(emitter, tiles, scored, values, (format, factor));
    emitter.part("attn_output");
    let vector = Vector::last(format, attended);
    let matrix = emitter.coded(tensor, Linear::Output, &vector)?;
    let tiles = heads.queries.iter().flat_map(|tile| (0..heads.parts).map(|part| heads.rows(&tile.counted, part)));
    let blocks = tiles.collect();
    Ok(Addend { vector, matrix, blocks })
}

/// Rotated queries of all tiles, part by part.
fn queries(
    emitter: &mut Emitter,
    shared: &Shared,
    input: &Vector,
    tensor: TensorId,
) -> Result<Vec<Vec<NodeId>>, CompileError> {
    let heads = &emitter.share().heads;
    let query = emitter.coded(tensor, Linear::Query, input)?;
    let factor = 1.0 / f64::from(emitter.llama.head_dim).sqrt();
    let mut queries = Vec::new();
    for (tile, number) in heads.queries.iter().zip(0..) {
        let mut parts = Vec::new();
        for part in 0..heads.parts {
            emitter.part("attn_q");
            let rows = heads.rows(&tile.heads, part);
            let rotated = rotated(emitter, shared, input, &query, (&Tile { factor, ..Tile::new(&rows) }, part))?;
            let query = rotated.finish(emitter);
            emitter.kernel(&[query], &[(query, SIDES[(number + part) % SIDES.len()], 0)]);
            parts.push(query);
        }
        queries.push(parts);
    }
    Ok(queries)
}

/// Where the parts of a query lie: two are read in the same cycle.
const SIDES: [Place; 2] = [Place::WestOuter, Place::EastOuter];

/// A projection, rotated by position: x * cos + swap(x) * sin, where swap(x) is the projection with the rows of each pair exchanged.
fn rotated(
    emitter: &mut Emitter,
    shared: &Shared,
    input: &Vector,
    matrix: &Coded,
    (tile, part): (&Tile, usize),
) -> Result<Product, CompileError> {
    let heads = &emitter.share().heads;
    let columns = straight(emitter.llama.width as usize);
    let swapped = heads.swapped(tile.rows);
    let weights = tile.weights(emitter, input, matrix, &columns)?;
    let mut sum = Product::default();
    let value = sum.contract(emitter, input, &weights, tile);
    let cosines = sum.input(shared.positional().cosines[part]);
    let mut straight = sum.expr.push(ScalarOp::Mul, &[value, cosines]);
    if matrix.format() != Format::Int8 {
        // A pair of planes takes both, one after the other: what the first one makes waits in SRAM.
        let made = sum.finish(emitter);
        emitter.kernel(&[made], &[(made, Place::EastNear, 0)]);
        sum = Product::default();
        straight = sum.input(made);
    }
    // Read in the same step as those of the other contraction, from the other side.
    let tile = Tile { rows: &swapped, scales: Some(Place::EastNear), order: Order::Last, ..*tile };
    let value = sum.contract(emitter, input, &weights, &tile);
    let sines = sum.input(shared.positional().sines[part]);
    let crossed = sum.expr.push(ScalarOp::Mul, &[value, sines]);
    let value = sum.expr.push(ScalarOp::Add, &[straight, crossed]);
    sum.rooted(value, input);
    Ok(sum)
}

/// The key caches with this row appended, f16 `[cached, 320]` each, by cache and part.
fn keys(
    emitter: &mut Emitter,
    (shared, input): (&Shared, &Vector),
    layer: usize,
    before: &[NodeId],
) -> Result<Vec<NodeId>, CompileError> {
    let llama = emitter.llama;
    let key = emitter.coded(llama.layers[layer].key, Linear::Key, input)?;
    let mut keys = Vec::new();
    for (number, cache) in Cache::all(emitter, "k", layer).iter().enumerate() {
        emitter.part("attn_k");
        let mut row = rotated(emitter, shared, input, &key, (&Tile::new(&cache.rows), cache.part))?;
        row.narrow();
        let row = row.finish(emitter);
        keys.push(appended(emitter, shared, (cache, before.get(number)), row));
    }
    Ok(keys)
}

/// This token's values, f16 by cache and part, and a bound of their elements.
fn values(emitter: &mut Emitter, input: &Vector, layer: usize) -> Result<(Vec<NodeId>, f64), CompileError> {
    let llama = emitter.llama;
    let value = emitter.coded(llama.layers[layer].value, Linear::Value, input)?;
    let gain = emitter.matrix(llama.layers[layer].attn_norm)?;
    let bound = value.norm_greatest(&emitter.hand, gain.row(0))? * input.norm;
    let columns = straight(llama.width as usize);
    let mut values = Vec::new();
    for cache in Cache::all(emitter, "v", layer) {
        emitter.part("attn_v");
        let tile = Tile::new(&cache.rows);
        let weights = tile.weights(emitter, input, &value, &columns)?;
        let mut row = Product::default();
        let sum = row.contract(emitter, input, &weights, &tile);
        row.rooted(sum, input);
        row.narrow();
        let row = row.finish(emitter);
        emitter.kernel(&[row], &[(row, Place::EastFarLow, 0)]);
        values.push(row);
    }
    Ok((values, bound))
}

/// The value caches with this row appended, by cache and part.
fn append_values(
    emitter: &mut Emitter,
    shared: &Shared,
    (layer, values): (usize, &[NodeId]),
    before: &[NodeId],
) -> Vec<NodeId> {
    let mut caches = Vec::new();
    for (number, (cache, &row)) in Cache::all(emitter, "v", layer).iter().zip(values).enumerate() {
        emitter.part("kv_append");
        let row = emitter.build.map(Expr::single(ScalarOp::Identity, &[Arg::Input(0)]), &[row]);
        caches.push(appended(emitter, shared, (cache, before.get(number)), row));
    }
    caches
}

/// One tile of cached keys or values.
struct Cache {
    name: String,
    place: Place,
    part: usize,
    rows: Vec<Lane>,
}

impl Cache {
    /// `k.3`, and `k.3.1` for the second of a layer that has several; they alternate between two places.
    fn all(emitter: &Emitter, what: &str, layer: usize) -> Vec<Cache> {
        let heads = &emitter.share().heads;
        let tiles = heads.caches.iter().flat_map(|slots| (0..heads.parts).map(move |part| (slots, part)));
        let usual = [Place::CacheWest, Place::EastFarHigh];
        // Values of several attentions make use of the slices of the mask too, which is read with the keys.
        let places = match (what, emitter.attention()) {
            ("v", Some(turn)) => [Place::EastFarLow, usual[turn % 2]],
            _ => usual,
        };
        let cache = |(number, (slots, part)): (usize, (&crate::heads::Slots, usize))| Cache {
            name: if number == 0 { format!("{what}.{layer}") } else { format!("{what}.{layer}.{number}") },
            place: places[number % 2],
            part,
            rows: heads.rows(slots, part),
        };
        tiles.enumerate().map(cache).collect()
    }
}

/// `cache`, as the row before left it, with `row` at its position.
fn appended(emitter: &mut Emitter, shared: &Shared, (cache, before): (&Cache, Option<&NodeId>), row: NodeId) -> NodeId {
    emitter.part("kv_append");
    let extents = [emitter.cached, LANES as u32];
    let name = emitter.own(cache.name.clone());
    let state = emitter.state(&name, &extents);
    emitter.places.insert(state, cache.place);
    let (scatter, next) = emitter.append((state, before.copied()), row, shared.positional().position);
    emitter.appending_kernel(&[row], scatter);
    next
}
