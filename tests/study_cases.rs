//! Study cases: what is drawn adds up, is what the rival's model says, and is never made up.
//!
//! In: the cases of this build; the small model.  Out: sums, recomputed bars, standings, refusals.
//! Invariant: bars add up to the whole exactly; without a compiled program there is no figure of ours.

use gpu::{Engine, Format, Gpu, Mechanism, Rival, Tensor};
use import::Builtin;
use study::cases::{
    Answer, Case, CaseError, Contest, LpuRate, Ramp, Reason, Setting, Source, Step, Switch, Topic, View, Who, claims,
};
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

/// Down to the bound by the switches, up to the program that this build compiled, then what lies between it and the published figure.
#[test]
fn bars_add_up_to_the_whole_exactly() {
    for case in Case::all().into_iter().filter(|case| case.model != "tiny") {
        let contest = Contest::open(case, None).expect("a built-in model");
        let (id, fall) = (contest.case().id.clone(), contest.waterfall().expect("it runs"));
        let saved = |steps: &[Step]| steps.iter().map(|step| step.saves_ns).sum::<i64>();
        assert_eq!(fall.whole_ns - saved(&fall.steps[..6]), fall.bound_ns, "{id}");
        let mut left = fall.whole_ns;
        for step in &fall.steps {
            left -= step.saves_ns;
            assert_eq!(left, step.left_ns, "{:?}", step.switch);
        }
        assert!(fall.steps[..4].iter().all(|step| !step.inputs.is_empty()), "{id}: a switch rests on nothing");
        let rises: Vec<Switch> = fall.steps[6..].iter().map(|step| step.switch).collect();
        if id == "llama-2-70b-2023-software" {
            let why = fall.absent.expect("its context has no room, and no record").en;
            assert!(why.contains("greenwave study llama-2-70b --chips 576 --context") && rises.is_empty(), "{why}");
            continue;
        }
        assert_eq!(rises, [Switch::Turns, Switch::Program, Switch::Carries], "{id}: {:?}", fall.absent);
        assert!(fall.steps[6..].iter().all(|step| step.saves_ns < 0 && step.range.is_none()), "{id}: {:?}", fall.steps);
        let (ours, goal) = (fall.ours.expect("compiled"), fall.goal.expect("a published rate"));
        let compiled = (ours.cycles as f64 * 1e9 / ours.hertz as f64).round() as i64;
        assert_eq!((fall.compiled_ns, left), (Some(compiled), compiled), "{id}");
        assert_eq!(compiled + fall.unknown_ns.expect("beside the goal"), goal.ns, "{id}");
        assert!(fall.bound_ns < compiled && goal.standing == Standing::Published);
    }
}

/// A system that is not recorded has no bar and says how to get it; then the whole way from the bound to the published figure is unknown.
#[test]
fn chips_that_were_not_compiled_have_no_bar_and_say_so() {
    let mut case = Case::find("llama-2-70b").expect("a case of this build");
    case.lpu.chips = 640;
    let fall = Contest::open(case, None).expect("built in").waterfall().expect("it runs");
    assert!(fall.absent.is_some_and(|why| why.en.ends_with("greenwave study llama-2-70b --chips 640 --context 1024")));
    assert_eq!((fall.steps.len(), fall.compiled_ns), (6, None));
    assert_eq!(fall.goal.map(|goal| goal.ns - fall.bound_ns), fall.unknown_ns);
}

