//! The mesh of ALUs in the VXM: which streams an ALU reaches, and which ALU hears which.
//!
//! In: a chip.  Out: of an ALU its row, its column and the ways on which it hears and drives; of two ALUs the ways between them.
//! Invariant: one statement for judge, simulator, compiler and picture. Every stream group is in the window of some row.
//! Method: streams cross the VXM in groups of four; a *way* is such a group in one direction, a set of ways a bit mask. ALU a stands in
//!     row a div columns, column a mod columns. Row r reaches `alu_window` groups from `r * groups / rows` on, cyclically. A result goes
//!     on along one way, so whoever takes it stands downstream: eastward in a later column, westward in an earlier one. An ALU takes
//!     its own result in its own row. Where the window is all groups the mesh is a crossbar: all hear all.
//! Source: third-party Groq API programs read for facts/hardware.md 15: row r of 4 reads and writes groups 2r to 2r + 3 (mod 8); streams
//!     from the west meet columns 0 to 3, streams from the east 3 to 0; each ALU has one output, in either direction.

use crate::{Chip, Direction, StreamId};

/// Streams of a group, which cross the mesh side by side.
pub const GROUP_STREAMS: u8 = 4;

/// Most ALUs of a chip.
pub(crate) const ALUS_MAX: usize = 16;

/// A set of ways: groups of four streams, each in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ways(u32);

impl Ways {
    /// No way.
    pub const NONE: Ways = Ways(0);

    /// The way on which a stream lies; none if there is no such stream.
    pub fn of(stream: StreamId) -> Ways {
        match stream.number / GROUP_STREAMS {
            group @ 0..8 => Ways(1 << (8 * stream.direction.index() + usize::from(group))),
            _ => Ways::NONE,
        }
    }

    /// Ways in both sets.
    pub fn and(self, other: Ways) -> Ways {
        Ways(self.0 & other.0)
    }

    /// Ways in either set.
    pub fn or(self, other: Ways) -> Ways {
        Ways(self.0 | other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The groups among these ways that lead in `direction`, a bit each.
    pub fn groups(self, direction: Direction) -> u8 {
        (self.0 >> (8 * direction.index())) as u8
    }

    /// Groups, a bit each, in the directions for which `leads` holds.
    fn leading(groups: u8, leads: impl Fn(Direction) -> bool) -> Ways {
        let ways = |direction: Direction| u32::from(groups) << (8 * direction.index());
        Ways(Direction::BOTH.into_iter().filter(|&direction| leads(direction)).map(ways).sum())
    }
}

/// The ALUs of a chip in their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mesh {
    alus: u8,
    columns: u8,
    /// Groups that a row reaches.
    window: u8,
    /// Groups of a direction.
    groups: u8,
    /// Groups that an ALU reaches, a bit each; none if it is not there.
    reached: [u8; ALUS_MAX],
}

impl Mesh {
    /// The mesh of `chip`.
    pub fn new(chip: &Chip) -> Self {
        let groups = (chip.streams / GROUP_STREAMS).clamp(1, 8);
        let (columns, window) = (chip.alu_columns.max(1), chip.alu_window.min(groups));
        let mut mesh = Mesh { alus: chip.alus, columns, window, groups, reached: [0; ALUS_MAX] };
        for alu in 0..chip.alus.min(ALUS_MAX as u8) {
            mesh.reached[usize::from(alu)] = mesh.window(mesh.row(alu)).fold(0, |groups, group| groups | 1 << group);
        }
        mesh
    }

    /// Rows, of which the last may be shorter.
    pub fn rows(&self) -> u8 {
        self.alus.div_ceil(self.columns)
    }

    /// Columns.
    pub fn columns(&self) -> u8 {
        self.columns
    }

    /// The row in which an ALU stands.
    pub fn row(&self, alu: u8) -> u8 {
        alu / self.columns
    }

    /// The column in which an ALU stands, from the west.
    pub fn column(&self, alu: u8) -> u8 {
        alu % self.columns
    }

    /// Whether every row reaches every group.
    pub fn is_crossbar(&self) -> bool {
        self.window == self.groups
    }

    /// The groups that a row reaches, in the order of its window.
    pub fn window(&self, row: u8) -> impl Iterator<Item = u8> {
        let (groups, first) = (self.groups, u16::from(row) * u16::from(self.groups) / u16::from(self.rows().max(1)));
        (0..self.window).map(move |place| ((first + u16::from(place)) % u16::from(groups)) as u8)
    }

    /// The rows whose windows have a group.
    pub fn rows_of(&self, group: u8) -> impl Iterator<Item = u8> {
        let mesh = *self;
        (0..self.rows()).filter(move |&row| mesh.window(row).any(|reached| reached == group))
    }

    /// The ways on which an ALU hears streams and drives them.
    pub fn ways(&self, alu: u8) -> Ways {
        Ways::leading(self.reached(alu), |_| true)
    }

