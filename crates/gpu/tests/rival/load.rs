//! Users in front of the box: the preset reproduces the published variation, the queue is fair, the meters are apart.
//!
//! In: loads.  Out: the API's meter.
//! Source: ray-project, llmperf-leaderboard, raw files of January 2024: decode only, per request.

use crate::common::rival;
use gpu::serve::{ApiJitter, Client, Load, Network, OutputLength, Pace, Served, ServerDoing, serve};
use gpu::{At, Case, Gpu, Nanos, Sources, Tensor};

fn served(load: &Load, pace: &Pace) -> Served {
    serve(pace, &load.requests())
}

fn at_door(served: &Served) -> ApiJitter {
    ApiJitter::read(&Client::at_door(served))
}

#[test]
fn the_rush_hour_varies_as_one_service_did() {
    const SEEDS: u64 = 5;
    let (load, pace) = Load::rush_hour();
    let mut sums = [0.0; 3];
    for seed in 1..=SEEDS {
        let jitter = at_door(&served(&Load { seed, ..load.clone() }, &pace));
        let requests = &jitter.per_request;
        let figures = [requests.p50.millis(), requests.variation, requests.tail()];
        let gaps = [jitter.token_gap.p50.millis(), jitter.token_gap.p99.millis(), jitter.first_token.p50.millis()];
        println!(
            "seed {seed}: ITL p50 in ms, CV, p99/p50 {figures:.3?}; gaps p50, p99, first token p50 in ms {gaps:.1?}"
        );
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure / SEEDS as f64);
    }
    let [p50, variation, tail] = sums;
    println!("mean {sums:.3?}, published 11.49, 0.132, 1.58");
    assert!((p50 / 11.49 - 1.0).abs() < 0.1, "{p50} ms");
    assert!((variation - 0.132).abs() < 0.03, "{variation}");
    assert!((tail - 1.58).abs() < 0.15, "{tail}");
}

#[test]
fn an_idle_service_is_even_and_a_crowded_one_is_not() {
    let (load, pace) = Load::rush_hour();
    let at = |rate: f64| at_door(&served(&Load { rate, requests: 600, ..load.clone() }, &pace));
    let (idle, busy, full) = (at(0.02), at(1.0), at(20.0));
    assert!(idle.per_request.variation < 0.02, "{idle:?}");
    assert!(4.0 * idle.per_request.variation < busy.per_request.variation);
    assert!(idle.token_gap.tail() < 1.2 && 3.0 < busy.token_gap.tail(), "newcomers' prompts are the rush hour");
    assert!(10.0 < full.first_token.p50.seconds() / busy.first_token.p50.seconds(), "past saturation the queue shows");
}

#[test]
fn the_server_is_fair_never_idle_and_loses_nothing() {
    let (load, pace) = Load::rush_hour();
    let load = Load { rate: 6.0, requests: 400, output_length: OutputLength::Varied, ..load };
    let served = served(&load, &pace);
    for (request, tokens) in served.requests.iter().zip(&served.tokens) {
        assert_eq!(tokens.len(), request.output as usize);
        assert!(request.at < tokens[0] && tokens.windows(2).all(|pair| pair[0] < pair[1]));
    }
    assert!(served.tokens.windows(2).all(|pair| pair[0][0] < pair[1][0]), "first come, first served");
    for (event, next) in served.log.iter().zip(&served.log[1..]) {
        assert_eq!(event.to, next.from);
        if event.doing == ServerDoing::Idle {
            assert_eq!(served.waiting(At(0.5 * (event.from.0 + event.to.0))), Vec::<u32>::new());
        }
        if let ServerDoing::Step { batch } = event.doing {
            assert!(batch as usize <= pace.batch_max());
            let first = event.from + (event.to - event.from) * 0.5;
            assert_eq!(served.decoding(first).len(), batch as usize, "{event:?}");
        }
    }
    let window = served.events(At(1e10), At(1.1e10));
    assert!(window[0].to.0 > 1e10 && window.iter().all(|event| event.from.0 < 1.1e10) && 2 < window.len());
}

