//! A model on hundreds of chips: compiled, judged, and what follows from it.
//!
//! In: the name of a shape, a number of chips, a context.  Out: times, users, memory, use, and where the time goes.
//! Invariant: every figure is counted on a system whose programs and joints were judged; what is published stands beside it, and what
//!     lies between the two has no name.
//! Method: `compile::pipeline` and `verify::check_system`; `gathered` is another way for a mixture's experts; `answer` is all of it,
//!     `filled` counts memory, `busy` counts use, `steps` compiles again with one cause of time after the other.

mod answer;
mod busy;
mod filled;
mod gathered;
mod replanned;
mod served;
mod steps;

pub use answer::FleetAnswer;
pub use busy::Busy;
pub use filled::Occupancy;
pub use gathered::Gathered;
pub use replanned::{Lost, Replanned};
pub use served::Served;
pub use steps::{Bar, STEPS, Step};

use crate::cases::CaseError;
use crate::{Progress, Stage};
use arch::{Chip, NODE, RACK_NODES, Topology};
use compile::pipeline::{self, Cut, Wish};
use compile::{CompileError, Formats, Remedy};
use graph::Graph;
use import::Builtin;
use program::{Program, Role, System, Witness};
use serde::Serialize;
use units::{Cycles, Steps, Text};
use verify::{SystemFault, VerifiedSystem, check_system_telling};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Name of a shape that this build knows, in any spelling.
    pub model: String,
    /// Chips at work, whole nodes of eight.
    pub chips: u32,
    /// Rows of the caches.
    pub context: u32,
    /// In which formats matrices are held.
    pub formats: Formats,
    /// Nodes of the racks that have failed; their racks' spare ones take their place.
    pub lost: Vec<u16>,
    /// Users whose tokens a seat takes together: a weight that is installed serves all of them.
    pub batch: u32,
}

impl Question {
    /// In int8, on nodes that are all there, a user at a time.
    pub fn of(model: &str, chips: u32, context: u32) -> Question {
        let formats = Formats::default();
        Question { model: model.to_owned(), chips, context, formats, lost: Vec::new(), batch: 1 }
    }
}

/// A system under study.
pub struct Fleet {
    model: Builtin,
    graph: Graph,
    chip: Chip,
    topology: Topology,
    cut: Cut,
    system: VerifiedSystem,
}

/// One kind of node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// Its parts: A attention, F n feed-forward of n tiles of hidden lanes, head.
    pub parts: String,
    /// How many nodes are of this kind.
    pub nodes: usize,
    /// Cycles of its program.
    pub cycles: u64,
    /// What each of its chips holds.
    pub holds: Occupancy,
}

/// What a fleet does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FleetFigures {
    /// The model.
    pub model: String,
    /// Formats of its matrices.
    pub formats: String,
    /// Chips asked for.
    pub chips: u32,
    /// Chips that compute: nodes of the pipeline times eight.
    pub chips_at_work: u32,
    /// The topology, spare nodes included.
    pub topology: String,
    /// Rows of the caches.
    pub context: u32,
    /// Users whose tokens a seat takes together.
    pub batch: u64,
    /// Cycles from launch to logits.
    pub cycles: u64,
    /// Least cycles from one user's token to the next one's: what the busiest seat has to itself.
    pub period: u64,
    /// The clock, Hz.
    pub hertz: u64,
    /// Tokens per second of one user.
    pub tokens_per_second_per_user: f64,
    /// Tokens per second of all users that can be served at once.
    pub tokens_per_second_total: f64,
    /// Users served at once: as many as a seat takes together on each, if there is room for their caches.
    pub users: u64,
    /// Seats of the pipeline.
    pub seats: u64,
    /// Users for whose caches there is room on every chip, in the slices where this layout keeps caches.
    pub users_by_memory: u64,
    /// Microseconds of a token divided by layers; head and carries included.
    pub microseconds_per_layer: f64,
    /// Kinds of nodes.
    pub kinds: Vec<Kind>,
    /// Cycles that words take from node to node, all together.
    pub carry_cycles: u64,
    /// How busy things are.
    pub busy: Vec<Busy>,
    /// Programs judged, and instructions in them, all chips.
    pub judged: (usize, u64),
    /// Violations: a fleet with one is none.
    pub violations: u64,
    /// Bytes of all programs as files, each once, however many nodes run it.
    pub artefact_bytes: u64,
}

impl Fleet {
    /// Compiles and judges.
    ///
    /// Errors: an unknown model, a number of chips that is no number of nodes or too few for the model, whatever compiling may say.
    pub fn open(question: &Question) -> Result<Fleet, CaseError> {
        Fleet::open_telling(question, &mut |_| ())
    }

    /// The same, saying what is being done and how far it is.
    ///
    /// Errors: as `open`.
    pub fn open_telling(question: &Question, tell: &mut dyn FnMut(Progress)) -> Result<Fleet, CaseError> {
        Fleet::open_for(question, None, tell)
    }

