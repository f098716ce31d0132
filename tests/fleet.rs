//! Models on many nodes: what is said of them is counted on judged programs, and adds up.
//!
//! In: Llama-2-70B and Mixtral-8x7B on 576 chips, Llama-2-7B on 64.  Out: sums that hold, figures inside what arithmetic allows, refusals
//!     with numbers.
//! Invariant: no figure of ours is held against a published one: nothing is tuned.
//! Method: `study::fleet`, the bars included.

use study::cases::CaseError;
use study::fleet::{Fleet, FleetAnswer, FleetFigures, Gathered, Lost, Question, Replanned, STEPS};
use study::{Format, Formats, Hemisphere, LinkId, Progress, Stage};

fn question(chips: u32, format: Format) -> Question {
    Question { formats: Formats::all(format), ..Question::of("llama-2-70b", chips, 128) }
}

/// What holds of any figures.
fn adds_up(figures: &FleetFigures, weights: std::ops::Range<u64>) {
    assert_eq!(figures.violations, 0);
    assert_eq!(figures.kinds.iter().map(|kind| kind.nodes as u64).sum::<u64>(), figures.seats);
    let held: u64 = figures.kinds.iter().map(|kind| kind.holds.weights * kind.nodes as u64 * 8).sum();
    assert!(weights.contains(&held), "{held} bytes of weights");
    for kind in &figures.kinds {
        let holds = &kind.holds;
        let sum = holds.weights + holds.constants + holds.caches + holds.values + holds.instructions + holds.free;
        assert_eq!(sum, holds.total, "{}", kind.parts);
        assert!(0 < holds.free && figures.users <= holds.users);
    }
    // No chip feeds its planes faster than 20,480 bytes a cycle, and only one node is at work on a token.
    let least = weights.start / 8 / 20_480;
    assert!(least < figures.cycles, "{} cycles are less than installing takes", figures.cycles);
    assert!(figures.period < figures.cycles && figures.carry_cycles < figures.cycles);
    let served = figures.tokens_per_second_total / figures.tokens_per_second_per_user;
    assert!(served < figures.users as f64 + 0.01, "{served} times one user's rate");
    assert!(figures.busy.iter().all(|busy| 0.0 < busy.one_user && busy.one_user <= busy.full && busy.full < 1.0));
}

/// Compiling and judging count up from nothing to all, a step for each program and one for the rest.
fn tells_how_far(told: &[Progress], programs: usize) {
    for (stage, steps) in [(Stage::Compile, 3), (Stage::Verify, programs + 1)] {
        let done: Vec<_> = told.iter().filter(|progress| progress.stage == stage).collect();
        assert!(steps <= done.len(), "{stage:?}: told {} times", done.len());
        assert!(done.windows(2).all(|pair| pair[0].done < pair[1].done && pair[0].of == pair[1].of), "{done:?}");
        assert_eq!((done[0].done, done[done.len() - 1].done), (0, done[0].of), "{stage:?}");
    }
}

#[test]
fn seventy_billion_weights_are_at_work_on_576_chips() {
    let asked = question(576, Format::Int8);
    let mut told = Vec::new();
    let fleet = Fleet::open_telling(&asked, &mut |progress| told.push(progress));
    let fleet = fleet.expect("70B in int8 fits 576 chips");
    let figures = fleet.figures(&asked);
    tells_how_far(&told, figures.judged.0);
    // 69 billion weights of a byte; padding of tiles adds some.
    adds_up(&figures, 68_000_000_000..76_000_000_000);
    assert_eq!((figures.chips, figures.chips_at_work, figures.seats), (576, 576, 72));
    // One user has all the time there is, as many as there are seats have the greatest rate, and more than fit are refused.
    let served = |users| figures.served(users).expect("their caches fit");
    assert_eq!((served(1).latency, served(1).apart), (figures.cycles, figures.cycles));
    let all = served(figures.users_by_memory);
    assert_eq!(all.tokens_per_second_total, figures.tokens_per_second_total);
    assert!(figures.cycles <= all.latency && figures.period <= all.apart);
    // There is a seat for each, so that none has to work on two of them at once.
    assert!(figures.users_by_memory <= figures.seats);
    for users in [0, figures.users_by_memory + 1, u64::MAX] {
        let refused = figures.served(users).expect_err("no such number").to_string();
        assert!(refused.contains(&format!("expected 1 to {}", figures.users_by_memory)), "{refused}");
        assert!(refused.contains("bytes of caches for each at context 128"), "{refused}");
    }
    // What takes words to and from other nodes is code that lies there beside the node's own.
    let own = fleet.system().roles().iter().map(|extent| extent.instruction_bytes);
    assert!(figures.kinds.iter().zip(own).all(|(kind, own)| own < kind.holds.instructions));
    // Two attentions on a node: three words a position and user in the fullest slices, of 8,192 less what else is there.
    let two = figures.kinds.iter().find(|kind| kind.parts == "A F12 A").expect("80 layers on 72 nodes");
    assert!((17..=8192 / (3 * 128)).contains(&two.holds.users), "{} users", two.holds.users);
}

