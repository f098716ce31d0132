//! Programs edited by hand to slip past the judge: each edit of a legal text breaks one thing that a chip could not do, or would do otherwise.
//!
//! In: the library's texts, edits of them.  Out: a failure names program and edit that were accepted, or refused for another reason.
//! Invariant: an edit that changes nothing a chip does is accepted; so the judge is not merely strict.
//! Method: `text::parse` of the edited text beside the library's own graph; for each edit the rules that may be named.

use arch::Chip;
use program::{Program, text};
use verify::Rule;

/// Replacements in a program's text.
type Edits<'a> = &'a [(&'a str, &'a str)];

/// The library's program of that name with these replacements, each of which must apply.
fn edited(name: &str, edits: Edits) -> Program {
    let mut program = tests::library::stored(name).program;
    let mut asm = text::print(&program.executable);
    for (from, to) in edits {
        assert!(asm.contains(from), "{name} has no {from:?}:\n{asm}");
        asm = asm.replacen(from, to, 1);
    }
    program.executable = text::parse(&asm).unwrap_or_else(|error| panic!("{name}, {edits:?}: {error}"));
    program
}

#[track_caller]
fn refused(name: &str, edits: Edits, rules: &[Rule]) {
    let report = verify::violations(&Chip::lpu_14nm(), &edited(name, edits));
    let said: Vec<String> = report.violations.iter().take(3).map(ToString::to_string).collect();
    assert!(!report.is_clean(), "{name} with {edits:?} was accepted");
    assert!(report.rules().iter().all(|rule| rules.contains(rule)), "{name} with {edits:?}: {said:?}");
}

#[track_caller]
fn accepted(name: &str, edits: Edits) {
    let report = verify::violations(&Chip::lpu_14nm(), &edited(name, edits));
    assert!(report.is_clean(), "{name} with {edits:?}: {}", report.text().en);
}

#[test]
fn cars_in_one_place_and_cars_that_are_not_there() {
    use Rule::{Collision, Driven};
    refused("copy", &[("read b1+2 -> E5", "read b1+2 -> E4")], &[Collision, Driven]);
    refused("copy", &[("nop 3\n    write E4 -> b1+2", "nop 2\n    write E4 -> b1+2\n    nop 1")], &[Driven]);
    refused("copy", &[("read b1+2 -> E4", "read b1+2 -> W4")], &[Driven]);
    // Driven in the first instance, sampled in the second, where it has gone by.
    refused(
        "copy",
        &[
            ("instance copy bases 0 0\n", "instance copy bases 0 0\ninstance copy bases 0 0\n"),
            ("nop 3\n    write E4", "write E4"),
            ("write E4 -> b1+2\n", "write E4 -> b1+2\n    nop 3\n"),
        ],
        &[Driven],
    );
    refused("add", &[("add f32 W0 W4 -> E0", "add f32 W0 W8 -> E0")], &[Driven]);
    refused(
        "add",
        &[("    nop 10\n    add f32 W0 W4 -> E0\n    nop 9", "    nop 9\n    add f32 W0 W4 -> E0 x2/1\n    nop 9")],
        &[Driven],
    );
}

#[test]
fn words_that_are_stale_foreign_or_nobodys() {
    use Rule::{Dataflow, Lifetime, Memory};
    refused("copy", &[("instance copy bases 0 100", "instance copy bases 0 0")], &[Dataflow]);
    refused(
        "copy",
        &[("output x_copy", "output z_copy"), ("output y_copy", "output x_copy"), ("output z_copy", "output y_copy")],
        &[Dataflow],
    );
    refused("copy", &[("output x_copy chip 0 E8 E9", "output x_copy chip 0 E9 E8")], &[Dataflow]);
    refused("copy", &[("output x_copy chip 0 E8 E9", "output x_copy chip 0 E8 E8")], &[Dataflow, Lifetime]);
    refused("copy", &[("record E0+2 input x plane 0", "record E0+2 input y plane 0")], &[Dataflow]);
    refused("copy", &[("record E0+2 input x plane 0", "record E0+2 input x plane 4")], &[Lifetime, Dataflow]);
    refused("copy", &[("record E0+2 input x plane 0\n", "")], &[Lifetime]);
    refused("copy", &[("record E0+102", "record E0+2")], &[Lifetime]);
    refused("add", &[("image chip 0 E4+0", "image chip 0 E4+1")], &[Lifetime]);
    refused(
        "add",
        &[("E4+0 words 1 row 0 step 1 tensor 0 plane 0", "E4+0 words 1 row 0 step 1 tensor 0 plane 1")],
        &[Dataflow],
    );
    refused(
        "add",
        &[("  queue E8.write", "  queue E4.write\n    nop 9\n    write W0 -> b0+0\n    nop 10\n  queue E8.write")],
        &[Lifetime, Rule::Driven],
    );
    refused("add", &[("add f32 W0 W4", "sub f32 W0 W4")], &[Dataflow]);
    refused("add", &[("add f32 W0 W4", "add i32 W0 W4")], &[Dataflow]);
    refused("add", &[("image chip 0 E4+0", "image chip 0 E16+0")], &[Memory, Lifetime]);
    accepted("add", &[("add f32 W0 W4", "add f32 W4 W0")]);
    accepted("add", &[("queue alu3", "queue alu12")]);
}

