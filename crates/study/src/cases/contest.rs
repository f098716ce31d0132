//! Both contestants of a case on one table: the rival from the graph, the LPU as compiled or as published.
//!
//! In: a case; for a model from a file, what the compiler made of it.  Out: rates, sheets with the use of either side.
//! Invariant: the rival sees the graph only; a rate of the LPU is computed by the line, published with its source, or absent.
//! Method: what a token weighs is counted on the graph and on the rival's kernels; what costs time is computed once and kept.

use super::curves::Who;
use super::error::CaseError;
use super::file::Case;
use super::sides::overrule;
use super::waterfall::Switch;
use cost::presets::{PRICES, RATES};
use cost::{Amount, Hardware, Input, Refusal, Sheet, Use};
use gpu::{Dialled, Engine, Format, Gpu, GpuError, Rival, Tensor};
use graph::Graph;
use import::Builtin;
use serde::{Deserialize, Serialize};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use units::{Book, Formula, Order, Standing};

/// Boxes over which a time of the rival is averaged: no box is lucky.
pub(super) const BOXES: u32 = 16;
/// Users at once at which rates are computed.
const USERS: [u32; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// What the rates of both machines rest on.
const FITTED: &str = "bandwidth share, gaps, ramp and all-reduce of A100 fitted to 7 decode points of gpt-fast, of H100 scaled from \
                      them by published benchmarks";

/// What the line made of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compiled {
    /// The model's graph.
    pub graph: Graph,
    /// Cycles of a token.
    pub cycles: u64,
    /// Clock of the chip in Hz.
    pub hertz: u64,
    /// Chips that the program is for.
    pub chips: u32,
}

/// How fast the LPU writes for one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LpuRate {
    /// Computed: compiled, verified and simulated by this build.
    Compiled {
        /// Cycles of a token.
        cycles: u64,
        /// Tokens per second.
        per_second: f64,
    },
    /// Not compiled by this build; published.
    Published {
        /// Tokens per second.
        per_second: f64,
        /// How well that is known.
        standing: Standing,
        /// Where it is printed.
        source: String,
        /// Tokens of context that it was measured at, where that is printed.
        context: Option<u32>,
    },
    /// Not compiled by this build, and nothing is published.
    Unknown,
}

impl LpuRate {
    /// Tokens per second, if anything is known.
    pub fn per_second(&self) -> Option<f64> {
        match self {
            LpuRate::Compiled { per_second, .. } | LpuRate::Published { per_second, .. } => Some(*per_second),
            LpuRate::Unknown => None,
        }
    }
}

/// What the viewer changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Users at once, where they differ from the case's.
    pub users: Option<u32>,
    /// What was typed into fields, by id.
    pub edits: BTreeMap<String, String>,
}

/// A rate of the rival at one load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GpuRate {
    pub users: u32,
    pub per_user: f64,
    /// GB of weights that one step reads, all GPUs.
    pub weight_gb: f64,
}

/// A case on the table.
pub struct Contest {
    pub(super) case: Case,
    pub(super) book: Book,
    pub(super) rival: Rival,
    pub(super) lpu: LpuRate,
    /// Weights in memory, and those that one token meets; thousand millions.
    stored_g: f64,
    active_g: f64,
    rates: OnceCell<(Vec<GpuRate>, Option<GpuError>)>,
    /// Rates that were computed, by users.
    known: RefCell<BTreeMap<u32, GpuRate>>,
}

/// All inputs: those of the bill, of the claims and of the rival.
pub(super) fn book() -> Book {
    Book::new(cost::inputs().into_iter().chain(gpu::constants::all()))
        .expect("a test builds the book and shows every fault")
}

/// The claims of the story, judged with what the viewer changed.
///
/// Errors: a formula has no value with these inputs.
pub fn claims(setting: &Setting) -> Result<Vec<cost::claims::Judged>, CaseError> {
    let book = book();
    let mut sheet = Sheet::new(&book);
    edit(&mut sheet, setting);
    Ok(cost::claims::judge(&sheet)?)
}

/// What a smaller process makes of the chip, with what the viewer changed, scored against the successor that shipped.
///
/// Errors: an input has no value.
pub(super) fn scaled(setting: &Setting) -> Result<Vec<cost::what_if::Scaled>, CaseError> {
    let book = book();
    let mut sheet = Sheet::new(&book);
    edit(&mut sheet, setting);
    Ok(cost::what_if::what_if(&sheet)?)
}

