//! The table of instructions, and what it rests on.
//!
//! In: the instructions, the facts of a chip.  Out: one row per kind of entry, with a small program that executes it to a worked value.
//! Invariant: `name_of` has an arm for every variant, so that an instruction without a row does not go unseen; every row has a program.
//! Method: the text form shows the operands, `arch::facts` the standing of each latency; the row's name is that of its test.

pub mod alu;
pub mod bench;
mod cases;

pub use alu::{Example, alu_examples};
pub use bench::{Bench, Ran};
pub use cases::Case;

use arch::{Chip, GROUP_STREAMS, Mesh, Total};
use bench::read_entry;
use program::{Entry, Executable, Instruction, MxmFormat, TemplateId, text};
use std::fmt::Write;

/// One kind of entry.
pub struct Row {
    /// Its name, and that of its test.
    pub name: &'static str,
    /// A specimen, as text.
    pub specimen: &'static str,
    /// Which queues issue it.
    pub queue: &'static str,
    /// Fields of `arch::Latencies` that time it.
    pub latencies: &'static [&'static str],
    /// What it does.
    pub does: &'static str,
    /// Executes it to a worked value.
    pub case: fn() -> Case,
}

/// A row per kind of entry, in the order of `program::Instruction`; then the two forms of an entry.
pub fn rows() -> Vec<Row> {
    let row = |name, specimen, queue, latencies, does, case| Row { name, specimen, queue, latencies, does, case };
    let mut rows: Vec<Row> = vec![
        row("read", "read b1+40:2 -> E3", "`E0.read`", &["mem_read"], "a word onto a stream", cases::read),
        row("write", "write E3 -> b1+40:2", "`E0.write`", &["mem_write"], "a stream into a word", cases::write),
        row(
            "gather",
            "gather map E4 -> E5",
            "`E0.read`",
            &["mem_gather"],
            "a word per superlane at the addresses of a map",
            cases::gather,
        ),
        row(
            "scatter",
            "scatter E3 -> map E4",
            "`E0.write`",
            &["mem_write"],
            "a stream into a word per superlane at the addresses of a map",
            cases::scatter,
        ),
    ];
    rows.extend(matrix());
    rows.extend(edge());
    rows.extend(control());
    rows
}

/// Rows of the matrix unit and the vector unit.
fn matrix() -> Vec<Row> {
    let row = |name, specimen, queue, latencies, does, case| Row { name, specimen, queue, latencies, does, case };
    vec![
        row(
            "load",
            "load g0 s16",
            "`mxmE0.weights`",
            &["mxm_crossing"],
            "16 streams into 16 columns of the weight buffer",
            cases::load,
        ),
        row(
            "install",
            "install",
            "`mxmE0.weights`",
            &["mxm_install"],
            "the weight buffer becomes the array",
            cases::install,
        ),
        row(
            "activate_i8",
            "activate s4 i8",
            "`mxmE0.activate`",
            &["mxm_entry", "mxm_multiply"],
            "a stream of int8 times the array",
            cases::activate_i8,
        ),
        row(
            "activate_f16",
            "activate s4 f16.1",
            "`mxmE0.activate`",
            &["mxm_entry", "mxm_multiply"],
            "half of the lanes of a stream pair of f16 times both arrays",
            cases::activate_f16,
        ),
        row(
            "accumulate",
            "accumulate a3:1 add -> s8",
            "`mxmE0.accumulate`",
            &["mxm_accumulate", "mxm_exit"],
            "the product into an accumulator, and out on four streams",
            cases::accumulate,
        ),
        row(
            "alu",
            "add f32 E4 alu2 -> E8",
            "`alu0`",
            &["vxm_entry", "vxm_alu"],
            "an operation on streams, results of ALUs and constants; see below",
            cases::alu,
        ),
    ]
}

