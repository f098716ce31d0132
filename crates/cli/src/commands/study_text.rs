//! The answer of `greenwave study` in words.
//!
//! In: an answer, or the claims.  Out: lines of at most 100 columns.
//! Invariant: what a case file brings is printed without control characters; a figure stands beside how well it is known.
//! Method: a paragraph for each view: the way to the LPU, both bills with what moves them and what must be true, dollars against speed,
//!     joules against users, both meters, calls in a row, the smaller process.

use study::cases::{
    Answer, Curve, CurvePoint, Curves, Jitter, Ledger, LpuRate, Marker, Must, Ours, PlanLine, Plans, Waterfall, Who,
};
use study::cost::claims::{Agreement, Judged, Supported};
use study::cost::scenario::{Deadline, Plan};
use study::cost::what_if::{Scaled, Verdict};
use study::cost::{Bar, Bill, BreakEven, Share};

/// Most columns of a line.
const COLUMNS: usize = 100;

/// A number with three digits that count; the great and the small by powers of ten.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e7).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (0..9).find(|decimals| 100.0 <= size * 10f64.powi(*decimals)).unwrap_or(9);
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time in the unit that suits it.
fn time(ns: i64) -> String {
    let ns = ns as f64;
    match ns.abs() {
        size if size < 1e3 => format!("{ns} ns"),
        size if size < 1e6 => format!("{} µs", digits(ns * 1e-3)),
        _ => format!("{} ms", digits(ns * 1e-6)),
    }
}

/// So many of something.
fn count(number: f64, one: &str) -> String {
    let plural = if number == 1.0 { "" } else { "s" };
    format!("{} {one}{plural}", digits(number))
}

/// The words in lines of at most 100 columns, those after the first indented further; control characters are escaped.
fn lines(indent: usize, words: &str) -> String {
    let (mut text, mut line) = (String::new(), " ".repeat(indent));
    let mut is_empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let word: String = word.chars().flat_map(shown).collect();
        if !is_empty && COLUMNS <= line.chars().count() + word.chars().count() {
            text += line.trim_end();
            text.push('\n');
            line = " ".repeat(indent + 2);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += &word;
        is_empty = false;
    }
    text + &line + "\n"
}

/// A character as it is printed.
fn shown(character: char) -> Vec<char> {
    if character.is_control() { character.escape_debug().collect() } else { vec![character] }
}

/// The whole answer.
pub fn in_words(answer: &Answer) -> String {
    let Answer { case, lpu, waterfall, curves, bill, jitter, plans, node, .. } = answer;
    let mut text = lines(0, &case.question.en) + "\n";
    text += &lines(
        0,
        &match lpu {
            LpuRate::Compiled { cycles, per_second } => {
                format!("LPU: {cycles} cycles a token, {per_second:.0} tokens/s: compiled, verified, simulated")
            }
            LpuRate::Published { per_second, standing, source, .. } => {
                format!("LPU: {per_second} tokens/s for one user is {standing} ({source}); {}", own(waterfall))
            }
            LpuRate::Unknown => format!("LPU: no rate is published; {}", own(waterfall)),
        },
    );
    text += &in_steps(waterfall, lpu);
    bill.ledgers.iter().for_each(|ledger| text += &in_bill(ledger));
    text + &in_frontier(curves)
        + &in_joules(curves)
        + &in_meters(jitter, waterfall)
        + &in_plans(plans)
        + &in_scale(node)
}

/// What this build itself compiled of the system.
fn own(waterfall: &Waterfall) -> String {
    let of = |ours: &Ours| {
        let Ours { cycles, command, date, .. } = ours;
        format!("this build's own program takes {cycles} cycles, {:.0} tokens/s ({command}, {date})", ours.per_second())
    };
    let absent = || waterfall.absent.as_ref().map_or_else(String::new, |why| why.en.to_string());
    waterfall.ours.as_ref().map_or_else(absent, of)
}

/// From the box to the system, switch by switch.
fn in_steps(waterfall: &Waterfall, lpu: &LpuRate) -> String {
    let whole = waterfall.whole_ns;
    let rate = digits(1e9 / whole as f64);
    let mut text = lines(0, &format!("{}: {} a token ({rate} tokens/s)", waterfall.box_name.en, time(whole)));
    text.insert(0, '\n');
    for step in &waterfall.steps {
        let share = 100.0 * step.saves_ns as f64 / whole as f64;
        let (saves, left) = (time(-step.saves_ns), time(step.left_ns));
        text += &format!("  {:<51} {saves:>9}  {share:5.1} %   leaves {left}\n", step.label.en);
    }
    if let (Some(goal), Some(unknown)) = (&waterfall.goal, waterfall.unknown_ns) {
        let name = match lpu {
            LpuRate::Compiled { .. } => "what the compiled program takes longer",
            _ => "what no public source explains",
        };
        text += &format!("  {name:<51} {:>9}            stands at {}\n", time(unknown), time(goal.ns));
    }
    let ramp = "the ramp of a kernel is the time from its start until its data flow at full speed";
    let orders = format!("the switches in every order, in percent of {}; {ramp}:", time(whole));
    text + &lines(2, &orders) + &lines(2, &waterfall.orders.verdict.en)
}

