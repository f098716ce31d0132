//! What the worker keeps and answers: a session, its schedule, and, when a car is late, the broken run beside it.
//!
//! In: requests.  Out: reports.
//! Invariant: names no browser; time is asked from a clock that is handed in; a refused request changes nothing.
//! Method: one method per request; the same schedule serves every token of a text.

use crate::protocol::{
    BrokenText, Done, Epoch, Facts, MachineNote, MachineRead, Millis, OWN, Opened, Picture, Plan, PlanShot, PlanWanted,
    Programs, Report, Run, Shot, ShotsWanted, TokenLine, Verdict,
};
use crate::ride::Way;
use crate::rival::Line;
use crate::spelling;
use crate::wreck::{Front, Harmless};
use frame::{
    ChipView, Cursor, Damage, Detail, Difference, Direction, FlightId, IssueId, MemoryFacts, Moment, Queue, Selection,
    Text, Timeline, Watch,
};
use std::collections::BTreeMap;
use study::{
    BrokenRun, Candidate, Change, Chip, Flow, LateCar, Options, Progress, Sampling, Session, Stair, Steps, StudyError,
    Token, Topology, Verified, ViolationLine,
};
use units::Order;

/// Tokens written after a prompt.
const WRITTEN: u32 = 24;
/// Columns of the deck's strip.
const COLUMNS: u32 = 480;
/// Violations that the page shows.
const VERDICTS: usize = 12;
/// Number of the rule that compares a program with its witness.
const WITNESS: u32 = 8;
/// Cycles after its dispatch in which a value is well on its way.
const SETS_OUT: u64 = 6;
/// Cycles that an instruction climbs, and cycles between two looks at the damage: a value is on its way for longer.
const CLIMB: u64 = 20;
const LOOK: u64 = 10;
/// Lines of the compiler's state that the page shows.
const LINES: usize = 400;
/// Most moments of one answer.
const SHOTS_MOST: u32 = 64;

/// Milliseconds since some fixed moment.
pub type Clock = fn() -> f64;
/// Who is told how far work has come.
pub type Tell<'a> = &'a mut dyn FnMut(Report);

/// What a model is put on: the machine, how many of them, how many programs.
pub type Place = (MachineRead, u16, Programs);

/// One of the programs as the views show it.
struct Sheet {
    timeline: Timeline,
    /// What binds each stage.
    steps: Steps,
    /// The schedule as the other chips see it, as far as somebody asked.
    others: BTreeMap<u16, Timeline>,
}

/// An open model.
pub struct Desk {
    session: Session<Vec<u8>>,
    machine: MachineNote,
    /// The programs, the smallest first.
    sheets: Vec<Sheet>,
    broken: Option<(BrokenRun, Timeline)>,
    /// How far the damage comes, as far as it was counted.
    front: Option<Front>,
    epoch: Epoch,
    millis: Vec<f64>,
    sampling: Sampling,
    written: u32,
    clock: Clock,
}

fn refusal(error: &StudyError) -> Text {
    Text::new(error.chinese(), error.to_string())
}

fn progress(tell: Tell<'_>) -> impl FnMut(Progress) -> Flow {
    move |Progress { stage, done, of }| {
        tell(Report::Progress { stage, done, of });
        Flow::Continue
    }
}

/// What is late: a vector for another chip, or the value that a read puts on a stream.
fn late_thing(timeline: &Timeline, issue: IssueId) -> Option<Selection> {
    let flight = FlightId { issue, from: 0 };
    match timeline.flight(flight) {
        Some(_) => Some(Selection::Flight(flight)),
        None => timeline.driven(issue).map(Selection::Value),
    }
}

/// A word near the one that the opening's value was read from: the first row there, because the last rows of a block are zeros that
/// fill it up.
fn word(timeline: &Timeline) -> Option<Selection> {
    let value = frame::showpiece(timeline, frame::opening(timeline))?;
    let issue = timeline.issue(value.issue)?;
    let Queue::MemRead(slice) = issue.queue else { return None };
    let rows = timeline.contents().find(slice, timeline.word_of(&issue, 0)?)?;
    Some(Selection::Sram { slice, address: rows.address })
}