/// Rows of the switch unit and the links.
fn edge() -> Vec<Row> {
    let row = |name, specimen, queue, latencies, does, case| Row { name, specimen, queue, latencies, does, case };
    vec![
        row(
            "distribute",
            "distribute s4 -> s5 map 1,0,3,2,5,4,7,6,9,8,11,10,13,12,15,z",
            "`sxmE0.distribute`",
            &["sxm_distribute"],
            "lanes of each superlane moved, repeated or made zero (`z`)",
            cases::distribute,
        ),
        row(
            "transpose",
            "transpose s16 -> s0",
            "`sxmE0.transpose`",
            &["sxm_transpose"],
            "16 x 16 bytes of 16 streams transposed in every superlane",
            cases::transpose,
        ),
        row(
            "permute",
            "permute s4 -> s5 map 0",
            "`sxmE0.permute`",
            &["sxm_permute"],
            "all 320 lanes by a bijective map",
            cases::permute,
        ),
        row(
            "shift",
            "shift s4 s6 by 16 -> s5",
            "`sxmE0.permute`",
            &["sxm_permute"],
            "one stream shifted up, the other down, side by side",
            cases::shift,
        ),
        row(
            "send",
            "send s4",
            "`c2cE0.send`",
            &["link_vector", "link_flight", "link_remainder"],
            "a stream onto a link",
            cases::send,
        ),
        row(
            "receive",
            "receive -> s4",
            "`c2cE0.receive`",
            &["link_receive"],
            "what lands on a link onto a stream",
            cases::receive,
        ),
        row(
            "rotate",
            "rotate s4 -> s16 by 3",
            "`sxmE0.transpose`",
            &["sxm_rotate"],
            "3 or 4 streams, each turned by 0, 1, .. lanes in every superlane: 9 or 16 streams",
            cases::rotate,
        ),
    ]
}

/// Rows of what concerns the queue itself.
fn control() -> Vec<Row> {
    let row = |name, specimen, queue, latencies, does, case| Row { name, specimen, queue, latencies, does, case };
    vec![
        row(
            "deskew",
            "deskew 40",
            "`c2cE0.send`",
            &["barrier"],
            "so many cycles of common time, in which the chip's clock is aligned with the others; all other queues are parked",
            cases::deskew,
        ),
        row(
            "fetch",
            "fetch E16 b0+40:2",
            "any",
            &["fetch"],
            "two words of a slice of instructions, through its read port: the queue's next 40 instructions",
            cases::fetch,
        ),
        row(
            "sync",
            "sync",
            "any, last",
            &["barrier"],
            "parks the queue until the template's Notify releases it",
            cases::sync,
        ),
        row("notify", "notify", "any", &["barrier"], "releases every parked queue of the chip", cases::notify),
        row(
            "config",
            "config 3",
            "any",
            &["config"],
            "so many of 20 superlanes work for this queue from now on",
            cases::config,
        ),
        row("nop", "nop 412", "any", &[], "nothing for so many cycles", cases::nop),
        row(
            "repeat",
            "read b0+7:1 -> E3 x20/2",
            "any",
            &[],
            "20 issues, 2 cycles apart; iteration i moves the address by i strides, the column group by i, the accumulator by i steps",
            cases::repeat,
        ),
    ]
}

/// The row of an entry: a repeated one has two, of which this is that of its instruction.
pub fn name_of(entry: &Entry) -> &'static str {
    let Entry::Issue(burst) = entry else { return "nop" };
    match burst.instruction {
        Instruction::Read { .. } => "read",
        Instruction::Write { .. } => "write",
        Instruction::Gather { .. } => "gather",
        Instruction::Scatter { .. } => "scatter",
        Instruction::Load { .. } => "load",
        Instruction::Install => "install",
        Instruction::Activate { format: MxmFormat::I8, .. } => "activate_i8",
        Instruction::Activate { format: MxmFormat::F16 { .. }, .. } => "activate_f16",
        Instruction::Accumulate { .. } => "accumulate",
        Instruction::Alu(_) => "alu",
        Instruction::Distribute { .. } => "distribute",
        Instruction::Transpose { .. } => "transpose",
        Instruction::Permute { .. } => "permute",
        Instruction::Shift { .. } => "shift",
        Instruction::Send { .. } => "send",
        Instruction::Receive { .. } => "receive",
        Instruction::Rotate { .. } => "rotate",
        Instruction::Deskew { .. } => "deskew",
        Instruction::Fetch { .. } => "fetch",
        Instruction::Sync => "sync",
        Instruction::Notify => "notify",
        Instruction::Config { .. } => "config",
    }
}

