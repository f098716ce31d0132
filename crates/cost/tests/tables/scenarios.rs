//! Section 5: how long a task of many calls takes.
//!
//! In: the printed T row.  Out: 19 of 21 times to the printed digits, two that differ by one, and what shrinks the gain.
//! Invariant: times come from the catalogue and the inputs, none from here.

use cost::Sheet;
use cost::Text;
use cost::presets::services;
use cost::scenario::{Branch, Deadline, Plan, Scenario, Service, Step, plan, scenarios};

fn service(id: &str) -> Service {
    let rate = format!("service.{id}.rate");
    services().into_iter().find(|service| service.rate == rate).expect(id)
}

fn plan_of(scenario: &str, id: &str) -> Plan {
    let book = cost::book();
    let scenarios = scenarios();
    let scenario = scenarios.iter().find(|other| other.id == scenario).expect(scenario);
    plan(&Sheet::new(&book), &service(id), scenario).expect("all inputs are positive")
}

#[test]
fn the_t_row_as_printed() {
    let mut differing = Vec::new();
    for (scenario, decimals, printed) in [
        ("chat", 1, ["0.8", "2.4", "12.3"]),
        ("agent", 0, ["12", "27", "134"]),
        ("coding", 0, ["141", "266", "1189"]),
        ("tree", 0, ["23", "71", "434"]),
        ("thought", 0, ["26", "81", "538"]),
        ("debate", 0, ["14", "42", "240"]),
    ] {
        for (id, printed) in ["lpu", "gpu", "chat13"].into_iter().zip(printed) {
            let total = plan_of(scenario, id).bill.total;
            let found = format!("{total:.decimals$}");
            if found != printed {
                differing.push(format!("{scenario} {id}: printed {printed}, its inputs give {total:.2}"));
            }
        }
    }
    assert_eq!(
        differing,
        [
            "agent chat13: printed 134, its inputs give 133.48", // 8 * (0.8 + 200/13 + 0.5)
            "tree chat13: printed 434, its inputs give 432.68",  // 12 * 0.8 + 5500/13
        ]
    );
}

#[test]
fn tools_shrink_the_gain() {
    let gain = |scenario: &str| plan_of(scenario, "lpu").times_faster_than(&plan_of(scenario, "gpu"));
    assert_eq!([format!("{:.1}", gain("thought")), format!("{:.1}", gain("coding"))], ["3.1", "1.9"]);
    let coding = plan_of("coding", "gpu");
    assert_eq!((coding.other_s, coding.calls), (80.0, 40.0));
    assert_eq!(format!("{:.1}", coding.speedup_most().expect("tools take time")), "3.3", "266.1 / 80: Amdahl's bound");
    assert_eq!(plan_of("thought", "gpu").speedup_most(), None);
}

#[test]
fn jitter_compounds_over_calls() {
    assert_eq!(format!("{:.2}", plan_of("coding", "gpu").tail.spared), "0.67", "0.99^40");
    assert_eq!(plan_of("chat", "gpu").tail.spared, 0.99);
}

/// Forty independent calls spread by the root of forty, forty that are slow together by forty; the book's assumption is the former.
#[test]
fn the_tail_of_a_sum_is_that_of_its_calls() {
    let plan = plan_of("coding", "gpu");
    // A call: first token 0.63 s +- 14.5 %, then 350 tokens at 87 a second +- 13.2 %.
    let (first, flow) = (0.63 * 0.145, 350.0 / 87.0 * 0.132);
    let of_one = 2.326 * f64::sqrt(first * first + flow * flow);
    let late = |seconds: f64| seconds - plan.bill.total;
    assert!((late(plan.tail.p99_independent_s) / (40f64.sqrt() * of_one) - 1.0).abs() < 1e-9);
    assert!((late(plan.tail.p99_together_s) / (40.0 * of_one) - 1.0).abs() < 1e-9);
    assert_eq!(plan.tail.p99_s, plan.tail.p99_independent_s);
    let book = cost::book();
    let with = |correlation: f64| {
        let sheet = Sheet::new(&book).with("tail.correlation", correlation).expect("accepted");
        let scenarios = scenarios();
        let coding = scenarios.iter().find(|scenario| scenario.id == "coding").expect("in the catalogue");
        cost::scenario::plan(&sheet, &service("gpu"), coding).expect("positive inputs").tail.p99_s
    };
    assert!((with(1.0) / plan.tail.p99_together_s - 1.0).abs() < 1e-12);
    assert!(with(0.0) < with(0.3) && with(0.3) < with(0.6) && with(0.6) < with(1.0));
    // A task without calls has no tail; a single call has the same tail either way.
    let chat = plan_of("chat", "lpu").tail;
    assert!((chat.p99_independent_s / chat.p99_together_s - 1.0).abs() < 1e-12);
}

/// The closed form against 20,000 tasks of forty drawn calls: normal deviates as sums of twelve uniform ones.
#[test]
fn ninety_nine_of_a_hundred_drawn_tasks_end_within_the_tail() {
    let plan = plan_of("coding", "gpu");
    let mut rng = units::Rng::new(7);
    let mut normal = || (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    let call =
        |normal: &mut dyn FnMut() -> f64| 0.63 * (1.0 + 0.145 * normal()) + 350.0 / 87.0 * (1.0 + 0.132 * normal());
    let mut tasks: Vec<f64> = (0..20_000).map(|_| 80.0 + (0..40).map(|_| call(&mut normal)).sum::<f64>()).collect();
    tasks.sort_by(f64::total_cmp);
    let (found, mean) = (tasks[19_800], plan.bill.total);
    assert!(((found - mean) / (plan.tail.p99_s - mean) - 1.0).abs() < 0.03, "{found} drawn, {:?}", plan.tail);
}

#[test]
fn branches_side_by_side_take_as_long_as_the_slowest() {
    let (one, together) = (plan_of("debate", "lpu"), plan_of("debate_together", "lpu"));
    assert!((one.bill.total / together.bill.total - 3.0).abs() < 1e-12, "three agents at once");
    assert_eq!((one.calls, together.calls), (12.0, 12.0), "the tail sees every call");
    let wait =
        |seconds: &str| Branch { copies: "1".to_owned(), steps: vec![Step::Wait { seconds: seconds.to_owned() }] };
    let steps = vec![Step::Together(vec![wait("2"), wait("5"), wait("3")]), Step::Wait { seconds: "1".to_owned() }];
    let scenario =
        Scenario { id: "x".to_owned(), name: Text::of("測試", "test"), steps, deadline: Some("5".to_owned()) };
    let book = cost::book();
    let plan = plan(&Sheet::new(&book), &service("lpu"), &scenario).expect("numbers only");
    assert_eq!((plan.bill.total, plan.deadline), (6.0, Deadline::Missed(1.0)));
}

#[test]
fn a_voice_wants_a_fast_first_sentence() {
    let met = |scenario: &str, id: &str| matches!(plan_of(scenario, id).deadline, Deadline::Met(_));
    // 0.045 + 0.12 + (0.22 + 15/267) + 0.2 = 0.64 s of 0.8; the two others take 1.17 and 2.32 s.
    assert_eq!(["lpu", "gpu", "chat13"].map(|id| met("voice", id)), [true, false, false]);
    assert_eq!(["lpu", "gpu", "chat13"].map(|id| met("translation", id)), [true, false, false]);
}
