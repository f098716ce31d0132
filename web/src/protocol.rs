//! The messages between page and worker.
//!
//! In: requests.  Out: reports, as postcard bytes in transferred buffers.
//! Invariant: the worker speaks first, and says its [`PROTOCOL`]: its file is not hashed, so a stale one must be noticed.
//! Method: plain enums; what a report answers stands in it, so that late ones are known. A file that the viewer gives crosses as the
//!     browser's own object, beside these.

use crate::ride::Way;
use crate::rival::Line;
use crate::spelling::{Share, visible};
use crate::wreck::{Front, Harmless};
use frame::{
    ChipView, CompilerFacts, Cursor, Deck, Detail, Direction, Inspection, MemoryFacts, Scene, ScheduleFacts, Selection,
    Sentence, Text, TrafficFacts, ValueId, Watch,
};
use serde::{Deserialize, Serialize};
use study::{AfterPass, Candidate, Change, Chip, Noted, Sampling, Stage, Stair};

/// Version of this file. Raise it with every change of a message.
pub const PROTOCOL: u32 = 14;

/// Name of the page's own model.
pub const OWN: &str = "tiny";

/// Which program is shown; raised whenever another one, or another text, takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch(pub u32);

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The answer to [`Report::Hello`].
    Hello {
        /// The page's [`PROTOCOL`].
        protocol: u32,
    },
    /// Put models on so many chips from now on.
    Chips(u16),
    /// Make so many programs of a model from now on.
    Programs(Programs),
    /// Open the page's own model.
    OpenOwn,
    /// Open a model that lies beside the page, by its file's name.
    OpenOffered(String),
    /// Start a text, whose tokens are chosen in this way.
    Prompt(String, Sampling),
    /// The moments of some cycles.
    Shots(ShotsWanted),
    /// A plan at a moment.
    Plan(PlanWanted),
    /// What was made of the model on the chip, for the rival's worker.
    Line,
    /// What is at a place.
    Look {
        /// On which chip.
        on: u16,
        /// When.
        cursor: Cursor,
        /// Where.
        selection: Selection,
    },
    /// What lies under a point of the picture.
    Pick {
        /// On which chip.
        on: u16,
        /// When.
        cursor: Cursor,
        /// The picture.
        picture: Picture,
        /// Where, in the picture's own units.
        at: (f32, f32),
    },
    /// The next cycle in which something watched happens.
    Event {
        /// From where.
        cursor: Cursor,
        /// What counts.
        watch: Watch,
        /// Which way.
        direction: Direction,
    },
    /// The way of one byte of a token to a logit.
    Ride {
        /// In which token.
        token: u32,
        /// The word or the value it is in at first; nothing for a word of weights.
        start: Option<Selection>,
        /// The byte.
        lane: u16,
    },
    /// The compiler's state after the pass of this name.
    After(String),
    /// What another option would give.
    Change(Change),
    /// Hash the first tokens of the text and their pictures.
    Fingerprint,
    /// Make one car late.
    Break {
        /// Seed of the choice.
        seed: u64,
    },
    /// Back to the verified program.
    Undo,
    /// A mutation that the judge proves harmless.
    Harmless,
    /// Put models on another machine from now on. A worker of its own reads it first: this is for that one.
    Machine(Machine),
    /// Put models on this machine from now on, which can be.
    Take(Box<MachineRead>),
}

/// How many programs a model gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Programs {
    /// One for all positions.
    #[default]
    One,
    /// Beside it some for fewer positions: a token runs the smallest that holds its own.
    Buckets,
}

/// Which machine is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Machine {
    /// The one that a machine file describes.
    File(String),
    /// The published one with these differences, as `Chip::differences` writes them.
    Differences(String),
    /// Only the file of the published one.
    Published,
}

/// A machine that can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineRead {
    /// What the page says of it.
    pub note: MachineNote,
    /// The machine.
    pub chip: Chip,
}

/// What the worker that reads machines tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MachineReport {
    /// Its first message.
    Hello {
        /// Its [`PROTOCOL`].
        protocol: u32,
    },
    /// A machine was read, or why it cannot be.
    Read(Result<Box<MachineRead>, Text>),
    /// The file of the published machine.
    Published(String),
}

/// The machine that a program is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineNote {
    /// Its name, with the checksum of its constants unless it is the published one.
    pub name: String,
    /// Its file; nothing for the published one.
    pub file: String,
    /// What differs from the published one.
    pub differences: String,
}

