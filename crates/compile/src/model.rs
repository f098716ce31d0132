//! Recognises a decoding step of the Llama family in an imported graph.
//!
//! In: a graph of the ten operations.  Out: the shapes, tensors, tables and constants of its layers, or what was missing.
//! Invariant: nothing is guessed: a tensor that is absent or of another shape is named. That the lowered graph still computes the
//!     imported one is not assumed from names but tested by evaluating both.
//! Method: external tensors by name, rotary tables by their first row (cos 0 = 1, sin 0 = 0), epsilon by its place before a rsqrt.

use crate::CompileError;
use crate::Formats;
use crate::heads::{HeadCounts, Heads};
use graph::{Arg, ConstSource, Graph, Node, Op, ScalarOp, TensorId};

/// Tensors of one layer.
#[derive(Clone, Debug)]
pub struct LayerTensors {
    /// Gain of the norm before attention, `[width]`.
    pub attn_norm: TensorId,
    /// Query projection, `[heads * head_dim, width]`.
    pub query: TensorId,
    /// Key projection, `[kv_heads * head_dim, width]`.
    pub key: TensorId,
    /// Value projection, `[kv_heads * head_dim, width]`.
    pub value: TensorId,
    /// Output projection, `[width, heads * head_dim]`.
    pub output: TensorId,
    /// Gain of the norm before the feed-forward part, `[width]`.
    pub ffn_norm: TensorId,
    /// Gate projection, `[ffn, width]`; of a mixture, all experts': `[experts, ffn, width]`.
    pub gate: TensorId,
    /// Up projection, likewise.
    pub up: TensorId,
    /// Down projection, `[width, ffn]`; of a mixture `[experts, width, ffn]`.
    pub down: TensorId,
    /// Scores of a mixture's experts, `[experts, width]`.
    pub router: Option<TensorId>,
}

/// Rows that are computed at once: each tile of weights is installed once for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// A token of each of so many texts that advance together, at the same position, with caches of their own.
    Texts(u32),
    /// So many tokens of one text, one after the other, as of a prompt: each attends to those before it.
    Block(u32),
}

impl Rows {
    /// How many.
    pub fn count(self) -> u32 {
        let (Rows::Texts(count) | Rows::Block(count)) = self;
        count
    }

    /// Texts.
    pub fn texts(self) -> u32 {
        if let Rows::Texts(count) = self { count } else { 1 }
    }

    /// Positions.
    pub fn positions(self) -> u32 {
        if let Rows::Block(count) = self { count } else { 1 }
    }
}

impl Llama {
    /// Positions that the first row can have.
    pub fn launched(&self) -> u32 {
        (self.attended + 1).saturating_sub(self.rows.positions())
    }
}

/// A recognised decoding step.
#[derive(Clone, Debug)]
pub struct Llama {
    /// Rows of the caches.
    pub context: u32,
    /// Rows of them that a token attends to, and positions that it can have: all, or those of a bucket.
    pub attended: u32,
    /// Which rows are computed at once.
    pub rows: Rows,
    /// Residual width.
    pub width: u32,
    /// Elements per head.
    pub head_dim: u32,
    /// Where heads lie in tiles.
    pub heads: Heads,
    /// Hidden width of the feed-forward part; of a mixture, of one expert.
    pub ffn: u32,
    /// Feed-forward parts of a layer, of which a mixture's router chooses two; 1 where there is nothing to choose.
    pub experts: u32,
    /// The two experts whose weights are read, where every chip holds its lanes of all experts and reads those of the chosen ones at a
    /// latched base and an offset (decisions.md 14, assumed). Nothing: experts lie on chips of their own, and all compute.
    pub chosen: Option<[u32; 2]>,
    /// Rows of the head.
    pub vocabulary: u32,
    /// Epsilon of the norms.
    pub epsilon: f32,
    /// Cosines, `[context, head_dim]`.
    pub cosines: Vec<f32>,
    /// Sines with the sign of the pair's rotation folded in, `[context, head_dim]`.
    pub sines: Vec<f32>,
    /// Embedding, `[vocabulary, width]`.
    pub embedding: TensorId,
    /// Layers in order.
    pub layers: Vec<LayerTensors>,
    /// Gain of the last norm, `[width]`.
    pub output_norm: TensorId,
    /// Head, `[vocabulary, width]`; the embedding when tied.
    pub head: TensorId,
    /// In which formats its matrices are held: int8 unless somebody chooses others.
    pub formats: Formats,
}

