//! Every model that runs with values comes back from its assembler text to the same bytes.
//!
//! In: `tiny` on 1, 2, 4 and 8 chips, and SmolLM2 on 1 and 2 where `models/` holds it.  Out: a failure names model and chips.
//! Invariant: what `greenwave asm MODEL` prints is what `--check` reads: both are `study::assembly` and `study::read_back`.
//! Method: the text's last line names its bytes; the executable read from it is compared as a whole besides.

use arch::{Chip, Topology};
use import::Source;
use import::gguf::{LoadOptions, load};
use program::text;

fn check(name: &str, bytes: impl Source, (context, chips): (u32, u16)) {
    let model = load(bytes, LoadOptions { context }).expect("the model loads");
    let topology = Topology::of(chips).expect("so many chips are joined");
    let compiled = compile::compile_for(&model.graph, &model.weights, &Chip::lpu_14nm(), &topology).expect("it fits");
    let printed = study::assembly(&compiled.program);
    let read = study::read_back(&printed).expect("what is printed is read");
    assert_eq!(read.claimed, Some(read.seal), "{name} on {chips}");
    assert!(text::parse(&printed) == Ok(compiled.program.executable), "{name} on {chips}: another executable");
    // One digit changed, and the last line no longer names these bytes.
    let changed = printed.replacen("nop 1", "nop 2", 1);
    let changed = study::read_back(&changed).expect("it is still a text");
    assert_ne!(changed.claimed, Some(changed.seal), "{name} on {chips}");
}

#[test]
fn tiny_comes_back_from_its_text() {
    let bytes: &[u8] = include_bytes!("../static/models/tiny.gguf");
    for chips in [1, 2, 4, 8] {
        check("tiny", bytes, (64, chips));
    }
}

#[test]
fn smollm2_comes_back_from_its_text() {
    let Some(bytes) = tests::real_model_or_say() else { return };
    for chips in [1, 2] {
        check("SmolLM2", bytes.as_slice(), (128, chips));
    }
}
