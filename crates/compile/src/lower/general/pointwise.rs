//! Pointwise steps over lists of rows.
//!
//! In: lists of rows that go along together, steps of one operation each.  Out: the rows of the last step.
//! Invariant: every step is one that an ALU does; a literal never stands alone.
//! Method: run by run. A step that takes the one before it joins its chain, as long as no operand is read at two depths and the chain is
//!     short enough for the mesh. A select is two masks and an or, which keep every bit.

use super::hand::{Link, Lowering, Side};
use super::obstacle::Obstacle;
use super::value::{Row, Run, runs, stands};
use graph::{Arg, DType, Expr, ScalarOp, StepType};

/// Most links of a chain.
const LINKS_MAX: usize = 3;
/// Most operands that a chain reads.
const LEAVES_MAX: usize = 3;

/// An operand of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A list of rows.
    List(usize),
    /// An earlier step.
    Step(usize),
    /// Bits of a literal beside another operand.
    Literal(u32),
    /// One row for all.
    Row(Row),
}

/// A step that an ALU does.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which operation.
    pub op: ScalarOp,
    /// Its operands.
    pub args: Vec<From>,
}

impl Step {
    /// A step.
    pub fn new(op: ScalarOp, args: &[From]) -> Self {
        Step { op, args: args.to_vec() }
    }
}

/// The steps of an expression whose inputs are lists in order.
///
/// Errors: `Division`.
pub fn steps_of(lowering: &mut Lowering, expr: &Expr, types: &[StepType]) -> Result<Vec<Step>, Obstacle> {
    let mut steps: Vec<Step> = Vec::new();
    // By step of the expression: the last of its steps here.
    let mut last: Vec<usize> = Vec::new();
    for (step, kind) in expr.steps.iter().zip(types) {
        let mut args: Vec<From> = step
            .args
            .iter()
            .map(|arg| match *arg {
                Arg::Input(input) => From::List(usize::from(input)),
                Arg::Step(step) => From::Step(last[usize::from(step)]),
                Arg::Immediate(bits) => From::Literal(bits),
            })
            .collect();
        let condition = step.op.condition();
        let mut spelled = |from: &mut From, dtype: DType| {
            if let From::Literal(bits) = *from {
                *from = From::Row(lowering.uniform(dtype, bits));
            }
        };
        match step.op {
            ScalarOp::Div => return Err(Obstacle::Division),
            ScalarOp::Select => {
                spelled(&mut args[0], DType::I32);
                args[1..].iter_mut().for_each(|arg| spelled(arg, kind.operand));
                let own = steps.len();
                steps.push(Step::new(ScalarOp::Mask, &[args[1], args[0]]));
                steps.push(Step::new(ScalarOp::Equal, &[args[0], From::Literal(0)]));
                steps.push(Step::new(ScalarOp::Mask, &[args[2], From::Step(own + 1)]));
                steps.push(Step::new(ScalarOp::Or, &[From::Step(own + 2), From::Step(own)]));
            }
            op => {
                let deciding = (0..args.len()).filter(|place| condition != Some(*place));
                if deciding.clone().all(|place| matches!(args[place], From::Literal(_))) {
                    deciding.take(1).for_each(|place| spelled(&mut args[place], kind.operand));
                }
                steps.push(Step { op, args });
            }
        }
        last.push(steps.len() - 1);
    }
    Ok(steps)
}

/// Rows of the last step.
///
/// Errors: as `Lowering::chain`.
pub fn computed(lowering: &mut Lowering, lists: &[&[Row]], steps: &[Step]) -> Result<Vec<Row>, Obstacle> {
    let mut rows = Vec::new();
    for run in runs(lists) {
        let count = if run.is_steady { 1 } else { run.count };
        let first = of_run(lowering, lists, steps, (run, count))?;
        rows.extend((0..run.count).map(|place| if run.is_steady { first } else { first.after(place) }));
    }
    Ok(rows)
}

fn of_run(
    lowering: &mut Lowering,
    lists: &[&[Row]],
    steps: &[Step],
    (run, count): (Run, usize),
) -> Result<Row, Obstacle> {
    let mut made: Vec<Option<Row>> = vec![None; steps.len()];
    let mut first = 0;
    while first < steps.len() {
        let end = chain_end(steps, first);
        let side = |from: &From| match *from {
            From::List(list) if 1 < count && stands(lists[list], run) => Side::Row(lists[list][run.first]),
            From::List(list) => Side::Rows(lists[list][run.first]),
            From::Step(step) if first <= step => Side::Before,
            From::Step(step) => Side::Rows(made[step].expect("a step outside its chain is kept")),
            From::Literal(bits) => Side::Literal(bits),
            From::Row(row) => Side::Row(row),
        };
        let link = |step: usize| {
            let after = steps[end..].iter().any(|later| later.args.contains(&From::Step(step)));
            let is_kept = after || step + 1 == steps.len();
            // What nobody takes is stored all the same: a chain ends in its home.
            let is_kept = is_kept || step + 1 == end;
            Link { op: steps[step].op, args: steps[step].args.iter().map(side).collect(), is_kept }
        };
        let links: Vec<Link> = (first..end).map(link).collect();
        let kept = lowering.chain(&links, count)?;
        let stored = (first..end).filter(|step| links[step - first].is_kept);
        stored.zip(kept).for_each(|(step, row)| made[step] = Some(row));
        first = end;
    }
    Ok(made.pop().flatten().expect("an expression has a step, and the last one is kept"))
}

/// One past the last step of the chain that begins with `first`.
fn chain_end(steps: &[Step], first: usize) -> usize {
    let is_leaf = |from: &&From| match from {
        From::List(_) | From::Row(_) => true,
        From::Step(step) => *step < first,
        From::Literal(_) => false,
    };
    let mut leaves: Vec<From> = steps[first].args.iter().filter(is_leaf).copied().collect();
    leaves.dedup();
    let mut end = first + 1;
    while end < steps.len() && end - first < LINKS_MAX {
        let args = &steps[end].args;
        let mut own: Vec<From> = args.iter().filter(is_leaf).copied().collect();
        own.dedup();
        let joins = args.contains(&From::Step(end - 1));
        let skips = args.iter().any(|from| matches!(from, From::Step(step) if first <= *step && step + 1 < end));
        let is_new = own.iter().all(|leaf| !leaves.contains(leaf));
        if !joins || skips || !is_new || LEAVES_MAX < leaves.len() + own.len() {
            break;
        }
        leaves.extend(own);
        end += 1;
    }
    end
}
