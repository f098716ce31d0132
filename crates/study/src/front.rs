//! The damage front of a mutant: which bytes differ, where first, and how far they come.
//!
//! In: a verified program and a mutant of it.  Out: per chip and unit how many words and bytes it drives otherwise, and from when on.
//! Invariant: both run on the same words, drawn from a seed that stands in the result; nothing is shown that was not run. Where nothing
//!     arrives the mutant finds zeros, as an idle register holds, so that the damage goes on instead of stopping everything.
//! Method: every word that a dispatch drives is compared with what the same queue drove on the same stream in the same cycle; a word
//!     that only one of the two drives differs as a whole. Instance by instance, so that memory does not grow with the token.

use arch::{Chip, Queue, StreamId, Unit};
use graph::{DType, Elements, Graph, LoadError, Op, Shape, Tensor, TensorData, TensorId};
use program::Program;
use serde::Serialize;
use sim::{Driven, Empty, Observer, System, WordBytes};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::Rng;

/// Bytes of a word.
const WORD_BYTES: u64 = program::WORD_BYTES as u64;
/// Words of all chips' images beyond which nothing is drawn and run: 256 MB.
const WORDS_MAX: u64 = 800_000;

/// What one kind of unit of one chip drives otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The chip.
    pub chip: u16,
    /// The unit.
    pub unit: String,
    /// Words that differ.
    pub words: u64,
    /// Bytes that differ.
    pub bytes: u64,
    /// Dispatch of the first of them.
    pub first: u64,
}

/// The front of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Front {
    /// Seed of weights and inputs.
    pub seed: u64,
    /// By chip and unit, in order of their first word.
    pub damage: Vec<Damage>,
    /// Output tiles that differ in the end.
    pub outputs: u64,
    /// Output tiles.
    pub of: u64,
}

/// Weights and inputs drawn from a seed.
struct Drawn<'a> {
    graph: &'a Graph,
    seed: u64,
}

/// What one instance drives on one chip.
#[derive(Default)]
struct Words(BTreeMap<(u64, Queue, StreamId), Option<Box<WordBytes>>>);

impl Observer for Words {
    fn driven(&mut self, event: &Driven) {
        let word = event.word.map(|bytes| Box::new(*bytes));
        self.0.insert((event.cycle.0, event.queue, event.stream), word);
    }
}

impl TensorData for Drawn<'_> {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        let info = self.graph.tensors.get(id);
        let info = info.ok_or_else(|| LoadError { tensor: id, reason: "the graph has no such tensor".to_owned() })?;
        Ok(Arc::new(self.draw(id.index() as u64, info.dtype, &info.shape)))
    }
}

impl Drawn<'_> {
    /// Small numbers; lanes 8 apart in a superlane are equal, as tiles that serve both halves of an f16 product demand.
    fn draw(&self, number: u64, dtype: DType, shape: &Shape) -> Tensor {
        let mut rng = Rng::new(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (rows, lanes) = (shape.rows() as usize, shape.lanes() as usize);
        let mut levels: Vec<i8> = Vec::with_capacity(rows * lanes);
        for _ in 0..rows {
            let start = levels.len();
            for lane in 0..lanes {
                let level = if lane % 16 < 8 { rng.below(255) as i8 } else { levels[start + lane - 8] };
                levels.push(level);
            }
        }
        let real = |level: &i8| f32::from(*level) / 128.0;
        let elements = match dtype {
            DType::I8 => Elements::I8(levels),
            DType::I32 => Elements::I32(levels.iter().map(|level| i32::from(*level) & 0x7f).collect()),
            DType::F16 => Elements::F16(levels.iter().map(|level| graph::half::f32_to_f16(real(level))).collect()),
            DType::F32 => Elements::F32(levels.iter().map(real).collect()),
        };
        Tensor::new(shape.clone(), elements)
    }

    fn inputs(&self) -> BTreeMap<String, Tensor> {
        let inputs = self.graph.nodes.iter().filter_map(|(id, node)| match &node.op {
            Op::Input { name } if name == "position" => {
                Some((name.clone(), Tensor::i32(node.shape.extents(), vec![0])))
            }
            Op::Input { name } => Some((name.clone(), self.draw(!(id.index() as u64), node.dtype, &node.shape))),
            _ => None,
        });
        inputs.collect()
    }
}

/// The front of `mutant`, a mutant of `origin`, for a token at position 0; `None` where it cannot be run here: it is malformed, or its
/// image is larger than 256 MB.
pub(crate) fn front(chip: &Chip, origin: &Program, mutant: &Program, seed: u64) -> Option<Front> {
    let words: u64 = origin.executable.image.iter().map(|residency| u64::from(residency.words)).sum();
    if WORDS_MAX < words {
        return None;
    }
    let drawn = Drawn { graph: &origin.lowered, seed };
    let load = |program: &Program| {
        let mut system = System::load_with(chip, &program.executable, &drawn, Empty::ReadsZero).ok()?;
        system.launch(&drawn.inputs(), 0).ok()?;
        Some(system)
    };
    let (whole, broken) = (load(origin)?, load(mutant)?);
    let mut damage: BTreeMap<(u16, Unit), Damage> = BTreeMap::new();
    for number in 0..whole.chips() {
        let (mut whole, mut broken) = (whole.clone(), broken.clone());
        loop {
            let (mut good, mut bad) = (Words::default(), Words::default());
            let left = [whole.watch_instance(number, &mut good), broken.watch_instance(number, &mut bad)];
            compare(&good, &bad, number, &mut damage);
            if left == [None, None] {
                break;
            }
        }
    }
    let [mut whole, mut broken] = [whole, broken];
    whole.run_token();
    broken.run_token();
    let (good, bad) = (whole.outputs(), broken.outputs());
    let outputs = good.iter().zip(&bad).filter(|(good, bad)| good != bad).count() as u64;
    let mut damage: Vec<Damage> = damage.into_values().collect();
    damage.sort_by(|a, b| (a.first, a.chip, &a.unit).cmp(&(b.first, b.chip, &b.unit)));
    Some(Front { seed, damage, outputs, of: good.len() as u64 })
}

/// Adds what `bad` drives otherwise than `good`.
fn compare(good: &Words, bad: &Words, chip: u16, damage: &mut BTreeMap<(u16, Unit), Damage>) {
    let mut note = |(cycle, queue, _): &(u64, Queue, StreamId), bytes: u64| {
        let unit = queue.unit();
        let name = format!("{unit:?}").to_uppercase();
        let fresh = Damage { chip, unit: name, words: 0, bytes: 0, first: *cycle };
        let entry = damage.entry((chip, unit)).or_insert(fresh);
        entry.words += 1;
        entry.bytes += bytes;
        entry.first = entry.first.min(*cycle);
    };
    for (key, word) in &good.0 {
        match (word, bad.0.get(key)) {
            (Some(good), Some(Some(bad))) => {
                let bytes = good.iter().zip(bad.iter()).filter(|(a, b)| a != b).count() as u64;
                if bytes != 0 {
                    note(key, bytes);
                }
            }
            _ => note(key, WORD_BYTES),
        }
    }
    bad.0.keys().filter(|key| !good.0.contains_key(key)).for_each(|key| note(key, WORD_BYTES));
}