/// The published machine.
pub fn published() -> MachineRead {
    let chip = Chip::lpu_14nm();
    MachineRead { note: MachineNote { name: chip.name.clone(), ..MachineNote::default() }, chip }
}

fn verdict(line: &ViolationLine) -> Verdict {
    Verdict {
        sentence: Text::new(line.chinese.clone(), line.english.clone()),
        rule: Text::new(line.theorem_chinese, line.theorem_english),
    }
}

impl Desk {
    /// Opens a model, and says so.
    pub fn open(
        bytes: Vec<u8>,
        (machine, chips, programs): Place,
        epoch: Epoch,
        clock: Clock,
        tell: Tell,
    ) -> Result<Self, Text> {
        let topology = Topology::of(chips).map_err(|_| {
            let zh = format!("沒有 {chips} 顆晶片的拓撲。請選 1、2、4 或 8。");
            Text::new(zh, format!("chips: expected 1, 2, 4 or 8, found {chips}; choose one of them"))
        })?;
        let MachineRead { note: machine, chip } = machine;
        let options = Options { chip, topology, ..Options::default() };
        let mut marks = Vec::new();
        let open = match programs {
            Programs::One => Session::open,
            Programs::Buckets => Session::open_in_buckets,
        };
        let session = open(bytes, &options, &mut |progress: Progress| {
            marks.push((progress.stage, clock()));
            let Progress { stage, done, of } = progress;
            tell(Report::Progress { stage, done, of });
            Flow::Continue
        })
        .map_err(|error| refusal(&error))?;
        let begun = |stage| marks.iter().find(|mark| mark.0 == stage).map_or(0.0, |mark| mark.1);
        let millis = Millis {
            compile: begun(study::Stage::Verify) - begun(study::Stage::Compile),
            verify: begun(study::Stage::Load) - begun(study::Stage::Verify),
        };
        let stairs = session.staircase().stairs;
        let sheet = |(verified, from): (&Verified, u32)| Sheet {
            timeline: Timeline::new(session.chip(), verified.program()),
            steps: session.steps_at(from),
            others: BTreeMap::new(),
        };
        let sheets = session.programs().into_iter().zip(stairs.iter().map(|stair| stair.from)).map(sheet).collect();
        let desk = Desk {
            session,
            machine,
            sheets,
            broken: None,
            front: None,
            epoch,
            millis: Vec::new(),
            sampling: Sampling::Greedy,
            written: 0,
            clock,
        };
        tell(Report::Opened(desk.opened(millis)));
        Ok(desk)
    }

    fn opened(&self, millis: Millis) -> Vec<Opened> {
        let staircase = self.session.staircase();
        let opened = |(sheet, stair): (&Sheet, &Stair)| {
            let timeline = &sheet.timeline;
            let floors = [Detail::Overview, Detail::Full].map(|detail| (detail, frame::floor(timeline, detail)));
            Opened {
                epoch: self.epoch,
                model: self.session.model().name.clone().unwrap_or_default(),
                millis,
                context: u32::from(self.session.program().executable.context),
                stair: *stair,
                instruction_room: staircase.instruction_room,
                left_out: staircase.left_out.clone(),
                opening: frame::opening(timeline),
                word: word(timeline),
                chips: self.session.chips(),
                machine: self.machine.clone(),
                traffic: frame::traffic_opening(timeline),
                deck: frame::deck(timeline, COLUMNS),
                floors: floors.to_vec(),
            }
        };
        self.sheets.iter().zip(&staircase.stairs).map(opened).collect()
    }

