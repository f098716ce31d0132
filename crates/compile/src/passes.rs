//! The passes of the compiler: one table, and the state after any of them as text.
//!
//! In: a graph, its weights, a machine, a pass.  Out: what stands after that pass, printed so that two states can be compared line by line.
//! Invariant: the text comes from the very run that makes programs, stopped; equal inputs give equal text.
//! Method: every pass is one step of `run`. A layout whose tiles do not fit is replaced by the frugal one, whatever the pass.

use crate::emit::emit;
use crate::kernel::Work;
use crate::lower::{HALVED_ALUS, Lowered, Source, Stretch, lower};
use crate::model::Rows;
use crate::schedule::{Scheduled, schedule};
use crate::share::{Hidden, Share};
use crate::{CompileError, Compiled, Formats, Launch, Llama, fit, least, recognise};
use arch::{Chip, Topology};
use graph::{Graph, TensorData};
use program::Entry;
use std::fmt::Write;
use units::Order;

/// A pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    /// The machine has what every layout needs.
    Check,
    /// The graph is a decoding step; its heads are laid out.
    Recognise,
    /// Operations of the chip's size.
    Lower,
    /// Homes in SRAM, and a cycle for everything.
    Schedule,
    /// Queues, image and record.
    Emit,
}

/// A pass as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Which one.
    pub pass: Pass,
    /// Its name, also what `--stop-after` takes.
    pub name: &'static str,
    /// Its name in Traditional Chinese (Taiwan).
    pub chinese_name: &'static str,
    /// One sentence.
    pub english: &'static str,
    /// The same in Traditional Chinese (Taiwan).
    pub chinese: &'static str,
}

/// What is wanted of the whole model.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// In which formats its matrices are held.
    pub formats: Formats,
    /// Rows that are computed at once.
    pub rows: Rows,
    /// Programs that lie beside the one for all positions: positions that are attended to, and rows at once. The greatest first.
    pub others: &'a [(u32, Rows)],
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Wanted { formats: Formats::default(), rows: Rows::Texts(1), others: &[] }
    }
}

/// All passes in order.
pub const PASSES: [Description; 5] = [
    Description {
        pass: Pass::Check,
        name: "check",
        chinese_name: "檢查",
        english: "Refuses a machine that lacks something every program needs.",
        chinese: "若晶片缺少任何程式都需要的東西，就拒絕它。",
    },
    Description {
        pass: Pass::Recognise,
        name: "recognise",
        chinese_name: "辨認",
        english: "Finds the decoding step in the graph, lays its heads out in tiles and checks that the model fits.",
        chinese: "在圖中認出解碼步驟，把注意力頭排進圖磚，並確認模型放得下。",
    },
    Description {
        pass: Pass::Lower,
        name: "lower",
        chinese_name: "改寫",
        english: "Rewrites every layer as operations on rows of 320 lanes in the chip's number formats.",
        chinese: "把每一層改寫成晶片數字格式、每列 320 道的運算。",
    },
    Description {
        pass: Pass::Schedule,
        name: "schedule",
        chinese_name: "排程",
        english: "Gives every value a home in SRAM and every instruction a cycle, one rigid chain after the other.",
        chinese: "一條剛性鏈接著一條，為每個值安排 SRAM 位置，為每道指令安排週期。",
    },
    Description {
        pass: Pass::Emit,
        name: "emit",
        chinese_name: "寫出",
        english: "Turns cycles into queues of instructions and waits, stamps the layers and writes image and record.",
        chinese: "把週期變成指令與等待的佇列，逐層套印，並寫出映像與啟動紀錄。",
    },
];

/// What stands after a pass.
enum State {
    Checked,
    Recognised(Box<(Llama, Share)>),
    Lowered(Vec<Lowered>),
    Scheduled(Vec<Scheduled>),
    Emitted(Vec<Compiled>),
}

