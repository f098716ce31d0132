//! Types of the steps of a pointwise expression.
//!
//! In: an expression and the element types of its inputs.  Out: for each step the type it works on and the type it gives.
//! Invariant: every operation that `eval` computes was given a type here first; an immediate never stays untyped.
//! Method: forwards through the steps; operands that decide the type must agree, immediates follow them.

use crate::{Arg, DType, Expr, Mismatch, ScalarOp, Step};

/// What a step works on and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepType {
    /// Type of the operands, conditions aside.
    pub operand: DType,
    /// Type of the result.
    pub result: DType,
}

impl ScalarOp {
    /// Types its operands may have, conditions aside, the one preferred for lone immediates first.
    pub fn operands(self) -> &'static [DType] {
        const NUMBERS: &[DType] = &[DType::F32, DType::I32, DType::F16, DType::I16, DType::I8];
        const INTEGERS: &[DType] = &[DType::I32, DType::I16, DType::I8];
        const BITS: &[DType] = &[DType::I32, DType::F32, DType::F16, DType::I16, DType::I8, DType::U8];
        match self {
            ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul | ScalarOp::Max | ScalarOp::Min => NUMBERS,
            ScalarOp::LessEqual | ScalarOp::Less | ScalarOp::Equal => NUMBERS,
            ScalarOp::AddSat | ScalarOp::SubSat | ScalarOp::MulSat => INTEGERS,
            ScalarOp::ShiftLeft | ScalarOp::ShiftRight | ScalarOp::ShiftRightSigned => INTEGERS,
            ScalarOp::And | ScalarOp::Or | ScalarOp::Xor | ScalarOp::Not => BITS,
            ScalarOp::Div | ScalarOp::Exp | ScalarOp::Tanh | ScalarOp::Rsqrt => &[DType::F32],
            ScalarOp::F32ToI32 | ScalarOp::F32ToF16 => &[DType::F32],
            ScalarOp::I32ToF32 | ScalarOp::I32ToI16 | ScalarOp::I32ToI8 | ScalarOp::I32ToU8 => &[DType::I32],
            ScalarOp::F16ToF32 => &[DType::F16],
            ScalarOp::I16ToI32 => &[DType::I16],
            ScalarOp::I8ToI32 => &[DType::I8],
            ScalarOp::U8ToI32 => &[DType::U8],
            ScalarOp::Select | ScalarOp::Mask | ScalarOp::Identity => &DType::ALL,
        }
    }
}

impl Expr {
    /// The types of all steps, given those of the inputs.
    ///
    /// Errors: the first step that is ill typed, refers to no input or to no earlier step; an empty expression.
    pub fn types(&self, inputs: &[DType]) -> Result<Vec<StepType>, Mismatch> {
        if self.steps.is_empty() {
            return Err(Mismatch::new("an expression of at least one step", "none"));
        }
        let mut types: Vec<StepType> = Vec::with_capacity(self.steps.len());
        for (index, step) in self.steps.iter().enumerate() {
            let step_type = step_type(step, inputs, &types).map_err(|mismatch| {
                Mismatch::new(format!("step {index} ({}): {}", step.op.name(), mismatch.expected), mismatch.found)
            })?;
            types.push(step_type);
        }
        Ok(types)
    }
}

/// Type of one step after the steps typed in `earlier`.
fn step_type(step: &Step, inputs: &[DType], earlier: &[StepType]) -> Result<StepType, Mismatch> {
    if step.args.len() != step.op.arity() {
        return Err(Mismatch::new(format!("{} operands", step.op.arity()), step.args.len()));
    }
    let mut args = Vec::with_capacity(step.args.len());
    for arg in &step.args {
        args.push(arg_type(*arg, inputs, earlier)?);
    }
    let condition = step.op.condition();
    if condition.is_some_and(|position| args[position].is_some_and(|dtype| dtype != DType::I32)) {
        return Err(Mismatch::new("an i32 condition", names(&args)));
    }
    let deciding = args.iter().enumerate().filter(|(position, _)| condition != Some(*position));
    let deciding: Vec<Option<DType>> = deciding.map(|(_, dtype)| *dtype).collect();
    let allowed = step.op.operands();
    let operand = deciding.iter().flatten().next().copied().unwrap_or(allowed[0]);
    let agree = deciding.iter().flatten().all(|dtype| *dtype == operand) && allowed.contains(&operand);
    if !agree {
        let choice: Vec<&str> = allowed.iter().map(|dtype| dtype.name()).collect();
        return Err(Mismatch::new(format!("operands of one type among {}", choice.join(", ")), names(&args)));
    }
    if deciding.contains(&None) && !matches!(operand, DType::F32 | DType::I32) {
        return Err(Mismatch::new("immediates only beside f32 or i32", names(&args)));
    }
    Ok(StepType { operand, result: step.op.result(operand) })
}

