//! Input that is no program is refused or poisoned, never a panic, never a large allocation.

use crate::assembler::{Program, east, slice};
use crate::programs::{self, read};
use arch::Chip;
use graph::{Shape, Tensor, TensorId};
use program::{
    Burst, Entry, Executable, Instance, OutputField, Packing, RecordContent, RecordField, TemplateId, WordSource,
};
use sim::{CYCLES_MAX, Machine, Silent, SimError};
use std::collections::BTreeMap;
use units::Arena;

fn load(executable: &Executable, program: &Program) -> Result<Machine, SimError> {
    Machine::load(&Chip::lpu_14nm(), executable, &program.tensors)
}

/// What is done to a good executable.
type Change = Box<dyn Fn(&mut Executable)>;

/// The error of loading `programs::copy` after `change`, as text.
fn refusal(change: impl Fn(&mut Executable)) -> String {
    let program = programs::copy();
    let mut executable = program.executable(&Chip::lpu_14nm());
    change(&mut executable);
    load(&executable, &program).err().map_or_else(|| "accepted".to_owned(), |error| error.to_string())
}

fn with_entries(entries: Vec<Entry>) -> impl Fn(&mut Executable) {
    move |executable| {
        let mut template = executable.templates.iter().next().unwrap().1.clone();
        template.queues[0].1.clone_from(&entries);
        executable.templates = Arena::new();
        executable.templates.push(template);
    }
}

#[test]
fn malformed_executables_are_refused_by_name() {
    let burst = |count, interval| Entry::Issue(Burst { instruction: read(0, east(0)), count, interval });
    let cases: Vec<(&str, Change)> = vec![
        ("for chip `other`", Box::new(|e: &mut Executable| e.chip = "other".to_owned())),
        ("lasts 5 cycles, others 20", Box::new(with_entries(vec![Entry::Nop(5)]))),
        ("NOP of 0 cycles", Box::new(with_entries(vec![Entry::Nop(0)]))),
        ("repeats 0 times", Box::new(with_entries(vec![burst(0, 1)]))),
        ("every 0 cycles", Box::new(with_entries(vec![burst(1, 0)]))),
        ("the longest token", Box::new(with_entries(vec![burst(u32::MAX, u32::MAX)]))),
        ("the longest token", Box::new(with_entries(vec![Entry::Nop(u32::MAX); 3]))),
        ("base 0 is None", Box::new(|e: &mut Executable| e.instances[0].bases.clear())),
        ("base 0 is Some(3)", Box::new(|e: &mut Executable| e.instances[0].bases[0] = 3)),
        ("template 7 does not exist", Box::new(|e: &mut Executable| e.instances[0].template = TemplateId::new(7))),
        ("ends at word 8193", Box::new(|e: &mut Executable| e.image[0].address = 8192)),
        ("word 0 is row 1; the tensor has 1", Box::new(|e: &mut Executable| e.image[0].row = 1)),
        ("is filled already", Box::new(|e: &mut Executable| e.image.push(e.image[0]))),
        ("slice E16 holds no data", Box::new(|e: &mut Executable| e.image[0].slice = slice("E16"))),
        ("slice E44 holds no data", Box::new(|e: &mut Executable| e.image[0].slice = slice("E44"))),
        (
            "word 9000 lies outside",
            Box::new(|e: &mut Executable| {
                let slices = [slice("E0"); 4];
                e.outputs.push(OutputField { output: "a".to_owned(), chip: 0, slices, address: 9000 });
            }),
        ),
    ];
    for (expected, change) in cases {
        let found = refusal(change);
        assert!(found.contains(expected), "expected `{expected}`, found `{found}`");
    }
}

#[test]
fn queues_named_twice_or_of_another_chip_are_refused() {
    let requeue = |queue: &'static str| {
        move |executable: &mut Executable| {
            let mut template = executable.templates.iter().next().unwrap().1.clone();
            template.queues[0].0 = queue.parse().unwrap();
            executable.templates = Arena::new();
            executable.templates.push(template);
        }
    };
    assert!(refusal(requeue("E41.write")).contains("named twice"));
    for queue in ["E44.read", "alu16", "mxmE2.weights", "sxmW4.distribute"] {
        assert!(refusal(requeue(queue)).contains("is not a queue of this chip"), "{queue}");
    }
}

