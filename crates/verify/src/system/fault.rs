//! Every way in which a pipeline can be wrong.
//!
//! In: nothing; this is vocabulary.  Out: one variant per kind of fault, with its sentence in both languages.
//! Invariant: the two sentences of a variant carry the same numbers and names.
//! Method: typed fields; words are made on demand.

use super::rest::Unrest;
use crate::Report;
use arch::SliceId;
use units::Text;

/// What is wrong with a system.
#[derive(Clone, Debug, PartialEq)]
pub enum SystemFault {
    /// S1: a role or carry is not a legal program.
    Program {
        /// Name of the role, or of the carry's topology.
        name: String,
        /// What the judge found.
        report: Report,
    },
    /// S1: a role is not for a node, or a carry not for two nodes of the topology.
    Elsewhere {
        /// Name of the role, or of the carry's topology.
        name: String,
        /// The topology that it is for.
        found: String,
        /// The system's.
        topology: String,
    },
    /// S1: a role is for another number of positions than the first one.
    Context {
        /// Name of the role.
        name: String,
        /// Positions of the first role.
        expected: u16,
        /// Its own.
        found: u16,
    },
    /// S2: there is no seat.
    NoSeat,
    /// S2: a seat names something that is not there.
    Missing {
        /// Place in `System::seats`.
        seat: usize,
        /// What.
        what: Missing,
    },
    /// S3: the carry is for nodes that are joined otherwise.
    Joint {
        /// Place of the first seat.
        seat: usize,
        /// The carry's topology.
        carry: String,
    },
    /// S4: a word is not where it is taken from, or not brought where it is needed.
    Place {
        /// Place of the seat that gives or takes it.
        seat: usize,
        /// The word.
        word: Carried,
    },
    /// S4: a carry takes something that no seat gives.
    Stranger {
        /// Place of the seat that would give it.
        seat: usize,
        /// Chip of the carry.
        chip: u16,
        /// The slice.
        slice: SliceId,
        /// First word.
        address: u16,
    },
    /// S5: a carry writes over a weight or a state.
    Overwritten {
        /// Place of the seat whose word it is.
        seat: usize,
        /// The chip in the node.
        chip: u16,
        /// The slice.
        slice: SliceId,
        /// The word.
        address: u16,
    },
    /// S7: a program leaves something behind on a chip that the next one could meet.
    Restless {
        /// Name of the role, or of the carry's topology.
        name: String,
        /// Its chip.
        chip: u16,
        /// What.
        what: Unrest,
    },
    /// S6: the instructions of a seat and of the carries at its ends do not fit.
    Storage {
        /// Place of the seat.
        seat: usize,
        /// Bytes of the reserved slices.
        capacity: u64,
        /// Bytes of all instructions.
        found: u64,
    },
}

/// What is not there, or not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A node of the topology.
    Node {
        /// Its number.
        node: u16,
        /// Nodes that there are.
        nodes: u16,
    },
    /// A node of its own.
    OwnNode {
        /// Number of the node that another seat has.
        node: u16,
    },
    /// A role.
    Role {
        /// Its place.
        role: u32,
        /// Roles that there are.
        roles: usize,
    },
    /// A carry, for every seat but the last.
    Carry {
        /// Its place, if one is named.
        carry: Option<u32>,
        /// Carries that there are.
        carries: usize,
    },
}

/// A byte of a tile that goes from seat to seat, and its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// The chip in the node.
    pub chip: u16,
    /// Name of the input that it becomes.
    pub name: String,
    /// Byte of each element.
    pub byte: u8,
    /// The slice.
    pub slice: SliceId,
    /// The word.
    pub address: u16,
}

