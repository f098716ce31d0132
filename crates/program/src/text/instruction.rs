//! Instructions as words.
//!
//! In: an instruction, or words from its mnemonic on.  Out: words, or an instruction.
//! Invariant: every instruction has a text, also one that no queue may issue: broken programs are read and printed too.

use super::error::TextError;
use super::place::{address, address_word, operand, operand_word, slice, stream};
use super::words::Words;
use crate::{AccumulateMode, AluOp, Instruction, LANE_ZERO, MxmFormat, Operand};
use graph::{DType, ScalarOp};

/// The words of `instruction`.
pub(super) fn instruction_words(instruction: &Instruction) -> String {
    let name = instruction.mnemonic();
    match *instruction {
        Instruction::Read { address, to } => format!("{name} {} -> {to}", address_word(address)),
        Instruction::Write { address, from } => format!("{name} {from} -> {}", address_word(address)),
        Instruction::Gather { map, to } => format!("{name} map {map} -> {to}"),
        Instruction::Scatter { map, from } => format!("{name} {from} -> map {map}"),
        Instruction::Load { group, from } => format!("{name} g{group} s{from}"),
        Instruction::Install => name.to_owned(),
        Instruction::Activate { from, format: MxmFormat::I8 } => format!("{name} s{from} i8"),
        Instruction::Activate { from, format: MxmFormat::F16 { half } } => format!("{name} s{from} f16.{half}"),
        Instruction::Accumulate { slot, step, mode, emit } => {
            let step = if step == 0 { String::new() } else { format!(":{step}") };
            let mode = if mode == AccumulateMode::Set { "set" } else { "add" };
            let emit = emit.map_or(String::new(), |stream| format!(" -> s{stream}"));
            format!("{name} a{slot}{step} {mode}{emit}")
        }
        Instruction::Alu(alu) => alu_words(&alu),
        Instruction::Distribute { from, to, map } => {
            let lane = |lane: &u8| if *lane == LANE_ZERO { "z".to_owned() } else { lane.to_string() };
            let map: Vec<String> = map.iter().map(lane).collect();
            format!("{name} s{from} -> s{to} map {}", map.join(","))
        }
        Instruction::Transpose { from, to } => format!("{name} s{from} -> s{to}"),
        Instruction::Permute { from, to, map } => format!("{name} s{from} -> s{to} map {map}"),
        Instruction::Shift { north, south, lanes, to } => format!("{name} s{north} s{south} by {lanes} -> s{to}"),
        Instruction::Send { from } => format!("{name} s{from}"),
        Instruction::Receive { to } => format!("{name} -> s{to}"),
        Instruction::Rotate { from, to, size } => format!("{name} s{from} -> s{to} by {size}"),
        Instruction::Deskew { cycles } => format!("{name} {cycles}"),
        Instruction::Fetch { slice, address } => format!("{name} {slice} {}", address_word(address)),
        Instruction::Sync | Instruction::Notify => name.to_owned(),
        Instruction::Config { superlanes } => format!("{name} {superlanes}"),
    }
}

fn alu_words(alu: &AluOp) -> String {
    let mut text = format!("{} {} {}", alu.op.name(), alu.dtype.name(), operand_word(alu.a));
    if alu.b != Operand::None {
        text.push_str(&format!(" {}", operand_word(alu.b)));
    }
    if let Some(to) = alu.to {
        text.push_str(&format!(" -> {to}"));
    }
    text
}

