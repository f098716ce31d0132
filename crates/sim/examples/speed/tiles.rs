//! A token shaped like SmolLM2-135M in int8.
//!
//! In: nothing.  Out: nanoseconds per dispatch and per operand, and the rate of products, of one token on one thread.
//! Invariant: the answer is compared with plain loops before a time is printed.
//! Method: four planes, 1,600 tiles of 320 x 320 and three activation rows each: 512,000 word reads and 492 million products.

use crate::queues::{self, Queues, fastest, put, seconds};
use arch::{Chip, Hemisphere, Queue, SliceId, StreamId};
use graph::{DType, ScalarOp, Tensor, TensorId};
use program::{
    AccumulateMode, Address, AluOp, Instruction, MxmFormat, Operand, Packing, Residency, Template, WORD_BYTES,
    WordSource,
};
use sim::{Arrival, Dispatch, Machine, Observer, Silent};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use units::Rng;

/// Tiles of each plane per instance, and instances.
const TILES: u64 = 20;
const INSTANCES: u64 = 20;
/// Cycles from one tile to the next, and of an instance.
const PERIOD: u64 = 26;
const LENGTH: u64 = TILES * PERIOD + 160;
/// Activation rows per tile.
const ROWS: u16 = 3;
/// Slices of the weights of plane 0 and of plane 1; none is reserved.
const SLICES: [[u8; 16]; 2] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [17, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35],
];
/// Slices of the results of plane 0 and of plane 1.
const RESULTS: [[u8; 4]; 2] = [[36, 37, 39, 40], [36, 37, 39, 40]];

/// One plane's tile that starts at `start`: see crates/sim/tests/machine/programs.rs, `matmul`, for the sums.
fn tile(queues: &mut Queues, half: Hemisphere, plane: u8, tile: u64) {
    let start = tile * PERIOD;
    for (number, slice) in SLICES[usize::from(plane)].into_iter().enumerate() {
        let queue = Queue::MemRead(SliceId { hemisphere: half, number: slice });
        let address = Address { base: 1, offset: 20 * tile as u16, stride: 1 };
        let to = StreamId::new(half.outward(), 16 * plane + number as u8);
        put(queues, start + u64::from(slice / 4), queue, Instruction::Read { address, to }, 20);
    }
    let weights = Queue::MxmWeights(half, plane);
    put(queues, start + 20, weights, Instruction::Load { group: 0, from: 16 * plane }, 20);
    put(queues, start + 40, weights, Instruction::Install, 1);
    let activate = Instruction::Activate { from: 31, format: MxmFormat::I8 };
    put(queues, start + 43, Queue::MxmActivate(half, plane), activate, u32::from(ROWS));
    let (mode, emit) = match tile % 2 {
        0 => (AccumulateMode::Set, None),
        _ => (AccumulateMode::Add, Some(4 * plane)),
    };
    let accumulate = Instruction::Accumulate { slot: 0, step: 1, mode, emit };
    put(queues, start + 57, Queue::MxmAccumulate(half, plane), accumulate, u32::from(ROWS));
    if emit.is_some() {
        scale(queues, half, plane, start + 57 + 34 + 4 + 11);
    }
}

/// Three rows of products at the VXM from `cycle` on become f32, are scaled, and lie in the other half's slices.
fn scale(queues: &mut Queues, half: Hemisphere, plane: u8, cycle: u64) {
    // Rows 0 and 3 reach the groups of the products, rows 1 and 2 hear them and reach those of the results.
    let [first, second] = [[0, 5], [12, 9]][half.index()].map(|alu| alu + 2 * plane);
    let stream = |number| StreamId::new(half.inward(), number);
    let convert = AluOp {
        op: ScalarOp::I32ToF32,
        dtype: DType::I32,
        a: Operand::Stream(stream(4 * plane)),
        b: Operand::None,
        to: None,
    };
    let scale = AluOp {
        op: ScalarOp::Mul,
        dtype: DType::F32,
        a: Operand::Alu(first),
        b: Operand::Immediate(0.5f32.to_bits()),
        to: Some(stream(16 + 4 * plane)),
    };
    put(queues, cycle, Queue::Alu(first), Instruction::Alu(convert), u32::from(ROWS));
    put(queues, cycle + 3, Queue::Alu(second), Instruction::Alu(scale), u32::from(ROWS));
    let other = Hemisphere::BOTH[1 - half.index()];
    if plane == 1 {
        return;
    }
    for (byte, number) in RESULTS[usize::from(plane)].into_iter().enumerate() {
        let from = stream(16 + byte as u8);
        let write = Instruction::Write { address: Address { base: 0, offset: 0, stride: 1 }, from };
        let queue = Queue::MemWrite(SliceId { hemisphere: other, number });
        put(queues, cycle + 3 + 7 + u64::from(number / 4), queue, write, u32::from(ROWS));
    }
}