/// No cause is called the answer from one order or one reading: for eight H100 planning is, in all 720, if the ramp of the kernels is
/// planning's, and in none if it is the memory's; for A100, whose memory is slower, it depends on the order even so.
#[test]
fn what_makes_it_fast_is_judged_in_every_order() {
    let mut always = Vec::new();
    for id in ["llama-2-70b", "llama-2-70b-on-a100", "mixtral-8x7b"] {
        let fall = contest(id).waterfall().expect("it runs");
        println!("{id}: {}", fall.orders.verdict.en);
        assert_eq!(fall.orders.count, 720);
        for cause in fall.orders.readings.iter().flat_map(|reading| &reading.causes) {
            let range = cause.range;
            let inside = range.least_ns..=range.most_ns;
            assert!(
                [range.first_ns, range.last_ns, cause.in_turn_ns].iter().all(|ns| inside.contains(ns)),
                "{cause:?}"
            );
        }
        for step in &fall.steps[..6] {
            let range = step.range.expect("a switch");
            assert!((range.least_ns..=range.most_ns).contains(&step.saves_ns), "{step:?}");
        }
        let planning = |ramp: Ramp| fall.orders.causes(ramp)[Reason::Planning as usize].wins;
        always.push((Ramp::ALL.map(planning), fall.orders.always()));
    }
    assert_eq!(always[0], ([720, 0], None));
    assert_eq!(always[1].1, None);
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
    assert_eq!(time(&case, 0), fall.steps[4].left_ns);
}

#[test]
fn what_is_not_compiled_has_no_figure_of_ours() {
    let mut case = Case::find("llama-2-70b").expect("a case of this build");
    let published = answer(&Contest::open(case.clone(), None).expect("built in"), &Setting::default());
    assert!(matches!(published.lpu, LpuRate::Published { per_second: 300.0, standing: Standing::Published, .. }));
    let ours = published.curves.curves.iter().find(|curve| curve.who == Who::Lpu).expect("at the published rate");
    assert!(ours.basis.en.starts_with("at the rate that was published for one user"));
    case.lpu.rate = None;
    let none = answer(&Contest::open(case, None).expect("built in"), &Setting::default());
    assert_eq!((none.lpu, none.waterfall.goal, none.waterfall.unknown_ns), (LpuRate::Unknown, None, None));
    assert!(none.curves.curves.iter().all(|curve| curve.who == Who::Gpu) && none.curves.pins.is_empty());
    assert!(none.bill.ledgers.iter().all(|ledger| ledger.who == Who::Gpu) && none.jitter.lpu.is_none());
}

#[test]
fn an_edit_reaches_the_bill_and_a_bad_one_is_refused_at_its_field() {
    let contest = contest("mixtral-8x7b");
    let bill = |setting: &Setting| contest.ledgers(setting).expect("a case of this build has a bill");
    let plain = bill(&Setting::default());
    let dear = bill(&edits(&[("money.kwh", "0.16")]));
    for (before, after) in plain.ledgers.iter().zip(&dear.ledgers) {
        let row = |bill: &Option<study::cost::Bill>| {
            bill.as_ref().and_then(|bill| bill.row("dollars.energy")).expect("an owner pays for energy").value
        };
        assert!((row(&after.owned) / row(&before.owned) - 2.0).abs() < 1e-9, "twice the price of energy");
        let input = after.owned.as_ref().expect("owned").inputs().into_iter().find(|i| i.id == "money.kwh").cloned();
        assert_eq!(input.map(|input| input.supplier), Some(Supplier::Viewer));
    }
    let refused = bill(&edits(&[("money.life", "0"), ("nothing.such", "1")]));
    let fields: Vec<&str> = refused.refused.iter().map(|refusal| refusal.id.as_str()).collect();
    assert_eq!(fields, ["money.life", "nothing.such"]);
    assert_eq!(refused.ledgers, plain.ledgers, "what is refused changes nothing");
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
    let fall = answer.waterfall;
    let compiled = (cycles as f64 / 0.9).round() as i64;
    assert_eq!((fall.goal.map(|goal| goal.ns), fall.compiled_ns), (Some(compiled), Some(compiled)));
    assert_eq!((fall.steps.last().map(|step| step.left_ns), fall.unknown_ns), (Some(compiled), None));
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
    let view = contest("llama-2-70b").view(Topic::Node, &Setting::default(), None).expect("a view");
    let View::Node(node) = view else { panic!("{view:?}") };
    let scored = |one: &&Scaled| matches!(one.verdict, Verdict::Hit | Verdict::TooHigh | Verdict::TooLow);
    assert!(node.iter().filter(scored).all(|one| one.origin == Origin::Process && one.shipped.is_some()));
    assert_eq!(node.iter().filter(scored).count(), 3);
}

