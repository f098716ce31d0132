//! Dollars and joules against speed for two machines, and the successor's score.
//!
//! In: a curve for each machine.  Out: points that agree with single bills, limits of memory, verdicts.
//! Invariant: neither machine wins everywhere; a fitted factor earns no point.

use cost::presets::{Price, h100_share, lpu_system};
use cost::what_if::{Verdict, score, what_if};
use cost::{Amount, Hardware, Load, Point, RateCurve, Reading, Sheet, Use, frontier};
use units::{Book, Standing};

fn amount(value: f64) -> Amount {
    Amount::exactly(value, "", Standing::Derived, "a test")
}

/// A token of Llama-2-70B in 8 bits.
fn llama() -> Use {
    Use {
        tokens_per_second: amount(1.0),
        batch: amount(1.0),
        weight_gb: amount(69.0),
        stored_gb: amount(69.0),
        kv_bytes: amount(327_680.0),
        context: amount(1024.0),
        macs_g: amount(69.0),
        link_bits: amount(0.0),
    }
}

fn curve(reading: Reading, points: &[(f64, f64)]) -> RateCurve {
    RateCurve {
        points: points.iter().map(|(users, per_user)| Load { users: *users, per_user: *per_user }).collect(),
        reading,
    }
}

/// A sheet with the hardware, and with what a GPU's memory holds, which its own model supplies.
fn sheet<'b>(book: &'b Book, hardware: &Hardware, usage: &Use) -> Sheet<'b> {
    let mut sheet = Sheet::new(book);
    hardware.put_on(usage, &mut sheet);
    sheet.supply("h100.memory", amount(80.0));
    sheet.supply("gpu.memory_reserved", amount(2.0));
    sheet
}

fn points(book: &Book, hardware: &Hardware, curve: &RateCurve) -> Vec<Point> {
    let sheet = sheet(book, hardware, &llama());
    frontier(&sheet, hardware, curve).expect("all inputs are positive")
}

/// A pipeline that serves every user at its pace until it is full; a batch that slows as it grows.
fn both(book: &Book) -> (Vec<Point>, Vec<Point>) {
    let pipeline = curve(Reading::Single, &[(1.0, 280.0), (8.0, 280.0), (64.0, 280.0), (170.0, 280.0), (400.0, 280.0)]);
    let batch = curve(Reading::Shared, &[(1.0, 90.0), (8.0, 80.0), (64.0, 41.0)]);
    (points(book, &lpu_system(576, Price::Materials), &pipeline), points(book, &h100_share(4), &batch))
}

#[test]
fn memory_limits_the_users() {
    let book = cost::book();
    let (lpu, _) = both(&book);
    assert_eq!(lpu.len(), 4, "400 users are more than the 170 that fit");
    assert_eq!(lpu[3].tokens_per_second, 47_600.0);
}

/// With as many users as fit, exactly the chips there are are needed; the table's 170 users of 70B need 576.
#[test]
fn chips_needed_and_users_that_fit_are_inverse() {
    let book = cost::book();
    for hardware in [lpu_system(576, Price::Materials), h100_share(4)] {
        let sheet = sheet(&book, &hardware, &llama());
        let most = cost::fit(&sheet, &hardware).expect("written").value;
        let needed = |users: f64| cost::needed(&sheet, &hardware, users).expect("written").value;
        assert!((needed(most) - hardware.chips).abs() < 1e-9 * hardware.chips, "{most} users, {} chips", needed(most));
        assert!(needed(1.0) < needed(2.0));
    }
    let (book, hardware) = (cost::book(), lpu_system(576, Price::Materials));
    let sheet = sheet(&book, &hardware, &llama());
    let chips = cost::needed(&sheet, &hardware, 1.0).expect("written");
    assert_eq!(chips.value.ceil(), 302.0, "69 GB over 230 MB and one user's cache: {}", chips.formula);
}

