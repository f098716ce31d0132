//! Tokens of a run, and the way back to any cycle of any of them.
//!
//! In: a system that has launched a token.  Out: the system as it stands at the start of any instance of that token.
//! Invariant: a moment is reached by executing at most one instance once its checkpoint is there; forwards and backwards alike.
//!     What is kept takes at most 32 MB beside the loaded program; what has no room is run again.
//! Method: a checkpoint is small (pages of SRAM are shared until written): one per token, and a store of those between instances. When
//!     room runs out, the oldest of the latter go first, then every second of the former.

use crate::sampling::Candidate;
use graph::Tensor;
use serde::{Deserialize, Serialize};
use sim::{Moment, System, SystemCheckpoint, Tally};
use std::collections::BTreeMap;
use units::Cycle;

/// Bytes that all checkpoints of a run may hold beside the loaded program.
pub const CACHE_BYTES: u64 = 32_000_000;

/// One decoding step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The token that goes in.
    pub id: u32,
    /// Its text.
    pub text: String,
    /// Whether it belongs to the prompt.
    pub is_prompt: bool,
    /// Cycles from launch to the end of the program, as simulated.
    pub cycles: u64,
    /// The most probable next tokens.
    pub candidates: Vec<Candidate>,
    /// The token that follows: the next of the prompt, or the chosen one.
    pub next: u32,
}

/// A token's program and inputs, and its system once launched, as long as there is room for it.
#[derive(Clone)]
struct Launched {
    program: usize,
    inputs: BTreeMap<String, Tensor>,
    system: Option<SystemCheckpoint>,
}

/// Launched systems per token, and checkpoints between.
#[derive(Clone)]
pub struct Replay {
    /// The programs that take turns, loaded and never launched.
    programs: Vec<System>,
    launched: Vec<Launched>,
    /// Of the launched systems every so many are kept.
    stride: usize,
    checkpoints: BTreeMap<(u32, usize), SystemCheckpoint>,
    recent: Vec<(u32, usize)>,
    /// A tally with nothing in it, and that of all that is kept.
    base: Tally,
    tally: Tally,
    /// Bytes that may be kept.
    room: u64,
}

fn bytes_of(inputs: &BTreeMap<String, Tensor>) -> usize {
    inputs.iter().map(|(name, tensor)| name.len() + 4 * tensor.shape().elements() as usize).sum()
}

impl Replay {
    /// No token yet, of programs that lie beside each other, at least one.
    pub(crate) fn of(programs: Vec<System>) -> Self {
        Replay::within(programs, CACHE_BYTES)
    }

    /// The same with room for so many bytes.
    fn within(programs: Vec<System>, room: u64) -> Self {
        let base = Tally::beside(&programs[0]);
        let (launched, checkpoints, recent) = (Vec::new(), BTreeMap::new(), Vec::new());
        Replay { programs, launched, stride: 1, checkpoints, recent, tally: base.clone(), base, room }
    }

    /// One of the programs as it was loaded.
    pub(crate) fn program(&self, program: usize) -> &System {
        &self.programs[program]
    }

    /// Remembers a token: which program it runs, what it was launched with, and its system, launched and not yet run.
    pub(crate) fn push(&mut self, program: usize, inputs: BTreeMap<String, Tensor>, launched: SystemCheckpoint) {
        self.tally.own(bytes_of(&inputs));
        let system = self.launched.len().is_multiple_of(self.stride).then_some(launched);
        system.iter().for_each(|system| self.tally.add(system));
        self.launched.push(Launched { program, inputs, system });
        self.make_room();
    }

    /// The system of `token`, launched and not yet run: from the nearest one before it that was kept.
    pub(crate) fn launched(&self, token: u32) -> Option<System> {
        let upto = self.launched.get(..=token as usize)?;
        let from = upto.iter().rposition(|launched| launched.system.is_some())?;
        let mut system = upto[from].system.as_ref()?.resume();
        for (position, launched) in upto.iter().enumerate().skip(from + 1) {
            system.run_token();
            system.switch(&self.programs[launched.program]);
            system.launch(&launched.inputs, position as u16).ok()?;
        }
        Some(system)
    }

    /// Forgets all tokens.
    pub(crate) fn clear(&mut self) {
        self.launched.clear();
        self.checkpoints.clear();
        self.recent.clear();
        self.stride = 1;
        self.tally = self.base.clone();
    }

    /// Bytes that are kept beside the loaded program.
    pub fn bytes(&self) -> u64 {
        self.tally.bytes()
    }

    /// What is where on `chip` in `cycle` of `token`; `None` when there is no such chip or token.
    pub fn moment(&mut self, token: u32, cycle: u64, chip: u16, starts: &[Cycle]) -> Option<Moment> {
        let instance = starts.partition_point(|start| start.0 <= cycle).saturating_sub(1);
        let system = self.at_instance(token, instance)?;
        system.at(chip, Cycle(cycle))
    }