#[test]
fn users_taken_together_pay_where_seats_are_too_few() {
    let of = |batch| {
        let asked = Question { batch, ..Question::of("llama-2-7b", 64, 64) };
        Fleet::open(&asked).expect("7B in int8 fits 64 chips").figures(&asked)
    };
    let (one, two) = (of(1), of(2));
    assert_eq!((one.seats, two.seats, one.batch, two.batch), (8, 8, 1, 2));
    let caches = |figures: &FleetFigures| figures.kinds[0].holds.caches;
    assert_eq!(caches(&one), caches(&two), "bytes of a user");
    assert!(16 <= two.users_by_memory && two.users_by_memory <= one.users_by_memory);
    let total = |figures: &FleetFigures, users| figures.served(users).expect("there is room").tokens_per_second_total;
    assert!(1.2 * total(&one, 16) < total(&two, 16), "{} and {}", total(&one, 16), total(&two, 16));
    assert!(total(&two, 4) < total(&one, 4), "four users have a seat each");
    let [alone, odd] = [1, 15].map(|users| two.served(users).expect("there is room"));
    assert_eq!((alone.batch, alone.latency), (2, two.cycles));
    assert_eq!((odd.latency, odd.caches), (8 * odd.apart, 16 * caches(&two)), "the last launch is half full");
    assert_eq!(odd.tokens_per_second_total, 15.0 / 16.0 * total(&two, 16));
    // Four launches of four have room, and five, of which the last would be of one user, have none.
    let four = of(4);
    assert!((16..20).contains(&four.users_by_memory) && four.users == 16, "{}", four.users_by_memory);
    let refused = four.served(17).expect_err("a launch writes four caches").to_string();
    assert!(refused.contains("expected 1 to 16, found 17"), "{refused}");
}

#[test]
fn eight_experts_a_layer_are_at_work_on_576_chips() {
    let asked = Question { model: "mixtral-8x7b".to_owned(), ..question(576, Format::Int8) };
    let answer = FleetAnswer::of(&asked).expect("Mixtral in int8 fits 576 chips");
    // 46.7 billion weights of a byte, all experts' among them; padding of tiles adds some.
    adds_up(&answer.figures, 46_000_000_000..50_000_000_000);
    assert_eq!(answer.waterfall.iter().map(|bar| bar.adds).sum::<i64>(), answer.figures.cycles as i64);
    assert_eq!(answer.at_published_context, None, "no context is printed beside the 480");
    let unknown = answer.unknown_cycles.expect("480 tokens a second are published");
    let published = (answer.figures.cycles as i64 + unknown) as f64;
    assert!((answer.figures.hertz as f64 / published - 480.0).abs() < 0.01);
}

