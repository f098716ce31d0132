//! The rows of the specification.
//!
//! In: nothing.  Out: ten rows, in the order of `Primitive`.
//! Invariant: one row each; the examples are small enough to be checked by eye and are evaluated by `crates/graph/tests/spec.rs`.
//! Method: sentences; where the code states a rule already (orders, partial folds), the sentence names the place.

use super::{Example, Primitive, Spec};

const UNROUNDED: &str = "none: every bit is kept";
const NO_ADDITION: &str = "no additions";

/// The ten rows.
pub(super) static ROWS: [Spec; 10] = [
    Spec {
        primitive: Primitive::Const,
        does: "Literals, tables, weights: values that no token changes.",
        earns: "It is data; everything else moves or computes.",
        shapes: "any shape of rank 0 to 4",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "mod.rs",
        example: Example {
            graph: "graph 1\n%0 = const f32 (1.5 -2.0) : f32 [1,2]\noutput \"y\" %0\n",
            inputs: &[],
            result: &[1.5, -2.0],
        },
    },
    Spec {
        primitive: Primitive::MatMul,
        does: "C[.., m, n] = the sum over blocks i and over k of a_i[.., m, k] * b_i[.., n, k].",
        earns: "The one mechanism with a product for every pair of lanes.",
        shapes: "pairs [.., m, k] and [.., n, k] -> [.., m, n]; leading axes equal; k may differ from block to block, at most 320 in f16",
        rounding: "f32: each product and each sum, to nearest even; f16: products are exact in f32, each sum is rounded; i8: nothing, sums wrap in i32",
        order: "f32 `sequential`: k = 0, 1, 2, .. in one accumulator from +0.0, blocks in order; f16 `superlanes`: per half block 8 accumulators, \
                each over superlanes 0..19, a tree of 8, half blocks in order; i8 `exact`: no order shows",
        evaluator: "matmul.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"a\" : f32 [1,2]\n%1 = const f32 (3.0 4.0 5.0 6.0) : f32 [2,2]\n\
                    %2 = matmul sequential %0 %1 : f32 [1,2]\noutput \"y\" %2\n",
            inputs: &[("a", &[1.0, 2.0])],
            result: &[11.0, 17.0],
        },
    },
    Spec {
        primitive: Primitive::Map,
        does: "One expression of up to 256 scalar operations, for every element of its inputs.",
        earns: "The one mechanism that computes element by element.",
        shapes: "one or more inputs of one shape -> that shape",
        rounding: "each step by itself, to nearest even, no fused steps; exp, tanh and rsqrt correctly rounded; conversions to \
                   narrower types, sums and products in f16, and the forms `_sat` saturate, other integers wrap; every computed NaN is \
                   0x7fc00000 (0x7e00 in f16)",
        order: "steps in the order written",
        evaluator: "map.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"x\" : f32 [1,3]\n%1 = map { s0 = mul in0 2.0; s1 = max s0 1.0 } %0 : f32 [1,3]\noutput \"y\" %1\n",
            inputs: &[("x", &[-3.0, 0.75, 2.0])],
            result: &[1.0, 1.5, 4.0],
        },
    },
    Spec {
        primitive: Primitive::Reduce,
        does: "Sum, maximum or minimum along an axis, to one result or to several interleaved ones.",
        earns: "A fold: its index structure has fewer results than operands.",
        shapes: "[.., n, ..] -> [.., p, ..], p partial results, 1 <= p <= n",
        rounding: "sums in f32: each addition, to nearest even; maxima and minima: none; i32 sums wrap",
        order: "result j folds rows congruent to n - p + j modulo p, from its first element on, in increasing order",
        evaluator: "reduce.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"x\" : f32 [4,1]\n%1 = reduce sum axis 0 partials 2 %0 : f32 [2,1]\noutput \"y\" %1\n",
            inputs: &[("x", &[1.0, 2.0, 4.0, 8.0])],
            result: &[5.0, 10.0],
        },
    },
    Spec {
        primitive: Primitive::Broadcast,
        does: "Repeats a value along every axis on which it has extent 1.",
        earns: "Its index structure has more results than operands.",
        shapes: "[.., 1, ..] -> [.., n, ..], ranks equal",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"x\" : f32 [1,2]\n%1 = broadcast %0 : f32 [2,2]\noutput \"y\" %1\n",
            inputs: &[("x", &[3.0, 4.0])],
            result: &[3.0, 4.0, 3.0, 4.0],
        },
    },
    Spec {
        primitive: Primitive::Permute,
        does: "Axes in another order, or lanes in another order within groups.",
        earns: "A bijection that moves lanes, which no address can do.",
        shapes: "axes: the same extents in the new order; lanes: the same shape, lanes in whole groups of the map's length",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"x\" : f32 [2,3]\n%1 = permute axes (1 0) %0 : f32 [3,2]\noutput \"y\" %1\n",
            inputs: &[("x", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
            result: &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
        },
    },
    Spec {
        primitive: Primitive::Copy,
        does: "Joins its inputs along an axis.",
        earns: "Whole regions move to another place, by addresses alone.",
        shapes: "inputs alike but for one axis -> the same with the sum of their extents there",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"a\" : f32 [1,2]\n%1 = input \"b\" : f32 [1,1]\n%2 = copy axis 1 %0 %1 : f32 [1,3]\noutput \"y\" %2\n",
            inputs: &[("a", &[1.0, 2.0]), ("b", &[3.0])],
            result: &[1.0, 2.0, 3.0],
        },
    },
    Spec {
        primitive: Primitive::Window,
        does: "Every `stride` rows, `size` rows side by side as one.",
        earns: "Overlapping regions: an element is read several times, at addresses known beforehand.",
        shapes: "[.., n, c] -> [.., (n - size) / stride + 1, size * c]",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"x\" : f32 [4,1]\n%1 = window size 2 stride 1 %0 : f32 [3,2]\noutput \"y\" %1\n",
            inputs: &[("x", &[1.0, 2.0, 3.0, 4.0])],
            result: &[1.0, 2.0, 2.0, 3.0, 3.0, 4.0],
        },
    },
    Spec {
        primitive: Primitive::Gather,
        does: "The row of a table that an index names.",
        earns: "An address that is data.",
        shapes: "[n, ..] and an index i32 [1] -> [1, ..]; an index outside 0..n is an error of the caller",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"table\" : f32 [3,2]\n%1 = input \"i\" : i32 [1]\n%2 = gather %0 %1 : f32 [1,2]\noutput \"y\" %2\n",
            inputs: &[("table", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("i", &[2.0])],
            result: &[5.0, 6.0],
        },
    },
    Spec {
        primitive: Primitive::Scatter,
        does: "A table with the row that an index names replaced.",
        earns: "An address that is data, to be written.",
        shapes: "[n, ..], a row [1, ..] and an index i32 [1] -> [n, ..]",
        rounding: UNROUNDED,
        order: NO_ADDITION,
        evaluator: "rearrange.rs",
        example: Example {
            graph: "graph 1\n%0 = input \"table\" : f32 [2,2]\n%1 = input \"row\" : f32 [1,2]\n%2 = input \"i\" : i32 [1]\n\
                    %3 = scatter %0 %1 %2 : f32 [2,2]\noutput \"y\" %3\n",
            inputs: &[("table", &[1.0, 2.0, 3.0, 4.0]), ("row", &[9.0, 8.0]), ("i", &[0.0])],
            result: &[9.0, 8.0, 3.0, 4.0],
        },
    },
];
