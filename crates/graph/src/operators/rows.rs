//! The rows of the table of operators.
//!
//! In: nothing.  Out: families of rows.
//! Invariant: what a row is made of is what its proof holds; `crates/graph/tests/operators` compares the two.
//! Method: one line an operator: ATen, ONNX, the ten, how; families keep what is alike together.

use super::{Operator, Standing};
use crate::spec::Primitive::{self, *};

/// A row that a test proves.
const fn proved(
    family: &'static str,
    [aten, onnx]: [&'static str; 2],
    made_of: &'static [Primitive],
    how: &'static str,
) -> Operator {
    Operator { family, aten, onnx, made_of, standing: Standing::Implemented, how }
}

/// A row that nothing proves yet.
const fn planned(
    family: &'static str,
    [aten, onnx]: [&'static str; 2],
    made_of: &'static [Primitive],
    how: &'static str,
) -> Operator {
    Operator { family, aten, onnx, made_of, standing: Standing::Planned, how }
}

/// All families.
pub(super) static FAMILIES: [&[Operator]; 10] = [
    CONTRACTIONS,
    CONVOLUTIONS_AND_POOLS,
    POINTWISE,
    ACTIVATIONS,
    NORMS_AND_ATTENTION,
    FOLDS,
    ADDRESSES_THAT_ARE_DATA,
    MOVES,
    TABLES_AND_FORMATS,
    RECURRENT_CELLS,
];

static CONTRACTIONS: &[Operator] = &[
    proved(
        "contractions",
        ["mm", "MatMul"],
        &[MatMul, Permute],
        "the right matrix lies by columns: a Permute, or weights stored so",
    ),
    proved("contractions", ["matmul", "MatMul"], &[MatMul, Permute], "as mm; leading axes are batches"),
    proved("contractions", ["bmm", "MatMul"], &[MatMul, Permute], "as mm, with a leading axis"),
    proved(
        "contractions",
        ["linear", "Gemm"],
        &[MatMul, Map, Broadcast],
        "weights lie by columns already; the bias is spread and added",
    ),
    proved("contractions", ["addmm", "Gemm"], &[MatMul, Map, Permute], "both factors in the Map behind the product"),
    proved("contractions", ["baddbmm", "Gemm"], &[MatMul, Map, Permute], "bmm, then a sum"),
    proved("contractions", ["einsum", "Einsum"], &[MatMul, Permute], "axes in order, then a batched product"),
    proved(
        "contractions",
        ["quantized linear", "QLinearMatMul"],
        &[MatMul, Map],
        "a row to int8, products in i32, a Map back",
    ),
];

static CONVOLUTIONS_AND_POOLS: &[Operator] = &[
    proved("convolutions and pools", ["conv1d", "Conv"], &[MatMul, Window], "windows are the rows of the contraction"),
    proved(
        "convolutions and pools",
        ["conv2d", "Conv"],
        &[MatMul, Permute, Window],
        "windows along the width, then along the height",
    ),
    proved(
        "convolutions and pools",
        ["conv3d", "Conv"],
        &[MatMul, Permute, Window],
        "windows along three axes; one image at a time, because four axes are the most",
    ),
    proved(
        "convolutions and pools",
        ["conv2d (depthwise)", "Conv"],
        &[Map, Reduce, Broadcast, Window],
        "no contraction: products of a window with its kernel, summed per channel",
    ),
    proved(
        "convolutions and pools",
        ["conv_transpose2d", "ConvTranspose"],
        &[Const, MatMul, Permute, Copy, Window],
        "zeros between the pixels, then conv2d",
    ),
    proved(
        "convolutions and pools",
        ["max_pool2d", "MaxPool"],
        &[Reduce, Permute, Window],
        "windows, then a maximum over the taps",
    ),
    proved(
        "convolutions and pools",
        ["avg_pool2d", "AveragePool"],
        &[Map, Reduce, Permute, Window],
        "windows, a sum over the taps, a factor",
    ),
    proved(
        "convolutions and pools",
        ["adaptive_avg_pool2d", "GlobalAveragePool"],
        &[Map, Reduce],
        "to one pixel: a sum and a factor",
    ),
];

static POINTWISE: &[Operator] = &[
    proved("pointwise", ["add", "Add"], &[Map], ""),
    proved("pointwise", ["sub", "Sub"], &[Map], ""),
    proved("pointwise", ["mul", "Mul"], &[Map], ""),
    proved("pointwise", ["div", "Div"], &[Map], "the chip multiplies by a squared rsqrt"),
    proved("pointwise", ["neg", "Neg"], &[Map], ""),
    proved("pointwise", ["abs", "Abs"], &[Map], "max(x, -x)"),
    proved("pointwise", ["sign", "Sign"], &[Map], "the difference of two comparisons"),
    proved("pointwise", ["floor", "Floor"], &[Map], "to i32 and back, one less where that is above; |x| below 2^31"),
    proved("pointwise", ["ceil", "Ceil"], &[Map], "-floor(-x)"),
    proved("pointwise", ["round", "Round"], &[Map], "to i32 and back, nearest even"),
    proved("pointwise", ["remainder", "Mod"], &[Map], "x - floor(x / y) * y"),
    proved("pointwise", ["sqrt", "Sqrt"], &[Map], "x * rsqrt(x), 0 for 0"),
    proved("pointwise", ["rsqrt", ""], &[Map], ""),
    proved("pointwise", ["reciprocal", "Reciprocal"], &[Map], "1 / x"),
    proved("pointwise", ["exp", "Exp"], &[Map], "correctly rounded"),
    proved("pointwise", ["pow", "Pow"], &[Map], "exp of the exponent times log; of positive numbers"),
    proved("pointwise", ["pow (whole)", "Pow"], &[Map], "products"),
    proved("pointwise", ["sin (of a position)", "Sin"], &[Const, Gather], "a row of a table"),
    proved("pointwise", ["cos (of a position)", "Cos"], &[Const, Gather], "as sin"),
    proved(
        "pointwise",
        ["log", "Log"],
        &[Map],
        "powers of two taken out by comparison, then a series: 91 steps of one Map, where a scalar operation would be one",
    ),
    proved("pointwise", ["sin", "Sin"], &[Map], "half pi taken off in three parts, a series, a sign; |x| up to 8,000"),
    proved("pointwise", ["cos", "Cos"], &[Map], "as sin, a quarter turn later"),
    proved("pointwise", ["clamp", "Clip"], &[Map], ""),
    proved("pointwise", ["minimum", "Min"], &[Map], ""),
    proved("pointwise", ["maximum", "Max"], &[Map], ""),
    proved("pointwise", ["where", "Where"], &[Map], ""),
    proved("pointwise", ["masked_fill", "Where"], &[Map], ""),
    proved("pointwise", ["eq", "Equal"], &[Map], "both ways at most"),
    proved("pointwise", ["ne", ""], &[Map], "not eq; Equal and Not in ONNX"),
    proved("pointwise", ["lt", "Less"], &[Map], "not ge"),
    proved("pointwise", ["gt", "Greater"], &[Map], "not le"),
    proved("pointwise", ["le", "LessOrEqual"], &[Map], ""),
    proved("pointwise", ["ge", "GreaterOrEqual"], &[Map], ""),
    proved("pointwise", ["logical_and", "And"], &[Map], "min"),
    proved("pointwise", ["logical_or", "Or"], &[Map], "max"),
    proved("pointwise", ["logical_not", "Not"], &[Map], "xor 1"),
    proved(
        "pointwise",
        ["_to_copy", "Cast"],
        &[Map],
        "between f32, f16 and i32, from i8; to i8 see quantize_per_tensor",
    ),
];

static ACTIVATIONS: &[Operator] = &[
    proved("activations", ["relu", "Relu"], &[Map], ""),
    proved("activations", ["leaky_relu", "LeakyRelu"], &[Map], "max(x, slope * x), slope below 1"),
    proved("activations", ["elu", "Elu"], &[Map], ""),
    proved("activations", ["sigmoid", "Sigmoid"], &[Map], "0.5 tanh(0.5 x) + 0.5"),
    proved("activations", ["tanh", "Tanh"], &[Map], "correctly rounded"),
    proved("activations", ["silu", "Swish"], &[Map], "x * sigmoid(x)"),
    proved("activations", ["erf", "Erf"], &[Map], "a polynomial and exp, 1.5e-7 beside it"),
    proved("activations", ["gelu", "Gelu"], &[Map], "with erf, or with tanh where the model asks for that"),
    proved("activations", ["hardsigmoid", "HardSigmoid"], &[Map], ""),
    proved("activations", ["hardswish", "HardSwish"], &[Map], ""),
    proved("activations", ["softplus", "Softplus"], &[Map], "max(x, 0) + log(1 + exp(-|x|))"),
];

static NORMS_AND_ATTENTION: &[Operator] = &[
    proved(
        "norms and attention",
        ["batch_norm", "BatchNormalization"],
        &[Map, Broadcast],
        "in inference a factor and a term per channel, which may go into the weights before",
    ),
    proved("norms and attention", ["layer_norm", "LayerNormalization"], &[Map, Reduce, Broadcast], ""),
    proved(
        "norms and attention",
        ["group_norm", "GroupNormalization"],
        &[Map, Reduce, Broadcast],
        "layer_norm under another shape",
    ),
    proved("norms and attention", ["rms_norm", "RMSNormalization"], &[Map, Reduce, Broadcast], ""),
    proved(
        "norms and attention",
        ["softmax", "Softmax"],
        &[Map, Reduce, Broadcast],
        "less the maximum, exp, over the sum",
    ),
    proved(
        "norms and attention",
        ["log_softmax", "LogSoftmax"],
        &[Map, Reduce, Broadcast],
        "less the maximum and the log of the sum",
    ),
    proved(
        "norms and attention",
        ["scaled_dot_product_attention", "Attention"],
        &[Const, MatMul, Map, Reduce, Broadcast, Permute],
        "product, mask, softmax, product",
    ),
    proved(
        "norms and attention",
        ["rotary embedding", "RotaryEmbedding"],
        &[Const, Map, Copy, Gather],
        "rows of two tables by position; halves or pairs turned",
    ),
];

static FOLDS: &[Operator] = &[
    proved("folds", ["sum", "ReduceSum"], &[Reduce], ""),
    proved("folds", ["mean", "ReduceMean"], &[Map, Reduce], ""),
    proved("folds", ["amax", "ReduceMax"], &[Reduce], ""),
    proved("folds", ["amin", "ReduceMin"], &[Reduce], ""),
    proved("folds", ["var", ""], &[Map, Reduce, Broadcast], "squares of what is left after the mean"),
    proved("folds", ["linalg_vector_norm", "ReduceL2"], &[Map, Reduce], ""),
    proved("folds", ["prod", "ReduceProd"], &[Map], "a tree of products in one Map"),
    proved("folds", ["all", ""], &[Reduce], "minimum of truths; ReduceMin in ONNX"),
    proved("folds", ["any", ""], &[Reduce], "maximum of truths; ReduceMax in ONNX"),
    proved(
        "folds",
        ["argmax", "ArgMax"],
        &[Const, Map, Reduce, Broadcast],
        "the least place at which the maximum stands",
    ),
    proved("folds", ["topk", "TopK"], &[Const, Map, Reduce, Broadcast, Copy], "k rounds of argmax; for small k"),
    proved(
        "folds",
        ["sort", ""],
        &[Const, Map, Permute],
        "odd-even exchange with neighbours: as many rounds as elements",
    ),
    proved("folds", ["cumsum", "CumSum"], &[Const, MatMul], "a product with a triangle of ones"),
];

static ADDRESSES_THAT_ARE_DATA: &[Operator] = &[
    proved("addresses that are data", ["embedding", "Gather"], &[Copy, Gather], "one Gather an index"),
    proved("addresses that are data", ["index_select", "Gather"], &[Copy, Gather], "as embedding"),
    proved(
        "addresses that are data",
        ["gather", "GatherElements"],
        &[Const, Map, Copy, Gather],
        "places of a flat table; one Gather an element",
    ),
    proved("addresses that are data", ["index", "GatherND"], &[Map, Copy, Gather], "places of a flat table"),
    proved(
        "addresses that are data",
        ["scatter", "ScatterElements"],
        &[Const, Map, Scatter],
        "places of a flat table; one Scatter an element",
    ),
    proved("addresses that are data", ["index_put", "ScatterND"], &[Scatter], "one Scatter a row"),
    proved(
        "addresses that are data",
        ["index_copy", "TensorScatter"],
        &[Scatter],
        "how a key or value joins its cache",
    ),
    proved(
        "addresses that are data",
        ["index_add", ""],
        &[Map, Gather, Scatter],
        "read, add, write; ScatterND with a sum in ONNX",
    ),
    proved("addresses that are data", ["one_hot", "OneHot"], &[Const, Map, Broadcast], "an index beside the places"),
    planned(
        "addresses that are data",
        ["nonzero", "NonZero"],
        &[Map],
        "its shape is data; with a stated greatest number it would be a sort",
    ),
    proved(
        "addresses that are data",
        ["mixture of experts", ""],
        &[Const, MatMul, Map, Reduce, Broadcast, Gather],
        "argmax of the router names the weights that are read",
    ),
];

static MOVES: &[Operator] = &[
    proved("moves", ["t", "Transpose"], &[Permute], ""),
    proved("moves", ["transpose", "Transpose"], &[Permute], ""),
    proved("moves", ["permute", "Transpose"], &[Permute], ""),
    proved("moves", ["pixel_shuffle", "DepthToSpace"], &[Permute, Copy], "channel by channel"),
    proved("moves", ["cat", "Concat"], &[Copy], ""),
    proved("moves", ["stack", "ConcatFromSequence"], &[Copy], "an axis of extent 1, then cat"),
    proved("moves", ["split", "Split"], &[], "rows of the first axis; of another one a Permute before and after"),
    proved("moves", ["chunk", "Split"], &[], "as split"),
    proved("moves", ["slice", "Slice"], &[Window], "a step above 1 is windows of one row; without a step, rows"),
    proved("moves", ["slice (halves)", "Slice"], &[], "the halves of a row, under a shape with one more axis"),
    proved("moves", ["narrow", "Slice"], &[], "rows"),
    proved("moves", ["select", ""], &[], "one row; Gather with a constant in ONNX"),
    proved("moves", ["pad", "Pad"], &[Const, Copy], ""),
    proved("moves", ["roll", ""], &[Copy], "two regions exchanged"),
    proved("moves", ["flip", ""], &[Permute], "a map of lanes; Slice with a negative step in ONNX"),
    proved("moves", ["expand", "Expand"], &[Broadcast], ""),
    proved("moves", ["repeat", "Tile"], &[Broadcast], "under a shape with one more axis"),
    proved("moves", ["tile", "Tile"], &[Broadcast], "as repeat"),
    proved("moves", ["repeat_interleave", ""], &[Broadcast], "how several query heads share a key head"),
    proved("moves", ["upsample_nearest2d", "Resize"], &[Broadcast], "by whole factors"),
    proved(
        "moves",
        ["upsample_bilinear2d", "Resize"],
        &[Const, MatMul, Permute],
        "a matrix from the left and one from the right",
    ),
    proved("moves", ["view", "Reshape"], &[], "no lane moves; where one would, a Permute"),
    proved("moves", ["reshape", "Reshape"], &[], "as view"),
    proved("moves", ["flatten", "Flatten"], &[], "as view"),
    proved("moves", ["squeeze", "Squeeze"], &[], "as view"),
    proved("moves", ["unsqueeze", "Unsqueeze"], &[], "as view"),
    proved("moves", ["dropout", "Dropout"], &[], "in inference nothing"),
    proved("moves", ["alias", "Identity"], &[], "nothing"),
    proved("moves", ["contiguous", ""], &[], "nothing"),
    proved("moves", ["detach", ""], &[], "nothing"),
    proved("moves", ["clone", ""], &[], "nothing: no value is ever overwritten"),
];

static TABLES_AND_FORMATS: &[Operator] = &[
    proved("tables and formats", ["arange", "Range"], &[Const], ""),
    proved("tables and formats", ["full", "ConstantOfShape"], &[Const], ""),
    proved("tables and formats", ["zeros", "ConstantOfShape"], &[Const], ""),
    proved("tables and formats", ["ones", "ConstantOfShape"], &[Const], ""),
    proved("tables and formats", ["tril", "Trilu"], &[Const, Map], "a constant mask"),
    proved("tables and formats", ["triu", "Trilu"], &[Const, Map], "a constant mask"),
    proved(
        "tables and formats",
        ["quantize_per_tensor", "QuantizeLinear"],
        &[Map],
        "rounded and kept within i8; the low byte is taken",
    ),
    proved("tables and formats", ["dequantize", "DequantizeLinear"], &[Map], ""),
];

static RECURRENT_CELLS: &[Operator] = &[
    proved("recurrent cells", ["lstm_cell", "LSTM"], &[MatMul, Map], "the sequence is unrolled: one cell a step"),
    proved("recurrent cells", ["gru_cell", "GRU"], &[MatMul, Map], "as lstm_cell"),
];
