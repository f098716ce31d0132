//! Compiles any graph of the ten operations for one chip.
//!
//! In: a graph, its tensors, a chip.  Out: a program, its tables, and how the host sends inputs and reads outputs.
//! Invariant: what the host reads is what the reference evaluator computes, bit for bit, whatever the types.
//! Method: a lowering of its own (`lower::general`), the same schedule and the same emitter as for models.

use crate::emit::alone;
use crate::lower::general::{Part, lower, part_name};
use crate::lower::{Lowered, Source};
use crate::schedule::schedule;
use crate::tables::{LANES, tile_of};
use crate::{CompileError, Tables, Why, fit};
use arch::Chip;
use graph::half::f32_to_f16;
use graph::{DType, Elements, Graph, Op, Tensor, TensorData, TensorType};
use program::Program;
use std::collections::BTreeMap;
use units::Cycles;

/// What compiling a graph yields.
#[derive(Clone, Debug)]
pub struct General {
    /// The program.
    pub program: Program,
    /// Tensors that its image and its lowered graph name.
    pub tables: Tables,
    /// Why each stage is as long as it is: the graph, the states' next values.
    pub why: Vec<Why>,
    /// Inputs of the graph.
    inputs: Vec<(String, TensorType)>,
    /// Outputs of the graph.
    outputs: Vec<(String, TensorType)>,
}

impl General {
    /// Cycles of a pass through the graph.
    pub fn cycles(&self) -> Cycles {
        self.program.executable.length()
    }

    /// What the host sends, word by word, for these values of the graph's inputs. One that is not there, or has another type, is not sent.
    pub fn sent(&self, given: &BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
        let mut sent = BTreeMap::new();
        for (name, stated) in &self.inputs {
            let fits = |tensor: &&Tensor| tensor.dtype() == stated.dtype && *tensor.shape() == stated.shape;
            let Some(tensor) = given.get(name).filter(fits) else { continue };
            for (tile, row) in parts(stated) {
                let elements = tile_of(tensor, (row, 1), tile, 1);
                let word = graph::Shape::new(&[1, LANES as u32]).expect("a word has lanes");
                sent.insert(part_name(name, (tile, row), Part::Whole), Tensor::new(word, elements));
            }
        }
        sent
    }

    /// The graph's outputs, from the bits of the lanes of each word that the host reads, by name.
    ///
    /// Panics where a word is missing: all that the program names are there after a pass.
    pub fn read(&self, words: &BTreeMap<String, Vec<u32>>) -> BTreeMap<String, Tensor> {
        let mut outputs = BTreeMap::new();
        for (name, stated) in &self.outputs {
            let word = |place, part| &words[&part_name(name, place, part)];
            let mut bits = vec![0; stated.shape.elements() as usize];
            let lanes = stated.shape.lanes() as usize;
            for (tile, row) in parts(stated) {
                let own = LANES.min(lanes - tile * LANES);
                let to = &mut bits[row * lanes + tile * LANES..][..own];
                if stated.dtype == DType::F16 {
                    let both = word((tile, row), Part::Exponent).iter().zip(word((tile, row), Part::Rest));
                    to.iter_mut().zip(both).for_each(|(to, (one, other))| *to = half(*one) | half(*other));
                } else {
                    to.copy_from_slice(&word((tile, row), Part::Whole)[..own]);
                }
            }
            outputs.insert(name.clone(), Tensor::new(stated.shape, Elements::from_bits(stated.dtype, &bits)));
        }
        outputs
    }
}

/// Bits of the f16 that an f32 is exactly.
fn half(bits: u32) -> u32 {
    let value = f32::from_bits(bits);
    // Rounding saturates; infinity is an exponent without a fraction.
    u32::from(if value.is_infinite() { 0x7c00 } else { f32_to_f16(value) })
}

/// Tiles and rows of a value.
fn parts(stated: &TensorType) -> impl Iterator<Item = (usize, usize)> {
    let (lanes, rows) = (stated.shape.lanes() as usize, stated.shape.rows() as usize);
    (0..lanes.div_ceil(LANES)).flat_map(move |tile| (0..rows).map(move |row| (tile, row)))
}

/// What the image of the graph's program is filled from.
///
/// Errors: as [`compile`], but for what the schedule finds.
pub fn tables(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<Tables, CompileError> {
    Ok(lowered(graph, data, chip)?.tables)
}

/// The lowered graph.
fn lowered(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<Lowered, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    if let Some(flaw) = graph::check(graph).into_iter().next() {
        return Err(CompileError::Unrecognised { what: flaw.to_string(), expected: "a legal graph".to_owned() });
    }
    if graph.outputs.is_empty() && graph.updates.is_empty() {
        let (what, expected) = ("a graph that nobody asks anything of", "an output or the update of a state");
        return Err(CompileError::Unrecognised { what: what.to_owned(), expected: expected.to_owned() });
    }
    lower(Source::new(graph, Some(data)), chip)
}

/// Compiles a graph.
///
/// Errors: `Unrecognised` for a graph that is not legal or asks for nothing, `Node` for an operation that has no lowering; else see
/// [`CompileError`].
pub fn compile(graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<General, CompileError> {
    let lowered = lowered(graph, data, chip)?;
    let scheduled = schedule(chip, std::slice::from_ref(&lowered))?.pop().expect("one program was asked for");
    let (program, why) = alone(chip, (lowered.graph, &lowered.twins), scheduled)?;
    let inputs = graph.nodes.iter().filter_map(|(_, node)| match &node.op {
        Op::Input { name } => Some((name.clone(), node.result_type())),
        _ => None,
    });
    let outputs = graph.outputs.iter().map(|(name, id)| (name.clone(), graph.nodes[*id].result_type()));
    Ok(General { program, tables: lowered.tables, why, inputs: inputs.collect(), outputs: outputs.collect() })
}
