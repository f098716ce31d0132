//! What is visible at (view, zoom, cycle): shapes, labels, text; no browser, no colour values.
//!
//! In: a program (executable, and witness for names), a chip, a cursor; for bytes a moment of the simulator.  Out: plain data.
//! Invariant: nothing is invented: each shape, count and word is a query on the executable, the witness or the moment. The same input
//!     gives the same bytes, native and wasm.
//! Method: `Timeline` answers what is where by binary search; the scenes turn its answers into a display list; see `shape`.

mod chip;
mod city;
mod compiler;
mod contents;
mod damage;
mod deck;
mod die;
mod digest;
mod flight;
mod front;
mod inspect;
mod lang;
mod memory;
mod naming;
mod pick;
mod print;
mod ride;
mod rush;
mod schedule;
mod select_text;
mod selection;
mod sentence;
mod shape;
mod timeline;
mod token;
mod traffic;
pub mod words;

pub use arch::{Direction as Flow, Hemisphere, Queue, SliceId, Station, StreamId, Unit};
pub use chip::{ChipView, Detail, Funnel, chip, chip_damaged, floor, funnel, opening, showpiece};
pub use city::{City, CityFacts, CityScene, Phase, Picked, Place, Ride, Scope, TripLine, Wave, Work, city, city_facts};
pub use compiler::{Chosen, CompilerFacts, Funneled, Made, compiler, compiler_facts, pick_compiler};
pub use contents::{Class, Content, Contents, Format, Run};
pub use damage::Damage;
pub use deck::{Deck, DeckSpan, deck};
pub use digest::digest;
pub use flight::{Flight, FlightId};
pub use front::{FrontLine, front, front_cycle, front_lines};
pub use inspect::{Holding, Inspection, Maker, Meeting, QueueLine, Statistics, inspect, moment_of};
pub use lang::{Lang, Text, grouped};
pub use memory::{
    Changed, Difference, Legend, MemoryFacts, RowWritten, memory, memory_compared, memory_difference, memory_facts,
};
pub use pick::{pick_chip, pick_memory};
pub use print::{print, selection};
pub use ride::{Stop, ride};
pub use rush::{Routed, RoutedFacts, Way, counter, routed, rush};
pub use schedule::{
    Busy, Grid, ScheduleFacts, Window, pick_schedule, schedule, schedule_facts, window as schedule_window, zoom_most,
};
pub use select_text::{SelectionError, parse_selection};
pub use selection::{Cursor, IssueId, Selection, ValueId};
pub use sentence::{Piece, Sentence, sentence};
pub use shape::{Anchor, Area, Colour, Head, Kind, Label, Layer, Part, Scene, Shape, Style, hash};
pub use sim::Moment;
pub use timeline::{
    Activity, BurstRun, Column, Direction, Issue, Listed, Listener, Live, PlaneFill, Segment, Stretch, Timeline, Watch,
};
pub use token::{TokenScene, Word, token};
pub use traffic::{CHIP_LEVEL, TrafficFacts, pick_traffic, traffic, traffic_facts, traffic_opening};
