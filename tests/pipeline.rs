//! A model over nodes of a rack: judged whole, and refused when a joint is wrong.
//!
//! In: a small model of eight layers on four nodes, and Llama-2-70B on 72.  Out: the system judge's acceptance, its faults, times.
//! Invariant: what is broken is one thing at a time.
//! Method: seats, carries and places are changed in a system that is right.

use arch::{Chip, NODE, Port, Queue, SliceId, Topology};
use compile::Formats;
use compile::pipeline::{Wish, fitted, pipeline};
use import::llama::{Head, LlamaShape, decode_step};
use program::{
    Address, Entry, Instruction, Program, RecordContent, RecordField, Residency, System, SystemIndex, WordSource,
    decode_system, encode_system,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use units::{Cycle, Rng};
use verify::{Missing, SystemFault, Unrest, check_system};

/// Hidden lanes of a chip fill two tiles.
const SHAPE: LlamaShape = LlamaShape {
    layers: 8,
    width: 656,
    heads: 8,
    kv_heads: 8,
    head_dim: 64,
    ffn: 4_096,
    vocab: 2_000,
    rope_base: 10_000.0,
    epsilon: 1e-5,
    context_max: 64,
    head: Head::Own,
};

/// Llama-2-70B in int8 on 576 chips.
fn seventy_billion() -> &'static System {
    static SYSTEM: OnceLock<System> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let racks = Topology::racks(9).expect("nine racks");
        let graph = import::Builtin::Llama2Of70B.decode_step(128);
        pipeline(&graph, &Chip::lpu_14nm(), &racks, 72).expect("70B in int8 fits 576 chips")
    })
}

fn small() -> System {
    let racks = Topology::racks(1).expect("a rack");
    pipeline(&decode_step(&SHAPE, 64), &Chip::lpu_14nm(), &racks, 4).expect("there is room")
}

#[test]
fn a_pipeline_is_judged_whole_and_its_times_are_sums() {
    let system = small();
    assert_eq!(system.seats.len(), 4);
    assert!(system.roles.len() < system.seats.len(), "some seats share a role");
    let shifts = system.shifts();
    assert_eq!(shifts[0].arrives, Cycle(0));
    for (place, two) in shifts.windows(2).enumerate() {
        let carry = &system.carries[system.seats[place].carry.expect("there is a next seat") as usize];
        assert_eq!((two[1].arrives, two[1].begins), (two[0].ends, two[0].leaves));
        assert_eq!(two[0].leaves.0 - two[0].ends.0, carry.witness.end.0);
    }
    assert_eq!(shifts[3].ends.0, system.length().0);
    let own = shifts.iter().map(|shift| shift.leaves.0 - shift.arrives.0).max();
    assert_eq!(own, Some(system.period().0));
    let file = encode_system(&system);
    assert_eq!(decode_system(&file).as_ref(), Ok(&system));
    let verified = check_system(&Chip::lpu_14nm(), system).expect("it is right");
    assert_eq!(verified.system().seats.len(), 4);
}

