//! Recognises a pass of an encoder of the BERT family in an imported graph.
//!
//! In: a graph of the ten operations.  Out: the shapes and tensors of its layers, or what was missing.
//! Invariant: nothing is guessed: a tensor that is absent or of another shape is named. That the lowered graph still computes the
//!     imported one is not assumed from names but tested by evaluating both.
//! Method: external tensors by name, tokens by the inputs, heads by the shape of the scores.

use crate::CompileError;
use crate::model::Finder;
use crate::tables::{GROUP, LANES};
use arch::Chip;
use graph::{Graph, Op, TensorId};

/// Tiles of the residual that can be read at once.
pub const TILES_MAX: usize = 3;
/// ALUs of the longest chain: an up projection with what its GELU is made of.
const ALUS_MIN: u8 = 15;

/// Weights, and what is added to each lane: a matrix and its bias, or gain and shift of a norm.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// `[rows, columns]` of a matrix, `[width]` of a norm.
    pub weight: TensorId,
    /// `[rows]` or `[width]`.
    pub bias: TensorId,
}

/// Tensors of one layer.
#[derive(Clone, Copy, Debug)]
pub struct EncoderLayer {
    /// Query projection, `[width, width]`.
    pub query: Pair,
    /// Key projection, likewise.
    pub key: Pair,
    /// Value projection, likewise.
    pub value: Pair,
    /// Output projection, likewise.
    pub output: Pair,
    /// Norm after attention.
    pub attn_norm: Pair,
    /// Up projection, `[ffn, width]`.
    pub up: Pair,
    /// Down projection, `[width, ffn]`.
    pub down: Pair,
    /// Norm after the feed-forward part.
    pub out_norm: Pair,
}

/// A recognised pass.
#[derive(Clone, Debug)]
pub struct Encoder {
    /// Tokens of the sequence.
    pub tokens: u32,
    /// Residual width.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden width of the feed-forward part.
    pub ffn: usize,
    /// Epsilon of the norms.
    pub epsilon: f32,
    /// Embedding, `[vocabulary, width]`.
    pub embedding: TensorId,
    /// What is added to it by position, `[positions, width]`.
    pub positions: TensorId,
    /// What is added to it by segment, `[segments, width]`; all tokens are of the first one.
    pub segments: TensorId,
    /// Norm of their sum.
    pub embed_norm: Pair,
    /// Layers in order.
    pub layers: Vec<EncoderLayer>,
}

impl Encoder {
    /// Elements of a head.
    pub fn head_dim(&self) -> usize {
        self.width / self.heads
    }
}

