//! A program stamped from templates and the same program written out flat are one program, to the judge and to the simulator.
//!
//! In: the library, legal programs, `tiny` on one chip and on two, a layer of Llama-2-70B on eight, and mutants of them.  Out: a failure
//!     names program and seed.
//! Invariant: the expansion knows nothing of judge or simulator: queues are joined instance by instance, addresses made absolute.
//! Method: one template without bases; what has a time in one report has the same time, rule, chips and fault in the other.

use arch::{Chip, Queue, Topology};
use graph::{Tensor, TensorData};
use program::mutate::mutate;
use program::{Address, Entry, Executable, Instance, Instruction, Program, Template, TemplateId, Witness};
use sim::System;
use std::collections::BTreeMap;
use tests::library::{POSITION, SAYS, Stored, stored};
use units::{Arena, Cycle};
use verify::{Fault, Report, Rule};

/// Mutants of each program.
const MUTANTS: u64 = 30;

/// The program in one template; `None` where chips run different ones, a queue parks, as only the end of a template releases it, or an address has no base.
fn flat(executable: &Executable) -> Option<Executable> {
    if !executable.detours.is_empty() {
        return None;
    }
    let mut queues: BTreeMap<Queue, (u64, Vec<Entry>)> = BTreeMap::new();
    let mut start = 0;
    let idle =
        |entries: &mut Vec<Entry>, cycles: u64| entries.extend((cycles != 0).then_some(Entry::Nop(cycles as u32)));
    for instance in &executable.instances {
        let template = executable.templates.get(instance.template)?;
        for (queue, entries) in &template.queues {
            let (end, all) = queues.entry(*queue).or_default();
            idle(all, start - *end);
            for entry in entries {
                all.push(absolute(*entry, &instance.bases)?);
            }
            *end = start + entries.iter().map(|entry| entry.length().0).sum::<u64>();
        }
        start += template.length().0;
    }
    let queues = queues.into_iter().map(|(queue, (end, mut entries))| {
        idle(&mut entries, start - end);
        (queue, entries)
    });
    let mut templates = Arena::new();
    templates.push(Template { name: "flat".to_owned(), queues: queues.collect() });
    let instances = vec![Instance { template: TemplateId::new(0), bases: vec![0], layer: None }];
    Some(Executable { templates, instances, ..executable.clone() })
}

fn absolute(entry: Entry, bases: &[u16]) -> Option<Entry> {
    let Entry::Issue(mut burst) = entry else { return Some(entry) };
    if burst.instruction == Instruction::Sync {
        return None;
    }
    if let Some(address) = burst.instruction.address() {
        let offset = bases.get(usize::from(address.base))?.checked_add(address.offset)?;
        burst.instruction = burst.instruction.with_address(Address { base: 0, offset, ..address });
    }
    Some(Entry::Issue(burst))
}

/// What happens in time: cycle, rule, chips and fault.
fn timed(report: &Report) -> Vec<(Cycle, Rule, Vec<u32>, Fault)> {
    let timed =
        report.violations.iter().filter_map(|one| Some((one.cycle?, one.rule, one.on.clone(), one.fault.clone())));
    let mut timed: Vec<_> = timed.collect();
    timed.sort();
    timed
}

/// Both forms before the judge; whether they could be compared, and whether they were refused.
fn agree(name: &str, chip: &Chip, program: &Program) -> Option<bool> {
    let executable = flat(&program.executable)?;
    let written = Program { executable, witness: Witness::default(), lowered: program.lowered.clone() };
    let stamped = verify::violations(chip, &Program { witness: Witness::default(), ..program.clone() });
    let written = verify::violations(chip, &written);
    if Report::KEPT as u64 <= stamped.total.max(written.total) {
        return None;
    }
    assert_eq!(timed(&stamped), timed(&written), "{name}");
    assert_eq!(stamped.is_clean(), written.is_clean(), "{name}: {:?} {:?}", stamped.violations, written.violations);
    Some(!stamped.is_clean())
}

