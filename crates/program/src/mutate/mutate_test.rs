//! Shows that every operator applies, changes something, and changes nothing else.

use super::*;
use crate::arbitrary::program;
use crate::{Burst, Instruction, TemplateWitness, check_form, text};
use std::collections::BTreeMap;
use units::Id;

fn operators() -> impl Iterator<Item = Operator> {
    GROUPS.iter().flat_map(|group| group.iter().copied())
}

fn lengths(template: &Template) -> Vec<u64> {
    template.queues.iter().map(|(_, entries)| entries.iter().map(|entry| entry.length().0).sum()).collect()
}

#[test]
fn every_operator_changes_a_program_and_keeps_its_form_and_length() {
    let mut applied: BTreeMap<Operator, u32> = BTreeMap::new();
    for seed in 0..150 {
        let program = program(seed);
        for operator in operators() {
            let Some(mutant) = mutate_with(&program, operator, seed) else {
                continue;
            };
            *applied.entry(operator).or_default() += 1;
            let (old, new) = (&program.executable, &mutant.program.executable);
            assert_ne!(old, new, "seed {seed} {operator:?}");
            assert_eq!(check_form(new), Ok(()), "seed {seed} {operator:?}");
            assert_eq!(new.length(), old.length(), "seed {seed} {operator:?}");
            for (_, template) in new.templates.iter() {
                assert!(lengths(template).iter().all(|length| *length == template.length().0), "{operator:?}");
            }
            assert_ne!(mutant.description.before, mutant.description.after, "seed {seed} {operator:?}");
            assert_eq!(text::parse(&text::print(new)).as_ref(), Ok(new));
        }
    }
    for operator in operators() {
        assert!(applied.get(&operator).is_some_and(|count| 10 < *count), "{operator:?} in {applied:?}");
    }
}

#[test]
fn a_seed_makes_the_same_mutant_again_and_operators_are_drawn_alike() {
    let program = program(11);
    let mut drawn: BTreeMap<Operator, u32> = BTreeMap::new();
    for seed in 0..600 {
        let mutant = mutate(&program, seed).expect("the program can be broken");
        assert_eq!(mutate(&program, seed).as_ref(), Some(&mutant));
        *drawn.entry(mutant.description.operator).or_default() += 1;
    }
    let groups = GROUPS.iter().map(|group| group.iter().filter_map(|operator| drawn.get(operator)).sum::<u32>());
    let applicable: Vec<u32> = groups.filter(|count| *count != 0).collect();
    let fair = 600 / applicable.len() as u32;
    assert!(applicable.iter().all(|count| fair / 2 < *count && *count < fair * 2), "{drawn:?}");
}

/// The burst that a claim speaks of, before and after.
fn bursts(template: &Template, claims: &TemplateWitness) -> BTreeMap<u32, Option<Burst>> {
    let burst = |queue: u32, entry: u32| match template.queues[queue as usize].1.get(entry as usize) {
        Some(Entry::Issue(burst)) => Some(*burst),
        _ => None,
    };
    claims.entries.iter().map(|claim| (claim.sources[0].iteration, burst(claim.queue, claim.entry))).collect()
}

#[test]
fn claims_follow_the_bursts_they_speak_of() {
    let moving = [Operator::Late, Operator::Early, Operator::Swap, Operator::Duplicate, Operator::Plane];
    let mut checked = 0;
    for seed in 0..150 {
        let mut program = program(seed);
        for claims in &mut program.witness.templates {
            for (index, claim) in claims.entries.iter_mut().enumerate() {
                claim.sources[0].iteration = index as u32;
            }
        }
        for operator in moving {
            let Some(mutant) = mutate_with(&program, operator, seed) else {
                continue;
            };
            for (id, template) in program.executable.templates.iter() {
                let before = bursts(template, &program.witness.templates[id.index()]);
                let claims = &mutant.program.witness.templates[id.index()];
                let after = bursts(&mutant.program.executable.templates[id], claims);
                assert_eq!(before, after, "seed {seed} {operator:?} {:?}", mutant.description);
                assert!(claims.entries.is_sorted_by_key(|claim| (claim.queue, claim.entry)));
            }
            checked += 1;
        }
    }
    assert!(200 < checked);
}

/// A program of one queue, from the text of its entries.
fn small(queue: &str, entries: &[&str]) -> Program {
    let text = format!(
        "program c on chip context 8\ntemplate t\nqueue {queue}\n{}\ninstance t bases 0 100\n",
        entries.join("\n")
    );
    let executable = text::parse(&text).expect("the test's text is right");
    Program { executable, witness: Default::default(), lowered: Default::default() }
}

