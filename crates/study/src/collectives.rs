//! Collectives on a node and on a rack: what each takes over minimal and over spread ways, beside a closed form and what is published.
//!
//! In: a number of chips, numbers of rows.  Out: for each collective and size both programs' times, what their cables allow, the gain.
//! Invariant: every time is that of a judged program; a bound is never above it.
//! Method: `compile::collective` twice. What the cables allow: the busiest one carries its vectors one after the other, and one hop
//!     follows the last. The closed form of a node is written down without looking at the program: h hops, and a vector every 24 cycles
//!     on each of k paths.
//! Source: `facts/hardware.md` section 5, reference message time, and section 9, targets 9 and 10.

use crate::cases::CaseError;
use arch::{Chip, NODE, Port, RACK_NODES, Topology};
use compile::collective::{Kind, ROWS_MAX, Routes, Wish, collective};
use program::{Program, sends};
use serde::Serialize;
use std::collections::BTreeMap;
use units::{Cycles, Standing, Text};
use verify::{Lang, check};

/// Bytes of a row of 320 f32.
pub const ROW_BYTES: u64 = 1_280;
/// Vectors of a row.
const ROW_VECTORS: u64 = 4;

/// One way of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Cycles from start to the last write.
    pub cycles: u64,
    /// Vectors sent, those handed on included.
    pub vectors: u64,
    /// Vectors of the busiest cable.
    pub busiest: u64,
    /// Cycles that these take, and the last one's hop: nothing that loads a cable so can take less.
    pub cables_allow: u64,
    /// Least cycles by the closed form, for a node.
    pub closed_form: Option<u64>,
    /// Instructions, all chips.
    pub instructions: u64,
}

/// A collective of one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its name in programs.
    pub name: &'static str,
    /// What it does.
    pub says: Text,
    /// Rows.
    pub rows: u16,
    /// Bytes of these.
    pub bytes: u64,
    /// Over the shortest ways.
    pub minimal: Way,
    /// Over longer ones too.
    pub spread: Way,
    /// Microseconds of the quicker one.
    pub microseconds: f64,
    /// How many times as long the shortest ways take as the longer ones.
    pub gain: f64,
}

/// A published time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedTime {
    /// Name of the collective.
    pub name: &'static str,
    /// Of what.
    pub what: Text,
    /// Microseconds.
    pub microseconds: f64,
    /// Ours for the fewest rows that were asked for.
    pub ours: f64,
    /// Standing.
    pub standing: Standing,
    /// Where it is said.
    pub source: &'static str,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CollectivesAnswer {
    /// Name of the topology.
    pub topology: String,
    /// Its chips.
    pub chips: u16,
    /// Cycles of a hop, SRAM to SRAM.
    pub hop: u64,
    /// Programs judged, and violations found.
    pub judged: (usize, u64),
    /// By collective and size.
    pub lines: Vec<Line>,
    /// What is published of such a topology.
    pub published: Vec<PublishedTime>,
}

/// Judges every collective on so many chips, for each number of rows.
///
/// Errors: a number of chips that is none of a node or of whole nodes of a rack, a number of rows beyond what slices hold.
pub fn collectives(chips: u32, rows: &[u16]) -> Result<CollectivesAnswer, CaseError> {
    let chip = Chip::lpu_14nm();
    let topology = topology(chips)?;
    let mut lines = Vec::new();
    for kind in Kind::ALL {
        for &rows in rows {
            lines.push(line(&chip, &topology, (kind, rows))?);
        }
    }
    let published = published(&topology, &lines);
    let judged = (2 * lines.len(), 0);
    Ok(CollectivesAnswer { topology: topology.name, chips: topology.chips, hop: hop(&chip), judged, lines, published })
}

