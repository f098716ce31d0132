//! The judge: every violation of the list of theorems, or the verified program.
//!
//! In: a chip and a program, neither trusted.  Out: `Verified`, or every violation with rule, place, cycle, expected, found.
//! Invariant: consults nobody: no liveness, placement or latency function of the compiler or the simulator is used, only the
//!     vocabulary (`arch`, `program`, `graph`). No input makes it panic; work and memory are bounded before they are
//!     spent (`Quantity`): 2^26 dispatches, words that maps may name, words of the image and columns of contractions, 2^24 names.
//! Method: rules that need no time are read off the program (`rules`); all others are one pass of a symbolic machine over the whole
//!     token (`machine`), whose words are names in a free algebra (`term`, `word`); the lowered graph is named in the same algebra
//!     (`dataflow`) and compared word by word.
//! Source: the shape follows regalloc2's checker: a formal statement here, one error per way to be wrong, a pass that shares only
//!     vocabulary with the author. What the machine does is stated in `program::Instruction` and `arch::Geometry`.
//!
//! # The machine, formally
//! Time is superlane-0 time. Instance i starts at `S(i) = sum of length(template(j)), j < i`. Iteration n of an entry is dispatched at
//! `t = S(i) + (lengths of earlier entries of its queue) + n * interval`. A *cell* is (stream, diagonal) with
//! `diagonal = t + latency - depart(p)` where station p drives it and `diagonal = t - arrive(s)` where station s samples it. `V(c, p)` is
//! the value that p drives into cell c; a sample at s takes `V(c, p)` of the nearest p upstream of s (memory groups hear themselves).
//! `M(w, t)` is word w as of writes dispatched up to `t - mem_write`. Names: rows are terms of the free algebra over tensors, states,
//! inputs and immediates; `Byte(k, T)` is byte k of each lane of row T.
//!
//! # The theorems
//! 1. *Form.* The program names this chip; queues of a template rise strictly, exist, and all last equally long, but for one whose
//!    last entry is a Sync (and no other is), which may be shorter; counts, intervals and NOPs are at least 1; every instruction
//!    stands in a queue of its kind; operands exist, are aligned, have a type that the operation has; instances name templates and
//!    have every base that the addresses use, base 0 being 0; a lane map holds each of 320 lanes once.
//! 2. *Collision.* For all c, p: at most one dispatch drives `V(c, p)`.
//! 3. *Driven.* For every sample (c, s), for all bytes of the operand: some p upstream drives c.
//! 4. *Memory.* For every access: `0 <= bases[b] + offset + n * stride < words`, for all n; the slice is not reserved; if a
//!    slice reads and writes in one cycle, the banks differ (for maps: at all positions).
//! 5. *Lifetime.* If a read at t takes M(w, t), then w is in image or record, or a write showed before; no write names a word
//!    of a tensor; words of image, record and outputs are disjoint, exist, and name rows and bytes that their sources have.
//! 6. *Matrix.* A load fills columns below 320; an activate at t has `install + mxm_install <= t` and no later install up to and
//!    including t (f16: on both planes, with columns below 160, on plane 0, plane 1 at rest); an accumulate at t has an activate at
//!    `t - mxm_entry - mxm_multiply`, an accumulator that exists, and for Add one that was set in the same format.
//! 7. *Vector.* exp, tanh, rsqrt on large ALUs. Let a *way* be a group g of four streams in a direction d, `W(a)` the ways whose groups
//!    are in the window of the row of ALU a, and `B(a, b)` those of `W(a)` and `W(b)` that lead from the column of a to that of b, if
//!    a = b all (arch::Mesh). Every stream that ALU a samples or drives lies on a way of `W(a)`; two that it samples at once do not lie
//!    on (g, east) and (g, west). Operand Alu(a) at t: a was dispatched at `t - vxm_alu` with a result of that type. For all such
//!    takers b of one result of a there is one way that is in every `B(a, b)`, in `W(a)`, and that of the stream which a drives, if
//!    any; and for no b is it the other side of a stream that b samples at t.
//! 8. *Witness.* If the witness says anything: its cycles, starts and end are the t and S above, and each source that it names is
//!    the dispatch (queue, entry, iteration) whose value iteration 0 samples. Each name is a part of the graph, its tile and block below
//!    the nodes and the K blocks of that part; a load or install is called weights; what is read from the image or the launch record is
//!    called by the kind of thing that lies there, and by a part that holds it or takes it.
//! 9. *Storage.* Instructions, expanded over instances, fit the reserved slices, and their average rate one word per slice and cycle.
//! 10. *Record.* For each gather and scatter: its map is `base + position` from the launch record, and for all positions below
//!     `context` the word lies inside one run of the image.
//! 11. *Dataflow.* After the token, for every output o, byte k: the word is Byte(k, [[o]]); every row r, plane k of a state with an update
//!     has a home, and its word is
//!     Byte(k, [[update]](r)); where [[.]] is the lowered graph named by the same constructors. One graph covers all chips.
//! 12. *Links.* Let `across` be the topology's cables. For every send on port p of chip c at t: `across(c, p) = (d, q)` exists, no send on
//!     (c, p) lies in `(t - link_vector, t)`, and chip d receives on q at `t + link_crossing`, which drives the word that was sent. For
//!     every receive there is such a send. All chips run the same instances in the same cycles, each with its own SRAM.
//! 13. *Control.* In a template with a Sync all queues end with one but at most the notifying one; there is exactly one Notify, at n, and
//!     `n + barrier` is the template's length; without a Sync there is none. A queue that fetches at t1, t2, .. starts no entry at t whose
//!     instruction has a number above `40 * (1 + |{i: t_i + fetch <= t}|)`, and never holds more than it has room for; a fetch takes the
//!     port of a reserved slice at t and t + 1. After a Config at t nothing is dispatched before `t + config`; from then on words that the
//!     queue samples or drives are zero in resting superlanes, as are results of an ALU for others, and it writes none. At a Deskew every
//!     other queue is parked, what it dispatched last has left its unit before the template ends even if the reserve takes no cycle, only a
//!     Notify follows, its reserve is at least `drift(time since the last)` and at most `clock_period`, no sample after it takes a value
//!     driven before it, and no vector that either chip sent or received is under way across it.
//!
//! # Precise and partial
//! Rules 2 to 7 and 13 are exact for the machine as stated, and rule 8 for its cycles; sources are compared at iteration 0, and names of
//! what is read also only in the first instance of a template, on the first chip that runs it. A token is taken to start on empty
//! streams and idle planes. Of the mesh of ALUs that machine does not count what passes between two columns side by side (fact
//! `vxm_wiring`, assumed). Rule 11 is
//! conservative: equal names imply equal bits (two of 128-bit names collide with chance about 2^-64 each), different names may still
//! be equal values; only commutation of +, *, max, min, and, or, xor, eq and passes through ALUs are known to it. A name covers the lanes
//! of its row; that contractions over fewer than 320 lanes meet zeros past the end is shown on the graph (`dataflow::padding`), which is sound
//! because equal names are computed alike in all lanes. The lowered graph itself is taken as the claim: that it computes the model is
//! shown elsewhere. *Assumed* is one thing about bytes, of which no rule sees any: a row in memory as the weights of either half
//! (`Packing::EitherHalf`) has equal halves, so that its word is that of half 0 and of half 1. `check_weights` shows it where bytes are
//! given (W3), and whoever loads a program refuses a row without it. *Assumed* is also that the clocks of all chips run alike from one
//! Deskew to the next: what a Deskew reserves is judged, that there is one is not demanded. The compiler emits none (fact
//! `clock_alignment`, assumed), so that its cycles on several chips leave out what aligning the clocks costs: a `drift` and a `barrier`, and
//! what is under way, at every boundary of instances that is to have one.