/// Which moments are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShotsWanted {
    /// On which chip.
    pub on: u16,
    /// Of which token: values matter where a broken program is shown beside the verified one; else it is 0.
    pub token: u32,
    /// How much of the chip.
    pub view: ChipView,
    /// First cycle.
    pub from: u64,
    /// How many cycles.
    pub count: u32,
}

/// A picture with figures beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plan {
    /// Slices by addresses.
    Memory,
    /// The chips and what travels between them.
    Traffic,
    /// From the model to instructions.
    Compiler,
    /// Every queue by cycles.
    Schedule,
}

/// Which plan is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanWanted {
    /// Of which program.
    pub epoch: Epoch,
    /// What it shows.
    pub plan: Plan,
    /// On which chip.
    pub on: u16,
    /// When.
    pub cursor: Cursor,
    /// What gets a ring.
    pub selection: Option<Selection>,
    /// How near the schedule is; 0 for other plans.
    pub zoom: u8,
    /// The token whose memory is compared with; only for the memory.
    pub versus: Option<u32>,
}

/// A picture that can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Picture {
    /// The floor plan.
    Chip(ChipView),
    /// The memory.
    Memory,
    /// The chips and what travels between them.
    Traffic,
    /// From the model to instructions, with this selected.
    Compiler(Option<Selection>),
    /// Every queue by cycles, this near.
    Schedule(u8),
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The worker's first message.
    Hello {
        /// The worker's [`PROTOCOL`].
        protocol: u32,
    },
    /// Page and worker speak the same version; work can begin.
    Ready,
    /// How far the work has come.
    Progress {
        /// What is being done.
        stage: Stage,
        /// Steps done.
        done: u32,
        /// Steps in all.
        of: u32,
    },
    /// A model is open: its programs are compiled and verified, the one for the fewest positions first.
    Opened(Vec<Opened>),
    /// The run as far as it has come; sent again as it grows.
    Run(Run),
    /// The moments that were wanted.
    Shots {
        /// Of which program.
        epoch: Epoch,
        /// What was wanted.
        wanted: ShotsWanted,
        /// One per cycle.
        shots: Vec<Shot>,
    },
    /// A plan at a moment.
    Plan(Box<PlanShot>),
    /// What was made of the model on the chip; `None` before its first token.
    Line(Option<Box<Line>>),
    /// Models that lie beside the page.
    Offers(Vec<Offer>),
    /// What is at a place.
    Look {
        /// When.
        cursor: Cursor,
        /// Where.
        selection: Selection,
        /// What.
        inspection: Box<Inspection>,
    },
    /// What lies under the point.
    Picked {
        /// What.
        selection: Option<Selection>,
        /// When, if it is an instruction.
        cycle: Option<u64>,
    },
    /// The way of one byte.
    Ride(Box<Way>),
    /// The compiler's state after a pass, or why there is none.
    After(Result<AfterPass, Text>),
    /// What another option gives, or why it gives nothing.
    Changed(Result<Noted, Text>),
    /// Where the next event is; `None` when the token has no more.
    Event {
        /// From where it was looked for.
        cursor: Cursor,
        /// Which way.
        direction: Direction,
        /// Its cycle.
        found: Option<u64>,
    },
    /// Hashes of the first tokens, a line for each: token, events, results, streams, pictures.
    Fingerprint(Vec<String>),
    /// One car is late.
    Broken(Box<BrokenText>),
    /// The verified program is shown again.
    Mended(Run),
    /// How far the damage comes, as far as it was counted.
    Front(Box<Front>),
    /// A mutation that is proved harmless, if one of the next few is.
    Harmless(Option<Harmless>),
    /// The machine is possible: the next model is compiled for it.
    Machine(MachineNote),
    /// The file of the published machine.
    MachineFile(String),
    /// Something the viewer asked for cannot be done; everything stays as it was.
    Refused(Text),
}