    /// Whether an ALU may sample or drive a stream.
    pub fn reaches(&self, alu: u8, stream: StreamId) -> bool {
        !self.ways(alu).and(Ways::of(stream)).is_empty()
    }

    /// The ways on which `taker` hears the result of `giver`.
    pub fn between(&self, giver: u8, taker: u8) -> Ways {
        let groups = self.reached(giver) & self.reached(taker);
        let (from, to) = (self.column(giver), self.column(taker));
        Ways::leading(groups, |direction| {
            giver == taker
                || self.is_crossbar()
                || match direction {
                    Direction::East => from < to,
                    Direction::West => to < from,
                }
        })
    }

    /// The ways on which an ALU may take a result beside a stream: not in the stream's group from the other side.
    pub fn beside(&self, stream: StreamId) -> Ways {
        let across = StreamId::new(stream.direction.opposite(), stream.number);
        if self.is_crossbar() { Ways(u32::MAX) } else { Ways(!Ways::of(across).0) }
    }

    /// Whether an ALU may sample these two streams in one cycle: it has one input for a group, from either side.
    pub fn are_apart(&self, a: StreamId, b: StreamId) -> bool {
        self.is_crossbar() || a.direction == b.direction || a.number / GROUP_STREAMS != b.number / GROUP_STREAMS
    }

    fn reached(&self, alu: u8) -> u8 {
        self.reached.get(usize::from(alu)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(edit: impl FnOnce(&mut Chip)) -> Mesh {
        let mut chip = Chip::lpu_14nm();
        edit(&mut chip);
        chip.check().expect("a possible machine");
        Mesh::new(&chip)
    }

    #[test]
    fn rows_reach_the_windows_of_the_source() {
        let mesh = mesh(|_| {});
        let windows: Vec<Vec<u8>> = (0..mesh.rows()).map(|row| mesh.window(row).collect()).collect();
        assert_eq!(windows, [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 0, 1]]);
        let rows: Vec<Vec<u8>> = (0..8).map(|group| mesh.rows_of(group).collect()).collect();
        assert_eq!(rows, [[0, 3], [0, 3], [0, 1], [0, 1], [1, 2], [1, 2], [2, 3], [2, 3]]);
    }

    #[test]
    fn the_mesh_is_its_own_mirror_image() {
        // The source numbers ALUs from the east as 15 - a and groups as (9 - g) mod 8.
        let (mesh, mirrored) =
            (mesh(|_| {}), |groups: u8| (0..8).fold(0, |to, g| to | (groups >> g & 1) << ((17 - g) % 8)));
        for (a, b) in (0..16).flat_map(|a| (0..16).map(move |b| (a, b))) {
            let (there, here) = (mesh.between(15 - a, 15 - b), mesh.between(a, b));
            for direction in Direction::BOTH {
                assert_eq!(there.groups(direction), mirrored(here.groups(direction.opposite())), "alu{a} to alu{b}");
            }
        }
    }

    #[test]
    fn a_result_is_heard_downstream_of_its_column_and_in_rows_that_share_a_group() {
        let mesh = mesh(|_| {});
        assert_eq!((mesh.row(6), mesh.column(6)), (1, 2));
        assert_eq!(mesh.between(1, 6).groups(Direction::East), 0b1100, "row 0 and row 1 share groups 2 and 3");
        assert_eq!(mesh.between(1, 6).groups(Direction::West), 0, "alu6 stands east of alu1");
        assert!(mesh.between(2, 6).is_empty(), "one column");
        assert!(mesh.between(1, 10).is_empty(), "rows 0 and 2 share no group");
        assert_eq!(mesh.between(5, 5), mesh.ways(5), "an ALU hears itself");
        assert!(mesh.between(0, 16).is_empty() && mesh.ways(16).is_empty(), "there are 16");
    }

    #[test]
    fn a_stream_is_heard_by_the_rows_of_its_group() {
        let (mesh, stream) = (mesh(|_| {}), StreamId::new(Direction::East, 28));
        let hears: Vec<u8> = (0..16).filter(|&alu| mesh.reaches(alu, stream)).collect();
        assert_eq!(hears, [8, 9, 10, 11, 12, 13, 14, 15]);
        assert!(!mesh.reaches(0, StreamId::new(Direction::East, 32)));
        assert!(!mesh.are_apart(stream, StreamId::new(Direction::West, 31)));
        assert!(mesh.are_apart(stream, StreamId::new(Direction::East, 31)));
        let beside = mesh.ways(8).and(mesh.beside(stream));
        assert_eq!(Direction::BOTH.map(|direction| beside.groups(direction)), [0b1111_0000, 0b0111_0000]);
    }

    #[test]
    fn in_a_crossbar_all_hear_all() {
        let mesh = mesh(|chip| chip.alu_window = 8);
        assert!((0..16).all(|a| (0..16).all(|b| mesh.between(a, b) == mesh.ways(0))));
        let both = Direction::BOTH.map(|direction| StreamId::new(direction, 0));
        assert!(mesh.are_apart(both[0], both[1]));
    }
}