impl Contest {
    /// Puts a case on the table; `compiled` is needed where its model is no built-in shape.
    ///
    /// Errors: an unknown name at its field, a model that does not fit the box, an input outside its bounds.
    pub fn open(case: Case, compiled: Option<Compiled>) -> Result<Self, CaseError> {
        let book = book();
        let (graph, made) = match compiled {
            Some(compiled) => (compiled.graph.clone(), Some(compiled)),
            None if case.is_compiled() => return Err(CaseError::NotCompiled),
            None => (Builtin::find(&case.model)?.decode_step(case.context), None),
        };
        if let Some(made) = made.as_ref().filter(|made| made.chips != case.lpu.chips) {
            return Err(CaseError::OtherChips { found: case.lpu.chips, compiled: made.chips });
        }
        let rival = Rival::new(&graph, gpu_case(&case)?)?;
        let stored_g = graph.tensors.iter().map(|(_, tensor)| tensor.shape.elements() as f64).sum::<f64>() / 1e9;
        let active_g = weight_gb(&rival) / rival.case().format.bytes();
        let lpu = match (&made, &case.lpu.rate) {
            (Some(Compiled { cycles, hertz, .. }), _) => {
                LpuRate::Compiled { cycles: *cycles, per_second: *hertz as f64 / *cycles as f64 }
            }
            (None, Some(id)) => {
                let input = printed(&book, "lpu.rate", id, &case.model, &RATES)?;
                let chips = Sheet::new(&book).value("record.chips")?;
                let (standing, source) = if f64::from(case.lpu.chips) == chips {
                    (input.standing, input.source)
                } else {
                    let source = format!("{}; printed for {chips} chips, assumed for {}", input.source, case.lpu.chips);
                    (Standing::Assumed, source)
                };
                let context = Sheet::new(&book).value(&format!("{id}_context")).ok().map(|tokens| tokens as u32);
                LpuRate::Published { per_second: input.value, standing, source, context }
            }
            (None, None) => LpuRate::Unknown,
        };
        let contest =
            Contest { case, book, rival, lpu, stored_g, active_g, rates: OnceCell::new(), known: RefCell::default() };
        contest.case.check_inputs()?;
        if let Some(id) = &contest.case.lpu.asked {
            printed(&contest.book, "lpu.asked", id, &contest.case.model, &PRICES)?;
        }
        Ok(contest)
    }

    /// How fast the LPU writes for one user.
    pub fn rate_of_lpu(&self) -> LpuRate {
        self.lpu.clone()
    }

    /// The case.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Users at once.
    pub(super) fn users(&self, setting: &Setting) -> u32 {
        setting.users.unwrap_or(self.case.users)
    }

    /// The box with its bill of parts.
    pub(super) fn gpu_hardware(&self) -> Hardware {
        self.case.hardware(Who::Gpu).expect("the rival was opened with this GPU")
    }

    /// The system beside it with its bill of parts.
    pub(super) fn lpu_hardware(&self) -> Hardware {
        self.case.hardware(Who::Lpu).expect("LPUs have one name")
    }

    /// What decoding uses at the rate `tokens_per_second`, of which `batch` share a reading of `weight_gb`.
    fn use_of(&self, tokens_per_second: Amount, batch: f64, weight_gb: f64) -> Use {
        let counted = |value, unit| Amount::exactly(value, unit, Standing::Derived, "counted on the model's graph");
        let chosen = |value, unit| Amount::exactly(value, unit, Standing::Assumed, "the question that is asked");
        Use {
            tokens_per_second,
            batch: chosen(batch, "tokens"),
            weight_gb: counted(weight_gb, "GB"),
            stored_gb: counted(self.stored_g, "GB"),
            kv_bytes: counted(2.0 * self.rival.cache_elements(), "B/position"),
            context: chosen(f64::from(self.case.context), "tokens"),
            macs_g: counted(self.active_g, "thousand million"),
            link_bits: Amount::exactly(
                0.0,
                "bit",
                Standing::Assumed,
                "traffic between chips is left out on both sides: it is small beside the rest",
            ),
        }
    }