/// The shape and tensors of the model in `graph`.
///
/// Errors: `Unrecognised` with the missing or contradictory part.
pub fn recognise(graph: &Graph) -> Result<Llama, CompileError> {
    let find = Finder { graph, family: "a model of the Llama family" };
    let embedding = find.tensor("token_embd.weight")?;
    let [vocabulary, width] = find.extents(embedding)?;
    let count = (0..).take_while(|layer| find.optional(&format!("blk.{layer}.attn_q.weight")).is_some()).count();
    if count == 0 {
        return Err(find.missing("blk.0.attn_q.weight"));
    }
    let layers = (0..count).map(|layer| find.layer(layer)).collect::<Result<Vec<_>, _>>()?;
    let (cosines, sines, context, head_dim) = find.rotary()?;
    let [query_rows, _] = find.extents(layers[0].query)?;
    let [key_rows, _] = find.extents(layers[0].key)?;
    let experts = layers[0].router.map_or(Ok(1), |router| find.extents(router).map(|[experts, _]| experts))?;
    let ffn = find.hidden(layers[0].gate, layers[0].router)?;
    let whole = query_rows.is_multiple_of(head_dim) && key_rows.is_multiple_of(head_dim);
    if !whole || !query_rows.is_multiple_of(key_rows) || !head_dim.is_multiple_of(2) {
        let what = format!("{query_rows} query rows, {key_rows} key rows, heads of {head_dim}");
        return Err(CompileError::Unrecognised {
            what,
            expected: "whole heads of an even size, query heads a multiple of key heads".into(),
        });
    }
    let llama = Llama {
        context,
        attended: context,
        rows: Rows::Texts(1),
        width,
        head_dim,
        heads: Heads::new(HeadCounts { keys: key_rows / head_dim, repeats: query_rows / key_rows, dim: head_dim })?,
        ffn,
        experts,
        chosen: None,
        vocabulary,
        epsilon: find.epsilon()?,
        cosines,
        sines,
        embedding,
        layers,
        output_norm: find.tensor("output_norm.weight")?,
        head: find.optional("output.weight").unwrap_or(embedding),
        formats: Formats::default(),
    };
    let sizes = Sizes { query_rows, key_rows, width, ffn, experts };
    llama.layers.iter().try_for_each(|layer| find.sized(layer, &sizes))?;
    find.shaped(llama.output_norm, &[width])?;
    find.shaped(llama.head, &[vocabulary, width])?;
    Ok(llama)
}

/// Extents that the tensors of every layer share.
struct Sizes {
    query_rows: u32,
    key_rows: u32,
    width: u32,
    ffn: u32,
    experts: u32,
}

impl Llama {
    /// Hidden lanes of a layer, all experts together.
    pub fn hidden(&self) -> u32 {
        self.ffn * self.experts
    }

    /// Weights of experts that are held, for each that computes.
    pub fn held(&self) -> u64 {
        self.chosen.map_or(1, |chosen| u64::from(self.experts).div_ceil(chosen.len() as u64))
    }

    /// Experts that a router chooses from, if there is one.
    pub fn mixture(&self) -> Option<u32> {
        self.layers[0].router.map(|_| self.experts)
    }
}

/// Finds what a model of a family is made of.
pub struct Finder<'g> {
    /// The imported graph.
    pub graph: &'g Graph,
    /// What was expected where something is missing.
    pub family: &'static str,
}