/// A preset stands beside the record that it was fitted to, not beside another service's.
#[test]
fn the_meter_of_the_api_reads_what_was_recorded_there() {
    let api = contest("llama-2-70b").jitter(None).expect("both meters read").api;
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

/// Published is what was printed; a product with our users is assumed, and a model's rate is as weak as its fitted constants.
#[test]
fn only_what_was_printed_is_called_published() {
    let contest = contest("llama-2-70b");
    let rate = |users: u32, who: usize| {
        let bill = contest.ledgers(&Setting { users: Some(users), ..Setting::default() }).expect("it fits");
        let input = |input: &&study::cost::Input| input.id == "use.tokens_per_second";
        bill.ledgers[who].joules.inputs().into_iter().find(input).cloned().expect("every bill has a rate")
    };
    assert_eq!(rate(1, 1).standing, Standing::Published);
    let (many, gpu) = (rate(8, 1), rate(1, 0));
    assert_eq!((many.standing, gpu.standing), (Standing::Assumed, Standing::Assumed));
    assert!(many.source.contains("users (8) times 300 tokens/s, which each is assumed to keep"), "{}", many.source);
    assert!(gpu.source.contains("fitted to 7 decode points of gpt-fast"), "{}", gpu.source);
    let curves = contest.curves(&Setting::default()).expect("it runs");
    assert_eq!(curves.curves.iter().map(|curve| curve.standing).collect::<Vec<_>>(), [Standing::Assumed; 2]);
}

/// A record of another model, of another machine, or of something else than a rate is refused at its field.
#[test]
fn a_rate_of_another_model_or_machine_is_refused() {
    let refused = |id: &str, change: fn(&mut Case, &str)| {
        let mut case = Case::find("llama-2-70b").expect("a case of this build");
        change(&mut case, id);
        Contest::open(case, None).err().map(|error| error.to_string())
    };
    let rate = |id: &str| refused(id, |case, id| case.lpu.rate = Some(id.to_owned()));
    let asked = |id: &str| refused(id, |case, id| case.lpu.asked = Some(id.to_owned()));
    for id in ["record.lpu_mixtral", "record.a100x8_llama70b", "record.llmperf_together", "money.kwh", "nothing"] {
        let said = rate(id).expect(id);
        assert!(said.starts_with("lpu.rate: expected one of record.lpu_llama70b, ") && said.contains(id), "{said}");
    }
    assert!(asked("price.mixtral").expect("another model's").starts_with("lpu.asked: expected one of price.llama70b"));
    assert_eq!((rate("record.llmperf_groq"), asked("price.llama70b")), (None, None));
}

/// Half the chips have not been seen at the printed rate: it is an assumption for them.
#[test]
fn a_rate_that_was_printed_for_other_chips_is_assumed() {
    let mut case = Case::find("llama-2-70b").expect("a case of this build");
    case.lpu.chips = 640;
    let rate = Contest::open(case, None).expect("built in").rate_of_lpu();
    assert!(
        matches!(&rate, LpuRate::Published { standing: Standing::Assumed, source, .. } if source.contains("assumed for 640"))
    );
}

/// One rule says how many users fit the GPUs: the bill's, the curve's and the model's that refuses one more.
#[test]
fn the_bill_and_the_model_agree_on_what_fits_the_gpus() {
    for case in Case::all().into_iter().filter(|case| case.model != "tiny") {
        let contest = Contest::open(case, None).expect("a built-in model");
        let bill = |users: u32| contest.ledgers(&Setting { users: Some(users), ..Setting::default() });
        let most = bill(1).expect("one fits").ledgers[0].most.value.floor() as u32;
        assert!(bill(most).is_ok(), "{}: {most} users", contest.case().id);
        let refused = bill(most + 1).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            refused.starts_with("users: ") && refused.contains(&format!("at most {most} users")),
            "{}: {} users: {refused}",
            contest.case().id,
            most + 1
        );
        let end =
            contest.curves(&Setting::default()).expect("it runs").curves[0].points.last().map(|point| point.users);
        assert_eq!(end, Some(f64::from(most.min(256))), "{}", contest.case().id);
    }
}

