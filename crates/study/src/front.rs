//! The damage front of a mutant: which bytes differ, where first, and how far they come.
//!
//! In: a verified program and a mutant of it.  Out: per chip and unit how many words and bytes it drives otherwise, and from when on.
//! Invariant: both run on the same words, drawn from a seed that stands in the result; nothing is shown that was not run. Where nothing
//!     arrives the mutant finds zeros, as an idle register holds, so that the damage goes on instead of stopping everything.
//! Method: every word that a dispatch drives is compared with what the same queue drove on the same stream in the same cycle of the
//!     same instance; a word that only one of the two drives differs as a whole. Instance by instance, so that memory does not grow with
//!     the token.

use crate::{BrokenRun, Session};
use arch::{Chip, LinkId, Queue, StreamId, Unit};
use graph::{DType, Elements, Graph, LoadError, Op, Shape, Tensor, TensorData, TensorId};
use import::Source;
use program::Program;
use serde::{Deserialize, Serialize};
use sim::{Driven, Empty, Observer, OutputTile, System, WordBytes};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Order, Rng};

/// Bytes of a word.
const WORD_BYTES: u64 = program::WORD_BYTES as u64;
/// Words of all chips' images beyond which nothing is drawn and run: 256 MB.
const WORDS_MAX: u64 = 800_000;
/// Seeds that are tried until the whole program's outputs are finite.
const SEEDS: u64 = 16;
/// Bits of a drawn number below its level, which are those of reals only.
const FINE: u32 = 16;
/// Equal parts of a token in which damage is counted.
pub const FRONT_COLUMNS: usize = 96;

/// What one kind of unit of one chip, or one of its links, drives otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The chip.
    pub chip: u16,
    /// The unit.
    pub unit: String,
    /// The link, of links.
    pub link: Option<String>,
    /// Words that differ.
    pub words: u64,
    /// Bytes that differ.
    pub bytes: u64,
    /// Dispatch of the first of them.
    pub first: u64,
    /// The bytes by equal parts of the token.
    pub over: Vec<u64>,
}

/// The front of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Front {
    /// Seed of weights and inputs.
    pub seed: u64,
    /// Seeds before it, the mutation's own first, with which some output of the whole program is infinite or no number.
    pub overflowed: u64,
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

/// What one instance drives on one chip, by cycle after the instance's start.
#[derive(Default)]
struct Words {
    start: u64,
    driven: BTreeMap<(u64, Queue, StreamId), Option<Box<WordBytes>>>,
}

impl Observer for Words {
    fn driven(&mut self, event: &Driven) {
        let word = event.word.map(|bytes| Box::new(*bytes));
        self.driven.insert((event.cycle.0 - self.start, event.queue, event.stream), word);
    }
}

/// What one chip drives otherwise.
struct Tally {
    chip: u16,
    length: u64,
    damage: BTreeMap<(Unit, Option<LinkId>), Damage>,
}

impl TensorData for Drawn<'_> {
    fn load(&self, id: TensorId) -> Result<Arc<Tensor>, LoadError> {
        let info = self.graph.tensors.get(id);
        let info = info.ok_or_else(|| LoadError { tensor: id, reason: "the graph has no such tensor".to_owned() })?;
        Ok(Arc::new(self.draw(id.index() as u64, info.dtype, &info.shape)))
    }
}

