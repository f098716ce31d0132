//! Llama-2-70B on 576 chips: compile, judge, and a question about one chip at work in one cycle.
//!
//! In: the shape.  Out: rows of the report.
//! Invariant: the system is one that the judge accepts.

use crate::clock::{Times, timed};
use crate::report::{Report, Row};
use arch::{Chip, NODE, Topology};
use program::{Shift, SystemIndex};
use units::{Cycle, Rng};

/// Rows of the caches.
const CONTEXT: u32 = 512;
/// Nodes of the pipeline.
const NODES: u16 = 72;
/// Questions of one round.
const QUESTIONS: u32 = 1000;

/// Measures the system once: it takes seconds.
pub fn measure() -> Report {
    let (chip, racks) = (Chip::lpu_14nm(), Topology::racks(9).expect("nine racks"));
    let graph = import::Builtin::Llama2Of70B.decode_step(CONTEXT);
    let compiled = || compile::pipeline::pipeline(&graph, &chip, &racks, NODES).expect("70B in int8 fits 576 chips");
    let (system, compile) = timed(1, compiled);
    let (verified, verify) = timed(1, || verify::check_system(&chip, system.clone()).expect("it is right"));
    let both: Times = compile.iter().zip(&verify).map(|(compile, verify)| compile + verify).collect();
    let system = verified.system();
    let (index, shifts) = (SystemIndex::new(system), system.shifts());
    let mut rng = Rng::new(1);
    let (found, questions) = timed(3, || {
        let mut found = 0;
        for _ in 0..QUESTIONS {
            let place = rng.below(u64::from(NODES)) as usize;
            let (seat, Shift { begins, ends, .. }) = (&system.seats[place], shifts[place]);
            let own = rng.below(u64::from(NODE)) as u16;
            let cycle = Cycle(begins.0 + rng.below(ends.0 - begins.0));
            found += u32::from(index.at(system, (seat.node, own), cycle).is_some());
        }
        found
    });
    assert_eq!(found, QUESTIONS, "each is about a chip at work");
    let rows = vec![
        Row::milliseconds("compile", &compile),
        Row::milliseconds("judge", &verify),
        Row::milliseconds("compile + judge", &both),
        Row::milliseconds("1000 questions (chip, cycle)", &questions),
    ];
    Report { name: "Llama-2-70B on 576 chips", rows }
}
