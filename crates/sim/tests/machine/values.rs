//! What the programs compute, against plain loops.

use crate::programs::{self, *};
use arch::Chip;
use graph::ScalarOp;
use program::WORD_BYTES;

fn run(program: &crate::assembler::Program) -> crate::assembler::Run {
    program.run(&Chip::lpu_14nm()).clean()
}

#[test]
fn a_word_is_copied_ten_hops_far() {
    let run = run(&copy());
    assert_eq!(run.bytes("E41", 5), Some(noise(1)));
    assert_eq!(run.arrival("E41.write", 0), (1, 11));
}

#[test]
fn a_word_crosses_the_vxm_and_is_read_one_cycle_after_its_write() {
    let run = run(&cross());
    assert_eq!(run.bytes("E5", 0), Some(noise(2)));
    assert_eq!(run.bytes("E6", 0), Some(noise(2)));
}

#[test]
fn two_vectors_are_added() {
    let expected: Vec<u32> =
        reals(3).iter().zip(reals(4)).map(|(a, b)| (f32::from_bits(*a) + f32::from_bits(b)).to_bits()).collect();
    assert_eq!(run(&add()).value(EAST_4, 0), expected);
}

#[test]
fn three_alus_chain() {
    let expected: Vec<u32> = reals(5)
        .iter()
        .map(|x| (f64::from(f32::from_bits(*x) * 2.5) - 1.0) as f32)
        .map(|x| f64::from(x).round_ties_even() as i32 as u32)
        .collect();
    assert_eq!(run(&chain()).value(EAST_4, 0), expected);
}

#[test]
fn a_tile_of_two_k_blocks_is_multiplied() {
    let expected: Vec<u32> = (0..WORD_BYTES)
        .map(|column| {
            let products = (0..2).flat_map(|block| {
                let pairs = activation(block).into_iter().zip(weight(block, column));
                pairs.map(|(a, w)| i32::from(a as i8) * i32::from(w as i8))
            });
            products.sum::<i32>() as u32
        })
        .collect();
    assert_eq!(run(&matmul()).value(["E40", "E41", "E42", "E43"], 100), expected);
}

#[test]
fn lanes_are_summed_by_ones() {
    let sum: f32 = halves().into_iter().map(graph::half::f16_to_f32).sum();
    let found = run(&lane_sum()).value(["E40", "E41", "E42", "E43"], 9);
    for (column, bits) in found.into_iter().enumerate() {
        let expected = if (32..48).contains(&column) { sum } else { 0.0 };
        assert_eq!(f32::from_bits(bits), expected, "column {column}");
    }
}

#[test]
fn pairs_of_lanes_are_swapped() {
    let word = noise(7);
    assert_eq!(run(&swap()).bytes("E9", 0), Some(std::array::from_fn(|lane| word[lane ^ 1])));
}

#[test]
fn a_row_is_gathered_and_scattered_at_the_position() {
    let run = run(&gather_scatter());
    let row = noise(50 + 3);
    assert_eq!(run.bytes("W2", 0), Some(row));
    assert_eq!(run.bytes("W2", 1), Some(row));
    assert_eq!(run.bytes("W3", 23), Some(row));
    assert_eq!(run.bytes("W3", 22), Some([0; WORD_BYTES]));
}

#[test]
fn a_maximum_runs_in_one_alu() {
    let expected: Vec<u32> = (0..WORD_BYTES)
        .map(|lane| (0..6).map(|row| (u32::from(noise(70 + row)[lane]) << 20) as i32).max().unwrap() as u32)
        .collect();
    assert_eq!(run(&running_maximum()).value(EAST_4, 0), expected);
}

#[test]
fn a_word_turned_round_twice_is_itself() {
    assert_eq!(run(&far_sxm()).bytes("E42", 0), Some(noise(8)));
    assert_eq!(run(&sxm_gather()).bytes("E42", 0), Some(noise(9)));
}

#[test]
fn what_a_transposer_makes_is_turned_round_far_away_and_tells_a_gather_where_to_look() {
    let turned = std::array::from_fn(|at| programs::square(15 - at % 16)[at / 16 * 16 + 4]);
    assert_eq!(run(&transposed_far()).bytes("E42", 0), Some(turned));
    assert_eq!(run(&transposed_gather()).bytes("E42", 0), Some(noise(9)));
}

#[test]
fn maps_may_differ_by_superlane() {
    let mut program = programs::gather_scatter();
    let mut map = [255; WORD_BYTES];
    for superlane in 0..20u8 {
        map[usize::from(superlane) * 16..][..2].copy_from_slice(&[10 + superlane % 8, 0]);
    }
    program.record.clear();
    program.word("W1", 0, &map);
    program.word("W1", 1, &std::array::from_fn(|byte| if byte % 16 == 0 { map[byte] + 10 } else { map[byte] }));
    let run = run(&program);
    let gathered = std::array::from_fn(|byte| noise(50 + (byte as u64 / 16) % 8)[byte]);
    assert_eq!(run.bytes("W2", 0), Some(gathered));
    for row in 0..8u16 {
        let expected = std::array::from_fn(|byte| if byte / 16 % 8 == usize::from(row) { gathered[byte] } else { 0 });
        assert_eq!(run.bytes("W3", 20 + row), Some(expected), "row {row}");
    }
}

#[test]
fn every_operation_of_an_alu_reaches_its_lane() {
    for (op, expected) in [
        (ScalarOp::Exp, 7.389_056_f32.to_bits()),
        (ScalarOp::Tanh, 0.964_027_6_f32.to_bits()),
        (ScalarOp::Rsqrt, std::f32::consts::FRAC_1_SQRT_2.to_bits()),
        (ScalarOp::F32ToI32, 2),
    ] {
        let mut program = crate::assembler::Program::new(20);
        let two = program::Operand::Immediate(2f32.to_bits());
        program.at(0, "alu2", alu(op, graph::DType::F32, two, program::Operand::None, Some(crate::assembler::east(0))));
        for (byte, name) in EAST_0.into_iter().enumerate() {
            program.at(7, &format!("{name}.write"), write(0, crate::assembler::east(byte as u8)));
        }
        assert_eq!(run(&program).value(EAST_0, 0)[319], expected, "{}", op.name());
    }
}

#[test]
fn sixteen_words_are_transposed_within_every_superlane() {
    let run = programs::transpose().run(&Chip::lpu_14nm()).clean();
    for (row, goal) in [17, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35].into_iter().enumerate() {
        let word = run.bytes(&format!("E{goal}"), 1).expect("it was written");
        for (lane, byte) in word.into_iter().enumerate() {
            assert_eq!(byte, programs::square(lane % 16)[lane / 16 * 16 + row], "row {row} lane {lane}");
        }
    }
}

#[test]
fn lanes_go_where_the_map_and_the_shift_send_them() {
    let run = programs::permute().run(&Chip::lpu_14nm()).clean();
    let (e0, e1) = (programs::noise(31), programs::noise(32));
    let permuted = run.bytes("E40", 0).expect("it was written");
    let shifted = run.bytes("E41", 0).expect("it was written");
    for lane in 0..320 {
        assert_eq!(permuted[lane], e0[7 * lane % 320], "lane {lane}");
        assert_eq!(shifted[lane], if lane < 100 { e1[220 + lane] } else { e0[lane - 100] }, "lane {lane}");
    }
}