    fn at_instance(&mut self, token: u32, instance: usize) -> Option<System> {
        let known = self.checkpoints.range((token, 0)..=(token, instance)).next_back();
        let (mut at, mut system) = match known {
            Some((&(_, at), checkpoint)) => (at, checkpoint.resume()),
            None => {
                let system = self.launched(token)?;
                if self.launched[token as usize].system.is_none() {
                    self.keep((token, 0), system.checkpoint());
                }
                (0, system)
            }
        };
        while at < instance {
            system.run_instance()?;
            at += 1;
            self.keep((token, at), system.checkpoint());
        }
        Some(system)
    }

    fn keep(&mut self, key: (u32, usize), checkpoint: SystemCheckpoint) {
        self.tally.add(&checkpoint);
        self.checkpoints.insert(key, checkpoint);
        self.recent.retain(|other| *other != key);
        self.recent.push(key);
        self.make_room();
    }

    /// Drops the older half of the checkpoints between instances, then every second launched system, until the rest has room.
    fn make_room(&mut self) {
        while self.room < self.tally.bytes() {
            if !self.recent.is_empty() {
                let oldest = self.recent.len().div_ceil(2);
                for key in self.recent.drain(..oldest) {
                    self.checkpoints.remove(&key);
                }
            } else if self.stride < self.launched.len() {
                self.stride *= 2;
                let kept = self.stride;
                let late = self.launched.iter_mut().enumerate().filter(|(token, _)| !token.is_multiple_of(kept));
                late.for_each(|(_, launched)| launched.system = None);
            } else {
                return;
            }
            self.recount();
        }
    }

    fn recount(&mut self) {
        self.tally = self.base.clone();
        self.launched.iter().for_each(|launched| self.tally.own(bytes_of(&launched.inputs)));
        let systems = self.launched.iter().filter_map(|launched| launched.system.as_ref());
        systems.chain(self.checkpoints.values()).for_each(|system| self.tally.add(system));
    }
}

#[cfg(test)]
mod tests {
    use crate::{Flow, Listener, Options, Sampling, Session, StudyError, token::Replay};
    use sim::WordView;
    use std::collections::BTreeSet;

    type Tiny = Session<&'static [u8]>;

    type Open = fn(&'static [u8], &Options, Listener) -> Result<Tiny, StudyError>;

    fn written(open: Open, room: Option<u64>) -> Tiny {
        let bytes: &[u8] = include_bytes!("../../../static/models/tiny.gguf");
        let options = Options { context: 32, ..Options::default() };
        let mut session = open(bytes, &options, &mut |_| Flow::Continue).expect("the committed model opens");
        if let Some(room) = room {
            session.replay = Replay::within(session.replay.programs.clone(), room);
        }
        session.prompt("The traffic light", Sampling::Greedy, &mut |_| Flow::Continue).expect("fits");
        session.generate(18, Sampling::Greedy, &mut |_| Flow::Continue).expect("fits");
        session
    }

    fn bytes_at(session: &mut Tiny, token: u32, cycle: u64) -> Vec<Option<Vec<u8>>> {
        let moment = session.moment(token, cycle).expect("the token was run");
        let content = |word: WordView| if let WordView::Bytes(bytes) = word { Some(bytes.to_vec()) } else { None };
        moment.live().iter().map(|live| content(live.word)).collect()
    }

    #[test]
    fn caches_stay_in_their_room_and_any_moment_is_the_same() {
        in_its_room(Session::open, 1, 3);
    }

    #[test]
    fn a_token_without_a_checkpoint_is_run_again_by_the_programs_that_took_turns() {
        in_its_room(Session::open_in_buckets, 2, 20);
    }

    /// Opened so, written by so many programs, with one `part`th of the room it would take.
    fn in_its_room(open: Open, programs: usize, part: u64) {
        let mut free = written(open, None);
        let lengths: BTreeSet<u64> = free.tokens().iter().map(|token| token.cycles).collect();
        assert_eq!(lengths.len(), programs, "programs that took turns over {} tokens", free.tokens().len());
        // Of the shortest program.
        let length = free.tokens()[0].cycles;
        // Both kinds of checkpoints are dropped in so little room.
        let whole = free.replay.bytes();
        let room = whole / part;
        let mut tight = written(open, Some(room));
        assert!(1 < tight.replay.stride, "launched systems were dropped");
        assert_eq!(programs == 2, 16 < tight.replay.stride, "the one at the switch to the other program too");
        let tokens = free.tokens().len() as u32;
        let mut something = false;
        for step in 0..24u64 {
            let (token, cycle) = ((step * 7 % u64::from(tokens)) as u32, step * 397 % length);
            let seen = bytes_at(&mut tight, token, cycle);
            assert_eq!(seen, bytes_at(&mut free, token, cycle), "token {token} cycle {cycle}");
            assert!(tight.replay.bytes() <= room, "{} of {room} bytes", tight.replay.bytes());
            something |= !seen.is_empty();
        }
        assert!(
            something && whole < free.replay.bytes(),
            "checkpoints between instances were kept where there is room"
        );
        let counted = free.replay.bytes();
        free.replay.recount();
        assert_eq!(free.replay.bytes(), counted, "what is added one by one is what is counted at once");
    }
}
