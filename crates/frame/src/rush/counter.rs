//! At the server: requests come, left to a box of GPUs, right to the slots of the LPUs; milliseconds as the common axis.
//!
//! In: both servers, run; a time.  Out: a scene.
//! Invariant: whatever is drawn is a request, an event of the server's log, or a token under way in the pipeline; both halves have the
//!     same requests in the same rows.
//! Method: above, what either side does now; below, a row for each request: when it waits, when its prompt is read, when it writes.

use super::{Axis, LEFT, RIGHT, label, number, side};
use crate::lang::Text;
use crate::shape::{Anchor, Area, Colour, Kind, Layer, Part, Scene, Shape};
use study::cases::{At, AtServer, Present, Request, ServerDoing, ServerEvent, Why};

/// Heights in both maps: what happens, who has a place, who waits.
const DOES: (f32, f32) = (LEFT.y0 + 22.0, LEFT.y0 + 64.0);
const PLACES: (f32, f32) = (LEFT.y0 + 100.0, LEFT.y0 + 178.0);
const QUEUE: (f32, f32) = (LEFT.y0 + 214.0, LEFT.y0 + 246.0);
/// Places of a row at least, and blocks of the queue at most.
const COLUMNS: u32 = 16;
const QUEUED: u32 = 24;
/// A gap this many times the median is one in which somebody else's prompt was read.
const LONG: f64 = 1.5;

/// What a request does.
#[derive(Clone, Copy)]
enum State {
    Waits,
    Reads,
    Writes,
}

/// When a request came, when its prompt began to be read, when its first and last token left.
struct Row {
    came: At,
    reads: At,
    first: At,
    last: At,
}

fn colour(state: State) -> Colour {
    match state {
        State::Waits => Colour::Vxm,
        State::Reads => Colour::Link,
        State::Writes => Colour::Mem,
    }
}

/// The scene, so many ns after the load began.
pub fn counter(both: &AtServer, ns: f64) -> Scene {
    let at = At(ns);
    let end = end(both);
    let text = |part: f64| Text::same(format!("{part:.0} ms"));
    let ends = [text(0.0), text(end * 1e-6)];
    let gpu = side((LEFT, Part::Memory), (ns, end), &ends, &|axis, layer| {
        name(layer, LEFT, gpu_does(both, at));
        gpu_now(both, at, layer);
        let rows: Vec<Row> =
            (0u32..).zip(&both.requests).map(|(number, request)| gpu_row(both, number, request)).collect();
        diagram(&rows, axis, layer);
        gaps(both, axis, layer);
    });
    let lpu = side((RIGHT, Part::Streams), (ns, end), &ends, &|axis, layer| {
        lpu_now(both, at, layer);
        let rows: Vec<Row> =
            (0u32..).zip(&both.requests).map(|(number, request)| lpu_row(both, number, request)).collect();
        diagram(&rows, axis, layer);
    });
    super::scene(vec![gpu, lpu])
}

/// End of the common axis: a round number of ns that holds both sides.
fn end(both: &AtServer) -> f64 {
    let step = 1e8;
    (both.end().0 / step).ceil().max(1.0) * step
}

fn gpu_row(both: &AtServer, number: u32, request: &Request) -> Row {
    let is_its = |event: &&ServerEvent| event.doing == ServerDoing::Prefill { request: number };
    let reads = both.gpu.log.iter().find(is_its).map_or(request.at, |event| event.from);
    row(request, reads, &both.gpu.tokens[number as usize])
}

fn lpu_row(both: &AtServer, number: u32, request: &Request) -> Row {
    row(request, both.lpu.seated(number), &both.lpu.tokens[number as usize])
}

fn row(request: &Request, reads: At, tokens: &[At]) -> Row {
    let first = tokens.first().copied().unwrap_or(reads);
    Row { came: request.at, reads, first, last: tokens.last().copied().unwrap_or(first) }
}

/// A row for each request, time to the right.
fn diagram(rows: &[Row], axis: Axis, layer: &mut Layer) {
    let pitch = axis.area.height() / rows.len().max(1) as f32;
    for (place, row) in rows.iter().enumerate() {
        let y = axis.area.y0 + place as f32 * pitch;
        let mut bar = |from: At, to: At, state: State| {
            let area = Area::new(axis.x(from.0), y, axis.x(to.0), y + pitch * 0.8);
            layer.shapes.push(Shape::still(Kind::Fill, colour(state), 190, area));
        };
        bar(row.came, row.reads, State::Waits);
        bar(row.reads, row.first, State::Reads);
        bar(row.first, row.last, State::Writes);
    }
    let name = Text::of(
        "一列是一個請求：黃色在等，紫色在讀它的提示詞，藍色在寫",
        "a row is a request: yellow waits, purple its prompt is read, blue it writes",
    );
    layer.labels.push(label(name, (axis.area.x0, axis.area.y0 - 14.0), Anchor::Start));
}

