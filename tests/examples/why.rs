//! Why a model's token takes as long as it does: `cargo run --release -p tests --example why -- FILE [CONTEXT]`.
//!
//! In: a GGUF file.  Out: per stage its cycles, its two lower bounds, and the chains that bind it, from the first to the last.
//! Invariant: what is printed is what the compiler noted; nothing is scheduled again.

use arch::Chip;
use compile::{Compiled, Why, compile};
use import::gguf::{LoadOptions, load};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (file, context) = match words.as_slice() {
        [file] => (file, 128),
        [file, context] => (file, context.parse()?),
        _ => return Err("usage: why FILE [CONTEXT]".into()),
    };
    let model = load(std::fs::read(file)?, LoadOptions { context })?;
    let compiled = compile(&model.graph, &model.weights, &Chip::lpu_14nm())?;
    for why in &compiled.why {
        print(why);
    }
    summary(&compiled);
    Ok(())
}

fn print(why: &Why) {
    println!("\n{}: {} cycles, critical path {}", why.stage, why.length.0, why.critical.0);
    if let Some((queue, issues)) = why.busiest {
        println!("busiest queue {queue}: {} issues", issues.0);
    }
    println!("{:>6} {:>6} {:>5} {:>6}  part, and what it waited for", "begin", "end", "rows", "wait");
    for chain in why.path().iter().rev() {
        let earliest = chain.binding().map_or(0, |need| need.earliest);
        let busied = chain.busied.as_ref().map_or(String::new(), |what| format!(", then for {what}"));
        let cause = chain.binding().map_or("nothing".to_owned(), |need| format!("{:?}", need.cause));
        let (begin, end, wait) = (chain.begin.0, chain.end.0, chain.origin - earliest);
        println!("{begin:6} {end:6} {:5} {wait:6}  {}: {cause}{busied}", chain.rows, chain.part);
    }
}

/// The whole token beside its two bounds.
fn summary(compiled: &Compiled) {
    let (cycles, bound, least, gaps) = (compiled.cycles().0, compiled.bound().0, &compiled.least, compiled.gaps());
    println!("\ntoken: {cycles} cycles, bound {bound}, gap {:.1} %", 100.0 * gaps.second);
    let longest = least.longest();
    println!(
        "however lowered: {} cycles, gap {:.1} %; {:?} binds (chain {}, install {}; the longest step is {} with {})",
        least.cycles().0,
        100.0 * gaps.first,
        least.binding(),
        least.chain().0,
        least.install.0,
        longest.name,
        longest.latency.0
    );
}
