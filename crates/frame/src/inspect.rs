//! What is at a place: its bytes, what they are, who made them, whom they meet.
//!
//! In: a timeline, a selection, a cursor; a moment of the simulator for the bytes.  Out: plain data for the inspector.
//! Invariant: bytes come from the moment and from nowhere else; an empty cell says that it is empty; without a moment the bytes
//!     are said to be unknown and everything else is still there.
//! Method: a register is asked for its value, a value for its maker and its listeners, a word for its run and its last writer.

use crate::contents::{Content, Format};
use crate::flight::FlightId;
use crate::lang::{Text, grouped};
use crate::selection::{Cursor, IssueId, Selection, ValueId};
use crate::timeline::{Issue, Live, Timeline};
use crate::traffic::chip_name;
use crate::words;
use arch::{Hemisphere, Mesh, Queue, SliceId, Station, StreamId};
use graph::DType;
use program::{Instruction, RecordContent, WORD_BYTES};
use serde::{Deserialize, Serialize};
use sim::{Moment, WordView};

/// Lines of a queue before and after the present cycle.
const LINES: usize = 4;

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// What was asked for: `Stream E7`.
    pub title: Text,
    /// Where and when: `at memory group 6 east · cycle 41 208`.
    pub place: Text,
    /// What it holds.
    pub holding: Holding,
    /// What that is in the words of the model.
    pub meaning: Option<Text>,
    /// How to read the bytes.
    pub format: Format,
    /// Who made it.
    pub maker: Option<Maker>,
    /// Whom it meets next.
    pub meeting: Option<Meeting>,
    /// Of the bytes as int8.
    pub statistics: Option<Statistics>,
    /// The value on its way, to be followed.
    pub value: Option<ValueId>,
    /// Instructions of a queue around the cycle.
    pub lines: Vec<QueueLine>,
}

/// What a place holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holding {
    /// A word.
    Bytes(Vec<u8>),
    /// Nobody drove or wrote it.
    Empty,
    /// A value that depends on a broken rule, with the rule's text.
    Poisoned(String),
    /// The place holds no single word, or no moment was given.
    Unknown,
}

/// Who made a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// Who.
    pub who: Text,
    /// The queue; `None` for the host and the image.
    pub queue: Option<Queue>,
    /// The instruction as text.
    pub instruction: String,
    /// The word it read or wrote.
    pub address: Option<u16>,
    /// Cycle of its dispatch.
    pub cycle: Option<u64>,
}

/// Whom a value meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Who samples it.
    pub who: Text,
    /// The queue.
    pub queue: Queue,
    /// The instruction as text.
    pub instruction: String,
    /// Cycle of the sample.
    pub cycle: u64,
    /// Cycles until then.
    pub after: u64,
}

/// Of 320 bytes as int8.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Least.
    pub min: i8,
    /// Mean.
    pub mean: f32,
    /// Greatest.
    pub max: i8,
}

/// One instruction of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Cycle of its dispatch.
    pub cycle: u64,
    /// The instruction as text.
    pub instruction: String,
    /// What it moves or makes.
    pub meaning: Text,
}

/// What is at `selection` at `cursor`. The moment, if given, is the one that `moment_of` names.
pub fn inspect(timeline: &Timeline, moment: Option<&Moment>, selection: Selection, cursor: Cursor) -> Inspection {
    let asked = Asked { timeline, moment, cursor };
    match selection {
        Selection::Stream { stream, station } => asked.register(stream, station),
        Selection::Value(id) => asked.value(id),
        Selection::Queue(queue) => asked.queue(queue),
        Selection::Sram { slice, address } => asked.word(slice, address),
        Selection::Plane { hemisphere, plane } => asked.plane(hemisphere, plane),
        Selection::Flight(id) => asked.flight(id),
        Selection::Chip(chip) => Inspection::new(chip_name(chip), asked.now()),
        Selection::Issue(id) => asked.dispatch(id),
    }
}

/// Whose moment, and of which cycle, tells the bytes at `selection`: a vector between chips is what its sender sampled; all else is
/// on chip `on` at the cursor.
pub fn moment_of(timeline: &Timeline, selection: Selection, cursor: Cursor, on: u16) -> (u16, u64) {
    match selection {
        Selection::Flight(id) => timeline.flight(id).map(|flight| (flight.id.from, flight.sent)),
        Selection::Issue(id) => timeline.issue(id).map(|issue| (on, issue.cycle)),
        _ => None,
    }
    .unwrap_or((on, cursor.cycle))
}