/// Where a token came late because somebody's prompt was read in between.
fn gaps(both: &AtServer, axis: Axis, layer: &mut Layer) {
    let usual = both.facts().at_gpu.gap.p50 * 1e6;
    let pitch = axis.area.height() / both.requests.len().max(1) as f32;
    for (place, tokens) in both.gpu.tokens.iter().enumerate() {
        let y = axis.area.y0 + place as f32 * pitch;
        for pair in tokens.windows(2).filter(|pair| LONG * usual < (pair[1] - pair[0]).0) {
            let area = Area::new(axis.x(pair[0].0), y, axis.x(pair[1].0), y + pitch * 0.8);
            layer.shapes.push(Shape::still(Kind::Fill, Colour::Vxm, 255, area));
        }
    }
}

fn name(layer: &mut Layer, map: Area, text: Text) {
    layer.labels.push(label(text, (map.x0 + 4.0, map.y0 + 14.0), Anchor::Start));
}

/// What the box does at a moment.
fn doing(both: &AtServer, at: At) -> ServerDoing {
    both.gpu.events(at, At(at.0 + 1.0)).first().map_or(ServerDoing::Idle, |event| event.doing)
}

fn gpu_does(both: &AtServer, at: At) -> Text {
    let others = both.at_gpu(at).writing.len();
    match doing(both, at) {
        ServerDoing::Idle => Text::of("沒有人在", "nobody is there"),
        ServerDoing::Step { batch } => Text::new(
            format!("一步：替 {batch} 個請求各寫一個 token"),
            format!("one step: a token for each of {batch} requests"),
        ),
        ServerDoing::Prefill { request } => {
            let tokens = both.requests[request as usize].prompt.round();
            Text::new(
                format!("讀第 {} 個請求的提示詞（{tokens} 個 token）；{others} 個在等下一個 token", request + 1),
                format!(
                    "reads the prompt of request {} ({tokens} tokens); {others} wait for their next token",
                    request + 1
                ),
            )
        }
    }
}

fn gpu_now(both: &AtServer, at: At, layer: &mut Layer) {
    let does = Area::new(LEFT.x0, DOES.0, LEFT.x1, DOES.1);
    let present = both.at_gpu(at);
    let doing = doing(both, at);
    let (reads, writes) = match doing {
        ServerDoing::Prefill { request } => (Some(request), State::Waits),
        ServerDoing::Step { .. } | ServerDoing::Idle => (None, State::Writes),
    };
    let (tint, level) = match doing {
        ServerDoing::Idle => (Colour::Instructions, 255),
        ServerDoing::Prefill { .. } => (colour(State::Reads), 235),
        ServerDoing::Step { .. } => (colour(State::Writes), 235),
    };
    layer.shapes.push(Shape::still(Kind::Block, tint, level, does));
    let places = present.writing.iter().map(|&request| (request, writes));
    let all: Vec<Option<(u32, State)>> =
        reads.map(|request| (request, State::Reads)).into_iter().chain(places).map(Some).collect();
    places_of(&all, (LEFT, all.len().max(COLUMNS as usize * 2)), layer);
    let title = Text::new(
        format!("批次：{} 個一起走", present.writing.len()),
        format!("the batch: {} go together", present.writing.len()),
    );
    layer.labels.push(label(title, (LEFT.x0 + 4.0, PLACES.0 - 10.0), Anchor::Start));
    let waiting: Vec<u32> = present.waiting.iter().copied().filter(|request| Some(*request) != reads).collect();
    queue(&waiting, &present, LEFT, layer);
}