#[test]
fn ports_banks_and_addresses() {
    use Rule::{Form, Lifetime, Memory, Record};
    refused(
        "copy",
        &[("instance copy bases 0 100\n", "instance copy bases 0 100\ninstance copy bases 0 8190\n")],
        &[Memory],
    );
    refused("copy", &[("instance copy bases 0 100", "instance copy bases 0")], &[Form]);
    refused("copy", &[("instance copy bases 0 100", "instance copy bases 1 100")], &[Form]);
    refused("copy", &[("read b1+2 -> E4\n    nop 3", "read b1+2:-3 -> E4 x2/1\n    nop 2")], &[Memory, Lifetime]);
    // The row is gathered in the very cycle in which it is scattered.
    let early = "  queue E8.read\n    nop 20\n    gather map E31 -> E8\n    nop 12";
    refused(
        "cache",
        &[
            ("  queue E8.read\n    nop 30\n    gather map E31 -> E8\n    nop 2", early),
            ("nop 32\n    write E8 -> b0+0", "nop 22\n    write E8 -> b0+0\n    nop 10"),
        ],
        &[Memory, Rule::Dataflow],
    );
    refused("cache", &[("map 500", "map 501")], &[Record]);
    refused("cache", &[("map 500", "map 499")], &[Record]);
    refused("cache", &[("context 8", "context 9")], &[Record, Rule::Dataflow]);
    refused("cache", &[("context 8", "context 65535")], &[Record, Rule::Dataflow]);
    refused("cache", &[("E8+500 words 8", "E8+500 words 7")], &[Record, Rule::Dataflow]);
    refused("cache", &[("E8+500 words 8", "E8+500 words 9")], &[Lifetime, Record, Rule::Dataflow]);
    refused("cache", &[("record E4+7 map 500", "record E4+7 input x plane 0")], &[Record]);
    // The map is overwritten by data before it is used a second time.
    refused(
        "cache",
        &[("  queue E8.write", "  queue E4.write\n    nop 19\n    write E0 -> b0+7\n    nop 13\n  queue E8.write")],
        &[Record],
    );
}

#[test]
fn instructions_are_no_data_and_data_are_no_instructions() {
    use Rule::{Control, Form, Lifetime, Memory};
    refused(
        "copy",
        &[("  queue E8.write", "  queue E16.read\n    read b0+0 -> E20\n    nop 3\n  queue E8.write")],
        &[Memory, Lifetime],
    );
    refused(
        "copy",
        &[("  queue E8.write", "  queue W16.write\n    nop 3\n    write W7 -> b1+2\n  queue E8.write")],
        &[Form, Memory, Rule::Driven],
    );
    refused("copy", &[("output x_copy chip 0 E8", "output x_copy chip 0 E16")], &[Memory, Lifetime, Rule::Dataflow]);
    refused("aligned", &[("fetch E16 b1+0", "fetch E17 b1+0")], &[Control]);
    refused("aligned", &[("instance exchange bases 0 40", "instance exchange bases 0 8191")], &[Memory]);
    refused("aligned", &[("fetch E16 b1+0", "fetch E44 b1+0")], &[Form]);
}

#[test]
fn links_that_lead_elsewhere_and_vectors_that_nobody_meets() {
    use Rule::{Dataflow, Driven, Form, Lifetime, Links};
    refused("exchange", &[("c2cW0.receive", "c2cW1.receive")], &[Links]);
    refused("exchange", &[("c2cW0.send", "c2cE0.send")], &[Links, Driven]);
    refused("exchange", &[("on node-2", "on node-4")], &[Form, Lifetime, Dataflow, Links]);
    refused("exchange", &[("on node-2", "on chip")], &[Lifetime, Links, Dataflow]);
    refused("exchange", &[("on node-2", "on racks-145")], &[Form]);
    refused("exchange", &[("on node-2", "on racks-9:0,900")], &[Form]);
    refused(
        "exchange",
        &[("nop 525\n    receive -> s0\n    nop 23", "nop 524\n    receive -> s0\n    nop 24")],
        &[Links, Driven],
    );
    refused(
        "exchange",
        &[
            ("receive -> s0", "receive -> s1"),
            ("receive -> s1\n    nop 23\n    receive -> s1", "receive -> s1\n    nop 23\n    receive -> s0"),
        ],
        &[Driven],
    );
    refused("exchange", &[("image chip 1 W0+0 words 1 row 1", "image chip 1 W0+0 words 1 row 0")], &[Dataflow]);
    refused("exchange", &[("output at.1 chip 1", "output at.1 chip 0")], &[Dataflow, Lifetime]);
    refused("exchange", &[("output at.1 chip 1", "output at.1 chip 7")], &[Lifetime]);
    refused(
        "exchange",
        &[("instance exchange bases 0\n", "instance exchange bases 0\ndetour 0 chip 9 exchange\n")],
        &[Form],
    );
    refused("exchange", &[("nop 23\n    send s1\n    nop 23", "nop 22\n    send s1\n    nop 24")], &[Links, Driven]);
}