/// The scheme that needs a latch (decisions.md 14, assumed) beside the one that does not.
#[test]
fn two_gathered_experts_take_less_time_and_as_much_memory() {
    let asked = Question { model: "mixtral-8x7b".to_owned(), ..question(576, Format::Int8) };
    let both = Gathered::of(&asked).expect("Mixtral in int8 fits 576 chips both ways");
    let held = |figures: &FleetFigures| -> u64 {
        figures.kinds.iter().map(|kind| kind.holds.weights * kind.nodes as u64 * 8).sum()
    };
    assert!((46_000_000_000..52_000_000_000).contains(&held(&both.gathered)), "{}", held(&both.gathered));
    assert_eq!(both.saves, both.apart.cycles as i64 - both.gathered.cycles as i64);
    // Weights at work on a token are 12.9 billion, and no chip feeds its planes faster than 20,480 bytes a cycle.
    assert!(12_900_000_000 / 8 / 20_480 < both.gathered.cycles && both.gathered.cycles < both.apart.cycles);
    assert!(both.gathered.violations == 0 && both.gathered.kinds.iter().all(|kind| 0 < kind.holds.free));
    let error = Gathered::of(&Question { model: "llama-2-7b".to_owned(), chips: 64, ..asked }).expect_err("no experts");
    assert!(error.to_string().contains("expected a mixture"), "{error}");
}

