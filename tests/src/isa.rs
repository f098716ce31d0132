//! The table of instructions as Markdown.
//!
//! In: the instructions, the facts of a chip.  Out: one row per instruction and per operation of an ALU.
//! Invariant: `row` has an arm for every variant, so that an instruction without a row does not compile.
//! Method: the text form shows the operands, `arch::facts` the standing of each latency, a literal the test.

use arch::{Chip, Direction, StreamId};
use graph::{DType, ScalarOp};
use program::{
    AccumulateMode, Address, AluOp, Burst, Entry, Executable, Instance, Instruction, MxmFormat, Operand, Program,
    Template, TemplateId, Witness, text,
};
use std::fmt::Write;
use units::Arena;

/// One instruction.
pub struct Row {
    /// A specimen.
    pub instruction: Instruction,
    /// Which queues issue it.
    pub queue: &'static str,
    /// Fields of `arch::Latencies` that time it.
    pub latencies: &'static [&'static str],
    /// What it does.
    pub does: &'static str,
    /// File and name of the test that executes it with a worked value.
    pub test: (&'static str, &'static str),
}

/// An operation of an ALU with a value worked out by hand, as bits.
pub struct Example {
    /// The operation.
    pub op: ScalarOp,
    /// Type of its operands.
    pub dtype: DType,
    /// First operand.
    pub a: u32,
    /// Second operand, ignored by operations of one.
    pub b: u32,
    /// The result.
    pub result: u32,
    /// The same in numbers.
    pub says: &'static str,
}

const VALUES: &str = "crates/sim/tests/machine/values.rs";
const LINKS: &str = "crates/sim/tests/machine/links.rs";

fn east(number: u8) -> StreamId {
    StreamId::new(Direction::East, number)
}