fn check(queue: &str, entries: &[&str], operator: Operator, entry: usize, expected: &[&str]) {
    let program = small(queue, entries);
    let place = Place::Entry { template: Id::new(0), queue: 0, entry };
    let mutant = mutate_at(&program, operator, place, 0).map(|mutant| mutant.program.executable);
    let found = mutant.map(|executable| {
        let queues = &executable.templates[Id::new(0)].queues;
        let lines = |(queue, entries): &(Queue, Vec<Entry>)| {
            let entries: Vec<String> = entries.iter().map(text::entry).collect();
            format!("{queue}: {}", entries.join(" | "))
        };
        queues.iter().map(lines).collect::<Vec<String>>()
    });
    assert_eq!(found.unwrap_or_default(), expected);
}

#[test]
fn what_one_nop_gives_the_next_takes() {
    use Operator::{Count, Drop, Duplicate, Early, InstallOrder, Late, Plane, Swap};
    let queue = "mxmE0.weights";
    let run = ["nop 5", "load g0 s0 x3/2", "install", "nop 9"];
    check(queue, &run, Late, 1, &["mxmE0.weights: nop 6 | load g0 s0 x3/2 | install | nop 8"]);
    check(queue, &run, Late, 2, &["mxmE0.weights: nop 5 | load g0 s0 x3/2 | nop 1 | install | nop 8"]);
    check(queue, &run, Early, 1, &["mxmE0.weights: nop 4 | load g0 s0 x3/2 | install | nop 10"]);
    check(queue, &run, Early, 2, &[]);
    check(queue, &["nop 1", "install"], Early, 1, &["mxmE0.weights: install | nop 1"]);
    check(queue, &["nop 1", "install"], Late, 1, &[]);
    check(queue, &["install", "nop 1"], Late, 0, &["mxmE0.weights: nop 1 | install"]);
    check(queue, &run, Drop, 1, &["mxmE0.weights: nop 5 | nop 5 | install | nop 9"]);
    check(queue, &run, Duplicate, 2, &["mxmE0.weights: nop 5 | load g0 s0 x3/2 | install | install | nop 8"]);
    check(queue, &run, Duplicate, 1, &[]);
    check(queue, &run, Count, 1, &["mxmE0.weights: nop 5 | load g0 s0 x2/2 | nop 2 | install | nop 9"]);
    check(queue, &run, Swap, 1, &["mxmE0.weights: nop 5 | install | load g0 s0 x3/2 | nop 9"]);
    check(queue, &run, InstallOrder, 1, &["mxmE0.weights: nop 5 | install | load g0 s0 x3/2 | nop 9"]);
    let moved = ["mxmE0.weights: nop 5 | load g0 s0 x3/2 | nop 1 | nop 9", "mxmE1.weights: nop 10 | install | nop 9"];
    check(queue, &run, Plane, 2, &moved);
}

#[test]
fn one_instance_alone_can_be_broken() {
    let mut program = small("alu0", &["add f32 E0 E4 -> W0", "nop 3"]);
    let instance = program.executable.instances[0].clone();
    program.executable.instances.push(instance);
    let single = single_out(&program, 1).expect("there are two instances");
    assert_eq!(single.executable.length(), program.executable.length());
    let names: Vec<&str> = single.executable.templates.iter().map(|(_, template)| template.name.as_str()).collect();
    assert_eq!(names, ["t", "t.1"]);
    let place = Place::Entry { template: Id::new(1), queue: 0, entry: 0 };
    let mutant = mutate_at(&single, Operator::Late, place, 0).expect("there is a NOP after it");
    assert_eq!(mutant.program.executable.templates[Id::new(0)], single.executable.templates[Id::new(0)]);
    assert!(single_out(&program, 2).is_none());
}

#[test]
fn the_sentence_says_what_and_where_in_both_languages() {
    let program = small("E3.read", &["read b1+7 -> E3", "nop 3"]);
    let place = Place::Entry { template: Id::new(0), queue: 0, entry: 0 };
    let sentence = mutate_at(&program, Operator::Late, place, 0).expect("it applies").description.sentence();
    assert_eq!(
        sentence.english,
        "t, queue E3.read, entry 0: one cycle late; `read b1+7 -> E3 | nop 3` became `nop 1 | read b1+7 -> E3 | nop 2`."
    );
    assert!(sentence.chinese.starts_with("t 的佇列 E3.read 第 0 項：晚一個週期；「read b1+7 -> E3"));
    let base = mutate_with(&program, Operator::InstanceBase, 5).expect("there is a base").description;
    assert_eq!(base.queue, None);
    assert!(
        base.sentence().english.starts_with("Instance 0 of t, base 1: another base address for a layer; 100 became")
    );
}

#[test]
fn a_program_without_bursts_cannot_be_broken() {
    let mut program = small("alu0", &["nop 3"]);
    program.executable.instances.clear();
    assert_eq!(mutate(&program, 1), None);
    assert!(places(&program, Operator::Drop).is_empty());
    let read = Instruction::Install;
    assert_eq!(field::change(Operator::Address, &Burst::once(read), 1, &mut Rng::new(0)), None);
}