/// 300 tokens a second are of a context of 4,096: that ours is of another one stands beside them.
#[test]
fn a_published_rate_of_another_context_is_no_rate_of_ours() {
    let asked = Question { context: 512, ..question(576, Format::Int8) };
    let said =
        FleetAnswer::of(&asked).expect("70B in int8 fits 576 chips").at_published_context.expect("4,096 is printed");
    for (said, parts) in [
        (
            &said.en,
            // A layer alone has a table of a row for each position and two more: there is no number of chips that would do.
            [
                "of a context of 4096, this one of 512",
                "4096 has no room on these chips",
                "tables that all layers share: 8194 words",
            ],
        ),
        (
            &said.zh,
            [
                "是上下文 4096 的，這裡是 512",
                "上下文 4096 放不進這些晶片",
                "各層共用的表放不下：每個記憶體切片需要 8194 個字組",
            ],
        ),
    ] {
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn bars_sum_to_the_token() {
    let asked = Question { model: "Llama-2-7B".to_owned(), ..question(64, Format::Int8) };
    let answer = FleetAnswer::of(&asked).expect("7B in int8 fits 64 chips");
    adds_up(&answer.figures, 6_400_000_000..9_000_000_000);
    // 144 kB are written, 18 MB stand in one file a program, 331 MB are expanded on all chips.
    let expanded: u64 = answer.figures.kinds.iter().map(|kind| kind.holds.instructions * kind.nodes as u64 * 8).sum();
    let written = answer.executable_bytes;
    assert!(written < 200_000 && 50 * written < answer.figures.artefact_bytes && 1_000 * written < expanded);
    assert_eq!(answer.waterfall.len(), STEPS.len());
    assert_eq!(answer.waterfall.iter().map(|bar| bar.adds).sum::<i64>(), answer.figures.cycles as i64);
    assert!(answer.waterfall.iter().all(|bar| 0 < bar.adds), "{:?}", answer.waterfall);
    assert_eq!((answer.published, answer.unknown_cycles), (None, None), "no case has this model");
}

#[test]
fn a_lost_node_costs_what_another_way_costs() {
    let asked = Question { model: "Llama-2-7B".to_owned(), ..question(64, Format::Int8) };
    let whole = Fleet::open(&asked).expect("7B in int8 fits 64 chips").figures(&asked);
    let asked = Question { lost: vec![2], ..asked };
    let fleet = Fleet::open(&asked).expect("a rack has a spare node");
    let nodes: Vec<u16> = fleet.system().system().seats.iter().map(|seat| seat.node).collect();
    assert!(!nodes.contains(&2) && nodes.contains(&8), "{nodes:?}");
    let apart = fleet.figures(&asked).cycles.abs_diff(whole.cycles);
    assert!(apart < whole.cycles / 100, "{apart} cycles");
    let without = Replanned::of(&asked).expect("as before");
    assert_eq!(
        (without.whole, without.costs),
        (whole.cycles, fleet.figures(&asked).cycles as i64 - whole.cycles as i64)
    );
    assert_eq!((without.spares, without.figures.violations), (vec![8], 0));
    assert!((1..8).contains(&without.changed), "{} seats", without.changed);
    let link = LinkId { hemisphere: Hemisphere::East, number: 3 };
    // A rack alone has cables at W4 and W5 of each chip, none that lead to other racks, and W7 leads nowhere at all.
    let west = |number| LinkId { hemisphere: Hemisphere::West, number };
    assert!(Lost::Link(0, west(4)).is_there(64) && !Lost::Link(0, west(7)).is_there(64));
    assert!(!Lost::Link(0, link).is_there(64) && Lost::Link(0, link).is_there(576));
    assert_eq!([Lost::Node(2), Lost::Chip(17), Lost::Link(23, link)].map(Lost::node), [2, 2, 2]);
    let error = Fleet::open(&Question { lost: vec![2, 3], ..asked }).err().expect("two are too many").to_string();
    assert!(error.contains("one spare"), "{error}");
}

/// On the fewest chips that hold its weights slices are filled too unevenly; the number that is named instead has room.
#[test]
fn a_number_of_chips_that_is_named_has_room() {
    let refused = Fleet::open(&question(456, Format::Int8)).err().expect("8,192 words are a whole slice");
    let said = refused.text();
    for (said, part) in [
        (
            &said.en,
            "the weights: 8192 words of each slice are needed, 8131 are free; 79 of 80 layers fit on these chips",
        ),
        (&said.en, "use 488 chips"),
        (&said.zh, "權重放不下：每個記憶體切片需要 8192 個字組，只剩 8131 個。這些晶片放得下 80 層中的 79 層"),
        (&said.zh, "請使用 488 顆晶片"),
    ] {
        assert!(said.contains(part), "{said}");
    }
    let asked = question(488, Format::Int8);
    let figures = Fleet::open(&asked).expect("so many have room").figures(&asked);
    adds_up(&figures, 68_000_000_000..76_000_000_000);
}

#[test]
fn what_does_not_fit_is_refused_with_the_arithmetic() {
    let refused = |question: Question| Fleet::open(&question).err().expect("it is refused").to_string();
    let half = refused(question(576, Format::Fp16));
    assert!(half.contains("words of each slice") && half.contains("of 80 layers"), "{half}");
    let long = refused(Question { context: 2048, ..question(576, Format::Int8) });
    assert!(long.contains("caches: 4096 words of each slice are needed"), "{long}");
    // A layer alone would have room for 1,356; two on a node, their constants among them, have for 1,303.
    assert!(long.contains("use a context of at most 1303"), "{long}");
    // Longer than the slices of one attention's caches: no number of chips has room.
    let longer = refused(Question { context: 9_000, ..Question::of("llama-2-7b", 64, 64) });
    let most = longer.split("at most ").nth(1).and_then(|most| most.parse().ok()).expect("a context is named");
    assert!(Fleet::open(&Question::of("llama-2-7b", 64, most)).is_ok(), "{longer}");
    let many = refused(Question { batch: 1024, ..Question::of("llama-2-7b", 64, 64) });
    assert!(
        many.contains("users at a time, found 1024: 131072 words of each slice are needed, 8192 are free"),
        "{many}"
    );
    let most = many.split("expected 1 to ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    let asked = Question { batch: most.expect("a number is named"), ..Question::of("llama-2-7b", 64, 64) };
    assert_eq!(Fleet::open(&asked).expect("it has room").figures(&asked).batch, u64::from(asked.batch));
    let most = Question { context: 1303, ..question(576, Format::Int8) };
    assert_eq!(Fleet::open(&most).expect("it is what was named").figures(&most).users_by_memory, 1);
    let few = refused(question(320, Format::Int8));
    assert!(
        few.contains("its weights and caches alone take 456 chips, and 488 have room for what lies beside them too"),
        "{few}"
    );
    let odd = refused(question(577, Format::Int8));
    assert!(odd.contains("expected a multiple of 8 from 8 to 9280"), "{odd}");
    assert!(matches!(
        Fleet::open(&Question { model: "gpt-9".to_owned(), ..question(576, Format::Int8) }),
        Err(CaseError::Model(_))
    ));
}