    /// How well a rate of the rival is known: no better than the weakest constant that its time rests on.
    pub(super) fn standing_of_gpu(&self) -> Standing {
        let formulas = [Switch::Gaps, Switch::Ramp, Switch::Barriers, Switch::Sram].map(|switch| self.formula(switch));
        let formulas = formulas.map(|formula| Formula::parse(&formula).expect("a formula of the waterfall"));
        let ids = formulas.iter().flat_map(Formula::ids);
        Standing::weakest(ids.filter_map(|id| self.book.standing(id))).unwrap_or(Standing::Derived)
    }

    /// Tokens per second of the rival.
    fn gpu_amount(&self, rate: &GpuRate) -> Amount {
        let gpu::Case { gpu, engine, .. } = self.rival.case();
        let (count, users, seed) = (self.case.gpu.count, rate.users, self.case.seed);
        let source = format!(
            "users ({users}) times the rate of the gpu model: {count} x {} ({}), mean of {BOXES} boxes from seed {seed}; {FITTED}",
            gpu.name, engine.name
        );
        let tokens = f64::from(users) * rate.per_user;
        Amount::exactly(tokens, "tokens/s", self.standing_of_gpu(), &source)
    }

    /// How well the LPU's rate with so many users is known: that each keeps the rate of one is our assumption.
    pub(super) fn standing_of_lpu(&self, users: f64) -> Standing {
        match &self.lpu {
            _ if 1.0 < users => Standing::Assumed,
            LpuRate::Published { standing, .. } => *standing,
            LpuRate::Compiled { .. } | LpuRate::Unknown => Standing::Derived,
        }
    }

    /// Tokens per second of the LPU with so many users in its pipeline.
    fn lpu_amount(&self, users: f64, per_user: f64) -> Amount {
        let of_one = match &self.lpu {
            LpuRate::Published { source, .. } => source.as_str(),
            LpuRate::Compiled { .. } | LpuRate::Unknown => "cycles of the compiled and verified program over the clock",
        };
        let source = if 1.0 < users {
            format!("users ({users}) times {per_user} tokens/s, which each is assumed to keep; {of_one}")
        } else {
            of_one.to_owned()
        };
        Amount::exactly(users * per_user, "tokens/s", self.standing_of_lpu(users), &source)
    }

    fn sheet(&self, hardware: &Hardware, usage: &Use) -> Sheet<'_> {
        let mut sheet = Sheet::new(&self.book);
        hardware.put_on(usage, &mut sheet);
        self.put_inputs(&mut sheet);
        sheet
    }

    /// The inputs of the case that differ from their defaults, checked when it was opened.
    pub(super) fn put_inputs(&self, sheet: &mut Sheet<'_>) {
        for (id, value) in &self.case.inputs {
            let _ = sheet.edit(id, *value);
        }
    }

    /// The rival's sheet at one of its rates, and what was refused of the viewer's changes.
    pub(super) fn gpu_sheet(&self, rate: &GpuRate, setting: &Setting) -> (Sheet<'_>, Vec<Refusal>) {
        let mut usage = self.use_of(self.gpu_amount(rate), f64::from(rate.users), rate.weight_gb);
        let (room, gpus) = (self.rival.room(), f64::from(self.case.gpu.count));
        let counted = |value, unit| {
            Amount::exactly(
                value,
                unit,
                Standing::Derived,
                "counted on the box: what each GPU holds whole counts for each",
            )
        };
        usage.stored_gb = counted(room.weights * gpus / 1e9, "GB");
        usage.kv_bytes = counted(room.cache * gpus / f64::from(self.case.context), "B/position");
        overrule(&mut usage, Who::Gpu, setting);
        let mut sheet = self.sheet(&self.gpu_hardware(), &usage);
        let refused = edit(&mut sheet, setting);
        (sheet, refused)
    }

    /// The LPU's sheet with so many users in its pipeline, each at `per_user`.
    pub(super) fn lpu_sheet(&self, users: f64, per_user: f64, setting: &Setting) -> Sheet<'_> {
        let mut usage = self.use_of(self.lpu_amount(users, per_user), 1.0, self.active_g);
        overrule(&mut usage, Who::Lpu, setting);
        let mut sheet = self.sheet(&self.lpu_hardware(), &usage);
        edit(&mut sheet, setting);
        sheet
    }

    /// Users whose caches fit beside the weights on the LPU's chips.
    ///
    /// Errors: not even one fits; a formula has no value.
    pub(super) fn lpu_most(&self, per_user: f64, setting: &Setting) -> Result<f64, CaseError> {
        let (hardware, sheet) = (self.lpu_hardware(), self.lpu_sheet(1.0, per_user, setting));
        let most = cost::users_most(&sheet, &hardware)?;
        if most < 1.0 {
            let needed = cost::needed(&sheet, &hardware, 1.0)?.value.ceil();
            return Err(CaseError::LpuFit { chips: sheet.value("hardware.chips")?, needed });
        }
        Ok(most)
    }

    /// Rates of the rival over users, as far as its memory goes, and why they end.
    pub(super) fn rates(&self) -> &(Vec<GpuRate>, Option<GpuError>) {
        self.rates.get_or_init(|| {
            let most = self.rival.room().most();
            let last = USERS[USERS.len() - 1];
            let mut users: Vec<u32> = USERS.into_iter().chain([self.case.users, most.min(last)]).collect();
            users.order();
            users.dedup();
            let mut rates = Vec::new();
            for users in users.into_iter().filter(|users| *users <= most) {
                match self.rate(users) {
                    Ok(rate) => rates.push(rate),
                    Err(error) => return (rates, Some(error)),
                }
            }
            let end = if most < last { self.rate(most + 1).err() } else { None };
            (rates, end)
        })
    }

    /// The rival's rate with so many users, computed once.
    pub(super) fn rate(&self, users: u32) -> Result<GpuRate, GpuError> {
        if let Some(known) = self.known.borrow().get(&users) {
            return Ok(*known);
        }
        let mut case = self.rival.case().clone();
        case.batch = users;
        let rival = self.rival.with(case)?;
        let seconds = rival.mean_of_boxes(BOXES).seconds();
        let rate = GpuRate { users, per_user: 1.0 / seconds, weight_gb: weight_gb(&rival) };
        self.known.borrow_mut().insert(users, rate);
        Ok(rate)
    }
}

