//! Between nodes: what one stretch leaves lies, after the carry, where the next one finds it.
//!
//! In: a small model cut in two on two nodes of a rack, and one of 8,192 lanes.  Out: the judge's acceptance, the words that land.
//! Invariant: nothing here knows where a word lies but by the programs.
//! Method: the carry is simulated with rows at random; broken in each way that a detour can be, it is refused.

use arch::{Chip, NODE, Topology};
use compile::carry::{cargo, carry};
use compile::{Compiled, Llama, Part, Stretch, compile_stretch, recognise};
use import::llama::{Head, LlamaShape, decode_step};
use program::{Detour, Entry, Executable, Instruction, Program, RecordContent};
use sim::System;
use std::collections::BTreeMap;
use units::{Id, Rng};

fn small() -> LlamaShape {
    LlamaShape {
        layers: 2,
        width: 976,
        heads: 8,
        kv_heads: 8,
        head_dim: 64,
        ffn: 5_000,
        vocab: 321,
        rope_base: 10_000.0,
        epsilon: 1e-5,
        context_max: 64,
        head: Head::Own,
    }
}

/// Two stretches, of which the first ends inside a feed-forward part.
fn halves(shape: &LlamaShape) -> [Compiled; 2] {
    let graph = decode_step(shape, 64);
    let (chip, node) = (Chip::lpu_14nm(), Topology::of(NODE).expect("a node"));
    let llama: Llama = recognise(&graph).expect("a decoding step");
    let of = (shape.ffn as usize).div_ceil(8).div_ceil(320);
    assert!(1 < of, "the hidden lanes of a chip can be cut");
    let part = |hidden| Part::FeedForward { layer: 0, hidden, of };
    let first = Stretch { bodies: vec![vec![Part::Attention { layer: 0 }, part(0..1)]], head: false };
    let second = Stretch { bodies: vec![vec![part(1..of), Part::Attention { layer: 1 }]], head: true };
    [first, second].map(|one| compile_stretch((&graph, None), (&llama, &one), &chip, &node).expect("it fits"))
}

fn pair() -> Topology {
    Topology::racks(9).and_then(|racks| racks.excerpt(&[0, 1])).expect("two nodes of a rack")
}

fn carried() -> (Program, [Compiled; 2]) {
    let halves = halves(&small());
    let [before, after] = &halves;
    let executables = (&before.program.executable, &after.program.executable);
    (carry(&Chip::lpu_14nm(), &pair(), executables.0, executables.1).expect("the stretches match"), halves)
}

/// Sixteen cables, two of them to each chip, and five, which share out four bytes unevenly.
#[test]
fn between_racks_it_takes_as_many_cables_as_do_not_meet() {
    let (halves, chip) = (halves(&small()), Chip::lpu_14nm());
    for (racks, nodes, cables) in [(2, [7, 16], 16), (4, [9, 18], 5)] {
        let pair = Topology::racks(racks).and_then(|racks| racks.excerpt(&nodes)).expect("two nodes of two racks");
        assert_eq!(pair.cables(0, 1).len(), cables);
        let [before, after] = [&halves[0], &halves[1]].map(|half| &half.program.executable);
        let program = carry(&chip, &pair, before, after).expect("the stretches match");
        assert_eq!(verify::violations(&chip, &program).total, 0, "racks-{racks}");
    }
}

#[test]
fn the_judge_accepts_a_carry_and_every_input_is_filled() {
    let (program, [before, after]) = carried();
    let report = verify::violations(&Chip::lpu_14nm(), &program);
    assert_eq!(report.total, 0, "{report:?}");
    assert_eq!(before.program.executable.outputs.len(), 8 * 8, "four tiles and a sum so far, on every chip");
    let landing = |name: &str, plane: u8| {
        program.executable.outputs.iter().find_map(|field| {
            let is_it = field.output == format!("{name}@9");
            is_it.then_some((field.slices[usize::from(plane)], field.address))
        })
    };
    let mut filled = 0;
    for field in &after.program.executable.record {
        let RecordContent::Input { name, plane } = &field.content else { continue };
        if let Some(home) = landing(name, *plane) {
            assert_eq!(home, (field.slice, field.address), "byte {plane} of {name}");
            filled += 1;
        }
    }
    assert_eq!(filled, 8 * 4);
    let text = program::text::print(&program.executable);
    assert_eq!(program::text::parse(&text).as_ref(), Ok(&program.executable));
    assert_eq!(program::binary::decode(&program::binary::encode(&program)).as_ref(), Ok(&program));
}