struct Asked<'a> {
    timeline: &'a Timeline,
    moment: Option<&'a Moment>,
    cursor: Cursor,
}

impl Inspection {
    fn new(title: Text, place: Text) -> Self {
        Inspection {
            title,
            place,
            holding: Holding::Unknown,
            meaning: None,
            format: Format::Unknown,
            maker: None,
            meeting: None,
            statistics: None,
            value: None,
            lines: Vec::new(),
        }
    }

    fn hold(&mut self, view: Option<WordView<'_>>) {
        self.holding = match view {
            None => Holding::Empty,
            Some(WordView::Bytes(bytes)) => {
                self.statistics = Some(Statistics::of(bytes));
                Holding::Bytes(bytes.to_vec())
            }
            Some(WordView::Poisoned(poison)) => Holding::Poisoned(poison.map(ToString::to_string).unwrap_or_default()),
        };
    }
}

impl Statistics {
    /// Least, mean, greatest of bytes as int8.
    pub fn of(bytes: &[u8; WORD_BYTES]) -> Self {
        let values = || bytes.iter().map(|&byte| byte as i8);
        let sum: i32 = values().map(i32::from).sum();
        Statistics {
            min: values().min().unwrap_or(0),
            mean: sum as f32 / WORD_BYTES as f32,
            max: values().max().unwrap_or(0),
        }
    }
}