/// The state after `pass` as text.
///
/// Errors: those of `compile`, as far as the passes up to this one find them.
pub fn stop_after(pass: Pass, graph: &Graph, data: &dyn TensorData, chip: &Chip) -> Result<String, CompileError> {
    let source = Source::new(graph, Some(data));
    Ok(match run(pass, source, Wanted::default(), (chip, &Topology::single()))? {
        State::Checked => format!("{chip:#?}\n"),
        State::Recognised(known) => shape(&known.0, &known.1),
        State::Lowered(lowered) => lowered.iter().map(operations).collect(),
        State::Scheduled(scheduled) => scheduled.iter().map(cycles).collect(),
        State::Emitted(all) => all.iter().map(|compiled| program::text::print(&compiled.program.executable)).collect(),
    })
}

/// What a program is for.
pub type Machine<'a> = (&'a Chip, &'a Topology);

/// All passes on the whole model: its program for all positions, and the others that are wanted beside it. Whether there
/// is room for the instructions of more than the first is not looked at.
pub fn compiled(source: Source, wanted: Wanted, machine: Machine) -> Result<Vec<Compiled>, CompileError> {
    run(Pass::Emit, source, wanted, machine).map(emitted)
}

/// All passes on a stretch of a recognised model.
pub fn stretch(
    source: Source,
    (llama, stretch): (&Llama, &Stretch),
    machine: Machine,
) -> Result<Compiled, CompileError> {
    let shares = shares(llama, machine)?;
    let mut all = emitted(laid_out(Pass::Emit, source, (llama, &[]), (&shares, stretch), machine)?);
    Ok(all.pop().expect("a stretch has a program"))
}

fn emitted(state: State) -> Vec<Compiled> {
    match state {
        State::Emitted(compiled) => compiled,
        _ => unreachable!("a run that is not stopped emits"),
    }
}

/// What each chip holds: with every head over two tiles where the machine can do that and it is faster.
pub fn shares(llama: &Llama, (chip, topology): Machine) -> Result<Vec<Share>, CompileError> {
    let hidden = Hidden { width: llama.ffn, experts: llama.experts, chosen: llama.chosen };
    let whole = Share::all(llama.heads.counts, hidden, llama.vocabulary, topology.chips)?;
    let halved = whole.iter().map(Share::halved).collect::<Option<Vec<_>>>().filter(|_| HALVED_ALUS <= chip.alus);
    Ok(halved.unwrap_or(whole))
}

fn run(
    last: Pass,
    source: Source,
    Wanted { formats, rows, others }: Wanted,
    (chip, topology): Machine,
) -> Result<State, CompileError> {
    chip.check()?;
    fit::machine(chip)?;
    fit::links(chip, topology)?;
    if last == Pass::Check {
        return Ok(State::Checked);
    }
    let llama = Llama { formats, rows, ..recognise(source.graph)? };
    let shares = shares(&llama, (chip, topology))?;
    let stretch = Stretch::whole(&llama, &shares[0]);
    let attempt = |shares: &[Share]| {
        fit::model(chip, &llama, &shares[0])?;
        laid_out(last, source, (&llama, others), (shares, &stretch), (chip, topology))
    };
    let refused = match attempt(&shares) {
        Err(refused @ CompileError::Memory { .. }) => refused,
        Err(refused @ CompileError::Infeasible { .. }) => {
            let source = Source { data: None, ..source };
            let again =
                |chip: &Chip| run(Pass::Schedule, source, Wanted { formats, rows, others }, (chip, topology)).err();
            return Err(refused.with_rest(chip, again));
        }
        result => return result,
    };
    let frugal: Vec<Share> = shares.iter().filter_map(Share::frugal).collect();
    let refused = match if frugal.is_empty() { Err(refused.clone()) } else { attempt(&frugal) } {
        Err(again @ CompileError::Memory { .. }) => refused.nearer(again),
        result => return result,
    };
    // The smallest group that has room for all weights, where there is one.
    let larger = Topology::all().into_iter().filter(|other| topology.chips < other.chips);
    let fits = |other: &Topology| {
        let shares = self::shares(&llama, (chip, other));
        shares.is_ok_and(|shares| fit::model(chip, &llama, &shares[0]).is_ok())
    };
    Err(refused.with_chips(larger.filter(fits).map(|other| other.chips).min()))
}

