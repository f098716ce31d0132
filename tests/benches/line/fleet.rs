//! Llama-2-70B on 576 chips: compile, judge, and a question about one chip in one cycle.
//!
//! In: the shape.  Out: rows of the report.
//! Invariant: the system is one that the judge accepts.

use crate::clock::{Times, timed};
use crate::report::{Report, Row};
use arch::{Chip, NODE, Topology};
use program::SystemIndex;
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
    let pipeline = || compile::pipeline::pipeline(&graph, &chip, &racks, NODES).expect("70B in int8 fits 576 chips");
    let (pipeline, compile) = timed(1, pipeline);
    let (verified, verify) = timed(1, || verify::check_system(&chip, pipeline.system.clone()).expect("it is right"));
    let both: Times = compile.iter().zip(&verify).map(|(compile, verify)| compile + verify).collect();
    let system = verified.system();
    let index = SystemIndex::new(system);
    let mut rng = Rng::new(1);
    let (found, questions) = timed(3, || {
        let mut found = 0;
        for _ in 0..QUESTIONS {
            let seat = &system.seats[rng.below(u64::from(NODES)) as usize];
            let (own, cycle) = (rng.below(u64::from(NODE)) as u16, Cycle(rng.below(system.length().0)));
            found += usize::from(index.at(system, (seat.node, own), cycle).is_some());
        }
        found
    });
    assert!(0 < found, "some chip is at work in some cycle");
    let rows = vec![
        Row::milliseconds("compile", &compile),
        Row::milliseconds("judge", &verify),
        Row::milliseconds("compile + judge", &both),
        Row::milliseconds("1000 questions (chip, cycle)", &questions),
    ];
    Report { name: "Llama-2-70B on 576 chips", rows }
}