    /// What was made of the model, for the numbers; the page's own as one program on one chip is a contestant.
    pub fn line(&self) -> Report {
        let is_alone = self.session.chips() == 1 && self.sheets.len() == 1;
        let is_own = is_alone && self.session.model().name.as_deref() == Some(OWN);
        let contestant = || self.session.contestant().filter(|_| is_own);
        let line = self.session.fabric().map(|fabric| Line { contestant: contestant(), fabric });
        Report::Line(line.map(Box::new))
    }

    /// Which program and text is shown.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether a broken program is shown.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Starts a text; the prompt's tokens are run one by one with [`Desk::write`].
    pub fn prompt(&mut self, (text, sampling): (&str, Sampling), tell: Tell) -> Result<(), Text> {
        let clock = self.clock;
        let mut marks = Vec::new();
        let mut told = progress(tell);
        let mut listener = |progress: Progress| {
            marks.push(clock());
            told(progress)
        };
        self.session.prompt(text, sampling, &mut listener).map_err(|error| refusal(&error))?;
        marks.push(clock());
        self.millis = marks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        (self.broken, self.front) = (None, None);
        (self.sampling, self.written) = (sampling, 0);
        self.epoch.0 += 1;
        Ok(())
    }

    /// Writes one more token; says whether the text is complete.
    pub fn write(&mut self) -> Result<Done, Text> {
        if WRITTEN <= self.written {
            return Ok(Done::Yes);
        }
        let started = (self.clock)();
        let mut listener = |_| Flow::Continue;
        let ran = self.session.generate(1, self.sampling, &mut listener).map_err(|error| refusal(&error))?;
        self.written += ran;
        if ran == 1 {
            self.millis.push((self.clock)() - started);
        }
        Ok(self.done(ran))
    }

    fn done(&self, ran: u32) -> Done {
        if ran == 0 || WRITTEN <= self.written { Done::Yes } else { Done::No }
    }

    /// The text as far as it has come.
    pub fn run(&self, done: Done) -> Run {
        self.run_of(self.session.tokens(), &self.millis, done)
    }

    fn run_of(&self, tokens: &[Token], millis: &[f64], done: Done) -> Run {
        let tokenizer = &self.session.model().tokenizer;
        let next = tokens.last().map(|token| token.next);
        let ids = tokens.iter().map(|token| token.id).chain(next);
        let bytes: Vec<&[u8]> = ids.map(|id| tokenizer.token_bytes(id)).collect();
        let shares = spelling::shares(&bytes);
        let line = |(index, token): (usize, &Token)| TokenLine {
            text: token.text.clone(),
            share: shares[index].clone(),
            is_prompt: token.is_prompt,
            is_special: tokenizer.is_special(token.id),
            cycles: token.cycles,
            candidates: self.spelled(&bytes[..=index], &token.candidates),
            next: token.next,
            millis: millis.get(index).copied().unwrap_or(0.0),
        };
        let added = match shares.get(tokens.len()) {
            Some(Some(share)) if 1 < share.part => String::new(),
            Some(Some(share)) => share.letters.clone(),
            _ => next.map(|id| self.session.text(&[id])).unwrap_or_default(),
        };
        Run { epoch: self.epoch, tokens: tokens.iter().enumerate().map(line).collect(), next: added, done }
    }

    /// Candidates that would end a character are shown as that character.
    fn spelled(&self, before: &[&[u8]], candidates: &[Candidate]) -> Vec<Candidate> {
        let tokenizer = &self.session.model().tokenizer;
        let spelled = |candidate: &Candidate| {
            let text = spelling::completed(before, tokenizer.token_bytes(candidate.id));
            Candidate { text, ..candidate.clone() }
        };
        candidates.iter().map(spelled).collect()
    }

    /// The program that a token runs.
    fn sheet(&self, token: u32) -> &Sheet {
        &self.sheets[self.session.turn(token)]
    }

    fn shown(&self, token: u32) -> &Timeline {
        self.broken.as_ref().map_or(&self.sheet(token).timeline, |(_, timeline)| timeline)
    }