/// Every node takes a token of each text, and hands on a residual of each.
#[test]
fn texts_that_go_together_go_from_node_to_node_together() {
    let (racks, chip) = (Topology::racks(1).expect("a rack"), Chip::lpu_14nm());
    let graph = decode_step(&SHAPE, 64);
    let of_texts = |texts| {
        let wish = Wish { nodes: 4, lost: Vec::new(), formats: Formats::default(), chosen: None, texts };
        let (_, system) = fitted(&graph, &chip, &racks, &wish, &mut |_| ()).expect("there is room");
        check_system(&chip, system).expect("it is right")
    };
    let (alone, together) = (of_texts(1), of_texts(3));
    let carried = |system: &System| {
        let names = system.carries.iter().flat_map(|carry| carry.lowered.tensors.iter().map(|(_, info)| &info.name));
        names.filter(|name| name.starts_with("embedding.0")).cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(carried(alone.system()), ["embedding.0".to_owned()].into());
    assert_eq!(carried(together.system()), ["embedding.0", "embedding.0/1", "embedding.0/2"].map(str::to_owned).into());
    let (one, three) = (alone.system().length().0, together.system().length().0);
    assert!(one < three && three < 3 * one, "{three} cycles for three, {one} for one");
    let mut crossed = together.system().clone();
    for carry in &mut crossed.carries {
        let find = |name: &str| carry.lowered.tensors.iter().find(|(_, info)| info.name == name).map(|(id, _)| id);
        let [first, second] = ["embedding.0", "embedding.0/1"].map(|name| find(name).expect("both travel"));
        carry.lowered.tensors[first].name = "embedding.0/1".to_owned();
        carry.lowered.tensors[second].name = "embedding.0".to_owned();
    }
    let faults = check_system(&chip, crossed).expect_err("a text's residual went to another's");
    let is_of_places = |fault: &SystemFault| matches!(fault, SystemFault::Place { .. } | SystemFault::Stranger { .. });
    assert!(faults.iter().all(is_of_places), "{faults:?}");
}

#[test]
fn every_wrong_joint_is_named() {
    let right = small();
    let chip = Chip::lpu_14nm();
    let refused = |change: &dyn Fn(&mut System)| {
        let mut system = right.clone();
        change(&mut system);
        check_system(&chip, system).expect_err("a joint is wrong")
    };
    let missing = |faults: &[SystemFault], place: usize| match &faults[0] {
        SystemFault::Missing { seat, what } if *seat == place => what.clone(),
        other => panic!("seat {place} lacks something: {other:?}"),
    };
    let (node, carries) = (right.seats[1].node, right.carries.len());
    assert_eq!(missing(&refused(&|one| one.seats[2].node = node), 2), Missing::OwnNode { node });
    let far = missing(&refused(&|one| one.seats[1].node = 900), 1);
    assert_eq!(far, Missing::Node { node: 900, nodes: 9 });
    let roles = right.roles.len();
    assert_eq!(missing(&refused(&|one| one.seats[1].role = 17), 1), Missing::Role { role: 17, roles });
    let none = missing(&refused(&|one| one.seats[1].carry = None), 1);
    assert_eq!(none, Missing::Carry { carry: None, carries });
    let more = missing(&refused(&|one| one.seats[3].carry = Some(0)), 3);
    assert_eq!(more, Missing::Carry { carry: Some(0), carries });
    // Another node of the rack has other cables.
    let faults = refused(&|one| one.seats[1].node = 7);
    assert!(faults.iter().any(|fault| matches!(fault, SystemFault::Joint { seat: 0, .. })), "{faults:?}");
    let faults = refused(&|one| one.roles[0].program.executable.outputs[0].address += 1);
    assert!(faults.iter().any(|fault| matches!(fault, SystemFault::Program { .. })), "the role's own judge sees it");
    // A carry that is right by itself, for tiles under each other's names.
    let faults = refused(&|one| {
        for carry in &mut one.carries {
            let [a, b] = [0, 1].map(units::Id::new);
            let names = [a, b].map(|id| carry.lowered.tensors[id].name.clone());
            let [one, two] = names;
            (carry.lowered.tensors[a].name, carry.lowered.tensors[b].name) = (two, one);
        }
    });
    // They are not where the seat leaves them, and where they are nobody left them.
    let is_of_places = |fault: &SystemFault| matches!(fault, SystemFault::Place { .. } | SystemFault::Stranger { .. });
    assert!(faults.iter().all(is_of_places), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.to_string().contains("byte 0 of `embedding.0`")), "{}", faults[0]);
}

/// Words that some program of a system names, whatever the chip.
fn named(system: &System) -> BTreeSet<(SliceId, u16)> {
    let mut named = BTreeSet::new();
    for program in system.roles.iter().map(|role| &role.program).chain(&system.carries) {
        let executable = &program.executable;
        let of_image = |run: &Residency| {
            let (slice, first) = (run.slice, run.address);
            (0..run.words).map(move |word| (slice, first + word))
        };
        named.extend(executable.image.iter().flat_map(of_image));
        named.extend(executable.record.iter().map(|field| (field.slice, field.address)));
        named.extend(executable.outputs.iter().flat_map(|field| field.slices.map(|slice| (slice, field.address))));
        for (number, instance) in executable.instances.iter().enumerate() {
            let detours = executable.detours.iter().filter(|detour| detour.instance as usize == number);
            for template in detours.map(|detour| detour.template).chain([instance.template]) {
                let template = &executable.templates[template];
                for (queue, _, _, burst) in template.bursts() {
                    let (Queue::MemRead(slice) | Queue::MemWrite(slice)) = template.queues[queue].0 else { continue };
                    let Some(address) = burst.instruction.address() else { continue };
                    let word = |turn| address.word(&instance.bases, turn).map(|word| (slice, word as u16));
                    named.extend((0..burst.count).filter_map(word));
                }
            }
        }
    }
    named
}