impl Asked<'_> {
    fn now(&self) -> Text {
        let cycle = grouped(self.cursor.cycle);
        Text::new(format!("週期 {cycle}"), format!("cycle {cycle}"))
    }

    fn at(&self, place: Text) -> Text {
        Text::new(format!("{} · ", place.zh), format!("{} · ", place.en)).then(&self.now())
    }

    fn register(&self, stream: StreamId, station: Station) -> Inspection {
        let place = Text::new("在", "at ").then(&self.timeline.station_name(station));
        let mut inspection = Inspection::new(words::stream(stream), self.at(place));
        let live = self.timeline.value_at(stream, station, self.cursor.cycle);
        if let Some(moment) = self.moment {
            inspection.hold(moment.stream(stream, station).map(|word| word.word));
        } else if live.is_none() {
            inspection.holding = Holding::Empty;
        }
        if let Some(live) = live {
            self.describe(&mut inspection, &live);
        }
        inspection
    }

    fn value(&self, id: ValueId) -> Inspection {
        let title = words::stream(id.stream);
        let Some(live) = self.timeline.value(id) else { return Inspection::new(title, self.now()) };
        let geometry = self.timeline.geometry();
        let delay = live.delay(self.cursor.cycle, 0);
        // The station it is at or has passed last.
        let direction = id.stream.direction;
        let passed = |station: &Station| {
            geometry.reaches(direction, live.driver, *station)
                && delay.is_some_and(|delay| geometry.arrive(direction, *station) <= delay)
        };
        let station = (0..geometry.stations()).map(Station).filter(passed);
        let station =
            station.max_by_key(|station| (geometry.arrive(direction, *station), distance(live.driver, *station)));
        let place = match (delay, station) {
            (Some(_), Some(station)) => Text::new("過了", "past ").then(&self.timeline.station_name(station)),
            (Some(_), None) => Text::new("離開", "leaving ").then(&self.timeline.station_name(live.driver)),
            (None, _) if (self.cursor.cycle as i64) < live.departed() => Text::new("尚未出發", "not on its way yet"),
            (None, _) => Text::new("已離開超級通道 0", "gone from superlane 0"),
        };
        let mut inspection = Inspection::new(title, self.at(place));
        if let (Some(moment), Some(_)) = (self.moment, delay) {
            let words = moment.live();
            let found = words.iter().find(|word| word.stream == id.stream && word.diagonal == live.diagonal);
            inspection.hold(found.map(|word| word.word));
        }
        self.describe(&mut inspection, &live);
        inspection
    }

    /// What a value is, who made it, whom it meets.
    fn describe(&self, inspection: &mut Inspection, live: &Live) {
        inspection.value = Some(live.id);
        let Some(issue) = self.timeline.issue(live.id.issue) else { return };
        inspection.meaning = Some(self.timeline.meaning(&issue));
        inspection.format = self.format(&issue, live.id.stream);
        inspection.maker = Some(self.maker(&issue));
        let listeners = self.timeline.listeners(live);
        let next = listeners.iter().find(|listener| self.cursor.cycle <= listener.issue.cycle);
        inspection.meeting = next.map(|listener| self.meeting(&listener.issue));
    }

    fn maker(&self, issue: &Issue) -> Maker {
        Maker {
            who: words::queue(issue.queue),
            queue: Some(issue.queue),
            instruction: self.timeline.instruction_text(issue),
            address: self.timeline.word_of(issue, self.cursor.token),
            cycle: Some(issue.cycle),
        }
    }

    fn meeting(&self, issue: &Issue) -> Meeting {
        Meeting {
            who: words::queue(issue.queue),
            queue: issue.queue,
            instruction: self.timeline.instruction_text(issue),
            cycle: issue.cycle,
            after: issue.cycle - self.cursor.cycle,
        }
    }

    /// How the bytes that an issue puts on a stream are to be read.
    fn format(&self, issue: &Issue, stream: StreamId) -> Format {
        let byte = |first: u8| stream.number.wrapping_sub(first);
        match (issue.queue, *issue.instruction()) {
            (Queue::MemRead(slice), Instruction::Read { .. }) => {
                let run =
                    self.timeline.address(issue).and_then(|address| self.timeline.contents().find(slice, address));
                run.map_or(Format::Unknown, |run| run.format)
            }
            (_, Instruction::Alu(alu)) => match (alu.result(), alu.to) {
                (DType::I8, _) => Format::Int8,
                (dtype, Some(to)) => Format::ByteOf(dtype, byte(to.number)),
                (_, None) => Format::Unknown,
            },
            _ => Format::Unknown,
        }
    }

    fn flight(&self, id: FlightId) -> Inspection {
        let Some(flight) = self.timeline.flight(id) else {
            return Inspection::new(Text::new("不存在的向量", "no such vector"), self.now());
        };
        let (from, to) = (chip_name(id.from), chip_name(flight.to.chip));
        let title = Text::new(format!("{}到{}的向量", from.zh, to.zh), format!("vector from {} to {}", from.en, to.en));
        let whole = flight.lands - flight.sent;
        let place = match self.cursor.cycle.checked_sub(flight.sent) {
            None => Text::new("尚未送出", "not sent yet"),
            Some(after) if after <= whole => {
                let part = format!("{} / {}", grouped(after), grouped(whole));
                Text::new(
                    format!("在連線 {} 上，{part} 週期", flight.link),
                    format!("on link {}, {part} cycles", flight.link),
                )
            }
            Some(_) => Text::new("已經抵達", "landed"),
        };
        let mut inspection = Inspection::new(title, self.at(place));
        if let (Some(moment), Some(stream)) = (self.moment, self.timeline.sent_stream(&flight)) {
            let station = self.timeline.geometry().sxm(flight.link.hemisphere);
            inspection.hold(moment.stream(stream, station).map(|word| word.word));
        }
        let Some(issue) = self.timeline.issue(id.issue) else { return inspection };
        inspection.meaning = Some(self.timeline.meaning(&issue));
        inspection.maker = Some(self.maker(&issue));
        let received = self.timeline.issues_of(Queue::LinkReceive(flight.to.link), flight.lands, flight.lands + 1);
        let here = received.first().filter(|issue| self.cursor.cycle <= issue.cycle);
        inspection.meeting = here.map(|issue| {
            let meeting = self.meeting(issue);
            Meeting { who: to.then(&Text::same(" · ")).then(&meeting.who), ..meeting }
        });
        inspection
    }

    fn queue(&self, queue: Queue) -> Inspection {
        let place = match queue {
            Queue::Alu(alu) => words::seat(&Mesh::new(self.timeline.chip()), alu),
            queue => Text::same(queue),
        };
        let mut inspection = Inspection::new(words::queue(queue), self.at(place));
        let line = |issue: &Issue| QueueLine {
            cycle: issue.cycle,
            instruction: self.timeline.instruction_text(issue),
            meaning: self.timeline.meaning(issue),
        };
        let mut cycle = self.cursor.cycle;
        for _ in 0..LINES {
            let Some(issue) = self.timeline.around(queue, cycle).0 else { break };
            inspection.lines.insert(0, line(&issue));
            cycle = issue.cycle;
        }
        let mut cycle = self.cursor.cycle;
        for _ in 0..LINES {
            let Some(issue) = self.timeline.around(queue, cycle).1 else { break };
            inspection.lines.push(line(&issue));
            cycle = issue.cycle + 1;
        }
        inspection
    }

    /// An instruction: its queue around the cycle in which it leaves, and what it moves or makes.
    fn dispatch(&self, id: IssueId) -> Inspection {
        let Some(issue) = self.timeline.issue(id) else {
            return Inspection::new(Text::new("不存在的指令", "no such instruction"), self.now());
        };
        let cursor = Cursor { cycle: issue.cycle, ..self.cursor };
        let mut inspection = Asked { cursor, ..*self }.queue(issue.queue);
        inspection.meaning = Some(self.timeline.meaning(&issue));
        inspection.maker = Some(self.maker(&issue));
        inspection.value = self.timeline.driven(id);
        inspection
    }

    fn word(&self, slice: SliceId, address: u16) -> Inspection {
        let title = words::slice(slice);
        let place = Text::new(format!("位址 {address:#06x}"), format!("address {address:#06x}"));
        let mut inspection = Inspection::new(title, self.at(place));
        let run = self.timeline.contents().find(slice, address);
        inspection.meaning = run.map(|run| run.name(address));
        inspection.format = run.map_or(Format::Unknown, |run| run.format);
        match self.moment {
            Some(moment) => inspection.hold(moment.sram(slice, address)),
            None if run.is_none() => inspection.holding = Holding::Empty,
            None => {}
        }
        let last = self.timeline.last_write(slice, address, self.cursor);
        inspection.maker = match (last, run.map(|run| &run.content)) {
            (Some(issue), _) => Some(self.maker(&issue)),
            (None, Some(Content::Tensor { .. })) => Some(loaded(Text::new("載入程式時", "loaded with the program"))),
            (None, Some(Content::Cache { row, .. })) => {
                let row = row + u32::from(address.saturating_sub(run.map_or(0, |run| run.address)));
                (row < self.cursor.token).then(|| loaded(written_by_token(row)))
            }
            (None, Some(Content::Record(content))) => Some(loaded(host(content))),
            _ => None,
        };
        inspection.meeting = self.timeline.next_read(slice, address, self.cursor).map(|issue| self.meeting(&issue));
        inspection
    }

    fn plane(&self, hemisphere: Hemisphere, plane: u8) -> Inspection {
        let fill = self.timeline.plane(hemisphere, plane, self.cursor.cycle).unwrap_or_default();
        let columns = |bits: u32| bits.count_ones() * 16;
        let (loaded, installed) = (columns(fill.loaded), columns(fill.installed));
        let place = Text::new(
            format!("緩衝 {loaded} 行 · 陣列 {installed} 行"),
            format!("{loaded} columns in the buffer · {installed} in the array"),
        );
        let mut inspection = Inspection::new(words::plane(hemisphere, plane), self.at(place));
        let name = |held: Option<(&program::Label, Option<u32>)>| held.map(|(label, layer)| words::label(layer, label));
        inspection.meaning = name(fill.holding).or_else(|| name(fill.loading));
        let queue = Queue::MxmWeights(hemisphere, plane);
        inspection.lines = self.queue(queue).lines;
        inspection
    }
}

fn distance(a: Station, b: Station) -> u8 {
    a.0.abs_diff(b.0)
}

fn loaded(who: Text) -> Maker {
    Maker { who, queue: None, instruction: String::new(), address: None, cycle: None }
}

fn written_by_token(row: u32) -> Text {
    Text::new(format!("位置 {row} 的 token 寫入"), format!("written by the token at position {row}"))
}

fn host(content: &RecordContent) -> Text {
    match content {
        RecordContent::Input { .. } => Text::new("主機在啟動 token 時寫入", "the host, when the token was launched"),
        RecordContent::Map { .. } => Text::new("主機依位置寫入", "the host, from the token's position"),
    }
}
