//! The library of small programs as text.
//!
//! In: a program with its witness and a sentence.  Out: its assembler text with the cycle of every burst, and the text of its graph.
//! Invariant: the texts say what the program says: reading them back gives the same executable and graph.
//! Method: `program::text` and `graph::text`; of the witness only cycles are kept, as comments. What the host gives and what the
//!     tables hold are small numbers that follow from name, row and lane.

use graph::{DType, Op, Shape, Tensor, TensorId};
use program::{Program, Witness, text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Folder of the library.
pub const FOLDER: &str = "crates/program/library";

/// Name and sentence of every program of the library.
pub const SAYS: [(&str, &str); 17] = [
    (
        "copy",
        "Four bytes of two inputs go from slices 0-3 to slices 8-11; one template, stamped twice with its own base.",
    ),
    ("add", "y = x + bias: eight streams meet at one ALU; the sum leaves four cycles after it is made."),
    (
        "running_max",
        "Three maxima of three rows each, folded in one ALU: a result is there again after 3 cycles, so three folds run in turn.",
    ),
    (
        "softmax",
        "exp(x - max) / sum over six positions, lane by lane: a running maximum, a chain of ALUs, a reciprocal root squared.",
    ),
    (
        "matmul",
        "A dot product of 640 lanes for each of 32 columns: two K blocks, two int8 digits, one accumulator each.",
    ),
    (
        "lane_sum",
        "The sum of all 320 lanes in f16, by a tile of ones: the MXM is the only unit that adds across lanes.",
    ),
    (
        "cache",
        "An input is scattered into a cache at the token's position, and the row of that position is gathered again.",
    ),
    ("distribute", "The lanes of every superlane in reverse order, by four distributors."),
    ("transpose", "A table of 16 x 16 numbers transposed, byte after byte, by one transposer."),
    ("permute", "All 320 lanes in reverse order by a map, and turned by 17 by a shift of a stream beside itself."),
    ("exchange", "Two chips send each other a row: what is sent in cycle t lands in cycle t + 509, and only then."),
    ("all_reduce", "Eight chips add their rows in three rounds: chip c adds what c xor 1, c xor 2 and c xor 4 send."),
    (
        "top_k",
        "The two greatest of eight rows, lane by lane, each with its row in its last three bits: of a score of 5 in row 2 the key is \
         8 x 5 + 7 - 2. The first is a running maximum; then whoever is as great is pushed down, and the maximum runs again.",
    ),
    (
        "attention",
        "One query, sixteen positions, sixteen channels: softmax(query . keys / 16) . values. Scores in the eastern MXM; their \
         exponentials go east to the values and west to a tile of ones, and meet again divided.",
    ),
    (
        "rotate",
        "Three rows, each turned by 0, 1 and 2 lanes in every superlane: the nine windows of a 3 x 3 convolution, of which two are kept.",
    ),
    (
        "aligned",
        "The exchange after a barrier: all queues park, the chips align their clocks, 35 cycles after the Notify all go on; two \
         queues fetch their instructions.",
    ),
    ("narrow", "A row of 48 lanes, read by three of twenty superlanes; the others rest and give zeros."),
];

/// A program of the library and what it works on.
pub struct Stored {
    /// The program, without a witness.
    pub program: Program,
    /// Its tables.
    pub tables: BTreeMap<TensorId, Arc<Tensor>>,
    /// Its inputs.
    pub inputs: BTreeMap<String, Tensor>,
}

/// Position of the token.
pub const POSITION: u16 = 3;

/// The number in a row and lane of an input or table.
pub fn number(name: &str, row: usize, lane: usize) -> i32 {
    let name: usize = name.bytes().map(usize::from).sum();
    (name * 31 + row * 17 + lane * 7) as i32 % 23 - 11
}

/// What lies there; digits of i32 are two bytes of their own sign.
fn tensor(name: &str, dtype: DType, shape: &Shape) -> Tensor {
    let lanes = shape.lanes() as usize;
    let numbers = (0..shape.rows() as usize * lanes).map(|index| number(name, index / lanes, index % lanes));
    match (name, dtype) {
        ("order", _) => Tensor::i32(shape.extents(), (0..8).flat_map(|row| vec![7 - row; lanes]).collect()),
        ("query", _) => Tensor::f32(shape.extents(), numbers.map(|number| number as f32 / 8.0).collect()),
        ("position", _) => Tensor::i32(shape.extents(), vec![i32::from(POSITION)]),
        ("ones", _) => Tensor::f16(shape.extents(), numbers.map(|_| graph::half::f32_to_f16(1.0)).collect()),
        ("scores", _) => Tensor::f32(shape.extents(), numbers.map(|number| number as f32 / 8.0).collect()),
        (_, DType::F16) => {
            Tensor::f16(shape.extents(), numbers.map(|number| graph::half::f32_to_f16(number as f32 / 32.0)).collect())
        }
        (_, DType::F32) => Tensor::f32(shape.extents(), numbers.map(|number| number as f32).collect()),
        (_, DType::I32) => Tensor::i32(shape.extents(), numbers.map(|number| number & 0x7f).collect()),
        _ => Tensor::i8(shape.extents(), numbers.map(|number| number as i8).collect()),
    }
}

/// The program of that name, read from its two texts, with what its tables hold and what the host gives.
pub fn stored(name: &str) -> Stored {
    let asm = crate::read(&format!("{FOLDER}/{name}.asm"));
    let lowered = crate::read(&format!("{FOLDER}/{name}.graph"));
    let executable = text::parse(&asm).unwrap_or_else(|error| panic!("{name}: {error}"));
    let lowered = graph::text::parse(&lowered).unwrap_or_else(|error| panic!("{name}: {error}"));
    let tables = lowered.tensors.iter().map(|(id, info)| (id, Arc::new(tensor(&info.name, info.dtype, &info.shape))));
    let tables = tables.collect();
    let inputs = lowered.nodes.iter().filter_map(|(_, node)| match &node.op {
        Op::Input { name } => Some((name.clone(), tensor(name, node.dtype, &node.shape))),
        _ => None,
    });
    let inputs = inputs.collect();
    Stored { program: Program { executable, witness: Witness::default(), lowered }, tables, inputs }
}

/// The assembler text and the graph of a program.
pub fn texts(says: &str, program: &Program) -> (String, String) {
    let labelled = text::print_with_labels(&program.executable, &program.witness);
    let line = |line: &str| match line.split_once("; @") {
        Some((entry, claim)) => format!("{entry}; @{}\n", claim.split(' ').next().unwrap_or_default()),
        None => format!("{}\n", line.trim_end()),
    };
    let body: String = labelled.lines().map(line).collect();
    let comment: String = wrapped(says).iter().map(|line| format!("; {line}\n")).collect();
    (comment + &body, graph::text::print(&program.lowered))
}

/// The sentence in lines of at most 100 letters.
fn wrapped(says: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in says.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if 100 < last.len() + word.len() {
            lines.push(word.to_owned());
        } else {
            last.extend((!last.is_empty()).then_some(' '));
            last.push_str(word);
        }
    }
    lines
}