fn template() -> Template {
    let mut queues = Queues::new();
    for half in Hemisphere::BOTH {
        for number in 0..TILES {
            let queue = Queue::MemRead(SliceId { hemisphere: half, number: 43 });
            let address = Address { base: 0, offset: 0, stride: 1 };
            let read = Instruction::Read { address, to: StreamId::new(half.outward(), 31) };
            put(&mut queues, number * PERIOD + 33, queue, read, u32::from(ROWS));
            for plane in 0..2 {
                tile(&mut queues, half, plane, number);
            }
        }
    }
    queues::template(&queues, LENGTH)
}

/// Weights of a tile, the same for all, and the activation rows.
fn data() -> [Vec<i8>; 2] {
    let mut rng = Rng::new(1);
    [WORD_BYTES * WORD_BYTES, usize::from(ROWS) * WORD_BYTES]
        .map(|count| (0..count).map(|_| rng.next_u64() as i8).collect())
}

fn image() -> Vec<Residency> {
    let mut image = Vec::new();
    for hemisphere in Hemisphere::BOTH {
        let source = |tensor| WordSource::Tensor { tensor: TensorId::new(tensor), packing: Packing::Plane(0) };
        let slice = |number| SliceId { hemisphere, number };
        image.push(Residency {
            chip: 0,
            slice: slice(43),
            address: 0,
            words: ROWS,
            source: source(1),
            row: 0,
            step: 1,
        });
        for (first, number) in SLICES.iter().flat_map(|slices| slices.iter().enumerate()) {
            for tile in 0..(TILES * INSTANCES) as u16 {
                let address = 20 * tile;
                let row = first as u32;
                image.push(Residency {
                    chip: 0,
                    slice: slice(*number),
                    address,
                    words: 20,
                    source: source(0),
                    row,
                    step: 16,
                });
            }
        }
    }
    image
}

#[derive(Default)]
struct Count {
    dispatches: u64,
    arrivals: u64,
}

impl Observer for Count {
    fn dispatch(&mut self, _: &Dispatch) {
        self.dispatches += 1;
    }

    fn arrival(&mut self, _: &Arrival) {
        self.arrivals += 1;
    }
}

fn check(machine: &Machine, end: units::Cycle, weights: &[i8], activations: &[i8]) {
    let moment = machine.at(end);
    for (row, activation) in activations.chunks_exact(WORD_BYTES).enumerate() {
        let words: Vec<_> = RESULTS[0]
            .iter()
            .map(|&number| match moment.sram(SliceId { hemisphere: Hemisphere::West, number }, row as u16) {
                Some(sim::WordView::Bytes(bytes)) => *bytes,
                _ => panic!("the result was not written"),
            })
            .collect();
        for (column, weights) in weights.chunks_exact(WORD_BYTES).enumerate() {
            let product: i32 = weights.iter().zip(activation).map(|(w, a)| i32::from(*w) * i32::from(*a)).sum();
            let expected = (2 * product) as f32 * 0.5;
            let found = f32::from_le_bytes(std::array::from_fn(|byte| words[byte][column]));
            assert_eq!(found, expected, "row {row} column {column}");
        }
    }
}

/// Loads, checks, measures.
pub fn measure() {
    let chip = Chip::lpu_14nm();
    let [weights, activations] = data();
    let tensors = BTreeMap::from([
        (TensorId::new(0), Arc::new(Tensor::i8(&[320, 320], weights.clone()))),
        (TensorId::new(1), Arc::new(Tensor::i8(&[u32::from(ROWS), 320], activations.clone()))),
    ]);
    let bases: Vec<Vec<u16>> = (0..INSTANCES).map(|number| vec![0, (number * TILES * 20) as u16]).collect();
    let executable = queues::executable(&chip, template(), &bases, image());
    let start = Instant::now();
    let mut machine = Machine::load(&chip, &executable, &tensors).expect("the program is well formed");
    println!("load      {:8.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let checkpoint = machine.clone();
    println!("clone     {:8.1} us", start.elapsed().as_secs_f64() * 1e6);
    drop(checkpoint);
    machine.launch(&BTreeMap::new(), 0).expect("there is no record");
    let mut count = Count::default();
    let outcome = machine.run_token(&mut count);
    assert_eq!(outcome.poison, [], "{:?}", outcome.poison.first().map(ToString::to_string));
    check(&machine, units::Cycle(outcome.cycles.0), &weights, &activations);
    let products = 2 * 2 * TILES * INSTANCES * u64::from(ROWS) * (WORD_BYTES * WORD_BYTES) as u64;
    let seconds = fastest(8, || {
        machine.launch(&BTreeMap::new(), 0).expect("there is no record");
        seconds(|| {
            machine.run_token(&mut Silent);
        })
    });
    println!(
        "token     {:8.1} ms  {} cycles  {:.1} ns/dispatch ({})  {:.1} ns/operand ({})  {:.2} G products/s",
        seconds * 1e3,
        outcome.cycles.0,
        seconds * 1e9 / count.dispatches as f64,
        count.dispatches,
        seconds * 1e9 / count.arrivals as f64,
        count.arrivals,
        products as f64 / seconds / 1e9,
    );
}