    /// The same, with these experts of a mixture gathered.
    fn open_for(
        question: &Question,
        chosen: Option<[u32; 2]>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Fleet, CaseError> {
        let model = Builtin::find(&question.model)?;
        let chip = Chip::lpu_14nm();
        let node = u32::from(NODE);
        let most = u32::from(arch::RACKS_MAX) * u32::from(RACK_NODES - 1) * node;
        if !question.chips.is_multiple_of(node) || question.chips == 0 || most < question.chips {
            let found = question.chips;
            return Err(CaseError::Line(Text::new(
                format!("chips 應為 {node} 的倍數，從 {node} 到 {most} 顆晶片，實際為 {found}。請改用整數個節點。"),
                format!(
                    "chips: expected a multiple of {node} from {node} to {most}, found {found}; choose a number of whole nodes"
                ),
            )));
        }
        let nodes = (question.chips / node) as u16;
        let topology = racks(question.chips).expect("the number of racks was checked");
        if let Some(node) = question.lost.iter().find(|node| topology.nodes() <= **node) {
            let bounds = (0, usize::from(topology.nodes() - 1));
            return Err(CaseError::Number {
                field: "lost",
                found: usize::from(*node),
                bounds,
                unit: "(number of a node)",
            });
        }
        let graph = model.decode_step(question.context);
        if topology.chain(nodes, &question.lost).is_none() {
            return Err(CaseError::Line(Text::new(
                format!(
                    "少了節點 {:?} 就湊不出 {nodes} 個相連的節點（每個機架只有一個備援）；請減少晶片數。",
                    question.lost
                ),
                format!(
                    "lost: expected {nodes} nodes that are joined, found too few without nodes {:?}, as a rack has one spare; \
                     ask for fewer chips",
                    question.lost
                ),
            )));
        }
        tell(Progress { stage: Stage::Import, done: 0, of: 1 });
        let (lost, texts) = (question.lost.clone(), question.batch);
        let wish = Wish { nodes, lost, formats: question.formats, chosen, texts };
        let mut compiling = |steps| tell(Progress::of(Stage::Compile, steps));
        let (cut, system) =
            pipeline::fitted(&graph, &chip, &topology, &wish, &mut compiling).map_err(|error| match texts {
                1 => refused(settled(error, model, &chip, (&topology, &wish))),
                _ => fewer_at_a_time(error, (&graph, &chip, &topology, &wish)),
            })?;
        let system = judged(&chip, system, &mut |steps| tell(Progress::of(Stage::Verify, steps)))?;
        Ok(Fleet { model, graph, chip, topology, cut, system })
    }

    /// The system.
    pub fn system(&self) -> &VerifiedSystem {
        &self.system
    }

    /// Name of the model.
    pub fn model(&self) -> &str {
        self.model.name()
    }

    /// The topology, spare nodes included.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// All that is counted on it.
    pub fn figures(&self, question: &Question) -> FleetFigures {
        let system = self.system.system();
        let (cycles, period) = (system.length(), system.period());
        let layers = self.cut.llama.layers.len() as f64;
        let shifts = system.shifts();
        let issues = self.system.roles().iter().chain(self.system.carries()).map(|extent| extent.issues).sum();
        let programs = system.roles.iter().map(|role| &role.program).chain(&system.carries);
        let kinds: Vec<Kind> = (0..system.roles.len()).map(|role| self.kind(role)).collect();
        let users_by_memory = kinds.iter().map(|kind| kind.holds.users).min().unwrap_or(0);
        let seats = system.seats.len() as u64;
        let batch = u64::from(self.cut.llama.rows.texts());
        let groups = (users_by_memory / batch).min(seats);
        // Tokens leave when the busiest seat is free again, and when their users have had those before.
        let apart = Cycles(period.0.max(cycles.0.div_ceil(groups.max(1))));
        FleetFigures {
            model: self.model().to_owned(),
            formats: question.formats.to_string(),
            chips: question.chips,
            chips_at_work: system.seats.len() as u32 * u32::from(NODE),
            topology: self.topology.name.clone(),
            context: question.context,
            batch,
            cycles: cycles.0,
            period: period.0,
            hertz: self.chip.clock.0,
            tokens_per_second_per_user: self.chip.clock.per_second(cycles),
            tokens_per_second_total: batch as f64 * self.chip.clock.per_second(apart),
            users: groups * batch,
            seats,
            users_by_memory,
            microseconds_per_layer: 1e6 / self.chip.clock.per_second(Cycles(1)) * cycles.0 as f64 / layers,
            carry_cycles: shifts.iter().map(|shift| shift.leaves.0 - shift.ends.0).sum(),
            busy: busy::of(&self.system, question.chips, apart),
            judged: (system.roles.len() + system.carries.len(), issues),
            violations: 0,
            artefact_bytes: programs.map(|program| program::binary::encode(program).len() as u64).sum(),
            kinds,
        }
    }

    /// The file of what its chips execute: no witness, no graph.
    pub fn executable_file(&self) -> Vec<u8> {
        let bare = |program: &Program| Program {
            executable: program.executable.clone(),
            witness: Witness::default(),
            lowered: Graph::default(),
        };
        let System { topology, roles, carries, seats } = self.system.system();
        let role = |role: &Role| Role { name: role.name.clone(), program: bare(&role.program) };
        program::encode_system(&System {
            topology: topology.clone(),
            roles: roles.iter().map(role).collect(),
            carries: carries.iter().map(bare).collect(),
            seats: seats.clone(),
        })
    }

    fn kind(&self, role: usize) -> Kind {
        let system = self.system.system();
        let program = &system.roles[role].program;
        let carried = |carry: u32| self.system.carries()[carry as usize].instruction_bytes;
        let is_of_role = |place: usize| system.seats[place].role as usize == role;
        // What comes in is the carry of the seat before.
        let of_seat = |place: usize| {
            let before = place.checked_sub(1).and_then(|place| system.seats[place].carry);
            before.into_iter().chain(system.seats[place].carry).map(carried).sum::<u64>()
        };
        let carries = (0..system.seats.len()).filter(|place| is_of_role(*place)).map(of_seat).max().unwrap_or(0);
        Kind {
            parts: system.roles[role].name.clone(),
            nodes: system.seats.iter().filter(|seat| seat.role as usize == role).count(),
            cycles: program.executable.length().0,
            holds: filled::of(
                &self.chip,
                program,
                (self.system.roles()[role].instruction_bytes + carries, self.cut.llama.held()),
                u64::from(self.cut.llama.rows.texts()),
            ),
        }
    }
}

/// The fewest racks with so many chips at work; a node of each rack is spare.
fn racks(chips: u32) -> Option<Topology> {
    let racks = chips.div_ceil(u32::from(NODE * (RACK_NODES - 1)));
    Topology::racks(u16::try_from(racks).ok()?).ok()
}

/// The compiler's refusal as a case's.
fn refused(error: CompileError) -> CaseError {
    crate::StudyError::from(error).into()
}

/// The refusal of a batch, with the greatest that these nodes were compiled for; where that is none, why one user has no room.
fn fewer_at_a_time(error: CompileError, (graph, chip, topology, wish): (&Graph, &Chip, &Topology, &Wish)) -> CaseError {
    let CompileError::Memory { needed, available, .. } = error else { return refused(error) };
    let compiled = |texts| pipeline::fitted(graph, chip, topology, &Wish { texts, ..wish.clone() }, &mut |_| ());
    if let Err(error) = compiled(1) {
        return refused(error);
    }
    let (mut most, mut least) = (1, wish.texts);
    while most + 1 < least {
        let middle = most + (least - most) / 2;
        if compiled(middle).is_ok() { most = middle } else { least = middle }
    }
    let found = wish.texts;
    CaseError::Line(Text::new(
        format!(
            "batch 應為 1 到 {most} 位使用者，實際為 {found}：每個記憶體切片需要 {needed} 個字組，只剩 {available} 個。請讓節點一次少帶幾位。"
        ),
        format!(
            "batch: expected 1 to {most} users at a time, found {found}: {needed} words of each slice are needed, {available} are free; \
             let a node take fewer at a time"
        ),
    ))
}

/// The same refusal where a shorter context is its remedy, with one that these nodes were compiled for: the part that was refused first
/// knows nothing of what others keep beside it.
fn settled(error: CompileError, model: Builtin, chip: &Chip, (topology, wish): (&Topology, &Wish)) -> CompileError {
    let CompileError::Memory { what, needed, available, remedy: Remedy::Context(mut most) } = error else {
        return error;
    };
    while most != 0 {
        let graph = model.decode_step(most);
        match pipeline::fitted(&graph, chip, topology, wish, &mut |_| ()) {
            Ok(_) => break,
            Err(CompileError::Memory { remedy: Remedy::Context(less), .. }) if less < most => most = less,
            // What lies beside caches so long wants more chips.
            Err(_) => most -= most.div_ceil(8),
        }
    }
    CompileError::Memory { what, needed, available, remedy: Remedy::Context(most) }
}

/// A cut, compiled and judged.
fn built(graph: &Graph, chip: &Chip, topology: &Topology, cut: &Cut) -> Result<VerifiedSystem, CaseError> {
    judged(chip, pipeline::build(graph, chip, topology, cut).map_err(refused)?, &mut |_| ())
}

fn judged(chip: &Chip, system: System, tell: &mut dyn FnMut(Steps)) -> Result<VerifiedSystem, CaseError> {
    let unjust = |faults: Vec<SystemFault>| {
        let Text { zh, en } = faults.first().map(SystemFault::text).unwrap_or_default();
        CaseError::Line(Text::new(format!("裁判不接受這個系統：{zh}"), format!("the judge refuses the system: {en}")))
    };
    check_system_telling(chip, system, tell).map_err(unjust)
}
