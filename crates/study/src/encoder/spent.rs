//! Where the cycles of a pass go, resource by resource.
//!
//! In: a verified program whose planes multiply rows, the products of its model.  Out: accounts that add up to all cycles.
//! Invariant: every cycle of every plane is in one account: at work for what the lowered graph says, or idle for what the queues show.
//! Method: the planes are the scarce unit, so cycles are counted as quarters, one for each of four planes. At work: rows of every
//!     contraction of the lowered graph. Idle: of a cycle the plane's own weights come first, then planes beside it, then ALUs, then nothing.

use crate::account::Spent;
use arch::{Chip, Hemisphere, Queue};
use compile::encoder::{DIGIT_PRODUCTS, DIGITS};
use graph::{Graph, NodeId, Op, Order, View};
use program::{Burst, Instruction, MxmFormat, Template};
use units::Text;
use verify::Verified;

/// Products that a plane does in a cycle.
pub(crate) const PLANE_PRODUCTS: f64 = 320.0 * 320.0;

/// What the planes are at work for, in cycles of one plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Work {
    /// Contractions of the model, with one digit of each operand.
    one_digit: f64,
    /// What more digits add to them.
    more_digits: f64,
    /// Rows and columns exchanged.
    turning: f64,
    /// Sums over the lanes by ones.
    sums: f64,
}

/// What planes are idle for, in cycles of one plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Idle {
    /// Their own weights are loaded or installed.
    pub weights: u64,
    /// Some plane beside them works.
    pub beside: u64,
    /// Only ALUs work.
    pub alus: u64,
    /// Neither planes nor ALUs work.
    pub nothing: u64,
}

/// The accounts of a pass.
pub fn spent(verified: &Verified, products: u64) -> Vec<Spent> {
    let (work, idle) = (work(&verified.program().lowered), idle(verified));
    let needed = products as f64 / PLANE_PRODUCTS;
    let planes = planes(verified.chip());
    let all = [
        ("模型本身的乘積：四個平面都滿載時", "products of the model, as if all planes were full", needed),
        (
            "沒有填滿的圖磚：道、行、注意力頭之間的零",
            "tiles that are not full: lanes, columns, zeros between heads",
            work.one_digit - needed,
        ),
        (
            "啟動值是 16 位元定點：第二個位數",
            "activations are 16-bit fixed point: their second digit",
            work.more_digits,
        ),
        ("用 MXM 轉置值與注意力比重", "values and shares of attention turned by the MXM", work.turning),
        ("用 MXM 跨道加總，供正規化使用", "sums over the lanes for norms, by the MXM", work.sums),
        ("平面閒置：正在安裝自己的權重", "planes idle while their weights are installed", idle.weights as f64),
        ("平面閒置：旁邊有平面在工作", "planes idle beside planes at work", idle.beside as f64),
        ("只有 VXM 在工作：正規化、softmax、GELU", "only the VXM at work: norms, softmax, GELU", idle.alus as f64),
        ("值在途中：串流與記憶體的延遲", "values on their way: latencies of streams and memory", idle.nothing as f64),
    ];
    all.map(|(chinese, english, cycles)| Spent { what: Text::of(chinese, english), cycles: cycles / planes }).to_vec()
}

/// Planes of a chip.
pub(crate) fn planes(chip: &Chip) -> f64 {
    f64::from(2 * u32::from(chip.planes))
}

/// What the planes are idle for in all instances.
pub(crate) fn idle(verified: &Verified) -> Idle {
    let (executable, mut idle) = (&verified.program().executable, Idle::default());
    for instance in &executable.instances {
        let own = Cycles::of(verified.chip(), &executable.templates[instance.template]).idle();
        idle.weights += own.weights;
        idle.beside += own.beside;
        idle.alus += own.alus;
        idle.nothing += own.nothing;
    }
    idle
}

/// What the contractions of the lowered graph take.
fn work(graph: &Graph) -> Work {
    let mut work = Work::default();
    for (_, node) in graph.nodes.iter() {
        let Op::MatMul { order } = node.op else { continue };
        let rows = node.shape.rows() as f64 * (node.inputs.len() / 2) as f64;
        if order == Order::Superlanes {
            // Both halves of the lanes, each in a pair of planes.
            work.sums += 4.0 * rows;
        } else if is_table(graph, node.inputs[0]) {
            work.turning += rows;
        } else {
            let times = if is_table(graph, node.inputs[1]) { DIGITS } else { DIGIT_PRODUCTS };
            work.one_digit += rows / times as f64;
            work.more_digits += rows * (times - 1) as f64 / times as f64;
        }
    }
    work
}

/// Whether a node is rows of a table.
fn is_table(graph: &Graph, id: NodeId) -> bool {
    match graph.nodes[id].op {
        Op::Const(_) => true,
        Op::View(View::Rows { .. }) => is_table(graph, graph.nodes[id].inputs[0]),
        _ => false,
    }
}

/// A template cycle by cycle.
struct Cycles {
    /// By plane: whether it multiplies.
    working: Vec<Vec<bool>>,
    /// By plane: whether its weights are loaded or installed.
    loading: Vec<Vec<bool>>,
    /// Whether an ALU works.
    alus: Vec<bool>,
}

impl Cycles {
    fn of(chip: &Chip, template: &Template) -> Self {
        let length = template.length().0 as usize;
        let planes = Hemisphere::BOTH.len() * usize::from(chip.planes);
        let mut cycles = Cycles {
            working: vec![vec![false; length]; planes],
            loading: vec![vec![false; length]; planes],
            alus: vec![false; length],
        };
        let number = |half: Hemisphere, plane: u8| half.index() * usize::from(chip.planes) + usize::from(plane);
        for (queue, _, start, burst) in template.bursts() {
            let start = start as usize;
            match (template.queues[queue].0, &burst.instruction) {
                (Queue::MxmActivate(half, plane), Instruction::Activate { format, .. }) => {
                    let pair = if matches!(format, MxmFormat::F16 { .. }) { chip.planes } else { 1 };
                    for plane in plane..plane + pair {
                        mark(&mut cycles.working[number(half, plane)], start, burst, 1);
                    }
                }
                (Queue::MxmWeights(half, plane), instruction) => {
                    let installs = matches!(instruction, Instruction::Install);
                    let lasts = if installs { chip.latency.mxm_install as usize } else { 1 };
                    mark(&mut cycles.loading[number(half, plane)], start, burst, lasts);
                }
                (Queue::Alu(_), _) => mark(&mut cycles.alus, start, burst, chip.latency.vxm_alu as usize),
                _ => {}
            }
        }
        cycles
    }

    fn idle(&self) -> Idle {
        let mut idle = Idle::default();
        for (cycle, &alus) in self.alus.iter().enumerate() {
            let any = self.working.iter().any(|plane| plane[cycle]);
            for (working, loading) in self.working.iter().zip(&self.loading) {
                let account = match (working[cycle], loading[cycle], any, alus) {
                    (true, ..) => continue,
                    (_, true, ..) => &mut idle.weights,
                    (_, _, true, _) => &mut idle.beside,
                    (.., true) => &mut idle.alus,
                    _ => &mut idle.nothing,
                };
                *account += 1;
            }
        }
        idle
    }
}

/// Marks the cycles of a burst of which each issue lasts so long.
fn mark(cycles: &mut [bool], start: usize, burst: &Burst, lasts: usize) {
    for issue in 0..burst.count as usize {
        let first = start + issue * burst.interval as usize;
        let end = (first + lasts).min(cycles.len());
        cycles[first.min(end)..end].fill(true);
    }
}
