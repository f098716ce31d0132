//! Residual networks: their shape, the published one by name, and the graph of one image.
//!
//! In: a [`ResNetShape`], or a published name.  Out: a `graph::Graph` whose external tensors carry the family's names.
//! Invariant: no file format is known here; batch norms are folded into the convolution before them, which then has a bias.
//! Method: a convolution is two windows, one axis after the other, then a contraction. The stride of a block stands at its 3 x 3
//!     convolution, as in torchvision's weights, not at the first one as in the paper: 4.1 instead of 3.9 G products.
//! Source: He et al., "Deep Residual Learning for Image Recognition", 2015, table 1; tensor names as in torchvision.

mod image;

pub use image::image;

use serde::{Deserialize, Serialize};

/// Sizes of a network of bottleneck blocks; all of them positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResNetShape {
    /// Rows and columns of the image.
    pub pixels: u32,
    /// Channels of the first convolution; those of a block's middle are as many, twice as many at each following stage.
    pub channels: u32,
    /// Blocks by stage.
    pub blocks: Vec<u32>,
    /// Classes told apart.
    pub classes: u32,
}

/// Channels of a block's end by those of its middle.
pub const EXPANSION: u32 = 4;

/// A network that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResNet {
    /// 16 blocks of three convolutions, 50 layers with weights.
    ResNet50,
}