    /// The schedule of a token as chip `on` sees it; of a broken program the first chip's.
    fn shown_on(&mut self, on: u16, token: u32) -> &Timeline {
        if on == 0 || self.session.chips() <= on || self.broken.is_some() {
            return self.shown(token);
        }
        let session = &self.session;
        let program = session.verified_at(token).program();
        let others = &mut self.sheets[session.turn(token)].others;
        others.entry(on).or_insert_with(|| Timeline::on(session.chip(), program, on))
    }

    /// The moments of some cycles.
    pub fn shots(&mut self, wanted: ShotsWanted) -> Report {
        let last =
            wanted.from.saturating_add(u64::from(wanted.count.min(SHOTS_MOST))).min(self.shown(wanted.token).length());
        let damage = self.damage(wanted.on, wanted.token, wanted.from, last);
        let timeline = self.shown_on(wanted.on, wanted.token);
        let is_opening = wanted.view.detail == Detail::Overview && wanted.view.spotlight.is_none();
        let shot = |cycle| {
            let showpiece = is_opening.then(|| frame::showpiece(timeline, cycle)).flatten();
            let spotlight = wanted.view.spotlight.or(showpiece.map(Selection::Value));
            let view = ChipView { spotlight, ..wanted.view };
            Shot {
                scene: frame::chip_damaged(timeline, Cursor { token: wanted.token, cycle }, &view, &damage),
                sentence: frame::sentence(timeline, cycle),
                showpiece,
                is_quiet: timeline.is_quiet(cycle),
            }
        };
        let shots = (wanted.from..last).map(shot).collect();
        Report::Shots { epoch: self.epoch, wanted, shots }
    }

    /// Cells of the broken run that differ from the verified one, from some cycles before `from`, which the upper superlanes still show.
    fn damage(&mut self, on: u16, token: u32, from: u64, last: u64) -> Damage {
        let Some((broken, _)) = &mut self.broken else { return Damage::default() };
        let cycles = (from.saturating_sub(CLIMB)..last).step_by(LOOK as usize);
        cycles.fold(Damage::default(), |damage, cycle| {
            match (self.session.moment_on(on, token, cycle), broken.moment_on(on, token, cycle)) {
                (Some(good), Some(bad)) => damage.and(Damage::between(&good, &bad)),
                _ => damage,
            }
        })
    }

    /// A plan at a moment; of the program that is shown now, whichever was meant.
    pub fn plan(&mut self, wanted: PlanWanted) -> Report {
        let PlanWanted { plan, on, cursor, selection, zoom, .. } = wanted;
        let wanted = PlanWanted { epoch: self.epoch, ..wanted };
        let at = (cursor, selection);
        let (scene, facts) = match plan {
            Plan::Memory => {
                let difference = wanted.versus.and_then(|other| self.difference(on, cursor, other));
                let timeline = self.shown_on(on, cursor.token);
                let scene = match &difference {
                    Some(difference) => frame::memory_compared(timeline, cursor, selection, difference),
                    None => frame::memory(timeline, cursor, selection),
                };
                (scene, Facts::Memory(MemoryFacts { difference, ..frame::memory_facts(timeline, cursor) }))
            }
            Plan::Compiler => {
                let timeline = self.shown(cursor.token);
                let facts = frame::compiler_facts(timeline, &self.session, cursor, selection);
                let scene = frame::compiler(timeline, self.made(cursor.token), cursor, selection);
                (scene, Facts::Compiler(Box::new(facts)))
            }
            Plan::Schedule => {
                let (timeline, steps) = (self.shown(cursor.token), &self.sheet(cursor.token).steps);
                let facts = frame::schedule_facts(timeline, steps, at, zoom);
                (frame::schedule(timeline, steps, at, zoom), Facts::Schedule(facts))
            }
            Plan::Traffic => {
                let timeline = self.shown_on(on, cursor.token);
                let facts = frame::traffic_facts(timeline, cursor);
                (frame::traffic(timeline, cursor, on, selection), Facts::Traffic(facts))
            }
        };
        let sentence = frame::sentence(self.shown_on(on, cursor.token), cursor.cycle);
        Report::Plan(Box::new(PlanShot { wanted, scene, facts, sentence }))
    }

