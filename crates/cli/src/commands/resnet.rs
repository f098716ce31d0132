//! `greenwave compile` of a published network of convolutions: compiled without weights, judged, an image accounted for.
//!
//! In: a built-in name such as `ResNet-50`, the machine.  Out: cycles, bounds, accounts, the published time.
//! Invariant: a file of that name goes first; what is not known is called unknown.

use super::encoder::{accounts, alone, refused};
use super::{CHIP, lang, machine};
use crate::args::Given;
use crate::failure::{Code, Failure};
use crate::output::Output;
use frame::grouped;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use study::ResNet;
use study::account::Account;
use study::resnet::{Image, image_on};

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    image: Image,
    /// By how many microseconds it takes longer than was published.
    difference: Option<f64>,
}

/// The published network called `name`, unless a file is.
pub fn of(name: &Path) -> Option<ResNet> {
    if name.exists() { None } else { ResNet::find(name.to_str()?) }
}

/// What is known of a network.
pub fn work<W: Write>(model: ResNet, given: &Given, output: &mut Output<W>) -> Result<Code, Failure> {
    alone(model.name(), given, &["context"])?;
    let chip = machine(given.text("chip")?.unwrap_or(CHIP), "--chip: ")?;
    let lang = lang(given)?;
    let image = image_on(model, &chip).map_err(|error| refused(model.name(), lang, &error))?;
    let difference = image.account.difference().map(|(microseconds, _)| microseconds);
    super::tell(given, output, &Answer { image, difference }, text)?;
    Ok(Code::Done)
}

fn text(Answer { image, .. }: &Answer) -> String {
    let Image { account, products, host } = image;
    let Account { model, chip, cycles, microseconds, .. } = account;
    let mut text = format!("{model}: verified, for 1 x {chip}, int8, one image at a time; no weights\n");
    text += &format!("  {} cycles an image: {microseconds:.1} us\n", grouped(*cycles));
    text += &format!(
        "  {} instructions, {} bytes of them; {} products an image, {} bytes of weights\n",
        grouped(account.instructions),
        grouped(account.instruction_bytes),
        grouped(*products),
        grouped(account.weight_bytes)
    );
    text += &format!("  {}\n", host.en);
    text + &accounts(account, 1)
}