impl SystemFault {
    /// The fault as a sentence.
    pub fn text(&self) -> Text {
        match self {
            SystemFault::Program { name, report } => {
                let Text { zh, en } = report.text();
                Text::new(format!("「{name}」有 {zh}"), format!("{name}: {en}"))
            }
            SystemFault::Elsewhere { name, found, topology } => Text::new(
                format!("「{name}」是為「{found}」編譯的，應為一個節點，或「{topology}」的兩個節點"),
                format!("{name} is for `{found}`, expected a node, or two nodes of `{topology}`"),
            ),
            SystemFault::Context { name, expected, found } => Text::new(
                format!("「{name}」容得下 {found} 個位置，第一個角色容得下 {expected} 個；兩者必須相同"),
                format!("{name} has {found} positions, expected {expected} as in the first role"),
            ),
            SystemFault::NoSeat => {
                Text::of("系統沒有任何座位，至少要有一個", "there is no seat, expected at least one")
            }
            SystemFault::Missing { seat, what } => {
                let what = what.text();
                Text::new(format!("座位 {seat}：{}", what.zh), format!("seat {seat}: {}", what.en))
            }
            SystemFault::Joint { seat, carry } => Text::new(
                format!("座位 {seat}：它的節點與下一個節點的接法，和「{carry}」的兩個節點不同"),
                format!("seat {seat}: its node is not joined to the next one as those of `{carry}` are"),
            ),
            SystemFault::Place { seat, word: Carried { chip, name, byte, slice, address } } => Text::new(
                format!(
                    "座位 {seat} 的晶片 {chip}：「{name}」的位元組 {byte} 在切片 {slice} 的字組 {address}，搬運程式卻不在那裡交接"
                ),
                format!(
                    "seat {seat}, chip {chip}: byte {byte} of `{name}`, {slice} word {address}, is not where the carry has it"
                ),
            ),
            SystemFault::Stranger { seat, chip, slice, address } => Text::new(
                format!(
                    "座位 {seat} 之後的搬運程式在晶片 {chip} 取用切片 {slice} 的字組 {address}，但沒有座位把東西放在那裡"
                ),
                format!(
                    "seat {seat}: the carry behind it takes word {address} of {slice} on chip {chip}, which no seat gives"
                ),
            ),
            SystemFault::Overwritten { seat, chip, slice, address } => Text::new(
                format!("座位 {seat} 的晶片 {chip}：搬運程式蓋掉切片 {slice} 的字組 {address}，那裡是權重或狀態"),
                format!(
                    "seat {seat}, chip {chip}: a carry writes over word {address} of {slice}, which holds a weight or a state"
                ),
            ),
            SystemFault::Restless { name, chip, what } => {
                let what = what.text();
                Text::new(
                    format!("「{name}」在晶片 {chip} 沒有收拾乾淨：{}", what.zh),
                    format!("{name} leaves chip {chip} at work: {}", what.en),
                )
            }
            SystemFault::Storage { seat, capacity, found } => Text::new(
                format!("座位 {seat}：它和兩端搬運程式的指令共 {found} 位元組，保留的切片只有 {capacity} 位元組"),
                format!(
                    "seat {seat}: its instructions and those of the carries at its ends take {found} bytes, the reserved slices hold {capacity}"
                ),
            ),
        }
    }
}

impl Missing {
    fn text(&self) -> Text {
        match self {
            Missing::Node { node, nodes } => Text::new(
                format!("節點 {node} 不存在，編號必須小於 {nodes}"),
                format!("there is no node {node}, expected one below {nodes}"),
            ),
            Missing::OwnNode { node } => Text::new(
                format!("節點 {node} 已經屬於另一個座位，每個座位要有自己的節點"),
                format!("another seat has node {node}, expected one of its own"),
            ),
            Missing::Role { role, roles } => Text::new(
                format!("角色 {role} 不存在，編號必須小於 {roles}"),
                format!("there is no role {role}, expected one below {roles}"),
            ),
            Missing::Carry { carry: Some(carry), carries } => Text::new(
                format!("不能用搬運程式 {carry}：最後一個座位不能有，其他座位的編號必須小於 {carries}"),
                format!("it cannot have carry {carry}: the last seat has none, the others one below {carries}"),
            ),
            Missing::Carry { carry: None, carries } => Text::new(
                format!("沒有搬運程式：除了最後一個座位，都要有一個編號小於 {carries} 的"),
                format!("it has no carry, expected one below {carries} for every seat but the last"),
            ),
        }
    }
}

impl std::fmt::Display for SystemFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().en)
    }
}
