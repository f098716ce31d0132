//! The published totals as sums and as programs, and proof that every latency counts.

use crate::assembler::{Program, Run};
use crate::links;
use crate::programs;
use arch::{Chip, Latencies, Total, totals};

/// The sums of the first three published totals: product, transposer to distribute, the same to the other half.
fn sums(chip: &Chip) -> [u64; 3] {
    let sums: Vec<u64> = totals(chip).iter().take(3).map(|total| total.here().into()).collect();
    sums.try_into().expect("there are more")
}

fn run(program: &Program) -> Run {
    program.run(&Chip::lpu_14nm()).clean()
}

#[test]
fn the_published_totals_are_these_sums() {
    let chip = Chip::lpu_14nm();
    assert_eq!(sums(&chip), [76, 15, 50]);
    assert!(totals(&chip).iter().all(Total::is_met));
}

#[test]
fn a_product_takes_76_cycles_from_slice_43_to_the_alu() {
    let l = Chip::lpu_14nm().latency;
    let run = run(&programs::matmul());
    let (departed, _) = last(&run, "mxmE1.activate");
    let (_, sampled) = last(&run, "alu0");
    assert_eq!(sampled + u64::from(l.vxm_entry) - departed, sums(&Chip::lpu_14nm())[0]);
}

#[test]
fn from_a_transposer_through_a_gather_to_the_end_of_a_distribute_are_15_cycles() {
    let l = Chip::lpu_14nm().latency;
    let run = run(&programs::transposed_gather());
    let (_, transposed) = run.arrival("sxmE0.transpose", 0);
    let (distributed, _) = run.arrival("E42.write", 0);
    let hops = 2 * l.hop;
    assert_eq!(distributed - transposed - u64::from(hops), sums(&Chip::lpu_14nm())[1]);
}

/// All but the one cycle of a read that the source counts in the entry, although nothing is read here.
#[test]
fn from_a_transposer_through_three_alus_to_the_far_distribute_are_50_cycles_with_the_read_that_is_not_there() {
    let l = Chip::lpu_14nm().latency;
    let run = run(&programs::transposed_far());
    let (_, transposed) = run.arrival("sxmW0.transpose", 0);
    let (distributed, _) = run.arrival("E42.write", 0);
    assert_eq!(distributed - transposed, sums(&Chip::lpu_14nm())[2] - u64::from(l.source_read_in_entry));
}

/// Cycles of the last arrival at a queue.
fn last(run: &Run, queue: &str) -> (u64, u64) {
    let queue = queue.parse().unwrap();
    let site = run.recorder.dispatches.iter().rev().find(|event| event.queue == queue).unwrap().site;
    let arrival = run.recorder.arrivals.iter().find(|event| event.consumer == site).unwrap();
    (arrival.producer.unwrap().1.0, arrival.sampled.0)
}

/// A field of the latencies: its name and where it is.
type Field = (&'static str, fn(&mut Latencies) -> &mut u32);

/// Fields that an instruction of the machine uses.
const USED: [Field; 22] = [
    ("mem_read", |l| &mut l.mem_read),
    ("mem_write", |l| &mut l.mem_write),
    ("mem_gather", |l| &mut l.mem_gather),
    ("hop", |l| &mut l.hop),
    ("vxm_entry", |l| &mut l.vxm_entry),
    ("vxm_alu", |l| &mut l.vxm_alu),
    ("vxm_transit", |l| &mut l.vxm_transit),
    ("sxm_entry", |l| &mut l.sxm_entry),
    ("sxm_exit", |l| &mut l.sxm_exit),
    ("sxm_distribute", |l| &mut l.sxm_distribute),
    ("sxm_transpose", |l| &mut l.sxm_transpose),
    ("sxm_rotate", |l| &mut l.sxm_rotate),
    ("sxm_permute", |l| &mut l.sxm_permute),
    ("barrier", |l| &mut l.barrier),
    ("fetch", |l| &mut l.fetch),
    ("config", |l| &mut l.config),
    ("mxm_crossing", |l| &mut l.mxm_crossing),
    ("mxm_entry", |l| &mut l.mxm_entry),
    ("mxm_multiply", |l| &mut l.mxm_multiply),
    ("mxm_accumulate", |l| &mut l.mxm_accumulate),
    ("mxm_exit", |l| &mut l.mxm_exit),
    ("mxm_install", |l| &mut l.mxm_install),
];

/// Fields that links use.
const LINKS: [Field; 4] = [
    ("link_vector", |l| &mut l.link_vector),
    ("link_flight", |l| &mut l.link_flight),
    ("link_remainder", |l| &mut l.link_remainder),
    ("link_receive", |l| &mut l.link_receive),
];

/// Fields that only the published totals use.
const SUMS_ONLY: [Field; 1] = [("source_read_in_entry", |l| &mut l.source_read_in_entry)];

#[test]
fn one_cycle_more_in_any_latency_breaks_a_program() {
    for (name, field) in USED {
        let mut chip = Chip::lpu_14nm();
        *field(&mut chip.latency) += 1;
        let broken = programs::all().into_iter().filter(|(_, program)| !program.run(&chip).outcome.poison.is_empty());
        assert!(0 < broken.count(), "{name} + 1 is noticed by no program");
    }
    for (name, field) in LINKS {
        let mut chip = Chip::lpu_14nm();
        *field(&mut chip.latency) += 1;
        assert!(0 < links::violations(&chip), "{name} + 1 is not noticed by two chips that exchange words");
    }
}

#[test]
fn every_latency_is_used_or_in_a_published_total() {
    let chip = Chip::lpu_14nm();
    let fields = format!("{:?}", chip.latency).matches(": ").count();
    assert_eq!(fields, USED.len() + LINKS.len() + SUMS_ONLY.len());
    for (name, field) in SUMS_ONLY {
        let mut changed = chip.clone();
        *field(&mut changed.latency) += 1;
        assert_ne!(sums(&changed), sums(&chip), "{name}");
    }
    let idle = arch::facts(&chip).into_iter().filter(|fact| fact.source.contains("no instruction uses it yet"));
    let mut idle: Vec<&str> = idle.map(|fact| fact.name).collect();
    let mut not_used: Vec<&str> = SUMS_ONLY.iter().map(|(name, _)| *name).collect();
    idle.sort();
    not_used.sort();
    assert_eq!(idle, not_used, "the facts say which latencies no instruction uses");
}