/// A word that no program names in any of these slices.
fn free(system: &System, slices: &[SliceId]) -> u16 {
    let named = named(system);
    let is_free = |word: &u16| slices.iter().all(|slice| !named.contains(&(*slice, *word)));
    (0..8192).rev().find(is_free).expect("a slice has more words than so small a model")
}

/// What the system judge says of `right` after `change`; every program is legal by itself.
fn joints(right: &System, change: impl FnOnce(&mut System)) -> Vec<SystemFault> {
    let mut system = right.clone();
    change(&mut system);
    let faults = check_system(&Chip::lpu_14nm(), system).expect_err("a joint is wrong");
    let of_programs = faults.iter().find(|fault| matches!(fault, SystemFault::Program { .. }));
    assert_eq!(of_programs, None, "the programs are legal by themselves");
    faults
}

/// A copy of a tile in a carry's memory that no seat put there, and a word that the host would write there: the judge of programs
/// takes either for what it is called.
#[test]
fn a_carry_finds_nothing_in_memory_that_no_seat_left() {
    let right = small();
    let faults = joints(&right, |one| {
        let image = &mut one.carries[0].executable.image;
        let copy = Residency { address: free(&right, &[image[0].slice]), ..image[0] };
        image.push(copy);
    });
    assert!(faults.iter().all(|fault| matches!(fault, SystemFault::Stranger { chip: 0, .. })), "{faults:?}");
    let faults = joints(&right, |one| {
        let carry = &mut one.carries[0];
        let slice = carry.executable.image[0].slice;
        let (op, dtype) = (graph::Op::Input { name: "position".to_owned() }, graph::DType::I32);
        let shape = graph::Shape::new(&[1]).expect("a shape");
        carry.lowered.nodes.push(graph::Node { op, inputs: Vec::new(), dtype, shape, origin: Default::default() });
        let content = RecordContent::Input { name: "position".to_owned(), plane: 0 };
        carry.executable.record.push(RecordField { slice, address: free(&right, &[slice]), content });
    });
    assert!(faults.iter().all(|fault| matches!(fault, SystemFault::Stranger { .. })), "{faults:?}");
}

/// A launch record that has an input twice: the carry brings it to one of the places.
#[test]
fn an_input_is_brought_wherever_the_launch_record_has_it() {
    let right = small();
    let role = right.seats[1].role as usize;
    let faults = joints(&right, |one| {
        let record = &mut one.roles[role].program.executable.record;
        let is_tile =
            |field: &&RecordField| matches!(&field.content, RecordContent::Input { name, .. } if name == "embedding.0");
        let field = record.iter().find(is_tile).expect("it takes what is brought").clone();
        let address = free(&right, &[field.slice]);
        record.insert(0, RecordField { address, ..field });
    });
    assert!(faults.iter().all(|fault| matches!(fault, SystemFault::Place { .. })), "{faults:?}");
    assert_eq!(faults.len() % usize::from(NODE), 0, "on every chip of every seat with that program");
}