#[test]
fn with_nothing_random_the_service_repeats_itself() {
    let (load, pace) = Load::rush_hour();
    let load = Load { sources: Sources::none(), requests: 100, rate: 0.1, ..load };
    let jitter = at_door(&served(&load, &pace));
    assert!(jitter.per_request.variation < 1e-9 && jitter.first_token.variation < 1e-9, "{jitter:?}");
}

/// The clock is exact, and yet users see variation: queue and network are the API's, whoever stands behind it.
#[test]
fn a_server_with_an_exact_clock_varies_at_the_api_as_published() {
    let (load, pace, network) = Load::fixed_clock();
    let served = served(&load, &pace);
    let mut steps = served.log.iter().filter(|event| matches!(event.doing, ServerDoing::Step { .. }));
    assert!(steps.all(|event| ((event.to - event.from) - pace.step(1)).0.abs() < 1e-3), "the fabric has no jitter");
    let (door, far) = (at_door(&served), ApiJitter::read(&Client::behind(&network, &served)));
    let figures = [far.per_request.p50.millis(), far.per_request.variation, far.per_request.tail()];
    println!("ITL p50 in ms, CV, p99/p50 {figures:.3?}, published 3.74, 0.079, 1.22");
    println!(
        "first token p50 {:.3} s, CV {:.3}, published 0.22, 0.20",
        far.first_token.p50.seconds(),
        far.first_token.variation
    );
    assert!((figures[0] / 3.74 - 1.0).abs() < 0.1 && (figures[1] - 0.079).abs() < 0.03, "{figures:?}");
    assert!((far.first_token.variation - 0.20).abs() < 0.05, "{:?}", far.first_token);
    assert!(door.per_request.variation < far.per_request.variation, "the network adds");
    assert!(door.first_token.p50.0 + 2e7 < far.first_token.p50.0, "and a round trip to the first");
}

#[test]
fn tokens_reach_the_client_later_and_in_order() {
    let (load, pace) = Load::rush_hour();
    let served = served(&Load { requests: 100, ..load }, &pace);
    let network = Network { jitter: Nanos::from_millis(30.0), ..Network::usual(2) };
    let client = Client::behind(&network, &served);
    for (come, left) in client.tokens.iter().zip(&served.tokens) {
        assert!(come.windows(2).all(|pair| pair[0] <= pair[1]), "a token overtook another");
        assert!(come.iter().zip(left).all(|(come, left)| left.0 + 1e7 <= come.0), "half a round trip at least");
    }
    let even = Network { sources: Sources::none(), ..network };
    let even = Client::behind(&even, &served);
    let delay = |number: usize| (even.tokens[7][number] - served.tokens[7][number]).0;
    assert!((delay(3) - 4e7).abs() < 1e-3 && (delay(99) - 4e7).abs() < 1e-3, "without noise the way takes its mean");
}

#[test]
fn the_pace_of_a_rival_grows_with_batch_and_prompt() {
    let rival = rival("70B", Case { context: 625, ..Case::new(Gpu::a100(), Tensor::Eight) });
    let pace = Pace::of(&rival, 16).expect("fits");
    assert!((1..16).all(|batch| pace.step(batch) < pace.step(batch + 1)));
    assert!((1..40).all(|part| pace.prefill(100.0 * f64::from(part)) <= pace.prefill(100.0 * f64::from(part + 1))));
    assert_eq!(pace.prefill(512.0), rival.prefill(512));
    let served = served(&Load { requests: 100, ..Load::llmperf(0.5) }, &pace);
    let jitter = at_door(&served);
    println!("70B on 8 A100 at 0.5/s: {jitter:?}, {:.1} tok/s", served.rate());
    assert!((14.0..30.0).contains(&jitter.per_request.p50.millis()));
}
