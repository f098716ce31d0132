//! Where the cycles of an image go, resource by resource.
//!
//! In: a verified program whose planes multiply rows of pixels, the products of its model.  Out: accounts that add up to all cycles.
//! Invariant: every cycle of every plane is in one account, as for encoders.
//! Method: rows of every contraction of the lowered graph are work; what is idle the queues show (`encoder::spent`).

use crate::account::Spent;
use crate::encoder::spent::{PLANE_PRODUCTS, idle, planes};
use graph::Op;
use units::Text;
use verify::Verified;

/// The accounts of an image.
pub fn spent(verified: &Verified, products: u64) -> Vec<Spent> {
    let idle = idle(verified);
    let nodes = verified.program().lowered.nodes.iter();
    let contractions = nodes.filter(|(_, node)| matches!(node.op, Op::MatMul { .. }));
    let work: f64 = contractions.map(|(_, node)| node.shape.rows() as f64 * (node.inputs.len() / 2) as f64).sum();
    let needed = products as f64 / PLANE_PRODUCTS;
    let all = [
        ("模型本身的乘積：四個平面都滿載時", "products of the model, as if all planes were full", needed),
        (
            "沒有填滿的圖磚：通道數少於 320，一次只用到部分的道與行",
            "tiles that are not full: fewer than 320 channels leave lanes and columns empty",
            work - needed,
        ),
        ("平面閒置：正在安裝自己的權重", "planes idle while their weights are installed", idle.weights as f64),
        (
            "平面閒置：旁邊有平面在工作，自己在等值或等 ALU",
            "planes idle beside planes at work: they wait for values or for ALUs",
            idle.beside as f64,
        ),
        (
            "只有 VXM 在工作：改變刻度、相加、取最大值",
            "only the VXM at work: scaling, adding, taking maxima",
            idle.alus as f64,
        ),
        ("值在途中：串流與記憶體的延遲", "values on their way: latencies of streams and memory", idle.nothing as f64),
    ];
    let planes = planes(verified.chip());
    all.map(|(chinese, english, cycles)| Spent { what: Text::of(chinese, english), cycles: cycles / planes }).to_vec()
}