/// A tile lands in words where the next seat has a weight: the carry is legal, and so is the seat.
#[test]
fn a_carry_writes_over_no_weight() {
    let right = small();
    let (seat, role) = (1, right.seats[1].role as usize);
    let number = right.seats[0].carry.expect("there is a next seat") as usize;
    let landing = right.carries[number].executable.outputs[0].clone();
    let (slices, old) = (landing.slices, landing.address);
    let new = free(&right, &slices);
    let faults = joints(&right, |one| {
        let carry = &mut one.carries[number].executable;
        let moved = carry.outputs.iter_mut().filter(|field| (field.slices, field.address) == (slices, old));
        moved.for_each(|field| field.address = new);
        let queues = carry.templates.iter_mut().flat_map(|template| &mut template.queues);
        for (queue, entries) in queues {
            let (Queue::MemRead(slice) | Queue::MemWrite(slice)) = *queue else { continue };
            for entry in entries.iter_mut().filter(|_| slices.contains(&slice)) {
                let Entry::Issue(burst) = entry else { continue };
                let Some(address) = burst.instruction.address().filter(|address| address.offset == old) else {
                    continue;
                };
                burst.instruction = burst.instruction.with_address(Address { offset: new, ..address });
            }
        }
        let image = &mut one.roles[role].program.executable.image;
        let weight = *image.iter().find(|run| matches!(run.source, WordSource::Tensor { .. })).expect("it has weights");
        image.push(Residency { chip: 3, slice: slices[2], address: new, words: 1, ..weight });
    });
    let over =
        |fault: &&SystemFault| matches!(fault, SystemFault::Overwritten { seat: found, chip: 3, .. } if *found == seat);
    assert!(faults.iter().any(|fault| over(&fault)), "{faults:?}");
}

/// A role that drives something when it ends, loads columns for nobody, or leaves a unit short: legal by itself, as it begins at rest.
#[test]
fn every_program_leaves_its_chips_at_rest() {
    let right = small();
    let role = right.seats[1].role as usize;
    // Something issued in a queue that no template has, at the end of the role's last instance.
    let ending = |queue: &str, instructions: &[Instruction]| {
        let faults = joints(&right, |one| {
            let executable = &mut one.roles[role].program.executable;
            let last = executable.instances.last().expect("it does something").template;
            let again = executable.templates[last].clone();
            let length = again.length().0;
            let wait = Entry::Nop((length - instructions.len() as u64) as u32);
            let orders = instructions.iter().map(|one| Entry::Issue(program::Burst::once(*one)));
            let queue: Queue = queue.parse().expect("a name of a queue");
            let mut template = again;
            template.name.push_str(" and more");
            template.queues.retain(|(other, _)| *other != queue);
            template.queues.push((queue, [wait].into_iter().chain(orders).collect()));
            template.queues.sort_by_key(|(queue, _)| *queue);
            let template = executable.templates.push(template);
            executable.instances.last_mut().expect("it does something").template = template;
            one.roles[role].program.witness = Default::default();
        });
        let unrest = |fault: &SystemFault| match fault {
            SystemFault::Restless { what, .. } => *what,
            other => panic!("{other:?}"),
        };
        faults.iter().map(unrest).collect::<Vec<Unrest>>()
    };
    let (op, dtype) = (graph::ScalarOp::Identity, graph::DType::I32);
    let to = Some(arch::StreamId::new(arch::Direction::East, 28));
    let alu = program::AluOp { op, dtype, a: program::Operand::Immediate(1), b: program::Operand::None, to };
    let queue = unused(&right, role);
    let said = ending(&queue.to_string(), &[Instruction::Alu(alu)]);
    assert_eq!(said, [Unrest::UnderWay { queue, cycles: 6 }]);
    let said = ending(&queue.to_string(), &[Instruction::Config { superlanes: 3 }]);
    assert_eq!(said, [Unrest::Short { queue, superlanes: 3 }]);
}

/// An ALU that a role's last instance does not use and that reaches the streams from 28 on.
fn unused(system: &System, role: usize) -> Queue {
    let executable = &system.roles[role].program.executable;
    let template = &executable.templates[executable.instances.last().expect("it does something").template];
    let is_free = |queue: &Queue| template.queues.iter().all(|(other, _)| other != queue);
    (8..16).map(Queue::Alu).find(is_free).expect("one of eight rests")
}

