//! Reads a text back to the executable it stands for.
//!
//! In: text from anywhere.  Out: an executable of good form, or the first error with line and column.
//! Invariant: never panics; comments and indentation change nothing in the result.
//! Method: line by line; a queue's line opens it, entries go to the queue opened last.

use super::error::{REMEDY_ORDER, REMEDY_WORD, TextError, quoted};
use super::instruction::instruction;
use super::place::{home, slice};
use super::words::Words;
use crate::{
    Burst, Detour, Entry, Executable, Instance, LaneMap, OutputField, Packing, QUEUE_CYCLES_MAX, RecordContent,
    RecordField, Residency, Template, TemplateId, WORD_BYTES, WordSource, check_form,
};
use arch::Queue;
use std::collections::BTreeMap;
use units::{Arena, Id};

/// The executable that `text` stands for.
pub fn parse(text: &str) -> Result<Executable, TextError> {
    let mut reader = Reader::default();
    let mut last = 1;
    for (index, line) in text.split('\n').enumerate() {
        last = index + 1;
        let mut words = Words::new(last, line.trim_end_matches('\r'))?;
        if words.peek().is_some() {
            let first = words.word("a line")?;
            reader.line(&first, words)?;
        }
    }
    let at_end = |found: String, expected: &str, remedy| TextError {
        line: last,
        column: 1,
        found,
        expected: expected.to_owned(),
        remedy,
    };
    let start = "a line `program CHIP on TOPOLOGY context N`";
    let executable = reader.executable.ok_or_else(|| at_end("the end of the text".to_owned(), start, REMEDY_ORDER))?;
    check_form(&executable).map_err(|fault| at_end(fault.to_string(), "an executable of good form", REMEDY_WORD))?;
    Ok(executable)
}

/// What is read so far.
#[derive(Default)]
struct Reader {
    executable: Option<Executable>,
    names: BTreeMap<String, TemplateId>,
    /// Template and cycles of the queue that entries go to.
    open: Option<(TemplateId, u64)>,
    template: Option<TemplateId>,
}

impl Reader {
    /// Reads one line whose first word is `first`.
    fn line(&mut self, first: &str, mut words: Words) -> Result<(), TextError> {
        if first == "program" {
            return self.program(words);
        }
        let Some(executable) = &mut self.executable else {
            return Err(words.error(
                quoted(first),
                "`program CHIP on TOPOLOGY context N` on the first line",
                REMEDY_ORDER,
            ));
        };
        match first {
            "map" => {
                let map = lane_map(executable.maps.len(), &mut words)?;
                executable.maps.push(map);
                words.end()
            }
            "template" => self.template(words),
            "queue" => self.queue(words),
            "instance" => self.instance(words),
            "detour" => self.detour(words),
            "image" => {
                executable.image.push(image(&mut words)?);
                words.end()
            }
            "record" => {
                executable.record.push(record(&mut words)?);
                words.end()
            }
            "output" => {
                executable.outputs.push(output(&mut words)?);
                words.end()
            }
            _ => self.entry(first, words),
        }
    }

    fn program(&mut self, mut words: Words) -> Result<(), TextError> {
        if self.executable.is_some() {
            return Err(words.error("a second `program`", "one program per text", REMEDY_ORDER));
        }
        let chip = words.word("the name of a chip")?;
        words.keyword("on")?;
        let topology = words.word("the name of a topology")?;
        words.keyword("context")?;
        let context = words.number("positions from 0 to 65535")?;
        self.executable = Some(Executable {
            chip,
            topology,
            maps: Vec::new(),
            templates: Arena::new(),
            instances: Vec::new(),
            detours: Vec::new(),
            image: Vec::new(),
            record: Vec::new(),
            context,
            outputs: Vec::new(),
        });
        words.end()
    }

    fn template(&mut self, mut words: Words) -> Result<(), TextError> {
        let name = words.word("the name of a template")?;
        if self.names.contains_key(&name) {
            return Err(words.wrong(&name, "a name that no template before it has"));
        }
        let executable = self.executable.as_mut().expect("`line` asks for the program first");
        let id = executable.templates.push(Template { name: name.clone(), queues: Vec::new() });
        self.names.insert(name, id);
        self.template = Some(id);
        self.open = None;
        words.end()
    }