/// The instruction that `mnemonic`, already read, and the words after it stand for.
pub(super) fn instruction(mnemonic: &str, words: &mut Words) -> Result<Instruction, TextError> {
    if let Some(op) = ScalarOp::ALL.into_iter().find(|op| op.name() == mnemonic) {
        return alu(op, words).map(Instruction::Alu);
    }
    Ok(match mnemonic {
        "read" => Instruction::Read { address: address(words)?, to: arrow(words, stream)? },
        "write" => Instruction::Write { from: stream(words)?, address: arrow(words, address)? },
        "gather" => Instruction::Gather { map: map_stream(words)?, to: arrow(words, stream)? },
        "scatter" => Instruction::Scatter { from: stream(words)?, map: arrow(words, map_stream)? },
        "load" => {
            Instruction::Load { group: words.prefixed('g', "a group of columns such as g0")?, from: outward(words)? }
        }
        "install" => Instruction::Install,
        "activate" => Instruction::Activate { from: outward(words)?, format: format_of(words)? },
        "accumulate" => accumulate(words)?,
        "distribute" => {
            let (from, to) = (outward(words)?, arrow(words, outward)?);
            words.keyword("map")?;
            Instruction::Distribute { from, to, map: lane_map(words)? }
        }
        "transpose" => Instruction::Transpose { from: outward(words)?, to: arrow(words, outward)? },
        "permute" => {
            let (from, to) = (outward(words)?, arrow(words, outward)?);
            words.keyword("map")?;
            Instruction::Permute { from, to, map: words.number("the number of a map from 0 on")? }
        }
        "shift" => {
            let (north, south) = (outward(words)?, outward(words)?);
            words.keyword("by")?;
            let lanes = words.number("lanes from 0 to 320")?;
            Instruction::Shift { north, south, lanes, to: arrow(words, outward)? }
        }
        "send" => Instruction::Send { from: outward(words)? },
        "receive" => Instruction::Receive { to: arrow(words, outward)? },
        "rotate" => {
            let (from, to) = (outward(words)?, arrow(words, outward)?);
            words.keyword("by")?;
            Instruction::Rotate { from, to, size: words.number("3 or 4 rows")? }
        }
        "deskew" => Instruction::Deskew { cycles: words.number("cycles from 1 to 65535")? },
        "fetch" => Instruction::Fetch { slice: slice(words)?, address: address(words)? },
        "sync" => Instruction::Sync,
        "notify" => Instruction::Notify,
        "config" => Instruction::Config { superlanes: words.number("superlanes from 0 to 20")? },
        _ => {
            return Err(
                words.wrong(mnemonic, "nop, an instruction such as read or install, or an operation such as add")
            );
        }
    })
}

fn arrow<T>(words: &mut Words, then: impl Fn(&mut Words) -> Result<T, TextError>) -> Result<T, TextError> {
    words.keyword("->")?;
    then(words)
}

fn map_stream(words: &mut Words) -> Result<arch::StreamId, TextError> {
    words.keyword("map")?;
    stream(words)
}

/// A stream whose direction follows from the queue.
fn outward(words: &mut Words) -> Result<u8, TextError> {
    words.prefixed('s', "the number of a stream such as s16")
}

fn format_of(words: &mut Words) -> Result<MxmFormat, TextError> {
    let expected = "a format: i8, f16.0 or f16.1";
    let word = words.word(expected)?;
    match word.strip_prefix("f16.") {
        None if word == "i8" => Ok(MxmFormat::I8),
        None => Err(words.wrong(&word, expected)),
        Some(half) => Ok(MxmFormat::F16 { half: words.convert(half, expected)? }),
    }
}

fn accumulate(words: &mut Words) -> Result<Instruction, TextError> {
    let expected = "an accumulator such as a3 or a3:1 (and its step per iteration)";
    let word = words.word(expected)?;
    let rest = word.strip_prefix('a').ok_or_else(|| words.wrong(&word, expected))?;
    let (slot, step) = rest.split_once(':').unwrap_or((rest, "0"));
    let (slot, step) = (words.convert(slot, expected)?, words.convert(step, expected)?);
    let mode = words.word("`set` or `add`")?;
    let mode = match mode.as_str() {
        "set" => AccumulateMode::Set,
        "add" => AccumulateMode::Add,
        _ => return Err(words.wrong(&mode, "`set` or `add`")),
    };
    let emit = words.take("->").map(|()| outward(words)).transpose()?;
    Ok(Instruction::Accumulate { slot, step, mode, emit })
}

fn alu(op: ScalarOp, words: &mut Words) -> Result<AluOp, TextError> {
    let expected = "an element type: f32, f16, i32, i16, i8 or u8";
    let name = words.word(expected)?;
    let dtype =
        DType::ALL.into_iter().find(|dtype| dtype.name() == name).ok_or_else(|| words.wrong(&name, expected))?;
    let a = operand(words)?;
    let has_second = matches!(words.peek(), Some('E' | 'W' | 'a' | '#'));
    let b = if has_second { operand(words)? } else { Operand::None };
    let to = words.take("->").map(|()| stream(words)).transpose()?;
    Ok(AluOp { op, dtype, a, b, to })
}

fn lane_map(words: &mut Words) -> Result<[u8; 16], TextError> {
    let expected = "16 lanes such as 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,z (z is zero)";
    let word = words.word(expected)?;
    let lane = |lane: &str| if lane == "z" { Ok(LANE_ZERO) } else { words.convert(lane, expected) };
    let lanes: Result<Vec<u8>, TextError> = word.split(',').map(lane).collect();
    lanes?.try_into().map_err(|_| words.wrong(&word, expected))
}
