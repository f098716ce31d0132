//! `greenwave compile` of a published network of convolutions: nothing is compiled, its bound stands beside the published time.
//!
//! In: a built-in name such as `ResNet-50`, the machine.  Out: what no program can beat, and what was published.
//! Invariant: says that nothing was compiled; a file of that name goes first.

use super::encoder::alone;
use super::{CHIP, machine};
use crate::args::Given;
use crate::failure::{Code, Failure};
use crate::output::Output;
use frame::grouped;
use std::io::Write;
use std::path::Path;
use study::ResNet;
use study::resnet::{Image, image_bound};

/// The published network called `name`, unless a file is.
pub fn of(name: &Path) -> Option<ResNet> {
    if name.exists() { None } else { ResNet::find(name.to_str()?) }
}

/// What is known of a network.
pub fn work<W: Write>(model: ResNet, given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    alone(model.name(), given, &["context"])?;
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    super::tell(given, output, &image_bound(model, &chip), text)?;
    Ok(Code::Done)
}

fn text(image: &Image) -> String {
    let Image { model, chip, products, weight_bytes, first, first_microseconds, published, .. } = image;
    let mut text =
        format!("{model}: a published shape; convolutions are not lowered yet, nothing was compiled for {chip}\n");
    text += &format!("  {} products an image, {} bytes of weights\n", grouped(*products), grouped(*weight_bytes));
    text += &format!(
        "  bound of the model {} cycles, {first_microseconds:.1} us: its products {}, installing its weights {}, its chain {}\n",
        grouped(first.cycles),
        grouped(first.multiply),
        grouped(first.install),
        grouped(first.chain)
    );
    text += &format!("  published: {:.1} us ({}; {})\n", published.microseconds, published.standing, published.source);
    let above = published.microseconds - first_microseconds;
    text + &format!("  {above:.1} us more than the bound: what the published time is made of is unknown\n")
}
