//! What a chip of a node holds.
//!
//! In: a role's program.  Out: bytes by kind, and for how many users there is room.
//! Invariant: every word counts once; the sum is what the chip has.
//! Method: residencies of chip 0 (all chips of a node hold as much), words that instructions write and nothing else names, instructions.

use arch::{Chip, Queue, SliceId};
use graph::{DType, TensorId};
use program::{Instruction, Program, WordSource};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of SRAM by what is in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Occupancy {
    /// Weights.
    pub weights: u64,
    /// Scales, gains, tables.
    pub constants: u64,
    /// Keys and values of one user.
    pub caches: u64,
    /// What the host sends, and values under way.
    pub values: u64,
    /// Instructions, expanded: of its program, and of the carries that end and start here, where most of them do.
    pub instructions: u64,
    /// Nothing.
    pub free: u64,
    /// All.
    pub total: u64,
    /// Users for whose caches there is room, those of the program included; as many as one likes where there are no caches.
    pub users: u64,
}

/// What each chip of a node holds that runs `program`, whose instructions take `instructions` bytes. Of an expert that computes there are
/// `held`, alike but for their place. The program has caches of `texts` users.
pub fn of(chip: &Chip, program: &Program, (instructions, held): (u64, u64), texts: u64) -> Occupancy {
    let word = u64::from(chip.lanes());
    let executable = &program.executable;
    let (mut weights, mut constants, mut caches) = (0, 0, 0);
    let mut filled: BTreeMap<SliceId, u64> = BTreeMap::new();
    let mut cached: BTreeMap<SliceId, u64> = BTreeMap::new();
    for residency in executable.image.iter().filter(|residency| residency.chip == 0) {
        let words = u64::from(residency.words);
        *filled.entry(residency.slice).or_default() += words;
        match residency.source {
            WordSource::State { .. } => {
                caches += words;
                *cached.entry(residency.slice).or_default() += words;
            }
            WordSource::Tensor { tensor, .. } => {
                let words = if is_of_expert(program, tensor) { held * words } else { words };
                match program.lowered.tensors[tensor].dtype {
                    DType::I8 => weights += words,
                    DType::F16 if is_matrix(program, tensor) => weights += words,
                    _ => constants += words,
                }
            }
        }
    }
    let values = values(program);
    for (slice, _) in &values {
        *filled.entry(*slice).or_default() += 1;
    }
    let users = cached.iter().map(|(slice, words)| {
        let free = u64::from(chip.words).saturating_sub(filled.get(slice).copied().unwrap_or(0));
        texts + free / (words / texts)
    });
    let total = 2 * u64::from(chip.slices) * u64::from(chip.words) * word;
    let used = (weights + constants + caches + values.len() as u64) * word + instructions;
    Occupancy {
        weights: weights * word,
        constants: constants * word,
        caches: caches / texts * word,
        values: values.len() as u64 * word,
        instructions,
        free: total.saturating_sub(used),
        total,
        users: users.min().unwrap_or(u64::MAX),
    }
}

/// Whether a tensor of f16 is a matrix of the model: what the lowering calls weights.
fn is_matrix(program: &Program, tensor: TensorId) -> bool {
    program.lowered.tensors[tensor].name.ends_with(".weights")
}

/// Whether a tensor is of a feed-forward part, of which a mixture has one for each expert.
fn is_of_expert(program: &Program, tensor: TensorId) -> bool {
    let name = &program.lowered.tensors[tensor].name;
    ["ffn_gate", "ffn_up", "ffn_down"].into_iter().any(|part| name.split('.').any(|word| word == part))
}

/// Words that are written in a token and are in no residency: values under way, and the launch record.
fn values(program: &Program) -> BTreeSet<(SliceId, u16)> {
    let executable = &program.executable;
    let mut words: BTreeSet<(SliceId, u16)> =
        executable.record.iter().map(|field| (field.slice, field.address)).collect();
    for instance in &executable.instances {
        let template = &executable.templates[instance.template];
        for (queue, _, _, burst) in template.bursts() {
            let (Queue::MemWrite(slice), Instruction::Write { address, .. }) =
                (template.queues[queue].0, burst.instruction)
            else {
                continue;
            };
            let word = |iteration| address.word(&instance.bases, iteration).and_then(|word| u16::try_from(word).ok());
            words.extend((0..burst.count).filter_map(word).map(|word| (slice, word)));
        }
    }
    words
}
