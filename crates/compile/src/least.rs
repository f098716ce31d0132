//! The first bound: fewer cycles than this no program for the model can take, however it is lowered.
//!
//! In: a recognised model (weights are not asked for) and a chip, or several that share the work.  Out: the chain of dependent steps, the
//!     time to install the weights, and which of the two binds.
//! Invariant: nothing is assumed of any lowering or schedule; with more chips the bound never grows.
//! Method: why nothing legal passes below. (1) A step of a decoding layer that contracts a computed vector makes every output depend on
//!     inputs in many superlanes. Only the MXM moves anything between superlanes, so the vector leaves the VXM, crosses a plane and its
//!     sums come back to the VXM, where alone they are made activations again: one trip. The other way is to keep to one superlane: a
//!     trip to the SXM and back, and all products on the ALUs, two operations each. The lesser of the two counts. (2) Six such steps
//!     follow one another in a layer: query, scores, values, output, gate, down; none begins before the one before it has ended. A norm
//!     is not on the chain, because its factor can be multiplied into what the projection gives. Sums over positions may run along
//!     time without any trip. Exponentials and silu need their ALUs in between. (3) Every weight byte of the model, of a
//!     mixture those of two experts, passes the feeding streams once a token, 16 streams a plane, and for every 20 groups one cycle
//!     carries an activation.
//! Source: decisions.md 4 (feed) and 5 (what binds differs by model); instruction timing from `program::Instruction`.

use crate::Linear;
use crate::model::Llama;
use crate::tables::{GROUP, LANES};
use arch::{Chip, Geometry, Hemisphere};
use graph::{ConstSource, Graph, Op};
use units::Cycles;

/// Groups of 16 columns of a tile.
const TILE_GROUPS: u64 = 20;
/// ALU operations of one product and its addition.
const PRODUCT_OPS: u64 = 2;
/// ALUs that no silu does without: the transcendental one and the product with up.
const SILU_ALUS: u64 = 2;

/// Experts whose weights no program does without.
const EXPERTS_CHOSEN: u64 = 2;

/// A dependent step and its least latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the step, the key of `graph::Origin::part` where there is one.
    pub name: &'static str,
    /// Least latency from VXM to VXM.
    pub latency: Cycles,
}

/// What binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The chain of dependent steps.
    Chain,
    /// Installing the weights.
    Install,
}

/// The bound and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Least {
    /// Steps of one layer, in order.
    pub layer: Vec<Step>,
    /// Number of layers.
    pub layers: u32,
    /// The head's step.
    pub head: Step,
    /// Weight bytes of each chip, in the model's formats, those of all experts included.
    pub bytes: u64,
    /// Cycles to install them, of a mixture those of two experts.
    pub install: Cycles,
}

impl Least {
    /// The chain of dependent steps of a token.
    pub fn chain(&self) -> Cycles {
        let layer: u64 = self.layer.iter().map(|step| step.latency.0).sum();
        Cycles(layer * u64::from(self.layers) + self.head.latency.0)
    }

    /// The bound.
    pub fn cycles(&self) -> Cycles {
        self.chain().max(self.install)
    }

    /// Which of the two it is.
    pub fn binding(&self) -> Binding {
        if self.install <= self.chain() { Binding::Chain } else { Binding::Install }
    }

    /// The step of a layer that takes longest.
    pub fn longest(&self) -> &Step {
        self.layer.iter().max_by_key(|step| step.latency).expect("a layer has steps")
    }
}

/// The bound of `llama` on `chips` chips that share all work evenly and talk to one another in no time.
pub fn least(llama: &Llama, chip: &Chip, chips: u32) -> Least {
    let machine = Machine { chip, geometry: Geometry::new(chip), chips: u64::from(chips.max(1)) };
    let [width, ffn, context] = [llama.width, llama.ffn, llama.attended].map(u64::from);
    let [queries, keys] = [llama.heads.counts.keys * llama.heads.counts.repeats, llama.heads.counts.keys]
        .map(|heads| u64::from(heads) * u64::from(llama.head_dim));
    let alu = u64::from(chip.latency.vxm_alu);
    let step = |name, latency| Step { name, latency: Cycles(latency) };
    let layer = vec![
        step("attn_q", machine.contraction(width, queries)),
        step("attn_scores", machine.contraction(context, queries)),
        step("softmax", alu),
        step("attn_values", machine.along_time(context * queries)),
        step("attn_output", machine.contraction(queries, width)),
        step("ffn_gate", machine.contraction(width, ffn)),
        step("silu", SILU_ALUS * alu),
        step("ffn_down", machine.contraction(ffn, width)),
    ];
    let vocabulary = u64::from(llama.vocabulary);
    let experts = u64::from(llama.mixture().unwrap_or(1));
    let bytes_of = |linear: Linear, experts: u64| {
        let (outputs, layers) = match linear {
            Linear::Query | Linear::Output => (queries, llama.layers.len() as u64),
            Linear::Key | Linear::Value => (keys, llama.layers.len() as u64),
            Linear::Router => (u64::from(llama.mixture().unwrap_or(0)), llama.layers.len() as u64),
            Linear::Gate | Linear::Up | Linear::Down => (ffn * experts, llama.layers.len() as u64),
            Linear::Head => (vocabulary, 1),
        };
        width * outputs * layers * llama.formats.of(linear).bytes()
    };
    let bytes_of_all = |experts: u64| -> u64 {
        let linears = Linear::ALL.into_iter().chain([Linear::Router]);
        linears.map(|linear| bytes_of(linear, experts)).sum::<u64>().div_ceil(machine.chips)
    };
    Least {
        layer,
        layers: llama.layers.len() as u32,
        head: step("head", machine.contraction(width, vocabulary)),
        bytes: bytes_of_all(experts),
        install: Cycles(machine.install(bytes_of_all(experts.min(EXPERTS_CHOSEN)))),
    }
}

