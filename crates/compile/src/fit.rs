//! Refuses what cannot be compiled before the work is done: machines without the layout's needs, models that exceed the chip.
//!
//! In: a chip, a recognised model, an executable.  Out: nothing, or the reason with the smallest change that fits.
//! Invariant: a model that would fit is never refused here: all words of weights are counted, in one sum for all sets of slices, and
//!     nothing else.
//! Method: closed forms over the shape, so that a file of gigabytes is answered before its weights are read.

use crate::error::{Remedy, Resident};
use crate::heads::Slots;
use crate::model::{Llama, Rows};
use crate::pipeline::{Room, Rooms};
use crate::share::{Lane, Share, held_groups, straight};
use crate::tables::LANES;
use crate::{CompileError, Compiled, Linear};
use arch::{Chip, Hemisphere, LinkId, Port, Queue, Topology};
use program::{Entry, Executable};

/// Sets of 16 slices that hold weights.
const FEEDER_SETS: u64 = 4;
/// Accumulators that a kernel with two contractions of three digits needs.
const ACCUMULATORS_MIN: u32 = 8;
/// A chain along time has at most as many rows as a plane has accumulators, and at least two rounds of every fold.
const ROUNDS_MIN: u32 = 4;
/// Longest ALU latency: a fold along time has as many interleaved results, and one expression joins them.
const ALU_LATENCY_MAX: u32 = 16;
/// Most banks of a slice: reservations keep a bit for each.
const BANKS_MAX: u16 = 16;
/// Rows per position in a bank besides the scores, which take turns on two sides: products, mask, tables of rotation. Used for a remedy
/// only, which errs on the small side.
const TABLE_ROWS: u64 = 3;
/// Words of each slice that a cut leaves free, because sets of slices are not filled evenly and rows of ones lie there too. The worst seen
/// is 172 on 576 chips; Llama-2-70B's fullest node there would not be cut as it is with 192.
const UNEVEN_WORDS: u64 = 128;
/// The same for each byte of a weight where a cut with that was refused: the worst seen is 189 in int8 and 393 in fp16, both of Llama-2-70B
/// on the fewest chips.
const UNEVEN_WORDS_OF_BYTE: u64 = 256;
/// Most links of a half of any machine.
pub const LINKS_MAX: u8 = 8;
/// Most rows of a batch or a block.
const ROWS_MAX: u32 = 64;
/// Longest NOP that one instruction encodes.
const NOP_MAX: u64 = 65_535;

/// Refuses a machine that is possible but has too little of something that every program needs.
pub fn machine(chip: &Chip) -> Result<(), CompileError> {
    let wrong = |what, found: String, expected: String| {
        Err(CompileError::Machine { chip: chip.name.clone(), what, found, expected })
    };
    let latency = &chip.latency;
    if ALU_LATENCY_MAX < latency.vxm_alu {
        return wrong("vxm_alu", latency.vxm_alu.to_string(), format!("at most {ALU_LATENCY_MAX} cycles"));
    }
    let accumulators = ACCUMULATORS_MIN.max(ROUNDS_MIN * latency.vxm_alu);
    if u32::from(chip.accumulators) < accumulators {
        return wrong("accumulators", chip.accumulators.to_string(), format!("at least {accumulators}"));
    }
    if BANKS_MAX < chip.banks {
        return wrong("banks", chip.banks.to_string(), format!("at most {BANKS_MAX}"));
    }
    if chip.alus_large.is_empty() {
        return wrong("alus_large", "none".into(), "at least 1: exp, tanh and rsqrt need it".into());
    }
    Ok(())
}

/// Refuses a machine with fewer links than a chip of this topology has cables on one half.
pub fn links(chip: &Chip, topology: &Topology) -> Result<(), CompileError> {
    let half = |hemisphere| (chip.links..LINKS_MAX).map(move |number| LinkId { hemisphere, number });
    let has_cable =
        |link: &LinkId| (0..topology.chips).any(|chip| topology.across(Port { chip, link: *link }).is_some());
    let missing = Hemisphere::BOTH.into_iter().flat_map(half).filter(has_cable);
    let Some(most) = missing.map(|link| link.number + 1).max() else { return Ok(()) };
    let expected = format!("at least {most} per half: {} needs them", topology.name);
    Err(CompileError::Machine { chip: chip.name.clone(), what: "links", found: chip.links.to_string(), expected })
}

/// Rows that share an installed tile: those that a plane has accumulators for. More follow in another round of the same tiles.
pub fn rows_at_once(chip: &Chip) -> u32 {
    u32::from(chip.accumulators) / ACCUMULATORS_MIN
}