/// 2, 4 or 8 chips of a node, or nodes of a rack.
fn topology(chips: u32) -> Result<Topology, CaseError> {
    let rack = u32::from(NODE * RACK_NODES);
    let found = u16::try_from(chips).ok().filter(|_| chips <= rack).and_then(|chips| match chips {
        2 | 4 | NODE => Topology::of(chips).ok(),
        _ if u32::from(chips) == rack => Topology::racks(1).ok(),
        _ if chips.is_multiple_of(NODE) => {
            let nodes: Vec<u16> = (0..chips / NODE).collect();
            Topology::racks(1).and_then(|one| one.excerpt(&nodes)).ok()
        }
        _ => None,
    });
    found.ok_or(CaseError::Number {
        field: "chips",
        found: chips as usize,
        bounds: (2, rack as usize),
        unit: "chips: 2, 4, or whole nodes of 8 of one rack",
    })
}

fn line(chip: &Chip, topology: &Topology, (kind, rows): (Kind, u16)) -> Result<Line, CaseError> {
    if !(1..=ROWS_MAX).contains(&rows) {
        let bounds = (1, usize::from(ROWS_MAX));
        return Err(CaseError::Number { field: "rows", found: rows.into(), bounds, unit: "rows of 320 lanes" });
    }
    let [minimal, spread] = [Routes::Minimal, Routes::Spread].map(|routes| Wish { kind, routes, rows });
    let (minimal, spread) = (way(chip, topology, minimal)?, way(chip, topology, spread)?);
    let quicker = Cycles(minimal.cycles.min(spread.cycles));
    Ok(Line {
        name: kind.name(),
        says: says(kind),
        rows,
        bytes: u64::from(rows) * ROW_BYTES,
        minimal,
        spread,
        microseconds: microseconds(chip, quicker),
        gain: minimal.cycles as f64 / spread.cycles as f64,
    })
}

fn way(chip: &Chip, topology: &Topology, wish: Wish) -> Result<Way, CaseError> {
    let refused = |error| CaseError::from(crate::StudyError::from(error));
    let program = collective(chip, topology, wish).map_err(refused)?;
    let (vectors, busiest) = sent(&program);
    let verified = check(chip, program).map_err(|rejected| {
        let first = |lang| rejected.report.violations.first().map(|one| one.sentence(lang)).unwrap_or_default();
        CaseError::Line(Text::new(first(Lang::Chinese), first(Lang::English)))
    })?;
    let extent = verified.extent();
    Ok(Way {
        cycles: extent.cycles,
        vectors,
        busiest,
        cables_allow: (busiest - 1) * u64::from(chip.latency.link_vector) + hop(chip),
        closed_form: (topology.nodes() == 1).then(|| closed_form(chip, topology.chips.into(), wish)),
        instructions: extent.issues,
    })
}

/// Vectors that leave, and how many of them by the busiest cable.
fn sent(program: &Program) -> (u64, u64) {
    let mut by_port: BTreeMap<Port, u64> = BTreeMap::new();
    let all = sends(&program.executable);
    all.iter().for_each(|sent| *by_port.entry(sent.port).or_default() += 1);
    (all.len() as u64, by_port.into_values().max().unwrap_or(0))
}

/// Cycles of a hop, from a read of SRAM beside the link to the cycle in which its neighbour's may be read.
fn hop(chip: &Chip) -> u64 {
    let latency = &chip.latency;
    let inside = latency.mem_read + latency.hop + latency.sxm_entry + latency.link_receive;
    latency.link_crossing().0 + u64::from(inside + latency.sxm_exit + latency.hop + latency.mem_write)
}