impl Row {
    /// The specimen as an entry.
    pub fn entry(&self) -> Entry {
        read_entry(self.specimen)
    }

    /// Whether an entry is of this kind.
    fn is(&self, entry: &Entry) -> bool {
        match (self.name, entry) {
            ("repeat", Entry::Issue(burst)) => 1 < burst.count,
            (name, entry) => name_of(entry) == name,
        }
    }

    /// What is wrong when the row's program is judged and run: the worked value is not there, or it would be there without this entry.
    pub fn fault(&self, chip: &Chip) -> Option<String> {
        let case = (self.case)();
        let executable = case.bench.program(chip).executable;
        let report = case.bench.judged(chip, executable.clone());
        if let Some(first) = report.violations.first() {
            return Some(format!("the judge finds {} violations: {first}", report.total));
        }
        if let Some(wrong) = case.differs(chip, &executable) {
            return Some(wrong);
        }
        let Some(without) = self.without(&executable) else { return Some("its program has no such entry".to_owned()) };
        let is_noticed = case.differs(chip, &without).is_some();
        (!is_noticed).then(|| "its program leaves the same without it".to_owned())
    }

    /// The program without the last entry of this kind.
    fn without(&self, executable: &Executable) -> Option<Executable> {
        let mut executable = executable.clone();
        let template = &mut executable.templates[TemplateId::new(0)];
        let entries = template.queues.iter_mut().rev().map(|(_, entries)| entries);
        let found = entries.into_iter().find_map(|entries| {
            let place = entries.iter().rposition(|entry| self.is(entry))?;
            Some((entries, place))
        });
        let (entries, place) = found?;
        match entries[place] {
            // What takes its time itself takes it along.
            Entry::Nop(_) => drop(entries.remove(place)),
            Entry::Issue(burst) if 1 < burst.instruction.cycles() => drop(entries.remove(place)),
            Entry::Issue(burst) => entries[place] = Entry::Nop(burst.length().0 as u32),
        }
        Some(executable)
    }
}

impl Case {
    /// How what the program leaves differs from what was worked out.
    fn differs(&self, chip: &Chip, executable: &Executable) -> Option<String> {
        let ran = match self.bench.ran(chip, executable) {
            Ok(ran) => ran,
            Err(error) => return Some(error),
        };
        if let Some(first) = ran.poison.first() {
            return Some(format!("the simulator finds a violation: {first}"));
        }
        if self.cycles.is_some_and(|cycles| cycles != ran.cycles) {
            return Some(format!("a token takes {} cycles, not {:?}", ran.cycles, self.cycles));
        }
        self.leaves.iter().find_map(|(slice, address, byte)| {
            let Some(bytes) = ran.bytes(0, slice, *address) else {
                return Some(format!("{slice} has no word {address}"));
            };
            let lane = (0..bytes.len()).find(|&lane| bytes[lane] != byte(lane))?;
            Some(format!("{slice} word {address} lane {lane} is {}, not {}", bytes[lane], byte(lane)))
        })
    }
}