/// Refuses more rows than a batch has or the context has positions.
pub fn rows(chip: &Chip, llama: &Llama) -> Result<(), CompileError> {
    let most = match llama.rows {
        Rows::Texts(_) => ROWS_MAX,
        Rows::Block(_) => ROWS_MAX.min(llama.attended),
    };
    let rows = llama.rows.count();
    if (1..=most).contains(&rows) {
        return Ok(());
    }
    let (found, expected) = (rows.to_string(), format!("1 to {most}"));
    Err(CompileError::Machine { chip: chip.name.clone(), what: "the number of rows at once", found, expected })
}

/// Refuses a model whose weights or caches exceed the chip, by how much and what would fit.
pub fn model(chip: &Chip, llama: &Llama, share: &Share) -> Result<(), CompileError> {
    let layers = llama.layers.len() as u32;
    let (layer, head) = (layer_words(llama, share), words_of(llama, share, Linear::Head));
    let available = u64::from(chip.words) * FEEDER_SETS;
    let needed = layer * u64::from(layers) + head;
    if available < needed {
        let fitting = available.saturating_sub(head) / layer.max(1);
        let remedy = Remedy::Chips { layers: fitting as u32, of: layers, chips: needed.div_ceil(available) };
        let (needed, available) = (needed.div_ceil(FEEDER_SETS), u64::from(chip.words));
        return Err(CompileError::Memory { what: Resident::Weights, needed, available, remedy });
    }
    // Caches lie in two pairs of slices by turns.
    let caches = 2 * share.heads.caches.len().div_ceil(2) as u64 * u64::from(layers);
    let caches = caches * u64::from(llama.rows.texts());
    let (needed, available) = (caches * u64::from(llama.context), u64::from(chip.words));
    if available < needed {
        let rows = u64::from(llama.rows.count()) * (share.heads.queries.len() * share.heads.parts).div_ceil(2) as u64
            + TABLE_ROWS;
        let remedy = Remedy::Context((available / caches).min(available / u64::from(chip.banks) / rows) as u32);
        return Err(CompileError::Memory { what: Resident::Caches, needed, available, remedy });
    }
    Ok(())
}

/// Words of a feeder set for tiles of these rows, per block of input channels.
fn groups(tiles: &[Vec<Lane>]) -> u64 {
    tiles.iter().map(|rows| held_groups(rows).len() as u64).sum()
}

/// Blocks of up to 320 input channels.
fn blocks(columns: usize) -> u64 {
    columns.div_ceil(LANES) as u64
}

/// Words of one feeder set for each kind of matrix.
fn words_of(llama: &Llama, share: &Share, linear: Linear) -> u64 {
    let heads = &share.heads;
    let all = |slots: &mut dyn Iterator<Item = &Slots>| -> Vec<Vec<Lane>> {
        slots.flat_map(|slots| (0..heads.parts).map(move |part| heads.rows(slots, part))).collect()
    };
    let (width, across) = (blocks(llama.width as usize), groups(&straight(llama.width as usize)));
    let words = match linear {
        Linear::Query => groups(&all(&mut heads.queries.iter().map(|tile| &tile.heads))) * width,
        Linear::Key | Linear::Value => groups(&all(&mut heads.caches.iter())) * width,
        Linear::Output => across * heads.queries.len() as u64,
        // A tile of one row over and over; all chips score all experts.
        Linear::Router => u64::from(llama.mixture().unwrap_or(0)) * width,
        Linear::Gate | Linear::Up => groups(&share.ffn.rows()) * width * llama.held(),
        Linear::Down => across * share.ffn.rows().len() as u64 * llama.held(),
        Linear::Head => groups(&share.vocabulary.rows()) * width,
    };
    words * llama.formats.of(linear).bytes()
}

/// Words of one feeder set for the weights of a layer.
fn layer_words(llama: &Llama, share: &Share) -> u64 {
    let of_layer = Linear::ALL.into_iter().filter(|linear| *linear != Linear::Head).chain([Linear::Router]);
    of_layer.map(|linear| words_of(llama, share, linear)).sum()
}

/// Words of each slice that the weights of a stretch's parts fill.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The attention part of a layer.
    pub attention: u64,
    /// A feed-forward part, however little of it: a mixture's router.
    pub feed_forward: u64,
    /// A full tile of hidden lanes.
    pub tile: u64,
    /// The head.
    pub head: u64,
}

