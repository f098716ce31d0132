//! Study cases: what is drawn adds up, is what the rival's model says, and is never made up.
//!
//! In: the cases of this build; the small model.  Out: sums, recomputed bars, standings, refusals.
//! Invariant: bars add up to the whole exactly; without a compiled program there is no figure of ours.

use gpu::{Engine, Format, Gpu, Mechanism, Rival, Tensor};
use import::Builtin;
use study::cases::{Answer, Case, CaseError, Contest, LpuRate, Setting, Source, Switch, Topic, View, Who, claims};
use study::cost::what_if::{Origin, Scaled, Verdict};
use study::cost::{BreakEven, Supplier, claims::Supported};
use study::{EXAMPLE, Flow, Options, Progress, Sampling, Session, Standing};

const TINY: &[u8] = include_bytes!("../static/models/tiny.gguf");

fn contest(id: &str) -> Contest {
    Contest::open(Case::find(id).expect("a case of this build"), None).expect("a built-in model")
}

fn answer(contest: &Contest, setting: &Setting) -> Answer {
    contest.answer(setting, None).expect("a case of this build has an answer")
}

fn edits(pairs: &[(&str, &str)]) -> Setting {
    let edits = pairs.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
    Setting { users: None, edits }
}

#[test]
fn bars_add_up_to_the_whole_exactly() {
    for case in Case::all().into_iter().filter(|case| case.model != "tiny") {
        let contest = Contest::open(case, None).expect("a built-in model");
        let fall = contest.waterfall().expect("it runs");
        let saved: i64 = fall.steps.iter().map(|step| step.saves_ns).sum();
        assert_eq!(fall.whole_ns - saved, fall.bound_ns, "{}", contest.case().id);
        let mut left = fall.whole_ns;
        for step in &fall.steps {
            left -= step.saves_ns;
            assert_eq!(left, step.left_ns, "{:?}", step.switch);
            assert!(!step.inputs.is_empty() || step.switch == Switch::Chips, "{:?} rests on nothing", step.switch);
        }
        let goal = fall.goal.expect("a published rate");
        assert_eq!(fall.bound_ns + fall.unknown_ns.expect("beside the goal"), goal.ns);
        assert!(fall.bound_ns < goal.ns && goal.standing == Standing::Published);
    }
}

#[test]
fn a_bar_is_what_the_rival_says_when_asked_by_hand() {
    let fall = contest("llama-2-70b").waterfall().expect("it runs");
    let graph = Builtin::find("70b").expect("built in").decode_step(1024);
    let mut case = gpu::Case::new(Gpu::find("h100").expect("modelled"), Tensor::Eight);
    (case.format, case.engine, case.context) = (Format::Fp8, Engine::modern(), 1024);
    let time = |case: &gpu::Case, boxes: u32| {
        let rival = Rival::new(&graph, case.clone()).expect("it fits");
        let time = if boxes == 0 { rival.quiet() } else { rival.mean_of_boxes(boxes) };
        time.0.round() as i64
    };
    assert_eq!(time(&case, fall.boxes), fall.whole_ns);
    for (step, mechanism) in fall.steps.iter().zip(Mechanism::ALL) {
        case.removed.push(mechanism);
        assert_eq!(time(&case, 0), step.left_ns, "{mechanism:?}");
    }
    // 8 of 576 chips at 20,480 bytes in each of 900 million cycles a second.
    (case.gpu.hbm_peak, case.gpu.hbm_share) = (20_480.0 * 0.9, 1.0);
    assert_eq!(time(&case, 0), fall.steps[3].left_ns);
}

#[test]
fn what_is_not_compiled_has_no_figure_of_ours() {
    let mut case = Case::find("llama-2-70b").expect("a case of this build");
    let published = answer(&Contest::open(case.clone(), None).expect("built in"), &Setting::default());
    assert!(matches!(published.lpu, LpuRate::Published { per_second: 300.0, standing: Standing::Published, .. }));
    let ours = published.curves.curves.iter().find(|curve| curve.who == Who::Lpu).expect("at the published rate");
    assert!(ours.basis.en.starts_with("not compiled by this build") && ours.standing == Standing::Published);
    case.lpu.rate = None;
    let none = answer(&Contest::open(case, None).expect("built in"), &Setting::default());
    assert_eq!((none.lpu, none.waterfall.goal, none.waterfall.unknown_ns), (LpuRate::Unknown, None, None));
    assert!(none.curves.curves.iter().all(|curve| curve.who == Who::Gpu) && none.curves.pins.is_empty());
    assert!(none.bill.ledgers.iter().all(|ledger| ledger.who == Who::Gpu) && none.jitter.lpu.is_none());
}

