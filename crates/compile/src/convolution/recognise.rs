//! Recognises a network of the ResNet family in an imported graph.
//!
//! In: a graph of the ten operations.  Out: the shapes and tensors of its convolutions, or what was missing.
//! Invariant: nothing is guessed: a tensor that is absent or of another shape is named. That the lowered graph still computes the
//!     imported one is not assumed from names but tested by evaluating both.
//! Method: external tensors by name, the image by its input, filters by the lengths of their rows.

use crate::CompileError;
use crate::model::Finder;
use graph::{Graph, Op, TensorId};

/// Rows and columns of the first convolution's filters, of a block's middle one, and of the pool.
pub const FIRST_FILTER: u32 = 7;
/// Rows and columns of a block's middle convolution, and of the pool.
pub const MIDDLE_FILTER: u32 = 3;
/// Channels of the image.
pub const COLOURS: u32 = 3;
/// Greatest magnitude of a product of two int8: a level of zero times a weight.
const PRODUCT_MAX: u64 = 128 * 127;

/// A convolution.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// Its name, the part of the graph that it is.
    pub name: String,
    /// `[channels, rows x columns x channels in]`.
    pub weight: TensorId,
    /// `[channels]`.
    pub bias: TensorId,
    /// Channels that it makes.
    pub channels: u32,
}

/// A block: three convolutions, and what came in added to what they give.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// One pixel, then square filters, then one pixel.
    pub convolutions: [Convolution; 3],
    /// The convolution that makes what came in fit, where it does not.
    pub beside: Option<Convolution>,
    /// Pixels from one place of the middle filter to the next.
    pub stride: u32,
}

/// A recognised network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Rows and columns of the image.
    pub pixels: u32,
    /// The first convolution.
    pub first: Convolution,
    /// Blocks by stage.
    pub stages: Vec<Vec<Bottleneck>>,
    /// The last matrix.
    pub classes: Convolution,
}

/// The shape and tensors of the network in `graph`.
///
/// Errors: `Unrecognised` with the missing or contradictory part.
pub fn recognise(graph: &Graph) -> Result<Network, CompileError> {
    let find = Finder { graph, family: "a network of the ResNet family" };
    let pixels = pixels(graph)?;
    let first = convolution(&find, "conv1", FIRST_FILTER * FIRST_FILTER * COLOURS)?;
    let mut stages = Vec::new();
    let (mut channels, mut side) = (first.channels, halved(halved(pixels)?)?);
    loop {
        let mut blocks = Vec::new();
        while find.optional(&format!("layer{}.{}.conv1.weight", stages.len() + 1, blocks.len())).is_some() {
            let name = format!("layer{}.{}", stages.len() + 1, blocks.len());
            let stride = if blocks.is_empty() && !stages.is_empty() { 2 } else { 1 };
            let block = block(&find, &name, channels, stride)?;
            // What comes into a stage has another unit than what goes round in it.
            if blocks.is_empty() && block.beside.is_none() {
                return Err(find.missing(&format!("{name}.downsample.0.weight")));
            }
            channels = block.convolutions[2].channels;
            side = if stride == 2 { halved(side)? } else { side };
            blocks.push(block);
        }
        if blocks.is_empty() {
            break;
        }
        stages.push(blocks);
    }
    if stages.is_empty() {
        return Err(find.missing("layer1.0.conv1.weight"));
    }
    let classes = convolution(&find, "fc", channels)?;
    // Its sums are over all pixels.
    exact("fc", u64::from(side) * u64::from(side) * u64::from(channels))?;
    Ok(Network { pixels, first, stages, classes })
}

/// Rows and columns of the image.
fn pixels(graph: &Graph) -> Result<u32, CompileError> {
    let is_image = |op: &Op| matches!(op, Op::Input { name } if name == "image");
    let found = graph.nodes.iter().find(|(_, node)| is_image(&node.op)).map(|(_, node)| &node.shape);
    match found.map(|shape| shape.extents()) {
        Some(&[rows, columns, COLOURS]) if rows == columns => Ok(rows),
        _ => Err(CompileError::Unrecognised {
            what: found.map_or("no input `image`".to_owned(), |shape| format!("an image of shape {shape}")),
            expected: format!("a square image of {COLOURS} channels"),
        }),
    }
}

/// Half of an image's side.
fn halved(side: u32) -> Result<u32, CompileError> {
    if side.is_multiple_of(2) {
        return Ok(side / 2);
    }
    let expected = "an even number wherever every second pixel is taken: choose an image whose side halves so often";
    Err(CompileError::Unrecognised { what: format!("{side} rows of pixels"), expected: expected.into() })
}

/// Refuses sums of so many products that an i32 might not hold.
fn exact(name: &str, products: u64) -> Result<(), CompileError> {
    let most = i32::MAX as u64 / PRODUCT_MAX;
    if products <= most {
        return Ok(());
    }
    let expected = format!("at most {most}: so many are exact in 32 bits");
    Err(CompileError::Unrecognised { what: format!("`{name}` with sums of {products} products"), expected })
}

fn block(find: &Finder, name: &str, channels: u32, stride: u32) -> Result<Bottleneck, CompileError> {
    let first = convolution(find, &format!("{name}.conv1"), channels)?;
    let taps = MIDDLE_FILTER * MIDDLE_FILTER;
    let second = convolution(find, &format!("{name}.conv2"), taps * first.channels)?;
    let third = convolution(find, &format!("{name}.conv3"), second.channels)?;
    let beside = format!("{name}.downsample.0");
    let beside = match find.optional(&format!("{beside}.weight")) {
        Some(_) => Some(convolution(find, &beside, channels)?),
        None => None,
    };
    let before = beside.as_ref().map_or(channels, |beside| beside.channels);
    if before != third.channels {
        return Err(CompileError::Unrecognised {
            what: format!("`{name}` adds {before} channels to {}", third.channels),
            expected: "as many of both".into(),
        });
    }
    Ok(Bottleneck { convolutions: [first, second, third], beside, stride })
}

/// The convolution of that name whose filters have so many taps.
fn convolution(find: &Finder, name: &str, taps: u32) -> Result<Convolution, CompileError> {
    let (weight, bias) = (find.tensor(&format!("{name}.weight"))?, find.tensor(&format!("{name}.bias"))?);
    let [channels, _] = find.extents(weight)?;
    find.shaped(weight, &[channels, taps])?;
    find.shaped(bias, &[channels])?;
    exact(name, taps.into())?;
    Ok(Convolution { name: name.to_owned(), weight, bias, channels })
}