/// Type of an operand, `None` for an immediate.
fn arg_type(arg: Arg, inputs: &[DType], earlier: &[StepType]) -> Result<Option<DType>, Mismatch> {
    match arg {
        Arg::Immediate(_) => Ok(None),
        Arg::Input(index) => {
            let missing = || Mismatch::new(format!("an input below {}", inputs.len()), format!("in{index}"));
            inputs.get(usize::from(index)).map(|dtype| Some(*dtype)).ok_or_else(missing)
        }
        Arg::Step(index) => {
            let missing = || Mismatch::new(format!("an earlier step, below {}", earlier.len()), format!("s{index}"));
            earlier.get(usize::from(index)).map(|step| Some(step.result)).ok_or_else(missing)
        }
    }
}

/// The operands' types for a message.
fn names(args: &[Option<DType>]) -> String {
    let names: Vec<&str> = args.iter().map(|arg| arg.map_or("immediate", DType::name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::immediate;

    fn check(op: ScalarOp, args: &[Arg], inputs: &[DType], expected: Result<DType, &str>) {
        let expr = Expr { steps: vec![Step { op, args: args.to_vec() }] };
        let found = expr.types(inputs).map(|types| types[0].result);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.to_string().contains(expected), "{found}"),
            (found, expected) => panic!("{op:?}: expected {expected:?}, found {found:?}"),
        }
    }

    #[test]
    fn immediates_take_the_type_beside_them() {
        let (input, one) = (Arg::Input(0), immediate(1.0));
        check(ScalarOp::Add, &[one, input], &[DType::I32], Ok(DType::I32));
        check(ScalarOp::Add, &[one, one], &[], Ok(DType::F32));
        check(ScalarOp::Xor, &[one, one], &[], Ok(DType::I32));
        check(ScalarOp::Select, &[input, one, one], &[DType::I32], Ok(DType::F32));
        check(ScalarOp::Select, &[one, input, input], &[DType::F16], Ok(DType::F16));
        check(ScalarOp::Select, &[one, input, one], &[DType::F16], Err("immediates only beside f32 or i32"));
        check(ScalarOp::Mask, &[input, one], &[DType::U8], Ok(DType::U8));
        check(ScalarOp::Mask, &[one, input], &[DType::I32], Ok(DType::F32));
        check(ScalarOp::Add, &[input, one], &[DType::I16], Err("immediates only beside f32 or i32"));
    }

    #[test]
    fn ill_typed_steps_are_named() {
        check(
            ScalarOp::Add,
            &[Arg::Input(0), Arg::Input(1)],
            &[DType::F32, DType::I32],
            Err("one type among f32, i32"),
        );
        check(ScalarOp::AddSat, &[Arg::Input(0), Arg::Input(0)], &[DType::F16], Err("found f16, f16"));
        check(ScalarOp::Add, &[Arg::Input(0), Arg::Input(0)], &[DType::U8], Err("found u8, u8"));
        check(ScalarOp::Select, &[Arg::Input(0); 3], &[DType::F32], Err("an i32 condition"));
        check(ScalarOp::Mask, &[Arg::Input(0); 2], &[DType::F32], Err("an i32 condition"));
        check(ScalarOp::Exp, &[Arg::Input(1)], &[DType::F32], Err("an input below 1; found in1"));
        check(ScalarOp::Exp, &[Arg::Step(0)], &[DType::F32], Err("an earlier step, below 0; found s0"));
        check(ScalarOp::Exp, &[], &[DType::F32], Err("1 operands; found 0"));
    }
}