#[test]
fn an_edit_reaches_the_bill_and_a_bad_one_is_refused_at_its_field() {
    let contest = contest("mixtral-8x7b");
    let plain = answer(&contest, &Setting::default());
    let dear = answer(&contest, &edits(&[("money.kwh", "0.16")]));
    for (before, after) in plain.bill.ledgers.iter().zip(&dear.bill.ledgers) {
        let row = |bill: &Option<study::cost::Bill>| {
            bill.as_ref().and_then(|bill| bill.row("dollars.energy")).expect("an owner pays for energy").value
        };
        assert!((row(&after.owned) / row(&before.owned) - 2.0).abs() < 1e-9, "twice the price of energy");
        let input = after.owned.as_ref().expect("owned").inputs().into_iter().find(|i| i.id == "money.kwh").cloned();
        assert_eq!(input.map(|input| input.supplier), Some(Supplier::Viewer));
    }
    let refused = answer(&contest, &edits(&[("money.life", "0"), ("nothing.such", "1")]));
    let fields: Vec<&str> = refused.bill.refused.iter().map(|refusal| refusal.id.as_str()).collect();
    assert_eq!(fields, ["money.life", "nothing.such"]);
    assert_eq!(refused.bill.ledgers, plain.bill.ledgers, "what is refused changes nothing");
}

#[test]
fn a_case_is_refused_at_its_field() {
    let refused = |change: fn(&mut Case)| {
        let mut case = Case::find("llama-2-70b").expect("a case of this build");
        change(&mut case);
        Contest::open(case, None).err().expect("a spoiled case").to_string()
    };
    assert!(refused(|case| case.model = "GPT-9".to_owned()).starts_with("model: "));
    assert!(refused(|case| case.gpu.name = "B200".to_owned()).starts_with("gpu.name: expected a GPU"));
    assert!(refused(|case| case.gpu.count = 3).contains("found 3"));
    assert!(refused(|case| (case.gpu.count, case.gpu.format) = (1, "bf16".to_owned())).contains("138"));
    assert!(refused(|case| case.inputs = [("money.kwh".to_owned(), -1.0)].into()).contains("money.kwh"));
    assert!(refused(|case| case.inputs = [("gpu.speed_spread".to_owned(), 9.0)].into()).contains("gpu.speed_spread"));
    assert_eq!(Contest::open(Case::find("tiny").expect("there"), None).err(), Some(CaseError::NotCompiled));
}

#[test]
fn what_must_be_true_of_years_is_a_whole_number_of_them() {
    let contest = contest("mixtral-8x7b");
    let setting = Setting { users: Some(512), ..Setting::default() };
    let bill = contest.ledgers(&setting).expect("so many can be served");
    let years = bill.ledgers[1].must.iter().find(|must| must.id == "money.life").expect("one of the questions");
    let BreakEven::At(value) = years.must else { panic!("{years:?}") };
    assert_eq!(value.fract(), 0.0, "{value}");
    assert!(0.0 < value && value < 10.0, "{value}");
}

#[test]
fn a_model_that_the_chips_do_not_hold_is_not_billed() {
    let mut case = Case::find("llama-2-70b").expect("a case of this build");
    case.lpu.chips = 1;
    let contest = Contest::open(case, None).expect("a built-in model");
    let refused = contest.ledgers(&Setting::default()).err().map(|error| error.to_string());
    let words = "lpu.chips: expected at least 302 chips";
    assert!(refused.as_ref().is_some_and(|refused| refused.starts_with(words)), "{refused:?}");
}

