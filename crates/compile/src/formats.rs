//! In which number format SRAM holds each kind of matrix: one for all, with named exceptions.
//!
//! In: words of a user.  Out: a format per kind of matrix.
//! Invariant: every layer has the same formats, so that one template serves all layers.
//! Method: int8 has one scale per output channel and meets activations as exact digits; fp16 has none and meets activations in fp16. A
//!     fp16 weight takes two bytes, and a plane pair takes in half of a tile's lanes where a plane takes in all of them. Split, weight and
//!     activation are each two fp16: the nearest, and what that lost; three of the four products count. Keys and values are fp16 in any case.
//! Source: decisions.md 4 (tiles of either format), 10 (fp16 products are exact in fp32), 13 (exceptions by name).

use std::fmt;

/// A number format of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// One byte, one scale per output channel.
    Int8,
    /// IEEE 754 binary16.
    Fp16,
    /// The sum of two of those: the nearest, and the nearest to what is left.
    Split,
}

/// A kind of matrix, the same in every layer; the head is one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Linear {
    /// Query projection.
    Query,
    /// Key projection.
    Key,
    /// Value projection.
    Value,
    /// Output projection of attention.
    Output,
    /// Gate of the feed-forward part.
    Gate,
    /// Up projection.
    Up,
    /// Down projection.
    Down,
    /// The head.
    Head,
    /// Scores of a mixture's experts: always in fp16, since what they decide is all or nothing.
    Router,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Int8, Format::Fp16, Format::Split];

    /// Its name, also what `--weights` takes.
    pub fn name(self) -> &'static str {
        match self {
            Format::Int8 => "int8",
            Format::Fp16 => "fp16",
            Format::Split => "split",
        }
    }

    /// Bytes of a weight.
    pub fn bytes(self) -> u64 {
        match self {
            Format::Int8 => 1,
            Format::Fp16 => 2,
            Format::Split => 4,
        }
    }

    /// Numbers of which a weight is the sum.
    pub fn parts(self) -> usize {
        if self == Format::Split { 2 } else { 1 }
    }
}

impl Linear {
    /// All kinds that have a choice, those of a layer in the order in which a token meets them.
    pub const ALL: [Linear; 8] = [
        Linear::Query,
        Linear::Key,
        Linear::Value,
        Linear::Output,
        Linear::Gate,
        Linear::Up,
        Linear::Down,
        Linear::Head,
    ];

    /// Its name, also what `--keep-fp16` takes.
    pub fn name(self) -> &'static str {
        match self {
            Linear::Query => "query",
            Linear::Key => "key",
            Linear::Value => "value",
            Linear::Output => "output",
            Linear::Gate => "gate",
            Linear::Up => "up",
            Linear::Down => "down",
            Linear::Head => "head",
            Linear::Router => "router",
        }
    }
}

/// A format for each kind of matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    usual: Format,
    of: [Format; Linear::ALL.len()],
}

impl Default for Formats {
    /// All in int8.
    fn default() -> Self {
        Formats::all(Format::Int8)
    }
}

impl Formats {
    /// The same format for every matrix.
    pub fn all(usual: Format) -> Self {
        Formats { usual, of: [usual; Linear::ALL.len()] }
    }

    /// The same, but this kind of matrix in that format.
    pub fn with(mut self, linear: Linear, format: Format) -> Self {
        if let Some(of) = self.of.get_mut(linear as usize) {
            *of = format;
        }
        self
    }

    /// The format of a kind of matrix.
    pub fn of(&self, linear: Linear) -> Format {
        self.of.get(linear as usize).copied().unwrap_or(Format::Fp16)
    }

    /// Kinds that are not in the usual format, in order.
    pub fn exceptions(&self) -> Vec<Linear> {
        Linear::ALL.into_iter().filter(|&linear| self.of(linear) != self.usual).collect()
    }
}

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.usual.name())?;
        let exceptions = self.exceptions();
        for (place, linear) in exceptions.iter().enumerate() {
            let before = if place == 0 { " with " } else { ", " };
            write!(f, "{before}{}", linear.name())?;
        }
        match exceptions.first() {
            Some(&first) => write!(f, " in {}", self.of(first).name()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_named() {
        let formats = Formats::default();
        assert_eq!((formats.to_string().as_str(), formats.exceptions()), ("int8", vec![]));
        let formats = formats.with(Linear::Down, Format::Fp16).with(Linear::Output, Format::Fp16);
        assert_eq!(formats.to_string(), "int8 with output, down in fp16");
        assert_eq!((formats.of(Linear::Down), formats.of(Linear::Up)), (Format::Fp16, Format::Int8));
        assert_eq!(Formats::all(Format::Fp16).to_string(), "fp16");
    }
}