/// One contestant's bill, whether it fits its memory, what moves it, and what must be true.
fn in_bill(ledger: &Ledger) -> String {
    let who = if ledger.who == Who::Gpu { "GPU" } else { "LPU" };
    let dollars =
        |bill: &Option<Bill>| bill.as_ref().map_or("unknown".to_owned(), |bill| format!("${}", digits(bill.total)));
    let mut text = lines(
        0,
        &format!(
            "{who}, {}, {} at {} tokens/s each: {} J a token; {} per million owned, {} rented",
            ledger.name.en,
            count(ledger.users, "user"),
            digits(ledger.per_user),
            digits(ledger.joules.total),
            dollars(&ledger.owned),
            dollars(&ledger.rented)
        ),
    );
    text.insert(0, '\n');
    text += &lines(
        2,
        &format!(
            "memory: {} for these users; caches of {} fit",
            count(ledger.needed.value.ceil(), "chip"),
            count(ledger.most.value.floor().max(0.0), "user")
        ),
    );
    ledger.notes.iter().for_each(|note| text += &lines(2, &note.en));
    let share = |share: &Share| format!("{} {:.0} %", share.standing, 100.0 * share.of_inputs);
    text += &lines(2, &format!("inputs: {}", ledger.shares.iter().map(share).collect::<Vec<_>>().join(", ")));
    text + &in_bars(ledger) + &in_musts(ledger)
}

/// Which inputs move the bill most.
fn in_bars(ledger: &Ledger) -> String {
    let unit = ledger.owned.as_ref().map_or(&ledger.joules.unit, |bill| &bill.unit);
    let bar = |bar: &Bar| {
        let Bar { id, low, high, at_low, at_high } = bar;
        let [low, high, at_low, at_high] = [low, high, at_low, at_high].map(|value| digits(*value));
        format!("    {:<28} {low:>9} to {high:<9}  {at_low:>9} to {at_high}\n", ledger.who.field(id))
    };
    let head = format!("  what moves it most, from the low to the high of the input, in {unit}\n");
    head + &ledger.bars.iter().map(bar).collect::<String>()
}

/// What must be true for the price that is asked.
fn in_musts(ledger: &Ledger) -> String {
    let Some(asked) = ledger.asked else { return String::new() };
    let must = |must: &Must| {
        let Must { id, now, unit, must } = must;
        let needed = match must {
            BreakEven::At(value) => format!("{} {unit}", digits(*value)),
            BreakEven::Never { at_least, at_most } => {
                format!("never: ${} at its least, ${} at its most", digits(*at_least), digits(*at_most))
            }
        };
        format!("    {id:<28} {needed} (now {})\n", digits(*now))
    };
    let head = format!("  ${} a million is asked: to break even, one of these must be true\n", digits(asked));
    head + &ledger.must.iter().map(must).collect::<String>()
}

fn name(who: Who) -> &'static str {
    if who == Who::Gpu { "GPU" } else { "LPU" }
}

/// Dollars against speed, and what is claimed.
fn in_frontier(curves: &Curves) -> String {
    let mut text = "\ndollars and joules against speed\n".to_owned();
    for curve in &curves.curves {
        let Curve { who, name: machine, basis, standing, points, ends } = curve;
        text += &lines(2, &format!("{}, {} ({standing}): {}", name(*who), machine.en, basis.en));
        text += "       users   tokens/s each   tokens/s in all   $ a million   J a token\n";
        text += &points.iter().map(in_row).collect::<String>();
        text += &lines(4, &format!("it ends there: {}", ends.en));
    }
    for pin in &curves.pins {
        text += &lines(2, &format!("{} ({}: {})", pin.label.en, pin.standing, pin.source));
    }
    text
}

fn in_row(point: &CurvePoint) -> String {
    let CurvePoint { users, per_user, tokens_per_second, dollars, joules } = point;
    let dollars = dollars.map_or("unknown".to_owned(), digits);
    let [users, each, all, joules] = [users, per_user, tokens_per_second, joules].map(|value| digits(*value));
    format!("    {users:>8}   {each:>13}   {all:>15}   {dollars:>11}   {joules:>9}\n")
}

/// Who needs fewer joules where.
fn in_joules(curves: &Curves) -> String {
    let mark = |marker: &Marker| {
        let place = format!("{} and {} J a token", count(marker.users, "user"), digits(marker.joules));
        lines(2, &format!("at {place}: {}", marker.label.en))
    };
    let marks: String = curves.markers.iter().map(mark).collect();
    format!("\njoules against users\n{}{marks}", lines(2, &curves.verdict.en))
}