impl Drawn<'_> {
    /// Small numbers, positive ones of f32, which are scales; lanes 8 apart in a superlane are equal, as tiles that serve both halves of an
    /// f16 product demand. Reals have bits in all of their bytes: a byte that is lost reads as zero and would not be missed where zeros were.
    fn draw(&self, number: u64, dtype: DType, shape: &Shape) -> Tensor {
        let mut rng = Rng::new(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (rows, lanes) = (shape.rows() as usize, shape.lanes() as usize);
        let mut drawn: Vec<u32> = Vec::with_capacity(rows * lanes);
        for _ in 0..rows {
            let start = drawn.len();
            for lane in 0..lanes {
                drawn.push(if lane % 16 < 8 { rng.below(255 << FINE) as u32 } else { drawn[start + lane - 8] });
            }
        }
        let level = |drawn: &u32| (drawn >> FINE) as i8;
        let real = |drawn: &u32, level: f32| {
            let one = (1 << FINE) as f32;
            (level * one + (drawn % (1 << FINE)) as f32) / (128.0 * one)
        };
        let elements = match dtype {
            DType::I8 => Elements::I8(drawn.iter().map(level).collect()),
            DType::U8 => Elements::U8(drawn.iter().map(|drawn| level(drawn).unsigned_abs()).collect()),
            DType::I16 => Elements::I16(drawn.iter().map(|drawn| i16::from(level(drawn))).collect()),
            DType::I32 => Elements::I32(drawn.iter().map(|drawn| i32::from(level(drawn)) & 0x7f).collect()),
            DType::F16 => {
                let half = |drawn: &u32| graph::half::f32_to_f16(real(drawn, f32::from(level(drawn))));
                Elements::F16(drawn.iter().map(half).collect())
            }
            DType::F32 => Elements::F32(drawn.iter().map(|drawn| real(drawn, f32::from(level(drawn)).abs())).collect()),
        };
        Tensor::new(*shape, elements)
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

/// The front of `mutant`, a mutant of `origin`, for a token at position 0; `None` where it cannot be run here: it is malformed, its
/// image is larger than 256 MB, or no seed near this one gives finite outputs, where damage could hide.
pub(crate) fn front(chip: &Chip, origin: &Program, mutant: &Program, seed: u64) -> Option<Front> {
    let words: u64 = origin.executable.image.iter().map(|residency| u64::from(residency.words)).sum();
    if WORDS_MAX < words {
        return None;
    }
    let load = |program: &Program, seed: u64| {
        let drawn = Drawn { graph: &origin.lowered, seed };
        let mut system = System::load_with(chip, &program.executable, &drawn, Empty::ReadsZero).ok()?;
        system.launch(&drawn.inputs(), 0).ok()?;
        Some(system)
    };
    let reals: Vec<&String> = origin
        .lowered
        .outputs
        .iter()
        .filter(|(_, node)| origin.lowered.nodes[*node].dtype == DType::F32)
        .map(|(name, _)| name)
        .collect();
    let finite = |overflowed: u64| {
        let whole = load(origin, seed.wrapping_add(overflowed))?;
        let good = outputs(&whole);
        let mut values = good.iter().filter(|tile| reals.contains(&&tile.output)).flat_map(|tile| &tile.bits);
        values.all(|bits| f32::from_bits(*bits).is_finite()).then_some((overflowed, whole, good))
    };
    let (overflowed, whole, good) = (0..SEEDS).find_map(finite)?;
    let seed = seed.wrapping_add(overflowed);
    let broken = load(mutant, seed)?;
    let length = origin.executable.length().0;
    let numbers = 0..whole.chips();
    let mut damage: Vec<Damage> =
        numbers.flat_map(|number| of_chip([whole.clone(), broken.clone()], number, length)).collect();
    damage.order_by(|a, b| (a.first, a.chip, &a.unit, &a.link).cmp(&(b.first, b.chip, &b.unit, &b.link)));
    let differing = good.iter().zip(&outputs(&broken)).filter(|(good, bad)| good != bad).count() as u64;
    Some(Front { seed, overflowed, damage, outputs: differing, of: good.len() as u64 })
}

/// What comes out at the end of the token.
fn outputs(system: &System) -> Vec<OutputTile> {
    let mut run = system.clone();
    run.run_token();
    run.outputs()
}

impl BrokenRun {
    /// What `chip` drives otherwise than in the session's run, in the first token: there both begin alike. Nothing where no such token or
    /// chip is.
    pub fn front_on<S: Source>(&self, session: &Session<S>, chip: u16) -> Vec<Damage> {
        let length = session.program().executable.length().0;
        match (session.launched(0), self.launched(0)) {
            (Some(whole), Some(broken)) if chip < whole.chips() => of_chip([whole, broken], chip, length),
            _ => Vec::new(),
        }
    }
}

/// What one chip of the second system drives otherwise than that of the first, to the end of the token.
fn of_chip([mut whole, mut broken]: [System; 2], chip: u16, length: u64) -> Vec<Damage> {
    let mut tally = Tally { chip, length, damage: BTreeMap::new() };
    loop {
        let words = |system: &System| Words { start: system.next_instance().1.0, ..Words::default() };
        let (mut good, mut bad) = (words(&whole), words(&broken));
        let left = [whole.watch_instance(chip, &mut good), broken.watch_instance(chip, &mut bad)];
        tally.compare(&good, &bad);
        if left == [None, None] {
            return tally.damage.into_values().collect();
        }
    }
}

impl Tally {
    /// Adds what `bad` drives otherwise than `good`.
    fn compare(&mut self, good: &Words, bad: &Words) {
        for (key, word) in &good.driven {
            let bytes = match (word, bad.driven.get(key)) {
                (Some(good), Some(Some(bad))) => good.iter().zip(bad.iter()).filter(|(a, b)| a != b).count() as u64,
                _ => WORD_BYTES,
            };
            if bytes != 0 {
                self.note((good.start + key.0, key.1), bytes);
            }
        }
        for (since, queue, _) in bad.driven.keys().filter(|key| !good.driven.contains_key(key)) {
            self.note((good.start + since, *queue), WORD_BYTES);
        }
    }

    fn note(&mut self, (cycle, queue): (u64, Queue), bytes: u64) {
        let link = match queue {
            Queue::LinkSend(link) | Queue::LinkReceive(link) => Some(link),
            _ => None,
        };
        let unit = queue.unit();
        let entry = self.damage.entry((unit, link)).or_insert_with(|| Damage {
            chip: self.chip,
            unit: format!("{unit:?}").to_ascii_uppercase(),
            link: link.map(|link| link.to_string()),
            words: 0,
            bytes: 0,
            first: cycle,
            over: vec![0; FRONT_COLUMNS],
        });
        entry.words += 1;
        entry.bytes += bytes;
        entry.first = entry.first.min(cycle);
        let column = cycle * FRONT_COLUMNS as u64 / self.length.max(1);
        entry.over[(column as usize).min(FRONT_COLUMNS - 1)] += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_of_a_drawn_real_is_missed_when_it_is_lost() {
        let (graph, shape) = (Graph::default(), Shape::new(&[4, 320]).expect("a shape"));
        let drawn = Drawn { graph: &graph, seed: 2 };
        for dtype in [DType::F16, DType::F32] {
            let tensor = drawn.draw(1, dtype, &shape);
            for byte in 0..dtype.bytes() as u32 {
                let zeros = (0..1280).filter(|place| tensor.elements().bits(*place) >> (8 * byte) & 0xff == 0).count();
                assert!(zeros < 64, "byte {byte} of {dtype:?} is zero in {zeros} of 1280 elements");
            }
        }
    }
}
