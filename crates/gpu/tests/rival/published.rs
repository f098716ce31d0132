//! The published points of gpt-fast, and the two paths against each other on all of them.
//!
//! In: `gpu::published`.  Out: each point beside the model; a failure where a gate is missed.
//! Invariant: points at TP4 were not used to find any constant.

use crate::common::{percent, rival};
use gpu::published::{GPT_FAST, Point, Role};
use gpu::{Format, Path};

/// Boxes over which the silicon is averaged.
const BOXES: u32 = 16;

fn off(point: &Point) -> f64 {
    let rate = 1.0 / rival(point.model, point.case(Path::Fast)).mean_of_boxes(BOXES).seconds();
    let off = percent(rate, point.rate);
    let (gpus, format) = (point.tensor.gpus(), point.format.name());
    println!("{} {format} TP{gpus}: {} tok/s, model {rate:.2}, {off:+.1} %, {:?}", point.model, point.rate, point.role);
    off
}

#[test]
fn ten_points_in_bf16_are_within_five_percent_and_three_of_them_were_never_seen() {
    let points: Vec<Point> = GPT_FAST.into_iter().filter(|point| point.format == Format::Bf16).collect();
    let held_out = points.iter().filter(|point| point.role == Role::HeldOut).count();
    assert_eq!((points.len(), held_out), (10, 3));
    for point in &points {
        let off = off(point);
        assert!(off.abs() < 5.0, "{point:?}: off by {off:+.1} %");
    }
}

/// One rate for int8 is derived from 70B on one GPU. On eight the model is 12 % too fast; a time for each int8 kernel that mended
/// this (4.7 us, with a rate 2.8 % higher) would leave Mixtral 8 % too slow on one GPU and 12 % on eight, which are met within 6 %.
/// So no such constant is added: the point stays as it is, reported.
#[test]
fn points_in_other_formats_are_reported_and_within_fifteen_percent() {
    for point in GPT_FAST.iter().filter(|point| point.format != Format::Bf16) {
        let off = off(point);
        assert_eq!(point.role, Role::Reported);
        assert!(off.abs() < 15.0, "{point:?}: off by {off:+.1} %");
    }
}

/// One percent is asked for; less shows a wrong number of channels too.
#[test]
fn fast_and_full_path_agree_in_the_mean() {
    for point in &GPT_FAST {
        let mean = |path: Path| rival(point.model, point.case(path)).mean_of_boxes(3).millis();
        let (fast, full) = (mean(Path::Fast), mean(Path::Full));
        let off = percent(fast, full);
        println!("{} TP{}: fast {fast:.3} ms, full {full:.3} ms, {off:+.2} %", point.model, point.tensor.gpus());
        assert!(off.abs() < 0.4, "{point:?}: fast {fast} ms, full {full} ms");
    }
}