impl Finder<'_> {
    /// The same, if there is one.
    pub fn optional(&self, name: &str) -> Option<TensorId> {
        self.graph.tensors.iter().find(|(_, info)| info.name == name).map(|(id, _)| id)
    }

    /// Says that a tensor is missing.
    pub fn missing(&self, name: &str) -> CompileError {
        CompileError::Unrecognised { what: format!("no tensor `{name}`"), expected: self.family.into() }
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Result<TensorId, CompileError> {
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    /// Both extents of a matrix.
    pub fn extents(&self, id: TensorId) -> Result<[u32; 2], CompileError> {
        let info = &self.graph.tensors[id];
        info.shape.extents().try_into().map_err(|_| CompileError::Unrecognised {
            what: format!("`{}` has shape {}", info.name, info.shape),
            expected: "two axes".into(),
        })
    }

    /// Hidden width of a feed-forward part, or of one expert.
    fn hidden(&self, gate: TensorId, router: Option<TensorId>) -> Result<u32, CompileError> {
        let info = &self.graph.tensors[gate];
        match (info.shape.extents(), router) {
            (&[ffn, _], None) | (&[_, ffn, _], Some(_)) => Ok(ffn),
            _ => Err(CompileError::Unrecognised {
                what: format!("`{}` has shape {}", info.name, info.shape),
                expected: "two axes, or three where a router chooses between experts".into(),
            }),
        }
    }

    /// Refuses a tensor of another shape.
    pub fn shaped(&self, id: TensorId, expected: &[u32]) -> Result<(), CompileError> {
        let info = &self.graph.tensors[id];
        if info.shape.extents() == expected {
            return Ok(());
        }
        let what = format!("`{}` has shape {}", info.name, info.shape);
        Err(CompileError::Unrecognised { what, expected: format!("{expected:?}, as the other tensors have it") })
    }

    /// Refuses a layer that is not like the first one: they share a template.
    fn sized(&self, layer: &LayerTensors, sizes: &Sizes) -> Result<(), CompileError> {
        let Sizes { query_rows, key_rows, width, ffn, experts } = *sizes;
        self.shaped(layer.attn_norm, &[width])?;
        self.shaped(layer.query, &[query_rows, width])?;
        self.shaped(layer.key, &[key_rows, width])?;
        self.shaped(layer.value, &[key_rows, width])?;
        self.shaped(layer.output, &[width, query_rows])?;
        self.shaped(layer.ffn_norm, &[width])?;
        let Some(router) = layer.router else {
            self.shaped(layer.gate, &[ffn, width])?;
            self.shaped(layer.up, &[ffn, width])?;
            return self.shaped(layer.down, &[width, ffn]);
        };
        self.shaped(router, &[experts, width])?;
        self.shaped(layer.gate, &[experts, ffn, width])?;
        self.shaped(layer.up, &[experts, ffn, width])?;
        self.shaped(layer.down, &[experts, width, ffn])
    }

    fn layer(&self, layer: usize) -> Result<LayerTensors, CompileError> {
        let part = |name: &str| self.tensor(&format!("blk.{layer}.{name}.weight"));
        let router = self.optional(&format!("blk.{layer}.ffn_gate_inp.weight"));
        let hidden = |name: &str| if router.is_some() { part(&format!("{name}_exps")) } else { part(name) };
        Ok(LayerTensors {
            attn_norm: part("attn_norm")?,
            query: part("attn_q")?,
            key: part("attn_k")?,
            value: part("attn_v")?,
            output: part("attn_output")?,
            ffn_norm: part("ffn_norm")?,
            gate: hidden("ffn_gate")?,
            up: hidden("ffn_up")?,
            down: hidden("ffn_down")?,
            router,
        })
    }

    /// The literal tables of the rotary embedding: cosines, sines, positions, elements per head.
    fn rotary(&self) -> Result<(Vec<f32>, Vec<f32>, u32, u32), CompileError> {
        let mut tables: [Option<(&Vec<f32>, [u32; 2])>; 2] = [None, None];
        for (_, node) in self.graph.nodes.iter().filter(|(_, node)| matches!(node.op, Op::Gather)) {
            let table: &Node = &self.graph.nodes[node.inputs[0]];
            let (Op::Const(ConstSource::F32(values)), &[rows, lanes]) = (&table.op, table.shape.extents()) else {
                continue;
            };
            match values.first() {
                Some(1.0) => tables[0] = Some((values, [rows, lanes])),
                Some(0.0) => tables[1] = Some((values, [rows, lanes])),
                _ => {}
            }
        }
        match tables {
            [Some((cosines, shape)), Some((sines, other))] if shape == other => {
                Ok((cosines.clone(), sines.clone(), shape[0], shape[1]))
            }
            _ => Err(CompileError::Unrecognised {
                what: "no pair of rotary tables".into(),
                expected: "two literal tables [context, head_dim] gathered by position".into(),
            }),
        }
    }

    /// What is added before a reciprocal root.
    pub fn epsilon(&self) -> Result<f32, CompileError> {
        let maps = self
            .graph
            .nodes
            .iter()
            .filter_map(|(_, node)| if let Op::Map(expr) = &node.op { Some(expr) } else { None });
        for expr in maps {
            for step in expr.steps.iter().filter(|step| step.op == ScalarOp::Rsqrt) {
                let Arg::Step(before) = step.args[0] else { continue };
                let sum = &expr.steps[usize::from(before)];
                let literal =
                    sum.args.iter().find_map(|arg| if let Arg::Immediate(bits) = arg { Some(*bits) } else { None });
                if let (ScalarOp::Add, Some(bits)) = (sum.op, literal) {
                    return Ok(f32::from_bits(bits));
                }
            }
        }
        Err(CompileError::Unrecognised {
            what: "no epsilon".into(),
            expected: "a norm: rsqrt of a sum with a literal".into(),
        })
    }
}
