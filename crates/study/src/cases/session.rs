//! A session as a contestant: what the line made of its model, and whether its tokens differ.
//!
//! In: a session with tokens.  Out: the LPU's side of a case.
//! Invariant: cycles are those simulated of a verified program; before the first token there is no contestant.

use super::contest::Compiled;
use super::jitter::LpuFabric;
use crate::session::Session;
use import::Source;

impl<S: Source> Session<S> {
    /// What the line made of the model, once a token ran.
    pub fn contestant(&self) -> Option<Compiled> {
        let cycles = self.tokens().iter().map(|token| token.cycles).max()?;
        let (graph, hertz) = (self.model().graph.clone(), self.chip().clock.0);
        Some(Compiled { graph, cycles, hertz, chips: u32::from(self.chips()) })
    }

    /// The fabric's meter, once a token ran.
    pub fn fabric(&self) -> Option<LpuFabric> {
        let cycles = || self.tokens().iter().map(|token| token.cycles);
        let (least, most) = (cycles().min()?, cycles().max()?);
        let model = self.model().name.clone().unwrap_or_default();
        Some(LpuFabric { model, tokens: self.tokens().len() as u32, cycles: most, spread: most - least })
    }
}