/// What parts of the model fill: the sets of slices share it evenly.
pub fn words(llama: &Llama, share: &Share) -> Words {
    let sum = |linears: &[Linear]| linears.iter().map(|linear| words_of(llama, share, *linear)).sum::<u64>();
    let (lanes, tile) = (share.ffn.count as u64, LANES as u64);
    Words {
        attention: sum(&[Linear::Query, Linear::Key, Linear::Value, Linear::Output]).div_ceil(FEEDER_SETS),
        feed_forward: sum(&[Linear::Router]).div_ceil(FEEDER_SETS),
        tile: (sum(&[Linear::Gate, Linear::Up, Linear::Down]) * tile).div_ceil(FEEDER_SETS * lanes.max(1)),
        head: sum(&[Linear::Head]).div_ceil(FEEDER_SETS),
    }
}

/// Refuses caches of which those of one attention alone exceed the slices that they lie in.
pub fn attention(chip: &Chip, llama: &Llama, share: &Share) -> Result<(), CompileError> {
    let rows = 2 * cache_tiles(share).div_ceil(2) * u64::from(llama.rows.texts());
    let (needed, available) = (rows * u64::from(llama.context), u64::from(chip.words));
    if needed <= available {
        return Ok(());
    }
    Err(CompileError::Memory {
        what: Resident::Caches,
        needed,
        available,
        remedy: Remedy::Context((available / rows) as u32),
    })
}

/// Tiles of keys of an attention; there are as many of values.
fn cache_tiles(share: &Share) -> u64 {
    (share.heads.caches.len() * share.heads.parts) as u64
}

/// What a node can hold of it.
pub fn rooms(chip: &Chip, llama: &Llama, share: &Share) -> Rooms {
    let tiles = cache_tiles(share);
    // Keys lie in two pairs of slices by turns, and so do the values of one attention; of several attentions every other tile of values has
    // a pair of its own.
    let in_a_pair = |attentions: u64| match attentions {
        1 => 2 * tiles.div_ceil(2),
        _ => attentions * tiles.div_ceil(2) + attentions.div_ceil(2) * (tiles / 2),
    };
    let most = u64::from(chip.words) / (u64::from(llama.context.max(1)) * u64::from(llama.rows.texts()));
    let attentions = (1..=most).take_while(|&attentions| in_a_pair(attentions) <= most).count();
    let room = |uneven| Room { words: u64::from(chip.words).saturating_sub(uneven), attentions };
    let widest = Linear::ALL.into_iter().map(|linear| llama.formats.of(linear).bytes()).max().unwrap_or(1);
    Rooms { tight: room(UNEVEN_WORDS), ample: room(UNEVEN_WORDS_OF_BYTE * widest) }
}

/// Refuses a program whose instructions, expanded over the layers, exceed the slices reserved for them.
pub fn instructions(chip: &Chip, executable: &Executable) -> Result<(), CompileError> {
    let needed = instruction_bytes(chip, executable);
    let fetched = chip.slices_reserved.len() as u64 * u64::from(chip.lanes()) * executable.length().0;
    let available = instruction_room(chip).min(fetched);
    if available < needed {
        let cycles = executable.length().0.min(u64::from(chip.words)).max(1);
        let slices = needed.div_ceil(u64::from(chip.lanes()) * cycles);
        return Err(CompileError::Instructions { needed, available, slices });
    }
    Ok(())
}

/// Refuses programs whose instructions exceed those slices together.
pub fn together(chip: &Chip, programs: &[Compiled]) -> Result<(), CompileError> {
    programs.iter().try_for_each(|compiled| instructions(chip, &compiled.program.executable))?;
    let needed = programs.iter().map(|compiled| instruction_bytes(chip, &compiled.program.executable)).sum();
    let available = instruction_room(chip);
    if available < needed {
        let slices = needed.div_ceil(u64::from(chip.lanes()) * u64::from(chip.words));
        return Err(CompileError::Instructions { needed, available, slices });
    }
    Ok(())
}

/// Bytes of the slices reserved for instructions.
pub fn instruction_room(chip: &Chip) -> u64 {
    chip.slices_reserved.len() as u64 * u64::from(chip.words) * u64::from(chip.lanes())
}

/// Bytes of a program's instructions on a chip, expanded over the layers.
pub fn instruction_bytes(chip: &Chip, executable: &Executable) -> u64 {
    let queues = Queue::all(chip).len() as u64;
    let count = |entry: &Entry| match entry {
        Entry::Nop(cycles) => u64::from(*cycles).div_ceil(NOP_MAX),
        Entry::Issue(burst) => 1 + u64::from(1 < burst.count),
    };
    let mut total = 0;
    for instance in &executable.instances {
        let template = &executable.templates[instance.template];
        let quiet = queues - template.queues.len() as u64;
        total += quiet * template.length().0.div_ceil(NOP_MAX);
        total += template.queues.iter().flat_map(|(_, entries)| entries).map(count).sum::<u64>();
    }
    total * u64::from(chip.instruction_bytes)
}
