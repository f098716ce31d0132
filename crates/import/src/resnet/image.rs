//! Builds the graph of one image: pixels in, a logit for each class out.
//!
//! In: a shape.  Out: an f32 graph of the ten operations.
//! Invariant: input `image` (`[pixels, pixels, 3]`), output `logits` (`[1, classes]`); every node has an origin; a value is `[rows, columns,
//!     channels]`.
//! Method: a border of zeros, windows along columns, then along rows: a row of taps is what a filter meets. Zeros serve the pool too,
//!     because nothing is negative after the rectifier before it.

use super::{EXPANSION, ResNetShape};
use graph::expr::immediate;
use graph::{Arg, Builder, DType, Expr, Graph, NodeId, ReduceKind, ScalarOp};

/// Filters of a convolution: rows and columns of each, and pixels from one place to the next.
#[derive(Clone, Copy)]
struct Filter {
    size: u32,
    stride: u32,
}

/// The graph of one image.
pub fn image(shape: &ResNetShape) -> Graph {
    let mut net = Net { builder: Builder::new() };
    net.builder.set_origin(None, "conv1");
    let pixels = net.builder.input("image", DType::F32, &[shape.pixels, shape.pixels, 3]);
    let first = net.convolution("conv1", pixels, shape.channels, Filter { size: 7, stride: 2 });
    let first = net.rectified(first);
    net.builder.set_origin(None, "maxpool");
    let mut value = net.greatest(first, Filter { size: 3, stride: 2 });
    for (stage, &blocks) in shape.blocks.iter().enumerate() {
        for block in 0..blocks {
            let stride = if block == 0 && 0 < stage { 2 } else { 1 };
            let name = format!("layer{}.{block}", stage + 1);
            value = net.block(&name, value, (shape.channels << stage, stride, block == 0));
        }
    }
    let logits = net.classes(value, shape.classes);
    net.builder.output("logits", logits);
    net.builder.finish()
}

struct Net {
    builder: Builder,
}

impl Net {
    /// Three convolutions, and what came in added to what they give; a convolution of its own makes it fit where `is_first`.
    fn block(&mut self, name: &str, x: NodeId, (channels, stride, is_first): (u32, u32, bool)) -> NodeId {
        let one = Filter { size: 1, stride: 1 };
        let first = self.convolution(&format!("{name}.conv1"), x, channels, one);
        let first = self.rectified(first);
        let second = self.convolution(&format!("{name}.conv2"), first, channels, Filter { size: 3, stride });
        let second = self.rectified(second);
        let third = self.convolution(&format!("{name}.conv3"), second, channels * EXPANSION, one);
        let before = match is_first {
            true => {
                self.convolution(&format!("{name}.downsample.0"), x, channels * EXPANSION, Filter { size: 1, stride })
            }
            false => x,
        };
        self.builder.set_origin(None, &format!("{name}.residual"));
        let sum = self.builder.add(before, third);
        self.rectified(sum)
    }

    /// A convolution of square filters with a bias; as many rows and columns as places of the stride.
    fn convolution(&mut self, name: &str, x: NodeId, channels: u32, filter: Filter) -> NodeId {
        self.builder.set_origin(None, name);
        let taps = self.windows(x, filter);
        let [rows, columns, lanes] = self.extents(taps);
        let taps = self.builder.reshape(taps, &[rows * columns, lanes]);
        let weight = self.builder.weight(&format!("{name}.weight"), DType::F32, &[channels, lanes]);
        let bias = self.builder.weight(&format!("{name}.bias"), DType::F32, &[channels]);
        let product = self.builder.matmul(taps, weight);
        let bias = self.builder.as_rows(bias, &[rows * columns, channels]);
        let sum = self.builder.add(product, bias);
        self.builder.reshape(sum, &[rows, columns, channels])
    }

    /// The greatest of each window.
    fn greatest(&mut self, x: NodeId, filter: Filter) -> NodeId {
        let [.., channels] = self.extents(x);
        let taps = self.windows(x, filter);
        let [rows, columns, _] = self.extents(taps);
        let taps = self.builder.reshape(taps, &[rows * columns, filter.size * filter.size, channels]);
        let greatest = self.builder.reduce(ReduceKind::Max, taps, 1);
        self.builder.reshape(greatest, &[rows, columns, channels])
    }

    /// What every place of a filter meets, rows of taps slowest.
    fn windows(&mut self, x: NodeId, Filter { size, stride }: Filter) -> NodeId {
        let mut taken = x;
        for _ in 0..2 {
            let bordered = self.bordered(taken, size / 2);
            let windows = self.builder.window(bordered, size, stride);
            taken = self.builder.permute_axes(windows, &[1, 0, 2]);
        }
        taken
    }

    /// `x` with so many columns of zeros on either side.
    fn bordered(&mut self, x: NodeId, columns: u32) -> NodeId {
        if columns == 0 {
            return x;
        }
        let [rows, _, lanes] = self.extents(x);
        let zero = self.builder.const_f32(&[1, 1, 1], vec![0.0]);
        let zeros = self.builder.broadcast(zero, &[rows, columns, lanes]);
        self.builder.copy(1, &[zeros, x, zeros])
    }

    fn rectified(&mut self, x: NodeId) -> NodeId {
        self.builder.map(Expr::single(ScalarOp::Max, &[Arg::Input(0), immediate(0.0)]), &[x])
    }

    /// Means of all pixels times the last matrix.
    fn classes(&mut self, x: NodeId, classes: u32) -> NodeId {
        self.builder.set_origin(None, "fc");
        let [rows, columns, channels] = self.extents(x);
        let pixels = self.builder.reshape(x, &[rows * columns, channels]);
        let sum = self.builder.reduce(ReduceKind::Sum, pixels, 0);
        let mean = self.builder.scale(sum, 1.0 / (rows * columns) as f32);
        let weight = self.builder.weight("fc.weight", DType::F32, &[classes, channels]);
        let bias = self.builder.weight("fc.bias", DType::F32, &[classes]);
        let product = self.builder.matmul(mean, weight);
        let bias = self.builder.as_rows(bias, &[1, classes]);
        self.builder.add(product, bias)
    }

    fn extents(&self, x: NodeId) -> [u32; 3] {
        self.builder.shape(x).extents().try_into().expect("an image has three axes")
    }
}