#[test]
fn both_sides_of_the_small_model_are_computed() {
    let mut go_on = |_: Progress| Flow::Continue;
    let mut session = Session::open(TINY.to_vec(), &Options::default(), &mut go_on).expect("it compiles");
    assert!(session.contestant().is_none() && session.fabric().is_none());
    session.prompt(EXAMPLE, Sampling::Greedy, &mut go_on).expect("it runs");
    let mut other = Case::find("tiny").expect("there");
    other.lpu.chips = 8;
    let refused = Contest::open(other, session.contestant()).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|said| said.starts_with("lpu.chips: expected 1, for which")), "{refused:?}");
    let contest = Contest::open(Case::find("tiny").expect("there"), session.contestant()).expect("both sides");
    let answer = contest.answer(&Setting::default(), session.fabric()).expect("an answer");
    let cycles = session.tokens()[0].cycles;
    assert!(matches!(answer.lpu, LpuRate::Compiled { cycles: found, .. } if found == cycles));
    assert_eq!(answer.jitter.lpu.map(|fabric| fabric.spread), Some(0));
    assert_eq!(answer.waterfall.goal.map(|goal| goal.ns), Some((cycles as f64 / 0.9).round() as i64));
}

#[test]
fn the_same_case_gives_the_same_bytes_and_views_are_parts_of_the_answer() {
    let setting = Setting::default();
    let (first, second) = (contest("llama-2-70b"), contest("llama-2-70b"));
    let (one, two) = (answer(&first, &setting), answer(&second, &setting));
    assert_eq!(serde_json::to_string(&one).expect("plain"), serde_json::to_string(&two).expect("plain"));
    let view = |topic| first.view(topic, &setting, None).expect("a view");
    assert_eq!(view(Topic::Waterfall), View::Waterfall(one.waterfall));
    assert_eq!(view(Topic::Joules), View::Curves(one.curves));
    assert_eq!(view(Topic::Bill), View::Bill(one.bill));
    assert_eq!(view(Topic::Plans), View::Plans(one.plans));
    assert_eq!(view(Topic::Jitter), View::Jitter(one.jitter));
    assert_eq!(view(Topic::Node), View::Node(one.node));
}

/// The box with CUDA graphs and no power cap has no launches one by one, no spikes of the host, no throttling.
#[test]
fn each_source_of_noise_that_the_box_has_costs_something_of_its_own() {
    let fall = contest("llama-2-70b").waterfall().expect("a waterfall");
    let absent = [Source::GapEager, Source::Spike, Source::Throttle];
    let sources: Vec<Source> = fall.noises.iter().map(|noise| noise.source).collect();
    assert!(!sources.iter().any(|source| absent.contains(source)), "{sources:?}");
    for source in [Source::Imbalance, Source::Refresh, Source::AllReduce, Source::Silicon] {
        assert!(sources.contains(&source), "{source:?} costs nothing: {sources:?}");
    }
    let noise = fall.steps.iter().find(|step| step.switch == Switch::Noise).expect("the first switch");
    let greatest = fall.noises.iter().map(|noise| noise.alone_ns).max().expect("there are some");
    assert!(0 < greatest && greatest <= noise.saves_ns, "{greatest} of {}", noise.saves_ns);
}

/// What could have been predicted is scored, what was read off the successor is not.
#[test]
fn the_successor_scores_only_what_the_process_said() {
    let node = answer(&contest("llama-2-70b"), &Setting::default()).node;
    let scored = |one: &&Scaled| matches!(one.verdict, Verdict::Hit | Verdict::TooHigh | Verdict::TooLow);
    assert!(node.iter().filter(scored).all(|one| one.origin == Origin::Process && one.shipped.is_some()));
    assert_eq!(node.iter().filter(scored).count(), 3);
}

/// A preset stands beside the record that it was fitted to, not beside another service's.
#[test]
fn the_meter_of_the_api_reads_what_was_recorded_there() {
    let api = answer(&contest("llama-2-70b"), &Setting::default()).jitter.api;
    assert_eq!(api.iter().map(|meter| meter.published).collect::<Vec<_>>(), [0.132, 0.079]);
    for meter in &api {
        let off = (meter.per_request.variation - meter.published).abs();
        assert!(off < 0.03, "{}: {:?}, recorded {}", meter.name.en, meter.per_request, meter.published);
    }
}

#[test]
fn every_claim_rests_on_something() {
    let judged = claims(&Setting::default()).expect("judged");
    assert!(judged.iter().all(|claim| !claim.supports.is_empty()));
    let nobody = judged.iter().flat_map(|claim| &claim.supports);
    assert!(nobody.clone().any(|support| matches!(support, Supported::NobodyKnows { .. })));
    let toppled = claims(&edits(&[("node14.sram_tb_s", "50")])).expect("judged");
    assert_ne!(judged, toppled, "an edit shows which sentence it topples");
}