    fn queue(&mut self, mut words: Words) -> Result<(), TextError> {
        let Some(id) = self.template else {
            return Err(words.error("a queue", "a template before it", REMEDY_ORDER));
        };
        let expected = "a queue such as E12.read, alu3, mxmE0.weights, sxmW1.distribute or c2cE0.send";
        let name = words.word(expected)?;
        let queue: Queue = name.parse().map_err(|_| words.wrong(&name, expected))?;
        let executable = self.executable.as_mut().expect("`line` asks for the program first");
        let queues = &mut executable.templates[id].queues;
        if let Some((before, _)) = queues.last().filter(|(before, _)| queue <= *before) {
            let expected = format!("a queue that comes after {before} in the order read, write, alu, mxm, sxm, c2c");
            return Err(words.wrong(&name, &expected));
        }
        queues.push((queue, Vec::new()));
        self.open = Some((id, 0));
        words.end()
    }

    fn entry(&mut self, first: &str, mut words: Words) -> Result<(), TextError> {
        let Some((id, cycles)) = &mut self.open else {
            let expected =
                "program, map, template, queue, instance, detour, image, record or output; entries come after a queue";
            return Err(words.error(quoted(first), expected, REMEDY_ORDER));
        };
        let entry = entry(first, &mut words)?;
        *cycles = cycles.saturating_add(entry.length().0);
        if QUEUE_CYCLES_MAX < *cycles {
            let expected = format!("queues of at most {QUEUE_CYCLES_MAX} cycles");
            return Err(words.error(format!("{cycles} cycles"), expected, "split the template"));
        }
        let executable = self.executable.as_mut().expect("`line` asks for the program first");
        let queues = &mut executable.templates[*id].queues;
        let (_, entries) = queues.last_mut().expect("a queue is open");
        entries.push(entry);
        words.end()
    }

    fn instance(&mut self, mut words: Words) -> Result<(), TextError> {
        (self.open, self.template) = (None, None);
        let name = words.word("the name of a template")?;
        let template = *self.names.get(&name).ok_or_else(|| words.wrong(&name, "the name of a template before it"))?;
        words.keyword("bases")?;
        let mut bases = Vec::new();
        while words.peek().is_some_and(|c| c.is_ascii_digit()) {
            bases.push(words.number("a base from 0 to 65535")?);
        }
        let layer = words.take("layer").map(|()| words.number("the number of a layer")).transpose()?;
        let executable = self.executable.as_mut().expect("`line` asks for the program first");
        executable.instances.push(Instance { template, bases, layer });
        words.end()
    }

    fn detour(&mut self, mut words: Words) -> Result<(), TextError> {
        (self.open, self.template) = (None, None);
        let instance: u32 = words.number("the number of an instance")?;
        words.keyword("chip")?;
        let chip = words.number("the number of a chip")?;
        let name = words.word("the name of a template")?;
        let template = *self.names.get(&name).ok_or_else(|| words.wrong(&name, "the name of a template before it"))?;
        let executable = self.executable.as_mut().expect("`line` asks for the program first");
        let before = executable.detours.last().map(|last| (last.instance, last.chip));
        if executable.instances.len() <= instance as usize || before.is_some_and(|last| (instance, chip) <= last) {
            let expected = "instances that are there, in their order, and in each the chips in theirs";
            return Err(words.wrong(&instance.to_string(), expected));
        }
        executable.detours.push(Detour { instance, chip, template });
        words.end()
    }
}

/// A map of lanes as `runs` prints it; `number` is the one it must have.
fn lane_map(number: usize, words: &mut Words) -> Result<LaneMap, TextError> {
    let wanted = format!("map {number}: maps are numbered from 0 on");
    let found: usize = words.number(&wanted)?;
    if found != number {
        return Err(words.wrong(&found.to_string(), &wanted));
    }
    words.keyword("lanes")?;
    let expected = "320 lanes as numbers and runs, such as 160..319,0..159";
    let word = words.word(expected)?;
    let mut from: Vec<u16> = Vec::new();
    for run in word.split(',') {
        let (first, last) = run.split_once("..").unwrap_or((run, run));
        let (first, last): (u16, u16) = (words.convert(first, expected)?, words.convert(last, expected)?);
        if WORD_BYTES <= from.len() + usize::from(first.abs_diff(last)) {
            return Err(words.wrong(run, expected));
        }
        if first <= last { from.extend(first..=last) } else { from.extend((last..=first).rev()) }
    }
    if from.len() != WORD_BYTES {
        return Err(words.wrong(&format!("{} lanes", from.len()), expected));
    }
    Ok(LaneMap { from })
}

