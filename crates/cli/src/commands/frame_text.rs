//! Inspections and the token view as lines for a terminal.
//!
//! In: an inspection, a token scene.  Out: English lines.
//! Invariant: all 320 bytes of a word are shown; what is not known is not written.

use frame::{Holding, Inspection, TokenScene, grouped};

/// Bytes in a row: those of one superlane.
const ROW: usize = 16;

/// What is at a place.
pub fn inspection(inspection: &Inspection) -> String {
    let mut lines = vec![format!("{} {}", inspection.title.en, inspection.place.en)];
    let named = |name: &str, text: &str| format!("{name:<8} {text}");
    if let Some(meaning) = &inspection.meaning {
        lines.push(named("is", &meaning.en));
    }
    if let Some(maker) = &inspection.maker {
        let cycle = maker.cycle.map_or(String::new(), |cycle| format!(" in cycle {}", grouped(cycle)));
        lines.push(named("made by", format!("{} {}{cycle}", maker.who.en, maker.instruction).trim_end()));
    }
    if let Some(meeting) = &inspection.meeting {
        let (cycle, after) = (grouped(meeting.cycle), meeting.after);
        lines.push(named(
            "meets",
            &format!("{} {} in cycle {cycle}, {after} from now", meeting.who.en, meeting.instruction),
        ));
    }
    for line in &inspection.lines {
        lines.push(named(&grouped(line.cycle), &format!("{}  {}", line.instruction, line.meaning.en)));
    }
    match &inspection.holding {
        Holding::Bytes(bytes) => lines.extend(bytes.chunks(ROW).enumerate().map(|(row, bytes)| {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            named(&(row * ROW).to_string(), &digits.join(" "))
        })),
        Holding::Empty => lines.push(named("holds", "nothing")),
        Holding::Poisoned(rule) => {
            lines.push(named("holds", &format!("a value that depends on a broken rule: {rule}")))
        }
        Holding::Unknown => {}
    }
    lines.join("\n") + "\n"
}

/// The text so far, what may come next, where the cycles went.
pub fn token(scene: &TokenScene) -> String {
    let text: String = scene.text.iter().map(|word| word.text.as_str()).collect();
    let mut lines = vec![text];
    for (place, candidate) in scene.candidates.iter().enumerate() {
        let mark = if scene.taken == Some(place as u32) { "*" } else { " " };
        lines.push(format!("{mark} {:6.2} %  {:?}", candidate.probability * 100.0, candidate.text));
    }
    lines.push(format!(
        "{} cycles, {} ns on the simulated chip",
        grouped(scene.cycles),
        grouped(scene.nanoseconds as u64)
    ));
    for (place, span) in scene.spans.iter().enumerate() {
        let mark = if scene.current as usize == place { ">" } else { " " };
        lines.push(format!("{mark} {:>8} to {:>8}  {}", span.from, span.to, span.name.en));
    }
    lines.extend(scene.part.iter().map(|part| format!("at work: {}", part.en)));
    lines.join("\n") + "\n"
}