/// A marker lies where the bills themselves change places: at its users one holds, at one user fewer the other.
#[test]
fn markers_stand_where_the_bills_change_places() {
    for case in Case::all().into_iter().filter(|case| case.model != "tiny") {
        let contest = Contest::open(case, None).expect("a built-in model");
        let dots = |users: f64| {
            let setting = Setting { users: Some(users as u32), ..Setting::default() };
            contest.curves(&setting).expect("it runs").dots.iter().map(|dot| dot.joules).collect::<Vec<_>>()
        };
        let curves = contest.curves(&Setting::default()).expect("it runs");
        let (alone, full) = (curves.curves[0].points[0].joules, curves.curves[1].points.last().expect("some").joules);
        println!("{}: {} {:?}", contest.case().id, curves.verdict.en, curves.markers);
        for marker in &curves.markers {
            let (here, before) = (dots(marker.users), dots(marker.users - 1.0));
            let (was, is, drawn) = match marker.label.en.as_ref() {
                "from here the LPU needs less" => (before[1] < before[0], here[1] < here[0], here[1]),
                "from here the GPU needs less" => (before[0] <= before[1], here[0] <= here[1], here[1]),
                "from here the LPU beats a GPU box with one user" => (before[1] < alone, here[1] < alone, here[1]),
                _ => (before[0] <= full, here[0] <= full, here[0]),
            };
            assert_eq!((was, is, drawn), (false, true, marker.joules), "{marker:?}");
        }
    }
}

/// With one power for joules and dollars, a machine that is sold out pays for exactly the joules of its tokens.
#[test]
fn joules_and_dollars_are_of_one_power() {
    let contest = contest("mixtral-8x7b");
    let bill = contest.ledgers(&edits(&[("money.utilisation", "1"), ("money.kwh", "0.36")])).expect("it fits");
    for ledger in &bill.ledgers {
        let energy = ledger.owned.as_ref().and_then(|bill| bill.row("dollars.energy")).expect("an owner").value;
        // 0.36 $ a kWh is 0.1 $ a million joules: as many dollars a million tokens as tenths of joules a token.
        assert!((energy / (0.1 * ledger.joules.total) - 1.0).abs() < 1e-9, "{}: {energy}", ledger.name.en);
        let (kilowatts, building) = (ledger.power.value, 1.3);
        let joules = kilowatts * 1e3 * building / (ledger.users * ledger.per_user);
        assert!((joules / ledger.joules.total - 1.0).abs() < 1e-9, "{}: {kilowatts} kW", ledger.name.en);
    }
}

/// The reader of the answer sees which gates are missed, and why.
#[test]
fn missed_gates_stand_in_the_answer_with_their_reasons() {
    let gates = contest("llama-2-70b").jitter(None).expect("it runs").gates;
    let missed: Vec<_> = gates.iter().filter(|gate| !gate.is_met).collect();
    assert!(missed.iter().all(|gate| gate.missed.is_some()) && 40 < gates.len(), "{} gates", gates.len());
    assert_eq!(missed.iter().map(|gate| gate.letter.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    assert!(
        missed[0].missed.as_ref().is_some_and(|why| why.en.contains("once per query head")) && 40.0 < missed[0].off
    );
}