    /// What lies otherwise in the memory of another token at the same cycle; nothing if one of the two was not run.
    fn difference(&mut self, on: u16, cursor: Cursor, other: u32) -> Option<Difference> {
        let now = self.moment(on, cursor)?;
        let then = self.moment(on, Cursor { token: other, ..cursor })?;
        Some(frame::memory_difference(self.shown_on(on, cursor.token), &now, &then))
    }

    /// A chip at a moment of the run that is shown.
    fn moment(&mut self, chip: u16, Cursor { token, cycle }: Cursor) -> Option<Moment> {
        match &mut self.broken {
            Some((run, _)) => run.moment_on(chip, token, cycle),
            None => self.session.moment_on(chip, token, cycle),
        }
    }

    /// The graphs that the program of a token came from.
    fn made(&self, token: u32) -> frame::Made<'_> {
        let lowered = &self.session.verified_at(token).program().lowered;
        frame::Made { imported: &self.session.model().graph, lowered }
    }

    /// What is at a place, with its bytes where there are any.
    pub fn look(&mut self, on: u16, cursor: Cursor, selection: Selection) -> Report {
        let (chip, cycle) = frame::moment_of(self.shown(cursor.token), selection, cursor, on);
        let moment = self.moment(chip, Cursor { cycle, ..cursor });
        let inspection = frame::inspect(self.shown_on(on, cursor.token), moment.as_ref(), selection, cursor);
        Report::Look { cursor, selection, inspection: Box::new(inspection) }
    }

    /// What lies under a point of the picture.
    pub fn pick(&mut self, on: u16, cursor: Cursor, picture: &Picture, (x, y): (f32, f32)) -> Report {
        let selection = match *picture {
            Picture::Chip(view) => frame::pick_chip(self.shown_on(on, cursor.token), cursor, &view, x, y),
            Picture::Memory => frame::pick_memory(self.shown_on(on, cursor.token), x, y),
            Picture::Traffic => frame::pick_traffic(self.shown_on(on, cursor.token), cursor, on, x, y),
            Picture::Compiler(selection) => {
                frame::pick_compiler(self.shown(cursor.token), self.made(cursor.token), (cursor, selection), (x, y))
            }
            Picture::Schedule(zoom) => frame::pick_schedule(self.shown(cursor.token), cursor, zoom, (x, y)),
        };
        let issue = match selection {
            Some(Selection::Issue(id)) => self.shown(cursor.token).issue(id),
            _ => None,
        };
        Report::Picked { selection, cycle: issue.map(|issue| issue.cycle) }
    }

    /// The next event.
    pub fn event(&self, cursor: Cursor, watch: Watch, direction: Direction) -> Report {
        Report::Event { cursor, direction, found: self.shown(cursor.token).next_event(cursor.cycle, watch, direction) }
    }

    /// The way of one byte to a logit, on the verified program.
    pub fn ride(&self, token: u32, start: Option<Selection>, lane: u16) -> Result<Report, Text> {
        let timeline = &self.sheet(token).timeline;
        let start = start.or_else(|| word(timeline));
        let stops = start.map(|start| frame::ride(timeline, token, start, lane)).unwrap_or_default();
        match start.filter(|_| !stops.is_empty()) {
            Some(start) => Ok(Report::Ride(Box::new(Way { epoch: self.epoch, token, start, lane, stops }))),
            None => Err(Text::new(
                "這個位元組在這個 token 裡到不了任何 logit：沒有人讀它。請選別的字組。",
                "no logit of this token depends on this byte: nobody reads it; choose another word",
            )),
        }
    }

    /// The compiler's state after a pass.
    pub fn after(&self, pass: &str) -> Report {
        let named = study::pass_named(pass).map_err(|error| Text::same(error.to_string()));
        let after = |pass| self.session.after(pass, LINES).map_err(|error| refusal(&error));
        Report::After(named.and_then(after))
    }

    /// What another option would give.
    pub fn change(&self, change: Change, tell: Tell) -> Report {
        tell(Report::Progress { stage: study::Stage::Compile, done: 0, of: 1 });
        Report::Changed(self.session.changed(change).map_err(|error| refusal(&error)))
    }

    /// Hashes of the first tokens of the verified text, and of their pictures.
    pub fn fingerprint(&mut self) -> Report {
        let mut lines = Vec::new();
        for token in self.session.compared() {
            let Some(print) = self.session.fingerprint(token) else { break };
            let pictures = frame::digest(&self.sheet(token).timeline, token);
            lines.push(format!("{token} {print} {pictures:016x}"));
        }
        Report::Fingerprint(lines)
    }

    /// Makes one car late.
    pub fn break_one(&mut self, seed: u64, tell: Tell) -> Result<Report, Text> {
        let mut listener = progress(tell);
        let run = self.session.break_one(seed, WRITTEN, &mut listener).map_err(|error| refusal(&error))?;
        let timeline = Timeline::new(self.session.chip(), run.broken().program());
        self.epoch.0 += 1;
        let text = self.broken_text(&run, &timeline, seed);
        let (length, chips) = (self.sheet(0).timeline.length(), self.session.chips());
        self.front = Some(Front { length, chips, counted: 0, damage: Vec::new() });
        self.broken = Some((run, timeline));
        Ok(Report::Broken(Box::new(text)))
    }

    /// Counts the damage of one more chip; nothing once all are counted.
    pub fn count_front(&mut self) -> Option<Report> {
        let (run, _) = self.broken.as_ref()?;
        let front = self.front.as_mut().filter(|front| !front.is_whole())?;
        front.damage.extend(run.front_on(&self.session, front.counted));
        front.counted += 1;
        Some(Report::Front(Box::new(front.clone())))
    }

    /// A mutation that the judge proves harmless.
    pub fn harmless(&self) -> Report {
        let verified = self.session.verified();
        let harmless = study::harmless_seed(verified, 0).and_then(|seed| {
            let change = study::mutation(verified, seed)?;
            Some(Harmless { seed, change: Text::new(change.chinese, change.english) })
        });
        Report::Harmless(harmless)
    }

    fn broken_text(&self, run: &BrokenRun, timeline: &Timeline, seed: u64) -> BrokenText {
        let mut judged = run.verdict();
        // That the prediction no longer holds is true of any change; what it leads to is worth more.
        judged.violations.order_by_key(|line| line.number == WITNESS);
        let verdicts = judged.violations.iter().take(VERDICTS).map(verdict).collect();
        let token = run.tokens().iter().filter(|token| token.is_prompt).count().saturating_sub(1);
        let late =
            run.late_car().map(|LateCar { instance, queue, entry }| IssueId { instance, queue, entry, iteration: 0 });
        let cycle = late.and_then(|id| timeline.issue(id)).map_or(0, |issue| issue.cycle);
        let change = run.description().sentence();
        BrokenText {
            run: self.run_of(run.tokens(), &[], Done::Yes),
            change: Text::new(change.chinese, change.english),
            verdicts,
            total: judged.total,
            at: Cursor { token: token as u32, cycle: cycle + SETS_OUT },
            late: late.and_then(|id| late_thing(timeline, id)),
            misses: run.violations(),
            seed,
        }
    }

    /// Back to the verified program.
    pub fn undo(&mut self) -> Report {
        self.front = None;
        if self.broken.take().is_some() {
            self.epoch.0 += 1;
        }
        let done = self.done(1);
        Report::Mended(self.run(done))
    }
}