#[test]
fn every_chip_of_the_second_node_gets_what_the_first_one_had() {
    let (program, _) = carried();
    let mut rng = Rng::new(11);
    let mut row = || (0..320).map(|_| rng.unit() as f32 - 0.5).collect::<Vec<f32>>();
    let rows: BTreeMap<String, Vec<f32>> =
        program.lowered.tensors.iter().map(|(_, info)| (info.name.clone(), row())).collect();
    let tables = cargo(&program, &rows);
    let mut system = System::load(&Chip::lpu_14nm(), &program.executable, &tables).expect("well formed");
    system.launch(&BTreeMap::new(), 0).expect("there is nothing to launch");
    let outcome = system.run_token();
    assert_eq!((outcome.violations, outcome.cycles.0), (0, program.witness.end.0));
    let tiles = system.outputs();
    assert_eq!(tiles.len(), rows.len() * usize::from(NODE));
    for tile in tiles {
        let (name, _) = tile.output.split_once('@').expect("outputs name their chip");
        let expected: Vec<u32> = rows[name].iter().map(|value| value.to_bits()).collect();
        assert_eq!(tile.bits, expected, "{}", tile.output);
    }
}

/// Cycles from SRAM to SRAM over one cable (decisions.md 6; inside both published bands).
const HOP: u64 = 522;

/// h hops of so many cycles, and a vector every 24 cycles on each of k paths (facts/hardware.md section 5).
#[test]
fn a_carry_takes_what_the_closed_form_says() {
    let (program, _) = carried();
    let (words, paths, hops) = (8 * 4u64, 2u64, 2u64);
    let closed = hops * HOP + (words / paths - 1) * u64::from(Chip::lpu_14nm().latency.link_vector);
    let found = program.witness.end.0;
    assert!(closed.abs_diff(found) * 25 <= closed, "{found} cycles, {closed} by the closed form");
}

#[test]
fn a_carry_that_is_late_or_astray_is_refused() {
    let (program, _) = carried();
    let chip = Chip::lpu_14nm();
    let refused = |change: &dyn Fn(&mut Executable)| {
        let mut broken = program.clone();
        change(&mut broken.executable);
        let report = verify::violations(&chip, &broken);
        assert!(0 < report.total, "the judge accepts a broken carry");
        report.violations.iter().map(|violation| violation.fault.rule()).collect::<Vec<_>>()
    };
    let late = |executable: &mut Executable| {
        let template = executable.detours[0].template;
        let queues = &mut executable.templates[template].queues;
        let is_send = |entry: &Entry| matches!(entry, Entry::Issue(burst) if matches!(burst.instruction, Instruction::Send { .. }));
        let (_, entries) = queues.iter_mut().find(|(_, entries)| entries.iter().any(is_send)).expect("a sender sends");
        let (Some(Entry::Nop(first)), Some(Entry::Nop(last))) = (entries.first().copied(), entries.last().copied())
        else {
            panic!("a sender waits before and after")
        };
        let end = entries.len() - 1;
        (entries[0], entries[end]) = (Entry::Nop(first + 1), Entry::Nop(last - 1));
    };
    assert!(refused(&late).contains(&verify::Rule::Links));
    assert_eq!(refused(&|one| one.detours[1].chip = 0), [verify::Rule::Form; 1]);
    assert_eq!(
        refused(&|one| one.detours.iter_mut().for_each(|detour| detour.chip += 8)).first(),
        Some(&verify::Rule::Form)
    );
    assert_eq!(refused(&|one| one.detours[0].instance = 1).first(), Some(&verify::Rule::Form));
    assert_eq!(refused(&|one| one.detours[0].template = Id::new(99)).first(), Some(&verify::Rule::Form));
    let long = |one: &mut Executable| {
        let Detour { template, .. } = one.detours[0];
        one.templates[template].queues.iter_mut().for_each(|(_, entries)| entries.push(Entry::Nop(1)));
    };
    assert_eq!(refused(&long).first(), Some(&verify::Rule::Form));
    refused(&|one| one.topology = "racks-9:0,2".to_owned());
    assert_eq!(refused(&|one| one.topology = "racks-145".to_owned()).first(), Some(&verify::Rule::Form));
}

#[test]
fn a_carry_fits_all_pairs_that_are_joined_alike() {
    let racks = Topology::racks(9).expect("nine racks");
    let chain = racks.chain(72, &[]).expect("72 nodes");
    let alike = chain.windows(2).filter(|two| racks.is_joined_alike((two[0], two[1]), &pair())).count();
    // Odd racks run back, and eight times the chain changes racks.
    assert_eq!(alike, 5 * 7);
}