/// The bound of a graph of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastOfRows {
    /// Multiplications of all contractions, each with an addition.
    pub products: u64,
    /// Cycles in which all planes and all ALUs do them.
    pub multiply: Cycles,
    /// Weight bytes, int8.
    pub bytes: u64,
    /// Cycles to install them once.
    pub install: Cycles,
    /// The longest chain of contractions, each of what the one before gives.
    pub chain: Cycles,
}

impl LeastOfRows {
    /// The bound.
    pub fn cycles(&self) -> Cycles {
        self.chain.max(self.install).max(self.multiply)
    }
}

/// The bound of an imported graph on one chip: its contractions at the rate of int8, its weights, its longest chain of contractions.
pub fn least_of_rows(graph: &Graph, chip: &Chip) -> LeastOfRows {
    let machine = Machine { chip, geometry: Geometry::new(chip), chips: 1 };
    let (mut products, mut bytes, mut weights) = (0, 0, Vec::new());
    let mut ends: Vec<u64> = Vec::with_capacity(graph.nodes.len());
    for (_, node) in graph.nodes.iter() {
        let before = node.inputs.iter().map(|input| ends[input.index()]).max().unwrap_or(0);
        let Op::MatMul { .. } = node.op else {
            ends.push(before);
            continue;
        };
        let [rows, matrix] = [node.inputs[0], node.inputs[1]].map(|input| &graph.nodes[input]);
        let own = node.shape.elements() * u64::from(rows.shape.lanes());
        products += own;
        if let Op::Const(ConstSource::Tensor(tensor)) = matrix.op
            && !weights.contains(&tensor)
        {
            weights.push(tensor);
            bytes += matrix.shape.elements();
        }
        ends.push(before + machine.along_time(own));
    }
    let multiply = Cycles(products.div_ceil(machine.products_a_cycle()));
    let (install, chain) = (Cycles(machine.install(bytes)), Cycles(ends.into_iter().max().unwrap_or(0)));
    LeastOfRows { products, multiply, bytes, install, chain }
}

struct Machine<'a> {
    chip: &'a Chip,
    geometry: Geometry,
    chips: u64,
}

impl Machine<'_> {
    /// From operands at an ALU to its result on a stream.
    fn alu(&self) -> u64 {
        u64::from(self.chip.latency.vxm_alu + self.chip.latency.vxm_entry)
    }

    /// The shortest way out to a half's station and back.
    fn there_and_back(&self, station: impl Fn(&Geometry, Hemisphere) -> arch::Station) -> u64 {
        let way = |half: Hemisphere| {
            let (vxm, station) = (self.geometry.vxm(), station(&self.geometry, half));
            let out = self.geometry.travel(half.outward(), vxm, station).expect("outward leads there");
            u64::from(out + self.geometry.travel(half.inward(), station, vxm).expect("inward leads back"))
        };
        Hemisphere::BOTH.into_iter().map(way).min().expect("a chip has two halves")
    }

    /// Cycles in which the ALUs do `products` products and their additions.
    fn products(&self, products: u64) -> u64 {
        (PRODUCT_OPS * products).div_ceil(LANES as u64 * u64::from(self.chip.alus) * self.chips)
    }

    /// Products that all planes and all ALUs do in a cycle.
    fn products_a_cycle(&self) -> u64 {
        let planes = Hemisphere::BOTH.len() as u64 * u64::from(self.chip.planes);
        planes * (LANES * LANES) as u64 + LANES as u64 * u64::from(self.chip.alus) / PRODUCT_OPS
    }

    /// One trip through a plane.
    fn plane(&self) -> u64 {
        let latency = &self.chip.latency;
        let inside = latency.mxm_product().0 + u64::from(latency.mxm_accumulate);
        self.alu() + self.there_and_back(Geometry::mxm) + inside
    }

    /// The least latency of contracting a vector of `inputs` to `outputs`; either may be the number of positions.
    fn contraction(&self, inputs: u64, outputs: u64) -> u64 {
        let distribute = u64::from(self.chip.latency.sxm_distribute);
        let within = self.alu() + self.there_and_back(Geometry::sxm) + distribute;
        self.plane().min(within + self.products(inputs * outputs))
    }

    /// The least latency of sums over positions: through a plane, or product by product on the ALUs.
    fn along_time(&self, products: u64) -> u64 {
        self.plane().min(u64::from(self.chip.latency.vxm_alu) + self.products(products))
    }

    /// Cycles in which `bytes` pass the feeding streams.
    fn install(&self, bytes: u64) -> u64 {
        let planes = Hemisphere::BOTH.len() as u64 * u64::from(self.chip.planes);
        let per_cycle = planes * GROUP as u64 * LANES as u64;
        (bytes * (TILE_GROUPS + 1)).div_ceil(per_cycle * TILE_GROUPS)
    }
}