fn lpu_now(both: &AtServer, at: At, layer: &mut Layer) {
    let rota = *both.lpu.rota();
    let under_way = both.lpu.under_way(at);
    let text = Text::new(
        format!(
            "{} 個節點排成一條線，{} 個 token 在路上；每 {:.1} µs 一格",
            rota.seats,
            under_way.len(),
            rota.ns(rota.apart) * 1e-3
        ),
        format!(
            "{} nodes in a row, tokens under way: {}; a slot every {:.1} µs",
            rota.seats,
            under_way.len(),
            rota.ns(rota.apart) * 1e-3
        ),
    );
    name(layer, RIGHT, text);
    let pitch = RIGHT.width() / rota.seats.max(1) as f32;
    for seat in 0..rota.seats {
        let x = RIGHT.x0 + seat as f32 * pitch;
        let area = Area::new(x + 0.5, DOES.0, x + pitch - 0.5, DOES.1);
        layer.shapes.push(Shape::still(Kind::Fill, Colour::Instructions, 255, area));
    }
    for (entry, came) in under_way {
        let state = if entry.why == Why::Prompt { State::Reads } else { State::Writes };
        let x = RIGHT.x0 + came as f32 * RIGHT.width();
        let area = Area::new(x - pitch * 0.4, DOES.0 + 4.0, x + pitch * 0.4, DOES.1 - 4.0);
        layer.shapes.push(Shape::still(Kind::Block, colour(state), 255, area));
    }
    let present = both.at_lpu(at);
    let held = both.lpu.held(at);
    let in_slot = |slot: u32| {
        let held = held.iter().find(|held| held.slot == slot)?;
        let state = if present.writing.contains(&held.request) { State::Writes } else { State::Reads };
        Some((held.request, state))
    };
    let all: Vec<Option<(u32, State)>> = (0..rota.slots).map(in_slot).collect();
    places_of(&all, (RIGHT, all.len()), layer);
    let title = Text::new(
        format!("{} 個固定的格子；快取放得下 {} 人，現在 {} 人", rota.slots, rota.users, held.len()),
        format!("{} fixed slots; caches fit for {} users, {} are here", rota.slots, rota.users, held.len()),
    );
    layer.labels.push(label(title, (RIGHT.x0 + 4.0, PLACES.0 - 10.0), Anchor::Start));
    let seated = |request: &u32| held.iter().any(|held| held.request == *request);
    let waiting: Vec<u32> = present.waiting.iter().copied().filter(|request| !seated(request)).collect();
    queue(&waiting, &present, RIGHT, layer);
}

/// Places in rows, each with the number of whoever has it.
fn places_of(all: &[Option<(u32, State)>], (map, count): (Area, usize), layer: &mut Layer) {
    let columns = (count as u32).div_ceil(2).max(COLUMNS);
    let rows = (count as u32).div_ceil(columns).max(1);
    let (pitch, height) = (map.width() / columns as f32, (PLACES.1 - PLACES.0) / rows as f32);
    for place in 0..count as u32 {
        let (column, row) = (place % columns, place / columns);
        let (x, y) = (map.x0 + column as f32 * pitch, PLACES.0 + row as f32 * height);
        let area = Area::new(x + 1.0, y + 1.0, x + pitch - 1.0, y + height - 1.0);
        match all.get(place as usize).copied().flatten() {
            None => layer.shapes.push(Shape::still(Kind::Frame, Colour::Ink, 60, area)),
            Some((request, state)) => {
                layer.shapes.push(Shape::still(Kind::Block, colour(state), 235, area));
                written(request, area, layer);
            }
        }
    }
}

/// The number of a request on its block.
fn written(request: u32, area: Area, layer: &mut Layer) {
    let at = ((area.x0 + area.x1) / 2.0, (area.y0 + area.y1) / 2.0 + 5.0);
    let mut text = number(Text::same(request + 1), at, Anchor::Middle);
    (text.size, text.colour, text.level) = (14.0, Colour::Free, 255);
    layer.labels.push(text);
}

/// Who has come and has no place.
fn queue(waiting: &[u32], present: &Present, map: Area, layer: &mut Layer) {
    let pitch = map.width() / QUEUED as f32;
    for (place, request) in waiting.iter().take(QUEUED as usize).enumerate() {
        let x = map.x0 + place as f32 * pitch;
        let area = Area::new(x + 1.0, QUEUE.0, x + pitch - 1.0, QUEUE.1);
        layer.shapes.push(Shape::still(Kind::Block, colour(State::Waits), 235, area));
        written(*request, area, layer);
    }
    let text = Text::new(
        format!("門口排隊：{} 個；寫好的 token：{}", waiting.len(), present.tokens),
        format!("in the queue: {}; tokens written: {}", waiting.len(), present.tokens),
    );
    layer.labels.push(label(text, (map.x0 + 4.0, QUEUE.0 - 10.0), Anchor::Start));
}