/// The passes that depend on how heads are laid out.
fn laid_out(
    last: Pass,
    source: Source,
    (llama, others): (&Llama, &[(u32, Rows)]),
    (shares, stretch): (&[Share], &Stretch),
    (chip, topology): Machine,
) -> Result<State, CompileError> {
    if last == Pass::Recognise {
        return Ok(State::Recognised(Box::new((llama.clone(), shares[0].clone()))));
    }
    let mut models = vec![llama.clone()];
    models.extend(others.iter().map(|&(attended, rows)| Llama { attended, rows, ..llama.clone() }));
    models.iter().try_for_each(|model| fit::rows(chip, model))?;
    let mut programs = vec![lower(source, llama, shares, (chip, stretch))?];
    for model in &models[1..] {
        // The values of its tables are those of the first.
        let lowered = lower(Source { data: None, ..source }, model, shares, (chip, stretch))?;
        assert!(same_tables(&lowered.graph, &programs[0].graph), "tables do not depend on the number of positions");
        programs.push(lowered);
    }
    if last == Pass::Lower {
        return Ok(State::Lowered(programs));
    }
    let scheduled = schedule(chip, &programs)?;
    if last == Pass::Schedule {
        return Ok(State::Scheduled(scheduled));
    }
    let (mut all, tables) = (Vec::new(), programs[0].tables.clone());
    for ((model, lowered), scheduled) in models.iter().zip(programs).zip(scheduled) {
        let (program, why) = emit((chip, topology), model.launched(), (lowered.graph, &lowered.twins), scheduled);
        let (launch, least) = (Launch::new(model), least::least(model, chip, u32::from(topology.chips)));
        all.push(Compiled { program, tables: tables.clone(), launch, why, least });
    }
    fit::instructions(chip, &all[0].program.executable)?;
    Ok(State::Emitted(all))
}

/// Whether two graphs have the same external tensors, id by id.
fn same_tables(one: &Graph, other: &Graph) -> bool {
    let form = |graph: &Graph| graph.tensors.iter().map(|(_, info)| info.clone()).collect::<Vec<_>>();
    form(one) == form(other)
}

fn shape(llama: &Llama, Share { heads, .. }: &Share) -> String {
    let Llama { context, width, head_dim, ffn, vocabulary, epsilon, layers, .. } = llama;
    let mut text = format!(
        "layers {}\nwidth {width}\nhead_dim {head_dim}\nffn {ffn}\nvocabulary {vocabulary}\ncontext {context}\nepsilon {epsilon:e}\n",
        layers.len()
    );
    for (number, slots) in heads.caches.iter().enumerate() {
        line(&mut text, format_args!("cache {number}: {} parts of key heads {slots:?}", heads.parts));
    }
    for (number, tile) in heads.queries.iter().enumerate() {
        line(&mut text, format_args!("queries {number}: heads {:?} meet cache {}", tile.heads, tile.cache));
    }
    text
}

fn operations(lowered: &Lowered) -> String {
    let mut text = graph::text::print(&lowered.graph);
    for stage in [&lowered.token, &lowered.layer].into_iter().chain(&lowered.head) {
        line(&mut text, format_args!("stage {}", stage.name));
        for work in &stage.work {
            match work {
                Work::Kernel(kernel) => line(&mut text, format_args!("  {kernel:?}")),
                Work::Fetch(fetch) => line(&mut text, format_args!("  {fetch:?}")),
                Work::Exchange(exchange) => line(&mut text, format_args!("  {exchange:?}")),
                Work::Shuffle(shuffle) => line(&mut text, format_args!("  {shuffle:?}")),
            }
        }
    }
    text
}

fn cycles(scheduled: &Scheduled) -> String {
    let mut text = String::new();
    for stage in &scheduled.stages {
        line(&mut text, format_args!("stage {}: {} cycles", stage.name, stage.length.0));
        let mut plan: Vec<_> = stage.plan.iter().collect();
        plan.order_by_key(|planned| (planned.cycle, planned.queue));
        for planned in plan {
            let entry = program::text::entry(&Entry::Issue(planned.burst));
            line(&mut text, format_args!("  {:6} {}: {entry}", planned.cycle, planned.queue));
        }
    }
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}