impl ResNet {
    /// The network called `name` in any spelling: `ResNet-50`, `resnet50`.
    pub fn find(name: &str) -> Option<Self> {
        (crate::builtin::plain(name) == "resnet50").then_some(ResNet::ResNet50)
    }

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            ResNet::ResNet50 => "ResNet-50",
        }
    }

    /// Its sizes.
    pub fn shape(self) -> ResNetShape {
        match self {
            ResNet::ResNet50 => ResNetShape { pixels: 224, channels: 64, blocks: vec![3, 4, 6, 3], classes: 1000 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::{Elements, Evaluator, Graph, Op, Tensor, TensorId};
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use units::Rng;

    #[test]
    fn the_graph_is_legal_and_has_the_published_parameters_and_products() {
        let graph = image(&ResNet::ResNet50.shape());
        assert_eq!(graph::check(&graph), Vec::new());
        let parameters: u64 = graph.tensors.iter().map(|(_, info)| info.shape.elements()).sum();
        // 25,557,032, of which 53,120 are gains and shifts of norms: folded, each pair leaves one bias.
        assert_eq!(parameters, 25_557_032 - 26_560);
        assert_eq!(products(&graph), 4_089_184_256);
    }

    fn products(graph: &Graph) -> u64 {
        let of = |inputs: &[graph::NodeId]| {
            let [a, b] = [0, 1].map(|input| graph.nodes[inputs[input]].shape.extents().to_vec());
            u64::from(a[0]) * u64::from(a[1]) * u64::from(b[0])
        };
        let nodes = graph.nodes.iter().filter(|(_, node)| matches!(node.op, Op::MatMul { .. }));
        nodes.map(|(_, node)| of(&node.inputs)).sum()
    }

    #[test]
    fn any_spelling_finds_it() {
        assert_eq!(ResNet::find("resnet-50"), Some(ResNet::ResNet50));
        assert_eq!(ResNet::find("resnet"), None);
    }

    /// An image `[rows, rows, channels]` in f64.
    #[derive(Clone)]
    struct Plain {
        rows: usize,
        channels: usize,
        values: Vec<f64>,
    }

    /// A network by its definition, pixel by pixel.
    struct Direct<'a> {
        tensors: BTreeMap<&'a str, Vec<f64>>,
    }

    impl Direct<'_> {
        fn convolution(&self, name: &str, x: &Plain, (size, stride): (usize, usize)) -> Plain {
            let (weight, bias) =
                (&self.tensors[format!("{name}.weight").as_str()], &self.tensors[format!("{name}.bias").as_str()]);
            let (pad, rows) = (size / 2, (x.rows + 2 * (size / 2) - size) / stride + 1);
            let mut values = Vec::new();
            for (row, column, out) in (0..rows * rows * bias.len())
                .map(|at| (at / bias.len() / rows, at / bias.len() % rows, at % bias.len()))
            {
                let mut sum = bias[out];
                for (dy, dx, c) in (0..size * size * x.channels)
                    .map(|at| (at / x.channels / size, at / x.channels % size, at % x.channels))
                {
                    let (y, across) = ((row * stride + dy).wrapping_sub(pad), (column * stride + dx).wrapping_sub(pad));
                    if y < x.rows && across < x.rows {
                        let weight = weight[((out * size + dy) * size + dx) * x.channels + c];
                        sum += weight * x.values[(y * x.rows + across) * x.channels + c];
                    }
                }
                values.push(sum);
            }
            Plain { rows, channels: bias.len(), values }
        }

        fn block(&self, name: &str, x: &Plain, stride: usize) -> Plain {
            let first = relu(self.convolution(&format!("{name}.conv1"), x, (1, 1)));
            let second = relu(self.convolution(&format!("{name}.conv2"), &first, (3, stride)));
            let mut third = self.convolution(&format!("{name}.conv3"), &second, (1, 1));
            let beside = format!("{name}.downsample.0");
            let before = match self.tensors.contains_key(format!("{beside}.weight").as_str()) {
                true => self.convolution(&beside, x, (1, stride)),
                false => x.clone(),
            };
            third.values.iter_mut().zip(before.values).for_each(|(value, before)| *value += before);
            relu(third)
        }
    }

    fn relu(mut x: Plain) -> Plain {
        x.values.iter_mut().for_each(|value| *value = value.max(0.0));
        x
    }

    fn greatest_of_three(x: &Plain) -> Plain {
        let rows = (x.rows + 2 - 3) / 2 + 1;
        let value = |at: usize| {
            let (row, column, c) = (at / x.channels / rows, at / x.channels % rows, at % x.channels);
            let taps = (0..9).map(|tap| ((2 * row + tap / 3).wrapping_sub(1), (2 * column + tap % 3).wrapping_sub(1)));
            let inside = taps.filter(|&(y, across)| y < x.rows && across < x.rows);
            inside.map(|(y, across)| x.values[(y * x.rows + across) * x.channels + c]).fold(f64::MIN, f64::max)
        };
        Plain { rows, channels: x.channels, values: (0..rows * rows * x.channels).map(value).collect() }
    }

    #[test]
    fn values_agree_with_the_definition_pixel_by_pixel() {
        let shape = ResNetShape { pixels: 18, channels: 4, blocks: vec![2, 1], classes: 3 };
        let (graph, mut rng) = (image(&shape), Rng::new(5));
        let mut tensors: BTreeMap<TensorId, Arc<Tensor>> = BTreeMap::new();
        let mut direct = Direct { tensors: BTreeMap::new() };
        for (id, info) in graph.tensors.iter() {
            let values: Vec<f32> = (0..info.shape.elements()).map(|_| (rng.unit() - 0.5) as f32).collect();
            direct.tensors.insert(&info.name, values.iter().map(|&value| f64::from(value)).collect());
            tensors.insert(id, Arc::new(Tensor::f32(info.shape.extents(), values)));
        }
        let pixels: Vec<f32> = (0..18 * 18 * 3).map(|_| (rng.unit() - 0.5) as f32).collect();
        let inputs = BTreeMap::from([("image".to_owned(), Tensor::f32(&[18, 18, 3], pixels.clone()))]);
        let found = Evaluator::new(&graph, &tensors).unwrap().step(&inputs).unwrap();
        let Elements::F32(found) = found["logits"].elements() else { panic!("f32") };
        let x = Plain { rows: 18, channels: 3, values: pixels.iter().map(|&value| f64::from(value)).collect() };
        let mut x = greatest_of_three(&relu(direct.convolution("conv1", &x, (7, 2))));
        for (name, stride) in [("layer1.0", 1), ("layer1.1", 1), ("layer2.0", 2)] {
            x = direct.block(name, &x, stride);
        }
        let pixels = (x.rows * x.rows) as f64;
        let mean = |c: usize| x.values.iter().skip(c).step_by(x.channels).sum::<f64>() / pixels;
        for (class, &found) in found.iter().enumerate() {
            let weight = |c: usize| direct.tensors["fc.weight"][class * x.channels + c];
            let expected = (0..x.channels).map(|c| weight(c) * mean(c)).sum::<f64>() + direct.tensors["fc.bias"][class];
            assert!((f64::from(found) - expected).abs() < 1e-3, "class {class}: {found}, {expected}");
        }
    }
}