fn entry(first: &str, words: &mut Words) -> Result<Entry, TextError> {
    if first == "nop" {
        let cycles = words.number("cycles from 1 to 4294967295")?;
        return if cycles == 0 { Err(words.wrong("0", "at least 1 cycle")) } else { Ok(Entry::Nop(cycles)) };
    }
    let instruction = instruction(first, words)?;
    let (mut count, mut interval) = (1, 1);
    if words.peek() == Some('x') {
        let expected = "a repetition such as x20/1 (times, cycles from one to the next)";
        let word = words.word(expected)?;
        let parts = word.strip_prefix('x').and_then(|rest| rest.split_once('/'));
        let (times, cycles) = parts.ok_or_else(|| words.wrong(&word, expected))?;
        (count, interval) = (words.convert(times, expected)?, words.convert(cycles, expected)?);
        if count == 0 || interval == 0 {
            return Err(words.wrong(&word, "at least 1 time and 1 cycle"));
        }
    }
    Ok(Entry::Issue(Burst { instruction, count, interval }))
}

fn chip(words: &mut Words) -> Result<u16, TextError> {
    words.keyword("chip")?;
    words.number("the number of a chip from 0 on")
}

fn image(words: &mut Words) -> Result<Residency, TextError> {
    let chip = chip(words)?;
    let (slice, address) = home(words)?;
    words.keyword("words")?;
    let count = words.number("words from 0 to 65535")?;
    words.keyword("row")?;
    let row = words.number("a row")?;
    words.keyword("step")?;
    let step = words.number("rows per word")?;
    let kind = words.word("`tensor` or `state`")?;
    let source = match kind.as_str() {
        "tensor" => WordSource::Tensor { tensor: Id::new(index(words)?), packing: packing(words)? },
        "state" => {
            let node = Id::new(index(words)?);
            words.keyword("plane")?;
            WordSource::State { node, plane: words.number("a byte of the element from 0 to 3")? }
        }
        _ => return Err(words.wrong(&kind, "`tensor` or `state`")),
    };
    Ok(Residency { chip, slice, address, words: count, source, row, step })
}

fn index(words: &mut Words) -> Result<usize, TextError> {
    words.number::<u32>("an index into the lowered graph").map(|index| index as usize)
}

fn packing(words: &mut Words) -> Result<Packing, TextError> {
    let expected = "a packing: `plane N`, `half N` or `either-half`";
    let word = words.word(expected)?;
    match word.as_str() {
        "plane" => words.number("a byte of the element from 0 to 3").map(Packing::Plane),
        "half" => words.number("0 or 1").map(Packing::Half),
        "either-half" => Ok(Packing::EitherHalf),
        _ => Err(words.wrong(&word, expected)),
    }
}

fn record(words: &mut Words) -> Result<RecordField, TextError> {
    let (slice, address) = home(words)?;
    let kind = words.word("`input` or `map`")?;
    let content = match kind.as_str() {
        "input" => {
            let name = words.word("the name of an input")?;
            words.keyword("plane")?;
            RecordContent::Input { name, plane: words.number("a byte of the element from 0 to 3")? }
        }
        "map" => RecordContent::Map { base: words.number("a word from 0 to 65535")? },
        _ => return Err(words.wrong(&kind, "`input` or `map`")),
    };
    Ok(RecordField { slice, address, content })
}

fn output(words: &mut Words) -> Result<OutputField, TextError> {
    let output = words.word("the name of an output")?;
    let chip = chip(words)?;
    let slices = [slice(words)?, slice(words)?, slice(words)?, slice(words)?];
    words.keyword("address")?;
    Ok(OutputField { output, chip, slices, address: words.number("a word from 0 to 65535")? })
}