/// The input `id` that a field of the case names, if it was printed for that model; `printed` lists ids with their models.
fn printed(
    book: &Book,
    field: &'static str,
    id: &str,
    model: &str,
    printed: &[(&str, &str)],
) -> Result<Input, CaseError> {
    let model = Builtin::find(model).map_or("", |builtin| builtin.name());
    let ids: Vec<&str> = printed.iter().filter(|(_, of)| *of == model).map(|(id, _)| *id).collect();
    if !ids.contains(&id) {
        // A case may always name none.
        let names = ids.into_iter().chain(["null"]).map(str::to_owned).collect();
        return Err(CaseError::Unknown { field, found: id.to_owned(), names });
    }
    Ok(Sheet::new(book).input(id)?)
}

/// What was typed goes onto the sheet, but for amounts of one side; returns what does not.
pub(super) fn edit(sheet: &mut Sheet<'_>, setting: &Setting) -> Vec<Refusal> {
    let edits = setting.of_both().map(|(id, text)| sheet.edit_text(id, text));
    edits.filter_map(|outcome| outcome.err().map(|refusal| *refusal)).collect()
}

pub(super) fn gpu_case(case: &Case) -> Result<gpu::Case, CaseError> {
    let mut rival = gpu::Case::new(Gpu::find(&case.gpu.name)?, Tensor::of(case.gpu.count)?);
    rival.format = Format::find(&case.gpu.format)?;
    rival.engine = Engine::find(&case.gpu.engine)?;
    rival.context = case.context;
    rival.seed = case.seed;
    for (id, value) in &case.inputs {
        if rival.dial(id, *value)? == Dialled::Idle {
            return Err(CaseError::Idle { id: id.clone() });
        }
    }
    Ok(rival)
}

/// GB of weights that one step reads on all GPUs, each once.
fn weight_gb(rival: &Rival) -> f64 {
    let case = rival.case();
    // What every GPU has whole, a head or a router, is read as often as there are GPUs, but it is one: asked of one GPU that holds all.
    let engine = Engine { cache: case.engine.cache, ..Engine::modern() };
    let gpu = Gpu { memory: f64::INFINITY, ..case.gpu.clone() };
    let once = rival.with(gpu::Case { engine, gpu, tensor: Tensor::One, ..case.clone() });
    let once = once.expect("one that holds all divides nothing");
    let positions = f64::from(case.batch) * f64::from(case.context);
    let cache = once.cache_elements() * case.engine.cache.bytes() * positions;
    (once.bytes() - cache) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_inputs_stand_in_one_book() {
        let book = book();
        assert!(book.get("h100.hbm_peak").is_some() && book.get("money.kwh").is_some());
    }
}