/// Roles and carries are counted together, which share the slices of instructions of a node.
#[test]
fn instructions_of_a_seat_and_its_carries_are_counted_together() {
    let system = small();
    let mut chip = Chip::lpu_14nm();
    // Room for the longest program more than twice, and each can be fetched in time.
    chip.instruction_bytes = 40;
    chip.slices_reserved.truncate(1);
    let verified = check_system(&chip, system.clone()).expect("each of them fits beside its carries");
    let capacity = 8192 * 320;
    let role = verified.roles()[system.seats[1].role as usize].instruction_bytes;
    // Whoever waits cycle by cycle has an instruction for each: seven queues, as often as it takes to fill what the seat leaves free.
    let mut longer = system;
    let carry = &mut longer.carries[0];
    carry.witness = Default::default();
    let idle = &mut carry.executable.templates[units::Id::new(0)];
    let cycles = idle.length().0;
    let waits = |alu| (Queue::Alu(alu), vec![Entry::Nop(1); cycles as usize]);
    idle.queues.extend((0..7).map(waits));
    let rest = carry.executable.instances[0].clone();
    let times = (capacity - role) / 40 / (7 * cycles) + 1;
    carry.executable.instances.resize(times as usize, rest);
    let faults = check_system(&chip, longer).expect_err("together they are too long");
    let is_full = |fault: &SystemFault| matches!(fault, SystemFault::Storage { capacity: room, found, .. } if *room == capacity && capacity < *found);
    assert!(faults.iter().all(is_full), "{faults:?}");
}

#[test]
fn seats_have_programs_for_their_nodes_and_for_equally_many_positions() {
    let right = small();
    let refused = |change: &dyn Fn(&mut System)| {
        let mut system = right.clone();
        change(&mut system);
        check_system(&Chip::lpu_14nm(), system).expect_err("a seat is wrong")
    };
    assert_eq!(refused(&|one| one.seats.clear()), [SystemFault::NoSeat]);
    let elsewhere = refused(&|one| one.topology = "racks-2".to_owned());
    assert!(elsewhere.iter().all(|fault| matches!(fault, SystemFault::Elsewhere { .. })), "{elsewhere:?}");
    let shorter = refused(&|one| one.roles[0].program.executable.context -= 1);
    assert!(shorter.iter().any(|fault| matches!(fault, SystemFault::Context { .. })), "{shorter:?}");
}

/// Every dispatch of a program on a chip, found by walking through its queues from the start.
fn flat(program: &Program, chip: u16) -> Vec<(u64, Queue, Instruction)> {
    let executable = &program.executable;
    let (mut all, mut start) = (Vec::new(), 0);
    for instance in 0..executable.instances.len() {
        let template = &executable.templates[executable.template_on(chip, instance).expect("it is there")];
        for (queue, entries) in &template.queues {
            let mut now = start;
            for entry in entries {
                match entry {
                    Entry::Nop(cycles) => now += u64::from(*cycles),
                    Entry::Issue(burst) => {
                        for turn in 0..burst.count {
                            let apart = u64::from(burst.interval);
                            all.push((now + u64::from(turn) * apart, *queue, burst.instruction));
                        }
                        now += burst.length().0;
                    }
                }
            }
        }
        start += template.length().0;
    }
    all
}

/// Every dispatch of a chip from launch to logits: its carries and its own program, moved to where the lengths before them put them.
fn flat_on(system: &System, seat: usize, chip: u16) -> Vec<(u64, Queue, Instruction)> {
    let mut start = 0;
    let mut all = Vec::new();
    let mut append = |program: &Program, chip: u16, start: u64| {
        all.extend(flat(program, chip).into_iter().map(|(cycle, queue, what)| (start + cycle, queue, what)));
    };
    for (place, other) in system.seats.iter().enumerate() {
        let role = &system.roles[other.role as usize].program;
        if place == seat {
            append(role, chip, start);
        }
        start += role.executable.length().0;
        let Some(carry) = other.carry.map(|carry| &system.carries[carry as usize]) else { continue };
        if place == seat || place + 1 == seat {
            append(carry, if place == seat { chip } else { chip + NODE }, start);
        }
        start += carry.executable.length().0;
    }
    all
}

#[test]
fn any_chip_at_any_cycle_is_what_a_walk_finds() {
    let system = small();
    agrees_with_walks(&system, 32);
    let index = SystemIndex::new(&system);
    assert_eq!(index.at(&system, (8, 0), Cycle(5)), None, "the spare node does nothing");
}

#[test]
fn any_of_576_chips_too() {
    agrees_with_walks(seventy_billion(), 40);
}

