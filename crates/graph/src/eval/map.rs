//! `Map`: a pointwise expression over whole tensors.
//!
//! In: a checked expression and operands of one shape.  Out: the elements of the result.
//! Invariant: each element depends on the operands' elements at its own index only.
//! Method: chunks of elements; within a chunk one column of bits per step, filled in the order of the steps.

use super::scalar;
use crate::{Arg, DType, Elements, Expr, Tensor};

/// Elements per chunk: columns of a chunk stay in the cache, and a map over weights needs little memory.
const CHUNK: usize = 4096;

/// The result's elements; `inputs` is not empty.
pub fn map(expr: &Expr, inputs: &[&Tensor]) -> Elements {
    let dtypes: Vec<DType> = inputs.iter().map(|input| input.dtype()).collect();
    let types = expr.types(&dtypes).expect("a checked expression has types");
    let count = inputs[0].elements().len();
    let result = types.last().expect("a typed expression has a step").result;
    let mut elements = Elements::with_capacity(result, count);
    for start in (0..count).step_by(CHUNK) {
        let length = CHUNK.min(count - start);
        let mut columns: Vec<Vec<u32>> = Vec::with_capacity(expr.steps.len());
        for (step, step_type) in expr.steps.iter().zip(&types) {
            let operand = |arg: Option<&Arg>, index: usize| match arg {
                None => 0,
                Some(Arg::Immediate(bits)) => *bits,
                Some(Arg::Step(step)) => columns[usize::from(*step)][index],
                Some(Arg::Input(input)) => inputs[usize::from(*input)].elements().bits(start + index),
            };
            let column = (0..length).map(|index| {
                let args = [0, 1, 2].map(|position| operand(step.args.get(position), index));
                scalar::apply(step.op, step_type.operand, args)
            });
            let column = column.collect();
            columns.push(column);
        }
        elements.append_bits(&columns.pop().expect("an expression has a step"));
    }
    elements
}
