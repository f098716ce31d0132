//! Which nodes and tables of other layers and chips correspond to those of the first layer on the first chip.
//!
//! In: blocks of ids as they were made.  Out: for an id of the first, the id of its twin.
//! Invariant: corresponding blocks have equal lengths, nodes of equal form, literals included: one template serves them all.
//! Method: each turn of a chip makes a block of consecutive ids; blocks correspond by their places in the list of (layer, chip).

use graph::{Graph, NodeId, Op, TensorId};
use units::Span;

/// Consecutive ids made for one chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Nodes.
    pub nodes: Span,
    /// External tensors.
    pub tensors: Span,
}

/// Blocks of one chip, in the order in which they were made.
pub type Blocks = Vec<Block>;

/// All blocks that have twins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    /// By layer and chip.
    pub layers: Vec<Vec<Blocks>>,
    /// By chip.
    pub head: Vec<Blocks>,
}

impl Twins {
    /// The tensor that on `chip`, in `layer`, is what `id` is on the first chip, in the first layer; itself where it is common to all.
    pub fn tensor(&self, id: TensorId, layer: u32, chip: u16) -> TensorId {
        TensorId::new(self.twin(id.index(), layer, chip, |block| block.tensors))
    }

    /// The same for a node.
    pub fn node(&self, id: NodeId, layer: u32, chip: u16) -> NodeId {
        NodeId::new(self.twin(id.index(), layer, chip, |block| block.nodes))
    }

    fn twin(&self, id: usize, layer: u32, chip: u16, span: fn(&Block) -> Span) -> usize {
        let chip = usize::from(chip);
        let of = |first: &Blocks, other: &Blocks| {
            let place = first.iter().position(|block| span(block).contains(id as u64))?;
            Some(span(&other[place]).start as usize + id - span(&first[place]).start as usize)
        };
        let in_layer = || of(self.layers.first()?.first()?, &self.layers[layer as usize][chip]);
        let in_head = || of(self.head.first()?, &self.head[chip]);
        in_layer().or_else(in_head).unwrap_or(id)
    }

    /// Panics where twins differ in form.
    pub fn check(&self, graph: &Graph) {
        let first = &self.layers[0][0];
        self.layers.iter().flatten().for_each(|other| same_form(graph, first, other));
        self.head.iter().for_each(|other| same_form(graph, &self.head[0], other));
    }
}

/// Layers that differ in form, literals included, cannot share a template, nor can chips.
fn same_form(graph: &Graph, first: &Blocks, other: &Blocks) {
    assert_eq!(first.len(), other.len(), "every layer and chip has the same turns");
    for (first, other) in first.iter().zip(other) {
        assert_eq!(first.nodes.len, other.nodes.len, "every layer and chip emits the same nodes");
        assert_eq!(first.tensors.len, other.tensors.len, "every layer and chip emits the same tables");
        for index in 0..first.nodes.len {
            let node = |span: &Span| &graph.nodes[NodeId::new((span.start + index) as usize)];
            let (one, two) = (node(&first.nodes), node(&other.nodes));
            assert_eq!((&one.shape, one.dtype), (&two.shape, two.dtype), "every layer and chip emits the same shapes");
            if let (Op::Map(one), Op::Map(two)) = (&one.op, &two.op) {
                assert_eq!(one, two, "every layer and chip computes the same expressions, literals included");
            }
        }
    }
}
