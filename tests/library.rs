//! The library of small programs: each is read from its text, judged clean, and computes values worked out here by plain loops.
//!
//! In: `crates/program/library/*.asm` and `*.graph`.  Out: a failure names program, output and lane.
//! Invariant: the texts are those of the programs written by hand; `cargo run -p tests --bin library` writes them again.
//! Method: one line of arithmetic per output, on the numbers of `tests::library`.

#[path = "../crates/verify/tests/hand/mod.rs"]
mod hand;

use arch::Chip;
use graph::{DType, half};
use sim::System;
use tests::library::{FOLDER, POSITION, SAYS, Stored, number, stored, texts};

/// The number that an output must hold in a lane; `None` where the lane means nothing.
fn worked(program: &str, output: &str, lane: usize) -> Option<f64> {
    let index = output.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap_or(0);
    let at = |name: &str, row: usize, lane: usize| f64::from(number(name, row, lane));
    let whole = |name: &str, row: usize, lane: usize| f64::from(number(name, row, lane) & 0x7f);
    Some(match (program, output) {
        ("copy", "x_copy") | ("cache", _) => at("x", 0, lane),
        ("copy", _) => at("y", 0, lane),
        ("add", _) => at("x", 0, lane) + at("bias", 0, lane),
        ("running_max", _) => [0, 3, 6].map(|row| at("rows", index + row, lane)).into_iter().fold(-1e9, f64::max),
        ("softmax", _) => {
            let parts: Vec<f64> = (0..6).map(|row| (at("scores", row, lane) / 8.0).exp()).collect();
            parts[index] / parts.iter().sum::<f64>()
        }
        ("matmul", _) if 32 <= lane => return None,
        ("matmul", _) => {
            let dot = |block: usize| {
                let (x, w) = (format!("x{block}"), format!("w{block}"));
                (0..320).map(|k| whole(&x, 0, k) * at(&w, lane, k)).sum::<f64>()
            };
            dot(0) + dot(1)
        }
        ("lane_sum", _) if 16 <= lane => return None,
        ("lane_sum", _) => (0..320).map(|k| at("x", 0, k)).sum(),
        ("distribute", _) => at("x", 0, lane / 16 * 16 + 15 - lane % 16),
        ("transpose", _) if 16 <= lane => return None,
        ("transpose", _) => whole("table", lane, index),
        ("permute", "mirror") => at("x", 0, 319 - lane),
        ("permute", _) => at("x", 0, (lane + 303) % 320),
        ("rotate", "turned") => at("rows", 1, lane / 16 * 16 + (lane + 2) % 16),
        ("rotate", _) => at("rows", 2, lane),
        ("narrow", _) if 48 <= lane => return None,
        ("narrow", _) => at("x", 0, lane),
        ("top_k", _) => {
            let mut keys: Vec<f64> = (0..8).map(|row| 8.0 * whole("gates", row, lane) + 7.0 - row as f64).collect();
            keys.sort_by(|a, b| b.total_cmp(a));
            keys[usize::from(output == "second")]
        }
        ("attention", _) if 16 <= lane => return None,
        ("attention", _) => {
            let score = |row: usize| (0..320).map(|k| at("query", 0, k) / 8.0 * at("keys", row, k) / 32.0).sum::<f64>();
            let part = |row: usize| half::f16_to_f32(half::f32_to_f16((score(row) / 16.0).exp() as f32));
            let parts: Vec<f64> = (0..16).map(|row| f64::from(part(row))).collect();
            let mixed: f64 = parts.iter().enumerate().map(|(row, part)| part * at("values", lane, row) / 32.0).sum();
            mixed / parts.iter().sum::<f64>()
        }
        ("exchange" | "aligned", _) => at("table", 1 - index, lane),
        ("all_reduce", _) => (0..8).map(|row| at("table", row, lane)).sum(),
        _ => panic!("no worked values for {output} of {program}"),
    })
}

#[test]
fn the_texts_are_those_of_the_programs_written_by_hand() {
    for (name, says) in SAYS {
        let (_, program) = hand::all().into_iter().find(|(known, _)| *known == name).expect("it was written by hand");
        let (text, graph) = texts(says, &program);
        let read = |kind: &str| tests::read(&format!("{FOLDER}/{name}.{kind}"));
        assert!(text == read("asm") && graph == read("graph"), "{name} is stale: `cargo run -p tests --bin library`");
        let stored = stored(name).program;
        assert!(stored.executable == program.executable && stored.lowered == program.lowered, "{name}");
    }
}

#[test]
fn each_is_judged_clean_and_computes_what_was_worked_out() {
    let chip = Chip::lpu_14nm();
    for (name, _) in SAYS {
        let Stored { program, tables, inputs } = stored(name);
        let report = verify::violations(&chip, &program);
        assert!(report.is_clean(), "{name}: {:?}", report.violations.first().map(ToString::to_string));
        let mut system = System::load(&chip, &program.executable, &tables).expect("it is well formed");
        system.launch(&inputs, POSITION).expect("its record is there");
        let outcome = system.run_token();
        assert_eq!(outcome.violations, 0, "{name}: {:?}", outcome.poison.first());
        for tile in system.outputs() {
            let (_, node) = program.lowered.outputs.iter().find(|(output, _)| *output == tile.output).expect("named");
            let is_real = program.lowered.nodes[*node].dtype == DType::F32;
            for (lane, &bits) in tile.bits.iter().enumerate() {
                let Some(expected) = worked(name, &tile.output, lane) else { continue };
                let found = if is_real { f64::from(f32::from_bits(bits)) } else { f64::from(bits as i32) };
                // Only these round. The sum, the root and their square are each off by a few units in the last place; in f16
                // an exponential may round to the neighbour, one part in a thousand.
                let allowed = match name {
                    "softmax" => 1e-6,
                    "attention" => 1e-4,
                    _ => 0.0,
                };
                assert!(
                    (found - expected).abs() <= allowed,
                    "{name}, {}, lane {lane}: {found}, expected {expected}",
                    tile.output
                );
            }
        }
    }
}