#[test]
fn planes_and_accumulators() {
    use Rule::{Dataflow, Matrix};
    refused("lane_sum", &[("accumulate a0 add -> s4", "accumulate a0 set -> s4")], &[Dataflow]);
    refused("lane_sum", &[("accumulate a0 set", "accumulate a1 set")], &[Matrix]);
    refused(
        "lane_sum",
        &[("activate s16 f16.0\n    activate s16 f16.1", "activate s16 f16.1\n    activate s16 f16.0")],
        &[Dataflow],
    );
    refused("lane_sum", &[("load g0 s0", "load g1 s0")], &[Dataflow]);
    refused("lane_sum", &[("load g0 s0", "load g10 s0")], &[Matrix]);
    refused("lane_sum", &[("row 0 step 1 tensor 0 either-half", "row 1 step 1 tensor 0 either-half")], &[Dataflow]);
    refused("lane_sum", &[("row 0 step 1 tensor 0 either-half", "row 0 step 1 tensor 0 half 0")], &[Dataflow]);
    refused(
        "lane_sum",
        &[("    nop 40\n    load g0 s0\n    install", "    nop 40\n    install\n    load g0 s0")],
        &[Dataflow, Rule::Driven],
    );
    // Loaded once more behind the array that works: of the next array, which nobody installs.
    accepted(
        "lane_sum",
        &[("install\n    nop 74\n  queue mxmE1.weights", "install\n    config 20\n    nop 73\n  queue mxmE1.weights")],
    );
}

#[test]
fn lengths_releases_and_lanes() {
    use Rule::{Control, Dataflow, Driven, Form};
    refused("narrow", &[("config 3", "config 2")], &[Dataflow]);
    refused("narrow", &[("config 3", "config 21")], &[Form]);
    accepted("narrow", &[("config 3", "config 20")]);
    refused(
        "narrow",
        &[("    nop 4\n    write E0 -> b0+0", "    config 2\n    nop 3\n    write E0 -> b0+0")],
        &[Dataflow],
    );
    refused("aligned", &[("deskew 8\n    notify\n    nop 34", "deskew 8\n    notify\n    nop 35")], &[Control]);
    refused("aligned", &[("deskew 8\n    notify", "notify\n    deskew 8")], &[Control]);
    refused(
        "aligned",
        &[("  queue W0.read\n    nop 1\n    sync", "  queue W0.read\n    nop 20\n    sync")],
        &[Control],
    );
    refused(
        "aligned",
        &[("  queue W0.read\n    nop 1\n    sync", "  queue W0.read\n    sync\n    nop 1")],
        &[Form, Control],
    );
    refused("permute", &[("map 0 lanes 319..0", "map 0 lanes 318..0,319")], &[Dataflow]);
    refused("permute", &[("map 0 lanes 319..0", "map 0 lanes 319..1,1")], &[Form]);
    refused("permute", &[("shift s0 s0 by 17", "shift s0 s0 by 18")], &[Dataflow]);
    refused("permute", &[("shift s0 s0 by 17", "shift s0 s1 by 17")], &[Dataflow, Driven]);
    accepted("permute", &[("by 17 -> s8", "by 17 -> s8 x1/9")]);
}

/// What a short file asks for is refused before it is done, and what refers to itself refers to nothing.
#[test]
fn hostile_sizes_and_graphs_that_bite_their_tails() {
    let chip = Chip::lpu_14nm();
    let long = "nop 3\n    write E4 -> b1+2\n    nop 4294967000";
    refused("copy", &[("nop 3\n    write E4 -> b1+2", long)], &[Rule::Form]);
    let often = ("read b1+2 -> E4\n    nop 3", "read b1+2:0 -> E4 x4294967/1000");
    refused("copy", &[often], &[Rule::Form]);
    let mut program = tests::library::stored("copy").program;
    let instance = program.executable.instances[0].clone();
    program.executable.instances.resize(1 << 20, instance);
    assert!(!verify::violations(&chip, &program).is_clean(), "a million instances in a word each");
    let mut program = tests::library::stored("add").program;
    let last = units::Id::new(program.lowered.nodes.len() - 1);
    program.lowered.nodes[last].inputs = vec![last, last];
    assert_eq!(verify::violations(&chip, &program).rules(), [Rule::Dataflow], "a node that takes itself");
    let mut program = tests::library::stored("add").program;
    program.lowered.outputs[0].1 = units::Id::new(1 << 30);
    assert_eq!(verify::violations(&chip, &program).rules(), [Rule::Dataflow], "an output that is no node");
    let file = program::binary::encode(&tests::library::stored("matmul").program);
    for length in 0..file.len() {
        program::binary::decode(&file[..length]).expect_err("it ends too early");
    }
}