/// Least cycles on `n` chips of a node, by arithmetic alone.
///
/// Source: `facts/hardware.md` section 5: h hops, and the vectors of each of k disjoint paths one after the other.
fn closed_form(chip: &Chip, n: u64, Wish { kind, routes, rows }: Wish) -> u64 {
    let (vector, hop) = (u64::from(chip.latency.link_vector), hop(chip));
    let rows = u64::from(rows);
    let path = |hops: u64, vectors: u64| hops * hop + vectors.saturating_sub(1) * vector;
    let added = u64::from(chip.latency.vxm_entry) + (n - 1) * u64::from(chip.latency.vxm_alu);
    let is_spread = routes == Routes::Spread && 2 < n;
    let vectors = rows * ROW_VECTORS;
    match kind {
        // The direct cable takes more than each of the others, whose vectors have two hops.
        Kind::Send if is_spread => {
            let shared = |direct: u64| {
                let others = (vectors - direct).div_ceil(n - 2);
                path(1, direct).max(if others == 0 { 0 } else { path(2, others) })
            };
            (0..=vectors).map(shared).min().unwrap_or(0)
        }
        Kind::Broadcast if is_spread => path(2, rows.div_ceil(n - 1) * ROW_VECTORS),
        Kind::Send | Kind::Broadcast | Kind::AllGather | Kind::AllToAll => path(1, vectors),
        // Each cable brings a share of what is to be added, and then as much of what has been.
        Kind::AllReduce if routes == Routes::Spread => {
            let share = rows.div_ceil(n) * ROW_VECTORS;
            (path(2, share) + added).max(path(1, share + rows / n * ROW_VECTORS))
        }
        Kind::ReduceScatter | Kind::AllReduce => path(1, vectors) + added,
    }
}

fn microseconds(chip: &Chip, cycles: Cycles) -> f64 {
    1e6 / chip.clock.per_second(cycles)
}

fn says(kind: Kind) -> Text {
    match kind {
        Kind::Send => Text::of("第 0 顆晶片傳給最遠的一顆", "chip 0 to the chip farthest away"),
        Kind::Broadcast => Text::of("第 0 顆晶片傳給所有晶片", "chip 0 to all others"),
        Kind::AllGather => Text::of("每顆晶片都拿到所有晶片的資料", "everybody's rows to everybody"),
        Kind::AllToAll => {
            Text::of("每顆晶片給其他每顆晶片各一份", "of everybody to everybody, rows for that one alone")
        }
        Kind::ReduceScatter => {
            Text::of("每顆晶片各得到一份所有晶片的總和", "for everybody, at that chip, the sum of what all have for it")
        }
        Kind::AllReduce => Text::of("所有晶片的總和，每顆晶片都拿到", "the sum of all, at everybody"),
    }
}

/// What is published of the topology, beside ours for the fewest rows.
fn published(topology: &Topology, lines: &[Line]) -> Vec<PublishedTime> {
    let ours = |kind: Kind| {
        let of_kind = lines.iter().filter(|line| line.name == kind.name());
        of_kind.min_by_key(|line| line.rows).map(|line| line.microseconds)
    };
    let time = |kind: Kind, what: Text, microseconds, source| {
        let standing = Standing::Published;
        Some(PublishedTime { name: kind.name(), what, microseconds, ours: ours(kind)?, standing, source })
    };
    let reduce = Text::of("小向量的全體加總：3 跳，每跳 722 奈秒", "all-reduce of a small vector: 3 hops of 722 ns");
    let found = match topology.nodes() {
        1 => [
            time(
                Kind::Send,
                Text::of(
                    "一跳，含轉送；我們的是直接傳送，中途不轉送",
                    "one hop, handing on included, where ours is sent directly and nobody hands it on",
                ),
                0.722,
                "Abts et al., ISCA 2022 (recalled)",
            ),
            time(Kind::AllReduce, reduce, 2.1, "a third party's account of ISCA 2022, for 8 chips"),
        ],
        _ => [
            time(
                Kind::AllReduce,
                Text::of("機架內的延遲", "latency within a rack"),
                1.6,
                "a third party's account of ISCA 2022",
            ),
            time(Kind::AllReduce, reduce, 2.1, "Abts et al., ISCA 2022 (recalled), for up to 256 chips"),
        ],
    };
    found.into_iter().flatten().collect()
}