/// A model on a chip, as one of its programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Which programs these are.
    pub epoch: Epoch,
    /// Name of the model.
    pub model: String,
    /// Milliseconds to lower, place and schedule, to judge, and for everything from the file on.
    pub millis: Millis,
    /// Positions there is room for.
    pub context: u32,
    /// The positions of this program, and what a token costs there.
    pub stair: Stair,
    /// Bytes of the slices reserved for the instructions of all programs, on each chip.
    pub instruction_room: u64,
    /// Positions and instruction bytes of programs for which there was no room.
    pub left_out: Vec<(u32, u64)>,
    /// The strip of a token.
    pub deck: Deck,
    /// What never changes in the picture, by detail.
    pub floors: Vec<(Detail, Scene)>,
    /// A cycle in which there is something to see.
    pub opening: u64,
    /// The word that is worth following then.
    pub word: Option<Selection>,
    /// Number of chips.
    pub chips: u16,
    /// The machine.
    pub machine: MachineNote,
    /// A cycle in which vectors travel between the chips, if there are several.
    pub traffic: Option<u64>,
}

/// Time in this browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Millis {
    /// Lowering, placing, scheduling.
    pub compile: f64,
    /// Judging.
    pub verify: f64,
}

/// A moment of the chip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shot {
    /// The picture.
    pub scene: Scene,
    /// What happens, in words.
    pub sentence: Sentence,
    /// The value that the opening follows, where it does.
    pub showpiece: Option<ValueId>,
    /// Whether nothing moves.
    pub is_quiet: bool,
}

/// The figures beside a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Facts {
    /// Of the memory.
    Memory(MemoryFacts),
    /// Of the traffic.
    Traffic(TrafficFacts),
    /// Of the compiler.
    Compiler(Box<CompilerFacts>),
    /// Of the schedule.
    Schedule(ScheduleFacts),
}

/// A moment of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanShot {
    /// What was wanted.
    pub wanted: PlanWanted,
    /// The picture.
    pub scene: Scene,
    /// What stands beside it.
    pub facts: Facts,
    /// What happens, in words.
    pub sentence: Sentence,
}

/// A model that lies beside the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its file's name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// A run of a program: what the time deck shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Which program and text this is.
    pub epoch: Epoch,
    /// Every token in order.
    pub tokens: Vec<TokenLine>,
    /// Text of the token that the last step chose.
    pub next: String,
    /// Whether no more will come.
    pub done: Done,
}

/// Whether a run is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// More tokens will come.
    No,
    /// The text is as long as it gets.
    Yes,
}

/// One decode step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLine {
    /// The token's text.
    pub text: String,
    /// The characters that it shares with its neighbours, if it holds a part of one.
    pub share: Option<Share>,
    /// Whether it belongs to the prompt.
    pub is_prompt: bool,
    /// Whether it is a mark of the model's own, such as the start of a text, and no part of what one reads.
    pub is_special: bool,
    /// Cycles from its launch to the next token's launch.
    pub cycles: u64,
    /// The most probable next tokens.
    pub candidates: Vec<Candidate>,
    /// Id of the token that follows.
    pub next: u32,
    /// Milliseconds it took to simulate in this browser; 0 for a broken run.
    pub millis: f64,
}

impl TokenLine {
    /// What it adds to the text: a character that several tokens share stands at the first of them.
    pub fn adds(&self) -> &str {
        match &self.share {
            Some(share) if 1 < share.part => "",
            Some(share) => &share.letters,
            None => &self.text,
        }
    }

    /// How it is called where many stand side by side.
    pub fn short(&self) -> String {
        self.share.as_ref().map_or_else(|| visible(&self.text), Share::short)
    }

    /// How it is called where it stands alone.
    pub fn label(&self) -> String {
        self.share.as_ref().map_or_else(|| visible(&self.text), Share::label)
    }
}

/// A broken program and what became of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrokenText {
    /// The text it writes.
    pub run: Run,
    /// What was changed.
    pub change: Text,
    /// What the judge says, first violations first.
    pub verdicts: Vec<Verdict>,
    /// How many violations there are.
    pub total: u64,
    /// Where the late value sets out.
    pub at: Cursor,
    /// The late value.
    pub late: Option<Selection>,
    /// Samples that found nothing while it ran.
    pub misses: u64,
    /// Seed of the choice.
    pub seed: u64,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The judge's sentence.
    pub sentence: Text,
    /// The rule that is broken.
    pub rule: Text,
}

/// Encodes a message.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("these messages hold nothing that postcard cannot write")
}

/// Decodes a message; `None` for bytes of another version.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_its_bytes() {
        let message = Request::Hello { protocol: PROTOCOL };
        assert_eq!(decode::<Request>(&encode(&message)), Some(message));
        assert_eq!(decode::<Request>(&[250, 1]), None);
    }
}