/// A thousand places in time on so many chips, drawn with their nodes.
fn agrees_with_walks(system: &System, chips: usize) {
    let index = SystemIndex::new(system);
    let mut rng = Rng::new(3);
    let seats = system.seats.len() as u64;
    let drawn: Vec<(usize, u16)> =
        (0..chips).map(|_| (rng.below(seats) as usize, rng.below(NODE.into()) as u16)).collect();
    let walks: Vec<Vec<_>> = drawn.iter().map(|&(seat, chip)| flat_on(system, seat, chip)).collect();
    let mut busy = 0;
    for _ in 0..1_000 {
        let place = rng.below(chips as u64) as usize;
        let ((seat, chip), walk) = (drawn[place], &walks[place]);
        // Half of the cycles at random, half where the chip does something.
        let somewhere = walk[rng.below(walk.len() as u64) as usize].0;
        let cycle = if rng.below(2) == 0 { rng.below(system.length().0 + 100) } else { somewhere };
        let mut expected: Vec<(Queue, Instruction)> =
            walk.iter().filter(|(at, ..)| *at == cycle).map(|(_, queue, what)| (*queue, *what)).collect();
        expected.sort_unstable();
        let found = index.at(system, (system.seats[seat].node, chip), Cycle(cycle));
        let mut found: Vec<(Queue, Instruction)> = found
            .iter()
            .flat_map(|(_, dispatches)| dispatches.iter().map(|one| (one.queue, one.instruction)))
            .collect();
        found.sort_unstable();
        busy += usize::from(!expected.is_empty());
        assert_eq!(found, expected, "seat {seat}, chip {chip}, cycle {cycle}");
    }
    assert!(450 <= busy, "only {busy} cycles with something in them");
}

#[test]
fn every_slot_of_every_link_is_met_on_time_and_never_double() {
    assert!(10_000 < slots_met(&small()));
}

/// Three nodes of the 72, which compute five attentions and all that lies between them: more than a layer's period, and its carries.
#[test]
fn every_slot_of_a_period_of_llama_70b_too() {
    let whole = seventy_billion();
    let mut seats = whole.seats[..3].to_vec();
    seats[2].carry = None;
    let met = slots_met(&System { seats, ..whole.clone() });
    assert!(30_000 < met, "{met} slots");
}

/// Walks all chips from launch to end; how many vectors were sent and received.
fn slots_met(system: &System) -> usize {
    let chip = Chip::lpu_14nm();
    let racks = Topology::named(&system.topology).expect("a rack");
    let (mut sends, mut receives) = (BTreeMap::new(), BTreeSet::new());
    for (seat, own) in (0..system.seats.len()).flat_map(|seat| (0..NODE).map(move |own| (seat, own))) {
        let number = system.seats[seat].node * NODE + own;
        for (cycle, queue, _) in flat_on(system, seat, own) {
            match queue {
                Queue::LinkSend(link) => {
                    let to = racks.across(Port { chip: number, link }).expect("a cable");
                    sends.entry((number, link)).or_insert_with(Vec::new).push((cycle, to));
                }
                Queue::LinkReceive(link) => assert!(receives.insert((number, link, cycle)), "one word at a time"),
                _ => {}
            }
        }
    }
    let mut met = 0;
    for ((number, link), slots) in &mut sends {
        slots.sort_unstable();
        let apart = u64::from(chip.latency.link_vector);
        assert!(slots.windows(2).all(|two| two[0].0 + apart <= two[1].0), "{link} of chip {number}");
        for (cycle, to) in slots {
            let landing = *cycle + chip.latency.link_crossing().0;
            assert!(receives.contains(&(to.chip, to.link, landing)), "{link} of chip {number}, cycle {cycle}");
            met += 1;
        }
    }
    assert_eq!(met, receives.len(), "nobody receives what was not sent");
    met
}

#[test]
fn a_model_that_no_number_of_seats_holds_is_refused_with_the_least_that_would() {
    let racks = Topology::racks(9).expect("nine racks");
    let graph = import::Builtin::Llama2Of70B.decode_step(128);
    let error = pipeline(&graph, &Chip::lpu_14nm(), &racks, 40).expect_err("70 GB on 320 chips");
    let text = error.to_string();
    assert!(text.contains("of 80") && text.contains("chips"), "{text}");
}