/// What there is to say of an instruction beside itself: queue, latencies, what it does, test.
type Facts = (&'static str, &'static [&'static str], &'static str, (&'static str, &'static str));

fn row(instruction: Instruction) -> Row {
    let (queue, latencies, does, test): Facts = match instruction {
        Instruction::Read { .. } => {
            ("`E0.read`", &["mem_read"], "a word onto a stream", (VALUES, "a_word_is_copied_ten_hops_far"))
        }
        Instruction::Write { .. } => {
            ("`E0.write`", &["mem_write"], "a stream into a word", (VALUES, "a_word_is_copied_ten_hops_far"))
        }
        Instruction::Gather { .. } => (
            "`E0.read`",
            &["mem_gather"],
            "a word per superlane at the addresses of a map",
            (VALUES, "a_row_is_gathered_and_scattered_at_the_position"),
        ),
        Instruction::Scatter { .. } => (
            "`E0.write`",
            &["mem_write"],
            "a stream into a word per superlane at the addresses of a map",
            (VALUES, "a_row_is_gathered_and_scattered_at_the_position"),
        ),
        Instruction::Load { .. } => (
            "`mxmE0.weights`",
            &["mxm_crossing"],
            "16 streams into 16 columns of the weight buffer",
            (VALUES, "a_tile_of_two_k_blocks_is_multiplied"),
        ),
        Instruction::Install => (
            "`mxmE0.weights`",
            &["mxm_install"],
            "the weight buffer becomes the array",
            (VALUES, "a_tile_of_two_k_blocks_is_multiplied"),
        ),
        Instruction::Activate { format: MxmFormat::I8, .. } => (
            "`mxmE0.activate`",
            &["mxm_entry", "mxm_multiply"],
            "a stream of int8 times the array",
            (VALUES, "a_tile_of_two_k_blocks_is_multiplied"),
        ),
        Instruction::Activate { format: MxmFormat::F16 { .. }, .. } => (
            "`mxmE0.activate`",
            &["mxm_entry", "mxm_multiply"],
            "half of the lanes of a stream pair of f16 times both arrays",
            (VALUES, "lanes_are_summed_by_ones"),
        ),
        Instruction::Accumulate { .. } => (
            "`mxmE0.accumulate`",
            &["mxm_accumulate"],
            "the product into an accumulator, and out on four streams",
            (VALUES, "a_tile_of_two_k_blocks_is_multiplied"),
        ),
        Instruction::Alu(_) => (
            "`alu0`",
            &["vxm_entry", "vxm_alu"],
            "an operation on streams, results of ALUs and constants; see below",
            (VALUES, "three_alus_chain"),
        ),
        Instruction::Distribute { .. }
        | Instruction::Transpose { .. }
        | Instruction::Permute { .. }
        | Instruction::Shift { .. }
        | Instruction::Send { .. }
        | Instruction::Receive { .. } => edge(instruction),
    };
    Row { instruction, queue, latencies, does, test }
}

/// The same of instructions at the edge of the chip: switch unit and links.
fn edge(instruction: Instruction) -> Facts {
    match instruction {
        Instruction::Distribute { .. } => (
            "`sxmE0.distribute`",
            &["sxm_distribute"],
            "lanes of each superlane moved or repeated",
            (VALUES, "pairs_of_lanes_are_swapped"),
        ),
        Instruction::Transpose { .. } => (
            "`sxmE0.transpose`",
            &["sxm_transpose"],
            "16 x 16 bytes of 16 streams transposed in every superlane",
            (VALUES, "sixteen_words_are_transposed_within_every_superlane"),
        ),
        Instruction::Permute { .. } => (
            "`sxmE0.permute`",
            &["sxm_permute"],
            "all 320 lanes by a bijective map",
            (VALUES, "lanes_go_where_the_map_and_the_shift_send_them"),
        ),
        Instruction::Shift { .. } => (
            "`sxmE0.permute`",
            &["sxm_permute"],
            "one stream shifted up, the other down, side by side",
            (VALUES, "lanes_go_where_the_map_and_the_shift_send_them"),
        ),
        Instruction::Send { .. } => (
            "`c2cE0.send`",
            &["link_vector", "link_flight", "link_remainder"],
            "a stream onto a link",
            (LINKS, "each_holds_the_others_word_afterwards_and_not_a_cycle_earlier"),
        ),
        _ => (
            "`c2cE0.receive`",
            &["link_receive"],
            "what lands on a link onto a stream",
            (LINKS, "each_holds_the_others_word_afterwards_and_not_a_cycle_earlier"),
        ),
    }
}

/// A row per instruction, in the order of `program::Instruction`.
pub fn rows() -> Vec<Row> {
    let address = Address { base: 1, offset: 40, stride: 2 };
    let alu = AluOp {
        op: ScalarOp::Add,
        dtype: DType::F32,
        a: Operand::Stream(east(4)),
        b: Operand::Alu(2),
        to: Some(east(8)),
    };
    let specimens = [
        Instruction::Read { address, to: east(3) },
        Instruction::Write { address, from: east(3) },
        Instruction::Gather { map: east(4), to: east(5) },
        Instruction::Scatter { map: east(4), from: east(3) },
        Instruction::Load { group: 0, from: 16 },
        Instruction::Install,
        Instruction::Activate { from: 4, format: MxmFormat::I8 },
        Instruction::Activate { from: 4, format: MxmFormat::F16 { half: 1 } },
        Instruction::Accumulate { slot: 3, step: 1, mode: AccumulateMode::Add, emit: Some(8) },
        Instruction::Alu(alu),
        Instruction::Distribute { from: 4, to: 5, map: std::array::from_fn(|lane| lane as u8 ^ 1) },
        Instruction::Transpose { from: 16, to: 0 },
        Instruction::Permute { from: 4, to: 5, map: 0 },
        Instruction::Shift { north: 4, south: 6, lanes: 16, to: 5 },
        Instruction::Send { from: 4 },
        Instruction::Receive { to: 4 },
    ];
    specimens.into_iter().map(row).collect()
}

impl Row {
    /// The specimen in the text form.
    pub fn text(&self) -> String {
        text::entry(&Entry::Issue(Burst::once(self.instruction)))
    }
}

/// A worked value for every operation on every type that an ALU has.
pub fn alu_examples() -> Vec<Example> {
    let one = |op, dtype, a, b, result, says| Example { op, dtype, a, b, result, says };
    let real =
        |op, a: f32, b: f32, result: f32, says| one(op, DType::F32, a.to_bits(), b.to_bits(), result.to_bits(), says);
    let whole = |op, a: i32, b: i32, result: i32, says| one(op, DType::I32, a as u32, b as u32, result as u32, says);
    vec![
        real(ScalarOp::Add, 1.5, 2.25, 3.75, "1.5 + 2.25 = 3.75"),
        whole(ScalarOp::Add, i32::MAX, 1, i32::MIN, "2147483647 + 1 = -2147483648, wrapping"),
        real(ScalarOp::Sub, 1.5, 2.25, -0.75, "1.5 - 2.25 = -0.75"),
        whole(ScalarOp::Sub, 3, 10, -7, "3 - 10 = -7"),
        real(ScalarOp::Mul, -1.5, 2.5, -3.75, "-1.5 * 2.5 = -3.75"),
        whole(ScalarOp::Mul, 65_536, 65_537, 65_536, "65536 * 65537 = 65536, wrapping"),
        real(ScalarOp::Max, -0.0, 0.0, 0.0, "of -0 and +0 the greater is +0"),
        whole(ScalarOp::Max, -3, 2, 2, "of -3 and 2 the greater is 2"),
        real(ScalarOp::Min, 0.0, -0.0, -0.0, "of +0 and -0 the smaller is -0"),
        whole(ScalarOp::Min, -3, 2, -3, "of -3 and 2 the smaller is -3"),
        real(ScalarOp::Exp, 2.0, 0.0, 7.389_056, "e^2 = 7.389056"),
        real(ScalarOp::Tanh, 2.0, 0.0, 0.964_027_6, "tanh 2 = 0.9640276"),
        real(ScalarOp::Rsqrt, 4.0, 0.0, 0.5, "1 / sqrt 4 = 0.5"),
        one(ScalarOp::LessEqual, DType::F32, 2f32.to_bits(), 2f32.to_bits(), 1, "2.0 <= 2.0 is 1"),
        whole(ScalarOp::LessEqual, 5, -5, 0, "5 <= -5 is 0"),
        whole(ScalarOp::Xor, 0b1100, 0b1010, 0b0110, "12 xor 10 = 6"),
        one(ScalarOp::F32ToI32, DType::F32, 2.5f32.to_bits(), 0, 2, "2.5 is nearest to the even 2"),
        whole(ScalarOp::I32ToF32, -3, 0, (-3f32).to_bits() as i32, "-3 is -3.0"),
        one(ScalarOp::F32ToF16, DType::F32, 1e6f32.to_bits(), 0, 0x7bff, "1000000 saturates at 65504"),
        one(ScalarOp::F16ToF32, DType::F16, 0x3e00, 0, 1.5f32.to_bits(), "1.5 is 1.5"),
        one(ScalarOp::I8ToI32, DType::I8, 0x80, 0, -128i32 as u32, "-128 is -128"),
        real(ScalarOp::Identity, 1.25, 0.0, 1.25, "1.25 unchanged"),
        one(ScalarOp::Identity, DType::F16, 0x3e00, 0, 0x3e00, "1.5 unchanged"),
        whole(ScalarOp::Identity, -7, 0, -7, "-7 unchanged"),
        one(ScalarOp::Identity, DType::I8, 0x85, 0, 0x85, "-123 unchanged"),
    ]
}

/// A program that issues the operation once, on results of no ALU and no stream: only its form can be wrong.
pub fn single(chip: &Chip, op: ScalarOp, dtype: DType) -> Program {
    let first = AluOp { op: ScalarOp::Identity, dtype, a: Operand::Stream(east(0)), b: Operand::None, to: None };
    let read = |byte: u8| {
        let slice = arch::SliceId { hemisphere: arch::Hemisphere::West, number: byte };
        let image = Instruction::Read { address: Address::fixed(0), to: east(byte) };
        (arch::Queue::MemRead(slice), vec![Entry::Issue(Burst::once(image)), Entry::Nop(9)])
    };
    let b = if op.arity() == 1 { Operand::None } else { Operand::Alu(5) };
    let second = AluOp { op, dtype, a: Operand::Alu(5), b, to: None };
    let issue = |cycle: u32, alu| {
        vec![Entry::Nop(cycle), Entry::Issue(Burst::once(Instruction::Alu(alu))), Entry::Nop(9 - cycle)]
    };
    let mut queues: Vec<_> = (0..4).map(read).collect();
    queues.push((arch::Queue::Alu(5), issue(1, first)));
    queues.push((arch::Queue::Alu(7), issue(4, second)));
    let mut templates = Arena::new();
    templates.push(Template { name: "one".to_owned(), queues });
    let mut builder = graph::Builder::new();
    let tensor = builder.tensor("word", DType::I8, &[1, 320]);
    let resident = |number| program::Residency {
        chip: 0,
        slice: arch::SliceId { hemisphere: arch::Hemisphere::West, number },
        address: 0,
        words: 1,
        source: program::WordSource::Tensor { tensor, packing: program::Packing::Plane(0) },
        row: 0,
        step: 1,
    };
    let executable = Executable {
        chip: chip.name.clone(),
        topology: "chip".to_owned(),
        maps: Vec::new(),
        templates,
        detours: Vec::new(),
        instances: vec![Instance { template: TemplateId::new(0), bases: vec![0], layer: None }],
        image: (0..4).map(resident).collect(),
        record: Vec::new(),
        context: 1,
        outputs: Vec::new(),
    };
    Program { executable, witness: Witness::default(), lowered: builder.finish() }
}

/// The table for a chip.
pub fn table(chip: &Chip) -> String {
    let facts = arch::facts(chip);
    let mut text = "# The instructions\n\nMade from the code by `cargo run -p tests --bin isa`; a test holds it. The text form of an \
        instruction shows its operands: `b1+40:2` is an address (base, words after it, words more with each iteration), `E3` a stream \
        with its direction, `s4` one whose direction follows from the queue. Latencies are cycles of the published chip with their \
        standing; semantics to the cycle stand in [instruction.rs](src/instruction.rs).\n\n"
        .to_owned();
    text += "| instruction | queue | does | latency | executed with a worked value by |\n|---|---|---|---|---|\n";
    for row in rows() {
        let latency = |name: &&str| {
            let fact = facts.iter().find(|fact| fact.name == *name).expect("every latency has a fact");
            format!("{name} {} ({})", fact.value, fact.standing)
        };
        let latencies: Vec<String> = row.latencies.iter().map(latency).collect();
        let (file, test) = row.test;
        let module = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".rs");
        let line = format!("`{}` | {} | {} | {}", row.text(), row.queue, row.does, latencies.join(", "));
        writeln!(text, "| {line} | `sim` {module}::{test} |").expect("a String takes every text");
    }
    text += "\nEvery queue can also wait (`nop 412`: nothing for that many cycles) and repeat (`read b0+7:1 -> E3 x20/1`: 20 issues, 1 \
        cycle apart; iteration i moves the address by i strides, the column group by i, the accumulator by i steps).\n\n";
    text += "## What an ALU does\n\nAll rows are executed by `alu_operations_have_their_worked_values`; exp, tanh and rsqrt on large \
        ALUs only.\n\n| operation | type | worked value |\n|---|---|---|\n";
    for Example { op, dtype, says, .. } in alu_examples() {
        writeln!(text, "| {} | {} | {says} |", op.name(), dtype.name()).expect("a String takes every text");
    }
    text
}
