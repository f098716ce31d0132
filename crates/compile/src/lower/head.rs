//! The last norm and the head.
//!
//! In: the residual after the last layer.  Out: outputs `logits.0`, `logits.1`, ...: f32 tiles of up to 320 vocabulary entries.
//! Invariant: tile t holds the logits of tokens 320 t ..; entries past the vocabulary are zero.

use super::linear::{Quantised, Tile, product, straight};
use super::norm::norm;
use super::{Emitter, Shared};
use crate::CompileError;
use crate::kernel::Place;
use graph::NodeId;

/// Emits norm and head.
pub fn head(emitter: &mut Emitter, shared: &Shared, residual: &[NodeId]) -> Result<(), CompileError> {
    let llama = emitter.llama;
    emitter.part("output_norm");
    let digits = norm(emitter, shared, residual, llama.output_norm)?;
    emitter.part("head");
    let matrix = Quantised::new(&emitter.matrix(llama.head)?);
    let blocks = straight(llama.width as usize);
    for (tile, rows) in straight(matrix.rows()).iter().enumerate() {
        let logits = product(emitter, &digits, &matrix, &Tile::narrow(rows), &blocks).finish(emitter);
        let place = if tile % 2 == 0 { Place::WestNear } else { Place::EastNear };
        emitter.kernel(&[logits], &[(logits, place, 1)]);
        emitter.build.output(&format!("logits.{tile}"), logits);
    }
    Ok(())
}
