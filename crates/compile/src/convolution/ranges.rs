//! What one unit of a quantised value is worth: the greatest value that sample images give.
//!
//! In: an imported graph, its weights, images.  Out: the greatest magnitude of the image and of every rectified value.
//! Invariant: values beyond the range saturate: a range is a choice that costs accuracy, never correctness of what is computed.
//! Method: the imported graph in f32 on each image; all blocks of a stage share one range, so that what came in can be added as it is.
//! Source: calibration by the greatest activation, as in Jacob et al., "Quantization and Training of Neural Networks", 2018, section 3.

use graph::{Elements, EvalError, Evaluator, Graph, Op, ScalarOp, Tensor, TensorData};
use std::collections::BTreeMap;

/// Name of the image among the ranges.
pub const IMAGE: &str = "image";
/// End of the parts that add what came into a block to what it gives.
const RESIDUAL: &str = ".residual";

/// Greatest magnitudes by the part of the graph that makes a value; the blocks of a stage under the stage's name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranges {
    greatest: BTreeMap<String, f32>,
}

impl Ranges {
    /// The greatest magnitudes that `images`, each `[pixels, pixels, 3]`, give.
    ///
    /// Errors: as of evaluating the graph.
    pub fn of(graph: &Graph, data: &dyn TensorData, images: &[Tensor]) -> Result<Self, EvalError> {
        let mut ranges = Ranges::default();
        let mut shown = graph.clone();
        let rectified = graph.nodes.iter().filter(|(_, node)| match &node.op {
            Op::Map(expr) => matches!(expr.steps.as_slice(), [step] if step.op == ScalarOp::Max),
            _ => false,
        });
        shown.outputs = rectified.map(|(id, node)| (node.origin.part.clone(), id)).collect();
        let mut evaluator = Evaluator::new(&shown, data)?;
        for image in images {
            let inputs = BTreeMap::from([(IMAGE.to_owned(), image.clone())]);
            for (part, value) in evaluator.step(&inputs)? {
                ranges.note(stage(&part), &value);
            }
            ranges.note(IMAGE, image);
        }
        Ok(ranges)
    }

    fn note(&mut self, name: &str, value: &Tensor) {
        let Elements::F32(values) = value.elements() else { return };
        let greatest = values.iter().fold(0.0f32, |greatest, value| greatest.max(value.abs()));
        let known = self.greatest.entry(name.to_owned()).or_default();
        *known = known.max(greatest);
    }

    /// Value of one unit of what `part` makes if the greatest is so many. What no image raised above 0 counts as 1.
    pub fn unit(&self, part: &str, units: f32) -> f32 {
        match self.greatest.get(stage(part)) {
            Some(&greatest) if 0.0 < greatest => greatest / units,
            _ => 1.0,
        }
    }
}

/// The name under which a part's range is kept: `layer2` for `layer2.1.residual`.
fn stage(part: &str) -> &str {
    match part.strip_suffix(RESIDUAL).and_then(|block| block.split_once('.')) {
        Some((stage, _)) => stage,
        None => part,
    }
}