mod buckets;
mod chinese;
mod dataflow;
mod english;
mod fault;
mod machine;
mod order;
mod phrase;
mod quantity;
mod reason;
mod rules;
mod system;
mod term;
mod verified;
mod violation;
mod weights;
mod word;
mod wording;

pub use buckets::{BucketFault, Shared, VerifiedBuckets, check_beside, check_buckets};
pub use fault::Fault;
pub use order::Order;
pub use phrase::{Field, Noun, Phrase};
pub use quantity::Quantity;
pub use reason::Reason;
pub use system::{Carried, Missing, SystemFault, Unrest, VerifiedSystem, check_system, check_system_telling};
pub use verified::{Broken, Extent, Harmless, Rejected, Verified, check, violations};
pub use violation::{Lang, Place, Report, Rule, Violation, counted};
pub use weights::{WeightFault, check_weights};

use arch::{Chip, Topology};
use dataflow::Outcome;
use machine::{Machine, plan::Site};
use program::{Executable, Program};

/// Judges, and counts on the way.
fn judge(chip: &Chip, program: &Program) -> (Report, Extent) {
    let executable = &program.executable;
    let (mut report, issues) = formed(chip, executable);
    if !report.is_clean() {
        return (report, Extent::default());
    }
    let is_legal = rules::graph::check(&program.lowered, &mut report);
    if is_legal && !report.bound(dataflow::work::of(&program.lowered, executable.context)) {
        return (report, Extent::default());
    }
    let instruction_bytes = rules::storage::check(chip, executable, &mut report);
    let witness = rules::witness::claimed(program);
    if let Some(witness) = witness {
        rules::witness::check(executable, witness, &mut report);
        if is_legal {
            rules::label::check(executable, &program.lowered, witness, &mut report);
        }
    }
    let Ok(topology) = Topology::named(&executable.topology) else { return (report, Extent::default()) };
    rules::control::check(chip, executable, topology.chips, &mut report);
    let site = Site::new(chip, topology);
    let (srams, halves) = rules::image::fill(&site, program, &mut report);
    let mut machine = Machine::new(&site, srams, executable, witness, &mut report);
    machine.run(executable);
    let srams = machine.into_srams();
    if is_legal && let Outcome::Differs(names) = dataflow::check(&site, program, &srams, &halves, &mut report) {
        hint(&site, program, &names, &mut report);
    }
    report.settle(site.topology.chips);
    (report, Extent { issues, cycles: executable.length().0, instruction_bytes })
}

/// What rule 1 says of an executable alone, before any cycle is looked at.
pub fn form(chip: &Chip, executable: &Executable) -> Report {
    formed(chip, executable).0
}

/// The same, with the dispatches of a token.
fn formed(chip: &Chip, executable: &Executable) -> (Report, u64) {
    let mut report = Report::default();
    if let Some(fault) = rules::chip::check(chip) {
        report.push(Violation::new(None, Place::Program, fault));
        return (report, 0);
    }
    let issues = rules::form::check(chip, executable, &mut report);
    (report, issues)
}

/// Runs the token again, only to name the first result that the graph does not contain.
fn hint(site: &Site, program: &Program, names: &[term::Term], report: &mut Report) {
    let mut aside = Report::default();
    let (srams, _) = rules::image::fill(site, program, &mut aside);
    aside = Report::default();
    let mut machine = Machine::new(site, srams, &program.executable, None, &mut aside);
    machine.look_for_foreign(names);
    machine.run(&program.executable);
    let foreign = aside.violations.into_iter().find(|violation| violation.fault == Fault::Foreign);
    foreign.into_iter().for_each(|violation| report.push(violation));
}