/// Both meters.
fn in_meters(jitter: &Jitter, waterfall: &Waterfall) -> String {
    let step = jitter.gpu.step;
    let gpu = format!(
        "fabric: GPU steps vary by {:.2} % over {} steps of seed {}",
        100.0 * step.variation,
        step.count,
        jitter.gpu.seed
    );
    let lpu = match (&jitter.lpu, &waterfall.ours) {
        (Some(fabric), _) => format!("LPU {} cycles over {} tokens of {}", fabric.spread, fabric.tokens, fabric.model),
        (None, Some(Ours { cycles, .. })) => {
            format!("LPU: the program that was judged has one length, {cycles} cycles; no token of it was run here")
        }
        (None, None) => "LPU: this build has no program of this model".to_owned(),
    };
    let mut text = "\n".to_owned() + &lines(0, &format!("{gpu}; {lpu}"));
    for meter in &jitter.api {
        let [modelled, recorded] = [meter.per_request.variation, meter.published].map(|share| digits(100.0 * share));
        let name = &meter.name.en;
        text += &lines(0, &format!("API, {name}: requests vary by {modelled} %, {recorded} % was {}", meter.standing));
    }
    for rush in &jitter.rush {
        let [p50, p99] = [rush.gap.p50, rush.gap.p99].map(digits);
        let arrivals = rush.arrivals;
        text += &format!(
            "rush hour at {arrivals} requests/s: from token to token {p50} ms in the median, {p99} ms at p99\n"
        );
    }
    text
}

/// Tasks of many calls: seconds with each service.
fn in_plans(plans: &Plans) -> String {
    let services: Vec<&str> = plans.services.iter().map(|name| name.en.as_ref()).collect();
    let mut text = "\n".to_owned() + &lines(0, &format!("calls in a row, seconds with {}", services.join(" / ")));
    text += &lines(
        2,
        "in the mean; p99 is when 99 of 100 have ended; calls are slow independently, or as tail.correlation says",
    );
    let seconds = |plan: &Plan| {
        let mark = if matches!(plan.deadline, Deadline::Missed(_)) { " (too late)" } else { "" };
        format!("{} s{mark}", digits(plan.bill.total))
    };
    let tail = |plan: &Plan| digits(plan.tail.p99_s);
    for PlanLine { name, plans, .. } in &plans.lines {
        let mean = plans.iter().map(seconds).collect::<Vec<_>>().join(" / ");
        let late = plans.iter().map(tail).collect::<Vec<_>>().join(" / ");
        let size = plans.first().map_or_else(String::new, size);
        text += &lines(2, &format!("{}{size}: {mean}; p99 {late}", name.en));
    }
    text
}

/// How many calls a task takes, and what else in it takes time.
fn size(plan: &Plan) -> String {
    let other = if plan.other_s == 0.0 { String::new() } else { format!(", {} s of other work", digits(plan.other_s)) };
    format!(" ({}{other})", count(plan.calls, "call"))
}

/// What a smaller process makes of the chip, beside what shipped.
fn in_scale(node: &[Scaled]) -> String {
    let mut text = "\nfrom 14 to 4 nm: today, predicted (low to high), shipped\n".to_owned();
    for Scaled { label, unit, today, predicted, shipped, verdict, .. } in node {
        let [middle, low, high] = predicted.map(digits);
        let shipped = shipped.map_or("no figure".to_owned(), digits);
        let verdict = match verdict {
            Verdict::Hit => "hit",
            Verdict::TooHigh => "predicted too high",
            Verdict::TooLow => "predicted too low",
            Verdict::Fitted => "fitted to it, so no test",
            Verdict::Open => "open",
        };
        let today = digits(*today);
        text += &lines(2, &format!("{}, {unit}: {today}, {middle} ({low} to {high}), {shipped}: {verdict}", label.en));
    }
    text
}

/// The claims, each with what it rests on.
pub fn in_claims(claims: &[Judged]) -> String {
    let mut text = String::new();
    for claim in claims {
        text += &lines(0, &format!("[{}] {}", claim.minutes, claim.told.en));
        text += &lines(2, &claim.stands.en);
        for support in &claim.supports {
            text += &lines(
                4,
                &match support {
                    Supported::Computed { printed, formula, value, agreement, standing, .. } => {
                        let holds = if *agreement == Agreement::Holds { "holds" } else { "differs" };
                        format!("computed {printed} {holds}: {formula} = {value} ({standing})")
                    }
                    Supported::Cited { work, section } => format!("cited {work}: {section}"),
                    Supported::Run { case } => format!("run {case:?}"),
                    Supported::NobodyKnows { what } => format!("nobody outside knows: {}", what.en),
                },
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let written = [0.0, 0.27, 1234.6, 2.5e9, 3e-9, -0.5].map(digits);
        assert_eq!(written, ["0", "0.27", "1235", "2.50e9", "3.00e-9", "-0.5"]);
        assert_eq!([count(1.0, "user"), count(8.0, "user")], ["1 user", "8 users"]);
    }

    #[test]
    fn lines_end_before_column_100_and_move_no_cursor() {
        let text = lines(2, &"word ".repeat(60));
        assert!(2 < text.lines().count() && text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert_eq!(text.split_whitespace().count(), 60);
        assert_eq!(lines(0, "a\u{1b}[2J b\nc"), "a\\u{1b}[2J b\\nc\n");
    }
}
