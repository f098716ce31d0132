//! Homes that last from token to token, and so from program to program.
//!
//! In: what is to lie in SRAM, and how a home for it would be made.  Out: its home, made the first time it is asked for.
//! Invariant: a table, a part of a tile, a state and an address map have one home for all programs of a model; what one program put
//!     there, another finds. Tables bear the same ids in all of them.
//! Method: a table of homes by what they hold; the program for the most positions is scheduled first, and so without constraint.

use super::weights::Section;
use super::{Content, Piece};
use crate::place::Home;
use arch::{Hemisphere, SliceId};
use graph::TensorId;
use std::collections::BTreeMap;

/// What has a home between tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lasting {
    /// Rows of a table.
    Table(TensorId),
    /// Part of a tile, for the planes of a half.
    Tile(TensorId, Hemisphere, Section),
    /// A cache, by name.
    State(String),
    /// The address map of a home, in a slice.
    Map(Home, SliceId),
}

/// Homes so far, and the tables that lie in them.
#[derive(Default)]
pub struct Resident {
    homes: BTreeMap<Lasting, Home>,
    /// Tables and tiles of all programs.
    pub pieces: Vec<Piece>,
}

impl Resident {
    /// The home of what nobody fills from a table.
    pub fn home(&mut self, what: Lasting, fresh: impl FnOnce() -> Home) -> Home {
        self.homes.entry(what).or_insert_with(fresh).clone()
    }

    /// The home of a table of `rows` rows.
    pub fn table(&mut self, tensor: TensorId, rows: u32, fresh: impl FnOnce() -> Home) -> Home {
        let content = Content::Planes(tensor);
        self.filled(Lasting::Table(tensor), || Piece { content, home: fresh(), words: rows })
    }

    /// The home of what is filled from a table.
    pub fn filled(&mut self, what: Lasting, fresh: impl FnOnce() -> Piece) -> Home {
        let pieces = &mut self.pieces;
        let make = || {
            let piece = fresh();
            let home = piece.home.clone();
            pieces.push(piece);
            home
        };
        self.homes.entry(what).or_insert_with(make).clone()
    }

    /// The home, if there is one.
    pub fn known(&self, what: &Lasting) -> Option<&Home> {
        self.homes.get(what)
    }
}
