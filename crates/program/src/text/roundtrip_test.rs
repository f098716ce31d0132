//! Shows that the text carries an executable whole, and that no text makes the reader panic.

use super::*;
use crate::Program;
use crate::arbitrary::{executable, program};
use crate::binary::encode;
use units::Rng;

#[test]
fn what_is_printed_is_read_back_to_the_same_bytes() {
    for seed in 0..500 {
        let program = program(seed);
        for text in [print(&program.executable), print_with_labels(&program.executable, &program.witness)] {
            let read = parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!(read, program.executable, "seed {seed}");
            let again = Program { executable: read, ..program.clone() };
            assert_eq!(encode(&again), encode(&program), "seed {seed}");
        }
    }
}

#[test]
fn labels_stand_beside_the_bursts_they_name() {
    let program = program(2);
    let bursts = program.executable.templates.iter().map(|(_, template)| template.bursts().count()).sum::<usize>();
    let text = print_with_labels(&program.executable, &program.witness);
    assert_eq!(text.matches("; @").count(), bursts);
    assert!(text.contains("ffn_gate weights tile 0 block 1"));
}

/// The example in the header of `mod.rs` is a program.
#[test]
fn the_header_shows_a_text_that_is_read() {
    let header = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! "));
    let example: Vec<&str> =
        header.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```").collect();
    let executable = parse(&example.join("\n")).expect("the example is read");
    let (_, template) = executable.templates.iter().next().expect("it has a template");
    assert_eq!((template.queues.len(), executable.image.len(), executable.record.len()), (11, 2, 2));
    assert_eq!(parse(&print(&executable)), Ok(executable));
}

fn check(text: &str, expected: &str) {
    let error = parse(text).expect_err("the text is wrong").to_string();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn errors_name_the_place_and_what_belongs_there() {
    let queue = |entry: &str| format!("program c on chip context 8\ntemplate t\n queue alu0\n  {entry}\n");
    check("", "line 1, column 1: the end of the text; expected a line `program CHIP on TOPOLOGY context N`");
    check(
        "template t\n",
        "line 1, column 1: `template`; expected `program CHIP on TOPOLOGY context N` on the first line",
    );
    check("program c on chip context 8 9\n", "line 1, column 29: `9`; expected the end of the line");
    check("program c on chip context 65536\n", "line 1, column 27: `65536`; expected positions");
    check("program c on chip context 8\nnop 3\n", "line 2, column 1: `nop`; expected program, map, template");
    let map = |line: &str| format!("program c on chip context 8\n{line}\n");
    check(&map("map 1 lanes 0..319"), "line 2, column 5: `1`; expected map 0");
    check(&map("map 0 lanes 0..318"), "line 2, column 13: `319 lanes`; expected 320 lanes");
    check(&map("map 0 lanes 0..65535,0..65535"), "line 2, column 13: `0..65535`; expected 320 lanes");
    check(&queue("nop 0"), "line 4, column 7: `0`; expected at least 1 cycle");
    check(&queue("nop"), "line 4, column 6: the end of the line; expected cycles");
    check(&queue("read b1-4 -> E3"), "line 4, column 8: `b1-4`; expected an address");
    check(&queue("read b1+4 -> X3"), "line 4, column 16: `X3`; expected a stream");
    check(&queue("add f32 E0 #1 -> E4"), "line 4, column 14: `#1`; expected # and eight");
    check(&queue("add f64 E0"), "line 4, column 7: `f64`; expected an element type");
    check(&queue("install x0/1"), "line 4, column 11: `x0/1`; expected at least 1 time");
    check(&queue("fly home"), "line 4, column 3: `fly`; expected nop, an instruction");
    check("\u{feff}program c on chip context 8\n", "line 1, column 1: `\\u{feff}program`; expected `program CHIP");
    check(&"x".repeat(5_000_000), &format!("line 1, column 1: `{}...`; expected `program CHIP", "x".repeat(40)));
    check(&queue(&"y".repeat(41)), &format!("line 4, column 3: `{}...`; expected nop", "y".repeat(40)));
    check(&queue("distribute s0 -> s1 map 1,2"), "line 4, column 27: `1,2`; expected 16 lanes");
    check(&(queue("nop 1") + " queue alu0\n"), "line 5, column 8: `alu0`; expected a queue that comes after alu0");
    check(&(queue("nop 1") + "template t\n"), "line 5, column 10: `t`; expected a name that no template before it has");
    check(&(queue("nop 1") + "instance u bases\n"), "line 5, column 10: `u`; expected the name of a template");
    check(
        &queue("install x4294967295/4294967295"),
        "line 4, column 11: 18446744060824649731 cycles; expected queues of",
    );
}

#[test]
fn no_text_makes_the_reader_panic() {
    let letters = ['\n', ' ', '"', '\\', ';', '+', ':', '/', '-', '>', '9', 'E', 'x', '層', '\0', '#', ','];
    let mut read = 0;
    for seed in 0..20_000u64 {
        let mut rng = Rng::new(seed);
        let mut text: Vec<char> = print(&executable(seed % 8)).chars().collect();
        for _ in 0..1 + rng.below(4) {
            let at = rng.below(text.len() as u64) as usize;
            match rng.below(3) {
                0 => drop(text.remove(at)),
                1 => text[at] = letters[rng.below(letters.len() as u64) as usize],
                _ => text.insert(at, letters[rng.below(letters.len() as u64) as usize]),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(executable) = parse(&text) {
            read += 1;
            assert_eq!(parse(&print(&executable)), Ok(executable), "seed {seed}");
        }
    }
    assert!(1000 < read, "most small changes leave a text that is read: {read}");
}
