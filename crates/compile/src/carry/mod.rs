//! From node to node: the program that takes what one stretch leaves to where the next one finds it.
//!
//! In: two nodes that have cables between them, the programs of both.  Out: a program for their sixteen chips.
//! Invariant: every word that the first gives away under a name lies, when it ends, on every chip of the second where that one's inputs
//!     of the corresponding name lie; nothing waits, no word is lost, no link carries two at once: the judge says so as of any program.
//! Method: words are dealt round over the cables. Where one lands it is written, and read again for all the chip's links inside its
//!     node (one read serves the links of a half, each one cycle after the other); there it is written too. A cable takes a word every
//!     `link_vector` cycles, and so does each link inside the node: all of it runs in step, like one long train.
//! Source: forwarding is Receive, SRAM, Send (decisions.md 6); minimal routes only; Abts et al., ISCA 2022.

mod train;

use crate::emit::{Contents, apart};
use crate::{CompileError, Tables};
use arch::{Chip, NODE, SliceId, Topology};
use graph::{Builder, DType, Elements, Graph, Tensor, TensorId};
use program::{Executable, OutputField, Packing, Program, RecordContent, Residency, WordSource, arriving};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use train::{Parcel, Train};

/// A tile has four bytes a lane.
const BYTES_LOG2: u32 = 2;

/// One f32 tile on its way: where its four bytes lie before and after.
#[derive(Clone, Debug)]
struct Tile {
    /// Name as the next stretch's input.
    name: String,
    from: ([SliceId; 4], u16),
    to: ([SliceId; 4], u16),
}

/// The program that takes the outputs of `before`, on the first node of `topology`, to the inputs of `after`, on the second.
///
/// Errors: `Unrecognised` when the topology is not two nodes with cables, or an input of `after` is none that `before` gives away.
pub fn carry(
    chip: &Chip,
    topology: &Topology,
    before: &Executable,
    after: &Executable,
) -> Result<Program, CompileError> {
    let mut cables = topology.cables(0, 1);
    if topology.nodes() != 2 || cables.is_empty() {
        let what = format!("topology `{}`", topology.name);
        return Err(CompileError::Unrecognised { what, expected: "two nodes that are joined by a cable".to_owned() });
    }
    // One cable to a chip, which sends on what lands as fast as it comes; and so many that each carries the same bytes of all tiles: no two
    // of them write into one slice in one cycle.
    let mut taken = BTreeSet::new();
    cables.retain(|(_, landing)| taken.insert(landing.chip));
    cables.truncate(1 << cables.len().ilog2().min(BYTES_LOG2));
    let tiles = tiles(before, after)?;
    let plans = Train::new(chip, topology, &cables).run(&parcels(&tiles));
    let (lowered, tensors) = graph(&tiles, topology);
    let (image, outputs, context) = (image(&tiles, &tensors), outputs(&tiles), before.context);
    Ok(apart((chip, topology), "carry", plans, Contents { lowered, image, outputs, context }))
}

/// The tensors of a carry's graph, with what the first node holds: rows by the name of the next stretch's input.
///
/// Panics when a row is missing.
pub fn cargo(carry: &Program, rows: &BTreeMap<String, Vec<f32>>) -> Tables {
    let mut tables = Tables::default();
    for (id, info) in carry.lowered.tensors.iter() {
        let row = rows.get(&info.name).expect("every tile has a row");
        tables.insert(id, Arc::new(Tensor::new(info.shape, Elements::F32(row.clone()))));
    }
    tables
}

/// What `after` expects, and where it comes from.
fn tiles(before: &Executable, after: &Executable) -> Result<Vec<Tile>, CompileError> {
    let given: BTreeMap<String, &OutputField> = before
        .outputs
        .iter()
        .filter(|field| field.chip == 0)
        .filter_map(|field| Some((arriving(&field.output)?, field)))
        .collect();
    let mut wanted: BTreeMap<&str, ([Option<SliceId>; 4], u16)> = BTreeMap::new();
    for field in &after.record {
        let RecordContent::Input { name, plane } = &field.content else { continue };
        if given.contains_key(name) {
            let home = wanted.entry(name).or_insert(([None; 4], field.address));
            home.0[usize::from(*plane)] = Some(field.slice);
        }
    }
    let tile = |(name, field): (&String, &&OutputField)| {
        let missing = || CompileError::Unrecognised {
            what: format!("`{name}`, which the stretch before gives away"),
            expected: "an input of the stretch after it, four bytes a lane".to_owned(),
        };
        let (slices, address) = wanted.get(name.as_str()).ok_or_else(missing)?;
        let [Some(a), Some(b), Some(c), Some(d)] = *slices else { return Err(missing()) };
        Ok(Tile { name: name.clone(), from: (field.slices, field.address), to: ([a, b, c, d], *address) })
    };
    given.iter().map(tile).collect()
}

/// Words in the order in which they leave.
fn parcels(tiles: &[Tile]) -> Vec<Parcel> {
    let of = |(number, tile): (usize, &Tile)| {
        let Tile { from, to, .. } = tile.clone();
        (0..4).map(move |byte| Parcel { tile: number as u16, from: (from.0[byte], from.1), to: (to.0[byte], to.1) })
    };
    tiles.iter().enumerate().flat_map(of).collect()
}

/// Each tile is a tensor, and what every chip of the second node has of it at the end.
fn graph(tiles: &[Tile], topology: &Topology) -> (Graph, Vec<TensorId>) {
    let mut build = Builder::new();
    build.set_origin(None, "carry");
    let tensor = |build: &mut Builder, tile: &Tile| build.tensor(&tile.name, DType::F32, &[1, LANES]);
    let tensors: Vec<TensorId> = tiles.iter().map(|tile| tensor(&mut build, tile)).collect();
    let nodes: Vec<_> = tensors.iter().map(|&tensor| build.constant(tensor)).collect();
    for chip in NODE..topology.chips {
        for (tile, &node) in tiles.iter().zip(&nodes) {
            build.output(&landed(tile, chip), node);
        }
    }
    (build.finish(), tensors)
}

/// Lanes of a tile.
const LANES: u32 = crate::tables::LANES as u32;

/// The output's name: the tile on a chip of the second node.
fn landed(tile: &Tile, chip: u16) -> String {
    format!("{}@{chip}", tile.name)
}

fn image(tiles: &[Tile], tensors: &[TensorId]) -> Vec<Residency> {
    let mut image = Vec::new();
    for (tile, &tensor) in tiles.iter().zip(tensors) {
        let (slices, address) = tile.from;
        for chip in 0..NODE {
            for (plane, slice) in slices.into_iter().enumerate() {
                let source = WordSource::Tensor { tensor, packing: Packing::Plane(plane as u8) };
                image.push(Residency { chip, slice, address, words: 1, source, row: 0, step: 1 });
            }
        }
    }
    image
}

fn outputs(tiles: &[Tile]) -> Vec<OutputField> {
    let field = |chip: u16| {
        tiles.iter().map(move |tile| OutputField {
            output: landed(tile, chip),
            chip,
            slices: tile.to.0,
            address: tile.to.1,
        })
    };
    (NODE..2 * NODE).flat_map(field).collect()
}
