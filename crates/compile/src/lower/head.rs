//! The last norm and the head.
//!
//! In: the residual after the last layer.  Out: outputs `logits.0`, `logits.1`, ...: f32 tiles of up to 320 vocabulary entries, on each
//!     chip those of its own rows.
//! Invariant: tile t holds the logits of tokens 320 t ..; entries past the vocabulary are zero, or on several chips
//!     other tokens' again: nobody reads them.

use super::linear::{Product, Tile};
use super::norm::norm;
use super::{Emitter, Shared};
use crate::kernel::Place;
use crate::share::straight;
use crate::tables::LANES;
use crate::{CompileError, Linear};
use graph::NodeId;

/// Emits norm and head of a row.
pub fn head(emitter: &mut Emitter, shared: &Shared, residual: &[NodeId]) -> Result<(), CompileError> {
    let llama = emitter.llama;
    emitter.part("output_norm");
    let vector = norm(emitter, shared, residual, (llama.output_norm, &[Linear::Head]))?;
    emitter.part("head");
    let matrix = emitter.coded(llama.head, Linear::Head, &vector)?;
    let blocks = straight(llama.width as usize);
    let vocabulary = emitter.share().vocabulary;
    for (rows, number) in vocabulary.rows().iter().zip(vocabulary.first / LANES..) {
        let mut logits = Product::default();
        let tile = Tile::new(rows);
        let weights = tile.weights(emitter, &vector, &matrix, &blocks)?;
        let value = logits.contract(emitter, &vector, &weights, &tile);
        logits.rooted(value, &vector);
        let logits = logits.finish(emitter);
        let place = if number % 2 == 0 { Place::WestNear } else { Place::EastNear };
        emitter.kernel(&[logits], &[(logits, place, 1)]);
        let name = super::of_row(format!("logits.{number}"), emitter.row());
        emitter.build.output(&name, logits);
    }
    Ok(())
}