#[test]
fn packings_that_do_not_fit_their_tensor_are_refused() {
    let packed = |packing| {
        refusal(move |executable: &mut Executable| {
            executable.image[0].source = WordSource::Tensor { tensor: TensorId::new(0), packing };
        })
    };
    assert!(packed(Packing::Plane(1)).contains("i8 elements have no byte 1"));
    assert!(packed(Packing::Half(0)).contains("halves are of f16"));
    assert!(packed(Packing::Half(2)).contains("there is no half 2"));
    let missing = WordSource::Tensor { tensor: TensorId::new(9), packing: Packing::Plane(0) };
    assert!(refusal(|executable| executable.image[0].source = missing).contains("tensor 9 cannot be loaded"));
    let mut program = Program::new(1);
    let wide = Shape::new(&[1, 321]).unwrap();
    program.rows("E0", 0, Tensor::zeros(graph::DType::I8, wide), Packing::Plane(0));
    let error = program.launched(&Chip::lpu_14nm()).err().unwrap().to_string();
    assert!(error.contains("321 elements"), "{error}");
}

#[test]
fn impossible_latencies_are_refused() {
    for change in [
        (|chip| chip.latency.mem_read = 0) as fn(&mut Chip),
        |chip| chip.latency.hop = u32::MAX,
        |chip| chip.latency.hop = 1000,
        |chip| chip.latency.mxm_accumulate = 1 << 20,
        |chip| chip.words = 0,
    ] {
        let mut chip = Chip::lpu_14nm();
        change(&mut chip);
        let program = programs::copy();
        assert!(Machine::load(&chip, &program.executable(&chip), &program.tensors).is_err());
    }
}

#[test]
fn launches_that_do_not_fit_are_refused() {
    let chip = Chip::lpu_14nm();
    let mut program = programs::gather_scatter();
    program.record.push(RecordField {
        slice: slice("W1"),
        address: 2,
        content: RecordContent::Input { name: "x".to_owned(), plane: 3 },
    });
    let missing = program.launched(&chip).err().unwrap().to_string();
    assert!(missing.contains("input `x` is missing"), "{missing}");
    program.inputs.insert("x".to_owned(), Tensor::f16(&[1, 4], vec![0; 4]));
    let short = program.launched(&chip).err().unwrap().to_string();
    assert!(short.contains("f16 elements have no byte 3"), "{short}");
    program.inputs.insert("x".to_owned(), Tensor::f32(&[2, 4], vec![0.0; 8]));
    let tall = program.launched(&chip).err().unwrap().to_string();
    assert!(tall.contains("expected one row"), "{tall}");
    program.inputs.insert("x".to_owned(), Tensor::f32(&[1, 2], vec![1.0, -1.0]));
    assert!(program.launched(&chip).is_ok());
    program.position = 128;
    let late = program.launched(&chip).err().unwrap();
    assert_eq!(late, SimError::Position { position: 128, context: 128 });
    program.position = 0;
    program.record[0].content = RecordContent::Map { base: u16::MAX };
    assert!(program.launched(&chip).is_err());
    program.record[0].address = u16::MAX;
    assert!(program.launched(&chip).is_err());
}

#[test]
fn an_empty_program_and_a_long_silence_end_at_once() {
    let chip = Chip::lpu_14nm();
    let mut empty = programs::copy().executable(&chip);
    empty.templates = Arena::new();
    empty.instances.clear();
    let mut machine = load(&empty, &programs::copy()).unwrap();
    machine.launch(&BTreeMap::new(), 0).unwrap();
    assert_eq!(machine.run_token(&mut Silent).cycles.0, 0);
    let mut silence = Program::new(1 << 31);
    silence.at((1 << 31) - 1, "E0.read", read(0, east(0)));
    let run = silence.run(&chip);
    assert_eq!((run.outcome.cycles.0, run.outcome.poison[0].cycle.0), (1 << 31, (1 << 31) - 1));
    const { assert!(1 << 31 < CYCLES_MAX) };
}

#[test]
fn instances_follow_one_another_and_a_second_token_starts_at_cycle_0() {
    let chip = Chip::lpu_14nm();
    let program = programs::gather_scatter();
    let mut executable = program.executable(&chip);
    executable.instances.push(Instance { template: TemplateId::new(0), bases: vec![0, 5], layer: Some(1) });
    let mut machine = load(&executable, &program).unwrap();
    for position in [3, 4] {
        machine.launch(&program.inputs, position).unwrap();
        assert_eq!(machine.run_instance(&mut Silent), Some(0));
        assert_eq!(machine.next_instance(), (1, units::Cycle(20)));
        let mut recorder = sim::Recorder::default();
        let outcome = machine.run_token(&mut recorder);
        assert_eq!(outcome.cycles.0, 40);
        assert!(recorder.dispatches.iter().all(|event| event.site.instance == 1 && 20 <= event.cycle.0));
        assert_eq!(machine.run_instance(&mut Silent), None);
        assert_eq!(outcome.poison, []);
    }
}
