//! Bytes per cycle: what the SRAM ports could, what the streams could, what is under way.
//!
//! In: a chip and the values of a cycle.  Out: three counts and their bars.
//! Invariant: the first two are products of the chip's counts; the third is counted in superlane-0 time.

use super::{Context, queue_strip};
use crate::lang::{Text, grouped};
use crate::shape::{Anchor, Area, Colour, Kind, Label, Layer, Part, Shape, Style};
use crate::timeline::Live;
use arch::Chip;
use serde::{Deserialize, Serialize};

/// Height of a bar with its gap.
const BAR: f32 = 20.0;
/// Length of the longest bar; what it says stands behind it and may be as wide again as letters for a projector are.
const LENGTH: f32 = 760.0;

/// Bytes per cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// A read and a write of every slice.
    pub sram: u64,
    /// Every stream of both directions.
    pub streams: u64,
    /// The streams that carry a value which somebody will still sample.
    pub now: u64,
    /// How many streams that are.
    pub carrying: u32,
    /// How many streams there are.
    pub of: u32,
}

impl Funnel {
    pub(crate) fn new(chip: &Chip, live: &[Live], cycle: u64) -> Self {
        let is_wanted =
            |live: &&Live| live.delay(cycle, 0).is_some_and(|delay| live.wanted.is_some_and(|wanted| delay <= wanted));
        let mut carrying: Vec<_> = live.iter().filter(is_wanted).map(|live| live.id.stream).collect();
        // Values come sorted by stream.
        carrying.dedup();
        let word = u64::from(chip.lanes());
        let of = 2 * u32::from(chip.streams);
        Funnel {
            sram: 2 * u64::from(chip.slices) * 2 * word,
            streams: u64::from(of) * word,
            now: carrying.len() as u64 * word,
            carrying: carrying.len() as u32,
            of,
        }
    }
}

/// The bars; a name never lies on one, since each stands behind its own bar, and no bar is longer than the first.
pub(crate) fn layer(context: &Context) -> Layer {
    let funnel = Funnel::new(context.timeline.chip(), &context.live, context.cycle);
    let strip = queue_strip(&context.die);
    let top = strip.y1 + 26.0;
    let mut layer = Layer::new(Part::Funnel, Area::new(strip.x0, top - 20.0, strip.x1, top + 3.0 * BAR + 4.0));
    let rows = [
        (Text::new("SRAM 連接埠可達", "SRAM ports can"), funnel.sram, Colour::Mem),
        (Text::new("串流可載", "streams can carry"), funnel.streams, Colour::West),
        (Text::new("這個週期", "this cycle"), funnel.now, Colour::East),
    ];
    let title = Text::new("每週期位元組", "bytes per cycle");
    layer.labels.push(super::floor::label(title, Colour::Ink, strip.x0, top - 6.0, 13.0, Anchor::Start));
    for (index, (name, bytes, colour)) in rows.into_iter().enumerate() {
        let y = top + index as f32 * BAR;
        let length = LENGTH * bytes as f32 / funnel.sram as f32;
        let end = strip.x0 + length;
        let area = Area::new(strip.x0, y + 4.0, end, y + BAR - 4.0);
        layer.shapes.push(Shape::still(Kind::Fill, colour, context.dim(220), area));
        let text = Text::same(format!("{}  ", grouped(bytes))).then(&name);
        let label = super::floor::label(text, Colour::Ink, end + 10.0, y + BAR - 5.0, 14.0, Anchor::Start);
        layer.labels.push(Label { style: Style::Number, ..label });
    }
    layer
}