#[test]
fn a_point_is_a_bill() {
    let book = cost::book();
    let (lpu, _) = both(&book);
    let hardware = lpu_system(576, Price::Materials);
    let sheet = sheet(&book, &hardware, &Use { tokens_per_second: amount(47_600.0), ..llama() });
    assert_eq!(lpu[3].dollars, cost::owned(&sheet, &hardware).ok().map(|bill| bill.total));
    assert_eq!(lpu[3].joules, cost::joules(&sheet, &hardware).expect("written").total);
}

#[test]
fn a_full_pipeline_beats_one_user_and_no_equal_number() {
    let book = cost::book();
    let (lpu, gpu) = both(&book);
    let first_and_last = [gpu[0].joules < lpu[0].joules, gpu[2].joules < lpu[2].joules];
    assert_eq!(first_and_last, [true, true], "with 1 and with 64 users of their own: {lpu:?} {gpu:?}");
    // A full pipeline beats one user of a GPU box: the story's tenth is this pair, not a pair at one load.
    assert!(lpu[3].joules < gpu[0].joules / 4.0, "{} against {}", lpu[3].joules, gpu[0].joules);
}

#[test]
fn sharing_a_reading_is_what_a_batch_saves() {
    let book = cost::book();
    let loads = [(1.0, 90.0), (64.0, 41.0)];
    let [shared, single] =
        [Reading::Shared, Reading::Single].map(|reading| points(&book, &h100_share(4), &curve(reading, &loads)));
    assert_eq!(shared[0], single[0]);
    // 69 GB at 6.5 pJ/bit are 3.59 J; a 64th of them is 0.06; the building adds 30 %.
    let saved = single[1].joules - shared[1].joules;
    assert!((saved - 1.3 * 69.0 * 8.0 * 6.5e-3 * 63.0 / 64.0).abs() < 1e-9, "{saved}");
}

#[test]
fn a_curve_that_runs_backwards_is_refused() {
    let book = cost::book();
    let hardware = h100_share(4);
    let sheet = sheet(&book, &hardware, &llama());
    for bad in [vec![], vec![(2.0, 1.0), (1.0, 1.0)], vec![(1.0, 0.0)], vec![(0.0, 1.0)], vec![(1.0, f64::NAN)]] {
        assert!(frontier(&sheet, &hardware, &curve(Reading::Single, &bad)).is_err(), "{bad:?}");
    }
}

#[test]
fn the_successor_scores_what_could_fail() {
    let book = cost::book();
    let answers = what_if(&Sheet::new(&book)).expect("all inputs have values");
    let lines: Vec<String> = answers
        .iter()
        .map(|answer| {
            let [value, low, high] = answer.predicted;
            format!(
                "{} {value:.1} ({low:.1} to {high:.1}) shipped {:?}: {:?}",
                answer.label.en, answer.shipped, answer.verdict
            )
        })
        .collect();
    let verdicts: Vec<Verdict> = answers.iter().map(|answer| answer.verdict).collect();
    use Verdict::{Fitted, Hit, Open, TooHigh, TooLow};
    assert_eq!(
        verdicts,
        [TooHigh, Fitted, TooLow, Fitted, Fitted, Fitted, Hit, Fitted, Open, Open, Open],
        "{}",
        lines.join("\n")
    );
    assert_eq!(score(&answers), (1, 3));
    assert_eq!(lines[0], "SRAM, from the area of a cell 566.2 (552.0 to 581.9) shipped Some(500.0): TooHigh");
    // With 2.2 times the memory a chip, 100 GB of weights and caches need 198 chips and not 435; the die is 3.5 times dearer.
    let lines_of = |label: &str| lines.iter().find(|line| line.starts_with(label)).expect(label).as_str();
    assert_eq!(lines_of("chips that"), "chips that hold 100 GB 197.6 (173.9 to 217.4) shipped Some(200.0): Fitted");
    assert_eq!(lines_of("cost of a die"), "cost of a die 412.4 (294.6 to 506.6) shipped None: Open");
}
