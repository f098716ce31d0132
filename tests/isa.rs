//! Every kind of instruction is executed to a value worked out by hand, and the table of instructions says by which test.
//!
//! In: `tests::isa`.  Out: a failure names row and difference. `crates/program/ISA.md` must be what is printed there; on a difference the
//!     test writes nothing and says how to: `cargo run -p tests --bin isa`.
//! Invariant: one test per row, of the row's name; a row without a test, or a test without a row, fails.
//! Method: each row's program is judged clean, run to its value, and run again without the entry, which must be noticed.

use arch::Chip;
use graph::{DType, ScalarOp};
use program::{Burst, Entry};
use tests::isa;

macro_rules! executed {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        /// Rows that a test of this file executes.
        const EXECUTED: &[&str] = &[$(stringify!($name)),*];
    };
}

executed! {
    read write gather scatter load install activate_i8 activate_f16 accumulate alu distribute transpose permute shift send receive
    rotate deskew fetch sync notify config nop repeat
}

fn check(name: &str) {
    let rows = isa::rows();
    let row = rows.iter().find(|row| row.name == name).expect("the test is that of a row");
    if let Some(wrong) = row.fault(&Chip::lpu_14nm()) {
        panic!("{name}: {wrong}");
    }
}

#[test]
fn every_row_has_its_test_and_every_instruction_its_row() {
    let rows: Vec<&str> = isa::rows().iter().map(|row| row.name).collect();
    assert_eq!(rows, EXECUTED, "rows and tests differ");
    for row in isa::rows() {
        let entry = row.entry();
        let is_repeated = matches!(entry, Entry::Issue(Burst { count, .. }) if 1 < count);
        let expected = if row.name == "repeat" { "read" } else { row.name };
        assert_eq!((isa::name_of(&entry), is_repeated), (expected, row.name == "repeat"), "{}", row.specimen);
        assert_eq!(program::text::entry(&entry), row.specimen, "the table shows the canonical text");
    }
}

#[test]
fn the_table_is_what_the_code_says() {
    let path = "crates/program/ISA.md";
    let stored = tests::read(path);
    assert_eq!(stored, isa::table(&Chip::lpu_14nm()), "{path} is stale: `cargo run -p tests --bin isa` writes it");
}

/// Latencies of the table, each one cycle longer: the row's program, timed for the published chip, is refused.
#[test]
fn a_cycle_more_in_any_latency_of_a_row_is_noticed_by_its_program() {
    let longer = |name: &str| {
        let mut chip = serde_json::to_value(Chip::lpu_14nm()).expect("plain data");
        let field = &mut chip["latency"][name];
        *field = (field.as_u64().expect("cycles") + 1).into();
        serde_json::from_value::<Chip>(chip).expect("still a machine")
    };
    for row in isa::rows() {
        for latency in row.latencies {
            // A write that shows later and a crossing that takes longer are noticed by whoever comes next, here by nobody.
            let is_silent = matches!((row.name, *latency), ("write" | "scatter", "mem_write"));
            let wrong = row.fault(&longer(latency));
            assert_eq!(wrong.is_none(), is_silent, "{}: {latency} + 1: {wrong:?}", row.name);
        }
    }
}

/// The bits that an ALU makes of an example's operands.
fn result(example: &isa::Example) -> u32 {
    let (chip, bench) = (Chip::lpu_14nm(), example.bench());
    let ran = bench.ran(&chip, &bench.program(&chip).executable).expect("it is well formed");
    assert_eq!(ran.poison, Vec::<String>::new(), "{:?} of {:?}", example.op, example.dtype);
    (0..example.op.result(example.dtype).bytes()).fold(0, |bits, byte| {
        let word = ran.bytes(0, &format!("E{byte}"), 1).expect("it was written");
        bits | u32::from(word[319]) << (8 * byte)
    })
}

#[test]
fn alu_operations_have_their_worked_values() {
    let (chip, examples) = (Chip::lpu_14nm(), isa::alu_examples());
    for one in &examples {
        let found = result(one);
        assert_eq!(found, one.result, "{:?} of {:?}: {found:#010x}", one.op, one.dtype);
    }
    let known: Vec<(ScalarOp, DType)> = examples.iter().map(|one| (one.op, one.dtype)).collect();
    for op in ScalarOp::ALL {
        for dtype in DType::ALL {
            let bench = isa::alu::single(op, dtype);
            let is_legal = bench.judged(&chip, bench.program(&chip).executable).is_clean();
            assert_eq!(is_legal, known.contains(&(op, dtype)), "{op:?} of {dtype:?}: the judge and the table differ");
        }
    }
}
