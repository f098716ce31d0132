//! A worked value for every kind of instruction: a small program, and the bytes that it must leave, written out by hand.
//!
//! In: nothing.  Out: a case per row of the table.
//! Invariant: cycles and expected bytes are numbers and one line of arithmetic per lane; nothing is asked of judge or simulator.
//! Method: words travel between slices of the eastern half. On the published chip a read in group g (slices 4 g to 4 g + 3) meets the
//!     SXM 16 - g cycles after its dispatch and the MXM after 20 - g; what leaves either inward meets group g after 15 - g.

use super::bench::Bench;
use graph::{Builder, DType, Tensor};
use program::{LaneMap, RecordContent, RecordField, Residency, WordSource};

/// A word of the first chip: slice, address, and the byte of each lane.
pub type Left = (&'static str, u16, fn(usize) -> u8);

/// A small program and what it must leave.
pub struct Case {
    /// The program.
    pub bench: Bench,
    /// Words that it leaves.
    pub leaves: Vec<Left>,
    /// Cycles that a token takes, where they are what the instruction is about.
    pub cycles: Option<u64>,
    /// The worked value in words.
    pub says: &'static str,
}

/// What lies in the words that are moved.
fn pattern(lane: usize) -> u8 {
    (lane % 251) as u8
}

fn other(lane: usize) -> u8 {
    (lane * 7 % 256) as u8
}

fn case(bench: Bench, leaves: Left, says: &'static str) -> Case {
    Case { bench, leaves: vec![leaves], cycles: None, says }
}

/// Word 5 of E0 into word 7 of E40, ten hops away.
fn copied() -> Bench {
    let mut bench = Bench::default();
    bench.word("E0", 5, pattern);
    bench.at(0, "E0.read", "read b0+5 -> E3").at(11, "E40.write", "write E3 -> b0+7");
    bench
}

pub fn read() -> Case {
    case(copied(), ("E40", 7, pattern), "word 5 of E0, read in cycle 0, is ten hops away in cycle 11")
}

pub fn write() -> Case {
    case(copied(), ("E40", 7, pattern), "what passes E40 in cycle 11 is its word 7 afterwards")
}

pub fn nop() -> Case {
    case(copied(), ("E40", 7, pattern), "11 cycles of nothing, then the write: the word of cycle 0 comes by")
}

pub fn repeat() -> Case {
    let mut bench = Bench::default();
    bench.rows(0, ("E0", 5), 4, |row, lane| pattern(lane) ^ row as u8);
    bench.at(0, "E0.read", "read b0+5:1 -> E3 x4/2").at(11, "E40.write", "write E3 -> b0+7:2 x4/2");
    case(bench, ("E40", 13, |lane| pattern(lane) ^ 3), "words 5 to 8 go to words 7, 9, 11 and 13, one every 2 cycles")
}

pub fn gather() -> Case {
    let mut bench = Bench::default();
    bench.rows(0, ("E8", 500), 4, |row, lane| (50 * row + lane) as u8);
    bench.map("E4", 7, 500);
    bench.at(0, "E4.read", "read b0+7 -> E31");
    bench.at(2, "E8.read", "gather map E31 -> E5").at(4, "E12.write", "write E5 -> b0+0");
    case(bench, ("E12", 0, |lane| (150 + lane) as u8), "at position 3 word 503, whose byte of lane l is 150 + l")
}

pub fn scatter() -> Case {
    let mut bench = Bench::default();
    let mut builder = Builder::new();
    let x = builder.input("x", DType::I8, &[1, 320]);
    let position = builder.input("position", DType::I32, &[1]);
    let cache = builder.state("cache", DType::I8, &[4, 320]);
    let next = builder.scatter(cache, x, position);
    let mut lowered = builder.finish();
    lowered.updates = vec![(cache, next)];
    bench.lowered = lowered;
    bench.inputs.insert("x".to_owned(), Tensor::i8(&[1, 320], (0..320).map(|lane| pattern(lane) as i8).collect()));
    let state = WordSource::State { node: cache, plane: 0 };
    let e8 = super::bench::slice("E8");
    bench.image.push(Residency { chip: 0, slice: e8, address: 500, words: 4, source: state, row: 0, step: 1 });
    let content = RecordContent::Input { name: "x".to_owned(), plane: 0 };
    bench.record.push(RecordField { slice: super::bench::slice("E5"), address: 0, content });
    bench.map("E4", 7, 500);
    bench.at(0, "E4.read", "read b0+7 -> E31").at(0, "E5.read", "read b0+0 -> E3");
    bench.at(2, "E8.write", "scatter E3 -> map E31");
    let leaves: Vec<Left> = vec![("E8", 503, pattern), ("E8", 502, |_| 0)];
    Case { bench, leaves, cycles: None, says: "at position 3 word 503 is replaced, word 502 is not" }
}

/// Sixteen columns of weights from slices E0 to E15, at the MXM in cycle 40 and installed for cycle 44; an activation meets them there.
fn product(weight: impl Fn(usize, usize) -> u8, activations: &[fn(usize) -> u8], activate: &str) -> Bench {
    let mut bench = Bench::default();
    for column in 0..16usize {
        let slice = format!("E{column}");
        bench.word(&slice, 0, |lane| weight(column, lane));
        let cycle = 20 + column as u64 / 4;
        bench.at(cycle, &format!("{slice}.read"), &format!("read b0+0 -> E{column}"));
    }
    bench.at(40, "mxmE0.weights", "load g0 s0").at(41, "mxmE0.weights", "install");
    for (number, byte) in (0..).zip(activations) {
        let slice = format!("E{}", 17 + number);
        bench.word(&slice, 0, byte);
        bench.at(28, &format!("{slice}.read"), &format!("read b0+0 -> E{}", 16 + number));
    }
    bench.at(44, "mxmE0.activate", activate);
    bench.at(58, "mxmE0.accumulate", "accumulate a3 set -> s8");
    for byte in 0..4 {
        bench.at(99, &format!("E{}.write", 32 + byte), &format!("write W{} -> b0+0", 8 + byte));
    }
    bench
}

/// Column c has weights of c in all 320 lanes, the activation is 1: column c of the product is 320 c.
fn whole_product(says: &'static str) -> Case {
    let bench = product(|column, _| column as u8, &[|_| 1], "activate s16 i8");
    let leaves: Vec<Left> = vec![
        ("E32", 0, |lane| if lane < 16 { (320 * lane) as u8 } else { 0 }),
        ("E33", 0, |lane| if lane < 16 { (320 * lane / 256) as u8 } else { 0 }),
        ("E34", 0, |_| 0),
    ];
    Case { bench, leaves, cycles: None, says }
}

pub fn load() -> Case {
    whole_product("16 words become columns 0 to 15: of 320 weights of 5 the product with ones is 1600 in column 5")
}

pub fn install() -> Case {
    whole_product("installed in cycle 41, the columns multiply in cycle 44: column 5 gives 1600")
}

pub fn activate_i8() -> Case {
    whole_product("320 ones times 320 weights of 5 are 1600")
}

pub fn accumulate() -> Case {
    whole_product("the product of cycle 44 is taken in cycle 58 and leaves on four streams in cycle 92: 1600 = 0x640")
}

pub fn activate_f16() -> Case {
    let weight = |_: usize, lane: usize| if lane.is_multiple_of(2) { 0 } else { 0x3c };
    let mut bench = product(weight, &[|_| 0, |_| 0x40], "activate s16 f16.1");
    bench.at(41, "mxmE1.weights", "install");
    // 320.0 is 0x43a00000.
    let leaves: Vec<Left> = vec![
        ("E33", 0, |_| 0),
        ("E34", 0, |lane| if lane < 16 { 0xa0 } else { 0 }),
        ("E35", 0, |lane| if lane < 16 { 0x43 } else { 0 }),
    ];
    Case { bench, leaves, cycles: None, says: "half of the lanes, 160, of 2.0 times weights of 1.0 are 320.0" }
}

pub fn alu() -> Case {
    let bench = super::alu::bench("add f32 E0 E4 -> E8", [1.5f32.to_bits(), 2.25f32.to_bits()], 4);
    // 3.75 is 0x40700000.
    let leaves: Vec<Left> = vec![("E2", 1, |_| 0x70), ("E3", 1, |_| 0x40)];
    Case { bench, leaves, cycles: None, says: "1.5 + 2.25 = 3.75, 7 cycles after both are there; more below" }
}

/// A word of E0 on stream E4 at the SXM in cycle 16; what leaves it `after` cycles later on stream W5 is kept in E40.
fn turned(queue: &str, entry: &str, after: u64, from: &str) -> Bench {
    let mut bench = Bench::default();
    bench.word("E0", 0, pattern);
    bench.at(0, "E0.read", "read b0+0 -> E4").at(16, queue, entry);
    bench.at(16 + after + 5, "E40.write", &format!("write {from} -> b0+0"));
    bench
}

pub fn distribute() -> Case {
    let entry = "distribute s4 -> s5 map 1,0,3,2,5,4,7,6,9,8,11,10,13,12,15,z";
    let bench = turned("sxmE0.distribute", entry, 2, "W5");
    let byte = |lane: usize| if lane % 16 == 15 { 0 } else { pattern(lane ^ 1) };
    case(bench, ("E40", 0, byte), "neighbours change places, lane 15 of every superlane is zero")
}

pub fn transpose() -> Case {
    let mut bench = Bench::default();
    for number in 0..16usize {
        let slice = format!("E{number}");
        bench.word(&slice, 0, |lane| (16 * number + lane % 16) as u8);
        bench.at(8 + number as u64 / 4, &format!("{slice}.read"), &format!("read b0+0 -> E{number}"));
    }
    bench.at(24, "sxmE0.transpose", "transpose s0 -> s16").at(33, "E40.write", "write W21 -> b0+0");
    case(bench, ("E40", 0, |lane| (16 * (lane % 16) + 5) as u8), "row 5 of the result is byte 5 of each of 16 words")
}

pub fn rotate() -> Case {
    let mut bench = Bench::default();
    for row in 0..3usize {
        bench.word(&format!("E{row}"), 0, |lane| (100 * row + lane % 16) as u8);
        bench.at(0, &format!("E{row}.read"), &format!("read b0+0 -> E{}", 4 + row));
    }
    bench.at(16, "sxmE0.transpose", "rotate s4 -> s16 by 3").at(25, "E40.write", "write W21 -> b0+0");
    let byte = |lane: usize| (100 + (lane + 2) % 16) as u8;
    case(bench, ("E40", 0, byte), "stream 16 + 3 + 2 is row 1 turned by 2: lane 0 has what lane 2 had")
}

pub fn permute() -> Case {
    let mut bench = turned("sxmE0.permute", "permute s4 -> s5 map 0", 36, "W5");
    bench.maps.push(LaneMap { from: (0..320).rev().collect() });
    case(bench, ("E40", 0, |lane| pattern(319 - lane)), "all 320 lanes in reverse order: lane 0 has what lane 319 had")
}

pub fn shift() -> Case {
    let mut bench = turned("sxmE0.permute", "shift s4 s6 by 16 -> s5", 36, "W5");
    bench.word("E1", 0, other);
    bench.at(0, "E1.read", "read b0+0 -> E6");
    let byte = |lane: usize| if lane < 16 { other(304 + lane) } else { pattern(lane - 16) };
    case(bench, ("E40", 0, byte), "one word moves up a superlane, the last superlane of the other stands below it")
}

/// Two chips send each other a word.
fn exchanged() -> Bench {
    let mut bench = Bench::on("node-2");
    bench.rows(0, ("W0", 0), 1, |_, lane| pattern(lane));
    bench.rows(1, ("W0", 0), 1, |_, lane| other(lane));
    bench.at(0, "W0.read", "read b0+0 -> W4").at(16, "c2cW0.send", "send s4");
    bench.at(525, "c2cW0.receive", "receive -> s5").at(531, "W40.write", "write E5 -> b0+0");
    bench
}

pub fn send() -> Case {
    case(
        exchanged(),
        ("W40", 0, other),
        "what the other chip sent in cycle 16 is here: 24 + 217 + 268 cycles later it lands",
    )
}

pub fn receive() -> Case {
    case(exchanged(), ("W40", 0, other), "received in cycle 525, the word is on its stream in cycle 526")
}

/// A word copied by a template that is stamped twice, and over `barrier` cycles after its Notify of cycle 20.
fn parked() -> Bench {
    let mut bench = Bench::default();
    bench.rows(0, ("E0", 5), 2, |row, lane| pattern(lane) ^ row as u8);
    bench.at(0, "E0.read", "read b1+5 -> E3").at(1, "E0.read", "sync");
    bench.at(11, "E40.write", "write E3 -> b1+7").at(12, "E40.write", "sync");
    bench.at(20, "alu0", "notify").at(54, "alu0", "nop 1");
    bench.stamped(&[&[0, 0], &[0, 1]]);
    bench
}

fn released(says: &'static str) -> Case {
    let leaves: Vec<Left> = vec![("E40", 7, pattern), ("E40", 8, |lane| pattern(lane) ^ 1)];
    Case { bench: parked(), leaves, cycles: Some(110), says }
}

pub fn sync() -> Case {
    released("queues that park in cycles 1 and 12 go on together in cycle 55, for the next template: twice 55 cycles")
}

pub fn notify() -> Case {
    released("from the Notify of cycle 20 to the next instruction of every queue are 35 cycles: twice 55 cycles in all")
}

pub fn deskew() -> Case {
    let mut bench = copied();
    bench.at(1, "E0.read", "sync").at(12, "E40.write", "sync");
    bench.at(20, "c2cE0.send", "deskew 40").at(60, "c2cE0.send", "notify").at(94, "c2cE0.send", "nop 1");
    let leaves: Vec<Left> = vec![("E40", 7, pattern)];
    Case { bench, leaves, cycles: Some(95), says: "20 cycles, 40 for the clock, 35 for the release: 95" }
}

pub fn fetch() -> Case {
    let mut bench = Bench::default();
    bench.rows(0, ("E0", 5), 2, |row, lane| pattern(lane) ^ row as u8);
    for cycle in 0..100 {
        let entry = match cycle {
            0 => "fetch E16 b0+0",
            48 => "fetch E16 b0+2",
            99 => "read b0+6 -> E3",
            _ => "read b0+5 -> E3",
        };
        bench.at(cycle, "E0.read", entry);
    }
    bench.at(110, "E40.write", "write E3 -> b0+7");
    let says =
        "of 100 instructions in a row 40 are there and 40 come twice; those fetched in cycle 48 are there for cycle 80";
    case(bench, ("E40", 7, |lane| pattern(lane) ^ 1), says)
}

pub fn config() -> Case {
    let mut bench = Bench::default();
    bench.word("E0", 5, |lane| pattern(lane) | 1);
    bench.at(0, "E0.read", "config 3").at(1, "E0.read", "read b0+5 -> E3");
    bench.at(12, "E40.write", "write E3 -> b0+7");
    let byte = |lane: usize| if lane < 48 { pattern(lane) | 1 } else { 0 };
    case(bench, ("E40", 7, byte), "3 superlanes work: lanes 0 to 47 are read, the other 272 are zero")
}