/// The table for a chip.
pub fn table(chip: &Chip) -> String {
    let facts = arch::facts(chip);
    let mut text = "# The instructions\n\nMade from the code by `cargo run -p tests --bin isa`; a test holds it. The text form of an \
        instruction shows its operands: `b1+40:2` is an address (base, words after it, words more with each iteration), `E3` a stream \
        with its direction, `s4` one whose direction follows from the queue. Latencies are cycles of the published chip with their \
        standing; semantics to the cycle stand in [instruction.rs](src/instruction.rs). Each row has a small program that is judged, \
        run to the worked value, and run again without that entry, which must show: `cargo test -p tests --test isa NAME`.\n\n"
        .to_owned();
    text += "| instruction | queue | does | latency | worked value | test |\n|---|---|---|---|---|---|\n";
    for row in rows() {
        let latency = |name: &&str| {
            let fact = facts.iter().find(|fact| fact.name == *name).expect("every latency has a fact");
            format!("{name} {} ({})", fact.value, fact.standing)
        };
        let latencies: Vec<String> = row.latencies.iter().map(latency).collect();
        let latencies = if latencies.is_empty() { "none".to_owned() } else { latencies.join(", ") };
        let (shown, says) = (text::entry(&row.entry()), (row.case)().says);
        let line = format!("`{shown}` | {} | {} | {latencies} | {says}", row.queue, row.does);
        writeln!(text, "| {line} | `isa` {} |", row.name).expect("a String takes every text");
    }
    text += "\n## What an ALU does\n\nAll rows are executed by `alu_operations_have_their_worked_values`; exp, tanh and rsqrt on large \
        ALUs only.\n\n| operation | type | worked value |\n|---|---|---|\n";
    for Example { op, dtype, says, .. } in alu_examples() {
        writeln!(text, "| {} | {} | {says} |", op.name(), dtype.name()).expect("a String takes every text");
    }
    text + &reach(chip) + &totals(chip) + &simplified(chip)
}

/// What sources give as a total of several latencies, term by term.
fn totals(chip: &Chip) -> String {
    let mut text = "\n## Totals of the sources\n\nEach term is a latency of the published chip or stands in the source under that name; \
        each sum is run as a program by `cargo test -p sim`, in `latencies` and `closures`, or here as `notify`.\n\n\
        | from where to where | terms | here | published | what no public source decides |\n|---|---|---|---|---|\n"
        .to_owned();
    for total in arch::totals(chip) {
        let terms: Vec<String> = total.terms.iter().map(|(name, cycles)| format!("{name} {cycles}")).collect();
        let (terms, here) = (terms.join(", "), total.here());
        let Total { name, published, open, .. } = total;
        writeln!(text, "| {name} | {terms} | {here} | {published} | {open} |").expect("a String takes every text");
    }
    text
}

/// Facts that are no constant of the machine: what sources name and do not describe.
fn simplified(chip: &Chip) -> String {
    let tree = serde_json::to_value(chip).expect("a machine is plain data");
    let fields = |tree: &serde_json::Value| tree.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let constants = [fields(&tree), fields(&tree["latency"])].into_iter().flatten().collect::<Vec<_>>().concat();
    let mut text = "\n## What sources name and do not describe\n\nNo public source carries enough to define these as instructions or \
        operands with a meaning and a time of their own; what stands in their place is said with its standing.\n\n\
        | what | here | standing | why |\n|---|---|---|---|\n"
        .to_owned();
    for fact in arch::facts(chip).into_iter().filter(|fact| !constants.iter().any(|name| name == fact.name)) {
        let arch::Fact { name, value, unit, standing, source } = fact;
        writeln!(text, "| {unit} (`{name}`) | {value} | {standing} | {source} |").expect("a String takes every text");
    }
    text
}

/// What the ALUs of each row reach, as a table.
fn reach(chip: &Chip) -> String {
    let mesh = Mesh::new(chip);
    let mut text = "\n## What an ALU reaches\n\nThe ALUs of a row sample and drive streams of its window only, in either direction; an ALU \
        takes no two streams of one group from both sides. Its result goes on in one group and one direction, that of the stream that \
        it drives if there is one, to ALUs that reach the group: eastward in later columns, westward in earlier ones, and to itself.\n\n\
        | row | ALUs, from the west | groups | streams of each direction |\n|---|---|---|---|\n"
        .to_owned();
    for row in 0..mesh.rows() {
        let alus: Vec<String> = (0..chip.alus).filter(|&alu| mesh.row(alu) == row).map(|alu| alu.to_string()).collect();
        let groups: Vec<String> = mesh.window(row).map(|group| group.to_string()).collect();
        let streams = |group: u8| format!("{}-{}", group * GROUP_STREAMS, (group + 1) * GROUP_STREAMS - 1);
        let streams: Vec<String> = mesh.window(row).map(streams).collect();
        let [alus, groups, streams] = [alus, groups, streams].map(|list| list.join(" "));
        writeln!(text, "| {row} | {alus} | {groups} | {streams} |").expect("a String takes every text");
    }
    text
}