/// The shape and tensors of the encoder in `graph`.
///
/// Errors: `Unrecognised` with the missing or contradictory part.
pub fn recognise(graph: &Graph) -> Result<Encoder, CompileError> {
    let find = Finder { graph, family: "an encoder of the BERT family" };
    let pair = |name: &str| {
        let tensor = |what: &str| find.tensor(&format!("{name}.{what}"));
        Ok::<_, CompileError>(Pair { weight: tensor("weight")?, bias: tensor("bias")? })
    };
    let embedding = find.tensor("token_embd.weight")?;
    let [_, width] = find.extents(embedding)?;
    let count = (0..).take_while(|layer| find.optional(&format!("blk.{layer}.attn_q.weight")).is_some()).count();
    if count == 0 {
        return Err(find.missing("blk.0.attn_q.weight"));
    }
    let layer = |layer: usize| {
        let part = |name: &str| pair(&format!("blk.{layer}.{name}"));
        Ok::<_, CompileError>(EncoderLayer {
            query: part("attn_q")?,
            key: part("attn_k")?,
            value: part("attn_v")?,
            output: part("attn_output")?,
            attn_norm: part("attn_output_norm")?,
            up: part("ffn_up")?,
            down: part("ffn_down")?,
            out_norm: part("layer_output_norm")?,
        })
    };
    let layers = (0..count).map(layer).collect::<Result<Vec<_>, _>>()?;
    let [ffn, _] = find.extents(layers[0].up.weight)?;
    for layer in &layers {
        for (pair, extents) in [
            (layer.query, [width, width]),
            (layer.key, [width, width]),
            (layer.value, [width, width]),
            (layer.output, [width, width]),
            (layer.up, [ffn, width]),
            (layer.down, [width, ffn]),
        ] {
            find.shaped(pair.weight, &extents)?;
            find.shaped(pair.bias, &extents[..1])?;
        }
        for norm in [layer.attn_norm, layer.out_norm] {
            find.shaped(norm.weight, &[width])?;
            find.shaped(norm.bias, &[width])?;
        }
    }
    let [tokens, heads] = scores(graph)?;
    let (positions, segments) = (find.tensor("position_embd.weight")?, find.tensor("token_types.weight")?);
    for (table, rows) in [(positions, tokens), (segments, 1)] {
        let [found, lanes] = find.extents(table)?;
        if found < rows || lanes != width {
            let what = format!("`{}` has shape [{found}, {lanes}]", graph.tensors[table].name);
            return Err(CompileError::Unrecognised { what, expected: format!("at least {rows} rows of {width}") });
        }
    }
    Ok(Encoder {
        tokens,
        width: width as usize,
        heads: heads as usize,
        ffn: ffn as usize,
        epsilon: find.epsilon()?,
        embedding,
        positions,
        segments,
        embed_norm: pair("token_embd_norm")?,
        layers,
    })
}

/// Tokens and heads, by the first product of rows of heads.
fn scores(graph: &Graph) -> Result<[u32; 2], CompileError> {
    let products = graph.nodes.iter().filter(|(_, node)| matches!(node.op, Op::MatMul { .. }));
    let shapes = products.map(|(_, node)| node.shape.extents());
    let square = shapes.filter_map(|extents| match *extents {
        [heads, rows, columns] if rows == columns => Some([rows, heads]),
        _ => None,
    });
    square.into_iter().next().ok_or_else(|| CompileError::Unrecognised {
        what: "no scores of every token for every other".into(),
        expected: "a product [heads, tokens, tokens]".into(),
    })
}

/// Refuses an encoder that the lowering has no layout for.
///
/// Errors: `Unrecognised` for a width or heads that do not fit tiles; `Machine` for more tokens than a plane has accumulators, and for too
/// few ALUs.
pub fn fits(encoder: &Encoder, chip: &Chip) -> Result<(), CompileError> {
    let (dim, most) = (encoder.head_dim(), TILES_MAX * LANES);
    // The rows of a head are turned at once.
    let longest = LANES.min(usize::from(chip.accumulators));
    let is_whole = encoder.width.is_multiple_of(encoder.heads) && dim.is_multiple_of(GROUP) && dim <= longest;
    if !is_whole || most < encoder.width {
        let what = format!("{} lanes in {} heads", encoder.width, encoder.heads);
        let expected = format!("at most {most} lanes, in heads of at most {longest}, a multiple of {GROUP}");
        return Err(CompileError::Unrecognised { what, expected });
    }
    let wrong =
        |what, found: String, expected| Err(CompileError::Machine { chip: chip.name.clone(), what, found, expected });
    if chip.alus < ALUS_MIN {
        return wrong("alus", chip.alus.to_string(), format!("at least {ALUS_MIN} for an encoder"));
    }
    // A fold needs two rounds of its partial results.
    let (tokens, least) = (encoder.tokens, 2 * chip.latency.vxm_alu);
    if tokens.is_multiple_of(GROUP as u32) && (least..=u32::from(chip.accumulators)).contains(&tokens) {
        return Ok(());
    }
    let most = chip.accumulators;
    let expected = format!("a multiple of {GROUP}, {least} to {most}: a plane has so many accumulators");
    wrong("the number of tokens", tokens.to_string(), expected)
}