/// Both forms on the simulator, for two tokens.
fn same_values(
    name: &str,
    executable: &Executable,
    tables: &dyn TensorData,
    inputs: &BTreeMap<String, Tensor>,
    at: u16,
) {
    let chip = Chip::lpu_14nm();
    let Some(written) = flat(executable) else { return };
    let mut systems = [executable, &written].map(|one| System::load(&chip, one, tables).expect("it is well formed"));
    for _ in 0..2 {
        let [stamped, written] = systems.each_mut().map(|system| {
            system.launch(inputs, at).expect("its record is there");
            let outcome = system.run_token();
            let bits: Vec<Vec<u32>> = system.outputs().into_iter().map(|tile| tile.bits).collect();
            (outcome.cycles, outcome.violations, bits)
        });
        assert!(stamped == written, "{name}: {:?} and {:?}", (stamped.0, stamped.1), (written.0, written.1));
    }
}

#[test]
fn small_programs_are_what_their_expansions_are() {
    let chip = Chip::lpu_14nm();
    let (mut refused, mut accepted) = (0, 0);
    let mut judged = |name: &str, program: &Program| {
        for seed in 0..=MUTANTS {
            let mutant = if seed == 0 { None } else { mutate(program, seed) };
            let one = mutant.map_or_else(|| program.clone(), |mutant| mutant.program);
            match agree(&format!("{name} seed {seed}"), &chip, &one) {
                Some(true) => refused += 1,
                Some(false) => accepted += 1,
                None => {}
            }
        }
    };
    for (name, _) in SAYS {
        let Stored { program, tables, inputs } = stored(name);
        judged(name, &program);
        same_values(name, &program.executable, &tables, &inputs, POSITION);
    }
    for seed in 0..20 {
        let case = tests::legal(&chip, seed);
        let name = format!("legal {seed}");
        judged(&name, &case.program);
        same_values(&name, &case.program.executable, &case.tables, &case.inputs, case.position);
    }
    println!("{refused} refused and {accepted} accepted, both ways alike");
    assert!(500 < refused && 60 < accepted, "{refused} refused, {accepted} accepted");
}

/// One layer of the real shape on a full node: no weights are needed to judge it.
#[test]
fn a_layer_of_llama_70b_on_eight_chips_is_what_its_expansion_is() {
    let (chip, node) = (Chip::lpu_14nm(), Topology::of(8).expect("a node"));
    let graph = import::Builtin::Llama2Of70B.decode_step(128);
    let llama = compile::recognise(&graph).expect("a decoding step");
    let of = (llama.ffn as usize / 8).div_ceil(320);
    let body = vec![compile::Part::Attention { layer: 0 }, compile::Part::feed_forward(0, of)];
    let stretch = compile::Stretch { bodies: vec![body], head: false };
    let compiled = compile::compile_stretch((&graph, None), (&llama, &stretch), &chip, &node).expect("a layer fits");
    for seed in 0..4 {
        let mutant = if seed == 0 { None } else { mutate(&compiled.program, seed) };
        let one = mutant.map_or_else(|| compiled.program.clone(), |mutant| mutant.program);
        let refused = agree(&format!("a layer, seed {seed}"), &chip, &one);
        assert!(seed != 0 || refused == Some(false), "the program itself is accepted, both ways");
    }
}

#[test]
fn tiny_is_what_its_expansion_is() {
    let (chip, model) = (Chip::lpu_14nm(), tests::tiny(16));
    for chips in [1, 2] {
        let topology = Topology::of(chips).expect("so many chips are joined");
        let compiled = compile::compile_for(&model.graph, &model.weights, &chip, &topology).expect("it fits");
        assert!(1 < compiled.program.executable.instances.len(), "it is stamped more than once");
        for seed in 0..8 {
            let mutant = if seed == 0 { None } else { mutate(&compiled.program, seed) };
            let one = mutant.map_or_else(|| compiled.program.clone(), |mutant| mutant.program);
            agree(&format!("tiny on {chips} seed {seed}"), &chip, &one);
        }
        let inputs = tests::launch(&model, &compiled, 5, 3);
        same_values(&format!("tiny on {chips}"), &compiled.program.executable, &compiled.tables, &inputs, 3);
    }
}
